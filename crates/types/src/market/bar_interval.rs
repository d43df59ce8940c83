//! What a bar spans: a length of time, or a number of trades, a volume, a value. The one place that knows the names.
//!
//! | name | also read | kind | a bar ends |
//! | --- | --- | --- | --- |
//! | `1s` … `12h` | | [`IntervalKind::Fixed`] | after that time, counted from the session's opening (UTC midnight without sessions) |
//! | `D` | `1d` `1D` | [`IntervalKind::Day`] | with the session (UTC day) |
//! | `W` | `1w` `1W` | [`IntervalKind::Week`] | with the week's last session; weeks begin on Monday |
//! | `M` | `1M` | [`IntervalKind::Month`] | with the last session of the calendar month |
//! | `100tick` | | [`IntervalKind::Ticks`] | with the 100th trade |
//! | `2.5vol` | | [`IntervalKind::Volume`] | with the trade that brings its volume to 2.5 |
//! | `1000000val` | | [`IntervalKind::Value`] | with the trade that brings Σ price × size to 1,000,000 |
//!
//! `1m` is a minute and `M` a month: names are read as they are spelled.
//!
//! Serialised, a day is `1d`, as the journal has had it from its first version on; everything else is its name.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::num::canonical;
use crate::time::SECOND_NS;

const DAY_S: u32 = 86_400;
const WEEK_S: u32 = 7 * DAY_S;
/// Nominal: 30 days.
const MONTH_S: u32 = 30 * DAY_S;

// A packed word. Its two highest bits say what is counted; 0 = time, and the rest are seconds. Otherwise the rest is
// a threshold: five bits of a decimal exponent (+ 16) and 25 bits of a mantissa without trailing zeros.
const KIND_SHIFT: u32 = 30;
const TICKS: u32 = 1;
const VOLUME: u32 = 2;
const VALUE: u32 = 3;
const MANTISSA_BITS: u32 = 25;
const MANTISSA_MAX: u32 = (1 << MANTISSA_BITS) - 1;
const EXPONENT_BIAS: i32 = 16;
const EXPONENT_MAX: i32 = 15;

/// Most trades in a tick bar.
pub const TICKS_MAX: u32 = 1_000_000;

/// What a bar spans. Four bytes; ordered by length within the time intervals, which come before the others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BarInterval(u32);

/// A threshold of volume or value: mantissa × 10^exponent, in whole units of the base asset or the quote currency.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Threshold {
    mantissa: u32,
    exponent: i8,
}

impl Threshold {
    /// The least whole number of units at `scale` decimals that reaches it; `i128::MAX` where it does not fit, which
    /// no sum reaches.
    #[must_use]
    pub fn at_scale(self, scale: u32) -> i128 {
        let shift = i64::from(self.exponent) + i64::from(scale);
        let mantissa = i128::from(self.mantissa);
        let power = u32::try_from(shift.unsigned_abs())
            .ok()
            .and_then(|n| 10i128.checked_pow(n));
        if shift >= 0 {
            power.and_then(|p| mantissa.checked_mul(p)).unwrap_or(i128::MAX)
        } else {
            // Rounded up, and never nothing: a bar holds at least one unit.
            power.map_or(1, |p| (mantissa + p - 1) / p)
        }
    }

    /// As a decimal.
    #[must_use]
    pub fn to_decimal(self) -> Decimal {
        let scale = u32::from(self.exponent.min(0).unsigned_abs());
        let power = 10i128.pow(u32::from(self.exponent.max(0).unsigned_abs()));
        // At most 8 + 15 digits.
        Decimal::from_i128_with_scale(i128::from(self.mantissa) * power, scale)
    }

    fn from_decimal(value: Decimal) -> Option<Self> {
        let value = value.normalize();
        let mut mantissa = value.mantissa();
        let mut exponent = -i32::try_from(value.scale()).ok()?;
        while mantissa > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            exponent += 1;
        }
        let mantissa = u32::try_from(mantissa)
            .ok()
            .filter(|m| (1..=MANTISSA_MAX).contains(m))?;
        let exponent = i8::try_from(exponent).ok()?;
        (-EXPONENT_BIAS..=EXPONENT_MAX)
            .contains(&i32::from(exponent))
            .then_some(Self { mantissa, exponent })
    }
}

/// What an interval counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IntervalKind {
    /// A length of time below a day.
    Fixed {
        /// Seconds.
        secs: u32,
    },
    /// A session, or a UTC day.
    Day,
    /// A week from Monday.
    Week,
    /// A calendar month.
    Month,
    /// Trades (or quotes).
    Ticks(u32),
    /// Σ size.
    Volume(Threshold),
    /// Σ price × size.
    Value(Threshold),
}

impl BarInterval {
    /// Names and seconds of every time interval. A week and a month have nominal lengths.
    pub const ALL: [(&'static str, u32); 20] = [
        ("1s", 1),
        ("5s", 5),
        ("10s", 10),
        ("15s", 15),
        ("30s", 30),
        ("1m", 60),
        ("2m", 120),
        ("3m", 180),
        ("5m", 300),
        ("10m", 600),
        ("15m", 900),
        ("30m", 1800),
        ("1h", 3600),
        ("2h", 7200),
        ("4h", 14400),
        ("6h", 21600),
        ("12h", 43200),
        ("D", DAY_S),
        ("W", WEEK_S),
        ("M", MONTH_S),
    ];

    /// Other spellings that are read.
    const ALIASES: [(&'static str, BarInterval); 5] = [
        ("1d", Self::DAY),
        ("1D", Self::DAY),
        ("1w", Self::WEEK),
        ("1W", Self::WEEK),
        ("1M", Self::MONTH),
    ];

    /// How a day is written in records.
    const STORED_DAY: &'static str = "1d";

    /// One second.
    pub const S1: BarInterval = BarInterval(1);
    /// Ten seconds, the scalping strategies' default.
    pub const S10: BarInterval = BarInterval(10);
    /// One minute.
    pub const M1: BarInterval = BarInterval(60);
    /// Five minutes.
    pub const M5: BarInterval = BarInterval(300);
    /// One hour.
    pub const H1: BarInterval = BarInterval(3600);
    /// One session, or one UTC day.
    pub const DAY: BarInterval = BarInterval(DAY_S);
    /// A week from Monday.
    pub const WEEK: BarInterval = BarInterval(WEEK_S);
    /// A calendar month.
    pub const MONTH: BarInterval = BarInterval(MONTH_S);

    /// Every time interval, the shortest first.
    pub fn every() -> impl DoubleEndedIterator<Item = BarInterval> + ExactSizeIterator {
        Self::ALL.iter().map(|(_, secs)| Self(*secs))
    }

    /// What it counts.
    #[must_use]
    pub const fn kind(self) -> IntervalKind {
        let threshold = Threshold {
            mantissa: self.0 & MANTISSA_MAX,
            exponent: (((self.0 >> MANTISSA_BITS) & 31) as i32 - EXPONENT_BIAS) as i8,
        };
        match self.0 >> KIND_SHIFT {
            TICKS => IntervalKind::Ticks(self.0 & MANTISSA_MAX),
            VOLUME => IntervalKind::Volume(threshold),
            VALUE => IntervalKind::Value(threshold),
            _ => match self.0 {
                DAY_S => IntervalKind::Day,
                WEEK_S => IntervalKind::Week,
                MONTH_S => IntervalKind::Month,
                secs => IntervalKind::Fixed { secs },
            },
        }
    }

    /// Whether it is a length of time, not a number of trades, a volume or a value.
    #[must_use]
    pub const fn is_time(self) -> bool {
        self.0 >> KIND_SHIFT == 0
    }

    /// Length in seconds; nominal for a day with sessions, a week and a month (30 days), and 0 where it is no length of
    /// time. Where a bar really begins and ends is [`super::BarGrid::slot`]'s to say.
    #[must_use]
    pub const fn secs(self) -> u32 {
        if self.is_time() { self.0 } else { 0 }
    }

    /// [`BarInterval::secs`] in nanoseconds.
    #[must_use]
    pub const fn nanos(self) -> u64 {
        self.secs() as u64 * SECOND_NS
    }

    /// The interval of that many seconds, if it is one of [`BarInterval::ALL`] and no longer than a day: a week and a
    /// month have no length of their own.
    #[must_use]
    pub fn from_secs(secs: u32) -> Option<Self> {
        let found = Self::ALL.iter().any(|(_, s)| *s == secs) && secs <= DAY_S;
        found.then_some(Self(secs))
    }

    /// Bars of so many trades, 1 to [`TICKS_MAX`].
    #[must_use]
    pub fn ticks(count: u32) -> Option<Self> {
        (1..=TICKS_MAX)
            .contains(&count)
            .then_some(Self(TICKS << KIND_SHIFT | count))
    }

    /// Bars of so much volume, in units of what is traded. `None` when it is not above 0, has more than seven
    /// significant digits, or lies beyond 10⁻¹⁶ … 10²².
    #[must_use]
    pub fn volume(threshold: Decimal) -> Option<Self> {
        Threshold::from_decimal(threshold).map(|t| Self::packed(VOLUME, t))
    }

    /// Bars of so much value (Σ price × size) in the currency of the price; limits as for [`BarInterval::volume`].
    #[must_use]
    pub fn value(threshold: Decimal) -> Option<Self> {
        Threshold::from_decimal(threshold).map(|t| Self::packed(VALUE, t))
    }

    fn packed(kind: u32, threshold: Threshold) -> Self {
        // −16 … 15, checked where a threshold is made.
        let exponent = (i32::from(threshold.exponent) + EXPONENT_BIAS).unsigned_abs();
        Self(kind << KIND_SHIFT | exponent << MANTISSA_BITS | threshold.mantissa)
    }

    /// Whether bars of it can be put together from bars of `finer` (or equal) ones on the same grid.
    ///
    /// Time from time where it divides; a day, week or month from anything up to a day. A week makes no month, and
    /// tick, volume and value bars only themselves: where they end depends on each trade.
    #[must_use]
    pub fn is_made_of(self, finer: BarInterval) -> bool {
        use IntervalKind::{Day, Fixed, Month, Week};
        match (finer.kind(), self.kind()) {
            (Fixed { secs: fine }, Fixed { secs: coarse }) => coarse.is_multiple_of(fine),
            (Fixed { .. } | Day, Day | Week | Month) => true,
            _ => self == finer,
        }
    }

    /// The name, e.g. `10s`, `D`, `100tick`.
    #[must_use]
    pub fn name(self) -> String {
        self.to_string()
    }

    fn time_name(self) -> Option<&'static str> {
        Self::ALL
            .iter()
            .find(|(_, s)| *s == self.0)
            .map(|(name, _)| *name)
    }
}

impl fmt::Display for BarInterval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind() {
            IntervalKind::Ticks(count) => write!(f, "{count}tick"),
            IntervalKind::Volume(t) => write!(f, "{}vol", canonical(t.to_decimal())),
            IntervalKind::Value(t) => write!(f, "{}val", canonical(t.to_decimal())),
            _ => f.write_str(self.time_name().unwrap_or("?")),
        }
    }
}

impl fmt::Debug for BarInterval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BarInterval({self})")
    }
}

/// The text names no interval.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no bar interval; one of 1s 5s 10s 15s 30s 1m 2m 3m 5m 10m 15m 30m 1h 2h 4h 6h 12h D W M, or trades \
     (1 to 1000000), volume or value (at most 7 digits) such as 100tick, 2.5vol, 1000000val"
)]
pub struct BadInterval(pub String);

impl FromStr for BarInterval {
    type Err = BadInterval;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some((_, secs)) = Self::ALL.iter().find(|(name, _)| *name == text) {
            return Ok(Self(*secs));
        }
        if let Some((_, interval)) = Self::ALIASES.iter().find(|(name, _)| *name == text) {
            return Ok(*interval);
        }
        counted(text).ok_or_else(|| BadInterval(text.chars().take(16).collect()))
    }
}

/// `100tick`, `2.5vol`, `1000000val`.
fn counted(text: &str) -> Option<BarInterval> {
    let at = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(at);
    let plain = number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if !plain || number.len() > 24 {
        return None;
    }
    match unit {
        "tick" => BarInterval::ticks(number.parse().ok()?),
        "vol" => BarInterval::volume(Decimal::from_str_exact(number).ok()?),
        "val" => BarInterval::value(Decimal::from_str_exact(number).ok()?),
        _ => None,
    }
}

impl Serialize for BarInterval {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if *self == Self::DAY {
            return serializer.serialize_str(Self::STORED_DAY);
        }
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BarInterval {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(text: &str) -> BarInterval {
        text.parse().expect("an interval")
    }

    #[test]
    fn every_interval_is_read_by_its_name_and_by_other_spellings() {
        for (at, (name, secs)) in BarInterval::ALL.into_iter().enumerate() {
            assert_eq!(interval(name).to_string(), name);
            assert_eq!(interval(name).secs(), secs);
            assert_eq!(BarInterval::every().nth(at), Some(interval(name)));
        }
        for (text, name) in [("1d", "D"), ("1D", "D"), ("1w", "W"), ("1W", "W"), ("1M", "M")] {
            assert_eq!(interval(text).to_string(), name);
        }
        assert_ne!(interval("1m"), interval("1M"));
        for text in [
            "100tick",
            "1tick",
            "2.5vol",
            "1000vol",
            "0.0001vol",
            "1000000val",
            "3300000val",
        ] {
            assert_eq!(interval(text).to_string(), text);
        }
        assert_eq!(interval("010tick"), interval("10tick"));
        assert_eq!(interval("2.50vol"), interval("2.5vol"));
    }

    #[test]
    fn what_names_no_interval_is_refused_with_what_would_do() {
        let bad = [
            "",
            "7m",
            "d",
            "m",
            "0tick",
            "1000001tick",
            "1.5tick",
            "tick",
            "-1vol",
            "0vol",
            "0.00val",
            "1e3vol",
            "123456789vol",
            "1vols",
            "1 vol",
            "99999999999999999999999999vol",
            "é",
            "1é",
            "0.00000000000000001vol",
        ];
        for text in bad {
            let error = text.parse::<BarInterval>().expect_err(text);
            assert!(error.to_string().contains("12h D W M"), "{error}");
        }
    }

    #[test]
    fn a_day_is_stored_as_the_journal_always_had_it() {
        for (text, stored) in [
            ("D", "\"1d\""),
            ("1m", "\"1m\""),
            ("M", "\"M\""),
            ("5tick", "\"5tick\""),
        ] {
            let json = serde_json::to_string(&interval(text)).expect("json");
            assert_eq!(json, stored);
            assert_eq!(
                serde_json::from_str::<BarInterval>(&json).expect("read"),
                interval(text)
            );
        }
    }

    #[test]
    fn a_threshold_is_the_least_number_of_units_that_reaches_it() {
        let IntervalKind::Volume(t) = interval("2.5vol").kind() else {
            panic!("a volume");
        };
        assert_eq!(
            (t.at_scale(8), t.at_scale(1), t.at_scale(0)),
            (250_000_000, 25, 3)
        );
        let IntervalKind::Value(t) = interval("1000000val").kind() else {
            panic!("a value");
        };
        assert_eq!((t.at_scale(2), t.at_scale(36)), (100_000_000, i128::MAX));
        let IntervalKind::Volume(t) = interval("0.0001vol").kind() else {
            panic!("a volume");
        };
        assert_eq!(t.at_scale(0), 1);
        assert_eq!(interval("1000tick").kind(), IntervalKind::Ticks(1000));
    }

    #[test]
    fn bars_are_made_of_what_divides_them() {
        for (fine, coarse, yes) in [
            ("1s", "M", true),
            ("10s", "15s", false),
            ("4h", "6h", false),
            ("D", "W", true),
            ("W", "M", false),
            ("W", "W", true),
            ("12h", "D", true),
            ("D", "12h", false),
            ("10tick", "100tick", false),
            ("10tick", "1m", false),
            ("1s", "10tick", false),
            ("1vol", "2vol", false),
        ] {
            assert_eq!(
                interval(coarse).is_made_of(interval(fine)),
                yes,
                "{coarse} of {fine}"
            );
        }
        assert_eq!(BarInterval::from_secs(WEEK_S), None);
        assert_eq!(interval("5vol").nanos(), 0);
    }
}
