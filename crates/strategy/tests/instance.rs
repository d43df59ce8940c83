//! The runner: alignment, warm-up, revisions, incomplete bars, quotes, halts.

#![allow(clippy::unwrap_used)]

mod bars;

use bars::{SCALES, closes};
use tradewind_indicators::IndicatorSpec;
use tradewind_strategy::{
    Alignment, Context, Ignored, Inputs, Instance, InstanceError, Intents, OwnFill, Ran, Reason, SlotMarket,
    Strategy,
};
use tradewind_types::market::{BarInterval, Quote};
use tradewind_types::{
    InstrumentIdx, Price, PriceMantissa, Quantity, Side, SizeMantissa, StrategyId, UnixNanos,
};

/// Writes down what it is shown; asks to leave each time.
#[derive(Debug)]
struct Witness {
    id: StrategyId,
    inputs: Inputs,
    seen: Vec<String>,
}

impl Witness {
    fn new(slots: usize, alignment: Alignment) -> Self {
        let sma = IndicatorSpec::parse("SMA_2").unwrap();
        Self {
            id: StrategyId::new("witness").unwrap(),
            inputs: Inputs {
                slots,
                alignment,
                quotes: true,
                ..Inputs::single(BarInterval::S10, 2, 2, vec![sma])
            },
            seen: Vec::new(),
        }
    }
}

impl Strategy for Witness {
    fn id(&self) -> &StrategyId {
        &self.id
    }

    fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    fn on_bar(&mut self, context: &Context<'_>, out: &mut Intents) {
        let one = |slot| {
            let close = context.window(slot).map(|w| w.close());
            format!("{close:?}{}", if context.fresh(slot) { "!" } else { "" })
        };
        let line: Vec<String> = (0..context.slots()).map(one).collect();
        self.seen.push(line.join(" "));
        out.exit(0, Reason::from("asked"));
    }

    fn on_quote(&mut self, context: &Context<'_>, slot: usize, out: &mut Intents) {
        let quote = context.quote(slot).unwrap();
        self.seen.push(format!("quote {slot} {:.2}", quote.mid()));
        if quote.bid > 500.0 {
            out.exit(0, Reason::from("never seen"));
            out.halt("the bid is mad".into());
        }
    }

    fn on_fill(&mut self, fill: &OwnFill, _out: &mut Intents) {
        self.seen.push(format!("fill {} {}", fill.side, fill.quantity));
    }
}

fn instance(slots: usize, alignment: Alignment) -> Instance<Witness> {
    Instance::new(
        Witness::new(slots, alignment),
        &vec![SlotMarket::new(SCALES); slots],
    )
    .unwrap()
}

fn quote(cents: i64) -> Quote {
    Quote {
        instrument: InstrumentIdx(0),
        bid: PriceMantissa(cents),
        ask: PriceMantissa(cents + 2),
        bid_size: SizeMantissa(1),
        ask_size: SizeMantissa(1),
        ts_event: UnixNanos(1),
        ts_init: UnixNanos(1),
    }
}

#[test]
fn bars_of_several_instruments_are_shown_when_all_of_a_time_are_there() {
    let mut two = instance(2, Alignment::Whole);
    let mut out = Intents::new();
    let tape = closes(&[10_000, 10_100, 10_200, 10_300]);
    let steps = [
        (0, 0, Ran::Waiting),
        (1, 0, Ran::Warming),
        (1, 1, Ran::Waiting),
        (0, 1, Ran::Called),
        (0, 2, Ran::Waiting), // the second instrument has no bar at this time
        (0, 3, Ran::Waiting),
        (1, 2, Ran::Late),
        (1, 3, Ran::Called),
    ];
    for (slot, at, ran) in steps {
        assert_eq!(
            two.on_bar(slot, &tape[at], &mut out),
            ran,
            "slot {slot}, bar {at}"
        );
    }
    assert_eq!(
        two.strategy().seen,
        ["Some(101.0)! Some(101.0)!", "Some(103.0)! Some(103.0)!"]
    );
    assert_eq!(two.flush(&mut out), Ran::Unwanted);
}

#[test]
fn a_partial_strategy_is_asked_with_what_came_when_the_time_is_flushed() {
    let mut two = instance(2, Alignment::Partial);
    let mut out = Intents::new();
    let tape = closes(&[10_000, 10_100, 10_200]);
    assert_eq!(two.flush(&mut out), Ran::Waiting);
    two.on_bar(0, &tape[0], &mut out);
    assert_eq!(two.flush(&mut out), Ran::Warming);
    two.on_bar(0, &tape[1], &mut out);
    assert_eq!(two.flush(&mut out), Ran::Called);
    assert_eq!(out.len(), 1);
    assert_eq!(two.flush(&mut out), Ran::Waiting, "once per time");
    assert_eq!(
        two.on_bar(1, &tape[1], &mut out),
        Ran::Late,
        "its time was flushed"
    );
    assert_eq!(two.strategy().seen, ["Some(101.0)! None"]);
}

#[test]
fn revisions_other_intervals_and_unknown_slots_fire_nothing() {
    let mut one = instance(1, Alignment::Whole);
    let mut out = Intents::new();
    let tape = closes(&[10_000, 10_100, 10_200]);
    for bar in &tape {
        one.on_bar(0, bar, &mut out);
    }
    let mut revised = tape[2];
    revised.revision = 1;
    revised.close = PriceMantissa(1);
    assert_eq!(
        one.on_bar(0, &revised, &mut out),
        Ran::Ignored(Ignored::AlreadySeen)
    );
    assert!(out.is_empty(), "what an earlier call asked for is gone");
    assert_eq!(
        one.on_bar(0, &tape[0], &mut out),
        Ran::Ignored(Ignored::OutOfOrder)
    );
    let mut other = tape[2];
    other.interval = BarInterval::M1;
    assert_eq!(
        one.on_bar(0, &other, &mut out),
        Ran::Ignored(Ignored::OtherInterval)
    );
    assert_eq!(
        one.on_bar(7, &tape[2], &mut out),
        Ran::Ignored(Ignored::UnknownSlot)
    );
    assert_eq!(one.bars_seen(0), 3);
}

#[test]
fn a_bar_that_was_not_covered_whole_counts_for_indicators_only() {
    let mut one = instance(1, Alignment::Whole);
    let mut out = Intents::new();
    let mut tape = closes(&[10_000, 10_100, 10_200, 10_300]);
    tape[2].complete = false;
    let ran: Vec<Ran> = tape.iter().map(|bar| one.on_bar(0, bar, &mut out)).collect();
    assert_eq!(ran, [Ran::Warming, Ran::Called, Ran::Incomplete, Ran::Called]);
}

#[test]
fn history_moves_the_state_and_asks_for_nothing() {
    let mut one = instance(1, Alignment::Whole);
    let mut out = Intents::new();
    for bar in &closes(&[10_000, 10_100]) {
        one.warm_up(0, bar, &mut out);
        assert!(out.is_empty());
    }
    assert!(one.is_warm());
    assert_eq!(one.strategy().seen.len(), 1);
}

#[test]
fn quotes_and_fills_are_told_and_a_halt_is_for_good() {
    let mut one = instance(1, Alignment::Whole);
    let mut out = Intents::new();
    assert_eq!(one.on_quote(0, &quote(10_000), &mut out), Ran::Warming);
    let tape = closes(&[10_000, 10_100, 10_200]);
    one.on_bar(0, &tape[0], &mut out);
    one.on_bar(0, &tape[1], &mut out);
    assert_eq!(one.on_quote(0, &quote(10_000), &mut out), Ran::Called);
    let fill = OwnFill {
        slot: 0,
        side: Side::Buy,
        quantity: "2".parse::<Quantity>().unwrap(),
        price: "100".parse::<Price>().unwrap(),
        ts: UnixNanos(1),
    };
    assert_eq!(one.on_fill(&fill, &mut out), Ran::Called);
    assert_eq!(one.strategy().seen[1..], ["quote 0 100.01", "fill BUY 2"]);
    assert_eq!(one.on_quote(0, &quote(60_000), &mut out), Ran::Halted);
    assert!(out.is_empty(), "a call that halts asks for nothing");
    assert_eq!(one.halted(), Some("the bid is mad"));
    assert_eq!(one.on_bar(0, &tape[2], &mut out), Ran::Halted);
    assert_eq!(one.on_fill(&fill, &mut out), Ran::Halted);
}

#[test]
fn an_instance_takes_as_many_instruments_as_its_strategy_declared() {
    let error = Instance::new(Witness::new(2, Alignment::Whole), &[SlotMarket::new(SCALES)]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "strategy witness works on 2 instruments, got 1"
    );
    let none = Instance::new(Witness::new(0, Alignment::Whole), &[]).unwrap_err();
    assert!(matches!(none, InstanceError::SlotCount { declared: 0, .. }));
}

#[test]
fn bars_that_never_open_at_one_time_are_refused_where_all_are_waited_for() {
    let of = |alignment, slots| {
        let mut witness = Witness::new(slots, alignment);
        witness.inputs.interval = "100tick".parse().unwrap();
        let made = Instance::new(witness, &vec![SlotMarket::new(SCALES); slots]);
        made.map(|_| ()).map_err(|e| e.to_string())
    };
    let refused = of(Alignment::Whole, 2).expect_err("never together");
    assert!(
        refused.contains("bars of 100tick open at times of their own"),
        "{refused}"
    );
    assert_eq!(of(Alignment::Partial, 2), Ok(()));
    assert_eq!(of(Alignment::Whole, 1), Ok(()));
}
