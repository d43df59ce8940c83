//! `Retry-After`: seconds, or an HTTP date.

use std::time::Duration;

use http::HeaderMap;
use http::header::RETRY_AFTER;
use tradewind_types::UnixNanos;

/// For how long the venue asks us to stay away, counted from `now`; `None` when it does not or cannot be read.
pub(super) fn retry_after(headers: &HeaderMap, now: UnixNanos) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    // An HTTP date is an RFC 2822 date whose zone is spelt GMT.
    let date = jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(text)
        .ok()?;
    let at = u64::try_from(date.as_nanosecond()).ok()?;
    Some(Duration::from_nanos(UnixNanos(at).since(now)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<Duration> {
        let headers = HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]);
        retry_after(&headers, "2015-10-21T07:27:30Z".parse().unwrap())
    }

    #[test]
    fn seconds_and_dates_are_read_and_nonsense_is_not() {
        assert_eq!(parse("120"), Some(Duration::from_secs(120)));
        assert_eq!(
            parse("Wed, 21 Oct 2015 07:28:00 GMT"),
            Some(Duration::from_secs(30))
        );
        assert_eq!(
            parse("Wed, 21 Oct 2015 07:00:00 GMT"),
            Some(Duration::ZERO),
            "past dates mean now"
        );
        assert_eq!(parse("soon"), None);
        assert_eq!(parse("-5"), None);
    }
}
