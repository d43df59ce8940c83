//! Where root keys come from: the environment, a program, or a file for its owner alone.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use zeroize::Zeroizing;

use super::keyring::{RootKey, SealError, parse_keys};
use super::program::{ProgramError, run_program};

/// The variable that may hold the keys.
pub const SECRET_KEYS_ENV: &str = "TRADEWIND_SECRET_KEYS";
/// How long a program may take to say them.
const PROGRAM_MAX: Duration = Duration::from_secs(10);
/// A longer file is no file of keys.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// Why there are no root keys.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The source says none.
    #[error("there is no root key (43 characters of base64url each, newest first)")]
    NoKey,
    /// A word is no key; it is not repeated.
    #[error(
        "root key {place} is none: 32 bytes as base64url are expected (`tradewind secrets generate` prints one)"
    )]
    NotAKey {
        /// Which, from 1.
        place: usize,
    },
    /// A key stands there twice.
    #[error("root key {place} stands there twice")]
    Twice {
        /// Which, from 1.
        place: usize,
    },
    /// Too many.
    #[error("more than {max} root keys")]
    TooMany {
        /// The most.
        max: usize,
    },
    /// The file could not be read or written.
    #[error("{path}: {error}", path = path.display())]
    File {
        /// Its path.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Others could read the file.
    #[error("{path} can be read by others (mode {mode:03o}); `chmod 600 {path}` mends it", path = path.display())]
    Exposed {
        /// Its path.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The program did not say them.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// What the program said is no text.
    #[error("what the program printed is not UTF-8")]
    NotText,
    /// No randomness for a key.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Keys of this source are changed where they come from.
    #[error(
        "the root keys come from {0}; put a new one in front there (`tradewind secrets generate` prints one) and begin again"
    )]
    NotOurs(&'static str),
}

/// A source of root keys.
#[derive(Clone)]
pub enum Source {
    /// The text of [`SECRET_KEYS_ENV`].
    Environment(Zeroizing<String>),
    /// A program that prints them.
    Command(Vec<String>),
    /// A file with mode 0600, made when it is missing.
    File(PathBuf),
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.kind())
    }
}

/// What tells whether a file has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    inode: u64,
}

impl Source {
    /// The one that counts: the variable before the program before the file.
    #[must_use]
    pub fn choose(variable: Option<String>, command: &[String], file: PathBuf) -> Self {
        match variable.filter(|text| !text.trim().is_empty()) {
            Some(text) => Self::Environment(Zeroizing::new(text)),
            None if command.is_empty() => Self::File(file),
            None => Self::Command(command.to_vec()),
        }
    }

    /// A word for it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Environment(_) => "the environment",
            Self::Command(_) => "a command",
            Self::File(_) => "a file",
        }
    }

    /// The keys, newest first.
    pub(super) fn load(&self) -> Result<(Vec<RootKey>, Option<Stamp>), SourceError> {
        match self {
            Self::Environment(text) => Ok((parse_keys(text)?, None)),
            Self::Command(command) => {
                let output = run_program(command, b"", PROGRAM_MAX)?;
                let text = std::str::from_utf8(&output).map_err(|_| SourceError::NotText)?;
                Ok((parse_keys(text)?, None))
            }
            Self::File(path) => {
                if !path.exists() {
                    begin(path)?;
                }
                let (text, stamp) = read(path)?;
                Ok((parse_keys(&text)?, Some(stamp)))
            }
        }
    }

    pub(super) fn changed_since(&self, stamp: Option<&Stamp>) -> Result<bool, SourceError> {
        match self {
            Self::Environment(_) | Self::Command(_) => Ok(false),
            Self::File(path) => {
                let metadata = fs::metadata(path).map_err(|error| failed(path, error))?;
                Ok(stamp != Some(&stamp_of(&metadata)))
            }
        }
    }

    /// Puts a fresh key in front and returns its id. `used` says which of the others are still needed: of those, and of
    /// what was the newest until now, none is taken away, since another process may be sealing with it.
    ///
    /// # Errors
    /// When the source is not a file, or the file cannot be written.
    pub fn rotate(&self, used: impl Fn(&str) -> bool) -> Result<Rotated, SourceError> {
        let Self::File(path) = self else {
            return Err(SourceError::NotOurs(self.kind()));
        };
        let _turn = turn(path)?;
        let (old, _) = self.load()?;
        let fresh = RootKey::generate()?;
        let (kept, dropped): (Vec<_>, Vec<_>) = old
            .into_iter()
            .enumerate()
            .partition(|(place, key)| *place == 0 || used(key.id()));
        let keys = std::iter::once(&fresh).chain(kept.iter().map(|(_, key)| key));
        write(path, keys)?;
        Ok(Rotated {
            newest: fresh.id().to_owned(),
            dropped: dropped.iter().map(|(_, key)| key.id().to_owned()).collect(),
        })
    }
}

/// What a rotation did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotated {
    /// Id of the new key.
    pub newest: String,
    /// Ids of keys that nothing needed any more.
    pub dropped: Vec<String>,
}

fn failed(path: &Path, error: io::Error) -> SourceError {
    SourceError::File {
        path: path.to_owned(),
        error,
    }
}

fn stamp_of(metadata: &fs::Metadata) -> Stamp {
    #[cfg(unix)]
    let inode = std::os::unix::fs::MetadataExt::ino(metadata);
    #[cfg(not(unix))]
    let inode = 0;
    Stamp {
        modified: metadata.modified().ok(),
        length: metadata.len(),
        inode,
    }
}

fn read(path: &Path) -> Result<(Zeroizing<String>, Stamp), SourceError> {
    let wrong = |error| failed(path, error);
    let file = File::open(path).map_err(wrong)?;
    let metadata = file.metadata().map_err(wrong)?;
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777;
        if mode & 0o077 != 0 {
            let path = path.to_owned();
            return Err(SourceError::Exposed { path, mode });
        }
    }
    let mut text = Zeroizing::new(String::new());
    io::Read::read_to_string(&mut io::Read::take(file, FILE_BYTES_MAX), &mut text).map_err(wrong)?;
    Ok((text, stamp_of(&metadata)))
}

/// One process at a time changes the file.
fn turn(path: &Path) -> Result<File, SourceError> {
    let beside = path.with_extension("lock");
    let lock = private().create(true).truncate(false).open(&beside);
    let lock = lock.map_err(|error| failed(&beside, error))?;
    lock.lock().map_err(|error| failed(&beside, error))?;
    Ok(lock)
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes the file with a first key, unless another process was faster.
fn begin(path: &Path) -> Result<(), SourceError> {
    let _turn = turn(path)?;
    if path.exists() {
        return Ok(());
    }
    write(path, std::iter::once(&RootKey::generate()?))
}

/// Replaces the file as a whole: a power cut leaves the old one or the new one.
fn write<'a>(path: &Path, keys: impl Iterator<Item = &'a RootKey>) -> Result<(), SourceError> {
    let mut text = Zeroizing::new(String::from(
        "# Root keys of Tradewind, newest first. Whoever has them can open every sealed value in the database;\n\
         # without them nobody can. Keep a copy, apart from the backups of the database.\n",
    ));
    for key in keys {
        text.push_str(&key.text());
        text.push('\n');
    }
    let beside = path.with_extension("new");
    let wrong = |error| failed(path, error);
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(wrong(error)),
        Ok(()) | Err(_) => {}
    }
    let mut file = private().create_new(true).open(&beside).map_err(wrong)?;
    file.write_all(text.as_bytes()).map_err(wrong)?;
    file.sync_all().map_err(wrong)?;
    fs::rename(&beside, path).map_err(wrong)?;
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(wrong)?;
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::super::keyring::Keyring;
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a folder")
    }

    #[test]
    fn a_missing_file_is_made_once_for_its_owner_alone() {
        let folder = folder();
        let path = folder.path().join("secret.key");
        let load = || Keyring::load(Source::File(path.clone())).expect("keys");
        let rings: Vec<Keyring> = std::thread::scope(|scope| {
            let starting: Vec<_> = (0..4).map(|_| scope.spawn(load)).collect();
            starting
                .into_iter()
                .map(|one| one.join().expect("no panic"))
                .collect()
        });
        let sealed = rings[0].seal("p", b"x").expect("sealed");
        assert!(
            rings.iter().all(|ring| ring.open("p", &sealed).is_ok()),
            "two keys were made"
        );
        let mode = fs::metadata(&path).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("changed");
        let exposed = Keyring::load(Source::File(path.clone())).expect_err("exposed");
        assert!(exposed.to_string().contains("chmod 600"), "{exposed}");
    }

    #[test]
    fn a_rotation_is_noticed_by_a_running_program_and_loses_no_key_that_is_needed() {
        let folder = folder();
        let source = Source::File(folder.path().join("secret.key"));
        let running = Keyring::load(source.clone()).expect("keys");
        let first = running.ids();
        let sealed = running.seal("p", b"x").expect("sealed");
        let second = source.rotate(|_| false).expect("rotated");
        assert!(second.dropped.is_empty(), "the newest until now may be in use");
        let anew = running.reseal("p", &sealed).expect("opens").expect("is old");
        assert_eq!(running.ids(), [second.newest.clone(), first[0].clone()]);
        let third = source.rotate(|_| false).expect("rotated");
        assert_eq!(third.dropped, first);
        assert_eq!(*running.open("p", &anew).expect("opens"), b"x");
        assert!(
            running.open("p", &sealed).is_ok(),
            "in memory until it reads again"
        );
        assert_eq!(running.ids(), [third.newest.clone(), second.newest.clone()]);
        assert!(matches!(
            running.open("p", &sealed),
            Err(SealError::UnknownKey(_))
        ));
        let fourth = source.rotate(|id| id == second.newest).expect("rotated");
        assert_eq!(running.ids(), [fourth.newest, third.newest, second.newest]);
    }

    #[test]
    fn rotations_at_once_lose_no_key() {
        let folder = folder();
        let source = Source::File(folder.path().join("secret.key"));
        let running = Keyring::load(source.clone()).expect("keys");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| source.rotate(|_| true).expect("rotated"));
            }
        });
        assert_eq!(running.ids().len(), 9);
    }

    #[test]
    fn the_variable_counts_before_the_program_before_the_file() {
        let folder = folder();
        let file = folder.path().join("secret.key");
        let (one, two) = (RootKey::new([1; 32]), RootKey::new([2; 32]));
        let print = ["/bin/echo".to_owned(), two.text().to_string()];
        let ids = |source: &Source| Keyring::load(source.clone()).expect("keys").ids();
        let variable = Source::choose(Some(one.text().to_string()), &print, file.clone());
        assert_eq!(ids(&variable), [one.id()]);
        assert_eq!(format!("{variable:?}"), "the environment");
        let program = Source::choose(Some(" ".to_owned()), &print, file.clone());
        assert_eq!(ids(&program), [two.id()]);
        assert!(matches!(
            program.rotate(|_| true),
            Err(SourceError::NotOurs("a command"))
        ));
        assert!(!file.exists(), "a file was made that nobody asked for");
        let kept = Source::choose(None, &[], file.clone());
        assert_eq!(ids(&kept).len(), 1);
        assert!(file.exists());
        let broken = Source::Command(vec!["/bin/false".to_owned()]);
        assert!(matches!(Keyring::load(broken), Err(SourceError::Program(_))));
    }
}
