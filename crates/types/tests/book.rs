//! The laws of order books: changes and snapshots lead to the same book, whatever the order and the depth.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tradewind_types::market::{BookAction, BookError, BookLevel, BookUpdate, OrderBook};
use tradewind_types::{InstrumentIdx, PriceMantissa, Side, SizeMantissa, UnixNanos};

const IDX: InstrumentIdx = InstrumentIdx(3);

fn level(side: Side, price: i64, size: i128) -> BookLevel {
    BookLevel {
        side,
        price: PriceMantissa(price),
        size: SizeMantissa(size),
    }
}

fn update(action: BookAction, levels: Vec<BookLevel>) -> BookUpdate {
    BookUpdate {
        instrument: IDX,
        action,
        levels: levels.into(),
        ts_event: UnixNanos(1),
        ts_init: UnixNanos(2),
    }
}

/// The plain model: a sorted map per side.
#[derive(Default)]
struct Model(BTreeMap<i64, i128>, BTreeMap<i64, i128>);

impl Model {
    fn apply(&mut self, levels: &[BookLevel]) {
        for l in levels {
            let side = if l.side == Side::Buy {
                &mut self.0
            } else {
                &mut self.1
            };
            if l.size.0 == 0 {
                side.remove(&l.price.0);
            } else {
                side.insert(l.price.0, l.size.0);
            }
        }
    }

    fn levels(&self) -> Vec<BookLevel> {
        let bids = self.0.iter().map(|(p, s)| level(Side::Buy, *p, *s));
        bids.chain(self.1.iter().map(|(p, s)| level(Side::Sell, *p, *s)))
            .collect()
    }
}

fn any_level() -> impl Strategy<Value = BookLevel> {
    let side = prop_oneof![Just(Side::Buy), Just(Side::Sell)];
    (side, -40i64..40, 0i128..4).prop_map(|(side, price, size)| level(side, price, size))
}

proptest! {
    #[test]
    fn a_book_from_changes_equals_the_book_from_a_snapshot(
        start in prop::collection::vec(any_level(), 0..60),
        changes in prop::collection::vec(prop::collection::vec(any_level(), 1..6), 0..200),
    ) {
        let mut model = Model::default();
        model.apply(&start);
        let mut book = OrderBook::new(IDX);
        book.apply(&update(BookAction::Snapshot, model.levels())).expect("a snapshot is always taken");
        for change in changes {
            model.apply(&change);
            book.apply(&update(BookAction::Delta, change)).expect("synchronised");
        }
        let mut fresh = OrderBook::new(IDX);
        fresh.apply(&update(BookAction::Snapshot, model.levels())).expect("a snapshot is always taken");
        prop_assert_eq!(&book, &fresh);
        prop_assert_eq!(book.best_bid().map(|l| l.0.0), model.0.keys().next_back().copied());
        prop_assert_eq!(book.best_ask().map(|l| l.0.0), model.1.keys().next().copied());
        let mut again = OrderBook::new(IDX);
        again.apply(&book.snapshot()).expect("a snapshot is always taken");
        prop_assert_eq!(&again, &book);
        for price in -40..40 {
            let want = model.0.get(&price).copied().unwrap_or(0);
            prop_assert_eq!(book.size_at(Side::Buy, PriceMantissa(price)).0, want);
        }
    }

    #[test]
    fn a_depth_keeps_the_best_levels_and_tells_the_dropped_ones(
        changes in prop::collection::vec(any_level(), 1..400),
        depth in 1usize..12,
    ) {
        let mut limited = OrderBook::with_depth(IDX, depth);
        let mut told = OrderBook::new(IDX);
        limited.apply(&update(BookAction::Snapshot, vec![])).expect("a snapshot is always taken");
        told.apply(&update(BookAction::Snapshot, vec![])).expect("a snapshot is always taken");
        for change in changes {
            let mut message = update(BookAction::Delta, vec![change]);
            let mut gone = vec![];
            limited.apply_telling(&message, |side, price| gone.push(level(side, price.0, 0))).expect("synchronised");
            message.levels.extend(gone);
            told.apply(&message).expect("synchronised");
            prop_assert!(limited.len(Side::Buy) <= depth && limited.len(Side::Sell) <= depth);
            // Who is told what was dropped has the same book without knowing of the depth.
            prop_assert_eq!(&limited, &told);
        }
    }

    #[test]
    fn the_rank_that_changed_says_whether_the_top_changed(
        start in prop::collection::vec(any_level(), 0..60),
        change in any_level(),
    ) {
        let mut book = OrderBook::new(IDX);
        book.apply(&update(BookAction::Snapshot, start)).expect("a snapshot is always taken");
        let before: Vec<_> = book.levels(change.side).take(5).collect();
        let rank = book.apply(&update(BookAction::Delta, vec![change])).expect("synchronised");
        let after: Vec<_> = book.levels(change.side).take(5).collect();
        prop_assert!(rank < 5 || before == after);
    }
}

#[test]
fn a_change_before_the_snapshot_and_after_a_reset_is_refused() {
    let mut book = OrderBook::new(IDX);
    let change = update(BookAction::Delta, vec![level(Side::Buy, 10, 1)]);
    assert_eq!(book.apply(&change), Err(BookError::Unsynchronised));
    assert_eq!(book.quote(), None);
    book.apply(&update(BookAction::Snapshot, vec![level(Side::Sell, 12, 5)]))
        .expect("taken");
    assert_eq!(book.apply(&change), Ok(0));
    let quote = book.quote().expect("two sides");
    assert_eq!(
        (quote.bid.0, quote.ask.0, quote.bid_size.0, quote.ask_size.0),
        (10, 12, 1, 5)
    );
    book.reset();
    assert!(book.is_empty());
    assert_eq!(book.apply(&change), Err(BookError::Unsynchronised));
}

#[test]
fn a_crossed_book_says_so() {
    let mut book = OrderBook::new(IDX);
    let levels = vec![level(Side::Buy, 10, 1), level(Side::Sell, 12, 1)];
    book.apply(&update(BookAction::Snapshot, levels)).expect("taken");
    assert!(!book.is_crossed());
    book.apply(&update(BookAction::Delta, vec![level(Side::Buy, 12, 1)]))
        .expect("taken");
    assert!(book.is_crossed());
}

#[test]
fn the_extreme_prices_keep_their_order_on_both_sides() {
    for side in [Side::Buy, Side::Sell] {
        let mut book = OrderBook::new(IDX);
        let levels = vec![
            level(side, i64::MIN, 1),
            level(side, i64::MAX, 2),
            level(side, 0, 3),
        ];
        book.apply(&update(BookAction::Snapshot, levels)).expect("taken");
        let prices: Vec<i64> = book.levels(side).map(|l| l.0.0).collect();
        let mut want = vec![i64::MAX, 0, i64::MIN];
        if side == Side::Sell {
            want.reverse();
        }
        assert_eq!(prices, want);
    }
}

#[test]
fn a_finer_scale_changes_the_numbers_or_nothing() {
    let mut book = OrderBook::new(IDX);
    let levels = vec![level(Side::Buy, 15, 7), level(Side::Sell, 16, 8)];
    book.apply(&update(BookAction::Snapshot, levels)).expect("taken");
    book.refine(2, 1).expect("fits");
    assert_eq!(book.best_bid(), Some((PriceMantissa(1500), SizeMantissa(70))));
    assert_eq!(book.best_ask(), Some((PriceMantissa(1600), SizeMantissa(80))));
    let before = book.clone();
    assert_eq!(book.refine(18, 0), Err(BookError::Overflow));
    assert_eq!(book, before);
}
