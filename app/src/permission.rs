//! Who may do what in the console: four roles and the permissions that pages and server functions ask for.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The role of a console account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsoleRole {
    Owner,
    PolicyAuthor,
    Approver,
    Auditor,
}

/// A word that names no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one of owner, policy_author, approver, auditor")]
pub struct RoleError;

impl ConsoleRole {
    pub const ALL: &'static [Self] = &[Self::Owner, Self::PolicyAuthor, Self::Approver, Self::Auditor];

    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::PolicyAuthor => "policy_author",
            Self::Approver => "approver",
            Self::Auditor => "auditor",
        }
    }

    /// The word on screen, within a sentence.
    pub fn title(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::PolicyAuthor => "policy author",
            Self::Approver => "approver",
            Self::Auditor => "auditor",
        }
    }

    /// The word on screen, on its own.
    pub fn label(self) -> &'static str {
        match self {
            Self::Owner => "Owner",
            Self::PolicyAuthor => "Policy author",
            Self::Approver => "Approver",
            Self::Auditor => "Auditor",
        }
    }

    /// Whether accounts of this role may do it.
    pub fn may(self, permission: Permission) -> bool {
        permission.holders().contains(&self)
    }
}

impl fmt::Display for ConsoleRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ConsoleRole {
    type Err = RoleError;

    fn from_str(text: &str) -> Result<Self, RoleError> {
        Self::ALL.iter().copied().find(|role| role.as_str() == text).ok_or(RoleError)
    }
}

/// What a page or a server function demands. The columns "who" of the page map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    ReadDecisions,
    ReadChanges,
    ReadEvidence,
    ReadRules,
    WriteRules,
    TryCalls,
    ReadServers,
    WriteServers,
    /// Registered resources, which arguments of calls name.
    ReadResources,
    WriteResources,
    ReadSubjects,
    WriteSubjects,
    ReadTasks,
    WriteTasks,
    /// Issuers of tokens, and identities that nobody is known by.
    ReadIssuers,
    WriteIssuers,
    ReadSettings,
    WriteSettings,
    /// Requests that wait for a person: the inbox, one request, the answer. Whether this person may answer this request
    /// is for the rule to say.
    Approve,
    /// Stop switches and break-glass.
    Emergency,
    /// The own account: sessions, password, theme.
    OwnAccount,
}

impl Permission {
    pub const ALL: &'static [Self] = &[
        Self::ReadDecisions,
        Self::ReadChanges,
        Self::ReadEvidence,
        Self::ReadRules,
        Self::WriteRules,
        Self::TryCalls,
        Self::ReadServers,
        Self::WriteServers,
        Self::ReadResources,
        Self::WriteResources,
        Self::ReadSubjects,
        Self::WriteSubjects,
        Self::ReadTasks,
        Self::WriteTasks,
        Self::ReadIssuers,
        Self::WriteIssuers,
        Self::ReadSettings,
        Self::WriteSettings,
        Self::Approve,
        Self::Emergency,
        Self::OwnAccount,
    ];

    /// Whether it can be held in some tenants alone: what it opens is narrowed to them. What is of no tenant, and what is
    /// not narrowed, is for those who reach everything.
    pub fn is_of_tenants(self) -> bool {
        match self {
            Self::ReadDecisions
            | Self::ReadChanges
            | Self::ReadRules
            | Self::WriteRules
            | Self::ReadSubjects
            | Self::WriteSubjects
            | Self::ReadTasks
            | Self::WriteTasks
            | Self::TryCalls
            | Self::ReadResources
            | Self::WriteResources
            | Self::Approve
            | Self::Emergency
            | Self::OwnAccount => true,
            Self::ReadEvidence
            | Self::ReadServers
            | Self::WriteServers
            | Self::ReadIssuers
            | Self::WriteIssuers
            | Self::ReadSettings
            | Self::WriteSettings => false,
        }
    }

    /// The roles that may, the least powerful one that does policy work last: the 403 page names it.
    pub fn holders(self) -> &'static [ConsoleRole] {
        use ConsoleRole::{Approver, Auditor, Owner, PolicyAuthor};
        match self {
            Self::ReadDecisions
            | Self::ReadChanges
            | Self::ReadRules
            | Self::TryCalls
            | Self::ReadServers
            | Self::ReadResources
            | Self::ReadSubjects
            | Self::ReadTasks => &[Owner, PolicyAuthor, Auditor],
            Self::WriteRules | Self::WriteServers | Self::WriteSubjects => &[Owner, PolicyAuthor],
            Self::WriteResources | Self::WriteTasks => &[Owner, PolicyAuthor],
            Self::ReadEvidence | Self::ReadIssuers | Self::ReadSettings => &[Owner, Auditor],
            Self::WriteIssuers | Self::WriteSettings | Self::Emergency => &[Owner],
            Self::Approve => &[Owner, Approver],
            Self::OwnAccount => ConsoleRole::ALL,
        }
    }

    /// "owner, policy author or auditor".
    pub fn holders_in_words(self) -> String {
        let titles: Vec<_> = self.holders().iter().map(|role| role.title()).collect();
        match titles.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, others)) => format!("{} or {last}", others.join(", ")),
            None => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_read_back_what_they_write() {
        for role in ConsoleRole::ALL {
            assert_eq!(role.as_str().parse(), Ok(*role));
            assert_eq!(serde_json::to_value(role).ok(), Some(role.as_str().into()));
        }
        assert_eq!("root".parse::<ConsoleRole>(), Err(RoleError));
    }

    #[test]
    fn an_owner_may_everything_and_an_auditor_changes_nothing() {
        for permission in Permission::ALL {
            assert!(ConsoleRole::Owner.may(*permission), "{permission:?}");
        }
        for permission in [
            Permission::WriteRules,
            Permission::WriteServers,
            Permission::WriteResources,
            Permission::WriteSubjects,
            Permission::WriteTasks,
            Permission::WriteIssuers,
            Permission::WriteSettings,
            Permission::Emergency,
        ] {
            assert!(!ConsoleRole::Auditor.may(permission), "{permission:?}");
            assert!(!ConsoleRole::Approver.may(permission), "{permission:?}");
        }
        assert!(ConsoleRole::Approver.may(Permission::OwnAccount));
        assert!(ConsoleRole::Approver.may(Permission::Approve));
        for role in [ConsoleRole::PolicyAuthor, ConsoleRole::Auditor] {
            assert!(!role.may(Permission::Approve), "{role}");
        }
    }

    #[test]
    fn what_is_of_no_tenant_is_not_held_in_some() {
        for permission in [
            Permission::WriteServers,
            Permission::ReadIssuers,
            Permission::WriteIssuers,
            Permission::ReadSettings,
            Permission::WriteSettings,
            Permission::ReadEvidence,
        ] {
            assert!(!permission.is_of_tenants(), "{permission:?}");
        }
        assert!(Permission::ALL.iter().any(|permission| permission.is_of_tenants()));
    }

    #[test]
    fn holders_read_as_a_sentence() {
        assert_eq!(Permission::ReadDecisions.holders_in_words(), "owner, policy author or auditor");
        assert_eq!(Permission::WriteRules.holders_in_words(), "owner or policy author");
        assert_eq!(Permission::WriteSettings.holders_in_words(), "owner");
    }
}
