//! Conservative scalping: outside the Bollinger band, stretched, and on the far side of the session's price.

use tradewind_types::StrategyId;
use tradewind_types::market::BarInterval;
use tradewind_types::order::UnitFraction;
use tradewind_types::signal::Opinion;
use tradewind_types::time::DAY_NS;

use super::{spec, strategy_id};
use crate::registry::{Definition, SlotCount};
use crate::{Context, Inputs, Intents, Reason, Strategy, Verdict, Window};

const BANDS: usize = 0;
const STOCHASTIC: usize = 1;
const VWAP: usize = 2;
const STRETCHED_LOW: f64 = 20.0;
const STRETCHED_HIGH: f64 = 80.0;

pub(crate) static CONSERVATIVE_SCALPING: Definition = Definition {
    name: "conservative_scalping",
    title: "Conservative scalping",
    doc: "Opinion: buy when close < lower Bollinger band 10/2, %K 7/3 < 20 and close < session VWAP, sell in the mirror image.",
    slots: SlotCount::Exactly(1),
    params: &[],
    build: |setup, _| Ok(Box::new(ConservativeScalping::named(setup.id, setup.interval))),
};

/// Buys when the close is below the lower Bollinger band (10, 2), %K of the fast Stochastic (7, 3) below 20 and
/// the close below the session VWAP; sells when the close is above the upper band, %K above 80 and the close
/// above VWAP; else holds. All comparisons are strict.
///
/// Confidence 0.7; strength = mean of how far %K went past its threshold, as a part of 20, and how far the
/// close lies outside the band, as a part of the band's half width (each at most 1). Needs 10 bars.
#[derive(Debug)]
pub struct ConservativeScalping {
    id: StrategyId,
    inputs: Inputs,
}

impl ConservativeScalping {
    /// On bars of `interval`.
    #[must_use]
    pub fn new(interval: BarInterval) -> Self {
        Self::named(strategy_id("conservative_scalping"), interval)
    }

    fn named(id: StrategyId, interval: BarInterval) -> Self {
        Self {
            id,
            inputs: Inputs::single(
                interval,
                10,
                1,
                vec![
                    spec("BBANDS", &[10.0, 2.0]),
                    spec("STOCHF", &[7.0, 3.0]),
                    spec("VWAP", &[]),
                ],
            ),
        }
    }
}

struct Figures {
    close: f64,
    upper: f64,
    middle: f64,
    lower: f64,
    percent_k: f64,
    vwap: f64,
}

impl Figures {
    fn read(window: &Window<'_>) -> Option<Self> {
        Some(Self {
            close: window.close(),
            upper: window.value(BANDS, 0, 0)?,
            middle: window.value(BANDS, 1, 0)?,
            lower: window.value(BANDS, 2, 0)?,
            percent_k: window.value(STOCHASTIC, 0, 0)?,
            vwap: window.value(VWAP, 0, 0)?,
        })
    }

    fn opinion(&self) -> Opinion {
        if self.close < self.lower && self.percent_k < STRETCHED_LOW && self.close < self.vwap {
            Opinion::Buy
        } else if self.close > self.upper && self.percent_k > STRETCHED_HIGH && self.close > self.vwap {
            Opinion::Sell
        } else {
            Opinion::Hold
        }
    }

    fn strength(&self, opinion: Opinion) -> f64 {
        let (outside, stretch) = match opinion {
            Opinion::Buy => (self.lower - self.close, STRETCHED_LOW - self.percent_k),
            Opinion::Sell => (self.close - self.upper, self.percent_k - STRETCHED_HIGH),
            Opinion::Hold => return 0.0,
        };
        let half_width = self.upper - self.middle;
        // A band without width has every close outside it: the distance says nothing then.
        let outside = if half_width > 0.0 {
            (outside / half_width).min(1.0)
        } else {
            0.0
        };
        (outside + stretch / STRETCHED_LOW) / 2.0
    }
}

const BUY: &str = "close {close:price} is below the lower band ({band:average}), %K {k:2} is below 20, VWAP is \
                   {vwap:average}";
const BUY_SINCE: &str = "close {close:price} is below the lower band ({band:average}), %K {k:2} is below 20, VWAP \
                         since {since:clock} is {vwap:average}";
const SELL: &str = "close {close:price} is above the upper band ({band:average}), %K {k:2} is above 80, VWAP is \
                    {vwap:average}";
const SELL_SINCE: &str = "close {close:price} is above the upper band ({band:average}), %K {k:2} is above 80, VWAP \
                          since {since:clock} is {vwap:average}";
const HOLD: &str = "close {close:price} against the bands {lower:average} to {upper:average}, %K {k:2}, VWAP \
                    {vwap:average}: not all past";
const HOLD_SINCE: &str = "close {close:price} against the bands {lower:average} to {upper:average}, %K {k:2}, VWAP \
                          since {since:clock} {vwap:average}: not all past";

/// Second of the day from which the session's bars are known; `None` when they begin at UTC midnight.
fn vwap_since(window: &Window<'_>) -> Option<f64> {
    let midnight = window.ts().floor_to(DAY_NS);
    let known = window.history_from();
    (known > midnight).then(|| (known.since(midnight) / 1_000_000_000) as f64)
}

fn reason(window: &Window<'_>, figures: &Figures, opinion: Opinion) -> Reason {
    let Figures {
        close,
        upper,
        lower,
        percent_k,
        vwap,
        ..
    } = *figures;
    match (opinion, vwap_since(window)) {
        (Opinion::Buy, None) => window.reason(BUY, &[close, lower, percent_k, vwap]),
        (Opinion::Buy, Some(since)) => window.reason(BUY_SINCE, &[close, lower, percent_k, since, vwap]),
        (Opinion::Sell, None) => window.reason(SELL, &[close, upper, percent_k, vwap]),
        (Opinion::Sell, Some(since)) => window.reason(SELL_SINCE, &[close, upper, percent_k, since, vwap]),
        (Opinion::Hold, None) => window.reason(HOLD, &[close, lower, upper, percent_k, vwap]),
        (Opinion::Hold, Some(since)) => {
            window.reason(HOLD_SINCE, &[close, lower, upper, percent_k, since, vwap])
        }
    }
}

fn verdict(window: &Window<'_>) -> Verdict {
    if window.value(VWAP, 0, 0).is_none() {
        return Verdict::hold("session VWAP has no value: no volume since UTC midnight");
    }
    let Some(figures) = Figures::read(window) else {
        return Verdict::hold("Bollinger 10/2 or Stochastic 7/3 has no value");
    };
    let opinion = figures.opinion();
    let reason = reason(window, &figures, opinion);
    if opinion == Opinion::Hold {
        return Verdict::hold(reason);
    }
    Verdict {
        opinion,
        strength: UnitFraction::from_unit(figures.strength(opinion)),
        confidence: UnitFraction(700_000),
        reason,
    }
}

impl Strategy for ConservativeScalping {
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
