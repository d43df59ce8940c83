//! Entity tags and `If-Match`: who changes something says which state of it the change is based on.

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, header};
use serde::Serialize;

use crate::identity::hash_token;
use crate::problem::{ApiError, ApiResult, Code};

/// Characters of a tag made from content: 96 bits, so that two states that differ never share one by accident.
const DIGEST_CHARS: usize = 24;

/// The tag of a state of a resource, a strong one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag(String);

impl Tag {
    /// Of a numbered state.
    #[must_use]
    pub fn version(version: impl Into<u64>) -> Self {
        Self(version.into().to_string())
    }

    /// Of what a state says.
    ///
    /// # Errors
    /// Never in practice: what is shown can be written.
    pub fn of(state: &impl Serialize) -> ApiResult<Self> {
        let text = serde_json::to_string(state).map_err(|_| ApiError::of(Code::Internal))?;
        Ok(Self::of_text(&text))
    }

    /// Of a text that says what the state is.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        let mut digest = hash_token(text);
        digest.truncate(DIGEST_CHARS);
        Self(digest)
    }

    /// As it is sent, in quotes.
    #[must_use]
    pub fn quoted(&self) -> String {
        format!("\"{}\"", self.0)
    }

    /// The header of an answer.
    ///
    /// # Errors
    /// Never in practice: tags are digits and letters.
    pub fn header(&self) -> ApiResult<[(header::HeaderName, HeaderValue); 1]> {
        let value = HeaderValue::from_str(&self.quoted()).map_err(|_| ApiError::of(Code::Internal))?;
        Ok([(header::ETAG, value)])
    }
}

/// Tags as a header lists them.
fn tags(headers: &HeaderMap, name: header::HeaderName) -> Option<Vec<String>> {
    let lines = headers.get_all(name);
    let mut listed = None;
    for line in lines {
        let listed: &mut Vec<String> = listed.get_or_insert_default();
        let text = line.to_str().unwrap_or_default();
        listed.extend(text.split(',').map(|tag| tag.trim().to_owned()));
    }
    listed
}

/// Whether what the client has, by `If-None-Match`, is what it would get. Compared weakly (RFC 9110, 13.1.2).
pub(crate) fn has_already(headers: &HeaderMap, tag: &str) -> bool {
    let strong = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag).to_owned();
    let wanted = strong(tag);
    tags(headers, header::IF_NONE_MATCH)
        .is_some_and(|listed| listed.iter().any(|one| one == "*" || strong(one) == wanted))
}

/// `If-Match`, if it was sent.
#[derive(Debug, Clone, Default)]
pub struct IfMatch(Option<Vec<String>>);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(Self(tags(&parts.headers, header::IF_MATCH)))
    }
}

impl IfMatch {
    /// Refuses a request without it.
    ///
    /// # Errors
    /// `PRECONDITION_MISSING` (428).
    pub fn needed(self) -> ApiResult<Self> {
        match self.0 {
            Some(_) => Ok(self),
            None => Err(ApiError::of(Code::PreconditionMissing)),
        }
    }

    /// Whether a state may be changed: it is one of those named, or none was. Compared strongly (RFC 9110, 13.1.1), so
    /// that a weak tag matches nothing; `*` matches whatever there is.
    #[must_use]
    pub fn allows(&self, current: Option<&Tag>) -> bool {
        let Some(listed) = &self.0 else { return true };
        current.is_some_and(|tag| {
            let tag = tag.quoted();
            listed.iter().any(|one| one == "*" || *one == tag)
        })
    }

    /// The same as a refusal.
    ///
    /// # Errors
    /// `VERSION_CONFLICT` (412) when the state is another one, or there is none.
    pub fn check(&self, current: Option<&Tag>) -> ApiResult<()> {
        match self.allows(current) {
            true => Ok(()),
            false => Err(ApiError::of(Code::VersionConflict)),
        }
    }

    /// The one version that it names; `None` without it, and for `*`.
    ///
    /// # Errors
    /// `VERSION_CONFLICT` for a tag that is no version of ours, and for several.
    pub fn version<N: std::str::FromStr>(&self) -> ApiResult<Option<N>> {
        let conflict = || ApiError::of(Code::VersionConflict);
        let one = match self.0.as_deref() {
            None => return Ok(None),
            Some([one]) if one == "*" => return Ok(None),
            Some([one]) => one,
            Some(_) => return Err(conflict()),
        };
        let number = one.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let number = number.and_then(|digits| digits.parse().ok());
        number.map(Some).ok_or_else(conflict)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn if_match(lines: &[&str]) -> IfMatch {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::IF_MATCH, line.parse().expect("header"));
        }
        IfMatch(tags(&headers, header::IF_MATCH))
    }

    #[test]
    fn a_state_is_changed_when_it_is_named_or_none_is() {
        let (one, two) = (Tag::version(1_u32), Tag::version(2_u32));
        assert!(if_match(&[]).allows(Some(&one)) && if_match(&[]).allows(None));
        assert!(if_match(&["\"1\""]).allows(Some(&one)));
        assert!(!if_match(&["\"1\""]).allows(Some(&two)));
        assert!(if_match(&["\"7\", \"2\""]).allows(Some(&two)));
        assert!(if_match(&["\"7\"", "\"2\""]).allows(Some(&two)));
        assert!(if_match(&["*"]).allows(Some(&two)) && !if_match(&["*"]).allows(None));
        for line in ["W/\"1\"", "1", "", "\"1"] {
            assert!(!if_match(&[line]).allows(Some(&one)), "{line}");
        }
        assert_eq!(if_match(&["\"3\""]).version::<u32>().expect("ours"), Some(3));
        assert_eq!(if_match(&["*"]).version::<u32>().expect("any"), None);
        assert!(if_match(&["\"x\""]).version::<u32>().is_err());
        assert!(if_match(&[]).needed().is_err() && if_match(&["*"]).needed().is_ok());
    }

    #[test]
    fn what_a_client_has_is_known_by_any_of_its_tags() {
        let mut headers = HeaderMap::new();
        assert!(!has_already(&headers, "W/\"a\""));
        headers.insert(header::IF_NONE_MATCH, "\"b\", W/\"a\"".parse().expect("header"));
        assert!(has_already(&headers, "W/\"a\"") && has_already(&headers, "\"b\""));
        assert!(!has_already(&headers, "\"c\""));
        headers.insert(header::IF_NONE_MATCH, "*".parse().expect("header"));
        assert!(has_already(&headers, "\"c\""));
    }

    #[test]
    fn what_differs_has_another_tag() {
        let tag = |text: &str| Tag::of(&serde_json::json!({"a": text})).expect("written");
        assert_eq!(tag("x"), tag("x"));
        assert_ne!(tag("x"), tag("y"));
    }
}
