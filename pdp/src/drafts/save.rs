//! Saving, switching and deleting rules, each in one unit of work that says at which revision it is live.

use super::check::{Remark, problems, review};
use crate::flags::surroundings_within;
use policy::facts::Revision;
use policy::labels::RuleStatus;
use policy::{Rule, RuleId};
use store::administration::StoredRule;
use store::{Actor, Store, StoreError, WriteError, Writer};

/// What to save.
#[derive(Debug, Clone, Copy)]
pub struct Save<'a> {
    /// None: a new rule, whose name must be free.
    pub id: Option<&'a RuleId>,
    /// The version that whoever changes it had before them.
    pub seen: Option<i64>,
    pub rule: &'a Rule,
    /// Take a restriction that restricts nothing all the same.
    pub allow_unmatched: bool,
}

/// Why nothing was saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error("the rule is not sound")]
    Problems(Vec<Remark>),
    #[error("the rule restricts nothing")]
    Unmatched(Vec<Remark>),
}

/// A rule that was saved.
#[derive(Debug, Clone, PartialEq)]
pub struct Saved {
    pub stored: StoredRule,
    /// As of the commit. The tenant's part is 0 for a rule of every tenant.
    pub revision: Revision,
}

/// A rule that was deleted.
#[derive(Debug, Clone, PartialEq)]
pub struct Deleted {
    pub rule: Rule,
    pub revision: Revision,
}

/// Makes the rule be so.
///
/// # Errors
/// When it is not sound, restricts nothing, was changed meanwhile, or its name is taken.
pub async fn save(store: &Store, actor: Actor, wanted: &Save<'_>) -> Result<Saved, SaveError> {
    let found = problems(wanted.rule);
    if !found.is_empty() {
        return Err(SaveError::Problems(found));
    }
    let mut writer = store.write(actor).await?;
    let stored = match wanted.id {
        Some(id) => writer.change_rule(id, wanted.seen, wanted.rule).await?,
        None => {
            let namesake = writer.get_rule_by_name(wanted.rule.tenant.as_ref(), &wanted.rule.name).await?;
            if namesake.is_some() {
                let what = format!("the rule name `{}`", wanted.rule.name);
                return Err(WriteError::Taken { what, owner: "another rule".to_owned() }.into());
            }
            writer.put_rule(wanted.rule).await?
        }
    };
    if !wanted.allow_unmatched && wanted.rule.status != RuleStatus::Disabled {
        let found = review(wanted.rule, &surroundings_within(&mut writer).await?);
        if found.is_unmatched(wanted.rule) {
            return Err(SaveError::Unmatched(found.never));
        }
    }
    let revision = commit(store, writer, &stored.rule).await?;
    Ok(Saved { stored, revision })
}

/// Enforces, only watches, or switches off a rule as it stands.
///
/// # Errors
/// When there is no such rule, it was changed meanwhile, or it is not sound and would be enforced.
pub async fn set_status(
    store: &Store,
    actor: Actor,
    id: &RuleId,
    seen: Option<i64>,
    status: RuleStatus,
) -> Result<Saved, SaveError> {
    let mut writer = store.write(actor).await?;
    let Some(before) = writer.get_rule(id).await? else { return Err(unknown(id).into()) };
    let rule = Rule { status, ..before.rule };
    if status != RuleStatus::Disabled {
        let found = problems(&rule);
        if !found.is_empty() {
            return Err(SaveError::Problems(found));
        }
    }
    let stored = writer.change_rule(id, seen, &rule).await?;
    let revision = commit(store, writer, &rule).await?;
    Ok(Saved { stored, revision })
}

/// Deletes a rule; its versions stay.
///
/// # Errors
/// When there is no such rule, or it was changed meanwhile.
pub async fn delete(
    store: &Store,
    actor: Actor,
    id: &RuleId,
    seen: Option<i64>,
) -> Result<Deleted, WriteError> {
    let mut writer = store.write(actor).await?;
    let Some(before) = writer.get_rule(id).await? else { return Err(unknown(id)) };
    if seen.is_some_and(|seen| seen != before.version) {
        let what = format!("rule `{}`", before.rule.name);
        return Err(WriteError::Stale { what, version: before.version });
    }
    writer.delete_rule(id).await?;
    let revision = commit(store, writer, &before.rule).await?;
    Ok(Deleted { rule: before.rule, revision })
}

fn unknown(id: &RuleId) -> WriteError {
    WriteError::Unknown { kind: "rule", name: id.to_string() }
}

async fn commit(store: &Store, writer: Writer, rule: &Rule) -> Result<Revision, StoreError> {
    let committed = writer.commit().await?;
    let tenant = match &rule.tenant {
        Some(tenant) => store.read_policy(tenant).await?.map_or(0, |policy| policy.revision.tenant),
        None => 0,
    };
    Ok(Revision { global: committed.global_revision, tenant })
}
