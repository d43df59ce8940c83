//! Laws and worked examples of the statistics, through the public face.

mod backtest;
mod build;
mod monte_carlo;
mod overfitting;
mod returns;
mod sizing;
mod trades;
mod walk_forward;
