//! The small closed sets that rules and the console speak in.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A word that is none of the set's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not one of {expected}")]
pub struct LabelError {
    given: String,
    expected: &'static str,
}

macro_rules! label {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? } $expected:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $word)] $variant),+
        }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = LabelError;
            fn from_str(text: &str) -> Result<Self, LabelError> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(LabelError { given: text.chars().take(60).collect(), expected: $expected }),
                }
            }
        }
    };
}

label! {
    /// What a subject is.
    SubjectKind { User = "user", Agent = "agent", Service = "service" } "user, agent, service"
}
label! {
    /// How much harm a wrong call of a tool can do; ordered.
    Risk { Low = "low", Medium = "medium", High = "high", Critical = "critical" } "low, medium, high, critical"
}
label! {
    /// How delicate what a tool touches is; ordered.
    Sensitivity {
        Public = "public", Internal = "internal", Confidential = "confidential", Regulated = "regulated",
    } "public, internal, confidential, regulated"
}
label! {
    /// Where a tool's definition stands with the people who answer for it. Only `reviewed` can be called.
    ReviewState { New = "new", Reviewed = "reviewed", Changed = "changed", Gone = "gone" } "new, reviewed, changed, gone"
}
label! {
    /// What a true rule does.
    Effect { Allow = "allow", RequireApproval = "require_approval", Deny = "deny" } "allow, require_approval, deny"
}
label! {
    /// Whether a rule counts.
    RuleStatus {
        Enforced = "enforced",
        /// Evaluated and recorded, never counted.
        Shadow = "shadow",
        Disabled = "disabled",
    } "enforced, shadow, disabled"
}
label! {
    /// How far an enforcement credential's word about the caller is believed.
    Trust {
        /// The caller's own key or token is verified on every call.
        VerifyToken = "verify_token",
        /// The PEP vouches for the subject; the record says so.
        AssertSubject = "assert_subject",
        /// As `assert_subject`, and the PEP's properties count as facts over the stored ones.
        AssertAttributes = "assert_attributes",
    } "verify_token, assert_subject, assert_attributes"
}
label! {
    /// Whether a PEP must send a call's arguments.
    ArgumentsMode { Required = "required", ByName = "by_name" } "required, by_name"
}
label! {
    /// What becomes of a call whose argument names a resource that is not registered.
    OnUnknown { Deny = "deny", Allow = "allow" } "deny, allow"
}
label! {
    /// What a stop switch stops; the widest first.
    StopScope {
        Everything = "everything",
        Tenant = "tenant",
        /// A subject, as itself and where it acts for others.
        Subject = "subject",
        /// A subject that is an agent or a service, likewise.
        Agent = "agent",
        /// A server with all its tools, and the methods about the server itself.
        Server = "server",
        Tool = "tool",
    } "everything, tenant, subject, agent, server, tool"
}
label! {
    /// Where a task stands. Only an active one that has not expired covers calls; the last two are for good.
    TaskState {
        Active = "active",
        Paused = "paused",
        Completed = "completed",
        Revoked = "revoked",
    } "active, paused, completed, revoked"
}
label! {
    /// Who opened a task, and so wrote its purpose.
    OpenedBy {
        /// The caller, for itself.
        Agent = "agent",
        /// An enforcement key that vouches for its subjects.
        Platform = "platform",
        /// An administrator.
        Person = "person",
    } "agent, platform, person"
}
label! {
    /// Where a request for approval stands. Only an approved one lets a call pass; the last four are for good.
    ApprovalState {
        Pending = "pending",
        Approved = "approved",
        Used = "used",
        Denied = "denied",
        Expired = "expired",
        Cancelled = "cancelled",
    } "pending, approved, used, denied, expired, cancelled"
}
label! {
    /// What a person says to a request for approval.
    Verdict { Approve = "approve", Deny = "deny" } "approve, deny"
}
label! {
    /// Whether a tool is called under a task alone.
    TaskNeed { Optional = "optional", Required = "required" } "optional, required"
}
label! {
    /// What a person said of the mapping that a tool declares.
    MappingUse {
        /// It is used, in the definition that was reviewed.
        Accepted = "accepted",
        Ignored = "ignored",
    } "accepted, ignored"
}
label! {
    /// What webhooks are told of a request for approval.
    NoticeKind {
        /// Somebody is asked.
        Requested = "requested",
        /// It was approved, denied or cancelled.
        Decided = "decided",
        /// Its time ran out.
        Expired = "expired",
    } "requested, decided, expired"
}
label! {
    /// How a connection to a mail server is kept private.
    MailSecurity {
        /// TLS from the first byte (RFC 8314).
        Tls = "tls",
        /// TLS after a plain greeting (RFC 3207); without it nothing is sent.
        StartTls = "starttls",
        /// Not at all; then no password is sent.
        Plain = "none",
    } "tls, starttls, none"
}
label! {
    /// What a PEP may find out by searching.
    Search {
        Nothing = "none",
        /// Within the credential's own tenant and server.
        Own = "own",
    } "none, own"
}
label! {
    /// How much a denial tells the PEP.
    Responses { Explained = "explained", Minimal = "minimal" } "explained, minimal"
}
