//! What is remembered between a browser's leaving for the provider and its coming back: in memory, once, ten minutes.
//!
//! A browser is known again by a random cookie; here are the hashes of cookie and state alone. When more people are
//! under way than there is room for, those who left first are forgotten: they begin again.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use tradewind_types::UnixNanos;

/// How long somebody may take at the provider, and then with the second factor.
pub(crate) const LIFE_S: u64 = 600;
const LIFE_NS: u64 = LIFE_S * 1_000_000_000;
const ROOM: usize = 20_000;

struct Kept<T> {
    until: UnixNanos,
    number: u64,
    what: T,
}

struct Table<T> {
    kept: HashMap<String, Kept<T>>,
    /// In the order in which they came, which is the order in which they end.
    order: VecDeque<(String, u64)>,
    numbers: u64,
}

/// Things that are kept by a hash, for ten minutes.
pub(crate) struct Pending<T> {
    table: Mutex<Table<T>>,
    room: usize,
}

impl<T> Default for Pending<T> {
    fn default() -> Self {
        Self::with_room(ROOM)
    }
}

impl<T> Pending<T> {
    fn with_room(room: usize) -> Self {
        Self {
            table: Mutex::new(Table {
                kept: HashMap::new(),
                order: VecDeque::new(),
                numbers: 0,
            }),
            room,
        }
    }

    /// Keeps something.
    pub(crate) fn keep(&self, hash: String, what: T, now: UnixNanos) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.numbers += 1;
        let number = table.numbers;
        while table.order.len() >= self.room {
            let Some((oldest, number)) = table.order.pop_front() else {
                break;
            };
            if table.kept.get(&oldest).is_some_and(|kept| kept.number == number) {
                table.kept.remove(&oldest);
            }
        }
        table.order.push_back((hash.clone(), number));
        let until = now.plus(LIFE_NS);
        table.kept.insert(hash, Kept { until, number, what });
    }

    /// Takes it out: it is there once. `None` when it is unknown, was taken, or is over.
    pub(crate) fn take(&self, hash: &str, now: UnixNanos) -> Option<T> {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = table.kept.remove(hash)?;
        (kept.until > now).then_some(kept.what)
    }
}

impl<T: Clone> Pending<T> {
    /// Looks at it without taking it out.
    pub(crate) fn see(&self, hash: &str, now: UnixNanos) -> Option<T> {
        let table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = table.kept.get(hash)?;
        (kept.until > now).then(|| kept.what.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_there_once_and_for_ten_minutes() {
        let pending = Pending::default();
        let at = |s: u64| UnixNanos::from_secs(1_000 + s);
        pending.keep("a".to_owned(), 1, at(0));
        pending.keep("b".to_owned(), 2, at(0));
        assert_eq!(pending.see("a", at(599)), Some(1));
        assert_eq!(pending.take("a", at(599)), Some(1));
        assert_eq!(pending.take("a", at(599)), None);
        assert_eq!(pending.see("b", at(600)), None);
        assert_eq!(pending.take("b", at(600)), None);
    }

    #[test]
    fn when_there_is_no_room_those_who_came_first_go() {
        let pending = Pending::with_room(3);
        let now = UnixNanos::from_secs(1);
        for n in 0..3 {
            pending.keep(n.to_string(), n, now);
        }
        // Taken and kept again: not what the first one's place in the order is of.
        assert_eq!(pending.take("0", now), Some(0));
        pending.keep("0".to_owned(), 9, now);
        assert_eq!(pending.see("0", now), Some(9));
        for n in 3..5 {
            pending.keep(n.to_string(), n, now);
        }
        let left: Vec<i32> = (0..5).filter_map(|n| pending.take(&n.to_string(), now)).collect();
        assert_eq!(left, [9, 3, 4]);
    }
}
