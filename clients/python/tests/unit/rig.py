"""Clients over a scripted transport: every answer is said beforehand, every request is kept, no time passes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx

from tradewind_client import AsyncClient, Client, Request, Retry

KEY = "twk_0a1b2c3d_do-not-show-this"
URL = "http://127.0.0.1:8787"
Answer = httpx.Response | httpx.HTTPError


def ok(value: Any, status: int = 200) -> httpx.Response:
    return httpx.Response(status, json=value)


def problem(
    status: int, code: str, *, detail: str = "it is so", fields: list[dict[str, str]] | None = None, **headers: str
) -> httpx.Response:
    body = {
        "type": f"/api/v1/errors#{code}",
        "title": code.capitalize(),
        "status": status,
        "detail": detail,
        "instance": "/api/v1/x",
        "error_code": code,
        "correlation_id": "corr-1",
        "timestamp": "2026-11-22T09:15:00Z",
        "errors": fields or [],
    }
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(
        status, headers={"content-type": "application/problem+json", **named}, content=json.dumps(body).encode()
    )


class Script:
    """Answers in order; the last one stays."""

    def __init__(self, *answers: Answer | Callable[[httpx.Request], httpx.Response]) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.waits: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, httpx.HTTPError):
            raise answer
        return answer(request) if callable(answer) else answer

    def retry(self, **options: Any) -> Retry:
        return Retry(**{"chance": lambda: 0.0, **options})

    def client(self, **options: Any) -> Client:
        client = Client(URL, KEY, transport=httpx.MockTransport(self), retry=self.retry(**options))
        client._sleep = self.waits.append
        return client

    def async_client(self, **options: Any) -> AsyncClient:
        client = AsyncClient(URL, KEY, transport=httpx.MockTransport(self), retry=self.retry(**options))

        async def sleep(seconds: float) -> None:
            self.waits.append(seconds)

        client._sleep = sleep
        return client

    async def send(self, request: Request[Any], *, waits: bool, **options: Any) -> Any:
        """By either client."""
        if waits:
            with self.client(**options) as client:
                return client.send(request)
        async with self.async_client(**options) as client:
            return await client.send(request)
