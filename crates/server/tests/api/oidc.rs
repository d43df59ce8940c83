//! Signing in by a provider: a small one of the test's own, which does whatever an attacker would like it to do.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as BASE64};
use http::{HeaderMap, StatusCode};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};
use tradewind_server::Config;
use tradewind_server::identity::audit::Opened;
use tradewind_server::identity::csrf_token;
use tradewind_server::oidc::OidcProvider;
use tradewind_server::oidc::settings::{Algorithm, CALLBACK_PATH, ClientAuth, ClientSecret, RoleOf};
use tradewind_store::identity::{audit, users};
use tradewind_types::Clock as _;
use tradewind_types::time::SECOND_NS;
use tradewind_wire::Role;

use crate::desk::{Answer, As, Desk, PASSWORD};
use crate::second_factor::enrol;

const CLIENT: &str = "tradewind";
const SECRET: &str = "p:q%hush";

/// Somebody at the provider who has said yes.
struct Consent {
    nonce: String,
    challenge: String,
    claims: Value,
}

struct Inner {
    issuer: String,
    seed: u8,
    kid: String,
    codes: HashMap<String, Consent>,
    key_questions: u32,
    names_itself: bool,
    /// What is done to a token before it goes out: its header and claims.
    spoil: fn(&mut Value, &mut Value),
    /// How it is signed.
    sign: fn(&Inner, &str) -> String,
    now_s: u64,
}

fn ed25519(inner: &Inner, message: &str) -> String {
    BASE64.encode(inner.pair().sign(message.as_bytes()))
}

impl Inner {
    fn pair(&self) -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&[self.seed; 32]).expect("32 bytes")
    }

    fn token(&self, consent: &Consent, access: &str) -> String {
        let mut header = json!({"alg": "EdDSA", "kid": self.kid, "typ": "JWT"});
        let hash = ring::digest::digest(&ring::digest::SHA512, access.as_bytes());
        let mut claims = json!({"iss": self.issuer, "aud": CLIENT, "iat": self.now_s, "exp": self.now_s + 300,
            "nonce": consent.nonce, "at_hash": BASE64.encode(&hash.as_ref()[..32])});
        let own = consent.claims.as_object().expect("an object").clone();
        claims.as_object_mut().expect("an object").extend(own);
        (self.spoil)(&mut header, &mut claims);
        let message = format!(
            "{}.{}",
            BASE64.encode(header.to_string()),
            BASE64.encode(claims.to_string())
        );
        format!("{message}.{}", (self.sign)(self, &message))
    }
}

/// The provider.
#[derive(Clone)]
struct Provider(Arc<Mutex<Inner>>);

async fn document(State(provider): State<Provider>) -> Json<Value> {
    let inner = provider.lock();
    let at = &inner.issuer;
    Json(
        json!({"issuer": at, "authorization_endpoint": format!("{at}/auth"), "token_endpoint": format!("{at}/token"),
        "jwks_uri": format!("{at}/jwks"), "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": inner.names_itself}),
    )
}

async fn keys(State(provider): State<Provider>) -> Json<Value> {
    let mut inner = provider.lock();
    inner.key_questions += 1;
    let x = BASE64.encode(inner.pair().public_key().as_ref());
    Json(json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": inner.kid, "use": "sig", "x": x}]}))
}

async fn token(
    State(provider): State<Provider>,
    headers: HeaderMap,
    body: String,
) -> Result<Json<Value>, (StatusCode, String)> {
    let form: HashMap<String, String> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let refuse = |why: &str| (StatusCode::BAD_REQUEST, json!({"error": why}).to_string());
    let mut inner = provider.lock();
    let basic = format!("Basic {}", STANDARD.encode(format!("{CLIENT}:p%3Aq%25hush")));
    if headers.get("authorization").and_then(|v| v.to_str().ok()) != Some(basic.as_str()) {
        return Err(refuse("invalid_client"));
    }
    let consent = form.get("code").and_then(|code| inner.codes.remove(code));
    let consent = consent.ok_or_else(|| refuse("invalid_grant"))?;
    let verifier = form.get("code_verifier").map_or("", String::as_str);
    let challenge = ring::digest::digest(&ring::digest::SHA256, verifier.as_bytes());
    let callback = form.get("redirect_uri").map_or("", String::as_str);
    if BASE64.encode(challenge) != consent.challenge || !callback.ends_with(CALLBACK_PATH) {
        return Err(refuse("invalid_grant"));
    }
    let id_token = inner.token(&consent, "access");
    Ok(Json(
        json!({"token_type": "Bearer", "access_token": "access", "id_token": id_token}),
    ))
}

impl Provider {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let issuer = format!("http://{}", listener.local_addr().expect("an address"));
        let provider = Self(Arc::new(Mutex::new(Inner {
            issuer,
            seed: 1,
            kid: "k1".to_owned(),
            codes: HashMap::new(),
            key_questions: 0,
            names_itself: false,
            spoil: |_, _| {},
            sign: ed25519,
            now_s: 0,
        })));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(document))
            .route("/jwks", get(keys))
            .route("/token", post(token))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().expect("no panic")
    }

    fn settings(&self) -> OidcProvider {
        OidcProvider {
            id: "work".to_owned(),
            name: "Work".to_owned(),
            issuer: self.lock().issuer.clone(),
            client_id: CLIENT.to_owned(),
            client_secret: Some(ClientSecret::new(SECRET)),
            client_auth: ClientAuth::Basic,
            callback: format!("http://localhost:8080{CALLBACK_PATH}"),
            scopes: vec!["profile".to_owned()],
            org: "desk".parse().expect("id"),
            algorithms: Algorithm::ALL.to_vec(),
            endpoint_hosts: Vec::new(),
            create_users: true,
            allowed_domains: Vec::new(),
            role_claim: Some("groups".to_owned()),
            roles: [("bosses", Role::SuperAdmin), ("traders", Role::Trader)]
                .map(|(value, role)| RoleOf {
                    value: value.to_owned(),
                    role,
                })
                .to_vec(),
            default_role: None,
            trust_second_factor: false,
            acr_values: Vec::new(),
        }
    }

    /// A desk whose people may sign in here.
    async fn desk(&self, change: impl FnOnce(&mut OidcProvider, &mut Config)) -> Desk {
        let mut settings = self.settings();
        Desk::with(|config| {
            config.rates.multiplier = 100_000;
            change(&mut settings, config);
            config.oidc = vec![settings];
        })
        .await
    }

    /// Somebody says yes to what a browser was sent with; returns the code.
    fn consent(&self, desk: &Desk, sent: &Sent, claims: Value) -> String {
        let mut inner = self.lock();
        inner.now_s = desk.clock.now().0 / SECOND_NS;
        let code = format!("code-{}", inner.codes.len());
        let consent = Consent {
            nonce: sent.query["nonce"].clone(),
            challenge: sent.query["code_challenge"].clone(),
            claims,
        };
        inner.codes.insert(code.clone(), consent);
        code
    }
}

/// A browser that was sent to the provider.
struct Sent {
    query: HashMap<String, String>,
    cookie: String,
}

fn cookie_of(answer: &Answer, name: &str) -> Option<String> {
    let cookies = answer.headers.get_all("set-cookie").iter();
    let mut texts = cookies.map(|value| value.to_str().expect("text"));
    let found = texts.find_map(|text| text.strip_prefix(&format!("{name}="))?.split(';').next());
    found.filter(|value| !value.is_empty()).map(str::to_owned)
}

fn location(answer: &Answer) -> String {
    let text = String::from_utf8_lossy(&answer.body);
    assert_eq!(answer.status, 303, "{text}");
    answer.headers["location"].to_str().expect("text").to_owned()
}

fn parse(url: &str, cookie: String) -> Sent {
    let (_, query) = url.split_once('?').expect("a query");
    let query = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    Sent { query, cookie }
}

async fn leave(desk: &Desk) -> Sent {
    leave_for(desk, "work").await
}

async fn leave_for(desk: &Desk, provider: &str) -> Sent {
    let answer = desk
        .get(&As::Nobody, &format!("/api/v1/oidc/{provider}/start"))
        .await;
    let url = location(&answer);
    let cookie = cookie_of(&answer, "tw_oidc").expect("a cookie");
    parse(&url, cookie)
}

async fn back_with(desk: &Desk, cookie: Option<&str>, query: &[(&str, &str)], page: bool) -> Answer {
    let query: String = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(query)
        .finish();
    let path = format!("/api/v1/oidc/callback?{query}");
    let mut request = desk.request(&As::Nobody, "GET", &path, None);
    if let Some(cookie) = cookie {
        let text = format!("a=b; tw_oidc={cookie}");
        request
            .headers_mut()
            .insert("cookie", text.parse().expect("header"));
    }
    if page {
        let accept = "text/html,application/xhtml+xml,*/*;q=0.8";
        request
            .headers_mut()
            .insert("accept", accept.parse().expect("header"));
    }
    desk.send(request).await
}

async fn back(desk: &Desk, sent: &Sent, code: &str) -> Answer {
    let query = [("state", sent.query["state"].as_str()), ("code", code)];
    back_with(desk, Some(&sent.cookie), &query, false).await
}

fn asha() -> Value {
    json!({"sub": "s-asha", "preferred_username": "asha@id.test", "name": "Asha R.", "groups": ["traders"]})
}

/// There, yes, and back.
async fn sign_in(desk: &Desk, provider: &Provider, claims: Value) -> Answer {
    let sent = leave(desk).await;
    let code = provider.consent(desk, &sent, claims);
    back(desk, &sent, &code).await
}

fn session(answer: &Answer) -> As {
    let token = cookie_of(answer, "tw_session");
    let token = token.unwrap_or_else(|| panic!("no session: {}", String::from_utf8_lossy(&answer.body)));
    let csrf = csrf_token(&token);
    As::Session { token, csrf }
}

async fn refused(answer: Answer, code: &str) {
    assert_eq!(answer.problem(), code);
    assert_eq!(cookie_of(&answer, "tw_session"), None, "a session was opened");
}

async fn nobody_was_made(desk: &Desk) {
    let org = &desk.state.config.org;
    let people = users::list(&desk.db, org, None, 100).await.expect("store");
    assert!(people.is_empty(), "{people:?}");
}

#[tokio::test]
async fn somebody_new_is_made_once_and_has_the_role_that_the_provider_tells_each_time() {
    let provider = Provider::start().await;
    let desk = provider.desk(|_, _| {}).await;
    let listed = desk.get(&As::Nobody, "/api/v1/oidc/providers").await.json();
    assert_eq!(listed["items"], json!([{"id": "work", "name": "Work"}]));
    let sent = leave(&desk).await;
    assert_eq!(sent.query["response_type"], "code");
    assert_eq!(sent.query["scope"], "openid profile");
    assert_eq!(sent.query["code_challenge_method"], "S256");
    let code = provider.consent(&desk, &sent, asha());
    let answer = back(&desk, &sent, &code).await;
    assert_eq!(location(&answer), "/");
    assert_eq!(answer.headers["cache-control"], "no-store");
    let who = session(&answer);
    let me = desk.get(&who, "/api/v1/session").await.json();
    assert_eq!(
        (
            &me["user"]["username"],
            &me["user"]["display_name"],
            &me["user"]["role"]
        ),
        (&"asha".into(), &"Asha R.".into(), &"TRADER".into())
    );
    // The same person, whatever they call themselves; and the role of today.
    let mut later = asha();
    later["preferred_username"] = json!("root");
    later["groups"] = json!(["traders", "bosses"]);
    let again = session(&sign_in(&desk, &provider, later.clone()).await);
    let me_again = desk.get(&again, "/api/v1/session").await.json();
    assert_eq!(me_again["user"]["id"], me["user"]["id"]);
    assert_eq!(me_again["user"]["role"], "SUPER_ADMIN");
    // The last super administrator stays one; who has no role at all does not get in.
    later["groups"] = json!(["traders"]);
    let last = session(&sign_in(&desk, &provider, later.clone()).await);
    assert_eq!(
        desk.get(&last, "/api/v1/session").await.json()["user"]["role"],
        "SUPER_ADMIN"
    );
    later["groups"] = json!(["guests"]);
    refused(sign_in(&desk, &provider, later).await, "OIDC_REFUSED").await;
    // Another one of the name gets another name.
    let other = json!({"sub": "s-other", "preferred_username": "asha", "groups": "traders"});
    let other = session(&sign_in(&desk, &provider, other).await);
    let name = desk.get(&other, "/api/v1/session").await.json()["user"]["username"].clone();
    assert!(name.as_str().expect("text").starts_with("asha-"), "{name}");
    // Nobody knows the password of somebody whom a provider made.
    let login = json!({"username": "asha", "password": PASSWORD});
    let login = desk.call(&As::Nobody, "POST", "/api/v1/session", login).await;
    assert_eq!(login.problem(), "CREDENTIALS_REFUSED");
    let rows = audit::list(&desk.db, 0, 100).await.expect("audit");
    let of = |action: &str| rows.iter().filter(|(_, row)| row.action == action).count();
    assert_eq!((of("user.create"), of("user.change")), (2, 1));
    assert!(rows.iter().all(|(_, row)| !row.detail.contains(SECRET)));
}

#[tokio::test]
async fn a_token_that_is_not_what_was_asked_for_lets_nobody_in() {
    type Spoil = fn(&mut Value, &mut Value);
    let spoils: [(&str, Spoil); 12] = [
        ("another nonce", |_, claims| claims["nonce"] = json!("another")),
        ("no nonce", |_, claims| {
            claims.as_object_mut().expect("an object").remove("nonce");
        }),
        ("another audience", |_, claims| claims["aud"] = json!("another")),
        ("another party", |_, claims| claims["azp"] = json!("another")),
        ("another issuer", |_, claims| {
            claims["iss"] = json!("https://evil.test")
        }),
        ("over", |_, claims| claims["exp"] = json!(1_000)),
        ("too old", |_, claims| {
            claims["iat"] = json!(claims["iat"].as_u64().expect("seconds") - 3_600);
        }),
        ("from the future", |_, claims| {
            claims["iat"] = json!(claims["iat"].as_u64().expect("seconds") + 3_600);
        }),
        ("another access token", |_, claims| {
            claims["at_hash"] = json!("AAAA")
        }),
        ("nobody", |_, claims| claims["sub"] = json!("")),
        ("another key", |header, _| header["kid"] = json!("k9")),
        ("an extension", |header, _| header["crit"] = json!(["x"])),
    ];
    let provider = Provider::start().await;
    let desk = provider.desk(|_, _| {}).await;
    for (what, spoil) in spoils {
        provider.lock().spoil = spoil;
        let answer = sign_in(&desk, &provider, asha()).await;
        assert_eq!(answer.problem(), "OIDC_REFUSED", "{what}");
        assert_eq!(cookie_of(&answer, "tw_session"), None, "{what}");
    }
    provider.lock().spoil = |_, _| {};

    // Signatures that are none of the provider's.
    type Sign = fn(&Inner, &str) -> String;
    let signs: [(&str, Spoil, Sign); 4] = [
        (
            "none",
            |header, _| header["alg"] = json!("none"),
            |_, _| String::new(),
        ),
        (
            "HS256 with the public key",
            |header, _| header["alg"] = json!("HS256"),
            |inner, message| {
                let public = inner.pair().public_key().as_ref().to_vec();
                let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &public);
                BASE64.encode(ring::hmac::sign(&key, message.as_bytes()))
            },
        ),
        (
            "RS256 that says it of an Ed25519 key",
            |header, _| header["alg"] = json!("RS256"),
            ed25519,
        ),
        (
            "a key that the token brings along",
            |header, _| {
                let pair = Ed25519KeyPair::from_seed_unchecked(&[9; 32]).expect("32 bytes");
                let x = BASE64.encode(pair.public_key().as_ref());
                header["jwk"] = json!({"kty": "OKP", "crv": "Ed25519", "x": x});
            },
            |_, message| {
                let pair = Ed25519KeyPair::from_seed_unchecked(&[9; 32]).expect("32 bytes");
                BASE64.encode(pair.sign(message.as_bytes()))
            },
        ),
    ];
    for (what, spoil, sign) in signs {
        {
            let mut inner = provider.lock();
            (inner.spoil, inner.sign) = (spoil, sign);
        }
        let answer = sign_in(&desk, &provider, asha()).await;
        assert_eq!(answer.problem(), "OIDC_REFUSED", "{what}");
    }
    nobody_was_made(&desk).await;
    {
        let mut inner = provider.lock();
        inner.spoil = |_, _| {};
        inner.sign = ed25519;
    }
    assert_eq!(
        location(&sign_in(&desk, &provider, asha()).await),
        "/",
        "the good one is let in"
    );
}

#[tokio::test]
async fn a_state_works_once_in_its_browser_for_ten_minutes() {
    let provider = Provider::start().await;
    let desk = provider.desk(|_, _| {}).await;
    // Again.
    let sent = leave(&desk).await;
    let first = provider.consent(&desk, &sent, asha());
    assert_eq!(location(&back(&desk, &sent, &first).await), "/");
    let second = provider.consent(&desk, &sent, asha());
    refused(back(&desk, &sent, &second).await, "OIDC_STATE_REFUSED").await;
    // In another browser, and then in its own: it was used up.
    let (mine, theirs) = (leave(&desk).await, leave(&desk).await);
    let code = provider.consent(&desk, &mine, asha());
    let query = [("state", mine.query["state"].as_str()), ("code", code.as_str())];
    let elsewhere = back_with(&desk, Some(&theirs.cookie), &query, false).await;
    refused(elsewhere, "OIDC_STATE_REFUSED").await;
    refused(back(&desk, &mine, &code).await, "OIDC_STATE_REFUSED").await;
    // Without a browser that is known.
    let sent = leave(&desk).await;
    let code = provider.consent(&desk, &sent, asha());
    let query = [("state", sent.query["state"].as_str()), ("code", code.as_str())];
    refused(back_with(&desk, None, &query, false).await, "OIDC_STATE_REFUSED").await;
    // Guessed, missing, and late.
    for state in ["", "guess"] {
        let query = [("state", state), ("code", "x")];
        let answer = back_with(&desk, Some(&sent.cookie), &query, false).await;
        refused(answer, "OIDC_STATE_REFUSED").await;
    }
    let sent = leave(&desk).await;
    desk.clock.advance(Duration::from_secs(600));
    let code = provider.consent(&desk, &sent, asha());
    refused(back(&desk, &sent, &code).await, "OIDC_STATE_REFUSED").await;
}

#[tokio::test]
async fn a_code_of_another_sign_in_is_worth_nothing() {
    let provider = Provider::start().await;
    let desk = provider.desk(|_, _| {}).await;
    // The code that an attacker got for themselves, put into the victim's sign-in: the verifier is another.
    let (attacker, victim) = (leave(&desk).await, leave(&desk).await);
    let code = provider.consent(&desk, &attacker, asha());
    refused(back(&desk, &victim, &code).await, "OIDC_REFUSED").await;
    nobody_was_made(&desk).await;
}

#[tokio::test]
async fn an_answer_of_another_issuer_or_an_error_is_refused_and_repeated_nowhere() {
    let provider = Provider::start().await;
    let desk = provider.desk(|_, _| {}).await;
    let issuer = provider.lock().issuer.clone();
    let with = async |iss: Option<&str>| {
        let sent = leave(&desk).await;
        let code = provider.consent(&desk, &sent, asha());
        let mut query = vec![("state", sent.query["state"].as_str()), ("code", code.as_str())];
        query.extend(iss.map(|iss| ("iss", iss)));
        back_with(&desk, Some(&sent.cookie), &query, false).await
    };
    refused(with(Some("https://evil.test")).await, "OIDC_REFUSED").await;
    assert_eq!(location(&with(Some(&issuer)).await), "/");
    let sent = leave(&desk).await;
    let bad = "<script>alert(1)</script>";
    let query = [("state", sent.query["state"].as_str()), ("error", bad)];
    let answer = back_with(&desk, Some(&sent.cookie), &query, false).await;
    assert!(!String::from_utf8_lossy(&answer.body).contains("script"));
    refused(answer, "OIDC_REFUSED").await;

    // One that says that it names itself has to.
    provider.lock().names_itself = true;
    let desk = provider.desk(|_, _| {}).await;
    let sent = leave(&desk).await;
    let code = provider.consent(&desk, &sent, asha());
    refused(back(&desk, &sent, &code).await, "OIDC_REFUSED").await;
}

#[tokio::test]
async fn new_keys_of_the_provider_are_found_and_forged_names_cost_it_nothing() {
    let provider = Provider::start().await;
    let desk = provider.desk(|_, _| {}).await;
    assert_eq!(location(&sign_in(&desk, &provider, asha()).await), "/");
    {
        let mut inner = provider.lock();
        (inner.seed, inner.kid) = (2, "k2".to_owned());
    }
    desk.clock.advance(Duration::from_secs(61));
    assert_eq!(location(&sign_in(&desk, &provider, asha()).await), "/");
    assert_eq!(provider.lock().key_questions, 2);
    // The old key is gone with the set that had it.
    {
        let mut inner = provider.lock();
        (inner.seed, inner.kid) = (1, "k1".to_owned());
    }
    provider.lock().spoil = |header, _| header["kid"] = json!("k2");
    refused(sign_in(&desk, &provider, asha()).await, "OIDC_REFUSED").await;
    for n in 0..5 {
        provider.lock().spoil = |header, _| header["kid"] = json!("forged");
        refused(sign_in(&desk, &provider, asha()).await, "OIDC_REFUSED").await;
        assert_eq!(provider.lock().key_questions, 2, "question {n}");
    }
}

#[tokio::test]
async fn a_provider_that_is_another_or_does_not_answer_is_unavailable() {
    let provider = Provider::start().await;
    let desk = provider
        .desk(|settings, _| settings.issuer = format!("{}/", settings.issuer))
        .await;
    let other = desk.get(&As::Nobody, "/api/v1/oidc/work/start").await;
    assert_eq!(
        (other.status.as_u16(), other.problem().as_str()),
        (503, "OIDC_UNAVAILABLE")
    );
    let desk = provider
        .desk(|settings, _| settings.issuer = "http://127.0.0.1:1".to_owned())
        .await;
    let down = desk.get(&As::Nobody, "/api/v1/oidc/work/start").await;
    assert_eq!(down.problem(), "OIDC_UNAVAILABLE");
    assert_eq!(down.headers["retry-after"], "5");
    let unknown = desk.get(&As::Nobody, "/api/v1/oidc/nobody/start").await;
    assert_eq!(unknown.problem(), "OIDC_PROVIDER_UNKNOWN");
}

#[tokio::test]
async fn browsers_are_shown_a_page_of_ours_and_sent_nowhere_else() {
    let provider = Provider::start().await;
    let desk = provider.desk(|_, _| {}).await;
    let issuer = provider.lock().issuer.clone();
    for query in [
        "",
        "?next=https://evil.test",
        "?redirect_uri=//evil.test",
        "?return_to=%2F%2Fevil.test",
    ] {
        let answer = desk
            .get(&As::Nobody, &format!("/api/v1/oidc/work/start{query}"))
            .await;
        let url = location(&answer);
        assert!(
            url.starts_with(&format!("{issuer}/auth?")) && !url.contains("evil"),
            "{url}"
        );
    }
    let sent = leave(&desk).await;
    let code = provider.consent(&desk, &sent, asha());
    let query = [
        ("state", sent.query["state"].as_str()),
        ("code", code.as_str()),
        ("next", "https://evil.test"),
    ];
    assert_eq!(
        location(&back_with(&desk, Some(&sent.cookie), &query, true).await),
        "/"
    );
    let again = back_with(&desk, Some(&sent.cookie), &query, true).await;
    assert_eq!(location(&again), "/#oidc-error=OIDC_STATE_REFUSED");
    // The cookie goes along when the provider sends the browser back, and to this host alone over TLS.
    let tls = provider.desk(|_, config| config.tls = true).await;
    let answer = tls.get(&As::Nobody, "/api/v1/oidc/work/start").await;
    let cookie = answer.headers["set-cookie"].to_str().expect("text");
    assert!(cookie.starts_with("__Host-tw_oidc="), "{cookie}");
    assert!(
        cookie.ends_with("; HttpOnly; SameSite=Lax; Path=/; Max-Age=600; Secure"),
        "{cookie}"
    );
}

#[tokio::test]
async fn strangers_and_people_of_other_domains_are_not_let_in() {
    let provider = Provider::start().await;
    let desk = provider.desk(|settings, _| settings.create_users = false).await;
    refused(sign_in(&desk, &provider, asha()).await, "OIDC_NOT_LINKED").await;
    nobody_was_made(&desk).await;

    let desk = provider
        .desk(|settings, _| settings.allowed_domains = vec!["id.test".to_owned()])
        .await;
    let with = |email: &str, verified: Value| {
        let mut claims = asha();
        claims["email"] = json!(email);
        claims["email_verified"] = verified;
        claims
    };
    for claims in [
        asha(),
        with("asha@evil.test", json!(true)),
        with("asha@id.test", json!(false)),
        with("asha@id.test.evil.test", json!(true)),
    ] {
        refused(sign_in(&desk, &provider, claims).await, "OIDC_REFUSED").await;
    }
    nobody_was_made(&desk).await;
    let good = sign_in(&desk, &provider, with("asha@id.test", json!(true))).await;
    let who = session(&good);
    let me = desk.get(&who, "/api/v1/session").await.json();
    let boss = desk.person("boss", Role::SuperAdmin).await;
    let boss = desk.session(&boss).await;
    let path = format!("/api/v1/users/{}", me["user"]["id"].as_str().expect("id"));
    let off = desk.call(&boss, "PATCH", &path, json!({"disabled": true})).await;
    assert_eq!(off.status, 200);
    let disabled = sign_in(&desk, &provider, with("asha@id.test", json!(true))).await;
    refused(disabled, "OIDC_REFUSED").await;
}

async fn code(desk: &Desk, cookie: &str, code: &str) -> Answer {
    let body = json!({"code": code});
    let mut request = desk.request(&As::Nobody, "POST", "/api/v1/oidc/session", Some(&body));
    let text = format!("tw_oidc={cookie}");
    request
        .headers_mut()
        .insert("cookie", text.parse().expect("header"));
    desk.send(request).await
}

#[tokio::test]
async fn our_second_factor_is_asked_for_unless_the_providers_is_trusted_and_was_shown() {
    let provider = Provider::start().await;
    let with_mfa = |amr: Value| {
        let mut claims = asha();
        claims["amr"] = amr;
        claims
    };
    let desk = provider.desk(|_, _| {}).await;
    let who = session(&sign_in(&desk, &provider, asha()).await);
    let user: tradewind_types::UserId = desk.get(&who, "/api/v1/session").await.json()["user"]["id"]
        .as_str()
        .expect("id")
        .parse()
        .expect("id");
    // Somebody whom a provider made has a password when an administrator sends a link.
    let hash = users::by_id(&desk.db, &desk.person("model", Role::Viewer).await)
        .await
        .expect("store")
        .expect("a person")
        .password_hash;
    users::set_password(&desk.db, &user, &hash, desk.clock.now())
        .await
        .expect("store");
    let (app, _) = enrol(&desk, &who).await;
    desk.clock.advance(Duration::from_secs(60));

    let answer = sign_in(&desk, &provider, with_mfa(json!(["pwd", "mfa"]))).await;
    assert_eq!(location(&answer), "/#oidc=code", "nobody said to trust it");
    assert_eq!(cookie_of(&answer, "tw_session"), None);
    let cookie = cookie_of(&answer, "tw_oidc").expect("a cookie");
    assert_eq!(
        code(&desk, &cookie, "000000").await.problem(),
        "SECOND_FACTOR_WRONG"
    );
    assert_eq!(
        code(&desk, "another", &app.code(&desk)).await.problem(),
        "OIDC_STATE_REFUSED"
    );
    let right = code(&desk, &cookie, &app.code(&desk)).await;
    assert_eq!(right.status, 200, "{}", String::from_utf8_lossy(&right.body));
    assert_eq!(right.json()["user"]["username"], "asha");
    desk.clock.advance(Duration::from_secs(60));
    let again = code(&desk, &cookie, &app.code(&desk)).await;
    assert_eq!(again.problem(), "OIDC_STATE_REFUSED", "it works once");
}

#[tokio::test]
async fn a_trusted_providers_second_factor_stands_for_ours_when_the_token_says_so() {
    let provider = Provider::start().await;
    let desk = provider
        .desk(|settings, _| {
            settings.trust_second_factor = true;
            settings.acr_values = vec!["urn:two".to_owned()];
        })
        .await;
    let who = session(&sign_in(&desk, &provider, asha()).await);
    let user: tradewind_types::UserId = desk.get(&who, "/api/v1/session").await.json()["user"]["id"]
        .as_str()
        .expect("id")
        .parse()
        .expect("id");
    let hash = users::by_id(&desk.db, &desk.person("model", Role::Viewer).await)
        .await
        .expect("store")
        .expect("a person")
        .password_hash;
    users::set_password(&desk.db, &user, &hash, desk.clock.now())
        .await
        .expect("store");
    enrol(&desk, &who).await;
    for (claim, value, place) in [
        ("amr", json!(["pwd", "mfa"]), "/"),
        ("acr", json!("urn:two"), "/"),
        ("amr", json!(["pwd"]), "/#oidc=code"),
        ("acr", json!("urn:one"), "/#oidc=code"),
        ("nothing", json!(true), "/#oidc=code"),
    ] {
        let mut claims = asha();
        claims[claim] = value.clone();
        let answer = sign_in(&desk, &provider, claims).await;
        assert_eq!(location(&answer), place, "{claim} {value}");
    }
}

async fn begin_link(desk: &Desk, who: &As, password: &str) -> Answer {
    let body = json!({"provider": "work", "password": password});
    desk.call(who, "POST", "/api/v1/me/identities", body).await
}

#[tokio::test]
async fn an_identity_is_linked_by_its_owner_with_the_password_and_taken_away_again() {
    let provider = Provider::start().await;
    let desk = provider.desk(|settings, _| settings.create_users = false).await;
    let bela = desk.person("bela", Role::Trader).await;
    let who = desk.session(&bela).await;
    assert_eq!(
        begin_link(&desk, &who, "wrong").await.field(),
        "password:WRONG_PASSWORD"
    );
    let key = desk.key(&bela, &crate::access::ALL_SCOPES, None).await;
    assert_eq!(begin_link(&desk, &key, PASSWORD).await.problem(), "FORBIDDEN");

    let begun = begin_link(&desk, &who, PASSWORD).await;
    let cookie = cookie_of(&begun, "tw_oidc").expect("a cookie");
    let url = begun.json()["url"].as_str().expect("a place").to_owned();
    let sent = parse(&url, cookie);
    let consented = provider.consent(&desk, &sent, asha());
    let linked = back(&desk, &sent, &consented).await;
    assert_eq!(location(&linked), "/settings?tab=security");
    assert_eq!(cookie_of(&linked, "tw_session"), None, "linking signs nobody in");
    let list = desk.get(&who, "/api/v1/me/identities").await.json();
    assert_eq!(list["items"][0]["provider_name"], "Work");
    let signed = session(&sign_in(&desk, &provider, asha()).await);
    let me = desk.get(&signed, "/api/v1/session").await.json();
    assert_eq!(
        (&me["user"]["username"], &me["user"]["role"]),
        (&"bela".into(), &"TRADER".into())
    );

    // Nobody else gets it, and nobody else takes it away.
    let chitra = desk.person("chitra", Role::Trader).await;
    let other = desk.session(&chitra).await;
    let begun = begin_link(&desk, &other, PASSWORD).await;
    let cookie = cookie_of(&begun, "tw_oidc").expect("a cookie");
    let sent = parse(begun.json()["url"].as_str().expect("a place"), cookie);
    let consented = provider.consent(&desk, &sent, asha());
    refused(back(&desk, &sent, &consented).await, "IDENTITY_TAKEN").await;
    let path = format!(
        "/api/v1/me/identities/{}",
        list["items"][0]["id"].as_str().expect("id")
    );
    let proof = json!({"password": PASSWORD});
    let gone = desk.call(&other, "DELETE", &path, proof.clone()).await;
    assert_eq!(gone.problem(), "IDENTITY_UNKNOWN");
    let wrong = desk
        .call(&who, "DELETE", &path, json!({"password": "wrong"}))
        .await;
    assert_eq!(wrong.field(), "password:WRONG_PASSWORD");
    assert_eq!(desk.call(&who, "DELETE", &path, proof).await.status, 204);
    refused(sign_in(&desk, &provider, asha()).await, "OIDC_NOT_LINKED").await;
}

#[tokio::test]
async fn a_link_whose_session_ended_on_the_way_is_not_made() {
    let provider = Provider::start().await;
    let desk = provider.desk(|settings, _| settings.create_users = false).await;
    let bela = desk.person("bela", Role::Trader).await;
    let who = desk.session(&bela).await;
    let begun = begin_link(&desk, &who, PASSWORD).await;
    let cookie = cookie_of(&begun, "tw_oidc").expect("a cookie");
    let sent = parse(begun.json()["url"].as_str().expect("a place"), cookie);
    assert_eq!(
        desk.call(&who, "DELETE", "/api/v1/session", Value::Null)
            .await
            .status,
        204
    );
    let consented = provider.consent(&desk, &sent, asha());
    refused(back(&desk, &sent, &consented).await, "OIDC_REFUSED").await;
    let other = desk.session(&bela).await;
    let list = desk.get(&other, "/api/v1/me/identities").await.json();
    assert_eq!(list["items"], json!([]));
}

#[tokio::test]
async fn a_provider_of_another_organisation_links_nothing_here() {
    let provider = Provider::start().await;
    let desk = provider
        .desk(|settings, _| settings.org = "rival".parse().expect("id"))
        .await;
    desk.organisation("rival").await;
    let bela = desk.person("bela", Role::Trader).await;
    let who = desk.session(&bela).await;
    assert_eq!(
        begin_link(&desk, &who, PASSWORD).await.problem(),
        "OIDC_PROVIDER_UNKNOWN"
    );
    let theirs = session(&sign_in(&desk, &provider, asha()).await);
    let org = desk.get(&theirs, "/api/v1/organisation").await.json();
    assert_eq!(org["id"], "rival");

    // What the provider does to its people is in the log of their organisation, the good and the bad.
    let mut later = asha();
    later["groups"] = json!(["bosses"]);
    session(&sign_in(&desk, &provider, later).await);
    provider.lock().spoil = |_, claims| claims["nonce"] = json!("another");
    refused(sign_in(&desk, &provider, asha()).await, "OIDC_REFUSED").await;
    let rows = audit::list(&desk.db, 0, 100).await.expect("audit");
    let noted: Vec<_> = rows
        .iter()
        .filter(|(_, row)| row.org.as_str() == "rival")
        .map(|(_, row)| (row.actor == "oidc", row.action.as_str(), row.outcome.as_str()))
        .collect();
    assert_eq!(
        noted,
        [
            (true, "user.create", "OK"),
            (false, "session.open", "OK"),
            (true, "user.change", "OK"),
            (false, "session.open", "OK"),
            (false, "session.open", "OIDC_REFUSED"),
        ],
        "{rows:?}"
    );
}

#[tokio::test]
async fn the_address_of_somebody_whom_a_provider_made_goes_with_them() {
    let provider = Provider::start().await;
    let desk = provider.desk(|_, _| {}).await;
    let who = session(&sign_in(&desk, &provider, asha()).await);
    let me = desk.get(&who, "/api/v1/session").await.json();
    let id = me["user"]["id"].as_str().expect("id").to_owned();
    let entries = async || {
        let rows = audit::list::of_person(&desk.db, &id, 0, 100).await;
        let mut opened = Vec::new();
        for entry in rows.expect("audit") {
            let people = desk.state.audit.people();
            opened.push(Opened::of(people, &entry).await.expect("opened"));
        }
        opened
    };
    let before = entries().await;
    assert_eq!(before.len(), 2, "made, and signed in");
    for entry in before {
        assert_eq!(entry.address.as_deref(), Some("203.0.113.7"));
    }
    // Erasing itself has tests of its own (`erasure.rs`).
    let destroy = "UPDATE person_keys SET sealed = NULL, destroyed_at = 1 WHERE person = $1";
    let destroyed = tradewind_store::sql::query(destroy).bind(id.as_str());
    assert_eq!(destroyed.execute(&desk.db).await.expect("destroyed"), 1);
    desk.state.audit.people().forget(&id);
    for entry in entries().await {
        assert!(entry.erased && entry.address.is_none(), "{entry:?}");
    }
}

#[tokio::test]
async fn another_provider_of_the_same_issuer_does_not_tell_the_role_of_whom_the_first_one_made() {
    let provider = Provider::start().await;
    let (first, mut second) = (provider.settings(), provider.settings());
    second.id = "admins".to_owned();
    second.role_claim = Some("admin_groups".to_owned());
    let desk = Desk::with(|config| {
        config.rates.multiplier = 100_000;
        config.oidc = vec![first, second];
    })
    .await;
    let mut claims = asha();
    claims["admin_groups"] = json!(["bosses"]);
    let mut roles = Vec::new();
    for id in ["work", "admins"] {
        let sent = leave_for(&desk, id).await;
        let code = provider.consent(&desk, &sent, claims.clone());
        let who = session(&back(&desk, &sent, &code).await);
        let me = desk.get(&who, "/api/v1/session").await.json();
        roles.push(me["user"]["role"].clone());
    }
    assert_eq!(roles, ["TRADER", "TRADER"]);
}
