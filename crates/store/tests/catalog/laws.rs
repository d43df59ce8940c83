//! Writing twice changes nothing, corrections are revisions, and the older ones stay readable.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tradewind_store::catalog::{Query, Rule, by_place};

use super::rows::{START, bars, memory, plain, read, series, write};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// A model: per minute, the prices that were written one after the other.
    #[test]
    fn whatever_is_written_the_latest_is_read_and_all_is_kept(
        inputs in prop::collection::vec(prop::collection::btree_map(0i64..200, 1_000i64..1_004, 1..40), 1..6),
    ) {
        runtime().block_on(async {
            let catalog = memory();
            let mut model: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
            for (number, input) in inputs.iter().enumerate() {
                let at = START + number as i64;
                let written: Vec<(i64, i64)> = input.iter().map(|(m, p)| (*m, *p)).collect();
                // In any order.
                let turned: Vec<(i64, i64)> = written.iter().rev().copied().collect();
                let (mut added, mut revised) = (0, 0);
                for (minute, price) in &written {
                    let versions = model.entry(*minute).or_default();
                    match versions.last() {
                        None => added += 1,
                        Some(last) if last != price => revised += 1,
                        Some(_) => continue,
                    }
                    versions.push(*price);
                }
                let change = write(&catalog, &turned, at).await;
                assert_eq!((change.added, change.revised), (added, revised));
                let again = write(&catalog, &written, at + 1_000).await;
                assert!(!again.is_some(), "writing twice changed {again:?}");
            }
            let latest: Vec<_> = model
                .iter()
                .map(|(minute, versions)| (*minute, *versions.last().expect("one"), versions.len() as i64 - 1))
                .collect();
            assert_eq!(read(&catalog).await, latest);
            let all: Vec<_> = model
                .iter()
                .flat_map(|(minute, versions)| {
                    versions.iter().enumerate().map(|(revision, price)| (*minute, *price, revision as i64))
                })
                .collect();
            let revisions = catalog.read_revisions(&Query::all(series())).await.expect("read");
            assert_eq!(plain(&revisions), all);
        });
    }

    /// Rows that carry their revision may come in any order and any number of times.
    #[test]
    fn rows_with_revisions_come_to_the_same_in_any_order(
        order in Just((0..30usize).collect::<Vec<_>>()).prop_shuffle(),
        cuts in prop::collection::vec(1usize..10, 1..8),
    ) {
        runtime().block_on(async {
            // Ten minutes with three revisions each.
            let catalog = memory();
            let mut left = order.as_slice();
            for cut in cuts.iter().cycle() {
                let (now, later) = left.split_at((*cut).min(left.len()));
                left = later;
                let mut rows = bars([], 0);
                for n in now {
                    let (minute, revision) = ((n % 10) as i64, (n / 10) as i64);
                    let mut one = bars([(minute, 1_000 + revision)], START);
                    let mut cells: Vec<i128> = (0..14).map(|at| one.get(at, 0)).collect();
                    cells[12] = i128::from(revision);
                    one.keep(0..0);
                    one.push(&cells);
                    rows.extend(&one, 0..1);
                }
                let mut session = catalog.session().await.expect("a session");
                for (place, rows) in by_place(&series().shelf(), &rows).expect("places") {
                    session.add(&place, rows, Rule::HigherRevision).await.expect("added");
                }
                session.commit().await.expect("committed");
                if left.is_empty() {
                    break;
                }
            }
            let wanted: Vec<_> = (0..10).map(|minute| (minute, 1_002, 2)).collect();
            assert_eq!(read(&catalog).await, wanted);
            let all = catalog.read_revisions(&Query::all(series())).await.expect("read");
            let wanted: Vec<_> = (0..10).flat_map(|m| (0..3).map(move |r| (m, 1_000 + r, r))).collect();
            assert_eq!(plain(&all), wanted);
        });
    }
}
