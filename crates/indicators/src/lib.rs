//! Technical indicators behind one registry, streaming and batch.
//!
//! An id such as `MACD_12_26_9` is parsed into an [`IndicatorSpec`]: a [`Definition`] from the registry and
//! checked parameters. From a spec come two faces that agree: [`IndicatorSpec::start`] gives an [`Indicator`]
//! that takes one closed bar at a time, [`IndicatorSpec::batch`] computes a whole [`Series`] over columns.
//! [`IndicatorBank`] runs several specs over one stream of bars, each distinct spec once. What needs two
//! series (hedge ratio, half-life, the Engle–Granger statistic) is in [`regression`].
//!
//! What does not live here: bars themselves, decisions, I/O. Values are `f64`; money never is.
//!
//! One file per family. A new indicator = one [`Definition`] in its family's file, which [`registry`] lists. What
//! strategies use on every bar has a variant of the machine that is stepped without dynamic dispatch; the others are
//! behind one pointer. What the `ta-lib` crate has is called there, but for batch functions that are quicker in
//! `batch`; the rest is our own.

mod adapter;
mod bank;
mod batch;
mod error;
mod input;
mod library;
mod machine;
mod own;
mod params;
pub mod registry;
pub mod regression;
mod spec;
mod stepper;
mod value;
mod vwap;
mod zscore;

pub use bank::{IndicatorBank, Slot, Track};
pub use error::IndicatorError;
pub use input::{BarColumns, BarInput, Columns, Input, Scales};
pub use machine::Indicator;
pub use own::patterns::{Detection, PatternKind, PatternPoint, PatternRules, PatternScanner};
pub use own::volume_rows::{ProfileLevels, ProfileRow, VolumeProfile};
pub use params::{AVERAGES, Param, ParamKind, Params};
pub use registry::{Definition, Group, Pane};
pub use spec::IndicatorSpec;
pub use value::{OUTPUTS_MAX, Series, Values};
