//! How often sockets are written to when there is much to write.
//!
//! A write is a system call on our side and two on the reader's, whatever its length. As long as little happens a
//! frame is written at once. From [`PACED_FROM`] frames a second on, frames of latest-state topics wait for the
//! socket's turn, which comes every [`super::members::GROUPS`] × [`STEP`] = 30 ms: what has gathered goes out in one write. Nothing is left out and
//! nothing is out of order; answers, heartbeats and private topics never wait and take what waits along.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

use super::Hub;

/// Frames a second from which sockets take turns.
const PACED_FROM: u64 = 25_000;
/// Frames a second below which they no longer do.
const PACED_UNTIL: u64 = 15_000;
/// How often the rate is looked at.
const LOOK: Duration = Duration::from_millis(250);
/// Turns are given in steps of this, each to one group of sockets.
const STEP: Duration = Duration::from_millis(5);

/// Counts frames, and says whether sockets take turns.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    paced: AtomicBool,
    frames: AtomicU64,
}

impl Pace {
    /// Counts a frame that may wait; true when it does. To be asked under the lock of the queue that it is put in,
    /// so that the end of pacing finds it there.
    pub(crate) fn waits(&self) -> bool {
        self.frames.fetch_add(1, Ordering::Relaxed);
        self.paced.load(Ordering::SeqCst)
    }

    /// Looks at the frames counted in `span`; `Some(paced)` when that changes.
    fn look(&self, span: Duration) -> Option<bool> {
        let frames = self.frames.swap(0, Ordering::Relaxed);
        let per_second = frames as f64 / span.as_secs_f64().max(1e-3);
        let paced = self.paced.load(Ordering::SeqCst);
        let wanted = per_second > if paced { PACED_UNTIL } else { PACED_FROM } as f64;
        if wanted == paced {
            return None;
        }
        self.paced.store(wanted, Ordering::SeqCst);
        Some(wanted)
    }
}

/// Gives turns until the hub closes.
pub(crate) async fn turns(hub: Arc<Hub>) {
    let mut steps = interval(STEP);
    steps.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut step = 0_u64;
    let mut looked = Instant::now();
    let mut paced = false;
    loop {
        let pause = async {
            if paced {
                steps.tick().await;
            } else {
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::select! {
            () = pause => {}
            () = hub.closing.cancelled() => return,
        }
        if looked.elapsed() >= LOOK {
            if let Some(changed) = hub.pace.look(looked.elapsed()) {
                paced = changed;
                steps.reset();
                // Whatever still waits for a turn that will not come goes out now.
                hub.members
                    .all()
                    .iter()
                    .for_each(|member| member.outbox.take_turn());
            }
            looked = Instant::now();
        }
        if paced {
            step += 1;
            hub.members.each_in_turn(step, |member| member.outbox.take_turn());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_take_turns_from_a_rate_on_and_until_it_has_fallen_well_below() {
        let pace = Pace::default();
        let second = Duration::from_secs(1);
        let count = |n: u64| (0..n).filter(|_| pace.waits()).count() as u64;
        assert_eq!(count(PACED_FROM), 0);
        assert_eq!(pace.look(second), None, "at the rate, not above it");
        count(PACED_FROM + 1);
        assert_eq!(pace.look(second), Some(true));
        assert_eq!(count(PACED_UNTIL + 1), PACED_UNTIL + 1);
        assert_eq!(pace.look(second), None, "between the two rates it stays as it is");
        count(PACED_UNTIL);
        assert_eq!(pace.look(second), Some(false));
    }
}
