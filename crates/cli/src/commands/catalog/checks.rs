//! `tradewind catalog gaps` and `tradewind catalog quality`.

use serde_json::json;
use tradewind_store::catalog::Series;
use tradewind_store::catalog::gaps::GapRules;
use tradewind_store::catalog::quality::quality as check;
use tradewind_types::time::DAY_NS;

use super::args::{GapsArgs, QualityArgs};
use super::calendars::sessions;
use super::{failure, nanos, open, series, shown, time_or_now, usage};
use crate::failure::Failure;

pub(super) async fn gaps(args: GapsArgs) -> Result<(), Failure> {
    let series = series(&args.series)?;
    let catalog = open(&args.place).await?;
    let now = nanos(time_or_now(args.at.as_deref())?.0);
    let rules = GapRules {
        days_back: args.days,
        ..GapRules::default()
    };
    let from = now.saturating_sub(i64::from(args.days) * DAY_NS as i64);
    let sessions = sessions(args.calendar.as_deref(), from..now)?;
    let gaps = catalog
        .gaps(&series, sessions, (from..now, now), &rules)
        .await
        .map_err(failure)?;
    if args.json {
        let rows: Vec<_> = gaps
            .iter()
            .map(|gap| json!({ "from": shown(gap.from), "to": shown(gap.to), "bars": gap.bars }))
            .collect();
        super::json(&rows)?;
    } else {
        for gap in &gaps {
            println!("{} to {}: {} bars", shown(gap.from), shown(gap.to), gap.bars);
        }
    }
    if gaps.is_empty() {
        return Ok(());
    }
    let bars: u64 = gaps.iter().map(|gap| gap.bars).sum();
    Err(Failure::Check(format!(
        "{series}: {} gaps, {bars} bars",
        gaps.len()
    )))
}

pub(super) async fn quality(args: QualityArgs) -> Result<(), Failure> {
    let catalog = open(&args.place).await?;
    let mut rows = Vec::new();
    for listed in catalog.list().await.map_err(failure)? {
        let Some(interval) = listed.interval else { continue };
        let named = |wanted: &Option<String>, name: String| wanted.as_ref().is_none_or(|w| *w == name);
        let wanted_interval = match &args.interval {
            None => true,
            Some(text) => {
                text.parse::<tradewind_types::market::BarInterval>()
                    .map_err(usage)?
                    == interval
            }
        };
        if !named(&args.instrument, listed.instrument.to_string()) || !wanted_interval {
            continue;
        }
        let bars = catalog
            .bars(Series::bars(listed.instrument.clone(), interval), 0..i64::MAX)
            .await
            .map_err(failure)?;
        let sessions = match (&args.calendar, bars.ts.first(), bars.ts.last()) {
            (Some(id), Some(first), Some(last)) => Some(sessions(Some(id), *first..last + 1)?),
            _ => None,
        };
        let found = check(&bars, interval, sessions.as_deref());
        rows.push((listed.instrument, interval, found));
    }
    if args.json {
        let rows: Vec<_> = rows
            .iter()
            .map(|(instrument, interval, found)| {
                json!({ "instrument": instrument, "interval": interval, "quality": found })
            })
            .collect();
        return super::json(&rows);
    }
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_header([
        "instrument",
        "interval",
        "bars",
        "score",
        "findings",
    ]);
    for (instrument, interval, found) in rows {
        let findings: Vec<String> = found
            .findings
            .iter()
            .filter(|f| f.count > 0)
            .map(|f| {
                format!(
                    "{} {} (first {})",
                    f.count,
                    f.check,
                    f.first.map_or_else(String::new, shown)
                )
            })
            .collect();
        table.add_row([
            instrument.to_string(),
            interval.to_string(),
            found.bars.to_string(),
            format!("{:.3}", found.score),
            findings.join(", "),
        ]);
    }
    println!("{table}");
    Ok(())
}
