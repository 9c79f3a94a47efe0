//! `audit prune`: removes whole leading parts of chains, and leaves one signed stub for each.
//!
//! A stub vouches for what it stands for, so verify first: what is wrong in the removed part is gone with it.

use crate::chain::{AuditKey, RecordHash, Stub};
use crate::db::Dialect;
use crate::recorder::tables::{Chains, Checkpoints, Decisions, Stubs};
use crate::recorder::to_hash;
use crate::{Store, StoreError};
use policy::Timestamp;
use sea_query::{Expr, ExprTrait, InsertStatement, OnConflict, Order, Query};

/// Records removed in one transaction, so that the writers of the record never wait for long.
const CHUNK: u64 = 2_000;

/// Postgres: chunks are removed one at a time, so that no stub takes the place of one that stands for more. SQLite
/// has one writer anyway.
const LOCK: &str = "pg_advisory_xact_lock(7264918203)";

/// What retention removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PruneReport {
    /// Chains that lost a leading part.
    pub chains: u64,
    pub records: u64,
}

#[derive(sqlx::FromRow)]
struct IdRow {
    id: String,
}

#[derive(sqlx::FromRow)]
struct SeqRow {
    seq: i64,
}

#[derive(sqlx::FromRow)]
struct EndRow {
    seq: i64,
    hash: Vec<u8>,
}

/// Removes from the start of each chain all records up to the first one that is not older than `before`.
/// A record that is older but comes after a younger one stays. Several may do so at once.
///
/// # Errors
/// When the database fails. What was removed until then has its stub.
pub async fn prune(
    store: &Store,
    key: &AuditKey,
    before: Timestamp,
    by: &str,
    now: Timestamp,
) -> Result<PruneReport, StoreError> {
    let query =
        Query::select().column(Chains::Id).from(Chains::Table).order_by(Chains::Id, Order::Asc).to_owned();
    let mut report = PruneReport::default();
    for chain in store.db.fetch_all::<IdRow>(&query).await? {
        let Some(up_to) = last_to_remove(store, &chain.id, before).await? else {
            continue;
        };
        let mut removed = 0;
        loop {
            let records = remove_some(store, key, &chain.id, up_to, by, now).await?;
            if records == 0 {
                break;
            }
            removed += records;
        }
        if removed > 0 {
            report.chains += 1;
            report.records += removed;
        }
    }
    Ok(report)
}

async fn last_to_remove(store: &Store, chain: &str, before: Timestamp) -> Result<Option<i64>, StoreError> {
    let first_kept = Query::select()
        .column(Decisions::Seq)
        .from(Decisions::Table)
        .and_where(Expr::col(Decisions::Chain).eq(chain))
        .and_where(Expr::col(Decisions::At).gte(before.micros()))
        .order_by(Decisions::Seq, Order::Asc)
        .limit(1)
        .to_owned();
    if let Some(row) = store.db.fetch_optional::<SeqRow>(&first_kept).await? {
        return Ok(Some(row.seq - 1).filter(|up_to| *up_to > 0));
    }
    let last = Query::select()
        .column(Decisions::Seq)
        .from(Decisions::Table)
        .and_where(Expr::col(Decisions::Chain).eq(chain))
        .order_by(Decisions::Seq, Order::Desc)
        .limit(1)
        .to_owned();
    Ok(store.db.fetch_optional::<SeqRow>(&last).await?.map(|row| row.seq))
}

/// Removes the next chunk, with the stub that stands for it, in one transaction; answers how many records.
async fn remove_some(
    store: &Store,
    key: &AuditKey,
    chain: &str,
    up_to: i64,
    by: &str,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let chunk = Query::select()
        .columns([Decisions::Seq, Decisions::Hash])
        .from(Decisions::Table)
        .and_where(Expr::col(Decisions::Chain).eq(chain))
        .and_where(Expr::col(Decisions::Seq).lte(up_to))
        .order_by(Decisions::Seq, Order::Asc)
        .limit(CHUNK)
        .to_owned();
    let last_mark = Query::select()
        .column(Checkpoints::Seq)
        .from(Checkpoints::Table)
        .and_where(Expr::col(Checkpoints::Chain).eq(chain))
        .order_by(Checkpoints::Seq, Order::Desc)
        .limit(1)
        .to_owned();
    let mut tx = store.db.begin_write().await?;
    if tx.dialect() == Dialect::Postgres {
        tx.execute(&Query::select().expr(Expr::cust(LOCK)).take()).await?;
    }
    let rows = tx.fetch_all::<EndRow>(&chunk).await?;
    let Some(end) = rows.last() else {
        tx.rollback().await?;
        return Ok(0);
    };
    tx.execute(&stub(key, chain, end.seq, to_hash(&end.hash)?, by, now)?).await?;
    let records = Query::delete()
        .from_table(Decisions::Table)
        .and_where(Expr::col(Decisions::Chain).eq(chain))
        .and_where(Expr::col(Decisions::Seq).lte(end.seq))
        .to_owned();
    let removed = tx.execute(&records).await?;
    // The last checkpoint stays: it says where the chain must reach, and whether it was closed.
    if let Some(last) = tx.fetch_optional::<SeqRow>(&last_mark).await? {
        let marks = Query::delete()
            .from_table(Checkpoints::Table)
            .and_where(Expr::col(Checkpoints::Chain).eq(chain))
            .and_where(Expr::col(Checkpoints::Seq).lte(end.seq))
            .and_where(Expr::col(Checkpoints::Seq).lt(last.seq))
            .to_owned();
        tx.execute(&marks).await?;
    }
    tx.commit().await?;
    Ok(removed)
}

/// The signed stub, in place of an earlier one.
fn stub(
    key: &AuditKey,
    chain: &str,
    up_to: i64,
    hash: RecordHash,
    by: &str,
    now: Timestamp,
) -> Result<InsertStatement, StoreError> {
    let stub = Stub { chain: chain.to_owned(), up_to, hash, at: now, by: by.to_owned() };
    let signed = key.sign(&stub).map_err(|error| StoreError::corrupt(error.to_string()))?;
    Ok(Query::insert()
        .into_table(Stubs::Table)
        .columns([
            Stubs::Chain,
            Stubs::UpTo,
            Stubs::Hash,
            Stubs::At,
            Stubs::PrunedBy,
            Stubs::Body,
            Stubs::PublicKey,
            Stubs::Signature,
        ])
        .values_panic([
            chain.into(),
            up_to.into(),
            hash.to_vec().into(),
            now.micros().into(),
            by.into(),
            signed.text.into(),
            key.public_key().to_vec().into(),
            signed.signature.into(),
        ])
        .on_conflict(
            OnConflict::column(Stubs::Chain)
                .update_columns([
                    Stubs::UpTo,
                    Stubs::Hash,
                    Stubs::At,
                    Stubs::PrunedBy,
                    Stubs::Body,
                    Stubs::PublicKey,
                    Stubs::Signature,
                ])
                .to_owned(),
        )
        .to_owned())
}
