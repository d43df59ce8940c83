//! A statement with its values.

use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use sqlx::postgres::{PgArguments, PgQueryResult};
use sqlx::sqlite::{SqliteArguments, SqliteQueryResult};
use sqlx::{AssertSqlSafe, Postgres, SqlSafeStr, SqlStr, Sqlite};

use super::value::{self, Value};
use super::{Handle, On, Row, Target};
use crate::StoreError;

/// A statement and what is bound to it.
#[derive(Debug)]
#[must_use = "a statement does nothing before it is fetched or executed"]
pub struct Query<'q> {
    text: SqlStr,
    values: Vec<Value<'q>>,
    persistent: bool,
}

/// A statement.
pub fn query<'q>(text: &'static str) -> Query<'q> {
    Query {
        text: text.into_sql_str(),
        values: Vec::new(),
        persistent: true,
    }
}

/// A statement that was put together from texts of this program alone, never from what came from outside.
pub fn assembled<'q>(text: String) -> Query<'q> {
    Query {
        text: AssertSqlSafe(text).into_sql_str(),
        values: Vec::new(),
        persistent: true,
    }
}

/// Runs statements without values one after the other.
///
/// # Errors
/// When one of them fails.
pub async fn script<'a>(text: &str, on: impl Target<'a>) -> Result<(), StoreError> {
    let statements = sqlx::raw_sql(AssertSqlSafe(text));
    match on.writing().0 {
        On::SqlitePool(pool) => statements.execute(pool).await.map(drop)?,
        On::Sqlite(connection) => statements.execute(connection).await.map(drop)?,
        On::PgPool(pool) => {
            let mut connection = pool.acquire().await?;
            pool.seen(statements.execute(&mut *connection).await.map(drop))?;
        }
        On::Pg(connection) => statements.execute(connection).await.map(drop)?,
    }
    Ok(())
}

type SqliteQuery<'q> = sqlx::query::Query<'q, Sqlite, SqliteArguments>;
type PgQuery<'q> = sqlx::query::Query<'q, Postgres, PgArguments>;

impl<'q> Query<'q> {
    /// Binds the next value.
    pub fn bind(mut self, value: impl Into<Value<'q>>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Does not keep the statement prepared: its text will not come again.
    pub fn once(mut self) -> Self {
        self.persistent = false;
        self
    }

    fn sqlite(self) -> Result<SqliteQuery<'static>, StoreError> {
        let arguments = value::sqlite(self.values)?;
        Ok(sqlx::query_with(self.text, arguments).persistent(self.persistent))
    }

    fn postgres(self) -> Result<PgQuery<'static>, StoreError> {
        let arguments = value::postgres(&self.values)?;
        Ok(sqlx::query_with(self.text, arguments).persistent(self.persistent))
    }

    /// All rows.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn fetch_all<'a>(self, on: impl Target<'a>) -> Result<Vec<Row>, StoreError> {
        let Handle(on) = on.reading();
        Ok(match on {
            On::SqlitePool(pool) => sqlite_rows(self.sqlite()?.fetch_all(pool).await?),
            On::Sqlite(connection) => sqlite_rows(self.sqlite()?.fetch_all(connection).await?),
            On::PgPool(pool) => {
                let mut connection = pool.acquire().await?;
                pg_rows(pool.seen(self.postgres()?.fetch_all(&mut *connection).await)?)
            }
            On::Pg(connection) => pg_rows(self.postgres()?.fetch_all(connection).await?),
        })
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn fetch_optional<'a>(self, on: impl Target<'a>) -> Result<Option<Row>, StoreError> {
        let Handle(on) = on.reading();
        Ok(match on {
            On::SqlitePool(pool) => self.sqlite()?.fetch_optional(pool).await?.map(Row::Sqlite),
            On::Sqlite(connection) => self.sqlite()?.fetch_optional(connection).await?.map(Row::Sqlite),
            On::PgPool(pool) => {
                let mut connection = pool.acquire().await?;
                let row = self.postgres()?.fetch_optional(&mut *connection).await;
                pool.seen(row)?.map(Row::Postgres)
            }
            On::Pg(connection) => self
                .postgres()?
                .fetch_optional(connection)
                .await?
                .map(Row::Postgres),
        })
    }

    /// The first row of a statement that always has one.
    ///
    /// # Errors
    /// Those of the database; also when there is none.
    pub async fn fetch_one<'a>(self, on: impl Target<'a>) -> Result<Row, StoreError> {
        let row = self.fetch_optional(on).await?;
        row.ok_or(StoreError::Statement(sqlx::Error::RowNotFound))
    }

    /// Row after row, without holding them all.
    pub fn fetch<'a>(self, on: impl Target<'a>) -> BoxStream<'a, Result<Row, StoreError>> {
        macro_rules! stream {
            ($query:expr, $on:expr, $row:expr) => {
                match $query {
                    Ok(query) => query
                        .fetch($on)
                        .map_ok($row)
                        .map_err(StoreError::from)
                        .boxed(),
                    Err(error) => futures_util::stream::iter([Err(error)]).boxed(),
                }
            };
        }
        let Handle(on) = on.reading();
        match on {
            On::SqlitePool(pool) => stream!(self.sqlite(), pool, Row::Sqlite),
            On::Sqlite(connection) => stream!(self.sqlite(), connection, Row::Sqlite),
            On::PgPool(pool) => stream!(self.postgres(), pool.pool(), Row::Postgres),
            On::Pg(connection) => stream!(self.postgres(), connection, Row::Postgres),
        }
    }

    /// Runs a statement that answers no rows; how many rows it changed.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn execute<'a>(self, on: impl Target<'a>) -> Result<u64, StoreError> {
        let Handle(on) = on.writing();
        let sqlite = |done: SqliteQueryResult| done.rows_affected();
        let postgres = |done: PgQueryResult| done.rows_affected();
        Ok(match on {
            On::SqlitePool(pool) => self.sqlite()?.execute(pool).await.map(sqlite)?,
            On::Sqlite(connection) => self.sqlite()?.execute(connection).await.map(sqlite)?,
            On::PgPool(pool) => {
                let mut connection = pool.acquire().await?;
                pool.seen(self.postgres()?.execute(&mut *connection).await.map(postgres))?
            }
            On::Pg(connection) => self.postgres()?.execute(connection).await.map(postgres)?,
        })
    }
}

fn sqlite_rows(rows: Vec<sqlx::sqlite::SqliteRow>) -> Vec<Row> {
    rows.into_iter().map(Row::Sqlite).collect()
}

fn pg_rows(rows: Vec<sqlx::postgres::PgRow>) -> Vec<Row> {
    rows.into_iter().map(Row::Postgres).collect()
}
