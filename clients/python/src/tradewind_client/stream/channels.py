"""The hub's channels: what each carries, how it is merged, and whether every change counts."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Callable
from typing import Any

from tradewind_client import models
from tradewind_client.enums import BacktestState, Channel
from tradewind_client.orders import is_open
from tradewind_client.stream.merge import BookMerge, Keyed, Latest, Merge, Series, Tail

__all__ = ["CHANNELS", "CLOSE_CODES", "ChannelRule", "Topic"]

# Rows kept of what has no natural bound.
ROWS_MAX = 2_000

CLOSE_CODES = {
    1001: "the program shuts down",
    1002: "the protocol was broken",
    1007: "text that is no UTF-8",
    1008: "a message in too many parts",
    1009: "a message too long",
    4400: "bad message",
    4401: "no or bad credentials",
    4403: "the credentials were revoked",
    4408: "no sign-on in time",
    4409: "slow consumer",
    4410: "no sign of life",
    4429: "a limit was passed",
}


@dc.dataclass(frozen=True, slots=True)
class ChannelRule:
    """`lossless`: no change is merged away: the topic is paused instead when its reader is slow."""

    model: Any
    merge: Callable[[], Merge[Any]]
    lossless: bool


def _keyed(model: Any, key: Callable[[Any], Any], **options: Any) -> Callable[[], Merge[Any]]:
    return lambda: Keyed(model, key, bound=ROWS_MAX, **options)


# The hub conflates what is not lossless, too.
CHANNELS = {
    Channel.QUOTES: ChannelRule(models.Quote, lambda: Latest(models.Quote), False),
    Channel.TRADES: ChannelRule(models.Trade, lambda: Tail(models.Trade, ROWS_MAX), True),
    Channel.BOOK: ChannelRule(models.Book, BookMerge, False),
    Channel.BARS: ChannelRule(models.Bar, _keyed(models.Bar, lambda bar: bar.ts), False),
    Channel.INDICATORS: ChannelRule(models.IndicatorSeries, lambda: Series(ROWS_MAX), False),
    Channel.ORDERS: ChannelRule(
        models.Order, _keyed(models.Order, lambda order: order.client_order_id, spare=is_open), True
    ),
    Channel.FILLS: ChannelRule(models.Fill, _keyed(models.Fill, lambda fill: fill.id), True),
    Channel.POSITIONS: ChannelRule(
        models.Position,
        _keyed(models.Position, lambda position: position.instrument, gone=lambda position: position.quantity == 0),
        True,
    ),
    Channel.ACCOUNTS: ChannelRule(models.AccountDetail, lambda: Latest(models.AccountDetail), True),
    Channel.SIGNALS: ChannelRule(models.Signal, _keyed(models.Signal, lambda signal: signal.id), True),
    Channel.STRATEGIES: ChannelRule(models.Strategy, _keyed(models.Strategy, lambda row: row.strategy), True),
    Channel.WEIGHTS: ChannelRule(models.Weights, lambda: Latest(models.Weights), True),
    Channel.LEDGER: ChannelRule(models.LedgerEntry, _keyed(models.LedgerEntry, lambda entry: entry.id), True),
    Channel.CONNECTIONS: ChannelRule(models.Connection, _keyed(models.Connection, lambda row: row.id), False),
    Channel.SYSTEM: ChannelRule(models.Status, lambda: Latest(models.Status), False),
    Channel.JOBS: ChannelRule(
        models.Backtest,
        _keyed(models.Backtest, lambda job: job.id, gone=lambda job: job.state == BacktestState.DELETED),
        False,
    ),
}


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What is subscribed."""

    channel: Channel
    instrument: str | None = None
    account: str | None = None
    interval: str | None = None
    indicator: str | None = None

    @property
    def name(self) -> str:
        """As frames carry it: `channel[:instrument|account][:interval][:indicator]`."""
        parts = (self.channel.value, self.instrument or self.account, self.interval, self.indicator)
        return ":".join(part for part in parts if part is not None)

    def message(self, op: str, **more: Any) -> dict[str, Any]:
        """A message about it."""
        parts = {
            "channel": self.channel.value,
            "instrument": self.instrument,
            "account": self.account,
            "interval": self.interval,
            "indicator": self.indicator,
        }
        return {"op": op, **{name: part for name, part in parts.items() if part is not None}, **more}
