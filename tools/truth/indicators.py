#!/usr/bin/env python3
"""Truth for crates/indicators: TA-Lib's C library through PyPI, and exact fractions for session VWAP.

    python3 -m venv /tmp/truth && /tmp/truth/bin/pip install TA-Lib==0.8.2 numpy==2.4.6
    /tmp/truth/bin/python tools/truth/indicators.py
        writes crates/indicators/tests/golden/synthetic.json (a synthetic series, committed)
    /tmp/truth/bin/python tools/truth/indicators.py --spy ../shared/data/bars/SPY.US.1d.csv.gz /tmp/spy.json
        writes the same for SPY; never committed; the test reads it from TRADEWIND_TRUTH_SPY when set

The synthetic series is deterministic: a linear congruential generator, integers in hundredths, with flat
stretches, a run up, a run down, zero volumes and three UTC midnights.
"""

import csv
import datetime
import gzip
import json
import pathlib
import sys
from fractions import Fraction

import numpy
import talib

PINNED = {"TA-Lib": "0.8.2", "numpy": "2.4.6"}
BARS = 420
FIRST_TS = 1_767_225_600 - 40 * 600  # forty bars of ten minutes before 2026-01-01T00:00:00Z
STEP_S = 600

SPECS = {
    "SMA_10": lambda o, h, l, c: [talib.SMA(c, 10)],
    "SMA_1": lambda o, h, l, c: [talib.SMA(c, 1)],
    "SMA_30": lambda o, h, l, c: [talib.SMA(c, 30)],
    "EMA_3": lambda o, h, l, c: [talib.EMA(c, 3)],
    "EMA_5": lambda o, h, l, c: [talib.EMA(c, 5)],
    "EMA_30": lambda o, h, l, c: [talib.EMA(c, 30)],
    "RSI_7": lambda o, h, l, c: [talib.RSI(c, 7)],
    "RSI_14": lambda o, h, l, c: [talib.RSI(c, 14)],
    "MACD_6_13_5": lambda o, h, l, c: talib.MACD(c, 6, 13, 5),
    "MACD_12_26_9": lambda o, h, l, c: talib.MACD(c, 12, 26, 9),
    "STOCH_5_3_3": lambda o, h, l, c: talib.STOCH(h, l, c, 5, 3, 0, 3, 0),
    "STOCH_7_3_3": lambda o, h, l, c: talib.STOCH(h, l, c, 7, 3, 0, 3, 0),
    "STOCHF_7_3": lambda o, h, l, c: talib.STOCHF(h, l, c, 7, 3, 0),
    "BBANDS_10_2": lambda o, h, l, c: talib.BBANDS(c, 10, 2.0, 2.0, 0),
    "BBANDS_20_2.5": lambda o, h, l, c: talib.BBANDS(c, 20, 2.5, 2.5, 0),
    "DONCHIAN_20": lambda o, h, l, c: talib.DONCHIAN(h, l, 20),
    "DONCHIAN_2": lambda o, h, l, c: talib.DONCHIAN(h, l, 2),
    "SUPERTREND_10_3": lambda o, h, l, c: supertrend(h, l, c, 10, 3.0),
    "SUPERTREND_3_1.5": lambda o, h, l, c: supertrend(h, l, c, 3, 1.5),
    "ZSCORE_20": lambda o, h, l, c: [zscore(c, 20)],
    "ATR_14": lambda o, h, l, c: [talib.ATR(h, l, c, 14)],
    "ATR_1": lambda o, h, l, c: [talib.ATR(h, l, c, 1)],
}


def supertrend(h, l, c, period, multiplier):
    """TA-Lib's line and trend; the trend is an integer, 0 where there is none."""
    line, trend = talib.SUPERTREND(h, l, c, period, multiplier)
    return line, numpy.where(trend == 0, numpy.nan, trend.astype(float))


def zscore(c, period):
    """(close - mean) / population deviation, numpy's own; 0 where the closes are all the same."""
    out = numpy.full(len(c), numpy.nan)
    for i in range(period - 1, len(c)):
        window = c[i + 1 - period : i + 1]
        flat = window.max() == window.min()
        out[i] = 0.0 if flat else (c[i] - window.mean()) / window.std()
    return out


def synthetic():
    """Rows of (ts, open, high, low, close in hundredths, volume in thousandths)."""
    state = 20261122
    rows, close = [], 10_000

    def draw(span):
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (state >> 33) % span

    for i in range(BARS):
        open_ = close
        if 100 <= i < 130:  # flat: no range, no change
            high = low = close = open_
        else:
            drift = 12 if 150 <= i < 200 else -12 if 230 <= i < 280 else 0
            close = max(100, open_ + draw(81) - 40 + drift)
            high = max(open_, close) + draw(25)
            low = max(1, min(open_, close) - draw(25))
        volume = 0 if i % 17 == 0 or 30 <= i < 45 else draw(5_000)
        rows.append((FIRST_TS + i * STEP_S, open_, high, low, close, volume))
    return rows


def session_vwap(rows):
    """Σ typical price × volume / Σ volume since UTC midnight, in exact fractions."""
    out, day, value, volume = [], None, Fraction(0), Fraction(0)
    for ts, _, high, low, close, size in rows:
        if ts // 86_400 != day:
            day, value, volume = ts // 86_400, Fraction(0), Fraction(0)
        value += Fraction(high + low + close, 300) * Fraction(size, 1000)
        volume += Fraction(size, 1000)
        out.append(float(value / volume) if volume else None)
    return out


def spy(path):
    rows = []
    with gzip.open(path, "rt") as lines:
        for row in csv.DictReader(lines):
            day = datetime.datetime.fromisoformat(row["ts"]).replace(tzinfo=datetime.timezone.utc)
            # The source has prices of up to four decimals; hundredths of a cent hold them all.
            cents = [Fraction(row[k]) * 100 for k in ("open", "high", "low", "close")]
            rows.append((int(day.timestamp()), *cents, int(Fraction(row["volume"]) * 1000)))
    return rows


def write(rows, out, with_inputs):
    o, h, l, c = (numpy.array([float(Fraction(r[i]) / 100) for r in rows]) for i in range(1, 5))
    series = {}
    for spec, run in SPECS.items():
        series[spec] = [[None if numpy.isnan(x) else float(x) for x in col] for col in run(o, h, l, c)]
    series["VWAP"] = [session_vwap(rows)]
    doc = {
        "source": f"tools/truth/indicators.py, PyPI TA-Lib {talib.__version__} (C {talib.__ta_version__.decode().split()[0]})",
        "series": series,
    }
    if with_inputs:
        doc["bars"] = [list(r) for r in rows]
    text = json.dumps(doc, separators=(",", ":")).replace('],"', '],\n"')
    pathlib.Path(out).write_text(text + "\n")
    print(f"{out}: {len(rows)} bars, {len(series)} indicators, {len(text)} bytes")


def main():
    found = {"TA-Lib": talib.__version__, "numpy": numpy.__version__}
    if found != PINNED:
        sys.exit(f"pinned {PINNED}, found {found}")
    if len(sys.argv) == 4 and sys.argv[1] == "--spy":
        write(spy(sys.argv[2]), sys.argv[3], with_inputs=False)
    elif len(sys.argv) == 1:
        root = pathlib.Path(__file__).resolve().parents[2]
        write(synthetic(), root / "crates/indicators/tests/golden/synthetic.json", with_inputs=True)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
