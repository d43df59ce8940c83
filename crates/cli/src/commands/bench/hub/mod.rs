//! `bench hub` and its lanes: many sockets in this process, the server in another, on one machine.
//!
//! | lane | what it does | unless told otherwise |
//! | --- | --- | --- |
//! | `hub` | sockets that each read one instrument's quotes, and `--stalled` more that subscribe and never read | 2,000 × 50/s |
//! | `hub.idle` | sockets that sign on and stay, over two heartbeats; what each costs the server | 10,000 |
//! | `hub.throughput` | as `hub`, each reading ten instruments | 1,000 × 10 × 50/s |
//! | `hub.wide` | as `hub`, many sockets | 10,000 × 10/s |
//! | `hub.storm` | all sockets are cut off at once and come back with where they were; until the last one reads on | 5,000 |
//! | `hub.soak` | as `hub`, a hundredth of the sockets cut off every second; growth of the server's memory | 1,000 × 10/s, 10 min |
//! | `hub.nats` | the load of `hub.throughput` over the WebSocket of a `nats-server` | 1,000 × 10 × 50/s |
//!
//! Every frame's number is checked against the one before; latency is our clock minus the time in the quote, on one
//! machine one clock: from the moment the quote was made, through engine and hub, to here. Memory per socket is the
//! growth of the server's resident memory when the sockets connect, before they subscribe.

mod lanes;
mod nats;
mod reading;
mod soak;
mod storm;
mod wire;

pub(super) use lanes::{fan_out, idle, throughput, wide};
pub(super) use nats::measure as nats;
pub(super) use soak::measure as soak;
pub(super) use storm::measure as storm;
