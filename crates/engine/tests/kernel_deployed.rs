//! Strategies deployed on paper accounts: the same decisions as in a backtest, through restarts, changes and failures.

mod common;

use common::{Desk, MS, START_S, account, account_info, dec, id};
use tradewind_engine::backtest::{BacktestConfig, Control, Inputs, run_once};
use tradewind_engine::kernel::{State, script_source};
use tradewind_engine::{CommandError, Event, Kernel, KernelConfig};
use tradewind_types::market::{Bar, BarInterval, BarSource, MarketEvent};
use tradewind_types::order::OrderOrigin;
use tradewind_types::record::{Command, Outcome, StrategySource, StrategySpec, StrategyStatus};
use tradewind_types::*;

const MINUTE: u64 = 60_000 * MS;
const BARS: usize = 90;

fn script(text: &str) -> StrategySource {
    script_source(text).expect("a good script")
}

fn example() -> StrategySource {
    script(include_str!("../../../examples/scripts/ema_cross.rhai"))
}

fn built_in(name: &str) -> StrategySource {
    StrategySource::BuiltIn {
        name: name.to_owned(),
    }
}

fn spec(source: StrategySource) -> StrategySpec {
    let parameters = [("fast", "3"), ("slow", "6")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    StrategySpec {
        source,
        parameters: parameters.into(),
        instruments: vec![id("BTC-USD.COINBASE")],
        interval: BarInterval::M1,
    }
}

fn plain(text: &str) -> StrategySpec {
    StrategySpec {
        parameters: Default::default(),
        ..spec(script(text))
    }
}

/// A wave of closes in whole dollars.
fn close(at: usize) -> i64 {
    10_000 + (150.0 * (at as f64 / 4.0).sin()).round() as i64
}

/// The minute that begins the bars: a whole one after the desk was set up.
fn first() -> UnixNanos {
    UnixNanos::from_secs((START_S / 60 + 2) * 60)
}

fn bar(idx: InstrumentIdx, at: usize, known: UnixNanos) -> Bar {
    let (open, close) = (close(at.saturating_sub(1)), close(at));
    Bar {
        instrument: idx,
        interval: BarInterval::M1,
        ts: first().plus(at as u64 * MINUTE),
        open: PriceMantissa(open * 100),
        high: PriceMantissa(open.max(close) * 100),
        low: PriceMantissa(open.min(close) * 100),
        close: PriceMantissa(close * 100),
        volume: SizeMantissa(1_000_000),
        value: i128::from(close) * 100_000_000,
        trades: 10,
        open_interest: None,
        source: BarSource::Trades,
        revision: 0,
        complete: true,
        ts_init: known,
    }
}

fn deploy(desk: &mut Desk, account: &AccountId, name: &str, spec: StrategySpec) -> Result<(), CommandError> {
    let command = Command::DeployStrategy {
        account: account.clone(),
        strategy: id(name),
        spec: Box::new(spec),
    };
    desk.command(command).map(drop)
}

/// A quote a little before the bar's close, the bar at its close, and what follows within a second.
fn live(desk: &mut Desk, at: usize) {
    let closes = first().plus((at as u64 + 1) * MINUTE);
    desk.now = UnixNanos(closes.0 - 50 * MS);
    desk.book("BTC", close(at) - 1, close(at) + 1, "500");
    desk.now = closes;
    let bar = bar(desk.idx("BTC"), at, closes);
    desk.event(&Event::Market(MarketEvent::Bar(bar)));
    desk.pass(1_500);
}

/// (when, side, quantity, reduce-only) of the orders that a strategy made.
type Made = (UnixNanos, Side, Quantity, bool);

fn orders(desk: &Desk, of: &AccountId, name: &str) -> Vec<Made> {
    let own = |outcome: &Outcome| match outcome {
        Outcome::OrderInitialized { request, ts }
            if request.account == *of && request.terms.parent.is_none() =>
        {
            let OrderOrigin::Strategy { strategy, .. } = &request.origin else {
                return None;
            };
            (strategy.as_str() == name).then_some((*ts, request.side, request.quantity, request.reduce_only))
        }
        _ => None,
    };
    desk.outcomes().filter_map(own).collect()
}

/// The minute that a decision belongs to.
fn decisions(made: &[Made]) -> Vec<(u64, Side, bool)> {
    made.iter()
        .map(|(ts, side, _, reduce)| (ts.0 / MINUTE, *side, *reduce))
        .collect()
}

fn status(desk: &Desk, name: &str) -> StrategyStatus {
    desk.state().strategy_status(&id(name)).clone()
}

fn reason(desk: &Desk, name: &str) -> String {
    match status(desk, name) {
        StrategyStatus::Halted { reason } => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_script_and_its_rust_twin_make_equal_orders() {
    let mut desk = Desk::new();
    let second: AccountId = id("paper-2");
    desk.command(Command::OpenAccount {
        account: AccountInfo {
            id: second.clone(),
            ..account_info()
        },
        deposit: Money::new(dec("100000"), Currency::USD),
    })
    .expect("opened");
    deploy(&mut desk, &account(), "cross", spec(built_in("ema_cross"))).expect("deployed");
    deploy(&mut desk, &second, "cross", spec(example())).expect("deployed");
    (0..BARS).for_each(|at| live(&mut desk, at));
    let (rust, rhai) = (
        orders(&desk, &account(), "cross"),
        orders(&desk, &second, "cross"),
    );
    assert!(rust.len() > 4, "{rust:?}");
    assert!(rust.iter().any(|(_, side, ..)| *side == Side::Sell));
    let strip = |made: &[Made]| made.iter().map(|(_, s, q, r)| (*s, *q, *r)).collect::<Vec<_>>();
    assert_eq!(strip(&rust), strip(&rhai));
    assert_eq!(decisions(&rust), decisions(&rhai));
    // Each order says why, by a signal of its strategy.
    let reasons: Vec<&str> = desk
        .state()
        .recent_signals
        .iter()
        .map(|s| s.reason.as_str())
        .collect();
    assert_eq!(reasons.len(), rust.len());
    assert!(reasons.iter().all(|r| r.contains("EMA")), "{reasons:?}");
    desk.check();
}

#[test]
fn a_backtest_of_the_same_bars_decides_the_same() {
    let mut desk = Desk::new();
    deploy(&mut desk, &account(), "script", spec(example())).expect("deployed");
    (0..BARS).for_each(|at| live(&mut desk, at));
    let paper = decisions(&orders(&desk, &account(), "script"));

    let folder = tempfile::tempdir().expect("a folder");
    let mut csv = "ts,open,high,low,close,volume\n".to_owned();
    for at in 0..BARS {
        let (open, shut) = (close(at.saturating_sub(1)), close(at));
        let ts = first().plus(at as u64 * MINUTE).as_secs();
        csv += &format!("{ts},{open},{},{},{shut},1000\n", open.max(shut), open.min(shut));
    }
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    write("data.csv", &csv);
    write(
        "cross.rhai",
        include_str!("../../../examples/scripts/ema_cross.rhai"),
    );
    let text = r#"
[account]
cash = "100000"
[[instruments]]
id = "ABC.XNAS"
tick = "0.01"
lot = "0.0001"
[[data]]
file = "data.csv"
interval = "1m"
[strategy]
script = "cross.rhai"
parameters = { fast = 3, slow = 6 }
[[fees]]
taker = "0.001"
[risk]
profile = "wide"
"#;
    let config = BacktestConfig::parse(text, &folder.path().join("bt.toml")).expect("a configuration");
    let run = run_once(&config, &Inputs::Files, UnixNanos(u64::MAX), &Control::default()).expect("runs");
    let own = run.capture.orders.iter().filter(|o| !o.child);
    let tested: Vec<_> = own
        .map(|o| (o.created.0 / MINUTE, o.side, o.reduce_only))
        .collect();
    assert!(paper.len() > 4);
    assert_eq!(paper, tested);
}

#[test]
fn a_restart_goes_on_where_it_was_and_does_not_act_on_old_bars() {
    for source in [built_in("ema_cross"), example()] {
        let mut whole = Desk::new();
        deploy(&mut whole, &account(), "cross", spec(source.clone())).expect("deployed");
        (0..BARS).for_each(|at| live(&mut whole, at));
        let expected = orders(&whole, &account(), "cross");
        let minute_of = |made: &Made| ((made.0.0 - first().0) / MINUTE - 1) as usize;

        // Right after the bar of the second and of the third order, and somewhere between.
        for stop in [minute_of(&expected[1]), minute_of(&expected[2]), 30] {
            let mut desk = Desk::new();
            deploy(&mut desk, &account(), "cross", spec(source.clone())).expect("deployed");
            (0..=stop).for_each(|at| live(&mut desk, at));
            let bytes = desk.refolded().to_snapshot().expect("encodes");
            let state = State::from_snapshot(&bytes).expect("decodes");
            assert_eq!(state.accounts[&account()].deployed, desk.state().deployed);
            desk.kernel = Kernel::new(KernelConfig::default(), state);
            // History comes half a minute later: younger than one interval.
            desk.now = desk.now.plus(30_000 * MS);
            desk.event(&Event::Timer(desk.now));
            let before = desk.records.len();
            for at in 0..=stop {
                let bar = bar(desk.idx("BTC"), at, desk.now);
                desk.event(&Event::Market(MarketEvent::Bar(bar)));
            }
            assert!(desk.records.len() <= before + 1, "history made records");
            (stop + 1..BARS).for_each(|at| live(&mut desk, at));
            let made = decisions(&orders(&desk, &account(), "cross"));
            assert_eq!(made, decisions(&expected), "stopped after bar {stop}");
        }
    }
}

#[test]
fn what_closed_before_the_deployment_only_warms_up() {
    let mut desk = Desk::new();
    (0..40).for_each(|at| live(&mut desk, at));
    deploy(&mut desk, &account(), "late", spec(example())).expect("deployed");
    assert!(orders(&desk, &account(), "late").is_empty());
    let deployed = desk.now;
    (40..BARS).for_each(|at| live(&mut desk, at));
    let made = orders(&desk, &account(), "late");
    assert!(
        made.len() > 1 && made.iter().all(|(ts, ..)| *ts > deployed),
        "{made:?}"
    );

    // The indicators are those of one that saw every bar, so that the crosses are at the same bars.
    let mut whole = Desk::new();
    deploy(&mut whole, &account(), "late", spec(example())).expect("deployed");
    (0..BARS).for_each(|at| live(&mut whole, at));
    let all = decisions(&orders(&whole, &account(), "late"));
    let made = decisions(&made);
    assert!(made.iter().all(|one| all.contains(one)), "{made:?} {all:?}");
}

#[test]
fn a_script_that_fails_halts_itself_with_the_place_and_nothing_else() {
    let mut desk = Desk::new();
    let failing =
        "fn init() { #{ window: 1 } }\nfn on_bar(ctx) {\n  if ctx.bars_seen > 4 { throw \"no more\"; }\n}";
    deploy(&mut desk, &account(), "failing", plain(failing)).expect("deployed");
    deploy(&mut desk, &account(), "other", spec(example())).expect("deployed");
    (0..4).for_each(|at| live(&mut desk, at));
    assert_eq!(status(&desk, "failing"), StrategyStatus::Running);
    live(&mut desk, 4);
    let why = reason(&desk, "failing");
    assert!(why.contains("line 3") && why.contains("no more"), "{why}");
    (5..40).for_each(|at| live(&mut desk, at));
    assert_eq!(status(&desk, "other"), StrategyStatus::Running);
    assert!(!orders(&desk, &account(), "other").is_empty());

    // A corrected version of the same name runs; what was halted is gone.
    let mended = "fn init() { #{ window: 1 } } fn on_bar(ctx) { }";
    deploy(&mut desk, &account(), "failing", plain(mended)).expect("deployed");
    live(&mut desk, 40);
    assert_eq!(status(&desk, "failing"), StrategyStatus::Running);
    assert_eq!(desk.state().deployed["failing"].version, 2);
    desk.check();
}

#[test]
fn switched_off_it_follows_the_market_without_trading_and_goes_on_when_switched_on() {
    let mut desk = Desk::new();
    deploy(&mut desk, &account(), "cross", spec(example())).expect("deployed");
    let switch = |desk: &mut Desk, enabled: bool| {
        desk.command(Command::SetStrategy {
            account: account(),
            strategy: id("cross"),
            enabled,
        })
        .expect("switched");
    };
    switch(&mut desk, false);
    (0..50).for_each(|at| live(&mut desk, at));
    assert!(orders(&desk, &account(), "cross").is_empty());
    switch(&mut desk, true);
    (50..BARS).for_each(|at| live(&mut desk, at));
    assert!(!orders(&desk, &account(), "cross").is_empty());
}

#[test]
fn a_new_version_takes_over_at_once_and_the_old_ones_resting_entries_are_canceled() {
    let mut desk = Desk::new();
    let mut settings = desk.state().risk.clone();
    settings.duplicate_window_s = 0;
    settings.positions_per_instrument_strategy_max = 3;
    desk.command(Command::SetRiskSettings {
        account: account(),
        settings,
        expected_version: 1,
    })
    .expect("set");
    let resting = "fn init() { #{ window: 1, state: #{ done: false } } }\n\
        fn on_bar(ctx) { if !this.done { this.done = true; buy(0.5); buy(#{ quantity: 0.1, limit: 9800.0 }); } }";
    deploy(&mut desk, &account(), "mine", plain(resting)).expect("deployed");
    live(&mut desk, 0);
    let open = |desk: &Desk| {
        desk.state()
            .orders
            .open()
            .filter(|o| !o.request.reduce_only)
            .count()
    };
    let held = |desk: &Desk| {
        let ledger = &desk.state().ledger;
        ledger
            .owned(&id("BTC-USD.COINBASE"), Some(&id("mine")))
            .unwrap_or_default()
    };
    assert_eq!((open(&desk), held(&desk)), (1, dec("0.5")));
    let closing =
        "fn init() { #{ window: 1 } } fn on_bar(ctx) { if ctx.position > 0.0 { close(\"new rule\"); } }";
    deploy(&mut desk, &account(), "mine", plain(closing)).expect("deployed");
    desk.pass(1_000);
    assert_eq!((open(&desk), held(&desk)), (0, dec("0.5")));
    live(&mut desk, 1);
    assert_eq!(
        held(&desk),
        dec("0"),
        "what the old version held is the new one's"
    );
    desk.command(Command::RemoveStrategy {
        account: account(),
        strategy: id("mine"),
    })
    .expect("removed");
    assert!(desk.state().deployed.is_empty());
    let again = desk.command(Command::RemoveStrategy {
        account: account(),
        strategy: id("mine"),
    });
    assert!(matches!(again, Err(CommandError::UnknownStrategy(_))));
    live(&mut desk, 2);
    desk.check();
}

#[test]
fn one_that_takes_what_has_come_is_asked_when_no_more_bars_of_the_time_come() {
    let mut desk = Desk::new();
    let both = StrategySpec {
        source: built_in("buy_and_hold"),
        parameters: [("weight".to_owned(), "0.1".to_owned())].into(),
        instruments: vec![id("ETH-USD.COINBASE"), id("BTC-USD.COINBASE")],
        interval: BarInterval::M1,
    };
    deploy(&mut desk, &account(), "hold", both).expect("deployed");
    live(&mut desk, 0);
    let made = orders(&desk, &account(), "hold");
    assert_eq!(made.len(), 1, "{made:?}");
    assert_eq!(made[0].1, Side::Buy);
    live(&mut desk, 1);
    assert_eq!(orders(&desk, &account(), "hold").len(), 1);
}

#[test]
fn what_cannot_run_is_refused_and_leaves_no_record() {
    let mut desk = Desk::new();
    let before = desk.records.len();
    let refused = |desk: &mut Desk, name: &str, spec: StrategySpec| {
        deploy(desk, &account(), name, spec)
            .expect_err("refused")
            .to_string()
    };
    assert!(refused(&mut desk, "combined", spec(example())).contains("combination"));
    assert!(refused(&mut desk, "x", spec(built_in("ema_cros"))).contains("ema_cross"));
    let mut odd = spec(example());
    odd.parameters.insert("medium".to_owned(), "4".to_owned());
    odd.source = built_in("ema_cross");
    assert!(refused(&mut desk, "x", odd).contains("medium"));
    let mut unknown = spec(example());
    unknown.instruments = vec![id("DOGE-USD.COINBASE")];
    assert!(refused(&mut desk, "x", unknown).contains("DOGE-USD.COINBASE"));
    let mut two = spec(example());
    two.instruments.push(id("ETH-USD.COINBASE"));
    assert!(refused(&mut desk, "x", two).contains("instruments"));
    let broken = StrategySource::Script {
        text: "fn init() { #{} }\nfn on_bar(ctx) { let = 3; }".into(),
        sha256: String::new(),
    };
    assert!(refused(&mut desk, "x", spec(broken)).contains("line 2"));
    let forged = match example() {
        StrategySource::Script { text, .. } => StrategySource::Script {
            text,
            sha256: "00".repeat(32),
        },
        StrategySource::BuiltIn { .. } => unreachable!("the example is a script"),
    };
    assert!(refused(&mut desk, "x", spec(forged)).contains("SHA-256"));
    assert_eq!(desk.records.len(), before);

    for n in 0..16 {
        deploy(&mut desk, &account(), &format!("s{n}"), spec(example())).expect("deployed");
    }
    assert!(refused(&mut desk, "s16", spec(example())).contains("at most 16"));
}
