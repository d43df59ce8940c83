//! The market and the positions as the venue is shown them.

use rust_decimal::Decimal;
use tradewind_types::market::Quote;
use tradewind_types::market::book::OrderBook;
use tradewind_types::{AccountId, InstrumentIdx, PriceMantissa, Side, SizeMantissa, StrategyId};

use super::session::{AlwaysOpen, SessionView};

/// What stands for a size without limit; sums of a million of them still fit.
pub(crate) const UNLIMITED: SizeMantissa = SizeMantissa(i128::MAX >> 24);

/// What is displayed of an instrument now.
#[derive(Clone, Copy, Debug)]
pub enum Liquidity<'a> {
    /// Nothing that may be acted on: stale, interrupted, or never received.
    Invalid,
    /// Best bid and offer.
    Quote(&'a Quote),
    /// The order book.
    Book(&'a OrderBook),
    /// Levels, best first: bids, then offers.
    Levels(
        &'a [(PriceMantissa, SizeMantissa)],
        &'a [(PriceMantissa, SizeMantissa)],
    ),
    /// Best bid and offer without sizes: whatever is asked for is there, at these prices.
    Prices {
        /// Best bid.
        bid: PriceMantissa,
        /// Best offer.
        ask: PriceMantissa,
    },
    /// Nothing but the last public trade is known: bid and offer are taken to be its price, without limit.
    Last(PriceMantissa),
}

/// What the venue has to ask of its caller.
pub trait MarketView {
    /// The displayed market; [`Liquidity::Invalid`] whenever it is not VALID.
    fn liquidity(&self, instrument: InstrumentIdx) -> Liquidity<'_>;

    /// The account's signed position in the instrument, which a reduce-only order may shrink. `owner` says whose
    /// order asks.
    fn position(&self, account: &AccountId, instrument: InstrumentIdx, owner: Option<&StrategyId>)
    -> Decimal;

    /// Whether the account may hold less than nothing. Where it may not, its sells fill at most what it holds at that
    /// moment, whatever was resting before.
    fn may_be_short(&self, account: &AccountId) -> bool {
        let _ = account;
        true
    }

    /// What a reduce-only order on `side` may close, 0 or above, where the account holds long and short side by side
    /// (hedging); any other order there opens. `None` where it nets, and [`MarketView::position`] says it.
    fn closable(&self, account: &AccountId, instrument: InstrumentIdx, side: Side) -> Option<Decimal> {
        let _ = (account, instrument, side);
        None
    }

    /// Of a feed by order: the number of the last order that it told of. With [`super::QueueModel::ByOrder`] an order
    /// stands behind those up to this number.
    fn feed_number(&self, instrument: InstrumentIdx) -> u64 {
        let _ = instrument;
        0
    }

    /// When instruments are traded; always, unless the caller has a calendar.
    fn sessions(&self) -> &dyn SessionView {
        &AlwaysOpen
    }
}

impl Liquidity<'_> {
    /// Whether it may be acted on.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        !matches!(self, Liquidity::Invalid)
    }

    /// Whether it shows prices without sizes, so that nothing of it can be used up.
    #[must_use]
    pub fn is_unlimited(&self) -> bool {
        matches!(self, Liquidity::Prices { .. } | Liquidity::Last(_))
    }

    /// Shows the levels of a side, best first, until `visit` says false. Levels without size are left out.
    pub fn walk(&self, side: Side, mut visit: impl FnMut(PriceMantissa, SizeMantissa) -> bool) {
        let mut show = |(price, size): (PriceMantissa, SizeMantissa)| size.0 <= 0 || visit(price, size);
        match (self, side) {
            (Liquidity::Invalid, _) => {}
            (Liquidity::Quote(quote), Side::Buy) => {
                show((quote.bid, quote.bid_size));
            }
            (Liquidity::Quote(quote), Side::Sell) => {
                show((quote.ask, quote.ask_size));
            }
            (Liquidity::Book(book), side) => {
                book.levels(side).all(show);
            }
            (Liquidity::Levels(levels, _), Side::Buy) | (Liquidity::Levels(_, levels), Side::Sell) => {
                levels.iter().copied().all(show);
            }
            (Liquidity::Prices { bid: price, .. } | Liquidity::Last(price), Side::Buy)
            | (Liquidity::Prices { ask: price, .. } | Liquidity::Last(price), Side::Sell) => {
                show((*price, UNLIMITED));
            }
        }
    }

    /// The best price of a side.
    #[must_use]
    pub fn best(&self, side: Side) -> Option<PriceMantissa> {
        if let Liquidity::Book(book) = self {
            return book.best(side).map(|(price, _)| price);
        }
        let mut best = None;
        self.walk(side, |price, _| {
            best = Some(price);
            false
        });
        best
    }

    /// Size displayed at a price; `None` when the price lies beyond what is displayed, so that nobody can say.
    #[must_use]
    pub fn size_at(&self, side: Side, price: PriceMantissa) -> Option<SizeMantissa> {
        if let Liquidity::Book(book) = self {
            let size = book.size_at(side, price);
            if size.0 > 0 {
                return Some(size);
            }
        }
        let unknown_sizes = self.is_unlimited();
        let mut found = None;
        self.walk(side, |at, size| {
            if at == price && !unknown_sizes {
                found = Some(size);
            } else if better(side, price, at) {
                found = Some(SizeMantissa(0));
            }
            found.is_none() && !unknown_sizes
        });
        found
    }
}

/// Whether `a` is a better price than `b` for someone on `side` to show: higher for bids, lower for offers.
pub(crate) fn better(side: Side, a: PriceMantissa, b: PriceMantissa) -> bool {
    match side {
        Side::Buy => a > b,
        Side::Sell => a < b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(price: i64, size: i128) -> (PriceMantissa, SizeMantissa) {
        (PriceMantissa(price), SizeMantissa(size))
    }

    #[test]
    fn a_price_beyond_the_displayed_levels_is_unknown_and_one_between_them_is_empty() {
        let bids = [level(100, 5), level(98, 7)];
        let liquidity = Liquidity::Levels(&bids, &[]);
        assert_eq!(
            liquidity.size_at(Side::Buy, PriceMantissa(98)),
            Some(SizeMantissa(7))
        );
        assert_eq!(
            liquidity.size_at(Side::Buy, PriceMantissa(99)),
            Some(SizeMantissa(0))
        );
        assert_eq!(
            liquidity.size_at(Side::Buy, PriceMantissa(101)),
            Some(SizeMantissa(0))
        );
        assert_eq!(liquidity.size_at(Side::Buy, PriceMantissa(97)), None);
        assert_eq!(liquidity.best(Side::Sell), None);
        assert!(!Liquidity::Invalid.is_valid());
    }
}
