//! The second factor: enrolling, signing in with it, taking it away, and roles that have to have one.

use std::time::Duration;

use data_encoding::BASE32_NOPAD;
use serde_json::{Value, json};
use tradewind_server::identity::factor::totp::{Seed, step_at};
use tradewind_server::identity::manage::sign_in_token;
use tradewind_server::identity::rotate_signing_key;
use tradewind_server::secrets::{Keyring, RootKey, reseal_all, usage};
use tradewind_store::identity::{audit, factors, users};
use tradewind_types::Clock as _;
use tradewind_wire::Role;

use crate::access::ALL_SCOPES;
use crate::desk::{As, Desk, PASSWORD};

const STEP: Duration = Duration::from_secs(30);

/// A person's app.
pub(crate) struct AppOf(Seed);

impl AppOf {
    pub(crate) fn code(&self, desk: &Desk) -> String {
        self.0.code(step_at(desk.clock.now()))
    }
}

pub(crate) async fn begin(desk: &Desk, who: &As) -> AppOf {
    let answer = desk
        .call(who, "POST", "/api/v1/me/mfa/totp", json!({"password": PASSWORD}))
        .await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    let told = answer.json();
    let secret = told["secret"].as_str().expect("secret").to_owned();
    let uri = told["uri"].as_str().expect("uri");
    assert!(
        uri.starts_with("otpauth://totp/Tradewind:") && uri.contains(&secret),
        "{uri}"
    );
    assert!(told["qr"]["path"].as_str().expect("path").starts_with('M'));
    assert!(told["qr"]["size"].as_u64().expect("size") > 20);
    let bytes = BASE32_NOPAD.decode(secret.as_bytes()).expect("base32");
    AppOf(Seed::of(bytes.into()))
}

/// Enrols; the code that confirmed is used up, so time goes on by a step.
pub(crate) async fn enrol(desk: &Desk, who: &As) -> (AppOf, Vec<String>) {
    let app = begin(desk, who).await;
    let code = json!({"code": app.code(desk)});
    let answer = desk.call(who, "POST", "/api/v1/me/mfa/totp/confirm", code).await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    let codes = answer.json()["backup_codes"].clone();
    desk.clock.advance(STEP);
    (app, serde_json::from_value(codes).expect("codes"))
}

async fn sign_in(desk: &Desk, name: &str, code: Option<&str>) -> crate::desk::Answer {
    let body = json!({"username": name, "password": PASSWORD, "code": code});
    desk.call(&As::Nobody, "POST", "/api/v1/session", body).await
}

#[tokio::test]
async fn signing_in_asks_for_a_code_once_an_app_is_confirmed_and_takes_none_twice() {
    let desk = Desk::open().await;
    let asha = desk.person("asha", Role::Trader).await;
    let (here, elsewhere) = (desk.session(&asha).await, desk.session(&asha).await);
    let off = json!({"enabled": false, "enabled_at": null, "backup_codes_left": 0, "required": false});
    assert_eq!(desk.get(&here, "/api/v1/me/mfa").await.json(), off);
    let wrong = desk
        .call(
            &here,
            "POST",
            "/api/v1/me/mfa/totp",
            json!({"password": "not this one"}),
        )
        .await;
    assert_eq!(wrong.field(), "password:WRONG_PASSWORD");
    let nothing = desk
        .call(
            &here,
            "POST",
            "/api/v1/me/mfa/totp/confirm",
            json!({"code": "123456"}),
        )
        .await;
    assert_eq!(nothing.problem(), "SECOND_FACTOR_NOT_PENDING");
    // What is begun and not confirmed is asked of nobody, and is replaced by beginning again.
    let first = begin(&desk, &here).await;
    assert_eq!(sign_in(&desk, "asha", None).await.status, 200);
    let (app, codes) = enrol(&desk, &here).await;
    assert_ne!(first.code(&desk), app.code(&desk));
    assert_eq!(codes.len(), 10);
    assert_eq!(desk.get(&here, "/api/v1/session").await.status, 200);
    assert_eq!(
        desk.get(&elsewhere, "/api/v1/session").await.status,
        401,
        "it went on"
    );
    let on = desk.get(&here, "/api/v1/me/mfa").await.json();
    assert_eq!(
        (&on["enabled"], &on["backup_codes_left"]),
        (&json!(true), &json!(10))
    );
    let again = desk
        .call(
            &here,
            "POST",
            "/api/v1/me/mfa/totp",
            json!({"password": PASSWORD}),
        )
        .await;
    assert_eq!(again.problem(), "SECOND_FACTOR_ENABLED");

    let asked = sign_in(&desk, "asha", None).await;
    assert_eq!(
        (asked.status.as_u16(), asked.problem().as_str()),
        (401, "SECOND_FACTOR_REQUIRED")
    );
    assert!(!asked.headers.contains_key("set-cookie"));
    let used = app.0.code(step_at(desk.clock.now()) - 1);
    assert_eq!(
        sign_in(&desk, "asha", Some(&used)).await.problem(),
        "SECOND_FACTOR_WRONG",
        "it had confirmed"
    );
    let code = app.code(&desk);
    assert_eq!(sign_in(&desk, "asha", Some(&code)).await.status, 200);
    assert_eq!(
        sign_in(&desk, "asha", Some(&code)).await.problem(),
        "SECOND_FACTOR_WRONG",
        "taken twice"
    );
    desk.clock.advance(STEP);
    let spaced = app.code(&desk);
    let spaced = format!("{} {}", &spaced[..3], &spaced[3..]);
    assert_eq!(sign_in(&desk, "asha", Some(&spaced)).await.status, 200);
    // A backup code, as somebody types it, works once.
    let typed = codes[3].to_lowercase().replace('-', "");
    assert_eq!(sign_in(&desk, "asha", Some(&typed)).await.status, 200);
    assert_eq!(
        sign_in(&desk, "asha", Some(&codes[3])).await.problem(),
        "SECOND_FACTOR_WRONG"
    );
    let left = desk.get(&here, "/api/v1/me/mfa").await.json();
    assert_eq!(left["backup_codes_left"], 9);
    // Somebody without a factor is not asked, whatever code is sent.
    desk.person("bela", Role::Trader).await;
    assert_eq!(sign_in(&desk, "bela", Some("000000")).await.status, 200);
}

#[tokio::test]
async fn one_code_signs_in_once_also_when_it_is_sent_twice_at_once() {
    let desk = Desk::open().await;
    let asha = desk.person("asha", Role::Trader).await;
    let (app, codes) = enrol(&desk, &desk.session(&asha).await).await;
    for code in [app.code(&desk), codes[0].clone()] {
        let both = futures_util::future::join(
            sign_in(&desk, "asha", Some(&code)),
            sign_in(&desk, "asha", Some(&code)),
        );
        let (one, two) = both.await;
        let mut statuses = [one.status.as_u16(), two.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401], "{code}");
    }
}

#[tokio::test]
async fn wrong_codes_lock_like_wrong_passwords_and_being_asked_does_not() {
    let desk = Desk::with(|_| {}).await;
    let asha = desk.person("asha", Role::Trader).await;
    let (app, _) = enrol(&desk, &desk.session(&asha).await).await;
    // More often than an address may fail: being asked for the code is no failure.
    for _ in 0..12 {
        assert_eq!(
            sign_in(&desk, "asha", None).await.problem(),
            "SECOND_FACTOR_REQUIRED"
        );
    }
    let desk_of_many = Desk::open().await;
    let bela = desk_of_many.person("bela", Role::Trader).await;
    let (bela_app, _) = enrol(&desk_of_many, &desk_of_many.session(&bela).await).await;
    let wrong = bela_app
        .code(&desk_of_many)
        .replace(|c: char| c.is_ascii_digit(), "0");
    for n in 0..5 {
        let code = if n % 2 == 0 {
            wrong.as_str()
        } else {
            "AAAA-AAAA-AAAA-AAAA"
        };
        assert_eq!(
            sign_in(&desk_of_many, "bela", Some(code)).await.problem(),
            "SECOND_FACTOR_WRONG"
        );
    }
    let right = bela_app.code(&desk_of_many);
    assert_eq!(
        sign_in(&desk_of_many, "bela", Some(&right)).await.problem(),
        "LOCKED_OUT"
    );
    desk_of_many.clock.advance(Duration::from_secs(901));
    let right = bela_app.code(&desk_of_many);
    assert_eq!(sign_in(&desk_of_many, "bela", Some(&right)).await.status, 200);
    assert_eq!(sign_in(&desk, "asha", Some(&app.code(&desk))).await.status, 200);
}

#[tokio::test]
async fn taking_it_away_and_new_backup_codes_need_password_and_code() {
    let desk = Desk::open().await;
    let asha = desk.person("asha", Role::Trader).await;
    let here = desk.session(&asha).await;
    let proof = |password: &str, code: &str| json!({"password": password, "code": code});
    let off = desk
        .call(&here, "DELETE", "/api/v1/me/mfa", proof(PASSWORD, "123456"))
        .await;
    assert_eq!(off.problem(), "SECOND_FACTOR_OFF");
    let (app, codes) = enrol(&desk, &here).await;
    let wrong = desk
        .call(
            &here,
            "DELETE",
            "/api/v1/me/mfa",
            proof("not this one", &app.code(&desk)),
        )
        .await;
    assert_eq!(wrong.field(), "password:WRONG_PASSWORD");
    let wrong = desk
        .call(
            &here,
            "POST",
            "/api/v1/me/mfa/backup-codes",
            proof(PASSWORD, "no code"),
        )
        .await;
    assert_eq!(wrong.field(), "code:WRONG_CODE");
    let made = desk
        .call(
            &here,
            "POST",
            "/api/v1/me/mfa/backup-codes",
            proof(PASSWORD, &codes[0]),
        )
        .await;
    let fresh: Vec<String> = serde_json::from_value(made.json()["backup_codes"].clone()).expect("codes");
    assert_eq!(fresh.len(), 10);
    assert_eq!(
        sign_in(&desk, "asha", Some(&codes[1])).await.problem(),
        "SECOND_FACTOR_WRONG",
        "an old one held"
    );
    let elsewhere = desk.session(&asha).await;
    let gone = desk
        .call(&here, "DELETE", "/api/v1/me/mfa", proof(PASSWORD, &fresh[0]))
        .await;
    assert_eq!(gone.status, 204);
    assert_eq!(desk.get(&elsewhere, "/api/v1/session").await.status, 401);
    assert_eq!(desk.get(&here, "/api/v1/me/mfa").await.json()["enabled"], false);
    assert_eq!(sign_in(&desk, "asha", None).await.status, 200);
}

#[tokio::test]
async fn administrators_take_away_a_lost_factor_but_not_that_of_administrators() {
    let desk = Desk::open().await;
    let asha = desk.person("asha", Role::Trader).await;
    let root = desk.person("root", Role::SuperAdmin).await;
    let admin = desk.person("admin", Role::Admin).await;
    let asha_here = desk.session(&asha).await;
    enrol(&desk, &asha_here).await;
    enrol(&desk, &desk.session(&root).await).await;
    let by = desk.session(&admin).await;
    let listed = desk.get(&by, "/api/v1/users").await.json();
    let with: Vec<&Value> = listed["items"]
        .as_array()
        .expect("people")
        .iter()
        .filter(|u| u["second_factor"] == true)
        .collect();
    assert_eq!(with.len(), 2);
    let of = |id: &str| format!("/api/v1/users/{id}/mfa");
    let root_factor = desk.call(&by, "DELETE", &of("u-root"), Value::Null).await;
    assert_eq!(root_factor.problem(), "FORBIDDEN");
    assert_eq!(
        desk.call(&by, "DELETE", &of("u-nobody"), Value::Null)
            .await
            .problem(),
        "USER_UNKNOWN"
    );
    assert_eq!(
        desk.call(&by, "DELETE", &of("u-asha"), Value::Null).await.status,
        204
    );
    assert_eq!(
        desk.call(&by, "DELETE", &of("u-asha"), Value::Null)
            .await
            .problem(),
        "SECOND_FACTOR_OFF"
    );
    assert_eq!(desk.get(&asha_here, "/api/v1/session").await.status, 401);
    assert_eq!(sign_in(&desk, "asha", None).await.status, 200);
    let rows = audit::list(&desk.db, 0, 100).await.expect("audit");
    let noted: Vec<(String, String, String)> = rows
        .into_iter()
        .filter(|(_, row)| row.action.starts_with("factor."))
        .map(|(_, row)| (row.actor, row.action, row.subject))
        .collect();
    let row =
        |actor: &str, action: &str, subject: &str| (actor.to_owned(), action.to_owned(), subject.to_owned());
    assert_eq!(
        noted,
        [
            row("u-asha", "factor.enrol", "u-asha"),
            row("u-asha", "factor.enable", "u-asha"),
            row("u-root", "factor.enrol", "u-root"),
            row("u-root", "factor.enable", "u-root"),
            row("u-admin", "factor.reset", "u-asha"),
        ]
    );
}

#[tokio::test]
async fn a_role_that_has_to_have_a_factor_enrols_one_before_anything_else() {
    let desk = Desk::with(|config| config.require_second_factor = vec![Role::Admin]).await;
    let admin = desk.person("admin", Role::Admin).await;
    let trader = desk.person("trader", Role::Trader).await;
    let by_key = desk.key(&admin, &ALL_SCOPES, None).await;
    assert_eq!(
        desk.get(&desk.session(&trader).await, "/api/v1/accounts")
            .await
            .status,
        200
    );
    let here = desk.session(&admin).await;
    let told = desk.get(&here, "/api/v1/session").await;
    assert_eq!(told.json()["must_enrol"], true);
    for (who, path) in [
        (&here, "/api/v1/users"),
        (&here, "/api/v1/accounts"),
        (&here, "/api/v1/accounts/a-no-such"),
        (&by_key, "/api/v1/users"),
    ] {
        let refused = desk.get(who, path).await;
        assert_eq!(
            (refused.status.as_u16(), refused.problem().as_str()),
            (403, "SECOND_FACTOR_ENROLMENT_REQUIRED")
        );
    }
    assert_eq!(desk.get(&here, "/api/v1/me/mfa").await.json()["required"], true);
    let (app, _) = enrol(&desk, &here).await;
    assert_eq!(desk.get(&here, "/api/v1/users").await.status, 200);
    assert_eq!(desk.get(&by_key, "/api/v1/users").await.status, 200);
    assert_eq!(
        desk.get(&here, "/api/v1/session").await.json()["must_enrol"],
        false
    );
    let proof = json!({"password": PASSWORD, "code": app.code(&desk)});
    assert_eq!(
        desk.call(&here, "DELETE", "/api/v1/me/mfa", proof).await.status,
        204
    );
    assert_eq!(
        desk.get(&here, "/api/v1/users").await.problem(),
        "SECOND_FACTOR_ENROLMENT_REQUIRED"
    );
}

#[tokio::test]
async fn a_one_time_link_does_not_stand_in_for_the_code_and_asking_does_not_use_it_up() {
    let desk = Desk::open().await;
    let asha = desk.person("asha", Role::Trader).await;
    let (app, _) = enrol(&desk, &desk.session(&asha).await).await;
    let token = sign_in_token(&desk.db, &desk.state.config.org, &asha, desk.clock.now())
        .await
        .expect("token");
    let with = |code: Option<String>| json!({"token": token.text(), "code": code});
    let link = async |body| desk.call(&As::Nobody, "POST", "/api/v1/session/link", body).await;
    assert_eq!(link(with(None)).await.problem(), "SECOND_FACTOR_REQUIRED");
    assert_eq!(
        link(with(Some("no code".to_owned()))).await.problem(),
        "SECOND_FACTOR_WRONG"
    );
    assert_eq!(link(with(Some(app.code(&desk)))).await.status, 200);
    desk.clock.advance(STEP);
    assert_eq!(
        link(with(Some(app.code(&desk)))).await.problem(),
        "CREDENTIALS_REFUSED"
    );
}

#[tokio::test]
async fn an_enrolment_waits_an_hour_and_wrong_codes_do_not_confirm_it() {
    let desk = Desk::open().await;
    let asha = desk.person("asha", Role::Trader).await;
    let here = desk.session(&asha).await;
    let app = begin(&desk, &here).await;
    let confirm = async |code: String| {
        desk.call(
            &here,
            "POST",
            "/api/v1/me/mfa/totp/confirm",
            json!({"code": code}),
        )
        .await
    };
    assert_eq!(confirm("12345".to_owned()).await.field(), "code:WRONG_CODE");
    desk.clock.advance(Duration::from_secs(3_601));
    assert_eq!(
        confirm(app.code(&desk)).await.problem(),
        "SECOND_FACTOR_NOT_PENDING"
    );
}

#[tokio::test]
async fn seeds_are_sealed_for_their_person_and_everything_is_sealed_anew_under_a_new_root_key() {
    let desk = Desk::open().await;
    let asha = desk.person("asha", Role::Trader).await;
    let bela = desk.person("bela", Role::Trader).await;
    let (app, codes) = enrol(&desk, &desk.session(&asha).await).await;
    enrol(&desk, &desk.session(&bela).await).await;
    let body = json!({"username": "asha", "password": PASSWORD, "code": app.code(&desk)});
    let tokens = desk.call(&As::Nobody, "POST", "/api/v1/tokens", body).await;
    assert_eq!(tokens.status, 200, "{}", String::from_utf8_lossy(&tokens.body));
    let stored = factors::of_owner(&desk.db, &asha)
        .await
        .expect("read")
        .expect("there");
    assert!(stored.seed.starts_with("s1."), "{}", stored.seed);
    assert!(!format!("{stored:?}").contains(&*app.0.text()));
    let old = RootKey::new([42; 32]);
    assert_eq!(
        usage(&desk.db)
            .await
            .expect("read")
            .into_iter()
            .collect::<Vec<_>>(),
        [(old.id().to_owned(), 5)],
        "two seeds, the key that signs tokens, and the keys of two people"
    );

    let new = RootKey::new([2; 32]);
    let both = Keyring::of(vec![new.clone(), old]).expect("keys");
    let (org, now) = (desk.state.config.org.clone(), desk.clock.now());
    // Twice at once, while another process seals something of its own with the old key.
    let (one, two, third) = futures_util::future::join3(
        reseal_all(&desk.db, &both),
        reseal_all(&desk.db, &both),
        rotate_signing_key(&desk.db, &desk.state.keyring, &org, now),
    )
    .await;
    third.expect("rotated");
    let done = one.expect("sealed") + two.expect("sealed");
    let rest = reseal_all(&desk.db, &both).await.expect("sealed");
    assert!((5..=6).contains(&(done + rest)), "{done} and {rest}");
    let used = usage(&desk.db).await.expect("read");
    assert_eq!(used.keys().collect::<Vec<_>>(), [new.id()]);
    assert_eq!(reseal_all(&desk.db, &both).await.expect("sealed"), 0);
    let moved = factors::of_owner(&desk.db, &asha)
        .await
        .expect("read")
        .expect("there");
    let only_new = Keyring::of(vec![new]).expect("keys");
    assert_eq!(
        *only_new.open("totp/u-asha", &moved.seed).expect("opens"),
        app.0.bytes()
    );
    assert!(
        only_new.open("totp/u-bela", &moved.seed).is_err(),
        "it opened for somebody else"
    );
    // The running program has the old root key alone: what it cannot open signs nobody in.
    desk.clock.advance(STEP);
    let failed = sign_in(&desk, "asha", Some(&codes[0])).await;
    assert_eq!(failed.problem(), "INTERNAL");
    assert!(users::by_id(&desk.db, &asha).await.expect("read").is_some());
}
