//! A result's tables as files: equity, orders, fills and trades, as CSV or Parquet.
//!
//! The columns have the names of the document's fields. In CSV, money is decimal text; in Parquet, texts are UTF8,
//! statistics DOUBLE, and decimals UTF8 as well, so that none is rounded.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;

use super::document::BacktestDocument;

/// A file that could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The system refuses.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The format refuses.
    #[error(transparent)]
    Parquet(#[from] ParquetError),
}

/// A column of a table.
enum Column {
    Text(Vec<Option<String>>),
    Number(Vec<f64>),
    Whole(Vec<i64>),
    Flag(Vec<bool>),
}

/// A table with its name and columns.
struct Table {
    name: &'static str,
    columns: Vec<(&'static str, Column)>,
}

/// Writes `equity.csv`, `orders.csv`, `fills.csv` and `trades.csv` into a folder.
///
/// # Errors
/// [`ExportError`].
pub fn export_csv(document: &BacktestDocument, folder: &Path) -> Result<(), ExportError> {
    for table in tables(document) {
        let mut out = BufWriter::new(File::create(folder.join(format!("{}.csv", table.name)))?);
        table.write_csv(&mut out)?;
        out.flush()?;
    }
    Ok(())
}

/// Writes `equity.parquet`, `orders.parquet`, `fills.parquet` and `trades.parquet` into a folder.
///
/// # Errors
/// [`ExportError`].
pub fn export_parquet(document: &BacktestDocument, folder: &Path) -> Result<(), ExportError> {
    for table in tables(document) {
        let file = File::create(folder.join(format!("{}.parquet", table.name)))?;
        table.write_parquet(file)?;
    }
    Ok(())
}

fn texts<T>(rows: &[T], of: impl Fn(&T) -> &str) -> Column {
    Column::Text(rows.iter().map(|row| Some(of(row).to_owned())).collect())
}

fn optional<T>(rows: &[T], of: impl Fn(&T) -> Option<String>) -> Column {
    Column::Text(rows.iter().map(of).collect())
}

fn tables(document: &BacktestDocument) -> [Table; 4] {
    [
        equity(document),
        orders(document),
        fills(document),
        trades(document),
    ]
}

fn equity(document: &BacktestDocument) -> Table {
    let of = &document.equity;
    let mut columns = vec![
        ("ts", texts(&of.ts, String::as_str)),
        ("equity", Column::Number(of.equity.clone())),
        ("cash", Column::Number(of.cash.clone())),
        ("exposure", Column::Number(of.exposure.clone())),
        ("drawdown", Column::Number(of.drawdown.clone())),
    ];
    if !of.benchmark.is_empty() {
        columns.push(("benchmark", Column::Number(of.benchmark.clone())));
    }
    Table {
        name: "equity",
        columns,
    }
}

fn orders(document: &BacktestDocument) -> Table {
    let rows = &document.orders;
    Table {
        name: "orders",
        columns: vec![
            ("id", texts(rows, |r| &r.id)),
            ("instrument", texts(rows, |r| &r.instrument)),
            ("strategy", optional(rows, |r| r.strategy.clone())),
            ("side", texts(rows, |r| &r.side)),
            ("type", texts(rows, |r| &r.kind)),
            ("price", optional(rows, |r| r.price.clone())),
            ("trigger", optional(rows, |r| r.trigger.clone())),
            ("time_in_force", texts(rows, |r| &r.time_in_force)),
            ("quantity", texts(rows, |r| &r.quantity)),
            (
                "reduce_only",
                Column::Flag(rows.iter().map(|r| r.reduce_only).collect()),
            ),
            ("child", Column::Flag(rows.iter().map(|r| r.child).collect())),
            ("created", texts(rows, |r| &r.created)),
            ("updated", texts(rows, |r| &r.updated)),
            ("state", texts(rows, |r| &r.state)),
            ("filled", texts(rows, |r| &r.filled)),
            ("average_price", optional(rows, |r| r.average_price.clone())),
            ("reason", optional(rows, |r| r.reason.clone())),
            ("note", optional(rows, |r| r.note.clone())),
        ],
    }
}

fn fills(document: &BacktestDocument) -> Table {
    let rows = &document.fills;
    Table {
        name: "fills",
        columns: vec![
            ("order", texts(rows, |r| &r.order)),
            ("instrument", texts(rows, |r| &r.instrument)),
            ("side", texts(rows, |r| &r.side)),
            ("ts", texts(rows, |r| &r.ts)),
            ("quantity", texts(rows, |r| &r.quantity)),
            ("price", texts(rows, |r| &r.price)),
            ("fee", texts(rows, |r| &r.fee)),
            ("taker", Column::Flag(rows.iter().map(|r| r.taker).collect())),
        ],
    }
}

fn trades(document: &BacktestDocument) -> Table {
    let rows = &document.trades;
    let fraction = rows
        .iter()
        .map(|r| r.return_fraction.unwrap_or(f64::NAN))
        .collect();
    Table {
        name: "trades",
        columns: vec![
            ("instrument", texts(rows, |r| &r.instrument)),
            ("strategy", optional(rows, |r| r.strategy.clone())),
            ("side", texts(rows, |r| &r.side)),
            ("quantity", texts(rows, |r| &r.quantity)),
            ("entry_ts", texts(rows, |r| &r.entry_ts)),
            ("entry_price", texts(rows, |r| &r.entry_price)),
            ("exit_ts", texts(rows, |r| &r.exit_ts)),
            ("exit_price", texts(rows, |r| &r.exit_price)),
            ("pnl", texts(rows, |r| &r.pnl)),
            ("fees", texts(rows, |r| &r.fees)),
            ("return_fraction", Column::Number(fraction)),
            ("mae", optional(rows, |r| r.mae.clone())),
            ("mfe", optional(rows, |r| r.mfe.clone())),
            (
                "bars_held",
                Column::Whole(rows.iter().map(|r| i64::from(r.bars_held)).collect()),
            ),
        ],
    }
}

impl Column {
    fn len(&self) -> usize {
        match self {
            Column::Text(values) => values.len(),
            Column::Number(values) => values.len(),
            Column::Whole(values) => values.len(),
            Column::Flag(values) => values.len(),
        }
    }

    fn cell(&self, at: usize) -> String {
        match self {
            Column::Text(values) => match &values[at] {
                Some(text) if text.contains([',', '"', '\n', '\r']) => {
                    format!("\"{}\"", text.replace('"', "\"\""))
                }
                Some(text) => text.clone(),
                None => String::new(),
            },
            Column::Number(values) if values[at].is_nan() => String::new(),
            // The shortest text that reads back as the same number.
            Column::Number(values) => format!("{}", values[at]),
            Column::Whole(values) => values[at].to_string(),
            Column::Flag(values) => values[at].to_string(),
        }
    }

    fn schema(&self, name: &str) -> Result<Arc<Type>, ParquetError> {
        let (physical, repetition) = match self {
            Column::Text(_) => (Physical::BYTE_ARRAY, Repetition::OPTIONAL),
            Column::Number(_) => (Physical::DOUBLE, Repetition::REQUIRED),
            Column::Whole(_) => (Physical::INT64, Repetition::REQUIRED),
            Column::Flag(_) => (Physical::BOOLEAN, Repetition::REQUIRED),
        };
        let builder = Type::primitive_type_builder(name, physical).with_repetition(repetition);
        let logical = matches!(self, Column::Text(_)).then_some(LogicalType::String);
        builder.with_logical_type(logical).build().map(Arc::new)
    }
}

impl Table {
    fn write_csv(&self, out: &mut impl Write) -> io::Result<()> {
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| *name).collect();
        writeln!(out, "{}", names.join(","))?;
        let rows = self.columns.first().map_or(0, |(_, column)| column.len());
        for at in 0..rows {
            let cells: Vec<String> = self.columns.iter().map(|(_, column)| column.cell(at)).collect();
            writeln!(out, "{}", cells.join(","))?;
        }
        Ok(())
    }

    fn write_parquet(&self, file: File) -> Result<(), ParquetError> {
        let fields = self.columns.iter().map(|(name, column)| column.schema(name));
        let fields = fields.collect::<Result<Vec<_>, _>>()?;
        let schema = Arc::new(Type::group_type_builder(self.name).with_fields(fields).build()?);
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .build();
        let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties))?;
        let mut group = writer.next_row_group()?;
        for (_, column) in &self.columns {
            let Some(mut target) = group.next_column()? else {
                break;
            };
            match column {
                Column::Text(values) => {
                    let levels: Vec<i16> = values.iter().map(|v| i16::from(v.is_some())).collect();
                    let bytes: Vec<ByteArray> = values
                        .iter()
                        .flatten()
                        .map(|text| ByteArray::from(text.as_str()))
                        .collect();
                    target
                        .typed::<ByteArrayType>()
                        .write_batch(&bytes, Some(&levels), None)?;
                }
                Column::Number(values) => {
                    target.typed::<DoubleType>().write_batch(values, None, None)?;
                }
                Column::Whole(values) => {
                    target.typed::<Int64Type>().write_batch(values, None, None)?;
                }
                Column::Flag(values) => {
                    target.typed::<BoolType>().write_batch(values, None, None)?;
                }
            }
            target.close()?;
        }
        group.close()?;
        writer.close()?;
        Ok(())
    }
}
