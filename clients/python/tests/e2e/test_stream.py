"""The hub of the real program, with connections that are cut and a program that starts anew."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from typing import Any

import pytest

from tests.e2e.conftest import INSTRUMENT, PATIENCE_S, World
from tests.e2e.proxy import proxy
from tests.e2e.server import running
from tradewind_client import (
    AsyncClient,
    Client,
    HubClosed,
    HubOptions,
    NewOrder,
    OrderType,
    Side,
    SubscriptionRefused,
    Update,
    is_open,
    models,
    new_order_id,
)

pytestmark = pytest.mark.anyio
QUICK = HubOptions(backoff_first_s=0.02, backoff_max_s=0.2)


async def test_quotes_books_bars_and_indicators_stream(waiting: AsyncClient, quote: models.Quote) -> None:
    async with waiting.stream() as hub:
        quotes = await hub.quotes(INSTRUMENT)
        book = await hub.book(INSTRUMENT)
        bars = await hub.bars(INSTRUMENT, "1m")
        rsi = await hub.indicators(INSTRUMENT, "1m", "RSI_14")
        trades = await hub.trades(INSTRUMENT)
        system = await hub.system()
        for feed in (quotes, book, bars, rsi, trades, system):
            before: Update[Any] = await feed.next(PATIENCE_S)
            assert before.snapshot, feed.name
            for _ in range(2):
                update = await feed.next(PATIENCE_S)
                # A book begins anew when its feed was interrupted.
                onward = (before.epoch, before.seq + 1)
                assert update.snapshot or (update.epoch, update.seq) == onward, feed.name
                before = update
            assert feed.live
        assert book.latest is not None
        assert book.latest.bids[0].price < book.latest.asks[0].price
        assert len(bars.rows) >= 10
        assert [bar.ts for bar in bars.rows] == sorted({bar.ts for bar in bars.rows})
        assert rsi.latest is not None
        assert len(rsi.latest.times) == len(rsi.latest.values[0])
        assert hub.gaps == 0
        assert abs(hub.clock_offset_s) < 5


async def test_a_book_that_is_merged_is_the_book(waiting: AsyncClient, quote: models.Quote) -> None:
    async with waiting.stream() as hub:
        merged = await hub.book(INSTRUMENT)
        update = await merged.next(PATIENCE_S)
        for _ in range(40):
            update = await merged.next(PATIENCE_S)
        # Another socket's snapshot and ours, at the same number of the same epoch.
        async with waiting.stream() as other_hub:
            fresh = await (await other_hub.book(INSTRUMENT)).next(PATIENCE_S)
        while update.epoch == fresh.epoch and update.seq < fresh.seq:
            update = await merged.next(PATIENCE_S)
        if (update.epoch, update.seq) == (fresh.epoch, fresh.seq):
            assert update.items[0].bids == fresh.items[0].bids
            assert update.items[0].asks == fresh.items[0].asks
        else:
            assert update.snapshot, "only a new epoch may have come between"


async def test_a_cut_connection_is_resumed_without_a_gap(world: World, quote: models.Quote) -> None:
    async with proxy(world.url) as way, AsyncClient(way.url, world.trader) as client:
        async with client.stream(QUICK) as hub:
            feed = await hub.quotes(INSTRUMENT)
            seen = [await feed.next(PATIENCE_S) for _ in range(3)]
            for _ in range(3):
                way.cut()
                before = hub.reconnects
                while hub.reconnects == before or not feed.live:
                    seen.append(await feed.next(PATIENCE_S))
                seen += [await feed.next(PATIENCE_S) for _ in range(3)]
            assert hub.reconnects >= 3
            assert hub.gaps == 0
            assert hub.connected
        assert [update.snapshot for update in seen] == [True] + [False] * (len(seen) - 1), (
            "it went on from where it was"
        )
        assert [update.seq for update in seen] == list(range(seen[0].seq, seen[0].seq + len(seen)))
        assert len({update.epoch for update in seen}) == 1
        assert way.connections >= 8


async def test_orders_placed_while_the_connection_is_down_are_told_afterwards(
    world: World, client: Client, account: str, quote: models.Quote
) -> None:
    assert quote.bid is not None
    price = (quote.bid * Decimal("0.97")).quantize(Decimal("0.01"))
    async with (
        proxy(world.url) as way,
        AsyncClient(way.url, world.trader) as cut,
        AsyncClient(world.url, world.trader) as direct,
    ):
        async with cut.stream(HubOptions(backoff_first_s=1.0)) as hub:
            feed = await hub.orders(account)
            first = await feed.next(PATIENCE_S)
            way.cut()
            name = new_order_id()
            order = NewOrder(
                instrument=INSTRUMENT,
                side=Side.BUY,
                type=OrderType.LIMIT,
                quantity="0.01",
                price=price,
                client_order_id=name,
            )
            await direct.orders.post_order(account, order)
            seen = [first]
            while name not in {row.client_order_id for row in seen[-1].items}:
                seen.append(await feed.next(PATIENCE_S))
            assert [update.snapshot for update in seen] == [True] + [False] * (len(seen) - 1)
            assert [update.seq for update in seen] == list(range(first.seq, first.seq + len(seen)))
            assert hub.reconnects == 1
            assert name in {row.client_order_id for row in feed.rows}
        await direct.orders.cancel_all(account)


async def test_a_reader_of_orders_who_does_not_read_loses_none(
    waiting: AsyncClient, account: str, quote: models.Quote
) -> None:
    assert quote.bid is not None
    price = (quote.bid * Decimal("0.97")).quantize(Decimal("0.01"))
    names = [new_order_id() for _ in range(4)]
    async with waiting.stream(HubOptions(queue_updates=2)) as hub, waiting.stream() as watching:
        feed = await hub.orders(account)
        watched = await watching.orders(account)
        for name in names:
            order = NewOrder(
                instrument=INSTRUMENT,
                side=Side.BUY,
                type=OrderType.LIMIT,
                quantity="0.01",
                price=price,
                client_order_id=name,
            )
            await waiting.orders.post_order(account, order)
        await waiting.orders.cancel_all(account)
        everything: dict[int, Any] = {}
        while sum(row.client_order_id in names and not is_open(row) for row in watched.rows) < len(names):
            update = await watched.next(PATIENCE_S)
            everything[update.seq] = update.items
        assert feed.waiting == 2
        seen = [await feed.next(PATIENCE_S)]
        while seen[-1].seq < max(everything):
            seen.append(await feed.next(PATIENCE_S))
        assert [update.snapshot for update in seen] == [True] + [False] * (len(seen) - 1)
        assert [update.seq for update in seen] == list(range(seen[0].seq, seen[0].seq + len(seen)))
        assert len(seen) > 2 * len(names)
        assert all(everything[update.seq] == update.items for update in seen[1:] if update.seq in everything)
        assert hub.gaps == 0


async def test_what_may_not_be_read_is_refused(waiting: AsyncClient, world: World) -> None:
    async with waiting.stream() as hub:
        with pytest.raises(SubscriptionRefused, match="UNKNOWN_ACCOUNT"):
            await hub.orders("paper-coinbase")
        with pytest.raises(SubscriptionRefused):
            await hub.quotes("NOT-THERE.COINBASE")
        await (await hub.system()).next(PATIENCE_S)
    async with AsyncClient(world.url, "twk_00000000_wrong") as stranger:
        with pytest.raises(HubClosed, match="CREDENTIALS_REFUSED"):
            async with stranger.stream():
                pytest.fail("it was entered")


def test_the_hub_for_programs_without_a_loop(client: Client, quote: models.Quote) -> None:
    with client.stream(QUICK) as hub:
        feed = hub.quotes(INSTRUMENT)
        numbers = [update.seq for _, update in zip(range(5), feed, strict=False)]
        assert numbers == list(range(numbers[0], numbers[0] + 5))
        assert feed.latest is not None
        hub.reconnect()
        assert feed.next(PATIENCE_S).seq == numbers[-1] + 1
        feed.close()
        with pytest.raises(EOFError):
            while True:
                feed.next(PATIENCE_S)
        with pytest.raises(SubscriptionRefused):
            hub.orders("paper-coinbase")
    with pytest.raises(HubClosed):
        hub.system()


async def test_a_program_that_starts_anew_is_found_again_and_a_revoked_key_ends_it() -> None:
    # Without venues: it starts sooner.
    with running("serve") as server:
        server.add_user("asha", "super_admin")
        key = server.add_key("asha", "read")
        server.start()
        async with AsyncClient(server.url, key) as client, client.stream(QUICK) as hub:
            feed = await hub.system()
            first = await feed.next(PATIENCE_S)
            await asyncio.get_running_loop().run_in_executor(None, server.restart)
            update = await feed.next(PATIENCE_S)
            while update.epoch == first.epoch:
                update = await feed.next(PATIENCE_S)
            assert update.snapshot, "another process numbers anew"
            (row,) = json.loads(server.command("key", "list", "--user", "asha", "--json"))
            server.command("key", "revoke", row["id"])
            with pytest.raises(HubClosed, match="CREDENTIALS_REFUSED"):
                while True:
                    await feed.next(PATIENCE_S)
