//! Conservation under random transfers, holds, fills and fees in four currencies.

mod common;

use std::collections::BTreeMap;

use common::{Books, order, spot};
use proptest::prelude::*;
use rust_decimal::Decimal;
use tradewind_ledger::{LedgerAccount, LedgerError, Mark, Marks, Overdraft};
use tradewind_types::{Currency, Instrument, InstrumentId, Money, Side, StrategyId};

const CURRENCIES: [Currency; 4] = [
    Currency::USD,
    Currency::of("EUR"),
    Currency::of("JPY"),
    Currency::of("USDC"),
];

#[derive(Clone, Debug)]
enum Step {
    Deposit(usize, Decimal),
    Withdraw(usize, Decimal),
    Hold(u8, usize, Decimal),
    Release(u8),
    Fill {
        market: usize,
        owner: usize,
        buy: bool,
        quantity: Decimal,
        price: Decimal,
        fee: Decimal,
        order: u8,
    },
    Again(usize),
}

fn amount(max: i64, scale: u32) -> impl Strategy<Value = Decimal> {
    (1..max).prop_map(move |n| Decimal::new(n, scale))
}

fn step() -> impl Strategy<Value = Step> {
    let fill = (
        (0..4usize, 0..3usize, any::<bool>()),
        (amount(5_000_000, 6), amount(200_000, 2), -500..1_500i64, 0..6u8),
    );
    prop_oneof![
        3 => (0..4usize, amount(100_000_000, 2)).prop_map(|(c, m)| Step::Deposit(c, m)),
        1 => (0..4usize, amount(10_000_000, 2)).prop_map(|(c, m)| Step::Withdraw(c, m)),
        2 => (0..6u8, 0..4usize, amount(1_000_000, 4)).prop_map(|(o, c, m)| Step::Hold(o, c, m)),
        2 => (0..6u8).prop_map(Step::Release),
        8 => fill.prop_map(|((market, owner, buy), (quantity, price, fee, order))| Step::Fill {
            market, owner, buy, quantity, price, fee: Decimal::new(fee, 4), order
        }),
        1 => (0..60usize).prop_map(Step::Again),
    ]
}

fn owners() -> [Option<StrategyId>; 3] {
    [None, "fast".parse().ok(), "slow".parse().ok()]
}

/// What the test adds up by itself, beside the ledger.
#[derive(Default)]
struct Expected {
    /// Deposits − withdrawals − Σ fill value − fees.
    cash: BTreeMap<Currency, Decimal>,
    fees: BTreeMap<Currency, Decimal>,
    /// Σ signed fills.
    positions: BTreeMap<(InstrumentId, usize), Decimal>,
}

fn carry_out(
    books: &mut Books,
    markets: &[Instrument],
    step: &Step,
    sums: &mut Expected,
) -> Result<(), LedgerError> {
    match step {
        Step::Deposit(currency, amount) => {
            books.deposit(Money::new(*amount, CURRENCIES[*currency]))?;
            *sums.cash.entry(CURRENCIES[*currency]).or_default() += amount;
        }
        Step::Withdraw(currency, amount) => {
            books.withdraw(Money::new(*amount, CURRENCIES[*currency]))?;
            *sums.cash.entry(CURRENCIES[*currency]).or_default() -= amount;
        }
        Step::Hold(id, currency, amount) => {
            books.hold(&format!("o{id}"), Money::new(*amount, CURRENCIES[*currency]))?;
        }
        Step::Release(id) => books.release(&format!("o{id}"))?,
        Step::Fill {
            market,
            owner,
            buy,
            quantity,
            price,
            fee,
            order: id,
        } => {
            let (id, instrument) = (format!("o{id}"), &markets[*market]);
            let held = books
                .ledger
                .held(&order(&id))
                .filter(|h| h.currency == instrument.quote);
            let used = match held {
                Some(_) => books
                    .ledger
                    .hold_share(&order(&id), *quantity, quantity + Decimal::ONE)?,
                None => Decimal::ZERO,
            };
            let side = if *buy { Side::Buy } else { Side::Sell };
            let strategy = owners()[*owner].clone();
            books.fill_of(
                instrument,
                strategy.as_ref(),
                (side, *quantity, *price, *fee),
                &id,
                used,
            )?;
            let signed = if *buy { *quantity } else { -*quantity };
            *sums.cash.entry(instrument.quote).or_default() -= signed * price + fee;
            *sums.fees.entry(instrument.quote).or_default() += fee;
            *sums.positions.entry((instrument.id.clone(), *owner)).or_default() += signed;
        }
        Step::Again(n) => {
            if let Some(entry) = books.entries.get(*n).cloned() {
                let before = books.ledger.clone();
                assert!(matches!(
                    books.ledger.apply(&entry),
                    Err(LedgerError::DuplicateKey { .. })
                ));
                assert_eq!(books.ledger, before, "a repetition is harmless");
            }
        }
    }
    Ok(())
}

/// The last price for all, and one to one between currencies, so that sums can be checked without rates.
struct Flat(BTreeMap<InstrumentId, Decimal>);

impl Marks for Flat {
    fn mark(&self, instrument: &InstrumentId) -> Option<Mark> {
        self.0.get(instrument).map(|price| Mark {
            price: *price,
            multiplier: Decimal::ONE,
        })
    }

    fn rate(&self, _: Currency, _: Currency) -> Option<Decimal> {
        Some(Decimal::ONE)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn money_and_positions_are_conserved_and_the_state_is_the_fold_of_its_entries(
        steps in prop::collection::vec(step(), 1..80),
        overdraft in prop_oneof![Just(Overdraft::Refused), Just(Overdraft::Allowed)],
    ) {
        let markets = CURRENCIES.map(|quote| spot("BTC", quote.as_str()));
        let (mut books, mut sums) = (Books::with(overdraft), Expected::default());
        let mut last = BTreeMap::new();
        for step in &steps {
            let before = books.ledger.clone();
            match carry_out(&mut books, &markets, step, &mut sums) {
                Ok(()) => {}
                Err(LedgerError::InsufficientCash { .. } | LedgerError::HoldTooSmall { .. }) => {
                    prop_assert_eq!(&before, &books.ledger, "a refusal changes nothing");
                }
                Err(other) => prop_assert!(false, "{}", other),
            }
            if let Step::Fill { market, price, .. } = step {
                last.insert(markets[*market].id.clone(), *price);
            }
        }
        for currency in CURRENCIES {
            let total: Decimal = books.ledger.balances().filter(|(_, m)| m.currency == currency).map(|(_, m)| m.amount).sum();
            prop_assert_eq!(total, Decimal::ZERO, "the books sum to zero");
            prop_assert_eq!(books.ledger.cash_total(currency), sums.cash.get(&currency).copied().unwrap_or_default());
            let fees = books.ledger.balance(LedgerAccount::Fees, currency);
            prop_assert_eq!(fees, sums.fees.get(&currency).copied().unwrap_or_default());
        }
        let strategies = owners();
        for ((instrument, owner), quantity) in &sums.positions {
            let owned = books.ledger.owned(instrument, strategies[*owner].as_ref());
            prop_assert_eq!(owned, Some(*quantity), "a position is the sum of its fills");
        }
        // What the account is worth beyond what was paid in is realised + unrealised − fees.
        let marks = Flat(last);
        let equity = books.ledger.equity(&marks).expect("every mark is there").amount;
        let mut result = Decimal::ZERO;
        for (instrument, position) in books.ledger.positions() {
            let mark = marks.mark(instrument).expect("it traded");
            let unrealised = books.ledger.unrealised(instrument, mark).expect("fits").amount;
            result += position.realised + unrealised - position.fees;
        }
        let outside = |account| CURRENCIES.iter().map(|c| books.ledger.balance(account, *c)).sum::<Decimal>();
        let paid_in = -outside(LedgerAccount::Deposits) - outside(LedgerAccount::Withdrawals);
        prop_assert_eq!(equity - paid_in, result);
        prop_assert_eq!(&books.refolded(), &books.ledger, "live state = fold of the entries");
    }

    #[test]
    fn lots_and_average_cost_agree_whenever_a_position_is_flat(
        fills in prop::collection::vec((any::<bool>(), amount(1_000, 2), amount(100_000, 2)), 1..30),
    ) {
        let (mut books, btc) = (Books::with(Overdraft::Allowed), spot("BTC", "USD"));
        let zero = Decimal::ZERO;
        for (buy, quantity, price) in fills {
            let side = if buy { Side::Buy } else { Side::Sell };
            books.fill_of(&btc, None, (side, quantity, price, zero), "x", zero).expect("booked");
        }
        let open = books.ledger.owned(&btc.id, None).expect("traded");
        if !open.is_zero() {
            let side = if open > zero { Side::Sell } else { Side::Buy };
            books.fill_of(&btc, None, (side, open.abs(), Decimal::ONE, zero), "x", zero).expect("booked");
        }
        let flat = books.ledger.position_of(&btc.id, None).expect("traded");
        prop_assert_eq!(flat.average.realised, flat.realised);
        prop_assert_eq!((flat.average.cost, flat.cost, flat.lots.len()), (zero, zero, 0));
    }
}
