//! The names of tables and columns that `0001_policy`, `0005_issuers` to `0014_signing_keys`, `0017_mappings`,
//! `0023_live_stamp` and `0027_in_hand` make; one enum per table.

use sea_query::Iden;

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum Revisions {
    Table,
    Scope,
    Value,
}

/// Of SQLite alone.
#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum LiveStamp {
    Table,
    Value,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum Tenants {
    Table,
    Slug,
    Name,
    Active,
    CreatedAt,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum Roles {
    Table,
    Id,
    Tenant,
    Name,
    Description,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum Subjects {
    Table,
    Id,
    Kind,
    Name,
    Active,
    Attributes,
    CreatedAt,
    TokensAfter,
    Owner,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum Identities {
    Table,
    Issuer,
    Sub,
    Subject,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum Memberships {
    Table,
    Subject,
    Tenant,
    Until,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum MembershipRoles {
    Table,
    Subject,
    Tenant,
    Role,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum ApiKeys {
    Table,
    Id,
    Subject,
    Name,
    Digest,
    CreatedAt,
    ExpiresAt,
    LastUsedAt,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum Servers {
    Table,
    Slug,
    Name,
    Url,
    Enabled,
    CheckArguments,
    Audiences,
    CreatedAt,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum ServerTenants {
    Table,
    Server,
    Tenant,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum Tools {
    Table,
    Id,
    Server,
    Name,
    Review,
    Risk,
    Sensitivity,
    ReadOnly,
    CheckSchema,
    Redact,
    Bindings,
    Scopes,
    Task,
    Mapping,
    Definition,
    DefinitionHash,
    Offered,
    OfferedHash,
    ReviewedAt,
    ReviewedBy,
    SeenAt,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum Rules {
    Table,
    Id,
    Tenant,
    Name,
    Effect,
    Status,
    Version,
    Definition,
    UpdatedAt,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum RuleVersions {
    Table,
    Rule,
    Version,
    Definition,
    At,
    By,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum Credentials {
    Table,
    Id,
    Name,
    Tenant,
    Server,
    Trust,
    Arguments,
    Responses,
    Active,
    CreatedAt,
    Search,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum CredentialKeys {
    Table,
    Id,
    Credential,
    Digest,
    CreatedAt,
    ExpiresAt,
    LastUsedAt,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum Issuers {
    Table,
    Url,
    Name,
    Active,
    Settings,
    Version,
    Introspects,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum IssuerTenants {
    Table,
    Issuer,
    Tenant,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum TokenRevocations {
    Table,
    Issuer,
    Jti,
    At,
    Until,
    By,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum DpopProofs {
    Table,
    Thumbprint,
    Jti,
    Until,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum SigningKeys {
    Table,
    Kid,
    Public,
    CreatedAt,
    RetiredAt,
    VerifiesUntil,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum AccessSubmissions {
    Table,
    Credential,
    Idempotency,
    Body,
    Until,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum Vault {
    Table,
    One,
    KeyId,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum VaultSecrets {
    Table,
    Kind,
    Owner,
    Name,
    KeyId,
    Wrapped,
    Sealed,
    ChangedAt,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum Unmapped {
    Table,
    Issuer,
    Sub,
    FirstSeen,
    LastSeen,
    Attempts,
    Tenant,
    Server,
    Tool,
    State,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum Resources {
    Table,
    Type,
    Id,
    Tenant,
    Sensitivity,
    Attributes,
    UpdatedAt,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum ResourceImports {
    Table,
    Id,
    Digest,
    Format,
    Tenant,
    Size,
    Position,
    Line,
    Created,
    Changed,
    Unchanged,
    Refused,
    Problems,
    State,
    StartedAt,
    UpdatedAt,
    By,
    Attempt,
    HeldUntil,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum StopSwitches {
    Table,
    Id,
    Scope,
    Target,
    Tenant,
    Reason,
    At,
    By,
    LiftedAt,
    LiftedBy,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum BreakGlass {
    Table,
    Id,
    Tenant,
    Subject,
    Tools,
    Reason,
    Minutes,
    AskedAt,
    AskedBy,
    AskedAccount,
    NeedsSecond,
    ConfirmedAt,
    ConfirmedBy,
    ConfirmedAccount,
    Until,
    EndedAt,
    EndedBy,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum Tasks {
    Table,
    Id,
    Tenant,
    Subject,
    Actor,
    Purpose,
    Tools,
    Budget,
    Used,
    State,
    OpenedBy,
    OpenedAt,
    ExpiresAt,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum AdministratorTokens {
    Table,
    Id,
    Name,
    Digest,
    Account,
    Tenant,
    Scopes,
    CreatedAt,
    ExpiresAt,
    LastUsedAt,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum Changes {
    Table,
    Id,
    At,
    Actor,
    Via,
    RequestId,
    Kind,
    Object,
    Tenant,
    Action,
    Before,
    After,
}

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum Migrations {
    Table,
    Name,
    Digest,
    AppliedAt,
}
