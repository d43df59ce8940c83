"""Writes `operations.py`: one function per endpoint, from arguments to a request that nobody has sent yet."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from generator import tables
from generator.document import Document, DocumentError, Operation, Schema
from generator.models import enum_names
from generator.text import HEAD, LINE_MAX, attribute, docstring, imports, item
from generator.types import Types, optional, target

JSON = "application/json"


@dataclass(frozen=True)
class Parameter:
    """One argument of a method."""

    name: str
    wire: str
    where: str
    annotation: str
    default: str | None
    about: str

    def declaration(self) -> str:
        """As it stands in a signature."""
        return f"{self.name}: {self.annotation}" + ("" if self.default is None else f" = {self.default}")


@dataclass(frozen=True)
class Endpoint:
    """An operation as Python has it. `form` is empty for JSON."""

    operation: Operation
    name: str
    positional: tuple[Parameter, ...]
    named: tuple[Parameter, ...]
    answer: str
    reader: str
    accept: str
    body: str | None
    repeatable: str
    pages: str | None
    about: str = field(repr=False)

    def signature(self, *, first: str | None = None, without: str | None = None) -> str:
        """The parameters, one a line."""
        lines = [first] if first else []
        lines += [parameter.declaration() for parameter in self.positional]
        named = [parameter.declaration() for parameter in self.named if parameter.name != without]
        lines += ["*", *named] if named else []
        return lines_of(lines)

    def call(self, *, without: str | None = None, extra: str | None = None) -> list[str]:
        """The arguments that hand the parameters on."""
        out = [parameter.name for parameter in self.positional]
        out += [f"{parameter.name}={parameter.name}" for parameter in self.named if parameter.name != without]
        return out + ([extra] if extra else [])

    def documentation(self, indent: str, *, without: str | None = None, note: str = "") -> str:
        """What it does and what its arguments are."""
        rest = [
            line
            for parameter in (*self.positional, *self.named)
            if parameter.name != without and parameter.about
            for line in item(parameter.name, parameter.about, indent)
        ]
        return docstring(self.about + note, indent, rest)


def lines_of(lines: list[str], indent: str = "    ") -> str:
    """Arguments in brackets, one a line."""
    if not lines:
        return "()"
    return "(\n" + "".join(f"{indent}    {line},\n".replace("*,", "*,") for line in lines) + f"{indent})"


def endpoints(document: Document) -> list[Endpoint]:
    """Every operation, and once more for each other form of its answer."""
    out = []
    for operation in document.operations:
        out += describe(document, operation)
    return out


def describe(document: Document, operation: Operation) -> list[Endpoint]:
    """One operation in all of its forms."""
    asking = Types(document, asking=True)
    positional: list[Parameter] = []
    named: list[Parameter] = []
    for raw in operation.raw.get("parameters", []):
        parameter = parameter_of(operation, raw, asking)
        (positional if parameter.where == "path" else named).append(parameter)
    body = body_of(document, operation, asking)
    if body is not None:
        positional.append(body[0])
    named.sort(key=lambda parameter: parameter.default is not None)
    annotations, forms = answers_of(document, operation)
    about = "\n\n".join(operation.raw[part] for part in ("summary", "description") if part in operation.raw)
    pages = entries_of(document, operation) if any(p.name == "cursor" for p in named) else None
    base = Endpoint(
        operation=operation,
        name=operation.id,
        positional=tuple(positional),
        named=tuple(named),
        answer=annotations[0],
        reader=annotations[1],
        accept=annotations[2],
        body=None if body is None else body[1],
        repeatable=repeatable(operation, named),
        pages=pages,
        about=about,
    )
    others = [
        replace(base, name=f"{operation.id}_{form}", answer="bytes", reader="as_bytes", accept=media, pages=None)
        for media, form in forms
    ]
    return [base, *others]


def parameter_of(operation: Operation, raw: Schema, asking: Types) -> Parameter:
    """A parameter of path, query or header."""
    wire, where, schema = raw["name"], raw["in"], raw["schema"]
    name = attribute(wire)
    annotation = asking.of(schema)
    if (operation.id, wire) in tables.COMMA_LISTS:
        annotation = "str | Sequence[str]"
    required = raw.get("required", False)
    about = raw.get("description", "")
    if where == "header":
        if wire == "Idempotency-Key":
            about = "A key under which the request counts once; a new one for every call when absent."
            required = False
        elif wire == "If-Match":
            annotation = "int | str"
        else:
            raise DocumentError(f"{operation.id}: the unknown header {wire}")
    if not required or optional(schema):
        annotation += " | None"
    return Parameter(name, wire, where, annotation, None if required else "None", about)


def body_of(document: Document, operation: Operation, asking: Types) -> tuple[Parameter, str] | None:
    """The body's argument and the expression that makes it ready to be sent."""
    raw = operation.raw.get("requestBody")
    if raw is None:
        return None
    content: dict[str, Schema] = {media: entry["schema"] for media, entry in raw["content"].items()}
    media = set(content)
    if media == {JSON}:
        schema = content[JSON]
        model = asking.of(schema)
        fields = document.schemas[target(schema) or ""]
        if operation.method == "POST" and "properties" in fields and not fields.get("required"):
            about = "What about it; everything when absent."
            return Parameter(
                "body", "body", "body", f"{model} | None", "None", about
            ), f"json_body({model}, body or {model}())"
        return Parameter("body", "body", "body", model, None, ""), f"json_body({model}, body)"
    if media == {JSON, "text/csv"}:
        model = asking.of(content[JSON])
        about = "One, or a whole file as CSV."
        return Parameter("body", "body", "body", f"{model} | str", None, about), f"json_or_csv({model}, body)"
    if len(media) == 1 and next(iter(media)) in ("text/csv", "application/octet-stream"):
        about = "The file's content."
        return Parameter("body", "body", "body", "bytes | str", None, about), f'raw_body("{next(iter(media))}", body)'
    raise DocumentError(f"{operation.id}: a body of unknown forms {sorted(media)}")


def answers_of(document: Document, operation: Operation) -> tuple[tuple[str, str, str], list[tuple[str, str]]]:
    """Annotation, reader and media type of the answer; and its other forms."""
    answering = Types(document, asking=False)
    kinds: dict[str, None] = {}
    forms: dict[str, str] = {}
    texts, files = set(), set()
    for status, answer in sorted(operation.raw["responses"].items()):
        if status[0] != "2":
            continue
        for media, entry in answer.get("content", {}).items():
            if media == JSON:
                kinds[answering.maybe(entry["schema"])] = None
            elif media in tables.FORMS:
                forms[media] = tables.FORMS[media]
            elif media.startswith("text/") or media in tables.TEXTS:
                texts.add(media)
            elif media in tables.FILES:
                files.add(media)
            else:
                raise DocumentError(f"{operation.id}: an answer of the unknown form {media}")
    if kinds and not texts and not files:
        annotation = " | ".join(kinds)
        return (annotation, f"as_json({annotation})", JSON), sorted(forms.items())
    # What is not JSON may still be a problem.
    if texts and not kinds and not files:
        return ("str", "as_text", "*/*"), []
    if len(files) == 1 and not kinds and not texts:
        return ("bytes", "as_bytes", "*/*"), []
    if not kinds and not texts and not files:
        return ("None", "as_nothing", "*/*"), []
    raise DocumentError(f"{operation.id}: an answer of several forms")


def repeatable(operation: Operation, named: list[Parameter]) -> str:
    """The expression that says whether sending it twice does no more than sending it once."""
    by_itself = operation.method == "GET" or any(p.wire == "Idempotency-Key" for p in named)
    return tables.REPEATABLE.get(operation.id, str(by_itself))


def entries_of(document: Document, operation: Operation) -> str:
    """`attribute:annotation` of the list in a page."""
    schema = operation.raw["responses"]["200"]["content"][JSON]["schema"]
    properties = document.schemas[target(schema) or ""]["properties"]
    lists = [name for name, inner in properties.items() if inner.get("type") == "array"]
    if len(lists) != 1 or "next_cursor" not in properties:
        raise DocumentError(f"{operation.id} takes a cursor, but its answer is no page")
    name = target(schema) or ""
    if name.startswith("Page_"):
        return f"items:{name.removeprefix('Page_')}"
    return f"{lists[0]}:{Types(document, asking=False).of(properties[lists[0]]['items'])}"


def operations(document: Document) -> str:
    """The file."""
    every = endpoints(document)
    bodies = "".join(f"\n\n{function(endpoint)}" for endpoint in every)
    words = set(re.findall(r"\w+", re.sub(r'"""(.|\n)*?"""', "", bodies)))
    enums = set(enum_names(document))
    out = [HEAD, '"""Requests as values: each function describes one, and sends nothing. `Client.send` does."""\n\n']
    out.append("from __future__ import annotations\n\n")
    out.append("import datetime as dt\n" if "dt" in words else "")
    out.append(abstract_imports(words) + "\n")
    out.append(imports("tradewind_client.enums", words & enums))
    out.append(imports("tradewind_client.models", (words & set(document.known)) - enums - {"Decimal", "Timestamp"}))
    out.append(imports("tradewind_client.paging", words & {"Page"}))
    helpers = {
        "as_bytes",
        "as_json",
        "as_nothing",
        "as_text",
        "etag",
        "json_body",
        "json_or_csv",
        "key_or_new",
        "path",
        "pairs",
        "raw_body",
    }
    out.append(imports("tradewind_client.request", (words & helpers) | {"Request"}))
    out.append(imports("tradewind_client.scalars", words & {"TimeInput"}))
    return "".join(out) + bodies


def abstract_imports(words: set[str]) -> str:
    """What annotations need of Python's own."""
    out = ""
    for module, names in (
        ("collections.abc", {"AsyncIterator", "Iterator", "Mapping", "Sequence"}),
        ("typing", {"Any", "Literal"}),
    ):
        if used := sorted(words & names):
            out += f"from {module} import {', '.join(used)}\n"
    return out


def function(endpoint: Endpoint) -> str:
    """One function."""
    operation = endpoint.operation
    paths = [p for p in endpoint.positional if p.where == "path"]
    queries = [f'("{p.wire}", {p.name})' for p in endpoint.named if p.where == "query"]
    headers = []
    for parameter in endpoint.named:
        if parameter.where == "header":
            maker = {"Idempotency-Key": "key_or_new", "If-Match": "etag"}[parameter.wire]
            headers.append(f'("{parameter.wire}", {maker}({parameter.name}))')
    where = f'"{operation.path}"'
    if paths:
        inner = ", ".join([where, *(f"{p.name}={p.name}" for p in paths)])
        where = f"path({inner})"
        if len(f"        path={where},") > LINE_MAX:
            where = f"path(\n            {inner}\n        )"
    arguments = [
        f'operation="{operation.id}"',
        f'method="{operation.method}"',
        f"path={where}",
    ]
    if queries:
        arguments.append("query=pairs" + lines_of(queries, "        "))
    if headers:
        arguments.append("headers=pairs" + lines_of(headers, "        "))
    if endpoint.body is not None:
        arguments.append(f"body={endpoint.body}")
    arguments.append(f"answer={endpoint.reader}")
    if endpoint.accept != JSON:
        arguments.append(f'accept="{endpoint.accept}"')
    if endpoint.repeatable != "False":
        arguments.append(f"repeatable={endpoint.repeatable}")
    about = " ".join(endpoint.about.split("\n\n")[0].split())
    return (
        f"def {endpoint.name}{endpoint.signature().replace(chr(10) + '    ', chr(10))} -> Request[{endpoint.answer}]:\n"
        + docstring(about, "    ")
        + f"    return Request{lines_of(arguments)}\n"
    )
