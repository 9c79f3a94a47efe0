//! `/api/v1/tenants`.

use super::ApiState;
use super::administrator::Administrator;
use super::paging::{Listed, PageQuery};
use super::problem::Problem;
use super::reading::{Asked, Segments, known_slug};
use super::route::{Route, Verb};
use axum::Json;
use axum::extract::State;
use axum::routing::on;
use policy::scope::AdminScope;
use policy::{TenantSlug, Timestamp};
use serde::Serialize;
use store::administration::Tenant;
use utoipa::ToSchema;

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Get, "/api/v1/tenants", AdminScope::Read, "List tenants by slug", |m| on(m, list))
        .asks::<PageQuery>()
        .lists::<TenantView>(),
    Route::new(Verb::Get, "/api/v1/tenants/{slug}", AdminScope::Read, "Get one tenant", |m| on(m, get))
        .gives::<TenantView>(),
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
