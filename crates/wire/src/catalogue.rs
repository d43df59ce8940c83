//! Stored market data: what there is, what is missing in it, how good it is, how long it is kept.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Time;

/// One stored series.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct CatalogueSeries {
    /// `bars`, `trades`, `quotes` or `options`.
    #[schema(example = "bars")]
    pub kind: String,
    /// Instrument id; of option snapshots that of the underlying.
    pub instrument: String,
    /// Interval of bars; null for everything else.
    pub interval: Option<String>,
    /// Rows in files.
    pub rows: u64,
    /// Rows in the live tail, which are not in files yet.
    pub tail_rows: u64,
    /// Files that hold them; those of daily and longer bars hold other symbols, too.
    pub files: u64,
    /// Bytes of those files.
    pub bytes: u64,
    /// The first time; of bars, when the first one opens.
    pub from: Time,
    /// The last time.
    pub to: Time,
}

/// A page of the catalogue.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Catalogue {
    /// The folder, or `s3://BUCKET/PREFIX`.
    pub place: String,
    /// Whether what happens is stored.
    pub recording: bool,
    /// By kind, instrument and interval.
    pub series: Vec<CatalogueSeries>,
    /// Pass as `cursor` for the next page; null on the last one.
    pub next_cursor: Option<String>,
}

/// A stretch in session without bars, or with bars of which the feed missed a part.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct CatalogueGap {
    /// Its begin.
    pub from: Time,
    /// Its end, not included.
    pub to: Time,
    /// Bars that would fill it.
    pub bars: u64,
}

/// What is missing in a series.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct CatalogueGaps {
    /// Instrument id.
    pub instrument: String,
    /// Interval.
    pub interval: String,
    /// The calendar whose sessions counted; `24/7` where none did.
    pub calendar: String,
    /// From when on was looked.
    pub from: Time,
    /// Until when was looked.
    pub to: Time,
    /// Oldest first.
    pub gaps: Vec<CatalogueGap>,
}

/// What one check of a series found.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct QualityCheck {
    /// `ohlc_order`, `gaps`, `price_gaps`, `moves`, `outliers`, `stale`, `zero_volume` or `splits`.
    #[schema(example = "price_gaps")]
    pub name: String,
    /// What it finds, for people.
    pub title: String,
    /// Bars found.
    pub count: u64,
    /// Their share of all bars.
    pub share: f64,
    /// What it takes off the score, as a factor.
    pub penalty: f64,
    /// The first few of them, by their opening times.
    pub examples: Vec<Time>,
}

/// How good a series of bars looks.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct SeriesQuality {
    /// Instrument id.
    pub instrument: String,
    /// Interval.
    pub interval: String,
    /// Bars looked at.
    pub bars: u64,
    /// From 0 to 1; 1 when nothing was found.
    pub score: f64,
    /// Every check that was made.
    pub checks: Vec<QualityCheck>,
}

/// Asks the venue for what is missing in a series.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBackfill {
    /// Instrument id.
    #[schema(example = "BTC-USD.COINBASE")]
    pub instrument: String,
    /// Interval.
    #[schema(example = "1m")]
    pub interval: String,
    /// Gaps from this time on; as far back as scans look when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Time>,
    /// Gaps before this time; up to now when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Time>,
}

/// What a backfill did.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Backfilled {
    /// Questions that the venue was asked.
    pub asked: u64,
    /// Bars that its answers added.
    pub added: u64,
    /// Questions that it had nothing for.
    pub empty: u64,
    /// Questions not asked, since it had nothing for them a short while ago.
    pub skipped: u64,
    /// What went wrong, the first of it.
    pub failures: Vec<String>,
    /// Gaps that are left: what the venue does not have, and, where there were too many for one request, those further
    /// back.
    pub gaps_left: u64,
}

/// What a compaction did.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct CatalogueCompacted {
    /// Rows moved from the live tail into files.
    pub rows: u64,
}

/// How long something is kept; the first policy that fits a file counts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct RetentionPolicy {
    /// `bars`, `trades`, `quotes` or `options`.
    pub kind: String,
    /// Which bars, such as `up to 59s`; null for all.
    pub intervals: Option<String>,
    /// Days after a file's last possible row; null for ever.
    pub keep_days: Option<u32>,
    /// Bars that it is made into before it goes.
    pub into: Option<String>,
}

/// A file whose time is over.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct RetentionDue {
    /// What it holds: the kind, the instrument or market, and the interval.
    #[schema(example = "bars BTC-USD.COINBASE 10s")]
    pub series: String,
    /// Its path in the catalogue.
    pub file: String,
    /// From when on it holds rows.
    pub from: Time,
    /// Until when, not included.
    pub to: Time,
    /// Its rows.
    pub rows: u64,
    /// Its bytes.
    pub bytes: u64,
    /// Bars that it is made into first; null when it just goes.
    pub into: Option<String>,
}

/// What is kept how long, and what would go now, or went.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Retention {
    /// In the order in which they count.
    pub policies: Vec<RetentionPolicy>,
    /// By file.
    pub due: Vec<RetentionDue>,
}
