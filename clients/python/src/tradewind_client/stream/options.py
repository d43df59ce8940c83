"""Limits and patience of the hub's client."""

from __future__ import annotations

import dataclasses as dc
import random
from collections.abc import Callable

from tradewind_client.stream.encoding import EncodingName

__all__ = ["HubOptions"]


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class HubOptions:
    """Each limit has a defined behaviour where it is reached.

    - `queue_updates`: of quotes, books, bars and the like what waits is merged into one update; a topic of orders,
      fills, trades and the like is paused, and goes on from where it stopped when half of what waits is read.
    - `message_bytes_max`: the connection is closed and made again.
    - `handshake_s`: the attempt, or the subscription, is given up.
    - `attempts_first`, `attempts_max`: the hub is closed with `HubClosed`; None never gives up.
    """

    encoding: EncodingName = "json"
    """How messages travel. `msgpack` is some fifth shorter and needs `pip install tradewind-client[msgpack]`."""

    queue_updates: int = 1_024
    """Updates of one topic that may wait for their reader."""

    message_bytes_max: int = 8 * 1024 * 1024
    """Longest message of the server."""

    handshake_s: float = 8.0
    """Time for connecting and signing on, and for the answer to a subscription."""

    heartbeat_s: float | None = None
    """Time between two signs of life; after two and a half without one of the server the connection is made again.
    As the hub says when None; shorter where something on the way forgets silent connections.
    """

    backoff_first_s: float = 0.25
    """First wait before connecting again; doubles with each attempt that fails."""

    backoff_max_s: float = 15.0
    """Longest wait."""

    attempts_first: int | None = 4
    """Failed attempts after which entering the hub is given up, when it never was connected."""

    attempts_max: int | None = None
    """Failed attempts in a row after which a hub that was connected is given up."""

    chance: Callable[[], float] = dc.field(default=random.SystemRandom().random, repr=False)
    """0 ≤ x < 1: spreads the reconnects of many clients."""

    def __post_init__(self) -> None:
        if self.queue_updates < 2:
            raise ValueError("queue_updates is at least 2")

    def wait_s(self, failures: int) -> float:
        """After so many failures in a row: doubling, ± a quarter."""
        base = min(self.backoff_max_s, self.backoff_first_s * 2.0 ** min(failures, 30))
        return base * (0.75 + 0.5 * self.chance())
