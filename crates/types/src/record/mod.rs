//! The journal's records: versioned, in MessagePack with named fields.
//!
//! Two sorts. *Inputs* are what the kernel was told and acted on (commands, and whatever else influences a
//! decision); *outcomes* are what came of it. Recovery folds outcomes only, so that upgraded code never decides
//! history again.
//!
//! Version 1 of a kind is the struct that its variant carries. Golden bytes of every released version are under
//! test; when a struct has to change, its old form is frozen as `…V1` beside it, the version is raised, and
//! [`Record::decode`] gets an upcaster that stays for ever.

mod codec;
mod command;
mod outcome;

pub use codec::{Kind, Record, RecordError};
pub use command::{BatchMode, Command, CommandEnvelope};
pub use outcome::{
    EntryKind, EquityMarked, FeeTable, KillSwitchChanged, LedgerAccount, LedgerEntry, LotChange, Outcome,
    PositionChange, Posting, ReconciliationDifference, ReconciliationRecorded, RiskSettingsChanged,
    StrategyChanged, StrategyStatus, StrategyWeight, WeightsChanged,
};
