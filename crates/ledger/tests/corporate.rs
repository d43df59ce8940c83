//! Corporate actions conserve cost; currencies, income and their errors.

mod common;

use common::{Books, dec, spot, usd};
use proptest::prelude::*;
use rust_decimal::Decimal;
use tradewind_ledger::{
    FxError, FxRates, LedgerAccount, LedgerError, Multipliers, OrderAdjustment, Overdraft, adjust_order, wash,
};
use tradewind_types::Side::{Buy, Sell};
use tradewind_types::record::{
    ActionKind, Attribution, CashKind, CorporateAction, FeeKind, Fractions, FxRate, Ratio,
};
use tradewind_types::time::DAY_NS;
use tradewind_types::{Currency, InstrumentId, Money, Price, Quantity, UnixNanos};

const EUR: Currency = Currency::of("EUR");
const ONE: Multipliers = Multipliers {
    from: Decimal::ONE,
    into: Decimal::ONE,
};

fn ratio(new: u32, held: u32) -> Ratio {
    Ratio { new, held }
}

fn price(text: &str) -> Price {
    Price::new(dec(text)).expect("a price")
}

fn action(kind: ActionKind, fractions: Fractions) -> CorporateAction {
    CorporateAction {
        instrument: "BTC-USD.COINBASE".parse().expect("an id"),
        kind,
        effective: UnixNanos(0),
        fractions,
        source: "test".to_owned(),
    }
}

fn carry_out(books: &mut Books, action: &CorporateAction) -> Result<(), LedgerError> {
    let ledger = books.ledger.clone();
    let mut facts = |_: &str| books.facts();
    let entries = ledger.corporate_entries(action, ONE, "action-1", &mut facts)?;
    for entry in entries {
        books.book(entry)?;
    }
    Ok(())
}

fn cost(books: &Books) -> Decimal {
    books.ledger.balance(LedgerAccount::PositionCost, Currency::USD)
}

fn held(books: &Books, id: &str) -> Decimal {
    let id: InstrumentId = id.parse().expect("an id");
    books.ledger.owned(&id, None).unwrap_or_default()
}

fn holding() -> Books {
    let mut books = Books::with(Overdraft::Allowed);
    let btc = spot("BTC", "USD");
    books.fill(&btc, (Buy, "10", "100", "0")).expect("booked");
    books.fill(&btc, (Buy, "5", "130", "0")).expect("booked");
    books
}

const BTC: &str = "BTC-USD.COINBASE";
const NEW: &str = "NEW-USD.COINBASE";

#[test]
fn each_action_does_to_quantity_cost_and_cash_what_its_terms_say() {
    let into: InstrumentId = NEW.parse().expect("an id");
    let cash = |text: &str| Some(usd(text));
    let keep = Fractions::Keep;
    let lieu = Fractions::CashInLieu {
        price: price("120"),
        step: Decimal::ONE,
    };
    // action, fractions, quantity of the old and the new, cost in all, cash moved
    let table = [
        (
            ActionKind::Split { ratio: ratio(2, 1) },
            keep,
            ["30", "0", "1650", "0"],
        ),
        (
            ActionKind::Split { ratio: ratio(1, 10) },
            keep,
            ["1.5", "0", "1650", "0"],
        ),
        (
            ActionKind::Bonus { ratio: ratio(1, 2) },
            keep,
            ["22.5", "0", "1650", "0"],
        ),
        (
            ActionKind::CashDividend {
                per_unit: usd("0.24"),
                withholding: dec("0.15"),
            },
            keep,
            ["15", "0", "1650", "3.06"],
        ),
        (
            ActionKind::Rights {
                ratio: ratio(1, 5),
                price: price("80"),
                taken: dec("3"),
            },
            keep,
            ["18", "0", "1890", "-240"],
        ),
        (
            ActionKind::Merger {
                stock: None,
                cash: cash("125"),
                cash_cost_fraction: Decimal::ONE,
            },
            keep,
            ["0", "0", "0", "1875"],
        ),
        (
            ActionKind::Merger {
                stock: Some((into.clone(), ratio(3, 5))),
                cash: None,
                cash_cost_fraction: Decimal::ZERO,
            },
            keep,
            ["0", "9", "1650", "0"],
        ),
        (
            ActionKind::Merger {
                stock: Some((into.clone(), ratio(1, 1))),
                cash: cash("20"),
                cash_cost_fraction: dec("0.2"),
            },
            keep,
            ["0", "15", "1320", "300"],
        ),
        (
            ActionKind::SpinOff {
                into: into.clone(),
                ratio: ratio(1, 3),
                cost_fraction: dec("0.25"),
            },
            keep,
            ["15", "5", "1650", "0"],
        ),
        (ActionKind::SymbolChange { into }, keep, ["0", "15", "1650", "0"]),
        (
            ActionKind::Delisting { price: price("0") },
            keep,
            ["0", "0", "0", "0"],
        ),
        // 1.5 after the reverse split: half a unit of the newest lot is paid out; its cost was 1300 a unit.
        (
            ActionKind::Split { ratio: ratio(1, 10) },
            lieu,
            ["1", "0", "1000", "60"],
        ),
    ];
    for (kind, fractions, expected) in table {
        let mut books = holding();
        let before = books.ledger.cash_total(Currency::USD);
        let action = action(kind, fractions);
        carry_out(&mut books, &action).expect("booked");
        let moved = books.ledger.cash_total(Currency::USD) - before;
        let found = [held(&books, BTC), held(&books, NEW), cost(&books), moved];
        assert_eq!(found, expected.map(dec), "{action:?}");
        assert_eq!(
            books.ledger.balance(LedgerAccount::Transit, Currency::USD),
            Decimal::ZERO
        );
        assert_eq!(books.refolded_as(&books.ledger), books.ledger);
    }
}

#[test]
fn lots_keep_their_dates_through_a_merger() {
    let mut books = holding();
    let dates = |books: &Books, id: &str| -> Vec<UnixNanos> {
        let id: InstrumentId = id.parse().expect("an id");
        let position = books.ledger.position_of(&id, None).expect("held");
        position.lots.iter().map(|l| l.opened).collect()
    };
    let before = dates(&books, BTC);
    let into: InstrumentId = NEW.parse().expect("an id");
    carry_out(
        &mut books,
        &action(ActionKind::SymbolChange { into }, Fractions::Keep),
    )
    .expect("booked");
    assert_eq!(dates(&books, NEW), before);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn cost_is_conserved_and_lots_sum_to_the_position_whatever_the_ratio(
        fills in prop::collection::vec((1..90_000_000i64, 1..5_000_000i64), 1..12),
        (new, held_) in (1..50u32, 1..50u32),
        fraction in 0..=1000i64,
        short in any::<bool>(),
        which in 0..4usize,
    ) {
        let mut books = Books::with(Overdraft::Allowed);
        let btc = spot("BTC", "USD");
        for (quantity, price) in &fills {
            let fill = (if short { Sell } else { Buy }, Decimal::new(*quantity, 6), Decimal::new(*price, 4), Decimal::ZERO);
            books.fill_of(&btc, None, fill, "x", Decimal::ZERO).expect("booked");
        }
        let into: InstrumentId = NEW.parse().expect("an id");
        let (before, quantity) = (cost(&books), held(&books, BTC));
        let kind = match which {
            0 => ActionKind::Split { ratio: ratio(new, held_) },
            1 => ActionKind::Bonus { ratio: ratio(new, held_) },
            2 => ActionKind::Merger { stock: Some((into, ratio(new, held_))), cash: None, cash_cost_fraction: Decimal::ZERO },
            _ => ActionKind::SpinOff { into, ratio: ratio(new, held_), cost_fraction: Decimal::new(fraction, 3) },
        };
        // Books::book checks every law, lots against positions included.
        carry_out(&mut books, &action(kind, Fractions::Keep)).expect("booked");
        prop_assert_eq!(cost(&books), before);
        let exact = quantity * Decimal::from(new) / Decimal::from(held_);
        let found = match which {
            0 => held(&books, BTC),
            1 => held(&books, BTC) - quantity,
            _ => held(&books, NEW),
        };
        prop_assert!((found - exact).abs() <= Decimal::new(1, 12), "{} for {}", found, exact);
        prop_assert_eq!(books.refolded_as(&books.ledger), books.ledger);
    }
}

fn rate(base: Currency, quote: Currency, rate: &str, day: u64) -> FxRate {
    FxRate {
        base,
        quote,
        rate: dec(rate),
        ts: UnixNanos(day * DAY_NS),
        source: "test".to_owned(),
    }
}

#[test]
fn a_rate_is_the_latest_at_or_before_and_a_missing_or_old_one_is_an_error() {
    let mut rates = FxRates::default();
    let jpy = Currency::of("JPY");
    for r in [
        rate(EUR, Currency::USD, "1.10", 10),
        rate(EUR, Currency::USD, "1.20", 12),
        rate(Currency::USD, jpy, "150", 11),
    ] {
        rates.insert(&r).expect("taken");
    }
    let at = |from, to, day: u64, age: u64| {
        rates
            .rate(from, to, UnixNanos(day * DAY_NS), age * DAY_NS)
            .map(|q| q.rate)
    };
    assert_eq!(at(EUR, Currency::USD, 11, 7), Ok(dec("1.10")));
    assert_eq!(at(EUR, Currency::USD, 12, 7), Ok(dec("1.20")));
    assert_eq!(at(Currency::USD, EUR, 12, 7), Ok(dec("0.833333333333")));
    assert_eq!(at(EUR, jpy, 12, 7), Ok(dec("180")), "through the dollar");
    assert!(matches!(
        at(EUR, Currency::USD, 9, 7),
        Err(FxError::NoRate { .. })
    ));
    assert!(matches!(
        at(EUR, Currency::USD, 20, 7),
        Err(FxError::TooOld { .. })
    ));
    assert!(matches!(
        at(EUR, Currency::of("GBP"), 12, 7),
        Err(FxError::NoRate { .. })
    ));
    assert!(rates.insert(&rate(EUR, EUR, "1", 1)).is_err());
    assert!(rates.insert(&rate(EUR, jpy, "0", 1)).is_err());
}

#[test]
fn exchanges_realise_by_average_cost_and_sum_to_zero_in_each_currency() {
    let mut books = Books::new();
    books.deposit(usd("1000")).expect("booked");
    let mut exchange = |sold: Money, bought: Money, base: Option<&str>| {
        let facts = books.facts();
        let entry = books
            .ledger
            .conversion_entry(facts, sold, bought, base.map(dec))?;
        books.book(entry)
    };
    let eur = |text: &str| Money::new(dec(text), EUR);
    exchange(usd("110"), eur("100"), None).expect("booked");
    exchange(usd("130"), eur("100"), None).expect("booked");
    exchange(eur("50"), usd("65"), None).expect("booked");
    let gbp = Money::new(dec("80"), Currency::of("GBP"));
    assert!(
        matches!(exchange(eur("100"), gbp, None), Err(LedgerError::NoRate { .. })),
        "never 1"
    );
    exchange(eur("150"), gbp, Some("190")).expect("booked");
    let balance = |account| books.ledger.balance(account, Currency::USD);
    // 65 − 50 × 1.2 = 5, and 190 − 150 × 1.2 = 10.
    assert_eq!(balance(LedgerAccount::FxPnl), dec("-15"));
    assert_eq!(books.ledger.balance(LedgerAccount::Fx, EUR), Decimal::ZERO);
    assert_eq!(books.ledger.fx_pool(EUR).amount, Decimal::ZERO);
    assert_eq!(books.ledger.fx_pool(Currency::of("GBP")).cost, dec("190"));
    assert_eq!(balance(LedgerAccount::Fx), dec("190"), "what the pounds cost");
}

#[test]
fn valuation_names_what_is_missing_and_leaves_nothing_out() {
    let mut books = Books::new();
    books.deposit(usd("1000")).expect("booked");
    books.deposit(Money::new(dec("500"), EUR)).expect("booked");
    let mut rates = FxRates::default();
    let value = |books: &Books, rates: &FxRates| {
        let rate = |from| rates.rate(from, Currency::USD, UnixNanos(12 * DAY_NS), 7 * DAY_NS);
        books.ledger.breakdown(|_| None, rate).expect("fits")
    };
    let without = value(&books, &rates);
    assert_eq!((without.equity, without.parts.len()), (None, 2));
    assert!(matches!(without.parts[0].rate, Err(FxError::NoRate { .. })));
    rates.insert(&rate(EUR, Currency::USD, "1.1", 10)).expect("taken");
    assert_eq!(value(&books, &rates).equity, Some(dec("1550")));
}

#[test]
fn income_and_fees_stand_in_their_accounts_and_with_their_position() {
    let mut books = holding();
    let about = Attribution {
        instrument: BTC.parse().ok(),
        strategy: None,
    };
    let mut cash = |kind, amount: &str| {
        let facts = books.facts();
        let entry = books.ledger.cash_entry(facts, kind, usd(amount), about.clone())?;
        books.book(entry)
    };
    cash(CashKind::Dividend { withheld: dec("3") }, "20").expect("booked");
    cash(CashKind::Funding, "-1.5").expect("booked");
    cash(
        CashKind::Fee {
            fee: FeeKind::Exchange,
        },
        "-0.25",
    )
    .expect("booked");
    assert!(matches!(
        cash(CashKind::Dividend { withheld: dec("21") }, "20"),
        Err(LedgerError::BadTerms { .. })
    ));
    assert!(matches!(
        cash(CashKind::Interest, "0"),
        Err(LedgerError::BadTerms { .. })
    ));
    let net = books.ledger.position(&BTC.parse().expect("an id")).expect("held");
    assert_eq!((net.income, net.fees), (dec("15.5"), dec("0.25")));
    assert_eq!(
        books.ledger.balance(LedgerAccount::FeesExchange, Currency::USD),
        dec("0.25")
    );
    assert_eq!(
        books.ledger.balance(LedgerAccount::WithholdingTax, Currency::USD),
        dec("3")
    );
    assert_eq!(books.refolded_as(&books.ledger), books.ledger);
}

#[test]
fn orders_follow_a_split() {
    let split = action(ActionKind::Split { ratio: ratio(2, 1) }, Fractions::Keep);
    let quantity = |text: &str| Quantity::new(dec(text)).expect("above zero");
    assert_eq!(
        adjust_order(&split, Some(price("100")), quantity("3")),
        OrderAdjustment::Replace {
            price: Some(price("50")),
            quantity: quantity("6")
        }
    );
    let gone = action(ActionKind::Delisting { price: price("0") }, Fractions::Keep);
    assert!(matches!(
        adjust_order(&gone, None, quantity("1")),
        OrderAdjustment::Cancel { .. }
    ));
}

#[test]
fn a_loss_with_a_purchase_within_thirty_days_before_or_after_is_marked() {
    let mut books = Books::with(Overdraft::Allowed);
    let btc = spot("BTC", "USD");
    for fill in [
        (Buy, "10", "100", "0"),
        (Sell, "10", "90", "0"),
        (Buy, "4", "91", "0"),
        (Buy, "9", "95", "0"),
    ] {
        books.fill(&btc, fill).expect("booked");
    }
    let days = [0u64, 40, 70, 71];
    for (entry, day) in books.entries.iter_mut().zip(days) {
        entry.ts = UnixNanos(day * DAY_NS);
    }
    let marks = wash::wash_sales(&books.entries, wash::US).expect("fits");
    assert_eq!(marks.len(), 1, "the fill of day 71 is 31 days after the sale");
    assert_eq!((marks[0].quantity, marks[0].loss), (dec("4"), dec("40")));
    assert_eq!(marks[0].replacement.to_string(), "e3");
}
