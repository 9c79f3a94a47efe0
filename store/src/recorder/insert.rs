//! Records as rows: hashed one after the other, inserted by as few statements as the databases take.

use super::Job;
use super::tables::{DECISION_COLUMNS, Decisions};
use crate::StoreError;
use crate::chain::{AuditKey, Fields, Head, RecordHash};
use crate::db::Db;
use policy::Outcome;
use sea_query::{Expr, ExprTrait, InsertStatement, Query};

/// Rows of one statement. Chunks are powers of two, so there are eight different statements, and each
/// connection keeps them all prepared.
const MAX_ROWS: usize = 128;

// SQLite takes 32,766 variables in a statement, Postgres 65,535.
const _: () = assert!(MAX_ROWS * DECISION_COLUMNS.len() <= 32_766);

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
pub(super) fn chain_up<'a>(key: &AuditKey, head: &'a Head, jobs: &'a [Job]) -> (Vec<Row<'a>>, Head) {
    let mut seq = head.seq;
    let mut hash = head.hash;
    let mut rows = Vec::with_capacity(jobs.len());
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
        };
        hash = key.record_hash(&fields, job.arguments_digest.as_ref(), &hash);
        rows.push(Row { job, chain: &head.chain, seq, hash });
    }
    (rows, Head { chain: head.chain.clone(), seq, hash })
}

/// Inserts all rows in one transaction. On an error they may still be committed: the head tells.
pub(super) async fn commit(db: &Db, rows: &[Row<'_>]) -> Result<(), StoreError> {
    let mut tx = db.begin_write().await?;
    let mut rest = rows;
    while !rest.is_empty() {
        let fitting = rest.len().min(MAX_ROWS);
        let (chunk, later) = rest.split_at(1 << fitting.ilog2());
        let statement = insert(chunk);
        if let Err(error) = tx.execute(&statement).await {
            // Best effort: what is not rolled back here is when the connection is given back.
            if let Err(second) = tx.rollback().await {
                tracing::debug!(error = %second, "rollback failed");
            }
            return Err(error);
        }
        rest = later;
    }
    tx.commit().await
}

fn insert(rows: &[Row<'_>]) -> InsertStatement {
    let mut insert = Query::insert().into_table(Decisions::Table).columns(DECISION_COLUMNS).to_owned();
    for row in rows {
        let record = &row.job.record;
        // Panics only where the number of values is not that of the columns; both are 16 here.
        insert.values_panic([
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
        ]);
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
