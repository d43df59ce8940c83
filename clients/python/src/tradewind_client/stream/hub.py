"""The hub's client: one socket, kept alive; topics that go on from where they were after it was lost.

The order of things: a ticket by REST, the socket, `auth` with the ticket, `welcome`, every topic with the position
from which it goes on. The hub then tells what was missed, or sends a snapshot where its history does not reach back.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from types import TracebackType
from typing import Any, TypeVar

import websockets
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tradewind_client import models, operations
from tradewind_client.codec import DecodeError
from tradewind_client.enums import Channel
from tradewind_client.errors import (
    ApiError,
    Forbidden,
    HubClosed,
    SubscriptionRefused,
    TradewindError,
    Unauthenticated,
)
from tradewind_client.request import AsyncSender
from tradewind_client.scalars import Timestamp
from tradewind_client.secret import Secret
from tradewind_client.stream.channels import CHANNELS, CLOSE_CODES, Topic
from tradewind_client.stream.encoding import encoding_of
from tradewind_client.stream.feed import Feed, Phase
from tradewind_client.stream.options import HubOptions

__all__ = ["Hub"]

T = TypeVar("T")
logger = logging.getLogger("tradewind_client.stream")
# The library's own log shows whole messages, the ticket among them: nothing below a warning leaves it.
_wire_logger = logging.getLogger("tradewind_client.stream.wire")
_wire_logger.setLevel(logging.WARNING)
_wire_logger.addFilter(lambda record: record.levelno >= logging.WARNING)

# Silence for so many heartbeats ends the connection.
_HEARTBEATS_MISSED_MAX = 2.5
_GOODBYE_S = 2.0
# Close codes that need more than to come back.
_LIMIT, _BAD_MESSAGE, _UNAUTHENTICATED = 4429, 4400, 4401


class _Lost(Exception):
    """The connection ended; `reason` for people, `least_s` the least wait before the next."""

    def __init__(self, reason: str, *, code: int | None = None, least_s: float = 0.0) -> None:
        super().__init__(reason)
        self.code = code
        self.least_s = least_s


class Hub:
    """Use it in an `async with`; it keeps its connection until it is left.

    Each channel has a method that gives a `Feed`. A topic can be subscribed once per hub. Revoked credentials and
    refused tickets end it with `HubClosed`; everything else is tried again.
    """

    def __init__(self, client: AsyncSender, url: str, *, proxies: bool, options: HubOptions | None = None) -> None:
        self._client = client
        self._url = url
        self._proxies = proxies
        self._options = options or HubOptions()
        self._encoding = encoding_of(self._options.encoding)
        self._feeds: dict[str, Feed[Any]] = {}
        self._socket: ClientConnection | None = None
        self._task: asyncio.Task[None] | None = None
        self._started: asyncio.Future[None] | None = None
        self._failure: HubClosed | None = None
        self._ids = 0
        self._heard = 0.0
        self._unauthenticated = 0
        self._welcomed = False
        self.reconnects = 0
        self.gaps = 0
        self.clock_offset_s = 0.0
        self.welcome: models.ServerMessageWelcome | None = None

    # Its life.

    async def __aenter__(self) -> Hub:
        if self._task is not None or self._failure is not None:
            raise HubClosed("a hub is entered once: ask for another one")
        self._started = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._run(), name="tradewind hub")
        try:
            await asyncio.shield(self._started)
        except BaseException:
            await self.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Ends every feed and the connection."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        for feed in list(self._feeds.values()):
            feed.end(None)
        self._feeds.clear()
        if self._failure is None:
            self._failure = HubClosed("the hub was closed")

    @property
    def connected(self) -> bool:
        """Whether it is signed on at the moment."""
        return self._socket is not None

    async def reconnect(self) -> None:
        """Drops the connection and makes a new one, for those who know that the network changed."""
        if self._socket is not None:
            await self._socket.close()

    # What can be read.

    async def quotes(self, instrument: str) -> Feed[models.Quote]:
        """Best bid and offer."""
        return await self.subscribe(Topic(channel=Channel.QUOTES, instrument=instrument))

    async def trades(self, instrument: str) -> Feed[models.Trade]:
        """Public trades, each one."""
        return await self.subscribe(Topic(channel=Channel.TRADES, instrument=instrument))

    async def book(self, instrument: str) -> Feed[models.Book]:
        """The book; every update carries it whole, with the changes in it."""
        return await self.subscribe(Topic(channel=Channel.BOOK, instrument=instrument))

    async def bars(self, instrument: str, interval: str) -> Feed[models.Bar]:
        """Bars as they form and close."""
        return await self.subscribe(Topic(channel=Channel.BARS, instrument=instrument, interval=interval))

    async def indicators(self, instrument: str, interval: str, indicator: str) -> Feed[models.IndicatorSeries]:
        """Values of an indicator such as `RSI_14` with every bar."""
        topic = Topic(channel=Channel.INDICATORS, instrument=instrument, interval=interval, indicator=indicator)
        return await self.subscribe(topic)

    async def orders(self, account: str) -> Feed[models.Order]:
        """Orders of an account, every change."""
        return await self.subscribe(Topic(channel=Channel.ORDERS, account=account))

    async def fills(self, account: str) -> Feed[models.Fill]:
        """Fills of an account."""
        return await self.subscribe(Topic(channel=Channel.FILLS, account=account))

    async def positions(self, account: str) -> Feed[models.Position]:
        """Positions of an account; one of quantity 0 is gone."""
        return await self.subscribe(Topic(channel=Channel.POSITIONS, account=account))

    async def account(self, account: str) -> Feed[models.AccountDetail]:
        """Figures of an account."""
        return await self.subscribe(Topic(channel=Channel.ACCOUNTS, account=account))

    async def signals(self, account: str) -> Feed[models.Signal]:
        """Signals of an account's strategies."""
        return await self.subscribe(Topic(channel=Channel.SIGNALS, account=account))

    async def strategies(self, account: str) -> Feed[models.Strategy]:
        """Strategies of an account."""
        return await self.subscribe(Topic(channel=Channel.STRATEGIES, account=account))

    async def weights(self, account: str) -> Feed[models.Weights]:
        """Weights of an account's strategies."""
        return await self.subscribe(Topic(channel=Channel.WEIGHTS, account=account))

    async def ledger(self, account: str) -> Feed[models.LedgerEntry]:
        """Ledger of an account."""
        return await self.subscribe(Topic(channel=Channel.LEDGER, account=account))

    async def connections(self) -> Feed[models.Connection]:
        """Connections to venues."""
        return await self.subscribe(Topic(channel=Channel.CONNECTIONS))

    async def system(self) -> Feed[models.Status]:
        """Status of the program, once a second."""
        return await self.subscribe(Topic(channel=Channel.SYSTEM))

    async def jobs(self) -> Feed[models.Backtest]:
        """One's own backtests."""
        return await self.subscribe(Topic(channel=Channel.JOBS))

    async def subscribe(self, topic: Topic) -> Feed[Any]:
        """Any topic. Returns when the hub has confirmed it; raises `SubscriptionRefused` when it does not."""
        if self._failure is not None:
            raise self._failure
        if self._task is None:
            raise HubClosed("the hub is not open: use it in an `async with`")
        if topic.name in self._feeds:
            raise ValueError(f"{topic.name} is subscribed already")
        feed: Feed[Any] = Feed(topic, CHANNELS[topic.channel], self._options.queue_updates, self._ask, self._leave)
        self._feeds[topic.name] = feed
        try:
            await self._ask(feed)
            await asyncio.wait_for(asyncio.shield(feed.confirmed), self._options.handshake_s)
        except BaseException as error:
            feed.confirmed.cancel()
            if self._feeds.get(topic.name) is feed:
                del self._feeds[topic.name]
                await self._say(topic.message("unsubscribe"))
            if isinstance(error, asyncio.TimeoutError):
                raise HubClosed(f"{topic.name}: no answer to the subscription in time") from None
            raise
        return feed

    # Connections, one after the other.

    async def _run(self) -> None:
        failures = 0
        try:
            while True:
                lost = await self._one_connection()
                if self._welcomed:
                    failures = self._unauthenticated = 0
                else:
                    failures += 1
                begun = self._started is None or self._started.done()
                limit = self._options.attempts_max if begun else self._options.attempts_first
                if limit is not None and failures >= limit:
                    raise HubClosed(f"given up after {failures} attempts: {lost}", lost.code)
                wait = max(self._options.wait_s(failures), lost.least_s)
                self.reconnects += 1
                logger.info("the hub's connection was lost (%s); again in %.2f s", lost, wait)
                await asyncio.sleep(wait)
        except asyncio.CancelledError:
            raise
        except HubClosed as error:
            self._fail(error)
        except Exception as error:
            logger.exception("the hub's client failed")
            self._fail(HubClosed(f"{type(error).__name__}: {error}"))

    async def _one_connection(self) -> _Lost:
        """From connecting to the end of it; why it ended. What cannot be mended is raised."""
        self._welcomed = False
        try:
            # Before the socket: an open one has five seconds to sign on.
            ticket = await self._ticket()
            async with self._connect() as socket:
                await self._sign_on(socket, ticket)
                self._welcomed = True
                await self._live(socket)
        except _Lost as error:
            return error
        except (OSError, TimeoutError, asyncio.TimeoutError, websockets.WebSocketException) as error:
            return _Lost(f"{type(error).__name__}: {error}")
        finally:
            self._disconnected()
        return _Lost("connection ended")

    def _connect(self) -> connect:
        return connect(
            self._url,
            subprotocols=[Subprotocol(self._encoding.subprotocol)],
            max_size=self._options.message_bytes_max,
            open_timeout=self._options.handshake_s,
            close_timeout=_GOODBYE_S,
            # The hub and this client beat by themselves.
            ping_interval=None,
            compression=None,
            proxy=True if self._proxies else None,
            logger=_wire_logger,
        )

    async def _ticket(self) -> Secret:
        try:
            return Secret((await self._client.send(operations.post_ticket())).ticket)
        except (Unauthenticated, Forbidden) as error:
            raise HubClosed(f"no ticket for the hub: {error}") from error
        except ApiError as error:
            raise _Lost(str(error), least_s=error.retry_after_s or 0.0) from error
        except TradewindError as error:
            raise _Lost(str(error)) from error

    async def _sign_on(self, socket: ClientConnection, ticket: Secret) -> None:
        try:
            if socket.subprotocol is None and self._options.encoding != "json":
                raise HubClosed(f"the hub does not speak {self._encoding.subprotocol}")
            await socket.send(self._encoding.write({"op": "auth", "ticket": ticket.reveal()}))
            first = await asyncio.wait_for(socket.recv(), self._options.handshake_s)
            self.welcome = models.ServerMessageWelcome.from_json(self._encoding.read(first))
        except websockets.ConnectionClosed as error:
            raise self._why(error) from error
        except ValueError as error:
            raise HubClosed(f"the hub speaks another protocol: {error}") from error
        self._tell_time(self.welcome.server_time)

    async def _live(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._heard = time.monotonic()
        beating = asyncio.create_task(self._beat(socket), name="tradewind hub heartbeat")
        try:
            for feed in list(self._feeds.values()):
                if feed.phase is Phase.ASKING:
                    await self._ask(feed)
            if self._started is not None and not self._started.done():
                self._started.set_result(None)
            while True:
                text = await socket.recv()
                self._heard = time.monotonic()
                await self._receive(text)
        except websockets.ConnectionClosed as error:
            raise self._why(error) from error
        finally:
            beating.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await beating

    def _why(self, error: websockets.ConnectionClosed) -> Exception:
        """What a close code means for us."""
        code = error.rcvd.code if error.rcvd is not None else None
        if code is None:
            return _Lost("connection lost")
        meaning = CLOSE_CODES.get(code, error.rcvd.reason if error.rcvd else "") or "closed"
        reason = f"{meaning} ({code})"
        if code == _BAD_MESSAGE:
            return HubClosed(f"the hub did not understand this client: {reason}", code)
        if code == _UNAUTHENTICATED:
            # A ticket may have been too old on arrival; another one tells whether the key still stands.
            self._unauthenticated += 1
            if self._unauthenticated > 2:
                return HubClosed(f"the hub takes none of its own tickets: {reason}", code)
        return _Lost(reason, code=code, least_s=5.0 if code == _LIMIT else 0.0)

    def _disconnected(self) -> None:
        self._socket = None
        for feed in self._feeds.values():
            feed.disconnected()

    def _fail(self, error: HubClosed) -> None:
        self._failure = error
        if self._started is not None and not self._started.done():
            self._started.set_exception(error)
        for feed in list(self._feeds.values()):
            feed.end(error)
        self._feeds.clear()

    async def _beat(self, socket: ClientConnection) -> None:
        told = self.welcome.heartbeat_s if self.welcome else 0
        period = self._options.heartbeat_s or float(told or 15)
        with contextlib.suppress(websockets.ConnectionClosed):
            while True:
                await asyncio.sleep(period)
                if time.monotonic() - self._heard > period * _HEARTBEATS_MISSED_MAX:
                    logger.info("the hub fell silent")
                    await socket.close()
                    return
                await socket.send(self._encoding.write({"op": "ping"}))
                for feed in list(self._feeds.values()):
                    if feed.postponed:
                        feed.postponed = False
                        await self._ask(feed)

    # Messages.

    async def _say(self, message: dict[str, Any]) -> None:
        if self._socket is not None:
            # Whoever reads notices that the connection is gone.
            with contextlib.suppress(websockets.ConnectionClosed):
                await self._socket.send(self._encoding.write(message))

    async def _ask(self, feed: Feed[Any]) -> None:
        """Subscribes from where the feed stands; without a connection the next one does."""
        self._ids += 1
        feed.ask_id = str(self._ids)
        feed.phase = Phase.ASKING
        since = {} if feed.epoch is None else {"since": {"epoch": feed.epoch, "seq": feed.seq}}
        await self._say(feed.topic.message("subscribe", id=feed.ask_id, **since))

    async def _leave(self, feed: Feed[Any]) -> None:
        if self._feeds.pop(feed.name, None) is feed and feed.phase is not Phase.PAUSED:
            await self._say(feed.topic.message("unsubscribe"))

    async def _pause(self, feed: Feed[Any]) -> None:
        """The reader of a lossless topic is slow: nothing is dropped, it goes on from here later."""
        feed.phase = Phase.PAUSED
        await self._say(feed.topic.message("unsubscribe"))

    async def _receive(self, text: str | bytes) -> None:
        try:
            frame = self._encoding.read(text)
            op = frame["op"]
            if op in ("delta", "snapshot"):
                await self._data(frame, snapshot=op == "snapshot")
            elif op in ("heartbeat", "pong"):
                self._tell_time(Timestamp.parse(frame["server_time"]))
            elif op == "subscribed":
                self._subscribed(frame)
            elif op == "error":
                self._refused(models.ServerMessageError.from_json(frame))
        except (KeyError, TypeError, ValueError) as error:
            # Another version's word, or a broken one: a topic that it was about is told anew.
            logger.warning("a message of the hub was not understood: %s", error)

    async def _data(self, frame: dict[str, Any], *, snapshot: bool) -> None:
        feed = self._feeds.get(frame["topic"])
        if feed is None or feed.phase is not Phase.OPEN:
            return
        seq = int(frame["seq"])
        if not snapshot:
            if feed.epoch is None or seq <= feed.seq:
                return
            if seq != feed.seq + 1:
                await self._mend(feed)
                return
        epoch = str(frame["epoch"]) if snapshot else str(feed.epoch)
        try:
            taken = feed.accept(frame["data"], snapshot=snapshot, seq=seq, epoch=epoch)
        except DecodeError as error:
            failure = SubscriptionRefused(
                "NOT_UNDERSTOOD", f"{error}; are server and client of one version?", feed.name
            )
            await self._leave(feed)
            feed.end(failure)
            return
        if not taken:
            await self._pause(feed)

    async def _mend(self, feed: Feed[Any]) -> None:
        """A hole in the numbers: asks for what is missing, and for the whole when that does not help."""
        self.gaps += 1
        logger.warning("%s: a gap after %d", feed.name, feed.seq)
        if feed.mending:
            feed.forget()
        feed.mending = True
        await self._ask(feed)

    def _subscribed(self, frame: dict[str, Any]) -> None:
        feed = self._feeds.get(frame["topic"])
        if feed is not None and feed.phase is Phase.ASKING and frame.get("id") == feed.ask_id:
            feed.confirm()

    def _refused(self, error: models.ServerMessageError) -> None:
        by_id = (feed for feed in self._feeds.values() if feed.ask_id is not None and feed.ask_id == error.id)
        # What is taken away later is named by its topic.
        feed = next(by_id, None) or self._feeds.get(error.id or "")
        if feed is None:
            logger.info("the hub refused a message: %s: %s", error.code, error.detail)
            return
        if error.code == "UNAVAILABLE" and feed.confirmed.done():
            feed.postponed = True
            return
        self._feeds.pop(feed.name, None)
        feed.end(SubscriptionRefused(error.code, error.detail, feed.name))

    def _tell_time(self, server: Timestamp) -> None:
        self.clock_offset_s = (server.ns - time.time_ns()) / 1e9
