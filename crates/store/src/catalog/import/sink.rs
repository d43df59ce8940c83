//! Rows on their way into the catalogue: gathered by file, and handed in pieces of bounded size to a second thread,
//! which merges and writes them while the first reads on.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use rustc_hash::FxHashMap;
use tradewind_types::{InstrumentId, Symbol};

use super::super::merge::{Change, Rule};
use super::super::partition::by_part;
use super::super::place::{Part, Place, Series, Shelf};
use super::super::rows::Rows;
use super::super::schema::{Cell, Kind, SYMBOL, Scales, TS};
use super::super::session::Session;
use super::super::{Catalog, CatalogError, PLACES_MAX};
use super::build::Row;
use super::rejects::Rejects;
use super::{ImportOptions, Whose};

/// Rows gathered before they are handed over.
const GATHERED_MAX: usize = 1 << 19;
/// Pieces that may wait for the second thread.
const WAITING_MAX: usize = 2;
/// Rows out of order whose lines are remembered, to name those that contradict others.
const LATE_MAX: usize = 1 << 20;

type Piece = Vec<(Place, Rows)>;
type Written = (Result<Session, CatalogError>, Vec<(String, i64)>);

/// Where rows go.
pub(super) struct Sink {
    kind: Kind,
    scales: Scales,
    whose: Whose,
    series: Series,
    to: Option<SyncSender<Piece>>,
    writer: Option<JoinHandle<Written>>,
    gathered: Vec<(Place, Rows)>,
    /// Codes of texts in the rows that the last row went to, by their codes in the builder.
    codes: Vec<Option<i128>>,
    places: FxHashMap<Place, usize>,
    /// The file that the last row went to: code of its symbol, its times, its place in `gathered`.
    current: Option<(i128, std::ops::Range<i64>, usize)>,
    rows: usize,
    /// The latest time per symbol.
    latest: FxHashMap<i128, i64>,
    /// Files and lines of rows that came late.
    late: FxHashMap<(String, i64), (String, u64)>,
    out_of_order: u64,
    times: Option<(i64, i64)>,
}

/// What an import did in the end.
pub(super) struct Done {
    pub(super) change: Change,
    pub(super) out_of_order: u64,
    pub(super) times: Option<(i64, i64)>,
}

impl Sink {
    pub(super) fn start(
        catalog: &Catalog,
        runtime: &tokio::runtime::Handle,
        (options, scales): (&ImportOptions, Scales),
    ) -> Result<Self, CatalogError> {
        let session = runtime.block_on(catalog.session())?;
        let (to, from) = sync_channel(WAITING_MAX);
        let rule = Rule::LatestWrite {
            input: i64::try_from(options.now.0).unwrap_or(i64::MAX),
        };
        let runtime = runtime.clone();
        let writer = std::thread::Builder::new()
            .name("catalog-import".to_owned())
            .spawn(move || write(session, &runtime, &from, rule))
            .map_err(|e| CatalogError::Task(e.to_string()))?;
        let instrument = match &options.whose {
            Whose::One(instrument) => instrument.clone(),
            Whose::Column(market) => {
                let any = Symbol::new("any").map_err(|e| CatalogError::Refused(e.to_string()))?;
                InstrumentId::new(any, market.clone())
            }
        };
        Ok(Self {
            kind: options.kind,
            scales,
            whose: options.whose.clone(),
            series: Series {
                kind: options.kind,
                instrument,
                interval: options.interval,
            },
            to: Some(to),
            writer: Some(writer),
            gathered: Vec::new(),
            codes: Vec::new(),
            places: FxHashMap::default(),
            current: None,
            rows: 0,
            latest: FxHashMap::default(),
            late: FxHashMap::default(),
            out_of_order: 0,
            times: None,
        })
    }

    /// Takes a row whose texts are codes of `texts`.
    #[inline]
    pub(super) fn push(&mut self, row: &Row, texts: &[String], at: (&str, u64)) -> Result<(), String> {
        let ts = row[TS] as i64;
        let symbol = row[SYMBOL];
        let place = match &self.current {
            Some((code, times, place)) if *code == symbol && times.contains(&ts) => *place,
            _ => self.turn(row, texts)?,
        };
        let latest = self.latest.entry(symbol).or_insert(i64::MIN);
        if ts > *latest {
            *latest = ts;
        } else if self.kind != Kind::Trades && self.kind != Kind::Quotes || ts < *latest {
            self.out_of_order += u64::from(ts < *latest);
            if self.late.len() < LATE_MAX {
                let name = text(texts, symbol).to_owned();
                self.late.insert((name, ts), (at.0.to_owned(), at.1));
            }
        }
        self.times = Some(self.times.map_or((ts, ts), |(a, b)| (a.min(ts), b.max(ts))));
        let rows = &mut self.gathered[place].1;
        let mut row = *row;
        for (cell, column) in row.iter_mut().zip(self.kind.columns()) {
            if column.cell == Cell::Text && *cell >= 0 {
                let at = *cell as usize;
                if at >= self.codes.len() {
                    self.codes.resize(at + 1, None);
                }
                *cell = match self.codes[at] {
                    Some(code) => code,
                    None => {
                        let code = i128::from(rows.names.code(text(texts, *cell)));
                        self.codes[at] = Some(code);
                        code
                    }
                };
            }
        }
        rows.push(&row[..self.kind.columns().len()]);
        self.rows += 1;
        Ok(())
    }

    /// Finds the file of a row that does not belong to the last one's.
    fn turn(&mut self, row: &Row, texts: &[String]) -> Result<usize, String> {
        let mut series = self.series.clone();
        if matches!(self.whose, Whose::Column(_)) {
            series.instrument.symbol = Symbol::new(text(texts, row[SYMBOL])).map_err(|e| e.to_string())?;
        }
        let shelf = series.shelf();
        let (part, times) = part_of(&shelf, row, self.kind).map_err(|e| e.to_string())?;
        let place = Place { shelf, part };
        if self.places.len() >= PLACES_MAX {
            return Err(format!(
                "it belongs to one more than {PLACES_MAX} files; is its time or symbol right?"
            ));
        }
        let slot = match self.places.get(&place) {
            Some(slot) => *slot,
            None => {
                self.gathered
                    .push((place.clone(), Rows::new(self.kind, self.scales)));
                self.places.insert(place, self.gathered.len() - 1);
                self.gathered.len() - 1
            }
        };
        self.codes.clear();
        // Several expiries share all times, and so have no file that a time alone tells.
        self.current = (self.kind != Kind::Options).then_some((row[SYMBOL], times, slot));
        Ok(slot)
    }

    /// Hands rows over when there are many.
    #[inline]
    pub(super) fn flow(&mut self) -> Result<(), CatalogError> {
        if self.rows < GATHERED_MAX {
            return Ok(());
        }
        self.hand_over(true)
    }

    /// Hands over all files but the one that is still being filled, unless that is what fills the memory.
    fn hand_over(&mut self, go_on: bool) -> Result<(), CatalogError> {
        let open = self.current.as_ref().map(|(_, _, slot)| *slot);
        let open = open.filter(|slot| go_on && self.gathered[*slot].1.len() < GATHERED_MAX / 2);
        let mut piece = Vec::new();
        let mut kept = None;
        for (slot, (place, rows)) in std::mem::take(&mut self.gathered).into_iter().enumerate() {
            if Some(slot) == open {
                kept = Some((place, rows));
            } else if !rows.is_empty() {
                piece.push((place, rows));
            }
        }
        self.places.clear();
        self.codes.clear();
        self.rows = 0;
        self.current = self
            .current
            .take()
            .filter(|_| kept.is_some())
            .map(|(symbol, times, _)| (symbol, times, 0));
        if let Some((place, rows)) = kept {
            self.rows = rows.len();
            self.places.insert(place.clone(), 0);
            self.gathered.push((place, rows));
        }
        let Some(to) = &self.to else { return Ok(()) };
        if to.send(piece).is_err() {
            return Err(self.failure());
        }
        Ok(())
    }

    /// Why the writing thread takes no more.
    fn failure(&mut self) -> CatalogError {
        self.to = None;
        match self.writer.take().map(JoinHandle::join) {
            Some(Ok((Err(error), _))) => error,
            _ => CatalogError::Task("the writing thread ended".to_owned()),
        }
    }

    /// Writes what is left and makes everything visible.
    pub(super) fn finish(
        mut self,
        runtime: &tokio::runtime::Handle,
        rejects: &mut Rejects,
    ) -> Result<Done, CatalogError> {
        self.hand_over(false)?;
        self.to = None;
        let ended = || CatalogError::Task("the writing thread panicked".to_owned());
        let written = self.writer.take().and_then(|writer| writer.join().ok());
        let (session, contradictions) = written.ok_or_else(ended)?;
        let session = session?;
        for key in contradictions {
            let (file, line) = self.late.get(&key).cloned().unwrap_or_default();
            let at = jiff::Timestamp::from_nanosecond(i128::from(key.1))
                .map_or_else(|_| key.1.to_string(), |t| t.to_string());
            let reason = format!(
                "{} at {at} contradicts an earlier row; each time may come once",
                key.0
            );
            rejects.add((&file, line), &reason, b"")?;
        }
        let change = runtime.block_on(session.commit())?;
        Ok(Done {
            change,
            out_of_order: self.out_of_order,
            times: self.times,
        })
    }
}

impl Drop for Sink {
    /// An import that is given up waits for its writer, who holds the right to write.
    fn drop(&mut self) {
        self.to = None;
        if let Some(writer) = self.writer.take() {
            // What it was about is of no interest any more.
            let _ = writer.join();
        }
    }
}

fn text(texts: &[String], code: i128) -> &str {
    usize::try_from(code)
        .ok()
        .and_then(|code| texts.get(code))
        .map_or("", String::as_str)
}

fn part_of(shelf: &Shelf, row: &Row, kind: Kind) -> Result<(Part, std::ops::Range<i64>), CatalogError> {
    if kind != Kind::Options {
        return shelf.part_at(row[TS] as i64);
    }
    let mut one = Rows::new(kind, Scales::default());
    one.push(&row[..kind.columns().len()]);
    let part = by_part(shelf, &one)?.into_keys().next();
    part.map(|part| (part, 0..0))
        .ok_or_else(|| CatalogError::Refused("the row belongs to no file".to_owned()))
}

fn write(
    mut session: Session,
    runtime: &tokio::runtime::Handle,
    from: &Receiver<Piece>,
    rule: Rule,
) -> Written {
    let mut contradictions = Vec::new();
    while let Ok(piece) = from.recv() {
        for (place, rows) in piece {
            match runtime.block_on(session.add(&place, rows, rule)) {
                Ok(added) => {
                    let room = LATE_MAX.saturating_sub(contradictions.len());
                    contradictions.extend(added.contradictions.into_iter().take(room));
                }
                Err(error) => return (Err(error), contradictions),
            }
        }
    }
    (Ok(session), contradictions)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use object_store::memory::InMemory;
    use object_store::{ObjectStoreExt as _, PutPayload};
    use tradewind_types::UnixNanos;
    use tradewind_types::market::BarInterval;

    use super::super::super::Files;
    use super::*;

    #[test]
    fn what_stopped_the_writer_is_told_to_the_reader() {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let store = Arc::new(InMemory::new());
        let broken = object_store::path::Path::from("bars/TEST/1m/X/1970-01.parquet");
        let put = store.put(&broken, PutPayload::from_static(b"no Parquet at all"));
        runtime.block_on(put).expect("put");
        let catalog = Catalog::new(Files::of(store));
        let instrument = "X.TEST".parse().expect("an id");
        let options = ImportOptions::bars(instrument, BarInterval::M1, UnixNanos(1));
        let mut sink =
            Sink::start(&catalog, &runtime.handle().clone(), (&options, Scales::default())).expect("a sink");
        let texts = ["X".to_owned(), "venue".to_owned()];
        let mut row: Row = [1; super::super::super::schema::COLUMNS_MAX];
        row[SYMBOL] = 0;
        sink.push(&row, &texts, ("a.csv", 1)).expect("taken");
        sink.hand_over(false).expect("handed over");
        while !sink.writer.as_ref().is_none_or(JoinHandle::is_finished) {
            std::thread::yield_now();
        }
        sink.push(&row, &texts, ("a.csv", 2)).expect("taken");
        let error = sink.hand_over(false).expect_err("the writer is gone").to_string();
        assert!(error.contains("1970-01.parquet"), "{error}");
    }
}
