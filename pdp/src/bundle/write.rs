//! A bundle as the text that [`Bundle::parse`] reads: each key in its place, everything that is known.

use super::actors::ActorClaimEntry;
use super::format::{
    ApiKeyEntry, Bundle, BundleError, CredentialEntry, IdentityEntry, MembershipEntry, ResourceEntry,
    RoleEntry, ServerEntry, SubjectEntry, TenantEntry, ToolEntry,
};
use super::introspection::{AskedEntry, IntrospectionEntry};
use super::issuers::IssuerEntry;
use super::yaml::{Node, document};
use policy::binding::Binding;
use policy::issuer::{ActorNeed, ClientAuth, RoleMapping};
use policy::labels::{
    ArgumentsMode, MappingUse, OnUnknown, Responses, ReviewState, Risk, Search, Sensitivity, SubjectKind,
    TaskNeed, Trust,
};
use policy::{Rule, ServerSlug, TenantSlug};
use serde_json::Value;

/// The keys of a rule that come first, in this order.
const RULE_KEYS: [&str; 16] = [
    "name",
    "tenant",
    "effect",
    "status",
    "roles",
    "subjects",
    "kinds",
    "tools",
    "actions",
    "resources",
    "risk_at_least",
    "sensitivity",
    "parameters",
    "when",
    "approval",
    "valid",
];

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

/// Keys in the order in which they are written.
#[derive(Default)]
struct Keys(Vec<(String, Node)>);

impl Keys {
    fn with(mut self, key: &str, value: impl Into<Node>) -> Self {
        self.0.push((key.to_owned(), value.into()));
        self
    }

    /// Leaves out what is not given.
    fn with_any(self, key: &str, value: Option<impl Into<Node>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    fn node(self) -> Node {
        Node::Map(self.0)
    }
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
    Ok(keys.0)
}

fn list<T>(things: Option<&[T]>, node: fn(&T) -> Node) -> Option<Vec<Node>> {
    things.map(|things| things.iter().map(node).collect())
}

fn texts<T: AsRef<str>>(texts: Option<&[T]>) -> Option<Vec<Node>> {
    texts.map(|texts| texts.iter().map(|text| Node::from(text.as_ref())).collect())
}

fn slugs(slugs: Option<&[TenantSlug]>) -> Option<Vec<Node>> {
    slugs.map(|slugs| slugs.iter().map(|slug| Node::from(slug.as_str())).collect())
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

fn issuer(entry: &IssuerEntry) -> Result<Node, BundleError> {
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

fn subject(entry: &SubjectEntry) -> Node {
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

fn server(entry: &ServerEntry) -> Node {
    let ServerEntry { slug, name, url, enabled, tenants, audiences, check_arguments, tools } = entry;
    Keys::default()
        .with("slug", slug.as_str())
        .with_any("name", name.as_deref())
        .with_any("url", url.as_deref())
        .with_any("enabled", *enabled)
        .with_any("tenants", slugs(tenants.as_deref()))
        .with_any("audiences", texts(audiences.as_deref()))
        .with_any("check_arguments", *check_arguments)
        .with_any("tools", list(tools.as_deref(), tool))
        .node()
}

fn tool(entry: &ToolEntry) -> Node {
    let ToolEntry {
        name,
        review,
        title,
        description,
        input_schema,
        output_schema,
        annotations,
        definition,
        risk,
        sensitivity,
        read_only,
        redact,
        check_schema,
        bindings,
        scopes,
        task,
        mapping,
    } = entry;
    Keys::default()
        .with("name", name.as_str())
        .with_any("review", review.map(ReviewState::as_str))
        .with_any("risk", risk.map(Risk::as_str))
        .with_any("sensitivity", sensitivity.map(Sensitivity::as_str))
        .with_any("read_only", *read_only)
        .with_any("redact", texts(redact.as_deref()))
        .with_any("bindings", list(bindings.as_deref(), binding))
        .with_any("scopes", texts(scopes.as_deref()))
        .with_any("check_schema", *check_schema)
        .with_any("task", task.map(TaskNeed::as_str))
        .with_any("mapping", mapping.map(MappingUse::as_str))
        .with_any("title", title.as_deref())
        .with_any("description", description.as_deref())
        .with_any("input_schema", input_schema.clone())
        .with_any("output_schema", output_schema.clone())
        .with_any("annotations", annotations.clone())
        .with_any("definition", definition.clone())
        .node()
}

fn binding(binding: &Binding) -> Node {
    let Binding { pointer, kind, optional, unknown } = binding;
    Keys::default()
        .with("pointer", pointer.as_str())
        .with("type", kind.as_str())
        .with_any("optional", optional.then_some(true))
        .with_any("unknown", (*unknown != OnUnknown::Deny).then_some(unknown.as_str()))
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

fn rule(rule: &Rule) -> Result<Node, BundleError> {
    let mut members = match serde_json::to_value(rule) {
        Ok(Value::Object(members)) => members,
        _ => return Err(BundleError::new(format!("rule `{}` cannot be written", rule.name))),
    };
    let mut keys = Keys::default();
    for key in RULE_KEYS {
        keys = keys.with_any(key, members.remove(key));
    }
    for (key, value) in members {
        keys = keys.with(&key, value);
    }
    Ok(keys.node())
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
mod tests {
    use super::*;

    /// Every key that there is.
    const ALL: &str = "
only_tenant: acme
tenants: [{ slug: acme, name: Acme Corp, active: false }]
roles: [{ name: support, tenant: acme, description: 'Answers: mail' }, { name: 'yes' }]
issuers:
  - url: https://idp.example
    name: The company
    active: false
    tenants: [acme]
    audiences: ['https://mcp.example/crm']
    keys: { jwks: { keys: [{ kty: OKP, crv: Ed25519, x: AA }] } }
    algorithms: [EdDSA, ES256]
    clock_skew: 60
    subject_claim: oid
    require_typ: false
    actor_claim: act.sub
    actor: optional
    role_mappings:
      - { claim: groups, value: staff, role: support, tenant: acme }
      - { claim: /https:~1~1acme.example~1roles, pattern: 'crm-*', role: support, tenant: acme }
    require_jti: false
    keys_max_age: 3600
    unknown_subjects: provision
    introspection: { endpoint: 'https://idp.example/i', client_id: c, auth: client_secret_post, client_secret_env: IDP }
  - { url: 'http://127.0.0.1:3000', keys: discovery, introspection: none }
  - { url: 'https://other.example', keys: { jwks_url: 'https://other.example/keys?v=2' }, unknown_subjects: deny }
subjects:
  - id: alice
    kind: agent
    name: Alice
    active: true
    owner: ''
    attributes: { level: 9007199254740993, share: 0.1, at: '2026-11-01' }
    identities: [{ issuer: 'https://idp.example', sub: a-17 }]
    memberships: [{ tenant: acme, roles: [support], until: 2027-01-01T00:00:00.5Z }]
    api_keys: [{ name: laptop, secret_env: ALICE_KEY, expires_at: 2027-01-01T00:00:00Z }]
servers:
  - slug: crm
    name: CRM
    url: http://127.0.0.1:9000/mcp
    enabled: false
    tenants: [acme]
    audiences: ['https://crm.example']
    check_arguments: false
    tools:
      - name: refund
        title: Refund
        description: 'Two: lines.'
        input_schema: { type: object }
        output_schema: true
        annotations: { readOnlyHint: false }
        risk: high
        sensitivity: regulated
        read_only: false
        redact: [/card/number]
        scopes: ['crm:refund', crm.write]
        bindings:
          - { pointer: /customer_id, type: customer }
          - { pointer: '/orders/*', type: order, optional: true, unknown: allow }
        check_schema: false
        task: required
        mapping: ignored
      - { name: other, review: changed, definition: { inputSchema: null, execution: { taskSupport: forbidden } } }
resources:
  - { type: customer, id: 'c-42/x', tenant: acme, sensitivity: regulated, attributes: { region: eu, 'no': 1 } }
  - { type: order, id: '007', tenant: acme }
rules:
  - name: one
    tenant: acme
    effect: allow
    status: shadow
    roles: [support]
    subjects: [alice]
    kinds: [agent]
    tools: ['crm/*']
    risk_at_least: high
    sensitivity: [regulated]
    parameters: { properties: { amount: { type: number, maximum: 100 } }, required: [amount] }
    when: 'args.amount < 100'
    approval: { approvers: [finance], quorum: 2, expires_in: 30m, uses: 3 }
    valid: { from: 2026-11-01T00:00:00Z, until: 2027-01-01T00:00:00Z }
    explain: false
  - { name: two, effect: deny, status: enforced, actions: ['read', 'de*'], resources: ['record:*'], when: 'action.soft' }
credentials:
  - name: crm-pep
    tenant: acme
    server: crm
    trust: assert_subject
    arguments: by_name
    responses: minimal
    search: own
    active: false
    secret_env: CRM_PEP_KEY
";

    #[test]
    fn every_key_is_written_and_reads_back() {
        let bundle = Bundle::parse(ALL).expect("reads");
        let text = bundle.to_yaml("1.2.3").expect("writes");
        assert_eq!(Bundle::parse(&text).expect("reads back"), bundle);
        assert!(
            text.starts_with("# The policy of tenant acme, as `countersign export` of version 1.2.3"),
            "{text}"
        );
        assert_eq!(bundle.to_yaml("1.2.3").expect("writes again"), text);
    }

    #[test]
    fn what_is_not_given_is_not_written() {
        let bundle = Bundle::parse("rules: []\ntenants: [{slug: a}]").expect("reads");
        let text = bundle.to_yaml("1.2.3").expect("writes");
        assert!(text.ends_with("`secret_env: VARIABLE`.\n\ntenants:\n  - slug: a\n\nrules: []\n"), "{text}");
    }
}
