//! Resources as they are read: one, lists of them, their types and how many there are.

use super::{Resource, ResourceFilter};
use crate::Store;
use crate::administration::{Page, Writer, beyond};
use crate::counting::count;
use crate::db::{Dialect, Source, StoreError, json, word};
use crate::live::{is_named, keys};
use crate::schema::Resources;
use policy::{ResourceRef, TenantSlug};
use sea_query::{Condition, Expr, ExprTrait, Order, Query, SelectStatement};

/// So many types are listed.
const MOST_TYPES: usize = 100;

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

/// By no order; as `r`.
fn select() -> SelectStatement {
    let read =
        [Resources::Type, Resources::Id, Resources::Tenant, Resources::Sensitivity, Resources::Attributes];
    Query::select().columns(read.map(|column| ("r", column))).from_as(Resources::Table, "r").take()
}

async fn read<S: Source>(source: &mut S, query: &SelectStatement) -> Result<Vec<Resource>, StoreError> {
    source.all::<ResourceRow, _>(query).await?.into_iter().map(Resource::try_from).collect()
}

pub(super) async fn find<S: Source>(
    source: &mut S,
    kind: &str,
    id: &str,
) -> Result<Option<Resource>, StoreError> {
    let mut query = select();
    query
        .and_where(Expr::col(("r", Resources::Type)).eq(kind))
        .and_where(Expr::col(("r", Resources::Id)).eq(id));
    Ok(read(source, &query).await?.pop())
}

pub(super) async fn find_all<S: Source>(
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

pub(in crate::administration) async fn list<S: Source>(
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
        count(&mut &self.db, Query::select().from_subquery(some, "some").take()).await
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
}
