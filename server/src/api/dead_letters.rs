//! `/api/v1/dead-letters`: messages to webhooks and by mail that were given up, and sending them again. They are of all tenants
//! together, and name accounts: it takes a token of every tenant.

use super::ApiState;
use super::administrator::Administrator;
use super::paging::{Listed, Place};
use super::problem::Problem;
use super::reading::{Asked, Segments, known_id};
use super::route::{Route, Verb};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::on;
use policy::Timestamp;
use policy::scope::AdminScope;
use serde::{Deserialize, Serialize};
use store::notifications::{DeadLetter, Receiver};
use utoipa::{IntoParams, ToSchema};

pub(super) const ROUTES: &[Route] = &[
    Route::new(
        Verb::Get,
        "/api/v1/dead-letters",
        AdminScope::Read,
        "List messages that were given up, the latest first",
        |m| on(m, list),
    )
    .asks::<LettersQuery>()
    .lists::<LetterView>(),
    Route::new(
        Verb::Post,
        "/api/v1/dead-letters/{id}/resend",
        AdminScope::DeadLetters,
        "Send a message again, as if it had never been tried",
        |m| on(m, resend),
    ),
];

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct LettersQuery {
    /// `next` of the page before.
    after: Option<String>,
    /// At most so many: 50 unless said, never more than 200.
    limit: Option<u32>,
}

/// A message that was given up.
#[derive(Debug, Serialize, ToSchema)]
struct LetterView {
    id: String,
    /// `requested`, `decided`, `expired` or `test`.
    #[schema(example = "requested")]
    kind: String,
    /// The request for approval that it tells of. Absent: it was a test.
    #[serde(skip_serializing_if = "Option::is_none")]
    approval: Option<String>,
    /// The id of the webhook that it was for; absent: it was mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook: Option<String>,
    /// The id of the account that it was mailed to; absent: it was for a webhook.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    /// The webhook's name, or the account's login.
    to: String,
    /// When it happened.
    #[schema(value_type = String)]
    at: Timestamp,
    /// How often it was tried.
    attempts: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    tried_at: Option<Timestamp>,
    /// What came back last.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl From<DeadLetter> for LetterView {
    fn from(letter: DeadLetter) -> Self {
        let (webhook, account) = match letter.receiver {
            Receiver::Webhook(id) => (Some(id), None),
            Receiver::Account(id) => (None, Some(id)),
        };
        Self {
            id: letter.id,
            kind: letter.kind,
            approval: letter.approval,
            webhook,
            account,
            to: letter.to,
            at: letter.at,
            attempts: letter.attempts,
            tried_at: letter.tried_at,
            error: letter.error,
        }
    }
}

async fn list(
    State(state): State<ApiState>,
    administrator: Administrator,
    Asked(query): Asked<LettersQuery>,
) -> Result<Json<Listed<LetterView>>, Problem> {
    administrator.of_every_tenant()?;
    let place = Place::new(None, query.after.as_deref(), query.limit)?;
    let found = state.store.list_dead_letters(place.after(), u64::from(place.limit()) + 1).await?;
    Ok(place.list(found, |letter: &DeadLetter| letter.id.clone()))
}

async fn resend(
    State(state): State<ApiState>,
    administrator: Administrator,
    Segments(id): Segments<String>,
) -> Result<StatusCode, Problem> {
    administrator.of_every_tenant()?;
    let id = known_id("dead letter", &id)?;
    let mut writer = state.store.write(administrator.actor()).await?;
    if !writer.deliver_again(id).await? {
        return Err(Problem::not_found("dead letter"));
    }
    writer.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
