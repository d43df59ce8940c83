//! Market makers: a ladder of quotes on both sides around the believed price.

use tradewind_types::{PriceMantissa, Side};

use super::{Scene, Units};
use crate::rng::Rng;
use crate::world::floor::{Floor, OrderNo};

/// Levels that a maker quotes on each side.
const LEVELS: usize = 8;
/// Levels quoted in steps of a second and more, which only make history: nobody sees that book.
const LEVELS_COARSE: usize = 4;
/// Share of a level's distance by which the price may move before the quote is renewed.
const TOLERANCE: f64 = 0.3;
/// Inventory, in quote currency, at which a maker leans fully.
const INVENTORY_FULL: f64 = 60_000.0;
/// How far a fully leaning maker shifts its quotes, as a fraction of the price.
const SKEW: f64 = 0.000_1;
/// Time constant with which a maker hedges its inventory elsewhere, seconds.
const HEDGE_TAU_S: f64 = 120.0;

/// What kind of maker it is.
#[derive(Clone, Copy, Debug)]
struct Style {
    /// Half of the inner spread, as a fraction of the price.
    half: f64,
    /// Notional of the inner level.
    notional: f64,
    /// Mean time until a level that was hit is quoted again, seconds.
    refill_s: f64,
    /// Error of the believed price, as a fraction.
    error: f64,
}

const STYLES: [Style; 3] = [
    Style {
        half: 0.000_08,
        notional: 4_000.0,
        refill_s: 0.25,
        error: 0.000_02,
    },
    Style {
        half: 0.000_15,
        notional: 12_000.0,
        refill_s: 0.6,
        error: 0.000_03,
    },
    Style {
        half: 0.000_28,
        notional: 30_000.0,
        refill_s: 1.5,
        error: 0.000_04,
    },
];

#[derive(Clone, Copy, Debug)]
struct Quote {
    number: OrderNo,
    price: PriceMantissa,
}

#[derive(Clone, Debug)]
struct Maker {
    style: Style,
    inventory: f64,
    believed: f64,
    arriving: bool,
    /// Bids, then asks.
    quotes: [[Option<Quote>; LEVELS]; 2],
}

/// The makers of one listing.
#[derive(Clone, Debug)]
pub struct Makers {
    makers: Vec<Maker>,
}

impl Makers {
    /// Makers without quotes.
    #[must_use]
    pub fn new() -> Self {
        let makers = STYLES
            .iter()
            .map(|style| Maker {
                style: *style,
                inventory: 0.0,
                believed: 0.0,
                arriving: true,
                quotes: [[None; LEVELS]; 2],
            })
            .collect();
        Self { makers }
    }

    /// How many owner numbers makers use, from 1.
    pub const OWNERS: u32 = STYLES.len() as u32;

    /// Records what was traded against an owner's quotes: `side` is the maker's side.
    pub fn filled(&mut self, owner: u32, side: Side, notional: f64) {
        if let Some(maker) = self.makers.get_mut((owner as usize).wrapping_sub(1)) {
            maker.inventory += if side == Side::Buy { notional } else { -notional };
        }
    }

    /// One step: everybody cancels what is stale, then everybody quotes what is missing, so that nobody's new
    /// quote meets another's stale one.
    pub fn step(&mut self, floor: &mut Floor, scene: &Scene, rng: &mut Rng) {
        for maker in &mut self.makers {
            maker.inventory *= (-scene.dt / HEDGE_TAU_S).exp();
            let lean = (maker.inventory / INVENTORY_FULL).clamp(-1.0, 1.0);
            maker.believed = scene.mid * (1.0 - SKEW * lean) * (1.0 + maker.style.error * rng.normal());
            maker.pull(floor, scene);
        }
        for (index, maker) in self.makers.iter_mut().enumerate() {
            maker.post(floor, scene, index as u32 + 1, rng);
        }
    }
}

impl Maker {
    /// Distance of a level from the believed price, as a fraction; wider when the market is volatile.
    fn distance(&self, level: usize, volatility: f64) -> f64 {
        let k = level as f64;
        self.style.half * volatility * (1.0 + 0.9 * k + 0.12 * k * k)
    }

    fn target(&self, units: Units, side: usize, distance: f64) -> PriceMantissa {
        if side == 0 {
            units.floor(self.believed * (1.0 - distance))
        } else {
            units.ceil(self.believed * (1.0 + distance))
        }
    }

    fn pull(&mut self, floor: &mut Floor, scene: &Scene) {
        let units = scene.units;
        for side in 0..2 {
            for level in 0..LEVELS {
                let Some(quote) = self.quotes[side][level] else {
                    continue;
                };
                if !floor.is_open(quote.number) {
                    self.quotes[side][level] = None;
                    continue;
                }
                let distance = self.distance(level, scene.volatility);
                let target = self.target(units, side, distance);
                let off = (units.price(target) - units.price(quote.price)).abs();
                if target != quote.price && off > TOLERANCE * distance * self.believed {
                    floor.cancel(quote.number);
                    self.quotes[side][level] = None;
                }
            }
        }
    }

    fn post(&mut self, floor: &mut Floor, scene: &Scene, owner: u32, rng: &mut Rng) {
        let units = scene.units;
        // Who comes to the floor quotes everything at once.
        let first = std::mem::replace(&mut self.arriving, false);
        let refill = if first {
            1.0
        } else {
            1.0 - (-scene.dt / self.style.refill_s).exp()
        };
        let levels = if scene.dt >= 1.0 { LEVELS_COARSE } else { LEVELS };
        for (side, taken) in [(0, Side::Buy), (1, Side::Sell)] {
            for level in 0..levels {
                if self.quotes[side][level].is_some() || !rng.chance(refill) {
                    continue;
                }
                let price = self.target(units, side, self.distance(level, scene.volatility));
                let notional = rng.log_normal(self.style.notional * (1.0 + 0.35 * level as f64), 0.5);
                let size = units.size(notional, self.believed);
                self.quotes[side][level] = floor
                    .place(owner, taken, price, size)
                    .map(|number| Quote { number, price });
            }
        }
    }
}

impl Default for Makers {
    fn default() -> Self {
        Self::new()
    }
}
