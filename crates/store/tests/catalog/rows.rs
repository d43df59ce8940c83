//! Rows for tests, and what was read as plain tuples.

use std::sync::Arc;

use object_store::memory::InMemory;
use tradewind_store::catalog::{
    Catalog, Files, Kind, NONE_WIDE, Query, Rows, Rule, Scales, Series, by_place,
};
use tradewind_types::market::BarInterval;

pub(crate) const MINUTE: i64 = 60_000_000_000;
/// 2024-01-31T22:00:00Z: two hours before a month ends.
pub(crate) const START: i64 = 1_706_738_400_000_000_000;

pub(crate) fn series() -> Series {
    Series::bars("BTC-USD.COINBASE".parse().expect("an id"), BarInterval::M1)
}

pub(crate) fn memory() -> Catalog {
    Catalog::new(Files::of(Arc::new(InMemory::new())))
}

/// A bar whose prices all follow from one figure, so that it is checked by it.
pub(crate) fn push(rows: &mut Rows, symbol: &str, (minute, price): (i64, i64), ts_init: i64) {
    let symbol = i128::from(rows.names.code(symbol));
    let source = i128::from(rows.names.code("venue"));
    let price = i128::from(price);
    rows.push(&[
        symbol,
        i128::from(START + minute * MINUTE),
        price,
        price + 3,
        price - 2,
        price + 1,
        10,
        NONE_WIDE,
        NONE_WIDE,
        NONE_WIDE,
        source,
        1,
        0,
        i128::from(ts_init),
    ]);
}

pub(crate) fn bars(bars: impl IntoIterator<Item = (i64, i64)>, ts_init: i64) -> Rows {
    let mut rows = Rows::new(Kind::Bars, Scales { price: 2, size: 4 });
    bars.into_iter()
        .for_each(|bar| push(&mut rows, "BTC-USD", bar, ts_init));
    rows
}

/// Writes bars (minute, price) as one input.
pub(crate) async fn write(
    catalog: &Catalog,
    bars_: &[(i64, i64)],
    input: i64,
) -> tradewind_store::catalog::Change {
    let rows = bars(bars_.iter().copied(), input);
    let mut session = catalog.session().await.expect("a session");
    for (place, rows) in by_place(&series().shelf(), &rows).expect("places") {
        session
            .add(&place, rows, Rule::LatestWrite { input })
            .await
            .expect("added");
    }
    session.commit().await.expect("committed")
}

/// (minute, price, revision) of every row.
pub(crate) fn plain(rows: &Rows) -> Vec<(i64, i64, i64)> {
    let of = |place: usize, row: usize| i64::try_from(rows.get(place, row)).expect("64 bits");
    (0..rows.len())
        .map(|row| {
            let price = of(2, row);
            assert_eq!(
                (of(3, row), of(4, row), of(5, row)),
                (price + 3, price - 2, price + 1)
            );
            ((of(1, row) - START) / MINUTE, price, of(12, row))
        })
        .collect()
}

pub(crate) async fn read(catalog: &Catalog) -> Vec<(i64, i64, i64)> {
    plain(&catalog.read(&Query::all(series())).await.expect("read"))
}
