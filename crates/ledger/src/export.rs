//! Everything out again, as CSV and JSON: entries, fills, orders, positions, lots. No lock-in.
//!
//! Amounts are canonical decimals, times RFC 3339, names as in the API. A text that a spreadsheet would take for a
//! formula gets a leading apostrophe in CSV, and is as it is in JSON.

use rust_decimal::Decimal;
use tradewind_types::num::canonical;
use tradewind_types::order::OrderEventKind;
use tradewind_types::record::{LedgerEntry, PositionBook};
use tradewind_types::{InstrumentId, Order, OrderEvent, OrderKind, Side, StrategyId};

use crate::ledger::Ledger;
use crate::wash::WashMark;

/// A table of text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Table {
    /// Names.
    pub columns: &'static [&'static str],
    /// Cells, as many as columns; `None` = nothing there.
    pub rows: Vec<Vec<Option<String>>>,
}

impl Table {
    fn new(columns: &'static [&'static str]) -> Self {
        Self {
            columns,
            rows: Vec::new(),
        }
    }

    /// RFC 4180, with a header.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut text = self.csv_header();
        text.push_str(&self.csv_rows());
        text
    }

    /// The header of the CSV, for a file that is written in parts.
    #[must_use]
    pub fn csv_header(&self) -> String {
        let mut text = self.columns.join(",");
        text.push_str("\r\n");
        text
    }

    /// The rows as CSV, without the header.
    #[must_use]
    pub fn csv_rows(&self) -> String {
        let mut text = String::new();
        for row in &self.rows {
            for (n, cell) in row.iter().enumerate() {
                if n > 0 {
                    text.push(',');
                }
                csv_cell(&mut text, cell.as_deref().unwrap_or_default());
            }
            text.push_str("\r\n");
        }
        text
    }

    /// An array of objects.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = String::from("[");
        text.push_str(&self.json_rows(true));
        text.push_str("\n]\n");
        text
    }

    /// The rows as objects with the commas between them, for an array that is written in parts; `first`: nothing was
    /// written before. The caller writes the `[` and the `]`.
    #[must_use]
    pub fn json_rows(&self, first: bool) -> String {
        let mut text = String::new();
        for (n, row) in self.rows.iter().enumerate() {
            text.push_str(if n == 0 && first { "\n{" } else { ",\n{" });
            for (m, (name, cell)) in self.columns.iter().zip(row).enumerate() {
                if m > 0 {
                    text.push(',');
                }
                json_text(&mut text, name);
                text.push(':');
                match cell {
                    Some(cell) => json_text(&mut text, cell),
                    None => text.push_str("null"),
                }
            }
            text.push('}');
        }
        text
    }
}

fn csv_cell(text: &mut String, cell: &str) {
    let number = cell.parse::<Decimal>().is_ok();
    let formula = !number && cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let quoted = formula || cell.contains([',', '"', '\n', '\r']);
    if !quoted {
        text.push_str(cell);
        return;
    }
    text.push('"');
    if formula {
        text.push('\'');
    }
    text.push_str(&cell.replace('"', "\"\""));
    text.push('"');
}

fn json_text(text: &mut String, value: &str) {
    use std::fmt::Write as _;
    text.push('"');
    for c in value.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            c if u32::from(c) < 0x20 => {
                // Writing to a string does not fail.
                let _ = write!(text, "\\u{:04x}", u32::from(c));
            }
            c => text.push(c),
        }
    }
    text.push('"');
}

fn some(text: impl ToString) -> Option<String> {
    Some(text.to_string())
}

fn amount(value: Decimal) -> Option<String> {
    Some(canonical(value))
}

/// The name of an enum without fields, as in records: `CashAvailable` → `CASH_AVAILABLE`.
fn name(value: impl std::fmt::Debug) -> Option<String> {
    let mut text = String::new();
    for c in format!("{value:?}").chars() {
        if c.is_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.extend(c.to_uppercase());
    }
    Some(text)
}

/// Ledger entries, one row a posting.
#[must_use]
pub fn entries<'a>(all: impl IntoIterator<Item = &'a LedgerEntry>) -> Table {
    let mut table = Table::new(&[
        "entry",
        "account",
        "ts",
        "kind",
        "ledger_account",
        "currency",
        "amount",
        "instrument",
        "strategy",
        "quantity",
        "price",
        "client_order_id",
        "key",
        "link",
        "reverses",
        "imported",
        "actor",
        "reason",
    ]);
    for entry in all {
        let change = entry.position.as_ref();
        let detail = entry.detail.as_deref();
        for posting in &entry.postings {
            table.rows.push(vec![
                some(&entry.id),
                some(&entry.account),
                some(entry.ts),
                name(entry.kind),
                name(posting.account),
                some(posting.currency),
                amount(posting.amount),
                change.map(|c| c.instrument.to_string()),
                change.and_then(|c| c.strategy.as_ref()).map(ToString::to_string),
                change.map(|c| canonical(c.quantity)),
                change.map(|c| canonical(c.price.decimal())),
                entry.client_order_id.as_ref().map(ToString::to_string),
                some(&entry.key),
                detail.and_then(|d| d.link.clone()),
                detail.and_then(|d| d.reverses.as_ref()).map(ToString::to_string),
                detail.and_then(|d| d.imported.clone()),
                some(&entry.actor),
                some(&entry.reason),
            ]);
        }
    }
    table
}

/// Positions of every owner, flat ones included.
#[must_use]
pub fn positions(ledger: &Ledger) -> Table {
    let mut table = Table::new(&[
        "account",
        "instrument",
        "strategy",
        "book",
        "currency",
        "quantity",
        "cost",
        "average_cost",
        "realised",
        "fees",
        "income",
        "bought",
        "sold",
        "adjusted",
        "fills",
        "average_method_cost",
        "average_method_realised",
    ]);
    for (instrument, p) in ledger.owner_positions() {
        let currency = ledger.position(instrument).map(|net| net.currency.to_string());
        table.rows.push(vec![
            some(ledger.account()),
            some(instrument),
            p.strategy.as_ref().map(ToString::to_string),
            book(p.book),
            currency,
            amount(p.quantity),
            amount(p.cost),
            p.average_cost().map(canonical),
            amount(p.realised),
            amount(p.fees),
            amount(p.income),
            amount(p.bought),
            amount(p.sold),
            amount(p.adjusted),
            some(p.fills),
            amount(p.average.cost),
            amount(p.average.realised),
        ]);
    }
    table
}

/// Open lots, with the part of each that washes an earlier loss.
#[must_use]
pub fn lots(ledger: &Ledger, marks: &[WashMark]) -> Table {
    let mut table = Table::new(&[
        "account",
        "instrument",
        "strategy",
        "book",
        "lot",
        "opened",
        "quantity",
        "price",
        "cost",
        "washes_quantity",
        "washes_loss",
    ]);
    for (instrument, p) in ledger.owner_positions() {
        for lot in &p.lots {
            let washed = || marks.iter().filter(|m| m.replacement == lot.id);
            let sum = |of: fn(&WashMark) -> Decimal| {
                let mut parts = washed().map(of).peekable();
                parts.peek()?;
                parts
                    .try_fold(Decimal::ZERO, |sum, part| sum.checked_add(part))
                    .map(canonical)
            };
            table.rows.push(vec![
                some(ledger.account()),
                some(instrument),
                p.strategy.as_ref().map(ToString::to_string),
                book(p.book),
                some(&lot.id),
                some(lot.opened),
                amount(lot.quantity),
                amount(lot.price.decimal()),
                amount(lot.cost),
                sum(|m| m.quantity),
                sum(|m| m.loss),
            ]);
        }
    }
    table
}

fn book(book: PositionBook) -> Option<String> {
    name(book)
}

/// Orders.
#[must_use]
pub fn orders<'a>(all: impl IntoIterator<Item = &'a Order>) -> Table {
    let mut table = Table::new(&[
        "client_order_id",
        "account",
        "instrument",
        "side",
        "type",
        "quantity",
        "price",
        "time_in_force",
        "reduce_only",
        "state",
        "filled",
        "created_at",
        "updated_at",
    ]);
    for order in all {
        let request = &order.request;
        let (kind, price) = match &request.kind {
            OrderKind::Market => ("MARKET", None),
            OrderKind::Limit { price, .. } => ("LIMIT", Some(*price)),
            OrderKind::StopMarket { trigger } => ("STOP_MARKET", Some(*trigger)),
            OrderKind::StopLimit { price, .. } => ("STOP_LIMIT", Some(*price)),
            OrderKind::TrailingStop { .. } => ("TRAILING_STOP", order.trigger),
        };
        table.rows.push(vec![
            some(&request.client_order_id),
            some(&request.account),
            some(&request.instrument),
            some(request.side),
            some(kind),
            amount(request.quantity.decimal()),
            price.map(|p| canonical(p.decimal())),
            time_in_force(request.time_in_force),
            some(request.reduce_only),
            some(order.state.name()),
            amount(order.filled),
            some(order.ts_created),
            some(order.ts_updated),
        ]);
    }
    table
}

fn time_in_force(value: tradewind_types::TimeInForce) -> Option<String> {
    match value {
        tradewind_types::TimeInForce::Gtd { until } => Some(format!("GTD {until}")),
        other => name(other),
    }
}

/// Fills; each with instrument, side and owner, which its event does not carry.
#[must_use]
pub fn fills<'a>(
    all: impl IntoIterator<Item = (&'a OrderEvent, &'a InstrumentId, Side, Option<&'a StrategyId>)>,
) -> Table {
    let mut table = Table::new(&[
        "fill_id",
        "account",
        "ts",
        "instrument",
        "side",
        "quantity",
        "price",
        "fee",
        "fee_currency",
        "liquidity",
        "client_order_id",
        "venue_trade_id",
        "strategy",
    ]);
    for (event, instrument, side, strategy) in all {
        let OrderEventKind::Filled {
            fill_id,
            venue_trade_id,
            quantity,
            price,
            fee,
            fee_currency,
            taker,
        } = &event.kind
        else {
            continue;
        };
        table.rows.push(vec![
            some(fill_id),
            some(&event.account),
            some(event.ts_event),
            some(instrument),
            some(side),
            amount(quantity.decimal()),
            amount(price.decimal()),
            amount(*fee),
            some(fee_currency),
            some(if *taker { "TAKER" } else { "MAKER" }),
            some(&event.client_order_id),
            some(venue_trade_id),
            strategy.map(ToString::to_string),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_looks_like_a_formula_is_defused_in_csv_and_kept_in_json() {
        let table = Table {
            columns: &["a", "b"],
            rows: vec![
                vec![Some("=1+1, \"x\"".to_owned()), Some("-5.20".to_owned())],
                vec![None, None],
            ],
        };
        assert_eq!(table.to_csv(), "a,b\r\n\"'=1+1, \"\"x\"\"\",-5.20\r\n,\r\n");
        assert_eq!(
            table.to_json(),
            "[\n{\"a\":\"=1+1, \\\"x\\\"\",\"b\":\"-5.20\"},\n{\"a\":null,\"b\":null}\n]\n"
        );
    }

    #[test]
    fn names_are_those_of_the_records() {
        use tradewind_types::record::{EntryKind, LedgerAccount};
        assert_eq!(
            name(LedgerAccount::CashAvailable).as_deref(),
            Some("CASH_AVAILABLE")
        );
        assert_eq!(name(EntryKind::FxTrade).as_deref(), Some("FX_TRADE"));
    }
}
