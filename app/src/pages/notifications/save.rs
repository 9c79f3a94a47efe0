//! How webhooks and mail are changed. What reveals a webhook's secret is answered by plain handlers of the server instead.

use crate::error::AppError;
use crate::wire::Json;
use leptos::prelude::*;

/// Name, address, events, tenant, and whether anything is sent to it.
#[server(endpoint = "webhook-save", output = Json)]
pub async fn save_webhook(
    #[server(default)] id: String,
    #[server(default)] name: String,
    #[server(default)] url: String,
    #[server(default)] events: Vec<String>,
    #[server(default)] tenant: String,
    #[server(default)] active: String,
) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteSettings)?;
    let console = crate::console::Console::current()?;
    let form = super::write::WebhookForm { name, url, events, tenant };
    super::write::save(&console, &signed_in, &id, &form, active == "true").await
}

/// The older of two secrets signs no longer.
#[server(endpoint = "webhook-finish", output = Json)]
pub async fn finish_webhook(#[server(default)] id: String) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteSettings)?;
    let console = crate::console::Console::current()?;
    super::write::finish(&console, &signed_in, &id).await
}

/// With its secrets, and what waits for it.
#[server(endpoint = "webhook-delete", output = Json)]
pub async fn delete_webhook(#[server(default)] id: String) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteSettings)?;
    let console = crate::console::Console::current()?;
    super::write::delete(&console, &signed_in, &id).await
}

/// A message that says nothing but that it arrived.
#[server(endpoint = "webhook-test", output = Json)]
pub async fn test_webhook(#[server(default)] id: String) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteSettings)?;
    let console = crate::console::Console::current()?;
    super::write::test(&console, &signed_in, &id).await
}

/// A message that was given up is tried again.
#[server(endpoint = "delivery-again", output = Json)]
pub async fn deliver_again(#[server(default)] id: String) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteSettings)?;
    let console = crate::console::Console::current()?;
    super::write::again(&console, &signed_in, &id).await
}

/// How mail is sent. An empty password: the one that is kept stays.
#[server(endpoint = "mail-save", output = Json)]
pub async fn save_mail(
    #[server(default)] host: String,
    #[server(default)] port: String,
    #[server(default)] security: String,
    #[server(default)] login: String,
    #[server(default)] password: String,
    #[server(default)] sender: String,
) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteSettings)?;
    let console = crate::console::Console::current()?;
    let form = super::write_mail::MailForm { host, port, security, login, sender };
    super::write_mail::save(&console, &signed_in, &form, &pdp::Secret::new(password)).await
}

/// No mail is sent any more, if that is confirmed.
#[server(endpoint = "mail-remove", output = Json)]
pub async fn remove_mail(#[server(default)] confirmed: String) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteSettings)?;
    let console = crate::console::Console::current()?;
    super::write_mail::remove(&console, &signed_in, confirmed == "true").await
}

/// To this account, a message that says nothing but that it arrived.
#[server(endpoint = "mail-test", output = Json)]
pub async fn test_mail(#[server(default)] id: String) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteSettings)?;
    let console = crate::console::Console::current()?;
    super::write_mail::test(&console, &signed_in, &id).await
}

/// Where mail to an account goes; empty: to its login, where that is an address.
#[server(endpoint = "mail-address-save", output = Json)]
pub async fn save_mail_address(
    #[server(default)] id: String,
    #[server(default)] address: String,
) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteSettings)?;
    let console = crate::console::Console::current()?;
    super::write_mail::save_address(&console, &signed_in, &id, &address).await
}
