//! What decisions use up, taken within the transaction of their records: a call of a task. The database says whether it
//! is there, by the very statement that takes it, so it is counted exactly however many processes take at once.

use super::Job;
use crate::StoreError;
use crate::db::{Dialect, Tx, now_micros};
use crate::schema::Tasks;
use policy::labels::TaskState;
use sea_query::{Expr, ExprTrait, Query, UpdateStatement};
use std::collections::BTreeMap;

/// Which of the jobs, the earlier ones first, get what they take. Tasks are locked in the order of their ids, so that two
/// processes never wait for each other.
pub(super) async fn take(tx: &mut Tx, jobs: &[Job]) -> Result<Vec<bool>, StoreError> {
    let mut wanted: BTreeMap<&str, i64> = BTreeMap::new();
    for task in jobs.iter().filter_map(task_of) {
        *wanted.entry(task).or_default() += 1;
    }
    for (task, count) in &mut wanted {
        *count = take_of(tx, task, *count).await?;
    }
    let mut got = Vec::with_capacity(jobs.len());
    for job in jobs {
        let left = task_of(job).and_then(|task| wanted.get_mut(task)).filter(|left| **left > 0);
        got.push(left.is_some());
        if let Some(left) = left {
            *left -= 1;
        }
    }
    Ok(got)
}

fn task_of(job: &Job) -> Option<&str> {
    job.record.task.as_deref()
}

/// As many calls of the task as there are, and no more than are wanted.
async fn take_of(tx: &mut Tx, task: &str, wanted: i64) -> Result<i64, StoreError> {
    let dialect = tx.dialect();
    if tx.execute(&calls(task, wanted, dialect)).await? > 0 {
        return Ok(wanted);
    }
    // Not so many at once: then one after the other, until there is none.
    let mut taken = 0;
    while taken < wanted - 1 && tx.execute(&calls(task, 1, dialect)).await? > 0 {
        taken += 1;
    }
    Ok(taken)
}

/// Takes all of these calls or none.
fn calls(task: &str, count: i64, dialect: Dialect) -> UpdateStatement {
    let used = || Expr::col(Tasks::Used).add(count);
    Query::update()
        .table(Tasks::Table)
        .value(Tasks::Used, used())
        .and_where(Expr::col(Tasks::Id).eq(task))
        .and_where(Expr::col(Tasks::State).eq(TaskState::Active.as_str()))
        .and_where(used().lte(Expr::col(Tasks::Budget)))
        .and_where(Expr::col(Tasks::ExpiresAt).gt(now_micros(dialect)))
        .take()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_query::{PostgresQueryBuilder, SqliteQueryBuilder};

    #[test]
    fn what_is_taken_is_there_when_it_is_taken() {
        for (text, clock) in [
            (calls("t-1", 2, Dialect::Sqlite).to_string(SqliteQueryBuilder), "unixepoch"),
            (calls("t-1", 2, Dialect::Postgres).to_string(PostgresQueryBuilder), "clock_timestamp"),
        ] {
            for part in [
                r#"UPDATE "tasks" SET "used" = "used" + 2 WHERE "id" = 't-1'"#,
                r#""state" = 'active'"#,
                r#""used" + 2"#,
                r#"<= "budget""#,
                r#""expires_at" > "#,
                clock,
            ] {
                assert!(text.contains(part), "{part}: {text}");
            }
        }
    }
}
