//! Conservative scalping: outside the Bollinger band, stretched, and on the far side of the session's price.

use tradewind_types::StrategyId;
use tradewind_types::market::BarInterval;
use tradewind_types::order::UnitFraction;
use tradewind_types::signal::Opinion;
use tradewind_types::time::DAY_NS;

use super::{spec, strategy_id};
use crate::{Inputs, Strategy, Verdict, Window};

const BANDS: usize = 0;
const STOCHASTIC: usize = 1;
const VWAP: usize = 2;
const STRETCHED_LOW: f64 = 20.0;
const STRETCHED_HIGH: f64 = 80.0;

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
        Self {
            id: strategy_id("conservative_scalping"),
            inputs: Inputs {
                interval,
                warm_up_bars: 10,
                window_bars: 1,
                indicators: vec![
                    spec("BBANDS", &[10.0, 2.0]),
                    spec("STOCHF", &[7.0, 3.0]),
                    spec("VWAP", &[]),
                ],
            },
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

/// `VWAP`, or `VWAP since 09:10:00` when the bars begin after UTC midnight.
fn vwap_name(window: &Window<'_>) -> String {
    let midnight = window.ts().floor_to(DAY_NS);
    if window.history_from() <= midnight {
        return "VWAP".to_owned();
    }
    let secs = window.history_from().since(midnight) / 1_000_000_000;
    format!(
        "VWAP since {:02}:{:02}:{:02}Z",
        secs / 3600,
        secs / 60 % 60,
        secs % 60
    )
}

impl Strategy for ConservativeScalping {
    fn id(&self) -> &StrategyId {
        &self.id
    }

    fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    fn on_bar(&mut self, window: &Window<'_>) -> Verdict {
        if window.value(VWAP, 0, 0).is_none() {
            return Verdict::hold("session VWAP has no value: no volume since UTC midnight".to_owned());
        }
        let Some(figures) = Figures::read(window) else {
            return Verdict::hold("Bollinger 10/2 or Stochastic 7/3 has no value".to_owned());
        };
        let opinion = figures.opinion();
        let band = match opinion {
            Opinion::Buy => format!("below the lower band ({})", window.average_text(figures.lower)),
            Opinion::Sell => format!("above the upper band ({})", window.average_text(figures.upper)),
            Opinion::Hold => format!(
                "against the bands {} to {}",
                window.average_text(figures.lower),
                window.average_text(figures.upper)
            ),
        };
        let close = window.price_text(figures.close);
        let (vwap, percent_k) = (window.average_text(figures.vwap), figures.percent_k);
        let name = vwap_name(window);
        let reason = match opinion {
            Opinion::Buy => {
                format!("close {close} is {band}, %K {percent_k:.2} is below 20, {name} is {vwap}")
            }
            Opinion::Sell => {
                format!("close {close} is {band}, %K {percent_k:.2} is above 80, {name} is {vwap}")
            }
            Opinion::Hold => {
                return Verdict::hold(format!(
                    "close {close} {band}, %K {percent_k:.2}, {name} {vwap}: not all past"
                ));
            }
        };
        Verdict {
            opinion,
            strength: UnitFraction::from_unit(figures.strength(opinion)),
            confidence: UnitFraction(700_000),
            reason,
        }
    }
}
