//! The passkeys of the own account. Plain forms of the page `/account`, each with a fresh proof: whoever finds the browser
//! open must neither leave a passkey of their own here nor take one away. Where the account demands a passkey beside its
//! password, that proof is by a passkey: whoever knows the password as well must not either.

use super::begin::{Whose, keep, webauthn};
use super::begun::Begun;
use super::error::PasskeyFailure;
use crate::console::address::Address;
use crate::console::answer::{self, Plain};
use crate::console::brake::{self, Attempt};
use crate::console::keys::actor;
use crate::console::permitted::{OwnsAccount, Permitted};
use crate::console::public_url::is_local_path;
use crate::console::signed_in::PasskeyAnswered;
use crate::console::{ConsoleState, presence, sessions, sign_in};
use app::pages::account::passkeys::{ADD, DEMAND, REMOVE};
use app::pages::form::answer::{Done, Draft, Saved};
use app::pages::form::place::{Ask, Place};
use app::pages::form::problem::{Fault, Problem};
use app::pages::form::proof::PROVE_BY_PASSKEY;
use app::routes::ACCOUNT;
use app::session::{Presence, SignedIn};
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use axum::{Extension, Form, Router};
use policy::ids::check_id;
use serde::Deserialize;
use store::accounts::{Account, AccountError, PasskeyError, PasskeyHolder};

/// The routes. They need a signed-in account, as pages do: to be merged within that ring.
pub(in crate::console) fn of_accounts() -> Router<ConsoleState> {
    Router::new()
        .route(ADD, post(add).get(to_page))
        .route(REMOVE, post(remove).get(to_page))
        .route(DEMAND, post(demand).get(to_page))
        .route(PROVE_BY_PASSKEY, post(prove).get(to_page))
}

async fn to_page() -> Response {
    answer::see_other(ACCOUNT.path)
}

fn unchanged(plain: &Plain, status: StatusCode, text: &str) -> Response {
    plain.message(status, "Nothing was changed", text, Some((ACCOUNT.path, "Back to your account")))
}

/// What is missing of the proof that changing the passkeys of an account takes, if anything.
fn unproven(
    state: &ConsoleState,
    account: &Account,
    proved: Presence,
    answered: PasskeyAnswered,
) -> Option<Fault> {
    let now = state.now();
    if account.passkey_required {
        let fresh = answered.0.is_some_and(|at| presence::is_recent(at, now));
        return (!fresh).then_some(Fault::UnprovenByPasskey);
    }
    proved.is_too_old_for(None, now).then_some(Fault::Unproven)
}

/// The account of whoever is signed in, and the digest of their session.
///
/// # Errors
/// The answer that says why it is not known.
async fn own(
    state: &ConsoleState,
    plain: &Plain,
    signed_in: &SignedIn,
) -> Result<(Account, [u8; 32]), Box<Response>> {
    let Some(session) = sessions::digest_of(&signed_in.session) else {
        return Err(Box::new(answer::see_other("/sign-in")));
    };
    match state.store.account(&signed_in.account_id).await {
        Ok(Some(account)) => Ok((account, session)),
        Ok(None) => Err(Box::new(answer::see_other("/sign-in"))),
        Err(error) => Err(Box::new(plain.unavailable(&error))),
    }
}

/// Missing fields are empty, and refused as such.
#[derive(Deserialize, Default)]
#[serde(default)]
struct AddFields {
    name: String,
    current: String,
}

/// Begins to add one. As with another password, the current one is asked for in any case; where a passkey is demanded, that.
async fn add(
    State(state): State<ConsoleState>,
    plain: Plain,
    Permitted(signed_in, ..): Permitted<OwnsAccount>,
    Extension(answered): Extension<PasskeyAnswered>,
    address: Address,
    fields: Result<Form<AddFields>, FormRejection>,
) -> Response {
    let Ok(Form(fields)) = fields else { return plain.unreadable() };
    let name = fields.name.trim().to_owned();
    if let Err(error) = check_id(&name) {
        let text = format!("The name of the passkey {error}.");
        return unchanged(&plain, StatusCode::UNPROCESSABLE_ENTITY, &text);
    }
    let refuse = |status, text: &str| unchanged(&plain, status, text);
    let proven = presence::prove(&state, &plain, &signed_in, address, fields.current, refuse);
    let account = match proven.await {
        Ok(account) => account,
        Err(answer) => return *answer,
    };
    // It was proven just now; of a demanded passkey that says nothing.
    let proved = Presence(Some(state.now()));
    if let Some(fault) = unproven(&state, &account, proved, answered) {
        return unchanged(&plain, StatusCode::FORBIDDEN, &Problem::of_form(fault).sentence());
    }
    match begin_adding(&state, &signed_in, &account, name).await {
        Ok(response) => response,
        Err(failure) => failure.answer(&plain, "Nothing was changed", (ACCOUNT.path, "Back to your account")),
    }
}

async fn begin_adding(
    state: &ConsoleState,
    signed_in: &SignedIn,
    account: &Account,
    name: String,
) -> Result<Response, PasskeyFailure> {
    let webauthn = webauthn(state)?;
    let known = state.store.list_passkeys(&account.id).await?;
    let begun = Begun::adding(webauthn, account, &known, name)?;
    keep(state, Whose::SignedIn(signed_in), &begun).await
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ProveFields {
    /// The form that asks for it.
    back: String,
}

/// Begins a proof, for a form that takes a fresh one; then back to that.
async fn prove(
    State(state): State<ConsoleState>,
    plain: Plain,
    Permitted(signed_in, ..): Permitted<OwnsAccount>,
    address: Address,
    fields: Result<Form<ProveFields>, FormRejection>,
) -> Response {
    let Ok(Form(fields)) = fields else { return plain.unreadable() };
    let back = if is_local_path(&fields.back) { fields.back } else { ACCOUNT.path.to_owned() };
    ask_proof(&state, &plain, &signed_in, address, back).await
}

/// Leads to the page on which a passkey proves that its holder sits there, and then to `back`, a path of this console.
pub(in crate::console) async fn ask_proof(
    state: &ConsoleState,
    plain: &Plain,
    signed_in: &SignedIn,
    address: Address,
    back: String,
) -> Response {
    match brake::count(state, Attempt::SignedIn { account: &signed_in.account_id, address }).await {
        Ok(None) => {}
        Ok(Some(seconds)) => {
            let text = format!("Too many attempts. Try again in {seconds} seconds.");
            let refused = unchanged(plain, StatusCode::TOO_MANY_REQUESTS, &text);
            return sign_in::retry_after(refused, seconds);
        }
        Err(error) => return plain.unavailable(&error),
    }
    match begin_proof(state, signed_in, back).await {
        Ok(response) => response,
        Err(failure) => failure.answer(plain, "Nothing was done", (ACCOUNT.path, "Back to your account")),
    }
}

async fn begin_proof(
    state: &ConsoleState,
    signed_in: &SignedIn,
    back: String,
) -> Result<Response, PasskeyFailure> {
    let webauthn = webauthn(state)?;
    let known = state.store.list_passkeys(&signed_in.account_id).await?;
    let begun = Begun::proving(webauthn, &known, back)?;
    keep(state, Whose::SignedIn(signed_in), &begun).await
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RemoveFields {
    id: String,
}

async fn remove(
    State(state): State<ConsoleState>,
    plain: Plain,
    Permitted(signed_in, ..): Permitted<OwnsAccount>,
    Extension(proved): Extension<Presence>,
    Extension(answered): Extension<PasskeyAnswered>,
    fields: Result<Form<RemoveFields>, FormRejection>,
) -> Response {
    let Ok(Form(RemoveFields { id })) = fields else { return plain.unreadable() };
    // Postgres refuses U+0000 even in a comparison.
    let known = !id.contains('\0');
    let form = Place::new(ACCOUNT.path).asking(Ask::Delete).of(if known { id.as_str() } else { "" });
    if !known {
        return refused(&form, Ask::Delete, Fault::Gone);
    }
    let (account, session) = match own(&state, &plain, &signed_in).await {
        Ok(own) => own,
        Err(answer) => return *answer,
    };
    if let Some(fault) = unproven(&state, &account, proved, answered) {
        return refused(&form, Ask::Delete, fault);
    }
    // What was proven was proven for this account as it is, in this session.
    let holder = PasskeyHolder { session: &session, seen: account.password_version };
    let by = actor(signed_in, &plain);
    match state.store.remove_passkey(&account.id, &id, Some(&holder), &by, state.now()).await {
        Ok(()) => {
            tracing::info!(account = %account.id, "a passkey was removed; other sessions have ended");
            done(Done::PasskeyRemoved)
        }
        Err(error) => not_done(&plain, error, &form, Ask::Delete),
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct DemandFields {
    /// `true`: the password alone opens no session any more. Anything else: it does again.
    demand: String,
}

async fn demand(
    State(state): State<ConsoleState>,
    plain: Plain,
    Permitted(signed_in, ..): Permitted<OwnsAccount>,
    Extension(proved): Extension<Presence>,
    Extension(answered): Extension<PasskeyAnswered>,
    fields: Result<Form<DemandFields>, FormRejection>,
) -> Response {
    let Ok(Form(DemandFields { demand })) = fields else { return plain.unreadable() };
    let form = Place::new(ACCOUNT.path).asking(Ask::Edit);
    let required = match demand.as_str() {
        "true" => true,
        "false" => false,
        _ => return plain.unreadable(),
    };
    let (account, session) = match own(&state, &plain, &signed_in).await {
        Ok(own) => own,
        Err(answer) => return *answer,
    };
    if let Some(fault) = unproven(&state, &account, proved, answered) {
        return refused(&form, Ask::Edit, fault);
    }
    // Where none can answer, the right password would lead nowhere.
    if required && !state.passkeys.is_usable() {
        return refused(&form, Ask::Edit, Fault::NothingToDemand);
    }
    let holder = PasskeyHolder { session: &session, seen: account.password_version };
    let by = actor(signed_in, &plain);
    match state.store.set_passkey_required(&account.id, required, Some(&holder), &by, state.now()).await {
        Ok(()) => done(if required { Done::PasskeyDemanded } else { Done::PasskeyNotDemanded }),
        Err(error) => not_done(&plain, error, &form, Ask::Edit),
    }
}

fn done(done: Done) -> Response {
    answer::see_other(&Place::new(ACCOUNT.path).saved(&Saved { done, revision: None, change: None }))
}

/// Back to the form, with what is wrong.
fn refused(form: &Place, ask: Ask, fault: Fault) -> Response {
    let draft = Draft::new(ask.as_str(), []).with(vec![Problem::of_form(fault)]);
    answer::see_other(&form.refused(&draft))
}

fn not_done(plain: &Plain, error: AccountError, form: &Place, ask: Ask) -> Response {
    let fault = match error {
        AccountError::Store(error) => return plain.unavailable(&error),
        // Whoever is signed out by now is led from the page to the sign-in.
        AccountError::Stale | AccountError::Unknown => Fault::Stale,
        AccountError::Passkey(PasskeyError::LastWay) => Fault::LastWay,
        AccountError::Passkey(PasskeyError::Demanded) => Fault::PasskeyDemanded,
        AccountError::Passkey(PasskeyError::NoPasskey | PasskeyError::NoPassword) => Fault::NothingToDemand,
        AccountError::Passkey(PasskeyError::Unknown) => Fault::Gone,
        error => return plain.internal(&error),
    };
    refused(form, ask, fault)
}
