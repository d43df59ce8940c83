"""Times the C TA-Lib through PyPI over the bars of `tradewind bench indicators`, and prints the ratios.

    bench.py theirs [RUNS]            one JSON line per function: ns per bar
    bench.py ratios OURS.json [RUNS]  measures and prints ours / theirs per function, slowest first, and the median;
                                      OURS.json is what `tradewind bench indicators --json` printed

Processor time. Both sides run with the defaults, get columns in memory, and write outputs into memory that was written before: ours
into the series of the call before, the library's into arrays that numpy's allocator gives out again, so that neither takes a page
fault a call. Calls go to the library's plain function, not through its abstract layer; it looks for leading NaNs, ours knows
from when the columns were made that every figure is finite. Patterns come as 32-bit integers there, as floats here.
"""

import json
import re
import statistics
import sys
import time

import numpy
import talib
from talib import abstract

BARS, SEED, RUN_LEAST_S = 100_000, 7, 0.003
NOT_OURS = set("ACOS ASIN ATAN CEIL COS COSH EXP FLOOR LN LOG10 SIN SINH SQRT TAN TANH ADD SUB MULT DIV MAVP".split())
NAMES = {"KC": "KELTNER", "CVI": "CHAIKIN_VOL", "VWAP": "CVWAP"}
MASK = 2**64 - 1


def bars():
    """A walk in hundredths by SplitMix64, the same as in crates/cli/src/commands/bench/indicators.rs."""
    state = SEED

    def draw(span):
        nonlocal state
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return (z ^ (z >> 31)) % span

    rows, close = [], 10_000
    for _ in range(BARS):
        open_ = close
        close = max(open_ + draw(81) - 40, 1_000)
        high = max(open_, close) + draw(25)
        low = min(open_, close) - draw(25)
        rows.append((open_ / 100, high / 100, low / 100, close / 100, float(1 + draw(100_000))))
    columns = numpy.array(rows).T
    names = ("open", "high", "low", "close", "volume")
    return {name: numpy.ascontiguousarray(column) for name, column in zip(names, columns)}


def arguments(name, prices):
    """The columns in the order in which the plain function takes them, and its defaults."""
    info = abstract.Function(name).info
    columns = []
    for wanted in info["input_names"].values():
        columns += [prices[w] for w in ([wanted] if isinstance(wanted, str) else wanted)]
    return columns, list(info["parameters"].values())


def time_ns(function, columns, params):
    passes, started = 0, time.process_time()
    while True:
        function(*columns, *params)
        passes += 1
        spent = time.process_time() - started
        if spent >= RUN_LEAST_S:
            return spent / passes / BARS * 1e9


def theirs(runs):
    prices = bars()
    for name in sorted(set(talib.get_functions()) - NOT_OURS):
        columns, params = arguments(name, prices)
        function = getattr(talib, name)
        time_ns(function, columns, params)
        times = [time_ns(function, columns, params) for _ in range(runs)]
        yield name, statistics.median(times), min(times)


def ratios(path, runs):
    # `indicators.RSI_14.batch`: the id has the name and then numbers, which may have points.
    face = re.compile(r"indicators\.(([A-Z0-9_]*?[A-Z0-9])(?:_-?[0-9.]+)*)\.batch")
    ours = {}
    for figure in json.load(open(path)):
        if found := face.fullmatch(figure["name"]):
            ours[found[2]] = (found[1], figure["min"])
    rows = []
    for name, _, least in theirs(runs):
        if known := ours.get(NAMES.get(name, name)):
            rows.append((known[1] / least, *known, least))
    rows.sort(reverse=True)
    for ratio, spec, mine, least in rows:
        print(f"{spec:32} ours {mine:9.2f} ns  C {least:9.2f} ns  {ratio:5.2f}")
    slow = sum(row[0] > 1.2 for row in rows)
    print(f"{len(rows)} functions; median {statistics.median(row[0] for row in rows):.2f}; slower than 1.2: {slow}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["theirs"]:
        for name, median, least in theirs(int(sys.argv[2]) if len(sys.argv) > 2 else 5):
            print(json.dumps({"name": f"ta_lib.{name}", "unit": "ns/value", "median": median, "min": least}))
    elif sys.argv[1:2] == ["ratios"] and len(sys.argv) > 2:
        ratios(sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 5)
    else:
        sys.exit(__doc__)
