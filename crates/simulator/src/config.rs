//! What is simulated: products with their dynamics and price grids, venues with their ports, history, faults.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tradewind_types::{Clock, Currency};

use crate::clock::SystemClock;
use crate::faults::FaultScript;

/// A venue whose protocol the simulator speaks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VenueKind {
    /// Coinbase Advanced Trade.
    Coinbase,
    /// Kraken spot, WebSocket v2.
    Kraken,
}

impl VenueKind {
    /// Every venue there is.
    pub const ALL: [VenueKind; 2] = [VenueKind::Coinbase, VenueKind::Kraken];

    /// The name used in fault scripts, state files and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            VenueKind::Coinbase => "coinbase",
            VenueKind::Kraken => "kraken",
        }
    }

    /// The venue of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Decimals of prices and sizes on one venue; the tick and the lot are one unit of the last decimal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Grid {
    /// Decimals of a price.
    pub price_scale: u8,
    /// Decimals of a size.
    pub size_scale: u8,
}

/// How a product's price moves.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Dynamics {
    /// Standard deviation of the cycle, as a fraction of the price (0.003 = 0.3 %).
    pub cycle_amplitude: f64,
    /// Length of a typical cycle, seconds.
    pub cycle_s: f64,
    /// Standard deviation of the random walk over one second, as a fraction.
    pub walk_per_sqrt_s: f64,
    /// Mean time between shocks, seconds.
    pub shock_every_s: f64,
    /// Mean size of a shock, as a fraction.
    pub shock_size: f64,
}

impl Default for Dynamics {
    fn default() -> Self {
        Self {
            cycle_amplitude: 0.002_6,
            cycle_s: 110.0,
            walk_per_sqrt_s: 0.000_08,
            shock_every_s: 420.0,
            shock_size: 0.005,
        }
    }
}

/// One product, listed on every venue of the simulation.
#[derive(Clone, PartialEq, Debug)]
pub struct ProductConfig {
    /// Base currency.
    pub base: Currency,
    /// Quote currency.
    pub quote: Currency,
    /// Price at which a new world begins.
    pub start_price: f64,
    /// How it moves.
    pub dynamics: Dynamics,
    /// Relative activity: 1 is about 1.5 trades a second on each venue.
    pub activity: f64,
    /// Grid on Coinbase.
    pub coinbase: Grid,
    /// Grid on Kraken.
    pub kraken: Grid,
}

impl ProductConfig {
    /// A product with default dynamics.
    #[must_use]
    pub fn new(base: &'static str, start_price: f64, coinbase: (u8, u8), kraken: (u8, u8)) -> Self {
        let grid = |(price_scale, size_scale)| Grid {
            price_scale,
            size_scale,
        };
        Self {
            base: Currency::of(base),
            quote: Currency::USD,
            start_price,
            dynamics: Dynamics::default(),
            activity: 1.0,
            coinbase: grid(coinbase),
            kraken: grid(kraken),
        }
    }

    /// `BTC-USD`: the product's name in state files and on Coinbase.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}-{}", self.base, self.quote)
    }

    /// The grid on a venue.
    #[must_use]
    pub fn grid(&self, venue: VenueKind) -> Grid {
        match venue {
            VenueKind::Coinbase => self.coinbase,
            VenueKind::Kraken => self.kraken,
        }
    }

    /// One of [`ProductConfig::defaults`] by its name, `BTC-USD`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::defaults()
            .into_iter()
            .find(|product| product.name() == name)
    }

    /// The four products of the demo with the ticks and lots that the venues publish for them.
    #[must_use]
    pub fn defaults() -> Vec<ProductConfig> {
        let mut products = vec![
            Self::new("BTC", 68_900.0, (2, 8), (1, 8)),
            Self::new("ETH", 3_420.0, (2, 8), (2, 8)),
            Self::new("SOL", 172.0, (2, 8), (2, 8)),
            Self::new("ADA", 0.72, (4, 8), (6, 8)),
        ];
        // Cycles of different lengths and heights, so that the products do not move as one.
        for (product, (cycle_s, amplitude, activity)) in products.iter_mut().zip([
            (120.0, 0.0024, 1.2),
            (105.0, 0.0028, 1.1),
            (90.0, 0.0034, 0.9),
            (135.0, 0.0036, 0.7),
        ]) {
            product.dynamics.cycle_s = cycle_s;
            product.dynamics.cycle_amplitude = amplitude;
            product.activity = activity;
        }
        products
    }
}

/// One venue to serve.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VenueConfig {
    /// Which protocol.
    pub kind: VenueKind,
    /// Loopback port; 0 picks a free one.
    pub port: u16,
}

/// Everything [`crate::Simulator::start`] needs.
#[derive(Clone)]
pub struct SimulatorConfig {
    /// Seed of the world.
    pub seed: u64,
    /// Products, each listed on every venue.
    pub products: Vec<ProductConfig>,
    /// Venues to serve.
    pub venues: Vec<VenueConfig>,
    /// How far back trades and candles reach at the start.
    pub history: Duration,
    /// Virtual time of one live step.
    pub step: Duration,
    /// Where the world is kept between runs; `None` = start anew each time.
    pub state_file: Option<PathBuf>,
    /// Faults from the start on; more can be injected through the handle.
    pub faults: FaultScript,
    /// Wall time, which virtual time follows.
    pub clock: Arc<dyn Clock>,
}

impl Default for SimulatorConfig {
    fn default() -> Self {
        Self {
            seed: 42,
            products: ProductConfig::defaults(),
            venues: VenueKind::ALL.map(|kind| VenueConfig { kind, port: 0 }).to_vec(),
            history: Duration::from_secs(6 * 3600),
            step: Duration::from_millis(50),
            state_file: None,
            faults: FaultScript::default(),
            clock: Arc::new(SystemClock),
        }
    }
}

impl std::fmt::Debug for SimulatorConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SimulatorConfig")
            .field("seed", &self.seed)
            .field("products", &self.products.len())
            .field("venues", &self.venues)
            .field("history", &self.history)
            .field("step", &self.step)
            .field("state_file", &self.state_file)
            .finish_non_exhaustive()
    }
}
