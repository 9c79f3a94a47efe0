//! One decision as its page shows it. Made on the server from the record; the browser only draws it.
//!
//! Texts may come from servers, agents and callers: they are drawn as untrusted.

use crate::moment::Moment;
use crate::verdict::{EffectWords, Verdict};
use policy::Risk;
use policy::decision::Part;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecisionView {
    pub id: String,
    pub verdict: Verdict,
    pub server: Option<String>,
    pub tool: Option<String>,
    pub action: String,
    pub tenant: Option<String>,
    /// The recognised subject's id.
    pub subject: Option<String>,
    /// The code, and a few words for it.
    pub reason: String,
    pub reason_title: String,
    /// The reviewer's sentence.
    pub sentence: Option<String>,
    pub at: Moment,
    pub revision: Option<String>,
    pub why: Option<Why>,
    pub arguments: Arguments,
    pub who: Option<Who>,
    pub tool_facts: Option<ToolFacts>,
    /// What the call named, one line each.
    pub touched: Vec<TouchedLine>,
    pub record: RecordFacts,
    /// The record as it was written; none for those of some tenants alone, since it tells of others.
    pub raw: Option<String>,
    /// Parts of the record that could not be understood.
    pub unreadable: Vec<String>,
    /// Who granted what no rule allows, until when and why.
    pub break_glass: Option<String>,
    /// Whether who called what is known well enough to try it again.
    pub tries_again: bool,
}

/// A resource that the call named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TouchedLine {
    /// "/customer_id: customer c-42, of acme".
    pub text: String,
    /// By what decisions that name it are found: `type/id`; none where it is redacted, or is no name of a resource.
    pub name: Option<String>,
}

/// Why it came out so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Why {
    /// Strictest first.
    pub rules: Vec<RuleLine>,
    pub nearest: Vec<MissLine>,
    pub shadow: Vec<RuleLine>,
    pub notes: Vec<String>,
}

/// A rule that took part, or would have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleLine {
    pub name: String,
    pub version: Option<i64>,
    pub words: EffectWords,
    /// Why it could not be told whether it is true; then it counts against the caller.
    pub unknown: Option<String>,
    /// "needs 1 approval by finance within 1h".
    pub approval: Option<String>,
}

/// An allow rule that exactly one part kept from allowing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MissLine {
    pub name: String,
    pub part: Part,
    /// One sentence.
    pub text: String,
    pub parameters: Vec<ParameterLine>,
}

/// One bound that an argument does not meet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParameterLine {
    pub path: String,
    /// "at most 100".
    pub bound: String,
    /// "was 700".
    pub was: String,
}

/// What the call's arguments are known to have been.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arguments {
    NotSent,
    /// Retention took them; their digest is still in the chain.
    Removed,
    Unreadable,
    Known(ArgumentTable),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArgumentTable {
    pub rows: Vec<ArgumentRow>,
    /// Values that have no row, because there are too many.
    pub more: usize,
    /// Of the canonical JSON.
    pub bytes: usize,
    pub raw: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArgumentRow {
    /// JSON Pointer; empty for the arguments as a whole.
    pub path: String,
    pub value: ArgumentValue,
    /// The JSON type.
    pub kind: String,
    /// What nearest misses ask of it, each with the rule's name.
    pub bounds: Vec<(String, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArgumentValue {
    Text(String),
    /// Kept only as a keyed digest.
    Redacted(String),
    Missing,
}

/// On whose behalf, and how that was known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    pub subject: Option<SubjectWords>,
    /// "by their own API key".
    pub how: String,
    /// What the caller's token says, where an outside issuer's was verified.
    pub token: Option<TokenWords>,
    pub memberships: Vec<MembershipWords>,
    /// Who acted for the subject.
    pub actor: Option<ActorWords>,
}

/// A verified token of an outside issuer. The token itself is kept nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenWords {
    pub issuer: String,
    pub sub: String,
    pub jti: Option<String>,
    /// `2026-11-23 10:19:32 UTC`; mostly it is over by the time that somebody looks.
    pub expires: String,
    /// "crm:read, crm:refund".
    pub scopes: Option<String>,
    /// Checks that are switched off for its issuer, in one line.
    pub weaker: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectWords {
    pub id: String,
    pub name: String,
    pub kind: String,
    pub active: bool,
}

/// Who acted, and how that was known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActorWords {
    pub subject: Option<SubjectWords>,
    /// "named by the token, in act.sub".
    pub how: String,
    /// "support-agent, auditor (of every tenant)".
    pub roles: Option<String>,
    /// Who acted before it, the latest first.
    pub chain: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembershipWords {
    pub tenant: String,
    /// Each with where it is defined: "support-agent", "auditor (every tenant)".
    pub roles: Vec<String>,
    pub until: Option<Moment>,
    /// "counted for this call", or why not.
    pub state: String,
}

/// The tool as it stood when it was decided on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolFacts {
    pub risk: Option<Risk>,
    pub sensitivity: Option<String>,
    pub read_only: Option<bool>,
    pub definition_hash: Option<String>,
}

/// Where the decision stands in the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordFacts {
    pub credential: Option<String>,
    /// "verifies the caller's token".
    pub trust: Option<String>,
    pub request_id: Option<String>,
    /// The id of the task of this call.
    pub task: Option<String>,
    /// The request for approval that had a part in it: its id, and which part.
    pub approval: Option<(String, String)>,
    /// "1.8 ms".
    pub took: Option<String>,
    /// None for those of some tenants alone: places count the calls of all of them.
    pub place: Option<Place>,
}

/// Where a decision stands in the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub chain: String,
    pub seq: i64,
    pub hash: String,
}
