//! Everything an entry changes, computed and checked before the first change, so that a refusal changes nothing.

use rust_decimal::Decimal;
use smallvec::SmallVec;
use tradewind_types::record::{EntryKind, LedgerAccount, LedgerEntry, PositionChange, Posting};
use tradewind_types::{ClientOrderId, Currency, InstrumentId, Money};

use crate::error::LedgerError;
use crate::fx::FxPool;
use crate::ledger::{Ledger, Parts};
use crate::lots::Plan;
use crate::position::{NetPosition, Position};
use tradewind_types::exact::{self, add, sub};

/// A balance afterwards.
pub(crate) struct Cell {
    pub(crate) currency: Currency,
    pub(crate) account: LedgerAccount,
    pub(crate) amount: Decimal,
}

/// Sums of one currency afterwards.
pub(crate) struct Sum {
    pub(crate) currency: Currency,
    pub(crate) debits: Decimal,
    pub(crate) credits: Decimal,
    pub(crate) parts: Parts,
}

/// A position afterwards.
pub(crate) struct StagedPosition<'a> {
    pub(crate) change: &'a PositionChange,
    pub(crate) slot: Option<usize>,
    pub(crate) owner: Option<usize>,
    pub(crate) net: NetPosition,
    pub(crate) plan: Plan,
    pub(crate) fees: Decimal,
}

/// Income and fees of a position afterwards.
pub(crate) struct StagedIncome {
    pub(crate) slot: usize,
    pub(crate) owner: usize,
    pub(crate) net: NetPosition,
    pub(crate) fees: Decimal,
    pub(crate) income: Decimal,
}

/// All of it.
pub(crate) struct Staged<'a> {
    pub(crate) cells: SmallVec<[Cell; 6]>,
    pub(crate) sums: SmallVec<[Sum; 1]>,
    pub(crate) hold: Option<(ClientOrderId, Money)>,
    pub(crate) position: Option<StagedPosition<'a>>,
    pub(crate) about: Option<StagedIncome>,
    pub(crate) pools: SmallVec<[(Currency, FxPool); 2]>,
    pub(crate) apart: Option<StagedApart>,
}

/// Sums of what is no order's own fill, afterwards.
pub(crate) struct StagedApart {
    pub(crate) cash: SmallVec<[(Currency, Decimal); 2]>,
    pub(crate) position: Option<(InstrumentId, Decimal)>,
}

fn contradiction(entry: &LedgerEntry, what: &'static str) -> LedgerError {
    LedgerError::Contradiction {
        entry: entry.id.clone(),
        what,
    }
}

impl<'a> Staged<'a> {
    /// Checks an entry against the ledger.
    pub(crate) fn of(ledger: &Ledger, entry: &'a LedgerEntry) -> Result<Self, LedgerError> {
        if entry.account != ledger.account {
            return Err(LedgerError::OtherAccount {
                entry: entry.id.clone(),
                ours: ledger.account.clone(),
                theirs: entry.account.clone(),
            });
        }
        ledger.keys.check(&entry.key)?;
        let mut staged = Staged {
            cells: SmallVec::new(),
            sums: SmallVec::new(),
            hold: None,
            position: None,
            about: None,
            pools: SmallVec::new(),
            apart: None,
        };
        staged.balances(ledger, entry)?;
        staged.hold(ledger, entry)?;
        staged.position(ledger, entry)?;
        staged.apart(ledger, entry)?;
        if let Some(detail) = &entry.detail {
            if let Some(about) = &detail.about {
                staged.income(ledger, entry, about)?;
            }
            if let Some(conversion) = &detail.fx {
                staged.pools = ledger.stage_conversion(entry, conversion)?;
            }
        }
        Ok(staged)
    }

    fn balances(&mut self, ledger: &Ledger, entry: &LedgerEntry) -> Result<(), LedgerError> {
        for posting in &entry.postings {
            let amount = exact::money(posting.amount)?;
            let sum = self.sum(ledger, posting.currency);
            if amount.is_sign_negative() {
                sum.credits = sub(sum.credits, amount)?;
            } else {
                sum.debits = add(sum.debits, amount)?;
            }
            let same = |c: &&mut Cell| c.account == posting.account && c.currency == posting.currency;
            match self.cells.iter_mut().find(same) {
                Some(cell) => cell.amount = add(cell.amount, amount)?,
                None => self.cells.push(Cell {
                    currency: posting.currency,
                    account: posting.account,
                    amount: add(ledger.balance(posting.account, posting.currency), amount)?,
                }),
            }
        }
        for sum in &self.sums {
            if sum.debits != sum.credits {
                return Err(LedgerError::Unbalanced {
                    entry: entry.id.clone(),
                    currency: sum.currency,
                    sum: sub(sum.debits, sum.credits)?,
                });
            }
        }
        self.check_cash(ledger, entry)
    }

    fn apart(&mut self, ledger: &Ledger, entry: &LedgerEntry) -> Result<(), LedgerError> {
        let of_order = match entry.kind {
            EntryKind::Hold | EntryKind::Release => true,
            EntryKind::Fill => entry.client_order_id.is_some() && entry.detail.is_none(),
            _ => false,
        };
        if of_order {
            return Ok(());
        }
        let mut cash: SmallVec<[(Currency, Decimal); 2]> = SmallVec::new();
        let is_cash = |p: &&Posting| {
            matches!(
                p.account,
                LedgerAccount::CashAvailable | LedgerAccount::CashLocked
            )
        };
        for p in entry.postings.iter().filter(is_cash) {
            match cash.iter_mut().find(|(c, _)| *c == p.currency) {
                Some((_, sum)) => *sum = add(*sum, p.amount)?,
                None => cash.push((p.currency, add(ledger.apart_cash(p.currency), p.amount)?)),
            }
        }
        let position = match &entry.position {
            Some(change) => {
                let before = ledger.apart_position(&change.instrument);
                Some((change.instrument.clone(), add(before, change.quantity)?))
            }
            None => None,
        };
        self.apart = Some(StagedApart { cash, position });
        Ok(())
    }

    fn sum(&mut self, ledger: &Ledger, currency: Currency) -> &mut Sum {
        let at = self
            .sums
            .iter()
            .position(|s| s.currency == currency)
            .unwrap_or_else(|| {
                let now = ledger.totals(currency);
                let zero = Decimal::ZERO;
                self.sums.push(Sum {
                    currency,
                    debits: now.map_or(zero, |t| t.debits),
                    credits: now.map_or(zero, |t| t.credits),
                    parts: now.map_or(Parts::default(), |t| t.parts),
                });
                self.sums.len() - 1
            });
        &mut self.sums[at]
    }

    /// An entry may not take free cash below zero. One that only improves an overdraft is let through.
    fn check_cash(&self, ledger: &Ledger, entry: &LedgerEntry) -> Result<(), LedgerError> {
        if ledger.settings.overdraft {
            return Ok(());
        }
        let cash = self
            .cells
            .iter()
            .filter(|c| c.account == LedgerAccount::CashAvailable);
        for cell in cash.filter(|c| c.amount.is_sign_negative()) {
            let available = ledger.cash_available(cell.currency);
            if cell.amount < Decimal::ZERO && cell.amount < available {
                let needed = posted(entry, LedgerAccount::CashAvailable, cell.currency)?.abs();
                return Err(LedgerError::InsufficientCash {
                    currency: cell.currency,
                    needed,
                    available,
                });
            }
        }
        Ok(())
    }

    fn hold(&mut self, ledger: &Ledger, entry: &LedgerEntry) -> Result<(), LedgerError> {
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
        let Some(change) = change else { return Ok(()) };
        let order = entry.client_order_id.as_ref();
        let order = order.ok_or_else(|| LedgerError::LockedWithoutOrder {
            entry: entry.id.clone(),
        })?;
        let held = ledger.held(order).unwrap_or(Money::zero(change.currency));
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
        let sum = self.sum(ledger, change.currency);
        sum.parts.held = add(sum.parts.held, change.amount)?;
        self.hold = Some((order.clone(), after));
        Ok(())
    }

    fn position(&mut self, ledger: &Ledger, entry: &'a LedgerEntry) -> Result<(), LedgerError> {
        let touches = |p: &&Posting| {
            matches!(
                p.account,
                LedgerAccount::PositionCost | LedgerAccount::RealisedPnl
            )
        };
        let touching = entry.postings.iter().find(touches);
        let Some(change) = &entry.position else {
            return match touching {
                Some(_) => Err(contradiction(
                    entry,
                    "it posts to a position without changing one",
                )),
                None => Ok(()),
            };
        };
        let slot = ledger.positions.get_index_of(&change.instrument);
        let known = slot.map(|at| &ledger.positions[at]);
        let currency = known.map_or_else(
            || fresh_currency(ledger, entry, touching),
            |book| book.net.currency,
        );
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
        let owner_at = known.and_then(|book| book.slot(change.strategy.as_ref(), change.book));
        let empty;
        let owner = match (known, owner_at) {
            (Some(book), Some(at)) => &book.owners[at],
            _ => {
                empty = Position::new(None, change.book);
                &empty
            }
        };
        let plan = Plan::of(owner, change, entry)?;
        if posted(entry, LedgerAccount::PositionCost, currency)? != plan.cost_change {
            return Err(contradiction(entry, "position cost is not what the lots say"));
        }
        if posted(entry, LedgerAccount::RealisedPnl, currency)? != -plan.realised_change {
            return Err(contradiction(entry, "realised profit is not what the lots say"));
        }
        let fee = posted_fees(entry, currency)?;
        let before = known.map_or_else(|| NetPosition::new(currency), |book| book.net);
        let net = NetPosition {
            currency,
            quantity: add(before.quantity, change.quantity)?,
            cost: add(before.cost, plan.cost_change)?,
            realised: add(before.realised, plan.realised_change)?,
            fees: add(before.fees, fee)?,
            income: before.income,
        };
        let fees = add(owner.fees, fee)?;
        let sum = self.sum(ledger, currency);
        sum.parts.cost = add(sum.parts.cost, plan.cost_change)?;
        sum.parts.realised = add(sum.parts.realised, plan.realised_change)?;
        self.position = Some(StagedPosition {
            change,
            slot,
            owner: owner_at,
            net,
            plan,
            fees,
        });
        Ok(())
    }

    /// Income and fees that name an instrument count with its position, where there is one in that currency.
    fn income(
        &mut self,
        ledger: &Ledger,
        entry: &LedgerEntry,
        about: &tradewind_types::record::Attribution,
    ) -> Result<(), LedgerError> {
        let Some(slot) = about
            .instrument
            .as_ref()
            .and_then(|i| ledger.positions.get_index_of(i))
        else {
            return Ok(());
        };
        if self.position.is_some() || entry.kind == EntryKind::Fill {
            return Err(contradiction(
                entry,
                "it changes a position and attributes income too",
            ));
        }
        let book = &ledger.positions[slot];
        let of_strategy = |p: &Position| p.strategy == about.strategy;
        let Some(owner) = book.owners.iter().position(of_strategy) else {
            return Ok(());
        };
        let (mut fee, mut income) = (Decimal::ZERO, Decimal::ZERO);
        for p in entry.postings.iter().filter(|p| p.currency == book.net.currency) {
            use LedgerAccount::{Dividends, Funding, Interest, WithholdingTax};
            if p.account.is_fee() {
                fee = add(fee, p.amount)?;
            } else if matches!(p.account, Dividends | Funding | Interest | WithholdingTax) {
                income = sub(income, p.amount)?;
            }
        }
        let mut net = book.net;
        (net.fees, net.income) = (add(net.fees, fee)?, add(net.income, income)?);
        let position = &book.owners[owner];
        self.about = Some(StagedIncome {
            slot,
            owner,
            net,
            fees: add(position.fees, fee)?,
            income: add(position.income, income)?,
        });
        Ok(())
    }
}

/// The currency of a position that begins with this entry.
fn fresh_currency(ledger: &Ledger, entry: &LedgerEntry, touching: Option<&Posting>) -> Currency {
    let cash = || {
        entry
            .postings
            .iter()
            .find(|p| p.account == LedgerAccount::CashAvailable)
    };
    touching
        .or_else(cash)
        .map_or(ledger.base_currency, |p| p.currency)
}

/// Σ of an entry's postings to an account in a currency.
pub(crate) fn posted(
    entry: &LedgerEntry,
    account: LedgerAccount,
    currency: Currency,
) -> Result<Decimal, LedgerError> {
    let mut sum = Decimal::ZERO;
    for p in &entry.postings {
        if p.account == account && p.currency == currency {
            sum = add(sum, p.amount)?;
        }
    }
    Ok(sum)
}

fn posted_fees(entry: &LedgerEntry, currency: Currency) -> Result<Decimal, LedgerError> {
    let mut sum = Decimal::ZERO;
    for p in &entry.postings {
        if p.account.is_fee() && p.currency == currency {
            sum = add(sum, p.amount)?;
        }
    }
    Ok(sum)
}
