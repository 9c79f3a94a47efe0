//! `/api/v1/issuers`: trusted issuers of tokens. In a path their URL is percent-encoded as one segment.
//!
//! An issuer speaks for several tenants, so all of it takes a token of every tenant. The secret with which it is asked about its
//! tokens is taken and never given back.

use super::ApiState;
use super::administrator::Administrator;
use super::answer::{self, of_version};
use super::paging::{Listed, PageQuery};
use super::problem::Problem;
use super::reading::{Asked, Given, Segments, if_match, read};
use super::route::{Route, Verb};
use app::url::encode;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use axum::routing::on;
use pdp::Secret;
use pdp::vault::VaultError;
use policy::issuer::Issuer;
use policy::scope::AdminScope;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::borrow::Cow;
use store::Writer;
use store::administration::{SecretPlace, StoredIssuer};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

const ISSUER: &str = "/api/v1/issuers/{url}";

/// The member beside the settings with which an issuer is asked about its tokens.
const CLIENT_SECRET: &str = "client_secret";

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Get, "/api/v1/issuers", AdminScope::Read, "List issuers by URL", |m| on(m, list))
        .asks::<PageQuery>()
        .lists::<IssuerView>(),
    Route::new(Verb::Get, ISSUER, AdminScope::Read, "Get one issuer", |m| on(m, get))
        .gives::<IssuerView>()
        .versioned(),
    Route::new(Verb::Put, ISSUER, AdminScope::Issuers, "Register an issuer, or replace its settings", |m| {
        on(m, put)
    })
    .takes::<IssuerSettings>()
    .puts::<IssuerView>()
    .versioned(),
    Route::new(Verb::Patch, ISSUER, AdminScope::Issuers, "Disable or enable an issuer", |m| on(m, switch))
        .takes::<IssuerSwitch>()
        .gives::<IssuerView>()
        .versioned(),
    Route::new(Verb::Delete, ISSUER, AdminScope::Issuers, "Delete an issuer", |m| on(m, delete)).versioned(),
];

/// A trusted issuer of tokens.
#[derive(Debug, Serialize, ToSchema)]
struct IssuerView {
    version: i64,
    /// Its settings, as a policy file has them (`issuers`).
    #[schema(value_type = Object)]
    issuer: Issuer,
}

impl From<StoredIssuer> for IssuerView {
    fn from(stored: StoredIssuer) -> Self {
        Self { version: stored.version, issuer: stored.issuer }
    }
}

/// How the document describes an issuer's settings, which the vocabulary reads.
enum IssuerSettings {}

impl PartialSchema for IssuerSettings {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .description(Some(
                "An issuer's settings, as a policy file has them (`issuers`; docs/identity.md). What is not given is \
                 as usual; `active` stays as it is.",
            ))
            .property(
                CLIENT_SECRET,
                ObjectBuilder::new().schema_type(Type::String).write_only(true).description(Some(
                    "With which the issuer is asked about its tokens; goes with `introspection`. Taken, and not given \
                     back. Absent: the one that is kept stays, while `endpoint` does.",
                )),
            )
            .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(true)))
            .into()
    }
}

impl ToSchema for IssuerSettings {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("IssuerSettings")
    }
}

/// Whether its tokens count at all.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct IssuerSwitch {
    active: bool,
}

fn known(url: &str) -> Result<&str, Problem> {
    if url.contains('\0') { Err(Problem::not_found("issuer")) } else { Ok(url) }
}

fn fresh(seen: Option<i64>, stored: &StoredIssuer) -> Result<(), Problem> {
    match seen {
        Some(seen) if seen != stored.version => {
            Err(Problem::stale(format!("the issuer is at version {}", stored.version)))
        }
        _ => Ok(()),
    }
}

async fn find(writer: &mut Writer, url: &str, seen: Option<i64>) -> Result<StoredIssuer, Problem> {
    let stored = writer.get_issuer(known(url)?).await?.ok_or_else(|| Problem::not_found("issuer"))?;
    fresh(seen, &stored)?;
    Ok(stored)
}

fn answer(stored: StoredIssuer) -> Response {
    of_version(stored.version, Json(IssuerView::from(stored)))
}

async fn list(
    State(state): State<ApiState>,
    administrator: Administrator,
    Asked(query): Asked<PageQuery>,
) -> Result<Json<Listed<IssuerView>>, Problem> {
    administrator.of_every_tenant()?;
    let place = query.place()?;
    let found = state.store.list_issuers(&place.page()).await?;
    Ok(place.list(found, StoredIssuer::cursor))
}

async fn get(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(url): Segments<String>,
) -> Result<Response, Problem> {
    administrator.of_every_tenant()?;
    let stored = state.store.get_issuer(known(&url)?).await?;
    Ok(answer(stored.ok_or_else(|| Problem::not_found("issuer"))?))
}

/// The client's secret is none of the settings. It is never quoted; none and an empty one are the same.
fn take_secret(settings: &mut Map<String, Value>) -> Result<Secret, Problem> {
    match settings.remove(CLIENT_SECRET) {
        None | Some(Value::Null) => Ok(Secret::new(String::new())),
        Some(Value::String(secret)) => Ok(Secret::new(secret)),
        Some(_) => Err(Problem::malformed("`client_secret` must be a string")),
    }
}

/// The secret with which the issuer is asked: the one that was given, or else the one that is kept. To be asked of what was
/// just written, which deletes one that would go elsewhere: where it is refused, that is undone.
async fn keep_secret(
    state: &ApiState,
    writer: &mut Writer,
    issuer: &Issuer,
    secret: &Secret,
) -> Result<(), Problem> {
    let given = !secret.expose().is_empty();
    if issuer.introspection.is_none() {
        let unasked = "goes with `introspection` alone";
        return if given { Err(Problem::invalid(CLIENT_SECRET, unasked)) } else { Ok(()) };
    }
    let place = SecretPlace::client_secret(&issuer.url);
    if !given {
        let missing = "is needed for `introspection`: none is kept for where the issuer is asked";
        return match writer.get_secret(&place).await? {
            Some(_) => Ok(()),
            None => Err(Problem::invalid(CLIENT_SECRET, missing)),
        };
    }
    match state.console.vault().keep(writer, place, secret).await {
        Ok(()) => Ok(()),
        Err(VaultError::NotASecret) => Err(Problem::invalid(CLIENT_SECRET, "is too long, or holds U+0000")),
        Err(error) => Err(error.into()),
    }
}

async fn put(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(url): Segments<String>,
    headers: HeaderMap,
    Given(mut settings): Given<Map<String, Value>>,
) -> Result<Response, Problem> {
    administrator.of_every_tenant()?;
    let seen = if_match(&headers)?;
    if settings.insert("url".to_owned(), Value::from(known(&url)?)).is_some_and(|given| given != *url) {
        return Err(Problem::invalid("url", "must be that of the path"));
    }
    let secret = take_secret(&mut settings)?;
    let switched = settings.contains_key("active");
    let mut issuer: Issuer = read(Value::Object(settings))?;
    let mut writer = state.store.write(administrator.actor()).await?;
    let known = writer.get_issuer(&issuer.url).await?;
    let was_there = known.is_some();
    match known {
        Some(stored) => {
            fresh(seen, &stored)?;
            // Settings that are put anew must not switch on by the way what somebody has switched off.
            if !switched {
                issuer.active = stored.issuer.active;
            }
        }
        None if headers.contains_key(header::IF_MATCH) => {
            return Err(Problem::stale("there is no such issuer"));
        }
        None => {}
    }
    let stored = writer.put_issuer(&issuer).await?;
    keep_secret(&state, &mut writer, &stored.issuer, &secret).await?;
    writer.commit().await?;
    let location = ISSUER.replace("{url}", &encode(&stored.issuer.url));
    let version = stored.version;
    Ok(of_version(version, answer::put(was_there, &location, &IssuerView::from(stored))))
}

async fn switch(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(url): Segments<String>,
    headers: HeaderMap,
    Given(IssuerSwitch { active }): Given<IssuerSwitch>,
) -> Result<Response, Problem> {
    administrator.of_every_tenant()?;
    let seen = if_match(&headers)?;
    let mut writer = state.store.write(administrator.actor()).await?;
    let stored = find(&mut writer, &url, seen).await?;
    let stored = writer.put_issuer(&Issuer { active, ..stored.issuer }).await?;
    writer.commit().await?;
    Ok(answer(stored))
}

async fn delete(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(url): Segments<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    administrator.of_every_tenant()?;
    let seen = if_match(&headers)?;
    let mut writer = state.store.write(administrator.actor()).await?;
    let stored = find(&mut writer, &url, seen).await?;
    writer.delete_issuer(&stored.issuer.url).await?;
    writer.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
