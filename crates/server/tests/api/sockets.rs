//! Real WebSockets against the program: whatever ends a credential or takes a right away reaches open sockets within
//! five seconds. Time is the tests' own clock where something ends by itself, and the wall's for how long it takes.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tradewind_server::limits::ConnectionLimits;
use tradewind_store::identity::{families, keys, memberships, sessions};
use tradewind_types::Clock as _;
use tradewind_wire::{MemberRole, Role, Scope};

use crate::desk::{As, BTC, Desk, PASSWORD, limit_buy};
use crate::second_factor::enrol;

/// What the specification allows.
const REACHED: Duration = Duration::from_secs(5);
const REVOKED: u16 = 4403;
const UNAUTHENTICATED: u16 = 4401;

/// What a socket hears.
#[derive(Debug)]
pub(crate) enum Heard {
    Frame(Value),
    Closed(u16),
}

pub(crate) struct Socket(WebSocketStream<TcpStream>);

/// Serves a desk on a free port of the loopback interface.
pub(crate) async fn served(desk: &Desk) -> SocketAddr {
    desk.state.tidy().await.expect("tidied");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let (router, limits) = (desk.router.clone(), ConnectionLimits::default());
    tokio::spawn(tradewind_server::serve(
        listener,
        router,
        limits,
        std::future::pending(),
    ));
    address
}

impl Socket {
    pub(crate) async fn connect(address: SocketAddr, bearer: Option<&str>) -> Self {
        let text = format!("ws://{address}/api/v1/stream");
        let mut request = text.into_client_request().expect("a request");
        if let Some(bearer) = bearer {
            let value = format!("Bearer {bearer}").parse().expect("a header");
            request.headers_mut().insert("authorization", value);
        }
        let stream = TcpStream::connect(address).await.expect("a connection");
        let opened = tokio_tungstenite::client_async(request, stream).await;
        Self(opened.expect("an upgrade").0)
    }

    /// Connects as a browser with a ticket, or as a program with its key or token.
    pub(crate) async fn of(desk: &Desk, address: SocketAddr, who: &As) -> Self {
        let mut socket = match who {
            As::Key(bearer) => Self::connect(address, Some(bearer)).await,
            As::Session { .. } | As::Nobody => {
                let ticket = desk
                    .call(who, "POST", "/api/v1/stream/tickets", Value::Null)
                    .await;
                assert_eq!(ticket.status, 201, "{}", String::from_utf8_lossy(&ticket.body));
                let mut socket = Self::connect(address, None).await;
                let auth = json!({"op": "auth", "ticket": ticket.json()["ticket"]});
                socket.say(auth).await;
                socket
            }
        };
        match socket.hear().await {
            Heard::Frame(frame) => assert_eq!(frame["op"], "welcome", "{frame}"),
            closed => panic!("{who:?} was not let in: {closed:?}"),
        }
        socket
    }

    pub(crate) async fn say(&mut self, message: Value) {
        let text = Message::text(message.to_string());
        self.0.send(text).await.expect("sent");
    }

    /// The next frame that is no heartbeat, or the end. Waits longer than anything may take.
    pub(crate) async fn hear(&mut self) -> Heard {
        let heard = async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Text(text))) => {
                        let frame: Value = serde_json::from_str(&text).expect("JSON");
                        if frame["op"] != "heartbeat" {
                            return Heard::Frame(frame);
                        }
                    }
                    Some(Ok(Message::Close(Some(close)))) => return Heard::Closed(close.code.into()),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    other => panic!("{other:?}"),
                }
            }
        };
        let patience = REACHED * 4;
        let heard = tokio::time::timeout(patience, heard).await;
        heard.expect("something is heard in time")
    }

    /// Says something and hears the answer that goes by its id, or is an error; deltas in between are given up.
    pub(crate) async fn ask(&mut self, mut message: Value) -> Value {
        message["id"] = json!("asked");
        self.say(message).await;
        loop {
            match self.hear().await {
                Heard::Frame(frame) if frame["id"] == "asked" => return frame,
                Heard::Frame(_) => {}
                closed => panic!("{closed:?}"),
            }
        }
    }

    /// Subscribes and hears the snapshot.
    pub(crate) async fn subscribe(&mut self, mut asked: Value) -> Value {
        asked["op"] = json!("subscribe");
        let answer = self.ask(asked.clone()).await;
        assert_eq!(answer["op"], "subscribed", "{asked}: {answer}");
        loop {
            match self.hear().await {
                Heard::Frame(frame) if frame["op"] == "snapshot" && frame["topic"] == answer["topic"] => {
                    return frame;
                }
                Heard::Frame(_) => {}
                closed => panic!("{closed:?}"),
            }
        }
    }

    /// Everything up to the close code.
    async fn end(&mut self) -> u16 {
        loop {
            if let Heard::Closed(code) = self.hear().await {
                return code;
            }
        }
    }

    /// Hears that a topic is taken away.
    async fn loses(&mut self, topic: &str) {
        loop {
            match self.hear().await {
                Heard::Frame(frame) if frame["op"] == "unsubscribed" && frame["topic"] == topic => return,
                Heard::Frame(frame) if frame["op"] == "error" => {
                    let told = (frame["code"].as_str(), frame["id"].as_str());
                    assert_eq!(told, (Some("SUBSCRIPTION_REVOKED"), Some(topic)), "{frame}");
                }
                Heard::Frame(_) => {}
                closed => panic!("{closed:?}"),
            }
        }
    }
}

pub(crate) fn quotes() -> Value {
    json!({"channel": "quotes", "instrument": BTC})
}

fn orders(account: &str) -> Value {
    json!({"channel": "orders", "account": account})
}

async fn tokens(desk: &Desk, name: &str) -> (As, String) {
    let body = json!({"username": name, "password": PASSWORD});
    let told = desk
        .call(&As::Nobody, "POST", "/api/v1/tokens", body)
        .await
        .json();
    let text = |field: &str| told[field].as_str().expect(field).to_owned();
    (As::Key(text("access_token")), text("refresh_token"))
}

/// Whatever a person can be signed in with.
struct Signed {
    session: As,
    key: As,
    token: As,
    refresh: String,
}

async fn everything(desk: &Desk, name: &str, role: Role) -> Signed {
    let user = desk.person(name, role).await;
    let (token, refresh) = tokens(desk, name).await;
    Signed {
        session: desk.session(&user).await,
        key: desk.key(&user, &[Scope::Read], None).await,
        token,
        refresh,
    }
}

async fn ok(desk: &Desk, who: &As, method: &str, path: &str, body: Value) -> Value {
    let answer = desk.call(who, method, path, body).await;
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    assert!(
        answer.status.is_success(),
        "{method} {path}: {} {text}",
        answer.status
    );
    serde_json::from_slice(&answer.body).unwrap_or(Value::Null)
}

/// Each of the sockets hears the end of its credential in time.
async fn all_end(began: Instant, what: &str, sockets: Vec<Socket>) {
    for mut socket in sockets {
        assert_eq!(socket.end().await, REVOKED, "{what}");
        assert!(began.elapsed() < REACHED, "{what} took {:?}", began.elapsed());
    }
}

/// What is told of a session or family in the list of those that are open, by its kind.
async fn sign_in_of(desk: &Desk, who: &As, kind: &str, current: bool) -> String {
    let list = desk.get(who, "/api/v1/sessions").await.json();
    let items = list["items"].as_array().expect("items");
    let found = items
        .iter()
        .find(|item| item["kind"] == kind && item["current"] == current);
    let found = found.unwrap_or_else(|| panic!("no {kind} in {list}"));
    found["id"].as_str().expect("an id").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_a_family_or_a_key_that_is_ended_takes_its_sockets_with_it_and_no_others() {
    let desk = Desk::with_hub(|config| config.rates.multiplier = 1_000).await;
    let at = served(&desk).await;
    let asha = everything(&desk, "asha", Role::Trader).await;
    let user = "u-asha".parse().expect("id");
    let second = desk.session(&user).await;
    let mut bystander = Socket::of(&desk, at, &second).await;
    bystander.subscribe(quotes()).await;

    let open = async |who: &As| {
        let mut socket = Socket::of(&desk, at, who).await;
        socket.subscribe(quotes()).await;
        socket
    };
    let sockets = vec![open(&asha.session).await, open(&asha.session).await];
    let list = desk.get(&asha.session, "/api/v1/sessions").await.json();
    let current = list["items"].as_array().expect("items");
    let current = current.iter().find(|item| item["current"] == true).expect("own");
    let path = format!("/api/v1/sessions/{}", current["id"].as_str().expect("id"));
    let began = Instant::now();
    ok(&desk, &second, "DELETE", &path, Value::Null).await;
    all_end(began, "a session ended from another", sockets).await;

    let third = desk.session(&user).await;
    let socket = open(&third).await;
    let began = Instant::now();
    ok(&desk, &third, "DELETE", "/api/v1/session", Value::Null).await;
    all_end(began, "signing out", vec![socket]).await;

    let socket = open(&asha.token).await;
    let family = sign_in_of(&desk, &second, "TOKEN", false).await;
    let path = format!("/api/v1/sessions/{family}");
    let began = Instant::now();
    ok(&desk, &second, "DELETE", &path, Value::Null).await;
    all_end(began, "a family ended from a session", vec![socket]).await;

    let (token, refresh) = tokens(&desk, "asha").await;
    let socket = open(&token).await;
    let body = json!({"refresh_token": refresh});
    let began = Instant::now();
    ok(&desk, &As::Nobody, "DELETE", "/api/v1/tokens", body).await;
    all_end(began, "a family ended by its token", vec![socket]).await;

    let (token, refresh) = tokens(&desk, "asha").await;
    let socket = open(&token).await;
    let body = json!({"refresh_token": refresh});
    let turned = ok(&desk, &As::Nobody, "POST", "/api/v1/tokens/refresh", body.clone()).await;
    let newer = As::Key(turned["access_token"].as_str().expect("token").to_owned());
    let newer = open(&newer).await;
    let began = Instant::now();
    let reused = desk
        .call(&As::Nobody, "POST", "/api/v1/tokens/refresh", body)
        .await;
    assert_eq!(reused.status, 401);
    all_end(began, "a refresh token shown twice", vec![socket, newer]).await;

    let socket = open(&asha.key).await;
    let list = desk.get(&second, "/api/v1/keys").await.json();
    let path = format!("/api/v1/keys/{}", list["items"][0]["id"].as_str().expect("id"));
    let began = Instant::now();
    ok(&desk, &second, "DELETE", &path, Value::Null).await;
    all_end(began, "a key revoked", vec![socket]).await;

    // Whoever was not meant goes on, and is answered.
    bystander.say(json!({"op": "ping"})).await;
    loop {
        match bystander.hear().await {
            Heard::Frame(frame) if frame["op"] == "pong" => break,
            Heard::Frame(_) => {}
            closed => panic!("{closed:?}"),
        }
    }
    assert!(!asha.refresh.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_who_is_disabled_or_whose_password_or_factor_changes_loses_the_open_sockets() {
    let desk = Desk::with_hub(|config| config.rates.multiplier = 1_000).await;
    let at = served(&desk).await;
    let root = desk.person("root", Role::SuperAdmin).await;
    let root = desk.session(&root).await;
    let three = async |signed: &Signed| {
        let mut all = Vec::new();
        for who in [&signed.session, &signed.key, &signed.token] {
            let mut socket = Socket::of(&desk, at, who).await;
            socket.subscribe(quotes()).await;
            all.push(socket);
        }
        all
    };

    let asha = everything(&desk, "asha", Role::Trader).await;
    let sockets = three(&asha).await;
    let began = Instant::now();
    let off = json!({"disabled": true});
    ok(&desk, &root, "PATCH", "/api/v1/users/u-asha", off).await;
    all_end(began, "a person disabled", sockets).await;

    let bela = everything(&desk, "bela", Role::Trader).await;
    let mut sockets = three(&bela).await;
    let key = sockets.remove(1);
    let link = "/api/v1/users/u-bela/password-reset";
    let link = ok(&desk, &root, "POST", link, Value::Null).await;
    let body = json!({"token": link["token"], "new_password": "four boats under the bridge"});
    let began = Instant::now();
    ok(&desk, &As::Nobody, "PUT", "/api/v1/password-reset", body).await;
    all_end(began, "a password set anew", sockets).await;
    alive(key).await;

    let chitra = everything(&desk, "chitra", Role::Trader).await;
    let mut sockets = three(&chitra).await;
    let key = sockets.remove(1);
    let user = "u-chitra".parse().expect("id");
    let here = desk.session(&user).await;
    let own = Socket::of(&desk, at, &here).await;
    let body = json!({"current": PASSWORD, "new": "five boats under the bridge"});
    let began = Instant::now();
    ok(&desk, &here, "POST", "/api/v1/me/password", body).await;
    all_end(began, "a password changed", sockets).await;
    alive(key).await;
    alive(own).await;

    let dev = everything(&desk, "dev", Role::Trader).await;
    let _codes = enrol(&desk, &dev.session).await;
    let socket = Socket::of(&desk, at, &dev.session).await;
    let began = Instant::now();
    ok(&desk, &root, "DELETE", "/api/v1/users/u-dev/mfa", Value::Null).await;
    all_end(began, "a second factor taken away", vec![socket]).await;
}

async fn alive(mut socket: Socket) {
    socket.say(json!({"op": "ping"})).await;
    loop {
        match socket.hear().await {
            Heard::Frame(frame) if frame["op"] == "pong" => return,
            Heard::Frame(_) => {}
            closed => panic!("{closed:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ends_by_itself_ends_its_sockets() {
    let desk = Desk::with_hub(|config| config.rates.multiplier = 1_000).await;
    let at = served(&desk).await;
    let asha = everything(&desk, "asha", Role::Trader).await;
    let end = tradewind_wire::Time(desk.clock.now().plus(600_000_000_000));
    let new = json!({"name": "short", "scopes": ["READ"], "expires_at": end});
    let made = ok(&desk, &asha.session, "POST", "/api/v1/keys", new).await;
    let short = As::Key(made["key"].as_str().expect("key").to_owned());

    let mut key = Socket::of(&desk, at, &short).await;
    key.subscribe(quotes()).await;
    let token = Socket::of(&desk, at, &asha.token).await;
    let session = Socket::of(&desk, at, &asha.session).await;
    let endless = Socket::of(&desk, at, &asha.key).await;

    let minutes = |n: u64| Duration::from_secs(60 * n);
    desk.clock.advance(minutes(11));
    let began = Instant::now();
    all_end(began, "a key over", vec![key]).await;

    desk.clock.advance(minutes(5));
    let began = Instant::now();
    all_end(began, "an access token over", vec![token]).await;

    desk.clock.advance(minutes(60 * 8));
    let began = Instant::now();
    all_end(began, "a session that nobody used for eight hours", vec![session]).await;
    alive(endless).await;

    let user = "u-asha".parse().expect("id");
    let session = Socket::of(&desk, at, &desk.session(&user).await).await;
    // Used all along, and over all the same.
    let open = sessions::of_owner(&desk.db, &user, desk.clock.now())
        .await
        .expect("sessions");
    desk.clock.advance(minutes(60 * 24));
    for row in open {
        sessions::touch(&desk.db, &row.id, desk.clock.now())
            .await
            .expect("touched");
    }
    let began = Instant::now();
    all_end(began, "a session at its end", vec![session]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_process_ends_in_the_database_is_seen_in_time() {
    let desk = Desk::with_hub(|config| config.rates.multiplier = 1_000).await;
    let at = served(&desk).await;
    let asha = everything(&desk, "asha", Role::Trader).await;
    let user = "u-asha".parse().expect("id");
    let account = desk.account("a-asha", &[(&user, MemberRole::Owner)]).await;
    let mut sockets = Vec::new();
    for who in [&asha.session, &asha.key, &asha.token] {
        let mut socket = Socket::of(&desk, at, who).await;
        socket.subscribe(orders("a-asha")).await;
        sockets.push(socket);
    }
    let began = Instant::now();
    memberships::remove(&desk.db, &account, &user)
        .await
        .expect("store");
    for socket in &mut sockets {
        socket.loses("orders:a-asha").await;
        assert!(
            began.elapsed() < REACHED,
            "a membership took {:?}",
            began.elapsed()
        );
    }
    let now = desk.clock.now();
    let began = Instant::now();
    sessions::revoke_all(&desk.db, &user, None, now)
        .await
        .expect("store");
    keys::revoke_all(&desk.db, &user, now).await.expect("store");
    families::revoke_all(&desk.db, &user, None, now)
        .await
        .expect("store");
    all_end(began, "ended in the database", sockets).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_or_a_membership_that_is_taken_away_ends_the_topics_and_nothing_of_them_arrives() {
    let desk = Desk::with_hub(|config| config.rates.multiplier = 1_000).await;
    let at = served(&desk).await;
    desk.quote(BTC, 100, 101).await;
    let root = desk.person("root", Role::SuperAdmin).await;
    let owner = desk.person("owner", Role::Trader).await;
    let boss = desk.person("boss", Role::SuperAdmin).await;
    let (root, own, boss) = (
        desk.session(&root).await,
        desk.session(&owner).await,
        desk.session(&boss).await,
    );
    let guest = desk.person("guest", Role::Trader).await;
    let both = [(&owner, MemberRole::Owner), (&guest, MemberRole::Viewer)];
    desk.account("a-one", &both).await;
    desk.account("a-two", &both).await;
    desk.state
        .orgs
        .learn_all(&desk.engine)
        .await
        .expect("the engine answers");

    // A super administrator oversees every account; a trader only what they are a member of.
    let mut overseer = Socket::of(&desk, at, &boss).await;
    overseer.subscribe(orders("a-one")).await;
    let mut guest = Socket::of(&desk, at, &desk.session(&guest).await).await;
    for account in ["a-one", "a-two"] {
        guest.subscribe(orders(account)).await;
    }
    let began = Instant::now();
    let trader = json!({"role": "TRADER"});
    ok(&desk, &root, "PATCH", "/api/v1/users/u-boss", trader).await;
    overseer.loses("orders:a-one").await;
    assert!(began.elapsed() < REACHED, "a role took {:?}", began.elapsed());

    let began = Instant::now();
    let path = "/api/v1/accounts/a-one/members/u-guest";
    ok(&desk, &own, "DELETE", path, Value::Null).await;
    guest.loses("orders:a-one").await;
    assert!(
        began.elapsed() < REACHED,
        "a membership took {:?}",
        began.elapsed()
    );

    for (n, account) in ["a-one", "a-two"].into_iter().enumerate() {
        let path = format!("/api/v1/accounts/{account}/orders");
        let order = limit_buy(&format!("o{n}"), "0.1", "50");
        ok(&desk, &own, "POST", &path, order).await;
    }
    // The order of the account that was lost came first: had it been told, it would be heard first.
    match guest.hear().await {
        Heard::Frame(frame) => assert_eq!(frame["topic"], "orders:a-two", "{frame}"),
        closed => panic!("{closed:?}"),
    }
    for socket in [&mut overseer, &mut guest] {
        let mut again = orders("a-one");
        again["op"] = json!("subscribe");
        let refused = socket.ask(again).await;
        assert_eq!(
            (refused["op"].as_str(), refused["code"].as_str()),
            (Some("error"), Some("UNKNOWN_ACCOUNT"))
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_that_needs_a_second_factor_hears_nothing_until_there_is_one() {
    let desk = Desk::with_hub(|config| {
        config.rates.multiplier = 1_000;
        config.require_second_factor = vec![Role::Compliance];
    })
    .await;
    let at = served(&desk).await;
    let root = desk.person("root", Role::SuperAdmin).await;
    let root = desk.session(&root).await;
    let asha = everything(&desk, "asha", Role::Trader).await;
    let mut socket = Socket::of(&desk, at, &asha.session).await;
    socket.subscribe(quotes()).await;
    let began = Instant::now();
    let role = json!({"role": "COMPLIANCE"});
    ok(&desk, &root, "PATCH", "/api/v1/users/u-asha", role).await;
    socket.loses(&format!("quotes:{BTC}")).await;
    assert!(began.elapsed() < REACHED, "took {:?}", began.elapsed());
    let mut again = quotes();
    again["op"] = json!("subscribe");
    assert_eq!(socket.ask(again).await["code"], "FORBIDDEN");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ticket_of_a_key_opens_nothing_from_where_the_key_does_not_hold() {
    let desk = Desk::with_hub(|config| config.rates.multiplier = 1_000).await;
    let at = served(&desk).await;
    let user = desk.person("asha", Role::Trader).await;
    let who = desk.session(&user).await;
    // Requests of the tests come from 203.0.113.7, sockets from 127.0.0.1.
    for (network, code) in [("203.0.113.0/24", Some(UNAUTHENTICATED)), ("0.0.0.0/0", None)] {
        let new = json!({"name": "n", "scopes": ["READ"], "networks": [network]});
        let made = ok(&desk, &who, "POST", "/api/v1/keys", new).await;
        let key = As::Key(made["key"].as_str().expect("key").to_owned());
        let ticket = ok(&desk, &key, "POST", "/api/v1/stream/tickets", Value::Null).await;
        let mut socket = Socket::connect(at, None).await;
        socket
            .say(json!({"op": "auth", "ticket": ticket["ticket"]}))
            .await;
        match (socket.hear().await, code) {
            (Heard::Closed(closed), Some(code)) => assert_eq!(closed, code),
            (Heard::Frame(frame), None) => assert_eq!(frame["op"], "welcome"),
            other => panic!("{network}: {other:?}"),
        }
    }
}
