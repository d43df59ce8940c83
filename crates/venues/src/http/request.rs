//! A REST call before it is made.

use std::fmt::Write as _;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};

use super::client::{RestClient, RestResponse};
use super::error::RestError;
use crate::rate_limit::{EndpointClass, Priority};

/// Query parameters in the order in which they were added, percent-encoded. Order matters to signatures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query(String);

impl Query {
    /// Adds a parameter.
    pub fn push(&mut self, name: &str, value: impl std::fmt::Display) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        encode(name, &mut self.0);
        self.0.push('=');
        encode(&value.to_string(), &mut self.0);
    }

    /// The encoded query without its question mark, as it is sent (and signed).
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// RFC 3986: everything but the unreserved characters is encoded, a space as `%20`.
fn encode(text: &str, into: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            into.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(into, "%{byte:02X}");
        }
    }
}

/// A call at the venue. Made by [`RestClient::get`] and its siblings, sent by [`Self::send`].
#[must_use = "a request does nothing until it is sent"]
#[derive(Debug)]
pub struct RestRequest<'c> {
    client: &'c RestClient,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Query,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Bytes,
    pub(super) class: EndpointClass,
    pub(super) weight: u32,
    pub(super) account: Option<String>,
    pub(super) priority: Priority,
    pub(super) repeatable: bool,
    problem: Option<String>,
}

impl<'c> RestRequest<'c> {
    pub(super) fn new(client: &'c RestClient, method: Method, path: &str) -> Self {
        let repeatable = method == Method::GET || method == Method::HEAD;
        Self {
            client,
            method,
            path: path.to_owned(),
            query: Query::default(),
            headers: Vec::new(),
            body: Bytes::new(),
            class: EndpointClass::MarketData,
            weight: 1,
            account: None,
            priority: Priority::Normal,
            repeatable,
            problem: None,
        }
    }

    /// Adds a query parameter.
    pub fn query(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.query.push(name, value);
        self
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(name), Ok(value)) => self.headers.push((name, value)),
            // The value stays out of the message: it may be a secret.
            _ => self.problem = Some(format!("header `{name}` is not valid")),
        }
        self
    }

    /// Sets a JSON body.
    pub fn json(mut self, body: &impl serde::Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(bytes) => {
                self.body = bytes.into();
                self.headers.push((
                    http::header::CONTENT_TYPE,
                    HeaderValue::from_static("application/json"),
                ));
            }
            Err(e) => self.problem = Some(format!("body: {e}")),
        }
        self
    }

    /// Sets a body of any kind; its content type is a header of its own.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets the endpoint's class and the call's weight in the venue's limits.
    pub fn limited(mut self, class: EndpointClass, weight: u32) -> Self {
        (self.class, self.weight) = (class, weight);
        self
    }

    /// Counts the call for this account where the venue counts so.
    pub fn account(mut self, account: &str) -> Self {
        self.account = Some(account.to_owned());
        self
    }

    /// Marks a cancel or kill-switch call: first in line, never stopped by the breaker.
    pub fn cancel(mut self) -> Self {
        self.priority = Priority::Cancel;
        self
    }

    /// States whether the call may be repeated without doing its work twice. GET and HEAD may by default.
    pub fn repeatable(mut self, repeatable: bool) -> Self {
        self.repeatable = repeatable;
        self
    }

    /// Makes the call.
    ///
    /// # Errors
    /// [`RestError`]; the last one when the call was repeated.
    pub async fn send(self) -> Result<RestResponse, RestError> {
        if let Some(why) = self.problem {
            return Err(RestError::BadRequest { why });
        }
        self.client.send(&self).await
    }

    /// Makes the call and reads the answer as JSON.
    ///
    /// # Errors
    /// Those of [`Self::send`], and [`RestError::Decode`].
    pub async fn json_answer<T: serde::de::DeserializeOwned>(self) -> Result<T, RestError> {
        Ok(serde_json::from_slice(&self.send().await?.body)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_keep_their_order_and_are_percent_encoded() {
        let mut query = Query::default();
        query.push("symbol", "BTC/USD");
        query.push("start", 1_700_000_000);
        query.push("note", "a b+c&d=é");
        assert_eq!(
            query.as_str(),
            "symbol=BTC%2FUSD&start=1700000000&note=a%20b%2Bc%26d%3D%C3%A9"
        );
    }
}
