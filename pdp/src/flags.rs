//! What rules are held against to find those that can never match, or whose approval too few can give.

use policy::compile::{CatalogTool, Surroundings};
use policy::issuer::Issuer;
use policy::labels::Effect;
use policy::{ServerSlug, TenantSlug};
use std::collections::{BTreeMap, BTreeSet};
use store::administration::{HeldRole, Page, Server, StoredIssuer, StoredRule, Tool};
use store::{Store, StoreError, Writer};

/// As of now.
///
/// # Errors
/// When the database does not answer.
pub async fn surroundings(store: &Store, now: policy::Timestamp) -> Result<Surroundings, StoreError> {
    Ok(assemble(
        store.list_servers(None, &Page::ALL).await?,
        store.list_tools(None, &Page::ALL).await?,
        store.count_held_roles().await?,
        store.list_issuers(&Page::ALL).await?,
        store.list_rules(None, &Page::ALL).await?,
        now,
    ))
}

/// As of now, as far as these rules are held against it: the tools of the servers that they name, of other rules those
/// that deny, and holders counted where more than one must approve. Their flags are the same as with all there is.
///
/// # Errors
/// When the database does not answer.
pub async fn surroundings_of(
    store: &Store,
    rules: &[StoredRule],
    now: policy::Timestamp,
) -> Result<Surroundings, StoreError> {
    let allows = rules.iter().any(|stored| stored.rule.effect == Effect::Allow);
    let mut asked = rules.iter().filter_map(|stored| stored.rule.approval.as_ref());
    let counts = asked.any(|terms| terms.quorum > 1);
    Ok(assemble(
        store.list_servers(None, &Page::ALL).await?,
        named_tools(store, rules).await?,
        if counts { store.count_held_roles().await? } else { store.list_held_roles().await? },
        store.list_issuers(&Page::ALL).await?,
        if allows { store.list_denials().await? } else { Vec::new() },
        now,
    ))
}

/// Servers whose tools are read one by one; beyond that, those of all of them.
const FEW: usize = 10;

async fn named_tools(store: &Store, rules: &[StoredRule]) -> Result<Vec<Tool>, StoreError> {
    let patterns = rules.iter().flat_map(|stored| &stored.rule.tools);
    // None: some name them by a pattern.
    let servers: Option<BTreeSet<ServerSlug>> =
        patterns.map(|pattern| pattern.exact_server().map(ServerSlug::from)).collect();
    let Some(servers) = servers.filter(|servers| servers.len() <= FEW) else {
        return store.list_tools(None, &Page::ALL).await;
    };
    let mut tools = Vec::new();
    for server in &servers {
        tools.extend(store.list_tools(Some(server), &Page::ALL).await?);
    }
    Ok(tools)
}

/// As this unit of work would leave it.
///
/// # Errors
/// When the database does not answer.
pub async fn surroundings_within(writer: &mut Writer) -> Result<Surroundings, StoreError> {
    Ok(assemble(
        writer.list_servers(None, &Page::ALL).await?,
        writer.list_tools(None, &Page::ALL).await?,
        writer.count_held_roles().await?,
        writer.list_issuers(&Page::ALL).await?,
        writer.list_rules(None, &Page::ALL).await?,
        writer.now(),
    ))
}

fn assemble(
    servers: Vec<Server>,
    tools: Vec<Tool>,
    held: Vec<HeldRole>,
    issuers: Vec<StoredIssuer>,
    rules: Vec<StoredRule>,
    now: policy::Timestamp,
) -> Surroundings {
    // Where arguments are not held against the schema, it says nothing of what may come.
    let unchecked: BTreeSet<String> = servers
        .iter()
        .filter(|server| !server.check_arguments)
        .map(|server| server.slug.to_string())
        .collect();
    let tenants: BTreeMap<String, Vec<TenantSlug>> =
        servers.into_iter().map(|server| (server.slug.to_string(), server.tenants)).collect();
    let tools = tools.into_iter().map(|tool| CatalogTool {
        tenants: tenants.get(tool.server.as_str()).cloned().unwrap_or_default(),
        server: tool.server.to_string(),
        name: tool.name,
        risk: tool.risk,
        sensitivity: tool.sensitivity,
        input_schema: tool
            .definition
            .or(tool.offered)
            .filter(|_| tool.check_schema && !unchecked.contains(tool.server.as_str()))
            .and_then(|definition| definition.get("inputSchema").cloned()),
    });
    // Whoever has the claim holds the role; who that is, only tokens say.
    let mapped = issuers.into_iter().filter(|stored| stored.issuer.active).flat_map(|stored| {
        let Issuer { tenants, role_mappings, .. } = stored.issuer;
        role_mappings.into_iter().filter(move |mapping| tenants.contains(&mapping.tenant))
    });
    let members: BTreeMap<(TenantSlug, String), usize> = held
        .into_iter()
        .map(|held| ((held.tenant, held.role), usize::try_from(held.members).unwrap_or(0)))
        .collect();
    Surroundings {
        tools: tools.collect(),
        held: members.keys().cloned().chain(mapped.map(|mapping| (mapping.tenant, mapping.role))).collect(),
        members,
        rules: rules.into_iter().map(|stored| stored.rule).collect(),
        now,
    }
}
