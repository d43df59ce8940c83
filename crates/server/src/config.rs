//! How the server is set up.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::extract::Proxies;
pub use crate::limits::RateConfig;
use crate::oidc::OidcProvider;

/// How passwords are hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashConfig {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes.
    pub passes: u32,
}

/// Settings of the server.
#[derive(Debug, Clone)]
pub struct Config {
    /// The desk.
    pub org: tradewind_types::OrgId,
    /// Its engine.
    pub engine_id: tradewind_types::EngineId,
    /// Demonstration with simulated venues.
    pub demo: bool,
    /// Host names answered for, without ports, beside `localhost`, `127.0.0.1` and `[::1]`.
    pub hosts: BTreeSet<String>,
    /// Origins whose pages may call, beside the server's own, e.g. a development server's.
    pub origins: BTreeSet<String>,
    /// Whether it is reached over TLS: cookies become `Secure` and HSTS is sent.
    pub tls: bool,
    /// Where the audit log keeps its files beside the database: checkpoints, and entries that wait; `None` = nowhere.
    pub audit_dir: Option<std::path::PathBuf>,
    /// Longest body.
    pub body_bytes_max: usize,
    /// Longest time for a request.
    pub request_timeout: Duration,
    /// A session ends after so long without use.
    pub session_idle: Duration,
    /// A session ends after so long at the latest.
    pub session_absolute: Duration,
    /// Rate limits.
    pub rates: RateConfig,
    /// Who is trusted to say whom a request is from.
    pub proxies: Proxies,
    /// Password hashing.
    pub hashing: HashConfig,
    /// Roles that have to have a second factor.
    pub require_second_factor: Vec<tradewind_wire::Role>,
    /// The program that delivers links by which a password is set anew, with its arguments; empty = nobody delivers them.
    pub reset_command: Vec<String>,
    /// Who signs access tokens, as they say.
    pub issuer: String,
    /// Providers that people may sign in with; heeded by a program with the feature `oidc` alone.
    pub oidc: Vec<OidcProvider>,
}

impl Config {
    /// The defaults: loopback names only, 1 MB, 10 s, sessions of 8 h idle and 7 d in all.
    #[must_use]
    pub fn new(org: tradewind_types::OrgId, engine_id: tradewind_types::EngineId) -> Self {
        const HOUR: u64 = 3_600;
        Self {
            org,
            engine_id,
            demo: false,
            hosts: BTreeSet::new(),
            origins: BTreeSet::new(),
            tls: false,
            audit_dir: None,
            body_bytes_max: 1_000_000,
            request_timeout: Duration::from_secs(10),
            session_idle: Duration::from_secs(8 * HOUR),
            session_absolute: Duration::from_secs(168 * HOUR),
            rates: RateConfig::default(),
            proxies: Proxies::default(),
            // OWASP's recommendation for Argon2id: 19 MiB, two passes, one lane.
            hashing: HashConfig {
                memory_kib: 19_456,
                passes: 2,
            },
            require_second_factor: Vec::new(),
            reset_command: Vec::new(),
            issuer: "tradewind".to_owned(),
            oidc: Vec::new(),
        }
    }
}
