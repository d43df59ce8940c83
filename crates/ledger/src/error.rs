//! Why the ledger refuses, and what a broken invariant looks like.

use rust_decimal::Decimal;
use tradewind_types::num::NumberError;
use tradewind_types::record::LedgerAccount;
use tradewind_types::{AccountId, ClientOrderId, Currency, EntryId, InstrumentId};

/// An entry could not be made or applied. The ledger is unchanged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The entry is of another account.
    #[error("entry {entry} belongs to account {theirs}, not to {ours}")]
    OtherAccount {
        /// The entry.
        entry: EntryId,
        /// This ledger's account.
        ours: AccountId,
        /// The entry's account.
        theirs: AccountId,
    },
    /// An entry with this key was booked before; nothing is booked twice.
    #[error("an entry with the key `{key}` is already booked")]
    DuplicateKey {
        /// The idempotency key.
        key: String,
    },
    /// A key must have 1 to 200 characters.
    #[error("an idempotency key has 1 to {max} characters, not {length}")]
    BadKey {
        /// Its length in bytes.
        length: usize,
        /// The most allowed.
        max: usize,
    },
    /// The postings do not sum to zero.
    #[error("the postings of entry {entry} sum to {sum} {currency}, not to zero")]
    Unbalanced {
        /// The entry.
        entry: EntryId,
        /// In which currency.
        currency: Currency,
        /// What they sum to.
        sum: Decimal,
    },
    /// An amount of money has to be above zero here.
    #[error("{what} must be greater than 0, got {amount}")]
    NotPositive {
        /// `deposit`, `withdrawal`, `hold` …
        what: &'static str,
        /// The amount given.
        amount: Decimal,
    },
    /// There is less free cash than needed.
    #[error("{needed} {currency} needed, {available} {currency} available")]
    InsufficientCash {
        /// In which currency.
        currency: Currency,
        /// Needed.
        needed: Decimal,
        /// Free before the entry.
        available: Decimal,
    },
    /// The order's hold is smaller than what is to be taken from it, or of another currency.
    #[error("order {order} holds {held}, but {needed} is to be taken from it")]
    HoldTooSmall {
        /// The order.
        order: ClientOrderId,
        /// What it holds, with its currency.
        held: String,
        /// What was to be taken.
        needed: String,
    },
    /// Locked cash moves only for an order.
    #[error("entry {entry} moves locked cash without naming an order")]
    LockedWithoutOrder {
        /// The entry.
        entry: EntryId,
    },
    /// The lot to be closed is not open, or smaller, or of the other side.
    #[error("lot {lot} of {instrument} cannot be closed by {quantity}: {open} is open")]
    NoSuchLot {
        /// The lot.
        lot: EntryId,
        /// Its instrument.
        instrument: InstrumentId,
        /// What was to be closed.
        quantity: Decimal,
        /// What is open of it.
        open: Decimal,
    },
    /// Lots, position change and postings of an entry contradict each other.
    #[error("entry {entry} contradicts itself: {what}")]
    Contradiction {
        /// The entry.
        entry: EntryId,
        /// In which way.
        what: &'static str,
    },
    /// The fee, or the instrument, is in another currency than the position.
    #[error("{what} is in {theirs}, the position in {ours}")]
    OtherCurrency {
        /// `fee` or `fill`.
        what: &'static str,
        /// The position's currency.
        ours: Currency,
        /// The other.
        theirs: Currency,
    },
    /// A position cannot be valued.
    #[error("there is no price to value {instrument}")]
    NoMark {
        /// The instrument.
        instrument: InstrumentId,
    },
    /// Money cannot be converted. A rate that is missing is never taken as 1.
    #[error("there is no exchange rate from {from} to {to}")]
    NoRate {
        /// From.
        from: Currency,
        /// To.
        to: Currency,
    },
    /// The position mode cannot change while something is open.
    #[error("netting and hedging change only while all positions are flat; {instrument} is open")]
    NotFlat {
        /// The instrument.
        instrument: InstrumentId,
    },
    /// In the hedging mode more is closed than is open on that side.
    #[error("{quantity} of {instrument} cannot be closed: {open} is open on that side")]
    HedgeExceeded {
        /// The instrument.
        instrument: InstrumentId,
        /// What was to be closed.
        quantity: Decimal,
        /// What is open on that side.
        open: Decimal,
    },
    /// The entry cannot be taken back by a new one.
    #[error("entry {entry} cannot be taken back: {why}")]
    NotReversible {
        /// The entry.
        entry: EntryId,
        /// Why, and what to do instead.
        why: &'static str,
    },
    /// The terms of a corporate action or an allocation are wrong.
    #[error("{field}: {message}")]
    BadTerms {
        /// Which.
        field: &'static str,
        /// What would be right.
        message: String,
    },
    /// A bound is reached.
    #[error("at most {max} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The bound.
        max: usize,
    },
    /// A number does not fit, or would have to be rounded.
    #[error(transparent)]
    Number(#[from] NumberError),
}

/// A law of the ledger does not hold: state or program is wrong, and trading has to stop.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvariantBroken {
    /// Σ debits ≠ Σ credits.
    #[error("debits {debits} and credits {credits} of {currency} differ")]
    DebitsCredits {
        /// The currency.
        currency: Currency,
        /// Σ debits.
        debits: Decimal,
        /// Σ credits, as a positive number.
        credits: Decimal,
    },
    /// A balance is not what the parts that make it up sum to.
    #[error("{account:?} {currency} is {balance}, its parts sum to {parts}")]
    Balance {
        /// The account.
        account: LedgerAccount,
        /// The currency.
        currency: Currency,
        /// The running balance.
        balance: Decimal,
        /// Σ of holds, lots, realised results or fees.
        parts: Decimal,
    },
    /// Cash below zero where no overdraft is allowed.
    #[error("{account:?} {currency} is {balance}, below zero")]
    NegativeCash {
        /// Available or locked.
        account: LedgerAccount,
        /// The currency.
        currency: Currency,
        /// The balance.
        balance: Decimal,
    },
    /// Position, lots and fills disagree.
    #[error("{instrument}: {what}: {left} against {right}")]
    Position {
        /// The instrument.
        instrument: InstrumentId,
        /// What was compared.
        what: &'static str,
        /// The one figure.
        left: Decimal,
        /// The other.
        right: Decimal,
    },
    /// The check itself overflowed.
    #[error(transparent)]
    Number(#[from] NumberError),
}
