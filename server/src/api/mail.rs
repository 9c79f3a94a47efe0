//! `/api/v1/mail`: how mail is sent, for all tenants: it takes a token of every tenant. The password is taken and never given
//! back; one that is kept for another host, port or login goes with them.

use super::ApiState;
use super::administrator::Administrator;
use super::problem::Problem;
use super::reading::Given;
use super::route::{Route, Verb};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::on;
use pdp::vault::VaultError;
use pdp::{Secret, notify};
use policy::ids::check_id;
use policy::labels::MailSecurity;
use policy::scope::AdminScope;
use serde::{Deserialize, Serialize};
use store::administration::MailSettings;
use store::notifications::Receiver;
use utoipa::ToSchema;

const MAIL: &str = "/api/v1/mail";

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Get, MAIL, AdminScope::Read, "Say how mail is sent; 404 where none is", |m| on(m, get))
        .gives::<MailView>(),
    Route::new(Verb::Put, MAIL, AdminScope::Mail, "Set how mail is sent", |m| on(m, put))
        .takes::<MailTerms>()
        .gives::<MailView>(),
    Route::new(Verb::Delete, MAIL, AdminScope::Mail, "Send no mail any more, and forget the password", |m| {
        on(m, delete)
    }),
    Route::new(
        Verb::Post,
        "/api/v1/mail/test",
        AdminScope::Mail,
        "Send an account a message that says nothing but that it arrived",
        |m| on(m, test),
    )
    .takes::<MailTest>(),
];

/// The mail server, without the password.
#[derive(Debug, Serialize, ToSchema)]
struct MailView {
    #[schema(example = "mail.example.org")]
    host: String,
    #[schema(example = 587)]
    port: u16,
    /// `tls`, `starttls` or `none`.
    #[schema(value_type = String, example = "starttls")]
    security: MailSecurity,
    /// Absent: without signing in. Where there is one, a password is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    login: Option<String>,
    /// From whom: a bare address.
    #[schema(example = "countersign@example.org")]
    sender: String,
}

impl From<MailSettings> for MailView {
    fn from(settings: MailSettings) -> Self {
        Self {
            host: settings.host,
            port: settings.port,
            security: settings.security,
            login: settings.login,
            sender: settings.sender,
        }
    }
}

/// How mail is to be sent. Not printable on purpose.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MailTerms {
    #[schema(example = "mail.example.org")]
    host: String,
    #[schema(example = 587)]
    port: u16,
    /// `tls`, `starttls` or `none`; a login is never sent without TLS.
    #[schema(value_type = String, example = "starttls")]
    security: MailSecurity,
    /// Absent: without signing in.
    #[schema(example = "countersign")]
    login: Option<String>,
    /// Taken, and not given back. Absent: the one that is kept for this host, port and login stays.
    password: Option<String>,
    /// From whom: a bare address.
    #[schema(example = "countersign@example.org")]
    sender: String,
}

/// To whom.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MailTest {
    /// The id of an account. The message goes where mail to it goes.
    account: String,
}

async fn get(State(state): State<ApiState>, administrator: Administrator) -> Result<Json<MailView>, Problem> {
    administrator.of_every_tenant()?;
    let found = state.store.mail_settings().await?;
    Ok(Json(found.ok_or_else(|| Problem::not_found("mail server"))?.into()))
}

async fn put(
    State(state): State<ApiState>,
    administrator: Administrator,
    Given(terms): Given<MailTerms>,
) -> Result<Json<MailView>, Problem> {
    administrator.of_every_tenant()?;
    let password = Secret::new(terms.password.unwrap_or_default());
    if terms.login.is_none() && !password.expose().is_empty() {
        return Err(Problem::invalid("password", "is none without a `login`"));
    }
    let settings = MailSettings {
        host: terms.host,
        port: terms.port,
        security: terms.security,
        login: terms.login,
        sender: terms.sender,
    };
    let mut writer = state.store.write(administrator.actor()).await?;
    match notify::set_mail(state.console.vault(), &mut writer, &settings, &password).await {
        Ok(()) => {}
        Err(VaultError::Missing(_)) => {
            return Err(Problem::invalid("password", "must be given: none is kept for this login there"));
        }
        Err(VaultError::NotASecret) => {
            return Err(Problem::invalid("password", "is too long, or holds U+0000"));
        }
        Err(error) => return Err(error.into()),
    }
    writer.commit().await?;
    Ok(Json(settings.into()))
}

async fn delete(State(state): State<ApiState>, administrator: Administrator) -> Result<StatusCode, Problem> {
    administrator.of_every_tenant()?;
    let mut writer = state.store.write(administrator.actor()).await?;
    if !writer.delete_mail_settings().await? {
        return Err(Problem::not_found("mail server"));
    }
    writer.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn test(
    State(state): State<ApiState>,
    administrator: Administrator,
    Given(MailTest { account }): Given<MailTest>,
) -> Result<StatusCode, Problem> {
    administrator.of_every_tenant()?;
    check_id(&account).map_err(|why| Problem::invalid("account", why.to_string()))?;
    // Where no mail is sent, it would wait for good.
    if state.store.mail_settings().await?.is_none() {
        return Err(Problem::not_found("mail server"));
    }
    let mut writer = state.store.write(administrator.actor()).await?;
    writer.send_test(&Receiver::Account(account)).await?;
    writer.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
