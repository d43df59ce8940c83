//! Endpoints that will go: told in every answer, long before (`docs/api.md`).
//!
//! A row here is all that there is to do: answers carry `Deprecation` (RFC 9745), `Sunset` (RFC 8594) and a `Link` to what
//! takes its place, the document marks the operation, and a counter tells who still calls.

use http::{HeaderMap, HeaderValue, header};

/// An endpoint that will go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deprecated {
    /// `GET`, `POST` …
    pub method: &'static str,
    /// Path template.
    pub path: &'static str,
    /// Since when it is deprecated: seconds since 1970.
    pub since: u64,
    /// When it goes, at the earliest: seconds since 1970; at least [`NOTICE_S`] later.
    pub sunset: u64,
    /// Path of what takes its place.
    pub successor: &'static str,
}

/// Shortest time between saying so and taking an endpoint away: 180 days.
pub const NOTICE_S: u64 = 180 * 86_400;

/// All that will go. Nothing at present.
pub const DEPRECATED: &[Deprecated] = &[];

/// The row of an endpoint, if it has one.
#[must_use]
pub fn deprecated<'a>(rows: &'a [Deprecated], method: &str, path: &str) -> Option<&'a Deprecated> {
    rows.iter().find(|row| row.method == method && row.path == path)
}

impl Deprecated {
    /// Tells the caller.
    pub fn write(&self, headers: &mut HeaderMap) {
        let sunset = i64::try_from(self.sunset).ok();
        let sunset = sunset.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
        let texts = [
            ("deprecation", Some(format!("@{}", self.since))),
            (
                "sunset",
                sunset.map(|at| at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()),
            ),
        ];
        for (name, text) in texts {
            if let Some(Ok(value)) = text.map(|text| HeaderValue::from_str(&text)) {
                headers.insert(name, value);
            }
        }
        if let Ok(link) = HeaderValue::from_str(&format!("<{}>; rel=\"successor-version\"", self.successor)) {
            headers.append(header::LINK, link);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_tells_since_when_until_when_and_what_instead() {
        let row = Deprecated {
            method: "GET",
            path: "/api/v1/old",
            since: 1_795_338_000,
            sunset: 1_795_338_000 + NOTICE_S,
            successor: "/api/v1/new",
        };
        let mut headers = HeaderMap::new();
        row.write(&mut headers);
        assert_eq!(headers["deprecation"], "@1795338000");
        assert_eq!(headers["sunset"], "Fri, 21 May 2027 09:00:00 GMT");
        assert_eq!(headers["link"], "</api/v1/new>; rel=\"successor-version\"");
        assert_eq!(deprecated(&[row], "GET", "/api/v1/old"), Some(&row));
        assert_eq!(deprecated(&[row], "POST", "/api/v1/old"), None);
    }

    #[test]
    fn nothing_goes_without_180_days_of_notice() {
        assert!(DEPRECATED.iter().all(|row| row.sunset >= row.since + NOTICE_S));
    }
}
