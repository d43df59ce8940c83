//! The first start after the log became a chain: rows that were there are sealed and chained.

use std::sync::Arc;

use tradewind_store::Db;
use tradewind_store::identity::audit::adopt::{chain, unchained};
use tradewind_types::Clock;

use super::people::People;
use super::plain::ADDRESS;
use crate::problem::ApiResult;
use crate::secrets::Keyring;

const BATCH: u32 = 500;

/// Seals the addresses of rows that are not chained yet, and chains them; how many there were.
///
/// # Errors
/// Those of the database and of sealing.
pub async fn adopt(db: &Db, keyring: &Arc<Keyring>, clock: &Arc<dyn Clock>) -> ApiResult<usize> {
    let (people, now) = (People::new(db, keyring, clock), clock.now());
    let mut done = 0;
    loop {
        let rows = unchained(db, BATCH).await?;
        if rows.is_empty() {
            return Ok(done);
        }
        let mut sealed = Vec::with_capacity(rows.len());
        for entry in rows {
            let mut row = entry.row;
            row.ip = people.seal(&row.actor, ADDRESS, &row.ip, now).await?;
            sealed.push((entry.seq, row));
        }
        done += chain(db, &sealed).await?;
    }
}
