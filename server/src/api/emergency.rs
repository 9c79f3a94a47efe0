//! `/api/v1/emergency/stops`: stopping calls at once, and lifting that again. The next call on every replica reads it.
//!
//! A token of one tenant stops what is to be stopped in that tenant alone, and sees beside its own stops only the one of
//! everything.

use super::ApiState;
use super::administrator::Administrator;
use super::answer;
use super::paging::{Listed, Place};
use super::problem::Problem;
use super::reading::{Asked, Given, Segments, known_id};
use super::route::{Route, Verb};
use super::subjects::seen;
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use axum::routing::on;
use policy::ids::check_slug;
use policy::labels::StopScope;
use policy::scope::AdminScope;
use policy::{ServerSlug, TenantSlug, Timestamp};
use serde::{Deserialize, Serialize};
use store::Writer;
use store::administration::{NewStop, StopSwitch};
use utoipa::{IntoParams, ToSchema};

const STOPS: &str = "/api/v1/emergency/stops";
const STOP: &str = "/api/v1/emergency/stops/{id}";

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Get, STOPS, AdminScope::Read, "List stops, newest first, lifted ones too", |m| {
        on(m, list)
    })
    .asks::<StopsQuery>()
    .lists::<StopView>(),
    Route::new(Verb::Post, STOPS, AdminScope::Emergency, "Stop calls from the next one on", |m| on(m, stop))
        .takes::<StopTerms>()
        .puts::<StopView>(),
    Route::new(Verb::Get, STOP, AdminScope::Read, "Get one stop", |m| on(m, get)).gives::<StopView>(),
    Route::new(
        Verb::Post,
        "/api/v1/emergency/stops/{id}/lift",
        AdminScope::Emergency,
        "Lift a stop; one that was lifted stays as it is",
        |m| on(m, lift),
    )
    .gives::<StopView>(),
];

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct StopsQuery {
    /// `next` of the page before.
    after: Option<String>,
    /// At most so many: 50 unless said, never more than 200.
    limit: Option<u32>,
}

/// A stop, in force or lifted.
#[derive(Debug, Serialize, ToSchema)]
struct StopView {
    id: String,
    /// `everything`, `tenant`, `subject`, `agent`, `server` or `tool`.
    #[schema(value_type = String)]
    scope: StopScope,
    /// A subject's id, a server's slug, or `server/tool`; absent where the scope says it all.
    #[serde(skip_serializing_if = "String::is_empty")]
    target: String,
    /// Absent: in every tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    tenant: Option<TenantSlug>,
    reason: String,
    /// False: lifted.
    active: bool,
    #[schema(value_type = String)]
    at: Timestamp,
    by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    lifted_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lifted_by: Option<String>,
}

impl From<StopSwitch> for StopView {
    fn from(stop: StopSwitch) -> Self {
        Self {
            active: stop.is_active(),
            id: stop.id,
            scope: stop.scope,
            target: stop.target,
            tenant: stop.tenant,
            reason: stop.reason,
            at: stop.at,
            by: stop.by,
            lifted_at: stop.lifted_at,
            lifted_by: stop.lifted_by,
        }
    }
}

/// What is to be stopped.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StopTerms {
    /// `everything`, `tenant`, `subject`, `agent`, `server` or `tool`.
    #[schema(value_type = String)]
    scope: StopScope,
    /// A subject's id, a server's slug, or `server/tool`. None for everything and for a tenant.
    #[serde(default)]
    target: String,
    /// In this tenant alone; the tenant itself, where that is stopped.
    #[schema(value_type = Option<String>)]
    tenant: Option<TenantSlug>,
    /// Shown on every page of the console while it lasts.
    reason: String,
}

/// Whether the token sees a stop: its own tenant's, and the one of everything.
fn sees(administrator: &Administrator, stop: &StopSwitch) -> bool {
    administrator.owns(stop.tenant.as_ref()) || stop.scope == StopScope::Everything
}

/// What of other tenants is, a token of one must not find out by stopping it.
async fn check_target(
    writer: &mut Writer,
    administrator: &Administrator,
    terms: &StopTerms,
) -> Result<(), Problem> {
    match terms.scope {
        StopScope::Everything | StopScope::Tenant => Ok(()),
        StopScope::Subject | StopScope::Agent => seen(writer, administrator, &terms.target).await.map(|_| ()),
        StopScope::Server => usable(writer, administrator, &terms.target).await,
        StopScope::Tool => {
            let server = terms.target.split_once('/').map_or("", |(server, _)| server);
            usable(writer, administrator, server).await
        }
    }
}

/// A server that the token's tenant may use.
pub(super) async fn usable(
    writer: &mut Writer,
    administrator: &Administrator,
    slug: &str,
) -> Result<(), Problem> {
    let unknown = || Problem::not_found("server");
    check_slug(slug).map_err(|_| unknown())?;
    let server = writer.get_server(&ServerSlug::from(slug)).await?.ok_or_else(unknown)?;
    let is_usable = administrator.tenant().is_none_or(|own| server.tenants.contains(own));
    if is_usable { Ok(()) } else { Err(unknown()) }
}

async fn list(
    State(state): State<ApiState>,
    administrator: Administrator,
    Asked(query): Asked<StopsQuery>,
) -> Result<Json<Listed<StopView>>, Problem> {
    let place = Place::new(None, query.after.as_deref(), query.limit)?;
    let limit = u64::from(place.limit()) + 1;
    let found = match administrator.reach().tenants() {
        Some(own) => state.store.list_tenant_stops(own, place.after(), limit).await?,
        None => state.store.list_stops(place.after(), limit).await?,
    };
    Ok(place.list(found, |stop| stop.id.clone()))
}

async fn get(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
) -> Result<Json<StopView>, Problem> {
    let found = state.store.get_stop(known_id("stop", &id)?).await?;
    let found = found.filter(|stop| sees(&administrator, stop));
    Ok(Json(found.ok_or_else(|| Problem::not_found("stop"))?.into()))
}

/// The same stop stands once: where it is in force already, that one is the answer, with 200.
async fn stop(
    State(state): State<ApiState>,
    administrator: Administrator,
    Given(terms): Given<StopTerms>,
) -> Result<Response, Problem> {
    administrator.owner_of(terms.tenant.as_ref())?;
    let mut writer = state.store.write(administrator.actor()).await?;
    check_target(&mut writer, &administrator, &terms).await?;
    let new = NewStop {
        scope: terms.scope,
        target: &terms.target,
        tenant: terms.tenant.as_ref(),
        reason: &terms.reason,
    };
    let stood = writer.stop(&new).await?;
    let was_there = writer.commit().await?.changes.is_empty();
    let location = format!("{STOPS}/{}", stood.id);
    Ok(answer::put(was_there, &location, &StopView::from(stood)))
}

async fn lift(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
) -> Result<Json<StopView>, Problem> {
    let id = known_id("stop", &id)?;
    let found = state.store.get_stop(id).await?.filter(|stop| sees(&administrator, stop));
    let found = found.ok_or_else(|| Problem::not_found("stop"))?;
    administrator.owner_of(found.tenant.as_ref())?;
    let mut writer = state.store.write(administrator.actor()).await?;
    let lifted = writer.lift_stop(id).await?;
    writer.commit().await?;
    Ok(Json(lifted.into()))
}
