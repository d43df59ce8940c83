"""Between JSON and models."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from tradewind_client import DecodeError, Level, NewOrder, OrderType, Page, Side, Timestamp, models
from tradewind_client.codec import decode
from tradewind_client.enums import CashKind, DataState

QUOTE: dict[str, Any] = {
    "instrument": "BTC-USD.COINBASE",
    "bid": "64250.1",
    "ask": None,
    "state": "VALID",
    "simulated": True,
    "late": False,
    "ts": "2026-11-22T09:15:00.000000001Z",
}


def test_a_model_is_read_exactly() -> None:
    quote = models.Quote.from_json({**QUOTE, "of_a_newer_server": [1, 2]})
    assert (quote.bid, quote.ask, quote.mid) == (Decimal("64250.1"), None, None)
    assert quote.state is DataState.VALID
    assert quote.ts == Timestamp(1_795_338_900_000_000_001)
    with pytest.raises(AttributeError):
        quote.bid = Decimal(1)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bid": 64250.1}, "bid: a decimal as text is expected, not a number"),
        ({"bid": "much"}, "bid: a text that is no decimal"),
        ({"bid": "NaN"}, "bid: a decimal that is not finite"),
        ({"late": 1}, "late: a flag is expected, not a whole number"),
        ({"age_ms": True}, "age_ms: a whole number is expected, not a flag"),
        ({"age_ms": 1.5}, "age_ms: a whole number is expected, not a number"),
        ({"ts": "yesterday"}, "ts: 'yesterday' is no RFC 3339 time such as 2026-11-22T09:15:00Z"),
        ({"state": None}, "state: a word is expected, not null"),
    ],
)
def test_what_does_not_fit_is_named_by_its_place(change: dict[str, Any], message: str) -> None:
    with pytest.raises(DecodeError) as caught:
        models.Quote.from_json({**QUOTE, **change})
    assert str(caught.value) == message


def test_places_lead_through_lists_and_objects() -> None:
    page = {"items": [QUOTE, {**QUOTE, "bid": 1}], "next_cursor": None}
    with pytest.raises(DecodeError, match=r"^items\[1\]\.bid: "):
        decode(Page[models.Quote], page)
    book = {"instrument": "X", "bids": [["1", "2"], ["3"]], "asks": [], "state": "VALID", "simulated": True}
    with pytest.raises(DecodeError, match=r"^bids\[1\]: a pair of price and size"):
        models.Book.from_json(book)
    with pytest.raises(DecodeError, match="`instrument` is missing"):
        models.Quote.from_json({name: value for name, value in QUOTE.items() if name != "instrument"})
    with pytest.raises(DecodeError, match="an object is expected, not a list"):
        models.Quote.from_json([])


def test_a_page_knows_what_it_holds() -> None:
    page = decode(Page[models.Quote], {"items": [QUOTE], "next_cursor": "abc"})
    assert isinstance(page.items[0], models.Quote)
    assert page.next_cursor == "abc"


def test_levels_are_pairs() -> None:
    delta = models.BookDelta.from_json({"bids": [["1.50", "0"]], "asks": [], "ts": QUOTE["ts"]})
    assert delta.bids == (Level(Decimal("1.50"), Decimal(0)),)
    assert delta.bids[0].price == Decimal("1.5")


def test_a_request_is_written_without_what_is_absent() -> None:
    order = NewOrder(
        instrument="BTC-USD.COINBASE",
        side=Side.BUY,
        type=OrderType.LIMIT,
        quantity=Decimal("0.010"),
        price="64250.10",
        good_till=dt.datetime(2026, 11, 22, tzinfo=dt.timezone.utc),
    )
    assert order.to_json() == {
        "instrument": "BTC-USD.COINBASE",
        "side": "BUY",
        "type": "LIMIT",
        "quantity": "0.01",
        "price": "64250.1",
        "good_till": "2026-11-22T00:00:00Z",
    }


def test_a_float_for_money_is_refused_before_anything_is_sent() -> None:
    order = NewOrder(instrument="X.Y", side=Side.BUY, type=OrderType.MARKET, quantity=0.01)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"NewOrder\.quantity: a decimal is needed, not float"):
        order.to_json()


def test_a_word_that_does_not_exist_is_refused_before_anything_is_sent() -> None:
    order = NewOrder(instrument="X.Y", side="BUUY", type=OrderType.MARKET, quantity=1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="BUUY"):
        order.to_json()


def test_variants_are_told_apart_by_their_tag_both_ways() -> None:
    task = models.BookingTaskCash(kind=CashKind.DIVIDEND, amount="12.50", currency="USD")
    booking = models.NewBooking(booking=task, reason="dividend")
    written = booking.to_json()
    assert written == {
        "booking": {"task": "CASH", "kind": "DIVIDEND", "amount": "12.5", "currency": "USD"},
        "reason": "dividend",
    }
    again = models.NewBooking.from_json({**written, "booking": {"task": "REVERSE", "entry": "e1"}})
    assert again.booking == models.BookingTaskReverse(entry="e1")
    with pytest.raises(DecodeError, match="booking: an object of no known kind"):
        models.NewBooking.from_json({**written, "booking": {"task": "DANCE"}})


def test_variants_without_a_tag_are_told_apart_by_what_they_must_have() -> None:
    series = {
        "instrument": "X.Y",
        "interval": "1m",
        "indicator": "RSI_14",
        "outputs": ["rsi"],
        "times": [],
        "values": [[]],
        "forming": False,
        "state": "VALID",
        "simulated": True,
    }
    results = models.IndicatorResults.from_json({"results": [series]})
    assert isinstance(results.results[0], models.IndicatorSeries)


def test_names_that_python_does_not_take_are_written_as_the_api_has_them() -> None:
    gap = models.CatalogueGap.from_json({"from": QUOTE["ts"], "to": QUOTE["ts"], "bars": 3})
    assert str(gap.from_) == QUOTE["ts"]
    assert gap.to_json()["from"] == QUOTE["ts"]
