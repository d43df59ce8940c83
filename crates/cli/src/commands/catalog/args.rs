//! The command line of `tradewind catalog`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Args)]
pub(crate) struct CatalogArgs {
    #[command(subcommand)]
    pub(crate) command: CatalogCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CatalogCommand {
    /// Take data files in: CSV (plain, gzip, in a ZIP) or Parquet. All or nothing.
    #[command(
        after_help = "Example:\n  tradewind catalog import nifty.csv.gz --instrument NIFTY.NSE --interval 1m --stamp close\n  tradewind catalog import spy.csv --instrument SPY.XNYS --interval D --columns volume=shares --rejects bad.csv\n  tradewind catalog import eod.zip --market XNYS --interval D --tz America/New_York --ambiguous earlier"
    )]
    Import(ImportArgs),
    /// Write a series into a file: .csv, .csv.gz, .zip, .parquet, or - for standard output.
    #[command(
        after_help = "Example:\n  tradewind catalog export --instrument NIFTY.NSE --interval 1m --from 2013-04-01 --to 2013-05-01 --output nifty.csv --tz Asia/Kolkata --stamp close"
    )]
    Export(ExportArgs),
    /// List what there is.
    #[command(after_help = "Example:\n  tradewind catalog ls --json")]
    Ls(ListArgs),
    /// Say what is missing in a series of bars; exit 4 when something is.
    #[command(
        after_help = "Example:\n  tradewind catalog gaps --instrument NIFTY.NSE --interval 1m --calendar XNSE --at 2016-09-30T12:00:00Z"
    )]
    Gaps(GapsArgs),
    /// Say how good a series of bars looks, with a score from 0 to 1.
    #[command(
        after_help = "Example:\n  tradewind catalog quality --instrument SPY.US --interval D\n  tradewind catalog quality --json"
    )]
    Quality(QualityArgs),
    /// Move rows of the live tail into files.
    #[command(after_help = "Example:\n  tradewind catalog compact --data ./data")]
    Compact(CompactArgs),
    /// Say what the retention policies would take away; take it away with --apply.
    #[command(
        after_help = "Example:\n  tradewind catalog retention\n  tradewind catalog retention --keep trades=7 --keep 1m=365:D --apply"
    )]
    Retention(RetentionArgs),
}

/// Where the catalogue is.
#[derive(Debug, Clone, Args)]
pub(crate) struct WhereArgs {
    /// The catalogue: a folder, or s3://BUCKET/PREFIX with AWS_… from the environment. Default: `catalog` in the data
    /// folder.
    #[arg(long, value_name = "PLACE", env = "TRADEWIND_CATALOG")]
    pub(crate) catalog: Option<String>,
    /// Folder of the journal and the database, for the live tail.
    #[arg(long, default_value = "data", env = "TRADEWIND_DATA")]
    pub(crate) data: PathBuf,
}

/// Which series.
#[derive(Debug, Clone, Args)]
pub(crate) struct SeriesArgs {
    /// What it holds.
    #[arg(long, value_enum, default_value_t = KindArg::Bars)]
    pub(crate) kind: KindArg,
    /// The instrument, e.g. NIFTY.NSE; of option snapshots, the underlying.
    #[arg(long, value_name = "ID")]
    pub(crate) instrument: String,
    /// The interval of bars, e.g. 1m or D.
    #[arg(long, value_name = "INTERVAL")]
    pub(crate) interval: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum KindArg {
    /// OHLCV bars.
    Bars,
    /// Public trades.
    Trades,
    /// Best bid and offer.
    Quotes,
    /// Snapshots of option chains.
    Options,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StampArg {
    /// Stamps are the times at which bars open.
    Open,
    /// Stamps are the times at which bars close.
    Close,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AmbiguousArg {
    /// Such rows are rejected.
    Refuse,
    /// The first of the two instants.
    Earlier,
    /// The second of the two instants.
    Later,
    /// As the order of the rows tells.
    InOrder,
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The files; - reads CSV from standard input.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) place: WhereArgs,
    /// What the rows are.
    #[arg(long, value_enum, default_value_t = KindArg::Bars)]
    pub(crate) kind: KindArg,
    /// Whose rows they are; of option snapshots, the underlying.
    #[arg(
        long,
        value_name = "ID",
        required_unless_present = "market",
        conflicts_with = "market"
    )]
    pub(crate) instrument: Option<String>,
    /// The market of rows whose column `symbol` says whose they are.
    #[arg(long, value_name = "MARKET")]
    pub(crate) market: Option<String>,
    /// The interval of bars, e.g. 1m or D.
    #[arg(long, value_name = "INTERVAL")]
    pub(crate) interval: Option<String>,
    /// Our column name = the file's, e.g. close=adj_close; may be given several times.
    #[arg(long, value_name = "OURS=THEIRS", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,
    /// Names of the columns of a file without a header row.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) header: Option<Vec<String>>,
    /// What separates cells.
    #[arg(long, default_value = ",")]
    pub(crate) separator: char,
    /// Zone of stamps that have none: UTC, +05:30 or Asia/Kolkata.
    #[arg(long, default_value = "UTC", value_name = "ZONE")]
    pub(crate) tz: String,
    /// What a local time means that the clocks showed twice.
    #[arg(long, value_enum, default_value_t = AmbiguousArg::Refuse)]
    pub(crate) ambiguous: AmbiguousArg,
    /// Which end of a bar its stamp names.
    #[arg(long, value_enum, default_value_t = StampArg::Open)]
    pub(crate) stamp: StampArg,
    /// The calendar of the sessions that the bars follow, e.g. XNYS; stamps at the close of D, W and M bars need it.
    #[arg(long, value_name = "ID")]
    pub(crate) calendar: Option<String>,
    /// Decimals of prices; default: as many as the file has.
    #[arg(long, value_name = "N")]
    pub(crate) price_scale: Option<u8>,
    /// Decimals of sizes; default: as many as the file has.
    #[arg(long, value_name = "N")]
    pub(crate) size_scale: Option<u8>,
    /// Round figures with more decimals, half to even, where the scales are given.
    #[arg(long)]
    pub(crate) round: bool,
    /// Allow prices of 0 and below.
    #[arg(long)]
    pub(crate) negative_prices: bool,
    /// Write rejected rows here, with file, line and reason.
    #[arg(long, value_name = "FILE")]
    pub(crate) rejects: Option<PathBuf>,
    /// Give up when more rows than this are rejected.
    #[arg(long, value_name = "N")]
    pub(crate) max_rejects: Option<u64>,
    /// The report as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// No progress on standard error.
    #[arg(long)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) place: WhereArgs,
    #[command(flatten)]
    pub(crate) series: SeriesArgs,
    /// From this time on.
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,
    /// Up to this time, which is not included.
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<String>,
    /// The file; its name says the form.
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub(crate) output: String,
    /// Columns, each as OURS or OURS=THEIRS; default: the usual ones.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,
    /// Zone of the stamps.
    #[arg(long, default_value = "UTC", value_name = "ZONE")]
    pub(crate) tz: String,
    /// Which end of a bar its stamp names.
    #[arg(long, value_enum, default_value_t = StampArg::Open)]
    pub(crate) stamp: StampArg,
    /// The calendar of the sessions that the bars follow, e.g. XNYS; stamps at the close of D, W and M bars need it.
    #[arg(long, value_name = "ID")]
    pub(crate) calendar: Option<String>,
    /// No progress on standard error.
    #[arg(long)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) place: WhereArgs,
    /// As JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct GapsArgs {
    #[command(flatten)]
    pub(crate) place: WhereArgs,
    #[command(flatten)]
    pub(crate) series: SeriesArgs,
    /// The calendar of its sessions, e.g. XNYS; without one the market never closes.
    #[arg(long, value_name = "ID")]
    pub(crate) calendar: Option<String>,
    /// Look as of this time; default: now.
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// How many days back.
    #[arg(long, default_value_t = 30)]
    pub(crate) days: u16,
    /// As JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct QualityArgs {
    #[command(flatten)]
    pub(crate) place: WhereArgs,
    /// One instrument; default: all.
    #[arg(long, value_name = "ID")]
    pub(crate) instrument: Option<String>,
    /// One interval; default: all.
    #[arg(long, value_name = "INTERVAL")]
    pub(crate) interval: Option<String>,
    /// The calendar of their sessions, for the check of gaps.
    #[arg(long, value_name = "ID")]
    pub(crate) calendar: Option<String>,
    /// As JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CompactArgs {
    #[command(flatten)]
    pub(crate) place: WhereArgs,
    /// Rows before this time; default: those older than a minute.
    #[arg(long, value_name = "TIME")]
    pub(crate) before: Option<String>,
    /// As JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RetentionArgs {
    #[command(flatten)]
    pub(crate) place: WhereArgs,
    /// A policy that comes before the defaults: WHAT=DAYS, WHAT=DAYS:INTO or WHAT=forever. WHAT is trades, quotes, options,
    /// an interval of bars (5m) or all up to one (<=5m); INTO the bars that they are made into first.
    #[arg(long, value_name = "POLICY")]
    pub(crate) keep: Vec<String>,
    /// The calendar of a market's sessions, which coarser bars follow, e.g. NSE=XNSE; default: the calendar that has the
    /// market's name, else days of UTC.
    #[arg(long, value_name = "MARKET=ID")]
    pub(crate) calendar: Vec<String>,
    /// As of this time; default: now.
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// Do it; without this nothing is changed.
    #[arg(long)]
    pub(crate) apply: bool,
    /// As JSON.
    #[arg(long)]
    pub(crate) json: bool,
}
