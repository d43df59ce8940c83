//! `tradewind org list|create|rename`: organisations, straight in the database of a data directory.

use anyhow::Context as _;
use tradewind_server::identity::manage::check_label;
use tradewind_store::Db;
use tradewind_store::identity::organisations::{self, OrganisationRow, Renamed};
use tradewind_types::{Clock, OrgId};
use tradewind_venues::clock::SystemClock;

use super::on_runtime;
use super::user::{note, open, refused};
use crate::args::{OrgArgs, OrgCommand};
use crate::failure::Failure;

pub(crate) fn run(args: OrgArgs) -> Result<(), Failure> {
    on_runtime(async {
        match args.command {
            OrgCommand::List { data, json } => list(&open(&data).await?, json).await,
            OrgCommand::Create { id, name, data } => {
                create(&open(&data).await?, &id, name.as_deref().unwrap_or(&id)).await
            }
            OrgCommand::Rename { id, name, data } => rename(&open(&data).await?, &id, &name).await,
        }
    })
}

fn id_of(text: &str) -> Result<OrgId, Failure> {
    text.parse()
        .map_err(|e| Failure::Usage(format!("`{text}` is no id of an organisation: {e}")))
}

/// The organisation of this id.
pub(super) async fn find(db: &Db, id: &str) -> Result<OrganisationRow, Failure> {
    let found = organisations::by_id(db, &id_of(id)?)
        .await
        .context("reading organisations")?;
    found.ok_or_else(|| Failure::with_hint(format!("there is no organisation `{id}`"), "tradewind org list"))
}

async fn create(db: &Db, id: &str, name: &str) -> Result<(), Failure> {
    let org = id_of(id)?;
    check_label("name", name, 64).map_err(refused)?;
    let made = organisations::create(db, &org, name.trim(), SystemClock.now()).await;
    if !made.context("making an organisation")? {
        return Err(Failure::Input(format!("there is an organisation `{id}` already")));
    }
    note(db, &crate::app::org(), "organisation.create", id).await?;
    println!("{org}");
    Ok(())
}

async fn rename(db: &Db, id: &str, name: &str) -> Result<(), Failure> {
    let org = find(db, id).await?.id;
    check_label("name", name, 64).map_err(refused)?;
    match organisations::rename(db, &org, name.trim(), None)
        .await
        .context("renaming an organisation")?
    {
        Renamed::Done { .. } => note(db, &org, "organisation.change", id).await,
        Renamed::Stale | Renamed::Missing => Err(Failure::Input(format!("there is no organisation `{id}`"))),
    }
}

async fn list(db: &Db, json: bool) -> Result<(), Failure> {
    let rows = organisations::list(db).await.context("reading organisations")?;
    if json {
        let rows: Vec<_> = rows
            .iter()
            .map(|row| {
                let org = &row.organisation;
                serde_json::json!({ "id": org.id.as_str(), "name": org.name, "people": row.people,
                    "accounts": row.accounts, "created_at": org.created_at.to_rfc3339() })
            })
            .collect();
        println!("{}", serde_json::Value::from(rows));
        return Ok(());
    }
    let mut table = comfy_table::Table::new();
    table
        .load_style(comfy_table::presets::NOTHING)
        .set_header(["id", "name", "people", "accounts", "created"]);
    for row in rows {
        table.add_row([
            row.organisation.id.to_string(),
            row.organisation.name,
            row.people.to_string(),
            row.accounts.to_string(),
            row.organisation.created_at.to_rfc3339(),
        ]);
    }
    println!("{table}");
    Ok(())
}
