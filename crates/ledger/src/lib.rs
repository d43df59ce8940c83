//! Double-entry ledger, positions, tax lots and profit and loss of one trading account.
//!
//! Event-sourced: `Ledger::*_entry` *make* a [`LedgerEntry`] from facts and change nothing; [`Ledger::apply`]
//! folds an entry into the state, live and in recovery alike. What was decided when the entry was made (which
//! lots close, how much of a hold is used) is recorded in it, so that a fold never decides again.
//!
//! A debit is positive, a credit negative, and the postings of an entry sum to zero per currency:
//!
//! | entry | cash available | cash locked | position cost | realised | fees | deposits, withdrawals |
//! | --- | --- | --- | --- | --- | --- | --- |
//! | deposit | + m | | | | | − m |
//! | withdrawal | − m | | | | | + m |
//! | hold | − m | + m | | | | |
//! | release | + m | − m | | | | |
//! | fill | the rest | − used of the hold | + cost opened − cost closed | − (exit value − cost) | + fee | |
//!
//! One signed formula covers long, short and turning through zero: a lot of signed quantity `q` bought or sold
//! at `p` costs `q × p × multiplier`; closed at `x` it is worth `q × x × multiplier`; the difference is realised.
//! A short sale therefore brings cash in and leaves a negative position cost, and
//! `equity = cash + Σ quantity × mark × multiplier` holds for every position.
//!
//! Sums are exact: an amount has at most [`MONEY_DECIMALS`] decimals, rounding happens only where a fill is
//! valued (half even, to that many decimals), and a sum that would lose digits is an error.
//!
//! Where to look: [`methods`] which lots close, [`fx`] currencies, `cash` income and fees, `reversal` busts and
//! corrections, `corporate` and [`factors`] corporate actions, [`pnl`] results, [`wash`] wash sales, [`statement`]
//! import, [`export`] everything out again.
//!
//! What does not happen here: no rounding of prices or quantities to steps, no fees computed, no risk rule, no
//! clock, no I/O.
//!
//! ```
//! use tradewind_ledger::{EntryFacts, Ledger};
//! use tradewind_types::{Currency, Money, UnixNanos};
//!
//! let mut ledger = Ledger::new("acc-1".parse()?, Currency::USD);
//! let facts = EntryFacts {
//!     id: "e1".parse()?,
//!     ts: UnixNanos(0),
//!     key: "transfer:1".to_owned(),
//!     actor: "u1".to_owned(),
//!     reason: "first deposit".to_owned(),
//! };
//! let entry = ledger.deposit_entry(facts, Money::new(1_000.into(), Currency::USD))?;
//! ledger.apply(&entry)?;
//! assert_eq!(ledger.cash_available(Currency::USD), 1_000.into());
//! assert!(ledger.apply(&entry).is_err(), "the same key is not booked twice");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod allocation;
mod cash;
mod corporate;
mod entry;
mod error;
pub mod export;
pub mod factors;
pub mod fx;
mod invariants;
mod keys;
mod ledger;
mod lots;
pub mod methods;
pub mod pnl;
mod position;
mod read;
mod reversal;
mod stage;
pub mod statement;
mod valuation;
pub mod wash;

pub use allocation::allocate;
pub use corporate::{FactsOf, Multipliers};
pub use entry::{EntryFacts, FillFacts};
pub use error::{InvariantBroken, LedgerError};
pub use factors::{OrderAdjustment, adjust_order};
pub use fx::{FxError, FxPool, FxQuote, FxRates};
pub use keys::IMPORT_PREFIX;
pub use ledger::{CHOICES_MAX, Ledger, Overdraft};
pub use pnl::Pnl;
pub use position::{AverageCost, Lot, NetPosition, OpenSide, Position};
pub use reversal::reversal_key;
pub use tradewind_types::exact::MONEY_DECIMALS;
pub use tradewind_types::record::{
    EntryKind, LedgerAccount, LedgerEntry, LotChange, PositionChange, Posting,
};
pub use valuation::{Breakdown, CurrencyValue, Mark, Marks};
