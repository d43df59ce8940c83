//! Fast scalping: the EMA 3 × EMA 5 cross.

use tradewind_types::StrategyId;
use tradewind_types::market::BarInterval;
use tradewind_types::order::UnitFraction;
use tradewind_types::signal::Opinion;

use super::{RECENT_BARS, spec, strategy_id};
use crate::registry::{Definition, SlotCount};
use crate::{Context, Inputs, Intents, Strategy, Verdict, Window};

const FAST: usize = 0;
const SLOW: usize = 1;

pub(crate) static FAST_SCALPING: Definition = Definition {
    name: "fast_scalping",
    title: "Fast scalping",
    doc: "Opinion: buy for 3 bars after EMA 3 crossed above EMA 5, sell for 3 bars after it crossed below.",
    slots: SlotCount::Exactly(1),
    params: &[],
    build: |setup, _| Ok(Box::new(FastScalping::named(setup.id, setup.interval))),
};

/// Buys for 3 bars after EMA 3 crossed above EMA 5, sells for 3 bars after it crossed below, else holds.
///
/// A cross up is a bar on which `EMA3 > EMA5` after a bar on which `EMA3 ≤ EMA5`; a cross down the reverse. The
/// 3 bars are that of the cross and the two after it; the latest cross counts. Confidence 0.8; strength 1,
/// 2/3, 1/3 as the cross ages. Needs 10 bars.
#[derive(Debug)]
pub struct FastScalping {
    id: StrategyId,
    inputs: Inputs,
}

impl FastScalping {
    /// On bars of `interval`.
    #[must_use]
    pub fn new(interval: BarInterval) -> Self {
        Self::named(strategy_id("fast_scalping"), interval)
    }

    fn named(id: StrategyId, interval: BarInterval) -> Self {
        Self {
            id,
            inputs: Inputs::single(
                interval,
                10,
                RECENT_BARS + 1,
                vec![spec("EMA", &[3.0]), spec("EMA", &[5.0])],
            ),
        }
    }
}

/// The averages `back` bars ago.
fn averages(window: &Window<'_>, back: usize) -> Option<(f64, f64)> {
    Some((window.value(FAST, 0, back)?, window.value(SLOW, 0, back)?))
}

/// The latest cross within the last 3 bars, with its age.
fn latest_cross(window: &Window<'_>) -> Option<(Opinion, usize)> {
    (0..RECENT_BARS).find_map(|age| {
        let (fast, slow) = averages(window, age)?;
        let (fast_before, slow_before) = averages(window, age + 1)?;
        if fast > slow && fast_before <= slow_before {
            Some((Opinion::Buy, age))
        } else if fast < slow && fast_before >= slow_before {
            Some((Opinion::Sell, age))
        } else {
            None
        }
    })
}

fn verdict(window: &Window<'_>) -> Verdict {
    let Some((fast, slow)) = averages(window, 0) else {
        return Verdict::hold("EMA 3 or EMA 5 has no value");
    };
    let Some((opinion, age)) = latest_cross(window) else {
        let template = "EMA 3 ({fast:average}) did not cross EMA 5 ({slow:average}) within 3 bars";
        return Verdict::hold(window.reason(template, &[fast, slow]));
    };
    let template = match opinion {
        Opinion::Buy => "EMA 3 ({fast:average}) crossed above EMA 5 ({slow:average}) {age:bars}",
        _ => "EMA 3 ({fast:average}) crossed below EMA 5 ({slow:average}) {age:bars}",
    };
    Verdict {
        opinion,
        strength: UnitFraction::from_unit((RECENT_BARS - age) as f64 / RECENT_BARS as f64),
        confidence: UnitFraction(800_000),
        reason: window.reason(template, &[fast, slow, age as f64]),
    }
}

impl Strategy for FastScalping {
    fn id(&self) -> &StrategyId {
        &self.id
    }

    fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    fn on_bar(&mut self, context: &Context<'_>, out: &mut Intents) {
        out.opinion(verdict(&context.first()));
    }
}
