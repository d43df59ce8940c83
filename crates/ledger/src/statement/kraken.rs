//! Kraken: the exports "ledgers" and "trades".
//!
//! Ledgers: `txid, refid, time, type, subtype, aclass, [subclass,] asset, [wallet,] amount, fee, balance`. A trade is two
//! rows with one `refid` (types `trade`, or `spend` and `receive`); a fee in the quote currency is the fill's, one in the
//! base asset is part of quantity and price. Trades: `txid, ordertxid, pair, time, type, ordertype, price, cost, fee,
//! vol, …`. Times are UTC. Old asset codes are brought to the canonical ones (`XXBT` → `BTC`, `ZUSD` → `USD`), staked
//! variants (`DOT.S`) to their asset. Import one of both, not both: they tell of the same trades.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use tradewind_types::record::{Attribution, CashKind, FeeKind, ForeignFill, ImportItem};
use tradewind_types::{Currency, Quantity, Side};

use super::row::{Cells, Output, Parsed, Refusal, exact_price, instrument, money, refuse};
use super::sheet::{Line, Sheet};

pub(super) const LEDGERS: &[&str] = &["txid", "refid", "time", "type", "asset", "amount", "fee"];
pub(super) const TRADES: &[&str] = &["txid", "ordertxid", "pair", "time", "type", "cost", "fee", "vol"];

/// What is quoted in: the first of two that is here is the quote.
const QUOTES: &[&str] = &[
    "USD", "EUR", "GBP", "CAD", "AUD", "CHF", "JPY", "USDT", "USDC", "DAI", "BTC", "ETH",
];

/// Codes of the first years, with their prefix.
const OLD: &[&str] = &[
    "ZUSD", "ZEUR", "ZGBP", "ZCAD", "ZJPY", "ZAUD", "XETH", "XETC", "XLTC", "XXRP", "XXLM", "XXMR", "XZEC",
    "XREP", "XMLN", "XICN",
];

/// The canonical code of an asset.
fn asset(code: &str) -> Result<Currency, Refusal> {
    let bare = code.split('.').next().unwrap_or(code).to_uppercase();
    let bare = match bare.as_str() {
        "XXBT" | "XBT" => "BTC",
        "XXDG" | "XDG" => "DOGE",
        "ETH2" => "ETH",
        // The old style: X before a crypto asset, Z before a state's currency. A list, because XAUT is no such code.
        old if OLD.contains(&old) => &old[1..],
        other => other,
    }
    .to_owned();
    bare.parse()
        .map_err(|_| refuse(format!("`{code}` is no asset code")))
}

pub(super) fn ledgers(sheet: &Sheet<'_>, out: &mut Output) {
    let mut halves: BTreeMap<&str, Vec<&Line>> = BTreeMap::new();
    for line in sheet.lines {
        let kind = sheet.get(line, "type").to_lowercase();
        if matches!(kind.as_str(), "trade" | "spend" | "receive") {
            halves.entry(sheet.get(line, "refid")).or_default().push(line);
        }
    }
    for line in sheet.lines {
        let cells = Cells { sheet, line };
        // Rows that are not booked yet have no txid; they come again with one.
        if cells.text("txid").is_empty() {
            out.put(
                line,
                Ok(Parsed::PassedOver("not settled yet: it has no txid".to_owned())),
            );
            continue;
        }
        let kind = cells.text("type").to_lowercase();
        if !matches!(kind.as_str(), "trade" | "spend" | "receive") {
            out.put(line, single(cells, &kind));
            continue;
        }
        let pair = halves.get(cells.text("refid")).map_or(&[][..], Vec::as_slice);
        match pair {
            [first, second] if first.number == line.number => out.put(line, trade(sheet, first, second)),
            [_, _] => {}
            _ => out.put(
                line,
                Err(refuse(
                    "a trade has two rows with one refid; these are another number",
                )),
            ),
        }
    }
}

fn single(cells: Cells<'_>, kind: &str) -> Result<Parsed, Refusal> {
    let ts = cells.time("time", &TimeZone::UTC)?;
    let currency = asset(cells.needed("asset")?)?;
    let (amount, fee) = (cells.decimal("amount")?, cells.decimal_or_zero("fee")?);
    let cash = |kind, amount| ImportItem::Cash {
        kind,
        money: money(amount, currency),
        about: Attribution::default(),
    };
    let net = amount
        .checked_sub(fee)
        .ok_or_else(|| cells.bad("fee", "does not fit"))?;
    let item = match kind {
        // What arrives or leaves is net of the fee; both together are what the balance moved by.
        "deposit" | "withdrawal" => ImportItem::Transfer {
            money: money(net, currency),
        },
        "staking" | "earn" | "reward" | "dividend" => {
            let subtype = cells.text("subtype").to_lowercase();
            if subtype.contains("allocation") || subtype.contains("migration") {
                return Ok(Parsed::PassedOver(
                    "a move between wallets of one owner".to_owned(),
                ));
            }
            cash(CashKind::Interest, net)
        }
        "margin" | "rollover" => cash(CashKind::Fee { fee: FeeKind::Borrow }, net),
        "settled" | "adjustment" | "credit" => cash(CashKind::Adjustment, net),
        "transfer" => {
            return Ok(Parsed::PassedOver(
                "a move between wallets of one owner".to_owned(),
            ));
        }
        other => return Err(cells.bad("type", format!("`{other}` is not known; book it by hand"))),
    };
    Ok(Parsed::Item {
        ts,
        reason: format!("{kind} {}", cells.text("refid")),
        item,
        id: cells.text("txid").to_owned(),
    })
}

struct Half {
    currency: Currency,
    amount: Decimal,
    fee: Decimal,
}

fn half(cells: Cells<'_>) -> Result<Half, Refusal> {
    Ok(Half {
        currency: asset(cells.needed("asset")?)?,
        amount: cells.decimal("amount")?,
        fee: cells.decimal_or_zero("fee")?,
    })
}

fn rank(currency: Currency) -> usize {
    QUOTES
        .iter()
        .position(|q| *q == currency.as_str())
        .unwrap_or(usize::MAX)
}

fn trade(sheet: &Sheet<'_>, first: &Line, second: &Line) -> Result<Parsed, Refusal> {
    let cells = Cells { sheet, line: first };
    let ts = cells.time("time", &TimeZone::UTC)?;
    let (a, b) = (half(cells)?, half(Cells { sheet, line: second })?);
    if a.amount.is_sign_negative() == b.amount.is_sign_negative() || a.currency == b.currency {
        return Err(refuse(
            "of a trade's two rows one is given and one received, in two assets",
        ));
    }
    let (base, quote) = if rank(a.currency) <= rank(b.currency) {
        (b, a)
    } else {
        (a, b)
    };
    let fits = |v: Option<Decimal>| v.ok_or_else(|| refuse("amount and fee do not fit"));
    // What the position really changes by: received less fee, or given and fee.
    let moved = fits(base.amount.checked_sub(base.fee))?;
    let quantity = Quantity::new(moved.abs()).map_err(|e| refuse(e.to_string()))?;
    let id = cells.text("refid");
    let fill = ForeignFill {
        instrument: instrument(&format!("{}-{}", base.currency, quote.currency), "KRAKEN")?,
        strategy: None,
        side: if moved > Decimal::ZERO {
            Side::Buy
        } else {
            Side::Sell
        },
        quantity,
        price: exact_price(None, quote.amount.abs(), quantity.decimal())?,
        fee: money(quote.fee, quote.currency),
    };
    Ok(Parsed::Item {
        ts,
        reason: format!("trade {id}"),
        item: ImportItem::Fill { fill },
        id: format!("trade {id}"),
    })
}

pub(super) fn trades(sheet: &Sheet<'_>, out: &mut Output) {
    for line in sheet.lines {
        out.put(line, executed(Cells { sheet, line }));
    }
}

fn executed(cells: Cells<'_>) -> Result<Parsed, Refusal> {
    let ts = cells.time("time", &TimeZone::UTC)?;
    let (base, quote) = pair(cells.needed("pair")?)?;
    let side = match cells.needed("type")?.to_lowercase().as_str() {
        "buy" => Side::Buy,
        "sell" => Side::Sell,
        other => return Err(cells.bad("type", format!("`{other}` is neither buy nor sell"))),
    };
    let quantity = cells.quantity("vol")?;
    let stated = cells.decimal_or_zero("price")?;
    let stated = (!stated.is_zero()).then_some(stated);
    let id = cells.needed("txid")?;
    let fill = ForeignFill {
        instrument: instrument(&format!("{base}-{quote}"), "KRAKEN")?,
        strategy: None,
        side,
        quantity,
        price: exact_price(stated, cells.decimal("cost")?, quantity.decimal())?,
        fee: money(cells.decimal_or_zero("fee")?, quote),
    };
    Ok(Parsed::Item {
        ts,
        reason: format!("trade {id}"),
        item: ImportItem::Fill { fill },
        id: id.to_owned(),
    })
}

/// `XBT/USD`, `XXBTZUSD`, `ADAUSDT`.
fn pair(text: &str) -> Result<(Currency, Currency), Refusal> {
    let upper = text.to_uppercase();
    if let Some((base, quote)) = upper.split_once('/') {
        return Ok((asset(base)?, asset(quote)?));
    }
    if upper.len() == 8
        && upper.is_ascii()
        && upper.starts_with('X')
        && matches!(upper.as_bytes()[4], b'Z' | b'X')
    {
        return Ok((asset(&upper[..4])?, asset(&upper[4..])?));
    }
    let ends = QUOTES
        .iter()
        .chain(&["XBT"])
        .filter(|q| upper.len() > q.len() && upper.ends_with(**q));
    // `USDT` before `USD` of `…USDT`, and `ETHUSDT` is no pair in `T`: the longest end wins.
    match ends.max_by_key(|q| q.len()) {
        Some(quote) => Ok((asset(&upper[..upper.len() - quote.len()])?, asset(quote)?)),
        None => Err(refuse(format!("`{text}` is no pair in a known quote currency"))),
    }
}
