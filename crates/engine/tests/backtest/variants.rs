//! Many runs: sweeps, walks, several instruments, files of either format.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tradewind_analytics::walk_forward::WalkForward;
use tradewind_engine::backtest::sweep::{Grid, Objective, SweepPlan, SweepResult, SweepRow, sweep};
use tradewind_engine::backtest::sweep_state::{SweepState, SweepStateError, WalkState};
use tradewind_engine::backtest::walk_forward::{WalkPlan, walk_forward, walk_forward_from};
use tradewind_engine::backtest::{
    BacktestConfig, BacktestDocument, BacktestError, Control, Inputs, backtest, export_csv, export_parquet,
};

use crate::case::{BARS, BASE, Case};

fn example() -> BacktestConfig {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    BacktestConfig::read(&root.join("examples/backtests/ema_cross.toml")).unwrap_or_else(|e| panic!("{e}"))
}

fn grid() -> Grid {
    let mut grid = Grid::default();
    grid.add("fast=5..20:5").expect("an axis");
    grid.add("slow=15,30,60").expect("an axis");
    grid
}

fn swept(config: &BacktestConfig, inputs: &Inputs, threads: usize, done: Vec<SweepRow>) -> SweepResult {
    sweep(SweepPlan {
        config,
        inputs,
        grid: &grid(),
        objective: Objective::Sharpe,
        threads,
        done,
        on_row: &|_| {},
        cancel: &AtomicBool::new(false),
    })
    .unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn a_sweep_is_the_same_on_one_thread_on_many_and_after_a_stop() {
    let config = example();
    let inputs = Inputs::load(&config, 1_000_000).expect("good rows");
    let one = swept(&config, &inputs, 1, Vec::new());
    let many = swept(&config, &inputs, 4, Vec::new());
    assert_eq!(one, many);
    assert_eq!(one.rows.len(), 12);
    // fast=15 slow=15, fast=20 slow=15 cannot be run, and stand last with the reason.
    assert!(
        one.rows[11]
            .error
            .as_ref()
            .expect("a reason")
            .contains("fast must be less than slow")
    );
    assert!(one.rows.windows(2).all(|w| w[0].sharpe >= w[1].sharpe));
    assert!(
        one.rows[0]
            .deflated_sharpe
            .is_some_and(|p| (0.0..=1.0).contains(&p))
    );
    assert!(
        one.probability_of_overfitting
            .is_some_and(|p| (0.0..=1.0).contains(&p)),
        "{:?}",
        one.overfitting_note
    );
    let (kept, cancel) = (Mutex::new(Vec::new()), AtomicBool::new(false));
    let stopped = sweep(SweepPlan {
        config: &config,
        inputs: &inputs,
        grid: &grid(),
        objective: Objective::Sharpe,
        threads: 1,
        done: Vec::new(),
        on_row: &|row: &SweepRow| {
            let mut kept = kept.lock().expect("one thread");
            kept.push(row.clone());
            cancel.store(kept.len() == 5, Ordering::Relaxed);
        },
        cancel: &cancel,
    });
    assert_eq!(stopped, Err(BacktestError::Canceled { rows: 5 }));
    let kept = kept.into_inner().expect("one thread");
    assert_eq!(swept(&config, &inputs, 2, kept), one);
}

#[test]
fn a_line_that_was_cut_off_is_dropped_and_spoils_none_after_it() {
    let config = example();
    let inputs = Inputs::load(&config, 1_000_000).expect("good rows");
    let rows = swept(&config, &inputs, 2, Vec::new()).rows;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("variants.jsonl");
    let open = || SweepState::open(&file, &config, &grid());
    let (none, state) = open().expect("a new file");
    assert_eq!(none, []);
    rows[..3].iter().for_each(|row| state.keep(row));
    drop(state);
    let text = std::fs::read(&file).expect("the file");
    let ends: Vec<usize> = (0..text.len()).filter(|at| text[*at] == b'\n').collect();
    assert_eq!(ends.len(), 4, "what it is of, and three rows");
    // The program ends after the first byte of the last line, in its middle, and before the end of the line alone.
    let begun = ends[2] + 1;
    for cut in [begun, begun + 1, (begun + ends[3]) / 2, ends[3]] {
        std::fs::write(&file, &text[..cut]).expect("written");
        let (kept, state) = open().expect("the file");
        assert_eq!(kept, rows[..2], "cut at {cut}");
        rows[2..4].iter().for_each(|row| state.keep(row));
        drop(state);
        assert_eq!(open().expect("the file").0, rows[..4], "cut at {cut}");
    }
    // Of a first line that was cut off, nothing is left to go on from.
    std::fs::write(&file, &text[..ends[0] / 2]).expect("written");
    let (kept, state) = open().expect("the file");
    assert_eq!(kept, []);
    state.keep(&rows[0]);
    drop(state);
    assert_eq!(open().expect("the file").0, rows[..1]);
    // A line in the middle that is broken is no accident of the end.
    let mut broken = text.clone();
    broken.truncate(ends[3] + 1);
    broken[ends[1] + 1] = b'?';
    std::fs::write(&file, &broken).expect("written");
    assert!(matches!(open(), Err(SweepStateError::Unreadable(_))));
}

#[test]
fn a_walk_tests_on_what_did_not_choose() {
    let config = example();
    let inputs = Inputs::load(&config, 1_000_000).expect("good rows");
    let walked = walk_forward(&WalkPlan {
        config: &config,
        inputs: &inputs,
        grid: &grid(),
        objective: Objective::Sharpe,
        windows: WalkForward {
            train: 400,
            test: 200,
            step: 200,
            purge: 5,
            embargo: 5,
            anchored: false,
        },
        threads: 2,
        on_window: &|_, _| {},
        cancel: &AtomicBool::new(false),
    })
    .unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(walked.windows.len(), 5);
    for window in &walked.windows {
        assert!(
            window.train_to < window.test_from,
            "purge and embargo lie between"
        );
        assert!(window.test_from < window.test_to);
        assert_eq!(window.parameters, window.train.parameters);
    }
    assert!(walked.windows.windows(2).all(|w| w[0].test_to <= w[1].test_from));
    assert_eq!(
        walked.returns.len(),
        walked.windows.iter().map(|w| w.test.returns.len()).sum::<usize>()
    );
}

#[test]
fn a_walk_that_was_stopped_goes_on_and_ends_the_same() {
    let config = example();
    let inputs = Inputs::load(&config, 1_000_000).expect("good rows");
    let (grid, windows) = (
        grid(),
        WalkForward {
            train: 400,
            test: 200,
            step: 200,
            purge: 5,
            embargo: 5,
            anchored: false,
        },
    );
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("walk.jsonl");
    let walk = |stop_after: usize, other: bool| {
        let of = if other {
            Objective::Sortino
        } else {
            Objective::Sharpe
        };
        let (done, state) = WalkState::open(&file, &config, &grid, (of, &windows))?;
        let (cancel, kept) = (AtomicBool::new(false), done.len());
        let ran = AtomicUsize::new(0);
        let result = walk_forward_from(
            &WalkPlan {
                config: &config,
                inputs: &inputs,
                grid: &grid,
                objective: of,
                windows,
                threads: 1,
                on_window: &|_, _| {},
                cancel: &cancel,
            },
            done,
            &|window| {
                state.keep(window);
                if ran.fetch_add(1, Ordering::Relaxed) + 1 == stop_after {
                    cancel.store(true, Ordering::Relaxed);
                }
            },
        );
        Ok::<_, SweepStateError>((kept, ran.into_inner(), result))
    };
    let (kept, ran, stopped) = walk(2, false).expect("a file");
    assert!((kept, ran) == (0, 2) && matches!(stopped, Err(BacktestError::Canceled { .. })));
    let (kept, ran, whole) = walk(0, false).expect("the file");
    assert_eq!((kept, ran), (2, 3));
    // All of it again, from the file alone.
    let (kept, ran, again) = walk(0, false).expect("the file");
    assert_eq!((kept, ran), (5, 0));
    assert_eq!(whole, again);
    assert!(matches!(walk(0, true), Err(SweepStateError::Other)));
}

#[test]
fn columns_in_memory_and_files_give_the_same_result() {
    let config = example();
    let memory = Inputs::load(&config, 1_000_000).expect("good rows");
    assert!(matches!(Inputs::load(&config, 10), Ok(Inputs::Files)));
    let run = |inputs| backtest(&config, inputs, &Control::default()).unwrap_or_else(|e| panic!("{e}"));
    let (a, b) = (run(&memory), run(&Inputs::Files));
    assert_eq!(a, b);
    assert_eq!(a.equity.benchmark.len(), a.equity.ts.len());
    assert!(a.statistics["returns"]["sharpe"].is_number());
    let text = serde_json::to_string(&a).expect("JSON");
    let read: BacktestDocument = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        (&read.fills, &read.orders, &read.setup),
        (&a.fills, &a.orders, &a.setup)
    );
    assert_eq!((&read.checks, &read.summary), (&a.checks, &a.summary));
}

#[test]
fn a_run_can_be_stopped() {
    let config = example();
    let inputs = Inputs::load(&config, 1_000_000).expect("good rows");
    let cancel = AtomicBool::new(true);
    let control = Control {
        progress: None,
        cancel: Some(&cancel),
    };
    // Shorter than one look at the flag: it runs to its end, and so does its check.
    assert!(backtest(&config, &inputs, &control).is_ok());
}

#[test]
fn several_instruments_are_traded_side_by_side_and_together() {
    let case = Case::new(BARS);
    case.file(
        "other.csv",
        &BARS
            .replace("106,1000", "104,1000")
            .replace(",106,96,", ",104,96,"),
    );
    let two = BASE
        .replace("[[data]]", "[[instruments]]\nid = \"DEF.XNAS\"\ntick = \"0.01\"\nlot = \"1\"\n[[data]]\ninstrument = \"DEF.XNAS\"\nfile = \"other.csv\"\ninterval = \"1d\"\n[[data]]\ninstrument = \"ABC.XNAS\"");
    let each = case.run(&two.replace("size = 0.5", "size = 0.25"));
    let traded: std::collections::BTreeSet<_> = each.fills.iter().map(|f| f.instrument.as_str()).collect();
    assert_eq!(traded.into_iter().collect::<Vec<_>>(), ["ABC.XNAS", "DEF.XNAS"]);
    let strategies: std::collections::BTreeSet<_> =
        each.orders.iter().filter_map(|o| o.strategy.as_deref()).collect();
    assert_eq!(
        strategies.into_iter().collect::<Vec<_>>(),
        ["ema_cross-1", "ema_cross-2"]
    );
    let together = two.replace(
        "id = \"ema_cross\"\nparameters = { fast = 1, slow = 2, size = 0.5 }",
        "id = \"rebalance\"\nparameters = { weights = [0.5, 0.25] }",
    );
    let balanced = case.run(&together);
    assert!(balanced.fills.len() >= 2, "{:?}", balanced.orders);
    assert_eq!(balanced.checks.illegal_outcomes, 0);
    assert_eq!(balanced.checks.ledger, None);
}

#[test]
fn tables_are_written_and_parquet_reads_back() {
    let result = Case::new(BARS).run(BASE);
    let folder = tempfile::tempdir().expect("a folder");
    export_csv(&result, folder.path()).expect("written");
    export_parquet(&result, folder.path()).expect("written");
    let fills = std::fs::read_to_string(folder.path().join("fills.csv")).expect("written");
    let lines: Vec<&str> = fills.lines().collect();
    assert_eq!(lines[0], "order,instrument,side,ts,quantity,price,fee,taker");
    assert!(
        lines[1].ends_with(",ABC.XNAS,BUY,2024-01-05T00:00:00Z,47,107,5.029,true"),
        "{}",
        lines[1]
    );
    for name in ["equity", "orders", "fills", "trades"] {
        let bytes = std::fs::read(folder.path().join(format!("{name}.parquet"))).expect("written");
        assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"), "{name}");
    }
}
