//! What the tests of the depth lane share: a strategy that follows a script and notes what it is told.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use tradewind_matching::depth::{
    DepthConfig, DepthEvent, DepthLane, DepthOrder, DepthOrderKind, DepthStrategy, Desk, Latency, Life,
    Outcome, OwnId, QueueRule, Report, ReportKind,
};
use tradewind_types::Side;

/// What a script does at a time.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    New(DepthOrder),
    Cancel(OwnId),
    Modify(OwnId, i64, i64),
}

pub(crate) fn limit(side: Side, price: i64, size: i64, life: Life) -> DepthOrder {
    DepthOrder {
        side,
        size,
        kind: DepthOrderKind::Limit { price, life },
    }
}

pub(crate) fn market(side: Side, size: i64) -> DepthOrder {
    DepthOrder {
        side,
        size,
        kind: DepthOrderKind::Market,
    }
}

pub(crate) fn constant(ns: i64) -> Latency {
    Latency::constant(ns).expect("a legal latency")
}

/// Looks every nanosecond and does what is due.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    steps: Vec<(i64, Step)>,
    next: usize,
    pub(crate) reports: Vec<(i64, Report)>,
    pub(crate) offers: Vec<(i64, Option<i64>)>,
    pub(crate) refused: usize,
}

impl Script {
    pub(crate) fn new(steps: &[(i64, Step)]) -> Self {
        Self {
            steps: steps.to_vec(),
            next: 0,
            reports: Vec::new(),
            offers: Vec::new(),
            refused: 0,
        }
    }
}

impl DepthStrategy for Script {
    fn interval_ns(&self) -> Option<i64> {
        Some(1)
    }

    fn on_timer(&mut self, desk: &mut Desk) {
        self.offers
            .push((desk.now_ns(), desk.book().best_price(Side::Sell)));
        while let Some((at, step)) = self.steps.get(self.next).copied()
            && at <= desk.now_ns()
        {
            self.next += 1;
            let done = match step {
                Step::New(order) => desk.submit(order).map(drop),
                Step::Cancel(id) => desk.cancel(id),
                Step::Modify(id, price, left) => desk.modify(id, price, left),
            };
            self.refused += usize::from(done.is_err());
        }
    }

    fn on_report(&mut self, desk: &mut Desk, report: &Report) {
        self.reports.push((desk.now_ns(), *report));
    }
}

/// What came of a script.
pub(crate) struct Played {
    pub(crate) reports: Vec<(i64, Report)>,
    /// Lots ahead of our first order after each later event while it rests, with the event's time.
    pub(crate) aheads: Vec<(i64, f64)>,
    pub(crate) offers: Vec<(i64, Option<i64>)>,
    pub(crate) refused: usize,
    pub(crate) outcome: Outcome,
}

impl Played {
    pub(crate) fn kinds(&self) -> Vec<ReportKind> {
        self.reports.iter().map(|(_, report)| report.kind).collect()
    }

    /// The venue's times.
    pub(crate) fn times(&self) -> Vec<i64> {
        self.reports.iter().map(|(_, report)| report.ts_ns).collect()
    }
}

/// Without latency, by volume.
pub(crate) fn run<Q: QueueRule>(rule: Q, events: Vec<DepthEvent>, steps: &[(i64, Step)]) -> Played {
    run_with(rule, events, steps, |_| {})
}

pub(crate) fn run_with<Q: QueueRule>(
    rule: Q,
    events: Vec<DepthEvent>,
    steps: &[(i64, Step)],
    change: impl Fn(&mut DepthConfig),
) -> Played {
    run_script(rule, events, Script::new(steps), change)
}

pub(crate) fn run_script<Q: QueueRule>(
    rule: Q,
    events: Vec<DepthEvent>,
    script: Script,
    change: impl Fn(&mut DepthConfig),
) -> Played {
    let mut config = DepthConfig::new(constant(0), constant(0));
    change(&mut config);
    let mut lane = DepthLane::new(script, rule, config);
    let mut aheads = Vec::new();
    for event in events {
        lane.feed(&[event]).expect("legal events");
        aheads.extend(lane.ahead(OwnId(1)).map(|ahead| (event.ts_ns, ahead)));
    }
    let outcome = lane.finish().expect("sums fit");
    let script = lane.strategy();
    Played {
        reports: script.reports.clone(),
        aheads,
        offers: script.offers.clone(),
        refused: script.refused,
        outcome,
    }
}

/// Looks when the first step is due only: for long markets.
struct Once(Script);

impl DepthStrategy for Once {
    fn interval_ns(&self) -> Option<i64> {
        Some(250_000)
    }

    fn on_timer(&mut self, desk: &mut Desk) {
        self.0.on_timer(desk);
    }

    fn on_report(&mut self, desk: &mut Desk, report: &Report) {
        self.0.on_report(desk, report);
    }
}

/// As [`run`], with a look every 250 µs.
pub(crate) fn run_coarse<Q: QueueRule>(rule: Q, events: Vec<DepthEvent>, steps: &[(i64, Step)]) -> Played {
    let config = DepthConfig::new(constant(0), constant(0));
    let mut lane = DepthLane::new(Once(Script::new(steps)), rule, config);
    lane.feed(&events).expect("legal events");
    let outcome = lane.finish().expect("sums fit");
    let script = &lane.strategy().0;
    Played {
        reports: script.reports.clone(),
        aheads: Vec::new(),
        offers: script.offers.clone(),
        refused: script.refused,
        outcome,
    }
}
