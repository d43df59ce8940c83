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

/// What is wrong with a text that has U+0000.
pub(crate) const NUL: &str = "a text cannot have the character U+0000; leave it out";

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let answer = match error {
            StoreError::Busy => Self::of(Code::StoreBusy).retry_after(1),
            StoreError::TooSlow => Self::of(Code::StoreTimeout).retry_after(5),
            StoreError::Unavailable(_) => Self::of(Code::StoreAway).retry_after(2),
            StoreError::NulCharacter => return Self::field("", "NUL_CHARACTER", NUL),
            _ => {
                tracing::error!(%error, "the store failed");
                return Self::of(Code::Internal);
            }
        };
        tracing::warn!(%error, "the store did not answer");
        answer
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_store_could_not_do_says_why_and_when_to_ask_again() {
        let away = || std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        for (error, code, after) in [
            (StoreError::Busy, Code::StoreBusy, "1"),
            (StoreError::TooSlow, Code::StoreTimeout, "5"),
            (StoreError::Unavailable(away().into()), Code::StoreAway, "2"),
        ] {
            let answer = ApiError::from(error);
            assert_eq!((answer.code, answer.code.status().as_u16()), (code, 503));
            let headers: Vec<_> = answer
                .headers
                .iter()
                .map(|(n, v)| (n.as_str(), v.as_bytes()))
                .collect();
            assert_eq!(headers, [("retry-after", after.as_bytes())]);
        }
        let answer = ApiError::from(StoreError::NulCharacter);
        assert_eq!(
            answer.errors.first().map(|e| e.code.as_str()),
            Some("NUL_CHARACTER")
        );
        assert_eq!(
            ApiError::from(StoreError::Schema("?".to_owned())).code,
            Code::Internal
        );
    }
}
