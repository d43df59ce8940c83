//! Orders at the paper venue, in mantissas.

use std::sync::Arc;

use rust_decimal::Decimal;
use tradewind_types::num::NumberError;
use tradewind_types::{
    Instrument, InstrumentIdx, OrderKind, OrderRequest, Price, PriceMantissa, Quantity, Side, SizeMantissa,
    StrategyId, TimeInForce, UnixNanos,
};

use super::fees::OrderCharges;
use super::queue::QueuePlace;
use super::report::{CancelReason, RejectReason, Report, ReportKind};
use super::slots::OrderSlot;
use super::trigger::Trigger;

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
    /// Worst price at which a MARKET order (or a stop that became one) may fill, so that held cash suffices; `None` =
    /// any.
    pub protection: Option<Price>,
}

/// What is to change of an order; `None` leaves a figure as it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct OrderChange {
    /// Quantity in total, what was filled included.
    pub quantity: Option<Quantity>,
    /// Limit price.
    pub price: Option<Price>,
    /// Trigger of a stop that has not been triggered.
    pub trigger: Option<Price>,
    /// Display quantity of an iceberg.
    pub display: Option<Quantity>,
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

/// Where a stop stood before a restart.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RestoredStop {
    /// Where its trigger was last told to be.
    pub trigger: Option<Price>,
    /// Whether it had been triggered.
    pub triggered: bool,
}

impl PaperOrder {
    pub(crate) fn report(&self, slot: OrderSlot, ts: UnixNanos, kind: ReportKind) -> Report {
        Report {
            account: self.request.account.clone(),
            client_order_id: self.request.client_order_id.clone(),
            slot: Some(slot),
            ts,
            kind,
            fill_of: None,
        }
    }
}

/// Where an order is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// On its way until then.
    Pending(UnixNanos),
    /// A stop that has not been triggered.
    Waiting,
    /// In its queue.
    Resting,
}

/// An order being worked.
#[derive(Clone, Debug)]
pub(crate) struct Working {
    pub(crate) order: PaperOrder,
    pub(crate) place: Place,
    /// Why it is refused as soon as it arrives.
    pub(crate) refusal: Option<RejectReason>,
    /// Limit or protection price; the far end of prices when there is none.
    pub(crate) limit: PriceMantissa,
    /// Of a stop.
    pub(crate) trigger: Option<Trigger>,
    pub(crate) filled: i128,
    pub(crate) remaining: i128,
    pub(crate) lot: i128,
    pub(crate) tick: i64,
    /// What of an iceberg is displayed at a time; 0 = all.
    pub(crate) display: i128,
    /// What is left of the displayed slice.
    pub(crate) slice: i128,
    pub(crate) fills: u32,
    /// Order of arrival.
    pub(crate) seq: u64,
    /// Its place in the queue of its price.
    pub(crate) queue: QueuePlace,
    /// Whether its end is on the agenda.
    pub(crate) ends: bool,
    /// Changes that are under way, by their number.
    pub(crate) changes: Vec<(u64, OrderChange)>,
    /// What was charged so far, where fees depend on the whole order.
    pub(crate) charges: Option<Box<OrderCharges>>,
}

impl Working {
    /// Why it has to go when [`Desk::allowed`](super::desk::Desk::allowed) allows no more.
    pub(crate) fn nothing_left(&self) -> CancelReason {
        if self.order.request.reduce_only {
            CancelReason::ReduceOnly
        } else {
            CancelReason::Uncovered
        }
    }

    /// An order on its way. One whose figures do not fit is refused when it arrives.
    pub(crate) fn new(order: PaperOrder, steps: Result<Steps, NumberError>, arrives: UnixNanos) -> Self {
        let figures = steps.and_then(|steps| Figures::of(&order, steps));
        let (figures, refusal) = match figures {
            Ok(figures) => (figures, None),
            Err(error) => (
                Figures::default(),
                Some(RejectReason::BadNumber(error.to_string())),
            ),
        };
        Self {
            order,
            place: Place::Pending(arrives),
            refusal,
            limit: figures.limit,
            trigger: figures.trigger,
            filled: 0,
            remaining: figures.quantity,
            lot: figures.lot,
            tick: figures.tick,
            display: figures.display,
            slice: 0,
            fills: 0,
            seq: 0,
            queue: QueuePlace::default(),
            ends: false,
            changes: Vec::new(),
            charges: None,
        }
    }

    /// As it was before a restart; false when nothing is left of it or the figures do not fit.
    pub(crate) fn resume(&mut self, was: &RestoredOrder, stop: RestoredStop) -> bool {
        let instrument = &self.order.instrument;
        let Ok(filled) = SizeMantissa::from_decimal(was.filled, instrument.size_scale) else {
            return false;
        };
        self.filled = filled.0;
        self.remaining -= filled.0;
        self.fills = was.fills;
        if let Some(trigger) = &mut self.trigger {
            trigger.fired = stop.triggered;
            let level = stop
                .trigger
                .and_then(|p| PriceMantissa::from_decimal(p.decimal(), instrument.price_scale).ok());
            if let Some(level) = level {
                trigger.resume(level);
            }
        }
        self.remaining > 0 && self.refusal.is_none()
    }

    /// Whether it waits for its trigger.
    pub(crate) fn waits(&self) -> bool {
        self.trigger.as_ref().is_some_and(|t| !t.fired)
    }

    /// Whether it trades as a limit order does (once triggered, for a stop).
    pub(crate) fn has_limit(&self) -> bool {
        self.order.request.limit_price().is_some()
    }

    /// Whether what is not filled at once may stay.
    pub(crate) fn may_rest(&self) -> bool {
        self.waits() || (self.has_limit() && !self.order.request.time_in_force.is_immediate())
    }

    pub(crate) fn side(&self) -> Side {
        self.order.request.side
    }

    /// When its time in force ends, if it names a time; DAY is the calendar's affair.
    pub(crate) fn until(&self) -> Option<UnixNanos> {
        match self.order.request.time_in_force {
            TimeInForce::Gtd { until } => Some(until),
            _ => None,
        }
    }

    /// What is left, as a decimal.
    pub(crate) fn leaves(&self) -> Decimal {
        let scale = self.order.instrument.size_scale;
        SizeMantissa(self.remaining).to_decimal(scale).unwrap_or_default()
    }

    /// A size brought down to whole lots.
    pub(crate) fn whole_lots(&self, size: i128) -> i128 {
        if self.lot == 1 {
            return size;
        }
        size - size.rem_euclid(self.lot)
    }

    /// What others can see of it.
    pub(crate) fn displayed(&self) -> i128 {
        if self.display == 0 {
            self.remaining
        } else {
            self.slice.min(self.remaining)
        }
    }

    /// Shows a fresh slice.
    pub(crate) fn refill(&mut self) {
        self.slice = self.display.min(self.remaining);
    }
}

/// An instrument's tick and lot as mantissas.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Steps {
    pub(crate) tick: i64,
    pub(crate) lot: i128,
}

impl Steps {
    pub(crate) fn of(instrument: &Instrument) -> Result<Self, NumberError> {
        let tick = PriceMantissa::from_decimal(instrument.tick, instrument.price_scale)?;
        let lot = SizeMantissa::from_decimal(instrument.lot, instrument.size_scale)?;
        Ok(Self {
            tick: tick.0.max(1),
            lot: lot.0.max(1),
        })
    }
}

/// A decimal's mantissa at a scale, without division where the decimal has no more decimals than that.
fn mantissa(value: Decimal, scale: u8) -> Result<i128, NumberError> {
    const POWERS: [i128; 19] = {
        let mut powers = [1; 19];
        let mut at = 1;
        while at < powers.len() {
            powers[at] = powers[at - 1] * 10;
            at += 1;
        }
        powers
    };
    let more = u32::from(scale).checked_sub(value.scale());
    let power = more.and_then(|more| POWERS.get(more as usize));
    match power.and_then(|power| value.mantissa().checked_mul(*power)) {
        Some(mantissa) => Ok(mantissa),
        None => SizeMantissa::from_decimal(value, scale).map(|size| size.0),
    }
}

/// A request's figures as mantissas.
struct Figures {
    limit: PriceMantissa,
    trigger: Option<Trigger>,
    quantity: i128,
    lot: i128,
    tick: i64,
    display: i128,
}

impl Default for Figures {
    fn default() -> Self {
        Self {
            limit: PriceMantissa(0),
            trigger: None,
            quantity: 0,
            lot: 1,
            tick: 1,
            display: 0,
        }
    }
}

impl Figures {
    fn of(order: &PaperOrder, steps: Steps) -> Result<Self, NumberError> {
        let (request, instrument) = (&order.request, &order.instrument);
        let operation = "price mantissa";
        let price = |p: Price| {
            let mantissa = mantissa(p.decimal(), instrument.price_scale)?;
            let fits = i64::try_from(mantissa).map(PriceMantissa);
            fits.map_err(|_| NumberError::Overflow { operation })
        };
        let size = |q: Quantity| mantissa(q.decimal(), instrument.size_scale);
        let limit = match request.kind {
            OrderKind::Limit { price, .. } | OrderKind::StopLimit { price, .. } => Some(price),
            OrderKind::Market | OrderKind::StopMarket { .. } | OrderKind::TrailingStop { .. } => {
                order.protection
            }
        };
        let limit = match (limit, request.side) {
            (Some(limit), _) => price(limit)?,
            (None, Side::Buy) => PriceMantissa(i64::MAX),
            (None, Side::Sell) => PriceMantissa(i64::MIN),
        };
        Ok(Self {
            limit,
            trigger: Trigger::of(request, steps.tick, price)?,
            quantity: size(request.quantity)?,
            lot: steps.lot,
            tick: steps.tick,
            display: request.terms.display.map_or(Ok(0), size)?,
        })
    }
}
