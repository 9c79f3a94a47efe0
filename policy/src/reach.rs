//! How far somebody who administers reaches: everywhere, or these tenants and nothing else.
//!
//! What is of no tenant (servers, issuers, accounts, rules for everybody) is nobody's who is of some tenants only.

use crate::TenantSlug;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// How far an account, or a token of one, reaches.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// Every tenant, those to come, and what is of none.
    Everything,
    /// These; with none of them, nothing.
    Tenants(BTreeSet<TenantSlug>),
}

impl Reach {
    pub fn of(tenants: impl IntoIterator<Item = TenantSlug>) -> Self {
        Self::Tenants(tenants.into_iter().collect())
    }

    pub fn is_everything(&self) -> bool {
        matches!(self, Self::Everything)
    }

    /// The tenants it is bound to. None: it is bound to none, and reaches everything.
    pub fn tenants(&self) -> Option<&BTreeSet<TenantSlug>> {
        match self {
            Self::Everything => None,
            Self::Tenants(tenants) => Some(tenants),
        }
    }

    /// Whether this tenant is within it.
    pub fn holds(&self, tenant: &str) -> bool {
        self.tenants().is_none_or(|tenants| tenants.contains(tenant))
    }

    /// Whether what belongs to this tenant (none: to all of them, or to none) is within it.
    pub fn owns(&self, tenant: Option<&str>) -> bool {
        match tenant {
            Some(tenant) => self.holds(tenant),
            None => self.is_everything(),
        }
    }

    /// Whether it may be seen from within: what belongs to this tenant, or (none) is the same for all of them, as a rule or a
    /// role of every tenant is.
    pub fn sees(&self, tenant: Option<&str>) -> bool {
        tenant.is_none_or(|tenant| self.holds(tenant))
    }

    /// What is within both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Everything, reach) | (reach, Self::Everything) => reach.clone(),
            (Self::Tenants(some), Self::Tenants(others)) => Self::of(some.intersection(others).cloned()),
        }
    }

    /// What is within either.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Tenants(some), Self::Tenants(others)) => Self::of(some.union(others).cloned()),
            (Self::Everything, _) | (_, Self::Everything) => Self::Everything,
        }
    }
}

/// A token is of one tenant, or of all of them.
impl From<Option<&TenantSlug>> for Reach {
    fn from(tenant: Option<&TenantSlug>) -> Self {
        tenant.map_or(Self::Everything, |tenant| Self::of([tenant.clone()]))
    }
}

/// "every tenant", "acme, globex".
impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everything => f.write_str("every tenant"),
            Self::Tenants(tenants) if tenants.is_empty() => f.write_str("no tenant"),
            Self::Tenants(tenants) => {
                let slugs: Vec<&str> = tenants.iter().map(TenantSlug::as_str).collect();
                f.write_str(&slugs.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(slugs: &[&str]) -> Reach {
        Reach::of(slugs.iter().map(|slug| TenantSlug::from(*slug)))
    }

    #[test]
    fn what_is_of_no_tenant_is_of_those_who_reach_everything() {
        for (reach, tenant, owned) in [
            (Reach::Everything, Some("acme"), true),
            (Reach::Everything, None, true),
            (of(&["acme"]), Some("acme"), true),
            (of(&["acme"]), Some("acm"), false),
            (of(&["acme"]), None, false),
            (of(&[]), Some("acme"), false),
            (of(&[]), None, false),
        ] {
            assert_eq!(reach.owns(tenant), owned, "{reach} {tenant:?}");
            assert_eq!(reach.sees(tenant), owned || tenant.is_none(), "{reach} {tenant:?}");
        }
        assert_eq!(Reach::from(None::<&TenantSlug>), Reach::Everything);
        assert_eq!(Reach::from(Some(&TenantSlug::from("acme"))), of(&["acme"]));
    }

    #[test]
    fn it_reads_as_it_is_written() {
        for (reach, words, json) in [
            (Reach::Everything, "every tenant", r#""everything""#),
            (of(&[]), "no tenant", r#"{"tenants":[]}"#),
            (of(&["globex", "acme"]), "acme, globex", r#"{"tenants":["acme","globex"]}"#),
        ] {
            assert_eq!(reach.to_string(), words);
            assert_eq!(serde_json::to_string(&reach).expect("writes"), json);
            assert_eq!(serde_json::from_str::<Reach>(json).expect("reads"), reach);
        }
        assert!(serde_json::from_str::<Reach>("null").is_err());
    }

    fn any_reach() -> impl Strategy<Value = Reach> {
        prop_oneof![
            Just(Reach::Everything),
            prop::collection::btree_set("[ab]{1,2}".prop_map(TenantSlug::new), 0..4).prop_map(Reach::Tenants),
        ]
    }

    proptest! {
        #[test]
        fn both_is_never_more_than_one_and_either_never_less(
            one in any_reach(), other in any_reach(), tenant in prop::option::of("[ab]{1,2}"),
        ) {
            let tenant = tenant.as_deref();
            prop_assert_eq!(one.and(&other).owns(tenant), one.owns(tenant) && other.owns(tenant));
            prop_assert_eq!(one.or(&other).owns(tenant), one.owns(tenant) || other.owns(tenant));
        }
    }
}
