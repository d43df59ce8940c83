#![no_main]
//! A data file: whatever the bytes, rows come out in order of time and whole, or a line is refused; never a panic.

use std::io::Write;

use libfuzzer_sys::fuzz_target;
use tradewind_engine::backtest::data::{BarColumns, Chunk, CsvSource, DataKind, Layout, Source};
use tradewind_types::market::BarInterval;

fuzz_target!(|bytes: &[u8]| {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(b"ts,open,high,low,close,volume\n").expect("written");
    file.write_all(bytes).expect("written");
    let layout = Layout::bars(BarInterval::M1, 2, 8);
    let mut source = CsvSource::new(vec![file.path().to_owned()], layout);
    let mut chunk = Chunk::new(DataKind::Bars);
    let mut last = None;
    while source.fill(&mut chunk).is_ok() && !chunk.is_empty() {
        let Chunk::Bars(BarColumns { ts, high, low, .. }) = &chunk else {
            panic!("bars were asked for");
        };
        for at in 0..ts.len() {
            assert!(last.is_none_or(|last| last < ts[at]));
            assert!(low[at] <= high[at] && low[at] > 0);
            last = Some(ts[at]);
        }
    }
});
