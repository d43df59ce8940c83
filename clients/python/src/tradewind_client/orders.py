"""Small helps about orders."""

from __future__ import annotations

import uuid

from tradewind_client.enums import OrderState
from tradewind_client.errors import OrderDenied
from tradewind_client.models import Order

__all__ = ["OPEN_STATES", "ensure_accepted", "is_open", "new_order_id"]

OPEN_STATES = frozenset(
    {
        OrderState.INITIALIZED,
        OrderState.SUBMITTED,
        OrderState.ACCEPTED,
        OrderState.TRIGGERED,
        OrderState.PENDING_MODIFY,
        OrderState.PENDING_CANCEL,
        OrderState.PARTIALLY_FILLED,
        OrderState.UNKNOWN,
    }
)


def is_open(order: Order) -> bool:
    """Whether an order can still change."""
    return order.state in OPEN_STATES


def ensure_accepted(order: Order) -> Order:
    """The order itself. The server answers an order that its risk gate or venue refused like any other (it is stored
    and has a state); raises `OrderDenied` with the reasons for those who would rather have an exception.
    """
    if order.state not in (OrderState.DENIED, OrderState.REJECTED):
        return order
    reasons = [f"{denial.rule}: {denial.message}" for denial in order.denials] or [order.reason or "no reason told"]
    raise OrderDenied(f"order {order.client_order_id} is {order.state}: {'; '.join(reasons)}", order)


def new_order_id(prefix: str = "py") -> str:
    """A client order id that no other has: at most 33 characters, so that a bracket's legs fit as well."""
    if len(prefix) > 12 or not all(c.isascii() and (c.isalnum() or c in "_-") for c in prefix):
        raise ValueError("a prefix has at most 12 letters, digits, `_` or `-`")
    return f"{prefix}-{uuid.uuid4().hex[:20]}"
