"""Lists that come in pages: follow `next_cursor` until there is none."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Generic, Protocol, TypeVar

from tradewind_client.codec import Model
from tradewind_client.errors import UnexpectedAnswer
from tradewind_client.request import AsyncSender, Request, Sender

__all__ = ["Page", "pages", "pages_async"]

T = TypeVar("T")


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class Page(Model, Generic[T]):
    """A page of a list."""

    items: tuple[T, ...]
    """The entries of this page."""

    next_cursor: str | None = None
    """Pass as `cursor` for the next page; None on the last one. Opaque."""


class Paged(Protocol):
    """Whatever has a cursor."""

    @property
    def next_cursor(self) -> str | None:
        """Where the next page begins."""


P = TypeVar("P", bound=Paged)


def pages(sender: Sender, ask: Callable[[str | None], Request[P]], entries: Callable[[P], Sequence[T]]) -> Iterator[T]:
    """Entry after entry; asks for a page when the one before is used up."""
    cursor = None
    while True:
        page = sender.send(ask(cursor))
        yield from entries(page)
        if page.next_cursor is None:
            return
        cursor = _onward(cursor, page.next_cursor)


async def pages_async(
    sender: AsyncSender, ask: Callable[[str | None], Request[P]], entries: Callable[[P], Sequence[T]]
) -> AsyncIterator[T]:
    """The same, awaited."""
    cursor = None
    while True:
        page = await sender.send(ask(cursor))
        for entry in entries(page):
            yield entry
        if page.next_cursor is None:
            return
        cursor = _onward(cursor, page.next_cursor)


def _onward(cursor: str | None, following: str) -> str:
    """A page that leads to itself would be asked for for ever."""
    if cursor == following:
        raise UnexpectedAnswer("a page that names itself as the next one")
    return following
