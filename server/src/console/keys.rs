//! What reveals a secret: a new enforcement key, its second secret, an API key, an administrator token. Plain forms,
//! answered by the page that shows the secret once; nothing of it is kept but a digest. What is wrong goes back to the
//! form.

use super::ConsoleState;
use super::answer::{self, Plain};
use super::permitted::{Permitted, WritesSettings, WritesSubjects};
use crate::random;
use app::components::untrusted::plain;
use app::pages::form::answer::Draft;
use app::pages::form::place::Place;
use app::pages::form::problem::{Fault, Problem};
use app::pages::form::respond::Refusal;
use app::pages::keys::reveal::{Fresh, reveal};
use app::pages::keys::write::{KeyForm, RotationForm};
use app::pages::subject::write::{ApiKeyForm, page_of};
use app::pages::tokens::panel::CREATE_TOKEN;
use app::pages::tokens::write::TokenForm;
use app::routes;
use app::session::{Presence, SignedIn};
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use axum::{Extension, Form, Router};
use pdp::Secret;
use pdp::secret::KeyKind;
use serde::Deserialize;
use store::{Actor, Via};

/// The routes. They need a signed-in account, as pages do: to be merged within that ring.
pub(super) fn router() -> Router<ConsoleState> {
    Router::new()
        .route("/keys/enforcement", post(create_key).get(to_keys))
        .route("/keys/enforcement/rotate", post(rotate_key).get(to_keys))
        .route("/keys/api", post(create_api_key).get(to_subjects))
        .route(CREATE_TOKEN, post(create_token).get(to_tokens))
}

/// Whoever asks for the answer once more gets the list: the secret is gone.
async fn to_keys() -> Response {
    answer::see_other(routes::KEYS.path)
}

async fn to_subjects() -> Response {
    answer::see_other(routes::SUBJECTS.path)
}

async fn to_tokens() -> Response {
    answer::see_other(routes::TOKENS.path)
}

/// Missing fields are empty, and the form says so.
#[derive(Deserialize, Default)]
#[serde(default)]
struct KeyFields {
    name: String,
    server: String,
    tenant: String,
    trust: String,
    arguments: String,
    responses: String,
    expires: String,
    search: String,
}

async fn create_key(
    State(state): State<ConsoleState>,
    answered: Plain,
    Permitted(signed_in, ..): Permitted<WritesSettings>,
    fields: Result<Form<KeyFields>, FormRejection>,
) -> Response {
    let Ok(Form(fields)) = fields else { return answered.unreadable() };
    let form = KeyForm {
        name: &fields.name,
        server: &fields.server,
        tenant: &fields.tenant,
        trust: &fields.trust,
        arguments: &fields.arguments,
        responses: &fields.responses,
        expires: &fields.expires,
        search: &fields.search,
    };
    let secret = fresh_secret(KeyKind::Enforcement);
    let actor = actor(signed_in, &answered);
    match form.create(&state.store, actor, state.now(), &secret.digest()).await {
        Ok(saved) => {
            let fresh = Fresh {
                title: format!("The enforcement key {} is ready", plain(fields.name.trim())),
                advice: "Put it into the settings of whoever asks before calls: an MCP server or a gateway.",
                secret: secret.expose().to_owned(),
                saved,
                next: routes::KEYS.path.to_owned(),
            };
            show(&answered, fresh)
        }
        Err(refusal) => refused(&answered, refusal, form.back()),
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RotationFields {
    id: String,
    expires: String,
}

async fn rotate_key(
    State(state): State<ConsoleState>,
    answered: Plain,
    Permitted(signed_in, ..): Permitted<WritesSettings>,
    fields: Result<Form<RotationFields>, FormRejection>,
) -> Response {
    let Ok(Form(fields)) = fields else { return answered.unreadable() };
    let form = RotationForm { id: &fields.id, expires: &fields.expires };
    let secret = fresh_secret(KeyKind::Enforcement);
    let actor = actor(signed_in, &answered);
    match form.rotate(&state.store, actor, state.now(), &secret.digest()).await {
        Ok((name, saved)) => {
            let fresh = Fresh {
                title: format!("The second secret of {} is ready", plain(&name)),
                advice: "Put it in the place of the older one, which works until you finish the rotation.",
                secret: secret.expose().to_owned(),
                saved,
                next: routes::KEYS.path.to_owned(),
            };
            show(&answered, fresh)
        }
        Err(refusal) => refused(&answered, refusal, form.back()),
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ApiKeyFields {
    subject: String,
    name: String,
    expires: String,
}

async fn create_api_key(
    State(state): State<ConsoleState>,
    answered: Plain,
    Permitted(signed_in, ..): Permitted<WritesSubjects>,
    fields: Result<Form<ApiKeyFields>, FormRejection>,
) -> Response {
    let Ok(Form(fields)) = fields else { return answered.unreadable() };
    let form = ApiKeyForm { subject: &fields.subject, name: &fields.name, expires: &fields.expires };
    let secret = fresh_secret(KeyKind::Api);
    let reach = signed_in.reach();
    let actor = actor(signed_in, &answered);
    match form.create(&state.store, actor, &reach, state.now(), &secret.digest()).await {
        Ok(saved) => {
            let (name, subject) = (plain(fields.name.trim()), plain(&fields.subject));
            let fresh = Fresh {
                title: format!("The API key {name} of {subject} is ready"),
                advice: "Give it to its subject alone: who presents it is taken for this subject.",
                secret: secret.expose().to_owned(),
                saved,
                next: page_of(&fields.subject).href(),
            };
            show(&answered, fresh)
        }
        Err(refusal) => refused(&answered, refusal, form.back()),
    }
}

/// The token acts for whoever makes it, so it takes a fresh proof: it may confirm what its account may.
async fn create_token(
    State(state): State<ConsoleState>,
    answered: Plain,
    Permitted(signed_in, ..): Permitted<WritesSettings>,
    Extension(proved): Extension<Presence>,
    fields: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let Ok(Form(fields)) = fields else { return answered.unreadable() };
    let form = TokenForm::read(&fields);
    if proved.is_too_old_for(None, state.now()) {
        return refused(&answered, Problem::of_form(Fault::Unproven).into(), form.back());
    }
    let secret = fresh_secret(KeyKind::Administrator);
    let actor = actor(signed_in, &answered);
    match form.create(&state.store, actor, &secret.digest()).await {
        Ok(saved) => {
            let fresh = Fresh {
                title: format!("The administrator token {} is ready", plain(form.name.trim())),
                advice: "Put it into the settings of the program that uses the API. Who holds it acts for you.",
                secret: secret.expose().to_owned(),
                saved,
                next: routes::TOKENS.path.to_owned(),
            };
            show(&answered, fresh)
        }
        Err(refusal) => refused(&answered, refusal, form.back()),
    }
}

fn fresh_secret(kind: KeyKind) -> Secret {
    Secret::from_random(kind, &random::bytes())
}

pub(super) fn actor(signed_in: SignedIn, answered: &Plain) -> Actor {
    Actor { name: signed_in.login, via: Via::Console, request_id: Some(answered.correlation.0.clone()) }
}

pub(super) fn show(answered: &Plain, fresh: Fresh) -> Response {
    answered.draw_with_script(StatusCode::OK, |page| reveal(page, fresh))
}

/// Back to the form with what was typed. Nothing was stored, so the secret was never one.
pub(super) fn refused(answered: &Plain, refusal: Refusal, (place, draft): (Place, Draft)) -> Response {
    match refusal {
        Refusal::Problems(problems) => answer::see_other(&place.refused(&draft.with(problems))),
        Refusal::Store(error) => answered.unavailable(&error),
    }
}
