//! The registry: every indicator there is, by name.

use std::fmt;

use crate::input::BarColumns;
use crate::machine::Indicator;
use crate::params::{Param, Params};
use crate::value::Series;
use crate::{
    IndicatorError, atr, averages, bollinger, channels, macd, rsi, stochastic, supertrend, vwap, zscore,
};

/// Where a chart draws it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pane {
    /// Over the candles, in units of price.
    Price,
    /// In a pane of its own.
    Own,
}

type Batch = fn(&Params, &BarColumns<'_>, &mut Series) -> Result<(), IndicatorError>;

/// An indicator: its face to people and the functions that make it.
pub struct Definition {
    /// Name in ids, e.g. `MACD`.
    pub name: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// Parameters in the order of ids.
    pub params: &'static [Param],
    /// Names of the outputs.
    pub outputs: &'static [&'static str],
    /// Where it is drawn.
    pub pane: Pane,
    pub(crate) warm_up: fn(&Params) -> usize,
    pub(crate) relation: fn(&Params) -> Result<(), &'static str>,
    pub(crate) start: fn(&Params) -> Indicator,
    pub(crate) batch: Batch,
}

impl fmt::Debug for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Definition")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Every indicator, in the order in which lists show them.
pub static ALL: &[&Definition] = &[
    &averages::SMA,
    &averages::EMA,
    &rsi::RSI,
    &macd::MACD,
    &stochastic::STOCH,
    &stochastic::STOCHF,
    &bollinger::BBANDS,
    &zscore::ZSCORE,
    &channels::DONCHIAN,
    &supertrend::SUPERTREND,
    &atr::ATR,
    &vwap::VWAP,
];

/// The definition of a name, if there is one.
#[must_use]
pub fn find(name: &str) -> Option<&'static Definition> {
    ALL.iter().copied().find(|d| d.name == name)
}

pub(crate) fn no_relation(_: &Params) -> Result<(), &'static str> {
    Ok(())
}
