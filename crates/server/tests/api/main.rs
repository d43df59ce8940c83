//! The API through its router: a real engine on a temporary folder, SQLite on a file, no network.

mod access;
mod audit;
mod backtests;
mod bookkeeping;
mod calendars;
mod catalogue;
mod chart;
mod corporate;
mod cors;
mod deployments;
mod desk;
mod errors;
mod etags;
mod exposure;
mod hub_tenants;
mod identity;
mod indicators;
mod keys;
mod jobs;
mod limits;
mod market;
#[cfg(feature = "oidc")]
mod oidc;
mod once;
mod openapi;
mod orders;
mod owasp;
mod password_reset;
mod privacy;
mod races;
mod second_factor;
mod sockets;
mod system;
mod tenants;
mod tokens;
mod udf;
