//! Sequence numbers: next, repeated, or jumped.

/// How a sequence number follows the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Continuity {
    /// The first one seen.
    First,
    /// The one that was expected.
    Next,
    /// Already seen, or older: do not apply it again.
    Repeat,
    /// Some are missing before it.
    Gap {
        /// The number that should have come.
        expected: u64,
        /// The number that came.
        got: u64,
    },
}

/// Follows one sequence. After a gap it goes on from the number that came, so one loss is one gap.
#[derive(Debug, Clone, Copy, Default)]
pub struct SequenceTracker {
    last: Option<u64>,
}

impl SequenceTracker {
    /// Takes the next number.
    pub fn observe(&mut self, got: u64) -> Continuity {
        let Some(last) = self.last else {
            self.last = Some(got);
            return Continuity::First;
        };
        if got <= last {
            return Continuity::Repeat;
        }
        self.last = Some(got);
        // `got > last` means that `last + 1` does not overflow.
        if got == last + 1 {
            Continuity::Next
        } else {
            Continuity::Gap {
                expected: last + 1,
                got,
            }
        }
    }

    /// Forgets everything; the next number is the first.
    pub fn reset(&mut self) {
        self.last = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_apart_as_first_next_repeat_and_gap() {
        let mut tracker = SequenceTracker::default();
        assert_eq!(tracker.observe(7), Continuity::First);
        assert_eq!(tracker.observe(8), Continuity::Next);
        assert_eq!(tracker.observe(8), Continuity::Repeat);
        assert_eq!(tracker.observe(11), Continuity::Gap { expected: 9, got: 11 });
        assert_eq!(tracker.observe(12), Continuity::Next);
        assert_eq!(tracker.observe(3), Continuity::Repeat);
        tracker.reset();
        assert_eq!(tracker.observe(3), Continuity::First);
        assert_eq!(
            tracker.observe(u64::MAX),
            Continuity::Gap {
                expected: 4,
                got: u64::MAX
            }
        );
    }
}
