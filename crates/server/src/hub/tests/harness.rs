//! A hub with a counting source and a small identity, served on loopback; and its client.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::connect_info::MockConnectInfo;
use axum::extract::{ConnectInfo, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::any;
use futures_util::future::BoxFuture;
use futures_util::{SinkExt, StreamExt};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tradewind_types::{AccountId, Clock, OrgId, UnixNanos, UserId};
use tradewind_wire::{MemberRole, Role, Scope};

use crate::hub::{Hub, HubAccess, HubConfig, Refusal, RightsUnavailable, Source, Topic, TopicKey, Upgrade};
use crate::identity::{Caller, KeyTerms, Via};

/// A clock that starts at a fixed time and follows Tokio's.
struct TokioClock(tokio::time::Instant);

impl Clock for TokioClock {
    fn now(&self) -> UnixNanos {
        let elapsed = u64::try_from(self.0.elapsed().as_nanos()).expect("a short test");
        UnixNanos(UnixNanos::from_secs(1_700_000_000).0 + elapsed)
    }
}

enum Work {
    Change(String, Value),
    Snapshot(Arc<Topic>),
    Restart(String),
}

/// Counts changes per topic: a delta's data is `{"n": …}` with the next number, a snapshot's `{"n": …}` the last.
pub(super) struct Counter {
    topics: Mutex<HashMap<String, Arc<Topic>>>,
    work: mpsc::Sender<Work>,
}

impl Counter {
    fn start() -> Arc<Self> {
        let (work, mut queue) = mpsc::channel(200_000);
        let counter = Arc::new(Self {
            topics: Mutex::default(),
            work,
        });
        let of = Arc::clone(&counter);
        tokio::spawn(async move {
            let mut counts: HashMap<String, u64> = HashMap::new();
            while let Some(work) = queue.recv().await {
                match work {
                    Work::Change(name, extra) => {
                        let n = counts.entry(name.clone()).or_default();
                        *n += 1;
                        let topic = of.topics.lock().expect("lock").get(&name).cloned();
                        if let Some(topic) = topic {
                            topic.publish(&json!({"n": *n, "extra": extra}));
                        }
                    }
                    Work::Snapshot(topic) => {
                        let n = counts.get(topic.name()).copied().unwrap_or_default();
                        topic.snapshot(&json!({"n": n}));
                    }
                    Work::Restart(name) => {
                        let topic = of.topics.lock().expect("lock").get(&name).cloned();
                        topic.expect("a topic to restart").restart();
                    }
                }
            }
        });
        counter
    }

    /// Publishes the next change of a topic.
    pub(super) async fn change(&self, name: &str) {
        self.change_with(name, Value::Null).await;
    }

    pub(super) async fn change_with(&self, name: &str, extra: Value) {
        self.work
            .send(Work::Change(name.to_owned(), extra))
            .await
            .expect("the source runs");
    }

    pub(super) async fn restart(&self, name: &str) {
        self.work
            .send(Work::Restart(name.to_owned()))
            .await
            .expect("the source runs");
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.topics.lock().expect("lock").contains_key(name)
    }
}

impl Source for Counter {
    fn check<'a>(&'a self, key: &'a TopicKey) -> BoxFuture<'a, Result<(), Refusal>> {
        Box::pin(async move {
            match key.instrument() {
                Some(instrument) if instrument.symbol.as_str().starts_with("NONE") => Err(Refusal::new(
                    "UNKNOWN_INSTRUMENT",
                    format!("there is no instrument {instrument}"),
                )),
                _ => Ok(()),
            }
        })
    }

    fn added(&self, topic: &Arc<Topic>) {
        self.topics
            .lock()
            .expect("lock")
            .insert(topic.name().to_owned(), Arc::clone(topic));
    }

    fn removed(&self, topic: &Arc<Topic>) {
        self.topics.lock().expect("lock").remove(topic.name());
    }

    fn wanted(&self, topic: &Arc<Topic>) {
        self.work
            .try_send(Work::Snapshot(Arc::clone(topic)))
            .expect("room");
    }
}

/// Tickets, revocations and memberships of the tests.
#[derive(Default)]
pub(super) struct People {
    tickets: Mutex<HashMap<String, Arc<Caller>>>,
    revoked: Mutex<HashSet<String>>,
    memberships: Mutex<HashMap<(UserId, AccountId), MemberRole>>,
    /// Users whose keys cannot be looked up.
    unknown: Mutex<HashSet<String>>,
    /// When users' keys end.
    ends: Mutex<HashMap<String, UnixNanos>>,
}

impl People {
    pub(super) fn caller(&self, user: &str) -> Arc<Caller> {
        let user = UserId::new(user).expect("an id");
        let via = Via::Key {
            id: format!("key-{user}"),
            scopes: vec![Scope::Read],
            accounts: None,
            expires_at: self.ends.lock().expect("lock").get(user.as_str()).copied(),
            terms: KeyTerms::default(),
        };
        Arc::new(Caller {
            runs_the_installation: true,
            org: OrgId::new("ORG").expect("an id"),
            username: user.to_string(),
            display_name: user.to_string(),
            role: Role::Trader,
            via,
            must_enrol: false,
            memberships: self.memberships_of(&user),
            user,
        })
    }

    fn memberships_of(&self, user: &UserId) -> HashMap<AccountId, MemberRole> {
        let all = self.memberships.lock().expect("lock");
        all.iter()
            .filter(|((u, _), _)| u == user)
            .map(|((_, a), r)| (a.clone(), *r))
            .collect()
    }

    pub(super) fn ticket(&self, user: &str, ticket: &str) {
        let caller = self.caller(user);
        self.tickets
            .lock()
            .expect("lock")
            .insert(ticket.to_owned(), caller);
    }

    pub(super) fn join(&self, user: &str, account: &str) {
        let key = (
            UserId::new(user).expect("an id"),
            AccountId::new(account).expect("an id"),
        );
        self.memberships
            .lock()
            .expect("lock")
            .insert(key, MemberRole::Viewer);
    }

    pub(super) fn expel(&self, user: &str, account: &str) {
        let key = (
            UserId::new(user).expect("an id"),
            AccountId::new(account).expect("an id"),
        );
        self.memberships.lock().expect("lock").remove(&key);
    }

    /// From now on the database does not answer what becomes of a user's key.
    pub(super) fn lose(&self, user: &str) {
        self.unknown.lock().expect("lock").insert(user.to_owned());
    }

    /// A user's keys that are made from now on end then.
    pub(super) fn end(&self, user: &str, at: UnixNanos) {
        self.ends.lock().expect("lock").insert(user.to_owned(), at);
    }

    pub(super) fn revoke(&self, user: &str) {
        self.revoked.lock().expect("lock").insert(format!("key-{user}"));
    }
}

impl HubAccess for People {
    fn redeem(&self, ticket: &str) -> Option<Arc<Caller>> {
        self.tickets.lock().expect("lock").remove(ticket)
    }

    fn recheck<'a>(
        &'a self,
        caller: &'a Caller,
    ) -> BoxFuture<'a, Result<Option<Arc<Caller>>, RightsUnavailable>> {
        Box::pin(async move {
            if self.unknown.lock().expect("lock").contains(caller.user.as_str()) {
                return Err(RightsUnavailable("away".to_owned()));
            }
            let revoked = self
                .revoked
                .lock()
                .expect("lock")
                .contains(&format!("key-{}", caller.user));
            Ok((!revoked).then(|| self.caller(caller.user.as_str())))
        })
    }

    fn may_read(&self, caller: &Caller, key: &TopicKey) -> bool {
        key.account()
            .is_none_or(|account| caller.membership(account).is_some())
    }
}

/// A served hub.
pub(super) struct Served {
    pub(super) hub: Arc<Hub>,
    pub(super) source: Arc<Counter>,
    pub(super) people: Arc<People>,
    /// Where it listens; unspecified when it is served in memory.
    pub(super) address: SocketAddr,
    memory: Option<Router>,
}

/// A connection of either kind.
trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

#[derive(Clone)]
struct Shared {
    hub: Arc<Hub>,
    people: Arc<People>,
}

async fn stream(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    upgrade: Upgrade,
) -> Response {
    let user = headers.get("authorization").and_then(|value| value.to_str().ok());
    let caller = user.map(|user| shared.people.caller(user));
    shared.hub.accept(upgrade, peer.ip(), caller)
}

fn make(config: HubConfig) -> (Served, Router) {
    let source = Counter::start();
    let clock = Arc::new(TokioClock(tokio::time::Instant::now()));
    let (hub, people, router) = make_with(config, clock, Arc::clone(&source) as _);
    let address = SocketAddr::from(([0, 0, 0, 0], 0));
    (
        Served {
            hub,
            source,
            people,
            address,
            memory: None,
        },
        router,
    )
}

fn make_with(
    config: HubConfig,
    clock: Arc<dyn Clock>,
    source: Arc<dyn Source>,
) -> (Arc<Hub>, Arc<People>, Router) {
    let people = Arc::new(People::default());
    let hub = Hub::start(config, clock, Arc::clone(&people) as _, source);
    let shared = Shared {
        hub: Arc::clone(&hub),
        people: Arc::clone(&people),
    };
    let router = Router::new().route("/stream", any(stream)).with_state(shared);
    (hub, people, router)
}

/// Serves a hub of another source than the counter, which then does nothing.
pub(super) fn serve_source(config: HubConfig, clock: Arc<dyn Clock>, source: Arc<dyn Source>) -> Served {
    let (hub, people, router) = make_with(config, clock, source);
    Served {
        hub,
        source: Counter::start(),
        people,
        address: SocketAddr::from(([0, 0, 0, 0], 0)),
        memory: Some(in_memory(router)),
    }
}

fn in_memory(router: Router) -> Router {
    router.layer(MockConnectInfo(SocketAddr::from(([127, 0, 0, 1], 1))))
}

/// Serves a hub on a free port of the loopback interface.
pub(super) async fn serve(config: HubConfig) -> Served {
    let (mut served, router) = make(config);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a free port");
    served.address = listener.local_addr().expect("an address");
    // The hub's own limits are what is tested.
    let limits = crate::limits::ConnectionLimits::default().raised(100);
    tokio::spawn(crate::serve(listener, router, limits, std::future::pending()));
    served
}

/// Serves a hub over pipes in memory, for tests with paused time: with the system's sockets time would run on
/// while bytes are under way.
pub(super) fn serve_in_memory(config: HubConfig) -> Served {
    let (mut served, router) = make(config);
    served.memory = Some(in_memory(router));
    served
}

/// What a client hears.
#[derive(Debug)]
pub(super) enum Heard {
    Frame(Value),
    Ping,
    Closed(u16),
    /// The connection ended without a code.
    Lost,
}

/// A client.
pub(super) struct Client {
    socket: WebSocketStream<Box<dyn Wire>>,
}

impl Served {
    async fn wire(&self) -> Box<dyn Wire> {
        let Some(router) = &self.memory else {
            return Box::new(TcpStream::connect(self.address).await.expect("a connection"));
        };
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let service = TowerToHyperService::new(router.clone());
        let http = hyper::server::conn::http1::Builder::new();
        tokio::spawn(
            http.serve_connection(TokioIo::new(theirs), service)
                .with_upgrades(),
        );
        Box::new(ours)
    }

    async fn open(&self, user: Option<&str>) -> Client {
        let mut request = "ws://localhost/stream".into_client_request().expect("a request");
        if let Some(user) = user {
            request
                .headers_mut()
                .insert("authorization", user.parse().expect("a header"));
        }
        let (socket, _) = tokio_tungstenite::client_async(request, self.wire().await)
            .await
            .expect("a connection");
        Client { socket }
    }

    /// Connects without signing on.
    pub(super) async fn connect(&self) -> Client {
        self.open(None).await
    }

    /// Connects with the user's key and hears the welcome.
    pub(super) async fn client(&self, user: &str) -> Client {
        let mut client = self.keyed(user).await;
        assert_eq!(client.frame().await["op"], "welcome");
        client
    }

    /// Connects with the user's key.
    pub(super) async fn keyed(&self, user: &str) -> Client {
        self.open(Some(user)).await
    }
}

impl Client {
    pub(super) async fn say(&mut self, message: Value) {
        self.say_text(&message.to_string()).await;
    }

    pub(super) async fn say_text(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.expect("sent");
    }

    pub(super) async fn say_bytes(&mut self, bytes: &[u8]) {
        self.socket
            .send(Message::binary(bytes.to_vec()))
            .await
            .expect("sent");
    }

    pub(super) async fn hear(&mut self) -> Heard {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => {
                    return Heard::Frame(serde_json::from_str(&text).expect("JSON"));
                }
                Some(Ok(Message::Ping(_))) => return Heard::Ping,
                Some(Ok(Message::Close(Some(frame)))) => return Heard::Closed(frame.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Heard::Lost,
            }
        }
    }

    /// The next frame that is no heartbeat.
    pub(super) async fn frame(&mut self) -> Value {
        loop {
            match self.hear().await {
                Heard::Frame(frame) if frame["op"] == "heartbeat" => {}
                Heard::Frame(frame) => return frame,
                Heard::Ping => {}
                end => panic!("expected a frame, heard {end:?}"),
            }
        }
    }

    /// The code with which the server closes; frames before it are passed over.
    pub(super) async fn closed(&mut self) -> u16 {
        loop {
            match self.hear().await {
                Heard::Closed(code) => return code,
                Heard::Lost => panic!("the connection ended without a close code"),
                Heard::Frame(_) | Heard::Ping => {}
            }
        }
    }

    /// Subscribes and hears `subscribed` and the snapshot, which it returns.
    pub(super) async fn subscribe(&mut self, mut asked: Value) -> Value {
        asked["op"] = json!("subscribe");
        self.say(asked).await;
        let frame = self.frame().await;
        assert_eq!(frame["op"], "subscribed", "{frame}");
        let frame = self.frame().await;
        assert_eq!(frame["op"], "snapshot", "{frame}");
        frame
    }

    /// Says something that is refused; returns the code.
    pub(super) async fn refused(&mut self, message: Value) -> String {
        self.say(message).await;
        let frame = self.frame().await;
        assert_eq!(frame["op"], "error", "{frame}");
        frame["code"].as_str().expect("a code").to_owned()
    }
}

/// The topic of the quotes of an instrument, as asked for.
pub(super) fn quotes(symbol: &str) -> Value {
    json!({"channel": "quotes", "instrument": format!("{symbol}.TEST")})
}

/// A private topic, as asked for.
pub(super) fn private(channel: &str, account: &str) -> Value {
    json!({"channel": channel, "account": account})
}
