//! Requests in words, for lists and pages alike.

use super::read::{Asking, Standing};
use policy::Timestamp;
use policy::labels::ApprovalState;
use store::approvals::Approval;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

pub(crate) fn asking(approval: &Approval) -> Asking {
    Asking {
        subject: approval.subject.to_string(),
        actor: approval.actor.as_ref().map(ToString::to_string),
        tenant: approval.tenant.to_string(),
        server: approval.server.as_ref().map(ToString::to_string),
        tool: approval.tool.clone(),
        action: approval.action.clone(),
    }
}

/// How it stands now, and not when somebody looked last.
pub(crate) fn standing(approval: &Approval, now: Timestamp) -> Standing {
    match approval.state_at(now) {
        ApprovalState::Pending => Standing::Waiting,
        ApprovalState::Approved => Standing::Approved,
        ApprovalState::Used => Standing::Used,
        ApprovalState::Denied => Standing::Denied,
        ApprovalState::Expired => Standing::Expired,
        ApprovalState::Cancelled => Standing::Cancelled,
    }
}

/// The names of the rules that ask, each once.
pub(crate) fn rules(approval: &Approval) -> String {
    let mut names: Vec<&str> =
        approval.requirements.iter().map(|requirement| requirement.name.as_str()).collect();
    names.dedup();
    names.join(", ")
}

/// When it was decided, or ended by itself.
pub(crate) fn ended_at(approval: &Approval) -> Timestamp {
    approval.decided_at.unwrap_or(approval.expires_at)
}

/// "40 s", "4 min", "3 h", "2 days": as exact as it is useful.
pub(crate) fn span(from: Timestamp, to: Timestamp) -> String {
    seconds(to.micros().saturating_sub(from.micros()) / 1_000_000)
}

pub(crate) fn seconds(seconds: i64) -> String {
    match seconds.max(0) {
        less @ ..MINUTE => format!("{less} s"),
        less @ MINUTE..HOUR => format!("{} min", less / MINUTE),
        less @ HOUR..DAY => format!("{} h", less / HOUR),
        more if more < 2 * DAY => "1 day".to_owned(),
        more => format!("{} days", more / DAY),
    }
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn spans_are_as_exact_as_they_are_useful() {
        for (length, words) in [
            (-3, "0 s"),
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3_599, "59 min"),
            (3_600, "1 h"),
            (86_400, "1 day"),
            (172_800, "2 days"),
        ] {
            assert_eq!(seconds(length), words, "{length}");
        }
    }
}
