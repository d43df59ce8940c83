"""Between JSON and models, by the annotations of the models.

Reading is exact and strict about what it knows (a decimal has to be a text, a count a whole number) and blind to what
it does not (further fields, further words). Writing refuses floats where decimals are meant and leaves out `None`.
"""

from __future__ import annotations

import dataclasses as dc
import datetime as dt
import functools
import math
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from tradewind_client.scalars import ApiEnum, Level, Timestamp

__all__ = ["DecodeError", "Model", "decimal_text", "decode", "encode"]

_M = TypeVar("_M", bound="Model")


class DecodeError(ValueError):
    """What came is not what the document says. `path` leads to the place, as in `items[3].price`."""

    def __init__(self, what: str, path: str = "") -> None:
        super().__init__(f"{path}: {what}" if path else what)
        self.what = what
        self.path = path

    def within(self, step: str) -> DecodeError:
        """The same error seen from one level further out."""
        joint = "" if not self.path or self.path.startswith("[") else "."
        return DecodeError(self.what, f"{step}{joint}{self.path}")


class Model:
    """Base of all objects of the API."""

    __slots__ = ()

    @classmethod
    def from_json(cls: type[_M], value: Any) -> _M:
        """From what `json.loads` gives. Raises `DecodeError`."""
        model: _M = decode(cls, value)
        return model

    def to_json(self) -> dict[str, Any]:
        """What `json.dumps` takes. Raises TypeError or ValueError for values that the field does not hold."""
        written: dict[str, Any] = encode(type(self), self)
        return written


def decode(kind: Any, value: Any) -> Any:
    """Reads a value of an annotation."""
    return _reader(kind)(value)


def encode(kind: Any, value: Any) -> Any:
    """Writes a value of an annotation."""
    return _writer(kind)(value)


def decimal_text(value: Any) -> str:
    """Canonical text of a decimal: no exponent, no float, no NaN."""
    if isinstance(value, bool) or not isinstance(value, (Decimal, int, str)):
        hint = "; write it as a text or a Decimal" if isinstance(value, float) else ""
        raise TypeError(f"a decimal is needed, not {type(value).__name__}{hint}")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise ValueError(f"{value!r} is no decimal") from None
    if not number.is_finite():
        raise ValueError(f"{value!r} is no finite decimal")
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _shown(value: Any) -> str:
    """What came, without the whole of it: it may be long, and it may be a secret."""
    if value is None:
        return "null"
    return {
        bool: "a flag",
        int: "a whole number",
        float: "a number",
        str: "a text",
        list: "a list",
        dict: "an object",
    }.get(type(value), type(value).__name__)


def _expect(kind: type | tuple[type, ...], what: str, value: Any) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise DecodeError(f"{what} is expected, not {_shown(value)}")
    return value


def _read_decimal(value: Any) -> Decimal:
    try:
        number = Decimal(_expect(str, "a decimal as text", value))
    except InvalidOperation:
        raise DecodeError("a text that is no decimal") from None
    if not number.is_finite():
        raise DecodeError("a decimal that is not finite")
    return number


def _read_time(value: Any) -> Timestamp:
    try:
        return Timestamp.parse(_expect(str, "a time", value))
    except DecodeError:
        raise
    except ValueError as error:
        raise DecodeError(str(error)) from None


def _read_date(value: Any) -> dt.date:
    try:
        return dt.date.fromisoformat(_expect(str, "a date", value))
    except DecodeError:
        raise
    except ValueError as error:
        raise DecodeError(str(error)) from None


def _read_level(value: Any) -> Level:
    if not isinstance(value, list) or len(value) != 2:
        raise DecodeError(f"a pair of price and size is expected, not {_shown(value)}")
    return Level(_read_decimal(value[0]), _read_decimal(value[1]))


_READERS: dict[Any, Callable[[Any], Any]] = {
    Any: lambda value: value,
    str: lambda value: _expect(str, "a text", value),
    int: lambda value: _expect(int, "a whole number", value),
    float: lambda value: float(_expect((int, float), "a number", value)),
    bool: lambda value: _expect(bool, "a flag", value),
    Decimal: _read_decimal,
    Timestamp: _read_time,
    dt.date: _read_date,
    Level: _read_level,
}


def _is_union(kind: Any) -> bool:
    return typing.get_origin(kind) in (typing.Union, types.UnionType)


@functools.cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    """The function that reads an annotation; made once."""
    if (known := _READERS.get(kind)) is not None:
        return known
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if _is_union(kind):
        return _read_union(arguments)
    if origin is typing.Literal:
        return _read_literal(arguments)
    if origin in (tuple, Sequence):
        return _read_list(_reader(arguments[0]))
    if origin is Mapping:
        return _read_map(_reader(arguments[1]))
    if isinstance(origin, type) and dc.is_dataclass(origin):
        return _read_model(origin, arguments)
    if isinstance(kind, type) and issubclass(kind, ApiEnum):
        read = kind.read
        return lambda value: read(_expect(str, "a word", value))
    if isinstance(kind, type) and dc.is_dataclass(kind):
        return _read_model(kind, ())
    raise TypeError(f"{kind} is no annotation of a model")


def _read_literal(words: tuple[Any, ...]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if value not in words:
            raise DecodeError(f"one of {', '.join(map(repr, words))} is expected, not {_shown(value)}")
        return value

    return read


def _read_list(entry: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        _expect(list, "a list", value)
        try:
            return tuple(map(entry, value))
        except DecodeError:
            # The slow way again, to say where.
            for at, item in enumerate(value):
                try:
                    entry(item)
                except DecodeError as error:
                    raise error.within(f"[{at}]") from None
            raise

    return read


def _read_map(entry: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        out = {}
        for name, item in _expect(dict, "an object", value).items():
            try:
                out[name] = entry(item)
            except DecodeError as error:
                raise error.within(name) from None
        return out

    return read


def _read_union(members: tuple[Any, ...]) -> Callable[[Any], Any]:
    others = [member for member in members if member is not type(None)]
    # What a request takes in several forms is always written in one.
    of_inputs = next((kind for kind in (Decimal, Timestamp) if kind in others), None)
    alone = others[0] if len(others) == 1 else of_inputs
    inner = _read_variants(others) if alone is None else _reader(alone)
    if len(others) == len(members):
        return inner
    return lambda value: None if value is None else inner(value)


def _read_variants(members: list[Any]) -> Callable[[Any], Any]:
    """One of several models: told by their tag, else the first whose required fields are all there."""
    tags: dict[Any, Any] = {}
    required = []
    for member in members:
        fields = fields_of(member)
        tags |= {(field.wire, word): member for field in fields for word in field.words}
        required.append(({field.wire for field in fields if field.required}, member))

    def read(value: Any) -> Any:
        _expect(dict, "an object", value)
        for wire in {wire for wire, _ in tags}:
            word = value.get(wire)
            if isinstance(word, str) and (wire, word) in tags:
                return _reader(tags[wire, word])(value)
        if not tags:
            for names, member in required:
                if names <= value.keys():
                    return _reader(member)(value)
        raise DecodeError("an object of no known kind")

    return read


@dc.dataclass(frozen=True)
class FieldPlan:
    """One field of a model as reading and writing need it."""

    name: str
    wire: str
    kind: Any
    required: bool
    words: tuple[str, ...]


@functools.cache
def fields_of(model: Any) -> tuple[FieldPlan, ...]:
    """The fields of a model."""
    hints = typing.get_type_hints(model)
    out = []
    for field in dc.fields(model):
        kind = hints[field.name]
        tag = typing.get_origin(kind) is typing.Literal and field.default is not dc.MISSING
        required = tag or (field.default is dc.MISSING and field.default_factory is dc.MISSING)
        words = typing.get_args(kind) if tag else ()
        out.append(FieldPlan(field.name, field.metadata.get("wire", field.name), kind, required, words))
    return tuple(out)


def _read_model(model: Any, arguments: tuple[Any, ...]) -> Callable[[Any], Any]:
    @functools.cache
    def plan() -> tuple[tuple[str, str, Callable[[Any], Any], bool], ...]:
        # Not before the first use: models refer to one another.
        bound = dict(zip(getattr(model, "__parameters__", ()), arguments, strict=True))
        return tuple(
            (field.name, field.wire, _reader(_bind(field.kind, bound)), field.required) for field in fields_of(model)
        )

    def read(value: Any) -> Any:
        _expect(dict, "an object", value)
        found = {}
        for name, wire, inner, required in plan():
            if wire in value:
                try:
                    found[name] = inner(value[wire])
                except DecodeError as error:
                    raise error.within(wire) from None
            elif required:
                raise DecodeError(f"`{wire}` is missing")
        return model(**found)

    return read


def _bind(kind: Any, bound: dict[Any, Any]) -> Any:
    """An annotation with its type variables filled in."""
    if kind in bound:
        return bound[kind]
    if typing.get_origin(kind) is tuple:
        return types.GenericAlias(tuple, (_bind(typing.get_args(kind)[0], bound), ...))
    return kind


@functools.cache
def _writer(kind: Any) -> Callable[[Any], Any]:
    """The function that writes an annotation; made once."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return plain
    if _is_union(kind):
        return _write_union(arguments)
    if origin is typing.Literal:
        return _write_literal(arguments)
    if origin in (tuple, Sequence):
        return _write_list(_writer(arguments[0]))
    if origin is Mapping:
        inner = _writer(arguments[1])
        return lambda value: {str(name): inner(item) for name, item in value.items()}
    if kind is Decimal:
        return decimal_text
    if kind is Timestamp:
        return lambda value: str(Timestamp.of(value))
    if kind is dt.date:
        return _write_date
    if kind is Level:
        return lambda value: [decimal_text(value[0]), decimal_text(value[1])]
    if isinstance(kind, type) and issubclass(kind, ApiEnum):
        return lambda value: (value if isinstance(value, kind) else kind(value)).value
    if isinstance(kind, type) and dc.is_dataclass(kind):
        return _write_model(kind)
    if kind in (str, int, float, bool):
        return _write_scalar(kind)
    raise TypeError(f"{kind} is no annotation of a model")


def _write_scalar(kind: type) -> Callable[[Any], Any]:
    allowed: tuple[type, ...] = (int, float) if kind is float else (kind,)

    def write(value: Any) -> Any:
        if not isinstance(value, allowed) or (isinstance(value, bool) and kind is not bool):
            raise TypeError(f"{kind.__name__} is needed, not {type(value).__name__}")
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError("a finite number is needed")
        return value

    return write


def _write_literal(words: tuple[Any, ...]) -> Callable[[Any], Any]:
    def write(value: Any) -> Any:
        if value not in words:
            raise ValueError(f"{value!r} is none of {', '.join(map(repr, words))}")
        return value

    return write


def _write_date(value: Any) -> str:
    if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
        raise TypeError(f"a date is needed, not {type(value).__name__}")
    return value.isoformat()


def _write_list(entry: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def write(value: Any) -> Any:
        if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
            raise TypeError(f"a list is needed, not {type(value).__name__}")
        return [entry(item) for item in value]

    return write


def _write_union(members: tuple[Any, ...]) -> Callable[[Any], Any]:
    others = [member for member in members if member is not type(None)]
    if Decimal in others:
        return decimal_text
    if Timestamp in others:
        return _writer(Timestamp)
    if len(others) == 1:
        inner = _writer(others[0])
        return lambda value: None if value is None else inner(value)

    def write(value: Any) -> Any:
        for member in others:
            if isinstance(value, member):
                return _writer(member)(value)
        names = ", ".join(member.__name__ for member in others)
        raise TypeError(f"one of {names} is needed, not {type(value).__name__}")

    return write


def _write_model(model: Any) -> Callable[[Any], Any]:
    def write(value: Any) -> Any:
        if not isinstance(value, model):
            raise TypeError(f"{model.__name__} is needed, not {type(value).__name__}")
        out = {}
        model_of_value: Any = type(value)
        for field in fields_of(model_of_value):
            inner = getattr(value, field.name)
            if inner is None:
                continue
            try:
                out[field.wire] = _writer(field.kind)(inner)
            except (TypeError, ValueError) as error:
                raise type(error)(f"{model.__name__}.{field.name}: {error}") from None
        return out

    return write


def plain(value: Any) -> Any:
    """JSON for a value of no declared kind."""
    if value is None or isinstance(value, (str, bool, int, float)):
        return _writer(float)(value) if isinstance(value, float) else value
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, (Timestamp, dt.datetime)):
        return str(Timestamp.of(value))
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Model):
        return value.to_json()
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, Sequence):
        return [plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
