"""The hub's client against a hub whose every word is scripted."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any, TypeVar

import pytest

from tests.unit.hub_rig import PATIENCE_S, TS, Peer, Rig, rig
from tests.unit.test_merge import book, position, trade
from tradewind_client import (
    ApiError,
    Feed,
    Hub,
    HubClosed,
    NotReached,
    SubscriptionRefused,
    Topic,
    Unauthenticated,
    Unavailable,
)
from tradewind_client.enums import Channel

pytestmark = pytest.mark.anyio
T = TypeVar("T")
QUOTES = "quotes:X.Y"
TRADES = "trades:X.Y"


@pytest.fixture
async def hubs() -> AsyncIterator[Rig]:
    async with rig() as made:
        yield made


def quote(bid: int) -> dict[str, Any]:
    return {"instrument": "X.Y", "bid": str(bid), "state": "VALID", "simulated": True, "late": False}


def refusal(kind: type[ApiError], status: int, code: str) -> ApiError:
    return kind(status=status, code=code, title=code, detail="no")


async def opened(hub: Hub, peer: Peer, topic: Topic) -> tuple[Feed[Any], dict[str, Any]]:
    """A confirmed subscription and how it was asked for."""
    asking = asyncio.create_task(hub.subscribe(topic))
    asked = await peer.confirm(topic.name)
    return await asking, asked


def quotes() -> Topic:
    return Topic(channel=Channel.QUOTES, instrument="X.Y")


def trades() -> Topic:
    return Topic(channel=Channel.TRADES, instrument="X.Y")


async def test_a_snapshot_then_changes_arrive_in_order(hubs: Rig) -> None:
    async with hubs.connected() as (hub, peer):
        feed, asked = await opened(hub, peer, quotes())
        assert asked == {"op": "subscribe", "channel": "quotes", "instrument": "X.Y", "id": asked["id"]}
        before = feed.live
        await peer.snapshot(QUOTES, 7, quote(1))
        await peer.delta(QUOTES, 8, quote(2))
        first, second = await feed.next(PATIENCE_S), await feed.next(PATIENCE_S)
        assert (first.snapshot, first.seq, first.epoch) == (True, 7, "e1")
        assert (second.snapshot, second.seq, second.items[0].bid) == (False, 8, Decimal(2))
        assert (before, feed.live) == (False, True)
        assert feed.latest is not None
        assert feed.latest.bid == Decimal(2)
        assert hub.connected
        assert hub.welcome is not None
        assert hub.welcome.user == "asha"


async def test_the_book_of_each_update_is_whole(hubs: Rig) -> None:
    async with hubs.connected() as (hub, peer):
        feed, _ = await opened(hub, peer, Topic(channel=Channel.BOOK, instrument="X.Y"))
        await peer.snapshot("book:X.Y", 0, book([["10", "1"]], [["11", "1"]]))
        await peer.delta("book:X.Y", 1, {"bids": [["10", "0"], ["9", "3"]], "asks": [], "ts": TS})
        await feed.next(PATIENCE_S)
        now = (await feed.next(PATIENCE_S)).items[0]
        assert [(str(p), str(s)) for p, s in now.bids] == [("9", "3")]
        assert now == feed.latest


async def test_a_lost_connection_is_made_again_and_goes_on_from_where_it_was(hubs: Rig) -> None:
    async with hubs.connected() as (hub, peer):
        feed, _ = await opened(hub, peer, quotes())
        await peer.snapshot(QUOTES, 7, quote(1))
        await peer.delta(QUOTES, 8, quote(2))
        await feed.next(PATIENCE_S)
        await feed.next(PATIENCE_S)
        await peer.cut()
        peer = await hubs.peer()
        assert await peer.welcome() == "tkt-2", "a ticket is good once"
        asked = await peer.confirm(QUOTES)
        assert asked["since"] == {"epoch": "e1", "seq": 8}
        await peer.delta(QUOTES, 9, quote(3))
        update = await feed.next(PATIENCE_S)
        assert (update.snapshot, update.seq, update.items[0].bid) == (False, 9, Decimal(3))
        assert (hub.reconnects, hub.gaps) == (1, 0)


async def test_a_history_that_does_not_reach_back_gives_a_snapshot_under_a_new_epoch(hubs: Rig) -> None:
    async with hubs.connected() as (hub, peer):
        feed, _ = await opened(hub, peer, quotes())
        await peer.snapshot(QUOTES, 7, quote(1))
        await feed.next(PATIENCE_S)
        await peer.socket.close(1001, "shutting down")
        peer = await hubs.peer()
        await peer.welcome()
        await peer.confirm(QUOTES)
        await peer.snapshot(QUOTES, 0, quote(5), epoch="e2")
        await peer.delta(QUOTES, 1, quote(6))
        first, second = await feed.next(PATIENCE_S), await feed.next(PATIENCE_S)
        assert (first.snapshot, first.epoch, first.seq) == (True, "e2", 0)
        assert second.seq == 1


async def test_a_gap_is_mended_by_what_is_missing_and_then_by_a_snapshot(hubs: Rig) -> None:
    async with hubs.connected() as (hub, peer):
        feed, _ = await opened(hub, peer, quotes())
        await peer.snapshot(QUOTES, 7, quote(1))
        await peer.delta(QUOTES, 9, quote(3))
        asked = await peer.hear(op="subscribe")
        assert asked["since"] == {"epoch": "e1", "seq": 7}
        # What the old subscription still says is not the new one's.
        await peer.delta(QUOTES, 8, quote(100))
        await peer.say(op="subscribed", id=asked["id"], topic=QUOTES)
        await peer.delta(QUOTES, 10, quote(4))
        asked = await peer.confirm(QUOTES)
        assert "since" not in asked
        await peer.snapshot(QUOTES, 10, quote(4))
        updates = [await feed.next(PATIENCE_S), await feed.next(PATIENCE_S)]
        assert [(update.seq, update.items[0].bid) for update in updates] == [(7, Decimal(1)), (10, Decimal(4))]
        assert hub.gaps == 2


async def test_what_came_already_is_passed_over(hubs: Rig) -> None:
    async with hubs.connected() as (hub, peer):
        feed, _ = await opened(hub, peer, quotes())
        await peer.snapshot(QUOTES, 7, quote(1))
        await peer.delta(QUOTES, 7, quote(100))
        await peer.delta(QUOTES, 8, quote(2))
        assert [(await feed.next(PATIENCE_S)).seq for _ in range(2)] == [7, 8]
        assert hub.gaps == 0


async def test_a_slow_reader_of_quotes_gets_the_latest(hubs: Rig) -> None:
    async with hubs.connected(queue_updates=4) as (hub, peer):
        feed, _ = await opened(hub, peer, quotes())
        other, _ = await opened(hub, peer, trades())
        await peer.snapshot(QUOTES, 0, quote(0))
        for n in range(1, 11):
            await peer.delta(QUOTES, n, quote(n))
        await peer.snapshot(TRADES, 0, [])
        await other.next(PATIENCE_S)
        assert feed.waiting <= 4
        seen = [await feed.next(PATIENCE_S) for _ in range(feed.waiting)]
        assert sum(update.merged for update in seen) == 11
        assert seen[0].snapshot
        assert (seen[-1].seq, seen[-1].items[0].bid) == (10, Decimal(10))


async def test_a_slow_reader_of_trades_loses_none_of_them(hubs: Rig) -> None:
    async with hubs.connected(queue_updates=4) as (hub, peer):
        feed, _ = await opened(hub, peer, trades())
        await peer.snapshot(TRADES, 0, [])
        for n in range(1, 10):
            await peer.delta(TRADES, n, [trade(n)])
        assert (await peer.hear())["op"] == "unsubscribe", "the topic is paused"
        assert not feed.live
        seen = [await feed.next(PATIENCE_S) for _ in range(3)]
        asked = await peer.confirm(TRADES)
        assert asked["since"] == {"epoch": "e1", "seq": 3}
        for n in range(4, 6):
            await peer.delta(TRADES, n, [trade(n)])
        seen += [await feed.next(PATIENCE_S) for _ in range(3)]
        assert [update.seq for update in seen] == [0, 1, 2, 3, 4, 5]
        assert [int(item.price) for update in seen for item in update.items] == [1, 2, 3, 4, 5]


async def test_a_refused_topic_is_an_exception_and_the_hub_goes_on(hubs: Rig) -> None:
    async with hubs.connected() as (hub, peer):
        asking = asyncio.create_task(hub.orders("nobodys"))
        asked = await peer.hear(op="subscribe")
        await peer.say(op="error", code="UNKNOWN_ACCOUNT", detail="there is no account nobodys", id=asked["id"])
        with pytest.raises(SubscriptionRefused) as caught:
            await asking
        assert (caught.value.code, caught.value.topic) == ("UNKNOWN_ACCOUNT", "orders:nobodys")
        feed, _ = await opened(hub, peer, quotes())
        await peer.snapshot(QUOTES, 1, quote(1))
        await feed.next(PATIENCE_S)


async def test_a_right_that_is_taken_away_ends_its_topic_alone(hubs: Rig) -> None:
    async with hubs.connected() as (hub, peer):
        feed, _ = await opened(hub, peer, Topic(channel=Channel.POSITIONS, account="a"))
        await peer.snapshot("positions:a", 0, [position("A.X", "1")])
        await peer.say(op="error", code="SUBSCRIPTION_REVOKED", detail="taken away", id="positions:a")
        assert (await feed.next(PATIENCE_S)).snapshot, "what came before is still told"
        with pytest.raises(SubscriptionRefused, match="SUBSCRIPTION_REVOKED"):
            await feed.next(PATIENCE_S)
        assert hub.connected


async def test_rights_that_cannot_be_checked_now_are_asked_for_again(hubs: Rig) -> None:
    async with hubs.connected(heartbeat_s=0.05) as (hub, peer):
        feed, _ = await opened(hub, peer, Topic(channel=Channel.POSITIONS, account="a"))
        await peer.snapshot("positions:a", 0, [])
        await feed.next(PATIENCE_S)
        await peer.cut()
        peer = await hubs.peer()
        await peer.welcome()
        asked = await peer.hear(op="subscribe")
        await peer.say(op="error", code="UNAVAILABLE", detail="not now", id=asked["id"])
        again = await peer.confirm("positions:a")
        assert again["since"] == asked["since"]
        await peer.delta("positions:a", 1, position("A.X", "1"))
        assert (await feed.next(PATIENCE_S)).seq == 1


async def test_a_key_that_no_longer_holds_ends_the_hub_and_its_feeds(hubs: Rig) -> None:
    async with hubs.connected() as (hub, peer):
        feed, _ = await opened(hub, peer, quotes())
        hubs.tickets.failures.append(refusal(Unauthenticated, 401, "CREDENTIALS_REFUSED"))
        await peer.socket.close(4403, "credentials revoked")
        with pytest.raises(HubClosed, match="CREDENTIALS_REFUSED"):
            await feed.next(PATIENCE_S)
        with pytest.raises(HubClosed):
            await hub.trades("X.Y")


async def test_entering_without_a_good_key_fails_at_once(hubs: Rig) -> None:
    hubs.tickets.failures.append(refusal(Unauthenticated, 401, "CREDENTIALS_REFUSED"))
    with pytest.raises(HubClosed, match="CREDENTIALS_REFUSED"):
        async with hubs.hub():
            pytest.fail("it was entered")


async def test_a_server_that_cannot_be_reached_is_tried_a_few_times(hubs: Rig) -> None:
    hubs.tickets.failures += [NotReached("no"), refusal(Unavailable, 503, "STORE_BUSY"), NotReached("no")]
    with pytest.raises(HubClosed, match="given up after 3 attempts"):
        async with hubs.hub(attempts_first=3):
            pytest.fail("it was entered")
    assert hubs.tickets.given == 0


async def test_a_ticket_that_came_too_late_is_followed_by_another(hubs: Rig) -> None:
    entering = asyncio.create_task(hubs.hub().__aenter__())
    peer = await hubs.peer()
    await peer.hear(op="auth")
    await peer.socket.close(4401, "the ticket is unknown, used or over")
    peer = await hubs.peer()
    assert await peer.welcome() == "tkt-2"
    hub = await entering
    assert hub.connected
    await hub.aclose()


async def test_a_silent_hub_is_left(hubs: Rig) -> None:
    async with hubs.connected(heartbeat_s=0.05) as (hub, peer):
        assert (await peer.hear())["op"] == "ping"
        # Some heartbeats without a word.
        peer = await hubs.peer()
        await peer.welcome()
        assert hub.reconnects >= 1
        with pytest.raises(HubClosed, match="entered once"):
            await hub.__aenter__()


async def test_a_heartbeat_tells_how_the_clocks_differ(hubs: Rig) -> None:
    async with hubs.connected() as (hub, peer):
        feed, _ = await opened(hub, peer, quotes())
        await peer.say(op="heartbeat", server_time="2000-01-01T00:00:00Z")
        await peer.snapshot(QUOTES, 1, quote(1))
        await feed.next(PATIENCE_S)
        assert hub.clock_offset_s < -20 * 365 * 86_400


async def test_words_that_are_not_understood_are_passed_over(hubs: Rig, caplog: pytest.LogCaptureFixture) -> None:
    async with hubs.connected() as (hub, peer):
        feed, _ = await opened(hub, peer, quotes())
        await peer.socket.send("{")
        await peer.say(op="dance")
        await peer.say(op="delta", topic=QUOTES)
        await peer.say(op="error", code="NOT_SUBSCRIBED", detail="x", id=None)
        await peer.snapshot(QUOTES, 1, quote(1))
        assert (await feed.next(PATIENCE_S)).seq == 1
    assert "not understood" in caplog.text


async def test_a_topic_whose_data_does_not_fit_ends_and_says_so(hubs: Rig) -> None:
    async with hubs.connected() as (hub, peer):
        feed, _ = await opened(hub, peer, quotes())
        await peer.snapshot(QUOTES, 1, {**quote(1), "bid": 1.5})
        with pytest.raises(SubscriptionRefused, match=r"NOT_UNDERSTOOD: bid: "):
            await feed.next(PATIENCE_S)


async def test_a_closed_feed_ends_and_its_topic_can_be_read_again(hubs: Rig) -> None:
    async with hubs.connected() as (hub, peer):
        feed, _ = await opened(hub, peer, quotes())
        with pytest.raises(ValueError, match="subscribed already"):
            await hub.quotes("X.Y")
        await peer.snapshot(QUOTES, 1, quote(1))
        await feed.next(PATIENCE_S)
        await feed.close()
        assert (await peer.hear())["op"] == "unsubscribe"
        assert [update async for update in feed] == []
        again, asked = await opened(hub, peer, quotes())
        assert "since" not in asked
        await again.close()


async def test_leaving_the_hub_ends_its_feeds(hubs: Rig) -> None:
    async with hubs.connected() as (hub, peer):
        feed, _ = await opened(hub, peer, quotes())
        reading = asyncio.create_task(feed.next(PATIENCE_S))
        await asyncio.sleep(0)
    with pytest.raises(EOFError):
        await reading
    with pytest.raises(EOFError):
        await feed.next()
    with pytest.raises(HubClosed):
        await hub.quotes("X.Y")


async def test_a_reader_that_gives_up_waiting_loses_nothing(hubs: Rig) -> None:
    async with hubs.connected() as (hub, peer):
        feed, _ = await opened(hub, peer, quotes())
        with pytest.raises(asyncio.TimeoutError):
            await feed.next(0.001)
        await peer.snapshot(QUOTES, 1, quote(1))
        assert (await feed.next(PATIENCE_S)).seq == 1


async def test_neither_key_nor_ticket_is_logged(hubs: Rig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with hubs.connected() as (_, peer):
        await peer.cut()
        await (await hubs.peer()).welcome()
    # The scripted hub of this test logs what it hears; only what the client says of itself counts.
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("tradewind_client")]
    assert any("lost" in message for message in ours)
    assert not any("tkt-" in message for message in ours)
