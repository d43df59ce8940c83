//! What the venue holds of one instrument: queues of resting orders, stops that wait, and what was used up.

use std::sync::Arc;

use tradewind_types::num::NumberError;
use tradewind_types::{Instrument, InstrumentIdx, PriceMantissa, Side};

use super::agenda::Agenda;
use super::bar::Mark;
use super::consumed::Consumed;
use super::desk::FeePlace;
use super::friction::ImpactInputs;
use super::order::{Steps, Working};
use super::slots::OrderSlot;
use super::view::{Liquidity, MarketView, better};

/// A resting order's place in its queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Rest {
    pub(crate) limit: PriceMantissa,
    pub(crate) seq: u64,
    pub(crate) slot: OrderSlot,
}

/// The orders of one instrument and what they took from its market.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shop {
    pub(crate) instrument: InstrumentIdx,
    pub(crate) consumed: Consumed,
    /// Best first, then by arrival.
    pub(crate) buys: Vec<Rest>,
    pub(crate) sells: Vec<Rest>,
    /// Stops that have not been triggered, in no order.
    pub(crate) stops: Vec<OrderSlot>,
    /// Orders on their way.
    pub(crate) pending: u32,
    /// Where the price stands in a bar; makes the instrument one that is fed by bars.
    pub(crate) mark: Option<Mark>,
    /// What is due, of an instrument that is fed by bars.
    pub(crate) agenda: Agenda,
    pub(crate) fees: FeePlace,
    pub(crate) impact: Option<ImpactInputs>,
    /// The definition of the last order's instrument, with its steps.
    steps: Option<(Arc<Instrument>, Steps)>,
}

impl Shop {
    pub(crate) fn new(instrument: InstrumentIdx) -> Self {
        Self {
            instrument,
            ..Self::default()
        }
    }

    /// Tick and lot of an order's instrument.
    pub(crate) fn steps_of(&mut self, instrument: &Arc<Instrument>) -> Result<Steps, NumberError> {
        match &self.steps {
            Some((known, steps)) if Arc::ptr_eq(known, instrument) => Ok(*steps),
            _ => {
                let steps = Steps::of(instrument)?;
                self.steps = Some((Arc::clone(instrument), steps));
                Ok(steps)
            }
        }
    }

    /// Whether its market matters to anybody.
    pub(crate) fn is_busy(&self) -> bool {
        self.has_orders() || self.pending > 0 || !self.consumed.is_empty()
    }

    /// Whether an order is here.
    pub(crate) fn has_orders(&self) -> bool {
        !self.buys.is_empty() || !self.sells.is_empty() || !self.stops.is_empty()
    }

    /// The market that orders meet: the bar's, or what the caller displays.
    pub(crate) fn market<'a>(&self, view: &'a impl MarketView) -> Liquidity<'a> {
        match &self.mark {
            Some(mark) => mark.liquidity(),
            None => view.liquidity(self.instrument),
        }
    }

    /// What may still be filled in this bar.
    pub(crate) fn capped(&self, order: &Working, wanted: i128) -> i128 {
        match self.mark.as_ref().and_then(|m| m.left) {
            Some(left) => order.whole_lots(left).min(wanted),
            None => wanted,
        }
    }

    /// Takes a fill off what may still be filled in this bar.
    pub(crate) fn used(&mut self, size: i128) {
        if let Some(left) = self.mark.as_mut().and_then(|m| m.left.as_mut()) {
            *left -= size;
        }
    }

    pub(crate) fn queue(&self, side: Side) -> &Vec<Rest> {
        match side {
            Side::Buy => &self.buys,
            Side::Sell => &self.sells,
        }
    }

    pub(crate) fn queue_mut(&mut self, side: Side) -> &mut Vec<Rest> {
        match side {
            Side::Buy => &mut self.buys,
            Side::Sell => &mut self.sells,
        }
    }

    pub(crate) fn insert(&mut self, side: Side, rest: Rest) {
        let queue = self.queue_mut(side);
        let before =
            |r: &Rest| better(side, r.limit, rest.limit) || (r.limit == rest.limit && r.seq < rest.seq);
        let at = queue.partition_point(before);
        queue.insert(at, rest);
    }

    /// Takes an order out of its queue or from among the stops.
    pub(crate) fn remove(&mut self, side: Side, slot: OrderSlot) {
        let queue = self.queue_mut(side);
        if let Some(at) = queue.iter().position(|r| r.slot == slot) {
            queue.remove(at);
        } else if let Some(at) = self.stops.iter().position(|s| *s == slot) {
            self.stops.swap_remove(at);
        }
    }
}
