"""Snapshots and changes add up to the state."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from tradewind_client import Level, models
from tradewind_client.enums import Channel
from tradewind_client.stream.channels import CHANNELS
from tradewind_client.stream.merge import DEPTH, BookMerge, Keyed, Latest, Series, Tail, merged

TS = "2026-11-22T09:15:00Z"
MASK = (1 << 64) - 1


def split_mix(state: int) -> Iterator[int]:
    """The generator of the server's own tests."""
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        yield z ^ (z >> 31)


def book(bids: list[list[str]], asks: list[list[str]]) -> dict[str, Any]:
    return {"instrument": "X.Y", "bids": bids, "asks": asks, "state": "VALID", "simulated": True, "ts": TS}


def test_a_book_takes_changes_in_and_size_zero_takes_a_level_away() -> None:
    rule = BookMerge()
    rule.snapshot(book([["10", "1"], ["9", "2"]], [["11", "1"], ["12", "2"]]))
    (now,) = rule.delta(
        {"bids": [["10", "0"], ["9.5", "4"], ["8", "1"]], "asks": [["11.0", "7"]], "ts": "2026-11-22T09:15:01Z"}
    )
    assert now.bids == tuple(Level(Decimal(p), Decimal(s)) for p, s in (("9.5", "4"), ("9", "2"), ("8", "1")))
    assert now.asks == (Level(Decimal(11), Decimal(7)), Level(Decimal(12), Decimal(2)))
    assert (str(now.ts), now.instrument, rule.rows()) == ("2026-11-22T09:15:01Z", "X.Y", (now,))
    assert rule.combine([(now,), ()]) == (now,)


def test_a_side_with_any_changes_is_what_a_map_of_prices_says() -> None:
    numbers = split_mix(7)
    truth: dict[Decimal, Decimal] = {}
    side: tuple[Level, ...] = ()
    for _ in range(500):
        changes = [Level(Decimal(next(numbers) % 40), Decimal(next(numbers) % 4)) for _ in range(3)]
        side = merged(side, changes, falling=True)
        for price, size in changes:
            truth.pop(price, None)
            if size:
                truth[price] = size
        assert side == tuple(Level(price, truth[price]) for price in sorted(truth, reverse=True))
    assert len(side) > 10
    deep = merged((), [Level(Decimal(n), Decimal(1)) for n in range(DEPTH * 2)], falling=False)
    assert [level.price for level in deep] == [Decimal(n) for n in range(DEPTH)]


def position(instrument: str, quantity: str) -> dict[str, Any]:
    return {
        "instrument": instrument,
        "quantity": quantity,
        "side": "LONG",
        "mark_state": "VALID",
        "realised_pnl": "0",
        "fees": "0",
        "sides": [],
        "strategies": [],
        "lots": [],
        "simulated": True,
    }


def test_a_position_of_nothing_is_gone_but_told() -> None:
    rule = CHANNELS[Channel.POSITIONS].merge()
    rule.snapshot([position("A.X", "1"), position("B.X", "2")])
    told = rule.delta(position("A.X", "0"))
    assert [row.quantity for row in told] == [Decimal(0)]
    assert [row.instrument for row in rule.rows()] == ["B.X"]


def fx(base: str, rate: str) -> dict[str, Any]:
    return {"base": base, "quote": "USD", "rate": rate, "ts": TS, "source": "test"}


def test_rows_are_kept_up_to_a_bound_and_those_to_be_spared_are() -> None:
    rule = Keyed(models.FxRate, lambda row: row.base, bound=3, spare=lambda row: row.rate > 5)
    rule.snapshot([fx("A", "9"), fx("B", "1"), fx("C", "1")])
    rule.delta(fx("D", "1"))
    assert [row.base for row in rule.rows()] == ["A", "C", "D"]
    rule.delta([fx("E", "9"), fx("F", "9"), fx("G", "9")])
    assert len(rule.rows()) == 3
    assert [row.base for row in rule.rows()] == ["E", "F", "G"], "where all are to be spared the oldest goes"


def test_several_updates_of_rows_are_each_row_as_it_was_last() -> None:
    rule = Keyed(models.FxRate, lambda row: row.base, bound=10)
    parts = [rule.delta([fx("A", "1"), fx("B", "1")]), rule.delta(fx("A", "2")), rule.delta(fx("C", "3"))]
    assert [(row.base, row.rate) for row in rule.combine(parts)] == [
        ("B", Decimal(1)),
        ("A", Decimal(2)),
        ("C", Decimal(3)),
    ]


def trade(price: int) -> dict[str, Any]:
    return {"price": str(price), "size": "1", "ts": TS}


def test_a_tail_keeps_the_last_and_combines_all() -> None:
    rule = Tail(models.Trade, 4)
    parts = [rule.snapshot([trade(1), trade(2)]), rule.delta([trade(3)]), rule.delta([trade(4), trade(5)])]
    assert [int(row.price) for row in rule.rows()] == [2, 3, 4, 5]
    assert [int(row.price) for row in rule.combine(parts[1:])] == [3, 4, 5]
    assert rule.snapshot([]) == ()
    assert rule.rows() == ()


def test_one_object_replaces_itself_and_may_not_be_there_yet() -> None:
    rule = Latest(models.FxRate)
    assert rule.snapshot(None) == ()
    first, second = rule.delta(fx("A", "1")), rule.delta(fx("A", "2"))
    assert rule.rows() == second
    assert rule.combine([first, second, ()]) == second


def series(minutes: list[int], values: list[float | None]) -> dict[str, Any]:
    return {
        "instrument": "X.Y",
        "interval": "1m",
        "indicator": "RSI_14",
        "outputs": ["rsi"],
        "times": [f"2026-11-22T09:{minute:02}:00Z" for minute in minutes],
        "values": [values],
        "forming": True,
        "state": "VALID",
        "simulated": True,
    }


def test_a_series_takes_new_and_changed_values_in() -> None:
    rule = Series(3)
    first = rule.snapshot(series([1, 2], [None, 50.0]))
    told = rule.delta(series([2, 3, 4], [51.0, 52.0, None]))
    assert told[0].values == ((51.0, 52.0, None),)
    (now,) = rule.rows()
    assert ([str(time)[14:16] for time in now.times], now.values) == (["02", "03", "04"], ((51.0, 52.0, None),))
    assert rule.combine([first, told]) == (now,)
