"""From schemas to annotations."""

from __future__ import annotations

from typing import Any

from generator import tables
from generator.document import PREFIX, Document, DocumentError, Schema
from generator.text import camel

SCALARS = {"Decimal": "Decimal", "Timestamp": "Timestamp"}
INPUTS = {"Decimal": "DecimalInput", "Timestamp": "TimeInput"}


def target(schema: Schema) -> str | None:
    """The schema that is referred to; siblings of a `$ref` only describe."""
    ref = schema.get("$ref")
    return None if ref is None else str(ref).removeprefix(PREFIX)


def is_enum(schema: Schema) -> bool:
    """Whether it is a named list of words."""
    return "enum" in schema


def is_union(schema: Schema) -> bool:
    """Whether it is one of several objects."""
    return "oneOf" in schema and not nullable_ref(schema)


def nullable_ref(schema: Schema) -> Schema | None:
    """The other one of `oneOf: [something, null]`."""
    variants = schema.get("oneOf")
    if variants is None or {"type": "null"} not in variants or len(variants) != 2:
        return None
    other: Schema = next(variant for variant in variants if variant != {"type": "null"})
    return other


def optional(schema: Schema) -> bool:
    """Whether it may be null."""
    kind = schema.get("type")
    return nullable_ref(schema) is not None or (isinstance(kind, list) and "null" in kind)


class Types:
    """Maps schemas to annotations; `asking` is the direction from the client to the server."""

    def __init__(self, document: Document, *, asking: bool) -> None:
        self.document = document
        self.asking = asking

    def of(self, schema: Schema, *, decimal: bool = False, levels: bool = False) -> str:
        """The annotation without `None`."""
        if (name := target(schema)) is not None:
            return self.named(name)
        if (other := nullable_ref(schema)) is not None:
            return self.of(other, decimal=decimal)
        if not set(schema) - {"description", "example", "examples", "default"}:
            return "Any"
        kinds = schema.get("type")
        kind = next(k for k in kinds if k != "null") if isinstance(kinds, list) else kinds
        if kind == "string":
            return self.text(schema, decimal=decimal)
        if decimal:
            raise DocumentError(f"tables.py calls {schema} a decimal in a text")
        if kind in ("integer", "number", "boolean"):
            return {"integer": "int", "number": "float", "boolean": "bool"}[kind]
        if kind == "array":
            inner = "Level" if levels else self.maybe(schema["items"])
            return f"Sequence[{inner}]" if self.asking else f"tuple[{inner}, ...]"
        if kind == "object":
            values = schema.get("additionalProperties")
            return f"Mapping[str, {self.maybe(values) if isinstance(values, dict) else 'Any'}]"
        raise DocumentError(f"a schema of no known form: {schema}")

    def text(self, schema: Schema, *, decimal: bool = False) -> str:
        """A text by its format."""
        form = schema.get("format")
        words = schema.get("enum")
        if words is not None:
            return "Literal[" + ", ".join(f'"{word}"' for word in words) + "]"
        if decimal or form == "decimal":
            return "DecimalInput" if self.asking else "Decimal"
        if form == "date":
            return "dt.date"
        if form == "date-time":
            return "TimeInput" if self.asking else "Timestamp"
        if form not in (None, "binary", "password"):
            raise DocumentError(f"a text of the unknown format {form}")
        return "str"

    def named(self, name: str) -> str:
        """A schema by its name."""
        if name in SCALARS:
            return (INPUTS if self.asking else SCALARS)[name]
        if name in tables.OPAQUE:
            return "Any"
        if name.startswith("Page_"):
            return f"Page[{name.removeprefix('Page_')}]"
        return name

    def maybe(self, schema: Schema) -> str:
        """The annotation with `None` where null may stand."""
        return self.of(schema) + (" | None" if optional(schema) else "")


def parts_of(schema: Schema) -> tuple[str | None, Schema]:
    """The base of an `allOf` and what is added; `(None, schema)` for an object of its own."""
    parts = schema.get("allOf")
    if parts is None:
        return None, schema
    base, added = parts
    return target(base), {"description": schema.get("description", base.get("description", "")), **added}


def variant_name(union: str, variant: Schema) -> str:
    """The name of a variant that has none: the union's and its tag's."""
    return union + camel(tag_of(variant)[1])


def tag_of(variant: Schema) -> tuple[str, str]:
    """The field by which a variant is told from its siblings, and its word."""
    _, own = parts_of(variant)
    for name, schema in own["properties"].items():
        words: list[Any] = schema.get("enum", [])
        if len(words) == 1:
            return name, words[0]
    raise DocumentError(f"a variant without a tag: {variant}")
