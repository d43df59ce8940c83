//! Strategy scripts on any text: no panic, and what runs is bounded.

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
        open_interest: None,
        source: BarSource::Trades,
        revision: 0,
        complete: true,
        ts_init: ts.plus(BarInterval::M1.nanos()),
    }
}

fn evaluate(text: &str) {
    let Ok(script) = Script::compile(text) else {
        return;
    };
    let id = StrategyId::new("fuzz").expect("letters");
    let setup = Setup {
        id,
        interval: BarInterval::M1,
        slots: 1,
    };
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

/// The text as a whole script, and as the body of a handler, which gets further.
pub fn run(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        evaluate(text);
        evaluate(&format!(
            "fn init() {{ #{{ indicators: [\"SMA_2\"] }} }} fn on_bar(ctx) {{ {text} }}"
        ));
    }
}

/// The scripts of the examples.
pub fn seeds() -> Vec<Vec<u8>> {
    [
        include_bytes!("../../examples/scripts/ema_cross.rhai").to_vec(),
        include_bytes!("../../examples/scripts/momentum_rotation.rhai").to_vec(),
        include_bytes!("../../examples/scripts/opinion.rhai").to_vec(),
        include_bytes!("../../examples/scripts/rsi_dip.rhai").to_vec(),
    ]
    .into()
}
