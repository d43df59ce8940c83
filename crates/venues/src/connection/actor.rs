//! The connection's task: idle, dialling, live, waiting, in turns. What happens on a live session is in
//! [`super::session`].

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::delivery::{ConsumerGone, Delivery, Outlet};
use super::error::{ConnectError, DisconnectReason, SendError};
use super::protocol::{Outgoing, Protocol};
use super::session::{End, Session};
use super::settings::{ConnectionSettings, Environment};
use super::state::{ConnectionState, Reason, SessionId, StateLog};
use super::websocket::{self, Socket};
use crate::diagnostics::Diagnostics;
use crate::rate_limit::{Call, EndpointClass};

pub(super) type SessionReply = oneshot::Sender<Result<SessionId, ConnectError>>;
pub(super) type SendReply = oneshot::Sender<Result<(), SendError>>;

/// What the owner asks for.
pub(super) enum Command<S> {
    Connect(SessionReply),
    Reconnect(SessionReply),
    Subscribe(Vec<S>, SendReply),
    Unsubscribe(Vec<S>, SendReply),
    Resync(Vec<S>, SendReply),
    Send(Outgoing, SendReply),
    Close(oneshot::Sender<bool>),
}

/// What to do next.
enum Step {
    Idle,
    Dial(Reason),
    Live(Box<Socket>),
    Wait(Instant),
    Stop(Reason),
}

impl Step {
    fn nobody_reads() -> Self {
        Self::Stop(Reason::Lost(DisconnectReason::ConsumerGone))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Offline {
    Idle,
    Dialling,
    Waiting,
}

/// The task's state. Fields that a live session needs are visible to it.
pub(super) struct Actor<P: Protocol> {
    pub(super) settings: ConnectionSettings,
    pub(super) environment: Environment,
    pub(super) protocol: P,
    pub(super) commands: mpsc::Receiver<Command<P::Subscription>>,
    pub(super) outlet: Outlet<P::Event>,
    pub(super) states: StateLog,
    pub(super) diagnostics: Arc<Diagnostics>,
    pub(super) subscriptions: Vec<P::Subscription>,
    /// Callers who wait for the attempt's outcome.
    waiters: Vec<SessionReply>,
    /// Failures in a row: attempts that failed and sessions lost before they were healthy for long enough.
    failures: u32,
    sessions: u64,
    close_reply: Option<oneshot::Sender<bool>>,
}

impl<P: Protocol> Actor<P> {
    pub(super) fn new(
        settings: ConnectionSettings,
        environment: Environment,
        protocol: P,
        commands: mpsc::Receiver<Command<P::Subscription>>,
        outlet: Outlet<P::Event>,
        states: StateLog,
        diagnostics: Arc<Diagnostics>,
    ) -> Self {
        Self {
            settings,
            environment,
            protocol,
            commands,
            outlet,
            states,
            diagnostics,
            subscriptions: Vec::new(),
            waiters: Vec::new(),
            failures: 0,
            sessions: 0,
            close_reply: None,
        }
    }

    /// Runs until closed. `kill` ends it at any point, whatever it is waiting for.
    pub(super) async fn run(mut self, kill: CancellationToken) {
        let killed = {
            let drive = Box::pin(self.drive());
            tokio::select! {
                biased;
                () = kill.cancelled() => true,
                () = drive => false,
            }
        };
        if killed {
            if matches!(
                self.states.current(),
                ConnectionState::Connected { .. } | ConnectionState::Closing
            ) {
                self.session_ended(DisconnectReason::Closed);
            }
            self.states.enter(ConnectionState::Closed, Reason::Forced);
        }
        self.answer_waiters(&Err(ConnectError::Closed));
        if let Some(reply) = self.close_reply.take() {
            // The caller may have given up; the state says it all.
            let _ = reply.send(!killed);
        }
    }

    async fn drive(&mut self) {
        let mut step = Step::Idle;
        loop {
            step = match step {
                Step::Idle => self.idle().await,
                Step::Dial(reason) => self.dial(reason).await,
                Step::Live(socket) => self.live(socket).await,
                Step::Wait(until) => self.wait(until).await,
                Step::Stop(reason) => {
                    self.states.enter(ConnectionState::Closed, reason);
                    return;
                }
            };
        }
    }

    async fn idle(&mut self) -> Step {
        loop {
            let command = tokio::select! {
                biased;
                command = self.commands.recv() => command,
                tended = self.outlet.tend(SessionId(self.sessions)) => match tended {
                    Ok(_) => continue,
                    Err(ConsumerGone) => return Step::nobody_reads(),
                },
            };
            if let Some(step) = self.offline(command, Offline::Idle) {
                return step;
            }
        }
    }

    async fn wait(&mut self, until: Instant) -> Step {
        loop {
            let command = tokio::select! {
                biased;
                command = self.commands.recv() => command,
                tended = self.outlet.tend(SessionId(self.sessions)) => match tended {
                    Ok(_) => continue,
                    Err(ConsumerGone) => return Step::nobody_reads(),
                },
                () = tokio::time::sleep_until(until) => return Step::Dial(Reason::RetryDue),
            };
            if let Some(step) = self.offline(command, Offline::Waiting) {
                return step;
            }
        }
    }

    async fn dial(&mut self, reason: Reason) -> Step {
        self.states.enter(
            ConnectionState::Connecting {
                attempt: self.failures.saturating_add(1),
            },
            reason,
        );
        let endpoint = self.protocol.endpoint(&self.settings.endpoint);
        let (environment, settings) = (self.environment.clone(), self.settings.clone());
        let diagnostics = Arc::clone(&self.diagnostics);
        let mut attempt = Box::pin(async move {
            // The venue's limit on attempts comes first; waiting for it is not part of the attempt's time.
            environment
                .limiter
                .acquire(&Call::of(EndpointClass::Connect), Duration::MAX)
                .await
                .map_err(|e| ConnectError::RateLimited { why: e.to_string() })?;
            diagnostics.attempts(1);
            websocket::open(&environment, &settings, &endpoint).await
        });
        loop {
            let command = tokio::select! {
                biased;
                command = self.commands.recv() => command,
                tended = self.outlet.tend(SessionId(self.sessions)) => match tended {
                    Ok(_) => continue,
                    Err(ConsumerGone) => return Step::nobody_reads(),
                },
                result = &mut attempt => return self.attempted(result),
            };
            if let Some(step) = self.offline(command, Offline::Dialling) {
                return step;
            }
        }
    }

    fn attempted(&mut self, result: Result<Socket, ConnectError>) -> Step {
        match result {
            Ok(socket) => {
                self.sessions += 1;
                let session = SessionId(self.sessions);
                self.diagnostics.sessions(1);
                self.states
                    .enter(ConnectionState::Connected { session }, Reason::Established);
                self.answer_waiters(&Ok(session));
                Step::Live(Box::new(socket))
            }
            Err(error) => {
                self.diagnostics.attempts_failed(1);
                let permanent = error.is_permanent();
                let step = self.after_failure(Reason::AttemptFailed(error.clone()), permanent);
                self.answer_waiters(&Err(error));
                step
            }
        }
    }

    /// Decides what follows a failure: the next attempt after a delay, or giving up.
    fn after_failure(&mut self, reason: Reason, permanent: bool) -> Step {
        self.failures = self.failures.saturating_add(1);
        let failures = self.failures;
        let backoff = &self.settings.backoff;
        if permanent || backoff.max_attempts.is_some_and(|max| failures >= max) {
            self.states.enter(ConnectionState::Failed { failures }, reason);
            return Step::Idle;
        }
        let delay = backoff.delay(failures, self.environment.jitter.as_ref());
        self.states.enter(
            ConnectionState::Waiting {
                attempt: failures.saturating_add(1),
                delay,
            },
            reason,
        );
        Step::Wait(Instant::now() + delay)
    }

    async fn live(&mut self, socket: Box<Socket>) -> Step {
        let session = SessionId(self.sessions);
        let started = Instant::now();
        self.outlet.marker(Delivery::SessionStarted {
            session,
            at: self.environment.clock.now(),
        });
        let end = Session::new(self, session, socket).run().await;
        if started.elapsed() >= self.settings.backoff.reset_after {
            self.failures = 0;
        }
        match end {
            End::Lost(DisconnectReason::ConsumerGone) => Step::nobody_reads(),
            End::Lost(reason) => {
                self.session_ended(reason.clone());
                self.after_failure(Reason::Lost(reason), false)
            }
            End::Reconnect(reply) => {
                self.session_ended(DisconnectReason::ManualReconnect);
                self.waiters.push(reply);
                self.failures = 0;
                Step::Dial(Reason::ManualReconnect)
            }
            End::Closed { confirmed, reply } => {
                self.session_ended(DisconnectReason::Closed);
                self.close_reply = reply;
                Step::Stop(if confirmed {
                    Reason::CloseConfirmed
                } else {
                    Reason::CloseUnconfirmed
                })
            }
        }
    }

    fn session_ended(&mut self, reason: DisconnectReason) {
        let (session, at) = (SessionId(self.sessions), self.environment.clock.now());
        self.outlet.marker(Delivery::SessionEnded { session, at, reason });
    }

    /// Handles a command while there is no session; `Some` changes what the task does.
    fn offline(&mut self, command: Option<Command<P::Subscription>>, phase: Offline) -> Option<Step> {
        match command {
            None => return Some(Step::Stop(Reason::Forced)),
            Some(Command::Close(reply)) => {
                self.close_reply = Some(reply);
                return Some(Step::Stop(Reason::CloseRequested));
            }
            Some(Command::Connect(reply)) => {
                self.waiters.push(reply);
                if phase == Offline::Idle {
                    return Some(Step::Dial(Reason::Requested));
                }
                self.diagnostics.connects_shared(1);
            }
            Some(Command::Reconnect(reply)) => {
                self.waiters.push(reply);
                if phase != Offline::Dialling {
                    self.failures = 0;
                    return Some(Step::Dial(Reason::ManualReconnect));
                }
                self.diagnostics.connects_shared(1);
            }
            Some(Command::Subscribe(subscriptions, reply)) => {
                // Callers may have given up waiting for the answer; that changes nothing here or below.
                let _ = reply.send(self.add_subscriptions(subscriptions).map(|_| ()));
            }
            Some(Command::Unsubscribe(subscriptions, reply)) => {
                self.subscriptions.retain(|known| !subscriptions.contains(known));
                let _ = reply.send(Ok(()));
            }
            Some(Command::Resync(_, reply) | Command::Send(_, reply)) => {
                let _ = reply.send(Err(SendError::NotConnected));
            }
        }
        None
    }

    /// Adds what is not there yet and returns it.
    pub(super) fn add_subscriptions(
        &mut self,
        subscriptions: Vec<P::Subscription>,
    ) -> Result<Vec<P::Subscription>, SendError> {
        let mut added = Vec::new();
        for subscription in subscriptions {
            if !self.subscriptions.contains(&subscription) && !added.contains(&subscription) {
                added.push(subscription);
            }
        }
        let limit = self.settings.subscriptions_max;
        if self.subscriptions.len() + added.len() > limit {
            return Err(SendError::TooManySubscriptions { limit });
        }
        self.subscriptions.extend(added.iter().cloned());
        Ok(added)
    }

    fn answer_waiters(&mut self, outcome: &Result<SessionId, ConnectError>) {
        for waiter in self.waiters.drain(..) {
            // Whoever stopped waiting sees the state anyway.
            let _ = waiter.send(outcome.clone());
        }
    }
}
