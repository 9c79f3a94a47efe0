//! An issuer: whose tokens are taken, and what is made of them.

use super::keys::{Keys, list, slugs, texts};
use crate::bundle::actors::ActorClaimEntry;
use crate::bundle::format::BundleError;
use crate::bundle::introspection::{AskedEntry, IntrospectionEntry};
use crate::bundle::issuers::IssuerEntry;
use crate::bundle::yaml::Node;
use policy::issuer::{ActorNeed, ClientAuth, RoleMapping};
use serde_json::Value;

pub(super) fn issuer(entry: &IssuerEntry) -> Result<Node, BundleError> {
    let IssuerEntry {
        url,
        name,
        active,
        tenants,
        audiences,
        keys,
        algorithms,
        clock_skew,
        subject_claim,
        require_typ,
        require_jti,
        keys_max_age,
        unknown_subjects,
        introspection,
        actor_claim,
        actor,
        role_mappings,
    } = entry;
    let unwritable = |_| BundleError::new(format!("issuer `{url}` cannot be written"));
    let keys = keys.as_ref().map(serde_json::to_value).transpose().map_err(unwritable)?;
    let unknown = unknown_subjects.map(serde_json::to_value).transpose().map_err(unwritable)?;
    let algorithms: Option<Vec<Node>> =
        algorithms.as_ref().map(|all| all.iter().map(|one| Node::from(one.as_str())).collect());
    Ok(Keys::default()
        .with("url", url.as_str())
        .with_any("name", name.as_deref())
        .with_any("active", *active)
        .with_any("tenants", slugs(tenants.as_deref()))
        .with_any("audiences", texts(audiences.as_deref()))
        .with_any("keys", keys)
        .with_any("algorithms", algorithms)
        .with_any("clock_skew", clock_skew.map(Value::from))
        .with_any("subject_claim", subject_claim.as_deref())
        .with_any("require_typ", *require_typ)
        .with_any("require_jti", *require_jti)
        .with_any("keys_max_age", keys_max_age.map(Value::from))
        .with_any("unknown_subjects", unknown)
        .with_any("introspection", introspection.as_ref().map(introspected))
        .with_any("actor_claim", actor_claim.map(ActorClaimEntry::as_str))
        .with_any("actor", actor.map(ActorNeed::as_str))
        .with_any("role_mappings", list(role_mappings.as_deref(), role_mapping))
        .node())
}

fn role_mapping(mapping: &RoleMapping) -> Node {
    let RoleMapping { claim, value, pattern, role, tenant } = mapping;
    Keys::default()
        .with("claim", claim.as_str())
        .with_any("value", value.as_deref())
        .with_any("pattern", pattern.as_deref())
        .with("role", role.as_str())
        .with("tenant", tenant.as_str())
        .node()
}

fn introspected(entry: &IntrospectionEntry) -> Node {
    let IntrospectionEntry::Asked(AskedEntry { endpoint, client_id, auth, client_secret_env }) = entry else {
        return Node::from("none");
    };
    Keys::default()
        .with_any("endpoint", endpoint.as_deref())
        .with("client_id", client_id.as_str())
        .with_any("auth", auth.map(ClientAuth::as_str))
        .with_any("client_secret_env", client_secret_env.as_deref())
        .node()
}
