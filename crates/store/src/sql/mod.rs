//! One SQL text for SQLite and PostgreSQL.
//!
//! ```text
//! query("… $1 …").bind(x) ─► fetch_all / fetch_optional / fetch_one / execute ─► on: &Db, db.writing() or &mut Tx
//!                                     │
//!                                     └─► Row: get("column"), at(0)
//! ```
//! The text is static, its values are bound. What both databases take the same way: `$1`, `BIGINT`, `TEXT`, `BOOLEAN`
//! with `TRUE` and `FALSE`, `DOUBLE PRECISION`, `BLOB` (in migrations), `ON CONFLICT … RETURNING`. What they do not:
//! `SUM(BIGINT)` is NUMERIC in PostgreSQL and cannot be read as a number here; `INSERT OR IGNORE`, `rowid` and `REAL` are
//! SQLite's own; a value that is compared has the type of its column, nothing is converted.
//!
//! A fetch on a [`crate::Db`] reads, an `execute` writes; `… RETURNING` is fetched with [`crate::Db::writing`]. What is
//! read first and then decided upon is done within [`crate::Db::begin`], which is serial for its name on both.

mod query;
mod row;
mod rows;
mod target;
mod transaction;
mod value;

pub use query::{Query, assembled, query, script};
pub use row::{Cell, FromColumn, Row};
pub use rows::{Tuple, insert_rows};
pub use target::{Target, Writing};
pub use transaction::Tx;
pub use value::Value;

pub use target::Handle;

pub(crate) use target::On;
pub(crate) use transaction::lock_number;
