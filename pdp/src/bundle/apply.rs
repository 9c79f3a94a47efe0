//! Bringing a database to what a bundle says, within one unit of work: all of it, or nothing.

use super::format::{Bundle, CredentialEntry, RoleEntry, TenantEntry};
use super::rules::{self, Flagged};
use super::{catalog, identities};
use crate::secret::{MIN_CHARACTERS, Secret};
use policy::compile::{Flag, RuleError};
use store::administration::{Credential, Role, Tenant};
use store::{StoreError, WriteError, Writer};

/// Where `secret_env` is looked up; handed down, so that this crate reads no environment of its own.
pub type Environment<'a> = dyn Fn(&str) -> Option<String> + Send + Sync + 'a;

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
    #[error("{thing}: the variable {variable} is not set")]
    NoSecret { thing: String, variable: String },
    #[error("{thing}: the secret in {variable} is shorter than {MIN_CHARACTERS} characters")]
    ShortSecret { thing: String, variable: String },
    #[error(
        "rule `{name}` can never match: {flag} (a rule that restricts nothing is refused; --allow-unmatched takes it all the same)"
    )]
    Unmatched { name: String, flag: Flag },
    #[error("{thing} is given twice")]
    Twice { thing: String },
}

/// How a bundle is applied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ApplyOptions {
    /// Take restricting rules that can never match.
    pub allow_unmatched: bool,
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

/// Writes the bundle into `writer`; what changed is in [`Writer::changes`], what was taken although it can
/// never match is returned. The caller commits, or rolls back.
///
/// # Errors
/// At the first thing that cannot be; then the writer must be rolled back.
pub async fn apply(
    writer: &mut Writer,
    bundle: &Bundle,
    environment: &Environment<'_>,
    options: ApplyOptions,
) -> Result<Vec<Flagged>, ApplyError> {
    twice(bundle)?;
    for entry in &bundle.tenants {
        tenant(writer, entry).await?;
    }
    for entry in &bundle.roles {
        role(writer, entry).await?;
    }
    for entry in &bundle.subjects {
        identities::subject(writer, entry, environment).await?;
    }
    for entry in &bundle.servers {
        catalog::server(writer, entry).await?;
    }
    for rule in &bundle.rules {
        rules::rule(writer, rule).await?;
    }
    for entry in &bundle.credentials {
        credential(writer, entry, environment).await?;
    }
    rules::flagged(writer, &bundle.rules, options.allow_unmatched).await
}

/// A thing that is given twice would depend on the order within the file.
fn twice(bundle: &Bundle) -> Result<(), ApplyError> {
    let named = |tenant: Option<&policy::TenantSlug>, name: &str| match tenant {
        Some(tenant) => format!("`{name}` of tenant `{tenant}`"),
        None => format!("`{name}`"),
    };
    let things = bundle
        .tenants
        .iter()
        .map(|t| format!("tenant `{}`", t.slug))
        .chain(bundle.roles.iter().map(|r| format!("role {}", named(r.tenant.as_ref(), &r.name))))
        .chain(bundle.subjects.iter().map(|s| format!("subject `{}`", s.id)))
        .chain(bundle.servers.iter().map(|s| format!("server `{}`", s.slug)))
        .chain(bundle.servers.iter().flat_map(|s| {
            s.tools.iter().flatten().map(move |tool| format!("tool `{}/{}`", s.slug, tool.name))
        }))
        .chain(bundle.rules.iter().map(|r| format!("rule {}", named(r.tenant.as_ref(), &r.name))))
        .chain(bundle.credentials.iter().map(|c| format!("credential `{}`", c.name)));
    let mut seen = std::collections::HashSet::new();
    for thing in things {
        if !seen.insert(thing.clone()) {
            return Err(ApplyError::Twice { thing });
        }
    }
    Ok(())
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

async fn credential(
    writer: &mut Writer,
    entry: &CredentialEntry,
    environment: &Environment<'_>,
) -> Result<(), ApplyError> {
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
    if let Some(active) = entry.active {
        credential.active = active;
    }
    let stored = writer.put_credential(&credential).await.about(&thing)?;
    if let Some(variable) = &entry.secret_env {
        let digest = secret(&thing, variable, environment)?.digest();
        let id = stored.id;
        let key = writer.add_credential_key(&id, &digest, None).await.about(&thing)?;
        for other in writer.list_credential_keys(&id).await? {
            if other.id != key.id {
                writer.delete_credential_key(&other.id).await.about(&thing)?;
            }
        }
    }
    Ok(())
}

/// Reads a secret from its variable.
pub(super) fn secret(
    thing: &str,
    variable: &str,
    environment: &Environment<'_>,
) -> Result<Secret, ApplyError> {
    let text = environment(variable)
        .filter(|text| !text.is_empty())
        .ok_or_else(|| ApplyError::NoSecret { thing: thing.to_owned(), variable: variable.to_owned() })?;
    if text.chars().count() < MIN_CHARACTERS {
        return Err(ApplyError::ShortSecret { thing: thing.to_owned(), variable: variable.to_owned() });
    }
    Ok(Secret::new(text))
}
