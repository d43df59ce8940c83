//! The lookahead check: the run is repeated on data that ends at several points; what was decided before such a point
//! must be the same as when the data went on.

use serde::{Deserialize, Serialize};
use tradewind_types::{SplitMix64, UnixNanos};

use super::capture::OrderRow;
use super::config::BacktestConfig;
use super::run::{Control, RunOutput};
use super::sources::Inputs;
use super::{BacktestError, run_once};

/// What the check found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LookaheadCheck {
    /// `equal`, `different`, or `not_made`.
    pub verdict: LookaheadVerdict,
    /// Where the data was cut.
    pub cuts: Vec<Cut>,
    /// The first difference, in words.
    pub difference: Option<String>,
}

/// The verdict of the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LookaheadVerdict {
    /// Decisions before every cut were the same without the data after it.
    Equal,
    /// They were not: the strategy saw what it could not have known.
    Different,
    /// It was not asked for.
    NotMade,
}

/// One cut.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cut {
    /// Nothing known later was given.
    #[serde(with = "tradewind_types::time::rfc3339")]
    pub at: UnixNanos,
    /// Orders made until then, which were compared.
    pub orders: u64,
}

/// Repeats the run on truncated data.
///
/// # Errors
/// [`BacktestError`] of a repetition.
pub fn check(
    config: &BacktestConfig,
    inputs: &Inputs,
    output: &RunOutput,
    control: &Control<'_>,
) -> Result<LookaheadCheck, BacktestError> {
    let mut found = LookaheadCheck {
        verdict: LookaheadVerdict::NotMade,
        cuts: Vec::new(),
        difference: None,
    };
    let silent = Control {
        progress: None,
        cancel: control.cancel,
    };
    for at in cut_points(config, output) {
        let part = run_once(config, inputs, at, &silent)?;
        let (whole, part) = (until(&output.capture.orders, at), until(&part.capture.orders, at));
        found.cuts.push(Cut {
            at,
            orders: whole.len() as u64,
        });
        found.verdict = LookaheadVerdict::Equal;
        if let Some(difference) = difference(whole, part) {
            found.verdict = LookaheadVerdict::Different;
            found.difference = Some(format!("cut at {at}: {difference}"));
            break;
        }
    }
    Ok(found)
}

/// Seeded points between the beginning and the end, one in each equal part.
fn cut_points(config: &BacktestConfig, output: &RunOutput) -> Vec<UnixNanos> {
    let span = output.last.since(output.first);
    let parts = u64::from(config.lookahead_cuts);
    if span == 0 || parts == 0 {
        return Vec::new();
    }
    let mut random = SplitMix64::new(config.seed ^ 0x1007_a4ea_d0c0_ffee);
    let part = (span / parts).max(1);
    let cut = |n: u64| output.first.plus(n * part + random.below(part));
    (0..parts).map(cut).collect()
}

/// Orders made until a time; they are in order of time.
fn until(orders: &[OrderRow], at: UnixNanos) -> &[OrderRow] {
    &orders[..orders.partition_point(|order| order.created <= at)]
}

fn difference(whole: &[OrderRow], part: &[OrderRow]) -> Option<String> {
    if whole.len() != part.len() {
        let (whole, part) = (whole.len(), part.len());
        return Some(format!(
            "{whole} orders with the data that follows, {part} without it"
        ));
    }
    let same = |a: &OrderRow, b: &OrderRow| {
        // Ids count outcomes, which is a decision's trace too.
        (
            &a.id,
            a.instrument,
            a.side,
            a.kind,
            a.time_in_force,
            a.created,
            a.reduce_only,
        ) == (
            &b.id,
            b.instrument,
            b.side,
            b.kind,
            b.time_in_force,
            b.created,
            b.reduce_only,
        ) && a.reason == b.reason
    };
    let odd = whole.iter().zip(part).find(|(a, b)| !same(a, b));
    odd.map(|(a, b)| format!("order {} of {} became {} of {}", a.id, a.created, b.id, b.created))
}
