//! What rules are held against to find those that can never match.

use policy::TenantSlug;
use policy::compile::{CatalogTool, Surroundings};
use policy::issuer::Issuer;
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
        store.list_held_roles().await?,
        store.list_issuers(&Page::ALL).await?,
        store.list_rules(None, &Page::ALL).await?,
        now,
    ))
}

/// As this unit of work would leave it.
///
/// # Errors
/// When the database does not answer.
pub async fn surroundings_within(writer: &mut Writer) -> Result<Surroundings, StoreError> {
    Ok(assemble(
        writer.list_servers(None, &Page::ALL).await?,
        writer.list_tools(None, &Page::ALL).await?,
        writer.list_held_roles().await?,
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
    let held = held.into_iter().map(|held| (held.tenant, held.role));
    Surroundings {
        tools: tools.collect(),
        held: held.chain(mapped.map(|mapping| (mapping.tenant, mapping.role))).collect(),
        rules: rules.into_iter().map(|stored| stored.rule).collect(),
        now,
    }
}
