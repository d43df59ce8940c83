//! Patient traders: limit orders away from the price that wait, and give up after a while. They make the
//! depth of the book.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use tradewind_types::Side;

use super::Scene;
use crate::rng::Rng;
use crate::world::floor::{Floor, OrderNo};

/// Most orders waiting per listing.
const WAITING_MAX: usize = 1_000;
/// Orders that wait when the listing opens.
const WAITING_AT_FIRST: u32 = 250;
/// New orders per second at activity 1.
const ARRIVALS_PER_S: f64 = 4.0;
/// First owner number of patient traders; each order is somebody else's.
const OWNER_FIRST: u32 = 1_000;
/// Owner numbers before they are used again.
const OWNERS: u32 = 1_000_000;

/// The waiting orders of one listing, by the time at which they are given up.
#[derive(Clone, Debug, Default)]
pub struct Patient {
    waiting: BinaryHeap<Reverse<(u64, OrderNo)>>,
    arrived: u32,
}

impl Patient {
    /// One step.
    pub fn step(&mut self, floor: &mut Floor, scene: &Scene, rng: &mut Rng) {
        let Scene {
            units,
            mid,
            activity,
            now,
            dt,
            ..
        } = *scene;
        while let Some(Reverse((expiry, number))) = self.waiting.peek().copied() {
            if expiry > now.0 {
                break;
            }
            self.waiting.pop();
            floor.cancel(number);
        }
        let arrivals = if self.arrived == 0 {
            WAITING_AT_FIRST
        } else {
            rng.poisson(ARRIVALS_PER_S * activity * dt, 40)
        };
        for _ in 0..arrivals {
            if self.waiting.len() >= WAITING_MAX {
                break;
            }
            // Most within 0.2 %, a heavy tail out to 3 %.
            let distance = (0.000_7 * (1.0 - rng.uniform()).powf(-0.9)).min(0.04);
            let side = if rng.chance(0.5) { Side::Buy } else { Side::Sell };
            let price = match side {
                Side::Buy => units.floor(mid * (1.0 - distance)),
                Side::Sell => units.ceil(mid * (1.0 + distance)),
            };
            let size = units.size(rng.log_normal(900.0, 1.0), mid);
            let life_s = rng.exponential(30.0 + distance * 24_000.0);
            self.arrived = self.arrived % OWNERS + 1;
            if let Some(number) = floor.place(OWNER_FIRST + self.arrived, side, price, size) {
                let expiry = now.plus((life_s * 1e9) as u64);
                self.waiting.push(Reverse((expiry.0, number)));
            }
        }
    }
}
