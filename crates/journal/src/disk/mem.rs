//! A disk in memory for simulation and tests. It keeps apart what a program sees and what would survive
//! a power cut, and a seed decides what of the unsynced rest survives: each write wholly, not at all, or
//! in some of its sectors; names in the order they were made, up to some point. Faults are planned by
//! operation number or free space, so that a failing run repeats from its seed.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Disk, DiskFile, OpenMode};

const SECTOR_BYTES: usize = 512;
/// Linux error numbers, so that callers see what the real disk would say.
const EIO: i32 = 5;
const ENOSPC: i32 = 28;

/// What goes wrong, and when. Operations that change something (create, write, truncate, rename,
/// remove, fsync of files and directories) are counted from 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FaultPlan {
    /// The operation at which the power goes: it is done at most in part, and every one after it fails
    /// until [`MemDisk::power_cycle`].
    pub power_cut_at: Option<u64>,
    /// The program is killed after this operation, which is carried out whole; every one after it fails until
    /// [`MemDisk::kill`].
    pub killed_after: Option<u64>,
    /// The operation that fails once with EIO. A failed fsync drops what it should have made durable
    /// while readers go on seeing it, as Linux does.
    pub io_error_at: Option<u64>,
    /// Bytes that may still be written before ENOSPC.
    pub space_bytes: Option<u64>,
}

/// A seeded disk; clones share it.
#[derive(Debug, Clone)]
pub struct MemDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    random: SplitMix,
    plan: FaultPlan,
    operations: u64,
    dark: bool,
    boots: u64,
    dirs: BTreeSet<PathBuf>,
    names: BTreeMap<PathBuf, usize>,
    durable_names: BTreeMap<PathBuf, usize>,
    pending_names: Vec<NameChange>,
    files: Vec<Content>,
    locks: BTreeSet<PathBuf>,
}

#[derive(Debug, Clone)]
enum NameChange {
    Put(PathBuf, usize),
    Remove(PathBuf),
    Rename(PathBuf, PathBuf),
}

#[derive(Debug, Default)]
struct Content {
    seen: Vec<u8>,
    durable: Vec<u8>,
    pending: Vec<Change>,
}

#[derive(Debug)]
enum Change {
    Write { offset: usize, data: Vec<u8> },
    SetLen(usize),
}

/// What the plan says about an operation.
enum Fate {
    Done,
    PowerCut,
    IoError,
}

/// A file of a [`MemDisk`].
#[derive(Debug)]
pub struct MemFile {
    state: Arc<Mutex<State>>,
    file: usize,
    boot: u64,
    writable: bool,
}

/// A lock of a [`MemDisk`]; dropping releases it.
#[derive(Debug)]
pub struct MemLock {
    state: Arc<Mutex<State>>,
    path: PathBuf,
    boot: u64,
}

/// The SplitMix64 sequence: small, seedable, good enough to choose faults.
#[derive(Debug)]
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        if limit == 0 { 0 } else { self.next() % limit }
    }
}

fn guard(state: &Mutex<State>) -> MutexGuard<'_, State> {
    // The state is plain data: a panic elsewhere while it was held leaves nothing half-done that
    // matters to a simulation.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn power_is_off() -> io::Error {
    io::Error::other("simulated power cut")
}

impl MemDisk {
    /// An empty disk without faults.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let state = State {
            random: SplitMix(seed),
            plan: FaultPlan::default(),
            operations: 0,
            dark: false,
            boots: 0,
            dirs: BTreeSet::new(),
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            pending_names: Vec::new(),
            files: Vec::new(),
            locks: BTreeSet::new(),
        };
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Sets what goes wrong from now on; operation numbers go on counting.
    pub fn set_faults(&self, plan: FaultPlan) {
        guard(&self.state).plan = plan;
    }

    /// Changing operations so far.
    #[must_use]
    pub fn operations(&self) -> u64 {
        guard(&self.state).operations
    }

    /// Whether a planned power cut or kill has happened: the program that uses the disk is dead.
    #[must_use]
    pub fn is_dark(&self) -> bool {
        guard(&self.state).dark
    }

    /// Names of the files in a directory, sorted; also while the disk is dark.
    #[must_use]
    pub fn names(&self, dir: &Path) -> Vec<PathBuf> {
        let state = guard(&self.state);
        let inside = state.names.keys().filter(|path| path.parent() == Some(dir));
        inside.cloned().collect()
    }

    /// Cuts the power now and brings the disk back with what survived. Open files and locks are gone,
    /// the plan is cleared.
    pub fn power_cycle(&self) {
        let mut state = guard(&self.state);
        let State {
            random,
            durable_names,
            pending_names,
            files,
            ..
        } = &mut *state;
        // A journalling file system replays its name changes in order, up to some point.
        let survived = random.below(pending_names.len() as u64 + 1) as usize;
        for change in pending_names.drain(..).take(survived) {
            change.apply(durable_names);
        }
        for content in files {
            content.settle(random);
        }
        state.names = state.durable_names.clone();
        state.restart();
    }

    /// Kills every program that uses the disk: nothing that was written is lost, but open files and
    /// locks are gone. The plan is cleared.
    pub fn kill(&self) {
        guard(&self.state).restart();
    }

    /// A file's bytes as a program would read them.
    #[must_use]
    pub fn bytes(&self, path: &Path) -> Option<Vec<u8>> {
        let state = guard(&self.state);
        state.names.get(path).map(|file| state.files[*file].seen.clone())
    }

    /// Changes a file durably behind everybody's back: bit rot, a cut, a forgery. `None` removes it.
    pub fn tamper(&self, path: &Path, bytes: Option<Vec<u8>>) {
        let mut state = guard(&self.state);
        let Some(bytes) = bytes else {
            state.names.remove(path);
            state.durable_names.remove(path);
            return;
        };
        let file = state.files.len();
        state.files.push(Content {
            seen: bytes.clone(),
            durable: bytes,
            pending: Vec::new(),
        });
        state.names.insert(path.to_owned(), file);
        state.durable_names.insert(path.to_owned(), file);
    }
}

impl State {
    fn restart(&mut self) {
        self.locks.clear();
        self.boots += 1;
        self.dark = false;
        self.plan = FaultPlan::default();
    }

    fn lit(&self, boot: u64) -> io::Result<()> {
        if self.dark || boot != self.boots {
            Err(power_is_off())
        } else {
            Ok(())
        }
    }

    /// Counts a changing operation and looks up its fate.
    fn next_operation(&mut self) -> io::Result<Fate> {
        if self.plan.killed_after.is_some_and(|last| self.operations >= last) {
            self.dark = true;
        }
        if self.dark {
            return Err(power_is_off());
        }
        self.operations += 1;
        if self.plan.power_cut_at == Some(self.operations) {
            self.dark = true;
            return Ok(Fate::PowerCut);
        }
        if self.plan.io_error_at == Some(self.operations) {
            return Ok(Fate::IoError);
        }
        Ok(Fate::Done)
    }

    /// A change of names: at a power cut it may or may not have reached the pending list.
    fn change_name(&mut self, change: NameChange) -> io::Result<()> {
        match self.next_operation()? {
            Fate::IoError => return Err(io::Error::from_raw_os_error(EIO)),
            Fate::PowerCut => {
                self.pending_names.push(change);
                return Err(power_is_off());
            }
            Fate::Done => {}
        }
        change.clone().apply(&mut self.names);
        self.pending_names.push(change);
        Ok(())
    }
}

impl NameChange {
    fn apply(self, names: &mut BTreeMap<PathBuf, usize>) {
        match self {
            Self::Put(path, file) => {
                names.insert(path, file);
            }
            Self::Remove(path) => {
                names.remove(&path);
            }
            Self::Rename(from, to) => {
                if let Some(file) = names.remove(&from) {
                    names.insert(to, file);
                }
            }
        }
    }

    fn is_in(&self, dir: &Path) -> bool {
        let path = match self {
            Self::Put(path, _) | Self::Remove(path) | Self::Rename(_, path) => path,
        };
        path.parent() == Some(dir)
    }
}

impl Content {
    /// After a power cut: each pending change survives wholly, not at all, or torn by sectors.
    fn settle(&mut self, random: &mut SplitMix) {
        for change in std::mem::take(&mut self.pending) {
            match random.below(3) {
                0 => {}
                1 => change.apply(&mut self.durable),
                _ => change.apply_torn(&mut self.durable, random),
            }
        }
        self.seen = self.durable.clone();
    }
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Write { offset, data } => write_into(bytes, *offset, data),
            Self::SetLen(size) => bytes.resize(*size, 0),
        }
    }

    fn apply_torn(&self, bytes: &mut Vec<u8>, random: &mut SplitMix) {
        let Self::Write { offset, data } = self else {
            return;
        };
        if random.below(2) == 0 {
            // A prefix to the byte, harsher than any real sector.
            let kept = random.below(data.len() as u64 + 1) as usize;
            write_into(bytes, *offset, &data[..kept]);
            return;
        }
        for (index, sector) in data.chunks(SECTOR_BYTES).enumerate() {
            if random.below(2) == 0 {
                write_into(bytes, offset + index * SECTOR_BYTES, sector);
            }
        }
    }
}

fn write_into(bytes: &mut Vec<u8>, offset: usize, data: &[u8]) {
    let end = offset + data.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[offset..end].copy_from_slice(data);
}

impl Disk for MemDisk {
    type File = MemFile;
    type Lock = MemLock;
    const READ_AHEAD: bool = false;

    fn create_dir_all(&self, dir: &Path) -> io::Result<()> {
        let mut state = guard(&self.state);
        state.lit(state.boots)?;
        state.dirs.extend(dir.ancestors().map(Path::to_owned));
        Ok(())
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let state = guard(&self.state);
        state.lit(state.boots)?;
        if !state.dirs.contains(dir) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let inside = state.names.keys().filter(|path| path.parent() == Some(dir));
        Ok(inside
            .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
            .collect())
    }

    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<MemFile> {
        let mut state = guard(&self.state);
        state.lit(state.boots)?;
        let existing = state.names.get(path).copied();
        let file = match (existing, mode) {
            (Some(_), OpenMode::CreateNew) => return Err(io::ErrorKind::AlreadyExists.into()),
            (Some(file), _) => file,
            (None, OpenMode::Read | OpenMode::Write) => return Err(io::ErrorKind::NotFound.into()),
            (None, OpenMode::CreateNew | OpenMode::CreateOrWrite) => {
                let file = state.files.len();
                state.files.push(Content::default());
                state.change_name(NameChange::Put(path.to_owned(), file))?;
                file
            }
        };
        let writable = mode != OpenMode::Read;
        Ok(MemFile {
            state: Arc::clone(&self.state),
            file,
            boot: state.boots,
            writable,
        })
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = guard(&self.state);
        if !state.names.contains_key(from) {
            return Err(io::ErrorKind::NotFound.into());
        }
        state.change_name(NameChange::Rename(from.to_owned(), to.to_owned()))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = guard(&self.state);
        if !state.names.contains_key(path) {
            return Err(io::ErrorKind::NotFound.into());
        }
        state.change_name(NameChange::Remove(path.to_owned()))
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let mut state = guard(&self.state);
        match state.next_operation()? {
            Fate::PowerCut => return Err(power_is_off()),
            Fate::IoError => return Err(io::Error::from_raw_os_error(EIO)),
            Fate::Done => {}
        }
        let pending = std::mem::take(&mut state.pending_names);
        for change in pending {
            if change.is_in(dir) {
                change.apply(&mut state.durable_names);
            } else {
                state.pending_names.push(change);
            }
        }
        Ok(())
    }

    fn try_lock(&self, path: &Path) -> io::Result<Option<MemLock>> {
        let mut state = guard(&self.state);
        state.lit(state.boots)?;
        let free = state.locks.insert(path.to_owned());
        let boot = state.boots;
        Ok(free.then(|| MemLock {
            state: Arc::clone(&self.state),
            path: path.to_owned(),
            boot,
        }))
    }
}

impl Drop for MemLock {
    fn drop(&mut self) {
        let mut state = guard(&self.state);
        // After a restart the lock may belong to somebody else.
        if state.boots == self.boot {
            state.locks.remove(&self.path);
        }
    }
}

impl MemFile {
    fn change(&mut self, change: Change) -> io::Result<()> {
        let mut state = guard(&self.state);
        state.lit(self.boot)?;
        if !self.writable {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        match state.next_operation()? {
            Fate::IoError => return Err(io::Error::from_raw_os_error(EIO)),
            Fate::PowerCut => {
                state.files[self.file].pending.push(change);
                return Err(power_is_off());
            }
            Fate::Done => {}
        }
        let (change, outcome) = state.fit(change);
        let content = &mut state.files[self.file];
        change.apply(&mut content.seen);
        content.pending.push(change);
        outcome
    }
}

impl State {
    /// Cuts a write to the free space.
    fn fit(&mut self, change: Change) -> (Change, io::Result<()>) {
        match (change, &mut self.plan.space_bytes) {
            (Change::Write { offset, mut data }, Some(space)) => {
                let fits = usize::try_from(*space).map_or(data.len(), |space| space.min(data.len()));
                let full = fits < data.len();
                data.truncate(fits);
                *space -= fits as u64;
                let outcome = if full {
                    Err(io::Error::from_raw_os_error(ENOSPC))
                } else {
                    Ok(())
                };
                (Change::Write { offset, data }, outcome)
            }
            (change, _) => (change, Ok(())),
        }
    }
}

impl DiskFile for MemFile {
    fn size(&self) -> io::Result<u64> {
        let state = guard(&self.state);
        state.lit(self.boot)?;
        Ok(state.files[self.file].seen.len() as u64)
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let state = guard(&self.state);
        state.lit(self.boot)?;
        let offset = usize::try_from(offset).map_err(io::Error::other)?;
        let rest = state.files[self.file].seen.get(offset..).unwrap_or_default();
        let count = rest.len().min(buf.len());
        buf[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn write_all_at(&mut self, data: &[u8], offset: u64) -> io::Result<()> {
        let offset = usize::try_from(offset).map_err(io::Error::other)?;
        self.change(Change::Write {
            offset,
            data: data.to_vec(),
        })
    }

    fn set_len(&mut self, size: u64) -> io::Result<()> {
        let size = usize::try_from(size).map_err(io::Error::other)?;
        self.change(Change::SetLen(size))
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = guard(&self.state);
        state.lit(self.boot)?;
        let fate = state.next_operation()?;
        let content = &mut state.files[self.file];
        match fate {
            Fate::PowerCut => Err(power_is_off()),
            Fate::IoError => {
                // Still seen, clean in the eyes of the system, and never to reach the disk.
                content.pending.clear();
                Err(io::Error::from_raw_os_error(EIO))
            }
            Fate::Done => {
                for change in std::mem::take(&mut content.pending) {
                    change.apply(&mut content.durable);
                }
                Ok(())
            }
        }
    }
}
