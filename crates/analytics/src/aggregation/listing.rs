//! What each market says, which of it counts, and the best of it.

use serde::Serialize;
use tradewind_types::market::{DataState, Quote};
use tradewind_types::num::NumberError;
use tradewind_types::{
    Decimal, Instrument, InstrumentId, Market, PriceMantissa, Product, SizeMantissa, VenueId,
};

use super::statistics::{add, div};

/// One instrument as one venue tells it. Two venues of one market (both Coinbase APIs) are two listings.
#[derive(Clone, PartialEq, Debug)]
pub struct Listing {
    /// The instrument; its market is what counts once.
    pub instrument: InstrumentId,
    /// The venue that told it.
    pub venue: VenueId,
    /// The product it belongs to.
    pub product: Product,
    /// Decimals of prices.
    pub price_scale: u8,
    /// Decimals of sizes.
    pub size_scale: u8,
    /// Whether the quote may be believed.
    pub state: DataState,
    /// Best bid and offer.
    pub quote: Option<Quote>,
    /// Last traded price.
    pub last: Option<PriceMantissa>,
    /// Size traded over the caller's period, the same for all listings.
    pub volume: Option<SizeMantissa>,
    /// Fee for taking, as a fraction of the notional; `None` where unknown.
    pub taker_fee: Option<Decimal>,
    /// Whether it comes from a simulator.
    pub simulated: bool,
}

impl Listing {
    /// A listing without data yet.
    #[must_use]
    pub fn of(instrument: &Instrument) -> Self {
        Self {
            instrument: instrument.id.clone(),
            venue: instrument.venue.clone(),
            product: instrument.product.clone(),
            price_scale: instrument.price_scale,
            size_scale: instrument.size_scale,
            state: DataState::NoData,
            quote: None,
            last: None,
            volume: None,
            taker_fee: None,
            simulated: instrument.simulated,
        }
    }
}

/// Whether and why a listing counts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "standing", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Standing {
    /// It counts.
    Counted,
    /// Its quote is not VALID.
    NotValid {
        /// What it is.
        state: DataState,
    },
    /// It has no bid or no offer.
    OneSided,
    /// Its bid is not below its offer.
    Crossed,
    /// Another venue tells the same market, and is fresher.
    SameMarket {
        /// The venue that counts.
        counted: VenueId,
    },
    /// Its mid lies too far from the others'.
    Outlier {
        /// Median of the mids.
        median: Decimal,
        /// Its distance from the median.
        distance: Decimal,
        /// Median absolute deviation.
        deviation: Decimal,
    },
}

/// What a listing gave to the aggregate.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Contribution {
    /// The instrument.
    pub instrument: InstrumentId,
    /// The venue that told it.
    pub venue: VenueId,
    /// Whether it counts, and why not.
    #[serde(flatten)]
    pub standing: Standing,
    /// Its mid, where it counts.
    pub mid: Option<Decimal>,
    /// Its part of the displayed size at the top, where it counts.
    pub size_share: Option<Decimal>,
    /// Its part of the volume, where it counts and has a last price and a volume.
    pub volume_share: Option<Decimal>,
}

/// A best price and where it is.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Best {
    /// The price.
    pub price: Decimal,
    /// The size displayed there.
    pub size: Decimal,
    /// The market.
    pub market: Market,
    /// The venue that tells it.
    pub venue: VenueId,
}

/// A counted listing as decimals.
#[derive(Clone, Debug)]
pub(super) struct Book<'a> {
    /// Its place among the listings given.
    pub(super) at: usize,
    pub(super) listing: &'a Listing,
    pub(super) bid: Decimal,
    pub(super) ask: Decimal,
    pub(super) bid_size: Decimal,
    pub(super) ask_size: Decimal,
    pub(super) mid: Decimal,
    pub(super) last_volume: Option<(Decimal, Decimal)>,
}

impl<'a> Book<'a> {
    /// The figures of a listing; `None` without a quote.
    pub(super) fn read(at: usize, listing: &'a Listing) -> Result<Option<Self>, NumberError> {
        let operation = "price aggregation";
        let fits = |size: SizeMantissa| {
            size.to_decimal(listing.size_scale)
                .ok_or(NumberError::Overflow { operation })
        };
        let Some(quote) = listing.quote else {
            return Ok(None);
        };
        let (bid, ask) = (
            quote.bid.to_decimal(listing.price_scale),
            quote.ask.to_decimal(listing.price_scale),
        );
        let last_volume = match (listing.last, listing.volume) {
            (Some(last), Some(volume)) => Some((last.to_decimal(listing.price_scale), fits(volume)?)),
            _ => None,
        };
        Ok(Some(Self {
            at,
            listing,
            bid,
            ask,
            bid_size: fits(quote.bid_size)?,
            ask_size: fits(quote.ask_size)?,
            mid: div(add(bid, ask)?, Decimal::TWO)?,
            last_volume,
        }))
    }

    pub(super) fn size(&self) -> Result<Decimal, NumberError> {
        add(self.bid_size, self.ask_size)
    }
}

/// The standing of each listing before outliers are looked for: one listing per market, the freshest of those
/// that could count.
pub(super) fn stand(listings: &[Listing]) -> Vec<Standing> {
    let mut standings: Vec<Standing> = listings.iter().map(alone).collect();
    for at in 0..listings.len() {
        if standings[at] != Standing::Counted {
            continue;
        }
        let rivals = (0..listings.len()).filter(|other| {
            alone(&listings[*other]) == Standing::Counted
                && listings[*other].instrument.market == listings[at].instrument.market
        });
        // Newest first heard of; among equals the venue that sorts first, so that the choice is stable.
        let freshness = |other: &usize| {
            let listing = &listings[*other];
            let ts = listing.quote.map(|q| (q.ts_event, q.ts_init));
            (ts, std::cmp::Reverse((listing.venue.clone(), *other)))
        };
        if let Some(winner) = rivals.max_by_key(freshness)
            && winner != at
        {
            standings[at] = Standing::SameMarket {
                counted: listings[winner].venue.clone(),
            };
        }
    }
    standings
}

/// The standing of a listing looked at by itself.
fn alone(listing: &Listing) -> Standing {
    let state = listing.state;
    match listing.quote {
        _ if state != DataState::Valid => Standing::NotValid { state },
        None => Standing::NotValid {
            state: DataState::NoData,
        },
        Some(q) if q.bid_size.0 <= 0 || q.ask_size.0 <= 0 => Standing::OneSided,
        Some(q) if q.bid >= q.ask => Standing::Crossed,
        Some(_) => Standing::Counted,
    }
}

pub(super) fn best_bid(books: &[Book<'_>]) -> Option<Best> {
    let best = books
        .iter()
        .max_by_key(|b| (b.bid, b.bid_size, std::cmp::Reverse(b.at)))?;
    Some(named(best, best.bid, best.bid_size))
}

pub(super) fn best_ask(books: &[Book<'_>]) -> Option<Best> {
    let best = books
        .iter()
        .min_by_key(|b| (b.ask, std::cmp::Reverse(b.ask_size), b.at))?;
    Some(named(best, best.ask, best.ask_size))
}

fn named(book: &Book<'_>, price: Decimal, size: Decimal) -> Best {
    Best {
        price,
        size,
        market: book.listing.instrument.market.clone(),
        venue: book.listing.venue.clone(),
    }
}
