"""Orders on paper: placed, changed, canceled, refused, repeated, limited."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal

import pytest

from tests.e2e.conftest import INSTRUMENT, PATIENCE_S, World, order_when
from tradewind_client import (
    NO_RETRY,
    AsyncClient,
    Client,
    Conflict,
    NewOrder,
    OrderChange,
    OrderDenied,
    OrderState,
    OrderType,
    RateLimited,
    Side,
    ValidationFailed,
    ensure_accepted,
    is_open,
    models,
    new_order_id,
)
from tradewind_client.enums import OrderList

pytestmark = pytest.mark.anyio


def resting(quote: models.Quote, **more: object) -> NewOrder:
    """A bid far enough below the market to stay where it is."""
    assert quote.bid is not None
    price = (quote.bid * Decimal("0.97")).quantize(Decimal("0.01"))
    terms = {"client_order_id": new_order_id(), "quantity": Decimal("0.01"), "price": price, **more}
    return NewOrder(instrument=INSTRUMENT, side=Side.BUY, type=OrderType.LIMIT, **terms)  # type: ignore[arg-type]


def test_an_order_rests_is_changed_and_is_canceled(client: Client, account: str, quote: models.Quote) -> None:
    asked = resting(quote)
    order = ensure_accepted(client.orders.post_order(account, asked))
    assert order.client_order_id == asked.client_order_id
    assert (order.quantity, order.price) == (Decimal("0.01"), asked.price)
    name = order.client_order_id
    order = order_when(client, account, name, lambda o: o.state == OrderState.ACCEPTED)
    assert name in {one.client_order_id for one in client.orders.iter_orders(account, state=OrderList.OPEN)}
    changed = client.orders.modify_order(account, name, OrderChange(quantity="0.02", version=order.version))
    assert changed.state in (OrderState.PENDING_MODIFY, OrderState.ACCEPTED)
    order = order_when(client, account, name, lambda o: o.quantity == Decimal("0.02"))
    client.orders.cancel_order(account, name)
    order = order_when(client, account, name, lambda o: not is_open(o))
    assert order.state == OrderState.CANCELED
    with pytest.raises(Conflict) as caught:
        client.orders.cancel_order(account, name)
    assert caught.value.code == "ORDER_NOT_OPEN"


def test_the_same_order_again_is_the_first_one(client: Client, account: str, quote: models.Quote) -> None:
    asked = resting(quote)
    first = client.orders.post_order(account, asked)
    again = client.orders.post_order(account, asked)
    assert (again.client_order_id, again.created_at) == (first.client_order_id, first.created_at)
    with pytest.raises(ValidationFailed) as caught:
        client.orders.post_order(account, resting(quote, client_order_id=asked.client_order_id, quantity="0.03"))
    assert caught.value.code == "ORDER_ID_REUSED"
    unnamed = resting(quote, client_order_id=None)
    one, two = (client.orders.post_order(account, unnamed, idempotency_key="once-and-only") for _ in range(2))
    assert one.client_order_id == two.client_order_id
    assert set(client.orders.cancel_all(account).canceled) >= {first.client_order_id, one.client_order_id}


def test_an_order_that_the_risk_gate_denies_says_why(client: Client, account: str, quote: models.Quote) -> None:
    order = client.orders.post_order(account, resting(quote, quantity="500"))
    assert order.state == OrderState.DENIED
    assert not is_open(order)
    with pytest.raises(OrderDenied) as caught:
        ensure_accepted(order)
    assert caught.value.order is order
    assert order.denials[0].rule in str(caught.value)


def test_an_order_that_makes_no_sense_is_refused_by_field(client: Client, account: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        client.orders.post_order(
            account, NewOrder(instrument=INSTRUMENT, side=Side.BUY, type=OrderType.LIMIT, quantity="-1", price="1")
        )
    assert caught.value.field("quantity") is not None


async def test_a_market_order_fills_and_the_ledger_adds_up(waiting: AsyncClient, account: str) -> None:
    order = await waiting.orders.post_order(
        account,
        NewOrder(instrument=INSTRUMENT, side=Side.BUY, type=OrderType.MARKET, quantity="0.01"),
    )
    async with waiting.stream() as hub:
        feed = await hub.orders(account)
        while not any(o.client_order_id == order.client_order_id and o.state == OrderState.FILLED for o in feed.rows):
            await feed.next(PATIENCE_S)
        fills = await hub.fills(account)
        while sum(f.quantity for f in fills.rows if f.client_order_id == order.client_order_id) < Decimal("0.01"):
            await fills.next(PATIENCE_S)
        mine = [fill for fill in fills.rows if fill.client_order_id == order.client_order_id]
    assert sum(fill.quantity for fill in mine) == Decimal("0.01")
    assert all(fill.fee > 0 for fill in mine)
    assert (await waiting.orders.get_order(account, order.client_order_id)).average_price is not None
    assert {row.sum for row in (await waiting.accounts.get_account(account)).ledger_sum} == {Decimal(0)}
    entries = [entry async for entry in waiting.orders.iter_entries(account, limit=2)]
    assert len(entries) > 2
    assert len({entry.id for entry in entries}) == len(entries)


def test_what_happened_is_exported_as_text(client: Client, account: str) -> None:
    header, *rows = client.accounts.get_export(account, what="entries").splitlines()
    assert header.startswith("entry,account,ts,")
    assert rows
    assert len(json.loads(client.accounts.get_export(account, what="entries", format="json"))) >= len(rows)
    assert "tradewind_" in client.system.get_metrics()


def test_money_moves_once_under_one_key(client: Client, account: str) -> None:
    transfer = models.NewTransfer(amount="2500.50", currency="USD", reason="test of the client")
    first = client.accounts.post_transfer(account, transfer, idempotency_key="salary-of-november")
    again = client.accounts.post_transfer(account, transfer, idempotency_key="salary-of-november")
    assert first == again
    with pytest.raises(ValidationFailed) as caught:
        client.accounts.post_transfer(
            account,
            models.NewTransfer(amount="1", currency="USD", reason="test of the client"),
            idempotency_key="salary-of-november",
        )
    assert caught.value.code == "IDEMPOTENCY_KEY_REUSED"


def test_settings_are_changed_on_the_version_that_was_read(client: Client, account: str) -> None:
    risk = client.risk.get_risk(account)
    changed = client.risk.put_risk(account, risk.settings, if_match=risk.version)
    assert changed.version == risk.version + 1
    with pytest.raises(Exception, match="VERSION_CONFLICT"):
        client.risk.put_risk(account, risk.settings, if_match=risk.version)


async def test_too_many_orders_are_refused_and_with_patience_all_arrive(world: World) -> None:
    """Ten orders a second for a key, ten a minute for an account. Refused by field they cost as much as any other."""
    wrong = NewOrder(instrument=INSTRUMENT, side=Side.BUY, type=OrderType.LIMIT, quantity="-1", price="1")
    async with AsyncClient(world.url, world.trader, retry=NO_RETRY) as hasty:
        account = await new_account(hasty, "Hasty")
        many = [hasty.orders.post_order(account, wrong) for _ in range(60)]
        answers = await asyncio.gather(*many, return_exceptions=True)
    limited = [answer for answer in answers if isinstance(answer, RateLimited)]
    assert 0 < len(limited) < len(answers)
    assert {error.code for error in limited} == {"RATE_LIMITED"}
    assert all(1 <= (error.retry_after_s or 0) <= 60 for error in limited)
    assert all(isinstance(answer, RateLimited | ValidationFailed) for answer in answers)
    async with AsyncClient(world.url, world.trader) as patient:
        account = await new_account(patient, "Patient")
        for _ in range(3):
            with pytest.raises(ValidationFailed):
                await patient.orders.post_order(account, wrong)


async def new_account(client: AsyncClient, name: str) -> str:
    """An account that nobody has sent an order to."""
    account = models.NewAccount(name=name, venue="coinbase", base_currency="USD", deposit="1000")
    return (await client.accounts.post_account(account)).id
