//! Ctrl-C while a backtest works: the first stops it in good order, the second ends the program at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::runtime::{Builder, Runtime};

use crate::commands::stop_requested;
use crate::failure::Failure;

/// What a shell says of a program that Ctrl-C ended: 128 and the signal's number.
const INTERRUPTED: i32 = 130;

/// Listens from [`Interrupt::listen`] until it is dropped.
pub(super) struct Interrupt {
    asked: Arc<AtomicBool>,
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
        listening.spawn(async move {
            // Where signals cannot be listened to, Ctrl-C does what it always did.
            if stop_requested().await.is_ok() {
                flag.store(true, Ordering::Relaxed);
                if stop_requested().await.is_ok() {
                    std::process::exit(INTERRUPTED);
                }
            }
        });
        Ok(Self {
            asked,
            _listening: listening,
        })
    }

    /// Becomes true with the first Ctrl-C.
    pub(super) fn flag(&self) -> &AtomicBool {
        &self.asked
    }
}
