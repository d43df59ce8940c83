# %% [markdown]
# Stored bars as columns: what the catalogue has, how good it is, and tens of thousands of bars through Arrow.
#
# `pip install "tradewind-client[arrow]"`. Prices and sizes arrive as exact decimals.

# %%
from tradewind_client import Client, NotFound
from tradewind_client.bars import bars_table

client = Client.from_env()

# %% What there is
series = [one for one in client.catalogue.iter_catalogue(kind="bars") if one.interval == "1m"]
for one in series[:5]:
    print(f"{one.instrument:>20} {one.interval} {one.rows:>8} rows from {one.from_} to {one.to}")

# %% How good it is
instrument = series[0].instrument if series else next(client.market.iter_instruments()).id
try:
    quality = client.catalogue.get_quality(instrument=instrument, interval="1m")
    print(instrument, "score", quality.score, {check.name: check.count for check in quality.checks})
except NotFound:
    print("nothing is stored of", instrument, "yet; the engine's own bars are below")

# %% All of it as one table: pages of 20,000 bars, oldest first
table = bars_table(client, instrument, interval="1m")
print(table.num_rows, "bars,", table.nbytes, "bytes")
print(table.slice(0, 3).select(["ts", "open", "high", "low", "close", "volume"]).to_pylist())

# %% Columns stay columns: DuckDB, polars and pandas read the table as it is
from pyarrow import compute

print("highest", compute.max(table["high"]).as_py(), "lowest", compute.min(table["low"]).as_py())

# %%
client.close()
