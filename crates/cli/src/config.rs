//! The configuration of `serve`: one TOML file; every key has a default but the venues.
//!
//! ```toml
//! listen = "127.0.0.1:8787"
//! allowed_hosts = []            # host names answered for beside loopback
//! allowed_origins = []          # further origins whose pages may call
//! tls = false                   # reached over TLS: Secure cookies and HSTS
//! rate_multiplier = 1           # multiplies every API rate limit
//! strategy_interval = "10s"
//! bar_calendars = []            # calendars whose sessions bars follow; all others: UTC days
//! count_bars = []               # tick, volume and value bars that are kept, e.g. ["100tick"]
//! paper_latency_ms = 20
//! snapshot_every = 50000        # journal records
//! tape = false                  # record sessions for `tradewind replay-session`
//!
//! [catalogue]                   # market data that is stored
//! record = true                 # bars and trades are recorded, and gaps filled
//! # place = "s3://BUCKET/PREFIX" # default: `catalog` in the data folder
//! intervals = ["10s", "1m", "5m", "15m", "1h", "D"]
//! trades = true
//! compact_every_s = 3600        # between two moves of the live tail into files
//! backfill = true               # gaps are filled from the venues' history
//! scan_every_s = 300
//! gap_longer_than_s = 180
//! batch_minutes = 120           # of one question to a venue, and 120 bars at least
//! backfill_days = 30
//! questions_per_second = 2      # to each venue, whose limits are shared with its feed
//! keep = []                     # what is kept how long, before the defaults, e.g. ["trades=7", "1m=3650:D"]
//!
//! [identity]
//! require_second_factor = []    # roles that have to have one, e.g. ["SUPER_ADMIN", "ADMIN"]
//! reset_command = []            # a program that delivers links to new passwords
//! issuer = "tradewind"          # who signs access tokens, as they say
//!
//! [[oidc]]                      # providers that people may sign in with (docs/configuration.md); needs the feature `oidc`
//! id = "work"
//! issuer = "https://id.example.org"
//! client_id = "tradewind"
//! client_secret_env = "OIDC_WORK_SECRET"
//! callback = "https://trade.example.org/api/v1/oidc/callback"
//!
//! [secrets]                     # the root keys that seal secrets in the database; TRADEWIND_SECRET_KEYS comes first
//! # command = ["/usr/local/bin/root-keys"]  # a program that prints them, newest first
//! # file = "/etc/tradewind/secret.key"      # default: `secret.key` in the data folder, made when it is missing
//!
//! [store]                       # the database; default: the file `tradewind.db` in the data folder
//! # url = "postgres://tradewind@localhost/tradewind" # DATABASE_URL in the environment goes before it
//! # connections = 100
//! acquire_timeout_s = 5
//! statement_timeout_s = 8       # of PostgreSQL
//!
//! [backup]                      # of database and journal; TRADEWIND_BACKUP_KEY in the environment goes before `key_file`
//! # folder = "/mnt/elsewhere/tradewind" # default: `backups` in the data folder
//! # key_file = "/secure/backup.key"     # without a key none are taken
//! every = "1h"                  # or "off"
//! drill_every = "24h"           # restored on trial, or "off"
//! keep_all_days = 7
//! keep_daily_days = 90          # after that one of each day
//!
//! # What holding costs or brings in paper accounts, and fees that are more than a part of the notional: off unless
//! # they are here. Sections and keys as in backtests ([`tradewind_engine::backtest::config::paper_rules`]).
//! [carry]
//! settlement = false            # futures and options are settled in cash when they expire
//! liquidation = false           # positions are closed when equity falls below what keeping them needs
//!
//! [[carry.funding]]
//! instrument = "BTC-PERP.KRAKEN"
//! rate = "0.0001"
//! interval = "8h"
//!
//! [[carry.interest]]
//! currency = "USD"
//! debit = "0.06"
//! credit = "0.02"
//!
//! [[carry.borrow]]
//! rate = "0.03"
//!
//! [[paper_fees]]                # before the venue's maker_fee and taker_fee
//! market = "NSE"
//! model = "india"
//!
//! [[venues]]
//! id = "coinbase"
//! kind = "coinbase_advanced"    # or kraken_v2
//! ws = "wss://advanced-trade-ws.coinbase.com"
//! rest = "https://api.coinbase.com"
//! symbols = ["BTC-USD", "ETH-USD"]
//! maker_fee = "0.004"
//! taker_fee = "0.006"
//! fee_source = "Coinbase Advanced, first tier"
//! simulated = false
//!
//! [[accounts]]                  # opened at start when missing
//! id = "paper-coinbase"
//! name = "Paper on Coinbase"
//! venue = "coinbase"
//! base_currency = "USD"
//! deposit = "100000"
//! strategies = true             # switch the built-in ones on when it is opened
//! ```

mod backup;
mod limits;
mod oidc;
mod shown;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tradewind_engine::backtest::config::{PaperRules, paper_rules};
use tradewind_server::extract::{NetworkError, Networks, Proxies, ProxyHeader};
use tradewind_server::oidc::OidcProvider;
use tradewind_server::secrets::{SECRET_KEYS_ENV, Source};
use tradewind_types::{AccountId, Currency, Decimal, VenueId};
use tradewind_venues::feeds::VenueKind;
use tradewind_wire::Role;

use crate::app::{CatalogueConfig, DataDir, StoreConfig, org};
use crate::failure::Failure;
use backup::BackupSection;
use limits::LimitsConfig;
use oidc::OidcConfig;

const X_FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED: &str = "forwarded";

/// The file.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct FileConfig {
    pub(crate) listen: SocketAddr,
    pub(crate) allowed_hosts: BTreeSet<String>,
    pub(crate) allowed_origins: BTreeSet<String>,
    pub(crate) tls: bool,
    pub(crate) trusted_proxies: Vec<String>,
    pub(crate) proxy_header: String,
    pub(crate) limits: LimitsConfig,
    pub(crate) rate_multiplier: u32,
    pub(crate) strategy_interval: String,
    pub(crate) bar_calendars: Vec<String>,
    pub(crate) count_bars: Vec<String>,
    pub(crate) paper_latency_ms: u64,
    pub(crate) snapshot_every: u64,
    pub(crate) tape: bool,
    pub(crate) catalogue: CatalogueConfig,
    pub(crate) identity: IdentityConfig,
    pub(crate) store: StoreConfig,
    pub(crate) secrets: SecretsConfig,
    pub(crate) oidc: Vec<OidcConfig>,
    pub(crate) backup: BackupSection,
    /// As it is written; [`FileConfig::paper`] is what it says.
    pub(crate) carry: Option<toml::Value>,
    pub(crate) paper_fees: Option<toml::Value>,
    /// What holding costs in paper accounts, and their fees.
    #[serde(skip)]
    pub(crate) paper: PaperRules,
    /// Keys that the file has.
    #[serde(skip)]
    pub(crate) given: BTreeSet<String>,
    pub(crate) venues: Vec<VenueConfig>,
    pub(crate) accounts: Vec<AccountConfig>,
}

impl Default for FileConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8787)),
            allowed_hosts: BTreeSet::new(),
            allowed_origins: BTreeSet::new(),
            tls: false,
            trusted_proxies: Vec::new(),
            proxy_header: X_FORWARDED_FOR.to_owned(),
            limits: LimitsConfig::default(),
            rate_multiplier: 1,
            strategy_interval: "10s".to_owned(),
            bar_calendars: Vec::new(),
            count_bars: Vec::new(),
            paper_latency_ms: 20,
            snapshot_every: 50_000,
            tape: false,
            catalogue: CatalogueConfig::default(),
            identity: IdentityConfig::default(),
            store: StoreConfig::default(),
            secrets: SecretsConfig::default(),
            oidc: Vec::new(),
            backup: BackupSection::default(),
            carry: None,
            paper_fees: None,
            paper: PaperRules::default(),
            given: BTreeSet::new(),
            venues: Vec::new(),
            accounts: Vec::new(),
        }
    }
}

/// Who signs in how.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct IdentityConfig {
    pub(crate) require_second_factor: Vec<Role>,
    pub(crate) reset_command: Vec<String>,
    pub(crate) issuer: String,
}

impl Default for IdentityConfig {
    fn default() -> Self {
        Self {
            require_second_factor: Vec::new(),
            reset_command: Vec::new(),
            issuer: "tradewind".to_owned(),
        }
    }
}

/// Where the root keys come from.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SecretsConfig {
    pub(crate) file: Option<PathBuf>,
    pub(crate) command: Vec<String>,
}

impl SecretsConfig {
    /// The source that counts, for a data directory.
    pub(crate) fn source(&self, data: &DataDir) -> Source {
        let file = self.file.clone().unwrap_or_else(|| data.secret_key());
        Source::choose(std::env::var(SECRET_KEYS_ENV).ok(), &self.command, file)
    }
}

/// A venue to follow.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VenueConfig {
    pub(crate) id: VenueId,
    pub(crate) kind: VenueKind,
    pub(crate) ws: String,
    #[serde(default)]
    pub(crate) rest: Option<String>,
    #[serde(default)]
    pub(crate) symbols: Vec<String>,
    pub(crate) maker_fee: Decimal,
    pub(crate) taker_fee: Decimal,
    pub(crate) fee_source: String,
    #[serde(default)]
    pub(crate) simulated: bool,
}

/// A paper account.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountConfig {
    pub(crate) id: AccountId,
    pub(crate) name: String,
    pub(crate) venue: VenueId,
    pub(crate) base_currency: Currency,
    pub(crate) deposit: Decimal,
    #[serde(default)]
    pub(crate) strategies: bool,
}

impl FileConfig {
    /// Reads and checks a file.
    pub(crate) fn load(path: &Path) -> Result<Self, Failure> {
        let shown = path.display();
        let text = std::fs::read_to_string(path).map_err(|e| Failure::Input(format!("{shown}: {e}")))?;
        let mut config: FileConfig =
            toml::from_str(&text).map_err(|e| Failure::Input(format!("{shown}: {e}")))?;
        config
            .check()
            .map_err(|why| Failure::Input(format!("{shown}: {why}")))?;
        config.paper = config.paper_rules(path)?;
        config.given = shown::given(&text);
        Ok(config)
    }

    /// Who is trusted to say whom a request is from.
    pub(crate) fn proxies(&self) -> Result<Proxies, String> {
        let header = match self.proxy_header.as_str() {
            X_FORWARDED_FOR => ProxyHeader::XForwardedFor,
            FORWARDED => ProxyHeader::Forwarded,
            other => {
                return Err(format!(
                    "proxy_header is `{X_FORWARDED_FOR}` or `{FORWARDED}`, whichever the proxy sets itself, not `{other}`"
                ));
            }
        };
        let read = |text: &String| {
            text.parse()
                .map_err(|e: NetworkError| format!("trusted_proxies: {e}"))
        };
        let trusted = self.trusted_proxies.iter().map(read);
        Ok(Proxies {
            trusted: Networks(trusted.collect::<Result<_, _>>()?),
            header,
        })
    }

    /// Providers that people may sign in with.
    pub(crate) fn oidc(&self) -> Result<Vec<OidcProvider>, String> {
        oidc::providers(&self.oidc, &org())
    }

    fn paper_rules(&self, path: &Path) -> Result<PaperRules, Failure> {
        let sections = [("carry", &self.carry), ("paper_fees", &self.paper_fees)];
        let given = sections
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), value.clone()?)));
        paper_rules(&given.collect(), path).map_err(|e| Failure::Input(e.to_string()))
    }

    fn check(&self) -> Result<(), String> {
        for (i, venue) in self.venues.iter().enumerate() {
            if self.venues[..i].iter().any(|v| v.id == venue.id) {
                return Err(format!("venue `{}` is configured twice", venue.id));
            }
            if venue.taker_fee.abs() >= Decimal::ONE || venue.maker_fee.abs() >= Decimal::ONE {
                return Err(format!(
                    "venue `{}`: fees are fractions below 1 (0.006 is 0.6 %)",
                    venue.id
                ));
            }
        }
        for account in &self.accounts {
            if !self.venues.iter().any(|v| v.id == account.venue) {
                return Err(format!(
                    "account `{}` is on venue `{}`, which is not configured",
                    account.id, account.venue
                ));
            }
            if account.deposit < Decimal::ZERO {
                return Err(format!(
                    "account `{}`: the deposit must not be negative",
                    account.id
                ));
            }
        }
        if self.rate_multiplier == 0 {
            return Err("rate_multiplier must be at least 1".to_owned());
        }
        if self.identity.issuer.trim().is_empty() {
            return Err("identity: issuer must not be empty".to_owned());
        }
        if self.secrets.file.is_some() && !self.secrets.command.is_empty() {
            return Err("secrets: give `file` or `command`, not both".to_owned());
        }
        self.store.check()?;
        self.backup.check()?;
        self.proxies()?;
        self.oidc()?;
        self.limits.check()?;
        self.catalogue.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(text: &str) -> Result<FileConfig, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("tradewind.toml");
        std::fs::write(&path, text).expect("written");
        FileConfig::load(&path).map_err(|failure| failure.to_string())
    }

    #[test]
    fn carry_and_fees_of_paper_accounts_are_keys_of_the_file() {
        let text = "tape = true\n[carry]\nliquidation = true\n[[carry.interest]]\ncurrency = \"USD\"\n\
                    credit = \"0.02\"\n[[paper_fees]]\nmarket = \"NSE\"\nmodel = \"per_order\"\namount = \"20\"\n";
        let config = loaded(text).expect("loaded");
        assert!(config.tape && config.paper.carry.liquidate);
        assert_eq!(
            (config.paper.carry.interest.len(), config.paper.fees.len()),
            (1, 1)
        );
        assert_eq!(loaded("").expect("loaded").paper, PaperRules::default());
        let wrong = loaded("[[carry.interest]]\ncredit = \"0.02\"\n").expect_err("no currency");
        assert!(
            wrong.contains("carry.interest[1].currency: is missing"),
            "{wrong}"
        );
        let unknown = loaded("[carry]\nfundng = []\n").expect_err("no such key");
        assert!(unknown.contains("did you mean `funding`?"), "{unknown}");
        assert!(
            loaded("paper = true\n").is_err(),
            "what is read into it is no key"
        );
    }

    #[test]
    fn the_configuration_in_the_docs_loads() {
        let page = include_str!("../../../docs/configuration.md");
        let block = page
            .split("```toml")
            .nth(1)
            .and_then(|rest| rest.split("```").next());
        let config = loaded(block.expect("the page shows a configuration")).expect("loaded");
        assert!(!config.venues.is_empty() && !config.paper.carry.funding.is_empty());
        assert!(!config.paper.fees.is_empty());
    }

    #[test]
    fn proxies_and_limits_are_read_and_nonsense_is_refused_by_name() {
        let text = "trusted_proxies = [\"127.0.0.1\", \"10.0.0.0/8\"]\nproxy_header = \"forwarded\"\n\
                    [limits]\nconnections = 100\nrates = { order = \"20/s\" }\n\
                    [[limits.tiers]]\nname = \"machines\"\nroles = [\"SERVICE\"]\nrates = { read = \"5000/min\" }\n";
        let config = loaded(text).expect("read");
        let proxies = config.proxies().expect("networks");
        assert_eq!(
            (proxies.trusted.0.len(), proxies.header),
            (2, ProxyHeader::Forwarded)
        );
        let rates = config.limits.rates(3).expect("rates");
        assert_eq!((rates.multiplier, rates.rates.order.limit), (3, 20));
        // A tier has what everybody has, but for what it names.
        assert_eq!(
            (rates.tiers[0].rates.read.limit, rates.tiers[0].rates.order.limit),
            (5_000, 20)
        );
        assert_eq!(config.limits.connections().all, 100);
        for (text, named) in [
            ("trusted_proxies = [\"proxy.example.org\"]\n", "trusted_proxies"),
            ("proxy_header = \"x-real-ip\"\n", "proxy_header"),
            ("[limits]\nrates = { order = \"many\" }\n", "order"),
            ("[limits]\nconnections = 0\n", "connections"),
            ("[[limits.tiers]]\nname = \"t\"\nrates = {}\n", "nobody"),
            (
                "[[limits.tiers]]\nname = \"t\"\nroles = [\"BOSS\"]\nrates = {}\n",
                "BOSS",
            ),
        ] {
            let refused = loaded(text).expect_err(text);
            assert!(refused.contains(named), "{text}: {refused}");
        }
    }
}
