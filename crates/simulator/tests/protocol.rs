//! Everything that the simulated venues say is understood by the venues' codecs, without a single error, gap
//! or wrong checksum, and what is understood is the world that was simulated.

use std::collections::BTreeMap;

use serde_json::json;
use tradewind_codecs::{CoinbaseAdvanced, Counters, Decoded, Decoder, KrakenV2, SymbolTable};
use tradewind_simulator::venue::Session;
use tradewind_simulator::venue::kraken::ws_symbol;
use tradewind_simulator::world::World;
use tradewind_simulator::world::listing::PublishedBook;
use tradewind_simulator::{ProductConfig, VenueKind};
use tradewind_types::market::{BookAction, MarketEvent};
use tradewind_types::{Currency, Decimal, Instrument, InstrumentIdx, UnixNanos, VenueId};

const START: UnixNanos = UnixNanos::from_secs(1_795_000_020);
const STEP_NS: u64 = 50_000_000;

fn instruments(world: &World, venue: VenueKind) -> Vec<Instrument> {
    let market = venue.name().to_ascii_uppercase();
    let instrument = |l: &tradewind_simulator::world::listing::Listing| {
        let info = l.info();
        let spelling = if venue == VenueKind::Kraken {
            ws_symbol(info)
        } else {
            info.product.clone()
        };
        let currency = |code: &str| code.parse::<Currency>().expect("code");
        Instrument::spot(
            format!("{}.{market}", info.product).parse().expect("id"),
            VenueId::new(&market).expect("venue"),
            &spelling,
            (currency(&info.base), currency(&info.quote)),
            Decimal::new(1, u32::from(info.grid.price_scale)),
            Decimal::new(1, u32::from(info.grid.size_scale)),
        )
    };
    world.listings(venue).iter().map(instrument).collect()
}

/// What a client that decodes everything knows in the end.
#[derive(Default)]
struct Known {
    books: BTreeMap<InstrumentIdx, PublishedBook>,
    trades: BTreeMap<InstrumentIdx, Vec<u64>>,
    depth: Option<usize>,
    acks: usize,
    bars: usize,
    quotes: usize,
}

impl Known {
    fn learn(&mut self, decoded: Decoded) {
        match decoded {
            Decoded::Market(MarketEvent::Book(update)) => {
                let book = self.books.entry(update.instrument).or_default();
                if update.action == BookAction::Snapshot {
                    *book = PublishedBook::default();
                }
                update.levels.iter().for_each(|level| book.apply(level));
                if let Some(depth) = self.depth {
                    while book.bids.len() > depth {
                        book.bids.pop_first();
                    }
                    while book.asks.len() > depth {
                        book.asks.pop_last();
                    }
                }
            }
            Decoded::Market(MarketEvent::Trade(trade)) => {
                let seen = self.trades.entry(trade.instrument).or_default();
                if !seen.contains(&trade.trade_id) {
                    seen.push(trade.trade_id);
                }
            }
            Decoded::Market(MarketEvent::Bar(_)) => self.bars += 1,
            Decoded::Market(MarketEvent::Quote(_)) => self.quotes += 1,
            Decoded::Ack { .. } => self.acks += 1,
            Decoded::VenueError { message, .. } => panic!("the venue refused: {message}"),
            _ => {}
        }
    }
}

/// Ten virtual minutes through a session and a decoder.
fn run(venue: VenueKind, requests: &[serde_json::Value], depth: Option<usize>) -> (World, Known, Counters) {
    let mut world = World::new(21, &ProductConfig::defaults(), &[venue], START);
    world.catch_up(START.plus(60_000_000_000), STEP_NS);
    let definitions = instruments(&world, venue);
    let indexed = definitions
        .iter()
        .enumerate()
        .map(|(i, d)| (InstrumentIdx(i as u32), d));
    let symbols = SymbolTable::from_instruments(indexed);
    let mut decoder: Box<dyn Decoder> = match venue {
        VenueKind::Coinbase => Box::new(CoinbaseAdvanced::new(symbols)),
        VenueKind::Kraken => Box::new(KrakenV2::new(symbols)),
    };
    let mut known = Known {
        depth,
        ..Known::default()
    };
    let mut session = Session::new(venue, 1);
    let mut out = Vec::new();
    let mut feed =
        |messages: Vec<tradewind_simulator::venue::Outbound>, now: UnixNanos, known: &mut Known| {
            for message in messages {
                let decoded = decoder.decode(message.text.as_bytes(), now, &mut out);
                assert!(decoded.is_ok(), "{decoded:?}: {}", message.text);
                out.drain(..).for_each(|d| known.learn(d));
            }
            *decoder.counters()
        };
    feed(session.on_open(), world.now(), &mut known);
    for request in requests {
        let replies = session.on_text(&request.to_string(), &world, world.now());
        assert!(!replies.is_empty());
        feed(replies, world.now(), &mut known);
    }
    let mut counters = Counters::default();
    for _ in 0..10 * 60 * 20 {
        for step in world.step(STEP_NS) {
            counters = feed(session.on_step(&step), step.ts, &mut known);
        }
    }
    (world, known, counters)
}

#[test]
fn ten_minutes_of_coinbase_decode_without_error_or_gap_into_the_simulated_books_and_trades() {
    let channels = [
        "heartbeats",
        "level2",
        "market_trades",
        "ticker",
        "ticker_batch",
        "candles",
        "status",
    ];
    let products = ["BTC-USD", "ETH-USD", "SOL-USD", "ADA-USD"];
    let requests = channels.map(|c| json!({"type": "subscribe", "channel": c, "product_ids": products}));
    let (world, known, counters) = run(VenueKind::Coinbase, &requests, None);
    println!("{counters:?}");
    assert_eq!((counters.errors, counters.gaps), (0, 0));
    assert!(counters.messages > 20_000 && known.quotes > 1_000 && known.bars > 500);
    assert_eq!(known.acks, channels.len());
    for (i, listing) in world.listings(VenueKind::Coinbase).iter().enumerate() {
        let idx = InstrumentIdx(i as u32);
        assert_eq!(
            known.books.get(&idx),
            Some(&listing.book()),
            "{}",
            listing.info().product
        );
        assert_trades(&known, idx, listing);
    }
}

#[test]
fn ten_minutes_of_kraken_decode_with_every_checksum_right_at_every_depth() {
    let symbols = ["BTC/USD", "ETH/USD", "SOL/USD", "ADA/USD"];
    for depth in [10, 100, 1_000] {
        let requests: Vec<_> = [
            json!({"channel": "instrument"}),
            json!({"channel": "book", "symbol": symbols, "depth": depth}),
            json!({"channel": "trade", "symbol": symbols}),
            json!({"channel": "ticker", "symbol": symbols, "event_trigger": "bbo"}),
            json!({"channel": "ohlc", "symbol": symbols, "interval": 1}),
            json!({"channel": "ohlc", "symbol": symbols, "interval": 60}),
        ]
        .into_iter()
        .enumerate()
        .map(|(i, params)| json!({"method": "subscribe", "params": params, "req_id": i}))
        .collect();
        let (world, known, counters) = run(VenueKind::Kraken, &requests, Some(depth));
        println!("depth {depth}: {counters:?}");
        assert_eq!(
            (
                counters.errors,
                counters.gaps,
                counters.checksums_bad,
                counters.checksums_unverified
            ),
            (0, 0, 0, 0)
        );
        assert!(counters.checksums_ok > 10_000, "{}", counters.checksums_ok);
        assert_eq!(known.acks, 21);
        for (i, listing) in world.listings(VenueKind::Kraken).iter().enumerate() {
            let idx = InstrumentIdx(i as u32);
            let book = known.books.get(&idx).expect("book");
            assert_eq!(book.top_bids(depth), listing.book().top_bids(depth));
            assert_eq!(book.top_asks(depth), listing.book().top_asks(depth));
            assert_trades(&known, idx, listing);
        }
    }
}

/// No trade is missing between the first one known and the world's last.
fn assert_trades(known: &Known, idx: InstrumentIdx, listing: &tradewind_simulator::world::listing::Listing) {
    let mut seen = known.trades.get(&idx).expect("trades").clone();
    seen.sort_unstable();
    assert!(seen.windows(2).all(|w| w[1] == w[0] + 1), "a trade is missing");
    assert_eq!(seen.last().copied(), listing.history().last().map(|t| t.id));
    assert!(seen.len() > 500);
}
