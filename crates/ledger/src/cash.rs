//! Cash that comes and goes by itself: funding, interest, dividends, fees, adjustments, transfers between own accounts.
//!
//! | entry | cash available | the other side |
//! | --- | --- | --- |
//! | funding, interest received `m` (paid: below zero) | + m | − m funding, interest |
//! | dividend of gross `g`, `w` withheld | + g − w | − g dividends, + w withholding tax |
//! | fee paid: `m` below zero (refund: above) | + m | − m the account of the fee's kind |
//! | tax withheld apart, `m` below zero | + m | − m withholding tax |
//! | adjustment `m` | + m | − m adjustments |
//! | to another own account | − m | + m transfers |
//! | from another own account | + m | − m transfers |

use rust_decimal::Decimal;
use tradewind_types::Money;
use tradewind_types::record::{
    Attribution, CashKind, EntryDetail, EntryKind, LedgerAccount, LedgerEntry, Posting,
};

use crate::entry::{EntryFacts, move_money, positive};
use crate::error::LedgerError;
use crate::ledger::Ledger;
use tradewind_types::exact::{money, sub, trim};

impl Ledger {
    /// Income, a fee or an adjustment; `amount` is signed (received > 0). What names an instrument is attributed to
    /// its position.
    ///
    /// # Errors
    /// An amount of zero or with too many decimals, tax withheld outside 0..=gross, a key that is booked. Cash below
    /// zero is refused when the entry is applied.
    pub fn cash_entry(
        &self,
        facts: EntryFacts,
        kind: CashKind,
        amount: Money,
        about: Attribution,
    ) -> Result<LedgerEntry, LedgerError> {
        self.keys.check(&facts.key)?;
        let (gross, currency) = (money(amount.amount)?, amount.currency);
        if gross.is_zero() {
            return Err(LedgerError::BadTerms {
                field: "amount",
                message: "must not be 0".to_owned(),
            });
        }
        let (entry_kind, other) = match kind {
            CashKind::Funding => (EntryKind::Funding, LedgerAccount::Funding),
            CashKind::Interest => (EntryKind::Interest, LedgerAccount::Interest),
            CashKind::Dividend { .. } => (EntryKind::Dividend, LedgerAccount::Dividends),
            CashKind::Fee { fee } => (EntryKind::Fee, fee.account()),
            CashKind::WithholdingTax => (EntryKind::Dividend, LedgerAccount::WithholdingTax),
            CashKind::Adjustment => (EntryKind::Correction, LedgerAccount::Adjustments),
        };
        let withheld = match kind {
            CashKind::Dividend { withheld } => money(withheld)?,
            _ => Decimal::ZERO,
        };
        if withheld < Decimal::ZERO || (withheld > Decimal::ZERO && withheld > gross) {
            return Err(LedgerError::BadTerms {
                field: "withheld",
                message: format!("must be 0 to the gross amount of {gross}, got {withheld}"),
            });
        }
        let line = |account, amount: Decimal| Posting {
            account,
            currency,
            amount: trim(amount),
        };
        let mut postings = vec![
            line(LedgerAccount::CashAvailable, sub(gross, withheld)?),
            line(other, -gross),
        ];
        if !withheld.is_zero() {
            postings.push(line(LedgerAccount::WithholdingTax, withheld));
        }
        postings.retain(|p| !p.amount.is_zero());
        let mut entry = self.entry(facts, entry_kind, postings);
        if about != Attribution::default() {
            entry.detail = Some(Box::new(EntryDetail {
                about: Some(about),
                ..EntryDetail::default()
            }));
        }
        Ok(entry)
    }

    /// Money to another own account; the other half is [`Ledger::transfer_in_entry`] there, with the same link.
    ///
    /// # Errors
    /// An amount not above zero, cash that is not there, a key that is booked.
    pub fn transfer_out_entry(
        &self,
        facts: EntryFacts,
        amount: Money,
        link: &str,
    ) -> Result<LedgerEntry, LedgerError> {
        self.keys.check(&facts.key)?;
        let value = positive("transfer", amount.amount)?;
        self.need_available(value, amount.currency)?;
        let (to, from) = (LedgerAccount::Transfers, LedgerAccount::CashAvailable);
        let postings = move_money(to, from, value, amount.currency);
        Ok(linked(self.entry(facts, EntryKind::Transfer, postings), link))
    }

    /// Money from another own account.
    ///
    /// # Errors
    /// An amount not above zero, a key that is booked.
    pub fn transfer_in_entry(
        &self,
        facts: EntryFacts,
        amount: Money,
        link: &str,
    ) -> Result<LedgerEntry, LedgerError> {
        self.keys.check(&facts.key)?;
        let value = positive("transfer", amount.amount)?;
        let (to, from) = (LedgerAccount::CashAvailable, LedgerAccount::Transfers);
        let postings = move_money(to, from, value, amount.currency);
        Ok(linked(self.entry(facts, EntryKind::Transfer, postings), link))
    }
}

/// The entry with a link to those it belongs with.
pub(crate) fn linked(mut entry: LedgerEntry, link: &str) -> LedgerEntry {
    entry.detail.get_or_insert_default().link = Some(link.to_owned());
    entry
}
