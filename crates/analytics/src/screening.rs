//! Screening for scalping: which instruments move, trade, are cheap to cross and trend.
//!
//! `score = 0.3·volatility + 0.3·volume + 0.2·spread + 0.2·momentum`, each 0 to 1 in whole millionths, so that a
//! score lies exactly at a threshold or does not.
//!
//! | part | figure | 0 at | 1 at |
//! | --- | --- | --- | --- |
//! | volatility | σ of the log returns of closes (population), × √(bars per hour) | 0 | 1 % an hour |
//! | volume | log₁₀ of the traded value per hour, in quote currency | 10⁴ | 10⁸ |
//! | spread | (ask − bid) / mid of the present quote | 20 bps and more | 0 |
//! | momentum | Kaufman's efficiency ratio: `abs(last − first) / Σ abs(change)` of closes | back where it began | no step back |
//!
//! Between the ends each is linear. The ends are settings ([`ScreenSettings`]). Traded values compare only
//! between instruments of one quote currency. What lacks data is not scored and says why.

use serde::Serialize;
use tradewind_types::InstrumentId;
use tradewind_types::market::{Bar, DataState, Quote};
use tradewind_types::order::UnitFraction;

/// One instrument to be screened.
#[derive(Clone, Debug)]
pub struct Candidate<'a> {
    /// The instrument.
    pub instrument: InstrumentId,
    /// Decimals of prices.
    pub price_scale: u8,
    /// Decimals of sizes.
    pub size_scale: u8,
    /// Closed bars of one interval, oldest first.
    pub bars: &'a [Bar],
    /// The present quote.
    pub quote: Option<Quote>,
    /// Whether the quote may be believed.
    pub state: DataState,
}

/// Where the parts reach their ends.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ScreenSettings {
    /// Last bars looked at; 60.
    pub bars: usize,
    /// With fewer an instrument is not scored; 20.
    pub bars_min: usize,
    /// Hourly volatility that scores 1; 0.01.
    pub volatility_full: f64,
    /// Traded value per hour that scores 0; 10⁴.
    pub value_zero: f64,
    /// Traded value per hour that scores 1; 10⁸.
    pub value_full: f64,
    /// Relative spread that scores 0; 0.0020.
    pub spread_zero: f64,
}

impl Default for ScreenSettings {
    fn default() -> Self {
        Self {
            bars: 60,
            bars_min: 20,
            volatility_full: 0.01,
            value_zero: 1e4,
            value_full: 1e8,
            spread_zero: 0.0020,
        }
    }
}

/// What a score is worth.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Grade {
    /// Below 0.50.
    Poor,
    /// 0.50 and more.
    Fair,
    /// 0.60 and more.
    Good,
    /// 0.75 and more.
    Best,
}

/// The parts of a score.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Parts {
    /// How much it moves.
    pub volatility: UnitFraction,
    /// How much is traded.
    pub volume: UnitFraction,
    /// How cheap it is to cross.
    pub spread: UnitFraction,
    /// How straight it moves.
    pub momentum: UnitFraction,
}

impl Parts {
    /// Ten times the score in millionths, exact.
    fn tenfold(&self) -> u32 {
        3 * self.volatility.0 + 3 * self.volume.0 + 2 * self.spread.0 + 2 * self.momentum.0
    }

    /// The score, rounded half up to a millionth.
    #[must_use]
    pub fn score(&self) -> UnitFraction {
        UnitFraction((self.tenfold() + 5) / 10)
    }

    /// The grade, of the exact score.
    #[must_use]
    pub fn grade(&self) -> Grade {
        match self.tenfold() {
            7_500_000.. => Grade::Best,
            6_000_000.. => Grade::Good,
            5_000_000.. => Grade::Fair,
            _ => Grade::Poor,
        }
    }
}

/// One instrument's result.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(tag = "result", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Screened {
    /// Scored.
    Scored {
        /// The instrument.
        instrument: InstrumentId,
        /// The score.
        score: UnitFraction,
        /// What it is worth.
        grade: Grade,
        /// Of what it is made.
        parts: Parts,
    },
    /// Not scored, for want of data.
    NotScored {
        /// The instrument.
        instrument: InstrumentId,
        /// What is missing.
        reason: String,
    },
}

impl Screened {
    /// The instrument.
    #[must_use]
    pub fn instrument(&self) -> &InstrumentId {
        match self {
            Screened::Scored { instrument, .. } | Screened::NotScored { instrument, .. } => instrument,
        }
    }

    /// The score, where there is one.
    #[must_use]
    pub fn score(&self) -> Option<UnitFraction> {
        match self {
            Screened::Scored { score, .. } => Some(*score),
            Screened::NotScored { .. } => None,
        }
    }
}

/// Scores all candidates, the best first; those without a score last; equals by instrument. O(bars looked at).
#[must_use]
pub fn screen(candidates: &[Candidate<'_>], settings: &ScreenSettings) -> Vec<Screened> {
    let mut all: Vec<Screened> = candidates.iter().map(|c| screen_one(c, settings)).collect();
    all.sort_by(|a, b| {
        let by_score = b.score().cmp(&a.score());
        by_score.then_with(|| a.instrument().cmp(b.instrument()))
    });
    all
}

fn screen_one(candidate: &Candidate<'_>, settings: &ScreenSettings) -> Screened {
    let instrument = candidate.instrument.clone();
    match parts(candidate, settings) {
        Ok(parts) => Screened::Scored {
            instrument,
            score: parts.score(),
            grade: parts.grade(),
            parts,
        },
        Err(reason) => Screened::NotScored { instrument, reason },
    }
}

fn parts(candidate: &Candidate<'_>, settings: &ScreenSettings) -> Result<Parts, String> {
    let relative_spread = relative_spread(candidate)?;
    let bars = &candidate.bars[candidate.bars.len().saturating_sub(settings.bars)..];
    let Some(first) = bars.first().filter(|_| bars.len() >= settings.bars_min.max(2)) else {
        return Err(format!("{} of {} bars", bars.len(), settings.bars_min.max(2)));
    };
    let closes: Vec<f64> = bars
        .iter()
        .map(|b| b.close.to_f64(candidate.price_scale))
        .collect();
    if let Some(bad) = closes.iter().find(|c| **c <= 0.0) {
        return Err(format!("a close of {bad}: returns need prices above 0"));
    }
    // By time, not by number of bars: an interval without a trade may have no bar.
    let span_s =
        bars.last().map_or(0, |last| last.ts.since(first.ts)) as f64 / 1e9 + f64::from(first.interval.secs());
    let hours = span_s / 3600.0;
    let volatility = deviation_of_returns(&closes) * (closes.len() as f64 / hours).sqrt();
    let value_scale = i32::from(candidate.price_scale) + i32::from(candidate.size_scale);
    let value: f64 = bars
        .iter()
        .map(|b| b.value as f64 / 10f64.powi(value_scale))
        .sum();
    Ok(Parts {
        volatility: UnitFraction::from_unit(volatility / settings.volatility_full),
        volume: volume_part(value / hours, settings),
        spread: UnitFraction::from_unit(1.0 - relative_spread / settings.spread_zero),
        momentum: UnitFraction::from_unit(efficiency(&closes)),
    })
}

fn relative_spread(candidate: &Candidate<'_>) -> Result<f64, String> {
    let valid = candidate.quote.filter(|_| candidate.state == DataState::Valid);
    let quote = valid.ok_or_else(|| "no valid quote".to_owned())?;
    let (bid, ask) = (quote.bid.0 as f64, quote.ask.0 as f64);
    if quote.bid_size.0 <= 0 || quote.ask_size.0 <= 0 || bid <= 0.0 || ask < bid {
        return Err("its quote has no two sides above 0, or they cross".to_owned());
    }
    Ok((ask - bid) / ((ask + bid) / 2.0))
}

fn volume_part(value_per_hour: f64, settings: &ScreenSettings) -> UnitFraction {
    if value_per_hour <= 0.0 {
        return UnitFraction(0);
    }
    let (zero, full) = (settings.value_zero.log10(), settings.value_full.log10());
    UnitFraction::from_unit((value_per_hour.log10() - zero) / (full - zero))
}

/// Population standard deviation of the log returns.
fn deviation_of_returns(closes: &[f64]) -> f64 {
    let returns: Vec<f64> = closes.windows(2).map(|pair| (pair[1] / pair[0]).ln()).collect();
    let count = returns.len() as f64;
    let mean = returns.iter().sum::<f64>() / count;
    let squares: f64 = returns.iter().map(|r| (r - mean).powi(2)).sum();
    (squares / count).sqrt()
}

/// Kaufman's efficiency ratio; 0 where nothing moved.
fn efficiency(closes: &[f64]) -> f64 {
    let path: f64 = closes.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum();
    match (closes.first(), closes.last()) {
        (Some(first), Some(last)) if path > 0.0 => (last - first).abs() / path,
        _ => 0.0,
    }
}
