//! The registry: every indicator there is, by name.
//!
//! Each family's file has its definitions and a list of them; [`FAMILIES`] lists the families. Nothing else has to
//! know of a new indicator.

use std::fmt;

use crate::input::{BarColumns, Input};
use crate::machine::Machine;
use crate::params::{Param, Params};
use crate::value::Series;
use crate::{IndicatorError, library, own, vwap, zscore};

/// Where a chart draws it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pane {
    /// Over the candles, in units of price.
    Price,
    /// In a pane of its own.
    Own,
}

impl Pane {
    /// Its name: `price` or `own`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Pane::Price => "price",
            Pane::Own => "own",
        }
    }
}

/// What an indicator is about; lists and menus are ordered by it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Group {
    /// Averages, bands and stops that follow the price.
    Trend,
    /// How fast and how far the price moves.
    Momentum,
    /// How much it moves, either way.
    Volatility,
    /// What volume says.
    Volume,
    /// Cycles and filters.
    Cycle,
    /// Rolling statistics of a series.
    Statistics,
    /// Prices made of the prices of a bar.
    Price,
    /// Patterns of a few candles.
    CandlestickPattern,
    /// Patterns of many bars.
    ChartPattern,
    /// Pivots, levels, profiles.
    Levels,
}

impl Group {
    /// All, in the order of lists.
    pub const ALL: [Group; 10] = [
        Group::Trend,
        Group::Momentum,
        Group::Volatility,
        Group::Volume,
        Group::Cycle,
        Group::Statistics,
        Group::Price,
        Group::CandlestickPattern,
        Group::ChartPattern,
        Group::Levels,
    ];

    /// Its name, e.g. `candlestick_pattern`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Group::Trend => "trend",
            Group::Momentum => "momentum",
            Group::Volatility => "volatility",
            Group::Volume => "volume",
            Group::Cycle => "cycle",
            Group::Statistics => "statistics",
            Group::Price => "price",
            Group::CandlestickPattern => "candlestick_pattern",
            Group::ChartPattern => "chart_pattern",
            Group::Levels => "levels",
        }
    }
}

/// Computes a whole series: one column per output, as long as the bars, which are at least as many as the warm-up
/// needs and whose figures (those among the indicator's inputs) are finite.
pub(crate) type Batch = fn(&Params, &BarColumns<'_>) -> Result<Series, IndicatorError>;

/// An indicator: its face to people and the functions that make it.
pub struct Definition {
    /// Name in ids, e.g. `MACD`.
    pub name: &'static str,
    /// Other names that ids may use.
    pub aliases: &'static [&'static str],
    /// Name for people.
    pub title: &'static str,
    /// What it is about.
    pub group: Group,
    /// The function of TA-Lib that it is, if it is one.
    pub ta_lib: Option<&'static str>,
    /// What it reads of a bar.
    pub inputs: &'static [Input],
    /// Parameters in the order of ids.
    pub params: &'static [Param],
    /// Names of the outputs.
    pub outputs: &'static [&'static str],
    /// Where it is drawn.
    pub pane: Pane,
    /// The bar, counted from 1, that can have the first value.
    pub(crate) warm_up: fn(&Params) -> usize,
    /// What has to hold between parameters.
    pub(crate) relation: fn(&Params) -> Result<(), &'static str>,
    /// The streaming face, before its first bar.
    pub(crate) start: fn(&Params) -> Machine,
    /// The batch face.
    pub(crate) batch: Batch,
}

impl fmt::Debug for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Definition")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Our own families, each a list of definitions; those of the library are in [`library::FAMILIES`].
static FAMILIES: [&[&Definition]; 4] = [
    &[&vwap::VWAP, &zscore::ZSCORE],
    own::FIGURES,
    own::LEVELS,
    own::patterns::PATTERNS,
];

/// Every indicator, family by family.
pub fn all() -> impl Iterator<Item = &'static Definition> {
    let families = library::FAMILIES.iter().chain(&FAMILIES);
    families.flat_map(|family| family.iter().copied())
}

/// The definition of a name or another name of it, if there is one.
#[must_use]
pub fn find(name: &str) -> Option<&'static Definition> {
    all()
        .find(|d| d.name == name)
        .or_else(|| all().find(|d| d.aliases.contains(&name)))
}

pub(crate) fn no_relation(_: &Params) -> Result<(), &'static str> {
    Ok(())
}
