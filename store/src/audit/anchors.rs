//! Checkpoints as they leave the database, one line of JSON each: kept elsewhere, they prove later what was
//! there now.

use crate::chain::{Checkpoint, read_signed};
use crate::recorder::tables::{Chains, Checkpoints};
use crate::{Store, StoreError};
use sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};
use serde::{Deserialize, Serialize};

/// Chains whose checkpoint is read at a time.
const PAGE: u64 = 500;

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
    pub(super) fn read(&self, public_key: &[u8; 32]) -> Option<Checkpoint> {
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

#[derive(sqlx::FromRow)]
struct LastRow {
    chain: String,
    body: Option<String>,
    public_key: Option<Vec<u8>>,
    signature: Option<Vec<u8>>,
}

/// A column of the last checkpoint of the chain `c`.
fn of_last(column: Checkpoints) -> SelectStatement {
    Query::select()
        .column(("k", column))
        .from_as(Checkpoints::Table, "k")
        .and_where(Expr::col(("k", Checkpoints::Chain)).equals(("c", Chains::Id)))
        .order_by(("k", Checkpoints::Seq), Order::Desc)
        .limit(1)
        .take()
}

/// The last checkpoint of each chain, as JSON lines, those of the newest chains first.
///
/// # Errors
/// When the database fails.
pub async fn export_checkpoints(store: &Store) -> Result<String, StoreError> {
    let mut lines = String::new();
    let mut before: Option<String> = None;
    loop {
        let mut query = Query::select();
        query
            .expr_as(Expr::col(("c", Chains::Id)), "chain")
            .expr_as(of_last(Checkpoints::Body), "body")
            .expr_as(of_last(Checkpoints::PublicKey), "public_key")
            .expr_as(of_last(Checkpoints::Signature), "signature")
            .from_as(Chains::Table, "c")
            .order_by(("c", Chains::Id), Order::Desc)
            .limit(PAGE);
        if let Some(before) = &before {
            query.and_where(Expr::col(("c", Chains::Id)).lt(before.as_str()));
        }
        let rows = store.db.fetch_all::<LastRow>(&query).await?;
        let Some(last) = rows.last() else {
            return Ok(lines);
        };
        before = Some(last.chain.clone());
        for row in rows {
            let (Some(body), Some(public_key), Some(signature)) = (row.body, row.public_key, row.signature)
            else {
                continue;
            };
            let exported = ExportedCheckpoint {
                checkpoint: body,
                public_key: hex::encode(public_key),
                signature: hex::encode(signature),
            };
            let line =
                serde_json::to_string(&exported).map_err(|error| StoreError::corrupt(error.to_string()))?;
            lines.push_str(&line);
            lines.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::{AuditKey, genesis_hash};
    use policy::Timestamp;

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
