//! Enforcement credentials: who may ask for decisions, about what, and how far they are believed.

use super::writer::About;
use super::{Page, WriteError, Writer, holds, name};
use crate::Store;
use crate::db::{Source, StoreError, flag, new_id, word};
use crate::schema::Credentials;
use policy::labels::{ArgumentsMode, Responses, Search, Trust};
use policy::{CredentialId, ServerSlug, TenantSlug, Timestamp};
use sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};
use serde::Serialize;

/// An enforcement credential, without its keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Credential {
    /// Given by the store; writing ignores it.
    pub id: CredentialId,
    pub name: String,
    /// None: every tenant.
    pub tenant: Option<TenantSlug>,
    /// None: any server.
    pub server: Option<ServerSlug>,
    pub trust: Trust,
    pub arguments: ArgumentsMode,
    pub responses: Responses,
    pub active: bool,
    /// Given by the store; writing ignores it.
    pub created_at: Timestamp,
    pub search: Search,
}

impl Credential {
    /// An active credential that is bound to nothing, with the settings one gets without asking.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            id: CredentialId::new(""),
            name: name.into(),
            tenant: None,
            server: None,
            trust: Trust::VerifyToken,
            arguments: ArgumentsMode::Required,
            responses: Responses::Explained,
            active: true,
            created_at: Timestamp::default(),
            search: Search::Nothing,
        }
    }

    /// Where a list goes on after this one.
    pub fn cursor(&self) -> String {
        self.name.clone()
    }
}

#[derive(sqlx::FromRow)]
struct CredentialRow {
    id: String,
    name: String,
    tenant: Option<String>,
    server: Option<String>,
    trust: String,
    arguments: String,
    responses: String,
    active: i64,
    created_at: i64,
    search: String,
}

impl TryFrom<CredentialRow> for Credential {
    type Error = StoreError;

    fn try_from(row: CredentialRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: CredentialId::new(row.id),
            name: row.name,
            tenant: row.tenant.map(TenantSlug::new),
            server: row.server.map(ServerSlug::new),
            trust: word(&row.trust, "credentials.trust")?,
            arguments: word(&row.arguments, "credentials.arguments")?,
            responses: word(&row.responses, "credentials.responses")?,
            active: flag(row.active, "credentials.active")?,
            created_at: Timestamp::from_micros(row.created_at),
            search: word(&row.search, "credentials.search")?,
        })
    }
}

const COLUMNS: [Credentials; 10] = [
    Credentials::Id,
    Credentials::Name,
    Credentials::Tenant,
    Credentials::Server,
    Credentials::Trust,
    Credentials::Arguments,
    Credentials::Responses,
    Credentials::Active,
    Credentials::CreatedAt,
    Credentials::Search,
];

/// The values of [`COLUMNS`], in their order.
fn values(credential: &Credential) -> [Expr; 10] {
    [
        credential.id.as_str().into(),
        credential.name.as_str().into(),
        credential.tenant.as_ref().map(TenantSlug::as_str).into(),
        credential.server.as_ref().map(ServerSlug::as_str).into(),
        credential.trust.as_str().into(),
        credential.arguments.as_str().into(),
        credential.responses.as_str().into(),
        i64::from(credential.active).into(),
        credential.created_at.micros().into(),
        credential.search.as_str().into(),
    ]
}

fn select() -> SelectStatement {
    Query::select().columns(COLUMNS).from(Credentials::Table).order_by(Credentials::Name, Order::Asc).take()
}

async fn find<S: Source>(source: &mut S, name: &str) -> Result<Option<Credential>, StoreError> {
    let mut query = select();
    query.and_where(Expr::col(Credentials::Name).eq(name));
    source.optional::<CredentialRow, _>(&query).await?.map(Credential::try_from).transpose()
}

pub(super) async fn find_by_id<S: Source>(
    source: &mut S,
    id: &CredentialId,
) -> Result<Option<Credential>, StoreError> {
    let mut query = select();
    query.and_where(Expr::col(Credentials::Id).eq(id.as_str()));
    source.optional::<CredentialRow, _>(&query).await?.map(Credential::try_from).transpose()
}

fn select_page(page: &Page<'_>) -> SelectStatement {
    let mut query = select();
    if let Some(text) = page.search {
        query.cond_where(holds(text, [Credentials::Name, Credentials::Tenant, Credentials::Server]));
    }
    query.and_where_option(page.after.map(|after| Expr::col(Credentials::Name).gt(after))).limit(page.limit);
    query
}

pub(super) async fn list<S: Source>(source: &mut S, page: &Page<'_>) -> Result<Vec<Credential>, StoreError> {
    let query = select_page(page);
    source.all::<CredentialRow, _>(&query).await?.into_iter().map(Credential::try_from).collect()
}

impl Store {
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_credential(&self, id: &CredentialId) -> Result<Option<Credential>, StoreError> {
        find_by_id(&mut &self.db, id).await
    }

    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_credential_by_name(&self, name: &str) -> Result<Option<Credential>, StoreError> {
        find(&mut &self.db, name).await
    }

    /// Credentials by name.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_credentials(&self, page: &Page<'_>) -> Result<Vec<Credential>, StoreError> {
        list(&mut &self.db, page).await
    }

    /// The credentials of one tenant by name, without those of every tenant.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_tenant_credentials(
        &self,
        tenant: &TenantSlug,
        page: &Page<'_>,
    ) -> Result<Vec<Credential>, StoreError> {
        let mut query = select_page(page);
        query.and_where(Expr::col(Credentials::Tenant).eq(tenant.as_str()));
        let rows: Vec<CredentialRow> = self.db.fetch_all(&query).await?;
        rows.into_iter().map(Credential::try_from).collect()
    }
}

impl Writer {
    /// As [`Store::get_credential`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_credential(&mut self, id: &CredentialId) -> Result<Option<Credential>, StoreError> {
        find_by_id(&mut self.tx, id).await
    }

    /// As [`Store::get_credential_by_name`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_credential_by_name(&mut self, name: &str) -> Result<Option<Credential>, StoreError> {
        find(&mut self.tx, name).await
    }

    /// As [`Store::list_credentials`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_credentials(&mut self, page: &Page<'_>) -> Result<Vec<Credential>, StoreError> {
        list(&mut self.tx, page).await
    }

    /// Makes the credential of this name be so. Its keys stay as they are.
    ///
    /// # Errors
    /// When the name cannot be taken, or the tenant or server is unknown.
    pub async fn put_credential(&mut self, credential: &Credential) -> Result<Credential, WriteError> {
        name("credential", &credential.name)?;
        if let Some(tenant) = &credential.tenant {
            self.need_tenant(tenant).await?;
        }
        if let Some(server) = &credential.server {
            self.need_server(server).await?;
        }
        let before = find(&mut self.tx, &credential.name).await?;
        let (id, created_at) = match &before {
            Some(old) => (old.id.clone(), old.created_at),
            None => (CredentialId::new(new_id()), self.now),
        };
        let after = Credential { id, created_at, ..credential.clone() };
        if before.as_ref() == Some(&after) {
            return Ok(after);
        }
        if before.is_some() {
            let update = Query::update()
                .table(Credentials::Table)
                .values(COLUMNS.into_iter().zip(values(&after)))
                .and_where(Expr::col(Credentials::Id).eq(after.id.as_str()))
                .take();
            self.tx.execute(&update).await?;
        } else {
            let insert = Query::insert()
                .into_table(Credentials::Table)
                .columns(COLUMNS)
                .values_panic(values(&after))
                .take();
            self.tx.execute(&insert).await?;
        }
        let moved = before.as_ref().is_some_and(|old| old.tenant != after.tenant);
        self.record(about(&after).unless_moved(moved), before.as_ref(), Some(&after)).await?;
        Ok(after)
    }

    /// Deletes the credential with its keys; false where there is none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delete_credential(&mut self, id: &CredentialId) -> Result<bool, WriteError> {
        let Some(before) = find_by_id(&mut self.tx, id).await? else {
            return Ok(false);
        };
        let delete = Query::delete()
            .from_table(Credentials::Table)
            .and_where(Expr::col(Credentials::Id).eq(id.as_str()))
            .take();
        self.tx.execute(&delete).await?;
        self.record(about(&before), Some(&before), None).await?;
        Ok(true)
    }
}

fn about(credential: &Credential) -> About<'_> {
    About { kind: "credential", object: credential.id.as_str(), tenant: credential.tenant.as_ref() }
}
