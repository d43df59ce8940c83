//! A desk for tests: engine, database, projections and router, with people and accounts.
#![allow(unreachable_pub, reason = "shared by the modules of one test binary")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;
use tradewind_engine::{
    Engine, EngineConfig, EngineHandle, Kernel, KernelConfig, MarketPublication, MarketSink, OutcomeSink,
};
use tradewind_server::access::Rights;
use tradewind_server::app::Parts;
use tradewind_server::backtests::Backtests;
use tradewind_server::backups::{BackupConfig, Backups, Keep};
use tradewind_server::calendars::Calendars;
use tradewind_server::catalogue::Catalogue;
use tradewind_server::config::HashConfig;
use tradewind_server::hub::{Feeds, Hub, HubConfig};
use tradewind_server::identity::manage::{Key, create_key};
use tradewind_server::identity::{KeyTerms, hash_token, member_text, role_text};
use tradewind_server::jobs::Tasks;
use tradewind_server::limits::{RateConfig, Rates};
use tradewind_server::secrets::{Keyring, RootKey};
use tradewind_server::settings::{Configured, LogFilter};
use tradewind_server::venues::VenueDirectory;
use tradewind_server::{App, AppState, Config};
use tradewind_store::backup::BackupKey;
use tradewind_store::catalog::{Catalog, Files, Tail};
use tradewind_store::identity::{memberships, organisations, sessions, users};
use tradewind_store::projection::{Pace, ProjectionSink, Projector, Records, Scope, SqlHistories};
use tradewind_store::testing::place;
use tradewind_store::{Db, migrate};
use tradewind_types::market::{BookAction, BookLevel, BookUpdate, MarketEvent, Trade};
use tradewind_types::record::{Command, CommandEnvelope, FeeTable, Outcome};
use tradewind_types::{
    AccountId, AccountInfo, AccountKind, Clock, Currency, Decimal, EngineId, Instrument, InstrumentIdx,
    Money, OrgId, PriceMantissa, Side, SizeMantissa, UnixNanos, UserId,
};
use tradewind_venues::clock::ManualClock;
use tradewind_wire::{ConfigSource, ConfigValue};
use tradewind_wire::{MemberRole, Role, Scope as KeyScope};

use crate::catalogue::VenueOfTests;

/// 2026-11-22T09:00:00Z.
pub const START: UnixNanos = UnixNanos::from_secs(1_795_338_000);
pub const BTC: &str = "BTC-USD.COINBASE";

struct Projected {
    projection: ProjectionSink,
    hub: Option<Box<dyn OutcomeSink>>,
}

impl OutcomeSink for Projected {
    fn durable(&mut self, outcomes: &[(u64, Outcome)]) {
        self.projection.push(outcomes);
        if let Some(hub) = &mut self.hub {
            hub.durable(outcomes);
        }
    }
}

struct Nobody;

impl MarketSink for Nobody {
    fn market(&mut self, _: &Kernel, _: &MarketPublication) {}
}

/// One password hash for everybody: hashing is slow on purpose.
pub const PASSWORD: &str = "three boats under the bridge";

fn password_hash() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| {
        use argon2::password_hash::PasswordHasher;
        let params = argon2::Params::new(64, 1, 1, None).expect("params");
        let argon = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
        argon
            .hash_password(PASSWORD.as_bytes())
            .expect("hash")
            .to_string()
    })
}

pub struct Desk {
    pub router: Router,
    pub state: AppState,
    pub clock: Arc<ManualClock>,
    pub db: Db,
    pub engine: EngineHandle,
    pub log: Arc<LogOfTests>,
    sessions: Mutex<u64>,
    // Fields drop in this order: the engine stops before its folder goes.
    _engine: Engine,
    _dir: TempDir,
}

/// A credential for requests.
#[derive(Clone, Debug)]
pub enum As {
    Nobody,
    Session { token: String, csrf: String },
    Key(String),
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: http::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&self.body)))
    }

    /// The problem's code, after checking that it is one and complete.
    pub fn problem(&self) -> String {
        assert_eq!(
            self.headers["content-type"],
            "application/problem+json",
            "{}",
            String::from_utf8_lossy(&self.body)
        );
        let problem = self.json();
        let code = problem["error_code"].as_str().expect("error_code").to_owned();
        assert_eq!(problem["status"], self.status.as_u16());
        assert_eq!(problem["type"], format!("/api/v1/errors#{code}"));
        assert_eq!(
            problem["correlation_id"].as_str(),
            self.headers["x-request-id"].to_str().ok()
        );
        for field in ["title", "detail", "instance", "timestamp"] {
            assert!(
                !problem[field].as_str().expect(field).is_empty(),
                "{field} is empty"
            );
        }
        assert!(problem["errors"].is_array());
        code
    }

    /// The first field error as `field:code`.
    pub fn field(&self) -> String {
        assert_eq!(self.problem(), "VALIDATION");
        let error = &self.json()["errors"][0];
        format!(
            "{}:{}",
            error["field"].as_str().expect("field"),
            error["code"].as_str().expect("code")
        )
    }
}

impl Desk {
    pub async fn open() -> Self {
        Self::with(|config| config.rates.multiplier = 100_000).await
    }

    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::build(change, None).await
    }

    /// With a hub that the engine feeds.
    pub async fn with_hub(change: impl FnOnce(&mut Config)) -> Self {
        Self::build(change, Some(Feeds::new())).await
    }

    async fn build(change: impl FnOnce(&mut Config), feeds: Option<Arc<Feeds>>) -> Self {
        let dir = tempfile::tempdir().expect("temp dir");
        let clock = Arc::new(ManualClock::at(START));
        let db = Db::open(&place(dir.path()).await).await.expect("database");
        migrate::up(&db, START).await.expect("migrations");
        let (org, engine_id) = (
            OrgId::new("desk").expect("id"),
            EngineId::new("main").expect("id"),
        );
        organisations::ensure(&db, &org, &engine_id, START)
            .await
            .expect("organisation");
        let mut config = Config::new(org.clone(), engine_id.clone());
        config.hashing = HashConfig {
            memory_kib: 64,
            passes: 1,
        };
        change(&mut config);
        let scope = Scope {
            org,
            engine: engine_id,
        };
        // The journal is new and the projector follows it from its first record: there is nothing to catch up with.
        let nothing = |_: u64| -> Records { Box::new(std::iter::empty()) };
        let pace = Pace {
            between: Duration::ZERO,
            ..Pace::default()
        };
        let (sink, projector) = Projector::new(db.clone(), scope.clone(), Arc::new(nothing), pace);
        tokio::spawn(projector.run());
        let shared: Arc<dyn Clock> = clock.clone();
        let settings = EngineConfig {
            journal_dir: dir.path().join("journal"),
            kernel: KernelConfig {
                paper_latency_ns: 0,
                ..KernelConfig::default()
            },
            snapshot_every: 1_000_000,
            tape_dir: None,
            clock: Arc::clone(&shared),
        };
        let outcomes = Projected {
            projection: sink,
            hub: feeds.as_ref().map(|feeds| feeds.outcome_sink()),
        };
        let market = feeds.as_ref().map(|feeds| feeds.market_sink());
        let market = market.unwrap_or_else(|| Box::new(Nobody));
        let (engine, recovered) = Engine::start(settings, Box::new(outcomes), market).expect("engine");
        let keyring = Arc::new(Keyring::of(vec![RootKey::new([42; 32])]).expect("a key"));
        let rights = Rights::new(&db, &shared, &config, &keyring);
        let access = Arc::new(rights.clone());
        let hub = feeds.as_ref().map(|feeds| {
            Hub::start(
                HubConfig::default(),
                Arc::clone(&shared),
                access,
                Arc::clone(feeds) as _,
            )
        });
        let catalog = Catalog::new(Files::memory()).with_tail(Tail::new(db.clone()));
        let gaps = Arc::new(VenueOfTests::new(catalog.clone(), Arc::clone(&shared)));
        let tasks = Tasks::new(Arc::clone(&shared));
        let catalogue = Catalogue::new(catalog, "memory".to_owned(), calendars())
            .shown_in(&tasks)
            .recording(gaps);
        let backtests = Backtests::start(&dir.path().join("backtests"), Arc::clone(&shared), calendars());
        let log = Arc::new(LogOfTests::default());
        let backups = Backups::open(
            backup_config(dir.path()),
            db.clone(),
            Arc::clone(&shared),
            Arc::clone(&tasks),
        );
        let calendars = Calendars::load(&db, &config.org, &["XLON".to_owned()]).await;
        let state = AppState::new(Parts {
            calendars: Arc::new(calendars.expect("calendars")),
            configured: configured(&config, &log),
            config,
            clock: shared,
            backtests: Some(backtests.expect("a folder for backtests")),
            backups: Some(backups),
            tasks,
            catalogue: Some(Arc::new(catalogue)),
            engine: engine.handle(),
            store: db.clone(),
            histories: Arc::new(SqlHistories::new(db.clone(), scope)),
            venues: VenueDirectory::default(),
            rights,
            keyring,
            hub,
        })
        .expect("state");
        if let Some(feeds) = feeds {
            feeds.connect(&state, recovered.outcomes);
        }
        let router = App::router(state.clone());
        let handle = engine.handle();
        let desk = Self {
            router,
            state,
            clock,
            db,
            engine: handle,
            log,
            sessions: Mutex::new(0),
            _engine: engine,
            _dir: dir,
        };
        desk.define_market().await;
        desk
    }

    /// The program as it is after a restart: same database, engine and projections, nothing else remembered.
    pub async fn restarted(&self) -> Router {
        let (config, clock) = (self.state.config.clone(), Arc::clone(&self.state.clock));
        let calendars = Calendars::load(&self.db, &config.org, &[]).await;
        let state = AppState::new(Parts {
            rights: Rights::new(&self.db, &clock, &config, &self.state.keyring),
            configured: configured(&config, &self.log),
            config,
            clock,
            engine: self.engine.clone(),
            store: self.db.clone(),
            histories: Arc::clone(&self.state.histories),
            venues: VenueDirectory::default(),
            keyring: Arc::clone(&self.state.keyring),
            hub: None,
            backtests: None,
            tasks: Arc::clone(&self.state.tasks),
            backups: None,
            catalogue: None,
            calendars: Arc::new(calendars.expect("calendars")),
        })
        .expect("state");
        state.tidy().await.expect("tidied");
        App::router(state)
    }

    async fn define_market(&self) {
        let currency = |code: &str| code.parse::<Currency>().expect("currency");
        for (base, market, venue) in [
            ("BTC", "COINBASE", "coinbase"),
            ("ETH", "COINBASE", "coinbase"),
            ("BTC", "KRAKEN", "kraken"),
        ] {
            let mut instrument = Instrument::spot(
                format!("{base}-USD.{market}").parse().expect("id"),
                venue.parse().expect("venue"),
                &format!("{base}-USD"),
                (currency(base), currency("USD")),
                Decimal::new(1, 2),
                Decimal::new(1, 4),
            );
            instrument.simulated = true;
            self.command(Command::DefineInstrument {
                instrument: Box::new(instrument),
            })
            .await;
        }
        for market in ["COINBASE", "KRAKEN"] {
            let fees = FeeTable {
                market: market.parse().expect("market"),
                maker: Decimal::new(4, 3),
                taker: Decimal::new(6, 3),
                since: UnixNanos(0),
                source: "test".to_owned(),
            };
            self.command(Command::DefineFees { fees }).await;
        }
    }

    pub async fn command(&self, command: Command) {
        let ts = self.clock.now();
        let envelope = CommandEnvelope {
            actor: "test".to_owned(),
            correlation_id: "test".to_owned(),
            ts,
            command,
        };
        self.engine.command(envelope).await.expect("command");
    }

    /// A book of one level a side, in whole dollars and units, and a trade in the middle.
    pub async fn quote(&self, instrument: &str, bid: i64, ask: i64) {
        let id = instrument.parse().expect("id");
        let idx = self
            .engine
            .query(move |k| k.instruments().idx(&id))
            .await
            .expect("query")
            .expect("known");
        let ts = self.clock.now();
        let level = |side, price: i64| BookLevel {
            side,
            price: PriceMantissa(price * 100),
            size: SizeMantissa(100_000),
        };
        let update = BookUpdate {
            instrument: idx,
            action: BookAction::Snapshot,
            levels: [level(Side::Buy, bid), level(Side::Sell, ask)]
                .into_iter()
                .collect(),
            ts_event: ts,
            ts_init: ts,
        };
        let sender = self.engine.market_sender();
        sender.send(MarketEvent::Book(update)).await;
        sender.send(MarketEvent::Trade(trade(idx, bid, ts))).await;
        // A query is answered after what was sent before it.
        self.engine.query(|_| ()).await.expect("query");
    }

    /// Another organisation on the same installation.
    pub async fn organisation(&self, id: &str) -> OrgId {
        let org = OrgId::new(id).expect("id");
        let made = organisations::create(&self.db, &org, id, self.clock.now()).await;
        assert!(made.expect("store"), "{id} is there already");
        org
    }

    pub async fn person(&self, name: &str, role: Role) -> UserId {
        self.person_of(&self.state.config.org, name, role).await
    }

    pub async fn person_of(&self, org: &OrgId, name: &str, role: Role) -> UserId {
        let row = users::UserRow {
            id: format!("u-{name}").parse().expect("id"),
            org: org.clone(),
            username: name.to_owned(),
            display_name: name.to_owned(),
            role: role_text(role).to_owned(),
            password_hash: password_hash().to_owned(),
            disabled: false,
            created_at: self.clock.now(),
            version: 1,
        };
        users::insert(&self.db, &row).await.expect("person");
        row.id
    }

    pub async fn session(&self, user: &UserId) -> As {
        let number = {
            let mut last = self.sessions.lock().expect("no panic");
            *last += 1;
            *last
        };
        let token = format!("token-{number}-of-{user}");
        let now = self.clock.now();
        let row = sessions::SessionRow {
            id: format!("s{number}"),
            org: self.state.config.org.clone(),
            owner: user.clone(),
            token_hash: hash_token(&token),
            user_agent: "test".to_owned(),
            ip: "127.0.0.1".to_owned(),
            created_at: now,
            last_seen_at: now,
            expires_at: now.plus(86_400_000_000_000),
        };
        sessions::insert(&self.db, &row).await.expect("session");
        let csrf = tradewind_server::identity::csrf_token(&token);
        As::Session { token, csrf }
    }

    pub async fn key(&self, user: &UserId, scopes: &[KeyScope], accounts: Option<Vec<AccountId>>) -> As {
        let key = Key {
            owner: user,
            name: "test",
            scopes,
            accounts,
            expires_at: None,
            terms: KeyTerms::default(),
        };
        let (_, secret) = create_key(&self.db, &self.state.config.org, key, self.clock.now())
            .await
            .expect("key");
        As::Key(secret.text().to_owned())
    }

    pub async fn account(&self, id: &str, members: &[(&UserId, MemberRole)]) -> AccountId {
        self.account_of(&self.state.config.org, id, members).await
    }

    pub async fn account_of(&self, org: &OrgId, id: &str, members: &[(&UserId, MemberRole)]) -> AccountId {
        let account: AccountId = id.parse().expect("id");
        let usd = "USD".parse().expect("currency");
        let info = AccountInfo {
            id: account.clone(),
            org: org.clone(),
            owner: "u-owner".parse().expect("id"),
            name: id.to_owned(),
            kind: AccountKind::Paper,
            venue: "coinbase".parse().expect("venue"),
            base_currency: usd,
        };
        let deposit = Money::new(Decimal::from(100_000), usd);
        self.command(Command::OpenAccount {
            account: info,
            deposit,
        })
        .await;
        for (user, role) in members {
            let row = memberships::MembershipRow {
                account: account.clone(),
                owner: (*user).clone(),
                role: member_text(*role).to_owned(),
                since: self.clock.now(),
                version: 1,
            };
            let config = &self.state.config;
            memberships::upsert(&self.db, org, &config.engine_id, &row, "test")
                .await
                .expect("member");
        }
        self.state.identity_changed();
        account
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("infallible");
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX)
            .await
            .expect("body")
            .to_vec();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    pub fn request(&self, who: &As, method: &str, path: &str, body: Option<&Value>) -> Request<Body> {
        let mut builder = Request::builder()
            .method(Method::from_bytes(method.as_bytes()).expect("method"))
            .uri(path);
        builder = builder.header("host", "localhost:8080");
        builder = match who {
            As::Nobody => builder,
            As::Session { token, csrf } => builder
                .header("cookie", format!("a=b; tw_session={token}"))
                .header("x-csrf-token", csrf),
            As::Key(key) => builder.header("authorization", format!("Bearer {key}")),
        };
        if body.is_some() {
            builder = builder.header("content-type", "application/json");
        }
        let peer: SocketAddr = "203.0.113.7:1000".parse().expect("address");
        builder
            .extension(ConnectInfo(peer))
            .body(body.map_or_else(Body::empty, |json| Body::from(json.to_string())))
            .expect("request")
    }

    pub async fn call(&self, who: &As, method: &str, path: &str, body: Value) -> Answer {
        let body = if body.is_null() { None } else { Some(body) };
        self.send(self.request(who, method, path, body.as_ref())).await
    }

    pub async fn get(&self, who: &As, path: &str) -> Answer {
        self.call(who, "GET", path, Value::Null).await
    }

    /// Waits until the projections have everything that is durable.
    pub async fn projected(&self) {
        // Of what a query has shown some may still be on its way to the journal.
        let seq = self.engine.stats().seq;
        loop {
            let applied = self.state.histories.applied_seq().await.expect("store");
            if applied >= seq {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Lets time pass in clock and kernel.
    pub async fn pass(&self, time: Duration) {
        self.clock.advance(time);
        let id = BTC.parse().expect("id");
        let idx = self
            .engine
            .query(move |k| k.instruments().idx(&id))
            .await
            .expect("query")
            .expect("known");
        let reset = MarketEvent::Trade(trade(idx, 100, self.clock.now()));
        self.engine.market_sender().send(reset).await;
        self.engine.query(|_| ()).await.expect("query");
    }
}

fn trade(idx: InstrumentIdx, price: i64, ts: UnixNanos) -> Trade {
    Trade {
        instrument: idx,
        price: PriceMantissa(price * 100),
        size: SizeMantissa(100),
        aggressor: Some(Side::Buy),
        trade_id: ts.0 / 1_000,
        ts_event: ts,
        ts_init: ts,
    }
}

/// A trader with a session, an account and a quoted market.
/// What is logged, as tests see it.
#[derive(Default)]
pub struct LogOfTests(pub Mutex<String>);

impl LogFilter for LogOfTests {
    fn configured(&self) -> String {
        "info".to_owned()
    }

    fn check(&self, filter: &str) -> Result<(), String> {
        match ["debug", "info", "warn"].contains(&filter) {
            true => Ok(()),
            false => Err(format!("`{filter}` is no filter")),
        }
    }

    fn set(&self, filter: &str) -> Result<(), String> {
        filter.clone_into(&mut self.0.lock().expect("nobody panicked"));
        Ok(())
    }
}

/// A configuration with something of each kind.
fn configured(config: &Config, log: &Arc<LogOfTests>) -> Configured {
    let value = |key: &str, value: Option<&str>, secret: bool, source| ConfigValue {
        key: key.to_owned(),
        value: value.filter(|_| !secret).map(str::to_owned),
        set: value.is_some(),
        secret,
        source,
        restart: true,
        configured: None,
        about: format!("what {key} is for"),
    };
    let mut values = vec![
        value("listen", Some("127.0.0.1:8787"), false, ConfigSource::Argument),
        value(
            "store.url",
            Some("postgres://asha:hunter2@db/x"),
            true,
            ConfigSource::Environment,
        ),
        value("tape", Some("false"), false, ConfigSource::Default),
        value("log", None, false, ConfigSource::Default),
    ];
    values.extend(Rates::NAMES.map(|name| {
        value(
            &format!("limits.rates.{name}"),
            None,
            false,
            ConfigSource::Default,
        )
    }));
    let base = config.rates.clone();
    Configured {
        values,
        log: Arc::clone(log) as Arc<dyn LogFilter>,
        rates: base.rates,
        rates_over: Arc::new(move |rates| {
            Ok(RateConfig {
                rates,
                ..base.clone()
            })
        }),
    }
}

/// Backups below a folder, none by themselves.
pub(crate) fn backup_config(folder: &std::path::Path) -> BackupConfig {
    BackupConfig {
        folder: folder.join("backups"),
        key: Some(BackupKey::from_bytes([7; 32])),
        every: None,
        drill_every: None,
        keep: Keep::default(),
        journal: folder.join("journal"),
        scratch: folder.to_owned(),
        look: Arc::new(|journal: &std::path::Path| match journal.join("head").is_file() {
            true => Ok(()),
            false => Err("there is no witness".to_owned()),
        }),
    }
}

pub async fn trading(desk: &Desk) -> (As, AccountId) {
    let user = desk.person("asha", Role::Trader).await;
    let account = desk.account("a-asha", &[(&user, MemberRole::Owner)]).await;
    desk.quote(BTC, 100, 101).await;
    (desk.session(&user).await, account)
}

pub fn limit_buy(id: &str, quantity: &str, price: &str) -> Value {
    json!({"client_order_id": id, "instrument": BTC, "side": "BUY", "type": "LIMIT", "quantity": quantity, "price": price})
}

/// The calendars that backtests of the tests know: `TEST`, open from 10:00 to 11:00 UTC on five days of seven.
pub(crate) fn calendars() -> tradewind_engine::runtime::SessionSource {
    Arc::new(|calendar, from, to| {
        if calendar != "TEST" {
            return Err(format!("the calendar {calendar} is not known"));
        }
        let day = tradewind_types::time::DAY_NS;
        let hour = day / 24;
        let days = (from.0 / day..=to.0 / day).filter(|n| n % 7 < 5);
        let spans = days.filter_map(|n| {
            Some(tradewind_types::market::SessionSpan {
                date: tradewind_types::market::BarGrid::Utc.trading_date(UnixNanos(n * day))?,
                open: UnixNanos(n * day + 10 * hour),
                close: UnixNanos(n * day + 11 * hour),
            })
        });
        let grid = tradewind_types::market::SessionGrid::new(spans.collect());
        grid.map(Some).map_err(|e| e.to_string())
    })
}
