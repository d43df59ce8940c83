//! Why the catalogue could not do what was asked.

use crate::StoreError;

/// An error of the catalogue.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The file system or object store failed.
    #[error("the catalogue's files: {0}")]
    Store(#[from] object_store::Error),
    /// A file could not be written or read as Parquet.
    #[error("Parquet: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// The live tail failed.
    #[error("the catalogue's live tail: {0}")]
    Tail(#[from] StoreError),
    /// A file outside of the catalogue could not be read or written.
    #[error("{file}: {source}")]
    Io {
        /// Which.
        file: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file in the catalogue is not what this program writes.
    #[error("{path} is no file of the catalogue: {what}")]
    Foreign {
        /// Which.
        path: String,
        /// What is wrong.
        what: String,
    },
    /// Data or a request was refused.
    #[error("{0}")]
    Refused(String),
    /// A figure does not fit where it is wanted.
    #[error("{column}: {value} does not fit {wanted}")]
    Range {
        /// Its column.
        column: &'static str,
        /// The mantissa.
        value: i128,
        /// What it was wanted as.
        wanted: &'static str,
    },
    /// Another process writes into the catalogue.
    #[error("another process writes into this catalogue; one may at a time")]
    Locked,
    /// The catalogue changed again and again while it was read.
    #[error("the catalogue was changed {0} times while it was read; try again")]
    Unsteady(u32),
    /// A task ended early.
    #[error("a task of the catalogue ended early: {0}")]
    Task(String),
}

impl CatalogError {
    pub(crate) fn io(file: impl std::fmt::Display, source: std::io::Error) -> Self {
        CatalogError::Io {
            file: file.to_string(),
            source,
        }
    }

    pub(crate) fn foreign(path: impl std::fmt::Display, what: impl Into<String>) -> Self {
        CatalogError::Foreign {
            path: path.to_string(),
            what: what.into(),
        }
    }
}
