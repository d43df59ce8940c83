//! `tradewind audit verify|export|checkpoint`: the audit log of a data directory.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use tradewind_server::identity::audit::checkpoint::{Checkpoint, CheckpointFile};
use tradewind_server::identity::audit::verify::{Verified, verify};
use tradewind_server::identity::audit::{AuditLog, adopt, export};
use tradewind_store::Db;
use tradewind_types::Clock;
use tradewind_venues::clock::SystemClock;
use tradewind_wire::AuditFormat;

use super::on_runtime;
use super::user::{note_with, open, refused};
use crate::app::{self, DataDir};
use crate::args::DataArg;
use crate::failure::Failure;
use crate::output::seen_enough;

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  tradewind audit verify --data ./data\n  tradewind audit verify --data ./data --checkpoints /mnt/elsewhere/audit.jsonl\n  tradewind audit checkpoint --data ./data >> /mnt/elsewhere/audit.jsonl"
)]
pub(crate) struct AuditArgs {
    #[command(subcommand)]
    command: AuditCommand,
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
enum AuditCommand {
    /// Look the whole log over: every entry is what was written, none is missing, and it goes on from every checkpoint.
    Verify {
        #[command(flatten)]
        data: DataArg,
        /// Checkpoints that were kept elsewhere, beside those of the data directory; may be given again.
        #[arg(long, value_name = "FILE")]
        checkpoints: Vec<PathBuf>,
        /// The public key to trust in place of the data directory's `audit.pub`.
        #[arg(long, value_name = "KEY")]
        public_key: Option<String>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print the whole log, oldest first, with addresses and personal parts in clear.
    Export {
        #[command(flatten)]
        place: Place,
        /// In which form.
        #[arg(long, value_enum, default_value_t = Form::Jsonl)]
        format: Form,
    },
    /// Sign the end of the log, write that into the data directory, and print it for a place elsewhere.
    Checkpoint {
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Jsonl,
    Csv,
}

pub(crate) fn run(args: AuditArgs) -> Result<(), Failure> {
    on_runtime(async {
        match args.command {
            AuditCommand::Verify {
                data,
                checkpoints,
                public_key,
                json,
            } => look_over(&data, &checkpoints, public_key, json).await,
            AuditCommand::Export { place, format } => print_all(&place, format).await,
            AuditCommand::Checkpoint { place } => checkpoint(&place).await,
        }
    })
}

/// The database as it is: what is looked at is never made by looking at it.
async fn existing(data: &DataArg) -> Result<Db, Failure> {
    let shown = data.data.display();
    if !data.data.is_dir() {
        return Err(Failure::Input(format!("there is no data directory {shown}")));
    }
    let found = DataDir::new(&data.data).open_existing().await?;
    found.ok_or_else(|| Failure::Input(format!("there is no database in the data directory {shown}")))
}

async fn log(place: &Place) -> Result<(Db, AuditLog), Failure> {
    existing(&place.data).await?.close().await;
    let db = open(&place.data).await?;
    let keyring = super::secrets::keyring(&place.data, place.config.as_deref()).await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    adopt::adopt(&db, &keyring, &clock).await.map_err(refused)?;
    let folder = Some(place.data.data.clone());
    let log = AuditLog::new(&db, &app::org(), clock, &keyring, folder);
    Ok((db, log))
}

fn read(path: &Path) -> Result<Vec<Checkpoint>, Failure> {
    let shown = path.display();
    if !path.is_file() {
        return Err(Failure::Input(format!("{shown}: there is no such file")));
    }
    CheckpointFile::at(path)
        .all()
        .map_err(|error| Failure::Input(format!("{shown}: {error}")))
}

async fn look_over(
    data: &DataArg,
    files: &[PathBuf],
    public_key: Option<String>,
    json: bool,
) -> Result<(), Failure> {
    let mut kept = Vec::new();
    for file in files {
        kept.extend(read(file)?);
    }
    let db = existing(data).await?;
    let found = verify(&db, Some(&data.data), kept, public_key).await;
    db.close().await;
    let found = found.map_err(|error| {
        let hint = "where the database is of an older version: tradewind migrate up";
        Failure::with_hint(format!("the audit log cannot be read: {}", error.detail), hint)
    })?;
    if json {
        println!("{}", as_json(&found));
    } else {
        print(&found);
    }
    match found.walked.first_bad {
        Some(bad) => Err(Failure::Check(format!("entry {}: {}", bad.seq, bad.what))),
        None => Ok(()),
    }
}

fn as_json(found: &Verified) -> serde_json::Value {
    let walked = &found.walked;
    serde_json::json!({
        "intact": walked.is_intact(),
        "entries": walked.entries,
        "head": { "seq": walked.head.seq, "hash": walked.head.hash.text() },
        "anchor": walked.anchor.as_ref().map(|anchor| {
            serde_json::json!({ "seq": anchor.through.seq, "hash": anchor.through.hash.text() })
        }),
        "first_bad": walked.first_bad.as_ref().map(|bad| serde_json::json!({ "seq": bad.seq, "what": bad.what })),
        "checkpoint": found.checkpoint,
    })
}

fn print(found: &Verified) {
    let walked = &found.walked;
    println!(
        "{} entries up to number {} are as they were written.",
        walked.entries, walked.head.seq
    );
    if let Some(anchor) = &walked.anchor {
        println!(
            "Entries up to number {} were deleted because their time was over.",
            anchor.through.seq
        );
    }
    match &found.checkpoint {
        Some(signed) => println!(
            "The newest checkpoint is of number {}, signed {}.",
            signed.seq, signed.at
        ),
        None => println!("There is no checkpoint: a log that was cut off at its end would not be seen."),
    }
}

async fn print_all(place: &Place, form: Form) -> Result<(), Failure> {
    let (db, log) = log(place).await?;
    let format = match form {
        Form::Jsonl => AuditFormat::Jsonl,
        Form::Csv => AuditFormat::Csv,
    };
    // Noted before it is made, as the API does.
    let detail = serde_json::json!({ "format": format });
    note_with(&db, &app::org(), ("audit.export", "audit"), detail).await?;
    let written = write_all(&db, &log, format).await?;
    db.close().await;
    seen_enough(written)
}

/// Page by page, until it is all written or nobody reads any more.
async fn write_all(db: &Db, log: &AuditLog, format: AuditFormat) -> Result<io::Result<()>, Failure> {
    let mut text = export::header(format);
    let mut after = Some(0);
    while let Some(place) = after {
        let (page, next) = export::page(db, log.people(), None, format, place)
            .await
            .map_err(refused)?;
        text += &page;
        if let Err(error) = io::stdout().write_all(text.as_bytes()) {
            return Ok(Err(error));
        }
        text.clear();
        after = next;
    }
    Ok(io::stdout().flush())
}

async fn checkpoint(place: &Place) -> Result<(), Failure> {
    let (db, log) = log(place).await?;
    let signed = log.checkpoint().await.map_err(refused)?;
    db.close().await;
    let signed = signed.ok_or_else(|| Failure::failed("the audit log has no entries yet"))?;
    println!(
        "{}",
        serde_json::to_string(&signed).context("a checkpoint as JSON")?
    );
    Ok(())
}
