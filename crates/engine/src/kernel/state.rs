//! The durable state and its fold: the only way in which state ever changes, live and in recovery alike.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;
use rust_decimal::Decimal;
use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize};
use tradewind_ledger::{FxRates, LedgerError};
use tradewind_matching::paper::Records;
use tradewind_types::order::{IllegalTransition, OrderEventKind};
use tradewind_types::record::{
    EntryKind, FeeTable, KillSwitchChanged, LedgerAccount, LedgerEntry, Outcome, SessionTable, SliceRecorded,
    StrategyChanged,
};
use tradewind_types::signal::{Signal, SignalOutcome};
use tradewind_types::{
    AccountId, AccountKind, Instrument, InstrumentRegistry, Market, Money, OrderEvent, StrategyId, UnixNanos,
};

use super::account::{AccountState, FillRecord, LastOpinion, remember, strategy_of};

pub use tradewind_strategy::COMBINED;

/// An outcome that does not fit the state it is applied to.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FoldError {
    /// The account was never opened.
    #[error("account {0} is unknown")]
    UnknownAccount(AccountId),
    /// The account or order is there already.
    #[error("{0} exists already")]
    Exists(String),
    /// The order is not in memory.
    #[error("order {0} is unknown")]
    UnknownOrder(String),
    /// No strategy of that name is deployed.
    #[error("strategy {0} is not deployed")]
    UnknownStrategy(StrategyId),
    /// The order's state does not allow the event.
    #[error(transparent)]
    Transition(#[from] IllegalTransition),
    /// The ledger refuses the entry.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Everything that outlives a restart.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Instruments.
    pub instruments: InstrumentRegistry,
    /// Fees by market.
    pub fees: BTreeMap<Market, FeeTable>,
    /// Accounts in the order in which they were opened.
    pub accounts: IndexMap<AccountId, AccountState, FxBuildHasher>,
    /// The kill switch of all accounts, when engaged.
    pub kill_switch: Option<KillSwitchChanged>,
    /// Sessions by calendar.
    pub sessions: BTreeMap<Arc<str>, SessionTable>,
    /// Exchange rates.
    pub fx: FxRates,
    /// What the paper venue filled, added up apart from the ledger, for reconciliation.
    pub paper: Records,
    /// Outcomes folded so far; the source of ids that never repeat.
    pub outcomes: u64,
    /// A backtest, whose records are dropped: the short histories that only pages show are not kept.
    pub brief: bool,
}

#[derive(Serialize, Deserialize)]
struct Snapshot {
    instruments: Vec<Instrument>,
    fees: Vec<FeeTable>,
    accounts: IndexMap<AccountId, AccountState, FxBuildHasher>,
    kill_switch: Option<KillSwitchChanged>,
    #[serde(default)]
    sessions: Vec<SessionTable>,
    #[serde(default)]
    fx: FxRates,
    paper: Records,
    outcomes: u64,
}

impl State {
    /// Applies one outcome, or changes nothing.
    ///
    /// # Errors
    /// [`FoldError`] when the outcome does not fit.
    pub fn fold(&mut self, outcome: &Outcome) -> Result<(), FoldError> {
        match outcome {
            Outcome::InstrumentDefined(instrument) => {
                self.instruments.upsert((**instrument).clone());
            }
            Outcome::FeesDefined(fees) => {
                self.fees.insert(fees.market.clone(), fees.clone());
            }
            Outcome::Sessions(table) => {
                self.sessions.insert(Arc::clone(&table.calendar), table.clone());
            }
            Outcome::FxRate(rate) => self.fx.insert(rate)?,
            Outcome::AccountOpened(info) => {
                if self.accounts.contains_key(&info.id) {
                    return Err(FoldError::Exists(format!("account {}", info.id)));
                }
                self.accounts
                    .insert(info.id.clone(), AccountState::new(info.clone()));
            }
            Outcome::KillSwitch(change) => self.fold_kill_switch(change)?,
            other => self.fold_in_account(other)?,
        }
        self.outcomes += 1;
        Ok(())
    }

    /// Money that an entry moves into or out of its account, in the account's base currency: no profit and no loss.
    /// Where a currency has no rate the account was not valued with it, and nothing has moved.
    fn moved_in(&self, entry: &LedgerEntry) -> Decimal {
        let moves = matches!(
            entry.kind,
            EntryKind::Deposit | EntryKind::Withdrawal | EntryKind::Transfer
        );
        let Some(account) = self.accounts.get(&entry.account).filter(|_| moves) else {
            return Decimal::ZERO;
        };
        let base = account.info.base_currency;
        let cash = entry
            .postings
            .iter()
            .filter(|p| p.account == LedgerAccount::CashAvailable);
        let worth = cash.filter_map(|p| {
            let money = Money::new(p.amount, p.currency);
            let age_max = super::bookkeeping::RATE_AGE_MAX_NS;
            let worth = self.fx.convert(money, base, entry.ts, age_max).ok()?;
            Some(worth.0.amount)
        });
        worth.sum()
    }

    fn account_mut(&mut self, id: &AccountId) -> Result<&mut AccountState, FoldError> {
        self.accounts
            .get_mut(id)
            .ok_or_else(|| FoldError::UnknownAccount(id.clone()))
    }

    fn fold_kill_switch(&mut self, change: &KillSwitchChanged) -> Result<(), FoldError> {
        let engaged = change.engaged.then(|| change.clone());
        match &change.account {
            None => self.kill_switch = engaged,
            Some(id) => self.account_mut(id)?.kill_switch = engaged,
        }
        Ok(())
    }

    fn fold_in_account(&mut self, outcome: &Outcome) -> Result<(), FoldError> {
        let Some(id) = outcome.account() else {
            return Ok(());
        };
        let brief = self.brief;
        let moved = match outcome {
            Outcome::Ledger(entry) => self.moved_in(entry),
            _ => Decimal::ZERO,
        };
        let account = self.account_mut(id)?;
        match outcome {
            Outcome::OrderInitialized { request, ts } => {
                if !account.orders.insert((**request).clone(), *ts) {
                    return Err(FoldError::Exists(format!("order {}", request.client_order_id)));
                }
            }
            Outcome::Order(event) => {
                fold_order(account, event, brief)?;
                self.fold_paper_fill(event);
            }
            Outcome::Slice(recorded) => fold_slice(account, recorded)?,
            Outcome::Ledger(entry) => {
                fold_entry(account, entry, brief)?;
                account.transfers_since_mark += moved;
            }
            Outcome::Signal(signal) => fold_signal(account, signal),
            Outcome::Strategy(change) => fold_strategy(account, change),
            Outcome::Weights(change) => {
                account.weights.clone_from(&change.weights);
                account.weights_ts = change.ts;
            }
            Outcome::RiskSettings(change) => {
                account.risk = change.settings.clone();
                account.risk_version = change.version;
            }
            Outcome::StrategyDeployed(change) => super::deployed::fold_deployed(account, change),
            Outcome::StrategyRemoved(change) => super::deployed::fold_removed(account, change)?,
            Outcome::RiskWarning(warned) => remember(&mut account.warnings, (**warned).clone()),
            Outcome::LedgerSettings(change) => {
                account
                    .ledger
                    .set_settings(change.settings.clone(), change.version)?;
            }
            Outcome::LotsChosen(choice) => account.ledger.choose_lots(choice),
            Outcome::Reconciliation(done) => account.reconciliation = Some(done.clone()),
            Outcome::Equity(mark) => {
                account.equity = Some(mark.clone());
                account.transfers_since_mark = rust_decimal::Decimal::ZERO;
            }
            Outcome::InstrumentDefined(_)
            | Outcome::FxRate(_)
            | Outcome::FeesDefined(_)
            | Outcome::Sessions(_)
            | Outcome::AccountOpened(_)
            | Outcome::KillSwitch(_) => {}
        }
        Ok(())
    }

    fn fold_paper_fill(&mut self, event: &OrderEvent) {
        let OrderEventKind::Filled {
            quantity,
            price,
            fee,
            fee_currency,
            ..
        } = &event.kind
        else {
            return;
        };
        let order = self
            .accounts
            .get(&event.account)
            .and_then(|a| a.orders.get(&event.client_order_id));
        let paper = self.accounts.get(&event.account);
        let paper = paper.is_some_and(|a| a.info.kind == AccountKind::Paper);
        let Some(order) = order.filter(|_| paper) else {
            return;
        };
        let Some(instrument) = self.instruments.by_id(&order.request.instrument) else {
            return;
        };
        let fee = Money::new(*fee, *fee_currency);
        // What does not fit would not have fitted the ledger either, and was refused there.
        let _ = self.paper.add_fill(
            &event.account,
            instrument,
            (order.request.side, *quantity, *price),
            fee,
        );
    }

    /// The state as bytes, for a snapshot.
    ///
    /// # Errors
    /// When MessagePack refuses, which no value of these types makes it do.
    pub fn to_snapshot(&self) -> Result<Vec<u8>, rmp_serde::encode::Error> {
        rmp_serde::to_vec_named(&Snapshot {
            instruments: self.instruments.iter().map(|(_, i)| (**i).clone()).collect(),
            fees: self.fees.values().cloned().collect(),
            accounts: self.accounts.clone(),
            kill_switch: self.kill_switch.clone(),
            sessions: self.sessions.values().cloned().collect(),
            fx: self.fx.clone(),
            paper: self.paper.clone(),
            outcomes: self.outcomes,
        })
    }

    /// The state from a snapshot's bytes.
    ///
    /// # Errors
    /// When the bytes are of another version of the program; the journal is then folded from its beginning.
    pub fn from_snapshot(bytes: &[u8]) -> Result<Self, rmp_serde::decode::Error> {
        let snapshot: Snapshot = rmp_serde::from_slice(bytes)?;
        let mut instruments = InstrumentRegistry::new();
        for instrument in snapshot.instruments {
            instruments.upsert(instrument);
        }
        Ok(Self {
            instruments,
            fees: snapshot.fees.into_iter().map(|f| (f.market.clone(), f)).collect(),
            accounts: snapshot.accounts,
            kill_switch: snapshot.kill_switch,
            sessions: snapshot
                .sessions
                .into_iter()
                .map(|t| (Arc::clone(&t.calendar), t))
                .collect(),
            fx: snapshot.fx,
            paper: snapshot.paper,
            outcomes: snapshot.outcomes,
            brief: false,
        })
    }
}

fn fold_order(account: &mut AccountState, event: &OrderEvent, brief: bool) -> Result<(), FoldError> {
    let unknown = || FoldError::UnknownOrder(event.client_order_id.to_string());
    let order = account.orders.apply(event)?.ok_or_else(unknown)?;
    account
        .slices
        .parent_told(&event.client_order_id, &event.kind, order.state.is_open());
    match &event.kind {
        OrderEventKind::Submitted => account.counters.count(order, event.ts_init),
        OrderEventKind::Filled { .. } if brief => {}
        OrderEventKind::Filled { venue_trade_id, .. } => {
            if account.info.kind == AccountKind::Live {
                account.venue_trades.add(venue_trade_id, &event.client_order_id);
            }
            let fill = FillRecord {
                event: event.clone(),
                instrument: order.request.instrument.clone(),
                side: order.request.side,
                strategy: strategy_of(&order.request).cloned(),
                number: order.fills,
            };
            remember(&mut account.recent_fills, fill);
        }
        // A venue that tells twice that it took an execution back finds nothing to take back the second time.
        OrderEventKind::FillReversed { venue_trade_id, .. } => account.recent_fills.retain(|fill| {
            let same = matches!(&fill.event.kind, OrderEventKind::Filled { venue_trade_id: id, .. } if id == venue_trade_id);
            !same || fill.event.client_order_id != event.client_order_id
        }),
        _ => {}
    }
    Ok(())
}

fn fold_slice(account: &mut AccountState, recorded: &SliceRecorded) -> Result<(), FoldError> {
    if !account.slices.apply(recorded)? {
        return Err(FoldError::UnknownOrder(format!("{}'s slice", recorded.parent)));
    }
    let open = account
        .orders
        .get(&recorded.parent)
        .is_some_and(|o| o.state.is_open());
    account.slices.tidy(&recorded.parent, open);
    Ok(())
}

fn fold_entry(account: &mut AccountState, entry: &LedgerEntry, brief: bool) -> Result<(), FoldError> {
    account.ledger.apply(entry)?;
    if entry.kind == EntryKind::Fill {
        account.trades.fill(entry, account.risk.stop_distance);
        account.day_trades.fill(entry);
    }
    if !brief {
        remember(&mut account.recent_entries, entry.clone());
    }
    Ok(())
}

fn fold_signal(account: &mut AccountState, signal: &Signal) {
    let key = AccountState::opinion_key(&signal.strategy, &signal.instrument);
    if let (SignalOutcome::Accepted { .. }, Some(side)) = (&signal.outcome, signal.opinion.side()) {
        let acted = AccountState::signal_key(&signal.strategy, &signal.instrument, side);
        account.acted.insert(acted, signal.ts);
        if signal.strategy.as_str() == COMBINED {
            let supporters = supporters(account, signal);
            account.trades.supported_by(&signal.instrument, supporters);
        }
    }
    account.opinions.insert(
        key,
        LastOpinion {
            bar_ts: signal.bar_ts,
            opinion: signal.opinion,
        },
    );
    remember(&mut account.recent_signals, signal.clone());
}

/// The strategies whose last recorded opinion is of the same bar and says the same.
fn supporters(account: &AccountState, signal: &Signal) -> Vec<StrategyId> {
    let agrees = |strategy: &&StrategyId| {
        let key = AccountState::opinion_key(strategy, &signal.instrument);
        let said = LastOpinion {
            bar_ts: signal.bar_ts,
            opinion: signal.opinion,
        };
        account.opinions.get(&key) == Some(&said)
    };
    account
        .strategies
        .keys()
        .filter(|s| s.as_str() != COMBINED && !account.deployed.contains_key(*s))
        .filter(agrees)
        .cloned()
        .collect()
}

fn fold_strategy(account: &mut AccountState, change: &StrategyChanged) {
    account
        .strategies
        .insert(change.strategy.clone(), change.status.clone());
}

/// The start of the UTC day of `ts`, in days since the epoch.
#[must_use]
pub fn day_of(ts: UnixNanos) -> u32 {
    u32::try_from(ts.as_secs() / 86_400).unwrap_or(u32::MAX)
}
