//! Sign-in by a provider (OpenID Connect Core 1.0, the authorization code flow with PKCE).
//!
//! Two doors: the one that leads to the provider, and the address that this provider, and no other, leads back to. Between
//! them lies a secret that only the browser has (`flow`): state, nonce and the verifier of PKCE all follow from it, so that an
//! answer counts in the browser that asked, once, and for what it asked. Who is proven then still has to be let in
//! (`store::accounts::Admission`). What goes wrong is told in our own words; the details are in the log.

mod callback;
mod claims;
mod error;
mod exchange;
mod fetch;
mod flow;
mod metadata;

use super::answer::{self, Plain};
use super::brake::{self, Attempt};
use super::cookies;
use super::{ConsoleState, sign_in};
use crate::console::address::Address;
use app::plain::{PROVIDER_CALLBACK, PROVIDER_LINK};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use error::SignInError;
use flow::Flow;
use store::administration::SignInProvider;

/// Where this provider leads back to; what is registered there.
fn callback_of(state: &ConsoleState, provider: &SignInProvider) -> String {
    state.public_url.join(&format!("{PROVIDER_CALLBACK}{}", provider.id))
}

/// The doors, which stand outside of the ring of those who are signed in.
pub(super) fn router() -> Router<ConsoleState> {
    Router::new()
        .route(&format!("{PROVIDER_LINK}{{id}}"), get(begin))
        .route(&format!("{PROVIDER_CALLBACK}{{id}}"), get(callback::answer))
}

/// The provider, if people may sign in by it.
async fn usable(state: &ConsoleState, id: &str) -> Result<Option<SignInProvider>, store::StoreError> {
    Ok(state.store.get_sign_in_provider(id).await?.filter(|provider| provider.active))
}

/// Leads to the provider.
async fn begin(
    State(state): State<ConsoleState>,
    plain: Plain,
    address: Address,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    // Another site must not begin it: its visitors would end up signed in here, where they did not want to be.
    if headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none") {
        return answer::see_other("/sign-in");
    }
    match brake::count(&state, Attempt::Provider { address }).await {
        Ok(None) => {}
        Ok(Some(seconds)) => {
            let text = format!("Too many attempts. Try again in {seconds} seconds.");
            let refused = refusal(&plain, StatusCode::TOO_MANY_REQUESTS, &text);
            return sign_in::retry_after(refused, seconds);
        }
        Err(error) => return plain.unavailable(&error),
    }
    let provider = match usable(&state, &id).await {
        Ok(Some(provider)) => provider,
        Ok(None) => return refusal(&plain, StatusCode::NOT_FOUND, "There is no such provider."),
        Err(error) => return plain.unavailable(&error),
    };
    let flow = Flow::fresh();
    let leads_to = match Box::pin(exchange::authorization(&state, &provider, &flow)).await {
        Ok(leads_to) => leads_to,
        Err(error) => return failed(&plain, &provider, &error),
    };
    let until = state.now().saturating_add_micros(flow::VALID_FOR);
    if let Err(error) = state.store.begin_sign_in(&flow.state_digest(), &provider.id, until).await {
        return plain.unavailable(&error);
    }
    let Ok(location) = HeaderValue::from_str(&leads_to) else {
        return failed(
            &plain,
            &provider,
            &SignInError::Metadata("an address that is no header value".to_owned()),
        );
    };
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response();
    cookies::set_flow(&mut response, &state.public_url, flow.secret());
    response
}

/// Nobody was signed in, and why, as far as the person at the door may know.
fn refusal(plain: &Plain, status: StatusCode, text: &str) -> Response {
    plain.message(status, "You were not signed in", text, Some(("/sign-in", "Back to the sign-in page")))
}

/// The same where the cause is for whoever runs the server.
fn failed(plain: &Plain, provider: &SignInProvider, error: &SignInError) -> Response {
    let correlation = &plain.correlation.0;
    tracing::warn!(%correlation, provider = %provider.id, %error, "a sign-in by a provider failed");
    let text = format!(
        "{}\nCorrelation id: `{correlation}`",
        if error.is_ours_to_reach() {
            "The provider could not be reached, or is not set up as it says. Try again; if it stays so, give the \
             correlation id to whoever runs the server."
        } else {
            "What the provider answered could not be trusted. Sign in once more; if it stays so, give the correlation \
             id to whoever runs the server."
        }
    );
    let status = if error.is_ours_to_reach() { StatusCode::BAD_GATEWAY } else { StatusCode::FORBIDDEN };
    refusal(plain, status, &text)
}
