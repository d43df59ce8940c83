//! Between the script's values and ours.

use rhai::{Dynamic, FLOAT, INT};

use super::limits;
use crate::params::{ParamMap, ParamValue};

/// A number of either kind.
pub(super) fn number(value: &Dynamic) -> Option<f64> {
    if let Ok(real) = value.as_float() {
        return Some(real);
    }
    value.as_int().ok().map(|whole: INT| whole as f64)
}

/// A count: a whole number not below 0.
pub(super) fn count(value: &Dynamic) -> Option<usize> {
    usize::try_from(value.as_int().ok()?).ok()
}

/// Words, cut to the length of a reason.
pub(super) fn words(text: &str) -> String {
    text.chars().take(limits::REASON_CHARS_MAX).collect()
}

/// A number, or `()` where there is none.
pub(super) fn or_unit(value: Option<f64>) -> Dynamic {
    match value {
        Some(value) => Dynamic::from_float(value as FLOAT),
        None => Dynamic::UNIT,
    }
}

pub(super) fn to_dynamic(value: &ParamValue) -> Dynamic {
    match value {
        ParamValue::Flag(flag) => Dynamic::from_bool(*flag),
        ParamValue::Whole(whole) => Dynamic::from_int(*whole),
        ParamValue::Real(real) => Dynamic::from_float(*real),
        ParamValue::Text(text) => Dynamic::from(text.clone()),
        ParamValue::List(list) => {
            let list: rhai::Array = list.iter().map(|v| Dynamic::from_float(*v)).collect();
            Dynamic::from_array(list)
        }
    }
}

pub(super) fn to_map(params: &ParamMap) -> rhai::Map {
    let entry = |(name, value): (&String, &ParamValue)| (name.as_str().into(), to_dynamic(value));
    params.iter().map(entry).collect()
}

/// Whether a value given may stand for a default: the same type, or a whole number for a real one.
pub(super) fn fits(default: &Dynamic, given: &Dynamic) -> bool {
    default.type_id() == given.type_id() || (default.is_float() && given.is_int())
}

/// Values and bytes of text at any depth.
pub(super) fn measure(value: &Dynamic) -> (usize, usize) {
    let sum = |a: (usize, usize), b: (usize, usize)| (a.0 + b.0, a.1 + b.1);
    if let Ok(array) = value.as_array_ref() {
        return array.iter().map(measure).fold((1, 0), sum);
    }
    if let Ok(map) = value.as_map_ref() {
        let mut total = (1, 0);
        for (key, value) in map.iter() {
            total = sum(sum(total, (0, key.len())), measure(value));
        }
        return total;
    }
    match value.as_immutable_string_ref() {
        Ok(text) => (1, text.len()),
        Err(_) => (1, 0),
    }
}
