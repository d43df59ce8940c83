//! The registry: every built-in strategy by name, with its parameters. Command line, API and scripts use it.

use std::fmt;

use tradewind_types::StrategyId;
use tradewind_types::market::BarInterval;

use crate::builtin;
use crate::face::Strategy;
use crate::params::{ParamDef, ParamError, ParamMap, ParamReader};

/// On how many instruments a kind of strategy works.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SlotCount {
    /// Exactly so many.
    Exactly(usize),
    /// At least one.
    Any,
}

impl SlotCount {
    /// Whether it works on so many.
    #[must_use]
    pub fn takes(self, slots: usize) -> bool {
        match self {
            SlotCount::Exactly(wanted) => slots == wanted,
            SlotCount::Any => (1..=crate::SLOTS_MAX).contains(&slots),
        }
    }
}

impl fmt::Display for SlotCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SlotCount::Exactly(1) => f.write_str("1 instrument"),
            SlotCount::Exactly(n) => write!(f, "{n} instruments"),
            SlotCount::Any => f.write_str("1 or more instruments"),
        }
    }
}

/// What an instance is made with besides its parameters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Setup {
    /// Name of the instance.
    pub id: StrategyId,
    /// Of which bars.
    pub interval: BarInterval,
    /// On how many instruments.
    pub slots: usize,
}

/// Why a strategy could not be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BuildError {
    /// No strategy has that name.
    #[error("`{name}` names no strategy; there are {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// Another number of instruments than it works on.
    #[error("{strategy} works on {wanted}, got {given}")]
    Slots {
        /// The strategy.
        strategy: &'static str,
        /// How many it works on.
        wanted: SlotCount,
        /// How many were given.
        given: usize,
    },
    /// Its parameters were refused.
    #[error(transparent)]
    Params(#[from] ParamError),
}

type Build = fn(Setup, &ParamReader<'_>) -> Result<Box<dyn Strategy>, ParamError>;

/// A kind of strategy: its face to people and the function that makes it.
pub struct Definition {
    /// Its name, e.g. `ema_cross`.
    pub name: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// The rule in a sentence or two.
    pub doc: &'static str,
    /// On how many instruments it works.
    pub slots: SlotCount,
    /// Its parameters.
    pub params: &'static [ParamDef],
    pub(crate) build: Build,
}

impl fmt::Debug for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Definition")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Definition {
    /// Makes an instance.
    ///
    /// # Errors
    /// [`BuildError::Slots`], [`BuildError::Params`].
    pub fn build(&self, setup: Setup, params: &ParamMap) -> Result<Box<dyn Strategy>, BuildError> {
        if !self.slots.takes(setup.slots) {
            return Err(BuildError::Slots {
                strategy: self.name,
                wanted: self.slots,
                given: setup.slots,
            });
        }
        let reader = ParamReader::new(self.name, self.params, params)?;
        Ok((self.build)(setup, &reader)?)
    }
}

/// Every built-in strategy, in the order in which lists show them.
pub static ALL: &[&Definition] = &[
    &builtin::EMA_CROSS,
    &builtin::RSI_REVERSION,
    &builtin::DONCHIAN_BREAKOUT,
    &builtin::SUPERTREND,
    &builtin::PAIRS,
    &builtin::BUY_AND_HOLD,
    &builtin::REBALANCE,
    &builtin::FAST_SCALPING,
    &builtin::MOMENTUM_SCALPING,
    &builtin::CONSERVATIVE_SCALPING,
];

/// The definition of a name, if there is one.
#[must_use]
pub fn find(name: &str) -> Option<&'static Definition> {
    ALL.iter().copied().find(|d| d.name == name)
}

/// Makes an instance of a named strategy.
///
/// ```
/// use tradewind_strategy::{ParamValue, registry};
/// use tradewind_strategy::registry::Setup;
/// use tradewind_types::{StrategyId, market::BarInterval};
///
/// let setup = Setup { id: StrategyId::new("my-cross")?, interval: BarInterval::M1, slots: 1 };
/// let params = [("fast".to_owned(), ParamValue::Whole(5))].into();
/// let strategy = registry::build("ema_cross", setup, &params)?;
/// assert_eq!(strategy.inputs().warm_up_bars, 20);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`BuildError`].
pub fn build(name: &str, setup: Setup, params: &ParamMap) -> Result<Box<dyn Strategy>, BuildError> {
    let definition = find(name).ok_or_else(|| {
        let names: Vec<&str> = ALL.iter().map(|d| d.name).collect();
        BuildError::Unknown {
            name: name.chars().take(48).collect(),
            known: names.join(", "),
        }
    })?;
    definition.build(setup, params)
}
