//! What searches and the Access explorer read: the members of a tenant page by page, each with all that a decision rests
//! on, and registered resources by name. Everything of a page is of one moment.

use crate::Store;
use crate::db::{StoreError, flag, json, now_micros, word};
use crate::live::{LiveResource, is_named, keys};
use crate::schema::{MembershipRoles, Memberships, Resources, Revisions, Roles, Subjects};
use policy::facts::{MembershipFacts, ResourceFacts, Revision, RoleGrant, RoleOrigin, SubjectFacts};
use policy::{ResourceRef, SubjectId, TenantSlug, Timestamp};
use sea_query::{Expr, ExprTrait, JoinType, Order, Query, SelectStatement};

/// How many resources one statement asks for.
const NAMED: usize = 500;

/// Somebody with a membership, live or ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    pub subject: SubjectFacts,
    pub membership: MembershipFacts,
}

/// A page of a tenant's members, by id.
#[derive(Debug, Clone, PartialEq)]
pub struct Members {
    /// The database's clock.
    pub now: Timestamp,
    pub revision: Revision,
    pub members: Vec<Member>,
}

#[derive(sqlx::FromRow)]
struct MemberRow {
    now: i64,
    global_revision: i64,
    tenant_revision: Option<i64>,
    subject: String,
    kind: String,
    name: String,
    active: i64,
    attributes: String,
    ends: Option<i64>,
    role_name: Option<String>,
    role_tenant: Option<String>,
}

#[derive(sqlx::FromRow)]
struct ResourceRow {
    #[sqlx(rename = "type")]
    kind: String,
    id: String,
    tenant: String,
    sensitivity: String,
    attributes: String,
}

impl Store {
    /// The next members of a tenant in the order of their ids, in one statement; None where there are no more.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn read_members(
        &self,
        tenant: &TenantSlug,
        after: Option<&str>,
        limit: u64,
    ) -> Result<Option<Members>, StoreError> {
        let mut page = Query::select();
        page.columns([Memberships::Subject, Memberships::Tenant, Memberships::Until])
            .from(Memberships::Table)
            .and_where(Expr::col(Memberships::Tenant).eq(tenant.as_str()))
            .and_where_option(after.map(|after| Expr::col(Memberships::Subject).gt(after)))
            .order_by(Memberships::Subject, Order::Asc)
            .limit(limit);
        self.members_of(page, tenant).await
    }

    /// One member; None where the subject is none of the tenant.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn read_member(
        &self,
        tenant: &TenantSlug,
        subject: &SubjectId,
    ) -> Result<Option<Member>, StoreError> {
        let mut page = Query::select();
        page.columns([Memberships::Subject, Memberships::Tenant, Memberships::Until])
            .from(Memberships::Table)
            .and_where(Expr::col(Memberships::Tenant).eq(tenant.as_str()))
            .and_where(Expr::col(Memberships::Subject).eq(subject.as_str()));
        let found = self.members_of(page, tenant).await?;
        Ok(found.and_then(|found| found.members.into_iter().next()))
    }

    async fn members_of(
        &self,
        page: SelectStatement,
        tenant: &TenantSlug,
    ) -> Result<Option<Members>, StoreError> {
        let rows: Vec<MemberRow> = self.db.fetch_all(&self.with_everything(page)).await?;
        let Some(first) = rows.first() else { return Ok(None) };
        let revision =
            Revision { global: first.global_revision, tenant: first.tenant_revision.unwrap_or_default() };
        let now = Timestamp::from_micros(first.now);
        let mut members: Vec<Member> = Vec::new();
        for row in rows {
            if members.last().is_none_or(|last| last.subject.id.as_str() != row.subject) {
                members.push(member(&row, tenant, revision.tenant)?);
            }
            if let (Some(last), Some(name)) = (members.last_mut(), row.role_name) {
                last.membership.roles.push(RoleGrant {
                    name,
                    global: row.role_tenant.is_none(),
                    origin: RoleOrigin::Assigned,
                });
            }
        }
        for member in &mut members {
            member.membership.roles.sort_by(|a, b| (&a.name, a.global).cmp(&(&b.name, b.global)));
        }
        Ok(Some(Members { now, revision, members }))
    }

    /// The members of a page with their subjects and roles, and the revisions.
    fn with_everything(&self, page: SelectStatement) -> SelectStatement {
        let left = JoinType::LeftJoin;
        let mut select = Query::select();
        select
            .expr_as(now_micros(self.dialect()), "now")
            .expr_as(Expr::col(("g", Revisions::Value)), "global_revision")
            .expr_as(Expr::col(("r", Revisions::Value)), "tenant_revision")
            .expr_as(Expr::col(("s", Subjects::Id)), "subject")
            .expr_as(Expr::col(("s", Subjects::Kind)), "kind")
            .expr_as(Expr::col(("s", Subjects::Name)), "name")
            .expr_as(Expr::col(("s", Subjects::Active)), "active")
            .expr_as(Expr::col(("s", Subjects::Attributes)), "attributes")
            .expr_as(Expr::col(("m", Memberships::Until)), "ends")
            .expr_as(Expr::col(("ro", Roles::Name)), "role_name")
            .expr_as(Expr::col(("ro", Roles::Tenant)), "role_tenant")
            .from_subquery(page, "m")
            .join_as(
                JoinType::InnerJoin,
                Subjects::Table,
                "s",
                Expr::col(("s", Subjects::Id)).equals(("m", Memberships::Subject)),
            )
            .join_as(JoinType::InnerJoin, Revisions::Table, "g", Expr::col(("g", Revisions::Scope)).eq(""))
            .join_as(
                left,
                Revisions::Table,
                "r",
                Expr::col(("r", Revisions::Scope)).equals(("m", Memberships::Tenant)),
            )
            .join_as(
                left,
                MembershipRoles::Table,
                "mr",
                Expr::col(("mr", MembershipRoles::Subject))
                    .equals(("m", Memberships::Subject))
                    .and(Expr::col(("mr", MembershipRoles::Tenant)).equals(("m", Memberships::Tenant))),
            )
            .join_as(
                left,
                Roles::Table,
                "ro",
                Expr::col(("ro", Roles::Id)).equals(("mr", MembershipRoles::Role)),
            )
            .order_by(("m", Memberships::Subject), Order::Asc);
        select
    }

    /// What is registered of these, whosesoever it is; in no order.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn find_resources(&self, wanted: &[ResourceRef]) -> Result<Vec<LiveResource>, StoreError> {
        let mut found = Vec::new();
        for part in wanted.chunks(NAMED) {
            let columns = [
                Resources::Type,
                Resources::Id,
                Resources::Tenant,
                Resources::Sensitivity,
                Resources::Attributes,
            ];
            let query = Query::select()
                .columns(columns.map(|column| ("r", column)))
                .from_as(Resources::Table, "r")
                .and_where(is_named(self.dialect(), Expr::val(keys(part))))
                .take();
            for row in self.db.fetch_all::<ResourceRow>(&query).await? {
                found.push(resource(row)?);
            }
        }
        Ok(found)
    }
}

fn member(row: &MemberRow, tenant: &TenantSlug, tenant_revision: i64) -> Result<Member, StoreError> {
    Ok(Member {
        subject: SubjectFacts {
            id: SubjectId::new(row.subject.as_str()),
            kind: word(&row.kind, "subjects.kind")?,
            name: row.name.clone(),
            active: flag(row.active, "subjects.active")?,
            attributes: json(&row.attributes, "subjects.attributes")?,
        },
        membership: MembershipFacts {
            tenant: tenant.clone(),
            tenant_revision,
            roles: Vec::new(),
            until: row.ends.map(Timestamp::from_micros),
        },
    })
}

fn resource(row: ResourceRow) -> Result<LiveResource, StoreError> {
    Ok(LiveResource {
        resource: ResourceRef { kind: row.kind, id: row.id },
        facts: ResourceFacts {
            tenant: TenantSlug::new(row.tenant),
            sensitivity: word(&row.sensitivity, "resources.sensitivity")?,
            attributes: json(&row.attributes, "resources.attributes")?,
        },
    })
}
