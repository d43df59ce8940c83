//! Lots by FIFO, LIFO, HIFO and by name; netting and hedging; reversal; allocation; the laws they share.

mod common;

use common::{Books, dec, order, spot, usd};
use proptest::prelude::*;
use rstest::rstest;
use rust_decimal::Decimal;
use tradewind_ledger::{
    EntryKind, FillFacts, LedgerAccount, LedgerEntry, LedgerError, LotChange, Mark, Overdraft, pnl,
};
use tradewind_types::Side::{Buy, Sell};
use tradewind_types::record::{
    ForeignFill, LedgerSettings, LotMethod, LotPick, LotsChosen, PositionBook, PositionMode,
};
use tradewind_types::{Currency, EntryId, Instrument, Money, Price, Quantity, Side, UnixNanos};

fn with(method: LotMethod, mode: PositionMode) -> Books {
    let mut books = Books::new();
    let settings = LedgerSettings {
        lot_method: method,
        position_mode: mode,
        overdraft: true,
    };
    books.ledger = books.ledger.clone().with_settings(settings);
    books
}

/// What stays open of which lot, and what was realised, after buying 1 at 100, 300 and 200 and selling 1.5 at 250.
#[rstest]
#[case::fifo(LotMethod::Fifo, &[("e2", "0.5"), ("e3", "1")], "125")]
#[case::lifo(LotMethod::Lifo, &[("e1", "1"), ("e2", "0.5")], "25")]
#[case::hifo(LotMethod::Hifo, &[("e1", "1"), ("e3", "0.5")], "-25")]
fn a_method_decides_which_lots_close(
    #[case] method: LotMethod,
    #[case] open: &[(&str, &str)],
    #[case] realised: &str,
) {
    let mut books = with(method, PositionMode::Netting);
    let btc = spot("BTC", "USD");
    for price in ["100", "300", "200"] {
        books.fill(&btc, (Buy, "1", price, "0")).expect("booked");
    }
    books.fill(&btc, (Sell, "1.5", "250", "0")).expect("booked");
    let position = books.ledger.position_of(&btc.id, None).expect("held");
    let left: Vec<(String, Decimal)> = position
        .lots
        .iter()
        .map(|l| (l.id.to_string(), l.quantity))
        .collect();
    let wanted: Vec<(String, Decimal)> = open.iter().map(|(id, q)| ((*id).to_owned(), dec(q))).collect();
    assert_eq!(left, wanted);
    assert_eq!(position.realised, dec(realised));
    assert_eq!(
        position.average.realised,
        dec("75"),
        "the average-cost method beside it: (250 − 200) × 1.5"
    );
}

#[test]
fn an_order_may_name_its_lots_and_parts_of_it_use_them_up() {
    let mut books = with(LotMethod::Fifo, PositionMode::Netting);
    let btc = spot("BTC", "USD");
    for price in ["100", "300", "200"] {
        books.fill(&btc, (Buy, "1", price, "0")).expect("booked");
    }
    let pick = |lot: &str, quantity: &str| LotPick {
        lot: EntryId::new(lot).expect("an id"),
        quantity: dec(quantity),
    };
    books.ledger.choose_lots(&LotsChosen {
        account: "acc-1".parse().expect("an account"),
        client_order_id: order("named"),
        method: LotMethod::Specific {
            lots: vec![pick("e3", "0.75"), pick("e2", "0.25")],
        },
        actor: "tester".to_owned(),
        ts: UnixNanos(0),
    });
    let sell = |books: &mut Books, quantity: &str| {
        books
            .fill_of(
                &btc,
                None,
                (Sell, dec(quantity), dec("250"), dec("0")),
                "named",
                dec("0"),
            )
            .expect("booked");
    };
    let open = |books: &Books| -> Vec<Decimal> {
        let position = books.ledger.position_of(&btc.id, None).expect("held");
        position.lots.iter().map(|l| l.quantity).collect()
    };
    sell(&mut books, "0.5");
    assert_eq!(open(&books), [dec("1"), dec("1"), dec("0.5")]);
    sell(&mut books, "0.5");
    assert_eq!(
        open(&books),
        [dec("1"), dec("0.75"), dec("0.25")],
        "0.25 more of the third, then the second"
    );
    sell(&mut books, "0.5");
    assert_eq!(
        open(&books),
        [dec("0.5"), dec("0.75"), dec("0.25")],
        "what is not named is taken from the oldest"
    );
}

#[test]
fn long_and_short_stand_side_by_side_when_hedging_and_closing_names_the_side() {
    let mut books = with(LotMethod::Fifo, PositionMode::Hedging);
    let btc = spot("BTC", "USD");
    books.fill(&btc, (Buy, "2", "100", "0")).expect("opens long");
    books.fill(&btc, (Sell, "3", "110", "0")).expect("opens short");
    let side = |books: &Books, book| {
        books
            .ledger
            .position_in(&btc.id, None, book)
            .expect("open")
            .clone()
    };
    assert_eq!(side(&books, PositionBook::Long).quantity, dec("2"));
    assert_eq!(side(&books, PositionBook::Short).quantity, dec("-3"));
    assert_eq!(
        books.ledger.position(&btc.id).expect("open").quantity,
        dec("-1"),
        "the account's net"
    );
    assert_eq!(books.ledger.owned(&btc.id, None), Some(dec("-1")));
    let close = |books: &mut Books, side: Side, quantity: &str, price: &str| {
        let facts = books.facts();
        let id = order("close");
        let fill = FillFacts {
            instrument: &btc,
            strategy: None,
            side,
            quantity: Quantity::new(dec(quantity)).expect("above zero"),
            price: Price::new(dec(price)).expect("a price"),
            fee: usd("0"),
            order: &id,
            held_to_use: Decimal::ZERO,
        };
        let book = books.ledger.book_of(side, true);
        let entry = books.ledger.fill_entry_in(facts, &fill, book)?;
        books.book(entry)
    };
    close(&mut books, Sell, "1", "120").expect("closes half of the long side");
    close(&mut books, Buy, "3", "90").expect("closes the short side");
    assert_eq!(side(&books, PositionBook::Long).realised, dec("20"));
    assert_eq!(side(&books, PositionBook::Short).realised, dec("60"));
    assert!(matches!(
        close(&mut books, Sell, "2", "120"),
        Err(LedgerError::HedgeExceeded { .. })
    ));
    let netting = LedgerSettings::default();
    assert!(matches!(
        books.ledger.set_settings(netting, 2),
        Err(LedgerError::NotFlat { .. })
    ));
}

/// The account as it would be without an entry: cash, quantity, result and fees.
fn figures(books: &Books, instrument: &Instrument) -> [Decimal; 4] {
    let net = books.ledger.position(&instrument.id).expect("traded");
    // Result and cost together: which lots carry what may differ, what it comes to may not.
    [
        books.ledger.cash_total(Currency::USD),
        net.quantity,
        net.realised - net.cost,
        net.fees,
    ]
}

fn reverse(books: &mut Books, instrument: &Instrument, at: usize) -> Result<LedgerEntry, LedgerError> {
    let facts = books.facts();
    let original = books.entries[at].clone();
    let entry = books
        .ledger
        .reversal_entry(facts, &original, instrument.multiplier)?;
    books.book(entry.clone())?;
    Ok(entry)
}

#[test]
fn a_reversal_of_the_last_fill_restores_every_lot_as_it_was() {
    let mut books = with(LotMethod::Fifo, PositionMode::Netting);
    let btc = spot("BTC", "USD");
    books.fill(&btc, (Buy, "1", "100", "1")).expect("booked");
    books.fill(&btc, (Buy, "2", "110", "1")).expect("booked");
    let before = books.ledger.position_of(&btc.id, None).expect("held").clone();
    books.fill(&btc, (Sell, "5", "130", "2.5")).expect("turns short");
    let entry = reverse(&mut books, &btc, 2).expect("taken back");
    assert_eq!(entry.kind, EntryKind::Reversal);
    let after = books.ledger.position_of(&btc.id, None).expect("held");
    assert_eq!(
        (&after.lots, after.cost, after.realised),
        (&before.lots, before.cost, before.realised)
    );
    assert_eq!((after.fees, after.average), (before.fees, before.average));
    assert_eq!(
        reverse(&mut books, &btc, 2),
        Err(LedgerError::DuplicateKey {
            key: "reverse:e3".to_owned()
        }),
        "an entry is taken back once"
    );
    assert!(matches!(
        reverse(&mut books, &btc, 3),
        Err(LedgerError::NotReversible { .. })
    ));
    assert_eq!(books.refolded_as(&books.ledger), books.ledger);
}

#[test]
fn a_bust_of_a_fill_whose_lot_was_sold_since_comes_to_the_same_as_if_it_had_never_been() {
    let btc = spot("BTC", "USD");
    let fills = [
        (Buy, "2", "100", "1"),
        (Buy, "1", "105", "1"),
        (Sell, "2.5", "120", "1"),
        (Sell, "1", "90", "0"),
    ];
    for bust in 0..fills.len() {
        let mut books = with(LotMethod::Fifo, PositionMode::Netting);
        for fill in fills {
            books.fill(&btc, fill).expect("booked");
        }
        reverse(&mut books, &btc, bust).expect("taken back");
        let mut without = with(LotMethod::Fifo, PositionMode::Netting);
        for (_, fill) in fills.iter().enumerate().filter(|(n, _)| *n != bust) {
            without.fill(&btc, *fill).expect("booked");
        }
        assert_eq!(
            figures(&books, &btc),
            figures(&without, &btc),
            "fill {bust} taken back"
        );
    }
}

#[test]
fn an_allocated_trade_is_taken_back_and_booked_in_parts_that_sum_to_it() {
    let mut books = with(LotMethod::Fifo, PositionMode::Netting);
    let btc = spot("BTC", "USD");
    books.fill(&btc, (Buy, "3", "100", "1")).expect("booked");
    let whole = figures(&books, &btc);
    reverse(&mut books, &btc, 0).expect("taken back");
    let quantities = [dec("1"), dec("2")];
    let fees = tradewind_ledger::allocate(dec("1"), &quantities, 8).expect("splits");
    for ((strategy, quantity), fee) in ["fast", "slow"].into_iter().zip(quantities).zip(fees) {
        let fill = ForeignFill {
            instrument: btc.id.clone(),
            strategy: strategy.parse().ok(),
            side: Buy,
            quantity: Quantity::new(quantity).expect("above zero"),
            price: Price::new(dec("100")).expect("a price"),
            fee: Money::new(fee, Currency::USD),
        };
        let facts = books.facts();
        let entry = books.ledger.foreign_fill_entry(facts, &fill, &btc).expect("made");
        books.book(entry).expect("booked");
    }
    assert_eq!(figures(&books, &btc), whole);
    assert_eq!(books.ledger.owned(&btc.id, None), Some(dec("0")));
    assert_eq!(
        books.ledger.owned(&btc.id, "slow".parse().ok().as_ref()),
        Some(dec("2"))
    );
}

#[test]
fn an_iron_condor_earns_the_sum_of_its_legs() {
    let mut books = with(LotMethod::Fifo, PositionMode::Netting);
    let mut legs = Vec::new();
    for (strike, side, open, close) in [
        ("23800PE", Buy, "12.35", "4.10"),
        ("24000PE", Sell, "45.60", "18.25"),
        ("24600CE", Sell, "52.15", "88.40"),
        ("24800CE", Buy, "19.80", "41.95"),
    ] {
        let mut leg = spot("X", "USD");
        leg.id = format!("NIFTY25DEC{strike}.NFO").parse().expect("an id");
        books.fill(&leg, (side, "75", open, "0")).expect("booked");
        legs.push((leg, side, dec(open), dec(close)));
    }
    let mark = |id: &tradewind_types::InstrumentId| {
        let leg = legs.iter().find(|(leg, ..)| leg.id == *id)?;
        Some(Mark {
            price: leg.3,
            multiplier: Decimal::ONE,
        })
    };
    let by_leg: Decimal = legs
        .iter()
        .map(|(_, side, open, close)| match side {
            Buy => (close - open) * dec("75"),
            Sell => (open - close) * dec("75"),
        })
        .sum();
    let lines = books.ledger.pnl_by_position(mark).expect("fits");
    let total = pnl::in_currency(&lines, Currency::USD, |_| None).expect("one currency");
    assert_eq!(total.total(), Some(by_leg));
    assert_eq!(by_leg, dec("375"), "(−8.25 + 27.35 − 36.25 + 22.15) × 75");
    for (leg, side, _, close) in &legs {
        let other = if *side == Buy { Sell } else { Buy };
        books
            .fill(leg, (other, "75", &close.to_string(), "0"))
            .expect("booked");
    }
    let lines = books.ledger.pnl_by_position(|_| None).expect("fits");
    let flat = pnl::by_strategy(&lines).expect("fits");
    assert_eq!(
        flat[&(None, Currency::USD)].total(),
        Some(by_leg),
        "flat needs no mark"
    );
}

fn flows() -> impl Strategy<Value = Vec<(bool, i64, i64, i64)>> {
    prop::collection::vec(
        (any::<bool>(), 1..5_000_000i64, 1..200_000i64, -300..300i64),
        1..40,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn under_every_method_lots_sum_to_the_position_and_all_realise_the_same_once_flat(fills in flows()) {
        let btc = spot("BTC", "USD");
        let methods = [
            LotMethod::Fifo,
            LotMethod::Lifo,
            LotMethod::Hifo,
            LotMethod::Specific { lots: vec![LotPick { lot: EntryId::new("e2").expect("an id"), quantity: dec("0.1") }] },
        ];
        let mut totals = Vec::new();
        for method in methods {
            let mut books = with(method, PositionMode::Netting);
            for (buy, quantity, price, fee) in &fills {
                let side = if *buy { Buy } else { Sell };
                let fill = (side, Decimal::new(*quantity, 6), Decimal::new(*price, 2), Decimal::new(*fee, 3));
                // Books::book checks every law, lots included, after each entry.
                books.fill_of(&btc, None, fill, "x", Decimal::ZERO).expect("booked");
                books.ledger.check_entry(books.entries.last().expect("one")).expect("the cheap check agrees");
            }
            let open = books.ledger.owned(&btc.id, None).expect("traded");
            if !open.is_zero() {
                let side = if open > Decimal::ZERO { Sell } else { Buy };
                books.fill_of(&btc, None, (side, open.abs(), dec("77.7"), Decimal::ZERO), "x", Decimal::ZERO).expect("booked");
            }
            let flat = books.ledger.position_of(&btc.id, None).expect("traded");
            prop_assert!(flat.lots.is_empty());
            prop_assert_eq!(flat.realised, flat.average.realised);
            totals.push(flat.realised);
            prop_assert_eq!(books.refolded_as(&books.ledger), books.ledger);
        }
        prop_assert!(totals.windows(2).all(|w| w[0] == w[1]), "{:?}", totals);
    }

    #[test]
    fn any_fill_taken_back_leaves_cash_quantity_result_and_fees_as_without_it(fills in flows(), which in any::<prop::sample::Index>()) {
        let btc = spot("BTC", "USD");
        let bust = which.index(fills.len());
        let (mut books, mut without) = (with(LotMethod::Lifo, PositionMode::Netting), with(LotMethod::Lifo, PositionMode::Netting));
        for (n, (buy, quantity, price, fee)) in fills.iter().enumerate() {
            let side = if *buy { Buy } else { Sell };
            let fill = (side, Decimal::new(*quantity, 6), Decimal::new(*price, 2), Decimal::new(*fee, 3));
            books.fill_of(&btc, None, fill, "x", Decimal::ZERO).expect("booked");
            if n != bust {
                without.fill_of(&btc, None, fill, "x", Decimal::ZERO).expect("booked");
            }
        }
        reverse(&mut books, &btc, bust).expect("taken back");
        if fills.len() > 1 {
            prop_assert_eq!(figures(&books, &btc), figures(&without, &btc));
        }
        prop_assert_eq!(books.refolded_as(&books.ledger), books.ledger.clone());
    }
}

#[test]
fn the_ledger_names_what_it_is_asked_wrongly() {
    let books = with(LotMethod::Fifo, PositionMode::Netting);
    assert_eq!(
        books.ledger.balance(LedgerAccount::Transit, Currency::USD),
        Decimal::ZERO
    );
    let restored = LotChange::Restored {
        lot: EntryId::new("e1").expect("an id"),
        quantity: dec("1"),
        price: Price::new(dec("1")).expect("a price"),
        cost: dec("1"),
        opened: UnixNanos(0),
        realised: dec("0"),
    };
    let text = serde_json::to_string(&restored).expect("serialises");
    assert_eq!(serde_json::from_str::<LotChange>(&text).expect("reads"), restored);
    let allowed = Books::with(Overdraft::Allowed);
    assert!(allowed.ledger.settings().overdraft);
}
