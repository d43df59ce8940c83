//! The latest bad messages as they came, bounded in number and in bytes.

use std::collections::VecDeque;

use tradewind_types::UnixNanos;

use crate::connection::BadKind;

/// How much a ring keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RingLimits {
    /// Messages kept.
    pub records_max: usize,
    /// Bytes kept of one message; the rest is cut off, its length remembered.
    pub record_bytes_max: usize,
    /// Bytes kept over all messages.
    pub total_bytes_max: usize,
}

impl Default for RingLimits {
    fn default() -> Self {
        Self {
            records_max: 64,
            record_bytes_max: 16 * 1024,
            total_bytes_max: 512 * 1024,
        }
    }
}

/// One bad message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRecord {
    /// When it came.
    pub at: UnixNanos,
    /// What is wrong with it.
    pub kind: BadKind,
    /// The decoder's words, cut to 300 characters.
    pub detail: String,
    /// The message, cut to the ring's limit.
    pub raw: Vec<u8>,
    /// Its full length in bytes.
    pub size_bytes: usize,
}

/// A bounded ring of bad messages; the oldest make room.
#[derive(Debug)]
pub struct RawRing {
    limits: RingLimits,
    records: VecDeque<BadRecord>,
    total_bytes: usize,
}

impl RawRing {
    /// An empty ring.
    #[must_use]
    pub fn new(limits: RingLimits) -> Self {
        Self {
            limits,
            records: VecDeque::new(),
            total_bytes: 0,
        }
    }

    /// Keeps a message, dropping the oldest until the limits hold.
    pub fn push(&mut self, kind: BadKind, detail: &str, raw: &[u8], at: UnixNanos) {
        let kept = raw
            .len()
            .min(self.limits.record_bytes_max)
            .min(self.limits.total_bytes_max);
        self.total_bytes += kept;
        self.records.push_back(BadRecord {
            at,
            kind,
            detail: detail.chars().take(300).collect(),
            raw: raw[..kept].to_vec(),
            size_bytes: raw.len(),
        });
        while self.records.len() > self.limits.records_max || self.total_bytes > self.limits.total_bytes_max {
            let Some(oldest) = self.records.pop_front() else {
                break;
            };
            self.total_bytes -= oldest.raw.len();
        }
    }

    /// What is kept, oldest first.
    #[must_use]
    pub fn records(&self) -> Vec<BadRecord> {
        self.records.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(records_max: usize, record_bytes_max: usize, total_bytes_max: usize) -> RawRing {
        RawRing::new(RingLimits {
            records_max,
            record_bytes_max,
            total_bytes_max,
        })
    }

    #[test]
    fn the_ring_keeps_the_newest_within_its_number() {
        let mut ring = ring(2, 100, 1_000);
        for n in 0..5_u64 {
            ring.push(BadKind::Malformed, "x", format!("m{n}").as_bytes(), UnixNanos(n));
        }
        let raws: Vec<_> = ring.records().into_iter().map(|r| r.raw).collect();
        assert_eq!(raws, [b"m3".to_vec(), b"m4".to_vec()]);
    }

    #[test]
    fn the_ring_keeps_within_its_bytes_and_remembers_full_lengths() {
        let mut ring = ring(10, 4, 10);
        for _ in 0..5 {
            ring.push(BadKind::Malformed, "x", b"123456", UnixNanos(0));
        }
        assert_eq!(
            ring.records().len(),
            2,
            "two of four bytes fit into ten, three do not"
        );
        assert!(
            ring.records()
                .iter()
                .all(|r| r.raw == b"1234" && r.size_bytes == 6)
        );
    }
}
