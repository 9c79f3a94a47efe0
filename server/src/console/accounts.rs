//! What reveals a link to an account: an invitation, and a way to another password. Plain forms, answered by the page
//! that shows the link once. Who has the link has the account, so it takes a fresh proof: whoever finds the browser of an
//! owner open must become neither that owner nor a second one.

use super::ConsoleState;
use super::answer::{self, Plain};
use super::keys::{actor, refused, show};
use super::links::{self, LinkError};
use super::permitted::{Permitted, WritesSettings};
use app::components::untrusted::plain;
use app::pages::accounts::panel::{INVITE, RESET};
use app::pages::accounts::write::{InviteForm, ResetForm, refusal};
use app::pages::form::answer::{Done, Draft, Saved};
use app::pages::form::place::Place;
use app::pages::form::problem::{Fault, Problem};
use app::pages::form::respond::Refusal;
use app::pages::keys::reveal::Fresh;
use app::routes::ACCOUNTS;
use app::session::Presence;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::Response;
use axum::routing::post;
use axum::{Extension, Form, Router};
use serde::Deserialize;
use store::accounts::NewAccount;

/// The routes. They need a signed-in account, as pages do: to be merged within that ring.
pub(super) fn router() -> Router<ConsoleState> {
    Router::new().route(INVITE, post(invite).get(to_page)).route(RESET, post(reset).get(to_page))
}

/// Whoever asks for the answer once more gets the list: the link is gone.
async fn to_page() -> Response {
    answer::see_other(ACCOUNTS.path)
}

/// Missing fields are empty, and the form says so.
#[derive(Deserialize, Default)]
#[serde(default)]
struct InviteFields {
    login: String,
    name: String,
    role: String,
    reach: String,
    tenants: String,
}

async fn invite(
    State(state): State<ConsoleState>,
    answered: Plain,
    Permitted(signed_in, ..): Permitted<WritesSettings>,
    Extension(proved): Extension<Presence>,
    fields: Result<Form<InviteFields>, FormRejection>,
) -> Response {
    let Ok(Form(fields)) = fields else { return answered.unreadable() };
    let form = InviteForm {
        login: &fields.login,
        name: &fields.name,
        role: &fields.role,
        reach: &fields.reach,
        tenants: &fields.tenants,
    };
    let (role, reach) = match form.grant() {
        Ok(grant) => grant,
        Err(problem) => return refused(&answered, problem.into(), form.back()),
    };
    if proved.is_too_old_for(None, state.now()) {
        return refused(&answered, Problem::of_form(Fault::Unproven).into(), form.back());
    }
    let by = actor(signed_in, &answered);
    let (login, name) = (form.login.to_owned(), form.name().to_owned());
    let new = NewAccount { login, name, password_hash: None, role, reach };
    match links::invite(&state.store, state.public_url.origin(), &new, &by, state.now()).await {
        Ok((account, link)) => {
            let fresh = Fresh {
                title: format!("The invitation of {} is ready", plain(&account.login)),
                advice: "Give it to its holder alone: whoever opens it first chooses the password. It works for three \
                         days, once.",
                secret: link,
                saved: Saved { done: Done::AccountInvited, revision: None, change: None },
                next: ACCOUNTS.path.to_owned(),
            };
            show(&answered, fresh)
        }
        Err(error) => failed(&answered, error, form.back()),
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ResetFields {
    id: String,
    /// `true`: the passkeys stay.
    keep: String,
}

async fn reset(
    State(state): State<ConsoleState>,
    answered: Plain,
    Permitted(signed_in, ..): Permitted<WritesSettings>,
    Extension(proved): Extension<Presence>,
    fields: Result<Form<ResetFields>, FormRejection>,
) -> Response {
    let Ok(Form(fields)) = fields else { return answered.unreadable() };
    let form = ResetForm { id: &fields.id, keep: &fields.keep };
    if let Err(problem) = form.check() {
        return refused(&answered, problem.into(), form.back());
    }
    if proved.is_too_old_for(None, state.now()) {
        return refused(&answered, Problem::of_form(Fault::Unproven).into(), form.back());
    }
    let by = actor(signed_in, &answered);
    let forgets_passkeys = form.forgets_passkeys();
    let origin = state.public_url.origin();
    match links::reset(&state.store, origin, &fields.id, forgets_passkeys, &by, state.now()).await {
        Ok((account, link)) => {
            let advice = if forgets_passkeys {
                "Give it to its holder alone: whoever opens it first chooses the password, and is asked for no passkey. \
                 It works for an hour, once. The old password and the passkeys work until then."
            } else {
                "Give it to its holder alone: whoever opens it first chooses the password. It works for an hour, once. \
                 The old password works until then."
            };
            let fresh = Fresh {
                title: format!("The link for {} is ready", plain(&account.login)),
                advice,
                secret: link,
                saved: Saved { done: Done::AccountReset, revision: None, change: None },
                next: ACCOUNTS.path.to_owned(),
            };
            show(&answered, fresh)
        }
        Err(error) => failed(&answered, error, form.back()),
    }
}

/// Back to the form. Nothing was made, so the link was never one.
fn failed(answered: &Plain, error: LinkError, back: (Place, Draft)) -> Response {
    match error {
        LinkError::Account(error) => refused(answered, refusal(error), back),
        LinkError::Store(error) => refused(answered, Refusal::Store(error), back),
        error @ (LinkError::PublicUrl(_) | LinkError::UnknownLogin(_)) => answered.internal(&error),
    }
}
