//! A session that is recorded replays to its own journal, byte for byte; what was not recorded is never called equal.

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use common::{account, account_info, dec, envelope, id, instruments, limit, market};
use tradewind_engine::tape::{Entry, Replay, TapeReader, TapeWriter, Verdict, replay};
use tradewind_engine::{
    Engine, EngineConfig, Kernel, KernelConfig, MarketPublication, MarketSink, OutcomeSink,
};
use tradewind_types::market::{BookAction, BookLevel, BookUpdate, MarketEvent, Trade};
use tradewind_types::record::{BatchMode, Command, FeeTable, Outcome};
use tradewind_types::*;

/// Time passes by a millisecond whenever it is asked for.
struct Steps(AtomicU64);

impl Clock for Steps {
    fn now(&self) -> UnixNanos {
        UnixNanos(self.0.fetch_add(common::MS, Ordering::Relaxed))
    }
}

struct Nobody;

impl OutcomeSink for Nobody {
    fn durable(&mut self, _: &[(u64, Outcome)]) {}
}

impl MarketSink for Nobody {
    fn market(&mut self, _: &Kernel, _: &MarketPublication) {}
}

fn start(folder: &Path, clock: &Arc<Steps>) -> Engine {
    let config = EngineConfig {
        journal_dir: folder.join("journal"),
        kernel: KernelConfig {
            equity_interval_ns: common::MS * 500,
            ..KernelConfig::default()
        },
        snapshot_every: 1_000_000,
        tape_dir: Some(folder.join("tapes")),
        clock: Arc::clone(clock) as Arc<dyn Clock>,
    };
    Engine::start(config, Box::new(Nobody), Box::new(Nobody))
        .expect("an engine")
        .0
}

async fn ask(engine: &Engine, command: Command) {
    // Refusals are part of the session too.
    let _ = engine.handle().command(envelope(command)).await;
}

async fn set_up(engine: &Engine) {
    for instrument in instruments() {
        let instrument = Box::new(instrument);
        ask(engine, Command::DefineInstrument { instrument }).await;
    }
    let fees = FeeTable {
        market: id("COINBASE"),
        maker: dec("0.001"),
        taker: dec("0.002"),
        since: UnixNanos(0),
        source: "test".to_owned(),
    };
    ask(engine, Command::DefineFees { fees }).await;
    let deposit = Money::new(dec("100000"), Currency::USD);
    let account = account_info();
    ask(engine, Command::OpenAccount { account, deposit }).await;
}

async fn book(engine: &Engine, clock: &Steps, bid: i64) {
    let now = clock.now();
    let level = |side, dollars: i64| BookLevel {
        side,
        price: PriceMantissa(dollars * 100),
        size: SizeMantissa(50_000),
    };
    let bids = (0..3).map(|i| level(Side::Buy, bid - i));
    let levels = bids.chain((0..3).map(|i| level(Side::Sell, bid + 10 + i)));
    let update = BookUpdate {
        instrument: InstrumentIdx(0),
        action: BookAction::Snapshot,
        levels: levels.collect(),
        ts_event: now,
        ts_init: now,
    };
    let sender = engine.handle().market_sender();
    sender.send(MarketEvent::Book(update)).await;
    let trade = Trade {
        instrument: InstrumentIdx(0),
        price: PriceMantissa(bid * 100),
        size: SizeMantissa(10_000),
        aggressor: None,
        trade_id: now.0,
        ts_event: now,
        ts_init: now,
    };
    sender.send(MarketEvent::Trade(trade)).await;
}

/// Orders that fill, rest, are canceled and are refused, while the market goes up and down.
async fn trade_a_while(engine: &Engine, clock: &Steps, first: u32) {
    for n in first..first + 30 {
        book(engine, clock, 10_000 + i64::from(n % 7) * 5).await;
        let request = match n % 4 {
            0 => market(&format!("m{n}"), Side::Buy, "0.01"),
            1 => limit(&format!("l{n}"), Side::Buy, "0.02", "9995"),
            2 => market(&format!("m{n}"), Side::Sell, "0.005"),
            _ => market(&format!("m{n}"), Side::Sell, "1000"),
        };
        let orders = vec![request];
        let mode = BatchMode::Independent;
        ask(engine, Command::SubmitOrders { orders, mode }).await;
        if n % 8 == 5 {
            let client_order_id = id(&format!("l{n}"));
            let account = account();
            ask(
                engine,
                Command::CancelOrder {
                    account,
                    client_order_id,
                },
            )
            .await;
        }
    }
}

fn tapes(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder.join("tapes"))
        .expect("a folder of tapes")
        .map(|entry| entry.expect("readable").path())
        .collect();
    found.sort();
    found
}

/// One recorded session, ended in order.
async fn session(folder: &Path) -> Arc<Steps> {
    let clock = Arc::new(Steps(AtomicU64::new(common::START_S * 1_000_000_000)));
    let engine = start(folder, &clock);
    set_up(&engine).await;
    trade_a_while(&engine, &clock, 0).await;
    engine.stop();
    clock
}

fn proven(folder: &Path, tape: &Path) -> Replay {
    replay(tape, &folder.join("journal")).expect("tape and journal are read")
}

/// The tape again, each entry as `change` makes it.
fn rewritten(folder: &Path, tape: &Path, mut change: impl FnMut(usize, Entry) -> Option<Entry>) -> PathBuf {
    let mut reader = TapeReader::open(tape).expect("a tape");
    let dir = folder.join("changed");
    let mut writer = TapeWriter::create(&dir, reader.header().clone()).expect("a file");
    let path = writer.path().to_owned();
    let mut n = 0;
    while let Some(entry) = reader.next_entry().expect("whole") {
        n += 1;
        match change(n, entry) {
            Some(Entry::Records(seq)) => writer.records(seq),
            Some(Entry::Gap { reason, .. }) => writer.gap(&reason),
            Some(entry) => {
                if let Some(event) = entry.into_event() {
                    writer.event(&event);
                }
            }
            None => {}
        }
    }
    writer.finish();
    path
}

#[tokio::test]
async fn a_recorded_session_replays_to_its_journal_byte_for_byte() {
    let folder = tempfile::tempdir().expect("a folder");
    session(folder.path()).await;
    let tape = tapes(folder.path()).remove(0);
    let replayed = proven(folder.path(), &tape);
    assert_eq!(replayed.verdict, Verdict::Equal);
    assert_eq!(replayed.orders, 30);
    assert!(
        replayed.fills >= 5 && replayed.entries > replayed.fills,
        "{replayed:?}"
    );
    assert!(replayed.accounts[0].equity.is_some());
    let head = tradewind_journal::scan(&folder.path().join("journal"), 1, |_| {}).expect("whole");
    assert_eq!(replayed.records, head.seq);
}

#[tokio::test]
async fn a_second_session_replays_from_where_the_first_ended() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = session(folder.path()).await;
    let engine = start(folder.path(), &clock);
    trade_a_while(&engine, &clock, 100).await;
    engine.stop();
    let tapes = tapes(folder.path());
    let second = proven(folder.path(), &tapes[1]);
    assert_eq!(second.verdict, Verdict::Equal);
    assert_eq!(second.orders, 30);
    let first = proven(folder.path(), &tapes[0]);
    let Verdict::NotProvable { from_seq, reason } = &first.verdict else {
        panic!("{:?}", first.verdict)
    };
    assert_eq!(*from_seq, second.header.journal_seq + 1);
    assert!(reason.contains("behind the recorded session"), "{reason}");
}

#[tokio::test]
async fn a_market_that_was_different_is_the_first_difference() {
    let folder = tempfile::tempdir().expect("a folder");
    session(folder.path()).await;
    let tape = tapes(folder.path()).remove(0);
    let mut books = 0;
    let changed = rewritten(folder.path(), &tape, |_, mut entry| {
        if let Entry::Market(MarketEvent::Book(update)) = &mut entry {
            books += 1;
            if books >= 5 {
                for level in update.levels.iter_mut().filter(|l| l.side == Side::Sell) {
                    level.price = PriceMantissa(level.price.0 + 100);
                }
            }
        }
        Some(entry)
    });
    let replayed = proven(folder.path(), &changed);
    let Verdict::Different(difference) = replayed.verdict else {
        panic!("{:?}", replayed.verdict)
    };
    assert!(difference.seq > replayed.header.journal_seq && replayed.records + 1 == difference.seq);
    assert!(difference.journal.is_some() && difference.journal != difference.replay);
}

#[tokio::test]
async fn an_event_that_is_missing_is_a_difference_and_a_gap_is_not_provable() {
    let folder = tempfile::tempdir().expect("a folder");
    session(folder.path()).await;
    let tape = tapes(folder.path()).remove(0);
    let mut orders = 0;
    let without = rewritten(folder.path(), &tape, |_, entry| {
        let submits =
            matches!(&entry, Entry::Command(c) if matches!(c.command, Command::SubmitOrders { .. }));
        orders += u32::from(submits);
        (!(submits && orders == 9)).then_some(entry)
    });
    assert!(matches!(
        proven(folder.path(), &without).verdict,
        Verdict::Different(_)
    ));
    std::fs::remove_file(&without).expect("removed");

    let mut records = 0;
    let with_gap = rewritten(folder.path(), &tape, |_, entry| {
        records += u32::from(matches!(entry, Entry::Records(_)));
        Some(if records == 20 {
            Entry::Gap {
                events: 3,
                reason: "the tape's writer was behind".to_owned(),
            }
        } else {
            entry
        })
    });
    let replayed = proven(folder.path(), &with_gap);
    assert!(
        matches!(&replayed.verdict, Verdict::NotProvable { reason, .. } if reason.contains("behind")),
        "{:?}",
        replayed.verdict
    );
}

#[tokio::test]
async fn a_torn_tape_proves_what_it_holds_and_a_damaged_one_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    session(folder.path()).await;
    let tape = tapes(folder.path()).remove(0);
    let whole = std::fs::read(&tape).expect("read");
    for keep in [whole.len() - 1, whole.len() / 2, 9] {
        std::fs::write(&tape, &whole[..keep]).expect("written");
        match replay(&tape, &folder.path().join("journal")) {
            Ok(replayed) => assert!(
                matches!(replayed.verdict, Verdict::NotProvable { .. }),
                "{keep} bytes"
            ),
            Err(error) => assert!(error.to_string().contains("tape"), "{error}"),
        }
    }
    for at in [0, whole.len() / 3, whole.len() - 10] {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        std::fs::write(&tape, &bytes).expect("written");
        let answer = replay(&tape, &folder.path().join("journal"));
        let honest = answer.is_err() || answer.is_ok_and(|r| r.verdict != Verdict::Equal);
        assert!(honest, "a bit flipped at byte {at} went unnoticed");
    }
}

#[tokio::test]
async fn a_tape_of_another_journal_is_refused() {
    let (ours, other) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let clock = session(ours.path()).await;
    let engine = start(ours.path(), &clock);
    trade_a_while(&engine, &clock, 100).await;
    engine.stop();
    session(other.path()).await;
    let second = tapes(ours.path()).remove(1);
    let refused = replay(&second, &other.path().join("journal"));
    assert!(
        refused
            .expect_err("not its journal")
            .to_string()
            .contains("another")
    );
}
