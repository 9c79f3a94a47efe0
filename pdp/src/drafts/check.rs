//! What is wrong with a rule, and what is odd about it, each at the part it concerns.

use super::reach::matched_tools;
use policy::Rule;
use policy::compile::{
    CheckedRule, Flag, RuleError, Surroundings, Trial, check_rule, flags, try_condition, unapproved,
};
use policy::labels::Effect;
use policy::pattern::Pattern;
use policy::rule::ApprovalTerms;

/// The part of a rule that a remark is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    Name,
    Who,
    Tools,
    Parameters,
    When,
    Valid,
    Approval,
    /// The rule as a whole.
    Rule,
}

impl Place {
    /// The word for it, stable.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Who => "who",
            Self::Tools => "tools",
            Self::Parameters => "parameters",
            Self::When => "when",
            Self::Valid => "valid",
            Self::Approval => "approval",
            Self::Rule => "rule",
        }
    }
}

/// Something to tell whoever writes the rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    pub place: Place,
    /// JSON Pointer into that part, where it is about something within.
    pub path: Option<String>,
    /// One sentence without a stop; names and values stand between backticks.
    pub text: String,
}

/// All there is to tell about a rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Review {
    /// The rule cannot be saved so.
    pub problems: Vec<Remark>,
    /// Why it can never match. Where it restricts, it is saved only if that is asked for.
    pub never: Vec<Remark>,
    /// Why too few can approve what it asks about. It is saved all the same: somebody may be added later.
    pub unapproved: Option<Remark>,
    /// It can be saved, but may not be what was meant.
    pub hints: Vec<Remark>,
    /// How many registered tools it names.
    pub tools: usize,
}

impl Review {
    /// Whether it is a restriction that restricts nothing: refused unless asked for.
    pub fn is_unmatched(&self, rule: &Rule) -> bool {
        rule.effect != Effect::Allow && !self.never.is_empty()
    }
}

/// Everything that can be told of the rule, as things stand in `around`.
pub fn review(rule: &Rule, around: &Surroundings) -> Review {
    let problems = problems(rule);
    let checked = check_rule(rule).ok();
    let never: Vec<Remark> = match &checked {
        Some(checked) => flags(rule, checked, around).iter().map(|flag| never(rule, flag)).collect(),
        None => Vec::new(),
    };
    let mut hints = if never.iter().any(|remark| remark.place == Place::Tools) {
        Vec::new()
    } else {
        hints(rule, checked.as_ref(), around, &never)
    };
    let unapproved = checked.and_then(|_| unapproved(rule, around)).map(|why| Remark {
        place: Place::Approval,
        path: None,
        text: format!("Too few can approve: {why}"),
    });
    if unapproved.is_none() {
        hints.extend(unheld_approvers(rule, around));
    }
    hints.truncate(10);
    Review { problems, never, unapproved, hints, tools: matched_tools(rule, around).count() }
}

/// What must be put right before the rule can be saved: at most one remark for each part.
pub fn problems(rule: &Rule) -> Vec<Remark> {
    let mut rule = rule.clone();
    let mut problems: Vec<Remark> = Vec::new();
    // Each round finds the first problem and takes its cause away, so that the next one shows as well.
    while let Err(error) = check_rule(&rule) {
        let remark = problem(&error);
        if problems.iter().any(|known| known.place == remark.place) {
            break;
        }
        without(&mut rule, remark.place);
        problems.push(remark);
    }
    problems
}

fn problem(error: &RuleError) -> Remark {
    let text = error.to_string();
    let (place, path, text) = match error {
        RuleError::Name(error) => (Place::Name, None, format!("The name {error}")),
        RuleError::NoTools => {
            (Place::Tools, None, "Name at least one tool, such as `crm/refund` or `crm/*`".to_owned())
        }
        RuleError::TwoForms
        | RuleError::NoActions
        | RuleError::NoResources
        | RuleError::ReservedType(_)
        | RuleError::RiskOfResources => (Place::Tools, None, text),
        RuleError::ParametersOfResources => (Place::Parameters, None, text),
        RuleError::TooMany(most) => (Place::Who, None, format!("More than {most} entries in one list")),
        RuleError::Parameters(error) => (Place::Parameters, Some(error.path.clone()), error.problem.clone()),
        RuleError::Condition(error) => (Place::When, None, format!("The condition {error}")),
        RuleError::Validity => (Place::Valid, None, "It must begin before it ends".to_owned()),
        RuleError::ApprovalOnDeny => {
            (Place::Approval, None, "A rule that denies needs no approval".to_owned())
        }
        RuleError::ApprovalMissing | RuleError::NoApprovers => {
            let text = "Name at least one role whose holders may approve, or a person".to_owned();
            (Place::Approval, None, text)
        }
        RuleError::ApprovalNumber { .. }
        | RuleError::ApprovalTime { .. }
        | RuleError::HalfEscalation
        | RuleError::EscalationTooLate => {
            let text = text.strip_prefix("approval: ").unwrap_or(&text).to_owned();
            (Place::Approval, None, text)
        }
    };
    Remark { place, path, text }
}

/// Makes the part harmless.
fn without(rule: &mut Rule, place: Place) {
    match place {
        Place::Name => "x".clone_into(&mut rule.name),
        Place::Tools => {
            rule.tools = Pattern::parse("*/*").into_iter().collect();
            rule.actions.clear();
            rule.resources.clear();
        }
        Place::Who => {
            rule.roles.clear();
            rule.subjects.clear();
            rule.tools.truncate(1);
            rule.actions.truncate(1);
            rule.resources.truncate(1);
        }
        Place::Parameters => rule.parameters = None,
        Place::When => rule.when = None,
        Place::Valid => rule.valid = None,
        Place::Approval => {
            rule.approval = (rule.effect == Effect::RequireApproval)
                .then(|| ApprovalTerms::by_roles(vec!["x".to_owned()]));
        }
        Place::Rule => {}
    }
}

fn never(rule: &Rule, flag: &Flag) -> Remark {
    let (place, path) = match flag {
        // Unknown counts where a rule restricts, so this one would bite and never for the reason it gives.
        Flag::ConditionFails(why) if rule.effect != Effect::Allow => {
            let text = format!("The condition can never come out true, and counts where it fails: {why}");
            return Remark { place: Place::When, path: None, text };
        }
        Flag::ConditionFails(_) | Flag::NoArguments(_) => (Place::When, None),
        Flag::NoSuchTool(_) | Flag::NoSuchLabel => (Place::Tools, None),
        Flag::NoSuchParameter(name) | Flag::EmptyBounds(name) => {
            (Place::Parameters, Some(format!("/properties/{}", escape(name))))
        }
        Flag::PastValidity(_) => (Place::Valid, None),
        Flag::RoleNobodyHolds(_) => (Place::Who, None),
        Flag::CoveredByDeny(_) => (Place::Rule, None),
    };
    Remark { place, path, text: format!("Can never match: {flag}") }
}

/// RFC 6901, section 3.
fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Parts that do nothing, or fail at times, while the rule as a whole can match.
fn hints(rule: &Rule, checked: Option<&CheckedRule>, around: &Surroundings, never: &[Remark]) -> Vec<Remark> {
    let mut hints = Vec::new();
    if let Some(Trial::Sometimes(why)) = checked.map(|checked| try_condition(rule, checked, around)) {
        let text = format!("With some arguments the condition cannot be evaluated: {why}");
        hints.push(Remark { place: Place::When, path: None, text });
    }
    for pattern in &rule.tools {
        let alone = Rule { tools: vec![pattern.clone()], ..rule.clone() };
        if matched_tools(&alone, around).next().is_none() {
            let text = format!("`{pattern}` matches no registered tool");
            hints.push(Remark { place: Place::Tools, path: None, text });
        }
    }
    if !never.iter().any(|remark| remark.place == Place::Who) {
        for role in &rule.roles {
            let held = around
                .held
                .iter()
                .any(|(tenant, held)| held == role && rule.tenant.as_ref().is_none_or(|own| own == tenant));
            if !held {
                hints.push(Remark { place: Place::Who, path: None, text: format!("Nobody holds `{role}`") });
            }
        }
    }
    hints
}

/// Roles that are asked to approve, and that no member holds, while others can.
fn unheld_approvers(rule: &Rule, around: &Surroundings) -> Vec<Remark> {
    let roles = rule.approval.iter().flat_map(|terms| terms.approvers.iter().chain(&terms.escalate_to));
    roles
        .filter(|role| !around.member_holds(rule, role))
        .map(|role| Remark {
            place: Place::Approval,
            path: None,
            text: format!("No member holds `{role}`, which it asks to approve"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::TenantSlug;
    use policy::compile::CatalogTool;
    use policy::{Risk, Sensitivity, Timestamp};
    use serde_json::{Value, json};

    fn rule(value: Value) -> Rule {
        serde_json::from_value(value).expect("a rule")
    }

    fn around() -> Surroundings {
        let tool = |name: &str| CatalogTool {
            server: "crm".into(),
            name: name.into(),
            tenants: vec![TenantSlug::from("acme")],
            risk: Risk::Low,
            sensitivity: Sensitivity::Internal,
            input_schema: None,
        };
        Surroundings {
            tools: vec![tool("refund"), tool("show")],
            held: [(TenantSlug::from("acme"), "support".to_owned())].into(),
            members: [((TenantSlug::from("acme"), "support".to_owned()), 1)].into(),
            rules: Vec::new(),
            now: Timestamp::parse("2026-11-23T12:00:00Z").expect("a moment"),
        }
    }

    #[test]
    fn every_part_that_is_wrong_is_named() {
        let bad = rule(json!({
            "name": "", "effect": "require_approval", "tools": [], "when": "args.amount <",
            "parameters": {"properties": {"amount": {"maximum": 1}}},
            "valid": {"from": "2027-01-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}
        }));
        let problems = problems(&bad);
        let places: Vec<Place> = problems.iter().map(|remark| remark.place).collect();
        assert_eq!(
            places,
            [Place::Name, Place::Tools, Place::Approval, Place::Valid, Place::Parameters, Place::When]
        );
        assert_eq!(problems[4].path.as_deref(), Some("/properties/amount/maximum"));
        assert_eq!(super::problems(&rule(json!({"name": "x", "effect": "deny", "tools": ["a/b"]}))), []);
    }

    #[test]
    fn parts_that_do_nothing_are_hinted_at() {
        let odd = rule(json!({"name": "x", "tenant": "acme", "effect": "allow",
            "tools": ["crm/refund", "crm/gone"], "roles": ["support", "ghost"]}));
        let review = review(&odd, &around());
        assert_eq!(review.problems, []);
        assert_eq!(review.never, []);
        assert_eq!(review.tools, 1);
        let texts: Vec<&str> = review.hints.iter().map(|hint| hint.text.as_str()).collect();
        assert_eq!(texts, ["`crm/gone` matches no registered tool", "Nobody holds `ghost`"]);
    }

    #[test]
    fn a_condition_is_tried_on_sample_arguments() {
        let mut around = around();
        around.tools[0].input_schema = Some(json!({"type": "object", "properties": {
            "whole": {"type": "integer"}, "number": {"type": "number"}}}));
        let rule = |effect: &str, when: &str| {
            rule(
                json!({"name": "x", "tenant": "acme", "effect": effect, "tools": ["crm/refund"], "when": when}),
            )
        };
        let fails = "args.whole * 1.2 > 5.0";
        let allow = rule("allow", fails);
        let review = super::review(&allow, &around);
        assert_eq!((review.problems.len(), review.never.len(), review.hints.len()), (0, 1, 0));
        assert_eq!(review.never[0].place, Place::When);
        assert!(
            review.never[0].text.starts_with("Can never match: its condition can never come out true: `*`")
        );
        assert!(!review.is_unmatched(&allow));

        let deny = rule("deny", fails);
        let review = super::review(&deny, &around);
        assert!(review.is_unmatched(&deny));
        assert!(review.never[0].text.starts_with("The condition can never come out true, and counts"));

        let review = super::review(&rule("deny", "args.number * 1.2 > 5.0"), &around);
        assert_eq!(review.never, []);
        assert_eq!(review.hints[0].place, Place::When);
        assert!(review.hints[0].text.contains("`args.number`"), "{:?}", review.hints);
        let review = super::review(&rule("deny", "double(args.number) * 1.2 > 5.0"), &around);
        assert_eq!((review.never, review.hints), (Vec::new(), Vec::new()));
    }

    #[test]
    fn an_approval_that_too_few_can_give_is_told_and_refuses_nothing() {
        let asks = |approval: Value| {
            rule(json!({"name": "x", "tenant": "acme", "effect": "require_approval", "tools": ["crm/refund"],
                "approval": approval}))
        };
        let text = |remark: &Remark| (remark.place, remark.text.clone());
        let nobody = asks(json!({"approvers": ["ghost"]}));
        let review = review(&nobody, &around());
        assert_eq!(
            review.unapproved.as_ref().map(text),
            Some((Place::Approval, "Too few can approve: no member holds `ghost`".to_owned()))
        );
        assert_eq!((review.problems.len(), review.never.len(), review.hints.len()), (0, 0, 0));
        assert!(!review.is_unmatched(&nobody));

        let some = asks(json!({"approvers": ["support", "ghost"]}));
        let review = super::review(&some, &around());
        assert_eq!(review.unapproved, None);
        let hints: Vec<_> = review.hints.iter().map(text).collect();
        let hint = "No member holds `ghost`, which it asks to approve".to_owned();
        assert_eq!(hints, [(Place::Approval, hint)]);
    }

    #[test]
    fn a_restriction_that_restricts_nothing_is_told_apart() {
        let deny = rule(json!({"name": "x", "effect": "deny", "tools": ["crm/gone"]}));
        let review = review(&deny, &around());
        assert_eq!(review.never.len(), 1);
        assert!(review.is_unmatched(&deny));
        let allow = rule(json!({"name": "x", "effect": "allow", "tools": ["crm/gone"]}));
        assert!(!super::review(&allow, &around()).is_unmatched(&allow));
    }
}
