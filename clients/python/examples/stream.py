# %% [markdown]
# The real-time hub: quotes and bars as they come, the book kept whole, and a connection that looks after itself.
#
# In a notebook, `await main()` in place of the last line. Without an event loop the same is
# `with Client.from_env().stream() as hub: for update in hub.quotes(...)`.

# %%
import asyncio
import os

from tradewind_client import AsyncClient, Hub

INSTRUMENT = os.environ.get("TRADEWIND_INSTRUMENT", "BTC-USD.COINBASE")
UPDATES = int(os.environ.get("TRADEWIND_UPDATES", "20"))


# %% Every feed is an async iterator: first a snapshot, then changes
async def quotes(hub: Hub) -> None:
    feed = await hub.quotes(INSTRUMENT)
    left = UPDATES
    async for update in feed:
        quote = update.items[0]
        print(f"{'whole' if update.snapshot else 'change':>7} {update.seq:>6} {quote.bid} / {quote.ask}")
        left -= 1
        if left == 0:
            await feed.close()


# %% Bars as they form; `rows` holds the closed ones of the snapshot as well
async def bars(hub: Hub) -> None:
    feed = await hub.bars(INSTRUMENT, "1m")
    await feed.next()
    print("the last closed minutes:", [str(bar.close) for bar in feed.rows if bar.closed][-3:])
    await feed.close()


# %% The book of every update is whole: snapshot and changes are merged for you
async def book(hub: Hub) -> None:
    feed = await hub.book(INSTRUMENT)
    update = await feed.next()
    for bid, ask in zip(update.items[0].bids[:3], update.items[0].asks[:3], strict=False):
        print(f"{bid.size:>12} {bid.price:>12} | {ask.price:<12} {ask.size:<12}")
    await feed.close()


# %%
async def main() -> None:
    async with AsyncClient.from_env() as client, client.stream() as hub:
        await asyncio.gather(quotes(hub), bars(hub), book(hub))
        print("reconnects", hub.reconnects, "gaps", hub.gaps, f"clocks differ by {hub.clock_offset_s:.3f} s")


if __name__ == "__main__":
    asyncio.run(main())
