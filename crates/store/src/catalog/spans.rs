//! Which series the live tail has.

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use tradewind_types::{InstrumentId, Market, Symbol};

use super::place::Series;
use super::tail::sql;
use super::{CatalogError, Tail};
use crate::StoreError;

impl Tail {
    /// Every series that has rows in the tail.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn series(&self) -> Result<Vec<Series>, CatalogError> {
        let found = sqlx::query("SELECT DISTINCT kind, market, series, bar_interval FROM catalog_tail")
            .fetch_all(self.db().reader())
            .await
            .map_err(sql)?;
        found.iter().map(series_of).collect()
    }

    /// Every series that has rows in the tail, with how many and the first and last of their times.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn spans(&self) -> Result<Vec<(Series, u64, (i64, i64))>, CatalogError> {
        let found = sqlx::query(
            "SELECT kind, market, series, bar_interval, COUNT(*), MIN(ts), MAX(ts) FROM catalog_tail \
             GROUP BY kind, market, series, bar_interval",
        )
        .fetch_all(self.db().reader())
        .await
        .map_err(sql)?;
        let span = |row: &SqliteRow| -> Result<_, CatalogError> {
            let number = |at: usize| row.try_get::<i64, _>(at).map_err(sql);
            Ok((
                series_of(row)?,
                number(4)?.unsigned_abs(),
                (number(5)?, number(6)?),
            ))
        };
        found.iter().map(span).collect()
    }
}

/// The series that the first four columns name.
fn series_of(row: &SqliteRow) -> Result<Series, CatalogError> {
    let text = |at: usize| row.try_get::<String, _>(at).map_err(sql);
    let (kind, market, symbol, interval) = (text(0)?, text(1)?, text(2)?, text(3)?);
    let corrupt = |what, value: &str| CatalogError::Tail(StoreError::corrupt(what, value));
    let market = Market::new(&market).map_err(|_| corrupt("market", &market))?;
    let symbol = Symbol::new(&symbol).map_err(|_| corrupt("symbol", &symbol))?;
    Ok(Series {
        kind: kind.parse().map_err(|_| corrupt("kind", &kind))?,
        instrument: InstrumentId::new(symbol, market),
        interval: match interval.as_str() {
            "" => None,
            text => Some(text.parse().map_err(|_| corrupt("interval", text))?),
        },
    })
}
