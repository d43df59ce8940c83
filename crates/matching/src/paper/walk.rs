//! The venue walks along a bar: see [`super::bar`] for the path and what is assumed.

use tradewind_types::market::Bar;
use tradewind_types::{InstrumentIdx, UnixNanos};

use super::bar::{BarPoint, BarWalk, Mark, Stage, bar_path, cap_of};
use super::order::Working;
use super::report::Report;
use super::venue::PaperVenue;
use super::view::MarketView;

impl PaperVenue {
    /// As [`PaperVenue::advance`], for one instrument that is fed by bars: what is due until `now` meets the price where
    /// its last walk stands. Without this call it meets the next bar's open.
    pub fn advance_instrument(
        &mut self,
        instrument: InstrumentIdx,
        now: UnixNanos,
        view: &impl MarketView,
        out: &mut Vec<Report>,
    ) {
        while let Some(due) = self
            .shops
            .get_mut(instrument.slot())
            .and_then(|shop| shop.agenda.pop(now))
        {
            self.carry_out(due, view, out);
        }
        if let Some(shop) = self.shops.get_mut(instrument.slot()) {
            shop.agenda.prune(&self.slots);
        }
    }

    /// Begins a bar of an instrument, which ended at `end` and which is fed by bars from then on. Where no order waits for
    /// it the walk is over at once, in a few nanoseconds.
    #[inline]
    pub fn begin_bar(&mut self, bar: &Bar, end: UnixNanos) -> BarWalk {
        self.begin(bar, end, false)
    }

    /// As [`PaperVenue::begin_bar`] for a bar whose whole path is to be walked, whether or not an order waits; every step
    /// of it returns to the caller.
    pub fn begin_whole_bar(&mut self, bar: &Bar, end: UnixNanos) -> BarWalk {
        self.begin(bar, end, true)
    }

    #[inline]
    fn begin(&mut self, bar: &Bar, end: UnixNanos, whole: bool) -> BarWalk {
        let settings = self.desk.settings.bars;
        let shop = self.shop_mut(bar.instrument);
        let waits = whole || shop.is_busy() || shop.agenda.next().is_some();
        match &mut shop.mark {
            Some(mark) => {
                mark.left = cap_of(&settings, bar);
                if !waits {
                    mark.price = bar.close;
                    return BarWalk::over(bar);
                }
            }
            None => self.feed_by_bars(bar),
        }
        let points = bar_path(bar, end);
        if let Some(mark) = &mut self.shop_mut(bar.instrument).mark {
            mark.walking = Some(points[0].ts);
            mark.end = points[3].ts;
        }
        BarWalk {
            instrument: bar.instrument,
            points,
            stage: Stage::Open,
            at: points[0],
            watch: None,
            reached: false,
            whole,
        }
    }

    #[cold]
    fn feed_by_bars(&mut self, bar: &Bar) {
        let settings = self.desk.settings.bars;
        let slots = &self.slots;
        let of_bar = |order: &Working| order.order.instrument_idx == bar.instrument;
        let tick = slots.iter().find(|order| of_bar(order)).map_or(1, |o| o.tick);
        let moved = self
            .agenda
            .drain_of(|due| slots.get(due.slot).is_some_and(of_bar));
        let Some(shop) = self.shops.get_mut(bar.instrument.slot()) else {
            return;
        };
        shop.mark = Some(Mark {
            price: bar.open,
            tick,
            settings,
            left: cap_of(&settings, bar),
            jumped: false,
            walking: None,
            end: bar.ts,
        });
        for due in moved {
            shop.agenda.push(due, slots);
        }
    }

    /// Walks on along a bar until something is reported, or to its close. False when the bar is over and nothing more
    /// was reported: call it again as long as it is true, and handle the reports between.
    pub fn step_bar(&mut self, walk: &mut BarWalk, view: &impl MarketView, out: &mut Vec<Report>) -> bool {
        let reported = out.len();
        walk.reached = false;
        while walk.stage != Stage::Over {
            self.step(walk, view, out);
            let goes_on = walk.whole && walk.stage != Stage::Over;
            if out.len() > reported || walk.reached || goes_on {
                return true;
            }
        }
        let shop = self.shops.get_mut(walk.instrument.slot());
        if let Some(mark) = shop.and_then(|shop| shop.mark.as_mut()) {
            mark.walking = None;
        }
        false
    }

    fn step(&mut self, walk: &mut BarWalk, view: &impl MarketView, out: &mut Vec<Report>) {
        let instrument = walk.instrument;
        match walk.stage {
            Stage::Open => {
                self.mark(walk.at, instrument, false);
                self.advance_instrument(instrument, walk.at.ts, view, out);
                walk.stage = Stage::Jumped;
            }
            Stage::Jumped => {
                self.mark(walk.at, instrument, true);
                self.on_floor(instrument, walk.at.ts, view, out, |floor, shop| {
                    floor.market(shop)
                });
                self.mark(walk.at, instrument, false);
                walk.stage = Stage::Towards(1);
            }
            Stage::Towards(to) => {
                let Some(shop) = self.shops.get(instrument.slot()) else {
                    walk.stage = Stage::Over;
                    return;
                };
                let next = walk.next_place(to, shop, &self.slots);
                let watched = walk.watched(to, next);
                let next = watched.unwrap_or(next);
                if shop.agenda.next().is_some_and(|due| due <= next.ts) {
                    // What is due on the way meets the price where the walk stands, and may change what comes next.
                    let reported = out.len();
                    self.advance_instrument(instrument, next.ts, view, out);
                    if out.len() > reported {
                        return;
                    }
                }
                walk.at = next;
                if watched.is_some() {
                    walk.watch = None;
                    walk.reached = true;
                }
                self.mark(next, instrument, false);
                self.on_floor(instrument, next.ts, view, out, |floor, shop| floor.market(shop));
                if next == walk.points[to] {
                    walk.stage = if to == 3 {
                        Stage::Over
                    } else {
                        Stage::Towards(to + 1)
                    };
                }
            }
            Stage::Over => {}
        }
    }

    fn mark(&mut self, at: BarPoint, instrument: InstrumentIdx, jumped: bool) {
        let shop = self.shops.get_mut(instrument.slot());
        if let Some(mark) = shop.and_then(|shop| shop.mark.as_mut()) {
            mark.price = at.price;
            mark.jumped = jumped;
            mark.walking = Some(at.ts);
        }
    }
}
