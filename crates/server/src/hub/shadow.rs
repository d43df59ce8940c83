//! What the hub knows of an account from durable outcomes alone: open and lately closed orders, the last fills,
//! signals and ledger entries, the weights.
//!
//! The kernel is ahead of the journal by a commit. Readers are told nothing that a power cut could take back, and
//! they are told every step of an order: so the hub folds the outcomes once more, of what it publishes.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use tradewind_engine::Kernel;
use tradewind_engine::kernel::AccountState;
use tradewind_engine::kernel::account::FillRecord;
use tradewind_types::order::{OrderEventKind, OrderOrigin};
use tradewind_types::record::{Outcome, WeightsChanged};
use tradewind_types::{AccountId, ClientOrderId, InstrumentId, Order, OrderEvent};
use tradewind_wire as wire;

use crate::map;

/// Orders, fills, signals and entries in a snapshot.
const SNAPSHOT: usize = 50;
/// Closed orders remembered, for fills that come late.
const CLOSED_MAX: usize = 500;

/// Instruments whose data is simulated.
#[derive(Debug, Default, Clone)]
pub(super) struct Simulated(HashSet<InstrumentId>);

impl Simulated {
    fn has(&self, instrument: &InstrumentId) -> bool {
        self.0.contains(instrument)
    }
}

/// A change of a topic that tells every step.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Change {
    Order(Box<wire::Order>),
    Fill(Box<wire::Fill>),
    Signal(Box<wire::Signal>),
    Entry(Box<wire::LedgerEntry>),
    Weights(wire::Weights),
}

/// One account.
#[derive(Debug, Default)]
pub(super) struct Shadow {
    open: BTreeMap<ClientOrderId, Order>,
    closed: VecDeque<Order>,
    fills: VecDeque<wire::Fill>,
    signals: VecDeque<wire::Signal>,
    entries: VecDeque<wire::LedgerEntry>,
    weights: Option<wire::Weights>,
}

/// All accounts, and how far outcomes have been folded into them.
#[derive(Debug, Default)]
pub(super) struct Shadows {
    pub(super) accounts: HashMap<AccountId, Shadow>,
    simulated: Simulated,
    /// Number of the last outcome folded.
    pub(super) folded: u64,
}

fn remember<T>(list: &mut VecDeque<T>, item: T, max: usize) {
    list.push_back(item);
    if list.len() > max {
        list.pop_front();
    }
}

impl Shadows {
    /// As the kernel stands. It may be ahead of the journal; outcomes up to its count are then passed over.
    pub(super) fn of(kernel: &Kernel) -> Self {
        let instruments = kernel.instruments().iter().filter(|(_, i)| i.simulated);
        let simulated = Simulated(instruments.map(|(_, i)| i.id.clone()).collect());
        let accounts = kernel
            .accounts()
            .map(|a| (a.info.id.clone(), Shadow::of(a, &simulated)));
        Self {
            accounts: accounts.collect(),
            simulated,
            folded: kernel.state().outcomes,
        }
    }

    /// Folds the outcome of that number; returns the changes to publish. `Err` = it does not fit what is known here,
    /// and the account has to be read anew.
    pub(super) fn fold(&mut self, number: u64, outcome: &Outcome) -> Result<Vec<Change>, AccountId> {
        if number <= self.folded {
            return Ok(Vec::new());
        }
        self.folded = number;
        if let Outcome::InstrumentDefined(instrument) = outcome
            && instrument.simulated
        {
            self.simulated.0.insert(instrument.id.clone());
        }
        let Some(account) = outcome.account() else {
            return Ok(Vec::new());
        };
        if let Outcome::AccountOpened(info) = outcome {
            self.accounts.entry(info.id.clone()).or_default();
        }
        let shadow = self.accounts.get_mut(account).ok_or_else(|| account.clone())?;
        shadow
            .fold(outcome, &self.simulated)
            .ok_or_else(|| account.clone())
    }
}

impl Shadow {
    fn of(account: &AccountState, simulated: &Simulated) -> Self {
        let mut closed: VecDeque<Order> = account.orders.closed().take(CLOSED_MAX).cloned().collect();
        closed.make_contiguous().reverse();
        let fills = account.recent_fills.iter().rev().take(SNAPSHOT).rev();
        let signals = account.recent_signals.iter().rev().take(SNAPSHOT).rev();
        let entries = account.recent_entries.iter().rev().take(SNAPSHOT).rev();
        let weights = WeightsChanged {
            account: account.info.id.clone(),
            weights: account.weights.clone(),
            ts: account.weights_ts,
        };
        Self {
            open: account
                .orders
                .open()
                .map(|o| (o.request.client_order_id.clone(), o.clone()))
                .collect(),
            closed,
            fills: fills
                .filter_map(|f| map::order::recent_fill(f, simulated.has(&f.instrument)))
                .collect(),
            signals: signals.map(map::strategy::signal).collect(),
            entries: entries.map(map::ledger::entry).collect(),
            weights: Some(map::strategy::weights(&weights)).filter(|w| !w.weights.is_empty()),
        }
    }

    fn fold(&mut self, outcome: &Outcome, simulated: &Simulated) -> Option<Vec<Change>> {
        let change = match outcome {
            Outcome::OrderInitialized { request, ts } => {
                let order = Order::new((**request).clone(), *ts);
                let change = order_change(&order, simulated);
                self.open.insert(request.client_order_id.clone(), order);
                change
            }
            Outcome::Order(event) => return self.fold_order(event, simulated),
            Outcome::Signal(signal) => {
                let signal = map::strategy::signal(signal);
                remember(&mut self.signals, signal.clone(), SNAPSHOT);
                Change::Signal(Box::new(signal))
            }
            Outcome::Ledger(entry) => {
                let entry = map::ledger::entry(entry);
                remember(&mut self.entries, entry.clone(), SNAPSHOT);
                Change::Entry(Box::new(entry))
            }
            Outcome::Weights(change) => {
                let weights = map::strategy::weights(change);
                self.weights = Some(weights.clone());
                Change::Weights(weights)
            }
            _ => return Some(Vec::new()),
        };
        Some(vec![change])
    }

    /// `None` when the order is not known here or cannot take the event.
    fn fold_order(&mut self, event: &OrderEvent, simulated: &Simulated) -> Option<Vec<Change>> {
        let id = &event.client_order_id;
        let order = match self.open.get_mut(id) {
            Some(order) => order,
            None => self
                .closed
                .iter_mut()
                .rev()
                .find(|o| o.request.client_order_id == *id)?,
        };
        order.apply(event).ok()?;
        let mut changes = vec![order_change(order, simulated)];
        if matches!(event.kind, OrderEventKind::Filled { .. }) {
            let strategy = match &order.request.origin {
                OrderOrigin::Strategy { strategy, .. } => Some(strategy.clone()),
                OrderOrigin::Manual { .. } | OrderOrigin::Flatten { .. } => None,
            };
            let instrument = order.request.instrument.clone();
            let record = FillRecord {
                event: event.clone(),
                instrument,
                side: order.request.side,
                strategy,
                number: order.fills,
            };
            let fill = map::order::recent_fill(&record, simulated.has(&record.instrument))?;
            remember(&mut self.fills, fill.clone(), SNAPSHOT);
            changes.push(Change::Fill(Box::new(fill)));
        }
        if !order.state.is_open()
            && let Some(order) = self.open.remove(id)
        {
            remember(&mut self.closed, order, CLOSED_MAX);
        }
        Some(changes)
    }

    /// Open orders and the last closed ones, newest first.
    pub(super) fn orders(&self, simulated: &Shadows) -> Vec<wire::Order> {
        let closed = self.closed.iter().rev().take(SNAPSHOT);
        let mut orders: Vec<&Order> = self.open.values().chain(closed).collect();
        orders.sort_by_key(|order| std::cmp::Reverse(order.ts_created));
        let wired = |o: &&Order| map::order::order(o, simulated.simulated.has(&o.request.instrument));
        orders.iter().map(wired).collect()
    }

    /// The last fills, oldest first.
    pub(super) fn fills(&self) -> &VecDeque<wire::Fill> {
        &self.fills
    }

    /// The last signals, oldest first.
    pub(super) fn signals(&self) -> &VecDeque<wire::Signal> {
        &self.signals
    }

    /// The last ledger entries, oldest first.
    pub(super) fn entries(&self) -> &VecDeque<wire::LedgerEntry> {
        &self.entries
    }

    /// The weights as last adapted; empty before the first time.
    pub(super) fn weights(&self) -> wire::Weights {
        let none = || wire::Weights {
            ts: wire::Time::default(),
            weights: Vec::new(),
        };
        self.weights.clone().unwrap_or_else(none)
    }
}

fn order_change(order: &Order, simulated: &Simulated) -> Change {
    Change::Order(Box::new(map::order::order(
        order,
        simulated.has(&order.request.instrument),
    )))
}
