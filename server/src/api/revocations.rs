//! `/api/v1/revocations`: tokens and keys taken back. Whoever may do this can take away and never give.

use super::ApiState;
use super::administrator::Administrator;
use super::paging::{Listed, PageQuery};
use super::problem::Problem;
use super::reading::{Asked, Given, known_id};
use super::route::{Route, Verb};
use super::subjects::to_change;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::on;
use policy::scope::AdminScope;
use policy::{SubjectId, Timestamp};
use serde::{Deserialize, Serialize};
use store::administration::RevokedToken;
use utoipa::ToSchema;

const TOKENS: &str = "/api/v1/revocations/tokens";

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Get, TOKENS, AdminScope::Read, "List tokens of issuers that were taken back", |m| {
        on(m, list)
    })
    .asks::<PageQuery>()
    .lists::<RevokedTokenView>(),
    Route::new(Verb::Post, TOKENS, AdminScope::Revoke, "Take back one token of an issuer", |m| on(m, token))
        .takes::<TokenToRevoke>()
        .gives::<RevokedTokenView>(),
    Route::new(
        Verb::Post,
        "/api/v1/revocations/subjects",
        AdminScope::Revoke,
        "Sign a subject out everywhere: no token that was issued before counts any more",
        |m| on(m, subject),
    )
    .takes::<SubjectToSignOut>()
    .gives::<SignedOut>(),
    Route::new(Verb::Post, "/api/v1/revocations/keys", AdminScope::Revoke, "Take back one API key", |m| {
        on(m, key)
    })
    .takes::<KeyToRevoke>(),
];

/// A token that was taken back before it expired.
#[derive(Debug, Serialize, ToSchema)]
struct RevokedTokenView {
    issuer: String,
    jti: String,
    #[schema(value_type = String)]
    at: Timestamp,
    /// The token has expired by then.
    #[schema(value_type = String)]
    until: Timestamp,
    by: String,
}

impl From<RevokedToken> for RevokedTokenView {
    fn from(revoked: RevokedToken) -> Self {
        Self {
            issuer: revoked.issuer,
            jti: revoked.jti,
            at: revoked.at,
            until: revoked.until,
            by: revoked.by,
        }
    }
}

/// One token of an issuer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TokenToRevoke {
    /// The issuer's URL, as it is registered.
    issuer: String,
    /// The token's `jti` claim; not the token.
    jti: String,
    /// When the token expires by itself, its `exp`, in RFC 3339.
    #[schema(value_type = String)]
    until: Timestamp,
}

/// Whom to sign out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SubjectToSignOut {
    /// The subject's id.
    subject: String,
}

/// Who was signed out, and from when on tokens count.
#[derive(Debug, Serialize, ToSchema)]
struct SignedOut {
    #[schema(value_type = String)]
    subject: SubjectId,
    /// Tokens that were issued up to this moment count no longer.
    #[schema(value_type = Option<String>)]
    tokens_after: Option<Timestamp>,
}

/// One API key.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KeyToRevoke {
    /// The subject's id.
    subject: String,
    /// The key's name.
    name: String,
}

async fn list(
    State(state): State<ApiState>,
    administrator: Administrator,
    Asked(query): Asked<PageQuery>,
) -> Result<Json<Listed<RevokedTokenView>>, Problem> {
    administrator.of_every_tenant()?;
    let place = query.place()?;
    let found = state.store.list_revoked_tokens(&place.page()).await?;
    Ok(place.list(found, RevokedToken::cursor))
}

/// A token of one tenant takes back those of issuers that count in it and nowhere else.
async fn token(
    State(state): State<ApiState>,
    administrator: Administrator,
    Given(wanted): Given<TokenToRevoke>,
) -> Result<Json<RevokedTokenView>, Problem> {
    let mut writer = state.store.write(administrator.actor()).await?;
    if let Some(own) = administrator.tenant() {
        let stored = writer.get_issuer(&wanted.issuer).await?;
        if stored.is_none_or(|stored| stored.issuer.tenants.as_slice() != std::slice::from_ref(own)) {
            return Err(Problem::of_another_tenant());
        }
    }
    let revoked = writer.revoke_token(&wanted.issuer, &wanted.jti, wanted.until).await?;
    writer.commit().await?;
    Ok(Json(revoked.into()))
}

async fn subject(
    State(state): State<ApiState>,
    administrator: Administrator,
    Given(wanted): Given<SubjectToSignOut>,
) -> Result<Json<SignedOut>, Problem> {
    let mut writer = state.store.write(administrator.actor()).await?;
    let subject = to_change(&mut writer, &administrator, &wanted.subject).await?;
    let subject = writer.sign_out_everywhere(&subject.id).await?;
    writer.commit().await?;
    Ok(Json(SignedOut { subject: subject.id, tokens_after: subject.tokens_after }))
}

async fn key(
    State(state): State<ApiState>,
    administrator: Administrator,
    Given(wanted): Given<KeyToRevoke>,
) -> Result<StatusCode, Problem> {
    let name = known_id("key", &wanted.name)?;
    let mut writer = state.store.write(administrator.actor()).await?;
    let subject = to_change(&mut writer, &administrator, &wanted.subject).await?;
    if !writer.delete_api_key(&subject.id, name).await? {
        return Err(Problem::not_found("key"));
    }
    writer.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
