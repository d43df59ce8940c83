"""Times, words, secrets."""

from __future__ import annotations

import copy
import datetime as dt
import pickle

import pytest

from tradewind_client import Secret, Side, Timestamp
from tradewind_client.codec import decimal_text


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:01.5Z", 1_500_000_000),
        ("2026-11-22T09:15:00.123456789Z", 1_795_338_900_123_456_789),
        ("1969-12-31T23:59:59.999999999Z", -1),
        ("2024-02-29T23:59:59Z", 1_709_251_199_000_000_000),
    ],
)
def test_a_time_is_read_and_written_to_the_nanosecond(text: str, ns: int) -> None:
    assert Timestamp.parse(text).ns == ns
    assert str(Timestamp(ns)) == text
    assert Timestamp.parse(str(Timestamp(ns))) == Timestamp(ns)


def test_an_offset_is_taken_into_account() -> None:
    assert Timestamp.parse("2026-11-22T14:45:00+05:30") == Timestamp.parse("2026-11-22T09:15:00Z")
    assert Timestamp.parse("2026-11-22T04:15:00.000-05:00") == Timestamp.parse("2026-11-22T09:15:00Z")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-22",
        "2026-11-22T09:15:00",
        "2026-13-22T09:15:00Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T09:15:00.1234567890Z",
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"time|month|day"):
        Timestamp.parse(text)


def test_a_datetime_needs_a_zone_and_comes_back_to_the_microsecond() -> None:
    aware = dt.datetime(2026, 11, 22, 14, 45, 0, 123_456, tzinfo=dt.timezone(dt.timedelta(hours=5, minutes=30)))
    time = Timestamp.of(aware)
    assert str(time) == "2026-11-22T09:15:00.123456Z"
    assert time.datetime == aware
    assert Timestamp(time.ns + 999).datetime == aware
    with pytest.raises(ValueError, match="time zone"):
        Timestamp.of(dt.datetime(2026, 11, 22))
    with pytest.raises(TypeError, match="aware datetime"):
        Timestamp.of("2026-11-22T09:15:00Z")  # type: ignore[arg-type]


def test_times_are_ordered_hashed_and_pickled() -> None:
    early, late = Timestamp(1), Timestamp(2)
    assert early < late <= Timestamp(2)
    assert late > early
    assert len({early, Timestamp(1), late}) == 2
    assert pickle.loads(pickle.dumps(late)) == late
    assert early != 1


def test_a_word_of_a_newer_server_is_kept_and_known_as_such() -> None:
    word = Side.read("SIDEWAYS")
    assert (word, word.value, str(word), f"{word}", word.is_known) == ("SIDEWAYS",) * 4 + (False,)
    assert isinstance(word, Side)
    assert word != Side.BUY
    assert Side.read("BUY") is Side.BUY
    assert Side.BUY.is_known
    assert Side.BUY == "BUY"
    assert {Side.BUY: 1}["BUY"] == 1  # type: ignore[index]
    with pytest.raises(ValueError, match="SIDEWAYS"):
        Side("SIDEWAYS")


def test_a_secret_shows_itself_to_nobody_who_does_not_ask() -> None:
    secret = Secret("hush")
    assert "hush" not in f"{secret} {secret!r} {[secret]}"
    assert secret.reveal() == "hush"
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        copy.copy(secret)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0.10", "0.1"),
        ("1E+3", "1000"),
        ("-0", "0"),
        (7, "7"),
        ("100", "100"),
        ("0.000000000000000001", "0.000000000000000001"),
    ],
)
def test_decimals_are_written_in_one_form(value: str | int, text: str) -> None:
    assert decimal_text(value) == text


@pytest.mark.parametrize(
    ("value", "error"),
    [(0.1, TypeError), (True, TypeError), ("NaN", ValueError), ("1,5", ValueError), (None, TypeError)],
)
def test_what_is_no_decimal_is_refused(value: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        decimal_text(value)
