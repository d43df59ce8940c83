//! Setting a password anew with a link: from an administrator, or delivered to whoever asks.

use std::time::Duration;

use serde_json::{Value, json};
use tradewind_server::identity::reset;
use tradewind_store::identity::audit;
use tradewind_types::Clock as _;
use tradewind_wire::Role;

use crate::desk::{Answer, As, Desk, PASSWORD};
use crate::second_factor::enrol;

const NEW: &str = "four boats under the bridge";

async fn link(desk: &Desk, by: &As, user: &str) -> String {
    let path = format!("/api/v1/users/{user}/password-reset");
    let answer = desk.call(by, "POST", &path, Value::Null).await;
    assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
    answer.json()["token"].as_str().expect("token").to_owned()
}

async fn set(desk: &Desk, token: &str, password: &str) -> Answer {
    let body = json!({"token": token, "new_password": password});
    desk.call(&As::Nobody, "PUT", "/api/v1/password-reset", body)
        .await
}

async fn sign_in(desk: &Desk, password: &str) -> Answer {
    let body = json!({"username": "asha", "password": password});
    desk.call(&As::Nobody, "POST", "/api/v1/session", body).await
}

#[tokio::test]
async fn a_link_sets_the_password_once_ends_all_sessions_and_signs_nobody_in() {
    let desk = Desk::open().await;
    let root = desk.person("root", Role::SuperAdmin).await;
    let asha = desk.person("asha", Role::Trader).await;
    let (root_here, asha_here) = (desk.session(&root).await, desk.session(&asha).await);
    let (older, token) = (
        link(&desk, &root_here, "u-asha").await,
        link(&desk, &root_here, "u-asha").await,
    );
    let weak = set(&desk, &token, "password1234").await;
    assert_eq!(weak.field(), "new_password:PASSWORD_BREACHED");
    let done = set(&desk, &token, NEW).await;
    assert_eq!(done.status, 204, "a password that was refused used the link up");
    assert!(!done.headers.contains_key("set-cookie"));
    assert_eq!(desk.get(&asha_here, "/api/v1/session").await.status, 401);
    assert_eq!(sign_in(&desk, PASSWORD).await.problem(), "CREDENTIALS_REFUSED");
    assert_eq!(sign_in(&desk, NEW).await.status, 200);
    assert_eq!(
        set(&desk, &token, PASSWORD).await.problem(),
        "CREDENTIALS_REFUSED",
        "used twice"
    );
    assert_eq!(
        set(&desk, &older, PASSWORD).await.problem(),
        "CREDENTIALS_REFUSED",
        "an older link held"
    );
    let rows = audit::list(&desk.db, 0, 100).await.expect("audit");
    let of = |action: &str| rows.iter().filter(|(_, row)| row.action == action).count();
    assert_eq!((of("password.reset_link"), of("password.reset")), (2, 1));
    assert!(rows.iter().all(|(_, row)| !row.detail.contains(&token)));
}

#[tokio::test]
async fn links_that_are_forged_over_or_overtaken_set_nothing() {
    let desk = Desk::open().await;
    let root = desk.person("root", Role::SuperAdmin).await;
    let asha = desk.person("asha", Role::Trader).await;
    let root_here = desk.session(&root).await;
    let token = link(&desk, &root_here, "u-asha").await;
    let mut changed = token.clone();
    let last = changed.pop().expect("a character");
    changed.push(if last == 'A' { 'Q' } else { 'A' });
    let elsewhere = desk.state.keyring.seal("totp/u-asha", b"x").expect("sealed");
    let unknown = desk
        .state
        .keyring
        .seal("password-reset", b"no such secret")
        .expect("sealed");
    for forged in ["", "guess", &changed, &elsewhere, &unknown] {
        assert_eq!(
            set(&desk, forged, NEW).await.problem(),
            "CREDENTIALS_REFUSED",
            "{forged}"
        );
    }
    desk.clock.advance(Duration::from_secs(3_600));
    assert_eq!(
        set(&desk, &token, NEW).await.problem(),
        "CREDENTIALS_REFUSED",
        "it was over"
    );
    // Changing the password, or disabling the person, voids what is on its way.
    let token = link(&desk, &root_here, "u-asha").await;
    let change = json!({"current": PASSWORD, "new": NEW});
    let here = desk.session(&asha).await;
    assert_eq!(
        desk.call(&here, "POST", "/api/v1/me/password", change)
            .await
            .status,
        204
    );
    assert_eq!(
        set(&desk, &token, PASSWORD).await.problem(),
        "CREDENTIALS_REFUSED"
    );
    let token = link(&desk, &root_here, "u-asha").await;
    for disabled in [true, false] {
        let change = json!({"disabled": disabled});
        assert_eq!(
            desk.call(&root_here, "PATCH", "/api/v1/users/u-asha", change)
                .await
                .status,
            200
        );
    }
    assert_eq!(
        set(&desk, &token, PASSWORD).await.problem(),
        "CREDENTIALS_REFUSED"
    );
}

#[tokio::test]
async fn two_at_once_with_one_link_set_one_password() {
    let desk = Desk::open().await;
    let asha = desk.person("asha", Role::Trader).await;
    let state = &desk.state;
    let issued = reset::issue(
        &desk.db,
        &state.keyring,
        &state.config.org,
        &asha,
        desk.clock.now(),
    )
    .await;
    let (token, _) = issued.expect("issued");
    let both = futures_util::future::join(
        set(&desk, token.text(), NEW),
        set(&desk, token.text(), "five boats under the bridge"),
    );
    let (one, two) = both.await;
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 401]);
}

#[tokio::test]
async fn a_reset_keeps_the_second_factor_and_only_super_administrators_reset_administrators() {
    let desk = Desk::open().await;
    let root = desk.person("root", Role::SuperAdmin).await;
    let admin = desk.person("admin", Role::Admin).await;
    let asha = desk.person("asha", Role::Trader).await;
    enrol(&desk, &desk.session(&asha).await).await;
    let by = desk.session(&admin).await;
    let refused = desk
        .call(&by, "POST", "/api/v1/users/u-root/password-reset", Value::Null)
        .await;
    assert_eq!(refused.problem(), "FORBIDDEN");
    link(&desk, &desk.session(&root).await, "u-admin").await;
    let token = link(&desk, &by, "u-asha").await;
    assert_eq!(set(&desk, &token, NEW).await.status, 204);
    assert_eq!(sign_in(&desk, NEW).await.problem(), "SECOND_FACTOR_REQUIRED");
}

async fn ask(desk: &Desk, name: &str) -> Answer {
    let body = json!({"username": name});
    desk.call(&As::Nobody, "POST", "/api/v1/password-reset", body)
        .await
}

#[cfg(unix)]
#[tokio::test]
async fn whoever_asks_is_answered_alike_and_the_link_goes_the_configured_way() {
    let folder = tempfile::tempdir().expect("a folder");
    let letters = folder.path().join("letters");
    let script = format!("cat >> {0}; echo >> {0}", letters.display());
    let desk = Desk::with(|config| {
        config.rates.multiplier = 2;
        config.reset_command = ["/bin/sh", "-c", &script].map(str::to_owned).to_vec();
    })
    .await;
    desk.person("asha", Role::Trader).await;
    let unknown = ask(&desk, "nobody").await;
    let known = ask(&desk, "Asha").await;
    assert_eq!(
        (known.status, known.body.len()),
        (unknown.status, unknown.body.len())
    );
    assert_eq!(known.status, 202);
    drop(desk.state.deliveries.settled().await.expect("settled"));
    let read = || std::fs::read_to_string(&letters).unwrap_or_default();
    let letter: Value = serde_json::from_str(read().trim()).expect("one letter of JSON");
    assert_eq!(
        (&letter["username"], &letter["user_id"]),
        (&json!("asha"), &json!("u-asha"))
    );
    let rows = audit::list(&desk.db, 0, 10).await.expect("audit");
    let (_, asked) = rows
        .iter()
        .find(|(_, row)| row.action == "password.reset_request")
        .expect("noted");
    assert_eq!(
        (asked.actor.as_str(), asked.person.as_str()),
        ("anonymous", "u-asha"),
        "the address goes with the person"
    );
    let token = letter["fragment"]
        .as_str()
        .expect("text")
        .strip_prefix("#reset=")
        .expect("a token")
        .to_owned();
    assert_eq!(set(&desk, &token, NEW).await.status, 204);
    assert_eq!(sign_in(&desk, NEW).await.status, 200);
    // Three an hour of an address, here six: the rest is refused, whatever the name.
    for n in 0..4 {
        assert_eq!(ask(&desk, &format!("nobody-{n}")).await.status, 202);
    }
    let limited = ask(&desk, "asha").await;
    assert_eq!(
        (limited.status.as_u16(), limited.problem().as_str()),
        (429, "RATE_LIMITED")
    );
}

#[cfg(unix)]
#[tokio::test]
async fn one_name_is_sent_three_links_an_hour_from_wherever_they_are_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let letters = folder.path().join("letters");
    let script = format!("cat >> {0}; echo >> {0}", letters.display());
    let desk =
        Desk::with(|config| config.reset_command = ["/bin/sh", "-c", &script].map(str::to_owned).to_vec())
            .await;
    desk.person("asha", Role::Trader).await;
    for n in 1..=5_u8 {
        let body = json!({"username": "asha"});
        let mut request = desk.request(&As::Nobody, "POST", "/api/v1/password-reset", Some(&body));
        let peer = std::net::SocketAddr::from(([203, 0, 113, n], 1));
        request.extensions_mut().insert(axum::extract::ConnectInfo(peer));
        assert_eq!(desk.send(request).await.status, 202);
        drop(desk.state.deliveries.settled().await.expect("settled"));
    }
    let text = std::fs::read_to_string(&letters).expect("letters");
    assert_eq!(text.lines().filter(|line| !line.is_empty()).count(), 3);
}

#[tokio::test]
async fn without_a_command_nothing_is_made() {
    let desk = Desk::open().await;
    desk.person("asha", Role::Trader).await;
    assert_eq!(ask(&desk, "asha").await.status, 202);
    drop(desk.state.deliveries.settled().await.expect("settled"));
    assert!(audit::list(&desk.db, 0, 10).await.expect("audit").is_empty());
}
