//! Access and refresh tokens: signing in a program, turning, reuse, ends, forgeries, rotation of the signing key.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde_json::{Value, json};
use tradewind_server::identity::jwt::{Claims, Realm, Signer, verify};
use tradewind_server::identity::{Credential, rotate_signing_key};
use tradewind_store::identity::{audit, signing_keys};
use tradewind_types::{Clock as _, UnixNanos};
use tradewind_wire::Role;

use crate::desk::{Answer, As, Desk, PASSWORD};
use crate::second_factor::enrol;

struct Program {
    access: As,
    refresh: String,
}

fn program(answer: &Answer) -> Program {
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    let told = answer.json();
    assert_eq!(
        (&told["token_type"], &told["expires_in"]),
        (&json!("Bearer"), &json!(900))
    );
    let text = |field: &str| told[field].as_str().expect(field).to_owned();
    Program {
        access: As::Key(text("access_token")),
        refresh: text("refresh_token"),
    }
}

async fn open(desk: &Desk, name: &str) -> Program {
    let body = json!({"username": name, "password": PASSWORD});
    program(&desk.call(&As::Nobody, "POST", "/api/v1/tokens", body).await)
}

async fn refresh(desk: &Desk, token: &str) -> Answer {
    let body = json!({"refresh_token": token});
    desk.call(&As::Nobody, "POST", "/api/v1/tokens/refresh", body)
        .await
}

fn jwt(access: &As) -> String {
    match access {
        As::Key(text) => text.clone(),
        other => panic!("{other:?} is no token"),
    }
}

async fn status(desk: &Desk, who: &As) -> u16 {
    desk.get(who, "/api/v1/session").await.status.as_u16()
}

#[tokio::test]
async fn a_program_signs_in_and_its_token_is_taken_until_it_ends() {
    let desk = Desk::open().await;
    desk.person("asha", Role::Trader).await;
    let wrong = json!({"username": "asha", "password": "not this one"});
    let wrong = desk.call(&As::Nobody, "POST", "/api/v1/tokens", wrong).await;
    assert_eq!(wrong.problem(), "CREDENTIALS_REFUSED");
    let program = open(&desk, "asha").await;
    let who = desk.get(&program.access, "/api/v1/session").await.json();
    assert_eq!(
        (&who["user"]["username"], &who["csrf_token"]),
        (&json!("asha"), &json!(""))
    );
    // It is the person: no scopes, and no CSRF token, since no browser sends it by itself.
    let key = json!({"name": "by a token", "scopes": ["READ"]});
    assert_eq!(
        desk.call(&program.access, "POST", "/api/v1/keys", key)
            .await
            .status,
        201
    );
    let listed = desk.get(&program.access, "/api/v1/sessions").await.json();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&listed["items"][0]["kind"], &listed["items"][0]["current"]),
        (&json!("TOKEN"), &json!(true))
    );

    // Anybody can verify it with what is published, and nothing in it is a secret or a name.
    let published = desk.get(&As::Nobody, "/.well-known/jwks.json").await.json();
    let keys = published["keys"].as_array().expect("keys");
    assert_eq!(keys.len(), 1);
    assert_eq!(
        (&keys[0]["kty"], &keys[0]["crv"], &keys[0]["alg"], &keys[0]["use"]),
        (&json!("OKP"), &json!("Ed25519"), &json!("EdDSA"), &json!("sig"))
    );
    let public = BASE64.decode(keys[0]["x"].as_str().expect("x")).expect("base64");
    let realm = Realm {
        issuer: "tradewind".to_owned(),
        audience: "tradewind/api/v1".to_owned(),
    };
    let token = jwt(&program.access);
    let claims = verify(&token, &public, &realm, desk.clock.now()).expect("verifies");
    assert_eq!((claims.sub.as_str(), claims.exp - claims.iat), ("u-asha", 900));
    let header: Value = serde_json::from_slice(
        &BASE64
            .decode(token.split('.').next().expect("a part"))
            .expect("base64"),
    )
    .expect("json");
    assert_eq!(header["kid"], keys[0]["kid"]);

    desk.clock.advance(Duration::from_secs(899));
    assert_eq!(status(&desk, &program.access).await, 200);
    desk.clock.advance(Duration::from_secs(1));
    assert_eq!(
        desk.get(&program.access, "/api/v1/session").await.problem(),
        "CREDENTIALS_REFUSED"
    );
}

#[tokio::test]
async fn a_refresh_token_works_once_and_a_second_time_ends_its_family() {
    let desk = Desk::open().await;
    desk.person("asha", Role::Trader).await;
    let other = open(&desk, "asha").await;
    let first = open(&desk, "asha").await;
    let second = program(&refresh(&desk, &first.refresh).await);
    assert_eq!(
        status(&desk, &first.access).await,
        200,
        "an access token holds until its end"
    );
    let third = program(&refresh(&desk, &second.refresh).await);
    assert_eq!(
        refresh(&desk, &first.refresh).await.problem(),
        "CREDENTIALS_REFUSED"
    );
    for access in [&first.access, &second.access, &third.access] {
        assert_eq!(status(&desk, access).await, 401, "the family went on");
    }
    assert_eq!(
        refresh(&desk, &third.refresh).await.problem(),
        "CREDENTIALS_REFUSED"
    );
    assert_eq!(status(&desk, &other.access).await, 200, "another family ended");
    assert_eq!(
        refresh(&desk, "twr_no-such-token").await.problem(),
        "CREDENTIALS_REFUSED"
    );
    let rows = audit::list(&desk.db, 0, 100).await.expect("audit");
    let actions = rows.iter().map(|(_, row)| row.action.as_str());
    let noted: Vec<_> = actions.filter(|action| action.starts_with("token.")).collect();
    assert_eq!(noted, ["token.open", "token.open", "token.reuse"]);
    // A family ends after a week, however often it is refreshed.
    desk.clock.advance(Duration::from_secs(6 * 86_400));
    let last = program(&refresh(&desk, &other.refresh).await);
    desk.clock.advance(Duration::from_secs(86_400));
    assert_eq!(
        refresh(&desk, &last.refresh).await.problem(),
        "CREDENTIALS_REFUSED"
    );
}

#[tokio::test]
async fn of_two_that_show_one_refresh_token_at_once_one_is_the_second() {
    let desk = Desk::open().await;
    desk.person("asha", Role::Trader).await;
    let first = open(&desk, "asha").await;
    let both = futures_util::future::join(refresh(&desk, &first.refresh), refresh(&desk, &first.refresh));
    let (one, two) = both.await;
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
    let won = if one.status == 200 { one } else { two };
    assert_eq!(
        status(&desk, &program(&won).access).await,
        401,
        "the family went on"
    );
}

#[tokio::test]
async fn what_ends_a_session_ends_tokens_at_once() {
    let desk = Desk::open().await;
    let root = desk.person("root", Role::SuperAdmin).await;
    let asha = desk.person("asha", Role::Trader).await;
    let root_here = desk.session(&root).await;
    let asha_here = desk.session(&asha).await;
    let opened = async || {
        let program = open(&desk, "asha").await;
        assert_eq!(status(&desk, &program.access).await, 200);
        program
    };
    let ended = async |program: &Program, why: &str| {
        assert_eq!(status(&desk, &program.access).await, 401, "{why}");
        assert_eq!(
            refresh(&desk, &program.refresh).await.problem(),
            "CREDENTIALS_REFUSED",
            "{why}"
        );
    };

    let one = opened().await;
    let list = desk.get(&asha_here, "/api/v1/sessions").await.json();
    let family = list["items"]
        .as_array()
        .expect("items")
        .iter()
        .find(|item| item["kind"] == "TOKEN")
        .expect("listed");
    let path = format!("/api/v1/sessions/{}", family["id"].as_str().expect("id"));
    assert_eq!(
        desk.call(&root_here, "DELETE", &path, Value::Null)
            .await
            .problem(),
        "SESSION_UNKNOWN"
    );
    assert_eq!(
        desk.call(&asha_here, "DELETE", &path, Value::Null).await.status,
        204
    );
    ended(&one, "revoked in the list").await;

    let one = opened().await;
    let body = json!({"refresh_token": one.refresh});
    assert_eq!(
        desk.call(&As::Nobody, "DELETE", "/api/v1/tokens", body.clone())
            .await
            .status,
        204
    );
    assert_eq!(
        desk.call(&As::Nobody, "DELETE", "/api/v1/tokens", body)
            .await
            .status,
        204
    );
    ended(&one, "signed out").await;

    let one = opened().await;
    assert_eq!(
        desk.call(&one.access, "DELETE", "/api/v1/session", Value::Null)
            .await
            .status,
        204
    );
    ended(&one, "signed out by the access token").await;

    let (keeps, goes) = (opened().await, opened().await);
    let change = json!({"current": PASSWORD, "new": "four boats under the bridge"});
    assert_eq!(
        desk.call(&keeps.access, "POST", "/api/v1/me/password", change)
            .await
            .status,
        204
    );
    ended(&goes, "the password was changed").await;
    assert_eq!(
        status(&desk, &keeps.access).await,
        200,
        "the one that changed it ended"
    );
    let disable = json!({"disabled": true});
    assert_eq!(
        desk.call(&root_here, "PATCH", "/api/v1/users/u-asha", disable)
            .await
            .status,
        200
    );
    ended(&keeps, "the person was disabled").await;
}

#[tokio::test]
async fn open_sockets_of_a_token_are_checked_like_requests_and_end_with_it() {
    let desk = Desk::open().await;
    let root = desk.person("root", Role::SuperAdmin).await;
    let asha = desk.person("asha", Role::Analyst).await;
    let find = async |program: &Program| {
        let credential = Credential::bearer(&jwt(&program.access));
        desk.state
            .identities
            .find(&credential, None)
            .await
            .expect("read")
            .expect("known")
    };
    let recheck = async |caller| desk.state.identities.recheck(caller).await.expect("read");
    let one = open(&desk, "asha").await;
    let caller = find(&one).await;
    assert!(recheck(&caller).await.is_some());
    // A new role counts at once, for requests and for sockets: the token says nothing of roles.
    let made = desk
        .call(&one.access, "POST", "/api/v1/accounts", json!({}))
        .await;
    assert_eq!(made.problem(), "FORBIDDEN");
    let change = json!({"role": "TRADER"});
    let root_here = desk.session(&root).await;
    assert_eq!(
        desk.call(&root_here, "PATCH", "/api/v1/users/u-asha", change)
            .await
            .status,
        200
    );
    assert_eq!(recheck(&caller).await.expect("there").role, Role::Trader);
    let made = desk
        .call(&one.access, "POST", "/api/v1/accounts", json!({}))
        .await;
    assert_eq!(made.problem(), "VALIDATION");
    desk.clock.advance(Duration::from_secs(900));
    assert!(recheck(&caller).await.is_none(), "the socket outlived its token");
    let two = program(&refresh(&desk, &one.refresh).await);
    let caller = find(&two).await;
    assert!(recheck(&caller).await.is_some());
    let all = desk
        .get(&desk.session(&asha).await, "/api/v1/sessions")
        .await
        .json();
    let family = all["items"]
        .as_array()
        .expect("items")
        .iter()
        .find(|item| item["kind"] == "TOKEN")
        .expect("listed");
    let path = format!("/api/v1/sessions/{}", family["id"].as_str().expect("id"));
    assert_eq!(
        desk.call(&desk.session(&asha).await, "DELETE", &path, Value::Null)
            .await
            .status,
        204
    );
    assert!(recheck(&caller).await.is_none(), "the socket outlived its family");
}

#[tokio::test]
async fn forged_tokens_sign_nobody_in() {
    let desk = Desk::open().await;
    desk.person("asha", Role::Trader).await;
    let real = open(&desk, "asha").await;
    let token = jwt(&real.access);
    let parts: Vec<&str> = token.split('.').collect();
    let (header, payload, signature) = (parts[0], parts[1], parts[2]);
    let read = |part: &str| -> Value {
        serde_json::from_slice(&BASE64.decode(part).expect("base64")).expect("json")
    };
    let write = |value: &Value| BASE64.encode(value.to_string());
    let kid = read(header)["kid"].clone();
    let claims: Claims = serde_json::from_value(read(payload)).expect("claims");
    let stranger = Signer::of(&[7; 32]).expect("a seed");
    let mut more = read(payload);
    more["sub"] = json!("u-root");
    let own = desk.clock.now().0 / 1_000_000_000;
    let mut forged = vec![
        format!(
            "{}.{payload}.",
            write(&json!({"alg": "none", "typ": "at+jwt", "kid": kid}))
        ),
        format!(
            "{}.{payload}.{signature}",
            write(&json!({"alg": "none", "typ": "at+jwt", "kid": kid}))
        ),
        format!(
            "{}.{payload}.{signature}",
            write(&json!({"alg": "HS256", "typ": "at+jwt", "kid": kid}))
        ),
        format!("{header}.{}.{signature}", write(&more)),
        format!("{header}.{payload}"),
        format!("{header}.{payload}.{signature}.x"),
        stranger.sign(&claims),
    ];
    // Signed by the right key, which somebody would have to have: the claims are looked at all the same.
    let stored = signing_keys::since(&desk.db, &desk.state.config.org, UnixNanos(0))
        .await
        .expect("read");
    let seed = desk
        .state
        .keyring
        .open(&format!("signing-key/{}", stored[0].kid), &stored[0].sealed)
        .expect("opens");
    let signer = Signer::of(&seed).expect("a seed");
    let variants = [
        Claims {
            iss: "somebody".to_owned(),
            ..claims.clone()
        },
        Claims {
            aud: "another".to_owned(),
            ..claims.clone()
        },
        Claims {
            exp: own,
            ..claims.clone()
        },
        Claims {
            iat: own + 3_600,
            exp: own + 7_200,
            ..claims.clone()
        },
        Claims {
            sub: "u-nobody".to_owned(),
            ..claims.clone()
        },
        Claims {
            sid: "f0000000000000000".to_owned(),
            ..claims.clone()
        },
        Claims {
            sub: "no id at all!".to_owned(),
            ..claims.clone()
        },
    ];
    forged.extend(variants.iter().map(|claims| signer.sign(claims)));
    for text in forged {
        let answer = desk.get(&As::Key(text.clone()), "/api/v1/session").await;
        assert_eq!(answer.problem(), "CREDENTIALS_REFUSED", "{text}");
    }
    assert_eq!(
        desk.get(&As::Key(signer.sign(&claims)), "/api/v1/session")
            .await
            .status,
        200
    );
    // Sealed in the database: nobody reads the seed out of it.
    assert!(stored[0].sealed.starts_with("s1."));
}

#[tokio::test]
async fn after_a_rotation_the_new_key_signs_and_the_old_one_verifies_until_its_tokens_have_ended() {
    let desk = Desk::open().await;
    desk.person("asha", Role::Trader).await;
    let org = desk.state.config.org.clone();
    let old = open(&desk, "asha").await;
    let kids = async || {
        let published = desk.get(&As::Nobody, "/.well-known/jwks.json").await.json();
        let kid = |key: &Value| key["kid"].as_str().expect("kid").to_owned();
        published["keys"]
            .as_array()
            .expect("keys")
            .iter()
            .map(kid)
            .collect::<Vec<_>>()
    };
    let before = kids().await;
    let fresh = rotate_signing_key(&desk.db, &desk.state.keyring, &org, desk.clock.now())
        .await
        .expect("rotated");
    // The running program notices by itself, half a minute later at the latest.
    desk.clock.advance(Duration::from_secs(30));
    assert_eq!(kids().await, [fresh.clone(), before[0].clone()]);
    assert_eq!(status(&desk, &old.access).await, 200);
    let new = open(&desk, "asha").await;
    let kid = tradewind_server::identity::jwt::kid_of(&jwt(&new.access)).expect("a token");
    assert_eq!(kid, fresh);
    assert_eq!(status(&desk, &new.access).await, 200);
    desk.clock.advance(Duration::from_secs(869));
    assert_eq!(status(&desk, &old.access).await, 200, "its end had not come");
    desk.clock.advance(Duration::from_secs(120));
    assert_eq!(status(&desk, &old.access).await, 401);
    assert_eq!(kids().await, [fresh], "the old key is still published");
}

#[tokio::test]
async fn a_program_is_asked_for_the_second_factor_too() {
    let desk = Desk::open().await;
    let asha = desk.person("asha", Role::Trader).await;
    let (app, _) = enrol(&desk, &desk.session(&asha).await).await;
    let with = |code: Option<String>| json!({"username": "asha", "password": PASSWORD, "code": code});
    let tokens = async |body| desk.call(&As::Nobody, "POST", "/api/v1/tokens", body).await;
    assert_eq!(tokens(with(None)).await.problem(), "SECOND_FACTOR_REQUIRED");
    assert_eq!(
        tokens(with(Some("AAAA".to_owned()))).await.problem(),
        "SECOND_FACTOR_WRONG"
    );
    program(&tokens(with(Some(app.code(&desk)))).await);
}

#[tokio::test]
async fn a_program_that_signs_out_is_noted_in_the_log_of_its_organisation() {
    let desk = Desk::open().await;
    let tenant = desk.organisation("rival").await;
    desk.person_of(&tenant, "bela", Role::Trader).await;
    let one = open(&desk, "bela").await;
    let body = json!({"refresh_token": one.refresh});
    let ended = desk.call(&As::Nobody, "DELETE", "/api/v1/tokens", body).await;
    assert_eq!(ended.status, 204);
    let rows = audit::list(&desk.db, 0, 10).await.expect("audit");
    let ends: Vec<_> = rows.iter().filter(|(_, row)| row.action == "token.end").collect();
    assert_eq!(ends.len(), 1);
    assert_eq!(ends[0].1.org, tenant);
}
