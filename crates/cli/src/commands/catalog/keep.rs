//! `tradewind catalog compact` and `tradewind catalog retention`.

use serde_json::json;
use tradewind_store::catalog::Kind;
use tradewind_store::catalog::retention::{Policy, default_policies};
use tradewind_types::market::BarInterval;
use tradewind_types::time::SECOND_NS;

use super::args::{CompactArgs, RetentionArgs};
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
    let mut policies = args
        .keep
        .iter()
        .map(|text| policy(text))
        .collect::<Result<Vec<_>, _>>()?;
    policies.extend(default_policies());
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
        catalog.retire(&due, now).await.map_err(failure)?;
    } else if !args.json {
        println!("{} files would go; --apply does it", due.len());
    }
    Ok(())
}

/// `trades=7`, `1m=365:D`, `D=forever`.
fn policy(text: &str) -> Result<Policy, Failure> {
    let refuse = || {
        Failure::Usage(format!(
            "`{text}` is no policy; right are trades=7, 1m=365:D, D=forever"
        ))
    };
    let (what, rest) = text.split_once('=').ok_or_else(refuse)?;
    let (days, into) = match rest.split_once(':') {
        Some((days, into)) => (days, Some(into.parse::<BarInterval>().map_err(usage)?)),
        None => (rest, None),
    };
    let keep_days = match days {
        "forever" => None,
        days => Some(days.parse().map_err(|_| refuse())?),
    };
    let (kind, interval_secs_max) = match what.parse::<Kind>() {
        Ok(kind) => (kind, None),
        Err(_) => (
            Kind::Bars,
            Some(what.parse::<BarInterval>().map_err(|_| refuse())?.secs()),
        ),
    };
    Ok(Policy {
        kind,
        interval_secs_max,
        keep_days,
        into,
    })
}
