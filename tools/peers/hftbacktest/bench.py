"""The Python package of hftbacktest with the same strategy, compiled by numba: to see which rival is the stronger.

    python bench.py EVENTS.npy [RUNS] [averse|power2]

One JSON line: events per second of CPU time (process_time), without compiling and reading. Needs requirements.txt.
"""

import json
import statistics
import sys
import time

import numpy as np
from hftbacktest import BUY, GTX, LIMIT, SELL, BacktestAsset, ROIVectorMarketDepthBacktest
from numba import njit

# The same figures as in src/main.rs.
TICK, LOT = 0.01, 1.0
INTERVAL_NS, ENTRY_NS, RESPONSE_NS = 10_000_000, 1_000_003, 500_009
POSITION_MAX = 10.0
RANGE = (59_700.0, 60_300.0)
NO_BID, NO_ASK = -(2**63), 2**63 - 1


@njit
def quotes(hbt):
    last_id, looks = 0, 0
    while hbt.elapse(INTERVAL_NS) == 0:
        looks += 1
        hbt.clear_inactive_orders(0)
        depth = hbt.depth(0)
        bid, ask = depth.best_bid_tick, depth.best_ask_tick
        if bid == NO_BID or ask == NO_ASK:
            continue
        position = hbt.position(0)
        orders = hbt.orders(0)
        for side in (BUY, SELL):
            tick = bid if side == BUY else ask
            wanted = position < POSITION_MAX if side == BUY else position > -POSITION_MAX
            present = False
            cancel = 0
            values = orders.values()
            while values.has_next():
                order = values.get()
                if order.side == side:
                    present = True
                    if order.cancellable and (not wanted or order.price_tick != tick):
                        cancel = order.order_id
            if cancel > 0:
                hbt.cancel(0, cancel, False)
            elif not present and wanted:
                last_id += 1
                if side == BUY:
                    hbt.submit_buy_order(0, last_id, tick * TICK, LOT, GTX, LIMIT, False)
                else:
                    hbt.submit_sell_order(0, last_id, tick * TICK, LOT, GTX, LIMIT, False)
    return looks, last_id


def backtest(data, queue):
    asset = (
        BacktestAsset()
        .data([data])
        .linear_asset(1.0)
        .constant_order_latency(ENTRY_NS, RESPONSE_NS)
        .no_partial_fill_exchange()
        .trading_value_fee_model(-0.00005, 0.0007)
        .tick_size(TICK)
        .lot_size(LOT)
        .roi_lb(RANGE[0])
        .roi_ub(RANGE[1])
    )
    asset = asset.risk_adverse_queue_model() if queue == "averse" else asset.power_prob_queue_model(2.0)
    return ROIVectorMarketDepthBacktest([asset])


def main():
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    queue = sys.argv[3] if len(sys.argv) > 3 else "power2"
    data = np.load(sys.argv[1])
    quotes(backtest(data[:10_000], queue))  # compiles
    rates = []
    for _ in range(runs):
        hbt = backtest(data, queue)
        started = time.process_time()
        looks, orders = quotes(hbt)
        rates.append(len(data) / (time.process_time() - started))
        state = hbt.state_values(0)
        outcome = {
            "looks": looks,
            "orders": orders,
            "fills": int(state.num_trades),
            "position": state.position,
            "balance": round(state.balance, 2),
        }
        hbt.close()
    figures = {"median": round(statistics.median(rates)), "min": round(min(rates)), "max": round(max(rates))}
    name = f"hftbacktest_py.roi_vector.{queue}"
    print(json.dumps({"name": name, "unit": "events/s", **figures, "runs": runs, "events": len(data), **outcome}))


if __name__ == "__main__":
    main()
