//! HTTP API, real-time hub, identity, authorisation and the embedded web app.
//!
//! The way of a request: [`middleware`] gives it a correlation id, checks its Host and Origin, its size and its
//! time; the router finds its row of the route table ([`routes`]); the row's guard ([`access`]) finds out who asks,
//! spends a token of the right rate limit ([`limits`]), and asks the one authorisation function; the handler reads
//! the body with [`extract`], asks the engine or the store, and answers with types of `tradewind-wire` that [`map`]
//! made; whatever went wrong leaves as a [`problem`].
//!
//! What is absent: no handler decides about rights by itself, none answers an error in another form, and nothing
//! here computes money: figures come from the engine's ledger and valuation.

pub mod access;
pub mod app;
pub mod backtests;
pub mod backups;
pub mod bars;
pub mod calendars;
pub mod catalogue;
pub mod config;
pub mod extract;
pub mod hub;
pub mod identity;
pub mod indicators;
pub mod jobs;
pub mod limits;
pub mod map;
pub mod metrics;
pub mod middleware;
pub mod oidc;
pub mod openapi;
pub mod privacy;
pub mod problem;
pub mod routes;
pub mod secrets;
pub mod serve;
pub mod settings;
mod to_its_end;
pub mod venues;
pub mod web;

pub use app::{App, AppState};
pub use config::{Config, RateConfig};
pub use problem::{ApiError, Code};
pub use serve::serve;
