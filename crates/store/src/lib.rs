//! SQL: identity, settings and the projections of the journal.
//!
//! A [`Db`] opens the database (SQLite in WAL mode: one writer, many readers), [`migrate`] brings its schema up
//! or down, and the modules of [`identity`] hold one repository each: plain functions over a [`Db`] with static
//! SQL and bound parameters. [`projection`] holds what is folded out of the journal.
//!
//! What is absent: no decision about rights, no password hashing, no money arithmetic; amounts are canonical
//! decimal text that the ledger computed. The statements stay within what SQLite and PostgreSQL share (`$1`,
//! `BIGINT`, `TEXT`, `BOOLEAN`, `ON CONFLICT … RETURNING`), so that PostgreSQL can join behind the same functions.

pub mod calendar;
pub mod catalog;
pub mod chart;
pub mod db;
pub mod error;
pub mod identity;
pub mod migrate;
pub mod projection;

pub use db::{Db, DbConfig};
pub use error::StoreError;
