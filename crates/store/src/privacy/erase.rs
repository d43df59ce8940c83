//! Copying and erasing what the tables say of a person.

use tradewind_types::{AccountId, OrgId, UnixNanos, UserId};

use super::deletions::DeletionState;
use super::tables::{Erasure, TABLES};
use crate::db::{from_sql, to_sql};
use crate::identity::{ending, memberships, users};
use crate::sql::{Cell, Row, Tx, query};
use crate::{Db, StoreError};

/// The rows of one table, by column.
#[derive(Debug, Clone, PartialEq)]
pub struct TableCopy {
    /// Name of the table.
    pub name: &'static str,
    /// Its rows.
    pub rows: Vec<Vec<(String, Cell)>>,
}

/// Everything that the tables say of a person, but for what is secret.
///
/// # Errors
/// Those of the database.
pub async fn copy(db: &Db, person: &str) -> Result<Vec<TableCopy>, StoreError> {
    let mut all = Vec::new();
    for table in TABLES {
        let Some(statement) = table.copy else { continue };
        let rows = query(statement).bind(person).fetch_all(db).await?;
        let mut copied = Vec::with_capacity(rows.len());
        for row in &rows {
            let names = row.columns();
            let cells = names
                .iter()
                .enumerate()
                .map(|(place, name)| Ok(((*name).to_owned(), row.cell(place)?)));
            copied.push(cells.collect::<Result<Vec<_>, StoreError>>()?);
        }
        all.push(TableCopy {
            name: table.name,
            rows: copied,
        });
    }
    Ok(all)
}

/// An erasure that somebody asked for.
#[derive(Debug, Clone, Copy)]
pub struct Erasing<'a> {
    /// The request.
    pub request: &'a str,
    /// Organisation of the person.
    pub org: &'a OrgId,
    /// Who.
    pub person: &'a UserId,
    /// The role of which an organisation keeps one who is enabled.
    pub highest: &'a str,
    /// By whom it is done.
    pub by: &'a str,
    /// When.
    pub now: UnixNanos,
}

/// Why a person is not erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such person, or the request is not theirs.
    Missing,
    /// The request does not wait.
    NotPending,
    /// The request can still be withdrawn.
    NotDue,
    /// The last enabled one of the highest role.
    LastAdministrator,
    /// The only owner of these accounts.
    LastOwner(Vec<AccountId>),
}

/// Makes ready for erasing: the person is disabled, and all that they can act with ends, so that nothing of theirs is made
/// anew while it is deleted.
///
/// # Errors
/// Those of the database; nothing is changed then, nor when it is refused.
pub async fn prepare(db: &Db, erasing: &Erasing<'_>) -> Result<Result<(), Refusal>, StoreError> {
    let mut tx = match begin(db, erasing).await? {
        Ok(tx) => tx,
        Err(refusal) => return Ok(Err(refusal)),
    };
    query("UPDATE users SET disabled = TRUE, updated_at = $2, version = version + 1 WHERE id = $1 AND disabled = FALSE")
        .bind(erasing.person.as_str())
        .bind(to_sql(erasing.now))
        .execute(&mut tx)
        .await?;
    ending::end_everything(&mut tx, erasing.person, erasing.now).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// Erases a person in all tables, destroys their key, and notes that the request was executed, in one transaction: neither
/// is there without the other. `attempts` are the names under which their failed sign-ins were counted.
///
/// # Errors
/// Those of the database; nothing is changed then, nor when it is refused.
pub async fn erase(
    db: &Db,
    erasing: &Erasing<'_>,
    attempts: &[String],
) -> Result<Result<(), Refusal>, StoreError> {
    let (person, now) = (erasing.person.as_str(), to_sql(erasing.now));
    let mut tx = match begin(db, erasing).await? {
        Ok(tx) => tx,
        Err(refusal) => return Ok(Err(refusal)),
    };
    // Holding takes another lock: a hold that came in between counts.
    let executed = query(
        "UPDATE deletion_requests SET state = 'EXECUTED', decided_by = $2, decided_at = $3
         WHERE id = $1 AND state = 'PENDING' AND due_at <= $3",
    )
    .bind(erasing.request)
    .bind(erasing.by)
    .bind(now)
    .execute(&mut tx)
    .await?;
    if executed == 0 {
        return Ok(Err(Refusal::NotPending));
    }
    for table in TABLES {
        if let Erasure::By(statement) = table.erasure {
            query(statement).bind(person).execute(&mut tx).await?;
        }
    }
    // Also when there never was a key: none is made afterwards.
    query(
        "INSERT INTO person_keys (person, sealed, created_at, destroyed_at) VALUES ($1, NULL, $2, $2)
         ON CONFLICT (person) DO UPDATE SET sealed = NULL, destroyed_at = $2",
    )
    .bind(person)
    .bind(now)
    .execute(&mut tx)
    .await?;
    for subject in attempts {
        query("DELETE FROM login_attempts WHERE subject = $1")
            .bind(subject.as_str())
            .execute(&mut tx)
            .await?;
    }
    tx.commit().await?;
    Ok(Ok(()))
}

/// Begins, and looks whether it may be. Nobody's role and no owner of the person's accounts changes until the end.
async fn begin(db: &Db, erasing: &Erasing<'_>) -> Result<Result<Tx, Refusal>, StoreError> {
    let person = erasing.person.as_str();
    let mut tx = db.begin(&users::people_of(erasing.org)).await?;
    let request = query("SELECT state, due_at FROM deletion_requests WHERE id = $1 AND person = $2")
        .bind(erasing.request)
        .bind(person)
        .fetch_optional(&mut tx)
        .await?;
    let Some(request) = request else {
        return Ok(Err(Refusal::Missing));
    };
    if request.get::<String>("state")? != DeletionState::Pending.text() {
        return Ok(Err(Refusal::NotPending));
    }
    if from_sql(request.get("due_at")?) > erasing.now {
        return Ok(Err(Refusal::NotDue));
    }
    let user = query("SELECT role, disabled FROM users WHERE id = $1 AND org_id = $2")
        .bind(person)
        .bind(erasing.org.as_str())
        .fetch_optional(&mut tx)
        .await?;
    let Some(user) = user else {
        return Ok(Err(Refusal::Missing));
    };
    let highest = user.get::<String>("role")? == erasing.highest && !user.get::<bool>("disabled")?;
    if highest && users::others(&mut tx, (erasing.org, erasing.person), erasing.highest).await? == 0 {
        return Ok(Err(Refusal::LastAdministrator));
    }
    let alone = alone_owner_of(&mut tx, person).await?;
    if !alone.is_empty() {
        return Ok(Err(Refusal::LastOwner(alone)));
    }
    Ok(Ok(tx))
}

/// The accounts of which a person is the only owner; their members stay as they are until the end of the transaction.
async fn alone_owner_of(tx: &mut Tx, person: &str) -> Result<Vec<AccountId>, StoreError> {
    let accounts = |rows: Vec<Row>| -> Result<Vec<AccountId>, StoreError> {
        let parsed = rows.iter().map(|row| {
            let text: String = row.get("account")?;
            text.parse()
                .map_err(|_| StoreError::corrupt("memberships.account", &text))
        });
        parsed.collect()
    };
    let owned = query("SELECT account FROM memberships WHERE owner = $1 AND role = 'OWNER' ORDER BY account")
        .bind(person)
        .fetch_all(&mut *tx)
        .await?;
    for account in accounts(owned)? {
        tx.also(&memberships::members_of(&account)).await?;
    }
    let alone = query(
        "SELECT m.account FROM memberships m WHERE m.owner = $1 AND m.role = 'OWNER' AND NOT EXISTS
             (SELECT 1 FROM memberships o WHERE o.account = m.account AND o.role = 'OWNER' AND o.owner <> $1)
         ORDER BY m.account",
    )
    .bind(person)
    .fetch_all(tx)
    .await?;
    accounts(alone)
}
