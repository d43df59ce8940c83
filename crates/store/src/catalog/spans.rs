//! Which series the live tail has.

use tradewind_types::{InstrumentId, Market, Symbol};

use super::place::Series;
use super::{CatalogError, Tail};
use crate::StoreError;
use crate::sql::{self, Row};

impl Tail {
    /// Every series that has rows in the tail.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn series(&self) -> Result<Vec<Series>, CatalogError> {
        let found = sql::query("SELECT DISTINCT kind, market, series, bar_interval FROM catalog_tail")
            .fetch_all(self.db())
            .await?;
        found.iter().map(series_of).collect()
    }

    /// Every series that has rows in the tail, with how many and the first and last of their times.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn spans(&self) -> Result<Vec<(Series, u64, (i64, i64))>, CatalogError> {
        let found = sql::query(
            "SELECT kind, market, series, bar_interval, COUNT(*), MIN(ts), MAX(ts) FROM catalog_tail \
             GROUP BY kind, market, series, bar_interval",
        )
        .fetch_all(self.db())
        .await?;
        let span = |row: &Row| -> Result<_, CatalogError> {
            let number = |at: usize| row.at::<i64>(at);
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
fn series_of(row: &Row) -> Result<Series, CatalogError> {
    let text = |at: usize| row.at::<String>(at);
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
