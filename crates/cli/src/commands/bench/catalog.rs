//! The catalogue: ten million bars of a minute from CSV into files, and from files into columns. Wall time, disk
//! included; the data is the walk that the peers get ([`data`]).

use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::Instant;

use tradewind_store::catalog::import::ImportOptions;
use tradewind_store::catalog::{Catalog, Files, Series};
use tradewind_types::market::BarInterval;
use tradewind_types::{InstrumentId, UnixNanos};

use super::Figure;
use super::data;
use crate::args::BenchArgs;
use crate::commands::on_runtime;
use crate::failure::Failure;

const BARS: usize = 10_000_000;
const MINUTE_NS: i64 = 60_000_000_000;

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::failed(error.to_string())
}

fn instrument() -> Result<InstrumentId, Failure> {
    "WALK.BENCH".parse().map_err(failed)
}

/// A folder that goes with what is in it, unless it was asked to be kept.
struct Folder {
    path: std::path::PathBuf,
    kept: bool,
}

impl Folder {
    fn new(name: &str) -> Result<Self, Failure> {
        let path = std::env::temp_dir().join(format!("tradewind-bench-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Self { path, kept: false })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is left to the system's temporary folder.
        if !self.kept {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

fn write_csv(path: &Path) -> Result<u64, Failure> {
    let mut out = BufWriter::new(std::fs::File::create(path)?);
    writeln!(out, "ts,open,high,low,close,volume")?;
    let price = |cents: i64| (cents / 100, cents % 100);
    for bar in data::bars().take(BARS) {
        let ts = UnixNanos((bar.close_ns - MINUTE_NS).unsigned_abs());
        let [o, h, l, c] = [bar.open, bar.high, bar.low, bar.close].map(price);
        writeln!(
            out,
            "{ts},{}.{:02},{}.{:02},{}.{:02},{}.{:02},{}",
            o.0, o.1, h.0, h.1, l.0, l.1, c.0, c.1, bar.volume
        )?;
    }
    out.flush()?;
    Ok(std::fs::metadata(path)?.len())
}

fn import(csv: &Path, folder: &Path) -> Result<f64, Failure> {
    let options = ImportOptions::bars(instrument()?, BarInterval::M1, UnixNanos(1));
    let catalog = Catalog::new(Files::local(folder).map_err(failed)?);
    let files = [csv.to_owned()];
    let started = Instant::now();
    let report = on_runtime(async { catalog.import(&files, &options, |_| true).await.map_err(failed) })?;
    let seconds = started.elapsed().as_secs_f64();
    if report.change.added != BARS as u64 {
        return Err(failed(format!(
            "{} of {BARS} bars were imported",
            report.change.added
        )));
    }
    Ok(seconds)
}

pub(super) fn import_10m(args: &BenchArgs) -> Result<Vec<Figure>, Failure> {
    let folder = Folder::new("import")?;
    let csv = folder.path.join("bars.csv");
    let bytes = write_csv(&csv)?;
    let mut runs = Vec::new();
    for run in 0..args.runs.max(1) {
        let into = folder.path.join(format!("catalog-{run}"));
        runs.push(import(&csv, &into)?);
        std::fs::remove_dir_all(&into)?;
    }
    let note = format!("{BARS} bars of a minute, CSV of {} MB", bytes / 1_000_000);
    Ok(vec![Figure::of("catalog.import_10m", "s", runs, &note)])
}

pub(super) fn read_10m(args: &BenchArgs) -> Result<Vec<Figure>, Failure> {
    let folder = match &args.catalog {
        // DuckDB reads the same files then: tools/truth/catalog_readers.py --speed.
        Some(path) => Folder {
            path: path.clone(),
            kept: true,
        },
        None => Folder::new("read")?,
    };
    let place = folder.path.join("catalog");
    if !place.exists() {
        std::fs::create_dir_all(&folder.path)?;
        let csv = folder.path.join("bars.csv");
        write_csv(&csv)?;
        import(&csv, &place)?;
        std::fs::remove_file(&csv)?;
    }
    let catalog = Catalog::new(Files::local(&place).map_err(failed)?);
    let series = Series::bars(instrument()?, BarInterval::M1);
    let mut runs = Vec::new();
    for _ in 0..args.runs.max(1) {
        let (catalog, series) = (catalog.clone(), series.clone());
        let started = Instant::now();
        let bars = on_runtime(async move { catalog.bars(series, 0..i64::MAX).await.map_err(failed) })?;
        runs.push(started.elapsed().as_secs_f64());
        if bars.len() != BARS {
            return Err(failed(format!("{} of {BARS} bars were read", bars.len())));
        }
    }
    let note = format!("{BARS} bars of one instrument, six columns");
    Ok(vec![Figure::of("catalog.read_10m", "s", runs, &note)])
}
