//! Rows that are in memory already: tests, benchmarks, and runs that read their data once for many variants.

use std::sync::Arc;

use super::check::GapCount;
use super::columns::{BarColumns, CHUNK_ROWS, Chunk, DataKind, DepthColumns, QuoteColumns, TradeColumns};
use super::source::{DataError, Source};

/// Columns that are shared and not copied until a chunk is filled. The rows are taken as they are: whoever made the
/// columns has checked them.
#[derive(Debug, Clone)]
pub struct MemorySource {
    rows: Arc<Chunk>,
    at: usize,
    gaps: GapCount,
}

impl MemorySource {
    /// From the first row on.
    #[must_use]
    pub fn new(rows: Arc<Chunk>) -> Self {
        Self::with_gaps(rows, GapCount::default())
    }

    /// The same, with the gaps that were found when the rows were read.
    #[must_use]
    pub fn with_gaps(rows: Arc<Chunk>, gaps: GapCount) -> Self {
        Self { rows, at: 0, gaps }
    }
}

impl Source for MemorySource {
    fn kind(&self) -> DataKind {
        match &*self.rows {
            Chunk::Bars(_) => DataKind::Bars,
            Chunk::Quotes(_) => DataKind::Quotes,
            Chunk::Trades(_) => DataKind::Trades,
            Chunk::Book(_) => DataKind::Book,
            Chunk::Orders(_) => DataKind::Orders,
        }
    }

    fn fill(&mut self, chunk: &mut Chunk) -> Result<(), DataError> {
        chunk.clear();
        let from = self.at.min(self.rows.len());
        let to = (from + CHUNK_ROWS).min(self.rows.len());
        self.at = to;
        append(&self.rows, from..to, chunk);
        Ok(())
    }

    fn gaps(&self) -> GapCount {
        self.gaps
    }
}

/// Copies rows of one chunk to the end of another of the same kind; of another kind nothing is copied.
pub fn append(rows: &Chunk, range: std::ops::Range<usize>, to: &mut Chunk) {
    match (rows, to) {
        (Chunk::Bars(a), Chunk::Bars(b)) => append_bars(a, range, b),
        (Chunk::Quotes(a), Chunk::Quotes(b)) => append_quotes(a, range, b),
        (Chunk::Trades(a), Chunk::Trades(b)) => append_trades(a, range, b),
        (Chunk::Book(a), Chunk::Book(b)) | (Chunk::Orders(a), Chunk::Orders(b)) => append_depth(a, range, b),
        _ => {}
    }
}

fn append_bars(a: &BarColumns, range: std::ops::Range<usize>, b: &mut BarColumns) {
    b.ts.extend_from_slice(&a.ts[range.clone()]);
    b.open.extend_from_slice(&a.open[range.clone()]);
    b.high.extend_from_slice(&a.high[range.clone()]);
    b.low.extend_from_slice(&a.low[range.clone()]);
    b.close.extend_from_slice(&a.close[range.clone()]);
    b.volume.extend_from_slice(&a.volume[range]);
}

fn append_quotes(a: &QuoteColumns, range: std::ops::Range<usize>, b: &mut QuoteColumns) {
    b.ts.extend_from_slice(&a.ts[range.clone()]);
    b.bid.extend_from_slice(&a.bid[range.clone()]);
    b.ask.extend_from_slice(&a.ask[range.clone()]);
    b.bid_size.extend_from_slice(&a.bid_size[range.clone()]);
    b.ask_size.extend_from_slice(&a.ask_size[range]);
}

fn append_trades(a: &TradeColumns, range: std::ops::Range<usize>, b: &mut TradeColumns) {
    b.ts.extend_from_slice(&a.ts[range.clone()]);
    b.price.extend_from_slice(&a.price[range.clone()]);
    b.size.extend_from_slice(&a.size[range.clone()]);
    b.aggressor.extend_from_slice(&a.aggressor[range]);
}

fn append_depth(a: &DepthColumns, range: std::ops::Range<usize>, b: &mut DepthColumns) {
    b.ts.extend_from_slice(&a.ts[range.clone()]);
    b.action.extend_from_slice(&a.action[range.clone()]);
    b.side.extend_from_slice(&a.side[range.clone()]);
    b.price.extend_from_slice(&a.price[range.clone()]);
    b.size.extend_from_slice(&a.size[range.clone()]);
    b.order.extend_from_slice(&a.order[range]);
}
