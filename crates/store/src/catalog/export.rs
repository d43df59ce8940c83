//! Export: a series as CSV (plain, gzip, one file per part in a ZIP) or Parquet, part by part in bounded memory.

mod text;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::Path as FilePath;

use tradewind_codecs::table::{BarStamp, Zone};
use tradewind_types::market::BarGrid;

use super::decode::OpenFile;
use super::encode::{FileWriter, Finished, wide_columns};
use super::files::Files;
use super::place::day_of;
use super::read::Query;
use super::schema::{Kind, Scales};
use super::{Catalog, CatalogError};
use text::Table;

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
    /// Where bars begin and end; needed for stamps at the close of days, weeks and months, whose lengths differ.
    pub grid: Option<BarGrid>,
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
            grid: None,
            columns: Vec::new(),
        }
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
        let written = self
            .write_windows(query, windows, (&mut writer, scales), progress)
            .await;
        if let Err(error) = written {
            // What was uploaded is of no use; that it cannot be removed either would hide the first error.
            let _ = writer.abort().await;
            return Err(error);
        }
        let (finished, rows) = writer.finish().await?;
        if let Finished::Whole(bytes) = finished {
            target.put(&path, bytes).await?;
        }
        Ok(rows)
    }

    async fn write_windows(
        &self,
        query: &Query,
        windows: Vec<Range<i64>>,
        (writer, scales): (&mut FileWriter, Scales),
        progress: &mut impl FnMut(u64) -> bool,
    ) -> Result<(), CatalogError> {
        let mut written = 0;
        for times in windows {
            let query = Query {
                columns: super::decode::ALL,
                ..query.clone().between(times)
            };
            let mut rows = self.read(&query).await?;
            rows.raise(scales)?;
            writer.write(&rows, 0..rows.len()).await?;
            written += rows.len() as u64;
            if !progress(written) {
                return Err(CatalogError::Refused("the export was cancelled".to_owned()));
            }
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_s_name_says_its_form() {
        assert_eq!(Format::of_name("a.CSV.gz"), Some(Format::CsvGz));
        assert_eq!(Format::of_name("a.csv"), Some(Format::Csv));
        assert_eq!(Format::of_name("-"), Some(Format::Csv));
        assert_eq!(Format::of_name("b.parquet"), Some(Format::Parquet));
        assert_eq!(Format::of_name("b.xlsx"), None);
    }
}
