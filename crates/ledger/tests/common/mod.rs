//! A ledger under test: books facts the way the kernel does and checks every law after each entry.
#![allow(dead_code)] // each test binary uses a part

use rust_decimal::Decimal;
use tradewind_ledger::{EntryFacts, FillFacts, Ledger, LedgerEntry, LedgerError, Overdraft};
use tradewind_types::num::parse_decimal;
use tradewind_types::{
    ClientOrderId, Currency, EntryId, Instrument, Money, Price, Quantity, Side, StrategyId, UnixNanos,
};

/// A decimal from text.
pub(crate) fn dec(text: &str) -> Decimal {
    parse_decimal(text).expect("a decimal")
}

/// Dollars.
pub(crate) fn usd(text: &str) -> Money {
    Money::new(dec(text), Currency::USD)
}

/// A spot instrument quoted in `quote`.
pub(crate) fn spot(base: &str, quote: &str) -> Instrument {
    let id = format!("{base}-{quote}.COINBASE").parse().expect("an id");
    let pair = (
        base.parse().expect("a currency"),
        quote.parse().expect("a currency"),
    );
    Instrument::spot(
        id,
        "COINBASE".parse().expect("a venue"),
        "X",
        pair,
        dec("0.01"),
        dec("0.00000001"),
    )
}

/// An order id.
pub(crate) fn order(text: &str) -> ClientOrderId {
    ClientOrderId::new(text).expect("an order id")
}

/// A ledger with the entries booked into it.
pub(crate) struct Books {
    /// Live state.
    pub(crate) ledger: Ledger,
    /// All entries applied.
    pub(crate) entries: Vec<LedgerEntry>,
    made: u64,
    overdraft: Overdraft,
}

impl Books {
    /// An empty ledger in dollars that allows no overdraft.
    pub(crate) fn new() -> Self {
        Self::with(Overdraft::Refused)
    }

    /// An empty ledger in dollars.
    pub(crate) fn with(overdraft: Overdraft) -> Self {
        let account = "acc-1".parse().expect("an account");
        Self {
            ledger: Ledger::new(account, Currency::USD).with_overdraft(overdraft),
            entries: Vec::new(),
            made: 0,
            overdraft,
        }
    }

    /// Facts with a fresh id and key.
    pub(crate) fn facts(&mut self) -> EntryFacts {
        self.made += 1;
        EntryFacts {
            id: EntryId::new(&format!("e{}", self.made)).expect("an entry id"),
            ts: UnixNanos(self.made),
            key: format!("key-{}", self.made),
            actor: "tester".to_owned(),
            reason: "test".to_owned(),
        }
    }

    /// Applies, keeps, checks.
    pub(crate) fn book(&mut self, entry: LedgerEntry) -> Result<(), LedgerError> {
        self.ledger.apply(&entry)?;
        self.entries.push(entry);
        self.ledger.check_invariants().expect("the laws hold");
        Ok(())
    }

    /// Money in.
    pub(crate) fn deposit(&mut self, money: Money) -> Result<(), LedgerError> {
        let facts = self.facts();
        let entry = self.ledger.deposit_entry(facts, money)?;
        self.book(entry)
    }

    /// Money out.
    pub(crate) fn withdraw(&mut self, money: Money) -> Result<(), LedgerError> {
        let facts = self.facts();
        let entry = self.ledger.withdrawal_entry(facts, money)?;
        self.book(entry)
    }

    /// Cash set aside.
    pub(crate) fn hold(&mut self, id: &str, money: Money) -> Result<(), LedgerError> {
        let facts = self.facts();
        let entry = self.ledger.hold_entry(facts, &order(id), money)?;
        self.book(entry)
    }

    /// What is still held, freed.
    pub(crate) fn release(&mut self, id: &str) -> Result<(), LedgerError> {
        let facts = self.facts();
        match self.ledger.release_entry(facts, &order(id))? {
            Some(entry) => self.book(entry),
            None => Ok(()),
        }
    }

    /// A fill by hand without a hold: `("BUY", quantity, price, fee)`.
    pub(crate) fn fill(
        &mut self,
        instrument: &Instrument,
        (side, quantity, price, fee): (Side, &str, &str, &str),
    ) -> Result<(), LedgerError> {
        self.fill_of(
            instrument,
            None,
            (side, dec(quantity), dec(price), dec(fee)),
            "none",
            Decimal::ZERO,
        )
    }

    /// A fill in full detail.
    pub(crate) fn fill_of(
        &mut self,
        instrument: &Instrument,
        strategy: Option<&StrategyId>,
        (side, quantity, price, fee): (Side, Decimal, Decimal, Decimal),
        id: &str,
        held_to_use: Decimal,
    ) -> Result<(), LedgerError> {
        let facts = self.facts();
        let id = order(id);
        let fill = FillFacts {
            instrument,
            strategy,
            side,
            quantity: Quantity::new(quantity).expect("above zero"),
            price: Price::new(price).expect("a price"),
            fee: Money::new(fee, instrument.quote),
            order: &id,
            held_to_use,
        };
        let entry = self.ledger.fill_entry(facts, &fill)?;
        self.book(entry)
    }

    /// Folds all entries anew, with the settings and choices of lots that `like` has now.
    pub(crate) fn refolded_as(&self, like: &Ledger) -> Ledger {
        let (account, base) = (like.account().clone(), like.base_currency());
        let mut ledger = Ledger::new(account, base).with_settings(like.settings().clone());
        for entry in &self.entries {
            ledger.apply(entry).expect("it was booked before");
        }
        ledger
    }

    /// Folds all entries anew.
    pub(crate) fn refolded(&self) -> Ledger {
        let (account, base) = (self.ledger.account().clone(), self.ledger.base_currency());
        Ledger::fold(account, base, self.overdraft, &self.entries).expect("it was booked before")
    }
}
