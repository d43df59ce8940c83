"""What is sent again, and when: the same for both clients."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.unit.rig import Script, ok, problem
from tradewind_client import (
    NewOrder,
    OrderType,
    RateLimited,
    Request,
    Side,
    TimedOut,
    TradewindError,
    Unavailable,
    models,
    operations,
)

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("waits", [True, False], ids=["sync", "async"])]

EMPTY: dict[str, Any] = {"items": [], "next_cursor": None}
READ = operations.list_accounts()
CANCEL = operations.cancel_order("a", "mine")
TRANSFER = operations.post_transfer("a", models.NewTransfer(amount=5, currency="USD", reason="test"))
ORDER = operations.post_order("a", NewOrder(instrument="X.Y", side=Side.BUY, type=OrderType.MARKET, quantity=1))
LOST = httpx.ReadTimeout("too long")
REFUSED = httpx.ConnectError("nobody there")


async def test_a_read_is_repeated_until_it_is_answered(waits: bool) -> None:
    script = Script(problem(503, "ENGINE_BUSY"), LOST, httpx.RemoteProtocolError("gone"), ok(EMPTY))
    assert (await script.send(READ, waits=waits)).items == ()
    # Half of 0.25, 0.5 and 1 s: chance is 0 here.
    assert script.waits == [0.125, 0.25, 0.5]
    ids = {request.headers["x-request-id"] for request in script.requests}
    assert len(ids) == 1, "one call is one id in the server's log"


async def test_attempts_are_bounded_and_the_last_failure_is_told(waits: bool) -> None:
    script = Script(problem(503, "ENGINE_BUSY"))
    with pytest.raises(Unavailable, match="ENGINE_BUSY"):
        await script.send(READ, waits=waits, attempts=3)
    assert len(script.requests) == 3
    script = Script(LOST)
    with pytest.raises(TimedOut) as caught:
        await script.send(READ, waits=waits, attempts=2)
    assert len(script.requests) == 2
    assert caught.value.correlation_id == script.requests[0].headers["x-request-id"]
    assert not caught.value.not_sent


@pytest.mark.parametrize("request_", [CANCEL, operations.reconnect("c")], ids=["cancel", "reconnect"])
@pytest.mark.parametrize("code", ["TIMEOUT", "INTERNAL", None])
async def test_what_may_have_been_done_is_never_repeated(waits: bool, request_: Request[Any], code: str | None) -> None:
    script = Script(LOST if code is None else problem(503, code), ok({}))
    with pytest.raises(TradewindError, match=code or "no answer"):
        await script.send(request_, waits=waits)
    assert (len(script.requests), script.waits) == (1, [])


@pytest.mark.parametrize(
    "request_",
    [ORDER, TRANSFER, operations.flatten("a"), operations.cancel_all("a")],
    ids=["order", "transfer", "flatten", "cancel_all"],
)
async def test_what_counts_once_is_repeated_under_the_same_key(waits: bool, request_: Request[Any]) -> None:
    script = Script(LOST, problem(409, "IDEMPOTENCY_IN_FLIGHT", retry_after="1"), problem(422, "VALIDATION"))
    with pytest.raises(Exception, match="VALIDATION"):
        await script.send(request_, waits=waits)
    keys = {request.headers["idempotency-key"] for request in script.requests}
    assert (len(script.requests), len(keys)) == (3, 1)
    assert len({request.content for request in script.requests}) == 1
    assert script.waits[1] >= 1.0


@pytest.mark.parametrize("request_", [READ, CANCEL], ids=["read", "cancel"])
async def test_nothing_was_sent_or_done_so_anything_may_be_repeated(waits: bool, request_: Request[Any]) -> None:
    script = Script(REFUSED, problem(429, "RATE_LIMITED", retry_after="2"), problem(404, "NOT_FOUND"))
    with pytest.raises(Exception, match="NOT_FOUND"):
        await script.send(request_, waits=waits)
    assert len(script.requests) == 3
    assert 2.0 <= script.waits[1] < 3.0, "Retry-After is the least that is waited"


async def test_a_long_retry_after_is_told_and_not_waited_for(waits: bool) -> None:
    script = Script(problem(429, "RATE_LIMITED", retry_after="900"))
    with pytest.raises(RateLimited) as caught:
        await script.send(READ, waits=waits)
    assert caught.value.retry_after_s == 900.0
    assert (len(script.requests), script.waits) == (1, [])


@pytest.mark.parametrize(
    ("status", "code"), [(429, "LOCKED_OUT"), (401, "CREDENTIALS_REFUSED"), (409, "ORDER_NOT_OPEN")]
)
async def test_a_refusal_stays_one(waits: bool, status: int, code: str) -> None:
    script = Script(problem(status, code, retry_after="1"))
    with pytest.raises(Exception, match=code):
        await script.send(READ, waits=waits)
    assert len(script.requests) == 1


async def test_waits_are_spread_and_bounded(waits: bool) -> None:
    script = Script(LOST)
    with pytest.raises(TimedOut):
        await script.send(READ, waits=waits, attempts=9, chance=lambda: 0.999)
    assert all(before <= after for before, after in zip(script.waits, script.waits[1:], strict=False))
    assert 7.9 < max(script.waits) <= 8.0
