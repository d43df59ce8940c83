//! `tradewind catalog`: the store of market data; files in, files out, no server.

mod args;
mod calendars;
mod checks;
mod export;
mod import;
mod keep;
mod list;

use tradewind_codecs::table::{BarStamp, StampReader, Zone};
use tradewind_store::catalog::{Catalog, CatalogError, Files, Kind, Series, Tail};
use tradewind_types::{Clock as _, UnixNanos};
use tradewind_venues::clock::SystemClock;

pub(crate) use args::CatalogArgs;
use args::{CatalogCommand, KindArg, SeriesArgs, StampArg, WhereArgs};

use super::on_runtime;
use crate::app::DataDir;
use crate::failure::Failure;

pub(crate) fn run(args: CatalogArgs) -> Result<(), Failure> {
    on_runtime(async {
        match args.command {
            CatalogCommand::Import(args) => import::run(args).await,
            CatalogCommand::Export(args) => export::run(args).await,
            CatalogCommand::Ls(args) => list::run(args).await,
            CatalogCommand::Gaps(args) => checks::gaps(args).await,
            CatalogCommand::Quality(args) => checks::quality(args).await,
            CatalogCommand::Compact(args) => keep::compact(args).await,
            CatalogCommand::Retention(args) => keep::retention(args).await,
        }
    })
}

/// The catalogue with the live tail, where there is a database whose schema has one.
async fn open(place: &WhereArgs) -> Result<Catalog, Failure> {
    let data = DataDir::new(&place.data);
    let default = place.data.join("catalog").display().to_string();
    let files = Files::open(place.catalog.as_deref().unwrap_or(&default)).map_err(failure)?;
    let catalog = Catalog::new(files);
    let Some(db) = data.open_existing().await? else {
        return Ok(catalog);
    };
    let known = tradewind_store::migrate::status(&db).await;
    let known = known.map_err(|e| Failure::failed(format!("the database's schema: {e}")))?;
    if known.iter().all(|migration| migration.applied_at.is_some()) {
        return Ok(catalog.with_tail(Tail::new(db)));
    }
    // An older database has no tail yet; the files can be worked with all the same.
    Ok(catalog)
}

/// Data that is refused ends with 3, everything else with 1.
fn failure(error: CatalogError) -> Failure {
    match error {
        CatalogError::Refused(_) | CatalogError::Range { .. } | CatalogError::Foreign { .. } => {
            Failure::Input(error.to_string())
        }
        other => Failure::failed(other.to_string()),
    }
}

fn kind(kind: KindArg) -> Kind {
    match kind {
        KindArg::Bars => Kind::Bars,
        KindArg::Trades => Kind::Trades,
        KindArg::Quotes => Kind::Quotes,
        KindArg::Options => Kind::Options,
    }
}

fn stamp(stamp: StampArg) -> BarStamp {
    match stamp {
        StampArg::Open => BarStamp::Open,
        StampArg::Close => BarStamp::Close,
    }
}

fn zone(text: &str) -> Result<Zone, Failure> {
    text.parse().map_err(Failure::Usage)
}

fn usage(error: impl std::fmt::Display) -> Failure {
    Failure::Usage(error.to_string())
}

fn series(args: &SeriesArgs) -> Result<Series, Failure> {
    let kind = kind(args.kind);
    let interval = args
        .interval
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(usage)?;
    if (kind == Kind::Bars) != interval.is_some() {
        return Err(Failure::Usage(
            "bars need --interval, and nothing else has one".to_owned(),
        ));
    }
    Ok(Series {
        kind,
        instrument: args.instrument.parse().map_err(usage)?,
        interval,
    })
}

/// `ours=theirs`, or one name for both.
fn pairs(columns: &[String]) -> Vec<(String, String)> {
    let pair = |text: &String| match text.split_once('=') {
        Some((ours, theirs)) => (ours.trim().to_owned(), theirs.trim().to_owned()),
        None => (text.trim().to_owned(), text.trim().to_owned()),
    };
    columns.iter().map(pair).collect()
}

/// A time of the command line, or now.
fn time_or_now(text: Option<&str>) -> Result<UnixNanos, Failure> {
    match text {
        None => Ok(SystemClock.now()),
        Some(text) => time(text).map(UnixNanos),
    }
}

fn time(text: &str) -> Result<u64, Failure> {
    StampReader::default()
        .read(text.trim().as_bytes())
        .map_err(Failure::Usage)
}

/// A time as catalogue columns have it.
fn nanos(ts: u64) -> i64 {
    i64::try_from(ts).unwrap_or(i64::MAX)
}

/// A stored time as people read it.
fn shown(ts: i64) -> String {
    UnixNanos(ts.unsigned_abs()).to_string()
}

fn json(value: &impl serde::Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|e| Failure::failed(e.to_string()))?;
    println!("{text}");
    Ok(())
}
