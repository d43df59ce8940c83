"""MessagePack beside JSON: the same values, asked for by subprotocol."""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import Any

import pytest

from tests.unit.hub_rig import rig
from tests.unit.test_hub import opened, quote, quotes
from tradewind_client import HubClosed, HubOptions
from tradewind_client.stream.encoding import encoding_of

MESSAGES: list[dict[str, Any]] = [
    {"op": "ping"},
    {"op": "subscribe", "channel": "quotes", "since": {"epoch": "e-1", "seq": 2**53}},
    {"data": {"bid": "64000.10", "levels": [["1.5", "0"], []], "none": None, "late": False, "share": 0.25}, "é": "✓🦀"},
]


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_is_the_same_value_in_both(message: dict[str, Any]) -> None:
    pytest.importorskip("msgpack")
    packed, text = encoding_of("msgpack"), encoding_of("json")
    assert packed.read(packed.write(message)) == text.read(text.write(message)) == message
    assert len(packed.write(message)) < len(text.write(message))


@pytest.mark.parametrize("message", ["{}", b"", b"\x81", b"\xc1", b"\xa1\xff", b"\xc0\xc0"])
def test_what_is_no_message_is_a_value_error(message: str | bytes) -> None:
    pytest.importorskip("msgpack")
    with pytest.raises(ValueError, match=r"MessagePack"):
        encoding_of("msgpack").read(message)


def test_another_encoding_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'json' or 'msgpack', not 'xml'"):
        encoding_of("xml")  # type: ignore[arg-type]


def test_without_the_package_one_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "msgpack", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install tradewind-client\[msgpack\]"):
        encoding_of("msgpack")


@pytest.mark.anyio
async def test_a_hub_that_knows_the_subprotocol_is_spoken_to_in_it() -> None:
    pytest.importorskip("msgpack")
    async with (
        rig("tradewind.v1.msgpack", "tradewind.v1.json") as made,
        made.connected(encoding="msgpack") as (hub, peer),
    ):
        assert peer.socket.subprotocol == "tradewind.v1.msgpack"
        feed, asked = await opened(hub, peer, quotes())
        assert asked["channel"] == "quotes"
        await peer.snapshot("quotes:X.Y", 1, quote(5))
        update = await anext(feed)
        assert update.items[0].bid == Decimal(5)


@pytest.mark.anyio
async def test_a_hub_that_does_not_know_it_is_told_of_and_one_that_knows_none_speaks_json() -> None:
    pytest.importorskip("msgpack")
    async with rig() as made:
        hub = made.hub(encoding="msgpack")
        with pytest.raises(HubClosed, match=r"does not speak tradewind\.v1\.msgpack"):
            await hub.__aenter__()
        await made.peer()
        async with made.connected() as (_, peer):
            assert peer.socket.subprotocol is None
    assert HubOptions().encoding == "json"
