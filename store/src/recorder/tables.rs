//! The names of tables and columns that `0002_record`, `0010_delegation`, `0011_tasks` and `0028_touched` make; one enum per
//! table.

use sea_query::Iden;

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum Chains {
    Table,
    Id,
    StartedAt,
    SeenAt,
    EndedAt,
    Instance,
    Version,
    PublicKey,
    Genesis,
    GenesisHash,
    Signature,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum Decisions {
    Table,
    Id,
    Chain,
    Seq,
    At,
    Tenant,
    Subject,
    Credential,
    Server,
    Tool,
    Action,
    Outcome,
    Reason,
    Body,
    Arguments,
    ArgumentsDigest,
    Hash,
    Actor,
    Task,
    Touched,
}

/// Filled and emptied by triggers on the records.
#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum DecisionResources {
    Table,
    ResourceType,
    ResourceId,
    Decision,
    OfTenant,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum Checkpoints {
    Table,
    Chain,
    Seq,
    At,
    Hash,
    Body,
    PublicKey,
    Signature,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum Stubs {
    Table,
    Chain,
    UpTo,
    Hash,
    At,
    PrunedBy,
    Body,
    PublicKey,
    Signature,
}

/// Every column that is read of a record, in the order of [`Decisions`]. What it touched is only written: the body says it.
pub(crate) const DECISION_COLUMNS: [Decisions; 18] = [
    Decisions::Id,
    Decisions::Chain,
    Decisions::Seq,
    Decisions::At,
    Decisions::Tenant,
    Decisions::Subject,
    Decisions::Credential,
    Decisions::Server,
    Decisions::Tool,
    Decisions::Action,
    Decisions::Outcome,
    Decisions::Reason,
    Decisions::Body,
    Decisions::Arguments,
    Decisions::ArgumentsDigest,
    Decisions::Hash,
    Decisions::Actor,
    Decisions::Task,
];
