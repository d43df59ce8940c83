//! One product on one venue: its floor, its participants, its history, and what it publishes each step.

use std::collections::BTreeMap;

use tradewind_types::market::BookLevel;
use tradewind_types::{PriceMantissa, Side, SizeMantissa, UnixNanos};

use super::fair::Basis;
use super::floor::{Execution, Floor};
use super::history::{Candle, DayStats, History, Print};
use super::participants::makers::Makers;
use super::participants::patient::Patient;
use super::participants::takers::Takers;
use super::participants::{Scene, Units};
use crate::config::{Grid, ProductConfig, VenueKind};
use crate::rng::Rng;

/// What never changes about a listing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListingInfo {
    /// The product's name, `BTC-USD`.
    pub product: String,
    /// Base currency code.
    pub base: String,
    /// Quote currency code.
    pub quote: String,
    /// The venue.
    pub venue: VenueKind,
    /// Decimals of prices and sizes.
    pub grid: Grid,
}

/// A price and the total size there.
pub type Level = (PriceMantissa, SizeMantissa);

/// The published book: total size per price.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PublishedBook {
    /// Bids; the best is the last.
    pub bids: BTreeMap<PriceMantissa, SizeMantissa>,
    /// Asks; the best is the first.
    pub asks: BTreeMap<PriceMantissa, SizeMantissa>,
}

impl PublishedBook {
    /// Applies one level; size 0 removes it.
    pub fn apply(&mut self, level: &BookLevel) {
        let side = match level.side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        };
        if level.size.0 == 0 {
            side.remove(&level.price);
        } else {
            side.insert(level.price, level.size);
        }
    }

    /// Best bid.
    #[must_use]
    pub fn best_bid(&self) -> Option<Level> {
        self.bids.last_key_value().map(|(p, s)| (*p, *s))
    }

    /// Best ask.
    #[must_use]
    pub fn best_ask(&self) -> Option<Level> {
        self.asks.first_key_value().map(|(p, s)| (*p, *s))
    }

    /// The best `depth` bids, best first.
    #[must_use]
    pub fn top_bids(&self, depth: usize) -> Vec<Level> {
        self.bids
            .iter()
            .rev()
            .take(depth)
            .map(|(p, s)| (*p, *s))
            .collect()
    }

    /// The best `depth` asks, best first.
    #[must_use]
    pub fn top_asks(&self, depth: usize) -> Vec<Level> {
        self.asks.iter().take(depth).map(|(p, s)| (*p, *s)).collect()
    }
}

/// A listing's figures at the end of a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TickerView {
    /// Best bid and its size.
    pub bid: Option<Level>,
    /// Best ask and its size.
    pub ask: Option<Level>,
    /// The last day; `None` before the first trade.
    pub day: Option<DayStats>,
}

/// What changed on a listing in one step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MarketStep {
    /// Index of the product.
    pub product: usize,
    /// Levels that changed, each once.
    pub levels: Vec<BookLevel>,
    /// Trades, in order.
    pub trades: Vec<Print>,
    /// Figures after the step.
    pub ticker: TickerView,
}

/// One product on one venue.
#[derive(Debug)]
pub struct Listing {
    info: ListingInfo,
    product: usize,
    activity: f64,
    units: Units,
    floor: Floor,
    basis: Basis,
    makers: Makers,
    patient: Patient,
    takers: Takers,
    history: History,
    next_trade: u64,
    rng: Rng,
}

/// First number of a listing's trades: venues do not start at one.
const TRADE_ID_FIRST: u64 = 10_000_000;

impl Listing {
    /// A listing without orders.
    #[must_use]
    pub fn new(config: &ProductConfig, product: usize, venue: VenueKind, rng: Rng) -> Self {
        let grid = config.grid(venue);
        Self {
            info: ListingInfo {
                product: config.name(),
                base: config.base.to_string(),
                quote: config.quote.to_string(),
                venue,
                grid,
            },
            product,
            activity: config.activity,
            units: Units::of(grid),
            floor: Floor::new(),
            basis: Basis::default(),
            makers: Makers::new(),
            patient: Patient::default(),
            takers: Takers::default(),
            history: History::default(),
            next_trade: TRADE_ID_FIRST,
            rng,
        }
    }

    /// Continues a stored listing: its history and the number of its next trade.
    pub fn restore(&mut self, trades: Vec<Print>, minutes: Vec<Candle>, next_trade: u64) {
        self.history = History::restore(trades, minutes);
        self.next_trade = next_trade.max(TRADE_ID_FIRST);
    }

    /// What never changes.
    #[must_use]
    pub fn info(&self) -> &ListingInfo {
        &self.info
    }

    /// Trades and candles.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The book as published. O(levels).
    #[must_use]
    pub fn book(&self) -> PublishedBook {
        self.floor.book()
    }

    /// The number of the next trade.
    #[must_use]
    pub fn next_trade(&self) -> u64 {
        self.next_trade
    }

    /// Figures now.
    #[must_use]
    pub fn ticker(&self) -> TickerView {
        TickerView {
            bid: self.floor.best(Side::Buy),
            ask: self.floor.best(Side::Sell),
            day: self.history.day(),
        }
    }

    /// Lets everybody act once in the step from `start` that lasts `dt_ns`.
    pub fn step(&mut self, start: UnixNanos, dt_ns: u64, fair: f64) -> MarketStep {
        let dt = dt_ns as f64 / 1e9;
        let mid = fair * self.basis.step(dt, &mut self.rng);
        let volatility = 1.0 + (self.takers.momentum().abs() * 900.0).min(1.5);
        let scene = Scene {
            units: self.units,
            mid,
            activity: self.activity,
            volatility,
            now: start.plus(dt_ns),
            dt,
        };
        self.makers.step(&mut self.floor, &scene, &mut self.rng);
        self.patient.step(&mut self.floor, &scene, &mut self.rng);
        self.takers.step(&mut self.floor, &scene, &mut self.rng);

        let executions = self.floor.take_executions();
        let trades = self.print(start, dt_ns, &executions);
        for print in &trades {
            self.history.push(*print);
        }
        let levels = self.floor.take_changes();
        MarketStep {
            product: self.product,
            levels,
            trades,
            ticker: self.ticker(),
        }
    }

    /// Numbers and stamps the executions of a step, evenly spread over it, to the microsecond.
    fn print(&mut self, start: UnixNanos, dt_ns: u64, executions: &[Execution]) -> Vec<Print> {
        let parts = executions.len() as u64 + 1;
        let mut prints = Vec::with_capacity(executions.len());
        for (index, execution) in executions.iter().enumerate() {
            let notional = self.units.notional(execution.size, execution.price);
            self.makers
                .filled(execution.maker, execution.taker.opposite(), notional);
            let ts = start.plus(dt_ns / parts * (index as u64 + 1)).floor_to(1_000);
            prints.push(Print {
                id: self.next_trade,
                ts,
                price: execution.price,
                size: execution.size,
                taker: execution.taker,
                market_order: execution.market_order,
            });
            self.next_trade += 1;
        }
        prints
    }
}
