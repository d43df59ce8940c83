//! Reading a journal without opening it for writing: a callback over borrowed records ([`scan`]) and an
//! iterator over owned ones ([`read_from`]). Both check what they read and both end quietly before an
//! unfinished write, so that a journal can be read while its writer works.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use crate::frame::RecordRef;
use crate::recovery::{self, check_segment, judge, read_segment};
use crate::{Disk, Head, JournalError, RealDisk, RecordOut, WitnessState, segment, witness};

/// Visits the records of a journal from `from_seq` on, in order, and returns the head.
///
/// # Errors
/// Damage, a lost tail, or the disk's refusal; what was visited before is then not to be used.
pub fn scan(dir: &Path, from_seq: u64, visit: impl FnMut(RecordRef<'_>)) -> Result<Head, JournalError> {
    scan_on(&RealDisk, dir, from_seq, visit)
}

/// [`scan`] on a given disk.
///
/// # Errors
/// As there.
pub fn scan_on<D: Disk>(
    disk: &D,
    dir: &Path,
    from_seq: u64,
    mut visit: impl FnMut(RecordRef<'_>),
) -> Result<Head, JournalError> {
    let witnesses: Vec<Head> = witness::read(disk, dir)?.head().into_iter().collect();
    Ok(recovery::walk_from(disk, dir, from_seq, &witnesses, &mut visit)?.head)
}

/// Visits the records after `after` (a snapshot's head, say), which must be part of the journal.
///
/// # Errors
/// As [`scan`]; [`JournalError::HistoryChanged`] when the journal has another record there,
/// [`JournalError::TailLost`] when it ends before.
pub fn scan_after<D: Disk>(
    disk: &D,
    dir: &Path,
    after: Head,
    mut visit: impl FnMut(RecordRef<'_>),
) -> Result<Head, JournalError> {
    let witnesses: Vec<Head> = witness::read(disk, dir)?
        .head()
        .into_iter()
        .chain(std::iter::once(after))
        .collect();
    let mut behind = |record: RecordRef<'_>| {
        if record.seq > after.seq {
            visit(record);
        }
    };
    // Begins at `after` itself, so that its hash is compared.
    Ok(recovery::walk_from(disk, dir, after.seq, &witnesses, &mut behind)?.head)
}

/// What the witness of a journal says, without opening the journal.
///
/// # Errors
/// The disk's refusal. A witness that is missing or damaged is an answer, not an error.
pub fn witness_on<D: Disk>(disk: &D, dir: &Path) -> Result<WitnessState, JournalError> {
    witness::read(disk, dir)
}

/// Iterates over the records of a journal from `from_seq` on.
pub fn read_from(dir: &Path, from_seq: u64) -> Records<RealDisk> {
    read_from_on(RealDisk, dir, from_seq)
}

/// [`read_from`] on a given disk.
pub fn read_from_on<D: Disk>(disk: D, dir: &Path, from_seq: u64) -> Records<D> {
    Records {
        disk,
        dir: dir.to_owned(),
        from_seq,
        state: State::Begin,
        image: Vec::new(),
        ready: VecDeque::new(),
    }
}

/// Iterator over owned records; holds one segment in memory. After an error it ends.
pub struct Records<D: Disk> {
    disk: D,
    dir: PathBuf,
    from_seq: u64,
    state: State,
    image: Vec<u8>,
    ready: VecDeque<RecordOut>,
}

enum State {
    Begin,
    Reading {
        segments: VecDeque<u64>,
        before: Option<Head>,
        witnesses: Vec<Head>,
    },
    Done,
}

impl<D: Disk> Records<D> {
    fn begin(&mut self) -> Result<State, JournalError> {
        let witnesses = witness::read(&self.disk, &self.dir)?.head().into_iter().collect();
        let mut segments: VecDeque<u64> = segment::list(&self.disk, &self.dir)?.into();
        let skipped = segments
            .partition_point(|first| *first <= self.from_seq)
            .saturating_sub(1);
        segments.drain(..skipped);
        let before = (skipped == 0).then_some(Head::GENESIS);
        Ok(State::Reading {
            segments,
            before,
            witnesses,
        })
    }

    /// Reads one segment into `ready`; false at the end.
    fn fill(&mut self) -> Result<bool, JournalError> {
        if matches!(self.state, State::Begin) {
            self.state = self.begin()?;
        }
        let State::Reading {
            segments,
            before,
            witnesses,
        } = &mut self.state
        else {
            return Ok(false);
        };
        let Some(first_seq) = segments.pop_front() else {
            let found = before.unwrap_or(Head::GENESIS);
            return match witnesses.iter().find(|witness| witness.seq > found.seq) {
                Some(witness) => Err(JournalError::TailLost {
                    witness: *witness,
                    found,
                }),
                None => Ok(false),
            };
        };
        let name = segment::name(first_seq);
        read_segment(&self.disk, &self.dir, &name, first_seq, &mut self.image)?;
        let ready = &mut self.ready;
        let check = check_segment(
            &self.image,
            &name,
            first_seq,
            *before,
            self.from_seq,
            &mut |record| recovery::check_witnesses(record, witnesses),
            &mut |record| ready.push_back(record.to_owned_record()),
        )?;
        if let Some(stop) = &check.stop {
            judge(stop, segments.is_empty(), witnesses)?;
        }
        *before = Some(check.head);
        Ok(true)
    }
}

impl<D: Disk> Iterator for Records<D> {
    type Item = Result<RecordOut, JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(record) = self.ready.pop_front() {
                return Some(Ok(record));
            }
            match self.fill() {
                Ok(true) => {}
                Ok(false) => {
                    self.state = State::Done;
                    return None;
                }
                Err(error) => {
                    self.state = State::Done;
                    self.ready.clear();
                    return Some(Err(error));
                }
            }
        }
    }
}
