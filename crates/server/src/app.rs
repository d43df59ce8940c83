//! The application: what it is made of, and the router over all of it.

use std::ops::Deref;
use std::sync::Arc;

use axum::Router;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tradewind_engine::EngineHandle;
use tradewind_store::Db;
use tradewind_store::projection::Histories;
use tradewind_types::{Clock, UnixNanos};

use crate::access::{AccountOrgs, Rights};
use crate::backtests::Backtests;
use crate::backups::Backups;
use crate::bars::BarReader;
use crate::calendars::Calendars;
use crate::catalogue::Catalogue;
use crate::config::Config;
use crate::hub::Hub;
use crate::identity::audit::AuditLog;
use crate::identity::reset::Deliveries;
use crate::identity::{Identities, Passwords, SigningKeys, Tickets, Turns};
use crate::jobs::{Jobs, Tasks};
use crate::limits::Limiter;
use crate::metrics::Metrics;
use crate::oidc::Oidc;
use crate::problem::{ApiError, ApiResult, Code};
use crate::secrets::Keyring;
use crate::settings::{Configured, Settings};
use crate::venues::VenueDirectory;
use crate::{middleware, openapi, routes, web};

/// What the application needs from outside.
pub struct Parts {
    /// Settings.
    pub config: Config,
    /// The configuration as people are shown it, and what of it can be changed.
    pub configured: Configured,
    /// Wall clock.
    pub clock: Arc<dyn Clock>,
    /// The engine.
    pub engine: EngineHandle,
    /// Identity.
    pub store: Db,
    /// Histories.
    pub histories: Arc<dyn Histories>,
    /// Venues and connections.
    pub venues: VenueDirectory,
    /// Credentials and rights, which the hub was given too.
    pub rights: Rights,
    /// What seals secrets in the database.
    pub keyring: Arc<Keyring>,
    /// The real-time hub; without one `GET /stream` answers 503.
    pub hub: Option<Arc<Hub>>,
    /// Jobs; without them `/backtests` answers 503.
    pub backtests: Option<Arc<Backtests>>,
    /// What the program itself is at.
    pub tasks: Arc<Tasks>,
    /// Backups; without them `/backups` answers 503.
    pub backups: Option<Arc<Backups>>,
    /// Stored market data; without it there are no bars of before the engine's, and `/catalogue` answers 503.
    pub catalogue: Option<Arc<Catalogue>>,
    /// Trading calendars with what is laid over them.
    pub calendars: Arc<Calendars>,
}

/// Everything that handlers share.
pub struct Shared {
    /// Settings.
    pub config: Config,
    /// Wall clock.
    pub clock: Arc<dyn Clock>,
    /// The engine.
    pub engine: EngineHandle,
    /// Identity.
    pub store: Db,
    /// Histories.
    pub histories: Arc<dyn Histories>,
    /// Venues and connections.
    pub venues: VenueDirectory,
    /// The real-time hub.
    pub hub: Option<Arc<Hub>>,
    /// Jobs.
    pub backtests: Option<Arc<Backtests>>,
    /// What the program itself is at.
    pub tasks: Arc<Tasks>,
    /// All work behind requests.
    pub jobs: Arc<Jobs>,
    /// Backups.
    pub backups: Option<Arc<Backups>>,
    /// Stored market data.
    pub catalogue: Option<Arc<Catalogue>>,
    /// Trading calendars with what is laid over them.
    pub calendars: Arc<Calendars>,
    /// From credentials to callers.
    pub identities: Arc<Identities>,
    /// Hub tickets.
    pub tickets: Arc<Tickets>,
    /// Signing in by providers.
    pub oidc: Option<Arc<Oidc>>,
    /// What seals secrets in the database.
    pub keyring: Arc<Keyring>,
    /// Whose accounts are.
    pub orgs: Arc<AccountOrgs>,
    /// The audit log.
    pub audit: Arc<AuditLog>,
    /// Password hashing.
    pub passwords: Passwords,
    /// What signs access tokens.
    pub signing: Arc<SigningKeys>,
    /// Links to new passwords that are on their way.
    pub deliveries: Deliveries,
    /// Whose attempt to sign in it is.
    pub turns: Turns,
    /// Whose change it is, of what the engine holds without a version.
    pub changes: Turns,
    /// Rate limits.
    pub limiter: Arc<Limiter>,
    /// The configuration as people are shown it, and what of it was changed.
    pub settings: Settings,
    /// Metrics.
    pub metrics: Metrics,
    /// When the application was put together.
    pub started_at: UnixNanos,
}

/// Everything that handlers share; cloning copies a pointer.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl AppState {
    /// Once at start: gives back what a stopped program left half done, and deletes sessions and tokens that ended long
    /// ago.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn tidy(&self) -> ApiResult<()> {
        tradewind_store::identity::idempotency::release_abandoned(&self.store, &self.config.engine_id)
            .await?;
        self.orgs.learn_all(&self.engine).await?;
        self.settings.load(&self.store).await?;
        crate::privacy::retention::delete_old_sign_ins(self).await
    }

    /// The jobs.
    ///
    /// # Errors
    /// `BACKTESTS_UNAVAILABLE` in a program without.
    pub fn backtests(&self) -> ApiResult<Arc<Backtests>> {
        let jobs = self.backtests.as_ref().map(Arc::clone);
        jobs.ok_or_else(|| ApiError::of(Code::BacktestsUnavailable))
    }

    /// Reads bars, of the engine and before it.
    #[must_use]
    pub fn bars(&self) -> BarReader {
        BarReader {
            engine: self.engine.clone(),
            clock: Arc::clone(&self.clock),
            catalog: self.catalogue.as_ref().map(|of| of.catalog().clone()),
        }
    }

    /// Something about people, sessions, keys or memberships changed: nothing remembered of them holds any more, and
    /// open sockets are checked now.
    pub fn identity_changed(&self) {
        self.identities.changed();
        if let Some(hub) = &self.hub {
            hub.recheck();
        }
    }

    /// From its parts.
    ///
    /// # Errors
    /// When the hashing cost is out of range.
    pub fn new(parts: Parts) -> ApiResult<Self> {
        let Parts {
            config,
            configured,
            clock,
            engine,
            store,
            histories,
            venues,
            rights,
            keyring,
            hub,
            backtests,
            tasks,
            backups,
            catalogue,
            calendars,
        } = parts;
        let folder = config.audit_dir.clone();
        let audit = AuditLog::new(&store, &config.org, Arc::clone(&clock), &keyring, folder);
        let limiter = Arc::new(Limiter::new(Arc::clone(&clock), config.rates.clone()));
        Ok(Self(Arc::new(Shared {
            audit: Arc::new(audit),
            identities: rights.identities,
            tickets: rights.tickets,
            oidc: Oidc::of(&config.oidc),
            signing: rights.signing,
            deliveries: Deliveries::default(),
            keyring,
            orgs: rights.orgs,
            passwords: Passwords::new(config.hashing)?,
            turns: Turns::default(),
            changes: Turns::default(),
            settings: Settings::new(configured, Arc::clone(&limiter)),
            limiter,
            metrics: Metrics::install(),
            started_at: clock.now(),
            config,
            clock,
            engine,
            store,
            histories,
            venues,
            hub,
            jobs: Arc::new(Jobs::of(backtests.as_ref(), &tasks)),
            tasks,
            backtests,
            backups,
            catalogue,
            calendars,
        })))
    }
}

/// Builds routers.
pub struct App;

impl App {
    /// The router over everything: API, health, metrics, hub, web app.
    ///
    /// Layers from outside in: problem bodies and headers, compression, panics, routes.
    pub fn router(state: AppState) -> Router {
        let (api, _) = routes::build(state.clone()).split_for_parts();
        let panicked = |_: Box<dyn std::any::Any + Send>| {
            use axum::response::IntoResponse;
            ApiError::of(Code::Internal).into_response()
        };
        api.method_not_allowed_fallback(web::refuse_method)
            .fallback(web::serve)
            .layer(CatchPanicLayer::custom(panicked))
            .layer(CompressionLayer::new().gzip(true).br(true))
            .layer(axum::middleware::from_fn_with_state(
                state.clone(),
                middleware::envelope,
            ))
            .with_state(state)
    }

    /// The OpenAPI document of the router, as JSON.
    #[must_use]
    pub fn openapi(state: AppState) -> String {
        openapi::text(routes::build(state).into_openapi())
    }
}
