//! The command line.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Parser, Subcommand, ValueEnum};
use tradewind_wire::ConfigSource;

/// Market data to decisions, orders and accounts, in one program.
#[derive(Debug, Parser)]
#[command(
    name = "tradewind",
    version,
    about,
    max_term_width = 110,
    arg_required_else_help = true,
    after_help = "Example:\n  tradewind demo --data ./data\n\nExit codes: 0 done, 1 failed, 2 usage, 3 input data refused, 4 a check did not hold."
)]
pub(crate) struct Cli {
    /// What is logged, e.g. `info` or `tradewind_venues=debug`.
    #[arg(long, global = true, env = "TRADEWIND_LOG")]
    pub(crate) log: Option<String>,
    /// How logs are written.
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text, env = "TRADEWIND_LOG_FORMAT")]
    pub(crate) log_format: LogFormat,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Where the values of the command line are from that somebody has given, by the name of the argument.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origins(BTreeMap<String, ConfigSource>);

impl Origins {
    /// Of the command line and all below it.
    pub(crate) fn of(matches: &ArgMatches) -> Self {
        let mut given = BTreeMap::new();
        let mut level = Some(matches);
        while let Some(matches) = level {
            for id in matches.ids() {
                let source = match matches.value_source(id.as_str()) {
                    Some(ValueSource::CommandLine) => ConfigSource::Argument,
                    Some(ValueSource::EnvVariable) => ConfigSource::Environment,
                    _ => continue,
                };
                given.insert(id.as_str().to_owned(), source);
            }
            level = matches.subcommand().map(|(_, below)| below);
        }
        Self(given)
    }

    /// Where an argument's value is from; none where nobody gave it.
    pub(crate) fn source(&self, argument: &str) -> Option<ConfigSource> {
        self.0.get(argument).copied()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// One readable line each.
    Text,
    /// One JSON object each.
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start everything on this machine: two simulated venues, paper accounts, strategies, the web app.
    #[command(
        after_help = "Example:\n  tradewind demo --data ./data\n  tradewind demo --recording feed.gz --speed 2"
    )]
    Demo(DemoArgs),
    /// Start the server with the venues of a configuration file.
    #[command(after_help = "Example:\n  tradewind serve --config tradewind.toml")]
    Serve(ServeArgs),
    /// Start the venue simulator alone and print its addresses.
    #[command(
        after_help = "Example:\n  tradewind simulate --seed 7 --coinbase-port 9001 --kraken-port 9002 --faults faults.toml"
    )]
    Simulate(SimulateArgs),
    /// Work with venue messages.
    Venue(VenueArgs),
    /// Database schema: up, down, status.
    #[command(after_help = "Example:\n  tradewind migrate status --data ./data")]
    Migrate(MigrateArgs),
    /// The database: copy it to another, back it up, check and restore backups.
    Store(crate::commands::store::StoreArgs),
    /// People who may sign in.
    #[command(after_help = "Example:\n  tradewind user add alice --role trader --data ./data")]
    User(UserArgs),
    /// Root keys and what is sealed with them.
    Secrets(crate::commands::secrets::SecretsArgs),
    /// Organisations that share the installation.
    #[command(
        after_help = "Example:\n  tradewind org create harbour --name \"Harbour Trading\" --data ./data"
    )]
    Org(OrgArgs),
    /// The audit log: look it over, export it, sign its end.
    Audit(crate::commands::audit::AuditArgs),
    /// API keys.
    #[command(
        after_help = "Example:\n  tradewind key add --user alice --name bot --scope read --scope trade --data ./data"
    )]
    Key(KeyArgs),
    /// Check journal, ledger and projections of a data directory.
    #[command(
        after_help = "Example:\n  tradewind verify --data ./data\n  tradewind verify --data ./data --dump | head\n  tradewind verify --data ./data --rebuild"
    )]
    Verify(VerifyArgs),
    /// Prove that a recorded session's journal follows from what its kernel consumed.
    #[command(
        after_help = "Example:\n  tradewind replay-session data/tapes/00000000000000000000-1795390000000.tape\n\nThe answer is `equal` (exit 0), the first difference, or `not provable` (both exit 4)."
    )]
    ReplaySession(ReplaySessionArgs),
    /// Say what is configured, reachable and missing, and how to mend it.
    #[command(after_help = "Example:\n  tradewind doctor --data ./data")]
    Doctor(DoctorArgs),
    /// Measure. Names once used stay.
    #[command(
        after_help = "Example:\n  tradewind bench decode.coinbase_level2 --json\n  tradewind bench hub --url http://127.0.0.1:8787 --sockets 2000"
    )]
    Bench(BenchArgs),
    /// Technical indicators: what there is, and their figures over the bars of a file.
    Indicators(crate::commands::indicators::IndicatorsArgs),
    /// Sessions, holidays and expiries of exchanges.
    Calendar(crate::commands::calendar::CalendarArgs),
    /// Figures of portfolios, from files.
    Portfolio(PortfolioArgs),
    /// The store of market data: import, export, what is there, what is missing, how good it is.
    Catalog(crate::commands::catalog::CatalogArgs),
    /// Run strategies on history.
    Backtest(crate::commands::backtest::BacktestArgs),
    /// Test the whole core in seeded worlds in which everything goes wrong.
    #[command(
        after_help = "Example:\n  tradewind simtest --seeds 1..2000\n  tradewind simtest --replay 77\n\nExit code 4: an invariant did not hold."
    )]
    Simtest(crate::commands::simtest::SimtestArgs),
    /// Print a completion script for a shell.
    #[command(after_help = "Example:\n  tradewind completions bash > /etc/bash_completion.d/tradewind")]
    Completions(CompletionsArgs),
}

impl Command {
    pub(crate) fn is_server(&self) -> bool {
        matches!(self, Command::Demo(_) | Command::Serve(_) | Command::Simulate(_))
    }
}

/// Where a running instance keeps its files.
#[derive(Debug, Clone, Args)]
pub(crate) struct DataArg {
    /// Folder of the journal and the database.
    #[arg(long, default_value = "data", env = "TRADEWIND_DATA")]
    pub(crate) data: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    #[command(flatten)]
    pub(crate) data: DataArg,
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8787", env = "TRADEWIND_LISTEN")]
    pub(crate) listen: SocketAddr,
    /// Seed of the simulated venues.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Play this recording (plain or gzip) instead of simulating.
    #[arg(long, value_name = "FILE")]
    pub(crate) recording: Option<PathBuf>,
    /// Speed of the recording: 1 = as recorded, 0 = as fast as it goes.
    #[arg(long, default_value_t = 1.0, requires = "recording")]
    pub(crate) speed: f64,
    /// Faults to inject into the simulated venues (TOML).
    #[arg(long, value_name = "FILE")]
    pub(crate) faults: Option<PathBuf>,
    /// Bars on which the strategies run.
    #[arg(long, default_value = "10s")]
    pub(crate) strategy_interval: String,
    /// Record the session on a tape in DATA/tapes, for `tradewind replay-session`.
    #[arg(long)]
    pub(crate) tape: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ReplaySessionArgs {
    /// The tape.
    pub(crate) tape: PathBuf,
    /// Folder of the journal; default: `journal` beside the folder of the tape.
    #[arg(long, value_name = "DIR")]
    pub(crate) journal: Option<PathBuf>,
    /// As JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) data: DataArg,
    /// Configuration file (TOML).
    #[arg(long, env = "TRADEWIND_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Address to listen on, in place of the file's.
    #[arg(long, env = "TRADEWIND_LISTEN")]
    pub(crate) listen: Option<SocketAddr>,
    /// Record the session on a tape in DATA/tapes, whatever the file says.
    #[arg(long)]
    pub(crate) tape: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    /// Same seed, same market.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Port of the Coinbase Advanced Trade face; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    pub(crate) coinbase_port: u16,
    /// Port of the Kraken v2 face; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    pub(crate) kraken_port: u16,
    /// Faults to inject (TOML).
    #[arg(long, value_name = "FILE")]
    pub(crate) faults: Option<PathBuf>,
    /// Where the market's state is kept between runs.
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct VenueArgs {
    #[command(subcommand)]
    pub(crate) command: VenueCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum VenueCommand {
    /// Decode recorded messages to normalised events, one JSON object a line; a summary ends standard error.
    #[command(
        after_help = "Example:\n  tradewind venue decode --venue kraken --input feed.jsonl\n  zcat feed.gz | tradewind venue decode --venue coinbase --input -"
    )]
    Decode(DecodeArgs),
}

#[derive(Debug, Args)]
pub(crate) struct DecodeArgs {
    /// coinbase, coinbase_exchange or kraken (v1 and v2 are told apart).
    #[arg(long)]
    pub(crate) venue: String,
    /// File of messages, one a line, bare or as `<unix seconds>: <json>`; plain or gzip; `-` = standard input.
    #[arg(long)]
    pub(crate) input: PathBuf,
    /// Print the summary only.
    #[arg(long)]
    pub(crate) summary: bool,
}

#[derive(Debug, Args)]
pub(crate) struct MigrateArgs {
    #[command(subcommand)]
    pub(crate) command: MigrateCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MigrateCommand {
    /// Bring the schema to the newest version.
    Up {
        #[command(flatten)]
        data: DataArg,
    },
    /// Take back migrations, newest first.
    Down {
        #[command(flatten)]
        data: DataArg,
        /// How many.
        #[arg(long, default_value_t = 1)]
        steps: u32,
    },
    /// List migrations and which are applied.
    Status {
        #[command(flatten)]
        data: DataArg,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct OrgArgs {
    #[command(subcommand)]
    pub(crate) command: OrgCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum OrgCommand {
    /// List organisations with how many people and accounts they have.
    List {
        #[command(flatten)]
        data: DataArg,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Make an organisation; `tradewind user add --org ID --role super_admin` makes its first administrator.
    Create {
        /// Letters, digits, `_`, `-`.
        id: String,
        /// Name for people; the id when absent.
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        data: DataArg,
    },
    /// Give an organisation another name.
    Rename {
        id: String,
        name: String,
        #[command(flatten)]
        data: DataArg,
    },
}

#[derive(Debug, Args)]
pub(crate) struct UserArgs {
    #[command(subcommand)]
    pub(crate) command: UserCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Add a person. The password is read from standard input, or from TRADEWIND_PASSWORD.
    Add {
        username: String,
        /// super_admin, admin, compliance, analyst, trader, viewer or service.
        #[arg(long, default_value = "trader")]
        role: String,
        #[arg(long)]
        display_name: Option<String>,
        /// Organisation; the one that runs the installation when absent.
        #[arg(long)]
        org: Option<String>,
        #[command(flatten)]
        data: DataArg,
    },
    /// List people.
    List {
        #[command(flatten)]
        data: DataArg,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Set a new password, read as with `add`; ends the person's sessions.
    Password {
        username: String,
        #[command(flatten)]
        data: DataArg,
    },
    /// Print a one-time sign-in link for a person.
    Link {
        username: String,
        #[command(flatten)]
        data: DataArg,
    },
    /// Print a one-time link by which a person sets a new password, good for an hour.
    ResetLink {
        username: String,
        #[command(flatten)]
        data: DataArg,
        /// Configuration file, where it says where the root keys are.
        #[arg(long, env = "TRADEWIND_CONFIG")]
        config: Option<PathBuf>,
    },
    /// Take a person's second factor away, whose app and backup codes are lost; ends the person's sessions.
    FactorReset {
        username: String,
        #[command(flatten)]
        data: DataArg,
    },
}

#[derive(Debug, Args)]
pub(crate) struct KeyArgs {
    #[command(subcommand)]
    pub(crate) command: KeyCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a key and print it once.
    Add {
        #[arg(long)]
        user: String,
        #[arg(long)]
        name: String,
        /// read, trade, cancel, manage, admin; repeat for several.
        #[arg(long = "scope", required = true)]
        scopes: Vec<String>,
        /// Accounts that it is limited to; none = all of the person's.
        #[arg(long = "account")]
        accounts: Vec<String>,
        /// Addresses and networks that it may be used from (203.0.113.7, 10.0.0.0/8, 2001:db8::/32); none = from anywhere.
        #[arg(long = "network")]
        networks: Vec<String>,
        /// Requests that it may make in a minute, cancels and stops aside; as many as the person when absent.
        #[arg(long)]
        requests_per_minute: Option<u32>,
        /// Orders that it may submit in a minute, over all accounts; as many as the accounts allow when absent.
        #[arg(long)]
        orders_per_minute: Option<u32>,
        /// When it ends, e.g. 2027-01-01T00:00:00Z; never when absent.
        #[arg(long)]
        expires: Option<String>,
        #[command(flatten)]
        data: DataArg,
    },
    /// List a person's keys.
    List {
        #[arg(long)]
        user: String,
        #[command(flatten)]
        data: DataArg,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Revoke a key at once.
    Revoke {
        id: String,
        #[command(flatten)]
        data: DataArg,
    },
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub(crate) data: DataArg,
    /// Print the journal's records as JSON, one a line, instead of checking.
    #[arg(long)]
    pub(crate) dump: bool,
    /// Rebuild the projections from the journal first.
    #[arg(long, conflicts_with = "dump")]
    pub(crate) rebuild: bool,
    /// The result as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) data: DataArg,
    /// Configuration file to check.
    #[arg(long, env = "TRADEWIND_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// As JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// Names, or beginnings of names; none = all that need no server.
    pub(crate) names: Vec<String>,
    /// As JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Runs of each; the median is the figure.
    #[arg(long, default_value_t = 5)]
    pub(crate) runs: u32,
    /// Sockets of `hub` and its lanes; each lane has a number of its own.
    #[arg(long)]
    pub(crate) sockets: Option<usize>,
    /// Instruments whose quotes each socket reads.
    #[arg(long)]
    pub(crate) topics: Option<usize>,
    /// Sockets that subscribe and never read.
    #[arg(long, value_name = "N")]
    pub(crate) stalled: Option<usize>,
    /// Quotes a second of each instrument.
    #[arg(long)]
    pub(crate) rate: Option<u32>,
    /// Users of `rest`.
    #[arg(long, default_value_t = 1_000)]
    pub(crate) users: usize,
    /// Seconds between an answer and the user's next request, for `rest`; 0 saturates the server.
    #[arg(long, default_value_t = 1.0, value_parser = think_seconds)]
    pub(crate) think: f64,
    /// Length of `hub` and `rest` in seconds, 60 if not given (600 of `hub.soak`); it is divided into as many windows as
    /// there are runs.
    #[arg(long)]
    pub(crate) seconds: Option<u64>,
    /// Server that `hub` and `rest` measure, with the key in TRADEWIND_API_KEY; none = one started for the purpose.
    #[arg(long)]
    pub(crate) url: Option<String>,
    /// Process id of that server, to read its memory.
    #[arg(long, requires = "url")]
    pub(crate) pid: Option<u32>,
    /// Write the seeded data of the backtest benchmarks here, for other programs (`tools/peers`), and measure nothing.
    #[arg(long, value_name = "DIR")]
    pub(crate) write_data: Option<PathBuf>,
    /// Keep the catalogue of `catalog.read_10m` in this folder, for other programs to read.
    #[arg(long, value_name = "DIR")]
    pub(crate) catalog: Option<PathBuf>,
    /// Be the server that is measured.
    #[arg(long, hide = true)]
    pub(crate) serve: bool,
}

fn think_seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text
        .parse()
        .map_err(|_| format!("`{text}` is no number of seconds"))?;
    if (0.0..=60.0).contains(&seconds) {
        Ok(seconds)
    } else {
        Err("0 to 60 seconds".to_owned())
    }
}

impl BenchArgs {
    /// Length of a load in seconds.
    pub(crate) fn seconds(&self) -> u64 {
        self.seconds.unwrap_or(60).max(1)
    }
}

#[derive(Debug, Args)]
pub(crate) struct PortfolioArgs {
    #[command(subcommand)]
    pub(crate) command: PortfolioCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PortfolioCommand {
    /// Every performance and risk figure of a series of returns, as JSON; undefined figures are null.
    #[command(
        after_help = "Example:\n  printf 'ts,return\\n2024-01-02,0.01\\n2024-01-03,-0.004\\n' | tradewind portfolio metrics --returns -\n  tradewind portfolio metrics --returns r.csv --benchmark b.csv --periods-per-year 365 --risk-free 0.03"
    )]
    Metrics(PortfolioMetricsArgs),
}

#[derive(Debug, Args)]
pub(crate) struct PortfolioMetricsArgs {
    /// CSV with the columns `ts` and `return` (0.01 = 1 %), oldest first; plain or gzip; `-` = standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) returns: PathBuf,
    /// The benchmark's returns, in the same form; compared where the time stamps are equal.
    #[arg(long, value_name = "FILE")]
    pub(crate) benchmark: Option<PathBuf>,
    /// Returns in a year: 252 trading days, 365 days of crypto, 52 weeks, 12 months.
    #[arg(long, default_value_t = 252.0)]
    pub(crate) periods_per_year: f64,
    /// Risk-free rate a year, as a fraction.
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    pub(crate) risk_free: f64,
    /// What Omega asks for a year beyond the risk-free rate, as a fraction.
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    pub(crate) required_return: f64,
    /// Returns in a rolling window.
    #[arg(long, default_value_t = 126)]
    pub(crate) window: usize,
    /// Drawdowns in the table.
    #[arg(long, default_value_t = 10)]
    pub(crate) drawdowns: usize,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}
