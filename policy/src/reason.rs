//! Why a call was allowed or denied: stable codes, and the words for them that are safe to show a caller.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $title:literal, $caller:literal;)+) => {
        /// A stable reason code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Reason {
            $($(#[$doc])* #[serde(rename = $code)] $variant),+
        }

        impl Reason {
            /// Every code, in the order of the checks.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The code, `snake_case`, as it stands in answers and records.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// A few words for lists.
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),+ }
            }

            /// One sentence for the caller: says what to do where that gives nothing away.
            pub fn caller_text(self) -> &'static str {
                match self { $(Self::$variant => $caller),+ }
            }

            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

reasons! {
    Allowed = "allowed", "allowed", "The call is allowed.";
    TokenMissing = "token_missing", "no token", "No caller token was sent. Send the caller's API key or access token.";
    TokenInvalid = "token_invalid", "token not valid", "The caller's token is not valid. Sign in again or use a current key.";
    TokenExpired = "token_expired", "token expired", "The caller's token has expired. Get a new one.";
    TokenRevoked = "token_revoked", "token revoked", "The caller's token was revoked. Get a new one.";
    UnknownSubject = "unknown_subject", "unknown subject", "The caller is not known here. Ask an administrator to register it.";
    SubjectDisabled = "subject_disabled", "subject disabled", "The caller is disabled. Ask an administrator.";
    UnknownActor = "unknown_actor", "unknown agent", "The acting agent is not known here.";
    ActorDisabled = "actor_disabled", "agent disabled", "The acting agent is disabled.";
    TenantMismatch = "tenant_mismatch", "tenants disagree", "The tenant asked for is not the one this connection belongs to.";
    TenantRequired = "tenant_required", "tenant not named", "The caller belongs to several tenants. Name one in `context.tenant`.";
    NoMembership = "no_membership", "not a member", "The caller has no access here.";
    TenantSuspended = "tenant_suspended", "tenant suspended", "This tenant is suspended. Ask an administrator.";
    KillSwitch = "kill_switch", "stopped", "An administrator has stopped such calls.";
    UnknownMethod = "unknown_method", "unknown method", "This method is not known, so it is not allowed.";
    UnknownServer = "unknown_server", "unknown server", "No such server is available to the caller.";
    ServerDisabled = "server_disabled", "server disabled", "This server is switched off. Ask an administrator.";
    TokenWrongAudience = "token_wrong_audience", "token for another audience", "The token was issued for another server.";
    UnknownTool = "unknown_tool", "unknown tool", "No such tool is available to the caller.";
    ToolNotReviewed = "tool_not_reviewed", "tool not reviewed", "This tool has not been reviewed yet. Ask an administrator.";
    ToolDefinitionChanged = "tool_definition_changed", "tool changed", "This tool changed since it was reviewed. Ask an administrator.";
    ResourceInvalid = "resource_invalid", "resource not valid", "The resource identifier is not valid.";
    TaskRequired = "task_required", "no task", "This tool asks for a task. Open one and name it.";
    TaskInactive = "task_inactive", "task not active", "The task is not active.";
    TaskOutOfScope = "task_out_of_scope", "outside the task", "The task does not cover this call.";
    TaskBudgetSpent = "task_budget_spent", "task budget spent", "The task's call budget is spent.";
    TokenScopeInsufficient = "token_scope_insufficient", "token lacks a scope", "The token lacks a scope that this tool asks for.";
    ArgumentsTooLarge = "arguments_too_large", "arguments too large", "The arguments are larger than 256 KiB or nested deeper than 64 levels.";
    ArgumentsMissing = "arguments_missing", "arguments missing", "The call's arguments are needed for this decision and were not sent.";
    ArgumentsInvalid = "arguments_invalid", "arguments not valid", "The arguments do not fit the tool's input schema.";
    ResourceUnknown = "resource_unknown", "unknown resource", "An argument names a resource that is not registered.";
    ResourceTenantMismatch = "resource_tenant_mismatch", "resource of another tenant", "An argument names a resource the caller has no access to.";
    DeniedByRule = "denied_by_rule", "denied by a rule", "A rule denies this call.";
    ParametersOutOfScope = "parameters_out_of_scope", "parameters out of scope", "The call is allowed only with other arguments.";
    ConditionError = "condition_error", "condition could not be evaluated", "A condition for this call could not be evaluated.";
    NoMatchingRule = "no_matching_rule", "no rule allows it", "No rule allows this call for the caller.";
    ApprovalRequired = "approval_required", "approval required", "A person must approve this exact call first.";
    ApprovalPending = "approval_pending", "approval pending", "This call waits for a person's approval.";
    ApprovalDenied = "approval_denied", "approval denied", "A person denied this call.";
    ApprovalExpired = "approval_expired", "approval expired", "The approval for this call has expired.";
    ApprovalUsed = "approval_used", "approval used", "The approval for this call was already used.";
    ApprovalUnverifiable = "approval_unverifiable", "approval not verifiable", "The approval that came with the call cannot be verified. Make the call without it.";
    /// The approval that came with the call is another call's.
    OutOfScope = "out_of_scope", "approval of another call", "The approval that came with the call is for another call.";
    BudgetSpent = "budget_spent", "budget spent", "The budget for such calls is spent.";
    EvaluationFailed = "evaluation_failed", "evaluation failed", "The decision could not be made, so the call is denied.";
    PolicyUnavailable = "policy_unavailable", "policy unavailable", "The live policy could not be read, so the call is denied. Try again.";
    AuditUnavailable = "audit_unavailable", "record not written", "The decision could not be recorded, so the call is denied. Try again.";
}

impl Reason {
    /// Whether the call waits for a person rather than being refused outright.
    pub fn waits(self) -> bool {
        matches!(self, Self::ApprovalRequired | Self::ApprovalPending)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::Reason;

    #[test]
    fn codes_are_unique_snake_case_and_read_back() {
        let mut seen = std::collections::BTreeSet::new();
        for reason in Reason::ALL {
            assert!(reason.code().bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{reason}");
            assert!(seen.insert(reason.code()), "{reason} twice");
            assert_eq!(Reason::from_code(reason.code()), Some(*reason));
            assert_eq!(serde_json::to_value(reason).ok(), Some(reason.code().into()));
        }
        assert_eq!(Reason::from_code("ok"), None);
    }

    #[test]
    fn the_endpoint_page_has_every_code_with_its_text() {
        const PAGE: &str = include_str!("../../docs/endpoint.md");
        for reason in Reason::ALL {
            let beginning = format!("| `{reason}` |");
            let row = PAGE.lines().find(|line| line.starts_with(&beginning));
            assert!(row.is_some_and(|row| row.contains(reason.caller_text())), "{reason}: {row:?}");
        }
    }
}
