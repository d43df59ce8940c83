//! Why projections could not be brought forward.

use tradewind_types::num::NumberError;
use tradewind_types::order::IllegalTransition;

use super::source::SourceError;
use crate::StoreError;

/// Why a record was not applied.
#[derive(Debug, thiserror::Error)]
pub enum ProjectionError {
    /// The database does not answer or refuses; trying again may help.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal could not be read; trying again may help.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The journal ends before what was applied once: its tail is lost, or it is another journal.
    #[error(
        "the projections hold record {applied} but the journal does not (its last record from there on: {head}); its tail was lost, or it is another journal"
    )]
    LostTail {
        /// Last record applied.
        applied: u64,
        /// Last record found at or behind the witness; 0 = none.
        head: u64,
    },
    /// The journal has another record than the one that was applied.
    #[error(
        "record {seq} of the journal is not the one that was applied: expected hash {expected}, found {found}"
    )]
    HistoryChanged {
        /// Its number.
        seq: u64,
        /// Hash as witnessed.
        expected: String,
        /// Hash as read.
        found: String,
    },
    /// Someone else moved the projections meanwhile; what is in memory is stale.
    #[error("the projections were at record {expected} and are now at {found}: another process wrote them")]
    Moved {
        /// What we had applied.
        expected: u64,
        /// What the database says now.
        found: u64,
    },
    /// A record does not fit what came before it.
    #[error("journal record {seq} does not fit: {reason}")]
    Misfit {
        /// Its number.
        seq: u64,
        /// Why.
        reason: String,
    },
}

impl ProjectionError {
    /// Whether trying again later may help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Store(error) => !matches!(
                error,
                StoreError::Corrupt { .. } | StoreError::Schema(_) | StoreError::Conflict { .. }
            ),
            Self::Source(_) | Self::Moved { .. } => true,
            Self::LostTail { .. } | Self::HistoryChanged { .. } | Self::Misfit { .. } => false,
        }
    }
}

/// Why one outcome does not fit; gets its number where it is folded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Misfit {
    #[error("account {0} has no order {1}")]
    UnknownOrder(String, String),
    #[error("account {0} has order {1} already")]
    OrderExists(String, String),
    #[error("lot {0} is not open")]
    UnknownLot(String),
    #[error(transparent)]
    Transition(#[from] IllegalTransition),
    #[error(transparent)]
    Number(#[from] NumberError),
}

impl Misfit {
    pub(crate) fn at(self, seq: u64) -> ProjectionError {
        ProjectionError::Misfit {
            seq,
            reason: self.to_string(),
        }
    }
}
