"""A request as a value: what is to be sent, how the answer is read, and whether it may be sent twice.

Both clients, the one that waits and the one of coroutines, send the same descriptions; nothing here does I/O.
"""

from __future__ import annotations

import dataclasses as dc
import json
import uuid
from collections.abc import Callable, Iterable
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import quote

from tradewind_client.codec import DecodeError, decode, encode, plain

__all__ = ["AsyncSender", "Body", "Request", "Sender"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Pairs = tuple[tuple[str, str], ...]


@dc.dataclass(frozen=True, slots=True)
class Body:
    """Bytes and what they are."""

    content: bytes = dc.field(repr=False)
    media_type: str


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class Request(Generic[T_co]):
    """One request that nobody has sent yet.

    `repeatable`: sending it twice does no more than sending it once, so that it may be sent again when nobody knows
    what became of it.
    """

    operation: str
    method: str
    path: str
    answer: Callable[[bytes], T_co] = dc.field(repr=False)
    query: Pairs = ()
    headers: Pairs = ()
    body: Body | None = None
    accept: str = "application/json"
    repeatable: bool = False


class Sender(Protocol):
    """Sends and waits."""

    def send(self, request: Request[T], /) -> T:
        """The answer, or a `TradewindError`."""


class AsyncSender(Protocol):
    """Sends and is awaited."""

    async def send(self, request: Request[T], /) -> T:
        """The answer, or a `TradewindError`."""


def path(template: str, **parts: str) -> str:
    """A path with its parts escaped: no part can lead elsewhere."""
    escaped = {}
    for name, part in parts.items():
        text = part.isoformat() if hasattr(part, "isoformat") else part
        if not isinstance(text, str):
            raise TypeError(f"{name} has to be a text, not {type(part).__name__}")
        if text in ("", ".", ".."):
            raise ValueError(f"{name} has to be an id, not {text!r}")
        escaped[name] = quote(text, safe="")
    return template.format(**escaped)


def pairs(*given: tuple[str, Any]) -> Pairs:
    """Query parameters or headers as texts; those that are absent are left out."""
    return tuple((name, parameter_text(name, value)) for name, value in given if value is not None)


def parameter_text(name: str, value: Any) -> str:
    """One parameter as a text. A list is written with commas."""
    if isinstance(value, (list, tuple)):
        texts = [parameter_text(name, item) for item in value]
        if any("," in text for text in texts):
            raise ValueError(f"{name}: an entry with a comma would be read as two")
        return ",".join(texts)
    value = plain(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise TypeError(f"{name} cannot be a {type(value).__name__}")


def key_or_new(key: str | None) -> str:
    """An idempotency key."""
    return key if key is not None else uuid.uuid4().hex


def etag(version: int | str | None) -> str | None:
    """A version as `If-Match` has it: in quotes."""
    if version is None:
        return None
    text = str(version)
    return text if text.startswith('"') else f'"{text}"'


def json_body(kind: Any, value: Any) -> Body:
    """A model as JSON."""
    return Body(json.dumps(encode(kind, value), ensure_ascii=False, separators=(",", ":")).encode(), "application/json")


def json_or_csv(kind: Any, value: Any) -> Body:
    """A model as JSON, or a text as CSV."""
    return raw_body("text/csv", value) if isinstance(value, str) else json_body(kind, value)


def raw_body(media_type: str, value: bytes | str) -> Body:
    """A file."""
    return Body(value.encode() if isinstance(value, str) else bytes(value), media_type)


def as_json(kind: Any) -> Callable[[bytes], Any]:
    """Reads an answer of JSON."""

    def read(content: bytes) -> Any:
        try:
            value = json.loads(content)
        except ValueError as error:
            raise DecodeError(f"the answer is no JSON ({error})") from None
        return decode(kind, value)

    return read


def as_text(content: bytes) -> str:
    """Reads an answer of text."""
    return content.decode("utf-8", errors="replace")


def as_bytes(content: bytes) -> bytes:
    """Takes an answer as it is."""
    return content


def as_nothing(content: bytes) -> None:
    """Reads an answer that has no body."""


def headers_of(given: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Headers by their name in small letters."""
    return {name.lower(): value for name, value in given}
