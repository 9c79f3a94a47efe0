//! Step 8, said: a decision as AuthZEN puts it.

use super::requests;
use pdp::Answer;
use pdp::requests::Offer;
use policy::labels::Responses;
use policy::{Decision, Reason};
use serde_json::{Value, json};

/// `{"decision": …}`, and on a denial the reason, unless the credential asks for minimal responses. The same
/// decision has the same body: ids and times go into headers. `shows`: an approval came along with the call.
pub(super) fn body(answer: &Answer, shows: bool) -> Value {
    let decision = &answer.decision;
    if decision.is_allow() || answer.responses == Responses::Minimal {
        return json!({ "decision": decision.is_allow() });
    }
    json!({ "decision": false, "context": context(decision, shows) })
}

/// Adds to a denial how it can be turned into a request for approval (ARAP). Only here the body has ids and times: they
/// are what the request is made with.
pub(super) fn requestable(body: &mut Value, answer: &Answer, offer: &Offer, base: &str) {
    let Some(context) = body.get_mut("context").and_then(Value::as_object_mut) else { return };
    if let Some(id) = &answer.id {
        context.insert("evaluation_id".to_owned(), json!(id));
    }
    context.insert("evaluated_at".to_owned(), json!(offer.at));
    context.insert("access_request".to_owned(), requests::offered(offer, base));
}

fn context(decision: &Decision, shows: bool) -> Value {
    let mut context = json!({
        "reason": decision.reason.code(),
        "reason_user": { "en": decision.caller_text },
    });
    if shows {
        let (reason, next_action) = of_shown(decision.reason);
        context["reason"] = json!(reason);
        context["next_action"] = json!(next_action);
        if reason != decision.reason.code() {
            context["cause"] = json!(decision.reason.code());
        }
    }
    context
}

/// What is said where an approval came along, and what helps.
fn of_shown(reason: Reason) -> (&'static str, &'static str) {
    match reason {
        Reason::ApprovalUnverifiable | Reason::OutOfScope => (reason.code(), "request"),
        // What was shown is used up or over; the call waits for another one, or would.
        Reason::ApprovalExpired
        | Reason::ApprovalUsed
        | Reason::ApprovalRequired
        | Reason::ApprovalPending => (Reason::ApprovalExpired.code(), "request"),
        Reason::PolicyUnavailable | Reason::AuditUnavailable => (reason.code(), "retry"),
        _ => ("policy_denied", "none"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::{ApprovalId, DecisionId, Outcome, Timestamp};

    fn denied(reason: Reason) -> Answer {
        Answer {
            id: Some(DecisionId::from("d")),
            decision: Decision::deny(reason, "names `secret rule`"),
            responses: Responses::Explained,
        }
    }

    #[test]
    fn a_denial_tells_the_caller_what_is_safe_and_nothing_else() {
        let mut answer = denied(Reason::NoMatchingRule);
        let told = body(&answer, false);
        assert_eq!(told["context"]["reason"], "no_matching_rule");
        assert!(!told.to_string().contains("secret rule"));
        answer.responses = Responses::Minimal;
        assert_eq!(body(&answer, false), json!({"decision": false}));
        assert_eq!(body(&answer, true), json!({"decision": false}));
        answer.decision.outcome = Outcome::Allow;
        assert_eq!(body(&answer, false), json!({"decision": true}));
    }

    #[test]
    fn what_is_said_of_an_approval_that_came_along() {
        for (reason, told, next) in [
            (Reason::ApprovalUnverifiable, "approval_unverifiable", "request"),
            (Reason::OutOfScope, "out_of_scope", "request"),
            (Reason::ApprovalExpired, "approval_expired", "request"),
            (Reason::ApprovalRequired, "approval_expired", "request"),
            (Reason::ApprovalDenied, "policy_denied", "none"),
            (Reason::DeniedByRule, "policy_denied", "none"),
            (Reason::PolicyUnavailable, "policy_unavailable", "retry"),
        ] {
            let told_of = &body(&denied(reason), true)["context"];
            assert_eq!(
                (&told_of["reason"], &told_of["next_action"]),
                (&json!(told), &json!(next)),
                "{reason}"
            );
            let cause = (told != reason.code()).then(|| json!(reason.code()));
            assert_eq!(told_of.get("cause"), cause.as_ref(), "{reason}");
        }
    }

    #[test]
    fn an_offer_names_the_request_and_nothing_of_the_policy() {
        let answer = denied(Reason::ApprovalRequired);
        let offer = Offer {
            approval: ApprovalId::from("a-1"),
            at: Timestamp::default(),
            expires_at: Timestamp::from_micros(3_600_000_000),
            binding_token: "signed".to_owned(),
        };
        let mut told = body(&answer, false);
        requestable(&mut told, &answer, &offer, "https://decide.example");
        let context = &told["context"];
        assert_eq!(
            (&context["evaluation_id"], &context["reason"]),
            (&json!("d"), &json!("approval_required"))
        );
        let request = &context["access_request"];
        assert_eq!(request["endpoint"], "https://decide.example/access/v1/requests");
        assert_eq!(request["form_url"], "https://decide.example/requests/a-1");
        assert_eq!(request["binding_token"], "signed");
        assert_eq!(request["expires_at"], "1970-01-01T01:00:00Z");
        assert!(!told.to_string().contains("secret rule"));
        // A body that explains nothing is not added to.
        let mut minimal = json!({"decision": false});
        requestable(&mut minimal, &answer, &offer, "https://decide.example");
        assert_eq!(minimal, json!({"decision": false}));
    }
}
