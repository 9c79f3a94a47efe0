//! One statement of policy, in the shape people write it (the bundle's `rules`).

use crate::general::{ActionPattern, ResourcePattern};
use crate::ids::{SubjectId, TenantSlug};
use crate::labels::{Effect, Risk, RuleStatus, Sensitivity, SubjectKind};
use crate::pattern::Pattern;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;

/// A rule as written. `name` is unique within its tenant (or among the rules of every tenant).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub name: String,
    /// None: every tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantSlug>,
    pub effect: Effect,
    #[serde(default = "enforced")]
    pub status: RuleStatus,
    /// Who: a holder of any of these roles, or any of `subjects`. Neither given: any member.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<SubjectId>,
    /// Narrows who to these kinds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<SubjectKind>,
    /// What: any tool that one of these matches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Pattern>,
    #[serde(default, skip_serializing)]
    pub prompts: NotYet,
    /// The general form of what: any of these actions on any of `resources`, instead of `tools`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<ActionPattern>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<ResourcePattern>,
    /// Narrows what to tools of at least this risk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk_at_least: Option<Risk>,
    /// Narrows what to tools of these sensitivities.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sensitivity: Vec<Sensitivity>,
    /// A strict subset of JSON Schema 2020-12 over the arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Value>,
    /// A CEL condition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalTerms>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid: Option<Validity>,
    /// Whether a caller may be told in what respect this rule was missed.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub explain: bool,
}

impl Rule {
    /// Whether it is about actions and resources rather than about tools.
    pub fn is_general(&self) -> bool {
        !self.actions.is_empty() || !self.resources.is_empty()
    }
}

fn enforced() -> RuleStatus {
    RuleStatus::Enforced
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape serde asks for")]
fn is_true(value: &bool) -> bool {
    *value
}

/// Who must countersign, how many of them, and how long the answer holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalTerms {
    /// Roles whose holders may approve.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvers: Vec<String>,
    /// Persons who may approve, whatever their roles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approver_subjects: Vec<SubjectId>,
    /// Whoever holds one of these roles may not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude_roles: Vec<String>,
    /// These persons may not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude_subjects: Vec<SubjectId>,
    #[serde(default = "one")]
    pub quorum: u32,
    /// Such as `30m`, `1h`, `2d`: how long a request waits, and then how long the answer holds.
    #[serde(default = "an_hour")]
    pub expires_in: String,
    #[serde(default = "one")]
    pub uses: u32,
    /// A role whose holders may approve as well, once the request has waited for `escalate_after`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalate_to: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalate_after: Option<String>,
}

impl ApprovalTerms {
    /// One approval by a holder of one of these roles, for one call within an hour.
    pub fn by_roles(approvers: Vec<String>) -> Self {
        Self {
            approvers,
            approver_subjects: Vec::new(),
            exclude_roles: Vec::new(),
            exclude_subjects: Vec::new(),
            quorum: one(),
            expires_in: an_hour(),
            uses: one(),
            escalate_to: None,
            escalate_after: None,
        }
    }

    /// `expires_in` in microseconds; what does not read is no time at all.
    pub fn holds_for(&self) -> i64 {
        micros(&self.expires_in).unwrap_or(0)
    }

    /// From when on `escalate_to` is asked as well; None where it never is.
    pub fn escalates_at(&self, filed_at: Timestamp) -> Option<Timestamp> {
        self.escalate_to.as_ref()?;
        Some(filed_at.saturating_add_micros(micros(self.escalate_after.as_deref()?)?))
    }

    /// Who approves: the roles whose holders do, and then the persons, by id.
    pub fn all_approvers(&self) -> impl Iterator<Item = &str> {
        let persons = self.approver_subjects.iter().map(SubjectId::as_str);
        self.approvers.iter().map(String::as_str).chain(persons)
    }

    /// Whether the role is one of those that are named for anything.
    pub fn names_role(&self, role: &str) -> bool {
        let mut named = self.approvers.iter().chain(&self.exclude_roles).chain(&self.escalate_to);
        named.any(|named| named == role)
    }
}

fn micros(duration: &str) -> Option<i64> {
    i64::try_from(duration_seconds(duration)?).ok()?.checked_mul(1_000_000)
}

fn one() -> u32 {
    1
}

fn an_hour() -> String {
    "1h".to_owned()
}

/// A half-open span of time: `from <= now < until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Validity {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl Validity {
    pub fn holds_at(&self, now: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= now) && self.until.is_none_or(|until| now < until)
    }
}

/// A key of the rule format that a later version brings: given at all, it is refused by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NotYet;

impl<'de> Deserialize<'de> for NotYet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        de::IgnoredAny::deserialize(deserializer)?;
        Err(de::Error::custom("not supported by this version"))
    }
}

/// Reads `90s`, `30m`, `1h`, `2d` as seconds; one unit, at most ten years.
pub fn duration_seconds(text: &str) -> Option<u64> {
    let unit = text.chars().last()?;
    let factor = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    let digits = text.strip_suffix(unit)?;
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let seconds = digits.parse::<u64>().ok()?.checked_mul(factor)?;
    (seconds > 0 && seconds <= 10 * 366 * 86_400).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(duration_seconds("90s"), Some(90));
        assert_eq!(duration_seconds("2d"), Some(172_800));
        for bad in ["", "s", "0h", "1", "1w", "-1h", "1.5h", "999999999999999999999d", "1ä", "99999d"] {
            assert_eq!(duration_seconds(bad), None, "{bad}");
        }
    }

    #[test]
    fn unknown_keys_are_refused() {
        let text = r#"{"name":"x","effect":"allow","tool":["a/b"]}"#;
        assert!(serde_json::from_str::<Rule>(text).is_err());
        let text = r#"{"name":"x","effect":"allow","tools":["a/b"],"prompts":["a/b"]}"#;
        let error = serde_json::from_str::<Rule>(text).expect_err("refused");
        assert!(error.to_string().contains("not supported by this version"), "{error}");
    }

    #[test]
    fn terms_of_approval_survive_their_own_format() {
        for text in [
            r#"{"approvers":["finance"],"quorum":1,"expires_in":"1h","uses":1}"#,
            r#"{"approver_subjects":["ann"],"exclude_roles":["temp"],"exclude_subjects":["bob"],"quorum":2,"expires_in":"30m","uses":3,"escalate_to":"head","escalate_after":"10m"}"#,
        ] {
            let terms: ApprovalTerms = serde_json::from_str(text).expect("reads");
            assert_eq!(serde_json::to_string(&terms).expect("writes"), text);
        }
        assert!(serde_json::from_str::<ApprovalTerms>(r#"{"approvers":["a"],"escalate":"b"}"#).is_err());
    }

    #[test]
    fn terms_of_approval_in_figures() {
        let mut terms = ApprovalTerms::by_roles(vec!["finance".to_owned()]);
        assert_eq!(terms.holds_for(), 3_600_000_000);
        assert_eq!(terms.escalates_at(Timestamp::default()), None);
        terms.escalate_to = Some("head".to_owned());
        terms.escalate_after = Some("1m".to_owned());
        assert_eq!(terms.escalates_at(Timestamp::from_micros(5)), Some(Timestamp::from_micros(60_000_005)));
        assert!(terms.names_role("finance") && terms.names_role("head") && !terms.names_role("x"));
        "soon".clone_into(&mut terms.expires_in);
        assert_eq!(terms.holds_for(), 0);
    }

    #[test]
    fn the_general_form_survives_its_own_format() {
        let text = r#"{"name":"read","effect":"allow","status":"enforced","actions":["read"],"resources":["record:*"],"when":"resource.status == 'active'"}"#;
        let rule: Rule = serde_json::from_str(text).expect("reads");
        assert!(rule.is_general());
        assert_eq!(serde_json::to_string(&rule).expect("writes"), text);
        for bad in [r#""resources":["record"]"#, r#""actions":[""]"#, r#""resources":[":x"]"#] {
            let text = format!(r#"{{"name":"x","effect":"allow",{bad}}}"#);
            assert!(serde_json::from_str::<Rule>(&text).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_rule_survives_its_own_format() {
        let text = r#"{"name":"small refunds","tenant":"acme","effect":"allow","status":"enforced","roles":["support-agent"],"tools":["crm/refund"],"parameters":{"properties":{"amount":{"maximum":100,"type":"number"}},"required":["amount"]},"valid":{"until":"2027-01-01T00:00:00Z"}}"#;
        let rule: Rule = serde_json::from_str(text).expect("reads");
        assert_eq!(serde_json::to_string(&rule).expect("writes"), text);
    }
}
