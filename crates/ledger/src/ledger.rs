//! The state of one account and the fold that changes it.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use rust_decimal::Decimal;
use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize};
use tradewind_types::record::{
    LedgerAccount, LedgerEntry, LedgerSettings, LotChange, LotMethod, LotsChosen, PositionMode,
};
use tradewind_types::{AccountId, ClientOrderId, Currency, InstrumentId, Money};

use crate::error::LedgerError;
use crate::fx::FxPool;
use crate::keys::Keys;
use crate::position::{InstrumentPositions, Position};
use crate::stage::Staged;

/// Orders for which lots are named at the same time.
pub const CHOICES_MAX: usize = 1_000;

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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Totals {
    pub(crate) currency: Currency,
    /// Every place ever posted to, in order. A short list is quicker than a map, and costs nothing to search.
    pub(crate) balances: Vec<(LedgerAccount, Decimal)>,
    /// Σ of all debits ever.
    pub(crate) debits: Decimal,
    /// Σ of all credits ever, as a positive number.
    pub(crate) credits: Decimal,
    /// Σ of holds, of costs of open lots and of realised results, kept beside the balances to check them by.
    pub(crate) parts: Parts,
}

/// What the balances of one currency are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Parts {
    pub(crate) held: Decimal,
    pub(crate) cost: Decimal,
    pub(crate) realised: Decimal,
}

/// What was booked apart from the orders' own fills; a venue that knows its fills only knows nothing of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Apart {
    pub(crate) cash: BTreeMap<Currency, Decimal>,
    pub(crate) positions: BTreeMap<InstrumentId, Decimal>,
}

impl Totals {
    pub(crate) fn new(currency: Currency) -> Self {
        Self {
            currency,
            balances: Vec::new(),
            debits: Decimal::ZERO,
            credits: Decimal::ZERO,
            parts: Parts::default(),
        }
    }

    pub(crate) fn balance(&self, account: LedgerAccount) -> Decimal {
        let found = self.balances.iter().find(|(a, _)| *a == account);
        found.map_or(Decimal::ZERO, |(_, amount)| *amount)
    }

    pub(crate) fn set(&mut self, account: LedgerAccount, amount: Decimal) {
        match self.balances.binary_search_by_key(&account, |(a, _)| *a) {
            Ok(at) => self.balances[at].1 = amount,
            Err(at) => self.balances.insert(at, (account, amount)),
        }
    }
}

/// The ledger of one trading account: balances, holds and positions, all folded from entries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    pub(crate) account: AccountId,
    pub(crate) base_currency: Currency,
    pub(crate) settings: LedgerSettings,
    pub(crate) settings_version: u32,
    /// In alphabetical order.
    pub(crate) currencies: Vec<Totals>,
    pub(crate) holds: IndexMap<ClientOrderId, Money>,
    pub(crate) positions: IndexMap<InstrumentId, InstrumentPositions, FxBuildHasher>,
    pub(crate) choices: IndexMap<ClientOrderId, LotMethod>,
    pub(crate) fx: BTreeMap<Currency, FxPool>,
    /// What anything but the orders' own fills moved: cash, and positions.
    pub(crate) apart: Apart,
    pub(crate) keys: Keys,
    pub(crate) entries: u64,
}

impl Ledger {
    /// An empty ledger that refuses overdrafts and closes first in, first out.
    #[must_use]
    pub fn new(account: AccountId, base_currency: Currency) -> Self {
        Self {
            account,
            base_currency,
            settings: LedgerSettings::default(),
            settings_version: 1,
            currencies: Vec::new(),
            holds: IndexMap::new(),
            positions: IndexMap::default(),
            choices: IndexMap::new(),
            fx: BTreeMap::new(),
            apart: Apart::default(),
            keys: Keys::default(),
            entries: 0,
        }
    }

    /// The same ledger with another rule for overdrafts.
    #[must_use]
    pub fn with_overdraft(mut self, overdraft: Overdraft) -> Self {
        self.settings.overdraft = overdraft == Overdraft::Allowed;
        self
    }

    /// The same ledger with other settings, as it was opened with them.
    #[must_use]
    pub fn with_settings(mut self, settings: LedgerSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Replaces how the books are kept.
    ///
    /// # Errors
    /// [`LedgerError::NotFlat`] when the position mode changes while something is open: lots of one mode have no
    /// meaning in the other.
    pub fn set_settings(&mut self, settings: LedgerSettings, version: u32) -> Result<(), LedgerError> {
        self.check_settings(&settings)?;
        self.settings = settings;
        self.settings_version = version;
        Ok(())
    }

    /// Whether [`Ledger::set_settings`] would be taken.
    ///
    /// # Errors
    /// As there.
    pub fn check_settings(&self, settings: &LedgerSettings) -> Result<(), LedgerError> {
        if settings.position_mode == self.settings.position_mode {
            return Ok(());
        }
        let open = self.owner_positions().find(|(_, p)| !p.quantity.is_zero());
        match open {
            None => Ok(()),
            Some((instrument, _)) => Err(LedgerError::NotFlat {
                instrument: instrument.clone(),
            }),
        }
    }

    /// Remembers which lots the fills of an order close; of more than [`CHOICES_MAX`] orders the oldest is dropped.
    pub fn choose_lots(&mut self, choice: &LotsChosen) {
        self.choices
            .insert(choice.client_order_id.clone(), choice.method.clone());
        while self.choices.len() > CHOICES_MAX {
            self.choices.shift_remove_index(0);
        }
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
        let Staged {
            cells,
            sums,
            hold,
            position,
            about,
            pools,
            apart,
        } = Staged::of(self, entry)?;
        for sum in sums {
            let totals = self.totals_mut(sum.currency);
            (totals.debits, totals.credits, totals.parts) = (sum.debits, sum.credits, sum.parts);
        }
        for cell in cells {
            self.totals_mut(cell.currency).set(cell.account, cell.amount);
        }
        if let Some((order, money)) = hold {
            if money.amount.is_zero() {
                self.holds.swap_remove(&order);
            } else {
                self.holds.insert(order, money);
            }
        }
        if let Some(staged) = position {
            let (at, _) = match staged.slot {
                Some(at) => (at, false),
                None => {
                    let fresh = InstrumentPositions::new(staged.net.currency);
                    (
                        self.positions
                            .insert_full(staged.change.instrument.clone(), fresh)
                            .0,
                        true,
                    )
                }
            };
            let book = &mut self.positions[at];
            book.net = staged.net;
            let owner = staged.owner.unwrap_or_else(|| {
                let fresh = Position::new(staged.change.strategy.clone(), staged.change.book);
                book.owners.push(fresh);
                book.owners.len() - 1
            });
            staged.plan.carry_out(&mut book.owners[owner], staged.fees);
        }
        if let Some(about) = about {
            let book = &mut self.positions[about.slot];
            book.net = about.net;
            let owner = &mut book.owners[about.owner];
            (owner.fees, owner.income) = (about.fees, about.income);
        }
        for (currency, pool) in pools {
            self.fx.insert(currency, pool);
        }
        if let Some(apart) = apart {
            self.apart.cash.extend(apart.cash);
            self.apart.positions.extend(apart.position);
        }
        if !self.choices.is_empty() {
            self.use_up_choice(entry);
        }
        self.keys.insert(&entry.key, entry.kind);
        self.entries += 1;
        Ok(())
    }

    pub(crate) fn totals(&self, currency: Currency) -> Option<&Totals> {
        self.currencies.iter().find(|t| t.currency == currency)
    }

    fn totals_mut(&mut self, currency: Currency) -> &mut Totals {
        let at = match self.currencies.binary_search_by_key(&currency, |t| t.currency) {
            Ok(at) => at,
            Err(at) => {
                self.currencies.insert(at, Totals::new(currency));
                at
            }
        };
        &mut self.currencies[at]
    }

    /// Takes what an order's fill closed off the lots that were named for it.
    fn use_up_choice(&mut self, entry: &LedgerEntry) {
        let (Some(order), Some(change)) = (&entry.client_order_id, &entry.position) else {
            return;
        };
        let Some(LotMethod::Specific { lots: picks }) = self.choices.get_mut(order) else {
            return;
        };
        for lot in &change.lots {
            if let LotChange::Closed { lot, quantity, .. } = lot
                && let Some(pick) = picks.iter_mut().find(|p| p.lot == *lot)
            {
                pick.quantity = (pick.quantity - quantity.abs()).max(Decimal::ZERO);
            }
        }
    }

    /// Lets free cash go below zero, or no longer; an account whose risk settings give it margin needs it.
    pub fn set_overdraft(&mut self, overdraft: Overdraft) {
        self.settings.overdraft = overdraft == Overdraft::Allowed;
    }

    /// Σ cash of a currency that came or went by anything but the orders' own fills.
    #[must_use]
    pub fn apart_cash(&self, currency: Currency) -> Decimal {
        self.apart.cash.get(&currency).copied().unwrap_or_default()
    }

    /// Σ quantity of an instrument that came or went by anything but the orders' own fills.
    #[must_use]
    pub fn apart_position(&self, instrument: &InstrumentId) -> Decimal {
        self.apart.positions.get(instrument).copied().unwrap_or_default()
    }

    /// How the books are kept.
    #[must_use]
    pub fn settings(&self) -> &LedgerSettings {
        &self.settings
    }

    /// Version of the settings; the first is 1.
    #[must_use]
    pub fn settings_version(&self) -> u32 {
        self.settings_version
    }

    /// Whether long and short stand side by side.
    #[must_use]
    pub fn is_hedging(&self) -> bool {
        self.settings.position_mode == PositionMode::Hedging
    }

    /// The method by which an order's fills close lots.
    #[must_use]
    pub fn method_of(&self, order: Option<&ClientOrderId>) -> &LotMethod {
        order
            .filter(|_| !self.choices.is_empty())
            .and_then(|order| self.choices.get(order))
            .unwrap_or(&self.settings.lot_method)
    }
}
