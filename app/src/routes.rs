//! The pages there are: path, title, who may see it, and where it stands in the navigation.
//!
//! The navigation, the 403 page and the tests read this list; a page that is not in it does not exist.

mod navigation;

pub use navigation::{NavEntry, NavGroup, is_current};

use crate::components::icon::Glyph;
use crate::permission::{ConsoleRole, Permission};

/// One page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// As axum writes it: `/decisions/{id}`.
    pub path: &'static str,
    pub title: &'static str,
    pub permission: Permission,
    pub nav: Option<NavEntry>,
}

pub const OVERVIEW: Page = Page {
    path: "/",
    title: "Overview",
    permission: Permission::ReadDecisions,
    nav: Some(NavEntry { group: NavGroup::Work, icon: Glyph::Overview, label: "Overview" }),
};

/// The approver's inbox; `?view=history` for what was answered.
pub const APPROVALS: Page = Page {
    path: "/approvals",
    title: "Approvals",
    permission: Permission::Approve,
    nav: Some(NavEntry { group: NavGroup::Work, icon: Glyph::Approvals, label: "Approvals" }),
};

pub const APPROVAL: Page =
    Page { path: "/approvals/{id}", title: "Approval request", permission: Permission::Approve, nav: None };

/// The requester's side. Whose request it is, and nobody else but an owner, is told what became of it.
pub const REQUEST: Page =
    Page { path: "/requests/{id}", title: "Your request", permission: Permission::OwnAccount, nav: None };

pub const DECISIONS: Page = Page {
    path: "/decisions",
    title: "Decisions",
    permission: Permission::ReadDecisions,
    nav: Some(NavEntry { group: NavGroup::Work, icon: Glyph::Decisions, label: "Decisions" }),
};

pub const DECISION: Page =
    Page { path: "/decisions/{id}", title: "Decision", permission: Permission::ReadDecisions, nav: None };

pub const RULES: Page = Page {
    path: "/rules",
    title: "Rules",
    permission: Permission::ReadRules,
    nav: Some(NavEntry { group: NavGroup::Policy, icon: Glyph::Rules, label: "Rules" }),
};

pub const RULE_NEW: Page =
    Page { path: "/rules/new", title: "New rule", permission: Permission::WriteRules, nav: None };

/// How often what each rule asks for is approved.
pub const RULE_RATES: Page =
    Page { path: "/rules/rates", title: "Approval rates", permission: Permission::ReadRules, nav: None };

pub const RULE: Page =
    Page { path: "/rules/{id}", title: "Rule", permission: Permission::ReadRules, nav: None };

pub const RULE_HISTORY: Page = Page {
    path: "/rules/{id}/history",
    title: "History of a rule",
    permission: Permission::ReadRules,
    nav: None,
};

pub const TRY: Page = Page {
    path: "/try",
    title: "Try a call",
    permission: Permission::TryCalls,
    nav: Some(NavEntry { group: NavGroup::Policy, icon: Glyph::Try, label: "Try a call" }),
};

pub const ACCESS: Page = Page {
    path: "/access",
    title: "Access",
    permission: Permission::ReadRules,
    nav: Some(NavEntry { group: NavGroup::Policy, icon: Glyph::Access, label: "Access" }),
};

pub const CHANGES: Page = Page {
    path: "/changes",
    title: "Changes",
    permission: Permission::ReadChanges,
    nav: Some(NavEntry { group: NavGroup::Record, icon: Glyph::Changes, label: "Changes" }),
};

pub const CHANGE: Page =
    Page { path: "/changes/{id}", title: "Change", permission: Permission::ReadChanges, nav: None };

pub const SERVERS: Page = Page {
    path: "/servers",
    title: "Servers",
    permission: Permission::ReadServers,
    nav: Some(NavEntry { group: NavGroup::Inventory, icon: Glyph::Servers, label: "Servers" }),
};

pub const REGISTER: Page = Page {
    path: "/servers/new",
    title: "Register a server",
    permission: Permission::WriteServers,
    nav: None,
};

/// The first of a server's tabs.
pub const SERVER: Page =
    Page { path: "/servers/{slug}", title: "Tools", permission: Permission::ReadServers, nav: None };

pub const SERVER_CONNECT: Page = Page {
    path: "/servers/{slug}/connect",
    title: "Connect",
    permission: Permission::ReadServers,
    nav: None,
};

pub const SERVER_ACTIVITY: Page = Page {
    path: "/servers/{slug}/activity",
    title: "Activity",
    permission: Permission::ReadServers,
    nav: None,
};

pub const SERVER_SETTINGS: Page = Page {
    path: "/servers/{slug}/settings",
    title: "Settings",
    permission: Permission::ReadServers,
    nav: None,
};

pub const TOOL: Page =
    Page { path: "/tools/{id}", title: "Tool", permission: Permission::ReadServers, nav: None };

/// Who may not review sees the difference alone.
pub const TOOL_REVIEW: Page =
    Page { path: "/tools/{id}/review", title: "Review", permission: Permission::ReadServers, nav: None };

pub const RESOURCES: Page = Page {
    path: "/resources",
    title: "Resources",
    permission: Permission::ReadResources,
    nav: Some(NavEntry { group: NavGroup::Inventory, icon: Glyph::Resources, label: "Resources" }),
};

/// The id stands for the resource's type and id.
pub const RESOURCE: Page =
    Page { path: "/resources/{id}", title: "Resource", permission: Permission::ReadResources, nav: None };

pub const RESOURCE_IMPORT: Page = Page {
    path: "/resources/imports/{id}",
    title: "Import",
    permission: Permission::ReadResources,
    nav: None,
};

pub const SUBJECTS: Page = Page {
    path: "/subjects",
    title: "Subjects",
    permission: Permission::ReadSubjects,
    nav: Some(NavEntry { group: NavGroup::Identity, icon: Glyph::Subjects, label: "Subjects" }),
};

pub const SUBJECT: Page =
    Page { path: "/subjects/{id}", title: "Subject", permission: Permission::ReadSubjects, nav: None };

pub const ROLES: Page = Page {
    path: "/roles",
    title: "Roles",
    permission: Permission::ReadSubjects,
    nav: Some(NavEntry { group: NavGroup::Identity, icon: Glyph::Roles, label: "Roles" }),
};

pub const ROLE: Page =
    Page { path: "/roles/{id}", title: "Role", permission: Permission::ReadSubjects, nav: None };

pub const TASKS: Page = Page {
    path: "/tasks",
    title: "Tasks",
    permission: Permission::ReadTasks,
    nav: Some(NavEntry { group: NavGroup::Identity, icon: Glyph::Tasks, label: "Tasks" }),
};

pub const TASK: Page =
    Page { path: "/tasks/{id}", title: "Task", permission: Permission::ReadTasks, nav: None };

pub const ISSUERS: Page = Page {
    path: "/issuers",
    title: "Issuers",
    permission: Permission::ReadIssuers,
    nav: Some(NavEntry { group: NavGroup::Identity, icon: Glyph::Issuers, label: "Issuers" }),
};

/// The id stands for the issuer's URL.
pub const ISSUER: Page =
    Page { path: "/issuers/{id}", title: "Issuer", permission: Permission::ReadIssuers, nav: None };

/// A tab beside the issuers.
pub const UNMAPPED: Page =
    Page { path: "/unmapped", title: "Unmapped callers", permission: Permission::ReadIssuers, nav: None };

/// Chains, their verification, anchors and retention.
pub const EVIDENCE: Page = Page {
    path: "/evidence",
    title: "Evidence",
    permission: Permission::ReadEvidence,
    nav: Some(NavEntry { group: NavGroup::Record, icon: Glyph::Evidence, label: "Evidence" }),
};

/// Stop switches and break-glass.
pub const EMERGENCY: Page = Page {
    path: "/emergency",
    title: "Emergency",
    permission: Permission::Emergency,
    nav: Some(NavEntry { group: NavGroup::Record, icon: Glyph::Warning, label: "Emergency" }),
};

/// Reached by the jump box; each kind of thing is found by those who may see it.
pub const SEARCH: Page =
    Page { path: "/search", title: "Search", permission: Permission::OwnAccount, nav: None };

/// The first of the settings; the others are tabs beside it.
pub const TENANTS: Page = Page {
    path: "/settings/tenants",
    title: "Tenants",
    permission: Permission::ReadSettings,
    nav: Some(NavEntry { group: NavGroup::Settings, icon: Glyph::Settings, label: "Settings" }),
};

pub const KEYS: Page = Page {
    path: "/settings/keys",
    title: "Enforcement keys",
    permission: Permission::ReadSettings,
    nav: None,
};

/// Administrator tokens, for the API.
pub const TOKENS: Page = Page {
    path: "/settings/tokens",
    title: "Administrator tokens",
    permission: Permission::ReadSettings,
    nav: None,
};

/// Who may use the console.
pub const ACCOUNTS: Page =
    Page { path: "/settings/accounts", title: "Accounts", permission: Permission::ReadSettings, nav: None };

/// The providers by which people sign in.
pub const PROVIDERS: Page =
    Page { path: "/settings/sign-in", title: "Sign-in", permission: Permission::ReadSettings, nav: None };

/// Webhooks and mail about requests for approval.
pub const NOTIFICATIONS: Page = Page {
    path: "/settings/notifications",
    title: "Notifications",
    permission: Permission::ReadSettings,
    nav: None,
};

/// Reached by the foot of the rail.
pub const ACCOUNT: Page =
    Page { path: "/account", title: "Account", permission: Permission::OwnAccount, nav: None };

/// Every page that needs a session. What is not listed is a 404.
pub const PAGES: &[Page] = &[
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
    SERVERS,
    REGISTER,
    SERVER,
    SERVER_CONNECT,
    SERVER_ACTIVITY,
    SERVER_SETTINGS,
    TOOL,
    TOOL_REVIEW,
    RESOURCES,
    RESOURCE,
    RESOURCE_IMPORT,
    SUBJECTS,
    SUBJECT,
    ROLES,
    ROLE,
    TASKS,
    TASK,
    ISSUERS,
    ISSUER,
    UNMAPPED,
    TENANTS,
    KEYS,
    TOKENS,
    ACCOUNTS,
    PROVIDERS,
    NOTIFICATIONS,
    CHANGES,
    CHANGE,
    EVIDENCE,
    EMERGENCY,
    SEARCH,
    ACCOUNT,
];

/// Where somebody of this role lands, wherever it counts.
pub fn landing(role: ConsoleRole) -> &'static str {
    match role {
        ConsoleRole::Owner | ConsoleRole::PolicyAuthor => OVERVIEW.path,
        ConsoleRole::Auditor => DECISIONS.path,
        ConsoleRole::Approver => APPROVALS.path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_lands_on_a_page_it_may_see() {
        for role in ConsoleRole::ALL {
            let page = PAGES.iter().find(|page| page.path == landing(*role)).expect("a page");
            assert!(role.may(page.permission) && page.is_narrowed(), "{role}");
        }
    }

    #[test]
    fn paths_are_unique() {
        let mut seen = std::collections::BTreeSet::new();
        for page in PAGES {
            assert!(seen.insert(page.path), "{} twice", page.path);
        }
    }
}
