//! `tradewind migrate up|down|status`.

use anyhow::Context as _;
use tradewind_store::{Db, migrate};
use tradewind_types::Clock;
use tradewind_venues::clock::SystemClock;

use super::on_runtime;
use crate::app::{DataDir, StoreConfig, open_store};
use crate::args::{DataArg, MigrateArgs, MigrateCommand};
use crate::failure::Failure;

pub(crate) fn run(args: MigrateArgs) -> Result<(), Failure> {
    on_runtime(async {
        match args.command {
            MigrateCommand::Up { data } => {
                let done = migrate::up(&open(&data).await?, SystemClock.now())
                    .await
                    .context("migrating up")?;
                report("applied", &done);
            }
            MigrateCommand::Down { data, steps } => {
                let done = migrate::down(&open(&data).await?, steps as usize)
                    .await
                    .context("migrating down")?;
                report("taken back", &done);
            }
            MigrateCommand::Status { data, json } => status(&open(&data).await?, json).await?,
        }
        Ok(())
    })
}

async fn open(data: &DataArg) -> Result<Db, Failure> {
    let data = DataDir::new(&data.data);
    data.create()?;
    open_store(&data.store(&StoreConfig::default())?).await
}

fn report(what: &str, names: &[&'static str]) {
    for name in names {
        println!("{what}: {name}");
    }
    if names.is_empty() {
        println!("nothing to do");
    }
}

async fn status(db: &Db, json: bool) -> Result<(), Failure> {
    let rows = migrate::status(db).await.context("reading the schema's state")?;
    if json {
        let rows: Vec<_> = rows
            .iter()
            .map(|r| {
                let applied_at = r.applied_at.map(|t| t.to_rfc3339());
                serde_json::json!({ "version": r.version, "name": r.name, "applied_at": applied_at })
            })
            .collect();
        println!("{}", serde_json::Value::from(rows));
        return Ok(());
    }
    let mut table = comfy_table::Table::new();
    table
        .load_style(comfy_table::presets::NOTHING)
        .set_header(["version", "name", "applied"]);
    for row in rows {
        let applied = row.applied_at.map_or_else(|| "no".to_owned(), |t| t.to_rfc3339());
        table.add_row([row.version.to_string(), row.name, applied]);
    }
    println!("{table}");
    Ok(())
}
