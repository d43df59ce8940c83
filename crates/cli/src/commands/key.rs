//! `tradewind key add|list|revoke`: API keys, straight in the database of a data directory.

use anyhow::Context as _;
use tradewind_server::identity::manage::{self, Key};
use tradewind_store::Db;
use tradewind_store::identity::keys;
use tradewind_types::{AccountId, Clock};
use tradewind_venues::clock::SystemClock;
use tradewind_wire::Scope;

use super::on_runtime;
use super::user::{find, note, open, refused, word};
use crate::args::{KeyArgs, KeyCommand};
use crate::failure::Failure;

pub(crate) fn run(args: KeyArgs) -> Result<(), Failure> {
    on_runtime(async {
        match args.command {
            KeyCommand::Add {
                user,
                name,
                scopes,
                accounts,
                data,
            } => add(&open(&data).await?, &user, &name, &scopes, &accounts).await,
            KeyCommand::List { user, data, json } => list(&open(&data).await?, &user, json).await,
            KeyCommand::Revoke { id, data } => revoke(&open(&data).await?, &id).await,
        }
    })
}

async fn add(db: &Db, user: &str, name: &str, scopes: &[String], accounts: &[String]) -> Result<(), Failure> {
    let owner = find(db, user).await?;
    let scopes: Vec<Scope> = scopes
        .iter()
        .map(|s| {
            word(s).ok_or_else(|| {
                Failure::Usage(format!("`{s}` is no scope: read, trade, cancel, manage or admin"))
            })
        })
        .collect::<Result<_, _>>()?;
    let accounts: Vec<AccountId> = accounts
        .iter()
        .map(|a| {
            a.parse()
                .map_err(|e: tradewind_types::IdError| Failure::Usage(e.to_string()))
        })
        .collect::<Result<_, _>>()?;
    let accounts = (!accounts.is_empty()).then_some(accounts);
    let key = Key {
        owner: &owner.id,
        name,
        scopes: &scopes,
        accounts,
        expires_at: None,
    };
    let (row, secret) = manage::create_key(db, &owner.org, key, SystemClock.now())
        .await
        .map_err(refused)?;
    note(db, "key.create", &row.id).await?;
    println!("{}", secret.text());
    eprintln!("This is the only time that the key is shown.");
    Ok(())
}

async fn list(db: &Db, user: &str, json: bool) -> Result<(), Failure> {
    let owner = find(db, user).await?;
    let rows = keys::of_owner(db, &owner.id).await.context("reading keys")?;
    if json {
        let rows: Vec<_> = rows
            .iter()
            .map(
                |k| serde_json::json!({ "id": k.id, "name": k.name, "prefix": k.prefix, "scopes": k.scopes }),
            )
            .collect();
        println!("{}", serde_json::Value::from(rows));
        return Ok(());
    }
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_header([
        "id",
        "name",
        "prefix",
        "scopes",
        "last used",
    ]);
    for key in rows {
        let used = key
            .last_used_at
            .map_or_else(|| "never".to_owned(), |t| t.to_rfc3339());
        table.add_row([key.id, key.name, key.prefix, key.scopes.join(" "), used]);
    }
    println!("{table}");
    Ok(())
}

async fn revoke(db: &Db, id: &str) -> Result<(), Failure> {
    for person in super::user::everybody(db).await? {
        if keys::revoke(db, &person.id, id, SystemClock.now())
            .await
            .context("revoking")?
        {
            note(db, "key.revoke", id).await?;
            println!("revoked");
            return Ok(());
        }
    }
    Err(Failure::with_hint(
        format!("there is no key `{id}`"),
        "tradewind key list --user NAME",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app;
    use tradewind_store::identity::audit;
    use tradewind_wire::Role;

    #[tokio::test]
    async fn keys_made_and_revoked_from_the_command_line_are_in_the_audit_log() {
        let folder = tempfile::tempdir().expect("a folder");
        let data = crate::args::DataArg {
            data: folder.path().to_owned(),
        };
        let db = open(&data).await.expect("a database");
        let config = tradewind_server::config::HashConfig {
            memory_kib: 64,
            passes: 1,
        };
        let passwords = tradewind_server::identity::Passwords::new(config).expect("a cost");
        let person = manage::Person {
            username: "asha",
            display_name: "Asha",
            password: "three boats under the bridge",
            role: Role::Trader,
        };
        let made = manage::create_user(&db, &passwords, &app::org(), &person, SystemClock.now()).await;
        let owner = made.expect("a person");
        add(&db, "asha", "notebook", &["read".to_owned()], &[])
            .await
            .expect("a key");
        let key = keys::of_owner(&db, &owner.id).await.expect("keys").remove(0);
        revoke(&db, &key.id).await.expect("revoked");
        let rows = audit::list(&db, 0, 10).await.expect("audit");
        let told: Vec<_> = rows
            .iter()
            .map(|(_, row)| (row.actor.as_str(), row.action.as_str(), row.subject.as_str()))
            .collect();
        let id = key.id.as_str();
        assert_eq!(told, [("cli", "key.create", id), ("cli", "key.revoke", id)]);
    }
}
