//! The journal of one node: segment files, one fsync for each commit group, down after the first
//! failure.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::disk::OpenMode;
use crate::frame::{self, FRAME_HEADER_BYTES, RecordRef};
use crate::recovery::{self, LastSegment, Recovered, Walk};
use crate::segment::{self, SEGMENT_HEADER_BYTES};
use crate::witness::{self, Witness, WitnessState};
use crate::{Disk, DiskFile, Head, Journal, JournalConfig, JournalError, RealDisk, RecordIn};

/// File name of the single writer's lock.
const LOCK_FILE: &str = "lock";

/// What a journal has done since it was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JournalStats {
    /// Commit groups made durable.
    pub groups: u64,
    /// Records in them.
    pub records: u64,
    /// Bytes in them, frames included.
    pub bytes: u64,
    /// Time spent in fsync of segments.
    pub fsync: Duration,
    /// Segments begun.
    pub rotations: u64,
    /// Writes of the witness that failed; no record is lost by them.
    pub witness_failures: u64,
}

/// A journal in a directory of a [`Disk`].
pub struct FileJournal<D: Disk = RealDisk> {
    disk: D,
    config: JournalConfig,
    segment: OpenSegment<D::File>,
    witness: Witness<D::File>,
    head: Head,
    /// Frames of the open commit group, not yet sealed.
    pending: Vec<u8>,
    pending_records: u32,
    down: Option<String>,
    stats: JournalStats,
    _lock: D::Lock,
}

struct OpenSegment<F> {
    file: F,
    path: PathBuf,
    bytes: u64,
}

impl FileJournal<RealDisk> {
    /// Opens or begins the journal of a directory: everything is checked, an unfinished write at the
    /// end is cut off and reported.
    ///
    /// # Errors
    /// Any [`JournalError`] but `Down`; nothing on disk is changed when it is damage.
    pub fn open(config: JournalConfig) -> Result<(Self, Recovered), JournalError> {
        Self::open_on(RealDisk, config)
    }
}

impl<D: Disk> FileJournal<D> {
    /// [`FileJournal::open`] on a given disk.
    ///
    /// # Errors
    /// As there.
    pub fn open_on(disk: D, config: JournalConfig) -> Result<(Self, Recovered), JournalError> {
        Self::open_with(disk, config, u64::MAX, |_| {})
    }

    /// Opens and visits the records from `from_seq` on in the same pass, so that recovery reads the
    /// journal once. What was visited counts only when this returns `Ok`.
    ///
    /// # Errors
    /// As [`FileJournal::open`].
    pub fn open_with(
        disk: D,
        config: JournalConfig,
        from_seq: u64,
        mut visit: impl FnMut(RecordRef<'_>),
    ) -> Result<(Self, Recovered), JournalError> {
        config.check()?;
        let dir = config.dir.clone();
        disk.create_dir_all(&dir)
            .map_err(JournalError::io("create", &dir))?;
        let lock_path = dir.join(LOCK_FILE);
        let lock = disk
            .try_lock(&lock_path)
            .map_err(JournalError::io("lock", &lock_path))?;
        let lock = lock.ok_or(JournalError::Locked { path: lock_path })?;

        let state = witness::read(&disk, &dir)?;
        let witnesses: Vec<Head> = state.head().into_iter().chain(config.expected_head).collect();
        let walk = recovery::walk_all(&disk, &dir, from_seq, &witnesses, &mut visit)?;
        let segment = settle(&disk, &config, &walk, &state)?;
        let mut witness = Witness::open(&disk, &dir)?;
        witness.note_synced(walk.head)?;
        disk.sync_dir(&dir).map_err(JournalError::io("fsync", &dir))?;
        if let Some(torn) = &walk.torn {
            tracing::warn!(segment = torn.segment, offset = torn.offset, bytes = torn.bytes,
                reason = %torn.reason, "journal: an unfinished write was cut off");
        }
        let recovered = Recovered {
            head: walk.head,
            records: walk.records,
            segments: walk.segments.max(1),
            torn_tail: walk.torn,
            witness: state,
        };
        let journal = Self {
            disk,
            config,
            segment,
            witness,
            head: walk.head,
            pending: Vec::new(),
            pending_records: 0,
            down: None,
            stats: JournalStats::default(),
            _lock: lock,
        };
        Ok((journal, recovered))
    }

    /// Counters since opening.
    #[must_use]
    pub fn stats(&self) -> JournalStats {
        self.stats
    }

    /// Why the journal is down, if it is.
    #[must_use]
    pub fn down_reason(&self) -> Option<&str> {
        self.down.as_deref()
    }

    fn check_up(&self) -> Result<(), JournalError> {
        match &self.down {
            Some(reason) => Err(JournalError::Down {
                reason: reason.clone(),
            }),
            None => Ok(()),
        }
    }

    /// Writes the sealed group and fsyncs it, in a new segment when it does not fit into this one.
    fn write_group(&mut self) -> Result<(), JournalError> {
        let bytes = self.pending.len() as u64;
        let has_records = self.segment.bytes > SEGMENT_HEADER_BYTES as u64;
        if has_records && self.segment.bytes + bytes > self.config.segment_bytes_max {
            // The full segment was fsynced by its last commit. From here on only the new one is written.
            self.segment = begin_segment(&self.disk, &self.config, self.head)?;
            self.stats.rotations += 1;
        }
        let segment = &mut self.segment;
        segment
            .file
            .write_all_at(&self.pending, segment.bytes)
            .map_err(JournalError::io("write", &segment.path))?;
        let started = Instant::now();
        segment
            .file
            .sync()
            .map_err(JournalError::io("fsync", &segment.path))?;
        self.stats.fsync += started.elapsed();
        segment.bytes += bytes;
        Ok(())
    }

    /// Tells the witness. The records are durable already, so a failure is counted and no more.
    fn note_head(&mut self, rotated: bool) {
        let every = u64::from(self.config.witness_sync_every);
        let due = rotated || (every > 0 && self.stats.groups.is_multiple_of(every));
        let noted = if due {
            self.witness.note_synced(self.head)
        } else {
            self.witness.note(self.head)
        };
        if let Err(error) = noted {
            self.stats.witness_failures += 1;
            tracing::warn!(%error, "journal: the witness was not written");
        }
    }
}

impl<D: Disk> Journal for FileJournal<D> {
    fn append(&mut self, records: &[RecordIn<'_>]) -> Result<u64, JournalError> {
        self.check_up()?;
        let max = self.config.record_bytes_max;
        let mut bytes = self.pending.len() as u64;
        for record in records {
            if record.payload.len() > max as usize {
                return Err(JournalError::RecordTooLarge {
                    bytes: record.payload.len(),
                    max,
                });
            }
            bytes += (FRAME_HEADER_BYTES + record.payload.len()) as u64;
        }
        if bytes > self.config.group_bytes_max {
            return Err(JournalError::GroupTooLarge {
                bytes,
                max: self.config.group_bytes_max,
            });
        }
        for record in records {
            let seq = self.head.seq + u64::from(self.pending_records) + 1;
            frame::push_unsealed(&mut self.pending, seq, self.pending_records, record);
            self.pending_records += 1;
        }
        Ok(self.head.seq + u64::from(self.pending_records))
    }

    fn commit(&mut self) -> Result<Head, JournalError> {
        self.check_up()?;
        if self.pending.is_empty() {
            return Ok(self.head);
        }
        let sealed = frame::seal_group(&mut self.pending, self.head);
        let rotations = self.stats.rotations;
        if let Err(error) = self.write_group() {
            tracing::error!(%error, "journal: down");
            self.down = Some(error.to_string());
            self.pending = Vec::new();
            self.pending_records = 0;
            return Err(error);
        }
        self.head = sealed;
        self.stats.groups += 1;
        self.stats.records += u64::from(self.pending_records);
        self.stats.bytes += self.pending.len() as u64;
        self.pending.clear();
        self.pending_records = 0;
        self.note_head(self.stats.rotations > rotations);
        Ok(self.head)
    }

    fn head(&self) -> Head {
        self.head
    }

    fn group_bytes_max(&self) -> u64 {
        self.config.group_bytes_max
    }
}

impl<D: Disk> Drop for FileJournal<D> {
    fn drop(&mut self) {
        if self.down.is_none()
            && let Err(error) = self.witness.note_synced(self.head)
        {
            tracing::warn!(%error, "journal: the witness was not written at close");
        }
    }
}

/// Makes the disk agree with what the check found: the unfinished write is cut off, the last group is
/// on disk for sure, and there is a segment to write on.
fn settle<D: Disk>(
    disk: &D,
    config: &JournalConfig,
    walk: &Walk,
    state: &WitnessState,
) -> Result<OpenSegment<D::File>, JournalError> {
    if let Some(first_seq) = walk.headless {
        let path = config.dir.join(segment::name(first_seq));
        disk.remove(&path).map_err(JournalError::io("remove", &path))?;
    }
    let Some(last) = &walk.last else {
        return begin_segment(disk, config, Head::GENESIS);
    };
    let path = config.dir.join(segment::name(last.first_seq));
    let mut file = disk
        .open(&path, OpenMode::Write)
        .map_err(JournalError::io("open", &path))?;
    if walk.torn.is_some() && walk.headless.is_none() {
        file.set_len(last.good_bytes)
            .map_err(JournalError::io("truncate", &path))?;
    }
    if last.good_bytes <= SEGMENT_HEADER_BYTES as u64 {
        // The fsync of a header alone may have failed, too: no frame behind it says that it did not.
        file.write_all_at(&segment::header(walk.head), 0)
            .map_err(JournalError::io("rewrite", &path))?;
    } else if state.head().is_none_or(|witness| witness.seq < walk.head.seq) {
        rewrite_last_group(&mut file, last).map_err(JournalError::io("rewrite", &path))?;
    }
    file.sync().map_err(JournalError::io("fsync", &path))?;
    Ok(OpenSegment {
        file,
        path,
        bytes: last.good_bytes,
    })
}

/// After a failed fsync the kernel may show bytes that are not on disk and call them clean. Only the
/// last group can be such (each later one needs the fsync before it), so it is written once more.
fn rewrite_last_group<F: DiskFile>(file: &mut F, last: &LastSegment) -> std::io::Result<()> {
    let mut image = Vec::new();
    file.read_whole(&mut image)?;
    // The range was read and checked a moment ago under the lock.
    let group = image.get(last.last_group_at as usize..last.good_bytes as usize);
    file.write_all_at(
        group.ok_or(std::io::ErrorKind::UnexpectedEof)?,
        last.last_group_at,
    )
}

/// Begins the segment after `before`: header, fsync, directory fsync, and only then any frame.
fn begin_segment<D: Disk>(
    disk: &D,
    config: &JournalConfig,
    before: Head,
) -> Result<OpenSegment<D::File>, JournalError> {
    let path = config.dir.join(segment::name(before.seq + 1));
    let mut file = disk
        .open(&path, OpenMode::CreateNew)
        .map_err(JournalError::io("create", &path))?;
    file.write_all_at(&segment::header(before), 0)
        .map_err(JournalError::io("write", &path))?;
    file.sync().map_err(JournalError::io("fsync", &path))?;
    disk.sync_dir(&config.dir)
        .map_err(JournalError::io("fsync", &config.dir))?;
    Ok(OpenSegment {
        file,
        path,
        bytes: SEGMENT_HEADER_BYTES as u64,
    })
}
