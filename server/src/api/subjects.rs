//! `/api/v1/subjects`: people, agents and services.
//!
//! A token of one tenant sees the members of that tenant, and changes those who are in no other: a subject's name,
//! attributes and keys hold in all of its tenants.

use super::ApiState;
use super::administrator::Administrator;
use super::answer::created;
use super::paging::{Listed, Place};
use super::problem::Problem;
use super::reading::{Asked, Given, Segments, known_id};
use super::route::{Route, Verb};
use super::subject_parts::{IdentityView, MembershipView};
use super::subject_sight::Sight;
use app::url::encode;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::on;
use policy::arguments::canonical;
use policy::scope::AdminScope;
use policy::{SubjectId, SubjectKind, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::Writer;
use store::administration::{Identity, Membership, Subject};
use utoipa::{IntoParams, ToSchema};

const SUBJECTS: &str = "/api/v1/subjects";
const SUBJECT: &str = "/api/v1/subjects/{id}";

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Get, SUBJECTS, AdminScope::Read, "List subjects by id", |m| on(m, list))
        .asks::<SubjectsQuery>()
        .lists::<SubjectView>(),
    Route::new(Verb::Post, SUBJECTS, AdminScope::Subjects, "Create a subject", |m| on(m, create))
        .takes::<NewSubject>()
        .creates::<SubjectView>(),
    Route::new(Verb::Get, SUBJECT, AdminScope::Read, "Get one subject with its memberships", |m| on(m, get))
        .gives::<SubjectView>(),
    Route::new(Verb::Patch, SUBJECT, AdminScope::Subjects, "Change, disable or enable a subject", |m| {
        on(m, change)
    })
    .takes::<SubjectChange>()
    .gives::<SubjectView>(),
    Route::new(Verb::Delete, SUBJECT, AdminScope::Subjects, "Delete a subject with its keys", |m| {
        on(m, delete)
    }),
];

/// The largest attributes, in bytes of their canonical form: every call of the subject reads them.
const MAX_ATTRIBUTES: usize = 10_000;

/// How many identities, and how many memberships, a subject is made with at the most: they are written one by one.
const MAX_PARTS: usize = 100;

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct SubjectsQuery {
    /// Only the members of this tenant.
    tenant: Option<String>,
    /// Only those whose id or name holds this text.
    q: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// At most so many: 50 unless said, never more than 200.
    limit: Option<u32>,
}

/// A person, an agent or a service.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SubjectView {
    #[schema(value_type = String)]
    id: SubjectId,
    /// `user`, `agent` or `service`.
    #[schema(value_type = String)]
    kind: SubjectKind,
    name: String,
    /// False: disabled, and every call of it is denied.
    active: bool,
    #[schema(value_type = Object)]
    attributes: Map<String, Value>,
    identities: Vec<IdentityView>,
    /// Absent in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    memberships: Option<Vec<MembershipView>>,
    #[schema(value_type = String)]
    created_at: Timestamp,
    /// Tokens of issuers that were issued up to this moment count no longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    tokens_after: Option<Timestamp>,
    /// The user who answers for this agent or service.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    owner: Option<SubjectId>,
}

impl From<Subject> for SubjectView {
    fn from(subject: Subject) -> Self {
        Self {
            id: subject.id,
            kind: subject.kind,
            name: subject.name,
            active: subject.active,
            attributes: subject.attributes,
            identities: subject.identities.into_iter().map(IdentityView::from).collect(),
            memberships: None,
            created_at: subject.created_at,
            tokens_after: subject.tokens_after,
            owner: subject.owner,
        }
    }
}

/// A subject to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewSubject {
    #[schema(value_type = String)]
    id: SubjectId,
    /// `user`, `agent` or `service`.
    #[schema(value_type = String)]
    kind: SubjectKind,
    /// The id, unless given.
    name: Option<String>,
    /// True, unless given.
    active: Option<bool>,
    #[schema(value_type = Option<Object>)]
    attributes: Option<Map<String, Value>>,
    /// 100 at the most; they take the scope `identities:write` as well. A token of one tenant gives none.
    #[serde(default)]
    identities: Vec<IdentityView>,
    /// 100 at the most. A token of one tenant has to give one in that tenant, and no other.
    #[serde(default)]
    memberships: Vec<MembershipView>,
}

/// What is to be another. What is not given stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SubjectChange {
    name: Option<String>,
    /// `user`, `agent` or `service`.
    #[schema(value_type = Option<String>)]
    kind: Option<SubjectKind>,
    /// False disables it: every call is denied from the next one on.
    active: Option<bool>,
    /// Replaces them all.
    #[schema(value_type = Option<Object>)]
    attributes: Option<Map<String, Value>>,
}

/// Whether a token sees a subject with these memberships.
fn sees(administrator: &Administrator, memberships: &[Membership]) -> bool {
    administrator.tenant().is_none_or(|own| memberships.iter().any(|one| one.tenant == *own))
}

/// Whether a subject with these memberships is the token's to change.
fn changes(administrator: &Administrator, memberships: &[Membership]) -> bool {
    administrator
        .tenant()
        .is_none_or(|own| !memberships.is_empty() && memberships.iter().all(|one| one.tenant == *own))
}

/// A subject that the token may change, within a unit of work.
///
/// # Errors
/// When there is none that it sees, or others have a say in it.
pub(super) async fn to_change(
    writer: &mut Writer,
    administrator: &Administrator,
    id: &str,
) -> Result<Subject, Problem> {
    let (subject, memberships) = seen(writer, administrator, id).await?;
    if changes(administrator, &memberships) { Ok(subject) } else { Err(Problem::of_another_tenant()) }
}

/// A subject that the token sees, with all of its memberships.
///
/// # Errors
/// When there is none.
pub(super) async fn seen(
    writer: &mut Writer,
    administrator: &Administrator,
    id: &str,
) -> Result<(Subject, Vec<Membership>), Problem> {
    let id = SubjectId::from(known_id("subject", id)?);
    let subject = writer.get_subject(&id).await?.ok_or_else(|| Problem::not_found("subject"))?;
    let memberships = writer.list_memberships(&id).await?;
    if sees(administrator, &memberships) {
        Ok((subject, memberships))
    } else {
        Err(Problem::not_found("subject"))
    }
}

/// The same without a unit of work: for what only reads.
///
/// # Errors
/// When there is none.
pub(super) async fn to_read(
    state: &ApiState,
    administrator: &Administrator,
    id: &str,
) -> Result<(Subject, Vec<Membership>), Problem> {
    let id = SubjectId::from(known_id("subject", id)?);
    let subject = state.store.get_subject(&id).await?.ok_or_else(|| Problem::not_found("subject"))?;
    let mut memberships = state.store.list_memberships(&id).await?;
    if !sees(administrator, &memberships) {
        return Err(Problem::not_found("subject"));
    }
    // In which other tenants somebody is, is theirs to know.
    memberships.retain(|membership| administrator.owns(Some(&membership.tenant)));
    Ok((subject, memberships))
}

async fn list(
    State(state): State<ApiState>,
    administrator: Administrator,
    Asked(query): Asked<SubjectsQuery>,
) -> Result<Json<Listed<SubjectView>>, Problem> {
    let place = Place::new(query.q.as_deref(), query.after.as_deref(), query.limit)?;
    let tenant = administrator.narrowed(query.tenant.as_deref())?;
    let mut sight = Sight::new(&state, &administrator);
    let mut found = Vec::new();
    for subject in state.store.list_subjects(tenant.as_ref(), &place.page()).await? {
        found.push(sight.of(subject).await?);
    }
    Ok(place.list(found, Subject::cursor))
}

async fn get(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
) -> Result<Json<SubjectView>, Problem> {
    let (subject, memberships) = to_read(&state, &administrator, &id).await?;
    let subject = Sight::new(&state, &administrator).of(subject).await?;
    let memberships = Some(memberships.into_iter().map(MembershipView::from).collect());
    Ok(Json(SubjectView { memberships, ..subject.into() }))
}

async fn create(
    State(state): State<ApiState>,
    administrator: Administrator,
    Given(new): Given<NewSubject>,
) -> Result<Response, Problem> {
    if let Some(attributes) = &new.attributes {
        check_attributes(attributes)?;
    }
    for (field, count) in [("identities", new.identities.len()), ("memberships", new.memberships.len())] {
        if count > MAX_PARTS {
            return Err(Problem::invalid(field, format!("must not be more than {MAX_PARTS}")));
        }
    }
    // An identity counts in every tenant of its issuer.
    if !new.identities.is_empty() {
        administrator.of_every_tenant()?;
        // Whose it is, the holder is: not only in calls, but where they sign in by it.
        administrator.may_also(AdminScope::Identities)?;
    }
    let subject = Subject {
        active: new.active.unwrap_or(true),
        attributes: new.attributes.unwrap_or_default(),
        identities: new.identities.into_iter().map(Identity::from).collect(),
        name: new.name.unwrap_or_else(|| new.id.as_str().to_owned()),
        ..Subject::new(new.id, new.kind)
    };
    let memberships: Vec<Membership> = new.memberships.into_iter().map(|one| one.of(&subject.id)).collect();
    if !changes(&administrator, &memberships) {
        return Err(Problem::of_another_tenant());
    }
    let mut writer = state.store.write(administrator.actor()).await?;
    if known_id("subject", subject.id.as_str()).is_ok() && writer.get_subject(&subject.id).await?.is_some() {
        return Err(Problem::conflict("taken", "a subject of this id exists"));
    }
    let stored = writer.put_subject(&subject).await?;
    for membership in &memberships {
        writer.put_membership(membership).await?;
    }
    let memberships = writer.list_memberships(&stored.id).await?;
    writer.commit().await?;
    let memberships = Some(memberships.into_iter().map(MembershipView::from).collect());
    let location = format!("{SUBJECTS}/{}", encode(stored.id.as_str()));
    Ok(created(&location, &SubjectView { memberships, ..stored.into() }))
}

async fn change(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
    Given(change): Given<SubjectChange>,
) -> Result<Json<SubjectView>, Problem> {
    let mut writer = state.store.write(administrator.actor()).await?;
    let mut subject = to_change(&mut writer, &administrator, &id).await?;
    if let Some(name) = change.name {
        subject.name = name;
    }
    if let Some(kind) = change.kind {
        subject.kind = kind;
    }
    if let Some(active) = change.active {
        subject.active = active;
    }
    if let Some(attributes) = change.attributes {
        check_attributes(&attributes)?;
        subject.attributes = attributes;
    }
    let stored = writer.put_subject(&subject).await?;
    writer.commit().await?;
    Ok(Json(Sight::new(&state, &administrator).of(stored).await?.into()))
}

fn check_attributes(attributes: &Map<String, Value>) -> Result<(), Problem> {
    let size: usize = attributes.iter().map(|(key, value)| key.len() + canonical(value).len()).sum();
    if size > MAX_ATTRIBUTES {
        let detail = format!("must not be larger than {MAX_ATTRIBUTES} bytes");
        return Err(Problem::invalid("attributes", detail));
    }
    Ok(())
}

async fn delete(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
) -> Result<StatusCode, Problem> {
    let mut writer = state.store.write(administrator.actor()).await?;
    let subject = to_change(&mut writer, &administrator, &id).await?;
    writer.delete_subject(&subject.id).await?;
    writer.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
