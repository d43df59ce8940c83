//! Bars of the shared data, where it is, and those of the synthetic series.

#![allow(
    dead_code,
    reason = "each test binary uses what it needs of the bars; none uses all"
)]

use std::io::Read as _;
use std::path::PathBuf;

use serde::Deserialize;
use tradewind_indicators::BarInput;
use tradewind_types::UnixNanos;

/// A file of `shared/data/bars`, oldest bar first, or `None` without the data. Bars are stamped a minute apart from
/// 2020-09-13 on: no function of TA-Lib looks at the time.
pub(crate) fn bars(file: &str) -> Option<Vec<BarInput>> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    let root = std::env::var("TRADEWIND_TEST_DATA").unwrap_or_else(|_| default.to_owned());
    let packed = std::fs::read(PathBuf::from(root).join("bars").join(file)).ok()?;
    let mut text = String::new();
    flate2::read::GzDecoder::new(&packed[..])
        .read_to_string(&mut text)
        .unwrap();
    let bar = |(at, line): (usize, &str)| {
        let mut cells = line.split(',').skip(1);
        let mut number = || cells.next().map_or(0.0, |cell| cell.parse::<f64>().unwrap());
        let [open, high, low, close, volume] = [(); 5].map(|()| number());
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
    Some(text.lines().skip(1).enumerate().map(bar).collect())
}

#[derive(Deserialize)]
struct Golden {
    bars: Vec<(u64, u32, u32, u32, u32, u32)>,
}

/// The bars of `tools/truth/indicators.py`: flat stretches, runs up and down, zero volumes, three UTC midnights.
pub(crate) fn synthetic() -> Vec<BarInput> {
    let golden: Golden = serde_json::from_str(include_str!("../golden/synthetic.json")).unwrap();
    let hundredths = |value: u32| f64::from(value) / 100.0;
    let bar = |&(ts, open, high, low, close, volume): &(u64, u32, u32, u32, u32, u32)| {
        let (high, low, close) = (hundredths(high), hundredths(low), hundredths(close));
        let volume = f64::from(volume) / 1000.0;
        BarInput {
            ts: UnixNanos::from_secs(ts),
            open: hundredths(open),
            high,
            low,
            close,
            volume,
            value: (high + low + close) / 3.0 * volume,
        }
    };
    golden.bars.iter().map(bar).collect()
}
