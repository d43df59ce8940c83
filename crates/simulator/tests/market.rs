//! The simulated market looks like a market, and is the same for the same seed.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Instant;

use serde_json::json;
use tradewind_simulator::venue::Session;
use tradewind_simulator::world::World;
use tradewind_simulator::world::history::Print;
use tradewind_simulator::world::state::WorldState;
use tradewind_simulator::{ProductConfig, VenueKind};
use tradewind_types::{PriceMantissa, SizeMantissa, UnixNanos};

const START: UnixNanos = UnixNanos::from_secs(1_795_000_020);
const STEP_NS: u64 = 50_000_000;

/// Closes of ten-second bars from a listing's trades; an empty bar repeats the last close.
fn closes(trades: &[Print], interval_s: u64) -> Vec<f64> {
    let mut out: Vec<f64> = Vec::new();
    let mut slot = None;
    for trade in trades {
        let at = trade.ts.as_secs() / interval_s;
        match slot {
            Some(open) if open == at => {}
            Some(open) => {
                for _ in open + 1..at {
                    out.extend(out.last().copied());
                }
                out.push(0.0);
            }
            None => out.push(0.0),
        }
        slot = Some(at);
        if let Some(last) = out.last_mut() {
            *last = trade.price.0 as f64;
        }
    }
    out
}

fn ema(values: &[f64], period: usize) -> Vec<f64> {
    let alpha = 2.0 / (period as f64 + 1.0);
    let mut state = values[0];
    values
        .iter()
        .map(|v| {
            state += alpha * (v - state);
            state
        })
        .collect()
}

/// Wilder's RSI.
fn rsi(values: &[f64], period: usize) -> Vec<f64> {
    let (mut gain, mut loss) = (0.0, 0.0);
    let keep = 1.0 - 1.0 / period as f64;
    let mut out = vec![50.0];
    for pair in values.windows(2) {
        let change = pair[1] - pair[0];
        gain = gain * keep + change.max(0.0) / period as f64;
        loss = loss * keep + (-change).max(0.0) / period as f64;
        out.push(100.0 * gain / (gain + loss).max(1e-12));
    }
    out
}

/// The hash of every message that a client of both venues gets in half a minute.
fn messages(seed: u64) -> (u64, usize) {
    let mut world = World::new(seed, &ProductConfig::defaults(), &VenueKind::ALL, START);
    world.catch_up(START.plus(20_000_000_000), STEP_NS);
    let mut coinbase = Session::new(VenueKind::Coinbase, 1);
    let mut kraken = Session::new(VenueKind::Kraken, 1);
    let mut sent = Vec::new();
    for channel in ["level2", "market_trades", "ticker", "candles", "heartbeats"] {
        let request = json!({"type": "subscribe", "channel": channel, "product_ids": ["BTC-USD", "SOL-USD"]});
        sent.extend(coinbase.on_text(&request.to_string(), &world, world.now()));
    }
    for channel in ["book", "trade", "ticker", "ohlc"] {
        let params = json!({"channel": channel, "symbol": ["BTC/USD", "ADA/USD"]});
        let request = json!({"method": "subscribe", "params": params});
        sent.extend(kraken.on_text(&request.to_string(), &world, world.now()));
    }
    for _ in 0..600 {
        for step in world.step(STEP_NS) {
            sent.extend(if step.venue == VenueKind::Coinbase {
                coinbase.on_step(&step)
            } else {
                kraken.on_step(&step)
            });
        }
    }
    let mut hasher = DefaultHasher::new();
    sent.iter().for_each(|m| m.text.hash(&mut hasher));
    (hasher.finish(), sent.len())
}

#[test]
fn the_same_seed_gives_the_same_messages_and_another_seed_others() {
    let (first, count) = messages(7);
    assert!(count > 1_000, "{count}");
    assert_eq!((first, count), messages(7));
    assert_ne!(first, messages(8).0);
}

#[test]
fn books_are_never_crossed_and_spreads_depth_and_volume_are_those_of_a_real_market() {
    let products = ProductConfig::defaults();
    let mut world = World::new(11, &products, &VenueKind::ALL, START);
    let mut spreads: Vec<Vec<f64>> = vec![Vec::new(); 8];
    let mut prints: Vec<Vec<Print>> = vec![Vec::new(); 8];
    let mut levels = 0usize;
    let minutes = 20;
    for step in 0..minutes * 60 * 20 {
        for (v, published) in world.step(STEP_NS).iter().enumerate() {
            for market in &published.markets {
                let slot = v * 4 + market.product;
                levels += market.levels.len();
                prints[slot].extend(&market.trades);
                if let (Some((bid, b)), Some((ask, a))) = (market.ticker.bid, market.ticker.ask) {
                    assert!(bid < ask, "step {step}: {bid:?} against {ask:?}");
                    assert!(b.0 > 0 && a.0 > 0);
                    spreads[slot].push((ask.0 - bid.0) as f64 / (ask.0 + bid.0) as f64 * 2e4);
                } else {
                    assert!(step < 40, "step {step}: a side is empty");
                }
            }
        }
    }
    println!(
        "level changes per second and listing: {:.1}",
        levels as f64 / (minutes * 60 * 8) as f64
    );
    for (slot, spread) in spreads.iter_mut().enumerate() {
        spread.sort_by(f64::total_cmp);
        let at = |q: f64| spread[(spread.len() as f64 * q) as usize];
        let listing = &world.listings(VenueKind::ALL[slot / 4])[slot % 4];
        let (bids, asks) = (listing.book().bids.len(), listing.book().asks.len());
        let per_s = prints[slot].len() as f64 / (minutes * 60) as f64;
        let day = listing.history().day().expect("traded");
        println!(
            "{:?} {}: spread bp p50 {:.2} p99 {:.2}, book {bids}/{asks}, trades/s {per_s:.2}, last {} range {:.2} %",
            listing.info().venue,
            listing.info().product,
            at(0.5),
            at(0.99),
            day.last.0,
            (day.high.0 as f64 / day.low.0 as f64 - 1.0) * 100.0
        );
        // Where the tick is coarse against the price, a few ticks are the floor.
        let tick_bp = 1e4 / day.last.0 as f64;
        let (usual, rare) = (5f64.max(4.0 * tick_bp), 25f64.max(12.0 * tick_bp));
        assert!(
            at(0.5) < usual && at(0.99) < rare,
            "spread {} {}",
            at(0.5),
            at(0.99)
        );
        assert!((0.4..6.0).contains(&per_s), "trades per second {per_s}");
        // At least the hundred levels of the deepest usual subscription, or as many as ticks allow.
        assert!(bids >= 30 && asks >= 30, "book {bids}/{asks}");
        for (a, b) in prints[slot].windows(2).map(|w| (w[0], w[1])) {
            assert!(a.id + 1 == b.id && a.ts <= b.ts);
            assert!(a.price > PriceMantissa(0) && a.size > SizeMantissa(0));
        }
    }
    // Both venues agree within a few basis points.
    for product in 0..4 {
        let mid = |venue: VenueKind| {
            let listing = &world.listings(venue)[product];
            let t = listing.ticker();
            let (b, a) = (t.bid.expect("bid").0.0, t.ask.expect("ask").0.0);
            (a + b) as f64 / 2.0 / 10f64.powi(i32::from(listing.info().grid.price_scale))
        };
        let apart = mid(VenueKind::Coinbase) / mid(VenueKind::Kraken) - 1.0;
        assert!(apart.abs() < 0.001, "{product}: {apart}");
    }
}

#[test]
fn ten_second_bars_dip_and_recover_often_enough_for_scalpers() {
    let products = ProductConfig::defaults();
    let mut world = World::new(3, &products, &[VenueKind::Coinbase], START);
    let mut prints: Vec<Vec<Print>> = vec![Vec::new(); 4];
    for _ in 0..3_600 * 4 {
        for market in &world.step(250_000_000)[0].markets {
            prints[market.product].extend(&market.trades);
        }
    }
    for (product, trades) in prints.iter().enumerate() {
        let closes = closes(trades, 10);
        let (rsi, fast, slow) = (rsi(&closes, 7), ema(&closes, 6), ema(&closes, 13));
        let macd: Vec<f64> = fast.iter().zip(&slow).map(|(f, s)| f - s).collect();
        let signal = ema(&macd, 5);
        let (e3, e5) = (ema(&closes, 3), ema(&closes, 5));
        let dips = (20..closes.len())
            .filter(|&i| {
                rsi[i - 3..=i].iter().any(|r| *r < 30.0)
                    && macd[i] > signal[i]
                    && macd[i - 1] <= signal[i - 1]
            })
            .count();
        let crosses = (20..closes.len())
            .filter(|&i| e3[i] > e5[i] && e3[i - 1] <= e5[i - 1])
            .count();
        let oversold = rsi.iter().filter(|r| **r < 30.0).count();
        let flat = closes.windows(2).filter(|w| (w[0] - w[1]).abs() < 1e-9).count();
        let returns: Vec<f64> = closes.windows(2).map(|w| (w[1] / w[0]).ln()).collect();
        let n = returns.len() as f64;
        let (m2, m4) = (
            returns.iter().map(|r| r * r).sum::<f64>() / n,
            returns.iter().map(|r| r.powi(4)).sum::<f64>() / n,
        );
        println!(
            "product {product}: {} bars, {dips} dips with MACD turn, {crosses} EMA crosses, {oversold} oversold, {flat} flat, sigma {:.1} bp, kurtosis {:.1}",
            closes.len(),
            m2.sqrt() * 1e4,
            m4 / m2 / m2
        );
        assert!(dips >= 6, "{product}: only {dips} dips in an hour");
        assert!(crosses >= 20, "{product}: only {crosses} crosses in an hour");
        assert!(m4 / m2 / m2 > 3.0, "{product}: thin tails");
        assert!(flat < closes.len() / 4, "{product}: {flat} bars without a move");
    }
}

#[test]
fn a_day_stays_within_thirty_percent_and_candles_equal_bars_of_the_trades() {
    let products = &ProductConfig::defaults()[..1];
    let mut world = World::new(5, products, &[VenueKind::Kraken], START);
    let mut trades: Vec<Print> = Vec::new();
    let begun = Instant::now();
    for _ in 0..86_400 {
        trades.extend(&world.step(1_000_000_000)[0].markets[0].trades);
    }
    println!(
        "a day of one listing: {:?}, {} trades",
        begun.elapsed(),
        trades.len()
    );
    let listing = &world.listings(VenueKind::Kraken)[0];
    let (low, high) = (
        trades.iter().map(|t| t.price.0).min().expect("traded"),
        trades.iter().map(|t| t.price.0).max().expect("traded"),
    );
    let start = trades[0].price.0 as f64;
    assert!(
        low as f64 > 0.7 * start && (high as f64) < 1.3 * start,
        "{low}…{high} from {start}"
    );
    for interval in [60, 300, 900, 3_600, 86_400] {
        let mut rest = trades.as_slice();
        for candle in listing.history().candles(interval, 0, u64::MAX) {
            let start = |t: &Print| t.ts.as_secs() / interval * interval;
            let (inside, later) = rest.split_at(rest.partition_point(|t| start(t) <= candle.start_s));
            rest = later;
            assert!(
                inside.iter().all(|t| start(t) == candle.start_s),
                "{interval} {}",
                candle.start_s
            );
            assert_eq!(candle.trades as usize, inside.len());
            assert_eq!(
                (candle.open, candle.close),
                (inside[0].price, inside[inside.len() - 1].price)
            );
            assert_eq!(candle.volume.0, inside.iter().map(|t| t.size.0).sum::<i128>());
            assert_eq!(Some(candle.high), inside.iter().map(|t| t.price).max());
            assert_eq!(Some(candle.low), inside.iter().map(|t| t.price).min());
        }
        assert!(rest.is_empty(), "{} trades are in no candle", rest.len());
    }
}

#[test]
fn six_hours_of_history_for_eight_listings_are_made_quickly() {
    let mut world = World::new(1, &ProductConfig::defaults(), &VenueKind::ALL, START);
    let begun = Instant::now();
    world.catch_up(START.plus(6 * 3_600 * 1_000_000_000), STEP_NS);
    println!(
        "six hours of eight listings: {:?} in {} steps",
        begun.elapsed(),
        world.steps()
    );
    assert_eq!(world.now(), START.plus(6 * 3_600 * 1_000_000_000));
    for listing in VenueKind::ALL.iter().flat_map(|v| world.listings(*v)) {
        assert!(
            listing.history().minutes().len() >= 350,
            "{}",
            listing.history().minutes().len()
        );
        assert!(listing.history().trades().len() > 5_000);
    }
}

#[test]
fn a_world_resumed_after_a_crash_keeps_its_prices_and_leaves_lost_trade_numbers_unused() {
    let products = ProductConfig::defaults();
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("deep").join("world.json");
    let mut world = World::new(9, &products, &VenueKind::ALL, START);
    world.catch_up(START.plus(300_000_000_000), STEP_NS);
    world.state(false).save(&path).expect("saved");
    let stored = WorldState::load(&path).expect("read").expect("there");
    let now = world.state(false);
    assert!(stored.listings == now.listings, "histories differ");
    for (a, b) in stored.products.iter().zip(&now.products) {
        // JSON keeps all but the last bit of a float.
        assert!(
            (a.fair.price() / b.fair.price() - 1.0).abs() < 1e-12,
            "{a:?} {b:?}"
        );
    }
    let mut resumed = World::resume(stored, 9, &products, &VenueKind::ALL);
    assert_eq!(resumed.now(), world.now());
    for _ in 0..600 {
        resumed.step(STEP_NS);
    }
    for venue in VenueKind::ALL {
        for (old, new) in world.listings(venue).iter().zip(resumed.listings(venue)) {
            let (before, after) = (
                old.history().last().expect("traded"),
                new.history().last().expect("traded"),
            );
            assert!(after.id >= before.id + 10_000, "{} after {}", after.id, before.id);
            assert!((after.price.0 as f64 / before.price.0 as f64 - 1.0).abs() < 0.02);
            assert!(new.history().minutes().len() >= old.history().minutes().len());
        }
    }
}

#[test]
fn a_state_file_that_is_none_is_refused_with_its_name() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("world.json");
    assert_eq!(WorldState::load(&path).expect("read"), None);
    std::fs::write(&path, "{\"version\":1").expect("written");
    let error = WorldState::load(&path).expect_err("refused").to_string();
    assert!(
        error.contains("world.json") && error.contains("version 1"),
        "{error}"
    );
}
