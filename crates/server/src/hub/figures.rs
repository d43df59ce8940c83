//! Topics that tell the current figures: positions, accounts, strategies.
//!
//! They are read from the kernel when an outcome touched them and once a second for their marks; a row is published
//! when it differs from what was published last.

use std::collections::BTreeMap;

use serde::Serialize;
use std::sync::Arc;
use tradewind_engine::Kernel;
use tradewind_types::{AccountId, InstrumentId};
use tradewind_wire as wire;
use tradewind_wire::hub::Channel;
use wire::Time;

use super::topic::Topic;
use crate::map;

/// Which figures of which account to read.
pub(super) struct Asked {
    pub(super) topic: Arc<Topic>,
    pub(super) account: AccountId,
    /// Instruments that were published before, to tell that their position is gone.
    pub(super) held: Vec<InstrumentId>,
}

/// The figures read.
pub(super) enum Figures {
    Positions(Vec<wire::Position>),
    Account(Box<wire::AccountDetail>),
    Strategies(Vec<wire::Strategy>),
}

/// Reads on the engine thread; `None` when there is no such account.
pub(super) fn read(kernel: &Kernel, asked: &Asked) -> Option<Figures> {
    let account = kernel.account(&asked.account)?;
    Some(match asked.topic.key().channel {
        Channel::Positions => {
            let mut positions = map::position::positions(kernel, account);
            let gone = asked.held.iter().filter(|id| {
                let id = id.to_string();
                !positions.iter().any(|position| position.instrument == id)
            });
            let gone: Vec<_> = gone
                .filter_map(|id| map::position::position(kernel, account, id))
                .collect();
            positions.extend(gone);
            Figures::Positions(positions)
        }
        Channel::Strategies => Figures::Strategies(map::strategy::strategies(kernel, account)),
        // A frame is shared by all members, so it cannot state one's own role.
        _ => Figures::Account(Box::new(map::account::detail(kernel, account, None)?)),
    })
}

/// What was published last of a topic, by row.
#[derive(Default)]
pub(super) struct Published {
    rows: BTreeMap<String, Vec<u8>>,
}

impl Published {
    /// Instruments of the rows, for [`Asked::held`].
    pub(super) fn held(&self) -> Vec<InstrumentId> {
        self.rows.keys().filter_map(|id| id.parse().ok()).collect()
    }

    /// Publishes what differs, then hands in the snapshot if one is wanted.
    pub(super) fn tell(&mut self, topic: &Arc<Topic>, figures: Figures) {
        match figures {
            Figures::Positions(mut positions) => {
                for position in &positions {
                    self.tell_row(topic, &position.instrument, position, position);
                }
                positions.retain(|position| position.quantity != wire::Dec::default());
                self.rows
                    .retain(|id, _| positions.iter().any(|position| position.instrument == *id));
                topic.snapshot(&positions);
            }
            Figures::Strategies(strategies) => {
                for strategy in &strategies {
                    self.tell_row(topic, &strategy.strategy, strategy, strategy);
                }
                topic.snapshot(&strategies);
            }
            Figures::Account(detail) => {
                // The time alone is no change.
                let timeless = wire::AccountDetail {
                    ts: Time::default(),
                    ..(*detail).clone()
                };
                self.tell_row(topic, "", &*detail, &timeless);
                topic.snapshot(&*detail);
            }
        }
    }

    fn tell_row<T: Serialize>(&mut self, topic: &Arc<Topic>, id: &str, row: &T, compared: &T) {
        let Ok(json) = serde_json::to_vec(compared) else {
            return;
        };
        if self.rows.get(id) != Some(&json) {
            topic.publish(row);
            self.rows.insert(id.to_owned(), json);
        }
    }
}
