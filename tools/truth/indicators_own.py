#!/usr/bin/env python3
"""Truth for the indicators of crates/indicators/src/own, those that TA-Lib lacks.

    python3 -m venv /tmp/truth-own
    /tmp/truth-own/bin/pip install pandas-ta-classic==0.8.32 tulipy==0.4.0 numpy==2.4.6 pandas==3.1.1
    /tmp/truth-own/bin/python tools/truth/indicators_own.py ../shared/data
        writes crates/indicators/tests/golden/own.{synthetic,spy,nifty}.json

The synthetic bars are written with their results. The bars of the shared data stay where they are; their files hold
results only: per output the number of values, the first row that has one, the sum, a sum weighted by row, and the
values at some rows, these not where a value is a price of the data itself (a swing). NIFTY has no volume, so what
needs volume is left out there.

Where the truth comes from:

    HV              pandas-ta-classic hvol
    ULCER           pandas-ta-classic ui
    FORCE_RAW       pandas-ta-classic efi of length 1
    VROC            tulipy roc of the volume
    AVWAP           pandas-ta-classic vwap of one year, over the bars from the anchor on put into one
    VWAP_BANDS      pandas-ta-classic vwap of the day, week or month; the deviation in two passes with numpy
    PIVOT_*, CPR    pandas-ta-classic cpr over candles of the sessions; Woodie's third levels, Woodie's by the
                    open and DeMark's by their published formulas, which no library here has
    MARKET_PHASE    pandas-ta-classic sma and the table of the six phases
    FIB, STRUCTURE, SUPPORT, RESISTANCE, VOLUME_PROFILE
                    no library has them so; written a second time from their definitions, with whole windows and
                    whole sessions at every bar instead of running state

What these libraries define otherwise, so that they can't be a truth: tulipy's volatility (simple returns,
population deviation), pandas-ta-classic's cpr of intraday, weekly and monthly frames (its last session is the last
calendar day or one week too old; the levels are taken from it, the sessions are not) and vp (one profile
of the whole series). stock-indicators 1.3.5 needs a .NET 6 runtime, which the machine has not and the package
registries have not either: it was not run.
"""

import bisect
import csv
import datetime
import gzip
import importlib.metadata
import json
import pathlib
import sys
import warnings

import numpy
import pandas
import pandas_ta_classic as ta
import tulipy

warnings.filterwarnings("ignore")
PINNED = {"pandas-ta-classic": "0.8.32", "tulipy": "0.4.0", "numpy": "2.4.6", "pandas": "3.1.1"}
ROWS = 40
DAY_S = 86_400
SESSIONS = {1: "D", 7: "W", 30: "M"}
NAN = float("nan")


def synthetic():
    """Rows of (ts, open, high, low, close in hundredths, volume in thousandths): eight bars of an hour on each weekday
    of nine months, a few days missing, short flat stretches, runs, zero volumes, equal highs and lows."""
    state = 20261129
    rows, close, at = [], 20_000, 0

    def draw(span):
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (state >> 33) % span

    day = datetime.date(2025, 4, 10)
    while len(rows) < 1_480:
        day += datetime.timedelta(days=1)
        if day.weekday() >= 5 or draw(23) == 0:
            continue
        midnight = (day - datetime.date(1970, 1, 1)).days * DAY_S
        for hour in range(8):
            open_ = close
            if at % 160 > 147:
                high = low = close = open_
            else:
                drift = 9 if at % 400 < 120 else -9 if 200 <= at % 400 < 310 else 0
                close = max(2_000, open_ + draw(201) - 100 + drift)
                high = max(open_, close) + 10 * draw(6)
                low = min(open_, close) - 10 * draw(6)
            volume = 0 if at % 19 == 0 else 1 + draw(5_000)
            rows.append((midnight + (9 + hour) * 3_600, open_, high, low, close, volume))
            at += 1
    return rows


def frame(rows):
    """Rows of (ts, open, high, low, close, volume or None) as a frame over UTC time."""
    columns = ["ts", "open", "high", "low", "close", "volume"]
    bars = pandas.DataFrame(rows, columns=columns)
    bars.index = pandas.DatetimeIndex(pandas.to_datetime(bars["ts"], unit="s"))
    bars = bars.drop(columns="ts")
    return bars.drop(columns="volume") if bars["volume"].isna().all() else bars.astype(float)


def shared(path):
    rows = []
    with gzip.open(path, "rt") as lines:
        for row in csv.DictReader(lines):
            ts = datetime.datetime.fromisoformat(row["ts"])
            ts = ts if ts.tzinfo else ts.replace(tzinfo=datetime.timezone.utc)
            prices = [float(row[k]) for k in ("open", "high", "low", "close")]
            rows.append((int(ts.timestamp()), *prices, float(row["volume"]) if "volume" in row else None))
    # The months of NIFTY's file are not in order.
    return frame(sorted(rows, key=lambda row: row[0]))


def keys(bars, session):
    """The session of each bar, numbered from 0."""
    periods = bars.index.to_period(SESSIONS[session])
    return pandas.factorize(periods, sort=True)[0]


def pivots(bars, session, method):
    """Levels of the session before, of each bar: pandas-ta's over one candle per session."""
    number = keys(bars, session)
    groups = bars.groupby(number)
    candles = groups.agg({"open": "first", "high": "max", "low": "min", "close": "last"})
    candles.index = pandas.date_range("2000-01-01", periods=len(candles))
    args = (candles["open"], candles["high"], candles["low"], candles["close"])
    levels = ta.cpr(*args, method=method, timeframe="daily", levels="all")
    return candles, levels, number


def by_bar(columns, number):
    return [numpy.asarray(c, dtype=float)[number] for c in columns]


def pivot_levels(bars, session, method, names):
    _, levels, number = pivots(bars, session, method)
    return by_bar([levels["CPR_PIVOT"]] + [levels[f"CPR_{n}"] for n in names], number)


def woodie(bars, session, by_open):
    candles, levels, number = pivots(bars, session, "woodie")
    before = candles.shift(1)
    high, low = before["high"], before["low"]
    if by_open:
        p = (high + low + 2 * candles["open"]) / 4
        r1, s1, r2, s2 = 2 * p - low, 2 * p - high, p + high - low, p - high + low
    else:
        p = levels["CPR_PIVOT"]
        r1, r2, s1, s2 = (levels[f"CPR_{n}"] for n in ("R1", "R2", "S1", "S2"))
    r3, s3 = high + 2 * (p - low), low - 2 * (high - p)
    return by_bar([p, r1, r2, r3, s1, s2, s3], number)


def demark(bars, session):
    candles, _, number = pivots(bars, session, "classic")
    o, h, l, c = (candles.shift(1)[k] for k in ("open", "high", "low", "close"))
    x = numpy.select([c < o, c > o], [h + 2 * l + c, 2 * h + l + c], h + l + 2 * c)
    return by_bar([x / 4, x / 2 - l, x / 2 - h], number)


def cpr(bars, session):
    _, levels, number = pivots(bars, session, "classic")
    return by_bar([levels[f"CPR_{n}"] for n in ("PIVOT", "BC", "TC", "WIDTH_PCT")], number)


def vwap_of(bars, anchor):
    """pandas-ta's; no value while there was no volume."""
    out = ta.vwap(bars["high"], bars["low"], bars["close"], bars["volume"], anchor=anchor)
    return out.to_numpy(dtype=float)


def avwap(bars, anchor_s):
    late = bars.index >= pandas.Timestamp(anchor_s, unit="s")
    part = bars[late].copy()
    part.index = pandas.date_range("2000-01-01", periods=len(part), freq="s")
    out = numpy.full(len(bars), NAN)
    out[late] = vwap_of(part, "Y")
    return [out]


def bands(bars, session, width):
    middle = vwap_of(bars, SESSIONS[session])
    price = ((bars["high"] + bars["low"] + bars["close"]) / 3).to_numpy()
    volume, number = bars["volume"].to_numpy(), keys(bars, session)
    sigma, begin = numpy.full(len(bars), NAN), 0
    for at in range(len(bars)):
        if at and number[at] != number[at - 1]:
            begin = at
        v, p = volume[begin : at + 1], price[begin : at + 1]
        if v.sum() > 0:
            mean = numpy.average(p, weights=v)
            sigma[at] = numpy.sqrt(numpy.average((p - mean) ** 2, weights=v))
    return [middle + width * sigma, middle, middle - width * sigma]


def swings(bars, strength):
    """(bar, is_high, price) of every swing, by whole windows, in order of bars, a bar's high before its low."""
    found = []
    width = 2 * strength + 1
    for is_high, column in ((True, bars["high"]), (False, -bars["low"])):
        values = column.to_numpy()
        windows = numpy.lib.stride_tricks.sliding_window_view(values, width)
        middle = windows[:, strength]
        before, after = windows[:, :strength].max(axis=1), windows[:, strength + 1 :].max(axis=1)
        for at in numpy.flatnonzero((middle > before) & (middle >= after)):
            bar = int(at) + strength
            price = values[bar] if is_high else -values[bar]
            found.append((bar, is_high, float(price)))
    return sorted(found, key=lambda s: (s[0], not s[1]))


def paths(bars, strength):
    """The path of alternating swings as it is known at each bar: yields (bar, path so far)."""
    by_bar_of, path = {}, []
    for swing in swings(bars, strength):
        by_bar_of.setdefault(swing[0] + strength, []).append(swing)
    for at in range(len(bars)):
        both = by_bar_of.get(at, [])
        if len(both) == 2 and path and path[-1][1]:
            both = both[::-1]
        for swing in both:
            if not path:
                path.append(swing)
            elif (swing[2] > path[-1][2]) if swing[1] else (swing[2] < path[-1][2]):
                if path[-1][1] == swing[1]:
                    path.pop()
                path.append(swing)
        yield at, path


def fib(bars, strength):
    out = numpy.full((9, len(bars)), NAN)
    for at, path in paths(bars, strength):
        if len(path) >= 2:
            a, b = path[-2][2], path[-1][2]
            back = [b + (a - b) * r for r in (0, 0.236, 0.382, 0.5, 0.618, 0.786, 1)]
            out[:, at] = back + [a + (b - a) * e for e in (1.272, 1.618)]
    return list(out)


def structure(bars, strength):
    out = numpy.full((6, len(bars)), NAN)
    close, broken = bars["close"].to_numpy(), set()
    for at, path in paths(bars, strength):
        highs = [s for s in path if s[1]][-2:] if len(path) < 8 else [s for s in path[-8:] if s[1]][-2:]
        lows = [s for s in path[-8:] if not s[1]][-2:]
        if len(highs) < 2 or len(lows) < 2:
            continue
        up = float(numpy.sign(highs[1][2] - highs[0][2]))
        down = float(numpy.sign(lows[1][2] - lows[0][2]))
        trend = up if up == down else 0.0
        event = 0.0
        if close[at] > highs[1][2] and highs[1] not in broken:
            broken.add(highs[1])
            event = 1.0
        elif close[at] < lows[1][2] and lows[1] not in broken:
            broken.add(lows[1])
            event = -1.0
        out[:, at] = [trend, up, down, highs[1][2], lows[1][2], event]
    return list(out)


def support_resistance(bars, strength, tolerance, memory, touches):
    """Support's level and touches, then resistance's."""
    out = numpy.full((4, len(bars)), NAN)
    by_bar_of, known, levels = {}, [], []
    for swing in swings(bars, strength):
        by_bar_of.setdefault(swing[0] + strength, []).append(swing[2])
    close = bars["close"].to_numpy()
    for at in range(len(bars)):
        if at in by_bar_of:
            known = (known + by_bar_of[at])[-memory:]
            groups = []
            for price in sorted(known):
                if groups and price <= groups[-1][0] + tolerance / 100 * groups[-1][0]:
                    groups[-1].append(price)
                else:
                    groups.append([price])
            levels = [(sum(g) / len(g), len(g)) for g in groups if len(g) >= touches]
        above = bisect.bisect_right([price for price, _ in levels], close[at])
        if above > 0:
            out[:2, at] = levels[above - 1]
        if above < len(levels):
            out[2:, at] = levels[above]
    return list(out)


def phase(bars, fast, slow):
    close = bars["close"]
    f, s = ta.sma(close, length=fast), ta.sma(close, length=slow)
    over = lambda a, b: a - b > 1e-12 * b.abs()
    a, b, c = over(close, f), over(close, s), over(f, s)
    table = [a & ~b, a & b & ~c, a & b & c, ~a & b, ~a & ~b & c]
    out = numpy.select(table, [1.0, 2.0, 3.0, 4.0, 5.0], 6.0)
    out[: slow - 1] = NAN
    return [out]


def profile_levels(lows, highs, volumes, height, share):
    """Point of control and value area of one session's bars, from nothing."""
    used = volumes > 0
    lows, highs, volumes = lows[used], highs[used], volumes[used]
    if not len(volumes):
        return None
    bottom, top = int(numpy.floor(lows.min() / height)), int(numpy.floor(highs.max() / height))
    assert top - bottom < 1_024, "joining of rows is tested by itself"
    edges = numpy.arange(bottom, top + 2) * height
    rows = numpy.zeros(top - bottom + 1)
    for low, high, volume in zip(lows, highs, volumes):
        first, last = (int(numpy.floor(p / height)) - bottom for p in (low, high))
        if first == last:
            rows[first] += volume
        else:
            inside = numpy.minimum(high, edges[1:]) - numpy.maximum(low, edges[:-1])
            rows += volume * numpy.clip(inside, 0, None) / (high - low)
    poc = int(numpy.argmax(rows))
    low, high, held = poc, poc, rows[poc]
    while held < share * volumes.sum():
        up = rows[high + 1] if high + 1 < len(rows) else -1.0
        down = rows[low - 1] if low > 0 else -1.0
        if up < 0 and down < 0:
            break
        if up >= down:
            high, held = high + 1, held + up
        else:
            low, held = low - 1, held + down
    return (bottom + poc + 0.5) * height, (bottom + high + 1) * height, (bottom + low) * height


def profile(bars, session, row_bps, area):
    """The running session's levels, then those of the session before."""
    out = numpy.full((6, len(bars)), NAN)
    number = keys(bars, session)
    opens, highs, lows, volumes = (bars[k].to_numpy() for k in ("open", "high", "low", "volume"))
    begin, before, now = 0, None, None
    for at in range(len(bars)):
        if at and number[at] != number[at - 1]:
            begin, before = at, now or before
        height = max(abs(opens[begin]), abs(highs[begin])) * (row_bps / 10_000)
        part = slice(begin, at + 1)
        now = profile_levels(lows[part], highs[part], volumes[part], height, area / 100)
        if now:
            out[:3, at] = now
        if before:
            out[3:, at] = before
    return list(out)


def specs(bars):
    """Every id with its outputs."""
    close, high, low = bars["close"], bars["high"], bars["low"]
    nine = ["R1", "R2", "R3", "R4", "S1", "S2", "S3", "S4"]
    six = ["R1", "R2", "R3", "S1", "S2", "S3"]
    out = {
        "HV_20_252": [ta.hvol(close, length=20, annualization=252)],
        "HV_60_365": [ta.hvol(close, length=60, annualization=365)],
        "ULCER_14": [ta.ui(close, length=14)],
        "ULCER_50": [ta.ui(close, length=50)],
        "MARKET_PHASE_50_200": phase(bars, 50, 200),
        "MARKET_PHASE_5_20": phase(bars, 5, 20),
        "CPR_1": cpr(bars, 1),
    }
    for session in SESSIONS:
        out[f"PIVOT_CLASSIC_{session}"] = pivot_levels(bars, session, "classic", nine)
        out[f"PIVOT_CAMARILLA_{session}"] = pivot_levels(bars, session, "camarilla", nine)
        out[f"PIVOT_FIBONACCI_{session}"] = pivot_levels(bars, session, "fibonacci", six)
        out[f"CPR_{session}"] = cpr(bars, session)
        out[f"PIVOT_DEMARK_{session}"] = demark(bars, session)
        for by_open in (0, 1):
            out[f"PIVOT_WOODIE_{session}_{by_open}"] = woodie(bars, session, by_open)
    for strength in (1, 3, 8):
        out[f"FIB_{strength}"] = fib(bars, strength)
        out[f"STRUCTURE_{strength}"] = structure(bars, strength)
    for params in ((3, 0.5, 40, 2), (2, 0.2, 100, 3), (5, 2, 15, 2)):
        levels = support_resistance(bars, *params)
        tail = "_".join(str(p) for p in params)
        out[f"SUPPORT_{tail}"], out[f"RESISTANCE_{tail}"] = levels[:2], levels[2:]
    if "volume" in bars:
        volume = bars["volume"]
        rate = numpy.full(len(bars), NAN)
        rate[14:] = 100 * tulipy.roc(volume.to_numpy(), 14)
        third = int(bars.index[len(bars) // 3].timestamp())
        out["FORCE_RAW"] = [ta.efi(close, volume, length=1)]
        out["VROC_14"] = [rate]
        out["AVWAP_0"] = avwap(bars, 0)
        out[f"AVWAP_{third}"] = avwap(bars, third)
        out["VWAP_BANDS_1_2"] = bands(bars, 1, 2)
        out["VWAP_BANDS_30_1.5"] = bands(bars, 30, 1.5)
        for params in ((1, 10, 70), (7, 25, 70), (30, 50, 68.2)):
            levels = profile(bars, *params)
            tail = "_".join(str(p) for p in params)
            out[f"VOLUME_PROFILE_{tail}"], out[f"VOLUME_PROFILE_PREV_{tail}"] = levels[:3], levels[3:]
    return out


def is_price(spec, output):
    """Whether an output is a high or low of the data."""
    name = spec.split("_")[0]
    return (name == "FIB" and output in (0, 6)) or (name == "STRUCTURE" and output in (3, 4))


def column(values, rows):
    values = numpy.asarray(values, dtype=float)
    there = numpy.isfinite(values)
    weights = 1.0 + (numpy.arange(len(values)) % 97) / 97.0
    kept = numpy.where(there, values, 0.0)
    return [
        int(there.sum()),
        int(numpy.argmax(there)) if there.any() else -1,
        float(f"{kept.sum():.15g}"),
        float(f"{(kept * weights).sum():.15g}"),
        [float(f"{values[r]:.12g}") if there[r] else None for r in rows],
    ]


def write(bars, out, raw=None):
    rows = sorted({round(at * (len(bars) - 1) / (ROWS - 1)) for at in range(ROWS)})
    series = {}
    for spec, columns in specs(bars).items():
        shown = lambda at: [] if not raw and is_price(spec, at) else rows
        series[spec] = [column(c, shown(at)) for at, c in enumerate(columns)]
    doc = {"source": "tools/truth/indicators_own.py", "bars": len(bars), "rows": rows, "series": series}
    if raw:
        doc["raw"] = [list(r) for r in raw]
    text = json.dumps(doc, separators=(",", ":")).replace(']],"', ']],\n"') + "\n"
    pathlib.Path(out).write_text(text)
    print(f"{out}: {len(bars)} bars, {len(series)} indicators, {len(text)} bytes")


def main():
    found = {name: importlib.metadata.version(name) for name in PINNED}
    if found != PINNED:
        sys.exit(f"pinned {PINNED}, found {found}")
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    data = pathlib.Path(sys.argv[1]) / "bars"
    golden = pathlib.Path(__file__).resolve().parents[2] / "crates/indicators/tests/golden"
    raw = synthetic()
    whole = frame([(r[0], *(p / 100 for p in r[1:5]), r[5] / 1000) for r in raw])
    write(whole, golden / "own.synthetic.json", raw)
    write(shared(data / "SPY.US.1d.csv.gz"), golden / "own.spy.json")
    write(shared(data / "NIFTY.NSE.1m.csv.gz"), golden / "own.nifty.json")


main()
