"""Requests as values, and what leaves for them."""

from __future__ import annotations

import json

import pytest

from tests.unit.rig import KEY, URL, Script, ok
from tradewind_client import (
    AsyncClient,
    Client,
    NewBatch,
    NewBracket,
    NewOrder,
    OrderType,
    Side,
    Timestamp,
    models,
    operations,
)
from tradewind_client.enums import BatchMode, OrderList

ORDER = NewOrder(instrument="X.Y", side=Side.BUY, type=OrderType.MARKET, quantity=1)
NAMED = NewOrder(instrument="X.Y", side=Side.BUY, type=OrderType.MARKET, quantity=1, client_order_id="mine")


def test_a_part_of_a_path_leads_nowhere_else() -> None:
    assert operations.get_quote("A/B ?.C").path == "/api/v1/instruments/A%2FB%20%3F.C/quote"
    for bad in ("", ".", ".."):
        with pytest.raises(ValueError, match="has to be an id"):
            operations.get_quote(bad)


def test_the_path_arrives_escaped_once_and_the_prefix_of_a_proxy_is_kept() -> None:
    script = Script(ok({}))
    with Client(URL + "/desk/", KEY, transport=script.client()._http._transport) as client, pytest.raises(Exception):  # noqa: B017, PT011
        client.market.get_quote("A/B.C")
    assert script.requests[0].url.raw_path == b"/desk/api/v1/instruments/A%2FB.C/quote"


def test_parameters_are_written_as_the_api_reads_them() -> None:
    request = operations.list_orders("a", state=OrderList.OPEN, limit=5)
    assert request.query == (("state", "open"), ("limit", "5"))
    bars = operations.get_bars("X.Y", before=Timestamp(0), overlays=["EMA_3", "VWAP"])
    assert bars.query == (("before", "1970-01-01T00:00:00Z"), ("overlays", "EMA_3,VWAP"))
    with pytest.raises(ValueError, match="comma"):
        operations.list_quotes(instruments=["A,B"])
    assert operations.list_calendar_sessions("XNSE", without_overrides=True).query == (("without_overrides", "true"),)


def test_an_order_always_carries_a_key_under_which_it_counts_once() -> None:
    first, second = operations.post_order("a", ORDER), operations.post_order("a", ORDER)
    assert first.repeatable
    assert dict(first.headers)["Idempotency-Key"] != dict(second.headers)["Idempotency-Key"]
    assert operations.post_order("a", ORDER, idempotency_key="k").headers == (("Idempotency-Key", "k"),)


def test_only_what_counts_once_is_repeatable() -> None:
    # Each carries a key, given or made.
    assert operations.post_batch("a", NewBatch(mode=BatchMode.INDEPENDENT, orders=[ORDER, ORDER])).repeatable
    assert operations.post_bracket("a", NewBracket(entry=ORDER)).repeatable
    assert operations.flatten("a").repeatable
    assert not operations.cancel_order("a", "mine").repeatable
    assert operations.list_accounts().repeatable
    assert not operations.readyz().repeatable


def test_a_version_is_sent_in_quotes() -> None:
    body = models.DrawingChange(kind="TEXT", points=[], style=models.DrawingStyle())  # type: ignore[arg-type]
    for given in (7, "7", '"7"'):
        assert operations.put_drawing("d", body, if_match=given).headers == (("If-Match", '"7"'),)


def test_a_body_may_be_left_out_where_nothing_has_to_be_said() -> None:
    body = operations.flatten("a").body
    assert body is not None
    assert json.loads(body.content) == {}


def test_a_file_is_sent_as_what_it_is() -> None:
    csv = operations.post_corporate_action("instrument,ex_date\n").body
    assert csv is not None
    assert (csv.media_type, csv.content) == ("text/csv", b"instrument,ex_date\n")
    binary = operations.put_backtest_file("f", b"\x00\x01").body
    assert binary is not None
    assert binary.media_type == "application/octet-stream"


def test_a_request_carries_the_key_an_id_and_what_it_accepts() -> None:
    script = Script(ok({"items": [], "next_cursor": None}))
    with script.client() as client:
        client.accounts.list_accounts()
    headers = script.requests[0].headers
    assert headers["authorization"] == f"Bearer {KEY}"
    assert headers["accept"] == "application/json"
    assert headers["user-agent"].startswith("tradewind-client-python/")
    assert len(headers["x-request-id"]) == 32


def test_columns_are_asked_for_by_their_type() -> None:
    request = operations.get_bars_arrow("X.Y")
    assert request.accept == "application/vnd.apache.arrow.stream"
    assert request.answer(b"abc") == b"abc"


@pytest.mark.parametrize("make", [Client, AsyncClient])
def test_an_address_that_cannot_work_or_gives_the_key_away_is_refused(make: type[Client] | type[AsyncClient]) -> None:
    for url in ("127.0.0.1:8787", "ftp://x", "http://user:secret@127.0.0.1", "https://x/?key=1"):
        with pytest.raises(ValueError, match=r"address|neither"):
            make(url, KEY)
    with pytest.raises(ValueError, match="in the clear"):
        make("http://desk.example.org", KEY)
    with pytest.raises(ValueError, match="API key"):
        make(URL, "twk\nno")
    make("http://desk.example.org", KEY, insecure_http=True)
    make("https://desk.example.org", KEY)
    make("http://[::1]:8787", KEY)
    make("http://desk.example.org")
