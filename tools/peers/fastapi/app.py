"""The endpoints that `tradewind bench rest` asks for, as little of them as FastAPI needs.

Reads come from memory; an order and its cancel are one durable transaction of SQLite each (WAL, FULL), as ours are one
durable record of the journal each. Signing in is one comparison of a key. What ours does and this does not: rights,
risk, an engine, rate limits, validation against instruments, problem documents, request ids, metrics.
"""

import os
import secrets
import sqlite3
import tempfile
import threading
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from fastapi import Depends, FastAPI, Header, HTTPException, Response
from pydantic import BaseModel

KEY = os.environ.get("TRADEWIND_API_KEY", "")
ACCOUNT = "bench"
INSTRUMENTS = [f"BENCH{n}-USD.BENCH" for n in range(50)]
NOW = datetime.now(UTC)
writing = threading.Lock()


def signed_in(authorization: Annotated[str, Header()] = "") -> None:
    if not secrets.compare_digest(authorization, f"Bearer {KEY}"):
        raise HTTPException(401)


class Row(BaseModel):
    id: str


class Page(BaseModel):
    items: list[Row]
    next_cursor: str | None = None


class Quote(BaseModel):
    instrument: str
    bid: Decimal = Decimal("1000.00")
    ask: Decimal = Decimal("1000.02")
    bid_size: Decimal = Decimal("1.5")
    ask_size: Decimal = Decimal("2.5")
    mid: Decimal = Decimal("1000.01")
    ts: datetime
    state: str = "VALID"
    simulated: bool = True


class Quotes(BaseModel):
    items: list[Quote]


class Bar(BaseModel):
    ts: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


class Bars(BaseModel):
    items: list[Bar]


class Book(BaseModel):
    instrument: str
    bids: list[tuple[Decimal, Decimal]]
    asks: list[tuple[Decimal, Decimal]]
    ts: datetime


class Order(BaseModel):
    client_order_id: str
    instrument: str
    side: Literal["BUY", "SELL"]
    type: Literal["LIMIT", "MARKET"]
    price: Decimal
    quantity: Decimal
    time_in_force: Literal["GTC", "IOC"]
    status: str = "OPEN"


class Orders(BaseModel):
    items: list[Order]


class Account(BaseModel):
    id: str
    equity: Decimal = Decimal("1000000000")
    cash: Decimal = Decimal("1000000000")
    currency: str = "USD"


class Status(BaseModel):
    status: str = "OK"
    version: str = "0"
    ts: datetime


BARS = [
    Bar(
        ts=NOW - timedelta(minutes=n),
        open=Decimal("1000.00"),
        high=Decimal("1001.00"),
        low=Decimal("999.00"),
        close=Decimal("1000.50"),
        volume=Decimal("12.5"),
    )
    for n in range(100, 0, -1)
]
LEVELS = [(Decimal("1000.00") - n, Decimal("1.5")) for n in range(10)]
open_orders: dict[str, Order] = {}


@asynccontextmanager
async def lifespan(app: FastAPI):
    folder = Path(tempfile.mkdtemp(prefix="tradewind-fastapi-"))
    database = sqlite3.connect(folder / "orders.sqlite", check_same_thread=False, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("CREATE TABLE orders (id TEXT PRIMARY KEY, body TEXT NOT NULL, status TEXT NOT NULL)")
    app.state.database = database
    yield
    database.close()


app = FastAPI(lifespan=lifespan, dependencies=[Depends(signed_in)], openapi_url=None)


@app.get("/api/v1/instruments")
async def instruments() -> Page:
    return Page(items=[Row(id=id) for id in INSTRUMENTS])


@app.get("/api/v1/accounts")
async def accounts() -> Page:
    return Page(items=[Row(id=ACCOUNT)])


@app.get("/api/v1/quotes")
async def quotes(instruments: str) -> Quotes:
    return Quotes(items=[Quote(instrument=id, ts=datetime.now(UTC)) for id in instruments.split(",")])


@app.get("/api/v1/accounts/{account}")
async def account(account: str) -> Account:
    return Account(id=account)


@app.get("/api/v1/instruments/{instrument}/bars")
async def bars(instrument: str, interval: str, limit: int = 100) -> Bars:
    return Bars(items=BARS[-limit:])


@app.get("/api/v1/accounts/{account}/orders")
async def orders(account: str, state: str = "open", limit: int = 20) -> Orders:
    return Orders(items=list(open_orders.values())[-limit:])


@app.get("/api/v1/instruments/{instrument}/book")
async def book(instrument: str, depth: int = 10) -> Book:
    return Book(instrument=instrument, bids=LEVELS[:depth], asks=LEVELS[:depth], ts=datetime.now(UTC))


@app.get("/api/v1/accounts/{account}/positions")
async def positions(account: str) -> Page:
    return Page(items=[])


@app.get("/api/v1/instruments/{instrument}/quote")
async def quote(instrument: str) -> Quote:
    return Quote(instrument=instrument, ts=datetime.now(UTC))


@app.get("/api/v1/status")
async def status() -> Status:
    return Status(ts=datetime.now(UTC))


@app.post("/api/v1/accounts/{account}/orders", status_code=201)
def submit(account: str, order: Order) -> Order:
    with writing:
        app.state.database.execute(
            "INSERT INTO orders VALUES (?, ?, 'OPEN')", (order.client_order_id, order.model_dump_json())
        )
    open_orders[order.client_order_id] = order
    return order


@app.delete("/api/v1/accounts/{account}/orders/{id}", status_code=204)
def cancel(account: str, id: str) -> Response:
    if open_orders.pop(id, None) is None:
        raise HTTPException(404)
    with writing:
        app.state.database.execute("UPDATE orders SET status = 'CANCELED' WHERE id = ?", (id,))
    return Response(status_code=204)
