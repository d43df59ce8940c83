//! Entries made from facts. Nothing here changes the ledger; [`Ledger::apply`] does, with the entry made.

use rust_decimal::Decimal;
use tradewind_types::num::NumberError;
use tradewind_types::record::{
    EntryKind, ForeignFill, LedgerAccount, LedgerEntry, LotChange, PositionBook, PositionChange, Posting,
};
use tradewind_types::{
    ClientOrderId, Currency, EntryId, Instrument, Money, Price, Quantity, Rounding, Side, StrategyId,
    UnixNanos,
};

use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::lots::{Trade, lots_of_fill};
use crate::methods::choose;
use tradewind_types::exact::{self, MONEY_DECIMALS, add, sub};

/// What every entry has: identity, time, key, and who and why for people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EntryFacts {
    /// The entry's id; lots opened by it carry it too.
    pub id: EntryId,
    /// When.
    pub ts: UnixNanos,
    /// Idempotency key: a second entry with it is refused.
    pub key: String,
    /// Who.
    pub actor: String,
    /// Why, in words.
    pub reason: String,
}

/// One execution.
#[derive(Clone, Copy, Debug)]
pub struct FillFacts<'a> {
    /// What was traded.
    pub instrument: &'a Instrument,
    /// Who owns the position; `None` = by hand.
    pub strategy: Option<&'a StrategyId>,
    /// Bought or sold.
    pub side: Side,
    /// How much.
    pub quantity: Quantity,
    /// At which price.
    pub price: Price,
    /// The fee in quote currency; negative = rebate.
    pub fee: Money,
    /// The order.
    pub order: &'a ClientOrderId,
    /// How much of the order's hold leaves with this fill, usually [`Ledger::hold_share`]. What the fill does not
    /// need of it (price improvement) becomes available again; what it needs beyond comes from available cash, and what
    /// that lacks from the rest of the hold: a fee by the order is charged whole with its first fill.
    pub held_to_use: Decimal,
}

impl Ledger {
    /// Money in.
    ///
    /// # Errors
    /// An amount not above zero, or with too many decimals; a key that is booked.
    pub fn deposit_entry(&self, facts: EntryFacts, money: Money) -> Result<LedgerEntry, LedgerError> {
        self.keys.check(&facts.key)?;
        let amount = positive("deposit", money.amount)?;
        let postings = move_money(
            LedgerAccount::CashAvailable,
            LedgerAccount::Deposits,
            amount,
            money.currency,
        );
        Ok(self.entry(facts, EntryKind::Deposit, postings))
    }

    /// Money out, of what is available. `money` is above zero.
    ///
    /// # Errors
    /// As [`Ledger::deposit_entry`], and [`LedgerError::InsufficientCash`] whether or not overdrafts are allowed.
    pub fn withdrawal_entry(&self, facts: EntryFacts, money: Money) -> Result<LedgerEntry, LedgerError> {
        self.keys.check(&facts.key)?;
        let amount = positive("withdrawal", money.amount)?;
        self.need_available(amount, money.currency)?;
        let postings = move_money(
            LedgerAccount::Withdrawals,
            LedgerAccount::CashAvailable,
            amount,
            money.currency,
        );
        Ok(self.entry(facts, EntryKind::Withdrawal, postings))
    }

    /// Sets cash aside for an order. A second hold of one order adds to the first.
    ///
    /// # Errors
    /// [`LedgerError::InsufficientCash`] whether or not overdrafts are allowed; an amount not above zero; a hold in
    /// another currency than the order's first.
    pub fn hold_entry(
        &self,
        facts: EntryFacts,
        order: &ClientOrderId,
        money: Money,
    ) -> Result<LedgerEntry, LedgerError> {
        self.keys.check(&facts.key)?;
        let amount = positive("hold", money.amount)?;
        self.need_available(amount, money.currency)?;
        if let Some(held) = self.held(order).filter(|h| h.currency != money.currency) {
            return Err(LedgerError::HoldTooSmall {
                order: order.clone(),
                held: held.to_string(),
                needed: money.to_string(),
            });
        }
        let postings = move_money(
            LedgerAccount::CashLocked,
            LedgerAccount::CashAvailable,
            amount,
            money.currency,
        );
        let mut entry = self.entry(facts, EntryKind::Hold, postings);
        entry.client_order_id = Some(order.clone());
        Ok(entry)
    }

    /// Frees all that is still held for an order, to be made when it ends; `None` when nothing is held.
    ///
    /// # Errors
    /// A key that is booked.
    pub fn release_entry(
        &self,
        facts: EntryFacts,
        order: &ClientOrderId,
    ) -> Result<Option<LedgerEntry>, LedgerError> {
        let Some(held) = self.held(order) else {
            return Ok(None);
        };
        self.keys.check(&facts.key)?;
        let (free, locked) = (LedgerAccount::CashAvailable, LedgerAccount::CashLocked);
        let mut entry = self.entry(
            facts,
            EntryKind::Release,
            move_money(free, locked, held.amount, held.currency),
        );
        entry.client_order_id = Some(order.clone());
        Ok(Some(entry))
    }

    /// The part of an order's hold that goes with a fill of `quantity` out of `leaves_before` still open.
    ///
    /// In proportion, rounded down to 12 decimals; the last fill takes all that is left, so that nothing stays held.
    ///
    /// # Errors
    /// [`NumberError::Overflow`].
    pub fn hold_share(
        &self,
        order: &ClientOrderId,
        quantity: Decimal,
        leaves_before: Decimal,
    ) -> Result<Decimal, LedgerError> {
        let Some(held) = self.held(order) else {
            return Ok(Decimal::ZERO);
        };
        if quantity >= leaves_before {
            return Ok(held.amount);
        }
        let overflow = NumberError::Overflow {
            operation: "share of a hold",
        };
        let part = quantity
            .checked_div(leaves_before)
            .and_then(|f| f.checked_mul(held.amount));
        Ok(Rounding::Down
            .to_decimals(part.ok_or(overflow)?, MONEY_DECIMALS)
            .min(held.amount))
    }

    /// A fill with its fee: closes lots by the account's or the order's method, opens a lot with the rest, moves
    /// cash. In the hedging mode it opens; what closes goes through [`Ledger::fill_entry_in`].
    ///
    /// # Errors
    /// A fee in another currency than the quote, a hold that is too small, cash that would go below zero where no
    /// overdraft is allowed, sums that do not fit, a key that is booked.
    pub fn fill_entry(&self, facts: EntryFacts, fill: &FillFacts<'_>) -> Result<LedgerEntry, LedgerError> {
        self.fill_entry_in(facts, fill, self.book_of(fill.side, false))
    }

    /// The position that a fill belongs to: the netted one, or in the hedging mode the long one for buys that open
    /// and sells that close, the short one for the others.
    #[must_use]
    pub fn book_of(&self, side: Side, closes: bool) -> PositionBook {
        match (self.is_hedging(), side, closes) {
            (false, ..) => PositionBook::Net,
            (true, Side::Buy, false) | (true, Side::Sell, true) => PositionBook::Long,
            (true, Side::Sell, false) | (true, Side::Buy, true) => PositionBook::Short,
        }
    }

    /// [`Ledger::fill_entry`] in a named book.
    ///
    /// # Errors
    /// As there; [`LedgerError::HedgeExceeded`] when more is closed than is open on that side.
    pub fn fill_entry_in(
        &self,
        facts: EntryFacts,
        fill: &FillFacts<'_>,
        book: PositionBook,
    ) -> Result<LedgerEntry, LedgerError> {
        self.keys.check(&facts.key)?;
        let currency = fill.instrument.quote;
        if fill.fee.currency != currency {
            return Err(LedgerError::OtherCurrency {
                what: "fee",
                ours: currency,
                theirs: fill.fee.currency,
            });
        }
        let signed = match fill.side {
            Side::Buy => fill.quantity.decimal(),
            Side::Sell => -fill.quantity.decimal(),
        };
        let owner = self.position_in(&fill.instrument.id, fill.strategy, book);
        let after = add(owner.map_or(Decimal::ZERO, |p| p.quantity), signed)?;
        let exceeded = match book {
            PositionBook::Net => false,
            PositionBook::Long => after < Decimal::ZERO,
            PositionBook::Short => after > Decimal::ZERO,
        };
        if exceeded {
            return Err(LedgerError::HedgeExceeded {
                instrument: fill.instrument.id.clone(),
                quantity: fill.quantity.decimal(),
                open: owner.map_or(Decimal::ZERO, |p| p.quantity),
            });
        }
        let trade = Trade {
            instrument: &fill.instrument.id,
            quantity: signed,
            price: fill.price,
            multiplier: fill.instrument.multiplier,
            book,
        };
        let method = self.method_of(Some(fill.order));
        let mut change = lots_of_fill(owner, trade, |position, most| choose(position, most, method))?;
        if owner.is_none() {
            change.strategy = fill.strategy.cloned();
        }
        let fee = exact::money(fill.fee.amount)?;
        let postings = self.fill_postings(fill, &change, fee, currency)?;
        let mut entry = self.entry(facts, EntryKind::Fill, postings);
        entry.client_order_id = Some(fill.order.clone());
        entry.position = Some(change);
        Ok(entry)
    }

    /// A fill that no order of ours made: of a statement, a correction, an allocation. It takes nothing from a hold. In
    /// the hedging mode it closes the other side as far as that is open in full, otherwise it opens.
    ///
    /// # Errors
    /// As [`Ledger::fill_entry`]; an instrument that is not the fill's.
    pub fn foreign_fill_entry(
        &self,
        facts: EntryFacts,
        fill: &ForeignFill,
        instrument: &Instrument,
    ) -> Result<LedgerEntry, LedgerError> {
        if fill.instrument != instrument.id {
            return Err(LedgerError::BadTerms {
                field: "instrument",
                message: format!("the fill is of {}, not of {}", fill.instrument, instrument.id),
            });
        }
        let order = ClientOrderId::new("none").expect("a lower-case word is a valid id");
        let closing = self.book_of(fill.side, true);
        let open = self.position_in(&instrument.id, fill.strategy.as_ref(), closing);
        let closes = open.is_some_and(|p| p.quantity.abs() >= fill.quantity.decimal());
        let terms = FillFacts {
            instrument,
            strategy: fill.strategy.as_ref(),
            side: fill.side,
            quantity: fill.quantity,
            price: fill.price,
            fee: fill.fee,
            order: &order,
            held_to_use: Decimal::ZERO,
        };
        let mut entry = self.fill_entry_in(facts, &terms, self.book_of(fill.side, closes))?;
        entry.client_order_id = None;
        Ok(entry)
    }

    fn fill_postings(
        &self,
        fill: &FillFacts<'_>,
        change: &PositionChange,
        fee: Decimal,
        currency: Currency,
    ) -> Result<Vec<Posting>, LedgerError> {
        let (cost, realised) = flows(&change.lots)?;
        let used = exact::money(fill.held_to_use)?;
        if !used.is_zero() {
            let held = self.held(fill.order).unwrap_or(Money::zero(currency));
            if used < Decimal::ZERO || used > held.amount || held.currency != currency {
                return Err(LedgerError::HoldTooSmall {
                    order: fill.order.clone(),
                    held: held.to_string(),
                    needed: Money::new(used, currency).to_string(),
                });
            }
        }
        // What goes out is cost − realised + fee; the hold pays first, the rest moves available cash.
        let outflow = add(sub(cost, realised)?, fee)?;
        let lacking = sub(
            sub(outflow, used)?,
            self.cash_available(currency).max(Decimal::ZERO),
        )?;
        let mut used = used;
        if lacking > Decimal::ZERO && !self.settings.overdraft {
            let held = self.held(fill.order).filter(|held| held.currency == currency);
            let rest = held.map_or(Decimal::ZERO, |held| held.amount - used);
            used = add(used, lacking.min(rest))?;
        }
        let available = sub(used, outflow)?;
        let after = add(self.cash_available(currency), available)?;
        if !self.settings.overdraft && available < Decimal::ZERO && after < Decimal::ZERO {
            let (needed, available) = (-available, self.cash_available(currency));
            return Err(LedgerError::InsufficientCash {
                currency,
                needed,
                available,
            });
        }
        let lines = [
            (LedgerAccount::PositionCost, cost),
            (LedgerAccount::RealisedPnl, -realised),
            (LedgerAccount::Fees, fee),
            (LedgerAccount::CashLocked, -used),
            (LedgerAccount::CashAvailable, available),
        ];
        let mut postings = Vec::with_capacity(lines.len());
        for (account, amount) in lines {
            if !amount.is_zero() {
                postings.push(Posting {
                    account,
                    currency,
                    amount: exact::trim(amount),
                });
            }
        }
        Ok(postings)
    }

    pub(crate) fn need_available(&self, needed: Decimal, currency: Currency) -> Result<(), LedgerError> {
        let available = self.cash_available(currency);
        if needed > available {
            return Err(LedgerError::InsufficientCash {
                currency,
                needed,
                available,
            });
        }
        Ok(())
    }

    pub(crate) fn entry(&self, facts: EntryFacts, kind: EntryKind, postings: Vec<Posting>) -> LedgerEntry {
        LedgerEntry {
            id: facts.id,
            account: self.account.clone(),
            ts: facts.ts,
            kind,
            postings,
            position: None,
            client_order_id: None,
            key: facts.key,
            actor: facts.actor,
            reason: facts.reason,
            detail: None,
        }
    }
}

/// Σ cost that comes minus Σ cost that leaves, and Σ realised, of lot changes that open, close and restore.
pub(crate) fn flows(lots: &[LotChange]) -> Result<(Decimal, Decimal), LedgerError> {
    let (mut cost, mut realised) = (Decimal::ZERO, Decimal::ZERO);
    for lot in lots {
        match lot {
            LotChange::Opened { cost: opened, .. } => cost = add(cost, *opened)?,
            LotChange::Closed {
                cost: closed,
                realised: result,
                ..
            } => {
                cost = sub(cost, *closed)?;
                realised = add(realised, *result)?;
            }
            LotChange::Restored {
                cost: back,
                realised: result,
                ..
            } => {
                cost = add(cost, *back)?;
                realised = sub(realised, *result)?;
            }
            // What an adjustment changes depends on the lot; entries with one state their postings themselves.
            LotChange::Adjusted { .. } => {}
        }
    }
    Ok((cost, realised))
}

pub(crate) fn positive(what: &'static str, amount: Decimal) -> Result<Decimal, LedgerError> {
    if amount <= Decimal::ZERO {
        return Err(LedgerError::NotPositive { what, amount });
    }
    Ok(exact::money(amount)?.normalize())
}

/// Debits one account and credits another.
pub(crate) fn move_money(
    debit: LedgerAccount,
    credit: LedgerAccount,
    amount: Decimal,
    currency: Currency,
) -> Vec<Posting> {
    vec![
        Posting {
            account: debit,
            currency,
            amount,
        },
        Posting {
            account: credit,
            currency,
            amount: -amount,
        },
    ]
}
