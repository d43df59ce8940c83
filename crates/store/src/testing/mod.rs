//! For tests alone (feature `testing`): the same test on SQLite and on PostgreSQL.
//!
//! ```ignore
//! async fn a_name_is_taken_once() { let db = Db::open(&testing::place(dir.path()).await).await…; … }
//!
//! tradewind_store::on_both_databases!(a_name_is_taken_once);
//! ```
//! makes one test for each name on SQLite, and one test of all names on PostgreSQL: a private server in a temporary
//! folder that is started for it, one database for each name, stopped at the end however it ends. Where no PostgreSQL
//! is installed that test says SKIPPED; with `TRADEWIND_NEED_POSTGRES` it fails.
//!
//! With `TRADEWIND_TEST_POSTGRES` (a `postgres://` URL of a server whose user may make databases) every [`place`] of the
//! process is on that server; `tools/with-postgres.sh COMMAND` starts one for a command.

mod server;

use std::cell::RefCell;
use std::future::Future;
use std::path::Path;

use sha2::{Digest, Sha256};

pub use server::Server;

use crate::sql::{assembled, query};
use crate::{Db, DbConfig, StoreError};

thread_local! {
    /// The address of the server on which the tests of this thread run; none is SQLite.
    static SERVER: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// A database for a path: a file `t.db` in that folder, or a database of its own on the server of this thread. Within a
/// process the same path is the same database.
///
/// # Panics
/// When the database cannot be made.
pub async fn place(folder: &Path) -> DbConfig {
    let server = SERVER
        .with(|server| server.borrow().clone())
        .or_else(|| std::env::var("TRADEWIND_TEST_POSTGRES").ok());
    let Some(server) = server else {
        return DbConfig::file(&folder.join("t.db"));
    };
    match database(&server, folder).await {
        Ok(config) => config,
        Err(error) => panic!("no database for the test on {server}: {error}"),
    }
}

async fn database(server: &str, folder: &Path) -> Result<DbConfig, StoreError> {
    let hash = Sha256::digest(folder.display().to_string().as_bytes());
    let name: String = hash.iter().take(10).map(|byte| format!("{byte:02x}")).collect();
    let name = format!("t_{}_{name}", std::process::id());
    let mut config = DbConfig::postgres(server)?;
    config.connections_max = 1;
    let db = Db::open(&config).await?;
    remove_left_behind(&db).await?;
    let known = query("SELECT 1 FROM pg_database WHERE datname = $1").bind(&name);
    if known.fetch_optional(&db).await?.is_none() {
        // A locale of words, so that a text that is sorted without care shows it.
        let text = format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'");
        assembled(text).once().execute(&db).await?;
    }
    db.close().await;
    let mut config = DbConfig::postgres(&in_database(server, &name))?;
    config.connections_max = 8;
    Ok(config)
}

/// Drops the databases of tests whose process is over: they take 8 MB each.
async fn remove_left_behind(db: &Db) -> Result<(), StoreError> {
    if !Path::new("/proc/self").exists() {
        return Ok(());
    }
    let rows = query("SELECT datname::TEXT FROM pg_database WHERE datname LIKE 't\\_%\\_%'")
        .fetch_all(db)
        .await?;
    for row in rows {
        let name: String = row.at(0)?;
        let process = name.split('_').nth(1).and_then(|id| id.parse::<u32>().ok());
        let over = process.is_some_and(|id| !Path::new(&format!("/proc/{id}")).exists());
        if over {
            // Another test may be dropping it, or somebody looks at it.
            let _ = assembled(format!("DROP DATABASE IF EXISTS {name}"))
                .once()
                .execute(db)
                .await;
        }
    }
    Ok(())
}

/// The same server's URL with another database.
fn in_database(url: &str, name: &str) -> String {
    let (address, query) = url.split_once('?').map_or((url, None), |(a, q)| (a, Some(q)));
    let begin = address.find("://").map_or(0, |at| at + 3);
    let host = address[begin..].find('/').map_or(address.len(), |at| begin + at);
    let query = query.map_or(String::new(), |query| format!("?{query}"));
    format!("{}/{name}{query}", &address[..host])
}

/// Runs every case on a private PostgreSQL, each in a runtime of its own; see the module.
///
/// # Panics
/// When a case does, or when there is no PostgreSQL and `TRADEWIND_NEED_POSTGRES` is set.
pub fn all_on_postgres(cases: &[(&str, &dyn Fn())]) {
    let Some(server) = Server::start_or_skip() else {
        return;
    };
    SERVER.with(|place| *place.borrow_mut() = Some(server.url("postgres")));
    for (name, case) in cases {
        eprintln!("on PostgreSQL: {name}");
        case();
    }
    SERVER.with(|place| *place.borrow_mut() = None);
}

/// Runs a future to its end on a runtime of this thread.
///
/// # Panics
/// When there can be no runtime.
pub fn block_on(future: impl Future<Output = ()>) {
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(future),
        Err(error) => panic!("no runtime: {error}"),
    }
}

/// Makes a test of each async function on SQLite and one test of all of them on PostgreSQL.
#[macro_export]
macro_rules! on_both_databases {
    ($($(#[$attribute:meta])* $name:ident),+ $(,)?) => {
        mod on_sqlite {
            $($(#[$attribute])* #[test]
            fn $name() {
                $crate::testing::block_on(super::$name());
            })+
        }

        #[test]
        fn all_of_it_holds_on_postgresql() {
            $crate::testing::all_on_postgres(&[
                $((stringify!($name), &|| $crate::testing::block_on($name()))),+
            ]);
        }
    };
}

#[cfg(test)]
mod tests {
    use super::in_database;

    #[test]
    fn another_database_of_the_same_server() {
        let url = "postgres://me:pw@host:1/postgres?host=/tmp/x";
        assert_eq!(in_database(url, "t_1"), "postgres://me:pw@host:1/t_1?host=/tmp/x");
        assert_eq!(in_database("postgres://host", "t"), "postgres://host/t");
    }
}
