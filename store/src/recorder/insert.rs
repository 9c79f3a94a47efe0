//! Records as rows: hashed one after the other, inserted by as few statements as the databases take.

use super::Job;
use super::tables::{DECISION_COLUMNS, Decisions};
use crate::StoreError;
use crate::chain::{AuditKey, Fields, Head, RecordHash};
use crate::db::{Db, Dialect, Tx};
use crate::kept::{Kept, Shelf, slot};
use crate::live::keys;
use policy::{Outcome, ResourceRef};
use sea_query::{Expr, ExprTrait, InsertStatement, Query, Value, Values};
use sea_query_sqlx::SqlxValues;
use std::sync::Arc;

/// What is written of a record: its columns, and what it touched.
const COLUMNS: usize = DECISION_COLUMNS.len() + 1;

/// Rows of one statement. Each number of rows is a statement of its own, and each connection keeps them prepared.
const MAX_ROWS: usize = 64;

// SQLite takes 32,766 variables in a statement, Postgres 65,535.
const _: () = assert!(MAX_ROWS * COLUMNS <= 32_766);

/// A record with its place in the chain.
pub(super) struct Row<'a> {
    job: &'a Job,
    chain: &'a str,
    seq: i64,
    hash: RecordHash,
}

fn outcome_code(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Allow => "allow",
        Outcome::Deny => "deny",
    }
}

/// Gives each record its place after `head`; answers the rows and the head after them.
pub(super) fn chain_up<'a>(
    key: &AuditKey,
    head: &'a Head,
    jobs: impl IntoIterator<Item = &'a Job>,
) -> (Vec<Row<'a>>, Head) {
    let mut seq = head.seq;
    let mut hash = head.hash;
    let mut rows = Vec::new();
    for job in jobs {
        seq += 1;
        let record = &job.record;
        let fields = Fields {
            id: record.id.as_str(),
            chain: &head.chain,
            seq,
            at: record.at.micros(),
            tenant: record.tenant.as_deref(),
            subject: record.subject.as_deref(),
            credential: record.credential.as_deref(),
            server: record.server.as_deref(),
            tool: record.tool.as_deref(),
            action: &record.action,
            outcome: outcome_code(record.outcome),
            reason: record.reason.code(),
            body: &record.body,
            actor: record.actor.as_deref(),
            task: record.task.as_deref(),
        };
        hash = key.record_hash(&fields, job.arguments_digest.as_ref(), &hash);
        rows.push(Row { job, chain: &head.chain, seq, hash });
    }
    (rows, Head { chain: head.chain.clone(), seq, hash })
}

/// Inserts all rows in one transaction. On an error they may still be committed: the head tells.
pub(super) async fn commit(db: &Db, rows: &[Row<'_>]) -> Result<(), StoreError> {
    if rows.len() <= MAX_ROWS {
        // One statement is a transaction by itself, and one way to the database instead of three.
        let (statement, values) = insert(rows, db.dialect());
        return db.execute_kept(&statement, values).await.map(|_| ());
    }
    commit_in(db.begin_write().await?, rows).await
}

/// Inserts all rows in a transaction that is open, and commits it. On an error they may still be committed.
pub(super) async fn commit_in(mut tx: Tx, rows: &[Row<'_>]) -> Result<(), StoreError> {
    for chunk in rows.chunks(MAX_ROWS) {
        let (statement, values) = insert(chunk, tx.dialect());
        if let Err(error) = tx.execute_kept(&statement, values).await {
            // Best effort: what is not rolled back here is when the connection is given back.
            if let Err(second) = tx.rollback().await {
                tracing::debug!(error = %second, "rollback failed");
            }
            return Err(error);
        }
    }
    tx.commit().await
}

/// By the number of rows: each is rendered once.
static INSERTS: Shelf<usize> = Shelf::new();

fn insert(rows: &[Row<'_>], dialect: Dialect) -> (Arc<Kept>, SqlxValues) {
    let kept = INSERTS.get(dialect, rows.len(), || Kept::render(&blank(rows.len()), dialect));
    // Row by row, in the order of the columns: as the text has them.
    let values = rows.iter().flat_map(|row| {
        let record = &row.job.record;
        let values: [Value; COLUMNS] = [
            record.id.as_str().into(),
            row.chain.into(),
            row.seq.into(),
            record.at.micros().into(),
            record.tenant.clone().into(),
            record.subject.clone().into(),
            record.credential.clone().into(),
            record.server.clone().into(),
            record.tool.clone().into(),
            record.action.as_str().into(),
            outcome_code(record.outcome).into(),
            record.reason.code().into(),
            record.body.as_str().into(),
            record.arguments.clone().into(),
            row.job.arguments_digest.map(|digest| digest.to_vec()).into(),
            row.hash.to_vec().into(),
            record.actor.clone().into(),
            record.task.clone().into(),
            touched(&record.touched).into(),
        ];
        values
    });
    (kept, SqlxValues(Values(values.collect())))
}

/// As the triggers read it; none where the call named nothing that can be registered.
fn touched(resources: &[ResourceRef]) -> Option<String> {
    const NOTHING: &str = "[]";
    if resources.is_empty() {
        return None;
    }
    Some(keys(resources)).filter(|keys| keys != NOTHING)
}

fn blank(rows: usize) -> InsertStatement {
    let columns = DECISION_COLUMNS.into_iter().chain([Decisions::Touched]);
    let mut insert = Query::insert().into_table(Decisions::Table).columns(columns).to_owned();
    for _ in 0..rows {
        // Panics only where the number of values is not that of the columns.
        insert.values_panic([(); COLUMNS].map(|()| slot(0)));
    }
    insert
}

#[derive(sqlx::FromRow)]
struct SeqRow {
    seq: i64,
}

/// The place of a record of this chain after `floor`, if it is stored.
pub(super) async fn find(db: &Db, chain: &str, floor: i64, id: &str) -> Result<Option<i64>, StoreError> {
    let query = Query::select()
        .column(Decisions::Seq)
        .from(Decisions::Table)
        .and_where(Expr::col(Decisions::Id).eq(id))
        .and_where(Expr::col(Decisions::Chain).eq(chain))
        .and_where(Expr::col(Decisions::Seq).gt(floor))
        .to_owned();
    Ok(db.fetch_optional::<SeqRow>(&query).await?.map(|row| row.seq))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_call_named_is_written_as_the_triggers_read_it() {
        let resource = |kind: &str, id: &str| ResourceRef { kind: kind.to_owned(), id: id.to_owned() };
        assert_eq!(touched(&[]), None);
        // Postgres takes no U+0000, and would refuse the record.
        assert_eq!(touched(&[resource("customer", "a\0"), resource("customer", "")]), None);
        let named = [resource("customer", "c\"1"), resource("order", "o\n"), resource("order", "o-1")];
        assert_eq!(touched(&named).as_deref(), Some(r#"[["customer","c\"1"],["order","o-1"]]"#));
    }
}
