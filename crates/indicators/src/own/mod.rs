//! Indicators that the `ta-lib` crate lacks: our own formulas, one file per family.
//!
//! Each is one struct that takes a bar and gives that bar's values (`Stepper`); the batch face steps the same
//! struct over columns, so the two faces agree bit for bit. What happens on a bar depends on that bar and those
//! before it only: swings, levels and chart patterns are reported on the bar that confirms them, and what was
//! reported never changes.
//!
//! What slides over a window does so by merging ([`window`]), never by subtracting what leaves it: no residue of
//! a past move stays behind in a flat stretch.

use crate::registry::Definition;

mod anchored;
mod fibonacci;
mod levels;
pub(crate) mod patterns;
mod phase;
mod pivots;
mod profile;
mod session;
mod structure;
mod swings;
mod volatility;
mod volume;
pub(crate) mod volume_rows;
mod window;

/// Rolling figures and volume-weighted prices.
pub(crate) static FIGURES: &[&Definition] = &[
    &volatility::HV,
    &volatility::ULCER,
    &volume::FORCE,
    &volume::VROC,
    &anchored::AVWAP,
    &anchored::VWAP_BANDS,
];

/// Pivots, levels, profiles, and what swings say of the market.
pub(crate) static LEVELS: &[&Definition] = &[
    &pivots::CLASSIC,
    &pivots::FIBONACCI,
    &pivots::CAMARILLA,
    &pivots::WOODIE,
    &pivots::DEMARK,
    &pivots::CPR,
    &levels::SUPPORT,
    &levels::RESISTANCE,
    &fibonacci::FIB,
    &profile::VOLUME_PROFILE,
    &profile::VOLUME_PROFILE_PREV,
    &structure::STRUCTURE,
    &phase::MARKET_PHASE,
];
