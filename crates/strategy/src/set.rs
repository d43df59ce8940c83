//! All opinion strategies of one instrument on one bar interval, fed bar by bar, with shared indicators.
//!
//! Only [`crate::Intent::Opinion`] counts here; other intents of a member are dropped.

use tradewind_indicators::{IndicatorSpec, Scales, Slot, Values};
use tradewind_types::UnixNanos;
use tradewind_types::market::{Bar, BarInterval};

use crate::builtin::{ConservativeScalping, FastScalping, MomentumScalping};
use crate::context::{Context, SlotState};
use crate::face::{Strategy, StrategyOpinion, Verdict};
use crate::feed::{Feed, Ignored};
use crate::intents::Intents;
use crate::reason::Reason;

/// Why a set could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// A strategy wants other bars.
    #[error("strategy {strategy} wants bars of {wanted}, the set has {interval}")]
    OtherInterval {
        /// Which.
        strategy: String,
        /// Its interval.
        wanted: BarInterval,
        /// The set's.
        interval: BarInterval,
    },
    /// A strategy works on several instruments.
    #[error("strategy {strategy} works on {slots} instruments, the set has one")]
    OtherSlots {
        /// Which.
        strategy: String,
        /// How many it declared.
        slots: usize,
    },
    /// One id twice.
    #[error("strategy {0} is in the set twice")]
    Twice(String),
}

/// What the strategies think of one closed bar.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    /// Opening time of the bar.
    pub bar_ts: UnixNanos,
    /// Each strategy's opinion, in the order of the set.
    pub opinions: Vec<StrategyOpinion>,
}

/// What came of a bar.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// Every strategy spoke.
    Decided(Decision),
    /// Nothing happened.
    Ignored(Ignored),
}

impl Step {
    /// The decision, if there is one.
    #[must_use]
    pub fn decision(self) -> Option<Decision> {
        match self {
            Step::Decided(decision) => Some(decision),
            Step::Ignored(_) => None,
        }
    }
}

#[derive(Debug)]
struct Member {
    strategy: Box<dyn Strategy>,
    places: Vec<Slot>,
    warm_up_bars: usize,
    window_bars: usize,
    halted: bool,
}

/// The strategies of one instrument on one interval, with the indicators that they share.
#[derive(Debug)]
pub struct StrategySet {
    members: Vec<Member>,
    feed: Feed,
    state: SlotState,
    out: Intents,
}

impl StrategySet {
    /// A set of strategies; all have to want `interval`.
    ///
    /// # Errors
    /// [`SetError`].
    pub fn new(
        interval: BarInterval,
        scales: Scales,
        strategies: Vec<Box<dyn Strategy>>,
    ) -> Result<Self, SetError> {
        let wanted = strategies.iter().map(|s| s.inputs().window_bars).max();
        let mut feed = Feed::new(interval, scales, wanted.unwrap_or(1));
        let mut members: Vec<Member> = Vec::with_capacity(strategies.len());
        for strategy in strategies {
            let inputs = strategy.inputs();
            if inputs.interval != interval {
                return Err(SetError::OtherInterval {
                    strategy: strategy.id().to_string(),
                    wanted: inputs.interval,
                    interval,
                });
            }
            if inputs.slots != 1 {
                return Err(SetError::OtherSlots {
                    strategy: strategy.id().to_string(),
                    slots: inputs.slots,
                });
            }
            if members.iter().any(|m| m.strategy.id() == strategy.id()) {
                return Err(SetError::Twice(strategy.id().to_string()));
            }
            members.push(Member {
                places: inputs.indicators.iter().map(|spec| feed.bank.add(spec)).collect(),
                warm_up_bars: inputs.warm_up_bars,
                window_bars: inputs.window_bars,
                halted: false,
                strategy,
            });
        }
        Ok(Self {
            members,
            feed,
            state: SlotState::flat(1.0),
            out: Intents::new(),
        })
    }

    /// The three scalping strategies, by default on 10 s bars ([`BarInterval::S10`]).
    #[must_use]
    pub fn scalping(interval: BarInterval, scales: Scales) -> Self {
        let strategies: Vec<Box<dyn Strategy>> = vec![
            Box::new(FastScalping::new(interval)),
            Box::new(MomentumScalping::new(interval)),
            Box::new(ConservativeScalping::new(interval)),
        ];
        Self::new(interval, scales, strategies)
            .expect("three strategies with three ids, made for this interval")
    }

    /// Takes history, oldest first: state moves on, nothing is emitted. Gives how many bars were new.
    pub fn warm_up<'b>(&mut self, bars: impl IntoIterator<Item = &'b Bar>) -> usize {
        let news = bars.into_iter().map(|bar| self.on_closed_bar(bar));
        news.filter(|step| matches!(step, Step::Decided(_))).count()
    }

    /// Takes a closed bar and asks every strategy. A bar that is not newer than the last one is ignored: a
    /// revision neither fires again nor changes what the indicators saw.
    ///
    /// A strategy holds with `not warm: k of n bars` before its bars are enough, and on a bar that the feed
    /// did not cover whole (`complete` = false), whose figures may be wrong.
    pub fn on_closed_bar(&mut self, bar: &Bar) -> Step {
        if let Some(why) = self.feed.refuses(bar) {
            return Step::Ignored(why);
        }
        self.feed.take(bar);
        let opinions = (0..self.members.len()).map(|at| self.ask(at, bar)).collect();
        Step::Decided(Decision {
            bar_ts: bar.ts,
            opinions,
        })
    }

    fn ask(&mut self, at: usize, bar: &Bar) -> StrategyOpinion {
        let member = &mut self.members[at];
        let (seen, needed) = (self.feed.bars_seen, member.warm_up_bars);
        let verdict = if member.halted {
            Verdict::hold("halted by an error of its own")
        } else if seen < needed as u64 {
            Verdict::hold(Reason::new(
                "not warm: {seen:count} of {needed:count} bars",
                0,
                &[seen as f64, needed as f64],
            ))
        } else {
            self.out.clear();
            let context = Context {
                feeds: std::slice::from_ref(&self.feed),
                states: std::slice::from_ref(&self.state),
                places: &member.places,
                window_bars: member.window_bars,
                equity: 0.0,
            };
            member.strategy.on_bar(&context, &mut self.out);
            member.halted = self.out.halted().is_some();
            match (self.out.take_opinion(), bar.complete) {
                (_, false) => {
                    Verdict::hold("the bar is incomplete: its feed was interrupted or began inside it")
                }
                (Some(verdict), true) => verdict,
                (None, true) => Verdict::hold("no opinion on this bar"),
            }
        };
        StrategyOpinion {
            strategy: member.strategy.id().clone(),
            verdict,
        }
    }

    /// The interval of its bars.
    #[must_use]
    pub fn interval(&self) -> BarInterval {
        self.feed.interval
    }

    /// How many bars it has seen.
    #[must_use]
    pub fn bars_seen(&self) -> u64 {
        self.feed.bars_seen
    }

    /// Opening time of the last bar.
    #[must_use]
    pub fn last_ts(&self) -> Option<UnixNanos> {
        self.feed.last_ts()
    }

    /// The most bars that any of its strategies needs; fetch at least as many as history.
    #[must_use]
    pub fn warm_up_bars(&self) -> usize {
        let needed = self.members.iter().map(|m| m.warm_up_bars);
        needed.max().unwrap_or(0)
    }

    /// Whether every strategy has its bars.
    #[must_use]
    pub fn is_warm(&self) -> bool {
        self.feed.bars_seen >= self.warm_up_bars() as u64
    }

    /// Its strategies.
    pub fn strategies(&self) -> impl Iterator<Item = &dyn Strategy> {
        self.members.iter().map(|m| &*m.strategy)
    }

    /// Every shared indicator with its values at the last bar.
    pub fn indicators(&self) -> impl Iterator<Item = (&IndicatorSpec, Option<Values>)> {
        self.feed.bank.snapshot()
    }
}
