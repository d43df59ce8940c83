//! What holding costs in paper accounts, and how contracts end there: the kernel as it runs live.

mod common;

use common::{Desk, dec, id};
use tradewind_engine::KernelConfig;
use tradewind_engine::kernel::FeeRule;
use tradewind_engine::kernel::carry::{CarryRules, FundingRule, FundingSchedule, InterestRule};
use tradewind_matching::paper::FeeModel;
use tradewind_types::order::OrderOrigin;
use tradewind_types::record::{BatchMode, Command, LedgerAccount, Outcome, Record};
use tradewind_types::risk::{MarginRules, RiskSettings};
use tradewind_types::*;

const HOUR_NS: u64 = 3_600_000_000_000;

/// A desk whose ETH is of a kind, on margin, with wide limits.
fn desk(config: KernelConfig, change: impl Fn(&mut Instrument)) -> Desk {
    let mut desk = Desk::with(config);
    let mut instrument = common::instruments().remove(1);
    change(&mut instrument);
    let instrument = Box::new(instrument);
    desk.command(Command::DefineInstrument { instrument })
        .expect("defined");
    let settings = RiskSettings {
        margin: MarginRules {
            enabled: true,
            ..MarginRules::default()
        },
        exposure_max: dec("10"),
        order_size_max: dec("10"),
        daily_loss_max: dec("1"),
        drawdown_max: dec("1"),
        ..RiskSettings::default()
    };
    desk.command(Command::SetRiskSettings {
        account: common::account(),
        settings,
        expected_version: 1,
    })
    .expect("set");
    desk
}

/// Sends a market order; nothing happens yet.
fn send(desk: &mut Desk, quantity: &str) {
    let order = OrderRequest {
        client_order_id: id("buy-1"),
        account: common::account(),
        instrument: id("ETH-USD.COINBASE"),
        side: Side::Buy,
        quantity: Quantity::new(dec(quantity)).expect("above zero"),
        kind: OrderKind::Market,
        time_in_force: TimeInForce::Ioc,
        reduce_only: false,
        origin: OrderOrigin::Manual {
            actor: "u1".to_owned(),
        },
        terms: OrderTerms::default(),
    };
    desk.command(Command::SubmitOrders {
        orders: vec![order],
        mode: BatchMode::Independent,
    })
    .expect("submitted");
}

fn buy(desk: &mut Desk, quantity: &str) {
    send(desk, quantity);
    desk.pass(200);
}

fn balance(desk: &Desk, account: LedgerAccount) -> Decimal {
    let state = desk.kernel.account(&common::account()).expect("opened");
    state.ledger.balance(account, Currency::USD)
}

fn held(desk: &Desk) -> Decimal {
    let state = desk.kernel.account(&common::account()).expect("opened");
    let position = state.ledger.position(&id("ETH-USD.COINBASE"));
    position.map_or(Decimal::ZERO, |p| p.quantity)
}

/// To a time, in one step.
fn until(desk: &mut Desk, ts: UnixNanos) {
    desk.now = ts;
    desk.event(&tradewind_engine::Event::Timer(ts));
}

#[test]
fn funding_is_booked_once_at_its_time_and_made_up_for_after_a_restart() {
    let carry = CarryRules {
        funding: vec![FundingRule {
            instrument: id("ETH-USD.COINBASE"),
            schedule: FundingSchedule::Every {
                interval_ns: 8 * HOUR_NS,
                rate: dec("0.0001"),
            },
        }],
        ..CarryRules::default()
    };
    let config = KernelConfig {
        carry,
        ..KernelConfig::default()
    };
    let mut desk = desk(config.clone(), |i| i.kind = InstrumentKind::Perpetual);
    buy(&mut desk, "10");
    assert_eq!(held(&desk), dec("10"));
    let next = desk.now.floor_to(8 * HOUR_NS).plus(8 * HOUR_NS);
    until(&mut desk, next);
    // 10 × the mid of 1,000 and 1,001 × 0.0001, paid; a debit in the ledger.
    assert_eq!(balance(&desk, LedgerAccount::Funding), dec("1.0005"));
    until(&mut desk, next.plus(1_000_000_000));
    assert_eq!(balance(&desk, LedgerAccount::Funding), dec("1.0005"));
    // What is folded from the records has it too; and what fell due while nothing ran is made up for, once.
    let mut state = tradewind_engine::kernel::State::default();
    for record in &desk.records {
        if let Record::Outcome(outcome) = record {
            state.fold(outcome).expect("fits");
        }
    }
    desk.kernel = tradewind_engine::Kernel::new(config, state);
    desk.book("ETH", 1_000, 1_001, "50");
    assert_eq!(balance(&desk, LedgerAccount::Funding), dec("1.0005"));
    until(&mut desk, next.plus(8 * HOUR_NS + 5_000_000_000));
    assert_eq!(balance(&desk, LedgerAccount::Funding), dec("2.001"));
}

#[test]
fn what_expires_is_settled_and_takes_no_orders() {
    let carry = CarryRules {
        settle: true,
        settlements: [(id("ETH-USD.COINBASE"), dec("1100"))].into(),
        ..CarryRules::default()
    };
    let config = KernelConfig {
        carry,
        ..KernelConfig::default()
    };
    let expiry = UnixNanos::from_secs(common::START_S + 3_600);
    let mut desk = desk(config, |i| {
        i.kind = InstrumentKind::Future;
        i.terms.expiry = Some(expiry);
    });
    buy(&mut desk, "2");
    until(&mut desk, expiry);
    assert_eq!(held(&desk), Decimal::ZERO);
    // 2 × (1,100 − 1,001): realised profit is a credit.
    assert_eq!(balance(&desk, LedgerAccount::RealisedPnl), dec("-198"));
    assert_eq!(desk.kernel.illegal_outcomes(), 0);
    let settled = desk
        .records
        .iter()
        .any(|r| matches!(r, Record::Outcome(Outcome::Ledger(e)) if e.actor == "settlement"));
    assert!(settled, "the ledger names who did it");
}

#[test]
fn interest_is_of_what_was_paid_not_of_what_a_future_is_worth() {
    let carry = CarryRules {
        interest: vec![InterestRule {
            currency: Currency::USD,
            debit: dec("0.0730"),
            credit: dec("0.0365"),
        }],
        ..CarryRules::default()
    };
    let config = KernelConfig {
        carry,
        ..KernelConfig::default()
    };
    let mut desk = desk(config, |i| {
        i.kind = InstrumentKind::Future;
        i.terms.margin_initial = Some(dec("0.1"));
    });
    buy(&mut desk, "20");
    let midnight = desk.now.floor_to(24 * HOUR_NS).plus(24 * HOUR_NS);
    until(&mut desk, midnight);
    // Cash is 100,000 − 20 × 1,001 − the fee of 40.04; the future cost nothing: 99,959.96 × 0.0001, a credit.
    assert_eq!(balance(&desk, LedgerAccount::Interest), dec("-9.995996"));
}

#[test]
fn liquidation_and_fees_by_the_order_work_in_paper() {
    let config = KernelConfig {
        carry: CarryRules {
            liquidate: true,
            ..CarryRules::default()
        },
        paper_fees: vec![FeeRule {
            market: id("COINBASE"),
            kind: None,
            model: FeeModel::PerOrder { amount: dec("5") },
        }],
        ..KernelConfig::default()
    };
    let mut desk = desk(config, |i| {
        i.terms.margin_initial = Some(dec("0.02"));
        i.terms.margin_maintenance = Some(dec("0.01"));
    });
    desk.book("ETH", 1_000, 1_001, "2000");
    buy(&mut desk, "900");
    assert_eq!(held(&desk), dec("900"));
    assert_eq!(balance(&desk, LedgerAccount::Fees), dec("5"));
    // At a mid of 899.5: equity 99,995 − 900 × 101.5 = 8,645; kept 900 × 899.5 × 0.01 = 8,095.5: enough.
    desk.book("ETH", 899, 900, "2000");
    desk.pass(1_200);
    assert_eq!(held(&desk), dec("900"));
    // At 898.5: equity 7,745, kept 8,086.5. 341.5 are missing, a coin frees 8.985: 38.008 coins, up to the lot.
    desk.book("ETH", 898, 899, "2000");
    desk.pass(1_200);
    assert_eq!(held(&desk), dec("861.992"));
}

fn funded_every_8h() -> KernelConfig {
    let funding = FundingRule {
        instrument: id("ETH-USD.COINBASE"),
        schedule: FundingSchedule::Every {
            interval_ns: 8 * HOUR_NS,
            rate: dec("0.0001"),
        },
    };
    KernelConfig {
        carry: CarryRules {
            funding: vec![funding],
            ..CarryRules::default()
        },
        paper_latency_ns: 50_000_000,
        ..KernelConfig::default()
    }
}

#[test]
fn who_buys_just_after_a_funding_time_pays_none_of_it() {
    let mut desk = desk(funded_every_8h(), |i| i.kind = InstrumentKind::Perpetual);
    let next = desk.now.floor_to(8 * HOUR_NS).plus(8 * HOUR_NS);
    // Sent 40 ms before the time and carried out 10 ms after it; the next event comes half a second later.
    desk.now = UnixNanos(next.0 - 42_000_000);
    desk.book("ETH", 1_000, 1_001, "50");
    send(&mut desk, "10");
    until(&mut desk, next.plus(500_000_000));
    assert_eq!(held(&desk), dec("10"));
    assert_eq!(balance(&desk, LedgerAccount::Funding), Decimal::ZERO);
}

#[test]
fn after_a_restart_what_fell_due_waits_for_the_first_price() {
    let config = funded_every_8h();
    let mut desk = desk(config.clone(), |i| i.kind = InstrumentKind::Perpetual);
    buy(&mut desk, "10");
    let next = desk.now.floor_to(8 * HOUR_NS).plus(8 * HOUR_NS);
    let mut state = tradewind_engine::kernel::State::default();
    for record in &desk.records {
        if let Record::Outcome(outcome) = record {
            state.fold(outcome).expect("fits");
        }
    }
    // Commands and timers come before any quote.
    desk.kernel = tradewind_engine::Kernel::new(config, state);
    until(&mut desk, next.plus(1_000_000_000));
    until(&mut desk, next.plus(2_000_000_000));
    assert_eq!(balance(&desk, LedgerAccount::Funding), Decimal::ZERO);
    desk.book("ETH", 1_000, 1_001, "50");
    until(&mut desk, next.plus(3_000_000_000));
    assert_eq!(balance(&desk, LedgerAccount::Funding), dec("1.0005"));
    until(&mut desk, next.plus(4_000_000_000));
    assert_eq!(balance(&desk, LedgerAccount::Funding), dec("1.0005"));
}
