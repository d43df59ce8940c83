//! Connections to a PostgreSQL server: a pool, and what is known of whether the server can be reached.
//!
//! While it can, whoever asks waits for a free connection as long as the acquire timeout says. While it cannot, whoever
//! asks is told at once, those who wait already included; a task tries to connect and ends that when it succeeds. So an
//! outage costs nobody the acquire timeout, and nothing has to be restarted after it.

mod reach;
pub(crate) mod temporary;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, Postgres};

use self::reach::Reach;
use crate::{DbConfig, StoreError};

/// Who has waited so long for a connection has the server asked whether it is there at all.
const SUSPICIOUS: Duration = Duration::from_millis(250);

/// The connections. Cloning shares them.
#[derive(Debug, Clone)]
pub(crate) struct Connections {
    pool: PgPool,
    reach: Arc<Reach>,
}

impl Connections {
    /// Opens the pool with a first connection.
    ///
    /// # Errors
    /// When the server cannot be reached within the acquire timeout, with the reason.
    pub(crate) async fn open(options: PgConnectOptions, config: &DbConfig) -> Result<Self, StoreError> {
        let pool = PgPoolOptions::new()
            .max_connections(config.connections_max.max(1))
            .acquire_timeout(config.acquire_timeout)
            .connect_with(options.clone())
            .await;
        let pool = match pool {
            Ok(pool) => pool,
            // The pool has tried until its time was over, and keeps to itself what went wrong.
            Err(sqlx::Error::PoolTimedOut) => return Err(reach::why_not(&options).await),
            Err(error) => return Err(error.into()),
        };
        let reach = Arc::new(Reach::new(options));
        Ok(Self { pool, reach })
    }

    /// The pool itself, for what waits in a task of its own; see [`Connections::reached`].
    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// A connection of the pool.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] at once while the server is away; [`StoreError::Busy`] when none became free in time.
    pub(crate) fn acquire(&self) -> BoxFuture<'_, Result<PoolConnection<Postgres>, StoreError>> {
        // Every statement is made of this: a box keeps the futures around it small.
        let acquired = async { self.reached(self.pool.acquire()).await?.map_err(StoreError::from) };
        acquired.boxed()
    }

    /// What `waiting` comes to; given up when the server is found to be away meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it is away.
    pub(crate) async fn reached<T>(&self, waiting: impl Future<Output = T>) -> Result<T, StoreError> {
        let mut away = self.reach.watch();
        if let Some(reason) = away.borrow_and_update().clone() {
            return Err(reach::unavailable(&reason));
        }
        let suspicion = tokio::time::sleep(SUSPICIOUS);
        tokio::pin!(waiting, suspicion);
        let mut suspected = false;
        loop {
            tokio::select! {
                biased;
                done = &mut waiting => return Ok(done),
                () = &mut suspicion, if !suspected => {
                    suspected = true;
                    self.reach.suspect();
                }
                // It never ends before this does, which holds the other end.
                _ = away.changed() => {
                    if let Some(reason) = away.borrow_and_update().clone() {
                        return Err(reach::unavailable(&reason));
                    }
                }
            }
        }
    }

    /// What a statement came to; a connection that broke has the server asked whether it is there.
    pub(crate) fn seen<T>(&self, done: Result<T, sqlx::Error>) -> Result<T, StoreError> {
        let done = done.map_err(StoreError::from);
        if let Err(StoreError::Unavailable(_)) = &done {
            self.reach.suspect();
        }
        done
    }

    /// Connections there are, and how many of them nobody uses.
    pub(crate) fn counts(&self) -> (u32, u32) {
        let idle = u32::try_from(self.pool.num_idle()).unwrap_or(u32::MAX);
        (self.pool.size(), idle)
    }

    /// Closes them all.
    pub(crate) async fn close(&self) {
        self.reach.stop();
        self.pool.close().await;
    }
}
