//! What a search finds: things by kind, each kind for those who may see it.

use super::query::SearchQuery;
use crate::components::icon::Glyph;
use crate::pages::resources::query::ResourcesQuery;
use crate::pages::rules::query::RuleQuery;
use crate::pages::servers::query::ServersQuery;
use crate::pages::subjects::query::SubjectsQuery;
use crate::permission::{ConsoleRole, Permission};
use crate::routes::{
    CHANGES, DECISIONS, KEYS, Page, RESOURCES, ROLES, RULES, SERVERS, SUBJECTS, TASKS, TENANTS,
};
use crate::url::href;
use serde::{Deserialize, Serialize};

/// A kind of thing that is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// By its whole id alone, as are changes and tasks.
    Decision,
    Change,
    Task,
    Server,
    Tool,
    /// By the beginning of its id.
    Resource,
    Subject,
    Role,
    Rule,
    Tenant,
    Key,
}

impl Kind {
    /// In the order of the results.
    pub const ALL: &'static [Self] = &[
        Self::Decision,
        Self::Change,
        Self::Task,
        Self::Server,
        Self::Tool,
        Self::Resource,
        Self::Subject,
        Self::Role,
        Self::Rule,
        Self::Tenant,
        Self::Key,
    ];

    /// The word for many.
    pub fn title(self) -> &'static str {
        match self {
            Self::Decision => "Decisions",
            Self::Change => "Changes",
            Self::Task => "Tasks",
            Self::Server => "Servers",
            Self::Tool => "Tools",
            Self::Resource => "Resources",
            Self::Subject => "Subjects",
            Self::Role => "Roles",
            Self::Rule => "Rules",
            Self::Tenant => "Tenants",
            Self::Key => "Enforcement keys",
        }
    }

    pub fn glyph(self) -> Glyph {
        match self {
            Self::Decision => Glyph::Decisions,
            Self::Change => Glyph::Changes,
            Self::Task => Glyph::Tasks,
            Self::Server => Glyph::Servers,
            Self::Tool => Glyph::Tool,
            Self::Resource => Glyph::Resources,
            Self::Subject => Glyph::Subjects,
            Self::Role => Glyph::Roles,
            Self::Rule => Glyph::Rules,
            Self::Tenant => Glyph::Tenant,
            Self::Key => Glyph::Key,
        }
    }

    /// The page that lists them. Tools stand on the pages of their servers.
    fn list(self) -> Page {
        match self {
            Self::Decision => DECISIONS,
            Self::Change => CHANGES,
            Self::Task => TASKS,
            Self::Server | Self::Tool => SERVERS,
            Self::Resource => RESOURCES,
            Self::Subject => SUBJECTS,
            Self::Role => ROLES,
            Self::Rule => RULES,
            Self::Tenant => TENANTS,
            Self::Key => KEYS,
        }
    }

    /// Who may not see the list finds nothing of the kind.
    pub fn permission(self) -> Permission {
        self.list().permission
    }

    /// Whether this role may find anything at all.
    pub fn any_for(role: ConsoleRole) -> bool {
        Self::ALL.iter().any(|kind| role.may(kind.permission()))
    }

    /// The list of all that is found, by the list's own search; none where there is no such list.
    pub fn all(self, query: &SearchQuery) -> Option<String> {
        let SearchQuery { text, tenant } = query.clone();
        match self {
            Self::Decision | Self::Change | Self::Task | Self::Tool => None,
            Self::Resource => {
                Some(ResourcesQuery { search: text, tenant, ..ResourcesQuery::default() }.beyond(None))
            }
            Self::Server => Some(ServersQuery { search: text, tenant, ..ServersQuery::default() }.href()),
            Self::Subject => Some(SubjectsQuery { search: text, tenant, ..SubjectsQuery::default() }.href()),
            Self::Rule => Some(RuleQuery { search: text, tenant, ..RuleQuery::default() }.href()),
            // This list has no search; it is short.
            Self::Role => Some(href(ROLES.path, [("tenant", tenant.as_deref())])),
            Self::Tenant | Self::Key => Some(href(self.list().path, [("q", text.as_deref())])),
        }
    }
}

/// Where results are shown, and so how many there are of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extent {
    #[default]
    Page,
    Box,
}

impl Extent {
    /// Of one kind.
    pub fn most(self) -> usize {
        match self {
            Self::Page => 20,
            Self::Box => 5,
        }
    }
}

/// One thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    pub href: String,
    /// Drawn as untrusted, as is the detail.
    pub name: String,
    /// What tells it from others of its name.
    pub detail: Option<String>,
    /// A word of ours: "Disabled", "Person".
    pub note: Option<String>,
}

/// The best of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    pub kind: Kind,
    /// Never empty.
    pub hits: Vec<Hit>,
    /// Whether there are further ones.
    pub more: bool,
    /// The list of all of them, where there are further ones.
    pub all: Option<String>,
}

/// The answer, with the question it answers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Found {
    pub query: SearchQuery,
    pub groups: Vec<Group>,
    /// The address of the one thing whose whole id was given.
    pub straight: Option<String>,
    /// The text has more than [`LONGEST`](super::query::LONGEST) characters; nothing was looked for.
    pub too_long: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_list_is_opened_with_its_own_search() {
        let query = SearchQuery::new("a b", Some("acme".to_owned()));
        let all: Vec<_> = Kind::ALL.iter().filter_map(|kind| kind.all(&query)).collect();
        assert_eq!(
            all,
            [
                "/servers?tenant=acme&q=a%20b",
                "/resources?tenant=acme&q=a%20b",
                "/subjects?tenant=acme&q=a%20b",
                "/roles?tenant=acme",
                "/rules?tenant=acme&search=a%20b",
                "/settings/tenants?q=a%20b",
                "/settings/keys?q=a%20b",
            ]
        );
    }

    #[test]
    fn a_role_finds_what_it_may_see() {
        let found = |role: ConsoleRole| Kind::ALL.iter().filter(|kind| role.may(kind.permission())).count();
        assert_eq!(found(ConsoleRole::Owner), Kind::ALL.len());
        assert_eq!(found(ConsoleRole::Auditor), Kind::ALL.len());
        assert!(!ConsoleRole::PolicyAuthor.may(Kind::Tenant.permission()));
        assert!(!ConsoleRole::PolicyAuthor.may(Kind::Key.permission()));
        assert_eq!(found(ConsoleRole::PolicyAuthor), Kind::ALL.len() - 2);
        assert!(!Kind::any_for(ConsoleRole::Approver));
    }
}
