//! What live venues report, and the comparison of a live account with its venue: see [`super::live`].

use rust_decimal::Decimal;
use tradewind_ledger::reversal_key;
use tradewind_types::order::OrderEventKind;
use tradewind_types::record::{
    Outcome, ReconciliationDifference, ReconciliationRecorded, Record, VenueAccount, VenueFill, VenueNews,
    VenueOrder, VenueOrderStatus, VenueReport,
};
use tradewind_types::{
    AccountId, AccountKind, ClientOrderId, FillId, Instrument, Order, OrderEvent, OrderState, UnixNanos,
    VenueTradeId,
};

use super::execution::Execution as _;
use super::held::is_held;
use super::live::{QUERY_AFTER_NS, SETTLE_NS};
use super::{AccountState, Actions, CommandError, CommandReply, Kernel};

const VENUE: &str = "venue";

/// One order's report, taken apart.
struct Told<'a> {
    account: &'a AccountId,
    id: &'a ClientOrderId,
    ts: UnixNanos,
}

impl Kernel {
    pub(super) fn venue_report(&mut self, report: &VenueReport, actions: &mut Actions) {
        if self.frozen || self.live.is_none() {
            return;
        }
        let start = actions.records.len();
        self.take_news(report, actions);
        // As a command: what changed something is journalled in front of what it caused.
        if actions.records.len() > start {
            actions
                .records
                .insert(start, Record::Venue(Box::new(report.clone())));
        }
    }

    fn take_news(&mut self, report: &VenueReport, actions: &mut Actions) {
        if let VenueNews::Account(theirs) = &report.news {
            self.compare_with_venue(&report.account, theirs, actions);
            return;
        }
        let Some(id) = &report.client_order_id else {
            self.count_late();
            return;
        };
        let told = Told {
            account: &report.account,
            id,
            ts: report.ts_event,
        };
        match &report.news {
            VenueNews::Account(_) => {}
            VenueNews::Filled(fill) => {
                if !self.take_fill(&told, fill, actions)
                    && let Some(live) = &mut self.live
                {
                    // More than was left: a change may have been carried out that we have not been told of.
                    live.query(told.account, told.id);
                }
            }
            VenueNews::Busted { venue_trade_id } => self.take_bust(&told, venue_trade_id, actions),
            VenueNews::Corrected { venue_trade_id, fill } => {
                self.take_bust(&told, venue_trade_id, actions);
                let _ = self.take_fill(&told, fill, actions);
            }
            VenueNews::Lost => self.answer_lost(&told, actions),
            VenueNews::Found(order) => {
                let since = self.placed(told.account, told.id).map(|o| earlier(o.ts_created));
                if !self.take_order(&told, order, actions)
                    && let (Some(live), Some(since)) = (&mut self.live, since)
                {
                    live.ask_account(told.account, since);
                }
            }
            VenueNews::NotFound => self.take_not_found(&told, actions),
            VenueNews::Accepted { venue_order_id } => {
                if let Some(live) = &mut self.live {
                    live.knows_as(told.account, told.id, venue_order_id);
                }
                let venue_order_id = venue_order_id.clone();
                self.take_event(&told, OrderEventKind::Accepted { venue_order_id }, actions);
                self.cancel_given_up(&told);
            }
            other => {
                if let Some(kind) = simple_event(other) {
                    self.take_event(&told, kind, actions);
                }
            }
        }
    }

    fn count_late(&mut self) {
        if let Some(live) = &mut self.live {
            live.late += 1;
        }
    }

    /// False when the order's state does not know such a thing.
    fn take_event(&mut self, told: &Told<'_>, kind: OrderEventKind, actions: &mut Actions) -> bool {
        let event = OrderEvent {
            ts_event: told.ts,
            ..self.event_of(told.account, told.id, kind)
        };
        let known = self.placed(told.account, told.id).is_some();
        let taken = !known || self.order_reported(event, VENUE, actions);
        if !known || !taken {
            self.count_late();
        }
        taken
    }

    /// Books an execution, unless it is known. False when the order has no room for it.
    fn take_fill(&mut self, told: &Told<'_>, fill: &VenueFill, actions: &mut Actions) -> bool {
        let known = self
            .account(told.account)
            .is_some_and(|a| a.venue_trades.knows(&fill.venue_trade_id));
        if known {
            if let Some(live) = &mut self.live {
                live.duplicates += 1;
            }
            return true;
        }
        let trade = &fill.venue_trade_id;
        let kind = OrderEventKind::Filled {
            fill_id: FillId::from(trade),
            venue_trade_id: trade.clone(),
            quantity: fill.quantity,
            price: fill.price,
            fee: fill.fee,
            fee_currency: fill.fee_currency,
            taker: fill.taker,
        };
        let told = Told { ts: fill.ts, ..*told };
        self.take_event(&told, kind, actions)
    }

    /// An execution is taken back: the order has less filled, and its ledger entries are reversed by new ones.
    fn take_bust(&mut self, told: &Told<'_>, trade: &VenueTradeId, actions: &mut Actions) {
        let Some(account) = self.account(told.account) else {
            return;
        };
        // What a slice filled was booked for its iceberg.
        let slice = account.slices.get(told.id);
        let booked = slice.map_or_else(|| told.id.clone(), |s| s.parent.clone());
        let fill = account.recent_fills.iter().find_map(|f| match &f.event.kind {
            OrderEventKind::Filled {
                venue_trade_id,
                quantity,
                price,
                ..
            } if venue_trade_id == trade && f.event.client_order_id == booked => {
                Some((f.number, *quantity, *price))
            }
            _ => None,
        });
        let Some((number, quantity, price)) = fill else {
            // Older than what is in memory: the next comparison with the venue shows the difference to a person.
            self.count_late();
            return;
        };
        let kind = OrderEventKind::FillReversed {
            venue_trade_id: trade.clone(),
            quantity,
            price,
        };
        let event = OrderEvent {
            ts_event: told.ts,
            ..self.event_of(told.account, &booked, kind)
        };
        if booked != *told.id {
            let of_slice = OrderEvent {
                client_order_id: told.id.clone(),
                ..event.clone()
            };
            // A slice that was found to have filled less than its iceberg knows is no reason to keep the execution.
            self.emit_if_legal(of_slice, actions);
        }
        if self.record(Outcome::Order(event), actions).is_err() {
            self.count_late();
            return;
        }
        let told = &Told { id: &booked, ..*told };
        self.reverse_entries(told, (number, quantity.decimal(), price.decimal()), actions);
        self.follow_links(told.account, told.id, actions);
        self.follow_iceberg(told.account, told.id, actions);
    }

    /// Reverses what the fill of this number was booked as. Two fills of an order may be alike in price and quantity
    /// and differ in fee or lots; only a fill out of an old snapshot, which has no number, is found by its figures.
    fn reverse_entries(
        &mut self,
        told: &Told<'_>,
        (number, quantity, price): (u32, Decimal, Decimal),
        actions: &mut Actions,
    ) {
        let Some(account) = self.account(told.account) else {
            return;
        };
        let prefix = match number {
            0 => format!("fill:{}:", told.id),
            number => format!("fill:{}:{number}:", told.id),
        };
        let mut groups: Vec<(String, Decimal, Vec<_>)> = Vec::new();
        for entry in &account.recent_entries {
            let Some(change) = entry.position.as_ref().filter(|_| entry.key.starts_with(&prefix)) else {
                continue;
            };
            if change.price.decimal() != price || account.ledger.is_booked(&reversal_key(entry)) {
                continue;
            }
            // The parts of one fill share the key up to its last colon.
            let group = entry
                .key
                .rsplit_once(':')
                .map_or("", |(group, _)| group)
                .to_owned();
            match groups.iter_mut().find(|(g, _, _)| *g == group) {
                Some((_, sum, entries)) => {
                    *sum += change.quantity.abs();
                    entries.push(entry.clone());
                }
                None => groups.push((group, change.quantity.abs(), vec![entry.clone()])),
            }
        }
        let Some((_, _, entries)) = groups.into_iter().find(|(_, sum, _)| *sum == quantity) else {
            return;
        };
        for entry in entries {
            let multiplier = entry
                .position
                .as_ref()
                .and_then(|c| self.state.instruments.by_id(&c.instrument))
                .map_or(Decimal::ONE, |i| i.multiplier);
            let facts = self.entry_facts("", VENUE, "the venue took the execution back");
            let made = self
                .account(told.account)
                .map(|a| a.ledger.reversal_entry(facts, &entry, multiplier));
            match made {
                Some(Ok(entry)) => {
                    let _ = self.emit(Outcome::Ledger(Box::new(entry)), actions);
                }
                Some(Err(error)) => {
                    self.illegal += 1;
                    self.last_illegal = Some(error.into());
                }
                None => {}
            }
        }
    }

    fn answer_lost(&mut self, told: &Told<'_>, actions: &mut Actions) {
        // One that is asked for already is not asked for twice as often.
        let unknown = self
            .placed(told.account, told.id)
            .is_some_and(|o| o.state == OrderState::Unknown);
        if unknown {
            return;
        }
        let event = self.event_of(told.account, told.id, OrderEventKind::Lost);
        if self.emit_if_legal(event, actions)
            && let Some(live) = &mut self.live
        {
            live.ask_later(told.account, told.id, self.now, 0);
        }
    }

    /// What the venue knows of an order: its acceptance, the executions we did not have, and its end. False when the
    /// answer did not tell all executions: they have to be asked for before the order can be closed.
    fn take_order(&mut self, told: &Told<'_>, theirs: &VenueOrder, actions: &mut Actions) -> bool {
        let Some(order) = self.placed(told.account, told.id) else {
            return true;
        };
        let unanswered = matches!(order.state, OrderState::Submitted | OrderState::Unknown);
        if let Some(live) = &mut self.live {
            live.knows_as(told.account, told.id, &theirs.venue_order_id);
        }
        if unanswered && theirs.status != VenueOrderStatus::Rejected {
            let venue_order_id = theirs.venue_order_id.clone();
            self.take_event(told, OrderEventKind::Accepted { venue_order_id }, actions);
        }
        // The answer to a change may be what was lost.
        let changed = self.placed(told.account, told.id).is_some_and(|o| {
            let taken = theirs.status != VenueOrderStatus::Rejected;
            let grew = theirs.quantity > o.request.quantity;
            let differs = o.state == OrderState::PendingModify || o.request.quantity != theirs.quantity;
            taken && if o.state.is_open() { differs } else { grew }
        });
        if changed {
            let kind = OrderEventKind::Modified {
                quantity: theirs.quantity,
                price: None,
                trigger: None,
                display: None,
            };
            self.take_event(told, kind, actions);
        }
        for fill in &theirs.fills {
            let _ = self.take_fill(told, fill, actions);
        }
        let filled = self
            .placed(told.account, told.id)
            .map_or(theirs.filled, |o| o.filled);
        if filled < theirs.filled {
            return false;
        }
        let open = self
            .placed(told.account, told.id)
            .is_some_and(|o| o.state.is_open());
        let reason = || format!("the venue says that the order is {:?}", theirs.status).to_lowercase();
        let end = match theirs.status {
            VenueOrderStatus::Open | VenueOrderStatus::Filled => None,
            VenueOrderStatus::Canceled => Some(OrderEventKind::Canceled { reason: reason() }),
            VenueOrderStatus::Expired => Some(OrderEventKind::Expired),
            VenueOrderStatus::Rejected => Some(OrderEventKind::Rejected { reason: reason() }),
        };
        if let Some(end) = end.filter(|_| open) {
            self.take_event(told, end, actions);
        }
        if theirs.status == VenueOrderStatus::Open {
            self.cancel_given_up(told);
        }
        self.cancel_again(told, actions);
        self.slice_confirmed(told.account, told.id, actions);
        true
    }

    /// An order that we hold for never arrived, and that everybody was told is rejected, must not stay at the venue.
    fn cancel_given_up(&mut self, told: &Told<'_>) {
        let given_up = self
            .placed(told.account, told.id)
            .is_some_and(|o| matches!(o.state, OrderState::Rejected { .. }));
        if let Some(live) = self.live.as_mut().filter(|_| given_up) {
            live.cancel(told.account, told.id, self.now);
        }
    }

    /// A cancel whose request or answer was lost, or that was asked for while nobody knew where the order was, is asked
    /// for again when the order is found open: asking twice is harmless.
    fn cancel_again(&mut self, told: &Told<'_>, actions: &mut Actions) {
        let Some(order) = self.placed(told.account, told.id) else {
            return;
        };
        if order.state == OrderState::PendingCancel {
            if let Some(live) = &mut self.live {
                live.cancel(told.account, told.id, self.now);
            }
        } else if order.cancel_wanted && order.state.is_open() {
            if self.slice(told.account, told.id).is_some() {
                self.take_down(told.account, told.id, actions);
            } else {
                self.request_cancel(told.account, told.id, actions);
            }
        }
    }

    fn take_not_found(&mut self, told: &Told<'_>, actions: &mut Actions) {
        let settled = self.placed(told.account, told.id).is_some_and(|o| {
            // Not since it was made: an order that the kernel held is sent much later.
            o.state == OrderState::Unknown && o.filled.is_zero() && self.now.since(o.ts_updated) >= SETTLE_NS
        });
        if settled {
            let reason = "the venue does not know the order: it never arrived".to_owned();
            self.take_event(told, OrderEventKind::Rejected { reason }, actions);
        }
        let forgotten = self
            .slice(told.account, told.id)
            .is_some_and(|s| self.now.since(s.order.ts_updated) >= SETTLE_NS);
        if forgotten {
            self.slice_confirmed(told.account, told.id, actions);
        }
    }

    /// Queries that are due, and live accounts that are to be compared.
    pub(super) fn run_live(&mut self, _actions: &mut Actions) {
        let Some(live) = &mut self.live else { return };
        let due = live.due_queries(self.now);
        for (account, id, before) in due {
            let unknown = self
                .state
                .accounts
                .get(&account)
                .and_then(|a| a.orders.get(&id).or_else(|| a.slices.get(&id).map(|s| &s.order)))
                .is_some_and(|o| o.state == OrderState::Unknown);
            if let Some(live) = self.live.as_mut().filter(|_| unknown) {
                live.query(&account, &id);
                live.ask_later(&account, &id, self.now, before);
            }
        }
        let again = |ready: bool| {
            if ready {
                self.config.reconcile_interval_ns
            } else {
                QUERY_AFTER_NS[2]
            }
        };
        let accounts = self.state.accounts.values();
        let asked: Vec<(AccountId, UnixNanos)> = accounts
            .filter(|a| a.info.kind == AccountKind::Live)
            .filter(|a| {
                let last = self.compared.get(&a.info.id);
                last.is_none_or(|(asked, ready)| self.now.since(*asked) >= again(*ready))
            })
            .map(|a| (a.info.id.clone(), since(a)))
            .collect();
        for (account, since) in asked {
            let ready = self.compared.get(&account).is_some_and(|(_, ready)| *ready);
            self.compared.insert(account.clone(), (self.now, ready));
            if let Some(live) = &mut self.live {
                live.ask_account(&account, since);
            }
        }
    }

    /// Asks the venue of a live account what it has. What came of the last time is the answer meanwhile.
    pub(super) fn ask_venue(&mut self, id: &AccountId) -> Result<CommandReply, CommandError> {
        let account = self.known_account(id)?;
        let (last, since) = (account.reconciliation.clone(), since(account));
        if let Some(live) = &mut self.live {
            live.ask_account(id, since);
        }
        last.map(|r| CommandReply::Reconciliation(Box::new(r)))
            .ok_or_else(|| CommandError::NotComparedYet(id.clone()))
    }

    /// Whether an account may trade: a live one after it was compared with its venue and did not differ.
    pub(super) fn is_ready(&self, account: &AccountState) -> bool {
        account.info.kind == AccountKind::Paper
            || self
                .compared
                .get(&account.info.id)
                .is_some_and(|(_, ready)| *ready)
    }

    /// Orders and executions first, so that what we missed is booked; then positions and balances.
    fn compare_with_venue(&mut self, id: &AccountId, theirs: &VenueAccount, actions: &mut Actions) {
        let Some(account) = self.account(id) else { return };
        let ours: Vec<ClientOrderId> = account
            .orders
            .open()
            .filter(|o| {
                o.state != OrderState::Initialized
                    && !self.held.contains(id, &o.request.client_order_id)
                    && account.slices.iceberg(&o.request.client_order_id).is_none()
            })
            .chain(account.slices.open().map(|s| &s.order))
            .map(|o| o.request.client_order_id.clone())
            .collect();
        let mut differences = Vec::new();
        for order in &theirs.orders {
            let known = order
                .client_order_id
                .as_ref()
                .filter(|c| self.placed(id, c).is_some());
            match known {
                Some(client_order_id) => {
                    let told = Told {
                        account: id,
                        id: client_order_id,
                        ts: self.now,
                    };
                    if !self.take_order(&told, order, actions) {
                        // The comparison after this one goes back further, and comes sooner.
                        let ours = self
                            .placed(id, client_order_id)
                            .map_or(Decimal::ZERO, |o| o.filled);
                        differences.push(differ(
                            format!("order {client_order_id} filled"),
                            ours.normalize().to_string(),
                            order.filled.normalize().to_string(),
                            "CRITICAL",
                        ));
                    }
                }
                None if order.status == VenueOrderStatus::Open => differences.push(differ(
                    format!("order {}", order.venue_order_id),
                    "unknown".to_owned(),
                    "open".to_owned(),
                    "WARNING",
                )),
                None => {}
            }
        }
        let told_of = |c: &ClientOrderId| {
            theirs
                .orders
                .iter()
                .any(|o| o.client_order_id.as_ref() == Some(c))
        };
        for client_order_id in ours.iter().filter(|c| !told_of(c)) {
            let told = Told {
                account: id,
                id: client_order_id,
                ts: self.now,
            };
            self.answer_lost(&told, actions);
        }
        let orders = theirs.orders.len().max(ours.len());
        self.compare_books(id, theirs, &mut differences);
        let compared = orders + theirs.positions.len() + theirs.balances.len();
        let ready = differences.iter().all(|d| d.severity != "CRITICAL");
        let done = ReconciliationRecorded {
            account: id.clone(),
            compared: u32::try_from(compared).unwrap_or(u32::MAX),
            differences,
            ts: self.now,
        };
        if self.emit(Outcome::Reconciliation(done), actions).is_ok() {
            self.compared.insert(id.clone(), (self.now, ready));
        }
    }

    fn compare_books(
        &self,
        id: &AccountId,
        theirs: &VenueAccount,
        differences: &mut Vec<ReconciliationDifference>,
    ) {
        let Some(account) = self.account(id) else { return };
        let mut instruments: Vec<_> = theirs.positions.iter().map(|(i, _)| i).collect();
        let held = account.ledger.positions().filter(|(_, p)| !p.quantity.is_zero());
        for (instrument, _) in held {
            if !instruments.contains(&instrument) {
                instruments.push(instrument);
            }
        }
        for instrument in instruments {
            // A venue that hedges tells long and short apart; what is compared is the sum.
            let position = |(i, q): &(_, Decimal)| (i == instrument).then_some(*q);
            let theirs: Decimal = theirs.positions.iter().filter_map(position).sum();
            let ours = account
                .ledger
                .position(instrument)
                .map_or(Decimal::ZERO, |p| p.quantity);
            let least = self
                .state
                .instruments
                .by_id(instrument)
                .map_or(Decimal::ZERO, least_of);
            differences.extend(compare(format!("position {instrument}"), ours, theirs, least));
        }
        for (currency, theirs) in &theirs.balances {
            let ours = account.ledger.cash_total(*currency);
            differences.extend(compare(format!("cash {currency}"), ours, *theirs, Decimal::ZERO));
        }
    }

    /// After a restart: orders whose answer nobody knows are asked for.
    pub(super) fn resume_live(&mut self) {
        let Some(live) = &mut self.live else { return };
        let accounts = self.state.accounts.values();
        for account in accounts.filter(|a| a.info.kind == AccountKind::Live) {
            let sliced = |o: &&Order| account.slices.iceberg(&o.request.client_order_id).is_some();
            let orders = account.orders.open().filter(|o| !sliced(o));
            for order in orders.chain(account.slices.open().map(|s| &s.order)) {
                let id = &order.request.client_order_id;
                if let Some(venue) = &order.venue_order_id {
                    live.knows_as(&account.info.id, id, venue);
                }
                match order.state {
                    OrderState::Unknown => live.ask_later(&account.info.id, id, self.now, 0),
                    // The request may never have left. Asking for a cancel twice is harmless.
                    OrderState::PendingCancel if !is_held(order) => {
                        live.cancel(&account.info.id, id, self.now)
                    }
                    OrderState::PendingModify => live.query(&account.info.id, id),
                    _ => {}
                }
            }
        }
    }
}

fn least_of(instrument: &std::sync::Arc<Instrument>) -> Decimal {
    instrument.quantity_min
}

/// Fills are asked for from the last comparison on that found nothing wrong, not from the last fill: one that was lost
/// may be older than one that came. Before the first such comparison, from the oldest order on.
fn since(account: &AccountState) -> UnixNanos {
    let whole = account
        .reconciliation
        .as_ref()
        .filter(|r| r.differences.is_empty());
    let oldest = || {
        let orders = account.orders.open().chain(account.orders.closed());
        orders.map(|o| o.ts_created).min()
    };
    earlier(whole.map(|r| r.ts).or_else(oldest).unwrap_or_default())
}

/// The venue's clock is not ours, and what happened may still be on its way.
fn earlier(ts: UnixNanos) -> UnixNanos {
    UnixNanos(ts.0.saturating_sub(2 * SETTLE_NS))
}

fn simple_event(news: &VenueNews) -> Option<OrderEventKind> {
    Some(match news.clone() {
        VenueNews::Rejected { reason } => OrderEventKind::Rejected { reason },
        VenueNews::Triggered => OrderEventKind::Triggered,
        VenueNews::Modified {
            quantity,
            price,
            trigger,
        } => OrderEventKind::Modified {
            quantity,
            price,
            trigger,
            display: None,
        },
        VenueNews::ModifyRejected { reason } => OrderEventKind::ModifyRejected { reason },
        VenueNews::CancelRejected { reason } => OrderEventKind::CancelRejected { reason },
        VenueNews::Canceled { reason } => OrderEventKind::Canceled { reason },
        VenueNews::Expired => OrderEventKind::Expired,
        _ => return None,
    })
}

/// Tolerance 1 % or the instrument's minimum; what is within it is a warning.
fn compare(
    subject: String,
    ours: Decimal,
    theirs: Decimal,
    least: Decimal,
) -> Option<ReconciliationDifference> {
    if ours == theirs {
        return None;
    }
    let tolerance = (ours.abs() / Decimal::ONE_HUNDRED).max(least);
    let severity = if (ours - theirs).abs() > tolerance {
        "CRITICAL"
    } else {
        "WARNING"
    };
    let text = |d: Decimal| d.normalize().to_string();
    Some(differ(subject, text(ours), text(theirs), severity))
}

fn differ(subject: String, ours: String, theirs: String, severity: &str) -> ReconciliationDifference {
    ReconciliationDifference {
        subject,
        ours,
        theirs,
        severity: severity.to_owned(),
    }
}
