"""Our medians over the peers', from the lines that run.sh gathered."""

import json
import sys

PAIRS = [
    ("backtest.l2_queue", "hftbacktest.roi_vector.power2"),
    ("backtest.l2_queue.averse", "hftbacktest.roi_vector.averse"),
    ("backtest.l2_queue.averse", "hftbacktest_py.roi_vector.averse"),
    ("backtest.bars_ema_10_20", "nautilus.bars_ema_10_20"),
    ("backtest.bars_ema_10_20", "backtesting_py.bars_ema_10_20"),
    ("backtest.quotes_ema_10_20", "nautilus.quotes_ema_10_20"),
]

lines = [json.loads(line) for line in open(sys.argv[1]) if line.strip()]
# Of several of ours the slowest counts.
medians = {}
for line in lines:
    name = line["name"]
    medians[name] = min(medians.get(name, float("inf")), line["median"])
for ours, theirs in PAIRS:
    if ours in medians and theirs in medians:
        ratio = medians[ours] / medians[theirs]
        print(f"{ours} {medians[ours]:,.0f} / {theirs} {medians[theirs]:,.0f} = {ratio:.2f}")
