//! Backups of the database: one encrypted file that either database can be restored from, and into.
//!
//! ```text
//! snapshot ─► JSON lines (header, tables, rows, checksums) ─► gzip ─► pieces of 64 KiB, each sealed ─► FILE
//! ```
//! It is taken while the program runs: the snapshot is of one moment and holds nobody up. Every piece is encrypted with
//! XChaCha20-Poly1305 and bound to its place, so that a changed, lost, moved or missing piece is noticed; the rows of each
//! table have a checksum of their own, which is compared once more when they are in a database again.
//!
//! The journal, which is the truth for money and orders, goes beside it ([`take`], [`archive`]): the database first and the
//! journal after it, so that the journal is never behind the projections. Both have the random id of their set, and the
//! database's file says at its end what the journal's has: one without the other, or with another day's, is not whole.

mod archive;
mod key;
mod lines;
mod load;
mod save;
mod seal;
mod set;
mod trial;

use std::io;

pub use archive::Archived;
pub use key::{BackupKey, KeyError};
pub use lines::Header;
pub use load::{restore, verify};
pub use save::backup;
pub use set::{Taken, check, journal_of, put_back, take};
pub use trial::{drill, sweep_trials};

use crate::StoreError;
use crate::transfer::CopiedTable;

/// Why a backup could not be made, read or restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file failed.
    #[error("the backup's file: {0}")]
    Io(#[from] io::Error),
    /// Somebody stopped it.
    #[error("the backup was stopped")]
    Stopped,
    /// The file is not what was written, or the key is another one.
    #[error("the backup is not intact: {0}")]
    Broken(String),
}

/// Is told how many tables of how many are done; what it answers is whether to go on.
pub type Watch<'a> = &'a (dyn Fn(u64, u64) -> bool + Send + Sync);

/// What is in a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// When, from what, at which migration.
    pub header: Header,
    /// Its tables.
    pub tables: Vec<CopiedTable>,
    /// What the journal's file beside it has, as the database's says; none without, and in backups of before.
    pub journal: Option<Archived>,
}

impl Contents {
    /// Rows of all tables.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }
}
