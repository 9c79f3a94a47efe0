//! One open transaction. It counts whole or not at all.

use super::{Dialect, FromAnyRow, Source, Statement, StoreError};
use crate::held::{Held, in_time};
use crate::kept::Kept;
use sea_query_sqlx::SqlxValues;
use sqlx::{Postgres, Sqlite, Transaction};

/// Dropped without [`Tx::commit`] it is rolled back.
///
/// Once a statement failed, or was not waited for to its end, it takes no further one and commits nothing, whatever its
/// owner makes of the error. The databases do not see to that: Postgres answers the COMMIT of a transaction that it has
/// given up with ROLLBACK and no error, and SQLite ends some by itself (on a full disk, say), and would then run each
/// further statement for good.
pub(crate) struct Tx {
    on: On,
    /// Every statement so far was answered, and none failed.
    whole: bool,
}

enum On {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Held),
}

impl Tx {
    pub(super) fn on_sqlite(tx: Transaction<'static, Sqlite>) -> Self {
        Self { on: On::Sqlite(tx), whole: true }
    }

    pub(super) fn on_postgres(held: Held) -> Self {
        Self { on: On::Postgres(held), whole: true }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self.on {
            On::Sqlite(_) => Dialect::Sqlite,
            On::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Where the next statement runs. It counts as failed until it was answered: then whoever runs it says so.
    fn place(&mut self) -> Result<&mut On, sqlx::Error> {
        if std::mem::replace(&mut self.whole, false) { Ok(&mut self.on) } else { Err(given_up()) }
    }

    pub(crate) async fn fetch_all<T: FromAnyRow>(
        &mut self,
        query: &impl Statement,
    ) -> Result<Vec<T>, StoreError> {
        let rows = match self.place()? {
            On::Sqlite(tx) => {
                let (sql, values) = query.sqlite();
                sqlx::query_as_with::<Sqlite, T, SqlxValues>(sql, values).fetch_all(&mut **tx).await?
            }
            On::Postgres(held) => {
                let (sql, values) = query.postgres();
                let asking = sqlx::query_as_with::<Postgres, T, SqlxValues>(sql, values);
                in_time(asking.fetch_all(held.connection()?)).await?
            }
        };
        self.whole = true;
        Ok(rows)
    }

    pub(crate) async fn fetch_optional<T: FromAnyRow>(
        &mut self,
        query: &impl Statement,
    ) -> Result<Option<T>, StoreError> {
        let row = match self.place()? {
            On::Sqlite(tx) => {
                let (sql, values) = query.sqlite();
                sqlx::query_as_with::<Sqlite, T, SqlxValues>(sql, values).fetch_optional(&mut **tx).await?
            }
            On::Postgres(held) => {
                let (sql, values) = query.postgres();
                let asking = sqlx::query_as_with::<Postgres, T, SqlxValues>(sql, values);
                in_time(asking.fetch_optional(held.connection()?)).await?
            }
        };
        self.whole = true;
        Ok(row)
    }

    /// Answers how many rows it touched.
    pub(crate) async fn execute(&mut self, query: &impl Statement) -> Result<u64, StoreError> {
        let touched = match self.place()? {
            On::Sqlite(tx) => {
                let (sql, values) = query.sqlite();
                sqlx::query_with::<Sqlite, SqlxValues>(sql, values).execute(&mut **tx).await?.rows_affected()
            }
            On::Postgres(held) => {
                let (sql, values) = query.postgres();
                let asking = sqlx::query_with::<Postgres, SqlxValues>(sql, values);
                in_time(asking.execute(held.connection()?)).await?.rows_affected()
            }
        };
        self.whole = true;
        Ok(touched)
    }

    /// As [`Tx::execute`], with a text that is kept.
    pub(crate) async fn execute_kept(&mut self, kept: &Kept, values: SqlxValues) -> Result<u64, StoreError> {
        let sql = kept.sql();
        let touched = match self.place()? {
            On::Sqlite(tx) => {
                sqlx::query_with::<Sqlite, SqlxValues>(sql, values).execute(&mut **tx).await?.rows_affected()
            }
            On::Postgres(held) => {
                let asking = sqlx::query_with::<Postgres, SqlxValues>(sql, values);
                in_time(asking.execute(held.connection()?)).await?.rows_affected()
            }
        };
        self.whole = true;
        Ok(touched)
    }

    /// Runs a script of fixed text, statement by statement, for as long as it takes.
    pub(crate) async fn run_script(&mut self, script: &'static str) -> Result<(), sqlx::Error> {
        match self.place()? {
            On::Sqlite(tx) => {
                sqlx::raw_sql(script).execute(&mut **tx).await?;
            }
            On::Postgres(held) => {
                sqlx::raw_sql(script).execute(held.connection()?).await?;
            }
        }
        self.whole = true;
        Ok(())
    }

    /// # Errors
    /// When a statement failed before, or the database does not say that it is committed (it may be, all the same).
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        if !self.whole {
            return Err(given_up().into());
        }
        match self.on {
            On::Sqlite(tx) => tx.commit().await?,
            On::Postgres(held) => held.end("COMMIT").await?,
        }
        Ok(())
    }

    pub(crate) async fn rollback(self) -> Result<(), StoreError> {
        match self.on {
            On::Sqlite(tx) => tx.rollback().await?,
            On::Postgres(held) => held.end("ROLLBACK").await?,
        }
        Ok(())
    }
}

impl Source for Tx {
    async fn all<T: FromAnyRow, S: Statement>(&mut self, query: &S) -> Result<Vec<T>, StoreError> {
        self.fetch_all(query).await
    }

    async fn optional<T: FromAnyRow, S: Statement>(&mut self, query: &S) -> Result<Option<T>, StoreError> {
        self.fetch_optional(query).await
    }
}

fn given_up() -> sqlx::Error {
    sqlx::Error::InvalidArgument("a statement of the transaction failed, so nothing of it counts".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_query::{Expr, InsertStatement, Query, SelectStatement};
    use sqlx::SqlitePool;
    use sqlx::sqlite::SqlitePoolOptions;
    use std::pin::pin;
    use std::task::{Context, Waker};

    #[derive(sqlx::FromRow)]
    struct Count {
        n: i64,
    }

    async fn one_table() -> SqlitePool {
        let pool =
            SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await.expect("opens");
        sqlx::raw_sql("CREATE TABLE numbers (n BIGINT PRIMARY KEY)").execute(&pool).await.expect("is made");
        pool
    }

    async fn begin(pool: &SqlitePool) -> Tx {
        Tx::on_sqlite(pool.begin_with("BEGIN IMMEDIATE").await.expect("begins"))
    }

    fn put(n: i64) -> InsertStatement {
        Query::insert().into_table("numbers").columns(["n"]).values_panic([n.into()]).take()
    }

    fn count() -> SelectStatement {
        Query::select().expr_as(Expr::cust("count(*)"), "n").from("numbers").take()
    }

    async fn counted(pool: &SqlitePool) -> i64 {
        let mut tx = begin(pool).await;
        let all = tx.fetch_all::<Count>(&count()).await.expect("reads");
        tx.commit().await.expect("commits");
        all.iter().map(|row| row.n).sum()
    }

    #[tokio::test]
    async fn once_a_statement_failed_nothing_counts() {
        let pool = one_table().await;
        let mut tx = begin(&pool).await;
        tx.execute(&put(1)).await.expect("is written");
        let twice = tx.execute(&put(1)).await;
        assert!(matches!(twice, Err(StoreError::Constraint { .. })), "{twice:?}");
        // SQLite itself would take all of these.
        assert!(tx.execute(&put(2)).await.is_err());
        assert!(tx.fetch_all::<Count>(&count()).await.is_err());
        assert!(tx.fetch_optional::<Count>(&count()).await.is_err());
        assert!(tx.run_script("DELETE FROM numbers").await.is_err());
        let committed = tx.commit().await;
        assert!(matches!(committed, Err(StoreError::Unavailable(_))), "{committed:?}");
        assert_eq!(counted(&pool).await, 0);
    }

    #[tokio::test]
    async fn a_statement_that_was_not_waited_for_counts_as_failed() {
        let pool = one_table().await;
        let mut tx = begin(&pool).await;
        tx.execute(&put(1)).await.expect("is written");
        let slow = "(SELECT count(*) FROM \
            (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000000) SELECT i FROM n))";
        let slow = Query::select().expr_as(Expr::cust(slow), "n").take();
        {
            let asked = pin!(tx.fetch_all::<Count>(&slow));
            assert!(asked.poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
        assert!(tx.commit().await.is_err());
        assert_eq!(counted(&pool).await, 0);
    }

    #[tokio::test]
    async fn what_is_whole_is_committed_and_what_failed_can_be_rolled_back() {
        let pool = one_table().await;
        let mut tx = begin(&pool).await;
        tx.execute(&put(1)).await.expect("is written");
        assert!(tx.execute(&put(1)).await.is_err());
        tx.rollback().await.expect("is undone");
        assert_eq!(counted(&pool).await, 0);
        let mut tx = begin(&pool).await;
        for n in [1, 2] {
            tx.execute(&put(n)).await.expect("is written");
        }
        tx.commit().await.expect("commits");
        assert_eq!(counted(&pool).await, 2);
    }
}
