//! What stands behind `ctx` and the functions: copies of the window, the positions, the intents of the call.
//!
//! A script's values live as long as they like, so it cannot be lent the context itself. The host keeps its own rows
//! of bars and indicator values and appends one per bar; when it missed bars (a bar that was not shown to the
//! strategy) it copies the window anew.

use tradewind_types::market::BarInterval;

use super::limits;
use crate::context::Context;
use crate::intents::{Intent, Intents};

/// Columns of a bar's row.
pub(super) const OPEN: usize = 0;
pub(super) const HIGH: usize = 1;
pub(super) const LOW: usize = 2;
pub(super) const CLOSE: usize = 3;
pub(super) const VOLUME: usize = 4;
const BAR: usize = 5;

/// An indicator as the script knows it.
#[derive(Debug)]
pub(super) struct Named {
    /// As written in `init`.
    pub(super) given: String,
    /// With every parameter.
    pub(super) canonical: String,
    pub(super) outputs: &'static [&'static str],
    /// First column of its outputs in the row.
    column: usize,
}

#[derive(Debug, Default)]
struct Slot {
    /// Bar figures, then indicator values, `NaN` where there is none; newest last.
    rows: Vec<f64>,
    seen: u64,
    ts: u64,
    fresh: bool,
    held: f64,
    average: f64,
    quote: Option<(f64, f64)>,
}

/// The host of one instance.
#[derive(Debug)]
pub(super) struct Host {
    slots: Vec<Slot>,
    pub(super) indicators: Vec<Named>,
    width: usize,
    window: usize,
    pub(super) params: rhai::Map,
    pub(super) interval: BarInterval,
    pub(super) equity: f64,
    /// The slot that the event is of.
    pub(super) slot: usize,
    pub(super) intents: Vec<Intent>,
}

impl Host {
    pub(super) fn new(
        slots: usize,
        window: usize,
        interval: BarInterval,
        params: rhai::Map,
        indicators: impl Iterator<Item = (String, String, &'static [&'static str])>,
    ) -> Self {
        let mut width = BAR;
        let named = indicators.map(|(given, canonical, outputs)| {
            let column = width;
            width += outputs.len();
            Named {
                given,
                canonical,
                outputs,
                column,
            }
        });
        let indicators = named.collect();
        Self {
            slots: (0..slots).map(|_| Slot::default()).collect(),
            indicators,
            width,
            window,
            params,
            interval,
            equity: 0.0,
            slot: 0,
            intents: Vec::with_capacity(8),
        }
    }

    /// Takes over what changed since the last call.
    pub(super) fn load(&mut self, context: &Context<'_>, slot: usize) {
        self.slot = slot;
        self.equity = context.equity();
        self.intents.clear();
        for at in 0..self.slots.len() {
            self.load_slot(context, at);
        }
    }

    fn load_slot(&mut self, context: &Context<'_>, at: usize) {
        let slot = &mut self.slots[at];
        slot.fresh = context.fresh(at);
        slot.held = context.held(at);
        slot.average = context.average_price(at);
        slot.quote = context.quote(at).map(|q| (q.bid, q.ask));
        let Some(window) = context.window(at) else {
            return;
        };
        let news = window.bars_seen() - slot.seen;
        if news == 0 {
            return;
        }
        slot.seen = window.bars_seen();
        slot.ts = window.ts().0;
        let bars = window.bars();
        // Bars missed in between: those still in the window are taken over, older ones are forgotten.
        let take = usize::try_from(news).unwrap_or(usize::MAX).min(bars.len());
        if take as u64 != news {
            slot.rows.clear();
        }
        let capacity = 2 * self.window.max(128) * self.width;
        if slot.rows.len() + take * self.width > capacity {
            let keep = self.window * self.width;
            let old = slot.rows.len().saturating_sub(keep);
            slot.rows.drain(..old);
        }
        for back in (0..take).rev() {
            let bar = &bars[bars.len() - 1 - back];
            slot.rows
                .extend_from_slice(&[bar.open, bar.high, bar.low, bar.close, bar.volume]);
            for (place, named) in self.indicators.iter().enumerate() {
                for output in 0..named.outputs.len() {
                    slot.rows
                        .push(window.value(place, output, back).unwrap_or(f64::NAN));
                }
            }
        }
    }

    fn slot(&self, slot: i64) -> Result<&Slot, String> {
        let found = usize::try_from(slot).ok().and_then(|at| self.slots.get(at));
        found.ok_or_else(|| format!("there is no instrument {slot}; there are {}", self.slots.len()))
    }

    /// Whether there is such an instrument.
    pub(super) fn check_slot(&self, slot: i64) -> Result<usize, String> {
        self.slot(slot).map(|_| slot as usize)
    }

    fn cell(&self, slot: i64, column: usize, back: i64) -> Result<Option<f64>, String> {
        let rows = &self.slot(slot)?.rows;
        let back = usize::try_from(back)
            .ok()
            .filter(|back| *back < self.window)
            .ok_or_else(|| {
                let last = self.window - 1;
                format!("{back} bars back is outside the window: 0 to {last} (init's `window` widens it)")
            })?;
        let count = rows.len() / self.width;
        let cell = count
            .checked_sub(back + 1)
            .map(|row| rows[row * self.width + column]);
        Ok(cell.filter(|value| !value.is_nan()))
    }

    /// A figure of a bar.
    pub(super) fn bar(&self, slot: i64, column: usize, back: i64) -> Result<Option<f64>, String> {
        self.cell(slot, column, back)
    }

    /// An indicator's value; the first output where none is named.
    pub(super) fn value(
        &self,
        slot: i64,
        id: &str,
        output: Option<&str>,
        back: i64,
    ) -> Result<Option<f64>, String> {
        let found = self
            .indicators
            .iter()
            .find(|n| n.given == id || n.canonical == id);
        let named = found.ok_or_else(|| {
            let known: Vec<&str> = self.indicators.iter().map(|n| n.given.as_str()).collect();
            format!("`{id}` is not among init's indicators: {}", known.join(", "))
        })?;
        let offset = match output {
            None => 0,
            Some(output) => named.outputs.iter().position(|o| *o == output).ok_or_else(|| {
                format!(
                    "`{id}` has no output `{output}`, it has {}",
                    named.outputs.join(", ")
                )
            })?,
        };
        self.cell(slot, named.column + offset, back)
    }

    pub(super) fn held(&self, slot: i64) -> Result<f64, String> {
        Ok(self.slot(slot)?.held)
    }

    pub(super) fn average(&self, slot: i64) -> Result<f64, String> {
        Ok(self.slot(slot)?.average)
    }

    pub(super) fn quote(&self, slot: i64) -> Result<Option<(f64, f64)>, String> {
        Ok(self.slot(slot)?.quote)
    }

    pub(super) fn fresh(&self, slot: i64) -> Result<bool, String> {
        Ok(self.slot(slot)?.fresh)
    }

    /// Opening time of the last bar, in whole seconds.
    pub(super) fn ts(&self) -> i64 {
        let latest = self.slots.iter().map(|s| s.ts).max().unwrap_or(0);
        (latest / 1_000_000_000) as i64
    }

    pub(super) fn bars_seen(&self) -> i64 {
        self.slots.first().map_or(0, |s| s.seen as i64)
    }

    pub(super) fn slots(&self) -> i64 {
        self.slots.len() as i64
    }

    /// Adds an intent.
    pub(super) fn push(&mut self, intent: Intent) -> Result<(), String> {
        if self.intents.len() >= limits::INTENTS_MAX {
            return Err(format!("more than {} intents in one call", limits::INTENTS_MAX));
        }
        self.intents.push(intent);
        Ok(())
    }

    /// Hands over the intents of the call.
    pub(super) fn unload(&mut self, out: &mut Intents) {
        self.intents.drain(..).for_each(|intent| out.push(intent));
    }
}
