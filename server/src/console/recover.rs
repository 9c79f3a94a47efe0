//! The way back in: a new password for one account, by a one-time link made on the host.

use super::address::Address;
use super::answer::Plain;
use super::passwords::PasswordError;
use super::setup::{BUSY, CODE_MISSING, CODE_NOT_VALID, NOT_THE_SAME};
use super::{ConsoleState, links, sign_in};
use app::plain::{RecoverForm, SetupErrors};
use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use store::accounts::{AccountError, LinkPurpose, PasswordHash};
use tower_sessions::Session;

#[derive(Deserialize)]
pub(super) struct Fields {
    #[serde(default)]
    code: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    password_again: String,
}

pub(super) async fn show(plain: Plain) -> Response {
    draw(&plain, StatusCode::OK, RecoverForm::default())
}

fn draw(plain: &Plain, status: StatusCode, form: RecoverForm) -> Response {
    plain.draw_with_script(status, |page| app::plain::recover(page, form))
}

/// The form again, without the passwords.
fn again(plain: &Plain, status: StatusCode, fields: &Fields, errors: SetupErrors) -> Response {
    draw(plain, status, RecoverForm { code: fields.code.clone(), errors })
}

pub(super) async fn set_password(
    State(state): State<ConsoleState>,
    plain: Plain,
    session: Session,
    address: Address,
    headers: HeaderMap,
    fields: Result<Form<Fields>, FormRejection>,
) -> Response {
    let Ok(Form(fields)) = fields else { return plain.unreadable() };
    // As in set-up: without a code that works, nothing is estimated or hashed.
    let link = links::digest_of_code(&fields.code);
    let valid = match state.store.setup_link_is_valid(&link, LinkPurpose::Recover, state.now()).await {
        Ok(valid) => valid,
        Err(error) => return plain.unavailable(&error),
    };
    let mut errors = check(&fields, valid);
    if valid && errors.password.is_none() {
        // Whose password it will be is known only once the link is used up.
        match state.passwords.accept(fields.password.clone(), String::new()).await {
            Ok(accepted) => errors.password = accepted.err().map(|weakness| weakness.to_string()),
            Err(error) => return password_failed(&plain, &error, &fields),
        }
    }
    if errors != SetupErrors::default() {
        return again(&plain, StatusCode::UNPROCESSABLE_ENTITY, &fields, errors);
    }
    let hash = match state.passwords.hash(fields.password.clone()).await {
        Ok(hash) => PasswordHash::new(hash),
        Err(error) => return password_failed(&plain, &error, &fields),
    };
    let request_id = Some(plain.correlation.0.clone());
    match state.store.recover_account(&link, &hash, request_id, state.now()).await {
        Ok(account) => {
            tracing::info!(account = %account.id, "an account was recovered; its sessions have ended");
            sign_in::enter(&state, &plain, &session, &headers, address, &account).await
        }
        Err(AccountError::LinkNotValid | AccountError::Unknown) => {
            let errors = SetupErrors { code: Some(CODE_NOT_VALID.to_owned()), ..SetupErrors::default() };
            again(&plain, StatusCode::UNPROCESSABLE_ENTITY, &fields, errors)
        }
        Err(AccountError::Store(error)) => plain.unavailable(&error),
        Err(error) => plain.internal(&error),
    }
}

fn check(fields: &Fields, valid_code: bool) -> SetupErrors {
    let code = match (fields.code.trim().is_empty(), valid_code) {
        (true, _) => Some(CODE_MISSING.to_owned()),
        (false, false) => Some(CODE_NOT_VALID.to_owned()),
        (false, true) => None,
    };
    SetupErrors {
        code,
        password: fields.password.is_empty().then(|| "Choose a password.".to_owned()),
        password_again: (fields.password != fields.password_again).then(|| NOT_THE_SAME.to_owned()),
        ..SetupErrors::default()
    }
}

fn password_failed(plain: &Plain, error: &PasswordError, fields: &Fields) -> Response {
    match error {
        PasswordError::Busy => {
            let errors = SetupErrors { form: Some(BUSY.to_owned()), ..SetupErrors::default() };
            again(plain, StatusCode::SERVICE_UNAVAILABLE, fields, errors)
        }
        PasswordError::Hash => plain.internal(error),
    }
}
