//! The group: see the crate root of this test.

mod bad_input;
mod breaker;
mod close;
mod connect;
mod faults;
mod heartbeat;
mod limits;
mod order_and_time;
mod rate_limit;
mod reconnect;
mod rest;
mod resubscribe;
mod simulated;
mod states;
mod support;
