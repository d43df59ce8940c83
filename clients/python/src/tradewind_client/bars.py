"""Bars page after page, and as columns.

The server keeps bars newest last and pages backwards: `next_before` of a page is `before` of the one with older bars.
What is here follows it. Columns need `pyarrow` (`pip install "tradewind-client[arrow]"`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

from tradewind_client import operations
from tradewind_client.errors import UnexpectedAnswer
from tradewind_client.models import Bar, Bars
from tradewind_client.request import AsyncSender, Request, Sender
from tradewind_client.scalars import TimeInput, Timestamp

if TYPE_CHECKING:
    import pyarrow

__all__ = ["bars_table", "bars_table_async", "iter_bars", "iter_bars_async", "read_columns"]

PAGE = 5_000


class _Walk:
    """Where a walk back through the bars stands."""

    def __init__(
        self, instrument: str, interval: str, start: TimeInput | None, end: TimeInput | None, page: int
    ) -> None:
        self.instrument = instrument
        self.interval = interval
        self.start = None if start is None else Timestamp.of(start)
        self.before = None if end is None else Timestamp.of(end)
        self.page = page

    def ask(self) -> Request[Bars]:
        return operations.get_bars(self.instrument, interval=self.interval, limit=self.page, before=self.before)

    def ask_columns(self) -> Request[bytes]:
        return operations.get_bars_arrow(self.instrument, interval=self.interval, limit=self.page, before=self.before)

    def wanted(self, time: Timestamp) -> bool:
        return self.start is None or time >= self.start

    def onward(self, following: Timestamp | None) -> bool:
        """Goes to the page before; False when there is none, or none that is wanted."""
        if following is None or (self.start is not None and following <= self.start):
            return False
        if self.before is not None and following >= self.before:
            raise UnexpectedAnswer("a page of bars that does not lead further back")
        self.before = following
        return True


def iter_bars(
    client: Sender,
    instrument: str,
    *,
    interval: str = "1m",
    start: TimeInput | None = None,
    end: TimeInput | None = None,
    page: int = PAGE,
) -> Iterator[Bar]:
    """Bars that open in [start, end), newest first, from the engine and then from the catalogue."""
    walk = _Walk(instrument, interval, start, end, page)
    while True:
        answer = client.send(walk.ask())
        yield from (bar for bar in reversed(answer.bars) if walk.wanted(bar.ts))
        if not walk.onward(answer.next_before):
            return


async def iter_bars_async(
    client: AsyncSender,
    instrument: str,
    *,
    interval: str = "1m",
    start: TimeInput | None = None,
    end: TimeInput | None = None,
    page: int = PAGE,
) -> AsyncIterator[Bar]:
    """The same, awaited."""
    walk = _Walk(instrument, interval, start, end, page)
    while True:
        answer = await client.send(walk.ask())
        for bar in reversed(answer.bars):
            if walk.wanted(bar.ts):
                yield bar
        if not walk.onward(answer.next_before):
            return


def read_columns(content: bytes) -> pyarrow.Table:
    """The table of an Arrow IPC stream such as `client.market.get_bars_arrow` gives.

    Prices and sizes are exact decimals, `ts` is a timestamp in nanoseconds, UTC; the schema's metadata says the rest.
    """
    from pyarrow import ipc

    with ipc.open_stream(content) as reader:
        return reader.read_all()


def bars_table(
    client: Sender,
    instrument: str,
    *,
    interval: str = "1m",
    start: TimeInput | None = None,
    end: TimeInput | None = None,
    page: int = 20_000,
) -> pyarrow.Table:
    """Bars that open in [start, end), oldest first, as one table."""
    walk = _Walk(instrument, interval, start, end, page)
    tables = []
    while True:
        tables.append(read_columns(client.send(walk.ask_columns())))
        if not walk.onward(_next_before(tables[-1])):
            return _joined(tables, walk)


async def bars_table_async(
    client: AsyncSender,
    instrument: str,
    *,
    interval: str = "1m",
    start: TimeInput | None = None,
    end: TimeInput | None = None,
    page: int = 20_000,
) -> pyarrow.Table:
    """The same, awaited."""
    walk = _Walk(instrument, interval, start, end, page)
    tables = []
    while True:
        tables.append(read_columns(await client.send(walk.ask_columns())))
        if not walk.onward(_next_before(tables[-1])):
            return _joined(tables, walk)


def _next_before(table: pyarrow.Table) -> Timestamp | None:
    text = (table.schema.metadata or {}).get(b"next_before")
    return None if text is None else Timestamp.parse(text.decode())


def _joined(tables: list[pyarrow.Table], walk: _Walk) -> pyarrow.Table:
    import pyarrow
    from pyarrow import compute

    # What a page says of itself, `next_before` above all, is not true of the whole.
    kept = {name: text for name, text in (tables[0].schema.metadata or {}).items() if name != b"next_before"}
    whole = pyarrow.concat_tables([table.replace_schema_metadata(kept) for table in reversed(tables)])
    if walk.start is not None:
        first = pyarrow.scalar(walk.start.ns, whole.schema.field("ts").type)
        whole = whole.filter(compute.greater_equal(whole["ts"], first))
    return whole
