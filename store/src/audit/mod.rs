//! The record, held against itself: verification, exported checkpoints, retention, and the chains' overview.
//!
//! What was recorded is not interpreted here; only whether it is whole.

mod anchors;
mod chains;
mod heads;
mod prune;
mod verifier;
mod verify;
mod walk;

pub use anchors::{AnchorError, ExportedCheckpoint, export_checkpoints, read_anchors};
pub use chains::{ChainSummary, list_chains, oldest_record};
pub use heads::{HeadsError, LocalHeads};
pub use prune::{PruneReport, prune};
pub use verifier::{Failure, Verification, VerificationState, Verifier};
pub use verify::{verify, verify_telling};

use serde::Serialize;
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

/// How far a verification has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Progress {
    /// All there are.
    pub chains: u64,
    /// Those that were begun.
    pub walked: u64,
    /// Records that were read.
    pub records: u64,
}
