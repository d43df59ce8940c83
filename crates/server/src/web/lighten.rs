//! What a report shows of a result. A page that people send around stays below 1 MB however long the run was: curves
//! keep the points that a screen can tell apart, the list of trades its last ones, and what no chart or table shows
//! (orders, fills, cash) stays in the result itself. Statistics are untouched.

use serde_json::{Map, Number, Value};

/// Points of a curve, at most two more. A chart is some 1,200 pixels wide.
const POINTS_MAX: usize = 1_200;
/// Points of each rolling measure.
const ROLLING_MAX: usize = 500;
/// Trades in the list.
const TRADES_MAX: usize = 1_000;
/// Digits of a number in a curve.
const DIGITS: usize = 7;
/// Columns of `equity` that are drawn, next to `ts`.
const DRAWN: [&str; 3] = ["equity", "drawdown", "benchmark"];

/// The document with less in it. What does not look as expected stays as it is.
pub(super) fn lighten(mut document: Value) -> Value {
    for unseen in ["orders", "fills"] {
        if let Some(rows) = document.get_mut(unseen).and_then(Value::as_array_mut) {
            rows.clear();
        }
    }
    if let Some(trades) = document.get_mut("trades").and_then(Value::as_array_mut) {
        trades.drain(..trades.len().saturating_sub(TRADES_MAX));
    }
    if let Some(equity) = document.get_mut("equity").and_then(Value::as_object_mut) {
        columns(equity);
    }
    let rolling = document.pointer_mut("/statistics/returns/rolling");
    if let Some(rolling) = rolling.and_then(Value::as_object_mut) {
        // Volatility is not drawn.
        if let Some(points) = rolling.get_mut("volatility").and_then(Value::as_array_mut) {
            points.clear();
        }
        for points in rolling.values_mut().filter_map(Value::as_array_mut) {
            series(points);
        }
    }
    document
}

/// Thins the columns of the equity together, so that they keep one time axis.
fn columns(equity: &mut Map<String, Value>) {
    let of = |name: &str| equity.get(name).and_then(Value::as_array);
    let Some(values) = of("equity").map(|rows| rows.iter().map(number).collect::<Vec<f64>>()) else {
        return;
    };
    let kept = extremes(&values, POINTS_MAX);
    for (name, column) in equity.iter_mut() {
        let Some(column) = column.as_array_mut() else {
            continue;
        };
        if name == "ts" || DRAWN.contains(&name.as_str()) {
            // A column may be empty, as a benchmark that there is not.
            *column = kept
                .iter()
                .filter_map(|at| column.get(*at).map(shortened))
                .collect();
        } else {
            column.clear();
        }
    }
}

/// Thins a list of points with a `value` each.
fn series(points: &mut Vec<Value>) {
    let values: Vec<f64> = points
        .iter()
        .map(|p| p.get("value").map_or(f64::NAN, number))
        .collect();
    let kept = extremes(&values, ROLLING_MAX);
    let short = |point: &Value| {
        let mut point = point.clone();
        if let Some(value) = point.get_mut("value") {
            *value = shortened(value);
        }
        point
    };
    *points = kept.iter().filter_map(|at| points.get(*at).map(short)).collect();
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

/// A number with fewer digits; anything else as it is.
fn shortened(value: &Value) -> Value {
    let short = |exact: f64| format!("{exact:.*e}", DIGITS - 1).parse().ok();
    match value {
        Value::Number(exact) if exact.is_f64() => exact
            .as_f64()
            .and_then(short)
            .and_then(Number::from_f64)
            .map_or_else(|| value.clone(), Value::Number),
        other => other.clone(),
    }
}

/// Which of the values to keep, in order: of each stretch the least and the greatest, so that no peak and no trough is
/// lost, and the first and the last of all.
fn extremes(values: &[f64], most: usize) -> Vec<usize> {
    if values.len() <= most {
        return (0..values.len()).collect();
    }
    let stretch = values.len().div_ceil(most / 2);
    let mut kept = vec![0];
    for (number, part) in values.chunks(stretch).enumerate() {
        let places = || part.iter().enumerate();
        let least = places().min_by(|a, b| a.1.total_cmp(b.1));
        let greatest = places().max_by(|a, b| a.1.total_cmp(b.1));
        let mut both: Vec<usize> = [least, greatest]
            .into_iter()
            .flatten()
            .map(|(at, _)| number * stretch + at)
            .collect();
        both.sort_unstable();
        kept.extend(both);
    }
    kept.push(values.len() - 1);
    kept.dedup();
    kept
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_short_curve_keeps_every_point() {
        assert_eq!(extremes(&[3.0, 1.0, 2.0], 10), [0, 1, 2]);
    }

    #[test]
    fn a_long_curve_keeps_its_ends_its_peak_and_its_trough_in_order() {
        let mut values: Vec<f64> = (0..100_000).map(f64::from).collect();
        (values[40_123], values[70_321]) = (-5.0, 1e9);
        let kept = extremes(&values, POINTS_MAX);
        assert!(kept.len() <= POINTS_MAX + 2, "{}", kept.len());
        assert!(kept.windows(2).all(|pair| pair[0] < pair[1]));
        for place in [0, 40_123, 70_321, 99_999] {
            assert!(kept.contains(&place), "{place}");
        }
    }

    #[test]
    fn a_result_of_decades_with_thousands_of_trades_stays_small() {
        let many = 20_000;
        let wave = |at: usize| 100_000.0 + (at as f64 / 7.0).sin() * 1_000.0 / 3.0;
        let column: Vec<f64> = (0..many).map(wave).collect();
        let ts: Vec<String> = (0..many)
            .map(|at| format!("2016-06-28T{:02}:00:00.{at:06}Z", at % 24))
            .collect();
        let points: Vec<Value> = (0..many)
            .map(|at| json!({ "ts": ts[at], "value": wave(at) }))
            .collect();
        let trade = json!({ "instrument": "SYN.TEST", "pnl": "-587.32654", "why": "x".repeat(250) });
        let result = lighten(json!({
            "equity": { "sampling": "day", "ts": ts, "equity": column, "cash": column, "exposure": column,
                "drawdown": column, "benchmark": [] },
            "statistics": { "returns": { "sharpe": 1.234_567_890_123, "rolling": { "window": 126,
                "sharpe": points, "sortino": points, "beta": points, "volatility": points } } },
            "trades": vec![trade; many],
            "orders": column,
            "fills": column,
        }));
        assert!(result.to_string().len() < 600_000, "{}", result.to_string().len());
        let length = |pointer: &str| result.pointer(pointer).and_then(Value::as_array).map(Vec::len);
        assert_eq!(length("/trades"), Some(TRADES_MAX));
        assert_eq!(length("/equity/ts"), length("/equity/equity"));
        assert_eq!(length("/equity/ts"), length("/equity/drawdown"));
        assert_eq!(length("/equity/benchmark"), Some(0));
        assert_eq!(length("/orders"), Some(0));
        assert_eq!(
            result.pointer("/statistics/returns/sharpe"),
            Some(&json!(1.234_567_890_123))
        );
        assert_eq!(
            result.pointer("/statistics/returns/rolling/window"),
            Some(&json!(126))
        );
    }
}
