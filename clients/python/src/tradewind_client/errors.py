"""What can go wrong, as one tree.

| exception | when |
| --- | --- |
| `ApiError` | the server answered with a problem (RFC 9457); its subclasses go by the status |
| `NotReached`, `TimedOut` | nothing or nobody answered; what became of the request is unknown unless `not_sent` |
| `UnexpectedAnswer` | the answer is not what the API's document says |
| `HubError` | the real-time hub refused or ended something |
"""

from __future__ import annotations

import email.utils
import json
import time
from collections.abc import Mapping
from typing import Any

from tradewind_client.codec import DecodeError
from tradewind_client.models import FieldError, Problem

__all__ = [
    "ApiError",
    "BadRequest",
    "Conflict",
    "Forbidden",
    "HubClosed",
    "HubError",
    "NotFound",
    "NotReached",
    "OrderDenied",
    "PreconditionFailed",
    "RateLimited",
    "ServerError",
    "SubscriptionRefused",
    "TimedOut",
    "TradewindError",
    "Unauthenticated",
    "Unavailable",
    "UnexpectedAnswer",
    "ValidationFailed",
]


class TradewindError(Exception):
    """Everything that this package raises about the server, the network or the hub."""


class NotReached(TradewindError):
    """No answer came. `correlation_id` was sent along, so that the server's log can be searched for it."""

    def __init__(self, message: str, *, correlation_id: str | None = None, not_sent: bool = False) -> None:
        super().__init__(message)
        self.correlation_id = correlation_id
        # True when it is sure that nothing was sent.
        self.not_sent = not_sent


class TimedOut(NotReached):
    """No answer came in time."""


class UnexpectedAnswer(TradewindError):
    """An answer that is not what the API's document says: another program, or a version that does not fit."""

    def __init__(self, message: str, *, correlation_id: str | None = None) -> None:
        super().__init__(message)
        self.correlation_id = correlation_id


class ApiError(TradewindError):
    """A problem that the server told. `code` is stable: `GET /api/v1/errors` lists all of them."""

    def __init__(
        self,
        *,
        status: int,
        code: str,
        title: str,
        detail: str,
        fields: tuple[FieldError, ...] = (),
        correlation_id: str | None = None,
        retry_after_s: float | None = None,
        problem: Problem | None = None,
    ) -> None:
        tail = f" (correlation id {correlation_id})" if correlation_id else ""
        named = "".join(f"; {field.field or 'body'}: {field.message}" for field in fields if field.message != detail)
        super().__init__(f"{status} {code}: {detail or title}{named}{tail}")
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.fields = fields
        self.correlation_id = correlation_id
        self.retry_after_s = retry_after_s
        self.problem = problem

    def field(self, name: str) -> FieldError | None:
        """What was refused of a field, if the server named it."""
        return next((field for field in self.fields if field.field == name), None)

    def __reduce__(self) -> Any:
        return (_again, (type(self), dict(vars(self))))


def _again(kind: type[ApiError], state: dict[str, Any]) -> ApiError:
    return kind(**state)


class BadRequest(ApiError):
    """400, 405, 406, 413, 415, 421, 426: not a request for this resource."""


class Unauthenticated(ApiError):
    """401: no key, or one that is wrong, revoked or over."""


class Forbidden(ApiError):
    """403: the key, role or membership does not allow it."""


class NotFound(ApiError):
    """404: it is not there, or not for you to see."""


class Conflict(ApiError):
    """409: it is in a state in which this cannot be done."""


class PreconditionFailed(ApiError):
    """412, 428: it changed meanwhile, or the version is missing that the change is based on."""


class ValidationFailed(ApiError):
    """422: `fields` says what was refused and why."""


class RateLimited(ApiError):
    """429: too many requests; `retry_after_s` says when there is room."""


class ServerError(ApiError):
    """5xx: something went wrong over there."""


class Unavailable(ServerError):
    """503: it cannot be done now."""


class OrderDenied(TradewindError):
    """An order that was answered as refused: see `tradewind_client.orders.ensure_accepted`."""

    def __init__(self, message: str, order: Any) -> None:
        super().__init__(message)
        self.order = order


class HubError(TradewindError):
    """The real-time hub."""


class HubClosed(HubError):
    """The connection to the hub has ended for good; `code` is its close code where there was one."""

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


class SubscriptionRefused(HubError):
    """A topic that cannot be read, or no longer."""

    def __init__(self, code: str, detail: str, topic: str) -> None:
        super().__init__(f"{topic}: {code}: {detail}")
        self.code = code
        self.detail = detail
        self.topic = topic


_BY_STATUS: dict[int, type[ApiError]] = {
    400: BadRequest,
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    412: PreconditionFailed,
    422: ValidationFailed,
    428: PreconditionFailed,
    429: RateLimited,
    503: Unavailable,
}


def problem_of(status: int, headers: Mapping[str, str], content: bytes, correlation_id: str | None) -> ApiError:
    """The exception for an answer that failed; a body that is no problem document still gives a sensible one."""
    kind = _BY_STATUS.get(status) or (ServerError if status >= 500 else BadRequest)
    retry_after_s = retry_after(headers.get("retry-after"))
    correlation_id = headers.get("x-request-id") or correlation_id
    try:
        problem = Problem.from_json(json.loads(content))
    except (ValueError, DecodeError):
        return kind(
            status=status,
            code=f"HTTP_{status}",
            title="No problem document",
            detail="the answer is no problem document; is this a Tradewind server?",
            correlation_id=correlation_id,
            retry_after_s=retry_after_s,
        )
    return kind(
        status=status,
        code=problem.error_code,
        title=problem.title,
        detail=problem.detail,
        fields=problem.errors,
        correlation_id=problem.correlation_id,
        retry_after_s=retry_after_s,
        problem=problem,
    )


def retry_after(text: str | None) -> float | None:
    """Seconds of a `Retry-After`, given as such or as a date."""
    if text is None:
        return None
    if text.strip().isdecimal():
        return float(text)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except ValueError:
        return None
