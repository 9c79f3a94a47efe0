//! Stored rules, each change of which is a version.

use super::writer::About;
use super::{Page, WriteError, Writer, beyond, holds, name, text};
use crate::Store;
use crate::db::{Source, StoreError, json, new_id, to_json};
use crate::schema::{RuleVersions, Rules};
use policy::labels::{Effect, RuleStatus};
use policy::{Rule, RuleId, TenantSlug, Timestamp};
use sea_query::{Condition, Expr, ExprTrait, Order, Query, SelectStatement};
use serde::Serialize;

/// A rule as it stands in the database.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StoredRule {
    pub id: RuleId,
    /// 1 at first; one more with each change.
    pub version: i64,
    pub rule: Rule,
    pub updated_at: Timestamp,
}

impl StoredRule {
    /// Where a list goes on after this one.
    pub fn cursor(&self) -> String {
        format!("{}\n{}", self.rule.name, self.id)
    }
}

#[derive(sqlx::FromRow)]
struct RuleRow {
    id: String,
    tenant: Option<String>,
    name: String,
    status: String,
    version: i64,
    definition: String,
    updated_at: i64,
}

impl TryFrom<RuleRow> for StoredRule {
    type Error = StoreError;

    fn try_from(row: RuleRow) -> Result<Self, StoreError> {
        let rule: Rule = json(&row.definition, "rules.definition")?;
        // Somebody who edits one column by hand must not end up with a rule that says two things.
        if rule.tenant.as_ref().map(TenantSlug::as_str) != row.tenant.as_deref()
            || rule.name != row.name
            || rule.status.as_str() != row.status
        {
            return Err(StoreError::corrupt(format!("rule {}: columns and definition differ", row.id)));
        }
        Ok(Self {
            id: RuleId::new(row.id),
            version: row.version,
            rule,
            updated_at: Timestamp::from_micros(row.updated_at),
        })
    }
}

fn select() -> SelectStatement {
    Query::select()
        .columns([
            Rules::Id,
            Rules::Tenant,
            Rules::Name,
            Rules::Status,
            Rules::Version,
            Rules::Definition,
            Rules::UpdatedAt,
        ])
        .from(Rules::Table)
        .order_by(Rules::Name, Order::Asc)
        .order_by(Rules::Id, Order::Asc)
        .take()
}

/// The tenant's own rules and those of every tenant.
fn that_bind(tenant: &TenantSlug) -> Condition {
    Condition::any().add(Expr::col(Rules::Tenant).eq(tenant.as_str())).add(Expr::col(Rules::Tenant).is_null())
}

async fn find_by_id<S: Source>(source: &mut S, id: &RuleId) -> Result<Option<StoredRule>, StoreError> {
    let mut query = select();
    query.and_where(Expr::col(Rules::Id).eq(id.as_str()));
    source.optional::<RuleRow, _>(&query).await?.map(StoredRule::try_from).transpose()
}

async fn find<S: Source>(
    source: &mut S,
    tenant: Option<&TenantSlug>,
    name: &str,
) -> Result<Option<StoredRule>, StoreError> {
    let mut query = select();
    let owned = match tenant {
        Some(tenant) => Expr::col(Rules::Tenant).eq(tenant.as_str()),
        None => Expr::col(Rules::Tenant).is_null(),
    };
    query.and_where(Expr::col(Rules::Name).eq(name)).and_where(owned);
    source.optional::<RuleRow, _>(&query).await?.map(StoredRule::try_from).transpose()
}

pub(super) async fn list<S: Source>(
    source: &mut S,
    tenant: Option<&TenantSlug>,
    page: &Page<'_>,
) -> Result<Vec<StoredRule>, StoreError> {
    let mut query = select();
    if let Some(tenant) = tenant {
        query.cond_where(that_bind(tenant));
    }
    if let Some(text) = page.search {
        query.cond_where(holds(text, [Rules::Name, Rules::Definition]));
    }
    query.and_where_option(page.after.map(|after| beyond(Rules::Name, Rules::Id, after))).limit(page.limit);
    source.all::<RuleRow, _>(&query).await?.into_iter().map(StoredRule::try_from).collect()
}

/// The rules that bind the tenant, but for the disabled ones.
pub(crate) async fn list_in_force<S: Source>(
    source: &mut S,
    tenant: &TenantSlug,
) -> Result<Vec<StoredRule>, StoreError> {
    let mut query = select();
    query.cond_where(that_bind(tenant)).and_where(Expr::col(Rules::Status).ne(RuleStatus::Disabled.as_str()));
    source.all::<RuleRow, _>(&query).await?.into_iter().map(StoredRule::try_from).collect()
}

impl Store {
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_rule(&self, id: &RuleId) -> Result<Option<StoredRule>, StoreError> {
        find_by_id(&mut &self.db, id).await
    }

    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_rule_by_name(
        &self,
        tenant: Option<&TenantSlug>,
        name: &str,
    ) -> Result<Option<StoredRule>, StoreError> {
        find(&mut &self.db, tenant, name).await
    }

    /// Rules by name: those that bind one tenant (its own and those of every tenant), or all.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_rules(
        &self,
        tenant: Option<&TenantSlug>,
        page: &Page<'_>,
    ) -> Result<Vec<StoredRule>, StoreError> {
        list(&mut &self.db, tenant, page).await
    }

    /// The enforced rules that deny, by name.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_denials(&self) -> Result<Vec<StoredRule>, StoreError> {
        let mut query = select();
        query
            .and_where(Expr::col(Rules::Effect).eq(Effect::Deny.as_str()))
            .and_where(Expr::col(Rules::Status).eq(RuleStatus::Enforced.as_str()));
        let rows: Vec<RuleRow> = self.db.fetch_all(&query).await?;
        rows.into_iter().map(StoredRule::try_from).collect()
    }
}

impl Writer {
    /// As [`Store::get_rule`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_rule(&mut self, id: &RuleId) -> Result<Option<StoredRule>, StoreError> {
        find_by_id(&mut self.tx, id).await
    }

    /// As [`Store::get_rule_by_name`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_rule_by_name(
        &mut self,
        tenant: Option<&TenantSlug>,
        name: &str,
    ) -> Result<Option<StoredRule>, StoreError> {
        find(&mut self.tx, tenant, name).await
    }

    /// As [`Store::list_rules`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_rules(
        &mut self,
        tenant: Option<&TenantSlug>,
        page: &Page<'_>,
    ) -> Result<Vec<StoredRule>, StoreError> {
        list(&mut self.tx, tenant, page).await
    }

    /// Makes the rule of this tenant and name be so. Whether it makes sense is for the caller to check.
    ///
    /// # Errors
    /// When the name cannot be taken or the tenant is unknown.
    pub async fn put_rule(&mut self, rule: &Rule) -> Result<StoredRule, WriteError> {
        let before = find(&mut self.tx, rule.tenant.as_ref(), &rule.name).await?;
        self.store_rule(before.as_ref(), rule).await
    }

    /// Changes the rule with this id, its name too. `seen` is the version that the person who changes it had
    /// before them; None changes whatever is there.
    ///
    /// # Errors
    /// When there is no such rule, it has another version by now, or its new name is another rule's.
    pub async fn change_rule(
        &mut self,
        id: &RuleId,
        seen: Option<i64>,
        rule: &Rule,
    ) -> Result<StoredRule, WriteError> {
        let Some(before) = find_by_id(&mut self.tx, id).await? else {
            return Err(WriteError::Unknown { kind: "rule", name: id.to_string() });
        };
        if seen.is_some_and(|seen| seen != before.version) {
            let what = format!("rule `{}`", before.rule.name);
            return Err(WriteError::Stale { what, version: before.version });
        }
        let namesake = find(&mut self.tx, rule.tenant.as_ref(), &rule.name).await?;
        if namesake.is_some_and(|other| other.id != before.id) {
            return Err(WriteError::Taken {
                what: format!("the rule name `{}`", rule.name),
                owner: "another rule".to_owned(),
            });
        }
        self.store_rule(Some(&before), rule).await
    }

    async fn store_rule(
        &mut self,
        before: Option<&StoredRule>,
        rule: &Rule,
    ) -> Result<StoredRule, WriteError> {
        name("rule", &rule.name)?;
        if let Some(tenant) = &rule.tenant {
            self.need_tenant(tenant).await?;
        }
        let definition = to_json(rule)?;
        text("when", rule.when.as_deref().unwrap_or_default())?;
        let after = match before {
            Some(old) if old.rule == *rule => return Ok(old.clone()),
            Some(old) => StoredRule {
                id: old.id.clone(),
                version: old.version.saturating_add(1),
                rule: rule.clone(),
                updated_at: self.now,
            },
            None => {
                let id = RuleId::new(new_id());
                StoredRule { id, version: 1, rule: rule.clone(), updated_at: self.now }
            }
        };
        if before.is_some() {
            let update = Query::update()
                .table(Rules::Table)
                .value(Rules::Tenant, rule.tenant.as_ref().map(TenantSlug::as_str))
                .value(Rules::Name, rule.name.as_str())
                .value(Rules::Effect, rule.effect.as_str())
                .value(Rules::Status, rule.status.as_str())
                .value(Rules::Version, after.version)
                .value(Rules::Definition, definition.as_str())
                .value(Rules::UpdatedAt, after.updated_at.micros())
                .and_where(Expr::col(Rules::Id).eq(after.id.as_str()))
                .take();
            self.tx.execute(&update).await?;
        } else {
            self.insert_rule(&after, &definition).await?;
        }
        let version = Query::insert()
            .into_table(RuleVersions::Table)
            .columns([
                RuleVersions::Rule,
                RuleVersions::Version,
                RuleVersions::Definition,
                RuleVersions::At,
                RuleVersions::By,
            ])
            .values_panic([
                after.id.as_str().into(),
                after.version.into(),
                definition.into(),
                after.updated_at.micros().into(),
                self.actor.name.as_str().into(),
            ])
            .take();
        self.tx.execute(&version).await?;
        let moved = before.is_some_and(|old| old.rule.tenant != after.rule.tenant);
        self.record(about(&after).unless_moved(moved), before, Some(&after)).await?;
        Ok(after)
    }

    async fn insert_rule(&mut self, stored: &StoredRule, definition: &str) -> Result<(), StoreError> {
        let insert = Query::insert()
            .into_table(Rules::Table)
            .columns([
                Rules::Id,
                Rules::Tenant,
                Rules::Name,
                Rules::Effect,
                Rules::Status,
                Rules::Version,
                Rules::Definition,
                Rules::UpdatedAt,
            ])
            .values_panic([
                stored.id.as_str().into(),
                stored.rule.tenant.as_ref().map(TenantSlug::as_str).into(),
                stored.rule.name.as_str().into(),
                stored.rule.effect.as_str().into(),
                stored.rule.status.as_str().into(),
                stored.version.into(),
                definition.into(),
                stored.updated_at.micros().into(),
            ])
            .take();
        self.tx.execute(&insert).await?;
        Ok(())
    }

    /// Deletes the rule; its versions stay for the records that name them. False where there is none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delete_rule(&mut self, id: &RuleId) -> Result<bool, WriteError> {
        let Some(before) = find_by_id(&mut self.tx, id).await? else {
            return Ok(false);
        };
        let delete =
            Query::delete().from_table(Rules::Table).and_where(Expr::col(Rules::Id).eq(id.as_str())).take();
        self.tx.execute(&delete).await?;
        self.record(about(&before), Some(&before), None).await?;
        Ok(true)
    }
}

fn about(stored: &StoredRule) -> About<'_> {
    About { kind: "rule", object: stored.id.as_str(), tenant: stored.rule.tenant.as_ref() }
}
