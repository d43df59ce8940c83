//! A data file: whatever the bytes, rows come out in order of time and whole, or a line is refused.

use std::io::Write;

use tradewind_engine::backtest::data::{BarColumns, Chunk, CsvSource, DataKind, Layout, Source};
use tradewind_types::market::BarInterval;

/// Reads the bytes as the lines below a header.
pub fn run(bytes: &[u8]) {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(b"ts,open,high,low,close,volume\n")
        .expect("written");
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
}

/// A few bars in several spellings of time.
pub fn seeds() -> Vec<Vec<u8>> {
    [
        b"2024-01-02T09:15:00Z,1.5,2,1,1.75,10\n2024-01-02T09:16:00Z,1.75,2,1.5,1.5,0.25\n".to_vec(),
        b"1704186900,1,1,1,1,1\n1704186960000,2,3,1,2,\n".to_vec(),
    ]
    .into()
}
