//! Replay of recordings: a venue on loopback that answers subscriptions and then says what a real one once
//! said, at any speed, so that recordings go through the same sockets and adapters as live data.

mod protocol;
mod recording;
mod server;

pub use protocol::Protocol;
pub use recording::{Line, Recording, RecordingError};
pub use server::{BadSpeed, ReplayConfig, ReplayError, ReplayHandle, ReplayServer, Speed};
