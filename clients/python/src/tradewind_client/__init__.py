"""Python client of Tradewind: typed, for programs that wait and for asyncio, with the real-time hub.

    from tradewind_client import Client

    with Client("http://127.0.0.1:8787", api_key) as client:
        for quote in client.market.list_quotes().items:
            print(quote.instrument, quote.bid, quote.ask)

`Client` and `AsyncClient` have the endpoints by topic (`client.market`, `client.orders`, …) with the names of the
OpenAPI document; models are in `tradewind_client.models`, their words in `tradewind_client.enums`. Money is `Decimal`,
times are `Timestamp` (nanoseconds), errors are a tree under `TradewindError`.
"""

from importlib import metadata

from tradewind_client import bars, enums, models, operations
from tradewind_client.client import AsyncClient, Client
from tradewind_client.codec import DecodeError
from tradewind_client.enums import BatchMode, OrderState, OrderType, Side, TimeInForce
from tradewind_client.errors import (
    ApiError,
    BadRequest,
    Conflict,
    Forbidden,
    HubClosed,
    HubError,
    NotFound,
    NotReached,
    OrderDenied,
    PreconditionFailed,
    RateLimited,
    ServerError,
    SubscriptionRefused,
    TimedOut,
    TradewindError,
    Unauthenticated,
    Unavailable,
    UnexpectedAnswer,
    ValidationFailed,
)
from tradewind_client.models import BracketLeg, NewBatch, NewBracket, NewOrder, Order, OrderChange
from tradewind_client.orders import ensure_accepted, is_open, new_order_id
from tradewind_client.paging import Page
from tradewind_client.request import Request
from tradewind_client.retry import NO_RETRY, Retry
from tradewind_client.scalars import Level, Timestamp
from tradewind_client.secret import Secret
from tradewind_client.stream import BlockingFeed, BlockingHub, Feed, Hub, HubOptions, Topic, Update

__version__ = metadata.version("tradewind-client")

__all__ = [
    "NO_RETRY",
    "ApiError",
    "AsyncClient",
    "BadRequest",
    "BatchMode",
    "BlockingFeed",
    "BlockingHub",
    "BracketLeg",
    "Client",
    "Conflict",
    "DecodeError",
    "Feed",
    "Forbidden",
    "Hub",
    "HubClosed",
    "HubError",
    "HubOptions",
    "Level",
    "NewBatch",
    "NewBracket",
    "NewOrder",
    "NotFound",
    "NotReached",
    "Order",
    "OrderChange",
    "OrderDenied",
    "OrderState",
    "OrderType",
    "Page",
    "PreconditionFailed",
    "RateLimited",
    "Request",
    "Retry",
    "Secret",
    "ServerError",
    "Side",
    "SubscriptionRefused",
    "TimeInForce",
    "TimedOut",
    "Timestamp",
    "Topic",
    "TradewindError",
    "Unauthenticated",
    "Unavailable",
    "UnexpectedAnswer",
    "Update",
    "ValidationFailed",
    "__version__",
    "bars",
    "ensure_accepted",
    "enums",
    "is_open",
    "models",
    "new_order_id",
    "operations",
]
