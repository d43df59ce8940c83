#!/usr/bin/env python3
"""Golden vectors of Kraken's WebSocket v2 book checksum.

An implementation of its own, from Kraken's public description only
(https://docs.kraken.com/exchange/guides/websockets/book-checksum-v2.md), with decimal text and zlib.crc32;
it shares nothing with the codec under test. The first case is the worked example of that page, whose checksum
(3310070434) Kraken itself states; the script fails when it does not reproduce it.

Usage: python3 tools/truth/kraken_v2_checksum.py > crates/codecs/tests/golden/kraken_v2_checksum.json
"""

import json
import sys
import zlib
from decimal import Decimal

DOCUMENTED = {
    "bids": "45283.5 0.10000000 45283.4 1.54582015 45282.1 0.10000000 45281.0 0.10000000 45280.3 1.54592586 "
    "45279.0 0.07990000 45277.6 0.03310103 45277.5 0.30000000 45277.3 1.54602737 45276.6 0.15445238",
    "asks": "45285.2 0.00100000 45286.4 1.54571953 45286.6 1.54571109 45289.6 1.54560911 45290.2 0.15890660 "
    "45291.8 1.54553491 45294.7 0.04454749 45296.1 0.35380000 45297.5 0.09945542 45299.5 0.18772827",
}


class Stirred:
    """A stirred counter (a linear congruence): variety that is the same on every machine."""

    def __init__(self, state):
        self.state = state

    def below(self, limit):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % (1 << 64)
        return (self.state >> 33) % limit


def fixed(value, decimals):
    """The text with exactly that many decimals."""
    return f"{value:.{decimals}f}"


def digits(value, decimals):
    return fixed(value, decimals).replace(".", "").lstrip("0")


def checksum(book, price_decimals, qty_decimals):
    text = ""
    for side, best_first in (("asks", False), ("bids", True)):
        for price in sorted(book[side], reverse=best_first)[:10]:
            text += digits(price, price_decimals) + digits(book[side][price], qty_decimals)
    return zlib.crc32(text.encode())


def apply(book, side, price, qty, depth):
    if qty == 0:
        book[side].pop(price, None)
    else:
        book[side][price] = qty
    worst_first = sorted(book[side], reverse=(side == "asks"))
    for price in worst_first[: max(0, len(worst_first) - depth)]:
        del book[side][price]


def message(kind, symbol, levels, check, style):
    def number(value, decimals):
        if style == "short":
            return format(value.normalize(), "f")
        if style == "scientific" and value != 0:
            return f"{value.normalize():E}".replace("+", "")
        return fixed(value, decimals[0])

    def side(name):
        of_side = [level for level in levels if level[0] == name]
        return ",".join(
            f'{{"price":{number(price, [pd])},"qty":{number(qty, [qd])}}}' for _, price, qty, pd, qd in of_side
        )

    return (
        f'{{"channel":"book","type":"{kind}","data":[{{"symbol":"{symbol}","bids":[{side("bids")}],'
        f'"asks":[{side("asks")}],"checksum":{check},"timestamp":"2023-10-06T17:35:55.440295Z"}}]}}'
    )


def documented():
    book = {"bids": {}, "asks": {}}
    levels = []
    for side, text in DOCUMENTED.items():
        words = text.split()
        for price, qty in zip(words[::2], words[1::2]):
            book[side][Decimal(price)] = Decimal(qty)
            levels.append((side, Decimal(price), Decimal(qty), 1, 8))
    check = checksum(book, 1, 8)
    if check != 3310070434:
        sys.exit(f"the documented example gives {check}, Kraken states 3310070434")
    return {"name": "documented example", "messages": [message("snapshot", "BTC/USD", levels, check, "fixed")]}


def generated(seed, price_decimals, qty_decimals, depth, style):
    stirred = Stirred(seed)
    tick, lot = Decimal(1).scaleb(-price_decimals), Decimal(1).scaleb(-qty_decimals)
    middle = 1000 + stirred.below(5_000_000)
    book, levels = {"bids": {}, "asks": {}}, []
    for side, sign in (("bids", -1), ("asks", 1)):
        for step in range(1, depth + 1):
            # The first quantity shows all decimals, as some quantity of a real book does.
            units = 1 + stirred.below(10**9) * 10 + (7 if step == 1 else 0)
            price, qty = (middle + sign * step * 3) * tick, units * lot
            book[side][price] = qty
            # A price with all decimals, too: the middle is stirred, some step ends in another digit than 0.
            levels.append((side, price, qty, price_decimals, qty_decimals))
    symbol = f"T{seed}/USD"
    messages = [message("snapshot", symbol, levels, checksum(book, price_decimals, qty_decimals), "fixed")]
    for _ in range(60):
        levels = []
        for _ in range(1 + stirred.below(3)):
            side = "bids" if stirred.below(2) else "asks"
            sign = -1 if side == "bids" else 1
            price = (middle + sign * (1 + stirred.below(depth * 3 + 6))) * tick
            qty = Decimal(0) if stirred.below(4) == 0 else (1 + stirred.below(10**9)) * lot
            levels.append((side, price, qty, price_decimals, qty_decimals))
        # The message lists bids before asks, and so they are applied.
        for side, price, qty, _, _ in sorted(levels, key=lambda level: level[0] == "asks"):
            apply(book, side, price, qty, 10**9)
        for side in ("bids", "asks"):
            apply(book, side, Decimal(-1), Decimal(0), depth)
        messages.append(message("update", symbol, levels, checksum(book, price_decimals, qty_decimals), style))
    return {"name": f"{symbol} {price_decimals}/{qty_decimals} depth {depth} {style}", "messages": messages}


def main():
    cases = [documented()]
    shapes = [(1, 8, 10), (5, 8, 25), (2, 5, 10), (8, 8, 100), (0, 8, 10), (4, 0, 25), (6, 18, 10)]
    for seed, (price_decimals, qty_decimals, depth) in enumerate(shapes, start=1):
        for at, style in enumerate(("fixed", "short", "scientific")):
            cases.append(generated(seed * 10 + at, price_decimals, qty_decimals, depth, style))
    json.dump(cases, sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
