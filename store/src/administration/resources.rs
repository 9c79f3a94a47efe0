//! Registered resources: what the arguments of calls name. `(type, id)` is one of a kind over all tenants.
//!
//! They are read live with each call that names one, so nothing here moves a revision. Lists go by type and id.

use super::writer::About;
use super::{CHUNK, Page, WriteError, Writer, beyond};
use crate::Store;
use crate::db::{Dialect, Source, StoreError, json, to_json, word};
use crate::live::{is_named, keys};
use crate::schema::Resources;
use policy::binding::{check_resource_id, check_type};
use policy::{ResourceRef, Sensitivity, TenantSlug};
use sea_query::{Condition, Expr, ExprTrait, OnConflict, Order, Query, SelectStatement};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// The largest attributes of one resource, in bytes of their JSON.
pub const MAX_ATTRIBUTES: usize = 16 * 1024;

/// So many types are listed.
const MOST_TYPES: usize = 100;

/// Something that belongs to one tenant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    #[serde(rename = "type")]
    pub kind: String,
    pub id: String,
    pub tenant: TenantSlug,
    pub sensitivity: Sensitivity,
    pub attributes: Map<String, Value>,
}

impl Resource {
    /// An internal one without attributes.
    pub fn new(kind: impl Into<String>, id: impl Into<String>, tenant: TenantSlug) -> Self {
        Self {
            kind: kind.into(),
            id: id.into(),
            tenant,
            sensitivity: Sensitivity::Internal,
            attributes: Map::new(),
        }
    }

    /// Where a list goes on after this one.
    pub fn cursor(&self) -> String {
        format!("{}\n{}", self.kind, self.id)
    }

    /// How it is called in changes: `type:id`.
    pub fn object(&self) -> String {
        object(&self.kind, &self.id)
    }

    pub fn key(&self) -> ResourceRef {
        ResourceRef { kind: self.kind.clone(), id: self.id.clone() }
    }

    /// Whether it can be registered, as far as it tells by itself.
    ///
    /// # Errors
    /// Says what of it cannot be taken.
    pub fn check(&self) -> Result<(), WriteError> {
        check_type(&self.kind)?;
        check_resource_id(&self.id)?;
        if to_json(&self.attributes)?.len() > MAX_ATTRIBUTES {
            return Err(WriteError::Invalid {
                field: "attributes",
                reason: "must not be longer than 16384 bytes of JSON",
            });
        }
        Ok(())
    }
}

fn object(kind: &str, id: &str) -> String {
    format!("{kind}:{id}")
}

/// Which resources to list; what is None does not narrow.
#[derive(Debug, Clone, Copy, Default)]
pub struct ResourceFilter<'a> {
    pub tenant: Option<&'a TenantSlug>,
    /// Any of these tenants; with none of them, nothing.
    pub tenants: Option<&'a BTreeSet<TenantSlug>>,
    pub kind: Option<&'a str>,
}

/// What became of one resource of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Imported {
    Created,
    Changed,
    Unchanged,
    /// And why.
    Refused(String),
}

impl ResourceFilter<'_> {
    /// Whose they are, in a query in which they are `r`.
    fn whose(&self) -> Condition {
        let tenant = || Expr::col(("r", Resources::Tenant));
        Condition::all()
            .add_option(self.tenant.map(|own| tenant().eq(own.as_str())))
            .add_option(self.tenants.map(|own| tenant().is_in(own.iter().map(TenantSlug::as_str))))
    }
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

#[derive(sqlx::FromRow)]
struct TypeRow {
    #[sqlx(rename = "type")]
    kind: String,
}

#[derive(sqlx::FromRow)]
struct CountRow {
    n: i64,
}

impl TryFrom<ResourceRow> for Resource {
    type Error = StoreError;

    fn try_from(row: ResourceRow) -> Result<Self, StoreError> {
        Ok(Self {
            kind: row.kind,
            id: row.id,
            tenant: TenantSlug::new(row.tenant),
            sensitivity: word(&row.sensitivity, "resources.sensitivity")?,
            attributes: json(&row.attributes, "resources.attributes")?,
        })
    }
}

const COLUMNS: [Resources; 6] = [
    Resources::Type,
    Resources::Id,
    Resources::Tenant,
    Resources::Sensitivity,
    Resources::Attributes,
    Resources::UpdatedAt,
];

/// By no order; as `r`.
fn select() -> SelectStatement {
    let read =
        [Resources::Type, Resources::Id, Resources::Tenant, Resources::Sensitivity, Resources::Attributes];
    Query::select().columns(read.map(|column| ("r", column))).from_as(Resources::Table, "r").take()
}

async fn read<S: Source>(source: &mut S, query: &SelectStatement) -> Result<Vec<Resource>, StoreError> {
    source.all::<ResourceRow, _>(query).await?.into_iter().map(Resource::try_from).collect()
}

async fn find<S: Source>(source: &mut S, kind: &str, id: &str) -> Result<Option<Resource>, StoreError> {
    let mut query = select();
    query
        .and_where(Expr::col(("r", Resources::Type)).eq(kind))
        .and_where(Expr::col(("r", Resources::Id)).eq(id));
    Ok(read(source, &query).await?.pop())
}

async fn find_all<S: Source>(
    source: &mut S,
    dialect: Dialect,
    resources: &[Resource],
) -> Result<Vec<Resource>, StoreError> {
    let wanted: Vec<ResourceRef> = resources.iter().map(Resource::key).collect();
    let mut query = select();
    query.and_where(is_named(dialect, Expr::val(keys(&wanted))));
    read(source, &query).await
}

/// The types that there are, one after the other by the index: rows of the same type are skipped.
async fn types<S: Source>(source: &mut S, filter: ResourceFilter<'_>) -> Result<Vec<String>, StoreError> {
    let mut types: Vec<String> = Vec::new();
    while types.len() < MOST_TYPES {
        let mut query = Query::select();
        query
            .column(("r", Resources::Type))
            .from_as(Resources::Table, "r")
            .cond_where(filter.whose())
            .and_where_option(types.last().map(|last| Expr::col(("r", Resources::Type)).gt(last.as_str())))
            .order_by(("r", Resources::Type), Order::Asc)
            .limit(1);
        match source.optional::<TypeRow, _>(&query).await? {
            Some(row) => types.push(row.kind),
            None => break,
        }
    }
    Ok(types)
}

pub(super) async fn list<S: Source>(
    source: &mut S,
    filter: ResourceFilter<'_>,
    page: &Page<'_>,
) -> Result<Vec<Resource>, StoreError> {
    let mut query = select();
    query
        .cond_where(filter.whose())
        .and_where_option(filter.kind.map(|kind| Expr::col(("r", Resources::Type)).eq(kind)));
    if let Some(prefix) = page.search.filter(|prefix| !prefix.is_empty()) {
        if filter.kind.is_none() {
            // So that the index by type and id finds it.
            let types = types(source, filter).await?;
            query.and_where(Expr::col(("r", Resources::Type)).is_in(types));
        }
        let beyond = format!("{prefix}{}", char::MAX);
        query
            .and_where(Expr::col(("r", Resources::Id)).gte(prefix))
            .and_where(Expr::col(("r", Resources::Id)).lt(beyond));
    }
    let further = |after| beyond(("r", Resources::Type), ("r", Resources::Id), after);
    query
        .and_where_option(page.after.map(further))
        .order_by(("r", Resources::Type), Order::Asc)
        .order_by(("r", Resources::Id), Order::Asc)
        .limit(page.limit);
    read(source, &query).await
}

impl Store {
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_resource(&self, kind: &str, id: &str) -> Result<Option<Resource>, StoreError> {
        find(&mut &self.db, kind, id).await
    }

    /// Resources by type and id. The page's search text is the beginning of an id, byte by byte.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_resources(
        &self,
        filter: ResourceFilter<'_>,
        page: &Page<'_>,
    ) -> Result<Vec<Resource>, StoreError> {
        list(&mut &self.db, filter, page).await
    }

    /// The first hundred types that there are resources of, in order. What is asked for may be narrowed by tenants, not by
    /// a type.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list_resource_types(&self, filter: ResourceFilter<'_>) -> Result<Vec<String>, StoreError> {
        types(&mut &self.db, filter).await
    }

    /// How many there are, up to `most`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_resources(&self, filter: ResourceFilter<'_>, most: u64) -> Result<i64, StoreError> {
        let mut some = Query::select();
        some.column(("r", Resources::Type))
            .from_as(Resources::Table, "r")
            .cond_where(filter.whose())
            .and_where_option(filter.kind.map(|kind| Expr::col(("r", Resources::Type)).eq(kind)))
            .limit(most);
        let query = Query::select().expr_as(Expr::cust("count(*)"), "n").from_subquery(some, "some").take();
        let row: Option<CountRow> = self.db.fetch_optional(&query).await?;
        Ok(row.map_or(0, |row| row.n))
    }
}

impl Writer {
    /// As [`Store::get_resource`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_resource(&mut self, kind: &str, id: &str) -> Result<Option<Resource>, StoreError> {
        find(&mut self.tx, kind, id).await
    }

    /// As [`Store::list_resources`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_resources(
        &mut self,
        filter: ResourceFilter<'_>,
        page: &Page<'_>,
    ) -> Result<Vec<Resource>, StoreError> {
        list(&mut self.tx, filter, page).await
    }

    /// Makes the resource of this type and id be so. `may_move`: whether it may be another tenant's until now, which
    /// only somebody may say who administers all tenants.
    ///
    /// # Errors
    /// When it cannot be taken, its tenant is unknown, or it is another tenant's.
    pub async fn put_resource(&mut self, resource: &Resource, may_move: bool) -> Result<(), WriteError> {
        resource.check()?;
        self.need_tenant(&resource.tenant).await?;
        let before = find(&mut self.tx, &resource.kind, &resource.id).await?;
        if let Some(old) = &before {
            if old == resource {
                return Ok(());
            }
            if old.tenant != resource.tenant && !may_move {
                return Err(taken(resource));
            }
        }
        self.store_resources(&[resource]).await?;
        let moved = before.as_ref().is_some_and(|old| old.tenant != resource.tenant);
        let object = resource.object();
        let tenant = (!moved).then_some(&resource.tenant);
        let about = About { kind: "resource", object: &object, tenant };
        self.record(about, before.as_ref(), Some(resource)).await?;
        Ok(())
    }

    /// Removes the resource; false where there is none. Calls that name it are denied from now on.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delete_resource(&mut self, kind: &str, id: &str) -> Result<bool, WriteError> {
        let Some(before) = find(&mut self.tx, kind, id).await? else {
            return Ok(false);
        };
        let delete = Query::delete()
            .from_table(Resources::Table)
            .and_where(Expr::col(Resources::Type).eq(kind))
            .and_where(Expr::col(Resources::Id).eq(id))
            .take();
        self.tx.execute(&delete).await?;
        let object = object(kind, id);
        let about = About { kind: "resource", object: &object, tenant: Some(&before.tenant) };
        self.record(about, Some(&before), None).await?;
        Ok(true)
    }

    /// Takes in a part of a file: one answer for each resource, in their order; of several with the same type and id
    /// the last one holds. There is no change record of each: [`Writer::put_import`] tells of the file.
    ///
    /// # Errors
    /// When the database does not answer. What cannot be taken is refused by itself.
    pub async fn import_resources(
        &mut self,
        resources: &[Resource],
        may_move: bool,
    ) -> Result<Vec<Imported>, WriteError> {
        let tenants: HashSet<&TenantSlug> = resources.iter().map(|resource| &resource.tenant).collect();
        let mut unknown: HashSet<TenantSlug> = HashSet::new();
        for tenant in tenants {
            match self.need_tenant(tenant).await {
                Ok(_) => {}
                Err(WriteError::Unknown { .. }) => {
                    unknown.insert(tenant.clone());
                }
                Err(error) => return Err(error),
            }
        }
        let dialect = self.tx.dialect();
        let stored = find_all(&mut self.tx, dialect, resources).await?;
        let mut held: BTreeMap<(String, String), Resource> =
            stored.into_iter().map(|old| ((old.kind.clone(), old.id.clone()), old)).collect();
        let mut wanted: BTreeMap<(&str, &str), &Resource> = BTreeMap::new();
        let mut outcomes = Vec::with_capacity(resources.len());
        for resource in resources {
            let key = (resource.kind.clone(), resource.id.clone());
            let outcome = match (resource.check(), held.get(&key)) {
                (Err(WriteError::Store(error)), _) => return Err(error.into()),
                (Err(why), _) => Imported::Refused(why.to_string()),
                (Ok(()), _) if unknown.contains(&resource.tenant) => {
                    Imported::Refused(format!("unknown tenant `{}`", resource.tenant))
                }
                (Ok(()), Some(old)) if old == resource => Imported::Unchanged,
                (Ok(()), Some(old)) if old.tenant != resource.tenant && !may_move => {
                    Imported::Refused(taken(resource).to_string())
                }
                (Ok(()), Some(_)) => Imported::Changed,
                (Ok(()), None) => Imported::Created,
            };
            if matches!(outcome, Imported::Created | Imported::Changed) {
                held.insert(key, resource.clone());
                wanted.insert((&resource.kind, &resource.id), resource);
            }
            outcomes.push(outcome);
        }
        let wanted: Vec<&Resource> = wanted.into_values().collect();
        self.store_resources(&wanted).await?;
        Ok(outcomes)
    }

    /// Each of them once.
    async fn store_resources(&mut self, resources: &[&Resource]) -> Result<(), StoreError> {
        for part in resources.chunks(CHUNK) {
            let mut insert = Query::insert();
            insert.into_table(Resources::Table).columns(COLUMNS);
            for resource in part {
                insert.values_panic([
                    resource.kind.as_str().into(),
                    resource.id.as_str().into(),
                    resource.tenant.as_str().into(),
                    resource.sensitivity.as_str().into(),
                    to_json(&resource.attributes)?.into(),
                    self.now.micros().into(),
                ]);
            }
            insert.on_conflict(
                OnConflict::columns([Resources::Type, Resources::Id])
                    .update_columns([
                        Resources::Tenant,
                        Resources::Sensitivity,
                        Resources::Attributes,
                        Resources::UpdatedAt,
                    ])
                    .to_owned(),
            );
            self.tx.execute(&insert).await?;
        }
        Ok(())
    }
}

/// Whose it is instead is not said: that may be none of the reader's business.
fn taken(resource: &Resource) -> WriteError {
    WriteError::Taken { what: format!("`{}`", resource.object()), owner: "another tenant".to_owned() }
}
