//! `/api/v1/substitutes`: who answers requests for approval in whose place. A token speaks for its account: it names and
//! ends the substitute of that account's person alone, as the console does.
//!
//! Persons are of several tenants, so all of it takes a token of every tenant.

use super::ApiState;
use super::administrator::Administrator;
use super::answer::created;
use super::paging::{Listed, Place};
use super::problem::Problem;
use super::reading::{Asked, Given, Segments, known_id};
use super::route::{Route, Verb};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::on;
use pdp::approvals::may_stand_in;
use policy::ids::check_subject_id;
use policy::scope::AdminScope;
use policy::{Reach, SubjectId, Timestamp};
use serde::{Deserialize, Serialize};
use store::approvals::{NewSubstitute, Substitute};
use utoipa::{IntoParams, ToSchema};

const SUBSTITUTES: &str = "/api/v1/substitutes";
const SUBSTITUTE: &str = "/api/v1/substitutes/{id}";

pub(super) const ROUTES: &[Route] = &[
    Route::new(
        Verb::Get,
        SUBSTITUTES,
        AdminScope::Read,
        "List the newest 500 substitutes, newest first, past ones too",
        |m| on(m, list),
    )
    .asks::<SubstitutesQuery>()
    .lists::<SubstituteView>(),
    Route::new(
        Verb::Post,
        SUBSTITUTES,
        AdminScope::Substitutes,
        "Name who answers in the place of the token's own account from now on",
        |m| on(m, name),
    )
    .takes::<Naming>()
    .creates::<SubstituteView>(),
    Route::new(Verb::Get, SUBSTITUTE, AdminScope::Read, "Get one substitute", |m| on(m, get))
        .gives::<SubstituteView>(),
    Route::new(
        Verb::Post,
        "/api/v1/substitutes/{id}/end",
        AdminScope::Substitutes,
        "End a substitute of the token's own account; one that is over stays as it is",
        |m| on(m, end),
    )
    .gives::<SubstituteView>(),
];

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct SubstitutesQuery {
    /// `next` of the page before.
    after: Option<String>,
    /// At most so many: 50 unless said, never more than 200.
    limit: Option<u32>,
}

/// Somebody answers in the place of somebody else.
#[derive(Debug, Serialize, ToSchema)]
struct SubstituteView {
    id: String,
    /// Who is away.
    #[schema(value_type = String, example = "ann")]
    person: SubjectId,
    #[schema(value_type = String, example = "ben")]
    substitute: SubjectId,
    #[schema(value_type = String)]
    starts_at: Timestamp,
    #[schema(value_type = String)]
    ends_at: Timestamp,
    /// Before its time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    ended_at: Option<Timestamp>,
}

impl From<Substitute> for SubstituteView {
    fn from(named: Substitute) -> Self {
        Self {
            id: named.id,
            person: named.person,
            substitute: named.substitute,
            starts_at: named.starts_at,
            ends_at: named.ends_at,
            ended_at: named.ended_at,
        }
    }
}

/// Who is to answer, and until when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Naming {
    /// The id of an active user who shares a tenant with the account's person.
    #[schema(value_type = String, example = "ben")]
    substitute: SubjectId,
    /// At most 90 days from now.
    #[schema(value_type = String, example = "2027-01-31T12:00:00Z")]
    ends_at: Timestamp,
}

/// The person whose account the token speaks for, as that is now.
async fn person(state: &ApiState, administrator: &Administrator) -> Result<SubjectId, Problem> {
    let account = state.store.account_by_login(administrator.account()).await?;
    account.ok_or_else(Problem::stranger)?.subject.ok_or_else(|| {
        Problem::conflict(
            "no_person",
            "the account that the token speaks for stands for no person of the policy",
        )
    })
}

async fn find(state: &ApiState, id: &str) -> Result<Substitute, Problem> {
    let found = state.store.get_substitute(known_id("substitute", id)?).await?;
    found.ok_or_else(|| Problem::not_found("substitute"))
}

async fn list(
    State(state): State<ApiState>,
    administrator: Administrator,
    Asked(query): Asked<SubstitutesQuery>,
) -> Result<Json<Listed<SubstituteView>>, Problem> {
    administrator.of_every_tenant()?;
    let place = Place::new(None, query.after.as_deref(), query.limit)?;
    let mut found = state.store.list_substitutes(None).await?;
    found.retain(|named| place.after().is_none_or(|after| named.id.as_str() < after));
    Ok(place.list(found, |named: &Substitute| named.id.clone()))
}

async fn get(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
) -> Result<Json<SubstituteView>, Problem> {
    administrator.of_every_tenant()?;
    Ok(Json(find(&state, &id).await?.into()))
}

async fn name(
    State(state): State<ApiState>,
    administrator: Administrator,
    Given(naming): Given<Naming>,
) -> Result<Response, Problem> {
    administrator.of_every_tenant()?;
    let now = administrator.now();
    let person = person(&state, &administrator).await?;
    // What can be no id is not looked up: Postgres refuses U+0000 even in a comparison.
    let is_known = check_subject_id(naming.substitute.as_str()).is_ok()
        && may_stand_in(&state.store, &person, &naming.substitute, &Reach::Everything, now).await?;
    if !is_known {
        let detail = "must be another active user who shares a tenant with the account's person";
        return Err(Problem::invalid("substitute", detail));
    }
    let mut writer = state.store.write(administrator.actor()).await?;
    let new = NewSubstitute {
        person: &person,
        substitute: &naming.substitute,
        starts_at: writer.now(),
        ends_at: naming.ends_at,
    };
    let named = writer.put_substitute(&new).await?;
    writer.commit().await?;
    let location = format!("{SUBSTITUTES}/{}", named.id);
    Ok(created(&location, &SubstituteView::from(named)))
}

async fn end(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
) -> Result<Json<SubstituteView>, Problem> {
    administrator.of_every_tenant()?;
    let named = find(&state, &id).await?;
    if named.person != person(&state, &administrator).await? {
        let detail = "this is the substitute of somebody else";
        return Err(Problem::new(StatusCode::FORBIDDEN, "not_yours", detail));
    }
    let mut writer = state.store.write(administrator.actor()).await?;
    let ended = writer.end_substitute(&named.id).await?;
    writer.commit().await?;
    Ok(Json(ended.into()))
}
