//! Laws of the depth lane: the flat book shows what the order book shows, runs repeat, chunks do not matter, by-price
//! places are never better than exact ones, and hostile input is an error or is counted, never a panic.

mod depth_rig;

use depth_rig::{Step, constant, limit};
use proptest::prelude::*;
use tradewind_matching::depth::synthetic::{SyntheticConfig, SyntheticMarket, Telling};
use tradewind_matching::depth::{
    DepthConfig, DepthError, DepthEvent, DepthLane, DepthStrategy, Desk, EventKind, ExactFifo, FlatBook,
    JoinBest, Latency, Life, Outcome, PowerShare, QueueRule, ReportKind, RiskAverse, WINDOW_TICKS,
};
use tradewind_types::Side::{self, Buy, Sell};
use tradewind_types::market::{BookAction, BookLevel, BookUpdate, OrderBook};
use tradewind_types::{InstrumentIdx, PriceMantissa, SizeMantissa, SplitMix64, UnixNanos};

/// Prices near a moving middle, at the window's ends, and anywhere.
fn price() -> impl Strategy<Value = i64> {
    let window = WINDOW_TICKS as i64;
    prop_oneof![
        6 => -40..40i64,
        2 => -window..window,
        2 => (-4 * window)..(4 * window),
        1 => (-1i64 << 62)..=(1i64 << 62),
    ]
}

fn change() -> impl Strategy<Value = (bool, i64, i64)> {
    (any::<bool>(), price(), prop_oneof![2 => Just(0i64), 3 => 1..9i64])
}

fn side(is_bid: bool) -> Side {
    if is_bid { Buy } else { Sell }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_flat_book_shows_the_same_levels_as_the_order_book(
        changes in prop::collection::vec(change(), 1..400),
        drift in -60..60i64,
    ) {
        let mut flat = FlatBook::new();
        let mut book = OrderBook::new(InstrumentIdx(0));
        let update = |action, levels: &[BookLevel]| BookUpdate {
            instrument: InstrumentIdx(0),
            action,
            levels: levels.iter().copied().collect(),
            ts_event: UnixNanos(0),
            ts_init: UnixNanos(0),
        };
        book.apply(&update(BookAction::Snapshot, &[])).expect("a snapshot");
        for (at, (is_bid, price, size)) in changes.into_iter().enumerate() {
            // The middle walks, so that windows move.
            let price = (price + drift * at as i64).clamp(-1 << 62, 1 << 62);
            let side = side(is_bid);
            let before = flat.set(side, price, size);
            prop_assert_eq!(i128::from(before), book.size_at(side, PriceMantissa(price)).0);
            let level = BookLevel { side, price: PriceMantissa(price), size: SizeMantissa(i128::from(size)) };
            book.apply(&update(BookAction::Delta, &[level])).expect("synchronised");
            for side in [Buy, Sell] {
                let best = book.best(side).map(|(p, s)| (p.0, s.0 as i64));
                prop_assert_eq!(flat.best(side), best);
            }
        }
        for side in [Buy, Sell] {
            let shown: Vec<_> = book.levels(side).map(|(p, s)| (p.0, s.0 as i64)).collect();
            prop_assert_eq!(flat.levels(side).collect::<Vec<_>>(), shown);
            flat.clear(side);
            prop_assert_eq!(flat.best(side), None);
            prop_assert_eq!(flat.levels(side).count(), 0);
        }
        prop_assert_eq!(flat.dropped(), 0);
    }

    #[test]
    fn hostile_events_never_panic_and_stop_the_lane_at_most(
        events in prop::collection::vec(hostile(), 1..200),
        by_order in any::<bool>(),
    ) {
        let config = || DepthConfig { in_flight_max: 8_192, ..DepthConfig::new(constant(3), constant(2)) };
        let result = if by_order {
            DepthLane::new(Restless::default(), ExactFifo, config()).run(events)
        } else {
            DepthLane::new(Restless::default(), PowerShare::new(2.0), config()).run(events)
        };
        if let Ok(outcome) = result {
            let totals = outcome.totals;
            prop_assert!(i128::from(totals.position).abs() <= totals.maker_lots + totals.taker_lots);
        }
    }
}

fn hostile() -> impl Strategy<Value = DepthEvent> {
    use EventKind::{Add, Clear, Delete, Execute, Level, Reduce, Replace, Trade};
    let kind = prop::sample::select(vec![Level, Trade, Clear, Add, Reduce, Delete, Replace, Execute]);
    let number = prop_oneof![4 => -20..20i64, 1 => any::<i64>()];
    let size = prop_oneof![8 => 0..20i64, 1 => any::<i64>(), 1 => Just(1i64 << 53)];
    let ts = prop_oneof![9 => Just(5i64), 1 => any::<i64>()];
    (kind, any::<bool>(), 0..6u64, number, size, ts, any::<u16>()).prop_map(
        |(kind, is_bid, order, price, size, ts, delay)| {
            DepthEvent::order(ts, kind, order, side(is_bid), price, size).delayed(u32::from(delay))
        },
    )
}

/// Sends something at every event and report.
#[derive(Default)]
struct Restless(u64);

impl DepthStrategy for Restless {
    const ON_EVENT: bool = true;

    fn on_event(&mut self, desk: &mut Desk, event: &DepthEvent) {
        self.0 += 1;
        let lives = [Life::Gtc, Life::PostOnly, Life::Ioc, Life::Fok];
        let order = limit(event.side, event.price, event.size, lives[self.0 as usize % 4]);
        // What the desk refuses is part of the test.
        let _ = desk.submit(order);
        if let Some(first) = desk.orders().first().copied() {
            let _ = desk.modify(first.id, event.price.wrapping_add(1), first.left);
        }
    }

    fn on_report(&mut self, desk: &mut Desk, _: &tradewind_matching::depth::Report) {
        if let Some(last) = desk.orders().last().copied() {
            let _ = desk.cancel(last.id);
        }
    }
}

fn market(seed: u64, telling: Telling) -> SyntheticMarket {
    SyntheticMarket::new(SyntheticConfig {
        telling,
        resting: 300,
        ..SyntheticConfig::benchmark(seed)
    })
}

fn config(seed: u64) -> DepthConfig {
    let samples = |scale: i64| (1..50).map(|n| n * n * scale).collect();
    DepthConfig::new(
        Latency::sampled(samples(1_000), seed).expect("legal"),
        Latency::sampled(samples(700), seed + 1).expect("legal"),
    )
}

const QUOTES: JoinBest = JoinBest {
    interval_ns: 5_000_000,
    size: 3,
    position_max: 30,
};

fn outcome<Q: QueueRule>(rule: Q, seed: u64, telling: Telling) -> Outcome {
    let mut lane = DepthLane::new(QUOTES, rule, config(seed));
    lane.run(market(seed, telling).take(60_000))
        .expect("a legal market")
}

#[test]
fn two_runs_are_equal_and_another_seed_is_another_run() {
    for telling in [Telling::ByPrice, Telling::ByOrder] {
        let run = |seed| match telling {
            Telling::ByPrice => outcome(PowerShare::new(2.0), seed, telling),
            Telling::ByOrder => outcome(ExactFifo, seed, telling),
        };
        let first = run(1);
        assert_eq!(first, run(1));
        assert_ne!(first.digest, run(2).digest);
        assert!(first.totals.maker_fills > 100, "{first:?}");
        assert_eq!((first.totals.strays, first.dropped_levels), (0, 0));
    }
}

#[test]
fn how_events_are_cut_into_chunks_does_not_matter() {
    let events: Vec<_> = market(4, Telling::ByPrice).take(30_000).collect();
    let whole = {
        let mut lane = DepthLane::new(QUOTES, RiskAverse, config(4));
        lane.feed(&events).expect("legal");
        lane.finish().expect("sums fit")
    };
    let mut random = SplitMix64::new(9);
    for longest in [1, 3, 700] {
        let mut lane = DepthLane::new(QUOTES, RiskAverse, config(4));
        let mut rest = &events[..];
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(1 + random.below(longest) as usize));
            lane.feed(now).expect("legal");
            rest = later;
        }
        assert_eq!(lane.finish().expect("sums fit"), whole);
    }
}

/// As `JoinBest`, and wants every event; what it does is the same.
struct Watching(JoinBest, u64);

impl DepthStrategy for Watching {
    const ON_EVENT: bool = true;

    fn interval_ns(&self) -> Option<i64> {
        self.0.interval_ns()
    }

    fn on_event(&mut self, desk: &mut Desk, event: &DepthEvent) {
        self.1 += 1;
        assert!(desk.now_ns() >= event.local_ns());
        if event.kind == EventKind::Level {
            assert_eq!(desk.book().size_at(event.side, event.price), event.size);
        }
    }

    fn on_timer(&mut self, desk: &mut Desk) {
        self.0.on_timer(desk);
    }
}

#[test]
fn a_strategy_that_wants_every_event_gets_every_event_and_the_same_fills() {
    let watching = Watching(QUOTES, 0);
    let mut lane = DepthLane::new(watching, RiskAverse, config(3));
    let watched = lane
        .run(market(3, Telling::ByPrice).take(30_000))
        .expect("a legal market");
    let mut lane_unwatched = DepthLane::new(QUOTES, RiskAverse, config(3));
    let unwatched = lane_unwatched
        .run(market(3, Telling::ByPrice).take(30_000))
        .expect("a legal market");
    assert_eq!(lane.strategy().1, 30_000);
    assert_eq!(watched, unwatched);
}

#[test]
fn a_by_price_place_is_never_better_than_the_exact_one() {
    let mut compared = 0;
    for seed in 0..60 {
        let mut by_price = market(seed, Telling::ByPrice);
        let mut by_order = market(seed, Telling::ByOrder);
        let (mut told, mut known) = (Vec::new(), Vec::new());
        for _ in 0..6_000 {
            told.extend(by_price.happen().1);
            known.extend(by_order.happen().1);
        }
        let when = told[told.len() / 4].ts_ns;
        let mut book = FlatBook::new();
        for event in told
            .iter()
            .filter(|e| e.ts_ns <= when && e.kind == EventKind::Level)
        {
            book.set(event.side, event.price, event.size);
        }
        let bid = book.best_price(Buy).expect("a bid");
        // One lot, so that it is done at once and the market as recorded is the market as it would have been.
        let steps = [(when, Step::New(limit(Buy, bid, 1, Life::PostOnly)))];
        let at = |played: &depth_rig::Played| {
            let filled = |r: &&(i64, _)| {
                matches!(
                    r.1,
                    tradewind_matching::depth::Report {
                        kind: ReportKind::Filled { .. },
                        ..
                    }
                )
            };
            played
                .reports
                .iter()
                .find(filled)
                .map_or(i64::MAX, |(_, r)| r.ts_ns)
        };
        let averse = depth_rig::run_coarse(RiskAverse, told, &steps);
        let exact = depth_rig::run_coarse(ExactFifo, known, &steps);
        assert!(
            at(&averse) >= at(&exact),
            "seed {seed}: {} < {}",
            at(&averse),
            at(&exact)
        );
        compared += u32::from(at(&exact) < i64::MAX);
    }
    assert!(compared > 30, "{compared} orders filled");
}

#[test]
fn prices_all_over_the_place_keep_the_book_small() {
    let mut random = SplitMix64::new(5);
    let mut book = FlatBook::new();
    for _ in 0..200_000 {
        let price = random.next_u64() as i64 >> 2;
        book.set(side(random.below(2) == 0), price, 1);
    }
    let kept = book.levels(Buy).count() + book.levels(Sell).count();
    let most = 2 * (WINDOW_TICKS + tradewind_matching::depth::FAR_LEVELS_MAX);
    assert!(kept <= most, "{kept}");
    assert!(book.dropped() > 100_000);
}

#[test]
fn what_a_lane_cannot_reckon_with_is_an_error_and_ends_it() {
    let lane = || DepthLane::new(QUOTES, RiskAverse, DepthConfig::new(constant(0), constant(0)));
    let level = |ts, price, size| DepthEvent::level(ts, Buy, price, size);
    let refused = |events: &[DepthEvent]| lane().feed(events).err();
    assert_eq!(
        refused(&[level(5, 1, 1), level(4, 1, 1)]),
        Some(DepthError::Time { ts_ns: 4 })
    );
    assert_eq!(
        refused(&[level(5, i64::MIN, 1)]),
        Some(DepthError::Number { ts_ns: 5 })
    );
    assert_eq!(refused(&[level(5, 1, -1)]), Some(DepthError::Number { ts_ns: 5 }));
    let add = DepthEvent::order(5, EventKind::Add, 1, Buy, 1, 1);
    assert_eq!(refused(&[add]), Some(DepthError::WrongFeed { ts_ns: 5 }));
    let mut late = DepthLane::new(
        QUOTES,
        RiskAverse,
        DepthConfig {
            in_flight_max: 4_096,
            ..config(1)
        },
    );
    let events: Vec<_> = (0..5_000)
        .map(|n| level(n, n % 50, 1).delayed(u32::MAX))
        .collect();
    assert_eq!(late.feed(&events), Err(DepthError::InFlight { max: 4_096 }));
    assert_eq!(late.feed(&[]), Err(DepthError::InFlight { max: 4_096 }));
}
