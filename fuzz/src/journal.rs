//! The journal's reader on damaged files: what is changed is told, and no record comes out other than it went in.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tradewind_journal::{Disk, FileJournal, Journal, JournalConfig, MemDisk, RecordIn, scan_on, verify_on};

const DIR: &str = "/journal";

/// A small journal of several segments: its files, and every record's payload in order.
struct Whole {
    files: Vec<(PathBuf, Vec<u8>)>,
    payloads: Vec<Vec<u8>>,
}

fn whole() -> &'static Whole {
    static WHOLE: OnceLock<Whole> = OnceLock::new();
    WHOLE.get_or_init(|| {
        let disk = MemDisk::new(1);
        let config = JournalConfig {
            segment_bytes_max: 2 << 10,
            record_bytes_max: 512,
            group_bytes_max: 1 << 10,
            witness_sync_every: 1,
            ..JournalConfig::new(DIR)
        };
        let (mut journal, _) = FileJournal::open_on(disk.clone(), config).expect("a new journal");
        let mut payloads = Vec::new();
        for group in 0..8_u64 {
            let records: Vec<Vec<u8>> = (0..=group % 4)
                .map(|at| vec![(group * 8 + at) as u8; 20 + 11 * at as usize])
                .collect();
            let frames: Vec<RecordIn<'_>> = records
                .iter()
                .map(|payload| RecordIn {
                    kind: 3,
                    version: 1,
                    ts: group,
                    payload,
                })
                .collect();
            journal.append(&frames).expect("appended");
            journal.commit().expect("committed");
            payloads.extend(records);
        }
        drop(journal);
        let names = disk.names(Path::new(DIR));
        let files = names
            .into_iter()
            .filter_map(|path| disk.bytes(&path).map(|bytes| (path, bytes)))
            .collect();
        Whole { files, payloads }
    })
}

/// What the segments hold after `change`, read by every face.
fn read(change: impl Fn(&Path, &mut Vec<u8>)) {
    let whole = whole();
    let disk = MemDisk::new(2);
    disk.create_dir_all(Path::new(DIR)).expect("a folder in memory");
    let mut changed = false;
    for (path, bytes) in &whole.files {
        let mut now = bytes.clone();
        if path.extension().is_some_and(|ext| ext == "seg") {
            change(path, &mut now);
            changed |= now != *bytes;
        }
        disk.tamper(path, Some(now));
    }
    let mut seen = 0;
    let scanned = scan_on(&disk, Path::new(DIR), 1, |record| {
        assert_eq!(
            whole.payloads.get(seen).map(Vec::as_slice),
            Some(record.payload),
            "record {} was changed",
            record.seq
        );
        seen += 1;
    });
    let report = verify_on(&disk, Path::new(DIR), None).expect("the disk in memory reads");
    assert_eq!(
        scanned.is_ok(),
        report.ok,
        "scan and verify disagree: {:?}",
        report.first_break
    );
    // What is behind the last commit and looks unfinished is an unacknowledged write: named, not damage.
    let told = !report.ok || report.torn_tail.is_some();
    assert_eq!(changed, told, "told of a change: {told}, changed: {changed}");
    if report.ok {
        assert_eq!(
            seen,
            whole.payloads.len(),
            "records are missing and nothing is said"
        );
    }
}

/// An even first byte: the rest takes the place of the first segment. An odd one: flips (`offset u16, bits u8`), and a
/// last lone pair cuts the last segment there.
pub fn run(bytes: &[u8]) {
    let Some((mode, rest)) = bytes.split_first() else {
        return;
    };
    let files = &whole().files;
    if mode % 2 == 0 {
        let first = files
            .iter()
            .map(|(path, _)| path)
            .find(|path| path.extension().is_some_and(|ext| ext == "seg"));
        read(|path, now| {
            if Some(path) == first.map(PathBuf::as_path) {
                *now = rest.to_vec();
            }
        });
        return;
    }
    let last = files
        .iter()
        .map(|(path, _)| path)
        .rfind(|path| path.extension().is_some_and(|ext| ext == "seg"));
    let flips = rest.chunks_exact(3);
    let cut = flips
        .remainder()
        .first_chunk::<2>()
        .map(|pair| usize::from(u16::from_le_bytes(*pair)));
    read(|path, now| {
        if Some(path) != last.map(PathBuf::as_path) {
            return;
        }
        for flip in rest.chunks_exact(3) {
            let at = usize::from(u16::from_le_bytes([flip[0], flip[1]])) % now.len().max(1);
            if let Some(byte) = now.get_mut(at) {
                *byte ^= flip[2];
            }
        }
        if let Some(cut) = cut {
            now.truncate(cut);
        }
    });
}

/// Nothing changed, one flip, one cut, and a segment as it is.
pub fn seeds() -> Vec<Vec<u8>> {
    let segment = whole()
        .files
        .iter()
        .find(|(path, _)| path.extension().is_some_and(|ext| ext == "seg"));
    let as_is = segment.map(|(_, bytes)| [vec![0], bytes.clone()].concat());
    [vec![1], vec![1, 70, 0, 1], vec![1, 80, 0]]
        .into_iter()
        .chain(as_is)
        .collect()
}
