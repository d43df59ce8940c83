//! Resting orders: an arena of nodes, chained per price level in order of arrival, and the levels sorted best first.

use std::collections::BTreeMap;

use tradewind_types::{PriceMantissa, Side, SizeMantissa};

use super::event::{OrderView, Party};
use super::{ExchangeOrderId, ParticipantId};

/// A resting order in its level's chain.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) id: ExchangeOrderId,
    pub(super) participant: ParticipantId,
    pub(super) tag: u64,
    pub(super) side: Side,
    pub(super) price: PriceMantissa,
    pub(super) left: i128,
    pub(super) previous: Option<u32>,
    pub(super) next: Option<u32>,
}

impl Node {
    pub(super) fn party(&self) -> Party {
        Party {
            id: self.id,
            participant: self.participant,
            tag: self.tag,
            left: SizeMantissa(self.left),
        }
    }

    pub(super) fn view(&self) -> OrderView {
        OrderView {
            id: self.id,
            participant: self.participant,
            tag: self.tag,
            side: self.side,
            price: self.price,
            left: SizeMantissa(self.left),
        }
    }
}

/// Nodes by slot; slots of removed orders are used again.
#[derive(Clone, Debug, Default)]
pub(super) struct Arena {
    nodes: Vec<Node>,
    free: Vec<u32>,
}

impl Arena {
    pub(super) fn insert(&mut self, node: Node) -> u32 {
        if let Some(slot) = self.free.pop() {
            self.nodes[slot as usize] = node;
            return slot;
        }
        self.nodes.push(node);
        // The exchange holds fewer than 2³² orders, see `Exchange::new`.
        (self.nodes.len() - 1) as u32
    }

    pub(super) fn free(&mut self, slot: u32) {
        self.free.push(slot);
    }

    pub(super) fn get(&self, slot: u32) -> &Node {
        &self.nodes[slot as usize]
    }

    pub(super) fn get_mut(&mut self, slot: u32) -> &mut Node {
        &mut self.nodes[slot as usize]
    }
}

#[derive(Clone, Copy, Debug)]
struct Level {
    head: u32,
    tail: u32,
    total: i128,
}

/// One side's levels. Keys ascend from the best price outwards.
#[derive(Clone, Debug)]
pub(super) struct Ladder {
    side: Side,
    levels: BTreeMap<i64, Level>,
}

impl Ladder {
    pub(super) fn new(side: Side) -> Self {
        Self {
            side,
            levels: BTreeMap::new(),
        }
    }

    /// Price to key and key to price: for bids the order is turned round by `!`, which never overflows.
    fn flip(&self, value: i64) -> i64 {
        match self.side {
            Side::Buy => !value,
            Side::Sell => value,
        }
    }

    pub(super) fn levels(&self) -> impl Iterator<Item = (PriceMantissa, SizeMantissa)> + '_ {
        self.levels
            .iter()
            .map(|(key, level)| (PriceMantissa(self.flip(*key)), SizeMantissa(level.total)))
    }

    pub(super) fn len(&self) -> usize {
        self.levels.len()
    }

    pub(super) fn total(&self, price: PriceMantissa) -> i128 {
        self.levels
            .get(&self.flip(price.0))
            .map_or(0, |level| level.total)
    }

    pub(super) fn head(&self, price: PriceMantissa) -> Option<u32> {
        self.levels.get(&self.flip(price.0)).map(|level| level.head)
    }

    /// The first order of the best level.
    pub(super) fn first(&self) -> Option<u32> {
        self.levels.first_key_value().map(|(_, level)| level.head)
    }

    /// First orders of the levels, best first.
    pub(super) fn heads(&self) -> impl Iterator<Item = u32> + '_ {
        self.levels.values().map(|level| level.head)
    }

    /// Puts a node at the end of its level.
    pub(super) fn append(&mut self, arena: &mut Arena, slot: u32) {
        let (price, left) = (arena.get(slot).price, arena.get(slot).left);
        let key = self.flip(price.0);
        let Some(level) = self.levels.get_mut(&key) else {
            self.levels.insert(
                key,
                Level {
                    head: slot,
                    tail: slot,
                    total: left,
                },
            );
            return;
        };
        arena.get_mut(level.tail).next = Some(slot);
        arena.get_mut(slot).previous = Some(level.tail);
        level.tail = slot;
        level.total += left;
    }

    /// Takes `by` off a level's total.
    pub(super) fn shrink(&mut self, price: PriceMantissa, by: i128) {
        let key = self.flip(price.0);
        if let Some(level) = self.levels.get_mut(&key) {
            level.total -= by;
        }
    }

    /// Takes a node, with what is left of it, out of its level; an empty level goes.
    pub(super) fn unlink(&mut self, arena: &mut Arena, slot: u32) {
        let node = *arena.get(slot);
        let key = self.flip(node.price.0);
        if let Some(previous) = node.previous {
            arena.get_mut(previous).next = node.next;
        }
        if let Some(next) = node.next {
            arena.get_mut(next).previous = node.previous;
        }
        let Some(level) = self.levels.get_mut(&key) else {
            return;
        };
        match (node.previous, node.next) {
            (None, None) => {
                self.levels.remove(&key);
                return;
            }
            (None, Some(next)) => level.head = next,
            (Some(previous), None) => level.tail = previous,
            (Some(_), Some(_)) => {}
        }
        level.total -= node.left;
    }
}
