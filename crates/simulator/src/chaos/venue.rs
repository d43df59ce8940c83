//! The simulated venue: matching engines of many participants, and a durable truth of its own about our accounts.
//!
//! It answers what it is asked and pushes what happens to our orders. It keeps everything over a restart; what is on
//! its way then is lost. A client order id is taken once: the same one again gets the same answer.

use std::collections::{BTreeMap, HashMap};

use rust_decimal::Decimal;
use tradewind_engine::kernel::{VenueRequest, VenueRequestKind};
use tradewind_matching::exchange::{
    EndReason, Exchange, ExchangeEvent, ExchangeOrderId, NewKind, NewOrder, ParticipantId, Party,
};
use tradewind_matching::paper::OrderChange;
use tradewind_types::market::{BookAction, BookLevel, BookUpdate, MarketEvent, Trade};
use tradewind_types::record::{
    VenueAccount, VenueFill, VenueNews, VenueOrder, VenueOrderStatus, VenueReport,
};
use tradewind_types::{
    AccountId, ClientOrderId, Currency, Instrument, InstrumentIdx, OrderKind, OrderRequest, Price,
    PriceMantissa, Quantity, Side, SizeMantissa, TimeInForce, UnixNanos, VenueOrderId, VenueTradeId,
};

use super::dice::Dice;
use super::listing::{MAKER, TAKER, known};

const MAKERS: ParticipantId = ParticipantId(0);
const TAKERS: ParticipantId = ParticipantId(1);
const LEVELS: i64 = 4;

/// One order of ours.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) request: OrderRequest,
    slot: usize,
    at: Option<ExchangeOrderId>,
    ours: VenueOrder,
}

#[derive(Debug, Default)]
struct Books {
    cash: Decimal,
    positions: BTreeMap<usize, Decimal>,
}

struct Listing {
    instrument: Instrument,
    exchange: Exchange,
    fair: i64,
}

/// See the module.
pub(crate) struct Venue {
    listings: Vec<Listing>,
    orders: Vec<Held>,
    by_id: HashMap<(AccountId, ClientOrderId), usize>,
    accounts: BTreeMap<AccountId, Books>,
    events: Vec<ExchangeEvent>,
    trades: u64,
    /// Busts are repeated until we have taken them: (report, trade id).
    pub(crate) busts: Vec<VenueReport>,
}

impl Venue {
    pub(crate) fn new(instruments: Vec<Instrument>, accounts: &[AccountId], deposit: Decimal) -> Self {
        let listing = |(at, instrument): (usize, Instrument)| Listing {
            instrument,
            exchange: Exchange::new(10_000),
            fair: if at == 0 { 1_000_000 } else { 100_000 },
        };
        let books = |id: &AccountId| {
            let cash = deposit;
            (
                id.clone(),
                Books {
                    cash,
                    ..Books::default()
                },
            )
        };
        Self {
            listings: instruments.into_iter().enumerate().map(listing).collect(),
            orders: Vec::new(),
            by_id: HashMap::new(),
            accounts: accounts.iter().map(books).collect(),
            events: Vec::new(),
            trades: 0,
            busts: Vec::new(),
        }
    }

    pub(crate) fn markets(&self) -> usize {
        self.listings.len()
    }

    pub(crate) fn instrument(&self, slot: usize) -> &Instrument {
        &self.listings[slot].instrument
    }

    pub(crate) fn fair(&self, slot: usize) -> i64 {
        self.listings[slot].fair
    }

    /// The market moves: makers quote anew around a new fair value, and somebody may take. Returns the public trades
    /// and the reports of our executions.
    pub(crate) fn tick(
        &mut self,
        slot: usize,
        now: u64,
        dice: &mut Dice,
    ) -> (Vec<MarketEvent>, Vec<VenueReport>) {
        self.events.clear();
        let listing = &mut self.listings[slot];
        let step = i64::try_from(dice.below(401)).unwrap_or(200) - 200;
        listing.fair = (listing.fair + step * listing.fair / 1_000_000).clamp(50_000, 2_000_000);
        let fair = listing.fair;
        listing.exchange.cancel_all(MAKERS, &mut self.events);
        self.events.clear();
        let unit = i128::from(dice.between(1, 30));
        for side in [Side::Buy, Side::Sell] {
            for level in 1..=LEVELS {
                let away = level * 50;
                let price = PriceMantissa(if side == Side::Buy {
                    fair - away
                } else {
                    fair + away
                });
                let size = SizeMantissa(unit * 10 * i128::from(level));
                submit(
                    &mut self.listings[slot].exchange,
                    MAKERS,
                    (side, size, Some(price), TimeInForce::Gtc),
                    0,
                    &mut self.events,
                );
            }
        }
        if dice.per_mille(350) {
            let side = if dice.per_mille(500) {
                Side::Buy
            } else {
                Side::Sell
            };
            let size = SizeMantissa(i128::from(dice.between(1, 60)));
            submit(
                &mut self.listings[slot].exchange,
                TAKERS,
                (side, size, None, TimeInForce::Ioc),
                0,
                &mut self.events,
            );
        }
        let mut reports = Vec::new();
        let trades = self.settle(slot, now, &mut reports);
        (trades, reports)
    }

    /// The whole book, as a feed sends it after a subscription.
    pub(crate) fn book(&self, slot: usize, now: u64, ours: u64) -> MarketEvent {
        let exchange = &self.listings[slot].exchange;
        let levels = |side: Side| {
            exchange
                .levels(side)
                .take(4)
                .map(move |(price, size)| BookLevel { side, price, size })
        };
        MarketEvent::Book(BookUpdate {
            instrument: index(slot),
            action: BookAction::Snapshot,
            levels: levels(Side::Buy).chain(levels(Side::Sell)).collect(),
            ts_event: UnixNanos(now),
            ts_init: UnixNanos(ours),
        })
    }

    /// Carries a request out; the first report is the answer.
    pub(crate) fn request(&mut self, request: &VenueRequest, refuse: bool, now: u64) -> Vec<VenueReport> {
        let mut reports = Vec::new();
        match (&request.kind, &request.client_order_id) {
            (VenueRequestKind::Submit(order), _) => self.submit(order, refuse, now, &mut reports),
            (VenueRequestKind::Cancel { .. }, Some(id)) => {
                self.cancel(&request.account, id, now, &mut reports)
            }
            (VenueRequestKind::Modify { change, .. }, Some(id)) => {
                self.modify(&request.account, id, *change, now, &mut reports);
            }
            (VenueRequestKind::Query, Some(id)) => {
                let news = match self.by_id.get(&(request.account.clone(), id.clone())) {
                    Some(at) => VenueNews::Found(Box::new(self.orders[*at].ours.clone())),
                    None => VenueNews::NotFound,
                };
                reports.push(report(&request.account, Some(id), now, news));
            }
            (VenueRequestKind::Account { since }, _) => {
                let news = VenueNews::Account(Box::new(self.account(&request.account, *since)));
                reports.push(report(&request.account, None, now, news));
            }
            (_, None) => {}
        }
        reports
    }

    fn submit(&mut self, order: &OrderRequest, refuse: bool, now: u64, reports: &mut Vec<VenueReport>) {
        let key = (order.account.clone(), order.client_order_id.clone());
        let told = |news| report(&order.account, Some(&order.client_order_id), now, news);
        if let Some(at) = self.by_id.get(&key) {
            let ours = &self.orders[*at].ours;
            let venue_order_id = ours.venue_order_id.clone();
            reports.push(told(match ours.status {
                VenueOrderStatus::Rejected => rejected(),
                _ => VenueNews::Accepted { venue_order_id },
            }));
            return;
        }
        let Some(slot) = self
            .listings
            .iter()
            .position(|l| l.instrument.id == order.instrument)
        else {
            return;
        };
        let number = self.orders.len();
        let mut held = Held {
            request: order.clone(),
            slot,
            at: None,
            ours: VenueOrder {
                client_order_id: Some(order.client_order_id.clone()),
                venue_order_id: known!(VenueOrderId, &format!("V{number}")),
                instrument: order.instrument.clone(),
                side: order.side,
                quantity: order.quantity,
                filled: Decimal::ZERO,
                status: VenueOrderStatus::Open,
                fills: Vec::new(),
            },
        };
        let venue_order_id = held.ours.venue_order_id.clone();
        let size = self.size_of(slot, order);
        let kind_known = matches!(order.kind, OrderKind::Market | OrderKind::Limit { .. });
        if refuse || !kind_known || size.is_none() {
            held.ours.status = VenueOrderStatus::Rejected;
            reports.push(told(rejected()));
            self.by_id.insert(key, number);
            self.orders.push(held);
            return;
        }
        self.by_id.insert(key, number);
        self.orders.push(held);
        reports.push(told(VenueNews::Accepted { venue_order_id }));
        self.events.clear();
        self.enter(number, size.unwrap_or(SizeMantissa(0)));
        self.settle(slot, now, reports);
        self.end_if_gone(number, now, reports);
    }

    /// The size that goes to the exchange. Nobody sells what he has not, or offers twice what he has once; reduce-only
    /// is capped by that instead of refused.
    fn size_of(&self, slot: usize, order: &OrderRequest) -> Option<SizeMantissa> {
        let scale = self.listings[slot].instrument.size_scale;
        let size = SizeMantissa::from_decimal(order.quantity.decimal(), scale)
            .ok()?
            .0;
        let (position, offered) = self.free(&order.account, slot);
        let size = match (order.side, order.reduce_only) {
            (Side::Sell, true) => size.min(position - offered),
            (Side::Sell, false) if size > position - offered => return None,
            (Side::Buy, true) => size.min(-position),
            _ => size,
        };
        (size > 0).then_some(SizeMantissa(size))
    }

    /// The position in lots, and what of it is offered already.
    fn free(&self, account: &AccountId, slot: usize) -> (i128, i128) {
        let listing = &self.listings[slot];
        let books = self.accounts.get(account);
        let position = books
            .and_then(|b| b.positions.get(&slot))
            .copied()
            .unwrap_or_default();
        let position = SizeMantissa::from_decimal(position, listing.instrument.size_scale).map_or(0, |m| m.0);
        let own = listing.exchange.orders_of(participant(account));
        let offered = own
            .iter()
            .filter(|o| o.side == Side::Sell)
            .map(|o| o.left.0)
            .sum();
        (position, offered)
    }

    fn enter(&mut self, number: usize, size: SizeMantissa) {
        let held = &self.orders[number];
        let listing = &mut self.listings[held.slot];
        let price = held
            .request
            .limit_price()
            .and_then(|p| PriceMantissa::from_decimal(p.decimal(), listing.instrument.price_scale).ok());
        let post_only = held.request.post_only();
        let order = NewOrder {
            participant: participant(&held.request.account),
            tag: number as u64 + 1,
            side: held.request.side,
            size,
            kind: price.map_or(NewKind::Market, |price| NewKind::Limit { price, post_only }),
            time_in_force: held.request.time_in_force,
        };
        let at = listing.exchange.submit(&order, &mut self.events);
        self.orders[number].at = at;
    }

    fn cancel(&mut self, account: &AccountId, id: &ClientOrderId, now: u64, reports: &mut Vec<VenueReport>) {
        let refused = |reason: &str| {
            let reason = reason.to_owned();
            report(account, Some(id), now, VenueNews::CancelRejected { reason })
        };
        let Some(number) = self.by_id.get(&(account.clone(), id.clone())).copied() else {
            reports.push(refused("unknown order"));
            return;
        };
        if self.orders[number].ours.status != VenueOrderStatus::Open {
            reports.push(refused("the order has ended"));
            return;
        }
        self.take_down(number);
        self.orders[number].ours.status = VenueOrderStatus::Canceled;
        let reason = "requested".to_owned();
        reports.push(report(account, Some(id), now, VenueNews::Canceled { reason }));
    }

    fn take_down(&mut self, number: usize) {
        let held = &mut self.orders[number];
        if let Some(at) = held.at.take() {
            self.events.clear();
            let who = participant(&held.request.account);
            self.listings[held.slot]
                .exchange
                .cancel(who, at, &mut self.events);
            self.events.clear();
        }
    }

    fn modify(
        &mut self,
        account: &AccountId,
        id: &ClientOrderId,
        change: OrderChange,
        now: u64,
        reports: &mut Vec<VenueReport>,
    ) {
        let number = self.by_id.get(&(account.clone(), id.clone())).copied();
        let open = number.filter(|n| self.orders[*n].ours.status == VenueOrderStatus::Open);
        let quantity = |n: usize| change.quantity.unwrap_or(self.orders[n].ours.quantity);
        let possible = open.filter(|n| quantity(*n).decimal() > self.orders[*n].ours.filled);
        let Some(number) = possible else {
            let reason = "the order cannot be changed so".to_owned();
            reports.push(report(
                account,
                Some(id),
                now,
                VenueNews::ModifyRejected { reason },
            ));
            return;
        };
        let quantity = quantity(number);
        self.take_down(number);
        let held = &mut self.orders[number];
        held.ours.quantity = quantity;
        held.request.quantity = quantity;
        if let (Some(new), OrderKind::Limit { price, .. }) = (change.price, &mut held.request.kind) {
            *price = new;
        }
        let news = VenueNews::Modified {
            quantity,
            price: held.request.limit_price(),
            trigger: None,
        };
        let (slot, leaves) = (held.slot, quantity.decimal() - held.ours.filled);
        reports.push(report(account, Some(id), now, news));
        let scale = self.listings[slot].instrument.size_scale;
        let size = SizeMantissa::from_decimal(leaves, scale).unwrap_or(SizeMantissa(0));
        self.events.clear();
        self.enter(number, size);
        self.settle(slot, now, reports);
        self.end_if_gone(number, now, reports);
    }

    fn account(&self, account: &AccountId, since: UnixNanos) -> VenueAccount {
        let mine = self.orders.iter().filter(|o| o.request.account == *account);
        let told = mine.filter(|o| {
            o.ours.status == VenueOrderStatus::Open || o.ours.fills.iter().any(|f| f.ts >= since)
        });
        let (cash, positions) = self.books(account);
        VenueAccount {
            orders: told.map(|o| o.ours.clone()).collect(),
            positions: positions
                .into_iter()
                .map(|(slot, q)| (self.listings[slot].instrument.id.clone(), q))
                .collect(),
            balances: vec![(Currency::USD, cash)],
        }
    }

    /// The truth about an account: cash, and positions that are open.
    pub(crate) fn books(&self, account: &AccountId) -> (Decimal, BTreeMap<usize, Decimal>) {
        let books = self.accounts.get(account);
        let positions = books.map(|b| b.positions.clone()).unwrap_or_default();
        let open = positions.into_iter().filter(|(_, q)| !q.is_zero()).collect();
        (books.map_or(Decimal::ZERO, |b| b.cash), open)
    }

    /// The truth about orders.
    pub(crate) fn orders(&self) -> impl Iterator<Item = (&AccountId, &VenueOrder)> {
        self.orders.iter().map(|o| (&o.request.account, &o.ours))
    }

    /// Takes one of the last executions of an order that has ended back.
    pub(crate) fn bust(&mut self, now: u64, dice: &mut Dice, reports: &mut Vec<VenueReport>) -> bool {
        let candidates: Vec<usize> = (0..self.orders.len())
            .rev()
            .filter(|n| {
                self.orders[*n].ours.status != VenueOrderStatus::Open
                    && !self.orders[*n].ours.fills.is_empty()
            })
            .take(10)
            .collect();
        let Some(number) = dice.pick(&candidates).copied() else {
            return false;
        };
        let held = &mut self.orders[number];
        let Some(fill) = held.ours.fills.pop() else {
            return false;
        };
        held.ours.filled -= fill.quantity.decimal();
        if held.ours.status == VenueOrderStatus::Filled {
            held.ours.status = VenueOrderStatus::Canceled;
        }
        let (account, slot, side) = (held.request.account.clone(), held.slot, held.request.side);
        let venue_trade_id = fill.venue_trade_id.clone();
        self.busts.push(report(
            &account,
            held.ours.client_order_id.as_ref(),
            now,
            VenueNews::Busted { venue_trade_id },
        ));
        self.enter_books(
            &account,
            slot,
            side.opposite(),
            fill.quantity.decimal(),
            fill.price.decimal(),
            -fill.fee,
        );
        self.cap(&account, slot, now, reports);
        true
    }

    fn book_of(&mut self, account: &AccountId) -> &mut Books {
        self.accounts.entry(account.clone()).or_default()
    }

    /// Works off what the exchange said: our executions are booked and reported; public trades are returned.
    fn settle(&mut self, slot: usize, now: u64, reports: &mut Vec<VenueReport>) -> Vec<MarketEvent> {
        let mut public = Vec::new();
        let mut touched = Vec::new();
        for event in std::mem::take(&mut self.events) {
            match event {
                ExchangeEvent::Trade {
                    price,
                    size,
                    aggressor,
                    maker,
                    taker,
                    ..
                } => {
                    self.trades += 1;
                    public.push(MarketEvent::Trade(Trade {
                        instrument: index(slot),
                        price,
                        size,
                        aggressor: Some(aggressor),
                        trade_id: self.trades,
                        ts_event: UnixNanos(now),
                        ts_init: UnixNanos(now),
                    }));
                    self.executed(&maker, (slot, price, size), false, now, reports);
                    self.executed(&taker, (slot, price, size), true, now, reports);
                    touched.extend(
                        [maker.tag, taker.tag]
                            .iter()
                            .filter_map(|t| (*t as usize).checked_sub(1)),
                    );
                }
                ExchangeEvent::Ended { order, reason } if order.tag > 0 && reason != EndReason::Canceled => {
                    let number = order.tag as usize - 1;
                    self.orders[number].at = None;
                }
                ExchangeEvent::Refused { tag, .. } if tag > 0 => self.orders[tag as usize - 1].at = None,
                _ => {}
            }
        }
        for number in touched {
            self.end_if_gone(number, now, reports);
            let account = self.orders[number].request.account.clone();
            self.cap(&account, slot, now, reports);
        }
        public
    }

    fn executed(
        &mut self,
        party: &Party,
        (slot, price, size): (usize, PriceMantissa, SizeMantissa),
        taker: bool,
        now: u64,
        reports: &mut Vec<VenueReport>,
    ) {
        let Some(number) = (party.tag as usize).checked_sub(1) else {
            return;
        };
        let instrument = &self.listings[slot].instrument;
        let price = price.to_decimal(instrument.price_scale);
        let quantity = size.to_decimal(instrument.size_scale).unwrap_or_default();
        let fee = price * quantity * if taker { TAKER } else { MAKER };
        let (Ok(fill_price), Ok(fill_quantity)) = (Price::new(price), Quantity::new(quantity)) else {
            return;
        };
        let fill = VenueFill {
            venue_trade_id: known!(VenueTradeId, &format!("T{}-{number}", self.trades)),
            quantity: fill_quantity,
            price: fill_price,
            fee,
            fee_currency: Currency::USD,
            taker,
            ts: UnixNanos(now),
        };
        let held = &mut self.orders[number];
        held.ours.filled += quantity;
        held.ours.fills.push(fill.clone());
        if party.left.0 == 0 {
            held.at = None;
        }
        let (account, side) = (held.request.account.clone(), held.request.side);
        let id = held.ours.client_order_id.clone();
        if held.ours.filled == held.ours.quantity.decimal() {
            held.ours.status = VenueOrderStatus::Filled;
        }
        reports.push(report(&account, id.as_ref(), now, VenueNews::Filled(fill)));
        self.enter_books(&account, slot, side, quantity, price, fee);
    }

    fn enter_books(
        &mut self,
        account: &AccountId,
        slot: usize,
        side: Side,
        quantity: Decimal,
        price: Decimal,
        fee: Decimal,
    ) {
        let signed = if side == Side::Sell { -quantity } else { quantity };
        let books = self.book_of(account);
        books.cash -= signed * price + fee;
        *books.positions.entry(slot).or_default() += signed;
    }

    /// An order that no longer rests and is not filled has ended.
    fn end_if_gone(&mut self, number: usize, now: u64, reports: &mut Vec<VenueReport>) {
        let held = &mut self.orders[number];
        let exchange = &self.listings[held.slot].exchange;
        let rests = held.at.is_some_and(|at| exchange.order(at).is_some());
        if rests || held.ours.status != VenueOrderStatus::Open {
            return;
        }
        held.at = None;
        held.ours.status = VenueOrderStatus::Canceled;
        let reason = "nothing more to take".to_owned();
        reports.push(report(
            &held.request.account,
            held.ours.client_order_id.as_ref(),
            now,
            VenueNews::Canceled { reason },
        ));
    }

    /// What is offered is never more than there is: the newest gives way.
    fn cap(&mut self, account: &AccountId, slot: usize, now: u64, reports: &mut Vec<VenueReport>) {
        let (position, offered) = self.free(account, slot);
        let mut excess = offered - position;
        if excess <= 0 {
            return;
        }
        let own = self.listings[slot].exchange.orders_of(participant(account));
        for order in own.iter().rev().filter(|o| o.side == Side::Sell) {
            let less = order.left.0.min(excess.max(0));
            if less == 0 {
                continue;
            }
            excess -= less;
            let left = SizeMantissa(order.left.0 - less);
            let mut events = Vec::new();
            let exchange = &mut self.listings[slot].exchange;
            exchange.reduce(participant(account), order.id, left, &mut events);
            if let Some(number) = (order.tag as usize).checked_sub(1) {
                self.end_if_gone(number, now, reports);
            }
        }
    }
}

fn rejected() -> VenueNews {
    VenueNews::Rejected {
        reason: "refused by the venue".to_owned(),
    }
}

fn participant(account: &AccountId) -> ParticipantId {
    let number = account.as_str().bytes().last().map_or(0, |b| u32::from(b - b'0'));
    ParticipantId(10 + number)
}

fn index(slot: usize) -> InstrumentIdx {
    InstrumentIdx(u32::try_from(slot).unwrap_or(u32::MAX))
}

fn submit(
    exchange: &mut Exchange,
    participant: ParticipantId,
    (side, size, price, time_in_force): (Side, SizeMantissa, Option<PriceMantissa>, TimeInForce),
    tag: u64,
    events: &mut Vec<ExchangeEvent>,
) {
    let kind = price.map_or(NewKind::Market, |price| NewKind::Limit {
        price,
        post_only: false,
    });
    let order = NewOrder {
        participant,
        tag,
        side,
        size,
        kind,
        time_in_force,
    };
    exchange.submit(&order, events);
}

fn report(account: &AccountId, id: Option<&ClientOrderId>, now: u64, news: VenueNews) -> VenueReport {
    VenueReport {
        account: account.clone(),
        client_order_id: id.cloned(),
        ts_event: UnixNanos(now),
        ts_init: UnixNanos(now),
        news,
    }
}
