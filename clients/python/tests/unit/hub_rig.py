"""A hub in this process whose every word a test says, and tickets that are good as long as the test likes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from tradewind_client import Hub, HubOptions, Request, TradewindError, models
from tradewind_client.stream.encoding import encoding_of

PATIENCE_S = 10.0
TS = "2026-11-22T09:15:00Z"


class Tickets:
    """Stands for the client: gives out tickets, or fails."""

    def __init__(self) -> None:
        self.given = 0
        self.failures: list[TradewindError] = []

    async def send(self, request: Request[Any], /) -> Any:
        if self.failures:
            raise self.failures.pop(0)
        self.given += 1
        return models.StreamTicket.from_json({"ticket": f"tkt-{self.given}", "expires_at": TS})


class Peer:
    """The server's end of one connection."""

    def __init__(self, socket: ServerConnection) -> None:
        self.socket = socket
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._encoding = encoding_of("msgpack" if socket.subprotocol == "tradewind.v1.msgpack" else "json")

    async def hear(self, *, op: str | None = None) -> dict[str, Any]:
        """The next message of the client; of that kind where one is named."""
        while True:
            message: dict[str, Any] = self._encoding.read(await asyncio.wait_for(self.socket.recv(), PATIENCE_S))
            if op is None or message["op"] == op:
                return message

    async def say(self, **message: Any) -> None:
        await self.socket.send(self._encoding.write(message))

    async def welcome(self) -> str:
        """Signs the client on; its ticket."""
        ticket = (await self.hear(op="auth"))["ticket"]
        limits = {"messages_per_minute": 600, "subscriptions": 256, "message_bytes": 4096, "queue_bytes": 1 << 20}
        await self.say(op="welcome", server_time=TS, heartbeat_s=15, user="asha", limits=limits)
        return str(ticket)

    async def confirm(self, topic: str) -> dict[str, Any]:
        """Takes a subscription."""
        asked = await self.hear(op="subscribe")
        await self.say(op="subscribed", id=asked["id"], topic=topic)
        return asked

    async def snapshot(self, topic: str, seq: int, data: Any, epoch: str = "e1") -> None:
        await self.say(op="snapshot", topic=topic, epoch=epoch, seq=seq, data=data)

    async def delta(self, topic: str, seq: int, data: Any) -> None:
        await self.say(op="delta", topic=topic, seq=seq, data=data)

    async def cut(self) -> None:
        """Without a word, as a network does."""
        self.socket.transport.abort()


class Rig:
    """The hub, its tickets, and the connections as they come."""

    def __init__(self) -> None:
        self.tickets = Tickets()
        self.url = ""
        self._peers: asyncio.Queue[Peer] = asyncio.Queue()

    async def handle(self, socket: ServerConnection) -> None:
        peer = Peer(socket)
        await self._peers.put(peer)
        await socket.wait_closed()

    async def peer(self) -> Peer:
        return await asyncio.wait_for(self._peers.get(), PATIENCE_S)

    def hub(self, **options: Any) -> Hub:
        quick = {"backoff_first_s": 0.001, "backoff_max_s": 0.01, "handshake_s": PATIENCE_S, **options}
        return Hub(self.tickets, self.url, proxies=False, options=HubOptions(**quick))

    @contextlib.asynccontextmanager
    async def connected(self, **options: Any) -> AsyncIterator[tuple[Hub, Peer]]:
        """A hub that is signed on, and the other end of it."""
        hub = self.hub(**options)
        entering = asyncio.create_task(hub.__aenter__())
        peer = await self.peer()
        await peer.welcome()
        await entering
        try:
            yield hub, peer
        finally:
            await hub.aclose()


@contextlib.asynccontextmanager
async def rig(*subprotocols: str) -> AsyncIterator[Rig]:
    """A hub that knows those subprotocols."""
    made = Rig()
    known = [Subprotocol(name) for name in subprotocols]

    def choose(_: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        return next((name for name in offered if name in known), None)

    async with serve(made.handle, "127.0.0.1", 0, ping_interval=None, select_subprotocol=choose) as server:
        port = server.sockets[0].getsockname()[1]
        made.url = f"ws://127.0.0.1:{port}/api/v1/stream"
        yield made
