//! Events on their way from the venue to us: a ring that grows by doubling up to a limit.

use tradewind_types::Side;

use super::DepthError;
use super::event::DepthEvent;

/// First length of the ring.
const SLOTS: usize = 4_096;

#[derive(Clone, Debug)]
pub(super) struct Ring {
    slots: Vec<DepthEvent>,
    /// Counts of events put in and taken out; they only grow.
    put: usize,
    taken: usize,
    max: usize,
}

impl Ring {
    pub(super) fn new(max: usize) -> Self {
        Self {
            slots: vec![DepthEvent::level(0, Side::Buy, 0, 0); SLOTS],
            put: 0,
            taken: 0,
            max: max.max(SLOTS),
        }
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.put - self.taken
    }

    /// Whether the next event would make the ring longer.
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.len() == self.slots.len()
    }

    #[inline]
    pub(super) fn push(&mut self, event: DepthEvent) -> Result<(), DepthError> {
        if self.is_full() {
            self.grow()?;
        }
        let mask = self.slots.len() - 1;
        self.slots[self.put & mask] = event;
        self.put += 1;
        Ok(())
    }

    #[inline]
    pub(super) fn front(&self) -> Option<&DepthEvent> {
        let mask = self.slots.len() - 1;
        (self.len() > 0).then(|| &self.slots[self.taken & mask])
    }

    #[inline]
    pub(super) fn pop(&mut self) {
        self.taken += 1;
    }

    #[cold]
    fn grow(&mut self) -> Result<(), DepthError> {
        if self.slots.len() * 2 > self.max {
            return Err(DepthError::InFlight { max: self.max });
        }
        let mask = self.slots.len() - 1;
        let mut slots = Vec::with_capacity(self.slots.len() * 2);
        slots.extend((self.taken..self.put).map(|at| self.slots[at & mask]));
        (self.put, self.taken) = (slots.len(), 0);
        slots.resize(self.slots.len() * 2, DepthEvent::level(0, Side::Buy, 0, 0));
        self.slots = slots;
        Ok(())
    }
}
