//! A bundle as the text that [`Bundle::parse`] reads: each key in its place, everything that is known.

mod issuers;
mod keys;
mod rules;
mod servers;
mod subjects;

use super::format::{Bundle, BundleError, CredentialEntry, ResourceEntry, RoleEntry, TenantEntry};
use super::yaml::{Node, document};
use issuers::issuer;
use keys::{Keys, list};
use policy::labels::{ArgumentsMode, Responses, Search, Sensitivity, Trust};
use policy::{ServerSlug, TenantSlug};
use rules::rule;
use servers::server;
use subjects::subject;

impl Bundle {
    /// The bundle as YAML, with a comment at the top that says what it is. `version` is that of Countersign.
    ///
    /// # Errors
    /// When the text would not read back as this very bundle. A policy file that says something else than what it
    /// was written from would be worse than none.
    pub fn to_yaml(&self, version: &str) -> Result<String, BundleError> {
        let mut text = header(self.only_tenant.as_ref(), version);
        text.push_str(&document(&entries(self)?));
        if Self::parse(&text)? == *self {
            Ok(text)
        } else {
            Err(BundleError::new("what was written reads back as something else"))
        }
    }
}

fn header(only: Option<&TenantSlug>, version: &str) -> String {
    let whose = only.map(|tenant| format!(" of tenant {tenant}")).unwrap_or_default();
    format!(
        "\
# The policy{whose}, as `countersign export` of version {version} found it.
#
#   countersign apply -f FILE             bring a database to it
#   countersign apply -f FILE --prune     the same, and remove what it does not name
#
# No secret is in it. A key that exists keeps its own; for one that does not exist yet, name the
# variable that holds its secret: `secret_env: VARIABLE`.
"
    )
}

fn entries(bundle: &Bundle) -> Result<Vec<(String, Node)>, BundleError> {
    // Taken apart so that a key which is added to the format cannot be forgotten here.
    let Bundle { only_tenant, tenants, roles, issuers, subjects, servers, resources, rules, credentials } =
        bundle;
    let issuers = match issuers {
        Some(issuers) => Some(issuers.iter().map(issuer).collect::<Result<Vec<_>, _>>()?),
        None => None,
    };
    let rules = match rules {
        Some(rules) => Some(rules.iter().map(rule).collect::<Result<Vec<_>, _>>()?),
        None => None,
    };
    let keys = Keys::default()
        .with_any("only_tenant", only_tenant.as_ref().map(TenantSlug::as_str))
        .with_any("tenants", list(tenants.as_deref(), tenant))
        .with_any("roles", list(roles.as_deref(), role))
        .with_any("issuers", issuers)
        .with_any("subjects", list(subjects.as_deref(), subject))
        .with_any("servers", list(servers.as_deref(), server))
        .with_any("resources", list(resources.as_deref(), resource))
        .with_any("rules", rules)
        .with_any("credentials", list(credentials.as_deref(), credential));
    Ok(keys.entries())
}

fn tenant(entry: &TenantEntry) -> Node {
    let TenantEntry { slug, name, active } = entry;
    Keys::default()
        .with("slug", slug.as_str())
        .with_any("name", name.as_deref())
        .with_any("active", *active)
        .node()
}

fn role(entry: &RoleEntry) -> Node {
    let RoleEntry { name, tenant, description } = entry;
    Keys::default()
        .with("name", name.as_str())
        .with_any("tenant", tenant.as_ref().map(TenantSlug::as_str))
        .with_any("description", description.as_deref())
        .node()
}

fn resource(entry: &ResourceEntry) -> Node {
    let ResourceEntry { kind, id, tenant, sensitivity, attributes } = entry;
    Keys::default()
        .with("type", kind.as_str())
        .with("id", id.as_str())
        .with_any("tenant", tenant.as_ref().map(TenantSlug::as_str))
        .with_any("sensitivity", sensitivity.map(Sensitivity::as_str))
        .with_any("attributes", attributes.clone())
        .node()
}

fn credential(entry: &CredentialEntry) -> Node {
    let CredentialEntry {
        name,
        tenant,
        server,
        trust,
        arguments,
        responses,
        active,
        secret_env,
        issuer: _,
        search,
    } = entry;
    Keys::default()
        .with("name", name.as_str())
        .with_any("tenant", tenant.as_ref().map(TenantSlug::as_str))
        .with_any("server", server.as_ref().map(ServerSlug::as_str))
        .with_any("trust", trust.map(Trust::as_str))
        .with_any("arguments", arguments.map(ArgumentsMode::as_str))
        .with_any("responses", responses.map(Responses::as_str))
        .with_any("search", search.map(Search::as_str))
        .with_any("active", *active)
        .with_any("secret_env", secret_env.as_deref())
        .node()
}

#[cfg(test)]
mod tests;
