//! The venue itself: what can be asked of it, and who is to do it.

use rustc_hash::FxHashMap;
use tradewind_types::market::Trade;
use tradewind_types::record::FeeTable;
use tradewind_types::{
    AccountId, ClientOrderId, Decimal, InstrumentIdx, InstrumentKind, Market, PriceMantissa, Side,
    SizeMantissa, UnixNanos,
};

use super::PaperSettings;
use super::agenda::{Action, Agenda, Due};
use super::desk::Desk;
use super::fees::FeeModel;
use super::floor::Floor;
use super::friction::ImpactInputs;
use super::order::{OrderChange, PaperOrder, Place, RestoredOrder, RestoredStop, Working};
use super::queue::QueuePlace;
use super::records::Records;
use super::report::{CancelReason, ModifyRefusal, RejectReason, Report, ReportKind};
use super::shop::{Rest, Shop};
use super::slots::{OrderKey, OrderSlot, Slots};
use super::view::MarketView;

/// Something that happened to an order of the book, as a feed by order tells it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OrderGone {
    /// The instrument.
    pub instrument: InstrumentIdx,
    /// The order's side.
    pub side: Side,
    /// Its price.
    pub price: PriceMantissa,
    /// The number that the feed gave it when it came to its place in the queue.
    pub number: u64,
    /// How much of it is gone.
    pub size: SizeMantissa,
    /// Whether it was traded; otherwise it was taken back.
    pub executed: bool,
}

/// The paper venue: see the module above.
#[derive(Clone, Debug)]
pub struct PaperVenue {
    pub(super) desk: Desk,
    /// By the instrument's index.
    pub(super) shops: Vec<Shop>,
    pub(super) slots: Slots,
    /// What is due, but for instruments that are fed by bars.
    pub(super) agenda: Agenda,
    /// Whom cancels and changes under way are for, by their numbers.
    pub(super) asked: FxHashMap<u64, OrderKey>,
}

impl PaperVenue {
    /// A venue without orders and fees.
    #[must_use]
    pub fn new(settings: PaperSettings) -> Self {
        Self {
            desk: Desk::new(settings),
            shops: Vec::new(),
            slots: Slots::default(),
            agenda: Agenda::default(),
            asked: FxHashMap::default(),
        }
    }

    /// The assumptions.
    #[must_use]
    pub fn settings(&self) -> &PaperSettings {
        &self.desk.settings
    }

    /// Sets or replaces a market's fees, for fills from now on.
    pub fn set_fees(&mut self, fees: FeeTable) {
        let model = FeeModel::Rates {
            maker: fees.maker,
            taker: fees.taker,
        };
        self.desk.set_fees(fees.market.clone(), None, model);
        self.desk.tables.insert(fees.market.clone(), fees);
    }

    /// The fee table of a market, where one was set.
    #[must_use]
    pub fn fees(&self, market: &Market) -> Option<&FeeTable> {
        self.desk.tables.get(market)
    }

    /// Sets or replaces how fees of a market are reckoned, or of one kind of instrument there, which goes before.
    pub fn set_fee_model(&mut self, market: Market, kind: Option<InstrumentKind>, model: FeeModel) {
        self.desk.set_fees(market, kind, model);
    }

    /// Counts volume that an account traded on a market before, for tiers by volume.
    pub fn add_volume(&mut self, account: AccountId, market: Market, ts: UnixNanos, notional: Decimal) {
        self.desk.add_volume(account, market, ts, notional);
    }

    /// What the square-root law is to reckon with for an instrument from now on.
    pub fn set_impact_inputs(&mut self, instrument: InstrumentIdx, inputs: Option<ImpactInputs>) {
        self.shop_mut(instrument).impact = inputs;
    }

    /// Takes an order; it arrives one latency after `now`. `None`, and nothing happens, when the account has an order
    /// of that id here.
    pub fn submit(&mut self, order: PaperOrder, now: UnixNanos) -> Option<OrderSlot> {
        let instrument = order.instrument_idx;
        let now = self.time_of(instrument, now);
        let at = self.desk.delays.order(now, self.desk.settings.order_latency_ns);
        let slot = self.take_in(order, at)?;
        self.plan(instrument, at, Action::Arrive, slot);
        Some(slot)
    }

    /// Takes an order that arrives at once, before anything else that is due now: for callers without latency, who
    /// have advanced to `now`. As [`PaperVenue::submit`] otherwise.
    pub fn submit_now(
        &mut self,
        order: PaperOrder,
        now: UnixNanos,
        view: &impl MarketView,
        out: &mut Vec<Report>,
    ) -> Option<OrderSlot> {
        let slot = self.take_in(order, now)?;
        self.on_floor_of(slot, now, view, out, |floor, shop| floor.arrive(shop, slot));
        Some(slot)
    }

    fn take_in(&mut self, order: PaperOrder, arrives: UnixNanos) -> Option<OrderSlot> {
        let instrument = order.instrument_idx;
        let steps = self.shop_mut(instrument).steps_of(&order.instrument);
        let mut working = Working::new(order, steps, arrives);
        if self.slots.len() >= self.desk.settings.orders_max {
            working.refusal = Some(RejectReason::TooManyOrders);
        }
        let tick = working.tick;
        let slot = self.slots.insert(working)?;
        let shop = self.shop_mut(instrument);
        shop.pending += 1;
        if let Some(mark) = &mut shop.mark {
            mark.tick = tick;
        }
        Some(slot)
    }

    /// Asks for a cancel; it takes effect one latency after `now`, and not before its order has arrived.
    pub fn cancel(&mut self, account: &AccountId, order: &ClientOrderId, now: UnixNanos) {
        self.ask(account, order, None, now);
    }

    /// Asks for a change; it takes effect as a cancel does.
    pub fn modify(
        &mut self,
        account: &AccountId,
        order: &ClientOrderId,
        change: OrderChange,
        now: UnixNanos,
    ) {
        self.ask(account, order, Some(change), now);
    }

    fn ask(
        &mut self,
        account: &AccountId,
        order: &ClientOrderId,
        change: Option<OrderChange>,
        now: UnixNanos,
    ) {
        let key = (account.clone(), order.clone());
        let slot = self.slots.find(&key);
        let found = slot.and_then(|slot| self.slots.get(slot));
        let now = found.map_or(now, |order| self.time_of(order.order.instrument_idx, now));
        let mut at = self.desk.delays.cancel(now, self.desk.settings.cancel_latency_ns);
        if let Some(Place::Pending(arrives)) = found.map(|order| order.place) {
            at = at.max(arrives);
        }
        let action = if change.is_some() {
            Action::Modify
        } else {
            Action::Cancel
        };
        let instrument = found.map(|order| order.order.instrument_idx);
        let slot = slot.unwrap_or(OrderSlot::NONE);
        let seq = match instrument {
            Some(instrument) => self.plan(instrument, at, action, slot),
            None => {
                let due = self.due(at, action, slot);
                self.agenda.push(due, &self.slots);
                due.seq
            }
        };
        if let (Some(order), Some(change)) = (self.slots.get_mut(slot), change) {
            order.changes.push((seq, change));
        }
        self.asked.insert(seq, key);
    }

    /// Puts an order back after a restart. One that had been accepted rests at once, at the end of its queue; one
    /// that had not is on its way again; one that may not rest (MARKET, IOC, FOK) is taken down.
    pub fn restore(&mut self, order: PaperOrder, was: &RestoredOrder) {
        self.restore_stop(order, was, RestoredStop::default());
    }

    /// As [`PaperVenue::restore`], for a stop whose trigger had moved or had been reached.
    pub fn restore_stop(&mut self, order: PaperOrder, was: &RestoredOrder, stop: RestoredStop) {
        let instrument = order.instrument_idx;
        let at = if was.accepted {
            was.ts
        } else {
            was.ts.plus(self.desk.settings.order_latency_ns)
        };
        let Some(slot) = self.take_in(order, at) else {
            return;
        };
        if !was.accepted {
            self.plan(instrument, at, Action::Arrive, slot);
            return;
        }
        self.shop_mut(instrument).pending -= 1;
        let seq = self.desk.next_seq();
        let Some(order) = self.slots.get_mut(slot) else {
            return;
        };
        if !order.resume(was, stop) || !order.may_rest() {
            self.plan(instrument, was.ts, Action::CutOff, slot);
            return;
        }
        order.seq = seq;
        order.refill();
        let (side, limit, waits) = (order.side(), order.limit, order.waits());
        order.place = if waits { Place::Waiting } else { Place::Resting };
        let shop = self.shop_mut(instrument);
        if waits {
            shop.stops.push(slot);
        } else {
            shop.insert(side, Rest { limit, seq, slot });
        }
        self.plan(instrument, was.ts, Action::Reckon, slot);
    }

    /// When the next arrival, change, cancel or expiry is due. Instruments that are fed by bars are left out: their
    /// time comes with their bars.
    #[must_use]
    pub fn next_due(&self) -> Option<UnixNanos> {
        self.agenda.next()
    }

    /// Whether changes of an instrument's market matter to an order here; if not, [`PaperVenue::on_market`] and
    /// [`PaperVenue::on_trade`] need not be called for it.
    #[must_use]
    #[inline]
    pub fn watches(&self, instrument: InstrumentIdx) -> bool {
        self.shops.get(instrument.slot()).is_some_and(Shop::is_busy)
    }

    /// Carries out what is due until `now`, in order of time, then of asking. To be called with the time of every
    /// event *before* the event changes the market: what was due meets the market that was displayed until then.
    ///
    /// Reports are added to `out`; fills already in it count as not yet part of the view's positions, so hand in
    /// the same list until it is worked off.
    pub fn advance(&mut self, now: UnixNanos, view: &impl MarketView, out: &mut Vec<Report>) {
        while let Some(due) = self.agenda.pop(now) {
            self.carry_out(due, view, out);
        }
        self.agenda.prune(&self.slots);
    }

    /// After a quote or book change of an instrument: fills what rests and is crossed, fires stops.
    pub fn on_market(
        &mut self,
        instrument: InstrumentIdx,
        now: UnixNanos,
        view: &impl MarketView,
        out: &mut Vec<Report>,
    ) {
        self.on_floor(instrument, now, view, out, |floor, shop| floor.market(shop));
        self.agenda.prune(&self.slots);
    }

    /// A public trade: fills what rests and the print passes or reaches, fires stops.
    pub fn on_trade(&mut self, trade: &Trade, now: UnixNanos, view: &impl MarketView, out: &mut Vec<Report>) {
        self.on_floor(trade.instrument, now, view, out, |floor, shop| {
            floor.print(shop, trade);
        });
        self.agenda.prune(&self.slots);
    }

    /// With [`super::QueueModel::ByOrder`]: an order of the book was executed, canceled or cut. To be called before the
    /// book is changed.
    pub fn on_order_gone(
        &mut self,
        gone: &OrderGone,
        now: UnixNanos,
        view: &impl MarketView,
        out: &mut Vec<Report>,
    ) {
        if self.desk.settings.queue != super::QueueModel::ByOrder {
            return;
        }
        self.on_floor(gone.instrument, now, view, out, |floor, shop| {
            floor.order_gone(shop, gone);
        });
        self.agenda.prune(&self.slots);
    }

    /// The book of an instrument begins anew: nobody knows where its resting orders stand until it is whole again; then
    /// they stand behind what it shows. To be called before the book is cleared.
    pub fn on_book_cleared(&mut self, instrument: InstrumentIdx) {
        let Some(shop) = self.shops.get(instrument.slot()) else {
            return;
        };
        for rest in shop.buys.iter().chain(&shop.sells) {
            if let Some(order) = self.slots.get_mut(rest.slot) {
                order.queue = QueuePlace::default();
            }
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
    pub fn open_orders(&self, account: &AccountId) -> Vec<(ClientOrderId, Option<Decimal>)> {
        let of_account = self.slots.iter().filter(|o| o.order.request.account == *account);
        let mut open: Vec<_> = of_account
            .map(|order| {
                let left = match order.place {
                    Place::Pending(_) => None,
                    Place::Waiting | Place::Resting => Some(order.leaves()),
                };
                (order.order.request.client_order_id.clone(), left)
            })
            .collect();
        open.sort();
        open
    }

    pub(super) fn shop_mut(&mut self, instrument: InstrumentIdx) -> &mut Shop {
        let at = instrument.slot();
        while self.shops.len() <= at {
            let next = u32::try_from(self.shops.len()).unwrap_or(u32::MAX);
            self.shops.push(Shop::new(InstrumentIdx(next)));
        }
        &mut self.shops[at]
    }

    /// The time for an instrument: that of the walk along its bar, if one is under way.
    fn time_of(&self, instrument: InstrumentIdx, now: UnixNanos) -> UnixNanos {
        let shop = self.shops.get(instrument.slot());
        let mark = shop.and_then(|shop| shop.mark.as_ref());
        mark.and_then(|mark| mark.walking).unwrap_or(now)
    }

    fn due(&mut self, at: UnixNanos, action: Action, slot: OrderSlot) -> Due {
        Due {
            at,
            asked: true,
            seq: self.desk.next_seq(),
            action,
            slot,
            generation: self.slots.generation(slot),
        }
    }

    /// Puts something on the agenda that the instrument's orders go by; its number.
    fn plan(&mut self, instrument: InstrumentIdx, at: UnixNanos, action: Action, slot: OrderSlot) -> u64 {
        let due = self.due(at, action, slot);
        match self.shops.get_mut(instrument.slot()) {
            Some(shop) if shop.mark.is_some() => shop.agenda.push(due, &self.slots),
            _ => self.agenda.push(due, &self.slots),
        }
        due.seq
    }

    pub(super) fn on_floor<V: MarketView>(
        &mut self,
        instrument: InstrumentIdx,
        ts: UnixNanos,
        view: &V,
        out: &mut Vec<Report>,
        act: impl FnOnce(&mut Floor<'_, V>, &mut Shop),
    ) {
        let Some(shop) = self.shops.get_mut(instrument.slot()) else {
            return;
        };
        let mut floor = Floor {
            desk: &mut self.desk,
            slots: &mut self.slots,
            agenda: &mut self.agenda,
            view,
            ts,
            out,
        };
        act(&mut floor, shop);
    }

    fn on_floor_of<V: MarketView>(
        &mut self,
        slot: OrderSlot,
        ts: UnixNanos,
        view: &V,
        out: &mut Vec<Report>,
        act: impl FnOnce(&mut Floor<'_, V>, &mut Shop),
    ) {
        if let Some(instrument) = self.slots.get(slot).map(|o| o.order.instrument_idx) {
            self.on_floor(instrument, ts, view, out, act);
        }
    }

    pub(super) fn carry_out(&mut self, due: Due, view: &impl MarketView, out: &mut Vec<Report>) {
        let (slot, ts) = (due.slot, due.at);
        let here = self.slots.holds(slot, due.generation);
        match due.action {
            Action::Cancel | Action::Modify => self.carry_out_asked(due, here, view, out),
            _ if !here => {}
            Action::Arrive => self.on_floor_of(slot, ts, view, out, |floor, shop| floor.arrive(shop, slot)),
            Action::Expire => self.on_floor_of(slot, ts, view, out, |floor, shop| {
                floor.take_down(shop, slot, ReportKind::Expired);
            }),
            Action::Reckon => self.on_floor_of(slot, ts, view, out, |floor, shop| {
                floor.plan_end(shop, slot, ts);
            }),
            Action::CutOff => self.on_floor_of(slot, ts, view, out, |floor, _| {
                floor.cancel(slot, CancelReason::Interrupted);
            }),
        }
    }

    fn carry_out_asked(&mut self, due: Due, here: bool, view: &impl MarketView, out: &mut Vec<Report>) {
        let (slot, ts) = (due.slot, due.at);
        let Some((account, client_order_id)) = self.asked.remove(&due.seq) else {
            return;
        };
        if !here {
            let kind = match due.action {
                Action::Modify => ReportKind::ModifyRejected {
                    reason: ModifyRefusal::NotOpen,
                },
                _ => ReportKind::CancelRejected,
            };
            out.push(Report {
                account,
                client_order_id,
                slot: None,
                ts,
                kind,
                fill_of: None,
            });
            return;
        }
        if due.action == Action::Cancel {
            let reason = CancelReason::Requested;
            return self.on_floor_of(slot, ts, view, out, |floor, shop| {
                floor.take_down(shop, slot, ReportKind::Canceled { reason });
            });
        }
        let Some(order) = self.slots.get_mut(slot) else {
            return;
        };
        let Some(at) = order.changes.iter().position(|(seq, _)| *seq == due.seq) else {
            return;
        };
        let (_, change) = order.changes.swap_remove(at);
        self.on_floor_of(slot, ts, view, out, |floor, shop| {
            floor.modify(shop, slot, change)
        });
    }
}
