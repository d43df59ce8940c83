//! Where a backtest's market data comes from: CSV and Parquet files or columns in memory, each a [`Source`] of
//! chunks, [`Merge`]d into one stream in order of the time at which each row is known.
//!
//! Memory is a chunk per source, however long the files are. Every row is checked (order of time, duplicates,
//! gaps, figures that contradict each other) and refused with file, line and what would be right.

mod check;
pub mod columns;
mod csv;
mod memory;
mod merge;
mod parquet;
mod rows;
mod source;
#[cfg(test)]
mod tests;

pub use crate::kernel::Depth;
pub use check::{GapCount, Gaps};
pub use columns::{
    BarColumns, BarRow, CHUNK_ROWS, Chunk, DataKind, DepthAction, DepthColumns, QuoteColumns, TradeColumns,
};
pub use csv::CsvSource;
pub use memory::{MemorySource, append};
pub use merge::{Feed, Merge, Period, Row};
pub use parquet::ParquetSource;
pub use source::{DataError, Layout, Source};
pub use tradewind_codecs::table::{BarStamp, ExtraDecimals};

/// A time stamp as data files and configurations write it, in nanoseconds.
///
/// # Errors
/// What would be right, when it is none.
pub fn read_stamp(text: &str) -> Result<u64, String> {
    tradewind_codecs::table::StampReader::default().read(text.trim().as_bytes())
}
