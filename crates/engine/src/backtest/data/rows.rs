//! What the rows of each kind consist of, and how a row that was read gets into its columns.

use tradewind_codecs::table::number;
use tradewind_types::Side;

use super::check::RowCheck;
use super::columns::{BarRow, Chunk, DataKind, DepthAction};
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
        DataKind::Trades | DataKind::Book => (&["price", "size"], 2),
        DataKind::Orders => (&["price", "size", "order_id"], 3),
    }
}

/// Whether the figure at a place is a size; else it is a price.
#[inline]
pub(crate) fn is_size(kind: DataKind, at: usize) -> bool {
    match kind {
        DataKind::Bars => at == 4,
        DataKind::Quotes => at >= 2,
        DataKind::Trades | DataKind::Book => at == 1,
        DataKind::Orders => at >= 1,
    }
}

/// What stands for a figure that may be missing and is.
#[inline]
pub(crate) fn absent(kind: DataKind) -> i128 {
    match kind {
        DataKind::Quotes => SIZE_UNKNOWN,
        // Which of them a change needs, its action says.
        DataKind::Book | DataKind::Orders => ABSENT,
        DataKind::Bars | DataKind::Trades => 0,
    }
}

/// Of a book's change: the cell is empty.
const ABSENT: i128 = i128::MIN;

/// Whether the cell of a figure may be empty.
#[inline]
pub(crate) fn may_be_empty(kind: DataKind, at: usize) -> bool {
    matches!(kind, DataKind::Book | DataKind::Orders) || at >= figures(kind).1
}

/// Whether the figure at a place is a whole number at no scale.
#[inline]
pub(crate) fn is_number(kind: DataKind, at: usize) -> bool {
    kind == DataKind::Orders && at == 2
}

/// Whether rows of a kind have a side.
pub(crate) fn has_side(kind: DataKind) -> bool {
    matches!(kind, DataKind::Trades | DataKind::Book | DataKind::Orders)
}

/// Whether rows of a kind have an action.
pub(crate) fn has_action(kind: DataKind) -> bool {
    matches!(kind, DataKind::Book | DataKind::Orders)
}

/// Words of a row beside its figures.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Words {
    pub(crate) side: Option<Side>,
    pub(crate) action: Option<DepthAction>,
}

/// What happens to a book, as a cell says.
pub(crate) fn action(cell: &[u8]) -> Result<Option<DepthAction>, String> {
    match cell.to_ascii_lowercase().as_slice() {
        b"" => Ok(None),
        b"set" => Ok(Some(DepthAction::Set)),
        b"add" => Ok(Some(DepthAction::Add)),
        b"modify" => Ok(Some(DepthAction::Modify)),
        b"cancel" => Ok(Some(DepthAction::Cancel)),
        b"trade" => Ok(Some(DepthAction::Trade)),
        b"clear" => Ok(Some(DepthAction::Clear)),
        _ => Err(format!(
            "action: `{}` is none of set, add, modify, cancel, trade, clear",
            number::shown(cell)
        )),
    }
}

/// A change of a book, checked by what its action needs.
fn depth(
    (kind, layout): (DataKind, &Layout),
    (figures, words): (&[i128; FIGURES_MAX], Words),
) -> Result<(DepthAction, Side, i64, i128, u64), String> {
    use DepthAction as A;
    let by_price = kind == DataKind::Book;
    let action = match words.action {
        Some(action) => action,
        None if by_price => A::Set,
        None => return Err("action: is missing; it is add, modify, cancel, trade or clear".to_owned()),
    };
    let fits = action == A::Clear || by_price == (action == A::Set);
    if !fits {
        let wanted = if by_price {
            "set or clear"
        } else {
            "add, modify, cancel, trade or clear"
        };
        return Err(format!(
            "action: must be {wanted} with kind = \"{}\"",
            kind.name()
        ));
    }
    if action == A::Clear {
        return Ok((action, Side::Buy, 0, 0, 0));
    }
    let needed = |at: usize, name: &str| match figures[at] {
        ABSENT => Err(format!("{name}: is missing")),
        value => Ok(value),
    };
    // An order that is known says its side and price itself.
    let places = matches!(action, A::Set | A::Add | A::Modify);
    let side = words.side.or((!places).then_some(Side::Buy));
    let side = side.or((action == A::Modify).then_some(Side::Buy));
    let side = side.ok_or("side: is missing; it is buy or sell")?;
    let price = if places { needed(0, "price")? as i64 } else { 0 };
    if places && price <= 0 && !layout.negative_prices {
        return Err("the price is 0 or below; the instrument does not allow that".to_owned());
    }
    let size = match figures[1] {
        ABSENT if action == A::Cancel => 0,
        _ => needed(1, "size")?,
    };
    let least = i128::from(!matches!(action, A::Set | A::Cancel));
    if size < least {
        return Err(format!("the size must be at least {least}"));
    }
    let order = if by_price {
        0
    } else {
        let number = needed(2, "order_id")?;
        u64::try_from(number).map_err(|_| "order_id: must be a whole number from 0 to 2^64 − 1".to_owned())?
    };
    Ok((action, side, price, size, order))
}

/// Checks a row and appends it. Prices have been read as 64 bits.
#[inline]
pub(crate) fn take(
    layout: &Layout,
    check: &mut RowCheck,
    (ts, figures, words): (u64, [i128; FIGURES_MAX], Words),
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
            columns.aggressor.push(words.side);
        }
        Chunk::Book(columns) | Chunk::Orders(columns) => {
            check.time(ts)?;
            let (action, side, price, size, order) = depth((layout.kind, layout), (&figures, words))?;
            columns.ts.push(ts);
            columns.action.push(action);
            columns.side.push(side);
            columns.price.push(price);
            columns.size.push(size);
            columns.order.push(order);
        }
    }
    Ok(())
}

/// A side, as a cell says: of trades, whose who took liquidity.
pub(crate) fn side_of(cell: &[u8]) -> Result<Option<Side>, String> {
    match cell.to_ascii_lowercase().as_slice() {
        b"" => Ok(None),
        b"buy" | b"b" | b"bid" => Ok(Some(Side::Buy)),
        b"sell" | b"s" | b"ask" => Ok(Some(Side::Sell)),
        _ => Err(format!("side: `{}` is neither buy nor sell", number::shown(cell))),
    }
}
