//! How long the paper venue takes: `cargo run --release -p tradewind-matching --example paper_speed`.
//!
//! Each figure is the best of several runs, in nanoseconds of CPU time (where Linux tells it) per order or per bar. "Submit → accept → fill"
//! is a whole order, with both its reports, fee and ids.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use tradewind_matching::paper::{
    Liquidity, MarketView, OrderSlot, PaperOrder, PaperSettings, PaperVenue, QueueModel, Report,
};
use tradewind_types::market::{Bar, BarInterval, BarSource};
use tradewind_types::order::OrderOrigin;
use tradewind_types::record::FeeTable;
use tradewind_types::{
    AccountId, ClientOrderId, Currency, Decimal, Instrument, InstrumentIdx, OrderKind, OrderRequest,
    OrderTerms, Price, PriceMantissa, Quantity, Side, SizeMantissa, StrategyId, TimeInForce, UnixNanos,
};

const ORDERS: u64 = 200_000;
const BARS: u64 = 20_000_000;
const RUNS: u32 = 5;
const IDX: InstrumentIdx = InstrumentIdx(0);

struct World(PriceMantissa);

impl MarketView for World {
    fn liquidity(&self, _: InstrumentIdx) -> Liquidity<'_> {
        Liquidity::Prices {
            bid: self.0,
            ask: PriceMantissa(self.0.0 + 1),
        }
    }

    fn position(&self, _: &AccountId, _: InstrumentIdx, _: Option<&StrategyId>) -> Decimal {
        Decimal::ZERO
    }
}

fn instrument() -> Instrument {
    let pair = (Currency::of("BTC"), Currency::USD);
    let (id, venue) = ("BTC-USD.X".parse(), "X".parse());
    let (id, venue) = (id.expect("a valid id"), venue.expect("a valid id"));
    Instrument::spot(id, venue, "BTC/USD", pair, Decimal::new(1, 2), Decimal::new(1, 8))
}

/// Orders made before the clock runs, buys and sells in turn.
fn orders(kind: impl Fn(Side) -> OrderKind) -> Vec<PaperOrder> {
    let instrument = Arc::new(instrument());
    let account: AccountId = "backtest".parse().expect("a valid id");
    let order = |n: u64| {
        let side = if n.is_multiple_of(2) {
            Side::Buy
        } else {
            Side::Sell
        };
        PaperOrder {
            request: OrderRequest {
                client_order_id: ClientOrderId::new(&format!("run-1-{n}")).expect("a valid id"),
                account: account.clone(),
                instrument: instrument.id.clone(),
                side,
                quantity: Quantity::new(Decimal::new(125, 3)).expect("above 0"),
                kind: kind(side),
                time_in_force: TimeInForce::Gtc,
                reduce_only: false,
                origin: OrderOrigin::Manual { actor: String::new() },
                terms: OrderTerms::default(),
            },
            instrument_idx: IDX,
            instrument: Arc::clone(&instrument),
            owner: None,
            protection: None,
        }
    };
    (0..ORDERS).map(order).collect()
}

fn venue(keep_records: bool) -> PaperVenue {
    let mut venue = PaperVenue::new(PaperSettings {
        order_latency_ns: 0,
        cancel_latency_ns: 0,
        queue: QueueModel::Off,
        keep_records,
        ..PaperSettings::default()
    });
    venue.set_fees(FeeTable {
        market: "X".parse().expect("a valid id"),
        maker: Decimal::new(1, 3),
        taker: Decimal::new(2, 3),
        since: UnixNanos(0),
        source: "bench".to_owned(),
    });
    venue
}

/// A clock of this thread's CPU time, which other programs on the machine disturb less; of the wall where it is not told.
#[derive(Clone, Copy)]
struct Stopwatch {
    cpu: Option<u64>,
    wall: Instant,
}

fn cpu_ns() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok()
}

impl Stopwatch {
    fn now() -> Self {
        Self {
            cpu: cpu_ns(),
            wall: Instant::now(),
        }
    }

    fn elapsed_ns(&self) -> f64 {
        match (self.cpu, cpu_ns()) {
            (Some(from), Some(to)) => to.saturating_sub(from) as f64,
            _ => self.wall.elapsed().as_nanos() as f64,
        }
    }
}

/// The best of several runs, in nanoseconds per item.
fn best(name: &str, items: u64, mut run: impl FnMut() -> (Stopwatch, u64)) {
    let mut best = f64::INFINITY;
    let mut made = 0;
    for _ in 0..RUNS {
        let (from, count) = run();
        best = best.min(from.elapsed_ns() / items as f64);
        made = count;
    }
    println!("{name:<58} {best:>9.2} ns   ({made} reports)");
}

fn bar(n: u64) -> Bar {
    let price = 6_000_000 + i64::try_from(n % 1_000).unwrap_or(0);
    Bar {
        instrument: IDX,
        interval: BarInterval::M1,
        ts: UnixNanos(n * BarInterval::M1.nanos()),
        open: PriceMantissa(price),
        high: PriceMantissa(price + 50),
        low: PriceMantissa(price - 40),
        close: PriceMantissa(price + 10),
        volume: SizeMantissa(1_000_000_000),
        value: 0,
        trades: 10,
        open_interest: None,
        source: BarSource::Trades,
        revision: 0,
        complete: true,
        ts_init: UnixNanos((n + 1) * BarInterval::M1.nanos()),
    }
}

/// One order in each bar, handed over with the bar's close before it.
fn bars_with_orders(kind: impl Fn(Side) -> OrderKind) -> (Stopwatch, u64) {
    let orders = orders(kind);
    let world = World(PriceMantissa(6_000_000));
    let (mut venue, mut out, mut count) = (venue(false), Vec::new(), 0);
    let from = Stopwatch::now();
    venue.begin_bar(&bar(0), bar(0).ended_by());
    for (n, order) in (1..).zip(orders) {
        let bar = bar(n);
        black_box(venue.submit(order, bar.ts));
        let mut walk = venue.begin_bar(&bar, bar.ended_by());
        while venue.step_bar(&mut walk, &world, &mut out) {
            count += out.len() as u64;
            out.clear();
        }
    }
    (from, count)
}

fn main() {
    let price = |n: i64| Price::new(Decimal::new(n, 2)).expect("a decimal");
    let world = World(PriceMantissa(6_000_000));
    for keep_records in [false, true] {
        best(
            &format!("MARKET, submit_now → accept → fill (records: {keep_records})"),
            ORDERS,
            || {
                let orders = orders(|_| OrderKind::Market);
                let (mut venue, mut out, mut count) = (venue(keep_records), Vec::<Report>::new(), 0);
                let from = Stopwatch::now();
                for (n, order) in (0..).zip(orders) {
                    let _: Option<OrderSlot> = venue.submit_now(order, UnixNanos(n), &world, &mut out);
                    count += out.len() as u64;
                    out.clear();
                }
                (from, count)
            },
        );
    }
    best("MARKET, submit + advance, latency 0", ORDERS, || {
        let orders = orders(|_| OrderKind::Market);
        let (mut venue, mut out, mut count) = (venue(false), Vec::<Report>::new(), 0);
        let from = Stopwatch::now();
        for (n, order) in (0..).zip(orders) {
            venue.submit(order, UnixNanos(n));
            venue.advance(UnixNanos(n), &world, &mut out);
            count += out.len() as u64;
            out.clear();
        }
        (from, count)
    });
    best("LIMIT that rests, then is crossed", ORDERS, || {
        let at = |side| match side {
            Side::Buy => price(5_999_900),
            Side::Sell => price(6_000_100),
        };
        let orders = orders(|side| OrderKind::Limit {
            price: at(side),
            post_only: false,
        });
        let (mut venue, mut out, mut count) = (venue(false), Vec::<Report>::new(), 0);
        let (low, high) = (World(PriceMantissa(5_999_800)), World(PriceMantissa(6_000_200)));
        let from = Stopwatch::now();
        for (n, order) in (0..).zip(orders) {
            let there = if order.request.side == Side::Buy {
                &low
            } else {
                &high
            };
            venue.submit_now(order, UnixNanos(n), &world, &mut out);
            venue.on_market(IDX, UnixNanos(n), there, &mut out);
            count += out.len() as u64;
            out.clear();
        }
        (from, count)
    });
    best("a bar with a MARKET order that fills at its open", ORDERS, || {
        bars_with_orders(|_| OrderKind::Market)
    });
    best("a bar with a stop that fires in it", ORDERS, || {
        bars_with_orders(|side| OrderKind::StopMarket {
            trigger: match side {
                Side::Buy => price(6_000_000),
                Side::Sell => price(6_100_000),
            },
        })
    });
    best("a bar of an instrument without orders", BARS, || {
        let mut venue = venue(false);
        let bars: Vec<Bar> = (0..1_000).map(bar).collect();
        let from = Stopwatch::now();
        let mut over = 0;
        for n in 0..BARS as usize {
            over += u64::from(
                venue
                    .begin_bar(black_box(&bars[n % 1_000]), bars[n % 1_000].ended_by())
                    .is_over(),
            );
        }
        black_box(over);
        (from, 0)
    });
    best("watches() of an instrument without orders", BARS, || {
        let venue = venue(false);
        let from = Stopwatch::now();
        let mut watched = 0;
        for n in 0..BARS {
            watched += u64::from(venue.watches(InstrumentIdx(black_box(n as u32 % 8))));
        }
        black_box(watched);
        (from, 0)
    });
}
