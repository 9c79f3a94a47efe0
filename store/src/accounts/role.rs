//! The roles of accounts, as stable words.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What an account may do in the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountRole {
    Owner,
    PolicyAuthor,
    Approver,
    Auditor,
}

impl AccountRole {
    pub const ALL: &'static [Self] = &[Self::Owner, Self::PolicyAuthor, Self::Approver, Self::Auditor];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::PolicyAuthor => "policy_author",
            Self::Approver => "approver",
            Self::Auditor => "auditor",
        }
    }

    /// Whether accounts of this role answer requests for approval. Whether the person behind one may answer this or that
    /// request, is for the rules to say.
    pub fn may_approve(self) -> bool {
        match self {
            Self::Owner | Self::Approver => true,
            Self::PolicyAuthor | Self::Auditor => false,
        }
    }

    /// The stored words of the roles that answer requests for approval.
    pub(crate) fn approving() -> impl Iterator<Item = &'static str> {
        Self::ALL.iter().copied().filter(|role| role.may_approve()).map(Self::as_str)
    }
}

impl fmt::Display for AccountRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no console role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not one of owner, policy_author, approver, auditor")]
pub struct AccountRoleError;

impl FromStr for AccountRole {
    type Err = AccountRoleError;

    fn from_str(text: &str) -> Result<Self, AccountRoleError> {
        Self::ALL.iter().copied().find(|role| role.as_str() == text).ok_or(AccountRoleError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_read_back() {
        for role in AccountRole::ALL {
            assert_eq!(role.as_str().parse::<AccountRole>(), Ok(*role));
        }
        assert_eq!("root".parse::<AccountRole>(), Err(AccountRoleError));
    }
}
