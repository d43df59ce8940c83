//! JSON bodies: 415 for another type, 413 when too long, 400 when not JSON, 422 with the field when it does not fit.

use axum::body::Body as RawBody;
use axum::extract::{FromRequest, Request};
use http::{HeaderMap, header};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::AppState;
use crate::problem::{ApiError, ApiResult, Code, NUL};

/// A JSON body.
#[derive(Debug)]
pub struct Body<T>(pub T);

/// A JSON body that may be left out, which counts as `{}`.
#[derive(Debug)]
pub struct EmptyOr<T>(pub T);

impl<T: DeserializeOwned> FromRequest<AppState> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        check_type(&request)?;
        let (parts, body) = request.into_parts();
        let bytes = read_body(&parts.headers, body, state.config.body_bytes_max).await?;
        parse(&bytes).map(Self)
    }
}

impl<T: DeserializeOwned + Default> FromRequest<AppState> for EmptyOr<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        let typed = check_type(&request);
        let (parts, body) = request.into_parts();
        let bytes = read_body(&parts.headers, body, state.config.body_bytes_max).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        typed?;
        parse(&bytes).map(Self)
    }
}

fn check_type(request: &Request) -> ApiResult<()> {
    let value = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let media = value
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    if media == "application/json" {
        Ok(())
    } else {
        Err(ApiError::of(Code::UnsupportedMediaType))
    }
}

/// Reads a body of at most `limit` bytes.
///
/// # Errors
/// `BODY_TOO_LARGE`; `BAD_REQUEST` when it ends early.
pub(crate) async fn read_body(headers: &HeaderMap, body: RawBody, limit: usize) -> ApiResult<bytes::Bytes> {
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(ApiError::of(Code::BodyTooLarge));
    }
    axum::body::to_bytes(body, limit).await.map_err(|error| {
        let text = std::error::Error::source(&error)
            .map(ToString::to_string)
            .unwrap_or_default();
        if text.contains("length limit") {
            ApiError::of(Code::BodyTooLarge)
        } else {
            ApiError::new(Code::BadRequest, "the body ended early")
        }
    })
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> ApiResult<T> {
    // serde would take a list as the fields of an object in their order.
    if bytes.trim_ascii_start().starts_with(b"[")
        && serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok()
    {
        let wanted = "the body has to be an object, `{…}`, not a list";
        return Err(ApiError::field("", "MALFORMED", wanted));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        // A field may be refused before the parser gets to where the text stops being JSON; that comes first.
        match serde_json::from_slice::<serde::de::IgnoredAny>(bytes) {
            Err(syntax) => refuse(String::new(), &syntax),
            Ok(_) => refuse(path, error.inner()),
        }
    })?;
    deserializer
        .end()
        .map_err(|error| refuse(String::new(), &error))?;
    match nul(bytes) {
        None => Ok(value),
        Some(field) => Err(ApiError::field(field, "NUL_CHARACTER", NUL)),
    }
}

/// The path of a text with the character U+0000, which PostgreSQL does not store; JSON can only write it escaped.
fn nul(bytes: &[u8]) -> Option<String> {
    const ESCAPED: &[u8] = br"\u0000";
    if !bytes.windows(ESCAPED.len()).any(|window| window == ESCAPED) {
        return None;
    }
    let value: Value = serde_json::from_slice(bytes).ok()?;
    nul_in(&value, String::new())
}

fn nul_in(value: &Value, path: String) -> Option<String> {
    match value {
        Value::String(text) => text.contains('\0').then_some(path),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(at, item)| nul_in(item, format!("{path}[{at}]"))),
        Value::Object(fields) => fields.iter().find_map(|(name, item)| {
            let inner = if path.is_empty() {
                name.replace('\0', "\u{fffd}")
            } else {
                format!("{path}.{}", name.replace('\0', "\u{fffd}"))
            };
            if name.contains('\0') {
                return Some(inner);
            }
            nul_in(item, inner)
        }),
        _ => None,
    }
}

fn refuse(path: String, error: &serde_json::Error) -> ApiError {
    let text = error.to_string();
    if !error.is_data() {
        return ApiError::new(
            Code::MalformedJson,
            format!("the body is not well-formed JSON: {text}"),
        );
    }
    // serde names a missing or unknown field in its message only; the path then ends at the object around it.
    let named = |prefix: &str| text.strip_prefix(prefix)?.split('`').next().map(str::to_owned);
    let base = if path == "." { String::new() } else { path };
    let join = |field: String| {
        if base.is_empty() {
            field
        } else {
            format!("{base}.{field}")
        }
    };
    match (named("missing field `"), named("unknown field `")) {
        (Some(field), _) => ApiError::field(join(field), "MISSING", "this field is needed"),
        (_, Some(field)) if base == field || base.ends_with(&format!(".{field}")) => {
            ApiError::field(base, "UNKNOWN_FIELD", "there is no such field")
        }
        (_, Some(field)) => ApiError::field(join(field), "UNKNOWN_FIELD", "there is no such field"),
        _ => ApiError::field(base, "MALFORMED", text),
    }
}
