//! `/api/v1/unmapped`: callers with a valid token whom nobody is known by, to be mapped or blocked.
//!
//! They are of no tenant yet, so all of it takes a token of every tenant.

use super::ApiState;
use super::administrator::Administrator;
use super::paging::{Listed, Place};
use super::problem::Problem;
use super::reading::{Asked, Given, known_id};
use super::route::{Route, Verb};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::on;
use policy::scope::AdminScope;
use policy::{SubjectId, Timestamp};
use serde::{Deserialize, Serialize};
use store::{UnmappedCaller, UnmappedState};
use utoipa::{IntoParams, ToSchema};

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Get, "/api/v1/unmapped", AdminScope::Read, "List callers nobody is known by", |m| {
        on(m, list)
    })
    .asks::<UnmappedQuery>()
    .lists::<UnmappedView>(),
    Route::new(
        Verb::Post,
        "/api/v1/unmapped/map",
        AdminScope::Identities,
        "Give such an identity to a subject, whom its tokens then stand for",
        |m| on(m, map),
    )
    .takes::<Mapping>(),
    Route::new(
        Verb::Post,
        "/api/v1/unmapped/block",
        AdminScope::Issuers,
        "Block an identity: it becomes nobody's until it is unblocked",
        |m| on(m, block),
    )
    .takes::<Caller>(),
    Route::new(Verb::Post, "/api/v1/unmapped/unblock", AdminScope::Issuers, "Lift a block", |m| {
        on(m, unblock)
    })
    .takes::<Caller>(),
];

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct UnmappedQuery {
    /// `seen` or `blocked`; both, unless given.
    state: Option<String>,
    /// Only what holds this text.
    q: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// At most so many: 50 unless said, never more than 200.
    limit: Option<u32>,
}

/// An identity of a verified token that belongs to nobody. What it tried is the word of whoever tried.
#[derive(Debug, Serialize, ToSchema)]
struct UnmappedView {
    issuer: String,
    sub: String,
    #[schema(value_type = String)]
    first_seen: Timestamp,
    #[schema(value_type = String)]
    last_seen: Timestamp,
    /// 0: blocked before it was ever seen.
    attempts: i64,
    /// What the last attempt named.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool: Option<String>,
    /// `seen` or `blocked`.
    state: String,
}

impl From<UnmappedCaller> for UnmappedView {
    fn from(caller: UnmappedCaller) -> Self {
        Self {
            issuer: caller.issuer,
            sub: caller.sub,
            first_seen: caller.first_seen,
            last_seen: caller.last_seen,
            attempts: caller.attempts,
            tenant: caller.tenant,
            server: caller.server,
            tool: caller.tool,
            state: caller.state.as_str().to_owned(),
        }
    }
}

/// An identity.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Caller {
    /// The issuer's URL, as it is registered.
    issuer: String,
    /// The subject as the issuer names it.
    sub: String,
}

/// An identity, and whose it is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Mapping {
    /// The issuer's URL, as it is registered.
    issuer: String,
    /// The subject as the issuer names it.
    sub: String,
    /// The subject's id.
    subject: String,
}

async fn list(
    State(state): State<ApiState>,
    administrator: Administrator,
    Asked(query): Asked<UnmappedQuery>,
) -> Result<Json<Listed<UnmappedView>>, Problem> {
    administrator.of_every_tenant()?;
    let wanted = match query.state.as_deref().map(str::parse::<UnmappedState>).transpose() {
        Ok(wanted) => wanted,
        Err(error) => return Err(Problem::malformed(format!("`state`: {error}"))),
    };
    let place = Place::new(query.q.as_deref(), query.after.as_deref(), query.limit)?;
    let found = state.store.list_unmapped(wanted, &place.page()).await?;
    Ok(place.list(found, UnmappedCaller::cursor))
}

async fn map(
    State(state): State<ApiState>,
    administrator: Administrator,
    Given(mapping): Given<Mapping>,
) -> Result<StatusCode, Problem> {
    administrator.of_every_tenant()?;
    let subject = SubjectId::from(known_id("subject", &mapping.subject)?);
    let mut writer = state.store.write(administrator.actor()).await?;
    writer.map_identity(&mapping.issuer, &mapping.sub, &subject).await?;
    writer.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn block(
    State(state): State<ApiState>,
    administrator: Administrator,
    Given(caller): Given<Caller>,
) -> Result<StatusCode, Problem> {
    administrator.of_every_tenant()?;
    let mut writer = state.store.write(administrator.actor()).await?;
    writer.block_identity(&caller.issuer, &caller.sub).await?;
    writer.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn unblock(
    State(state): State<ApiState>,
    administrator: Administrator,
    Given(caller): Given<Caller>,
) -> Result<StatusCode, Problem> {
    administrator.of_every_tenant()?;
    let mut writer = state.store.write(administrator.actor()).await?;
    if !writer.unblock_identity(&caller.issuer, &caller.sub).await? {
        return Err(Problem::not_found("blocked identity"));
    }
    writer.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
