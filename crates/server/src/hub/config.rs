//! Limits of the hub. Each has a name, a default, and a defined behaviour when it is reached.

use std::time::Duration;

/// Settings of a hub.
///
/// | limit | when it is reached |
/// | --- | --- |
/// | `sockets_max`, `sockets_per_user`, `sockets_per_ip` | the new socket is closed with 4429 |
/// | `subscriptions`, `subscriptions_per_user` | the subscription is refused, the socket stays |
/// | `indicators_max`, `indicators_per_user` | a subscription that would be one more computation is refused |
/// | `messages_per_minute`, `messages_per_minute_ip` | the socket is closed with 4429 |
/// | `message_bytes` | the socket is closed with 1009 |
/// | `conflate_bytes`, `conflate_frames` | quotes, books and bars conflate for this socket |
/// | half of `queue_bytes`, `queue_frames` | a snapshot waits until the queue is empty |
/// | `queue_bytes`, `queue_frames` | the socket is closed with 4409 |
/// | `history_*` | the oldest frames go; who resumes from before them gets a snapshot |
#[derive(Debug, Clone)]
pub struct HubConfig {
    /// Time between two heartbeats.
    pub heartbeat: Duration,
    /// A socket that says nothing, pongs included, for so long is given up.
    pub silence_max: Duration,
    /// Time in which a socket has to sign on.
    pub auth_timeout: Duration,
    /// Time between two checks of what open sockets rest on.
    pub recheck: Duration,
    /// How long a closing socket may take to hear its close code.
    pub close_grace: Duration,
    /// How long a public topic without readers is kept up.
    pub linger: Duration,
    /// How long a private topic without readers is kept up, so that readers can resume.
    pub linger_private: Duration,
    /// Messages a client may send per minute.
    pub messages_per_minute: u32,
    /// Messages all sockets of one address may send per minute.
    pub messages_per_minute_ip: u32,
    /// Longest message of a client, bytes.
    pub message_bytes: usize,
    /// Subscriptions per socket.
    pub subscriptions: usize,
    /// Subscriptions of all sockets of one user.
    pub subscriptions_per_user: usize,
    /// Indicators that are computed at once.
    pub indicators_max: usize,
    /// Of them those that one user was the first to ask for, until they are given up.
    pub indicators_per_user: usize,
    /// Sockets in all.
    pub sockets_max: usize,
    /// Sockets of one user.
    pub sockets_per_user: usize,
    /// Sockets of one address.
    pub sockets_per_ip: usize,
    /// Bytes that may wait for one socket.
    pub queue_bytes: usize,
    /// Frames that may wait for one socket.
    pub queue_frames: usize,
    /// Bytes waiting from which latest-state topics conflate.
    pub conflate_bytes: usize,
    /// Frames waiting from which latest-state topics conflate.
    pub conflate_frames: usize,
    /// Frames kept per public topic for resuming.
    pub history_frames: usize,
    /// Bytes kept per public topic for resuming.
    pub history_bytes: usize,
    /// Frames kept per private topic; more than a queue holds, so that resuming after 4409 brings the rest.
    pub history_frames_private: usize,
    /// Bytes kept per private topic.
    pub history_bytes_private: usize,
}

impl Default for HubConfig {
    fn default() -> Self {
        const MIB: usize = 1024 * 1024;
        Self {
            heartbeat: Duration::from_secs(15),
            silence_max: Duration::from_secs(45),
            auth_timeout: Duration::from_secs(5),
            recheck: Duration::from_secs(3),
            close_grace: Duration::from_secs(5),
            linger: Duration::from_secs(60),
            linger_private: Duration::from_secs(900),
            messages_per_minute: 600,
            messages_per_minute_ip: 6_000,
            message_bytes: 4_096,
            subscriptions: 256,
            subscriptions_per_user: 4_096,
            indicators_max: 2_000,
            indicators_per_user: 200,
            sockets_max: 20_000,
            sockets_per_user: 64,
            sockets_per_ip: 512,
            queue_bytes: MIB,
            queue_frames: 8_192,
            conflate_bytes: 64 * 1024,
            conflate_frames: 512,
            history_frames: 512,
            history_bytes: 256 * 1024,
            history_frames_private: 16_384,
            history_bytes_private: 2 * MIB,
        }
    }
}

impl HubConfig {
    /// With the limits per user and per address raised, for load tests; what a single socket may do stays.
    #[must_use]
    pub fn raised(mut self, multiplier: u32) -> Self {
        let times = usize::try_from(multiplier.max(1)).unwrap_or(usize::MAX);
        for limit in [
            &mut self.subscriptions_per_user,
            &mut self.indicators_per_user,
            &mut self.sockets_per_user,
            &mut self.sockets_per_ip,
        ] {
            *limit = limit.saturating_mul(times);
        }
        self.messages_per_minute_ip = self.messages_per_minute_ip.saturating_mul(multiplier.max(1));
        self
    }
}
