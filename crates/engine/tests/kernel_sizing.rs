//! How large a strategy's entries are, and what is different for single strategies: through the kernel, as in a backtest.

mod common;

use common::*;
use tradewind_engine::kernel::sizing::{NoSize, PreviewAsked};
use tradewind_engine::kernel::{Actions, Actor, EntryStyle};
use tradewind_engine::{CommandError, CommandReply};
use tradewind_strategy::{Entry, Intent, Reason, Size};
use tradewind_types::order::UnitFraction;
use tradewind_types::record::{Command, Outcome};
use tradewind_types::risk::{RiskOverrides, RiskRule, RiskSettings, SizingRule};
use tradewind_types::*;

const BTC: &str = "BTC-USD.COINBASE";

fn with(change: impl FnOnce(&mut RiskSettings)) -> Desk {
    let mut desk = Desk::new();
    set(&mut desk, 1, change).expect("in range");
    for strategy in ["a", "b"] {
        let mut actions = Actions::default();
        desk.kernel.run_strategy(&account(), &id(strategy), &mut actions);
        desk.records.append(&mut actions.records);
    }
    desk
}

fn set(
    desk: &mut Desk,
    expected_version: u32,
    change: impl FnOnce(&mut RiskSettings),
) -> Result<CommandReply, CommandError> {
    let mut settings = RiskSettings::default();
    settings.protection.enabled = false;
    change(&mut settings);
    desk.command(Command::SetRiskSettings {
        account: account(),
        settings,
        expected_version,
    })
}

/// Lets a strategy enter, and gives the order that came of it.
fn enter(desk: &mut Desk, strategy: &str, change: impl FnOnce(&mut Entry)) -> Option<Order> {
    let mut entry = Entry::new(0, Side::Buy, Reason::from("test"));
    entry.confidence = UnitFraction(1_000_000);
    change(&mut entry);
    let (account, strategy) = (account(), id::<StrategyId>(strategy));
    let slots = [desk.idx("BTC")];
    let actor = Actor {
        account: &account,
        strategy: &strategy,
        slots: &slots,
        style: EntryStyle::Market,
    };
    let mut actions = Actions::default();
    desk.kernel.act_on(&actor, &Intent::Enter(entry), &mut actions);
    let made = actions.records.iter().find_map(|record| match record {
        tradewind_types::record::Record::Outcome(Outcome::OrderInitialized { request, .. }) => {
            Some(request.client_order_id.clone())
        }
        _ => None,
    });
    desk.records.append(&mut actions.records);
    let order = made.map(|id| desk.kernel.order(&account, &id).expect("there").clone());
    desk.check();
    order
}

fn sized(desk: &mut Desk, strategy: &str, change: impl FnOnce(&mut Entry)) -> Decimal {
    enter(desk, strategy, change)
        .expect("an order")
        .request
        .quantity
        .decimal()
}

/// Offers are at 10,010; the equity is 100,000 and the lot 0.0001.
#[test]
fn each_rule_of_the_settings_sizes_the_entry_of_a_strategy_that_leaves_it_open() {
    let d = dec;
    let cases = [
        (SizingRule::Signal, "0.1998", "2 % of 100,000 at 10,010"),
        (SizingRule::FixedFraction { fraction: d("0.1") }, "0.999", "10 %"),
        (
            SizingRule::to_volatility(d("0.75")),
            "1.998",
            "0.15 / 0.75 = 20 %",
        ),
        (
            SizingRule::quarter_kelly(d("0.6"), d("2")),
            "0.999",
            "0.6 − 0.4 / 2 = 40 %, a quarter of it is 10 %",
        ),
        (
            SizingRule::to_value_at_risk(d("0.1")),
            "1.998",
            "2 % / 10 % = 20 %",
        ),
        (
            SizingRule::RiskToStop { risk: d("0.01") },
            "1.998",
            "1,000 / (5 % of 10,010): the settings' distance, where the entry has no stop",
        ),
    ];
    for (rule, quantity, why) in cases {
        let mut desk = with(|s| s.sizing = rule);
        assert_eq!(sized(&mut desk, "a", |_| {}), d(quantity), "{why}");
    }
    let mut desk = with(|s| s.sizing = SizingRule::RiskToStop { risk: d("0.005") });
    let with_stop = sized(&mut desk, "a", |e| e.stop_loss = Some(9_510.0));
    assert_eq!(with_stop, d("1"), "500 / (10,010 − 9,510)");
}

#[test]
fn a_strategy_that_says_its_own_size_gets_it() {
    let mut desk = with(|s| s.sizing = SizingRule::FixedFraction { fraction: dec("0.1") });
    assert_eq!(
        sized(&mut desk, "a", |e| e.size = Size::Quantity(dec("0.5"))),
        dec("0.5")
    );
    let by_volatility = |e: &mut Entry| e.size = Size::By(SizingRule::to_volatility(dec("1.5")));
    assert_eq!(
        sized(&mut desk, "b", by_volatility),
        dec("0.999"),
        "0.15 / 1.5 = 10 %"
    );
    let mut desk = with(|_| {});
    let no_edge = |e: &mut Entry| e.size = Size::By(SizingRule::quarter_kelly(dec("0.3"), dec("1")));
    assert!(enter(&mut desk, "a", no_edge).is_none(), "no edge, no order");
}

#[test]
fn overrides_hold_for_their_strategy_alone() {
    let mut desk = with(|s| {
        s.overrides.insert(
            id("a"),
            RiskOverrides {
                sizing: Some(SizingRule::FixedFraction {
                    fraction: dec("0.05"),
                }),
                order_size_max: Some(dec("0.04")),
                ..RiskOverrides::default()
            },
        );
        s.overrides.insert(
            id("b"),
            RiskOverrides {
                signal_size: Some(dec("0.1")),
                ..RiskOverrides::default()
            },
        );
    });
    let denied = enter(&mut desk, "a", |_| {}).expect("an order");
    assert_eq!(denied.request.quantity, quantity("0.4995"));
    let OrderState::Denied { denials } = &denied.state else {
        panic!("{:?}", denied.state)
    };
    let rules: Vec<_> = denials.iter().map(|d| (d.rule, d.limit.as_str())).collect();
    assert_eq!(rules, [(RiskRule::OrderSize, "4 %")]);
    let other = enter(&mut desk, "b", |_| {}).expect("an order");
    assert_eq!(
        other.request.quantity,
        quantity("0.999"),
        "its own signal size, and the account's limit of 25 %"
    );
    assert!(!matches!(other.state, OrderState::Denied { .. }));
    desk.submit(limit("hand", Side::Buy, "1", "9000")).expect("taken");
    assert!(desk.order("hand").state.is_open(), "9 % by hand");
}

#[test]
fn a_stricter_loss_limit_halts_its_strategy_and_leaves_the_others_running() {
    let mut desk = with(|s| {
        s.overrides.insert(
            id("a"),
            RiskOverrides {
                daily_loss_max: Some(dec("0.01")),
                ..RiskOverrides::default()
            },
        );
    });
    desk.submit(market("long", Side::Buy, "1")).expect("taken");
    desk.pass(1_500);
    // 1 BTC falls by 2,000: 2 % of the equity.
    desk.book("BTC", 8_000, 8_010, "5");
    desk.pass(1_500);
    let status = |desk: &Desk, strategy: &str| desk.state().strategy_status(&id(strategy)).clone();
    let tradewind_types::record::StrategyStatus::Halted { reason } = status(&desk, "a") else {
        panic!("{:?}", status(&desk, "a"))
    };
    assert!(reason.contains("the limit is 1 %"), "{reason}");
    assert_eq!(
        status(&desk, "b"),
        tradewind_types::record::StrategyStatus::Running
    );
    desk.check();
}

#[test]
fn an_override_out_of_range_is_refused_with_its_field() {
    let mut desk = Desk::new();
    let strange = SizingRule::FixedFraction { fraction: dec("1.5") };
    let refused = set(&mut desk, 1, |s| s.sizing = strange).expect_err("more than all");
    assert!(refused.to_string().starts_with("sizing.fraction: "), "{refused}");
    let refused = set(&mut desk, 1, |s| {
        let overrides = RiskOverrides {
            sizing: Some(strange),
            ..RiskOverrides::default()
        };
        s.overrides.insert(id("a"), overrides);
    });
    assert!(refused.is_err());
}

#[test]
fn a_preview_states_every_input_and_orders_nothing() {
    let desk = with(|s| s.sizing = SizingRule::to_volatility(dec("0.75")));
    let asked = PreviewAsked {
        instrument: id(BTC),
        side: Side::Sell,
        price: None,
        stop: None,
        strategy: None,
        rule: None,
    };
    let size = desk.kernel.preview_size(&account(), &asked).expect("a size");
    assert_eq!(
        (size.terms.equity, size.terms.price),
        (dec("100000"), dec("10000")),
        "a sell meets the bid"
    );
    assert_eq!(size.sized.quantity, dec("2"));
    assert_eq!(size.stop, dec("10500"), "5 % above");
    let given = PreviewAsked {
        price: Some(dec("100")),
        stop: Some(dec("96")),
        side: Side::Buy,
        rule: Some(SizingRule::RiskToStop { risk: dec("0.01") }),
        ..asked.clone()
    };
    let size = desk.kernel.preview_size(&account(), &given).expect("a size");
    assert_eq!(size.sized.quantity, dec("250"), "1,000 / 4");
    let unknown = PreviewAsked {
        instrument: id("X-USD.COINBASE"),
        ..asked
    };
    let error = desk
        .kernel
        .preview_size(&account(), &unknown)
        .expect_err("unknown");
    assert!(matches!(error, NoSize::UnknownInstrument(_)), "{error}");
    assert_eq!(desk.state().orders.open_count(), 0);
}
