//! Ending what somebody is signed in with, in the transaction of what it follows from: a new password or factor, or that
//! the person is disabled. Neither is there without the other.

use tradewind_types::{UnixNanos, UserId};

use super::{families, keys, resets, sessions};
use crate::StoreError;
use crate::sql::Tx;

/// What goes on: that by which the change was asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Keep<'a> {
    /// A session.
    pub session: Option<&'a str>,
    /// A token family.
    pub family: Option<&'a str>,
}

/// Ends all sessions and token families of a person but what is kept, and voids their links. API keys stay.
///
/// # Errors
/// Those of the database.
pub async fn end_sign_ins(
    tx: &mut Tx,
    owner: &UserId,
    keep: Keep<'_>,
    now: UnixNanos,
) -> Result<(), StoreError> {
    sessions::revoke_all(&mut *tx, owner, keep.session, now).await?;
    families::revoke_all(&mut *tx, owner, keep.family, now).await?;
    resets::void_all(&mut *tx, owner, now).await?;
    Ok(())
}

/// Ends all that a person can act with, keys too.
///
/// # Errors
/// Those of the database.
pub async fn end_everything(tx: &mut Tx, owner: &UserId, now: UnixNanos) -> Result<(), StoreError> {
    end_sign_ins(tx, owner, Keep::default(), now).await?;
    keys::revoke_all(&mut *tx, owner, now).await?;
    Ok(())
}
