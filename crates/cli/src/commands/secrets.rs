//! `tradewind secrets status|rotate|rotate-signing-key|generate`: root keys, and what is sealed with them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use tradewind_server::identity::audit::{pending_usage, reseal_pending};
use tradewind_server::identity::rotate_signing_key;
use tradewind_server::secrets::{Keyring, RootKey, Source, reseal_all, usage};
use tradewind_store::Db;
use tradewind_types::Clock as _;
use tradewind_venues::clock::SystemClock;

use super::on_runtime;
use super::user::{note, open, refused};
use crate::app::{self, DataDir};
use crate::args::DataArg;
use crate::config::{FileConfig, SecretsConfig};
use crate::failure::Failure;

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  tradewind secrets status --data ./data\n  tradewind secrets rotate --data ./data"
)]
pub(crate) struct SecretsArgs {
    #[command(subcommand)]
    command: SecretsCommand,
}

#[derive(Debug, Args)]
struct Place {
    #[command(flatten)]
    data: DataArg,
    /// Configuration file, where it says where the root keys are.
    #[arg(long, env = "TRADEWIND_CONFIG")]
    config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum SecretsCommand {
    /// Where the root keys come from, and how many values are sealed with which.
    Status {
        #[command(flatten)]
        place: Place,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Put a new root key in front and seal everything anew. Keys of the environment or of a command are changed there
    /// first; then this seals anew.
    Rotate {
        #[command(flatten)]
        place: Place,
    },
    /// Sign access tokens with a new key from now on; the old one verifies until its tokens have ended.
    RotateSigningKey {
        #[command(flatten)]
        place: Place,
    },
    /// Print a new root key, for the environment or a key store.
    Generate,
}

pub(crate) fn run(args: SecretsArgs) -> Result<(), Failure> {
    on_runtime(async {
        match args.command {
            SecretsCommand::Status { place, json } => status(&place, json).await,
            SecretsCommand::Rotate { place } => rotate(&place).await,
            SecretsCommand::RotateSigningKey { place } => rotate_signing(&place).await,
            SecretsCommand::Generate => generate(),
        }
    })
}

fn source(data: &DataArg, config: Option<&Path>) -> Result<Source, Failure> {
    let secrets = match config {
        Some(path) => FileConfig::load(path)?.secrets,
        None => SecretsConfig::default(),
    };
    Ok(secrets.source(&DataDir::new(&data.data)))
}

/// The root keys of a data directory.
pub(super) async fn keyring(data: &DataArg, config: Option<&Path>) -> Result<Arc<Keyring>, Failure> {
    app::keyring(source(data, config)?).await
}

async fn status(place: &Place, json: bool) -> Result<(), Failure> {
    let db = open(&place.data).await?;
    let source = source(&place.data, place.config.as_deref())?;
    let kind = source.kind();
    let ids = app::keyring(source).await?.ids();
    let mut used = all_usage(&db, &place.data).await?;
    let keys: Vec<(String, u64)> = ids
        .into_iter()
        .map(|id| {
            let values = used.remove(&id).unwrap_or(0);
            (id, values)
        })
        .collect();
    if json {
        let describe = |(id, values): &(String, u64)| serde_json::json!({"id": id, "values": values});
        let keys: Vec<_> = keys.iter().map(describe).collect();
        let missing: Vec<_> = used.iter().map(|(id, n)| describe(&(id.clone(), *n))).collect();
        println!(
            "{}",
            serde_json::json!({"source": kind, "keys": keys, "missing": missing})
        );
    } else {
        println!("Root keys from {kind}, newest first:");
        for (id, values) in &keys {
            println!("  {id}  {values} sealed values");
        }
    }
    missing(&used)
}

/// How many values are sealed with which root key: in the database, and in the file of audit entries that wait for it.
async fn all_usage(db: &Db, data: &DataArg) -> Result<BTreeMap<String, u64>, Failure> {
    let mut used = usage(db).await.context("looking at what is sealed")?;
    let waiting = pending_usage(&data.data).context("looking at the audit entries that wait")?;
    for (id, entries) in waiting {
        *used.entry(id).or_insert(0) += entries;
    }
    Ok(used)
}

/// A failed check when values are sealed with keys that are not there.
fn missing(used: &BTreeMap<String, u64>) -> Result<(), Failure> {
    let Some((id, values)) = used.first_key_value() else {
        return Ok(());
    };
    Err(Failure::Check(format!(
        "{values} values are sealed with the root key {id}, which is not there: put it behind the others again"
    )))
}

async fn rotate(place: &Place) -> Result<(), Failure> {
    let db = open(&place.data).await?;
    let source = source(&place.data, place.config.as_deref())?;
    let used = all_usage(&db, &place.data).await?;
    if matches!(source, Source::File(_)) {
        // Made when it is missing, so that there is one to be replaced.
        let ids = app::keyring(source.clone()).await?.ids();
        let lost: BTreeMap<String, u64> = used
            .iter()
            .filter(|(id, _)| !ids.contains(id))
            .map(|(id, n)| (id.clone(), *n))
            .collect();
        missing(&lost)?;
        let rotated = source
            .rotate(|id| used.contains_key(id))
            .context("the root keys cannot be rotated")?;
        println!("The root key {} is the newest now.", rotated.newest);
        for id in rotated.dropped {
            println!("The root key {id} is gone: nothing was sealed with it.");
        }
    } else {
        println!(
            "The root keys come from {}: the first of them counts as the new one.",
            source.kind()
        );
    }
    let keyring = app::keyring(source).await?;
    let mut done = reseal_all(&db, &keyring).await.context("sealing anew")?;
    done += reseal_pending(&place.data.data, &keyring).context("sealing the audit entries that wait anew")?;
    note(
        &db,
        &app::org(),
        "secrets.rotate",
        keyring.ids().first().map_or("", String::as_str),
    )
    .await?;
    println!("{done} values were sealed anew.");
    Ok(())
}

async fn rotate_signing(place: &Place) -> Result<(), Failure> {
    let db = open(&place.data).await?;
    let keyring = keyring(&place.data, place.config.as_deref()).await?;
    let kid = rotate_signing_key(&db, &keyring, &app::org(), SystemClock.now())
        .await
        .map_err(refused)?;
    note(&db, &app::org(), "secrets.rotate_signing_key", &kid).await?;
    println!("Access tokens are signed with {kid} within half a minute.");
    Ok(())
}

fn generate() -> Result<(), Failure> {
    let key = RootKey::generate().context("a key cannot be made")?;
    println!("{}", *key.text());
    eprintln!(
        "Its id is {}. Put it in front of the others, then run `tradewind secrets rotate`.",
        key.id()
    );
    Ok(())
}
