"""Lists that come in pages."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.unit.rig import Script, ok
from tradewind_client import Timestamp, UnexpectedAnswer
from tradewind_client.bars import iter_bars, iter_bars_async

pytestmark = pytest.mark.anyio


def user(n: int) -> dict[str, Any]:
    return {
        "id": f"u{n}",
        "username": f"name{n}",
        "display_name": "N",
        "role": "TRADER",
        "disabled": False,
        "second_factor": False,
        "created_at": "2026-11-22T09:15:00Z",
    }


def paged(request: httpx.Request) -> httpx.Response:
    """Three pages of two."""
    at = int(request.url.params.get("cursor", "0"))
    return ok({"items": [user(at), user(at + 1)], "next_cursor": None if at >= 4 else str(at + 2)})


def test_entries_come_from_all_pages_in_order() -> None:
    script = Script(paged)
    with script.client() as client:
        ids = [one.id for one in client.identity.iter_users(limit=2)]
    assert ids == ["u0", "u1", "u2", "u3", "u4", "u5"]
    assert [dict(request.url.params) for request in script.requests] == [
        {"limit": "2"},
        {"limit": "2", "cursor": "2"},
        {"limit": "2", "cursor": "4"},
    ]


async def test_the_same_is_awaited() -> None:
    script = Script(paged)
    async with script.async_client() as client:
        ids = [one.id async for one in client.identity.iter_users(limit=2)]
    assert ids == ["u0", "u1", "u2", "u3", "u4", "u5"]


def test_a_page_is_asked_for_when_it_is_needed() -> None:
    script = Script(paged)
    with script.client() as client:
        entries = client.identity.iter_users()
        assert len(script.requests) == 0
        assert [next(entries).id, next(entries).id] == ["u0", "u1"]
        assert len(script.requests) == 1
        next(entries)
        assert len(script.requests) == 2


def test_a_page_that_leads_to_itself_ends_in_an_error() -> None:
    script = Script(ok({"items": [], "next_cursor": "x"}))
    with script.client() as client, pytest.raises(UnexpectedAnswer):
        list(client.identity.iter_users())
    assert len(script.requests) == 2


def bar(minute: int) -> dict[str, Any]:
    return {
        "ts": str(Timestamp(minute * 60_000_000_000)),
        "open": "1",
        "high": "2",
        "low": "1",
        "close": str(minute),
        "trades": 1,
        "source": "TRADES",
        "complete": True,
        "revision": 0,
        "closed": True,
    }


def stored(request: httpx.Request) -> httpx.Response:
    """Bars of the minutes 0 to 99."""
    limit = int(request.url.params["limit"])
    before = request.url.params.get("before")
    end = 100 if before is None else Timestamp.parse(before).ns // 60_000_000_000
    first = max(0, end - limit)
    return ok(
        {
            "instrument": "X.Y",
            "interval": "1m",
            "state": "VALID",
            "simulated": True,
            "bars": [bar(minute) for minute in range(first, end)],
            "overlays": {},
            "next_before": str(Timestamp(first * 60_000_000_000)) if first else None,
        }
    )


async def test_bars_are_walked_back_to_where_they_are_wanted_and_no_further() -> None:
    script = Script(stored)
    start, end = Timestamp(55 * 60_000_000_000), Timestamp(80 * 60_000_000_000)
    with script.client() as client:
        minutes = [int(one.close) for one in iter_bars(client, "X.Y", start=start, end=end, page=10)]
        assert minutes == list(range(79, 54, -1))
        assert len(script.requests) == 3
        assert len(list(iter_bars(client, "X.Y", page=30))) == 100
    async with script.async_client() as client:
        awaited = [int(one.close) async for one in iter_bars_async(client, "X.Y", start=start, end=end, page=10)]
    assert awaited == minutes
