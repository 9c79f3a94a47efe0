//! Stop switches: thrown in an emergency, lifted when it is over, kept for good. The next call reads them with the
//! policy they are compiled into.

use super::writer::About;
use super::{EmergencyError, WriteError, Writer};
use crate::Store;
use crate::db::{Source, StoreError, new_id, word};
use crate::schema::StopSwitches;
use policy::labels::StopScope;
use policy::{ServerSlug, SubjectId, SubjectKind, TenantSlug, Timestamp};
use sea_query::{Condition, Expr, ExprTrait, Order, Query, SelectStatement};
use serde::Serialize;
use std::collections::BTreeSet;

/// A stop switch, in force or lifted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StopSwitch {
    pub id: String,
    pub scope: StopScope,
    /// A subject's id, a server's slug, or `server/tool`; empty where the scope says it all.
    pub target: String,
    /// None: in every tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantSlug>,
    pub reason: String,
    pub at: Timestamp,
    pub by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifted_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifted_by: Option<String>,
}

impl StopSwitch {
    pub fn is_active(&self) -> bool {
        self.lifted_at.is_none()
    }

    /// "everything", "tenant acme", "tool crm/refund", "subject alice in acme".
    pub fn what(&self) -> String {
        match (self.scope, &self.tenant) {
            (StopScope::Everything, _) => "everything".to_owned(),
            (StopScope::Tenant, tenant) => {
                format!("tenant {}", tenant.as_ref().map_or("", TenantSlug::as_str))
            }
            (scope, None) => format!("{scope} {}", self.target),
            (scope, Some(tenant)) => format!("{scope} {} in {tenant}", self.target),
        }
    }
}

/// A switch to be thrown.
#[derive(Debug, Clone, Copy)]
pub struct NewStop<'a> {
    pub scope: StopScope,
    /// Empty for everything and for a tenant.
    pub target: &'a str,
    /// None: in every tenant.
    pub tenant: Option<&'a TenantSlug>,
    pub reason: &'a str,
}

#[derive(sqlx::FromRow)]
struct StopRow {
    id: String,
    scope: String,
    target: String,
    tenant: Option<String>,
    reason: String,
    at: i64,
    by: String,
    lifted_at: Option<i64>,
    lifted_by: Option<String>,
}

impl TryFrom<StopRow> for StopSwitch {
    type Error = StoreError;

    fn try_from(row: StopRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            scope: word(&row.scope, "stop_switches.scope")?,
            target: row.target,
            tenant: row.tenant.map(TenantSlug::new),
            reason: row.reason,
            at: Timestamp::from_micros(row.at),
            by: row.by,
            lifted_at: row.lifted_at.map(Timestamp::from_micros),
            lifted_by: row.lifted_by,
        })
    }
}

fn select() -> SelectStatement {
    Query::select()
        .columns([
            StopSwitches::Id,
            StopSwitches::Scope,
            StopSwitches::Target,
            StopSwitches::Tenant,
            StopSwitches::Reason,
            StopSwitches::At,
            StopSwitches::By,
            StopSwitches::LiftedAt,
            StopSwitches::LiftedBy,
        ])
        .from(StopSwitches::Table)
        .take()
}

fn active() -> SelectStatement {
    select().and_where(Expr::col(StopSwitches::LiftedAt).is_null()).take()
}

/// What those see who are of these tenants alone.
fn within(tenants: &BTreeSet<TenantSlug>) -> Condition {
    Condition::any()
        .add(Expr::col(StopSwitches::Tenant).is_in(tenants.iter().map(TenantSlug::as_str)))
        .add(Expr::col(StopSwitches::Scope).eq(StopScope::Everything.as_str()))
}

fn read(rows: Vec<StopRow>) -> Result<Vec<StopSwitch>, StoreError> {
    rows.into_iter().map(StopSwitch::try_from).collect()
}

/// The switches that count in the tenant: its own and those of every tenant.
pub(crate) async fn list_in_force<S: Source>(
    source: &mut S,
    tenant: &TenantSlug,
) -> Result<Vec<StopSwitch>, StoreError> {
    let mut query = active();
    query.cond_where(
        Condition::any()
            .add(Expr::col(StopSwitches::Tenant).eq(tenant.as_str()))
            .add(Expr::col(StopSwitches::Tenant).is_null()),
    );
    read(source.all::<StopRow, _>(&query).await?)
}

async fn find<S: Source>(source: &mut S, id: &str) -> Result<Option<StopSwitch>, StoreError> {
    let mut query = select();
    query.and_where(Expr::col(StopSwitches::Id).eq(id));
    source.optional::<StopRow, _>(&query).await?.map(StopSwitch::try_from).transpose()
}

impl Store {
    /// Switches in force, the newest first.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_active_stops(&self, limit: u64) -> Result<Vec<StopSwitch>, StoreError> {
        let mut query = active();
        query.order_by(StopSwitches::Id, Order::Desc).limit(limit);
        read(self.db.fetch_all(&query).await?)
    }

    /// All switches there ever were, the newest first, from the one older than `before` on.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_stops(&self, before: Option<&str>, limit: u64) -> Result<Vec<StopSwitch>, StoreError> {
        let mut query = select();
        query
            .and_where_option(before.map(|id| Expr::col(StopSwitches::Id).lt(id)))
            .order_by(StopSwitches::Id, Order::Desc)
            .limit(limit);
        read(self.db.fetch_all(&query).await?)
    }

    /// As [`Store::list_active_stops`], as far as [`Store::list_tenant_stops`] goes.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_active_tenant_stops(
        &self,
        tenants: &BTreeSet<TenantSlug>,
        limit: u64,
    ) -> Result<Vec<StopSwitch>, StoreError> {
        let mut query = active();
        query.cond_where(within(tenants)).order_by(StopSwitches::Id, Order::Desc).limit(limit);
        read(self.db.fetch_all(&query).await?)
    }

    /// As [`Store::list_stops`]: those that stop something in one of these tenants alone, and of those of every tenant the
    /// ones that stop everything.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_tenant_stops(
        &self,
        tenants: &BTreeSet<TenantSlug>,
        before: Option<&str>,
        limit: u64,
    ) -> Result<Vec<StopSwitch>, StoreError> {
        let mut query = select();
        query
            .cond_where(within(tenants))
            .and_where_option(before.map(|id| Expr::col(StopSwitches::Id).lt(id)))
            .order_by(StopSwitches::Id, Order::Desc)
            .limit(limit);
        read(self.db.fetch_all(&query).await?)
    }

    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_stop(&self, id: &str) -> Result<Option<StopSwitch>, StoreError> {
        find(&mut &self.db, id).await
    }
}

impl Writer {
    /// Throws a switch. The same stop stands once: where it is in force already, that one is the answer, and its reason
    /// stays.
    ///
    /// # Errors
    /// When what is to be stopped is unknown, or no reason is given.
    pub async fn stop(&mut self, new: &NewStop<'_>) -> Result<StopSwitch, WriteError> {
        let reason = super::emergency::reason(new.reason)?;
        self.check_stop(new).await?;
        if let Some(standing) = self.standing(new).await? {
            return Ok(standing);
        }
        let switch = StopSwitch {
            id: new_id(),
            scope: new.scope,
            target: new.target.to_owned(),
            tenant: new.tenant.cloned(),
            reason,
            at: self.now,
            by: self.actor.name.clone(),
            lifted_at: None,
            lifted_by: None,
        };
        let insert = Query::insert()
            .into_table(StopSwitches::Table)
            .columns([
                StopSwitches::Id,
                StopSwitches::Scope,
                StopSwitches::Target,
                StopSwitches::Tenant,
                StopSwitches::Reason,
                StopSwitches::At,
                StopSwitches::By,
            ])
            .values_panic([
                switch.id.as_str().into(),
                switch.scope.as_str().into(),
                switch.target.as_str().into(),
                switch.tenant.as_ref().map(TenantSlug::as_str).into(),
                switch.reason.as_str().into(),
                switch.at.micros().into(),
                switch.by.as_str().into(),
            ])
            .take();
        self.tx.execute(&insert).await?;
        let what = switch.what();
        let about = About { kind: "stop_switch", object: &what, tenant: switch.tenant.as_ref() };
        self.record(about, None, Some(&switch)).await?;
        Ok(switch)
    }

    /// Lifts a switch; one that was lifted before stays as it is.
    ///
    /// # Errors
    /// When there is no such switch.
    pub async fn lift_stop(&mut self, id: &str) -> Result<StopSwitch, WriteError> {
        let unknown = || WriteError::Unknown { kind: "stop switch", name: id.to_owned() };
        if id.contains('\0') {
            return Err(unknown());
        }
        let before = find(&mut self.tx, id).await?.ok_or_else(unknown)?;
        if !before.is_active() {
            return Ok(before);
        }
        let after = StopSwitch {
            lifted_at: Some(self.now),
            lifted_by: Some(self.actor.name.clone()),
            ..before.clone()
        };
        let update = Query::update()
            .table(StopSwitches::Table)
            .value(StopSwitches::LiftedAt, self.now.micros())
            .value(StopSwitches::LiftedBy, self.actor.name.as_str())
            .and_where(Expr::col(StopSwitches::Id).eq(id))
            .take();
        self.tx.execute(&update).await?;
        let what = after.what();
        let about = About { kind: "stop_switch", object: &what, tenant: after.tenant.as_ref() };
        self.record(about, Some(&before), Some(&after)).await?;
        Ok(after)
    }

    /// What is stopped must be there: a misspelt name would stop nothing.
    async fn check_stop(&mut self, new: &NewStop<'_>) -> Result<(), WriteError> {
        super::emergency::named(new.target)?;
        if let Some(tenant) = new.tenant {
            super::emergency::named(tenant.as_str())?;
            self.need_tenant(tenant).await?;
        }
        match new.scope {
            StopScope::Everything if new.tenant.is_some() || !new.target.is_empty() => {
                Err(EmergencyError::Scope("everything takes neither a name nor a tenant").into())
            }
            StopScope::Tenant if new.tenant.is_none() || !new.target.is_empty() => {
                Err(EmergencyError::Scope("a tenant is named as the tenant alone").into())
            }
            StopScope::Everything | StopScope::Tenant => Ok(()),
            StopScope::Subject => self.need_subject(&SubjectId::from(new.target)).await.map(|_| ()),
            StopScope::Agent => match self.need_subject(&SubjectId::from(new.target)).await?.kind {
                SubjectKind::User => Err(EmergencyError::NotAnAgent.into()),
                SubjectKind::Agent | SubjectKind::Service => Ok(()),
            },
            StopScope::Server => self.need_server(&ServerSlug::from(new.target)).await.map(|_| ()),
            StopScope::Tool => {
                let unknown = || WriteError::Unknown { kind: "tool", name: new.target.to_owned() };
                let (server, name) = new.target.split_once('/').ok_or_else(unknown)?;
                self.get_tool(&ServerSlug::from(server), name).await?.map(|_| ()).ok_or_else(unknown)
            }
        }
    }

    async fn standing(&mut self, new: &NewStop<'_>) -> Result<Option<StopSwitch>, StoreError> {
        let mut query = active();
        query
            .and_where(Expr::col(StopSwitches::Scope).eq(new.scope.as_str()))
            .and_where(Expr::col(StopSwitches::Target).eq(new.target))
            .and_where(match new.tenant {
                Some(tenant) => Expr::col(StopSwitches::Tenant).eq(tenant.as_str()),
                None => Expr::col(StopSwitches::Tenant).is_null(),
            });
        self.tx.fetch_optional::<StopRow>(&query).await?.map(StopSwitch::try_from).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_says_what_it_stops() {
        let switch = |scope, target: &str, tenant: Option<&str>| StopSwitch {
            id: "s".to_owned(),
            scope,
            target: target.to_owned(),
            tenant: tenant.map(TenantSlug::from),
            reason: "why".to_owned(),
            at: Timestamp::default(),
            by: "ada".to_owned(),
            lifted_at: None,
            lifted_by: None,
        };
        for (scope, target, tenant, what) in [
            (StopScope::Everything, "", None, "everything"),
            (StopScope::Tenant, "", Some("acme"), "tenant acme"),
            (StopScope::Tool, "crm/refund", None, "tool crm/refund"),
            (StopScope::Agent, "refund-bot", Some("acme"), "agent refund-bot in acme"),
        ] {
            assert_eq!(switch(scope, target, tenant).what(), what);
        }
    }
}
