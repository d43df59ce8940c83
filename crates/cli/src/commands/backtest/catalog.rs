//! Data of the catalogue for a backtest: `[[data]] source = "catalog"`. What is wanted of a series is written into a file
//! that lives as long as the command, and is read from there as any other: a run holds no more than a chunk in memory.

use std::path::PathBuf;

use tradewind_engine::backtest::data::DataKind;
use tradewind_engine::backtest::{BacktestConfig, config::DataConfig};
use tradewind_store::catalog::export::{ExportOptions, Format};
use tradewind_store::catalog::{Catalog, Files, Kind, Query, Series};

use super::interrupt::Interrupt;
use crate::commands::on_runtime;
use crate::failure::Failure;

/// The files made of the catalogue; they go with it.
pub(super) struct Exported {
    folder: Option<PathBuf>,
}

impl Drop for Exported {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            // What cannot be removed lies in the system's folder for such files.
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// Brings what a configuration wants of the catalogue into files, until it is interrupted.
pub(super) fn resolve(config: &mut BacktestConfig, interrupt: &Interrupt) -> Result<Exported, Failure> {
    if config.data.iter().all(|d| d.catalog.is_none()) {
        return Ok(Exported { folder: None });
    }
    let folder = std::env::temp_dir().join(format!("tradewind-backtest-{}", std::process::id()));
    interrupt.owns(&folder);
    std::fs::create_dir_all(&folder)?;
    let exported = Exported {
        folder: Some(folder.clone()),
    };
    let bound = |ns: u64| i64::try_from(ns).unwrap_or(i64::MAX);
    let times = bound(config.from.0)..bound(config.to.0);
    for (at, data) in config.data.iter_mut().enumerate() {
        let Some(place) = data.catalog.clone() else {
            continue;
        };
        let file = folder.join(format!("{at}.csv"));
        let query = Query::all(series(data)?).between(times.clone());
        let to = file.display().to_string();
        let rows = on_runtime(async {
            let files = Files::open(&place).map_err(|e| Failure::Input(format!("{place}: {e}")))?;
            let options = ExportOptions::new(Format::Csv);
            let go_on = |_| !interrupt.is_asked();
            let written = Catalog::new(files).export(&query, &options, &to, go_on).await;
            written.map_err(|e| match interrupt.is_asked() {
                true => Failure::failed("interrupted while data was taken from the catalogue"),
                false => Failure::Input(format!("{place}: {e}")),
            })
        })?;
        if rows == 0 {
            let message = format!("{place}: there is nothing of {} in the period", query.series);
            return Err(Failure::Input(message));
        }
        data.files = vec![file];
    }
    Ok(exported)
}

fn series(data: &DataConfig) -> Result<Series, Failure> {
    let instrument = data.instrument.clone();
    match data.layout.kind {
        DataKind::Bars => Ok(Series::bars(instrument, data.layout.interval)),
        DataKind::Quotes => Ok(Series::of(Kind::Quotes, instrument)),
        DataKind::Trades => Ok(Series::of(Kind::Trades, instrument)),
        DataKind::Book | DataKind::Orders => Err(Failure::Input(format!(
            "{instrument}: the catalogue has bars, quotes and trades, no books"
        ))),
    }
}
