//! Checking a journal from its files: every frame's checksum, sequence, place in its group and chain,
//! every seam between segments, and the heads that were witnessed. Decides what is a torn tail and what
//! is damage; changes nothing.

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::disk::OpenMode;
use crate::error::{Damage, DamageReason, hex};
use crate::frame::{self, RecordRef};
use crate::segment::{self, SEGMENT_HEADER_BYTES};
use crate::witness::WitnessState;
use crate::{Disk, DiskFile, Head, JournalError, SEGMENT_BYTES_MAX_LIMIT};

/// What opening found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// The durable end of the journal.
    pub head: Head,
    /// Records in the journal.
    pub records: u64,
    /// Segment files.
    pub segments: u64,
    /// What was cut off because it had never been acknowledged.
    pub torn_tail: Option<TornTail>,
    /// What the witness file said.
    pub witness: WitnessState,
}

/// An unfinished write at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TornTail {
    /// File name of the segment.
    pub segment: String,
    /// Where the unfinished commit group begins: the size of the file once it is cut.
    pub offset: u64,
    /// Bytes behind that.
    pub bytes: u64,
    /// First break in them.
    pub reason: DamageReason,
}

/// Where a segment stops making sense.
pub(crate) struct Stop {
    pub(crate) damage: Damage,
    /// First sequence of the commit group that is broken.
    pub(crate) group_seq: u64,
    /// First sequence of a later group that is readable behind the break.
    pub(crate) later_group: Option<u64>,
    /// Head after the last whole frame, of an unfinished group too.
    pub(crate) last_whole: Head,
}

/// One segment, checked.
pub(crate) struct SegmentCheck {
    /// Head after the last whole commit group.
    pub(crate) head: Head,
    pub(crate) records: u64,
    /// Bytes up to the end of the last whole commit group; 0 when the header is not readable.
    pub(crate) good_bytes: u64,
    /// Where the last whole commit group begins.
    pub(crate) last_group_at: u64,
    pub(crate) stop: Option<Stop>,
}

/// The last segment that holds something, ready to be written on.
pub(crate) struct LastSegment {
    pub(crate) first_seq: u64,
    pub(crate) good_bytes: u64,
    pub(crate) last_group_at: u64,
}

/// A journal, checked.
pub(crate) struct Walk {
    pub(crate) head: Head,
    pub(crate) records: u64,
    pub(crate) segments: u64,
    pub(crate) last: Option<LastSegment>,
    pub(crate) torn: Option<TornTail>,
    /// A last segment without a whole header, to be removed.
    pub(crate) headless: Option<u64>,
}

/// Checks the whole journal and visits its records from `from_seq` on.
pub(crate) fn walk_all<D: Disk>(
    disk: &D,
    dir: &Path,
    from_seq: u64,
    witnesses: &[Head],
    visit: &mut dyn FnMut(RecordRef<'_>),
) -> Result<Walk, JournalError> {
    let segments = segment::list(disk, dir)?;
    walk(disk, dir, (&segments, 0), from_seq, witnesses, visit)
}

/// Checks the journal from the segment that holds `from_seq` (whose header is believed unless it is the
/// first) and visits the records from there on.
pub(crate) fn walk_from<D: Disk>(
    disk: &D,
    dir: &Path,
    from_seq: u64,
    witnesses: &[Head],
    visit: &mut dyn FnMut(RecordRef<'_>),
) -> Result<Walk, JournalError> {
    let segments = segment::list(disk, dir)?;
    let skipped = segments
        .partition_point(|first| *first <= from_seq)
        .saturating_sub(1);
    walk(disk, dir, (&segments, skipped), from_seq, witnesses, visit)
}

/// Checks all segments but the first `skipped` ones.
fn walk<D: Disk>(
    disk: &D,
    dir: &Path,
    (all, skipped): (&[u64], usize),
    from_seq: u64,
    witnesses: &[Head],
    visit: &mut dyn FnMut(RecordRef<'_>),
) -> Result<Walk, JournalError> {
    let segments = &all[skipped..];
    let mut walk = Walk {
        head: Head::GENESIS,
        records: 0,
        segments: all.len() as u64,
        last: None,
        torn: None,
        headless: None,
    };
    let mut before = (skipped == 0).then_some(Head::GENESIS);
    let mut watch = |record: &RecordRef<'_>| check_witnesses(record, witnesses);
    let mut images = Images::start(disk, dir, segments)?;
    for (index, first_seq) in segments.iter().enumerate() {
        let name = segment::name(*first_seq);
        let image = images.next()?;
        let check = check_segment(&image, &name, *first_seq, before, from_seq, &mut watch, visit)?;
        before = Some(check.head);
        if let Some(stop) = &check.stop {
            judge(stop, index + 1 == segments.len(), witnesses)?;
        }
        walk.take(check, name, *first_seq, image.len() as u64);
        images.give_back(image);
    }
    match witnesses.iter().find(|witness| witness.seq > walk.head.seq) {
        Some(witness) => Err(JournalError::TailLost {
            witness: *witness,
            found: walk.head,
        }),
        None => Ok(walk),
    }
}

impl Walk {
    /// Adds a segment that was checked and, if it stops early, judged to be torn.
    fn take(&mut self, check: SegmentCheck, name: String, first_seq: u64, bytes: u64) {
        self.records += check.records;
        self.head = check.head;
        if check.good_bytes > 0 {
            let SegmentCheck {
                good_bytes,
                last_group_at,
                ..
            } = check;
            self.last = Some(LastSegment {
                first_seq,
                good_bytes,
                last_group_at,
            });
        }
        let Some(stop) = check.stop else {
            return;
        };
        if check.good_bytes == 0 {
            self.headless = Some(first_seq);
            self.segments -= 1;
        }
        self.torn = Some(TornTail {
            segment: name,
            offset: check.good_bytes,
            bytes: bytes - check.good_bytes,
            reason: stop.damage.reason,
        });
    }
}

/// Reads the segments, one after the other: on a thread of its own while the one before is checked, where the disk
/// gains by it. At most three images exist at a time and their memory is used again.
enum Images<'a, D: Disk> {
    Ahead {
        images: Receiver<Result<Vec<u8>, JournalError>>,
        spares: SyncSender<Vec<u8>>,
    },
    Inline {
        disk: &'a D,
        dir: &'a Path,
        left: std::slice::Iter<'a, u64>,
        spare: Vec<u8>,
    },
}

impl<'a, D: Disk> Images<'a, D> {
    fn start(disk: &'a D, dir: &'a Path, segments: &'a [u64]) -> Result<Self, JournalError> {
        if !D::READ_AHEAD {
            let (left, spare) = (segments.iter(), Vec::new());
            return Ok(Self::Inline {
                disk,
                dir,
                left,
                spare,
            });
        }
        let (full, images) = sync_channel(1);
        let (spares, empty) = sync_channel::<Vec<u8>>(3);
        let (disk, segments, place) = (disk.clone(), segments.to_vec(), dir.to_owned());
        // Not joined: it ends by itself when it has read all, or when nobody takes the next image.
        std::thread::Builder::new()
            .name("journal-read".to_owned())
            .spawn(move || {
                for first_seq in segments {
                    let mut image = empty.try_recv().unwrap_or_default();
                    let name = segment::name(first_seq);
                    let read = read_segment(&disk, &place, &name, first_seq, &mut image);
                    if full.send(read.map(|()| image)).is_err() {
                        return;
                    }
                }
            })
            .map_err(JournalError::io("read", dir))?;
        Ok(Self::Ahead { images, spares })
    }

    fn next(&mut self) -> Result<Vec<u8>, JournalError> {
        let early = || {
            // Only a panic in the disk ends the thread before its last segment.
            let source = std::io::Error::other("the reading thread ended early");
            Err(JournalError::Io {
                op: "read",
                path: std::path::PathBuf::new(),
                source,
            })
        };
        match self {
            Self::Ahead { images, .. } => images.recv().unwrap_or_else(|_| early()),
            Self::Inline {
                disk,
                dir,
                left,
                spare,
            } => {
                let Some(first_seq) = left.next() else {
                    return early();
                };
                let mut image = std::mem::take(spare);
                read_segment(*disk, dir, &segment::name(*first_seq), *first_seq, &mut image)?;
                Ok(image)
            }
        }
    }

    fn give_back(&mut self, image: Vec<u8>) {
        match self {
            // A full or closed queue only means that the memory is freed here.
            Self::Ahead { spares, .. } => drop(spares.try_send(image)),
            Self::Inline { spare, .. } => *spare = image,
        }
    }
}

/// Reads a segment whole into `image`.
pub(crate) fn read_segment<D: Disk>(
    disk: &D,
    dir: &Path,
    name: &str,
    first_seq: u64,
    image: &mut Vec<u8>,
) -> Result<(), JournalError> {
    let path = dir.join(name);
    let file = disk
        .open(&path, OpenMode::Read)
        .map_err(JournalError::io("open", &path))?;
    let size = file.size().map_err(JournalError::io("size", &path))?;
    if size > SEGMENT_BYTES_MAX_LIMIT {
        let what = format!("{size} bytes are above the limit of {SEGMENT_BYTES_MAX_LIMIT}");
        let reason = DamageReason::SegmentHeader { what };
        return Err(corrupt(Damage {
            segment: name.to_owned(),
            offset: 0,
            seq: first_seq,
            reason,
        }));
    }
    file.read_whole(image).map_err(JournalError::io("read", &path))
}

pub(crate) fn corrupt(damage: Damage) -> JournalError {
    JournalError::Corrupt(Box::new(damage))
}

/// A record at a witnessed sequence must be the one that was witnessed.
pub(crate) fn check_witnesses(record: &RecordRef<'_>, witnesses: &[Head]) -> Result<(), JournalError> {
    for witness in witnesses {
        if witness.seq == record.seq && witness.hash != *record.hash {
            return Err(JournalError::HistoryChanged {
                witness: *witness,
                found: record.head(),
            });
        }
    }
    Ok(())
}

/// Whether a stop is a torn tail (`Ok`) or damage to something that had been durable.
pub(crate) fn judge(stop: &Stop, is_last: bool, witnesses: &[Head]) -> Result<(), JournalError> {
    let witness = witnesses
        .iter()
        .max_by_key(|witness| witness.seq)
        .copied()
        .unwrap_or(Head::GENESIS);
    if is_last
        && matches!(stop.damage.reason, DamageReason::GroupOpen { .. })
        && witness.seq >= stop.group_seq
    {
        return Err(JournalError::TailLost {
            witness,
            found: stop.last_whole,
        });
    }
    let torn = is_last
        && witness.seq < stop.group_seq
        && stop.later_group.is_none()
        && stop.damage.reason.looks_torn();
    if torn {
        Ok(())
    } else {
        Err(corrupt(stop.damage.clone()))
    }
}

/// Checks one segment in memory. `before` is the head it must continue (`None`: believe its header).
/// Records from `from_seq` on are visited as soon as their commit group proves whole; `watch` sees each
/// record before that and may refuse.
pub(crate) fn check_segment(
    image: &[u8],
    name: &str,
    first_seq: u64,
    before: Option<Head>,
    from_seq: u64,
    watch: &mut dyn FnMut(&RecordRef<'_>) -> Result<(), JournalError>,
    visit: &mut dyn FnMut(RecordRef<'_>),
) -> Result<SegmentCheck, JournalError> {
    let damage = |offset: usize, seq, reason| Damage {
        segment: name.to_owned(),
        offset: offset as u64,
        seq,
        reason,
    };
    let mut head = match check_header(image, first_seq, before) {
        Ok(head) => head,
        Err(reason) => return Ok(header_stop(image, damage(0, first_seq, reason), before)),
    };
    let mut check = SegmentCheck {
        head,
        records: 0,
        good_bytes: SEGMENT_HEADER_BYTES as u64,
        last_group_at: SEGMENT_HEADER_BYTES as u64,
        stop: None,
    };
    let (mut at, mut group_at, mut group_index) = (SEGMENT_HEADER_BYTES, SEGMENT_HEADER_BYTES, 0_u32);
    let reason = loop {
        if at == image.len() {
            if group_index == 0 {
                return Ok(check);
            }
            break DamageReason::GroupOpen {
                group_seq: check.head.seq + 1,
            };
        }
        let record = match frame::decode(&image[at..], SEGMENT_BYTES_MAX_LIMIT) {
            Ok(record) => record,
            Err(reason) => break reason,
        };
        let end = at + record.frame_bytes();
        if let Err(reason) = frame::check_links(&image[at..end], &record, &head, group_index) {
            break reason;
        }
        watch(&record)?;
        head = record.head();
        at = end;
        group_index += 1;
        if record.is_group_last() {
            check.records += u64::from(group_index);
            check.head = head;
            check.good_bytes = at as u64;
            check.last_group_at = group_at as u64;
            if head.seq >= from_seq {
                visit_group(&image[group_at..at], from_seq, visit);
            }
            (group_at, group_index) = (at, 0);
        }
    };
    let group_seq = check.head.seq + 1;
    // The broken frame itself may hold anything; a later group can begin behind its first byte.
    let behind = image.get(at + 1..).unwrap_or_default();
    check.stop = Some(Stop {
        damage: damage(at, head.seq + 1, reason),
        group_seq,
        later_group: frame::later_group_in(behind, group_seq, head.seq + 1, SEGMENT_BYTES_MAX_LIMIT),
        last_whole: head,
    });
    Ok(check)
}

fn visit_group(group: &[u8], from_seq: u64, visit: &mut dyn FnMut(RecordRef<'_>)) {
    let mut rest = group;
    while !rest.is_empty() {
        let record = frame::parse_checked(rest);
        rest = &rest[record.frame_bytes()..];
        if record.seq >= from_seq {
            visit(record);
        }
    }
}

fn check_header(image: &[u8], first_seq: u64, before: Option<Head>) -> Result<Head, DamageReason> {
    if let Some(before) = before
        && before.seq + 1 != first_seq
    {
        return Err(DamageReason::SegmentMissing {
            expected: before.seq + 1,
            found: first_seq,
        });
    }
    let head = segment::parse_header(image)?;
    if head.seq + 1 != first_seq {
        let what = format!(
            "first sequence {}, the file's name says {first_seq}",
            head.seq + 1
        );
        return Err(DamageReason::SegmentHeader { what });
    }
    match before {
        Some(before) if before.hash != head.hash => Err(DamageReason::Chain {
            expected: hex(&before.hash),
            actual: hex(&head.hash),
        }),
        _ => Ok(head),
    }
}

/// A header that cannot be used. Frames are written only after the header was fsynced, so a file with
/// more than a header is never just unfinished.
fn header_stop(image: &[u8], mut damage: Damage, before: Option<Head>) -> SegmentCheck {
    let group_seq = damage.seq;
    let unfinished =
        image.len() <= SEGMENT_HEADER_BYTES && matches!(damage.reason, DamageReason::SegmentHeader { .. });
    if unfinished {
        damage.reason = DamageReason::Incomplete {
            need: SEGMENT_HEADER_BYTES as u64,
            have: image.len() as u64,
        };
    }
    let head = before.unwrap_or(Head {
        seq: group_seq.saturating_sub(1),
        hash: [0; 32],
    });
    SegmentCheck {
        head,
        records: 0,
        good_bytes: 0,
        last_group_at: 0,
        stop: Some(Stop {
            damage,
            group_seq,
            later_group: None,
            last_whole: head,
        }),
    }
}
