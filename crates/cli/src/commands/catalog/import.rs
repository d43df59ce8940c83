//! `tradewind catalog import`.

use tradewind_codecs::table::{Ambiguous, ExtraDecimals};
use tradewind_store::catalog::Kind;
use tradewind_store::catalog::import::{ImportOptions, Progress, Report, Whose};
use tradewind_types::{Clock as _, Market};
use tradewind_venues::clock::SystemClock;

use super::args::{AmbiguousArg, ImportArgs};
use super::calendars::grid;
use super::{failure, kind, open, pairs, shown, stamp, usage, zone};
use crate::commands::backtest::{bar, tell};
use crate::failure::Failure;

pub(super) async fn run(args: ImportArgs) -> Result<(), Failure> {
    let options = options(&args)?;
    let catalog = open(&args.place).await?;
    let quiet = args.quiet;
    let progress = move |p: Progress| {
        let total = usize::try_from(p.bytes_total).unwrap_or(usize::MAX);
        let done = usize::try_from(p.bytes).unwrap_or(usize::MAX);
        tell(quiet, &format!("{} {} rows", bar(done, total), p.rows));
        true
    };
    let imported = catalog.import(&args.files, &options, progress).await;
    tell(quiet, "");
    let report = imported.map_err(failure)?;
    if args.json {
        super::json(&report)?;
    } else {
        print(&report);
    }
    let taken = report.rows - report.rejected.min(report.rows);
    if report.rows > 0 && taken == 0 {
        let first = report.first_rejects.first().map_or("", String::as_str);
        return Err(Failure::Input(format!(
            "every row was rejected. The first: {first}"
        )));
    }
    Ok(())
}

fn options(args: &ImportArgs) -> Result<ImportOptions, Failure> {
    let kind = kind(args.kind);
    let whose = match (&args.instrument, &args.market) {
        (Some(instrument), _) => Whose::One(instrument.parse().map_err(usage)?),
        (None, Some(market)) => Whose::Column(Market::new(market).map_err(usage)?),
        (None, None) => return Err(Failure::Usage("--instrument or --market is needed".to_owned())),
    };
    let separator = u8::try_from(args.separator)
        .ok()
        .filter(u8::is_ascii)
        .ok_or_else(|| Failure::Usage("--separator must be one ASCII character".to_owned()))?;
    Ok(ImportOptions {
        kind,
        whose,
        interval: args
            .interval
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(usage)?,
        price_scale: args.price_scale,
        size_scale: args.size_scale,
        extra_decimals: if args.round {
            ExtraDecimals::Round
        } else {
            ExtraDecimals::Refuse
        },
        columns: pairs(&args.columns),
        header: args.header.clone(),
        separator,
        zone: zone(&args.tz)?,
        ambiguous: match args.ambiguous {
            AmbiguousArg::Refuse => Ambiguous::Refuse,
            AmbiguousArg::Earlier => Ambiguous::Earlier,
            AmbiguousArg::Later => Ambiguous::Later,
            AmbiguousArg::InOrder => Ambiguous::InOrder {
                repeats: kind != Kind::Bars,
            },
        },
        stamp: stamp(args.stamp),
        grid: args.calendar.as_deref().map(grid).transpose()?,
        negative_prices: args.negative_prices,
        now: SystemClock.now(),
        rejects: args.rejects.clone(),
        rejects_max: args.max_rejects,
    })
}

fn print(report: &Report) {
    let change = &report.change;
    println!(
        "{} rows read: {} new, {} there already, {} corrected, {} rejected",
        report.rows, change.added, change.unchanged, change.revised, report.rejected
    );
    if let Some((first, last)) = report.times {
        println!("from {} to {}", shown(first), shown(last));
    }
    if report.out_of_order > 0 {
        println!(
            "{} rows came after later ones and were put in order",
            report.out_of_order
        );
    }
    for reason in &report.first_rejects {
        eprintln!("rejected: {reason}");
    }
}
