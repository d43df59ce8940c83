//! `tradewind key add|list|revoke`: API keys, straight in the database of a data directory.

use anyhow::Context as _;
use tradewind_server::identity::KeyTerms;
use tradewind_server::identity::manage::{self, Key};
use tradewind_store::Db;
use tradewind_store::identity::keys;
use tradewind_types::{AccountId, Clock};
use tradewind_venues::clock::SystemClock;
use tradewind_wire::{Scope, Time};

use super::on_runtime;
use super::user::{find, note, open, refused, word};
use crate::args::{KeyArgs, KeyCommand};
use crate::failure::Failure;

/// What a key is asked to be, as it was written.
#[derive(Default)]
struct Asked {
    scopes: Vec<String>,
    accounts: Vec<String>,
    networks: Vec<String>,
    requests_per_minute: Option<u32>,
    orders_per_minute: Option<u32>,
    expires: Option<String>,
}

pub(crate) fn run(args: KeyArgs) -> Result<(), Failure> {
    on_runtime(async {
        match args.command {
            KeyCommand::Add {
                user,
                name,
                scopes,
                accounts,
                networks,
                requests_per_minute,
                orders_per_minute,
                expires,
                data,
            } => {
                let asked = Asked {
                    scopes,
                    accounts,
                    networks,
                    requests_per_minute,
                    orders_per_minute,
                    expires,
                };
                add(&open(&data).await?, &user, &name, &asked).await
            }
            KeyCommand::List { user, data, json } => list(&open(&data).await?, &user, json).await,
            KeyCommand::Revoke { id, data } => revoke(&open(&data).await?, &id).await,
        }
    })
}

async fn add(db: &Db, user: &str, name: &str, asked: &Asked) -> Result<(), Failure> {
    let owner = find(db, user).await?;
    let scope = |text: &String| {
        word(text).ok_or_else(|| {
            Failure::Usage(format!(
                "`{text}` is no scope: read, trade, cancel, manage or admin"
            ))
        })
    };
    let scopes: Vec<Scope> = asked.scopes.iter().map(scope).collect::<Result<_, _>>()?;
    let account = |text: &String| {
        text.parse()
            .map_err(|error: tradewind_types::IdError| Failure::Usage(error.to_string()))
    };
    let accounts: Vec<AccountId> = asked.accounts.iter().map(account).collect::<Result<_, _>>()?;
    let end = |text: &String| {
        let end = serde_json::from_value::<Time>(serde_json::Value::from(text.as_str()));
        let wrong = |_| Failure::Usage(format!("`{text}` is no time; write one as 2027-01-01T00:00:00Z"));
        end.map(|end| end.0).map_err(wrong)
    };
    let networks = Some(asked.networks.as_slice()).filter(|list| !list.is_empty());
    let terms = KeyTerms::asked(networks, asked.requests_per_minute, asked.orders_per_minute);
    let key = Key {
        owner: &owner.id,
        name,
        scopes: &scopes,
        accounts: (!accounts.is_empty()).then_some(accounts),
        expires_at: asked.expires.as_ref().map(end).transpose()?,
        terms: terms.map_err(refused)?,
    };
    let (row, secret) = manage::create_key(db, &owner.org, key, SystemClock.now())
        .await
        .map_err(refused)?;
    note(db, &owner.org, "key.create", &row.id).await?;
    println!("{}", secret.text());
    eprintln!("This is the only time that the key is shown.");
    Ok(())
}

async fn list(db: &Db, user: &str, json: bool) -> Result<(), Failure> {
    let owner = find(db, user).await?;
    let rows = keys::of_owner(db, &owner.id).await.context("reading keys")?;
    if json {
        let shown = |k: &keys::KeyRow| {
            let accounts = k
                .accounts
                .as_ref()
                .map(|list| list.iter().map(ToString::to_string).collect::<Vec<_>>());
            serde_json::json!({ "id": k.id, "name": k.name, "prefix": k.prefix, "scopes": k.scopes, "accounts": accounts,
                "networks": k.networks, "requests_per_minute": k.requests_per_minute,
                "orders_per_minute": k.orders_per_minute, "expires_at": k.expires_at.map(|t| t.to_rfc3339()) })
        };
        let rows: Vec<_> = rows.iter().map(shown).collect();
        println!("{}", serde_json::Value::from(rows));
        return Ok(());
    }
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_header([
        "id",
        "name",
        "prefix",
        "scopes",
        "from",
        "last used",
    ]);
    for key in rows {
        let used = key
            .last_used_at
            .map_or_else(|| "never".to_owned(), |t| t.to_rfc3339());
        let from = key
            .networks
            .map_or_else(|| "anywhere".to_owned(), |list| list.join(" "));
        table.add_row([key.id, key.name, key.prefix, key.scopes.join(" "), from, used]);
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
            note(db, &person.org, "key.revoke", id).await?;
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
        let mut asked = Asked {
            scopes: vec!["read".to_owned()],
            networks: vec!["10.0.0.1/8".to_owned()],
            requests_per_minute: Some(60),
            expires: Some("2199-01-01T00:00:00Z".to_owned()),
            ..Asked::default()
        };
        let refused = add(&db, "asha", "notebook", &asked)
            .await
            .expect_err("no network");
        assert!(refused.to_string().contains("10.0.0.0/8"), "{refused}");
        asked.networks = vec!["10.0.0.0/8".to_owned()];
        add(&db, "asha", "notebook", &asked).await.expect("a key");
        let key = keys::of_owner(&db, &owner.id).await.expect("keys").remove(0);
        assert_eq!(
            key.networks.as_deref(),
            Some(["10.0.0.0/8".to_owned()].as_slice())
        );
        assert_eq!((key.requests_per_minute, key.orders_per_minute), (Some(60), None));
        assert!(key.expires_at.is_some());
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
