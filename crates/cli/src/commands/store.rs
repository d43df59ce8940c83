//! `tradewind store copy|backup|verify|restore|key`.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use tradewind_store::backup::{self, BackupError, BackupKey, Taken};
use tradewind_store::transfer::{self, CopiedTable};
use tradewind_store::{Db, DbConfig, migrate};
use tradewind_types::{Clock as _, UnixNanos};
use tradewind_venues::clock::SystemClock;
use zeroize::Zeroizing;

use super::on_runtime;
use crate::app::{DataDir, StoreConfig, open_store};
use crate::args::DataArg;
use crate::failure::Failure;

/// The environment variable that has the key of backups.
pub(crate) const BACKUP_KEY_ENV: &str = "TRADEWIND_BACKUP_KEY";

#[derive(Debug, Args)]
pub(crate) struct StoreArgs {
    #[command(subcommand)]
    command: StoreCommand,
}

#[derive(Debug, Subcommand)]
enum StoreCommand {
    /// Copy everything from one database to another, empty one; counts and checksums are compared before it holds.
    #[command(
        after_help = "Example:\n  tradewind store copy --from data/tradewind.db --to postgres://tradewind@localhost/tradewind\n\nStop the program first: what is written meanwhile is not copied."
    )]
    Copy(CopyArgs),
    /// Back the database up while the program runs, into one encrypted file; the journal goes into the file .twj beside it.
    #[command(
        after_help = "Example:\n  tradewind store backup nightly.twb --key-file backup.key --data ./data"
    )]
    Backup(BackupArgs),
    /// Check a backup, and the journal's beside it, from the first to the last byte, without a database.
    #[command(after_help = "Example:\n  tradewind store verify nightly.twb --key-file backup.key")]
    Verify(FileArgs),
    /// Restore a backup into an empty database, and the journal's beside it; with --drill into a temporary place that is thrown away.
    #[command(
        after_help = "Example:\n  tradewind store restore nightly.twb --key-file backup.key --data ./restored\n  tradewind store restore nightly.twb --key-file backup.key --drill\n  tradewind store restore nightly.twb --key-file backup.key --drill --drill-on postgres://drill@localhost/postgres"
    )]
    Restore(RestoreArgs),
    /// Make a key for backups. Keep it elsewhere than they are: without it nobody can read them.
    #[command(after_help = "Example:\n  tradewind store key backup.key")]
    Key(NewKeyArgs),
}

#[derive(Debug, Args)]
struct CopyArgs {
    /// The path of an SQLite file or the URL of a PostgreSQL database.
    #[arg(long)]
    from: String,
    /// The same; made and migrated where it can be.
    #[arg(long)]
    to: String,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct FileArgs {
    /// The backup.
    file: PathBuf,
    #[command(flatten)]
    key: KeyArgs,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct KeyArgs {
    /// File of the key; default: the environment variable TRADEWIND_BACKUP_KEY.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct BackupArgs {
    #[command(flatten)]
    file: FileArgs,
    #[command(flatten)]
    data: DataArg,
}

#[derive(Debug, Args)]
struct RestoreArgs {
    #[command(flatten)]
    file: FileArgs,
    #[command(flatten)]
    data: DataArg,
    /// Restore to a temporary SQLite file, compare, and remove it.
    #[arg(long)]
    drill: bool,
    /// With --drill: a temporary database of this PostgreSQL server instead. Its user has to have CREATEDB.
    #[arg(long, value_name = "URL", requires = "drill")]
    drill_on: Option<String>,
}

#[derive(Debug, Args)]
struct NewKeyArgs {
    /// Where to write it; must not exist.
    file: PathBuf,
}

pub(crate) fn run(args: StoreArgs) -> Result<(), Failure> {
    on_runtime(async {
        match args.command {
            StoreCommand::Copy(args) => copy(args).await,
            StoreCommand::Backup(args) => save(args).await,
            StoreCommand::Verify(args) => {
                let taken = backup::check(&args.file, &args.key.read()?, &|_, _| true);
                report("intact", &taken.map_err(failure)?, args.json);
                Ok(())
            }
            StoreCommand::Restore(args) => restore(args).await,
            StoreCommand::Key(args) => new_key(&args.file),
        }
    })
}

impl KeyArgs {
    fn read(&self) -> Result<BackupKey, Failure> {
        let (text, from) = match &self.key_file {
            Some(path) => {
                let text = fs::read_to_string(path);
                let text = text.map_err(|e| Failure::Input(format!("{}: {e}", path.display())))?;
                (text, path.display().to_string())
            }
            None => match std::env::var(BACKUP_KEY_ENV) {
                Ok(text) => (text, BACKUP_KEY_ENV.to_owned()),
                Err(_) => {
                    return Err(Failure::Input(format!(
                        "a key is needed: --key-file FILE, or {BACKUP_KEY_ENV}; `tradewind store key FILE` makes one"
                    )));
                }
            },
        };
        let text = Zeroizing::new(text);
        BackupKey::parse(&text).map_err(|error| Failure::Input(format!("{from}: {error}")))
    }
}

async fn named(name: &str) -> Result<Db, Failure> {
    let config = DbConfig::named(name).map_err(|error| Failure::Input(error.to_string()))?;
    open_store(&config).await
}

async fn copy(args: CopyArgs) -> Result<(), Failure> {
    if args.from == args.to {
        return Err(Failure::Input("--from and --to are the same database".to_owned()));
    }
    let from = named(&args.from).await?;
    let to = named(&args.to).await?;
    migrate::up(&to, SystemClock.now())
        .await
        .context("the target cannot be migrated")?;
    let copied = transfer::copy(&from, &to).await.context("nothing was copied")?;
    from.close().await;
    to.close().await;
    if args.json {
        println!("{}", tables_json(&copied));
    } else {
        for table in copied.iter().filter(|table| table.rows > 0) {
            println!("{:>10}  {}  {}", table.rows, &table.sha256[..16], table.name);
        }
        let rows: u64 = copied.iter().map(|table| table.rows).sum();
        println!(
            "copied: {rows} rows of {} tables; counts and checksums are equal",
            copied.len()
        );
    }
    Ok(())
}

async fn save(args: BackupArgs) -> Result<(), Failure> {
    let key = args.file.key.read()?;
    let path = &args.file.file;
    if path.exists() {
        return Err(Failure::Input(format!("{} is there already", path.display())));
    }
    let Some(db) = DataDir::new(&args.data.data).open_existing().await? else {
        return Err(Failure::Input(format!(
            "there is no database in {}",
            args.data.data.display()
        )));
    };
    let journal = DataDir::new(&args.data.data).journal();
    let journal = Some(journal.as_path()).filter(|folder| folder.is_dir());
    let taken = backup::take(&db, journal, path, &key, SystemClock.now(), &|_, _| true).await;
    db.close().await;
    report("backed up", &taken.map_err(failure)?, args.file.json);
    Ok(())
}

async fn restore(args: RestoreArgs) -> Result<(), Failure> {
    let key = args.file.key.read()?;
    let path = &args.file.file;
    let now = SystemClock.now();
    if args.drill {
        let taken = match &args.drill_on {
            None => {
                let scratch = std::env::temp_dir();
                // Plain copies that trials left that were killed.
                backup::sweep_trials(&scratch)?;
                let taken = backup::drill(path, &key, now, &scratch, &look_at_journal, &|_, _| true).await;
                taken.map_err(failure)?
            }
            Some(url) => drill_on(url, path, &key, now).await?,
        };
        report(
            "drilled: restored, compared and thrown away",
            &taken,
            args.file.json,
        );
        return Ok(());
    }
    let data = DataDir::new(&args.data.data);
    data.create()?;
    let db = open_store(&data.store(&StoreConfig::default())?).await?;
    let taken = backup::put_back(path, &key, (&db, &data.journal()), now, &|_, _| true).await;
    db.close().await;
    report("restored", &taken.map_err(failure)?, args.file.json);
    Ok(())
}

/// In a database of the server that is made for it and dropped after it, whatever came of it.
async fn drill_on(url: &str, path: &Path, key: &BackupKey, now: UnixNanos) -> Result<Taken, Failure> {
    let config = DbConfig::postgres(url).map_err(|error| Failure::Input(format!("--drill-on: {error}")))?;
    let server = open_store(&config).await?;
    let drill = server.temporary("tradewind_drill", &config).await;
    let drill = drill.context("no temporary database could be made on the server")?;
    let folder = tempfile::tempdir().context("a temporary folder is needed")?;
    let journal = folder.path().join("journal");
    let restored = backup::put_back(path, key, (drill.db(), &journal), now, &|_, _| true).await;
    let dropped = drill.remove(&server).await;
    server.close().await;
    let taken = restored.map_err(failure)?;
    dropped.context("the temporary database could not be dropped")?;
    if taken.journal.is_some() {
        look_at_journal(&journal).map_err(|why| Failure::Check(format!("the journal: {why}")))?;
    }
    Ok(taken)
}

/// What is wrong with a restored journal, if anything is.
pub(crate) fn look_at_journal(folder: &Path) -> Result<(), String> {
    let report = tradewind_journal::verify(folder, None).map_err(|error| error.to_string())?;
    match report.first_break {
        None if report.ok => Ok(()),
        why => Err(why.unwrap_or_else(|| "it does not hold together".to_owned())),
    }
}

fn new_key(path: &Path) -> Result<(), Failure> {
    let mut bytes = [0; 32];
    #[allow(clippy::disallowed_methods, reason = "a key")]
    getrandom::fill(&mut bytes).map_err(|error| Failure::failed(format!("no random numbers: {error}")))?;
    let key = BackupKey::from_bytes(bytes);
    let mut file = private(path)?;
    writeln!(file, "{}", *key.to_text())?;
    file.sync_all()?;
    if let Some(folder) = path.parent() {
        let here = Path::new(".");
        let folder = if folder.as_os_str().is_empty() {
            here
        } else {
            folder
        };
        File::open(folder)?.sync_all()?;
    }
    println!(
        "{} is a new key; keep a copy where the backups are not",
        path.display()
    );
    Ok(())
}

/// A new file that only its owner may read.
fn private(path: &Path) -> Result<File, Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path);
    file.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Failure::Input(format!("{} is there already", path.display())),
        _ => Failure::failed(format!("{}: {error}", path.display())),
    })
}

/// A backup that is not intact is a check that did not hold.
fn failure(error: BackupError) -> Failure {
    match error {
        BackupError::Broken(_) => Failure::Check(error.to_string()),
        BackupError::Io(ref e)
            if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::AlreadyExists) =>
        {
            Failure::Input(e.to_string())
        }
        BackupError::Store(_) | BackupError::Io(_) | BackupError::Stopped => {
            Failure::failed(error.to_string())
        }
    }
}

fn tables_json(tables: &[CopiedTable]) -> serde_json::Value {
    let one = |t: &CopiedTable| serde_json::json!({ "table": t.name, "rows": t.rows, "sha256": t.sha256 });
    tables.iter().map(one).collect()
}

fn report(what: &str, taken: &Taken, json: bool) {
    let (contents, journal) = (&taken.contents, taken.journal);
    let header = &contents.header;
    if json {
        let value = serde_json::json!({
            "taken_at": header.taken_at, "database": header.database, "migration": header.migrations.len(),
            "build": header.build, "rows": contents.rows(), "tables": tables_json(&contents.tables), "journal": journal,
        });
        println!("{value}");
        return;
    }
    let journal = journal.map_or_else(
        || "without a journal".to_owned(),
        |of| format!("with {} files of the journal, {} bytes", of.files, of.bytes),
    );
    println!(
        "{what}: {} rows of {} tables, taken {} from {} at migration {}, {journal}",
        contents.rows(),
        contents.tables.len(),
        header.taken_at,
        header.database,
        header.migrations.len()
    );
}
