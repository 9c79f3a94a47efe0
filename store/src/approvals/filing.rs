//! Filing a request, in the transaction of the record of the call that was denied for want of it. The database says
//! whether it may be: so the same call files once, and nobody more than so many, however many processes file at once.

use super::asks::rank_of;
use super::events::{self, ApprovalEventKind, Of};
use super::expiring::{expire_of_binding, expire_replaced};
use super::filings::{self, MOST_FILED};
use super::tables::{ApprovalAsks, ApprovalSlots, Approvals};
use crate::administration::SealedSecret;
use crate::db::{Dialect, StoreError, Tx, now_micros, to_json};
use crate::recorder::Lack;
use crate::schema::{Vault, VaultSecrets};
use policy::approval::Requirement;
use policy::labels::ApprovalState;
use policy::{
    ApprovalId, CredentialId, DecisionId, ResourceRef, Risk, Sensitivity, ServerSlug, SubjectId, TaskId,
    TenantSlug, Timestamp,
};
use sea_query::{Expr, ExprTrait, LockBehavior, LockType, OnConflict, Query, SelectStatement};
use serde_json::{Map, Value};

/// So many requests may wait of one caller for one rule.
pub const MOST_PENDING: i64 = 20;

/// A request to be filed.
#[derive(Debug, Clone)]
pub struct NewApproval {
    pub id: ApprovalId,
    pub tenant: TenantSlug,
    pub subject: SubjectId,
    pub actor: Option<SubjectId>,
    pub credential: CredentialId,
    pub server: Option<ServerSlug>,
    pub tool: Option<String>,
    pub action: String,
    pub resource: ResourceRef,
    pub task: Option<TaskId>,
    pub definition_hash: Option<String>,
    pub arguments_digest: String,
    pub call: String,
    pub binding: String,
    pub context: Map<String, Value>,
    /// The claims of the caller's token that the rules read.
    pub claims: Map<String, Value>,
    /// Canonical JSON, redacted as the tool says.
    pub arguments: String,
    /// The whole arguments, where the tool redacts any.
    pub sealed: Option<SealedSecret>,
    pub risk: Option<Risk>,
    pub sensitivity: Option<Sensitivity>,
    pub requirements: Vec<Requirement>,
    pub uses: i64,
    pub hold_for: i64,
    pub filed_at: Timestamp,
    pub expires_at: Timestamp,
    /// An approved one that no longer meets what the rules ask: this one stands in its place.
    pub replaces: Option<ApprovalId>,
}

/// Files the request, if that may be.
pub(crate) async fn file(
    tx: &mut Tx,
    new: &NewApproval,
    decision: &DecisionId,
) -> Result<Result<(), Lack>, StoreError> {
    if let Some(key) = new.sealed.as_ref().map(|sealed| sealed.key.as_str())
        && !is_vault_key(tx, key).await?
    {
        return Ok(Err(Lack::Approval));
    }
    if count_pending(tx, new).await? >= MOST_PENDING {
        return Ok(Err(Lack::TooMany));
    }
    if filings::count(tx, new).await? >= MOST_FILED {
        return Ok(Err(Lack::TooOften));
    }
    // Looked at before anything is ended: others share the transaction, which is committed all the same.
    if is_denied(tx, &new.binding).await? {
        return Ok(Err(Lack::Approval));
    }
    if let Some(replaced) = &new.replaces
        && !expire_replaced(tx, replaced, new.filed_at).await?
    {
        return Ok(Err(Lack::Approval));
    }
    expire_of_binding(tx, &new.binding, new.filed_at).await?;
    if !insert(tx, new, decision).await? {
        return Ok(Err(Lack::Approval));
    }
    if let Some(sealed) = &new.sealed {
        keep(tx, sealed, new.filed_at).await?;
    }
    ask(tx, new).await?;
    filings::add(tx, new).await?;
    let of = Of { approval: &new.id, tenant: &new.tenant };
    events::add(tx, of, ApprovalEventKind::Requested, None, new.filed_at).await?;
    Ok(Ok(()))
}

/// Counts an attempt at a request that waits; false where it no longer does.
pub(crate) async fn attempt(tx: &mut Tx, id: &ApprovalId) -> Result<bool, StoreError> {
    let now = || now_micros(tx.dialect());
    let update = Query::update()
        .table(Approvals::Table)
        .value(Approvals::Attempts, Expr::col(Approvals::Attempts).add(1_i64))
        .value(Approvals::LastAttemptAt, now())
        .and_where(Expr::col(Approvals::Id).eq(id.as_str()))
        .and_where(Expr::col(Approvals::State).eq(ApprovalState::Pending.as_str()))
        .and_where(Expr::col(Approvals::ExpiresAt).gt(now()))
        .take();
    Ok(tx.execute(&update).await? > 0)
}

#[derive(sqlx::FromRow)]
struct Found {
    n: i64,
}

/// The most that wait of this caller for any one of the rules.
async fn count_pending(tx: &mut Tx, new: &NewApproval) -> Result<i64, StoreError> {
    let query = waiting(new, tx.dialect());
    Ok(tx.fetch_all::<Found>(&query).await?.into_iter().map(|row| row.n).max().unwrap_or(0))
}

/// How many wait of this caller, for each of the rules that ask.
pub(super) fn waiting(new: &NewApproval, dialect: Dialect) -> SelectStatement {
    Query::select()
        .expr_as(Expr::cust("count(*)"), "n")
        .from(ApprovalSlots::Table)
        .and_where(
            Expr::col(ApprovalSlots::Rule).is_in(new.requirements.iter().map(|asked| asked.rule.as_str())),
        )
        .and_where(Expr::col(ApprovalSlots::Party).eq(party(new)))
        .and_where(Expr::col(ApprovalSlots::ExpiresAt).gt(now_micros(dialect)))
        .group_by_col(ApprovalSlots::Rule)
        .take()
}

pub(super) fn party(new: &NewApproval) -> &str {
    new.actor.as_ref().unwrap_or(&new.subject).as_str()
}

async fn is_denied(tx: &mut Tx, binding: &str) -> Result<bool, StoreError> {
    let query = denials(binding, tx.dialect());
    Ok(tx.fetch_optional::<Found>(&query).await?.is_some_and(|row| row.n > 0))
}

/// How many denials of what is bound to the same still stand.
pub(super) fn denials(binding: &str, dialect: Dialect) -> SelectStatement {
    Query::select()
        .expr_as(Expr::cust("count(*)"), "n")
        .from(Approvals::Table)
        .and_where(Expr::col(Approvals::Binding).eq(binding))
        .and_where(Expr::cust("\"state\" = 'denied'"))
        .and_where(Expr::col(Approvals::ExpiresAt).gt(now_micros(dialect)))
        .take()
}

/// False where the same already waits, or is approved.
async fn insert(tx: &mut Tx, new: &NewApproval, decision: &DecisionId) -> Result<bool, StoreError> {
    let id = |id: Option<&str>| id.map(str::to_owned);
    let columns: Vec<(Approvals, Expr)> = vec![
        (Approvals::Id, new.id.as_str().into()),
        (Approvals::Tenant, new.tenant.as_str().into()),
        (Approvals::Subject, new.subject.as_str().into()),
        (Approvals::Actor, id(new.actor.as_ref().map(SubjectId::as_str)).into()),
        (Approvals::Credential, new.credential.as_str().into()),
        (Approvals::Server, id(new.server.as_ref().map(ServerSlug::as_str)).into()),
        (Approvals::Tool, new.tool.clone().into()),
        (Approvals::Action, new.action.as_str().into()),
        (Approvals::ResourceType, new.resource.kind.as_str().into()),
        (Approvals::ResourceId, new.resource.id.as_str().into()),
        (Approvals::Task, id(new.task.as_ref().map(TaskId::as_str)).into()),
        (Approvals::DefinitionHash, new.definition_hash.clone().into()),
        (Approvals::ArgumentsDigest, new.arguments_digest.as_str().into()),
        (Approvals::Call, new.call.as_str().into()),
        (Approvals::Binding, new.binding.as_str().into()),
        (Approvals::Context, to_json(&new.context)?.into()),
        (Approvals::Claims, to_json(&new.claims)?.into()),
        (Approvals::Arguments, new.arguments.as_str().into()),
        (Approvals::Sealed, i64::from(new.sealed.is_some()).into()),
        (Approvals::Risk, id(new.risk.map(Risk::as_str)).into()),
        (Approvals::Sensitivity, id(new.sensitivity.map(Sensitivity::as_str)).into()),
        (Approvals::Requirements, to_json(&new.requirements)?.into()),
        (Approvals::Uses, new.uses.into()),
        (Approvals::Used, 0_i64.into()),
        (Approvals::HoldFor, new.hold_for.into()),
        (Approvals::State, ApprovalState::Pending.as_str().into()),
        (Approvals::FiledAt, new.filed_at.micros().into()),
        (Approvals::FiledBy, decision.as_str().into()),
        (Approvals::ExpiresAt, new.expires_at.micros().into()),
        (Approvals::Attempts, 1_i64.into()),
        (Approvals::LastAttemptAt, new.filed_at.micros().into()),
        (Approvals::LookUntil, new.expires_at.micros().into()),
    ];
    let (columns, values): (Vec<Approvals>, Vec<Expr>) = columns.into_iter().unzip();
    let insert = Query::insert()
        .into_table(Approvals::Table)
        .columns(columns)
        .values_panic(values)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .take();
    Ok(tx.execute(&insert).await? > 0)
}

#[derive(sqlx::FromRow)]
struct KeyRow {
    key_id: String,
}

/// Whether secrets are wrapped by this key; from now on, where there never was one. It stays so until this transaction is
/// over: a rotation, which holds the key before it looks which secrets there are (`Writer::hold_vault_key`), waits and then
/// finds this one. While one is under way it is nobody's key: nothing is filed, and the caller asks again. Waiting for it
/// instead could be in a circle, as it touches secrets that others who share this transaction may have deleted.
async fn is_vault_key(tx: &mut Tx, key: &str) -> Result<bool, StoreError> {
    let first = Query::insert()
        .into_table(Vault::Table)
        .columns([Vault::One, Vault::KeyId])
        .values_panic([1_i64.into(), key.into()])
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .take();
    tx.execute(&first).await?;
    let query = Query::select()
        .column(Vault::KeyId)
        .from(Vault::Table)
        .lock_with_behavior(LockType::Share, LockBehavior::SkipLocked)
        .take();
    Ok(tx.fetch_optional::<KeyRow>(&query).await?.is_some_and(|row| row.key_id == key))
}

async fn keep(tx: &mut Tx, sealed: &SealedSecret, at: Timestamp) -> Result<(), StoreError> {
    let insert = Query::insert()
        .into_table(VaultSecrets::Table)
        .columns([
            VaultSecrets::Kind,
            VaultSecrets::Owner,
            VaultSecrets::Name,
            VaultSecrets::KeyId,
            VaultSecrets::Wrapped,
            VaultSecrets::Sealed,
            VaultSecrets::ChangedAt,
        ])
        .values_panic([
            sealed.place.kind.as_str().into(),
            sealed.place.owner.as_str().into(),
            sealed.place.name.as_str().into(),
            sealed.key.as_str().into(),
            sealed.wrapped.as_str().into(),
            sealed.sealed.as_str().into(),
            at.micros().into(),
        ])
        .take();
    tx.execute(&insert).await.map(|_| ())
}

/// Takes its place among those that wait, and asks whom the rules name.
async fn ask(tx: &mut Tx, new: &NewApproval) -> Result<(), StoreError> {
    for requirement in &new.requirements {
        let slot = Query::insert()
            .into_table(ApprovalSlots::Table)
            .columns([
                ApprovalSlots::Rule,
                ApprovalSlots::Party,
                ApprovalSlots::Approval,
                ApprovalSlots::ExpiresAt,
            ])
            .values_panic([
                requirement.rule.as_str().into(),
                party(new).into(),
                new.id.as_str().into(),
                new.expires_at.micros().into(),
            ])
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .take();
        tx.execute(&slot).await?;
        let terms = &requirement.terms;
        let since = new.filed_at;
        let roles = terms.approvers.iter().map(|role| ("role", role.as_str(), since));
        let persons = terms.approver_subjects.iter().map(|person| ("subject", person.as_str(), since));
        let later = terms.escalates_at(since).zip(terms.escalate_to.as_deref());
        let later = later.into_iter().map(|(at, role)| ("role", role, at));
        for (kind, name, since) in roles.chain(persons).chain(later) {
            let insert = Query::insert()
                .into_table(ApprovalAsks::Table)
                .columns([
                    ApprovalAsks::Tenant,
                    ApprovalAsks::Kind,
                    ApprovalAsks::Name,
                    ApprovalAsks::Approval,
                    ApprovalAsks::Since,
                    ApprovalAsks::Rank,
                ])
                .values_panic([
                    new.tenant.as_str().into(),
                    kind.into(),
                    name.into(),
                    new.id.as_str().into(),
                    since.micros().into(),
                    rank_of(new.risk).into(),
                ])
                // Who is asked already is asked no later.
                .on_conflict(OnConflict::new().do_nothing().to_owned())
                .take();
            tx.execute(&insert).await?;
        }
    }
    Ok(())
}
