//! Removing what a bundle does not name. A list at the top that is not given prunes nothing; in a bundle of one tenant
//! only what is that tenant's own goes. What refers to others goes before them.

use super::apply::{About, ApplyError};
use super::check;
use super::format::{Bundle, given};
use crate::roles::{is_meant, names};
use policy::issuer::{Issuer, RoleMapping};
use policy::text::shown;
use policy::{CredentialId, RuleId, SubjectId, TenantSlug};
use std::collections::HashSet;
use std::fmt;
use std::hash::Hash;
use store::Writer;
use store::administration::{Everything, MOST_RESOURCES, Page, Resource, Role, Server, StoredRule};

/// Things of one kind that were removed, and what went along with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pruned {
    pub count: usize,
    /// One of them: `role`.
    pub what: &'static str,
    /// How many of what else; never none.
    pub along: Vec<(usize, &'static str)>,
}

impl fmt::Display for Pruned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted =
            |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        f.write_str(&counted(self.count, self.what))?;
        if self.along.is_empty() {
            return Ok(());
        }
        let along: Vec<String> = self.along.iter().map(|(count, what)| counted(*count, what)).collect();
        write!(f, " (with {})", along.join(", "))
    }
}

/// What is to be removed, found before anything is written.
#[derive(Debug)]
pub(super) struct Prune {
    rules: Vec<RuleId>,
    credentials: Vec<CredentialId>,
    subjects: Vec<SubjectId>,
    /// In a bundle of one tenant: whose membership in it ends.
    members: Vec<(SubjectId, TenantSlug)>,
    roles: Vec<Role>,
    issuers: Vec<Issuer>,
    servers: Vec<Server>,
    resources: Vec<Resource>,
    /// In a bundle of one tenant: issuers and servers as they are without it.
    left_issuers: Vec<Issuer>,
    left: Vec<Server>,
    tenants: Vec<TenantSlug>,
    pruned: Vec<Pruned>,
}

/// A role or a rule: its tenant and its name.
type Named<'a> = (Option<&'a TenantSlug>, &'a str);

/// What of `stored` is not in a list that is given.
fn unnamed<'a, T, K: Eq + Hash>(
    stored: &'a [T],
    named: Option<HashSet<K>>,
    key: impl Fn(&'a T) -> K,
) -> Vec<&'a T> {
    match named {
        Some(named) => stored.iter().filter(|&thing| !named.contains(&key(thing))).collect(),
        None => Vec::new(),
    }
}

/// The keys of a list that is given.
fn keys<'a, T, K: Eq + Hash>(list: &'a Option<Vec<T>>, key: impl Fn(&'a T) -> K) -> Option<HashSet<K>> {
    list.as_ref().map(|entries| entries.iter().map(key).collect())
}

impl Prune {
    /// # Errors
    /// When the bundle names nothing at all, or a tenant that it would remove.
    pub(super) fn of(stored: &Everything, bundle: &Bundle) -> Result<Self, ApplyError> {
        if names_nothing(bundle) {
            return Err(ApplyError::NothingNamed);
        }
        let only = bundle.only_tenant.as_ref();
        let own = |tenant: Option<&TenantSlug>| only.is_none() || tenant == only;

        let mut rules = unnamed(
            &stored.rules,
            keys(&bundle.rules, |rule| (rule.tenant.as_ref(), rule.name.as_str())),
            |stored| (stored.rule.tenant.as_ref(), stored.rule.name.as_str()),
        );
        rules.retain(|stored| own(stored.rule.tenant.as_ref()));
        let mut credentials = unnamed(
            &stored.credentials,
            keys(&bundle.credentials, |entry| entry.name.as_str()),
            |credential| credential.name.as_str(),
        );
        credentials.retain(|credential| own(credential.tenant.as_ref()));
        let mut roles = unnamed(
            &stored.roles,
            keys(&bundle.roles, |entry| (entry.tenant.as_ref(), entry.name.as_str())),
            |role| (role.tenant.as_ref(), role.name.as_str()),
        );
        roles.retain(|role| own(role.tenant.as_ref()));
        let issuers = unnamed(&stored.issuers, keys(&bundle.issuers, |entry| entry.url.as_str()), |stored| {
            stored.issuer.url.as_str()
        });
        let subjects =
            unnamed(&stored.subjects, keys(&bundle.subjects, |entry| &entry.id), |subject| &subject.id);
        let servers =
            unnamed(&stored.servers, keys(&bundle.servers, |entry| &entry.slug), |server| &server.slug);
        let mut resources = match (&stored.resources, &bundle.resources) {
            (_, None) => Vec::new(),
            (None, Some(_)) => return Err(ApplyError::ManyResources { most: MOST_RESOURCES }),
            (Some(stored), Some(_)) => unnamed(
                stored,
                keys(&bundle.resources, |entry| (entry.kind.as_str(), entry.id.as_str())),
                |resource| (resource.kind.as_str(), resource.id.as_str()),
            ),
        };
        resources.retain(|resource| own(Some(&resource.tenant)));
        let mut tenants =
            unnamed(&stored.tenants, keys(&bundle.tenants, |entry| &entry.slug), |tenant| &tenant.slug);
        tenants.retain(|_| only.is_none());
        if let Some((tenant, thing)) = check::tenants(bundle)
            .into_iter()
            .find(|(tenant, _)| tenants.iter().any(|doomed| doomed.slug == **tenant))
        {
            return Err(ApplyError::TenantNeeded { tenant: tenant.clone(), thing });
        }

        let mut prune = Self {
            rules: rules.iter().map(|stored| stored.id.clone()).collect(),
            credentials: credentials.iter().map(|credential| credential.id.clone()).collect(),
            subjects: subjects.iter().map(|subject| subject.id.clone()).collect(),
            members: Vec::new(),
            roles: roles.into_iter().cloned().collect(),
            issuers: issuers.into_iter().map(|stored| stored.issuer.clone()).collect(),
            servers: servers.into_iter().cloned().collect(),
            resources: resources.into_iter().cloned().collect(),
            left_issuers: Vec::new(),
            left: Vec::new(),
            tenants: tenants.iter().map(|tenant| tenant.slug.clone()).collect(),
            pruned: Vec::new(),
        };
        if let Some(only) = only {
            prune.leave(stored, only);
        }
        prune.pruned = prune.counted(stored);
        Ok(prune)
    }

    /// What others share with the one tenant stays, and is its own no longer.
    fn leave(&mut self, stored: &Everything, only: &TenantSlug) {
        let subjects: HashSet<SubjectId> = std::mem::take(&mut self.subjects).into_iter().collect();
        self.members = stored
            .memberships
            .iter()
            .filter(|member| member.tenant == *only && subjects.contains(&member.subject))
            .map(|member| (member.subject.clone(), only.clone()))
            .collect();
        self.left_issuers = std::mem::take(&mut self.issuers);
        self.left_issuers.retain(|issuer| issuer.tenants.contains(only));
        for issuer in &mut self.left_issuers {
            issuer.tenants.retain(|tenant| tenant != only);
        }
        self.left = std::mem::take(&mut self.servers);
        self.left.retain(|server| server.tenants.contains(only));
        for server in &mut self.left {
            server.tenants.retain(|tenant| tenant != only);
        }
    }

    /// The consequence in numbers.
    fn counted(&self, stored: &Everything) -> Vec<Pruned> {
        let rules: HashSet<&RuleId> = self.rules.iter().collect();
        let credentials: HashSet<&CredentialId> = self.credentials.iter().collect();
        let subjects: HashSet<&SubjectId> = self.subjects.iter().collect();
        let servers: HashSet<&str> = self.servers.iter().map(|server| server.slug.as_str()).collect();
        let tenants: HashSet<&TenantSlug> = self.tenants.iter().collect();
        let roles: HashSet<Named<'_>> =
            self.roles.iter().map(|role| (role.tenant.as_ref(), role.name.as_str())).collect();
        let is_role = |tenant: Option<&TenantSlug>, name: &str| roles.contains(&(tenant, name));
        let in_tenant = |tenant: Option<&TenantSlug>| tenant.is_some_and(|tenant| tenants.contains(tenant));

        let keys = stored.credential_keys.iter().filter(|key| credentials.contains(&key.credential)).count();
        let tools = stored.tools.iter().filter(|tool| servers.contains(tool.server.as_str())).count();
        let of_subjects =
            stored.memberships.iter().filter(|member| subjects.contains(&member.subject)).count();
        let api_keys = stored.api_keys.iter().filter(|key| subjects.contains(&key.subject)).count();
        let holds = |tenant: &TenantSlug, name: &str| is_role(None, name) || is_role(Some(tenant), name);
        let holders = stored
            .memberships
            .iter()
            .filter(|member| member.roles.iter().any(|name| holds(&member.tenant, name)))
            .count();
        let members = stored
            .memberships
            .iter()
            .filter(|member| in_tenant(Some(&member.tenant)) && !subjects.contains(&member.subject))
            .count();
        let tenant_roles = stored
            .roles
            .iter()
            .filter(|role| in_tenant(role.tenant.as_ref()) && !is_role(role.tenant.as_ref(), &role.name))
            .count();
        let tenant_rules = stored
            .rules
            .iter()
            .filter(|stored| in_tenant(stored.rule.tenant.as_ref()) && !rules.contains(&stored.id))
            .count();

        let tenant_resources = stored
            .resources
            .iter()
            .flatten()
            .filter(|resource| in_tenant(Some(&resource.tenant)) && !self.resources.contains(resource))
            .count();

        let mut pruned = Vec::new();
        let mut tell = |count: usize, what: &'static str, along: &[(usize, &'static str)]| {
            if count > 0 {
                let along = along.iter().copied().filter(|(count, _)| *count > 0).collect();
                pruned.push(Pruned { count, what, along });
            }
        };
        tell(self.rules.len(), "rule", &[]);
        tell(self.credentials.len(), "credential", &[(keys, "key")]);
        tell(self.members.len(), "membership", &[]);
        tell(self.subjects.len(), "subject", &[(of_subjects, "membership"), (api_keys, "key")]);
        tell(self.roles.len(), "role", &[(holders, "holder")]);
        tell(self.left_issuers.len(), "issuer use", &[]);
        tell(self.issuers.len(), "issuer", &[]);
        tell(self.left.len(), "server use", &[]);
        tell(self.servers.len(), "server", &[(tools, "tool")]);
        tell(self.resources.len(), "resource", &[]);
        let of_tenants = [
            (members, "membership"),
            (tenant_roles, "role"),
            (tenant_rules, "rule"),
            (tenant_resources, "resource"),
        ];
        tell(self.tenants.len(), "tenant", &of_tenants);
        pruned
    }

    /// Removes what nothing holds on to. It goes first, so that the bundle may give its names, identities and secrets
    /// to others.
    pub(super) async fn before(&self, writer: &mut Writer) -> Result<(), ApplyError> {
        for id in &self.rules {
            writer.delete_rule(id).await.about("prune")?;
        }
        for id in &self.credentials {
            writer.delete_credential(id).await.about("prune")?;
        }
        for (subject, tenant) in &self.members {
            writer.delete_membership(subject, tenant).await.about("prune")?;
        }
        for id in &self.subjects {
            writer.delete_subject(id).await.about("prune")?;
        }
        for role in &self.roles {
            writer.delete_role(role.tenant.as_ref(), &role.name).await.about("prune")?;
        }
        Ok(())
    }

    /// Removes what the bundle may just have freed: a credential that is bound elsewhere now.
    ///
    /// # Errors
    /// When something that stays still needs what would be removed.
    pub(super) async fn after(self, writer: &mut Writer) -> Result<Vec<Pruned>, ApplyError> {
        for issuer in &self.left_issuers {
            writer.put_issuer(issuer).await.about("prune")?;
        }
        for issuer in &self.issuers {
            writer.delete_issuer(&issuer.url).await.about("prune")?;
        }
        for server in &self.left {
            writer.put_server(server).await.about("prune")?;
        }
        for server in &self.servers {
            writer.delete_server(&server.slug).await.about("prune")?;
        }
        for resource in &self.resources {
            writer.delete_resource(&resource.kind, &resource.id).await.about("prune")?;
        }
        for slug in &self.tenants {
            writer.delete_tenant(slug).await.about("prune")?;
        }
        if !self.roles.is_empty() {
            self.roles_are_not_missed(writer).await?;
        }
        Ok(self.pruned)
    }

    /// A rule that asks for a role that is gone would restrict nobody any more, and say so to nobody; nor would a claim that stands
    /// for it make anybody hold it. Another role of that name may be meant instead, and in a tenant that is gone nothing is.
    async fn roles_are_not_missed(&self, writer: &mut Writer) -> Result<(), ApplyError> {
        let roles = writer.list_roles(None).await?;
        let rules = writer.list_rules(None, &Page::ALL).await?;
        // Those that are switched off too: they may be on again.
        let issuers = writer.list_issuers(&Page::ALL).await?;
        for gone in &self.roles {
            let missed = |rule: &StoredRule| {
                names(rule, gone) && !roles.iter().any(|role| role.name == gone.name && names(rule, role))
            };
            if let Some(stored) = rules.iter().find(|stored| missed(stored)) {
                let rule = stored.rule.name.clone();
                return Err(ApplyError::RoleNeeded { role: gone.name.clone(), rule });
            }
            let missed = |mapping: &RoleMapping| {
                is_meant(mapping, gone)
                    && !self.tenants.contains(&mapping.tenant)
                    && !roles.iter().any(|role| is_meant(mapping, role))
            };
            if let Some(stored) = issuers.iter().find(|stored| stored.issuer.role_mappings.iter().any(missed))
            {
                let issuer = shown(&stored.issuer.url, 200);
                return Err(ApplyError::RoleMapped { role: gone.name.clone(), issuer });
            }
        }
        Ok(())
    }
}

fn names_nothing(bundle: &Bundle) -> bool {
    given(&bundle.tenants).is_empty()
        && given(&bundle.roles).is_empty()
        && given(&bundle.issuers).is_empty()
        && given(&bundle.subjects).is_empty()
        && given(&bundle.servers).is_empty()
        && given(&bundle.resources).is_empty()
        && given(&bundle.rules).is_empty()
        && given(&bundle.credentials).is_empty()
}
