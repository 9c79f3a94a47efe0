//! The answer of a passkey. The ceremony is used up before anything else, so that no answer is taken twice, and nothing of it
//! is believed before the browser that brings it is the one that asked.

use super::begin::webauthn;
use super::begun::{Awaited, Begun, handle, read};
use super::error::PasskeyFailure;
use super::page::{over, sent};
use crate::console::ConsoleState;
use crate::console::address::Address;
use crate::console::answer::{self, Plain};
use crate::console::cookies::{self, Jar};
use crate::console::public_url::is_local_path;
use crate::console::sessions::{self, Proof};
use crate::console::{sign_in, signed_in};
use app::pages::form::answer::{Done, Saved};
use app::pages::form::place::Place;
use app::routes::ACCOUNT;
use app::session::SignedIn;
use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use store::accounts::{
    Account, AccountError, Ceremony, NewPasskey, PasskeyError, PasskeyUse, RoleSource, UsedPasskey,
};
use store::{Actor, Via};
use tower_sessions::Session;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential,
    WebauthnError,
};

/// Refused as such where it is missing.
#[derive(Deserialize)]
pub(super) struct Fields {
    /// The credential of the browser as JSON (section 5.1).
    #[serde(default)]
    answer: String,
}

/// Who brings the answer, and with what.
struct Brought<'a> {
    state: &'a ConsoleState,
    plain: &'a Plain,
    session: &'a Session,
    address: Address,
    headers: &'a HeaderMap,
    answer: &'a str,
}

pub(super) async fn take(
    State(state): State<ConsoleState>,
    plain: Plain,
    session: Session,
    address: Address,
    headers: HeaderMap,
    fields: Result<Form<Fields>, FormRejection>,
) -> Response {
    let Ok(Form(fields)) = fields else { return plain.unreadable() };
    let brought = Brought {
        state: &state,
        plain: &plain,
        session: &session,
        address,
        headers: &headers,
        answer: &fields.answer,
    };
    let mut response = Box::pin(taken(&brought)).await;
    // Whatever came of it, it is over.
    cookies::remove(&mut response, &state.public_url, Jar::Ceremony);
    response
}

async fn taken(brought: &Brought<'_>) -> Response {
    let Brought { state, plain, .. } = *brought;
    let Some(digest) = sent(state, brought.headers) else { return over(plain) };
    let ceremony = match state.store.finish_ceremony(&digest, state.now()).await {
        Ok(Some(ceremony)) => ceremony,
        Ok(None) => return over(plain),
        Err(error) => return plain.unavailable(&error),
    };
    let sign_in = ("You were not signed in", ("/sign-in", "Back to the sign-in page"));
    let account = ("Nothing was changed", (ACCOUNT.path, "Back to your account"));
    let nothing = ("Nothing was done", (ACCOUNT.path, "Back to your account"));
    let (done, (title, back)) = match Begun::read(&ceremony.data).map(|begun| begun.awaited) {
        Ok(Awaited::SignIn { state: awaited }) => (by_itself(brought, *awaited).await, sign_in),
        Ok(Awaited::SecondFactor { password_version, state: awaited }) => {
            (beside(brought, &ceremony, *awaited, password_version).await, sign_in)
        }
        Ok(Awaited::Add { name, state: awaited }) => {
            (add(brought, &ceremony, &awaited, &name).await, account)
        }
        Ok(Awaited::Prove { back, state: awaited }) => {
            (prove(brought, &ceremony, *awaited, &back).await, nothing)
        }
        Err(failure) => (Err(failure), nothing),
    };
    done.unwrap_or_else(|failure| failure.answer(plain, title, back))
}

/// Signs in whoever the passkey says it is.
async fn by_itself(
    brought: &Brought<'_>,
    awaited: DiscoverableAuthentication,
) -> Result<Response, PasskeyFailure> {
    let account = answered(brought, awaited, None).await?;
    // Who comes in by a provider does so there: a passkey that they gave themselves would stay a way in when the provider no
    // longer vouches for them.
    if account.role_source != RoleSource::Given || account.password_hash.is_none() {
        return Err(PasskeyFailure::Outdated);
    }
    Ok(enter(brought, &account).await)
}

/// Signs in whoever gave the right password before; only if that is still the one.
async fn beside(
    brought: &Brought<'_>,
    ceremony: &Ceremony,
    awaited: DiscoverableAuthentication,
    password_version: i64,
) -> Result<Response, PasskeyFailure> {
    let whose = ceremony.account.as_deref().ok_or(PasskeyFailure::Foreign)?;
    let account = answered(brought, awaited, Some(whose)).await?;
    if account.password_version != password_version || account.role_source != RoleSource::Given {
        return Err(PasskeyFailure::Outdated);
    }
    Ok(enter(brought, &account).await)
}

async fn enter(brought: &Brought<'_>, account: &Account) -> Response {
    let Brought { state, plain, session, address, headers, .. } = *brought;
    let proof = Proof { told: None, at: Some(state.now()), by_passkey: true };
    sign_in::enter_with(state, plain, session, headers, address, account, &proof).await
}

/// Notes that its holder sits at this session.
async fn prove(
    brought: &Brought<'_>,
    ceremony: &Ceremony,
    awaited: DiscoverableAuthentication,
    back: &str,
) -> Result<Response, PasskeyFailure> {
    let Brought { state, plain, session, .. } = *brought;
    let signed_in = same_session(brought, ceremony).await?;
    answered(brought, awaited, Some(&signed_in.account_id)).await?;
    match sessions::note_passkey(session, state.now()).await {
        Ok(()) => Ok(answer::see_other(if is_local_path(back) { back } else { ACCOUNT.path })),
        Err(error) => Ok(plain.unavailable(&error)),
    }
}

/// Keeps a new passkey.
async fn add(
    brought: &Brought<'_>,
    ceremony: &Ceremony,
    awaited: &PasskeyRegistration,
    name: &str,
) -> Result<Response, PasskeyFailure> {
    let Brought { state, plain, .. } = *brought;
    let signed_in = same_session(brought, ceremony).await?;
    let answer: RegisterPublicKeyCredential =
        serde_json::from_str(brought.answer).map_err(PasskeyFailure::Unreadable)?;
    let passkey = webauthn(state)?.finish_passkey_registration(&answer, awaited)?;
    let credential = serde_json::to_string(&passkey).map_err(PasskeyFailure::Kept)?;
    let session = ceremony.session.as_ref();
    let new = NewPasskey { name, credential_id: passkey.cred_id(), credential: &credential, session };
    let request_id = Some(plain.correlation.0.clone());
    let by = Actor { name: signed_in.login.clone(), via: Via::Console, request_id };
    match state.store.add_passkey(&signed_in.account_id, &new, &by, state.now()).await {
        Ok(_) => {}
        Err(AccountError::Passkey(error @ (PasskeyError::TooMany | PasskeyError::Name(_)))) => {
            let text = format!("Nothing was added: {error}.");
            let back = Some((ACCOUNT.path, "Back to your account"));
            return Ok(plain.message(StatusCode::CONFLICT, "The passkey was not added", &text, back));
        }
        Err(AccountError::Passkey(_)) => return Err(PasskeyFailure::Foreign),
        Err(AccountError::Stale | AccountError::Unknown) => return Err(PasskeyFailure::Outdated),
        Err(error) => return Err(error.into()),
    }
    tracing::info!(account = %signed_in.account_id, "a passkey was added");
    let saved = Saved { done: Done::PasskeyAdded, revision: None, change: None };
    Ok(answer::see_other(&Place::new(ACCOUNT.path).saved(&saved)))
}

/// Who is signed in, if it is in the session that began the ceremony.
async fn same_session(brought: &Brought<'_>, ceremony: &Ceremony) -> Result<SignedIn, PasskeyFailure> {
    let who = match signed_in::who(brought.state, brought.session, brought.headers).await {
        Ok(who) => who,
        Err(signed_in::UnknownCaller::Account(error)) => return Err(error.into()),
        Err(signed_in::UnknownCaller::Session(_)) => None,
    };
    let same = |signed_in: &SignedIn| {
        ceremony.account.as_deref() == Some(signed_in.account_id.as_str())
            && ceremony.session.is_some()
            && ceremony.session == sessions::digest_of(&signed_in.session)
    };
    who.filter(same).ok_or(PasskeyFailure::Outdated)
}

/// The account whose passkey answered what was asked, with its holder verified. `whose`: who it must be; none: the answer
/// must say whose it is. The use is noted.
async fn answered(
    brought: &Brought<'_>,
    awaited: DiscoverableAuthentication,
    whose: Option<&str>,
) -> Result<Account, PasskeyFailure> {
    let Brought { state, plain, .. } = *brought;
    let webauthn = webauthn(state)?;
    let answer: PublicKeyCredential =
        serde_json::from_str(brought.answer).map_err(PasskeyFailure::Unreadable)?;
    let stored = state.store.passkey_by_credential(answer.get_credential_id()).await?;
    let stored = stored.ok_or(PasskeyFailure::Foreign)?;
    if whose.is_some_and(|whose| whose != stored.account) {
        return Err(PasskeyFailure::Foreign);
    }
    // Section 7.2, step 6: where it says whose it is, that is who it must be.
    let holder = handle(&stored.account)?;
    let fits = match answer.get_user_unique_id() {
        Some(said) => said == holder.as_bytes(),
        None => whose.is_some(),
    };
    if !fits {
        return Err(PasskeyFailure::Foreign);
    }
    let mut passkey = read(&stored)?;
    let request_id = Some(plain.correlation.0.clone());
    let result = match webauthn.finish_discoverable_authentication_v2(&answer, awaited, &passkey) {
        Ok(result) => result,
        Err(WebauthnError::CredentialPossibleCompromise) => {
            state.store.note_refused_passkey(&stored, request_id, state.now()).await?;
            return Err(PasskeyFailure::CountedBackwards);
        }
        Err(error) => return Err(error.into()),
    };
    if !result.user_verified() {
        return Err(PasskeyFailure::Refused(WebauthnError::UserNotVerified));
    }
    passkey.update_credential(&result);
    let credential = serde_json::to_string(&passkey).map_err(PasskeyFailure::Kept)?;
    let used = PasskeyUse {
        id: &stored.id,
        account: &stored.account,
        credential: &credential,
        counter: result.counter(),
    };
    match state.store.use_passkey(&used, request_id, state.now()).await? {
        UsedPasskey::By(account) => Ok(account),
        UsedPasskey::CountedBackwards => Err(PasskeyFailure::CountedBackwards),
        UsedPasskey::Refused => Err(PasskeyFailure::Foreign),
    }
}
