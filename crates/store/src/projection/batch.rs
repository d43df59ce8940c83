//! What one transaction writes: new rows of the histories, and which rows of the current state changed.
//!
//! A row of the current state that changes many times in a batch is written once, as it is at the end. Rows go
//! out many to a statement.

use std::collections::{BTreeMap, BTreeSet};

use tradewind_types::record::{
    EquityMarked, KillSwitchChanged, LedgerEntry, Outcome, ReconciliationRecorded, RiskSettingsChanged,
    StrategyChanged, WeightsChanged,
};
use tradewind_types::signal::Signal;
use tradewind_types::{AccountId, AccountInfo, Decimal, EntryId, OrderEvent, StrategyId};

use super::book::{BalanceKey, OrderKey, PositionKey};
use super::queries::FillRow;

/// Rows gathered for one transaction.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) accounts: Vec<(u64, AccountInfo)>,
    pub(crate) orders: BTreeSet<OrderKey>,
    pub(crate) events: Vec<(u64, OrderEvent)>,
    pub(crate) fills: Vec<(u64, FillRow)>,
    /// With the balance after each posting.
    pub(crate) entries: Vec<(u64, LedgerEntry, Vec<Decimal>)>,
    pub(crate) balances: BTreeSet<BalanceKey>,
    pub(crate) positions: BTreeSet<PositionKey>,
    pub(crate) lots: BTreeSet<EntryId>,
    pub(crate) signals: Vec<(u64, Signal)>,
    pub(crate) weights: Vec<(u64, WeightsChanged)>,
    pub(crate) risk: Vec<(u64, RiskSettingsChanged)>,
    pub(crate) strategies: BTreeMap<(AccountId, StrategyId), (u64, StrategyChanged)>,
    pub(crate) kill_switches: BTreeMap<Option<AccountId>, (u64, KillSwitchChanged)>,
    pub(crate) reconciliations: Vec<(u64, ReconciliationRecorded)>,
    pub(crate) equity: Vec<(u64, EquityMarked)>,
}

impl Batch {
    /// Outcomes that need nothing of what came before.
    pub(crate) fn fold_setting(&mut self, seq: u64, outcome: &Outcome) {
        match outcome {
            Outcome::Strategy(change) => {
                let key = (change.account.clone(), change.strategy.clone());
                self.strategies.insert(key, (seq, change.clone()));
            }
            Outcome::KillSwitch(change) => {
                self.kill_switches
                    .insert(change.account.clone(), (seq, change.clone()));
            }
            Outcome::Weights(change) => self.weights.push((seq, change.clone())),
            Outcome::RiskSettings(change) => self.risk.push((seq, (**change).clone())),
            Outcome::Reconciliation(done) => self.reconciliations.push((seq, done.clone())),
            Outcome::Equity(mark) => self.equity.push((seq, mark.clone())),
            Outcome::InstrumentDefined(_)
            | Outcome::LedgerSettings(_)
            | Outcome::FxRate(_)
            | Outcome::LotsChosen(_)
            | Outcome::RiskWarning(_)
            | Outcome::Sessions(_)
            | Outcome::Slice(_)
            | Outcome::FeesDefined(_)
            | Outcome::AccountOpened(_)
            | Outcome::OrderInitialized { .. }
            | Outcome::Order(_)
            | Outcome::Ledger(_)
            | Outcome::StrategyDeployed(_)
            | Outcome::StrategyRemoved(_)
            | Outcome::Signal(_) => {}
        }
    }
}
