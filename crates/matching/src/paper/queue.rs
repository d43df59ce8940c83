//! Where a resting order stands in the queue of its price.
//!
//! | model | what stands ahead of an order that joins | what brings it forward |
//! | --- | --- | --- |
//! | [`QueueModel::Off`] | nothing is known | prints at its price never fill it, only prints through it and crossings do |
//! | [`QueueModel::BehindDisplayed`] (risk-averse) | all that is displayed at its price | prints at its price; cancels only when less is left than stood ahead |
//! | [`QueueModel::Probabilistic`] | the same | prints; of cancels the share that the rule says stood ahead |
//! | [`QueueModel::ByOrder`] | the same, order by order | executions and cancels of the orders that were there before it, exactly |
//!
//! Cancels are what a level shrinks by beyond what was printed there since it was last seen, so that the prints which
//! explain a change have to come before it. The risk-averse model takes them in either order: a print that comes after
//! the change brings an order forward only by what the change did not; the probabilistic one would count it twice.
//!
//! The shares are those of [`crate::depth::queue`], where their sources are: n-th power of the sizes ahead and behind, or
//! their logarithms.

use crate::depth::queue::{LogShare, PowerShare, QueueRule};

/// How resting limits queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum QueueModel {
    /// Off: prints at the limit price never fill, only prints through it and crossings do.
    Off,
    /// Behind what was displayed at the price on joining; prints at the price, and cancels that leave less
    /// displayed than that, advance the order. The lower bound of what a queue can give.
    BehindDisplayed,
    /// The same, and cancels are shared between those ahead and those behind.
    Probabilistic(QueueShare),
    /// The feed tells of every order ([`super::PaperVenue::on_order_gone`]).
    ByOrder,
}

impl QueueModel {
    /// Whether prints at an order's price can fill it.
    pub(crate) fn follows_prints(self) -> bool {
        matches!(self, QueueModel::BehindDisplayed | QueueModel::Probabilistic(_))
    }
}

/// Which share of a canceled amount stood ahead, with `a` ahead and `b` behind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum QueueShare {
    /// aⁿ / (aⁿ + bⁿ).
    Power {
        /// n in thousandths; 1,000 = in proportion.
        thousandths: u32,
    },
    /// ln(1+a) / (ln(1+a) + ln(1+b)).
    Log,
}

impl QueueShare {
    fn share_ahead(self, ahead: f64, behind: f64) -> f64 {
        match self {
            QueueShare::Power { thousandths } => {
                PowerShare::new(f64::from(thousandths) / 1_000.0).share_ahead(ahead, behind)
            }
            QueueShare::Log => LogShare.share_ahead(ahead, behind),
        }
    }
}

/// One order's place.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct QueuePlace {
    /// Size that is served before it, rounded up; `None` until the market has been seen.
    ahead: Option<i128>,
    /// By how much less than that it is: shares of cancels are no whole units.
    spare: f64,
    /// By how much shrinking of the displayed size advanced it. The print that explains the shrinking often comes
    /// after the book change, and must not advance the order again.
    shrunk: i128,
    /// What was displayed at its price when it was last seen.
    level: i128,
    /// What was printed there since.
    printed: i128,
    /// The number of the feed's last order when it joined.
    joined: u64,
}

impl QueuePlace {
    /// At the end of a queue that shows `displayed`; `None` while nobody can say.
    pub(crate) fn joining(displayed: Option<i128>, feed_number: u64) -> Self {
        Self {
            ahead: displayed,
            level: displayed.unwrap_or(0),
            joined: feed_number,
            ..Self::default()
        }
    }

    /// Whether nobody knew the queue yet.
    pub(crate) fn is_unknown(&self) -> bool {
        self.ahead.is_none()
    }

    /// The displayed size at the price is now `size` (`None`: beyond what is displayed).
    pub(crate) fn shows(&mut self, model: QueueModel, size: Option<i128>) {
        let (Some(ahead), Some(size)) = (self.ahead, size) else {
            return;
        };
        match model {
            QueueModel::Off | QueueModel::ByOrder => return,
            QueueModel::BehindDisplayed => self.set(ahead, ahead.min(size) as f64, Some(ahead.min(size))),
            QueueModel::Probabilistic(share) => {
                let cancelled = self.level - size - self.printed;
                if cancelled > 0 {
                    let (exact, cancelled) = (ahead as f64 - self.spare, cancelled as f64);
                    let behind = ((self.level - self.printed) as f64 - exact).max(0.0);
                    let of_ahead = share.share_ahead(exact, behind);
                    let of_behind = ((1.0 - of_ahead) * cancelled).min(behind);
                    let left = (exact - (cancelled - of_behind)).max(0.0).min(size as f64);
                    self.set(ahead, left, None);
                } else if ahead > size {
                    self.set(ahead, size as f64, None);
                }
            }
        }
        (self.level, self.printed) = (size, 0);
    }

    /// What stands ahead is now `exact` (`whole` where it is a whole number); the difference was no print.
    fn set(&mut self, before: i128, exact: f64, whole: Option<i128>) {
        // A size beyond 2^53 units rounds; it is an estimate anyway.
        let now = whole.unwrap_or(exact.ceil() as i128).min(before);
        self.spare = whole.map_or((now as f64 - exact).clamp(0.0, 1.0), |_| 0.0);
        if whole.is_some() {
            self.shrunk = self.shrunk.saturating_add(before - now);
        }
        self.ahead = Some(now);
    }

    /// A print of `size` at the price: what of it passed those ahead; `None` while nobody knows the queue.
    pub(crate) fn print(&mut self, size: i128) -> Option<i128> {
        let ahead = self.ahead?;
        self.printed = self.printed.saturating_add(size);
        let news = (size - self.shrunk).max(0);
        self.shrunk = (self.shrunk - size).max(0);
        let left = (ahead - news).max(0);
        if left == 0 {
            self.spare = 0.0;
        }
        self.ahead = Some(left);
        Some((news - ahead).max(0))
    }

    /// An order that the feed had told of at `number` is gone, or smaller by `size`. True when it stood ahead.
    pub(crate) fn gone(&mut self, number: u64, size: i128) -> bool {
        let before_us = number <= self.joined;
        if let Some(ahead) = self.ahead.filter(|_| before_us) {
            self.ahead = Some((ahead - size).max(0));
        }
        before_us
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: QueueModel = QueueModel::Probabilistic(QueueShare::Power { thousandths: 1_000 });

    #[test]
    fn the_risk_averse_model_lets_cancels_stand_behind() {
        let mut place = QueuePlace::joining(Some(60), 0);
        // 40 join behind and 60 are canceled: only 40 are left, all of them may stand ahead.
        place.shows(QueueModel::BehindDisplayed, Some(100));
        place.shows(QueueModel::BehindDisplayed, Some(40));
        assert_eq!(place.ahead, Some(40));
        // The print that explains 20 of the change came late and counts for the other 10 only.
        assert_eq!(place.print(30), Some(0));
        assert_eq!(place.ahead, Some(30));
    }

    #[test]
    fn with_power_one_cancels_are_shared_in_proportion() {
        let mut place = QueuePlace::joining(Some(60), 0);
        place.shows(ONE, Some(100));
        // 10 of 100 are canceled, 60 ahead and 40 behind: 6 of them ahead.
        place.shows(ONE, Some(90));
        assert_eq!(place.ahead, Some(54));
        // A print of 20 and a level that shrinks by it: all of it from ahead, no cancel.
        assert_eq!(place.print(20), Some(0));
        place.shows(ONE, Some(70));
        assert_eq!(place.ahead, Some(34));
    }

    #[test]
    fn shares_of_a_unit_add_up() {
        let mut place = QueuePlace::joining(Some(3), 0);
        place.shows(ONE, Some(6));
        // Half of each unit: 3 → 2.5 → 2.
        place.shows(ONE, Some(5));
        assert_eq!(place.ahead, Some(3));
        place.shows(ONE, Some(4));
        assert_eq!(place.ahead, Some(2));
    }

    #[test]
    fn by_order_only_those_who_were_there_count() {
        let mut place = QueuePlace::joining(Some(7), 12);
        assert!(!place.gone(13, 5));
        assert!(place.gone(11, 4));
        assert_eq!(place.ahead, Some(3));
        place.shows(QueueModel::ByOrder, Some(1));
        assert_eq!(place.ahead, Some(3));
    }
}
