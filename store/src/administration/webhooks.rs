//! Webhooks: whose address is told of which events. Their secrets are in the vault, and so are the addresses, which are as
//! good as passwords at many receivers; here is what may be shown of them. See `pdp` for how both come there.

use super::writer::About;
use super::{SecretPlace, WriteError, Writer, name, text};
use crate::Store;
use crate::db::{Source, StoreError, flag, json, new_id, to_json};
use crate::notifications::tables::Webhooks;
use policy::labels::NoticeKind;
use policy::{TenantSlug, Timestamp};
use sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};
use serde::Serialize;

/// So many there may be: each event is written once for each of them.
pub const MOST_WEBHOOKS: usize = 50;

/// The longest address, in bytes.
const MAX_URL: usize = 2_048;

/// Stands for what is not shown of an address.
const HIDDEN: &str = "…";

/// Shown of an address that is none.
const UNKNOWN: &str = "https://unknown/…";

/// What may be shown of an address: its scheme and host, and whether there is more.
///
/// # Errors
/// When it is too long, begins with no scheme that is posted to, names no host, or holds a password.
pub fn shown_address(url: &str) -> Result<String, WriteError> {
    let invalid = |reason| WriteError::Invalid { field: "url", reason };
    text("url", url)?;
    if url.len() > MAX_URL {
        return Err(invalid("must not be longer than 2048 bytes"));
    }
    let scheme = ["https://", "http://"].into_iter().find(|scheme| url.starts_with(scheme));
    let scheme = scheme.ok_or_else(|| invalid("must begin with https:// or http://"))?;
    let rest = url.get(scheme.len()..).unwrap_or_default();
    // A backslash is as good as a slash to whoever reads addresses as browsers do.
    let end = rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    if host.is_empty() || host.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(invalid("must name a host"));
    }
    if host.contains('@') {
        return Err(invalid("must hold no name and no password"));
    }
    let path = if path.len() > 1 { HIDDEN } else { "" };
    Ok(format!("{scheme}{host}/{path}"))
}

/// A webhook, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Webhook {
    pub id: String,
    /// One of a kind.
    pub name: String,
    /// What may be shown of where it is: see [`shown_address`].
    pub url: String,
    /// In order, each once.
    pub events: Vec<NoticeKind>,
    /// None: it is told of every tenant.
    pub tenant: Option<TenantSlug>,
    /// False: nothing is sent to it.
    pub active: bool,
    #[serde(skip)]
    pub created_at: Timestamp,
}

impl Webhook {
    /// Whether it is told of this.
    pub fn wants(&self, event: NoticeKind, tenant: &TenantSlug) -> bool {
        let within = self.tenant.as_ref().is_none_or(|own| own == tenant);
        self.active && within && self.events.contains(&event)
    }
}

/// A webhook to be stored.
#[derive(Debug, Clone, Copy)]
pub struct NewWebhook<'a> {
    pub name: &'a str,
    /// The whole of it. It is for the vault, and not stored here.
    pub url: &'a str,
    pub events: &'a [NoticeKind],
    /// None: of every tenant.
    pub tenant: Option<&'a TenantSlug>,
}

#[derive(sqlx::FromRow)]
struct WebhookRow {
    id: String,
    name: String,
    url: String,
    events: String,
    tenant: Option<String>,
    active: i64,
    created_at: i64,
}

impl TryFrom<WebhookRow> for Webhook {
    type Error = StoreError;

    fn try_from(row: WebhookRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            name: row.name,
            url: row.url,
            events: json(&row.events, "webhooks.events")?,
            tenant: row.tenant.map(TenantSlug::new),
            active: flag(row.active, "a webhook's `active`")?,
            created_at: Timestamp::from_micros(row.created_at),
        })
    }
}

const COLUMNS: [Webhooks; 7] = [
    Webhooks::Id,
    Webhooks::Name,
    Webhooks::Url,
    Webhooks::Events,
    Webhooks::Tenant,
    Webhooks::Active,
    Webhooks::CreatedAt,
];

fn select() -> SelectStatement {
    Query::select().columns(COLUMNS).from(Webhooks::Table).take()
}

async fn find<S: Source>(source: &mut S, id: &str) -> Result<Option<Webhook>, StoreError> {
    let query = select().and_where(Expr::col(Webhooks::Id).eq(id)).take();
    source.optional::<WebhookRow, _>(&query).await?.map(Webhook::try_from).transpose()
}

async fn find_by_name<S: Source>(source: &mut S, name: &str) -> Result<Option<Webhook>, StoreError> {
    let query = select().and_where(Expr::col(Webhooks::Name).eq(name)).take();
    source.optional::<WebhookRow, _>(&query).await?.map(Webhook::try_from).transpose()
}

/// All of them, by name.
pub(crate) async fn list<S: Source>(source: &mut S) -> Result<Vec<Webhook>, StoreError> {
    let query = select().order_by(Webhooks::Name, Order::Asc).take();
    source.all::<WebhookRow, _>(&query).await?.into_iter().map(Webhook::try_from).collect()
}

impl Store {
    /// All webhooks, by name; there are [`MOST_WEBHOOKS`] at the most.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_webhooks(&self) -> Result<Vec<Webhook>, StoreError> {
        list(&mut &self.db).await
    }

    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_webhook(&self, id: &str) -> Result<Option<Webhook>, StoreError> {
        find(&mut &self.db, id).await
    }
}

impl Writer {
    /// As [`Store::get_webhook`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_webhook(&mut self, id: &str) -> Result<Option<Webhook>, StoreError> {
        find(&mut self.tx, id).await
    }

    /// As [`Store::list_webhooks`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_webhooks(&mut self) -> Result<Vec<Webhook>, StoreError> {
        list(&mut self.tx).await
    }

    /// Of an address that was stored as it was, leaves what may be shown. Nothing else changes, so the record of changes
    /// has it by the secret that the vault keeps from then on. An address that nobody can post to is hidden whole.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn hide_webhook_address(&mut self, id: &str) -> Result<(), StoreError> {
        let Some(webhook) = find(&mut self.tx, id).await? else { return Ok(()) };
        let shown = shown_address(&webhook.url).unwrap_or_else(|_| UNKNOWN.to_owned());
        let update = Query::update()
            .table(Webhooks::Table)
            .value(Webhooks::Url, shown)
            .and_where(Expr::col(Webhooks::Id).eq(id))
            .take();
        self.tx.execute(&update).await.map(|_| ())
    }

    /// One webhook by its name, within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_webhook_by_name(&mut self, name: &str) -> Result<Option<Webhook>, StoreError> {
        find_by_name(&mut self.tx, name).await
    }

    /// Adds a webhook, switched on. Its secret and its address are for the vault.
    ///
    /// # Errors
    /// When the name is taken or none, the address is too long, no event is named, the tenant is unknown, or there are
    /// too many.
    pub async fn add_webhook(&mut self, new: &NewWebhook<'_>) -> Result<Webhook, WriteError> {
        if list(&mut self.tx).await?.len() >= MOST_WEBHOOKS {
            let reason = "would be one too many: there are 50 at the most";
            return Err(WriteError::Invalid { field: "webhook", reason });
        }
        let webhook = Webhook {
            id: new_id(),
            name: new.name.to_owned(),
            url: shown_address(new.url)?,
            events: in_order(new.events),
            tenant: new.tenant.cloned(),
            active: true,
            created_at: self.now,
        };
        self.check_webhook(&webhook).await?;
        let insert = Query::insert()
            .into_table(Webhooks::Table)
            .columns(COLUMNS)
            .values_panic([
                webhook.id.as_str().into(),
                webhook.name.as_str().into(),
                webhook.url.as_str().into(),
                to_json(&webhook.events)?.into(),
                webhook.tenant.as_ref().map(TenantSlug::as_str).into(),
                1_i64.into(),
                webhook.created_at.micros().into(),
            ])
            .take();
        self.tx.execute(&insert).await?;
        self.record(about(&webhook), None, Some(&webhook)).await?;
        Ok(webhook)
    }

    /// Makes the webhook with this id be so; when it was made stays.
    ///
    /// # Errors
    /// As [`Writer::add_webhook`], and when there is none with this id.
    pub async fn put_webhook(&mut self, webhook: &Webhook) -> Result<Webhook, WriteError> {
        let Some(before) = find(&mut self.tx, &webhook.id).await? else {
            return Err(WriteError::Unknown { kind: "webhook", name: webhook.id.clone() });
        };
        let after =
            Webhook { events: in_order(&webhook.events), created_at: before.created_at, ..webhook.clone() };
        if after == before {
            return Ok(after);
        }
        self.check_webhook(&after).await?;
        let update = Query::update()
            .table(Webhooks::Table)
            .value(Webhooks::Name, after.name.as_str())
            .value(Webhooks::Url, after.url.as_str())
            .value(Webhooks::Events, to_json(&after.events)?)
            .value(Webhooks::Tenant, after.tenant.as_ref().map(TenantSlug::as_str))
            .value(Webhooks::Active, i64::from(after.active))
            .and_where(Expr::col(Webhooks::Id).eq(after.id.as_str()))
            .take();
        self.tx.execute(&update).await?;
        let moved = before.tenant != after.tenant;
        self.record(about(&after).unless_moved(moved), Some(&before), Some(&after)).await?;
        Ok(after)
    }

    /// Deletes a webhook with its secrets, and what waits to be sent to it; false where there is none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delete_webhook(&mut self, id: &str) -> Result<bool, StoreError> {
        let Some(before) = find(&mut self.tx, id).await? else { return Ok(false) };
        self.delete_secret(&SecretPlace::webhook(id)).await?;
        self.delete_secret(&SecretPlace::older_webhook(id)).await?;
        self.delete_secret(&SecretPlace::webhook_address(id)).await?;
        let delete =
            Query::delete().from_table(Webhooks::Table).and_where(Expr::col(Webhooks::Id).eq(id)).take();
        self.tx.execute(&delete).await?;
        self.record(about(&before), Some(&before), None).await?;
        Ok(true)
    }

    async fn check_webhook(&mut self, webhook: &Webhook) -> Result<(), WriteError> {
        name("webhook", &webhook.name)?;
        let invalid = |field, reason| Err(WriteError::Invalid { field, reason });
        // Whatever is given here is shown: so it is never the whole of it.
        if shown_address(&webhook.url)? != webhook.url {
            return invalid("url", "must be what may be shown of it");
        }
        if webhook.events.is_empty() {
            return invalid("events", "must name at least one");
        }
        if let Some(tenant) = &webhook.tenant {
            self.need_tenant(tenant).await?;
        }
        let other = find_by_name(&mut self.tx, &webhook.name).await?;
        if other.is_some_and(|other| other.id != webhook.id) {
            return Err(WriteError::Taken {
                what: format!("the name `{}`", webhook.name),
                owner: "another webhook".to_owned(),
            });
        }
        Ok(())
    }
}

fn in_order(events: &[NoticeKind]) -> Vec<NoticeKind> {
    let mut events = events.to_vec();
    events.sort_unstable();
    events.dedup();
    events
}

fn about(webhook: &Webhook) -> About<'_> {
    About { kind: "webhook", object: webhook.id.as_str(), tenant: webhook.tenant.as_ref() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_address_its_host_is_shown() {
        for (url, shown) in [
            ("https://hooks.example/services/T0/B0/secret", "https://hooks.example/…"),
            ("https://hooks.example:8443/?token=secret", "https://hooks.example:8443/…"),
            ("https://hooks.example?token=secret", "https://hooks.example/…"),
            ("https://hooks.example#secret", "https://hooks.example/…"),
            ("https://hooks.example\\secret", "https://hooks.example/…"),
            ("http://[2001:db8::1]:80/secret", "http://[2001:db8::1]:80/…"),
            ("https://hooks.example/", "https://hooks.example/"),
            ("https://hooks.example", "https://hooks.example/"),
            ("https://hooks.example/…", "https://hooks.example/…"),
        ] {
            assert_eq!(shown_address(url).expect("is an address"), shown, "{url}");
        }
        let long = format!("https://hooks.example/{}", "x".repeat(MAX_URL));
        for url in [
            "",
            "hooks.example/secret",
            "ftp://hooks.example/",
            "https://",
            "https:///secret",
            "https://user:secret@hooks.example/",
            "https://hooks .example/",
            "https://hooks.example\0/",
            long.as_str(),
        ] {
            let told = shown_address(url).expect_err("is none").to_string();
            assert!(!told.contains("secret"), "{told}");
        }
    }

    #[test]
    fn a_webhook_is_told_of_what_it_asked_for() {
        let webhook = Webhook {
            id: "w".to_owned(),
            name: "slack".to_owned(),
            url: "https://hooks.example/…".to_owned(),
            events: in_order(&[NoticeKind::Expired, NoticeKind::Requested, NoticeKind::Expired]),
            tenant: Some(TenantSlug::from("acme")),
            active: true,
            created_at: Timestamp::default(),
        };
        let (acme, globex) = (TenantSlug::from("acme"), TenantSlug::from("globex"));
        assert_eq!(webhook.events, [NoticeKind::Requested, NoticeKind::Expired]);
        assert!(webhook.wants(NoticeKind::Requested, &acme));
        assert!(!webhook.wants(NoticeKind::Decided, &acme));
        assert!(!webhook.wants(NoticeKind::Requested, &globex));
        let of_all = Webhook { tenant: None, ..webhook.clone() };
        assert!(of_all.wants(NoticeKind::Requested, &globex));
        assert!(!Webhook { active: false, ..webhook }.wants(NoticeKind::Requested, &acme));
    }
}
