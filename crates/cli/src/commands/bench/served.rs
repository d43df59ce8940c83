//! The server that `bench hub` and `bench rest` measure when no `--url` is given: a process of its own with the whole
//! program in a temporary folder, and quotes at a steady rate on its market-data lane.
//!
//! The quotes are a triangle wave, marked as simulated; they take the way that a venue's quotes take: engine, hub,
//! sockets. The server ends when its standard input does, so also when the load generator is killed.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use tokio::time::{MissedTickBehavior, interval};
use tradewind_engine::EngineHandle;
use tradewind_server::identity::manage::{self, Key, Person};
use tradewind_server::identity::{KeyTerms, Passwords, Secret};
use tradewind_store::Db;
use tradewind_store::identity::keys::KEYS_MAX;
use tradewind_store::identity::memberships::{self, MembershipRow};
use tradewind_types::market::{MarketEvent, Quote};
use tradewind_types::record::{Command, FeeTable};
use tradewind_types::risk::RiskSettings;
use tradewind_types::{
    AccountId, Clock, Currency, Decimal, Instrument, InstrumentIdx, PriceMantissa, SizeMantissa, UserId,
};
use tradewind_venues::clock::SystemClock;
use tradewind_wire::{Role, Scope};

use crate::app::{self, DataDir, Options, Running, envelope};
use crate::args::{BenchArgs, Origins};
use crate::commands::on_runtime;
use crate::config::{AccountConfig, FileConfig};
use crate::failure::Failure;

/// Instruments whose quotes are published.
const INSTRUMENTS: usize = 50;
const ACCOUNT: &str = "bench";
const VENUE: &str = "bench";
/// Limits per person and address are multiplied by this: one machine plays all of them.
const RATE_MULTIPLIER: u32 = 100_000;

/// What a load generator needs to know.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Target {
    pub(super) url: String,
    pub(super) pid: Option<u32>,
    pub(super) keys: Vec<String>,
    pub(super) account: Option<String>,
    pub(super) instruments: Vec<String>,
}

/// What a server is to bear.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    /// Quotes a second of each instrument.
    pub(super) rate: u32,
    /// Keys.
    pub(super) users: usize,
}

impl Load {
    pub(super) fn of(args: &BenchArgs, rate: u32) -> Self {
        Self {
            rate,
            users: args.users,
        }
    }
}

/// A started server process; it ends with this value.
pub(super) struct Served {
    pub(super) target: Target,
    child: Child,
}

impl Served {
    /// Starts this program again as the server.
    pub(super) fn start(load: Load) -> Result<Served, Failure> {
        let program = std::env::current_exe().context("the path of this program")?;
        let mut child = std::process::Command::new(program)
            .args([
                "bench",
                "--serve",
                "--rate",
                &load.rate.to_string(),
                "--users",
                &load.users.to_string(),
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("the server process cannot be started")?;
        let out = child.stdout.take().context("the server's output")?;
        let mut line = String::new();
        BufReader::new(out)
            .read_line(&mut line)
            .context("the server's address")?;
        let target = serde_json::from_str(&line).map_err(|_| {
            Failure::failed("the server process ended before it was ready; its error is above")
        })?;
        Ok(Served { target, child })
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // The end of its input is its signal; then it is waited for, so that nothing is left behind.
        drop(self.child.stdin.take());
        if let Err(error) = self.child.wait() {
            eprintln!("the server process could not be waited for: {error}");
        }
    }
}

/// The server's side: starts everything, says where it is, runs until standard input ends.
pub(super) fn run(args: &BenchArgs) -> Result<(), Failure> {
    let folder = tempfile_dir()?;
    let result = on_runtime(serve(args, &folder));
    if let Err(error) = std::fs::remove_dir_all(&folder) {
        eprintln!("{} could not be removed: {error}", folder.display());
    }
    result
}

fn tempfile_dir() -> Result<std::path::PathBuf, Failure> {
    let folder = std::env::temp_dir().join(format!("tradewind-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).context("a temporary folder")?;
    Ok(folder)
}

async fn serve(args: &BenchArgs, folder: &std::path::Path) -> Result<(), Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let config = FileConfig {
        listen: std::net::SocketAddr::from(([127, 0, 0, 1], 0)),
        rate_multiplier: RATE_MULTIPLIER,
        accounts: vec![account()?],
        ..FileConfig::default()
    };
    let options = Options {
        data: DataDir::new(folder),
        config,
        demo: true,
        origins: Origins::default(),
        engine_clock: Arc::clone(&clock),
        clock,
        given: Vec::new(),
    };
    let running = Running::start(options).await?;
    let engine = running.engine();
    let instruments = define(&engine).await?;
    raise_risk_limits(&engine).await?;
    let keys = keys(&running.db, args.users.max(1)).await?;
    let publisher = tokio::spawn(publish(engine, instruments.len(), args.rate.unwrap_or(1)));
    let target = Target {
        url: format!("http://{}", running.address),
        pid: Some(std::process::id()),
        keys,
        account: Some(ACCOUNT.to_owned()),
        instruments,
    };
    println!(
        "{}",
        serde_json::to_string(&target).context("the target as JSON")?
    );
    let ended = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    ended
        .await
        .context("waiting for the end")?
        .context("standard input")?;
    publisher.abort();
    running.stop().await;
    Ok(())
}

fn account() -> Result<AccountConfig, Failure> {
    Ok(AccountConfig {
        id: ACCOUNT.parse().context("an account id")?,
        name: "Benchmark".to_owned(),
        venue: VENUE.parse().context("a venue id")?,
        base_currency: Currency::USD,
        deposit: Decimal::from(1_000_000_000),
        strategies: false,
    })
}

/// Instruments `BENCH0-USD.BENCH` …; returns their ids. The first instrument of an engine has index 0.
async fn define(engine: &EngineHandle) -> Result<Vec<String>, Failure> {
    let fees = FeeTable {
        market: "BENCH".parse().context("a market")?,
        maker: Decimal::ZERO,
        taker: Decimal::ZERO,
        since: SystemClock.now(),
        source: "benchmark".to_owned(),
    };
    let set = engine.command(envelope(Command::DefineFees { fees })).await;
    set.context("fees cannot be set")?;
    let mut ids = Vec::new();
    for n in 0..INSTRUMENTS {
        let base = format!("BENCH{n}");
        let id = format!("{base}-USD.BENCH");
        let venue = VENUE.parse().context("a venue id")?;
        let pair = (base.parse::<Currency>().context("a currency")?, Currency::USD);
        let (tick, lot) = (Decimal::new(1, 2), Decimal::new(1, 6));
        let mut instrument = Instrument::spot(
            id.parse().context("an instrument id")?,
            venue,
            &id,
            pair,
            tick,
            lot,
        );
        instrument.simulated = true;
        let command = Command::DefineInstrument {
            instrument: Box::new(instrument),
        };
        engine
            .command(envelope(command))
            .await
            .context("an instrument cannot be defined")?;
        ids.push(id);
    }
    Ok(ids)
}

async fn raise_risk_limits(engine: &EngineHandle) -> Result<(), Failure> {
    let settings = RiskSettings {
        orders_per_minute: u32::MAX,
        orders_per_hour: u32::MAX,
        orders_per_day: u32::MAX,
        open_positions_max: u32::MAX,
        ..RiskSettings::default()
    };
    let account = AccountId::new(ACCOUNT).context("an account id")?;
    let command = Command::SetRiskSettings {
        account,
        settings,
        expected_version: 1,
    };
    engine
        .command(envelope(command))
        .await
        .context("risk limits cannot be raised")?;
    Ok(())
}

/// So many API keys, so that every user of the load has a credential of their own; a trader has no more than a person may.
async fn keys(db: &Db, count: usize) -> Result<Vec<String>, Failure> {
    let now = SystemClock.now();
    let refused = |error: tradewind_server::ApiError| Failure::failed(error.detail);
    let each = usize::try_from(KEYS_MAX).unwrap_or(1);
    let mut keys = Vec::with_capacity(count);
    while keys.len() < count {
        let owner = trader(db, keys.len() / each).await?;
        let of_owner = count.min(keys.len() + each);
        while keys.len() < of_owner {
            let name = format!("load {}", keys.len());
            let scopes = [Scope::Read, Scope::Trade, Scope::Cancel];
            let key = Key {
                owner: &owner,
                name: &name,
                scopes: &scopes,
                accounts: None,
                expires_at: None,
                terms: KeyTerms::default(),
            };
            let (_, secret) = manage::create_key(db, &app::org(), key, now)
                .await
                .map_err(refused)?;
            keys.push(secret.text().to_owned());
        }
    }
    Ok(keys)
}

/// A trader of the account.
async fn trader(db: &Db, number: usize) -> Result<UserId, Failure> {
    let refused = |error: tradewind_server::ApiError| Failure::failed(error.detail);
    // Nobody signs in with it: the load generator has keys.
    let secret = Secret::generate().map_err(refused)?;
    let person = Person {
        username: &format!("bench-{number}"),
        display_name: "Benchmark",
        password: secret.text(),
        role: Role::Trader,
    };
    let hashing = tradewind_server::Config::new(app::org(), app::engine_id()).hashing;
    let passwords = Passwords::new(hashing).map_err(refused)?;
    let now = SystemClock.now();
    let row = manage::create_user(db, &passwords, &app::org(), &person, now).await;
    let owner = row.map_err(refused)?.id;
    let account = AccountId::new(ACCOUNT).context("an account id")?;
    let member = MembershipRow {
        account,
        owner: owner.clone(),
        role: "TRADER".to_owned(),
        since: now,
        version: 1,
    };
    let granted = memberships::upsert(db, &app::org(), &app::engine_id(), &member, owner.as_str()).await;
    granted.context("a membership")?;
    Ok(owner)
}

/// Publishes a quote of every instrument `rate` times a second, spread over the period.
async fn publish(engine: EngineHandle, instruments: usize, rate: u32) {
    let sender = engine.market_sender();
    let per_second = u64::from(rate.max(1)) * instruments as u64;
    // Groups of quotes every 2 ms: timers are no finer.
    let mut ticks = interval(Duration::from_millis(2));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (mut sent, mut passed) = (0_u64, 0_u64);
    loop {
        ticks.tick().await;
        passed += 1;
        while sent < passed * per_second / 500 {
            let slot = sent % instruments as u64;
            sender
                .send(MarketEvent::Quote(wave(slot, sent / instruments as u64)))
                .await;
            sent += 1;
        }
    }
}

/// The `n`th quote of an instrument: a price that goes up and down between 1,000.00 and 1,001.00.
fn wave(slot: u64, n: u64) -> Quote {
    let now = SystemClock.now();
    let phase = i64::try_from(n % 200).unwrap_or(0);
    let bid = 100_000 + phase.min(200 - phase);
    Quote {
        instrument: InstrumentIdx(u32::try_from(slot).unwrap_or(u32::MAX)),
        bid: PriceMantissa(bid),
        ask: PriceMantissa(bid + 2),
        bid_size: SizeMantissa(1_500_000),
        ask_size: SizeMantissa(2_500_000),
        ts_event: now,
        ts_init: now,
    }
}
