//! `/api/v1/decisions`: the record, read.

use super::ApiState;
use super::administrator::Administrator;
use super::paging::{Listed, Place, encode};
use super::problem::Problem;
use super::reading::{Asked, Segments, comparable, known_id};
use super::route::{Route, Verb};
use axum::Json;
use axum::extract::State;
use axum::routing::on;
use policy::scope::AdminScope;
use policy::{DecisionId, Outcome, Reason, ResourceRef, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::decisions::{DecisionFilter, DecisionRow, Edge, Page, RecordedDecision};
use utoipa::{IntoParams, ToSchema};

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Get, "/api/v1/decisions", AdminScope::Read, "List decisions, newest first", |m| {
        on(m, list)
    })
    .asks::<DecisionsQuery>()
    .lists::<DecisionView>(),
    Route::new(Verb::Get, "/api/v1/decisions/{id}", AdminScope::Read, "Get all of one decision", |m| {
        on(m, get)
    })
    .gives::<FullDecisionView>(),
];

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct DecisionsQuery {
    tenant: Option<String>,
    subject: Option<String>,
    /// The id of the subject that acted for another.
    actor: Option<String>,
    /// The id of the enforcement key that asked.
    credential: Option<String>,
    server: Option<String>,
    tool: Option<String>,
    /// The id of the task that the call named.
    task: Option<String>,
    /// Only calls that named this resource: its type. With `resource_id`, and never without.
    resource_type: Option<String>,
    /// Its id.
    resource_id: Option<String>,
    /// `allow` or `deny`.
    outcome: Option<String>,
    /// A reason code.
    reason: Option<String>,
    /// RFC 3339: from this moment on.
    from: Option<String>,
    /// RFC 3339: before this moment.
    to: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// At most so many: 50 unless said, never more than 200.
    limit: Option<u32>,
}

/// A decision as lists show it.
#[derive(Debug, Serialize, ToSchema)]
struct DecisionView {
    #[schema(value_type = String)]
    id: DecisionId,
    #[schema(value_type = String)]
    at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool: Option<String>,
    action: String,
    /// `allow` or `deny`.
    outcome: String,
    /// A reason code.
    reason: String,
    /// Who acted for the subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<String>,
}

impl From<DecisionRow> for DecisionView {
    fn from(row: DecisionRow) -> Self {
        let outcome = match row.outcome {
            Outcome::Allow => "allow",
            Outcome::Deny => "deny",
        };
        Self {
            id: row.id,
            at: row.at,
            tenant: row.tenant,
            subject: row.subject,
            credential: row.credential,
            server: row.server,
            tool: row.tool,
            action: row.action,
            outcome: outcome.to_owned(),
            reason: row.reason,
            actor: row.actor,
        }
    }
}

/// All that was recorded of a decision.
#[derive(Debug, Serialize, ToSchema)]
struct FullDecisionView {
    decision: DecisionView,
    /// What was decided on and why; docs/records.md has its members.
    #[schema(value_type = Object)]
    body: Value,
    /// Redacted; absent where none were sent, or retention took them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    arguments: Option<Value>,
    /// Where it stands in the record. A token of one tenant is not told: the places count the calls of all tenants.
    #[serde(skip_serializing_if = "Option::is_none")]
    chain: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<i64>,
}

impl TryFrom<RecordedDecision> for FullDecisionView {
    type Error = serde_json::Error;

    fn try_from(recorded: RecordedDecision) -> Result<Self, serde_json::Error> {
        Ok(Self {
            body: serde_json::from_str(&recorded.body)?,
            arguments: recorded.arguments.as_deref().map(serde_json::from_str).transpose()?,
            chain: Some(recorded.chain),
            seq: Some(recorded.seq),
            decision: recorded.row.into(),
        })
    }
}

fn filter(administrator: &Administrator, query: DecisionsQuery) -> Result<DecisionFilter, Problem> {
    let tenant = administrator.narrowed(query.tenant.as_deref())?;
    let outcome = match query.outcome.as_deref() {
        None => None,
        Some("allow") => Some(Outcome::Allow),
        Some("deny") => Some(Outcome::Deny),
        Some(_) => return Err(Problem::malformed("`outcome` must be allow or deny")),
    };
    let reason = match query.reason.as_deref() {
        None => None,
        Some(code) => {
            let known = Reason::from_code(code);
            Some(known.ok_or_else(|| Problem::malformed("`reason` must be a reason code"))?)
        }
    };
    let moment = |field: &str, text: Option<&str>| {
        let read = text.map(Timestamp::parse).transpose();
        read.map_err(|error| Problem::malformed(format!("`{field}`: {error}")))
    };
    for (field, text) in [
        ("subject", &query.subject),
        ("actor", &query.actor),
        ("credential", &query.credential),
        ("server", &query.server),
        ("tool", &query.tool),
        ("task", &query.task),
        ("resource_type", &query.resource_type),
        ("resource_id", &query.resource_id),
    ] {
        comparable(field, text.as_deref().unwrap_or_default())?;
    }
    let resource = match (query.resource_type, query.resource_id) {
        (None, None) => None,
        (Some(kind), Some(id)) => Some(ResourceRef { kind, id }),
        _ => return Err(Problem::malformed("`resource_type` and `resource_id` come together")),
    };
    Ok(DecisionFilter {
        tenants: tenant.map(|tenant| vec![tenant.to_string()]),
        outcome,
        reason,
        waiting: None,
        from: moment("from", query.from.as_deref())?,
        to: moment("to", query.to.as_deref())?,
        subject: query.subject,
        credential: query.credential,
        server: query.server,
        tool: query.tool,
        actor: query.actor,
        without_actor: false,
        task: query.task,
        resource,
    })
}

async fn list(
    State(state): State<ApiState>,
    administrator: Administrator,
    Asked(query): Asked<DecisionsQuery>,
) -> Result<Json<Listed<DecisionView>>, Problem> {
    let place = Place::new(None, query.after.as_deref(), query.limit)?;
    let filter = filter(&administrator, query)?;
    let edge = place.after().map_or(Edge::Newest, |id| Edge::OlderThan(DecisionId::from(id)));
    let page = Page { edge, limit: place.limit() };
    let found = state.store.list_decisions(&filter, &page).await?;
    let next = found.rows.last().filter(|_| found.has_older).map(|last| encode(last.id.as_str()));
    Ok(Json(Listed { items: found.rows.into_iter().map(DecisionView::from).collect(), next }))
}

async fn get(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
) -> Result<Json<FullDecisionView>, Problem> {
    let id = DecisionId::from(known_id("decision", &id)?);
    let found = state.store.get_decision(&id).await?;
    let own = |tenant: Option<&str>| administrator.tenant().is_none_or(|own| tenant == Some(own.as_str()));
    let found = found.filter(|recorded| own(recorded.row.tenant.as_deref()));
    let recorded = found.ok_or_else(|| Problem::not_found("decision"))?;
    match FullDecisionView::try_from(recorded) {
        Ok(view) if administrator.tenant().is_some() => {
            Ok(Json(FullDecisionView { chain: None, seq: None, ..view }))
        }
        Ok(view) => Ok(Json(view)),
        Err(error) => Err(Problem::internal(&error)),
    }
}
