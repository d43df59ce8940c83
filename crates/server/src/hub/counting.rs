//! Tick, volume and value bars for readers where the engine does not keep them: counted from the first reader on.

use std::collections::VecDeque;

use tradewind_types::market::{Bar, BarBuilder, Trade};

/// Bars of one instrument and interval that are being counted.
pub(super) struct Counting {
    builder: BarBuilder,
    /// The last closed ones, for later readers' snapshots.
    recent: VecDeque<Bar>,
    keep: usize,
}

impl Counting {
    /// Goes on from a builder and the bars that it has closed.
    pub(super) fn begin((builder, closed): (BarBuilder, Vec<Bar>), keep: usize) -> Self {
        let mut begun = Self {
            builder,
            recent: closed.into(),
            keep,
        };
        begun.shorten();
        begun
    }

    /// Counts a trade and appends the bars that it closes or amends.
    pub(super) fn on_trade(&mut self, trade: &Trade, told: &mut Vec<Bar>) {
        let before = told.len();
        self.builder.on_trade(trade, told);
        for bar in &told[before..] {
            match self.recent.iter_mut().find(|b| b.ts == bar.ts) {
                Some(amended) => *amended = *bar,
                None => self.recent.push_back(*bar),
            }
        }
        self.shorten();
    }

    /// The last closed bars, oldest first.
    pub(super) fn recent(&self) -> impl Iterator<Item = &Bar> {
        self.recent.iter()
    }

    /// The bar that forms.
    pub(super) fn forming(&self) -> Option<Bar> {
        self.builder.forming()
    }

    fn shorten(&mut self) {
        while self.recent.len() > self.keep {
            self.recent.pop_front();
        }
    }
}
