"""How messages travel: JSON, or MessagePack, whose messages hold the same values in fewer bytes."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from typing import Any, Literal

__all__ = ["Encoding", "EncodingName", "encoding_of"]

EncodingName = Literal["json", "msgpack"]


class Encoding:
    """Writes and reads messages; `subprotocol` is what the hub is asked for."""

    def __init__(
        self,
        subprotocol: str,
        write: Callable[[dict[str, Any]], str | bytes],
        read: Callable[[str | bytes], Any],
    ) -> None:
        self.subprotocol = subprotocol
        self.write = write
        self.read = read


def encoding_of(name: EncodingName) -> Encoding:
    """The encoding of that name. MessagePack needs the package `msgpack` (`pip install tradewind-client[msgpack]`)."""
    if name == "json":
        return Encoding("tradewind.v1.json", json.dumps, json.loads)
    if name == "msgpack":
        return _message_pack()
    raise ValueError(f"encoding is 'json' or 'msgpack', not {name!r}")


def _message_pack() -> Encoding:
    try:
        msgpack = importlib.import_module("msgpack")
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("MessagePack needs `pip install tradewind-client[msgpack]`") from error

    def write(message: dict[str, Any]) -> bytes:
        packed: bytes = msgpack.packb(message)
        return packed

    def read(message: str | bytes) -> Any:
        if isinstance(message, str):
            raise ValueError("text instead of MessagePack")
        try:
            return msgpack.unpackb(message)
        except (msgpack.UnpackException, ValueError) as error:
            raise ValueError(f"not MessagePack: {error}") from error

    return Encoding("tradewind.v1.msgpack", write, read)
