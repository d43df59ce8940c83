//! Errors as every endpoint answers them: RFC 9457 problem documents with a stable code.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Time;

/// One field that was refused, and why.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// Path of the field, e.g. `orders[2].price`; empty for the body as a whole.
    #[schema(example = "quantity")]
    pub field: String,
    /// Stable code.
    #[schema(example = "NOT_POSITIVE")]
    pub code: String,
    /// A sentence for people.
    #[schema(example = "quantity must be greater than 0, got -1")]
    pub message: String,
}

/// `application/problem+json`, the body of every error.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// URI of the kind of problem: `/api/v1/errors#CODE`.
    #[serde(rename = "type")]
    #[schema(example = "/api/v1/errors#ORDER_ID_REUSED")]
    pub kind: String,
    /// Short title, the same for all problems of the kind.
    pub title: String,
    /// HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// What happened here.
    pub detail: String,
    /// Path of the request.
    pub instance: String,
    /// Stable code, listed by `GET /api/v1/errors`.
    #[schema(example = "ORDER_ID_REUSED")]
    pub error_code: String,
    /// The request's id, as in `X-Request-Id`, logs, audit and journal.
    pub correlation_id: String,
    /// When.
    pub timestamp: Time,
    /// Fields that were refused; empty when the problem is not about fields.
    pub errors: Vec<FieldError>,
}

/// One row of the catalogue of errors.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ErrorDescription {
    /// Stable code.
    pub error_code: String,
    /// HTTP status it comes with.
    pub status: u16,
    /// Its title.
    pub title: String,
    /// What it means.
    pub description: String,
    /// What whoever gets it can do.
    pub remedy: String,
}

/// Every error code there is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ErrorCatalogue {
    /// The codes, by name.
    pub items: Vec<ErrorDescription>,
}
