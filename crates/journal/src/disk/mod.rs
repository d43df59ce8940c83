//! The disk as the journal sees it: a handful of operations with the durability rules of POSIX (what is
//! not fsynced may be lost, in part and out of order; a new name lives only after its directory was
//! fsynced). [`RealDisk`] is the operating system's, [`MemDisk`] a seeded one that takes those
//! liberties.

mod mem;
mod real;

use std::io;
use std::path::Path;

pub use mem::{FaultPlan, MemDisk, MemFile, MemLock};
pub use real::{RealDisk, RealFile};

/// How a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenMode {
    /// Only to read; it must exist.
    Read,
    /// To read and write; it must exist.
    Write,
    /// To read and write; made when missing.
    CreateOrWrite,
    /// To read and write; it must not exist.
    CreateNew,
}

/// A place for files. Clones share the place.
pub trait Disk: Clone + Send + 'static {
    /// An open file.
    type File: DiskFile;
    /// Held for as long as the lock is; dropping releases it.
    type Lock: Send;
    /// Whether reading the next segment on a thread of its own is worth it.
    const READ_AHEAD: bool = true;

    /// Makes a directory and those above it, durably.
    fn create_dir_all(&self, dir: &Path) -> io::Result<()>;
    /// File names in a directory, in no order.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;
    /// Opens a file.
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Self::File>;
    /// Gives a file another name, replacing what had it.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes the names in a directory durable.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
    /// Takes the exclusive lock that `path` stands for; `None` when somebody has it.
    fn try_lock(&self, path: &Path) -> io::Result<Option<Self::Lock>>;
}

/// An open file with positioned access.
pub trait DiskFile: Send {
    /// Size in bytes.
    fn size(&self) -> io::Result<u64>;
    /// Reads up to `buf.len()` bytes at `offset`; 0 at the end of the file.
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize>;
    /// Writes all of `data` at `offset`. After an error any part may have been written.
    fn write_all_at(&mut self, data: &[u8], offset: u64) -> io::Result<()>;
    /// Cuts or extends the file.
    fn set_len(&mut self, size: u64) -> io::Result<()>;
    /// Makes content and size durable.
    fn sync(&mut self) -> io::Result<()>;

    /// Reads the whole file into `buf`, replacing its content.
    fn read_whole(&self, buf: &mut Vec<u8>) -> io::Result<()> {
        let size = usize::try_from(self.size()?).map_err(io::Error::other)?;
        // `resize` clears only what the buffer never held, so a buffer that is used again costs nothing.
        buf.resize(size, 0);
        let mut done = 0;
        while done < size {
            match self.read_at(&mut buf[done..], done as u64) {
                Ok(0) => break,
                Ok(count) => done += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        buf.truncate(done);
        Ok(())
    }
}
