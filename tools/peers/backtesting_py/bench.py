"""backtesting.py on the seeded bars of `tradewind bench --write-data DIR`: EMA 10/20 cross.

    python bench.py DIR [RUNS]

100,000 bars of a minute; at each cross the position is reversed by a market order on the next open (about 9,000 fills:
one to close, one to open). One JSON line: bars per second of CPU time (process_time), statistics included, without
reading the file. Needs requirements.txt.
"""

import json
import statistics
import sys
import time
import warnings

import pandas as pd
from backtesting import Backtest, Strategy
from backtesting.lib import crossover

warnings.filterwarnings("ignore")


def ema(values, n):
    return pd.Series(values).ewm(span=n, adjust=False).mean()


class Cross(Strategy):
    def init(self):
        self.fast = self.I(ema, self.data.Close, 10)
        self.slow = self.I(ema, self.data.Close, 20)

    def next(self):
        if crossover(self.fast, self.slow):
            self.position.close()
            self.buy(size=1)
        elif crossover(self.slow, self.fast):
            self.position.close()
            self.sell(size=1)


def main():
    folder = sys.argv[1]
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    frame = pd.read_csv(f"{folder}/bars.csv")
    frame.index = pd.to_datetime(frame.pop("ts_ns"), utc=True).dt.tz_localize(None)
    frame.columns = ["Open", "High", "Low", "Close", "Volume"]
    rates = []
    for _ in range(runs):
        test = Backtest(frame, Cross, cash=100_000_000, commission=0.0, finalize_trades=True)
        started = time.process_time()
        stats = test.run()
        rates.append(len(frame) / (time.process_time() - started))
    print(
        json.dumps(
            {
                "name": "backtesting_py.bars_ema_10_20",
                "unit": "bars/s",
                "median": round(statistics.median(rates)),
                "min": round(min(rates)),
                "max": round(max(rates)),
                "runs": runs,
                "items": len(frame),
                "trades": int(stats["# Trades"]),
            }
        )
    )


if __name__ == "__main__":
    main()
