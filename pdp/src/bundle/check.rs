//! What can be wrong with a bundle by itself, before any database is asked.

use super::apply::ApplyError;
use super::format::{Bundle, given};
use crate::address_guard::{AddressError, AddressGuard};
use policy::TenantSlug;
use std::collections::HashSet;

/// # Errors
/// Where a thing stands twice, the address of a server is none, or a bundle of one tenant speaks of another.
pub(super) fn check(bundle: &Bundle) -> Result<(), ApplyError> {
    twice(bundle)?;
    addresses(bundle)?;
    match &bundle.only_tenant {
        Some(only) => outside(bundle, only),
        None => Ok(()),
    }
}

/// What a thing with a tenant of its own, or with none, is called.
fn named(kind: &str, tenant: Option<&TenantSlug>, name: &str) -> String {
    match tenant {
        Some(tenant) => format!("{kind} `{name}` of tenant `{tenant}`"),
        None => format!("{kind} `{name}`"),
    }
}

/// A thing that is given twice would depend on the order within the file.
fn twice(bundle: &Bundle) -> Result<(), ApplyError> {
    let mut seen = HashSet::new();
    let mut once = |thing: String| {
        if seen.insert(thing.clone()) { Ok(()) } else { Err(ApplyError::Twice { thing }) }
    };
    for entry in given(&bundle.tenants) {
        once(format!("tenant `{}`", entry.slug))?;
    }
    for entry in given(&bundle.roles) {
        once(named("role", entry.tenant.as_ref(), &entry.name))?;
    }
    for entry in given(&bundle.issuers) {
        once(format!("issuer `{}`", entry.url))?;
    }
    for entry in given(&bundle.subjects) {
        once(format!("subject `{}`", entry.id))?;
        for membership in given(&entry.memberships) {
            once(format!("subject `{}`, tenant `{}`", entry.id, membership.tenant))?;
        }
        for key in given(&entry.api_keys) {
            once(format!("subject `{}`, key `{}`", entry.id, key.name))?;
        }
    }
    for entry in given(&bundle.servers) {
        once(format!("server `{}`", entry.slug))?;
        for tool in given(&entry.tools) {
            once(format!("tool `{}/{}`", entry.slug, tool.name))?;
        }
    }
    for entry in given(&bundle.resources) {
        once(format!("resource `{}:{}`", entry.kind, entry.id))?;
    }
    for rule in given(&bundle.rules) {
        once(named("rule", rule.tenant.as_ref(), &rule.name))?;
    }
    for entry in given(&bundle.credentials) {
        once(format!("credential `{}`", entry.name))?;
    }
    Ok(())
}

/// As the console takes them: a login in an address would be a secret that stands in lists, changes and exports. Whether the
/// address may be asked is told when it is.
fn addresses(bundle: &Bundle) -> Result<(), ApplyError> {
    for entry in given(&bundle.servers) {
        let Some(url) = &entry.url else { continue };
        match AddressGuard::default().check_url(url) {
            Ok(_) | Err(AddressError::Refused { .. }) => {}
            Err(why) => return Err(ApplyError::Address { thing: format!("server `{}`", entry.slug), why }),
        }
    }
    Ok(())
}

/// A bundle of one tenant says nothing of others.
fn outside(bundle: &Bundle, only: &TenantSlug) -> Result<(), ApplyError> {
    match tenants(bundle).into_iter().find(|(tenant, _)| *tenant != only) {
        Some((_, thing)) => Err(ApplyError::Outside { thing, only: only.clone() }),
        None => Ok(()),
    }
}

/// Every tenant that the bundle speaks of, each with what does.
pub(super) fn tenants(bundle: &Bundle) -> Vec<(&TenantSlug, String)> {
    let mut spoken_of = Vec::new();
    for entry in given(&bundle.tenants) {
        spoken_of.push((&entry.slug, format!("tenant `{}`", entry.slug)));
    }
    for entry in given(&bundle.roles) {
        spoken_of
            .extend(entry.tenant.as_ref().map(|tenant| (tenant, named("role", Some(tenant), &entry.name))));
    }
    for entry in given(&bundle.issuers) {
        let thing = format!("issuer `{}`", entry.url);
        spoken_of.extend(given(&entry.tenants).iter().map(|tenant| (tenant, thing.clone())));
        let mapped = given(&entry.role_mappings).iter().map(|mapping| &mapping.tenant);
        spoken_of.extend(mapped.map(|tenant| (tenant, thing.clone())));
    }
    for entry in given(&bundle.subjects) {
        let thing = format!("the membership of subject `{}`", entry.id);
        spoken_of.extend(given(&entry.memberships).iter().map(|member| (&member.tenant, thing.clone())));
    }
    for entry in given(&bundle.servers) {
        let thing = format!("server `{}`", entry.slug);
        spoken_of.extend(given(&entry.tenants).iter().map(|tenant| (tenant, thing.clone())));
    }
    for entry in given(&bundle.resources) {
        let thing = format!("resource `{}:{}`", entry.kind, entry.id);
        spoken_of.extend(entry.tenant.as_ref().map(|tenant| (tenant, thing)));
    }
    for rule in given(&bundle.rules) {
        spoken_of
            .extend(rule.tenant.as_ref().map(|tenant| (tenant, named("rule", Some(tenant), &rule.name))));
    }
    for entry in given(&bundle.credentials) {
        let thing = format!("credential `{}`", entry.name);
        spoken_of.extend(entry.tenant.as_ref().map(|tenant| (tenant, thing)));
    }
    spoken_of
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        check(&Bundle::parse(text).expect("reads")).expect_err(text).to_string()
    }

    #[test]
    fn what_stands_twice_is_named() {
        for (text, thing) in [
            ("tenants: [{slug: a}, {slug: a}]", "tenant `a`"),
            ("roles: [{name: r, tenant: a}, {name: r}, {name: r, tenant: a}]", "role `r` of tenant `a`"),
            ("issuers: [{url: u}, {url: u}]", "issuer `u`"),
            ("subjects: [{id: s}, {id: s}]", "subject `s`"),
            ("subjects: [{id: s, memberships: [{tenant: a}, {tenant: a}]}]", "subject `s`, tenant `a`"),
            ("subjects: [{id: s, api_keys: [{name: k}, {name: k}]}]", "subject `s`, key `k`"),
            ("servers: [{slug: m}, {slug: m}]", "server `m`"),
            ("servers: [{slug: m, tools: [{name: t}, {name: t}]}]", "tool `m/t`"),
            ("resources: [{type: c, id: a, tenant: b}, {type: c, id: a, tenant: d}]", "resource `c:a`"),
            (
                "rules: [{name: x, effect: deny, tools: ['*/*']}, {name: x, effect: allow, tools: ['*/*']}]",
                "rule `x`",
            ),
            ("credentials: [{name: c}, {name: c}]", "credential `c`"),
        ] {
            assert_eq!(refused(text), format!("{thing} is given twice"));
        }
        let apart = "roles: [{name: r}, {name: r, tenant: a}]\nsubjects: [{id: s, memberships: [{tenant: a}]}, {id: t, memberships: [{tenant: a}]}]";
        assert!(check(&Bundle::parse(apart).expect("reads")).is_ok());
    }

    #[test]
    fn the_address_of_a_server_is_one_and_holds_no_login() {
        let with = |url: &str| format!("servers: [{{slug: m, url: '{url}'}}]");
        for good in [
            "https://crm.example/mcp",
            "http://127.0.0.1:9000/mcp",
            "http://10.0.0.1",
            "http://[::1]:9/x?y=z",
        ] {
            assert!(check(&Bundle::parse(&with(good)).expect("reads")).is_ok(), "{good}");
        }
        for (bad, why) in [
            ("", "is not a URL"),
            ("crm", "is not a URL"),
            ("https://", "is not a URL"),
            ("ftp://crm.example", "`ftp` addresses are not fetched"),
            ("javascript:alert(1)", "`javascript` addresses are not fetched"),
            ("https://ann@crm.example/mcp", "must not hold a user name or a password"),
            ("https://ann:s3cret@crm.example/mcp", "must not hold a user name or a password"),
        ] {
            let error = refused(&with(bad));
            assert!(error.starts_with("server `m`: `url`: ") && error.contains(why), "{bad}: {error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn a_bundle_of_one_tenant_speaks_of_no_other() {
        for (text, thing) in [
            ("tenants: [{slug: b}]", "tenant `b`"),
            ("roles: [{name: r, tenant: b}]", "role `r` of tenant `b`"),
            ("issuers: [{url: u, tenants: [a, b]}]", "issuer `u`"),
            ("issuers: [{url: u, role_mappings: [{claim: c, value: v, role: r, tenant: b}]}]", "issuer `u`"),
            ("subjects: [{id: s, memberships: [{tenant: a}, {tenant: b}]}]", "the membership of subject `s`"),
            ("servers: [{slug: m, tenants: [a, b]}]", "server `m`"),
            ("rules: [{name: x, tenant: b, effect: deny, tools: ['*/*']}]", "rule `x` of tenant `b`"),
            ("resources: [{type: c, id: x, tenant: b}]", "resource `c:x`"),
            ("credentials: [{name: c, tenant: b}]", "credential `c`"),
        ] {
            assert!(check(&Bundle::parse(text).expect("reads")).is_ok(), "{text}");
            let error = refused(&format!("only_tenant: a\n{text}"));
            assert!(error.starts_with(thing) && error.contains("`only_tenant: a`"), "{error}");
        }
        let own = "only_tenant: a\ntenants: [{slug: a}]\nroles: [{name: r}, {name: q, tenant: a}]\nservers: [{slug: m, tenants: [a]}]";
        assert!(check(&Bundle::parse(own).expect("reads")).is_ok());
    }
}
