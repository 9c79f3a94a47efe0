//! Claims that stand for roles. An issuer that is trusted to say who somebody is is not thereby trusted to say what
//! somebody may do, so there are none unless an administrator writes them down.

use crate::ids::{TenantSlug, check_id, check_slug};
use crate::pattern::matches_text;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The most mappings of one issuer.
pub const MAX_MAPPINGS: usize = 200;

/// The longest claim and the longest value, in bytes.
const MAX_TEXT: usize = 500;

/// Who has this in a claim holds this role there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleMapping {
    /// Where the claim is: names with a `.` between them (`realm_access.roles`), or a JSON Pointer (RFC 6901), which
    /// begins with `/` and can name a claim that holds a `.`.
    pub claim: String,
    /// What it must be: the claim itself, or an element of its list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The same, where `*` is any run of characters. One of the two is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    pub role: String,
    pub tenant: TenantSlug,
}

impl RoleMapping {
    /// Whether the claims hold what stands for the role. Texts alone count.
    pub fn matches(&self, claims: &Map<String, Value>) -> bool {
        match find(claims, &self.claim) {
            Some(Value::String(text)) => self.is_met_by(text),
            Some(Value::Array(items)) => {
                items.iter().filter_map(Value::as_str).any(|text| self.is_met_by(text))
            }
            _ => false,
        }
    }

    fn is_met_by(&self, text: &str) -> bool {
        match (&self.value, &self.pattern) {
            (Some(value), None) => value == text,
            (None, Some(pattern)) => matches_text(pattern, text),
            _ => false,
        }
    }

    /// What is wrong with it, whatever else there is.
    pub(super) fn check(&self) -> Result<(), String> {
        let is_path = match self.claim.strip_prefix('/') {
            Some(pointer) => is_escaped(pointer),
            None => self.claim.split('.').all(|name| !name.is_empty()),
        };
        if self.claim.is_empty() || !is_plain(&self.claim) || !is_path {
            return Err(format!(
                "must name a claim by names with a `.` between them, or by a JSON Pointer, in at most {MAX_TEXT} bytes"
            ));
        }
        match (&self.value, &self.pattern) {
            (Some(text), None) | (None, Some(text)) if !text.is_empty() && is_plain(text) => {}
            (Some(_), None) | (None, Some(_)) => {
                return Err(format!("must ask for 1 to {MAX_TEXT} bytes without control characters"));
            }
            _ => return Err("must have either `value` or `pattern`".to_owned()),
        }
        check_id(&self.role).map_err(|why| format!("must name a role: it {why}"))?;
        check_slug(self.tenant.as_str()).map_err(|why| format!("must name a tenant: it {why}"))
    }
}

fn is_plain(text: &str) -> bool {
    text.len() <= MAX_TEXT && !text.chars().any(char::is_control)
}

/// `~` stands only before `0` or `1`.
fn is_escaped(pointer: &str) -> bool {
    pointer.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']))
}

fn find<'a>(claims: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let (names, escaped) = match path.strip_prefix('/') {
        Some(pointer) => (pointer.split('/'), true),
        None => (path.split('.'), false),
    };
    let mut found: Option<&Value> = None;
    for name in names {
        let within = match found {
            None => claims,
            Some(Value::Object(members)) => members,
            Some(_) => return None,
        };
        let name = if escaped { name.replace("~1", "/").replace("~0", "~") } else { name.to_owned() };
        found = Some(within.get(&name)?);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn mapping(claim: &str, value: &str) -> RoleMapping {
        RoleMapping {
            claim: claim.into(),
            value: Some(value.into()),
            pattern: None,
            role: "support".into(),
            tenant: "acme".into(),
        }
    }

    fn claims() -> Map<String, Value> {
        let claims = json!({
            "groups": ["staff", "crm-support", 7, null],
            "department": "sales",
            "realm_access": {"roles": ["clerk"]},
            "https://acme.example/roles": ["clerk"],
            "a.b": "flat",
            "a~b": {"/": "odd"},
            "admin": true,
            "level": 3,
        });
        claims.as_object().expect("an object").clone()
    }

    #[test]
    fn a_claim_is_met_by_a_text_or_by_one_of_its_list() {
        for (claim, value, met) in [
            ("groups", "staff", true),
            ("groups", "Staff", false),
            ("groups", "sta", false),
            ("groups", "7", false),
            ("/groups", "staff", true),
            ("department", "sales", true),
            ("realm_access.roles", "clerk", true),
            ("/realm_access/roles", "clerk", true),
            ("realm_access", "clerk", false),
            ("realm_access.roles.clerk", "clerk", false),
            ("/https:~1~1acme.example~1roles", "clerk", true),
            ("a.b", "flat", false),
            ("/a.b", "flat", true),
            ("/a~0b/~1", "odd", true),
            ("admin", "true", false),
            ("level", "3", false),
            ("none", "staff", false),
        ] {
            assert_eq!(mapping(claim, value).matches(&claims()), met, "{claim} {value}");
        }
    }

    #[test]
    fn in_a_pattern_a_star_is_any_run_of_characters() {
        for (pattern, met) in
            [("crm-*", true), ("*", true), ("*support", true), ("crm", false), ("c?m-*", false)]
        {
            let mapping = RoleMapping { value: None, pattern: Some(pattern.into()), ..mapping("groups", "") };
            assert_eq!(mapping.matches(&claims()), met, "{pattern}");
        }
    }

    #[test]
    fn what_could_be_meant_in_two_ways_is_refused() {
        assert_eq!(mapping("groups", "staff").check(), Ok(()));
        assert_eq!(mapping("/groups/~1", "staff").check(), Ok(()));
        let long = "x".repeat(MAX_TEXT + 1);
        for bad in [
            mapping("", "a"),
            mapping("a..b", "a"),
            mapping(".a", "a"),
            mapping("/a~2", "a"),
            mapping("/a~", "a"),
            mapping("a\n", "a"),
            mapping(&long, "a"),
            mapping("a", ""),
            mapping("a", &long),
            mapping("a", "b\0"),
            RoleMapping { pattern: Some("a".into()), ..mapping("a", "a") },
            RoleMapping { value: None, ..mapping("a", "a") },
            RoleMapping { role: String::new(), ..mapping("a", "a") },
            RoleMapping { tenant: "A".into(), ..mapping("a", "a") },
        ] {
            assert!(bad.check().is_err(), "{bad:?}");
            // Nor does it grant anything.
            if bad.value.is_some() == bad.pattern.is_some() {
                assert!(!bad.matches(&claims()));
            }
        }
    }

    proptest! {
        #[test]
        fn any_path_and_pattern_ends(claim in ".{0,30}", pattern in "[a*~/.]{0,12}", text in "[a~/.]{0,30}") {
            let claims = json!({"a": [text]});
            let mapping = RoleMapping { value: None, pattern: Some(pattern), ..mapping(&claim, "") };
            let _ = mapping.matches(claims.as_object().expect("an object"));
        }
    }
}
