//! The bundle that says what a database holds: all of it, or what holds in one tenant. Every key is stated, so that
//! applying it brings back what was; lists are in an order of their own, whoever wrote them when.

use super::format::{
    ApiKeyEntry, Bundle, BundleError, CredentialEntry, IdentityEntry, MembershipEntry, RoleEntry,
    ServerEntry, SubjectEntry, TenantEntry, ToolEntry,
};
use super::{issuers, resources};
use crate::catalog::declares_mapping;
use policy::labels::MappingUse;
use policy::rule::NotYet;
use policy::{ReviewState, ServerSlug, SubjectId, SubjectKind, TenantSlug};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use store::administration::{
    ApiKey, Credential, Everything, Identity, Membership, Role, Server, StoredIssuer, StoredRule, Subject,
    Tenant, Tool,
};
use store::{Store, StoreError};

/// Why a policy was not written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("unknown tenant `{0}`")]
    UnknownTenant(TenantSlug),
    #[error("the policy cannot be written as a bundle")]
    Write(#[from] BundleError),
}

/// The live policy as a bundle in YAML: all of it, or what holds in one tenant. `version` is that of Countersign.
///
/// # Errors
/// When the database does not answer, the tenant is unknown, or the policy cannot be written so that it reads back.
pub async fn export(store: &Store, only: Option<&TenantSlug>, version: &str) -> Result<String, ExportError> {
    let mut everything = store.read_everything().await?;
    if let Some(only) = only {
        keep_what_holds_in(&mut everything, only)?;
    }
    write_down(everything, only, version)
}

/// The same for somebody of one tenant alone: without enforcement keys that every tenant shares, and without issuers that
/// speak for others as well.
///
/// # Errors
/// As [`export`].
pub async fn export_own(store: &Store, own: &TenantSlug, version: &str) -> Result<String, ExportError> {
    let mut everything = store.read_everything().await?;
    everything.credentials.retain(|credential| credential.tenant.as_ref() == Some(own));
    let speaks_for_others = |stored: &&StoredIssuer| stored.issuer.tenants.iter().any(|tenant| tenant != own);
    let shared = everything.issuers.iter().filter(speaks_for_others);
    let shared: BTreeSet<String> = shared.map(|stored| stored.issuer.url.clone()).collect();
    keep_what_holds_in(&mut everything, own)?;
    everything.issuers.retain(|stored| !shared.contains(&stored.issuer.url));
    write_down(everything, Some(own), version)
}

fn write_down(
    everything: Everything,
    only: Option<&TenantSlug>,
    version: &str,
) -> Result<String, ExportError> {
    let left_out = everything.resources.is_none();
    let mut text = collect(everything, only).to_yaml(version)?;
    if left_out {
        text.insert_str(0, &resources::left_out());
    }
    Ok(text)
}

/// `only`: of which tenant alone it is.
fn collect(mut everything: Everything, only: Option<&TenantSlug>) -> Bundle {
    everything.roles.sort_by(|a, b| (&a.tenant, &a.name).cmp(&(&b.tenant, &b.name)));
    everything.rules.sort_by(|a, b| (&a.rule.tenant, &a.rule.name).cmp(&(&b.rule.tenant, &b.rule.name)));
    let mut memberships = by_subject(everything.memberships, |membership| &membership.subject);
    let mut keys = by_subject(everything.api_keys, |key| &key.subject);
    let mut tools: BTreeMap<ServerSlug, Vec<Tool>> = BTreeMap::new();
    for tool in everything.tools {
        tools.entry(tool.server.clone()).or_default().push(tool);
    }
    let ids: BTreeSet<SubjectId> = everything.subjects.iter().map(|subject| subject.id.clone()).collect();
    let subjects = everything.subjects.into_iter().map(|stored| {
        let memberships = memberships.remove(&stored.id).unwrap_or_default();
        let keys = keys.remove(&stored.id).unwrap_or_default();
        let owner = owner(&stored, &ids, only.is_none());
        SubjectEntry { owner, ..subject(stored, memberships, keys) }
    });
    let servers = everything.servers.into_iter().map(|stored| {
        let tools = tools.remove(&stored.slug).unwrap_or_default();
        server(stored, tools)
    });
    Bundle {
        only_tenant: only.cloned(),
        tenants: Some(everything.tenants.into_iter().map(tenant).collect()),
        roles: Some(everything.roles.into_iter().map(role).collect()),
        issuers: Some(everything.issuers.into_iter().map(issuers::entry).collect()),
        subjects: Some(subjects.collect()),
        servers: Some(servers.collect()),
        resources: everything.resources.map(|all| all.into_iter().map(resources::entry).collect()),
        rules: Some(everything.rules.into_iter().map(|stored: StoredRule| stored.rule).collect()),
        credentials: Some(everything.credentials.into_iter().map(credential).collect()),
    }
}

/// Leaves out by which issuers of other tenants somebody is known, as
/// [`shows_identities_of`](store::Store::shows_identities_of) has it.
fn hide_identities(everything: &mut Everything, only: &TenantSlug) {
    let registered: BTreeMap<&str, bool> = everything
        .issuers
        .iter()
        .map(|stored| (stored.issuer.url.as_str(), stored.issuer.tenants.contains(only)))
        .collect();
    let sign_in = &everything.sign_in_issuers;
    let shown = |identity: &Identity| match registered.get(identity.issuer.as_str()) {
        Some(speaks) => *speaks,
        None => sign_in.contains(&identity.issuer),
    };
    for subject in &mut everything.subjects {
        subject.identities.retain(shown);
    }
}

/// Leaves out what other tenants have, and what nobody of this one sees. What every tenant shares holds in it too.
fn keep_what_holds_in(everything: &mut Everything, only: &TenantSlug) -> Result<(), ExportError> {
    if !everything.tenants.iter().any(|tenant| tenant.slug == *only) {
        return Err(ExportError::UnknownTenant(only.clone()));
    }
    let shared_or_own = |tenant: &Option<TenantSlug>| tenant.as_ref().is_none_or(|tenant| tenant == only);
    everything.tenants.retain(|tenant| tenant.slug == *only);
    everything.roles.retain(|role| shared_or_own(&role.tenant));
    everything.rules.retain(|stored| shared_or_own(&stored.rule.tenant));
    hide_identities(everything, only);
    everything.issuers.retain(|stored| stored.issuer.tenants.contains(only));
    for stored in &mut everything.issuers {
        stored.issuer.tenants.retain(|tenant| tenant == only);
        stored.issuer.role_mappings.retain(|mapping| mapping.tenant == *only);
    }
    everything.memberships.retain(|membership| membership.tenant == *only);
    let members: BTreeSet<SubjectId> =
        everything.memberships.iter().map(|membership| membership.subject.clone()).collect();
    everything.subjects.retain(|subject| members.contains(&subject.id));
    if let Some(resources) = &mut everything.resources {
        resources.retain(|resource| resource.tenant == *only);
    }
    everything.credentials.retain(|credential| shared_or_own(&credential.tenant));
    // A credential of the tenant needs its server, also one that the tenant may not use.
    let bound: BTreeSet<ServerSlug> = everything
        .credentials
        .iter()
        .filter(|credential| credential.tenant.is_some())
        .filter_map(|credential| credential.server.clone())
        .collect();
    everything.servers.retain(|server| server.tenants.contains(only) || bound.contains(&server.slug));
    for server in &mut everything.servers {
        server.tenants.retain(|tenant| tenant == only);
    }
    let servers: BTreeSet<ServerSlug> = everything.servers.iter().map(|server| server.slug.clone()).collect();
    everything
        .credentials
        .retain(|credential| credential.server.as_ref().is_none_or(|server| servers.contains(server)));
    Ok(())
}

fn by_subject<T>(things: Vec<T>, subject: impl Fn(&T) -> &SubjectId) -> BTreeMap<SubjectId, Vec<T>> {
    let mut found: BTreeMap<SubjectId, Vec<T>> = BTreeMap::new();
    for thing in things {
        found.entry(subject(&thing).clone()).or_default().push(thing);
    }
    found
}

fn tenant(stored: Tenant) -> TenantEntry {
    TenantEntry { slug: stored.slug, name: Some(stored.name), active: Some(stored.active) }
}

fn role(stored: Role) -> RoleEntry {
    RoleEntry { name: stored.name, tenant: stored.tenant, description: Some(stored.description) }
}

/// Nothing is said of an owner whom this bundle does not speak of, nor of a person's. So one that does not speak of
/// everybody does not say either that there is none.
fn owner(stored: &Subject, ids: &BTreeSet<SubjectId>, everybody: bool) -> Option<String> {
    match &stored.owner {
        None => (everybody && stored.kind != SubjectKind::User).then(String::new),
        Some(owner) => ids.contains(owner).then(|| owner.to_string()),
    }
}

fn subject(stored: Subject, memberships: Vec<Membership>, keys: Vec<ApiKey>) -> SubjectEntry {
    let identity = |identity: Identity| IdentityEntry { issuer: identity.issuer, sub: identity.sub };
    let membership = |membership: Membership| MembershipEntry {
        tenant: membership.tenant,
        roles: membership.roles,
        until: membership.until,
    };
    let key = |key: ApiKey| ApiKeyEntry { name: key.name, secret_env: None, expires_at: key.expires_at };
    SubjectEntry {
        id: stored.id,
        kind: Some(stored.kind),
        name: Some(stored.name),
        active: Some(stored.active),
        owner: None,
        attributes: Some(stored.attributes),
        identities: Some(stored.identities.into_iter().map(identity).collect()),
        memberships: Some(memberships.into_iter().map(membership).collect()),
        api_keys: Some(keys.into_iter().map(key).collect()),
    }
}

fn credential(stored: Credential) -> CredentialEntry {
    CredentialEntry {
        name: stored.name,
        tenant: stored.tenant,
        server: stored.server,
        trust: Some(stored.trust),
        arguments: Some(stored.arguments),
        responses: Some(stored.responses),
        active: Some(stored.active),
        secret_env: None,
        issuer: NotYet,
        search: Some(stored.search),
    }
}

fn server(stored: Server, tools: Vec<Tool>) -> ServerEntry {
    ServerEntry {
        slug: stored.slug,
        name: Some(stored.name),
        url: Some(stored.url),
        enabled: Some(stored.enabled),
        tenants: Some(stored.tenants),
        audiences: Some(stored.audiences),
        check_arguments: Some(stored.check_arguments),
        tools: Some(tools.into_iter().map(tool).collect()),
    }
}

/// What the server offers is no policy, and is found again; what a person said of the tool is.
fn tool(stored: Tool) -> ToolEntry {
    let mapping = mapping(&stored);
    let mut entry = ToolEntry {
        name: stored.name,
        review: (stored.review != ReviewState::Reviewed).then_some(stored.review),
        title: None,
        description: None,
        input_schema: None,
        output_schema: None,
        annotations: None,
        definition: None,
        risk: Some(stored.risk),
        sensitivity: Some(stored.sensitivity),
        read_only: Some(stored.read_only),
        redact: Some(stored.redact),
        check_schema: Some(stored.check_schema),
        bindings: Some(stored.bindings),
        scopes: Some(stored.scopes),
        task: Some(stored.task),
        mapping,
    };
    if let Some(Value::Object(definition)) = stored.definition {
        define(&mut entry, definition);
    }
    entry
}

/// Said wherever there is something to say it of. One that was accepted in another definition than the one that is given
/// is left out: nobody accepted what would be read back.
fn mapping(stored: &Tool) -> Option<MappingUse> {
    match &stored.mapping {
        Some(accepted) => (stored.definition_hash.as_ref() == Some(accepted)).then_some(MappingUse::Accepted),
        None => stored.definition.as_ref().is_some_and(declares_mapping).then_some(MappingUse::Ignored),
    }
}

/// The definition by the keys of the bundle where it holds nothing else, as a whole where it does.
fn define(entry: &mut ToolEntry, mut definition: Map<String, Value>) {
    let fits = definition.iter().all(|(key, value)| match key.as_str() {
        "name" => value.as_str() == Some(entry.name.as_str()),
        "title" | "description" => value.is_string(),
        "inputSchema" | "outputSchema" | "annotations" => !value.is_null(),
        _ => false,
    });
    if definition.get("name").and_then(Value::as_str) == Some(entry.name.as_str()) {
        definition.remove("name");
    }
    // A tool that is not reviewed is taken to have no definition where none of its keys is given.
    if !fits || (entry.review.is_some() && definition.is_empty()) {
        entry.definition = Some(definition);
        return;
    }
    let text = |value: Value| match value {
        Value::String(text) => Some(text),
        _ => None,
    };
    entry.title = definition.remove("title").and_then(text);
    entry.description = definition.remove("description").and_then(text);
    entry.input_schema = definition.remove("inputSchema");
    entry.output_schema = definition.remove("outputSchema");
    entry.annotations = definition.remove("annotations");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::catalog::definition;
    use serde_json::json;

    fn entry(review: ReviewState, reviewed: Value) -> ToolEntry {
        tool(Tool { review, definition: Some(reviewed), ..Tool::new(ServerSlug::new("crm"), "refund") })
    }

    #[test]
    fn a_definition_is_given_so_that_it_is_the_same_again() {
        let schema = json!({"type": "object"});
        for (reviewed, as_a_whole) in [
            (json!({"name": "refund"}), false),
            (json!({"name": "refund", "title": "Refund", "description": "", "inputSchema": schema}), false),
            (json!({"name": "refund", "outputSchema": true, "annotations": {"readOnlyHint": true}}), false),
            (
                json!({"name": "refund", "inputSchema": schema, "execution": {"taskSupport": "forbidden"}}),
                true,
            ),
            (json!({"name": "refund", "title": 7}), true),
            (json!({"name": "refund", "inputSchema": null}), true),
        ] {
            let given = entry(ReviewState::Reviewed, reviewed.clone());
            assert_eq!((given.definition.is_some(), given.review), (as_a_whole, None), "{reviewed}");
            assert_eq!(definition(&given, None), reviewed);
            let given = entry(ReviewState::Changed, reviewed.clone());
            assert_eq!(given.review, Some(ReviewState::Changed));
            assert_eq!(definition(&given, None), reviewed);
        }
    }
}
