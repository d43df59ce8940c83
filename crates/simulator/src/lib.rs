//! Venues on loopback: a seeded exchange that speaks real venue protocols, with faults by script.
//!
//! What lives here: the simulated [`world`] (fair values, participants, one matching engine per listing), the
//! venues' protocols as state machines ([`venue`]), their servers on loopback ports ([`server`]), faults by
//! script or at run time ([`faults`]), and the replay of recordings over the same kind of socket
//! ([`replay`]). [`Simulator::start`] puts them together.
//!
//! What does not: no client code, no decoding of venue messages, and no order entry; the simulated venues
//! publish market data only. This is the one crate in which chance decides anything; all of it comes from
//! the configured seed.

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
