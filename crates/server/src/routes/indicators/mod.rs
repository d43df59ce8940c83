//! Indicators: which there are, and their values on demand.

pub mod get;
pub mod list;
pub mod query;

use tradewind_types::UnixNanos;

use super::prelude::*;
use crate::bars::ANSWER_MAX;

const LIMIT_DEFAULT: u32 = 500;
/// Most bars that may be left out at the new end.
const OFFSET_MAX: u32 = 20_000;

/// Which bars of a series, as both ways of asking name them.
struct Span {
    from: Option<UnixNanos>,
    to: Option<UnixNanos>,
    limit: usize,
    offset: usize,
}

impl Span {
    fn checked(
        (from, to): (Option<UnixNanos>, Option<UnixNanos>),
        limit: Option<u32>,
        offset: Option<u32>,
    ) -> ApiResult<Self> {
        const MOST: u32 = ANSWER_MAX as u32;
        // Who names the begin wants everything from there on.
        let default = if from.is_some() { MOST } else { LIMIT_DEFAULT };
        let limit = in_range("limit", limit, default, MOST)? as usize;
        if let (Some(from), Some(to)) = (from, to)
            && from >= to
        {
            let text = format!("from must be before to, got {from} and {to}");
            return Err(ApiError::field("from", "OUT_OF_RANGE", text));
        }
        let offset = match offset.unwrap_or(0) {
            offset @ 0..=OFFSET_MAX => offset as usize,
            offset => {
                let text = format!("offset is 0 to {OFFSET_MAX}, got {offset}");
                return Err(ApiError::field("offset", "OUT_OF_RANGE", text));
            }
        };
        Ok(Self {
            from,
            to,
            limit,
            offset,
        })
    }
}

fn time(field: &str, text: Option<&str>) -> ApiResult<Option<UnixNanos>> {
    let parse = |text: &str| {
        let parsed = text.parse::<UnixNanos>();
        parsed.map_err(|e| ApiError::field(field, "MALFORMED", e.to_string()))
    };
    text.map(parse).transpose()
}
