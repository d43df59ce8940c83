"""When a request is sent again, and after how long.

| what happened | sent again |
| --- | --- |
| no connection: nothing was sent | any request |
| 429 `RATE_LIMITED`: nothing was done | any request, after `Retry-After` |
| connection lost, time over, 5xx, 409 `IDEMPOTENCY_IN_FLIGHT` | only what is repeatable: see `Request.repeatable` |
| anything else | never |

Waits grow by doubling and are spread at random; `Retry-After` is the least that is waited. A longer `Retry-After` than
`retry_after_max_s` is not waited for: the error says how long it would be.
"""

from __future__ import annotations

import dataclasses as dc
import random
from collections.abc import Callable
from typing import Any

from tradewind_client.errors import ApiError, NotReached, TradewindError
from tradewind_client.request import Request

__all__ = ["NO_RETRY", "Retry"]


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How often and how patiently."""

    attempts: int = 4
    """Attempts in all; 1 never repeats."""

    first_s: float = 0.25
    """Longest wait after the first attempt, seconds; doubles with each further one."""

    max_s: float = 8.0
    """Longest wait, seconds, where the server asks for no longer one."""

    retry_after_max_s: float = 30.0
    """Longest `Retry-After` that is waited for, seconds."""

    chance: Callable[[], float] = dc.field(default=random.SystemRandom().random, repr=False)
    """0 ≤ x < 1: spreads the waits of many clients."""

    def pause(self, request: Request[Any], error: TradewindError, attempt: int) -> float | None:
        """Seconds to wait before the next attempt; None when there is none. `attempt` counts from 1."""
        if attempt >= self.attempts or not _may_repeat(request, error):
            return None
        wait = min(self.max_s, self.first_s * 2.0 ** (attempt - 1)) * (0.5 + 0.5 * self.chance())
        asked = error.retry_after_s if isinstance(error, ApiError) else None
        if asked is None:
            return wait
        if asked > self.retry_after_max_s:
            return None
        # A little more than asked, so that those who were told the same do not come at the same moment.
        return asked + wait * 0.25


NO_RETRY = Retry(attempts=1)


def _may_repeat(request: Request[Any], error: TradewindError) -> bool:
    if isinstance(error, NotReached):
        return error.not_sent or request.repeatable
    if not isinstance(error, ApiError):
        return False
    if error.status == 429:
        return error.code == "RATE_LIMITED"
    unsure = error.status >= 500 or error.code == "IDEMPOTENCY_IN_FLIGHT"
    return unsure and request.repeatable
