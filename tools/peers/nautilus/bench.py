"""NautilusTrader on the seeded data of `tradewind bench --write-data DIR`: EMA 10/20 cross.

    python bench.py bars|quotes DIR [RUNS]

bars    100,000 external bars of a minute; reverses with market orders at each cross (about 9,000 orders).
quotes  500,000 quotes; the same strategy on one-minute mid bars that the engine builds from them.

One JSON line: items per second of CPU time (process_time), the engine's run only, without reading the file.
Needs requirements.txt on Python 3.11.
"""

import json
import statistics
import sys
import time
from decimal import Decimal

import pandas as pd
from nautilus_trader.backtest.config import BacktestEngineConfig
from nautilus_trader.backtest.engine import BacktestEngine
from nautilus_trader.config import LoggingConfig, RiskEngineConfig, StrategyConfig
from nautilus_trader.indicators import ExponentialMovingAverage
from nautilus_trader.model.data import BarType
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import TraderId, Venue
from nautilus_trader.model.objects import Money
from nautilus_trader.persistence.wranglers import BarDataWrangler, QuoteTickDataWrangler
from nautilus_trader.test_kit.providers import TestInstrumentProvider
from nautilus_trader.trading.strategy import Strategy


class CrossConfig(StrategyConfig, frozen=True):
    instrument_id: object
    bar_type: object
    size: Decimal = Decimal("0.01")


class Cross(Strategy):
    """Long while the fast average is above the slow one, short while it is below; one market order each to close and open."""

    def __init__(self, config):
        super().__init__(config)
        self.fast = ExponentialMovingAverage(10)
        self.slow = ExponentialMovingAverage(20)
        self.side = None

    def on_start(self):
        self.instrument = self.cache.instrument(self.config.instrument_id)
        self.register_indicator_for_bars(self.config.bar_type, self.fast)
        self.register_indicator_for_bars(self.config.bar_type, self.slow)
        self.subscribe_bars(self.config.bar_type)
        if str(self.config.bar_type).endswith("INTERNAL"):
            self.subscribe_quote_ticks(self.config.instrument_id)

    def on_bar(self, bar):
        if not self.slow.initialized:
            return
        side = OrderSide.BUY if self.fast.value >= self.slow.value else OrderSide.SELL
        if side == self.side:
            return
        times = 1 if self.side is None else 2
        for _ in range(times):
            order = self.order_factory.market(
                instrument_id=self.config.instrument_id,
                order_side=side,
                quantity=self.instrument.make_qty(self.config.size),
            )
            self.submit_order(order)
        self.side = side


def load(kind, folder, instrument):
    if kind == "bars":
        frame = pd.read_csv(f"{folder}/bars.csv")
        bar_type = BarType.from_str(f"{instrument.id}-1-MINUTE-LAST-EXTERNAL")
        frame.index = pd.to_datetime(frame.pop("ts_ns"), utc=True)
        return bar_type, BarDataWrangler(bar_type, instrument).process(frame)
    frame = pd.read_csv(f"{folder}/quotes.csv")
    bar_type = BarType.from_str(f"{instrument.id}-1-MINUTE-MID-INTERNAL")
    frame.index = pd.to_datetime(frame.pop("ts_ns"), utc=True)
    frame.columns = ["bid_price", "ask_price", "bid_size", "ask_size"]
    return bar_type, QuoteTickDataWrangler(instrument).process(frame)


def once(instrument, bar_type, data):
    engine = BacktestEngine(
        BacktestEngineConfig(
            trader_id=TraderId("BENCH-001"),
            logging=LoggingConfig(bypass_logging=True),
            risk_engine=RiskEngineConfig(bypass=False, max_order_submit_rate="1000000/00:00:01"),
            run_analysis=True,
        )
    )
    engine.add_venue(
        venue=Venue("BINANCE"),
        oms_type=OmsType.NETTING,
        account_type=AccountType.MARGIN,
        base_currency=None,
        starting_balances=[Money(10_000_000, instrument.quote_currency)],
    )
    engine.add_instrument(instrument)
    engine.add_data(data)
    engine.add_strategy(Cross(CrossConfig(instrument_id=instrument.id, bar_type=bar_type)))
    started = time.process_time()
    engine.run()
    spent = time.process_time() - started
    orders = engine.cache.orders_total_count()
    engine.dispose()
    return spent, orders


def main():
    kind, folder = sys.argv[1], sys.argv[2]
    runs = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    instrument = TestInstrumentProvider.btcusdt_binance()
    bar_type, data = load(kind, folder, instrument)
    spent = [once(instrument, bar_type, data) for _ in range(runs)]
    rates = [len(data) / seconds for seconds, _ in spent]
    print(
        json.dumps(
            {
                "name": f"nautilus.{kind}_ema_10_20",
                "unit": f"{kind}/s",
                "median": round(statistics.median(rates)),
                "min": round(min(rates)),
                "max": round(max(rates)),
                "runs": runs,
                "items": len(data),
                "orders": spent[-1][1],
            }
        )
    )


if __name__ == "__main__":
    main()
