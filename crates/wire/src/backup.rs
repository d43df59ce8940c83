//! Backups of the database and the journal.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Time;

/// A backup. Of one that was taken on the command line what is null is known once it was verified.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Backup {
    /// Its name.
    #[schema(example = "2026-11-30T110000Z")]
    pub id: String,
    /// When it was taken; until it was verified, when its file was written.
    pub taken_at: Time,
    /// Bytes of the database's file.
    pub bytes: u64,
    /// Bytes of the journal's file; null without one.
    pub journal_bytes: Option<u64>,
    /// Id of the key that it is encrypted under.
    #[schema(example = "5f1d0c3a")]
    pub key: Option<String>,
    /// `SQLite` or `PostgreSQL`.
    pub database: Option<String>,
    /// Migrations that its database had.
    pub migration: Option<u64>,
    /// Version of the program that took it.
    pub build: Option<String>,
    /// Rows of all tables.
    pub rows: Option<u64>,
    /// When it was last read to its end and found whole.
    pub verified_at: Option<Time>,
    /// When it was last restored on trial.
    pub drilled_at: Option<Time>,
    /// What was wrong when it was last looked at.
    pub fault: Option<String>,
}

/// The backups, and how they are made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Backups {
    /// Where they are.
    pub folder: String,
    /// Id of the key that is used; null when none is given, and none can be taken.
    pub key: Option<String>,
    /// Seconds from one to the next; null when none are taken by themselves.
    pub every_s: Option<u64>,
    /// Seconds from one trial to the next; null when none are made by themselves.
    pub drill_every_s: Option<u64>,
    /// Days for which all are kept.
    pub keep_all_days: u32,
    /// Days for which one a day is kept.
    pub keep_daily_days: u32,
    /// When the last one was taken by the program's schedule or by request, of those that nothing is known to be wrong with.
    pub last_taken_at: Option<Time>,
    /// When one was last restored on trial.
    pub last_drilled_at: Option<Time>,
    /// When the newest says that it was taken, where that is later than now: the clock was wrong then, or is now. Null
    /// otherwise.
    pub ahead_at: Option<Time>,
    /// Job that is at work on them now.
    pub running: Option<String>,
    /// Newest first.
    pub items: Vec<Backup>,
    /// Pass as `cursor` for the next page; null on the last one.
    pub next_cursor: Option<String>,
}
