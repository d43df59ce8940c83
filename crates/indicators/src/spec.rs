//! Ids as users know them: `NAME`, `NAME_param`, `NAME_param_param`; every parameter optional.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::input::{BarColumns, Columns};
use crate::library;
use crate::machine::Indicator;
use crate::params::Params;
use crate::registry::{self, Definition};
use crate::value::Series;
use crate::{AVERAGES, IndicatorError, Param, ParamKind};

/// An indicator with its parameters. Two specs are equal when their canonical ids are.
///
/// ```
/// use tradewind_indicators::IndicatorSpec;
/// let spec = IndicatorSpec::parse("MACD_6_13")?;
/// assert_eq!(spec.id(), "MACD_6_13_9");
/// assert_eq!(spec.warm_up_bars(), 21);
/// # Ok::<(), tradewind_indicators::IndicatorError>(())
/// ```
#[derive(Clone)]
pub struct IndicatorSpec {
    definition: &'static Definition,
    params: Params,
    id: Arc<str>,
}

impl IndicatorSpec {
    /// Reads an id. Parameters left out take their defaults; the canonical id names them all.
    ///
    /// # Errors
    /// [`IndicatorError`] naming the indicator, the parameter and its range.
    pub fn parse(id: &str) -> Result<Self, IndicatorError> {
        // Names may hold `_` themselves (`PLUS_DI`), so the parameters are the numeric tail.
        let is_number = |token: &&str| token.parse::<f64>().is_ok_and(f64::is_finite);
        let tail: Vec<&str> = id.split('_').rev().take_while(is_number).collect();
        let tail_bytes: usize = tail.iter().map(|token| token.len() + 1).sum();
        let name = id.get(..id.len().saturating_sub(tail_bytes)).unwrap_or_default();
        let definition = registry::find(name).ok_or_else(|| unknown(id))?;
        let given: Vec<f64> = tail.iter().rev().filter_map(|token| token.parse().ok()).collect();
        Self::with_params(definition, &given)
    }

    /// A definition with the given leading parameters, the rest at their defaults.
    ///
    /// # Errors
    /// As [`IndicatorSpec::parse`].
    pub fn with_params(definition: &'static Definition, given: &[f64]) -> Result<Self, IndicatorError> {
        if given.len() > definition.params.len() {
            return Err(IndicatorError::TooManyParams {
                name: definition.name,
                max: definition.params.len(),
                given: given.len(),
            });
        }
        let mut values = Vec::with_capacity(definition.params.len());
        for (at, param) in definition.params.iter().enumerate() {
            let value = given
                .get(at)
                .copied()
                .unwrap_or_else(|| param.value_after(&values));
            check(definition.name, param, value)?;
            values.push(value);
        }
        let params = Params::from_slice(&values);
        (definition.relation)(&params).map_err(|rule| IndicatorError::Relation {
            name: definition.name,
            rule,
        })?;
        let tail: String = values[..shown(definition.params, &values)]
            .iter()
            .map(|v| format!("_{v}"))
            .collect();
        Ok(Self {
            definition,
            params,
            id: Arc::from(format!("{}{tail}", definition.name)),
        })
    }

    /// The canonical id, with every parameter but the quiet ones that have their defaults (see [`Param::quiet`]).
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What it is an instance of.
    #[must_use]
    pub fn definition(&self) -> &'static Definition {
        self.definition
    }

    /// Its parameters.
    #[must_use]
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// The bar, counted from 1, that has the first value.
    #[must_use]
    pub fn warm_up_bars(&self) -> usize {
        (self.definition.warm_up)(&self.params)
    }

    /// The streaming face, before its first bar.
    #[must_use]
    pub fn start(&self) -> Indicator {
        Indicator::new((self.definition.start)(&self.params), self.definition.inputs)
    }

    /// The whole series at once; equal to what streaming gives bar by bar. A bar with a figure that the indicator
    /// reads and that is not finite has no value, and the others are computed as if it were not there. O(bars).
    ///
    /// # Errors
    /// [`IndicatorError::UnequalColumns`], [`IndicatorError::Refused`].
    pub fn batch(&self, bars: &BarColumns<'_>) -> Result<Series, IndicatorError> {
        bars.check()?;
        if bars.are_finite(self.definition.inputs) {
            self.batch_finite(bars)
        } else {
            self.batch_around_gaps(bars)
        }
    }

    /// [`IndicatorSpec::batch`] into a series whose memory is used again where it has the right size: for a caller
    /// that computes the same over and over, or one after the other.
    ///
    /// # Errors
    /// As [`IndicatorSpec::batch`]; what the series holds then is undefined.
    pub fn batch_into(&self, bars: &BarColumns<'_>, series: &mut Series) -> Result<(), IndicatorError> {
        bars.check()?;
        match library::fill_of(self.definition.name) {
            Some(fill) if bars.are_finite(self.definition.inputs) => fill(&self.params, bars, series),
            _ => {
                *series = self.batch(bars)?;
                Ok(())
            }
        }
    }

    fn batch_finite(&self, bars: &BarColumns<'_>) -> Result<Series, IndicatorError> {
        if bars.len() < self.warm_up_bars() {
            return Ok(Series::empty(self.definition.outputs.len(), bars.len()));
        }
        (self.definition.batch)(&self.params, bars)
    }

    /// Over the bars that are finite, whose values then go back to their places.
    fn batch_around_gaps(&self, bars: &BarColumns<'_>) -> Result<Series, IndicatorError> {
        let finite = |at: &usize| {
            let mut inputs = self.definition.inputs.iter();
            inputs.all(|input| bars.column(*input)[*at].is_finite())
        };
        let places: Vec<usize> = (0..bars.len()).filter(finite).collect();
        let kept: Columns = places.iter().map(|at| bars.bar(*at)).collect();
        let dense = self.batch_finite(&kept.view())?;
        let mut series = Series::empty(self.definition.outputs.len(), bars.len());
        for (column, values) in series.columns_mut().zip(dense.columns()) {
            for (place, value) in places.iter().zip(values) {
                column[*place] = *value;
            }
        }
        Ok(series)
    }
}

/// How many values the canonical id names: all up to the last that is not quiet or not at its default.
fn shown(params: &[Param], values: &[f64]) -> usize {
    let named = |at: &usize| {
        let param = &params[*at];
        !param.quiet || values[*at].to_bits() != param.value_after(&values[..*at]).to_bits()
    };
    (0..params.len()).rev().find(named).map_or(0, |last| last + 1)
}

fn check(name: &'static str, param: &Param, value: f64) -> Result<(), IndicatorError> {
    if !(param.min..=param.max).contains(&value) {
        return Err(IndicatorError::OutOfRange {
            name,
            param: param.name,
            value,
            min: param.min,
            max: param.max,
        });
    }
    let known = |value: f64| {
        AVERAGES
            .iter()
            .any(|(kind, _)| f64::from(*kind).to_bits() == value.to_bits())
    };
    if param.kind == ParamKind::Average && !known(value) {
        return Err(IndicatorError::NoAverage {
            name,
            param: param.name,
            value,
        });
    }
    if param.kind != ParamKind::Real && value.fract() != 0.0 {
        return Err(IndicatorError::NotWhole {
            name,
            param: param.name,
            value,
        });
    }
    Ok(())
}

fn unknown(id: &str) -> IndicatorError {
    let shown: String = id.chars().take(48).collect();
    let wanted = shown.to_ascii_uppercase();
    let name = wanted.trim_end_matches(|c: char| c == '_' || c == '.' || c.is_ascii_digit());
    let mut names: Vec<&str> = registry::all().map(|d| d.name).collect();
    names.sort_by_key(|known| (distance(known, name), *known));
    names.truncate(5);
    IndicatorError::Unknown {
        id: shown,
        near: names.join(", "),
    }
}

/// How many letters have to be changed, added or left out to make one word of the other. Source: Levenshtein 1966.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (at, from) in a.bytes().enumerate() {
        let mut corner = at;
        row[0] = at + 1;
        for (column, to) in b.bytes().enumerate() {
            let changed = corner + usize::from(from != to);
            corner = row[column + 1];
            row[column + 1] = changed.min(corner + 1).min(row[column] + 1);
        }
    }
    row[b.len()]
}

impl PartialEq for IndicatorSpec {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for IndicatorSpec {}

impl fmt::Debug for IndicatorSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)
    }
}

impl fmt::Display for IndicatorSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)
    }
}

impl FromStr for IndicatorSpec {
    type Err = IndicatorError;

    fn from_str(id: &str) -> Result<Self, Self::Err> {
        Self::parse(id)
    }
}

impl Serialize for IndicatorSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.id)
    }
}

impl<'de> Deserialize<'de> for IndicatorSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&id).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_take_defaults_and_become_canonical() {
        for (given, canonical) in [
            ("SMA", "SMA_30"),
            ("EMA_3", "EMA_3"),
            ("RSI", "RSI_14"),
            ("MACD", "MACD_12_26_9"),
            ("MACD_6_13_5", "MACD_6_13_5"),
            ("STOCH", "STOCH_5_3_3"),
            ("STOCHF_7", "STOCHF_7_3"),
            ("BBANDS_10", "BBANDS_10_2"),
            ("BBANDS_20_2.50", "BBANDS_20_2.5"),
            ("ATR", "ATR_14"),
            ("SUPERTREND", "SUPERTREND_10_3"),
            ("VWAP", "VWAP"),
            ("EMA_3.0", "EMA_3"),
        ] {
            assert_eq!(
                IndicatorSpec::parse(given).map(|s| s.id().to_owned()),
                Ok(canonical.to_owned())
            );
        }
    }

    #[test]
    fn bad_ids_are_refused_with_what_would_be_right() {
        for (id, words) in [
            ("", "names no indicator"),
            ("NOPE_3", "names no indicator"),
            ("RSJ_14", "near it are RSI,"),
            ("rsi_14", "near it are RSI,"),
            ("ema_3", "names no indicator"),
            ("14", "names no indicator"),
            ("_14", "names no indicator"),
            ("EMA_", "names no indicator"),
            ("EMA_x", "names no indicator"),
            ("EMA_NaN", "names no indicator"),
            ("EMA_0", "period must be between 1 and 5000, got 0"),
            ("EMA_5001", "period must be between 1 and 5000, got 5001"),
            ("EMA_-3", "period must be between 1 and 5000, got -3"),
            ("EMA_2.5", "must be a whole number"),
            ("RSI_1", "period must be between 2"),
            ("EMA_3_4", "at most 1 parameters, got 2"),
            ("VWAP_3", "at most 0 parameters"),
            ("MACD_26_12_9", "fast must be less than slow"),
            ("BBANDS_10_0", "deviations must be between"),
        ] {
            let error = IndicatorSpec::parse(id).expect_err(id).to_string();
            assert!(error.contains(words), "{id}: {error}");
        }
    }

    #[test]
    fn the_first_value_comes_on_the_bar_that_the_formula_needs() {
        for (id, bars) in [
            ("SMA_10", 10),
            ("EMA_5", 5),
            ("RSI_7", 8),
            ("MACD_6_13_5", 17),
            ("STOCHF_7_3", 9),
            ("STOCH_7_3_3", 11),
            ("BBANDS_10_2", 10),
            ("ATR_14", 15),
            ("DONCHIAN_20", 20),
            ("SUPERTREND_10_3", 11),
            ("ZSCORE_20", 20),
            ("VWAP", 1),
        ] {
            assert_eq!(
                IndicatorSpec::parse(id).map(|s| s.warm_up_bars()),
                Ok(bars),
                "{id}"
            );
        }
    }
}
