//! What must hold, kept apart from the engine: a model of money, positions and orders that is added up from the
//! durable outcomes by rules of its own, and the state folded from them.
//!
//! | law | where |
//! | --- | --- |
//! | an entry's postings sum to zero per currency; keys are used once | [`Oracle::durable`] |
//! | cash = deposits − Σ buys + Σ sales − Σ fees, reckoned from fills, not from postings | [`Oracle::compare`] |
//! | balance = Σ postings; available + locked = total; cash ≥ 0 | [`Oracle::compare`] |
//! | position = Σ fills; fills ≤ quantity; order states move legally | [`Oracle::durable`], [`Oracle::compare`] |
//! | no order goes out while a kill switch is engaged, unless it flattens | [`Oracle::durable`] |
//! | an acknowledged order is there, once | [`Oracle::acknowledged`], [`Oracle::recovered`] |
//! | recovered state = fold of the journal = what was told before the crash | [`Oracle::recovered`] |
//! | one slice of an iceberg is open at a time, of at most the display quantity; Σ fills of slices = fills of the iceberg | [`Oracle::durable`], [`Oracle::compare`] |
//! | what is sent to a venue is durable, and is sent once | [`Oracle::sent`] |

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use rust_decimal::Decimal;
use tradewind_engine::CommandReply;
use tradewind_engine::kernel::State;
use tradewind_journal::{Head, MemDisk, scan_on};
use tradewind_types::order::{OrderEventKind, OrderOrigin};
use tradewind_types::record::{
    EntryKind, LedgerAccount, LedgerEntry, Outcome, Record, SliceNews, SliceRecorded,
};
use tradewind_types::{
    AccountId, ClientOrderId, Currency, InstrumentId, OrderEvent, OrderRequest, Quantity, Side,
};

use super::compare::difference;
use super::listing::is_live;
use super::node::dir;

type Check = Result<(), String>;

#[derive(Debug, Default)]
struct OrderModel {
    quantity: Decimal,
    filled: Decimal,
    state: &'static str,
    side: Option<Side>,
    instrument: Option<InstrumentId>,
    flattens: bool,
    submitted: u32,
    display: Option<Decimal>,
    slices: Vec<ClientOrderId>,
}

#[derive(Debug, Default)]
struct AccountModel {
    /// By the fills: what was paid in, less what was bought, plus what was sold, less fees.
    money: Decimal,
    /// By the postings.
    balances: BTreeMap<(LedgerAccount, Currency), Decimal>,
    positions: BTreeMap<InstrumentId, Decimal>,
    orders: HashMap<ClientOrderId, OrderModel>,
    slices: HashMap<ClientOrderId, OrderModel>,
    sliced: BTreeSet<ClientOrderId>,
    keys: HashSet<String>,
    fills: HashMap<String, (Decimal, Decimal, Decimal)>,
    killed: bool,
    busted: bool,
}

/// See the module.
pub(crate) struct Oracle {
    told: State,
    told_seq: u64,
    accounts: BTreeMap<AccountId, AccountModel>,
    touched: BTreeSet<AccountId>,
    killed: bool,
    sent: HashMap<(AccountId, ClientOrderId), u32>,
    reversed: HashSet<String>,
    pub(crate) fills: u64,
}

impl Oracle {
    pub(crate) fn new() -> Self {
        Self {
            told: State::default(),
            told_seq: 0,
            accounts: BTreeMap::new(),
            touched: BTreeSet::new(),
            killed: false,
            sent: HashMap::new(),
            reversed: HashSet::new(),
            fills: 0,
        }
    }

    pub(crate) fn told_seq(&self) -> u64 {
        self.told_seq
    }

    pub(crate) fn is_killed(&self, account: Option<&AccountId>) -> bool {
        self.killed
            || account
                .and_then(|a| self.accounts.get(a))
                .is_some_and(|a| a.killed)
    }

    pub(crate) fn is_reversed(&self, trade: &str) -> bool {
        self.reversed.contains(trade)
    }

    pub(crate) fn is_submitted(&self, account: &AccountId, id: &ClientOrderId) -> bool {
        let account = self.accounts.get(account);
        let order = account.and_then(|a| a.orders.get(id).or_else(|| a.slices.get(id)));
        order.is_some_and(|o| o.submitted > 0)
    }

    /// Outcomes that became durable together, in order.
    pub(crate) fn durable(&mut self, outcomes: &[(u64, Outcome)]) -> Check {
        for (seq, outcome) in outcomes {
            if *seq <= self.told_seq {
                return Err(format!("outcome {seq} came after {}", self.told_seq));
            }
            self.told_seq = *seq;
            self.told
                .fold(outcome)
                .map_err(|error| format!("durable outcome {seq} does not fold: {error}"))?;
            self.model(outcome)
                .map_err(|what| format!("outcome {seq}: {what}"))?;
        }
        self.compare()
    }

    fn model(&mut self, outcome: &Outcome) -> Check {
        if let Outcome::KillSwitch(change) = outcome {
            match &change.account {
                None => self.killed = change.engaged,
                Some(id) => self.accounts.entry(id.clone()).or_default().killed = change.engaged,
            }
            return Ok(());
        }
        let Some(id) = outcome.account() else {
            return Ok(());
        };
        let killed = self.killed;
        if !self.touched.contains(id) {
            self.touched.insert(id.clone());
        }
        if !self.accounts.contains_key(id) {
            self.accounts.insert(id.clone(), AccountModel::default());
        }
        let Some(account) = self.accounts.get_mut(id) else {
            return Ok(());
        };
        match outcome {
            Outcome::OrderInitialized { request, .. } => account.initialized(request),
            Outcome::Order(event) => {
                if let OrderEventKind::Filled { .. } = &event.kind {
                    self.fills += 1;
                }
                if let OrderEventKind::FillReversed { venue_trade_id, .. } = &event.kind {
                    self.reversed.insert(venue_trade_id.to_string());
                }
                account.order(event, killed)
            }
            Outcome::Ledger(entry) => account.entry(entry),
            Outcome::Slice(slice) => account.slice(slice, killed),
            _ => Ok(()),
        }
    }

    /// The model against the folded state, for the accounts that changed.
    fn compare(&mut self) -> Check {
        for id in std::mem::take(&mut self.touched) {
            let (Some(model), Some(state)) = (self.accounts.get(&id), self.told.accounts.get(&id)) else {
                continue;
            };
            state
                .ledger
                .check_invariants()
                .map_err(|broken| format!("{id}: {broken}"))?;
            let usd = Currency::USD;
            for account in [LedgerAccount::CashAvailable, LedgerAccount::CashLocked] {
                let ours = model.balances.get(&(account, usd)).copied().unwrap_or_default();
                same(&id, "balance", state.ledger.balance(account, usd), ours)?;
                if ours < Decimal::ZERO {
                    return Err(format!("{id}: {account:?} is {ours}"));
                }
            }
            same(
                &id,
                "cash by the fills",
                state.ledger.cash_total(usd),
                model.money,
            )?;
            model.slices_agree().map_err(|what| format!("{id}: {what}"))?;
            for (instrument, ours) in &model.positions {
                let theirs = state
                    .ledger
                    .position(instrument)
                    .map_or(Decimal::ZERO, |p| p.quantity);
                same(&id, "position by the fills", theirs, *ours)?;
                // Who sold what a bust took from him later is short; so is a live account for as long as the report of
                // the sale has come and that of the purchase has not. In the end its books are the venue's, which lets
                // nobody sell what he has not.
                if *ours < Decimal::ZERO && !model.busted && !is_live(&id) {
                    return Err(format!("{id}: short {ours} {instrument} in a cash account"));
                }
            }
            for (order, held) in state.ledger.holds() {
                if !state.orders.get(order).is_some_and(|o| o.state.is_open()) {
                    return Err(format!("{id}: {held} is held for {order}, which has ended"));
                }
            }
        }
        Ok(())
    }

    /// An answer that was given: what it says is durable.
    pub(crate) fn acknowledged(&self, reply: &CommandReply) -> Check {
        match reply {
            CommandReply::Orders { orders, .. } => {
                for order in orders {
                    self.has_order(&order.request.account, &order.request.client_order_id)?;
                }
            }
            CommandReply::Order(order) => {
                self.has_order(&order.request.account, &order.request.client_order_id)?;
            }
            CommandReply::Entry(entry) => {
                let known = self
                    .accounts
                    .get(&entry.account)
                    .is_some_and(|a| a.keys.contains(&entry.key));
                if !known {
                    return Err(format!("entry {} was acknowledged and is not durable", entry.key));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn has_order(&self, account: &AccountId, id: &ClientOrderId) -> Check {
        let known = self
            .accounts
            .get(account)
            .is_some_and(|a| a.orders.contains_key(id));
        if known {
            return Ok(());
        }
        Err(format!("order {id} was acknowledged and is not durable"))
    }

    /// An order left for its venue.
    pub(crate) fn sent(&mut self, account: &AccountId, id: &ClientOrderId) -> Check {
        if !self.is_submitted(account, id) {
            return Err(format!("order {id} was sent to the venue before it was durable"));
        }
        let times = self.sent.entry((account.clone(), id.clone())).or_default();
        *times += 1;
        if *times > 1 {
            return Err(format!("order {id} was sent to the venue twice"));
        }
        Ok(())
    }

    /// After a recovery: the journal holds everything that was told, and the state is the fold of it.
    pub(crate) fn recovered(&mut self, state: &State, head: Head, disk: &MemDisk) -> Check {
        if head.seq < self.told_seq {
            return Err(format!(
                "record {} was durable, and the journal ends at {}",
                self.told_seq, head.seq
            ));
        }
        let mut tail = Vec::new();
        let mut failed = None;
        let from = self.told_seq + 1;
        let scanned = scan_on(disk, &dir(), from, |record| {
            match Record::decode(record.kind, record.version, record.payload) {
                Ok(Record::Outcome(outcome)) if record.seq >= from => tail.push((record.seq, outcome)),
                Ok(_) => {}
                Err(error) => failed = Some(error.to_string()),
            }
        });
        let scanned =
            scanned.map_err(|error| format!("the journal was opened and cannot be read: {error}"))?;
        if let Some(error) = failed {
            return Err(format!("a journalled record cannot be read: {error}"));
        }
        if scanned != head {
            return Err(format!(
                "the journal says {head} when opened and {scanned} when read"
            ));
        }
        self.durable(&tail)?;
        self.same_state(state, "the recovered state is not the fold of the journal")
    }

    /// The state of the engine against the one folded from what was told.
    pub(crate) fn same_state(&self, state: &State, what: &str) -> Check {
        match difference(state, &self.told) {
            None => Ok(()),
            Some(found) => Err(format!("{what}: {}", found.chars().take(600).collect::<String>())),
        }
    }

    /// Folds the whole journal once more from its first record.
    pub(crate) fn refold(&self, disk: &MemDisk) -> Check {
        let (mut state, mut initialized, mut failed) = (State::default(), HashMap::new(), None);
        let scanned = scan_on(disk, &dir(), 1, |record| {
            match Record::decode(record.kind, record.version, record.payload) {
                Ok(Record::Outcome(outcome)) => {
                    if let Outcome::OrderInitialized { request, .. } = &outcome {
                        let id = (request.account.clone(), request.client_order_id.clone());
                        *initialized.entry(id).or_insert(0u32) += 1;
                    }
                    if let Err(error) = state.fold(&outcome) {
                        failed.get_or_insert(error.to_string());
                    }
                }
                Ok(_) => {}
                Err(error) => failed = Some(error.to_string()),
            }
        });
        scanned.map_err(|error| format!("the journal cannot be read at the end: {error}"))?;
        if let Some(error) = failed {
            return Err(format!("the journal does not fold from its beginning: {error}"));
        }
        if let Some(((_, id), times)) = initialized.iter().find(|(_, times)| **times != 1) {
            return Err(format!("order {id} is {times} times in the journal"));
        }
        self.same_state(&state, "the whole journal folds to another state")
    }

    /// What we say of an account at the end: cash and positions.
    pub(crate) fn books(&self, account: &AccountId) -> (Decimal, BTreeMap<InstrumentId, Decimal>) {
        let model = self.accounts.get(account);
        let positions = model.map(|m| m.positions.clone()).unwrap_or_default();
        let open = positions.into_iter().filter(|(_, q)| !q.is_zero()).collect();
        (model.map_or(Decimal::ZERO, |m| m.money), open)
    }
}

fn same(id: &AccountId, what: &str, engine: Decimal, model: Decimal) -> Check {
    if engine == model {
        return Ok(());
    }
    Err(format!(
        "{id}: {what}: the engine has {engine}, the model {model}"
    ))
}

impl AccountModel {
    fn initialized(&mut self, request: &OrderRequest) -> Check {
        let order = OrderModel {
            quantity: request.quantity.decimal(),
            filled: Decimal::ZERO,
            state: "INITIALIZED",
            side: Some(request.side),
            instrument: Some(request.instrument.clone()),
            flattens: matches!(request.origin, OrderOrigin::Flatten { .. }),
            submitted: 0,
            display: request.terms.display.map(Quantity::decimal),
            slices: Vec::new(),
        };
        match self.orders.insert(request.client_order_id.clone(), order) {
            None => Ok(()),
            Some(_) => Err(format!("order {} exists twice", request.client_order_id)),
        }
    }

    fn order(&mut self, event: &OrderEvent, all_killed: bool) -> Check {
        let id = &event.client_order_id;
        let Some(order) = self.orders.get_mut(id) else {
            return Err(format!(
                "{} of order {id}, which does not exist",
                event.kind.name()
            ));
        };
        let before = order.state;
        match &event.kind {
            OrderEventKind::Submitted => {
                order.submitted += 1;
                if order.submitted > 1 {
                    return Err(format!("order {id} was submitted twice"));
                }
                if (self.killed || all_killed) && !order.flattens {
                    return Err(format!(
                        "order {id} was submitted while the kill switch is engaged"
                    ));
                }
            }
            OrderEventKind::Modified {
                quantity, display, ..
            } => {
                order.quantity = quantity.decimal();
                order.display = display.map(Quantity::decimal).or(order.display);
            }
            OrderEventKind::Filled {
                venue_trade_id,
                quantity,
                price,
                fee,
                ..
            } => {
                let quantity = quantity.decimal();
                order.filled += quantity;
                let signed = if order.side == Some(Side::Sell) {
                    -quantity
                } else {
                    quantity
                };
                let cash = -signed * price.decimal() - *fee;
                self.money += cash;
                if let Some(instrument) = &order.instrument {
                    *self.positions.entry(instrument.clone()).or_default() += signed;
                }
                let key = format!("{id} {venue_trade_id}");
                if self.fills.insert(key, (quantity, signed, cash)).is_some() {
                    return Err(format!("trade {venue_trade_id} of order {id} was booked twice"));
                }
            }
            OrderEventKind::FillReversed { venue_trade_id, .. } => {
                let key = format!("{id} {venue_trade_id}");
                let Some((quantity, signed, cash)) = self.fills.get(&key).copied() else {
                    return Err(format!(
                        "trade {venue_trade_id} of order {id} was reversed and never booked"
                    ));
                };
                order.filled -= quantity;
                self.busted = true;
                self.money -= cash;
                if let Some(instrument) = &order.instrument {
                    *self.positions.entry(instrument.clone()).or_default() -= signed;
                }
            }
            _ => {}
        }
        if order.filled > order.quantity {
            return Err(format!(
                "order {id} of {} is filled {}",
                order.quantity, order.filled
            ));
        }
        order.state = next(before, &event.kind, order.filled, order.quantity)
            .ok_or_else(|| format!("order {id} is {before} and took {}", event.kind.name()))?;
        Ok(())
    }

    fn slice(&mut self, recorded: &SliceRecorded, all_killed: bool) -> Check {
        let parent = &recorded.parent;
        let Some(iceberg) = self.orders.get_mut(parent) else {
            return Err(format!("a slice of order {parent}, which does not exist"));
        };
        let event = match &recorded.news {
            SliceNews::ChangeWaits { .. } => return Ok(()),
            SliceNews::Made { request } => {
                let (id, quantity) = (&request.client_order_id, request.quantity.decimal());
                let over = |s: &OrderModel| matches!(s.state, "CANCELED" | "EXPIRED" | "REJECTED" | "FILLED");
                if !iceberg.slices.iter().filter_map(|s| self.slices.get(s)).all(over) {
                    return Err(format!("slice {id} of {parent} is shown beside another"));
                }
                if iceberg.display.is_none_or(|display| quantity > display) {
                    return Err(format!("slice {id} of {parent} shows {quantity}"));
                }
                iceberg.slices.push(id.clone());
                self.sliced.insert(parent.clone());
                let slice = OrderModel {
                    quantity,
                    state: "INITIALIZED",
                    ..OrderModel::default()
                };
                return match self.slices.insert(id.clone(), slice) {
                    None => Ok(()),
                    Some(_) => Err(format!("slice {id} exists twice")),
                };
            }
            SliceNews::Happened { event } => event,
        };
        let id = &event.client_order_id;
        let Some(slice) = self.slices.get_mut(id) else {
            return Err(format!(
                "{} of slice {id}, which does not exist",
                event.kind.name()
            ));
        };
        match &event.kind {
            OrderEventKind::Submitted => {
                slice.submitted += 1;
                if self.killed || all_killed || slice.submitted > 1 {
                    return Err(format!("slice {id} was submitted twice or under the kill switch"));
                }
            }
            OrderEventKind::Filled { quantity, .. } => slice.filled += quantity.decimal(),
            OrderEventKind::FillReversed { quantity, .. } => slice.filled -= quantity.decimal(),
            OrderEventKind::Modified { quantity, .. } => slice.quantity = quantity.decimal(),
            _ => {}
        }
        if slice.filled > slice.quantity {
            return Err(format!(
                "slice {id} of {} is filled {}",
                slice.quantity, slice.filled
            ));
        }
        slice.state = next(slice.state, &event.kind, slice.filled, slice.quantity)
            .ok_or_else(|| format!("slice {id} is {} and took {}", slice.state, event.kind.name()))?;
        Ok(())
    }

    /// What an iceberg has filled is what its slices have.
    fn slices_agree(&self) -> Check {
        for id in &self.sliced {
            let Some(iceberg) = self.orders.get(id) else {
                continue;
            };
            let slices = iceberg.slices.iter().filter_map(|s| self.slices.get(s));
            let filled: Decimal = slices.map(|s| s.filled).sum();
            if filled != iceberg.filled {
                return Err(format!("slices of {id} filled {filled}, it {}", iceberg.filled));
            }
        }
        Ok(())
    }

    fn entry(&mut self, entry: &LedgerEntry) -> Check {
        let mut sums: BTreeMap<Currency, Decimal> = BTreeMap::new();
        for posting in &entry.postings {
            *sums.entry(posting.currency).or_default() += posting.amount;
            *self
                .balances
                .entry((posting.account, posting.currency))
                .or_default() += posting.amount;
            let outside = matches!(entry.kind, EntryKind::Deposit | EntryKind::Withdrawal);
            if outside && posting.account == LedgerAccount::CashAvailable {
                self.money += posting.amount;
            }
        }
        if let Some((currency, sum)) = sums.iter().find(|(_, sum)| !sum.is_zero()) {
            return Err(format!("entry {} sums to {sum} {currency}", entry.key));
        }
        if !self.keys.insert(entry.key.clone()) {
            return Err(format!("entry {} was booked twice", entry.key));
        }
        Ok(())
    }
}

/// The states that an order may move to, written down a second time and apart from the state machine: coarser where
/// several states are alike, so that only what must never happen is refused.
fn next(
    state: &'static str,
    event: &OrderEventKind,
    filled: Decimal,
    quantity: Decimal,
) -> Option<&'static str> {
    use OrderEventKind as E;
    let open = matches!(state, "OPEN" | "PENDING" | "UNKNOWN" | "SUBMITTED");
    let over = matches!(state, "CANCELED" | "EXPIRED");
    // What was given up as never arrived can turn out to have arrived.
    let late = over || state == "REJECTED";
    Some(match event {
        E::Denied { .. } if state == "INITIALIZED" => "DENIED",
        E::Submitted if state == "INITIALIZED" => "SUBMITTED",
        E::Modified { .. } if state == "INITIALIZED" => "INITIALIZED",
        E::Canceled { .. } if open || state == "INITIALIZED" => "CANCELED",
        E::Expired if open || state == "INITIALIZED" => "EXPIRED",
        E::Accepted { .. } if open => {
            if state == "PENDING" {
                "PENDING"
            } else {
                "OPEN"
            }
        }
        E::Rejected { .. } if open && filled.is_zero() => "REJECTED",
        E::Triggered | E::TriggerMoved { .. } if open => state,
        E::CancelRequested if state == "UNKNOWN" => state,
        E::ModifyRequested | E::CancelRequested if open => "PENDING",
        E::Modified { .. } if (open || state == "FILLED") && filled < quantity => "OPEN",
        E::Modified { .. } if over && filled < quantity => state,
        E::Modified { .. } if open || over || state == "FILLED" => "FILLED",
        E::ModifyRejected { .. } | E::CancelRejected { .. } if open => "OPEN",
        E::Filled { .. } if (open || late) && filled == quantity => "FILLED",
        E::Filled { .. } if open || late => state,
        E::FillReversed { .. } if state == "FILLED" => "CANCELED",
        E::FillReversed { .. } if open || late => state,
        E::Lost if open => "UNKNOWN",
        _ => return None,
    })
}
