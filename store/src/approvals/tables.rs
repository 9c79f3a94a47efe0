//! The names of tables and columns that `0013_approvals`, `0020_approval_retention`, `0022_system` and `0026_pressing` make;
//! one enum per table.

use sea_query::Iden;

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum Approvals {
    Table,
    Id,
    Tenant,
    Subject,
    Actor,
    Credential,
    Server,
    Tool,
    Action,
    ResourceType,
    ResourceId,
    Task,
    DefinitionHash,
    ArgumentsDigest,
    Call,
    Binding,
    Context,
    Arguments,
    Sealed,
    Risk,
    Sensitivity,
    Requirements,
    Uses,
    Used,
    HoldFor,
    State,
    FiledAt,
    FiledBy,
    ExpiresAt,
    Attempts,
    LastAttemptAt,
    DecidedAt,
    DecidedBy,
    Reason,
    ValidUntil,
    LookUntil,
    Claims,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum ApprovalVotes {
    Table,
    Approval,
    Person,
    Account,
    InPlaceOf,
    Verdict,
    Reason,
    At,
    ValidUntil,
    Uses,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum ApprovalCalls {
    Table,
    Decision,
    Approval,
    At,
    Idempotency,
    DeliveredAt,
    ReissuedAt,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum ApprovalSlots {
    Table,
    Rule,
    Party,
    Approval,
    ExpiresAt,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum ApprovalFilings {
    Table,
    Rule,
    Party,
    At,
    Approval,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum ApprovalAsks {
    Table,
    Tenant,
    Kind,
    Name,
    Approval,
    Since,
    Rank,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum ApprovalEvents {
    Table,
    Id,
    At,
    Approval,
    Tenant,
    Kind,
    By,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum Substitutes {
    Table,
    Id,
    Person,
    Substitute,
    StartsAt,
    EndsAt,
    MadeAt,
    EndedAt,
}
