//! `audit verify`: reads the signed statements, then walks every chain from its start to its end.
//!
//! Signed statements are read before the records they speak of, so a server that goes on writing does not
//! disturb; retention at the same moment does, and may show as a finding that a second run does not have.

use super::walk::{Named, Start, walk};
use super::{ExportedCheckpoint, Finding, Progress, Report};
use crate::chain::{AuditKey, Checkpoint, Genesis, Head, RecordHash, Stub, genesis_hash, read_signed};
use crate::recorder::tables::{Chains, Checkpoints, Decisions, Stubs};
use crate::{Store, StoreError};
use sea_query::{Expr, ExprTrait, IntoColumnRef, IntoTableRef, Order, Query};
use std::collections::{BTreeMap, BTreeSet};

/// Checkpoints read at a time.
const PAGE: u64 = 1_000;

#[derive(sqlx::FromRow)]
struct ChainRow {
    id: String,
    started_at: i64,
    instance: String,
    version: String,
    public_key: Vec<u8>,
    genesis: String,
    genesis_hash: Vec<u8>,
    signature: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct StubRow {
    chain: String,
    up_to: i64,
    hash: Vec<u8>,
    at: i64,
    pruned_by: String,
    body: String,
    public_key: Vec<u8>,
    signature: Vec<u8>,
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
struct NameRow {
    chain: String,
}

#[derive(sqlx::FromRow)]
struct FirstRow {
    seq: i64,
    id: String,
}

/// Walks all chains. `anchors` are exported checkpoints; each must agree with what the database holds.
///
/// # Errors
/// When the database fails. What is wrong with the record is in the report.
pub async fn verify(
    store: &Store,
    key: &AuditKey,
    anchors: &[ExportedCheckpoint],
) -> Result<Report, StoreError> {
    verify_telling(store, key, anchors, &|_| {}).await
}

/// As [`verify`], and tells from time to time how far it has come.
///
/// # Errors
/// As [`verify`].
pub async fn verify_telling(
    store: &Store,
    key: &AuditKey,
    anchors: &[ExportedCheckpoint],
    tell: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Report, StoreError> {
    let mut audit = Audit {
        store,
        public_key: key.public_key(),
        report: Report::default(),
        flagged: BTreeSet::new(),
        named: BTreeMap::new(),
    };
    audit.read_anchors(anchors);
    let chains = audit.read_chains().await?;
    let stubs = audit.read_stubs().await?;
    audit.read_checkpoints().await?;
    let known: BTreeSet<&str> = chains.iter().map(|(id, _)| id.as_str()).collect();
    audit.look_for_missing_chains(&known).await?;
    let mut progress = Progress { chains: audit.report.chains, ..Progress::default() };
    for (id, genesis) in &chains {
        progress.walked += 1;
        progress.records = audit.report.records;
        tell(progress);
        let Some(genesis) = *genesis else {
            continue;
        };
        let start = match stubs.get(id) {
            Some(start) => *start,
            None => Start { seq: 0, hash: genesis },
        };
        if audit.flagged.contains(id) {
            continue;
        }
        let nothing = Named::default();
        let named = audit.named.get(id).unwrap_or(&nothing);
        let tell_records =
            |records: u64| tell(Progress { records: progress.records.saturating_add(records), ..progress });
        let (records, finding) = walk(store, key, id, start, named, &tell_records).await?;
        audit.report.records += records;
        if let Some(finding) = finding {
            audit.flag(id, finding);
        }
    }
    audit.look_for_unknown_chains(&known).await?;
    Ok(audit.report)
}

struct Audit<'a> {
    store: &'a Store,
    public_key: [u8; 32],
    report: Report,
    /// Chains that have their first finding.
    flagged: BTreeSet<String>,
    /// What signed statements say, by chain.
    named: BTreeMap<String, Named>,
}

impl Audit<'_> {
    fn flag(&mut self, chain: &str, finding: Finding) {
        if self.flagged.insert(chain.to_owned()) {
            self.report.findings.push(finding);
        }
    }

    fn vouch(&mut self, head: Head) {
        let Head { chain, seq, hash } = head;
        if !self.named.entry(chain.clone()).or_default().vouch(seq, hash) {
            self.flag(&chain, Finding::HeadDiffers { chain: chain.clone(), seq });
        }
    }

    fn read_anchors(&mut self, anchors: &[ExportedCheckpoint]) {
        for (at, anchor) in anchors.iter().enumerate() {
            let Some(checkpoint) = anchor.read(&self.public_key) else {
                self.report.findings.push(Finding::BadAnchor { line: at + 1 });
                continue;
            };
            let Checkpoint { chain, seq, hash, last, heads, .. } = checkpoint;
            if last {
                self.named.entry(chain.clone()).or_default().close(seq);
            }
            for head in heads.into_iter().chain([Head { chain, seq, hash }]) {
                if !self.named.entry(head.chain.clone()).or_default().anchor(head.seq, head.hash) {
                    self.flag(&head.chain, Finding::HeadDiffers { chain: head.chain.clone(), seq: head.seq });
                }
            }
        }
    }

    /// The chains with the hash of their genesis, where that is sound.
    async fn read_chains(&mut self) -> Result<Vec<(String, Option<RecordHash>)>, StoreError> {
        let query = Query::select()
            .columns([
                Chains::Id,
                Chains::StartedAt,
                Chains::Instance,
                Chains::Version,
                Chains::PublicKey,
                Chains::Genesis,
                Chains::GenesisHash,
                Chains::Signature,
            ])
            .from(Chains::Table)
            .order_by(Chains::Id, Order::Asc)
            .to_owned();
        let mut chains = Vec::new();
        for row in self.store.db.fetch_all::<ChainRow>(&query).await? {
            self.report.chains += 1;
            let genesis = self.read_genesis(&row);
            chains.push((row.id, genesis));
        }
        Ok(chains)
    }

    fn read_genesis(&mut self, row: &ChainRow) -> Option<RecordHash> {
        if row.public_key != self.public_key {
            self.flag(&row.id, Finding::OtherKey { chain: row.id.clone() });
            return None;
        }
        let hash = genesis_hash(&row.genesis);
        let sound =
            read_signed::<Genesis>(&self.public_key, &row.genesis, &row.signature).filter(|genesis| {
                genesis.chain == row.id
                    && genesis.instance == row.instance
                    && genesis.version == row.version
                    && genesis.started_at.micros() == row.started_at
                    && row.genesis_hash == hash.as_bytes()
            });
        let Some(genesis) = sound else {
            self.flag(&row.id, Finding::BadGenesis { chain: row.id.clone() });
            return None;
        };
        for head in genesis.heads {
            self.vouch(head);
        }
        Some(hash)
    }

    async fn read_stubs(&mut self) -> Result<BTreeMap<String, Start>, StoreError> {
        let query = Query::select()
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
            .from(Stubs::Table)
            .to_owned();
        let mut stubs = BTreeMap::new();
        for row in self.store.db.fetch_all::<StubRow>(&query).await? {
            self.report.stubs += 1;
            let stub = read_signed::<Stub>(&self.public_key, &row.body, &row.signature).filter(|stub| {
                stub.chain == row.chain
                    && stub.up_to == row.up_to
                    && row.hash == stub.hash.as_bytes()
                    && stub.at.micros() == row.at
                    && stub.by == row.pruned_by
                    && row.public_key == self.public_key
            });
            match stub {
                Some(stub) => {
                    stubs.insert(row.chain, Start { seq: stub.up_to, hash: stub.hash });
                }
                None => self.flag(&row.chain, Finding::BadStub { chain: row.chain.clone() }),
            }
        }
        Ok(stubs)
    }

    async fn read_checkpoints(&mut self) -> Result<(), StoreError> {
        let chains = chains_in(self.store, Checkpoints::Table, Checkpoints::Chain).await?;
        for chain in chains {
            let mut after = i64::MIN;
            loop {
                let query = Query::select()
                    .columns([
                        Checkpoints::Chain,
                        Checkpoints::Seq,
                        Checkpoints::At,
                        Checkpoints::Hash,
                        Checkpoints::Body,
                        Checkpoints::PublicKey,
                        Checkpoints::Signature,
                    ])
                    .from(Checkpoints::Table)
                    .and_where(Expr::col(Checkpoints::Chain).eq(chain.as_str()))
                    .and_where(Expr::col(Checkpoints::Seq).gt(after))
                    .order_by(Checkpoints::Seq, Order::Asc)
                    .limit(PAGE)
                    .to_owned();
                let rows = self.store.db.fetch_all::<CheckpointRow>(&query).await?;
                let Some(last) = rows.last() else {
                    break;
                };
                after = last.seq;
                for row in &rows {
                    self.report.checkpoints += 1;
                    self.read_checkpoint(row);
                }
            }
        }
        Ok(())
    }

    fn read_checkpoint(&mut self, row: &CheckpointRow) {
        let sound =
            read_signed::<Checkpoint>(&self.public_key, &row.body, &row.signature).filter(|checkpoint| {
                checkpoint.chain == row.chain
                    && checkpoint.seq == row.seq
                    && row.hash == checkpoint.hash.as_bytes()
                    && checkpoint.at.micros() == row.at
                    && row.public_key == self.public_key
            });
        let Some(checkpoint) = sound else {
            // A chain of another key is flagged as that already.
            self.flag(&row.chain, Finding::BadCheckpoint { chain: row.chain.clone(), seq: row.seq });
            return;
        };
        if checkpoint.last {
            self.named.entry(checkpoint.chain.clone()).or_default().close(checkpoint.seq);
        }
        self.vouch(Head { chain: checkpoint.chain, seq: checkpoint.seq, hash: checkpoint.hash });
        for head in checkpoint.heads {
            self.vouch(head);
        }
    }

    async fn look_for_missing_chains(&mut self, known: &BTreeSet<&str>) -> Result<(), StoreError> {
        let absent: Vec<String> =
            self.named.keys().filter(|chain| !known.contains(chain.as_str())).cloned().collect();
        for chain in absent {
            if !self.has_started(&chain).await? {
                self.flag(&chain, Finding::MissingChain { chain: chain.clone() });
            }
        }
        Ok(())
    }

    /// Records of chains that no genesis began.
    async fn look_for_unknown_chains(&mut self, known: &BTreeSet<&str>) -> Result<(), StoreError> {
        for chain in chains_in(self.store, Decisions::Table, Decisions::Chain).await? {
            if known.contains(chain.as_str()) || self.has_started(&chain).await? {
                continue;
            }
            let query = Query::select()
                .columns([Decisions::Seq, Decisions::Id])
                .from(Decisions::Table)
                .and_where(Expr::col(Decisions::Chain).eq(chain.as_str()))
                .order_by(Decisions::Seq, Order::Asc)
                .limit(1)
                .to_owned();
            if let Some(first) = self.store.db.fetch_optional::<FirstRow>(&query).await? {
                self.flag(&chain, Finding::Invented { chain: chain.clone(), seq: first.seq, id: first.id });
            }
        }
        Ok(())
    }

    /// Whether the chain is there now; it may have begun while we were reading.
    async fn has_started(&self, chain: &str) -> Result<bool, StoreError> {
        let query = Query::select()
            .expr_as(Expr::col(Chains::Id), "chain")
            .from(Chains::Table)
            .and_where(Expr::col(Chains::Id).eq(chain))
            .to_owned();
        let found = self.store.db.fetch_optional::<NameRow>(&query).await?;
        Ok(found.is_some_and(|row| row.chain == chain))
    }
}

/// The chains a table speaks of, found by one jump through its index for each.
async fn chains_in<T, C>(store: &Store, table: T, column: C) -> Result<Vec<String>, StoreError>
where
    T: IntoTableRef + Copy,
    C: IntoColumnRef + Copy,
{
    let mut found: Vec<String> = Vec::new();
    loop {
        let mut query = Query::select();
        query.column(column).from(table).order_by(column, Order::Asc).limit(1);
        if let Some(last) = found.last() {
            query.and_where(Expr::col(column).gt(last.as_str()));
        }
        match store.db.fetch_optional::<NameRow>(&query).await? {
            Some(row) => found.push(row.chain),
            None => return Ok(found),
        }
    }
}
