//! Our own columns, for everything that no other preset reads.
//!
//! | column | needed for | meaning |
//! | --- | --- | --- |
//! | `date` | all | with or without time; without a zone it is UTC |
//! | `type` | all | BUY, SELL, DEPOSIT, WITHDRAWAL, DIVIDEND, INTEREST, FUNDING, FEE, TAX, ADJUSTMENT, EXCHANGE |
//! | `symbol` | BUY, SELL | `AAPL.XNAS`, or `AAPL` with `market` |
//! | `quantity`, `price` | BUY, SELL | above zero |
//! | `fee` | | of a trade, in `currency`; empty = none |
//! | `amount` | the others | always positive but for FUNDING, INTEREST, ADJUSTMENT, which say by their sign who pays |
//! | `tax` | | withheld from a DIVIDEND |
//! | `currency` | | or the default given with the file |
//! | `to_amount`, `to_currency` | EXCHANGE | what was received for `amount` `currency` |
//! | `id`, `note` | | the row's own id, words for people |

use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use tradewind_types::record::{Attribution, CashKind, FeeKind, ForeignFill, ImportItem};
use tradewind_types::{Currency, InstrumentId, Side};

use super::Defaults;
use super::row::{Cells, Output, Parsed, Refusal, instrument, money};
use super::sheet::Sheet;

pub(super) const COLUMNS: &[&str] = &["date", "type"];

pub(super) fn read(sheet: &Sheet<'_>, defaults: &Defaults, out: &mut Output) {
    for line in sheet.lines {
        let cells = Cells { sheet, line };
        out.put(line, one(cells, defaults));
    }
}

fn one(cells: Cells<'_>, defaults: &Defaults) -> Result<Parsed, Refusal> {
    let ts = cells.time("date", &TimeZone::UTC)?;
    let kind = cells.needed("type")?.to_uppercase();
    let currency = currency(cells, defaults)?;
    let item = match kind.as_str() {
        "BUY" | "SELL" => ImportItem::Fill {
            fill: ForeignFill {
                instrument: named(cells, defaults)?.ok_or_else(|| cells.bad("symbol", "is empty"))?,
                strategy: None,
                side: if kind == "BUY" { Side::Buy } else { Side::Sell },
                quantity: cells.quantity("quantity")?,
                price: cells.price("price")?,
                fee: money(cells.decimal_or_zero("fee")?, currency),
            },
        },
        "DEPOSIT" => ImportItem::Transfer {
            money: money(positive(cells, "amount")?, currency),
        },
        "WITHDRAWAL" => ImportItem::Transfer {
            money: money(-positive(cells, "amount")?, currency),
        },
        "EXCHANGE" => ImportItem::Exchange {
            sold: money(positive(cells, "amount")?, currency),
            bought: money(positive(cells, "to_amount")?, cells.currency("to_currency")?),
        },
        other => cash(cells, defaults, other, currency)?,
    };
    Ok(Parsed::Item {
        ts,
        reason: format!("{} {}", kind.to_lowercase(), cells.text("note|notes|description"))
            .trim()
            .to_owned(),
        item,
        id: cells.text("id").to_owned(),
    })
}

fn cash(
    cells: Cells<'_>,
    defaults: &Defaults,
    kind: &str,
    currency: Currency,
) -> Result<ImportItem, Refusal> {
    let (kind, amount) = match kind {
        "DIVIDEND" => {
            let withheld = cells.decimal_or_zero("tax")?.abs();
            (CashKind::Dividend { withheld }, positive(cells, "amount")?)
        }
        "INTEREST" => (CashKind::Interest, cells.decimal("amount")?),
        "FUNDING" => (CashKind::Funding, cells.decimal("amount")?),
        "ADJUSTMENT" => (CashKind::Adjustment, cells.decimal("amount")?),
        "FEE" => (CashKind::Fee { fee: FeeKind::Other }, -positive(cells, "amount")?),
        "TAX" => (CashKind::WithholdingTax, -positive(cells, "amount")?),
        other => {
            let known = "BUY, SELL, DEPOSIT, WITHDRAWAL, DIVIDEND, INTEREST, FUNDING, FEE, TAX, ADJUSTMENT or EXCHANGE";
            return Err(cells.bad("type", format!("`{other}` is none of {known}")));
        }
    };
    let about = Attribution {
        instrument: named(cells, defaults)?,
        strategy: None,
    };
    Ok(ImportItem::Cash {
        kind,
        money: money(amount, currency),
        about,
    })
}

fn positive(cells: Cells<'_>, column: &str) -> Result<Decimal, Refusal> {
    let value = cells.decimal(column)?;
    if value <= Decimal::ZERO {
        return Err(cells.bad(column, format!("must be above 0, got {value}")));
    }
    Ok(value)
}

fn currency(cells: Cells<'_>, defaults: &Defaults) -> Result<Currency, Refusal> {
    match (cells.text("currency"), defaults.currency) {
        ("", Some(currency)) => Ok(currency),
        _ => cells.currency("currency"),
    }
}

/// The instrument, where one is named.
fn named(cells: Cells<'_>, defaults: &Defaults) -> Result<Option<InstrumentId>, Refusal> {
    let (symbol, market) = (cells.text("symbol|instrument"), cells.text("market|exchange"));
    match (symbol, market, &defaults.market) {
        ("", ..) => Ok(None),
        (symbol, "", None) => match symbol.parse() {
            Ok(id) => Ok(Some(id)),
            Err(_) => Err(cells.bad(
                "symbol",
                format!("`{symbol}` names no market; write SYMBOL.MARKET"),
            )),
        },
        (symbol, "", Some(market)) => match symbol.parse() {
            Ok(id) => Ok(Some(id)),
            Err(_) => instrument(symbol, market.as_str()).map(Some),
        },
        (symbol, market, _) => instrument(symbol, market).map(Some),
    }
}
