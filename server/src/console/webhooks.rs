//! What reveals the secret of a webhook: a new one, and a second one while it is rotated. Plain forms, answered by the page
//! that shows the secret once. The vault keeps it, since what is sent is signed with it.

use super::ConsoleState;
use super::answer::{self, Plain};
use super::keys::{actor, refused};
use super::permitted::{Permitted, WritesSettings};
use crate::random;
use app::components::untrusted::plain;
use app::pages::keys::reveal::{Fresh, reveal_sealed};
use app::pages::notifications::panel::{CREATE_WEBHOOK, ROTATE_WEBHOOK};
use app::pages::notifications::write::{WebhookForm, rotate, rotation_back};
use app::routes::NOTIFICATIONS;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use axum::{Form, Router};
use pdp::notify::fresh_secret;
use serde::Deserialize;

const ADVICE: &str = "Put it into whatever receives the messages, to check their signatures with.";

/// The routes. They need a signed-in account, as pages do: to be merged within that ring.
pub(super) fn router() -> Router<ConsoleState> {
    Router::new()
        .route(CREATE_WEBHOOK, post(create_webhook).get(to_page))
        .route(ROTATE_WEBHOOK, post(rotate_webhook).get(to_page))
}

/// Whoever asks for the answer once more gets the list: the secret is shown no more.
async fn to_page() -> Response {
    answer::see_other(NOTIFICATIONS.path)
}

async fn create_webhook(
    State(state): State<ConsoleState>,
    answered: Plain,
    Permitted(signed_in, ..): Permitted<WritesSettings>,
    fields: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let Ok(Form(fields)) = fields else { return answered.unreadable() };
    let form = WebhookForm::of(&fields);
    let secret = fresh_secret(&random::bytes());
    let actor = actor(signed_in, &answered);
    let vault = state.console.tokens.vault();
    match form.create(&state.store, vault, actor, &secret).await {
        Ok(saved) => {
            let fresh = Fresh {
                title: format!("The webhook {} is ready", plain(form.name.trim())),
                advice: ADVICE,
                secret: secret.expose().to_owned(),
                saved,
                next: NOTIFICATIONS.path.to_owned(),
            };
            show(&answered, fresh)
        }
        Err(refusal) => refused(&answered, refusal, form.back()),
    }
}

/// Missing fields are empty, and refused as such.
#[derive(Deserialize, Default)]
#[serde(default)]
struct RotationFields {
    id: String,
}

async fn rotate_webhook(
    State(state): State<ConsoleState>,
    answered: Plain,
    Permitted(signed_in, ..): Permitted<WritesSettings>,
    fields: Result<Form<RotationFields>, FormRejection>,
) -> Response {
    let Ok(Form(fields)) = fields else { return answered.unreadable() };
    let secret = fresh_secret(&random::bytes());
    let actor = actor(signed_in, &answered);
    let vault = state.console.tokens.vault();
    match rotate(&state.store, vault, actor, &fields.id, &secret).await {
        Ok((name, saved)) => {
            let fresh = Fresh {
                title: format!("The second secret of {} is ready", plain(&name)),
                advice: ADVICE,
                secret: secret.expose().to_owned(),
                saved,
                next: NOTIFICATIONS.path.to_owned(),
            };
            show(&answered, fresh)
        }
        Err(refusal) => refused(&answered, refusal, rotation_back(&fields.id)),
    }
}

fn show(answered: &Plain, fresh: Fresh) -> Response {
    answered.draw_with_script(StatusCode::OK, |page| reveal_sealed(page, fresh))
}
