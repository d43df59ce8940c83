#!/usr/bin/env python3
"""Walks a running Tradewind's Universal Data Feed end to end, as TradingView's charting library and OpenBB Workspace do:
configuration, time, search, symbol, history back to its beginning, the newest bar, quotes, marks. Standard library only.

    tradewind key add --user alice --name chart --scope read --data ./data
    python3 tools/try/udf_walk.py --url http://127.0.0.1:8787 --key twk_…

Says what it found, and ends with 1 at the first thing that breaks the protocol. As those clients it looks at bodies and
not at statuses.
"""

import argparse
import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

# What the library asks for at first, and with each drag to the left.
PAGE = 300
PAGES_MAX = 10_000


class Feed:
    def __init__(self, url, key):
        self.url, self.key, self.slowest = url.rstrip("/") + "/udf/", key, {}

    def text(self, path, **params):
        url = self.url + path + ("?" + urllib.parse.urlencode(params) if params else "")
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {self.key}"})
        begun = time.perf_counter()
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                body = answer.read().decode()
        except urllib.error.HTTPError as error:
            body = error.read().decode()
        took = (time.perf_counter() - begun) * 1000
        self.slowest[path] = max(took, self.slowest.get(path, 0))
        return body

    def get(self, path, **params):
        return json.loads(self.text(path, **params))


def check(holds, what):
    if not holds:
        sys.exit(f"broken: {what}")


def bars_of(answer, interval_s, to):
    """The bars of an answer, oldest first, after the checks that the library would trip over."""
    check(answer.get("s") in ("ok", "no_data"), f"s is {answer.get('s')}: {answer.get('errmsg')}")
    if answer["s"] == "no_data":
        return []
    columns = [answer[name] for name in "tohlcv"]
    check(len({len(column) for column in columns}) == 1, "columns of different lengths")
    bars = list(zip(*columns))
    check(bars, "ok without a bar")
    for t, o, h, l, c, v in bars:
        check(t <= to, f"a bar at {t}, asked up to {to}")
        check(l <= min(o, c) and max(o, c) <= h and v >= 0, f"prices of {t} are out of order: {o} {h} {l} {c} {v}")
    times = [bar[0] for bar in bars]
    check(all(b - a >= interval_s for a, b in zip(times, times[1:])), "bars closer than their interval")
    return bars


def walk(feed, symbol, resolution, interval_s, now):
    """Back to the beginning, as a chart that is dragged: each request ends where the last one began."""
    every, to = [], now
    for _ in range(PAGES_MAX):
        asked = dict(symbol=symbol, resolution=resolution, to=to, countback=PAGE)
        answer = feed.get("history", **{"from": to - PAGE * interval_s}, **asked)
        bars = bars_of(answer, interval_s, to)
        if not bars:
            check("nextTime" not in answer, "no_data with a nextTime, though countback finds whatever is before")
            return every
        check(len(bars) <= PAGE, f"{len(bars)} bars, asked for {PAGE}")
        every = bars + every
        to = bars[0][0] - 1
    sys.exit(f"broken: no end after {PAGES_MAX} pages")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="http://127.0.0.1:8787")
    parser.add_argument("--key", required=True, help="an API key with the scope read")
    parser.add_argument("--search", default="BTC")
    parser.add_argument("--resolutions", default="1,60,1D", help="which to walk, by comma")
    args = parser.parse_args()
    feed = Feed(args.url, args.key)

    config = feed.get("config")
    check(config.get("s") != "error", config.get("errmsg"))
    check(config["supports_search"] or config["supports_group_request"], "neither search nor groups")
    resolutions = config["supported_resolutions"]
    print(f"config: {len(resolutions)} resolutions, exchanges {[e['value'] for e in config['exchanges'] if e['value']]}")
    now = int(feed.text("time"))
    check(abs(now - time.time()) < 60, f"the server's time is {now}")

    found = feed.get("search", query=args.search, type="", exchange="", limit=30)
    check(found, f"nothing is called {args.search}")
    print(f"search {args.search}: {[f['full_name'] for f in found]}")
    ticker = found[0].get("ticker") or found[0]["symbol"]
    symbol = feed.get("symbols", symbol=ticker)
    check("errmsg" not in symbol, symbol.get("errmsg"))
    for name in ("name", "type", "session", "timezone", "minmov", "pricescale"):
        check(name in symbol, f"the symbol has no {name}")
    check(feed.get("symbols", symbol="NO:SUCH")["s"] == "error", "an unknown symbol is none")
    print(f"symbol: {symbol['name']} on {symbol['exchange']}, {symbol['session']} {symbol['timezone']}")
    info = feed.get("symbol_info", group=symbol["exchange"])
    check(symbol["name"] in info["symbol"], "symbol_info does not have it")

    seconds = {"1S": 1, "1": 60, "5": 300, "15": 900, "60": 3600, "240": 14400, "1D": 86400, "1W": 604800, "1M": 28 * 86400}
    for resolution in args.resolutions.split(","):
        check(resolution in resolutions, f"{resolution} is not supported")
        bars = walk(feed, ticker, resolution, seconds[resolution], now)
        if not bars:
            print(f"history {resolution}: none")
            continue
        # One answer for all of it says the same, but for what was traded meanwhile.
        whole = feed.get("history", symbol=ticker, resolution=resolution, to=now, **{"from": bars[0][0]})
        at_once = bars_of(whole, seconds[resolution], now)
        if len(bars) <= 20_000:
            check(at_once[:-2] == bars[: len(at_once) - 2], "page by page and at once differ")
        before = feed.get("history", symbol=ticker, resolution=resolution, **{"from": 1, "to": bars[0][0] - 1})
        check(before["s"] == "no_data" and "nextTime" not in before, "there is something before the beginning")
        print(f"history {resolution}: {len(bars)} bars from {bars[0][0]} to {bars[-1][0]}, last close {bars[-1][4]}")

    # The pulse: the two newest bars, every few seconds.
    first = bars_of(feed.get("history", symbol=ticker, resolution="1", to=now + 60, countback=2), 60, now + 60)
    time.sleep(2)
    again = bars_of(feed.get("history", symbol=ticker, resolution="1", to=now + 60, countback=2), 60, now + 60)
    check(again[-1][0] >= first[-1][0], "time runs backwards")
    quotes = feed.get("quotes", symbols=f"{symbol['exchange']}:{symbol['name']},NO:SUCH")
    check(quotes["s"] == "ok" and len(quotes["d"]) == 2, f"quotes: {quotes}")
    good, bad = quotes["d"]
    check(good["s"] == "ok" and bad["s"] == "error", f"quotes: {quotes}")
    print(f"quote: last {good['v'].get('lp')}, bid {good['v'].get('bid')}, ask {good['v'].get('ask')}")
    for path in ("marks", "timescale_marks"):
        marks = feed.get(path, symbol=ticker, resolution="1", to=now, **{"from": now - 86_400})
        check(not (isinstance(marks, dict) and marks.get("s") == "error"), f"{path}: {marks}")
        count = len(marks["id"]) if isinstance(marks, dict) else len(marks)
        print(f"{path}: {count}")
    print("slowest answers: " + ", ".join(f"{path} {ms:.0f} ms" for path, ms in sorted(feed.slowest.items())))


if __name__ == "__main__":
    main()
