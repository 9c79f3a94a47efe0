//! `/api/v1/changes`: who changed what, when, through which door.

use super::ApiState;
use super::administrator::Administrator;
use super::paging::{Listed, Place};
use super::problem::Problem;
use super::reading::{Asked, Segments, comparable, known_id};
use super::route::{Route, Verb};
use axum::Json;
use axum::extract::State;
use axum::routing::on;
use policy::scope::AdminScope;
use policy::{TenantSlug, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::changes::{ChangeFilter, ChangePosition};
use store::{Change, Via};
use utoipa::{IntoParams, ToSchema};

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Get, "/api/v1/changes", AdminScope::Read, "List changes, newest first", |m| on(m, list))
        .asks::<ChangesQuery>()
        .lists::<ChangeView>(),
    Route::new(Verb::Get, "/api/v1/changes/{id}", AdminScope::Read, "Get one change", |m| on(m, get))
        .gives::<ChangeView>(),
];

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct ChangesQuery {
    tenant: Option<String>,
    /// `rule`, `subject` and the like.
    kind: Option<String>,
    /// A slug or an id.
    object: Option<String>,
    actor: Option<String>,
    /// `cli`, `console`, `api`, or `system`: by the server itself.
    via: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// At most so many: 50 unless said, never more than 200.
    limit: Option<u32>,
}

/// One administrative change.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChangeView {
    id: String,
    #[schema(value_type = String)]
    at: Timestamp,
    /// Over the API: the account's login, and the token's name.
    actor: String,
    /// `cli`, `console`, `api`, or `system`: by the server itself.
    via: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    kind: String,
    object: String,
    /// Absent: it concerns every tenant, or none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    tenant: Option<TenantSlug>,
    /// `create`, `update` or `delete`.
    action: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    before: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    after: Option<Value>,
}

impl From<Change> for ChangeView {
    fn from(change: Change) -> Self {
        Self {
            id: change.id,
            at: change.at,
            actor: change.actor,
            via: change.via.as_str().to_owned(),
            request_id: change.request_id,
            kind: change.kind,
            object: change.object,
            tenant: change.tenant,
            action: change.action.as_str().to_owned(),
            before: change.before,
            after: change.after,
        }
    }
}

async fn list(
    State(state): State<ApiState>,
    administrator: Administrator,
    Asked(query): Asked<ChangesQuery>,
) -> Result<Json<Listed<ChangeView>>, Problem> {
    let place = Place::new(None, query.after.as_deref(), query.limit)?;
    let tenant = administrator.narrowed(query.tenant.as_deref())?;
    let via = match query.via.as_deref().map(str::parse::<Via>).transpose() {
        Ok(via) => via,
        Err(error) => return Err(Problem::malformed(format!("`via`: {error}"))),
    };
    for (field, text) in [("kind", &query.kind), ("object", &query.object), ("actor", &query.actor)] {
        comparable(field, text.as_deref().unwrap_or_default())?;
    }
    let filter = ChangeFilter {
        tenant: tenant.as_ref(),
        tenants: None,
        kind: query.kind.as_deref(),
        object: query.object.as_deref(),
        actor: query.actor.as_deref(),
        via,
    };
    let position = place.after().map_or(ChangePosition::Newest, ChangePosition::OlderThan);
    let found = state.store.list_changes(&filter, position, u64::from(place.limit()) + 1).await?;
    Ok(place.list(found, |change| change.id.clone()))
}

async fn get(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
) -> Result<Json<ChangeView>, Problem> {
    let found = state.store.get_change(known_id("change", &id)?).await?;
    let found = found.filter(|change| administrator.owns(change.tenant.as_ref()));
    Ok(Json(found.ok_or_else(|| Problem::not_found("change"))?.into()))
}
