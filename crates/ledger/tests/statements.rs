//! Statements of every preset, from fixtures written after the public descriptions of the formats.

mod common;

use common::dec;
use tradewind_ledger::statement::{BYTES_MAX, Defaults, Preset, Statement, StatementError, read, totals};
use tradewind_types::Side;
use tradewind_types::record::{CashKind, ImportItem};

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).expect("the fixture is there")
}

fn statement(name: &str) -> Statement {
    read(&fixture(name), None, &Defaults::default()).expect("read")
}

fn fills(statement: &Statement) -> Vec<(String, Side, String, String, String)> {
    let fill = |item: &ImportItem| match item {
        ImportItem::Fill { fill } => Some((
            fill.instrument.to_string(),
            fill.side,
            fill.quantity.to_string(),
            fill.price.to_string(),
            fill.fee.amount.normalize().to_string(),
        )),
        _ => None,
    };
    statement.rows.iter().filter_map(|row| fill(&row.item)).collect()
}

fn of(instrument: &str, side: Side, rest: [&str; 3]) -> (String, Side, String, String, String) {
    let [quantity, price, fee] = rest.map(str::to_owned);
    (instrument.to_owned(), side, quantity, price, fee)
}

#[test]
fn the_generic_columns_are_read_and_wrong_rows_named_by_line_and_column() {
    let read = statement("generic.csv");
    assert_eq!(read.preset, Preset::Generic);
    assert_eq!(read.rows.len(), 4);
    assert_eq!(fills(&read), [of("AAPL.XNAS", Side::Buy, ["10", "187.25", "1"])]);
    let refused: Vec<(u32, Option<&str>)> = read
        .refused
        .iter()
        .map(|e| (e.line, e.column.as_deref()))
        .collect();
    assert_eq!(refused, [(6, Some("quantity")), (7, Some("type"))]);
    let (sums, whole) = totals(&read.rows);
    let usd = sums[&tradewind_types::Currency::USD];
    assert!(whole);
    assert_eq!(
        (usd.transfers, usd.trades, usd.cash),
        (dec("10000"), dec("-2957.7"), dec("2.04"))
    );
}

#[test]
fn zerodha_s_tradebook_gives_the_specification_s_profit_and_indian_times() {
    let read = statement("zerodha_tradebook.csv");
    assert_eq!(read.preset, Preset::ZerodhaTradebook);
    assert_eq!(
        fills(&read),
        [
            of("INFY.XNSE", Side::Buy, ["75", "100.05", "0"]),
            of("INFY.XNSE", Side::Sell, ["75", "105.1", "0"])
        ]
    );
    assert_eq!(read.rows[0].ts.to_rfc3339(), "2026-01-05T03:45:32Z");
}

#[test]
fn a_workbook_with_lines_above_its_header_gives_the_rows_of_its_text_file() {
    let (book, text) = (
        statement("zerodha_tradebook.xlsx"),
        statement("zerodha_tradebook.csv"),
    );
    assert_eq!(book.preset, Preset::ZerodhaTradebook);
    assert_eq!(
        fills(&book),
        [
            of("INFY.XNSE", Side::Buy, ["75", "100.05", "0"]),
            of("INFY.XNSE", Side::Sell, ["75", "105.1", "0"])
        ]
    );
    assert_eq!((book.refused.len(), book.passed_over.len()), (0, 0));
    let times = |s: &Statement| s.rows.iter().map(|row| row.ts).collect::<Vec<_>>();
    assert_eq!(times(&book), times(&text));
    assert_eq!(
        book.rows.iter().map(|row| row.line).collect::<Vec<_>>(),
        [11, 12],
        "as the sheet counts"
    );
}

#[test]
fn zerodha_s_funds_pass_settlements_over_because_the_tradebook_has_the_trades() {
    let read = statement("zerodha_funds.csv");
    assert_eq!(read.preset, Preset::ZerodhaFunds);
    assert_eq!(
        (read.rows.len(), read.passed_over.len(), read.refused.len()),
        (2, 2, 0)
    );
    assert!(matches!(&read.rows[0].item, ImportItem::Transfer { money } if money.amount == dec("10000")));
    assert!(
        matches!(&read.rows[1].item, ImportItem::Cash { kind: CashKind::Fee { .. }, money, .. } if money.amount == dec("-15.34"))
    );
}

#[test]
fn coinbase_s_trades_book_the_subtotal_to_the_cent() {
    let read = statement("coinbase.csv");
    assert_eq!(read.preset, Preset::Coinbase);
    assert_eq!(
        (read.rows.len(), read.refused.len()),
        (3, 0),
        "{:?}",
        read.refused
    );
    assert_eq!(
        fills(&read),
        [
            of("BTC-USD.COINBASE", Side::Buy, ["0.3", "62000", "100"]),
            of("BTC-USD.COINBASE", Side::Sell, ["0.1", "63000", "37.8"])
        ],
        "oldest first; the stated price of 62000.33 does not come to the subtotal"
    );
    assert!(
        matches!(&read.rows[2].item, ImportItem::Exchange { bought, .. } if bought.amount == dec("1500.05"))
    );
}

#[test]
fn kraken_s_two_exports_tell_of_the_same_trade() {
    let (ledgers, trades) = (statement("kraken_ledgers.csv"), statement("kraken_trades.csv"));
    assert_eq!(
        (ledgers.preset, trades.preset),
        (Preset::KrakenLedgers, Preset::KrakenTrades)
    );
    assert_eq!(
        fills(&ledgers),
        [of("BTC-USD.KRAKEN", Side::Buy, ["0.01", "62000", "1.612"])]
    );
    assert_eq!(fills(&trades)[0], fills(&ledgers)[0]);
    assert_eq!(fills(&trades)[1].0, "ADA-USDT.KRAKEN");
    assert_eq!(
        (
            ledgers.rows.len(),
            ledgers.passed_over.len(),
            ledgers.refused.len()
        ),
        (3, 1, 0)
    );
    assert!(
        matches!(&ledgers.rows[2].item, ImportItem::Cash { money, .. } if money.currency.as_str() == "DOT")
    );
}

#[test]
fn ibkr_s_sections_are_read_one_by_one_in_new_york_s_time() {
    let read = statement("ibkr_flex.csv");
    assert_eq!(read.preset, Preset::IbkrFlex);
    assert_eq!(
        (read.rows.len(), read.passed_over.len(), read.refused.len()),
        (5, 1, 0),
        "{:?}",
        read.refused
    );
    assert_eq!(fills(&read), [of("AAPL.XNAS", Side::Buy, ["10", "187.25", "1"])]);
    let fill = read
        .rows
        .iter()
        .find(|r| matches!(r.item, ImportItem::Fill { .. }))
        .expect("one");
    assert_eq!(fill.ts.to_rfc3339(), "2026-01-05T14:35:00Z", "09:35 in winter");
    let exchange = read.rows.iter().find_map(|r| match &r.item {
        ImportItem::Exchange { sold, bought } => Some((sold.amount, bought.amount)),
        _ => None,
    });
    assert_eq!(exchange, Some((dec("1084.2"), dec("1000"))));
}

#[test]
fn the_same_row_has_the_same_hash_in_another_export_and_equal_rows_of_one_file_differ() {
    let once = statement("kraken_trades.csv");
    let mut more = fixture("kraken_trades.csv");
    more.extend_from_slice(
        b"\"T3\",\"O3\",\"XXBTZUSD\",\"2026-01-07 10:00:00\",\"buy\",\"limit\",1,1,0,1,0,\"\",\"\"\n",
    );
    let later = read(&more, Some(Preset::KrakenTrades), &Defaults::default()).expect("read");
    assert_eq!(once.rows[0].hash, later.rows[0].hash);
    assert_ne!(once.digest, later.digest);
    let twice = b"date,type,amount,currency\n2026-01-05,DEPOSIT,1,USD\n2026-01-05,DEPOSIT,1,USD\n";
    let twice = read(twice, None, &Defaults::default()).expect("read");
    assert_eq!(twice.rows.len(), 2);
    assert_ne!(
        twice.rows[0].hash, twice.rows[1].hash,
        "two equal deposits are two"
    );
}

#[test]
fn files_that_are_too_long_or_no_table_are_refused_whole() {
    let refuse = |bytes: &[u8]| read(bytes, None, &Defaults::default()).expect_err("refused");
    assert!(matches!(
        refuse(&vec![b'a'; BYTES_MAX + 1]),
        StatementError::TooLong { .. }
    ));
    assert!(matches!(
        refuse(b"PK\x03\x04 not an archive"),
        StatementError::Unreadable { .. }
    ));
    assert!(matches!(
        refuse(b"a,b\n1,\xff\n"),
        StatementError::Unreadable { .. }
    ));
    assert_eq!(refuse(b"hello,world\n1,2\n"), StatementError::NoPreset);
    let wrong = read(
        b"hello,world\n1,2\n",
        Some(Preset::Coinbase),
        &Defaults::default(),
    );
    assert!(matches!(wrong, Err(StatementError::NoHeader { .. })));
}
