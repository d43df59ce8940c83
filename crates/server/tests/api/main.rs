//! The API through its router: a real engine on a temporary folder, SQLite on a file, no network.

mod access;
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
mod exposure;
mod identity;
mod indicators;
mod limits;
mod market;
mod openapi;
mod orders;
mod password_reset;
mod second_factor;
mod system;
mod tokens;
mod udf;
