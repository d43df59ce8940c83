//! Seeded data of the benchmarks, written for other programs: `tradewind bench --write-data DIR`.
//!
//! | file | what | for |
//! | --- | --- | --- |
//! | `l2_events.npy` | 4,000,000 level changes and trades of [`depth::market`](super::depth::market), 64 bytes each, in hftbacktest's layout | `tools/peers/hftbacktest` |
//! | `bars.csv` | 100,000 bars of a minute: `ts_ns,open,high,low,close,volume` | `tools/peers/nautilus`, `tools/peers/backtesting_py` |
//! | `quotes.csv` | 500,000 quotes: `ts_ns,bid,ask,bid_size,ask_size` | `tools/peers/nautilus` |
//!
//! Prices are random walks in cents around 60,000; times are the ends of bars, nanoseconds since the epoch.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tradewind_matching::depth::{DepthEvent, EventKind};
use tradewind_types::{Side, SplitMix64};

use super::depth;

/// Bars of `bars.csv`.
pub(super) const BARS: usize = 100_000;
/// Quotes of `quotes.csv`.
pub(super) const QUOTES: usize = 500_000;
/// Seed of bars and quotes.
const SEED: u64 = 1;
const START_NS: i64 = 1_767_225_600_000_000_000;
const MINUTE_NS: i64 = 60_000_000_000;
const QUOTE_NS: i64 = 1_000_000_000;
const START_CENTS: i64 = 6_000_000;

/// A bar in cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BarRow {
    pub(super) close_ns: i64,
    pub(super) open: i64,
    pub(super) high: i64,
    pub(super) low: i64,
    pub(super) close: i64,
    pub(super) volume: i64,
}

/// A quote in cents and units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct QuoteRow {
    pub(super) ts_ns: i64,
    pub(super) bid: i64,
    pub(super) ask: i64,
    pub(super) bid_size: i64,
    pub(super) ask_size: i64,
}

/// An endless walk of bars, ten steps of up to ±10.00 each.
pub(super) fn bars() -> impl Iterator<Item = BarRow> {
    let mut random = SplitMix64::new(SEED);
    let (mut price, mut close_ns) = (START_CENTS, START_NS);
    std::iter::repeat_with(move || {
        close_ns += MINUTE_NS;
        let (open, mut high, mut low) = (price, price, price);
        for _ in 0..10 {
            // A floor, so that prices stay above zero for any length.
            price = (price + random.below(2_001) as i64 - 1_000).max(100_000);
            (high, low) = (high.max(price), low.min(price));
        }
        let volume = 1 + random.below(1_000) as i64;
        BarRow {
            close_ns,
            open,
            high,
            low,
            close: price,
            volume,
        }
    })
}

/// An endless walk of quotes a second apart, steps of up to ±3 cents, one to four cents wide.
pub(super) fn quotes() -> impl Iterator<Item = QuoteRow> {
    let mut random = SplitMix64::new(SEED + 1);
    let (mut bid, mut ts_ns) = (START_CENTS, START_NS);
    std::iter::repeat_with(move || {
        ts_ns += QUOTE_NS;
        bid = (bid + random.below(7) as i64 - 3).max(100_000);
        QuoteRow {
            ts_ns,
            bid,
            ask: bid + 1 + random.below(4) as i64,
            bid_size: 1 + random.below(50) as i64,
            ask_size: 1 + random.below(50) as i64,
        }
    })
}

/// Writes all files into the folder, which is made when it is missing; their paths.
pub(super) fn write(folder: &Path) -> io::Result<Vec<PathBuf>> {
    std::fs::create_dir_all(folder)?;
    let file = |name: &str| -> io::Result<(PathBuf, BufWriter<File>)> {
        let path = folder.join(name);
        let out = BufWriter::with_capacity(1 << 20, File::create(&path)?);
        Ok((path, out))
    };
    let (events_path, mut out) = file("l2_events.npy")?;
    write_events(&mut out, depth::market().take(depth::EVENTS), depth::EVENTS)?;
    out.flush()?;
    let (bars_path, mut out) = file("bars.csv")?;
    writeln!(out, "ts_ns,open,high,low,close,volume")?;
    for b in bars().take(BARS) {
        let [open, high, low, close] = [b.open, b.high, b.low, b.close].map(Cents);
        writeln!(out, "{},{open},{high},{low},{close},{}", b.close_ns, b.volume)?;
    }
    out.flush()?;
    let (quotes_path, mut out) = file("quotes.csv")?;
    writeln!(out, "ts_ns,bid,ask,bid_size,ask_size")?;
    for q in quotes().take(QUOTES) {
        let (bid, ask) = (Cents(q.bid), Cents(q.ask));
        writeln!(out, "{},{bid},{ask},{},{}", q.ts_ns, q.bid_size, q.ask_size)?;
    }
    out.flush()?;
    Ok(vec![events_path, bars_path, quotes_path])
}

/// Cents as text with two decimals.
pub(super) struct Cents(pub(super) i64);

impl std::fmt::Display for Cents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

// hftbacktest's event flags: bits for who sees it, the side, and the kind in the low byte.
const SEEN_BY_BOTH: u64 = 1 << 31 | 1 << 30;
const BUY: u64 = 1 << 29;
const SELL: u64 = 1 << 28;
const DEPTH: u64 = 1;
const TRADE: u64 = 2;

/// A NumPy file (format 1.0) of hftbacktest's event records.
fn write_events(
    out: &mut impl Write,
    events: impl Iterator<Item = DepthEvent>,
    count: usize,
) -> io::Result<()> {
    let fields = "('ev', '<u8'), ('exch_ts', '<i8'), ('local_ts', '<i8'), ('px', '<f8'), ('qty', '<f8'), \
                  ('order_id', '<u8'), ('ival', '<i8'), ('fval', '<f8')";
    let mut header =
        format!("{{'descr': [{fields}], 'fortran_order': False, 'shape': ({count},), }}").into_bytes();
    // Magic, version and length are 10 bytes; header and all end at a multiple of 64 with a line feed.
    header.resize((header.len() + 11).div_ceil(64) * 64 - 11, b' ');
    header.push(b'\n');
    out.write_all(b"\x93NUMPY\x01\x00")?;
    let length = u16::try_from(header.len()).map_err(io::Error::other)?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(&header)?;
    let mut reached_ns = i64::MIN;
    for event in events {
        let side = if event.side == Side::Buy { BUY } else { SELL };
        let kind = if event.kind == EventKind::Trade {
            TRADE
        } else {
            DEPTH
        };
        // Events do not overtake one another on their way, as in our lane.
        reached_ns = reached_ns.max(event.local_ns());
        let price = event.price as f64 * depth::TICK;
        for word in [
            SEEN_BY_BOTH | side | kind,
            event.ts_ns as u64,
            reached_ns as u64,
            price.to_bits(),
            (event.size as f64).to_bits(),
            0,
            0,
            0,
        ] {
            out.write_all(&word.to_le_bytes())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walks_repeat_and_bars_hold_their_prices() {
        assert!(bars().take(500).eq(bars().take(500)));
        assert!(
            bars()
                .take(5_000)
                .all(|b| b.low <= b.open.min(b.close) && b.high >= b.open.max(b.close))
        );
        assert!(quotes().take(5_000).all(|q| q.bid < q.ask && q.bid_size > 0));
    }

    #[test]
    fn the_event_file_has_a_header_of_whole_lines_and_64_bytes_an_event() {
        let mut bytes = Vec::new();
        write_events(&mut bytes, depth::market().take(100), 100).expect("memory");
        let header = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
        assert_eq!((header % 64, bytes[header - 1]), (0, b'\n'));
        assert_eq!(bytes.len(), header + 6_400);
    }
}
