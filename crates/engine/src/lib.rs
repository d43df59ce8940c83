//! The engine: a deterministic kernel, and the one thread that runs it on the journal.
//!
//! [`kernel`] is pure: `process(event, &mut actions)`, no clock, no I/O, no randomness. [`runtime`] owns the
//! thread, the bounded inbox, the journal's group commit and the order in which things take effect: nothing is
//! answered, published or sent to a venue before the record of it is durable.

pub mod backtest;
pub mod kernel;
pub mod runtime;
pub mod tape;

pub use kernel::{CommandError, CommandReply, Event, Kernel, KernelConfig, MarketPublication};
pub use runtime::{
    Engine, EngineConfig, EngineError, EngineHandle, EngineStats, MarketSender, MarketSink, OutcomeSink,
    RecoveryReport, StartError, fold_journal,
};
