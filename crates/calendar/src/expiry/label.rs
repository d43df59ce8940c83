//! Relative labels: `W0`, `M1`.

use std::fmt;
use std::str::FromStr;

use super::Series;

/// A series and a rank in it, 0 = the nearest that has not expired.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Label {
    /// Which series.
    pub series: Series,
    /// Which one.
    pub rank: u16,
}

/// The text is no label.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no expiry label; one is a letter of D, W, M, Q and a rank, such as W0")]
pub struct LabelError {
    /// What was given.
    pub text: String,
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = match self.series {
            Series::Daily => 'D',
            Series::Weekly => 'W',
            Series::Monthly => 'M',
            Series::Quarterly => 'Q',
        };
        write!(f, "{letter}{}", self.rank)
    }
}

impl FromStr for Label {
    type Err = LabelError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || LabelError {
            text: text.chars().take(16).collect(),
        };
        let mut chars = text.chars();
        let series = match chars.next().map(|c| c.to_ascii_uppercase()) {
            Some('D') => Series::Daily,
            Some('W') => Series::Weekly,
            Some('M') => Series::Monthly,
            Some('Q') => Series::Quarterly,
            _ => return Err(refuse()),
        };
        let digits = chars.as_str();
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(refuse());
        }
        let rank = digits.parse().map_err(|_| refuse())?;
        Ok(Label { series, rank })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_as_they_are_written() {
        for text in ["W0", "M12", "Q1", "D3"] {
            assert_eq!(text.parse::<Label>().map(|l| l.to_string()), Ok(text.to_owned()));
        }
        for bad in ["", "W", "X0", "W-1", "W+1", "0W", "M99999"] {
            assert!(bad.parse::<Label>().is_err(), "{bad}");
        }
    }
}
