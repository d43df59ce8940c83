//! What holds for each registered indicator, one by one: the faces agree, warm-up is honest, odd input does no harm.

#![allow(clippy::unwrap_used)]

mod shared;

use std::collections::BTreeSet;

use tradewind_indicators::{AVERAGES, BarInput, Columns, IndicatorSpec, ParamKind, Series, Values, registry};
use tradewind_types::{SplitMix64, UnixNanos};

/// A walk with volume, flat stretches and a few wide bars, seeded.
fn walk(count: usize, seed: u64) -> Vec<BarInput> {
    let mut random = SplitMix64::new(seed);
    let mut draw = move |span: u64| (random.below(span)) as f64;
    let mut close: f64 = 10_000.0;
    let mut bar = |at: usize| {
        let open = close;
        let flat = at % 211 > 180;
        close = if flat {
            open
        } else {
            (open + draw(201) - 100.0).max(500.0)
        };
        let wick = |far: f64| if flat { 0.0 } else { far };
        let (high, low) = (open.max(close) + wick(draw(60)), open.min(close) - wick(draw(60)));
        let volume = if at.is_multiple_of(37) {
            0.0
        } else {
            1.0 + draw(5_000)
        };
        let [open, high, low, shown] = [open, high, low, close].map(|price| price / 100.0);
        BarInput {
            ts: UnixNanos::from_secs(1_700_000_000 + at as u64 * 900),
            open,
            high,
            low,
            close: shown,
            volume,
            value: (high + low + shown) / 3.0 * volume,
        }
    };
    (0..count).map(&mut bar).collect()
}

/// A walk in few steps, so that bodies gap and figures are equal often, with rests of 50 bars without a trade.
fn gapping(count: usize, seed: u64) -> Vec<BarInput> {
    let mut random = SplitMix64::new(seed);
    let mut draw = move |span: u64| random.below(span) as f64;
    let mut close: f64 = 500.0;
    let mut bar = |at: usize| {
        let rests = at % 190 > 140;
        let mut step = |span: u64| if rests { 0.0 } else { draw(span) };
        let middle = if rests { 0.0 } else { 3.0 };
        let open = (close + step(7) - middle).max(50.0);
        close = (open + step(7) - middle).max(50.0);
        let (high, low) = (open.max(close) + step(3), open.min(close) - step(3));
        let volume = step(4) * 10.0;
        BarInput {
            ts: UnixNanos::from_secs(1_700_000_000 + at as u64 * 60),
            open,
            high,
            low,
            close,
            volume,
            value: close * volume,
        }
    };
    (0..count).map(&mut bar).collect()
}

/// Each indicator with its defaults, with all periods changed, and with each kind of average that it takes.
fn specs() -> Vec<IndicatorSpec> {
    let mut all = Vec::new();
    for definition in registry::all() {
        let defaults = IndicatorSpec::parse(definition.name).unwrap();
        let given = defaults.params().as_slice().to_vec();
        let mut longer = given.clone();
        for (value, param) in longer.iter_mut().zip(definition.params) {
            match param.kind {
                ParamKind::Whole => *value = (*value + 2.0).min(param.max),
                ParamKind::Real => *value = (*value * 0.75).max(param.min),
                ParamKind::Average => {}
            }
        }
        all.push(defaults);
        all.extend(IndicatorSpec::with_params(definition, &longer));
        for (at, param) in definition.params.iter().enumerate() {
            if param.kind != ParamKind::Average {
                continue;
            }
            for (kind, _) in AVERAGES {
                let mut other = given.clone();
                other[at] = f64::from(kind);
                all.push(IndicatorSpec::with_params(definition, &other).unwrap());
            }
        }
    }
    let seen: BTreeSet<String> = all.iter().map(|spec| spec.id().to_owned()).collect();
    all.retain({
        let mut left = seen;
        move |spec| left.remove(spec.id())
    });
    all
}

fn bits(values: Option<Values>, output: usize) -> Option<u64> {
    values.and_then(|v| v.get(output)).map(f64::to_bits)
}

fn columns(bars: &[BarInput]) -> Columns {
    bars.iter().copied().collect()
}

#[test]
fn streaming_equals_batch_and_peek_equals_update_bit_for_bit() {
    let mut bars = walk(700, 11);
    for at in [3, 40, 41, 300] {
        bars[at].close = f64::NAN;
        bars[at].volume = f64::INFINITY;
    }
    let columns = columns(&bars);
    let mut again = Series::default();
    for spec in specs() {
        let batch = spec.batch(&columns.view()).unwrap();
        spec.batch_into(&columns.view(), &mut again).unwrap();
        let mut streaming = spec.start();
        for (at, bar) in bars.iter().enumerate() {
            // While warming up a peek costs what came before; a few are enough.
            let peeked = (at % 8 == 0).then(|| streaming.peek(bar));
            let live = streaming.update(bar);
            if let Some(peeked) = peeked {
                assert_eq!(peeked, live, "{spec} at {at}");
            }
            for output in 0..spec.definition().outputs.len() {
                let batch = batch.get(output, at).map(f64::to_bits);
                assert_eq!(bits(live, output), batch, "{spec} output {output} at {at}");
                assert_eq!(again.get(output, at).map(f64::to_bits), batch, "{spec} again");
            }
        }
    }
}

#[test]
fn columns_in_blocks_equal_the_stream_over_gaps_rests_and_windows_longer_than_a_block() {
    let bars = gapping(19_000, 15);
    let columns = columns(&bars);
    let mut values = 0;
    for id in
        "CDLTASUKIGAP CDLXSIDEGAP3METHODS ULTOSC ULTOSC_1_2_3 ULTOSC_300_20_40 CMF CMF_2 CMF_600 HA AVGDEV_2
        AVGDEV_601 DONCHIAN_2 DONCHIAN_3 DONCHIAN_700 PERCENTILE_2_100 PERCENTILE_9_0 PERCENTILE_100_37.5
        PERCENTILE_256 PERCENTILE_257 PERCENTRANK_2 PERCENTRANK_500 MAXINDEX_2 MAXINDEX_600 MININDEX_31
        MINMAXINDEX_5 STOCH_1_1_1 STOCH_600_3_3 STOCHF_1_1 STOCHF_14_3_1 KDJ_30_3_3_0_1 SMI SMI_600_3_5_2
        HT_TRENDLINE NVI PVI"
            .split_whitespace()
    {
        let spec = IndicatorSpec::parse(id).unwrap();
        let batch = spec.batch(&columns.view()).unwrap();
        let mut streaming = spec.start();
        for (at, bar) in bars.iter().enumerate() {
            let live = streaming.update(bar);
            for output in 0..spec.definition().outputs.len() {
                let batch = batch.get(output, at);
                assert_eq!(
                    bits(live, output),
                    batch.map(f64::to_bits),
                    "{id} output {output} at {at}"
                );
                values += usize::from(id.starts_with("CDL") && batch.is_some_and(|v| v.abs() > 50.0));
            }
        }
    }
    assert!(values > 10, "{values} patterns");
}

#[test]
fn the_first_value_of_a_library_function_comes_exactly_after_its_warm_up() {
    let bars = walk(700, 12);
    let columns = columns(&bars);
    for spec in specs() {
        let batch = spec.batch(&columns.view()).unwrap();
        let first = (0..bars.len()).find(|at| batch.has(*at));
        let warm_up = spec.warm_up_bars();
        assert!(
            first.is_none_or(|at| at + 1 >= warm_up),
            "{spec}: {first:?} {warm_up}"
        );
        if spec.definition().ta_lib.is_some() && warm_up <= bars.len() {
            assert_eq!(first, Some(warm_up - 1), "{spec}");
            for output in 0..spec.definition().outputs.len() {
                assert!(
                    batch.get(output, bars.len() - 1).is_some(),
                    "{spec} output {output}"
                );
            }
        }
    }
}

#[test]
fn no_length_of_series_and_no_constant_series_makes_an_indicator_panic() {
    let bars = walk(130, 13);
    let flat = BarInput {
        ts: bars[0].ts,
        open: 5.0,
        high: 5.0,
        low: 5.0,
        close: 5.0,
        volume: 0.0,
        value: 0.0,
    };
    let flat: Vec<BarInput> = bars.iter().map(|b| BarInput { ts: b.ts, ..flat }).collect();
    for spec in specs() {
        for count in [0, 1, 2, 3, 29, 130] {
            for bars in [&bars[..count], &flat[..count]] {
                let series = spec.batch(&columns(bars).view()).unwrap();
                assert_eq!(series.len(), count);
                let mut streaming = spec.start();
                for (at, bar) in bars.iter().enumerate() {
                    let live = streaming.update(bar);
                    for output in 0..spec.definition().outputs.len() {
                        let batch = series.get(output, at).map(f64::to_bits);
                        assert_eq!(bits(live, output), batch, "{spec} at {at} of {count}");
                    }
                }
            }
        }
    }
}

#[test]
fn names_and_aliases_are_unique_and_ids_read_back() {
    let mut names = BTreeSet::new();
    for definition in registry::all() {
        assert!(names.insert(definition.name), "{} twice", definition.name);
        assert!(!definition.outputs.is_empty() && !definition.title.is_empty());
        let outputs: BTreeSet<&&str> = definition.outputs.iter().collect();
        assert_eq!(outputs.len(), definition.outputs.len(), "{}", definition.name);
        for alias in definition.aliases {
            assert_eq!(registry::find(alias).unwrap().name, definition.name);
            assert!(names.insert(alias), "{alias} twice");
        }
    }
    for spec in specs() {
        assert_eq!(IndicatorSpec::parse(spec.id()).unwrap(), spec);
        assert_eq!(
            IndicatorSpec::parse(spec.id()).unwrap().params(),
            spec.params(),
            "{spec}"
        );
    }
    assert!(registry::all().count() >= 120 + 61);
}

#[test]
fn ids_name_kinds_of_averages_and_second_deviations_only_where_they_are_not_the_usual() {
    for (given, canonical) in [
        ("BBANDS_20_2.5", "BBANDS_20_2.5"),
        ("BBANDS_20_2_2_0", "BBANDS_20_2"),
        ("BBANDS_20_2_1", "BBANDS_20_2_1"),
        ("BBANDS_20_2_2_1", "BBANDS_20_2_2_1"),
        ("STOCH_5_3_3_0_1", "STOCH_5_3_3_0_1"),
        ("APO", "APO_12_26"),
        ("APO_12_26_0", "APO_12_26_0"),
        ("KC_20", "KELTNER_20_10_2"),
        ("PSAR", "SAR_0.02_0.2"),
        ("CDLMORNINGSTAR", "CDLMORNINGSTAR"),
        ("CDLMORNINGSTAR_0.5", "CDLMORNINGSTAR_0.5"),
        ("HT_TRENDMODE", "HT_TRENDMODE"),
        ("ROCR100_7", "ROCR100_7"),
    ] {
        assert_eq!(IndicatorSpec::parse(given).unwrap().id(), canonical, "{given}");
    }
    for bad in ["MA_30_11", "MA_30_16", "MA_30_1.5"] {
        assert!(IndicatorSpec::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn an_indicator_ignores_a_bar_whose_figures_it_reads_are_not_finite_and_no_other() {
    let bars = walk(60, 14);
    let spec = |id: &str| IndicatorSpec::parse(id).unwrap();
    let (mut sma, mut obv) = (spec("SMA_3").start(), spec("OBV").start());
    let mut with_gaps = bars.clone();
    with_gaps.iter_mut().for_each(|bar| bar.volume = f64::NAN);
    let (mut averages, mut volumes) = (0, 0);
    for bar in &with_gaps {
        averages += usize::from(sma.update(bar).is_some());
        volumes += usize::from(obv.update(bar).is_some());
    }
    assert_eq!((averages, volumes), (58, 0));
    let batch = spec("SMA_3").batch(&columns(&with_gaps).view()).unwrap();
    let whole = spec("SMA_3").batch(&columns(&bars).view()).unwrap();
    for at in 0..bars.len() {
        assert_eq!(batch.get(0, at), whole.get(0, at));
    }
}
