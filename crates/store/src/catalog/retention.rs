//! What is kept how long, and what becomes of the rest. A plan first, which changes nothing; then the plan is carried
//! out, all of it at once.

use tradewind_types::market::{Bar, BarInterval, BarSource, aggregate};
use tradewind_types::time::DAY_NS;
use tradewind_types::{InstrumentId, InstrumentIdx, PriceMantissa, SizeMantissa, UnixNanos};

use super::decode::{ALL, OpenFile};
use super::figures::NONE_WIDE;
use super::merge::Rule;
use super::partition::by_place;
use super::place::{Place, Series};
use super::rows::Rows;
use super::schema::{Kind, TS};
use super::session::{Commit, Session};
use super::tail::bar_row;
use super::{Catalog, CatalogError};

/// One rule: the first that fits a file counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// What the file holds.
    pub kind: Kind,
    /// Bars of up to this many seconds; `None` for all, and for everything else.
    pub interval_secs_max: Option<u32>,
    /// Days that it is kept after its last possible row; `None` = for ever.
    pub keep_days: Option<u32>,
    /// Bars that it is made into before it goes.
    pub into: Option<BarInterval>,
}

/// The defaults: ticks, option snapshots and bars below a minute 30 days; bars below a day 5 years, then made into
/// daily ones; daily and longer bars for ever.
#[must_use]
pub fn default_policies() -> Vec<Policy> {
    let ticks = |kind| Policy {
        kind,
        interval_secs_max: None,
        keep_days: Some(30),
        into: None,
    };
    let bars = |secs, days, into| Policy {
        kind: Kind::Bars,
        interval_secs_max: secs,
        keep_days: days,
        into,
    };
    let minute = Some(BarInterval::M1);
    let day = Some(BarInterval::DAY);
    vec![
        ticks(Kind::Trades),
        ticks(Kind::Quotes),
        ticks(Kind::Options),
        bars(Some(59), Some(30), minute),
        bars(Some(86_399), Some(5 * 366), day),
        bars(None, None, None),
    ]
}

/// What is to be done with one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The file.
    pub place: Place,
    /// Its rows.
    pub rows: u64,
    /// Its bytes.
    pub bytes: u64,
    /// Bars that it is made into first.
    pub into: Option<BarInterval>,
}

impl Policy {
    fn fits(&self, place: &Place) -> bool {
        let shelf = &place.shelf;
        let short = match (self.interval_secs_max, shelf.interval) {
            (Some(most), Some(interval)) => interval.is_time() && interval.secs() <= most,
            (Some(_), None) => false,
            (None, _) => true,
        };
        self.kind == shelf.kind && short
    }
}

impl Catalog {
    /// Which files the policies would take away now.
    ///
    /// # Errors
    /// When a file fails.
    pub async fn due(&self, policies: &[Policy], now: UnixNanos) -> Result<Vec<Due>, CatalogError> {
        let now = i64::try_from(now.0).unwrap_or(i64::MAX);
        let mut due = Vec::new();
        for (place, source) in self.places().await? {
            let Some(policy) = policies.iter().find(|policy| policy.fits(&place)) else {
                continue;
            };
            let Some(days) = policy.keep_days else { continue };
            let age = now.saturating_sub(place.part.times().end);
            if age <= i64::from(days) * DAY_NS as i64 {
                continue;
            }
            let Some(file) = OpenFile::open(&self.files, &source, place.shelf.kind).await? else {
                continue;
            };
            due.push(Due {
                rows: file.rows(),
                bytes: self.files.size(&source).await?.unwrap_or(0),
                into: policy.into.filter(|into| Some(*into) > place.shelf.interval),
                place,
            });
        }
        Ok(due)
    }

    /// Carries a plan out: makes coarser bars where it says so, and takes the files away, all at once.
    ///
    /// # Errors
    /// When a file fails or its bars cannot be made into coarser ones; nothing is taken away then.
    pub async fn retire(&self, due: &[Due], now: UnixNanos) -> Result<(), CatalogError> {
        let mut session = self.session().await?;
        let commit = Commit::read(&self.files).await?;
        for due in due {
            if let (Some(into), Some(symbol)) = (due.into, &due.place.shelf.symbol) {
                let instrument = InstrumentId::new(symbol.clone(), due.place.shelf.market.clone());
                self.coarsen(
                    (&commit, &due.place),
                    &Series::bars(instrument, into),
                    (&mut session, now),
                )
                .await?;
            }
            session.remove(&due.place);
        }
        session.commit().await?;
        Ok(())
    }

    async fn coarsen(
        &self,
        (commit, place): (&Commit, &Place),
        into: &Series,
        (session, now): (&mut Session, UnixNanos),
    ) -> Result<(), CatalogError> {
        let (Some(fine), Some(coarse)) = (place.shelf.interval, into.interval) else {
            return Ok(());
        };
        let path = place.path();
        let source = commit.source(&path).unwrap_or(path);
        let Some(file) = OpenFile::open(&self.files, &source, Kind::Bars).await? else {
            return Ok(());
        };
        let mut bars = Vec::new();
        for group in 0..file.groups() {
            let rows = file.read(group, ALL).await?;
            for row in 0..rows.len() {
                bars.push(bar_of(&rows, row, fine)?);
            }
        }
        let refuse =
            |e: tradewind_types::market::AggregateError| CatalogError::Refused(format!("{place}: {e}"));
        let made =
            aggregate(&bars, coarse, UnixNanos(place.part.times().end.unsigned_abs())).map_err(refuse)?;
        let mut rows = Rows::new(Kind::Bars, file.scales);
        for bar in &made {
            let bar = Bar { ts_init: now, ..*bar };
            let mut row = bar_row(&mut rows, into.instrument.symbol.as_str(), &bar);
            // What the finer bars do not say the coarser ones do not either.
            for at in [6, 7, 8] {
                if !file_says(&file, at) {
                    row[at] = NONE_WIDE;
                }
            }
            rows.push(&row);
        }
        for (place, rows) in by_place(&into.shelf(), &rows)? {
            session.add(&place, rows, Rule::HigherRevision).await?;
        }
        Ok(())
    }
}

/// Whether any row of a file has a cell in an optional column, by its statistics.
fn file_says(file: &OpenFile, place: usize) -> bool {
    (0..file.groups()).any(|group| file.has_any(group, place))
}

/// A row of bars as a bar.
///
/// # Errors
/// When a figure does not fit.
pub fn bar_of(rows: &Rows, row: usize, interval: BarInterval) -> Result<Bar, CatalogError> {
    let price = |at: usize| {
        let value = rows.get(at, row);
        i64::try_from(value)
            .map(PriceMantissa)
            .map_err(|_| CatalogError::Range {
                column: rows.kind.columns()[at].name,
                value,
                wanted: "64 bits",
            })
    };
    let or_zero = |at: usize| match rows.get(at, row) {
        NONE_WIDE => 0,
        value => value,
    };
    let oi = match rows.get(9, row) {
        NONE_WIDE => None,
        value => tradewind_types::market::OpenInterest::new(SizeMantissa(value)),
    };
    Ok(Bar {
        instrument: InstrumentIdx(0),
        interval,
        ts: UnixNanos(rows.get(TS, row).unsigned_abs() as u64),
        open: price(2)?,
        high: price(3)?,
        low: price(4)?,
        close: price(5)?,
        volume: SizeMantissa(or_zero(6)),
        value: or_zero(7),
        trades: u32::try_from(or_zero(8)).unwrap_or(u32::MAX),
        open_interest: oi,
        source: match rows.text(10, row) {
            "trades" => BarSource::Trades,
            "quote_mids" => BarSource::QuoteMids,
            "quote_bids" => BarSource::QuoteBids,
            "quote_asks" => BarSource::QuoteAsks,
            _ => BarSource::Venue,
        },
        revision: u16::try_from(rows.get(12, row)).unwrap_or(u16::MAX),
        complete: rows.get(11, row) != 0,
        ts_init: UnixNanos(rows.get(13, row).unsigned_abs() as u64),
    })
}
