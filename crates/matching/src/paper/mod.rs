//! Simulated fills of our own orders against market data: the one venue of backtest and paper.
//!
//! The venue holds orders and what they have already taken from the displayed market; the market itself stays with
//! the caller and is looked at through [`MarketView`]. Calls in, [`Report`]s out:
//!
//! | call | when | what can come of it |
//! | --- | --- | --- |
//! | [`PaperVenue::submit`], [`PaperVenue::cancel`], [`PaperVenue::modify`] | as asked | nothing yet: they take effect one latency later |
//! | [`PaperVenue::submit_now`] | instead of `submit`, without latency | the order's arrival |
//! | [`PaperVenue::advance`] | first thing on every event, with its time | arrivals, changes, cancels and expiries that are due |
//! | [`PaperVenue::on_market`] | after a quote or book change | resting orders that the other side now crosses; stops |
//! | [`PaperVenue::on_trade`] | on a public trade | resting orders that the print passes or reaches; stops |
//! | [`PaperVenue::on_order_gone`] | with [`QueueModel::ByOrder`]: an order of the book was executed, canceled or cut | places in the queue; fills |
//! | [`PaperVenue::begin_bar`], [`PaperVenue::step_bar`] | for instruments that are fed by bars, instead of the two above | all of it: see [`bar`] |
//!
//! Fill assumptions, all of them:
//! * An order, change or cancel takes effect at `time + latency` (constant, sampled or replayed: [`latency`]), against
//!   the market as it is then; so a fill can overtake a cancel. A cancel never overtakes its own order.
//! * **At equal time**: first what ends by itself (DAY, GTD: an order does not trade at the instant of its end), then
//!   what was asked (orders, changes, cancels) in the order of asking, then the market's change of that time. On a
//!   change of the market: resting buys, resting sells, then stops ([`stops`]).
//! * What takes liquidity walks the displayed levels, best first, up to its limit (or protection price), at the
//!   levels' prices made worse by slippage and impact ([`friction`], off by default), as taker. Nothing beyond what is
//!   displayed is filled; where only prices are known ([`Liquidity::Prices`], [`Liquidity::Last`]) any size is there.
//! * Displayed size is used once: what our orders took from a level is remembered until the level goes. Growth of
//!   the level is new liquidity; shrinking takes ours first, so that never more is filled than was displayed.
//! * A resting limit fills at its own price, as maker, when the opposite side is displayed at its price or better,
//!   or when a trade prints through its price; with a queue model ([`QueueModel`]) also when trades at its price
//!   have used up what stands ahead of it. A print or level serves our orders in price-time order.
//! * An iceberg shows `display` of it at a time. Prints at its price fill what shows; a refilled slice goes to the end
//!   of its queue and is not reached by the same print. Crossings and prints through its price fill all of it.
//! * A stop fires when the reference of its trigger reaches it ([`trigger`]), at arrival too, and is then an arriving
//!   MARKET or LIMIT order at that moment; its IOC or FOK speaks from then on. A post-only stop-limit that would take
//!   when it fires is canceled. The venue does not compare last trades from before a stop's arrival with it.
//! * MARKET orders, and stops that became one, never rest, whatever their time in force.
//! * A change keeps the place in the queue only when it but shrinks the quantity ([`modify`]).
//! * Where the market is not valid nothing fills and nothing fires: what needs liquidity at once is rejected, the rest
//!   waits. The same outside of continuous trading ([`session`]).
//! * DAY ends at the session's end, or at UTC midnight where markets never close; GTD exactly at its time.
//! * Reduce-only is capped by the position at the moment of matching.
//! * Fees: by the market's model ([`fees`]), itemised, rounded as [`PaperSettings`] names. Without fees an order is
//!   rejected, not charged zero.
//!
//! Beside the venue, pure functions for what the caller books at the calendar's times: funding, expiry, interest
//! ([`carry`]), and margin with liquidation ([`margin`]).

mod agenda;
mod arrive;
pub mod bar;
pub mod carry;
mod consumed;
mod desk;
pub mod fees;
mod floor;
pub mod friction;
pub mod latency;
mod leg;
pub mod margin;
mod modify;
mod order;
mod queue;
mod records;
mod report;
mod rest;
pub mod session;
mod shop;
mod slots;
mod stops;
mod trigger;
mod venue;
mod view;
mod walk;

pub use bar::{BarPoint, BarSettings, BarWalk, HalfSpread, bar_path};
pub use fees::{FeeItem, FeeItems, FeeLine, FeeModel, FeeTier};
pub use friction::{Impact, ImpactInputs, Slippage};
pub use latency::{LatencyDistribution, LatencyModel};
pub use order::{OrderChange, PaperOrder, RestoredOrder, RestoredStop};
pub use queue::{QueueModel, QueueShare};
pub use records::{AccountRecord, Records};
pub use report::{CancelReason, FillOf, ModifyRefusal, RejectReason, Report, ReportKind};
pub use session::{AlwaysOpen, Phase, SessionView};
pub use slots::OrderSlot;
pub use venue::{OrderGone, PaperVenue};
pub use view::{Liquidity, MarketView};

use tradewind_types::Rounding;

/// The assumptions that can be chosen.
#[derive(Clone, PartialEq, Debug)]
pub struct PaperSettings {
    /// Nanoseconds until an order takes effect.
    pub order_latency_ns: u64,
    /// Nanoseconds until a cancel or change takes effect.
    pub cancel_latency_ns: u64,
    /// What comes on top of both.
    pub latency: LatencyModel,
    /// Queue position of resting limits.
    pub queue: QueueModel,
    /// How much worse than displayed a taker fills.
    pub slippage: Slippage,
    /// How a taker's size moves his price.
    pub impact: Impact,
    /// Matching against bars.
    pub bars: BarSettings,
    /// Decimals of a fee.
    pub fee_decimals: u32,
    /// How a fee is brought to them.
    pub fee_rounding: Rounding,
    /// Orders at the venue at once; beyond that they are rejected.
    pub orders_max: usize,
    /// Whether the venue adds up its own record of positions and cash; only reconciliation needs it.
    pub keep_records: bool,
}

impl Default for PaperSettings {
    fn default() -> Self {
        Self {
            order_latency_ns: 20_000_000,
            cancel_latency_ns: 20_000_000,
            latency: LatencyModel::Constant,
            queue: QueueModel::BehindDisplayed,
            slippage: Slippage::None,
            impact: Impact::None,
            bars: BarSettings::default(),
            fee_decimals: 8,
            fee_rounding: Rounding::HalfEven,
            orders_max: 100_000,
            keep_records: true,
        }
    }
}
