//! The lookahead check: the run is repeated on data that ends at several points; what was decided on rows before such a
//! point must be the same as when the data went on: every order with its quantity, prices and flags, every change and
//! every cancel.

use serde::{Deserialize, Serialize};
use tradewind_types::{SplitMix64, UnixNanos};

use super::capture::{AskRow, Capture, OrderRow};
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
    let silent = Control {
        progress: None,
        cancel: control.cancel,
    };
    check_with(config, output, &|at| run_once(config, inputs, at, &silent))
}

/// The same for a run of one's own: `again` repeats it on data that is known until a time.
///
/// # Errors
/// [`BacktestError`] of a repetition.
pub fn check_with(
    config: &BacktestConfig,
    output: &RunOutput,
    again: &dyn Fn(UnixNanos) -> Result<RunOutput, BacktestError>,
) -> Result<LookaheadCheck, BacktestError> {
    let mut found = LookaheadCheck {
        verdict: LookaheadVerdict::NotMade,
        cuts: Vec::new(),
        difference: None,
    };
    for at in cut_points(config, output) {
        let part = again(at)?;
        let (whole, part) = (
            Decisions::until(&output.capture, at),
            Decisions::until(&part.capture, at),
        );
        found.cuts.push(Cut {
            at,
            orders: whole.orders.len() as u64,
        });
        found.verdict = LookaheadVerdict::Equal;
        if let Some(difference) = whole.difference(&part) {
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

/// What rows that were known until a time had led to.
struct Decisions<'a> {
    orders: &'a [OrderRow],
    asks: &'a [AskRow],
}

impl<'a> Decisions<'a> {
    fn until(capture: &'a Capture, at: UnixNanos) -> Self {
        let (orders, asks) = (&capture.orders, &capture.asks);
        Self {
            orders: &orders[..orders.partition_point(|order| order.known <= at)],
            asks: &asks[..asks.partition_point(|ask| ask.known <= at)],
        }
    }

    fn difference(&self, part: &Decisions<'_>) -> Option<String> {
        let pairs = self.orders.iter().zip(part.orders);
        let odd = pairs.clone().find_map(|(a, b)| {
            let what = differs(a, b)?;
            Some(format!(
                "{what} with the data that follows and without it: {} and {}",
                told(a),
                told(b)
            ))
        });
        let (whole, other) = (self.orders.len(), part.orders.len());
        let count = (whole != other)
            .then(|| format!("{whole} orders with the data that follows, {other} without it"));
        let asks = || {
            let odd = self.asks.iter().zip(part.asks).find(|(a, b)| a != b);
            odd.map(|(a, b)| {
                let id = |ask: &AskRow| {
                    let order = self.orders.get(ask.order as usize);
                    order.map_or_else(|| "?".to_owned(), |o| o.id.to_string())
                };
                format!(
                    "{:?} of order {} with the data that follows, {:?} of order {} without it",
                    a.ask,
                    id(a),
                    b.ask,
                    id(b)
                )
            })
        };
        let asked = || {
            let (whole, other) = (self.asks.len(), part.asks.len());
            (whole != other).then(|| {
                format!("{whole} changes and cancels with the data that follows, {other} without it")
            })
        };
        odd.or(count).or_else(asks).or_else(asked)
    }
}

/// What two orders do not have in common. Ids count outcomes, which is a decision's trace too.
fn differs(a: &OrderRow, b: &OrderRow) -> Option<&'static str> {
    let checks = [
        ("another id", a.id != b.id),
        ("another instrument", a.instrument != b.instrument),
        ("another side", a.side != b.side),
        ("another quantity", a.asked != b.asked),
        ("another type or price", a.kind != b.kind),
        ("another time in force", a.time_in_force != b.time_in_force),
        ("another time", a.created != b.created),
        ("another limit to reducing", a.reduce_only != b.reduce_only),
        ("another parent", a.child != b.child),
        ("another strategy", a.strategy != b.strategy),
        ("another reason", a.reason != b.reason),
    ];
    checks.into_iter().find(|(_, odd)| *odd).map(|(what, _)| what)
}

fn told(order: &OrderRow) -> String {
    format!("{} {} {} of {}", order.id, order.side, order.asked, order.created)
}
