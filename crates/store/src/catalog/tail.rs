//! The live tail: rows of the open period, durable in SQL as soon as they are acknowledged, until they are compacted
//! into files.

use std::ops::Range;

use tradewind_types::Side;
use tradewind_types::market::{Bar, BarSource, Trade};

use super::CatalogError;
use super::figures::NONE_WIDE;
use super::partition::by_place;
use super::place::Series;
use super::rows::Rows;
use super::schema::{COLUMNS_MAX, Cell, Kind, SYMBOL, Scales, TS};
use super::{Catalog, Change, Rule};
use crate::sql::{self, Row, Tx};
use crate::{Db, StoreError};

/// Rows that one step of a compaction takes.
const COMPACT_ROWS: i64 = 100_000;
/// Rows of one key that may contradict each other before something is wrong with the feed.
const CONTRADICTIONS_MAX: u32 = 10_000;

/// The tail's table.
#[derive(Debug, Clone)]
pub struct Tail {
    db: Db,
}

/// What a compaction did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Compacted {
    /// Rows taken out of the tail.
    pub rows: u64,
    /// What they did to the files.
    pub change: Change,
}

/// A bar as a row of a table at these scales. What its source does not tell (a candle without value and trades, quotes
/// without volume) is none, not 0.
#[must_use]
pub fn bar_row(rows: &mut Rows, symbol: &str, bar: &Bar) -> [i128; 14] {
    let told = |is: bool, value: i128| if is { value } else { NONE_WIDE };
    let (sizes, value) = (!bar.is_of_quotes(), bar.tells_value());
    let source = match bar.source {
        BarSource::Trades => "trades",
        BarSource::QuoteMids => "quote_mids",
        BarSource::QuoteBids => "quote_bids",
        BarSource::QuoteAsks => "quote_asks",
        BarSource::Venue => "venue",
    };
    [
        i128::from(rows.names.code(symbol)),
        i128::from(bar.ts.0),
        i128::from(bar.open.0),
        i128::from(bar.high.0),
        i128::from(bar.low.0),
        i128::from(bar.close.0),
        told(sizes, bar.volume.0),
        told(sizes && value, bar.value),
        told(value, i128::from(bar.trades)),
        bar.open_interest.map_or(NONE_WIDE, |oi| oi.mantissa().0),
        i128::from(rows.names.code(source)),
        i128::from(bar.complete),
        i128::from(bar.revision),
        i128::from(bar.ts_init.0),
    ]
}

/// A trade as a row; `ordinal` tells trades without a number at the same time apart.
#[must_use]
pub fn trade_row(rows: &mut Rows, symbol: &str, trade: &Trade, ordinal: u32) -> [i128; 9] {
    let side = trade.aggressor.map(|side| match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    });
    [
        i128::from(rows.names.code(symbol)),
        i128::from(trade.ts_event.0),
        i128::from(trade.price.0),
        trade.size.0,
        side.map_or(NONE_WIDE, |side| i128::from(rows.names.code(side))),
        i128::from(trade.trade_id),
        i128::from(ordinal),
        0,
        i128::from(trade.ts_init.0),
    ]
}

/// The key of a row in SQL, and the rest of it as text.
struct Stored {
    symbol: String,
    ts: i64,
    ties: Vec<i128>,
    revision: i64,
    figures: Vec<Option<String>>,
}

impl Stored {
    fn of(rows: &Rows, row: usize) -> Result<Self, CatalogError> {
        let kind = rows.kind;
        let revision = rows.get(kind.revision(), row);
        let figures = plain(kind).map(|(at, cell)| match (cell, rows.get(at, row)) {
            (_, NONE_WIDE) => None,
            (Cell::Text, _) => Some(rows.text(at, row).to_owned()),
            (_, value) => Some(value.to_string()),
        });
        Ok(Self {
            symbol: rows.symbol(row).to_owned(),
            ts: rows.ts(row),
            ties: kind.ties().iter().map(|at| rows.get(*at, row)).collect(),
            revision: i64::try_from(revision).map_err(|_| CatalogError::Range {
                column: "revision",
                value: revision,
                wanted: "64 bits",
            })?,
            figures: figures.collect(),
        })
    }

    fn tie(&self) -> String {
        self.ties
            .iter()
            .map(i128::to_string)
            .collect::<Vec<_>>()
            .join("/")
    }

    fn text(&self) -> Result<String, CatalogError> {
        serde_json::to_string(&self.figures).map_err(|e| CatalogError::Refused(e.to_string()))
    }

    /// Whether what is stored says the same, whatever scales either has; the last figure is the time at which the row
    /// became known.
    fn says(&self, scales: Scales, kind: Kind, stored: &StoredFigures) -> bool {
        let figures: Vec<Option<String>> = serde_json::from_str(&stored.figures).unwrap_or_default();
        let end = self.figures.len().saturating_sub(1);
        let pairs = self.figures.iter().zip(&figures).take(end);
        figures.len() == self.figures.len()
            && plain(kind)
                .zip(pairs)
                .all(|((_, cell), (here, there))| match (here, there) {
                    (Some(here), Some(there)) => {
                        same_figure((here, scales.of(cell)), (there, stored.scales.of(cell)))
                    }
                    (here, there) => here == there,
                })
    }
}

/// What a row in SQL says beside its key.
struct StoredFigures {
    figures: String,
    scales: Scales,
}

/// Whether two texts are the same figure, each a whole number at a scale of its own; other texts have no scale.
fn same_figure((here, scale): (&str, u8), (there, other): (&str, u8)) -> bool {
    if scale == other {
        return here == there;
    }
    let raised = |text: &str, by: u8| {
        let value: i128 = text.parse().ok()?;
        value.checked_mul(10i128.checked_pow(u32::from(by))?)
    };
    let most = scale.max(other);
    let (here, there) = (raised(here, most - scale), raised(there, most - other));
    here.is_some() && here == there
}

/// Columns that are no part of the key, by place.
fn plain(kind: Kind) -> impl Iterator<Item = (usize, Cell)> {
    let key = move |at: usize| at == SYMBOL || at == TS || at == kind.revision() || kind.ties().contains(&at);
    let columns = kind.columns().iter().map(|c| c.cell).enumerate();
    columns.filter(move |(at, _)| !key(*at))
}

impl Tail {
    /// The tail in a database whose schema is up to date.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Its database.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// Appends rows of a series. They are durable when this returns; how many of them were new. A row that is there
    /// already changes nothing; one that says otherwise under the same key becomes the next revision, or, where it
    /// has no number of its own, one more row of the same time.
    ///
    /// # Errors
    /// When the database does not take them; none is stored then.
    pub async fn append(&self, series: &Series, rows: &Rows) -> Result<u64, CatalogError> {
        self.append_all([(series, rows)]).await
    }

    /// [`Tail::append`] for several series in one transaction.
    ///
    /// # Errors
    /// When the database does not take them; none is stored then.
    pub async fn append_all<'a>(
        &self,
        all: impl IntoIterator<Item = (&'a Series, &'a Rows)> + Send,
    ) -> Result<u64, CatalogError> {
        let all: Vec<(&Series, &Rows)> = all.into_iter().collect();
        let mut tx = self.db.begin("catalog tail").await?;
        let mut new = 0;
        for (series, rows) in all {
            new += append(&mut tx, series, rows).await?;
        }
        tx.commit().await?;
        Ok(new)
    }

    /// Rows of a series in the tail with `from <= ts < to`, every revision, in no order.
    ///
    /// # Errors
    /// When the database does not answer, or a row was changed by other hands.
    pub async fn read(&self, series: &Series, times: Range<i64>) -> Result<Rows, CatalogError> {
        let found = sql::query(
            "SELECT symbol, ts, tie, revision, price_scale, size_scale, figures FROM catalog_tail \
             WHERE kind = $1 AND market = $2 AND series = $3 AND bar_interval = $4 AND ts >= $5 AND ts < $6",
        )
        .bind(series.kind.name())
        .bind(series.instrument.market.as_str())
        .bind(series.instrument.symbol.as_str())
        .bind(series.interval_name())
        .bind(times.start)
        .bind(times.end)
        .fetch_all(&self.db)
        .await?;
        rows_of(series.kind, &found)
    }

    /// The oldest rows of a series before a time, at most `limit`.
    async fn oldest(&self, series: &Series, before: i64, limit: i64) -> Result<Vec<Row>, CatalogError> {
        sql::query(
            "SELECT symbol, ts, tie, revision, price_scale, size_scale, figures FROM catalog_tail \
             WHERE kind = $1 AND market = $2 AND series = $3 AND bar_interval = $4 AND ts < $5 \
             ORDER BY ts LIMIT $6",
        )
        .bind(series.kind.name())
        .bind(series.instrument.market.as_str())
        .bind(series.instrument.symbol.as_str())
        .bind(series.interval_name())
        .bind(before)
        .bind(limit)
        .fetch_all(&self.db)
        .await
        .map_err(CatalogError::from)
    }

    /// Forgets exactly these rows.
    async fn forget(&self, series: &Series, rows: &[Row]) -> Result<(), CatalogError> {
        let mut tx = self.db.begin("catalog tail").await?;
        for row in rows {
            sql::query(
                "DELETE FROM catalog_tail WHERE kind = $1 AND market = $2 AND series = $3 AND bar_interval = $4 \
                 AND symbol = $5 AND ts = $6 AND tie = $7 AND revision = $8",
            )
            .bind(series.kind.name())
            .bind(series.instrument.market.as_str())
            .bind(series.instrument.symbol.as_str())
            .bind(series.interval_name())
            .bind(row.at::<String>(0)?)
            .bind(row.at::<i64>(1)?)
            .bind(row.at::<String>(2)?)
            .bind(row.at::<i64>(3)?)
            .execute(&mut tx)
            .await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

async fn append(tx: &mut Tx, series: &Series, rows: &Rows) -> Result<u64, CatalogError> {
    let mut new = 0;
    for row in 0..rows.len() {
        let mut stored = Stored::of(rows, row)?;
        let mut attempts = 0;
        loop {
            if insert(tx, series, rows.scales, &stored).await? {
                new += 1;
                break;
            }
            if same(tx, series, rows.scales, &stored).await? {
                break;
            }
            attempts += 1;
            if attempts > CONTRADICTIONS_MAX {
                let what = format!("{series}: more than {CONTRADICTIONS_MAX} rows of the same time differ");
                return Err(CatalogError::Refused(what));
            }
            // Quotes have an ordinal only; trades have a number before it, which is 0 where they have none.
            match (rows.kind, stored.ties.as_mut_slice()) {
                (Kind::Quotes, [ordinal]) | (Kind::Trades, [0, ordinal]) => *ordinal += 1,
                _ => stored.revision += 1,
            }
        }
    }
    Ok(new)
}

async fn insert(tx: &mut Tx, series: &Series, scales: Scales, row: &Stored) -> Result<bool, CatalogError> {
    let done = sql::query(
        "INSERT INTO catalog_tail (kind, market, series, bar_interval, symbol, ts, tie, revision, price_scale, \
         size_scale, figures) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING",
    )
    .bind(series.kind.name())
    .bind(series.instrument.market.as_str())
    .bind(series.instrument.symbol.as_str())
    .bind(series.interval_name())
    .bind(&row.symbol)
    .bind(row.ts)
    .bind(row.tie())
    .bind(row.revision)
    .bind(i64::from(scales.price))
    .bind(i64::from(scales.size))
    .bind(row.text()?)
    .execute(tx)
    .await?;
    Ok(done == 1)
}

async fn same(tx: &mut Tx, series: &Series, scales: Scales, row: &Stored) -> Result<bool, CatalogError> {
    let found = sql::query(
        "SELECT figures, price_scale, size_scale FROM catalog_tail WHERE kind = $1 AND market = $2 AND series = $3 \
         AND bar_interval = $4 AND symbol = $5 AND ts = $6 AND tie = $7 AND revision = $8",
    )
    .bind(series.kind.name())
    .bind(series.instrument.market.as_str())
    .bind(series.instrument.symbol.as_str())
    .bind(series.interval_name())
    .bind(&row.symbol)
    .bind(row.ts)
    .bind(row.tie())
    .bind(row.revision)
    .fetch_one(tx)
    .await?;
    let stored = StoredFigures {
        figures: found.at(0)?,
        scales: Scales {
            price: scale_at(&found, 1)?,
            size: scale_at(&found, 2)?,
        },
    };
    Ok(row.says(scales, series.kind, &stored))
}

fn scale_at(row: &Row, at: usize) -> Result<u8, CatalogError> {
    let value: i64 = row.at(at)?;
    let fits = u8::try_from(value)
        .ok()
        .filter(|s| *s <= super::schema::SCALE_MAX);
    fits.ok_or_else(|| CatalogError::Tail(StoreError::corrupt("scale", &value.to_string())))
}

/// Rows as they were before they were stored, at the largest scales among them.
fn rows_of(kind: Kind, found: &[Row]) -> Result<Rows, CatalogError> {
    let mut by_scale: Vec<Rows> = Vec::new();
    for row in found {
        let scales = Scales {
            price: scale_at(row, 4)?,
            size: scale_at(row, 5)?,
        };
        let at = match by_scale.iter().position(|rows| rows.scales == scales) {
            Some(at) => at,
            None => {
                by_scale.push(Rows::new(kind, scales));
                by_scale.len() - 1
            }
        };
        push(&mut by_scale[at], row)?;
    }
    let scales = by_scale
        .iter()
        .fold(Scales::default(), |s, rows| s.max(rows.scales));
    let mut all = Rows::new(kind, scales);
    for mut rows in by_scale {
        rows.raise(scales)?;
        let range = 0..rows.len();
        all.extend(&rows, range);
    }
    Ok(all)
}

fn push(rows: &mut Rows, row: &Row) -> Result<(), CatalogError> {
    let kind = rows.kind;
    let corrupt = |what, value: &str| CatalogError::Tail(StoreError::corrupt(what, value));
    let text = |at: usize| row.at::<String>(at).map_err(CatalogError::from);
    let mut cells = [NONE_WIDE; COLUMNS_MAX];
    cells[SYMBOL] = i128::from(rows.names.code(&text(0)?));
    cells[TS] = i128::from(row.at::<i64>(1)?);
    let tie = text(2)?;
    for (at, value) in kind.ties().iter().zip(tie.split('/')) {
        cells[*at] = value.parse().map_err(|_| corrupt("tie", &tie))?;
    }
    cells[kind.revision()] = i128::from(row.at::<i64>(3)?);
    let json = text(6)?;
    let figures: Vec<Option<String>> = serde_json::from_str(&json).map_err(|_| corrupt("figures", &json))?;
    let places: Vec<(usize, Cell)> = plain(kind).collect();
    if figures.len() != places.len() {
        return Err(corrupt("figures", &json));
    }
    for ((at, cell), figure) in places.into_iter().zip(figures) {
        cells[at] = match figure {
            None => NONE_WIDE,
            Some(text) if cell == Cell::Text => i128::from(rows.names.code(&text)),
            Some(text) => text.parse().map_err(|_| corrupt("figures", &json))?,
        };
    }
    rows.push(&cells[..kind.columns().len()]);
    Ok(())
}

impl Catalog {
    /// Moves the tail's rows before a time into files. Rows are taken out of the tail only after the files that have
    /// them are durable: a crash in between leaves them in both, which readers see once.
    ///
    /// # Errors
    /// [`CatalogError`]; what was moved before stays moved.
    pub async fn compact(&self, before: i64) -> Result<Compacted, CatalogError> {
        let mut done = Compacted::default();
        let Some(tail) = &self.tail else {
            return Ok(done);
        };
        for series in tail.series().await? {
            loop {
                let stored = tail.oldest(&series, before, COMPACT_ROWS).await?;
                if stored.is_empty() {
                    break;
                }
                let rows = rows_of(series.kind, &stored)?;
                let mut session = self.session().await?;
                for (place, rows) in by_place(&series.shelf(), &rows)? {
                    session.add(&place, rows, Rule::HigherRevision).await?;
                }
                done.change += session.commit().await?;
                tail.forget(&series, &stored).await?;
                done.rows += stored.len() as u64;
            }
        }
        Ok(done)
    }
}
