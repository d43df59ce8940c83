//! Laws that hold for every indicator in the registry, over random bars.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use tradewind_indicators::{BarInput, Columns, IndicatorBank, IndicatorSpec, registry};
use tradewind_types::UnixNanos;

prop_compose! {
    fn bar()(
        open in 1u32..2_000_000,
        up in 0u32..5_000,
        down in 0u32..5_000,
        at in 0.0f64..=1.0,
        volume in prop_oneof![Just(0u32), 0u32..1_000_000],
    ) -> [f64; 5] {
        let (high, low) = (f64::from(open + up), f64::from(open - down.min(open - 1)));
        let close = (low + (high - low) * at).round();
        [f64::from(open) / 100.0, high / 100.0, low / 100.0, close / 100.0, f64::from(volume) / 1e4]
    }
}

fn bars(len: std::ops::Range<usize>) -> impl Strategy<Value = Vec<BarInput>> {
    (prop::collection::vec(bar(), len), 0u64..86_400).prop_map(|(rows, offset)| {
        let ts = |at: usize| UnixNanos::from_secs(1_700_000_000 + offset + at as u64 * 1_800);
        rows.iter()
            .enumerate()
            .map(|(at, &[open, high, low, close, volume])| BarInput {
                ts: ts(at),
                open,
                high,
                low,
                close,
                volume,
                value: (high + low + close) / 3.0 * volume,
            })
            .collect()
    })
}

fn spec() -> impl Strategy<Value = IndicatorSpec> {
    let ids = prop_oneof![
        (1u32..40).prop_map(|p| format!("SMA_{p}")),
        (1u32..40).prop_map(|p| format!("EMA_{p}")),
        (2u32..30).prop_map(|p| format!("RSI_{p}")),
        (2u32..12, 1u32..20, 1u32..10).prop_map(|(f, s, g)| format!("MACD_{f}_{}_{g}", f + s)),
        (1u32..20, 1u32..6, 1u32..6).prop_map(|(k, s, d)| format!("STOCH_{k}_{s}_{d}")),
        (1u32..20, 1u32..6).prop_map(|(k, d)| format!("STOCHF_{k}_{d}")),
        (2u32..30, 1u32..40).prop_map(|(p, w)| format!("BBANDS_{p}_{}", f64::from(w) / 10.0)),
        (1u32..30).prop_map(|p| format!("ATR_{p}")),
        (2u32..30).prop_map(|p| format!("DONCHIAN_{p}")),
        (2u32..30, 1u32..40).prop_map(|(p, w)| format!("SUPERTREND_{p}_{}", f64::from(w) / 10.0)),
        (2u32..30).prop_map(|p| format!("ZSCORE_{p}")),
        Just("VWAP".to_owned()),
        (2u32..30, 0u32..10).prop_map(|(p, kind)| format!("MA_{p}_{kind}")),
        (2u32..30).prop_map(|p| format!("KAMA_{p}")),
        (2u32..30).prop_map(|p| format!("ADX_{p}")),
        (2u32..30).prop_map(|p| format!("MFI_{p}")),
        (2u32..20, 2u32..20, 1u32..40)
            .prop_map(|(p, a, w)| format!("KELTNER_{p}_{a}_{}", f64::from(w) / 10.0)),
        (2u32..20, 2u32..20).prop_map(|(f, s)| format!("ADOSC_{f}_{s}")),
        Just("CDLENGULFING".to_owned()),
        Just("SAR".to_owned()),
    ];
    ids.prop_map(|id| IndicatorSpec::parse(&id).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn streaming_equals_batch_bit_for_bit(bars in bars(0..140), spec in spec()) {
        let columns: Columns = bars.iter().copied().collect();
        let batch = spec.batch(&columns.view()).unwrap();
        let mut streaming = spec.start();
        for (at, bar) in bars.iter().enumerate() {
            let live = streaming.update(bar);
            for output in 0..spec.definition().outputs.len() {
                let live = live.and_then(|v| v.get(output)).map(f64::to_bits);
                prop_assert_eq!(live, batch.get(output, at).map(f64::to_bits), "{} at {}", spec, at);
            }
        }
    }

    #[test]
    fn a_value_does_not_change_when_later_bars_come(bars in bars(1..140), spec in spec(), cut in 0.0f64..1.0) {
        let columns: Columns = bars.iter().copied().collect();
        let cut = ((bars.len() as f64) * cut) as usize;
        let prefix: Columns = bars[..cut].iter().copied().collect();
        let (all, part) = (spec.batch(&columns.view()).unwrap(), spec.batch(&prefix.view()).unwrap());
        for at in 0..cut {
            for output in 0..spec.definition().outputs.len() {
                prop_assert_eq!(all.get(output, at).map(f64::to_bits), part.get(output, at).map(f64::to_bits));
            }
        }
    }

    #[test]
    fn there_is_no_value_before_enough_bars_and_one_from_then_on(bars in bars(0..100), spec in spec()) {
        let mut streaming = spec.start();
        for (at, bar) in bars.iter().enumerate() {
            let value = streaming.update(bar);
            if at + 1 < spec.warm_up_bars() {
                prop_assert!(value.is_none());
            } else if spec.definition().name != "VWAP" {
                prop_assert!(value.is_some());
            }
        }
    }

    #[test]
    fn ids_read_back_as_they_were_written(spec in spec()) {
        prop_assert_eq!(&IndicatorSpec::parse(spec.id()).unwrap(), &spec);
        let json = serde_json::to_string(&spec).unwrap();
        prop_assert_eq!(serde_json::from_str::<IndicatorSpec>(&json).unwrap(), spec);
    }

    #[test]
    fn no_text_makes_parsing_panic(text in ".{0,40}") {
        let _ = IndicatorSpec::parse(&text);
    }

    #[test]
    fn a_bank_gives_what_its_indicators_give_alone(bars in bars(0..60), specs in prop::collection::vec(spec(), 1..5)) {
        let mut bank = IndicatorBank::new(3);
        let slots: Vec<_> = specs.iter().map(|s| bank.add(s)).collect();
        let mut alone: Vec<_> = specs.iter().map(|s| (s.start(), Vec::new())).collect();
        for bar in &bars {
            bank.update(bar);
            for ((indicator, values), slot) in alone.iter_mut().zip(&slots) {
                values.push(indicator.update(bar));
                for back in 0..3 {
                    let own = values.iter().rev().nth(back).copied().flatten();
                    prop_assert_eq!(bank.track(*slot).back(back), own);
                }
                prop_assert_eq!(bank.track(*slot).back(3), None);
            }
        }
    }
}

#[test]
fn a_bank_computes_an_indicator_that_is_asked_for_twice_once() {
    let mut bank = IndicatorBank::new(1);
    let (short, long) = (
        IndicatorSpec::parse("MACD").unwrap(),
        IndicatorSpec::parse("MACD_12_26_9").unwrap(),
    );
    assert_eq!(bank.add(&short), bank.add(&long));
    assert_eq!(bank.snapshot().count(), 1);
}

#[test]
fn columns_of_different_lengths_are_refused() {
    let bar = BarInput {
        ts: UnixNanos::from_secs(1),
        open: 1.0,
        high: 1.0,
        low: 1.0,
        close: 1.0,
        volume: 1.0,
        value: 1.0,
    };
    let columns: Columns = [bar, bar].into_iter().collect();
    let mut view = columns.view();
    view.close = &view.close[..1];
    let error = IndicatorSpec::parse("SMA_1").unwrap().batch(&view).unwrap_err();
    assert!(
        error.to_string().contains("2 times, but a column of 1"),
        "{error}"
    );
}

#[test]
fn a_bar_that_is_not_finite_changes_nothing() {
    let bar = |close: f64| BarInput {
        ts: UnixNanos::from_secs(1),
        open: 1.0 + 0.0 * close,
        high: 9.0 + 0.0 * close,
        low: 1.0 + 0.0 * close,
        close,
        volume: 1.0 + 0.0 * close,
        value: 1.0 + 0.0 * close,
    };
    for definition in registry::all() {
        let spec = IndicatorSpec::parse(definition.name).unwrap();
        let (mut with, mut without) = (spec.start(), spec.start());
        for at in 0..60 {
            let good = bar(2.0 + f64::from(at % 7));
            assert_eq!(with.update(&bar(f64::NAN)), None);
            assert_eq!(with.update(&good), without.update(&good), "{spec}");
        }
    }
}
