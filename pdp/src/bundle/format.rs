//! The shape of a bundle. The same names as in the console; unknown keys are refused with line and column.
//!
//! A key that is not given leaves what is stored as it is (or the default, where the thing is new); a list
//! that is given replaces the stored list.

use super::introspection::IntrospectionEntry;
use super::issuers::IssuerEntry;
use policy::binding::Binding;
use policy::labels::{
    ArgumentsMode, MappingUse, Responses, ReviewState, Risk, Search, Sensitivity, SubjectKind, TaskNeed,
    Trust,
};
use policy::rule::NotYet;
use policy::{Rule, ServerSlug, SubjectId, TenantSlug, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value};

/// A whole bundle. Whether a list at the top is given at all matters to pruning.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Bundle {
    /// The bundle speaks of this tenant alone: what others share with it is neither replaced nor pruned.
    pub only_tenant: Option<TenantSlug>,
    pub tenants: Option<Vec<TenantEntry>>,
    pub roles: Option<Vec<RoleEntry>>,
    pub issuers: Option<Vec<IssuerEntry>>,
    pub subjects: Option<Vec<SubjectEntry>>,
    pub servers: Option<Vec<ServerEntry>>,
    pub resources: Option<Vec<ResourceEntry>>,
    pub rules: Option<Vec<Rule>>,
    pub credentials: Option<Vec<CredentialEntry>>,
}

/// A list of the bundle; one that is not given holds nothing.
pub(super) fn given<T>(list: &Option<Vec<T>>) -> &[T] {
    list.as_deref().unwrap_or_default()
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantEntry {
    pub slug: TenantSlug,
    pub name: Option<String>,
    pub active: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleEntry {
    pub name: String,
    /// None: in every tenant.
    pub tenant: Option<TenantSlug>,
    pub description: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubjectEntry {
    pub id: SubjectId,
    pub kind: Option<SubjectKind>,
    pub name: Option<String>,
    pub active: Option<bool>,
    /// The person who answers for this agent or service; empty for nobody.
    pub owner: Option<String>,
    pub attributes: Option<Map<String, Value>>,
    pub identities: Option<Vec<IdentityEntry>>,
    pub memberships: Option<Vec<MembershipEntry>>,
    pub api_keys: Option<Vec<ApiKeyEntry>>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityEntry {
    pub issuer: String,
    pub sub: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MembershipEntry {
    pub tenant: TenantSlug,
    #[serde(default)]
    pub roles: Vec<String>,
    pub until: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiKeyEntry {
    pub name: String,
    /// The variable that holds the key's secret when the bundle is applied. A key that exists may leave it out.
    pub secret_env: Option<String>,
    pub expires_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerEntry {
    pub slug: ServerSlug,
    pub name: Option<String>,
    pub url: Option<String>,
    pub enabled: Option<bool>,
    pub tenants: Option<Vec<TenantSlug>>,
    pub audiences: Option<Vec<String>>,
    pub check_arguments: Option<bool>,
    pub tools: Option<Vec<ToolEntry>>,
}

/// A tool; given in a bundle it counts as reviewed, unless `review` says otherwise.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolEntry {
    pub name: String,
    /// None: reviewed.
    pub review: Option<ReviewState>,
    pub title: Option<String>,
    pub description: Option<String>,
    pub input_schema: Option<Value>,
    pub output_schema: Option<Value>,
    pub annotations: Option<Value>,
    /// The whole tool object as its server lists it, instead of `title` to `annotations`.
    pub definition: Option<Map<String, Value>>,
    pub risk: Option<Risk>,
    pub sensitivity: Option<Sensitivity>,
    pub read_only: Option<bool>,
    pub redact: Option<Vec<String>>,
    pub check_schema: Option<bool>,
    /// Which arguments name registered resources.
    pub bindings: Option<Vec<Binding>>,
    pub scopes: Option<Vec<String>>,
    /// `required`: it is called under a task alone.
    pub task: Option<TaskNeed>,
    /// Whether the mapping that it declares is used. Not given: as it was, which goes only with the same definition.
    pub mapping: Option<MappingUse>,
}

/// A registered resource, of the tenant that is given or has it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceEntry {
    #[serde(rename = "type")]
    pub kind: String,
    pub id: String,
    pub tenant: Option<TenantSlug>,
    pub sensitivity: Option<Sensitivity>,
    pub attributes: Option<Map<String, Value>>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialEntry {
    pub name: String,
    pub tenant: Option<TenantSlug>,
    pub server: Option<ServerSlug>,
    pub trust: Option<Trust>,
    pub arguments: Option<ArgumentsMode>,
    pub responses: Option<Responses>,
    pub active: Option<bool>,
    /// The variable that holds the secret when the bundle is applied; it then is the credential's one key.
    pub secret_env: Option<String>,
    #[serde(default)]
    pub issuer: NotYet,
    pub search: Option<Search>,
}

/// The text is not a bundle.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BundleError(String);

impl BundleError {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Where it is wrong, and why, in one line: without the lines of the text that [`Display`](std::fmt::Display) shows below.
    pub fn first_line(&self) -> &str {
        self.0.lines().next().unwrap_or_default()
    }
}

/// The largest bundle that is read, in bytes.
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// How deep a bundle may nest: [`policy::arguments::MAX_DEPTH`] for a schema or an attribute, and the way there.
const MAX_DEPTH: usize = 80;

impl Bundle {
    /// Whether it names secrets of others that are to be kept.
    pub fn names_kept_secrets(&self) -> bool {
        let of =
            |entry: &IssuerEntry| entry.introspection.as_ref().is_some_and(IntrospectionEntry::names_secret);
        given(&self.issuers).iter().any(of)
    }

    /// Reads YAML (or JSON, which is YAML).
    ///
    /// # Errors
    /// Names line, column and key of what is not understood.
    pub fn parse(text: &str) -> Result<Self, BundleError> {
        if text.len() > MAX_BYTES {
            return Err(BundleError::new("larger than 64 MiB"));
        }
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        // A text within the size is read whole, however many things it names. What aliases unfold to keeps the
        // reader's own limits.
        let options = serde_saphyr::options! {
            budget: serde_saphyr::budget! {
                max_depth: MAX_DEPTH,
                max_nodes: MAX_BYTES,
                max_events: 2 * MAX_BYTES,
            },
        };
        serde_saphyr::from_str_with_options(text, options)
            .map_err(|error| BundleError(said(&error.to_string())))
    }
}

/// What the reader of YAML says, without what it says to programmers alone.
pub(crate) fn said(error: &str) -> String {
    let told = error.strip_prefix("error: ").unwrap_or(error);
    told.replace(", set DuplicateKeyPolicy in Options if acceptable", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        Bundle::parse(text).expect_err("refused").to_string()
    }

    #[test]
    fn unknown_and_later_keys_are_refused_by_line_and_name() {
        let error = refused("tenants:\n  - slug: acme\n    nmae: Acme\n");
        assert!(error.contains("nmae") && error.contains('3'), "{error}");
        for (text, key) in [
            ("issuers: [{url: 'https://idp.example', actor_claim: sub}]", "sub"),
            ("issuers: [{url: 'https://idp.example', keys: pem}]", "pem"),
            ("resources: [{type: customer, id: c, tennant: acme}]", "tennant"),
            ("rules: [{name: x, effect: allow, prompts: ['a/b']}]", "not supported"),
            ("servers: [{slug: crm, tools: [{name: t, bindings: [{pointer: /a, typ: b}]}]}]", "typ"),
            (
                "servers: [{slug: crm, tools: [{name: t, bindings: [{pointer: /a, type: b, unknown: x}]}]}]",
                "x",
            ),
            ("tasks: []", "tasks"),
            ("servers: [{slug: crm, tools: [{name: t, review: seen}]}]", "seen"),
            ("tenants: [{slug: a}]\ntenants: []", "tenants"),
        ] {
            let error = refused(text);
            assert!(error.contains(key), "{text}: {error}");
        }
    }

    #[test]
    fn an_error_speaks_to_whoever_wrote_the_file() {
        let error = refused("tenants: [{slug: a, slug: b}]");
        assert!(error.starts_with("line 1 column 21: duplicate mapping key: slug\n"), "{error}");
        assert!(!error.contains("Policy"), "{error}");
    }

    #[test]
    fn an_empty_file_is_an_empty_bundle() {
        for text in ["", "  \n", "# nothing\n", "{}"] {
            assert!(Bundle::parse(text).is_ok_and(|bundle| bundle == Bundle::default()), "{text:?}");
        }
    }

    #[test]
    fn a_list_that_is_given_and_empty_is_not_one_that_is_missing() {
        let bundle = Bundle::parse("roles: []\nrules:\ntenants: [{slug: a}]").expect("reads");
        assert!(bundle.roles.as_ref().is_some_and(Vec::is_empty) && bundle.rules.is_none());
        assert_eq!((given(&bundle.tenants).len(), given(&bundle.rules).len()), (1, 0));
    }

    #[test]
    fn a_long_bundle_is_read_whole() {
        let role = "  - { name: r, description: d, tenant: acme }\n";
        let text = format!("roles:\n{}", role.repeat(40_000));
        assert_eq!(given(&Bundle::parse(&text).expect("reads").roles).len(), 40_000);
    }

    #[test]
    fn hostile_yaml_ends() {
        let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ntenants: [*d,*d,*d,*d,*d,*d,*d,*d]\n";
        assert!(Bundle::parse(bomb).is_err());
        assert!(Bundle::parse(&"[".repeat(100_000)).is_err());
    }
}
