//! Administrative changes: who changed what, when, through which door, and how it was before and after.
//!
//! They are written in the transaction of the change itself, by [`Writer`](crate::Writer) and by what changes
//! [`accounts`](crate::accounts), and never edited.

use crate::Store;
use crate::administration::Via;
use crate::db::{StoreError, json, to_json, word};
use crate::schema::Changes;
use policy::{TenantSlug, Timestamp};
use sea_query::{Expr, ExprTrait, InsertStatement, Order, Query, SelectStatement};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// What happened to the thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Create,
    Update,
    Delete,
}

impl Action {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no action.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not one of create, update, delete")]
pub struct ActionError;

impl FromStr for Action {
    type Err = ActionError;

    fn from_str(text: &str) -> Result<Self, ActionError> {
        match text {
            "create" => Ok(Self::Create),
            "update" => Ok(Self::Update),
            "delete" => Ok(Self::Delete),
            _ => Err(ActionError),
        }
    }
}

/// One administrative change.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// UUIDv7: later changes have greater ids.
    pub id: String,
    pub at: Timestamp,
    pub actor: String,
    pub via: Via,
    pub request_id: Option<String>,
    /// `tenant`, `role`, `subject`, `membership`, `api_key`, `server`, `tool`, `rule`, `credential`,
    /// `credential_key`, `account`, `issuer`, `token`, `blocked_identity`, `resource`, `resource_import`, `secret`,
    /// `vault_key`, `stop_switch`, `break_glass`, `administrator_token`, `task`, `signing_key`, `sign_in_provider`,
    /// `approval`, `substitute`, `webhook`, `delivery`, `mail_settings`, `mail_address`.
    pub kind: String,
    /// A slug or id. A membership and an API key go by their subject, a credential's key by its credential, an
    /// account by its login, a resource by its type and id (`customer:c-42`), a secret by what it belongs to, a stop
    /// switch and a break-glass grant by what they stop or allow, an address for mail by its account, the settings of mail
    /// by their host.
    pub object: String,
    /// None: it concerns every tenant, or none.
    pub tenant: Option<TenantSlug>,
    pub action: Action,
    /// Never holds a secret or its digest.
    pub before: Option<Value>,
    pub after: Option<Value>,
}

/// Which changes to list; what is None does not narrow.
#[derive(Debug, Clone, Copy, Default)]
pub struct ChangeFilter<'a> {
    pub tenant: Option<&'a TenantSlug>,
    /// Any of these tenants; with none of them, nothing. What concerns every tenant, or none, is not among them.
    pub tenants: Option<&'a BTreeSet<TenantSlug>>,
    pub kind: Option<&'a str>,
    pub object: Option<&'a str>,
    pub actor: Option<&'a str>,
    pub via: Option<Via>,
}

/// From where to list.
#[derive(Debug, Clone, Copy, Default)]
pub enum ChangePosition<'a> {
    #[default]
    Newest,
    /// Those older than this one.
    OlderThan(&'a str),
    /// Those newer than this one, the nearest to it.
    NewerThan(&'a str),
}

#[derive(sqlx::FromRow)]
struct ChangeRow {
    id: String,
    at: i64,
    actor: String,
    via: String,
    request_id: Option<String>,
    kind: String,
    object: String,
    tenant: Option<String>,
    action: String,
    before: Option<String>,
    after: Option<String>,
}

impl TryFrom<ChangeRow> for Change {
    type Error = StoreError;

    fn try_from(row: ChangeRow) -> Result<Self, StoreError> {
        Ok(Self {
            at: Timestamp::from_micros(row.at),
            via: word(&row.via, "changes.via")?,
            tenant: row.tenant.map(TenantSlug::new),
            action: word(&row.action, "changes.action")?,
            before: row.before.map(|text| json(&text, "changes.before")).transpose()?,
            after: row.after.map(|text| json(&text, "changes.after")).transpose()?,
            id: row.id,
            actor: row.actor,
            request_id: row.request_id,
            kind: row.kind,
            object: row.object,
        })
    }
}

const COLUMNS: [Changes; 11] = [
    Changes::Id,
    Changes::At,
    Changes::Actor,
    Changes::Via,
    Changes::RequestId,
    Changes::Kind,
    Changes::Object,
    Changes::Tenant,
    Changes::Action,
    Changes::Before,
    Changes::After,
];

fn select() -> SelectStatement {
    Query::select().columns(COLUMNS).from(Changes::Table).take()
}

/// The statement that records a change.
pub(crate) fn insert(change: &Change) -> Result<InsertStatement, StoreError> {
    let before = change.before.as_ref().map(to_json).transpose()?;
    let after = change.after.as_ref().map(to_json).transpose()?;
    Ok(Query::insert()
        .into_table(Changes::Table)
        .columns(COLUMNS)
        .values_panic([
            change.id.as_str().into(),
            change.at.micros().into(),
            change.actor.as_str().into(),
            change.via.as_str().into(),
            change.request_id.clone().into(),
            change.kind.as_str().into(),
            change.object.as_str().into(),
            change.tenant.as_ref().map(TenantSlug::as_str).into(),
            change.action.as_str().into(),
            before.into(),
            after.into(),
        ])
        .take())
}

impl Store {
    /// At most `limit` changes, newest first.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_changes(
        &self,
        filter: &ChangeFilter<'_>,
        position: ChangePosition<'_>,
        limit: u64,
    ) -> Result<Vec<Change>, StoreError> {
        let mut query = select();
        query
            .and_where_option(filter.tenant.map(|tenant| Expr::col(Changes::Tenant).eq(tenant.as_str())))
            .and_where_option(
                filter
                    .tenants
                    .map(|any| Expr::col(Changes::Tenant).is_in(any.iter().map(TenantSlug::as_str))),
            )
            .and_where_option(filter.kind.map(|kind| Expr::col(Changes::Kind).eq(kind)))
            .and_where_option(filter.object.map(|object| Expr::col(Changes::Object).eq(object)))
            .and_where_option(filter.actor.map(|actor| Expr::col(Changes::Actor).eq(actor)))
            .and_where_option(filter.via.map(|via| Expr::col(Changes::Via).eq(via.as_str())))
            .limit(limit);
        match position {
            ChangePosition::Newest => query.order_by(Changes::Id, Order::Desc),
            ChangePosition::OlderThan(id) => {
                query.and_where(Expr::col(Changes::Id).lt(id)).order_by(Changes::Id, Order::Desc)
            }
            ChangePosition::NewerThan(id) => {
                query.and_where(Expr::col(Changes::Id).gt(id)).order_by(Changes::Id, Order::Asc)
            }
        };
        let rows: Vec<ChangeRow> = self.db.fetch_all(&query).await?;
        let mut changes = rows.into_iter().map(Change::try_from).collect::<Result<Vec<_>, _>>()?;
        if matches!(position, ChangePosition::NewerThan(_)) {
            changes.reverse();
        }
        Ok(changes)
    }

    /// One change by its id.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_change(&self, id: &str) -> Result<Option<Change>, StoreError> {
        let mut query = select();
        query.and_where(Expr::col(Changes::Id).eq(id));
        self.db.fetch_optional::<ChangeRow>(&query).await?.map(Change::try_from).transpose()
    }
}
