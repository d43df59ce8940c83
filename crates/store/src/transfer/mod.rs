//! All rows of a database to another one.
//!
//! ```text
//! snapshot of the source ─► table after table, in the order of their references ─► one transaction on the target
//!                            └─ count and SHA-256 of the rows ──── compared ───────────┘ read back before it commits
//! ```
//! Which tables there are the databases say themselves ([`shape`]); both have to be at the same migration.

mod copy;
mod digest;
mod insert;
pub mod shape;

pub use copy::{CopiedTable, copy};
pub use digest::Digest;

pub(crate) use copy::refuse_rows;
pub(crate) use insert::Inserter;

use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};

use crate::StoreError;
use crate::sql::{Cell, Tx, assembled};
use shape::TableShape;

/// All rows of a table, in the order of its key.
pub(crate) fn rows<'a>(tx: &'a mut Tx, table: &TableShape) -> BoxStream<'a, Result<Vec<Cell>, StoreError>> {
    let text = format!(
        "SELECT {} FROM {} ORDER BY {}",
        table.column_list(),
        shape::quoted(&table.name),
        table.key_list()
    );
    let width = table.columns.len();
    assembled(text)
        .once()
        .fetch(tx)
        .and_then(move |row| async move { (0..width).map(|place| row.cell(place)).collect() })
        .boxed()
}
