//! The fault script: a TOML list of `[[fault]]` tables.
//!
//! ```
//! use tradewind_simulator::faults::FaultScript;
//! let script = FaultScript::parse(
//!     r#"
//! [[fault]]
//! kind = "delay"
//! by = "250ms"
//! venue = "kraken"
//! channel = "book"
//! after = "10s"
//! for = "5s"
//! probability = 0.2
//!
//! [[fault]]
//! kind = "http_status"
//! status = 429
//! retry_after = 2
//! path = "/0/public/OHLC"
//! times = 3
//! "#,
//! )?;
//! assert_eq!(script.faults.len(), 2);
//! # Ok::<(), tradewind_simulator::faults::ScriptError>(())
//! ```
//!
//! `after`, `for`, `by` are durations such as `250ms`, `10s`, `2m`; `by` of `clock_skew` may be negative. What
//! is done to single messages happens once unless `times`, `for` or `probability` say otherwise.

use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use super::kind::{Fault, FaultKind, Scope, Trigger};
use crate::config::VenueKind;

/// Most faults in a script.
const FAULTS_MAX: usize = 1_000;
/// Longest over-long message, bytes.
const OVER_LONG_MAX: usize = 64 << 20;

/// A fault script could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct ScriptError {
    /// Line of the script, from 1.
    pub line: usize,
    /// What is wrong.
    pub reason: String,
}

/// The faults of a script.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct FaultScript {
    /// In the order of the script.
    pub faults: Vec<Fault>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawScript {
    #[serde(default)]
    fault: Vec<Spanned<RawFault>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFault {
    kind: Spanned<String>,
    venue: Option<Spanned<String>>,
    connection: Option<u64>,
    channel: Option<String>,
    path: Option<String>,
    after: Option<Spanned<String>>,
    after_messages: Option<u64>,
    times: Option<u32>,
    #[serde(rename = "for")]
    lasting: Option<Spanned<String>>,
    probability: Option<Spanned<f64>>,
    by: Option<Spanned<String>>,
    text: Option<String>,
    bytes: Option<usize>,
    bytes_per_s: Option<u64>,
    messages: Option<u32>,
    code: Option<u16>,
    reason: Option<String>,
    status: Option<u16>,
    retry_after: Option<u64>,
}

/// A reason with the byte at which it was found, before it is turned into a line.
type Refusal = (usize, String);

impl FaultScript {
    /// Reads a script.
    ///
    /// # Errors
    /// [`ScriptError`] with the line.
    pub fn parse(text: &str) -> Result<Self, ScriptError> {
        let line_of = |at: usize| 1 + text.bytes().take(at).filter(|b| *b == b'\n').count();
        let raw: RawScript = toml::from_str(text).map_err(|error| ScriptError {
            line: line_of(error.span().map_or(0, |span| span.start)),
            reason: error.message().to_owned(),
        })?;
        if raw.fault.len() > FAULTS_MAX {
            return Err(ScriptError {
                line: 1,
                reason: format!("more than {FAULTS_MAX} faults"),
            });
        }
        let read = |fault: Spanned<RawFault>| {
            let at = fault.span().start;
            fault.into_inner().read(at).map_err(|(at, reason)| ScriptError {
                line: line_of(at),
                reason,
            })
        };
        Ok(Self {
            faults: raw.fault.into_iter().map(read).collect::<Result<_, _>>()?,
        })
    }
}

impl RawFault {
    fn read(self, at: usize) -> Result<Fault, Refusal> {
        let kind = self.kind(at)?;
        let mut limit = Fault::new(kind.clone()).limit;
        if self.times.is_some() || self.lasting.is_some() || self.probability.is_some() {
            limit.times = self.times;
        }
        limit.duration = self.lasting.as_ref().map(duration).transpose()?;
        if let Some(p) = &self.probability {
            if !(0.0..=1.0).contains(p.get_ref()) {
                return Err((
                    p.span().start,
                    format!("probability {} is not within 0 and 1", p.get_ref()),
                ));
            }
            limit.probability = *p.get_ref();
        }
        let venue = match &self.venue {
            None => None,
            Some(name) => Some(VenueKind::from_name(name.get_ref()).ok_or_else(|| {
                (
                    name.span().start,
                    format!("unknown venue `{}`; one of coinbase, kraken", name.get_ref()),
                )
            })?),
        };
        Ok(Fault {
            kind,
            scope: Scope {
                venue,
                connection: self.connection,
                channel: self.channel,
                path: self.path,
            },
            trigger: Trigger {
                after: self.after.as_ref().map_or(Ok(Duration::ZERO), duration)?,
                after_messages: self.after_messages.unwrap_or(0),
            },
            limit,
        })
    }

    fn kind(&self, at: usize) -> Result<FaultKind, Refusal> {
        let name = self.kind.get_ref().as_str();
        let missing = |field: &str| (at, format!("a fault of kind `{name}` needs `{field}`"));
        let rate = || {
            self.bytes_per_s
                .filter(|r| *r > 0)
                .ok_or_else(|| missing("bytes_per_s"))
        };
        Ok(match name {
            "drop" => FaultKind::Drop,
            "delay" => FaultKind::Delay {
                by: duration(self.by.as_ref().ok_or_else(|| missing("by"))?)?,
            },
            "reorder" => FaultKind::Reorder,
            "duplicate" => FaultKind::Duplicate,
            "truncate" => FaultKind::Truncate,
            "corrupt" => FaultKind::Corrupt,
            "malformed" => FaultKind::Malformed,
            "raw" => FaultKind::Raw {
                text: self.text.clone().ok_or_else(|| missing("text"))?,
            },
            "over_long" => FaultKind::OverLong {
                bytes: self.over_long(at)?,
            },
            "sequence_gap" => FaultKind::SequenceGap {
                by: self.messages.unwrap_or(1).max(1),
            },
            "slow_write" => FaultKind::SlowWrite { bytes_per_s: rate()? },
            "slow_read" => FaultKind::SlowRead { bytes_per_s: rate()? },
            "half_open" => FaultKind::HalfOpen,
            "close" => FaultKind::Close {
                code: self.close_code(at)?,
                reason: self.reason.clone().unwrap_or_default(),
            },
            "abort" => FaultKind::Abort,
            "http_status" => FaultKind::HttpStatus {
                status: self.status(at)?,
                retry_after: self.retry_after,
            },
            "ambiguous_timeout" => FaultKind::AmbiguousTimeout,
            "clock_skew" => FaultKind::ClockSkew {
                by_ns: signed(self.by.as_ref().ok_or_else(|| missing("by"))?)?,
            },
            "maintenance" => FaultKind::Maintenance,
            _ => return Err((self.kind.span().start, format!("unknown kind of fault `{name}`"))),
        })
    }

    fn over_long(&self, at: usize) -> Result<usize, Refusal> {
        match self.bytes {
            Some(bytes) if (64..=OVER_LONG_MAX).contains(&bytes) => Ok(bytes),
            _ => Err((
                at,
                format!("`over_long` needs `bytes` within 64 and {OVER_LONG_MAX}"),
            )),
        }
    }

    fn close_code(&self, at: usize) -> Result<u16, Refusal> {
        match self.code {
            None => Ok(1011),
            // RFC 6455, 7.4: these may appear in a close frame.
            Some(code) if matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) => Ok(code),
            Some(code) => Err((at, format!("{code} is no close code that may be sent"))),
        }
    }

    fn status(&self, at: usize) -> Result<u16, Refusal> {
        match self.status {
            Some(status) if (400..=599).contains(&status) => Ok(status),
            _ => Err((at, "`http_status` needs `status` within 400 and 599".to_owned())),
        }
    }
}

fn duration(text: &Spanned<String>) -> Result<Duration, Refusal> {
    let ns = signed(text)?;
    u64::try_from(ns)
        .map(Duration::from_nanos)
        .map_err(|_| (text.span().start, format!("`{}` is negative", text.get_ref())))
}

fn signed(text: &Spanned<String>) -> Result<i64, Refusal> {
    let refuse = || {
        (
            text.span().start,
            format!("`{}` is no duration such as 250ms, 10s, 2m", text.get_ref()),
        )
    };
    let split = text
        .get_ref()
        .find(|c: char| c.is_ascii_alphabetic())
        .ok_or_else(refuse)?;
    let (number, unit) = text.get_ref().split_at(split);
    let factor = match unit {
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return Err(refuse()),
    };
    let number: i64 = number.trim().parse().map_err(|_| refuse())?;
    number.checked_mul(factor).ok_or_else(refuse)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::Limit;
    use rstest::rstest;

    #[test]
    fn a_script_of_every_kind_is_read() {
        let script = FaultScript::parse(
            r#"
[[fault]]
kind = "drop"
probability = 0.5
[[fault]]
kind = "delay"
by = "250ms"
venue = "kraken"
[[fault]]
kind = "reorder"
after = "3s"
[[fault]]
kind = "duplicate"
times = 4
[[fault]]
kind = "truncate"
after_messages = 10
[[fault]]
kind = "corrupt"
channel = "book"
[[fault]]
kind = "malformed"
[[fault]]
kind = "raw"
text = "null"
[[fault]]
kind = "over_long"
bytes = 15000000
[[fault]]
kind = "sequence_gap"
messages = 3
[[fault]]
kind = "slow_write"
bytes_per_s = 100
[[fault]]
kind = "slow_read"
bytes_per_s = 100
[[fault]]
kind = "half_open"
for = "1m"
connection = 1
[[fault]]
kind = "close"
code = 4000
[[fault]]
kind = "abort"
[[fault]]
kind = "http_status"
status = 429
retry_after = 3
path = "/0/"
[[fault]]
kind = "ambiguous_timeout"
[[fault]]
kind = "clock_skew"
by = "-7s"
[[fault]]
kind = "maintenance"
"#,
        )
        .expect("valid");
        assert_eq!(script.faults.len(), 19);
        assert_eq!(
            script.faults[0].limit,
            Limit {
                times: None,
                duration: None,
                probability: 0.5
            }
        );
        assert_eq!(script.faults[3].limit.times, Some(4));
        assert_eq!(script.faults[12].limit.duration, Some(Duration::from_secs(60)));
        assert_eq!(
            script.faults[17].kind,
            FaultKind::ClockSkew {
                by_ns: -7_000_000_000
            }
        );
        assert_eq!(script.faults[2].limit, Limit::ONCE);
        assert_eq!(script.faults[18].limit, Limit::ALWAYS);
    }

    #[rstest]
    #[case(
        "[[fault]]\nkind = \"drop\"\n[[fault]]\nkind = \"explode\"\n",
        4,
        "unknown kind of fault `explode`"
    )]
    #[case("[[fault]]\nkind = \"delay\"\n", 1, "needs `by`")]
    #[case("[[fault]]\nkind = \"delay\"\nby = \"soon\"\n", 3, "`soon` is no duration")]
    #[case("[[fault]]\nkind = \"drop\"\nvenue = \"nyse\"\n", 3, "unknown venue `nyse`")]
    #[case("[[fault]]\nkind = \"drop\"\n\nprobability = 1.5\n", 4, "not within 0 and 1")]
    #[case("[[fault]]\nkind = \"drop\"\ncolour = 1\n", 3, "unknown field `colour`")]
    #[case("[[fault]]\nkind = \"close\"\ncode = 1006\n", 1, "no close code")]
    #[case("[[fault]\n", 1, "")]
    fn mistakes_are_reported_with_their_line(#[case] text: &str, #[case] line: usize, #[case] reason: &str) {
        let error = FaultScript::parse(text).expect_err("refused");
        assert_eq!(error.line, line, "{error}");
        assert!(error.reason.contains(reason), "{error}");
    }
}
