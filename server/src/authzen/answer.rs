//! Step 8, said: a decision as AuthZEN puts it.

use pdp::Answer;
use policy::Decision;
use policy::labels::Responses;
use serde_json::{Value, json};

/// `{"decision": …}`, and on a denial the reason, unless the credential asks for minimal responses. The same
/// decision has the same body: ids and times go into headers.
pub(super) fn body(answer: &Answer) -> Value {
    let decision = &answer.decision;
    if decision.is_allow() || answer.responses == Responses::Minimal {
        return json!({ "decision": decision.is_allow() });
    }
    json!({ "decision": false, "context": context(decision) })
}

fn context(decision: &Decision) -> Value {
    json!({
        "reason": decision.reason.code(),
        "reason_user": { "en": decision.caller_text },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::{DecisionId, Outcome, Reason};

    #[test]
    fn a_denial_tells_the_caller_what_is_safe_and_nothing_else() {
        let mut answer = Answer {
            id: Some(DecisionId::from("d")),
            decision: Decision::deny(Reason::NoMatchingRule, "names `secret rule`"),
            responses: Responses::Explained,
        };
        let told = body(&answer);
        assert_eq!(told["context"]["reason"], "no_matching_rule");
        assert!(!told.to_string().contains("secret rule"));
        answer.responses = Responses::Minimal;
        assert_eq!(body(&answer), json!({"decision": false}));
        answer.decision.outcome = Outcome::Allow;
        assert_eq!(body(&answer), json!({"decision": true}));
    }
}
