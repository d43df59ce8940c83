//! The authorisation matrix, driven through the router, and the isolation of two people.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::{Value, json};
use tradewind_server::access::{Action, Rule};
use tradewind_server::routes::{Endpoint, endpoints};
use tradewind_store::identity::keys;
use tradewind_types::{AccountId, Clock as _, UserId};
use tradewind_wire::{MemberRole, Role, Scope};

use crate::desk::{As, BTC, Desk, limit_buy};

const ROLES: [(&str, Option<Role>); 8] = [
    ("super_admin", Some(Role::SuperAdmin)),
    ("admin", Some(Role::Admin)),
    ("compliance", Some(Role::Compliance)),
    ("analyst", Some(Role::Analyst)),
    ("trader", Some(Role::Trader)),
    ("viewer", Some(Role::Viewer)),
    ("service", Some(Role::Service)),
    ("anonymous", None),
];

const MEMBERSHIPS: [(&str, Option<MemberRole>); 4] = [
    ("owner", Some(MemberRole::Owner)),
    ("trader", Some(MemberRole::Trader)),
    ("viewer", Some(MemberRole::Viewer)),
    ("none", None),
];

pub(crate) const ALL_SCOPES: [Scope; 5] = [
    Scope::Read,
    Scope::Trade,
    Scope::Cancel,
    Scope::Manage,
    Scope::Admin,
];

fn golden_path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/authorisation_matrix.txt")
}

/// What was decided, as seen from outside. Whatever happens after authorisation (validation, conflicts) is `allow`.
fn class(answer: &crate::desk::Answer) -> &'static str {
    let code = if answer.status.is_client_error() {
        answer.problem()
    } else {
        String::new()
    };
    match (answer.status.as_u16(), code.as_str()) {
        (401, "UNAUTHENTICATED") => "401",
        (403, _) => "403",
        (404, "ACCOUNT_UNKNOWN") => "404",
        (status, _) if status >= 500 && code != "STREAM_UNAVAILABLE" => "5xx",
        _ => "allow",
    }
}

pub(crate) fn path_of(endpoint: &Endpoint, account: &AccountId, user: &str) -> String {
    endpoint
        .path
        .replace("{account}", account.as_str())
        .replace("{instrument}", BTC)
        .replace("{client_order_id}", "no-such-order")
        .replace("{strategy}", "no-such-strategy")
        .replace("{connection}", "no-such-connection")
        .replace("{user}", user)
        .replace("{session}", "no-such-session")
        .replace("{key}", "no-such-key")
        .replace("{provider}", "no-such-provider")
        .replace("{identity}", "no-such-identity")
        .replace("{backtest}", "no-such-backtest")
        .replace("{backup}", "no-such-backup")
        .replace("{job}", "no-such-job")
        .replace("{indicator}", "RSI_14")
        .replace("{drawing}", "no-such-drawing")
        .replace("{name}", "no-such-template")
        .replace("{calendar}", "XNYS")
        .replace("{corporate_action}", "no-such-action")
        .replace("{date}", "2026-12-01")
        .replace("{file}", "no-such-file.csv")
        .replace("{seq}", "1")
        .replace("{request}", "no-such-request")
        .replace("{purpose}", "RESEARCH")
}

/// A new key in the place of all others: nobody has more than 200, and there are more endpoints than that.
async fn fresh_key(desk: &Desk, user: &UserId) -> As {
    keys::revoke_all(&desk.db, user, desk.clock.now())
        .await
        .expect("store");
    desk.key(user, &ALL_SCOPES, None).await
}

async fn credential(desk: &Desk, role: &str, user: Option<&UserId>) -> As {
    match (role, user) {
        (_, None) => As::Nobody,
        // A program comes with a key that has every scope; people come with sessions.
        ("service", Some(user)) => fresh_key(desk, user).await,
        (_, Some(user)) => desk.session(user).await,
    }
}

async fn row(
    desk: &Desk,
    endpoint: &Endpoint,
    accounts: &[AccountId; 4],
    role: &str,
    user: Option<&UserId>,
) -> String {
    let by_account = matches!(endpoint.action.rule(), Rule::Account(_));
    let mut classes = Vec::new();
    for ((name, _), account) in MEMBERSHIPS.iter().zip(accounts) {
        let who = credential(desk, role, user).await;
        // A body that is JSON but fits nothing: what is allowed gets as far as validation and changes nothing.
        let body = if endpoint.method == "GET" {
            Value::Null
        } else {
            json!({"no_such_field": 1})
        };
        let answer = desk
            .call(
                &who,
                endpoint.method,
                &path_of(endpoint, account, "no-such-user"),
                body,
            )
            .await;
        let class = class(&answer);
        assert_ne!(
            class, "5xx",
            "{} {} as {role}: {}",
            endpoint.method, endpoint.path, answer.status
        );
        classes.push((*name, class));
        if !by_account {
            return class.to_owned();
        }
    }
    let text: Vec<String> = classes
        .iter()
        .map(|(name, class)| format!("{name}={class}"))
        .collect();
    text.join(" ")
}

async fn matrix() -> String {
    let desk = Desk::open().await;
    let mut people = Vec::new();
    for (name, role) in ROLES {
        people.push((
            name,
            match role {
                Some(role) => Some(desk.person(name, role).await),
                None => None,
            },
        ));
    }
    // Somebody else owns everything too, so that no membership is the last owner's.
    let stranger = desk.person("stranger", Role::Trader).await;
    let mut accounts = Vec::new();
    for (name, member) in MEMBERSHIPS {
        let mut members = vec![(&stranger, MemberRole::Owner)];
        let everyone = people.iter().filter_map(|(_, user)| user.as_ref());
        members.extend(everyone.filter_map(|user| Some((user, member?))));
        accounts.push(desk.account(&format!("a-{name}"), &members).await);
    }
    let accounts: [AccountId; 4] = accounts.try_into().expect("four");
    let mut text = String::from(
        "# Every endpoint x every role x own or other account, as the router answers real requests.\n\
         # allow = past authorisation; 401 = not signed in; 403 = not allowed; 404 = does not exist for the caller.\n\
         # Account endpoints: by the caller's membership of the account in the path.\n\
         # Made by: UPDATE_GOLDEN=1 cargo t -p tradewind-server matrix\n",
    );
    for endpoint in endpoints() {
        let _ = writeln!(
            text,
            "\n{} {}  [{:?}]",
            endpoint.method, endpoint.path, endpoint.action
        );
        for (role, user) in &people {
            let row = row(&desk, &endpoint, &accounts, role, user.as_ref()).await;
            let _ = writeln!(text, "  {role:<12} {row}");
        }
    }
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_authorisation_matrix_is_the_golden_file() {
    let actual = matrix().await;
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(golden_path(), &actual).expect("written");
    }
    let golden = std::fs::read_to_string(golden_path()).expect("the golden file is checked in");
    for (number, (a, g)) in (1..).zip(actual.lines().zip(golden.lines())) {
        assert_eq!(
            a, g,
            "line {number} differs from tests/golden/authorisation_matrix.txt"
        );
    }
    assert_eq!(
        actual.lines().count(),
        golden.lines().count(),
        "the golden file has other endpoints"
    );
}

#[test]
fn every_endpoint_is_in_the_golden_file_and_every_action_has_an_endpoint() {
    let golden = std::fs::read_to_string(golden_path()).expect("the golden file is checked in");
    let headings: BTreeSet<&str> = golden
        .lines()
        .filter(|l| !l.starts_with([' ', '#']) && !l.is_empty())
        .collect();
    let wanted: BTreeSet<String> = endpoints()
        .iter()
        .map(|e| format!("{} {}  [{:?}]", e.method, e.path, e.action))
        .collect();
    let missing: Vec<&String> = wanted.iter().filter(|w| !headings.contains(w.as_str())).collect();
    assert!(
        missing.is_empty(),
        "endpoints without an authorisation test: {missing:?}"
    );
    assert_eq!(
        headings.len(),
        wanted.len(),
        "the golden file has endpoints that are gone"
    );
    let unused: Vec<&Action> = Action::ALL
        .iter()
        .filter(|a| endpoints().iter().all(|e| e.action != **a))
        .collect();
    assert!(unused.is_empty(), "actions without an endpoint: {unused:?}");
}

/// Two people with one account each; the second tries everything on the first's account.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_people_share_nothing_over_every_endpoint() {
    let desk = Desk::open().await;
    let asha = desk.person("asha", Role::Trader).await;
    let bela = desk.person("bela", Role::Trader).await;
    let secret = desk.account("a-asha-secret", &[(&asha, MemberRole::Owner)]).await;
    let own = desk.account("a-bela-own", &[(&bela, MemberRole::Owner)]).await;
    desk.quote(BTC, 100, 101).await;
    let asha_session = desk.session(&asha).await;
    let placed = desk
        .call(
            &asha_session,
            "POST",
            &format!("/api/v1/accounts/{secret}/orders"),
            limit_buy("asha-order-1", "0.5", "99"),
        )
        .await;
    assert_eq!(placed.status, 201, "{}", String::from_utf8_lossy(&placed.body));
    let marks = ["a-asha-secret", "asha-order-1", "u-asha"];
    for endpoint in endpoints() {
        let path = path_of(&endpoint, &secret, "u-asha").replace("no-such-order", "asha-order-1");
        for who in [desk.session(&bela).await, fresh_key(&desk, &bela).await] {
            let body = match endpoint.method {
                "GET" => Value::Null,
                _ => body_for(&endpoint),
            };
            let answer = desk.call(&who, endpoint.method, &path, body).await;
            let text = String::from_utf8_lossy(&answer.body);
            if endpoint.path.contains("{account}") {
                assert_eq!(
                    answer.status, 404,
                    "{} {}: {text}",
                    endpoint.method, endpoint.path
                );
                assert_eq!(answer.problem(), "ACCOUNT_UNKNOWN");
                // The problem names the path that was asked for, and nothing else of the other.
                assert!(
                    !text.replace(&path, "").contains("asha"),
                    "{}: {text}",
                    endpoint.path
                );
            } else {
                let leaked = marks.iter().find(|mark| text.replace(&path, "").contains(**mark));
                assert_eq!(leaked, None, "{} {}: {text}", endpoint.method, endpoint.path);
            }
        }
    }
    // An account of the other and one that does not exist cannot be told apart.
    let bela_session = desk.session(&bela).await;
    let other = desk
        .get(&bela_session, &format!("/api/v1/accounts/{secret}"))
        .await
        .json();
    let ghost = desk.get(&bela_session, "/api/v1/accounts/a-no-such").await.json();
    for field in ["status", "error_code", "detail", "title"] {
        assert_eq!(other[field], ghost[field]);
    }
    // And the order is as it was.
    desk.pass(std::time::Duration::from_millis(1)).await;
    let order = desk
        .get(
            &asha_session,
            &format!("/api/v1/accounts/{secret}/orders/asha-order-1"),
        )
        .await
        .json();
    assert_eq!(order["state"], "ACCEPTED", "{order}");
    let accounts = desk.get(&bela_session, "/api/v1/accounts").await.json();
    assert_eq!(accounts["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(accounts["items"][0]["id"], own.as_str());
}

/// A body that would do something if it were let through.
fn body_for(endpoint: &Endpoint) -> Value {
    match endpoint.action {
        Action::OrdersSubmit if endpoint.path.ends_with("batch") => {
            json!({"mode": "INDEPENDENT", "orders": [limit_buy("x", "0.5", "99")]})
        }
        Action::OrdersSubmit => limit_buy("x", "0.5", "99"),
        Action::KillSwitchEngage => json!({"flatten": true, "reason": "mine"}),
        Action::Transfer => json!({"amount": "5", "currency": "USD", "reason": "mine"}),
        Action::StrategySwitch => json!({"enabled": true}),
        Action::MemberPut => json!({"role": "OWNER"}),
        _ => json!({}),
    }
}
