//! What Overview asks beside the statistics: tools to review, keys that end soon, chains without an end.
//!
//! Each is one statement whose answer stays small, however much is stored. Nothing here writes.

use crate::counting::count;
use crate::db::word;
use crate::recorder::of_last_record;
use crate::recorder::tables::{Chains, Decisions, Stubs};
use crate::schema::{
    ApiKeys, CredentialKeys, Credentials, Memberships, Revisions, ServerTenants, Servers, Subjects, Tools,
};
use crate::{Store, StoreError};
use policy::{ReviewState, ServerSlug, SubjectId, TenantSlug, Timestamp};
use sea_query::{Condition, Expr, ExprTrait, JoinType, Order, Query, SelectStatement};

/// The tools that stand in one state of review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewCount {
    pub review: ReviewState,
    pub tools: i64,
    /// On so many servers.
    pub servers: i64,
    /// The first of them by slug.
    pub first: ServerSlug,
}

/// API keys whose end is near.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndingApiKeys {
    pub keys: i64,
    /// They belong to so many subjects.
    pub subjects: i64,
    /// The first of them by id; none where there is no such key.
    pub first: Option<SubjectId>,
}

/// A chain that was not ended: its instance runs, or stopped without a last checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenChain {
    pub id: String,
    pub instance: String,
    /// The last sign of life, at most a minute old while the instance runs.
    pub seen_at: Timestamp,
    /// The last record's place; 0 where there is none.
    pub head_seq: i64,
}

#[derive(sqlx::FromRow)]
struct ReviewRow {
    review: String,
    n: i64,
    servers: i64,
    first: String,
}

#[derive(sqlx::FromRow)]
struct EndingRow {
    n: i64,
    subjects: i64,
    first: Option<String>,
}

#[derive(sqlx::FromRow)]
struct ChainRow {
    id: String,
    instance: String,
    seen_at: i64,
    head_seq: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct RevisionRow {
    scope: String,
    value: i64,
}

/// Servers that are enabled, and that the tenant may use if one is given.
fn servers_in_use(tenant: Option<&TenantSlug>) -> SelectStatement {
    let mut servers = Query::select();
    servers.column(Servers::Slug).from(Servers::Table).and_where(Expr::col(Servers::Enabled).eq(1_i64));
    if let Some(tenant) = tenant {
        let used = Query::select()
            .column(ServerTenants::Server)
            .from(ServerTenants::Table)
            .and_where(Expr::col(ServerTenants::Tenant).eq(tenant.as_str()))
            .take();
        servers.and_where(Expr::col(Servers::Slug).in_subquery(used));
    }
    servers
}

/// When the last of a credential's keys ends; one without an end never does.
fn last_end() -> Expr {
    Expr::cust("max(coalesce(\"expires_at\", 9223372036854775807))")
}

impl Store {
    /// Tools of enabled servers by state of review: of those that one tenant may use, or of all. States that no
    /// tool is in are left out.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn count_reviews(&self, tenant: Option<&TenantSlug>) -> Result<Vec<ReviewCount>, StoreError> {
        let mut query = Query::select();
        query
            .column(Tools::Review)
            .expr_as(Expr::cust("count(*)"), "n")
            .expr_as(Expr::col(Tools::Server).count_distinct(), "servers")
            .expr_as(Expr::col(Tools::Server).min(), "first")
            .from(Tools::Table)
            .and_where(Expr::col(Tools::Server).in_subquery(servers_in_use(tenant)))
            .group_by_col(Tools::Review)
            .order_by(Tools::Review, Order::Asc);
        let rows: Vec<ReviewRow> = self.db.fetch_all(&query).await?;
        rows.into_iter()
            .map(|row| {
                Ok(ReviewCount {
                    review: word(&row.review, "tools.review")?,
                    tools: row.n,
                    servers: row.servers,
                    first: ServerSlug::new(row.first),
                })
            })
            .collect()
    }

    /// Active enforcement credentials whose last key ends after `now` and not after `until`; a key that another one
    /// outlives does not count. With a tenant: those that may ask about it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_ending_credentials(
        &self,
        now: Timestamp,
        until: Timestamp,
        tenant: Option<&TenantSlug>,
    ) -> Result<i64, StoreError> {
        let mut active = Query::select();
        active
            .column(Credentials::Id)
            .from(Credentials::Table)
            .and_where(Expr::col(Credentials::Active).eq(1_i64));
        if let Some(tenant) = tenant {
            active.cond_where(
                Condition::any()
                    .add(Expr::col(Credentials::Tenant).eq(tenant.as_str()))
                    .add(Expr::col(Credentials::Tenant).is_null()),
            );
        }
        let ending = Query::select()
            .column(CredentialKeys::Credential)
            .from(CredentialKeys::Table)
            .and_where(Expr::col(CredentialKeys::Credential).in_subquery(active))
            .group_by_col(CredentialKeys::Credential)
            .and_having(last_end().gt(now.micros()))
            .and_having(last_end().lte(until.micros()))
            .take();
        count(&mut &self.db, Query::select().from_subquery(ending, "ending").take()).await
    }

    /// API keys of active subjects that end after `now` and not after `until`. With a tenant: of its members.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_ending_api_keys(
        &self,
        now: Timestamp,
        until: Timestamp,
        tenant: Option<&TenantSlug>,
    ) -> Result<EndingApiKeys, StoreError> {
        let mut query = Query::select();
        query
            .expr_as(Expr::cust("count(*)"), "n")
            .expr_as(Expr::col(("k", ApiKeys::Subject)).count_distinct(), "subjects")
            .expr_as(Expr::col(("k", ApiKeys::Subject)).min(), "first")
            .from_as(ApiKeys::Table, "k")
            .join_as(
                JoinType::InnerJoin,
                Subjects::Table,
                "s",
                Expr::col(("s", Subjects::Id)).equals(("k", ApiKeys::Subject)),
            )
            .and_where(Expr::col(("s", Subjects::Active)).eq(1_i64))
            .and_where(Expr::col(("k", ApiKeys::ExpiresAt)).gt(now.micros()))
            .and_where(Expr::col(("k", ApiKeys::ExpiresAt)).lte(until.micros()));
        if let Some(tenant) = tenant {
            query.join_as(
                JoinType::InnerJoin,
                Memberships::Table,
                "m",
                Expr::col(("m", Memberships::Subject))
                    .equals(("k", ApiKeys::Subject))
                    .and(Expr::col(("m", Memberships::Tenant)).eq(tenant.as_str())),
            );
        }
        let row: Option<EndingRow> = self.db.fetch_optional(&query).await?;
        Ok(match row {
            Some(row) => {
                EndingApiKeys { keys: row.n, subjects: row.subjects, first: row.first.map(SubjectId::new) }
            }
            None => EndingApiKeys { keys: 0, subjects: 0, first: None },
        })
    }

    /// At most `limit` chains that were seen since then and not ended, the last seen first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list_open_chains(&self, since: Timestamp, limit: u64) -> Result<Vec<OpenChain>, StoreError> {
        let query = Query::select()
            .expr_as(Expr::col(("c", Chains::Id)), "id")
            .expr_as(Expr::col(("c", Chains::Instance)), "instance")
            .expr_as(Expr::col(("c", Chains::SeenAt)), "seen_at")
            .expr_as(of_last_record(Decisions::Seq), "head_seq")
            .from_as(Chains::Table, "c")
            .and_where(Expr::col(("c", Chains::EndedAt)).is_null())
            .and_where(Expr::col(("c", Chains::SeenAt)).gte(since.micros()))
            .order_by(("c", Chains::SeenAt), Order::Desc)
            .order_by(("c", Chains::Id), Order::Desc)
            .limit(limit)
            .take();
        let rows: Vec<ChainRow> = self.db.fetch_all(&query).await?;
        Ok(rows
            .into_iter()
            .map(|row| OpenChain {
                id: row.id,
                instance: row.instance,
                seen_at: Timestamp::from_micros(row.seen_at),
                head_seq: row.head_seq.unwrap_or(0),
            })
            .collect())
    }

    /// Whether retention has ever removed a record.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn was_pruned(&self) -> Result<bool, StoreError> {
        Ok(count(&mut &self.db, Query::select().from(Stubs::Table).take()).await? > 0)
    }

    /// The revision that is live as records name it: `12` for what all tenants share, `12.3` with the tenant's own.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn read_revision(&self, tenant: Option<&TenantSlug>) -> Result<String, StoreError> {
        let mut scopes = vec![""];
        scopes.extend(tenant.map(TenantSlug::as_str));
        let query = Query::select()
            .columns([Revisions::Scope, Revisions::Value])
            .from(Revisions::Table)
            .and_where(Expr::col(Revisions::Scope).is_in(scopes))
            .take();
        let rows: Vec<RevisionRow> = self.db.fetch_all(&query).await?;
        let value = |scope: &str| rows.iter().find(|row| row.scope == scope).map(|row| row.value);
        let common = value("").ok_or_else(|| StoreError::corrupt("the common revision is missing"))?;
        Ok(match tenant.and_then(|tenant| value(tenant.as_str())) {
            Some(own) => format!("{common}.{own}"),
            None => common.to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_query::{PostgresQueryBuilder, SqliteQueryBuilder};

    #[test]
    fn a_tenant_sees_the_servers_it_may_use() {
        let tenant = TenantSlug::from("acme");
        for (tenant, narrowed) in [(None, false), (Some(&tenant), true)] {
            let servers = servers_in_use(tenant);
            for sql in [servers.to_string(SqliteQueryBuilder), servers.to_string(PostgresQueryBuilder)] {
                assert!(sql.contains("\"enabled\" = 1"), "{sql}");
                assert_eq!(sql.contains("\"tenant\" = 'acme'"), narrowed, "{sql}");
            }
        }
    }
}
