//! Risk settings with optimistic locking.

pub mod get;
pub mod put;
pub mod sizing;
pub mod warnings;

use http::{HeaderMap, HeaderValue, header};

use crate::problem::{ApiError, ApiResult, Code};

fn etag(version: u32) -> ApiResult<HeaderValue> {
    HeaderValue::from_str(&format!("\"{version}\"")).map_err(|_| ApiError::of(Code::Internal))
}

/// The version in `If-Match`. A tag that we never gave matches no version.
fn version_of(headers: &HeaderMap) -> ApiResult<u32> {
    let tag = headers
        .get(header::IF_MATCH)
        .ok_or_else(|| ApiError::of(Code::PreconditionMissing))?;
    let number = tag
        .to_str()
        .ok()
        .and_then(|text| text.trim().strip_prefix('"')?.strip_suffix('"')?.parse().ok());
    number.ok_or_else(|| ApiError::of(Code::VersionConflict))
}
