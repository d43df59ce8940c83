//! The configuration as the running program shows it: every key with its value and where that comes from, secrets left out.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tradewind_server::limits::Rates;
use tradewind_server::secrets::SECRET_KEYS_ENV;
use tradewind_server::settings::{LOG, RATES};
use tradewind_wire::{ConfigSource, ConfigValue};

use super::FileConfig;
use crate::app::DataDir;
use crate::args::Origins;
use crate::commands::store::BACKUP_KEY_ENV;

/// Keys of which is told only whether they are set: their values may hold passwords.
const SECRET: &[&str] = &["store.url", "secrets.command", "identity.reset_command"];

/// What every key is for. Of lists of tables the number stands for any.
const ABOUT: &[(&str, &str)] = &[
    ("accounts.N.base_currency", "Its currency."),
    ("accounts.N.deposit", "What it begins with."),
    (
        "accounts.N.id",
        "A paper account that is opened when it is missing.",
    ),
    ("accounts.N.name", "Its name."),
    (
        "accounts.N.strategies",
        "Whether the built-in strategies begin switched on.",
    ),
    ("accounts.N.venue", "The venue that it trades on."),
    ("allowed_hosts", "Host names answered for beside loopback."),
    ("allowed_origins", "Further origins whose pages may call."),
    ("backup.drill_every", "From one restore on trial to the next."),
    ("backup.every", "From one backup to the next."),
    (
        "backup.folder",
        "Where backups are; by default `backups` in the data folder.",
    ),
    ("backup.keep_all_days", "Days for which all backups are kept."),
    (
        "backup.keep_daily_days",
        "Days for which one backup a day is kept.",
    ),
    ("backup.key", "What encrypts backups; without it none are taken."),
    ("backup.key_file", "File of that key."),
    (
        "bar_calendars",
        "Calendars whose sessions bars follow; all others follow UTC days.",
    ),
    ("carry", "What holding costs or brings in paper accounts."),
    (
        "catalogue.backfill",
        "Whether gaps are filled from the venues' history.",
    ),
    ("catalogue.backfill_days", "Days back that scans for gaps look."),
    ("catalogue.batch_minutes", "Minutes of one question to a venue."),
    (
        "catalogue.compact_every_s",
        "Seconds between two moves of the live tail into files.",
    ),
    (
        "catalogue.gap_longer_than_s",
        "Stretches in session without a bar of up to so many seconds are no gaps.",
    ),
    ("catalogue.intervals", "Bars that are recorded."),
    ("catalogue.keep", "What is kept how long, before the defaults."),
    (
        "catalogue.place",
        "Folder or bucket; by default `catalog` in the data folder.",
    ),
    ("catalogue.questions_per_second", "Questions to a venue a second."),
    ("catalogue.record", "Whether market data is recorded."),
    ("catalogue.scan_every_s", "Seconds between two scans for gaps."),
    ("catalogue.trades", "Whether trades are recorded."),
    ("count_bars", "Tick, volume and value bars that are kept."),
    ("data", "Folder of the journal and the database."),
    ("identity.issuer", "Who signs access tokens, as they say."),
    (
        "identity.require_second_factor",
        "Roles that have to have a second factor.",
    ),
    (
        "identity.reset_command",
        "The program that delivers links to new passwords.",
    ),
    ("limits.connections", "Connections at once."),
    (
        "limits.connections_per_address",
        "Connections at once of one address.",
    ),
    ("limits.rates.account_orders", "Orders submitted, per account."),
    ("limits.rates.address", "Requests of any kind, per address."),
    ("limits.rates.admin", "Administration, per person or key."),
    ("limits.rates.auth", "Failed attempts to sign in, per address."),
    ("limits.rates.cancel", "Cancels and stops, per person or key."),
    ("limits.rates.order", "Requests about orders, per person or key."),
    ("limits.rates.read", "Reads, per person or key."),
    ("limits.rates.register", "Registrations, per address."),
    ("limits.rates.reset", "Password resets asked for, per address."),
    ("limits.rates.write", "Changes, per person or key."),
    (
        "limits.tiers.N.name",
        "A tier of callers with rates of their own.",
    ),
    ("limits.tiers.N.rates", "Rates of the tier, over everybody's."),
    ("limits.tiers.N.roles", "Roles that are in it."),
    ("limits.tiers.N.users", "People who are in it."),
    ("listen", "The address that the program answers at."),
    ("log", "What is logged: a level, and others by module."),
    ("oidc", "OpenID Connect providers that people may sign in with."),
    (
        "paper_fees",
        "Fees of paper accounts that are more than a part of the notional.",
    ),
    (
        "paper_latency_ms",
        "How long an order of a paper account is on its way.",
    ),
    (
        "proxy_header",
        "The header in which proxies say whom a request is from.",
    ),
    ("rate_multiplier", "Multiplies every rate limit."),
    ("secrets.command", "The program that prints the root keys."),
    (
        "secrets.file",
        "File of the root keys; by default `secret.key` in the data folder.",
    ),
    ("secrets.keys", "The root keys themselves, from the environment."),
    ("snapshot_every", "Journal records between two snapshots."),
    (
        "store.acquire_timeout_s",
        "How long to wait for a connection or a lock, s.",
    ),
    ("store.connections", "Connections of the database's pool."),
    (
        "store.statement_timeout_s",
        "How long one statement may take in PostgreSQL, s.",
    ),
    (
        "store.url",
        "The PostgreSQL server; by default a file in the data folder.",
    ),
    ("strategy_interval", "Bars that the built-in strategies act on."),
    (
        "tape",
        "Whether sessions are recorded for `tradewind replay-session`.",
    ),
    ("tls", "Whether the program is reached over TLS."),
    ("trusted_proxies", "Networks of proxies that are believed."),
    ("venues.N.fee_source", "Where its fees are from."),
    ("venues.N.id", "A venue that is followed."),
    ("venues.N.kind", "Its protocol."),
    ("venues.N.maker_fee", "Its fee for resting orders, a part of 1."),
    ("venues.N.rest", "Its REST address."),
    ("venues.N.simulated", "Whether it is simulated."),
    ("venues.N.symbols", "Symbols that are followed; all where empty."),
    ("venues.N.taker_fee", "Its fee for orders that take, a part of 1."),
    ("venues.N.ws", "Its WebSocket address."),
];

/// What stands between the sections of a key in a list of tables, for [`ABOUT`].
fn described(key: &str) -> String {
    let parts = key
        .split('.')
        .map(|part| if part.parse::<usize>().is_ok() { "N" } else { part });
    parts.collect::<Vec<_>>().join(".")
}

fn about(key: &str) -> &'static str {
    let mut wanted = described(key);
    loop {
        if let Some((_, text)) = ABOUT.iter().find(|(known, _)| *known == wanted) {
            return text;
        }
        // What is inside of a section that is described as a whole.
        match wanted.rfind('.') {
            Some(end) => wanted.truncate(end),
            None => return "",
        }
    }
}

/// Keys and their values, `None` where nothing is set; tables are walked into, lists of tables by number from 1.
fn flat(value: &Value, prefix: &str, into: &mut BTreeMap<String, Option<String>>) {
    let below = |name: &str| match prefix {
        "" => name.to_owned(),
        prefix => format!("{prefix}.{name}"),
    };
    match value {
        Value::Object(members) => members
            .iter()
            .for_each(|(name, value)| flat(value, &below(name), into)),
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (n, item) in items.iter().enumerate() {
                flat(item, &below(&(n + 1).to_string()), into);
            }
        }
        // An empty list of tables has no key to show.
        Value::Array(items)
            if items.is_empty() && ["venues", "accounts", "limits.tiers"].contains(&prefix) => {}
        Value::Null => {
            into.insert(prefix.to_owned(), None);
        }
        Value::String(text) => {
            into.insert(prefix.to_owned(), Some(text.clone()));
        }
        other => {
            into.insert(prefix.to_owned(), Some(other.to_string()));
        }
    }
}

fn keys_of(config: &FileConfig) -> BTreeMap<String, Option<String>> {
    let mut keys = BTreeMap::new();
    // What cannot be written is not shown: nothing of a configuration is like that.
    flat(&serde_json::to_value(config).unwrap_or_default(), "", &mut keys);
    keys
}

/// The keys that a file has.
pub(super) fn given(text: &str) -> BTreeSet<String> {
    let table: Value = toml::from_str(text).unwrap_or_default();
    let mut keys = BTreeMap::new();
    flat(&table, "", &mut keys);
    keys.into_keys().collect()
}

/// An address without what may be a password in it.
fn harmless(text: &str) -> bool {
    !(text.contains("://") && (text.contains('@') || text.contains('?')))
}

impl FileConfig {
    /// Every key, with its value and where that is from. `origins` knows those that the command line has set,
    /// and the environment in its place.
    pub(crate) fn shown(&self, data: &DataDir, origins: &Origins) -> Vec<ConfigValue> {
        let set = |name: &str| std::env::var(name).is_ok_and(|value| !value.is_empty());
        let defaults = keys_of(&Self::default());
        let mut keys = keys_of(self);
        keys.insert("data".to_owned(), Some(data.path().display().to_string()));
        // Set elsewhere than in the file, and shown like its keys.
        let elsewhere = [
            ("secrets.keys", set(SECRET_KEYS_ENV)),
            ("backup.key", set(BACKUP_KEY_ENV)),
            ("store.url", set(crate::app::DATABASE_URL)),
        ];
        for (key, is_set) in elsewhere {
            if is_set {
                keys.insert(key.to_owned(), Some(String::new()));
            } else {
                keys.entry(key.to_owned()).or_default();
            }
        }
        keys.insert(LOG.to_owned(), None);
        for name in Rates::NAMES {
            keys.entry(format!("{RATES}{name}")).or_default();
        }
        let source = |key: &str, value: &Option<String>| {
            let from_environment = elsewhere.iter().any(|(name, is_set)| *name == key && *is_set);
            if from_environment {
                return ConfigSource::Environment;
            }
            if let Some(source) = origins.source(key) {
                return source;
            }
            if key == "data" {
                return ConfigSource::Default;
            }
            if self.given.contains(key) {
                return ConfigSource::File;
            }
            // What no file says and no default: the command has set it, as `demo` does.
            match value.is_some() && defaults.get(key) != Some(value) {
                true => ConfigSource::Argument,
                false => ConfigSource::Default,
            }
        };
        let shown = |(key, value): (String, Option<String>)| {
            let secret = SECRET.contains(&key.as_str())
                || elsewhere.iter().any(|(name, _)| *name == key)
                || value.as_deref().is_some_and(|value| !harmless(value));
            let empty = value.as_deref().is_none_or(|value| value == "[]");
            ConfigValue {
                source: source(&key, &value),
                set: value.is_some() && !(secret && empty),
                value: value.filter(|_| !secret),
                secret,
                restart: true,
                configured: None,
                about: about(&key).to_owned(),
                key,
            }
        };
        keys.into_iter().map(shown).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// As `serve` shows them with these arguments.
    fn shown(text: &str, arguments: &[&str]) -> Vec<ConfigValue> {
        use clap::CommandFactory as _;
        let line = ["tradewind", "serve"].iter().chain(arguments);
        let matches = crate::args::Cli::command().get_matches_from(line);
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("tradewind.toml");
        std::fs::write(&path, text).expect("written");
        let config = FileConfig::load(&path).map_err(|failure| failure.to_string());
        config
            .expect("loaded")
            .shown(&DataDir::new(Path::new("data")), &Origins::of(&matches))
    }

    fn of<'a>(values: &'a [ConfigValue], key: &str) -> &'a ConfigValue {
        values.iter().find(|value| value.key == key).expect(key)
    }

    const EVERYTHING: &str = "listen = \"127.0.0.1:1\"\ntape = true\n[store]\nurl = \"postgres://asha:hunter2@db/x?sslmode=require\"\n\
        [identity]\nreset_command = [\"/bin/send\", \"--password\", \"hunter2\"]\n[limits]\nconnections = 9\n\
        [[limits.tiers]]\nname = \"machines\"\nroles = [\"SERVICE\"]\nrates = { read = \"5000/min\" }\n\
        [[venues]]\nid = \"coinbase\"\nkind = \"coinbase_advanced\"\nws = \"wss://x/?token=hunter2\"\nmaker_fee = \"0.004\"\n\
        taker_fee = \"0.006\"\nfee_source = \"here\"\n[[accounts]]\nid = \"a\"\nname = \"A\"\nvenue = \"coinbase\"\n\
        base_currency = \"USD\"\ndeposit = \"5\"\n";

    #[test]
    fn every_value_says_where_it_is_from() {
        let arguments = ["--listen", "127.0.0.1:1", "--log", "debug", "--data", "here"];
        let values = shown(EVERYTHING, &arguments);
        let seen = |key: &str| {
            (
                of(&values, key).value.as_deref().map(str::to_owned),
                of(&values, key).source,
            )
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(seen("listen"), (some("127.0.0.1:1"), ConfigSource::Argument));
        assert_eq!(seen("tape"), (some("true"), ConfigSource::File));
        assert_eq!(seen("limits.connections"), (some("9"), ConfigSource::File));
        assert_eq!(
            seen("limits.tiers.1.rates.read"),
            (some("5000/min"), ConfigSource::File)
        );
        assert_eq!(seen("venues.1.maker_fee"), (some("0.004"), ConfigSource::File));
        assert_eq!(
            seen("catalogue.scan_every_s"),
            (some("300"), ConfigSource::Default)
        );
        assert_eq!(seen("store.connections"), (None, ConfigSource::Default));
        for key in ["data", "log"] {
            assert_eq!(seen(key).1, ConfigSource::Argument, "{key}");
        }
        // Nobody said anything, unless the environment of the test does.
        let values = shown("", &[]);
        for (key, name) in [
            ("data", "TRADEWIND_DATA"),
            ("log", "TRADEWIND_LOG"),
            ("listen", "TRADEWIND_LISTEN"),
        ] {
            let source = match std::env::var(name) {
                Ok(_) => ConfigSource::Environment,
                Err(_) => ConfigSource::Default,
            };
            assert_eq!(of(&values, key).source, source, "{key}");
        }
    }

    #[test]
    fn no_secret_is_shown_and_whether_it_is_set_is() {
        let values = shown(EVERYTHING, &[]);
        assert!(!format!("{values:?}").contains("hunter2"));
        for key in ["store.url", "identity.reset_command", "venues.1.ws"] {
            let value = of(&values, key);
            assert!(value.secret && value.set && value.value.is_none(), "{value:?}");
        }
        let none = shown("", &[]);
        for key in ["identity.reset_command", "secrets.command"] {
            assert!(of(&none, key).secret && !of(&none, key).set);
        }
    }

    #[test]
    fn every_key_is_explained_and_nothing_that_is_no_key() {
        let values = shown(EVERYTHING, &[]);
        let without: Vec<&str> = values
            .iter()
            .filter(|v| v.about.is_empty())
            .map(|v| v.key.as_str())
            .collect();
        assert!(without.is_empty(), "not explained: {without:?}");
        let keys: BTreeSet<String> = values.iter().map(|value| described(&value.key)).collect();
        let used = |known: &str| {
            keys.iter()
                .any(|key| key == known || key.starts_with(&format!("{known}.")))
        };
        let stale: Vec<&str> = ABOUT
            .iter()
            .map(|(known, _)| *known)
            .filter(|known| !used(known))
            .collect();
        assert!(stale.is_empty(), "no such key: {stale:?}");
    }
}
