//! `/api/v1/tenants`. A token of one tenant sees that one, and changes none.

use super::ApiState;
use super::administrator::Administrator;
use super::answer::created;
use super::paging::{Listed, PageQuery};
use super::problem::Problem;
use super::reading::{Asked, Given, Segments, known_slug, name_of};
use super::route::{Route, Verb};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::on;
use policy::ids::check_slug;
use policy::scope::AdminScope;
use policy::{TenantSlug, Timestamp};
use serde::{Deserialize, Serialize};
use store::Writer;
use store::administration::Tenant;
use utoipa::ToSchema;

const TENANTS: &str = "/api/v1/tenants";
const TENANT: &str = "/api/v1/tenants/{slug}";

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Get, TENANTS, AdminScope::Read, "List tenants by slug", |m| on(m, list))
        .asks::<PageQuery>()
        .lists::<TenantView>(),
    Route::new(Verb::Post, TENANTS, AdminScope::Tenants, "Create a tenant", |m| on(m, create))
        .takes::<NewTenant>()
        .creates::<TenantView>(),
    Route::new(Verb::Get, TENANT, AdminScope::Read, "Get one tenant", |m| on(m, get)).gives::<TenantView>(),
    Route::new(Verb::Patch, TENANT, AdminScope::Tenants, "Rename, suspend or resume a tenant", |m| {
        on(m, change)
    })
    .takes::<TenantChange>()
    .gives::<TenantView>(),
    Route::new(
        Verb::Delete,
        TENANT,
        AdminScope::Tenants,
        "Delete a tenant with its memberships, roles, rules, resources and tasks",
        |m| on(m, delete),
    ),
];

/// The boundary that nothing crosses.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TenantView {
    #[schema(value_type = String)]
    slug: TenantSlug,
    name: String,
    /// False: suspended, and every call in it is denied.
    active: bool,
    #[schema(value_type = String)]
    created_at: Timestamp,
}

impl From<Tenant> for TenantView {
    fn from(tenant: Tenant) -> Self {
        Self { slug: tenant.slug, name: tenant.name, active: tenant.active, created_at: tenant.created_at }
    }
}

/// A tenant to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTenant {
    /// One of a kind, and kept for good.
    #[schema(value_type = String, example = "acme")]
    slug: TenantSlug,
    /// The slug, unless given.
    #[schema(example = "Acme Inc")]
    name: Option<String>,
}

/// What is to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TenantChange {
    #[schema(example = "Acme Inc")]
    name: Option<String>,
    /// False: suspended, and every call in it is denied.
    active: Option<bool>,
}

/// A token of one tenant sees that one.
async fn list(
    State(state): State<ApiState>,
    administrator: Administrator,
    Asked(query): Asked<PageQuery>,
) -> Result<Json<Listed<TenantView>>, Problem> {
    let place = query.place()?;
    let found = match administrator.tenant() {
        Some(own) => state.store.get_tenant(own).await?.into_iter().collect(),
        None => state.store.list_tenants(&place.page()).await?,
    };
    Ok(place.list(found, Tenant::cursor))
}

async fn get(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(slug): Segments<String>,
) -> Result<Json<TenantView>, Problem> {
    let slug = TenantSlug::from(known_slug("tenant", &slug)?);
    if !administrator.owns(Some(&slug)) {
        return Err(Problem::not_found("tenant"));
    }
    let tenant = state.store.get_tenant(&slug).await?.ok_or_else(|| Problem::not_found("tenant"))?;
    Ok(Json(tenant.into()))
}

async fn find(writer: &mut Writer, slug: &str) -> Result<Tenant, Problem> {
    let slug = TenantSlug::from(known_slug("tenant", slug)?);
    writer.get_tenant(&slug).await?.ok_or_else(|| Problem::not_found("tenant"))
}

async fn create(
    State(state): State<ApiState>,
    administrator: Administrator,
    Given(new): Given<NewTenant>,
) -> Result<Response, Problem> {
    administrator.of_every_tenant()?;
    check_slug(new.slug.as_str()).map_err(|why| Problem::invalid("slug", why.to_string()))?;
    let name = name_of(new.name.as_deref(), new.slug.as_str())?;
    let mut writer = state.store.write(administrator.actor()).await?;
    if writer.get_tenant(&new.slug).await?.is_some() {
        return Err(Problem::conflict("taken", "a tenant of this slug exists"));
    }
    let stored = writer.put_tenant(&Tenant::new(new.slug, name)).await?;
    writer.commit().await?;
    let location = format!("{TENANTS}/{}", stored.slug);
    Ok(created(&location, &TenantView::from(stored)))
}

async fn change(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(slug): Segments<String>,
    Given(change): Given<TenantChange>,
) -> Result<Json<TenantView>, Problem> {
    administrator.of_every_tenant()?;
    let name = change.name.as_deref().map(|name| name_of(Some(name), &slug)).transpose()?;
    let mut writer = state.store.write(administrator.actor()).await?;
    let mut tenant = find(&mut writer, &slug).await?;
    if let Some(name) = name {
        tenant.name = name;
    }
    if let Some(active) = change.active {
        tenant.active = active;
    }
    let stored = writer.put_tenant(&tenant).await?;
    writer.commit().await?;
    Ok(Json(stored.into()))
}

async fn delete(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(slug): Segments<String>,
) -> Result<StatusCode, Problem> {
    administrator.of_every_tenant()?;
    let mut writer = state.store.write(administrator.actor()).await?;
    let tenant = find(&mut writer, &slug).await?;
    writer.delete_tenant(&tenant.slug).await?;
    writer.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
