//! `/api/v1/rules`: rules in the shape of a policy file, through the very checks of the console's editor.

use super::ApiState;
use super::administrator::Administrator;
use super::answer::{created, of_version};
use super::paging::{Listed, Place};
use super::problem::Problem;
use super::reading::{Asked, Given, Segments, if_match, known_id};
use super::route::{Route, Verb};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::on;
use pdp::drafts::{self, Save};
use policy::scope::AdminScope;
use policy::{Rule, RuleId, Timestamp};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use store::administration::StoredRule;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Schema, Type};
use utoipa::{IntoParams, PartialSchema, ToSchema};

const RULES: &str = "/api/v1/rules";
const RULE: &str = "/api/v1/rules/{id}";

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Get, RULES, AdminScope::Read, "List rules by name", |m| on(m, list))
        .asks::<RulesQuery>()
        .lists::<RuleView>(),
    Route::new(Verb::Post, RULES, AdminScope::Rules, "Create a rule", |m| on(m, create))
        .asks::<SaveQuery>()
        .takes::<RuleText>()
        .creates::<RuleView>(),
    Route::new(Verb::Get, RULE, AdminScope::Read, "Get one rule", |m| on(m, get))
        .gives::<RuleView>()
        .versioned(),
    Route::new(Verb::Put, RULE, AdminScope::Rules, "Replace a rule", |m| on(m, put))
        .asks::<SaveQuery>()
        .takes::<RuleText>()
        .gives::<RuleView>()
        .versioned(),
    Route::new(Verb::Delete, RULE, AdminScope::Rules, "Delete a rule; its versions stay", |m| on(m, delete))
        .versioned(),
];

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct RulesQuery {
    /// Only those that bind this tenant: its own, and those of every tenant.
    tenant: Option<String>,
    /// Only what holds this text.
    q: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// At most so many: 50 unless said, never more than 200.
    limit: Option<u32>,
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct SaveQuery {
    /// Take a rule that restricts and can never match all the same.
    allow_unmatched: bool,
}

/// A rule as it stands.
#[derive(Debug, Serialize, ToSchema)]
struct RuleView {
    #[schema(value_type = String)]
    id: RuleId,
    /// One more with each change.
    version: i64,
    #[schema(value_type = String)]
    updated_at: Timestamp,
    #[schema(value_type = RuleText)]
    rule: Rule,
}

impl From<StoredRule> for RuleView {
    fn from(stored: StoredRule) -> Self {
        Self { id: stored.id, version: stored.version, updated_at: stored.updated_at, rule: stored.rule }
    }
}

/// How the document describes [`Rule`], which knows nothing of documents.
pub(super) enum RuleText {}

impl PartialSchema for RuleText {
    fn schema() -> RefOr<Schema> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        ObjectBuilder::new()
            .description(Some("A rule in the shape of a policy file; docs/rules.md has all of its members."))
            .property("name", text())
            .property("tenant", text().description(Some("Every tenant, unless given.")))
            .property("effect", text().enum_values(Some(["allow", "require_approval", "deny"])))
            .property("status", text().enum_values(Some(["enforced", "shadow", "disabled"])))
            .required("name")
            .required("effect")
            .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(true)))
            .into()
    }
}

impl ToSchema for RuleText {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Rule")
    }
}

/// A rule that the token sees: its tenant's own, or one of every tenant.
async fn find(state: &ApiState, administrator: &Administrator, id: &str) -> Result<StoredRule, Problem> {
    let id = RuleId::from(known_id("rule", id)?);
    let stored = state.store.get_rule(&id).await?.ok_or_else(|| Problem::not_found("rule"))?;
    if stored.rule.tenant.is_some() && !administrator.owns(stored.rule.tenant.as_ref()) {
        return Err(Problem::not_found("rule"));
    }
    Ok(stored)
}

async fn list(
    State(state): State<ApiState>,
    administrator: Administrator,
    Asked(query): Asked<RulesQuery>,
) -> Result<Json<Listed<RuleView>>, Problem> {
    let place = Place::new(query.q.as_deref(), query.after.as_deref(), query.limit)?;
    let tenant = administrator.narrowed(query.tenant.as_deref())?;
    let found = state.store.list_rules(tenant.as_ref(), &place.page()).await?;
    Ok(place.list(found, StoredRule::cursor))
}

async fn get(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
) -> Result<Response, Problem> {
    let stored = find(&state, &administrator, &id).await?;
    Ok(of_version(stored.version, Json(RuleView::from(stored))))
}

async fn create(
    State(state): State<ApiState>,
    administrator: Administrator,
    Asked(query): Asked<SaveQuery>,
    Given(rule): Given<Rule>,
) -> Result<Response, Problem> {
    administrator.owner_of(rule.tenant.as_ref())?;
    let wanted = Save { id: None, seen: None, rule: &rule, allow_unmatched: query.allow_unmatched };
    let saved = drafts::save(&state.store, administrator.actor(), &wanted).await?;
    let location = format!("{RULES}/{}", saved.stored.id);
    let version = saved.stored.version;
    Ok(of_version(version, created(&location, &RuleView::from(saved.stored))))
}

async fn put(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
    Asked(query): Asked<SaveQuery>,
    headers: HeaderMap,
    Given(rule): Given<Rule>,
) -> Result<Response, Problem> {
    let before = find(&state, &administrator, &id).await?;
    administrator.owner_of(before.rule.tenant.as_ref())?;
    administrator.owner_of(rule.tenant.as_ref())?;
    // Whose rule it is was read of this version, so no other is changed.
    let seen = Some(if_match(&headers)?.unwrap_or(before.version));
    let wanted = Save { id: Some(&before.id), seen, rule: &rule, allow_unmatched: query.allow_unmatched };
    let saved = drafts::save(&state.store, administrator.actor(), &wanted).await?;
    Ok(of_version(saved.stored.version, Json(RuleView::from(saved.stored))))
}

async fn delete(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let before = find(&state, &administrator, &id).await?;
    administrator.owner_of(before.rule.tenant.as_ref())?;
    let seen = Some(if_match(&headers)?.unwrap_or(before.version));
    drafts::delete(&state.store, administrator.actor(), &before.id, seen).await?;
    Ok(StatusCode::NO_CONTENT)
}
