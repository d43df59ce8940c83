//! Instruments and market data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{AdjustFor, Dec, Side, Time};

/// Whether a figure may be believed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DataState {
    /// Recent enough to act on.
    Valid,
    /// Too old, or its feed was interrupted.
    Stale,
    /// Subscribed, nothing received yet.
    NoData,
    /// Nobody asked for it.
    NotSubscribed,
}

/// What kind of thing an instrument is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InstrumentKind {
    /// One asset against another.
    SpotPair,
    /// A share.
    Equity,
    /// A fund traded like a share.
    Etf,
    /// A computed figure.
    Index,
    /// A dated future.
    Future,
    /// A future without expiry.
    Perpetual,
    /// A call or a put.
    Option,
}

/// Whether an instrument can be traded now.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InstrumentStatus {
    /// Open for orders.
    Trading,
    /// Orders are refused for now.
    Halted,
    /// Gone for good.
    Delisted,
}

/// An instrument.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Instrument {
    /// `SYMBOL.MARKET`.
    #[schema(example = "BTC-USD.COINBASE")]
    pub id: String,
    /// Canonical symbol.
    pub symbol: String,
    /// Where it is listed.
    pub market: String,
    /// Through which venue it is reached.
    pub venue: String,
    /// The venue's own spelling.
    pub venue_symbol: String,
    /// What is economically the same elsewhere.
    pub product: String,
    /// Kind.
    pub kind: InstrumentKind,
    /// Base asset.
    pub base: String,
    /// Quote currency.
    pub quote: String,
    /// Price step.
    pub tick: Dec,
    /// Quantity step.
    pub lot: Dec,
    /// Least quantity of an order.
    pub quantity_min: Dec,
    /// Least value of an order; 0 = none.
    pub notional_min: Dec,
    /// Decimals of market-data prices.
    pub price_scale: u8,
    /// Decimals of market-data sizes.
    pub size_scale: u8,
    /// Whether it can be traded now.
    pub status: InstrumentStatus,
    /// True when its data is simulated.
    pub simulated: bool,
    /// Whether its quote may be believed.
    pub data_state: DataState,
}

/// Best bid and offer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Quote {
    /// Instrument.
    pub instrument: String,
    /// Best bid; null without one.
    pub bid: Option<Dec>,
    /// Best offer; null without one.
    pub ask: Option<Dec>,
    /// Size at the bid.
    pub bid_size: Option<Dec>,
    /// Size at the offer.
    pub ask_size: Option<Dec>,
    /// (bid + ask) / 2.
    pub mid: Option<Dec>,
    /// Last trade's price.
    pub last: Option<Dec>,
    /// Last trade's size.
    pub last_size: Option<Dec>,
    /// Venue time; null without a quote.
    pub ts: Option<Time>,
    /// Age when answered, milliseconds.
    pub age_ms: Option<u64>,
    /// Whether it may be believed.
    pub state: DataState,
    /// True when simulated.
    pub simulated: bool,
    /// True when it reached us late.
    pub late: bool,
}

/// Order book, best first. A level is `[price, size]`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Book {
    /// Instrument.
    pub instrument: String,
    /// Bids, best first.
    pub bids: Vec<[Dec; 2]>,
    /// Offers, best first.
    pub asks: Vec<[Dec; 2]>,
    /// Venue time of the last change; null without a book.
    pub ts: Option<Time>,
    /// Whether it may be believed.
    pub state: DataState,
    /// True when simulated.
    pub simulated: bool,
}

/// One public print.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Trade {
    /// Price.
    pub price: Dec,
    /// Size.
    pub size: Dec,
    /// Who took liquidity; null where the venue does not say.
    pub side: Option<Side>,
    /// The venue's number; null where it gives none.
    pub trade_id: Option<String>,
    /// Venue time.
    pub ts: Time,
}

/// What a bar was built from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BarSource {
    /// Public trades.
    Trades,
    /// Mid prices of quotes.
    QuoteMids,
    /// Best bids of quotes.
    QuoteBids,
    /// Best offers of quotes.
    QuoteAsks,
    /// The venue's own candles.
    Venue,
}

/// OHLCV of one interval.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Bar {
    /// The time it opens.
    pub ts: Time,
    /// First price.
    pub open: Dec,
    /// Highest price.
    pub high: Dec,
    /// Lowest price.
    pub low: Dec,
    /// Last price.
    pub close: Dec,
    /// Σ sizes; null when it does not fit.
    pub volume: Option<Dec>,
    /// Σ price × size; null where the venue does not tell it.
    pub value: Option<Dec>,
    /// value / volume; null without volume.
    pub vwap: Option<Dec>,
    /// Number of trades (or quotes, see `source`); 0 where the venue tells none.
    pub trades: u32,
    /// Open interest when the last trade happened; null where it is not told.
    pub open_interest: Option<Dec>,
    /// What it was built from.
    pub source: BarSource,
    /// False when the feed was interrupted, or began, inside it.
    pub complete: bool,
    /// 0 when first closed; each amendment adds 1.
    pub revision: u16,
    /// False for the bar that is forming.
    pub closed: bool,
}

/// One value of an overlay, `null` while it warms up.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct OverlayPoint {
    /// Opening time of the bar.
    pub ts: Time,
    /// Value; a JSON number, since indicators are floating-point columns.
    pub value: Option<f64>,
}

/// Bars with overlays as the engine computes them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Bars {
    /// Instrument.
    pub instrument: String,
    /// Interval, e.g. `1m`.
    pub interval: String,
    /// Whether the newest may be believed.
    pub state: DataState,
    /// True when simulated.
    pub simulated: bool,
    /// Oldest first.
    pub bars: Vec<Bar>,
    /// By name: `EMA_3`, `BBANDS_10_2.upper`.
    pub overlays: BTreeMap<String, Vec<OverlayPoint>>,
    /// What the bars are adjusted for; absent when they are as traded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adjust: Option<AdjustFor>,
    /// Pass as `before` for the bars before these; null where there are none.
    pub next_before: Option<Time>,
}

/// A market that counts in an aggregate.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct AggregateContribution {
    /// Instrument.
    pub instrument: String,
    /// The venue that told it.
    pub venue: String,
    /// Its mid.
    pub mid: Option<Dec>,
    /// Its part of the displayed size at the top, 0..1.
    pub size_share: Option<Dec>,
    /// Its part of the volume, 0..1.
    pub volume_share: Option<Dec>,
}

/// A market that does not count, and why.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct AggregateExclusion {
    /// Instrument.
    pub instrument: String,
    /// The venue that told it.
    pub venue: String,
    /// Why.
    pub reason: String,
}

/// One product's price over all markets. A figure that cannot be computed is null.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Aggregate {
    /// Product, e.g. `BTC/USD`.
    pub product: String,
    /// Highest bid.
    pub best_bid: Option<Dec>,
    /// Where it is.
    pub best_bid_market: Option<String>,
    /// Lowest offer.
    pub best_ask: Option<Dec>,
    /// Where it is.
    pub best_ask_market: Option<String>,
    /// Median of the markets' mids.
    pub mid: Option<Dec>,
    /// Size-weighted middle.
    pub microprice: Option<Dec>,
    /// Volume-weighted last price.
    pub last: Option<Dec>,
    /// Markets that count.
    pub contributions: Vec<AggregateContribution>,
    /// Markets that do not.
    pub excluded: Vec<AggregateExclusion>,
    /// How far the markets' mids lie apart, as a fraction of the mid.
    pub dispersion: Option<Dec>,
    /// Best offer − best bid over markets; negative = crossed.
    pub spread_across: Option<Dec>,
    /// What buying at the best offer and selling at the best bid would leave after taker fees, per unit.
    pub arbitrage_net: Option<Dec>,
    /// How many markets count.
    pub markets: u32,
    /// What to know about these figures, where fewer than two markets count.
    pub note: Option<String>,
    /// True when any contribution is simulated.
    pub simulated: bool,
}

/// How suitable for scalping.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ScreeningGrade {
    /// ≥ 0.75.
    Best,
    /// ≥ 0.60.
    Good,
    /// ≥ 0.50.
    Fair,
    /// Below.
    Poor,
}

/// One instrument's place in the screening, best first; those that lack data come last and say why.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Screening {
    /// Instrument.
    pub instrument: String,
    /// 0.3 volatility + 0.3 volume + 0.2 spread + 0.2 momentum, 0..1; null without enough data.
    pub score: Option<Dec>,
    /// Grade.
    pub grade: Option<ScreeningGrade>,
    /// How much it moves, 0..1.
    pub volatility: Option<Dec>,
    /// How much is traded, 0..1.
    pub volume: Option<Dec>,
    /// How cheap it is to cross, 0..1.
    pub spread: Option<Dec>,
    /// How straight it moves, 0..1.
    pub momentum: Option<Dec>,
    /// Why it has no score.
    pub reason: Option<String>,
    /// True when simulated.
    pub simulated: bool,
}
