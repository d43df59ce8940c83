//! A seeded market: random orders of many participants on the crate's own [`exchange`](crate::exchange), told by price
//! or by order.
//!
//! Not a model of any real market; it serves benchmarks and tests, which need a feed that is consistent (trades and
//! levels belong together, the book is never crossed), the same for a seed, and of any length in constant memory. New
//! orders are placed at random distances from the opposite best price, takers and cancels come at random, and the book
//! keeps about as many orders as is asked for. The price walks at random between two bounds: at a bound, nobody takes
//! in its direction.

use std::collections::VecDeque;

use tradewind_types::{PriceMantissa, Side, SizeMantissa, SplitMix64, TimeInForce};

use super::event::{DepthEvent, EventKind};
use crate::exchange::{
    EndReason, Exchange, ExchangeEvent, ExchangeOrderId, NewKind, NewOrder, ParticipantId,
};

/// How a synthetic market is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Telling {
    /// Levels and trades.
    ByPrice,
    /// Orders.
    ByOrder,
}

/// Properties of a synthetic market.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SyntheticConfig {
    /// Same seed, same market.
    pub seed: u64,
    /// Time of the first event.
    pub start_ns: i64,
    /// Mean time between happenings; each is one event or a few.
    pub step_ns: u64,
    /// Price around which it walks, ticks.
    pub anchor: i64,
    /// How far it may walk, ticks.
    pub range: i64,
    /// Orders that rest, about.
    pub resting: usize,
    /// Largest size of an order, lots.
    pub size_max: u64,
    /// Delay until an event reaches us: from, and up to so much more.
    pub delay_ns: (u32, u32),
    /// By price or by order.
    pub telling: Telling,
}

impl SyntheticConfig {
    /// The market of the benchmark: about 2,000 orders within ±200 ticks, a happening every 100 µs on average, told by
    /// price 0.2 to 0.5 ms later.
    #[must_use]
    pub fn benchmark(seed: u64) -> Self {
        Self {
            seed,
            start_ns: 1_767_225_600_000_000_000,
            step_ns: 100_000,
            anchor: 6_000_000,
            range: 20_000,
            resting: 2_000,
            size_max: 20,
            delay_ns: (200_000, 300_000),
            telling: Telling::ByPrice,
        }
    }
}

/// What a happening did at the exchange, for those who replay the flow elsewhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flow {
    /// A new order.
    New(NewOrder),
    /// A cancel.
    Cancel(ExchangeOrderId),
    /// A reduction to so much.
    Reduce(ExchangeOrderId, SizeMantissa),
}

/// The market; an endless iterator of events.
#[derive(Clone, Debug)]
pub struct SyntheticMarket {
    config: SyntheticConfig,
    random: SplitMix64,
    exchange: Exchange,
    now_ns: i64,
    live: Vec<ExchangeOrderId>,
    told: Vec<ExchangeEvent>,
    waiting: VecDeque<DepthEvent>,
}

/// The participant that all random orders belong to in turn, so that they do trade with one another.
const PARTICIPANTS: u64 = 1 << 20;

impl SyntheticMarket {
    /// A market with an empty book; it fills up first.
    #[must_use]
    pub fn new(config: SyntheticConfig) -> Self {
        Self {
            random: SplitMix64::new(config.seed),
            exchange: Exchange::new(config.resting.saturating_mul(4).max(64)),
            now_ns: config.start_ns,
            live: Vec::with_capacity(config.resting * 2),
            told: Vec::new(),
            waiting: VecDeque::new(),
            config,
        }
    }

    /// The exchange behind it.
    #[must_use]
    pub fn exchange(&self) -> &Exchange {
        &self.exchange
    }

    /// The next happening with the events that tell it; all have the same time.
    pub fn happen(&mut self) -> (Flow, Vec<DepthEvent>) {
        let flow = self.step();
        (flow, self.waiting.drain(..).collect())
    }

    fn step(&mut self) -> Flow {
        self.now_ns += 1 + self.random.below(2 * self.config.step_ns) as i64;
        let flow = self.choose();
        self.told.clear();
        match &flow {
            Flow::New(order) => {
                let id = self.exchange.submit(order, &mut self.told);
                self.live
                    .extend(id.filter(|id| self.exchange.order(*id).is_some()));
            }
            Flow::Cancel(id) => {
                if let Some(order) = self.exchange.order(*id) {
                    self.exchange.cancel(order.participant, *id, &mut self.told);
                }
            }
            Flow::Reduce(id, left) => {
                if let Some(order) = self.exchange.order(*id) {
                    self.exchange
                        .reduce(order.participant, *id, *left, &mut self.told);
                }
            }
        }
        self.tell(&flow);
        flow
    }

    fn choose(&mut self) -> Flow {
        let full = self.live.len() >= self.config.resting;
        let roll = self.random.below(100);
        // A full book cancels more than it gains, one that is filling up less.
        let cancels = if full { 60 } else { 25 };
        if roll < cancels
            && let Some(flow) = self.choose_live(roll < 5)
        {
            return flow;
        }
        let takes = roll >= 90;
        Flow::New(self.choose_order(takes))
    }

    /// A cancel or reduction of a random live order; orders that traded away meanwhile leave the list here.
    fn choose_live(&mut self, reduces: bool) -> Option<Flow> {
        while !self.live.is_empty() {
            let at = self.random.below(self.live.len() as u64) as usize;
            let id = self.live[at];
            let Some(order) = self.exchange.order(id) else {
                self.live.swap_remove(at);
                continue;
            };
            if reduces && order.left.0 > 1 {
                let left = 1 + self.random.below(order.left.0 as u64 - 1) as i128;
                return Some(Flow::Reduce(id, SizeMantissa(left)));
            }
            self.live.swap_remove(at);
            return Some(Flow::Cancel(id));
        }
        None
    }

    fn choose_order(&mut self, takes: bool) -> NewOrder {
        let random = &mut self.random;
        let best = |side| self.exchange.best(side).map(|(price, _)| price.0);
        let (bid, ask) = (best(Side::Buy), best(Side::Sell));
        let (low, high) = (
            self.config.anchor - self.config.range,
            self.config.anchor + self.config.range,
        );
        let mut side = if random.below(2) == 0 {
            Side::Buy
        } else {
            Side::Sell
        };
        if takes && ask.is_some_and(|ask| ask > high) {
            side = Side::Sell;
        } else if takes && bid.is_some_and(|bid| bid < low) {
            side = Side::Buy;
        }
        let opposite = if side == Side::Buy { ask } else { bid };
        let far = match random.below(10) {
            0..=5 => random.below(8),
            6..=8 => random.below(30),
            _ => random.below(200),
        };
        let away = if takes { 0 } else { 1 + far as i64 };
        let price = match (opposite, side) {
            (Some(ask), Side::Buy) => ask - away,
            (Some(bid), Side::Sell) => bid + away,
            (None, Side::Buy) => self.config.anchor - away,
            (None, Side::Sell) => self.config.anchor + away,
        };
        let size = 1 + random.below(self.config.size_max.max(1)) as i128;
        NewOrder {
            participant: ParticipantId(1 + random.below(PARTICIPANTS) as u32),
            tag: 0,
            side,
            size: SizeMantissa(size),
            kind: NewKind::Limit {
                price: PriceMantissa(price),
                post_only: false,
            },
            time_in_force: TimeInForce::Gtc,
        }
    }

    /// Puts what the exchange told into the words of the feed.
    fn tell(&mut self, flow: &Flow) {
        let (from, spread) = self.config.delay_ns;
        let delay_ns = from.saturating_add(self.random.below(u64::from(spread) + 1) as u32);
        let by_order = self.config.telling == Telling::ByOrder;
        let now_ns = self.now_ns;
        let told = std::mem::take(&mut self.told);
        let words = told.iter().filter_map(|event| {
            if by_order {
                order_word(now_ns, event)
            } else {
                price_word(now_ns, event)
            }
        });
        self.waiting.extend(words.map(|event| event.delayed(delay_ns)));
        let rests = match (flow, told.first()) {
            (Flow::New(_), Some(ExchangeEvent::Accepted { order })) => Some((EventKind::Add, order.id)),
            (Flow::Reduce(id, _), Some(_)) => Some((EventKind::Replace, *id)),
            _ => None,
        };
        if by_order
            && let Some((kind, id)) = rests
            && let Some(rest) = self.exchange.order(id)
        {
            let (price, left) = (rest.price.0, rest.left.0 as i64);
            let word = DepthEvent::order(now_ns, kind, id.0, rest.side, price, left);
            self.waiting.push_back(word.delayed(delay_ns));
        }
        self.told = told;
    }
}

fn price_word(now_ns: i64, event: &ExchangeEvent) -> Option<DepthEvent> {
    match event {
        ExchangeEvent::Trade {
            price,
            size,
            aggressor,
            ..
        } => Some(DepthEvent::trade(now_ns, *aggressor, price.0, size.0 as i64)),
        ExchangeEvent::Level { side, price, size } => {
            Some(DepthEvent::level(now_ns, *side, price.0, size.0 as i64))
        }
        _ => None,
    }
}

fn order_word(now_ns: i64, event: &ExchangeEvent) -> Option<DepthEvent> {
    let word = |kind, id: ExchangeOrderId, price: i64, size: i128| {
        // Side and price are told for people; the lane knows them from the order.
        DepthEvent::order(now_ns, kind, id.0, Side::Buy, price, size as i64)
    };
    match event {
        ExchangeEvent::Trade {
            price, size, maker, ..
        } => Some(word(EventKind::Execute, maker.id, price.0, size.0)),
        ExchangeEvent::Ended {
            order,
            reason: EndReason::Canceled,
        } => Some(word(EventKind::Delete, order.id, 0, 0)),
        _ => None,
    }
}

impl Iterator for SyntheticMarket {
    type Item = DepthEvent;

    fn next(&mut self) -> Option<DepthEvent> {
        while self.waiting.is_empty() {
            self.step();
        }
        self.waiting.pop_front()
    }
}
