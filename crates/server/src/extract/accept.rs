//! What a client says it takes.

use http::{HeaderMap, header};

/// The media ranges of the Accept headers in lower case, each with its weight in thousandths.
fn ranges(headers: &HeaderMap) -> impl Iterator<Item = (String, u16)> {
    let lines = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default().to_ascii_lowercase();
        let weight = parts.find_map(|part| part.strip_prefix("q=").map(thousandths));
        (media, weight.unwrap_or(1_000))
    })
}

/// `0.5` as 500; what is no weight counts as 1, as if it were not there.
fn thousandths(text: &str) -> u16 {
    let (whole, digits) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{digits:0<3}");
    match (whole, digits.get(..3).and_then(|three| three.parse::<u16>().ok())) {
        ("0", Some(part)) => part,
        _ => 1_000,
    }
}

/// Whether one of these media ranges is among those accepted, or nothing is said.
#[must_use]
pub fn accepts(headers: &HeaderMap, media: &[&str]) -> bool {
    if !headers.contains_key(header::ACCEPT) {
        return true;
    }
    ranges(headers).any(|(range, weight)| weight > 0 && (range.is_empty() || media.contains(&range.as_str())))
}

/// Whether a media type is named, and no less wanted than JSON.
#[must_use]
pub fn prefers(headers: &HeaderMap, media: &str) -> bool {
    let weight = |wanted: &str| {
        ranges(headers)
            .filter(|(range, _)| range == wanted)
            .map(|(_, w)| w)
            .max()
    };
    let json = weight("application/json").unwrap_or(0);
    weight(media).is_some_and(|weight| weight > 0 && weight >= json)
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &[&str] = &["*/*", "application/*", "application/json"];
    const ARROW: &str = "application/vnd.apache.arrow.stream";

    fn headers(lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::ACCEPT, line.parse().expect("a header"));
        }
        headers
    }

    #[test]
    fn json_is_taken_unless_it_is_ruled_out() {
        assert!(accepts(&headers(&[]), JSON));
        for line in [
            "application/json",
            "*/*",
            "text/html, application/*;q=0.1",
            "Application/JSON; q=0.001",
            "",
        ] {
            assert!(accepts(&headers(&[line]), JSON), "{line}");
        }
        for line in [
            "text/html",
            "application/json;q=0",
            "application/json; q=0.000",
            ARROW,
        ] {
            assert!(!accepts(&headers(&[line]), JSON), "{line}");
        }
        assert!(accepts(&headers(&["text/html", "application/json"]), JSON));
    }

    #[test]
    fn a_stream_comes_to_those_who_name_it_and_do_not_rather_want_json() {
        assert!(prefers(&headers(&[ARROW]), ARROW));
        assert!(prefers(
            &headers(&[&format!("{ARROW}, application/json;q=0.9")]),
            ARROW
        ));
        assert!(prefers(&headers(&[&format!("application/json, {ARROW}")]), ARROW));
        assert!(!prefers(
            &headers(&[&format!("application/json, {ARROW};q=0.5")]),
            ARROW
        ));
        for line in ["*/*", "application/json"] {
            assert!(!prefers(&headers(&[line]), ARROW), "{line}");
        }
        assert!(!prefers(&headers(&[&format!("{ARROW};q=0")]), ARROW));
        assert!(!prefers(&headers(&[]), ARROW));
    }
}
