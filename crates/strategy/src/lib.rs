//! Strategies: closed bars and quotes in, explained intents out. Built in, or the user's scripts.
//!
//! Every [`Strategy`] declares its [`Inputs`], sees a read-only [`Context`] and pushes what it wants into
//! [`Intents`]: an opinion, a target, an entry, an exit, each with a [`Reason`] that costs nothing until it is read.
//! Two runners feed them:
//!
//! - [`StrategySet`]: the opinion strategies of one instrument, with shared indicators. [`combine`] weighs their
//!   [`Verdict`]s into one [`Combined`]; [`adapt`] moves the weights by results.
//! - [`Instance`]: one strategy on its own instruments (one, two or many, aligned by time), the same in live, paper
//!   and backtest; dispatched statically where the strategy is Rust.
//!
//! **Invariants.** A strategy sees closed bars up to the one it handles and nothing else: no clock, no other
//! account, no later data. A bar that comes again revised fires nothing. All shares (strength, confidence,
//! weight, agreement) are integer millionths, so that what is journalled is exactly what was computed with.
//!
//! What does not live here: orders, their sizing, the risk gate, timers, I/O.
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
//!     combined.acts.then(|| combined.reason(&decision.opinions, weights))
//! }
//!
//! let set = StrategySet::scalping(BarInterval::S10, Scales { price: 2, size: 8 });
//! assert_eq!(set.warm_up_bars(), 18);
//! ```

mod builtin;
mod combine;
mod context;
mod face;
mod feed;
mod instance;
mod intents;
mod overlay;
mod params;
mod reason;
pub mod registry;
pub mod script;
mod set;
mod weights;
mod window;

pub use builtin::{
    BuyAndHold, ConservativeScalping, DonchianBreakout, DonchianParams, EmaCross, EmaCrossParams,
    EntryParams, FastScalping, MomentumScalping, Pairs, PairsParams, Rebalance, RebalanceParams,
    RsiReversion, RsiReversionParams, Supertrend, SupertrendParams,
};
pub use combine::{COMBINED, Combined, combine};
pub use context::{Context, QuoteView};
pub use face::{Alignment, Inputs, OwnFill, OwnPosition, Strategy, StrategyOpinion, Verdict};
pub use feed::Ignored;
pub use instance::{Instance, InstanceError, Ran, SLOTS_MAX, SlotMarket};
pub use intents::{Amount, Entry, EntryKind, INTENTS_MAX, Intent, Intents, Size, share};
pub use overlay::{OVERLAYS, Overlay, overlay, overlays};
pub use params::{LIST_MAX, ParamDef, ParamError, ParamKind, ParamMap, ParamReader, ParamValue};
pub use reason::{FIGURES_MAX, Reason};
pub use set::{Decision, SetError, Step, StrategySet};
pub use weights::{Adapted, AdaptedWeight, ONE, RESULTS_MAX, WEIGHT_FLOOR, WeightError, Weights, adapt};
pub use window::Window;
