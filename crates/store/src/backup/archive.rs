//! The files of a journal in one sealed file.
//!
//! ```text
//! {"archive":1,"set":"…"}\n  then for each file: {"name":"head","bytes":128}\n and its bytes  then {"files":3,"bytes":4711}\n
//! ```
//! all of it in gzip, in the same sealed pieces as a backup of the database. A journal that is written to meanwhile is
//! copied as it was when each file was opened: segments are only appended to, and what was half written at their end is
//! cut off at the next opening like after a crash. The witness is copied before anything is listed, so that it is behind
//! the segments, whatever begins meanwhile.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};

use super::seal::{Opener, Sealer};
use super::{BackupError, BackupKey};

/// Longest name of a file in a journal's folder, and longest line about one.
const LINE_MAX: u64 = 1_024;

/// What is in an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Archived {
    /// Files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

#[derive(Serialize, Deserialize)]
struct Beginning {
    archive: u32,
    /// Of the backup that it is part of; none in those of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    set: Option<String>,
}

/// An archive that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Archive {
    /// Of which backup it is part; none in those of before.
    pub(super) set: Option<String>,
    /// What is in it.
    pub(super) has: Archived,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Line {
    File { name: String, bytes: u64 },
    End(Archived),
}

/// The file that says how far a journal is.
const WITNESS: &str = "head";

/// What makes a journal, in the order in which it is copied: its witness first, so that no copied segment is behind it, then
/// the segments and what the kill switch wrote. Snapshots can be made again, and the lock is nobody else's.
fn belongs(name: &str) -> Option<u8> {
    match name {
        WITNESS => Some(0),
        name if is_segment(name) => Some(1),
        "emergency" => Some(2),
        _ => None,
    }
}

fn is_segment(name: &str) -> bool {
    let number = name.strip_suffix(".seg");
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// Writes a journal's files to `to`, sealed under `key`, as part of `set`. Blocks for disk.
///
/// # Errors
/// [`BackupError::Io`]; [`BackupError::Stopped`] when `goes_on` says so.
pub(super) fn write(
    folder: &Path,
    to: impl Write,
    key: &BackupKey,
    set: Option<&str>,
    goes_on: &dyn Fn() -> bool,
) -> Result<Archived, BackupError> {
    let mut out = GzEncoder::new(Sealer::new(to, key)?, Compression::default());
    let begun = Beginning {
        archive: 1,
        set: set.map(str::to_owned),
    };
    line(&mut out, &begun)?;
    let mut archived = Archived { files: 0, bytes: 0 };
    // The witness before the others are listed: of a segment that begins meanwhile it knows nothing.
    match File::open(folder.join(WITNESS)) {
        Ok(witness) => add(&mut out, WITNESS, witness, &mut archived, goes_on)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        names.extend(belongs(&name).map(|place| (place, name)));
    }
    names.sort();
    for (_, name) in names.iter().filter(|(_, name)| name != WITNESS) {
        add(
            &mut out,
            name,
            File::open(folder.join(name))?,
            &mut archived,
            goes_on,
        )?;
    }
    line(&mut out, &Line::End(archived))?;
    out.finish()?.finish()?;
    Ok(archived)
}

/// Adds a file, as long as it is now.
fn add(
    out: &mut impl Write,
    name: &str,
    file: File,
    archived: &mut Archived,
    goes_on: &dyn Fn() -> bool,
) -> Result<(), BackupError> {
    if !goes_on() {
        return Err(BackupError::Stopped);
    }
    let bytes = file.metadata()?.len();
    let header = Line::File {
        name: name.to_owned(),
        bytes,
    };
    line(out, &header)?;
    let mut from = Asking { from: file, goes_on }.take(bytes);
    let copied = match io::copy(&mut from, out) {
        Err(_) if !goes_on() => return Err(BackupError::Stopped),
        copied => copied?,
    };
    if copied != bytes {
        return Err(io::Error::other("a file of the journal became shorter while it was read").into());
    }
    archived.files += 1;
    archived.bytes += bytes;
    Ok(())
}

/// Reads as long as it is told to go on.
struct Asking<'a, R> {
    from: R,
    goes_on: &'a dyn Fn() -> bool,
}

impl<R: Read> Read for Asking<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if !(self.goes_on)() {
            return Err(io::Error::other("stopped"));
        }
        self.from.read(into)
    }
}

/// Reads an archive to its end; with `into` its files are written to that folder, where they must not be. Blocks for disk.
///
/// # Errors
/// [`BackupError::Broken`] with the first thing that is wrong; [`BackupError::Io`].
pub(super) fn read(from: impl Read, key: &BackupKey, into: Option<&Path>) -> Result<Archive, BackupError> {
    let mut from = BufReader::new(GzDecoder::new(Opener::new(from, key).map_err(failed)?));
    let begun: Beginning = next(&mut from)?;
    if begun.archive != 1 {
        return Err(broken(format!(
            "the format of the journal's archive is {}, not 1",
            begun.archive
        )));
    }
    let mut read = Archived { files: 0, bytes: 0 };
    loop {
        match next(&mut from)? {
            Line::File { name, bytes } => {
                // Names come from a file: none may lead elsewhere.
                if belongs(&name).is_none() {
                    return Err(broken(format!("`{name}` is no file of a journal")));
                }
                let mut content = (&mut from).take(bytes);
                let copied = match into {
                    Some(folder) => {
                        let mut file = super::set::private(&folder.join(&name))?;
                        let copied = io::copy(&mut content, &mut file).map_err(failed)?;
                        file.sync_all()?;
                        copied
                    }
                    None => io::copy(&mut content, &mut io::sink()).map_err(failed)?,
                };
                if copied != bytes {
                    return Err(broken(format!("`{name}` has {copied} bytes of {bytes}")));
                }
                read.files += 1;
                read.bytes += bytes;
            }
            Line::End(said) if said == read => break,
            Line::End(said) => {
                return Err(broken(format!(
                    "it says {} files and has {}",
                    said.files, read.files
                )));
            }
        }
    }
    // Reads the last piece, which says that nothing is missing.
    if io::copy(&mut from, &mut io::sink()).map_err(failed)? > 0 {
        return Err(broken("something stands behind its end"));
    }
    Ok(Archive {
        set: begun.set,
        has: read,
    })
}

fn line(out: &mut impl Write, line: &impl Serialize) -> Result<(), BackupError> {
    serde_json::to_writer(&mut *out, line).map_err(io::Error::from)?;
    out.write_all(b"\n")?;
    Ok(())
}

fn next<T: for<'a> Deserialize<'a>>(from: &mut impl BufRead) -> Result<T, BackupError> {
    let mut text = Vec::new();
    from.take(LINE_MAX).read_until(b'\n', &mut text).map_err(failed)?;
    if text.last() != Some(&b'\n') {
        return Err(broken("it ends within a line, or a line is too long"));
    }
    serde_json::from_slice(&text).map_err(|error| broken(format!("a line cannot be read: {error}")))
}

fn broken(text: impl Into<String>) -> BackupError {
    BackupError::Broken(text.into())
}

/// What the opener found wrong is no trouble of the disk.
fn failed(error: io::Error) -> BackupError {
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
            broken(error.to_string())
        }
        _ => BackupError::Io(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, bytes) in [
            ("00000000000000000001.seg", vec![7_u8; 100_000]),
            ("00000000000000000900.seg", b"second".to_vec()),
            ("head", vec![1; 128]),
            ("emergency", Vec::new()),
            ("lock", Vec::new()),
            ("00000000000000000900.snap", b"made again".to_vec()),
            ("notes.txt", b"somebody's".to_vec()),
        ] {
            fs::write(folder.path().join(name), bytes).expect("written");
        }
        folder
    }

    fn key() -> BackupKey {
        BackupKey::from_bytes([3; 32])
    }

    fn archived(folder: &Path) -> Vec<u8> {
        let mut bytes = Vec::new();
        let wrote = write(folder, &mut bytes, &key(), Some("a set"), &|| true).expect("archived");
        assert_eq!(
            wrote,
            Archived {
                files: 4,
                bytes: 100_134
            }
        );
        bytes
    }

    #[test]
    fn a_journal_comes_back_as_it_was_and_nothing_else_of_its_folder() {
        let (from, to) = (journal(), tempfile::tempdir().expect("a folder"));
        let bytes = archived(from.path());
        let read_back = read(bytes.as_slice(), &key(), Some(to.path())).expect("read");
        assert_eq!(read_back, read(bytes.as_slice(), &key(), None).expect("checked"));
        assert_eq!(read_back.set.as_deref(), Some("a set"));
        let mut names: Vec<String> = fs::read_dir(to.path())
            .expect("read")
            .map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        assert_eq!(
            names,
            [
                "00000000000000000001.seg",
                "00000000000000000900.seg",
                "emergency",
                "head"
            ]
        );
        for name in names {
            let (a, b) = (fs::read(from.path().join(&name)), fs::read(to.path().join(&name)));
            assert_eq!(a.expect("read"), b.expect("read"), "{name}");
        }
        let twice = read(bytes.as_slice(), &key(), Some(to.path()));
        assert!(
            matches!(twice, Err(BackupError::Io(_))),
            "what is there is not written over"
        );
    }

    #[test]
    fn a_journal_that_goes_on_into_a_new_segment_is_never_copied_behind_its_witness() {
        use std::sync::atomic::{AtomicU32, Ordering};
        // The next segment begins, and the witness is in it, at each place where the copy may be.
        for place in 0.. {
            let (from, to) = (journal(), tempfile::tempdir().expect("a folder"));
            let looks = AtomicU32::new(0);
            let rotate = || {
                if looks.fetch_add(1, Ordering::Relaxed) == place {
                    fs::write(from.path().join("00000000000000009000.seg"), "third").expect("written");
                    fs::write(from.path().join("head"), [9; 128]).expect("written");
                }
                true
            };
            let mut bytes = Vec::new();
            write(from.path(), &mut bytes, &key(), None, &rotate).expect("archived");
            read(bytes.as_slice(), &key(), Some(to.path())).expect("read");
            let head = fs::read(to.path().join("head")).expect("read");
            let third = to.path().join("00000000000000009000.seg").exists();
            assert!(third || head == [1; 128], "at look {place}");
            if looks.into_inner() <= place {
                assert!(place > 8, "it looked {place} times");
                break;
            }
        }
    }

    #[test]
    fn a_changed_cut_or_foreign_archive_is_noticed() {
        let from = journal();
        let bytes = archived(from.path());
        for place in (0..bytes.len()).step_by(7) {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            assert!(read(changed.as_slice(), &key(), None).is_err(), "byte {place}");
        }
        for length in (0..bytes.len()).step_by(7) {
            assert!(read(&bytes[..length], &key(), None).is_err(), "cut at {length}");
        }
        assert!(read(bytes.as_slice(), &BackupKey::from_bytes([4; 32]), None).is_err());
        let stopped = write(from.path(), io::sink(), &key(), None, &|| false);
        assert!(matches!(stopped, Err(BackupError::Stopped)));
    }

    #[test]
    fn a_name_that_leads_elsewhere_is_refused() {
        for name in [
            "../head",
            "/etc/passwd",
            "a/00000000000000000001.seg",
            ".seg",
            "head/",
            "x.seg",
        ] {
            assert_eq!(belongs(name), None, "{name}");
        }
        let mut sealed = Vec::new();
        let mut out = GzEncoder::new(
            Sealer::new(&mut sealed, &key()).expect("sealer"),
            Compression::fast(),
        );
        out.write_all(b"{\"archive\":1}\n{\"name\":\"../head\",\"bytes\":1}\nx{\"files\":1,\"bytes\":1}\n")
            .expect("written");
        out.finish().expect("finished").finish().expect("sealed");
        let folder = tempfile::tempdir().expect("a folder");
        let refused = read(sealed.as_slice(), &key(), Some(&folder.path().join("in")));
        assert!(matches!(refused, Err(BackupError::Broken(why)) if why.contains("../head")));
    }
}
