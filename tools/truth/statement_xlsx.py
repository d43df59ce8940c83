"""Writes crates/ledger/tests/fixtures/zerodha_tradebook.xlsx: the trades of zerodha_tradebook.csv as Console's workbook.

As downloaded, the sheet begins with lines about the client and an empty first column; numbers are numbers, dates are
dates, and the time of execution is text. openpyxl==3.1.5, Python 3.11. The file is the same on every run.
"""

import csv
import datetime
import io
import pathlib
import zipfile

import openpyxl

FIXTURES = pathlib.Path(__file__).parents[2] / "crates" / "ledger" / "tests" / "fixtures"


def workbook() -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Equity"
    for _ in range(5):
        sheet.append([])
    sheet.append([None, "Client ID", "AB1234"])
    sheet.append([])
    sheet.append([None, "Tradebook for Equity from 2026-01-01 to 2026-01-31"])
    sheet.append([])
    with (FIXTURES / "zerodha_tradebook.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    names = {
        "symbol": "Symbol",
        "isin": "ISIN",
        "trade_date": "Trade Date",
        "exchange": "Exchange",
        "segment": "Segment",
        "series": "Series",
        "trade_type": "Trade Type",
        "auction": "Auction",
        "quantity": "Quantity",
        "price": "Price",
        "trade_id": "Trade ID",
        "order_id": "Order ID",
        "order_execution_time": "Order Execution Time",
    }
    sheet.append([None] + [names[name] for name in rows[0]])
    for row in rows[1:]:
        cells = dict(zip(rows[0], row))
        cells["trade_date"] = datetime.datetime.fromisoformat(cells["trade_date"])
        cells["quantity"] = float(cells["quantity"])
        cells["price"] = float(cells["price"])
        cells["auction"] = cells["auction"] == "true"
        sheet.append([None] + list(cells.values()))
    stamp = datetime.datetime(2026, 1, 31, tzinfo=None)
    book.properties.created = stamp
    book.properties.modified = stamp
    return book


def main() -> None:
    book = workbook()
    written = io.BytesIO()
    book.save(written)
    # The same bytes on every run: openpyxl stamps the parts and the properties with the time of day.
    with zipfile.ZipFile(written) as source:
        parts = [(name, source.read(name)) for name in sorted(source.namelist())]
    path = FIXTURES / "zerodha_tradebook.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in parts:
            if name == "docProps/core.xml":
                begin = content.index(b"<dcterms:modified")
                end = content.index(b"</dcterms:modified>")
                start = content.index(b">", begin) + 1
                content = content[:start] + b"2026-01-31T00:00:00Z" + content[end:]
            info = zipfile.ZipInfo(name, (2026, 1, 31, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, content)
    print(path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
