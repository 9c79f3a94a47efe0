//! What decisions use up, taken within the transaction of their records: a call of a task, a use of an approval. The
//! database says whether it is there, by the very statement that takes it, so it is counted exactly however many processes
//! take at once. Requests for approval are filed in the same way.

use super::{Job, Lack};
use crate::StoreError;
use crate::approvals::{self, ApprovalStep};
use crate::db::{Dialect, Tx, now_micros};
use crate::schema::Tasks;
use policy::labels::TaskState;
use sea_query::{Expr, ExprTrait, Query, UpdateStatement};
use std::collections::BTreeMap;

/// Whether a job got what it takes, or what it lacks.
pub(super) type Got = Result<(), Lack>;

/// Which of the jobs, the earlier ones first, get what they take. What keeps others from filing is locked first, then tasks
/// in the order of their ids, and then approvals in the order of theirs, with those that a new request ends; so two
/// processes never wait for each other.
pub(super) async fn take(tx: &mut Tx, jobs: &[Job]) -> Result<Vec<Got>, StoreError> {
    let files = jobs.iter().any(|job| matches!(job.record.approval, Some(ApprovalStep::File(_))));
    if files {
        approvals::lock_filing(tx).await?;
    }
    let mut got = take_tasks(tx, jobs).await?;
    if files {
        let steps: Vec<&ApprovalStep> = jobs.iter().filter_map(|job| job.record.approval.as_ref()).collect();
        approvals::lock_rows(tx, &steps).await?;
    }
    let mut order: Vec<usize> = (0..jobs.len()).collect();
    order.sort_by_key(|nth| jobs.get(*nth).and_then(touched));
    for nth in order {
        let (Some(job), Some(place)) = (jobs.get(nth), got.get_mut(nth)) else { continue };
        if place.is_ok() {
            *place = step(tx, job).await?;
        }
    }
    give_back(tx, jobs, &got).await?;
    Ok(got)
}

/// The request that this job touches: those that file come last, once others have used what they may.
fn touched(job: &Job) -> Option<(bool, &str)> {
    match job.record.approval.as_ref()? {
        ApprovalStep::Attempt(id) => Some((false, id.as_str())),
        ApprovalStep::Use(taken) => Some((false, taken.id.as_str())),
        ApprovalStep::File(new) => Some((true, new.id.as_str())),
    }
}

/// What the job does to a request for approval.
async fn step(tx: &mut Tx, job: &Job) -> Result<Got, StoreError> {
    let done = match &job.record.approval {
        None => return Ok(Ok(())),
        Some(ApprovalStep::Attempt(id)) => approvals::attempt(tx, id).await?,
        Some(ApprovalStep::Use(taken)) => approvals::use_up(tx, taken, &job.record.id).await?,
        Some(ApprovalStep::File(new)) => return approvals::file(tx, new, &job.record.id).await,
    };
    Ok(if done { Ok(()) } else { Err(Lack::Approval) })
}

/// The calls of tasks that were taken for jobs that lack something else.
async fn give_back(tx: &mut Tx, jobs: &[Job], got: &[Got]) -> Result<(), StoreError> {
    let mut unused: BTreeMap<&str, i64> = BTreeMap::new();
    for (job, got) in jobs.iter().zip(got) {
        if let (Some(task), Err(Lack::Approval | Lack::TooMany | Lack::TooOften)) = (task_of(job), got) {
            *unused.entry(task).or_default() += 1;
        }
    }
    for (task, count) in unused {
        let update = Query::update()
            .table(Tasks::Table)
            .value(Tasks::Used, Expr::col(Tasks::Used).sub(count))
            .and_where(Expr::col(Tasks::Id).eq(task))
            .take();
        tx.execute(&update).await?;
    }
    Ok(())
}

async fn take_tasks(tx: &mut Tx, jobs: &[Job]) -> Result<Vec<Got>, StoreError> {
    let mut wanted: BTreeMap<&str, i64> = BTreeMap::new();
    for task in jobs.iter().filter_map(task_of) {
        *wanted.entry(task).or_default() += 1;
    }
    for (task, count) in &mut wanted {
        *count = take_of(tx, task, *count).await?;
    }
    let mut got = Vec::with_capacity(jobs.len());
    for job in jobs {
        let Some(task) = task_of(job) else {
            got.push(Ok(()));
            continue;
        };
        let left = wanted.get_mut(task).filter(|left| **left > 0);
        got.push(if left.is_some() { Ok(()) } else { Err(Lack::Task) });
        if let Some(left) = left {
            *left -= 1;
        }
    }
    Ok(got)
}

/// The task of which it takes a call.
fn task_of(job: &Job) -> Option<&str> {
    job.record.task.as_deref().filter(|_| job.record.spends)
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
