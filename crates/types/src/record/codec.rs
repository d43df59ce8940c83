//! Records to bytes and back. The journal frames them; here is only the payload.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::command::CommandEnvelope;
use super::deployment::{StrategyDeployed, StrategyRemoved};
use super::ledger::{FxRate, LedgerSettingsChanged, LotsChosen};
use super::outcome::{
    EquityMarked, FeeTable, KillSwitchChanged, LedgerEntry, Outcome, ReconciliationRecorded,
    RiskSettingsChanged, RiskWarned, SessionTable, StrategyChanged, WeightsChanged,
};
use super::slice::SliceRecorded;
use super::venue::VenueReport;
use crate::signal::Signal;
use crate::{AccountInfo, Instrument, OrderEvent, OrderRequest, UnixNanos};

/// The number of a record's kind in the journal. Numbers are never reused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[repr(u16)]
pub enum Kind {
    /// Input: a command.
    Command = 1,
    /// Input: what a venue reported.
    Venue = 2,
    /// Outcome.
    InstrumentDefined = 100,
    /// Outcome.
    FeesDefined = 101,
    /// Outcome.
    AccountOpened = 102,
    /// Outcome.
    OrderInitialized = 103,
    /// Outcome.
    Order = 104,
    /// Outcome.
    Ledger = 105,
    /// Outcome.
    Signal = 106,
    /// Outcome.
    Strategy = 107,
    /// Outcome.
    Weights = 108,
    /// Outcome.
    RiskSettings = 109,
    /// Outcome.
    KillSwitch = 110,
    /// Outcome.
    Reconciliation = 111,
    /// Outcome.
    Equity = 112,
    /// Outcome.
    LedgerSettings = 113,
    /// Outcome.
    FxRate = 114,
    /// Outcome.
    LotsChosen = 115,
    /// Outcome.
    RiskWarning = 116,
    /// Outcome.
    Sessions = 117,
    /// Outcome.
    StrategyDeployed = 118,
    /// Outcome.
    StrategyRemoved = 119,
    /// Outcome.
    Slice = 120,
}

/// A record could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// A kind or version this program does not know; a newer program wrote it.
    #[error("record kind {kind} version {version} is unknown to this version of the program")]
    Unknown {
        /// Kind number.
        kind: u16,
        /// Version.
        version: u16,
    },
    /// The payload is not what kind and version say.
    #[error("record kind {kind} version {version} does not decode: {source}")]
    Decode {
        /// Kind number.
        kind: u16,
        /// Version.
        version: u16,
        /// What MessagePack says.
        source: rmp_serde::decode::Error,
    },
    /// The value does not encode.
    #[error("record does not encode: {0}")]
    Encode(#[from] rmp_serde::encode::Error),
}

/// An input or an outcome.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[allow(
    clippy::large_enum_variant,
    reason = "commands are rare beside outcomes, and boxing would show in every match"
)]
pub enum Record {
    /// What the kernel was told.
    Command(CommandEnvelope),
    /// What a venue told it.
    Venue(Box<VenueReport>),
    /// What came of it.
    Outcome(Outcome),
}

#[derive(Serialize, Deserialize)]
struct OrderInitialized<R> {
    request: R,
    ts: UnixNanos,
}

impl Record {
    /// Kind number.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Record::Command(_) => Kind::Command,
            Record::Venue(_) => Kind::Venue,
            Record::Outcome(outcome) => match outcome {
                Outcome::InstrumentDefined(_) => Kind::InstrumentDefined,
                Outcome::FeesDefined(_) => Kind::FeesDefined,
                Outcome::AccountOpened(_) => Kind::AccountOpened,
                Outcome::OrderInitialized { .. } => Kind::OrderInitialized,
                Outcome::Order(_) => Kind::Order,
                Outcome::Ledger(_) => Kind::Ledger,
                Outcome::Signal(_) => Kind::Signal,
                Outcome::Strategy(_) => Kind::Strategy,
                Outcome::Weights(_) => Kind::Weights,
                Outcome::RiskSettings(_) => Kind::RiskSettings,
                Outcome::KillSwitch(_) => Kind::KillSwitch,
                Outcome::Reconciliation(_) => Kind::Reconciliation,
                Outcome::Equity(_) => Kind::Equity,
                Outcome::LedgerSettings(_) => Kind::LedgerSettings,
                Outcome::FxRate(_) => Kind::FxRate,
                Outcome::LotsChosen(_) => Kind::LotsChosen,
                Outcome::RiskWarning(_) => Kind::RiskWarning,
                Outcome::Sessions(_) => Kind::Sessions,
                Outcome::StrategyDeployed(_) => Kind::StrategyDeployed,
                Outcome::StrategyRemoved(_) => Kind::StrategyRemoved,
                Outcome::Slice(_) => Kind::Slice,
            },
        }
    }

    /// Version of the payload; all kinds are at 1.
    #[must_use]
    pub fn version(&self) -> u16 {
        1
    }

    /// The payload, MessagePack with named fields.
    ///
    /// # Errors
    /// [`RecordError::Encode`].
    pub fn encode(&self) -> Result<Vec<u8>, RecordError> {
        Ok(match self {
            Record::Command(c) => rmp_serde::to_vec_named(c)?,
            Record::Venue(report) => rmp_serde::to_vec_named(report)?,
            Record::Outcome(outcome) => match outcome {
                Outcome::InstrumentDefined(v) => rmp_serde::to_vec_named(v)?,
                Outcome::FeesDefined(v) => rmp_serde::to_vec_named(v)?,
                Outcome::AccountOpened(v) => rmp_serde::to_vec_named(v)?,
                Outcome::OrderInitialized { request, ts } => {
                    rmp_serde::to_vec_named(&OrderInitialized { request, ts: *ts })?
                }
                Outcome::Order(v) => rmp_serde::to_vec_named(v)?,
                Outcome::Ledger(v) => rmp_serde::to_vec_named(v)?,
                Outcome::Signal(v) => rmp_serde::to_vec_named(v)?,
                Outcome::Strategy(v) => rmp_serde::to_vec_named(v)?,
                Outcome::Weights(v) => rmp_serde::to_vec_named(v)?,
                Outcome::RiskSettings(v) => rmp_serde::to_vec_named(v)?,
                Outcome::KillSwitch(v) => rmp_serde::to_vec_named(v)?,
                Outcome::Reconciliation(v) => rmp_serde::to_vec_named(v)?,
                Outcome::Equity(v) => rmp_serde::to_vec_named(v)?,
                Outcome::LedgerSettings(v) => rmp_serde::to_vec_named(v)?,
                Outcome::FxRate(v) => rmp_serde::to_vec_named(v)?,
                Outcome::LotsChosen(v) => rmp_serde::to_vec_named(v)?,
                Outcome::RiskWarning(v) => rmp_serde::to_vec_named(v)?,
                Outcome::Sessions(v) => rmp_serde::to_vec_named(v)?,
                Outcome::StrategyDeployed(v) => rmp_serde::to_vec_named(v)?,
                Outcome::StrategyRemoved(v) => rmp_serde::to_vec_named(v)?,
                Outcome::Slice(v) => rmp_serde::to_vec_named(v)?,
            },
        })
    }

    /// Reads a payload of any version ever released.
    ///
    /// # Errors
    /// [`RecordError::Unknown`], [`RecordError::Decode`].
    pub fn decode(kind: u16, version: u16, payload: &[u8]) -> Result<Record, RecordError> {
        fn read<T: DeserializeOwned>(kind: u16, version: u16, payload: &[u8]) -> Result<T, RecordError> {
            rmp_serde::from_slice(payload).map_err(|source| RecordError::Decode {
                kind,
                version,
                source,
            })
        }
        if version != 1 {
            return Err(RecordError::Unknown { kind, version });
        }
        let outcome = match kind {
            1 => return Ok(Record::Command(read(kind, version, payload)?)),
            2 => {
                return Ok(Record::Venue(Box::new(read::<VenueReport>(
                    kind, version, payload,
                )?)));
            }
            100 => Outcome::InstrumentDefined(Box::new(read::<Instrument>(kind, version, payload)?)),
            101 => Outcome::FeesDefined(read::<FeeTable>(kind, version, payload)?),
            102 => Outcome::AccountOpened(read::<AccountInfo>(kind, version, payload)?),
            103 => {
                let OrderInitialized { request, ts } =
                    read::<OrderInitialized<OrderRequest>>(kind, version, payload)?;
                Outcome::OrderInitialized {
                    request: Box::new(request),
                    ts,
                }
            }
            104 => Outcome::Order(read::<OrderEvent>(kind, version, payload)?),
            105 => Outcome::Ledger(Box::new(read::<LedgerEntry>(kind, version, payload)?)),
            106 => Outcome::Signal(Box::new(read::<Signal>(kind, version, payload)?)),
            107 => Outcome::Strategy(read::<StrategyChanged>(kind, version, payload)?),
            108 => Outcome::Weights(read::<WeightsChanged>(kind, version, payload)?),
            109 => Outcome::RiskSettings(Box::new(read::<RiskSettingsChanged>(kind, version, payload)?)),
            110 => Outcome::KillSwitch(read::<KillSwitchChanged>(kind, version, payload)?),
            111 => Outcome::Reconciliation(read::<ReconciliationRecorded>(kind, version, payload)?),
            112 => Outcome::Equity(read::<EquityMarked>(kind, version, payload)?),
            113 => Outcome::LedgerSettings(Box::new(read::<LedgerSettingsChanged>(kind, version, payload)?)),
            114 => Outcome::FxRate(read::<FxRate>(kind, version, payload)?),
            115 => Outcome::LotsChosen(Box::new(read::<LotsChosen>(kind, version, payload)?)),
            116 => Outcome::RiskWarning(Box::new(read::<RiskWarned>(kind, version, payload)?)),
            117 => Outcome::Sessions(read::<SessionTable>(kind, version, payload)?),
            118 => Outcome::StrategyDeployed(Box::new(read::<StrategyDeployed>(kind, version, payload)?)),
            119 => Outcome::StrategyRemoved(read::<StrategyRemoved>(kind, version, payload)?),
            120 => Outcome::Slice(Box::new(read::<SliceRecorded>(kind, version, payload)?)),
            _ => return Err(RecordError::Unknown { kind, version }),
        };
        Ok(Record::Outcome(outcome))
    }
}
