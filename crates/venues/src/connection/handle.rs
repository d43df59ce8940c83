//! The owner's handle of a connection.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::actor::{Actor, Command};
use super::delivery::{Deliveries, Outlet};
use super::error::{ConnectError, SendError};
use super::protocol::{Outgoing, Protocol};
use super::settings::{ConnectionSettings, Environment};
use super::state::{ConnectionMonitor, ConnectionState, SessionId, StateLog};
use crate::diagnostics::Diagnostics;

/// Commands that may wait for the connection's task; callers beyond wait themselves.
const COMMANDS_MAX: usize = 64;
/// The task gets so long to end after a forced close before it is aborted.
const FORCED_CLOSE_MAX: Duration = Duration::from_millis(150);

/// How a close went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseOutcome {
    /// The venue confirmed it, or there was no session.
    Graceful,
    /// The venue did not answer in time; the stream was dropped.
    Forced,
}

/// A connection to a venue. Dropping it closes by force.
pub struct Connection<P: Protocol> {
    commands: mpsc::Sender<Command<P::Subscription>>,
    kill: CancellationToken,
    task: Mutex<Option<JoinHandle<()>>>,
    monitor: ConnectionMonitor,
    close_timeout: Duration,
}

impl<P: Protocol> fmt::Debug for Connection<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("monitor", &self.monitor)
            .finish_non_exhaustive()
    }
}

impl<P: Protocol> Connection<P> {
    /// Starts the connection's task, idle until [`Self::connect`]. Must be called inside a tokio runtime.
    #[must_use]
    pub fn spawn(
        settings: ConnectionSettings,
        protocol: P,
        environment: Environment,
    ) -> (Self, Deliveries<P::Event>) {
        let close_timeout = settings.close_timeout;
        let diagnostics = Arc::new(Diagnostics::new(
            &settings.venue,
            &settings.name,
            settings.bad_messages,
        ));
        let states = StateLog::new(
            &settings,
            Arc::clone(&environment.clock),
            Arc::clone(&diagnostics),
        );
        let monitor = states.monitor();
        let (outlet, deliveries) = Outlet::new(settings.deliveries_max);
        let (commands, received) = mpsc::channel(COMMANDS_MAX);
        let kill = CancellationToken::new();
        let actor = Actor::new(
            settings,
            environment,
            protocol,
            received,
            outlet,
            states,
            diagnostics,
        );
        let task = Mutex::new(Some(tokio::spawn(actor.run(kill.clone()))));
        (
            Self {
                commands,
                kill,
                task,
                monitor,
                close_timeout,
            },
            deliveries,
        )
    }

    /// The read-only view, for API and metrics.
    #[must_use]
    pub fn monitor(&self) -> &ConnectionMonitor {
        &self.monitor
    }

    /// The state at this moment.
    #[must_use]
    pub fn state(&self) -> ConnectionState {
        self.monitor.state()
    }

    /// Connects, or joins the attempt that is under way or due, and returns its outcome. After a failed
    /// attempt the connection goes on trying by itself (see
    /// [`BackoffSettings`](super::BackoffSettings)); this call does not wait for that.
    ///
    /// # Errors
    /// Why the attempt failed, or [`ConnectError::AlreadyConnected`].
    pub async fn connect(&self) -> Result<SessionId, ConnectError> {
        self.ask_for_session(Command::Connect).await
    }

    /// Drops the session, if there is one, and connects at once, from any state but closed; also after the
    /// connection has failed for good. The series of delays starts over.
    ///
    /// # Errors
    /// Why the attempt failed.
    pub async fn reconnect(&self) -> Result<SessionId, ConnectError> {
        self.ask_for_session(Command::Reconnect).await
    }

    async fn ask_for_session(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<SessionId, ConnectError>>) -> Command<P::Subscription>,
    ) -> Result<SessionId, ConnectError> {
        let (reply, answer) = oneshot::channel();
        self.commands
            .send(command(reply))
            .await
            .map_err(|_| ConnectError::Closed)?;
        answer.await.unwrap_or(Err(ConnectError::Closed))
    }

    /// Adds subscriptions; those that are there already are left alone. They are restored after every
    /// reconnect in the order in which they were added, until they are removed.
    ///
    /// # Errors
    /// [`SendError::TooManySubscriptions`] (none is added), or the connection is closed.
    pub async fn subscribe(&self, subscriptions: Vec<P::Subscription>) -> Result<(), SendError> {
        self.ask(|reply| Command::Subscribe(subscriptions, reply)).await
    }

    /// Removes subscriptions; those that are not there are left alone.
    ///
    /// # Errors
    /// The connection is closed.
    pub async fn unsubscribe(&self, subscriptions: Vec<P::Subscription>) -> Result<(), SendError> {
        self.ask(|reply| Command::Unsubscribe(subscriptions, reply)).await
    }

    /// Asks for new snapshots of these subscriptions.
    ///
    /// # Errors
    /// Not connected (a new session brings new snapshots by itself), or the outgoing queue is full.
    pub async fn resync(&self, subscriptions: Vec<P::Subscription>) -> Result<(), SendError> {
        self.ask(|reply| Command::Resync(subscriptions, reply)).await
    }

    /// Queues a message within the venue's rate limit. It is not sent again after a reconnect.
    ///
    /// # Errors
    /// Not connected, or the outgoing queue is full.
    pub async fn send(&self, message: Outgoing) -> Result<(), SendError> {
        self.ask(|reply| Command::Send(message, reply)).await
    }

    async fn ask(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<(), SendError>>) -> Command<P::Subscription>,
    ) -> Result<(), SendError> {
        let (reply, answer) = oneshot::channel();
        self.commands
            .send(command(reply))
            .await
            .map_err(|_| SendError::Closed)?;
        answer.await.unwrap_or(Err(SendError::Closed))
    }

    /// Closes gracefully: a close frame, then at most the close timeout (3 s) for the venue's answer, then by
    /// force. Afterwards the connection's task has ended, and every further call answers that it is closed.
    pub async fn close(&self) -> CloseOutcome {
        let graceful = async {
            let (reply, answer) = oneshot::channel();
            if self.commands.send(Command::Close(reply)).await.is_err() {
                return true; // Ended already.
            }
            answer.await.unwrap_or(true)
        };
        let outcome = tokio::time::timeout(self.close_timeout, graceful).await;
        self.kill_and_join().await;
        if outcome == Ok(true) {
            CloseOutcome::Graceful
        } else {
            CloseOutcome::Forced
        }
    }

    /// Closes at once (within 200 ms), whatever the connection is doing.
    pub async fn close_now(&self) {
        self.kill_and_join().await;
    }

    async fn kill_and_join(&self) {
        self.kill.cancel();
        // The first to close joins the task; the others have nothing left to wait for.
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut task) = task
            && tokio::time::timeout(FORCED_CLOSE_MAX, &mut task).await.is_err()
        {
            task.abort();
        }
    }
}

impl<P: Protocol> Drop for Connection<P> {
    fn drop(&mut self) {
        self.kill.cancel();
    }
}
