//! The lookahead check finds a strategy that knows what it cannot know.

use std::sync::Arc;

use tradewind_engine::backtest::data::{BarColumns, BarRow, Chunk, GapCount};
use tradewind_engine::backtest::lookahead::{LookaheadCheck, LookaheadVerdict, check_with};
use tradewind_engine::backtest::{
    BacktestConfig, BacktestError, Control, Inputs, RunOutput, period, player, run, stage,
};
use tradewind_strategy::{
    Context, Entry, EntryKind, Inputs as Wants, Intent, Intents, Reason, Size, Strategy,
};
use tradewind_types::{Decimal, StrategyId, UnixNanos};

const DAY: u64 = 86_400_000_000_000;
const START: u64 = 1_704_067_200_000_000_000;

/// How it cheats.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Cheat {
    /// It does not: it buys on rising closes.
    No,
    /// It buys when the next close is higher.
    Side,
    /// It buys on rising closes, more when the last close of all is higher.
    Quantity,
    /// Its limit is the lowest of all prices to come.
    Price,
    /// It rests limits, and cancels them when the next close is lower.
    Cancel,
}

fn enter(out: &mut Intents, quantity: Decimal, kind: EntryKind) {
    let mut entry = Entry::new(0, tradewind_types::Side::Buy, Reason::new("test", 0, &[]));
    (entry.size, entry.kind) = (Size::Quantity(quantity), kind);
    out.enter(entry);
}

/// Given all closes that there are, which no strategy of the program ever is.
#[derive(Debug)]
struct Cheater {
    id: StrategyId,
    wants: Wants,
    closes: Vec<i64>,
    at: usize,
    cheat: Cheat,
}

impl Strategy for Cheater {
    fn id(&self) -> &StrategyId {
        &self.id
    }

    fn inputs(&self) -> &Wants {
        &self.wants
    }

    fn on_bar(&mut self, _: &Context<'_>, out: &mut Intents) {
        let at = self.at;
        self.at += 1;
        let here = self.closes[at];
        let before = at.checked_sub(1).map_or(here, |b| self.closes[b]);
        let next = self.closes.get(at + 1).copied().unwrap_or(here);
        let last = *self.closes.last().expect("there are some");
        let (rose, whole) = (here > before, Decimal::from(10));
        match self.cheat {
            Cheat::No if rose => enter(out, whole, EntryKind::Market),
            Cheat::Side if next > here => enter(out, whole, EntryKind::Market),
            Cheat::Quantity if rose => {
                let quantity = if last > here { whole } else { Decimal::ONE };
                enter(out, quantity, EntryKind::Market);
            }
            Cheat::Price if rose => {
                let lowest = self.closes[at..].iter().min().expect("this one");
                enter(out, whole, EntryKind::Limit(*lowest as f64 / 100.0));
            }
            Cheat::Cancel if at.is_multiple_of(2) => enter(out, whole, EntryKind::Limit(1.0)),
            Cheat::Cancel if next < here => out.push(Intent::CancelAll {
                slot: 0,
                reason: Reason::new("test", 0, &[]),
            }),
            _ => {}
        }
    }
}

fn config() -> BacktestConfig {
    let text = r#"
[account]
cash = "1000000"
[[instruments]]
id = "ABC.XNAS"
tick = "0.01"
lot = "1"
[[data]]
file = "none.csv"
interval = "1d"
[strategy]
id = "buy_and_hold"
[risk]
profile = "wide"
[output]
lookahead_cuts = 8
"#;
    BacktestConfig::parse(text, std::path::Path::new("bt.toml")).expect("reads")
}

fn closes() -> Vec<i64> {
    let mut random = tradewind_types::SplitMix64::new(7);
    (0..200).map(|_| 9_000 + random.below(2_000) as i64).collect()
}

fn run_until(config: &BacktestConfig, cheat: Cheat, at: UnixNanos) -> Result<RunOutput, BacktestError> {
    let all = closes();
    let mut columns = BarColumns::default();
    for (n, close) in all.iter().enumerate() {
        columns.push(BarRow {
            ts: START + n as u64 * DAY,
            ohlc: [*close; 4],
            volume: 1_000,
        });
    }
    let known = |n: &usize| UnixNanos(START + (*n as u64 + 1) * DAY) <= at;
    let count = (0..all.len()).take_while(known).count();
    let strategy = Cheater {
        id: StrategyId::new("cheater").expect("a valid id"),
        wants: Wants::single("1d".parse().expect("an interval"), 1, 1, Vec::new()),
        closes: all[..count].to_vec(),
        at: 0,
        cheat,
    };
    let mut stage = stage(config)?;
    let slots = vec![tradewind_types::InstrumentIdx(0)];
    let id = StrategyId::new("cheater").expect("a valid id");
    let players = vec![player(&mut stage, id, slots, strategy)?];
    let inputs = Inputs::Memory(vec![(Arc::new(Chunk::Bars(columns)), GapCount::default())]);
    let data = inputs.merge(config, period(config, at))?;
    Ok(run(stage, players, data, &Control::default())?)
}

fn checked(cheat: Cheat) -> LookaheadCheck {
    let config = config();
    let output = run_until(&config, cheat, UnixNanos(u64::MAX)).expect("runs");
    check_with(&config, &output, &|at| run_until(&config, cheat, at)).expect("runs again")
}

#[test]
fn who_does_not_look_ahead_decides_the_same() {
    let check = checked(Cheat::No);
    assert_eq!(check.verdict, LookaheadVerdict::Equal, "{:?}", check.difference);
    assert_eq!(check.cuts.len(), 8);
    assert!(check.cuts.iter().any(|cut| cut.orders > 10));
}

#[test]
fn who_knows_the_next_close_is_found() {
    let check = checked(Cheat::Side);
    assert_eq!(check.verdict, LookaheadVerdict::Different);
}

#[test]
fn another_quantity_is_found() {
    let check = checked(Cheat::Quantity);
    assert_eq!(check.verdict, LookaheadVerdict::Different);
    let difference = check.difference.expect("told");
    assert!(difference.contains("another quantity"), "{difference}");
}

#[test]
fn another_price_is_found() {
    let check = checked(Cheat::Price);
    assert_eq!(check.verdict, LookaheadVerdict::Different);
    let difference = check.difference.expect("told");
    assert!(difference.contains("another type or price"), "{difference}");
}

#[test]
fn a_cancel_too_many_or_too_few_is_found() {
    let check = checked(Cheat::Cancel);
    assert_eq!(check.verdict, LookaheadVerdict::Different);
    let difference = check.difference.expect("told");
    assert!(difference.contains("ancel"), "{difference}");
}
