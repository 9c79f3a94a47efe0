//! Break-glass is confirmed with the own password once more: whoever finds the browser of an owner open must not be the
//! second person.

use super::ConsoleState;
use super::address::Address;
use super::answer::{self, Plain};
use super::permitted::{Permitted, UsesEmergency};
use super::presence;
use app::pages::emergency::panel::CONFIRM;
use app::pages::form::answer::{Done, Draft};
use app::pages::form::place::{Ask, Place};
use app::pages::form::respond::{Refusal, saved};
use app::routes::EMERGENCY;
use app::session::SignedIn;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use axum::{Form, Router};
use serde::Deserialize;
use store::{Actor, StoreError, Via};

/// The route. It needs a signed-in account, as pages do: to be merged within that ring.
pub(super) fn router() -> Router<ConsoleState> {
    Router::new().route(CONFIRM, post(confirm).get(to_page))
}

async fn to_page() -> Response {
    answer::see_other(EMERGENCY.path)
}

/// Missing fields are empty, and refused as such.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Fields {
    id: String,
    password: String,
}

async fn confirm(
    State(state): State<ConsoleState>,
    plain: Plain,
    Permitted(signed_in, ..): Permitted<UsesEmergency>,
    address: Address,
    fields: Result<Form<Fields>, FormRejection>,
) -> Response {
    let Ok(Form(fields)) = fields else { return plain.unreadable() };
    let refuse = |status, text: &str| unchanged(&plain, status, text);
    if let Err(answer) = presence::prove(&state, &plain, &signed_in, address, fields.password, refuse).await {
        return *answer;
    }
    match keep(&state, &plain, &signed_in, &fields.id).await {
        Ok(leads_to) => answer::see_other(&leads_to),
        Err(error) => plain.unavailable(&error),
    }
}

/// Confirms it; where the answer leads.
async fn keep(
    state: &ConsoleState,
    plain: &Plain,
    signed_in: &SignedIn,
    id: &str,
) -> Result<String, StoreError> {
    let request_id = Some(plain.correlation.0.clone());
    let by = Actor { name: signed_in.login.clone(), via: Via::Console, request_id };
    let page = Place::new(EMERGENCY.path);
    let mut writer = state.store.write(by).await?;
    match writer.confirm_break_glass(id, Some(&signed_in.account_id)).await {
        Ok(grant) => {
            let committed = writer.commit().await?;
            tracing::warn!(grant = %grant.id, account = %signed_in.account_id, "break-glass was confirmed");
            Ok(page.saved(&saved(Done::BreakGlassConfirmed, &committed)))
        }
        Err(error) => match Refusal::from(error) {
            Refusal::Problems(problems) => {
                let draft = Draft::new(Ask::Confirm.as_str(), [("id", id)]).with(problems);
                Ok(page.asking(Ask::Confirm).of(id).refused(&draft))
            }
            Refusal::Store(error) => Err(error),
        },
    }
}

fn unchanged(plain: &Plain, status: StatusCode, text: &str) -> Response {
    plain.message(status, "Break-glass was not confirmed", text, Some((EMERGENCY.path, "Back to Emergency")))
}
