//! Momentum scalping: an RSI extreme confirmed by the MACD.

use tradewind_types::StrategyId;
use tradewind_types::market::BarInterval;
use tradewind_types::order::UnitFraction;
use tradewind_types::signal::Opinion;

use super::{RECENT_BARS, spec, strategy_id};
use crate::registry::{Definition, SlotCount};
use crate::{Context, Inputs, Intents, Strategy, Verdict, Window};

const RSI: usize = 0;
const MACD: usize = 1;
const OVERSOLD: f64 = 30.0;
const OVERBOUGHT: f64 = 70.0;

pub(crate) static MOMENTUM_SCALPING: Definition = Definition {
    name: "momentum_scalping",
    title: "Momentum scalping",
    doc: "Opinion: buy when RSI 7 was below 30 within 3 bars and MACD 6/13/5 is above its signal, sell in the mirror image.",
    slots: SlotCount::Exactly(1),
    params: &[],
    build: |setup, _| Ok(Box::new(MomentumScalping::named(setup.id, setup.interval))),
};

/// Buys when RSI 7 was below 30 within 3 bars and MACD 6/13/5 is above its signal line; sells when RSI 7 was
/// above 70 within 3 bars and MACD is below it; else holds.
///
/// *Within 3 bars* is this bar and the two before it. Confidence 0.9; strength = how far the most extreme of
/// them went past its threshold, `(30 − RSI)/30` or `(RSI − 70)/30`. Needs 18 bars.
#[derive(Debug)]
pub struct MomentumScalping {
    id: StrategyId,
    inputs: Inputs,
}

impl MomentumScalping {
    /// On bars of `interval`.
    #[must_use]
    pub fn new(interval: BarInterval) -> Self {
        Self::named(strategy_id("momentum_scalping"), interval)
    }

    fn named(id: StrategyId, interval: BarInterval) -> Self {
        Self {
            id,
            inputs: Inputs::single(
                interval,
                18,
                RECENT_BARS,
                vec![spec("RSI", &[7.0]), spec("MACD", &[6.0, 13.0, 5.0])],
            ),
        }
    }
}

/// The lowest and the highest RSI within 3 bars, each with its age; the newer of equals.
fn extremes(window: &Window<'_>) -> Option<[(f64, usize); 2]> {
    let now = window.value(RSI, 0, 0)?;
    let (mut lowest, mut highest) = ((now, 0), (now, 0));
    for age in 1..RECENT_BARS {
        let Some(rsi) = window.value(RSI, 0, age) else {
            break;
        };
        if rsi < lowest.0 {
            lowest = (rsi, age);
        }
        if rsi > highest.0 {
            highest = (rsi, age);
        }
    }
    Some([lowest, highest])
}

/// The rule itself. All comparisons are strict.
fn side(lowest_rsi: f64, highest_rsi: f64, macd: f64, line: f64) -> Opinion {
    if lowest_rsi < OVERSOLD && macd > line {
        Opinion::Buy
    } else if highest_rsi > OVERBOUGHT && macd < line {
        Opinion::Sell
    } else {
        Opinion::Hold
    }
}

const BUY: &str = "RSI 7 was {rsi:2} (below 30) {age:bars} and MACD ({macd:average}) is {side:compare} its signal \
                   ({signal:average})";
const SELL: &str = "RSI 7 was {rsi:2} (above 70) {age:bars} and MACD ({macd:average}) is {side:compare} its signal \
                    ({signal:average})";
const HOLD: &str = "RSI 7 between {low:2} and {high:2} within 3 bars and MACD ({macd:average}) is {side:compare} \
                    its signal ({signal:average}): no agreement";

fn verdict(window: &Window<'_>) -> Verdict {
    let figures = (
        extremes(window),
        window.value(MACD, 0, 0),
        window.value(MACD, 1, 0),
    );
    let (Some([(low, low_age), (high, high_age)]), Some(macd), Some(line)) = figures else {
        return Verdict::hold("RSI 7 or MACD 6/13/5 has no value");
    };
    let compare = macd - line;
    let opinion = side(low, high, macd, line);
    let (depth, reason) = match opinion {
        Opinion::Buy => (
            (OVERSOLD - low) / OVERSOLD,
            window.reason(BUY, &[low, low_age as f64, macd, compare, line]),
        ),
        Opinion::Sell => (
            (high - OVERBOUGHT) / (100.0 - OVERBOUGHT),
            window.reason(SELL, &[high, high_age as f64, macd, compare, line]),
        ),
        Opinion::Hold => {
            return Verdict::hold(window.reason(HOLD, &[low, high, macd, compare, line]));
        }
    };
    Verdict {
        opinion,
        strength: UnitFraction::from_unit(depth),
        confidence: UnitFraction(900_000),
        reason,
    }
}

impl Strategy for MomentumScalping {
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

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::below_30_and_rising(29.99, 50.0, 1.0, 0.5, Opinion::Buy)]
    #[case::at_30(30.0, 50.0, 1.0, 0.5, Opinion::Hold)]
    #[case::above_30(30.01, 50.0, 1.0, 0.5, Opinion::Hold)]
    #[case::below_30_and_macd_at_its_signal(10.0, 50.0, 0.5, 0.5, Opinion::Hold)]
    #[case::below_30_and_falling(10.0, 50.0, 0.4, 0.5, Opinion::Hold)]
    #[case::above_70_and_falling(50.0, 70.01, -1.0, -0.5, Opinion::Sell)]
    #[case::at_70(50.0, 70.0, -1.0, -0.5, Opinion::Hold)]
    #[case::below_70(50.0, 69.99, -1.0, -0.5, Opinion::Hold)]
    #[case::above_70_and_macd_at_its_signal(50.0, 90.0, 0.5, 0.5, Opinion::Hold)]
    #[case::both_extremes_and_rising(10.0, 90.0, 1.0, 0.5, Opinion::Buy)]
    #[case::both_extremes_and_falling(10.0, 90.0, 0.5, 1.0, Opinion::Sell)]
    fn thresholds_are_strict(
        #[case] low: f64,
        #[case] high: f64,
        #[case] macd: f64,
        #[case] line: f64,
        #[case] opinion: Opinion,
    ) {
        assert_eq!(side(low, high, macd, line), opinion);
    }
}
