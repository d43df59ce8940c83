//! `tradewind catalog ls`.

use super::args::ListArgs;
use super::{failure, open, shown};
use crate::failure::Failure;

pub(super) async fn run(args: ListArgs) -> Result<(), Failure> {
    let listed = open(&args.place).await?.list().await.map_err(failure)?;
    if args.json {
        return super::json(&listed);
    }
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_header([
        "kind",
        "instrument",
        "interval",
        "rows",
        "in the tail",
        "from",
        "to",
        "files",
        "bytes",
    ]);
    for row in listed {
        table.add_row([
            row.kind.to_owned(),
            row.instrument.to_string(),
            row.interval
                .map_or_else(String::new, |interval| interval.to_string()),
            row.rows.to_string(),
            row.tail_rows.to_string(),
            shown(row.first),
            shown(row.last),
            row.files.to_string(),
            row.bytes.to_string(),
        ]);
    }
    println!("{table}");
    Ok(())
}
