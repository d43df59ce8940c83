//! `[[data]]`: files of market data.

use std::path::PathBuf;

use tradewind_types::InstrumentId;
use tradewind_types::market::BarInterval;

use super::instruments::InstrumentConfig;
use super::{ConfigError, Folder, Section, nearest};
use crate::backtest::data::{BarStamp, DataKind, ExtraDecimals, Gaps, Layout};

/// Files of one instrument and kind.
#[derive(Debug, Clone)]
pub struct DataConfig {
    /// The instrument.
    pub instrument: InstrumentId,
    /// CSV (plain or gzip) or Parquet files, oldest first.
    pub files: Vec<PathBuf>,
    /// The catalogue that it is of; whoever has it at hand brings it into `files`.
    pub catalog: Option<String>,
    /// How they are to be read.
    pub layout: Layout,
}

pub(super) fn read(
    root: &Section<'_>,
    instruments: &[InstrumentConfig],
    folder: Folder<'_>,
) -> Result<Vec<DataConfig>, ConfigError> {
    let sections = root.sections("data")?;
    if sections.is_empty() {
        return Err(root.missing("data", "a list: [[data]] with instrument, file and interval"));
    }
    let mut read: Vec<DataConfig> = Vec::with_capacity(sections.len());
    for section in sections {
        let one = source(&section, instruments, folder)?;
        let same = |d: &DataConfig| d.instrument == one.instrument && d.layout.kind == one.layout.kind;
        if read.iter().any(same) {
            let message = format!(
                "there are {} of {} already; several files of one kind go into one list: files = [\"a.csv\", \"b.csv\"]",
                one.layout.kind.name(),
                one.instrument
            );
            return Err(section.error("instrument", message));
        }
        let mixes = |d: &DataConfig| {
            let bars = |d: &DataConfig| d.layout.kind == DataKind::Bars;
            d.instrument == one.instrument && bars(d) != bars(&one)
        };
        if read.iter().any(mixes) {
            let message = "bars cannot be mixed with quotes, trades or a book of one instrument: its orders would be matched twice";
            return Err(section.error("kind", message));
        }
        let shows = |d: &DataConfig| {
            matches!(
                d.layout.kind,
                DataKind::Quotes | DataKind::Book | DataKind::Orders
            )
        };
        let twice = |d: &DataConfig| d.instrument == one.instrument && shows(d) && shows(&one);
        let prints = |kind: DataKind| matches!(kind, DataKind::Trades | DataKind::Orders);
        let printed = |d: &DataConfig| {
            d.instrument == one.instrument && prints(d.layout.kind) && prints(one.layout.kind)
        };
        if read.iter().any(twice) {
            let message = "one of quotes, book and orders shows an instrument's market, not two of them";
            return Err(section.error("kind", message));
        }
        if read.iter().any(printed) {
            let message = "a book by order tells its trades itself; leave the trades out";
            return Err(section.error("kind", message));
        }
        section.finish()?;
        read.push(one);
    }
    Ok(read)
}

fn source(
    section: &Section<'_>,
    instruments: &[InstrumentConfig],
    folder: Folder<'_>,
) -> Result<DataConfig, ConfigError> {
    let known: Vec<String> = instruments.iter().map(|i| i.instrument.id.to_string()).collect();
    let wanted = match section.text("instrument")? {
        Some(text) => text,
        None if known.len() == 1 => known[0].as_str(),
        None => return Err(section.missing("instrument", "one of the ids of [[instruments]]")),
    };
    let Some(found) = instruments.iter().find(|i| i.instrument.id.to_string() == wanted) else {
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let hint = nearest(wanted, &known).map_or_else(String::new, |n| format!("; did you mean `{n}`?"));
        return Err(section.error(
            "instrument",
            format!("`{wanted}` is not among [[instruments]]{hint}"),
        ));
    };
    let mut files: Vec<PathBuf> = section
        .texts("files")?
        .unwrap_or_default()
        .into_iter()
        .map(|file| folder.file(section, "files", file))
        .collect::<Result<_, _>>()?;
    if let Some(file) = section.text("file")? {
        files.insert(0, folder.file(section, "file", file)?);
    }
    let catalog = catalog(section, folder)?;
    if catalog.is_some() && !files.is_empty() {
        return Err(section.error("file", "goes without source = \"catalog\""));
    }
    if files.is_empty() && catalog.is_none() {
        return Err(section.missing("file", "a CSV (also .gz) or Parquet file"));
    }
    let layout = layout(section, found)?;
    if catalog.is_some() {
        own_columns_only(section, &layout)?;
    }
    Ok(DataConfig {
        catalog,
        instrument: found.instrument.id.clone(),
        files,
        layout,
    })
}

/// Series of the catalogue are stamped at their opening, in UTC, in our own columns: what says otherwise would shift them.
fn own_columns_only(section: &Section<'_>, layout: &Layout) -> Result<(), ConfigError> {
    let told = [
        ("stamp", layout.stamp != BarStamp::Open),
        ("utc_offset", layout.utc_offset_s != 0),
        ("columns", section.value("columns").is_some()),
    ];
    match told.iter().find(|(_, told)| *told) {
        None => Ok(()),
        Some((key, _)) => {
            let message = "goes with files; the catalogue's bars are stamped at their opening in UTC";
            Err(section.error(key, message))
        }
    }
}

/// `source = "catalog"` with the catalogue's place, relative to the configuration's folder.
fn catalog(section: &Section<'_>, folder: Folder<'_>) -> Result<Option<String>, ConfigError> {
    let sources = [("files", false), ("catalog", true)];
    let place = section.text("catalog")?;
    if !section.choice("source", &sources)?.unwrap_or(false) {
        return match place {
            None => Ok(None),
            Some(_) => Err(section.error("catalog", "goes with source = \"catalog\"")),
        };
    }
    if folder.names_only {
        return Err(section.error("source", "data of the catalogue is for the command line"));
    }
    let place = place.ok_or_else(|| section.missing("catalog", "the catalogue's folder or address"))?;
    if place.contains("://") {
        return Ok(Some(place.to_owned()));
    }
    Ok(Some(folder.path.join(place).display().to_string()))
}

fn layout(section: &Section<'_>, of: &InstrumentConfig) -> Result<Layout, ConfigError> {
    let kinds = [
        ("bars", DataKind::Bars),
        ("quotes", DataKind::Quotes),
        ("trades", DataKind::Trades),
        ("book", DataKind::Book),
        ("orders", DataKind::Orders),
    ];
    let kind = section.choice("kind", &kinds)?.unwrap_or(DataKind::Bars);
    let interval: Option<BarInterval> = section.parsed("interval")?;
    if kind == DataKind::Bars && interval.is_none() {
        return Err(section.missing("interval", "the bars' interval, e.g. \"1m\" or \"1d\""));
    }
    // A row is known when its bar ends, which only a fixed length tells.
    let unequal = |i: &BarInterval| !i.is_time() || *i == BarInterval::MONTH;
    if let Some(interval) = interval.filter(unequal).filter(|_| kind == DataKind::Bars) {
        let message = format!("bars of {interval} have no fixed length; give bars of a week or less");
        return Err(section.error("interval", message));
    }
    let instrument = &of.instrument;
    let mut layout = Layout::bars(
        interval.unwrap_or(BarInterval::M1),
        instrument.price_scale,
        instrument.size_scale,
    );
    layout.kind = kind;
    layout.negative_prices = instrument.price_may_be_negative;
    let extra = [("refuse", ExtraDecimals::Refuse), ("round", ExtraDecimals::Round)];
    layout.extra_decimals = section.choice("extra_decimals", &extra)?.unwrap_or_default();
    let stamps = [("open", BarStamp::Open), ("close", BarStamp::Close)];
    layout.stamp = section.choice("stamp", &stamps)?.unwrap_or_default();
    let gaps = [("count", Gaps::Count), ("refuse", Gaps::Refuse)];
    layout.gaps = section.choice("gaps", &gaps)?.unwrap_or_default();
    layout.utc_offset_s = offset(section)?;
    layout.columns = columns(section)?;
    Ok(layout)
}

/// `"+05:30"` in seconds.
pub(super) fn offset(section: &Section<'_>) -> Result<i64, ConfigError> {
    let Some(text) = section.text("utc_offset")? else {
        return Ok(0);
    };
    let refuse = || {
        section.error(
            "utc_offset",
            format!("must be like \"+05:30\" or \"-04:00\", found `{text}`"),
        )
    };
    let (sign, rest) = match text.as_bytes().first() {
        Some(b'+') => (1, &text[1..]),
        Some(b'-') => (-1, &text[1..]),
        _ => return Err(refuse()),
    };
    let (hours, minutes) = rest.split_once(':').ok_or_else(refuse)?;
    match (hours.parse::<u8>(), minutes.parse::<u8>()) {
        (Ok(h), Ok(m)) if h <= 14 && m < 60 => Ok(sign * (i64::from(h) * 3_600 + i64::from(m) * 60)),
        _ => Err(refuse()),
    }
}

/// `columns = { ts = "Date", close = "Adj Close" }`.
fn columns(section: &Section<'_>) -> Result<Vec<(String, String)>, ConfigError> {
    let Some(table) = section.section("columns")? else {
        return Ok(Vec::new());
    };
    const OURS: [&str; 15] = [
        "ts", "open", "high", "low", "close", "volume", "bid", "ask", "bid_size", "ask_size", "price",
        "size", "side", "action", "order_id",
    ];
    let mut columns = Vec::new();
    for ours in OURS {
        if let Some(theirs) = table.text(ours)? {
            columns.push((ours.to_owned(), theirs.to_owned()));
        }
    }
    table.finish()?;
    Ok(columns)
}
