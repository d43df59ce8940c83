//! Simulated fills of our own orders against market data.
//!
//! The venue holds orders and what they have already taken from the displayed market; the market itself stays with
//! the caller and is looked at through [`MarketView`]. Calls in, [`Report`]s out:
//!
//! | call | when | what can come of it |
//! | --- | --- | --- |
//! | [`PaperVenue::submit`], [`PaperVenue::cancel`] | as asked | nothing yet: they take effect one latency later |
//! | [`PaperVenue::advance`] | first thing on every event, with its time | arrivals, cancels and expiries that are due |
//! | [`PaperVenue::on_market`] | after a quote or book change | resting orders that the other side now crosses |
//! | [`PaperVenue::on_trade`] | on a public trade | resting orders that the print passes or reaches |
//!
//! Fill assumptions, all of them:
//! * An order or cancel takes effect at `time + latency`, against the market as it is then; so a fill can overtake
//!   a cancel. A cancel never overtakes its own order.
//! * What takes liquidity walks the displayed levels, best first, up to its limit (or protection price), at the
//!   levels' prices, as taker. Nothing beyond what is displayed is filled.
//! * Displayed size is used once: what our orders took from a level is remembered until the level goes. Growth of
//!   the level is new liquidity; shrinking takes ours first, so that never more is filled than was displayed.
//! * A resting limit fills at its own price, as maker, when the opposite side is displayed at its price or better,
//!   or when a trade prints through its price; with [`QueueModel::BehindDisplayed`] also when trades at its price
//!   have used up what was displayed there before it joined. A print or level serves our orders in price-time order.
//! * Where the market is not valid nothing fills: what needs liquidity at once is rejected, limits rest.
//! * Reduce-only is capped by the position at the moment of matching.
//! * Fees: notional × the market's maker or taker rate, rounded as [`PaperSettings`] names. Without a fee table an
//!   order is rejected, not charged zero.

mod arrive;
mod consumed;
mod desk;
mod order;
mod records;
mod report;
mod rest;
mod view;

pub use order::{PaperOrder, RestoredOrder};
pub use records::{AccountRecord, Records};
pub use report::{CancelReason, RejectReason, Report, ReportKind};
pub use view::{Liquidity, MarketView};

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use tradewind_types::market::Trade;
use tradewind_types::record::FeeTable;
use tradewind_types::time::DAY_NS;
use tradewind_types::{
    AccountId, ClientOrderId, InstrumentIdx, Market, Rounding, Side, TimeInForce, UnixNanos,
};

use desk::{Desk, Shop};
use order::Working;

/// How resting limits queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum QueueModel {
    /// Off: prints at the limit price never fill, only prints through it and crossings do.
    Off,
    /// Behind what was displayed at the price on joining; prints at the price, and cancels that leave less
    /// displayed than that, advance the order.
    BehindDisplayed,
}

/// The assumptions that can be chosen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PaperSettings {
    /// Nanoseconds until an order takes effect.
    pub order_latency_ns: u64,
    /// Nanoseconds until a cancel takes effect.
    pub cancel_latency_ns: u64,
    /// Queue position of resting limits.
    pub queue: QueueModel,
    /// Decimals of a fee.
    pub fee_decimals: u32,
    /// How a fee is brought to them.
    pub fee_rounding: Rounding,
    /// Orders at the venue at once; beyond that they are rejected.
    pub orders_max: usize,
}

impl Default for PaperSettings {
    fn default() -> Self {
        Self {
            order_latency_ns: 20_000_000,
            cancel_latency_ns: 20_000_000,
            queue: QueueModel::BehindDisplayed,
            fee_decimals: 8,
            fee_rounding: Rounding::HalfEven,
            orders_max: 100_000,
        }
    }
}

type OrderKey = (AccountId, ClientOrderId);
/// When something is due, and its number among what is due then.
type Due = (UnixNanos, u64);

#[derive(Clone, Debug)]
enum Action {
    Arrive(Box<PaperOrder>),
    Reject(Box<PaperOrder>, RejectReason),
    Cancel(OrderKey),
    Expire(OrderKey),
    /// An order that should not have rested was restored: it is taken down.
    CutOff(Box<PaperOrder>),
}

#[derive(Clone, Copy, Debug)]
enum Place {
    Pending(UnixNanos),
    Resting(InstrumentIdx, Side),
}

/// The paper venue: see the module.
#[derive(Clone, Debug)]
pub struct PaperVenue {
    desk: Desk,
    shops: FxHashMap<InstrumentIdx, Shop>,
    places: FxHashMap<OrderKey, Place>,
    due: BTreeMap<Due, Action>,
    seq: u64,
}

impl PaperVenue {
    /// A venue without orders and fees.
    #[must_use]
    pub fn new(settings: PaperSettings) -> Self {
        Self {
            desk: Desk::new(settings),
            shops: FxHashMap::default(),
            places: FxHashMap::default(),
            due: BTreeMap::new(),
            seq: 0,
        }
    }

    /// Sets or replaces a market's fees, for fills from now on.
    pub fn set_fees(&mut self, fees: FeeTable) {
        self.desk.fees.insert(fees.market.clone(), fees);
    }

    /// The fees of a market.
    #[must_use]
    pub fn fees(&self, market: &Market) -> Option<&FeeTable> {
        self.desk.fees.get(market)
    }

    /// Takes an order; it arrives one latency after `now`. False, and nothing happens, when the account has an
    /// order of that id here.
    pub fn submit(&mut self, order: PaperOrder, now: UnixNanos) -> bool {
        let key = order.key();
        if self.places.contains_key(&key) {
            return false;
        }
        let at = now.plus(self.desk.settings.order_latency_ns);
        let full = self.places.len() >= self.desk.settings.orders_max;
        self.places.insert(key, Place::Pending(at));
        let order = Box::new(order);
        let action = if full {
            Action::Reject(order, RejectReason::TooManyOrders)
        } else {
            Action::Arrive(order)
        };
        self.plan(at, action);
        true
    }

    /// Asks for a cancel; it takes effect one latency after `now`, and not before its order has arrived.
    pub fn cancel(&mut self, account: &AccountId, order: &ClientOrderId, now: UnixNanos) {
        let key = (account.clone(), order.clone());
        let mut at = now.plus(self.desk.settings.cancel_latency_ns);
        if let Some(Place::Pending(arrives)) = self.places.get(&key) {
            at = at.max(*arrives);
        }
        self.plan(at, Action::Cancel(key));
    }

    /// Puts an order back after a restart. One that had been accepted rests at once, at the end of its queue; one
    /// that had not is on its way again; one that may not rest (MARKET, IOC, FOK) is taken down.
    pub fn restore(&mut self, order: PaperOrder, was: &RestoredOrder) {
        let key = order.key();
        if self.places.contains_key(&key) {
            return;
        }
        if !was.accepted {
            let at = was.ts.plus(self.desk.settings.order_latency_ns);
            self.places.insert(key, Place::Pending(at));
            self.plan(at, Action::Arrive(Box::new(order)));
            return;
        }
        let working = Working::new(&order, 0).ok().filter(|w| w.may_rest());
        let Some(mut working) = working.and_then(|w| w.resumed(was)) else {
            self.places.insert(key, Place::Pending(was.ts));
            self.plan(was.ts, Action::CutOff(Box::new(order)));
            return;
        };
        working.seq = self.next_seq();
        self.rest(working, was.ts);
    }

    /// When the next arrival, cancel or expiry is due.
    #[must_use]
    pub fn next_due(&self) -> Option<UnixNanos> {
        self.due.first_key_value().map(|((ts, _), _)| *ts)
    }

    /// Whether changes of an instrument's market matter to an order here; if not, [`PaperVenue::on_market`] and
    /// [`PaperVenue::on_trade`] need not be called for it.
    #[must_use]
    pub fn watches(&self, instrument: InstrumentIdx) -> bool {
        self.shops.get(&instrument).is_some_and(Shop::is_busy)
    }

    /// Carries out what is due until `now`, in order of time, then of asking. To be called with the time of every
    /// event *before* the event changes the market: what was due meets the market that was displayed until then.
    ///
    /// Reports are added to `out`; fills already in it count as not yet part of the view's positions, so hand in
    /// the same list until it is worked off.
    pub fn advance(&mut self, now: UnixNanos, view: &impl MarketView, out: &mut Vec<Report>) {
        while let Some(entry) = self.due.first_entry() {
            let (ts, _) = *entry.key();
            if ts > now {
                return;
            }
            match entry.remove() {
                Action::Arrive(order) => self.arrive(&order, ts, view, out),
                Action::Reject(order, reason) => {
                    self.places.remove(&order.key());
                    out.push(order.report(ts, ReportKind::Rejected { reason }));
                }
                Action::Cancel(key) => self.carry_out_cancel(key, ts, out),
                Action::Expire(key) => {
                    if let Some(order) = self.take_down(&key) {
                        out.push(order.order.report(ts, ReportKind::Expired));
                    }
                }
                Action::CutOff(order) => {
                    self.places.remove(&order.key());
                    let reason = CancelReason::Interrupted;
                    out.push(order.report(ts, ReportKind::Canceled { reason }));
                }
            }
        }
    }

    /// After a quote or book change of an instrument: fills what rests and is crossed.
    pub fn on_market(
        &mut self,
        instrument: InstrumentIdx,
        now: UnixNanos,
        view: &impl MarketView,
        out: &mut Vec<Report>,
    ) {
        if let Some(shop) = self.shops.get_mut(&instrument) {
            let done = rest::on_market(&mut self.desk, shop, instrument, now, view, out);
            self.forget(done);
        }
    }

    /// A public trade: fills what rests and the print passes or reaches.
    pub fn on_trade(&mut self, trade: &Trade, now: UnixNanos, view: &impl MarketView, out: &mut Vec<Report>) {
        if let Some(shop) = self.shops.get_mut(&trade.instrument) {
            let done = rest::on_trade(&mut self.desk, shop, trade, now, view, out);
            self.forget(done);
        }
    }

    /// The venue's own record of positions and cash, for reconciliation.
    #[must_use]
    pub fn records(&self) -> &Records {
        &self.desk.records
    }

    /// The record, to restore it or to fold fills into it after a restart.
    pub fn records_mut(&mut self) -> &mut Records {
        &mut self.desk.records
    }

    /// Orders at the venue or on their way to it, of one account, sorted by id: id and what is left (`None` while
    /// on its way).
    #[must_use]
    pub fn open_orders(&self, account: &AccountId) -> Vec<(ClientOrderId, Option<rust_decimal::Decimal>)> {
        let of_account = self.places.iter().filter(|((a, _), _)| a == account);
        let mut open: Vec<_> = of_account
            .map(|((_, id), place)| match place {
                Place::Pending(_) => (id.clone(), None),
                Place::Resting(instrument, side) => {
                    let shop = self.shops.get(instrument);
                    let order = shop.and_then(|s| s.side(*side).iter().find(|w| w.is(account, id)));
                    (id.clone(), order.map(Working::leaves))
                }
            })
            .collect();
        open.sort();
        open
    }

    fn next_seq(&mut self) -> u64 {
        self.seq += 1;
        self.seq
    }

    fn plan(&mut self, at: UnixNanos, action: Action) -> Due {
        let due = (at, self.next_seq());
        self.due.insert(due, action);
        due
    }

    fn arrive(&mut self, order: &PaperOrder, ts: UnixNanos, view: &impl MarketView, out: &mut Vec<Report>) {
        self.places.remove(&order.key());
        let seq = self.next_seq();
        let shop = self.shops.entry(order.instrument_idx).or_default();
        if let Some(working) = arrive::arrive(&mut self.desk, shop, order, seq, ts, view, out) {
            self.rest(working, ts);
        }
    }

    /// Puts an accepted order into the book; a DAY order gets its end at the UTC midnight after `accepted`.
    fn rest(&mut self, mut working: Working, accepted: UnixNanos) {
        let key = working.order.key();
        if working.order.request.time_in_force == TimeInForce::Day {
            let midnight = accepted.floor_to(DAY_NS).plus(DAY_NS);
            working.expiry = Some(self.plan(midnight, Action::Expire(key.clone())));
        }
        let (instrument, side) = (working.order.instrument_idx, working.order.request.side);
        self.places.insert(key, Place::Resting(instrument, side));
        self.shops.entry(instrument).or_default().insert(working);
    }

    fn carry_out_cancel(&mut self, key: OrderKey, ts: UnixNanos, out: &mut Vec<Report>) {
        if let Some(order) = self.take_down(&key) {
            let reason = CancelReason::Requested;
            out.push(order.order.report(ts, ReportKind::Canceled { reason }));
            return;
        }
        let (account, client_order_id) = key;
        out.push(Report {
            account,
            client_order_id,
            ts,
            kind: ReportKind::CancelRejected,
            fill_of: None,
        });
    }

    fn take_down(&mut self, key: &OrderKey) -> Option<Working> {
        let Some(Place::Resting(instrument, side)) = self.places.get(key).copied() else {
            return None;
        };
        let order = self.shops.get_mut(&instrument)?.remove(side, key)?;
        self.forget(vec![order.clone()]);
        Some(order)
    }

    fn forget(&mut self, done: Vec<Working>) {
        for order in done {
            self.places.remove(&order.order.key());
            if let Some(expiry) = order.expiry {
                self.due.remove(&expiry);
            }
        }
    }
}
