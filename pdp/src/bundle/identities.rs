//! Subjects of a bundle, with their memberships and keys.

use super::apply::{About, ApplyError};
use super::format::{ApiKeyEntry, MembershipEntry, SubjectEntry};
use super::secrets::Secrets;
use policy::{SubjectId, SubjectKind, TenantSlug};
use store::Writer;
use store::administration::{Identity, Membership, NewApiKey, Subject};

pub(super) async fn subject(
    writer: &mut Writer,
    entry: &SubjectEntry,
    only: Option<&TenantSlug>,
    secrets: &mut Secrets<'_>,
) -> Result<(), ApplyError> {
    let thing = format!("subject `{}`", entry.id);
    let mut subject = match writer.get_subject(&entry.id).await? {
        Some(subject) => subject,
        None => Subject::new(entry.id.clone(), entry.kind.unwrap_or(SubjectKind::User)),
    };
    if let Some(kind) = entry.kind {
        subject.kind = kind;
    }
    if let Some(name) = &entry.name {
        subject.name.clone_from(name);
    }
    if let Some(active) = entry.active {
        subject.active = active;
    }
    match &entry.owner {
        Some(owner) => subject.owner = (!owner.is_empty()).then(|| SubjectId::new(owner.as_str())),
        // Nobody answers for a person.
        None if subject.kind == SubjectKind::User => subject.owner = None,
        None => {}
    }
    if let Some(attributes) = &entry.attributes {
        subject.attributes.clone_from(attributes);
    }
    if let Some(given) = &entry.identities {
        let kept = elsewhere(writer, &subject, only).await?;
        let given = given.iter().map(|i| Identity { issuer: i.issuer.clone(), sub: i.sub.clone() });
        subject.identities = given.chain(kept).collect();
    }
    writer.put_subject(&subject).await.about(&thing)?;
    if let Some(given) = &entry.memberships {
        memberships(writer, &thing, &entry.id, given, only).await?;
    }
    if let Some(given) = &entry.api_keys {
        api_keys(writer, &thing, &entry.id, given, secrets).await?;
    }
    Ok(())
}

/// A bundle of one tenant says how issuers that speak for it know somebody, and nobody else: all other identities stay.
async fn elsewhere(
    writer: &mut Writer,
    subject: &Subject,
    only: Option<&TenantSlug>,
) -> Result<Vec<Identity>, ApplyError> {
    let Some(only) = only else { return Ok(Vec::new()) };
    let mut kept = Vec::new();
    for identity in &subject.identities {
        let issuer = writer.get_issuer(&identity.issuer).await?;
        if issuer.is_none_or(|stored| !stored.issuer.tenants.contains(only)) {
            kept.push(identity.clone());
        }
    }
    Ok(kept)
}

async fn memberships(
    writer: &mut Writer,
    thing: &str,
    subject: &SubjectId,
    given: &[MembershipEntry],
    only: Option<&TenantSlug>,
) -> Result<(), ApplyError> {
    for stored in writer.list_memberships(subject).await? {
        // A bundle of one tenant does not say which others somebody belongs to.
        let is_spoken_of = only.is_none_or(|only| *only == stored.tenant);
        if is_spoken_of && !given.iter().any(|entry| entry.tenant == stored.tenant) {
            writer.delete_membership(subject, &stored.tenant).await.about(thing)?;
        }
    }
    for entry in given {
        let membership = Membership {
            subject: subject.clone(),
            tenant: entry.tenant.clone(),
            roles: entry.roles.clone(),
            until: entry.until,
        };
        writer.put_membership(&membership).await.about(thing)?;
    }
    Ok(())
}

async fn api_keys(
    writer: &mut Writer,
    thing: &str,
    subject: &SubjectId,
    given: &[ApiKeyEntry],
    secrets: &mut Secrets<'_>,
) -> Result<(), ApplyError> {
    let stored = writer.list_api_keys(subject).await?;
    for key in &stored {
        if !given.iter().any(|entry| entry.name == key.name) {
            writer.delete_api_key(subject, &key.name).await.about(thing)?;
        }
    }
    for entry in given {
        let thing = format!("{thing}, key `{}`", entry.name);
        let known = stored.iter().find(|key| key.name == entry.name);
        // An expiry that is not given stays as it is.
        let expires_at = entry.expires_at.or(known.and_then(|key| key.expires_at));
        match (&entry.secret_env, known) {
            (Some(variable), _) => {
                let digest = secrets.read(&thing, variable)?.digest();
                let key = NewApiKey { subject, name: &entry.name, digest: &digest, expires_at };
                writer.put_api_key(&key).await.about(&thing)?;
            }
            (None, Some(_)) => {
                writer.set_api_key_expiry(subject, &entry.name, expires_at).await.about(&thing)?;
            }
            (None, None) => secrets.miss(thing),
        }
    }
    Ok(())
}
