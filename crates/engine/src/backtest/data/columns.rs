//! Market data as columns, a chunk at a time: what a source fills and the merge reads.

use tradewind_types::Side;

pub use crate::kernel::DepthAction;

/// Rows of one chunk; a source that reads files keeps no more in memory.
pub const CHUNK_ROWS: usize = 8_192;

/// Bars as columns of mantissas. `ts` is the time a bar opens.
#[derive(Debug, Clone, Default)]
pub struct BarColumns {
    /// Opening times, nanoseconds.
    pub ts: Vec<u64>,
    /// First prices.
    pub open: Vec<i64>,
    /// Highest prices.
    pub high: Vec<i64>,
    /// Lowest prices.
    pub low: Vec<i64>,
    /// Last prices.
    pub close: Vec<i64>,
    /// Volumes; 0 where the data has none.
    pub volume: Vec<i128>,
}

/// Quotes as columns of mantissas.
#[derive(Debug, Clone, Default)]
pub struct QuoteColumns {
    /// Times, nanoseconds.
    pub ts: Vec<u64>,
    /// Best bids.
    pub bid: Vec<i64>,
    /// Best offers.
    pub ask: Vec<i64>,
    /// Sizes at the bid.
    pub bid_size: Vec<i128>,
    /// Sizes at the offer.
    pub ask_size: Vec<i128>,
}

/// Public trades as columns of mantissas.
#[derive(Debug, Clone, Default)]
pub struct TradeColumns {
    /// Times, nanoseconds.
    pub ts: Vec<u64>,
    /// Prices.
    pub price: Vec<i64>,
    /// Sizes.
    pub size: Vec<i128>,
    /// Who took liquidity, where the data says so.
    pub aggressor: Vec<Option<Side>>,
}

/// Changes of a book as columns: by price, or by order.
#[derive(Debug, Clone, Default)]
pub struct DepthColumns {
    /// Times, nanoseconds.
    pub ts: Vec<u64>,
    /// What happens.
    pub action: Vec<DepthAction>,
    /// Side of the level or order.
    pub side: Vec<Side>,
    /// Prices; 0 with [`DepthAction::Clear`].
    pub price: Vec<i64>,
    /// Sizes; 0 = all with [`DepthAction::Cancel`].
    pub size: Vec<i128>,
    /// Numbers of orders; 0 by price.
    pub order: Vec<u64>,
}

/// One chunk of one kind.
#[derive(Debug, Clone)]
pub enum Chunk {
    /// Bars.
    Bars(BarColumns),
    /// Quotes.
    Quotes(QuoteColumns),
    /// Trades.
    Trades(TradeColumns),
    /// Changes of a book by price.
    Book(DepthColumns),
    /// Changes of a book by order.
    Orders(DepthColumns),
}

/// Kind of a data source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DataKind {
    /// Bars of one interval.
    Bars,
    /// Best bid and offer.
    Quotes,
    /// Public trades.
    Trades,
    /// Changes of the order book by price (L2).
    Book,
    /// Changes of the order book by order (L3).
    Orders,
}

impl DataKind {
    /// Its name in configurations.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            DataKind::Bars => "bars",
            DataKind::Quotes => "quotes",
            DataKind::Trades => "trades",
            DataKind::Book => "book",
            DataKind::Orders => "orders",
        }
    }
}

/// One bar's figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BarRow {
    /// Opening time.
    pub ts: u64,
    /// Open, high, low, close.
    pub ohlc: [i64; 4],
    /// Volume.
    pub volume: i128,
}

impl BarColumns {
    /// Appends a bar.
    #[inline]
    pub fn push(&mut self, row: BarRow) {
        self.ts.push(row.ts);
        self.open.push(row.ohlc[0]);
        self.high.push(row.ohlc[1]);
        self.low.push(row.ohlc[2]);
        self.close.push(row.ohlc[3]);
        self.volume.push(row.volume);
    }
}

impl Chunk {
    /// An empty chunk.
    #[must_use]
    pub fn new(kind: DataKind) -> Self {
        match kind {
            DataKind::Bars => Chunk::Bars(BarColumns::default()),
            DataKind::Quotes => Chunk::Quotes(QuoteColumns::default()),
            DataKind::Trades => Chunk::Trades(TradeColumns::default()),
            DataKind::Book => Chunk::Book(DepthColumns::default()),
            DataKind::Orders => Chunk::Orders(DepthColumns::default()),
        }
    }

    /// Its times.
    #[must_use]
    pub fn ts(&self) -> &[u64] {
        match self {
            Chunk::Bars(c) => &c.ts,
            Chunk::Quotes(c) => &c.ts,
            Chunk::Trades(c) => &c.ts,
            Chunk::Book(c) | Chunk::Orders(c) => &c.ts,
        }
    }

    /// Rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ts().len()
    }

    /// Whether it has no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ts().is_empty()
    }

    /// Empties it, keeping its memory.
    pub fn clear(&mut self) {
        match self {
            Chunk::Bars(c) => {
                c.ts.clear();
                c.volume.clear();
                [&mut c.open, &mut c.high, &mut c.low, &mut c.close]
                    .into_iter()
                    .for_each(Vec::clear);
            }
            Chunk::Quotes(c) => {
                c.ts.clear();
                [&mut c.bid, &mut c.ask].into_iter().for_each(Vec::clear);
                [&mut c.bid_size, &mut c.ask_size]
                    .into_iter()
                    .for_each(Vec::clear);
            }
            Chunk::Trades(c) => {
                c.ts.clear();
                c.price.clear();
                c.size.clear();
                c.aggressor.clear();
            }
            Chunk::Book(c) | Chunk::Orders(c) => {
                c.ts.clear();
                c.action.clear();
                c.side.clear();
                c.price.clear();
                c.size.clear();
                c.order.clear();
            }
        }
    }
}
