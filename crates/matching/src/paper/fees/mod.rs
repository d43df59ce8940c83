//! What a fill costs, item by item.
//!
//! | model | charged |
//! | --- | --- |
//! | [`FeeModel::Rates`] | notional × maker or taker rate, on each fill |
//! | [`FeeModel::Tiered`] | the same, the rates by the account's volume of the last 30 days on the market |
//! | [`FeeModel::PerUnit`] | a rate per share or contract, with a least amount per order and a cap in parts of its value |
//! | [`FeeModel::PerOrder`] | one amount per order, on its first fill |
//! | [`FeeModel::India`] | brokerage, STT/CTT, exchange charge, IPFT, SEBI fee, stamp duty, GST: see [`india`] |
//!
//! Where a charge depends on the whole order (minimum, cap, flat amount, rounding to the rupee) it is reckoned for all
//! that the order has filled so far, and a fill is charged what that adds; so the parts sum to what one fill of the
//! whole would have cost. Amounts are in the instrument's quote currency. Everything is decimal and checked.

pub mod india;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tradewind_types::num::NumberError;
use tradewind_types::time::DAY_NS;
use tradewind_types::{Instrument, Rounding, Side, UnixNanos};

use india::IndianCharges;

/// What a part of a fee is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FeeItem {
    /// The venue's or broker's commission, maker and taker fees included.
    Commission,
    /// Securities or commodities transaction tax.
    TransactionTax,
    /// The exchange's charge on turnover.
    Exchange,
    /// The investor protection fund's share.
    InvestorProtection,
    /// The regulator's fee.
    Regulator,
    /// Stamp duty.
    StampDuty,
    /// Goods and services tax on the services among the above.
    Gst,
}

/// How many kinds of item there are.
const ITEMS: usize = 7;

impl FeeItem {
    /// All kinds, in the order in which they are told.
    pub const ALL: [FeeItem; ITEMS] = [
        FeeItem::Commission,
        FeeItem::TransactionTax,
        FeeItem::Exchange,
        FeeItem::InvestorProtection,
        FeeItem::Regulator,
        FeeItem::StampDuty,
        FeeItem::Gst,
    ];
}

/// One item with its amount; negative = rebate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FeeLine {
    /// What for.
    pub item: FeeItem,
    /// How much, in quote currency.
    pub amount: Decimal,
}

/// What a fee consists of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FeeItems {
    /// All of it is this.
    One(FeeItem),
    /// Several; they sum to the fee.
    Many(Box<[FeeLine]>),
}

impl FeeItems {
    /// The items of a fee of `total`.
    #[must_use]
    pub fn lines(&self, total: Decimal) -> Vec<FeeLine> {
        match self {
            FeeItems::One(item) => vec![FeeLine {
                item: *item,
                amount: total,
            }],
            FeeItems::Many(lines) => lines.to_vec(),
        }
    }
}

/// Rates from a 30-day volume on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FeeTier {
    /// Least volume of the last 30 days, in quote currency.
    pub volume_from: Decimal,
    /// Fraction of notional for adding liquidity.
    pub maker: Decimal,
    /// Fraction of notional for taking it.
    pub taker: Decimal,
}

/// How fees of a market are reckoned.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum FeeModel {
    /// Fractions of notional.
    Rates {
        /// For adding liquidity; negative = rebate.
        maker: Decimal,
        /// For taking it.
        taker: Decimal,
    },
    /// Fractions of notional by volume; tiers ascending, the first from 0.
    Tiered(Vec<FeeTier>),
    /// Per share or contract.
    PerUnit {
        /// Per unit of quantity.
        rate: Decimal,
        /// At least so much per order.
        order_min: Decimal,
        /// At most this fraction of the order's value; the cap is stronger than the minimum.
        value_max: Option<Decimal>,
    },
    /// Per order.
    PerOrder {
        /// Whatever its size.
        amount: Decimal,
    },
    /// Indian statutory charges and a broker's plan.
    India(IndianCharges),
}

/// Why a fee could not be reckoned.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FeeError {
    /// A figure does not fit.
    #[error(transparent)]
    Number(#[from] NumberError),
    /// The model has no rates for this.
    #[error("there are no rates for {what} at {at}; the first are from {first}")]
    NoRates {
        /// Segment and exchange.
        what: String,
        /// When.
        at: UnixNanos,
        /// From when there are some.
        first: UnixNanos,
    },
    /// The model does not know this kind of instrument.
    #[error("the model of Indian charges has no segment for {0}")]
    NoSegment(String),
}

/// A fill as fee models see it.
#[derive(Clone, Copy, Debug)]
pub struct FeeFacts<'a> {
    /// What was traded.
    pub instrument: &'a Instrument,
    /// Bought or sold.
    pub side: Side,
    /// How much.
    pub quantity: Decimal,
    /// Its absolute value in quote currency.
    pub notional: Decimal,
    /// Whether it took liquidity.
    pub taker: bool,
    /// When.
    pub ts: UnixNanos,
    /// The account's volume of the last 30 days before it.
    pub volume: Decimal,
}

/// What an order was charged so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderCharges {
    quantity: Decimal,
    turnover: Decimal,
    charged: [Decimal; ITEMS],
}

/// A fee and what it consists of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Charged {
    /// Σ items.
    pub total: Decimal,
    /// The items.
    pub items: FeeItems,
}

/// Rounding of rates: decimals and policy.
pub(crate) type FeeRounding = (u32, Rounding);

fn checked(value: Option<Decimal>) -> Result<Decimal, FeeError> {
    let operation = "a fee";
    value.ok_or(FeeError::Number(NumberError::Overflow { operation }))
}

impl FeeModel {
    /// What a fill adds to the cost of its order, whose `charges` are brought up to date; they stay as they are on an
    /// error.
    ///
    /// # Errors
    /// [`FeeError`].
    pub fn charge(
        &self,
        fill: &FeeFacts<'_>,
        charges: &mut Option<Box<OrderCharges>>,
        rounding: (u32, Rounding),
    ) -> Result<Charged, FeeError> {
        if let Some(rate) = self.rate(fill) {
            let fee = checked(fill.notional.checked_mul(rate))?;
            return Ok(Charged {
                total: rounding.1.to_decimals(fee, rounding.0).normalize(),
                items: FeeItems::One(FeeItem::Commission),
            });
        }
        let mut after = charges.as_deref().cloned().unwrap_or_default();
        after.quantity = checked(after.quantity.checked_add(fill.quantity))?;
        after.turnover = checked(after.turnover.checked_add(fill.notional))?;
        let whole = self.of_order(fill, &after, rounding)?;
        let mut lines = Vec::with_capacity(ITEMS);
        let mut total = Decimal::ZERO;
        for ((item, new), old) in FeeItem::ALL.into_iter().zip(whole).zip(after.charged) {
            let amount = checked(new.checked_sub(old))?.normalize();
            if !amount.is_zero() {
                total = checked(total.checked_add(amount))?;
                lines.push(FeeLine { item, amount });
            }
        }
        after.charged = whole;
        *charges = Some(Box::new(after));
        let items = match lines.as_slice() {
            [] => FeeItems::One(FeeItem::Commission),
            [only] => FeeItems::One(only.item),
            _ => FeeItems::Many(lines.into_boxed_slice()),
        };
        Ok(Charged {
            total: total.normalize(),
            items,
        })
    }

    /// What an order would cost if it filled whole at one price: to be shown before it is sent.
    ///
    /// # Errors
    /// [`FeeError`].
    pub fn estimate(&self, fill: &FeeFacts<'_>, rounding: (u32, Rounding)) -> Result<Vec<FeeLine>, FeeError> {
        let charged = self.charge(fill, &mut None, rounding)?;
        Ok(charged.items.lines(charged.total))
    }

    /// Whether it asks for the volume of 30 days.
    pub(crate) fn needs_volume(&self) -> bool {
        matches!(self, FeeModel::Tiered(_))
    }

    /// The fraction of notional, for models that have no more to them.
    fn rate(&self, fill: &FeeFacts<'_>) -> Option<Decimal> {
        let of = |maker: Decimal, taker: Decimal| if fill.taker { taker } else { maker };
        match self {
            FeeModel::Rates { maker, taker } => Some(of(*maker, *taker)),
            FeeModel::Tiered(tiers) => {
                let above = tiers.partition_point(|tier| tier.volume_from <= fill.volume);
                let tier = tiers.get(above.saturating_sub(1));
                Some(tier.map_or(Decimal::ZERO, |t| of(t.maker, t.taker)))
            }
            FeeModel::PerUnit { .. } | FeeModel::PerOrder { .. } | FeeModel::India(_) => None,
        }
    }

    /// What all that an order has filled costs, by item.
    fn of_order(
        &self,
        fill: &FeeFacts<'_>,
        order: &OrderCharges,
        (decimals, policy): FeeRounding,
    ) -> Result<[Decimal; ITEMS], FeeError> {
        let commission = |amount: Decimal| {
            let mut items = [Decimal::ZERO; ITEMS];
            items[0] = policy.to_decimals(amount, decimals);
            items
        };
        match self {
            FeeModel::Rates { .. } | FeeModel::Tiered(_) => Ok(commission(Decimal::ZERO)),
            FeeModel::PerOrder { amount } => Ok(commission(*amount)),
            FeeModel::PerUnit {
                rate,
                order_min,
                value_max,
            } => {
                let fee = checked(order.quantity.checked_mul(*rate))?.max(*order_min);
                let cap = value_max.map(|part| checked(order.turnover.checked_mul(part)));
                let cap = cap.transpose()?;
                Ok(commission(cap.map_or(fee, |cap| fee.min(cap))))
            }
            FeeModel::India(charges) => charges.of_order(fill, order.turnover),
        }
    }
}

/// An account's traded value of the last 30 days, by UTC day.
#[derive(Clone, Debug, Default)]
pub(crate) struct Volume {
    /// Day number of the last entry and the sums of the 30 days up to it.
    last_day: u64,
    days: [Decimal; 30],
    sum: Decimal,
}

impl Volume {
    fn slot(day: u64) -> usize {
        // Below 30, so that it fits.
        (day % 30) as usize
    }

    /// The volume of the 30 UTC days that end with the one of `ts`.
    pub(crate) fn at(&mut self, ts: UnixNanos) -> Decimal {
        let day = ts.0 / DAY_NS;
        for gone in self.last_day + 1..=day.min(self.last_day + 30) {
            let slot = &mut self.days[Self::slot(gone)];
            self.sum = self.sum.saturating_sub(*slot);
            *slot = Decimal::ZERO;
        }
        self.last_day = self.last_day.max(day);
        self.sum
    }

    pub(crate) fn add(&mut self, ts: UnixNanos, notional: Decimal) {
        self.at(ts);
        self.days[Self::slot(ts.0 / DAY_NS)] += notional.min(Decimal::MAX / Decimal::from(60));
        self.sum = self.sum.saturating_add(notional);
    }
}

#[cfg(test)]
mod tests;
