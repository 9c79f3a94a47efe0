//! The pages that whoever is of some tenants alone sees. Denied by default: a page that is not listed refuses them.

use crate::routes::{
    ACCESS, ACCOUNT, APPROVAL, APPROVALS, CHANGE, CHANGES, DECISION, DECISIONS, EMERGENCY, OVERVIEW, Page,
    REQUEST, RESOURCE, RESOURCES, ROLE, ROLES, RULE, RULE_HISTORY, RULE_NEW, RULE_RATES, RULES, SEARCH,
    SUBJECT, SUBJECTS, TASK, TASKS, TRY,
};

/// The pages whose every part is narrowed to the tenants in which the reader's role counts. Whoever reaches some tenants
/// alone sees these, and no other.
pub const NARROWED: &[Page] = &[
    OVERVIEW,
    APPROVALS,
    APPROVAL,
    REQUEST,
    DECISIONS,
    DECISION,
    RULES,
    RULE_NEW,
    RULE_RATES,
    RULE,
    RULE_HISTORY,
    TRY,
    ACCESS,
    RESOURCES,
    RESOURCE,
    SUBJECTS,
    SUBJECT,
    ROLES,
    ROLE,
    TASKS,
    TASK,
    CHANGES,
    CHANGE,
    EMERGENCY,
    SEARCH,
    ACCOUNT,
];

impl Page {
    /// Whether it stands among [`NARROWED`].
    pub fn is_narrowed(&self) -> bool {
        NARROWED.iter().any(|page| page.path == self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes::PAGES;

    #[test]
    fn what_is_narrowed_can_be_held_in_some_tenants() {
        for page in NARROWED {
            assert!(page.permission.is_of_tenants(), "{}", page.path);
            assert!(PAGES.contains(page), "{}", page.path);
        }
    }
}
