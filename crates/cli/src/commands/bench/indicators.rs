//! Nanoseconds per bar of every indicator with its defaults, in batch and streaming, on one core.
//!
//! `tools/peers/ta_lib` times the C library over the same bars: both make them with the generator below.

use tradewind_indicators::{BarInput, Columns, IndicatorSpec, Series, registry};
use tradewind_types::{SplitMix64, UnixNanos};

use super::Figure;
use super::cpu::cpu_seconds;
use crate::args::BenchArgs;
use crate::failure::Failure;

/// Bars of the series.
const BARS: usize = 100_000;
/// What a run takes at least, so that it is long enough to time.
const RUN_LEAST_S: f64 = 0.003;
const SEED: u64 = 7;

pub(super) fn measure(args: &BenchArgs) -> Result<Vec<Figure>, Failure> {
    let bars = bars();
    let columns: Columns = bars.iter().copied().collect();
    let view = columns.view();
    // `indicators.RSI` asks for the ones that begin so; `indicators` for all.
    let wanted = |name: &str| {
        let mut asked = args.names.iter().filter(|n| n.starts_with("indicators."));
        asked.clone().next().is_none() || asked.any(|n| name.starts_with(n.as_str()))
    };
    let mut figures = Vec::new();
    for definition in registry::all() {
        let refused = |e: tradewind_indicators::IndicatorError| Failure::failed(e.to_string());
        let spec = IndicatorSpec::parse(definition.name).map_err(refused)?;
        let runs = args.runs.max(1);
        let name = format!("indicators.{}.batch", spec.id());
        if wanted(&name) {
            let mut series = Series::default();
            // Refusals show here, not among the timed.
            spec.batch_into(&view, &mut series).map_err(refused)?;
            let mut batch = || {
                let done = spec.batch_into(std::hint::black_box(&view), &mut series);
                drop(std::hint::black_box(done));
            };
            let times = (0..runs).map(|_| per_bar(&mut batch)).collect();
            figures.push(Figure::of(
                name,
                "ns/value",
                times,
                "100,000 bars, processor time",
            ));
        }
        let name = format!("indicators.{}.stream", spec.id());
        if wanted(&name) {
            let mut stream = || {
                let mut indicator = spec.start();
                for bar in &bars {
                    std::hint::black_box(indicator.update(bar));
                }
            };
            let times = (0..runs).map(|_| per_bar(&mut stream)).collect();
            figures.push(Figure::of(
                name,
                "ns/value",
                times,
                "100,000 bars, processor time",
            ));
        }
    }
    if figures.is_empty() {
        return Err(Failure::Usage(
            "no indicator's figure begins with that; `tradewind indicators list` names them".to_owned(),
        ));
    }
    Ok(figures)
}

/// Processor time, since other programs use the machine too.
fn per_bar(work: &mut impl FnMut()) -> f64 {
    let (mut passes, started) = (0u32, cpu_seconds());
    loop {
        work();
        passes += 1;
        let spent = cpu_seconds() - started;
        if spent >= RUN_LEAST_S {
            return spent * 1e9 / f64::from(passes) / BARS as f64;
        }
    }
}

/// A walk in hundredths: the open is the close before; the same as in `tools/peers/ta_lib/bench.py`.
fn bars() -> Vec<BarInput> {
    let mut random = SplitMix64::new(SEED);
    let mut draw = move |span: i64| (random.next_u64() % span.unsigned_abs()) as i64;
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
