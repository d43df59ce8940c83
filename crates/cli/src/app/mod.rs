//! Putting the program together: store, engine, projector, hub, feeds, server; and taking it apart again in order.

mod accounts;
mod backups;
mod catalogue;
mod database;
mod feeds;
mod grids;
mod journal_source;
pub(crate) mod sessions;
mod sinks;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tradewind_engine::{Engine, EngineConfig, KernelConfig, RecoveryReport};
use tradewind_server::app::Parts;
use tradewind_server::backtests::Backtests;
use tradewind_server::backups::Backups;
use tradewind_server::calendars::Calendars;
use tradewind_server::hub::{Feeds, Hub, HubConfig};
use tradewind_server::jobs::Tasks;
use tradewind_server::secrets::{Keyring, Source};
use tradewind_server::settings::Configured;
use tradewind_server::venues::VenueDirectory;
use tradewind_server::{App, AppState};
use tradewind_store::Db;
use tradewind_store::projection::{Pace, ProjectionError, Projector, Scope, SqlHistories};
use tradewind_types::{Clock, EngineId, OrgId, UnixNanos};

use crate::args::Origins;
use crate::config::FileConfig;
use crate::failure::Failure;

pub(crate) use accounts::envelope;
pub(crate) use catalogue::CatalogueConfig;
pub(crate) use database::{DATABASE_URL, StoreConfig, open as open_store};
pub(crate) use journal_source::JournalSource;

/// How long a stop waits for bars and trades that are not stored yet.
const CATALOGUE_STOP: Duration = Duration::from_secs(2);

/// How long a stop waits for the end of the audit log to be signed.
const AUDIT_STOP: Duration = Duration::from_secs(2);

/// How long a stop waits for the work on a backup; what is half made then goes with the next start.
const BACKUPS_STOP: Duration = Duration::from_secs(3);

/// How long a stop waits for the database's connections.
const DATABASE_STOP: Duration = Duration::from_secs(5);

/// The one desk of a single-node installation.
pub(crate) const ORG: &str = "main";
/// Its engine.
pub(crate) const ENGINE: &str = "main";

pub(crate) fn org() -> OrgId {
    OrgId::new(ORG).expect("a lower-case word is a valid id")
}

pub(crate) fn engine_id() -> EngineId {
    EngineId::new(ENGINE).expect("a lower-case word is a valid id")
}

pub(crate) fn scope() -> Scope {
    Scope {
        org: org(),
        engine: engine_id(),
    }
}

/// Where things lie in a data directory.
#[derive(Debug, Clone)]
pub(crate) struct DataDir(PathBuf);

impl DataDir {
    pub(crate) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Where recorded sessions are kept.
    pub(crate) fn tapes(&self) -> PathBuf {
        self.0.join("tapes")
    }

    /// Where people's backtests and their files are kept.
    pub(crate) fn backtests(&self) -> PathBuf {
        self.0.join("backtests")
    }

    /// Where backups go unless the configuration names another place.
    pub(crate) fn backups(&self) -> PathBuf {
        self.0.join("backups")
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.0.join("journal")
    }

    /// Where market data is stored unless the configuration names another place.
    fn catalog(&self) -> PathBuf {
        self.0.join("catalog")
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.0.join("tradewind.db")
    }

    pub(crate) fn simulator_state(&self) -> PathBuf {
        self.0.join("simulator.json")
    }

    /// Where the root keys lie unless the configuration says otherwise.
    pub(crate) fn secret_key(&self) -> PathBuf {
        self.0.join("secret.key")
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Makes the folder when it is missing, for nobody but its owner: password hashes, journal and statements lie in it.
    pub(crate) fn create(&self) -> Result<(), Failure> {
        let mut folder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
        folder
            .recursive(true)
            .create(&self.0)
            .with_context(|| format!("the data directory {} cannot be made", self.0.display()))
            .map_err(Failure::from)
    }
}

/// What a start needs to know.
pub(crate) struct Options {
    pub(crate) data: DataDir,
    pub(crate) config: FileConfig,
    pub(crate) demo: bool,
    /// Where what the command line says is from.
    pub(crate) origins: Origins,
    /// Of the engine: the wall clock, or that of a recording.
    pub(crate) engine_clock: Arc<dyn Clock>,
    /// Of people: sessions, links, audit.
    pub(crate) clock: Arc<dyn Clock>,
    /// Products of feeds without a product list (recordings).
    pub(crate) given: Vec<tradewind_types::Instrument>,
}

/// The running program.
pub(crate) struct Running {
    pub(crate) address: std::net::SocketAddr,
    pub(crate) recovery: RecoveryReport,
    pub(crate) db: Db,
    engine: Engine,
    feeds: Vec<tradewind_venues::feeds::Feed>,
    hub: Arc<Hub>,
    backtests: Arc<Backtests>,
    backups: Arc<Backups>,
    backups_due: JoinHandle<()>,
    stop: CancellationToken,
    sessions: JoinHandle<()>,
    audit: JoinHandle<()>,
    catalogue: catalogue::Upkeep,
    server: JoinHandle<std::io::Result<()>>,
    projector: JoinHandle<Result<(), ProjectionError>>,
}

impl Running {
    /// Starts everything; on failure what was started ends with it.
    pub(crate) async fn start(options: Options) -> Result<Running, Failure> {
        let Options {
            data,
            config,
            demo,
            origins,
            engine_clock,
            clock,
            given,
        } = options;
        // First of all: whoever counts takes its counters from the recorder that is there then.
        let _ = tradewind_server::metrics::Metrics::install();
        data.create()?;
        let listener = TcpListener::bind(config.listen).await.map_err(|error| {
            Failure::with_hint(
                format!("cannot listen on {}: {error}", config.listen),
                "another instance may be running; --listen 127.0.0.1:0 takes a free port",
            )
        })?;
        let address = listener.local_addr()?;
        let db = data.open_database_as(&config.store, &*clock).await?;
        tradewind_store::identity::organisations::ensure(&db, &org(), &engine_id(), clock.now())
            .await
            .context("the desk cannot be set up")?;

        let keyring = keyring(config.secrets.source(&data)).await?;
        let chained = tradewind_server::identity::audit::adopt::adopt(&db, &keyring, &clock)
            .await
            .map_err(|error| Failure::failed(error.detail))?;
        if chained > 0 {
            tracing::info!(chained, "entries of the audit log were chained");
        }
        let calendars = Calendars::load(&db, &org(), &config.bar_calendars)
            .await
            .context("the calendars cannot be read")?;
        let calendars = Arc::new(calendars);

        let source = Arc::new(JournalSource::new(data.journal()));
        let (projection, projector) = Projector::new(db.clone(), scope(), source, Pace::default());
        let topics = Feeds::new();
        let venues = config.venues.iter().map(|venue| venue.id.clone());
        let (recording, tap) = catalogue::open(&config.catalogue, (&data, &db), venues)?;
        let (outcomes, market) = sinks::make(projection, &topics, tap);
        let (engine, recovery) = {
            let engine_config = EngineConfig {
                journal_dir: data.journal(),
                kernel: kernel_config(&config, &calendars, engine_clock.now())?,
                snapshot_every: config.snapshot_every,
                tape_dir: config.tape.then(|| data.tapes()),
                clock: Arc::clone(&engine_clock),
            };
            tokio::task::spawn_blocking(move || Engine::start(engine_config, outcomes, market))
                .await
                .context("the engine's start was interrupted")?
                .map_err(start_failure)?
        };
        let handle = engine.handle();
        let projector = tokio::spawn(projector.run());

        let started = feeds::start(&config, &given, &handle, &engine_clock).await?;
        let stop = CancellationToken::new();
        let tasks = Tasks::new(Arc::clone(&clock));
        let (catalogue, stored) = recording.keep(
            started.histories,
            &sessions::source(&calendars),
            (&engine_clock, &tasks),
            &stop,
        );
        let sessions = sessions::start(
            handle.clone(),
            &calendars,
            Arc::clone(&engine_clock),
            stop.clone(),
        )
        .await;
        accounts::open_missing(&config, &handle).await?;

        let mut server_config = tradewind_server::Config::new(org(), engine_id());
        server_config.demo = demo;
        server_config.hosts = config.allowed_hosts.clone();
        server_config.origins = config.allowed_origins.clone();
        server_config.tls = config.tls;
        server_config.audit_dir = Some(data.path().to_owned());
        server_config.require_second_factor = config.identity.require_second_factor.clone();
        server_config.reset_command = config.identity.reset_command.clone();
        server_config.issuer = config.identity.issuer.clone();
        server_config.rates = config
            .limits
            .rates(config.rate_multiplier)
            .map_err(Failure::Input)?;
        server_config.oidc = config.oidc().map_err(Failure::Input)?;
        server_config.proxies = config.proxies().map_err(Failure::Input)?;
        let mut connections = config.limits.connections().raised(config.rate_multiplier);
        connections.proxies = server_config.proxies.trusted.clone();
        let directory = VenueDirectory::new(started.entries);
        let rights = tradewind_server::access::Rights::new(&db, &clock, &server_config, &keyring);
        let hub = Hub::start(
            HubConfig::default().raised(config.rate_multiplier),
            Arc::clone(&clock),
            Arc::new(rights.clone()),
            topics.clone(),
        );
        let (settings, tasks_of) = (config.backup.of(&data)?, Arc::clone(&tasks));
        let backups = backups::open(settings, &db, &clock, tasks_of).await?;
        let (folder, wall) = (data.backtests(), Arc::clone(&clock));
        let backtests =
            tokio::task::spawn_blocking(move || Backtests::start(&folder, wall, sessions::rules()))
                .await
                .context("the start of the backtests was interrupted")?
                .with_context(|| format!("backtests in {}", data.backtests().display()))?;
        let state = AppState::new(Parts {
            calendars: Arc::clone(&calendars),
            rights,
            keyring,
            configured: configured(&config, &data, &origins)?,
            config: server_config,
            clock,
            backtests: Some(Arc::clone(&backtests)),
            tasks: Arc::clone(&tasks),
            backups: Some(Arc::clone(&backups)),
            catalogue: Some(Arc::new(stored)),
            engine: handle,
            store: db.clone(),
            histories: Arc::new(SqlHistories::new(db.clone(), scope())),
            venues: directory,
            hub: Some(Arc::clone(&hub)),
        })
        .map_err(|error| Failure::failed(error.detail))?;
        topics.connect(&state, recovery.outcomes);
        state
            .tidy()
            .await
            .map_err(|error| Failure::failed(error.detail))?;
        let audit = tokio::spawn(Arc::clone(&state.audit).keep(stop.clone()));
        let stopped = stop.clone().cancelled_owned();
        let server = tokio::spawn(tradewind_server::serve(
            listener,
            App::router(state),
            connections,
            stopped,
        ));
        Ok(Running {
            address,
            recovery,
            db,
            engine,
            feeds: started.feeds,
            hub,
            backtests,
            backups_due: backups::watch(&backups, &stop),
            backups,
            stop,
            sessions,
            audit,
            catalogue,
            server,
            projector,
        })
    }

    /// The engine.
    pub(crate) fn engine(&self) -> tradewind_engine::EngineHandle {
        self.engine.handle()
    }

    /// Feeds first, then sockets and requests, then the engine with its snapshot, then the projections.
    pub(crate) async fn stop(self) {
        for feed in self.feeds {
            if tokio::time::timeout(Duration::from_millis(500), feed.stop())
                .await
                .is_err()
            {
                tracing::warn!("a feed did not close in time");
            }
        }
        self.hub.shutdown().await;
        self.stop.cancel();
        if self.sessions.await.is_err() {
            tracing::error!("the feed of sessions did not stop cleanly");
        }
        if let Ok(Ok(Err(error))) = tokio::time::timeout(Duration::from_millis(700), self.server).await {
            tracing::warn!(%error, "the server ended with an error");
        }
        if tokio::time::timeout(AUDIT_STOP, self.audit).await.is_err() {
            tracing::warn!("the end of the audit log was not signed");
        }
        if self.backups_due.await.is_err() {
            tracing::error!("the clock of the backups did not stop cleanly");
        }
        if tokio::time::timeout(BACKUPS_STOP, self.backups.stop())
            .await
            .is_err()
        {
            tracing::warn!(
                "the work on a backup did not stop in time; what is left of it goes with the next start"
            );
        }
        let backtests = self.backtests;
        if tokio::task::spawn_blocking(move || backtests.stop())
            .await
            .is_err()
        {
            tracing::error!("the backtests did not stop cleanly");
        }
        let engine = self.engine;
        if tokio::task::spawn_blocking(move || engine.stop()).await.is_err() {
            tracing::error!("the engine did not stop cleanly");
        }
        // The engine is gone, and its tap with it: the recorder stores what waits and ends.
        if tokio::time::timeout(CATALOGUE_STOP, self.catalogue.stop())
            .await
            .is_err()
        {
            tracing::warn!("the catalogue did not close in time; gaps are filled after the next start");
        }
        match tokio::time::timeout(Duration::from_secs(1), self.projector).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(error))) => {
                tracing::warn!(%error, "the projections are behind; they catch up at the next start")
            }
            Ok(Err(_)) | Err(_) => {
                tracing::warn!("the projections are behind; they catch up at the next start")
            }
        }
        // Somebody who does not stop may still have a connection.
        if tokio::time::timeout(DATABASE_STOP, self.db.close())
            .await
            .is_err()
        {
            tracing::warn!("the database did not close in time");
        }
    }
}

/// The root keys of a source, which may be a program that takes its time.
pub(crate) async fn keyring(source: Source) -> Result<Arc<Keyring>, Failure> {
    let kind = source.kind();
    let keys = tokio::task::spawn_blocking(move || Keyring::load(source))
        .await
        .context("reading the root keys was interrupted")?;
    let keys = keys.with_context(|| format!("the root keys cannot be had from {kind}"))?;
    Ok(Arc::new(keys))
}

/// The configuration as people are shown it, and what of it can be changed.
fn configured(config: &FileConfig, data: &DataDir, origins: &Origins) -> Result<Configured, Failure> {
    let (limits, multiplier) = (config.limits.clone(), config.rate_multiplier);
    Ok(Configured {
        values: config.shown(data, origins),
        log: crate::logging::filter(),
        rates: limits.everybodys().map_err(Failure::Input)?,
        rates_over: Arc::new(move |rates| limits.rates_over(rates, multiplier)),
    })
}

fn kernel_config(
    config: &FileConfig,
    calendars: &Calendars,
    now: UnixNanos,
) -> Result<KernelConfig, Failure> {
    let strategy_interval = config
        .strategy_interval
        .parse()
        .map_err(|e| Failure::Input(format!("strategy_interval: {e}")))?;
    Ok(KernelConfig {
        strategy_interval,
        bar_sessions: grids::grids(&calendars.laid(), &config.bar_calendars, now)?,
        count_bars: grids::counted(&config.count_bars)?,
        paper_latency_ns: config.paper_latency_ms.saturating_mul(1_000_000),
        carry: config.paper.carry.clone(),
        paper_fees: config.paper.fees.clone(),
        ..KernelConfig::default()
    })
}

fn start_failure(error: tradewind_engine::StartError) -> Failure {
    let hint = match &error {
        tradewind_engine::StartError::Journal(tradewind_journal::JournalError::Locked { .. }) => {
            "another instance uses this data directory; stop it or give another --data"
        }
        tradewind_engine::StartError::Journal(_) | tradewind_engine::StartError::Record { .. } => {
            "nothing was changed; `tradewind verify --data DIR` says what is damaged. Restore the journal from a backup"
        }
        tradewind_engine::StartError::Tape(_) => {
            "the session would not be recorded; start without the tape or mend this"
        }
        tradewind_engine::StartError::Io(_) => "check the data directory's permissions and free space",
    };
    Failure::with_hint(format!("the journal cannot be opened: {error}"), hint)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_new_data_directory_is_open_to_its_owner_alone_and_one_that_is_there_stays_as_it_is() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
        let data = DataDir::new(&folder.path().join("data"));
        data.create().expect("made");
        assert_eq!(mode(data.path()), 0o700);
        let shared = std::fs::Permissions::from_mode(0o750);
        std::fs::set_permissions(data.path(), shared).expect("changed");
        data.create().expect("there");
        assert_eq!(mode(data.path()), 0o750);
    }
}
