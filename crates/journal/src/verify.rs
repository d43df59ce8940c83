//! The whole journal looked over for the command line: what is there, and the first break with its
//! reason, as a value that prints as JSON. Nothing is changed and no lock is taken.

use std::path::Path;

use serde::Serialize;

use crate::recovery::{check_segment, check_witnesses, judge, read_segment};
use crate::{Disk, Head, JournalError, RealDisk, segment, witness};

/// What [`verify`] found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether everything holds; an unfinished write at the end is no fault.
    pub ok: bool,
    /// The segments up to the break.
    pub segments: Vec<SegmentReport>,
    /// Records that are whole.
    pub records: u64,
    /// Last whole sequence.
    pub head_seq: u64,
    /// The chain there, in hexadecimal.
    pub head_hash: String,
    /// What the witness file says, if it can be read.
    pub witness_seq: Option<u64>,
    /// The first break with its reason.
    pub first_break: Option<String>,
    /// An unfinished write at the end, which the next opening cuts off.
    pub torn_tail: Option<String>,
}

/// One segment of a [`Report`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SegmentReport {
    /// File name.
    pub name: String,
    /// Its first sequence.
    pub first_seq: u64,
    /// Its last whole sequence; below `first_seq` when it is empty.
    pub last_seq: u64,
    /// Size in bytes.
    pub bytes: u64,
    /// Whole records.
    pub records: u64,
}

/// Looks over a journal; `expected` is a head known from outside.
///
/// # Errors
/// Only the disk's refusal; faults of the journal are in the report.
pub fn verify(dir: &Path, expected: Option<Head>) -> Result<Report, JournalError> {
    verify_on(&RealDisk, dir, expected)
}

/// [`verify`] on a given disk.
///
/// # Errors
/// As there.
pub fn verify_on<D: Disk>(disk: &D, dir: &Path, expected: Option<Head>) -> Result<Report, JournalError> {
    let witnessed = witness::read(disk, dir)?.head();
    let witnesses: Vec<Head> = witnessed.into_iter().chain(expected).collect();
    let mut report = Report {
        ok: true,
        segments: Vec::new(),
        records: 0,
        head_seq: 0,
        head_hash: String::new(),
        witness_seq: witnessed.map(|head| head.seq),
        first_break: None,
        torn_tail: None,
    };
    let mut head = Head::GENESIS;
    let outcome = look_over(disk, dir, &witnesses, &mut head, &mut report);
    report.head_seq = head.seq;
    report.head_hash = head.hash_hex();
    match outcome {
        Err(error @ JournalError::Io { .. }) => return Err(error),
        Err(error) => {
            report.ok = false;
            report.first_break = Some(error.to_string());
        }
        Ok(()) => {}
    }
    Ok(report)
}

fn look_over<D: Disk>(
    disk: &D,
    dir: &Path,
    witnesses: &[Head],
    head: &mut Head,
    report: &mut Report,
) -> Result<(), JournalError> {
    let segments = segment::list(disk, dir)?;
    let mut image = Vec::new();
    for (index, first_seq) in segments.iter().enumerate() {
        let name = segment::name(*first_seq);
        read_segment(disk, dir, &name, *first_seq, &mut image)?;
        let mut watch = |record: &crate::RecordRef<'_>| check_witnesses(record, witnesses);
        let check = check_segment(
            &image,
            &name,
            *first_seq,
            Some(*head),
            u64::MAX,
            &mut watch,
            &mut |_| {},
        )?;
        *head = check.head;
        report.records += check.records;
        report.segments.push(SegmentReport {
            name,
            first_seq: *first_seq,
            last_seq: check.head.seq,
            bytes: image.len() as u64,
            records: check.records,
        });
        if let Some(stop) = check.stop {
            judge(&stop, index + 1 == segments.len(), witnesses)?;
            report.torn_tail = Some(stop.damage.to_string());
        }
    }
    match witnesses.iter().find(|witness| witness.seq > head.seq) {
        Some(witness) => Err(JournalError::TailLost {
            witness: *witness,
            found: *head,
        }),
        None => Ok(()),
    }
}
