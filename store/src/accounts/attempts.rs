//! The brake on guessing: attempts counted in fixed windows of one minute, for each bucket.

use crate::Store;
use crate::db::StoreError;
use policy::Timestamp;
use sea_query::{Expr, ExprTrait, Iden, OnConflict, Query};

/// In microseconds.
const WINDOW: i64 = 60 * 1_000_000;

/// Longer names of buckets are cut; two that then coincide share a count.
const MAX_BUCKET: usize = 300;

#[derive(Debug, Clone, Copy, Iden)]
enum SignInAttempts {
    Table,
    Bucket,
    WindowStart,
    Attempts,
}

#[derive(sqlx::FromRow)]
struct AttemptsRow {
    attempts: i64,
}

fn window_of(now: Timestamp) -> i64 {
    now.micros().div_euclid(WINDOW).saturating_mul(WINDOW)
}

/// Both databases take it: no U+0000, and short enough for an index.
fn storable(bucket: &str) -> String {
    bucket.chars().filter(|c| *c != '\0').take(MAX_BUCKET).collect()
}

impl Store {
    /// Counts one more attempt in this bucket (a login with an address, or an address alone), and answers
    /// how many there were in the current minute, this one included. All replicas count together.
    ///
    /// # Errors
    /// When the database does not answer; then the attempt must be refused.
    pub async fn register_attempt(&self, bucket: &str, now: Timestamp) -> Result<i64, StoreError> {
        let one_more = Expr::col((SignInAttempts::Table, SignInAttempts::Attempts)).add(1_i64);
        let upsert = Query::insert()
            .into_table(SignInAttempts::Table)
            .columns([SignInAttempts::Bucket, SignInAttempts::WindowStart, SignInAttempts::Attempts])
            .values_panic([storable(bucket).into(), window_of(now).into(), 1_i64.into()])
            .on_conflict(
                OnConflict::columns([SignInAttempts::Bucket, SignInAttempts::WindowStart])
                    .value(SignInAttempts::Attempts, one_more)
                    .to_owned(),
            )
            .returning_col(SignInAttempts::Attempts)
            .take();
        let mut tx = self.db.begin_write().await?;
        let row = tx.fetch_optional::<AttemptsRow>(&upsert).await?;
        tx.commit().await?;
        row.map(|row| row.attempts).ok_or_else(|| StoreError::corrupt("an attempt was not counted"))
    }

    /// Removes the counts of windows that began before this moment; answers how many.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn forget_attempts(&self, before: Timestamp) -> Result<u64, StoreError> {
        let delete = Query::delete()
            .from_table(SignInAttempts::Table)
            .and_where(Expr::col(SignInAttempts::WindowStart).lt(before.micros()))
            .take();
        self.db.execute(&delete).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_a_whole_minute() {
        let at = |text: &str| window_of(Timestamp::parse(text).expect("reads"));
        assert_eq!(at("2026-11-23T10:00:00Z"), at("2026-11-23T10:00:59.999999Z"));
        assert_eq!(at("2026-11-23T10:01:00Z") - at("2026-11-23T10:00:00Z"), WINDOW);
        assert_eq!(storable("a\0b"), "ab");
    }
}
