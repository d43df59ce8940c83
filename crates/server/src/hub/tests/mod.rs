//! The hub over real sockets: an axum server on loopback, clients of another WebSocket library, a source of counted
//! changes.

mod harness;

mod admission;
mod conformance;
mod conversation;
mod engine;
mod footprint;
mod indicators;
mod limits;
mod rig;
mod sequence;
mod slow;
mod topic;
mod upkeep;
