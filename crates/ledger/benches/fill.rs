//! What a fill costs: building its entry and applying it, on one position that turns round like a backtest's.
//!
//! `cargo bench -p tradewind-ledger` prints nanoseconds per fill, the best of ten runs.

use std::hint::black_box;
use std::time::Instant;

use tradewind_ledger::{EntryFacts, FillFacts, Ledger, Overdraft};
use tradewind_types::{
    ClientOrderId, Currency, Decimal, EntryId, Instrument, Money, Price, Quantity, Side, UnixNanos,
};

const FILLS: usize = 9_000;

fn main() {
    let instrument = Instrument::spot(
        "BTC-USD.COINBASE".parse().expect("an id"),
        "COINBASE".parse().expect("a venue"),
        "BTC-USD",
        (Currency::of("BTC"), Currency::USD),
        Decimal::new(1, 2),
        Decimal::new(1, 8),
    );
    let order = ClientOrderId::new("order-1").expect("an id");
    let mut best = [u128::MAX; 3];
    for _ in 0..10 {
        let facts: Vec<EntryFacts> = (0..FILLS)
            .map(|n| EntryFacts {
                id: EntryId::new(&format!("E{n}")).expect("an id"),
                ts: UnixNanos(n as u64),
                key: format!("fill:order-1:{n}"),
                actor: String::new(),
                reason: String::new(),
            })
            .collect();
        let mut ledger =
            Ledger::new("acc".parse().expect("an id"), Currency::USD).with_overdraft(Overdraft::Allowed);
        let (mut build, mut apply, mut check) = (0, 0, 0);
        for (n, facts) in facts.into_iter().enumerate() {
            let fill = FillFacts {
                instrument: &instrument,
                strategy: None,
                side: if n % 2 == 0 { Side::Buy } else { Side::Sell },
                quantity: Quantity::new(Decimal::new(12_345_678 + n as i64, 8)).expect("above zero"),
                price: Price::new(Decimal::new(6_200_000 + (n % 977) as i64, 2)).expect("a price"),
                fee: Money::new(Decimal::new(123 + (n % 50) as i64, 2), Currency::USD),
                order: &order,
                held_to_use: Decimal::ZERO,
            };
            let t0 = Instant::now();
            let entry = ledger.fill_entry(facts, black_box(&fill)).expect("built");
            let t1 = Instant::now();
            ledger.apply(&entry).expect("applied");
            let t2 = Instant::now();
            ledger.check_entry(&entry).expect("holds");
            let t3 = Instant::now();
            build += (t1 - t0).as_nanos();
            apply += (t2 - t1).as_nanos();
            check += (t3 - t2).as_nanos();
        }
        for (best, now) in best.iter_mut().zip([build, apply, check]) {
            *best = (*best).min(now);
        }
    }
    let each = best.map(|ns| ns / FILLS as u128);
    println!(
        "ns per fill (clock reads of about 25 ns included): build {}, apply {}, check {}",
        each[0], each[1], each[2]
    );
}
