//! Interactive Brokers: an activity flex query with trades and cash transactions, as CSV with column headers.
//!
//! A file may hold several sections, each under a header of its own; a line with `CurrencyPrimary` and the columns of
//! trades or cash transactions begins one. Trades: `Symbol, AssetClass, CurrencyPrimary, DateTime, Quantity, TradePrice,
//! IBCommission, Buy/Sell, ListingExchange or Exchange, TradeID or TransactionID`; of trades with a level of detail only
//! `EXECUTION` is read. Cash transactions: `Type, Amount, CurrencyPrimary, Date/Time, Symbol, Description,
//! TransactionID`. Times that name no zone are New York's, as in the account's own settings by default.

use rust_decimal::Decimal;
use tradewind_types::Side;
use tradewind_types::record::{Attribution, CashKind, FeeKind, ForeignFill, ImportItem};

use super::StatementError;
use super::row::{Cells, Output, Parsed, Refusal, instrument, money, new_york, refuse};
use super::sheet::{Line, Sheet, plain};

pub(super) const COLUMNS: &[&str] = &["CurrencyPrimary", "DateTime|Date/Time", "Symbol"];

const TIME: &str = "DateTime|Date/Time|TradeDate|SettleDate|ReportDate";

#[derive(Clone, Copy, PartialEq)]
enum Section {
    Trades,
    Cash,
    Other,
}

fn section_of(line: &Line) -> Option<Section> {
    let names: Vec<String> = line.cells.iter().map(|c| plain(c)).collect();
    let has = |name: &str| names.iter().any(|n| *n == plain(name));
    if !has("CurrencyPrimary") {
        return None;
    }
    Some(if has("TradePrice") && has("Quantity") {
        Section::Trades
    } else if has("Amount") && has("Type") {
        Section::Cash
    } else {
        Section::Other
    })
}

pub(super) fn read(lines: &[Line], out: &mut Output) -> Result<(), StatementError> {
    let starts: Vec<(usize, Section)> = lines
        .iter()
        .enumerate()
        .filter_map(|(at, line)| section_of(line).map(|s| (at, s)))
        .collect();
    if !starts.iter().any(|(_, s)| *s != Section::Other) {
        return Err(StatementError::NoHeader {
            preset: "ibkr-flex",
            missing: "CurrencyPrimary with TradePrice and Quantity, or with Type and Amount".to_owned(),
        });
    }
    for (n, (at, section)) in starts.iter().enumerate() {
        let end = starts.get(n + 1).map_or(lines.len(), |(next, _)| *next);
        let sheet = Sheet::under(&lines[*at], &lines[at + 1..end]);
        for line in sheet.lines {
            let cells = Cells { sheet: &sheet, line };
            match section {
                Section::Trades => out.put(line, trade(cells)),
                Section::Cash => out.put(line, cash(cells)),
                Section::Other => out.put(line, Ok(Parsed::PassedOver("of another section".to_owned()))),
            }
        }
    }
    Ok(())
}

fn market(cells: Cells<'_>) -> &'static str {
    match cells.text("ListingExchange|Exchange").to_uppercase().as_str() {
        "NASDAQ" | "ISLAND" => "XNAS",
        "NYSE" => "XNYS",
        "ARCA" => "ARCX",
        "AMEX" => "XASE",
        "BATS" => "BATS",
        "CBOE" => "XCBO",
        "CME" | "GLOBEX" => "XCME",
        "CBOT" | "ECBOT" => "XCBT",
        "NYMEX" => "XNYM",
        "COMEX" => "XCEC",
        "LSE" => "XLON",
        "IBIS" | "IBIS2" => "XETR",
        "NSE" => "XNSE",
        // Smart routing and dark pools say nothing of the listing.
        _ => "IBKR",
    }
}

fn trade(cells: Cells<'_>) -> Result<Parsed, Refusal> {
    let detail = cells.text("LevelOfDetail").to_uppercase();
    if !detail.is_empty() && detail != "EXECUTION" {
        return Ok(Parsed::PassedOver(format!(
            "{} repeats executions",
            detail.to_lowercase()
        )));
    }
    let ts = cells.time(TIME, &new_york())?;
    let currency = cells.currency("CurrencyPrimary")?;
    let quantity = cells.quantity("Quantity")?;
    let side = match cells.text("Buy/Sell").to_uppercase().as_str() {
        "BUY" => Side::Buy,
        "SELL" => Side::Sell,
        "" if cells.decimal("Quantity")? > Decimal::ZERO => Side::Buy,
        "" => Side::Sell,
        other => return Err(cells.bad("Buy/Sell", format!("`{other}` is neither BUY nor SELL"))),
    };
    let symbol = cells.needed("Symbol")?;
    let price = cells.price("TradePrice")?;
    let id = cells.text("TradeID|TransactionID|IBExecID");
    let item = if cells.text("AssetClass").eq_ignore_ascii_case("CASH") {
        exchange(symbol, side, quantity.decimal(), price.decimal())?
    } else {
        let commission = cells.decimal_or_zero("IBCommission")?;
        let paid_in = cells.text("IBCommissionCurrency").to_uppercase();
        if !commission.is_zero() && !paid_in.is_empty() && paid_in != currency.as_str() {
            return Err(cells.bad(
                "IBCommissionCurrency",
                format!("a commission in {paid_in} on a trade in {currency}"),
            ));
        }
        let fill = ForeignFill {
            instrument: instrument(symbol, market(cells))?,
            strategy: None,
            side,
            quantity,
            price,
            // A commission paid stands below zero there.
            fee: money(-commission, currency),
        };
        ImportItem::Fill { fill }
    };
    Ok(Parsed::Item {
        ts,
        reason: format!("trade {id}").trim().to_owned(),
        item,
        id: if id.is_empty() {
            String::new()
        } else {
            format!("trade {id}")
        },
    })
}

/// `EUR.USD`: so many euros for dollars.
fn exchange(symbol: &str, side: Side, quantity: Decimal, price: Decimal) -> Result<ImportItem, Refusal> {
    let codes = symbol
        .split_once('.')
        .and_then(|(base, quote)| Some((base.parse().ok()?, quote.parse().ok()?)));
    let (base, quote) =
        codes.ok_or_else(|| refuse(format!("`{symbol}` is no currency pair such as EUR.USD")))?;
    let value = quantity
        .checked_mul(price)
        .ok_or_else(|| refuse("price × quantity does not fit"))?;
    let (base, quote) = (
        money(quantity, base),
        money(tradewind_types::exact::round_money(value), quote),
    );
    Ok(match side {
        Side::Buy => ImportItem::Exchange {
            sold: quote,
            bought: base,
        },
        Side::Sell => ImportItem::Exchange {
            sold: base,
            bought: quote,
        },
    })
}

fn cash(cells: Cells<'_>) -> Result<Parsed, Refusal> {
    let detail = cells.text("LevelOfDetail").to_uppercase();
    if detail == "SUMMARY" {
        return Ok(Parsed::PassedOver("a summary repeats its rows".to_owned()));
    }
    let ts = cells.time(TIME, &new_york())?;
    let money = money(cells.decimal("Amount")?, cells.currency("CurrencyPrimary")?);
    let kind = cells.needed("Type")?;
    let lower = kind.to_lowercase();
    let about = match cells.text("Symbol") {
        "" => None,
        symbol => Some(instrument(symbol, market(cells))?),
    };
    let item = match lower.as_str() {
        "deposits/withdrawals" | "deposits & withdrawals" => ImportItem::Transfer { money },
        other => {
            let kind = match other {
                "dividends" | "payment in lieu of dividends" => CashKind::Dividend {
                    withheld: Decimal::ZERO,
                },
                "withholding tax" | "871(m) withholding" => CashKind::WithholdingTax,
                o if o.contains("interest") => CashKind::Interest,
                "commission adjustments" => CashKind::Fee {
                    fee: FeeKind::Commission,
                },
                o if o.contains("fees") => CashKind::Fee { fee: FeeKind::Other },
                "price adjustments" | "bill pay" => CashKind::Adjustment,
                _ => return Err(cells.bad("Type", format!("`{kind}` is not known; book it by hand"))),
            };
            ImportItem::Cash {
                kind,
                money,
                about: Attribution {
                    instrument: about,
                    strategy: None,
                },
            }
        }
    };
    let id = cells.text("TransactionID");
    Ok(Parsed::Item {
        ts,
        reason: format!("{lower} {}", cells.text("Description")).trim().to_owned(),
        item,
        id: if id.is_empty() {
            String::new()
        } else {
            format!("cash {id}")
        },
    })
}
