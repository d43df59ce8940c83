//! The combination: several opinions and their weights become one.

use std::fmt::Write as _;

use tradewind_types::order::UnitFraction;
use tradewind_types::signal::Opinion;

use crate::face::StrategyOpinion;
use crate::weights::{ONE, Weights};

/// Strategy id of the combination in signals.
pub const COMBINED: &str = "combined";

/// What the strategies think together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Combined {
    /// The side whose agreement is above 0.5, else hold.
    pub opinion: Opinion,
    /// Agreement of the stronger side (of `opinion`, where it is a side).
    pub agreement: UnitFraction,
    /// Weighted confidence of those who agree; 0 when nobody has a side.
    pub confidence: UnitFraction,
    /// Whether to act: agreement above 0.5 and confidence at least the gate's minimum.
    pub acts: bool,
    confidence_min: UnitFraction,
    /// Shares of buy and sell.
    shares: [UnitFraction; 2],
}

/// One side's sums, in integers so that comparisons are exact.
#[derive(Clone, Copy, Default)]
struct Sums {
    weight: u64,
    confidence_x_weight: u64,
}

impl Sums {
    fn of(opinions: &[StrategyOpinion], weights: &Weights, side: Opinion) -> Self {
        let agreeing = opinions.iter().filter(|o| o.verdict.opinion == side);
        agreeing.fold(Sums::default(), |sums, o| {
            let weight = u64::from(weights.of(&o.strategy).0);
            Sums {
                weight: sums.weight + weight,
                confidence_x_weight: sums.confidence_x_weight + u64::from(o.verdict.confidence.0) * weight,
            }
        })
    }
}

/// Weighs opinions.
///
/// `agreement = Σ weight of the side / Σ weight of all given`, those that hold (or are not warm) included;
/// `confidence = Σ(confidence × weight) / Σ weight` over those of the side. Acts when agreement > 0.5 and
/// confidence ≥ `confidence_min`; both compared exactly, rounded half up to millionths only for showing. A
/// strategy that has no weight counts nothing. Leave out strategies that are stopped or halted.
#[must_use]
pub fn combine(opinions: &[StrategyOpinion], weights: &Weights, confidence_min: UnitFraction) -> Combined {
    let total: u64 = opinions
        .iter()
        .map(|o| u64::from(weights.of(&o.strategy).0))
        .sum();
    let buy = Sums::of(opinions, weights, Opinion::Buy);
    let sell = Sums::of(opinions, weights, Opinion::Sell);
    let (side, sums) = if sell.weight > buy.weight {
        (Opinion::Sell, sell)
    } else {
        (Opinion::Buy, buy)
    };
    let agreed = 2 * sums.weight > total;
    let sure = sums.confidence_x_weight >= u64::from(confidence_min.0) * sums.weight;
    let agreement = ratio(sums.weight * u64::from(ONE), total);
    let confidence = ratio(sums.confidence_x_weight, sums.weight);
    Combined {
        opinion: if agreed { side } else { Opinion::Hold },
        agreement,
        confidence,
        acts: agreed && sure,
        confidence_min,
        shares: [buy, sell].map(|side| ratio(side.weight * u64::from(ONE), total)),
    }
}

impl Combined {
    /// The result, then every strategy's opinion with its weight: of the same opinions and weights that were
    /// combined. Made only when it is shown or journalled.
    #[must_use]
    pub fn reason(&self, opinions: &[StrategyOpinion], weights: &Weights) -> String {
        let headline = if self.opinion == Opinion::Hold {
            let [buy, sell] = self.shares.map(text);
            format!("HOLD: neither side above 0.5 (buy {buy}, sell {sell})")
        } else {
            let sign = if self.acts { "≥" } else { "<" };
            let (sure, least) = (text(self.confidence), text(self.confidence_min));
            format!(
                "{}: agreement {} > 0.5, confidence {sure} {sign} {least}",
                word(self.opinion),
                text(self.agreement)
            )
        };
        explain(headline, opinions, weights)
    }
}

/// `numerator / denominator` rounded half up; 0 for nothing.
fn ratio(numerator: u64, denominator: u64) -> UnitFraction {
    match (2 * numerator + denominator).checked_div(2 * denominator) {
        Some(millionths) => UnitFraction(u32::try_from(millionths).unwrap_or(ONE).min(ONE)),
        None => UnitFraction(0),
    }
}

/// The headline, then every strategy's opinion with its weight.
fn explain(mut reason: String, opinions: &[StrategyOpinion], weights: &Weights) -> String {
    for o in opinions {
        let verdict = &o.verdict;
        let weight = text(weights.of(&o.strategy));
        // Writing to a string cannot fail.
        let _ = write!(
            reason,
            "; {} {} (weight {weight}",
            o.strategy,
            word(verdict.opinion)
        );
        if verdict.opinion != Opinion::Hold {
            let _ = write!(reason, ", confidence {}", text(verdict.confidence));
        }
        let _ = write!(reason, "): {}", verdict.reason);
    }
    reason
}

fn word(opinion: Opinion) -> &'static str {
    match opinion {
        Opinion::Buy => "BUY",
        Opinion::Sell => "SELL",
        Opinion::Hold => "HOLD",
    }
}

/// Two decimals at least, more where they matter: `0.40`, `0.8333`.
fn text(fraction: UnitFraction) -> String {
    let full = format!("{}.{:06}", fraction.0 / ONE, fraction.0 % ONE);
    let kept = full.trim_end_matches('0').len().clamp(4, 6);
    full[..kept].to_owned()
}
