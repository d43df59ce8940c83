//! Starts, runs and stops a simulator: builds the world with its history, opens the venues' ports, moves the
//! world with the clock, and keeps the state file.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::broadcast;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tradewind_types::{Clock, UnixNanos};

use crate::config::{SimulatorConfig, VenueKind};
use crate::faults::Faults;
use crate::server::link::LinkListener;
use crate::server::{self, VenueContext};
use crate::world::World;
use crate::world::state::{StateError, WorldState};

/// Steps that a connection may fall behind before it is dropped.
const STEPS_BEHIND_MAX: usize = 1_024;
/// How often the state file is written.
const SAVE_EVERY: Duration = Duration::from_secs(10);
/// How long connections have for their goodbyes.
const GOODBYE_MAX: Duration = Duration::from_millis(600);
/// Behind this much, steps get coarser.
const FAR_BEHIND_NS: u64 = 5_000_000_000;
/// Least history: what it takes for books to fill.
const HISTORY_MIN: Duration = Duration::from_secs(10);

/// A simulator could not start.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    /// A port could not be had.
    #[error("cannot listen on 127.0.0.1:{port} for {venue}: {source}")]
    Bind {
        /// The venue.
        venue: &'static str,
        /// The port.
        port: u16,
        /// Why.
        source: io::Error,
    },
    /// The state file is unusable.
    #[error(transparent)]
    State(#[from] StateError),
    /// Nothing to simulate.
    #[error("a simulator needs at least one product and one venue, and a step of 1 ms to 1 s")]
    Empty,
    /// The task that builds the world ended early.
    #[error("the world could not be built: {0}")]
    Build(String),
}

/// Where a venue is served.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VenueUrls {
    /// The venue.
    pub venue: VenueKind,
    /// The port on 127.0.0.1.
    pub port: u16,
    /// WebSocket address.
    pub ws: String,
    /// Base address of REST.
    pub rest: String,
}

/// Counters of one venue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VenueCounters {
    /// WebSocket connections since the start.
    pub connections: u64,
    /// WebSocket connections now.
    pub open: u64,
    /// Connections dropped because they did not keep up.
    pub slow_dropped: u64,
    /// REST requests since the start.
    pub requests: u64,
}

/// The simulator.
pub struct Simulator;

impl Simulator {
    /// Builds the world and serves its venues.
    ///
    /// # Errors
    /// [`SimulatorError`] when a port or the state file cannot be used.
    pub async fn start(config: SimulatorConfig) -> Result<SimulatorHandle, SimulatorError> {
        let step_ok = (Duration::from_millis(1)..=Duration::from_secs(1)).contains(&config.step);
        if config.products.is_empty() || config.venues.is_empty() || !step_ok {
            return Err(SimulatorError::Empty);
        }
        let mut listeners = Vec::new();
        for venue in &config.venues {
            let bind_error = |source| SimulatorError::Bind {
                venue: venue.kind.name(),
                port: venue.port,
                source,
            };
            let listener = LinkListener::bind(venue.port).await.map_err(bind_error)?;
            let port = listener.port().map_err(bind_error)?;
            listeners.push((venue.kind, port, listener));
        }
        let wanted = config.clone();
        let world = tokio::task::spawn_blocking(move || build(&wanted))
            .await
            .map_err(|error| SimulatorError::Build(error.to_string()))??;
        Ok(Self::serve(&config, world, listeners))
    }

    fn serve(
        config: &SimulatorConfig,
        world: World,
        listeners: Vec<(VenueKind, u16, LinkListener)>,
    ) -> SimulatorHandle {
        let shutdown = CancellationToken::new();
        let tasks = TaskTracker::new();
        let world = Arc::new(Mutex::new(world));
        let faults = Faults::new(&config.faults, config.seed);
        let mut venues = Vec::new();
        let mut urls = Vec::new();
        for (kind, port, listener) in listeners {
            let context = Arc::new(VenueContext {
                kind,
                world: world.clone(),
                steps: broadcast::channel(STEPS_BEHIND_MAX).0,
                faults: faults.clone(),
                clock: config.clock.clone(),
                shutdown: shutdown.clone(),
                connections: 0.into(),
                open: 0.into(),
                slow_dropped: 0.into(),
                requests: 0.into(),
                tasks: tasks.clone(),
            });
            let served = context.clone();
            tasks.spawn(async move {
                if let Err(error) = server::serve(listener, served).await {
                    tracing::error!(venue = kind.name(), %error, "simulated venue stopped serving");
                }
            });
            let ws = format!("ws://127.0.0.1:{port}{}", server::ws_path(kind));
            urls.push(VenueUrls {
                venue: kind,
                port,
                ws,
                rest: format!("http://127.0.0.1:{port}"),
            });
            venues.push(context);
        }
        let runner = Runner {
            venues: venues.clone(),
            clock: config.clock.clone(),
            step_ns: u64::try_from(config.step.as_nanos()).unwrap_or(u64::MAX),
            state_file: config.state_file.clone(),
        };
        let driver = tokio::spawn(drive(runner.clone(), shutdown.clone(), config.step));
        SimulatorHandle {
            urls,
            faults,
            venues,
            runner,
            shutdown,
            tasks,
            driver,
        }
    }
}

/// The world as it should be at the clock's time: continued from the state file, or new.
fn build(config: &SimulatorConfig) -> Result<World, SimulatorError> {
    let now = config.clock.now();
    let history_ns = u64::try_from(config.history.max(HISTORY_MIN).as_nanos()).unwrap_or(u64::MAX);
    let from = UnixNanos(now.0.saturating_sub(history_ns)).floor_to(60_000_000_000);
    let kinds: Vec<VenueKind> = config.venues.iter().map(|v| v.kind).collect();
    let stored = match &config.state_file {
        Some(path) => WorldState::load(path)?,
        None => None,
    };
    let resumed = stored.is_some();
    let mut world = match stored {
        Some(mut state) => {
            if state.ts > now {
                // The clock went back: keep the prices, not a history that lies ahead.
                state.ts = from;
                state.listings.iter_mut().for_each(|l| {
                    l.trades.clear();
                    l.minutes.clear();
                });
            }
            let mut world = World::resume(state, config.seed, &config.products, &kinds);
            world.skip_to(from);
            world
        }
        None => World::new(config.seed, &config.products, &kinds, from),
    };
    let before = world.steps();
    world.catch_up(now, u64::try_from(config.step.as_nanos()).unwrap_or(u64::MAX));
    if resumed && world.steps() == before {
        // Restarted within a step: the books have to fill nevertheless.
        world.step(1_000_000);
    }
    Ok(world)
}

/// What moves the world.
#[derive(Clone)]
struct Runner {
    venues: Vec<Arc<VenueContext>>,
    clock: Arc<dyn Clock>,
    step_ns: u64,
    state_file: Option<PathBuf>,
}

impl Runner {
    /// Whether the clock has run away, as on a machine that was suspended.
    fn far_behind(&self) -> bool {
        let behind = |venue: &Arc<VenueContext>| self.clock.now().since(venue.world().now());
        self.venues
            .first()
            .is_some_and(|venue| behind(venue) > FAR_BEHIND_NS)
    }

    /// Moves the world to the clock's time and publishes the steps.
    fn tick(&self) -> u64 {
        let Some(first) = self.venues.first() else {
            return 0;
        };
        let now = self.clock.now();
        let mut world = first.world();
        let before = world.steps();
        while now.since(world.now()) >= self.step_ns {
            let behind = now.since(world.now());
            let dt = if behind > FAR_BEHIND_NS {
                self.step_ns.max(1_000_000_000)
            } else {
                self.step_ns
            };
            for step in world.step(dt) {
                if let Some(venue) = self.venues.iter().find(|v| v.kind == step.venue) {
                    // Nobody listening is fine.
                    let _ = venue.steps.send(step);
                }
            }
        }
        world.steps() - before
    }

    fn save(&self, path: &Path, clean: bool) -> Result<(), StateError> {
        let Some(first) = self.venues.first() else {
            return Ok(());
        };
        // The lock is held while copying, not while writing.
        let state = first.world().state(clean);
        state.save(path)
    }
}

async fn drive(runner: Runner, shutdown: CancellationToken, step: Duration) {
    let mut beat = interval(step);
    beat.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut saved = Instant::now();
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = beat.tick() => {}
        }
        if runner.far_behind() {
            // Hours of steps take seconds; connections meanwhile fall behind and are dropped.
            let late = runner.clone();
            if let Err(error) = tokio::task::spawn_blocking(move || late.tick()).await {
                tracing::error!(%error, "the simulated world could not catch up");
            }
        } else {
            runner.tick();
        }
        if let Some(path) = &runner.state_file
            && saved.elapsed() >= SAVE_EVERY
        {
            saved = Instant::now();
            let (saving, path) = (runner.clone(), path.clone());
            let done = tokio::task::spawn_blocking(move || saving.save(&path, false)).await;
            if let Ok(Err(error)) = done {
                tracing::warn!(%error, "simulator state not saved");
            }
        }
    }
}

/// A running simulator. Dropping it stops serving without saving.
pub struct SimulatorHandle {
    urls: Vec<VenueUrls>,
    faults: Faults,
    venues: Vec<Arc<VenueContext>>,
    runner: Runner,
    shutdown: CancellationToken,
    tasks: TaskTracker,
    driver: JoinHandle<()>,
}

impl SimulatorHandle {
    /// Where the venues are served, in the order of the configuration.
    #[must_use]
    pub fn urls(&self) -> &[VenueUrls] {
        &self.urls
    }

    /// Where one venue is served.
    #[must_use]
    pub fn url(&self, venue: VenueKind) -> Option<&VenueUrls> {
        self.urls.iter().find(|u| u.venue == venue)
    }

    /// The faults, to inject and clear while it runs.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Moves the world to the clock's time at once and returns the number of steps made. It happens by
    /// itself too; tests with a manual clock call it to have it happen now.
    pub fn tick(&self) -> u64 {
        self.runner.tick()
    }

    /// Looks at the world between two steps.
    pub fn with_world<R>(&self, look: impl FnOnce(&World) -> R) -> Option<R> {
        self.venues.first().map(|venue| look(&venue.world()))
    }

    /// Counters of a venue.
    #[must_use]
    pub fn counters(&self, venue: VenueKind) -> Option<VenueCounters> {
        let venue = self.venues.iter().find(|v| v.kind == venue)?;
        Some(VenueCounters {
            connections: venue.connections.load(Ordering::Relaxed),
            open: venue.open.load(Ordering::Relaxed),
            slow_dropped: venue.slow_dropped.load(Ordering::Relaxed),
            requests: venue.requests.load(Ordering::Relaxed),
        })
    }

    /// Says goodbye to all connections, saves the state and ends, within a second.
    ///
    /// # Errors
    /// [`StateError`] when the state could not be saved; everything has ended nevertheless.
    pub async fn shutdown(mut self) -> Result<(), StateError> {
        self.shutdown.cancel();
        self.tasks.close();
        // Who has not said goodbye by then is cut off with the runtime's task.
        let _ = timeout(GOODBYE_MAX, self.tasks.wait()).await;
        let _ = timeout(GOODBYE_MAX, &mut self.driver).await;
        match &self.runner.state_file {
            Some(path) => self.runner.save(path, true),
            None => Ok(()),
        }
    }
}

impl Drop for SimulatorHandle {
    fn drop(&mut self) {
        self.shutdown.cancel();
        self.driver.abort();
    }
}

impl std::fmt::Debug for SimulatorHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SimulatorHandle")
            .field("urls", &self.urls)
            .finish_non_exhaustive()
    }
}
