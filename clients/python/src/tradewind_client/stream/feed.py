"""One subscription as its reader has it: updates to iterate over, and the state that they add up to."""

from __future__ import annotations

import asyncio
import dataclasses as dc
import enum
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

from tradewind_client.errors import HubClosed
from tradewind_client.stream.channels import ChannelRule, Topic
from tradewind_client.stream.merge import Merge

__all__ = ["Feed", "Phase", "Update"]

T = TypeVar("T")


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class Update(Generic[T]):
    """What one frame, or several that were merged, carried.

    `snapshot`: the state began anew; what happened before it may not have been told.
    """

    items: tuple[T, ...]
    snapshot: bool
    seq: int
    epoch: str
    merged: int = 1


class Phase(enum.Enum):
    """Where a subscription stands."""

    ASKING = "asking"
    """Frames are not ours yet: the subscription is not confirmed."""
    OPEN = "open"
    """Confirmed."""
    PAUSED = "paused"
    """Not subscribed until its reader has caught up."""
    ENDED = "ended"
    """Closed, refused or taken away."""


class Feed(Generic[T]):
    """A topic's updates: `async for update in feed`. One reader at a time."""

    def __init__(
        self,
        topic: Topic,
        rule: ChannelRule,
        queue_max: int,
        ask: Callable[[Feed[Any]], Awaitable[None]],
        leave: Callable[[Feed[Any]], Awaitable[None]],
    ) -> None:
        self.topic = topic
        self.phase = Phase.ASKING
        self.epoch: str | None = None
        self.seq = 0
        # Id of the subscription that is asked for: frames before its confirmation are not its own.
        self.ask_id: str | None = None
        # True after a gap, until a frame fits again: a second gap asks for a snapshot.
        self.mending = False
        # Refused for the moment; asked for again with the next heartbeat.
        self.postponed = False
        self.confirmed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._rule = rule
        self._merge: Merge[T] = rule.merge()
        self._queue: deque[Update[T]] = deque()
        self._queue_max = queue_max
        self._ask = ask
        self._leave = leave
        self._failure: BaseException | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._live = False

    @property
    def name(self) -> str:
        """The topic's name."""
        return self.topic.name

    @property
    def rows(self) -> tuple[T, ...]:
        """The state: the snapshot with every change so far, also those that still wait to be read."""
        return self._merge.rows()

    @property
    def latest(self) -> T | None:
        """The last row: for topics of one object the object."""
        rows = self._merge.rows()
        return rows[-1] if rows else None

    @property
    def live(self) -> bool:
        """False while what it holds may be out of date: connecting, paused, ended."""
        return self._live and self.phase is Phase.OPEN

    @property
    def waiting(self) -> int:
        """Updates that wait to be read."""
        return len(self._queue)

    def __aiter__(self) -> Feed[T]:
        return self

    async def __anext__(self) -> Update[T]:
        while not self._queue:
            if self._failure is not None:
                raise self._failure
            if self.phase is Phase.ENDED:
                raise StopAsyncIteration
            if self._waiter is not None:
                raise RuntimeError(f"{self.name} has a reader already")
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        if self.phase is Phase.PAUSED and len(self._queue) <= self._queue_max // 2:
            # Before the update is taken out: a reader that gives up meanwhile loses nothing.
            await self._ask(self)
        return self._queue.popleft()

    async def next(self, timeout_s: float | None = None) -> Update[T]:
        """The next update. Raises `asyncio.TimeoutError` when it does not come in time, EOFError at the end."""
        try:
            return await asyncio.wait_for(self.__anext__(), timeout_s)
        except StopAsyncIteration:
            raise EOFError(f"{self.name} has ended") from None

    async def close(self) -> None:
        """Ends the subscription; what waits can still be read."""
        if self.phase is not Phase.ENDED:
            await self._leave(self)
            self.end(None)

    # What follows is the hub's side.

    def accept(self, data: Any, *, snapshot: bool, seq: int, epoch: str) -> bool:
        """Takes a frame; False when a lossless queue has no room for it, and the topic has to be paused."""
        full = len(self._queue) >= self._queue_max
        if full and self._rule.lossless:
            return False
        items = self._merge.snapshot(data) if snapshot else self._merge.delta(data)
        self.epoch, self.seq, self.mending, self._live = epoch, seq, False, True
        update = Update(items=items, snapshot=snapshot, seq=seq, epoch=epoch)
        self._queue.append(update)
        if full:
            self._merge_waiting()
        self._wake()
        return True

    def _merge_waiting(self) -> None:
        """All that waits as one update. A snapshot says it all: what was before it is no part of it."""
        waiting = list(self._queue)
        begin = max((at for at, update in enumerate(waiting) if update.snapshot), default=0)
        rows = self._merge.combine([update.items for update in waiting[begin:]])
        anew = waiting[begin].snapshot
        merged = sum(update.merged for update in waiting)
        self._queue = deque([dc.replace(waiting[-1], items=rows, snapshot=anew, merged=merged)])

    def confirm(self) -> None:
        """The subscription holds."""
        self.phase = Phase.OPEN
        self.postponed = False
        # Resumed from a position there may be nothing to be told: what it holds is current again.
        self._live = self.epoch is not None
        if not self.confirmed.done():
            self.confirmed.set_result(None)

    def disconnected(self) -> None:
        """The connection is gone; it is asked for again with the next one."""
        self._live = False
        if self.phase is Phase.OPEN:
            self.phase = Phase.ASKING

    def forget(self) -> None:
        """Its position: the next subscription begins with a snapshot."""
        self.epoch, self.seq = None, 0

    def end(self, failure: BaseException | None) -> None:
        """Nothing more comes."""
        self.phase = Phase.ENDED
        self._live = False
        self._failure = failure
        if not self.confirmed.done():
            self.confirmed.set_exception(failure or HubClosed(f"{self.name} was closed"))
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
