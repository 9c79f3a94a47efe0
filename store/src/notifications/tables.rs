//! The names of tables and columns that `0016_notifications` makes; one enum per table.

use sea_query::Iden;

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum Webhooks {
    Table,
    Id,
    Name,
    Url,
    Events,
    Tenant,
    Active,
    CreatedAt,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum MailSettings {
    Table,
    One,
    Host,
    Port,
    Security,
    Login,
    Sender,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum AccountMail {
    Table,
    Account,
    Address,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum NotificationEvents {
    Table,
    Event,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum NotificationDeliveries {
    Table,
    Id,
    Event,
    Kind,
    Approval,
    Webhook,
    Account,
    Payload,
    At,
    State,
    Attempts,
    NextAt,
    TriedAt,
    Error,
}
