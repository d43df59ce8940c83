"""Writes the package `api`: for each tag of the document a class of methods that wait, and one of coroutines."""

from __future__ import annotations

import re

from generator.document import Document
from generator.models import enum_names
from generator.operations import Endpoint, abstract_imports, endpoints, lines_of
from generator.text import HEAD, docstring, imports


def resources(document: Document) -> dict[str, str]:
    """The files by name."""
    by_tag: dict[str, list[Endpoint]] = {}
    for endpoint in endpoints(document):
        by_tag.setdefault(endpoint.operation.tag, []).append(endpoint)
    files = {f"{tag}.py": resource(document, tag, every) for tag, every in sorted(by_tag.items())}
    return {"__init__.py": face(document, sorted(by_tag)), **files}


def class_name(tag: str, *, waits: bool) -> str:
    """`OrdersApi` or `AsyncOrdersApi`."""
    return ("" if waits else "Async") + tag.capitalize() + "Api"


def resource(document: Document, tag: str, every: list[Endpoint]) -> str:
    """One file."""
    classes = "".join(one_class(document, tag, every, waits=waits) for waits in (True, False))
    code = re.sub(r'"""(.|\n)*?"""', "", classes)
    words = set(re.findall(r"\w+", code))
    enums = set(enum_names(document))
    abstract = abstract_imports(words)
    out = [HEAD, f'"""{document.tags[tag]}"""\n\nfrom __future__ import annotations\n\n']
    out.append("import datetime as dt\n" if "dt" in words else "")
    out.append(abstract + "\n" if abstract else "")
    out.append("from tradewind_client import operations\n")
    out.append(imports("tradewind_client.enums", words & enums))
    out.append(imports("tradewind_client.models", (words & set(document.known)) - enums - {"Decimal", "Timestamp"}))
    out.append(imports("tradewind_client.paging", words & {"Page", "pages", "pages_async"}))
    out.append(imports("tradewind_client.request", {"AsyncSender", "Sender"}))
    out.append(imports("tradewind_client.scalars", words & {"TimeInput"}))
    return "".join(out) + classes


def one_class(document: Document, tag: str, every: list[Endpoint], *, waits: bool) -> str:
    """The methods of a tag."""
    sender = "Sender" if waits else "AsyncSender"
    out = [f"\n\nclass {class_name(tag, waits=waits)}:\n", docstring(document.tags[tag], "    ")]
    out.append(f"\n    def __init__(self, sender: {sender}) -> None:\n        self._sender = sender\n")
    for endpoint in every:
        out.append(method(endpoint, waits=waits))
        if endpoint.pages is not None:
            out.append(iterator(endpoint, waits=waits))
    return "".join(out)


def method(endpoint: Endpoint, *, waits: bool) -> str:
    """One call, one answer."""
    head, await_ = ("def", "") if waits else ("async def", "await ")
    call = f"operations.{endpoint.name}" + lines_of(endpoint.call(), "            ")
    return (
        f"\n    {head} {endpoint.name}{endpoint.signature(first='self')} -> {endpoint.answer}:\n"
        + endpoint.documentation("        ")
        + f"        return {await_}self._sender.send(\n            {call},\n        )\n"
    )


def iterator(endpoint: Endpoint, *, waits: bool) -> str:
    """All entries of all pages."""
    attribute, entry = (endpoint.pages or "").split(":")
    kind, walk = ("Iterator", "pages") if waits else ("AsyncIterator", "pages_async")
    name = "iter_" + endpoint.name.removeprefix("list_")
    call = f"operations.{endpoint.name}" + lines_of(
        endpoint.call(without="cursor", extra="cursor=cursor"), "            "
    )
    note = " Asks for page after page as they are used; `limit` is the size of a page."
    return (
        f"\n    def {name}{endpoint.signature(first='self', without='cursor')} -> {kind}[{entry}]:\n"
        + endpoint.documentation("        ", without="cursor", note=note)
        + f"        return {walk}(\n            self._sender,\n            lambda cursor: {call},\n"
        + f"            lambda page: page.{attribute},\n        )\n"
    )


def face(document: Document, tags: list[str]) -> str:
    """The package's face: what a client has."""
    out = [HEAD, '"""The endpoints by topic."""\n\nfrom __future__ import annotations\n\n']
    for tag in tags:
        names = {class_name(tag, waits=waits) for waits in (True, False)}
        out.append(f"from tradewind_client.api.{tag} import {', '.join(sorted(names))}\n")
    out.append("from tradewind_client.request import AsyncSender, Sender\n\n")
    every = sorted({"Api", "AsyncApi"} | {class_name(tag, waits=waits) for tag in tags for waits in (True, False)})
    out.append("__all__ = [\n" + "".join(f'    "{name}",\n' for name in every) + "]\n")
    for waits in (True, False):
        name, sender = ("Api", "Sender") if waits else ("AsyncApi", "AsyncSender")
        about = "What a client that waits can ask for." if waits else "The same as coroutines."
        out.append(f'\n\nclass {name}:\n    """{about}"""\n\n    def __init__(self, sender: {sender}) -> None:\n')
        for tag in tags:
            out.append(f"        self.{tag} = {class_name(tag, waits=waits)}(sender)\n")
            out.append(docstring(document.tags[tag], "        "))
    return "".join(out)
