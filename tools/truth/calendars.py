#!/usr/bin/env python3
"""Truth for crates/calendar: every session of exchange_calendars and of pandas_market_calendars' NSE, run-length coded.

    python3 -m venv /tmp/truth-calendars
    /tmp/truth-calendars/bin/pip install exchange_calendars==4.13.2 pandas_market_calendars==5.5.0 pandas==2.3.3
    /tmp/truth-calendars/bin/python tools/truth/calendars.py
        writes crates/calendar/tests/golden/sessions/<ID>.csv

A line of a file is a run of sessions on consecutive weekdays (Monday to Friday) with the same times:

    first,count,open,close,break_start,break_end,early

`first` is the date of the first session, `count` how many there are; the next session of a run is on the next weekday.
Times are minutes of UTC after the midnight (UTC) that begins the session's date, below zero on the evening before; the
break is empty where there is none; `early` is 1 where the library counts the session among its early closes (for NSE,
whose library only lists special closes: where the close is earlier than the regular one of its day).
A weekday that no run covers, between `from` and `to` in the first line, has no session. So the files hold every session,
and the test in Rust compares every one.

pandas is pinned as well: with pandas 3.1.1 exchange_calendars 4.13.2 loses its sessions on Saturdays (XBOM on 2024-01-20 and
2025-02-01), because the date ranges of that version pass over its business days with several week masks.
"""

import pathlib
import sys
from datetime import date, timedelta
from importlib import metadata

import exchange_calendars as ec
import pandas as pd
import pandas_market_calendars as pmc

PINNED = {"exchange_calendars": "4.13.2", "pandas_market_calendars": "5.5.0", "pandas": "2.3.3"}
GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "crates" / "calendar" / "tests" / "golden" / "sessions"

# Id → the period asked for; the library's own bounds cut it.
EXCHANGE_CALENDARS = {
    "XNYS": ("1990-01-01", "2030-12-31"),
    "XNAS": ("1990-01-01", "2030-12-31"),
    "XLON": ("1990-01-01", "2030-12-31"),
    "XETR": ("1990-01-01", "2030-12-31"),
    "XTKS": ("1997-01-01", "2030-12-31"),
    "XHKG": ("1990-01-01", "2030-12-31"),
    "CMES": ("1990-01-01", "2030-12-31"),
    "XBOM": ("1997-01-01", "2026-12-31"),
}


def minutes(stamp, day):
    """Minutes of UTC between the midnight of `day` and `stamp`; '' where there is none."""
    if stamp is None or pd.isna(stamp):
        return ""
    delta = stamp.tz_convert("UTC") - pd.Timestamp(day, tz="UTC")
    whole, rest = divmod(delta.total_seconds(), 60)
    assert rest == 0, (stamp, day)
    return str(int(whole))


def next_weekday(day):
    day += timedelta(days=1)
    while day.weekday() > 4:
        day += timedelta(days=1)
    return day


def write(name, source, first, last, rows):
    """`rows`: (date, the five last columns), in order."""
    lines = [f"# {source}; from {first} to {last}", "first,count,open,close,break_start,break_end,early"]
    run = None
    for day, columns in rows:
        if run and run[3] == columns and run[2] == day and run[0].weekday() <= 4:
            run[1] += 1
        else:
            if run:
                lines.append(f"{run[0]},{run[1]},{run[3]}")
            run = [day, 1, None, columns]
        run[2] = next_weekday(day)
    lines.append(f"{run[0]},{run[1]},{run[3]}")
    path = GOLDEN / f"{name}.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{path.name}: {len(rows)} sessions in {len(lines) - 2} runs, {path.stat().st_size} bytes")


def from_exchange_calendars(name, first, last):
    calendar = ec.get_calendar(name, start=first, end=last)
    early = set(calendar.early_closes)
    rows = []
    for session in calendar.schedule.itertuples():
        day = session.Index.date()
        columns = ",".join(
            [
                minutes(session.open, day),
                minutes(session.close, day),
                minutes(session.break_start, day),
                minutes(session.break_end, day),
                "1" if session.Index in early else "0",
            ]
        )
        rows.append((day, columns))
    write(name, f"exchange_calendars {PINNED['exchange_calendars']} {name}", first, last, rows)


def from_pandas_market_calendars():
    calendar = pmc.get_calendar("NSE")
    first, last = "1996-01-01", "2026-12-31"
    schedule = calendar.schedule(first, last, interruptions=True)
    regular = calendar.regular_market_times["market_close"]
    rows = []
    for session in schedule.itertuples():
        day = session.Index.date()
        closes = [t for since, t in regular if since is None or date.fromisoformat(str(since)[:10]) <= day]
        local = session.market_close.tz_convert("Asia/Kolkata").time()
        columns = ",".join(
            [
                minutes(session.market_open, day),
                minutes(session.market_close, day),
                minutes(getattr(session, "interruption_start_1", None), day),
                minutes(getattr(session, "interruption_end_1", None), day),
                "1" if local < closes[-1] else "0",
            ]
        )
        rows.append((day, columns))
    write("XNSE", f"pandas_market_calendars {PINNED['pandas_market_calendars']} NSE", first, last, rows)


def main():
    for package, version in PINNED.items():
        if metadata.version(package) != version:
            sys.exit(f"{package} {version} is wanted, {metadata.version(package)} is installed")
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for name, (first, last) in EXCHANGE_CALENDARS.items():
        from_exchange_calendars(name, first, last)
    from_pandas_market_calendars()


if __name__ == "__main__":
    main()
