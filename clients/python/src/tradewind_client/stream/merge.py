"""What a topic's frames add up to: the snapshot with every change applied, bounded.

Each rule reads the data of a frame into rows, keeps the state, and can put several updates into one.
"""

from __future__ import annotations

import dataclasses as dc
import functools
import itertools
from collections.abc import Callable, Hashable, Sequence
from decimal import Decimal
from typing import Any, Generic, Protocol, TypeVar

from tradewind_client.codec import decode
from tradewind_client.models import Book, BookDelta, IndicatorSeries
from tradewind_client.scalars import Level, Timestamp

__all__ = ["BookMerge", "Keyed", "Latest", "Merge", "Series", "Tail"]

T = TypeVar("T")

# Levels of a book per side, as the hub keeps them.
DEPTH = 50


class Merge(Protocol[T]):
    """The rule of a channel."""

    def snapshot(self, data: Any) -> tuple[T, ...]:
        """Begins anew; gives the rows of the snapshot."""

    def delta(self, data: Any) -> tuple[T, ...]:
        """Applies a change; gives the rows that it carries."""

    def rows(self) -> tuple[T, ...]:
        """The state."""

    def combine(self, parts: Sequence[tuple[T, ...]]) -> tuple[T, ...]:
        """The rows of several updates, oldest first, as those of one."""


def _as_list(data: Any) -> list[Any]:
    if data is None:
        return []
    return data if isinstance(data, list) else [data]


class Latest(Generic[T]):
    """One object that replaces itself."""

    def __init__(self, model: type[T]) -> None:
        self._model = model
        self._rows: tuple[T, ...] = ()

    def snapshot(self, data: Any) -> tuple[T, ...]:
        """The object, if there is one yet."""
        self._rows = tuple(decode(self._model, item) for item in _as_list(data)[-1:])
        return self._rows

    def delta(self, data: Any) -> tuple[T, ...]:
        """The object as it is now."""
        return self.snapshot(data)

    def rows(self) -> tuple[T, ...]:
        """The object as it is."""
        return self._rows

    def combine(self, parts: Sequence[tuple[T, ...]]) -> tuple[T, ...]:
        """The newest one."""
        return next((part for part in reversed(parts) if part), ())


class Tail(Generic[T]):
    """Things that happen one after the other; the last `bound` of them are kept."""

    def __init__(self, model: type[T], bound: int) -> None:
        self._model = model
        self._bound = bound
        self._rows: list[T] = []

    def snapshot(self, data: Any) -> tuple[T, ...]:
        """The last ones, oldest first."""
        self._rows = []
        return self.delta(data)

    def delta(self, data: Any) -> tuple[T, ...]:
        """Those that are new."""
        new = tuple(decode(self._model, item) for item in _as_list(data))
        self._rows.extend(new)
        del self._rows[: -self._bound]
        return new

    def rows(self) -> tuple[T, ...]:
        """The last ones, oldest first."""
        return tuple(self._rows)

    def combine(self, parts: Sequence[tuple[T, ...]]) -> tuple[T, ...]:
        """All of them, at most so many as are kept."""
        return tuple(itertools.chain(*parts))[-self._bound :]


class Keyed(Generic[T]):
    """Rows by key. `gone` says of a row that it takes itself away; over `bound` the oldest go that `spare` lets go."""

    def __init__(
        self,
        model: type[T],
        key: Callable[[T], Hashable],
        *,
        bound: int,
        gone: Callable[[T], bool] = lambda row: False,
        spare: Callable[[T], bool] = lambda row: False,
    ) -> None:
        self._model = model
        self._key = key
        self._bound = bound
        self._gone = gone
        self._spare = spare
        self._rows: dict[Hashable, T] = {}

    def snapshot(self, data: Any) -> tuple[T, ...]:
        """All rows."""
        self._rows = {}
        return self.delta(data)

    def delta(self, data: Any) -> tuple[T, ...]:
        """Rows that are new or changed."""
        changed = tuple(decode(self._model, item) for item in _as_list(data))
        for row in changed:
            if self._gone(row):
                self._rows.pop(self._key(row), None)
            else:
                self._rows[self._key(row)] = row
        while len(self._rows) > self._bound:
            old = next((key for key, row in self._rows.items() if not self._spare(row)), None)
            self._rows.pop(next(iter(self._rows)) if old is None else old)
        return changed

    def rows(self) -> tuple[T, ...]:
        """All rows, in the order in which they came."""
        return tuple(self._rows.values())

    def combine(self, parts: Sequence[tuple[T, ...]]) -> tuple[T, ...]:
        """Each row as it was last, at most so many as are kept."""
        last: dict[Hashable, T] = {}
        for row in itertools.chain(*parts):
            # At the end again: the order is that of the last change.
            last.pop(self._key(row), None)
            last[self._key(row)] = row
        return tuple(last.values())[-self._bound :]


class BookMerge:
    """A book: changed levels are put into their places, and a size of 0 takes one away."""

    def __init__(self) -> None:
        self._book: Book | None = None

    def snapshot(self, data: Any) -> tuple[Book, ...]:
        """The book."""
        self._book = Book.from_json(data)
        return (self._book,)

    def delta(self, data: Any) -> tuple[Book, ...]:
        """The book with the changes in it."""
        if self._book is None:
            return ()
        change = BookDelta.from_json(data)
        self._book = dc.replace(
            self._book,
            bids=merged(self._book.bids, change.bids, falling=True),
            asks=merged(self._book.asks, change.asks, falling=False),
            ts=change.ts,
        )
        return (self._book,)

    def rows(self) -> tuple[Book, ...]:
        """The book as it is."""
        return () if self._book is None else (self._book,)

    def combine(self, parts: Sequence[tuple[Book, ...]]) -> tuple[Book, ...]:
        """The newest one."""
        return next((part for part in reversed(parts) if part), ())


def merged(side: Sequence[Level], changes: Sequence[Level], *, falling: bool) -> tuple[Level, ...]:
    """A side of a book with changed levels, best first, cut at the hub's depth."""
    levels: dict[Decimal, Decimal] = dict(side)
    for price, size in changes:
        if size == 0:
            levels.pop(price, None)
        else:
            levels[price] = size
    best_first = sorted(levels, reverse=falling)[:DEPTH]
    return tuple(Level(price, levels[price]) for price in best_first)


class Series:
    """Values of an indicator by time; the last `bound` are kept."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._series: IndicatorSeries | None = None

    def snapshot(self, data: Any) -> tuple[IndicatorSeries, ...]:
        """The last values."""
        self._series = IndicatorSeries.from_json(data)
        return (self._series,)

    def delta(self, data: Any) -> tuple[IndicatorSeries, ...]:
        """Values at bars that are new or changed."""
        change = IndicatorSeries.from_json(data)
        self._series = change if self._series is None else self._joined(self._series, change)
        return (change,)

    def rows(self) -> tuple[IndicatorSeries, ...]:
        """The series as it is."""
        return () if self._series is None else (self._series,)

    def combine(self, parts: Sequence[tuple[IndicatorSeries, ...]]) -> tuple[IndicatorSeries, ...]:
        """All in one."""
        series = list(itertools.chain(*parts))
        return (functools.reduce(self._joined, series),) if series else ()

    def _joined(self, older: IndicatorSeries, newer: IndicatorSeries) -> IndicatorSeries:
        columns: list[dict[Timestamp, float | None]] = []
        for at in range(len(newer.values)):
            before = zip(older.times, older.values[at], strict=True) if at < len(older.values) else ()
            columns.append({**dict(before), **dict(zip(newer.times, newer.values[at], strict=True))})
        times = sorted({*older.times, *newer.times})[-self._bound :]
        values = tuple(tuple(column.get(time) for time in times) for column in columns)
        return dc.replace(newer, times=tuple(times), values=values, since=newer.since or older.since)
