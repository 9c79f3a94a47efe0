//! `/api/v1/servers`: registered MCP servers, to be looked at and switched off and on. `server_settings` says which there are,
//! `discovery` asks them for their tools.

use super::ApiState;
use super::administrator::Administrator;
use super::paging::{Listed, Place};
use super::problem::Problem;
use super::reading::{Asked, Given, Segments, known_slug};
use super::route::{Route, Verb};
use axum::Json;
use axum::extract::State;
use axum::routing::on;
use policy::scope::AdminScope;
use policy::{ServerSlug, TenantSlug, Timestamp};
use serde::{Deserialize, Serialize};
use store::Writer;
use store::administration::Server;
use utoipa::{IntoParams, ToSchema};

pub(super) const SERVERS: &str = "/api/v1/servers";
pub(super) const SERVER: &str = "/api/v1/servers/{slug}";

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Get, SERVERS, AdminScope::Read, "List servers by slug", |m| on(m, list))
        .asks::<ServersQuery>()
        .lists::<ServerView>(),
    Route::new(Verb::Get, SERVER, AdminScope::Read, "Get one server", |m| on(m, get)).gives::<ServerView>(),
    Route::new(Verb::Patch, SERVER, AdminScope::Servers, "Disable or enable a server", |m| on(m, switch))
        .takes::<ServerSwitch>()
        .gives::<ServerView>(),
];

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct ServersQuery {
    /// Only those that this tenant may use.
    tenant: Option<String>,
    /// Only what holds this text.
    q: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// At most so many: 50 unless said, never more than 200.
    limit: Option<u32>,
}

/// A registered MCP server.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ServerView {
    #[schema(value_type = String)]
    slug: ServerSlug,
    name: String,
    url: String,
    /// False: every call of its tools is denied.
    enabled: bool,
    /// False: arguments are not held against the tools' schemas.
    check_arguments: bool,
    /// What tokens must name to call it; none given: its URL.
    audiences: Vec<String>,
    /// The tenants that may use it; a token of one tenant sees its own alone.
    #[schema(value_type = Vec<String>)]
    tenants: Vec<TenantSlug>,
    #[schema(value_type = String)]
    created_at: Timestamp,
}

impl From<Server> for ServerView {
    fn from(server: Server) -> Self {
        Self {
            slug: server.slug,
            name: server.name,
            url: server.url,
            enabled: server.enabled,
            check_arguments: server.check_arguments,
            audiences: server.audiences,
            tenants: server.tenants,
            created_at: server.created_at,
        }
    }
}

/// Whether its tools can be called at all.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ServerSwitch {
    enabled: bool,
}

/// Which other tenants use it, is theirs to know.
fn seen_by(administrator: &Administrator, mut server: Server) -> Server {
    server.tenants.retain(|tenant| administrator.owns(Some(tenant)));
    server
}

async fn list(
    State(state): State<ApiState>,
    administrator: Administrator,
    Asked(query): Asked<ServersQuery>,
) -> Result<Json<Listed<ServerView>>, Problem> {
    let place = Place::new(query.q.as_deref(), query.after.as_deref(), query.limit)?;
    let tenant = administrator.narrowed(query.tenant.as_deref())?;
    let found = state.store.list_servers(tenant.as_ref(), &place.page()).await?;
    let found = found.into_iter().map(|server| seen_by(&administrator, server)).collect();
    Ok(place.list(found, Server::cursor))
}

/// Whether the token sees it: its tenant may use it.
pub(super) fn sees(administrator: &Administrator, server: &Server) -> bool {
    administrator.tenant().is_none_or(|own| server.tenants.contains(own))
}

/// One that the token sees.
///
/// # Errors
/// When there is none.
pub(super) async fn to_read(
    state: &ApiState,
    administrator: &Administrator,
    slug: &str,
) -> Result<Server, Problem> {
    let slug = ServerSlug::from(known_slug("server", slug)?);
    let found = state.store.get_server(&slug).await?.filter(|server| sees(administrator, server));
    Ok(seen_by(administrator, found.ok_or_else(|| Problem::not_found("server"))?))
}

/// The same in a unit of work, whoever may use it.
///
/// # Errors
/// When there is none.
pub(super) async fn find(writer: &mut Writer, slug: &str) -> Result<Server, Problem> {
    let slug = ServerSlug::from(known_slug("server", slug)?);
    writer.get_server(&slug).await?.ok_or_else(|| Problem::not_found("server"))
}

async fn get(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(slug): Segments<String>,
) -> Result<Json<ServerView>, Problem> {
    Ok(Json(to_read(&state, &administrator, &slug).await?.into()))
}

/// A server is shared, so switching it takes a token of every tenant.
async fn switch(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(slug): Segments<String>,
    Given(ServerSwitch { enabled }): Given<ServerSwitch>,
) -> Result<Json<ServerView>, Problem> {
    administrator.of_every_tenant()?;
    let mut writer = state.store.write(administrator.actor()).await?;
    let server = find(&mut writer, &slug).await?;
    let stored = writer.put_server(&Server { enabled, ..server }).await?;
    writer.commit().await?;
    Ok(Json(stored.into()))
}
