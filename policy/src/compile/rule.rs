//! One rule, checked and compiled.

use super::condition::{Condition, ConditionError};
use super::parameters::{ParameterError, ParameterScope};
use crate::general::is_reserved;
use crate::ids::{NameError, RuleId, check_id};
use crate::labels::{Effect, RuleStatus};
use crate::rule::{ApprovalTerms, Rule, duration_seconds};

/// Why a rule is refused. The text is for the person who wrote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    #[error("name {0}")]
    Name(NameError),
    #[error("`tools` is empty; name at least one tool, such as `crm/refund` or `crm/*`")]
    NoTools,
    #[error("a rule names either `tools`, or `actions` with `resources`, not both")]
    TwoForms,
    #[error("`actions` need `resources` beside them, such as `record:*`")]
    NoResources,
    #[error(
        "`resources` need `actions` beside them; resources of MCP servers are not supported by this version"
    )]
    NoActions,
    #[error("`resources`: the type `{0}` is reserved; tools are named in `tools`")]
    ReservedType(String),
    #[error("`risk_at_least` is about tools; resources have no risk")]
    RiskOfResources,
    #[error("`parameters` are about the arguments of tools; of actions and resources speaks `when`")]
    ParametersOfResources,
    #[error(transparent)]
    Parameters(#[from] ParameterError),
    #[error("`when` {0}")]
    Condition(ConditionError),
    #[error("`approval` does not go with `effect: deny`")]
    ApprovalOnDeny,
    #[error("`effect: require_approval` needs `approval` to say who approves")]
    ApprovalMissing,
    #[error("approval: name at least one role in `approvers`, or a person in `approver_subjects`")]
    NoApprovers,
    #[error("approval: `escalate_to` and `escalate_after` go together")]
    HalfEscalation,
    #[error("approval: `{field}` must be between 1 and {most}")]
    ApprovalNumber { field: &'static str, most: u32 },
    #[error("approval: `{field}: {given}` is not a time such as 30m, 1h or 2d")]
    ApprovalTime { field: &'static str, given: String },
    #[error("approval: `escalate_after` must be shorter than `expires_in`")]
    EscalationTooLate,
    #[error("valid: `from` must lie before `until`")]
    Validity,
    #[error("more than {0} entries in one list")]
    TooMany(usize),
}

/// A rule with its identity, as the store keeps it.
#[derive(Debug, Clone)]
pub struct RuleSource {
    pub id: RuleId,
    pub version: i64,
    pub rule: Rule,
}

/// A rule ready to be evaluated.
#[derive(Debug)]
pub struct CompiledRule {
    pub id: RuleId,
    pub version: i64,
    pub rule: Rule,
    pub(crate) parameters: Option<ParameterScope>,
    pub(crate) condition: Option<Condition>,
    /// A stored rule that no longer compiles: a restriction bites, a grant does not grant.
    pub(crate) broken: Option<String>,
}

impl CompiledRule {
    /// # Errors
    /// See [`RuleError`].
    pub fn compile(source: &RuleSource) -> Result<Self, RuleError> {
        let CheckedRule { parameters, condition } = check_rule(&source.rule)?;
        Ok(Self {
            id: source.id.clone(),
            version: source.version,
            rule: source.rule.clone(),
            parameters,
            condition,
            broken: None,
        })
    }

    /// Never fails: a rule that does not compile is kept as broken, so that what it forbids stays forbidden.
    pub fn compile_or_break(source: &RuleSource) -> Self {
        Self::compile(source).unwrap_or_else(|error| Self::broken_by(source, &error.to_string()))
    }

    /// A rule that is kept for what it forbids alone.
    pub fn broken_by(source: &RuleSource, why: &str) -> Self {
        Self {
            id: source.id.clone(),
            version: source.version,
            rule: source.rule.clone(),
            parameters: None,
            condition: None,
            broken: Some(why.to_owned()),
        }
    }

    pub fn broken(&self) -> Option<&str> {
        self.broken.as_deref()
    }

    pub(crate) fn counts(&self) -> bool {
        self.rule.status == RuleStatus::Enforced
    }
}

/// The parts of a rule that are compiled.
#[derive(Debug)]
pub struct CheckedRule {
    pub(crate) parameters: Option<ParameterScope>,
    pub(crate) condition: Option<Condition>,
}

/// Everything that can be wrong with a rule by itself.
///
/// # Errors
/// See [`RuleError`].
pub fn check_rule(rule: &Rule) -> Result<CheckedRule, RuleError> {
    check_id(&rule.name).map_err(RuleError::Name)?;
    check_what(rule)?;
    for length in [
        rule.tools.len(),
        rule.roles.len(),
        rule.subjects.len(),
        rule.actions.len(),
        rule.resources.len(),
    ] {
        if length > 1_000 {
            return Err(RuleError::TooMany(1_000));
        }
    }
    match (&rule.approval, rule.effect) {
        (Some(_), Effect::Deny) => return Err(RuleError::ApprovalOnDeny),
        (None, Effect::RequireApproval) => return Err(RuleError::ApprovalMissing),
        (Some(terms), _) => {
            check_terms(terms)?;
        }
        (None, _) => {}
    }
    if let Some(valid) = &rule.valid
        && let (Some(from), Some(until)) = (valid.from, valid.until)
        && from >= until
    {
        return Err(RuleError::Validity);
    }
    Ok(CheckedRule {
        parameters: rule
            .parameters
            .as_ref()
            .map(|source| ParameterScope::compile(source, rule.effect))
            .transpose()?,
        condition: rule.when.as_deref().map(Condition::compile).transpose().map_err(RuleError::Condition)?,
    })
}

/// Whether it can be told who approves, how many of them, and for how long.
fn check_terms(terms: &ApprovalTerms) -> Result<(), RuleError> {
    if terms.approvers.is_empty() && terms.approver_subjects.is_empty() {
        return Err(RuleError::NoApprovers);
    }
    for length in [
        terms.approvers.len(),
        terms.approver_subjects.len(),
        terms.exclude_roles.len(),
        terms.exclude_subjects.len(),
    ] {
        if length > 100 {
            return Err(RuleError::TooMany(100));
        }
    }
    if !(1..=20).contains(&terms.quorum) {
        return Err(RuleError::ApprovalNumber { field: "quorum", most: 20 });
    }
    if !(1..=1_000).contains(&terms.uses) {
        return Err(RuleError::ApprovalNumber { field: "uses", most: 1_000 });
    }
    let seconds = |field: &'static str, text: &str| {
        let given = || text.chars().take(60).collect();
        duration_seconds(text).ok_or_else(|| RuleError::ApprovalTime { field, given: given() })
    };
    let expires_in = seconds("expires_in", &terms.expires_in)?;
    match (&terms.escalate_to, &terms.escalate_after) {
        (None, None) => Ok(()),
        (Some(_), Some(after)) if seconds("escalate_after", after)? < expires_in => Ok(()),
        (Some(_), Some(_)) => Err(RuleError::EscalationTooLate),
        (None, Some(_)) | (Some(_), None) => Err(RuleError::HalfEscalation),
    }
}

/// Either tools, or actions on resources.
fn check_what(rule: &Rule) -> Result<(), RuleError> {
    if !rule.is_general() {
        return if rule.tools.is_empty() { Err(RuleError::NoTools) } else { Ok(()) };
    }
    if !rule.tools.is_empty() {
        return Err(RuleError::TwoForms);
    }
    if rule.actions.is_empty() {
        return Err(RuleError::NoActions);
    }
    if rule.resources.is_empty() {
        return Err(RuleError::NoResources);
    }
    let reserved = rule.resources.iter().filter_map(|pattern| pattern.exact_kind()).find(|kind| is_reserved(kind));
    if let Some(kind) = reserved {
        return Err(RuleError::ReservedType(kind.to_owned()));
    }
    if rule.risk_at_least.is_some() {
        return Err(RuleError::RiskOfResources);
    }
    if rule.parameters.is_some() {
        return Err(RuleError::ParametersOfResources);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn refused(more: &Value) -> Option<RuleError> {
        let mut rule = json!({"name": "r", "effect": "allow"});
        rule.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
        check_rule(&serde_json::from_value(rule).expect("a rule")).err()
    }

    #[test]
    fn a_rule_has_one_form() {
        for (more, expected) in [
            (json!({"tools": ["crm/*"]}), None),
            (json!({"actions": ["read"], "resources": ["record:*"]}), None),
            (json!({"actions": ["*"], "resources": ["*:*"], "sensitivity": ["public"]}), None),
            (json!({}), Some(RuleError::NoTools)),
            (json!({"actions": ["read"]}), Some(RuleError::NoResources)),
            (json!({"resources": ["record:*"]}), Some(RuleError::NoActions)),
            (json!({"tools": ["crm/*"], "actions": ["read"], "resources": ["a:b"]}), Some(RuleError::TwoForms)),
            (json!({"tools": ["crm/*"], "resources": ["files:x"]}), Some(RuleError::TwoForms)),
            (
                json!({"actions": ["read"], "resources": ["record:1", "tool:x"]}),
                Some(RuleError::ReservedType("tool".into())),
            ),
            (
                json!({"actions": ["read"], "resources": ["a:b"], "risk_at_least": "low"}),
                Some(RuleError::RiskOfResources),
            ),
            (
                json!({"actions": ["read"], "resources": ["a:b"], "parameters": {"required": ["x"]}}),
                Some(RuleError::ParametersOfResources),
            ),
        ] {
            assert_eq!(refused(&more), expected, "{more}");
        }
    }
}
