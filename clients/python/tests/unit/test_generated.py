"""What is generated is what the server's document says, and every model reads and writes what its schema allows."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import Any

import pytest

import generate
from generator import tables
from generator.document import DocumentError, load
from generator.operations import endpoints
from tradewind_client import AsyncClient, Client, models, operations
from tradewind_client.codec import Model, decode, encode
from tradewind_client.enums import Channel
from tradewind_client.stream.channels import CHANNELS

DOCUMENT = load(generate.SNAPSHOT)
SAMPLES: dict[str | None, Any] = {
    "date": "2026-11-22",
    "date-time": "2026-11-22T09:15:00.000000001Z",
    "decimal": "12.5",
}


def test_the_code_is_generated_from_the_servers_document() -> None:
    stale = [str(path.name) for path in generate.differences(generate.render())]
    assert stale == [], "run clients/python/generate.py"


def test_a_file_that_is_changed_or_too_many_is_noticed(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    files = generate.render()
    path, text = next(iter(files.items()))
    assert generate.differences({**files, path: text + "#"}) == [path]
    monkeypatch.setattr(generate, "PACKAGE", tmp_path)
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "old.py").write_text("")
    assert generate.differences({}) == [tmp_path / "api" / "old.py"]


def test_a_document_with_something_unknown_is_refused(tmp_path: Any) -> None:
    raw = json.loads(generate.SNAPSHOT.read_text(encoding="utf-8").split("\n---\n", 1)[1])
    changes: list[Callable[[dict[str, Any]], Any]] = [
        lambda d: d["components"]["schemas"]["Quote"]["properties"].update(when={"type": "string", "format": "epoch"}),
        lambda d: d["components"]["schemas"]["Quote"]["properties"].update(access_token={"type": "string"}),
        lambda d: d["components"]["schemas"]["NewOrder"]["properties"].pop("trigger"),
        lambda d: d["paths"].pop("/api/v1/stream"),
        lambda d: d["paths"]["/api/v1/fx-rates"]["post"]["requestBody"].update(content={"image/png": {"schema": {}}}),
    ]
    for change in changes:
        document = json.loads(json.dumps(raw))
        change(document)
        path = tmp_path / "openapi.json"
        path.write_text(json.dumps(document))
        with pytest.raises(DocumentError):
            generate.render(path)


def test_every_operation_is_a_function_and_a_method_of_both_clients() -> None:
    raw = json.loads(generate.SNAPSHOT.read_text(encoding="utf-8").split("\n---\n", 1)[1])
    ids = {
        operation["operationId"]
        for methods in raw["paths"].values()
        for name, operation in methods.items()
        if name in ("get", "put", "post", "patch", "delete")
    }
    client, waiting = Client("http://127.0.0.1"), AsyncClient("http://127.0.0.1")
    made = set()
    for endpoint in endpoints(DOCUMENT):
        tag = endpoint.operation.tag
        function = getattr(operations, endpoint.name)
        sync = getattr(getattr(client, tag), endpoint.name)
        coroutine = getattr(getattr(waiting, tag), endpoint.name)
        assert inspect.iscoroutinefunction(coroutine)
        assert not inspect.iscoroutinefunction(sync)
        parameters = list(inspect.signature(function).parameters.values())
        assert list(inspect.signature(sync).parameters.values()) == parameters
        assert list(inspect.signature(coroutine).parameters.values()) == parameters
        made.add(endpoint.operation.id)
    assert made | set(tables.LEFT_OUT) == ids
    assert not made & set(tables.LEFT_OUT)
    client.close()


def sample(schema: dict[str, Any], *, whole: bool) -> Any:
    """A value that a schema allows: with everything in it, or with what has to be."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/components/schemas/")
        return None if name in tables.OPAQUE else sample(DOCUMENT.schemas[name], whole=whole)
    if "allOf" in schema:
        return {key: value for part in schema["allOf"] for key, value in sample(part, whole=whole).items()}
    if "oneOf" in schema:
        return sample(schema["oneOf"][0], whole=whole)
    if "enum" in schema:
        return schema["enum"][0]
    kinds = schema.get("type")
    kind = kinds[0] if isinstance(kinds, list) else kinds
    if kind == "string":
        return SAMPLES.get(schema.get("format"), "12.5")
    if kind == "array":
        return [sample(schema["items"], whole=whole)] if whole else []
    if kind == "object":
        if "properties" not in schema:
            inner = schema.get("additionalProperties")
            return {"a": sample(inner, whole=whole)} if whole and isinstance(inner, dict) else {}
        names = schema["properties"] if whole else schema.get("required", [])
        return {name: sample(schema["properties"][name], whole=whole) for name in names}
    return {"integer": 3, "number": 1.5, "boolean": True, None: {"any": 1}}[kind]


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_nulls(inner) for name, inner in value.items() if inner is not None}
    return [without_nulls(inner) for inner in value] if isinstance(value, list) else value


def levels_in(name: str, value: Any) -> Any:
    """Levels are pairs, which their schema does not say."""
    if isinstance(value, dict):
        pairs = tables.LEVELS.get(name, set())
        return {key: [["12.5", "12.5"]] * len(inner) if key in pairs else inner for key, inner in value.items()}
    return value


@pytest.mark.parametrize("name", [name for name in DOCUMENT.known if name in models.__all__])
@pytest.mark.parametrize("whole", [True, False], ids=["whole", "least"])
def test_every_schema_is_read_and_written_back(name: str, whole: bool) -> None:
    kind = getattr(models, name)
    value = levels_in(name, sample({"$ref": f"#/components/schemas/{name}"}, whole=whole))
    read = decode(kind, value)
    assert isinstance(read, Model)
    assert encode(kind, read) == without_nulls(value)
    assert decode(kind, json.loads(json.dumps(encode(kind, read)))) == read
    assert hash(repr(read)) == hash(repr(decode(kind, value)))


def test_every_shape_of_the_hub_belongs_to_a_channel() -> None:
    shapes = set()
    for variant in DOCUMENT.schemas["HubData"]["oneOf"]:
        target = variant.get("$ref") or variant["items"]["$ref"]
        shapes.add(target.removeprefix("#/components/schemas/"))
    assert {rule.model.__name__ for rule in CHANNELS.values()} == shapes - {"BookDelta"}
    assert set(CHANNELS) == set(Channel)
