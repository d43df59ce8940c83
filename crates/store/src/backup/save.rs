//! Taking a backup.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::TryStreamExt as _;
use tradewind_types::UnixNanos;

use super::lines::{Header, Line, Stored};
use super::seal::Sealer;
use super::{BackupError, BackupKey, Contents, Watch};
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
    let mut tx = db.snapshot_long().await?;
    let header = Header {
        format: 1,
        taken_at: now.to_rfc3339(),
        build: Some(env!("CARGO_PKG_VERSION").to_owned()),
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
    watch(count, count);
    line(&mut out, &Line::Finished { tables: count })?;
    out.finish()?.finish()?;
    tx.rollback().await?;
    Ok(Contents { header, tables })
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
