//! The reject file: which row of which file was not taken, and why.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use super::super::CatalogError;

/// Rows that are written down; more are only counted, so that a hostile file does not fill the disk.
const WRITTEN_MAX: u64 = 1_000_000;
/// Characters of a row that are shown.
const SHOWN_CHARS: usize = 200;
/// Reasons that the report tells.
const FIRST_MAX: usize = 5;

/// Where rejected rows go.
pub(super) struct Rejects {
    out: Option<(String, BufWriter<File>)>,
    written: u64,
    first: Vec<String>,
}

impl Rejects {
    pub(super) fn create(path: Option<&Path>) -> Result<Self, CatalogError> {
        let mut rejects = Self {
            out: None,
            written: 0,
            first: Vec::new(),
        };
        if let Some(path) = path {
            let file = File::create(path).map_err(|e| CatalogError::io(path.display(), e))?;
            let mut out = BufWriter::new(file);
            let header = out.write_all(b"file,line,reason,row\n");
            header.map_err(|e| CatalogError::io(path.display(), e))?;
            rejects.out = Some((path.display().to_string(), out));
        }
        Ok(rejects)
    }

    pub(super) fn add(
        &mut self,
        (file, line): (&str, u64),
        reason: &str,
        row: &[u8],
    ) -> Result<(), CatalogError> {
        if self.first.len() < FIRST_MAX {
            self.first.push(format!("{file}, line {line}: {reason}"));
        }
        self.written += 1;
        if self.written > WRITTEN_MAX {
            return Ok(());
        }
        let Some((path, out)) = &mut self.out else {
            return Ok(());
        };
        let cut = &row[..row.len().min(4 * SHOWN_CHARS)];
        let row: String = String::from_utf8_lossy(cut).chars().take(SHOWN_CHARS).collect();
        let written = writeln!(out, "{},{line},{},{}", quoted(file), quoted(reason), quoted(&row));
        written.map_err(|e| CatalogError::io(path, e))
    }

    pub(super) fn finish(self) -> Result<Vec<String>, CatalogError> {
        if let Some((path, mut out)) = self.out {
            if self.written > WRITTEN_MAX {
                let more = self.written - WRITTEN_MAX;
                let said = writeln!(out, ",,\"{more} more rows were rejected\",");
                said.map_err(|e| CatalogError::io(&path, e))?;
            }
            out.flush().map_err(|e| CatalogError::io(&path, e))?;
        }
        Ok(self.first)
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\"").replace(['\n', '\r'], " "))
}
