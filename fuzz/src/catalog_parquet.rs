//! A Parquet file for the catalogue, and one that lies in it: whatever the bytes, rows or an error, in bounded memory.

use std::sync::LazyLock;

use tradewind_store::catalog::import::ImportOptions;
use tradewind_store::catalog::{Catalog, Files, Query, Series};
use tradewind_types::UnixNanos;
use tradewind_types::market::BarInterval;

static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime")
});

fn series() -> Series {
    Series::bars("X.FUZZ".parse().expect("an id"), BarInterval::M1)
}

/// Imports the bytes, and reads them as a file of the catalogue.
pub fn run(bytes: &[u8]) {
    // A file is known by its first bytes.
    let mut framed = b"PAR1".to_vec();
    framed.extend_from_slice(bytes.strip_prefix(b"PAR1").unwrap_or(bytes));
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("bars/FUZZ/1m/X");
    std::fs::create_dir_all(&place).expect("a folder");
    let file = place.join("2024-01.parquet");
    std::fs::write(&file, &framed).expect("written");
    RUNTIME.block_on(async {
        let series = series();
        let options = ImportOptions::bars(series.instrument.clone(), BarInterval::M1, UnixNanos(1));
        let _ = Catalog::new(Files::memory())
            .import(&[file], &options, |_| true)
            .await;
        let catalog = Catalog::new(Files::local(folder.path()).expect("files"));
        let _ = catalog.read(&Query::all(series)).await;
        let _ = catalog.list().await;
    });
}

/// A file that the catalogue wrote.
pub fn seeds() -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().expect("a folder");
    let csv = folder.path().join("x.csv");
    let rows: String = (0..300)
        .map(|n| format!("{},1.5,2,1,1.75,{n}\n", 1_704_186_900 + 60 * n))
        .collect();
    std::fs::write(&csv, format!("ts,open,high,low,close,volume\n{rows}")).expect("written");
    RUNTIME.block_on(async {
        let series = series();
        let options = ImportOptions::bars(series.instrument.clone(), BarInterval::M1, UnixNanos(1));
        let catalog = Catalog::new(Files::local(folder.path()).expect("files"));
        catalog
            .import(&[csv], &options, |_| true)
            .await
            .expect("imported");
    });
    vec![std::fs::read(folder.path().join("bars/FUZZ/1m/X/2024-01.parquet")).expect("the file")]
}
