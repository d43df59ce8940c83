"""Values with a shape of their own: times to the nanosecond, levels of a book, words, and what may stand for a decimal.

Money is `decimal.Decimal` throughout. A `float` is refused where a decimal is wanted: 0.1 is not a tenth.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from enum import Enum
from typing import NamedTuple, TypeAlias, TypeVar

__all__ = ["ApiEnum", "DecimalInput", "Level", "TimeInput", "Timestamp"]

_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))", re.ASCII
)
_EPOCH_DAY = dt.date(1970, 1, 1).toordinal()
_SECOND_NS = 1_000_000_000


class Timestamp:
    """A time to the nanosecond, as the API has it. Immutable, hashable, ordered.

    `datetime` holds microseconds and would cut the rest off without a word. `ns` counts from 1970-01-01 UTC.
    """

    __slots__ = ("_ns",)

    def __init__(self, ns: int) -> None:
        self._ns = ns

    @property
    def ns(self) -> int:
        """Nanoseconds since 1970-01-01 UTC."""
        return self._ns

    @classmethod
    def parse(cls, text: str) -> Timestamp:
        """Reads RFC 3339 with up to nine decimals. Raises ValueError for anything else."""
        found = _RFC3339.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is no RFC 3339 time such as 2026-11-22T09:15:00Z")
        year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
        if hour > 23 or minute > 59 or second > 59:
            raise ValueError(f"{text!r} is no time of a day")
        days = dt.date(year, month, day).toordinal() - _EPOCH_DAY
        seconds = ((days * 24 + hour) * 60 + minute) * 60 + second
        if found[8] is not None:
            offset = (int(found[9]) * 60 + int(found[10])) * 60
            seconds -= offset if found[8] == "+" else -offset
        return cls(seconds * _SECOND_NS + int((found[7] or "").ljust(9, "0")))

    @classmethod
    def of(cls, time: Timestamp | dt.datetime) -> Timestamp:
        """From an aware `datetime`; a naive one is refused, since nobody can tell what it means."""
        if isinstance(time, Timestamp):
            return time
        if not isinstance(time, dt.datetime):
            raise TypeError(f"a Timestamp or an aware datetime is needed, not {type(time).__name__}")
        if time.utcoffset() is None:
            raise ValueError("a datetime without a time zone: say which, for example with tzinfo=timezone.utc")
        since = time - dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
        micros = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
        return cls(micros * 1_000)

    @classmethod
    def now(cls) -> Timestamp:
        """The time of this machine's clock."""
        return cls.of(dt.datetime.now(dt.timezone.utc))

    @property
    def datetime(self) -> dt.datetime:
        """As an aware `datetime` in UTC; what is below a microsecond is cut off."""
        epoch = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
        return epoch + dt.timedelta(microseconds=self._ns // 1_000)

    def __str__(self) -> str:
        seconds, ns = divmod(self._ns, _SECOND_NS)
        whole = dt.datetime(1970, 1, 1) + dt.timedelta(seconds=seconds)
        fraction = f".{ns:09}".rstrip("0") if ns else ""
        return f"{whole.isoformat()}{fraction}Z"

    def __repr__(self) -> str:
        return f"Timestamp({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return self._ns == other._ns if isinstance(other, Timestamp) else NotImplemented

    def __hash__(self) -> int:
        return hash((Timestamp, self._ns))

    def __lt__(self, other: Timestamp) -> bool:
        return self._ns < other._ns if isinstance(other, Timestamp) else NotImplemented

    def __le__(self, other: Timestamp) -> bool:
        return self._ns <= other._ns if isinstance(other, Timestamp) else NotImplemented

    def __gt__(self, other: Timestamp) -> bool:
        return self._ns > other._ns if isinstance(other, Timestamp) else NotImplemented

    def __ge__(self, other: Timestamp) -> bool:
        return self._ns >= other._ns if isinstance(other, Timestamp) else NotImplemented

    def __reduce__(self) -> tuple[type[Timestamp], tuple[int]]:
        return (Timestamp, (self._ns,))


class Level(NamedTuple):
    """One price of a book and what stands there."""

    price: Decimal
    size: Decimal


# What a request takes for a decimal. Text is checked and sent in canonical form.
DecimalInput: TypeAlias = Decimal | int | str
# What a request takes for a time.
TimeInput: TypeAlias = Timestamp | dt.datetime

_Word = TypeVar("_Word", bound="ApiEnum")


class ApiEnum(str, Enum):
    """Words of the API, which are texts as well: `Side.BUY == "BUY"`.

    What comes from a newer server may hold a word that this client does not know. It is kept as a member of its own,
    for which `is_known` is false, rather than making the whole answer unreadable. Calling the class, as in
    `Side("BUUY")`, stays strict.
    """

    @classmethod
    def read(cls: type[_Word], word: str) -> _Word:
        """The member of that word, or one made for a word that is not known."""
        try:
            return cls(word)
        except ValueError:
            member = str.__new__(cls, word)
            member._name_ = word
            member._value_ = word
            return member

    @property
    def is_known(self) -> bool:
        """Whether this client knew the word when it was generated."""
        return self._name_ in type(self).__members__

    def __str__(self) -> str:
        return str(self.value)
