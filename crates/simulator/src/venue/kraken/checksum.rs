//! The venue's checksum of a book: CRC32 over the best ten asks, then the best ten bids, each price and size
//! without its point and its leading zeros (docs.kraken.com, guide "Book checksum v2").

use crate::world::listing::Level;

/// Levels of a side that count.
const LEVELS: usize = 10;

/// The checksum of a book whose sides are given best first. Mantissas at the pair's own precisions *are*
/// the digits without point and leading zeros.
#[must_use]
pub fn checksum(bids: &[Level], asks: &[Level]) -> u32 {
    use std::fmt::Write as _;
    let mut digits = String::with_capacity(512);
    for (price, size) in asks.iter().take(LEVELS).chain(bids.iter().take(LEVELS)) {
        // Writing to a string cannot fail.
        let _ = write!(digits, "{}{}", price.0, size.0);
    }
    crc32fast::hash(digits.as_bytes())
}

#[cfg(test)]
mod tests {
    use tradewind_types::{PriceMantissa, SizeMantissa};

    use super::*;

    /// The worked example of the venue's guide "Book checksum v2" (its ten levels a side and its result).
    #[test]
    fn the_guides_example_has_the_guides_checksum() {
        let level = |(price, size): &(&str, &str)| {
            let digits = |t: &str| t.replace('.', "").trim_start_matches('0').to_owned();
            (
                PriceMantissa(digits(price).parse().expect("number")),
                SizeMantissa(digits(size).parse().expect("number")),
            )
        };
        let asks = [
            ("45285.2", "0.00100000"),
            ("45286.4", "1.54571953"),
            ("45286.6", "1.54571109"),
            ("45289.6", "1.54560911"),
            ("45290.2", "0.15890660"),
            ("45291.8", "1.54553491"),
            ("45294.7", "0.04454749"),
            ("45296.1", "0.35380000"),
            ("45297.5", "0.09945542"),
            ("45299.5", "0.18772827"),
        ];
        let bids = [
            ("45283.5", "0.10000000"),
            ("45283.4", "1.54582015"),
            ("45282.1", "0.10000000"),
            ("45281.0", "0.10000000"),
            ("45280.3", "1.54592586"),
            ("45279.0", "0.07990000"),
            ("45277.6", "0.03310103"),
            ("45277.5", "0.30000000"),
            ("45277.3", "1.54602737"),
            ("45276.6", "0.15445238"),
        ];
        let bids: Vec<_> = bids.iter().map(level).collect();
        let asks: Vec<_> = asks.iter().map(level).collect();
        assert_eq!(checksum(&bids, &asks), 3_310_070_434);
    }
}
