//! The record, held against itself: verification, exported checkpoints, retention, and the chains' overview.
//!
//! What was recorded is not interpreted here; only whether it is whole.

mod prune;
mod verify;
mod walk;

pub use prune::{PruneReport, prune};
pub use verify::verify;

use crate::chain::{Checkpoint, RecordHash, read_signed};
use crate::recorder::tables::{Chains, Checkpoints, Stubs};
use crate::recorder::{head_of, to_hash};
use crate::{Store, StoreError};
use policy::Timestamp;
use sea_query::{Expr, ExprTrait, Order, Query};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Something that is not as it was written. `seq` counts within a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "finding", rename_all = "snake_case")]
pub enum Finding {
    /// A record's columns or arguments are not the ones that were recorded.
    Altered { chain: String, seq: i64, id: String },
    /// A record's arguments are gone; their digest still stands.
    ArgumentsRemoved { chain: String, seq: i64, id: String },
    /// A record is not there, though a later one is.
    Missing { chain: String, seq: i64 },
    /// A record that this chain never held at this place.
    Invented { chain: String, seq: i64, id: String },
    /// The chain ends before this record, which a signature vouches for.
    TruncatedTail { chain: String, expected_seq: i64 },
    /// A whole chain that a signature vouches for is not there.
    MissingChain { chain: String },
    /// The chain's first statement is not the one that was signed.
    BadGenesis { chain: String },
    /// A checkpoint is not the one that was signed, or the record it names has another hash.
    BadCheckpoint { chain: String, seq: i64 },
    /// Another chain's signed statement names another hash for this record.
    HeadDiffers { chain: String, seq: i64 },
    /// What retention left of the chain is not what was signed.
    BadStub { chain: String },
    /// The chain was written with another key, so it cannot be verified with this one.
    OtherKey { chain: String },
    /// An exported checkpoint that was not signed with this key.
    BadAnchor { line: usize },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Altered { chain, seq, id } => write!(f, "chain {chain}: record {seq} ({id}) was altered"),
            Self::ArgumentsRemoved { chain, seq, id } => {
                write!(f, "chain {chain}: the arguments of record {seq} ({id}) were removed")
            }
            Self::Missing { chain, seq } => write!(f, "chain {chain}: record {seq} is missing"),
            Self::Invented { chain, seq, id } => {
                write!(f, "chain {chain}: record {seq} ({id}) was invented: it does not belong to the chain")
            }
            Self::TruncatedTail { chain, expected_seq } => {
                write!(f, "chain {chain}: the end is missing; a signature vouches for record {expected_seq}")
            }
            Self::MissingChain { chain } => {
                write!(f, "chain {chain}: the whole chain is missing; a signature vouches for it")
            }
            Self::BadGenesis { chain } => write!(f, "chain {chain}: its genesis was altered"),
            Self::BadCheckpoint { chain, seq } => {
                write!(
                    f,
                    "chain {chain}: the checkpoint at record {seq} was altered or does not agree with it"
                )
            }
            Self::HeadDiffers { chain, seq } => {
                write!(f, "chain {chain}: a signed statement names another hash for record {seq}")
            }
            Self::BadStub { chain } => write!(f, "chain {chain}: the stub of removed records was altered"),
            Self::OtherKey { chain } => {
                write!(f, "chain {chain}: written with another key; verify it with that one")
            }
            Self::BadAnchor { line } => {
                write!(f, "line {line} of the exported checkpoints was not signed with this key")
            }
        }
    }
}

/// What a verification saw. Of each chain the first finding is named.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Report {
    pub chains: u64,
    pub records: u64,
    pub checkpoints: u64,
    /// Chains whose leading part retention removed.
    pub stubs: u64,
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether everything is as it was written.
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }
}

/// A checkpoint as it leaves the database: one line of JSON. The signed text travels byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportedCheckpoint {
    /// The signed JSON, as text.
    pub checkpoint: String,
    /// Ed25519, hexadecimal.
    pub public_key: String,
    /// Ed25519 over the domain and the text, hexadecimal.
    pub signature: String,
}

impl ExportedCheckpoint {
    /// What it says, if it was signed with the key whose public half this is.
    fn read(&self, public_key: &[u8; 32]) -> Option<Checkpoint> {
        let signature = hex::decode(&self.signature).ok()?;
        read_signed(public_key, &self.checkpoint, &signature)
    }
}

/// A line that is not an exported checkpoint.
#[derive(Debug, thiserror::Error)]
#[error("line {line} is not an exported checkpoint")]
pub struct AnchorError {
    pub line: usize,
    pub source: serde_json::Error,
}

/// Reads exported checkpoints, one on each line; empty lines do not count.
///
/// # Errors
/// Names the first line that is none.
pub fn read_anchors(text: &str) -> Result<Vec<ExportedCheckpoint>, AnchorError> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(at, line)| serde_json::from_str(line).map_err(|source| AnchorError { line: at + 1, source }))
        .collect()
}

/// A chain as the page Evidence lists it.
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
    /// The last record's place; 0 where there is none.
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
}

#[derive(sqlx::FromRow)]
struct CheckpointRow {
    chain: String,
    seq: i64,
    at: i64,
    hash: Vec<u8>,
    body: String,
    public_key: Vec<u8>,
    signature: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct UpToRow {
    up_to: i64,
}

const CHECKPOINT_COLUMNS: [Checkpoints; 7] = [
    Checkpoints::Chain,
    Checkpoints::Seq,
    Checkpoints::At,
    Checkpoints::Hash,
    Checkpoints::Body,
    Checkpoints::PublicKey,
    Checkpoints::Signature,
];

async fn last_checkpoint(store: &Store, chain: &str) -> Result<Option<CheckpointRow>, StoreError> {
    let query = Query::select()
        .columns(CHECKPOINT_COLUMNS)
        .from(Checkpoints::Table)
        .and_where(Expr::col(Checkpoints::Chain).eq(chain))
        .order_by(Checkpoints::Seq, Order::Desc)
        .limit(1)
        .to_owned();
    store.db.fetch_optional(&query).await
}

/// The chains, newest first.
///
/// # Errors
/// When the database fails, or a stored hash is none.
pub async fn chains(store: &Store) -> Result<Vec<ChainSummary>, StoreError> {
    let query = Query::select()
        .columns([
            Chains::Id,
            Chains::Instance,
            Chains::Version,
            Chains::StartedAt,
            Chains::SeenAt,
            Chains::EndedAt,
            Chains::GenesisHash,
        ])
        .from(Chains::Table)
        .order_by(Chains::Id, Order::Desc)
        .to_owned();
    let mut summaries = Vec::new();
    for row in store.db.fetch_all::<SummaryRow>(&query).await? {
        let head = head_of(&store.db, row.id.clone(), to_hash(&row.genesis_hash)?).await?;
        let stub = Query::select()
            .column(Stubs::UpTo)
            .from(Stubs::Table)
            .and_where(Expr::col(Stubs::Chain).eq(row.id.as_str()))
            .to_owned();
        let stub: Option<UpToRow> = store.db.fetch_optional(&stub).await?;
        let checkpoint = last_checkpoint(store, &row.id).await?;
        summaries.push(ChainSummary {
            id: row.id,
            instance: row.instance,
            version: row.version,
            started_at: Timestamp::from_micros(row.started_at),
            seen_at: Timestamp::from_micros(row.seen_at),
            ended_at: row.ended_at.map(Timestamp::from_micros),
            head_seq: head.seq,
            head_hash: head.hash,
            last_checkpoint_at: checkpoint.map(|row| Timestamp::from_micros(row.at)),
            pruned_up_to: stub.map(|row| row.up_to),
        });
    }
    Ok(summaries)
}

/// The last checkpoint of each chain, as JSON lines. Kept elsewhere, they prove later what was there now.
///
/// # Errors
/// When the database fails.
pub async fn export_checkpoints(store: &Store) -> Result<String, StoreError> {
    let mut lines = String::new();
    for chain in chains(store).await? {
        let Some(row) = last_checkpoint(store, &chain.id).await? else {
            continue;
        };
        let exported = ExportedCheckpoint {
            checkpoint: row.body,
            public_key: hex::encode(row.public_key),
            signature: hex::encode(row.signature),
        };
        let line =
            serde_json::to_string(&exported).map_err(|error| StoreError::corrupt(error.to_string()))?;
        lines.push_str(&line);
        lines.push('\n');
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::{AuditKey, genesis_hash};

    #[test]
    fn an_anchor_survives_its_line_and_no_change() {
        let key = AuditKey::from_secret(&[1; 32]);
        let checkpoint = Checkpoint {
            chain: "c".to_owned(),
            seq: 7,
            hash: genesis_hash("{}"),
            at: Timestamp::from_micros(1_700_000_000_123_456),
            last: false,
            heads: Vec::new(),
        };
        let signed = key.sign(&checkpoint).expect("signs");
        let exported = ExportedCheckpoint {
            checkpoint: signed.text,
            public_key: hex::encode(key.public_key()),
            signature: hex::encode(signed.signature),
        };
        let line = serde_json::to_string(&exported).expect("writes");
        let read = read_anchors(&format!("\n{line}\n\n")).expect("reads");
        assert_eq!(read.first().and_then(|anchor| anchor.read(&key.public_key())), Some(checkpoint));

        let other = line.replace(":7,", ":8,").replace("\\\"seq\\\":7", "\\\"seq\\\":8");
        assert_ne!(other, line);
        let read = read_anchors(&other).expect("reads");
        assert_eq!(read.first().and_then(|anchor| anchor.read(&key.public_key())), None);
        assert_eq!(read_anchors(&format!("{line}\nx")).map_err(|error| error.line), Err(2));
    }
}
