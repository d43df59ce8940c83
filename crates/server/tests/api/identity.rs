//! Set-up, signing in, lockout, sessions, keys, CSRF, Host and Origin.

use std::time::Duration;

use axum::body::Body;
use http::{Request, StatusCode};
use serde_json::{Value, json};
use tradewind_server::identity::manage::{setup_token, sign_in_token};
use tradewind_wire::{MemberRole, Role, Scope};

use crate::desk::{As, Desk, PASSWORD, limit_buy, trading};

fn cookie(answer: &crate::desk::Answer) -> String {
    let header = answer.headers["set-cookie"].to_str().expect("text").to_owned();
    assert!(header.contains("HttpOnly; SameSite=Strict; Path=/"), "{header}");
    let value = header.split(';').next().expect("pair");
    value.strip_prefix("tw_session=").expect("our cookie").to_owned()
}

fn signed_in(answer: &crate::desk::Answer) -> As {
    As::Session {
        token: cookie(answer),
        csrf: answer.json()["csrf_token"].as_str().expect("token").to_owned(),
    }
}

#[tokio::test]
async fn the_first_administrator_is_made_once_with_the_printed_token() {
    let desk = Desk::open().await;
    assert_eq!(
        desk.get(&As::Nobody, "/api/v1/setup").await.json(),
        json!({"required": true, "demo": false})
    );
    let now = tradewind_types::Clock::now(&*desk.clock);
    let token = setup_token(&desk.db, &desk.state.config.org, now)
        .await
        .expect("token")
        .expect("nobody there");
    let body = |token: &str, password: &str| json!({"token": token, "username": "asha", "display_name": "Asha", "password": password});
    let wrong = desk
        .call(&As::Nobody, "POST", "/api/v1/setup", body("guess", PASSWORD))
        .await;
    assert_eq!(wrong.problem(), "CREDENTIALS_REFUSED");
    let weak = desk
        .call(
            &As::Nobody,
            "POST",
            "/api/v1/setup",
            body(token.text(), "password1234"),
        )
        .await;
    assert_eq!(weak.field(), "password:PASSWORD_BREACHED");
    let made = desk
        .call(&As::Nobody, "POST", "/api/v1/setup", body(token.text(), PASSWORD))
        .await;
    assert_eq!(
        made.status,
        StatusCode::CREATED,
        "{}",
        String::from_utf8_lossy(&made.body)
    );
    assert_eq!(made.json()["user"]["role"], "SUPER_ADMIN");
    let session = desk.get(&signed_in(&made), "/api/v1/session").await;
    assert_eq!(session.json()["user"]["username"], "asha");
    let again = desk
        .call(&As::Nobody, "POST", "/api/v1/setup", body(token.text(), PASSWORD))
        .await;
    assert_eq!(again.problem(), "SETUP_DONE");
    assert_eq!(
        desk.get(&As::Nobody, "/api/v1/setup").await.json()["required"],
        false
    );
}

#[tokio::test]
async fn a_password_signs_in_and_signing_out_ends_it() {
    let desk = Desk::open().await;
    desk.person("asha", Role::Trader).await;
    let login = |password: &str| json!({"username": "Asha", "password": password});
    let wrong = desk
        .call(&As::Nobody, "POST", "/api/v1/session", login("not this one"))
        .await;
    assert_eq!(wrong.problem(), "CREDENTIALS_REFUSED");
    let unknown = desk
        .call(
            &As::Nobody,
            "POST",
            "/api/v1/session",
            json!({"username": "nobody", "password": "x"}),
        )
        .await;
    assert_eq!(
        unknown.json()["detail"],
        wrong.json()["detail"],
        "the answer tells whether the name exists"
    );
    let answer = desk
        .call(&As::Nobody, "POST", "/api/v1/session", login(PASSWORD))
        .await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    let who = signed_in(&answer);
    assert_eq!(
        desk.get(&who, "/api/v1/session").await.json()["csrf_token"],
        answer.json()["csrf_token"]
    );
    let out = desk.call(&who, "DELETE", "/api/v1/session", Value::Null).await;
    assert_eq!(out.status, 204);
    assert!(
        out.headers["set-cookie"]
            .to_str()
            .expect("text")
            .contains("Max-Age=0")
    );
    assert_eq!(
        desk.get(&who, "/api/v1/session").await.problem(),
        "CREDENTIALS_REFUSED"
    );
}

#[tokio::test]
async fn a_new_sign_in_replaces_the_session_that_the_browser_had() {
    let desk = Desk::open().await;
    desk.person("asha", Role::Trader).await;
    let login = json!({"username": "asha", "password": PASSWORD});
    let first = signed_in(
        &desk
            .call(&As::Nobody, "POST", "/api/v1/session", login.clone())
            .await,
    );
    let second = signed_in(&desk.call(&first, "POST", "/api/v1/session", login).await);
    assert_eq!(desk.get(&first, "/api/v1/session").await.status, 401);
    assert_eq!(desk.get(&second, "/api/v1/session").await.status, 200);
}

#[tokio::test]
async fn five_failures_lock_the_name_and_the_address_for_fifteen_minutes() {
    let desk = Desk::open().await;
    desk.person("asha", Role::Trader).await;
    desk.person("bela", Role::Trader).await;
    let try_in = async |name: &str, password: &str| {
        desk.call(
            &As::Nobody,
            "POST",
            "/api/v1/session",
            json!({"username": name, "password": password}),
        )
        .await
    };
    for _ in 0..5 {
        assert_eq!(try_in("asha", "wrong").await.problem(), "CREDENTIALS_REFUSED");
    }
    let locked = try_in("asha", PASSWORD).await;
    assert_eq!(locked.problem(), "LOCKED_OUT");
    assert_eq!(locked.status, 429);
    assert_eq!(locked.headers["retry-after"], "900");
    assert_eq!(
        try_in("bela", PASSWORD).await.problem(),
        "LOCKED_OUT",
        "the address went on guessing at others"
    );
    desk.clock.advance(Duration::from_secs(901));
    assert_eq!(try_in("asha", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn guesses_that_are_sent_together_are_counted_one_by_one() {
    let desk = Desk::open().await;
    desk.person("asha", Role::Trader).await;
    // Each from an address of its own; the last one is right.
    let attempts = (1..=20_u8).map(|n| {
        let password = if n == 20 { PASSWORD } else { "wrong" };
        let body = json!({"username": "asha", "password": password});
        let mut request = desk.request(&As::Nobody, "POST", "/api/v1/session", Some(&body));
        let peer = std::net::SocketAddr::from(([203, 0, 113, n], 1));
        request.extensions_mut().insert(axum::extract::ConnectInfo(peer));
        desk.send(request)
    });
    let answers = futures_util::future::join_all(attempts).await;
    let codes: Vec<String> = answers.iter().map(crate::desk::Answer::problem).collect();
    let of = |code: &str| codes.iter().filter(|c| *c == code).count();
    assert_eq!(
        (of("CREDENTIALS_REFUSED"), of("LOCKED_OUT")),
        (5, 15),
        "{codes:?}"
    );
}

#[tokio::test]
async fn over_tls_the_cookie_is_of_this_host_alone() {
    let desk = Desk::with(|config| config.tls = true).await;
    desk.person("asha", Role::Trader).await;
    let login = json!({"username": "asha", "password": PASSWORD});
    let answer = desk.call(&As::Nobody, "POST", "/api/v1/session", login).await;
    let header = answer.headers["set-cookie"].to_str().expect("text").to_owned();
    assert!(header.starts_with("__Host-tw_session="), "{header}");
    assert!(header.ends_with("; Secure"), "{header}");
    let token = header.split(['=', ';']).nth(1).expect("a value");
    let with = |name: &str| {
        let mut request = desk.request(&As::Nobody, "GET", "/api/v1/session", None);
        let cookie = format!("{name}={token}").parse().expect("header");
        request.headers_mut().insert("cookie", cookie);
        request
    };
    assert_eq!(desk.send(with("__Host-tw_session")).await.status, 200);
    let tossed = desk.send(with("tw_session")).await;
    assert_eq!(tossed.problem(), "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_one_time_link_signs_in_once() {
    let desk = Desk::open().await;
    let asha = desk.person("asha", Role::Trader).await;
    let now = tradewind_types::Clock::now(&*desk.clock);
    let token = sign_in_token(&desk.db, &desk.state.config.org, &asha, now)
        .await
        .expect("token");
    let body = json!({"token": token.text()});
    let first = desk
        .call(&As::Nobody, "POST", "/api/v1/session/link", body.clone())
        .await;
    assert_eq!(first.status, 200);
    assert_eq!(
        desk.get(&signed_in(&first), "/api/v1/session").await.json()["user"]["username"],
        "asha"
    );
    let second = desk.call(&As::Nobody, "POST", "/api/v1/session/link", body).await;
    assert_eq!(second.problem(), "CREDENTIALS_REFUSED");
    let late = sign_in_token(&desk.db, &desk.state.config.org, &asha, now)
        .await
        .expect("token");
    desk.clock.advance(Duration::from_secs(16 * 60));
    let answer = desk
        .call(
            &As::Nobody,
            "POST",
            "/api/v1/session/link",
            json!({"token": late.text()}),
        )
        .await;
    assert_eq!(answer.problem(), "CREDENTIALS_REFUSED");
}

#[tokio::test]
async fn a_session_ends_when_idle_and_at_the_latest_after_its_absolute_time() {
    let desk = Desk::with(|config| {
        config.session_idle = Duration::from_secs(600);
        config.session_absolute = Duration::from_secs(1_500);
    })
    .await;
    desk.person("asha", Role::Trader).await;
    let login = json!({"username": "asha", "password": PASSWORD});
    let idle = signed_in(
        &desk
            .call(&As::Nobody, "POST", "/api/v1/session", login.clone())
            .await,
    );
    let busy = signed_in(&desk.call(&As::Nobody, "POST", "/api/v1/session", login).await);
    for minutes in [5_u64, 5, 5, 5] {
        desk.clock.advance(Duration::from_secs(minutes * 60));
        assert_eq!(desk.get(&busy, "/api/v1/session").await.status, 200);
    }
    assert_eq!(
        desk.get(&idle, "/api/v1/session").await.problem(),
        "CREDENTIALS_REFUSED"
    );
    desk.clock.advance(Duration::from_secs(301));
    assert_eq!(
        desk.get(&busy, "/api/v1/session").await.problem(),
        "CREDENTIALS_REFUSED"
    );
}

#[tokio::test]
async fn unsafe_requests_of_a_session_need_its_csrf_token() {
    let desk = Desk::open().await;
    let (who, account) = trading(&desk).await;
    let As::Session { token, .. } = &who else {
        panic!("a session")
    };
    let path = format!("/api/v1/accounts/{account}/orders");
    for csrf in ["", "guess"] {
        let forged = As::Session {
            token: token.clone(),
            csrf: csrf.to_owned(),
        };
        let answer = desk
            .call(&forged, "POST", &path, limit_buy("o1", "0.1", "99"))
            .await;
        assert_eq!(answer.problem(), "CSRF_REFUSED");
        assert_eq!(
            desk.get(&forged, &path).await.status,
            200,
            "reading needs no token"
        );
    }
    assert_eq!(
        desk.call(&who, "POST", &path, limit_buy("o1", "0.1", "99"))
            .await
            .status,
        201
    );
}

#[tokio::test]
async fn requests_for_other_hosts_and_from_other_origins_are_refused() {
    let desk = Desk::open().await;
    let (who, account) = trading(&desk).await;
    let path = format!("/api/v1/accounts/{account}/orders");
    let order = limit_buy("o1", "0.1", "99");
    let with = |name: &'static str, value: &'static str| {
        let mut request = desk.request(&who, "POST", &path, Some(&order));
        request.headers_mut().insert(name, value.parse().expect("header"));
        request
    };
    let rebound = desk.send(with("host", "evil.example")).await;
    assert_eq!(
        (rebound.status.as_u16(), rebound.problem().as_str()),
        (421, "HOST_REFUSED")
    );
    for origin in ["https://evil.example", "http://localhost:9999", "null"] {
        let answer = desk.send(with("origin", origin)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (403, "ORIGIN_REFUSED"),
            "{origin}"
        );
    }
    let own = desk.send(with("origin", "http://localhost:8080")).await;
    assert_eq!(own.status, 201, "{}", String::from_utf8_lossy(&own.body));
    let nameless = Request::builder()
        .uri("/api/v1/setup")
        .body(Body::empty())
        .expect("request");
    assert_eq!(desk.send(nameless).await.problem(), "HOST_REFUSED");
}

#[tokio::test]
async fn a_key_is_shown_once_works_within_its_scopes_and_accounts_and_can_be_revoked() {
    let desk = Desk::open().await;
    let asha = desk.person("asha", Role::Trader).await;
    desk.account("a-one", &[(&asha, MemberRole::Owner)]).await;
    desk.account("a-two", &[(&asha, MemberRole::Owner)]).await;
    let who = desk.session(&asha).await;
    let new = json!({"name": "notebook", "scopes": ["READ"], "accounts": ["a-one"]});
    let made = desk.call(&who, "POST", "/api/v1/keys", new).await;
    assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.body));
    let (key, id) = (
        made.json()["key"].as_str().expect("key").to_owned(),
        made.json()["id"].clone(),
    );
    assert!(key.starts_with("twk_"), "{key}");
    let listed = desk.get(&who, "/api/v1/keys").await;
    assert!(
        !String::from_utf8_lossy(&listed.body).contains(&key),
        "the secret was shown again"
    );
    let program = As::Key(key.clone());
    assert_eq!(desk.get(&program, "/api/v1/accounts/a-one").await.status, 200);
    assert_eq!(
        desk.get(&program, "/api/v1/accounts/a-two").await.problem(),
        "ACCOUNT_UNKNOWN"
    );
    let order = desk
        .call(
            &program,
            "POST",
            "/api/v1/accounts/a-one/orders",
            limit_buy("o", "1", "1"),
        )
        .await;
    assert_eq!(order.problem(), "FORBIDDEN");
    assert_eq!(
        desk.get(&As::Key(format!("{key}x")), "/api/v1/accounts")
            .await
            .problem(),
        "CREDENTIALS_REFUSED"
    );
    let path = format!("/api/v1/keys/{}", id.as_str().expect("id"));
    assert_eq!(desk.call(&who, "DELETE", &path, Value::Null).await.status, 204);
    assert_eq!(
        desk.get(&program, "/api/v1/accounts").await.problem(),
        "CREDENTIALS_REFUSED"
    );
    assert_eq!(
        desk.call(&who, "DELETE", &path, Value::Null).await.problem(),
        "KEY_UNKNOWN"
    );
}

#[tokio::test]
async fn a_key_for_an_account_of_someone_else_cannot_be_made() {
    let desk = Desk::open().await;
    let asha = desk.person("asha", Role::Trader).await;
    let bela = desk.person("bela", Role::Trader).await;
    desk.account("a-bela", &[(&bela, MemberRole::Owner)]).await;
    let who = desk.session(&asha).await;
    let new = json!({"name": "n", "scopes": ["READ"], "accounts": ["a-bela"]});
    assert_eq!(
        desk.call(&who, "POST", "/api/v1/keys", new).await.field(),
        "accounts[0]:UNKNOWN_ACCOUNT"
    );
}

#[tokio::test]
async fn disabling_a_person_ends_their_sessions_and_keys_at_once() {
    let desk = Desk::open().await;
    let root = desk.person("root", Role::SuperAdmin).await;
    let asha = desk.person("asha", Role::Trader).await;
    let (boss, who) = (desk.session(&root).await, desk.session(&asha).await);
    let program = desk.key(&asha, &[Scope::Read], None).await;
    assert_eq!(desk.get(&who, "/api/v1/session").await.status, 200);
    assert_eq!(desk.get(&program, "/api/v1/session").await.status, 200);
    let changed = desk
        .call(&boss, "PATCH", "/api/v1/users/u-asha", json!({"disabled": true}))
        .await;
    assert_eq!(changed.json()["disabled"], true);
    assert_eq!(desk.get(&who, "/api/v1/session").await.status, 401);
    assert_eq!(desk.get(&program, "/api/v1/session").await.status, 401);
    let back = desk
        .call(&boss, "PATCH", "/api/v1/users/u-asha", json!({"disabled": false}))
        .await;
    assert_eq!(back.json()["disabled"], false);
    for old in [&who, &program] {
        let answer = desk.get(old, "/api/v1/session").await;
        assert_eq!(answer.problem(), "CREDENTIALS_REFUSED", "it came back to life");
    }
    assert_eq!(
        desk.get(&desk.session(&asha).await, "/api/v1/session")
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn administrators_make_people_but_no_administrators_and_the_last_super_administrator_stays() {
    let desk = Desk::open().await;
    let root = desk.person("root", Role::SuperAdmin).await;
    let admin = desk.person("admin", Role::Admin).await;
    let (boss, helper) = (desk.session(&root).await, desk.session(&admin).await);
    let person = |name: &str, role: &str| json!({"username": name, "display_name": name, "password": PASSWORD, "role": role});
    assert_eq!(
        desk.call(&helper, "POST", "/api/v1/users", person("cara", "TRADER"))
            .await
            .status,
        201
    );
    assert_eq!(
        desk.call(&helper, "POST", "/api/v1/users", person("Cara", "VIEWER"))
            .await
            .problem(),
        "USERNAME_TAKEN"
    );
    assert_eq!(
        desk.call(&helper, "POST", "/api/v1/users", person("dora", "ADMIN"))
            .await
            .problem(),
        "FORBIDDEN"
    );
    let promote = desk
        .call(
            &helper,
            "PATCH",
            "/api/v1/users/u-admin",
            json!({"role": "SUPER_ADMIN"}),
        )
        .await;
    assert_eq!(promote.problem(), "FORBIDDEN");
    let last = desk
        .call(&boss, "PATCH", "/api/v1/users/u-root", json!({"disabled": true}))
        .await;
    assert_eq!(last.problem(), "LAST_ADMINISTRATOR");
    let users = desk.get(&boss, "/api/v1/users?limit=2").await.json();
    assert_eq!(users["items"].as_array().map(Vec::len), Some(2));
    let cursor = users["next_cursor"].as_str().expect("more");
    let rest = desk
        .get(&boss, &format!("/api/v1/users?limit=2&cursor={cursor}"))
        .await
        .json();
    assert_eq!(
        (rest["items"].as_array().map(Vec::len), &rest["next_cursor"]),
        (Some(1), &Value::Null)
    );
}

#[tokio::test]
async fn a_changed_password_ends_the_other_sessions() {
    let desk = Desk::open().await;
    let asha = desk.person("asha", Role::Trader).await;
    let (here, there) = (desk.session(&asha).await, desk.session(&asha).await);
    let change = |current: &str, new: &str| json!({"current": current, "new": new});
    let wrong = desk
        .call(
            &here,
            "POST",
            "/api/v1/me/password",
            change("guess", "a fresh and long one"),
        )
        .await;
    assert_eq!(wrong.field(), "current:WRONG_PASSWORD");
    let noted = tradewind_store::identity::audit::list(&desk.db, 0, 10).await;
    let noted = noted.expect("audit").pop().expect("a row").1;
    let what = (
        noted.actor.as_str(),
        noted.action.as_str(),
        noted.outcome.as_str(),
    );
    assert_eq!(what, ("u-asha", "password.change", "WRONG_PASSWORD"));
    let weak = desk
        .call(&here, "POST", "/api/v1/me/password", change(PASSWORD, "short"))
        .await;
    assert_eq!(weak.field(), "new:PASSWORD_TOO_SHORT");
    let done = desk
        .call(
            &here,
            "POST",
            "/api/v1/me/password",
            change(PASSWORD, "a fresh and long one"),
        )
        .await;
    assert_eq!(done.status, 204, "{}", String::from_utf8_lossy(&done.body));
    assert_eq!(desk.get(&there, "/api/v1/session").await.status, 401);
    assert_eq!(
        desk.get(&here, "/api/v1/sessions").await.json()["items"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}

#[tokio::test]
async fn memberships_take_effect_at_once_and_the_last_owner_stays() {
    let desk = Desk::open().await;
    let asha = desk.person("asha", Role::Trader).await;
    let bela = desk.person("bela", Role::Trader).await;
    desk.account("a-asha", &[(&asha, MemberRole::Owner)]).await;
    let (owner, other) = (desk.session(&asha).await, desk.session(&bela).await);
    let member = "/api/v1/accounts/a-asha/members/u-bela";
    assert_eq!(desk.get(&other, "/api/v1/accounts/a-asha").await.status, 404);
    assert_eq!(
        desk.call(&owner, "PUT", member, json!({"role": "VIEWER"}))
            .await
            .status,
        200
    );
    assert_eq!(
        desk.get(&other, "/api/v1/accounts/a-asha").await.json()["role"],
        "VIEWER"
    );
    let order = desk
        .call(
            &other,
            "POST",
            "/api/v1/accounts/a-asha/orders",
            limit_buy("o", "1", "1"),
        )
        .await;
    assert_eq!(order.problem(), "FORBIDDEN");
    assert_eq!(desk.call(&owner, "DELETE", member, Value::Null).await.status, 204);
    assert_eq!(desk.get(&other, "/api/v1/accounts/a-asha").await.status, 404);
    let own = "/api/v1/accounts/a-asha/members/u-asha";
    assert_eq!(
        desk.call(&owner, "PUT", own, json!({"role": "VIEWER"}))
            .await
            .problem(),
        "LAST_OWNER"
    );
    assert_eq!(
        desk.call(&owner, "DELETE", own, Value::Null).await.problem(),
        "LAST_OWNER"
    );
    let ghost = desk
        .call(
            &owner,
            "PUT",
            "/api/v1/accounts/a-asha/members/u-ghost",
            json!({"role": "VIEWER"}),
        )
        .await;
    assert_eq!(ghost.problem(), "MEMBER_UNKNOWN");
}

#[tokio::test]
async fn what_people_do_to_identity_is_in_the_audit_log_with_the_request_id() {
    let desk = Desk::open().await;
    let asha = desk.person("asha", Role::Trader).await;
    let who = desk.session(&asha).await;
    let mut request = desk.request(
        &who,
        "POST",
        "/api/v1/keys",
        Some(&json!({"name": "n", "scopes": ["READ"]})),
    );
    request
        .headers_mut()
        .insert("x-request-id", "my-id-1".parse().expect("header"));
    let answer = desk.send(request).await;
    assert_eq!(answer.headers["x-request-id"], "my-id-1");
    let rows = tradewind_store::identity::audit::list(&desk.db, 0, 10)
        .await
        .expect("audit");
    let (_, row) = rows.last().expect("a row");
    let text = (
        row.actor.as_str(),
        row.action.as_str(),
        row.outcome.as_str(),
        row.correlation_id.as_str(),
    );
    assert_eq!(text, ("u-asha", "key.create", "OK", "my-id-1"));
}
