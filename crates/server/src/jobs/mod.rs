//! One view of the work that goes on behind requests. Nothing is run here: each kind of work keeps its own jobs, stops
//! them in its own way, and answers for them as a [`JobSource`].
//!
//! What the program does by itself or for administrators, and what has no store of its own, is written down in [`Tasks`].
//! [`seen_by`] decides who sees what: people their own, administrators all of their organisation's, and those who run the
//! installation also the program's.

mod tasks;
mod view;

use std::sync::Arc;

use tradewind_types::UserId;
use tradewind_wire as wire;

pub use tasks::{Task, Tasks};
pub use view::{Seen, seen_by};

use crate::backtests::Backtests;
use crate::problem::ApiResult;

/// Whom a job concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// A person, who asked for it.
    Person(UserId),
    /// The whole installation; the person who asked for it, if anybody did.
    Installation(Option<UserId>),
}

impl Whose {
    /// Who asked for it.
    #[must_use]
    pub fn asked_by(&self) -> Option<&UserId> {
        match self {
            Self::Person(user) => Some(user),
            Self::Installation(user) => user.as_ref(),
        }
    }
}

/// A job as its source knows it: without the name of its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownJob {
    /// Whom it concerns.
    pub whose: Whose,
    /// The job; `owner` is filled in by the view.
    pub job: wire::Job,
}

/// Something that has jobs.
pub trait JobSource: Send + Sync {
    /// All of them, in any order.
    fn jobs(&self) -> Vec<KnownJob>;

    /// Stops one; none when it is not one of these. May block for disk.
    fn cancel(&self, id: &str) -> Option<ApiResult<()>>;
}

/// Everything that has jobs.
#[derive(Default)]
pub struct Jobs(Vec<Arc<dyn JobSource>>);

impl Jobs {
    /// Of what a program has.
    #[must_use]
    pub fn of(backtests: Option<&Arc<Backtests>>, tasks: &Arc<Tasks>) -> Self {
        let mut sources: Vec<Arc<dyn JobSource>> = vec![Arc::clone(tasks) as Arc<dyn JobSource>];
        if let Some(backtests) = backtests {
            sources.push(Arc::clone(backtests) as Arc<dyn JobSource>);
        }
        Self(sources)
    }

    /// All jobs, the latest asked for first.
    #[must_use]
    pub fn all(&self) -> Vec<KnownJob> {
        let mut all: Vec<KnownJob> = self.0.iter().flat_map(|source| source.jobs()).collect();
        let key = |known: &KnownJob| (known.job.created_at.0, known.job.id.clone());
        all.sort_by_cached_key(|known| std::cmp::Reverse(key(known)));
        all
    }

    /// Stops a job. May block for disk.
    ///
    /// # Errors
    /// `JOB_UNKNOWN`; `JOB_STATE` or the source's own refusal when it cannot be stopped.
    pub fn cancel(&self, id: &str) -> ApiResult<()> {
        let stopped = self.0.iter().find_map(|source| source.cancel(id));
        stopped.unwrap_or_else(|| Err(crate::ApiError::of(crate::Code::JobUnknown)))
    }
}
