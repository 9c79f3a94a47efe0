//! A connection to Postgres that was taken from the pool, and is given up where no answer comes.
//!
//! The pool asks whoever comes back whether it still lives, and waits for that as long as TCP does: minutes, where a
//! network drops what is sent. Then every place of the pool would be taken by a connection on which nothing comes. So one
//! on which something was left unanswered goes back only after it has answered, within seconds, or is closed.

use sqlx::pool::PoolConnection;
use sqlx::{Connection, Executor, PgConnection, PgPool, Postgres};
use std::time::Duration;
use tokio::time::timeout;

/// How long the answer to one statement may take: longer than the database lets one run (`statement_timeout`).
const PATIENCE: Duration = Duration::from_secs(8);
/// How long a connection has to answer what was left unanswered on it.
const SETTLING: Duration = Duration::from_secs(3);

/// What a statement answers, unless nothing comes.
///
/// # Errors
/// When it fails, or no answer comes in time.
pub(crate) async fn in_time<T>(
    asking: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    timeout(PATIENCE, asking).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

/// One connection, with or without an open transaction. Dropped without [`Held::release`] it is looked at before
/// anybody else gets it, and a transaction is rolled back.
pub(crate) struct Held {
    connection: Option<PoolConnection<Postgres>>,
    in_transaction: bool,
}

impl Held {
    pub(crate) async fn take(pool: &PgPool) -> Result<Self, sqlx::Error> {
        Ok(Self { connection: Some(pool.acquire().await?), in_transaction: false })
    }

    /// One with an open transaction. `how`: the statement that begins it.
    pub(crate) async fn begin(pool: &PgPool, how: &'static str) -> Result<Self, sqlx::Error> {
        let mut held = Self::take(pool).await?;
        // Whoever is dropped while it begins may have begun.
        held.in_transaction = true;
        in_time(held.connection()?.execute(sqlx::raw_sql(how))).await?;
        Ok(held)
    }

    /// Ends the transaction with this statement.
    pub(crate) async fn end(mut self, how: &'static str) -> Result<(), sqlx::Error> {
        in_time(self.connection()?.execute(sqlx::raw_sql(how))).await?;
        self.in_transaction = false;
        self.release();
        Ok(())
    }

    pub(crate) fn connection(&mut self) -> Result<&mut PgConnection, sqlx::Error> {
        self.connection.as_deref_mut().ok_or(sqlx::Error::PoolClosed)
    }

    /// Gives it back at once: everything was answered, and no transaction is open.
    pub(crate) fn release(mut self) {
        drop(self.connection.take());
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        let in_transaction = self.in_transaction;
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            // Nobody is left to wait for it.
            drop(connection.detach());
            return;
        };
        runtime.spawn(async move {
            match timeout(SETTLING, settle(&mut connection, in_transaction)).await {
                Ok(Ok(())) => drop(connection),
                // Its place in the pool is free; the socket is closed, whatever the other end makes of it.
                Ok(Err(_)) | Err(_) => drop(connection.detach()),
            }
        });
    }
}

async fn settle(connection: &mut PgConnection, in_transaction: bool) -> Result<(), sqlx::Error> {
    if in_transaction {
        Executor::execute(&mut *connection, sqlx::raw_sql("ROLLBACK")).await?;
    }
    connection.ping().await
}
