//! Who reads a topic, whatever their queues hold.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tokio::time::Instant;
use tradewind_wire::hub::{Channel, Subscription};

use crate::hub::encoding::Encoding;
use crate::hub::meters::Meters;
use crate::hub::outbox::{Bounds, Close, Next, Outbox, Owed};
use crate::hub::{HubConfig, Refusal, Source, Topic, TopicKey};

/// Counts how often snapshots were wanted.
#[derive(Default)]
struct Asked(AtomicUsize);

impl Asked {
    fn times(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Source for Asked {
    fn check<'a>(&'a self, _: &'a TopicKey) -> BoxFuture<'a, Result<(), Refusal>> {
        Box::pin(async { Ok(()) })
    }

    fn added(&self, _: &Arc<Topic>) {}

    fn removed(&self, _: &Arc<Topic>) {}

    fn wanted(&self, _: &Arc<Topic>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

struct Rig {
    config: HubConfig,
    asked: Arc<Asked>,
    topic: Arc<Topic>,
    outbox: Arc<Outbox>,
}

impl Rig {
    fn of(channel: Channel, config: HubConfig) -> Self {
        let private = channel == Channel::Orders;
        let key = TopicKey::from_wire(&Subscription {
            channel,
            instrument: (!private).then(|| "A-B.TEST".to_owned()),
            account: private.then(|| "A1".to_owned()),
            interval: None,
            indicator: None,
            since: None,
            id: None,
        });
        let asked = Arc::new(Asked::default());
        let meter = Meters::new().channel(channel);
        let source = Arc::clone(&asked) as Arc<dyn Source>;
        let topic = Topic::new(
            key.expect("a topic"),
            "b".to_owned(),
            &config,
            meter,
            source,
            None,
        );
        let outbox = Outbox::new(1, Encoding::Json, Bounds::from(&config), Arc::default(), 0);
        Self {
            config,
            asked,
            topic: Arc::new(topic),
            outbox: Arc::new(outbox),
        }
    }

    fn next(&self, into: &mut Vec<u8>) -> Option<Next> {
        match self.outbox.poll_next(&Context::from_waker(Waker::noop()), into) {
            Poll::Ready(next) => Some(next),
            Poll::Pending => None,
        }
    }

    /// Writes until nothing waits; what is owed then.
    fn drain(&self) -> Vec<Owed> {
        loop {
            match self.next(&mut Vec::new()) {
                Some(Next::Write) => {}
                Some(Next::Settle(owed)) => return owed,
                Some(Next::Close(close)) => panic!("{close:?}"),
                None => return Vec::new(),
            }
        }
    }

    fn settle(&self, owed: &[Owed]) {
        for owed in owed {
            owed.topic.settle(&self.outbox, owed.since.as_ref());
        }
    }

    /// Whether it is given up long after anything happened.
    fn is_given_up(&self) -> bool {
        let later = Instant::now() + (self.config.linger + self.config.linger_private) * 2;
        self.topic.retire(&self.config, later);
        self.topic.retire(
            &self.config,
            later + self.config.linger_private + Duration::from_secs(60),
        )
    }

    /// Reads quotes, and is left out of them.
    fn left_out() -> Self {
        let rig = Self::of(
            Channel::Quotes,
            HubConfig {
                conflate_frames: 3,
                ..HubConfig::default()
            },
        );
        assert!(rig.topic.attach(&rig.outbox, None, None));
        rig.topic.snapshot(&json!(0));
        for n in 1..10 {
            rig.topic.publish(&json!(n));
        }
        rig
    }
}

#[test]
fn a_topic_is_not_given_up_while_its_only_reader_is_left_out_of_it() {
    let rig = Rig::left_out();
    assert!(rig.topic.is_read(), "nobody is told what the slow one missed");
    assert!(!rig.is_given_up());
    let owed = rig.drain();
    assert_eq!(owed.len(), 1, "nothing was left out");
    rig.settle(&owed);
    assert_eq!(rig.asked.times(), 2);
    rig.topic.snapshot(&json!(9));
    rig.topic.publish(&json!(10));
    assert_eq!(rig.outbox.waiting().0, 2, "a snapshot and a change");
    rig.topic.detach(&rig.outbox);
    assert!(rig.is_given_up() && rig.topic.is_gone());
    assert!(!rig.topic.attach(&rig.outbox, None, None));
}

#[test]
fn what_ended_while_a_queue_was_to_go_on_with_it_stays_ended() {
    let rig = Rig::left_out();
    let owed = rig.drain();
    // As the keeper does between the two steps of the socket's own task.
    rig.topic.detach(&rig.outbox);
    rig.settle(&owed);
    assert!(!rig.topic.is_read(), "it reads again what was taken from it");
    assert_eq!(rig.asked.times(), 1);
    // And what is owed goes with the reading.
    let rig = Rig::left_out();
    rig.topic.detach(&rig.outbox);
    assert!(rig.drain().is_empty());
    assert!(!rig.topic.is_read());
}

fn long(bytes: usize) -> Value {
    json!("x".repeat(bytes))
}

#[test]
fn a_snapshot_longer_than_a_queue_is_delivered_and_leaves_room_for_changes() {
    let rig = Rig::of(Channel::Orders, HubConfig::default());
    assert!(rig.topic.attach(&rig.outbox, None, None));
    rig.topic.snapshot(&long(3 << 20));
    for _ in 0..100 {
        rig.topic.publish(&long(1_000));
    }
    let mut written = Vec::new();
    while let Some(Next::Write) = rig.next(&mut written) {}
    assert!(written.len() > (3 << 20) + 100_000, "{}", written.len());
    assert_eq!(rig.outbox.waiting(), (0, 0));
    assert!(rig.next(&mut Vec::new()).is_none(), "it was closed");
}

#[test]
fn a_snapshot_waits_while_more_than_half_of_a_queue_does() {
    let rig = Rig::of(Channel::Orders, HubConfig::default());
    let other = Rig::of(Channel::Orders, HubConfig::default()).topic;
    assert!(other.attach(&rig.outbox, None, None));
    other.snapshot(&json!(0));
    for _ in 0..600 {
        other.publish(&long(1_000));
    }
    assert!(rig.topic.attach(&rig.outbox, None, None));
    rig.topic.snapshot(&long(3 << 20));
    assert!(rig.topic.is_read());
    let owed = rig.drain();
    rig.settle(&owed);
    assert_eq!(rig.asked.times(), 2);
    rig.topic.snapshot(&long(3 << 20));
    assert_eq!(rig.outbox.waiting().0, 1);
}

#[test]
fn a_snapshot_that_no_queue_may_hold_closes_the_socket() {
    let rig = Rig::of(Channel::Orders, HubConfig::default());
    assert!(rig.topic.attach(&rig.outbox, None, None));
    rig.topic.snapshot(&long(17 << 20));
    assert!(matches!(
        rig.next(&mut Vec::new()),
        Some(Next::Close(Close::SLOW))
    ));
}
