//! The state file: what a world needs to continue where it stopped, as JSON, replaced atomically.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use tradewind_types::UnixNanos;

use super::fair::FairValue;
use super::history::{Candle, Print};
use super::listing::Listing;
use crate::config::{Grid, VenueKind};

/// Version of the format.
pub const VERSION: u32 = 1;
/// More trades than a listing makes between two saves.
pub const TRADES_LOST_MAX: u64 = 10_000;
/// Trades stored per listing: what one REST page holds.
const TRADES_KEPT: usize = 1_000;
/// Minutes stored per listing: half a day.
const MINUTES_KEPT: usize = 720;

/// A state file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The file system refused.
    #[error("state file {path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The file is no state of this version.
    #[error("state file {path} is not a simulator state of version {VERSION}: {reason}")]
    Malformed {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// A stored world.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct WorldState {
    /// [`VERSION`].
    pub version: u32,
    /// Seed of the world.
    pub seed: u64,
    /// Number of its last step.
    pub step: u64,
    /// Its virtual time.
    pub ts: UnixNanos,
    /// Whether it was saved at a graceful stop.
    pub clean: bool,
    /// Fair values.
    pub products: Vec<ProductState>,
    /// Recent history.
    pub listings: Vec<ListingState>,
}

/// A product's stored fair value.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ProductState {
    /// The product's name.
    pub product: String,
    /// Its fair value.
    pub fair: FairValue,
}

/// A listing's stored history.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ListingState {
    /// The venue.
    pub venue: VenueKind,
    /// The product's name.
    pub product: String,
    /// Decimals in which its history is kept.
    pub grid: Grid,
    /// Number of the next trade.
    pub next_trade: u64,
    /// Last trades, oldest first.
    pub trades: Vec<Print>,
    /// Last one-minute candles, oldest first.
    pub minutes: Vec<Candle>,
}

impl ListingState {
    /// The state of a listing.
    #[must_use]
    pub fn of(listing: &Listing) -> Self {
        let history = listing.history();
        let (trades, minutes) = (history.trades(), history.minutes());
        let skip = |len: usize, kept: usize| len.saturating_sub(kept);
        Self {
            venue: listing.info().venue,
            product: listing.info().product.clone(),
            grid: listing.info().grid,
            next_trade: listing.next_trade(),
            trades: {
                let n = skip(trades.len(), TRADES_KEPT);
                trades.skip(n).copied().collect()
            },
            minutes: {
                let n = skip(minutes.len(), MINUTES_KEPT);
                minutes.skip(n).copied().collect()
            },
        }
    }
}

impl WorldState {
    /// Reads a state file; `None` when there is none yet.
    ///
    /// # Errors
    /// [`StateError`] when it cannot be read or is no state of this version.
    pub fn load(path: &Path) -> Result<Option<Self>, StateError> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => {
                return Err(StateError::Io {
                    path: path.display().to_string(),
                    source,
                });
            }
        };
        let malformed = |reason: String| StateError::Malformed {
            path: path.display().to_string(),
            reason,
        };
        let state: Self = serde_json::from_slice(&bytes).map_err(|e| malformed(e.to_string()))?;
        if state.version != VERSION {
            return Err(malformed(format!("version {}", state.version)));
        }
        Ok(Some(state))
    }

    /// Writes the state beside the file, then renames it over the old one.
    ///
    /// # Errors
    /// [`StateError::Io`].
    pub fn save(&self, path: &Path) -> Result<(), StateError> {
        let write = || -> io::Result<()> {
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            let beside = path.with_extension("tmp");
            let mut file = fs::File::create(&beside)?;
            file.write_all(&serde_json::to_vec(self).map_err(io::Error::other)?)?;
            file.sync_data()?;
            fs::rename(&beside, path)
        };
        write().map_err(|source| StateError::Io {
            path: path.display().to_string(),
            source,
        })
    }
}
