//! When to ping and when to give a link up. A pure function of instants.

use std::time::Duration;

use tokio::time::Instant;

use super::error::DisconnectReason;

/// What is due now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// Nothing yet.
    Nothing,
    /// Send a ping.
    Ping,
    /// Nothing came for twice the interval.
    Dead {
        /// For how long.
        silent_for: Duration,
    },
}

/// The heartbeat of one session.
#[derive(Debug)]
pub(super) struct Heartbeat {
    interval: Duration,
    last_inbound: Instant,
    next_ping: Instant,
    counter: Option<u64>,
}

impl Heartbeat {
    pub(super) fn new(interval: Duration, now: Instant) -> Self {
        // An interval of zero would spin; a millisecond is already absurd.
        let interval = interval.max(Duration::from_millis(1));
        Self {
            interval,
            last_inbound: now,
            next_ping: now + interval,
            counter: None,
        }
    }

    /// Anything at all came from the venue.
    pub(super) fn inbound(&mut self, now: Instant) {
        self.last_inbound = now;
    }

    /// The venue's own heartbeat counter.
    pub(super) fn counted(&mut self, got: u64) -> Result<(), DisconnectReason> {
        let expected = self.counter.map_or(got, |last| last.wrapping_add(1));
        self.counter = Some(got);
        if got == expected {
            Ok(())
        } else {
            Err(DisconnectReason::HeartbeatJump { expected, got })
        }
    }

    /// The next moment at which something can be due. Only moves later, so one armed timer is enough.
    pub(super) fn deadline(&self) -> Instant {
        self.next_ping.min(self.last_inbound + self.interval * 2)
    }

    /// What is due, and arms the next ping when it is a ping.
    pub(super) fn due(&mut self, now: Instant) -> Due {
        let silent_for = now.saturating_duration_since(self.last_inbound);
        if silent_for >= self.interval * 2 {
            return Due::Dead { silent_for };
        }
        if now >= self.next_ping {
            self.next_ping = now + self.interval;
            return Due::Ping;
        }
        Due::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ping_is_due_each_interval_and_death_after_two_in_silence() {
        let start = Instant::now();
        let at = |s| start + Duration::from_secs(s);
        let mut beat = Heartbeat::new(Duration::from_secs(15), start);
        assert_eq!(beat.due(at(14)), Due::Nothing);
        assert_eq!(beat.due(at(15)), Due::Ping);
        assert_eq!(beat.due(at(16)), Due::Nothing);
        beat.inbound(at(20));
        assert_eq!(beat.due(at(30)), Due::Ping);
        assert_eq!(beat.due(at(49)), Due::Ping);
        assert_eq!(
            beat.due(at(50)),
            Due::Dead {
                silent_for: Duration::from_secs(30)
            }
        );
    }

    #[test]
    fn a_counter_may_start_anywhere_but_not_jump_or_repeat() {
        let mut beat = Heartbeat::new(Duration::from_secs(15), Instant::now());
        assert_eq!(beat.counted(41), Ok(()));
        assert_eq!(beat.counted(42), Ok(()));
        assert_eq!(
            beat.counted(44),
            Err(DisconnectReason::HeartbeatJump {
                expected: 43,
                got: 44
            })
        );
        assert_eq!(
            beat.counted(44),
            Err(DisconnectReason::HeartbeatJump {
                expected: 45,
                got: 44
            })
        );
    }
}
