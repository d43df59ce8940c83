# %% [markdown]
# First steps: connect, look at quotes, take bars into pandas.
#
# `tradewind demo` starts a server with simulated venues; a key comes from its settings page or from
# `tradewind key add --user NAME --name notebook --scope read`. This file runs as a script, and cell by cell in editors
# that know `# %%`. `TRADEWIND_URL` and `TRADEWIND_API_KEY` say where and who.

# %%
from tradewind_client import ApiError, Client
from tradewind_client.bars import bars_table

client = Client.from_env()
me = client.identity.get_session()
print("signed in as", me.user.username)

# %% What can be traded, page after page
instruments = list(client.market.iter_instruments())
print(len(instruments), "instruments, for example", instruments[0].id, "with a price step of", instruments[0].tick)

# %% Quotes: prices are Decimal, times are to the nanosecond
for quote in client.market.list_quotes().items[:5]:
    print(f"{quote.instrument:>20} {quote.bid} / {quote.ask} {quote.state} {quote.ts}")

# %% Bars with an indicator over them
instrument = instruments[0].id
page = client.market.get_bars(instrument, interval="1m", limit=5, overlays=["EMA_3"])
for bar, point in zip(page.bars, page.overlays["EMA_3"], strict=True):
    print(bar.ts, bar.open, bar.high, bar.low, bar.close, "EMA", point.value)

# %% Errors are a tree; each carries a stable code and the id by which the server's log knows the request
try:
    client.market.get_quote("NOT-THERE.NOWHERE")
except ApiError as error:
    print(error.status, error.code, error.correlation_id)

# %% pandas, if it is there: exact decimals become floats only where you say so
try:
    import pandas as pd
except ImportError:
    print('without pandas; pip install "tradewind-client[pandas]"')
else:
    frame: pd.DataFrame = bars_table(client, instrument, interval="1m").to_pandas().set_index("ts")
    returns = frame["close"].astype(float).pct_change()
    print(frame[["open", "high", "low", "close", "volume"]].tail(3))
    print("volatility of a minute:", returns.std())

# %%
client.close()
