//! All signed-on sockets, in groups that take turns.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::member::Member;

/// Groups of sockets: a socket's turn comes every so many steps ([`super::pace`]).
pub(crate) const GROUPS: usize = 6;

type Group = HashMap<u64, Arc<Member>>;

/// The sockets. A group has a lock of its own, and a turn looks at no other: with ten thousand sockets the looking alone
/// would be a good part of a processor.
#[derive(Default)]
pub(crate) struct Members {
    groups: [Mutex<Group>; GROUPS],
}

impl Members {
    fn group(&self, id: u64) -> MutexGuard<'_, Group> {
        // Less than the number of groups, which is small.
        let at = (id % GROUPS as u64) as usize;
        self.groups[at].lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn insert(&self, member: &Arc<Member>) {
        let id = member.outbox.id();
        self.group(id).insert(id, Arc::clone(member));
    }

    pub(crate) fn remove(&self, member: &Member) {
        let id = member.outbox.id();
        let mut group = self.group(id);
        group.remove(&id);
        if group.len() * 4 < group.capacity() {
            group.shrink_to_fit();
        }
    }

    pub(crate) fn len(&self) -> usize {
        (0..GROUPS as u64).map(|at| self.group(at).len()).sum()
    }

    /// All, as they are now.
    pub(crate) fn all(&self) -> Vec<Arc<Member>> {
        let mut all = Vec::with_capacity(self.len());
        for at in 0..GROUPS as u64 {
            all.extend(self.group(at).values().cloned());
        }
        all
    }

    /// Visits the group of a step; `visit` must not block.
    pub(crate) fn each_in_turn(&self, step: u64, visit: impl FnMut(&Arc<Member>)) {
        self.group(step).values().for_each(visit);
    }
}
