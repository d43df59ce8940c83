//! Order matching: a price-time exchange book and simulated fills against market data.
