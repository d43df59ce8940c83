//! The account's books through commands: corporate actions with their open orders, allocations, reversals, statements.

mod common;

use common::*;
use tradewind_engine::{CommandError, CommandReply};
use tradewind_types::record::{
    ActionKind, AllocationPart, BookTask, Command, CorporateAction, EntryKind, ForeignFill, Fractions,
    ImportItem, ImportRow, LedgerEntry, Ratio,
};
use tradewind_types::*;

const BTC: &str = "BTC-USD.COINBASE";

fn book(desk: &mut Desk, key: &str, task: BookTask) -> Result<CommandReply, CommandError> {
    let reply = desk.command(Command::Book {
        account: account(),
        task: Box::new(task),
        key: key.to_owned(),
        reason: "test".to_owned(),
    });
    desk.check();
    reply
}

fn entries(reply: CommandReply) -> Vec<LedgerEntry> {
    match reply {
        CommandReply::Entries(entries) => entries,
        other => panic!("not entries: {other:?}"),
    }
}

fn corporate(kind: ActionKind) -> BookTask {
    BookTask::Corporate {
        action: CorporateAction {
            instrument: id(BTC),
            kind,
            effective: UnixNanos::from_secs(START_S),
            fractions: Fractions::Keep,
            source: "test".to_owned(),
        },
        define: None,
    }
}

fn split(new: u32, held: u32) -> BookTask {
    corporate(ActionKind::Split {
        ratio: Ratio { new, held },
    })
}

fn quantity_of(desk: &Desk, owner: Option<&str>) -> Decimal {
    let owner = owner.map(id::<StrategyId>);
    let owned = desk.state().ledger.owned(&id(BTC), owner.as_ref());
    owned.unwrap_or_default()
}

/// Buys 1 BTC at 10,010 with a fee of 20.02.
fn bought() -> Desk {
    let mut desk = Desk::new();
    desk.submit(market("entry", Side::Buy, "1")).expect("taken");
    desk.pass(200);
    desk.check();
    assert_eq!(quantity_of(&desk, None), dec("1"));
    desk
}

fn fill_entry(desk: &Desk) -> LedgerEntry {
    let recent = desk.state().recent_entries.iter();
    let fills: Vec<_> = recent.filter(|e| e.kind == EntryKind::Fill).collect();
    fills.last().map(|e| (*e).clone()).expect("a fill")
}

#[test]
fn a_split_doubles_what_is_held_and_what_rests_and_halves_its_prices() {
    let mut desk = bought();
    desk.submit(limit("rests", Side::Buy, "0.5", "9000"))
        .expect("taken");
    let stop_loss = OrderRequest {
        reduce_only: true,
        ..OrderRequest {
            kind: stop("9500"),
            ..limit("stop", Side::Sell, "1", "1")
        }
    };
    desk.submit(stop_loss).expect("taken");
    desk.pass(200);
    let held_before = desk.state().ledger.held(&id("rests")).expect("held");
    entries(book(&mut desk, "split", split(2, 1)).expect("booked"));
    desk.pass(200);
    desk.check();
    assert_eq!(quantity_of(&desk, None), dec("2"));
    let rests = desk.order("rests");
    assert_eq!(rests.request.quantity, quantity("1"));
    assert_eq!(rests.request.limit_price(), Some(price("4500")));
    let stop = desk.order("stop");
    assert_eq!(
        (stop.request.quantity, stop.trigger),
        (quantity("2"), Some(price("4750")))
    );
    assert!(rests.state.is_open() && stop.state.is_open());
    let held = desk.state().ledger.held(&id("rests")).expect("held");
    assert_eq!(held, held_before, "the same money is at stake");

    let again = entries(book(&mut desk, "split", split(2, 1)).expect("answered"));
    assert!(!again.is_empty());
    assert_eq!(quantity_of(&desk, None), dec("2"), "a repetition books nothing");
    assert_eq!(
        desk.order("rests").request.quantity,
        quantity("1"),
        "and changes no order"
    );
}

#[test]
fn what_cannot_be_scaled_to_the_lot_or_changes_the_instrument_is_canceled() {
    let mut desk = bought();
    desk.submit(limit("odd", Side::Buy, "0.5001", "9000"))
        .expect("taken");
    desk.submit(limit("even", Side::Buy, "0.5", "9000"))
        .expect("taken");
    desk.pass(200);
    // 1 for 10,000: neither is a whole lot afterwards.
    entries(book(&mut desk, "reverse", split(1, 10_000)).expect("booked"));
    desk.pass(200);
    assert_eq!(desk.order("odd").state.name(), "CANCELED");
    assert_eq!(desk.order("even").state.name(), "CANCELED");
    assert_eq!(quantity_of(&desk, None), dec("0.0001"));

    let mut desk = bought();
    desk.submit(limit("rests", Side::Buy, "0.5", "9000"))
        .expect("taken");
    desk.pass(200);
    let into = corporate(ActionKind::SymbolChange {
        into: id("ETH-USD.COINBASE"),
    });
    entries(book(&mut desk, "name", into).expect("booked"));
    desk.pass(200);
    desk.check();
    assert_eq!(desk.order("rests").state.name(), "CANCELED");
    assert_eq!(quantity_of(&desk, None), dec("0"));
    let moved = desk
        .state()
        .ledger
        .position(&id("ETH-USD.COINBASE"))
        .expect("moved");
    assert_eq!((moved.quantity, moved.cost), (dec("1"), dec("10010")));
}

#[test]
fn a_cash_dividend_leaves_orders_alone() {
    let mut desk = bought();
    desk.submit(limit("rests", Side::Buy, "0.5", "9000"))
        .expect("taken");
    desk.pass(200);
    let cash = |desk: &Desk| desk.state().ledger.cash_total(Currency::USD);
    let before = cash(&desk);
    let dividend = corporate(ActionKind::CashDividend {
        per_unit: Money::new(dec("100"), Currency::USD),
        withholding: dec("0.15"),
    });
    entries(book(&mut desk, "dividend", dividend).expect("booked"));
    desk.pass(200);
    assert_eq!(cash(&desk) - before, dec("85"));
    assert_eq!(desk.order("rests").request.limit_price(), Some(price("9000")));
    assert!(desk.order("rests").state.is_open());
}

#[test]
fn a_trade_is_split_over_strategies_and_the_parts_sum_to_it() {
    let mut desk = bought();
    let original = fill_entry(&desk);
    let cash = desk.state().ledger.cash_total(Currency::USD);
    let part = |strategy: Option<&str>, text: &str| AllocationPart {
        strategy: strategy.map(id),
        quantity: quantity(text),
    };
    let task = |parts| BookTask::Allocate {
        entry: original.id.clone(),
        original: None,
        parts,
    };
    let short = task(vec![part(Some("a"), "0.5"), part(None, "0.4")]);
    let refused = book(&mut desk, "short", short).expect_err("0.9 is not 1");
    assert!(refused.to_string().contains("sum to the trade"), "{refused}");
    let parts = vec![
        part(Some("a"), "0.3333"),
        part(Some("b"), "0.3333"),
        part(None, "0.3334"),
    ];
    let booked = entries(book(&mut desk, "allocate", task(parts)).expect("booked"));
    assert_eq!(
        booked.len(),
        4,
        "the trade is taken back and booked in three parts"
    );
    let owned = [Some("a"), Some("b"), None].map(|owner| quantity_of(&desk, owner));
    assert_eq!(owned, [dec("0.3333"), dec("0.3333"), dec("0.3334")]);
    let ledger = &desk.state().ledger;
    assert_eq!(ledger.cash_total(Currency::USD), cash, "nothing was paid");
    let fees: Decimal = ledger.owners(&id(BTC)).iter().map(|p| p.fees).sum();
    assert_eq!(fees, dec("20.02"), "the fee's parts sum to it");
    assert_eq!(ledger.position(&id(BTC)).expect("open").cost, dec("10010"));
    assert_eq!(desk.refolded().accounts[&account()].ledger, *ledger);
}

#[test]
fn a_reversal_restores_the_money_and_a_correction_books_what_is_right() {
    let mut desk = bought();
    let original = fill_entry(&desk);
    let task = |corrected| BookTask::Reverse {
        entry: original.id.clone(),
        original: None,
        corrected,
    };
    let right = ForeignFill {
        instrument: id(BTC),
        strategy: None,
        side: Side::Buy,
        quantity: quantity("1"),
        price: price("10000"),
        fee: Money::new(dec("20"), Currency::USD),
    };
    let booked = entries(book(&mut desk, "wrong price", task(Some(right))).expect("booked"));
    assert_eq!(booked.len(), 2);
    let ledger = &desk.state().ledger;
    assert_eq!(
        ledger.cash_total(Currency::USD),
        dec("89980"),
        "100,000 − 10,000 − 20"
    );
    assert_eq!(ledger.position(&id(BTC)).expect("open").cost, dec("10000"));
    let again = book(&mut desk, "once more", task(None));
    assert!(again.is_err(), "an entry is taken back once: {again:?}");
    let unknown = BookTask::Reverse {
        entry: id("E999999"),
        original: None,
        corrected: None,
    };
    let refused = book(&mut desk, "unknown", unknown).expect_err("no such entry");
    assert!(refused.to_string().contains("E999999"), "{refused}");
}

fn row(hash: &str, line: u32, item: ImportItem) -> ImportRow {
    ImportRow {
        hash: hash.to_owned(),
        line,
        ts: UnixNanos::from_secs(START_S - 86_400 + u64::from(line)),
        reason: "statement".to_owned(),
        item,
    }
}

fn fill_row(hash: &str, line: u32, side: Side, text: &str, at: &str) -> ImportRow {
    let fill = ForeignFill {
        instrument: id(BTC),
        strategy: None,
        side,
        quantity: quantity(text),
        price: price(at),
        fee: Money::new(dec("1"), Currency::USD),
    };
    row(hash, line, ImportItem::Fill { fill })
}

fn import(rows: Vec<ImportRow>) -> BookTask {
    BookTask::Import {
        preset: "generic".to_owned(),
        digest: "d1".to_owned(),
        rows,
    }
}

#[test]
fn a_statement_is_booked_once_however_often_and_in_whatever_file_its_rows_come() {
    let mut desk = Desk::new();
    let money = |text: &str| ImportItem::Transfer {
        money: Money::new(dec(text), Currency::USD),
    };
    let rows = vec![
        row("aa", 2, money("500")),
        fill_row("bb", 3, Side::Buy, "2", "9000"),
        fill_row("cc", 4, Side::Sell, "0.5", "9100"),
    ];
    let trial = desk.kernel.try_import(&account(), &rows).expect("the account");
    assert!(
        trial
            .iter()
            .all(|t| *t == tradewind_engine::kernel::bookkeeping::RowTrial::Fits)
    );
    let imported = |reply: Result<CommandReply, CommandError>| match reply.expect("booked") {
        CommandReply::Imported { entries, duplicates } => (entries.len(), duplicates),
        other => panic!("not an import: {other:?}"),
    };
    assert_eq!(imported(book(&mut desk, "first", import(rows.clone()))), (3, 0));
    assert_eq!(quantity_of(&desk, None), dec("1.5"));
    // 100,000 + 500 − 18,000 + 4,550 − 2 of fees.
    assert_eq!(desk.state().ledger.cash_total(Currency::USD), dec("87048"));

    let mut longer = rows;
    longer.push(fill_row("dd", 5, Side::Sell, "0.5", "9200"));
    assert_eq!(
        imported(book(&mut desk, "second", import(longer))),
        (1, 3),
        "three rows are there already"
    );
    assert_eq!(quantity_of(&desk, None), dec("1"));
    assert_eq!(desk.refolded().accounts[&account()].ledger, desk.state().ledger);
}

#[test]
fn one_row_that_does_not_fit_keeps_the_whole_statement_out() {
    let mut desk = Desk::new();
    let before = desk.state().ledger.clone();
    let rows = vec![
        fill_row("aa", 2, Side::Buy, "1", "9000"),
        // A cash account does not have that much.
        fill_row("bb", 3, Side::Buy, "100", "9000"),
    ];
    let refused = book(&mut desk, "statement", import(rows)).expect_err("too much");
    assert!(refused.to_string().starts_with("line 3: "), "{refused}");
    assert_eq!(desk.state().ledger, before, "nothing was booked");
}

#[test]
fn an_iceberg_rests_with_its_whole_hold_and_fills_slice_by_slice() {
    let mut desk = Desk::new();
    let mut order = limit("ice", Side::Buy, "1", "9990");
    order.terms.display = Some(quantity("0.25"));
    desk.submit(order).expect("taken");
    desk.pass(200);
    let held = desk.state().ledger.held(&id("ice")).expect("held");
    assert_eq!(
        held.amount,
        dec("10009.98"),
        "1 × 9,990 with the fee of 0.2 %: hidden or not"
    );
    // The book shows nobody at 9,990; sellers come down to it with 0.3 and then with 5.
    desk.book("BTC", 9_980, 9_990, "0.3");
    desk.pass(200);
    assert_eq!(
        desk.order("ice").filled,
        dec("0.3"),
        "more than a slice is there, and all of it is taken"
    );
    desk.book("BTC", 9_980, 9_990, "5");
    desk.pass(200);
    assert_eq!(desk.order("ice").state.name(), "FILLED");
    assert!(desk.state().ledger.held(&id("ice")).is_none());
    desk.check();
}

#[test]
fn an_end_that_a_venue_lacks_the_kernel_brings_about() {
    let mut desk = Desk::with(tradewind_engine::KernelConfig {
        paper_capabilities: tradewind_engine::kernel::Capabilities {
            gtd: false,
            ..tradewind_engine::kernel::Capabilities::ALL
        },
        ..tradewind_engine::KernelConfig::default()
    });
    let until = desk.now.plus(5_000 * MS);
    let order = OrderRequest {
        time_in_force: TimeInForce::Gtd { until },
        ..limit("gtd", Side::Buy, "1", "9000")
    };
    desk.submit(order).expect("taken");
    desk.pass(3_000);
    assert_eq!(desk.order("gtd").state.name(), "ACCEPTED", "its end has not come");
    desk.pass(4_000);
    assert_eq!(
        desk.order("gtd").state.name(),
        "CANCELED",
        "the kernel canceled what the venue would have kept"
    );
    assert!(desk.state().ledger.held(&id("gtd")).is_none());
    desk.check();
}

#[test]
fn a_stop_that_the_kernel_holds_for_the_day_ends_with_its_session() {
    let mut desk = Desk::with(tradewind_engine::KernelConfig {
        paper_capabilities: tradewind_engine::kernel::Capabilities::BASIC,
        ..tradewind_engine::KernelConfig::default()
    });
    let table = record::SessionTable {
        calendar: "24/7".into(),
        sessions: vec![record::Session {
            open: UnixNanos(0),
            close: desk.now.plus(60_000 * MS),
        }],
        source: "test".to_owned(),
    };
    desk.command(Command::DefineSessions { table }).expect("defined");
    let order = OrderRequest {
        kind: stop("11000"),
        time_in_force: TimeInForce::Day,
        ..limit("stop", Side::Buy, "0.1", "1")
    };
    desk.submit(order).expect("taken");
    desk.pass(50_000);
    assert_eq!(desk.order("stop").state.name(), "ACCEPTED");
    desk.pass(20_000);
    assert_eq!(desk.order("stop").state.name(), "EXPIRED", "not at midnight");
    assert_eq!(desk.state().ledger.cash_locked(Currency::USD), dec("0"));
    desk.check();
}
