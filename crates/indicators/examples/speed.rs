//! Nanoseconds a bar in batch of the indicators that are named, of all without a name: the batch half of `tradewind bench
//! indicators` without the rest of the program, printed as that prints it with `--json`, for
//! `tools/peers/ta_lib/bench.py ratios`. The least of many passes over 100,000 bars, by the clock on the wall.
//!
//! ```sh
//! cargo run --release -p tradewind-indicators --example speed -- ULTOSC STOCHF > ours.json
//! ```

use std::hint::black_box;
use std::time::Instant;

use tradewind_indicators::{BarInput, Columns, IndicatorError, IndicatorSpec, Series, registry};
use tradewind_types::{SplitMix64, UnixNanos};

const BARS: usize = 100_000;
const PASSES: usize = 60;

fn main() -> Result<(), IndicatorError> {
    let columns = bars();
    let view = columns.view();
    let mut named: Vec<String> = std::env::args().skip(1).collect();
    if named.is_empty() {
        named = registry::all()
            .map(|definition| definition.name.to_owned())
            .collect();
    }
    let mut figures = Vec::new();
    for id in named {
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
        let each = least * 1e9 / BARS as f64;
        figures.push(format!(
            r#"{{"name":"indicators.{}.batch","unit":"ns/value","min":{each}}}"#,
            spec.id()
        ));
    }
    println!("[{}]", figures.join(",\n"));
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
