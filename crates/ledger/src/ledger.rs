//! The state of one account and the fold that changes it.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tradewind_types::record::{LedgerAccount, LedgerEntry, Posting};
use tradewind_types::{AccountId, ClientOrderId, Currency, InstrumentId, Money, StrategyId};

use crate::error::LedgerError;
use crate::exact::{self, add, sub};
use crate::keys::Keys;
use crate::lots::Plan;
use crate::position::{InstrumentPositions, NetPosition, Position};

/// Whether free cash may go below zero.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Overdraft {
    /// Never: an entry that would do it is refused.
    #[default]
    Refused,
    /// It may; the account has margin.
    Allowed,
}

/// Running totals of one currency.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Totals {
    pub(crate) balances: BTreeMap<LedgerAccount, Decimal>,
    /// Σ of all debits ever.
    pub(crate) debits: Decimal,
    /// Σ of all credits ever, as a positive number.
    pub(crate) credits: Decimal,
}

/// The ledger of one trading account: balances, holds and positions, all folded from entries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    pub(crate) account: AccountId,
    pub(crate) base_currency: Currency,
    pub(crate) overdraft: Overdraft,
    pub(crate) currencies: BTreeMap<Currency, Totals>,
    pub(crate) holds: IndexMap<ClientOrderId, Money>,
    pub(crate) positions: IndexMap<InstrumentId, InstrumentPositions>,
    pub(crate) keys: Keys,
    pub(crate) entries: u64,
}

/// Everything an entry changes, computed and checked before the first change.
struct Staged {
    currencies: Vec<(Currency, Totals)>,
    hold: Option<(ClientOrderId, Money)>,
    position: Option<StagedPosition>,
}

struct StagedPosition {
    instrument: InstrumentId,
    strategy: Option<StrategyId>,
    net: NetPosition,
    plan: Plan,
    fees: Decimal,
}

impl Ledger {
    /// An empty ledger that refuses overdrafts.
    #[must_use]
    pub fn new(account: AccountId, base_currency: Currency) -> Self {
        Self {
            account,
            base_currency,
            overdraft: Overdraft::Refused,
            currencies: BTreeMap::new(),
            holds: IndexMap::new(),
            positions: IndexMap::new(),
            keys: Keys::default(),
            entries: 0,
        }
    }

    /// The same ledger with another rule for overdrafts.
    #[must_use]
    pub fn with_overdraft(mut self, overdraft: Overdraft) -> Self {
        self.overdraft = overdraft;
        self
    }

    /// A ledger folded from entries.
    ///
    /// # Errors
    /// That of the first entry refused.
    pub fn fold<'a>(
        account: AccountId,
        base_currency: Currency,
        overdraft: Overdraft,
        entries: impl IntoIterator<Item = &'a LedgerEntry>,
    ) -> Result<Self, LedgerError> {
        let mut ledger = Self::new(account, base_currency).with_overdraft(overdraft);
        entries.into_iter().try_for_each(|entry| ledger.apply(entry))?;
        Ok(ledger)
    }

    /// Folds an entry in, or leaves the ledger as it is. O(postings + lots closed).
    ///
    /// # Errors
    /// Refuses what does not sum to zero, a key that is booked, cash below zero where no overdraft is allowed,
    /// a hold or a lot that is not there, postings that contradict the lots, and sums that do not fit.
    pub fn apply(&mut self, entry: &LedgerEntry) -> Result<(), LedgerError> {
        let staged = self.stage(entry)?;
        for (currency, totals) in staged.currencies {
            self.currencies.insert(currency, totals);
        }
        if let Some((order, money)) = staged.hold {
            if money.amount.is_zero() {
                self.holds.swap_remove(&order);
            } else {
                self.holds.insert(order, money);
            }
        }
        if let Some(StagedPosition {
            instrument,
            strategy,
            net,
            plan,
            fees,
        }) = staged.position
        {
            let book = self
                .positions
                .entry(instrument)
                .or_insert_with(|| InstrumentPositions::new(net.currency));
            book.net = net;
            let found = book.owners.iter().position(|p| p.strategy == strategy);
            let at = found.unwrap_or_else(|| {
                book.owners.push(Position::new(strategy));
                book.owners.len() - 1
            });
            plan.carry_out(&mut book.owners[at], fees);
        }
        self.keys.insert(&entry.key, entry.kind);
        self.entries += 1;
        Ok(())
    }

    fn stage(&self, entry: &LedgerEntry) -> Result<Staged, LedgerError> {
        if entry.account != self.account {
            return Err(LedgerError::OtherAccount {
                entry: entry.id.clone(),
                ours: self.account.clone(),
                theirs: entry.account.clone(),
            });
        }
        self.keys.check(&entry.key)?;
        let currencies = self.stage_balances(entry)?;
        let hold = self.stage_hold(entry)?;
        let position = self.stage_position(entry)?;
        Ok(Staged {
            currencies,
            hold,
            position,
        })
    }

    fn stage_balances(&self, entry: &LedgerEntry) -> Result<Vec<(Currency, Totals)>, LedgerError> {
        let mut staged: Vec<(Currency, Totals)> = Vec::with_capacity(1);
        for posting in &entry.postings {
            let at = staged
                .iter()
                .position(|(c, _)| *c == posting.currency)
                .unwrap_or_else(|| {
                    let now = self
                        .currencies
                        .get(&posting.currency)
                        .cloned()
                        .unwrap_or_default();
                    staged.push((posting.currency, now));
                    staged.len() - 1
                });
            let totals = &mut staged[at].1;
            let amount = exact::money(posting.amount)?;
            let balance = totals.balances.entry(posting.account).or_default();
            *balance = add(*balance, amount)?;
            if amount.is_sign_negative() {
                totals.credits = sub(totals.credits, amount)?;
            } else {
                totals.debits = add(totals.debits, amount)?;
            }
        }
        for (currency, totals) in &staged {
            let sum = sub(totals.debits, totals.credits)?;
            if !sum.is_zero() {
                return Err(LedgerError::Unbalanced {
                    entry: entry.id.clone(),
                    currency: *currency,
                    sum,
                });
            }
            self.check_cash(entry, *currency, totals)?;
        }
        Ok(staged)
    }

    /// An entry may not take free cash below zero. One that only improves an overdraft is let through.
    fn check_cash(&self, entry: &LedgerEntry, currency: Currency, after: &Totals) -> Result<(), LedgerError> {
        if self.overdraft == Overdraft::Allowed {
            return Ok(());
        }
        let now = after
            .balances
            .get(&LedgerAccount::CashAvailable)
            .copied()
            .unwrap_or_default();
        let available = self.cash_available(currency);
        if now < Decimal::ZERO && now < available {
            let needed = posted(entry, LedgerAccount::CashAvailable, currency)?.abs();
            return Err(LedgerError::InsufficientCash {
                currency,
                needed,
                available,
            });
        }
        Ok(())
    }

    fn stage_hold(&self, entry: &LedgerEntry) -> Result<Option<(ClientOrderId, Money)>, LedgerError> {
        let mut change: Option<Money> = None;
        for p in entry
            .postings
            .iter()
            .filter(|p| p.account == LedgerAccount::CashLocked)
        {
            let money = Money::new(p.amount, p.currency);
            change = Some(match change {
                None => money,
                Some(so_far) => so_far.checked_add(money)?,
            });
        }
        let Some(change) = change else { return Ok(None) };
        let order = entry
            .client_order_id
            .as_ref()
            .ok_or_else(|| LedgerError::LockedWithoutOrder {
                entry: entry.id.clone(),
            })?;
        let held = self.held(order).unwrap_or(Money::zero(change.currency));
        let refuse = || LedgerError::HoldTooSmall {
            order: order.clone(),
            held: held.to_string(),
            needed: change.negated().to_string(),
        };
        if held.currency != change.currency {
            return Err(refuse());
        }
        let after = Money::new(add(held.amount, change.amount)?, held.currency);
        if after.amount < Decimal::ZERO {
            return Err(refuse());
        }
        Ok(Some((order.clone(), after)))
    }

    fn stage_position(&self, entry: &LedgerEntry) -> Result<Option<StagedPosition>, LedgerError> {
        let contradiction = |what| LedgerError::Contradiction {
            entry: entry.id.clone(),
            what,
        };
        let touches = |p: &&Posting| {
            matches!(
                p.account,
                LedgerAccount::PositionCost | LedgerAccount::RealisedPnl
            )
        };
        let Some(change) = &entry.position else {
            return match entry.postings.iter().find(touches) {
                Some(_) => Err(contradiction("it posts to a position without changing one")),
                None => Ok(None),
            };
        };
        let known = self.positions.get(&change.instrument);
        let currency = match (known, entry.postings.iter().find(touches)) {
            (Some(book), _) => book.net.currency,
            (None, Some(posting)) => posting.currency,
            (None, None) => {
                let cash = entry
                    .postings
                    .iter()
                    .find(|p| p.account == LedgerAccount::CashAvailable);
                cash.map_or(self.base_currency, |p| p.currency)
            }
        };
        if let Some(other) = entry
            .postings
            .iter()
            .filter(touches)
            .find(|p| p.currency != currency)
        {
            return Err(LedgerError::OtherCurrency {
                what: "fill",
                ours: currency,
                theirs: other.currency,
            });
        }
        let empty = Position::new(change.strategy.clone());
        let owner = known
            .and_then(|book| book.owner(change.strategy.as_ref()))
            .unwrap_or(&empty);
        let plan = Plan::of(owner, change, &entry.id)?;
        if posted(entry, LedgerAccount::PositionCost, currency)? != plan.cost_change {
            return Err(contradiction("position cost is not what the lots say"));
        }
        if posted(entry, LedgerAccount::RealisedPnl, currency)? != -plan.realised_change {
            return Err(contradiction("realised profit is not what the lots say"));
        }
        let fee = posted(entry, LedgerAccount::Fees, currency)?;
        let before = known.map_or_else(|| InstrumentPositions::new(currency).net, |book| book.net);
        let net = NetPosition {
            currency,
            quantity: add(before.quantity, change.quantity)?,
            cost: add(before.cost, plan.cost_change)?,
            realised: add(before.realised, plan.realised_change)?,
            fees: add(before.fees, fee)?,
        };
        let fees = add(owner.fees, fee)?;
        let strategy = change.strategy.clone();
        Ok(Some(StagedPosition {
            instrument: change.instrument.clone(),
            strategy,
            net,
            plan,
            fees,
        }))
    }
}

/// Σ of an entry's postings to an account in a currency.
fn posted(entry: &LedgerEntry, account: LedgerAccount, currency: Currency) -> Result<Decimal, LedgerError> {
    let same = entry
        .postings
        .iter()
        .filter(|p| p.account == account && p.currency == currency);
    same.map(|p| p.amount)
        .try_fold(Decimal::ZERO, |sum, amount| Ok(add(sum, amount)?))
}
