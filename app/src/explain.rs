//! A decision in the words and lines of its page: for calls that are only tried, where there is no record to read.

use crate::pages::decision::view::{MissLine, ParameterLine, RuleLine, Why};
use crate::sentence::bounds;
use crate::verdict::EffectWords;
use policy::Decision;
use policy::decision::{NearestMiss, ParameterMiss, Truth};
use policy::labels::Effect;
use policy::rule::ApprovalTerms;

/// Why it came out so.
pub fn why(decision: &Decision) -> Why {
    let rules = decision.rules.iter().map(|rule| RuleLine {
        name: rule.name.clone(),
        version: Some(rule.version).filter(|version| *version > 0),
        words: EffectWords {
            effect: rule.effect,
            once_approved: rule.effect == Effect::Allow && rule.approval.is_some(),
            shadow: false,
        },
        unknown: unknown(rule.truth, rule.note.as_deref()),
        approval: rule.approval.as_ref().map(approval),
    });
    let shadow = decision.shadow.iter().map(|rule| RuleLine {
        name: rule.name.clone(),
        version: None,
        words: EffectWords { effect: rule.effect, once_approved: false, shadow: true },
        unknown: unknown(rule.truth, None),
        approval: None,
    });
    Why {
        rules: rules.collect(),
        nearest: decision.nearest.iter().map(miss).collect(),
        shadow: shadow.collect(),
        notes: decision.remarks(),
    }
}

fn unknown(truth: Truth, note: Option<&str>) -> Option<String> {
    (truth == Truth::Unknown).then(|| note.unwrap_or("a part of it could not be told").to_owned())
}

fn miss(miss: &NearestMiss) -> MissLine {
    MissLine {
        name: miss.name.clone(),
        part: miss.part,
        text: sentence(&miss.text),
        parameters: miss.parameters.iter().map(parameter).collect(),
    }
}

fn parameter(miss: &ParameterMiss) -> ParameterLine {
    let was = match &miss.value {
        Some(value) => format!("was {}", bounds::shown(value)),
        None if miss.keyword == "required" => "was not sent".to_owned(),
        None => "is not shown".to_owned(),
    };
    ParameterLine { path: miss.path.clone(), bound: bounds::missed(&miss.keyword, &miss.bound), was }
}

/// "needs 1 approval by finance, good for 1h".
pub fn approval(terms: &ApprovalTerms) -> String {
    let count = match terms.quorum {
        1 => "1 approval".to_owned(),
        more => format!("{more} approvals"),
    };
    format!("needs {count} by {}, good for {}", approvers(terms), terms.expires_in)
}

fn approvers(terms: &ApprovalTerms) -> String {
    terms.all_approvers().collect::<Vec<_>>().join(" or ")
}

/// Begins with a capital and ends with a stop.
pub fn sentence(text: &str) -> String {
    let text = text.trim();
    let mut characters = text.chars();
    let Some(first) = characters.next() else {
        return String::new();
    };
    let stop = if text.ends_with(['.', '!', '?', '…']) { "" } else { "." };
    format!("{}{}{stop}", first.to_uppercase(), characters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::Reason;
    use policy::decision::Part;
    use serde_json::json;

    #[test]
    fn misses_read_as_words() {
        let mut decision = Decision::deny(Reason::ParametersOutOfScope, "x");
        decision.nearest.push(NearestMiss {
            rule: "r".into(),
            name: "small refunds".to_owned(),
            part: Part::Parameters,
            text: "`small refunds` would allow if /amount <= 100; it was 700".to_owned(),
            parameters: vec![ParameterMiss {
                path: "/amount".to_owned(),
                keyword: "maximum".to_owned(),
                bound: json!(100),
                value: Some(json!(700)),
            }],
            explain: true,
        });
        let why = why(&decision);
        let line = &why.nearest[0];
        assert_eq!(line.text, "`small refunds` would allow if /amount <= 100; it was 700.");
        assert_eq!(
            (line.parameters[0].bound.as_str(), line.parameters[0].was.as_str()),
            ("at most 100", "was 700")
        );
    }
}
