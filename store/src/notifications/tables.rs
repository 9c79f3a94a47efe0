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

// Of the tables of approvals, what is read here.

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum Approvals {
    Table,
    Id,
    Tenant,
    Subject,
    Actor,
    Server,
    Tool,
    Action,
    Risk,
    FiledAt,
    ExpiresAt,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum ApprovalEvents {
    Table,
    Id,
    At,
    Approval,
    Kind,
    By,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum ApprovalAsks {
    Table,
    Kind,
    Name,
    Approval,
    Since,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum Substitutes {
    Table,
    Person,
    Substitute,
    StartsAt,
    EndsAt,
    EndedAt,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum Accounts {
    Table,
    Id,
    Subject,
    Active,
}
