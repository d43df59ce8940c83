//! Export: a series as CSV (plain, gzip, one file per part in a ZIP) or Parquet, part by part in bounded memory.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::Path as FilePath;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use tradewind_codecs::table::{BarStamp, Zone};

use super::decode::OpenFile;
use super::encode::{FileWriter, Finished, wide_columns};
use super::figures::NONE_WIDE;
use super::files::Files;
use super::place::day_of;
use super::read::Query;
use super::rows::{Cells, Rows};
use super::schema::{Cell, Kind, SYMBOL, Scales, TS};
use super::{Catalog, CatalogError};

/// Form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// CSV with a header row.
    Csv,
    /// The same, gzip.
    CsvGz,
    /// A ZIP with one CSV per file of the catalogue.
    Zip,
    /// Parquet in the catalogue's own form.
    Parquet,
}

impl Format {
    /// The form that a file's name asks for; `-` is CSV.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        [
            (".csv.gz", Format::CsvGz),
            (".csv", Format::Csv),
            (".zip", Format::Zip),
            (".parquet", Format::Parquet),
            (".pq", Format::Parquet),
        ]
        .into_iter()
        .find(|(end, _)| name.ends_with(end))
        .map(|(_, format)| format)
        .or((name == "-").then_some(Format::Csv))
    }
}

/// How an export is written.
#[derive(Debug, Clone)]
pub struct ExportOptions {
    /// Its form.
    pub format: Format,
    /// Zone of the stamps; UTC ones end in `Z`.
    pub zone: Zone,
    /// Which end of a bar's interval the stamp names.
    pub stamp: BarStamp,
    /// Columns by our names with the names that they get; empty for the usual ones.
    pub columns: Vec<(String, String)>,
}

impl ExportOptions {
    /// A form, UTC, stamps at the open, the usual columns.
    #[must_use]
    pub fn new(format: Format) -> Self {
        Self {
            format,
            zone: Zone::default(),
            stamp: BarStamp::Open,
            columns: Vec::new(),
        }
    }
}

/// The usual columns of a kind.
fn usual(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Bars => &["ts", "open", "high", "low", "close", "volume"],
        Kind::Trades => &["ts", "price", "size", "side", "trade_id"],
        Kind::Quotes => &["ts", "bid", "ask", "bid_size", "ask_size"],
        Kind::Options => &[
            "symbol",
            "ts",
            "expiry",
            "strike",
            "right",
            "bid",
            "ask",
            "last",
            "volume",
            "open_interest",
            "iv",
        ],
    }
}

impl Catalog {
    /// Writes the rows of a query into a file, which is there whole or not at all; `-` writes to standard output.
    /// `progress` is told the rows written, and ends the export by answering false.
    ///
    /// # Errors
    /// When the catalogue or the file fails.
    pub async fn export(
        &self,
        query: &Query,
        options: &ExportOptions,
        to: &str,
        mut progress: impl FnMut(u64) -> bool,
    ) -> Result<u64, CatalogError> {
        let windows = self.windows(query).await?;
        let name = FilePath::new(to);
        if options.format == Format::Parquet {
            return self.export_parquet(query, windows, name, &mut progress).await;
        }
        let table = Table::new(query, options)?;
        if to == "-" {
            let mut out = BufWriter::new(std::io::stdout());
            return self
                .export_rows(query, windows, (&table, &mut plain(&mut out)), &mut progress)
                .await;
        }
        let io = |e: std::io::Error| CatalogError::io(to, e);
        let temporary = name.with_extension("part");
        let file = BufWriter::new(File::create(&temporary).map_err(io)?);
        let written = match options.format {
            Format::CsvGz => {
                let mut out = flate2::write::GzEncoder::new(file, flate2::Compression::default());
                let rows = self
                    .export_rows(query, windows, (&table, &mut plain(&mut out)), &mut progress)
                    .await;
                let flushed = out.finish().and_then(|mut file| file.flush());
                rows.and_then(|rows| flushed.map(|()| rows).map_err(io))
            }
            Format::Zip => {
                let mut out = zip::ZipWriter::new(file);
                let rows = self
                    .export_rows(
                        query,
                        windows,
                        (&table, &mut Out::<Vec<u8>, _>::Zip(&mut out)),
                        &mut progress,
                    )
                    .await;
                let flushed = out
                    .finish()
                    .map_err(std::io::Error::from)
                    .and_then(|mut file| file.flush());
                rows.and_then(|rows| flushed.map(|()| rows).map_err(io))
            }
            _ => {
                let mut out = file;
                let rows = self
                    .export_rows(query, windows, (&table, &mut plain(&mut out)), &mut progress)
                    .await;
                let flushed = out.flush();
                rows.and_then(|rows| flushed.map(|()| rows).map_err(io))
            }
        };
        match written {
            Ok(rows) => {
                std::fs::rename(&temporary, name).map_err(io)?;
                Ok(rows)
            }
            Err(error) => {
                // The half file is of no use; that it cannot be removed either would hide the first error.
                let _ = std::fs::remove_file(&temporary);
                Err(error)
            }
        }
    }

    /// The query's times cut at the ends of its files, so that one piece is no larger than a file.
    async fn windows(&self, query: &Query) -> Result<Vec<Range<i64>>, CatalogError> {
        let shelf = query.series.shelf();
        let mut ends: Vec<i64> = Vec::new();
        if query.series.kind != Kind::Options {
            let places = self.places().await?;
            ends.extend(
                places
                    .into_keys()
                    .filter(|p| p.shelf == shelf)
                    .map(|p| p.part.times().end),
            );
        }
        ends.retain(|end| *end > query.times.start && *end < query.times.end);
        ends.sort_unstable();
        ends.dedup();
        ends.push(query.times.end);
        let mut from = query.times.start;
        Ok(ends
            .into_iter()
            .map(|end| std::mem::replace(&mut from, end)..end)
            .collect())
    }

    async fn export_rows<W: Write, Z: Write + std::io::Seek>(
        &self,
        query: &Query,
        windows: Vec<Range<i64>>,
        (table, out): (&Table, &mut Out<'_, W, Z>),
        progress: &mut impl FnMut(u64) -> bool,
    ) -> Result<u64, CatalogError> {
        let mut written = 0;
        let mut text = Vec::new();
        let io = |e: std::io::Error| CatalogError::io("the export", e);
        if let Out::Plain(out) = out {
            out.write_all(table.header().as_bytes()).map_err(io)?;
        }
        for times in windows {
            let rows = self.read(&query.clone().between(times)).await?;
            if rows.is_empty() {
                continue;
            }
            text.clear();
            table.rows(&rows, &mut text)?;
            match out {
                Out::Plain(out) => out.write_all(&text).map_err(io)?,
                Out::Zip(out) => {
                    let day = day_of(rows.ts(0)).map_or_else(String::new, |day| format!("-{day}"));
                    let name = format!("{}{day}.csv", query.series.instrument.symbol);
                    let started = out.start_file(name, zip::write::SimpleFileOptions::default());
                    started.map_err(|e| io(e.into()))?;
                    out.write_all(table.header().as_bytes()).map_err(io)?;
                    out.write_all(&text).map_err(io)?;
                }
            }
            written += rows.len() as u64;
            if !progress(written) {
                return Err(CatalogError::Refused("the export was cancelled".to_owned()));
            }
        }
        if let Out::Plain(out) = out {
            out.flush().map_err(io)?;
        }
        Ok(written)
    }

    async fn export_parquet(
        &self,
        query: &Query,
        windows: Vec<Range<i64>>,
        to: &FilePath,
        progress: &mut impl FnMut(u64) -> bool,
    ) -> Result<u64, CatalogError> {
        let kind = query.series.kind;
        let (mut scales, mut wide) = (Scales::default(), 0);
        let shelf = query.series.shelf();
        let mut files = Vec::new();
        for (place, source) in self.places().await? {
            if place.shelf == shelf
                && let Some(file) = OpenFile::open(&self.files, &source, kind).await?
            {
                scales = scales.max(file.scales);
                files.push(file);
            }
        }
        if let Some(tail) = &self.tail {
            let rows = tail.read(&query.series, query.times.clone()).await?;
            scales = scales.max(rows.scales);
            let mut rows = rows;
            rows.raise(scales)?;
            wide |= wide_columns(&rows)?;
        }
        wide |= files.iter().fold(0, |wide, file| wide | file.wide_at(scales));
        let folder = to
            .parent()
            .filter(|p| !p.as_os_str().is_empty())
            .unwrap_or(FilePath::new("."));
        let name = to
            .file_name()
            .and_then(|n| n.to_str())
            .unwrap_or("export.parquet");
        let target = Files::local(folder)?;
        let path = object_store::path::Path::from(name);
        let mut writer = FileWriter::new(&target, path.clone(), kind, scales, wide)?;
        for times in windows {
            let query = Query {
                columns: super::decode::ALL,
                ..query.clone().between(times)
            };
            let mut rows = self.read(&query).await?;
            rows.raise(scales)?;
            writer.write(&rows, 0..rows.len()).await?;
            if !progress(rows.len() as u64) {
                return Err(CatalogError::Refused("the export was cancelled".to_owned()));
            }
        }
        let (finished, rows) = writer.finish().await?;
        if let Finished::Whole(bytes) = finished {
            target.put(&path, bytes).await?;
        }
        Ok(rows)
    }
}

/// Where text goes.
enum Out<'a, W: Write, Z: Write + std::io::Seek> {
    Plain(&'a mut W),
    Zip(&'a mut zip::ZipWriter<Z>),
}

/// Plain text; the type of a ZIP that is not written is of no matter.
fn plain<W: Write>(out: &mut W) -> Out<'_, W, std::io::Cursor<Vec<u8>>> {
    Out::Plain(out)
}

/// How rows become text.
struct Table {
    kind: Kind,
    columns: Vec<(usize, String)>,
    zone: TimeZone,
    utc: bool,
    shift_ns: i64,
    symbol: String,
}

impl Table {
    fn new(query: &Query, options: &ExportOptions) -> Result<Self, CatalogError> {
        let kind = query.series.kind;
        let given = options
            .columns
            .iter()
            .map(|(ours, theirs)| (ours.as_str(), theirs.as_str()));
        let wanted: Vec<(&str, &str)> = if options.columns.is_empty() {
            usual(kind).iter().map(|name| (*name, *name)).collect()
        } else {
            given.collect()
        };
        let column = |(ours, theirs): (&str, &str)| {
            let place = kind.place(ours).ok_or_else(|| {
                let names: Vec<&str> = kind.columns().iter().map(|c| c.name).collect();
                CatalogError::Refused(format!(
                    "{kind} have no column {ours}; there are {}",
                    names.join(", ")
                ))
            })?;
            Ok((place, theirs.to_owned()))
        };
        let (zone, utc) = match &options.zone {
            Zone::Fixed(0) => (TimeZone::UTC, true),
            Zone::Fixed(offset_s) => {
                let offset = i32::try_from(*offset_s)
                    .ok()
                    .and_then(|s| Offset::from_seconds(s).ok());
                let offset =
                    offset.ok_or_else(|| CatalogError::Refused("the zone is out of range".to_owned()))?;
                (TimeZone::fixed(offset), false)
            }
            Zone::Named(zone) => (zone.clone(), false),
        };
        let close = options.stamp == BarStamp::Close;
        Ok(Self {
            kind,
            columns: wanted
                .into_iter()
                .map(column)
                .collect::<Result<_, CatalogError>>()?,
            zone,
            utc,
            shift_ns: query
                .series
                .interval
                .filter(|_| close)
                .map_or(0, |interval| interval.nanos() as i64),
            symbol: query.series.instrument.symbol.to_string(),
        })
    }

    fn header(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|(_, name)| name.as_str()).collect();
        names.join(",") + "\n"
    }

    fn rows(&self, rows: &Rows, text: &mut Vec<u8>) -> Result<(), CatalogError> {
        let io = |e: std::io::Error| CatalogError::io("the export", e);
        for row in 0..rows.len() {
            for (at, (place, _)) in self.columns.iter().enumerate() {
                if at > 0 {
                    text.push(b',');
                }
                self.cell(rows, row, *place, text).map_err(io)?;
            }
            text.push(b'\n');
        }
        Ok(())
    }

    fn cell(&self, rows: &Rows, row: usize, place: usize, text: &mut Vec<u8>) -> std::io::Result<()> {
        let cell = self.kind.columns()[place].cell;
        // A column that was not asked for is empty, but for the symbol, which the query itself says.
        let there = match rows.column(place) {
            Cells::Figures(figures) => row < figures.len(),
            Cells::Fractions(values) => row < values.len(),
        };
        if !there {
            let symbol = if place == SYMBOL { self.symbol.as_str() } else { "" };
            return text.write_all(symbol.as_bytes());
        }
        let value = rows.get(place, row);
        if value == NONE_WIDE {
            return Ok(());
        }
        match cell {
            Cell::Text => text.write_all(rows.text(place, row).as_bytes()),
            Cell::Time => {
                let shift = if place == TS { self.shift_ns } else { 0 };
                self.stamp(value + i128::from(shift), text)
            }
            Cell::Day => {
                let ns = i64::try_from(value)
                    .ok()
                    .and_then(|d| d.checked_mul(tradewind_types::time::DAY_NS as i64));
                ns.and_then(day_of).map_or(Ok(()), |day| write!(text, "{day}"))
            }
            Cell::Price | Cell::Size | Cell::Value => decimal(value, rows.scales.of(cell), text),
            Cell::Flag => text.write_all(if value == 0 { b"false" } else { b"true" }),
            Cell::Whole => write!(text, "{value}"),
            Cell::Fraction => write!(text, "{}", super::rows::fraction(value)),
        }
    }

    fn stamp(&self, ns: i128, text: &mut Vec<u8>) -> std::io::Result<()> {
        let Ok(ts) = Timestamp::from_nanosecond(ns) else {
            return write!(text, "{ns}");
        };
        if self.utc {
            return write!(text, "{ts}");
        }
        let offset = self.zone.to_offset(ts);
        write!(text, "{}", ts.display_with_offset(offset))
    }
}

/// A mantissa as the shortest exact decimal.
fn decimal(value: i128, scale: u8, text: &mut Vec<u8>) -> std::io::Result<()> {
    let (mut digits, mut scale) = (value.unsigned_abs(), usize::from(scale));
    while scale > 0 && digits.is_multiple_of(10) {
        digits /= 10;
        scale -= 1;
    }
    if value < 0 {
        text.push(b'-');
    }
    if scale == 0 {
        return write!(text, "{digits}");
    }
    let padded = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = padded.split_at(padded.len() - scale);
    write!(text, "{whole}.{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mantissas_become_the_shortest_exact_decimals() {
        let of = |value, scale| {
            let mut text = Vec::new();
            decimal(value, scale, &mut text).expect("memory");
            String::from_utf8(text).expect("ASCII")
        };
        assert_eq!(of(570_115, 2), "5701.15");
        assert_eq!(of(569_700, 2), "5697");
        assert_eq!(of(-5, 3), "-0.005");
        assert_eq!(of(0, 18), "0");
        assert_eq!(of(1_000_000_000_000_000_001, 18), "1.000000000000000001");
    }

    #[test]
    fn a_file_s_name_says_its_form() {
        assert_eq!(Format::of_name("a.CSV.gz"), Some(Format::CsvGz));
        assert_eq!(Format::of_name("a.csv"), Some(Format::Csv));
        assert_eq!(Format::of_name("-"), Some(Format::Csv));
        assert_eq!(Format::of_name("b.parquet"), Some(Format::Parquet));
        assert_eq!(Format::of_name("b.xlsx"), None);
    }
}
