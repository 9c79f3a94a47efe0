//! The answer of a provider. Nothing of it is believed before the browser that brings it is the one that asked; and it
//! is used up before anything else, so that it is never answered twice.

use super::claims::Claims;
use super::exchange;
use super::flow::Flow;
use super::{ConsoleState, failed, refusal, usable};
use crate::console::address::Address;
use crate::console::answer::Plain;
use crate::console::cookies::{self, Jar};
use crate::console::sessions::Proof;
use crate::console::sign_in;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use store::accounts::{AccountError, Admission, Admitted};
use store::administration::SignInProvider;
use tower_sessions::Session;

/// For so long a role counts that a provider told of, in microseconds.
const TOLD_FOR: i64 = 60 * 60 * 1_000_000;

const NOT_OURS: &str = "This sign-in was not begun in this browser, was used before, or took longer than ten minutes, \
                        or the provider was changed meanwhile. Begin it once more.";

/// What a provider may say, each at most once.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    state: Option<String>,
    code: Option<String>,
    iss: Option<String>,
    error: Option<String>,
}

impl Told {
    /// None where something is said twice: whoever reads the other one would be somebody else.
    fn read(query: &str) -> Option<Self> {
        let mut told = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let place = match name.as_ref() {
                "state" => &mut told.state,
                "code" => &mut told.code,
                "iss" => &mut told.iss,
                "error" => &mut told.error,
                _ => continue,
            };
            if place.replace(value.into_owned()).is_some() {
                return None;
            }
        }
        Some(told)
    }
}

pub(super) async fn answer(
    State(state): State<ConsoleState>,
    plain: Plain,
    session: Session,
    address: Address,
    headers: HeaderMap,
    Path(at): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let brought = Brought { at: &at, query: &query };
    let mut response = Box::pin(answered(&state, &plain, &session, address, &headers, &brought)).await;
    // Whatever came of it, it is over.
    cookies::remove(&mut response, &state.public_url, Jar::Flow);
    response
}

/// An answer as it arrived.
struct Brought<'a> {
    /// Whose address it was brought to: the id of a provider.
    at: &'a str,
    query: &'a str,
}

async fn answered(
    state: &ConsoleState,
    plain: &Plain,
    session: &Session,
    address: Address,
    headers: &HeaderMap,
    brought: &Brought<'_>,
) -> Response {
    let not_ours = || refusal(plain, StatusCode::BAD_REQUEST, NOT_OURS);
    let Some(told) = Told::read(brought.query) else { return not_ours() };
    let Some(flow) = Jar::Flow.read(&state.public_url, headers).and_then(Flow::sent) else {
        return not_ours();
    };
    if told.state.as_deref() != Some(flow.state().as_str()) {
        tracing::warn!(address = %address.bucket(), "an answer of a provider was brought by another browser; refused");
        return not_ours();
    }
    let provider = match state.store.finish_sign_in(&flow.state_digest(), state.now()).await {
        Ok(Some(id)) => usable(state, &id).await,
        Ok(None) => return not_ours(),
        Err(error) => return plain.unavailable(&error),
    };
    let provider = match provider {
        Ok(Some(provider)) => provider,
        Ok(None) => return not_ours(),
        Err(error) => return plain.unavailable(&error),
    };
    // An answer that another provider gave, for a code that was meant for this one: it arrives at the other one's address
    // (RFC 9700, section 4.4.2.2), or names the other one (RFC 9207).
    let is_anothers =
        brought.at != provider.id || told.iss.as_deref().is_some_and(|iss| iss != provider.issuer);
    if is_anothers {
        tracing::warn!(provider = %provider.id, "an answer is of another provider than the one that was asked; refused");
        return refusal(
            plain,
            StatusCode::FORBIDDEN,
            "The answer is from another provider than the one you chose.",
        );
    }
    let Some(code) = told.code.filter(|_| told.error.is_none()) else {
        let word = told.error.as_deref().unwrap_or("no code").chars().take(60).collect::<String>();
        tracing::info!(provider = %provider.id, answer = ?word, "a provider did not sign somebody in");
        return refusal(plain, StatusCode::FORBIDDEN, "The provider did not sign you in.");
    };
    let proven = match exchange::redeem(state, &provider, &flow, &code, told.iss.as_deref()).await {
        Ok(proven) => proven,
        Err(error) => return failed(plain, &provider, &error),
    };
    // Groups may stand for something else since the provider was asked; then they are told anew.
    match usable(state, &provider.id).await {
        Ok(Some(known)) if known == provider => {
            let_in(state, plain, session, address, headers, &provider, &proven).await
        }
        Ok(_) => not_ours(),
        Err(error) => plain.unavailable(&error),
    }
}

/// Whoever is proven comes in if there is a role for them.
async fn let_in(
    state: &ConsoleState,
    plain: &Plain,
    session: &Session,
    address: Address,
    headers: &HeaderMap,
    provider: &SignInProvider,
    claims: &Claims,
) -> Response {
    let who = Admission {
        issuer: &provider.issuer,
        sub: &claims.sub,
        login: &claims.login,
        name: &claims.name,
        role: provider.role_of(claims.groups.iter().map(String::as_str)),
        admit_subjects: provider.settings.admit_subjects,
    };
    let request_id = Some(plain.correlation.0.clone());
    let admitted = match state.store.admit(&who, request_id, state.now()).await {
        Ok(admitted) => admitted,
        Err(AccountError::Store(error)) => return plain.unavailable(&error),
        Err(error) => return plain.internal(&error),
    };
    let (account, told) = match admitted {
        Admitted::As { account, told, .. } => (account, told),
        Admitted::Off | Admitted::NoRole => {
            tracing::warn!(provider = %provider.id, ?admitted, address = %address.bucket(), "nobody was let in");
            let text =
                "The provider knows you, and Countersign does not let you in. Ask an owner of this console.";
            return refusal(plain, StatusCode::FORBIDDEN, text);
        }
    };
    let until = state.now().saturating_add_micros(TOLD_FOR);
    let proof =
        Proof { told: told.then_some((account.role, until)), at: claims.proven_at, by_passkey: false };
    sign_in::enter_with(state, plain, session, headers, address, &account, &proof).await
}

#[cfg(test)]
mod tests {
    use super::Told;

    #[test]
    fn nothing_is_said_twice() {
        let told = Told::read("code=a%26b&state=s&iss=https%3A%2F%2Fidp.example&session_state=x").unwrap();
        assert_eq!(told.code.as_deref(), Some("a&b"));
        assert_eq!(told.iss.as_deref(), Some("https://idp.example"));
        assert_eq!(Told::read(""), Some(Told::default()));
        for twice in ["code=a&code=a", "state=a&code=c&state=b", "iss=a&iss=b", "error=a&error=b"] {
            assert_eq!(Told::read(twice), None, "{twice}");
        }
    }
}
