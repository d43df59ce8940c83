//! Orders at the paper venue, in mantissas.

use std::sync::Arc;

use rust_decimal::Decimal;
use tradewind_types::num::NumberError;
use tradewind_types::{
    AccountId, ClientOrderId, Instrument, InstrumentIdx, OrderKind, OrderRequest, Price, PriceMantissa, Side,
    SizeMantissa, StrategyId, TimeInForce, UnixNanos,
};

use super::report::{Report, ReportKind};
use super::{Due, OrderKey};

/// An order handed to the paper venue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PaperOrder {
    /// As asked for.
    pub request: OrderRequest,
    /// Index of the instrument.
    pub instrument_idx: InstrumentIdx,
    /// Its definition.
    pub instrument: Arc<Instrument>,
    /// Owner of the position, for reduce-only.
    pub owner: Option<StrategyId>,
    /// Worst price at which a MARKET order may fill, so that held cash suffices; `None` = any.
    pub protection: Option<Price>,
}

/// Where an order stood before a restart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RestoredOrder {
    /// Whether it had been accepted.
    pub accepted: bool,
    /// Σ filled.
    pub filled: Decimal,
    /// Number of fills; the next one's id continues from it.
    pub fills: u32,
    /// When it was accepted, or submitted if it had not been accepted.
    pub ts: UnixNanos,
}

impl PaperOrder {
    pub(crate) fn key(&self) -> OrderKey {
        (self.request.account.clone(), self.request.client_order_id.clone())
    }

    pub(crate) fn report(&self, ts: UnixNanos, kind: ReportKind) -> Report {
        Report {
            account: self.request.account.clone(),
            client_order_id: self.request.client_order_id.clone(),
            ts,
            kind,
            fill_of: None,
        }
    }
}

/// An order being worked.
#[derive(Clone, Debug)]
pub(crate) struct Working {
    pub(crate) order: PaperOrder,
    /// Limit or protection price; the far end of prices when there is none.
    pub(crate) limit: PriceMantissa,
    pub(crate) remaining: i128,
    pub(crate) lot: i128,
    pub(crate) fills: u32,
    /// Order of arrival.
    pub(crate) seq: u64,
    /// Displayed size that is served before it; `None` until the market has been seen.
    pub(crate) ahead: Option<i128>,
    /// By how much shrinking of the displayed size advanced it. The print that explains the shrinking often comes
    /// after the book change, and must not advance the order again.
    pub(crate) shrunk: i128,
    pub(crate) expiry: Option<Due>,
}

impl Working {
    pub(crate) fn new(order: &PaperOrder, seq: u64) -> Result<Self, NumberError> {
        let instrument = &order.instrument;
        let limit = match order.request.kind {
            OrderKind::Limit { price, .. } => Some(price),
            OrderKind::Market => order.protection,
        };
        let limit = match (limit, order.request.side) {
            (Some(price), _) => PriceMantissa::from_decimal(price.decimal(), instrument.price_scale)?,
            (None, Side::Buy) => PriceMantissa(i64::MAX),
            (None, Side::Sell) => PriceMantissa(i64::MIN),
        };
        let remaining =
            SizeMantissa::from_decimal(order.request.quantity.decimal(), instrument.size_scale)?.0;
        let lot = SizeMantissa::from_decimal(instrument.lot, instrument.size_scale)?
            .0
            .max(1);
        let order = order.clone();
        Ok(Self {
            order,
            limit,
            remaining,
            lot,
            fills: 0,
            seq,
            ahead: None,
            shrunk: 0,
            expiry: None,
        })
    }

    /// As it was before a restart; `None` when nothing is left of it or the figures do not fit.
    pub(crate) fn resumed(mut self, was: &RestoredOrder) -> Option<Self> {
        let filled = SizeMantissa::from_decimal(was.filled, self.order.instrument.size_scale).ok()?;
        self.remaining -= filled.0;
        self.fills = was.fills;
        (self.remaining > 0).then_some(self)
    }

    pub(crate) fn may_rest(&self) -> bool {
        let lasting = matches!(
            self.order.request.time_in_force,
            TimeInForce::Day | TimeInForce::Gtc
        );
        lasting && matches!(self.order.request.kind, OrderKind::Limit { .. })
    }

    pub(crate) fn is(&self, account: &AccountId, id: &ClientOrderId) -> bool {
        self.order.request.account == *account && self.order.request.client_order_id == *id
    }

    /// What is left, as a decimal.
    pub(crate) fn leaves(&self) -> Decimal {
        let scale = self.order.instrument.size_scale;
        SizeMantissa(self.remaining).to_decimal(scale).unwrap_or_default()
    }

    /// A size brought down to whole lots.
    pub(crate) fn whole_lots(&self, size: i128) -> i128 {
        size - size.rem_euclid(self.lot)
    }
}
