//! Reading a backup: to look it through, or into a database.

use std::io::{BufRead, BufReader, Read};

use flate2::read::GzDecoder;
use futures_util::TryStreamExt as _;
use tradewind_types::UnixNanos;

use super::lines::{Header, Line};
use super::seal::Opener;
use super::{Archived, BackupError, BackupKey, Contents};
use crate::migrate::{self, MIGRATIONS};
use crate::sql::{Cell, Tx};
use crate::transfer::shape::{self, TableShape};
use crate::transfer::{self, CopiedTable, Digest, Inserter};
use crate::{Db, StoreError};

/// Longest line, bytes: the largest row that any table takes, and far more.
const LINE_MAX: u64 = 64 << 20;

/// Rows between two looks at whether to go on.
const LOOK_ROWS: u64 = 1_024;

/// Reads a backup to its end and checks everything in it, without a database.
///
/// # Errors
/// [`BackupError::Broken`] with the first thing that is wrong; [`BackupError::Io`].
pub fn verify(from: impl Read, key: &BackupKey) -> Result<Contents, BackupError> {
    let mut lines = Lines::open(from, key)?;
    let header = lines.header()?;
    let mut tables = Vec::new();
    while let Some(table) = lines.table()? {
        let mut digest = Digest::default();
        while let Some(row) = lines.row()? {
            digest.add(&row);
        }
        tables.push(lines.end(&table, &digest)?);
    }
    let journal = lines.finished(&tables)?;
    Ok(Contents {
        header,
        tables,
        journal,
    })
}

/// What a restore asks on its way.
pub(super) struct Asked<'a> {
    /// Whether to go on.
    pub(super) goes_on: &'a (dyn Fn() -> bool + Sync),
    /// Whether what was read may hold, before it does.
    pub(super) agrees: &'a (dyn Fn(&Contents) -> Result<(), BackupError> + Sync),
}

/// Restores a backup into an empty database, brings it to the newest migration, and compares what is in it with the
/// backup's checksums. A database without any table is migrated to where the backup was first.
///
/// # Errors
/// [`BackupError`]; no row of it is in the database then.
pub async fn restore(
    from: impl Read,
    key: &BackupKey,
    db: &Db,
    now: UnixNanos,
) -> Result<Contents, BackupError> {
    let asked = Asked {
        goes_on: &|| true,
        agrees: &|_| Ok(()),
    };
    restore_asking(from, key, db, now, &asked).await
}

/// The same, asking on its way.
pub(super) async fn restore_asking(
    from: impl Read,
    key: &BackupKey,
    db: &Db,
    now: UnixNanos,
    asked: &Asked<'_>,
) -> Result<Contents, BackupError> {
    let mut lines = Lines::open(from, key)?;
    let header = lines.header()?;
    let at = known(&header)?;
    migrate::up_to(db, at, now).await?;
    let mut tx = db.begin_long("restore").await?;
    if migrate::checksums(&mut tx).await? != header.migrations {
        return Err(BackupError::Store(StoreError::Schema(format!(
            "the backup is at migration {} and the database behind it; restore into a new one",
            at
        ))));
    }
    let there = shape::tables(&mut tx).await?;
    transfer::refuse_rows(&mut tx, &there).await?;
    let mut tables = Vec::new();
    while let Some(table) = lines.table()? {
        if !there.iter().any(|own| same(own, &table)) {
            let text = format!("its table {} is not as its migrations make it", table.name);
            return Err(BackupError::Broken(text));
        }
        tables.push(load_table(&mut tx, &mut lines, &table, asked.goes_on).await?);
    }
    let journal = lines.finished(&tables)?;
    let contents = Contents {
        header,
        tables,
        journal,
    };
    (asked.agrees)(&contents)?;
    // With the rows or not at all: half a restore would leave a database that a second one refuses.
    migrate::up_within(db, &mut tx, now).await?;
    tx.commit().await?;
    Ok(contents)
}

fn same(own: &TableShape, table: &TableShape) -> bool {
    own.name == table.name && own.columns == table.columns && own.key == table.key
}

async fn load_table<R: Read>(
    tx: &mut Tx,
    lines: &mut Lines<R>,
    table: &TableShape,
    goes_on: &(dyn Fn() -> bool + Sync),
) -> Result<CopiedTable, BackupError> {
    let mut digest = Digest::default();
    let mut inserter = Inserter::new(table);
    while let Some(row) = lines.row()? {
        digest.add(&row);
        inserter.push(tx, row).await?;
    }
    inserter.flush(tx).await?;
    let loaded = lines.end(table, &digest)?;
    if read_back(tx, table, goes_on).await?.sha256() != loaded.sha256 {
        let text = format!("table {} reads back otherwise than it was written", table.name);
        return Err(BackupError::Broken(text));
    }
    Ok(loaded)
}

/// The checksum of a table as it is now.
async fn read_back(
    tx: &mut Tx,
    table: &TableShape,
    goes_on: &(dyn Fn() -> bool + Sync),
) -> Result<Digest, BackupError> {
    let mut digest = Digest::default();
    let mut stream = transfer::rows(tx, table);
    while let Some(row) = stream.try_next().await? {
        if digest.rows() % LOOK_ROWS == 0 && !goes_on() {
            return Err(BackupError::Stopped);
        }
        digest.add(&row);
    }
    Ok(digest)
}

/// How many migrations a backup has, all of which this program knows.
fn known(header: &Header) -> Result<usize, BackupError> {
    let ours = MIGRATIONS.iter().map(migrate::Migration::checksum);
    let count = header.migrations.len();
    if count <= MIGRATIONS.len() && ours.take(count).eq(header.migrations.iter().cloned()) {
        return Ok(count);
    }
    Err(BackupError::Store(StoreError::Schema(format!(
        "the backup is at migration {count}, which this program does not know; use the program that made it or a newer one"
    ))))
}

/// The lines of a backup, one after the other.
struct Lines<R: Read> {
    from: BufReader<GzDecoder<Opener<R>>>,
    text: Vec<u8>,
    /// A line that was read and not asked for.
    held: Option<Line>,
}

fn broken(text: impl Into<String>) -> BackupError {
    BackupError::Broken(text.into())
}

impl<R: Read> Lines<R> {
    fn open(from: R, key: &BackupKey) -> Result<Self, BackupError> {
        let opener = Opener::new(from, key).map_err(failed)?;
        Ok(Self {
            from: BufReader::new(GzDecoder::new(opener)),
            text: Vec::new(),
            held: None,
        })
    }

    fn next(&mut self) -> Result<Line, BackupError> {
        if let Some(line) = self.held.take() {
            return Ok(line);
        }
        self.text.clear();
        let mut limited = (&mut self.from).take(LINE_MAX);
        limited.read_until(b'\n', &mut self.text).map_err(failed)?;
        if self.text.last() != Some(&b'\n') {
            return Err(broken("it ends within a line, or a line is too long"));
        }
        serde_json::from_slice(&self.text).map_err(|error| broken(format!("a line cannot be read: {error}")))
    }

    fn header(&mut self) -> Result<Header, BackupError> {
        match self.next()? {
            Line::Header(header) if header.format == 1 => Ok(header),
            Line::Header(header) => Err(broken(format!("its format is {}, not 1", header.format))),
            _ => Err(broken("it does not begin with a header")),
        }
    }

    /// The next table; none when there is no more.
    fn table(&mut self) -> Result<Option<TableShape>, BackupError> {
        match self.next()? {
            Line::Table(table) => Ok(Some(table)),
            line @ Line::Finished { .. } => {
                self.held = Some(line);
                Ok(None)
            }
            _ => Err(broken("a row stands outside of a table")),
        }
    }

    /// The next row of the table; none when it is over.
    fn row(&mut self) -> Result<Option<Vec<Cell>>, BackupError> {
        match self.next()? {
            Line::Row(row) => {
                let cells: Option<Vec<Cell>> = row.into_iter().map(super::lines::Stored::cell).collect();
                cells.map(Some).ok_or_else(|| broken("a row cannot be read"))
            }
            line => {
                self.held = Some(line);
                Ok(None)
            }
        }
    }

    /// The end of a table, whose rows were those of the digest.
    fn end(&mut self, table: &TableShape, digest: &Digest) -> Result<CopiedTable, BackupError> {
        let Line::End { rows, sha256 } = self.next()? else {
            return Err(broken(format!("table {} has no end", table.name)));
        };
        if (rows, &sha256) != (digest.rows(), &digest.sha256()) {
            return Err(broken(format!("the checksum of table {} is another", table.name)));
        }
        Ok(CopiedTable {
            name: table.name.clone(),
            rows,
            sha256,
        })
    }

    /// The end of everything; what it says of the journal's file.
    fn finished(&mut self, tables: &[CopiedTable]) -> Result<Option<Archived>, BackupError> {
        let Line::Finished {
            tables: count,
            journal,
        } = self.next()?
        else {
            return Err(broken("it has no end"));
        };
        if count != tables.len() as u64 {
            return Err(broken(format!("it says {count} tables and has {}", tables.len())));
        }
        // Reads the last piece, which says that nothing is missing.
        let more = std::io::copy(&mut self.from, &mut std::io::sink()).map_err(failed)?;
        if more > 0 {
            return Err(broken("something stands behind its end"));
        }
        Ok(journal)
    }
}

/// What the opener found wrong is no trouble of the disk.
fn failed(error: std::io::Error) -> BackupError {
    match error.kind() {
        std::io::ErrorKind::InvalidData
        | std::io::ErrorKind::InvalidInput
        | std::io::ErrorKind::UnexpectedEof => broken(error.to_string()),
        _ => BackupError::Io(error),
    }
}
