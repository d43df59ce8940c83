//! The simulated world: a fair value per product, and on every venue an exchange with its participants.
//!
//! A [`World`] is a value that moves by [`World::step`]; it knows no clock, no socket and no venue protocol.
//! Given the same configuration and the same sequence of steps it publishes the same data.

pub mod fair;
pub mod floor;
pub mod history;
pub mod listing;
pub mod participants;
pub mod state;

use std::sync::Arc;

use tradewind_types::UnixNanos;

use crate::config::{ProductConfig, VenueKind};
use crate::rng::{Rng, mix};
use fair::FairValue;
use listing::{Listing, MarketStep};
use state::WorldState;

/// What one venue publishes in one step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VenueStep {
    /// Number of the step, from 1.
    pub step: u64,
    /// When the step ended.
    pub ts: UnixNanos,
    /// The venue.
    pub venue: VenueKind,
    /// Its products, in the order of the configuration.
    pub markets: Vec<MarketStep>,
}

/// A product's fair value with its own stream of chance.
#[derive(Debug)]
struct ProductState {
    config: ProductConfig,
    fair: FairValue,
    rng: Rng,
}

/// All products on all venues.
#[derive(Debug)]
pub struct World {
    seed: u64,
    step: u64,
    now: UnixNanos,
    products: Vec<ProductState>,
    venues: Vec<(VenueKind, Vec<Listing>)>,
    common: Rng,
}

impl World {
    /// A world that begins at `start`, with empty books.
    #[must_use]
    pub fn new(seed: u64, products: &[ProductConfig], venues: &[VenueKind], start: UnixNanos) -> Self {
        Self::seeded(seed, 0, products, venues, start)
    }

    fn seeded(
        seed: u64,
        step: u64,
        products: &[ProductConfig],
        venues: &[VenueKind],
        start: UnixNanos,
    ) -> Self {
        let chance = if step == 0 { seed } else { mix(seed, step) };
        let listings = |venue: VenueKind| {
            let base = (venue as u64 + 1) * 1_000;
            let listing = |(i, p)| Listing::new(p, i, venue, Rng::new(chance, base + i as u64));
            products.iter().enumerate().map(listing).collect()
        };
        Self {
            seed,
            step,
            now: start,
            products: products
                .iter()
                .enumerate()
                .map(|(i, config)| ProductState {
                    config: config.clone(),
                    fair: FairValue::at(config.start_price),
                    rng: Rng::new(chance, 1 + i as u64),
                })
                .collect(),
            venues: venues.iter().map(|venue| (*venue, listings(*venue))).collect(),
            common: Rng::new(chance, 0),
        }
    }

    /// Continues a stored world where it stopped. Products and listings that the state does not know begin
    /// anew. Chance goes on from `seed` and the step reached.
    #[must_use]
    pub fn resume(state: WorldState, seed: u64, products: &[ProductConfig], venues: &[VenueKind]) -> Self {
        let mut world = Self::seeded(seed, state.step.max(1), products, venues, state.ts);
        for stored in state.products {
            if let Some(product) = world
                .products
                .iter_mut()
                .find(|p| p.config.name() == stored.product)
            {
                product.fair = stored.fair;
            }
        }
        // After a crash the trades since the last save are gone: leave their numbers unused.
        let skip = if state.clean { 0 } else { state::TRADES_LOST_MAX };
        for stored in state.listings {
            let listings = world.venues.iter_mut().find(|(venue, _)| *venue == stored.venue);
            let listing =
                listings.and_then(|(_, l)| l.iter_mut().find(|l| l.info().product == stored.product));
            // Mantissas on another grid mean other prices.
            if let Some(listing) = listing.filter(|l| l.info().grid == stored.grid) {
                listing.restore(stored.trades, stored.minutes, stored.next_trade + skip);
            }
        }
        world
    }

    /// Everything needed to continue later.
    #[must_use]
    pub fn state(&self, clean: bool) -> WorldState {
        let products = self
            .products
            .iter()
            .map(|p| state::ProductState {
                product: p.config.name(),
                fair: p.fair,
            })
            .collect();
        let listings = self
            .venues
            .iter()
            .flat_map(|(_, listings)| listings)
            .map(state::ListingState::of)
            .collect();
        WorldState {
            version: state::VERSION,
            seed: self.seed,
            step: self.step,
            ts: self.now,
            clean,
            products,
            listings,
        }
    }

    /// Virtual time.
    #[must_use]
    pub fn now(&self) -> UnixNanos {
        self.now
    }

    /// Number of the last step.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.step
    }

    /// The listings of a venue, in the order of the products.
    #[must_use]
    pub fn listings(&self, venue: VenueKind) -> &[Listing] {
        self.venues
            .iter()
            .find(|(kind, _)| *kind == venue)
            .map_or(&[], |(_, listings)| listings)
    }

    /// Moves on by `dt_ns` and returns what each venue publishes.
    pub fn step(&mut self, dt_ns: u64) -> Vec<Arc<VenueStep>> {
        let start = self.now;
        let dt = dt_ns as f64 / 1e9;
        let common = (self.common.normal(), self.common.normal());
        for product in &mut self.products {
            product
                .fair
                .step(dt, &product.config.dynamics, common, &mut product.rng);
        }
        self.step += 1;
        self.now = start.plus(dt_ns);
        let (step, ts, products) = (self.step, self.now, &self.products);
        self.venues
            .iter_mut()
            .map(|(venue, listings)| {
                let fair = |listing: usize| products[listing].fair.price();
                let markets = listings
                    .iter_mut()
                    .enumerate()
                    .map(|(i, l)| l.step(start, dt_ns, fair(i)))
                    .collect();
                Arc::new(VenueStep {
                    step,
                    ts,
                    venue: *venue,
                    markets,
                })
            })
            .collect()
    }

    /// Moves on to `target`, in steps the finer the nearer it is: history far back needs bars of a minute to
    /// look right, the last minutes need every tick. What is published on the way is dropped; history keeps it.
    pub fn catch_up(&mut self, target: UnixNanos, fine_ns: u64) {
        const SECOND: u64 = 1_000_000_000;
        loop {
            let behind = target.since(self.now);
            let dt = match behind {
                b if b > 1_800 * SECOND => 2 * SECOND,
                b if b > 60 * SECOND => SECOND,
                b if b > 5 * SECOND => SECOND / 4,
                b if b >= fine_ns => fine_ns,
                _ => return,
            };
            self.step(dt);
        }
    }

    /// Skips time without simulating it; used when a stored world is older than the history wanted.
    pub fn skip_to(&mut self, at: UnixNanos) {
        if at > self.now {
            self.now = at;
        }
    }
}
