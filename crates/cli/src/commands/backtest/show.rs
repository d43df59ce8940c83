//! Results as tables for people.

use comfy_table::{Table, presets};
use tradewind_engine::backtest::BacktestDocument;
use tradewind_engine::backtest::config::shown;
use tradewind_engine::backtest::lookahead::LookaheadVerdict;
use tradewind_engine::backtest::sweep::{SweepResult, SweepRow};
use tradewind_engine::backtest::walk_forward::WalkForwardResult;

/// A table without frames.
pub(super) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    if !header.is_empty() {
        table.set_header(header.to_vec());
    }
    table
}

/// How a figure is written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    /// A fraction, in percent.
    Percent,
    /// A ratio, to three decimals.
    Ratio,
    /// A whole number.
    Count,
}

/// Figures that people look at first: name, path, form.
pub(super) const FIGURES: [(&str, &str, Form); 14] = [
    ("total return", "returns.total_return", Form::Percent),
    ("return a year", "returns.cagr", Form::Percent),
    ("volatility a year", "returns.volatility", Form::Percent),
    ("Sharpe ratio", "returns.sharpe", Form::Ratio),
    ("Sortino ratio", "returns.sortino", Form::Ratio),
    ("Calmar ratio", "returns.calmar", Form::Ratio),
    ("greatest drawdown", "returns.max_drawdown", Form::Percent),
    (
        "share of time invested",
        "exposure.share_of_points",
        Form::Percent,
    ),
    ("trades", "trades.count", Form::Count),
    ("winning trades", "trades.win_rate", Form::Percent),
    ("profit factor", "trades.profit_factor", Form::Ratio),
    ("turnover a year", "turnover_annual", Form::Ratio),
    (
        "probability of loss",
        "monte_carlo.probability_of_loss",
        Form::Percent,
    ),
    (
        "probability of ruin",
        "monte_carlo.probability_of_ruin",
        Form::Percent,
    ),
];

pub(super) fn shown_figure(value: Option<f64>, form: Form) -> String {
    match (value, form) {
        (None, _) => "–".to_owned(),
        (Some(value), Form::Percent) => format!("{:.2} %", value * 100.0),
        (Some(value), Form::Ratio) => format!("{value:.3}"),
        (Some(value), Form::Count) => format!("{value:.0}"),
    }
}

pub(super) fn document(document: &BacktestDocument) {
    let (setup, summary) = (&document.setup, &document.summary);
    println!("{}", document.name);
    println!(
        "{} to {} · {} bars, {} quotes, {} trades · {} orders, {} fills, {} closed trades",
        setup.first,
        setup.last,
        summary.bars,
        summary.quotes,
        summary.trade_prints,
        summary.orders,
        summary.fills,
        summary.trades
    );
    println!();
    let mut figures = table(&[]);
    let currency = &setup.currency;
    figures.add_row([
        "equity at the start",
        &format!("{} {currency}", summary.initial_equity),
    ]);
    figures.add_row([
        "equity at the end",
        &format!("{} {currency}", summary.final_equity),
    ]);
    figures.add_row(["fees", &format!("{} {currency}", summary.fees)]);
    for (name, path, form) in FIGURES {
        if let Some(value) = document.figure(path) {
            figures.add_row([name, &shown_figure(Some(value), form)]);
        }
    }
    println!("{figures}");
    notes(document);
}

fn notes(document: &BacktestDocument) {
    let summary = &document.summary;
    println!();
    for (rule, count) in &summary.denials {
        println!("denied {count} times: {rule}");
    }
    for halt in &summary.halts {
        println!("halted: {} {}", halt.strategy, halt.reason);
    }
    for gap in summary.gaps.iter().filter(|g| g.count > 0) {
        println!(
            "{}: {} gaps, the longest of {} bars before row {}",
            gap.instrument, gap.count, gap.longest, gap.longest_at_row
        );
    }
    for position in &summary.open_positions {
        println!("open at the end: {} {}", position.quantity, position.instrument);
    }
    println!("Assumptions:");
    for assumption in &document.assumptions {
        println!("  {}: {}", assumption.about, assumption.text);
    }
    let lookahead = &document.checks.lookahead;
    let verdict = match lookahead.verdict {
        LookaheadVerdict::Equal => "decisions are the same without the data that follows",
        LookaheadVerdict::Different => "DIFFERENT: the strategy looks ahead",
        LookaheadVerdict::NotMade => "not made",
    };
    println!("Lookahead check: {verdict} ({} cuts)", lookahead.cuts.len());
    println!("Hash: {}", document.checks.hash);
}

fn parameters(row: &SweepRow) -> String {
    let each = row
        .parameters
        .iter()
        .map(|(name, value)| format!("{name}={}", shown(value)));
    each.collect::<Vec<_>>().join(" ")
}

pub(super) fn sweep(result: &SweepResult, top: usize) {
    let mut rows = table(&[
        "",
        "parameters",
        "equity",
        "return",
        "Sharpe",
        "deflated",
        "Sortino",
        "drawdown",
        "trades",
        "",
    ]);
    let count = if top == 0 { result.rows.len() } else { top };
    for (at, row) in result.rows.iter().take(count).enumerate() {
        rows.add_row([
            (at + 1).to_string(),
            parameters(row),
            row.final_equity.clone().unwrap_or_default(),
            shown_figure(row.total_return, Form::Percent),
            shown_figure(row.sharpe, Form::Ratio),
            shown_figure(row.deflated_sharpe, Form::Percent),
            shown_figure(row.sortino, Form::Ratio),
            shown_figure(row.max_drawdown, Form::Percent),
            row.trades.to_string(),
            row.error.clone().unwrap_or_default(),
        ]);
    }
    println!("{rows}");
    println!();
    match (&result.probability_of_overfitting, &result.overfitting_note) {
        (Some(pbo), _) => println!(
            "{} variants; probability of overfitting {:.1} %",
            result.rows.len(),
            pbo * 100.0
        ),
        (None, Some(note)) => println!(
            "{} variants; no probability of overfitting: {note}",
            result.rows.len()
        ),
        (None, None) => println!("{} variants", result.rows.len()),
    }
    println!("Hash: {}", result.hash);
}

pub(super) fn walk_forward(result: &WalkForwardResult) {
    let mut rows = table(&[
        "test from",
        "to",
        "parameters",
        "learned Sharpe",
        "tested Sharpe",
        "tested return",
        "trades",
    ]);
    for window in &result.windows {
        rows.add_row([
            window.test_from.to_rfc3339(),
            window.test_to.to_rfc3339(),
            parameters(&window.train),
            shown_figure(window.train.sharpe, Form::Ratio),
            shown_figure(window.test.sharpe, Form::Ratio),
            shown_figure(window.test.total_return, Form::Percent),
            window.test.trades.to_string(),
        ]);
    }
    println!("{rows}");
    println!();
    println!(
        "all tests together: return {}",
        shown_figure(result.total_return, Form::Percent)
    );
    println!("Sharpe ratio {}", shown_figure(result.sharpe, Form::Ratio));
    println!(
        "greatest drawdown {}",
        shown_figure(result.max_drawdown, Form::Percent)
    );
    println!(
        "efficiency (tested ÷ learned) {}",
        shown_figure(result.efficiency, Form::Ratio)
    );
}
