//! `/api/v1/credentials`: enforcement keys. Secrets are shown once, in the answer that makes them.

use super::ApiState;
use super::administrator::Administrator;
use super::answer::created;
use super::paging::{Listed, PageQuery};
use super::problem::Problem;
use super::reading::{Asked, Given, Segments, in_future, known_id};
use super::route::{Route, Verb};
use crate::random;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::on;
use pdp::Secret;
use pdp::credentials::{self, CredentialError};
use pdp::secret::KeyKind;
use policy::labels::{ArgumentsMode, Responses, Search, Trust};
use policy::scope::AdminScope;
use policy::{CredentialId, ServerSlug, TenantSlug, Timestamp};
use serde::{Deserialize, Serialize};
use store::administration::Credential;
use store::{WriteError, Writer};
use utoipa::ToSchema;

const CREDENTIALS: &str = "/api/v1/credentials";
const CREDENTIAL: &str = "/api/v1/credentials/{id}";

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Get, CREDENTIALS, AdminScope::Read, "List enforcement keys by name", |m| on(m, list))
        .asks::<PageQuery>()
        .lists::<CredentialView>(),
    Route::new(Verb::Post, CREDENTIALS, AdminScope::Credentials, "Make an enforcement key", |m| {
        on(m, create)
    })
    .takes::<NewCredential>()
    .creates::<FreshCredential>(),
    Route::new(Verb::Get, CREDENTIAL, AdminScope::Read, "Get one enforcement key", |m| on(m, get))
        .gives::<CredentialView>(),
    Route::new(
        Verb::Patch,
        CREDENTIAL,
        AdminScope::Credentials,
        "Switch an enforcement key off or on",
        |m| on(m, switch),
    )
    .takes::<CredentialSwitch>()
    .gives::<CredentialView>(),
    Route::new(Verb::Delete, CREDENTIAL, AdminScope::Credentials, "Revoke an enforcement key", |m| {
        on(m, delete)
    }),
    Route::new(
        Verb::Post,
        "/api/v1/credentials/{id}/rotate",
        AdminScope::Credentials,
        "Add a second secret; the older one works until the rotation is finished",
        |m| on(m, rotate),
    )
    .takes::<Rotation>()
    .gives::<FreshCredential>(),
    Route::new(
        Verb::Post,
        "/api/v1/credentials/{id}/finish",
        AdminScope::Credentials,
        "Finish a rotation: every secret but the newest is removed",
        |m| on(m, finish),
    )
    .gives::<CredentialView>(),
];

/// An enforcement key, without its secrets.
#[derive(Debug, Serialize, ToSchema)]
struct CredentialView {
    #[schema(value_type = String)]
    id: CredentialId,
    name: String,
    /// Absent: every tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    tenant: Option<TenantSlug>,
    /// Absent: any server.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    server: Option<ServerSlug>,
    /// `verify_token`, `assert_subject` or `assert_attributes`.
    #[schema(value_type = String)]
    trust: Trust,
    /// `required` or `by_name`.
    #[schema(value_type = String)]
    arguments: ArgumentsMode,
    /// `explained` or `minimal`.
    #[schema(value_type = String)]
    responses: Responses,
    /// `none` or `own`.
    #[schema(value_type = String)]
    search: Search,
    /// False: whoever shows it is refused.
    active: bool,
    #[schema(value_type = String)]
    created_at: Timestamp,
}

impl From<Credential> for CredentialView {
    fn from(credential: Credential) -> Self {
        Self {
            id: credential.id,
            name: credential.name,
            tenant: credential.tenant,
            server: credential.server,
            trust: credential.trust,
            arguments: credential.arguments,
            responses: credential.responses,
            search: credential.search,
            active: credential.active,
            created_at: credential.created_at,
        }
    }
}

/// An enforcement key to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewCredential {
    name: String,
    /// Every tenant, unless given.
    #[schema(value_type = Option<String>)]
    tenant: Option<TenantSlug>,
    /// Any server, unless given. A token of one tenant gives one that this tenant may use.
    #[schema(value_type = Option<String>)]
    server: Option<ServerSlug>,
    /// `verify_token` (unless given), `assert_subject` or `assert_attributes`.
    #[schema(value_type = Option<String>)]
    trust: Option<Trust>,
    /// `required` (unless given) or `by_name`.
    #[schema(value_type = Option<String>)]
    arguments: Option<ArgumentsMode>,
    /// `explained` (unless given) or `minimal`.
    #[schema(value_type = Option<String>)]
    responses: Option<Responses>,
    /// `none` (unless given) or `own`: whether it may search, within its own tenant and server.
    #[schema(value_type = Option<String>)]
    search: Option<Search>,
    /// RFC 3339. Never, unless given.
    #[schema(value_type = Option<String>)]
    expires_at: Option<Timestamp>,
}

/// Whether it may be asked with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CredentialSwitch {
    active: bool,
}

/// The second secret.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Rotation {
    /// RFC 3339. Never, unless given.
    #[schema(value_type = Option<String>)]
    expires_at: Option<Timestamp>,
}

/// An enforcement key with a secret that was made. Not printable on purpose.
#[derive(Serialize, ToSchema)]
struct FreshCredential {
    credential: CredentialView,
    /// Shown this once; what is kept is a digest.
    secret: String,
}

impl From<CredentialError> for Problem {
    fn from(error: CredentialError) -> Self {
        let detail = error.to_string();
        match error {
            CredentialError::Write(error) => error.into(),
            CredentialError::Taken(_) => Self::conflict("taken", detail),
            CredentialError::TooManySecrets(_) => Self::conflict("too_many_secrets", detail),
            CredentialError::NewestExpired => Self::conflict("newest_expired", detail),
        }
    }
}

/// One that is the token's to see and to change.
async fn find(writer: &mut Writer, administrator: &Administrator, id: &str) -> Result<Credential, Problem> {
    let id = CredentialId::from(known_id("credential", id)?);
    let found = writer.get_credential(&id).await?;
    let found = found.filter(|credential| administrator.owns(credential.tenant.as_ref()));
    found.ok_or_else(|| Problem::not_found("credential"))
}

/// A token of one tenant is shown its own: what others have must not stand in `next` either.
async fn list(
    State(state): State<ApiState>,
    administrator: Administrator,
    Asked(query): Asked<PageQuery>,
) -> Result<Json<Listed<CredentialView>>, Problem> {
    let place = query.place()?;
    let found = match administrator.tenant() {
        Some(own) => state.store.list_tenant_credentials(own, &place.page()).await?,
        None => state.store.list_credentials(&place.page()).await?,
    };
    Ok(place.list(found, Credential::cursor))
}

async fn get(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
) -> Result<Json<CredentialView>, Problem> {
    let id = CredentialId::from(known_id("credential", &id)?);
    let found = state.store.get_credential(&id).await?;
    let found = found.filter(|credential| administrator.owns(credential.tenant.as_ref()));
    Ok(Json(found.ok_or_else(|| Problem::not_found("credential"))?.into()))
}

async fn create(
    State(state): State<ApiState>,
    administrator: Administrator,
    Given(new): Given<NewCredential>,
) -> Result<Response, Problem> {
    administrator.owner_of(new.tenant.as_ref())?;
    let expires_at = in_future("expires_at", new.expires_at, administrator.now())?;
    let usual = Credential::new(new.name);
    let credential = Credential {
        tenant: new.tenant,
        server: new.server,
        trust: new.trust.unwrap_or(usual.trust),
        arguments: new.arguments.unwrap_or(usual.arguments),
        responses: new.responses.unwrap_or(usual.responses),
        search: new.search.unwrap_or(usual.search),
        ..usual
    };
    let secret = Secret::from_random(KeyKind::Enforcement, &random::bytes());
    let digest = secret.digest();
    let mut writer = state.store.write(administrator.actor()).await?;
    if let (Some(own), Some(slug)) = (administrator.tenant(), &credential.server) {
        // A tenant's policy file holds the servers of its keys, so a key must not reach for those of others.
        let known = writer.get_server(slug).await?;
        let usable = known.is_some_and(|server| server.tenants.contains(own));
        if !usable {
            return Err(WriteError::Unknown { kind: "server", name: slug.to_string() }.into());
        }
    }
    let stored = credentials::create(&mut writer, &credential, &digest, expires_at).await?;
    writer.commit().await?;
    let location = format!("{CREDENTIALS}/{}", stored.id);
    let fresh = FreshCredential { credential: stored.into(), secret: secret.expose().to_owned() };
    Ok(created(&location, &fresh))
}

async fn switch(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
    Given(CredentialSwitch { active }): Given<CredentialSwitch>,
) -> Result<Json<CredentialView>, Problem> {
    let mut writer = state.store.write(administrator.actor()).await?;
    let credential = find(&mut writer, &administrator, &id).await?;
    let stored = writer.put_credential(&Credential { active, ..credential }).await?;
    writer.commit().await?;
    Ok(Json(stored.into()))
}

async fn delete(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
) -> Result<StatusCode, Problem> {
    let mut writer = state.store.write(administrator.actor()).await?;
    let credential = find(&mut writer, &administrator, &id).await?;
    writer.delete_credential(&credential.id).await?;
    writer.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn rotate(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
    Given(rotation): Given<Rotation>,
) -> Result<Json<FreshCredential>, Problem> {
    let expires_at = in_future("expires_at", rotation.expires_at, administrator.now())?;
    let secret = Secret::from_random(KeyKind::Enforcement, &random::bytes());
    let digest = secret.digest();
    let mut writer = state.store.write(administrator.actor()).await?;
    let credential = find(&mut writer, &administrator, &id).await?;
    credentials::rotate(&mut writer, &credential.id, &digest, expires_at).await?;
    writer.commit().await?;
    Ok(Json(FreshCredential { credential: credential.into(), secret: secret.expose().to_owned() }))
}

async fn finish(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
) -> Result<Json<CredentialView>, Problem> {
    let mut writer = state.store.write(administrator.actor()).await?;
    let credential = find(&mut writer, &administrator, &id).await?;
    credentials::finish(&mut writer, &credential.id).await?;
    writer.commit().await?;
    Ok(Json(credential.into()))
}
