//! Listing backups.

use crate::routes::prelude::*;

use super::{blocking, of};
use crate::backups::Found;

/// Backups of the database and the journal, newest first, and how they are made. For administrators of the installation.
#[utoipa::path(get, path = "/api/v1/backups", tag = "system", params(PageQuery),
    responses((status = 200, body = wire::Backups)))]
pub async fn list_backups(
    State(state): State<AppState>,
    QueryOf(page): QueryOf<PageQuery>,
) -> ApiResult<Json<wire::Backups>> {
    let (limit, before) = (page.limit()? as usize, page.key::<StampedKey>()?);
    let key = |found: &Found| StampedKey {
        ts: found.taken_at,
        id: found.id.clone(),
    };
    let backups = of(&state)?;
    let found = blocking(backups.clone(), |backups| backups.list()).await?;
    let wanted = found
        .into_iter()
        .filter(|found| before.as_ref().is_none_or(|before| key(found) < *before));
    let mut items: Vec<Found> = wanted.take(limit + 1).collect();
    let more = items.len() > limit;
    items.truncate(limit);
    let (config, latest) = (backups.config(), backups.latest());
    Ok(Json(wire::Backups {
        folder: config.folder.display().to_string(),
        key: config.key.as_ref().map(|key| key.id()),
        every_s: config.every.map(|every| every.as_secs()),
        drill_every_s: config.drill_every.map(|every| every.as_secs()),
        keep_all_days: config.keep.all_days,
        keep_daily_days: config.keep.daily_days,
        last_taken_at: latest.taken_at.map(wire::Time),
        last_drilled_at: latest.drilled_at.map(wire::Time),
        ahead_at: backups.ahead().map(wire::Time),
        running: backups.running(),
        next_cursor: items.last().filter(|_| more).map(|last| Cursor::after(key(last))),
        items: items.into_iter().map(shown).collect(),
    }))
}

fn shown(found: Found) -> wire::Backup {
    let notes = found.notes;
    wire::Backup {
        id: found.id,
        taken_at: wire::Time(found.taken_at),
        bytes: found.bytes,
        journal_bytes: found.journal_bytes,
        key: notes.key,
        database: notes.database,
        migration: notes.migration,
        build: notes.build,
        rows: notes.rows,
        verified_at: notes.verified_at.map(wire::Time),
        drilled_at: notes.drilled_at.map(wire::Time),
        fault: notes.fault,
    }
}
