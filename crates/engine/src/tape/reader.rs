//! Reading a tape, entry by entry, in constant memory.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;

use super::entry::{Entry, Header};
use super::{CHUNK_BYTES_MAX, MAGIC, TapeError, io};

/// An open tape. Iterates over its entries behind the header; ends where the file does, also inside a torn chunk.
#[derive(Debug)]
pub struct TapeReader {
    path: PathBuf,
    file: BufReader<File>,
    header: Header,
    chunk: std::io::Cursor<Vec<u8>>,
    at: u64,
    torn: bool,
}

/// The header of a tape.
///
/// # Errors
/// [`TapeError`].
pub fn read_header(path: &Path) -> Result<Header, TapeError> {
    Ok(TapeReader::open(path)?.header)
}

impl TapeReader {
    /// Opens a tape and reads its header.
    ///
    /// # Errors
    /// [`TapeError::Io`], [`TapeError::NotATape`], [`TapeError::Damaged`].
    pub fn open(path: &Path) -> Result<Self, TapeError> {
        let mut file = BufReader::new(File::open(path).map_err(io(path))?);
        let not_a_tape = |what: &str| TapeError::NotATape {
            path: path.to_owned(),
            what: what.to_owned(),
        };
        let mut magic = [0; MAGIC.len()];
        file.read_exact(&mut magic)
            .map_err(|_| not_a_tape("it is shorter than its first word"))?;
        if &magic != MAGIC {
            return Err(not_a_tape("it begins with other bytes"));
        }
        let chunk = next_chunk(&mut file, path, MAGIC.len() as u64)?;
        let Some(chunk) = chunk else {
            return Err(not_a_tape("it ends before its header"));
        };
        let at = (MAGIC.len() + 4 + chunk.packed) as u64;
        let mut chunk = std::io::Cursor::new(chunk.bytes);
        let first: Result<Entry, _> = rmp_serde::from_read(&mut chunk);
        let Ok(Entry::Header(header)) = first else {
            return Err(not_a_tape("its first entry is not a header"));
        };
        Ok(Self {
            path: path.to_owned(),
            file,
            header: *header,
            chunk,
            at,
            torn: false,
        })
    }

    /// Where the session began.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Whether the file ended inside a chunk.
    #[must_use]
    pub fn is_torn(&self) -> bool {
        self.torn
    }

    /// The next entry; `None` at the end of the file.
    ///
    /// # Errors
    /// [`TapeError::Damaged`] for a chunk whose checksum or content is wrong.
    pub fn next_entry(&mut self) -> Result<Option<Entry>, TapeError> {
        while self.chunk.position() >= self.chunk.get_ref().len() as u64 {
            match next_chunk(&mut self.file, &self.path, self.at)? {
                None => return Ok(None),
                Some(chunk) if chunk.torn => {
                    self.torn = true;
                    return Ok(None);
                }
                Some(chunk) => {
                    self.at += 4 + chunk.packed as u64;
                    self.chunk = std::io::Cursor::new(chunk.bytes);
                }
            }
        }
        rmp_serde::from_read(&mut self.chunk)
            .map(Some)
            .map_err(|error| damaged(&self.path, self.at, error.to_string()))
    }
}

struct Chunk {
    bytes: Vec<u8>,
    packed: usize,
    torn: bool,
}

fn damaged(path: &Path, at: u64, what: String) -> TapeError {
    TapeError::Damaged {
        path: path.to_owned(),
        at,
        what,
    }
}

/// Reads as many bytes as there are, at most the buffer's.
fn fill(file: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..])? {
            0 => break,
            n => filled += n,
        }
    }
    Ok(filled)
}

fn next_chunk(file: &mut impl Read, path: &Path, at: u64) -> Result<Option<Chunk>, TapeError> {
    let torn = Chunk {
        bytes: Vec::new(),
        packed: 0,
        torn: true,
    };
    let mut length = [0; 4];
    match fill(file, &mut length).map_err(io(path))? {
        0 => return Ok(None),
        4 => {}
        _ => return Ok(Some(torn)),
    }
    let packed = u32::from_le_bytes(length) as usize;
    if packed > CHUNK_BYTES_MAX {
        return Err(damaged(path, at, format!("a chunk of {packed} bytes")));
    }
    let mut bytes = vec![0; packed];
    if fill(file, &mut bytes).map_err(io(path))? < packed {
        return Ok(Some(torn));
    }
    let mut content = Vec::new();
    GzDecoder::new(bytes.as_slice())
        .take(CHUNK_BYTES_MAX as u64)
        .read_to_end(&mut content)
        .map_err(|error| damaged(path, at, error.to_string()))?;
    Ok(Some(Chunk {
        bytes: content,
        packed,
        torn: false,
    }))
}
