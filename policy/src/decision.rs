//! The answer: what was decided, why, and what would have passed.

use crate::facts::Revision;
use crate::ids::{ApprovalId, RuleId, TenantSlug};
use crate::labels::Effect;
use crate::reason::Reason;
use crate::rule::ApprovalTerms;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Allow,
    Deny,
}

/// Kleene's three values: unknown is never permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    True,
    False,
    Unknown,
}

impl Truth {
    /// One false part makes the whole false; otherwise one unknown part makes it unknown.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::True, Self::True) => Self::True,
        }
    }

    /// True or unknown: how rules that restrict count.
    pub fn bites(self) -> bool {
        self != Self::False
    }
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

/// A rule that took part in the decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AppliedRule {
    pub id: RuleId,
    pub name: String,
    pub version: i64,
    pub effect: Effect,
    pub truth: Truth,
    /// Why it is unknown, where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalTerms>,
}

/// Which part of a rule failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    Parameters,
    Condition,
    Validity,
    Label,
    Who,
}

/// One keyword of a rule's parameters that the arguments do not meet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ParameterMiss {
    /// JSON Pointer into the arguments (RFC 6901).
    pub path: String,
    /// The JSON Schema keyword, such as `maximum`.
    pub keyword: String,
    /// What the keyword asks for.
    pub bound: Value,
    /// What came; absent where the tool redacts it or nothing came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

/// An allow rule that exactly one part kept from allowing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NearestMiss {
    pub rule: RuleId,
    pub name: String,
    pub part: Part,
    /// One line for the reviewer: "`small refunds` would allow if /amount <= 100; it was 700".
    pub text: String,
    /// The failing keywords, where the part is the parameters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<ParameterMiss>,
    /// Whether the caller may be told.
    pub explain: bool,
}

/// What a shadow rule would have done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShadowOutcome {
    pub id: RuleId,
    pub name: String,
    pub effect: Effect,
    pub truth: Truth,
}

/// The decision on one call. Each failure is a value of it, never an error beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    pub outcome: Outcome,
    pub reason: Reason,
    /// For the caller: safe, and says what to change where that gives nothing away.
    pub caller_text: String,
    /// For the reviewer: names rules and facts.
    pub reviewer_text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantSlug>,
    pub revision: Revision,
    /// Strictest first.
    pub rules: Vec<AppliedRule>,
    pub nearest: Vec<NearestMiss>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shadow: Vec<ShadowOutcome>,
    /// Checks that were switched off by a person, such as a tool schema that is not usable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Set where nothing else allowed the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub break_glass: Option<BreakGlassUse>,
    /// The request for approval that had a part in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<DecisionApproval>,
}

/// The request for approval that had a part in a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionApproval {
    pub id: ApprovalId,
    pub part: ApprovalPart,
    /// Until when it waits; of one that was approved, until when that holds.
    pub expires_at: Timestamp,
}

/// Which part it had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalPart {
    /// The denied call filed it.
    Filed,
    /// It waits; the denied call counts as an attempt.
    Pending,
    /// A person denied it.
    Denied,
    /// The allowed call used it.
    Used,
    /// It was there and gone a moment later: another call used it, or its time was over.
    Lost,
}

impl DecisionApproval {
    /// Whether a person may still be waited for.
    pub fn waits(&self) -> bool {
        matches!(self.part, ApprovalPart::Filed | ApprovalPart::Pending)
    }
}

/// The break-glass grant that allowed a call no rule allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakGlassUse {
    pub id: String,
    pub reason: String,
    pub asked_by: String,
    pub confirmed_by: String,
    pub until: Timestamp,
}

impl Decision {
    /// A denial before any rule was looked at.
    pub fn deny(reason: Reason, reviewer_text: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::Deny,
            reason,
            caller_text: reason.caller_text().to_owned(),
            reviewer_text: reviewer_text.into(),
            tenant: None,
            revision: Revision::default(),
            rules: Vec::new(),
            nearest: Vec::new(),
            shadow: Vec::new(),
            notes: Vec::new(),
            break_glass: None,
            approval: None,
        }
    }

    pub fn is_allow(&self) -> bool {
        self.outcome == Outcome::Allow
    }
}
