//! Two organisations attack each other over every channel of the hub, by real sockets: what is private is refused, and
//! while one trades nothing of it arrives at the other.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tradewind_server::hub::key::{CHANNELS, channel_name};
use tradewind_types::OrgId;
use tradewind_wire::hub::Channel;
use tradewind_wire::{MemberRole, Role};
use utoipa::PartialSchema;

use crate::access::ALL_SCOPES;
use crate::backtests::{FILE, config, put, waves};
use crate::desk::{As, BTC, Desk, limit_buy};
use crate::sockets::{Heard, Socket, served};
use crate::tenants::{ROLES, Victim, victim};

/// Whose a channel is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Whose {
    /// Everybody's: market data, and the state of the program.
    All,
    /// An account's: refused to everybody who may not read the account.
    Account,
    /// The subscriber's own: everybody has one of that name.
    Own,
}

/// Every channel with what subscribes it for an account. A channel that is not named here does not compile.
fn asked(channel: Channel, account: &str) -> (Whose, Value) {
    let name = channel_name(channel);
    let market = json!({"channel": name, "instrument": BTC});
    match channel {
        Channel::Quotes | Channel::Trades | Channel::Book => (Whose::All, market),
        Channel::Bars => (
            Whose::All,
            json!({"channel": name, "instrument": BTC, "interval": "1m"}),
        ),
        Channel::Indicators => {
            let asked = json!({"channel": name, "instrument": BTC, "interval": "1m", "indicator": "SMA_5"});
            (Whose::All, asked)
        }
        Channel::Connections | Channel::System => (Whose::All, json!({"channel": name})),
        Channel::Orders
        | Channel::Fills
        | Channel::Positions
        | Channel::Accounts
        | Channel::Signals
        | Channel::Strategies
        | Channel::Weights
        | Channel::Ledger => (Whose::Account, json!({"channel": name, "account": account})),
        Channel::Jobs => (Whose::Own, json!({"channel": name})),
    }
}

#[test]
fn the_list_of_channels_has_every_channel_of_the_contract() {
    let schema = serde_json::to_value(Channel::schema()).expect("a schema");
    // With a description of its own each value is a constant; without, they are one list.
    let listed = |value: &Value| -> Vec<String> {
        let one = value["const"].as_str().map(str::to_owned);
        let many = value["enum"].as_array().into_iter().flatten();
        one.into_iter()
            .chain(many.filter_map(|v| v.as_str().map(str::to_owned)))
            .collect()
    };
    let mut contract: BTreeSet<String> = listed(&schema).into_iter().collect();
    for variant in schema["oneOf"].as_array().into_iter().flatten() {
        contract.extend(listed(variant));
    }
    let known: BTreeSet<String> = CHANNELS
        .iter()
        .map(|channel| channel_name(*channel).to_owned())
        .collect();
    assert_eq!(known, contract, "{schema}");
    assert_eq!(known.len(), CHANNELS.len(), "a channel is listed twice");
}

/// A socket of somebody of the other organisation.
struct Attacker {
    what: String,
    socket: Socket,
    heard: Vec<Value>,
}

impl Attacker {
    /// Subscribes every channel for the victim's account, with and without a place to go on from.
    async fn attack(&mut self, victim: &Victim, read: &BTreeMap<String, Value>) {
        let mut refused = BTreeSet::new();
        for channel in CHANNELS {
            let (whose, mut asked) = asked(channel, victim.account.as_str());
            asked["op"] = json!("subscribe");
            let mut ways = vec![asked.clone()];
            // The frame that the owner read last: as good a place to resume from as anybody could know.
            if let Some(frame) = read.get(channel_name(channel)) {
                let mut resumed = asked.clone();
                resumed["since"] = json!({"epoch": frame["epoch"], "seq": 0});
                ways.push(resumed);
            }
            for way in ways {
                let answer = self.ask(way.clone()).await;
                let told = (answer["op"].as_str(), answer["code"].as_str());
                let expected = match whose {
                    Whose::Account => {
                        refused.insert(channel);
                        (Some("error"), Some("UNKNOWN_ACCOUNT"))
                    }
                    Whose::All | Whose::Own => (Some("subscribed"), None),
                };
                assert_eq!(told, expected, "{}: {way}: {answer}", self.what);
                // The words are those for an account that is not there.
                if whose == Whose::Account {
                    let nobodys = self.ask(rename(&way, "nobodys")).await;
                    let words = |answer: &Value, account: &str| {
                        answer["detail"].as_str().expect("a detail").replace(account, "…")
                    };
                    assert_eq!(
                        words(&answer, victim.account.as_str()),
                        words(&nobodys, "nobodys")
                    );
                    let mut leave = way.clone();
                    leave["op"] = json!("unsubscribe");
                    assert_eq!(self.ask(leave).await["code"], "NOT_SUBSCRIBED");
                }
            }
        }
        let private = CHANNELS
            .into_iter()
            .filter(|channel| asked(*channel, "x").0 == Whose::Account)
            .collect();
        assert_eq!(refused, private, "a private channel was not attacked");
    }

    /// What is heard on the way to an answer is kept: none of it may be the victim's.
    async fn ask(&mut self, mut message: Value) -> Value {
        message["id"] = json!("asked");
        self.socket.say(message).await;
        self.until(|frame| frame["id"] == "asked").await
    }

    async fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            match self.socket.hear().await {
                Heard::Frame(frame) if wanted(&frame) => return frame,
                Heard::Frame(frame) => self.heard.push(frame),
                closed => panic!("{}: {closed:?}", self.what),
            }
        }
    }
}

fn rename(way: &Value, account: &str) -> Value {
    let mut other = way.clone();
    other["account"] = json!(account);
    other
}

/// The victim's own socket: reads all of its channels, and shows that there is something to hear.
struct Owner {
    socket: Socket,
    last: BTreeMap<String, Value>,
    deltas: BTreeMap<String, u32>,
}

impl Owner {
    async fn open(desk: &Desk, at: std::net::SocketAddr, victim: &Victim) -> Self {
        let mut socket = Socket::of(desk, at, &victim.owner).await;
        let mut last = BTreeMap::new();
        for channel in CHANNELS {
            let (whose, asked) = asked(channel, victim.account.as_str());
            if whose != Whose::All {
                let snapshot = socket.subscribe(asked).await;
                last.insert(channel_name(channel).to_owned(), snapshot);
            }
        }
        Self {
            socket,
            last,
            deltas: BTreeMap::new(),
        }
    }

    /// Listens until every one of the channels has told of a change.
    async fn hears(&mut self, channels: &[&str]) {
        while !channels.iter().all(|channel| self.deltas.contains_key(*channel)) {
            match self.socket.hear().await {
                Heard::Frame(mut frame) => {
                    let topic = frame["topic"].as_str().unwrap_or_default();
                    let channel = topic.split(':').next().unwrap_or_default().to_owned();
                    if frame["op"] == "delta" {
                        *self.deltas.entry(channel.clone()).or_default() += 1;
                        // Only snapshots tell the epoch that a place counts in.
                        frame["epoch"] = self.last[&channel]["epoch"].clone();
                    }
                    self.last.insert(channel, frame);
                }
                closed => panic!("{closed:?}"),
            }
        }
    }
}

/// The victim does everything that its channels tell of.
async fn trade(desk: &Desk, victim: &Victim, round: u32) {
    let base = format!("/api/v1/accounts/{}", victim.account);
    let send = async |method: &str, path: String, body: Value| {
        let answer = desk.call(&victim.owner, method, &path, body).await;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(
            answer.status.is_success(),
            "{method} {path}: {} {text}",
            answer.status
        );
    };
    for n in 0..3 {
        let id = format!("{}-{round}-{n}", victim.canary);
        let mut order = limit_buy(&id, "0.02", "101");
        if n == 2 {
            order = limit_buy(&id, "0.02", "60");
        }
        send("POST", format!("{base}/orders"), order).await;
    }
    let rest = format!("{base}/orders/{}-{round}-2", victim.canary);
    send("DELETE", rest, Value::Null).await;
    let transfer = json!({"amount": "7", "currency": "USD", "reason": victim.canary});
    let (path, key) = (format!("{base}/transfers"), format!("transfer {round}"));
    let once = (http::HeaderName::from_static("idempotency-key"), key.as_str());
    let moved = desk
        .with_header(&victim.owner, ("POST", &path), once, &transfer)
        .await;
    assert!(
        moved.status.is_success(),
        "{}",
        String::from_utf8_lossy(&moved.body)
    );
    let strategy = format!("{base}/strategies/{}-mine", victim.canary);
    for enabled in [true, false] {
        send("PATCH", strategy.clone(), json!({"enabled": enabled})).await;
    }
    // Time goes on, and the market with it.
    desk.pass(std::time::Duration::from_secs(1)).await;
    desk.quote(BTC, 100, 101).await;
}

async fn attacked(house_is_victim: bool) {
    let desk = Desk::with_hub(|config| config.rates.multiplier = 100_000).await;
    desk.quote(BTC, 100, 101).await;
    let (house, tenant) = (desk.state.config.org.clone(), desk.organisation("rival").await);
    let (own, other): (&OrgId, &OrgId) = if house_is_victim {
        (&house, &tenant)
    } else {
        (&tenant, &house)
    };
    let victim = victim(&desk, own, "hubcanary").await;
    // Served last: as at a start, the hub knows whose the accounts are.
    let at = served(&desk).await;
    let mut owner = Owner::open(&desk, at, &victim).await;

    let mut attackers = Vec::new();
    for role in ROLES {
        let name = format!("foe-{role:?}").to_lowercase();
        let user = desk.person_of(other, &name, role).await;
        desk.account_of(other, &format!("a-{name}"), &[(&user, MemberRole::Owner)])
            .await;
        for (kind, who) in [
            ("session", desk.session(&user).await),
            ("key", desk.key(&user, &ALL_SCOPES, None).await),
        ] {
            let mut attacker = Attacker {
                what: format!("{role:?} of {other} by {kind}"),
                socket: Socket::of(&desk, at, &who).await,
                heard: Vec::new(),
            };
            attacker.attack(&victim, &owner.last).await;
            attackers.push(attacker);
        }
    }

    let told = ["orders", "fills", "positions", "accounts", "ledger", "strategies"];
    for round in 0..2 {
        owner.deltas.clear();
        trade(&desk, &victim, round).await;
        owner.hears(&told).await;
    }
    // What has reached the owner was told before; a pong comes after whatever was told.
    for attacker in &mut attackers {
        attacker.attack(&victim, &owner.last).await;
        attacker.socket.say(json!({"op": "ping"})).await;
        attacker.until(|frame| frame["op"] == "pong").await;
        let market = attacker
            .heard
            .iter()
            .filter(|frame| frame["topic"] == format!("quotes:{BTC}"));
        assert!(market.count() > 0, "{} heard nothing at all", attacker.what);
        for frame in &attacker.heard {
            let text = frame.to_string();
            assert!(
                !text.contains(victim.canary),
                "{} hears of {}: {text}",
                attacker.what,
                victim.canary
            );
            let topic = frame["topic"].as_str().unwrap_or_default();
            let channel = topic.split(':').next().unwrap_or_default();
            let private = CHANNELS
                .into_iter()
                .find(|known| channel_name(*known) == channel && asked(*known, "x").0 == Whose::Account);
            assert_eq!(private, None, "{} reads {topic}", attacker.what);
        }
    }
    assert!(
        owner
            .last
            .values()
            .any(|frame| frame.to_string().contains(victim.canary)),
        "the owner was told nothing that could have leaked"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_the_organisation_that_runs_the_installation_is_heard_by_another() {
    attacked(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_another_organisation_is_heard_by_the_one_that_runs_the_installation() {
    attacked(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybodys_own_channel_is_their_own() {
    let desk = Desk::with_hub(|config| config.rates.multiplier = 100_000).await;
    let at = served(&desk).await;
    let tenant = desk.organisation("rival").await;
    let one = desk.person("jobcanary", Role::Analyst).await;
    let two = desk.person_of(&tenant, "other", Role::Analyst).await;
    let (one, two): (As, As) = (desk.session(&one).await, desk.session(&two).await);
    let (mut reader, mut spy) = (
        Socket::of(&desk, at, &one).await,
        Socket::of(&desk, at, &two).await,
    );
    for socket in [&mut reader, &mut spy] {
        let snapshot = socket.subscribe(json!({"channel": "jobs"})).await;
        assert_eq!(snapshot["data"], json!([]));
    }
    let sent = put(&desk, &one, FILE, &waves(200)).await;
    assert_eq!(sent.status, 201, "{}", sent.json());
    let config = config("").replace("name = \"waves\"", "name = \"jobcanary\"");
    let body = json!({"kind": "RUN", "config": config});
    let made = desk.call(&one, "POST", "/api/v1/backtests", body).await;
    assert_eq!(made.status, 202, "{}", String::from_utf8_lossy(&made.body));
    loop {
        match reader.hear().await {
            Heard::Frame(frame) if frame.to_string().contains("jobcanary") => break,
            Heard::Frame(_) => {}
            closed => panic!("{closed:?}"),
        }
    }
    spy.say(json!({"op": "ping"})).await;
    loop {
        match spy.hear().await {
            Heard::Frame(frame) if frame["op"] == "pong" => break,
            Heard::Frame(frame) => assert!(!frame.to_string().contains("jobcanary"), "{frame}"),
            closed => panic!("{closed:?}"),
        }
    }
}
