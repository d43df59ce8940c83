//! Venues on loopback: a seeded exchange that speaks real venue protocols, with faults by script.
//!
//! What lives here: the simulated [`world`] (fair values, participants, one matching engine per listing), the
//! venues' protocols as state machines ([`venue`]), their servers on loopback ports ([`server`]), faults by
//! script or at run time ([`faults`]), and the replay of recordings over the same kind of socket
//! ([`replay`]). [`Simulator::start`] puts them together.
//!
//! The venues' messages are written here on their own, not with the encoders of `tradewind-codecs`: two
//! readings of the venues' documents meet in `tests/protocol.rs`, where a mistake shared by encoder and
//! decoder could not show. The same goes for the book's checksum.
//!
//! What does not: no client code, no decoding of venue messages, and no order entry; the simulated venues
//! publish market data only. This is the one crate in which chance decides anything; all of it comes from
//! the configured seed.
//!
//! ```
//! use std::time::Duration;
//! use tradewind_simulator::{Simulator, SimulatorConfig, VenueKind};
//! # tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
//! let config = SimulatorConfig { history: Duration::from_secs(60), ..SimulatorConfig::default() };
//! let simulator = Simulator::start(config).await?;
//! let kraken = simulator.url(VenueKind::Kraken).map(|urls| urls.ws.clone());
//! assert!(kraken.is_some_and(|url| url.starts_with("ws://127.0.0.1:") && url.ends_with("/v2")));
//! simulator.shutdown().await?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod chaos;
pub mod clock;
pub mod config;
pub mod faults;
pub mod replay;
pub mod rng;
pub mod server;
pub mod simulator;
pub mod venue;
pub mod world;

pub use clock::{ManualClock, SystemClock};
pub use config::{Dynamics, Grid, ProductConfig, SimulatorConfig, VenueConfig, VenueKind};
pub use faults::{Fault, FaultKind, FaultScript, Faults, ScriptError};
pub use replay::{ReplayConfig, ReplayError, ReplayHandle, ReplayServer, Speed};
pub use simulator::{Simulator, SimulatorError, SimulatorHandle, VenueCounters, VenueUrls};
