//! Time per bar of the runner with a strategy, one core: `cargo run --release -p tradewind-strategy --example
//! strategy_bench`.

use std::time::Instant;

use tradewind_indicators::Scales;
use tradewind_strategy::registry::{self, Setup};
use tradewind_strategy::script::Script;
use tradewind_strategy::{EmaCross, EmaCrossParams, Instance, Intents, ParamMap, SlotMarket, Strategy};
use tradewind_types::market::{Bar, BarInterval, BarSource, Quote};
use tradewind_types::{InstrumentIdx, PriceMantissa, SizeMantissa, SplitMix64, StrategyId, UnixNanos};

const SCALES: Scales = Scales { price: 2, size: 4 };

/// A random walk of one-minute bars.
fn bars(count: usize) -> Vec<Bar> {
    let mut random = SplitMix64::new(42);
    let mut last = 5_000_000i64;
    let mut draw = move |span: u64| (random.next_u64() % span) as i64;
    (0..count)
        .map(|at| {
            let open = last;
            last = (last + draw(2_001) - 1_000).max(10_000);
            let ts = UnixNanos::from_secs(1_700_000_040 + 60 * at as u64);
            Bar {
                instrument: InstrumentIdx(0),
                interval: BarInterval::M1,
                ts,
                open: PriceMantissa(open),
                high: PriceMantissa(open.max(last) + draw(300)),
                low: PriceMantissa(open.min(last) - draw(300)),
                close: PriceMantissa(last),
                volume: SizeMantissa(i128::from(10_000 + draw(100_000))),
                value: 0,
                trades: 10,
                open_interest: None,
                source: BarSource::Trades,
                revision: 0,
                complete: true,
                ts_init: ts.plus(BarInterval::M1.nanos()),
            }
        })
        .collect()
}

/// Processor time of this process where the system tells it (Linux), so that other work on the machine counts less;
/// else the time of day.
fn spent(begun: Instant) -> u64 {
    let told = std::fs::read_to_string("/proc/self/schedstat").ok();
    let first = told.and_then(|text| text.split(' ').next()?.parse().ok());
    first.unwrap_or_else(|| begun.elapsed().as_nanos() as u64)
}

fn instance<S: Strategy>(strategy: S) -> Instance<S> {
    let markets = vec![SlotMarket::new(SCALES); strategy.inputs().slots];
    Instance::new(strategy, &markets).expect("as many markets as slots")
}

fn run<S: Strategy>(name: &str, mut instance: Instance<S>, bars: &[Bar]) {
    let mut out = Intents::new();
    let mut intents = 0usize;
    let clock = Instant::now();
    let begun = spent(clock);
    for bar in bars {
        instance.on_bar(0, bar, &mut out);
        intents += out.len();
    }
    let per_bar = (spent(clock) - begun) as f64 / bars.len() as f64;
    assert_eq!(instance.halted(), None);
    println!(
        "{name:32} {per_bar:8.1} ns/bar  {:12.0} bars/s  {intents} intents",
        1e9 / per_bar
    );
}

fn quotes<S: Strategy>(name: &str, mut instance: Instance<S>, bars: &[Bar]) {
    let mut out = Intents::new();
    let clock = Instant::now();
    let begun = spent(clock);
    for bar in bars {
        let quote = Quote {
            instrument: bar.instrument,
            bid: bar.close,
            ask: PriceMantissa(bar.close.0 + 1),
            bid_size: bar.volume,
            ask_size: bar.volume,
            ts_event: bar.ts,
            ts_init: bar.ts_init,
        };
        std::hint::black_box(instance.on_quote(0, &quote, &mut out));
    }
    let per_quote = (spent(clock) - begun) as f64 / bars.len() as f64;
    println!("{name:32} {per_quote:8.1} ns/quote");
}

fn main() {
    let id = StrategyId::new("bench").expect("letters");
    let tape = bars(2_000_000);
    for _ in 0..3 {
        let params = EmaCrossParams::default();
        let fixed = EmaCross::new(id.clone(), BarInterval::M1, params);
        run("ema_cross 10/20, static", instance(fixed), &tape);
    }
    for definition in registry::ALL {
        let setup = Setup {
            id: id.clone(),
            interval: BarInterval::M1,
            slots: 1,
        };
        if let Ok(strategy) = definition.build(setup, &ParamMap::new()) {
            run(definition.name, instance(strategy), &tape);
        }
    }
    let text = include_str!("../../../examples/scripts/ema_cross.rhai");
    let setup = Setup {
        id: id.clone(),
        interval: BarInterval::M1,
        slots: 1,
    };
    let script = Script::compile(text).expect("an example that is under test");
    let scripted = script
        .strategy(setup, &ParamMap::new())
        .expect("an example that is under test");
    run("ema_cross.rhai", instance(scripted), &tape[..300_000]);
    let fixed = EmaCross::new(id, BarInterval::M1, EmaCrossParams::default());
    quotes("quotes to a bar strategy", instance(fixed), &tape);
}
