//! Memberships: a subject in a tenant, with roles, perhaps until a moment.

use super::writer::About;
use super::{CHUNK, Page, WriteError, Writer, holds, roles};
use crate::Store;
use crate::db::{Source, StoreError};
use crate::schema::{MembershipRoles, Memberships, Roles};
use policy::{SubjectId, TenantSlug, Timestamp};
use sea_query::{Expr, ExprTrait, JoinType, Order, Query, SelectStatement};
use serde::Serialize;
use std::collections::BTreeMap;

/// A membership. Its roles are the tenant's own or those of every tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Membership {
    pub subject: SubjectId,
    pub tenant: TenantSlug,
    /// Names, in order. Writing replaces them all.
    pub roles: Vec<String>,
    /// It ends at this moment.
    pub until: Option<Timestamp>,
}

impl Membership {
    /// Where a list of a tenant's members goes on after this one.
    pub fn cursor(&self) -> String {
        self.subject.as_str().to_owned()
    }
}

#[derive(sqlx::FromRow)]
struct MembershipRow {
    subject: String,
    tenant: String,
    until: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct HeldRow {
    subject: String,
    tenant: String,
    name: String,
}

#[derive(sqlx::FromRow)]
struct HeldId {
    role: String,
}

fn select() -> SelectStatement {
    Query::select()
        .columns([Memberships::Subject, Memberships::Tenant, Memberships::Until])
        .from(Memberships::Table)
        .order_by(Memberships::Tenant, Order::Asc)
        .order_by(Memberships::Subject, Order::Asc)
        .take()
}

/// Reads the roles of all these in a few statements. The rows are of one subject, of one tenant, or by tenant, so
/// that subjects times tenants is hardly more than they are.
async fn with_roles<S: Source>(
    source: &mut S,
    rows: &[MembershipRow],
) -> Result<Vec<Membership>, StoreError> {
    let mut memberships = Vec::with_capacity(rows.len());
    for part in rows.chunks(CHUNK) {
        let query = Query::select()
            .expr_as(Expr::col(("mr", MembershipRoles::Subject)), "subject")
            .expr_as(Expr::col(("mr", MembershipRoles::Tenant)), "tenant")
            .expr_as(Expr::col(("r", Roles::Name)), "name")
            .from_as(MembershipRoles::Table, "mr")
            .join_as(
                JoinType::InnerJoin,
                Roles::Table,
                "r",
                Expr::col(("r", Roles::Id)).equals(("mr", MembershipRoles::Role)),
            )
            .and_where(
                Expr::col(("mr", MembershipRoles::Subject))
                    .is_in(part.iter().map(|row| row.subject.as_str())),
            )
            .and_where(
                Expr::col(("mr", MembershipRoles::Tenant)).is_in(part.iter().map(|row| row.tenant.as_str())),
            )
            .take();
        let mut held: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
        for row in source.all::<HeldRow, _>(&query).await? {
            held.entry((row.subject, row.tenant)).or_default().push(row.name);
        }
        for row in part {
            let mut roles = held.remove(&(row.subject.clone(), row.tenant.clone())).unwrap_or_default();
            roles.sort();
            memberships.push(Membership {
                subject: SubjectId::new(row.subject.as_str()),
                tenant: TenantSlug::new(row.tenant.as_str()),
                roles,
                until: row.until.map(Timestamp::from_micros),
            });
        }
    }
    Ok(memberships)
}

async fn find<S: Source>(
    source: &mut S,
    subject: &SubjectId,
    tenant: &TenantSlug,
) -> Result<Option<Membership>, StoreError> {
    let mut query = select();
    query
        .and_where(Expr::col(Memberships::Subject).eq(subject.as_str()))
        .and_where(Expr::col(Memberships::Tenant).eq(tenant.as_str()));
    let rows = source.all::<MembershipRow, _>(&query).await?;
    Ok(with_roles(source, &rows).await?.pop())
}

async fn of_subject<S: Source>(source: &mut S, subject: &SubjectId) -> Result<Vec<Membership>, StoreError> {
    let mut query = select();
    query.and_where(Expr::col(Memberships::Subject).eq(subject.as_str()));
    let rows = source.all::<MembershipRow, _>(&query).await?;
    with_roles(source, &rows).await
}

async fn of_tenant<S: Source>(
    source: &mut S,
    tenant: &TenantSlug,
    page: &Page<'_>,
) -> Result<Vec<Membership>, StoreError> {
    let mut query = select();
    query.and_where(Expr::col(Memberships::Tenant).eq(tenant.as_str()));
    if let Some(text) = page.search {
        query.cond_where(holds(text, [Memberships::Subject]));
    }
    query
        .and_where_option(page.after.map(|after| Expr::col(Memberships::Subject).gt(after)))
        .limit(page.limit);
    let rows = source.all::<MembershipRow, _>(&query).await?;
    with_roles(source, &rows).await
}

/// Everybody's memberships, by tenant and subject.
pub(super) async fn list_all<S: Source>(source: &mut S) -> Result<Vec<Membership>, StoreError> {
    let rows = source.all::<MembershipRow, _>(&select()).await?;
    with_roles(source, &rows).await
}

impl Store {
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_membership(
        &self,
        subject: &SubjectId,
        tenant: &TenantSlug,
    ) -> Result<Option<Membership>, StoreError> {
        find(&mut &self.db, subject, tenant).await
    }

    /// One subject's memberships, by tenant; ended ones too.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_memberships(&self, subject: &SubjectId) -> Result<Vec<Membership>, StoreError> {
        of_subject(&mut &self.db, subject).await
    }

    /// One tenant's members, by subject id; ended memberships too.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_members(
        &self,
        tenant: &TenantSlug,
        page: &Page<'_>,
    ) -> Result<Vec<Membership>, StoreError> {
        of_tenant(&mut &self.db, tenant, page).await
    }
}

impl Writer {
    /// As [`Store::get_membership`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_membership(
        &mut self,
        subject: &SubjectId,
        tenant: &TenantSlug,
    ) -> Result<Option<Membership>, StoreError> {
        find(&mut self.tx, subject, tenant).await
    }

    /// As [`Store::list_memberships`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_memberships(&mut self, subject: &SubjectId) -> Result<Vec<Membership>, StoreError> {
        of_subject(&mut self.tx, subject).await
    }

    /// Makes the membership of this subject in this tenant be so, roles included.
    ///
    /// # Errors
    /// When the subject, the tenant or a role is unknown.
    pub async fn put_membership(&mut self, membership: &Membership) -> Result<Membership, WriteError> {
        self.need_subject(&membership.subject).await?;
        self.need_tenant(&membership.tenant).await?;
        let mut after = membership.clone();
        after.roles.sort();
        after.roles.dedup();
        let wanted = self.resolve_roles(&after.tenant, &after.roles).await?;
        let before = find(&mut self.tx, &after.subject, &after.tenant).await?;
        if before.as_ref() == Some(&after) {
            return Ok(after);
        }
        let until = after.until.map(Timestamp::micros);
        if before.is_some() {
            let update = Query::update()
                .table(Memberships::Table)
                .value(Memberships::Until, until)
                .and_where(Expr::col(Memberships::Subject).eq(after.subject.as_str()))
                .and_where(Expr::col(Memberships::Tenant).eq(after.tenant.as_str()))
                .take();
            self.tx.execute(&update).await?;
        } else {
            let insert = Query::insert()
                .into_table(Memberships::Table)
                .columns([Memberships::Subject, Memberships::Tenant, Memberships::Until])
                .values_panic([after.subject.as_str().into(), after.tenant.as_str().into(), until.into()])
                .take();
            self.tx.execute(&insert).await?;
        }
        self.replace_roles(&after, &wanted).await?;
        self.record(about(&after), before.as_ref(), Some(&after)).await?;
        Ok(after)
    }

    /// The ids of these roles, each of which must be known in the tenant, and once.
    async fn resolve_roles(
        &mut self,
        tenant: &TenantSlug,
        names: &[String],
    ) -> Result<Vec<String>, WriteError> {
        let known = roles::named(&mut self.tx, tenant, names).await?;
        let mut ids = Vec::with_capacity(names.len());
        for name in names {
            let mut those = known.iter().filter(|role| role.name == *name);
            match (those.next(), those.next()) {
                (Some(role), None) => ids.push(role.id.clone()),
                (None, _) => {
                    return Err(WriteError::UnknownRole { name: name.clone(), tenant: tenant.clone() });
                }
                (Some(_), Some(_)) => {
                    return Err(WriteError::AmbiguousRole { name: name.clone(), tenant: tenant.clone() });
                }
            }
        }
        Ok(ids)
    }

    async fn replace_roles(&mut self, membership: &Membership, wanted: &[String]) -> Result<(), StoreError> {
        let mine = Expr::col(MembershipRoles::Subject)
            .eq(membership.subject.as_str())
            .and(Expr::col(MembershipRoles::Tenant).eq(membership.tenant.as_str()));
        let query = Query::select()
            .column(MembershipRoles::Role)
            .from(MembershipRoles::Table)
            .and_where(mine.clone())
            .take();
        let held: Vec<HeldId> = self.tx.fetch_all(&query).await?;
        for gone in held.iter().filter(|held| !wanted.contains(&held.role)) {
            let delete = Query::delete()
                .from_table(MembershipRoles::Table)
                .and_where(mine.clone())
                .and_where(Expr::col(MembershipRoles::Role).eq(gone.role.as_str()))
                .take();
            self.tx.execute(&delete).await?;
        }
        for new in wanted.iter().filter(|role| !held.iter().any(|held| held.role == **role)) {
            let insert = Query::insert()
                .into_table(MembershipRoles::Table)
                .columns([MembershipRoles::Subject, MembershipRoles::Tenant, MembershipRoles::Role])
                .values_panic([
                    membership.subject.as_str().into(),
                    membership.tenant.as_str().into(),
                    new.as_str().into(),
                ])
                .take();
            self.tx.execute(&insert).await?;
        }
        Ok(())
    }

    /// Ends the membership by deleting it; false where there is none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delete_membership(
        &mut self,
        subject: &SubjectId,
        tenant: &TenantSlug,
    ) -> Result<bool, WriteError> {
        let Some(before) = find(&mut self.tx, subject, tenant).await? else {
            return Ok(false);
        };
        let delete = Query::delete()
            .from_table(Memberships::Table)
            .and_where(Expr::col(Memberships::Subject).eq(subject.as_str()))
            .and_where(Expr::col(Memberships::Tenant).eq(tenant.as_str()))
            .take();
        self.tx.execute(&delete).await?;
        self.record(about(&before), Some(&before), None).await?;
        Ok(true)
    }
}

fn about(membership: &Membership) -> About<'_> {
    About { kind: "membership", object: membership.subject.as_str(), tenant: Some(&membership.tenant) }
}
