#!/usr/bin/env python3
"""Truth for backtests: backtesting.py 0.6.6 trades the same signals under the same fill rule.

    python3 -m venv /tmp/bt-venv
    /tmp/bt-venv/bin/pip install backtesting==0.6.6 pandas==2.2.3
    /tmp/bt-venv/bin/python tools/truth/backtesting_py.py [../shared/data/bars/SPY.US.1d.csv.gz]
        writes crates/engine/tests/golden/backtesting_py.json

The committed series (examples/backtests/synthetic.1d.csv) is compared trade for trade. Of SPY, whose prices are their
vendor's, only counts, sums and a hash of the trades' dates are kept; the test skips it where the file is missing.

The averages and the RSI are computed here in plain Python, as TA-Lib does: an EMA starts from the mean of its first
values, the RSI smooths by Wilder's rule from the mean of its first changes. Fills, commissions and profit are the
library's.
"""

import hashlib
import json
import pathlib
import sys
import warnings

import pandas as pd
from backtesting import Backtest, Strategy

warnings.filterwarnings("ignore")
ROOT = pathlib.Path(__file__).resolve().parents[2]
CASH = 100_000
COMMISSION = 0.0005


def ema(values, n):
    out = [None] * len(values)
    value = sum(values[:n]) / n
    out[n - 1] = value
    for i in range(n, len(values)):
        value += (values[i] - value) * 2.0 / (n + 1)
        out[i] = value
    return out


def rsi(values, n):
    out = [None] * len(values)
    up = down = 0.0
    for i in range(1, len(values)):
        change = values[i] - values[i - 1]
        gain, loss = max(change, 0.0), max(-change, 0.0)
        if i <= n:
            up, down = up + gain / n, down + loss / n
        else:
            up, down = (up * (n - 1) + gain) / n, (down * (n - 1) + loss) / n
        if i >= n and up + down > 0:
            out[i] = 100.0 * up / (up + down)
    return out


def cross_signals(close, fast, slow):
    """1 = enter, -1 = leave; which average is above at first is no cross."""
    a, b = ema(close, fast), ema(close, slow)
    signals, above = [0] * len(close), None
    for i in range(len(close)):
        if a[i] is None or b[i] is None or a[i] == b[i]:
            continue
        now = a[i] > b[i]
        if above is not None and now != above:
            signals[i] = 1 if now else -1
        above = now
    return signals


def reversion_signals(close, period, low, leave):
    values, signals, held = rsi(close, period), [0] * len(close), False
    for i, value in enumerate(values):
        if value is None:
            continue
        if not held and value < low:
            signals[i], held = 1, True
        elif held and value >= leave:
            signals[i], held = -1, False
    return signals


def strategy_of(signals):
    class Follow(Strategy):
        def init(self):
            pass

        def next(self):
            at = len(self.data) - 1
            if signals[at] > 0:
                units = int(self.equity * 0.5 / self.data.Close[-1])
                if units:
                    self.buy(size=units)
            elif signals[at] < 0:
                for trade in self.trades:
                    trade.close()

    return Follow


def run(frame, signals, on_close):
    test = Backtest(
        frame,
        strategy_of(signals),
        cash=CASH,
        commission=COMMISSION,
        trade_on_close=on_close,
        finalize_trades=False,
    )
    stats = test.run()
    trades = stats["_trades"]
    rows = [
        {
            "entry": str(pd.Timestamp(t.EntryTime).date()),
            "exit": str(pd.Timestamp(t.ExitTime).date()),
            "size": int(t.Size),
            "entry_price": round(float(t.EntryPrice), 6),
            "exit_price": round(float(t.ExitPrice), 6),
        }
        for t in trades.itertuples()
    ]
    gross = sum(row["size"] * (row["exit_price"] - row["entry_price"]) for row in rows)
    return rows, round(gross, 4), round(float(stats["_equity_curve"]["Equity"].iloc[-1]), 4)


def read(path):
    frame = pd.read_csv(path, parse_dates=["ts"], index_col="ts")
    frame.columns = [c.capitalize() for c in frame.columns]
    return frame


CASES = {
    "ema_cross": lambda close: cross_signals(close, 10, 30),
    "rsi_reversion": lambda close: reversion_signals(close, 14, 30.0, 50.0),
}


def main():
    golden = {"library": "backtesting 0.6.6", "synthetic": {}, "spy": {}}
    frame = read(ROOT / "examples/backtests/synthetic.1d.csv")
    close = list(map(float, frame["Close"]))
    for name, signals_of in CASES.items():
        for rule, on_close in (("next_open", False), ("close", True)):
            rows, gross, equity = run(frame, signals_of(close), on_close)
            golden["synthetic"][f"{name}.{rule}"] = {"trades": rows, "gross": gross, "final_equity": equity}
    if len(sys.argv) > 1:
        frame = read(sys.argv[1])
        close = list(map(float, frame["Close"]))
        for name, signals_of in CASES.items():
            for rule, on_close in (("next_open", False), ("close", True)):
                rows, gross, equity = run(frame, signals_of(close), on_close)
                dates = "\n".join(f"{r['entry']} {r['exit']} {r['size']}" for r in rows)
                golden["spy"][f"{name}.{rule}"] = {
                    "trades": len(rows),
                    "gross": gross,
                    "final_equity": equity,
                    "dates_sha256": hashlib.sha256(dates.encode()).hexdigest(),
                }
    target = ROOT / "crates/engine/tests/golden/backtesting_py.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(golden, indent=1) + "\n")
    for part in ("synthetic", "spy"):
        for name, case in golden[part].items():
            count = case["trades"] if isinstance(case["trades"], int) else len(case["trades"])
            print(part, name, count, case["gross"], case["final_equity"])


main()
