//! Two organisations on one installation attack each other: over every endpoint of the route table and every channel of the
//! hub, with every role, by session and by key, with the other's ids in paths, queries, bodies and cursors.
//!
//! What belongs to a victim carries a canary in its id or its content; no answer to an attacker may contain one, but for
//! the path that the attacker asked for, which a problem repeats.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use tradewind_server::access::{Action, Rights, Rule};
use tradewind_server::hub::key::{CHANNELS, Subject};
use tradewind_server::hub::{HubAccess, TopicKey};
use tradewind_server::identity::Credential;
use tradewind_server::routes::{Endpoint, endpoints};
use tradewind_types::{AccountId, OrgId};
use tradewind_wire::hub::Channel;
use tradewind_wire::{MemberRole, Role};

use crate::access::{ALL_SCOPES, path_of};
use crate::backtests::{FILE, config, put, waves};
use crate::desk::{Answer, As, BTC, Desk, limit_buy};

pub(crate) const ROLES: [Role; 7] = [
    Role::SuperAdmin,
    Role::Admin,
    Role::Compliance,
    Role::Analyst,
    Role::Trader,
    Role::Viewer,
    Role::Service,
];
const SCRIPT: &str = include_str!("../../../../examples/scripts/ema_cross.rhai");

/// An organisation with something of everything, all of it marked.
pub(crate) struct Victim {
    pub(crate) canary: &'static str,
    pub(crate) account: AccountId,
    pub(crate) owner: As,
    /// What stands in for the parameters of paths.
    ids: BTreeMap<&'static str, String>,
    /// Cursors of its lists.
    cursors: Vec<String>,
}

async fn made(desk: &Desk, who: &As, path: &str, body: Value) -> Value {
    let answer = desk.call(who, "POST", path, body).await;
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    assert!(answer.status.is_success(), "{path}: {} {text}", answer.status);
    answer.json()
}

pub(crate) async fn victim(desk: &Desk, org: &OrgId, canary: &'static str) -> Victim {
    let user = desk.person_of(org, canary, Role::SuperAdmin).await;
    desk.person_of(org, &format!("{canary}-two"), Role::Trader).await;
    let owner = desk.session(&user).await;
    let account = desk
        .account_of(org, &format!("a-{canary}"), &[(&user, MemberRole::Owner)])
        .await;
    let base = format!("/api/v1/accounts/{account}");
    for n in 0..3 {
        let order = limit_buy(&format!("{canary}-order-{n}"), "0.5", "50");
        made(desk, &owner, &format!("{base}/orders"), order).await;
    }
    let deployed = json!({"strategy": format!("{canary}-mine"), "script": SCRIPT, "instruments": [BTC], "interval": "1m"});
    made(desk, &owner, &format!("{base}/strategies"), deployed).await;
    let line = json!({"instrument": BTC, "kind": "HORIZONTAL_LINE", "points": [{"time": "2026-11-01T00:00:00Z", "price": "5"}],
        "style": {"text": canary}});
    let drawing = made(desk, &owner, "/api/v1/chart/drawings", line).await;
    let template = format!("/api/v1/chart/templates/{canary}-template");
    let content = json!({"content": {"indicators": []}});
    let kept = desk.call(&owner, "PUT", &template, content).await;
    assert_eq!(kept.status, 200, "{}", String::from_utf8_lossy(&kept.body));
    let key = json!({"name": canary, "scopes": ["READ"]});
    let key = made(desk, &owner, "/api/v1/keys", key).await;
    let agreed = json!({"granted": true, "policy": canary});
    let agreed = desk
        .call(&owner, "PUT", "/api/v1/me/consents/RESEARCH", agreed)
        .await;
    assert_eq!(agreed.status, 200, "{}", String::from_utf8_lossy(&agreed.body));
    let erasure = made(desk, &owner, "/api/v1/me/deletion-request", Value::Null).await;
    put(desk, &owner, FILE, &waves(600)).await;
    let job = json!({"kind": "RUN", "name": canary, "config": config("")});
    let job = made(desk, &owner, "/api/v1/backtests", job).await;
    desk.projected().await;
    let mut cursors = Vec::new();
    for list in [
        "/api/v1/users".to_owned(),
        format!("{base}/orders"),
        format!("{base}/ledger"),
    ] {
        let page = desk.get(&owner, &format!("{list}?limit=1")).await.json();
        cursors.extend(page["next_cursor"].as_str().map(str::to_owned));
    }
    let text = |value: &Value| value.as_str().expect("an id").to_owned();
    let sessions = desk.get(&owner, "/api/v1/sessions").await.json();
    let ids = BTreeMap::from([
        ("{account}", account.to_string()),
        ("{user}", user.to_string()),
        ("{client_order_id}", format!("{canary}-order-0")),
        ("{strategy}", format!("{canary}-mine")),
        ("{drawing}", text(&drawing["id"])),
        ("{name}", format!("{canary}-template")),
        ("{key}", text(&key["id"])),
        ("{backtest}", text(&job["id"])),
        ("{job}", text(&job["id"])),
        ("{session}", text(&sessions["items"][0]["id"])),
        ("{request}", text(&erasure["id"])),
    ]);
    Victim {
        canary,
        account,
        owner,
        ids,
        cursors,
    }
}

/// What the victim has, as it sees it itself: nothing of it may change.
async fn inventory(desk: &Desk, victim: &Victim) -> Vec<Value> {
    let base = format!("/api/v1/accounts/{}", victim.account);
    let mut seen = Vec::new();
    for path in [
        "/api/v1/organisation".to_owned(),
        "/api/v1/users".to_owned(),
        "/api/v1/keys".to_owned(),
        "/api/v1/chart/templates".to_owned(),
        "/api/v1/me/consents".to_owned(),
        "/api/v1/me/deletion-request".to_owned(),
        "/api/v1/deletion-requests".to_owned(),
        "/api/v1/me/notifications".to_owned(),
        "/api/v1/jobs?kind=SWEEP".to_owned(),
        format!("/api/v1/chart/drawings?instrument={BTC}"),
        format!("{base}/members"),
        format!("{base}/balances"),
        format!("{base}/risk"),
        format!("{base}/ledger/settings"),
        format!("{base}/orders?state=open"),
    ] {
        let answer = desk.get(&victim.owner, &path).await;
        assert_eq!(answer.status, 200, "{path}");
        let mut json = answer.json();
        if let Some(items) = json["items"].as_array_mut() {
            for item in items.iter_mut().filter_map(Value::as_object_mut) {
                item.remove("last_used_at");
            }
        }
        seen.push(json);
    }
    let strategy = desk
        .get(
            &victim.owner,
            &format!("{base}/strategies/{}-mine", victim.canary),
        )
        .await;
    seen.push(strategy.json()["status"].clone());
    seen
}

/// A body that would do something with what is the victim's, if it were let through.
fn body(endpoint: &Endpoint, victim: &Victim) -> Value {
    let (user, account) = (&victim.ids["{user}"], victim.account.as_str());
    match endpoint.action {
        Action::OrdersSubmit if endpoint.path.ends_with("batch") => {
            json!({"mode": "INDEPENDENT", "orders": [limit_buy("x", "0.5", "99")]})
        }
        Action::OrdersSubmit if endpoint.method == "PATCH" => json!({"price": "98"}),
        Action::OrdersSubmit => limit_buy("x", "0.5", "99"),
        Action::KillSwitchEngage | Action::KillSwitchAllEngage => json!({"flatten": true, "reason": "mine"}),
        Action::Transfer => json!({"amount": "5", "currency": "USD", "reason": "mine"}),
        Action::Bookkeep if endpoint.path.ends_with("bookings") => {
            let booking = json!({"task": "TRANSFER_TO", "to": account, "amount": "5", "currency": "USD"});
            json!({"booking": booking, "reason": "mine"})
        }
        Action::StrategySwitch => json!({"enabled": false}),
        Action::StrategyDeploy => {
            json!({"strategy": victim.ids["{strategy}"], "script": SCRIPT, "instruments": [BTC], "interval": "1m"})
        }
        Action::MemberPut => json!({"role": "OWNER"}),
        Action::UserChange => json!({"role": "VIEWER", "disabled": true}),
        Action::OrganisationChange => json!({"name": "mine"}),
        Action::DeletionDecide if endpoint.path.ends_with("hold") => json!({"reason": "mine"}),
        Action::KeyCreate => json!({"name": "mine", "scopes": ["READ"], "accounts": [account]}),
        Action::ChartChange if endpoint.path.ends_with("{name}") => json!({"content": {"indicators": []}}),
        _ => json!({"user": user, "account": account}),
    }
}

struct Attack<'a> {
    desk: &'a Desk,
    victim: &'a Victim,
    who: &'a As,
    what: String,
}

impl Attack<'_> {
    async fn send(&self, endpoint: &Endpoint, path: &str) -> Answer {
        let body = match endpoint.method {
            "GET" => None,
            _ => Some(body(endpoint, self.victim)),
        };
        let mut request = self.desk.request(self.who, endpoint.method, path, body.as_ref());
        if endpoint.method == "POST" {
            let key = format!("attack {}", endpoint.path.len());
            request
                .headers_mut()
                .insert("idempotency-key", key.parse().expect("header"));
        }
        if endpoint.method != "GET" {
            request
                .headers_mut()
                .insert("if-match", "*".parse().expect("header"));
        }
        let answer = self.desk.send(request).await;
        let text = String::from_utf8_lossy(&answer.body);
        // A problem repeats the path that was asked for, and its words the ids that were sent.
        let sent = format!("{path} {}", body.unwrap_or_default());
        let mut told = text.replace(path, "");
        for id in self.victim.ids.values().filter(|id| sent.contains(id.as_str())) {
            told = told.replace(id, "");
        }
        assert!(
            !told.contains(self.victim.canary),
            "{}: {} {path} leaks {}: {told}",
            self.what,
            endpoint.method,
            self.victim.canary
        );
        assert!(
            !answer.status.is_server_error() || answer.status == 503,
            "{}: {} {path}",
            self.what,
            answer.status
        );
        answer
    }

    /// With the victim's ids in the path.
    async fn by_path(&self, endpoint: &Endpoint, own: &AccountId) {
        let fill = |account: &AccountId| {
            let mut path = endpoint.path.clone();
            for (parameter, id) in &self.victim.ids {
                let id = if *parameter == "{account}" {
                    account.as_str()
                } else {
                    id.as_str()
                };
                path = path.replace(parameter, id);
            }
            let rest = Endpoint {
                path,
                ..endpoint.clone()
            };
            path_of(&rest, account, "u-nobody")
        };
        let path = fill(&self.victim.account);
        let answer = self.send(endpoint, &path).await;
        if matches!(endpoint.action.rule(), Rule::Account(_)) {
            let seen = (answer.status.as_u16(), answer.problem());
            assert_eq!(seen, (404, "ACCOUNT_UNKNOWN".to_owned()), "{}: {path}", self.what);
            // The other ids below an account of one's own.
            self.send(endpoint, &fill(own)).await;
        } else if endpoint.path.contains("{user}") || endpoint.path.contains("{request}") {
            assert!(
                [403, 404].contains(&answer.status.as_u16()),
                "{}: {} {path}",
                self.what,
                answer.status
            );
        }
    }

    /// With the victim's ids and cursors in the query.
    async fn by_query(&self, endpoint: &Endpoint, own: &AccountId) {
        let path = path_of(endpoint, own, "u-nobody");
        for cursor in &self.victim.cursors {
            self.send(endpoint, &format!("{path}?cursor={cursor}&limit=5"))
                .await;
        }
        for (name, id) in [
            ("account", self.victim.account.as_str()),
            ("user", &self.victim.ids["{user}"]),
            ("who", &self.victim.ids["{user}"]),
            ("actor", &self.victim.ids["{user}"]),
            ("org", self.victim.canary),
            ("strategy", &self.victim.ids["{strategy}"]),
        ] {
            let answer = self.send(endpoint, &format!("{path}?{name}={id}")).await;
            assert_ne!(answer.status, 500, "{path}?{name}={id}");
        }
    }
}

async fn attacked(desk: &Desk, victim: &Victim, org: &OrgId, mark: &str) {
    let before = inventory(desk, victim).await;
    for role in ROLES {
        let name = format!("{mark}-{role:?}").to_lowercase();
        let user = desk.person_of(org, &name, role).await;
        let own = desk
            .account_of(org, &format!("a-{name}"), &[(&user, MemberRole::Owner)])
            .await;
        for (kind, credential) in [
            ("session", desk.session(&user).await),
            ("key", desk.key(&user, &ALL_SCOPES, None).await),
        ] {
            let attack = Attack {
                desk,
                victim,
                who: &credential,
                what: format!("{role:?} of {org} by {kind}"),
            };
            // Ending one's own session, or making the name of the victim's template one's own, would spoil what follows.
            let spoils = |e: &Endpoint| {
                matches!(e.action, Action::SessionEnd | Action::PasswordChange)
                    || (e.method == "PUT" && e.path.ends_with("{name}"))
                    || e.action == Action::KillSwitchAllEngage
                    || (e.action == Action::StrategyDeploy && e.method == "POST")
            };
            for endpoint in endpoints().iter().filter(|e| !spoils(e)) {
                attack.by_path(endpoint, &own).await;
                // What a key may ask for is a part of what its owner may.
                if endpoint.method == "GET" && kind == "session" {
                    attack.by_query(endpoint, &own).await;
                }
            }
        }
        hears_nothing(desk, victim, &user, role).await;
    }
    desk.projected().await;
    assert_eq!(
        inventory(desk, victim).await,
        before,
        "an attack changed something of {}",
        victim.canary
    );
}

/// No channel of the victim's is open to the attacker.
async fn hears_nothing(desk: &Desk, victim: &Victim, user: &tradewind_types::UserId, role: Role) {
    let clock = Arc::clone(&desk.state.clock);
    let rights = Rights::new(&desk.db, &clock, &desk.state.config, &desk.state.keyring);
    rights
        .orgs
        .learn_all(&desk.engine)
        .await
        .expect("the engine answers");
    let As::Session { token, .. } = desk.session(user).await else {
        panic!("a session")
    };
    let found = rights.identities.find(&Credential::Session(token), None).await;
    let caller = found.expect("store").expect("known");
    let owner: tradewind_types::UserId = victim.ids["{user}"].parse().expect("id");
    let mut private = 0;
    for channel in CHANNELS {
        let subject = match channel {
            Channel::Quotes | Channel::Trades | Channel::Book | Channel::Bars | Channel::Indicators => {
                continue;
            }
            // The whole program: what is told there names no organisation (`no_channel_of_all_names_anybody`).
            Channel::Connections | Channel::System => continue,
            Channel::Jobs => Subject::Person(owner.clone()),
            _ => Subject::Account(victim.account.clone()),
        };
        private += 1;
        let key = TopicKey { channel, subject };
        assert!(
            !rights.may_read(&caller, &key),
            "{role:?} hears {channel:?} of {}",
            victim.canary
        );
    }
    assert_eq!(private, 9, "a channel is not looked at");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organisation_attacks_the_one_that_runs_the_installation_everywhere_and_nothing_leaks() {
    let desk = Desk::open().await;
    desk.quote(BTC, 100, 101).await;
    let (house, tenant) = (desk.state.config.org.clone(), desk.organisation("rival").await);
    let of_house = victim(&desk, &house, "housecanary").await;
    attacked(&desk, &of_house, &tenant, "foe").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_organisation_that_runs_the_installation_attacks_another_everywhere_and_nothing_leaks() {
    let desk = Desk::open().await;
    desk.quote(BTC, 100, 101).await;
    let (house, tenant) = (desk.state.config.org.clone(), desk.organisation("rival").await);
    let of_tenant = victim(&desk, &tenant, "rivalcanary").await;
    attacked(&desk, &of_tenant, &house, "peer").await;
}

#[tokio::test]
async fn a_super_administrator_oversees_the_own_organisation_and_no_other() {
    let desk = Desk::open().await;
    let (house, tenant) = (desk.state.config.org.clone(), desk.organisation("rival").await);
    let root = desk.person_of(&house, "root", Role::SuperAdmin).await;
    let boss = desk.person_of(&tenant, "boss", Role::SuperAdmin).await;
    desk.account_of(&house, "a-house", &[]).await;
    desk.account_of(&tenant, "a-rival", &[]).await;
    for (who, own, other) in [(root, "a-house", "a-rival"), (boss, "a-rival", "a-house")] {
        let who = desk.session(&who).await;
        let accounts = desk.get(&who, "/api/v1/accounts").await.json();
        let ids: Vec<&str> = accounts["items"]
            .as_array()
            .expect("items")
            .iter()
            .filter_map(|a| a["id"].as_str())
            .collect();
        assert_eq!(ids, [own]);
        assert_eq!(
            desk.get(&who, &format!("/api/v1/accounts/{own}")).await.status,
            200
        );
        assert_eq!(
            desk.get(&who, &format!("/api/v1/accounts/{other}"))
                .await
                .problem(),
            "ACCOUNT_UNKNOWN"
        );
        let stop = json!({"flatten": false, "reason": "x"});
        let stop = desk
            .call(
                &who,
                "POST",
                &format!("/api/v1/accounts/{other}/kill-switch"),
                stop,
            )
            .await;
        assert_eq!(stop.problem(), "ACCOUNT_UNKNOWN");
    }
}

#[tokio::test]
async fn what_all_organisations_share_is_kept_by_the_one_that_runs_the_installation() {
    let desk = Desk::open().await;
    let (house, tenant) = (desk.state.config.org.clone(), desk.organisation("rival").await);
    let root = desk.person_of(&house, "root", Role::SuperAdmin).await;
    let boss = desk.person_of(&tenant, "boss", Role::SuperAdmin).await;
    let (root, boss) = (desk.session(&root).await, desk.session(&boss).await);
    let stop = json!({"flatten": false, "reason": "x"});
    let refused = desk
        .call(&boss, "POST", "/api/v1/kill-switch", stop.clone())
        .await;
    assert_eq!(refused.problem(), "FORBIDDEN");
    assert_eq!(
        desk.get(&boss, "/api/v1/organisations").await.problem(),
        "FORBIDDEN"
    );
    assert_eq!(
        desk.call(&root, "POST", "/api/v1/kill-switch", stop).await.status,
        200
    );
    let told = desk.get(&boss, "/api/v1/kill-switch").await.json();
    assert_eq!(
        (&told["engaged"], &told["kill_switch"]["actor"]),
        (&true.into(), &"operator".into())
    );
    let all = desk.get(&root, "/api/v1/organisations").await.json();
    let listed: Vec<(&str, u64)> = all["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|o| {
            (
                o["id"].as_str().expect("id"),
                o["people"].as_u64().expect("a count"),
            )
        })
        .collect();
    assert_eq!(listed, [("desk", 1), ("rival", 1)]);
}

#[tokio::test]
async fn an_organisation_is_renamed_on_the_version_that_was_read_and_shows_its_own_people() {
    let desk = Desk::open().await;
    let tenant = desk.organisation("rival").await;
    let boss = desk.person_of(&tenant, "boss", Role::Admin).await;
    let clerk = desk.person_of(&tenant, "clerk", Role::Viewer).await;
    desk.person("stranger", Role::Trader).await;
    let (boss, clerk) = (desk.session(&boss).await, desk.session(&clerk).await);
    let read = desk.get(&clerk, "/api/v1/organisation").await;
    assert_eq!(
        (&read.json()["id"], &read.json()["runs_the_installation"]),
        (&"rival".into(), &false.into())
    );
    let tag = read.headers["etag"].to_str().expect("text").to_owned();
    let name = json!({"name": "Rival & Sons"});
    let path = ("PATCH", "/api/v1/organisation");
    assert_eq!(
        desk.call(&boss, "PATCH", path.1, name.clone()).await.problem(),
        "PRECONDITION_MISSING"
    );
    let put = async |who: &As, tag: &str| {
        desk.with_header(who, path, (http::header::IF_MATCH, tag), &name)
            .await
    };
    assert_eq!(put(&clerk, &tag).await.problem(), "FORBIDDEN");
    let done = put(&boss, &tag).await;
    assert_eq!(
        (done.status.as_u16(), &done.json()["name"]),
        (200, &"Rival & Sons".into())
    );
    assert_eq!(put(&boss, &tag).await.problem(), "VERSION_CONFLICT");
    assert_eq!(
        desk.get(&clerk, "/api/v1/organisation/members").await.problem(),
        "FORBIDDEN"
    );
    let people = desk.get(&boss, "/api/v1/organisation/members").await.json();
    let names: Vec<&str> = people["items"]
        .as_array()
        .expect("items")
        .iter()
        .filter_map(|p| p["display_name"].as_str())
        .collect();
    assert_eq!(names, ["boss", "clerk"]);
}

#[tokio::test]
async fn nobody_of_another_organisation_becomes_a_member() {
    let desk = Desk::open().await;
    let tenant = desk.organisation("rival").await;
    let ana = desk.person("ana", Role::Trader).await;
    let foe = desk.person_of(&tenant, "foe", Role::Trader).await;
    let account = desk.account("a-ana", &[(&ana, MemberRole::Owner)]).await;
    let who = desk.session(&ana).await;
    let path = format!("/api/v1/accounts/{account}/members/{foe}");
    let refused = desk.call(&who, "PUT", &path, json!({"role": "VIEWER"})).await;
    assert_eq!(
        (refused.status.as_u16(), refused.problem().as_str()),
        (404, "MEMBER_UNKNOWN")
    );
    // Not even when a row says so: a membership holds within one's own organisation.
    let smuggled = tradewind_store::identity::memberships::MembershipRow {
        account: account.clone(),
        owner: foe.clone(),
        role: "OWNER".to_owned(),
        since: desk.state.clock.now(),
        version: 1,
    };
    for org in [&desk.state.config.org, &tenant] {
        let engine = &desk.state.config.engine_id;
        let stored = tradewind_store::identity::memberships::upsert(&desk.db, org, engine, &smuggled, "test");
        stored.await.expect("stored");
        desk.state.identity_changed();
        let foe = desk.session(&foe).await;
        let seen = desk.get(&foe, &format!("/api/v1/accounts/{account}")).await;
        assert_eq!(seen.problem(), "ACCOUNT_UNKNOWN");
    }
}
