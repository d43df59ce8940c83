//! Built-in strategies and their combination: closed bars in, explained opinions out.
//!
//! A [`StrategySet`] belongs to one instrument and one bar interval. Each closed bar goes once through the
//! indicators that its strategies declared ([`Inputs`]), then every [`Strategy`] sees a read-only [`Window`]
//! and gives a [`Verdict`] with its reason. [`combine`] weighs the opinions into one [`Combined`]; [`adapt`]
//! moves the weights by results.
//!
//! **Invariants.** A strategy sees closed bars up to the one it handles and nothing else: no clock, no
//! account, no later data. A bar that comes again revised fires nothing. All shares (strength, confidence,
//! weight, agreement) are integer millionths, so that what is journalled is exactly what was computed with.
//!
//! What does not live here: orders, sizes, the risk gate, timers, I/O.
//!
//! ```
//! use tradewind_indicators::Scales;
//! use tradewind_strategy::{StrategySet, Weights, combine};
//! use tradewind_types::market::{Bar, BarInterval};
//! use tradewind_types::order::UnitFraction;
//!
//! fn on_bar(set: &mut StrategySet, weights: &Weights, bar: &Bar) -> Option<String> {
//!     let decision = set.on_closed_bar(bar).decision()?;
//!     let combined = combine(&decision.opinions, weights, UnitFraction::from_unit(0.7));
//!     combined.acts.then_some(combined.reason)
//! }
//!
//! let set = StrategySet::scalping(BarInterval::S10, Scales { price: 2, size: 8 });
//! assert_eq!(set.warm_up_bars(), 18);
//! ```

mod builtin;
mod combine;
mod face;
mod overlay;
mod set;
mod weights;
mod window;

pub use builtin::{ConservativeScalping, FastScalping, MomentumScalping};
pub use combine::{COMBINED, Combined, combine};
pub use face::{Inputs, Strategy, StrategyOpinion, Verdict};
pub use overlay::{OVERLAYS, Overlay, overlay, overlays};
pub use set::{Decision, Ignored, SetError, Step, StrategySet};
pub use weights::{Adapted, AdaptedWeight, ONE, RESULTS_MAX, WEIGHT_FLOOR, WeightError, Weights, adapt};
pub use window::Window;
