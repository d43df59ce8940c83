//! SQL: identity, settings and the projections of the journal.
//!
//! A [`Db`] opens the database (SQLite in WAL mode: one writer, many readers; or a PostgreSQL server), [`migrate`]
//! brings its schema up or down, [`sql`] runs one text on both, and the modules of [`identity`] hold one repository each: plain functions over a [`Db`] with static
//! SQL and bound parameters. [`projection`] holds what is folded out of the journal.
//!
//! What is absent: no decision about rights, no password hashing, no money arithmetic; amounts are canonical
//! decimal text that the ledger computed. Nothing outside of [`sql`] and [`db`] knows which of the two databases
//! it is.

pub mod backup;
pub mod calendar;
pub mod catalog;
pub mod chart;
pub mod config;
pub mod db;
pub mod error;
pub mod identity;
pub mod migrate;
pub mod notifications;
mod postgres;
pub mod privacy;
pub mod projection;
pub mod settings;
pub mod sql;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod transfer;

pub use config::{DbConfig, Place};
pub use db::{Backend, Db};
pub use error::StoreError;
pub use postgres::temporary::TemporaryDatabase;
