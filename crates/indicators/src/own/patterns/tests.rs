//! Patterns on series built by hand: what each is, when it is reported, and what is none.

use tradewind_types::SplitMix64;

use super::*;
use crate::input::{BarInput, Columns};

/// Bars along straight lines between corners `(bar, price)`, closing on the line, 0.2 high.
fn bars(corners: &[(u64, f64)]) -> Vec<BarInput> {
    let mut out = Vec::new();
    for pair in corners.windows(2) {
        let ((from, start), (to, end)) = (pair[0], pair[1]);
        for at in from..to {
            out.push(bar(
                at,
                start + (end - start) * (at - from) as f64 / (to - from) as f64,
            ));
        }
    }
    if let Some((at, price)) = corners.last() {
        out.push(bar(*at, *price));
    }
    out
}

fn bar(at: u64, price: f64) -> BarInput {
    BarInput {
        ts: UnixNanos::from_secs(at * 60),
        open: price,
        high: price + 0.1,
        low: price - 0.1,
        close: price,
        volume: 1.0,
        value: price,
    }
}

fn found(bars: &[BarInput]) -> Vec<Detection> {
    let columns: Columns = bars.iter().copied().collect();
    PatternScanner::new(PatternRules::default(), &PatternKind::ALL).scan(&columns.view())
}

/// The same prices upside down, around 200.
fn upside_down(corners: &[(u64, f64)]) -> Vec<(u64, f64)> {
    corners.iter().map(|(at, price)| (*at, 200.0 - price)).collect()
}

fn kinds(corners: &[(u64, f64)]) -> Vec<(PatternKind, bool, u64)> {
    found(&bars(corners))
        .iter()
        .map(|d| (d.kind, d.upwards, d.ts.as_secs() / 60))
        .collect()
}

fn near(a: f64, b: f64) {
    assert!((a - b).abs() < 1e-9, "{a} is not {b}");
}

/// A rise from 80, shoulders at 110, head at 120, neckline at 100, a fall to 85 through bar 70.
const HEAD: [(u64, f64); 8] = [
    (0, 90.0),
    (10, 80.0),
    (20, 110.0),
    (30, 100.0),
    (40, 120.0),
    (50, 100.0),
    (60, 110.0),
    (85, 85.0),
];

#[test]
fn a_head_and_shoulders_is_reported_on_the_first_close_under_its_neckline() {
    let all = found(&bars(&HEAD));
    let heads: Vec<_> = all
        .iter()
        .filter(|d| d.kind == PatternKind::HeadAndShoulders)
        .collect();
    assert_eq!(heads.len(), 1);
    let head = heads[0];
    // The neckline goes through the lows 99.9; the first close under it is the one of bar 71, 99.
    assert_eq!((head.upwards, head.ts.as_secs() / 60, head.bars), (false, 71, 51));
    near(head.level, 99.9);
    near(head.target, 99.9 - 20.2);
    let corners: Vec<(u64, f64)> = head
        .points
        .iter()
        .map(|p| (p.ts.as_secs() / 60, p.price))
        .collect();
    let truth = [(20, 110.1), (30, 99.9), (40, 120.1), (50, 99.9), (60, 110.1)];
    for ((at, price), (at_truth, price_truth)) in corners.iter().zip(truth) {
        assert_eq!(*at, at_truth);
        near(*price, price_truth);
    }
}

#[test]
fn upside_down_it_is_the_inverse_and_says_up() {
    let all = kinds(&upside_down(&HEAD));
    assert!(
        all.contains(&(PatternKind::InverseHeadAndShoulders, true, 71)),
        "{all:?}"
    );
    assert!(
        !all.iter()
            .any(|(kind, ..)| *kind == PatternKind::HeadAndShoulders)
    );
}

#[test]
fn a_head_and_shoulders_that_breaks_one_rule_is_none() {
    let changed = |at: usize, corner: (u64, f64)| {
        let mut corners = HEAD;
        corners[at] = corner;
        corners
    };
    let is_head = |corners: &[(u64, f64)]| {
        kinds(corners)
            .iter()
            .any(|(kind, ..)| *kind == PatternKind::HeadAndShoulders)
    };
    assert!(is_head(&HEAD));
    for (why, corners) in [
        ("the head is no higher than a shoulder", changed(4, (40, 111.0))),
        ("a shoulder is much lower", changed(2, (20, 104.5))),
        ("a low is much lower", changed(3, (30, 92.0))),
        ("the rise began over the neckline", changed(1, (10, 101.0))),
        ("one side is much longer", changed(2, (12, 110.0))),
        ("it never closes under the neckline", changed(7, (85, 101.0))),
        ("it closes over the head first", changed(7, (85, 140.0))),
    ] {
        let mut corners = corners;
        if why == "one side is much longer" {
            corners[1] = (4, 80.0);
            corners[3] = (16, 100.0);
            corners[4] = (20, 120.0);
            corners[5] = (50, 100.0);
        }
        assert!(!is_head(&corners), "{why}");
    }
}

#[test]
fn a_break_that_comes_after_as_many_bars_as_the_pattern_is_long_is_too_late() {
    let mut corners = HEAD.to_vec();
    // 40 bars from shoulder to shoulder; it drifts over the neckline until bar 103.
    corners[7] = (103, 101.0);
    corners.push((120, 80.0));
    let late = kinds(&corners);
    assert!(
        !late
            .iter()
            .any(|(kind, ..)| *kind == PatternKind::HeadAndShoulders),
        "{late:?}"
    );
}

#[test]
fn a_double_top_is_reported_under_the_low_between_its_tops() {
    let corners = [
        (0, 90.0),
        (10, 80.0),
        (30, 120.0),
        (40, 105.0),
        (50, 121.0),
        (75, 96.0),
    ];
    let all = kinds(&corners);
    // The low is 104.9; the close of bar 67 is 104.
    assert_eq!(all, [(PatternKind::DoubleTop, false, 67)]);
    let top = &found(&bars(&corners))[0];
    near(top.level, 104.9);
    near(top.target, 104.9 - (120.6 - 104.9));
    assert_eq!(
        kinds(&upside_down(&corners)),
        [(PatternKind::DoubleBottom, true, 67)]
    );
}

#[test]
fn tops_at_two_prices_or_without_a_rise_before_them_are_no_double_top() {
    let is_top = |corners: &[(u64, f64)]| {
        kinds(corners)
            .iter()
            .any(|(kind, ..)| *kind == PatternKind::DoubleTop)
    };
    assert!(!is_top(&[
        (0, 90.0),
        (10, 80.0),
        (30, 120.0),
        (40, 105.0),
        (50, 125.0),
        (75, 96.0)
    ]));
    assert!(!is_top(&[
        (0, 120.0),
        (10, 110.0),
        (30, 120.0),
        (40, 105.0),
        (50, 121.0),
        (75, 96.0)
    ]));
    // It rises over both tops instead.
    assert!(!is_top(&[
        (0, 90.0),
        (10, 80.0),
        (30, 120.0),
        (40, 105.0),
        (50, 121.0),
        (55, 110.0),
        (75, 150.0)
    ]));
}

#[test]
fn triangles_are_told_apart_by_their_lines_and_leave_either_way() {
    let rising = [(20, 120.0), (30, 100.0), (40, 120.0), (50, 108.0), (60, 120.0)];
    let falling = [(20, 120.0), (30, 100.0), (40, 112.0), (50, 100.0), (58, 106.0)];
    let both = [(20, 120.0), (30, 100.0), (40, 117.0), (50, 104.0), (60, 114.0)];
    let with = |middle: &[(u64, f64)], end: [(u64, f64); 2]| {
        let mut corners = vec![(0, 70.0)];
        corners.extend(middle);
        corners.extend(end);
        kinds(&corners)
            .into_iter()
            .filter(|(kind, ..)| {
                use PatternKind::{AscendingTriangle, DescendingTriangle, SymmetricTriangle};
                [AscendingTriangle, DescendingTriangle, SymmetricTriangle].contains(kind)
            })
            .collect::<Vec<_>>()
    };
    let up = with(&rising, [(65, 116.0), (75, 136.0)]);
    // From 116 at bar 65 by 2 a bar: 122 at bar 68 is the first close over 120.1.
    assert_eq!(up, [(PatternKind::AscendingTriangle, true, 68)]);
    let down = with(&falling, [(62, 103.0), (72, 93.0)]);
    assert_eq!(down, [(PatternKind::DescendingTriangle, false, 66)]);
    let sideways = with(&both, [(63, 112.0), (73, 132.0)]);
    assert_eq!(sideways.len(), 1);
    assert_eq!(
        (sideways[0].0, sideways[0].1),
        (PatternKind::SymmetricTriangle, true)
    );
    // Lines that go apart are no triangle.
    let apart = [(20, 112.0), (30, 106.0), (40, 117.0), (50, 100.0), (60, 122.0)];
    assert_eq!(with(&apart, [(65, 116.0), (75, 136.0)]), []);
}

/// A pole from 80 to 120, then a pause and a rise.
fn pole_and(pause: &[(u64, f64)]) -> Vec<(u64, f64)> {
    let mut corners = vec![(0, 85.0), (8, 80.0), (18, 120.0)];
    corners.extend(pause);
    corners
}

#[test]
fn a_flag_is_a_pause_between_parallel_lines_that_goes_on() {
    let flag = pole_and(&[(23, 113.0), (28, 118.0), (33, 111.0), (45, 135.0)]);
    let is = |kind| move |d: &&Detection| d.kind == kind;
    let all = found(&bars(&flag));
    let flags: Vec<_> = all.iter().filter(is(PatternKind::Flag)).collect();
    assert_eq!(flags.len(), 1, "{all:?}");
    assert!(flags[0].upwards);
    // The upper line loses 0.2 a bar from 120.1 at bar 18; the close of bar 36, 117, is the first over it (116.5).
    assert_eq!(flags[0].ts.as_secs() / 60, 36);
    near(flags[0].level, 116.5);
    near(flags[0].target - flags[0].level, 40.2);
    assert_eq!(all.iter().filter(is(PatternKind::Pennant)).count(), 0);
    let down = kinds(&upside_down(&flag));
    assert!(down.contains(&(PatternKind::Flag, false, 36)), "{down:?}");
}

#[test]
fn a_pennant_is_a_pause_between_lines_that_converge() {
    let pennant = pole_and(&[(23, 110.0), (28, 118.0), (33, 114.0), (45, 135.0)]);
    let all = kinds(&pennant);
    assert!(
        all.iter()
            .any(|(kind, up, _)| *kind == PatternKind::Pennant && *up),
        "{all:?}"
    );
    assert!(!all.iter().any(|(kind, ..)| *kind == PatternKind::Flag));
}

#[test]
fn a_pause_that_gives_back_most_of_the_pole_or_lasts_too_long_is_neither() {
    let neither = |corners: &[(u64, f64)]| {
        !kinds(corners)
            .iter()
            .any(|(kind, ..)| [PatternKind::Flag, PatternKind::Pennant].contains(kind))
    };
    assert!(neither(&pole_and(&[
        (23, 97.0),
        (28, 118.0),
        (33, 95.0),
        (45, 135.0)
    ])));
    assert!(neither(&pole_and(&[
        (33, 113.0),
        (48, 118.0),
        (63, 111.0),
        (90, 135.0)
    ])));
    // It falls through the pole instead of going on.
    assert!(neither(&pole_and(&[
        (23, 113.0),
        (28, 118.0),
        (33, 111.0),
        (36, 112.0),
        (60, 60.0)
    ])));
}

/// A parabola from rim to rim, 60 bars wide and `depth` deep, then a handle of 4 and a rise.
fn cup(depth: f64, power: f64) -> Vec<BarInput> {
    let mut prices = Vec::new();
    prices.extend((0..5).map(|at| 81.0 - f64::from(at) * 0.2));
    prices.extend((0..20).map(|at| 80.0 + f64::from(at) * 2.0));
    prices
        .extend((0..=60).map(|at| 120.0 - depth + depth * ((f64::from(at) - 30.0).abs() / 30.0).powf(power)));
    prices.extend((1..=6).map(|at| 120.0 - f64::from(at) * 4.0 / 6.0));
    prices.extend((1..=10).map(|at| 116.0 + f64::from(at)));
    prices
        .iter()
        .enumerate()
        .map(|(at, price)| bar(at as u64, *price))
        .collect()
}

#[test]
fn a_cup_with_a_handle_is_reported_over_its_right_rim() {
    let all = found(&cup(20.0, 2.0));
    let cups: Vec<_> = all
        .iter()
        .filter(|d| d.kind == PatternKind::CupAndHandle)
        .collect();
    assert_eq!(cups.len(), 1, "{all:?}");
    // Rims at bars 25 and 85, handle at 91; from 116 by 1 a bar, 121 at bar 96 is the first close over 120.1.
    assert_eq!(
        (cups[0].upwards, cups[0].ts.as_secs() / 60, cups[0].bars),
        (true, 96, 71)
    );
    near(cups[0].level, 120.1);
    near(cups[0].target, 120.1 + 20.2);
    let at: Vec<u64> = cups[0].points.iter().map(|p| p.ts.as_secs() / 60).collect();
    assert_eq!(at, [25, 55, 85, 91]);
}

#[test]
fn a_v_a_cup_deeper_than_the_rise_before_it_and_a_deep_handle_are_no_cup() {
    let is_cup = |bars: &[BarInput]| found(bars).iter().any(|d| d.kind == PatternKind::CupAndHandle);
    assert!(!is_cup(&cup(20.0, 1.0)));
    assert!(!is_cup(&cup(45.0, 2.0)));
    let mut deep = cup(20.0, 2.0);
    for (at, price) in (86..=91).zip([118.0, 115.0, 112.0, 109.0, 107.0, 106.0]) {
        deep[at] = bar(at as u64, price);
    }
    assert!(!is_cup(&deep));
}

#[test]
fn a_straight_line_and_a_flat_market_have_no_pattern() {
    assert_eq!(found(&bars(&[(0, 100.0), (500, 300.0)])), []);
    assert_eq!(found(&bars(&[(0, 100.0), (500, 100.0)])), []);
}

fn walk(seed: u64, len: u64) -> Vec<BarInput> {
    let mut random = SplitMix64::new(seed);
    let mut price = 1_000.0;
    (0..len)
        .map(|at| {
            price += (random.next_f64() - 0.5) * 4.0;
            bar(at, price)
        })
        .collect()
}

#[test]
fn nothing_that_was_reported_changes_and_nothing_is_reported_late() {
    for seed in 0..4 {
        let bars = walk(seed, 6_000);
        let whole = found(&bars);
        assert!(whole.len() > 50, "{}", whole.len());
        for cut in [100, 1_000, 3_777, 5_999] {
            let before = bars[cut].ts;
            let part = found(&bars[..cut]);
            let until: Vec<_> = whole.iter().filter(|d| d.ts < before).cloned().collect();
            assert_eq!(part, until);
        }
        for d in &whole {
            assert!(d.points.windows(2).all(|p| p[0].ts <= p[1].ts));
            assert!(d.points.iter().all(|p| p.ts < d.ts));
            assert_eq!(d.upwards, d.target > d.level);
        }
    }
}

#[test]
fn every_kind_is_found_in_a_random_walk_and_the_kinds_do_not_influence_each_other() {
    let bars = walk(77, 40_000);
    let columns: Columns = bars.iter().copied().collect();
    let all = PatternScanner::new(PatternRules::default(), &PatternKind::ALL).scan(&columns.view());
    for kind in PatternKind::ALL {
        let alone = PatternScanner::new(PatternRules::default(), &[kind]).scan(&columns.view());
        let among: Vec<_> = all.iter().filter(|d| d.kind == kind).cloned().collect();
        assert!(!alone.is_empty(), "{kind:?}");
        assert_eq!(alone, among, "{kind:?}");
        for pair in alone.windows(2) {
            let last = pair[0].points.last().map(|p| p.ts);
            assert!(pair[1].points.first().map(|p| p.ts) >= last, "{kind:?} overlaps");
        }
    }
}
