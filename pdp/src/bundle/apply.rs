//! Bringing a database to what a bundle says, within one unit of work: all of it, or nothing.

use super::format::{Bundle, CredentialEntry, RoleEntry, SubjectEntry, TenantEntry, given};
use super::prune::{Prune, Pruned};
use super::rules::{self, Flagged};
use super::secrets::{Environment, Secrets};
use super::{catalog, check, identities, issuers, resources};
use crate::address_guard::AddressError;
use crate::catalog::MappingRefused;
use crate::secret::MIN_CHARACTERS;
use crate::vault::{Vault, VaultError};
use policy::TenantSlug;
use policy::compile::{Flag, RuleError};
use store::administration::{Credential, Role, Tenant};
use store::{StoreError, WriteError, Writer};

/// Why a bundle was not applied. Nothing of it counts then.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    #[error("{thing}: {why}")]
    Write { thing: String, why: WriteError },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("rule `{name}`: {why}")]
    Rule { name: String, why: RuleError },
    #[error("{thing}: `{key}` is needed, as it does not exist yet")]
    Needed { thing: String, key: &'static str },
    #[error("`secret_env` is needed for each key that does not exist yet: {}", .things.join("; "))]
    SecretsNeeded { things: Vec<String> },
    #[error("{thing}: {why}")]
    Vault { thing: String, why: VaultError },
    #[error("{thing}: the variable {variable} is not set")]
    NoSecret { thing: String, variable: String },
    #[error("{thing}: the secret in {variable} is shorter than {MIN_CHARACTERS} characters")]
    ShortSecret { thing: String, variable: String },
    #[error(
        "rule `{name}` can never match: {flag} (a rule that restricts nothing is refused; --allow-unmatched takes it all the same)"
    )]
    Unmatched { name: String, flag: Flag },
    #[error("{thing}: `url`: {why}")]
    Address { thing: String, why: AddressError },
    #[error("{thing} is given twice")]
    Twice { thing: String },
    #[error("{thing}: `mapping`: {why}")]
    Mapping { thing: String, why: MappingRefused },
    #[error("{thing}: {why}")]
    Contradiction { thing: String, why: &'static str },
    #[error("{thing} is not of tenant `{only}`, of which alone this bundle speaks (`only_tenant: {only}`)")]
    Outside { thing: String, only: TenantSlug },
    #[error("the bundle names nothing, so pruning would remove everything")]
    NothingNamed,
    #[error(
        "there are more than {most} resources, which a bundle does not prune; leave `resources` out, and remove them one by one"
    )]
    ManyResources { most: u64 },
    #[error("tenant `{tenant}` is not in `tenants` and would be pruned, but {thing} needs it")]
    TenantNeeded { tenant: TenantSlug, thing: String },
    #[error(
        "role `{role}` is not in `roles` and would be pruned, but rule `{rule}` names it and would lose its meaning"
    )]
    RoleNeeded { role: String, rule: String },
    #[error(
        "role `{role}` is not in `roles` and would be pruned, but claims of issuer `{issuer}` stand for it"
    )]
    RoleMapped { role: String, issuer: String },
}

/// How a bundle is applied.
#[derive(Debug, Clone, Copy, Default)]
pub struct ApplyOptions<'a> {
    /// Take restricting rules that can never match.
    pub allow_unmatched: bool,
    /// Remove what the lists at the top, as far as they are given, do not name.
    pub prune: bool,
    /// Where secrets are kept that others gave us. None: a bundle that names one is refused.
    pub vault: Option<&'a Vault>,
}

/// What there is to tell of a bundle that was applied, beside [`Writer::changes`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Rules that were taken although they can never match, or too few can approve what they ask about.
    pub flagged: Vec<Flagged>,
    /// Active credentials of the bundle that have no key: nobody can ask with them.
    pub keyless: Vec<String>,
    /// None: nothing was to be pruned.
    pub pruned: Option<Vec<Pruned>>,
}

/// Adds what was being written to an error of the store.
pub(super) trait About<T> {
    fn about(self, thing: &str) -> Result<T, ApplyError>;
}

impl<T> About<T> for Result<T, WriteError> {
    fn about(self, thing: &str) -> Result<T, ApplyError> {
        self.map_err(|why| ApplyError::Write { thing: thing.to_owned(), why })
    }
}

/// Writes the bundle into `writer`; what changed is in [`Writer::changes`]. The caller commits, or rolls back.
///
/// # Errors
/// At the first thing that cannot be; then the writer must be rolled back.
pub async fn apply(
    writer: &mut Writer,
    bundle: &Bundle,
    environment: &Environment<'_>,
    options: ApplyOptions<'_>,
) -> Result<Applied, ApplyError> {
    check::check(bundle)?;
    let prune = if options.prune {
        let prune = Prune::of(&writer.read_everything().await?, bundle)?;
        prune.before(writer).await?;
        Some(prune)
    } else {
        None
    };
    let only = bundle.only_tenant.as_ref();
    let mut secrets = Secrets::new(environment);
    for entry in given(&bundle.tenants) {
        tenant(writer, entry).await?;
    }
    for entry in given(&bundle.roles) {
        role(writer, entry).await?;
    }
    for entry in given(&bundle.issuers) {
        issuers::issuer(writer, entry, only, options.vault, &mut secrets).await?;
    }
    // Whoever answers for others goes first, wherever in the file.
    let is_owned = |entry: &&SubjectEntry| entry.owner.as_ref().is_some_and(|owner| !owner.is_empty());
    let (owned, others): (Vec<_>, Vec<_>) = given(&bundle.subjects).iter().partition(is_owned);
    for entry in others.into_iter().chain(owned) {
        identities::subject(writer, entry, only, &mut secrets).await?;
    }
    for entry in given(&bundle.servers) {
        catalog::server(writer, entry, only).await?;
    }
    for entry in given(&bundle.resources) {
        resources::resource(writer, entry, only).await?;
    }
    for rule in given(&bundle.rules) {
        rules::rule(writer, rule).await?;
    }
    let mut keyless = Vec::new();
    for entry in given(&bundle.credentials) {
        if !credential(writer, entry, &secrets).await? {
            keyless.push(entry.name.clone());
        }
    }
    secrets.none_missed()?;
    let pruned = match prune {
        Some(prune) => Some(prune.after(writer).await?),
        None => None,
    };
    let flagged = rules::flagged(writer, given(&bundle.rules), options.allow_unmatched).await?;
    Ok(Applied { flagged, keyless, pruned })
}

async fn tenant(writer: &mut Writer, entry: &TenantEntry) -> Result<(), ApplyError> {
    let thing = format!("tenant `{}`", entry.slug);
    let mut tenant = match writer.get_tenant(&entry.slug).await? {
        Some(tenant) => tenant,
        None => Tenant::new(entry.slug.clone(), entry.slug.as_str()),
    };
    if let Some(name) = &entry.name {
        tenant.name.clone_from(name);
    }
    if let Some(active) = entry.active {
        tenant.active = active;
    }
    writer.put_tenant(&tenant).await.about(&thing)?;
    Ok(())
}

async fn role(writer: &mut Writer, entry: &RoleEntry) -> Result<(), ApplyError> {
    let thing = format!("role `{}`", entry.name);
    let mut role = match writer.get_role(entry.tenant.as_ref(), &entry.name).await? {
        Some(role) => role,
        None => Role::new(entry.tenant.clone(), &entry.name),
    };
    if let Some(description) = &entry.description {
        role.description.clone_from(description);
    }
    writer.put_role(&role).await.about(&thing)?;
    Ok(())
}

/// False where the credential is to be used and has no key in the end.
async fn credential(
    writer: &mut Writer,
    entry: &CredentialEntry,
    secrets: &Secrets<'_>,
) -> Result<bool, ApplyError> {
    let thing = format!("credential `{}`", entry.name);
    let known = writer.get_credential_by_name(&entry.name).await?;
    let is_new = known.is_none();
    let mut credential = known.unwrap_or_else(|| Credential::new(&entry.name));
    if is_new || entry.tenant.is_some() {
        credential.tenant.clone_from(&entry.tenant);
    }
    if is_new || entry.server.is_some() {
        credential.server.clone_from(&entry.server);
    }
    if let Some(trust) = entry.trust {
        credential.trust = trust;
    }
    if let Some(arguments) = entry.arguments {
        credential.arguments = arguments;
    }
    if let Some(responses) = entry.responses {
        credential.responses = responses;
    }
    if let Some(search) = entry.search {
        credential.search = search;
    }
    if let Some(active) = entry.active {
        credential.active = active;
    }
    let id = writer.put_credential(&credential).await.about(&thing)?.id;
    let Some(variable) = &entry.secret_env else {
        return Ok(!credential.active || !writer.list_credential_keys(&id).await?.is_empty());
    };
    let digest = secrets.read(&thing, variable)?.digest();
    let key = writer.add_credential_key(&id, &digest, None).await.about(&thing)?;
    for other in writer.list_credential_keys(&id).await? {
        if other.id != key.id {
            writer.delete_credential_key(&other.id).await.about(&thing)?;
        }
    }
    Ok(true)
}
