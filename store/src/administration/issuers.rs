//! Issuers whose tokens count, and the tenants in which their identities do.
//!
//! An identity names its issuer by URL and does not depend on it. Where an issuer is deleted, identities stay with
//! their subjects and count nowhere; they count again when an issuer of this URL is registered anew.

use super::writer::About;
use super::{CHUNK, Page, SecretPlace, WriteError, Writer, holds};
use crate::Store;
use crate::accounts::{delete_sessions_by, forget_persons_by, lapse_roles_by, outdate_sign_ins_by};
use crate::counting::count;
use crate::db::{Source, StoreError, flag, json, to_json};
use crate::schema::{Identities, IssuerTenants, Issuers};
use crate::unmapped;
use policy::TenantSlug;
use policy::issuer::Issuer;
use sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// An issuer as it stands in the database.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredIssuer {
    /// Its tenants are in order. Writing replaces them all.
    pub issuer: Issuer,
    /// 1 at first; one more with each change.
    pub version: i64,
}

impl StoredIssuer {
    /// Where a list goes on after this one.
    pub fn cursor(&self) -> String {
        self.issuer.url.clone()
    }
}

/// An issuer's row. Its tenants are rows of their own.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct IssuerRow {
    pub(crate) url: String,
    pub(crate) name: String,
    pub(crate) active: i64,
    pub(crate) settings: String,
    pub(crate) version: i64,
}

#[derive(sqlx::FromRow)]
struct TenantRow {
    issuer: String,
    tenant: String,
}

/// The longest URL in bytes; together with a token's `sub` or `jti` it has to fit into an index.
const MAX_URL: usize = 1_000;

/// The keys of an issuer that have a column or a table of their own; `settings` holds the others.
const APART: [&str; 4] = ["url", "name", "active", "tenants"];

const COLUMNS: [Issuers; 5] =
    [Issuers::Url, Issuers::Name, Issuers::Active, Issuers::Settings, Issuers::Version];

impl IssuerRow {
    /// Puts together what is stored apart.
    pub(crate) fn into_issuer(self, tenants: &[TenantSlug]) -> Result<Issuer, StoreError> {
        let mut members: Map<String, Value> = json(&self.settings, "issuers.settings")?;
        // Somebody who edits one column by hand must not end up with an issuer that says two things.
        if APART.iter().any(|key| members.contains_key(*key)) {
            return Err(StoreError::corrupt("issuers.settings says what has a place of its own"));
        }
        members.insert("url".to_owned(), Value::from(self.url));
        members.insert("name".to_owned(), Value::from(self.name));
        members.insert("active".to_owned(), Value::from(flag(self.active, "issuers.active")?));
        let tenants = tenants.iter().map(|tenant| Value::from(tenant.as_str())).collect();
        members.insert("tenants".to_owned(), Value::Array(tenants));
        serde_json::from_value(Value::Object(members))
            .map_err(|_| StoreError::corrupt("issuers.settings is not the JSON it should be"))
    }
}

/// What of an issuer goes into the column `settings`.
fn settings(issuer: &Issuer) -> Result<String, StoreError> {
    match serde_json::to_value(issuer) {
        Ok(Value::Object(mut members)) => {
            members.retain(|key, _| !APART.contains(&key.as_str()));
            to_json(&members)
        }
        _ => Err(StoreError::corrupt("an issuer is not writable as JSON")),
    }
}

fn select() -> SelectStatement {
    Query::select().columns(COLUMNS).from(Issuers::Table).order_by(Issuers::Url, Order::Asc).take()
}

async fn with_tenants<S: Source>(
    source: &mut S,
    rows: Vec<IssuerRow>,
) -> Result<Vec<StoredIssuer>, StoreError> {
    let mut issuers = Vec::with_capacity(rows.len());
    for part in rows.chunks(CHUNK) {
        let query = Query::select()
            .columns([IssuerTenants::Issuer, IssuerTenants::Tenant])
            .from(IssuerTenants::Table)
            .and_where(Expr::col(IssuerTenants::Issuer).is_in(part.iter().map(|row| row.url.as_str())))
            .order_by(IssuerTenants::Tenant, Order::Asc)
            .take();
        let mut found: BTreeMap<String, Vec<TenantSlug>> = BTreeMap::new();
        for row in source.all::<TenantRow, _>(&query).await? {
            found.entry(row.issuer).or_default().push(TenantSlug::new(row.tenant));
        }
        for row in part {
            let tenants = found.remove(&row.url).unwrap_or_default();
            issuers.push(StoredIssuer { version: row.version, issuer: row.clone().into_issuer(&tenants)? });
        }
    }
    Ok(issuers)
}

pub(super) async fn find<S: Source>(source: &mut S, url: &str) -> Result<Option<StoredIssuer>, StoreError> {
    let mut query = select();
    query.and_where(Expr::col(Issuers::Url).eq(url));
    let rows = source.all::<IssuerRow, _>(&query).await?;
    Ok(with_tenants(source, rows).await?.pop())
}

pub(super) async fn list<S: Source>(
    source: &mut S,
    page: &Page<'_>,
) -> Result<Vec<StoredIssuer>, StoreError> {
    let mut query = select();
    if let Some(text) = page.search {
        query.cond_where(holds(text, [Issuers::Url, Issuers::Name]));
    }
    query.and_where_option(page.after.map(|after| Expr::col(Issuers::Url).gt(after))).limit(page.limit);
    let rows = source.all::<IssuerRow, _>(&query).await?;
    with_tenants(source, rows).await
}

impl Store {
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_issuer(&self, url: &str) -> Result<Option<StoredIssuer>, StoreError> {
        find(&mut &self.db, url).await
    }

    /// Issuers by URL.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_issuers(&self, page: &Page<'_>) -> Result<Vec<StoredIssuer>, StoreError> {
        list(&mut &self.db, page).await
    }

    /// Active issuers that are asked about tokens, of those that count in the tenant if one is given; at most so many.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_introspecting(
        &self,
        tenant: Option<&TenantSlug>,
        most: u64,
    ) -> Result<Vec<StoredIssuer>, StoreError> {
        let mut query = select();
        query
            .and_where(Expr::col(Issuers::Introspects).eq(1_i64))
            .and_where(Expr::col(Issuers::Active).eq(1_i64))
            .limit(most);
        if let Some(tenant) = tenant {
            let counting = Query::select()
                .column(IssuerTenants::Issuer)
                .from(IssuerTenants::Table)
                .and_where(Expr::col(IssuerTenants::Tenant).eq(tenant.as_str()))
                .take();
            query.and_where(Expr::col(Issuers::Url).in_subquery(counting));
        }
        let rows: Vec<IssuerRow> = self.db.fetch_all(&query).await?;
        with_tenants(&mut &self.db, rows).await
    }

    /// How many identities of this issuer belong to subjects, registered or not.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_identities(&self, url: &str) -> Result<i64, StoreError> {
        let identities =
            Query::select().from(Identities::Table).and_where(Expr::col(Identities::Issuer).eq(url)).take();
        count(&mut &self.db, identities).await
    }
}

impl Writer {
    /// As [`Store::get_issuer`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_issuer(&mut self, url: &str) -> Result<Option<StoredIssuer>, StoreError> {
        find(&mut self.tx, url).await
    }

    /// As [`Store::list_issuers`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_issuers(&mut self, page: &Page<'_>) -> Result<Vec<StoredIssuer>, StoreError> {
        list(&mut self.tx, page).await
    }

    /// An issuer that must be there.
    pub(super) async fn need_issuer(&mut self, url: &str) -> Result<(), WriteError> {
        match find(&mut self.tx, url).await? {
            Some(_) => Ok(()),
            None => Err(WriteError::Unknown { kind: "issuer", name: url.to_owned() }),
        }
    }

    /// Makes the issuer with this URL be so, the tenants in which its identities count included. Where it is asked
    /// about tokens at another address than before, or no longer, its client secret is deleted.
    ///
    /// # Errors
    /// When a setting cannot be taken, or a tenant is unknown.
    pub async fn put_issuer(&mut self, issuer: &Issuer) -> Result<StoredIssuer, WriteError> {
        issuer.check()?;
        if issuer.url.len() > MAX_URL {
            return Err(WriteError::Invalid { field: "url", reason: "must not be longer than 1000 bytes" });
        }
        for tenant in &issuer.tenants {
            self.need_tenant(tenant).await?;
        }
        let mut wanted = issuer.clone();
        wanted.tenants.sort();
        let before = find(&mut self.tx, &wanted.url).await?;
        let after = match &before {
            Some(old) if old.issuer == wanted => return Ok(old.clone()),
            Some(old) => StoredIssuer { issuer: wanted, version: old.version.saturating_add(1) },
            None => StoredIssuer { issuer: wanted, version: 1 },
        };
        self.store_issuer(&after, before.is_some()).await?;
        let held: &[TenantSlug] = match &before {
            Some(old) => &old.issuer.tenants,
            None => &[],
        };
        self.replace_issuer_tenants(held, &after.issuer).await?;
        let before = before.map(|old| old.issuer);
        if before.as_ref().is_some_and(|old| asked_elsewhere(old, &after.issuer)) {
            self.delete_secret(&SecretPlace::client_secret(&after.issuer.url)).await?;
        }
        if before.as_ref().is_some_and(|old| counts_less(old, &after.issuer)) {
            self.ends_sign_ins_of_issuer(&after.issuer.url).await?;
        }
        self.record(about(&after.issuer.url), before.as_ref(), Some(&after.issuer)).await?;
        Ok(after)
    }

    /// Persons at the console who were found by its identities are looked for anew, and everybody whom it speaks of
    /// signs in anew.
    async fn ends_sign_ins_of_issuer(&mut self, url: &str) -> Result<(), StoreError> {
        self.tx.execute(&forget_persons_by(url)).await?;
        self.tx.execute(&lapse_roles_by(url)).await?;
        self.tx.execute(&outdate_sign_ins_by(url)).await?;
        self.tx.execute(&delete_sessions_by(url)).await?;
        Ok(())
    }

    async fn store_issuer(&mut self, stored: &StoredIssuer, exists: bool) -> Result<(), StoreError> {
        let values: [Expr; 5] = [
            stored.issuer.url.as_str().into(),
            stored.issuer.name.as_str().into(),
            i64::from(stored.issuer.active).into(),
            settings(&stored.issuer)?.into(),
            stored.version.into(),
        ];
        let introspects = i64::from(stored.issuer.introspection.is_some());
        if exists {
            let update = Query::update()
                .table(Issuers::Table)
                .values(COLUMNS.into_iter().zip(values))
                .value(Issuers::Introspects, introspects)
                .and_where(Expr::col(Issuers::Url).eq(stored.issuer.url.as_str()))
                .take();
            self.tx.execute(&update).await?;
        } else {
            let columns = COLUMNS.into_iter().chain([Issuers::Introspects]);
            let values = values.into_iter().chain([introspects.into()]);
            let insert =
                Query::insert().into_table(Issuers::Table).columns(columns).values_panic(values).take();
            self.tx.execute(&insert).await?;
        }
        Ok(())
    }

    async fn replace_issuer_tenants(
        &mut self,
        held: &[TenantSlug],
        issuer: &Issuer,
    ) -> Result<(), StoreError> {
        for gone in held.iter().filter(|tenant| !issuer.tenants.contains(tenant)) {
            let delete = Query::delete()
                .from_table(IssuerTenants::Table)
                .and_where(Expr::col(IssuerTenants::Issuer).eq(issuer.url.as_str()))
                .and_where(Expr::col(IssuerTenants::Tenant).eq(gone.as_str()))
                .take();
            self.tx.execute(&delete).await?;
        }
        for new in issuer.tenants.iter().filter(|tenant| !held.contains(tenant)) {
            let insert = Query::insert()
                .into_table(IssuerTenants::Table)
                .columns([IssuerTenants::Issuer, IssuerTenants::Tenant])
                .values_panic([issuer.url.as_str().into(), new.as_str().into()])
                .take();
            self.tx.execute(&insert).await?;
        }
        Ok(())
    }

    /// Deletes the issuer; false where there is none. Identities that name it stay and count nowhere, blocked ones
    /// stay blocked, and tokens that were taken back stay so.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delete_issuer(&mut self, url: &str) -> Result<bool, WriteError> {
        let Some(before) = find(&mut self.tx, url).await? else {
            return Ok(false);
        };
        let delete =
            Query::delete().from_table(Issuers::Table).and_where(Expr::col(Issuers::Url).eq(url)).take();
        self.tx.execute(&delete).await?;
        self.tx.execute(&unmapped::forget_seen_of(url)).await?;
        self.delete_secret(&SecretPlace::client_secret(url)).await?;
        self.ends_sign_ins_of_issuer(url).await?;
        self.record(about(url), Some(&before.issuer), None).await?;
        Ok(true)
    }
}

/// Whether its identities count in fewer tenants than before, or nowhere.
fn counts_less(before: &Issuer, after: &Issuer) -> bool {
    before.active && (!after.active || before.tenants.iter().any(|tenant| !after.tenants.contains(tenant)))
}

/// Whether the secret would go somewhere else than whoever gave it said.
fn asked_elsewhere(before: &Issuer, after: &Issuer) -> bool {
    let endpoint = |issuer: &Issuer| issuer.introspection.as_ref().map(|asked| asked.endpoint.clone());
    endpoint(before) != endpoint(after)
}

fn about(url: &str) -> About<'_> {
    About { kind: "issuer", object: url, tenant: None }
}
