//! Opening a run's data, once per run: from files as they stream, or from columns read before.

use std::path::Path;
use std::sync::Arc;

use tradewind_types::{InstrumentIdx, UnixNanos};

use super::config::{BacktestConfig, DataConfig};
use super::data::{
    Chunk, CsvSource, DataError, Feed, GapCount, MemorySource, Merge, ParquetSource, Period, Source, append,
};

/// Where a run's rows come from; opened anew for every run.
#[derive(Debug, Clone)]
pub enum Inputs {
    /// Files, read as the run goes.
    Files,
    /// Columns in memory, shared by many runs; in the order of the configuration's data.
    Memory(Vec<(Arc<Chunk>, GapCount)>),
}

impl Inputs {
    /// Reads all of a configuration's data into memory, unless it has more than `rows_max` rows in all.
    ///
    /// # Errors
    /// [`DataError`] of the first row refused.
    pub fn load(config: &BacktestConfig, rows_max: usize) -> Result<Self, DataError> {
        let (mut all, mut rows) = (Vec::with_capacity(config.data.len()), 0);
        for data in &config.data {
            let mut source = open(data);
            let (mut whole, mut chunk) = (Chunk::new(data.layout.kind), Chunk::new(data.layout.kind));
            loop {
                source.fill(&mut chunk)?;
                if chunk.is_empty() {
                    break;
                }
                rows += chunk.len();
                if rows > rows_max {
                    return Ok(Inputs::Files);
                }
                append(&chunk, 0..chunk.len(), &mut whole);
            }
            all.push((Arc::new(whole), source.gaps()));
        }
        Ok(Inputs::Memory(all))
    }

    /// How many rows there are, where they have been read.
    #[must_use]
    pub fn rows(&self) -> Option<u64> {
        match self {
            Inputs::Files => None,
            Inputs::Memory(columns) => Some(columns.iter().map(|(rows, _)| rows.len() as u64).sum()),
        }
    }

    /// The merged rows of a period.
    ///
    /// # Errors
    /// [`DataError`] of the first row refused.
    pub fn merge(&self, config: &BacktestConfig, period: Period) -> Result<Merge, DataError> {
        let feeds = config.data.iter().enumerate().map(|(at, data)| {
            let of = config
                .instruments
                .iter()
                .position(|i| i.instrument.id == data.instrument);
            let source: Box<dyn Source> = match self {
                Inputs::Files => open(data),
                Inputs::Memory(columns) => match columns.get(at) {
                    Some((rows, gaps)) => Box::new(MemorySource::with_gaps(Arc::clone(rows), *gaps)),
                    None => open(data),
                },
            };
            Feed {
                instrument: InstrumentIdx(of.and_then(|at| u32::try_from(at).ok()).unwrap_or(0)),
                interval: data.layout.interval,
                grid: config.grid_of(of),
                source,
            }
        });
        Merge::new(feeds.collect(), period)
    }

    /// Opening times of the bars (or times of the rows) of the configuration's first source within its period.
    ///
    /// # Errors
    /// [`DataError`] of the first row refused.
    pub fn times(&self, config: &BacktestConfig) -> Result<Vec<UnixNanos>, DataError> {
        let Some(first) = config.data.first() else {
            return Ok(Vec::new());
        };
        let mut source: Box<dyn Source> = match self {
            Inputs::Memory(columns) if !columns.is_empty() => {
                Box::new(MemorySource::new(Arc::clone(&columns[0].0)))
            }
            _ => open(first),
        };
        let (mut times, mut chunk) = (Vec::new(), Chunk::new(first.layout.kind));
        loop {
            source.fill(&mut chunk)?;
            if chunk.is_empty() {
                return Ok(times);
            }
            let within = |ts: &&u64| **ts >= config.from.0 && **ts < config.to.0;
            times.extend(chunk.ts().iter().filter(within).map(|ts| UnixNanos(*ts)));
        }
    }
}

fn open(data: &DataConfig) -> Box<dyn Source> {
    let parquet = |path: &Path| {
        path.extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("parquet") || e == "pq")
    };
    if data.files.iter().any(|file| parquet(file)) {
        Box::new(ParquetSource::new(data.files.clone(), data.layout.clone()))
    } else {
        Box::new(CsvSource::new(data.files.clone(), data.layout.clone()))
    }
}

/// The configured period, known up to a time.
#[must_use]
pub fn period(config: &BacktestConfig, known_until: UnixNanos) -> Period {
    Period {
        from: config.from,
        to: config.to,
        known_until,
    }
}
