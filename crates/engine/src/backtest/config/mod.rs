//! What a backtest is asked to do, read from a TOML file.
//!
//! Every key is known by name; one that is not is refused with the nearest that is, and every value out of range is
//! refused with what would be right. Nothing that influences a result has a hidden default: what was assumed is
//! written into the result.

mod carry;
mod data;
mod dated;
mod fees;
mod fills;
mod fx;
mod instruments;
mod latency;
mod nearest;
mod paper;
mod risk;
mod section;
mod sessions;
mod strategy;

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use rust_decimal::Decimal;
use tradewind_matching::paper::{LatencyDistribution, LatencyModel};
use tradewind_types::market::{BarGrid, SessionGrid};
use tradewind_types::record::{FxRate, SessionTable};
use tradewind_types::risk::RiskSettings;
use tradewind_types::time::DAY_NS;
use tradewind_types::{Currency, InstrumentId, Money, UnixNanos};

use super::data::DataKind;
use crate::kernel::carry::CarryRules;

pub use data::DataConfig;
pub use fees::FeeConfig;
pub(crate) use fees::told as told_fees;
pub use fills::{EntryChoice, FillConfig, FillPrice, QueueChoice};
pub use instruments::InstrumentConfig;
pub(crate) use instruments::venue;
pub use latency::LatencyConfig;
pub(crate) use nearest::nearest;
pub use paper::{PaperRules, paper_rules};
pub(crate) use section::Section;
pub use sessions::SessionConfig;
pub(crate) use strategy::param;
pub use strategy::{StrategyConfig, StrategyWhat, shown};

/// Whether a name is a file's name and nothing else: 1 to 100 letters, digits, `.`, `_` or `-`, the first no `.`.
#[must_use]
pub fn is_plain_name(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (1..=100).contains(&name.len()) && !name.starts_with('.') && name.chars().all(legal)
}

/// Where the files that a configuration names are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Folder<'a> {
    path: &'a Path,
    /// Whether only plain names are taken, so that nothing outside can be named.
    names_only: bool,
    /// The files that were named so far.
    named: &'a RefCell<Vec<PathBuf>>,
}

impl Folder<'_> {
    /// The path of a file that `key` names.
    fn file(self, section: &Section<'_>, key: &'static str, name: &str) -> Result<PathBuf, ConfigError> {
        if self.names_only && !is_plain_name(name) {
            let message = format!("must be the name of one of your files, without a folder; found `{name}`");
            return Err(section.error(key, message));
        }
        let file = self.path.join(name);
        self.named.borrow_mut().push(file.clone());
        Ok(file)
    }

    /// How a file is called in messages: people who may only name files are not told where they lie.
    fn shown(self, file: &Path) -> String {
        let name = file.file_name().filter(|_| self.names_only);
        name.map_or_else(
            || file.display().to_string(),
            |n| n.to_string_lossy().into_owned(),
        )
    }
}

/// What is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {key}: {message}")]
pub struct ConfigError {
    /// The file's name.
    pub file: String,
    /// The key's path, e.g. `instruments[1].tick`.
    pub key: String,
    /// What would be right.
    pub message: String,
}

/// How often equity is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EquitySampling {
    /// At the end of each UTC day that has data.
    #[default]
    Day,
    /// At the end of each hour that has data.
    Hour,
    /// After every row that changed the time.
    Row,
}

impl EquitySampling {
    /// The span of one sample in nanoseconds; 1 = each time.
    #[must_use]
    pub fn span_ns(self) -> u64 {
        match self {
            EquitySampling::Day => tradewind_types::time::DAY_NS,
            EquitySampling::Hour => 3_600 * tradewind_types::time::SECOND_NS,
            EquitySampling::Row => 1,
        }
    }

    /// Its name in configurations.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            EquitySampling::Day => "day",
            EquitySampling::Hour => "hour",
            EquitySampling::Row => "row",
        }
    }
}

/// The account that trades.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountConfig {
    /// Money at the start.
    pub cash: Decimal,
    /// Its currency.
    pub currency: Currency,
    /// Whether it may go short and borrow.
    pub margin: bool,
    /// Money in other currencies at the start.
    pub balances: Vec<Money>,
}

/// A whole backtest.
#[derive(Debug, Clone)]
pub struct BacktestConfig {
    /// A name for people.
    pub name: String,
    /// Of everything that is drawn by chance.
    pub seed: u64,
    /// An instrument whose buy-and-hold return the result is compared with.
    pub benchmark: Option<InstrumentId>,
    /// Data from this time on.
    pub from: UnixNanos,
    /// Data before this time.
    pub to: UnixNanos,
    /// The account.
    pub account: AccountConfig,
    /// What can be traded.
    pub instruments: Vec<InstrumentConfig>,
    /// Where the market data comes from.
    pub data: Vec<DataConfig>,
    /// Who decides.
    pub strategy: StrategyConfig,
    /// How orders are filled.
    pub fills: FillConfig,
    /// Fees.
    pub fees: FeeConfig,
    /// How long orders are under way.
    pub latency: LatencyConfig,
    /// What holding costs or brings, and how it ends.
    pub carry: CarryRules,
    /// When what is traded.
    pub sessions: SessionConfig,
    /// Exchange rates.
    pub fx: Vec<FxRate>,
    /// The risk gate's limits.
    pub risk: RiskSettings,
    /// Equity samples.
    pub equity: EquitySampling,
    /// Cut points of the lookahead check; 0 = not made.
    pub lookahead_cuts: u32,
    /// Returns at a yearly rate of this are no excess; for Sharpe and the like.
    pub risk_free_rate: f64,
    /// Days with returns in a year; `None` = 252 for securities, 365 for what trades every day.
    pub days_per_year: Option<f64>,
    /// Runs of the Monte Carlo on the trades; 0 = none.
    pub monte_carlo_runs: u32,
    /// Every file that it names: data, a script, rates. A result is of these as they are when it is run.
    pub files: Vec<PathBuf>,
    /// SHA-256 of the text, hexadecimal.
    pub sha256: String,
}

impl BacktestConfig {
    /// Reads a file. Paths in it are relative to its folder.
    ///
    /// # Errors
    /// [`ConfigError`] at the first thing wrong.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|e| ConfigError {
            file: path.display().to_string(),
            key: "file".to_owned(),
            message: e.to_string(),
        })?;
        Self::parse(&text, path)
    }

    /// Reads a configuration's text. `path` names it in errors; paths in it are relative to its folder.
    ///
    /// # Errors
    /// [`ConfigError`] at the first thing wrong.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let file = path.display().to_string();
        Self::parse_in(text, &file, path.parent().unwrap_or(Path::new("")), false)
    }

    /// Reads a configuration that somebody else wrote: every file that it names is one of `folder`, by its plain name
    /// ([`is_plain_name`]). `name` names it in errors.
    ///
    /// # Errors
    /// [`ConfigError`] at the first thing wrong.
    pub fn parse_within(text: &str, name: &str, folder: &Path) -> Result<Self, ConfigError> {
        Self::parse_in(text, name, folder, true)
    }

    /// Fills in the sessions of calendars that instruments name and the configuration does not describe. `sessions`
    /// knows a calendar's sessions between two times (`None` = it never closes), or says why not; pure: the same question
    /// has the same answer.
    ///
    /// # Errors
    /// [`ConfigError`] of a calendar that is not known.
    pub fn resolve_calendars(
        &mut self,
        sessions: impl Fn(&str, UnixNanos, UnixNanos) -> Result<Option<SessionGrid>, String>,
    ) -> Result<(), ConfigError> {
        let (from, to) = sessions::days_of((self.from, self.to));
        for calendar in std::mem::take(&mut self.sessions.unknown) {
            let found = sessions(&calendar, from, to).map_err(|message| ConfigError {
                file: self.name.clone(),
                key: "instruments.calendar".to_owned(),
                message,
            })?;
            if let Some(grid) = found {
                let source = format!("the calendar {calendar}");
                self.sessions.add(SessionTable::of(calendar, &grid, source), grid);
            }
        }
        Ok(())
    }

    /// Whether an instrument has bars of a day or longer alone: those are its sessions.
    pub(crate) fn has_whole_days(&self, of: &InstrumentConfig) -> bool {
        let mut data = self.data.iter().filter(|d| d.instrument == of.instrument.id);
        data.all(|d| d.layout.kind == DataKind::Bars && d.layout.interval.nanos() >= DAY_NS)
    }

    /// Where the bars of an instrument, by its place, begin and end.
    pub(crate) fn grid_of(&self, instrument: Option<usize>) -> BarGrid {
        let of = instrument.and_then(|at| self.instruments.get(at));
        let calendar = of
            .filter(|of| !self.has_whole_days(of))
            .and_then(|of| of.calendar.as_deref());
        let grid = calendar.and_then(|calendar| self.sessions.grids.get(calendar));
        grid.cloned().map_or(BarGrid::Utc, BarGrid::from)
    }

    fn parse_in(text: &str, file: &str, folder: &Path, names_only: bool) -> Result<Self, ConfigError> {
        let table: toml::Table = text.parse().map_err(|e: toml::de::Error| ConfigError {
            file: file.to_owned(),
            key: position(text, &e),
            message: e.message().to_owned(),
        })?;
        let root = Section::root(file, &table);
        let named = RefCell::new(Vec::new());
        let folder = Folder {
            path: folder,
            names_only,
            named: &named,
        };
        let mut config = Self::from_root(&root, folder, text)?;
        root.finish()?;
        config.files = named.into_inner();
        Ok(config)
    }

    fn from_root(root: &Section<'_>, folder: Folder<'_>, text: &str) -> Result<Self, ConfigError> {
        let account = account(root)?;
        let (from, to) = period(root)?;
        let fx = fx::read(root, folder, (from, to))?;
        check_balances(root, &account, &fx)?;
        let mut instruments = instruments::read(root, account.currency, &fx)?;
        let carry = carry::read(root, &account, &mut instruments, folder)?;
        let seed = root.whole("seed")?.unwrap_or(1);
        let fills = fills::read(root)?;
        let latency = latency(root, folder, seed, &fills)?;
        let data = data::read(root, &instruments, folder)?;
        if fills.queue == QueueChoice::Exact && !data.iter().any(|d| d.layout.kind == DataKind::Orders) {
            let message = "\"exact\" needs [[data]] with kind = \"orders\"";
            return Err(root.error("fills.queue", message));
        }
        let strategy = strategy::read(root, &instruments, &data, folder)?;
        let benchmark = root.parsed::<InstrumentId>("benchmark")?;
        if let Some(id) = &benchmark
            && !data.iter().any(|d| d.instrument == *id)
        {
            return Err(root.error("benchmark", format!("there is no [[data]] of {id}")));
        }
        let name = root.text("name")?.map_or_else(|| strategy.title(), str::to_owned);
        let output = output(root)?;
        Ok(Self {
            name,
            seed,
            benchmark,
            from,
            to,
            risk: risk::read(root)?,
            fees: fees::read(root, &instruments)?,
            sessions: sessions::read(root, &instruments, (from, to))?,
            fills,
            latency,
            carry,
            fx,
            account,
            instruments,
            data,
            strategy,
            equity: output.equity,
            lookahead_cuts: output.lookahead_cuts,
            risk_free_rate: output.risk_free_rate,
            days_per_year: output.days_per_year,
            monte_carlo_runs: output.monte_carlo_runs,
            files: Vec::new(),
            sha256: super::sha256_hex(text.as_bytes()),
        })
    }
}

/// `line 3, column 7` of a TOML error.
fn position(text: &str, error: &toml::de::Error) -> String {
    let Some(span) = error.span() else {
        return "file".to_owned();
    };
    let before = text.get(..span.start).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
    format!("line {line}, column {column}")
}

fn account(root: &Section<'_>) -> Result<AccountConfig, ConfigError> {
    let Some(section) = root.section("account")? else {
        return Err(root.missing("account", "a table: [account] with cash = \"100000\""));
    };
    let account = AccountConfig {
        cash: section
            .positive("cash")?
            .ok_or_else(|| section.missing("cash", "the money at the start, e.g. \"100000\""))?,
        currency: section.parsed("currency")?.unwrap_or(Currency::USD),
        margin: section.flag("margin")?.unwrap_or(false),
        balances: balances(&section)?,
    };
    section.finish()?;
    Ok(account)
}

/// `balances = { EUR = "1000" }`.
fn balances(section: &Section<'_>) -> Result<Vec<Money>, ConfigError> {
    let mut balances = Vec::new();
    let Some(table) = section.section("balances")? else {
        return Ok(balances);
    };
    for (code, value) in table.entries() {
        let currency: Currency = code.parse().map_err(|e| table.error(code, format!("{e}")))?;
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let amount = tradewind_types::num::parse_decimal(&text).ok();
        let amount = amount.filter(|a| *a > Decimal::ZERO);
        let amount = amount.ok_or_else(|| table.error(code, "must be an amount above 0, e.g. \"1000\""))?;
        balances.push(Money::new(amount, currency));
    }
    Ok(balances)
}

/// Every balance has to be worth something in the account's currency.
fn check_balances(root: &Section<'_>, account: &AccountConfig, rates: &[FxRate]) -> Result<(), ConfigError> {
    for money in &account.balances {
        let (own, other) = (account.currency, money.currency);
        let wrong = if own == other {
            Some(format!("{own} is `cash`"))
        } else if !fx::connects(rates, other, own) {
            Some(format!(
                "no [[fx]] leads from {other} to the account's currency {own}"
            ))
        } else {
            None
        };
        if let Some(message) = wrong {
            return Err(root.error("account.balances", message));
        }
    }
    Ok(())
}

/// `[latency]`, or what `[fills]` says of it.
fn latency(
    root: &Section<'_>,
    folder: Folder<'_>,
    seed: u64,
    fills: &FillConfig,
) -> Result<LatencyConfig, ConfigError> {
    const MS: u64 = 1_000_000;
    let short = fills.latency_ms > 0 || fills.latency_jitter_ms > 0;
    let Some(latency) = latency::read(root, folder, seed)? else {
        return Ok(LatencyConfig {
            order_ns: fills.latency_ms * MS,
            cancel_ns: fills.latency_ms * MS,
            model: if fills.latency_jitter_ms == 0 {
                LatencyModel::Constant
            } else {
                LatencyModel::Sampled {
                    distribution: LatencyDistribution::Uniform {
                        min: 0,
                        max: fills.latency_jitter_ms * MS,
                    },
                    seed,
                }
            },
        });
    };
    if short {
        return Err(root.error(
            "latency",
            "goes without fills.latency_ms and fills.latency_jitter_ms",
        ));
    }
    if fills.price == FillPrice::Close && latency != LatencyConfig::default() {
        let message =
            "must be left out with fills.fill = \"close\": an order meets the price that it was made on";
        return Err(root.error("latency", message));
    }
    Ok(latency)
}

fn period(root: &Section<'_>) -> Result<(UnixNanos, UnixNanos), ConfigError> {
    let Some(section) = root.section("period")? else {
        return Ok((UnixNanos(0), UnixNanos(u64::MAX)));
    };
    let from = section.time("from")?.unwrap_or(UnixNanos(0));
    let to = section.time("to")?.unwrap_or(UnixNanos(u64::MAX));
    if from >= to {
        return Err(section.error("to", "must be later than `from`"));
    }
    section.finish()?;
    Ok((from, to))
}

struct Output {
    equity: EquitySampling,
    lookahead_cuts: u32,
    risk_free_rate: f64,
    days_per_year: Option<f64>,
    monte_carlo_runs: u32,
}

fn output(root: &Section<'_>) -> Result<Output, ConfigError> {
    let mut output = Output {
        equity: EquitySampling::default(),
        lookahead_cuts: 3,
        risk_free_rate: 0.0,
        days_per_year: None,
        monte_carlo_runs: 1_000,
    };
    let Some(section) = root.section("output")? else {
        return Ok(output);
    };
    let words = [
        ("day", EquitySampling::Day),
        ("hour", EquitySampling::Hour),
        ("row", EquitySampling::Row),
    ];
    output.equity = section.choice("equity", &words)?.unwrap_or_default();
    output.lookahead_cuts = count(&section, "lookahead_cuts", 20)?.unwrap_or(output.lookahead_cuts);
    output.monte_carlo_runs =
        count(&section, "monte_carlo_runs", 100_000)?.unwrap_or(output.monte_carlo_runs);
    let bounds = (Decimal::NEGATIVE_ONE, Decimal::ONE);
    let rate = section.decimal_within("risk_free_rate", bounds, "0.02 is 2 % a year")?;
    output.risk_free_rate = rate.map_or(0.0, |r| r.try_into().unwrap_or(0.0));
    let days = section.decimal_within(
        "days_per_year",
        (Decimal::ONE, Decimal::from(366)),
        "days with returns",
    )?;
    output.days_per_year = days.and_then(|d| d.try_into().ok());
    section.finish()?;
    Ok(output)
}

fn count(section: &Section<'_>, key: &'static str, most: u32) -> Result<Option<u32>, ConfigError> {
    let Some(value) = section.whole(key)? else {
        return Ok(None);
    };
    match u32::try_from(value) {
        Ok(value) if value <= most => Ok(Some(value)),
        _ => Err(section.error(key, format!("must be at most {most}, found {value}"))),
    }
}
