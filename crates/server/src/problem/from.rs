//! How failures of the engine, the store and the domain become answers.

use tradewind_engine::{CommandError, EngineError};
use tradewind_store::StoreError;
use tradewind_types::order::RequestError;

use super::{ApiError, Code};

/// States of an order in which the venue has still to answer.
const UNDER_WAY: [&str; 5] = [
    "INITIALIZED",
    "SUBMITTED",
    "PENDING_MODIFY",
    "PENDING_CANCEL",
    "UNKNOWN",
];

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        if error.is_transient() {
            tracing::warn!(%error, "the store did not answer");
            return Self::of(Code::StoreBusy).retry_after(1);
        }
        tracing::error!(%error, "the store failed");
        Self::of(Code::Internal)
    }
}

impl From<EngineError> for ApiError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Busy => Self::of(Code::EngineBusy).retry_after(1),
            EngineError::JournalDown(reason) => {
                tracing::error!(reason, "the journal is down");
                Self::of(Code::JournalDown).retry_after(5)
            }
            EngineError::ShuttingDown => Self::of(Code::Unavailable).retry_after(5),
            EngineError::Rejected(rejection) => rejection.into(),
        }
    }
}

impl From<CommandError> for ApiError {
    fn from(error: CommandError) -> Self {
        let text = error.to_string();
        match error {
            CommandError::UnknownAccount(_) => Self::of(Code::AccountUnknown),
            CommandError::AccountExists(_) => Self::field("id", "EXISTS", text),
            CommandError::UnknownInstrument(_) => Self::field("instrument", "UNKNOWN_INSTRUMENT", text),
            CommandError::WrongVenue { .. } => Self::field("instrument", "WRONG_VENUE", text),
            CommandError::UnknownOrder(_) => Self::new(Code::OrderUnknown, text),
            CommandError::OrderIdReused(_) => Self::new(Code::OrderIdReused, text),
            // The caller asked to submit again what is archived: the route reads it from the projection instead.
            CommandError::OrderArchived(_) => Self::new(Code::OrderIdReused, text),
            // Just placed or being changed is not gone.
            CommandError::OrderNotModifiable { state, .. } if UNDER_WAY.contains(&state) => {
                Self::new(Code::OrderPending, text).retry_after(1)
            }
            CommandError::OrderNotOpen { .. } | CommandError::OrderNotModifiable { .. } => {
                Self::new(Code::OrderNotOpen, text)
            }
            CommandError::OrderVersionConflict { .. } => Self::new(Code::VersionConflict, text),
            CommandError::ChangeDenied { .. } => Self::new(Code::OrderChangeDenied, text),
            CommandError::Malformed(request) => request.into(),
            CommandError::BadBatch => Self::field("orders", "BAD_BATCH", text),
            CommandError::NotComparedYet(_) => Self::new(Code::Unavailable, text).retry_after(5),
            CommandError::VersionConflict { .. } => Self::new(Code::VersionConflict, text),
            CommandError::BadSetting { field, message } => Self::field(field, "OUT_OF_RANGE", message),
            CommandError::UnknownStrategy(_) => Self::new(Code::StrategyUnknown, text),
            CommandError::KillSwitchAlready(_) => Self::new(Code::KillSwitchState, text),
            CommandError::Ledger(_) | CommandError::BadAmount(_) => Self::new(Code::AmountRefused, text),
        }
    }
}

impl From<RequestError> for ApiError {
    fn from(error: RequestError) -> Self {
        let text = error.to_string();
        match error {
            RequestError::OffTick { .. } => Self::field("price", "OFF_TICK", text),
            RequestError::OffLot { .. } => Self::field("quantity", "OFF_LOT", text),
            RequestError::PriceNotPositive { .. } => Self::field("price", "NOT_POSITIVE", text),
            RequestError::BelowMinimum { what: "notional", .. } => {
                Self::field("quantity", "NOTIONAL_BELOW_MINIMUM", text)
            }
            RequestError::BelowMinimum { .. } => Self::field("quantity", "BELOW_MINIMUM", text),
            RequestError::Contradiction(_) => Self::field("", "CONTRADICTION", text),
            RequestError::TooLarge => Self::field("quantity", "TOO_LARGE", text),
        }
    }
}
