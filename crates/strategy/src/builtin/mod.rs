//! The built-in strategies. Each file states its rule exactly as it is computed.

mod conservative_scalping;
mod fast_scalping;
mod momentum_scalping;

pub use conservative_scalping::ConservativeScalping;
pub use fast_scalping::FastScalping;
pub use momentum_scalping::MomentumScalping;

use tradewind_indicators::{IndicatorSpec, registry};
use tradewind_types::StrategyId;

/// How long a cross or an extreme counts: on its own bar and the two after it.
pub(crate) const RECENT_BARS: usize = 3;

fn strategy_id(name: &'static str) -> StrategyId {
    StrategyId::new(name).expect("built-in names are lower-case letters and `_`, under test")
}

fn spec(name: &'static str, params: &[f64]) -> IndicatorSpec {
    let definition =
        registry::find(name).expect("built-in strategies name registered indicators, under test");
    IndicatorSpec::with_params(definition, params).expect("built-in parameters are in range, under test")
}
