//! The words, icons and colours of outcomes and effects, in one place.

use crate::components::icon::Glyph;
use policy::labels::Effect;
use policy::{Outcome, Reason};
use serde::{Deserialize, Serialize};

/// The outcome of a decision as people read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Allowed,
    Denied,
    Waiting,
}

impl Verdict {
    pub const ALL: &'static [Self] = &[Self::Allowed, Self::Denied, Self::Waiting];

    /// A denial that a person can lift is waiting.
    pub fn of(outcome: Outcome, reason: Option<Reason>) -> Self {
        match outcome {
            Outcome::Allow => Self::Allowed,
            Outcome::Deny if reason.is_some_and(Reason::waits) => Self::Waiting,
            Outcome::Deny => Self::Denied,
        }
    }

    /// The word in URLs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::Waiting => "waiting",
        }
    }

    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|verdict| verdict.as_str() == word)
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Allowed => "Allowed",
            Self::Denied => "Denied",
            Self::Waiting => "Waiting for approval",
        }
    }

    pub fn glyph(self) -> Glyph {
        match self {
            Self::Allowed => Glyph::Check,
            Self::Denied => Glyph::Cross,
            Self::Waiting => Glyph::Clock,
        }
    }

    pub fn pill_class(self) -> &'static str {
        match self {
            Self::Allowed => "pill pill-allow",
            Self::Denied => "pill pill-deny",
            Self::Waiting => "pill pill-approval",
        }
    }

    pub fn banner_class(self) -> &'static str {
        match self {
            Self::Allowed => "decision-banner decision-banner-allow",
            Self::Denied => "decision-banner decision-banner-deny",
            Self::Waiting => "decision-banner decision-banner-approval",
        }
    }
}

/// What a rule does, as people read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EffectWords {
    pub effect: Effect,
    /// An allow that carries `approval`.
    pub once_approved: bool,
    /// A shadow rule: it would have.
    pub shadow: bool,
}

impl EffectWords {
    pub fn label(self) -> &'static str {
        match (self.shadow, self.effect, self.once_approved) {
            (false, Effect::Allow, false) => "Allow",
            (false, Effect::Allow, true) => "Allow once approved",
            (false, Effect::RequireApproval, _) => "Always ask",
            (false, Effect::Deny, _) => "Deny",
            (true, Effect::Allow, _) => "Would have allowed",
            (true, Effect::RequireApproval, _) => "Would have asked",
            (true, Effect::Deny, _) => "Would have denied",
        }
    }

    pub fn glyph(self) -> Glyph {
        match (self.shadow, self.effect, self.once_approved) {
            (true, ..) => Glyph::DashedCircle,
            (false, Effect::Allow, false) => Glyph::Check,
            (false, Effect::Allow, true) | (false, Effect::RequireApproval, _) => Glyph::Clock,
            (false, Effect::Deny, _) => Glyph::Cross,
        }
    }

    pub fn pill_class(self) -> &'static str {
        match (self.shadow, self.effect, self.once_approved) {
            (true, ..) => "pill pill-shadow",
            (false, Effect::Allow, false) => "pill pill-allow",
            (false, Effect::Allow, true) | (false, Effect::RequireApproval, _) => "pill pill-approval",
            (false, Effect::Deny, _) => "pill pill-deny",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denial_that_a_person_can_lift_is_waiting() {
        assert_eq!(Verdict::of(Outcome::Deny, Some(Reason::ApprovalRequired)), Verdict::Waiting);
        assert_eq!(Verdict::of(Outcome::Deny, Some(Reason::ApprovalPending)), Verdict::Waiting);
        assert_eq!(Verdict::of(Outcome::Deny, Some(Reason::ApprovalDenied)), Verdict::Denied);
        assert_eq!(Verdict::of(Outcome::Deny, None), Verdict::Denied);
        assert_eq!(Verdict::of(Outcome::Allow, Some(Reason::Allowed)), Verdict::Allowed);
    }

    #[test]
    fn verdicts_read_back() {
        for verdict in Verdict::ALL {
            assert_eq!(Verdict::read(verdict.as_str()), Some(*verdict));
        }
        assert_eq!(Verdict::read("deny"), None);
    }
}
