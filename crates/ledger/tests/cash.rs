//! Transfers, holds and what the ledger refuses.

mod common;

use common::{Books, dec, order, spot, usd};
use rust_decimal::Decimal;
use tradewind_ledger::{
    InvariantBroken, Ledger, LedgerAccount, LedgerError, LotChange, Mark, Marks, Overdraft,
};
use tradewind_types::Side::{Buy, Sell};
use tradewind_types::{Currency, InstrumentId, Money};

fn cash(books: &Books) -> (Decimal, Decimal) {
    (
        books.ledger.cash_available(Currency::USD),
        books.ledger.cash_locked(Currency::USD),
    )
}

#[test]
fn transfers_move_cash_and_nothing_below_zero_leaves() {
    let mut books = Books::new();
    books.deposit(usd("100.10")).expect("booked");
    books.withdraw(usd("40")).expect("booked");
    assert_eq!(cash(&books), (dec("60.10"), dec("0")));
    let refused = books.withdraw(usd("60.11"));
    assert_eq!(
        refused,
        Err(LedgerError::InsufficientCash {
            currency: Currency::USD,
            needed: dec("60.11"),
            available: dec("60.10")
        })
    );
    for bad in ["0", "-1"] {
        assert!(matches!(
            books.deposit(usd(bad)),
            Err(LedgerError::NotPositive { .. })
        ));
        assert!(matches!(
            books.withdraw(usd(bad)),
            Err(LedgerError::NotPositive { .. })
        ));
    }
    assert!(matches!(
        books.deposit(usd("0.0000000000001")),
        Err(LedgerError::Number(_))
    ));
    assert_eq!(
        books.ledger.balance(LedgerAccount::Deposits, Currency::USD),
        dec("-100.1")
    );
    assert_eq!(
        books.ledger.balance(LedgerAccount::Withdrawals, Currency::USD),
        dec("40")
    );
}

#[test]
fn a_hold_moves_cash_aside_and_a_release_brings_back_all_that_is_left() {
    let mut books = Books::new();
    books.deposit(usd("100")).expect("booked");
    books.hold("a", usd("30")).expect("booked");
    books.hold("a", usd("5")).expect("a second hold adds");
    books.hold("b", usd("10")).expect("booked");
    assert_eq!(cash(&books), (dec("55"), dec("45")));
    assert_eq!(books.ledger.held(&order("a")), Some(usd("35")));
    assert!(matches!(
        books.hold("c", usd("55.01")),
        Err(LedgerError::InsufficientCash { .. })
    ));
    assert!(
        matches!(
            books.withdraw(usd("56")),
            Err(LedgerError::InsufficientCash { .. })
        ),
        "held is held"
    );
    books.release("a").expect("booked");
    books.release("a").expect("nothing left, nothing booked");
    assert_eq!(cash(&books), (dec("90"), dec("10")));
    assert_eq!(books.ledger.held(&order("a")), None);
    assert_eq!(books.entries.len(), 5);
}

#[test]
fn price_improvement_returns_and_the_last_fill_leaves_nothing_held() {
    let mut books = Books::new();
    let btc = spot("BTC", "USD");
    books.deposit(usd("1000")).expect("booked");
    // A limit of 9 at 100 with a fee of at most 1 %: 909 held. 3 fill at 99, 6 at 98.5.
    books.hold("a", usd("909")).expect("booked");
    let share = books
        .ledger
        .hold_share(&order("a"), dec("3"), dec("9"))
        .expect("fits");
    assert_eq!(share.round_dp(6), dec("303"));
    books
        .fill_of(&btc, None, (Buy, dec("3"), dec("99"), dec("2.97")), "a", share)
        .expect("booked");
    assert_eq!(
        cash(&books),
        (dec("91") + share - dec("299.97"), dec("909") - share)
    );
    let share = books
        .ledger
        .hold_share(&order("a"), dec("6"), dec("6"))
        .expect("fits");
    assert_eq!(
        Some(Money::new(share, Currency::USD)),
        books.ledger.held(&order("a")),
        "all that is left"
    );
    books
        .fill_of(&btc, None, (Buy, dec("6"), dec("98.5"), dec("5.91")), "a", share)
        .expect("booked");
    assert_eq!(
        cash(&books),
        (
            dec("1000") - dec("297") - dec("2.97") - dec("591") - dec("5.91"),
            dec("0")
        )
    );
    assert_eq!(books.ledger.holds().count(), 0);
}

#[test]
fn a_fill_that_costs_more_than_its_hold_takes_the_rest_from_available_cash() {
    let mut books = Books::new();
    let btc = spot("BTC", "USD");
    books.deposit(usd("100")).expect("booked");
    books.hold("a", usd("50")).expect("booked");
    let fill = |books: &mut Books, price: &str| {
        books.fill_of(&btc, None, (Buy, dec("1"), dec(price), dec("1")), "a", dec("50"))
    };
    assert!(matches!(
        fill(&mut books, "99.01"),
        Err(LedgerError::InsufficientCash { .. })
    ));
    fill(&mut books, "60").expect("booked");
    assert_eq!(cash(&books), (dec("39"), dec("0")));
}

#[test]
fn a_fill_cannot_use_more_than_is_held_for_its_order() {
    let mut books = Books::new();
    let btc = spot("BTC", "USD");
    books.deposit(usd("100")).expect("booked");
    books.hold("a", usd("10")).expect("booked");
    for (id, used) in [("a", "10.01"), ("b", "1"), ("a", "-1")] {
        let refused = books.fill_of(&btc, None, (Buy, dec("1"), dec("5"), dec("0")), id, dec(used));
        assert!(
            matches!(refused, Err(LedgerError::HoldTooSmall { .. })),
            "{id} {used}"
        );
    }
}

#[test]
fn an_overdraft_has_to_be_allowed() {
    let btc = spot("BTC", "USD");
    let mut strict = Books::new();
    assert!(matches!(
        strict.fill(&btc, (Buy, "1", "5", "0")),
        Err(LedgerError::InsufficientCash { .. })
    ));
    let mut margin = Books::with(Overdraft::Allowed);
    margin.fill(&btc, (Buy, "1", "5", "0")).expect("booked");
    assert_eq!(cash(&margin).0, dec("-5"));
    let entry = margin.entries[0].clone();
    assert!(matches!(
        strict.ledger.apply(&entry),
        Err(LedgerError::InsufficientCash { .. })
    ));
}

/// An entry that was right, tampered with: each kind of damage is refused, and the ledger stays as it is.
#[test]
fn damaged_entries_are_refused_and_change_nothing() {
    let mut books = Books::new();
    let btc = spot("BTC", "USD");
    books.deposit(usd("1000")).expect("booked");
    books.fill(&btc, (Buy, "2", "100", "1")).expect("booked");
    books.fill(&btc, (Sell, "1", "110", "1")).expect("booked");
    let good = books.entries.pop().expect("the sale");
    let before = Ledger::fold(
        books.ledger.account().clone(),
        Currency::USD,
        Overdraft::Refused,
        &books.entries,
    );
    let mut ledger = before.clone().expect("folds");
    let mut refused = |damage: &dyn Fn(&mut tradewind_ledger::LedgerEntry), what: &str| {
        let mut entry = good.clone();
        damage(&mut entry);
        let error = ledger.apply(&entry).expect_err(what);
        assert_eq!(Ok(&ledger), before.as_ref(), "{what} changed something");
        error
    };
    let close = |entry: &mut tradewind_ledger::LedgerEntry, change: fn(&mut LotChange)| {
        change(&mut entry.position.as_mut().expect("a position").lots[0]);
    };
    let e = refused(&|e| e.postings[0].amount += Decimal::ONE, "unbalanced");
    assert!(matches!(e, LedgerError::Unbalanced { .. }));
    let e = refused(
        &|e| e.account = "other".parse().expect("an account"),
        "other account",
    );
    assert!(matches!(e, LedgerError::OtherAccount { .. }));
    let e = refused(&|e| e.key = "key-1".to_owned(), "key of the deposit");
    assert!(matches!(e, LedgerError::DuplicateKey { .. }));
    let e = refused(&|e| e.key = String::new(), "no key");
    assert!(matches!(e, LedgerError::BadKey { .. }));
    let e = refused(&|e| e.position = None, "no position");
    assert!(matches!(e, LedgerError::Contradiction { .. }));
    let e = refused(
        &|e| e.position.as_mut().expect("one").quantity = dec("-2"),
        "another quantity",
    );
    assert!(matches!(e, LedgerError::Contradiction { .. }));
    let e = refused(
        &|e| {
            close(e, |l| {
                if let LotChange::Closed { realised, .. } = l {
                    *realised += Decimal::ONE;
                }
            });
        },
        "another result",
    );
    assert!(matches!(e, LedgerError::Contradiction { .. }));
    let e = refused(
        &|e| {
            close(e, |l| {
                if let LotChange::Closed { lot, .. } = l {
                    *lot = "e1".parse().expect("an id");
                }
            });
        },
        "a lot that is not there",
    );
    assert!(matches!(e, LedgerError::NoSuchLot { .. }));
    let e = refused(
        &|e| {
            close(e, |l| {
                if let LotChange::Closed { quantity, .. } = l {
                    *quantity = dec("3");
                }
            });
        },
        "more than the lot",
    );
    assert!(matches!(e, LedgerError::NoSuchLot { .. }));
    ledger.apply(&good).expect("undamaged it is booked");
    assert_eq!(ledger, books.ledger);
}

#[test]
fn sums_that_do_not_fit_are_errors_and_not_roundings() {
    let mut books = Books::new();
    books
        .deposit(usd("60000000000000000000000000000"))
        .expect("booked");
    assert!(matches!(
        books.deposit(usd("60000000000000000000000000000")),
        Err(LedgerError::Number(_))
    ));
    assert!(
        matches!(books.deposit(usd("0.01")), Err(LedgerError::Number(_))),
        "the cent would be lost"
    );
    assert_eq!(books.entries.len(), 1);
}

/// Prices and rates by hand.
struct Given {
    mark: Option<Decimal>,
    rate: Option<Decimal>,
}

impl Marks for Given {
    fn mark(&self, _: &InstrumentId) -> Option<Mark> {
        self.mark.map(|price| Mark {
            price,
            multiplier: Decimal::ONE,
        })
    }

    fn rate(&self, _: Currency, _: Currency) -> Option<Decimal> {
        self.rate
    }
}

#[test]
fn equity_needs_every_mark_and_every_rate() {
    let mut books = Books::new();
    let (btc, eur) = (spot("BTC", "EUR"), Currency::of("EUR"));
    books.deposit(usd("1000")).expect("booked");
    let equity = |books: &Books, mark: Option<&str>, rate: Option<&str>| {
        books.ledger.equity(&Given {
            mark: mark.map(dec),
            rate: rate.map(dec),
        })
    };
    assert_eq!(
        equity(&books, None, None),
        Ok(usd("1000")),
        "nothing else is needed"
    );
    books.deposit(Money::new(dec("500"), eur)).expect("booked");
    let no_rate = LedgerError::NoRate {
        from: eur,
        to: Currency::USD,
    };
    assert_eq!(equity(&books, None, None), Err(no_rate.clone()));
    assert_eq!(equity(&books, None, Some("1.1")), Ok(usd("1550")));
    books.fill(&btc, (Buy, "5", "100", "0")).expect("booked");
    let id = btc.id.clone();
    assert_eq!(
        equity(&books, None, Some("1.1")),
        Err(LedgerError::NoMark { instrument: id })
    );
    assert_eq!(equity(&books, Some("120"), None), Err(no_rate));
    assert_eq!(equity(&books, Some("120"), Some("1.1")), Ok(usd("1660")));
}

#[test]
fn a_broken_law_is_named() {
    let mut books = Books::new();
    books.deposit(usd("100")).expect("booked");
    books.hold("a", usd("30")).expect("booked");
    let text = serde_json::to_string(&books.ledger).expect("serialises");
    let read = |text: &str| serde_json::from_str::<Ledger>(text).expect("reads");
    assert_eq!(read(&text), books.ledger, "a snapshot restores the whole state");
    assert_eq!(read(&text).check_invariants(), Ok(()));
    let damaged = read(&text.replacen("\"debits\":\"130\"", "\"debits\":\"131\"", 1));
    assert!(matches!(
        damaged.check_invariants(),
        Err(InvariantBroken::DebitsCredits { .. })
    ));
    let damaged = read(&text.replacen("\"amount\":\"30\"", "\"amount\":\"29\"", 1));
    assert!(matches!(
        damaged.check_invariants(),
        Err(InvariantBroken::Balance { .. })
    ));
}
