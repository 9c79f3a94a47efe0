//! `/api/v1/emergency/break-glass`: for some minutes one subject may call some tools that no rule allows it. A token speaks
//! for its account: where two owners are active, the token that confirms must be another owner's than the one that asked.

use super::ApiState;
use super::administrator::Administrator;
use super::answer::created;
use super::emergency::usable;
use super::paging::{Listed, Place};
use super::problem::Problem;
use super::reading::{Asked, Given, Segments, known_id};
use super::route::{Route, Verb};
use super::subjects::seen;
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use axum::routing::on;
use policy::scope::AdminScope;
use policy::{SubjectId, TenantSlug, Timestamp};
use serde::{Deserialize, Serialize};
use store::administration::{BreakGlassGrant, NewBreakGlass};
use utoipa::{IntoParams, ToSchema};

const GRANTS: &str = "/api/v1/emergency/break-glass";
const GRANT: &str = "/api/v1/emergency/break-glass/{id}";

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Get, GRANTS, AdminScope::Read, "List break-glass grants, newest first", |m| on(m, list))
        .asks::<GrantsQuery>()
        .lists::<GrantView>(),
    Route::new(
        Verb::Post,
        GRANTS,
        AdminScope::Emergency,
        "Ask for break-glass; it allows nothing before it is confirmed",
        |m| on(m, ask),
    )
    .takes::<GrantTerms>()
    .creates::<GrantView>(),
    Route::new(Verb::Get, GRANT, AdminScope::Read, "Get one break-glass grant", |m| on(m, get))
        .gives::<GrantView>(),
    Route::new(
        Verb::Post,
        "/api/v1/emergency/break-glass/{id}/confirm",
        AdminScope::BreakGlass,
        "Confirm what another owner asked for",
        |m| on(m, confirm),
    )
    .gives::<GrantView>(),
    Route::new(
        Verb::Post,
        "/api/v1/emergency/break-glass/{id}/end",
        AdminScope::Emergency,
        "End a grant before its time, or take it back",
        |m| on(m, end),
    )
    .gives::<GrantView>(),
];

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct GrantsQuery {
    /// `next` of the page before.
    after: Option<String>,
    /// At most so many: 50 unless said, never more than 200.
    limit: Option<u32>,
}

/// A grant: asked for, in force, over, or taken back.
#[derive(Debug, Serialize, ToSchema)]
struct GrantView {
    id: String,
    #[schema(value_type = String)]
    tenant: TenantSlug,
    #[schema(value_type = String)]
    subject: SubjectId,
    /// `server/tool`, or `server/*`.
    tools: String,
    reason: String,
    /// How long it holds once it is confirmed.
    minutes: i64,
    #[schema(value_type = String)]
    asked_at: Timestamp,
    asked_by: String,
    /// Another owner must confirm it.
    needs_second: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    confirmed_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed_by: Option<String>,
    /// From here on it allows nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    until: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    ended_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_by: Option<String>,
}

impl From<BreakGlassGrant> for GrantView {
    fn from(grant: BreakGlassGrant) -> Self {
        Self {
            id: grant.id,
            tenant: grant.tenant,
            subject: grant.subject,
            tools: grant.tools,
            reason: grant.reason,
            minutes: grant.minutes,
            asked_at: grant.asked_at,
            asked_by: grant.asked_by,
            needs_second: grant.needs_second,
            confirmed_at: grant.confirmed_at,
            confirmed_by: grant.confirmed_by,
            until: grant.until,
            ended_at: grant.ended_at,
            ended_by: grant.ended_by,
        }
    }
}

/// What is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GrantTerms {
    #[schema(value_type = String)]
    tenant: TenantSlug,
    /// The id of the one subject that it is for.
    #[schema(value_type = String)]
    subject: SubjectId,
    /// `server/tool`, or `server/*`.
    tools: String,
    /// Shown on every page of the console, and in the record of each decision that it allows.
    reason: String,
    /// From 1 to 15.
    minutes: i64,
}

/// The id of the account that the token speaks for: persons are counted, not tokens.
async fn account(state: &ApiState, administrator: &Administrator) -> Result<String, Problem> {
    let account = state.store.account_by_login(administrator.account()).await?;
    Ok(account.ok_or_else(Problem::stranger)?.id)
}

/// One that the token sees.
async fn find(state: &ApiState, administrator: &Administrator, id: &str) -> Result<BreakGlassGrant, Problem> {
    let found = state.store.get_break_glass(known_id("grant", id)?).await?;
    let found = found.filter(|grant| administrator.owns(Some(&grant.tenant)));
    found.ok_or_else(|| Problem::not_found("grant"))
}

async fn list(
    State(state): State<ApiState>,
    administrator: Administrator,
    Asked(query): Asked<GrantsQuery>,
) -> Result<Json<Listed<GrantView>>, Problem> {
    let place = Place::new(None, query.after.as_deref(), query.limit)?;
    let limit = u64::from(place.limit()) + 1;
    let found = match administrator.reach().tenants() {
        Some(own) => state.store.list_tenant_break_glass(own, place.after(), limit).await?,
        None => state.store.list_break_glass(place.after(), limit).await?,
    };
    Ok(place.list(found, |grant| grant.id.clone()))
}

async fn get(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
) -> Result<Json<GrantView>, Problem> {
    Ok(Json(find(&state, &administrator, &id).await?.into()))
}

async fn ask(
    State(state): State<ApiState>,
    administrator: Administrator,
    Given(terms): Given<GrantTerms>,
) -> Result<Response, Problem> {
    administrator.owner_of(Some(&terms.tenant))?;
    let account = account(&state, &administrator).await?;
    let mut writer = state.store.write(administrator.actor()).await?;
    seen(&mut writer, &administrator, terms.subject.as_str()).await?;
    // What cannot be read as tools is refused below.
    if let Some((server, _)) = terms.tools.split_once('/') {
        usable(&mut writer, &administrator, server).await?;
    }
    let new = NewBreakGlass {
        tenant: &terms.tenant,
        subject: &terms.subject,
        tools: &terms.tools,
        reason: &terms.reason,
        minutes: terms.minutes,
    };
    let grant = writer.ask_break_glass(&new, Some(&account)).await?;
    writer.commit().await?;
    let location = format!("{GRANTS}/{}", grant.id);
    Ok(created(&location, &GrantView::from(grant)))
}

async fn confirm(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
) -> Result<Json<GrantView>, Problem> {
    let found = find(&state, &administrator, &id).await?;
    let account = account(&state, &administrator).await?;
    let mut writer = state.store.write(administrator.actor()).await?;
    let grant = writer.confirm_break_glass(&found.id, Some(&account)).await?;
    writer.commit().await?;
    tracing::warn!(grant = %grant.id, %account, "break-glass was confirmed");
    Ok(Json(grant.into()))
}

async fn end(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
) -> Result<Json<GrantView>, Problem> {
    let found = find(&state, &administrator, &id).await?;
    let mut writer = state.store.write(administrator.actor()).await?;
    let grant = writer.end_break_glass(&found.id).await?;
    writer.commit().await?;
    Ok(Json(grant.into()))
}
