#!/usr/bin/env python3
"""Truth for every function that crates/indicators takes from TA-Lib: the C library through PyPI.

    python3 -m venv /tmp/truth && /tmp/truth/bin/pip install TA-Lib==0.8.2 numpy==2.4.6
    /tmp/truth/bin/python tools/truth/ta_lib.py ../shared/data
        writes crates/indicators/tests/golden/ta_lib.{synthetic,spy,nifty,btc}.json

The bars of the shared data are nobody's to publish and stay there; the files hold results only: per output the
number of values, the first row that has one, the sum, a sum weighted by row, and the values at some rows. The
synthetic series is the one of indicators.py, whose bars are in golden/synthetic.json.

Each function is run with its defaults and with other parameters; MA with every kind of average. Functions that the
installed C library has not are in ta_lib_newer.py. MAVP's lengths are HT_DCPERIOD's. NIFTY has no volume.
"""

import csv
import gzip
import json
import pathlib
import sys

import numpy
import talib
from talib import abstract

import indicators

ROWS = 24
# Vector arithmetic, which is no indicator.
NOT_OURS = set(
    "ACOS ASIN ATAN CEIL COS COSH EXP FLOOR LN LOG10 SIN SINH SQRT TAN TANH ADD SUB MULT DIV".split()
)
# Where our name is another one.
NAMES = {"VWAP": "CVWAP"}


def spread(count):
    return [round(at * (count - 1) / (ROWS - 1)) for at in range(ROWS)]


def column(values, rows):
    """What the golden file says about one output."""
    there = numpy.isfinite(values)
    weights = 1.0 + (numpy.arange(len(values)) % 97) / 97.0
    kept = numpy.where(there, values, 0.0)
    return [
        int(there.sum()),
        int(numpy.argmax(there)) if there.any() else -1,
        float(f"{kept.sum():.17g}"),
        float(f"{(kept * weights).sum():.17g}"),
        [float(f"{values[r]:.13g}") if there[r] else None for r in rows],
    ]


def other(name, params):
    """Parameters that differ from the defaults."""
    out = {}
    for key, value in params.items():
        if key.endswith("matype"):
            out[key] = 1 if value == 0 else 0
        elif isinstance(value, int):
            out[key] = value + 3
        elif name in ("MAMA",):
            out[key] = value * 0.8
        else:
            out[key] = value * 0.5
    return out


def id_of(name, params):
    """Lengths and factors as TA-Lib has them, kinds of averages last."""
    kinds = [v for k, v in params.items() if k.endswith("matype")]
    plain = [v for k, v in params.items() if not k.endswith("matype")]
    return "_".join([NAMES.get(name, name)] + [f"{v:g}" for v in plain + kinds])


def runs():
    for name in sorted(set(talib.get_functions()) - NOT_OURS):
        params = dict(abstract.Function(name).info["parameters"])
        yield name, params
        if params:
            yield name, other(name, params)
        if name == "MA":
            for kind in list(range(1, 10)) + [12, 13]:
                yield name, {"timeperiod": 21, "matype": kind}


def compute(name, params, prices):
    if name == "MAVP":
        cycle = talib.HT_DCPERIOD(prices["close"])
        values = talib.MAVP(prices["close"], cycle, *params.values())
        return [values], 0
    function = abstract.Function(name, **params)
    values = function(prices)
    return values if isinstance(values, list) else [values], function.lookback


def reckoned(prices):
    """Each id with its outputs, none before the library's lookback."""
    for name, params in runs():
        needs_volume = "volume" in json.dumps(abstract.Function(name).info["input_names"])
        if needs_volume and "volume" not in prices:
            continue
        try:
            outputs, warm_up = compute(name, params, prices)
        except Exception as error:  # a kind of average that this version of the C library has not
            print(f"left out {name} {params}: {error}", file=sys.stderr)
            continue
        outputs = [numpy.asarray(output, dtype=float).copy() for output in outputs]
        for output in outputs:
            output[:warm_up] = numpy.nan
        yield id_of(name, params), outputs


def save(path, source, prices, reckoned):
    rows = spread(len(prices["close"]))
    series = {spec: [column(output, rows) for output in outputs] for spec, outputs in reckoned}
    doc = {
        "source": f"{source}, PyPI TA-Lib {talib.__version__} (C {talib.__ta_version__.decode().split()[0]})",
        "bars": len(prices["close"]),
        "rows": rows,
        "series": series,
    }
    text = json.dumps(doc, separators=(",", ":")).replace('],"', '],\n"')
    path.write_text(text + "\n")
    print(f"{path}: {doc['bars']} bars, {len(series)} series, {len(text)} bytes")


def write(prices, path):
    save(path, "tools/truth/ta_lib.py", prices, reckoned(prices))


def synthetic():
    rows = indicators.synthetic()
    names = ("open", "high", "low", "close")
    prices = {n: numpy.array([r[i + 1] / 100 for r in rows]) for i, n in enumerate(names)}
    prices["volume"] = numpy.array([r[5] / 1000 for r in rows])
    return prices


def shared(path):
    with gzip.open(path, "rt") as lines:
        rows = list(csv.DictReader(lines))
    return {k: numpy.array([float(r[k]) for r in rows]) for k in rows[0] if k != "ts"}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    found = {"TA-Lib": talib.__version__, "numpy": numpy.__version__}
    if found != indicators.PINNED:
        sys.exit(f"pinned {indicators.PINNED}, found {found}")
    golden = pathlib.Path(__file__).resolve().parents[2] / "crates/indicators/tests/golden"
    bars = pathlib.Path(sys.argv[1]) / "bars"
    write(synthetic(), golden / "ta_lib.synthetic.json")
    write(shared(bars / "SPY.US.1d.csv.gz"), golden / "ta_lib.spy.json")
    write(shared(bars / "BTC-PERP.FTX.1m.csv.gz"), golden / "ta_lib.btc.json")
    write(shared(bars / "NIFTY.NSE.1m.csv.gz"), golden / "ta_lib.nifty.json")


if __name__ == "__main__":
    main()
