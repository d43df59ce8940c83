"""Reads the OpenAPI document: as the server answers it, or as its snapshot under test has it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator import tables

Schema = dict[str, Any]
PREFIX = "#/components/schemas/"
METHODS = ("get", "put", "post", "patch", "delete")


class DocumentError(Exception):
    """The document has something that the generator does not know, or a table names something that is not there."""


@dataclass(frozen=True)
class Operation:
    """One endpoint."""

    id: str
    method: str
    path: str
    tag: str
    raw: dict[str, Any]


@dataclass(frozen=True)
class Document:
    """Schemas and operations, without what the client leaves out."""

    schemas: dict[str, Schema]
    operations: tuple[Operation, ...]
    tags: dict[str, str]
    # Schemas that only travel from the client to the server.
    asked: frozenset[str]
    # Schemas that the client has to know, pages excluded.
    known: tuple[str, ...]


def load(path: Path) -> Document:
    """Reads a file: JSON, or an insta snapshot whose body is JSON."""
    text = path.read_text(encoding="utf-8")
    if text.startswith("---\n"):
        text = text.split("\n---\n", 1)[1]
    raw = json.loads(text)
    schemas: dict[str, Schema] = raw["components"]["schemas"]
    every = [
        Operation(op["operationId"], method.upper(), path, op["tags"][0], op)
        for path, methods in raw["paths"].items()
        for method, op in methods.items()
        if method in METHODS
    ]
    ids = {operation.id for operation in every}
    named = {*tables.LEFT_OUT, *tables.REPEATABLE, *(operation for operation, _ in tables.COMMA_LISTS)}
    if unknown := sorted(named - ids):
        raise DocumentError(f"tables.py names operations that the document does not have: {unknown}")
    named = {*tables.DECIMAL_TEXT, *tables.LEVELS, *tables.SECRETS, *tables.OPAQUE}
    if unknown := sorted(named - set(schemas)):
        raise DocumentError(f"tables.py names schemas that the document does not have: {unknown}")
    kept = sorted(
        (op for op in every if op.id not in tables.LEFT_OUT), key=lambda op: (op.path, METHODS.index(op.method.lower()))
    )
    bodies = closure(schemas, (ref for op in kept for ref in refs(op.raw.get("requestBody"))))
    hub = closure(schemas, tables.HUB_ROOTS)
    answers = closure(
        schemas,
        (
            ref
            for op in kept
            for status, answer in op.raw["responses"].items()
            if status[0] == "2"
            for ref in refs(answer)
        ),
    )
    parameters = closure(schemas, (ref for op in kept for ref in refs(op.raw.get("parameters"))))
    known = bodies | answers | parameters | hub
    check_pages(schemas)
    return Document(
        schemas=schemas,
        operations=tuple(kept),
        tags={tag["name"]: tag["description"] for tag in raw["tags"]},
        asked=frozenset(bodies - answers - hub),
        known=tuple(sorted(name for name in known if not name.startswith("Page_"))),
    )


def refs(value: Any) -> Iterator[str]:
    """Names of the schemas that a piece of the document refers to; an inlined page counts as its entry."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "$ref":
                yield inner.removeprefix(PREFIX)
            else:
                yield from refs(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from refs(inner)


def closure(schemas: dict[str, Schema], seeds: Any) -> set[str]:
    """Everything that can be reached."""
    seen: set[str] = set()
    waiting = list(seeds)
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if name.startswith("Page_"):
            waiting.append(name.removeprefix("Page_"))
        waiting.extend(refs(schemas[name]))
    return seen


def check_pages(schemas: dict[str, Schema]) -> None:
    """A page writes its entry's schema out; it has to be the schema of that name."""
    for name, schema in schemas.items():
        if not name.startswith("Page_"):
            continue
        entry = schema["properties"]["items"]["items"]
        own = schemas[name.removeprefix("Page_")]
        if entry != own and entry != {"$ref": PREFIX + name.removeprefix("Page_")}:
            raise DocumentError(f"the entries of {name} are not {name.removeprefix('Page_')}")
        if set(schema["properties"]) != {"items", "next_cursor"}:
            raise DocumentError(f"{name} is no page")
