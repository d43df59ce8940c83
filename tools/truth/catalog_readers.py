#!/usr/bin/env python3
"""Reads what Tradewind's catalogue wrote with pandas, polars and DuckDB, and compares every value.

    python3 -m venv /tmp/venv-catalog
    /tmp/venv-catalog/bin/pip install pandas==2.3.3 pyarrow==22.0.0 polars==2.1.0 duckdb==1.4.2
    /tmp/venv-catalog/bin/python tools/truth/catalog_readers.py --tradewind target/release/tradewind
    /tmp/venv-catalog/bin/python tools/truth/catalog_readers.py --speed FILE-OR-GLOB      # DuckDB's time for the columns

Without the versions above it refuses. The data: a seeded walk of bars of a minute with volumes, daily bars of several
symbols, trades with 18 decimals and sizes beyond 64 bits, and an option chain; where `../shared/data` (or
TRADEWIND_TEST_DATA) is there, the 352,920 NIFTY bars, too. Every file is imported from CSV by the program, then read by
each library and compared with the CSV's own decimals.
"""

import argparse
import csv
import datetime
import decimal
import gzip
import os
import pathlib
import subprocess
import sys
import tempfile
import time
from importlib import metadata

import duckdb
import pandas
import polars

PINNED = {"pandas": "2.3.3", "pyarrow": "22.0.0", "polars": "2.1.0", "duckdb": "1.4.2"}
UTC = datetime.timezone.utc
D = decimal.Decimal


def check_versions():
    for name, wanted in PINNED.items():
        found = metadata.version(name)
        if found != wanted:
            sys.exit(f"{name} {found} is installed; this script is pinned to {wanted}")


def walk(seed):
    state = seed
    while True:
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        yield state >> 33


def minute_bars(path, count):
    draw = walk(1)
    price = 600_000
    with open(path, "w") as out:
        out.write("ts,open,high,low,close,volume\n")
        for n in range(count):
            steps = [price]
            for _ in range(4):
                price = max(100, price + next(draw) % 201 - 100)
                steps.append(price)
            ts = 1_700_000_040 + 60 * n
            cells = [steps[0], max(steps), min(steps), price]
            volume = next(draw) % 10_000_000
            text = ",".join(f"{c // 100}.{c % 100:02}" for c in cells)
            out.write(f"{ts},{text},{volume // 10_000}.{volume % 10_000:04}\n")


def daily_bars(path):
    draw = walk(2)
    with open(path, "w") as out:
        out.write("symbol,ts,open,high,low,close,volume\n")
        for day in range(700):
            date = datetime.date(2022, 6, 1) + datetime.timedelta(days=day)
            for symbol in ["AAPL", "BRK.B", "MSFT"]:
                base = 10_000 + next(draw) % 500
                out.write(f"{symbol},{date},{base},{base + 9},{base - 9},{base + 1},{next(draw)}\n")


def trades(path):
    draw = walk(3)
    with open(path, "w") as out:
        out.write("ts,price,size,side,trade_id\n")
        for n in range(5_000):
            ts = 1_700_000_000_000_000_000 + n * 1_234_567_891
            # 27 digits: beyond 64 bits, within the 28 that an import reads exactly.
            size = f"{next(draw) % 10**9}.{next(draw) % 10**9:09}{next(draw) % 10**9:09}"
            side = ["buy", "sell", ""][n % 3]
            out.write(f"{ts},{1 + next(draw) % 9}.{next(draw) % 10**9:09},{size},{side},{n + 1}\n")


def chain(path):
    with open(path, "w") as out:
        out.write("symbol,ts,expiry,strike,right,bid,ask,volume,open_interest,iv\n")
        for expiry in ["2024-01-25", "2024-02-29"]:
            for strike in range(100, 130, 5):
                for right in ["call", "put"]:
                    bid = "" if strike == 125 else f"{strike / 100:.2f}"
                    out.write(f"X{expiry}{strike}{right},1704067200,{expiry},{strike},{right},{bid},2.5,{strike},7,0.25\n")


def stamp_ns(text):
    if text.isdigit():
        value = int(text)
        return value * 10**9 if value < 10**11 else value
    parsed = datetime.datetime.fromisoformat(text)
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=UTC)
    whole = parsed - datetime.datetime(1970, 1, 1, tzinfo=UTC)
    return (whole.days * 86_400 + whole.seconds) * 10**9 + whole.microseconds * 1_000


def truth(path, shift_ns=0):
    """Rows of the CSV as a list of dicts of exact values, sorted as in the file."""
    opener = gzip.open if str(path).endswith(".gz") else open
    rows = []
    with opener(path, "rt") as text:
        for row in csv.DictReader(text):
            out = {}
            for name, cell in row.items():
                if name == "ts":
                    out[name] = stamp_ns(cell) - shift_ns
                elif name in ("symbol", "side", "right"):
                    out[name] = cell or None
                elif name == "expiry":
                    out[name] = datetime.date.fromisoformat(cell)
                elif name == "iv":
                    out[name] = float(cell)
                elif name == "trade_id":
                    out[name] = int(cell)
                else:
                    out[name] = D(cell) if cell else None
            rows.append(out)
    return sorted(rows, key=lambda r: (r.get("symbol") or "", r["ts"]))


def none(value):
    if value is None or value is pandas.NaT:
        return None
    return None if isinstance(value, float) and value != value else value


def by_pandas(files, names):
    frame = pandas.concat([pandas.read_parquet(f) for f in files], ignore_index=True)
    frame = frame.sort_values(["symbol", "ts"], kind="stable")
    assert str(frame["ts"].dtype) == "datetime64[ns, UTC]", frame["ts"].dtype
    frame["ts"] = frame["ts"].astype("int64")
    return list(zip(*[[none(v) for v in frame[n].tolist()] for n in names]))


def by_polars(files, names):
    frames = [polars.read_parquet(f) for f in files]
    assert all(f.schema["ts"] == polars.Datetime("ns", "UTC") for f in frames)
    rows = []
    for frame in frames:
        frame = frame.with_columns(polars.col("ts").dt.epoch("ns"))
        rows += zip(frame["symbol"].to_list(), frame["ts"].to_list(), *[frame[n].to_list() for n in names])
    rows.sort(key=lambda r: (r[0], r[1]))
    return [r[2:] for r in rows]


def by_duckdb(files, names):
    listed = "[" + ",".join(f"'{f}'" for f in files) + "]"
    kinds = dict(
        (r[0], r[1]) for r in duckdb.sql(f"DESCRIBE SELECT * FROM read_parquet({listed}, union_by_name = true)").fetchall()
    )
    assert kinds["ts"] in ("TIMESTAMP WITH TIME ZONE", "TIMESTAMP_NS"), kinds["ts"]
    duckdb.sql("SET TimeZone = 'UTC'")
    chosen = ["epoch_ns(ts)" if n == "ts" else f'"{n}"' for n in names]
    return duckdb.sql(
        f"SELECT {', '.join(chosen)} FROM read_parquet({listed}, union_by_name = true) ORDER BY symbol, ts"
    ).fetchall()


def compare(name, files, rows):
    names = [n for n in rows[0] if n != "symbol" or len({r["symbol"] for r in rows}) > 1]
    wanted = [tuple(r[n] for n in names) for r in rows]
    assert files, f"{name}: no files"
    for reader in (by_pandas, by_polars, by_duckdb):
        got = reader(files, names)
        library = reader.__name__[3:]
        assert len(got) == len(wanted), f"{name}, {library}: {len(got)} rows, not {len(wanted)}"
        for at, (g, w) in enumerate(zip(got, wanted)):
            for column, a, b in zip(names, g, w):
                if column == "ts" and library == "duckdb":
                    # DuckDB's stamps with a zone have microseconds.
                    a, b = a // 1_000, b // 1_000
                if hasattr(a, "date") and callable(a.date):
                    a = a.date()
                assert a == b, f"{name}, {library}, row {at}, {column}: {a!r} is not {b!r}"
        print(f"{name}: {len(got)} rows, {len(names)} columns, {library} equal")


def run(program, *args):
    subprocess.run([program, *args], check=True, stdout=subprocess.DEVNULL)


def speed(pattern):
    for columns in ["ts, open, high, low, close, volume"]:
        times = []
        for _ in range(5):
            started = time.perf_counter()
            table = duckdb.sql(f"SELECT {columns} FROM read_parquet('{pattern}')").fetchnumpy()
            times.append(time.perf_counter() - started)
        rows = len(table["ts"])
        print(f"DuckDB, {rows} rows, fetchnumpy of {columns}: median {sorted(times)[2]:.3f} s, min {min(times):.3f} s")
        times = []
        for _ in range(5):
            started = time.perf_counter()
            sums = ", ".join(f"sum({c})" for c in columns.split(", ")[1:])
            duckdb.sql(f"SELECT max(ts), {sums} FROM read_parquet('{pattern}')").fetchall()
            times.append(time.perf_counter() - started)
        print(f"DuckDB, {rows} rows, every column summed inside: median {sorted(times)[2]:.3f} s, min {min(times):.3f} s")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tradewind", default="target/ci/tradewind")
    parser.add_argument("--speed", help="only time DuckDB on these files")
    args = parser.parse_args()
    check_versions()
    if args.speed:
        speed(args.speed)
        return
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        catalog = folder / "catalog"
        place = ["--catalog", str(catalog), "--data", str(folder / "data"), "--quiet"]

        def imported(*files_and_options):
            run(args.tradewind, "catalog", "import", *map(str, files_and_options), *place)

        def files(below):
            return sorted(map(str, (catalog / below).rglob("*.parquet")))

        minute_bars(folder / "m.csv", 120_000)
        imported(folder / "m.csv", "--instrument", "BTC-USD.WALK", "--interval", "1m")
        compare("bars of a minute", files("bars/WALK/1m"), truth(folder / "m.csv"))
        daily_bars(folder / "d.csv")
        imported(folder / "d.csv", "--market", "XNAS", "--interval", "D")
        compare("daily bars", files("bars/XNAS/D"), truth(folder / "d.csv"))
        trades(folder / "t.csv")
        imported(folder / "t.csv", "--kind", "trades", "--instrument", "ETH-USD.WALK")
        compare("trades", files("trades"), truth(folder / "t.csv"))
        chain(folder / "o.csv")
        imported(folder / "o.csv", "--kind", "options", "--instrument", "X.WALK")
        compare("option snapshots", files("options"), truth(folder / "o.csv"))
        data = pathlib.Path(os.environ.get("TRADEWIND_TEST_DATA", "../shared/data")) / "bars/NIFTY.NSE.1m.csv.gz"
        if data.exists():
            imported(data, "--instrument", "NIFTY.NSE", "--interval", "1m", "--stamp", "close")
            rows = truth(data, shift_ns=60 * 10**9)
            # The file has 7,125 rows twice, word for word; the catalogue has each once.
            once = [row for before, row in zip([None, *rows], rows) if row != before]
            assert len({row["ts"] for row in once}) == len(once), "rows of one time that contradict each other"
            print(f"NIFTY: {len(rows)} rows in the file, {len(rows) - len(once)} of them repeat the one before")
            compare("NIFTY", files("bars/NSE"), once)
        else:
            print(f"NIFTY: skipped, {data} is missing")


if __name__ == "__main__":
    main()
