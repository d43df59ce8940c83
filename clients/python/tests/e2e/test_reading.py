"""Reading, by both clients, from the real program."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

import generate
from tests.e2e.conftest import INSTRUMENT, World
from tradewind_client import (
    AsyncClient,
    Client,
    Forbidden,
    NotFound,
    Timestamp,
    Unauthenticated,
    ValidationFailed,
    models,
)
from tradewind_client.bars import bars_table, bars_table_async, iter_bars
from tradewind_client.enums import DataState

pytestmark = pytest.mark.anyio


def test_the_program_speaks_the_document_that_the_client_was_made_from(client: Client, tmp_path: Path) -> None:
    told = tmp_path / "openapi.json"
    told.write_text(json.dumps(client.system.get_openapi()))
    stale = [path.name for path in generate.differences(generate.render(told))]
    assert stale == [], "the program is of another build than this tree"


def test_the_market_is_read_exactly(client: Client, quote: models.Quote) -> None:
    assert quote.bid is not None
    assert quote.ask is not None
    assert Decimal(0) < quote.bid < quote.ask
    instrument = client.market.get_instrument(INSTRUMENT)
    assert quote.bid % instrument.tick == 0
    quotes = client.market.list_quotes(instruments=[INSTRUMENT, "ETH-USD.COINBASE"])
    assert {one.instrument for one in quotes.items} == {INSTRUMENT, "ETH-USD.COINBASE"}
    book = client.market.get_book(INSTRUMENT, depth=5)
    assert [level.price for level in book.bids] == sorted((level.price for level in book.bids), reverse=True)
    assert client.venues.list_venues().items[0].simulated
    assert client.identity.get_session().user.username == "bot"


async def test_the_same_is_awaited(waiting: AsyncClient, quote: models.Quote) -> None:
    now = await waiting.market.get_quote(INSTRUMENT)
    assert now.ts is not None
    assert quote.ts is not None
    assert now.ts >= quote.ts
    assert now.state in (DataState.VALID, DataState.STALE)
    assert (await waiting.system.get_status()).mode == "DEMO"


def test_lists_come_in_pages(client: Client, quote: models.Quote) -> None:
    whole = client.market.list_instruments().items
    assert len(whole) > 5
    first = client.market.list_instruments(limit=2)
    assert len(first.items) == 2
    assert first.next_cursor is not None
    assert [one.id for one in client.market.iter_instruments(limit=2)] == [one.id for one in whole]


async def test_pages_are_awaited(waiting: AsyncClient, quote: models.Quote) -> None:
    ids = [one.id async for one in waiting.market.iter_instruments(limit=3)]
    assert ids == [one.id for one in (await waiting.market.list_instruments()).items]


async def test_bars_come_as_objects_and_as_columns(client: Client, waiting: AsyncClient, quote: models.Quote) -> None:
    pytest.importorskip("pyarrow")
    newest = client.market.get_bars(INSTRUMENT, interval="1m", limit=3, overlays=["EMA_3"])
    assert len(newest.bars) == 3
    assert len(newest.overlays["EMA_3"]) == 3
    # Bars that nothing changes any more.
    end = client.market.get_bars(INSTRUMENT, interval="1m", limit=12).bars[0].ts
    bars = list(iter_bars(client, INSTRUMENT, interval="1m", end=end, page=100))
    assert len(bars) > 200, "the demo begins with some hours of history"
    assert all(later.ts > earlier.ts for later, earlier in zip(bars, bars[1:], strict=False))
    start = bars[-2].ts
    table = bars_table(client, INSTRUMENT, interval="1m", start=start, end=end, page=100)
    assert table.num_rows == len(bars) - 1
    assert table["close"].to_pylist() == [bar.close for bar in reversed(bars[:-1])]
    assert [Timestamp(ns) for ns in table["ts"].cast("int64").to_pylist()] == [bar.ts for bar in reversed(bars[:-1])]
    assert table.schema.metadata[b"instrument"] == INSTRUMENT.encode()
    assert b"next_before" not in table.schema.metadata
    again = await bars_table_async(waiting, INSTRUMENT, interval="1m", start=start, end=end)
    assert again.equals(table)


def test_a_key_that_is_wrong_is_refused_with_an_id_for_the_log(world: World) -> None:
    for key in ("twk_00000000_wrong", None):
        with Client(world.url, key) as stranger, pytest.raises(Unauthenticated) as caught:
            stranger.accounts.list_accounts()
        assert caught.value.status == 401
        assert caught.value.correlation_id is not None
        assert len(caught.value.correlation_id) == 32, "the id that the client gave"
    with Client(world.url) as stranger:
        assert stranger.system.healthz().status == "OK"
        assert len(stranger.system.list_errors().items) > 50


def test_what_a_key_may_not_do_is_told_apart_from_what_is_not_there(world: World, client: Client, account: str) -> None:
    with Client(world.url, world.reader) as reader:
        assert reader.accounts.get_account(account).id == account
        with pytest.raises(Forbidden, match="scope"):
            reader.orders.cancel_all(account)
    with pytest.raises(NotFound) as caught:
        client.accounts.get_account("paper-coinbase")
    assert caught.value.code == "ACCOUNT_UNKNOWN", "an account of others does not exist for us"
    with pytest.raises(Forbidden):
        client.identity.list_users()


def test_refused_fields_are_named(client: Client) -> None:
    with pytest.raises(ValidationFailed) as caught:
        client.market.get_bars(INSTRUMENT, interval="7m")
    assert caught.value.field("interval") is not None
    assert caught.value.code == "VALIDATION"
