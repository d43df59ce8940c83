//! `tradewind calendar`: sessions, holidays and expiries of exchanges, from dated rules, without a server.

use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;
use serde::Serialize;
use tradewind_calendar::expiry::ExpiryRules;
use tradewind_calendar::{Calendar, CalendarError, CsvError, HoursTable, Override, Session, overrides};
use tradewind_server::calendars;
use tradewind_types::UnixNanos;
use tradewind_venues::clock::SystemClock;

use super::on_runtime;
use crate::app::{self, DataDir};
use crate::failure::Failure;
use crate::output::seen_enough;

#[derive(Debug, Args)]
pub(crate) struct CalendarArgs {
    #[command(subcommand)]
    command: CalendarCommand,
}

#[derive(Debug, Subcommand)]
enum CalendarCommand {
    /// The calendars there are: id, name, time zone, first and last date.
    #[command(after_help = "Example:\n  tradewind calendar list")]
    List(ListArgs),
    /// The sessions of an exchange between two dates, times in UTC.
    #[command(
        after_help = "Example:\n  tradewind calendar sessions XNYS --from 2024-11-25 --to 2024-11-29\n  tradewind calendar sessions NSE --from 2026-11-01 --to 2026-11-30 --overrides overrides.csv"
    )]
    Sessions(PeriodArgs),
    /// The holidays of an exchange between two dates, by name.
    #[command(after_help = "Example:\n  tradewind calendar holidays XLON --from 2024-01-01 --to 2024-12-31")]
    Holidays(PeriodArgs),
    /// The expiries of an underlying between two dates; labels count from the first date.
    #[command(
        after_help = "Example:\n  tradewind calendar expiries NIFTY --from 2025-09-01 --to 2025-10-31\n\nA date is told once for each series it belongs to: the last week's contract of a month is weekly and monthly.\nRank 0 is the nearest that has not expired at the beginning of --from."
    )]
    Expiries(PeriodArgs),
}

#[derive(Debug, Args)]
struct ListArgs {
    /// As JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct PeriodArgs {
    /// Calendar (XNYS, NSE, CRYPTO …; see `calendar list`), or underlying for expiries (NIFTY, US-EQUITY, ES …).
    name: String,
    /// First date.
    #[arg(long)]
    from: Date,
    /// Last date, included.
    #[arg(long)]
    to: Date,
    /// As JSON, with more fields than the table has.
    #[arg(long)]
    json: bool,
    /// Lay these over the rules: CSV with calendar, date, kind (holiday, special, early_close), open, close, break_start,
    /// break_end, name; times by the exchange's clocks. `-` reads standard input.
    #[arg(long, value_name = "FILE")]
    overrides: Option<PathBuf>,
    /// Lay those over the rules that administrators have stored in the database of this data directory; those of --overrides
    /// lie on top.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Hours of the past: as reference calendars give them, or as they were traded where that is known.
    #[arg(long, value_enum, default_value_t = Hours::Reference)]
    hours: Hours,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Hours {
    /// Those of exchange_calendars.
    Reference,
    /// Those of the time: Tokyo's shorter mornings until 2011, Xetra's evenings until 2003 …
    AsTraded,
}

pub(crate) fn run(args: &CalendarArgs) -> Result<(), Failure> {
    match &args.command {
        CalendarCommand::List(args) => list(args),
        CalendarCommand::Sessions(args) => sessions(args),
        CalendarCommand::Holidays(args) => holidays(args),
        CalendarCommand::Expiries(args) => expiries(args),
    }
}

#[derive(Serialize)]
struct CalendarRow {
    id: &'static str,
    name: &'static str,
    zone: &'static str,
    from: Date,
    to: Date,
    published_to: Date,
}

fn list(args: &ListArgs) -> Result<(), Failure> {
    let rows: Vec<CalendarRow> = Calendar::all()
        .map(|calendar| CalendarRow {
            id: calendar.id(),
            name: calendar.name(),
            zone: calendar.zone_name(),
            from: calendar.coverage().0,
            to: calendar.coverage().1,
            published_to: calendar.published_to(),
        })
        .collect();
    if args.json {
        return write_json(&rows);
    }
    write_rows("id,name,zone,from,to,published_to", &rows, |out, row| {
        let CalendarRow {
            id,
            zone,
            from,
            to,
            published_to,
            ..
        } = row;
        writeln!(out, "{id},{},{zone},{from},{to},{published_to}", cell(row.name))
    })
}

#[derive(Serialize)]
struct SessionRow {
    session: Date,
    #[serde(with = "tradewind_types::time::rfc3339")]
    open: UnixNanos,
    #[serde(with = "tradewind_types::time::rfc3339")]
    close: UnixNanos,
    break_start: Option<String>,
    break_end: Option<String>,
    early_close: bool,
    name: Option<String>,
    provisional: bool,
}

impl From<Session> for SessionRow {
    fn from(session: Session) -> Self {
        Self {
            session: session.date,
            open: session.open,
            close: session.close,
            break_start: session.pause.map(|(start, _)| start.to_rfc3339()),
            break_end: session.pause.map(|(_, end)| end.to_rfc3339()),
            early_close: session.early_close,
            name: session.name.map(|name| name.into_owned()),
            provisional: session.provisional,
        }
    }
}

fn sessions(args: &PeriodArgs) -> Result<(), Failure> {
    let calendar = opened(args)?;
    let rows: Vec<SessionRow> = calendar
        .sessions(args.from, args.to)
        .map_err(usage)?
        .into_iter()
        .map(SessionRow::from)
        .collect();
    note_provisional(&calendar, rows.iter().any(|row| row.provisional));
    if args.json {
        return write_json(&rows);
    }
    let header = "session,open,close,break_start,break_end,early_close,name";
    write_rows(header, &rows, |out, row| {
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        let (start, end, name) = (text(&row.break_start), text(&row.break_end), text(&row.name));
        let SessionRow {
            session,
            open,
            close,
            early_close,
            ..
        } = row;
        writeln!(
            out,
            "{session},{open},{close},{start},{end},{early_close},{}",
            cell(&name)
        )
    })
}

fn holidays(args: &PeriodArgs) -> Result<(), Failure> {
    let calendar = opened(args)?;
    let rows = calendar.holidays(args.from, args.to).map_err(usage)?;
    note_provisional(&calendar, args.to > calendar.published_to());
    if args.json {
        return write_json(&rows);
    }
    write_rows("date,name", &rows, |out, row| {
        writeln!(out, "{},{}", row.date, cell(&row.name))
    })
}

#[derive(Serialize)]
struct ExpiryRow {
    expiry: Date,
    kind: &'static str,
    label: String,
    #[serde(with = "tradewind_types::time::rfc3339")]
    at: UnixNanos,
    moved_from: Option<Date>,
    provisional: bool,
    source: &'static str,
}

fn expiries(args: &PeriodArgs) -> Result<(), Failure> {
    let rules = ExpiryRules::find(&args.name).map_err(usage)?;
    let calendar = laid_over(rules.calendar().clone(), args)?;
    let rules = rules.with_calendar(calendar);
    let rows: Vec<ExpiryRow> = rules
        .labelled(args.from, args.to)
        .map_err(usage)?
        .into_iter()
        .map(|(expiry, label)| ExpiryRow {
            expiry: expiry.date,
            kind: expiry.series.as_str(),
            label: label.to_string(),
            at: expiry.at,
            moved_from: expiry.moved_from,
            provisional: expiry.provisional,
            source: expiry.source,
        })
        .collect();
    note_provisional(rules.calendar(), rows.iter().any(|row| row.provisional));
    if args.json {
        return write_json(&rows);
    }
    write_rows("expiry,kind,label", &rows, |out, row| {
        writeln!(out, "{},{},{}", row.expiry, row.kind, row.label)
    })
}

/// The calendar named, with what is laid over it.
fn opened(args: &PeriodArgs) -> Result<Calendar, Failure> {
    laid_over(Calendar::find(&args.name).map_err(usage)?, args)
}

fn laid_over(calendar: Calendar, args: &PeriodArgs) -> Result<Calendar, Failure> {
    let table = match args.hours {
        Hours::Reference => HoursTable::Reference,
        Hours::AsTraded => HoursTable::AsTraded,
    };
    let calendar = calendar.with_hours(table);
    let mut laid = match &args.data {
        Some(data) => stored(data)?,
        None => Vec::new(),
    };
    if let Some(path) = &args.overrides {
        laid.extend(read_overrides(path)?);
    }
    Ok(calendar.with_overrides(laid.into_iter().collect()))
}

/// What administrators have stored in the database of a data directory.
fn stored(data: &Path) -> Result<Vec<Override>, Failure> {
    let data = DataDir::new(data);
    on_runtime(async {
        if data.open_existing().await?.is_none() {
            return Err(Failure::Input(format!(
                "there is no database {}",
                data.database().display()
            )));
        }
        let db = data.open_database(&SystemClock).await?;
        let laid = calendars::stored(&db, &app::org())
            .await
            .context("the overrides in the database cannot be read")?;
        db.close().await;
        Ok(laid.into_iter().collect())
    })
}

/// Largest file of overrides: 20,000 lines of 250 bytes.
const OVERRIDES_BYTES_MAX: u64 = 5 << 20;

fn read_overrides(path: &Path) -> Result<Vec<Override>, Failure> {
    let refuse = |reason: &dyn std::fmt::Display| Failure::Input(format!("{}: {reason}", path.display()));
    let raw: Box<dyn Read> = match path.as_os_str() == "-" {
        true => Box::new(io::stdin().lock()),
        false => Box::new(std::fs::File::open(path).map_err(|e| refuse(&e))?),
    };
    let mut text = String::new();
    raw.take(OVERRIDES_BYTES_MAX + 1)
        .read_to_string(&mut text)
        .map_err(|e| refuse(&e))?;
    if text.len() as u64 > OVERRIDES_BYTES_MAX {
        return Err(refuse(&format_args!(
            "the file has more than {OVERRIDES_BYTES_MAX} bytes"
        )));
    }
    let imported = overrides::read_csv(&text).map_err(|e: CsvError| refuse(&e))?;
    if let Some(first) = imported.rejects.first() {
        let more = match imported.rejects.len() {
            1 => String::new(),
            all => format!(" (and {} more lines)", all - 1),
        };
        let (line, reason) = (first.line, &first.reason);
        return Err(Failure::Input(format!(
            "{}, line {line}: {reason}{more}",
            path.display()
        )));
    }
    Ok(imported.overrides)
}

/// It is the command line that asks for what there is not.
fn usage(error: CalendarError) -> Failure {
    Failure::Usage(error.to_string())
}

fn note_provisional(calendar: &Calendar, any: bool) {
    if any {
        eprintln!(
            "note: {} has not published its days after {}; holidays may still come",
            calendar.id(),
            calendar.published_to()
        );
    }
}

/// A field of CSV, quoted where it has to be.
fn cell(text: &str) -> String {
    match text.contains([',', '"', '\n']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

fn write_rows<T>(
    header: &str,
    rows: &[T],
    row: impl Fn(&mut dyn Write, &T) -> io::Result<()>,
) -> Result<(), Failure> {
    let mut output = BufWriter::new(io::stdout().lock());
    let written = writeln!(output, "{header}")
        .and_then(|()| rows.iter().try_for_each(|r| row(&mut output, r)))
        .and_then(|()| output.flush());
    seen_enough(written)
}

fn write_json<T: Serialize>(rows: &[T]) -> Result<(), Failure> {
    let mut output = BufWriter::new(io::stdout().lock());
    let written = serde_json::to_writer_pretty(&mut output, rows)
        .map_err(io::Error::from)
        .and_then(|()| writeln!(output))
        .and_then(|()| output.flush());
    seen_enough(written)
}
