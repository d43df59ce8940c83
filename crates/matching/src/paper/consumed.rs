//! What our orders took from displayed levels, so that no size is used twice.

use tradewind_types::{PriceMantissa, Side};

use super::view::Liquidity;

/// Levels remembered at once; beyond that the oldest is forgotten.
const LEVELS_MAX: usize = 1_024;

/// Size used up per level.
#[derive(Clone, Debug, Default)]
pub(crate) struct Consumed {
    /// In order of first use; nearly always a handful.
    levels: Vec<(Side, PriceMantissa, i128)>,
}

impl Consumed {
    pub(crate) fn at(&self, side: Side, price: PriceMantissa) -> i128 {
        let found = self.levels.iter().find(|(s, p, _)| (*s, *p) == (side, price));
        found.map_or(0, |(.., used)| *used)
    }

    pub(crate) fn add(&mut self, side: Side, price: PriceMantissa, size: i128) {
        if let Some((.., used)) = self.levels.iter_mut().find(|(s, p, _)| (*s, *p) == (side, price)) {
            *used += size;
            return;
        }
        if self.levels.len() == LEVELS_MAX {
            self.levels.remove(0);
        }
        self.levels.push((side, price, size));
    }

    /// Follows a change of the market: a level that is gone is forgotten, one that shrank keeps at most its size.
    pub(crate) fn refresh(&mut self, liquidity: &Liquidity<'_>) {
        if self.levels.is_empty() || !liquidity.is_valid() {
            return;
        }
        self.levels.retain_mut(|(side, price, used)| {
            if let Some(size) = liquidity.size_at(*side, *price) {
                *used = (*used).min(size.0);
            }
            *used > 0
        });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.levels.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tradewind_types::SizeMantissa;

    #[test]
    fn growth_is_new_liquidity_and_a_level_that_is_gone_is_forgotten() {
        let mut consumed = Consumed::default();
        let price = PriceMantissa(100);
        let show = |consumed: &mut Consumed, size: i128| {
            let (asks, next) = (
                [(price, SizeMantissa(size))],
                [(PriceMantissa(101), SizeMantissa(1))],
            );
            let levels: &[_] = if size > 0 { &asks } else { &next };
            consumed.refresh(&Liquidity::Levels(&[], levels));
            consumed.at(Side::Sell, price)
        };
        consumed.add(Side::Sell, price, 6);
        assert_eq!(show(&mut consumed, 10), 6);
        assert_eq!(show(&mut consumed, 4), 4, "it shrank: ours went first");
        assert_eq!(show(&mut consumed, 9), 4, "5 are new");
        assert_eq!(show(&mut consumed, 0), 0);
        assert!(consumed.is_empty());
    }
}
