//! Faults by script: everything that can go wrong between a venue and its client.
//!
//! A [`Fault`] says what happens ([`FaultKind`]), to whom ([`Scope`]), from when ([`Trigger`]) and how often
//! ([`Limit`]). They come from a TOML script ([`FaultScript::parse`]) or are injected at run time through
//! [`Faults`], which is shared by all connections and decides, message by message, what is done to it.

mod engine;
mod kind;
mod script;

pub use engine::{FaultId, FaultReport, Faults, HttpEffect, LinkState, MessageEffect};
pub use kind::{Fault, FaultKind, Limit, Scope, Trigger};
pub use script::{FaultScript, ScriptError};
