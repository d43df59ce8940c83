"""The hub for programs without an event loop: the same client on a loop of its own in a thread."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable, Coroutine, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from tradewind_client import models
from tradewind_client.errors import HubClosed
from tradewind_client.stream.feed import Feed, Update
from tradewind_client.stream.hub import Hub
from tradewind_client.stream.options import HubOptions

if TYPE_CHECKING:
    from tradewind_client.client import AsyncClient

__all__ = ["BlockingFeed", "BlockingHub"]

T = TypeVar("T")
R = TypeVar("R")


class BlockingFeed(Generic[T]):
    """A topic's updates: `for update in feed`."""

    def __init__(self, feed: Feed[T], hub: BlockingHub) -> None:
        self._feed = feed
        self._hub = hub

    @property
    def rows(self) -> tuple[T, ...]:
        """The state."""
        return self._hub.call(self._read(lambda: self._feed.rows))

    @property
    def latest(self) -> T | None:
        """The last row."""
        return self._hub.call(self._read(lambda: self._feed.latest))

    @property
    def live(self) -> bool:
        """False while what it holds may be out of date."""
        return self._feed.live

    async def _read(self, read: Callable[[], R]) -> R:
        return read()

    def __iter__(self) -> Iterator[Update[T]]:
        while True:
            try:
                yield self.next()
            except EOFError:
                return

    def next(self, timeout_s: float | None = None) -> Update[T]:
        """The next update. Raises TimeoutError when it does not come in time, EOFError at the end."""
        return self._hub.call(self._next(timeout_s))

    async def _next(self, timeout_s: float | None) -> Update[T]:
        try:
            return await self._feed.next(timeout_s)
        except asyncio.TimeoutError:
            raise TimeoutError(f"{self._feed.name}: nothing in {timeout_s} s") from None

    def close(self) -> None:
        """Ends the subscription."""
        self._hub.call(self._feed.close())


class BlockingHub:
    """Use it in a `with`. Its methods are those of `Hub`, without `await`."""

    def __init__(self, client: Callable[[], AsyncClient], options: HubOptions | None) -> None:
        self._make_client = client
        self._options = options
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._client: AsyncClient | None = None
        self._hub: Hub | None = None

    def __enter__(self) -> BlockingHub:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tradewind hub", daemon=True)
        self._thread.start()
        try:
            self._hub = self.call(self._open())
        except BaseException:
            self._stop()
            raise
        return self

    async def _open(self) -> Hub:
        self._client = self._make_client()
        return await self._client.stream(self._options).__aenter__()

    async def _shut(self) -> None:
        if self._hub is not None:
            await self._hub.aclose()
        if self._client is not None:
            await self._client.aclose()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return
        self.call(self._shut())
        self._loop = self._thread = None
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

    def call(self, work: Coroutine[Any, Any, R]) -> R:
        """Runs a coroutine on the hub's loop and waits for it."""
        if self._loop is None:
            work.close()
            raise HubClosed("the hub is not open: use it in a `with`")
        future: concurrent.futures.Future[R] = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    @property
    def hub(self) -> Hub:
        """The client on the loop; touch it from there only."""
        if self._hub is None:
            raise HubClosed("the hub is not open: use it in a `with`")
        return self._hub

    @property
    def connected(self) -> bool:
        """Whether it is signed on at the moment."""
        return self.hub.connected

    @property
    def reconnects(self) -> int:
        """How often it connected again."""
        return self.hub.reconnects

    def reconnect(self) -> None:
        """Drops the connection and makes a new one."""
        self.call(self.hub.reconnect())

    def _feed(self, work: Coroutine[Any, Any, Feed[T]]) -> BlockingFeed[T]:
        return BlockingFeed(self.call(work), self)

    def quotes(self, instrument: str) -> BlockingFeed[models.Quote]:
        """Best bid and offer."""
        return self._feed(self.hub.quotes(instrument))

    def trades(self, instrument: str) -> BlockingFeed[models.Trade]:
        """Public trades, each one."""
        return self._feed(self.hub.trades(instrument))

    def book(self, instrument: str) -> BlockingFeed[models.Book]:
        """The book, whole with every update."""
        return self._feed(self.hub.book(instrument))

    def bars(self, instrument: str, interval: str) -> BlockingFeed[models.Bar]:
        """Bars as they form and close."""
        return self._feed(self.hub.bars(instrument, interval))

    def indicators(self, instrument: str, interval: str, indicator: str) -> BlockingFeed[models.IndicatorSeries]:
        """Values of an indicator with every bar."""
        return self._feed(self.hub.indicators(instrument, interval, indicator))

    def orders(self, account: str) -> BlockingFeed[models.Order]:
        """Orders of an account, every change."""
        return self._feed(self.hub.orders(account))

    def fills(self, account: str) -> BlockingFeed[models.Fill]:
        """Fills of an account."""
        return self._feed(self.hub.fills(account))

    def positions(self, account: str) -> BlockingFeed[models.Position]:
        """Positions of an account."""
        return self._feed(self.hub.positions(account))

    def account(self, account: str) -> BlockingFeed[models.AccountDetail]:
        """Figures of an account."""
        return self._feed(self.hub.account(account))

    def signals(self, account: str) -> BlockingFeed[models.Signal]:
        """Signals of an account's strategies."""
        return self._feed(self.hub.signals(account))

    def strategies(self, account: str) -> BlockingFeed[models.Strategy]:
        """Strategies of an account."""
        return self._feed(self.hub.strategies(account))

    def weights(self, account: str) -> BlockingFeed[models.Weights]:
        """Weights of an account's strategies."""
        return self._feed(self.hub.weights(account))

    def ledger(self, account: str) -> BlockingFeed[models.LedgerEntry]:
        """Ledger of an account."""
        return self._feed(self.hub.ledger(account))

    def connections(self) -> BlockingFeed[models.Connection]:
        """Connections to venues."""
        return self._feed(self.hub.connections())

    def system(self) -> BlockingFeed[models.Status]:
        """Status of the program."""
        return self._feed(self.hub.system())

    def jobs(self) -> BlockingFeed[models.Backtest]:
        """One's own backtests."""
        return self._feed(self.hub.jobs())
