//! What Countersign talks about, and how it decides.
//!
//! The vocabulary (rules, calls, facts, decisions, reasons) is always here; compilation and
//! [`evaluate`](evaluate::evaluate) sit behind the feature `evaluate`, so that the browser's part stays
//! small. Nothing in this crate reads a clock, a file or a socket.

pub mod approval;
pub mod arguments;
pub mod binding;
pub mod call;
pub mod decision;
pub mod facts;
pub mod general;
pub mod ids;
pub mod issuer;
pub mod labels;
pub mod pattern;
pub mod reach;
pub mod reason;
pub mod redact;
pub mod rule;
pub mod scope;
pub mod task;
pub mod text;
pub mod timestamp;
pub mod token_scope;

#[cfg(feature = "evaluate")]
pub mod compile;
#[cfg(feature = "evaluate")]
pub mod evaluate;
#[cfg(feature = "evaluate")]
pub mod network;

pub use call::{Call, ResourceRef};
pub use decision::{AppliedRule, Decision, NearestMiss, Outcome};
pub use facts::Facts;
pub use ids::{
    ApprovalId, CredentialId, DecisionId, RuleId, ServerSlug, SubjectId, TaskId, TenantSlug, ToolId,
};
pub use labels::{ReviewState, Risk, Sensitivity, SubjectKind};
pub use reach::Reach;
pub use reason::Reason;
pub use rule::Rule;
pub use timestamp::Timestamp;
