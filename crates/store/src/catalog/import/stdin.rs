//! Standard input, which can be read once: where an import may have to begin again with more decimals it is kept in a
//! file without a name.

use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom};

/// Standard input, and what was kept of it.
#[derive(Debug, Default)]
pub(super) struct Stdin {
    kept: Option<File>,
}

impl Stdin {
    /// What it says from its beginning; `again` when it may have to be read once more.
    pub(super) fn reader(&mut self, again: bool) -> io::Result<Box<dyn Read>> {
        if !again {
            return Ok(Box::new(io::stdin().lock()));
        }
        let mut file = match self.kept.take() {
            Some(file) => file,
            None => {
                let mut file = tempfile::tempfile()?;
                io::copy(&mut io::stdin().lock(), &mut file)?;
                file
            }
        };
        file.seek(SeekFrom::Start(0))?;
        self.kept = Some(file.try_clone()?);
        Ok(Box::new(file))
    }
}
