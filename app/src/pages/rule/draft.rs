//! A rule while it is written: the form's fields as they stand, sound or not. Shared by browser and server.

mod convert;

pub use convert::{NotAMoment, moment_text, read_moment};

use crate::components::icon::Glyph;
use policy::labels::{RuleStatus, SubjectKind};
use policy::{Risk, Sensitivity};
use serde::{Deserialize, Serialize};

/// The four things a rule can do, as people choose between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectChoice {
    Allow,
    OnceApproved,
    AlwaysAsk,
    Deny,
}

impl EffectChoice {
    pub const ALL: &'static [Self] = &[Self::Allow, Self::OnceApproved, Self::AlwaysAsk, Self::Deny];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::OnceApproved => "once_approved",
            Self::AlwaysAsk => "always_ask",
            Self::Deny => "deny",
        }
    }

    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|effect| effect.as_str() == word)
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::OnceApproved => "Allow once approved",
            Self::AlwaysAsk => "Always ask",
            Self::Deny => "Deny",
        }
    }

    pub fn help(self) -> &'static str {
        match self {
            Self::Allow => "The call passes.",
            Self::OnceApproved => "The call passes after a person said yes to exactly these arguments.",
            Self::AlwaysAsk => "Restricts, grants nothing: another rule must allow the call as well.",
            Self::Deny => "The call never passes, whatever other rules say.",
        }
    }

    pub fn glyph(self) -> Glyph {
        match self {
            Self::Allow => Glyph::Check,
            Self::OnceApproved | Self::AlwaysAsk => Glyph::Clock,
            Self::Deny => Glyph::Cross,
        }
    }

    pub fn card_class(self) -> &'static str {
        match self {
            Self::Allow => "radio-card radio-card-allow",
            Self::OnceApproved | Self::AlwaysAsk => "radio-card radio-card-approval",
            Self::Deny => "radio-card radio-card-deny",
        }
    }

    /// Whether it says who approves.
    pub fn asks(self) -> bool {
        matches!(self, Self::OnceApproved | Self::AlwaysAsk)
    }

    /// Whether it lets calls pass.
    pub fn grants(self) -> bool {
        matches!(self, Self::Allow | Self::OnceApproved)
    }
}

/// The fields of the form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    pub name: String,
    pub effect: EffectChoice,
    pub status: RuleStatus,
    /// Empty: every tenant.
    pub tenant: String,
    pub roles: Vec<String>,
    pub subjects: Vec<String>,
    pub kinds: Vec<SubjectKind>,
    /// Patterns, as typed.
    pub tools: Vec<String>,
    pub risk_at_least: Option<Risk>,
    pub sensitivity: Vec<Sensitivity>,
    /// JSON text; empty: any arguments.
    pub parameters: String,
    /// CEL; empty: no condition.
    pub when: String,
    /// As typed: `2027-01-01T00:00`, in UTC, or a whole RFC 3339 moment.
    pub from: String,
    pub until: String,
    pub approvers: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approver_subjects: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude_roles: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude_subjects: Vec<String>,
    pub quorum: String,
    pub expires_in: String,
    pub uses: String,
    /// A role; empty: nobody is asked later.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub escalate_to: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub escalate_after: String,
    /// Whether a caller may be told in what respect the rule was missed.
    pub explain: bool,
    /// The general form, instead of `tools`: the form's fields show it and leave it as it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            name: String::new(),
            effect: EffectChoice::Allow,
            status: RuleStatus::Enforced,
            tenant: String::new(),
            roles: Vec::new(),
            subjects: Vec::new(),
            kinds: Vec::new(),
            tools: Vec::new(),
            risk_at_least: None,
            sensitivity: Vec::new(),
            parameters: String::new(),
            when: String::new(),
            from: String::new(),
            until: String::new(),
            approvers: Vec::new(),
            approver_subjects: Vec::new(),
            exclude_roles: Vec::new(),
            exclude_subjects: Vec::new(),
            quorum: "1".to_owned(),
            expires_in: "1h".to_owned(),
            uses: "1".to_owned(),
            escalate_to: String::new(),
            escalate_after: String::new(),
            explain: true,
            actions: Vec::new(),
            resources: Vec::new(),
        }
    }
}

impl Draft {
    /// Whether it is about actions and resources rather than about tools.
    pub fn is_general(&self) -> bool {
        !self.actions.is_empty() || !self.resources.is_empty()
    }

    /// Whether it says of approval what few rules do: who may not, and who is asked later.
    pub fn says_more_of_approval(&self) -> bool {
        !self.exclude_roles.is_empty()
            || !self.exclude_subjects.is_empty()
            || !self.escalate_to.is_empty()
            || !self.escalate_after.is_empty()
    }

    /// The first tool that a pattern names exactly: the one whose arguments the form shows.
    pub fn exact_tool(&self) -> Option<(String, String)> {
        self.tools.iter().find_map(|pattern| {
            let (server, name) = pattern.split_once('/')?;
            let exact = !pattern.contains('*') && !server.is_empty() && !name.is_empty();
            exact.then(|| (server.to_owned(), name.to_owned()))
        })
    }
}

/// Something to tell whoever writes the rule, at the field it concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// One of the words of `pdp::drafts::Place`.
    pub field: String,
    /// JSON Pointer into the field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    pub text: String,
}

impl Note {
    pub fn new(field: &str, text: impl Into<String>) -> Self {
        Self { field: field.to_owned(), path: None, text: text.into() }
    }
}
