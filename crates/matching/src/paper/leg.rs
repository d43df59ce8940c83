//! A price on the way that the caller of a walk wants to stop at: where a bar's path takes an account below its margin.

use tradewind_types::PriceMantissa;

use super::bar::{BarPoint, BarWalk, Stage};

impl BarWalk {
    /// Where the walk stands, and where it goes to next in a straight line. Before anything met the open both are the
    /// open; `None` while what rests meets it, and at the close.
    #[must_use]
    pub fn leg(&self) -> Option<(BarPoint, BarPoint)> {
        match self.stage {
            Stage::Open => Some((self.at, self.at)),
            Stage::Towards(to) => Some((self.at, self.points[to])),
            Stage::Jumped | Stage::Over => None,
        }
    }

    /// Stops the walk where its path passes a price next, after what fills there; `None` = nowhere.
    pub fn watch(&mut self, price: Option<PriceMantissa>) {
        self.watch = price;
    }

    /// Whether the last step ended at the watched price.
    #[must_use]
    pub fn has_reached(&self) -> bool {
        self.reached
    }

    /// The watched price, if the path passes it on its way from where it stands to `next`.
    pub(crate) fn watched(&self, to: usize, next: BarPoint) -> Option<BarPoint> {
        let watch = self.watch?;
        let (here, there) = (self.at.price, next.price);
        let passes = (here < watch && watch <= there) || (there <= watch && watch < here);
        passes.then(|| BarPoint {
            ts: self
                .time_of(self.points[to - 1], self.points[to], watch.0)
                .clamp(self.at.ts, next.ts.max(self.at.ts)),
            price: watch,
        })
    }
}
