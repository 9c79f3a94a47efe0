//! `/api/v1/webhooks`: whose address is told of approvals. An address may be a secret by itself, as chat services give them
//! out: it is taken and never given back; what is shown is its scheme and host. The secret that signs is shown once.
//!
//! Names, and how many there may be, are of all tenants together: a token of one tenant sees that tenant's and changes none.

use super::ApiState;
use super::administrator::Administrator;
use super::answer::created;
use super::paging::{Listed, PageQuery};
use super::problem::Problem;
use super::reading::{Asked, Given, Segments, check_tenant, check_url, known_id};
use super::route::{Route, Verb};
use crate::random;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::on;
use pdp::Secret;
use pdp::notify::{self, fresh_secret};
use policy::labels::NoticeKind;
use policy::scope::AdminScope;
use policy::{TenantSlug, Timestamp};
use serde::{Deserialize, Serialize};
use store::Writer;
use store::administration::{NewWebhook, Webhook};
use store::notifications::Receiver;
use utoipa::ToSchema;

const WEBHOOKS: &str = "/api/v1/webhooks";
const WEBHOOK: &str = "/api/v1/webhooks/{id}";

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Get, WEBHOOKS, AdminScope::Read, "List webhooks by name", |m| on(m, list))
        .asks::<PageQuery>()
        .lists::<WebhookView>(),
    Route::new(Verb::Post, WEBHOOKS, AdminScope::Webhooks, "Add a webhook", |m| on(m, create))
        .takes::<NewHook>()
        .creates::<FreshWebhook>(),
    Route::new(Verb::Get, WEBHOOK, AdminScope::Read, "Get one webhook", |m| on(m, get))
        .gives::<WebhookView>(),
    Route::new(Verb::Put, WEBHOOK, AdminScope::Webhooks, "Replace a webhook's settings", |m| on(m, put))
        .takes::<HookSettings>()
        .gives::<WebhookView>(),
    Route::new(
        Verb::Delete,
        WEBHOOK,
        AdminScope::Webhooks,
        "Delete a webhook with its secrets, and what waits to be sent to it",
        |m| on(m, delete),
    ),
    Route::new(
        Verb::Post,
        "/api/v1/webhooks/{id}/rotate",
        AdminScope::Webhooks,
        "Let a second secret sign beside the one that does",
        |m| on(m, rotate),
    )
    .gives::<FreshWebhook>(),
    Route::new(
        Verb::Post,
        "/api/v1/webhooks/{id}/finish",
        AdminScope::Webhooks,
        "Finish a rotation: the older secret signs no longer",
        |m| on(m, finish),
    )
    .gives::<WebhookView>(),
    Route::new(
        Verb::Post,
        "/api/v1/webhooks/{id}/test",
        AdminScope::Webhooks,
        "Send a message that says nothing but that it arrived",
        |m| on(m, test),
    ),
];

/// A webhook, without its secrets and its whole address.
#[derive(Debug, Serialize, ToSchema)]
struct WebhookView {
    id: String,
    #[schema(example = "chat")]
    name: String,
    /// Scheme and host. The rest is not told.
    #[schema(example = "https://hooks.example/…")]
    address: String,
    /// `requested`, `decided`, `expired`.
    #[schema(value_type = Vec<String>)]
    events: Vec<NoticeKind>,
    /// Absent: it is told of every tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    tenant: Option<TenantSlug>,
    /// False: nothing is sent to it.
    active: bool,
    #[schema(value_type = String)]
    created_at: Timestamp,
}

impl From<Webhook> for WebhookView {
    fn from(webhook: Webhook) -> Self {
        Self {
            address: webhook.url,
            id: webhook.id,
            name: webhook.name,
            events: webhook.events,
            tenant: webhook.tenant,
            active: webhook.active,
            created_at: webhook.created_at,
        }
    }
}

/// A webhook to be added. Not printable on purpose: its address may be a secret.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewHook {
    /// One of a kind.
    #[schema(example = "chat")]
    name: String,
    /// Taken, and not given back.
    #[schema(example = "https://hooks.example/services/T0/B0/x")]
    url: String,
    /// `requested`, `decided`, `expired`; at least one.
    #[schema(value_type = Vec<String>)]
    events: Vec<NoticeKind>,
    /// Absent: it is told of every tenant.
    #[schema(value_type = Option<String>)]
    tenant: Option<TenantSlug>,
}

/// What a webhook is from now on. Not printable on purpose: its address may be a secret.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HookSettings {
    #[schema(example = "chat")]
    name: String,
    /// Absent: the one that is kept stays.
    #[schema(example = "https://hooks.example/services/T0/B0/x")]
    url: Option<String>,
    /// `requested`, `decided`, `expired`; at least one.
    #[schema(value_type = Vec<String>)]
    events: Vec<NoticeKind>,
    /// Absent: it is told of every tenant.
    #[schema(value_type = Option<String>)]
    tenant: Option<TenantSlug>,
    /// Absent: it stays as it is.
    active: Option<bool>,
}

/// A webhook with a secret that was made. Not printable on purpose.
#[derive(Serialize, ToSchema)]
struct FreshWebhook {
    webhook: WebhookView,
    /// Shown this once: what is sent is signed with it.
    #[schema(example = "whsec_…")]
    secret: String,
}

async fn find(writer: &mut Writer, id: &str) -> Result<Webhook, Problem> {
    writer.get_webhook(known_id("webhook", id)?).await?.ok_or_else(|| Problem::not_found("webhook"))
}

async fn list(
    State(state): State<ApiState>,
    administrator: Administrator,
    Asked(query): Asked<PageQuery>,
) -> Result<Json<Listed<WebhookView>>, Problem> {
    let place = query.place()?;
    let mut found = state.store.list_webhooks().await?;
    found.retain(|webhook| administrator.owns(webhook.tenant.as_ref()));
    Ok(place.cut(found, |webhook: &Webhook| webhook.name.clone()))
}

async fn get(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
) -> Result<Json<WebhookView>, Problem> {
    let found = state.store.get_webhook(known_id("webhook", &id)?).await?;
    let found = found.filter(|webhook| administrator.owns(webhook.tenant.as_ref()));
    Ok(Json(found.ok_or_else(|| Problem::not_found("webhook"))?.into()))
}

async fn create(
    State(state): State<ApiState>,
    administrator: Administrator,
    Given(new): Given<NewHook>,
) -> Result<Response, Problem> {
    administrator.of_every_tenant()?;
    check_url(&new.url)?;
    check_tenant(new.tenant.as_ref())?;
    let secret = fresh_secret(&random::bytes());
    let hook =
        NewWebhook { name: &new.name, url: &new.url, events: &new.events, tenant: new.tenant.as_ref() };
    let mut writer = state.store.write(administrator.actor()).await?;
    let stored = notify::create(state.console.vault(), &mut writer, &hook, &secret).await?;
    writer.commit().await?;
    let location = format!("{WEBHOOKS}/{}", stored.id);
    let fresh = FreshWebhook { webhook: stored.into(), secret: secret.expose().to_owned() };
    Ok(created(&location, &fresh))
}

async fn put(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
    Given(settings): Given<HookSettings>,
) -> Result<Json<WebhookView>, Problem> {
    administrator.of_every_tenant()?;
    if let Some(url) = &settings.url {
        check_url(url)?;
    }
    check_tenant(settings.tenant.as_ref())?;
    let mut writer = state.store.write(administrator.actor()).await?;
    let before = find(&mut writer, &id).await?;
    let after = Webhook {
        name: settings.name,
        events: settings.events,
        tenant: settings.tenant,
        active: settings.active.unwrap_or(before.active),
        ..before
    };
    let address = settings.url.map(Secret::new);
    let stored = notify::put(state.console.vault(), &mut writer, &after, address.as_ref()).await?;
    writer.commit().await?;
    Ok(Json(stored.into()))
}

async fn delete(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
) -> Result<StatusCode, Problem> {
    administrator.of_every_tenant()?;
    let mut writer = state.store.write(administrator.actor()).await?;
    let webhook = find(&mut writer, &id).await?;
    writer.delete_webhook(&webhook.id).await?;
    writer.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn rotate(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
) -> Result<Json<FreshWebhook>, Problem> {
    administrator.of_every_tenant()?;
    let secret = fresh_secret(&random::bytes());
    let mut writer = state.store.write(administrator.actor()).await?;
    let webhook = find(&mut writer, &id).await?;
    let webhook = notify::rotate(state.console.vault(), &mut writer, &webhook.id, &secret).await?;
    writer.commit().await?;
    Ok(Json(FreshWebhook { webhook: webhook.into(), secret: secret.expose().to_owned() }))
}

async fn finish(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
) -> Result<Json<WebhookView>, Problem> {
    administrator.of_every_tenant()?;
    let mut writer = state.store.write(administrator.actor()).await?;
    let webhook = find(&mut writer, &id).await?;
    let webhook = notify::finish(&mut writer, &webhook.id).await?;
    writer.commit().await?;
    Ok(Json(webhook.into()))
}

async fn test(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
) -> Result<StatusCode, Problem> {
    administrator.of_every_tenant()?;
    let mut writer = state.store.write(administrator.actor()).await?;
    let webhook = find(&mut writer, &id).await?;
    writer.send_test(&Receiver::Webhook(webhook.id)).await?;
    writer.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
