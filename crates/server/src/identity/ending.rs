//! Ending what somebody is signed in with: after a change of password or factor, and when a person is disabled.

use tradewind_store::identity::{families, resets, sessions};
use tradewind_store::{Db, StoreError};
use tradewind_types::{UnixNanos, UserId};

use super::caller::Via;

/// Ends all sessions and token families of a person but the one that `keep` is of, and voids their links; returns how many
/// ended. API keys stay.
///
/// # Errors
/// Those of the database.
pub async fn end_sign_ins(
    db: &Db,
    owner: &UserId,
    keep: Option<&Via>,
    now: UnixNanos,
) -> Result<u64, StoreError> {
    let (session, family) = match keep {
        Some(Via::Session { id, .. }) => (Some(id.as_str()), None),
        Some(Via::Token { family, .. }) => (None, Some(family.as_str())),
        Some(Via::Key { .. }) | None => (None, None),
    };
    let ended = sessions::revoke_all(db, owner, session, now).await?;
    let families = families::revoke_all(db, owner, family, now).await?;
    resets::void_all(db, owner, now).await?;
    Ok(ended + families)
}
