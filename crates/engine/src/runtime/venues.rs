//! From the journal to the venues: requests that are durable go to each account's client, answers come back as reports.
//!
//! One dispatcher task per engine. Requests about one order are carried out one after the other, those about
//! different orders side by side, at most [`AT_ONCE`] per account. Nothing here is ever sent twice.
//!
//! | the client says | the kernel hears |
//! | --- | --- |
//! | done | the venue's answer |
//! | [`ClientError::Refused`], [`ClientError::NotSent`] | rejected (submit), or the change or cancel refused |
//! | [`ClientError::Lost`], or nothing for [`ANSWER_TIMEOUT`] | `Lost` (submit, cancel, change): the order is queried |
//! | any failure of a query or comparison | nothing: the kernel asks again |
//!
//! No venue's client is part of this release: the face is here with its dispatcher, and tests drive it by a scripted
//! venue. It is what Coinbase (orders placed by our id, canceled and edited by theirs) and Kraken (both ids everywhere)
//! need. [`VenueClient`] is what a venue's module implements. Executions that the venue pushes by itself go through the
//! [`super::ReportSender`] that the module is given.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::{JoinHandle, JoinSet};
use tradewind_matching::paper::OrderChange;
use tradewind_types::record::{VenueNews, VenueReport};
use tradewind_types::{AccountId, ClientOrderId, Clock, OrderRequest, UnixNanos, VenueOrderId};

use super::ReportSender;
use crate::kernel::{VenueRequest, VenueRequestKind};

/// Requests that may wait for an account's client.
pub const WAITING_MAX: usize = 1_024;
/// Requests of one account under way at once.
const AT_ONCE: usize = 16;
/// After that an answer counts as lost.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a venue's client has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// It certainly never left.
    #[error("not sent: {0}")]
    NotSent(String),
    /// The venue refused it.
    #[error("{0}")]
    Refused(String),
    /// Nobody knows whether the venue has carried it out.
    #[error("the answer was lost: {0}")]
    Lost(String),
}

/// What a client answers with: news of the order, or `None` when the news comes over the venue's own stream.
pub type ClientAnswer<'a> = Pin<Box<dyn Future<Output = Result<Option<VenueNews>, ClientError>> + Send + 'a>>;

/// An account's connection to its venue's trading API. A method sends once; repeating is nobody's decision but the
/// kernel's.
pub trait VenueClient: Send + Sync + 'static {
    /// Places an order under its client order id.
    fn submit(&self, order: OrderRequest) -> ClientAnswer<'_>;

    /// Cancels an order; by the venue's id where it is known, by ours otherwise.
    fn cancel(&self, id: ClientOrderId, venue_order_id: Option<VenueOrderId>) -> ClientAnswer<'_>;

    /// Changes an order in place.
    fn modify(
        &self,
        id: ClientOrderId,
        venue_order_id: Option<VenueOrderId>,
        change: OrderChange,
    ) -> ClientAnswer<'_>;

    /// What became of an order: [`VenueNews::Found`] or [`VenueNews::NotFound`].
    fn query(&self, id: ClientOrderId) -> ClientAnswer<'_>;

    /// Open orders, executions since a time, positions and balances: [`VenueNews::Account`].
    fn account(&self, since: UnixNanos) -> ClientAnswer<'_>;
}

/// Where reports go; the engine's inbox, or a list in a test.
pub trait ReportLane: Clone + Send + Sync + 'static {
    /// Takes a report; waits while there is no room.
    fn report(&self, report: VenueReport) -> impl Future<Output = ()> + Send;
}

impl ReportLane for ReportSender {
    async fn report(&self, report: VenueReport) {
        self.send(report).await;
    }
}

struct Lane {
    requests: Sender<VenueRequest>,
    task: JoinHandle<()>,
}

/// Hands requests to the clients. Belongs to whoever implements [`super::OutcomeSink::venue_requests`].
pub struct VenueDispatcher<L> {
    lanes: HashMap<AccountId, Lane>,
    reports: L,
    clock: Arc<dyn Clock>,
    runtime: tokio::runtime::Handle,
}

impl<L: ReportLane> VenueDispatcher<L> {
    /// A dispatcher without clients; its tasks run on the given runtime.
    #[must_use]
    pub fn new(reports: L, clock: Arc<dyn Clock>, runtime: tokio::runtime::Handle) -> Self {
        Self {
            lanes: HashMap::new(),
            reports,
            clock,
            runtime,
        }
    }

    /// Gives an account its client.
    pub fn connect(&mut self, account: AccountId, client: Arc<dyn VenueClient>) {
        let (requests, waiting) = mpsc::channel(WAITING_MAX);
        let worker = AccountWorker {
            client,
            reports: self.reports.clone(),
            clock: Arc::clone(&self.clock),
            busy: HashMap::new(),
            running: JoinSet::new(),
        };
        let task = self.runtime.spawn(worker.run(waiting));
        self.lanes.insert(account, Lane { requests, task });
    }

    /// Hands requests over without waiting. What cannot be handed over is known not to have left.
    pub fn dispatch(&self, requests: Vec<VenueRequest>) {
        for request in requests {
            let refused = match self.lanes.get(&request.account) {
                None => (request, "the account has no client for its venue"),
                Some(lane) => match lane.requests.try_send(request) {
                    Ok(()) => continue,
                    Err(TrySendError::Full(request)) => (request, "too many requests wait for the venue"),
                    Err(TrySendError::Closed(request)) => (request, "the venue's client has ended"),
                },
            };
            let (request, why) = refused;
            let error = ClientError::NotSent(why.to_owned());
            if let Some(report) = report_of(&request, Err(error), self.clock.now()) {
                let reports = self.reports.clone();
                self.runtime.spawn(async move { reports.report(report).await });
            }
        }
    }

    /// Lets what was handed over finish, and ends the tasks.
    pub async fn shutdown(self) {
        for lane in self.lanes.into_values() {
            drop(lane.requests);
            if lane.task.await.is_err() {
                tracing::error!("a venue's dispatcher task panicked");
            }
        }
    }
}

struct AccountWorker<L> {
    client: Arc<dyn VenueClient>,
    reports: L,
    clock: Arc<dyn Clock>,
    /// Orders with a request under way, and what waits behind it. Requests about the account have no order.
    busy: HashMap<Option<ClientOrderId>, VecDeque<VenueRequest>>,
    running: JoinSet<Option<ClientOrderId>>,
}

impl<L: ReportLane> AccountWorker<L> {
    async fn run(mut self, mut waiting: Receiver<VenueRequest>) {
        let mut open = true;
        while open || !self.running.is_empty() {
            let room = open && self.running.len() < AT_ONCE;
            tokio::select! {
                next = waiting.recv(), if room => match next {
                    Some(request) => self.take(request),
                    None => open = false,
                },
                Some(done) = self.running.join_next(), if !self.running.is_empty() => match done {
                    Ok(order) => self.go_on(order),
                    Err(error) => tracing::error!(%error, "a request to a venue panicked"),
                },
            }
        }
    }

    fn take(&mut self, request: VenueRequest) {
        match self.busy.get_mut(&request.client_order_id) {
            Some(behind) => behind.push_back(request),
            None => {
                self.busy.insert(request.client_order_id.clone(), VecDeque::new());
                self.start(request);
            }
        }
    }

    fn go_on(&mut self, order: Option<ClientOrderId>) {
        match self.busy.get_mut(&order).and_then(VecDeque::pop_front) {
            Some(next) => self.start(next),
            None => {
                self.busy.remove(&order);
            }
        }
    }

    fn start(&mut self, request: VenueRequest) {
        let (client, reports) = (Arc::clone(&self.client), self.reports.clone());
        let clock = Arc::clone(&self.clock);
        self.running.spawn(async move {
            let order = request.client_order_id.clone();
            let answer = tokio::time::timeout(ANSWER_TIMEOUT, ask(&*client, &request)).await;
            let lost = || Err(ClientError::Lost("no answer in time".to_owned()));
            let answer = answer.unwrap_or_else(|_| lost());
            if let Some(report) = report_of(&request, answer, clock.now()) {
                reports.report(report).await;
            }
            order
        });
    }
}

async fn ask(client: &dyn VenueClient, request: &VenueRequest) -> Result<Option<VenueNews>, ClientError> {
    let no_order = || ClientError::NotSent("the request names no order".to_owned());
    let id = request.client_order_id.clone();
    match request.kind.clone() {
        VenueRequestKind::Submit(order) => client.submit(*order).await,
        VenueRequestKind::Cancel { venue_order_id } => {
            client.cancel(id.ok_or_else(no_order)?, venue_order_id).await
        }
        VenueRequestKind::Modify {
            venue_order_id,
            change,
        } => {
            client
                .modify(id.ok_or_else(no_order)?, venue_order_id, change)
                .await
        }
        VenueRequestKind::Query => client.query(id.ok_or_else(no_order)?).await,
        VenueRequestKind::Account { since } => client.account(since).await,
    }
}

/// What the kernel is to hear of an answer.
fn report_of(
    request: &VenueRequest,
    answer: Result<Option<VenueNews>, ClientError>,
    now: UnixNanos,
) -> Option<VenueReport> {
    use VenueRequestKind as K;
    let news = match (answer, &request.kind) {
        (Ok(news), _) => news?,
        (Err(_), K::Query | K::Account { .. }) => return None,
        (Err(ClientError::Lost(_)), _) => VenueNews::Lost,
        (Err(error), K::Submit(_)) => VenueNews::Rejected {
            reason: error.to_string(),
        },
        (Err(error), K::Cancel { .. }) => VenueNews::CancelRejected {
            reason: error.to_string(),
        },
        (Err(error), K::Modify { .. }) => VenueNews::ModifyRejected {
            reason: error.to_string(),
        },
    };
    Some(VenueReport {
        account: request.account.clone(),
        client_order_id: request.client_order_id.clone(),
        ts_event: now,
        ts_init: now,
        news,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[derive(Clone, Default)]
    struct List(Arc<Mutex<Vec<VenueReport>>>);

    impl List {
        fn news(&self) -> Vec<VenueNews> {
            let all = self.0.lock().expect("no test panics in it");
            all.iter().map(|r| r.news.clone()).collect()
        }
    }

    impl ReportLane for List {
        async fn report(&self, report: VenueReport) {
            self.0.lock().expect("no test panics in it").push(report);
        }
    }

    struct Still;

    impl Clock for Still {
        fn now(&self) -> UnixNanos {
            UnixNanos(7)
        }
    }

    /// Answers by a script of waits and results, and writes down in which order it was asked.
    struct Script {
        asked: Arc<Mutex<Vec<String>>>,
        wait: Duration,
        answer: Result<Option<VenueNews>, ClientError>,
    }

    impl Script {
        fn say(&self, what: String) -> ClientAnswer<'_> {
            Box::pin(async move {
                self.asked.lock().expect("whole").push(what);
                tokio::time::sleep(self.wait).await;
                self.answer.clone()
            })
        }
    }

    impl VenueClient for Script {
        fn submit(&self, order: OrderRequest) -> ClientAnswer<'_> {
            self.say(format!("submit {}", order.client_order_id))
        }
        fn cancel(&self, id: ClientOrderId, _: Option<VenueOrderId>) -> ClientAnswer<'_> {
            self.say(format!("cancel {id}"))
        }
        fn modify(&self, id: ClientOrderId, _: Option<VenueOrderId>, _: OrderChange) -> ClientAnswer<'_> {
            self.say(format!("modify {id}"))
        }
        fn query(&self, id: ClientOrderId) -> ClientAnswer<'_> {
            self.say(format!("query {id}"))
        }
        fn account(&self, _: UnixNanos) -> ClientAnswer<'_> {
            self.say("account".to_owned())
        }
    }

    fn request(order: &str, kind: VenueRequestKind) -> VenueRequest {
        VenueRequest {
            account: "a".parse().expect("valid"),
            client_order_id: Some(order.parse().expect("valid")),
            kind,
        }
    }

    fn cancel(order: &str) -> VenueRequest {
        request(order, VenueRequestKind::Cancel { venue_order_id: None })
    }

    async fn run(
        wait: Duration,
        answer: Result<Option<VenueNews>, ClientError>,
        requests: Vec<VenueRequest>,
    ) -> (Vec<String>, Vec<VenueNews>) {
        let (list, asked) = (List::default(), Arc::new(Mutex::new(Vec::new())));
        let runtime = tokio::runtime::Handle::current();
        let mut dispatcher = VenueDispatcher::new(list.clone(), Arc::new(Still), runtime);
        let client = Script {
            asked: Arc::clone(&asked),
            wait,
            answer,
        };
        dispatcher.connect("a".parse().expect("valid"), Arc::new(client));
        dispatcher.dispatch(requests);
        dispatcher.shutdown().await;
        let asked = asked.lock().expect("whole").clone();
        (asked, list.news())
    }

    #[tokio::test(start_paused = true)]
    async fn requests_about_one_order_keep_their_order_and_others_do_not_wait() {
        let requests = vec![
            cancel("one"),
            request("one", VenueRequestKind::Query),
            cancel("two"),
        ];
        let (asked, _) = run(Duration::from_secs(1), Ok(None), requests).await;
        assert_eq!(asked, ["cancel one", "cancel two", "query one"]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_does_not_come_in_time_is_lost_and_one_refused_is_not() {
        let (asked, news) = run(Duration::from_secs(60), Ok(None), vec![cancel("one")]).await;
        assert_eq!(
            (asked.len(), news),
            (1, vec![VenueNews::Lost]),
            "asked once, never again"
        );
        let refused = Err(ClientError::Refused("no such order".to_owned()));
        let (_, news) = run(Duration::ZERO, refused, vec![cancel("one")]).await;
        let reason = "no such order".to_owned();
        assert_eq!(news, [VenueNews::CancelRejected { reason }]);
        let lost = Err(ClientError::Lost("reset".to_owned()));
        let query = request("one", VenueRequestKind::Query);
        let (_, news) = run(Duration::ZERO, lost, vec![query]).await;
        assert!(news.is_empty(), "the kernel asks again by itself");
    }

    #[tokio::test(start_paused = true)]
    async fn what_has_no_client_is_known_not_to_have_left() {
        let list = List::default();
        let runtime = tokio::runtime::Handle::current();
        let dispatcher = VenueDispatcher::new(list.clone(), Arc::new(Still), runtime);
        dispatcher.dispatch(vec![cancel("one")]);
        dispatcher.shutdown().await;
        tokio::task::yield_now().await;
        let reason = "not sent: the account has no client for its venue".to_owned();
        assert_eq!(list.news(), [VenueNews::CancelRejected { reason }]);
    }
}
