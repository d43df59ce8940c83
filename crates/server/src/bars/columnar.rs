//! Bars as an Arrow IPC stream, for readers that take columns.
//!
//! | column | type |
//! | --- | --- |
//! | `ts` | timestamp, nanoseconds, UTC: when the bar opens |
//! | `open` `high` `low` `close` | decimal(38, price scale) |
//! | `volume` `open_interest` | decimal(38, size scale), null where it is not told |
//! | `value` | decimal(38, price scale + size scale), null where it is not told |
//! | `trades` | uint32, null where it is not told |
//! | `source` | utf8: `TRADES`, `QUOTE_MIDS`, `QUOTE_BIDS`, `QUOTE_ASKS`, `VENUE` |
//! | `complete` `closed` | bool |
//! | `revision` | uint16 |
//! | others | float64, null where there is no value: what the caller adds, such as indicators |
//!
//! Money keeps its exact figures; what is a quotient (VWAP) is left to the reader. The schema's metadata says what the
//! JSON answer says beside its bars.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Decimal128Array, Float64Array, RecordBatch, StringArray,
    TimestampNanosecondArray, UInt16Array, UInt32Array,
};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, Field, Schema};
use tradewind_store::catalog::Scales;
use tradewind_types::market::{Bar, BarSource};

/// The media type of a stream.
pub const MEDIA_TYPE: &str = "application/vnd.apache.arrow.stream";
/// Digits of decimals: as many as 128 bits hold.
const PRECISION: u8 = 38;

/// A column that the caller adds.
pub type Extra = (String, Vec<Option<f64>>);

/// Bars, the first `closed` of which are closed, with further columns that are as long, as one batch of a stream whose
/// schema carries `about`.
///
/// # Errors
/// When a column has another length, or two have the same name.
pub fn bars_stream(
    bars: &[Bar],
    scales: Scales,
    closed: usize,
    extra: Vec<Extra>,
    about: HashMap<String, String>,
) -> Result<Vec<u8>, ArrowError> {
    let columns = [
        ("ts", times(bars)),
        ("open", decimals(bars, scales.price, |b| Some(b.open.0.into()))?),
        ("high", decimals(bars, scales.price, |b| Some(b.high.0.into()))?),
        ("low", decimals(bars, scales.price, |b| Some(b.low.0.into()))?),
        ("close", decimals(bars, scales.price, |b| Some(b.close.0.into()))?),
        (
            "volume",
            decimals(bars, scales.size, |b| {
                Some(b.volume.0).filter(|_| !b.is_of_quotes())
            })?,
        ),
        (
            "value",
            decimals(bars, scales.price + scales.size, |b| {
                Some(b.value).filter(|_| b.tells_value() && !b.is_of_quotes())
            })?,
        ),
        ("trades", trades(bars)),
        (
            "open_interest",
            decimals(bars, scales.size, |b| b.open_interest.map(|oi| oi.mantissa().0))?,
        ),
        ("source", sources(bars)),
        ("complete", flags(bars.iter().map(|b| b.complete))),
        ("closed", flags((0..bars.len()).map(|at| at < closed))),
        ("revision", revisions(bars)),
    ];
    let named = columns.map(|(name, column)| (name.to_owned(), column));
    let added = extra.into_iter().map(|(name, values)| {
        let column: ArrayRef = Arc::new(Float64Array::from(values));
        (name, column)
    });
    let all: Vec<(String, ArrayRef)> = named.into_iter().chain(added).collect();
    let mut names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(ArrowError::SchemaError(format!(
            "two columns are called {}",
            pair[0]
        )));
    }
    let field = |(name, column): &(String, ArrayRef)| Field::new(name, column.data_type().clone(), true);
    let fields: Vec<Field> = all.iter().map(field).collect();
    let schema = Arc::new(Schema::new_with_metadata(fields, about));
    let columns = all.into_iter().map(|(_, column)| column).collect();
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns)?;
    let mut out = Vec::new();
    let mut writer = StreamWriter::try_new(&mut out, &schema)?;
    writer.write(&batch)?;
    writer.finish()?;
    drop(writer);
    Ok(out)
}

fn times(bars: &[Bar]) -> ArrayRef {
    let ts = bars.iter().map(|b| i64::try_from(b.ts.0).unwrap_or(i64::MAX));
    Arc::new(TimestampNanosecondArray::from_iter_values(ts).with_timezone("UTC"))
}

/// A column of mantissas; one with more digits than a decimal holds is none.
fn decimals(bars: &[Bar], scale: u8, of: impl Fn(&Bar) -> Option<i128>) -> Result<ArrayRef, ArrowError> {
    const LIMIT: u128 = 10u128.pow(PRECISION as u32);
    let fits = |value: &i128| value.unsigned_abs() < LIMIT;
    let column: Decimal128Array = bars.iter().map(|bar| of(bar).filter(fits)).collect();
    let scale = i8::try_from(scale).unwrap_or(i8::MAX);
    Ok(Arc::new(column.with_precision_and_scale(PRECISION, scale)?))
}

fn trades(bars: &[Bar]) -> ArrayRef {
    let told = |b: &Bar| Some(b.trades).filter(|_| b.tells_value());
    Arc::new(bars.iter().map(told).collect::<UInt32Array>())
}

fn revisions(bars: &[Bar]) -> ArrayRef {
    Arc::new(UInt16Array::from_iter_values(bars.iter().map(|b| b.revision)))
}

fn flags(values: impl Iterator<Item = bool>) -> ArrayRef {
    Arc::new(values.map(Some).collect::<BooleanArray>())
}

fn sources(bars: &[Bar]) -> ArrayRef {
    let name = |b: &Bar| match b.source {
        BarSource::Trades => "TRADES",
        BarSource::QuoteMids => "QUOTE_MIDS",
        BarSource::QuoteBids => "QUOTE_BIDS",
        BarSource::QuoteAsks => "QUOTE_ASKS",
        BarSource::Venue => "VENUE",
    };
    Arc::new(StringArray::from_iter_values(bars.iter().map(name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::Array as _;
    use arrow_array::cast::AsArray as _;
    use arrow_array::types::{Decimal128Type, Float64Type, TimestampNanosecondType, UInt32Type};
    use arrow_ipc::reader::StreamReader;
    use arrow_schema::{DataType, TimeUnit};
    use tradewind_types::market::BarInterval;
    use tradewind_types::{InstrumentIdx, PriceMantissa, SizeMantissa, UnixNanos};

    fn bar(n: u64, source: BarSource) -> Bar {
        let price = |more: i64| PriceMantissa(10_000 + n as i64 + more);
        Bar {
            instrument: InstrumentIdx(0),
            interval: BarInterval::M1,
            ts: UnixNanos(1_700_000_000_000_000_123 + n),
            open: price(0),
            high: price(3),
            low: price(-2),
            close: price(1),
            volume: SizeMantissa(5),
            value: 0,
            trades: 7,
            open_interest: None,
            source,
            complete: n != 1,
            revision: n as u16,
            ts_init: UnixNanos(0),
        }
    }

    #[test]
    fn a_stream_is_read_back_as_it_was() {
        let bars = [
            bar(0, BarSource::Trades),
            bar(1, BarSource::Venue),
            bar(2, BarSource::QuoteMids),
        ];
        let scales = Scales { price: 2, size: 4 };
        let extra = vec![("RSI_14".to_owned(), vec![None, Some(50.5), Some(1.0)])];
        let about = HashMap::from([("interval".to_owned(), "1m".to_owned())]);
        let bytes = bars_stream(&bars, scales, 2, extra, about.clone()).expect("a stream");
        let reader = StreamReader::try_new(bytes.as_slice(), None).expect("a reader");
        assert_eq!(reader.schema().metadata(), &about);
        let batches: Vec<RecordBatch> = reader.map(|batch| batch.expect("a batch")).collect();
        let [batch] = batches.as_slice() else {
            panic!("{} batches", batches.len())
        };
        let column = |name: &str| batch.column_by_name(name).expect(name);
        let utc = DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()));
        assert_eq!(
            (column("ts").data_type(), column("open").data_type()),
            (&utc, &DataType::Decimal128(38, 2))
        );
        assert_eq!(column("value").data_type(), &DataType::Decimal128(38, 6));
        let ts = column("ts").as_primitive::<TimestampNanosecondType>();
        assert_eq!(ts.values().to_vec(), bars.map(|b| b.ts.0 as i64));
        let close = column("close").as_primitive::<Decimal128Type>();
        assert_eq!(
            (close.value(0), close.value_as_string(2).as_str()),
            (10_001, "100.03")
        );
        // The venue tells no value; quotes have no volume.
        let value = column("value").as_primitive::<Decimal128Type>();
        assert_eq!([0, 1, 2].map(|at| value.is_null(at)), [false, true, true]);
        let volume = column("volume").as_primitive::<Decimal128Type>();
        assert_eq!([0, 1, 2].map(|at| volume.is_null(at)), [false, false, true]);
        assert!(column("trades").as_primitive::<UInt32Type>().is_null(1));
        assert_eq!(column("open_interest").null_count(), 3);
        assert_eq!(column("source").as_string::<i32>().value(2), "QUOTE_MIDS");
        let (closed, complete) = (column("closed").as_boolean(), column("complete").as_boolean());
        assert_eq!([0, 1, 2].map(|at| closed.value(at)), [true, true, false]);
        assert_eq!([0, 1, 2].map(|at| complete.value(at)), [true, false, true]);
        let rsi = column("RSI_14").as_primitive::<Float64Type>();
        assert!(rsi.is_null(0) && rsi.value(1).to_bits() == 50.5f64.to_bits());
    }

    #[test]
    fn columns_of_other_lengths_and_names_that_are_taken_are_refused() {
        let scales = Scales { price: 2, size: 4 };
        for extra in [("x".to_owned(), vec![None]), ("close".to_owned(), vec![])] {
            assert!(bars_stream(&[], scales, 0, vec![extra], HashMap::new()).is_err());
        }
        assert!(bars_stream(&[], scales, 0, Vec::new(), HashMap::new()).is_ok());
    }
}
