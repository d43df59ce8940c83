//! What the rows of each kind consist of, and how a row that was read gets into its columns.

use tradewind_types::Side;

use super::check::RowCheck;
use super::columns::{BarRow, Chunk, DataKind};
use super::number;
use super::source::Layout;

/// Figures of a row at most.
pub(crate) const FIGURES_MAX: usize = 5;
/// Size that a quote shows where the file has none: more than any order, so that it never limits a fill.
pub(crate) const SIZE_UNKNOWN: i128 = 1_000_000_000_000_000_000;

/// Names of the figures by kind; those from the second value on may be missing.
pub(crate) fn figures(kind: DataKind) -> (&'static [&'static str], usize) {
    match kind {
        DataKind::Bars => (&["open", "high", "low", "close", "volume"], 4),
        DataKind::Quotes => (&["bid", "ask", "bid_size", "ask_size"], 2),
        DataKind::Trades => (&["price", "size"], 2),
    }
}

/// Whether the figure at a place is a size; else it is a price.
#[inline]
pub(crate) fn is_size(kind: DataKind, at: usize) -> bool {
    match kind {
        DataKind::Bars => at == 4,
        DataKind::Quotes => at >= 2,
        DataKind::Trades => at == 1,
    }
}

/// What stands for a figure that may be missing and is.
#[inline]
pub(crate) fn absent(kind: DataKind) -> i128 {
    if kind == DataKind::Quotes { SIZE_UNKNOWN } else { 0 }
}

/// Checks a row and appends it. Prices have been read as 64 bits.
#[inline]
pub(crate) fn take(
    layout: &Layout,
    check: &mut RowCheck,
    (ts, figures, side): (u64, [i128; FIGURES_MAX], Option<Side>),
    chunk: &mut Chunk,
) -> Result<(), String> {
    let price = |at: usize| figures[at] as i64;
    match chunk {
        Chunk::Bars(columns) => {
            let ts = layout.opening(ts)?;
            let row = BarRow {
                ts,
                ohlc: [price(0), price(1), price(2), price(3)],
                volume: figures[4],
            };
            check.time(ts)?;
            check.bar(&row)?;
            columns.push(row);
        }
        Chunk::Quotes(columns) => {
            check.time(ts)?;
            check.quote(price(0), price(1), (figures[2], figures[3]))?;
            columns.ts.push(ts);
            columns.bid.push(price(0));
            columns.ask.push(price(1));
            columns.bid_size.push(figures[2]);
            columns.ask_size.push(figures[3]);
        }
        Chunk::Trades(columns) => {
            check.time(ts)?;
            check.trade(price(0), figures[1])?;
            columns.ts.push(ts);
            columns.price.push(price(0));
            columns.size.push(figures[1]);
            columns.aggressor.push(side);
        }
    }
    Ok(())
}

/// Who took liquidity, as a cell says.
pub(crate) fn aggressor(cell: &[u8]) -> Result<Option<Side>, String> {
    match cell.to_ascii_lowercase().as_slice() {
        b"" => Ok(None),
        b"buy" | b"b" => Ok(Some(Side::Buy)),
        b"sell" | b"s" => Ok(Some(Side::Sell)),
        _ => Err(format!("side: `{}` is neither buy nor sell", number::shown(cell))),
    }
}
