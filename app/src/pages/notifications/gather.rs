//! Reads webhooks with how they were served, what was given up, and where mail goes.

use super::query::NotificationsQuery;
use super::read::{AddressLine, DeadLine, LastLine, MailLine, NotificationsView, WebhookLine};
use crate::console::Console;
use crate::error::AppError;
use crate::moment::Moment;
use crate::pages::form::place::Ask;
use crate::pages::form::read::{ROWS_AND_ONE, cut, refuse_zero};
use policy::Timestamp;
use policy::labels::NoticeKind;
use store::administration::{MailAddress, MailSettings, Page, SecretPlace, Webhook};
use store::notifications::{DeadLetter, Receiver};
use store::{Store, StoreError};

/// Accounts whose addresses are shown.
const ACCOUNTS: u64 = 200;

pub(super) async fn view(
    console: &Console,
    query: NotificationsQuery,
) -> Result<NotificationsView, AppError> {
    refuse_zero([&query.before, &query.of])?;
    let (store, now) = (&console.store, console.now());
    let webhooks = webhooks(store, now).await?;
    let mut found = store.list_dead_letters(query.before.as_deref(), ROWS_AND_ONE).await?;
    let next = cut(&mut found, |letter: &DeadLetter| letter.id.clone());
    let mail = store.mail_settings().await?;
    let mut addresses = Vec::new();
    for known in store.list_mail_addresses(ACCOUNTS).await? {
        let last = last(store, Receiver::Account(known.account.clone()), now).await?;
        addresses.push(address(known, last));
    }
    let waiting = store.count_waiting_deliveries().await?;
    let mut tenants = Vec::new();
    if matches!(query.ask, Some(Ask::New | Ask::Edit)) {
        let known = store.list_tenants(&Page::ALL).await?;
        tenants = known.into_iter().map(|tenant| (tenant.slug.to_string(), tenant.name)).collect();
    }
    Ok(NotificationsView {
        query,
        webhooks,
        dead: found.into_iter().map(|letter| dead(letter, now)).collect(),
        next,
        mail: mail.map(mail_line),
        addresses,
        waiting,
        tenants,
    })
}

async fn webhooks(store: &Store, now: Timestamp) -> Result<Vec<WebhookLine>, StoreError> {
    let dead = store.count_dead_by_webhook().await?;
    let mut lines = Vec::new();
    for webhook in store.list_webhooks().await? {
        let last = last(store, Receiver::Webhook(webhook.id.clone()), now).await?;
        let older = store.get_secret(&SecretPlace::older_webhook(&webhook.id)).await?;
        let dead = dead.get(&webhook.id).copied().unwrap_or(0);
        lines.push(line(webhook, older.is_some(), last, dead));
    }
    Ok(lines)
}

async fn last(store: &Store, receiver: Receiver, now: Timestamp) -> Result<Option<LastLine>, StoreError> {
    let last = store.last_delivery(&receiver).await?;
    Ok(last.map(|last| LastLine {
        at: Moment::new(last.at, now),
        delivered: last.delivered,
        error: last.error,
    }))
}

fn line(webhook: Webhook, two_secrets: bool, last: Option<LastLine>, dead: i64) -> WebhookLine {
    WebhookLine {
        events: webhook.events.iter().copied().map(NoticeKind::as_str).map(str::to_owned).collect(),
        tenant: webhook.tenant.map(|tenant| tenant.to_string()),
        active: webhook.active,
        id: webhook.id,
        name: webhook.name,
        url: webhook.url,
        two_secrets,
        last,
        dead,
    }
}

fn dead(letter: DeadLetter, now: Timestamp) -> DeadLine {
    DeadLine {
        by_mail: matches!(letter.receiver, Receiver::Account(_)),
        id: letter.id,
        kind: letter.kind,
        approval: letter.approval,
        to: letter.to,
        at: Moment::new(letter.at, now),
        attempts: letter.attempts,
        error: letter.error.unwrap_or_default(),
    }
}

fn mail_line(settings: MailSettings) -> MailLine {
    MailLine {
        host: settings.host,
        port: settings.port,
        security: settings.security.to_string(),
        login: settings.login,
        sender: settings.sender,
    }
}

fn address(known: MailAddress, last: Option<LastLine>) -> AddressLine {
    AddressLine {
        account: known.account,
        login: known.login,
        address: known.address,
        given: known.given,
        last,
    }
}
