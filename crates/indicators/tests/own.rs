//! Our own indicators against other libraries and a second writing of their definitions, on a synthetic series and
//! on real bars. Golden values by `tools/truth/indicators_own.py`, which says what each is compared with.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::PathBuf;

use serde::Deserialize;
use tradewind_indicators::{
    BarInput, Columns, Definition, Group, IndicatorSpec, PatternKind, PatternRules, PatternScanner, registry,
};
use tradewind_types::UnixNanos;

/// Number of values, first row with one, sum, sum weighted by row, values at some rows (none where they are prices of
/// data that is not ours to publish).
type Output = (usize, i64, f64, f64, Vec<Option<f64>>);

#[derive(Deserialize)]
struct Golden {
    bars: usize,
    rows: Vec<usize>,
    series: BTreeMap<String, Vec<Output>>,
    /// Opening time, prices in hundredths, volume in thousandths.
    #[serde(default)]
    raw: Vec<(u64, u32, u32, u32, u32, u32)>,
}

fn golden(text: &str) -> Golden {
    serde_json::from_str(text).unwrap()
}

fn synthetic() -> (Golden, Vec<BarInput>) {
    let golden = golden(include_str!("golden/own.synthetic.json"));
    let hundredths = |value: u32| f64::from(value) / 100.0;
    let bar = |&(secs, open, high, low, close, volume): &(u64, u32, u32, u32, u32, u32)| {
        let prices = [open, high, low, close].map(hundredths);
        bar_of(secs, prices, f64::from(volume) / 1_000.0)
    };
    let bars = golden.raw.iter().map(bar).collect();
    (golden, bars)
}

fn bar_of(secs: u64, [open, high, low, close]: [f64; 4], volume: f64) -> BarInput {
    BarInput {
        ts: UnixNanos::from_secs(secs),
        open,
        high,
        low,
        close,
        volume,
        value: (high + low + close) / 3.0 * volume,
    }
}

/// Seconds since 1970 of `YYYY-MM-DD`, with `THH:MM:SS+HH:MM` behind it or not.
fn seconds(stamp: &str) -> u64 {
    let part = |range: std::ops::Range<usize>| stamp[range].parse::<u64>().unwrap();
    let (year, month, day) = (part(0..4), part(5..7), part(8..10));
    // Counted from 1 March, so that the leap day is a year's last.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1 - 719_468;
    let time = if stamp.len() > 10 {
        part(11..13) * 3_600 + part(14..16) * 60 + part(17..19) - part(20..22) * 3_600 - part(23..25) * 60
    } else {
        0
    };
    days * 86_400 + time
}

/// A file of `shared/data/bars` with its real times, or `None` without the data.
fn shared(file: &str) -> Option<Vec<BarInput>> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    let root = std::env::var("TRADEWIND_TEST_DATA").unwrap_or_else(|_| default.to_owned());
    let packed = std::fs::read(PathBuf::from(root).join("bars").join(file)).ok()?;
    let mut text = String::new();
    flate2::read::GzDecoder::new(&packed[..])
        .read_to_string(&mut text)
        .unwrap();
    let bar = |line: &str| {
        let mut cells = line.split(',');
        let secs = seconds(cells.next().unwrap());
        let mut number = || cells.next().map_or(0.0, |cell| cell.parse::<f64>().unwrap());
        let prices = [(); 4].map(|()| number());
        bar_of(secs, prices, number())
    };
    let mut bars: Vec<BarInput> = text.lines().skip(1).map(bar).collect();
    // The months of NIFTY's file are not in order.
    bars.sort_by_key(|bar| bar.ts);
    Some(bars)
}

/// Equal to 1e-9 relative; what is nearly nothing to 1e-9 of a thousandth of the output's mean size.
fn close_enough(ours: f64, truth: f64, size: f64) -> bool {
    (ours - truth).abs() <= 1e-9 * truth.abs().max(1e-3 * size)
}

/// What differs in one output, in words.
fn difference(values: &[Option<f64>], truth: &Output, rows: &[usize]) -> Option<String> {
    let (count, first, sum, weighted, samples) = truth;
    let there = || values.iter().enumerate().filter_map(|(at, v)| v.map(|v| (at, v)));
    let begins = there().next().map_or(-1, |(at, _)| at as i64);
    if (there().count(), begins) != (*count, *first) {
        return Some(format!(
            "{} values from {begins}, not {count} from {first}",
            there().count()
        ));
    }
    let total: f64 = there().map(|(_, v)| v).sum();
    let total_weighted: f64 = there().map(|(at, v)| v * (1.0 + (at % 97) as f64 / 97.0)).sum();
    let absolute: f64 = there().map(|(_, v)| v.abs()).sum();
    for (row, truth) in rows.iter().zip(samples) {
        let equal = match (values[*row], truth) {
            (None, None) => true,
            (Some(ours), Some(truth)) => close_enough(ours, *truth, absolute / *count as f64),
            _ => false,
        };
        if !equal {
            return Some(format!("row {row} is {:?}, not {truth:?}", values[*row]));
        }
    }
    // A sum is as good as its terms.
    let near = |ours: f64, truth: f64| (ours - truth).abs() <= 2e-9 * absolute;
    let equal = near(total, *sum) && near(total_weighted, *weighted);
    (!equal).then(|| format!("sums {total} {total_weighted}, not {sum} {weighted}"))
}

/// What differs, batch and streaming, one line per output.
fn differences(bars: &[BarInput], golden: &Golden) -> Vec<String> {
    assert_eq!(bars.len(), golden.bars);
    let columns: Columns = bars.iter().copied().collect();
    let mut found = Vec::new();
    for (id, outputs) in &golden.series {
        let spec = IndicatorSpec::parse(id).unwrap();
        assert_eq!(spec.id(), id);
        let batch = spec.batch(&columns.view()).unwrap();
        assert_eq!(batch.columns().len(), outputs.len(), "{id}");
        let mut streaming = spec.start();
        let live: Vec<_> = bars.iter().map(|bar| streaming.update(bar)).collect();
        for (output, truth) in outputs.iter().enumerate() {
            let values: Vec<Option<f64>> = (0..bars.len()).map(|at| batch.get(output, at)).collect();
            for (at, value) in values.iter().enumerate() {
                let live = live[at].and_then(|v| v.get(output)).map(f64::to_bits);
                assert_eq!(live, value.map(f64::to_bits), "{id} output {output} at {at}");
            }
            if let Some(what) = difference(&values, truth, &golden.rows) {
                found.push(format!("{id} output {output}: {what}"));
            }
        }
    }
    found
}

fn agrees(bars: &[BarInput], golden: &Golden) {
    let found = differences(bars, golden);
    assert!(
        found.is_empty(),
        "{} differences:\n{}",
        found.len(),
        found.join("\n")
    );
}

fn own() -> impl Iterator<Item = &'static Definition> {
    registry::all().filter(|d| d.ta_lib.is_none() && !["VWAP", "ZSCORE"].contains(&d.name))
}

#[test]
fn our_own_indicators_equal_their_truths_on_the_synthetic_series() {
    let (golden, bars) = synthetic();
    agrees(&bars, &golden);
}

#[test]
fn our_own_indicators_equal_their_truths_on_spy_daily_bars() {
    let Some(bars) = shared("SPY.US.1d.csv.gz") else {
        println!("skipped: no shared data (TRADEWIND_TEST_DATA)");
        return;
    };
    agrees(&bars, &golden(include_str!("golden/own.spy.json")));
}

#[test]
fn our_own_indicators_that_need_no_volume_equal_their_truths_on_nifty_minutes() {
    let Some(bars) = shared("NIFTY.NSE.1m.csv.gz") else {
        println!("skipped: no shared data (TRADEWIND_TEST_DATA)");
        return;
    };
    agrees(&bars, &golden(include_str!("golden/own.nifty.json")));
}

#[test]
fn every_own_indicator_but_the_chart_patterns_has_a_truth() {
    let (golden, _) = synthetic();
    for definition in own().filter(|d| d.group != Group::ChartPattern) {
        let covered = golden
            .series
            .keys()
            .any(|id| IndicatorSpec::parse(id).unwrap().definition().name == definition.name);
        assert!(covered, "{} has no golden series", definition.name);
    }
}

#[test]
fn a_wrong_figure_is_noticed() {
    let (mut golden, bars) = synthetic();
    golden
        .series
        .retain(|id, _| ["HV_20_252", "CPR_7", "STRUCTURE_3"].contains(&id.as_str()));
    golden.series.get_mut("HV_20_252").unwrap()[0].2 *= 1.0 + 1e-8;
    let last = golden.series.get_mut("CPR_7").unwrap()[1].4.last_mut().unwrap();
    *last = last.map(|value| value * (1.0 + 1e-8));
    golden.series.get_mut("STRUCTURE_3").unwrap()[5].0 += 1;
    assert_eq!(differences(&bars, &golden).len(), 3);
}

#[test]
fn the_registry_holds_what_the_specification_asks_for() {
    let patterns = registry::all()
        .filter(|d| d.group == Group::CandlestickPattern)
        .count();
    assert_eq!(patterns, 61);
    assert!(registry::all().count() - patterns >= 120);
    let names = "SMA EMA WMA DEMA TEMA TRIMA KAMA MAMA T3 HMA ZLEMA VWMA RMA RSI STOCH STOCHF STOCHRSI MACD MACDEXT \
                 PPO APO ROC ROCP MOM CMO TSI ULTOSC WILLR CCI AO TRIX BOP ADX ADXR DX PLUS_DI MINUS_DI PLUS_DM \
                 MINUS_DM AROON AROONOSC VORTEX ICHIMOKU PSAR SAR SAREXT SUPERTREND ATR NATR TRANGE BBANDS KELTNER \
                 DONCHIAN STDDEV VAR HV CHAIKIN_VOL OBV AD ADOSC CMF MFI VWAP AVWAP PVT FORCE VROC EFI NVI PVI \
                 FISHER HT_DCPERIOD HT_DCPHASE HT_PHASOR HT_SINE HT_TRENDLINE HT_TRENDMODE LINEARREG \
                 LINEARREG_ANGLE LINEARREG_INTERCEPT LINEARREG_SLOPE TSF BETA CORREL MIN MAX MINMAX MIDPOINT \
                 MIDPRICE AVGPRICE MEDPRICE TYPPRICE WCLPRICE PIVOT_CLASSIC PIVOT_FIBONACCI PIVOT_CAMARILLA \
                 PIVOT_WOODIE CPR SUPPORT RESISTANCE FIB VOLUME_PROFILE MARKET_PHASE STRUCTURE";
    for name in names.split_whitespace() {
        assert!(registry::find(name).is_some(), "{name} is missing");
    }
    for kind in PatternKind::ALL {
        let name = format!("PATTERN_{}", kind.name().to_uppercase());
        assert!(registry::find(&name).is_some(), "{name} is missing");
    }
}

#[test]
fn a_value_of_our_own_does_not_change_when_later_bars_come() {
    let (_, bars) = synthetic();
    let whole: Columns = bars.iter().copied().collect();
    for definition in own() {
        let spec = IndicatorSpec::parse(definition.name).unwrap();
        let all = spec.batch(&whole.view()).unwrap();
        for cut in [0, 1, 2, 17, 333, 900, 1_479] {
            let part: Columns = bars[..cut].iter().copied().collect();
            let part = spec.batch(&part.view()).unwrap();
            for at in 0..cut {
                for output in 0..definition.outputs.len() {
                    let (whole, part) = (all.get(output, at), part.get(output, at));
                    assert_eq!(
                        part.map(f64::to_bits),
                        whole.map(f64::to_bits),
                        "{spec} at {at} of {cut}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_patterns_signal_is_the_scanners_detection() {
    let (_, bars) = synthetic();
    let columns: Columns = bars.iter().copied().collect();
    let rules = PatternRules {
        strength: 1,
        tolerance: 20.0,
    };
    let mut signals = 0;
    for kind in PatternKind::ALL {
        let found = PatternScanner::new(rules, &[kind]).scan(&columns.view());
        let spec = IndicatorSpec::parse(&format!("PATTERN_{}_1_20", kind.name().to_uppercase())).unwrap();
        let series = spec.batch(&columns.view()).unwrap();
        for (at, bar) in bars.iter().enumerate() {
            let at_bar = found.iter().rfind(|d| d.ts == bar.ts);
            let truth = at_bar.map_or(0.0, |d| if d.upwards { 100.0 } else { -100.0 });
            assert!(
                (series.get(0, at).unwrap_or(0.0) - truth).abs() < 1e-9,
                "{spec} at {at}"
            );
            assert_eq!(
                series.get(1, at).map(f64::to_bits),
                at_bar.map(|d| d.level.to_bits())
            );
            assert_eq!(
                series.get(2, at).map(f64::to_bits),
                at_bar.map(|d| d.target.to_bits())
            );
            signals += usize::from(at_bar.is_some());
        }
    }
    assert!(signals > 20, "{signals}");
}

#[test]
fn sessions_that_are_none_are_refused_with_what_would_be_right() {
    for id in ["CPR_2", "PIVOT_CLASSIC_31", "VWAP_BANDS_365", "VOLUME_PROFILE_2"] {
        let error = IndicatorSpec::parse(id).unwrap_err().to_string();
        assert!(
            error.contains("session must be 1 (day), 7 (week) or 30 (month)"),
            "{id}: {error}"
        );
    }
    let error = IndicatorSpec::parse("MARKET_PHASE_200_50")
        .unwrap_err()
        .to_string();
    assert!(error.contains("fast must be less than slow"), "{error}");
}
