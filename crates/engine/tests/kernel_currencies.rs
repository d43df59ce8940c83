//! An account in one currency that trades in another: limits are compared by the dated exchange rate, and without one
//! nothing is compared and nothing is opened.

mod common;

use common::*;
use tradewind_engine::{CommandError, CommandReply};
use tradewind_types::record::{BookTask, Command, FxRate, ImportItem, ImportRow};
use tradewind_types::risk::{Denial, RiskRule, RiskSettings};
use tradewind_types::time::DAY_NS;
use tradewind_types::*;

fn eur() -> Currency {
    Currency::of("EUR")
}

/// An account of 100,000 EUR that trades in USD.
fn desk() -> Desk {
    let mut desk = Desk::new();
    let info = AccountInfo {
        id: id("euro"),
        base_currency: eur(),
        ..account_info()
    };
    desk.command(Command::OpenAccount {
        account: info,
        deposit: Money::new(dec("100000"), eur()),
    })
    .expect("opened");
    desk
}

fn rate(desk: &mut Desk, rate: &str) {
    let ts = desk.now;
    desk.command(Command::RecordFxRate {
        rate: FxRate {
            base: eur(),
            quote: Currency::USD,
            rate: dec(rate),
            ts,
            source: "test".to_owned(),
        },
    })
    .expect("recorded");
}

fn margin(desk: &mut Desk) {
    let mut settings = RiskSettings::default();
    settings.margin.enabled = true;
    desk.command(Command::SetRiskSettings {
        account: id("euro"),
        settings,
        expected_version: 1,
    })
    .expect("margin is on");
}

fn buy(desk: &mut Desk, name: &str, quantity: &str) -> Vec<Denial> {
    let order = OrderRequest {
        account: id("euro"),
        ..limit(name, Side::Buy, quantity, "10000")
    };
    desk.submit(order).expect("answered");
    match &desk.kernel.order(&id("euro"), &id(name)).expect("there").state {
        OrderState::Denied { denials } => denials.clone(),
        _ => Vec::new(),
    }
}

fn rules(denials: &[Denial]) -> Vec<RiskRule> {
    denials.iter().map(|d| d.rule).collect()
}

fn book(desk: &mut Desk, key: &str, task: BookTask) -> Result<CommandReply, CommandError> {
    desk.command(Command::Book {
        account: id("euro"),
        task: Box::new(task),
        key: key.to_owned(),
        reason: "test".to_owned(),
    })
}

#[test]
fn the_size_of_an_order_is_compared_in_the_accounts_currency() {
    let mut desk = desk();
    rate(&mut desk, "2");
    margin(&mut desk);
    // 25 % of 100,000 EUR is 25,000 EUR: at 2 USD for 1 EUR 50,000 USD, 5 BTC at 10,000.
    let refused = buy(&mut desk, "more", "5.0001");
    assert_eq!(rules(&refused), [RiskRule::OrderSize]);
    assert_eq!(
        (refused[0].actual.as_str(), refused[0].limit.as_str()),
        ("25.0005 %", "25 %")
    );
    assert_eq!(buy(&mut desk, "most", "5"), []);
    let value = desk.kernel.valuation(&id("euro")).expect("the account");
    assert_eq!(value.exposure, Some(dec("25000")), "what rests is counted in EUR");
    assert_eq!(value.margin_used, Some(dec("25000")));
}

#[test]
fn without_a_rate_an_order_is_denied_for_that_reason_and_no_other() {
    let mut desk = desk();
    margin(&mut desk);
    let denied = buy(&mut desk, "o", "0.1");
    assert_eq!(rules(&denied), [RiskRule::FxRate]);
    assert!(
        denied[0]
            .message
            .starts_with("there is no exchange rate from USD to EUR at "),
        "{}",
        denied[0].message
    );
    rate(&mut desk, "1.25");
    assert_eq!(buy(&mut desk, "again", "0.1"), []);
}

#[test]
fn a_rate_that_is_too_old_is_none() {
    let mut desk = desk();
    margin(&mut desk);
    rate(&mut desk, "1.25");
    desk.now = desk.now.plus(8 * DAY_NS);
    desk.book("BTC", 10_000, 10_010, "5");
    let denied = buy(&mut desk, "o", "0.1");
    assert_eq!(rules(&denied), [RiskRule::FxRate]);
    assert!(denied[0].message.contains("too old"), "{}", denied[0].message);
}

#[test]
fn a_cash_account_pays_from_what_it_holds_in_the_instruments_currency() {
    let mut desk = desk();
    rate(&mut desk, "2");
    let denied = buy(&mut desk, "o", "1");
    assert_eq!(
        rules(&denied),
        [RiskRule::InsufficientFunds],
        "there are no dollars yet"
    );
    let money = |amount: &str, currency| Money::new(dec(amount), currency);
    book(
        &mut desk,
        "exchange",
        BookTask::Exchange {
            sold: money("20000", eur()),
            bought: money("40000", Currency::USD),
        },
    )
    .expect("exchanged");
    assert_eq!(buy(&mut desk, "p", "1"), []);
    // 10,000 USD with the fee of 0.2 % are held: 5,010 EUR of exposure.
    let value = desk.kernel.valuation(&id("euro")).expect("the account");
    assert_eq!(
        (value.exposure, value.equity),
        (Some(dec("5010")), Some(dec("100000")))
    );
}

#[test]
fn money_in_another_currency_that_is_paid_in_is_no_profit() {
    let mut desk = desk();
    rate(&mut desk, "2");
    desk.pass(1_000);
    let row = ImportRow {
        hash: "aa".to_owned(),
        line: 1,
        ts: desk.now,
        reason: "deposit".to_owned(),
        item: ImportItem::Transfer {
            money: Money::new(dec("50000"), Currency::USD),
        },
    };
    book(
        &mut desk,
        "statement",
        BookTask::Import {
            preset: "generic".to_owned(),
            digest: "00".to_owned(),
            rows: vec![row],
        },
    )
    .expect("booked");
    let value = desk.kernel.valuation(&id("euro")).expect("the account");
    assert_eq!(value.equity, Some(dec("125000")));
    assert_eq!(value.day_open, Some(dec("125000")), "25,000 EUR came in");
    assert_eq!(value.day_loss, Some(dec("0")));
}

#[test]
fn money_moved_to_another_own_account_is_no_loss() {
    let mut desk = Desk::new();
    let other = AccountInfo {
        id: id("other"),
        ..account_info()
    };
    desk.command(Command::OpenAccount {
        account: other,
        deposit: Money::new(dec("1000"), Currency::USD),
    })
    .expect("opened");
    desk.pass(1_000);
    desk.command(Command::Book {
        account: account(),
        task: Box::new(BookTask::TransferTo {
            to: id("other"),
            money: Money::new(dec("50000"), Currency::USD),
        }),
        key: "move".to_owned(),
        reason: "test".to_owned(),
    })
    .expect("moved");
    desk.pass(1_000);
    for (of, equity) in [("paper-1", "50000"), ("other", "51000")] {
        let value = desk.kernel.valuation(&id(of)).expect("the account");
        assert_eq!(
            (value.equity, value.day_open),
            (Some(dec(equity)), Some(dec(equity))),
            "{of}"
        );
        assert_eq!(value.drawdown, Some(dec("0")), "{of}");
    }
    assert!(
        desk.state().kill_switch.is_none(),
        "half of the money left, and nothing was lost"
    );
}

#[test]
fn an_unvalued_account_says_what_is_missing() {
    let mut desk = desk();
    rate(&mut desk, "2");
    margin(&mut desk);
    let yen = Currency::of("JPY");
    let row = ImportRow {
        hash: "bb".to_owned(),
        line: 1,
        ts: desk.now,
        reason: "deposit".to_owned(),
        item: ImportItem::Transfer {
            money: Money::new(dec("50000"), yen),
        },
    };
    book(
        &mut desk,
        "statement",
        BookTask::Import {
            preset: "generic".to_owned(),
            digest: "00".to_owned(),
            rows: vec![row],
        },
    )
    .expect("booked");
    let denied = buy(&mut desk, "o", "0.1");
    let exposure = denied
        .iter()
        .find(|d| d.rule == RiskRule::Exposure)
        .expect("unknown");
    assert!(
        exposure
            .message
            .starts_with("the account cannot be valued: there is no exchange rate from JPY to EUR"),
        "{}",
        exposure.message
    );
}
