//! Import: CSV (plain, gzip, or in a ZIP) and Parquet from anywhere into the catalogue, in bounded memory.
//!
//! A file is read line by line ([`csv`]) or batch by batch ([`table`]); each row is put together and checked
//! ([`build`]), and either joins the others of its file in the catalogue ([`sink`]: one thread reads, another writes)
//! or goes to the reject file with its line and the reason ([`rejects`]). Everything is staged and becomes visible at
//! once at the end; an import that was interrupted left nothing behind and can be started again.

mod build;
mod csv;
mod ordinals;
mod rejects;
mod sink;
mod stdin;
mod table;

use std::fs::File;
use std::io::{Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tradewind_codecs::table::{Ambiguous, BarStamp, ExtraDecimals, Zone};
use tradewind_types::market::{BarGrid, BarInterval};
use tradewind_types::{InstrumentId, Market, UnixNanos};

use super::merge::Change;
use super::place::is_long;
use super::schema::{Kind, SCALE_MAX, Scales};
use super::{Catalog, CatalogError};
use build::Builder;
use rejects::Rejects;
use sink::Sink;
use stdin::Stdin;

/// Rows between two calls of the progress function.
const PROGRESS_ROWS: u64 = 1 << 16;
/// Entries of a ZIP at most.
const ENTRIES_MAX: usize = 100_000;

/// Whose rows a file holds.
#[derive(Debug, Clone)]
pub enum Whose {
    /// One instrument's; of option snapshots, the underlying's.
    One(InstrumentId),
    /// Several instruments' of one market, told by a column `symbol`.
    Column(Market),
}

/// How a file is to be read.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// What the rows are.
    pub kind: Kind,
    /// Whose they are.
    pub whose: Whose,
    /// Interval of bars.
    pub interval: Option<BarInterval>,
    /// Decimals of prices; `None` = as many as the file has.
    pub price_scale: Option<u8>,
    /// Decimals of sizes; `None` = as many as the file has.
    pub size_scale: Option<u8>,
    /// What figures with more decimals do.
    pub extra_decimals: ExtraDecimals,
    /// Columns by the names of this program, where the file calls them otherwise: (ours, theirs).
    pub columns: Vec<(String, String)>,
    /// Names of the columns of a file without a header.
    pub header: Option<Vec<String>>,
    /// What separates cells.
    pub separator: u8,
    /// Zone of stamps without one.
    pub zone: Zone,
    /// What a local time means that the clocks showed twice.
    pub ambiguous: Ambiguous,
    /// Which end of its interval a bar's stamp names.
    pub stamp: BarStamp,
    /// Where bars begin and end; needed for stamps at the close of days, weeks and months, whose lengths differ.
    pub grid: Option<BarGrid>,
    /// Whether prices of 0 and below are allowed.
    pub negative_prices: bool,
    /// When the rows became known: now.
    pub now: UnixNanos,
    /// Where rejected rows go.
    pub rejects: Option<PathBuf>,
    /// Rejected rows from which the import is given up.
    pub rejects_max: Option<u64>,
}

impl ImportOptions {
    /// Bars of one instrument, nothing unusual.
    #[must_use]
    pub fn bars(instrument: InstrumentId, interval: BarInterval, now: UnixNanos) -> Self {
        Self {
            kind: Kind::Bars,
            whose: Whose::One(instrument),
            interval: Some(interval),
            price_scale: None,
            size_scale: None,
            extra_decimals: ExtraDecimals::Refuse,
            columns: Vec::new(),
            header: None,
            separator: b',',
            zone: Zone::default(),
            ambiguous: Ambiguous::default(),
            stamp: BarStamp::Open,
            grid: None,
            negative_prices: false,
            now,
            rejects: None,
            rejects_max: None,
        }
    }

    fn check(&self) -> Result<(), CatalogError> {
        let refuse = |what: &str| Err(CatalogError::Refused(what.to_owned()));
        if (self.kind == Kind::Bars) != self.interval.is_some() {
            return refuse("bars need an interval, and nothing else has one");
        }
        if self.interval.is_some_and(|interval| !interval.is_time()) {
            return refuse(
                "bars of ticks, volume or value are built from trades; the catalogue keeps bars of time",
            );
        }
        if self.stamp == BarStamp::Close && self.grid.is_none() && self.interval.is_some_and(is_long) {
            return refuse(
                "stamps at the close of bars of a day, week or month need the calendar of their sessions: without it \
                 nobody knows when such a bar opened. Give the calendar, or stamps at the open",
            );
        }
        if self.price_scale.max(self.size_scale) > Some(SCALE_MAX) {
            return refuse("prices and sizes have 18 decimals at most");
        }
        if self.kind == Kind::Options && matches!(self.whose, Whose::Column(_)) {
            return refuse("option snapshots need the underlying's instrument");
        }
        Ok(())
    }

    /// Our name of a column that the options map.
    fn mapped(&self, theirs: &str) -> Option<String> {
        let mapped = self.columns.iter().find(|(_, t)| t.eq_ignore_ascii_case(theirs));
        mapped.map(|(ours, _)| ours.to_ascii_lowercase())
    }

    /// Whether the scales follow from the figures, so that files may have to be read again.
    fn open_scales(&self) -> bool {
        self.price_scale.is_none() || self.size_scale.is_none()
    }
}

/// How far an import is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Progress {
    /// Rows read.
    pub rows: u64,
    /// Bytes of the files read.
    pub bytes: u64,
    /// Bytes of the files.
    pub bytes_total: u64,
}

/// What an import did.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Report {
    /// Rows read, rejected ones included.
    pub rows: u64,
    /// What the others did.
    #[serde(flatten)]
    pub change: Change,
    /// Rows rejected, with those that contradict others.
    pub rejected: u64,
    /// The first reasons, with file and line.
    pub first_rejects: Vec<String>,
    /// Rows that came after later ones; they were put in order.
    pub out_of_order: u64,
    /// The first and last time, in nanoseconds.
    pub times: Option<(i64, i64)>,
    /// Decimals that prices have.
    pub price_scale: u8,
    /// Decimals that sizes have.
    pub size_scale: u8,
}

/// Why reading a file stopped.
enum Stop {
    /// A figure has more decimals than were found before: the import begins again with more.
    Scale(Scales),
    /// It fails.
    Failed(CatalogError),
}

impl<E: Into<CatalogError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Stop::Failed(error.into())
    }
}

/// One import at work.
struct Work<'a> {
    options: &'a ImportOptions,
    builder: Builder<'a>,
    sink: Sink,
    rejects: Rejects,
    report: Report,
    progress: &'a mut dyn FnMut(Progress) -> bool,
    read: Arc<AtomicU64>,
    bytes_total: u64,
}

impl Work<'_> {
    /// Counts a row; false when the caller wants no more.
    fn count(&mut self) -> Result<(), Stop> {
        self.report.rows += 1;
        if !self.report.rows.is_multiple_of(PROGRESS_ROWS) {
            return Ok(());
        }
        self.tell()
    }

    fn tell(&mut self) -> Result<(), Stop> {
        let progress = Progress {
            rows: self.report.rows,
            bytes: self.read.load(Ordering::Relaxed),
            bytes_total: self.bytes_total,
        };
        if (self.progress)(progress) {
            return Ok(());
        }
        Err(CatalogError::Refused("the import was cancelled; nothing was imported".to_owned()).into())
    }

    fn reject(&mut self, (file, line): (&str, u64), reason: &str, text: &[u8]) -> Result<(), Stop> {
        self.report.rejected += 1;
        self.rejects.add((file, line), reason, text)?;
        match self.options.rejects_max {
            Some(most) if self.report.rejected > most => Err(CatalogError::Refused(format!(
                "more than {most} rows were rejected; nothing was imported. The last: {file}, line {line}: {reason}"
            ))
            .into()),
            _ => Ok(()),
        }
    }
}

impl Catalog {
    /// Imports files, all or nothing. `progress` is told now and then, and ends the import by answering false.
    ///
    /// # Errors
    /// When a file cannot be read or makes no sense, or the catalogue fails; nothing was imported then.
    pub async fn import(
        &self,
        files: &[PathBuf],
        options: &ImportOptions,
        progress: impl FnMut(Progress) -> bool + Send + 'static,
    ) -> Result<Report, CatalogError> {
        options.check()?;
        let (catalog, files, options) = (self.clone(), files.to_vec(), options.clone());
        let runtime = tokio::runtime::Handle::current();
        let mut progress = progress;
        let task =
            tokio::task::spawn_blocking(move || run(&catalog, &runtime, &files, &options, &mut progress));
        task.await.map_err(|e| CatalogError::Task(e.to_string()))?
    }
}

fn run(
    catalog: &Catalog,
    runtime: &tokio::runtime::Handle,
    files: &[PathBuf],
    options: &ImportOptions,
    progress: &mut dyn FnMut(Progress) -> bool,
) -> Result<Report, CatalogError> {
    let named = files.iter().filter(|file| file.as_os_str() == "-").count();
    if named > 1 {
        return Err(CatalogError::Refused(
            "- is standard input, which can be read once".to_owned(),
        ));
    }
    let mut stdin = Stdin::default();
    let mut scales = Scales {
        price: options.price_scale.unwrap_or(0),
        size: options.size_scale.unwrap_or(0),
    };
    // Every round has more decimals than the one before, and there are 18 of each at most.
    loop {
        match attempt(catalog, runtime, (files, &mut stdin), (options, scales), progress) {
            Ok(report) => return Ok(report),
            Err(Stop::Failed(error)) => return Err(error),
            Err(Stop::Scale(more)) => scales = more,
        }
    }
}

fn attempt(
    catalog: &Catalog,
    runtime: &tokio::runtime::Handle,
    (files, stdin): (&[PathBuf], &mut Stdin),
    (options, scales): (&ImportOptions, Scales),
    progress: &mut dyn FnMut(Progress) -> bool,
) -> Result<Report, Stop> {
    let sizes = files
        .iter()
        .map(|file| std::fs::metadata(file).map_or(0, |m| m.len()));
    let mut work = Work {
        options,
        builder: Builder::new(options, scales),
        sink: Sink::start(catalog, runtime, (options, scales))?,
        rejects: Rejects::create(options.rejects.as_deref())?,
        report: Report::default(),
        progress,
        read: Arc::new(AtomicU64::new(0)),
        bytes_total: sizes.sum(),
    };
    for file in files {
        read_file(file, stdin, &mut work)?;
    }
    let Work {
        sink,
        mut rejects,
        mut report,
        ..
    } = work;
    let done = sink.finish(runtime, &mut rejects)?;
    report.rejected += done.change.contradicted;
    report.change = done.change;
    report.out_of_order = done.out_of_order;
    report.times = done.times;
    (report.price_scale, report.size_scale) = (scales.price, scales.size);
    report.first_rejects = rejects.finish()?;
    Ok(report)
}

/// A reader that tells how much was read.
struct Counted<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl<R: std::io::Seek> std::io::Seek for Counted<R> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.inner.seek(to)
    }
}

fn read_file(path: &Path, stdin: &mut Stdin, work: &mut Work<'_>) -> Result<(), Stop> {
    let name = path.display().to_string();
    let io = |e: std::io::Error| CatalogError::io(path.display(), e);
    if name == "-" {
        let input = stdin.reader(work.options.open_scales()).map_err(io)?;
        return csv::read("stdin", input, work);
    }
    let mut file = File::open(path).map_err(io)?;
    let mut start = [0; 4];
    let read = file.read(&mut start).map_err(io)?;
    file.seek(SeekFrom::Start(0)).map_err(io)?;
    let counted = Counted {
        inner: file,
        read: Arc::clone(&work.read),
    };
    match &start[..read] {
        b"PAR1" => table::read(&name, counted.inner, work),
        b"PK\x03\x04" => read_zip(&name, counted, work),
        [0x1f, 0x8b, ..] => csv::read(&name, Box::new(flate2::read::MultiGzDecoder::new(counted)), work),
        _ => csv::read(&name, Box::new(counted), work),
    }
}

/// The CSV files of a ZIP, one after the other.
fn read_zip(name: &str, file: Counted<File>, work: &mut Work<'_>) -> Result<(), Stop> {
    let refuse = |what: String| CatalogError::Refused(format!("{name}: {what}"));
    let mut archive =
        zip::ZipArchive::new(std::io::BufReader::new(file)).map_err(|e| refuse(e.to_string()))?;
    if archive.len() > ENTRIES_MAX {
        return Err(refuse(format!(
            "a ZIP of {} entries; {ENTRIES_MAX} are the most",
            archive.len()
        ))
        .into());
    }
    let mut found = false;
    for at in 0..archive.len() {
        let entry = archive.by_index(at).map_err(|e| refuse(e.to_string()))?;
        let inside = format!("{name}/{}", entry.name());
        if entry.is_dir() || !entry.name().to_ascii_lowercase().ends_with(".csv") {
            continue;
        }
        found = true;
        csv::read(&inside, Box::new(entry), work)?;
    }
    if found {
        return Ok(());
    }
    Err(refuse("there is no .csv file inside".to_owned()).into())
}
