//! Bars as columns.
//!
//! The answer is written without a tree of values in between: figures are printed from their mantissas, digit by digit
//! and exactly, so that 20,000 bars take a few milliseconds.

use crate::routes::prelude::*;

use tradewind_types::UnixNanos;
use tradewind_types::market::Bar;
use tradewind_types::time::SECOND_NS;

use super::{resolution, symbol};
use crate::bars::{ANSWER_MAX, BarsRead, Wanted};

/// Which bars.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UdfHistoryQuery {
    /// An id, `MARKET:SYMBOL`, or a symbol that only one market has.
    #[param(example = "COINBASE:BTC-USD")]
    pub symbol: String,
    /// `1S` … `30S`, `1` … `720` minutes, `1D`, `1W`, `1M`.
    #[param(example = "1")]
    pub resolution: String,
    /// Only bars that open at this time or later, seconds since 1970. Not heeded with `countback`.
    pub from: Option<i64>,
    /// Only bars that open at this time or before, seconds since 1970; may lie ahead.
    pub to: Option<i64>,
    /// The last so many bars up to `to`, whatever `from` says; 20,000 at most are answered.
    #[param(minimum = 1)]
    pub countback: Option<u64>,
}

/// Bars of an instrument, oldest first, the forming one last. Without any in the range `s` is `no_data`, and `nextTime`
/// says when the last bar before it opens. A range with more than 20,000 bars is answered with its newest.
#[utoipa::path(get, path = "/udf/history", tag = "udf", params(UdfHistoryQuery),
    responses((status = 200, body = wire::UdfHistory)))]
pub async fn udf_history(
    State(state): State<AppState>,
    QueryOf(query): QueryOf<UdfHistoryQuery>,
) -> ApiResult<axum::response::Response> {
    let interval = resolution::parse(&query.resolution)?;
    let to = query.to.map(|to| seconds(to.saturating_add(1)));
    let (from, count) = match (query.countback, query.from) {
        (Some(0), _) => {
            return Err(ApiError::field(
                "countback",
                "OUT_OF_RANGE",
                "countback is 1 or more",
            ));
        }
        (Some(count), _) => (
            None,
            usize::try_from(count).map_or(ANSWER_MAX, |n| n.min(ANSWER_MAX)),
        ),
        (None, Some(from)) => (Some(seconds(from)), ANSWER_MAX),
        (None, None) => {
            return Err(ApiError::field("from", "MISSING", "from or countback is needed"));
        }
    };
    if let (Some(from), Some(to)) = (from, to)
        && from >= to
    {
        return Err(ApiError::field(
            "from",
            "OUT_OF_RANGE",
            "from must not be after to",
        ));
    }
    let id = symbol::resolve(&state, &query.symbol).await?;
    let wanted = Wanted {
        interval,
        from,
        to,
        count,
        skip: 0,
        // The bar before the range, for `nextTime`.
        lead: 1,
    };
    let read = state.bars().read(&id, wanted).await?;
    let body = if read.wanted().is_empty() {
        let last = read.bars.last().map(|bar| bar.ts.0 / SECOND_NS);
        let none = wire::UdfHistory {
            s: "no_data".to_owned(),
            t: None,
            o: None,
            h: None,
            l: None,
            c: None,
            v: None,
            next_time: last,
        };
        return Ok(Json(none).into_response());
    } else {
        columns(&read)
    };
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

/// A time in seconds; one before 1970 is 1970.
fn seconds(secs: i64) -> UnixNanos {
    UnixNanos(u64::try_from(secs).unwrap_or(0).saturating_mul(SECOND_NS))
}

fn columns(read: &BarsRead) -> Vec<u8> {
    const BYTES_PER_BAR: usize = 72;
    let bars = read.wanted();
    let (price, size) = (read.instrument.price_scale, read.instrument.size_scale);
    let mut out = Vec::with_capacity(bars.len() * BYTES_PER_BAR + 64);
    out.extend_from_slice(b"{\"s\":\"ok\"");
    let mut column = |name: &str, of: &dyn Fn(&Bar) -> i128, scale: u8| {
        out.extend_from_slice(b",\"");
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"\":[");
        for (at, bar) in bars.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            number(&mut out, of(bar), scale);
        }
        out.push(b']');
    };
    column("t", &|bar| i128::from(bar.ts.0 / SECOND_NS), 0);
    column("o", &|bar| i128::from(bar.open.0), price);
    column("h", &|bar| i128::from(bar.high.0), price);
    column("l", &|bar| i128::from(bar.low.0), price);
    column("c", &|bar| i128::from(bar.close.0), price);
    column("v", &|bar| bar.volume.0, size);
    out.push(b'}');
    out
}

/// Writes mantissa × 10^−scale as a JSON number, without zeros at its end.
fn number(out: &mut Vec<u8>, mantissa: i128, scale: u8) {
    if mantissa < 0 {
        out.push(b'-');
    }
    let mut rest = mantissa.unsigned_abs();
    let mut scale = usize::from(scale);
    while scale > 0 && rest.is_multiple_of(10) {
        rest /= 10;
        scale -= 1;
    }
    // The digits from the last to the first, at least one before the point.
    let mut digits = [0u8; 64];
    let mut at = digits.len();
    let mut written = 0;
    // Most figures fit 64 bits, whose division is one instruction.
    let mut short = u64::try_from(rest).ok();
    loop {
        let digit = match &mut short {
            Some(rest) => {
                let digit = *rest % 10;
                *rest /= 10;
                digit as u8
            }
            None => {
                let digit = (rest % 10) as u8;
                rest /= 10;
                short = u64::try_from(rest).ok();
                digit
            }
        };
        at -= 1;
        digits[at] = b'0' + digit;
        written += 1;
        if written == scale {
            at -= 1;
            digits[at] = b'.';
        }
        let done = short == Some(0) && written > scale;
        // Forty digits of 128 bits and thirty-six decimals leave room for the point.
        if done || at < 2 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tradewind_types::Decimal;

    fn text(mantissa: i128, scale: u8) -> String {
        let mut out = Vec::new();
        number(&mut out, mantissa, scale);
        String::from_utf8(out).expect("digits")
    }

    #[test]
    fn figures_are_written_exactly_and_without_zeros_at_the_end() {
        assert_eq!((text(0, 0), text(0, 8)), ("0".into(), "0".into()));
        assert_eq!(
            (text(10_050, 2), text(5, 2), text(-5, 3)),
            ("100.5".into(), "0.05".into(), "-0.005".into())
        );
        assert_eq!(
            (text(100, 2), text(100, 0), text(12_345, 5)),
            ("1".into(), "100".into(), "0.12345".into())
        );
        let large = i128::from(u64::MAX) * 1_000_003;
        assert_eq!(
            text(large, 18),
            Decimal::from_i128_with_scale(large, 18).normalize().to_string()
        );
        assert_eq!(text(i128::MAX, 36).len(), 40);
    }

    proptest! {
        #[test]
        fn figures_are_those_of_decimals(mantissa in -(1i128 << 95)..(1i128 << 95), scale in 0u8..=18) {
            let expected = Decimal::from_i128_with_scale(mantissa, u32::from(scale)).normalize();
            prop_assert_eq!(text(mantissa, scale), expected.to_string());
        }
    }
}
