//! Each built-in strategy's decisions on hand-made bars.

#![allow(clippy::unwrap_used)]

mod bars;

use bars::{SCALES, bar, closes, closes_of};
use tradewind_strategy::registry::{self, Setup};
use tradewind_strategy::{
    Amount, Entry, Instance, Intent, Intents, OwnPosition, ParamMap, ParamValue, Ran, Size, SlotMarket,
    Strategy,
};
use tradewind_types::market::{Bar, BarInterval};
use tradewind_types::{Decimal, Side, StrategyId, num::parse_decimal};

fn params(given: &[(&str, &str)]) -> ParamMap {
    let entry = |(name, text): &(&str, &str)| ((*name).to_owned(), ParamValue::read(text));
    given.iter().map(entry).collect()
}

fn instance(
    name: &str,
    interval: BarInterval,
    slots: usize,
    given: &[(&str, &str)],
) -> Instance<Box<dyn Strategy>> {
    let id = StrategyId::new("mine").unwrap();
    let strategy = registry::build(name, Setup { id, interval, slots }, &params(given)).unwrap();
    Instance::new(strategy, &vec![SlotMarket::new(SCALES); slots]).unwrap()
}

/// What was asked for, by bar, in short: `+` buy, `-` sell, `x` exit, with the bar's number.
fn told(name: &str, given: &[(&str, &str)], tape: &[Bar]) -> Vec<String> {
    let mut instance = instance(name, BarInterval::S10, 1, given);
    let mut out = Intents::new();
    let mut told = Vec::new();
    for (at, bar) in tape.iter().enumerate() {
        instance.on_bar(0, bar, &mut out);
        for intent in &out {
            told.push(match intent {
                Intent::Enter(Entry { side: Side::Buy, .. }) => format!("+{at}"),
                Intent::Enter(_) => format!("-{at}"),
                Intent::Exit { .. } => format!("x{at}"),
                other => format!("{other:?}"),
            });
        }
    }
    told
}

fn dec(text: &str) -> Decimal {
    parse_decimal(text).unwrap()
}

/// 100 flat, a rise, a fall below where it began.
fn hill() -> Vec<Bar> {
    let mut prices = vec![10_000i64; 8];
    prices.extend([10_100, 10_200, 10_300, 10_400]);
    prices.extend([10_200, 10_000, 9_800, 9_600, 9_400]);
    prices.extend([9_600, 9_900, 10_200]);
    closes(&prices)
}

#[test]
fn ema_cross_trades_crosses_and_not_the_side_it_starts_on() {
    let given = [("fast", "2"), ("slow", "4")];
    // Flat: equal averages are no side. Up from bar 8 is the first side, so not a cross.
    assert_eq!(told("ema_cross", &given, &hill()), ["+18"]);
    let both = [("fast", "2"), ("slow", "4"), ("short", "true")];
    assert_eq!(told("ema_cross", &both, &hill()), ["-13", "x18", "+18"]);
}

#[test]
fn ema_cross_says_its_figures_and_its_levels() {
    let given = [
        ("fast", "2"),
        ("slow", "4"),
        ("size", "0.25"),
        ("stop_loss", "0.1"),
        ("take_profit", "0.2"),
    ];
    let mut instance = instance("ema_cross", BarInterval::S10, 1, &given);
    let mut out = Intents::new();
    let mut entries = Vec::new();
    for bar in &hill() {
        instance.on_bar(0, bar, &mut out);
        entries.extend(out.drain());
    }
    let Intent::Enter(entry) = &entries[0] else {
        panic!("{entries:?}");
    };
    assert_eq!(entry.size, Size::EquityFraction(dec("0.25")));
    let close = 99.0;
    assert!((entry.stop_loss.unwrap() - close * 0.9).abs() < 1e-9);
    assert!((entry.take_profit.unwrap() - close * 1.2).abs() < 1e-9);
    let reason = entry.reason.to_string();
    assert!(
        reason.starts_with("EMA 2 (") && reason.contains(") crossed above EMA 4 ("),
        "{reason}"
    );
    assert_eq!(entry.reason.figures()[0], ("n", 2.0));
}

#[test]
fn rsi_reversion_buys_the_extreme_and_leaves_in_the_middle() {
    let given = [("period", "3"), ("low", "30"), ("exit", "50"), ("high", "70")];
    let mut prices = vec![10_000i64, 10_050, 10_000, 10_050];
    prices.extend([9_900, 9_800, 9_700, 9_600]); // RSI sinks below 30
    prices.extend([9_900, 10_200]); // and rises past 50
    let tape = closes(&prices);
    assert_eq!(told("rsi_reversion", &given, &tape), ["+4", "x8"]);
    let short = [("period", "3"), ("short", "true")];
    let told = told("rsi_reversion", &short, &tape);
    assert_eq!(told, ["+4", "x8", "-9"]);
}

#[test]
fn donchian_breaks_out_of_the_bars_before_and_not_of_its_own() {
    let given = [("entry", "4"), ("exit", "2")];
    let mut tape: Vec<Bar> = (0..5)
        .map(|at| bar(at, [10_000, 10_010, 9_990, 10_000], 10))
        .collect();
    tape.push(bar(5, [10_000, 10_050, 9_995, 10_010], 10)); // at the highest high: no breakout
    tape.push(bar(6, [10_010, 10_060, 10_000, 10_051], 10)); // above 100.50
    tape.push(bar(7, [10_051, 10_060, 10_020, 10_030], 10));
    tape.push(bar(8, [10_030, 10_035, 9_999, 9_999], 10)); // below the lows of bars 6 and 7
    assert_eq!(told("donchian_breakout", &given, &tape), ["+6", "x8"]);
    let short = [("entry", "4"), ("exit", "2"), ("short", "true")];
    tape.push(bar(9, [9_999, 9_999, 9_980, 9_985], 10)); // below 99.95
    assert_eq!(told("donchian_breakout", &short, &tape), ["+6", "x8", "-9"]);
}

#[test]
fn supertrend_trades_turns_and_not_the_trend_it_starts_in() {
    let mut prices: Vec<i64> = (0..12).map(|i| 10_000 + 20 * i).collect();
    prices.extend((0..8).map(|i| 10_200 - 100 * i));
    prices.extend((0..8).map(|i| 9_500 + 120 * i));
    let given = [("period", "3"), ("multiplier", "1")];
    let long_only = told("supertrend", &given, &closes(&prices));
    assert_eq!(long_only.len(), 1, "{long_only:?}");
    assert!(long_only[0].starts_with('+'));
    let at: usize = long_only[0][1..].parse().unwrap();
    assert!((20..=22).contains(&at), "{at}");
    let both = [("period", "3"), ("multiplier", "1"), ("short", "true")];
    let told = told("supertrend", &both, &closes(&prices));
    assert_eq!(told.len(), 3, "short, exit, long: {told:?}");
}

fn targets(out: &Intents) -> Vec<(usize, Decimal)> {
    let weight = |intent: &Intent| match intent {
        Intent::Target {
            slot,
            amount: Amount::Weight(weight),
            ..
        } => (*slot, *weight),
        other => panic!("{other:?}"),
    };
    out.iter().map(weight).collect()
}

#[test]
fn buy_and_hold_buys_each_instrument_once_when_it_comes() {
    let mut instance = instance("buy_and_hold", BarInterval::S10, 2, &[("weight", "0.9")]);
    let mut out = Intents::new();
    let tape = closes(&[10_000; 3]);
    assert_eq!(instance.on_bar(0, &tape[0], &mut out), Ran::Waiting);
    assert_eq!(instance.flush(&mut out), Ran::Called);
    assert_eq!(targets(&out), [(0, dec("0.45"))]);
    instance.on_bar(0, &tape[1], &mut out);
    assert_eq!(instance.on_bar(1, &tape[1], &mut out), Ran::Called);
    assert_eq!(targets(&out), [(1, dec("0.45"))]);
    instance.on_bar(0, &tape[2], &mut out);
    instance.on_bar(1, &tape[2], &mut out);
    assert!(out.is_empty());
}

#[test]
fn rebalance_acts_only_when_a_share_leaves_its_band() {
    let given = [("weights", "[0.6, 0.4]"), ("band", "0.05")];
    let mut instance = instance("rebalance", BarInterval::S10, 2, &given);
    let mut out = Intents::new();
    instance.set_equity(dec("1000"));
    let tape = closes(&[10_000; 6]);
    let step = |instance: &mut Instance<_>, at: usize, out: &mut Intents| {
        instance.on_bar(0, &tape[at], out);
        assert_eq!(instance.on_bar(1, &tape[at], out), Ran::Called);
        targets(out)
    };
    let whole = [(0, dec("0.6")), (1, dec("0.4"))];
    assert_eq!(step(&mut instance, 0, &mut out), whole, "nothing is held yet");
    let hold = |quantity: &str| OwnPosition {
        quantity: dec(quantity),
        average_price: dec("100"),
    };
    instance.set_position(0, hold("6.4"));
    instance.set_position(1, hold("3.6"));
    assert_eq!(step(&mut instance, 1, &mut out), [], "0.64 is within 0.05 of 0.6");
    instance.set_position(0, hold("6.6"));
    assert_eq!(step(&mut instance, 2, &mut out), whole, "0.66 is not");
    let reason = out.iter().next().unwrap().reason().to_string();
    assert_eq!(
        reason,
        "instrument 0 is at 0.6600 of equity, target 0.6000, band 0.0500"
    );
    // Held in a currency of which one is worth half of the account's: 0.33 of the equity, until no rate is known.
    instance.set_rate(0, Some(dec("0.5")));
    assert_eq!(step(&mut instance, 3, &mut out), whole, "0.33 is not");
    instance.set_rate(0, None);
    assert_eq!(step(&mut instance, 4, &mut out), [], "nobody knows the share");
    instance.set_rate(0, Some(dec("1")));
    instance.set_equity(dec("0"));
    assert_eq!(
        step(&mut instance, 5, &mut out),
        [],
        "without equity there are no shares"
    );
}

/// Two daily series: the second wanders, the first is 0.8 times its log and a spread that is pulled back each day by
/// a quarter (half-life 2.4 days, deviation about 0.005); from day 150 on the spread is what is given.
fn pair(end: [f64; 10]) -> (Vec<i64>, Vec<i64>) {
    let mut random = tradewind_types::SplitMix64::new(7);
    let (mut walk, mut spread) = (9.2f64, 0.0f64);
    let mut prices = (Vec::new(), Vec::new());
    for day in 0..160 {
        walk += (random.next_f64() - 0.5) * 0.03;
        spread += -spread / 4.0 + (random.next_f64() - 0.5) * 0.012;
        if day >= 150 {
            spread = end[day - 150];
        }
        let first = (0.8 * walk + 2.0 + spread).exp();
        prices.0.push((first * 100.0) as i64);
        prices.1.push((walk.exp() * 100.0) as i64);
    }
    prices
}

fn run_pair(given: &[(&str, &str)], (first, second): &(Vec<i64>, Vec<i64>)) -> Vec<(usize, Intent)> {
    let day = BarInterval::from_secs(86_400).unwrap();
    let mut instance = instance("pairs", day, 2, given);
    let mut out = Intents::new();
    let mut told = Vec::new();
    let (a, b) = (closes_of(day, first), closes_of(day, second));
    for at in 0..a.len() {
        instance.on_bar(0, &a[at], &mut out);
        instance.on_bar(1, &b[at], &mut out);
        told.extend(out.drain().map(|intent| (at, intent)));
    }
    told
}

#[test]
fn pairs_sell_the_dear_leg_and_buy_the_cheap_one_in_the_hedge_ratio() {
    let given = [
        ("window", "120"),
        ("half_life_min", "1"),
        ("half_life_max", "60"),
        ("t_max", "-2.5"),
        ("weight", "0.5"),
    ];
    let told = run_pair(&given, &pair([0.014; 10]));
    let late: Vec<_> = told
        .iter()
        .skip_while(|(_, i)| i.reason().figures()[0].1 <= 0.0)
        .collect();
    let weights: Vec<Decimal> = late
        .iter()
        .take(2)
        .map(|(_, intent)| match intent {
            Intent::Target {
                amount: Amount::Weight(weight),
                ..
            } => *weight,
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(
        weights[0] < Decimal::ZERO && weights[1] > Decimal::ZERO,
        "{weights:?}"
    );
    let gross = weights[1] - weights[0];
    assert!((gross - dec("0.5")).abs() <= dec("0.000002"), "{gross}");
    let ratio = f64::try_from(-weights[1] / weights[0]).unwrap();
    assert!(
        (0.6..1.0).contains(&ratio),
        "the legs were made with 0.8: {ratio}"
    );
    let reason = late[0].1.reason().to_string();
    assert!(
        reason.contains("hedge ratio") && reason.contains("half-life"),
        "{reason}"
    );
}

#[test]
fn pairs_do_not_trade_outside_their_half_life_or_without_cointegration() {
    let data = pair([0.014; 10]);
    let base = [("window", "120")];
    let with = |more: &[(&'static str, &'static str)]| run_pair(&[&base[..], more].concat(), &data);
    let any = with(&[
        ("half_life_min", "0"),
        ("half_life_max", "10000"),
        ("t_max", "100"),
    ]);
    assert!(!any.is_empty());
    assert!(with(&[("half_life_min", "400"), ("half_life_max", "500")]).is_empty());
    assert!(with(&[("half_life_min", "0"), ("t_max", "-50")]).is_empty());
}

#[test]
fn pairs_give_up_at_the_stop_and_wait_until_the_spread_is_back() {
    let given = [
        ("window", "120"),
        ("half_life_min", "0"),
        ("half_life_max", "10000"),
        ("t_max", "100"),
        ("stop", "3"),
    ];
    let told = run_pair(
        &given,
        &pair([0.0, 0.0125, 0.024, 0.024, 0.02, 0.016, 0.014, 0.013, 0.013, 0.013]),
    );
    let stopped = told
        .iter()
        .position(|(at, i)| *at >= 150 && i.reason().to_string().contains("beyond the stop"));
    let at = stopped.expect("the spread goes past 3");
    let after = told[at..]
        .iter()
        .filter(|(_, i)| matches!(i, Intent::Target { .. }));
    assert_eq!(after.count(), 0, "no entry while the spread stays out");
}

#[test]
fn parameters_are_refused_with_what_would_be_right() {
    let refused = |name: &str, slots: usize, given: &[(&str, &str)]| {
        let id = StrategyId::new("mine").unwrap();
        let interval = BarInterval::M1;
        registry::build(name, Setup { id, interval, slots }, &params(given))
            .unwrap_err()
            .to_string()
    };
    for (name, slots, given, words) in [
        ("nope", 1, &[][..], "names no strategy; there are ema_cross"),
        ("ema_cross", 2, &[], "works on 1 instrument, got 2"),
        ("pairs", 1, &[], "works on 2 instruments, got 1"),
        (
            "ema_cross",
            1,
            &[("quick", "1")],
            "no parameter `quick`; it has fast, slow",
        ),
        (
            "ema_cross",
            1,
            &[("fast", "0")],
            "`fast` must be between 1 and 4999, got 0",
        ),
        (
            "ema_cross",
            1,
            &[("fast", "2.5")],
            "`fast` must be a whole number",
        ),
        ("ema_cross", 1, &[("fast", "20")], "fast must be less than slow"),
        ("ema_cross", 1, &[("short", "1")], "`short` must be true or false"),
        ("rsi_reversion", 1, &[("low", "60")], "low < exit < high"),
        ("pairs", 2, &[("stop", "1")], "exit < entry < stop"),
        (
            "rebalance",
            2,
            &[("weights", "[1]")],
            "1 weights for 2 instruments",
        ),
        (
            "rebalance",
            1,
            &[("weights", "[99]")],
            "between -10 and 10, got 99",
        ),
    ] {
        let error = refused(name, slots, given);
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn every_built_in_is_made_with_its_defaults_and_documented() {
    for definition in registry::ALL {
        let slots = if definition.slots.takes(1) { 1 } else { 2 };
        let id = StrategyId::new("mine").unwrap();
        let setup = Setup {
            id,
            interval: BarInterval::M1,
            slots,
        };
        let strategy = definition.build(setup.clone(), &ParamMap::new()).unwrap();
        assert_eq!(strategy.inputs().slots, slots, "{}", definition.name);
        assert!(!definition.doc.is_empty() && !definition.title.is_empty());
        let spelled = definition
            .params
            .iter()
            .map(|p| (p.name.to_owned(), p.kind.default_value()));
        let by_name = definition.build(setup, &spelled.collect()).unwrap();
        assert_eq!(by_name.inputs(), strategy.inputs());
        assert!(definition.params.iter().all(|p| !p.doc.is_empty()));
    }
    let json = serde_json::to_string(&params(&[
        ("a", "1"),
        ("b", "0.5"),
        ("c", "true"),
        ("d", "[1, 2.5]"),
    ]))
    .unwrap();
    assert_eq!(json, r#"{"a":1,"b":0.5,"c":true,"d":[1.0,2.5]}"#);
    assert_eq!(
        serde_json::from_str::<ParamMap>(&json).unwrap()["c"],
        ParamValue::Flag(true)
    );
}
