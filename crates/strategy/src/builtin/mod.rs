//! The built-in strategies. Each file states its rule exactly as it is computed.

mod buy_and_hold;
mod conservative_scalping;
mod donchian_breakout;
mod ema_cross;
mod fast_scalping;
mod momentum_scalping;
mod pairs;
mod rebalance;
mod rsi_reversion;
mod stance;
mod supertrend;

pub use buy_and_hold::BuyAndHold;
pub use conservative_scalping::ConservativeScalping;
pub use donchian_breakout::{DonchianBreakout, DonchianParams};
pub use ema_cross::{EmaCross, EmaCrossParams};
pub use fast_scalping::FastScalping;
pub use momentum_scalping::MomentumScalping;
pub use pairs::{Pairs, PairsParams};
pub use rebalance::{Rebalance, RebalanceParams};
pub use rsi_reversion::{RsiReversion, RsiReversionParams};
pub use stance::EntryParams;
pub use supertrend::{Supertrend, SupertrendParams};

pub(crate) use buy_and_hold::BUY_AND_HOLD;
pub(crate) use conservative_scalping::CONSERVATIVE_SCALPING;
pub(crate) use donchian_breakout::DONCHIAN_BREAKOUT;
pub(crate) use ema_cross::EMA_CROSS;
pub(crate) use fast_scalping::FAST_SCALPING;
pub(crate) use momentum_scalping::MOMENTUM_SCALPING;
pub(crate) use pairs::PAIRS;
pub(crate) use rebalance::REBALANCE;
pub(crate) use rsi_reversion::RSI_REVERSION;
pub(crate) use supertrend::SUPERTREND;

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
