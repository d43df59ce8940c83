//! `tradewind backtest compare`: figures of several results side by side.

use serde::Serialize;
use tradewind_engine::backtest::BacktestDocument;

use super::args::CompareArgs;
use super::{document, json, show};
use crate::failure::Failure;

/// One figure over all results.
#[derive(Serialize)]
struct Row {
    name: &'static str,
    path: &'static str,
    values: Vec<Option<f64>>,
}

#[derive(Serialize)]
struct Comparison {
    names: Vec<String>,
    hashes: Vec<String>,
    figures: Vec<Row>,
    /// What the results were run with differently: key, and its value in each.
    differences: Vec<(String, Vec<String>)>,
}

pub(super) fn run(args: &CompareArgs) -> Result<(), Failure> {
    let documents: Vec<BacktestDocument> = args
        .results
        .iter()
        .map(|p| document(p))
        .collect::<Result<_, _>>()?;
    let figures = show::FIGURES.iter().map(|(name, path, _)| Row {
        name,
        path,
        values: documents.iter().map(|d| d.figure(path)).collect(),
    });
    let comparison = Comparison {
        names: documents.iter().map(|d| d.name.clone()).collect(),
        hashes: documents.iter().map(|d| d.checks.hash.clone()).collect(),
        figures: figures.collect(),
        differences: differences(&documents),
    };
    if args.json {
        return json(&comparison);
    }
    let header: Vec<&str> = std::iter::once("")
        .chain(comparison.names.iter().map(String::as_str))
        .collect();
    let mut rows = show::table(&header);
    for (row, (_, _, form)) in comparison.figures.iter().zip(show::FIGURES) {
        let values = row.values.iter().map(|v| show::shown_figure(*v, form));
        rows.add_row(std::iter::once(row.name.to_owned()).chain(values));
    }
    println!("{rows}");
    for (key, values) in &comparison.differences {
        println!("{key}: {}", values.join(" | "));
    }
    Ok(())
}

/// Setup and assumptions that are not the same in all.
fn differences(documents: &[BacktestDocument]) -> Vec<(String, Vec<String>)> {
    let facts = |d: &BacktestDocument| -> Vec<(String, String)> {
        let setup = &d.setup;
        let mut facts = vec![
            ("strategy".to_owned(), setup.strategy.clone()),
            ("parameters".to_owned(), format!("{:?}", setup.parameters)),
            ("instruments".to_owned(), setup.instruments.join(" ")),
            ("period".to_owned(), format!("{} to {}", setup.first, setup.last)),
            ("cash".to_owned(), format!("{} {}", setup.cash, setup.currency)),
        ];
        facts.extend(d.assumptions.iter().map(|a| (a.about.clone(), a.text.clone())));
        facts
    };
    let all: Vec<Vec<(String, String)>> = documents.iter().map(facts).collect();
    let Some(first) = all.first() else {
        return Vec::new();
    };
    let values = |key: &str| -> Vec<String> {
        let of = |facts: &Vec<(String, String)>| facts.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone());
        all.iter().map(|facts| of(facts).unwrap_or_default()).collect()
    };
    let differing = first.iter().map(|(key, _)| (key.clone(), values(key)));
    differing
        .filter(|(_, values)| values.iter().any(|v| *v != values[0]))
        .collect()
}
