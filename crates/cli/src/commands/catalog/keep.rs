//! `tradewind catalog compact` and `tradewind catalog retention`.

use serde_json::json;
use tradewind_store::catalog::retention::{Policy, before_defaults};
use tradewind_types::InstrumentId;
use tradewind_types::time::SECOND_NS;

use super::args::{CompactArgs, RetentionArgs};
use super::calendars::Calendars;
use super::{failure, nanos, open, time, time_or_now, usage};
use crate::failure::Failure;

/// Rows younger than this are left in the tail: late trades still change them.
const SETTLED_NS: u64 = 60 * SECOND_NS;

pub(super) async fn compact(args: CompactArgs) -> Result<(), Failure> {
    let before = match &args.before {
        Some(text) => time(text)?,
        None => time_or_now(None)?.0.saturating_sub(SETTLED_NS),
    };
    let catalog = open(&args.place).await?;
    if catalog.tail().is_none() {
        let hint = "--data names its folder; `tradewind migrate up` brings an older database up to date";
        return Err(Failure::with_hint("there is no database with a live tail", hint));
    }
    let done = catalog.compact(nanos(before)).await.map_err(failure)?;
    if args.json {
        return super::json(&done);
    }
    println!("{} rows moved into files", done.rows);
    Ok(())
}

pub(super) async fn retention(args: RetentionArgs) -> Result<(), Failure> {
    let own = args.keep.iter().map(|text| text.parse().map_err(usage));
    let policies = before_defaults(&own.collect::<Result<Vec<Policy>, _>>()?);
    let calendars = Calendars::read(&args.calendar)?;
    let catalog = open(&args.place).await?;
    let now = time_or_now(args.at.as_deref())?;
    let due = catalog.due(&policies, now).await.map_err(failure)?;
    if args.json {
        let rows: Vec<_> = due
            .iter()
            .map(|d| {
                json!({
                    "file": d.place.to_string(), "rows": d.rows, "bytes": d.bytes, "into": d.into,
                    "done": args.apply,
                })
            })
            .collect();
        super::json(&rows)?;
    } else {
        for d in &due {
            let into = d
                .into
                .map_or_else(String::new, |into| format!(", made into {into} bars"));
            println!("{}: {} rows, {} bytes{into}", d.place, d.rows, d.bytes);
        }
    }
    if args.apply {
        let grids = |instrument: &InstrumentId, times| calendars.grid(instrument, times);
        catalog.retire(&due, now, &grids).await.map_err(failure)?;
    } else if !args.json {
        println!("{} files would go; --apply does it", due.len());
    }
    Ok(())
}
