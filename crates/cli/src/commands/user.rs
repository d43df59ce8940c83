//! `tradewind user add|list|password|link|reset-link|factor-reset`: people, straight in the database of a data directory.

use std::io::Read as _;

use anyhow::Context as _;
use tradewind_server::identity::manage::{self, Person};
use tradewind_server::identity::{Passwords, reset};
use tradewind_server::secrets::Keyring;
use tradewind_store::Db;
use tradewind_store::identity::audit::{self, AuditRow};
use tradewind_store::identity::ending::Keep;
use tradewind_store::identity::{factors, organisations, users};
use tradewind_store::privacy::person_keys;
use tradewind_types::{Clock, OrgId};
use tradewind_venues::clock::SystemClock;
use tradewind_wire::Role;

use super::on_runtime;
use crate::app::{self, DataDir};
use crate::args::{DataArg, UserArgs, UserCommand};
use crate::failure::Failure;

pub(crate) fn run(args: UserArgs) -> Result<(), Failure> {
    on_runtime(async {
        match args.command {
            UserCommand::Add {
                username,
                role,
                display_name,
                org,
                data,
            } => {
                let db = open(&data).await?;
                let org = match org {
                    Some(id) => super::org::find(&db, &id).await?.id,
                    None => app::org(),
                };
                add(&db, &org, &username, &role, display_name.as_deref()).await
            }
            UserCommand::List { data, json } => list(&open(&data).await?, json).await,
            UserCommand::Password { username, data } => password(&open(&data).await?, &username).await,
            UserCommand::Link { username, data } => link(&open(&data).await?, &username).await,
            UserCommand::ResetLink {
                username,
                data,
                config,
            } => {
                let db = open(&data).await?;
                let keyring = super::secrets::keyring(&data, config.as_deref()).await?;
                reset_link(&db, &keyring, &username).await
            }
            UserCommand::FactorReset { username, data } => factor_reset(&open(&data).await?, &username).await,
        }
    })
}

pub(super) async fn open(data: &DataArg) -> Result<Db, Failure> {
    let data = DataDir::new(&data.data);
    data.create()?;
    let db = data.open_database(&SystemClock).await?;
    let ensured = tradewind_store::identity::organisations::ensure(
        &db,
        &app::org(),
        &app::engine_id(),
        SystemClock.now(),
    )
    .await;
    ensured.context("the desk cannot be set up")?;
    Ok(db)
}

/// Notes in an organisation's audit log what was done from the command line.
pub(super) async fn note(db: &Db, org: &OrgId, action: &str, subject: &str) -> Result<(), Failure> {
    note_with(db, org, (action, subject), serde_json::json!({})).await
}

/// The same with before and after.
pub(super) async fn note_with(
    db: &Db,
    org: &OrgId,
    (action, subject): (&str, &str),
    detail: serde_json::Value,
) -> Result<(), Failure> {
    let row = AuditRow {
        org: org.clone(),
        ts: SystemClock.now(),
        actor: "cli".to_owned(),
        action: action.to_owned(),
        subject: subject.to_owned(),
        outcome: "OK".to_owned(),
        ip: String::new(),
        correlation_id: String::new(),
        detail: detail.to_string(),
        person: String::new(),
        personal: String::new(),
    };
    audit::append(db, &row).await.context("writing the audit log")?;
    Ok(())
}

pub(super) fn refused(error: tradewind_server::ApiError) -> Failure {
    Failure::Input(error.detail)
}

/// A role or scope by its name in the API, in any case.
pub(super) fn word<T: serde::de::DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::from(text.to_ascii_uppercase())).ok()
}

pub(super) async fn find(db: &Db, username: &str) -> Result<users::UserRow, Failure> {
    let found = users::by_username(db, username).await.context("reading users")?;
    let found = found
        .ok_or_else(|| Failure::with_hint(format!("there is no user `{username}`"), "tradewind user list"))?;
    let erased = person_keys::is_erased(db, found.id.as_str()).await;
    if erased.context("reading the keys of people")? {
        return Err(Failure::Input(format!(
            "`{username}` was erased at their request and stays so"
        )));
    }
    Ok(found)
}

/// From TRADEWIND_PASSWORD, or the first line of standard input.
fn read_password() -> Result<String, Failure> {
    if let Ok(password) = std::env::var("TRADEWIND_PASSWORD") {
        return Ok(password);
    }
    eprintln!("Password (one line on standard input; it is shown as you type):");
    let mut text = String::new();
    std::io::stdin().take(4_096).read_to_string(&mut text)?;
    let line = text.lines().next().unwrap_or_default();
    Ok(line.to_owned())
}

fn passwords() -> Result<Passwords, Failure> {
    let config = tradewind_server::Config::new(app::org(), app::engine_id());
    Passwords::new(config.hashing).map_err(refused)
}

async fn add(
    db: &Db,
    org: &OrgId,
    username: &str,
    role: &str,
    display_name: Option<&str>,
) -> Result<(), Failure> {
    let role: Role = word(role).ok_or_else(|| {
        Failure::Usage(format!(
            "`{role}` is no role: super_admin, admin, compliance, analyst, trader, viewer or service"
        ))
    })?;
    let password = read_password()?;
    let person = Person {
        username,
        display_name: display_name.unwrap_or(username),
        password: &password,
        role,
    };
    let row = manage::create_user(db, &passwords()?, org, &person, SystemClock.now())
        .await
        .map_err(refused)?;
    note(db, org, "user.create", row.id.as_str()).await?;
    println!("{}", row.id);
    Ok(())
}

/// The people of all organisations, at most 500 of each.
pub(super) async fn everybody(db: &Db) -> Result<Vec<users::UserRow>, Failure> {
    let mut all = Vec::new();
    for org in organisations::list(db).await.context("reading organisations")? {
        let people = users::list(db, &org.organisation.id, None, 500).await;
        all.extend(people.context("reading users")?);
    }
    Ok(all)
}

async fn list(db: &Db, json: bool) -> Result<(), Failure> {
    let rows = everybody(db).await?;
    if json {
        let rows: Vec<_> = rows
            .iter()
            .map(|u| {
                serde_json::json!({ "id": u.id.as_str(), "username": u.username, "display_name": u.display_name,
                    "role": u.role, "org": u.org.as_str(), "disabled": u.disabled, "created_at": u.created_at.to_rfc3339() })
            })
            .collect();
        println!("{}", serde_json::Value::from(rows));
        return Ok(());
    }
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_header([
        "id",
        "username",
        "role",
        "organisation",
        "state",
        "created",
    ]);
    for user in rows {
        let state = if user.disabled { "disabled" } else { "active" };
        table.add_row([
            user.id.to_string(),
            user.username,
            user.role,
            user.org.to_string(),
            state.to_owned(),
            user.created_at.to_rfc3339(),
        ]);
    }
    println!("{table}");
    Ok(())
}

async fn password(db: &Db, username: &str) -> Result<(), Failure> {
    let user = find(db, username).await?;
    let password = read_password()?;
    manage::check_password("password", &password, username).map_err(refused)?;
    let hash = passwords()?.hash(&password).await.map_err(refused)?;
    users::change_password(db, &user.id, &hash, Keep::default(), SystemClock.now())
        .await
        .context("storing the password")?;
    note(db, &user.org, "password.change", user.id.as_str()).await?;
    println!("The password of {username} was changed; all sessions have ended.");
    Ok(())
}

async fn link(db: &Db, username: &str) -> Result<(), Failure> {
    let user = find(db, username).await?;
    let token = manage::sign_in_token(db, &user.org, &user.id, SystemClock.now())
        .await
        .map_err(refused)?;
    note(db, &user.org, "link.create", user.id.as_str()).await?;
    println!("#signin={}", token.text());
    eprintln!("Append it to the program's address; it works once, for a few minutes.");
    Ok(())
}

async fn reset_link(db: &Db, keyring: &Keyring, username: &str) -> Result<(), Failure> {
    let user = find(db, username).await?;
    let (token, end) = reset::issue(db, keyring, &user.org, &user.id, SystemClock.now())
        .await
        .map_err(refused)?;
    note(db, &user.org, "password.reset_link", user.id.as_str()).await?;
    println!("#reset={}", token.text());
    eprintln!(
        "Append it to the program's address; it works once, until {}.",
        end.to_rfc3339()
    );
    Ok(())
}

async fn factor_reset(db: &Db, username: &str) -> Result<(), Failure> {
    let user = find(db, username).await?;
    let removed = factors::remove(db, &user.id, Keep::default(), SystemClock.now())
        .await
        .context("removing the factor")?;
    if !removed {
        return Err(Failure::Input(format!("{username} has no second factor")));
    }
    note(db, &user.org, "factor.reset", user.id.as_str()).await?;
    println!("{username} signs in without a code now; all sessions have ended.");
    Ok(())
}
