"""The two clients. Each builds what a request describes, sends it, and says what came of it."""

from __future__ import annotations

import asyncio
import dataclasses as dc
import ipaddress
import logging
import os
import time
import uuid
from collections.abc import Awaitable, Callable, Generator
from importlib import metadata
from types import TracebackType
from typing import Any, TypeVar

import httpx

from tradewind_client.api import Api, AsyncApi
from tradewind_client.codec import DecodeError
from tradewind_client.errors import ApiError, NotReached, TimedOut, TradewindError, UnexpectedAnswer, problem_of
from tradewind_client.request import Request
from tradewind_client.retry import Retry
from tradewind_client.secret import Secret
from tradewind_client.stream.blocking import BlockingHub
from tradewind_client.stream.hub import Hub
from tradewind_client.stream.options import HubOptions

__all__ = ["AsyncClient", "Client"]

T = TypeVar("T")
logger = logging.getLogger("tradewind_client")

_CONNECT_S = 5.0


@dc.dataclass(frozen=True, slots=True)
class Settings:
    """What both clients are made from."""

    base_url: httpx.URL
    key: Secret | None
    timeout_s: float
    retry: Retry
    trust_env: bool

    @classmethod
    def checked(
        cls, base_url: str, api_key: str | Secret | None, timeout_s: float, retry: Retry | None, insecure_http: bool
    ) -> Settings:
        """Raises ValueError for what cannot work or would give the key away."""
        url = httpx.URL(base_url)
        if url.scheme not in ("http", "https") or not url.host:
            raise ValueError(f"{base_url!r} is no address such as http://127.0.0.1:8787")
        if url.userinfo or url.query or url.fragment:
            raise ValueError("the address takes neither a user, a query nor a fragment")
        loopback = _is_loopback(url.host)
        key = Secret(api_key) if isinstance(api_key, str) else api_key
        if key is not None and not (key.reveal().isascii() and key.reveal().isprintable() and key.reveal().strip()):
            raise ValueError("an API key is a word such as twk_0a1b2c3d_…")
        if key is not None and url.scheme == "http" and not (loopback or insecure_http):
            raise ValueError(
                f"the API key would travel to {url.host} in the clear: "
                "use https, or insecure_http=True in a closed network"
            )
        return cls(url.copy_with(path=url.path.rstrip("/")), key, timeout_s, retry or Retry(), not loopback)

    def http_arguments(self) -> dict[str, Any]:
        """For either of httpx's clients. Redirects are not followed: the key belongs to this server."""
        version = metadata.version("tradewind-client")
        return {
            "auth": None if self.key is None else BearerAuth(self.key),
            "timeout": httpx.Timeout(self.timeout_s, connect=min(_CONNECT_S, self.timeout_s)),
            "headers": {"User-Agent": f"tradewind-client-python/{version}"},
            "trust_env": self.trust_env,
            "follow_redirects": False,
        }

    def url(self, path: str) -> httpx.URL:
        """The address of a path, which is escaped already."""
        return self.base_url.copy_with(raw_path=(self.base_url.raw_path.decode().rstrip("/") + path).encode())

    def stream_url(self) -> str:
        """The address of the hub."""
        scheme = "wss" if self.base_url.scheme == "https" else "ws"
        return str(self.url("/api/v1/stream").copy_with(scheme=scheme))

    def replaced(self, timeout_s: float | None, retry: Retry | None) -> Settings:
        """With other patience."""
        return dc.replace(
            self,
            timeout_s=self.timeout_s if timeout_s is None else timeout_s,
            retry=self.retry if retry is None else retry,
        )


class BearerAuth(httpx.Auth):
    """Adds the key as the request leaves, so that it stands in no default header."""

    def __init__(self, key: Secret) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """httpx asks for the requests to be sent."""
        request.headers["Authorization"] = f"Bearer {self._key.reveal()}"
        yield request


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _from_env(url: str | None, key: str | None) -> tuple[str, str | None]:
    return url or os.environ.get("TRADEWIND_URL", "http://127.0.0.1:8787"), key or os.environ.get("TRADEWIND_API_KEY")


def _message(settings: Settings, request: Request[Any], correlation_id: str) -> dict[str, Any]:
    """Arguments of httpx's `build_request`."""
    headers = [("Accept", request.accept), ("X-Request-Id", correlation_id), *request.headers]
    if request.body is not None:
        headers.append(("Content-Type", request.body.media_type))
    return {
        "method": request.method,
        "url": settings.url(request.path),
        "params": list(request.query) or None,
        "headers": headers,
        "content": None if request.body is None else request.body.content,
        "timeout": httpx.Timeout(settings.timeout_s, connect=min(_CONNECT_S, settings.timeout_s)),
    }


def _settle(request: Request[T], response: httpx.Response, correlation_id: str) -> T:
    """What a response says: the answer, or the problem, raised."""
    if not response.is_success:
        raise problem_of(response.status_code, response.headers, response.content, correlation_id)
    try:
        return request.answer(response.content)
    except DecodeError as error:
        told = response.headers.get("x-request-id", correlation_id)
        text = f"{request.operation}: {error}; the server and this client may be of different versions"
        raise UnexpectedAnswer(text, correlation_id=told) from error


def _lost(request: Request[Any], error: httpx.HTTPError, correlation_id: str) -> NotReached:
    """What it means that there was no response."""
    not_sent = isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout))
    kind = TimedOut if isinstance(error, httpx.TimeoutException) else NotReached
    reason = str(error) or type(error).__name__
    text = f"{request.method} {request.path}: no answer ({reason}; correlation id {correlation_id})"
    return kind(text, correlation_id=correlation_id, not_sent=not_sent)


def _note(request: Request[Any], error: TradewindError, attempt: int, pause: float) -> None:
    what = error.code if isinstance(error, ApiError) else type(error).__name__
    logger.info("%s: %s at attempt %d, again in %.2f s", request.operation, what, attempt, pause)


class Client(Api):
    """Asks and waits. Safe to be used by several threads. Close it, or use it in a `with`.

    `base_url`: the server, e.g. `http://127.0.0.1:8787`; a path before the API's own is kept.
    `api_key`: from the settings page or `tradewind key add`; None for what is public.
    `timeout_s`: longest silence of the server, per attempt.
    `insecure_http`: send the key over plain HTTP to another machine.
    `transport`: of httpx, for tests and special networks.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str | Secret | None = None,
        *,
        timeout_s: float = 30.0,
        retry: Retry | None = None,
        insecure_http: bool = False,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        super().__init__(self)
        self._settings = Settings.checked(base_url, api_key, timeout_s, retry, insecure_http)
        self._http = httpx.Client(transport=transport, **self._settings.http_arguments())
        self._sleep: Callable[[float], None] = time.sleep

    @classmethod
    def from_env(cls, base_url: str | None = None, api_key: str | None = None, **options: Any) -> Client:
        """With `TRADEWIND_URL` and `TRADEWIND_API_KEY` from the environment where they are not given."""
        return cls(*_from_env(base_url, api_key), **options)

    def send(self, request: Request[T], /) -> T:
        """Sends a request of `tradewind_client.operations`, again where that is safe."""
        correlation_id = uuid.uuid4().hex
        attempt = 0
        while True:
            attempt += 1
            try:
                response = self._http.send(
                    self._http.build_request(**_message(self._settings, request, correlation_id))
                )
                return _settle(request, response, correlation_id)
            except httpx.HTTPError as cause:
                error: TradewindError = _lost(request, cause, correlation_id)
                pause = self._settings.retry.pause(request, error, attempt)
                if pause is None:
                    raise error from cause
            except ApiError as problem:
                error = problem
                pause = self._settings.retry.pause(request, error, attempt)
                if pause is None:
                    raise
            _note(request, error, attempt, pause)
            self._sleep(pause)

    def with_options(self, *, timeout_s: float | None = None, retry: Retry | None = None) -> Client:
        """A client over the same connections with other patience; closing either closes both."""
        other = type(self).__new__(type(self))
        Api.__init__(other, other)
        other._settings = self._settings.replaced(timeout_s, retry)
        other._http, other._sleep = self._http, self._sleep
        return other

    def stream(self, options: HubOptions | None = None) -> BlockingHub:
        """The real-time hub for programs without an event loop; use it in a `with`."""
        url = str(self._settings.base_url)
        key, patience = self._settings.key, self._settings
        return BlockingHub(
            lambda: AsyncClient(url, key, timeout_s=patience.timeout_s, retry=patience.retry, insecure_http=True),
            options,
        )

    def close(self) -> None:
        """Closes its connections."""
        self._http.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client({str(self._settings.base_url)!r})"


class AsyncClient(AsyncApi):
    """The same as coroutines, for asyncio. Its arguments are those of `Client`."""

    def __init__(
        self,
        base_url: str,
        api_key: str | Secret | None = None,
        *,
        timeout_s: float = 30.0,
        retry: Retry | None = None,
        insecure_http: bool = False,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        super().__init__(self)
        self._settings = Settings.checked(base_url, api_key, timeout_s, retry, insecure_http)
        self._http = httpx.AsyncClient(transport=transport, **self._settings.http_arguments())
        self._sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    @classmethod
    def from_env(cls, base_url: str | None = None, api_key: str | None = None, **options: Any) -> AsyncClient:
        """With `TRADEWIND_URL` and `TRADEWIND_API_KEY` from the environment where they are not given."""
        return cls(*_from_env(base_url, api_key), **options)

    async def send(self, request: Request[T], /) -> T:
        """Sends a request of `tradewind_client.operations`, again where that is safe."""
        correlation_id = uuid.uuid4().hex
        attempt = 0
        while True:
            attempt += 1
            try:
                message = self._http.build_request(**_message(self._settings, request, correlation_id))
                return _settle(request, await self._http.send(message), correlation_id)
            except httpx.HTTPError as cause:
                error: TradewindError = _lost(request, cause, correlation_id)
                pause = self._settings.retry.pause(request, error, attempt)
                if pause is None:
                    raise error from cause
            except ApiError as problem:
                error = problem
                pause = self._settings.retry.pause(request, error, attempt)
                if pause is None:
                    raise
            _note(request, error, attempt, pause)
            await self._sleep(pause)

    def with_options(self, *, timeout_s: float | None = None, retry: Retry | None = None) -> AsyncClient:
        """A client over the same connections with other patience; closing either closes both."""
        other = type(self).__new__(type(self))
        AsyncApi.__init__(other, other)
        other._settings = self._settings.replaced(timeout_s, retry)
        other._http, other._sleep = self._http, self._sleep
        return other

    def stream(self, options: HubOptions | None = None) -> Hub:
        """The real-time hub; use it in an `async with`."""
        # The hub waits and tries again by itself.
        once = self.with_options(retry=dc.replace(self._settings.retry, attempts=1))
        return Hub(once, self._settings.stream_url(), proxies=self._settings.trust_env, options=options)

    async def aclose(self) -> None:
        """Closes its connections."""
        await self._http.aclose()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"AsyncClient({str(self._settings.base_url)!r})"
