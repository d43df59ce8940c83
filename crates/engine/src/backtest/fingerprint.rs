//! One hash over everything that a run decided and booked: two runs that differ in a cent, a nanosecond or a word of
//! an order's type have different ones.

use std::fmt::Write as _;

use blake3::Hasher;

use super::capture::{FillRow, OrderRow, TradeRow};
use super::run::RunOutput;

/// Feeds values in a fixed form, each with its end.
struct Feeder {
    hasher: Hasher,
    text: String,
}

impl Feeder {
    fn number(&mut self, value: u64) {
        self.hasher.update(&value.to_le_bytes());
    }

    /// Decimals count by value: 1.50 is 1.5.
    fn decimal(&mut self, value: rust_decimal::Decimal) {
        self.hasher.update(&value.normalize().serialize());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.hasher.update(text.as_bytes());
    }

    fn shown(&mut self, value: &dyn std::fmt::Debug) {
        self.text.clear();
        // Writing to a string cannot fail.
        let _ = write!(self.text, "{value:?}");
        let text = std::mem::take(&mut self.text);
        self.text(&text);
        self.text = text;
    }

    fn order(&mut self, order: &OrderRow) {
        self.text(order.id.as_str());
        self.number(u64::from(order.instrument.0));
        self.text(order.strategy.as_ref().map_or("", |s| s.as_str()));
        self.text(order.side.as_str());
        self.shown(&order.kind);
        self.shown(&order.time_in_force);
        self.decimal(order.quantity.decimal());
        self.number(u64::from(order.reduce_only));
        self.number(order.created.0);
        self.number(order.updated.0);
        self.text(order.state);
        self.decimal(order.filled);
        self.decimal(order.filled_value);
    }

    fn fill(&mut self, fill: &FillRow) {
        self.number(u64::from(fill.order));
        self.number(fill.ts.0);
        self.decimal(fill.quantity.decimal());
        self.decimal(fill.price.decimal());
        self.decimal(fill.fee);
        self.number(u64::from(fill.taker));
    }

    fn trade(&mut self, trade: &TradeRow) {
        self.number(trade.entry_ts.0);
        self.number(trade.exit_ts.0);
        self.decimal(trade.quantity);
        self.decimal(trade.gross);
        self.decimal(trade.fees);
        self.number(trade.worst as u64);
        self.number(trade.best as u64);
    }
}

/// The hash of a run's orders, fills, trades and equity, hexadecimal.
#[must_use]
pub(crate) fn fingerprint(output: &RunOutput) -> String {
    let mut feeder = Feeder {
        hasher: Hasher::new(),
        text: String::new(),
    };
    let capture = &output.capture;
    feeder.number(capture.orders.len() as u64);
    capture.orders.iter().for_each(|o| feeder.order(o));
    feeder.number(capture.fills.len() as u64);
    capture.fills.iter().for_each(|f| feeder.fill(f));
    feeder.number(capture.trades.len() as u64);
    capture.trades.iter().for_each(|t| feeder.trade(t));
    feeder.number(output.equity.len() as u64);
    for point in &output.equity {
        feeder.number(point.ts.0);
        feeder.decimal(point.equity);
        feeder.decimal(point.cash);
        feeder.decimal(point.exposure);
    }
    feeder.hasher.finalize().to_hex().to_string()
}
