//! What a rule asks for, in words.

use crate::pages::approvals::words::seconds;
use policy::rule::{ApprovalTerms, duration_seconds};

/// "2 approvals by finance or ann; good for 1 h and one call".
pub(super) fn asks(terms: &ApprovalTerms) -> String {
    let count = match terms.quorum {
        1 => "1 approval".to_owned(),
        more => format!("{more} approvals"),
    };
    let by: Vec<&str> = terms.all_approvers().collect();
    let uses = match terms.uses {
        1 => "one call".to_owned(),
        more => format!("{more} calls"),
    };
    let held = duration_seconds(&terms.expires_in).and_then(|length| i64::try_from(length).ok());
    let held = held.map_or_else(|| terms.expires_in.clone(), seconds);
    let escalates = match (&terms.escalate_to, &terms.escalate_after) {
        (Some(role), Some(after)) => format!("; after {after} by {role} as well"),
        _ => String::new(),
    };
    format!("{count} by {}{escalates}; good for {held} and {uses}", by.join(" or "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_read_as_a_sentence() {
        let terms = |json: &str| asks(&serde_json::from_str(json).expect("terms"));
        assert_eq!(terms(r#"{"approvers":["finance"]}"#), "1 approval by finance; good for 1 h and one call");
        assert_eq!(
            terms(
                r#"{"approvers":["finance"],"approver_subjects":["ann"],"quorum":2,"uses":3,"expires_in":"30m",
                    "escalate_to":"heads","escalate_after":"15m"}"#
            ),
            "2 approvals by finance or ann; after 15m by heads as well; good for 30 min and 3 calls"
        );
    }
}
