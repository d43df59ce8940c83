//! Looking the log over: chain, anchor, and every checkpoint that is there.

use std::path::Path;

use tradewind_store::Db;
use tradewind_store::identity::audit::walk::{Bad, Walked, walk};
use tradewind_store::identity::audit::{Head, keys};

use super::checkpoint::{Checkpoint, CheckpointFile, unusable};
use super::signer;
use crate::problem::ApiResult;

/// What was found.
#[derive(Debug, Clone)]
pub struct Verified {
    /// Of the chain.
    pub walked: Walked,
    /// The newest checkpoint that it was compared with; what was appended after it is vouched for by the chain alone.
    pub checkpoint: Option<Checkpoint>,
}

/// Looks the log over. `kept` are checkpoints that were kept elsewhere; `public` is the key to trust, where it is not
/// that of the folder.
///
/// # Errors
/// Those of the database; when the file of checkpoints or that of the key cannot be read.
pub async fn verify(
    db: &Db,
    folder: Option<&Path>,
    kept: Vec<Checkpoint>,
    public: Option<String>,
) -> ApiResult<Verified> {
    let mut all = kept;
    if let Some(folder) = folder {
        match CheckpointFile::of(folder).all() {
            Ok(of_folder) => all.extend(of_folder),
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                return Ok(refused(
                    0,
                    "a line of the file of checkpoints is not one".to_owned(),
                ));
            }
            Err(error) => return Err(unusable(error)),
        }
    }
    let pinned = match folder {
        Some(folder) if public.is_none() => signer::trusted(folder)?,
        _ => None,
    };
    let trusted = match public.or(pinned) {
        Some(public) => public,
        // Nothing outside the database says which key to trust.
        None => keys::current(db)
            .await?
            .map(|key| key.public_key)
            .unwrap_or_default(),
    };
    all.sort_by_key(|checkpoint| checkpoint.seq);
    let mut known: Vec<Head> = Vec::with_capacity(all.len());
    for checkpoint in &all {
        match checkpoint.place(&trusted) {
            Some(place) => known.push(place),
            None => {
                let what = "the signature of a checkpoint does not hold".to_owned();
                return Ok(refused(checkpoint.seq, what));
            }
        }
    }
    let walked = walk(db, &known, |anchor| signer::anchor_holds(&trusted, anchor)).await?;
    Ok(Verified {
        walked,
        checkpoint: all.pop(),
    })
}

fn refused(seq: i64, what: String) -> Verified {
    let walked = Walked {
        entries: 0,
        head: Head::default(),
        anchor: None,
        first_bad: Some(Bad { seq, what }),
    };
    Verified {
        walked,
        checkpoint: None,
    }
}
