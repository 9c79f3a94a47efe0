//! Set-up: the first owner, made by whoever holds the one-time link. Closed for good once an account exists.

use super::address::Address;
use super::answer::Plain;
use super::passwords::PasswordError;
use super::{ConsoleState, links, sign_in};
use app::plain::{SetupErrors, SetupForm};
use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use policy::ids::check_id;
use serde::Deserialize;
use store::accounts::{AccountError, AccountRole, LinkPurpose, NewAccount, PasswordHash, normal_login};
use store::{Actor, Via};
use tower_sessions::Session;

pub(super) const CODE_NOT_VALID: &str =
    "This code is used up, replaced or too old. Ask for a new link on the host.";
pub(super) const CODE_MISSING: &str = "Paste the code: what stands after the # of the link.";
pub(super) const NOT_THE_SAME: &str = "The two passwords are not the same.";
pub(super) const BUSY: &str = "The server is busy. Nothing was changed; try again in a few seconds.";

#[derive(Deserialize)]
pub(super) struct Fields {
    #[serde(default)]
    code: String,
    #[serde(default)]
    login: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    password_again: String,
}

pub(super) async fn show(State(state): State<ConsoleState>, plain: Plain) -> Response {
    match state.store.setup_is_open().await {
        Ok(true) => draw(&plain, StatusCode::OK, SetupForm::default()),
        Ok(false) => closed(&plain),
        Err(error) => plain.unavailable(&error),
    }
}

fn draw(plain: &Plain, status: StatusCode, form: SetupForm) -> Response {
    plain.draw_with_script(status, |page| app::plain::setup(page, form))
}

fn closed(plain: &Plain) -> Response {
    plain.draw(StatusCode::GONE, app::plain::setup_closed)
}

pub(super) async fn create_owner(
    State(state): State<ConsoleState>,
    plain: Plain,
    session: Session,
    address: Address,
    headers: HeaderMap,
    fields: Result<Form<Fields>, FormRejection>,
) -> Response {
    let Ok(Form(fields)) = fields else { return plain.unreadable() };
    match state.store.setup_is_open().await {
        Ok(true) => {}
        Ok(false) => return closed(&plain),
        Err(error) => return plain.unavailable(&error),
    }
    // The code before all else: nobody without it has a password estimated or hashed here.
    let link = links::digest_of_code(&fields.code);
    let valid = match state.store.setup_link_is_valid(&link, LinkPurpose::Setup, state.now()).await {
        Ok(valid) => valid,
        Err(error) => return plain.unavailable(&error),
    };
    let login = normal_login(&fields.login);
    let mut errors = check(&fields, &login, valid);
    if valid && errors.password.is_none() {
        match state.passwords.accept(fields.password.clone(), login.clone()).await {
            Ok(accepted) => errors.password = accepted.err().map(|weakness| weakness.to_string()),
            Err(error) => return password_failed(&plain, &error, form(&fields, errors)),
        }
    }
    if errors != SetupErrors::default() {
        return draw(&plain, StatusCode::UNPROCESSABLE_ENTITY, form(&fields, errors));
    }
    let hash = match state.passwords.hash(fields.password.clone()).await {
        Ok(hash) => PasswordHash::new(hash),
        Err(error) => return password_failed(&plain, &error, form(&fields, errors)),
    };
    let owner = NewAccount {
        login,
        name: fields.name.trim().to_owned(),
        password_hash: Some(hash),
        role: AccountRole::Owner,
        reach: policy::Reach::Everything,
    };
    // Whoever holds the link writes themselves down.
    let request_id = Some(plain.correlation.0.clone());
    let by = Actor { name: owner.login.clone(), via: Via::Console, request_id };
    match state.store.create_first_owner(Some(&link), &owner, &by, state.now()).await {
        Ok(account) => {
            tracing::info!(account = %account.id, "set-up is done and closed: the first owner exists");
            sign_in::enter(&state, &plain, &session, &headers, address, &account).await
        }
        Err(AccountError::SetupClosed) => closed(&plain),
        Err(AccountError::Store(error)) => plain.unavailable(&error),
        Err(error) => {
            let errors = refused(&error);
            draw(&plain, StatusCode::UNPROCESSABLE_ENTITY, form(&fields, errors))
        }
    }
}

/// What can be said without the password's strength.
fn check(fields: &Fields, login: &str, valid_code: bool) -> SetupErrors {
    let code = match (fields.code.trim().is_empty(), valid_code) {
        (true, _) => Some(CODE_MISSING.to_owned()),
        (false, false) => Some(CODE_NOT_VALID.to_owned()),
        (false, true) => None,
    };
    SetupErrors {
        form: None,
        code,
        login: check_id(login).err().map(|error| format!("The login {error}.")),
        name: check_id(fields.name.trim()).err().map(|error| format!("The name {error}.")),
        password: fields.password.is_empty().then(|| "Choose a password.".to_owned()),
        password_again: (fields.password != fields.password_again).then(|| NOT_THE_SAME.to_owned()),
    }
}

/// What the database found, which looked last.
fn refused(error: &AccountError) -> SetupErrors {
    let none = SetupErrors::default();
    match error {
        AccountError::LinkNotValid => SetupErrors { code: Some(CODE_NOT_VALID.to_owned()), ..none },
        AccountError::Login { source, .. } => {
            SetupErrors { login: Some(format!("The login {source}.")), ..none }
        }
        AccountError::LoginTaken(_) => SetupErrors { login: Some("This login is taken.".to_owned()), ..none },
        AccountError::Name { source, .. } => {
            SetupErrors { name: Some(format!("The name {source}.")), ..none }
        }
        AccountError::Store(_)
        | AccountError::SetupClosed
        | AccountError::Unknown
        | AccountError::Stale
        | AccountError::LastOwner
        | AccountError::OwnersOnly
        | AccountError::PersonsOnly
        | AccountError::PasskeyStays
        | AccountError::ToldElsewhere
        | AccountError::NoSuchPerson
        | AccountError::NoPassword
        | AccountError::NoSuchTenant
        | AccountError::NoTenant
        | AccountError::Identity(_)
        | AccountError::Passkey(_)
        | AccountError::IdentityTaken(_) => {
            SetupErrors { form: Some("The account was not made.".to_owned()), ..none }
        }
    }
}

/// The form again, with everything but the passwords.
fn form(fields: &Fields, errors: SetupErrors) -> SetupForm {
    SetupForm { code: fields.code.clone(), login: fields.login.clone(), name: fields.name.clone(), errors }
}

fn password_failed(plain: &Plain, error: &PasswordError, form: SetupForm) -> Response {
    match error {
        PasswordError::Busy => {
            let errors = SetupErrors { form: Some(BUSY.to_owned()), ..SetupErrors::default() };
            draw(plain, StatusCode::SERVICE_UNAVAILABLE, SetupForm { errors, ..form })
        }
        PasswordError::Hash => plain.internal(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> Fields {
        Fields {
            code: "c".to_owned(),
            login: "Ada@Example.org".to_owned(),
            name: "Ada".to_owned(),
            password: "correct horse battery staple".to_owned(),
            password_again: "correct horse battery staple".to_owned(),
        }
    }

    #[test]
    fn each_field_is_told_what_is_wrong_with_it() {
        assert_eq!(check(&fields(), "ada@example.org", true), SetupErrors::default());
        let all = Fields {
            code: " ".to_owned(),
            login: String::new(),
            name: " ".to_owned(),
            password: String::new(),
            password_again: "x".to_owned(),
        };
        let errors = check(&all, "", false);
        assert_eq!(errors.code.as_deref(), Some(CODE_MISSING));
        assert_eq!(errors.login.as_deref(), Some("The login must not be empty."));
        assert_eq!(errors.name.as_deref(), Some("The name must not be empty."));
        assert!(errors.password.is_some());
        assert_eq!(errors.password_again.as_deref(), Some(NOT_THE_SAME));
        assert_eq!(check(&fields(), "ada@example.org", false).code.as_deref(), Some(CODE_NOT_VALID));
    }

    #[test]
    fn the_form_comes_back_without_passwords() {
        let back = form(&fields(), SetupErrors::default());
        assert_eq!(
            (back.login.as_str(), back.name.as_str(), back.code.as_str()),
            ("Ada@Example.org", "Ada", "c")
        );
        assert!(!format!("{back:?}").contains("horse"));
    }
}
