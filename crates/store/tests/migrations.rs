//! The schema goes up, down and up again on SQLite and on PostgreSQL, with data in it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tradewind_store::migrate::{self, MIGRATIONS};
use tradewind_store::{Db, DbConfig, sql};
use tradewind_types::UnixNanos;

/// One row in every table that has no generated content, in an order that satisfies the references.
const ROWS: &str = "
INSERT INTO organisations (org_id, name, created_at) VALUES ('desk', 'Desk', 1);
INSERT INTO engines (engine_id, org_id, created_at) VALUES ('main', 'desk', 1);
INSERT INTO users (id, org_id, username, username_key, display_name, role, password_hash, disabled, created_at, updated_at)
  VALUES ('u1', 'desk', 'Asha', 'asha', 'Asha', 'ADMIN', 'x', false, 1, 1);
INSERT INTO memberships (account, owner, org_id, engine_id, role, granted_by, since)
  VALUES ('a1', 'u1', 'desk', 'main', 'OWNER', 'u1', 9223372036854775807);
INSERT INTO idempotency_keys (owner, idempotency_key, org_id, fingerprint, created_at, expires_at)
  VALUES ('u1', 'k', 'desk', 'f', 1, 2);
INSERT INTO projection_state (engine_id, org_id, applied_seq, witness_seq, witness_hash)
  VALUES ('main', 'desk', 9223372036854775807, 7, 'ab');
INSERT INTO p_orders (engine_id, account, client_order_id, org_id, seq, instrument, side, order_type, quantity, price,
  post_only, time_in_force, reduce_only, origin, actor, state, is_open, filled, filled_value, fills, created_at,
  updated_at, version)
  VALUES ('main', 'a1', 'o1', 'desk', 5, 'BTC-USD.COINBASE', 'BUY', 'LIMIT', '0.5', '10000.01', true, 'GTC', false,
  'MANUAL', 'u1', 'ACCEPTED', true, '0', '0', 0, 1, 2, 3)
  ON CONFLICT (engine_id, account, client_order_id) DO UPDATE SET state = excluded.state;
INSERT INTO catalog_tail (kind, market, series, bar_interval, symbol, ts, tie, revision, price_scale, size_scale, figures)
  VALUES ('bars', 'COINBASE', 'BTC-USD', '1m', 'BTC-USD', 9223372036854775807, '', 0, 2, 8, '[]')
  ON CONFLICT DO NOTHING;
INSERT INTO catalog_asked (instrument, bar_interval, from_ts, to_ts, asked_at, found_rows)
  VALUES ('BTC-USD.COINBASE', '1m', 1, 2, 3, 0)
  ON CONFLICT (instrument, bar_interval, from_ts, to_ts) DO UPDATE SET asked_at = excluded.asked_at;
INSERT INTO chart_drawings (owner, drawing_id, org_id, instrument, content, version, created_at, updated_at)
  VALUES ('u1', 'd1', 'desk', 'BTC-USD.COINBASE', '{}', 1, 1, 1);
INSERT INTO chart_templates (owner, name, template_id, org_id, content, version, created_at, updated_at)
  VALUES ('u1', 'mine', 't1', 'desk', '{}', 1, 1, 1)
  ON CONFLICT (owner, name) DO UPDATE SET version = chart_templates.version + 1;
INSERT INTO p_postings (engine_id, seq, line, org_id, account, ledger_account, currency, amount, balance)
  VALUES ('main', 6, 0, 'desk', 'a1', 'CASH_AVAILABLE', 'USD', '-5000.005', '94999.995'),
         ('main', 6, 1, 'desk', 'a1', 'CASH_LOCKED', 'USD', '5000.005', '5000.005');
";

async fn tables(db: &Db) -> Vec<String> {
    let rows = sql::query(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    )
    .fetch_all(db)
    .await
    .expect("tables");
    rows.iter().map(|row| row.at(0).expect("a name")).collect()
}

#[tokio::test]
async fn the_schema_goes_up_down_and_up_again_on_sqlite_with_data() {
    let dir = tempfile::tempdir().expect("temp dir");
    let db = Db::open(&DbConfig::file(&dir.path().join("t.db")))
        .await
        .expect("open");
    let names = migrate::up(&db, UnixNanos(1)).await.expect("up");
    assert_eq!(names.len(), MIGRATIONS.len());
    let full = tables(&db).await;
    sql::script(ROWS, &db).await.expect("data");
    assert!(
        migrate::up(&db, UnixNanos(2)).await.expect("again").is_empty(),
        "a second up did something"
    );

    migrate::down(&db, MIGRATIONS.len()).await.expect("down");
    assert_eq!(
        tables(&db).await,
        ["schema_migrations"],
        "down left tables behind"
    );
    assert!(
        migrate::status(&db)
            .await
            .expect("status")
            .iter()
            .all(|m| m.applied_at.is_none())
    );

    migrate::up(&db, UnixNanos(3)).await.expect("up again");
    assert_eq!(tables(&db).await, full);
    sql::script(ROWS, &db).await.expect("data again");
}

#[tokio::test]
async fn two_programs_that_start_together_migrate_once() {
    let dir = tempfile::tempdir().expect("temp dir");
    let config = DbConfig::file(&dir.path().join("t.db"));
    let (one, two) = (
        Db::open(&config).await.expect("one"),
        Db::open(&config).await.expect("two"),
    );
    let (first, second) = tokio::join!(migrate::up(&one, UnixNanos(1)), migrate::up(&two, UnixNanos(1)));
    let done = first.expect("first").len() + second.expect("second").len();
    assert_eq!(done, MIGRATIONS.len());
}

/// A private PostgreSQL server in a temp folder, stopped on drop.
struct Postgres {
    server: Child,
    socket_dir: PathBuf,
    port: u16,
    _dir: tempfile::TempDir,
}

fn pg_bin() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut dirs: Vec<PathBuf> = versions.flatten().map(|e| e.path().join("bin")).collect();
    dirs.sort();
    dirs.into_iter()
        .rev()
        .find(|d| d.join("initdb").exists() && d.join("postgres").exists())
}

/// A command that runs as user `postgres` when we are root, since PostgreSQL refuses to run as root.
fn as_postgres(program: &Path) -> Command {
    let root = Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|o| o.stdout == b"0\n");
    if !root {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program);
    command
}

impl Postgres {
    fn start() -> Result<Self, String> {
        let bin = pg_bin().ok_or("no PostgreSQL binaries in /usr/lib/postgresql")?;
        let dir = tempfile::Builder::new()
            .prefix("tw-pg")
            .tempdir()
            .map_err(|e| e.to_string())?;
        // The server's user has to get in; the folder's name is random and it is gone after the test.
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o777);
        std::fs::set_permissions(dir.path(), mode).map_err(|e| e.to_string())?;
        let data = dir.path().join("data");
        let init = as_postgres(&bin.join("initdb"))
            .args(["-A", "trust", "-U", "postgres", "--no-sync", "-D"])
            .arg(&data)
            .output()
            .map_err(|e| e.to_string())?;
        if !init.status.success() {
            return Err(format!("initdb: {}", String::from_utf8_lossy(&init.stderr)));
        }
        let probe = std::net::TcpListener::bind(("127.0.0.1", 0)).map_err(|e| e.to_string())?;
        let port = probe.local_addr().map_err(|e| e.to_string())?.port();
        drop(probe);
        let server = as_postgres(&bin.join("postgres"))
            .arg("-D")
            .arg(&data)
            .args([
                "-p",
                &port.to_string(),
                "-c",
                "listen_addresses=",
                "-c",
                "fsync=off",
                "-k",
            ])
            .arg(dir.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| e.to_string())?;
        let server = Self {
            server,
            socket_dir: dir.path().to_owned(),
            port,
            _dir: dir,
        };
        server.wait()?;
        Ok(server)
    }

    /// Asks until the server answers; each try is a process, which paces the loop.
    fn wait(&self) -> Result<(), String> {
        let begun = std::time::Instant::now();
        loop {
            match self.psql("SELECT 1") {
                Ok(_) => return Ok(()),
                Err(error) if begun.elapsed().as_secs() > 30 => return Err(error),
                Err(_) => std::thread::yield_now(),
            }
        }
    }

    fn psql(&self, sql: &str) -> Result<String, String> {
        let output = Command::new("psql")
            .args([
                "-X",
                "-q",
                "-A",
                "-t",
                "-1",
                "-v",
                "ON_ERROR_STOP=1",
                "-U",
                "postgres",
                "-d",
                "postgres",
                "-h",
            ])
            .arg(&self.socket_dir)
            .args(["-p", &self.port.to_string(), "-c", sql])
            .output()
            .map_err(|e| e.to_string())?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    fn tables(&self) -> String {
        self.psql(
            "SELECT string_agg(tablename, ',' ORDER BY tablename) FROM pg_tables WHERE schemaname = 'public'",
        )
        .expect("tables")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Under runuser the child's own child is the server: its pid is in the data folder.
        let pid = std::fs::read_to_string(self.socket_dir.join("data/postmaster.pid"));
        if let Some(pid) = pid.ok().and_then(|text| text.lines().next().map(str::to_owned)) {
            let _ = Command::new("kill").args(["-INT", &pid]).status();
        }
        let _ = self.server.wait();
    }
}

#[test]
fn the_schema_goes_up_down_and_up_again_on_postgresql_with_data() {
    let server = match Postgres::start() {
        Ok(server) => server,
        Err(reason) => return eprintln!("skipped: PostgreSQL is not available: {reason}"),
    };
    let up = || {
        MIGRATIONS
            .iter()
            .for_each(|m| drop(server.psql(m.up).unwrap_or_else(|e| panic!("{} up: {e}", m.name))))
    };
    up();
    let full = server.tables();
    assert!(full.contains("memberships"), "{full}");
    server.psql(ROWS).expect("data");
    for migration in MIGRATIONS.iter().rev() {
        server
            .psql(migration.down)
            .unwrap_or_else(|e| panic!("{} down: {e}", migration.name));
    }
    assert_eq!(server.tables(), "", "down left tables behind");
    up();
    assert_eq!(server.tables(), full);
    server.psql(ROWS).expect("data again");
    let since = server.psql("SELECT since FROM memberships").expect("read");
    assert_eq!(since, "9223372036854775807", "a BIGINT lost bits");
}
