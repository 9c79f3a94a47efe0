//! The navigation: its groups, and which of its entries is the current place.

use super::{ISSUERS, OVERVIEW, Page, SERVERS, UNMAPPED};
use crate::components::icon::Glyph;

/// A group of the navigation, in the order of the rail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NavGroup {
    Work,
    Policy,
    Inventory,
    Identity,
    Record,
    /// Stands alone at the end, without a heading.
    Settings,
}

impl NavGroup {
    pub const ALL: &'static [Self] =
        &[Self::Work, Self::Policy, Self::Inventory, Self::Identity, Self::Record, Self::Settings];

    pub fn heading(self) -> Option<&'static str> {
        match self {
            Self::Work => Some("Work"),
            Self::Policy => Some("Policy"),
            Self::Inventory => Some("Inventory"),
            Self::Identity => Some("Identity"),
            Self::Record => Some("Record"),
            Self::Settings => None,
        }
    }
}

/// How a page stands in the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NavEntry {
    pub group: NavGroup,
    pub icon: Glyph,
    pub label: &'static str,
}

/// Whether the navigation entry for `page` is the current place. A detail page belongs to its list, a tool to the
/// servers, unmapped callers to the issuers, and the settings share one entry.
pub fn is_current(page: &Page, path: &str) -> bool {
    if page.path == OVERVIEW.path {
        return path == OVERVIEW.path;
    }
    if page.path == SERVERS.path && path.starts_with("/tools/") {
        return true;
    }
    if page.path == ISSUERS.path && path == UNMAPPED.path {
        return true;
    }
    let place = if page.path.starts_with("/settings/") { "/settings" } else { page.path };
    path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes::{CHANGES, DECISIONS, TENANTS};

    #[test]
    fn a_detail_page_lights_up_its_list() {
        assert!(is_current(&DECISIONS, "/decisions"));
        assert!(is_current(&DECISIONS, "/decisions/0190"));
        assert!(!is_current(&DECISIONS, "/decisionsx"));
        assert!(!is_current(&CHANGES, "/decisions"));
        assert!(is_current(&TENANTS, "/settings/keys"));
        assert!(is_current(&ISSUERS, "/unmapped"));
        assert!(is_current(&OVERVIEW, "/"));
        assert!(!is_current(&OVERVIEW, "/decisions"));
    }
}
