//! Roles that are taken away: none that somebody holds, and none that a rule names.

use policy::TenantSlug;
use std::fmt;
use store::administration::{Page, Role, StoredRule};
use store::{StoreError, WriteError, Writer};

/// Why a role was not deleted.
#[derive(Debug, thiserror::Error)]
pub enum RoleError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error("the role is {0}")]
    InUse(RoleUse),
}

/// What a role is used for: at least one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoleUse {
    /// Somebody holds it.
    pub held: bool,
    /// So many rules name it.
    pub rules: usize,
}

impl fmt::Display for RoleUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules = match self.rules {
            0 => return f.write_str("held by somebody"),
            1 => "1 rule".to_owned(),
            more => format!("{more} rules"),
        };
        let held = if self.held { "held by somebody and " } else { "" };
        write!(f, "{held}named by {rules}")
    }
}

/// Whether the rule asks for the role, or has its holders approve.
pub fn names(rule: &StoredRule, role: &Role) -> bool {
    let rule = &rule.rule;
    let same_tenant = match (&rule.tenant, &role.tenant) {
        (Some(of_rule), Some(of_role)) => of_rule == of_role,
        _ => true,
    };
    let approvers = rule.approval.as_ref().is_some_and(|terms| terms.names_role(&role.name));
    same_tenant && (rule.roles.contains(&role.name) || approvers)
}

/// Deletes a role that was found in this unit of work.
///
/// # Errors
/// When somebody holds it, a rule names it, or the database does not answer.
pub async fn delete(writer: &mut Writer, role: &Role) -> Result<(), RoleError> {
    let of = |tenant: &TenantSlug| role.tenant.as_ref().is_none_or(|own| own == tenant);
    let held = writer.list_held_roles().await?.iter().any(|held| held.role == role.name && of(&held.tenant));
    let rules = writer.list_rules(role.tenant.as_ref(), &Page::ALL).await?;
    let rules = rules.iter().filter(|rule| names(rule, role)).count();
    if held || rules > 0 {
        return Err(RoleError::InUse(RoleUse { held, rules }));
    }
    writer.delete_role(role.tenant.as_ref(), &role.name).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_uses_a_role_is_told() {
        for (held, rules, words) in [
            (true, 0, "held by somebody"),
            (false, 1, "named by 1 rule"),
            (true, 2, "held by somebody and named by 2 rules"),
        ] {
            let error = RoleError::InUse(RoleUse { held, rules });
            assert_eq!(error.to_string(), format!("the role is {words}"));
        }
    }
}
