//! On what a statement runs.

use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnection, SqlitePool};

use super::transaction::{Inner, Tx};
use crate::Db;
use crate::db::Pools;
use crate::postgres::Connections;

/// One of the two databases: any of its connections, or the one of a transaction.
pub(crate) enum On<'a> {
    SqlitePool(&'a SqlitePool),
    Sqlite(&'a mut SqliteConnection),
    PgPool(&'a Connections),
    Pg(&'a mut PgConnection),
}

/// Where a statement goes; made by a [`Target`].
pub struct Handle<'a>(pub(crate) On<'a>);

/// What a statement can run on: `&Db`, [`Db::writing`] or `&mut Tx`.
pub trait Target<'a>: Send {
    /// For a statement that only reads.
    fn reading(self) -> Handle<'a>;
    /// For a statement that writes.
    fn writing(self) -> Handle<'a>;
}

impl<'a> Target<'a> for &'a Db {
    fn reading(self) -> Handle<'a> {
        Handle(match self.pools() {
            Pools::Sqlite { reader, .. } => On::SqlitePool(reader),
            Pools::Postgres(connections) => On::PgPool(connections),
        })
    }

    fn writing(self) -> Handle<'a> {
        Handle(match self.pools() {
            Pools::Sqlite { writer, .. } => On::SqlitePool(writer),
            Pools::Postgres(connections) => On::PgPool(connections),
        })
    }
}

/// A database whose fetches may write, for `… RETURNING`; see [`Db::writing`].
#[derive(Debug, Clone, Copy)]
pub struct Writing<'a>(pub(crate) &'a Db);

impl<'a> Target<'a> for Writing<'a> {
    fn reading(self) -> Handle<'a> {
        self.0.writing_handle()
    }

    fn writing(self) -> Handle<'a> {
        self.0.writing_handle()
    }
}

impl<'a> Target<'a> for &'a mut Tx {
    fn reading(self) -> Handle<'a> {
        Handle(match &mut self.0 {
            Inner::Sqlite(tx) => On::Sqlite(tx),
            Inner::Postgres(tx) => On::Pg(tx),
        })
    }

    fn writing(self) -> Handle<'a> {
        self.reading()
    }
}
