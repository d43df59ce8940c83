//! Laws over random histories: conservation, fold = live, determinism, restart.

mod common;

use common::*;
use proptest::prelude::*;
use tradewind_engine::kernel::State;
use tradewind_engine::{Event, Kernel, KernelConfig};
use tradewind_types::record::{BatchMode, Command};
use tradewind_types::*;

#[derive(Debug, Clone)]
enum Step {
    Order {
        base: u8,
        buy: bool,
        size: u16,
        offset: i16,
        tif: u8,
        market: bool,
        post: bool,
        reduce: bool,
    },
    Batch {
        count: u8,
        all_or_none: bool,
    },
    CancelLast,
    CancelAll,
    Flatten,
    Book {
        base: u8,
        drift: i16,
        size: u8,
    },
    Trade {
        base: u8,
        drift: i16,
        size: u16,
    },
    Pass {
        ms: u16,
    },
    Transfer {
        amount: i16,
    },
    Kill {
        flatten: bool,
    },
    Lift,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0u8..2, any::<bool>(), 1u16..900, -60i16..60, 0u8..4, any::<bool>(), any::<bool>(), any::<bool>())
            .prop_map(|(base, buy, size, offset, tif, market, post, reduce)| Step::Order {
                base, buy, size, offset, tif, market, post, reduce,
            }),
        1 => (2u8..6, any::<bool>()).prop_map(|(count, all_or_none)| Step::Batch { count, all_or_none }),
        2 => Just(Step::CancelLast),
        1 => Just(Step::CancelAll),
        1 => Just(Step::Flatten),
        6 => (0u8..2, -80i16..80, 1u8..9).prop_map(|(base, drift, size)| Step::Book { base, drift, size }),
        4 => (0u8..2, -80i16..80, 1u16..9_000).prop_map(|(base, drift, size)| Step::Trade { base, drift, size }),
        4 => (1u16..15_000).prop_map(|ms| Step::Pass { ms }),
        1 => (-900i16..900).prop_map(|amount| Step::Transfer { amount }),
        1 => any::<bool>().prop_map(|flatten| Step::Kill { flatten }),
        1 => Just(Step::Lift),
    ]
}

const BASES: [(&str, i64); 2] = [("BTC", 10_000), ("ETH", 1_000)];

fn order(n: usize, step: &Step) -> OrderRequest {
    let Step::Order {
        base,
        buy,
        size,
        offset,
        tif,
        market: at_market,
        post,
        reduce,
    } = step
    else {
        unreachable!("called with orders only")
    };
    let (name, price) = BASES[usize::from(*base)];
    let side = if *buy { Side::Buy } else { Side::Sell };
    let quantity = Decimal::new(i64::from(*size), 3).to_string();
    let price = (price + i64::from(*offset)).to_string();
    let mut request = limit(&format!("o{n}"), side, &quantity, &price);
    request.instrument = id(&format!("{name}-USD.COINBASE"));
    request.time_in_force = [
        TimeInForce::Gtc,
        TimeInForce::Day,
        TimeInForce::Ioc,
        TimeInForce::Fok,
    ][usize::from(*tif)];
    if *at_market {
        request.kind = OrderKind::Market;
    } else if *post && !matches!(request.time_in_force, TimeInForce::Ioc | TimeInForce::Fok) {
        request.kind = OrderKind::Limit {
            price: request.limit_price().expect("a limit"),
            post_only: true,
        };
    }
    request.reduce_only = *reduce;
    request
}

fn run(steps: &[Step]) -> Desk {
    let mut desk = Desk::new();
    let mut settings = desk.state().risk.clone();
    (
        settings.orders_per_minute,
        settings.orders_per_hour,
        settings.orders_per_day,
    ) = (10_000, 10_000, 10_000);
    desk.command(Command::SetRiskSettings {
        account: account(),
        settings,
        expected_version: 1,
    })
    .expect("valid");
    for (n, step) in steps.iter().enumerate() {
        // Refusals are part of the game; the laws are checked whatever the answer.
        match step {
            Step::Order { .. } => drop(desk.submit(order(n, step))),
            Step::Batch { count, all_or_none } => {
                let orders = (0..*count)
                    .map(|i| limit(&format!("b{n}-{i}"), Side::Buy, "0.3", "9990"))
                    .collect();
                let mode = if *all_or_none {
                    BatchMode::AllOrNone
                } else {
                    BatchMode::Independent
                };
                drop(desk.command(Command::SubmitOrders { orders, mode }));
            }
            Step::CancelLast => {
                let last = desk
                    .state()
                    .orders
                    .open()
                    .next_back()
                    .map(|o| o.request.client_order_id.clone());
                if let Some(client_order_id) = last {
                    drop(desk.command(Command::CancelOrder {
                        account: account(),
                        client_order_id,
                    }));
                }
            }
            Step::CancelAll => drop(desk.command(Command::CancelAll {
                account: account(),
                instrument: None,
            })),
            Step::Flatten => drop(desk.command(Command::Flatten {
                account: account(),
                instrument: None,
            })),
            Step::Book { base, drift, size } => {
                let (name, price) = BASES[usize::from(*base)];
                let bid = price + i64::from(*drift);
                desk.book(name, bid, bid + 2, &size.to_string());
            }
            Step::Trade { base, drift, size } => {
                let (name, price) = BASES[usize::from(*base)];
                desk.trade(name, (price + i64::from(*drift)) * 100, i128::from(*size));
            }
            Step::Pass { ms } => desk.pass(u64::from(*ms)),
            Step::Transfer { amount } => {
                let money = Money::new(Decimal::from(*amount), Currency::USD);
                let (key, reason) = (format!("t{n}"), "test".to_owned());
                drop(desk.command(Command::Transfer {
                    account: account(),
                    money,
                    key,
                    reason,
                }));
            }
            Step::Kill { flatten } => {
                let (flatten, reason) = (*flatten, "test".to_owned());
                drop(desk.command(Command::EngageKillSwitch {
                    account: Some(account()),
                    flatten,
                    reason,
                }));
            }
            Step::Lift => drop(desk.command(Command::LiftKillSwitch {
                account: Some(account()),
            })),
        }
        desk.check();
    }
    desk
}

fn bytes(state: &State) -> Vec<u8> {
    state.to_snapshot().expect("encodes")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn money_is_conserved_and_folding_the_records_gives_the_live_state(
        steps in prop::collection::vec(step(), 1..80),
    ) {
        let mut desk = run(&steps);
        prop_assert!(bytes(&desk.refolded()) == bytes(desk.kernel.state()), "the fold differs from the live state");
        let reply = desk.command(Command::Reconcile { account: account() }).expect("done");
        let tradewind_engine::CommandReply::Reconciliation(found) = reply else { panic!("answered") };
        prop_assert_eq!(&found.differences, &vec![]);
    }

    #[test]
    fn the_same_events_give_the_same_records(steps in prop::collection::vec(step(), 1..60)) {
        prop_assert!(run(&steps).records == run(&steps).records, "two runs differ");
    }

    #[test]
    fn a_snapshot_restores_to_the_same_state_and_open_orders_go_on_living(
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let desk = run(&steps);
        let restored = State::from_snapshot(&bytes(desk.kernel.state())).expect("decodes");
        prop_assert!(bytes(&restored) == bytes(desk.kernel.state()), "the snapshot changed on its way");
        let open: Vec<_> = desk.state().orders.open().map(|o| o.request.client_order_id.clone()).collect();
        let (now, records) = (desk.now, desk.records);
        let mut kernel = Kernel::new(KernelConfig::default(), restored);
        let mut actions = tradewind_engine::kernel::Actions::default();
        kernel.process(&Event::Timer(now.plus(1)), &mut actions);
        let cancel = envelope(Command::CancelAll { account: account(), instrument: None });
        kernel.process(&Event::Command(Box::new(cancel)), &mut actions);
        kernel.process(&Event::Timer(now.plus(3_600 * tradewind_types::time::SECOND_NS)), &mut actions);
        let state = kernel.account(&account()).expect("there");
        for client_order_id in open {
            let order = state.orders.get(&client_order_id).expect("there");
            prop_assert!(!order.state.is_open(), "{} is {}", client_order_id, order.state.name());
        }
        prop_assert_eq!(kernel.illegal_outcomes(), 0, "{:?} after {} records", kernel.last_illegal(), records.len());
        prop_assert!(state.ledger.check_invariants().is_ok());
        prop_assert_eq!(state.ledger.cash_locked(Currency::USD), Decimal::ZERO);
    }
}
