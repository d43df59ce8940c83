#!/usr/bin/env python3
"""Truth for crates/types/src/market/bar_*.rs: bars of made-up trades by pandas, on UTC days and on NSE sessions.

    python3 -m venv /tmp/venv-bars && /tmp/venv-bars/bin/pip install pandas==2.2.3
    /tmp/venv-bars/bin/python tools/truth/bars.py
        writes crates/types/tests/golden/bars_pandas.csv

Trades from a linear congruential generator: weekdays of four weeks around a turn of the month with a holiday, in and
outside of the hours of the NSE (09:15 to 15:30 in Asia/Kolkata), and some at weekends. Prices and sizes are whole.

UTC: `resample(rule)`; weeks `W-MON` closed and labelled left; months `MS`. Sessions: trades outside the hours are left
out; intraday `resample(rule, origin=<the day's 09:15>)` a day at a time, and days, weeks and months by the local date,
stamped with the opening of the first session of the period.

Lines: `trade,<ms>,<price>,<size>`, `session,<date>,<open ms>,<close ms>`, and
`<grid>,<interval>,<ms>,<open>,<high>,<low>,<close>,<volume>,<value>,<trades>`.
"""

import pathlib
import sys

import pandas as pd

PINNED = "2.2.3"
ZONE = "Asia/Kolkata"
HOLIDAY = pd.Timestamp("2024-01-26")
INTRADAY = [("1m", "1min"), ("15m", "15min"), ("1h", "1h"), ("4h", "4h"), ("12h", "12h")]
OUT = pathlib.Path(__file__).parents[2] / "crates/types/tests/golden/bars_pandas.csv"


def draws(seed):
    state = seed
    while True:
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        yield state >> 33


def trades():
    draw = draws(11)
    rows = []
    price = 21_500
    for day in pd.date_range("2024-01-22", "2024-02-16", freq="D"):
        count = 3 if day.dayofweek >= 5 or day == HOLIDAY else 18
        midnight = day.tz_localize(ZONE)
        # 08:00 to 17:00; at a weekend any time.
        begin, length = (0, 24 * 3600) if count == 3 else (8 * 3600, 9 * 3600)
        seconds = sorted(begin * 1000 + next(draw) % (length * 1000) for _ in range(count))
        if count == 18:
            # On the bounds: the first instant of the session, and the first after it.
            seconds = sorted(seconds + [int(9.25 * 3600) * 1000, int(15.5 * 3600) * 1000])
        for ms in seconds:
            price += next(draw) % 41 - 20
            rows.append((midnight + pd.Timedelta(milliseconds=ms), price, 1 + next(draw) % 500))
    frame = pd.DataFrame(rows, columns=["ts", "price", "size"]).set_index("ts")
    return frame.assign(value=frame["price"] * frame["size"])


def bars(resampled):
    price, size, value = resampled["price"], resampled["size"], resampled["value"]
    out = price.ohlc().assign(volume=size.sum(), value=value.sum(), trades=size.count())
    return out[out["trades"] > 0].astype("int64")


def ms(stamp):
    return int(stamp.tz_convert("UTC").value // 1_000_000)


def lines(grid, interval, table, stamp=lambda ts: ts):
    for ts, row in table.iterrows():
        yield ",".join([grid, interval, str(ms(stamp(ts)))] + [str(v) for v in row.tolist()])


def utc(frame):
    frame = frame.tz_convert("UTC")
    for name, rule in INTRADAY + [("D", "1D")]:
        yield from lines("utc", name, bars(frame.resample(rule)))
    yield from lines("utc", "W", bars(frame.resample("W-MON", label="left", closed="left")))
    yield from lines("utc", "M", bars(frame.resample("MS")))


def sessions(frame, days):
    inside = frame.between_time("09:15", "15:30", inclusive="left")
    opening = {day: day.tz_localize(ZONE) + pd.Timedelta(hours=9, minutes=15) for day in days}
    inside = inside[[ts.tz_localize(None).normalize() in opening for ts in inside.index]]
    for name, rule in INTRADAY:
        for day, own in inside.groupby(inside.index.tz_localize(None).normalize()):
            yield from lines("nse", name, bars(own.resample(rule, origin=opening[day])))
    dated = inside.set_axis(inside.index.tz_localize(None).normalize())
    first = lambda label: opening[min(day for day in days if day >= label)]
    yield from lines("nse", "D", bars(dated.resample("1D")), first)
    yield from lines("nse", "W", bars(dated.resample("W-MON", label="left", closed="left")), first)
    yield from lines("nse", "M", bars(dated.resample("MS")), first)


def main():
    if pd.__version__ != PINNED:
        sys.exit(f"pandas {PINNED} is wanted, found {pd.__version__}")
    frame = trades()
    days = [d for d in pd.bdate_range("2024-01-22", "2024-02-16") if d != HOLIDAY]
    out = [f"trade,{ms(ts)},{row.price},{row.size_}" for ts, row in frame.rename(columns={"size": "size_"}).iterrows()]
    for day in days:
        opens = day.tz_localize(ZONE) + pd.Timedelta(hours=9, minutes=15)
        closes = day.tz_localize(ZONE) + pd.Timedelta(hours=15, minutes=30)
        out.append(f"session,{day.date()},{ms(opens)},{ms(closes)}")
    out += utc(frame)
    out += sessions(frame, days)
    OUT.write_text("\n".join(out) + "\n")
    print(f"{OUT}: {len(out)} lines")


if __name__ == "__main__":
    main()
