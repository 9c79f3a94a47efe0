//! A subject: its identities, its memberships and the names of its keys.

use super::keys::{Keys, list, texts};
use crate::bundle::format::{ApiKeyEntry, IdentityEntry, MembershipEntry, SubjectEntry};
use crate::bundle::yaml::Node;
use policy::labels::SubjectKind;

pub(super) fn subject(entry: &SubjectEntry) -> Node {
    let SubjectEntry { id, kind, name, active, owner, attributes, identities, memberships, api_keys } = entry;
    Keys::default()
        .with("id", id.as_str())
        .with_any("kind", kind.map(SubjectKind::as_str))
        .with_any("name", name.as_deref())
        .with_any("active", *active)
        .with_any("owner", owner.as_deref())
        .with_any("attributes", attributes.clone())
        .with_any("identities", list(identities.as_deref(), identity))
        .with_any("memberships", list(memberships.as_deref(), membership))
        .with_any("api_keys", list(api_keys.as_deref(), api_key))
        .node()
}

fn identity(entry: &IdentityEntry) -> Node {
    let IdentityEntry { issuer, sub } = entry;
    Keys::default().with("issuer", issuer.as_str()).with("sub", sub.as_str()).node()
}

fn membership(entry: &MembershipEntry) -> Node {
    let MembershipEntry { tenant, roles, until } = entry;
    Keys::default()
        .with("tenant", tenant.as_str())
        .with_any("roles", texts(Some(roles.as_slice())))
        .with_any("until", until.map(|until| Node::Text(until.rfc3339())))
        .node()
}

fn api_key(entry: &ApiKeyEntry) -> Node {
    let ApiKeyEntry { name, secret_env, expires_at } = entry;
    Keys::default()
        .with("name", name.as_str())
        .with_any("secret_env", secret_env.as_deref())
        .with_any("expires_at", expires_at.map(|at| Node::Text(at.rfc3339())))
        .node()
}
