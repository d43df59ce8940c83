//! Buying on one market and selling on another at once, after taker fees.

use serde::Serialize;
use tradewind_types::num::{NumberError, Rounding};
use tradewind_types::{Decimal, Market};

use super::listing::Book;
use super::statistics::{add, div, mul, sub};

/// A pair of markets. `net` below 0 means that the fees eat the difference, the usual case.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Arbitrage {
    /// Where to buy.
    pub buy_market: Market,
    /// At which offer.
    pub buy_price: Decimal,
    /// Where to sell.
    pub sell_market: Market,
    /// At which bid.
    pub sell_price: Decimal,
    /// Displayed on both sides.
    pub size: Decimal,
    /// `bid − ask` per unit.
    pub gross: Decimal,
    /// Taker fees of both sides per unit.
    pub fees: Decimal,
    /// `gross − fees` per unit.
    pub net: Decimal,
    /// `net / buy price`; `None` where that is 0.
    pub net_fraction: Option<Decimal>,
}

impl Arbitrage {
    /// Whether something is left after fees.
    #[must_use]
    pub fn is_profitable(&self) -> bool {
        self.net > Decimal::ZERO
    }
}

/// The pair with the greatest net; the earlier listings among equals.
pub(super) fn best_pair(books: &[Book<'_>]) -> Result<Option<Arbitrage>, NumberError> {
    let mut best: Option<Arbitrage> = None;
    for buy in books {
        for sell in books.iter().filter(|sell| sell.at != buy.at) {
            let Some(pair) = pair(buy, sell)? else { continue };
            if best.as_ref().is_none_or(|b| pair.net > b.net) {
                best = Some(pair);
            }
        }
    }
    Ok(best)
}

fn pair(buy: &Book<'_>, sell: &Book<'_>) -> Result<Option<Arbitrage>, NumberError> {
    let (Some(buy_fee), Some(sell_fee)) = (buy.listing.taker_fee, sell.listing.taker_fee) else {
        return Ok(None);
    };
    let gross = sub(sell.bid, buy.ask)?;
    let fees = add(mul(buy.ask, buy_fee)?, mul(sell.bid, sell_fee)?)?;
    let net = sub(gross, fees)?;
    let net_fraction = match buy.ask.is_zero() {
        true => None,
        false => Some(Rounding::HalfEven.to_decimals(div(net, buy.ask)?, 8).normalize()),
    };
    Ok(Some(Arbitrage {
        buy_market: buy.listing.instrument.market.clone(),
        buy_price: buy.ask,
        sell_market: sell.listing.instrument.market.clone(),
        sell_price: sell.bid,
        size: buy.ask_size.min(sell.bid_size),
        gross,
        fees: fees.normalize(),
        net: net.normalize(),
        net_fraction,
    }))
}
