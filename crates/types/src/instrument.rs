//! Instruments: what can be traded, in which steps, and how its market data is scaled.

use std::sync::Arc;

use rust_decimal::Decimal;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::num::{NumberError, Rounding};
use crate::{
    Currency, InstrumentId, InstrumentIdx, InstrumentUid, Price, Product, Quantity, UnixNanos, VenueId,
};

/// What kind of thing an instrument is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InstrumentKind {
    /// One currency or asset against another, delivered at once.
    SpotPair,
    /// A share.
    Equity,
    /// A fund traded like a share.
    Etf,
    /// A computed figure, not tradable by itself.
    Index,
    /// A dated future.
    Future,
    /// A future without expiry, with funding.
    Perpetual,
    /// A call or a put.
    Option,
}

/// Whether an instrument can be traded now.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InstrumentStatus {
    /// Open for orders.
    #[default]
    Trading,
    /// Orders are refused for now.
    Halted,
    /// Gone for good.
    Delisted,
}

/// Call or put.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OptionRight {
    /// The right to buy at the strike.
    Call,
    /// The right to sell at the strike.
    Put,
}

/// What only some kinds of instrument have; nothing by default.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct InstrumentTerms {
    /// What a derivative is on.
    pub underlying: Option<InstrumentId>,
    /// When a derivative expires and settles.
    pub expiry: Option<UnixNanos>,
    /// Strike of an option.
    pub strike: Option<Decimal>,
    /// Right of an option.
    pub right: Option<OptionRight>,
    /// ISIN of a security.
    pub isin: Option<Arc<str>>,
    /// Start (midnight UTC) of the first day on which it is traded.
    pub first_trading_day: Option<UnixNanos>,
    /// Start (midnight UTC) of the last day on which it is traded.
    pub last_trading_day: Option<UnixNanos>,
    /// Part of the notional that opening a position needs as margin; `None` = the whole.
    pub margin_initial: Option<Decimal>,
    /// Part of the notional that keeping a position needs; `None` = as for opening.
    pub margin_maintenance: Option<Decimal>,
}

impl InstrumentTerms {
    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}

/// An instrument's definition.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Instrument {
    /// Immutable identity.
    pub uid: InstrumentUid,
    /// `SYMBOL.MARKET`.
    pub id: InstrumentId,
    /// The venue's own spelling, e.g. `BTC/USD`.
    pub venue_symbol: Arc<str>,
    /// The venue through which we reach it.
    pub venue: VenueId,
    /// What is economically the same on other markets.
    pub product: Product,
    /// Kind.
    pub kind: InstrumentKind,
    /// Base asset (what is bought).
    pub base: Currency,
    /// Quote currency (what prices are in).
    pub quote: Currency,
    /// Currency of settlement.
    pub settlement: Currency,
    /// Decimals of market-data prices.
    pub price_scale: u8,
    /// Decimals of market-data sizes.
    pub size_scale: u8,
    /// Price step.
    pub tick: Decimal,
    /// Quantity step.
    pub lot: Decimal,
    /// Least quantity of an order.
    pub quantity_min: Decimal,
    /// Least `price × quantity × multiplier` of an order; 0 = none.
    pub notional_min: Decimal,
    /// Units of base per contract; 1 for spot.
    pub multiplier: Decimal,
    /// Whether a price of 0 or below is possible (spreads, some options).
    pub price_may_be_negative: bool,
    /// Trading status.
    pub status: InstrumentStatus,
    /// Calendar of its market; `24/7` for crypto.
    pub calendar: Arc<str>,
    /// Age in nanoseconds from which its quote is `STALE`; default 10 s.
    pub stale_after_ns: u64,
    /// Whether its market data comes from a simulator. Shown wherever the data shows.
    pub simulated: bool,
    /// What only some kinds have: expiry, strike, margin rates …
    #[serde(default, skip_serializing_if = "InstrumentTerms::is_plain")]
    pub terms: InstrumentTerms,
}

impl Instrument {
    /// Brings a price to the tick grid.
    ///
    /// # Errors
    /// [`NumberError::NotPositive`] when it rounds to zero or below and the instrument forbids that.
    pub fn quantise_price(&self, price: Decimal, rounding: Rounding) -> Result<Price, NumberError> {
        let rounded = rounding.to_step(price, self.tick)?;
        if self.price_may_be_negative {
            Price::new(rounded)
        } else {
            Price::positive(rounded)
        }
    }

    /// Brings a quantity down to the lot grid.
    ///
    /// # Errors
    /// [`NumberError::NotPositive`] when it rounds to zero.
    pub fn quantise_quantity(&self, quantity: Decimal) -> Result<Quantity, NumberError> {
        Quantity::new(Rounding::Down.to_step(quantity, self.lot)?)
    }

    /// Whether a price lies on the tick grid.
    #[must_use]
    pub fn on_tick(&self, price: Decimal) -> bool {
        price.checked_rem(self.tick).is_some_and(|r| r.is_zero())
    }

    /// Whether a quantity is a whole number of lots.
    #[must_use]
    pub fn on_lot(&self, quantity: Decimal) -> bool {
        quantity.checked_rem(self.lot).is_some_and(|r| r.is_zero())
    }

    /// `price × quantity × multiplier` in quote currency.
    ///
    /// # Errors
    /// [`NumberError::Overflow`].
    pub fn notional(&self, price: Decimal, quantity: Decimal) -> Result<Decimal, NumberError> {
        price
            .checked_mul(quantity)
            .and_then(|v| v.checked_mul(self.multiplier))
            .ok_or(NumberError::Overflow {
                operation: "price × quantity × multiplier",
            })
    }

    /// A spot pair with the usual defaults; scales follow from tick and lot.
    #[must_use]
    pub fn spot(
        id: InstrumentId,
        venue: VenueId,
        venue_symbol: &str,
        pair: (Currency, Currency),
        tick: Decimal,
        lot: Decimal,
    ) -> Self {
        let (base, quote) = pair;
        let (tick, lot) = (tick.normalize(), lot.normalize());
        Self {
            uid: InstrumentUid(uid_of(&id)),
            product: Product::spot(base, quote),
            id,
            venue_symbol: Arc::from(venue_symbol),
            venue,
            kind: InstrumentKind::SpotPair,
            base,
            quote,
            settlement: quote,
            price_scale: tick.scale() as u8,
            size_scale: lot.scale() as u8,
            tick,
            lot,
            quantity_min: lot,
            notional_min: Decimal::ZERO,
            multiplier: Decimal::ONE,
            price_may_be_negative: false,
            status: InstrumentStatus::Trading,
            calendar: Arc::from("24/7"),
            stale_after_ns: 10 * crate::time::SECOND_NS,
            simulated: false,
            terms: InstrumentTerms::default(),
        }
    }
}

/// First uid of an instrument: FNV-1a over its first id. Stays when the id is renamed later.
#[must_use]
pub fn uid_of(id: &InstrumentId) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    id.to_string().bytes().fold(0xcbf2_9ce4_8422_2325, step) >> 1
}

/// All instruments of a process, by dense index and by id. Only grows; a definition may be replaced.
#[derive(Clone, Debug, Default)]
pub struct InstrumentRegistry {
    by_idx: Vec<Arc<Instrument>>,
    by_id: FxHashMap<InstrumentId, InstrumentIdx>,
}

impl InstrumentRegistry {
    /// An empty registry.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an instrument, or replaces the definition that has its id; the index stays.
    pub fn upsert(&mut self, instrument: Instrument) -> InstrumentIdx {
        if let Some(&idx) = self.by_id.get(&instrument.id) {
            self.by_idx[idx.slot()] = Arc::new(instrument);
            return idx;
        }
        let idx = InstrumentIdx(u32::try_from(self.by_idx.len()).unwrap_or(u32::MAX));
        self.by_id.insert(instrument.id.clone(), idx);
        self.by_idx.push(Arc::new(instrument));
        idx
    }

    /// The instrument at an index.
    #[must_use]
    pub fn get(&self, idx: InstrumentIdx) -> Option<&Arc<Instrument>> {
        self.by_idx.get(idx.slot())
    }

    /// The index of an id.
    #[must_use]
    pub fn idx(&self, id: &InstrumentId) -> Option<InstrumentIdx> {
        self.by_id.get(id).copied()
    }

    /// The instrument with an id.
    #[must_use]
    pub fn by_id(&self, id: &InstrumentId) -> Option<&Arc<Instrument>> {
        self.idx(id).and_then(|idx| self.get(idx))
    }

    /// All, in order of their indices.
    pub fn iter(&self) -> impl Iterator<Item = (InstrumentIdx, &Arc<Instrument>)> {
        (0u32..).map(InstrumentIdx).zip(self.by_idx.iter())
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_idx.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_idx.is_empty()
    }
}
