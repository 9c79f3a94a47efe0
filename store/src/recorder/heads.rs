//! Where the chains stand, and the signed statements about it: genesis and checkpoints.

use super::tables::{Chains, Checkpoints, Decisions, Stubs};
use crate::StoreError;
use crate::audit::ExportedCheckpoint;
use crate::chain::{AuditKey, Checkpoint, Document, Genesis, Head, RecordHash, Signed, genesis_hash};
use crate::db::{Db, new_id};
use policy::Timestamp;
use sea_query::{Expr, ExprTrait, JoinType, OnConflict, Order, Query, SelectStatement};

/// A chain not seen for this long (in microseconds) is no longer named by checkpoints.
const LIVE: i64 = 5 * 60 * 1_000_000;

/// A chain with all that its head may be.
#[derive(sqlx::FromRow)]
struct ChainRow {
    id: String,
    genesis_hash: Vec<u8>,
    head_seq: Option<i64>,
    head_hash: Option<Vec<u8>>,
    up_to: Option<i64>,
    stub_hash: Option<Vec<u8>>,
}

#[derive(sqlx::FromRow)]
struct HeadRow {
    seq: i64,
    hash: Vec<u8>,
}

pub(crate) fn to_hash(bytes: &[u8]) -> Result<RecordHash, StoreError> {
    RecordHash::try_from(bytes).map_err(|error| StoreError::corrupt(error.to_string()))
}

fn signed<D: Document>(key: &AuditKey, document: &D) -> Result<Signed, StoreError> {
    key.sign(document).map_err(|error| StoreError::corrupt(error.to_string()))
}

/// The last record of a chain, if it has one.
pub(super) async fn last_record(db: &Db, chain: &str) -> Result<Option<(i64, RecordHash)>, StoreError> {
    let query = Query::select()
        .columns([Decisions::Seq, Decisions::Hash])
        .from(Decisions::Table)
        .and_where(Expr::col(Decisions::Chain).eq(chain))
        .order_by(Decisions::Seq, Order::Desc)
        .limit(1)
        .to_owned();
    match db.fetch_optional::<HeadRow>(&query).await? {
        Some(row) => Ok(Some((row.seq, to_hash(&row.hash)?))),
        None => Ok(None),
    }
}

impl TryFrom<ChainRow> for Head {
    type Error = StoreError;

    /// The head of a chain: its last record, else what retention left of it, else its genesis.
    fn try_from(row: ChainRow) -> Result<Self, StoreError> {
        let (seq, hash) = match (row.head_seq, row.head_hash, row.up_to, row.stub_hash) {
            (Some(seq), Some(hash), _, _) | (_, _, Some(seq), Some(hash)) => (seq, hash),
            _ => (0, row.genesis_hash),
        };
        Ok(Self { chain: row.id, seq, hash: to_hash(&hash)? })
    }
}

/// A column of the last record of the chain `c`.
pub(crate) fn of_last_record(column: Decisions) -> SelectStatement {
    Query::select()
        .column(("d", column))
        .from_as(Decisions::Table, "d")
        .and_where(Expr::col(("d", Decisions::Chain)).equals(("c", Chains::Id)))
        .order_by(("d", Decisions::Seq), Order::Desc)
        .limit(1)
        .take()
}

/// Chains, as `c`, each with all that its head may be: `head_seq` and `head_hash` of its last record, else `up_to` and
/// `stub_hash` of what retention left, else `genesis_hash`.
pub(crate) fn chains_with_heads() -> SelectStatement {
    Query::select()
        .expr_as(Expr::col(("c", Chains::Id)), "id")
        .expr_as(Expr::col(("c", Chains::GenesisHash)), "genesis_hash")
        .expr_as(of_last_record(Decisions::Seq), "head_seq")
        .expr_as(of_last_record(Decisions::Hash), "head_hash")
        .expr_as(Expr::col(("s", Stubs::UpTo)), "up_to")
        .expr_as(Expr::col(("s", Stubs::Hash)), "stub_hash")
        .from_as(Chains::Table, "c")
        .join_as(
            JoinType::LeftJoin,
            Stubs::Table,
            "s",
            Expr::col(("s", Stubs::Chain)).equals(("c", Chains::Id)),
        )
        .take()
}

fn all_chains() -> SelectStatement {
    chains_with_heads().order_by(("c", Chains::Id), Order::Asc).take()
}

/// One statement, however many there are.
async fn heads(db: &Db, chains: &SelectStatement) -> Result<Vec<Head>, StoreError> {
    db.fetch_all::<ChainRow>(chains).await?.into_iter().map(Head::try_from).collect()
}

/// Stores the signed genesis of a new chain, which names the heads of all earlier ones.
pub(super) async fn begin_chain(
    db: &Db,
    key: &AuditKey,
    instance: String,
    version: &str,
    now: Timestamp,
) -> Result<Head, StoreError> {
    let genesis = Genesis {
        chain: new_id(),
        instance,
        version: version.to_owned(),
        started_at: now,
        public_key: hex::encode(key.public_key()),
        heads: heads(db, &all_chains()).await?,
    };
    let signed = signed(key, &genesis)?;
    let hash = genesis_hash(&signed.text);
    let insert = Query::insert()
        .into_table(Chains::Table)
        .columns([
            Chains::Id,
            Chains::StartedAt,
            Chains::SeenAt,
            Chains::Instance,
            Chains::Version,
            Chains::PublicKey,
            Chains::Genesis,
            Chains::GenesisHash,
            Chains::Signature,
        ])
        .values_panic([
            genesis.chain.as_str().into(),
            now.micros().into(),
            now.micros().into(),
            genesis.instance.as_str().into(),
            version.into(),
            key.public_key().to_vec().into(),
            signed.text.into(),
            hash.to_vec().into(),
            signed.signature.into(),
        ])
        .to_owned();
    db.execute(&insert).await?;
    Ok(Head { chain: genesis.chain, seq: 0, hash })
}

/// Stores a signed checkpoint of `head`, which names the other live chains; `last` also ends the chain. Answers it
/// as it may be kept elsewhere.
pub(super) async fn checkpoint(
    db: &Db,
    key: &AuditKey,
    head: &Head,
    now: Timestamp,
    last: bool,
) -> Result<ExportedCheckpoint, StoreError> {
    let live = all_chains()
        .and_where(Expr::col(("c", Chains::EndedAt)).is_null())
        .and_where(Expr::col(("c", Chains::SeenAt)).gte(now.micros().saturating_sub(LIVE)))
        .and_where(Expr::col(("c", Chains::Id)).ne(head.chain.as_str()))
        .to_owned();
    let document = Checkpoint {
        chain: head.chain.clone(),
        seq: head.seq,
        hash: head.hash,
        at: now,
        last,
        heads: heads(db, &live).await?,
    };
    let signed = signed(key, &document)?;
    let exported = ExportedCheckpoint {
        checkpoint: signed.text.clone(),
        public_key: hex::encode(key.public_key()),
        signature: hex::encode(&signed.signature),
    };
    let insert = Query::insert()
        .into_table(Checkpoints::Table)
        .columns([
            Checkpoints::Chain,
            Checkpoints::Seq,
            Checkpoints::At,
            Checkpoints::Hash,
            Checkpoints::Body,
            Checkpoints::PublicKey,
            Checkpoints::Signature,
        ])
        .values_panic([
            head.chain.as_str().into(),
            head.seq.into(),
            now.micros().into(),
            head.hash.to_vec().into(),
            signed.text.into(),
            key.public_key().to_vec().into(),
            signed.signature.into(),
        ])
        // The last checkpoint may stand where the minute's already does.
        .on_conflict(
            OnConflict::columns([Checkpoints::Chain, Checkpoints::Seq])
                .update_columns([
                    Checkpoints::At,
                    Checkpoints::Hash,
                    Checkpoints::Body,
                    Checkpoints::PublicKey,
                    Checkpoints::Signature,
                ])
                .to_owned(),
        )
        .to_owned();
    let mut tx = db.begin_write().await?;
    tx.execute(&insert).await?;
    let mut seen = seen(&head.chain, now);
    if last {
        seen.value(Chains::EndedAt, now.micros());
    }
    tx.execute(&seen).await?;
    tx.commit().await?;
    Ok(exported)
}

/// The sign of life of a chain; it also proves that the database can be written to.
pub(super) async fn beat(db: &Db, chain: &str, now: Timestamp) -> Result<(), StoreError> {
    db.execute(&seen(chain, now)).await.map(|_| ())
}

fn seen(chain: &str, now: Timestamp) -> sea_query::UpdateStatement {
    Query::update()
        .table(Chains::Table)
        .value(Chains::SeenAt, now.micros())
        .and_where(Expr::col(Chains::Id).eq(chain))
        .to_owned()
}
