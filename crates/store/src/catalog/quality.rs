//! How good a series of bars looks: what is suspicious in it, and one score from 0 to 1.
//!
//! score = Π (1 − weight × min(1, share / tolerance)) over the checks, where `share` is the share of bars that a check
//! finds, and `tolerance` the share from which it weighs fully. A series without findings has 1.
//!
//! | check | finds | weight | tolerance |
//! | --- | --- | --- | --- |
//! | `ohlc_order` | bars whose high or low does not enclose open and close, or with a price of 0 or below | 0.5 | 1 % |
//! | `gaps` | bars missing in session (only where sessions are known) | 0.4 | 20 % |
//! | `price_gaps` | opens more than 30 % off the close before | 0.3 | 0.5 % |
//! | `moves` | closes more than 50 % off the close before | 0.3 | 0.5 % |
//! | `outliers` | log returns whose modified z-score is above 35 | 0.2 | 1 % |
//! | `stale` | bars in runs of 10 or more that are all the same | 0.3 | 50 % |
//! | `zero_volume` | bars without volume, in a series that has volumes | 0.2 | 50 % |
//! | `splits` | jumps close to a split's ratio that stay; each weighs by itself | 0.3 | 2 of them |
//!
//! The modified z-score is 0.6745 (r − median) / MAD, or (r − median) / (1.2533 × mean absolute deviation) where that is
//! smaller: Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993, who use the second where the MAD is 0; prices
//! in ticks have returns of so few values that it is next to 0 often. Their 3.5 is meant for normal values; returns of a
//! minute are so far from that that ten times as much is asked for.

use tradewind_types::market::BarInterval;

use super::figures::{Figures, NONE_WIDE};
use super::gaps::{Gap, GapRules, scan};
use super::series::BarSeries;

const PRICE_GAP: f64 = 0.3;
const MOVE: f64 = 0.5;
const OUTLIER: f64 = 35.0;
const STALE_RUN: usize = 10;
/// Ratios of splits and reverse splits: old price ÷ new price.
const SPLITS: [f64; 9] = [1.5, 2.0, 3.0, 4.0, 5.0, 7.0, 8.0, 10.0, 20.0];
/// How close a jump must come to a ratio.
const SPLIT_NEAR: f64 = 0.03;
/// Examples that a finding has.
pub const EXAMPLES_MAX: usize = 10;
/// Bars after a jump that must stay nearer to the new price than to the old one, and before it to the old one.
const SPLIT_STAYS: usize = 5;

/// What one check found.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Finding {
    /// Its name.
    pub check: &'static str,
    /// Bars found.
    pub count: u64,
    /// Their share of the bars that were looked at, for gaps also of those missing.
    pub share: f64,
    /// The first of them, opening time in nanoseconds.
    pub first: Option<i64>,
    /// The first few of them, opening times in nanoseconds; of runs and gaps where they begin.
    pub examples: Vec<i64>,
    /// What it takes off the score, as a factor.
    pub penalty: f64,
}

/// A series' quality.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Quality {
    /// From 0 to 1.
    pub score: f64,
    /// Bars looked at.
    pub bars: u64,
    /// Every check that was made.
    pub findings: Vec<Finding>,
}

/// Checks bars. `sessions` are (open, close) over their period, where they are known.
#[must_use]
pub fn quality(bars: &BarSeries, interval: BarInterval, sessions: Option<&[(i64, i64)]>) -> Quality {
    let n = bars.len();
    let mut findings = vec![
        weighed(
            "ohlc_order",
            (0.5, 0.01),
            n,
            marked(bars, |at| out_of_order(bars, at)),
        ),
        weighed(
            "price_gaps",
            (0.3, 0.005),
            n,
            marked(bars, |at| {
                at > 0
                    && ratio(bars.open[at], bars.close[at - 1]).is_some_and(|r| (r - 1.0).abs() > PRICE_GAP)
            }),
        ),
        weighed(
            "moves",
            (0.3, 0.005),
            n,
            marked(bars, |at| {
                at > 0 && ratio(bars.close[at], bars.close[at - 1]).is_some_and(|r| (r - 1.0).abs() > MOVE)
            }),
        ),
        weighed("outliers", (0.2, 0.01), n, outliers(bars)),
        weighed("stale", (0.3, 0.5), n, stale(bars)),
        weighed("splits", (0.3, 2.0 / n.max(1) as f64), n, splits(bars)),
    ];
    if has_volume(&bars.volume) {
        let zero = marked(bars, |at| matches!(bars.volume.get(at), 0 | NONE_WIDE));
        findings.push(weighed("zero_volume", (0.2, 0.5), n, zero));
    }
    if let Some(sessions) = sessions
        && let (Some(first), Some(last)) = (bars.ts.first(), bars.ts.last())
    {
        let times = *first..last.saturating_add(interval.nanos() as i64);
        let rules = GapRules {
            days_back: u16::MAX,
            ..GapRules::default()
        };
        let now = times.end;
        let gaps: Vec<Gap> = scan(&bars.ts, interval, sessions.iter().copied(), (times, now), &rules);
        let missing: u64 = gaps.iter().map(|gap| gap.bars).sum();
        let begins = gaps.iter().take(EXAMPLES_MAX).map(|gap| gap.from).collect();
        let found = (missing, begins);
        findings.push(weighed("gaps", (0.4, 0.2), n + missing as usize, found));
    }
    Quality {
        score: findings.iter().map(|f| 1.0 - f.penalty).product(),
        bars: n as u64,
        findings,
    }
}

/// How many bars, and the first few of them.
type Found = (u64, Vec<i64>);

fn weighed(
    check: &'static str,
    (weight, tolerance): (f64, f64),
    of: usize,
    (count, examples): Found,
) -> Finding {
    let share = count as f64 / of.max(1) as f64;
    Finding {
        check,
        count,
        share,
        first: examples.first().copied(),
        examples,
        penalty: weight * (share / tolerance).min(1.0),
    }
}

fn marked(bars: &BarSeries, is: impl Fn(usize) -> bool) -> Found {
    let found = (0..bars.len()).filter(|at| is(*at));
    counted(found.map(|at| bars.ts[at]))
}

/// Counts all, and keeps the first few.
fn counted(mut times: impl Iterator<Item = i64>) -> Found {
    let examples: Vec<i64> = times.by_ref().take(EXAMPLES_MAX).collect();
    ((examples.len() + times.count()) as u64, examples)
}

fn out_of_order(bars: &BarSeries, at: usize) -> bool {
    let (open, high, low, close) = (bars.open[at], bars.high[at], bars.low[at], bars.close[at]);
    high < open || high < close || low > open || low > close || low <= 0
}

fn ratio(new: i64, old: i64) -> Option<f64> {
    (new > 0 && old > 0).then(|| new as f64 / old as f64)
}

fn has_volume(volume: &Figures) -> bool {
    (0..volume.len()).any(|at| !matches!(volume.get(at), 0 | NONE_WIDE))
}

fn median(values: &mut [f64]) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let (middle, odd) = (values.len() / 2, values.len() % 2 == 1);
    let (low, at, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let upper = *at;
    if odd {
        return upper;
    }
    let lower = low.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (lower + upper) / 2.0
}

fn outliers(bars: &BarSeries) -> Found {
    let returns: Vec<(i64, f64)> = (1..bars.len())
        .filter_map(|at| Some((bars.ts[at], ratio(bars.close[at], bars.close[at - 1])?.ln())))
        .collect();
    let middle = median(&mut returns.iter().map(|(_, r)| *r).collect::<Vec<_>>());
    let mut off: Vec<f64> = returns.iter().map(|(_, r)| (r - middle).abs()).collect();
    let mean = off.iter().sum::<f64>() / off.len().max(1) as f64;
    let mad = median(&mut off);
    let unit = (mad / 0.6745).max(1.2533 * mean);
    let found = returns
        .iter()
        .filter(|(_, r)| (r - middle).abs() > OUTLIER * unit && unit > 0.0);
    counted(found.map(|(ts, _)| *ts))
}

fn stale(bars: &BarSeries) -> Found {
    let same = |at: usize| {
        let of = |v: &[i64]| v[at] == v[at - 1];
        of(&bars.open)
            && of(&bars.high)
            && of(&bars.low)
            && of(&bars.close)
            && bars.volume.get(at) == bars.volume.get(at - 1)
    };
    let (mut count, mut begins, mut from) = (0, Vec::new(), 0);
    for at in 1..=bars.len() {
        if at < bars.len() && same(at) {
            continue;
        }
        let run = at - from;
        if run >= STALE_RUN {
            count += run as u64;
            let room = EXAMPLES_MAX.saturating_sub(begins.len()).min(1);
            begins.extend(bars.ts.get(from).copied().into_iter().take(room));
        }
        from = at;
    }
    (count, begins)
}

fn splits(bars: &BarSeries) -> Found {
    marked(bars, |at| {
        let Some(jump) = at
            .checked_sub(1)
            .and_then(|before| ratio(bars.close[before], bars.open[at]))
        else {
            return false;
        };
        let near = |wanted: f64| {
            (jump / wanted - 1.0).abs() < SPLIT_NEAR || (jump * wanted - 1.0).abs() < SPLIT_NEAR
        };
        if !SPLITS.iter().any(|ratio| near(*ratio)) {
            return false;
        }
        let (old, new) = (bars.close[at - 1], bars.open[at]);
        let after = &bars.close[at..(at + SPLIT_STAYS).min(bars.len())];
        let before = &bars.close[at.saturating_sub(SPLIT_STAYS)..at];
        after
            .iter()
            .all(|close| close.abs_diff(new) < close.abs_diff(old))
            && before
                .iter()
                .all(|close| close.abs_diff(old) < close.abs_diff(new))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000_000_000;

    fn series(closes: &[i64]) -> BarSeries {
        BarSeries {
            ts: (0..closes.len() as i64).map(|n| n * MINUTE).collect(),
            open: closes.to_vec(),
            high: closes.iter().map(|c| c + 2).collect(),
            low: closes.iter().map(|c| c - 2).collect(),
            close: closes.to_vec(),
            volume: Figures::Narrow(vec![5; closes.len()]),
            ..BarSeries::default()
        }
    }

    /// A quiet walk: +1, −1, +2, −2 …
    fn quiet(n: usize) -> Vec<i64> {
        (0..n as i64).map(|at| 10_000 + (at * 37) % 23).collect()
    }

    fn count(quality: &Quality, check: &str) -> u64 {
        quality
            .findings
            .iter()
            .find(|f| f.check == check)
            .expect("the check")
            .count
    }

    #[test]
    fn a_quiet_series_has_the_full_score() {
        let found = quality(&series(&quiet(1_000)), BarInterval::M1, None);
        assert!((found.score - 1.0).abs() < 1e-12, "{found:?}");
    }

    #[test]
    fn each_defect_is_found_by_its_check_and_lowers_the_score() {
        let base = quiet(1_000);
        let mut halved = base.clone();
        halved[500..].iter_mut().for_each(|c| *c /= 2);
        let split = quality(&series(&halved), BarInterval::M1, None);
        assert_eq!(count(&split, "splits"), 1);
        assert_eq!(count(&split, "price_gaps"), 1);
        assert!(split.score < 0.95, "{split:?}");

        let mut spike = base.clone();
        spike[300] *= 2;
        let spiked = quality(&series(&spike), BarInterval::M1, None);
        assert_eq!(count(&spiked, "splits"), 0, "it does not stay");
        // Up by 100 %, and down by 50 %, which is not more than 50 %, but for the walk's step.
        assert!((1..=2).contains(&count(&spiked, "moves")));
        assert_eq!(count(&spiked, "outliers"), 2);

        let mut frozen = base.clone();
        frozen[100..120].fill(10_005);
        assert!(count(&quality(&series(&frozen), BarInterval::M1, None), "stale") >= 20);

        let mut crooked = series(&base);
        crooked.high[7] = crooked.low[7] - 1;
        let found = quality(&crooked, BarInterval::M1, None);
        assert_eq!(count(&found, "ohlc_order"), 1);
        let first = found
            .findings
            .iter()
            .find(|f| f.check == "ohlc_order")
            .and_then(|f| f.first);
        assert_eq!(first, Some(7 * MINUTE));

        let mut silent = series(&base);
        silent.volume = Figures::Narrow((0..1_000).map(|n| i64::from(n % 4 != 0)).collect());
        assert_eq!(
            count(&quality(&silent, BarInterval::M1, None), "zero_volume"),
            250
        );

        let mut holed = series(&base);
        for column in [
            &mut holed.ts,
            &mut holed.open,
            &mut holed.high,
            &mut holed.low,
            &mut holed.close,
        ] {
            column.drain(400..500);
        }
        holed.volume.keep(0..900);
        let found = quality(&holed, BarInterval::M1, Some(&[(0, 1_000 * MINUTE)]));
        assert_eq!(count(&found, "gaps"), 100);
        assert!(
            (found.score - 0.8).abs() < 1e-9,
            "0.4 × (10 % / 20 %): {}",
            found.score
        );
    }

    #[test]
    fn a_series_without_volumes_is_not_blamed_for_it() {
        let mut bars = series(&quiet(100));
        bars.volume = Figures::Narrow(vec![super::super::NONE; 100]);
        assert!(
            quality(&bars, BarInterval::M1, None)
                .findings
                .iter()
                .all(|f| f.check != "zero_volume")
        );
        assert!((quality(&BarSeries::default(), BarInterval::M1, None).score - 1.0).abs() < 1e-12);
    }
}
