//! The schema goes up, down and up again on SQLite and on PostgreSQL, with data in it.

use std::collections::BTreeMap;

use tradewind_store::migrate::{self, MIGRATIONS};
use tradewind_store::transfer::shape;
use tradewind_store::{Db, sql, testing};
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
INSERT INTO second_factors (owner, org_id, seed, begun_at, enabled_at, last_step)
  VALUES ('u1', 'desk', 's1.00000000.AA', 1, NULL, 9223372036854775807)
  ON CONFLICT (owner) DO UPDATE SET seed = excluded.seed WHERE second_factors.enabled_at IS NULL;
INSERT INTO backup_codes (owner, digest, used_at) VALUES ('u1', 'ab', NULL);
INSERT INTO token_families (id, org_id, owner, user_agent, ip, created_at, last_seen_at, expires_at)
  VALUES ('f1', 'desk', 'u1', '', '', 1, 1, 2);
INSERT INTO settings (name, value, changed_at) VALUES ('log', 'debug', 1);
INSERT INTO notification_settings (owner, org_id, content, version, updated_at) VALUES ('u1', 'desk', '{}', 1, 1);
INSERT INTO refresh_tokens (token_hash, family, created_at, used_at) VALUES ('ab', 'f1', 1, NULL);
INSERT INTO signing_keys (kid, org_id, public_key, sealed, created_at, retired_at)
  VALUES ('k1', 'desk', 'AA', 's1.00000000.AA', 1, 2);
INSERT INTO audit_anchors (through_seq, hash, entries, made_at, key_id, signature)
  VALUES (9223372036854775807, 'ab', 1, 2, 'k1', 'AA');
INSERT INTO audit_keys (id, public_key, sealed, created_at) VALUES ('k1', 'AA', NULL, 1);
INSERT INTO person_keys (person, sealed, created_at, destroyed_at) VALUES ('u1', NULL, 1, 2);
INSERT INTO consents (person, purpose, number, org_id, granted, policy, decided_at)
  VALUES ('u1', 'RESEARCH', 1, 'desk', TRUE, '1', 2);
INSERT INTO deletion_requests (id, org_id, person, state, requested_at, due_at, hold_reason, decided_by, decided_at)
  VALUES ('d1', 'desk', 'u1', 'HELD', 1, 2, 'x', '', NULL);
INSERT INTO linked_identities (id, org_id, owner, provider, issuer, subject, made_by_it, created_at, last_used_at)
  VALUES ('i1', 'desk', 'u1', 'work', 'https://id.test', 's1', true, 1, NULL);
INSERT INTO p_postings (engine_id, seq, line, org_id, account, ledger_account, currency, amount, balance)
  VALUES ('main', 6, 0, 'desk', 'a1', 'CASH_AVAILABLE', 'USD', '-5000.005', '94999.995'),
         ('main', 6, 1, 'desk', 'a1', 'CASH_LOCKED', 'USD', '5000.005', '5000.005');
";

/// A row: the text of each cell by its column.
type Cells = BTreeMap<String, String>;

/// Every table's rows, by its name.
async fn contents(db: &Db) -> BTreeMap<String, Vec<Cells>> {
    let mut tx = db.snapshot().await.expect("snapshot");
    let mut all = BTreeMap::new();
    for table in shape::tables(&mut tx).await.expect("tables") {
        let names: Vec<&str> = table.columns.iter().map(|c| c.name.as_str()).collect();
        let (columns, key) = (names.join(", "), table.key.join(", "));
        let text = format!("SELECT {columns} FROM {} ORDER BY {key}", table.name);
        let rows = sql::assembled(text)
            .once()
            .fetch_all(&mut tx)
            .await
            .expect("rows");
        let shown = |row: &sql::Row| -> Cells {
            let cell =
                |(at, name): (usize, &&str)| ((*name).to_owned(), row.cell(at).expect("a cell").to_string());
            names.iter().enumerate().map(cell).collect()
        };
        all.insert(table.name.clone(), rows.iter().map(shown).collect());
    }
    all
}

async fn open(dir: &tempfile::TempDir) -> Db {
    Db::open(&testing::place(dir.path()).await).await.expect("open")
}

async fn the_schema_goes_up_down_and_up_again_with_data() {
    let dir = tempfile::tempdir().expect("temp dir");
    let db = open(&dir).await;
    let names = migrate::up(&db, UnixNanos(1)).await.expect("up");
    assert_eq!(names.len(), MIGRATIONS.len());
    let empty = contents(&db).await;
    sql::script(ROWS, &db).await.expect("data");
    let full = contents(&db).await;
    let member: Vec<(&str, &str)> = full["memberships"][0]
        .iter()
        .map(|(c, v)| (c.as_str(), v.as_str()))
        .collect();
    assert_eq!(
        member,
        [
            ("account", "`a1`"),
            ("engine_id", "`main`"),
            ("granted_by", "`u1`"),
            ("org_id", "`desk`"),
            ("owner", "`u1`"),
            ("role", "`OWNER`"),
            ("since", "9223372036854775807"),
            ("version", "1"),
        ]
    );
    assert!(
        migrate::up(&db, UnixNanos(2)).await.expect("again").is_empty(),
        "a second up did something"
    );
    assert_eq!(contents(&db).await, full);

    migrate::down(&db, MIGRATIONS.len()).await.expect("down");
    assert_eq!(contents(&db).await, BTreeMap::new(), "down left tables behind");
    let status = migrate::status(&db).await.expect("status");
    assert!(status.iter().all(|m| m.applied_at.is_none()));

    migrate::up(&db, UnixNanos(3)).await.expect("up again");
    assert_eq!(contents(&db).await, empty);
    sql::script(ROWS, &db).await.expect("data again");
    assert_eq!(contents(&db).await, full);
}

async fn every_step_down_and_up_again_keeps_the_rows_that_the_older_schema_has() {
    let dir = tempfile::tempdir().expect("temp dir");
    let db = open(&dir).await;
    migrate::up(&db, UnixNanos(1)).await.expect("up");
    sql::script(ROWS, &db).await.expect("data");
    for steps in 1..MIGRATIONS.len() {
        let before = contents(&db).await;
        migrate::down(&db, steps).await.expect("down");
        let older = contents(&db).await;
        // Of a table that the older schema has too, what it has of each row is untouched by the way down …
        for (table, rows) in &older {
            assert!(
                is_kept(rows, &before[table]),
                "{steps} steps down changed {table}"
            );
        }
        assert!(!older["users"].is_empty(), "{steps} steps down took people away");
        migrate::up(&db, UnixNanos(2)).await.expect("up");
        // … and by that up again.
        let newer = contents(&db).await;
        for (table, rows) in &older {
            assert!(is_kept(rows, &newer[table]), "{steps} steps up changed {table}");
        }
    }
}

/// Whether each older row is in its place, whatever columns the newer one has beside.
fn is_kept(older: &[Cells], newer: &[Cells]) -> bool {
    let same =
        |(older, newer): (&Cells, &Cells)| older.iter().all(|(column, cell)| newer.get(column) == Some(cell));
    older.len() == newer.len() && older.iter().zip(newer).all(same)
}

async fn two_programs_that_start_together_migrate_once() {
    let dir = tempfile::tempdir().expect("temp dir");
    let (one, two) = (open(&dir).await, open(&dir).await);
    let (first, second) = tokio::join!(migrate::up(&one, UnixNanos(1)), migrate::up(&two, UnixNanos(1)));
    let done = first.expect("first").len() + second.expect("second").len();
    assert_eq!(done, MIGRATIONS.len());
}

tradewind_store::on_both_databases!(
    the_schema_goes_up_down_and_up_again_with_data,
    every_step_down_and_up_again_keeps_the_rows_that_the_older_schema_has,
    two_programs_that_start_together_migrate_once,
);
