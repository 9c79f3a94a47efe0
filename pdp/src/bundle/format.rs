//! The shape of a bundle. The same names as in the console; unknown keys are refused with line and column.
//!
//! A key that is not given leaves what is stored as it is (or the default, where the thing is new); a list
//! that is given replaces the stored list.

use policy::labels::{ArgumentsMode, Responses, Risk, Sensitivity, SubjectKind, Trust};
use policy::rule::NotYet;
use policy::{Rule, ServerSlug, SubjectId, TenantSlug, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value};

/// A whole bundle.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Bundle {
    pub tenants: Vec<TenantEntry>,
    pub roles: Vec<RoleEntry>,
    pub issuers: NotYet,
    pub subjects: Vec<SubjectEntry>,
    pub servers: Vec<ServerEntry>,
    pub resources: NotYet,
    pub rules: Vec<Rule>,
    pub credentials: Vec<CredentialEntry>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantEntry {
    pub slug: TenantSlug,
    pub name: Option<String>,
    pub active: Option<bool>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleEntry {
    pub name: String,
    /// None: in every tenant.
    pub tenant: Option<TenantSlug>,
    pub description: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubjectEntry {
    pub id: SubjectId,
    pub kind: Option<SubjectKind>,
    pub name: Option<String>,
    pub active: Option<bool>,
    pub attributes: Option<Map<String, Value>>,
    pub identities: Option<Vec<IdentityEntry>>,
    pub memberships: Option<Vec<MembershipEntry>>,
    pub api_keys: Option<Vec<ApiKeyEntry>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityEntry {
    pub issuer: String,
    pub sub: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MembershipEntry {
    pub tenant: TenantSlug,
    #[serde(default)]
    pub roles: Vec<String>,
    pub until: Option<Timestamp>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiKeyEntry {
    pub name: String,
    /// The variable that holds the key's secret when the bundle is applied. A key that exists may leave it out.
    pub secret_env: Option<String>,
    pub expires_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Deserialize)]
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

/// A tool; given in a bundle it counts as reviewed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolEntry {
    pub name: String,
    pub title: Option<String>,
    pub description: Option<String>,
    pub input_schema: Option<Value>,
    pub output_schema: Option<Value>,
    pub annotations: Option<Value>,
    pub risk: Option<Risk>,
    pub sensitivity: Option<Sensitivity>,
    pub read_only: Option<bool>,
    pub redact: Option<Vec<String>>,
    pub check_schema: Option<bool>,
    #[serde(default)]
    pub bindings: NotYet,
    #[serde(default)]
    pub task: NotYet,
    #[serde(default)]
    pub scopes: NotYet,
}

#[derive(Debug, Clone, Deserialize)]
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
    #[serde(default)]
    pub search: NotYet,
}

/// The text is not a bundle.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BundleError(String);

/// The largest bundle that is read, in bytes.
const MAX_BYTES: usize = 64 * 1024 * 1024;

impl Bundle {
    /// Reads YAML (or JSON, which is YAML).
    ///
    /// # Errors
    /// Names line, column and key of what is not understood.
    pub fn parse(text: &str) -> Result<Self, BundleError> {
        if text.len() > MAX_BYTES {
            return Err(BundleError("larger than 64 MiB".to_owned()));
        }
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        serde_saphyr::from_str(text).map_err(|error| BundleError(error.to_string()))
    }
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
            ("issuers: []", "not supported"),
            ("resources: []", "not supported"),
            ("rules: [{name: x, effect: allow, prompts: ['a/b']}]", "not supported"),
            ("servers: [{slug: crm, tools: [{name: t, bindings: []}]}]", "not supported"),
            ("tasks: []", "tasks"),
            ("tenants: [{slug: a}]\ntenants: []", "tenants"),
        ] {
            let error = refused(text);
            assert!(error.contains(key), "{text}: {error}");
        }
    }

    #[test]
    fn an_empty_file_is_an_empty_bundle() {
        for text in ["", "  \n", "# nothing\n", "{}"] {
            assert!(Bundle::parse(text).is_ok_and(|bundle| bundle.rules.is_empty()), "{text:?}");
        }
    }

    #[test]
    fn hostile_yaml_ends() {
        let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ntenants: [*d,*d,*d,*d,*d,*d,*d,*d]\n";
        assert!(Bundle::parse(bomb).is_err());
        assert!(Bundle::parse(&"[".repeat(100_000)).is_err());
    }
}
