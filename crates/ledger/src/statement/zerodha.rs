//! Zerodha Console: the tradebook, and the funds statement ("ledger").
//!
//! Tradebook: `symbol, isin, trade_date, exchange, segment, series, trade_type, auction, quantity, price, trade_id,
//! order_id, order_execution_time` (F&O files add `expiry_date`); as XLSX the header stands below some lines about the
//! client. Times are Indian. Charges are not in it: they come with the funds statement.
//!
//! Funds statement: `particulars, posting_date, cost_center, voucher_type, debit, credit, net_balance`. Bank receipts
//! and payments are transfers; journal entries are charges and interest. Book vouchers settle the trades of a day net of
//! charges; the trades come from the tradebook, so that these are passed over and said so.

use rust_decimal::Decimal;
use tradewind_types::record::{Attribution, CashKind, FeeKind, ForeignFill, ImportItem};
use tradewind_types::{Currency, Side};

use super::row::{Cells, Output, Parsed, Refusal, india, instrument, money, refuse};
use super::sheet::Sheet;

pub(super) const TRADEBOOK: &[&str] = &[
    "symbol",
    "trade_date",
    "exchange",
    "segment",
    "trade_type",
    "quantity",
    "price",
    "trade_id",
];
pub(super) const FUNDS: &[&str] = &["particulars", "posting_date", "voucher_type", "debit", "credit"];

const INR: Currency = Currency::of("INR");

pub(super) fn tradebook(sheet: &Sheet<'_>, out: &mut Output) {
    for line in sheet.lines {
        out.put(line, trade(Cells { sheet, line }));
    }
}

fn trade(cells: Cells<'_>) -> Result<Parsed, Refusal> {
    let zone = india();
    let ts = match cells.text("order_execution_time") {
        "" => cells.time("trade_date", &zone)?,
        _ => cells.time("order_execution_time", &zone)?,
    };
    let side = match cells.needed("trade_type")?.to_lowercase().as_str() {
        "buy" => Side::Buy,
        "sell" => Side::Sell,
        other => return Err(cells.bad("trade_type", format!("`{other}` is neither buy nor sell"))),
    };
    let (exchange, segment) = (
        cells.needed("exchange")?.to_uppercase(),
        cells.text("segment").to_uppercase(),
    );
    let market = match (exchange.as_str(), segment.as_str()) {
        ("NSE", "FO") => "NFO",
        ("BSE", "FO") => "BFO",
        ("NSE", "CDS" | "CD") => "CDS",
        ("NSE", _) => "XNSE",
        ("BSE", _) => "XBOM",
        ("NFO", _) => "NFO",
        ("BFO", _) => "BFO",
        ("CDS", _) => "CDS",
        ("MCX", _) => "MCX",
        (other, _) => {
            return Err(cells.bad(
                "exchange",
                format!("`{other}` is not NSE, BSE, NFO, BFO, CDS or MCX"),
            ));
        }
    };
    let symbol = cells.needed("symbol")?;
    let id = cells.needed("trade_id")?;
    let fill = ForeignFill {
        instrument: instrument(symbol, market)?,
        strategy: None,
        side,
        quantity: cells.quantity("quantity")?,
        price: cells.price("price")?,
        fee: money(Decimal::ZERO, INR),
    };
    Ok(Parsed::Item {
        ts,
        reason: format!("trade {id}"),
        // A trade id repeats on other days and in other segments.
        id: format!("{market} {symbol} {} {id}", cells.text("trade_date")),
        item: ImportItem::Fill { fill },
    })
}

pub(super) fn funds(sheet: &Sheet<'_>, out: &mut Output) {
    for line in sheet.lines {
        out.put(line, fund(Cells { sheet, line }));
    }
}

fn fund(cells: Cells<'_>) -> Result<Parsed, Refusal> {
    let particulars = cells.needed("particulars")?;
    let lower = particulars.to_lowercase();
    if lower.starts_with("opening balance") || lower.starts_with("closing balance") {
        return Ok(Parsed::PassedOver("a balance moves nothing".to_owned()));
    }
    let ts = cells.time("posting_date", &india())?;
    let (debit, credit) = (cells.decimal_or_zero("debit")?, cells.decimal_or_zero("credit")?);
    if debit < Decimal::ZERO || credit < Decimal::ZERO || debit.is_zero() == credit.is_zero() {
        return Err(cells.bad("debit", "exactly one of debit and credit must be above 0"));
    }
    let amount = if credit.is_zero() { -debit } else { credit };
    let item = match cells.text("voucher_type").to_lowercase().as_str() {
        "bank receipts" | "bank payments" => ImportItem::Transfer {
            money: money(amount, INR),
        },
        "book voucher" => {
            return Ok(Parsed::PassedOver(
                "settlement of a day's trades: the trades come with the tradebook".to_owned(),
            ));
        }
        "journal entry" => {
            let kind = if lower.contains("interest") {
                CashKind::Interest
            } else if lower.contains("dividend") {
                CashKind::Dividend {
                    withheld: Decimal::ZERO,
                }
            } else {
                CashKind::Fee {
                    fee: fee_kind(&lower),
                }
            };
            ImportItem::Cash {
                kind,
                money: money(amount, INR),
                about: Attribution::default(),
            }
        }
        other => {
            return Err(refuse(format!(
                "voucher type `{other}` is not known; book it by hand"
            )));
        }
    };
    Ok(Parsed::Item {
        ts,
        reason: particulars.to_owned(),
        item,
        id: String::new(),
    })
}

fn fee_kind(particulars: &str) -> FeeKind {
    let has = |words: &[&str]| words.iter().any(|w| particulars.contains(w));
    if has(&["stt", "securities transaction tax", "stamp", "gst"]) {
        FeeKind::Tax
    } else if has(&["sebi"]) {
        FeeKind::Regulatory
    } else if has(&["exchange transaction", "turnover charge"]) {
        FeeKind::Exchange
    } else if has(&["clearing"]) {
        FeeKind::Clearing
    } else if has(&["brokerage"]) {
        FeeKind::Commission
    } else {
        FeeKind::Other
    }
}
