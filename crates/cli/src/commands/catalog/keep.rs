//! `tradewind catalog compact` and `tradewind catalog retention`.

use serde_json::json;
use tradewind_store::catalog::Kind;
use tradewind_store::catalog::retention::{Policy, default_policies};
use tradewind_types::InstrumentId;
use tradewind_types::market::BarInterval;
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
    let mut policies = args
        .keep
        .iter()
        .map(|text| policy(text))
        .collect::<Result<Vec<_>, _>>()?;
    policies.extend(default_policies());
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

/// `trades=7`, `1m=365:D`, `<=5m=30`, `D=forever`.
fn policy(text: &str) -> Result<Policy, Failure> {
    let refuse = || {
        Failure::Usage(format!(
            "`{text}` is no policy; right are trades=7, 1m=365:D, <=30s=7, D=forever"
        ))
    };
    let (what, rest) = text.rsplit_once('=').ok_or_else(refuse)?;
    let (days, into) = match rest.split_once(':') {
        Some((days, into)) => (days, Some(into.parse::<BarInterval>().map_err(usage)?)),
        None => (rest, None),
    };
    let keep_days = match days {
        "forever" => None,
        days => Some(days.parse().map_err(|_| refuse())?),
    };
    let (kind, interval_secs) = match (what.parse::<Kind>(), what.strip_prefix("<=")) {
        (Ok(kind), _) => (kind, None),
        (Err(_), upto) => {
            let interval: BarInterval = upto.unwrap_or(what).parse().map_err(|_| refuse())?;
            if !interval.is_time() {
                return Err(refuse());
            }
            let least = if upto.is_some() { 0 } else { interval.secs() };
            (Kind::Bars, Some((least, interval.secs())))
        }
    };
    Ok(Policy {
        kind,
        interval_secs,
        keep_days,
        into,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_names_one_interval_or_all_up_to_one() {
        let of = |text: &str| policy(text).map(|p| (p.kind, p.interval_secs, p.keep_days, p.into));
        let day = Some(BarInterval::DAY);
        assert_eq!(
            of("5m=30").ok(),
            Some((Kind::Bars, Some((300, 300)), Some(30), None))
        );
        assert_eq!(
            of("<=5m=30:D").ok(),
            Some((Kind::Bars, Some((0, 300)), Some(30), day))
        );
        assert_eq!(
            of("D=forever").ok(),
            Some((Kind::Bars, Some((86_400, 86_400)), None, None))
        );
        assert_eq!(of("bars=forever").ok(), Some((Kind::Bars, None, None, None)));
        for bad in ["5m", "100tick=3", "<=trades=7", "5m=x", "everything=1"] {
            assert!(matches!(of(bad), Err(Failure::Usage(_))), "{bad}");
        }
    }
}
