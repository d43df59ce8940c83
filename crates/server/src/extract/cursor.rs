//! Opaque, stable cursors.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::problem::{ApiError, ApiResult};

/// Most items of a page.
const LIMIT_MAX: u32 = 500;
const LIMIT_DEFAULT: u32 = 100;

/// Which page of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Most items of the page; 100 when absent.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before; absent for the first.
    #[param(max_length = 256)]
    pub cursor: Option<String>,
}

/// Where a page begins: the key of the last item before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(pub String);

impl PageQuery {
    /// How many items.
    ///
    /// # Errors
    /// A field error outside 1 to 500.
    pub fn limit(&self) -> ApiResult<u32> {
        match self.limit {
            None => Ok(LIMIT_DEFAULT),
            Some(limit @ 1..=LIMIT_MAX) => Ok(limit),
            Some(limit) => Err(ApiError::field(
                "limit",
                "OUT_OF_RANGE",
                format!("limit is 1 to {LIMIT_MAX}, got {limit}"),
            )),
        }
    }

    /// The key that the cursor carries, if there is a cursor.
    ///
    /// # Errors
    /// A field error for a cursor that we did not make.
    pub fn key<T: std::str::FromStr>(&self) -> ApiResult<Option<T>> {
        let Some(text) = &self.cursor else { return Ok(None) };
        let refuse = || {
            ApiError::field(
                "cursor",
                "MALFORMED",
                "the cursor is not one of this list's next_cursor",
            )
        };
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| refuse())?;
        let key = String::from_utf8(bytes).map_err(|_| refuse())?;
        let key = key.strip_prefix("1:").ok_or_else(refuse)?;
        key.parse().map(Some).map_err(|_| refuse())
    }
}

impl Cursor {
    /// The cursor after an item with this key.
    #[must_use]
    pub fn after(key: impl std::fmt::Display) -> String {
        URL_SAFE_NO_PAD.encode(format!("1:{key}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_brings_its_key_back_and_foreign_text_is_refused() {
        let page = |cursor: &str| PageQuery {
            limit: None,
            cursor: Some(cursor.to_owned()),
        };
        assert_eq!(page(&Cursor::after(42)).key::<u64>().expect("ours"), Some(42));
        for foreign in ["42", "", "!!", "MTo"] {
            assert!(page(foreign).key::<u64>().is_err(), "{foreign} was taken");
        }
    }
}
