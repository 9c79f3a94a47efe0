//! The live read: everything about one call's credential, caller, issuer and revisions, in one statement.
//!
//! Anchored on the common revision's row, with left joins over primary keys and unique indexes alone. So the
//! rows read grow with the caller's own memberships and roles and the issuer's tenants, and with nothing else
//! (EXPLAIN QUERY PLAN on SQLite says SEARCH for all of the tables; Postgres, with 100,000 subjects, index scans
//! on api_keys_digest_key, subjects_pkey, memberships_pkey, membership_roles_pkey, roles_pkey and
//! revisions_pkey). It judges nothing: expired keys, inactive subjects and issuers, revoked tokens and ended
//! memberships are returned as they stand.

mod actor;
mod approval;
mod bound;
mod issuer;
mod lane;
mod stamp;
mod statement;
mod task;
mod triggers;

pub use actor::LiveActor;
pub use approval::{LiveApproval, LiveUse};
pub use bound::LiveResource;
pub(crate) use bound::{is_named, keys};
pub use issuer::LiveIssuer;
pub(crate) use issuer::Memo;
pub(crate) use lane::Lanes;
pub(crate) use stamp::Remembered;

use crate::Store;
use crate::db::{StoreError, flag, json, word};
use policy::facts::{CredentialFacts, MembershipFacts, RoleGrant, RoleOrigin, SubjectFacts};
use policy::issuer::Issuer;
use policy::task::TaskFacts;
use policy::{CredentialId, ResourceRef, ServerSlug, SubjectId, TenantSlug, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The most memberships and roles of an answer that is remembered, the caller's and the actor's together.
const MOST_REMEMBERED_ROWS: usize = 128;

/// The largest attributes in such an answer, in bytes of their JSON.
const MOST_REMEMBERED_ATTRIBUTES: usize = 8 * 1024;

/// How the enforcement credential is found. Digests are SHA-256 in lower-case hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialBy<'a> {
    Digest(&'a str),
    /// A preview: nobody asked through a credential.
    None,
}

/// How the caller is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallerBy<'a> {
    /// By the digest of the caller's own key.
    KeyDigest(&'a str),
    /// By what a token says of itself: its issuer, the subject there, and its own id. None of it is verified yet.
    Identity {
        issuer: &'a str,
        sub: &'a str,
        jti: Option<&'a str>,
    },
    /// By subject id: the PEP vouches for it, or a preview names it.
    Subject(&'a str),
    Nobody,
}

/// What to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveQuery<'a> {
    pub credential: CredentialBy<'a>,
    pub caller: CallerBy<'a>,
    /// `context.tenant`; the credential's tenant goes before it.
    pub tenant: Option<&'a str>,
    /// Registered resources to be read along: the first 100 of them.
    pub bound: &'a [ResourceRef],
    /// Who acts for the caller, found in the same way: for an identity its `sub` at the caller's issuer, for a subject its
    /// id. Nobody acts for others with a key.
    pub actor: Option<&'a str>,
    /// `context.task`, to be read along where it is the caller's.
    pub task: Option<&'a str>,
    /// The digest of what the call names, as [`approvals`](crate::approvals) are filed under: what was asked of it, and
    /// answered, is read along.
    pub approvals: Option<&'a str>,
}

/// The enforcement credential, and the one of its keys that was shown.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveCredential {
    pub facts: CredentialFacts,
    pub key_id: String,
    pub key_expires_at: Option<Timestamp>,
    pub active: bool,
}

/// The caller's own key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveKey {
    pub id: String,
    pub name: String,
    pub expires_at: Option<Timestamp>,
}

/// What the database said, at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveState {
    /// The database's clock.
    pub now: Timestamp,
    pub global_revision: i64,
    /// None: no credential has this key.
    pub credential: Option<LiveCredential>,
    /// None: not asked for, or no such key.
    pub key: Option<LiveKey>,
    /// None: not asked for, or not registered.
    pub issuer: Option<LiveIssuer>,
    /// The token with this `jti` was taken back.
    pub token_revoked: bool,
    /// By an identity only where its issuer is registered.
    pub subject: Option<SubjectFacts>,
    /// Tokens that were issued to the subject up to this moment no longer count.
    pub tokens_after: Option<Timestamp>,
    /// In tenant order; only the wanted tenant's where one is known.
    pub memberships: Vec<MembershipFacts>,
    /// What is registered of [`LiveQuery::bound`].
    pub bound: Vec<LiveResource>,
    /// None: not asked for.
    pub actor: Option<LiveActor>,
    /// The task that was asked for. None: there is none of this subject.
    pub task: Option<TaskFacts>,
    /// What was asked of this call, as far as it still counts.
    pub approvals: Vec<LiveApproval>,
}

/// What a shape does not read is absent.
#[derive(sqlx::FromRow)]
struct LiveRow {
    /// Which of the questions that were asked together it answers.
    nth: i32,
    now: i64,
    global_revision: i64,
    /// What the answer holds under. Not selected where it is not all under a stamp; None where there is no stamp.
    #[sqlx(default)]
    stamp: Option<String>,
    credential_id: Option<String>,
    credential_name: Option<String>,
    credential_tenant: Option<String>,
    credential_server: Option<String>,
    credential_trust: Option<String>,
    credential_arguments: Option<String>,
    credential_responses: Option<String>,
    credential_active: Option<i64>,
    credential_search: Option<String>,
    credential_key: Option<String>,
    credential_key_expires_at: Option<i64>,
    #[sqlx(default)]
    key_id: Option<String>,
    #[sqlx(default)]
    key_name: Option<String>,
    #[sqlx(default)]
    key_expires_at: Option<i64>,
    #[sqlx(default)]
    issuer_url: Option<String>,
    #[sqlx(default)]
    issuer_name: Option<String>,
    #[sqlx(default)]
    issuer_active: Option<i64>,
    #[sqlx(default)]
    issuer_settings: Option<String>,
    #[sqlx(default)]
    issuer_version: Option<i64>,
    #[sqlx(default)]
    issuer_tenants: Option<String>,
    #[sqlx(default)]
    revoked_jti: Option<String>,
    subject_id: Option<String>,
    subject_kind: Option<String>,
    subject_name: Option<String>,
    subject_active: Option<i64>,
    subject_attributes: Option<String>,
    subject_tokens_after: Option<i64>,
    member_tenant: Option<String>,
    member_until: Option<i64>,
    tenant_revision: Option<i64>,
    role_name: Option<String>,
    role_tenant: Option<String>,
    /// Not selected where no resource is named.
    #[sqlx(default)]
    bound: Option<String>,
    /// Not selected where they are not asked for.
    #[sqlx(default)]
    approvals: Option<String>,
    /// Not selected where nobody acts for the caller.
    #[sqlx(default)]
    whose: i32,
    #[sqlx(flatten)]
    task: task::Columns,
}

/// A column that is there whenever its row is.
fn there<T>(value: Option<T>, what: &str) -> Result<T, StoreError> {
    value.ok_or_else(|| StoreError::corrupt(format!("{what} is missing")))
}

fn credential(row: &LiveRow) -> Result<Option<LiveCredential>, StoreError> {
    let Some(id) = &row.credential_id else {
        return Ok(None);
    };
    let trust = there(row.credential_trust.as_deref(), "credentials.trust")?;
    let arguments = there(row.credential_arguments.as_deref(), "credentials.arguments")?;
    let responses = there(row.credential_responses.as_deref(), "credentials.responses")?;
    let search = there(row.credential_search.as_deref(), "credentials.search")?;
    Ok(Some(LiveCredential {
        facts: CredentialFacts {
            id: CredentialId::new(id.as_str()),
            name: there(row.credential_name.clone(), "credentials.name")?,
            tenant: row.credential_tenant.as_deref().map(TenantSlug::from),
            server: row.credential_server.as_deref().map(ServerSlug::from),
            trust: word(trust, "credentials.trust")?,
            arguments: word(arguments, "credentials.arguments")?,
            responses: word(responses, "credentials.responses")?,
            search: word(search, "credentials.search")?,
        },
        key_id: there(row.credential_key.clone(), "credential_keys.id")?,
        key_expires_at: row.credential_key_expires_at.map(Timestamp::from_micros),
        active: flag(there(row.credential_active, "credentials.active")?, "credentials.active")?,
    }))
}

fn key(row: &LiveRow) -> Result<Option<LiveKey>, StoreError> {
    let Some(id) = &row.key_id else {
        return Ok(None);
    };
    Ok(Some(LiveKey {
        id: id.clone(),
        name: there(row.key_name.clone(), "api_keys.name")?,
        expires_at: row.key_expires_at.map(Timestamp::from_micros),
    }))
}

fn subject(row: &LiveRow) -> Result<Option<SubjectFacts>, StoreError> {
    let Some(id) = &row.subject_id else {
        return Ok(None);
    };
    let kind = there(row.subject_kind.as_deref(), "subjects.kind")?;
    let attributes = there(row.subject_attributes.as_deref(), "subjects.attributes")?;
    Ok(Some(SubjectFacts {
        id: SubjectId::new(id.as_str()),
        kind: word(kind, "subjects.kind")?,
        name: there(row.subject_name.clone(), "subjects.name")?,
        active: flag(there(row.subject_active, "subjects.active")?, "subjects.active")?,
        attributes: json(attributes, "subjects.attributes")?,
    }))
}

/// Whether thousands of such answers may be remembered. A larger one is read each time.
fn is_small(rows: &[LiveRow]) -> bool {
    let fits = |text: &String| text.len() <= MOST_REMEMBERED_ATTRIBUTES;
    rows.len() <= MOST_REMEMBERED_ROWS
        && rows.iter().all(|row| row.subject_attributes.as_ref().is_none_or(fits))
}

/// One row per role becomes one entry per tenant, in tenant order, its roles by name.
fn memberships(rows: Vec<LiveRow>) -> Vec<MembershipFacts> {
    let mut found: BTreeMap<String, MembershipFacts> = BTreeMap::new();
    for row in rows {
        let Some(tenant) = row.member_tenant else {
            continue;
        };
        let entry = found.entry(tenant).or_insert_with_key(|tenant| MembershipFacts {
            tenant: TenantSlug::new(tenant.as_str()),
            tenant_revision: row.tenant_revision.unwrap_or(0),
            roles: Vec::new(),
            until: row.member_until.map(Timestamp::from_micros),
        });
        if let Some(name) = row.role_name {
            entry.roles.push(RoleGrant {
                name,
                global: row.role_tenant.is_none(),
                origin: RoleOrigin::Assigned,
            });
        }
    }
    let mut memberships: Vec<MembershipFacts> = found.into_values().collect();
    for membership in &mut memberships {
        membership.roles.sort_by(|a, b| (&a.name, a.global).cmp(&(&b.name, b.global)));
    }
    memberships
}

impl Store {
    /// Reads everything about one call's credential and caller, in one statement: or, where that was read before, whether
    /// it still stands.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn read_live(&self, query: &LiveQuery<'_>) -> Result<LiveState, StoreError> {
        let asked = statement::Asked::from(query);
        if !(asked.is_stamped() && asked.is_short()) {
            return Ok(self.read_anew(asked).await?.1);
        }
        if let Some(state) = self.remembered.state(&asked).await? {
            return Ok(state);
        }
        let (stamp, state) = self.read_anew(asked.clone()).await?;
        // Whoever comes without a credential takes nobody's place.
        if let Some(stamp) = stamp.filter(|_| state.credential.is_some()) {
            self.remembered.remember(&self.db, asked, stamp, &state).await;
        }
        Ok(state)
    }

    /// The state, and the stamp that it was read under, where it is small enough to be remembered.
    async fn read_anew(&self, asked: statement::Asked) -> Result<(Option<String>, LiveState), StoreError> {
        let mut rows = self.lanes.read(asked).await?;
        let is_small = is_small(&rows);
        let actor = actor::taken_out(&mut rows)?;
        let first = rows.first().ok_or_else(|| StoreError::corrupt("the common revision is missing"))?;
        let stamp = first.stamp.clone().filter(|_| is_small);
        let state = LiveState {
            now: Timestamp::from_micros(first.now),
            global_revision: first.global_revision,
            credential: credential(first)?,
            key: key(first)?,
            issuer: self.issuers.issuer(first)?,
            token_revoked: first.revoked_jti.is_some(),
            subject: subject(first)?,
            tokens_after: first.subject_tokens_after.map(Timestamp::from_micros),
            bound: bound::found(&rows)?,
            approvals: approval::found(&rows)?,
            task: first.task.read()?,
            memberships: memberships(rows),
            actor,
        };
        Ok((stamp, state))
    }

    /// The issuer with this URL as it was when a call last read it: good for a guess of what the next call will need, and
    /// for nothing else.
    pub fn last_seen_issuer(&self, url: &str) -> Option<Arc<Issuer>> {
        self.issuers.last_seen(url)
    }
}
