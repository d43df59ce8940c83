//! The exchange as truth: an order of ours that really stands in the crate's exchange fills at the same happening, and
//! as much, as the by-order lane says from the recording of the same market without it.

mod depth_rig;

use depth_rig::constant;
use tradewind_matching::depth::synthetic::{Flow, SyntheticConfig, SyntheticMarket, Telling};
use tradewind_matching::depth::{
    DepthConfig, DepthEvent, DepthLane, DepthOrder, DepthOrderKind, DepthStrategy, Desk, ExactFifo, Life,
    OwnId,
};
use tradewind_matching::exchange::{
    Exchange, ExchangeEvent, ExchangeOrderId, NewKind, NewOrder, ParticipantId,
};
use tradewind_types::{PriceMantissa, Side, SizeMantissa, SplitMix64, TimeInForce};

/// Our participant; the market's begin at 1.
const OURS: ParticipantId = ParticipantId(0);

/// Sends one order at the first event from a time on.
struct One {
    when_ns: i64,
    order: DepthOrder,
}

impl DepthStrategy for One {
    const ON_EVENT: bool = true;

    fn on_event(&mut self, desk: &mut Desk, event: &DepthEvent) {
        if event.ts_ns >= self.when_ns {
            self.when_ns = i64::MAX;
            desk.submit(self.order).expect("a legal order");
        }
    }
}

/// Replays a flow on an exchange of its own. Order numbers shift by one once ours is in.
struct Truth {
    exchange: Exchange,
    ours: Option<ExchangeOrderId>,
}

impl Truth {
    fn apply(&mut self, flow: &Flow) -> i64 {
        let mut out = Vec::new();
        let theirs = |id: ExchangeOrderId, ours: Option<ExchangeOrderId>| match ours {
            Some(ours) if id >= ours => ExchangeOrderId(id.0 + 1),
            _ => id,
        };
        match flow {
            Flow::New(order) => {
                self.exchange.submit(order, &mut out);
            }
            Flow::Cancel(id) => {
                let id = theirs(*id, self.ours);
                if let Some(order) = self.exchange.order(id) {
                    self.exchange.cancel(order.participant, id, &mut out);
                }
            }
            Flow::Reduce(id, left) => {
                let id = theirs(*id, self.ours);
                if let Some(order) = self.exchange.order(id) {
                    self.exchange.reduce(order.participant, id, *left, &mut out);
                }
            }
        }
        self.filled(&out)
    }

    /// Lots that our order traded in these events.
    fn filled(&self, out: &[ExchangeEvent]) -> i64 {
        let mut filled = 0;
        for event in out {
            if let ExchangeEvent::Trade { size, maker, .. } = event
                && maker.participant == OURS
            {
                filled += size.0;
            }
        }
        filled as i64
    }

    /// Lots that stand before our order.
    fn ahead(&self, side: Side, price: i64) -> Option<i128> {
        let mut ahead = 0;
        for order in self.exchange.queue(side, PriceMantissa(price)) {
            if Some(order.id) == self.ours {
                return Some(ahead);
            }
            ahead += order.left.0;
        }
        None
    }
}

#[test]
fn our_first_fill_and_every_place_before_it_are_what_the_exchange_says() {
    let (mut filled, mut places) = (0, 0);
    for seed in 0..80 {
        let mut random = SplitMix64::new(seed);
        let mut market = SyntheticMarket::new(SyntheticConfig {
            resting: 200,
            size_max: 6,
            telling: Telling::ByOrder,
            delay_ns: (0, 0),
            ..SyntheticConfig::benchmark(seed)
        });
        let mut truth = Truth {
            exchange: Exchange::new(10_000),
            ours: None,
        };
        let mut recorded = Vec::new();
        for _ in 0..1_500 {
            let (flow, events) = market.happen();
            truth.apply(&flow);
            recorded.extend(events);
        }
        // Ours joins a random one of the best three prices of a side.
        let side = if random.below(2) == 0 {
            Side::Buy
        } else {
            Side::Sell
        };
        let level = random.below(3) as usize;
        let (price, _) = truth.exchange.levels(side).nth(level).expect("a level");
        let size = 1 + random.below(8) as i64;
        let when_ns = recorded.last().expect("events").ts_ns;
        let mut lane = lane(side, price.0, size, when_ns);
        lane.feed(&recorded).expect("legal");
        truth.enter(side, price, size);
        for _ in 0..4_000 {
            let (flow, events) = market.happen();
            let traded = truth.apply(&flow);
            lane.feed(&events).expect("legal");
            let told: i64 = lane.totals().maker_lots as i64;
            assert_eq!(told, traded, "seed {seed}: fills differ");
            if traded > 0 {
                filled += 1;
                break;
            }
            let ahead = truth.ahead(side, price.0).expect("ours rests");
            assert_eq!(
                lane.ahead(OwnId(1)).map(|a| a as i128),
                Some(ahead),
                "seed {seed}"
            );
            places += 1;
        }
    }
    assert!(filled > 60 && places > 5_000, "{filled} filled, {places} places");
}

impl Truth {
    fn enter(&mut self, side: Side, price: PriceMantissa, size: i64) {
        let order = NewOrder {
            participant: OURS,
            tag: 0,
            side,
            size: SizeMantissa(i128::from(size)),
            kind: NewKind::Limit {
                price,
                post_only: true,
            },
            time_in_force: TimeInForce::Gtc,
        };
        self.ours = self.exchange.submit(&order, &mut Vec::new());
        assert!(self.ours.is_some());
    }
}

/// A lane whose strategy sends the order at the recording's last event; without delays it arrives after everything of
/// that time and before the next happening.
fn lane(side: Side, price: i64, size: i64, when_ns: i64) -> DepthLane<One, ExactFifo> {
    let kind = DepthOrderKind::Limit {
        price,
        life: Life::PostOnly,
    };
    let one = One {
        when_ns,
        order: DepthOrder { side, size, kind },
    };
    DepthLane::new(one, ExactFifo, DepthConfig::new(constant(0), constant(0)))
}
