//! One number over everything that a run put out: equal runs have equal digests.

use tradewind_types::Side;

use super::order::{DepthOrderKind, Report, ReportKind, Request};

/// Multiply and fold over 64-bit words, in order; for comparing runs, not against forgery.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Digest(u64);

impl Default for Digest {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Digest {
    pub(super) fn value(self) -> u64 {
        self.0
    }

    fn words(&mut self, words: &[i64]) {
        for word in words {
            let mixed = (self.0 ^ *word as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            self.0 = mixed ^ (mixed >> 32);
        }
    }

    pub(super) fn request(&mut self, now_ns: i64, request: &Request) {
        match request {
            Request::New { id, order } => {
                let side = i64::from(order.side == Side::Buy);
                let (price, life) = match order.kind {
                    DepthOrderKind::Market => (0, -1),
                    DepthOrderKind::Limit { price, life } => (price, life as i64),
                };
                self.words(&[now_ns, 1, id.0 as i64, side, price, order.size, life]);
            }
            Request::Cancel { id } => self.words(&[now_ns, 2, id.0 as i64]),
            Request::Modify { id, price, left } => self.words(&[now_ns, 3, id.0 as i64, *price, *left]),
        }
    }

    pub(super) fn report(&mut self, now_ns: i64, report: &Report) {
        self.words(&[now_ns, report.ts_ns, report.id.0 as i64]);
        match report.kind {
            ReportKind::Accepted { left } => self.words(&[4, left]),
            ReportKind::Filled {
                price,
                size,
                left,
                maker,
            } => self.words(&[5, price, size, left, i64::from(maker)]),
            ReportKind::Modified { price, left } => self.words(&[6, price, left]),
            ReportKind::Ended { left, reason } => self.words(&[7, left, reason as i64]),
            ReportKind::Refused { reason } => self.words(&[8, reason as i64]),
            ReportKind::CancelRefused => self.words(&[9]),
            ReportKind::ModifyRefused { reason } => self.words(&[10, reason as i64]),
        }
    }
}
