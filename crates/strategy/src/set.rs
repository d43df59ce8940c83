//! All strategies of one instrument on one bar interval, fed bar by bar.

use tradewind_indicators::{BarInput, IndicatorBank, IndicatorSpec, Scales, Slot, Values};
use tradewind_types::UnixNanos;
use tradewind_types::market::{Bar, BarInterval};

use crate::builtin::{ConservativeScalping, FastScalping, MomentumScalping};
use crate::face::{Strategy, StrategyOpinion, Verdict};
use crate::window::Window;

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
    /// One id twice.
    #[error("strategy {0} is in the set twice")]
    Twice(String),
}

/// Why a bar caused nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ignored {
    /// The bar came before: a later revision, or the same again. Strategies keep what they saw when it closed.
    AlreadySeen,
    /// It opens before a bar that was already handled.
    OutOfOrder,
    /// It is of another interval.
    OtherInterval,
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
    slots: Vec<Slot>,
}

/// The strategies of one instrument on one interval, with the indicators that they share.
#[derive(Debug)]
pub struct StrategySet {
    interval: BarInterval,
    scales: Scales,
    members: Vec<Member>,
    bank: IndicatorBank,
    recent: Vec<BarInput>,
    keep: usize,
    bars_seen: u64,
    first_ts: Option<UnixNanos>,
    last_ts: Option<UnixNanos>,
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
        let keep = wanted.unwrap_or(1).max(1);
        let mut bank = IndicatorBank::new(keep);
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
            if members.iter().any(|m| m.strategy.id() == strategy.id()) {
                return Err(SetError::Twice(strategy.id().to_string()));
            }
            let slots = inputs.indicators.iter().map(|spec| bank.add(spec)).collect();
            members.push(Member { strategy, slots });
        }
        Ok(Self {
            interval,
            scales,
            members,
            bank,
            recent: Vec::with_capacity(2 * keep),
            keep,
            bars_seen: 0,
            first_ts: None,
            last_ts: None,
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
        if bar.interval != self.interval {
            return Step::Ignored(Ignored::OtherInterval);
        }
        match self.last_ts {
            Some(last) if bar.ts == last => return Step::Ignored(Ignored::AlreadySeen),
            Some(last) if bar.ts < last => return Step::Ignored(Ignored::OutOfOrder),
            _ => {}
        }
        self.take(BarInput::from_bar(bar, self.scales));
        let opinions = (0..self.members.len()).map(|at| self.ask(at, bar)).collect();
        Step::Decided(Decision {
            bar_ts: bar.ts,
            opinions,
        })
    }

    fn take(&mut self, input: BarInput) {
        if self.recent.len() == 2 * self.keep {
            self.recent.drain(..self.keep);
        }
        self.recent.push(input);
        self.bank.update(&input);
        self.bars_seen += 1;
        self.first_ts.get_or_insert(input.ts);
        self.last_ts = Some(input.ts);
    }

    fn ask(&mut self, at: usize, bar: &Bar) -> StrategyOpinion {
        let member = &mut self.members[at];
        let inputs = member.strategy.inputs();
        let window_bars = inputs.window_bars.clamp(1, self.keep);
        let needed = inputs.warm_up_bars;
        let verdict = if self.bars_seen < needed as u64 {
            Verdict::hold(format!("not warm: {} of {needed} bars", self.bars_seen))
        } else {
            let window = Window {
                bars: &self.recent[self.recent.len().saturating_sub(window_bars)..],
                bank: &self.bank,
                slots: &member.slots,
                bars_seen: self.bars_seen,
                history_from: self.first_ts.unwrap_or(bar.ts),
                scales: self.scales,
            };
            let verdict = member.strategy.on_bar(&window);
            if bar.complete {
                verdict
            } else {
                Verdict::hold("the bar is incomplete: its feed was interrupted or began inside it".to_owned())
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
        self.interval
    }

    /// How many bars it has seen.
    #[must_use]
    pub fn bars_seen(&self) -> u64 {
        self.bars_seen
    }

    /// Opening time of the last bar.
    #[must_use]
    pub fn last_ts(&self) -> Option<UnixNanos> {
        self.last_ts
    }

    /// The most bars that any of its strategies needs; fetch at least as many as history.
    #[must_use]
    pub fn warm_up_bars(&self) -> usize {
        let needed = self.members.iter().map(|m| m.strategy.inputs().warm_up_bars);
        needed.max().unwrap_or(0)
    }

    /// Whether every strategy has its bars.
    #[must_use]
    pub fn is_warm(&self) -> bool {
        self.bars_seen >= self.warm_up_bars() as u64
    }

    /// Its strategies.
    pub fn strategies(&self) -> impl Iterator<Item = &dyn Strategy> {
        self.members.iter().map(|m| &*m.strategy)
    }

    /// Every shared indicator with its values at the last bar.
    pub fn indicators(&self) -> impl Iterator<Item = (&IndicatorSpec, Option<Values>)> {
        self.bank.snapshot()
    }
}
