//! One chain, from its start to its end: the first record that does not follow from the one before.

use super::Finding;
use crate::chain::{AuditKey, Fields, RecordHash};
use crate::recorder::tables::{Checkpoints, DECISION_COLUMNS, Decisions};
use crate::{Store, StoreError};
use sea_query::{Expr, ExprTrait, Order, Query};
use std::collections::BTreeMap;

/// Records read at a time.
const PAGE: u64 = 500;

/// What the first record to be walked follows: the genesis (0), or the last record that retention removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Start {
    pub(super) seq: i64,
    pub(super) hash: RecordHash,
}

/// What signed statements say of one chain.
#[derive(Debug, Default)]
pub(super) struct Named {
    /// The furthest head that a genesis or checkpoint in the database names.
    furthest: Option<(i64, RecordHash)>,
    /// Every head that exported checkpoints name.
    anchors: BTreeMap<i64, RecordHash>,
    /// Nothing may follow this record.
    closed_at: Option<i64>,
}

impl Named {
    /// False where another statement already names another hash for the same place.
    pub(super) fn vouch(&mut self, seq: i64, hash: RecordHash) -> bool {
        match self.furthest {
            Some((known, same)) if known == seq => same == hash,
            Some((known, _)) if known > seq => true,
            _ => {
                self.furthest = Some((seq, hash));
                true
            }
        }
    }

    /// As [`Named::vouch`], for a statement that was kept elsewhere.
    pub(super) fn anchor(&mut self, seq: i64, hash: RecordHash) -> bool {
        *self.anchors.entry(seq).or_insert(hash) == hash
    }

    pub(super) fn close(&mut self, seq: i64) {
        self.closed_at = Some(self.closed_at.map_or(seq, |known| Ord::max(known, seq)));
    }

    fn agrees(&self, seq: i64, hash: RecordHash) -> bool {
        self.anchors.get(&seq).is_none_or(|named| *named == hash)
            && self.furthest.is_none_or(|(furthest, named)| furthest != seq || named == hash)
    }

    /// The furthest record that must be there.
    fn reach(&self) -> i64 {
        let furthest = self.furthest.map_or(0, |(seq, _)| seq);
        Ord::max(furthest, self.anchors.last_key_value().map_or(0, |(seq, _)| *seq))
    }
}

#[derive(sqlx::FromRow)]
struct StoredRecord {
    id: String,
    chain: String,
    seq: i64,
    at: i64,
    tenant: Option<String>,
    subject: Option<String>,
    credential: Option<String>,
    server: Option<String>,
    tool: Option<String>,
    action: String,
    outcome: String,
    reason: String,
    body: String,
    arguments: Option<String>,
    arguments_digest: Option<Vec<u8>>,
    hash: Vec<u8>,
    actor: Option<String>,
    task: Option<String>,
}

#[derive(sqlx::FromRow)]
struct MarkRow {
    seq: i64,
    hash: Vec<u8>,
}

impl StoredRecord {
    fn fields(&self) -> Fields<'_> {
        Fields {
            id: &self.id,
            chain: &self.chain,
            seq: self.seq,
            at: self.at,
            tenant: self.tenant.as_deref(),
            subject: self.subject.as_deref(),
            credential: self.credential.as_deref(),
            server: self.server.as_deref(),
            tool: self.tool.as_deref(),
            action: &self.action,
            outcome: &self.outcome,
            reason: &self.reason,
            body: &self.body,
            actor: self.actor.as_deref(),
            task: self.task.as_deref(),
        }
    }

    fn altered(&self) -> Finding {
        Finding::Altered { chain: self.chain.clone(), seq: self.seq, id: self.id.clone() }
    }

    fn invented(&self) -> Finding {
        Finding::Invented { chain: self.chain.clone(), seq: self.seq, id: self.id.clone() }
    }

    /// The stored digest of the arguments; `Err` where it is none.
    fn digest(&self) -> Result<Option<[u8; 32]>, ()> {
        match &self.arguments_digest {
            None => Ok(None),
            Some(bytes) => <[u8; 32]>::try_from(bytes.as_slice()).map(Some).map_err(|_| ()),
        }
    }
}

/// Reads the chain page by page, and tells how many records it has read so far; answers how many it saw and the
/// first finding.
pub(super) async fn walk(
    store: &Store,
    key: &AuditKey,
    chain: &str,
    start: Start,
    named: &Named,
    tell: &(dyn Fn(u64) + Send + Sync),
) -> Result<(u64, Option<Finding>), StoreError> {
    let mut walker =
        Walker { key, chain, named, expected: start.seq + 1, previous: start.hash, suspect: None };
    if !named.agrees(start.seq, start.hash) {
        return Ok((0, Some(Finding::HeadDiffers { chain: chain.to_owned(), seq: start.seq })));
    }
    let mut records = 0;
    let mut after = i64::MIN;
    loop {
        let page = read_page(store, chain, after).await?;
        let Some(last) = page.last() else {
            return Ok((records, walker.end()));
        };
        let marks = read_marks(store, chain, after, last.seq).await?;
        after = last.seq;
        for record in page {
            records += 1;
            let mark = marks.get(&record.seq).map(Vec::as_slice);
            if let Some(finding) = walker.step(record, mark) {
                return Ok((records, Some(finding)));
            }
        }
        tell(records);
    }
}

async fn read_page(store: &Store, chain: &str, after: i64) -> Result<Vec<StoredRecord>, StoreError> {
    let query = Query::select()
        .columns(DECISION_COLUMNS)
        .from(Decisions::Table)
        .and_where(Expr::col(Decisions::Chain).eq(chain))
        .and_where(Expr::col(Decisions::Seq).gt(after))
        .order_by(Decisions::Seq, Order::Asc)
        .limit(PAGE)
        .to_owned();
    store.db.fetch_all(&query).await
}

/// The hashes that the chain's own checkpoints name, by record.
async fn read_marks(
    store: &Store,
    chain: &str,
    after: i64,
    up_to: i64,
) -> Result<BTreeMap<i64, Vec<u8>>, StoreError> {
    let query = Query::select()
        .columns([Checkpoints::Seq, Checkpoints::Hash])
        .from(Checkpoints::Table)
        .and_where(Expr::col(Checkpoints::Chain).eq(chain))
        .and_where(Expr::col(Checkpoints::Seq).gt(after))
        .and_where(Expr::col(Checkpoints::Seq).lte(up_to))
        .to_owned();
    let rows = store.db.fetch_all::<MarkRow>(&query).await?;
    Ok(rows.into_iter().map(|row| (row.seq, row.hash)).collect())
}

struct Walker<'a> {
    key: &'a AuditKey,
    chain: &'a str,
    named: &'a Named,
    expected: i64,
    previous: RecordHash,
    /// A record whose hash is not that of its columns. The next one tells whether the hash is the original
    /// (then the columns were altered) or not (then the record was invented).
    suspect: Option<StoredRecord>,
}

impl Walker<'_> {
    fn step(&mut self, record: StoredRecord, mark: Option<&[u8]>) -> Option<Finding> {
        if record.seq < self.expected {
            return Some(record.invented());
        }
        if record.seq > self.expected {
            return Some(match &self.suspect {
                Some(suspect) => suspect.altered(),
                None => Finding::Missing { chain: self.chain.to_owned(), seq: self.expected },
            });
        }
        if self.named.closed_at.is_some_and(|last| record.seq > last) {
            return Some(self.suspect.as_ref().map_or_else(|| record.invented(), StoredRecord::altered));
        }
        let (Ok(digest), Ok(hash)) = (record.digest(), RecordHash::try_from(record.hash.as_slice())) else {
            return Some(self.suspect.as_ref().unwrap_or(&record).altered());
        };
        let follows = self.key.record_hash(&record.fields(), digest.as_ref(), &self.previous) == hash;
        if let Some(suspect) = &self.suspect {
            return Some(if follows { suspect.altered() } else { suspect.invented() });
        }
        self.previous = hash;
        self.expected += 1;
        if !follows {
            self.suspect = Some(record);
            return None;
        }
        let told = record.arguments.as_deref().map(|text| self.key.arguments_digest(text));
        if told.is_none() && digest.is_some() {
            // Nothing of ours removes them in this version, so somebody else did.
            return Some(Finding::ArgumentsRemoved {
                chain: self.chain.to_owned(),
                seq: record.seq,
                id: record.id,
            });
        }
        if told.is_some() && told != digest {
            return Some(record.altered());
        }
        if mark.is_some_and(|mark| mark != hash.as_bytes()) {
            return Some(Finding::BadCheckpoint { chain: self.chain.to_owned(), seq: record.seq });
        }
        if !self.named.agrees(record.seq, hash) {
            return Some(Finding::HeadDiffers { chain: self.chain.to_owned(), seq: record.seq });
        }
        None
    }

    fn end(self) -> Option<Finding> {
        let reach = self.named.reach();
        if let Some(suspect) = self.suspect {
            // Nothing follows that could tell; where a signature vouches for a record, there was one.
            return Some(if suspect.seq <= reach { suspect.altered() } else { suspect.invented() });
        }
        (reach >= self.expected)
            .then(|| Finding::TruncatedTail { chain: self.chain.to_owned(), expected_seq: reach })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::genesis_hash;

    fn key() -> AuditKey {
        AuditKey::from_secret(&[9; 32])
    }

    fn chain_of(length: i64) -> Vec<StoredRecord> {
        let key = key();
        let mut previous = genesis_hash("{}");
        (1..=length)
            .map(|seq| {
                let arguments = format!("{{\"n\":{seq}}}");
                let digest = key.arguments_digest(&arguments);
                let mut record = StoredRecord {
                    id: format!("id-{seq}"),
                    chain: "c".to_owned(),
                    seq,
                    at: seq,
                    tenant: Some("acme".to_owned()),
                    subject: None,
                    actor: (seq % 3 == 0).then(|| "bot".to_owned()),
                    credential: None,
                    server: None,
                    tool: None,
                    action: "tools/call".to_owned(),
                    outcome: "deny".to_owned(),
                    reason: "no_matching_rule".to_owned(),
                    body: "{}".to_owned(),
                    arguments: Some(arguments),
                    arguments_digest: Some(digest.to_vec()),
                    hash: Vec::new(),
                    task: (seq % 2 == 0).then(|| "t-1".to_owned()),
                };
                previous = key.record_hash(&record.fields(), Some(&digest), &previous);
                record.hash = previous.as_bytes().to_vec();
                record
            })
            .collect()
    }

    fn named_up_to(records: &[StoredRecord]) -> Named {
        let mut named = Named::default();
        if let Some(last) = records.last() {
            let hash = RecordHash::try_from(last.hash.as_slice()).expect("a hash");
            assert!(named.vouch(last.seq, hash));
        }
        named
    }

    fn check(records: Vec<StoredRecord>, named: &Named) -> Option<Finding> {
        let key = key();
        let previous = genesis_hash("{}");
        let mut walker = Walker { key: &key, chain: "c", named, expected: 1, previous, suspect: None };
        for record in records {
            if let Some(finding) = walker.step(record, None) {
                return Some(finding);
            }
        }
        walker.end()
    }

    fn altered(seq: i64) -> Option<Finding> {
        Some(Finding::Altered { chain: "c".to_owned(), seq, id: format!("id-{seq}") })
    }

    #[test]
    fn a_whole_chain_is_sound_and_removed_arguments_are_named() {
        let mut records = chain_of(6);
        let named = named_up_to(&records);
        assert_eq!(check(chain_of(6), &named), None);
        records[3].arguments = None;
        let finding = check(records, &named);
        assert!(matches!(finding, Some(Finding::ArgumentsRemoved { seq: 4, .. })), "{finding:?}");
    }

    #[test]
    fn what_was_done_to_a_chain_is_named_wherever_it_was_done() {
        let named = named_up_to(&chain_of(6));
        for at in 0..6_usize {
            let seq = i64::try_from(at).expect("small") + 1;
            let mut records = chain_of(6);
            records[at].outcome = "allow".to_owned();
            assert_eq!(check(records, &named), altered(seq), "column of {seq}");

            let mut records = chain_of(6);
            let task = records[at].task.take();
            records[at].task = task.is_none().then(|| "t-1".to_owned());
            assert_eq!(check(records, &named), altered(seq), "task of {seq}");

            let mut records = chain_of(6);
            records[at].arguments = Some("{\"n\":0}".to_owned());
            assert_eq!(check(records, &named), altered(seq), "arguments of {seq}");

            let mut records = chain_of(6);
            records.remove(at);
            let expected = if seq == 6 {
                Finding::TruncatedTail { chain: "c".to_owned(), expected_seq: 6 }
            } else {
                Finding::Missing { chain: "c".to_owned(), seq }
            };
            assert_eq!(check(records, &named), Some(expected), "removal of {seq}");
        }
    }

    #[test]
    fn an_invented_record_is_named() {
        let invented =
            |seq: i64| Some(Finding::Invented { chain: "c".to_owned(), seq, id: format!("id-{seq}") });
        let named = named_up_to(&chain_of(3));
        let mut records = chain_of(4);
        records[3].hash = vec![1; 32];
        assert_eq!(check(records, &named), invented(4));

        let mut records = chain_of(6);
        records[2].hash = vec![1; 32];
        assert_eq!(check(records, &named), invented(3));

        let mut closed = named_up_to(&chain_of(3));
        closed.close(3);
        assert_eq!(check(chain_of(4), &closed), invented(4));
    }

    #[test]
    fn signed_statements_must_agree() {
        let other = genesis_hash("other");
        let mut named = named_up_to(&chain_of(3));
        assert!(!named.vouch(3, other));
        assert!(named.vouch(2, other), "only the furthest is kept");
        assert!(named.anchor(2, other));
        assert_eq!(check(chain_of(3), &named), Some(Finding::HeadDiffers { chain: "c".to_owned(), seq: 2 }));
    }
}
