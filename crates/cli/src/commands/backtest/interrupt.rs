//! Ctrl-C while a backtest works: the first stops it in good order, the second ends the program at once.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::{Builder, Runtime};

use crate::commands::StopSignals;
use crate::failure::Failure;

/// What a shell says of a program that Ctrl-C ended: 128 and the signal's number.
const INTERRUPTED: i32 = 130;

/// Folders of the program's own that must not be left behind.
type Folders = Arc<Mutex<Vec<PathBuf>>>;

/// Listens from [`Interrupt::listen`] until it is dropped.
pub(super) struct Interrupt {
    asked: Arc<AtomicBool>,
    folders: Folders,
    _listening: Runtime,
}

impl Interrupt {
    pub(super) fn listen() -> Result<Self, Failure> {
        let asked = Arc::new(AtomicBool::new(false));
        let listening = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let flag = Arc::clone(&asked);
        let folders = Folders::default();
        let left = Arc::clone(&folders);
        let signals = {
            let _context = listening.enter();
            StopSignals::listen()
        };
        // Where signals cannot be listened to, Ctrl-C does what it always did.
        if let Ok(mut signals) = signals {
            listening.spawn(async move {
                signals.requested().await;
                flag.store(true, Ordering::Relaxed);
                signals.requested().await;
                remove(&left);
                std::process::exit(INTERRUPTED);
            });
        }
        Ok(Self {
            asked,
            folders,
            _listening: listening,
        })
    }

    /// Has a folder removed when the program ends at once.
    pub(super) fn owns(&self, folder: &Path) {
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        folders.push(folder.to_owned());
    }

    /// Whether it was asked for.
    pub(super) fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Becomes true with the first Ctrl-C.
    pub(super) fn flag(&self) -> &AtomicBool {
        &self.asked
    }
}

fn remove(folders: &Folders) {
    for folder in folders.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        // What cannot be removed lies in the system's folder for such files.
        let _ = std::fs::remove_dir_all(folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_program_owns_is_removed_when_it_ends_at_once() {
        let root = tempfile::tempdir().expect("a folder");
        let (own, others) = (root.path().join("own"), root.path().join("others"));
        for folder in [&own, &others] {
            std::fs::create_dir(folder).expect("a folder");
            std::fs::write(folder.join("0.csv"), "ts").expect("a file");
        }
        let interrupt = Interrupt::listen().unwrap_or_else(|e| panic!("{e}"));
        interrupt.owns(&own);
        remove(&interrupt.folders);
        assert!(!own.exists() && others.exists());
        assert!(!interrupt.is_asked());
    }
}
