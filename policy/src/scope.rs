//! What an administrator token may do over the administration API, as stable words. Each is one kind of work; none
//! of them holds another.
//!
//! These are not the scopes of callers' tokens, which only narrow what a rule allows.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A word that names no scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not one of {}", words())]
pub struct AdminScopeError {
    given: String,
}

macro_rules! scopes {
    ($($(#[$doc:meta])* $variant:ident = $word:literal, $label:literal;)+) => {
        /// One kind of administration.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum AdminScope {
            $($(#[$doc])* #[serde(rename = $word)] $variant),+
        }

        impl AdminScope {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// For people.
            pub fn label(self) -> &'static str {
                match self { $(Self::$variant => $label),+ }
            }
        }

        impl FromStr for AdminScope {
            type Err = AdminScopeError;

            fn from_str(text: &str) -> Result<Self, AdminScopeError> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(AdminScopeError { given: text.chars().take(60).collect() }),
                }
            }
        }
    };
}

scopes! {
    /// Everything that can be read, decisions included.
    Read = "read", "Read everything";
    /// Subjects, their memberships and API keys. Identities are taken away with it, and not given.
    Subjects = "subjects:write", "Change subjects, memberships and API keys";
    /// Whoever signs in with an identity is whose it is, at the console too where a provider lets them in.
    Identities = "identities:write", "Give identities to subjects";
    /// Taking back tokens and keys, and nothing that gives.
    Revoke = "revoke", "Revoke tokens and API keys";
    /// Issuers, and blocking callers whom nobody is known by.
    Issuers = "issuers:write", "Change issuers, block callers";
    /// Whether their tools can be called at all.
    Servers = "servers:write", "Enable and disable servers";
    /// Which there are, where they are, and which tenants may use them.
    Catalog = "catalog:write", "Register, change, discover and delete servers";
    /// What a tool asks of calls beside rules.
    Tools = "tools:write", "Change scopes, bindings and task of tools";
    /// A person's word for a definition: from then on calls pass where a rule allows them.
    Reviews = "tools:review", "Review tools";
    /// The boundary that nothing crosses.
    Tenants = "tenants:write", "Create, rename, suspend and delete tenants";
    /// Names, and not who holds them.
    Roles = "roles:write", "Create, describe and delete roles";
    Rules = "rules:write", "Change rules";
    /// Enforcement keys.
    Credentials = "credentials:write", "Make, rotate and delete enforcement keys";
    Tasks = "tasks:write", "Change tasks";
    /// Registered resources, by themselves and by file.
    Resources = "resources:write", "Change registered resources";
    /// Stops, and break-glass up to its confirmation.
    Emergency = "emergency:write", "Stop calls, lift stops, ask for break-glass";
    /// The second person's word.
    BreakGlass = "break_glass:confirm", "Confirm break-glass";
    /// Where messages about approvals go, and their secrets.
    Webhooks = "webhooks:write", "Change webhooks";
    Mail = "mail:write", "Change how mail is sent";
    /// Messages that were given up.
    DeadLetters = "dead_letters:resend", "Send again what was given up";
    /// Providers of which no group stands for owners.
    Providers = "providers:write", "Change sign-in providers that make no owners";
    /// Of accounts that are no owners.
    Accounts = "accounts:write", "Disable and enable accounts, give roles below owner";
    /// Whoever has the link has the account.
    AccountLinks = "accounts:links", "Invite accounts below owner, make links to new passwords";
    /// Of the account behind the token.
    Substitutes = "substitutes:write", "Name and end substitutes of the token's account";
    /// It reads the whole record, and changes nothing.
    Verify = "evidence:verify", "Verify the record";
    /// A whole policy file.
    Bundle = "bundle:write", "Apply policy files";
}

fn words() -> String {
    let words: Vec<&str> = AdminScope::ALL.iter().map(|scope| scope.as_str()).collect();
    words.join(", ")
}

impl fmt::Display for AdminScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_read_back_what_they_write() {
        for scope in AdminScope::ALL {
            assert_eq!(scope.as_str().parse(), Ok(*scope));
            assert_eq!(serde_json::to_value(scope).ok(), Some(scope.as_str().into()));
        }
        let error = "write".parse::<AdminScope>().expect_err("refused").to_string();
        assert!(error.contains("`write`") && error.contains("subjects:write"), "{error}");
    }
}
