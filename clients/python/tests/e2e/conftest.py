"""One server for all tests of this folder, with a trader who has a key, and an account of theirs."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.e2e.server import BINARY, Server, running
from tradewind_client import AsyncClient, Client, models

INSTRUMENT = "BTC-USD.COINBASE"
PATIENCE_S = 20.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    skip = pytest.mark.skip(reason="TRADEWIND_BIN names no program: `make test-python` does")
    for item in items:
        if "e2e" in item.nodeid.split("::")[0].split(os.sep):
            item.add_marker(pytest.mark.e2e)
            if not BINARY:
                item.add_marker(skip)


@dataclass(frozen=True)
class World:
    """Where it is and how to get in."""

    server: Server
    url: str
    trader: str
    reader: str


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    with running() as server:
        server.add_user("asha", "super_admin")
        server.add_user("bot", "trader")
        trader = server.add_key("bot", "read", "trade", "cancel", "manage")
        reader = server.add_key("bot", "read")
        server.start()
        yield World(server, server.url, trader, reader)


@pytest.fixture(scope="session")
def client(world: World) -> Iterator[Client]:
    with Client(world.url, world.trader) as made:
        yield made


@pytest.fixture
async def waiting(world: World) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(world.url, world.trader) as made:
        yield made


@pytest.fixture(scope="session")
def quote(client: Client) -> models.Quote:
    """The market is there: a quote that may be believed."""
    with client.stream() as hub:
        feed = hub.quotes(INSTRUMENT)
        while True:
            update = feed.next(PATIENCE_S)
            if update.items[0].bid is not None and update.items[0].ask is not None and update.items[0].state == "VALID":
                return update.items[0]


@pytest.fixture(scope="session")
def account(client: Client, quote: models.Quote) -> str:
    """A paper account of the trader."""
    assert quote.bid is not None
    opened = client.accounts.post_account(
        models.NewAccount(name="Client tests", venue="coinbase", base_currency="USD", deposit="100000")
    )
    return opened.id


def order_when(client: Client, account: str, name: str, holds: Callable[[models.Order], bool]) -> models.Order:
    """The order as soon as it is so; the hub tells."""
    with client.stream() as hub:
        feed = hub.orders(account)
        while True:
            feed.next(PATIENCE_S)
            for order in feed.rows:
                if order.client_order_id == name and holds(order):
                    return order
