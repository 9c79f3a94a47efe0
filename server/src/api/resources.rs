//! `/api/v1/resources`: what calls touch. In a path an id is percent-encoded as one segment.

use super::ApiState;
use super::administrator::Administrator;
use super::answer;
use super::paging::{Listed, Place};
use super::problem::Problem;
use super::reading::{Asked, Given, Segments};
use super::route::{Route, Verb};
use app::url::encode;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::on;
use policy::binding::{check_resource_id, check_type};
use policy::scope::AdminScope;
use policy::{Sensitivity, TenantSlug};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::administration::{Resource, ResourceFilter};
use utoipa::{IntoParams, ToSchema};

const RESOURCES: &str = "/api/v1/resources";
const RESOURCE: &str = "/api/v1/resources/{type}/{id}";

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Get, RESOURCES, AdminScope::Read, "List resources by type and id", |m| on(m, list))
        .asks::<ResourcesQuery>()
        .lists::<ResourceView>(),
    Route::new(Verb::Get, RESOURCE, AdminScope::Read, "Get one resource", |m| on(m, get))
        .gives::<ResourceView>(),
    Route::new(Verb::Put, RESOURCE, AdminScope::Resources, "Register a resource, or replace it", |m| {
        on(m, put)
    })
    .takes::<ResourceTerms>()
    .puts::<ResourceView>(),
    Route::new(
        Verb::Delete,
        RESOURCE,
        AdminScope::Resources,
        "Remove a resource; calls that name it are denied from then on",
        |m| on(m, delete),
    ),
];

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct ResourcesQuery {
    /// Only those of this tenant.
    tenant: Option<String>,
    /// Only those of this type.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// Only those whose id begins so.
    q: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// At most so many: 50 unless said, never more than 200.
    limit: Option<u32>,
}

/// Something that belongs to one tenant.
#[derive(Debug, Serialize, ToSchema)]
struct ResourceView {
    #[serde(rename = "type")]
    kind: String,
    id: String,
    #[schema(value_type = String)]
    tenant: TenantSlug,
    /// `public`, `internal`, `confidential` or `regulated`.
    #[schema(value_type = String)]
    sensitivity: Sensitivity,
    #[schema(value_type = Object)]
    attributes: Map<String, Value>,
}

impl From<Resource> for ResourceView {
    fn from(resource: Resource) -> Self {
        Self {
            kind: resource.kind,
            id: resource.id,
            tenant: resource.tenant,
            sensitivity: resource.sensitivity,
            attributes: resource.attributes,
        }
    }
}

/// What is known of a resource; all of it replaces what was.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ResourceTerms {
    /// Left out: the tenant of the token, or the one that it has.
    #[schema(value_type = Option<String>)]
    tenant: Option<TenantSlug>,
    /// `internal`, unless given.
    #[schema(value_type = Option<String>)]
    sensitivity: Option<Sensitivity>,
    /// At most 16 KiB.
    #[serde(default)]
    #[schema(value_type = Object)]
    attributes: Map<String, Value>,
}

/// What cannot be registered is not there. Postgres refuses U+0000 even in a comparison.
fn known(kind: &str, id: &str) -> Result<(), Problem> {
    let can_be = check_type(kind).is_ok() && check_resource_id(id).is_ok();
    if can_be { Ok(()) } else { Err(Problem::not_found("resource")) }
}

async fn list(
    State(state): State<ApiState>,
    administrator: Administrator,
    Asked(query): Asked<ResourcesQuery>,
) -> Result<Json<Listed<ResourceView>>, Problem> {
    let place = Place::new(query.q.as_deref(), query.after.as_deref(), query.limit)?;
    let tenant = administrator.narrowed(query.tenant.as_deref())?;
    if let Some(kind) = query.kind.as_deref() {
        check_type(kind).map_err(|why| Problem::invalid("type", why.to_string()))?;
    }
    let filter =
        ResourceFilter { tenant: tenant.as_ref(), kind: query.kind.as_deref(), ..ResourceFilter::default() };
    let found = state.store.list_resources(filter, &place.page()).await?;
    Ok(place.list(found, Resource::cursor))
}

async fn get(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments((kind, id)): Segments<(String, String)>,
) -> Result<Json<ResourceView>, Problem> {
    known(&kind, &id)?;
    let found = state.store.get_resource(&kind, &id).await?;
    let found = found.filter(|resource| administrator.owns(Some(&resource.tenant)));
    Ok(Json(found.ok_or_else(|| Problem::not_found("resource"))?.into()))
}

/// Only a token of every tenant moves a resource from one to another.
async fn put(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments((kind, id)): Segments<(String, String)>,
    Given(terms): Given<ResourceTerms>,
) -> Result<Response, Problem> {
    check_type(&kind).map_err(|why| Problem::invalid("type", why.to_string()))?;
    check_resource_id(&id).map_err(|why| Problem::invalid("id", why.to_string()))?;
    let mut writer = state.store.write(administrator.actor()).await?;
    let before = writer.get_resource(&kind, &id).await?;
    let seen = before.as_ref().filter(|resource| administrator.owns(Some(&resource.tenant)));
    let tenant = terms
        .tenant
        .or_else(|| administrator.tenant().cloned())
        .or_else(|| seen.map(|resource| resource.tenant.clone()))
        .ok_or_else(|| Problem::invalid("tenant", "must be given"))?;
    administrator.owner_of(Some(&tenant))?;
    let usual = Resource::new(kind, id, tenant);
    let resource = Resource {
        sensitivity: terms.sensitivity.unwrap_or(usual.sensitivity),
        attributes: terms.attributes,
        ..usual
    };
    writer.put_resource(&resource, administrator.tenant().is_none()).await?;
    writer.commit().await?;
    let location = format!("{RESOURCES}/{}/{}", encode(&resource.kind), encode(&resource.id));
    Ok(answer::put(before.is_some(), &location, &ResourceView::from(resource)))
}

async fn delete(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments((kind, id)): Segments<(String, String)>,
) -> Result<StatusCode, Problem> {
    known(&kind, &id)?;
    let mut writer = state.store.write(administrator.actor()).await?;
    let found = writer.get_resource(&kind, &id).await?;
    if !found.is_some_and(|resource| administrator.owns(Some(&resource.tenant))) {
        return Err(Problem::not_found("resource"));
    }
    writer.delete_resource(&kind, &id).await?;
    writer.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
