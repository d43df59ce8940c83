//! One test per behaviour of the connection, the breaker, the limiter and the REST client.
//!
//! Rules about time run on streams in memory with the runtime's time paused, so they take no real time and
//! are exact; faults run over real loopback sockets, against small servers and (`simulated`) against the venue simulator with
//! the real feeds on top. All of them are in the module
//! `connection`, so `cargo t -p tradewind-venues -E 'test(connection)'` runs the group, and
//! `cargo t -p tradewind-venues -E 'test(connection)' --stress-count 100` repeats it a hundred times.

#![allow(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

mod connection;
