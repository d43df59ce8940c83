//! Every rule of the gate below, at and above its limit, the same for paper and live accounts (a backtest's account is
//! a paper account).

mod common;

use common::*;
use tradewind_engine::kernel::gate::{GateContext, Once, RULES, Replaced, WARNINGS, evaluate, warnings};
use tradewind_ledger::FxError;
use tradewind_types::market::DataState;
use tradewind_types::order::{OrderOrigin, UnitFraction};
use tradewind_types::record::{Session, StrategyStatus};
use tradewind_types::risk::{Denial, PlaceRule, PlaceRuleKind, RiskRule, RiskSettings, RuleAction};
use tradewind_types::time::SECOND_NS;
use tradewind_types::*;

const NOW: UnixNanos = UnixNanos(START_S * SECOND_NS);

/// What a case may change; everything else lets the order through.
struct Case {
    request: OrderRequest,
    instrument: Instrument,
    settings: RiskSettings,
    context: Figures,
}

struct Figures {
    kill_switch: Option<&'static str>,
    ready: bool,
    quote_state: DataState,
    rate: Result<Decimal, FxError>,
    equity: Option<Decimal>,
    exposure: Decimal,
    margin_used: Decimal,
    margin_kept: Decimal,
    cash: Decimal,
    position: Decimal,
    closing: Decimal,
    open_positions: u32,
    of_strategy: u32,
    in_instrument: u32,
    orders: [u32; 3],
    entries: [u32; 2],
    per_second: u32,
    day_trades: u32,
    day_loss: Decimal,
    drawdown: Decimal,
    status: StrategyStatus,
    last_signal: Option<UnixNanos>,
    session: Option<Session>,
    replaces: Option<Replaced>,
}

fn case() -> Case {
    let settings = RiskSettings {
        live_trading: true,
        ..RiskSettings::default()
    };
    Case {
        // 1 BTC at 10,000 against an equity of 100,000.
        request: limit("o", Side::Buy, "1", "10000"),
        instrument: instruments().remove(0),
        settings,
        context: Figures {
            kill_switch: None,
            ready: true,
            quote_state: DataState::Valid,
            rate: Ok(dec("1")),
            equity: Some(dec("100000")),
            exposure: dec("0"),
            margin_used: dec("0"),
            margin_kept: dec("0"),
            cash: dec("100000"),
            position: dec("0"),
            closing: dec("0"),
            open_positions: 0,
            of_strategy: 0,
            in_instrument: 0,
            orders: [0; 3],
            entries: [0; 2],
            per_second: 0,
            day_trades: 0,
            day_loss: dec("0"),
            drawdown: dec("0"),
            status: StrategyStatus::Running,
            last_signal: None,
            session: None,
            replaces: None,
        },
    }
}

fn by_strategy(case: &mut Case) {
    case.request.origin = OrderOrigin::Strategy {
        strategy: id("s"),
        signal: id("G1"),
        confidence: UnitFraction(700_000),
    };
}

fn look<R>(case: &Case, kind: AccountKind, read: impl FnOnce(&GateContext<'_>) -> R) -> R {
    let f = &case.context;
    let strategy = matches!(case.request.origin, OrderOrigin::Strategy { .. });
    read(&GateContext {
        request: &case.request,
        instrument: &case.instrument,
        settings: &case.settings,
        account_kind: kind,
        kill_switch: f.kill_switch,
        ready: f.ready,
        quote: Some((dec("10000"), dec("10000"))),
        quote_state: f.quote_state,
        rate: f.rate.clone(),
        unvalued: None,
        equity: f.equity,
        exposure: Some(f.exposure),
        margin_used: Some(f.margin_used),
        margin_kept: Some(f.margin_kept),
        cash_available: f.cash,
        taker_fee: dec("0"),
        position: f.position,
        closing_already: f.closing,
        open_positions: f.open_positions,
        positions_of_strategy: f.of_strategy,
        positions_in_instrument: f.in_instrument,
        orders: Some(f.orders),
        strategy_entries: f.entries,
        orders_per_second: f.per_second,
        day_trades: f.day_trades,
        day_loss: Some(f.day_loss),
        drawdown: Some(f.drawdown),
        strategy_status: strategy.then_some(&f.status),
        last_same_signal: f.last_signal,
        session: f.session,
        replaces: f.replaces,
        now: NOW,
        once: Once::default(),
    })
}

fn denied(case: &Case, kind: AccountKind) -> Vec<Denial> {
    let mut denials = Vec::new();
    look(case, kind, |context| evaluate(context, &mut denials));
    denials
}

fn warned(case: &Case) -> Vec<RiskRule> {
    look(case, AccountKind::Paper, warnings)
        .iter()
        .map(|w| w.rule)
        .collect()
}

type Change = Box<dyn Fn(&mut Case, &str)>;

/// A rule, what is changed about the order that passes, and the figures below, at and above the limit. Upper case:
/// the figure is denied.
struct Row {
    rule: RiskRule,
    change: Change,
    passes: &'static [&'static str],
    denies: &'static [&'static str],
}

fn row(
    rule: RiskRule,
    passes: &'static [&'static str],
    denies: &'static [&'static str],
    change: impl Fn(&mut Case, &str) + 'static,
) -> Row {
    Row {
        rule,
        change: Box::new(change),
        passes,
        denies,
    }
}

fn count(text: &str) -> u32 {
    text.parse().expect("a count")
}

fn on_margin(case: &mut Case) {
    case.settings.margin.enabled = true;
    case.settings.exposure_max = dec("10");
    case.instrument.terms.margin_initial = Some(dec("0.1"));
    case.instrument.terms.margin_maintenance = Some(dec("0.05"));
}

fn place_rule(case: &mut Case, action: RuleAction, kind: PlaceRuleKind) {
    case.settings.place.push(PlaceRule {
        kind,
        from: NOW,
        until: None,
        action,
    });
}

fn closing_in(case: &mut Case, minutes: &str) {
    case.settings.intraday.enabled = true;
    case.context.session = Some(Session {
        open: UnixNanos(0),
        close: NOW.plus(u64::from(count(minutes)) * 60 * SECOND_NS),
    });
}

#[rustfmt::skip]
fn table() -> Vec<Row> {
    use RiskRule as R;
    vec![
        row(R::KillSwitch, &["lifted"], &["engaged"], |c, v| c.context.kill_switch = (v == "engaged").then_some("why")),
        row(R::NotReconciled, &["equal"], &["not"], |c, v| c.context.ready = v == "equal"),
        row(R::InstrumentNotAllowed, &["BTC-USD.COINBASE"], &["ETH-USD.COINBASE"], |c, v| {
            c.settings.whitelist = Some(vec![id(v)]);
        }),
        row(R::StrategyHalted, &["running"], &["stopped"], |c, v| {
            by_strategy(c);
            c.context.status = if v == "running" { StrategyStatus::Running } else { StrategyStatus::Stopped };
        }),
        row(R::Confidence, &["700000", "700001"], &["699999"], |c, v| {
            by_strategy(c);
            let OrderOrigin::Strategy { confidence, .. } = &mut c.request.origin else { return };
            *confidence = UnitFraction(count(v));
        }),
        row(R::DuplicateSignal, &["300", "301"], &["299"], |c, v| {
            by_strategy(c);
            c.context.last_signal = Some(UnixNanos(NOW.0 - u64::from(count(v)) * SECOND_NS));
        }),
        row(R::StaleData, &["valid"], &["stale"], |c, v| {
            if v == "stale" { c.context.quote_state = DataState::Stale }
        }),
        row(R::Intraday, &["11"], &["10", "9"], closing_in),
        row(R::ReduceOnly, &["1", "2"], &["0", "0.5", "-1"], |c, v| {
            c.request.side = Side::Sell;
            c.request.reduce_only = true;
            c.context.position = dec(v);
        }),
        row(R::ShortNotAllowed, &["1", "1.5"], &["0.9999", "0"], |c, v| {
            c.request.side = Side::Sell;
            c.context.position = dec(v);
        }),
        row(R::OpenPositionsTotal, &["4"], &["5", "6"], |c, v| c.context.open_positions = count(v)),
        row(R::OpenPositionsPerInstrument, &["0"], &["1", "2"], |c, v| {
            by_strategy(c);
            c.context.of_strategy = count(v);
        }),
        row(R::OpenPositionsPerInstrument, &["2"], &["3", "4"], |c, v| c.context.in_instrument = count(v)),
        row(R::FxRate, &["1", "0.5"], &["none"], |c, v| {
            c.context.rate = match v {
                "none" => Err(FxError::NoRate { from: Currency::USD, to: Currency::USD, at: NOW }),
                rate => Ok(dec(rate)),
            };
        }),
        row(R::OrderSize, &["2.4999", "2.5"], &["2.5001"], |c, v| c.context.rate = Ok(dec(v))),
        row(R::Exposure, &["69999", "70000"], &["70001"], |c, v| c.context.exposure = dec(v)),
        row(R::Exposure, &["799000", "-1"], &["799001"], |c, v| {
            on_margin(c);
            c.settings.exposure_max = dec("0.8");
            // 1,000 of margin for the order; leverage and margin use must not be what denies.
            c.settings.margin.use_block = dec("2");
            c.context.equity = Some(dec("1000000"));
            c.context.margin_used = dec(v);
        }),
        row(R::OrderSize, &["2.4999", "2.5"], &["2.5001"], |c, v| c.request.quantity = quantity(v)),
        row(R::InsufficientFunds, &["10000", "10001"], &["9999"], |c, v| c.context.cash = dec(v)),
        row(R::Leverage, &["989999", "990000"], &["990001"], |c, v| {
            on_margin(c);
            c.context.exposure = dec(v);
        }),
        row(R::MarginUse, &["88999"], &["89000", "89001"], |c, v| {
            on_margin(c);
            c.context.margin_used = dec(v);
        }),
        row(R::MarginRatio, &["99500", "99499"], &["99501"], |c, v| {
            on_margin(c);
            c.context.margin_kept = dec(v);
        }),
        row(R::PriceBand, &["10199.99", "10200", "1"], &["10200.01"], |c, v| {
            c.request.kind = at(v);
            c.request.quantity = quantity("0.1");
        }),
        row(R::OrdersPerMinute, &["9"], &["10", "11"], |c, v| c.context.orders[0] = count(v)),
        row(R::OrdersPerHour, &["59"], &["60", "61"], |c, v| c.context.orders[1] = count(v)),
        row(R::OrdersPerDay, &["499"], &["500", "501"], |c, v| c.context.orders[2] = count(v)),
        row(R::StrategyEntriesPerHour, &["9"], &["10", "11"], |c, v| {
            by_strategy(c);
            c.context.entries[0] = count(v);
        }),
        row(R::StrategyEntriesPerDay, &["49"], &["50", "51"], |c, v| {
            by_strategy(c);
            c.context.entries[1] = count(v);
        }),
        row(R::DailyLoss, &["0.0499"], &["0.05", "0.06"], |c, v| {
            by_strategy(c);
            c.context.day_loss = dec(v);
        }),
        row(R::Drawdown, &["0.0999"], &["0.1", "0.11"], |c, v| {
            by_strategy(c);
            c.context.drawdown = dec(v);
        }),
        row(R::PatternDayTrader, &["2"], &["3", "4"], |c, v| {
            let (day_trades_max, equity_min) = (3, dec("100001"));
            place_rule(c, RuleAction::Deny, PlaceRuleKind::PatternDayTrader { day_trades_max, equity_min });
            c.context.day_trades = count(v);
        }),
        row(R::PlaceOrderRate, &["9"], &["10", "11"], |c, v| {
            place_rule(c, RuleAction::Deny, PlaceRuleKind::OrderRate { per_second_max: 10 });
            c.context.per_second = count(v);
        }),
        row(R::AlgoTag, &["tag"], &[""], |c, v| {
            by_strategy(c);
            place_rule(c, RuleAction::Deny, PlaceRuleKind::AlgoTag { tag: Some(v.to_owned()) });
        }),
    ]
}

#[test]
fn every_rule_passes_up_to_its_limit_and_denies_beyond_it_whatever_the_account() {
    for kind in [AccountKind::Paper, AccountKind::Live] {
        assert_eq!(denied(&case(), kind), [], "the order of the table passes");
        for row in table() {
            for figure in row.passes {
                let mut case = case();
                (row.change)(&mut case, figure);
                assert_eq!(denied(&case, kind), [], "{:?} at {figure} passes", row.rule);
            }
            for figure in row.denies {
                let mut case = case();
                (row.change)(&mut case, figure);
                let denials = denied(&case, kind);
                let own: Vec<_> = denials.iter().filter(|d| d.rule == row.rule).collect();
                assert_eq!(own.len(), 1, "{:?} at {figure} denies: {denials:?}", row.rule);
                assert!(
                    !own[0].actual.is_empty() && !own[0].limit.is_empty(),
                    "the figures are kept"
                );
                assert!(own[0].message.len() > 10, "and said in a sentence");
            }
        }
    }
}

#[test]
fn live_trading_is_asked_of_live_accounts_alone() {
    let mut case = case();
    case.settings.live_trading = false;
    assert_eq!(denied(&case, AccountKind::Paper), []);
    let rules: Vec<_> = denied(&case, AccountKind::Live).iter().map(|d| d.rule).collect();
    assert_eq!(rules, [RiskRule::LiveTradingDisabled]);
}

#[test]
fn every_rule_of_the_table_has_a_case() {
    let covered: Vec<RiskRule> = table().iter().map(|r| r.rule).collect();
    for (rule, _) in RULES {
        let elsewhere = rule == RiskRule::LiveTradingDisabled;
        assert!(elsewhere || covered.contains(&rule), "{rule:?} has no case");
    }
}

#[test]
fn warnings_come_before_denials() {
    type Set = fn(&mut Case, &str);
    let margin: Set = |c, v| {
        on_margin(c);
        c.context.margin_used = dec(v);
    };
    let ratio: Set = |c, v| {
        on_margin(c);
        c.context.margin_kept = dec(v);
    };
    let soon: Set = closing_in;
    let rate: Set = |c, v| {
        place_rule(
            c,
            RuleAction::Warn,
            PlaceRuleKind::OrderRate { per_second_max: 10 },
        );
        c.context.per_second = count(v);
    };
    for (set, figure, wanted) in [
        (margin, "68999", None),
        (margin, "69000", Some(RiskRule::MarginUse)),
        (margin, "79000", Some(RiskRule::MarginUse)),
        (ratio, "66166", None),
        (ratio, "66167", Some(RiskRule::MarginRatio)),
        (soon, "16", None),
        (soon, "15", Some(RiskRule::Intraday)),
        (rate, "9", None),
        (rate, "10", Some(RiskRule::PlaceOrderRate)),
    ] {
        let mut case = case();
        set(&mut case, figure);
        assert_eq!(warned(&case), wanted.into_iter().collect::<Vec<_>>(), "{figure}");
        assert_eq!(denied(&case, AccountKind::Paper), [], "{figure} only warns");
    }
    assert_eq!(WARNINGS.len(), 6);
}

#[test]
fn an_order_that_only_reduces_is_let_through_whatever_the_account_holds() {
    let mut case = case();
    case.request.side = Side::Sell;
    case.context.position = dec("1");
    case.context.exposure = dec("500000");
    case.context.open_positions = 9;
    case.context.in_instrument = 9;
    case.context.day_loss = dec("0.5");
    assert_eq!(denied(&case, AccountKind::Paper), []);
}

#[test]
fn of_a_change_only_what_comes_on_top_is_compared() {
    let mut case = case();
    case.context.exposure = dec("75000");
    case.context.cash = dec("100");
    case.context.orders = [99; 3];
    case.context.replaces = Some(Replaced {
        notional: dec("9950"),
        held: dec("9950"),
    });
    let rules: Vec<_> = denied(&case, AccountKind::Paper).iter().map(|d| d.rule).collect();
    let rates = [RiskRule::OrdersPerMinute, RiskRule::OrdersPerHour];
    assert_eq!(
        rules, rates,
        "the kernel counts no change as an order; money passes"
    );
}

#[test]
fn rules_of_the_place_hold_only_in_their_time() {
    let mut case = case();
    place_rule(
        &mut case,
        RuleAction::Deny,
        PlaceRuleKind::OrderRate { per_second_max: 1 },
    );
    case.context.per_second = 5;
    case.settings.place[0].from = NOW.plus(1);
    assert_eq!(denied(&case, AccountKind::Paper), []);
    case.settings.place[0].from = NOW;
    assert_eq!(denied(&case, AccountKind::Paper).len(), 1);
    case.settings.place[0].until = Some(NOW);
    assert_eq!(denied(&case, AccountKind::Paper), []);
}
