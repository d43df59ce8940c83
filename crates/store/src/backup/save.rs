//! Taking a backup.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::TryStreamExt as _;
use tradewind_types::UnixNanos;

use super::lines::{Header, Line, Stored};
use super::seal::Sealer;
use super::{Archived, BackupError, BackupKey, Contents, Watch};
use crate::Db;
use crate::migrate;
use crate::sql::Tx;
use crate::transfer::shape::{self, TableShape};
use crate::transfer::{CopiedTable, Digest, rows};

/// Rows between two looks at the watch.
const LOOK_ROWS: u64 = 1_024;

/// Writes everything in `db` to `to`, as of one moment, encrypted under `key`. `watch` is told how many of the tables are
/// done.
///
/// # Errors
/// [`BackupError`]; what was written then is no backup.
pub async fn backup<W: Write>(
    db: &Db,
    to: W,
    key: &BackupKey,
    now: UnixNanos,
    watch: Watch<'_>,
) -> Result<Contents, BackupError> {
    write(db, to, key, (now, None), watch, |_| Ok(None)).await
}

/// The same, of a set: `journal` saves the journal when the snapshot of the database is over, asking whether to go on, and
/// says what it saved, which the database's file ends with.
pub(super) async fn write<W: Write>(
    db: &Db,
    to: W,
    key: &BackupKey,
    (now, set): (UnixNanos, Option<String>),
    watch: Watch<'_>,
    journal: impl FnOnce(&dyn Fn() -> bool) -> Result<Option<Archived>, BackupError>,
) -> Result<Contents, BackupError> {
    let mut tx = db.snapshot_long().await?;
    let header = Header {
        format: 1,
        taken_at: now.to_rfc3339(),
        build: Some(env!("CARGO_PKG_VERSION").to_owned()),
        set,
        database: db.backend().name().to_owned(),
        migrations: migrate::checksums(&mut tx).await?,
    };
    let mut out = GzEncoder::new(Sealer::new(to, key)?, Compression::default());
    line(&mut out, &Line::Header(header.clone()))?;
    let shapes = shape::tables(&mut tx).await?;
    let count = shapes.len() as u64;
    let mut tables = Vec::new();
    for table in shapes {
        let goes_on = || watch(tables.len() as u64, count);
        let saved = save_table(&mut tx, table, &mut out, &goes_on).await?;
        tables.push(saved);
    }
    tx.rollback().await?;
    // All tables are done: what is asked is only whether to go on.
    let journal = journal(&|| watch(count, count))?;
    watch(count, count);
    let finished = Line::Finished {
        tables: count,
        journal,
    };
    line(&mut out, &finished)?;
    out.finish()?.finish()?;
    Ok(Contents {
        header,
        tables,
        journal,
    })
}

async fn save_table(
    tx: &mut Tx,
    table: TableShape,
    out: &mut impl Write,
    goes_on: &(dyn Fn() -> bool + Sync),
) -> Result<CopiedTable, BackupError> {
    line(out, &Line::Table(table.clone()))?;
    let mut digest = Digest::default();
    let mut stream = rows(tx, &table);
    while let Some(row) = stream.try_next().await? {
        if digest.rows() % LOOK_ROWS == 0 && !goes_on() {
            return Err(BackupError::Stopped);
        }
        digest.add(&row);
        line(out, &Line::Row(row.iter().map(Stored::from).collect()))?;
    }
    let (rows, sha256) = (digest.rows(), digest.sha256());
    line(
        out,
        &Line::End {
            rows,
            sha256: sha256.clone(),
        },
    )?;
    Ok(CopiedTable {
        name: table.name.clone(),
        rows,
        sha256,
    })
}

fn line(out: &mut impl Write, line: &Line) -> Result<(), BackupError> {
    serde_json::to_writer(&mut *out, line).map_err(std::io::Error::from)?;
    out.write_all(b"\n")?;
    Ok(())
}
