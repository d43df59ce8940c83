//! No strategy, built in or script, sees what comes later: decisions on a prefix are those of the whole run up to
//! there. The same bars give the same intents, and bars that come again change nothing.

#![allow(clippy::unwrap_used)]

mod bars;

use bars::{SCALES, random};
use proptest::prelude::*;
use tradewind_strategy::registry::{self, Setup};
use tradewind_strategy::script::Script;
use tradewind_strategy::{Instance, Intent, Intents, ParamMap, ParamValue, SlotMarket, Strategy as Face};
use tradewind_types::market::{Bar, BarInterval};
use tradewind_types::{Decimal, StrategyId};

const SCRIPTS: [(&str, usize, &str); 4] = [
    (
        "ema_cross",
        1,
        include_str!("../../../examples/scripts/ema_cross.rhai"),
    ),
    (
        "rsi_dip",
        1,
        include_str!("../../../examples/scripts/rsi_dip.rhai"),
    ),
    (
        "opinion",
        1,
        include_str!("../../../examples/scripts/opinion.rhai"),
    ),
    (
        "momentum_rotation",
        2,
        include_str!("../../../examples/scripts/momentum_rotation.rhai"),
    ),
];

/// Every strategy there is, quick enough to decide within a short tape.
fn all() -> Vec<(String, Box<dyn Face>)> {
    let setup = |slots| Setup {
        id: StrategyId::new("mine").unwrap(),
        interval: BarInterval::S10,
        slots,
    };
    let quick: &[(&str, &[(&str, &str)])] = &[
        ("ema_cross", &[("fast", "2"), ("slow", "4"), ("short", "true")]),
        ("rsi_reversion", &[("period", "3"), ("short", "true")]),
        (
            "donchian_breakout",
            &[("entry", "4"), ("exit", "2"), ("short", "true")],
        ),
        (
            "supertrend",
            &[("period", "3"), ("multiplier", "1"), ("short", "true")],
        ),
        (
            "pairs",
            &[
                ("window", "20"),
                ("half_life_min", "0"),
                ("entry", "1"),
                ("t_max", "100"),
            ],
        ),
        ("rebalance", &[("band", "0.01")]),
    ];
    let mut all: Vec<(String, Box<dyn Face>)> = Vec::new();
    for definition in registry::ALL {
        let given = quick.iter().find(|(name, _)| *name == definition.name);
        let entry = |(name, text): &(&str, &str)| ((*name).to_owned(), ParamValue::read(text));
        let params: ParamMap = given
            .map(|(_, p)| p.iter().map(entry).collect())
            .unwrap_or_default();
        let slots = if definition.slots.takes(2) { 2 } else { 1 };
        all.push((
            definition.name.to_owned(),
            definition.build(setup(slots), &params).unwrap(),
        ));
    }
    for (name, slots, text) in SCRIPTS {
        let strategy = Script::compile(text)
            .unwrap()
            .strategy(setup(slots), &ParamMap::new())
            .unwrap();
        all.push((format!("{name}.rhai"), Box::new(strategy)));
    }
    all
}

/// What a strategy asks for at each bar. The second instrument follows the first with a wobble; some bars come again.
fn run(strategy: Box<dyn Face>, tape: &[Bar], again: bool) -> Vec<Vec<Intent>> {
    let slots = strategy.inputs().slots;
    let mut instance = Instance::new(strategy, &vec![SlotMarket::new(SCALES); slots]).unwrap();
    instance.set_equity(Decimal::from(1_000));
    let mut out = Intents::new();
    let mut all = Vec::new();
    for (at, bar) in tape.iter().enumerate() {
        let mut asked = Vec::new();
        for slot in 0..slots {
            let mut bar = *bar;
            if slot == 1 {
                let wobble = (at as i64 * 377) % 1_009;
                for price in [&mut bar.open, &mut bar.high, &mut bar.low, &mut bar.close] {
                    price.0 = price.0 / 2 + 40_000 + wobble;
                }
            }
            instance.on_bar(slot, &bar, &mut out);
            asked.extend(out.drain());
        }
        if again {
            let mut revised = tape[at / 2];
            revised.revision += 1;
            revised.close.0 += 777;
            instance.on_bar(0, &revised, &mut out);
            assert!(out.is_empty());
        }
        assert_eq!(instance.halted(), None);
        all.push(asked);
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn decisions_on_a_prefix_are_those_of_the_whole_run(tape in random(30..140), cut in 0.2f64..1.0) {
        let cut = (tape.len() as f64 * cut) as usize;
        for ((name, whole), (_, part)) in all().into_iter().zip(all()) {
            let whole = run(whole, &tape, false);
            prop_assert_eq!(&whole[..cut], &run(part, &tape[..cut], false)[..], "{}", name);
        }
    }

    #[test]
    fn the_same_bars_give_the_same_intents_and_revisions_none(tape in random(30..100)) {
        for ((name, once), (_, twice)) in all().into_iter().zip(all()) {
            prop_assert_eq!(run(once, &tape, false), run(twice, &tape, true), "{}", name);
        }
    }
}

#[test]
fn random_tapes_make_every_strategy_decide_something() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut decided: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    for _ in 0..12 {
        let tape = random(139..140).new_tree(&mut runner).unwrap().current();
        for (name, strategy) in all() {
            let asked: usize = run(strategy, &tape, false).iter().map(Vec::len).sum();
            *decided.entry(name).or_default() += asked;
        }
    }
    assert!(decided.values().all(|n| *n > 0), "{decided:?}");
}
