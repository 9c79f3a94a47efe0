//! The chains as the page Evidence lists them: one statement for a page, whatever each chain holds.

use crate::chain::RecordHash;
use crate::recorder::tables::{Chains, Checkpoints, Decisions};
use crate::recorder::{chains_with_heads, to_hash};
use crate::{Store, StoreError};
use policy::Timestamp;
use sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};

/// A chain, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainSummary {
    pub id: String,
    pub instance: String,
    pub version: String,
    pub started_at: Timestamp,
    /// The last sign of life, at most a minute old while the instance runs.
    pub seen_at: Timestamp,
    /// The clean stop, if there was one.
    pub ended_at: Option<Timestamp>,
    /// The last record's place; 0 where there never was one.
    pub head_seq: i64,
    pub head_hash: RecordHash,
    pub last_checkpoint_at: Option<Timestamp>,
    /// Records up to here were removed by retention.
    pub pruned_up_to: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct SummaryRow {
    id: String,
    instance: String,
    version: String,
    started_at: i64,
    seen_at: i64,
    ended_at: Option<i64>,
    genesis_hash: Vec<u8>,
    head_seq: Option<i64>,
    head_hash: Option<Vec<u8>>,
    checkpoint_at: Option<i64>,
    up_to: Option<i64>,
    stub_hash: Option<Vec<u8>>,
}

impl TryFrom<SummaryRow> for ChainSummary {
    type Error = StoreError;

    /// The head is the last record, else what retention left of the chain, else its genesis.
    fn try_from(row: SummaryRow) -> Result<Self, StoreError> {
        let (head_seq, hash) = match (row.head_seq, row.head_hash, row.up_to, row.stub_hash) {
            (Some(seq), Some(hash), _, _) | (_, _, Some(seq), Some(hash)) => (seq, hash),
            _ => (0, row.genesis_hash),
        };
        Ok(Self {
            id: row.id,
            instance: row.instance,
            version: row.version,
            started_at: Timestamp::from_micros(row.started_at),
            seen_at: Timestamp::from_micros(row.seen_at),
            ended_at: row.ended_at.map(Timestamp::from_micros),
            head_seq,
            head_hash: to_hash(&hash)?,
            last_checkpoint_at: row.checkpoint_at.map(Timestamp::from_micros),
            pruned_up_to: row.up_to,
        })
    }
}

#[derive(sqlx::FromRow)]
struct AtRow {
    at: i64,
}

/// The moment of the last checkpoint of the chain `c`.
fn last_checkpoint_at() -> SelectStatement {
    Query::select()
        .column(("k", Checkpoints::At))
        .from_as(Checkpoints::Table, "k")
        .and_where(Expr::col(("k", Checkpoints::Chain)).equals(("c", Chains::Id)))
        .order_by(("k", Checkpoints::Seq), Order::Desc)
        .limit(1)
        .take()
}

/// At most `limit` chains, newest first; those that began before the chain `older_than`, if it is given.
///
/// # Errors
/// When the database fails, or a stored hash is none.
pub async fn list_chains(
    store: &Store,
    older_than: Option<&str>,
    limit: u64,
) -> Result<Vec<ChainSummary>, StoreError> {
    let mut query = chains_with_heads();
    query
        .expr_as(Expr::col(("c", Chains::Instance)), "instance")
        .expr_as(Expr::col(("c", Chains::Version)), "version")
        .expr_as(Expr::col(("c", Chains::StartedAt)), "started_at")
        .expr_as(Expr::col(("c", Chains::SeenAt)), "seen_at")
        .expr_as(Expr::col(("c", Chains::EndedAt)), "ended_at")
        .expr_as(last_checkpoint_at(), "checkpoint_at")
        .order_by(("c", Chains::Id), Order::Desc)
        .limit(limit);
    if let Some(id) = older_than {
        query.and_where(Expr::col(("c", Chains::Id)).lt(id));
    }
    let rows = store.db.fetch_all::<SummaryRow>(&query).await?;
    rows.into_iter().map(ChainSummary::try_from).collect()
}

/// The moment of the oldest record that is kept; none where there is no record.
///
/// # Errors
/// When the database fails.
pub async fn oldest_record(store: &Store) -> Result<Option<Timestamp>, StoreError> {
    let query = Query::select()
        .column(Decisions::At)
        .from(Decisions::Table)
        .order_by(Decisions::At, Order::Asc)
        .limit(1)
        .take();
    let oldest = store.db.fetch_optional::<AtRow>(&query).await?;
    Ok(oldest.map(|row| Timestamp::from_micros(row.at)))
}
