//! Price aggregation: one product, several markets.
//!
//! Data flows one way: [`Listing`]s (what each market says) → one per market → only `VALID`, two-sided quotes →
//! without outliers → the figures of [`Aggregate`]. Every listing comes back with its [`Standing`], so that
//! nothing is left out silently.
//!
//! | figure | formula over the counted markets |
//! | --- | --- |
//! | best bid, best offer | highest bid, lowest ask; the larger size among equals |
//! | mid | median of `(bid + ask) / 2` |
//! | microprice | `Σ(bid·ask_size + ask·bid_size) / Σ(bid_size + ask_size)` |
//! | last | `Σ(last·volume) / Σ volume` |
//! | contribution | a market's `bid_size + ask_size` (and its volume) as part of all markets' |
//! | dispersion | range of the mids, as such and relative to the median; their median absolute deviation |
//! | cross-market spread | best offer − best bid; negative when the markets cross |
//! | arbitrage | the pair with the greatest `bid·(1 − taker fee) − ask·(1 + taker fee)` |
//!
//! An outlier is a mid further from the median than 5 median absolute deviations **and** than 0.5 % of the
//! median.

mod arbitrage;
mod listing;
mod statistics;

use serde::Serialize;
use tradewind_types::num::{NumberError, Rounding};
use tradewind_types::{Decimal, Product};

pub use arbitrage::Arbitrage;
pub use listing::{Best, Contribution, Listing, Standing};

use listing::Book;
use statistics::{add, deviations, div, median, mul, sub};

/// How many median absolute deviations make an outlier.
pub const OUTLIER_DEVIATIONS: Decimal = Decimal::from_parts(5, 0, 0, false, 0);
/// How far from the median, as a fraction of it, makes an outlier.
pub const OUTLIER_FRACTION: Decimal = Decimal::from_parts(5, 0, 0, false, 3);
/// Computed prices are rounded, half to even, to this many decimals more than the finest market's.
const EXTRA_DECIMALS: u32 = 4;

/// On how many markets the figures stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Coverage {
    /// No market has a quote that counts: there are no figures.
    None,
    /// One market only: the figures are that market's, nothing is compared.
    OneMarket,
    /// Two or more.
    Several,
}

/// How far the markets lie apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Dispersion {
    /// Highest mid − lowest mid.
    pub range: Decimal,
    /// The range as a fraction of the median mid; `None` where that is 0.
    pub range_fraction: Option<Decimal>,
    /// Median absolute deviation of the mids.
    pub deviation: Decimal,
}

/// One product's price over its markets.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Aggregate {
    /// The product.
    pub product: Product,
    /// On how many markets the figures stand; below two the result says so here.
    pub coverage: Coverage,
    /// Markets counted.
    pub markets: usize,
    /// Highest bid.
    pub best_bid: Option<Best>,
    /// Lowest ask.
    pub best_ask: Option<Best>,
    /// Median mid.
    pub mid: Option<Decimal>,
    /// Size-weighted microprice.
    pub microprice: Option<Decimal>,
    /// Volume-weighted last price; `None` where no counted market has both a last price and a volume.
    pub last: Option<Decimal>,
    /// Best offer − best bid over two markets at least; negative when they cross.
    pub cross_spread: Option<Decimal>,
    /// How far apart they lie, of two markets at least.
    pub dispersion: Option<Dispersion>,
    /// The best pair to buy on one market and sell on another, also when it loses; `None` below two markets
    /// or without known fees.
    pub arbitrage: Option<Arbitrage>,
    /// Every listing given, in order, with its share or why it does not count.
    pub contributions: Vec<Contribution>,
    /// Whether any counted listing is simulated.
    pub simulated: bool,
}

impl Aggregate {
    /// A sentence for people where fewer than two markets count.
    #[must_use]
    pub fn note(&self) -> Option<&'static str> {
        match self.coverage {
            Coverage::None => Some("no market has a valid quote"),
            Coverage::OneMarket => Some("only one market has a valid quote: nothing to compare it with"),
            Coverage::Several => None,
        }
    }
}

/// Aggregates every product among the listings, in order of the product's key.
///
/// # Errors
/// As [`aggregate`].
pub fn aggregate_all(listings: &[Listing]) -> Result<Vec<Aggregate>, NumberError> {
    let mut by_product = std::collections::BTreeMap::<&Product, Vec<Listing>>::new();
    for listing in listings {
        by_product
            .entry(&listing.product)
            .or_default()
            .push(listing.clone());
    }
    by_product
        .into_iter()
        .map(|(product, listings)| aggregate(product, &listings))
        .collect()
}

/// Aggregates the listings of one product. O(n²) in the number of markets, for the arbitrage pairs.
///
/// # Errors
/// [`NumberError::Overflow`] where a product of price and size does not fit a decimal.
pub fn aggregate(product: &Product, listings: &[Listing]) -> Result<Aggregate, NumberError> {
    let mut standings = listing::stand(listings);
    let mut books = Vec::new();
    for (at, listing) in listings.iter().enumerate() {
        if standings[at] == Standing::Counted {
            books.extend(Book::read(at, listing)?);
        }
    }
    for (at, standing) in exclude_outliers(&mut books)? {
        standings[at] = standing;
    }
    let contributions = contributions(listings, standings, &books)?;
    let several = books.len() > 1;
    let scale = books.iter().map(|b| u32::from(b.listing.price_scale)).max();
    let decimals = scale.unwrap_or(0) + EXTRA_DECIMALS;
    let round = |price: Decimal| Rounding::HalfEven.to_decimals(price, decimals).normalize();
    let best_bid = listing::best_bid(&books);
    let best_ask = listing::best_ask(&books);
    let cross_spread = match (&best_bid, &best_ask, several) {
        (Some(bid), Some(ask), true) => Some(sub(ask.price, bid.price)?),
        _ => None,
    };
    let mids: Vec<Decimal> = books.iter().map(|b| b.mid).collect();
    Ok(Aggregate {
        product: product.clone(),
        coverage: match books.len() {
            0 => Coverage::None,
            1 => Coverage::OneMarket,
            _ => Coverage::Several,
        },
        markets: books.len(),
        best_bid,
        best_ask,
        mid: median(&mids)?.map(round),
        microprice: microprice(&books)?.map(round),
        last: volume_weighted_last(&books)?.map(round),
        cross_spread,
        dispersion: if several { dispersion(&mids, round)? } else { None },
        arbitrage: arbitrage::best_pair(&books)?,
        contributions,
        simulated: books.iter().any(|b| b.listing.simulated),
    })
}

/// Takes the outliers out of `books` and gives their places with their standing.
fn exclude_outliers(books: &mut Vec<Book<'_>>) -> Result<Vec<(usize, Standing)>, NumberError> {
    let mids: Vec<Decimal> = books.iter().map(|b| b.mid).collect();
    let Some(middle) = median(&mids)? else {
        return Ok(Vec::new());
    };
    let distances = deviations(&mids, middle)?;
    let Some(deviation) = median(&distances)? else {
        return Ok(Vec::new());
    };
    let by_deviation = mul(deviation, OUTLIER_DEVIATIONS)?;
    let by_fraction = mul(middle.abs(), OUTLIER_FRACTION)?;
    let mut excluded = Vec::new();
    for (book, distance) in books.iter().zip(distances) {
        if distance > by_deviation && distance > by_fraction {
            let standing = Standing::Outlier {
                median: middle,
                distance,
                deviation,
            };
            excluded.push((book.at, standing));
        }
    }
    books.retain(|book| !excluded.iter().any(|(at, _)| *at == book.at));
    Ok(excluded)
}

fn contributions(
    listings: &[Listing],
    standings: Vec<Standing>,
    books: &[Book<'_>],
) -> Result<Vec<Contribution>, NumberError> {
    let all_size = books
        .iter()
        .try_fold(Decimal::ZERO, |sum, b| add(sum, b.size()?))?;
    let all_volume = books.iter().try_fold(Decimal::ZERO, |sum, b| {
        add(sum, b.last_volume.map_or(Decimal::ZERO, |(_, v)| v))
    })?;
    let share = |part: Decimal, whole: Decimal| match whole.is_zero() {
        true => Ok(None),
        false => div(part, whole).map(|s| Some(Rounding::HalfEven.to_decimals(s, 6).normalize())),
    };
    let one = |(at, (listing, standing)): (usize, (&Listing, Standing))| {
        let book = books.iter().find(|b| b.at == at);
        Ok(Contribution {
            instrument: listing.instrument.clone(),
            venue: listing.venue.clone(),
            standing,
            mid: book.map(|b| b.mid),
            size_share: book.map_or(Ok(None), |b| share(b.size()?, all_size))?,
            volume_share: match book.and_then(|b| b.last_volume) {
                Some((_, volume)) => share(volume, all_volume)?,
                None => None,
            },
        })
    };
    listings.iter().zip(standings).enumerate().map(one).collect()
}

fn microprice(books: &[Book<'_>]) -> Result<Option<Decimal>, NumberError> {
    let (mut weighted, mut sizes) = (Decimal::ZERO, Decimal::ZERO);
    for book in books {
        weighted = add(weighted, mul(book.bid, book.ask_size)?)?;
        weighted = add(weighted, mul(book.ask, book.bid_size)?)?;
        sizes = add(sizes, book.size()?)?;
    }
    if sizes.is_zero() {
        Ok(None)
    } else {
        div(weighted, sizes).map(Some)
    }
}

fn volume_weighted_last(books: &[Book<'_>]) -> Result<Option<Decimal>, NumberError> {
    let (mut weighted, mut volumes) = (Decimal::ZERO, Decimal::ZERO);
    for (last, volume) in books.iter().filter_map(|b| b.last_volume) {
        weighted = add(weighted, mul(last, volume)?)?;
        volumes = add(volumes, volume)?;
    }
    if volumes.is_zero() {
        Ok(None)
    } else {
        div(weighted, volumes).map(Some)
    }
}

fn dispersion(
    mids: &[Decimal],
    round: impl Fn(Decimal) -> Decimal,
) -> Result<Option<Dispersion>, NumberError> {
    let (Some(lowest), Some(highest), Some(middle)) = (mids.iter().min(), mids.iter().max(), median(mids)?)
    else {
        return Ok(None);
    };
    let range = sub(*highest, *lowest)?;
    let fraction = match middle.is_zero() {
        true => None,
        false => Some(
            Rounding::HalfEven
                .to_decimals(div(range, middle.abs())?, 8)
                .normalize(),
        ),
    };
    Ok(Some(Dispersion {
        range: round(range),
        range_fraction: fraction,
        deviation: round(median(&deviations(mids, middle)?)?.unwrap_or_default()),
    }))
}
