# %% [markdown]
# A paper order from its birth to its end: placed, looked at, changed, canceled, and one that is refused.
#
# The key needs the scopes read, trade, cancel and manage (the last one to open an account).

# %%
from decimal import ROUND_DOWN, ROUND_UP, Decimal

from tradewind_client import (
    Client,
    NewOrder,
    OrderChange,
    OrderDenied,
    OrderState,
    OrderType,
    Side,
    ensure_accepted,
    is_open,
    models,
    new_order_id,
)
from tradewind_client.enums import AccountKind

client = Client.from_env()

# %% An account: ours if there is one, else a new one
accounts = [one for one in client.accounts.list_accounts().items if one.kind == AccountKind.PAPER]
if accounts:
    account = accounts[0]
else:
    venue = client.venues.list_venues().items[0]
    account = client.accounts.post_account(
        models.NewAccount(name="Notebook", venue=venue.id, base_currency="USD", deposit="100000")
    )
detail = client.accounts.get_account(account.id)
print(account.id, "has", detail.cash_available, account.base_currency)

# %% A bid two percent below the market, rounded to the price step
instrument = next(one for one in client.market.iter_instruments(venue=account.venue) if one.quote == "USD")
quote = client.market.get_quote(instrument.id)
assert quote.bid is not None, "no quote yet: try again in a second"
price = (quote.bid * Decimal("0.98") / instrument.tick).to_integral_value(ROUND_DOWN) * instrument.tick
# Twice the least value that the instrument takes, in whole lots
lots = (instrument.notional_min * 2 / price / instrument.lot).to_integral_value(ROUND_UP)
quantity = max(instrument.quantity_min, instrument.lot, lots * instrument.lot)

# %% Its id makes it safe to send again: the server answers the order that is there
order = NewOrder(
    client_order_id=new_order_id("nb"),
    instrument=instrument.id,
    side=Side.BUY,
    type=OrderType.LIMIT,
    quantity=quantity,
    price=price,
)
try:
    placed = ensure_accepted(client.orders.post_order(account.id, order))
except OrderDenied as error:
    # The risk gate may have its reasons; they are in the order as well.
    raise SystemExit(str(error)) from None
print(placed.client_order_id, placed.state, placed.quantity, "at", placed.price)
assert client.orders.post_order(account.id, order).created_at == placed.created_at

# %% The venue takes it a moment later; the hub tells when
with client.stream() as hub:
    feed = hub.orders(account.id)
    for _ in feed:
        (now,) = (one for one in feed.rows if one.client_order_id == order.client_order_id)
        print(now.state)
        if now.state not in (OrderState.INITIALIZED, OrderState.SUBMITTED):
            break

# %% Changing and canceling
if is_open(now):
    changed = client.orders.modify_order(account.id, placed.client_order_id, OrderChange(quantity=quantity * 2))
    print(changed.state, changed.quantity)
    print(client.orders.cancel_order(account.id, placed.client_order_id).state)

# %% An order that is too large is stored and answered like any other, with every rule that denied it
too_much = (detail.cash_available * 10 / price / instrument.lot).to_integral_value() * instrument.lot
huge = NewOrder(instrument=instrument.id, side=Side.BUY, type=OrderType.LIMIT, quantity=too_much, price=price)
for denial in client.orders.post_order(account.id, huge).denials:
    print(denial.rule, denial.actual, "against", denial.limit)

# %%
client.close()
