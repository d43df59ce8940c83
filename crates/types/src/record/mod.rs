//! The journal's records: versioned, in MessagePack with named fields.
//!
//! Two sorts. *Inputs* are what the kernel was told and acted on (commands, and whatever else influences a
//! decision); *outcomes* are what came of it. Recovery folds outcomes only, so that upgraded code never decides
//! history again.
//!
//! Version 1 of a kind is the struct that its variant carries. Golden bytes of every released version are under
//! test; when a struct has to change, its old form is frozen as `…V1` beside it, the version is raised, and
//! [`Record::decode`] gets an upcaster that stays for ever.

mod bookkeeping;
mod codec;
mod command;
mod deployment;
mod ledger;
mod outcome;
mod slice;
mod venue;

pub use bookkeeping::{
    ActionKind, AllocationPart, BookTask, CashKind, CorporateAction, ForeignFill, Fractions, ImportItem,
    ImportRow, Ratio,
};
pub use codec::{Kind, Record, RecordError};
pub use command::{BatchMode, Command, CommandEnvelope};
pub use deployment::{StrategyDeployed, StrategyRemoved, StrategySource, StrategySpec};
pub use ledger::{
    Acquired, Attribution, EntryDetail, FeeKind, FxConversion, FxRate, LedgerSettings, LedgerSettingsChanged,
    LotMethod, LotPick, LotsChosen, PositionBook, PositionMode,
};
pub use outcome::{
    EntryKind, EquityMarked, FeeTable, KillSwitchChanged, LedgerAccount, LedgerEntry, LotChange, Outcome,
    PositionChange, Posting, ReconciliationDifference, ReconciliationRecorded, RiskSettingsChanged,
    RiskWarned, Session, SessionTable, StrategyChanged, StrategyStatus, StrategyWeight, WeightsChanged,
};
pub use slice::{SliceNews, SliceRecorded};
pub use venue::{VenueAccount, VenueFill, VenueNews, VenueOrder, VenueOrderStatus, VenueReport};
