//! Rules that can never match, and why: a rule that restricts nothing or grants nothing is a mistake that
//! nobody would notice.

use super::rule::CheckedRule;
use super::schema_walk;
use super::tool_schema::ToolSchema;
use super::trial::{self, Trial};
use crate::ids::TenantSlug;
use crate::labels::{Effect, Risk, RuleStatus, Sensitivity};
use crate::rule::Rule;
use crate::timestamp::Timestamp;
use serde_json::Value;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

/// A tool as far as flags are concerned.
#[derive(Debug, Clone)]
pub struct CatalogTool {
    pub server: String,
    pub name: String,
    /// The tenants that may use its server.
    pub tenants: Vec<TenantSlug>,
    pub risk: Risk,
    pub sensitivity: Sensitivity,
    pub input_schema: Option<Value>,
}

/// What a rule is held against.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    pub tools: Vec<CatalogTool>,
    /// Roles that somebody holds, with the tenant they are held in.
    pub held: BTreeSet<(TenantSlug, String)>,
    /// How many members hold them; what claims of tokens alone stand for is not among them. 1 where more are not
    /// asked for.
    pub members: BTreeMap<(TenantSlug, String), usize>,
    /// Every rule, the one in question included.
    pub rules: Vec<Rule>,
    pub now: Timestamp,
}

/// Why a rule can never match.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flag {
    #[error("no registered tool matches {0}")]
    NoSuchTool(String),
    #[error("no tool that it names has the risk and sensitivity it asks for")]
    NoSuchLabel,
    #[error("no tool that it names has an argument `{0}`")]
    NoSuchParameter(String),
    #[error("what it names has no arguments, and its condition reads `args.{0}`")]
    NoArguments(String),
    #[error("its condition can never come out true: {0}")]
    ConditionFails(String),
    #[error("its bounds on `{0}` leave no value")]
    EmptyBounds(String),
    #[error("it was valid until {0}")]
    PastValidity(Timestamp),
    #[error("nobody holds {0}")]
    RoleNobodyHolds(String),
    #[error("`{0}` denies everything it allows")]
    CoveredByDeny(String),
}

/// Every reason for which the rule can never match; empty for a rule that can.
pub fn flags(rule: &Rule, checked: &CheckedRule, around: &Surroundings) -> Vec<Flag> {
    let mut flags = if rule.is_general() { of_general(checked) } else { of_tools(rule, checked, around) };
    if let Some(argument) = rule.parameters.as_ref().and_then(empty_bounds) {
        flags.push(Flag::EmptyBounds(argument));
    }
    if let Some(until) = rule.valid.and_then(|valid| valid.until).filter(|until| *until <= around.now) {
        flags.push(Flag::PastValidity(until));
    }
    if nobody_holds(rule, around) {
        let roles: Vec<String> = rule.roles.iter().take(5).map(|role| format!("`{role}`")).collect();
        flags.push(Flag::RoleNobodyHolds(roles.join(" or ")));
    }
    if rule.effect == Effect::Allow
        && let Some(deny) = around.rules.iter().find(|deny| covers(deny, rule, around.now))
    {
        flags.push(Flag::CoveredByDeny(deny.name.clone()));
    }
    flags
}

/// Resources need not be registered for a rule to decide on them, so nothing is asked of what there is.
fn of_general(checked: &CheckedRule) -> Vec<Flag> {
    let argument = checked.condition.as_ref().and_then(|condition| condition.arguments().next());
    argument.map(|name| Flag::NoArguments(name.to_owned())).into_iter().collect()
}

fn of_tools(rule: &Rule, checked: &CheckedRule, around: &Surroundings) -> Vec<Flag> {
    let mut flags = Vec::new();
    let named: Vec<&CatalogTool> = around.tools.iter().filter(|tool| names(rule, tool)).collect();
    let labelled = labelled(rule, around);
    if named.is_empty() {
        let patterns: Vec<String> = rule.tools.iter().take(5).map(|pattern| format!("`{pattern}`")).collect();
        flags.push(Flag::NoSuchTool(patterns.join(", ")));
    } else if labelled.is_empty() {
        flags.push(Flag::NoSuchLabel);
    } else if let Some(argument) = missing_argument(rule, checked, &labelled) {
        flags.push(Flag::NoSuchParameter(argument));
    } else if let Trial::Never(why) = try_condition(rule, checked, around) {
        flags.push(Flag::ConditionFails(why));
    }
    flags
}

/// How the rule's condition comes out on sample arguments of the tools that the rule names.
pub fn try_condition(rule: &Rule, checked: &CheckedRule, around: &Surroundings) -> Trial {
    match &checked.condition {
        Some(condition) => trial::on_tools(condition, &labelled(rule, around), around.now),
        None => Trial::Fine,
    }
}

/// The tools that the rule names, labels included.
fn labelled<'a>(rule: &Rule, around: &'a Surroundings) -> Vec<&'a CatalogTool> {
    around.tools.iter().filter(|tool| names(rule, tool) && has_labels(rule, tool)).collect()
}

fn names(rule: &Rule, tool: &CatalogTool) -> bool {
    rule.tenant.as_ref().is_none_or(|tenant| tool.tenants.contains(tenant))
        && rule.tools.iter().any(|pattern| pattern.matches(&tool.server, &tool.name))
}

fn has_labels(rule: &Rule, tool: &CatalogTool) -> bool {
    rule.risk_at_least.is_none_or(|least| tool.risk >= least)
        && (rule.sensitivity.is_empty() || rule.sensitivity.contains(&tool.sensitivity))
}

/// An argument without which the rule cannot hold, and which none of its tools has.
fn missing_argument(rule: &Rule, checked: &CheckedRule, tools: &[&CatalogTool]) -> Option<String> {
    let required = rule.parameters.as_ref().and_then(|p| p.get("required")).and_then(Value::as_array);
    let required = required.into_iter().flatten().filter_map(Value::as_str);
    let mut needed = required.chain(checked.condition.iter().flat_map(super::Condition::arguments));
    // Each schema is compiled once, and only when it is asked.
    let tools: Vec<(&CatalogTool, OnceCell<Option<ToolSchema>>)> =
        tools.iter().map(|tool| (*tool, OnceCell::new())).collect();
    needed.find(|name| tools.iter().all(|(tool, schema)| refuses(tool, schema, name))).map(str::to_owned)
}

/// Whether a call of the tool with this argument is refused whatever its value is.
fn refuses(tool: &CatalogTool, schema: &OnceCell<Option<ToolSchema>>, argument: &str) -> bool {
    let compile = || tool.input_schema.as_ref().and_then(|schema| ToolSchema::compile(schema).ok());
    schema.get_or_init(compile).as_ref().is_some_and(|schema| !schema.may_hold(argument))
}

/// An argument whose bounds contradict each other.
fn empty_bounds(parameters: &Value) -> Option<String> {
    let required: Vec<&str> = parameters
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let properties = parameters.get("properties")?.as_object()?;
    properties
        .iter()
        .find(|(name, schema)| required.contains(&name.as_str()) && is_empty(schema))
        .map(|(name, _)| name.clone())
}

fn is_empty(schema: &Value) -> bool {
    let number = |key: &str| schema.get(key).and_then(Value::as_f64);
    let crossed =
        |low: &str, high: &str| matches!((number(low), number(high)), (Some(low), Some(high)) if low > high);
    let touching =
        |low: &str, high: &str| matches!((number(low), number(high)), (Some(low), Some(high)) if low >= high);
    let bounds = crossed("minimum", "maximum")
        || touching("exclusiveMinimum", "maximum")
        || touching("minimum", "exclusiveMaximum")
        || touching("exclusiveMinimum", "exclusiveMaximum")
        || crossed("minLength", "maxLength")
        || crossed("minItems", "maxItems")
        || crossed("minProperties", "maxProperties");
    bounds || no_listed_value_fits(schema)
}

/// Of an `enum` or `const` beside other keywords, is any value left?
fn no_listed_value_fits(schema: &Value) -> bool {
    let listed = match (schema.get("enum").and_then(Value::as_array), schema.get("const")) {
        (Some(values), _) => values.clone(),
        (None, Some(only)) => vec![only.clone()],
        (None, None) => return false,
    };
    // References would need the whole: say nothing where one is.
    if schema_walk::has_reference(schema) {
        return false;
    }
    jsonschema::options()
        .offline()
        .build(schema)
        .is_ok_and(|validator| !listed.iter().any(|value| validator.is_valid(value)))
}

fn nobody_holds(rule: &Rule, around: &Surroundings) -> bool {
    if rule.roles.is_empty() || !rule.subjects.is_empty() {
        return false;
    }
    !around.held.iter().any(|(tenant, role)| {
        rule.roles.contains(role) && rule.tenant.as_ref().is_none_or(|own| own == tenant)
    })
}

/// Whether `deny` bites on everything `allow` could ever allow.
fn covers(deny: &Rule, allow: &Rule, now: Timestamp) -> bool {
    let unconditional = deny.effect == Effect::Deny
        && deny.status == RuleStatus::Enforced
        && deny.parameters.is_none()
        && deny.when.is_none()
        && deny.valid.is_none_or(|valid| valid.until.is_none() && valid.holds_at(now))
        && deny.risk_at_least.is_none_or(|least| allow.risk_at_least.is_some_and(|asked| asked >= least))
        && (deny.sensitivity.is_empty()
            || (!allow.sensitivity.is_empty()
                && allow.sensitivity.iter().all(|s| deny.sensitivity.contains(s))));
    let same_tenant = deny.tenant.is_none() || deny.tenant == allow.tenant;
    let anybody = deny.roles.is_empty() && deny.subjects.is_empty();
    let same_people = !(allow.roles.is_empty() && allow.subjects.is_empty())
        && allow.roles.iter().all(|role| deny.roles.contains(role))
        && allow.subjects.iter().all(|subject| deny.subjects.contains(subject));
    let same_kinds = deny.kinds.is_empty()
        || (!allow.kinds.is_empty() && allow.kinds.iter().all(|kind| deny.kinds.contains(kind)));
    let same_tools = allow.tools.iter().all(|narrow| deny.tools.iter().any(|wide| wide.covers(narrow)));
    let same_actions = allow.actions.iter().all(|narrow| deny.actions.iter().any(|wide| wide.covers(narrow)));
    let same_resources =
        allow.resources.iter().all(|narrow| deny.resources.iter().any(|wide| wide.covers(narrow)));
    let same_things = same_tools && same_actions && same_resources;
    unconditional && same_tenant && (anybody || same_people) && same_kinds && same_things
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::check_rule;
    use serde_json::json;

    fn rule(value: &Value) -> Rule {
        serde_json::from_value(value.clone()).expect("a rule")
    }

    fn surroundings() -> Surroundings {
        Surroundings {
            tools: vec![CatalogTool {
                server: "crm".into(),
                name: "refund".into(),
                tenants: vec![TenantSlug::from("acme")],
                risk: Risk::High,
                sensitivity: Sensitivity::Confidential,
                input_schema: Some(json!({"type": "object", "properties": {"amount": {"type": "number"}}})),
            }],
            held: [(TenantSlug::from("acme"), "support".to_owned())].into(),
            members: BTreeMap::new(),
            rules: Vec::new(),
            now: Timestamp::parse("2026-11-23T12:00:00Z").expect("a moment"),
        }
    }

    fn flagged(value: &Value, others: &[Value]) -> Vec<Flag> {
        let rule = rule(value);
        let mut around = surroundings();
        around.rules = others.iter().map(self::rule).collect();
        flags(&rule, &check_rule(&rule).expect("a good rule"), &around)
    }

    fn base() -> Value {
        json!({"name": "r", "tenant": "acme", "effect": "allow", "roles": ["support"], "tools": ["crm/refund"],
            "parameters": {"properties": {"amount": {"type": "number", "minimum": 1, "maximum": 5}}, "required": ["amount"]}})
    }

    fn with(more: &Value) -> Value {
        let mut rule = base();
        rule.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
        rule
    }

    #[test]
    fn a_rule_that_can_match_has_no_flag() {
        assert_eq!(flagged(&base(), &[]), []);
        assert_eq!(flagged(&with(&json!({"when": "args.amount > 1"})), &[]), []);
        assert_eq!(flagged(&with(&json!({"roles": [], "subjects": ["x"]})), &[]), []);
    }

    #[test]
    fn each_way_of_never_matching() {
        let amount =
            |schema: Value| json!({"parameters": {"properties": {"amount": schema}, "required": ["amount"]}});
        for (more, expected) in [
            (json!({"tools": ["crm/refnud"]}), Flag::NoSuchTool("`crm/refnud`".into())),
            (json!({"tenant": "globex", "roles": []}), Flag::NoSuchTool("`crm/refund`".into())),
            (json!({"risk_at_least": "critical"}), Flag::NoSuchLabel),
            (json!({"sensitivity": ["public"]}), Flag::NoSuchLabel),
            (
                json!({"parameters": {"properties": {"amuont": {"type": "number", "maximum": 1}}, "required": ["amuont"]}}),
                Flag::NoSuchParameter("amuont".into()),
            ),
            (json!({"when": "args.currency == 'EUR'"}), Flag::NoSuchParameter("currency".into())),
            (
                json!({"when": "args.amount.startsWith('a')"}),
                Flag::ConditionFails(
                    "`startsWith` does not go with a whole number and text, where it reads `args.amount`"
                        .into(),
                ),
            ),
            (
                amount(json!({"type": "number", "minimum": 5, "maximum": 1})),
                Flag::EmptyBounds("amount".into()),
            ),
            (
                amount(json!({"type": "number", "exclusiveMinimum": 5, "maximum": 5})),
                Flag::EmptyBounds("amount".into()),
            ),
            (
                amount(json!({"type": "string", "minLength": 5, "maxLength": 1})),
                Flag::EmptyBounds("amount".into()),
            ),
            (amount(json!({"type": "number", "enum": ["a"]})), Flag::EmptyBounds("amount".into())),
            (json!({"valid": {"until": "2026-11-23T12:00:00Z"}}), Flag::PastValidity(surroundings().now)),
            (json!({"roles": ["ghost"]}), Flag::RoleNobodyHolds("`ghost`".into())),
        ] {
            assert_eq!(flagged(&with(&more), &[]), [expected], "{more}");
        }
    }

    #[test]
    fn the_general_form_asks_for_no_tool() {
        let general = |more: &Value| {
            let mut rule = json!({"name": "r", "tenant": "acme", "effect": "allow", "roles": ["support"],
                "actions": ["read"], "resources": ["record:*"]});
            rule.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
            rule
        };
        let deny = |more: &Value| {
            let mut rule = general(&json!({"name": "no", "effect": "deny", "roles": []}));
            rule.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
            rule
        };
        let everything = json!({"name": "no", "effect": "deny", "tools": ["*/*"]});
        for (more, others, expected) in [
            (json!({}), vec![], vec![]),
            (json!({"when": "resource.status == 'active' && action.soft"}), vec![], vec![]),
            (json!({"when": "args.x > 1"}), vec![], vec![Flag::NoArguments("x".into())]),
            (json!({"roles": ["ghost"]}), vec![], vec![Flag::RoleNobodyHolds("`ghost`".into())]),
            (json!({}), vec![everything], vec![]),
            (json!({}), vec![deny(&json!({}))], vec![Flag::CoveredByDeny("no".into())]),
            (json!({}), vec![deny(&json!({"actions": ["*"]}))], vec![Flag::CoveredByDeny("no".into())]),
            (json!({}), vec![deny(&json!({"resources": ["record:1"]}))], vec![]),
            (json!({}), vec![deny(&json!({"actions": ["write"]}))], vec![]),
        ] {
            assert_eq!(flagged(&general(&more), &others), expected, "{more} {others:?}");
        }
    }

    #[test]
    fn covered_by_an_unconditional_deny_and_by_no_other() {
        let deny = |more: Value| {
            let mut rule = json!({"name": "no", "effect": "deny", "tools": ["crm/*"]});
            rule.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
            rule
        };
        for (more, covered) in [
            (json!({}), true),
            (json!({"tenant": "acme"}), true),
            (json!({"roles": ["support", "other"]}), true),
            (json!({"tenant": "globex"}), false),
            (json!({"roles": ["other"]}), false),
            (json!({"tools": ["crm/other"]}), false),
            (json!({"when": "true"}), false),
            (json!({"status": "shadow"}), false),
            (json!({"risk_at_least": "low"}), false),
            (json!({"kinds": ["agent"]}), false),
            (json!({"valid": {"until": "2027-01-01T00:00:00Z"}}), false),
        ] {
            let expected = if covered { vec![Flag::CoveredByDeny("no".into())] } else { vec![] };
            assert_eq!(flagged(&base(), &[deny(more.clone())]), expected, "{more}");
        }
    }
}
