//! A file as the body of a request, as it is: no JSON around it, and longer than other bodies may be.

use axum::extract::{FromRequest, Request};
use http::header;

use crate::AppState;
use crate::problem::{ApiError, ApiResult, Code};

/// Longest file.
pub(crate) const FILE_BYTES_MAX: usize = tradewind_ledger::statement::BYTES_MAX;

/// A file of at most [`FILE_BYTES_MAX`].
#[derive(Debug)]
pub struct FileBody(pub bytes::Bytes);

impl FromRequest<AppState> for FileBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &AppState) -> Result<Self, ApiError> {
        let announced = request.headers().get(header::CONTENT_LENGTH);
        let announced = announced.and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
        if announced.is_some_and(|length| length > FILE_BYTES_MAX as u64) {
            return Err(too_large());
        }
        let body = axum::body::to_bytes(request.into_body(), FILE_BYTES_MAX).await;
        checked(body.map_err(|error| {
            let text = std::error::Error::source(&error).map(ToString::to_string);
            match text.is_some_and(|t| t.contains("length limit")) {
                true => too_large(),
                false => ApiError::new(Code::BadRequest, "the body ended early"),
            }
        }))
    }
}

fn checked(body: ApiResult<bytes::Bytes>) -> ApiResult<FileBody> {
    let body = body?;
    if body.is_empty() {
        return Err(ApiError::new(
            Code::BadRequest,
            "the body is the file; it is empty",
        ));
    }
    Ok(FileBody(body))
}

fn too_large() -> ApiError {
    ApiError::new(Code::BodyTooLarge, "a file may have 10 MB")
}
