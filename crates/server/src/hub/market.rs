//! Feeds quotes, trades, books and bars.
//!
//! The sink runs on the engine thread and only notes *that* something changed, and the trades and closed bars that
//! are gone afterwards; it does nothing at all for instruments that nobody reads. Every few milliseconds one question
//! to the engine reads the current state of whatever changed, takes the notes and the snapshots that are wanted, all
//! between two events: so notes, state and snapshots are in one order, and a burst of a thousand quotes is one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use tradewind_engine::kernel::MarketState;
use tradewind_engine::{EngineError, EngineHandle, Kernel, MarketPublication, MarketSink};
use tradewind_types::market::{Bar, BarInterval, DataState, Trade};
use tradewind_types::{Instrument, InstrumentIdx, UnixNanos};
use tradewind_wire as wire;
use tradewind_wire::hub::{BookDelta, Channel};

use super::counting::Counting;
use super::feeds::Feed;
use super::key::Subject;
use super::levels;
use super::topic::Topic;
use crate::map;

/// Least time between two readings.
const TICK: Duration = Duration::from_millis(10);
/// How often quotes are looked at whether they have grown old.
const AGE_CHECK: Duration = Duration::from_secs(1);
/// Levels of a book per side.
const BOOK_DEPTH: usize = 50;
/// Closed bars in a snapshot; older ones are REST's.
const SNAPSHOT_BARS: usize = 10;
/// Trades in a snapshot.
const SNAPSHOT_TRADES: usize = 50;
/// Trades and closed bars of one instrument that may wait for a reading; beyond it readers get a snapshot.
const NOTES_MAX: usize = 2_000;

#[derive(Default)]
struct BarTopic {
    topic: Option<Arc<Topic>>,
    forming: Option<Bar>,
    /// Of tick, volume and value bars, which the engine builds for strategies alone.
    counting: Option<Counting>,
}

/// What is read of one instrument, and what has changed since the last reading.
#[derive(Default)]
struct Slot {
    quotes: Option<Arc<Topic>>,
    trades: Option<Arc<Topic>>,
    book: Option<Arc<Topic>>,
    bars: HashMap<BarInterval, BarTopic>,
    dirty: bool,
    quote_changed: bool,
    book_changed: bool,
    traded: bool,
    interrupted: bool,
    overflowed: bool,
    new_trades: Vec<Trade>,
    closed_bars: Vec<Bar>,
    state: Option<DataState>,
}

impl Slot {
    fn is_read(&self) -> bool {
        self.quotes.is_some() || self.trades.is_some() || self.book.is_some() || !self.bars.is_empty()
    }

    fn topics(&self) -> impl Iterator<Item = &Arc<Topic>> {
        let bars = self.bars.values().filter_map(|bars| bars.topic.as_ref());
        self.quotes
            .iter()
            .chain(&self.trades)
            .chain(&self.book)
            .chain(bars)
    }
}

#[derive(Default)]
struct Notes {
    slots: Vec<Option<Box<Slot>>>,
    dirty: Vec<InstrumentIdx>,
    wanted: Vec<Arc<Topic>>,
    removed: Vec<Arc<Topic>>,
}

/// What one reading found, in the order in which it is to be published.
enum Found {
    Quote(Arc<Topic>, wire::Quote),
    Trades(Arc<Topic>, Vec<wire::Trade>),
    Book(Arc<Topic>, wire::Book),
    Bar(Arc<Topic>, wire::Bar),
    /// Changes do not lead to the current state any more.
    Restart(Arc<Topic>),
    QuoteSnapshot(Arc<Topic>, wire::Quote),
    TradesSnapshot(Arc<Topic>, Vec<wire::Trade>),
    BookSnapshot(Arc<Topic>, wire::Book),
    BarsSnapshot(Arc<Topic>, Vec<wire::Bar>),
}

/// The feed.
#[derive(Default)]
pub(super) struct MarketFeed {
    notes: Mutex<Notes>,
    filled: Notify,
}

/// The engine's side of it.
pub(super) struct MarketTap {
    feed: Arc<MarketFeed>,
}

impl MarketTap {
    pub(super) fn new(feed: Arc<MarketFeed>) -> Self {
        Self { feed }
    }
}

impl MarketSink for MarketTap {
    fn market(&mut self, _kernel: &Kernel, publication: &MarketPublication) {
        let idx = match publication {
            MarketPublication::Quote(idx) | MarketPublication::Reset(idx) => *idx,
            MarketPublication::Trade(trade) => trade.instrument,
            MarketPublication::Book { instrument, .. } => *instrument,
            MarketPublication::Bar(bar) => bar.instrument,
            MarketPublication::Opinions { .. } => return,
        };
        let mut notes = self.feed.lock();
        let Some(slot) = notes.slots.get_mut(idx.slot()).and_then(Option::as_deref_mut) else {
            return;
        };
        slot.note(publication);
        if !slot.dirty {
            slot.dirty = true;
            notes.dirty.push(idx);
            self.feed.filled.notify_one();
        }
    }
}

impl Slot {
    fn note(&mut self, publication: &MarketPublication) {
        match publication {
            MarketPublication::Quote(_) => self.quote_changed = true,
            MarketPublication::Book { .. } => self.book_changed = true,
            MarketPublication::Reset(_) => self.interrupted = true,
            MarketPublication::Trade(trade) => {
                self.traded = true;
                if self.trades.is_some() && self.has_room() {
                    self.new_trades.push(trade.clone());
                }
                let mut counted = Vec::new();
                for counting in self.bars.values_mut().filter_map(|bars| bars.counting.as_mut()) {
                    counting.on_trade(trade, &mut counted);
                }
                for bar in counted {
                    if self.has_room() {
                        self.closed_bars.push(bar);
                    }
                }
            }
            MarketPublication::Bar(bar) => {
                let wanted = self.bars.get(&bar.interval);
                if wanted.is_some_and(|bars| bars.counting.is_none()) && self.has_room() {
                    self.closed_bars.push(*bar);
                }
            }
            MarketPublication::Opinions { .. } => {}
        }
    }

    fn has_room(&mut self) -> bool {
        self.overflowed |= self.new_trades.len() >= NOTES_MAX || self.closed_bars.len() >= NOTES_MAX;
        !self.overflowed
    }
}

impl MarketFeed {
    fn lock(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nobody reads anything.
    fn is_idle(&self) -> bool {
        let notes = self.lock();
        notes.slots.iter().all(Option::is_none) && notes.wanted.is_empty() && notes.removed.is_empty()
    }

    /// Reads and publishes until the engine ends or the task is dropped.
    pub(super) async fn run(self: Arc<Self>, engine: EngineHandle) {
        let mut books: HashMap<String, wire::Book> = HashMap::new();
        let mut aged = Instant::now();
        loop {
            tokio::select! {
                () = self.filled.notified() => {}
                () = tokio::time::sleep_until(aged + AGE_CHECK) => {}
            }
            let check_age = aged.elapsed() >= AGE_CHECK;
            if check_age {
                aged = Instant::now();
                if self.is_idle() {
                    continue;
                }
            }
            let began = Instant::now();
            let feed = Arc::clone(&self);
            match engine.query(move |kernel| feed.read(kernel, check_age)).await {
                Ok(found) => found.into_iter().for_each(|found| publish(found, &mut books)),
                Err(EngineError::ShuttingDown) => return,
                // The engine has too much to do; what is noted waits.
                Err(_) => self.filled.notify_one(),
            }
            tokio::time::sleep_until(began + TICK).await;
        }
    }

    /// On the engine thread: what changed, then the snapshots that are wanted.
    fn read(&self, kernel: &Kernel, check_age: bool) -> Vec<Found> {
        let mut notes = self.lock();
        let mut found = Vec::new();
        for topic in std::mem::take(&mut notes.removed) {
            notes.forget(&topic, kernel);
        }
        if check_age {
            notes.note_aged(kernel);
        }
        for idx in std::mem::take(&mut notes.dirty) {
            let Some(slot) = notes.slots.get_mut(idx.slot()).and_then(Option::as_deref_mut) else {
                continue;
            };
            if let (Some(instrument), Some(market)) = (kernel.instruments().get(idx), kernel.market_at(idx)) {
                slot.read(kernel, instrument, market, &mut found);
            }
        }
        for topic in std::mem::take(&mut notes.wanted) {
            // Given up meanwhile: it would take the place of a living one, and nobody would ever clear it away.
            if topic.is_gone() {
                continue;
            }
            notes.snapshot(kernel, topic, &mut found);
        }
        found
    }
}

impl Notes {
    fn slot(&mut self, kernel: &Kernel, topic: &Topic) -> Option<(InstrumentIdx, &mut Slot)> {
        let idx = kernel.instruments().idx(topic.key().instrument()?)?;
        if self.slots.len() <= idx.slot() {
            self.slots.resize_with(idx.slot() + 1, || None);
        }
        let slot = self.slots.get_mut(idx.slot())?.get_or_insert_default();
        Some((idx, slot))
    }

    fn forget(&mut self, topic: &Arc<Topic>, kernel: &Kernel) {
        let Some((idx, slot)) = self.slot(kernel, topic) else {
            return;
        };
        let is_it =
            |other: &Option<Arc<Topic>>| other.as_ref().is_some_and(|other| Arc::ptr_eq(other, topic));
        match &topic.key().subject {
            Subject::Bars(_, interval) if slot.bars.get(interval).is_some_and(|b| is_it(&b.topic)) => {
                slot.bars.remove(interval);
            }
            _ => {
                for place in [&mut slot.quotes, &mut slot.trades, &mut slot.book] {
                    if is_it(place) {
                        *place = None;
                    }
                }
            }
        }
        if !slot.is_read() {
            // Its mark in `dirty` finds no slot, and that is all.
            self.slots[idx.slot()] = None;
        }
    }

    fn note_aged(&mut self, kernel: &Kernel) {
        for (at, slot) in self.slots.iter_mut().enumerate() {
            let idx = InstrumentIdx(u32::try_from(at).unwrap_or(u32::MAX));
            let (Some(slot), Some(market)) = (slot.as_deref_mut(), kernel.market_at(idx)) else {
                continue;
            };
            if slot
                .state
                .is_some_and(|state| state != market.data_state(kernel.now()))
                && !slot.dirty
            {
                slot.dirty = true;
                self.dirty.push(idx);
            }
        }
    }

    fn snapshot(&mut self, kernel: &Kernel, topic: Arc<Topic>, found: &mut Vec<Found>) {
        let Some((idx, slot)) = self.slot(kernel, &topic) else {
            return;
        };
        let (Some(instrument), Some(market)) = (kernel.instruments().get(idx), kernel.market_at(idx)) else {
            return;
        };
        let now = kernel.now();
        slot.state.get_or_insert(market.data_state(now));
        match topic.key().channel {
            Channel::Quotes => {
                slot.quotes = Some(Arc::clone(&topic));
                found.push(Found::QuoteSnapshot(
                    topic,
                    map::market::quote(instrument, market, now),
                ));
            }
            Channel::Trades => {
                slot.trades = Some(Arc::clone(&topic));
                let last = market.trades().iter().rev().take(SNAPSHOT_TRADES);
                let mut last: Vec<_> = last.filter_map(|t| map::market::trade(instrument, t)).collect();
                last.reverse();
                found.push(Found::TradesSnapshot(topic, last));
            }
            Channel::Book => {
                slot.book = Some(Arc::clone(&topic));
                let book = map::market::book(instrument, market, BOOK_DEPTH, now);
                found.push(Found::BookSnapshot(topic, book));
            }
            _ => {
                let Subject::Bars(_, interval) = topic.key().subject else {
                    return;
                };
                let bars = slot.bars.entry(interval).or_default();
                bars.topic = Some(Arc::clone(&topic));
                let recent = recent_bars(instrument, market, interval, bars, now);
                found.push(Found::BarsSnapshot(topic, recent));
            }
        }
    }
}

/// The last bars, the forming one at the end. Tick, volume and value bars begin to be counted with the first reader.
fn recent_bars(
    instrument: &Instrument,
    market: &MarketState,
    interval: BarInterval,
    topic: &mut BarTopic,
    now: UnixNanos,
) -> Vec<wire::Bar> {
    let wire = |bar: &Bar, closed: bool| map::market::bar(instrument, bar, closed);
    if interval.is_time() || market.series(interval).is_some() {
        let read = market.bars(interval, UnixNanos(0), now, SNAPSHOT_BARS + 1);
        let bars = read.bars.iter().enumerate();
        return bars.map(|(at, bar)| wire(bar, at < read.closed)).collect();
    }
    let begin = || Counting::begin(market.counting(interval), SNAPSHOT_BARS);
    let counting = topic.counting.get_or_insert_with(begin);
    let mut bars: Vec<_> = counting.recent().map(|bar| wire(bar, true)).collect();
    bars.extend(counting.forming().map(|bar| wire(&bar, false)));
    bars
}

impl Slot {
    fn read(
        &mut self,
        kernel: &Kernel,
        instrument: &Instrument,
        market: &MarketState,
        found: &mut Vec<Found>,
    ) {
        let now = kernel.now();
        let state = market.data_state(now);
        let state_changed = self.state.replace(state).is_some_and(|old| old != state);
        if self.overflowed {
            found.extend(self.topics().cloned().map(Found::Restart));
        } else {
            if let Some(topic) = self.quotes.as_ref()
                && (self.quote_changed || self.interrupted || state_changed)
            {
                found.push(Found::Quote(
                    Arc::clone(topic),
                    map::market::quote(instrument, market, now),
                ));
            }
            if let Some(topic) = self.book.as_ref() {
                if self.interrupted || state_changed {
                    // A change of levels cannot say that the book is no longer to be believed.
                    found.push(Found::Restart(Arc::clone(topic)));
                } else if self.book_changed {
                    let book = map::market::book(instrument, market, BOOK_DEPTH, now);
                    found.push(Found::Book(Arc::clone(topic), book));
                }
            }
            if let Some(topic) = self.trades.as_ref().filter(|_| !self.new_trades.is_empty()) {
                let trades = self
                    .new_trades
                    .iter()
                    .filter_map(|t| map::market::trade(instrument, t));
                found.push(Found::Trades(Arc::clone(topic), trades.collect()));
            }
            self.read_bars(instrument, market, found);
        }
        self.new_trades.clear();
        self.closed_bars.clear();
        (self.dirty, self.quote_changed, self.book_changed) = (false, false, false);
        (self.traded, self.interrupted, self.overflowed) = (false, false, false);
    }

    fn read_bars(&mut self, instrument: &Instrument, market: &MarketState, found: &mut Vec<Found>) {
        for bar in &self.closed_bars {
            if let Some(topic) = self.bars.get(&bar.interval).and_then(|bars| bars.topic.as_ref()) {
                let bar = market.completed(bar);
                found.push(Found::Bar(
                    Arc::clone(topic),
                    map::market::bar(instrument, &bar, true),
                ));
            }
        }
        if !self.traded && !self.interrupted {
            return;
        }
        for (interval, bars) in &mut self.bars {
            let forming = match &bars.counting {
                Some(counting) => counting.forming(),
                None => market.forming(*interval),
            };
            let (Some(topic), Some(bar)) = (bars.topic.as_ref(), forming) else {
                continue;
            };
            if bars.forming.replace(bar) != Some(bar) {
                found.push(Found::Bar(
                    Arc::clone(topic),
                    map::market::bar(instrument, &bar, false),
                ));
            }
        }
    }
}

fn publish(found: Found, books: &mut HashMap<String, wire::Book>) {
    match found {
        Found::Quote(topic, quote) => topic.publish(&quote),
        Found::Trades(topic, trades) => topic.publish(&trades),
        Found::Bar(topic, bar) => topic.publish(&bar),
        Found::Book(topic, book) => publish_book(&topic, book, books),
        Found::Restart(topic) => {
            books.remove(topic.name());
            topic.restart();
        }
        Found::QuoteSnapshot(topic, quote) => topic.snapshot(&quote),
        Found::TradesSnapshot(topic, trades) => topic.snapshot(&trades),
        Found::BarsSnapshot(topic, bars) => topic.snapshot(&bars),
        Found::BookSnapshot(topic, book) => {
            // Those who read already get the difference, so that all stand where the snapshot does.
            publish_book(&topic, book.clone(), books);
            topic.snapshot(&book);
        }
    }
}

/// Publishes what changed among the best levels since the last time: also a level that moved into or out of them.
fn publish_book(topic: &Arc<Topic>, book: wire::Book, books: &mut HashMap<String, wire::Book>) {
    if let Some(before) = books.get(topic.name()) {
        let bids = levels::changed(&before.bids, &book.bids, std::cmp::Ordering::Greater);
        let asks = levels::changed(&before.asks, &book.asks, std::cmp::Ordering::Less);
        if !(bids.is_empty() && asks.is_empty()) {
            topic.publish(&BookDelta {
                bids,
                asks,
                ts: book.ts.unwrap_or_default(),
            });
        }
    }
    books.insert(topic.name().to_owned(), book);
}

impl Feed for MarketFeed {
    fn added(&self, _topic: &Arc<Topic>) {
        // It is taken note of together with its first snapshot, on the engine thread.
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
