//! From the form's fields to a rule and back.

use super::{Draft, EffectChoice, Note};
use policy::general::{ActionPattern, ResourcePattern};
use policy::labels::Effect;
use policy::pattern::Pattern;
use policy::rule::{ApprovalTerms, NotYet, Validity};
use policy::{Rule, SubjectId, TenantSlug, Timestamp};
use serde_json::Value;

impl Draft {
    /// The fields that stand for a rule.
    pub fn from_rule(rule: &Rule) -> Self {
        let terms = rule.approval.as_ref();
        let empty = Self::default();
        let ids = |ids: &[SubjectId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
        let moment = |at: Option<Timestamp>| at.map(Timestamp::rfc3339).unwrap_or_default();
        Self {
            name: rule.name.clone(),
            effect: match (rule.effect, terms.is_some()) {
                (Effect::Allow, false) => EffectChoice::Allow,
                (Effect::Allow, true) => EffectChoice::OnceApproved,
                (Effect::RequireApproval, _) => EffectChoice::AlwaysAsk,
                (Effect::Deny, _) => EffectChoice::Deny,
            },
            status: rule.status,
            tenant: rule.tenant.as_ref().map(ToString::to_string).unwrap_or_default(),
            roles: rule.roles.clone(),
            subjects: ids(&rule.subjects),
            kinds: rule.kinds.clone(),
            tools: rule.tools.iter().map(ToString::to_string).collect(),
            risk_at_least: rule.risk_at_least,
            sensitivity: rule.sensitivity.clone(),
            parameters: rule.parameters.as_ref().map(pretty).unwrap_or_default(),
            when: rule.when.clone().unwrap_or_default(),
            from: moment(rule.valid.and_then(|valid| valid.from)),
            until: moment(rule.valid.and_then(|valid| valid.until)),
            approvers: terms.map(|terms| terms.approvers.clone()).unwrap_or_default(),
            approver_subjects: terms.map(|terms| ids(&terms.approver_subjects)).unwrap_or_default(),
            exclude_roles: terms.map(|terms| terms.exclude_roles.clone()).unwrap_or_default(),
            exclude_subjects: terms.map(|terms| ids(&terms.exclude_subjects)).unwrap_or_default(),
            quorum: terms.map_or(empty.quorum, |terms| terms.quorum.to_string()),
            expires_in: terms.map_or(empty.expires_in, |terms| terms.expires_in.clone()),
            uses: terms.map_or(empty.uses, |terms| terms.uses.to_string()),
            escalate_to: terms.and_then(|terms| terms.escalate_to.clone()).unwrap_or_default(),
            escalate_after: terms.and_then(|terms| terms.escalate_after.clone()).unwrap_or_default(),
            explain: rule.explain,
            actions: rule.actions.iter().map(ToString::to_string).collect(),
            resources: rule.resources.iter().map(ToString::to_string).collect(),
        }
    }

    /// The rule as far as the fields make one, and what keeps the rest from it.
    pub fn to_rule(&self) -> (Rule, Vec<Note>) {
        let mut notes = Vec::new();
        let mut tools = Vec::new();
        for pattern in &self.tools {
            match Pattern::parse(pattern) {
                Ok(pattern) => tools.push(pattern),
                Err(error) => notes.push(Note::new("tools", capital(&error.to_string()))),
            }
        }
        // They come from a rule, so they parse; what does not is left out and then missed by name.
        let actions = self.actions.iter().filter_map(|text| ActionPattern::parse(text).ok()).collect();
        let resources = self.resources.iter().filter_map(|text| ResourcePattern::parse(text).ok()).collect();
        let parameters = match self.parameters.trim() {
            "" => None,
            text => match serde_json::from_str::<Value>(text) {
                Ok(value) => Some(value),
                Err(error) => {
                    notes.push(Note::new("parameters", format!("Not valid JSON: {error}")));
                    None
                }
            },
        };
        let mut moment = |text: &str| match read_moment(text) {
            Ok(at) => at,
            Err(NotAMoment) => {
                let text = format!("`{text}` is not a moment such as 2027-01-01 or 2027-01-01T12:30");
                notes.push(Note::new("valid", text));
                None
            }
        };
        let (from, until) = (moment(&self.from), moment(&self.until));
        let when = self.when.trim();
        let rule = Rule {
            name: self.name.trim().to_owned(),
            tenant: (!self.tenant.is_empty()).then(|| TenantSlug::new(&self.tenant)),
            effect: match self.effect {
                EffectChoice::Allow | EffectChoice::OnceApproved => Effect::Allow,
                EffectChoice::AlwaysAsk => Effect::RequireApproval,
                EffectChoice::Deny => Effect::Deny,
            },
            status: self.status,
            roles: self.roles.clone(),
            subjects: self.subjects.iter().map(SubjectId::new).collect(),
            kinds: self.kinds.clone(),
            tools,
            prompts: NotYet,
            actions,
            resources,
            risk_at_least: self.risk_at_least,
            sensitivity: self.sensitivity.clone(),
            parameters,
            when: (!when.is_empty()).then(|| when.to_owned()),
            approval: self.effect.asks().then(|| self.terms(&mut notes)),
            valid: (from.is_some() || until.is_some()).then_some(Validity { from, until }),
            explain: self.explain,
        };
        (rule, notes)
    }

    fn terms(&self, notes: &mut Vec<Note>) -> ApprovalTerms {
        let mut whole = |text: &str, what: &str| match text.trim().parse::<u32>() {
            Ok(number) => number,
            Err(_) => {
                notes.push(Note::new("approval", format!("{what} must be a whole number")));
                1
            }
        };
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        ApprovalTerms {
            approvers: self.approvers.clone(),
            approver_subjects: self.approver_subjects.iter().map(SubjectId::new).collect(),
            exclude_roles: self.exclude_roles.clone(),
            exclude_subjects: self.exclude_subjects.iter().map(SubjectId::new).collect(),
            quorum: whole(&self.quorum, "How many approve"),
            uses: whole(&self.uses, "How often it may be used"),
            expires_in: self.expires_in.trim().to_owned(),
            escalate_to: given(&self.escalate_to),
            escalate_after: given(self.escalate_after.trim()),
        }
    }
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string())
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .map_or_else(String::new, |first| format!("{}{}", first.to_uppercase(), characters.as_str()))
}

/// A text that names no moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a moment")]
pub struct NotAMoment;

/// Reads what a field for a moment holds: a date, a date and a time in UTC, or RFC 3339. None where it is empty.
///
/// # Errors
/// When it is none of these.
pub fn read_moment(text: &str) -> Result<Option<Timestamp>, NotAMoment> {
    let text = text.trim();
    let whole = match text.len() {
        0 => return Ok(None),
        10 => format!("{text}T00:00:00Z"),
        16 => format!("{text}:00Z"),
        19.. if text.ends_with(['Z', 'z'])
            || text.get(19..).is_some_and(|rest| rest.contains(['+', '-'])) =>
        {
            text.to_owned()
        }
        _ => format!("{text}Z"),
    };
    Timestamp::parse(&whole).map(Some).map_err(|_| NotAMoment)
}

/// The same moment as a `datetime-local` field takes it: without a zone, cut at the second.
pub fn moment_text(text: &str) -> String {
    match read_moment(text) {
        Ok(Some(at)) => at.rfc3339().chars().take(19).collect(),
        Ok(None) | Err(NotAMoment) => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_rule_survives_the_form() {
        for more in [
            json!({}),
            json!({"tenant": "acme", "roles": ["a"], "subjects": ["alice"], "kinds": ["agent"]}),
            json!({"effect": "deny", "status": "shadow", "when": "args.a > 1", "explain": false}),
            json!({"approval": {"approvers": ["f"], "quorum": 2, "expires_in": "30m", "uses": 3}}),
            json!({"effect": "require_approval", "approval": {"approvers": ["f"]}}),
            json!({"approval": {"approver_subjects": ["ann"], "exclude_roles": ["t"], "exclude_subjects": ["bob"],
                "escalate_to": "head", "escalate_after": "10m"}}),
            json!({"valid": {"from": "2026-11-01T08:30:00.5Z", "until": "2027-01-01T00:00:00Z"}}),
            json!({"risk_at_least": "high", "sensitivity": ["regulated"],
                "parameters": {"properties": {"a": {"type": "number", "maximum": 0.1}}, "required": ["a"]}}),
        ] {
            let mut rule = json!({"name": "x", "effect": "allow", "tools": ["crm/refund", "*/read_*"]});
            rule.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
            let rule: Rule = serde_json::from_value(rule).expect("a rule");
            assert_eq!(Draft::from_rule(&rule).to_rule(), (rule, Vec::new()), "{more}");
        }
    }

    #[test]
    fn what_is_not_sound_is_noted_at_its_field() {
        let draft = Draft {
            effect: EffectChoice::OnceApproved,
            tools: vec!["refund".to_owned(), "crm/refund".to_owned()],
            parameters: "{".to_owned(),
            from: "soon".to_owned(),
            quorum: "two".to_owned(),
            ..Draft::default()
        };
        let (rule, notes) = draft.to_rule();
        assert_eq!(rule.tools.len(), 1);
        let fields: Vec<&str> = notes.iter().map(|note| note.field.as_str()).collect();
        assert_eq!(fields, ["tools", "parameters", "valid", "approval"]);
    }

    #[test]
    fn every_field_of_approval_can_be_written_and_cleared() {
        let mut draft = Draft {
            effect: EffectChoice::AlwaysAsk,
            approver_subjects: vec!["ann".to_owned()],
            exclude_roles: vec!["trainee".to_owned()],
            exclude_subjects: vec!["bob".to_owned()],
            escalate_to: "head".to_owned(),
            escalate_after: " 10m ".to_owned(),
            ..Draft::default()
        };
        assert!(draft.says_more_of_approval());
        let (rule, notes) = draft.to_rule();
        assert_eq!(notes, []);
        let written = json!({"approver_subjects": ["ann"], "exclude_roles": ["trainee"],
            "exclude_subjects": ["bob"], "quorum": 1, "expires_in": "1h", "uses": 1, "escalate_to": "head",
            "escalate_after": "10m"});
        assert_eq!(serde_json::to_value(rule.approval).expect("terms"), written);

        draft.exclude_roles.clear();
        draft.exclude_subjects.clear();
        draft.escalate_to.clear();
        " ".clone_into(&mut draft.escalate_after);
        let cleared = json!({"approver_subjects": ["ann"], "quorum": 1, "expires_in": "1h", "uses": 1});
        assert_eq!(serde_json::to_value(draft.to_rule().0.approval).expect("terms"), cleared);
        draft.escalate_after.clear();
        assert!(!draft.says_more_of_approval());
    }

    #[test]
    fn moments_are_read_as_utc() {
        let read = |text| read_moment(text).map(|at| at.map(Timestamp::rfc3339));
        for (text, expected) in [
            ("2027-01-01", "2027-01-01T00:00:00Z"),
            ("2027-01-01T12:30", "2027-01-01T12:30:00Z"),
            ("2027-01-01T12:30:05", "2027-01-01T12:30:05Z"),
            ("2027-01-01T12:30:05.500", "2027-01-01T12:30:05.500Z"),
            ("2027-01-01T12:30:05+01:00", "2027-01-01T11:30:05Z"),
            (" 2027-01-01T12:30:05Z ", "2027-01-01T12:30:05Z"),
        ] {
            assert_eq!(read(text), Ok(Some(expected.to_owned())), "{text}");
        }
        assert_eq!(read(""), Ok(None));
        assert_eq!(read("tomorrow"), Err(NotAMoment));
        assert_eq!(moment_text("2027-01-01T12:30:05.500Z"), "2027-01-01T12:30:05");
    }

    #[test]
    fn the_first_exact_tool_is_the_one_whose_arguments_show() {
        let draft = Draft { tools: vec!["crm/*".to_owned(), "crm/a/b".to_owned()], ..Draft::default() };
        assert_eq!(draft.exact_tool(), Some(("crm".to_owned(), "a/b".to_owned())));
        assert_eq!(Draft::default().exact_tool(), None);
    }
}
