//! The catalogue: every series of market data, on Parquet files that other programs read as they are, with a live
//! tail in SQL.
//!
//! Data flows one way: rows are read ([`import`]) or told live ([`tail`]), cut by file ([`place`]), merged with what is
//! there ([`merge`]: idempotent, corrections are revisions), staged and made visible at once ([`session`]). Readers
//! ([`read`]) see files and tail as one series. Around it: gaps and their backfill ([`gaps`]), quality
//! ([`quality`]), retention ([`retention`]), export ([`export`]).
//!
//! The layout and the columns are documented in `docs/catalogue.md`. What is absent: no calendar (sessions are handed
//! in), no venue (history comes through [`gaps::History`]), no clock.

mod chunk;
mod decode;
mod encode;
mod error;
pub mod export;
mod figures;
mod files;
mod fill;
pub mod gaps;
mod history;
pub mod import;
mod list;
mod merge;
mod opened;
mod partition;
mod place;
mod pruning;
pub mod quality;
mod read;
pub mod retention;
mod rows;
mod schema;
mod series;
mod session;
mod spans;
mod tail;

pub use decode::{ALL, Wanted};
pub use encode::GROUP_ROWS;
pub use error::CatalogError;
pub use figures::{Figures, NONE, NONE_WIDE};
pub use files::Files;
pub use history::Shape;
pub use list::Listed;
pub use merge::{Change, Rule};
pub use partition::{by_part, by_place};
pub use place::{Part, Place, Series, Shelf, day_of, days_of, is_long, midnight};
pub use read::Query;
pub use rows::{Cells, Names, Rows, bits, fraction};
pub use schema::{COLUMNS_MAX, Cell, Column, Kind, SCALE_MAX, SYMBOL, Scales, TS};
pub use series::BarSeries;
pub use session::{Added, PLACES_MAX, Session};
pub use tail::{Compacted, Tail, bar_row, trade_row};

/// The catalogue. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Catalog {
    files: Files,
    tail: Option<Tail>,
}

impl Catalog {
    /// A catalogue without a live tail.
    #[must_use]
    pub fn new(files: Files) -> Self {
        Self { files, tail: None }
    }

    /// The catalogue with a live tail.
    #[must_use]
    pub fn with_tail(self, tail: Tail) -> Self {
        Self {
            tail: Some(tail),
            ..self
        }
    }

    /// Its files.
    #[must_use]
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// Its live tail.
    #[must_use]
    pub fn tail(&self) -> Option<&Tail> {
        self.tail.as_ref()
    }

    /// Begins to write. One process at a time may.
    ///
    /// # Errors
    /// [`CatalogError::Locked`] while another writes; else when a file fails.
    pub async fn session(&self) -> Result<Session, CatalogError> {
        Session::begin(&self.files).await
    }
}
