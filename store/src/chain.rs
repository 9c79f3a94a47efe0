//! Hashes and signatures of the record: what binds each decision to the one before it.
//!
//! Pure: no statement, no clock, no randomness. The secret is handed down and never reaches the database.
//! A record is chained by keyed digests of its fields and of its arguments, so the arguments can be removed
//! later while the chain still verifies, and nobody without the key can write a record that fits.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use hmac::{Hmac, KeyInit, Mac};
use policy::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use std::sync::Arc;

/// SHA-256 of a record, of a genesis, or of what stands for one. Written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RecordHash([u8; 32]);

/// Bytes or text that are not a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a SHA-256 hash")]
pub struct NotAHash;

impl RecordHash {
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(crate) fn to_vec(self) -> Vec<u8> {
        self.0.to_vec()
    }
}

impl TryFrom<&[u8]> for RecordHash {
    type Error = NotAHash;

    fn try_from(bytes: &[u8]) -> Result<Self, NotAHash> {
        <[u8; 32]>::try_from(bytes).map(Self).map_err(|_| NotAHash)
    }
}

impl TryFrom<String> for RecordHash {
    type Error = NotAHash;

    fn try_from(text: String) -> Result<Self, NotAHash> {
        Self::try_from(hex::decode(text).map_err(|_| NotAHash)?.as_slice())
    }
}

impl From<RecordHash> for String {
    fn from(hash: RecordHash) -> Self {
        hex::encode(hash.0)
    }
}

impl fmt::Display for RecordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for RecordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Where a chain stands: its last record, or its genesis with `seq` 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub chain: String,
    pub seq: i64,
    pub hash: RecordHash,
}

/// The first, signed statement of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Genesis {
    pub chain: String,
    pub instance: String,
    pub version: String,
    pub started_at: Timestamp,
    pub public_key: String,
    /// The heads of all chains that were there before.
    pub heads: Vec<Head>,
}

/// A signed statement, made every minute and at stop, of where the chains stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    pub chain: String,
    pub seq: i64,
    pub hash: RecordHash,
    pub at: Timestamp,
    /// Made at a clean stop: nothing may follow in this chain.
    pub last: bool,
    /// The heads of the other chains that were live.
    pub heads: Vec<Head>,
}

/// The signed statement that stands in for a removed leading part of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stub {
    pub chain: String,
    /// The last removed record.
    pub up_to: i64,
    pub hash: RecordHash,
    pub at: Timestamp,
    pub by: String,
}

/// A kind of signed document; a signature of one kind is never taken for another.
pub(crate) trait Document: Serialize + DeserializeOwned {
    const DOMAIN: &'static [u8];
}

impl Document for Genesis {
    const DOMAIN: &'static [u8] = b"countersign/genesis/v1\n";
}

impl Document for Checkpoint {
    const DOMAIN: &'static [u8] = b"countersign/checkpoint/v1\n";
}

impl Document for Stub {
    const DOMAIN: &'static [u8] = b"countersign/stub/v1\n";
}

/// A document as signed: the text, byte for byte, with its signature.
#[derive(Debug, Clone)]
pub(crate) struct Signed {
    pub(crate) text: String,
    pub(crate) signature: Vec<u8>,
}

/// Every stored column of a record but its arguments and its hash.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields<'a> {
    pub(crate) id: &'a str,
    pub(crate) chain: &'a str,
    pub(crate) seq: i64,
    pub(crate) at: i64,
    pub(crate) tenant: Option<&'a str>,
    pub(crate) subject: Option<&'a str>,
    pub(crate) credential: Option<&'a str>,
    pub(crate) server: Option<&'a str>,
    pub(crate) tool: Option<&'a str>,
    pub(crate) action: &'a str,
    pub(crate) outcome: &'a str,
    pub(crate) reason: &'a str,
    pub(crate) body: &'a str,
    pub(crate) actor: Option<&'a str>,
    pub(crate) task: Option<&'a str>,
}

/// The secret of the record: signs genesis, checkpoints and stubs, and keys the digests. Cheap to clone.
#[derive(Clone)]
pub struct AuditKey(Arc<Keys>);

struct Keys {
    signing: SigningKey,
    /// Keyed once; each digest starts from a copy.
    digest: Hmac<Sha256>,
}

impl AuditKey {
    /// From 32 secret random bytes, kept outside of the database.
    pub fn from_secret(secret: &[u8; 32]) -> Self {
        let signing = finish(keyed(secret).chain_update(b"countersign/audit/signing-key/v1"));
        let digest = finish(keyed(secret).chain_update(b"countersign/audit/digest-key/v1"));
        Self(Arc::new(Keys { signing: SigningKey::from_bytes(&signing), digest: keyed(&digest) }))
    }

    /// The Ed25519 key that verifies what this one signed.
    pub fn public_key(&self) -> [u8; 32] {
        self.0.signing.verifying_key().to_bytes()
    }

    /// A redacted value's stand-in: equal values give equal texts, and without the key a value cannot be
    /// guessed from it.
    pub fn keyed_digest(&self, value: &[u8]) -> String {
        let digest = finish(self.mac(b"countersign/value/v1\n").chain_update(value));
        let (short, _) = digest.split_at(16);
        format!("hmac:{}", hex::encode(short))
    }

    /// What a request for approval is found by and bound to, as 64 hexadecimal digits: of a text that holds arguments, some
    /// of which may be redacted elsewhere.
    pub fn binding_digest(&self, canonical: &str) -> String {
        hex::encode(finish(self.mac(b"countersign/binding/v1\n").chain_update(canonical.as_bytes())))
    }

    fn mac(&self, domain: &[u8]) -> Hmac<Sha256> {
        self.0.digest.clone().chain_update(domain)
    }

    pub(crate) fn arguments_digest(&self, canonical: &str) -> [u8; 32] {
        finish(self.mac(b"countersign/arguments/v1\n").chain_update(canonical.as_bytes()))
    }

    pub(crate) fn fields_digest(&self, fields: &Fields<'_>) -> [u8; 32] {
        let mut mac = self.mac(b"countersign/fields/v1\n");
        let optional = [fields.tenant, fields.subject, fields.credential, fields.server, fields.tool];
        put(&mut mac, Some(fields.id.as_bytes()));
        put(&mut mac, Some(fields.chain.as_bytes()));
        put(&mut mac, Some(&fields.seq.to_be_bytes()));
        put(&mut mac, Some(&fields.at.to_be_bytes()));
        for field in optional {
            put(&mut mac, field.map(str::as_bytes));
        }
        for field in [fields.action, fields.outcome, fields.reason, fields.body] {
            put(&mut mac, Some(field.as_bytes()));
        }
        // Records from before there were actors and tasks stay as they are. The name goes first, so that one is never taken
        // for another, and always in this order. As each field says how long it is, no record with one of them gives the
        // bytes of a record without.
        for (name, value) in [("actor", fields.actor), ("task", fields.task)] {
            if let Some(value) = value {
                put(&mut mac, Some(name.as_bytes()));
                put(&mut mac, Some(value.as_bytes()));
            }
        }
        finish(mac)
    }

    /// The hash of a record that follows `previous`.
    pub(crate) fn record_hash(
        &self,
        fields: &Fields<'_>,
        arguments: Option<&[u8; 32]>,
        previous: &RecordHash,
    ) -> RecordHash {
        let mut hash = Sha256::new();
        hash.update(b"countersign/record/v1\n");
        hash.update((fields.chain.len() as u64).to_be_bytes());
        hash.update(fields.chain.as_bytes());
        hash.update(fields.seq.to_be_bytes());
        hash.update(previous.0);
        hash.update(self.fields_digest(fields));
        hash.update(arguments.copied().unwrap_or([0; 32]));
        RecordHash(hash.finalize().into())
    }

    pub(crate) fn sign<D: Document>(&self, document: &D) -> Result<Signed, serde_json::Error> {
        let text = serde_json::to_string(document)?;
        let signature: Signature = self.0.signing.sign(&message::<D>(&text));
        Ok(Signed { text, signature: signature.to_bytes().to_vec() })
    }
}

impl fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditKey")
            .field("public_key", &hex::encode(self.public_key()))
            .finish_non_exhaustive()
    }
}

/// The hash that the first record of a chain follows.
pub(crate) fn genesis_hash(text: &str) -> RecordHash {
    let mut hash = Sha256::new();
    hash.update(Genesis::DOMAIN);
    hash.update(text.as_bytes());
    RecordHash(hash.finalize().into())
}

/// Reads a document whose signature is right; `None` where it is not, or the text is not such a document.
pub(crate) fn read_signed<D: Document>(public_key: &[u8], text: &str, signature: &[u8]) -> Option<D> {
    let public_key = <[u8; 32]>::try_from(public_key).ok()?;
    let key = VerifyingKey::from_bytes(&public_key).ok()?;
    let signature = Signature::from_slice(signature).ok()?;
    key.verify_strict(&message::<D>(text), &signature).ok()?;
    serde_json::from_str(text).ok()
}

fn message<D: Document>(text: &str) -> Vec<u8> {
    [D::DOMAIN, text.as_bytes()].concat()
}

/// HMAC fills a key shorter than a block with zeros (RFC 2104, section 2).
fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    let mut block = [0_u8; 64];
    let (start, _) = block.split_at_mut(32);
    start.copy_from_slice(key);
    let block: hmac::digest::Key<Hmac<Sha256>> = block.into();
    <Hmac<Sha256> as KeyInit>::new(&block)
}

fn finish(mac: Hmac<Sha256>) -> [u8; 32] {
    mac.finalize().into_bytes().into()
}

/// One field: whether it is there, its length, its bytes. So no two lists of fields give the same bytes.
fn put(mac: &mut Hmac<Sha256>, field: Option<&[u8]>) {
    match field {
        None => mac.update(&[0]),
        Some(bytes) => {
            mac.update(&[1]);
            mac.update(&(bytes.len() as u64).to_be_bytes());
            mac.update(bytes);
        }
    }
}

#[cfg(test)]
mod tests;
