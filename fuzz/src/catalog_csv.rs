//! A CSV file for the catalogue: whatever the bytes, rows come out in order of time, each time once, with figures that
//! agree, or they are rejected; and a second import adds nothing.

use std::io::Write;
use std::sync::LazyLock;

use tradewind_store::catalog::import::ImportOptions;
use tradewind_store::catalog::{Catalog, Files, Series};
use tradewind_types::UnixNanos;
use tradewind_types::market::BarInterval;

static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime")
});

/// Imports the bytes as the lines below a header, twice.
pub fn run(bytes: &[u8]) {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(b"ts,open,high,low,close,volume\n")
        .expect("written");
    file.write_all(bytes).expect("written");
    let files = [file.path().to_owned()];
    RUNTIME.block_on(async {
        let catalog = Catalog::new(Files::memory());
        let series = Series::bars("X.FUZZ".parse().expect("an id"), BarInterval::M1);
        let mut options = ImportOptions::bars(series.instrument.clone(), BarInterval::M1, UnixNanos(1));
        let Ok(report) = catalog.import(&files, &options, |_| true).await else {
            return;
        };
        let bars = catalog
            .bars(series, 0..i64::MAX)
            .await
            .expect("what was imported can be read");
        assert_eq!(bars.len() as u64, report.change.added);
        assert!(bars.ts.windows(2).all(|w| w[0] < w[1]));
        for at in 0..bars.len() {
            assert!(0 < bars.low[at] && bars.low[at] <= bars.open[at] && bars.open[at] <= bars.high[at]);
        }
        options.now = UnixNanos(2);
        let again = catalog
            .import(&files, &options, |_| true)
            .await
            .expect("it was taken before");
        assert_eq!(again.change.added, 0);
    });
}

/// A few bars in several spellings of time, out of order, repeated and contradicting.
pub fn seeds() -> Vec<Vec<u8>> {
    [
        b"2024-01-02T09:15:00Z,1.5,2,1,1.75,10\n2024-01-02T09:16:00Z,1.75,2,1.5,1.5,0.25\n".to_vec(),
        b"1704186960,1,1,1,1,1\n1704186900000,2,3,1,2,\n1704186960,1,1,1,1,1\n1704186960,2,2,2,2,1\n"
            .to_vec(),
        b"\"1704186960\",1.000000000000000001,2,1,1,99999999999999999999\n".to_vec(),
    ]
    .into()
}
