"""Writes `enums.py` and `models.py`."""

from __future__ import annotations

import re

from generator import tables
from generator.document import Document, DocumentError, Schema
from generator.text import HEAD, attribute, docstring, imports
from generator.types import SCALARS, Types, is_enum, is_union, optional, parts_of, tag_of, target, variant_name

# Names that annotations use; a field of such a name would hide it.
TAKEN = {"str", "int", "float", "bool", "tuple", "dc", "dt", "Any", "Literal", "Mapping", "Sequence", "Decimal"}


def enums(document: Document) -> str:
    """The file of enumerations."""
    out = [HEAD, '"""Words of the API. A word that a newer server adds is kept as it came: see `ApiEnum`."""\n\n']
    out.append("from __future__ import annotations\n\nfrom tradewind_client.scalars import ApiEnum\n\n")
    names = enum_names(document)
    out.append("__all__ = [\n" + "".join(f'    "{name}",\n' for name in names) + "]\n")
    for name in names:
        schema = document.schemas[name]
        out.append(f"\n\nclass {name}(ApiEnum):\n" + docstring(schema.get("description", ""), "    ") + "\n")
        out += [f'    {re.sub(r"[^A-Za-z0-9]", "_", word).upper()} = "{word}"\n' for word in schema["enum"]]
    return "".join(out)


def enum_names(document: Document) -> list[str]:
    """Enumerations of the document."""
    return [name for name in document.known if is_enum(document.schemas[name])]


class Writer:
    """Collects classes in an order in which each base comes before what is built on it."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.written: dict[str, str] = {}
        self.used: set[str] = set()
        self.rows = {
            (table, schema, field)
            for table in ("DECIMAL_TEXT", "LEVELS", "SECRETS")
            for schema, fields in getattr(tables, table).items()
            for field in fields
            if schema in document.known
        }

    def named(self, table: str, schema: str, field: str) -> bool:
        """Whether a table has a field; notes that its row was of use."""
        row = (table, schema, field)
        found = field in getattr(tables, table).get(schema, ())
        if found:
            self.rows.discard(row)
        return found

    def write(self, name: str) -> None:
        """Writes a schema's class, once."""
        schema = self.document.schemas[name]
        if name in self.written or name in SCALARS or name in tables.OPAQUE or is_enum(schema):
            return
        self.written[name] = ""
        text = self.union(name, schema) if is_union(schema) else self.model(name, name, schema)
        # What came meanwhile stands before it.
        del self.written[name]
        self.written[name] = text

    def union(self, name: str, schema: Schema) -> str:
        """An alias of the variants; those without a name get one."""
        members = []
        for variant in schema["oneOf"]:
            reference = target(variant)
            if reference is None:
                reference = variant_name(name, variant)
                described = {"description": schema.get("description", ""), **variant}
                self.written[reference] = self.model(reference, name, described)
            else:
                self.write(reference)
            members.append(reference)
        alias = f"{name}: TypeAlias = Union[\n" + "".join(f"    {member},\n" for member in members) + "]\n"
        return alias + docstring(schema.get("description", ""), "")

    def model(self, name: str, origin: str, schema: Schema) -> str:
        """A frozen dataclass. `origin` is the schema under which the tables have it."""
        base, own = parts_of(schema)
        if base is not None:
            self.write(base)
        out = [f"@dc.dataclass(frozen=True, slots=True, kw_only=True)\nclass {name}({base or 'Model'}):\n"]
        out.append(docstring(own.get("description", ""), "    "))
        tag = tag_of(schema)[0] if name != origin else None
        required = own.get("required", [])
        fields = list(required) + sorted(set(own.get("properties", {})) - set(required))
        if tag is not None:
            fields.sort(key=lambda wire: wire != tag)
        out += [
            "\n" + self.field(origin, wire, own["properties"][wire], wire in required, wire == tag) for wire in fields
        ]
        return "".join(out)

    def field(self, origin: str, wire: str, schema: Schema, required: bool, tag: bool) -> str:
        """One field with its documentation."""
        name = attribute(wire)
        if name in TAKEN:
            raise DocumentError(f"{origin}.{wire} would hide a name that annotations use")
        types = Types(self.document, asking=origin in self.document.asked)
        annotation = types.of(
            schema,
            decimal=self.named("DECIMAL_TEXT", origin, wire),
            levels=self.named("LEVELS", origin, wire),
        )
        if tag:
            word = schema["enum"][0]
            return f'    {name}: {annotation} = "{word}"\n    """Tells it from its siblings."""\n'
        if optional(schema) or not required:
            annotation += " | None"
        arguments = []
        secret = self.named("SECRETS", origin, wire)
        # Yes or no keeps no secret.
        suspicious = schema.get("type") != "boolean" and any(word in wire for word in tables.SECRET_WORDS)
        if suspicious and not secret:
            raise DocumentError(f"{origin}.{wire} looks like a secret: tables.py should say so")
        if secret:
            arguments.append("repr=False")
        if not required:
            arguments.append("default=None")
        if name != wire:
            arguments.append(f'metadata={{"wire": "{wire}"}}')
        if arguments == ["default=None"]:
            value = " = None"
        else:
            value = f" = dc.field({', '.join(arguments)})" if arguments else ""
        inner = schema.get("description") or next(
            (variant["description"] for variant in schema.get("oneOf", []) if "description" in variant), ""
        )
        return f"    {name}: {annotation}{value}\n" + docstring(inner, "    ")


def models(document: Document) -> str:
    """The file of models."""
    writer = Writer(document)
    for name in document.known:
        writer.write(name)
    if writer.rows:
        raise DocumentError(f"rows of tables.py that no field of the document has: {sorted(writer.rows)}")
    classes = "".join(f"\n\n{text}" for text in writer.written.values())
    words = set(re.findall(r"[A-Za-z_]+", re.sub(r'"""(.|\n)*?"""', "", classes)))
    out = [HEAD, '"""Objects of the API: frozen, exact, and blind to fields that a newer server adds."""\n\n']
    out.append("from __future__ import annotations\n\nimport dataclasses as dc\nimport datetime as dt\n")
    out.append(
        "from collections.abc import Mapping, Sequence\nfrom decimal import Decimal\n"
        "from typing import Any, Literal, TypeAlias, Union\n\nfrom tradewind_client.codec import Model\n"
    )
    out.append(imports("tradewind_client.enums", words & set(enum_names(document))))
    out.append("from tradewind_client.scalars import DecimalInput, Level, TimeInput, Timestamp\n\n")
    out.append("__all__ = [\n" + "".join(f'    "{name}",\n' for name in sorted(writer.written)) + "]\n")
    return "".join(out) + classes
