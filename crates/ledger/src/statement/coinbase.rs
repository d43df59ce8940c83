//! Coinbase: the transaction history.
//!
//! Columns, in any order and with or without the newer names: `ID, Timestamp, Transaction Type, Asset, Quantity
//! Transacted, [Spot] Price Currency, [Spot] Price at Transaction, Subtotal, Total (inclusive of fees and/or spread),
//! Fees and/or Spread, Notes`, below some lines about the user. Newer files write sold quantities below zero. A trade
//! books exactly its subtotal and fee: the price is the subtotal by the quantity where the stated one is rounded.

use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use tradewind_types::record::{Attribution, CashKind, ForeignFill, ImportItem};
use tradewind_types::{Currency, Money, Side};

use super::row::{Cells, Output, Parsed, Refusal, amount, exact_price, instrument, money, refuse};
use super::sheet::Sheet;

pub(super) const COLUMNS: &[&str] = &[
    "Timestamp",
    "Transaction Type",
    "Asset",
    "Quantity Transacted",
    "Subtotal",
];

const CURRENCY: &str = "Price Currency|Spot Price Currency";
const PRICE: &str = "Price at Transaction|Spot Price at Transaction";
const FEES: &str = "Fees and/or Spread|Fees";

pub(super) fn read(sheet: &Sheet<'_>, out: &mut Output) {
    for line in sheet.lines {
        out.put(line, one(Cells { sheet, line }));
    }
}

fn one(cells: Cells<'_>) -> Result<Parsed, Refusal> {
    let ts = cells.time("Timestamp", &TimeZone::UTC)?;
    let kind = cells.needed("Transaction Type")?;
    let asset = cells.currency("Asset")?;
    let lower = kind.to_lowercase();
    let moved = |sign: Decimal| -> Result<Money, Refusal> {
        Ok(money(
            cells.quantity("Quantity Transacted")?.decimal() * sign,
            asset,
        ))
    };
    let item = match lower.as_str() {
        "buy" | "advanced trade buy" | "advance trade buy" => trade(cells, asset, Side::Buy)?,
        "sell" | "advanced trade sell" | "advance trade sell" => trade(cells, asset, Side::Sell)?,
        "receive" | "deposit" | "exchange deposit" | "pro deposit" => ImportItem::Transfer {
            money: moved(Decimal::ONE)?,
        },
        "send" | "withdrawal" | "exchange withdrawal" | "pro withdrawal" => ImportItem::Transfer {
            money: moved(Decimal::NEGATIVE_ONE)?,
        },
        "convert" => convert(cells, asset)?,
        other
            if other.contains("reward") || other.contains("staking income") || other.contains("interest") =>
        {
            ImportItem::Cash {
                kind: CashKind::Interest,
                money: moved(Decimal::ONE)?,
                about: Attribution::default(),
            }
        }
        other if other.contains("staking transfer") || other.contains("vault") => {
            return Ok(Parsed::PassedOver(
                "a move between wallets of one owner".to_owned(),
            ));
        }
        _ => {
            return Err(cells.bad(
                "Transaction Type",
                format!("`{kind}` is not known; book it by hand"),
            ));
        }
    };
    Ok(Parsed::Item {
        ts,
        reason: match cells.text("Notes") {
            "" => lower,
            notes => notes.to_owned(),
        },
        item,
        id: cells.text("ID").to_owned(),
    })
}

fn trade(cells: Cells<'_>, asset: Currency, side: Side) -> Result<ImportItem, Refusal> {
    let quantity = cells.quantity("Quantity Transacted")?;
    let quote = cells.currency(CURRENCY)?;
    let subtotal = cells.decimal("Subtotal")?.abs();
    let stated = match cells.text(PRICE) {
        "" => None,
        text => amount(text),
    };
    let fill = ForeignFill {
        instrument: instrument(&format!("{asset}-{quote}"), "COINBASE")?,
        strategy: None,
        side,
        quantity,
        price: exact_price(stated, subtotal, quantity.decimal())?,
        fee: money(cells.decimal_or_zero(FEES)?, quote),
    };
    Ok(ImportItem::Fill { fill })
}

/// `Converted 0.5 ETH to 1500.25 USDC`.
fn convert(cells: Cells<'_>, asset: Currency) -> Result<ImportItem, Refusal> {
    let notes = cells.text("Notes");
    let sides = || -> Option<(Money, Money)> {
        let (sold, bought) = notes.strip_prefix("Converted ")?.split_once(" to ")?;
        let side = |text: &str| {
            let mut words = text.split_whitespace();
            let value = amount(words.next()?)?;
            let code = words.next()?.trim_end_matches('.').parse().ok()?;
            Some(money(value, code))
        };
        Some((side(sold)?, side(bought)?))
    };
    match sides() {
        Some((sold, bought)) if sold.currency == asset => Ok(ImportItem::Exchange { sold, bought }),
        _ => Err(refuse(
            "a conversion is read from notes such as `Converted 0.5 ETH to 1500 USDC`; these say otherwise",
        )),
    }
}
