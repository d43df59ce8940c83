//! What every source of market data has in common: how it is laid out, how it is asked, how it fails.

use std::io;
use std::path::{Path, PathBuf};

use tradewind_codecs::table::{BarStamp, ExtraDecimals};
use tradewind_types::market::BarInterval;

use super::check::{GapCount, Gaps, RowCheck};
use super::columns::{Chunk, DataKind};

/// Market data that could not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DataError {
    /// The file cannot be read.
    #[error("{}: {what}", .file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// What the system says.
        what: String,
    },
    /// A row is refused.
    #[error("{}, line {line}: {what}", .file.display())]
    Line {
        /// Which file.
        file: PathBuf,
        /// Counted from 1, the header included (Parquet: rows counted from 1).
        line: u64,
        /// Why, and what would be right.
        what: String,
    },
}

impl DataError {
    pub(crate) fn io(file: &Path, error: &io::Error) -> Self {
        DataError::File {
            file: file.to_owned(),
            what: error.to_string(),
        }
    }

    pub(crate) fn line(file: &Path, line: u64, what: String) -> Self {
        DataError::Line {
            file: file.to_owned(),
            line,
            what,
        }
    }
}

/// How a source's rows are to be read.
#[derive(Debug, Clone)]
pub struct Layout {
    /// What the rows are.
    pub kind: DataKind,
    /// Interval of bars.
    pub interval: BarInterval,
    /// Decimals of prices.
    pub price_scale: u8,
    /// Decimals of sizes and volumes.
    pub size_scale: u8,
    /// What figures with more decimals do.
    pub extra_decimals: ExtraDecimals,
    /// Which time a bar's stamp is.
    pub stamp: BarStamp,
    /// What stamps without a zone are ahead of UTC, in seconds.
    pub utc_offset_s: i64,
    /// What steps in time larger than the interval do.
    pub gaps: Gaps,
    /// Whether prices of 0 and below are allowed.
    pub negative_prices: bool,
    /// Columns by the names of this program, where the file calls them otherwise: (ours, theirs).
    pub columns: Vec<(String, String)>,
}

impl Layout {
    /// Bars of an interval at the scales of prices and sizes; nothing unusual.
    #[must_use]
    pub fn bars(interval: BarInterval, price_scale: u8, size_scale: u8) -> Self {
        Self {
            kind: DataKind::Bars,
            interval,
            price_scale,
            size_scale,
            extra_decimals: ExtraDecimals::default(),
            stamp: BarStamp::default(),
            utc_offset_s: 0,
            gaps: Gaps::default(),
            negative_prices: false,
            columns: Vec::new(),
        }
    }

    pub(crate) fn row_check(&self) -> RowCheck {
        RowCheck::new(self.kind, self.interval.nanos(), self.gaps, self.negative_prices)
    }

    /// Which of a file's columns tells the time.
    ///
    /// # Errors
    /// For people: none does, or several could and none is called `ts`.
    pub(super) fn time_column<'a>(
        &self,
        columns: impl Iterator<Item = &'a str> + Clone,
    ) -> Result<Option<usize>, String> {
        const ALIASES: [&str; 4] = ["timestamp", "time", "date", "datetime"];
        if let Some(named) = columns.clone().position(|c| self.name_of(c) == "ts") {
            return Ok(Some(named));
        }
        let found: Vec<(usize, &str)> = columns
            .enumerate()
            .filter(|(_, c)| ALIASES.contains(&self.name_of(c).as_str()))
            .collect();
        match found[..] {
            [] => Ok(None),
            [(at, _)] => Ok(Some(at)),
            [(_, one), (_, other), ..] => Err(format!(
                "the columns {one} and {other} both could be the time; say which is, as in columns = {{ ts = \"{one}\" }}"
            )),
        }
    }

    /// Our name of a column that the file calls `theirs`; lower case.
    pub(crate) fn name_of(&self, theirs: &str) -> String {
        let mapped = self.columns.iter().find(|(_, t)| t.eq_ignore_ascii_case(theirs));
        mapped.map_or_else(|| theirs.to_ascii_lowercase(), |(ours, _)| ours.clone())
    }

    /// The opening time of a bar from its stamp.
    #[inline]
    pub(crate) fn opening(&self, stamp: u64) -> Result<u64, String> {
        match self.stamp {
            BarStamp::Open => Ok(stamp),
            BarStamp::Close => stamp
                .checked_sub(self.interval.nanos())
                .ok_or_else(|| "the bar would open before 1970".to_owned()),
        }
    }
}

/// Rows of one instrument and kind, in order of time.
pub trait Source: Send {
    /// What its chunks are.
    fn kind(&self) -> DataKind;

    /// Empties the chunk (of this source's kind) and fills it with the next rows; it stays empty at the end.
    ///
    /// # Errors
    /// [`DataError`] at the first row refused.
    fn fill(&mut self, chunk: &mut Chunk) -> Result<(), DataError>;

    /// Gaps found so far.
    fn gaps(&self) -> GapCount {
        GapCount::default()
    }
}
