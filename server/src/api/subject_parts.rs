//! What belongs to a subject: memberships, identities and API keys, below `/api/v1/subjects/{id}`.

use super::ApiState;
use super::administrator::Administrator;
use super::answer::{self, created};
use super::problem::Problem;
use super::reading::{Asked, Given, Segments, in_future, known_id, known_slug};
use super::route::{Route, Verb};
use super::subjects::{seen, to_change, to_read};
use crate::random;
use app::url::encode;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::on;
use pdp::Secret;
use pdp::secret::KeyKind;
use policy::scope::AdminScope;
use policy::{SubjectId, TenantSlug, Timestamp};
use serde::{Deserialize, Serialize};
use store::administration::{ApiKey, Identity, Membership, NewApiKey, Subject};
use utoipa::{IntoParams, ToSchema};

const MEMBERSHIP: &str = "/api/v1/subjects/{id}/memberships/{tenant}";
const IDENTITIES: &str = "/api/v1/subjects/{id}/identities";
const KEYS: &str = "/api/v1/subjects/{id}/keys";
const KEY: &str = "/api/v1/subjects/{id}/keys/{name}";

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Put, MEMBERSHIP, AdminScope::Subjects, "Put a subject into a tenant", |m| on(m, join))
        .takes::<MembershipTerms>()
        .puts::<MembershipView>(),
    Route::new(Verb::Delete, MEMBERSHIP, AdminScope::Subjects, "Take a subject out of a tenant", |m| {
        on(m, leave)
    }),
    Route::new(Verb::Post, IDENTITIES, AdminScope::Identities, "Give an identity to a subject", |m| {
        on(m, identify)
    })
    .takes::<IdentityView>()
    .creates::<IdentityView>(),
    Route::new(Verb::Delete, IDENTITIES, AdminScope::Subjects, "Take an identity off a subject", |m| {
        on(m, forget)
    })
    .asks::<IdentityView>(),
    Route::new(Verb::Get, KEYS, AdminScope::Read, "List a subject's API keys", |m| on(m, keys))
        .gives::<ApiKeys>(),
    Route::new(Verb::Post, KEYS, AdminScope::Subjects, "Make an API key, whose secret is shown once", |m| {
        on(m, make_key)
    })
    .takes::<NewKey>()
    .creates::<FreshApiKey>(),
    Route::new(Verb::Delete, KEY, AdminScope::Subjects, "Delete an API key", |m| on(m, delete_key)),
];

/// How an issuer names a subject.
#[derive(Debug, Serialize, Deserialize, ToSchema, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct IdentityView {
    /// The issuer's URL.
    issuer: String,
    /// The subject as the issuer names it.
    sub: String,
}

impl From<Identity> for IdentityView {
    fn from(identity: Identity) -> Self {
        Self { issuer: identity.issuer, sub: identity.sub }
    }
}

impl From<IdentityView> for Identity {
    fn from(view: IdentityView) -> Self {
        Self { issuer: view.issuer, sub: view.sub }
    }
}

/// A subject in a tenant.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MembershipView {
    #[schema(value_type = String)]
    tenant: TenantSlug,
    /// Names of roles: the tenant's own, or those of every tenant.
    #[serde(default)]
    roles: Vec<String>,
    /// RFC 3339. It ends at this moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    until: Option<Timestamp>,
}

impl MembershipView {
    pub(super) fn of(self, subject: &SubjectId) -> Membership {
        Membership { subject: subject.clone(), tenant: self.tenant, roles: self.roles, until: self.until }
    }
}

impl From<Membership> for MembershipView {
    fn from(membership: Membership) -> Self {
        Self { tenant: membership.tenant, roles: membership.roles, until: membership.until }
    }
}

/// How a subject is in a tenant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MembershipTerms {
    /// Names of roles, which replace those it has.
    roles: Vec<String>,
    /// RFC 3339. It ends at this moment; never, unless given.
    #[schema(value_type = Option<String>)]
    until: Option<Timestamp>,
}

async fn join(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments((id, tenant)): Segments<(String, String)>,
    Given(terms): Given<MembershipTerms>,
) -> Result<Response, Problem> {
    let tenant = TenantSlug::from(known_slug("tenant", &tenant)?);
    administrator.owner_of(Some(&tenant))?;
    let mut writer = state.store.write(administrator.actor()).await?;
    // Nobody draws somebody else's subject into their own tenant.
    let (subject, held) = seen(&mut writer, &administrator, &id).await?;
    if writer.get_tenant(&tenant).await?.is_none() {
        return Err(Problem::not_found("tenant"));
    }
    let was_there = held.iter().any(|membership| membership.tenant == tenant);
    let membership = Membership { subject: subject.id, tenant, roles: terms.roles, until: terms.until };
    let stored = writer.put_membership(&membership).await?;
    writer.commit().await?;
    let location = MEMBERSHIP
        .replace("{id}", &encode(stored.subject.as_str()))
        .replace("{tenant}", stored.tenant.as_str());
    Ok(answer::put(was_there, &location, &MembershipView::from(stored)))
}

async fn leave(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments((id, tenant)): Segments<(String, String)>,
) -> Result<StatusCode, Problem> {
    let tenant = TenantSlug::from(known_slug("membership", &tenant)?);
    administrator.owner_of(Some(&tenant))?;
    let mut writer = state.store.write(administrator.actor()).await?;
    let (subject, _) = seen(&mut writer, &administrator, &id).await?;
    if !writer.delete_membership(&subject.id, &tenant).await? {
        return Err(Problem::not_found("membership"));
    }
    writer.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An identity counts in every tenant of its issuer, so it takes a token of every tenant to give one.
async fn identify(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
    Given(identity): Given<IdentityView>,
) -> Result<Response, Problem> {
    administrator.of_every_tenant()?;
    let mut writer = state.store.write(administrator.actor()).await?;
    let subject = to_change(&mut writer, &administrator, &id).await?;
    writer.map_identity(&identity.issuer, &identity.sub, &subject.id).await?;
    writer.commit().await?;
    Ok(created(&format!("/api/v1/subjects/{}", encode(subject.id.as_str())), &identity))
}

async fn forget(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
    Asked(identity): Asked<IdentityView>,
) -> Result<StatusCode, Problem> {
    let mut writer = state.store.write(administrator.actor()).await?;
    let subject = to_change(&mut writer, &administrator, &id).await?;
    // One that the token is not shown is not found either.
    if !writer.remove_identity(subject, &Identity::from(identity), administrator.reach()).await? {
        return Err(Problem::not_found("identity"));
    }
    writer.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A subject's API keys.
#[derive(Debug, Serialize, ToSchema)]
struct ApiKeys {
    items: Vec<ApiKeyView>,
}

/// A subject's key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
struct ApiKeyView {
    id: String,
    /// One of a kind within its subject.
    name: String,
    #[schema(value_type = String)]
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    expires_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    last_used_at: Option<Timestamp>,
}

impl From<ApiKey> for ApiKeyView {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name,
            created_at: key.created_at,
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
        }
    }
}

/// A key to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewKey {
    /// One of a kind within its subject.
    name: String,
    /// RFC 3339. Never, unless given.
    #[schema(value_type = Option<String>)]
    expires_at: Option<Timestamp>,
}

/// A key that was made. Not printable on purpose.
#[derive(Serialize, ToSchema)]
struct FreshApiKey {
    key: ApiKeyView,
    /// Shown this once; what is kept is a digest.
    secret: String,
}

async fn keys(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
) -> Result<Json<ApiKeys>, Problem> {
    let (Subject { id, .. }, _) = to_read(&state, &administrator, &id).await?;
    let keys = state.store.list_api_keys(&id).await?;
    Ok(Json(ApiKeys { items: keys.into_iter().map(ApiKeyView::from).collect() }))
}

async fn make_key(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
    Given(new): Given<NewKey>,
) -> Result<Response, Problem> {
    let expires_at = in_future("expires_at", new.expires_at, administrator.now())?;
    let secret = Secret::from_random(KeyKind::Api, &random::bytes());
    let mut writer = state.store.write(administrator.actor()).await?;
    let subject = to_change(&mut writer, &administrator, &id).await?;
    // Its secret would end.
    if writer.list_api_keys(&subject.id).await?.iter().any(|key| key.name == new.name) {
        return Err(Problem::conflict("taken", "the subject has a key of this name"));
    }
    let digest = secret.digest();
    let key = NewApiKey { subject: &subject.id, name: &new.name, digest: &digest, expires_at };
    let stored = writer.put_api_key(&key).await?;
    writer.commit().await?;
    let location = format!("/api/v1/subjects/{}/keys/{}", encode(subject.id.as_str()), encode(&stored.name));
    Ok(created(&location, &FreshApiKey { key: stored.into(), secret: secret.expose().to_owned() }))
}

async fn delete_key(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments((id, name)): Segments<(String, String)>,
) -> Result<StatusCode, Problem> {
    let name = known_id("key", &name)?;
    let mut writer = state.store.write(administrator.actor()).await?;
    let subject = to_change(&mut writer, &administrator, &id).await?;
    if !writer.delete_api_key(&subject.id, name).await? {
        return Err(Problem::not_found("key"));
    }
    writer.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
