#!/usr/bin/env python3
"""Truth for crates/indicators/src/regression.rs: hedge ratio, Dickey–Fuller rate and Engle–Granger statistic.

    python3 -m venv /tmp/truth-pairs && /tmp/truth-pairs/bin/pip install statsmodels==0.15.0 numpy==2.4.6
    /tmp/truth-pairs/bin/python tools/truth/pairs.py
        writes crates/indicators/tests/golden/pairs.json

Series from a linear congruential generator: a random walk and a cointegrated follower whose spread is pulled back by a
given rate a step; the last spread is a random walk itself (pull 0). Fit: OLS with a constant. Rate: OLS of the residuals'
change on the residual before, without a constant. Statistic: `coint(maxlag=0, autolag=None)`.
"""

import json
import math
import pathlib
import sys

import numpy
import statsmodels
import statsmodels.api as sm
from statsmodels.tsa.stattools import coint

PINNED = {"statsmodels": "0.15.0"}


def series(length, pull, seed):
    state = seed

    def draw():
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (state >> 33) / 2**31 - 0.5

    walk, spread, x, y = 4.0, 0.0, [], []
    for _ in range(length):
        walk += 0.02 * draw()
        spread += 0.01 * draw() - pull * spread
        x.append(walk)
        y.append(1.5 + 0.7 * walk + spread)
    return x, y


def main():
    if statsmodels.__version__ != PINNED["statsmodels"]:
        sys.exit(f"pinned {PINNED}, found {statsmodels.__version__}")
    cases = []
    for length, pull, seed in [(60, 0.3, 1), (250, 0.1, 2), (250, 0.03, 3), (500, 0.5, 4), (250, 0.0, 5)]:
        x, y = series(length, pull, seed)
        fit = sm.OLS(y, sm.add_constant(x)).fit()
        e = numpy.asarray(fit.resid)
        df = sm.OLS(numpy.diff(e), e[:-1]).fit()
        rate = float(df.params[0])
        cases.append(
            {
                "x": x,
                "y": y,
                "slope": float(fit.params[1]),
                "intercept": float(fit.params[0]),
                "deviation": float(e.std()),
                "rate": rate,
                "t": float(coint(y, x, maxlag=0, autolag=None)[0]),
                "half_life": -math.log(2) / math.log1p(rate) if -1 < rate < 0 else None,
            }
        )
    out = pathlib.Path(__file__).resolve().parents[2] / "crates/indicators/tests/golden/pairs.json"
    source = f"tools/truth/pairs.py, statsmodels {statsmodels.__version__}"
    out.write_text(json.dumps({"source": source, "cases": cases}, separators=(",", ":")) + "\n")
    for case in cases:
        print({k: v for k, v in case.items() if k not in "xy"})


main()
