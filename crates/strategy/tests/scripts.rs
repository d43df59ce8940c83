//! Scripts: the whole face, every kind of error, every limit.

#![allow(clippy::unwrap_used)]

mod bars;

use bars::{SCALES, closes};
use rstest::rstest;
use tradewind_strategy::registry::Setup;
use tradewind_strategy::script::{Script, ScriptError, ScriptStrategy, limits};
use tradewind_strategy::{
    Amount, EntryKind, Instance, Intent, Intents, OwnFill, OwnPosition, ParamMap, ParamValue, Ran, Size,
    SlotMarket,
};
use tradewind_types::market::{Bar, BarInterval, Quote};
use tradewind_types::order::UnitFraction;
use tradewind_types::signal::Opinion;
use tradewind_types::{
    Decimal, InstrumentIdx, PriceMantissa, Side, SizeMantissa, StrategyId, UnixNanos, num::parse_decimal,
};

fn setup(slots: usize) -> Setup {
    Setup {
        id: StrategyId::new("script").unwrap(),
        interval: BarInterval::S10,
        slots,
    }
}

fn strategy(text: &str) -> Result<ScriptStrategy, ScriptError> {
    Script::compile(text)?.strategy(setup(1), &ParamMap::new())
}

fn instance(text: &str) -> Instance<ScriptStrategy> {
    Instance::new(strategy(text).unwrap(), &[SlotMarket::new(SCALES)]).unwrap()
}

/// A script with `body` as its `on_bar`.
fn with_body(body: &str) -> String {
    format!(
        "fn init() {{ #{{ indicators: [\"SMA_2\", \"BBANDS_2_2\"], window: 3, warm_up: 2 }} }}\nfn on_bar(ctx) {{\n{body}\n}}"
    )
}

/// The intents of the last of three bars: closes 100, 101, 103.
fn last_intents(body: &str) -> Vec<Intent> {
    let mut instance = instance(&with_body(body));
    instance.set_equity(dec("5000"));
    instance.set_position(
        0,
        OwnPosition {
            quantity: dec("-1.5"),
            average_price: dec("99.5"),
        },
    );
    let mut out = Intents::new();
    for bar in &closes(&[10_000, 10_100, 10_300]) {
        instance.on_bar(0, bar, &mut out);
    }
    assert_eq!(instance.halted(), None);
    out.drain().collect()
}

fn dec(text: &str) -> Decimal {
    parse_decimal(text).unwrap()
}

#[test]
fn a_script_reads_bars_indicators_and_its_own_position() {
    for check in [
        "ctx.close(0) == 103.0 && ctx.close(1) == 101.0 && ctx.close(2) == 100.0",
        "ctx.open(0) == 103.0 && ctx.high(0) == 103.0 && ctx.low(0) == 103.0 && ctx.volume(0) == 1.0",
        "ctx.close(0, 1) == 101.0",
        "ctx.value(\"SMA_2\") == 102.0 && ctx.value(\"SMA_2\", 1) == 100.5 && ctx.value(\"SMA_2\", 2) == ()",
        "ctx.value(\"BBANDS_2_2\", \"middle\") == 102.0 && ctx.value(\"BBANDS_2_2\", \"lower\", 1) == 99.5",
        "ctx.value(0, \"SMA_2\", 0) == 102.0 && ctx.value(0, \"BBANDS_2_2\", \"upper\", 0) == 104.0",
        "ctx.position == -1.5 && ctx.average_price == 99.5 && ctx.position(0) == -1.5",
        "ctx.equity == 5000.0 && ctx.slots == 1 && ctx.slot == 0 && ctx.bars_seen == 3 && ctx.fresh(0)",
        "ctx.interval == \"10s\" && ctx.ts == 1767225620 && ctx.bid == () && ctx.mid(0) == ()",
    ] {
        assert_eq!(
            last_intents(&format!("if {check} {{ buy(); }}")).len(),
            1,
            "{check}"
        );
    }
}

#[test]
fn entries_carry_their_size_kind_levels_and_reason() {
    let intents = last_intents(
        "buy(); sell(2); buy(0.5); \
         buy(#{ fraction: 0.25, limit: 99.5, stop_loss: 95, take_profit: 120.0, confidence: 0.8, reason: \"why\" }); \
         sell(#{ risk: 0.01, stop_loss: 110.0, market: true }); \
         sell(#{ quantity: 3, stop: 98.0 });",
    );
    let entries: Vec<_> = intents
        .iter()
        .map(|i| match i {
            Intent::Enter(entry) => entry,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        (entries[0].side, entries[0].size, entries[0].kind),
        (Side::Buy, Size::Default, EntryKind::Default)
    );
    assert_eq!(
        (entries[1].side, entries[1].size),
        (Side::Sell, Size::Quantity(dec("2")))
    );
    assert_eq!(entries[2].size, Size::Quantity(dec("0.5")));
    let full = entries[3];
    assert_eq!(
        (full.size, full.kind),
        (Size::EquityFraction(dec("0.25")), EntryKind::Limit(99.5))
    );
    assert_eq!((full.stop_loss, full.take_profit), (Some(95.0), Some(120.0)));
    assert_eq!(
        (full.confidence, full.reason.to_string()),
        (UnitFraction(800_000), "why".to_owned())
    );
    assert_eq!(
        (entries[4].size, entries[4].kind),
        (Size::RiskToStop(dec("0.01")), EntryKind::Market)
    );
    assert_eq!(
        (entries[5].size, entries[5].kind),
        (Size::Quantity(dec("3")), EntryKind::Stop(98.0))
    );
}

#[test]
fn targets_exits_cancels_and_opinions_come_out_as_they_were_asked_for() {
    let intents = last_intents(
        "target(0.5); target(0, -0.25, \"hedge\"); target_quantity(-3); close(); close(\"enough\"); cancel(0); \
         opinion(\"SELL\", 0.9, \"falling\"); opinion(\"HOLD\", 0.0, \"quiet\");",
    );
    let target = |slot, amount| (slot, amount);
    let as_target = |intent: &Intent| match intent {
        Intent::Target { slot, amount, .. } => (*slot, *amount),
        other => panic!("{other:?}"),
    };
    assert_eq!(as_target(&intents[0]), target(0, Amount::Weight(dec("0.5"))));
    assert_eq!(as_target(&intents[1]), target(0, Amount::Weight(dec("-0.25"))));
    assert_eq!(intents[1].reason().to_string(), "hedge");
    assert_eq!(as_target(&intents[2]), target(0, Amount::Quantity(dec("-3"))));
    assert!(matches!(intents[3], Intent::Exit { slot: 0, .. }));
    assert_eq!(intents[4].reason().to_string(), "enough");
    assert!(matches!(intents[5], Intent::CancelAll { slot: 0, .. }));
    let Intent::Opinion(verdict) = &intents[6] else {
        panic!("{intents:?}");
    };
    assert_eq!(
        (verdict.opinion, verdict.confidence),
        (Opinion::Sell, UnitFraction(900_000))
    );
    assert!(matches!(&intents[7], Intent::Opinion(v) if v.opinion == Opinion::Hold));
}

#[test]
fn the_state_lives_from_bar_to_bar_and_init_sets_it() {
    let text = "fn init() { #{ state: #{ n: 10, list: [] } } }
        fn on_bar(ctx) { this.n += 1; this.list.push(ctx.close(0)); if this.n == 13 { buy(this.list.len()); } }";
    let mut instance = instance(text);
    let mut out = Intents::new();
    for bar in &closes(&[10_000, 10_100, 10_200]) {
        assert_eq!(instance.on_bar(0, bar, &mut out), Ran::Called);
    }
    assert!(matches!(&out.iter().next().unwrap(), Intent::Enter(e) if e.size == Size::Quantity(dec("3"))));
}

#[test]
fn quotes_and_fills_reach_the_handlers_that_there_are() {
    let text = "fn init() { #{} } fn on_bar(ctx) {}
        fn on_quote(ctx) { if ctx.bid == 100.0 && ctx.ask == 100.02 && ctx.slot == 0 { buy(); } }
        fn on_fill(fill) { this.got = fill.quantity; if fill.side == \"BUY\" && fill.price == 100.5 { close(); } }";
    let mut instance = instance(text);
    assert!(instance.inputs().quotes);
    let mut out = Intents::new();
    instance.on_bar(0, &closes(&[10_000])[0], &mut out);
    let quote = Quote {
        instrument: InstrumentIdx(0),
        bid: PriceMantissa(10_000),
        ask: PriceMantissa(10_002),
        bid_size: SizeMantissa(1),
        ask_size: SizeMantissa(1),
        ts_event: UnixNanos(1),
        ts_init: UnixNanos(1),
    };
    assert_eq!(instance.on_quote(0, &quote, &mut out), Ran::Called);
    assert_eq!(out.len(), 1);
    let fill = OwnFill {
        slot: 0,
        side: Side::Buy,
        quantity: "1".parse().unwrap(),
        price: "100.5".parse().unwrap(),
        ts: UnixNanos(1),
    };
    assert_eq!(instance.on_fill(&fill, &mut out), Ran::Called);
    assert!(matches!(out.iter().next(), Some(Intent::Exit { .. })));
}

#[test]
fn parameters_given_stand_for_the_defaults_or_are_refused() {
    let script = Script::compile(
        "fn init() { #{ params: #{ fast: 10, level: 0.5, name: \"x\" } } }
         fn on_bar(ctx) { buy(ctx.param(\"fast\")); buy(ctx.param(\"level\")); }",
    )
    .unwrap();
    let given = |name: &str, value| ParamMap::from([(name.to_owned(), value)]);
    let mut params = given("fast", ParamValue::Whole(3));
    params.insert("level".to_owned(), ParamValue::Whole(2));
    let made = script.strategy(setup(1), &params).unwrap();
    let mut instance = Instance::new(made, &[SlotMarket::new(SCALES)]).unwrap();
    let mut out = Intents::new();
    instance.on_bar(0, &closes(&[10_000])[0], &mut out);
    let sizes: Vec<Size> = out
        .iter()
        .map(|i| match i {
            Intent::Enter(e) => e.size,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(sizes, [Size::Quantity(dec("3")), Size::Quantity(dec("2"))]);
    let refused = |params: &ParamMap| script.strategy(setup(1), params).unwrap_err().to_string();
    assert!(
        refused(&given("slow", ParamValue::Whole(1)))
            .contains("no parameter `slow`; it has fast, level, name")
    );
    assert!(
        refused(&given("fast", ParamValue::Real(1.5))).contains("`fast` must be a whole number, got 1.5")
    );
}

#[rstest]
#[case::syntax("fn init() { #{} }\nfn on_bar(ctx) { let x = ; }", 2, 26)]
#[case::unknown_character("fn init() { #{} }\nfn on_bar(ctx) { § }", 2, 18)]
#[case::eval("fn init() { #{} }\nfn on_bar(ctx) { eval(\"1\") }", 2, 18)]
#[case::print("fn init() { #{} }\nfn on_bar(ctx) { print(1) }", 2, 18)]
#[case::import("import \"x\" as y;\nfn init() { #{} }\nfn on_bar(ctx) { }", 1, 1)]
fn text_outside_the_language_is_refused_with_its_place(
    #[case] text: &str,
    #[case] line: usize,
    #[case] column: usize,
) {
    let error = Script::compile(text).unwrap_err();
    let ScriptError::Parse {
        line: l, column: c, ..
    } = &error
    else {
        panic!("{error:?}");
    };
    assert_eq!((*l, *c), (line, column), "{error}");
}

#[rstest]
#[case::no_init("fn on_bar(ctx) {}", "no `fn init()`")]
#[case::no_on_bar("fn init() { #{} }", "no `fn on_bar(ctx)`")]
#[case::arity("fn init() { #{} } fn on_bar() {}", "`on_bar` must not take 0 parameters")]
#[case::init_no_map("fn init() { 5 } fn on_bar(ctx) {}", "a map such as")]
#[case::unknown_key(
    "fn init() { #{ indicator: [] } } fn on_bar(ctx) {}",
    "unknown key `indicator`"
)]
#[case::bad_indicator(
    "fn init() { #{ indicators: [\"NOPE_3\"] } } fn on_bar(ctx) {}",
    "names no indicator"
)]
#[case::indicator_type("fn init() { #{ indicators: [3] } } fn on_bar(ctx) {}", "must be a string")]
#[case::window(
    "fn init() { #{ window: 0 } } fn on_bar(ctx) {}",
    "`window` must be a whole number from 1 to 5000"
)]
#[case::interval("fn init() { #{ interval: \"7m\" } } fn on_bar(ctx) {}", "no bar interval")]
#[case::slots(
    "fn init() { #{ slots: 2 } } fn on_bar(ctx) {}",
    "works on 2 instruments, got 1"
)]
#[case::init_fails("fn init() { 1 / 0 } fn on_bar(ctx) {}", "Division by zero")]
#[case::intents_in_init(
    "fn init() { buy(); #{} } fn on_bar(ctx) {}",
    "in on_bar, on_quote and on_fill only"
)]
#[case::sleep("fn init() { sleep(1); #{} } fn on_bar(ctx) {}", "Function not found: sleep")]
#[case::time("fn init() { timestamp(); #{} } fn on_bar(ctx) {}", "not found")]
fn a_script_of_the_wrong_shape_is_refused_with_what_would_be_right(#[case] text: &str, #[case] words: &str) {
    let error = strategy(text).unwrap_err().to_string();
    assert!(error.contains(words), "{error}");
}

#[rstest]
#[case::division("let x = 1 / 0;", "Division by zero")]
#[case::overflow("let x = 9223372036854775807 + 1;", "overflow")]
#[case::unknown_variable("let x = y;", "Variable not found: y")]
#[case::unknown_function("frobnicate();", "Function not found: frobnicate")]
#[case::outside_window("ctx.close(3);", "outside the window: 0 to 2")]
#[case::negative_back("ctx.close(-1);", "outside the window")]
#[case::unknown_indicator("ctx.value(\"EMA_9\");", "not among init's indicators: SMA_2, BBANDS_2_2")]
#[case::unknown_output(
    "ctx.value(\"BBANDS_2_2\", \"top\");",
    "no output `top`, it has upper, middle, lower"
)]
#[case::unknown_slot("ctx.close(1, 0);", "there is no instrument 1; there are 1")]
#[case::bad_size("buy(-1);", "must be a number above 0")]
#[case::infinite_weight("target(1.0 / 0.0);", "the weight must be between")]
#[case::bad_option("buy(#{ price: 1 });", "unknown option `price`")]
#[case::two_sizes(
    "buy(#{ quantity: 10, risk: 0.01, stop_loss: 95.0 });",
    "`quantity` and `risk` both say how much: keep one"
)]
#[case::risk_without_stop("buy(#{ risk: 0.01 });", "`risk` needs a `stop_loss`")]
#[case::bad_opinion("opinion(\"MAYBE\", 0.5, \"\");", "\"BUY\", \"SELL\" or \"HOLD\"")]
#[case::confidence("opinion(\"BUY\", 1.5, \"\");", "between 0 and 1")]
#[case::no_param("ctx.param(\"x\");", "init's params have no `x`")]
#[case::thrown("throw \"enough\";", "enough")]
#[case::state_replaced("this = 5;", "must stay a map")]
fn a_failing_script_halts_its_strategy_and_names_the_line(#[case] body: &str, #[case] words: &str) {
    let mut instance = instance(&with_body(body));
    let mut out = Intents::new();
    let tape = closes(&[10_000, 10_100, 10_200]);
    instance.on_bar(0, &tape[0], &mut out);
    assert_eq!(instance.on_bar(0, &tape[1], &mut out), Ran::Halted);
    assert!(out.is_empty());
    let error = instance.strategy().error().unwrap().clone();
    let ScriptError::Runtime { line, message, .. } = &error else {
        panic!("{error:?}");
    };
    assert!(message.contains(words), "{message}");
    assert!(*line == 3 || words == "must stay a map", "{error}");
    assert_eq!(instance.on_bar(0, &tape[2], &mut out), Ran::Halted);
}

#[rstest]
#[case::operations("loop { }", "20000 operations")]
#[case::long_loop("let n = 0; for i in 0..1000000 { n += i; }", "20000 operations")]
#[case::recursion("f(1);", "nested deeper than 16")]
#[case::string("let s = \"aaaaaaaa\"; for i in 0..30 { s += s; }", "too large")]
#[case::array("let a = []; for i in 0..5000 { a.push(i); }", "too large")]
#[case::pad("let a = []; a.pad(100000, 0);", "too large")]
#[case::map("let m = #{}; for i in 0..3000 { m.set(`k${i}`, i); }", "too large")]
fn each_limit_is_an_error_of_its_own(#[case] body: &str, #[case] words: &str) {
    let text = format!("{}\nfn f(n) {{ f(n + 1) }}", with_body(body));
    let mut instance = instance(&text);
    let mut out = Intents::new();
    for bar in &closes(&[10_000, 10_100]) {
        instance.on_bar(0, bar, &mut out);
    }
    let error = instance
        .strategy()
        .error()
        .unwrap_or_else(|| panic!("no error: {body}"))
        .clone();
    assert!(matches!(error, ScriptError::Limit { .. }), "{error:?}");
    assert!(error.to_string().contains(words), "{error}");
    assert!(!error.to_string().contains("line 0"), "{error}");
}

#[test]
fn a_script_that_is_too_long_is_refused() {
    let text = format!("// {}\n", "x".repeat(limits::TEXT_BYTES_MAX));
    assert!(matches!(Script::compile(&text), Err(ScriptError::TooLong { .. })));
}

#[test]
fn the_state_as_a_whole_is_bounded() {
    let text = "fn init() { #{ state: #{ all: [] } } }
        fn on_bar(ctx) { let row = []; row.pad(400, 1); let k = `k${ctx.bars_seen}`; this[k] = [row]; }";
    let mut instance = instance(text);
    let mut out = Intents::new();
    let tape = closes(&[10_000; 40]);
    let halted = tape
        .iter()
        .position(|bar| instance.on_bar(0, bar, &mut out) == Ran::Halted);
    assert!(halted.is_some_and(|at| at < 12), "{halted:?}");
    assert!(matches!(
        instance.strategy().error(),
        Some(ScriptError::Limit { .. })
    ));
}

#[test]
fn too_many_intents_halt() {
    let mut instance = instance(&with_body("for i in 0..65 { buy(); }"));
    let mut out = Intents::new();
    for bar in &closes(&[10_000, 10_100]) {
        instance.on_bar(0, bar, &mut out);
    }
    assert!(instance.halted().unwrap().contains("more than 64 intents"));
}

#[test]
fn a_script_is_known_by_the_hash_of_its_text() {
    let one = Script::compile("fn init() { #{} } fn on_bar(ctx) {}").unwrap();
    let two = Script::compile("fn init() { #{} } fn on_bar(ctx) { }").unwrap();
    assert_eq!(one.sha256().len(), 64);
    assert_ne!(one.sha256(), two.sha256());
    let again = Script::compile(one.text()).unwrap();
    assert_eq!(again.sha256(), one.sha256());
    // SHA-256 of the text, as `sha256sum` gives it.
    let known = Script::compile("fn init(){#{}}fn on_bar(c){}").unwrap();
    assert_eq!(
        known.sha256(),
        "5c55aa774f5442f65a7eb9254dd20141ca6f02aa511a1e613e334782a007e556"
    );
}

fn intents_of<S: tradewind_strategy::Strategy>(
    mut instance: Instance<S>,
    tape: &[Bar],
) -> Vec<(usize, String)> {
    let mut out = Intents::new();
    let mut all = Vec::new();
    for (at, bar) in tape.iter().enumerate() {
        instance.on_bar(0, bar, &mut out);
        all.extend(out.iter().map(|i| match i {
            Intent::Enter(e) => (at, format!("enter {}", e.side)),
            Intent::Exit { .. } => (at, "exit".to_owned()),
            other => (at, format!("{other:?}")),
        }));
    }
    all
}

#[test]
fn the_example_script_decides_as_the_built_in_ema_cross_does() {
    let mut random = tradewind_types::SplitMix64::new(5);
    let mut price = 10_000i64;
    let walk: Vec<i64> = (0..3_000)
        .map(|_| {
            price += random.below(101) as i64 - 50;
            price = price.max(1_000);
            price
        })
        .collect();
    let tape = closes(&walk);
    let script = intents_of(
        instance(include_str!("../../../examples/scripts/ema_cross.rhai")),
        &tape,
    );
    let built_in = tradewind_strategy::registry::build("ema_cross", setup(1), &ParamMap::new()).unwrap();
    let built_in = intents_of(
        Instance::new(built_in, &[SlotMarket::new(SCALES)]).unwrap(),
        &tape,
    );
    assert!(script.len() > 50, "{}", script.len());
    assert_eq!(script, built_in);
}

/// Pieces of the language, to make text that gets further than random characters do.
const PIECES: [&str; 32] = [
    "let x = ",
    "x",
    "this",
    ".a",
    ".push(",
    "[",
    "]",
    "#{",
    "}",
    "(",
    ")",
    ";",
    "if ",
    "while ",
    "{",
    "for i in 0..9 {",
    "1",
    "0.5",
    "-",
    "+ ",
    "/ ",
    "== ",
    "\"s\"",
    "`${x}`",
    "|y| y",
    ".map(",
    "buy(",
    "target(",
    "ctx",
    ".close(",
    "return",
    "ctx.value(\"SMA_2\")",
];

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(300))]

    #[test]
    fn no_text_panics_and_what_runs_ends(
        any in "\\PC{0,60}",
        soup in proptest::collection::vec(proptest::sample::select(&PIECES[..]), 0..24),
    ) {
        for text in [any.clone(), with_body(&any), with_body(&soup.concat())] {
            let Ok(strategy) = strategy(&text) else {
                continue;
            };
            let mut instance = Instance::new(strategy, &[SlotMarket::new(SCALES)]).unwrap();
            let mut out = Intents::new();
            for bar in &closes(&[10_000, 10_100, 10_200]) {
                instance.on_bar(0, bar, &mut out);
                proptest::prop_assert!(out.len() <= limits::INTENTS_MAX);
            }
        }
    }
}
