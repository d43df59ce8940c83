//! The runner of one strategy on its own instruments: the same in live, paper and backtest.
//!
//! Generic over the strategy, so that a backtest of a Rust strategy is dispatched statically;
//! `Instance<Box<dyn Strategy>>` holds any. What an event leads to is in the caller's [`Intents`], which every
//! call clears first.

use std::sync::Arc;

use tradewind_indicators::{Scales, Slot};
use tradewind_types::market::{Bar, BarInterval, Quote};
use tradewind_types::{Decimal, UnixNanos};

use crate::context::{Context, SlotState};
use crate::face::{Alignment, Inputs, OwnFill, OwnPosition, Strategy};
use crate::feed::{Feed, Ignored};
use crate::intents::Intents;

/// Most instruments of one strategy.
pub const SLOTS_MAX: usize = 4_096;

/// What an instance has to know of an instrument.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SlotMarket {
    /// Decimals of its market data.
    pub scales: Scales,
    /// Contract multiplier, 1 for most.
    pub multiplier: f64,
}

impl SlotMarket {
    /// Without a multiplier.
    #[must_use]
    pub fn new(scales: Scales) -> Self {
        Self {
            scales,
            multiplier: 1.0,
        }
    }
}

impl From<&tradewind_types::Instrument> for SlotMarket {
    fn from(instrument: &tradewind_types::Instrument) -> Self {
        Self {
            scales: Scales::from(instrument),
            multiplier: f64::try_from(instrument.multiplier).unwrap_or(1.0),
        }
    }
}

/// Why an instance could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InstanceError {
    /// Another number of instruments than the strategy declared.
    #[error("strategy {strategy} works on {wanted} instruments, got {given}")]
    Slots {
        /// Which.
        strategy: String,
        /// How many it declared.
        wanted: usize,
        /// How many were given.
        given: usize,
    },
    /// None, or too many.
    #[error("a strategy works on 1 to {SLOTS_MAX} instruments, {strategy} declared {declared}")]
    SlotCount {
        /// Which.
        strategy: String,
        /// How many it declared.
        declared: usize,
    },
    /// Bars of several instruments that never open at one time.
    #[error(
        "strategy {strategy} waits for bars of one time from all its instruments, and bars of {interval} open at times of \
         their own; give it bars of time such as 1m, or let it be asked with `partial`"
    )]
    NeverWhole {
        /// Which.
        strategy: String,
        /// Of which bars.
        interval: BarInterval,
    },
}

/// What came of an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ran {
    /// The strategy was asked.
    Called,
    /// It has too few bars yet.
    Warming,
    /// Bars of other instruments of this time are still to come.
    Waiting,
    /// The bar's time has passed for the others: it counts for the indicators only.
    Late,
    /// A bar of this time was not covered whole by its feed: it counts for the indicators only.
    Incomplete,
    /// The event was of no use.
    Ignored(Ignored),
    /// The strategy does not want such events.
    Unwanted,
    /// The strategy is halted, since now or before.
    Halted,
}

/// One strategy with its instruments' bars, indicators, quotes and its own positions.
#[derive(Debug)]
pub struct Instance<S> {
    strategy: S,
    inputs: Inputs,
    feeds: Vec<Feed>,
    states: Vec<SlotState>,
    places: Vec<Slot>,
    equity: f64,
    /// Opening time of the bars that are being gathered.
    time: UnixNanos,
    arrived: usize,
    complete: bool,
    asked: bool,
    halted: Option<Arc<str>>,
}

impl<S: Strategy> Instance<S> {
    /// An instance on the given instruments, in the order of the strategy's slots.
    ///
    /// # Errors
    /// [`InstanceError`].
    pub fn new(strategy: S, markets: &[SlotMarket]) -> Result<Self, InstanceError> {
        let inputs = strategy.inputs().clone();
        let name = || strategy.id().to_string();
        if inputs.slots == 0 || inputs.slots > SLOTS_MAX {
            return Err(InstanceError::SlotCount {
                strategy: name(),
                declared: inputs.slots,
            });
        }
        if inputs.slots != markets.len() {
            return Err(InstanceError::Slots {
                strategy: name(),
                wanted: inputs.slots,
                given: markets.len(),
            });
        }
        if inputs.slots > 1 && inputs.alignment == Alignment::Whole && !inputs.interval.is_time() {
            return Err(InstanceError::NeverWhole {
                strategy: name(),
                interval: inputs.interval,
            });
        }
        let mut places = Vec::new();
        let feeds = markets.iter().map(|market| {
            let mut feed = Feed::new(inputs.interval, market.scales, inputs.window_bars);
            // Every bank is filled in the same order, so the places are the same in each.
            places = inputs.indicators.iter().map(|spec| feed.bank.add(spec)).collect();
            feed
        });
        Ok(Self {
            feeds: feeds.collect(),
            states: markets.iter().map(|m| SlotState::flat(m.multiplier)).collect(),
            strategy,
            inputs,
            places,
            equity: 0.0,
            time: UnixNanos(0),
            arrived: 0,
            complete: true,
            asked: false,
            halted: None,
        })
    }

    /// Takes a closed bar of an instrument; asks the strategy once the bars of that time are there. A bar that is
    /// not newer than the last one of its instrument is ignored: a revision fires nothing.
    #[inline]
    pub fn on_bar(&mut self, slot: usize, bar: &Bar, out: &mut Intents) -> Ran {
        out.clear();
        let Some(feed) = self.feeds.get_mut(slot) else {
            return Ran::Ignored(Ignored::UnknownSlot);
        };
        if let Some(why) = feed.refuses(bar) {
            return Ran::Ignored(why);
        }
        feed.take(bar);
        if self.feeds.len() == 1 {
            self.states[0].fresh = true;
            self.complete = bar.complete;
            return self.ask(out);
        }
        self.gather(slot, bar, out)
    }

    fn gather(&mut self, slot: usize, bar: &Bar, out: &mut Intents) -> Ran {
        if bar.ts < self.time {
            return Ran::Late;
        }
        if bar.ts > self.time {
            self.time = bar.ts;
            self.arrived = 0;
            self.complete = true;
            self.asked = false;
            self.states.iter_mut().for_each(|s| s.fresh = false);
        } else if self.asked {
            return Ran::Late;
        }
        self.states[slot].fresh = true;
        self.arrived += 1;
        self.complete &= bar.complete;
        if self.arrived < self.feeds.len() {
            return Ran::Waiting;
        }
        self.asked = true;
        self.ask(out)
    }

    /// Tells that no more bars of the latest time come. Asks a strategy of [`Alignment::Partial`] that was not yet
    /// asked at that time.
    pub fn flush(&mut self, out: &mut Intents) -> Ran {
        out.clear();
        if self.inputs.alignment != Alignment::Partial {
            return Ran::Unwanted;
        }
        if self.asked || self.arrived == 0 {
            return Ran::Waiting;
        }
        self.asked = true;
        self.ask(out)
    }

    #[inline]
    fn ask(&mut self, out: &mut Intents) -> Ran {
        if self.halted.is_some() {
            return Ran::Halted;
        }
        let needed = self.inputs.warm_up_bars as u64;
        if !self.is_warm_for(needed) {
            return Ran::Warming;
        }
        if !self.complete {
            return Ran::Incomplete;
        }
        let context = context(&self.feeds, &self.states, &self.places, &self.inputs, self.equity);
        self.strategy.on_bar(&context, out);
        self.after(out)
    }

    #[inline]
    fn is_warm_for(&self, needed: u64) -> bool {
        match self.inputs.alignment {
            Alignment::Whole => self.feeds.iter().all(|f| f.bars_seen >= needed),
            Alignment::Partial => {
                let mut both = self.feeds.iter().zip(&self.states);
                both.any(|(feed, state)| state.fresh && feed.bars_seen >= needed)
            }
        }
    }

    #[inline]
    fn after(&mut self, out: &Intents) -> Ran {
        match out.halted() {
            None => Ran::Called,
            Some(why) => {
                self.halted = Some(Arc::clone(why));
                Ran::Halted
            }
        }
    }

    /// Takes a bar of history for the indicators and the window; the strategy is not asked.
    pub fn prime(&mut self, slot: usize, bar: &Bar) -> Ran {
        let Some(feed) = self.feeds.get_mut(slot) else {
            return Ran::Ignored(Ignored::UnknownSlot);
        };
        if let Some(why) = feed.refuses(bar) {
            return Ran::Ignored(why);
        }
        feed.take(bar);
        Ran::Warming
    }

    /// Takes a bar of history: the strategy is asked as on a new one, but what it wants is dropped.
    pub fn warm_up(&mut self, slot: usize, bar: &Bar, scratch: &mut Intents) -> Ran {
        let ran = self.on_bar(slot, bar, scratch);
        scratch.clear();
        ran
    }

    /// Takes a quote of an instrument.
    #[inline]
    pub fn on_quote(&mut self, slot: usize, quote: &Quote, out: &mut Intents) -> Ran {
        out.clear();
        let Some(state) = self.states.get_mut(slot) else {
            return Ran::Ignored(Ignored::UnknownSlot);
        };
        state.quote = Some(*quote);
        if !self.inputs.quotes {
            return Ran::Unwanted;
        }
        if self.halted.is_some() {
            return Ran::Halted;
        }
        if !self.is_warm() {
            return Ran::Warming;
        }
        let context = context(&self.feeds, &self.states, &self.places, &self.inputs, self.equity);
        self.strategy.on_quote(&context, slot, out);
        self.after(out)
    }

    /// Tells the strategy of one of its executions. Set the position first.
    pub fn on_fill(&mut self, fill: &OwnFill, out: &mut Intents) -> Ran {
        out.clear();
        if self.halted.is_some() {
            return Ran::Halted;
        }
        self.strategy.on_fill(fill, out);
        self.after(out)
    }

    /// Tells what the strategy holds of an instrument now.
    pub fn set_position(&mut self, slot: usize, position: OwnPosition) {
        if let Some(state) = self.states.get_mut(slot) {
            state.position = position;
            state.held = f64::try_from(position.quantity).unwrap_or(0.0);
            state.average = f64::try_from(position.average_price).unwrap_or(0.0);
        }
    }

    /// Tells what one unit of a slot's currency is worth in the account's currency now; `None` where nobody knows. 1 until
    /// told. Goes with [`Instance::set_equity`].
    pub fn set_rate(&mut self, slot: usize, rate: Option<Decimal>) {
        if let Some(state) = self.states.get_mut(slot) {
            state.rate = rate.and_then(|rate| f64::try_from(rate).ok());
        }
    }

    /// Tells the equity allotted to the strategy now. Needed on every bar only where [`Inputs::equity`] says so.
    pub fn set_equity(&mut self, equity: Decimal) {
        self.equity = f64::try_from(equity).unwrap_or(0.0);
    }

    /// The strategy.
    #[must_use]
    pub fn strategy(&self) -> &S {
        &self.strategy
    }

    /// What it declared.
    #[must_use]
    pub fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    /// Bars seen of an instrument.
    #[must_use]
    pub fn bars_seen(&self, slot: usize) -> u64 {
        self.feeds.get(slot).map_or(0, |f| f.bars_seen)
    }

    /// Whether every instrument has the bars that the strategy needs.
    #[must_use]
    #[inline]
    pub fn is_warm(&self) -> bool {
        let needed = self.inputs.warm_up_bars as u64;
        self.feeds.iter().all(|f| f.bars_seen >= needed)
    }

    /// Why it is halted, if it is.
    #[must_use]
    pub fn halted(&self) -> Option<&str> {
        self.halted.as_deref()
    }
}

#[inline]
fn context<'a>(
    feeds: &'a [Feed],
    states: &'a [SlotState],
    places: &'a [Slot],
    inputs: &Inputs,
    equity: f64,
) -> Context<'a> {
    Context {
        feeds,
        states,
        places,
        window_bars: inputs.window_bars,
        equity,
    }
}
