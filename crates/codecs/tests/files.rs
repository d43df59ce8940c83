//! Whole files: recordings, fixtures of each current message, and files with defects.

mod support;

use std::collections::BTreeMap;
use std::io::Cursor;

use support::{data, recording};
use tradewind_codecs::file::{Note, Summary, Venue, decode};

struct Run {
    summary: Summary,
    events: Vec<serde_json::Value>,
    notes: Vec<(u64, Note)>,
}

fn run(venue: Venue, input: &[u8]) -> Run {
    let mut out = Vec::new();
    let mut notes = Vec::new();
    let summary = decode(venue, Cursor::new(input), &mut out, |at, note| {
        notes.push((at, note))
    })
    .expect("memory");
    let text = String::from_utf8(out).expect("JSON is text");
    let events = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("each line is JSON"))
        .collect();
    Run {
        summary,
        events,
        notes,
    }
}

fn kinds(run: &Run) -> BTreeMap<String, usize> {
    let mut kinds = BTreeMap::new();
    for event in &run.events {
        *kinds
            .entry(event["type"].as_str().expect("a type").to_owned())
            .or_default() += 1;
    }
    kinds
}

#[test]
fn recordings_are_decoded_whole_under_either_name_of_the_venue() {
    let Some(lines) = recording("COINBASE.ws.28.0.gz") else {
        return;
    };
    for venue in [Venue::Coinbase, Venue::CoinbaseExchange] {
        let run = run(venue, &lines);
        let want = Summary {
            messages: 9946,
            events: 9943,
            ignored: 3,
            ..Summary::default()
        };
        assert_eq!(run.summary, want);
        assert_eq!(run.events.len(), 9943);
        assert_eq!(kinds(&run)["trade"], 107);
        assert!(
            run.events
                .iter()
                .all(|e| e["ts_event"].is_string() && e["instrument"].is_string())
        );
    }
    let Some(lines) = recording("KRAKEN.ws.50.0.gz") else {
        return;
    };
    let run = run(Venue::Kraken, &lines);
    assert_eq!(
        (
            run.summary.checksums_ok,
            run.summary.checksums_bad,
            run.summary.errors
        ),
        (4269, 0, 0)
    );
    assert!(run.events.iter().any(|e| e["instrument"] == "KSM-BTC.KRAKEN"));
}

#[test]
fn every_fixture_of_market_data_becomes_events_and_every_other_one_is_ignored_with_a_reason() {
    let Some(data) = data() else { return };
    let mut seen = 0;
    for (folder, venue) in [("coinbase", Venue::Coinbase), ("kraken", Venue::Kraken)] {
        for entry in std::fs::read_dir(data.join("fixtures").join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            if !name.starts_with("ws_") {
                continue;
            }
            seen += 1;
            let run = run(venue, &std::fs::read(&path).expect("readable"));
            assert_eq!(
                (run.summary.messages, run.summary.errors),
                (1, 0),
                "{name}: {:?}",
                run.notes
            );
            assert_eq!((run.summary.checksums_bad, run.summary.gaps), (0, 0), "{name}");
            let control = [
                "heartbeats",
                "subscriptions",
                "user",
                "pong",
                "subscribe_response",
                "order",
                "batch",
                "futures",
                "l3",
            ];
            if control.iter().any(|word| name.contains(word)) {
                assert_eq!((run.summary.events, run.summary.ignored), (0, 1), "{name}");
                assert_eq!(run.notes.len(), 1, "{name} has its reason");
            } else {
                assert!(
                    run.summary.events > 0 && run.summary.ignored == 0,
                    "{name}: {:?}",
                    run.notes
                );
            }
        }
    }
    assert!(seen > 30, "{seen} fixtures");
}

const TRADE: &str = r#"{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"buy","price":105944.20,"qty":1.5e-8,"ord_type":"limit","trade_id":7,"timestamp":"2023-10-06T17:35:55.440295Z"}]}"#;

#[test]
fn an_event_is_written_with_canonical_names_and_decimals() {
    let run = run(Venue::Kraken, TRADE.as_bytes());
    let want = serde_json::json!({
        "type": "trade", "instrument": "BTC-USD.KRAKEN", "ts_event": "2023-10-06T17:35:55.440295Z", "ts_init": null,
        "price": "105944.2", "size": "0.000000015", "side": "BUY", "trade_id": "7",
    });
    assert_eq!(run.events, [want]);
}

#[test]
fn a_document_may_be_pretty_printed_or_an_array_of_messages() {
    let pretty =
        serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(TRADE).expect("JSON"))
            .expect("JSON");
    assert_eq!(run(Venue::Kraken, pretty.as_bytes()).summary.events, 1);
    assert_eq!(
        run(Venue::Kraken, format!("[{TRADE},\n{TRADE}]").as_bytes())
            .summary
            .events,
        2
    );
    assert_eq!(
        run(Venue::Kraken, format!("[{TRADE},{TRADE}]").as_bytes())
            .summary
            .events,
        2
    );
    assert_eq!(
        run(Venue::Kraken, format!("\n\n{TRADE}\n{TRADE}").as_bytes())
            .summary
            .events,
        2
    );
    assert_eq!(run(Venue::Kraken, b"").summary, Summary::default());
}

#[test]
fn a_defect_is_counted_with_its_line_and_the_next_message_is_read() {
    let lines = format!(
        "{TRADE}\n1618677817.06: {{\"channel\":\n{TRADE}\nnonsense\n{{\"x\":1}}\n1618677817.07: {TRADE}\n"
    );
    let run = run(Venue::Kraken, lines.as_bytes());
    assert_eq!(
        (run.summary.messages, run.summary.events, run.summary.errors),
        (6, 3, 3)
    );
    let at: Vec<u64> = run.notes.iter().map(|note| note.0).collect();
    assert_eq!(at, [2, 4, 5]);
}

#[test]
fn a_mark_of_a_connection_starts_a_new_session() {
    let heartbeat = |n: u64| {
        let mut line =
            tradewind_codecs::coinbase_advanced::encode::heartbeat(n, n, tradewind_types::UnixNanos(1));
        line.push('\n');
        line
    };
    let mark = "wss://venue <-> 1618677816.8434298\nwss://venue <- 1618677817.02: {\"type\":\"subscribe\"}\n";
    let text = format!(
        "{}{}{mark}{}{}",
        heartbeat(0),
        heartbeat(1),
        heartbeat(0),
        heartbeat(2)
    );
    let run = run(Venue::Coinbase, text.as_bytes());
    assert_eq!(
        (run.summary.messages, run.summary.gaps, run.summary.ignored),
        (4, 1, 4)
    );
}
