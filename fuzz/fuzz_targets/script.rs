//! Strategy scripts on arbitrary text: no panic, and what runs is bounded.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tradewind_indicators::Scales;
use tradewind_strategy::registry::Setup;
use tradewind_strategy::script::Script;
use tradewind_strategy::{Instance, Intents, ParamMap, SlotMarket};
use tradewind_types::market::{Bar, BarInterval, BarSource};
use tradewind_types::{InstrumentIdx, PriceMantissa, SizeMantissa, StrategyId, UnixNanos};

fn bar(at: u64) -> Bar {
    let ts = UnixNanos::from_secs(1_700_000_040 + 60 * at);
    let price = PriceMantissa(10_000 + (at as i64 * 37) % 101);
    Bar {
        instrument: InstrumentIdx(0),
        interval: BarInterval::M1,
        ts,
        open: price,
        high: price,
        low: price,
        close: price,
        volume: SizeMantissa(1_000),
        value: 0,
        trades: 1,
        source: BarSource::Trades,
        revision: 0,
        complete: true,
        ts_init: ts.plus(BarInterval::M1.nanos()),
    }
}

/// The text as a whole script, and as the body of a handler, which gets further.
fn run(text: &str) {
    let Ok(script) = Script::compile(text) else {
        return;
    };
    let id = StrategyId::new("fuzz").expect("letters");
    let setup = Setup { id, interval: BarInterval::M1, slots: 1 };
    let Ok(strategy) = script.strategy(setup, &ParamMap::new()) else {
        return;
    };
    let market = SlotMarket::new(Scales { price: 2, size: 3 });
    let mut instance = Instance::new(strategy, &[market]).expect("one instrument");
    let mut out = Intents::new();
    for at in 0..4 {
        instance.on_bar(0, &bar(at), &mut out);
        assert!(out.len() <= tradewind_strategy::script::limits::INTENTS_MAX);
    }
}

fuzz_target!(|text: &str| {
    run(text);
    run(&format!("fn init() {{ #{{ indicators: [\"SMA_2\"] }} }} fn on_bar(ctx) {{ {text} }}"));
});
