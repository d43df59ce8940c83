//! Metrics per channel, and the counters of `GET /status`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use metrics::{Counter, Gauge};
use tradewind_wire::hub::Channel;

use super::encoding::{ENCODINGS, Encoding};
use super::key::{CHANNELS, channel_name};

/// Counters of one channel.
pub(crate) struct Meter {
    published: Counter,
    delivered: Counter,
    delivered_bytes: Counter,
    conflated: Counter,
    snapshots: Counter,
    resumed: Counter,
    pub(crate) subscriptions: Gauge,
    dropped: Arc<AtomicU64>,
}

impl Meter {
    fn new(channel: Channel, dropped: Arc<AtomicU64>) -> Self {
        let labels = [("channel", channel_name(channel))];
        Self {
            published: metrics::counter!("tradewind_hub_published_total", &labels),
            delivered: metrics::counter!("tradewind_hub_queued_total", &labels),
            delivered_bytes: metrics::counter!("tradewind_hub_queued_bytes_total", &labels),
            conflated: metrics::counter!("tradewind_hub_conflated_total", &labels),
            snapshots: metrics::counter!("tradewind_hub_snapshots_total", &labels),
            resumed: metrics::counter!("tradewind_hub_resumed_total", &labels),
            subscriptions: metrics::gauge!("tradewind_hub_subscriptions", &labels),
            dropped,
        }
    }

    /// One change of so many bytes, as JSON, went to `sent` readers; `conflated` slow ones were left out.
    pub(crate) fn published(&self, sent: u64, conflated: u64, bytes: usize) {
        self.published.increment(1);
        self.delivered.increment(sent);
        self.delivered_bytes.increment(sent * bytes as u64);
        if conflated > 0 {
            self.conflated.increment(conflated);
            self.dropped.fetch_add(conflated, Ordering::Relaxed);
        }
    }

    pub(crate) fn snapshots(&self, readers: usize) {
        self.snapshots.increment(readers as u64);
    }

    pub(crate) fn resumed(&self) {
        self.resumed.increment(1);
    }
}

/// Counters of a hub.
pub(crate) struct Meters {
    channels: Vec<(Channel, Arc<Meter>)>,
    sockets: [Gauge; 2],
    received: Counter,
    received_bytes: Counter,
    subscriptions: AtomicU64,
    dropped: Arc<AtomicU64>,
}

impl Meters {
    pub(crate) fn new() -> Self {
        let dropped = Arc::new(AtomicU64::new(0));
        let channels = CHANNELS.map(|channel| (channel, Arc::new(Meter::new(channel, Arc::clone(&dropped)))));
        Self {
            channels: channels.into(),
            sockets: ENCODINGS
                .map(|encoding| metrics::gauge!("tradewind_hub_sockets", "encoding" => encoding.name())),
            received: metrics::counter!("tradewind_hub_received_total"),
            received_bytes: metrics::counter!("tradewind_hub_received_bytes_total"),
            subscriptions: AtomicU64::new(0),
            dropped,
        }
    }

    /// Signed-on sockets of an encoding.
    pub(crate) fn sockets(&self, encoding: Encoding) -> &Gauge {
        &self.sockets[encoding as usize]
    }

    /// A message of so many bytes came.
    pub(crate) fn received(&self, bytes: usize) {
        self.received.increment(1);
        self.received_bytes.increment(bytes as u64);
    }

    /// A message was refused by name; the socket stays.
    pub(crate) fn refused(&self, code: &'static str) {
        metrics::counter!("tradewind_hub_refused_total", "code" => code).increment(1);
    }

    /// The counters of a channel.
    pub(crate) fn channel(&self, channel: Channel) -> Arc<Meter> {
        let found = self.channels.iter().find(|(c, _)| *c == channel);
        found.map_or_else(
            || Arc::new(Meter::new(channel, Arc::clone(&self.dropped))),
            |(_, m)| Arc::clone(m),
        )
    }

    pub(crate) fn subscribed(&self, channel: Channel) {
        self.subscriptions.fetch_add(1, Ordering::Relaxed);
        self.channel(channel).subscriptions.increment(1.0);
    }

    pub(crate) fn unsubscribed(&self, channel: Channel) {
        self.subscriptions.fetch_sub(1, Ordering::Relaxed);
        self.channel(channel).subscriptions.decrement(1.0);
    }

    /// A socket ended with this code; `dropped` frames were not delivered.
    pub(crate) fn closed(&self, code: u16) {
        metrics::counter!("tradewind_hub_closed_total", "code" => code.to_string()).increment(1);
        if code == tradewind_wire::hub::close::SLOW_CONSUMER {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn subscriptions(&self) -> u64 {
        self.subscriptions.load(Ordering::Relaxed)
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}
