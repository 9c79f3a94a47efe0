//! The secrets of webhooks and of the mail server: made, rotated, and kept in the vault. While a webhook is rotated, both
//! its secrets sign. A webhook's address is kept there too: whoever knows it may post to it at many receivers.

use crate::secret::Secret;
use crate::vault::{Vault, VaultError};
use store::administration::{MailSettings, NewWebhook, SecretPlace, Webhook, shown_address};
use store::{Actor, Store, StoreError, WriteError, Writer};

/// Why a webhook's secret was not rotated.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error("no webhook `{0}`")]
    Unknown(String),
    #[error("two secrets sign already; finish that rotation first")]
    TwoSecrets,
    #[error("only one secret signs; there is nothing to finish")]
    OneSecret,
}

impl From<StoreError> for RotationError {
    fn from(error: StoreError) -> Self {
        Self::Vault(error.into())
    }
}

impl From<WriteError> for RotationError {
    fn from(error: WriteError) -> Self {
        Self::Vault(error.into())
    }
}

/// Adds a webhook, and keeps its address and the secret that signs what is sent to it.
///
/// # Errors
/// When a field cannot be taken, or the secret cannot be kept.
pub async fn create(
    vault: &Vault,
    writer: &mut Writer,
    new: &NewWebhook<'_>,
    secret: &Secret,
) -> Result<Webhook, VaultError> {
    let webhook = writer.add_webhook(new).await?;
    vault.keep(writer, SecretPlace::webhook(&webhook.id), secret).await?;
    vault.keep(writer, SecretPlace::webhook_address(&webhook.id), &Secret::new(new.url.to_owned())).await?;
    Ok(webhook)
}

/// Makes the webhook with this id be so. `address`: the whole of it where it is another one from now on; else the one that
/// is kept stays.
///
/// # Errors
/// When a field cannot be taken, there is no such webhook, or the address cannot be kept.
pub async fn put(
    vault: &Vault,
    writer: &mut Writer,
    webhook: &Webhook,
    address: Option<&Secret>,
) -> Result<Webhook, VaultError> {
    let Some(address) = address else { return Ok(writer.put_webhook(webhook).await?) };
    let shown = Webhook { url: shown_address(address.expose())?, ..webhook.clone() };
    let after = writer.put_webhook(&shown).await?;
    vault.keep(writer, SecretPlace::webhook_address(&after.id), address).await?;
    Ok(after)
}

/// Puts the addresses of webhooks into the vault that an earlier version stored as they were; answers how many.
///
/// # Errors
/// When the database does not answer, or one cannot be kept; then none is.
pub async fn seal_addresses(vault: &Vault, store: &Store, by: Actor) -> Result<usize, VaultError> {
    let clear = |webhook: &Webhook| !shown_address(&webhook.url).is_ok_and(|shown| shown == webhook.url);
    if !store.list_webhooks().await?.iter().any(clear) {
        return Ok(0);
    }
    let mut writer = store.write(by).await?;
    let mut sealed = 0;
    for webhook in writer.list_webhooks().await?.into_iter().filter(clear) {
        let address = Secret::new(webhook.url.clone());
        writer.hide_webhook_address(&webhook.id).await?;
        vault.keep(&mut writer, SecretPlace::webhook_address(&webhook.id), &address).await?;
        sealed += 1;
    }
    writer.commit().await?;
    Ok(sealed)
}

/// Where the webhook is. What is shown of it is the whole, where that has nothing to hide.
pub(super) async fn address(vault: &Vault, store: &Store, webhook: &Webhook) -> Result<Secret, VaultError> {
    match vault.take(store, SecretPlace::webhook_address(&webhook.id)).await {
        Err(VaultError::Missing(_)) if webhook.url.ends_with('/') => Ok(Secret::new(webhook.url.clone())),
        taken => taken,
    }
}

/// Lets a second secret sign beside the one that does.
///
/// # Errors
/// When two sign already, there is no such webhook, or a secret cannot be opened or kept.
pub async fn rotate(
    vault: &Vault,
    writer: &mut Writer,
    id: &str,
    secret: &Secret,
) -> Result<Webhook, RotationError> {
    let webhook = find(writer, id).await?;
    if writer.get_secret(&SecretPlace::older_webhook(id)).await?.is_some() {
        return Err(RotationError::TwoSecrets);
    }
    let place = SecretPlace::webhook(id);
    let stored = writer.get_secret(&place).await?;
    let stored = stored.ok_or_else(|| VaultError::Missing(place.clone()))?;
    let older = vault.open(&stored.secret)?;
    vault.keep(writer, SecretPlace::older_webhook(id), &older).await?;
    vault.keep(writer, place, secret).await?;
    Ok(webhook)
}

/// The older of two secrets signs no longer.
///
/// # Errors
/// When only one signs, or there is no such webhook.
pub async fn finish(writer: &mut Writer, id: &str) -> Result<Webhook, RotationError> {
    let webhook = find(writer, id).await?;
    if writer.delete_secret(&SecretPlace::older_webhook(id)).await? {
        Ok(webhook)
    } else {
        Err(RotationError::OneSecret)
    }
}

/// From now on mail is sent so. An empty password: the one that is kept stays.
///
/// # Errors
/// When a field cannot be taken, or there is a login and no password for it.
pub async fn set_mail(
    vault: &Vault,
    writer: &mut Writer,
    settings: &MailSettings,
    password: &Secret,
) -> Result<(), VaultError> {
    writer.put_mail_settings(settings).await?;
    if settings.login.is_none() {
        return Ok(());
    }
    let place = SecretPlace::mail_password();
    if !password.expose().is_empty() {
        return vault.keep(writer, place, password).await;
    }
    match writer.get_secret(&place).await? {
        Some(_) => Ok(()),
        None => Err(VaultError::Missing(place)),
    }
}

/// The secrets that sign what is sent to the webhook, the newest first.
pub(super) async fn signing(vault: &Vault, store: &Store, id: &str) -> Result<Vec<Secret>, VaultError> {
    let newest = vault.take(store, SecretPlace::webhook(id)).await?;
    match vault.take(store, SecretPlace::older_webhook(id)).await {
        Ok(older) => Ok(vec![newest, older]),
        Err(VaultError::Missing(_)) => Ok(vec![newest]),
        Err(error) => Err(error),
    }
}

async fn find(writer: &mut Writer, id: &str) -> Result<Webhook, RotationError> {
    writer.get_webhook(id).await?.ok_or_else(|| RotationError::Unknown(id.to_owned()))
}
