//! Nanoseconds a bar of the indicators that are named, in batch, for work on one of them: `tradewind bench indicators`
//! without the rest of the program. The least of many passes over 100,000 bars; wall time.
//!
//! ```sh
//! cargo run --release -p tradewind-indicators --example speed -- ULTOSC STOCHF
//! ```

use std::hint::black_box;
use std::time::Instant;

use tradewind_indicators::{BarInput, Columns, IndicatorError, IndicatorSpec, Series};
use tradewind_types::{SplitMix64, UnixNanos};

const BARS: usize = 100_000;
const PASSES: usize = 200;

fn main() -> Result<(), IndicatorError> {
    let columns = bars();
    let view = columns.view();
    for id in std::env::args().skip(1) {
        let spec = IndicatorSpec::parse(&id)?;
        let mut series = Series::default();
        spec.batch_into(&view, &mut series)?;
        let mut least = f64::MAX;
        for _ in 0..PASSES {
            let started = Instant::now();
            spec.batch_into(black_box(&view), &mut series)?;
            black_box(&series);
            least = least.min(started.elapsed().as_secs_f64());
        }
        println!("{:24} {:8.2} ns a bar", spec.id(), least * 1e9 / BARS as f64);
    }
    Ok(())
}

/// The walk of `tradewind bench indicators`.
fn bars() -> Columns {
    let mut random = SplitMix64::new(7);
    let mut draw = move |span: u64| (random.next_u64() % span) as i64;
    let mut close = 10_000;
    let mut bar = |at: usize| {
        let open = close;
        close = (open + draw(81) - 40).max(1_000);
        let (high, low) = (open.max(close) + draw(25), open.min(close) - draw(25));
        let volume = (1 + draw(100_000)) as f64;
        let [open, high, low, close] = [open, high, low, close].map(|price| price as f64 / 100.0);
        BarInput {
            ts: UnixNanos::from_secs(1_600_000_000 + at as u64 * 60),
            open,
            high,
            low,
            close,
            volume,
            value: (high + low + close) / 3.0 * volume,
        }
    };
    (0..BARS).map(&mut bar).collect()
}
