//! Feeds `indicators`: values of an indicator over the bars of an instrument, each computed once however many read it.
//!
//! A computation begins with the bars that REST begins with ([`crate::indicators`]) and goes on with what the engine
//! adds: ten times a second one question reads the newest bars of all instruments and intervals that are read. A closed
//! bar may still be amended by late trades, so the last few are kept open: their values are computed anew from the state
//! before them. Topics whose ids mean the same (`RSI`, `RSI_14`) share a computation.

mod running;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use tradewind_engine::EngineError;
use tradewind_indicators::IndicatorSpec;
use tradewind_types::market::{Bar, BarInterval, DataState};
use tradewind_types::{InstrumentId, UnixNanos};

use super::feeds::Feed;
use super::key::Subject;
use super::topic::Topic;
use crate::bars::{BarReader, Wanted};
use crate::indicators;
use running::{Running, SHOWN_BARS};

/// Time between two readings.
const TICK: Duration = Duration::from_millis(100);
/// Time after which what could not be begun is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// Most bars read at once of one series; more than pass between two readings.
const READ_MAX: usize = 10_000;

/// What is computed: of which instrument, on which bars, by which canonical id.
type Key = (InstrumentId, BarInterval, Arc<str>);
/// A series that is read.
type Place = (InstrumentId, BarInterval);

#[derive(Default)]
struct Inbox {
    wanted: Vec<Arc<Topic>>,
    removed: Vec<Arc<Topic>>,
}

/// The newest bars of a series.
struct News {
    bars: Vec<Bar>,
    /// How many of them are closed: all, or all but the last.
    closed: usize,
    state: DataState,
    /// When the first closed bar that the engine keeps opens.
    oldest: Option<UnixNanos>,
}

/// The feed.
#[derive(Default)]
pub(super) struct IndicatorFeed {
    inbox: Mutex<Inbox>,
    filled: Notify,
    begun: AtomicU64,
}

impl IndicatorFeed {
    fn lock(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many computations were begun so far.
    #[cfg(test)]
    pub(super) fn begun(&self) -> u64 {
        self.begun.load(Ordering::Relaxed)
    }

    /// Computes and publishes until the engine ends or the task is dropped.
    pub(super) async fn run(self: Arc<Self>, reader: BarReader) {
        let mut all: HashMap<Key, Running> = HashMap::new();
        let mut later: Vec<Arc<Topic>> = Vec::new();
        let mut retry = Instant::now();
        loop {
            let idle = all.is_empty() && later.is_empty();
            let began = Instant::now();
            tokio::select! {
                () = self.filled.notified() => {}
                () = tokio::time::sleep_until(began + TICK), if !idle => {}
            }
            let inbox = std::mem::take(&mut *self.lock());
            for topic in &inbox.removed {
                let others = |other: &Arc<Topic>| !Arc::ptr_eq(other, topic);
                all.values_mut().for_each(|running| running.topics.retain(others));
                later.retain(others);
            }
            all.retain(|_, running| !running.topics.is_empty());
            let mut wanted = inbox.wanted;
            if retry.elapsed() >= RETRY {
                retry = Instant::now();
                wanted.append(&mut later);
            }
            for topic in wanted {
                if !self.join(&reader, &topic, &mut all).await {
                    later.push(topic);
                }
            }
            match news(&reader, &all).await {
                Ok(news) => all.retain(|key, running| running.take(news.get(&(key.0.clone(), key.1)))),
                Err(EngineError::ShuttingDown) => return,
                // The engine has too much to do; the next reading has it all.
                Err(_) => {}
            }
        }
    }

    /// Lets a topic read a computation, begun if need be; false when that has to wait.
    async fn join(&self, reader: &BarReader, topic: &Arc<Topic>, all: &mut HashMap<Key, Running>) -> bool {
        // Given up meanwhile, and its removal taken note of already: what is begun for it would never end.
        if topic.is_gone() {
            return true;
        }
        let Subject::Indicator(instrument, interval, id) = &topic.key().subject else {
            return true;
        };
        // It was read when the topic was named.
        let Ok(spec) = IndicatorSpec::parse(id) else {
            return true;
        };
        let key = (instrument.clone(), *interval, Arc::from(spec.id()));
        if let Some(running) = all.get_mut(&key) {
            running.join(topic);
            return true;
        }
        let wanted = Wanted {
            interval: *interval,
            from: None,
            to: None,
            count: SHOWN_BARS,
            skip: 0,
            lead: indicators::lead(&spec, *interval),
        };
        let read = match reader.read(instrument, wanted).await {
            Ok(read) => read,
            Err(error) => {
                tracing::warn!(
                    topic = topic.name(),
                    error = error.detail,
                    "an indicator has to wait"
                );
                return false;
            }
        };
        self.begun.fetch_add(1, Ordering::Relaxed);
        let Ok(mut running) = tokio::task::spawn_blocking(move || Running::begin(&read, spec)).await else {
            return false;
        };
        running.join(topic);
        all.insert(key, running);
        true
    }
}

/// Reads what is new of every series that is read, by one question.
async fn news(reader: &BarReader, all: &HashMap<Key, Running>) -> Result<HashMap<Place, News>, EngineError> {
    let mut from: HashMap<Place, UnixNanos> = HashMap::new();
    for (key, running) in all {
        let first = running.from();
        let earliest = from.entry((key.0.clone(), key.1)).or_insert(first);
        *earliest = first.min(*earliest);
    }
    if from.is_empty() {
        return Ok(HashMap::new());
    }
    let now = reader.clock.now();
    let read = move |kernel: &tradewind_engine::Kernel| {
        let one = |(place, from): (Place, UnixNanos)| {
            let (_, market) = kernel.market(&place.0)?;
            let series = market.series(place.1);
            let read = market.bars(place.1, from, now, READ_MAX);
            let news = News {
                bars: read.bars,
                closed: read.closed,
                state: market.data_state(now),
                oldest: series.and_then(|s| s.closed().front()).map(|bar| bar.ts),
            };
            Some((place, news))
        };
        from.into_iter().filter_map(one).collect()
    };
    reader.engine.query(read).await
}

impl Feed for IndicatorFeed {
    fn added(&self, _topic: &Arc<Topic>) {
        // It is taken note of together with its first snapshot.
    }

    fn removed(&self, topic: &Arc<Topic>) {
        self.lock().removed.push(Arc::clone(topic));
        self.filled.notify_one();
    }

    fn wanted(&self, topic: &Arc<Topic>) {
        self.lock().wanted.push(Arc::clone(topic));
        self.filled.notify_one();
    }
}
