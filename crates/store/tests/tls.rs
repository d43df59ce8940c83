//! TLS to PostgreSQL: who has no part in it is kept out.

use std::time::{Duration, Instant};

use tradewind_store::testing::{Server, block_on};
use tradewind_store::{Db, DbConfig, sql};

/// Whether the connection is encrypted, as the server sees it; or why there is none.
async fn tried(server: &Server, host: &str, query: &str) -> Result<bool, String> {
    let url = format!("postgres://postgres@{host}:{}/postgres?{query}", server.port());
    let mut config = DbConfig::postgres(&url).expect("a URL");
    config.acquire_timeout = Duration::from_secs(20);
    let begun = Instant::now();
    let db = Db::open(&config).await.map_err(|error| error.to_string())?;
    assert!(begun.elapsed() < config.acquire_timeout);
    let row = sql::query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        .fetch_one(&db)
        .await
        .expect("answered");
    let encrypted = row.at::<bool>(0).expect("a truth");
    db.close().await;
    Ok(encrypted)
}

#[test]
fn a_server_is_believed_when_the_right_authority_vouches_for_the_right_name() {
    let Some(server) = Server::start_with_tls_or_skip() else {
        return;
    };
    block_on(async {
        let tls = server.folder().join("tls");
        let vouched = |mode: &str, authority: &str| {
            format!("sslmode={mode}&sslrootcert={}", tls.join(authority).display())
        };
        let (right, wrong) = ("ca.pem", "other-ca.pem");

        assert_eq!(
            tried(&server, "localhost", &vouched("verify-full", right)).await,
            Ok(true)
        );
        // Another authority; the authorities of the web; the right one with a name that the certificate is not for.
        for (host, query, reason) in [
            ("localhost", vouched("verify-full", wrong), "UnknownIssuer"),
            ("localhost", vouched("verify-ca", wrong), "UnknownIssuer"),
            ("localhost", "sslmode=verify-full".to_owned(), "UnknownIssuer"),
            ("127.0.0.1", vouched("verify-full", right), "not valid for name"),
        ] {
            let refused = tried(&server, host, &query).await.expect_err(&query);
            assert!(refused.contains(reason), "{query} at {host}: {refused}");
        }
        // Who asks for less gets less: the authority without the name, and encryption without either.
        assert_eq!(
            tried(&server, "127.0.0.1", &vouched("verify-ca", right)).await,
            Ok(true)
        );
        assert_eq!(tried(&server, "127.0.0.1", "sslmode=require").await, Ok(true));
        assert_eq!(tried(&server, "127.0.0.1", "sslmode=disable").await, Ok(false));
    });
}

#[test]
fn a_server_without_tls_is_refused_by_who_wants_it() {
    let Some(server) = Server::start_or_skip() else {
        return;
    };
    block_on(async {
        for mode in ["require", "verify-ca", "verify-full"] {
            let refused = tried(&server, "localhost", &format!("sslmode={mode}")).await;
            let refused = refused.expect_err(mode);
            assert!(refused.contains("does not support TLS"), "{mode}: {refused}");
        }
    });
}
