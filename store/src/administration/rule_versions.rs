//! Every version a rule has or had. They stay when the rule goes: records, and pages that somebody looks at, name them.

use crate::Store;
use crate::db::{StoreError, json};
use crate::schema::RuleVersions;
use policy::{Rule, RuleId, Timestamp};
use sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};
use serde::Serialize;

/// One version a rule has or had.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleVersion {
    pub version: i64,
    pub rule: Rule,
    pub at: Timestamp,
    pub by: String,
}

#[derive(sqlx::FromRow)]
struct VersionRow {
    version: i64,
    definition: String,
    at: i64,
    by: String,
}

impl TryFrom<VersionRow> for RuleVersion {
    type Error = StoreError;

    fn try_from(row: VersionRow) -> Result<Self, StoreError> {
        Ok(Self {
            version: row.version,
            rule: json(&row.definition, "rule_versions.definition")?,
            at: Timestamp::from_micros(row.at),
            by: row.by,
        })
    }
}

fn select(id: &RuleId) -> SelectStatement {
    Query::select()
        .columns([RuleVersions::Version, RuleVersions::Definition, RuleVersions::At, RuleVersions::By])
        .from(RuleVersions::Table)
        .and_where(Expr::col(RuleVersions::Rule).eq(id.as_str()))
        .order_by(RuleVersions::Version, Order::Desc)
        .take()
}

impl Store {
    /// Every version the rule has or had, newest first; also of a rule that is gone.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_rule_versions(&self, id: &RuleId) -> Result<Vec<RuleVersion>, StoreError> {
        let rows: Vec<VersionRow> = self.db.fetch_all(&select(id)).await?;
        rows.into_iter().map(RuleVersion::try_from).collect()
    }

    /// The newest of them, down to this one.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_rule_versions_since(
        &self,
        id: &RuleId,
        oldest: i64,
        limit: u64,
    ) -> Result<Vec<RuleVersion>, StoreError> {
        let mut query = select(id);
        query.and_where(Expr::col(RuleVersions::Version).gte(oldest)).limit(limit);
        let rows: Vec<VersionRow> = self.db.fetch_all(&query).await?;
        rows.into_iter().map(RuleVersion::try_from).collect()
    }
}
