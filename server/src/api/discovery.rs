//! `/api/v1/servers/{slug}/discover`: asking an MCP server for its tools, as the console does, where what came of it then stands
//! as well. A server is shared, so it takes a token of every tenant.

use super::ApiState;
use super::administrator::Administrator;
use super::problem::Problem;
use super::reading::Segments;
use super::route::{Route, Verb};
use super::servers::to_read;
use app::pages::server::discover::{Asked, Listed, discover_now};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::on;
use pdp::discovery::{DiscoveryError, RefreshError};
use policy::scope::AdminScope;
use serde::Serialize;
use utoipa::ToSchema;

pub(super) const ROUTES: &[Route] = &[Route::new(
    Verb::Post,
    "/api/v1/servers/{slug}/discover",
    AdminScope::Catalog,
    "Ask a server for its tools, for 30 seconds at the most, and bring the catalog to what it lists",
    |m| on(m, discover),
)
.gives::<DiscoveryView>()];

/// What a server said of itself, and what its list changed. All names are its own; each tool is in one of the lists.
#[derive(Debug, Serialize, ToSchema)]
struct DiscoveryView {
    /// Its own name for itself, or nothing.
    server: String,
    version: String,
    protocol_version: String,
    /// Listed for the first time, or again, and never reviewed.
    new: Vec<String>,
    /// Offered in a form that nobody reviewed, and that was not offered before.
    changed: Vec<String>,
    /// Offered again as they were reviewed.
    restored: Vec<String>,
    /// Listed no longer.
    gone: Vec<String>,
    unchanged: Vec<String>,
}

impl From<Listed> for DiscoveryView {
    fn from(listed: Listed) -> Self {
        Self {
            server: listed.server,
            version: listed.version,
            protocol_version: listed.protocol,
            new: listed.report.new,
            changed: listed.report.changed,
            restored: listed.report.restored,
            gone: listed.report.gone,
            unchanged: listed.report.unchanged,
        }
    }
}

impl From<DiscoveryError> for Problem {
    fn from(error: DiscoveryError) -> Self {
        let detail = error.to_string();
        match error {
            DiscoveryError::Address(_) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", &detail).with_error("url", &detail)
            }
            _ => Self::new(StatusCode::BAD_GATEWAY, "not_discovered", detail),
        }
    }
}

impl From<RefreshError> for Problem {
    fn from(error: RefreshError) -> Self {
        let detail = error.to_string();
        match error {
            RefreshError::Store(error) => error.into(),
            RefreshError::Write(error) => error.into(),
            RefreshError::UnknownServer(_) => Self::not_found("server"),
            RefreshError::Moved { .. } => Self::conflict("changed", detail),
        }
    }
}

async fn discover(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(slug): Segments<String>,
) -> Result<Json<DiscoveryView>, Problem> {
    administrator.of_every_tenant()?;
    let server = to_read(&state, &administrator, &slug).await?;
    let (services, actor) = (state.console.services(), administrator.actor());
    match Box::pin(discover_now(services, actor, &server.slug, &server.url)).await {
        Asked::Listed(listed) => Ok(Json(listed.into())),
        Asked::Running => {
            Err(Problem::conflict("running", "the server is being asked for its tools already"))
        }
        Asked::Failed(error) => Err(error.into()),
        Asked::NotRefreshed(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pdp::address_guard::AddressGuard;
    use serde_json::json;

    #[test]
    fn an_address_that_is_refused_is_a_wrong_url_and_silence_is_the_servers() {
        let refused = AddressGuard::default().check_url("http://127.0.0.1:9/mcp").expect_err("refused");
        let problem = serde_json::to_value(Problem::from(DiscoveryError::from(refused))).expect("JSON");
        assert_eq!((&problem["status"], &problem["errors"][0]["field"]), (&json!(422), &json!("url")));
        let silent = DiscoveryError::Interrupted { reason: "x".to_owned() };
        let problem = serde_json::to_value(Problem::from(silent)).expect("JSON");
        assert_eq!((&problem["status"], &problem["code"]), (&json!(502), &json!("not_discovered")));
    }
}
