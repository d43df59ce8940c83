//! Gaps that are filled because somebody asks, by those who fill them anyway: one line of questions to each venue.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use tradewind_server::catalogue::{Backfill, BackfillAsked, BackfillDone, BackfillRefused};

use super::upkeep::Keeper;

/// The keepers of all venues.
pub(super) struct Keepers(pub(super) Vec<Arc<Keeper>>);

impl Backfill for Keepers {
    fn backfill(&self, asked: BackfillAsked) -> BoxFuture<'_, Result<BackfillDone, BackfillRefused>> {
        Box::pin(async move {
            let mut able = self
                .0
                .iter()
                .filter_map(|keeper| Some((keeper, keeper.has(&asked.series)?)));
            let Some((keeper, instrument)) = able.next() else {
                return Err(BackfillRefused::NoHistory(asked.series));
            };
            Ok(keeper.by_hand(&asked, instrument).await?)
        })
    }
}
