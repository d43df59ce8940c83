//! Indian charges on trades: dated rates as data, with their sources.
//!
//! | item | on | rounded to |
//! | --- | --- | --- |
//! | brokerage | turnover × the plan's rate, at most its flat amount per order | 0.01 |
//! | STT (securities), CTT (commodities) | turnover (options: premium) of the sides that are charged | the rupee, half up |
//! | exchange transaction charge | turnover (options: premium), both sides | 0.01 |
//! | IPFT (NSE only) | turnover (options: premium), both sides | 0.01 |
//! | SEBI fee | turnover, ₹10 per crore | 0.01 |
//! | stamp duty | turnover of buys | 0.01 |
//! | GST | 18 % of brokerage + exchange charge + IPFT + SEBI fee | 0.01 |
//!
//! Amounts are reckoned per order (a contract note reckons STT per scrip and day, so that its rupee rounding can
//! differ by less than a rupee per order). Not charged here: DP charges (per scrip and day of delivery sells), STT on
//! exercised options (a matter of settlement), call-and-trade fees, currency derivatives.
//!
//! Rates before the first row of the table are refused, unless [`IndianCharges::oldest_before`] says that the oldest
//! are to stand for them.

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use tradewind_types::{InstrumentKind, Side, UnixNanos};

use super::{FeeError, FeeFacts, ITEMS, checked};

/// Where it is traded.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum IndianExchange {
    /// National Stock Exchange.
    Nse,
    /// BSE.
    Bse,
    /// Multi Commodity Exchange.
    Mcx,
}

/// How equities are held.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum EquityProduct {
    /// Taken into the demat account (CNC).
    Delivery,
    /// Squared off on the day (MIS).
    Intraday,
}

/// What is charged alike.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum IndianSegment {
    /// Shares for delivery.
    EquityDelivery,
    /// Shares within the day.
    EquityIntraday,
    /// Futures.
    Futures,
    /// Options, on the premium.
    Options,
}

/// Brokerage of one segment: the lower of the two, 0 without either.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Brokerage {
    /// Fraction of turnover.
    pub rate: Option<Decimal>,
    /// Rupees per order.
    pub flat: Option<Decimal>,
}

/// A broker's plan.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct BrokeragePlan {
    /// Shares for delivery.
    pub delivery: Brokerage,
    /// Shares within the day.
    pub intraday: Brokerage,
    /// Futures.
    pub futures: Brokerage,
    /// Options.
    pub options: Brokerage,
}

/// Which charges apply.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct IndianCharges {
    /// Where it is traded.
    pub exchange: IndianExchange,
    /// How shares are held.
    pub equity: EquityProduct,
    /// The broker's plan.
    pub plan: BrokeragePlan,
    /// Whether the oldest known rates stand for earlier times too.
    pub oldest_before: bool,
}

/// Rates of one segment from a date on, in ten-millionths (0.00001 %) of turnover.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IndianRates {
    /// From when, midnight in India.
    pub since: UnixNanos,
    /// Where.
    pub exchange: IndianExchange,
    /// What.
    pub segment: IndianSegment,
    /// STT or CTT on buys and on sells.
    pub tax: (i64, i64),
    /// Exchange transaction charge.
    pub charge: i64,
    /// IPFT.
    pub ipft: i64,
    /// Stamp duty on buys.
    pub stamp: i64,
    /// Where the figures come from.
    pub source: &'static str,
}

/// SEBI turnover fee: ₹10 per crore.
const SEBI: i64 = 10;
/// GST in percent.
const GST: i64 = 18;

/// 2023-04-01, 2024-04-01, 2024-10-01 and 2026-04-01, 00:00 in India.
const APR_2023: UnixNanos = UnixNanos::from_secs(1_680_287_400);
const APR_2024: UnixNanos = UnixNanos::from_secs(1_711_909_800);
const OCT_2024: UnixNanos = UnixNanos::from_secs(1_727_721_000);
const APR_2026: UnixNanos = UnixNanos::from_secs(1_774_981_800);

const FROM_2023: &str = "Finance Act 2023 (STT); NSE circulars of 24 March 2023 (transaction charges, first slab; IPFT); \
     Indian Stamp Act as amended from 1 July 2020";
const FROM_APR_2024: &str = "Finance Act 2023 (STT); NSE transaction charges from 1 April 2024, first slab";
const FROM_OCT_2024: &str = "Finance (No. 2) Act 2024 (STT from 1 October 2024); NSE, BSE and MCX circulars of September 2024 \
     (flat transaction charges from 1 October 2024, SEBI's true-to-label circular of 1 July 2024)";
const FROM_2026: &str = "Finance Act 2026 (STT on futures 0.05 %, on options 0.15 % from 1 April 2026); transaction charges as \
     from 1 October 2024";

use IndianExchange::{Bse, Mcx, Nse};
use IndianSegment::{EquityDelivery, EquityIntraday, Futures, Options};

#[rustfmt::skip]
const TABLE: &[IndianRates] = &[
    rates(APR_2023, Nse, EquityDelivery, (10_000, 10_000),   325, 10, 1_500, FROM_2023),
    rates(APR_2023, Nse, EquityIntraday, (0, 2_500),         325, 10,   300, FROM_2023),
    rates(APR_2023, Nse, Futures,        (0, 1_250),         190, 10,   200, FROM_2023),
    rates(APR_2023, Nse, Options,        (0, 6_250),       5_000, 50,   300, FROM_2023),
    rates(APR_2024, Nse, EquityDelivery, (10_000, 10_000),   322, 10, 1_500, FROM_APR_2024),
    rates(APR_2024, Nse, EquityIntraday, (0, 2_500),         322, 10,   300, FROM_APR_2024),
    rates(APR_2024, Nse, Futures,        (0, 1_250),         188, 10,   200, FROM_APR_2024),
    rates(APR_2024, Nse, Options,        (0, 6_250),       4_950, 50,   300, FROM_APR_2024),
    rates(OCT_2024, Nse, EquityDelivery, (10_000, 10_000),   297, 10, 1_500, FROM_OCT_2024),
    rates(OCT_2024, Nse, EquityIntraday, (0, 2_500),         297, 10,   300, FROM_OCT_2024),
    rates(OCT_2024, Nse, Futures,        (0, 2_000),         173, 10,   200, FROM_OCT_2024),
    rates(OCT_2024, Nse, Options,        (0, 10_000),      3_503, 50,   300, FROM_OCT_2024),
    rates(OCT_2024, Bse, EquityDelivery, (10_000, 10_000),   375,  0, 1_500, FROM_OCT_2024),
    rates(OCT_2024, Bse, EquityIntraday, (0, 2_500),         375,  0,   300, FROM_OCT_2024),
    rates(OCT_2024, Bse, Futures,        (0, 2_000),           0,  0,   200, FROM_OCT_2024),
    rates(OCT_2024, Bse, Options,        (0, 10_000),      3_250,  0,   300, FROM_OCT_2024),
    rates(OCT_2024, Mcx, Futures,        (0, 1_000),         210,  0,   200, FROM_OCT_2024),
    rates(OCT_2024, Mcx, Options,        (0, 5_000),       4_180,  0,   300, FROM_OCT_2024),
    rates(APR_2026, Nse, Futures,        (0, 5_000),         173, 10,   200, FROM_2026),
    rates(APR_2026, Nse, Options,        (0, 15_000),      3_503, 50,   300, FROM_2026),
    rates(APR_2026, Bse, Futures,        (0, 5_000),           0,  0,   200, FROM_2026),
    rates(APR_2026, Bse, Options,        (0, 15_000),      3_250,  0,   300, FROM_2026),
];

#[allow(
    clippy::too_many_arguments,
    reason = "a row of the table, in its columns' order"
)]
const fn rates(
    since: UnixNanos,
    exchange: IndianExchange,
    segment: IndianSegment,
    tax: (i64, i64),
    charge: i64,
    ipft: i64,
    stamp: i64,
    source: &'static str,
) -> IndianRates {
    IndianRates {
        since,
        exchange,
        segment,
        tax,
        charge,
        ipft,
        stamp,
        source,
    }
}

/// All rates there are, by date.
#[must_use]
pub fn table() -> &'static [IndianRates] {
    TABLE
}

impl BrokeragePlan {
    /// Delivery free; 0.03 % or ₹20 per order, whichever is lower, within the day and on futures; ₹20 on options: the
    /// usual plan of the discount brokers (Zerodha's list of charges, 2026).
    #[must_use]
    pub fn discount() -> Self {
        let lower = Brokerage {
            rate: Some(Decimal::new(3, 4)),
            flat: Some(Decimal::from(20)),
        };
        Self {
            delivery: Brokerage::default(),
            intraday: lower,
            futures: lower,
            options: Brokerage { rate: None, ..lower },
        }
    }

    fn of(&self, segment: IndianSegment) -> Brokerage {
        match segment {
            EquityDelivery => self.delivery,
            EquityIntraday => self.intraday,
            Futures => self.futures,
            Options => self.options,
        }
    }
}

impl IndianCharges {
    /// The segment of an instrument.
    ///
    /// # Errors
    /// [`FeeError::NoSegment`] for kinds that are not traded there.
    pub fn segment(&self, kind: InstrumentKind) -> Result<IndianSegment, FeeError> {
        match (kind, self.equity) {
            (InstrumentKind::Equity | InstrumentKind::Etf, EquityProduct::Delivery) => Ok(EquityDelivery),
            (InstrumentKind::Equity | InstrumentKind::Etf, EquityProduct::Intraday) => Ok(EquityIntraday),
            (InstrumentKind::Future, _) => Ok(Futures),
            (InstrumentKind::Option, _) => Ok(Options),
            (InstrumentKind::SpotPair | InstrumentKind::Index | InstrumentKind::Perpetual, _) => {
                Err(FeeError::NoSegment(format!("{kind:?}")))
            }
        }
    }

    /// The rates of a segment at a time.
    ///
    /// # Errors
    /// [`FeeError::NoRates`].
    pub fn rates(&self, segment: IndianSegment, at: UnixNanos) -> Result<&'static IndianRates, FeeError> {
        let mut of_segment = TABLE
            .iter()
            .filter(|row| row.exchange == self.exchange && row.segment == segment);
        let oldest = of_segment.clone().next();
        let found = of_segment.rfind(|row| row.since <= at);
        let found = found.or(oldest.filter(|_| self.oldest_before));
        found.ok_or_else(|| FeeError::NoRates {
            what: format!("{segment:?} on {:?}", self.exchange),
            at,
            first: oldest.map_or(APR_2023, |row| row.since),
        })
    }

    /// Charges of all that an order has turned over, in the order of [`super::FeeItem::ALL`].
    pub(super) fn of_order(
        &self,
        fill: &FeeFacts<'_>,
        turnover: Decimal,
    ) -> Result<[Decimal; ITEMS], FeeError> {
        let segment = self.segment(fill.instrument.kind)?;
        let rates = self.rates(segment, fill.ts)?;
        let part = |rate: i64| checked(turnover.checked_mul(Decimal::new(rate, 7)));
        let paise = |amount: Decimal| round(amount, 2);
        let (tax, stamp) = match fill.side {
            Side::Buy => (rates.tax.0, rates.stamp),
            Side::Sell => (rates.tax.1, 0),
        };
        let plan = self.plan.of(segment);
        let by_rate = plan.rate.map(|rate| checked(turnover.checked_mul(rate)));
        let brokerage = match (by_rate.transpose()?, plan.flat) {
            (Some(by_rate), Some(flat)) => paise(by_rate.min(flat)),
            (Some(only), None) | (None, Some(only)) => paise(only),
            (None, None) => Decimal::ZERO,
        };
        let exchange = paise(part(rates.charge)?);
        let ipft = paise(part(rates.ipft)?);
        let sebi = paise(part(SEBI)?);
        let services = [brokerage, exchange, ipft, sebi];
        let services = services
            .iter()
            .try_fold(Decimal::ZERO, |sum, s| sum.checked_add(*s));
        let gst = checked(checked(services)?.checked_mul(Decimal::new(GST, 2)))?;
        Ok([
            brokerage,
            round(part(tax)?, 0),
            exchange,
            ipft,
            sebi,
            paise(part(stamp)?),
            paise(gst),
        ])
    }
}

/// As contract notes round: half up.
fn round(amount: Decimal, decimals: u32) -> Decimal {
    amount.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero)
}
