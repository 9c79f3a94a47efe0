//! Roles that are taken away: none that somebody holds, none that a rule names, and none that an issuer's claims stand for.

use policy::TenantSlug;
use policy::issuer::{Issuer, RoleMapping};
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
    /// Claims of so many issuers' tokens stand for it.
    pub issuers: usize,
}

impl fmt::Display for RoleUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = |count: usize, one: &str, many: &str| match count {
            0 => None,
            1 => Some(format!("1 {one}")),
            more => Some(format!("{more} {many}")),
        };
        let held = self.held.then(|| "held by somebody".to_owned());
        let rules = counted(self.rules, "rule", "rules").map(|rules| format!("named by {rules}"));
        let issuers =
            counted(self.issuers, "issuer", "issuers").map(|issuers| format!("mapped by {issuers}"));
        let uses: Vec<String> = [held, rules, issuers].into_iter().flatten().collect();
        f.write_str(&uses.join(" and "))
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

/// Whether a claim of the issuer's tokens stands for the role. Whoever has the claim holds it as long as there is such a role, so
/// that a condition may ask for it that no list of roles shows.
pub fn maps(issuer: &Issuer, role: &Role) -> bool {
    issuer.role_mappings.iter().any(|mapping| is_meant(mapping, role))
}

/// Whether the mapping's claim stands for the role: by its name, where the role can be held.
pub(crate) fn is_meant(mapping: &RoleMapping, role: &Role) -> bool {
    mapping.role == role.name && role.tenant.as_ref().is_none_or(|own| *own == mapping.tenant)
}

/// Deletes a role that was found in this unit of work.
///
/// # Errors
/// When somebody holds it, a rule names it, an issuer's claims stand for it, or the database does not answer.
pub async fn delete(writer: &mut Writer, role: &Role) -> Result<(), RoleError> {
    let of = |tenant: &TenantSlug| role.tenant.as_ref().is_none_or(|own| own == tenant);
    let held = writer.list_held_roles().await?.iter().any(|held| held.role == role.name && of(&held.tenant));
    let rules = writer.list_rules(role.tenant.as_ref(), &Page::ALL).await?;
    let rules = rules.iter().filter(|rule| names(rule, role)).count();
    // Those that are switched off too: they may be on again.
    let issuers = writer.list_issuers(&Page::ALL).await?;
    let issuers = issuers.iter().filter(|stored| maps(&stored.issuer, role)).count();
    if held || rules > 0 || issuers > 0 {
        return Err(RoleError::InUse(RoleUse { held, rules, issuers }));
    }
    writer.delete_role(role.tenant.as_ref(), &role.name).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_uses_a_role_is_told() {
        for (held, rules, issuers, words) in [
            (true, 0, 0, "held by somebody"),
            (false, 1, 0, "named by 1 rule"),
            (false, 0, 1, "mapped by 1 issuer"),
            (true, 2, 0, "held by somebody and named by 2 rules"),
            (true, 2, 3, "held by somebody and named by 2 rules and mapped by 3 issuers"),
        ] {
            let error = RoleError::InUse(RoleUse { held, rules, issuers });
            assert_eq!(error.to_string(), format!("the role is {words}"));
        }
    }

    #[test]
    fn a_role_is_mapped_where_it_can_be_held() {
        let mapping = RoleMapping {
            claim: "groups".to_owned(),
            value: Some("staff".to_owned()),
            pattern: None,
            role: "support".to_owned(),
            tenant: TenantSlug::from("acme"),
        };
        let issuer = Issuer { role_mappings: vec![mapping], ..Issuer::new("https://idp.example") };
        for (tenant, name, is_mapped) in [
            (Some("acme"), "support", true),
            (None, "support", true),
            (Some("globex"), "support", false),
            (Some("acme"), "finance", false),
        ] {
            let role = Role::new(tenant.map(TenantSlug::from), name);
            assert_eq!(maps(&issuer, &role), is_mapped, "{tenant:?} {name}");
        }
    }
}
