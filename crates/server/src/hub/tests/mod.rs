//! The hub over real sockets: an axum server on loopback, clients of another WebSocket library, a source of counted
//! changes.

mod harness;

mod admission;
mod conversation;
mod footprint;
mod limits;
mod sequence;
mod slow;
mod upkeep;
