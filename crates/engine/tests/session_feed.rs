//! The engine is told when its instruments are traded: once a day, for the calendars that they name, through the journal.

mod common;

use std::path::Path;
use std::sync::{Arc, Mutex};

use common::{MS, START_S, envelope, id, instruments};
use tradewind_engine::runtime::{ALWAYS, SessionFeed, SessionSource, SessionsTold};
use tradewind_engine::{
    Engine, EngineConfig, Kernel, KernelConfig, MarketPublication, MarketSink, OutcomeSink,
};
use tradewind_types::market::{BarGrid, SessionGrid, SessionSpan};
use tradewind_types::record::{Command, Outcome};
use tradewind_types::time::DAY_NS;
use tradewind_types::*;

struct Still;

impl Clock for Still {
    fn now(&self) -> UnixNanos {
        NOW
    }
}

struct Nobody;

impl OutcomeSink for Nobody {
    fn durable(&mut self, _: &[(u64, Outcome)]) {}
}

impl MarketSink for Nobody {
    fn market(&mut self, _: &Kernel, _: &MarketPublication) {}
}

const NOW: UnixNanos = UnixNanos(START_S * 1_000 * MS);

fn start(folder: &Path) -> Engine {
    let config = EngineConfig {
        journal_dir: folder.join("journal"),
        kernel: KernelConfig::default(),
        snapshot_every: 1_000_000,
        tape_dir: None,
        clock: Arc::new(Still),
    };
    Engine::start(config, Box::new(Nobody), Box::new(Nobody))
        .expect("an engine")
        .0
}

async fn define(engine: &Engine, symbol: &str, calendar: &str) {
    let mut instrument = instruments().remove(0);
    instrument.id = id(&format!("{symbol}.COINBASE"));
    instrument.calendar = Arc::from(calendar);
    let instrument = Box::new(instrument);
    let command = Command::DefineInstrument { instrument };
    engine.handle().command(envelope(command)).await.expect("defined");
}

/// From the hour of 14 to that of 21 on every day of the span; the calendars that were asked for.
fn source(asked: &Arc<Mutex<Vec<String>>>) -> SessionSource {
    let asked = Arc::clone(asked);
    Arc::new(move |calendar, from, to| {
        asked.lock().expect("alone").push(calendar.to_owned());
        match calendar {
            "NOWHERE" => Err("NOWHERE is no calendar".to_owned()),
            "NEVER-CLOSED" => Ok(None),
            _ => {
                let hour = DAY_NS / 24;
                let days = from.0 / DAY_NS..to.0 / DAY_NS;
                // With a break at 17 h, which is part of the session.
                let session = |day: u64| {
                    let (midnight, date) = (day * DAY_NS, BarGrid::Utc.trading_date(UnixNanos(day * DAY_NS)));
                    [(14, 17), (18, 21)].map(|(open, close)| SessionSpan {
                        date: date.expect("a date"),
                        open: UnixNanos(midnight + open * hour),
                        close: UnixNanos(midnight + close * hour),
                    })
                };
                let spans = days.flat_map(session).collect();
                SessionGrid::new(spans).map(Some).map_err(|e| e.to_string())
            }
        }
    })
}

async fn known(engine: &Engine, calendar: &'static str) -> Option<(usize, bool)> {
    let handle = engine.handle();
    let read = handle.query(move |kernel: &Kernel| {
        let table = kernel.state().sessions.get(calendar)?;
        let next = table.sessions.iter().any(|s| s.open > NOW.plus(30 * DAY_NS));
        Some((table.sessions.len(), next))
    });
    read.await.expect("the engine answers")
}

async fn outcomes(engine: &Engine) -> u64 {
    engine
        .handle()
        .query(|kernel| kernel.state().outcomes)
        .await
        .expect("answers")
}

#[tokio::test]
async fn each_calendar_is_told_once_a_day_and_a_new_one_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let engine = start(folder.path());
    define(&engine, "AAA", "XNYS").await;
    define(&engine, "BBB", "XNYS").await;
    define(&engine, "CCC", ALWAYS).await;
    define(&engine, "DDD", "NOWHERE").await;
    define(&engine, "EEE", "NEVER-CLOSED").await;
    let asked = Arc::new(Mutex::new(Vec::new()));
    let mut feed = SessionFeed::new(engine.handle(), source(&asked), "test");
    let told = feed.refresh(NOW).await.expect("told");
    assert_eq!(
        told,
        SessionsTold {
            told: vec![Arc::from("XNYS")],
            unknown: vec![(Arc::from("NOWHERE"), "NOWHERE is no calendar".to_owned())],
        }
    );
    let count = asked.lock().expect("alone").len();
    assert_eq!(
        count, 3,
        "two instruments of one calendar are one question, and 24/7 is none"
    );
    assert_eq!(
        known(&engine, "XNYS").await,
        Some((42, true)),
        "a week back, five weeks ahead"
    );

    let again = feed.refresh(NOW.plus(60_000 * MS)).await.expect("told");
    assert_eq!(again, SessionsTold::default(), "the same day, nothing new");
    define(&engine, "FFF", "XNSE").await;
    let told = feed.refresh(NOW.plus(61_000 * MS)).await.expect("told");
    assert_eq!(told.told, [Arc::from("XNSE")]);
    let tomorrow = feed.refresh(NOW.plus(DAY_NS)).await.expect("told");
    assert_eq!(tomorrow.told.len(), 2);
    engine.stop();

    // A restart on the same day finds the journal saying the same, and writes nothing.
    let engine = start(folder.path());
    assert_eq!(known(&engine, "XNYS").await, Some((42, true)));
    let before = outcomes(&engine).await;
    let mut feed = SessionFeed::new(engine.handle(), source(&asked), "test");
    let told = feed.refresh(NOW.plus(DAY_NS)).await.expect("told");
    assert_eq!(told.told.len(), 2);
    assert_eq!(outcomes(&engine).await, before);
    engine.stop();
}
