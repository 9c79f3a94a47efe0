//! Looking for things in the store: bounded queries, each kind by the search of its own list.

use super::found::{Group, Hit, Kind};
use super::hit;
use super::query::SearchQuery;
use crate::pages::form::read::sees;
use crate::pages::resources::name::read_name;
use crate::pages::resources::query::ResourcesQuery;
use crate::session::SignedIn;
use policy::ids::check_slug;
use policy::{DecisionId, Reach, RuleId, ServerSlug, TaskId, TenantSlug, ToolId};
use std::collections::BTreeSet;
use store::administration::{Page, Resource, ResourceFilter, Role, StoredRule, Tenant, Tool};
use store::{Store, StoreError};

/// Rows read at once: one more than any page shows of a kind.
const READ: u64 = 21;
/// Pages of tools read at the most where those of one tenant are picked out.
const ROUNDS: usize = 20;

/// One search.
pub(super) struct Finder<'a> {
    pub(super) store: &'a Store,
    pub(super) reader: &'a SignedIn,
    /// How far the reader reaches: nothing else is found.
    pub(super) reach: &'a Reach,
    pub(super) query: &'a SearchQuery,
    /// Neither empty nor long, and without U+0000.
    pub(super) text: &'a str,
    pub(super) tenant: Option<&'a TenantSlug>,
    /// Hits of a kind.
    pub(super) most: usize,
}

impl Finder<'_> {
    fn may(&self, kind: Kind) -> bool {
        self.reader.may(kind.permission())
    }

    fn page(&self) -> Page<'_> {
        Page { search: Some(self.text), after: None, limit: READ }
    }

    /// What has this very id. The tenant does not matter: who has an id means that one thing.
    pub(super) async fn by_id(&self) -> Result<Vec<Group>, StoreError> {
        let Some(id) = whole_id(self.text) else {
            return Ok(Vec::new());
        };
        let mut groups = Vec::new();
        let mut add = |kind, hit| groups.push(Group { kind, hits: vec![hit], more: false, all: None });
        if self.may(Kind::Decision)
            && let Some(recorded) = self.store.get_decision(&DecisionId::new(id.as_str())).await?
            && self.reach.owns(recorded.row.tenant.as_deref())
        {
            add(Kind::Decision, hit::decision(recorded.row));
        }
        if self.may(Kind::Change)
            && let Some(found) = self.store.get_change(&id).await?
            && self.reach.owns(found.tenant.as_ref().map(TenantSlug::as_str))
        {
            add(Kind::Change, hit::change(&found));
        }
        if self.may(Kind::Tool)
            && let Some(found) = self.store.get_tool_by_id(&ToolId::new(id.as_str())).await?
        {
            add(Kind::Tool, hit::tool(found));
        }
        if self.may(Kind::Rule)
            && let Some(found) = self.store.get_rule(&RuleId::new(id.as_str())).await?
            && sees(self.reach, found.rule.tenant.as_ref())
        {
            add(Kind::Rule, hit::rule(found));
        }
        if self.may(Kind::Task)
            && let Some(found) = self.store.get_task(&TaskId::new(id.as_str())).await?
            && self.reach.holds(found.tenant.as_str())
        {
            add(Kind::Task, hit::task(found));
        }
        Ok(groups)
    }

    /// What holds the text.
    pub(super) async fn by_name(&self) -> Result<Vec<Group>, StoreError> {
        let mut groups = Vec::new();
        if self.tenant.is_some_and(|tenant| !self.reach.holds(tenant.as_str())) {
            return Ok(groups);
        }
        for kind in Kind::ALL.iter().copied().filter(|kind| self.may(*kind)) {
            let hits: Vec<Hit> = match kind {
                Kind::Decision | Kind::Change | Kind::Task => continue,
                Kind::Server => {
                    let found = self.store.list_servers(self.tenant, &self.page()).await?;
                    found.into_iter().map(hit::server).collect()
                }
                Kind::Tool => self.tools().await?.into_iter().map(hit::tool).collect(),
                Kind::Resource => self.resources().await?.into_iter().map(hit::resource).collect(),
                Kind::Subject => {
                    let found = match (self.tenant, self.reach.tenants()) {
                        (None, Some(own)) => self.store.list_subjects_of(own, &self.page()).await?,
                        _ => self.store.list_subjects(self.tenant, &self.page()).await?,
                    };
                    found.into_iter().map(hit::subject).collect()
                }
                Kind::Role => {
                    let found = self.store.list_roles(self.tenant).await?;
                    let found = found.into_iter().filter(|role| sees(self.reach, role.tenant.as_ref()));
                    found.filter(|role| role_holds(role, self.text)).map(hit::role).collect()
                }
                Kind::Rule => self.rules().await?.into_iter().map(hit::rule).collect(),
                Kind::Tenant => {
                    let found = self.store.list_tenants(&self.page()).await?;
                    let meant = |found: &Tenant| self.tenant.is_none_or(|chosen| found.slug == *chosen);
                    found.into_iter().filter(meant).map(hit::tenant).collect()
                }
                Kind::Key => {
                    let found = match self.tenant {
                        Some(tenant) => self.store.list_tenant_credentials(tenant, &self.page()).await?,
                        None => self.store.list_credentials(&self.page()).await?,
                    };
                    found.into_iter().map(hit::key).collect()
                }
            };
            groups.extend(self.group(kind, hits));
        }
        Ok(groups)
    }

    /// Rules that bind the tenant, or any of the reader's: their own, and those of every tenant.
    async fn rules(&self) -> Result<Vec<StoredRule>, StoreError> {
        let (None, Some(own)) = (self.tenant, self.reach.tenants()) else {
            return self.store.list_rules(self.tenant, &self.page()).await;
        };
        let mut found: Vec<StoredRule> = Vec::new();
        for tenant in own {
            for stored in self.store.list_rules(Some(tenant), &self.page()).await? {
                if !found.iter().any(|known| known.id == stored.id) {
                    found.push(stored);
                }
            }
        }
        Ok(found)
    }

    /// Tools whose name holds the text; `crm/ref` also means those of `crm` that hold `ref`.
    async fn tools(&self) -> Result<Vec<Tool>, StoreError> {
        let usable = match self.tenant {
            Some(tenant) => Some(self.servers_of(tenant).await?),
            None => None,
        };
        let in_reach = |server: &ServerSlug| usable.as_ref().is_none_or(|usable| usable.contains(server));
        let mut found: Vec<Tool> = Vec::new();
        if let Some((slug, name)) = self.text.split_once('/') {
            let server = ServerSlug::from(slug.trim());
            if check_slug(server.as_str()).is_ok() && in_reach(&server) {
                let page = Page { search: Some(name.trim()), after: None, limit: READ };
                found = self.store.list_tools(Some(&server), &page).await?;
            }
        }
        let mut after: Option<String> = None;
        for _ in 0..ROUNDS {
            let page = Page { after: after.as_deref(), ..self.page() };
            let read = self.store.list_tools(None, &page).await?;
            let last = read.last().map(Tool::cursor);
            let ends = (read.len() as u64) < READ;
            let known: BTreeSet<ToolId> = found.iter().map(|tool| tool.id.clone()).collect();
            found.extend(read.into_iter().filter(|tool| in_reach(&tool.server) && !known.contains(&tool.id)));
            if ends || found.len() > self.most {
                break;
            }
            after = last;
        }
        Ok(found)
    }

    /// Resources whose id begins with the text; `customer/c-4` also means those of that type that begin with `c-4`.
    async fn resources(&self) -> Result<Vec<Resource>, StoreError> {
        let mut found: Vec<Resource> = Vec::new();
        // One tenant after the other, so that each is the beginning of an index: nothing of the others is read.
        let tenants: Vec<Option<&TenantSlug>> = match (self.tenant, self.reach.tenants()) {
            (None, Some(own)) => own.iter().map(Some).collect(),
            (tenant, _) => vec![tenant],
        };
        for tenant in tenants {
            let filter = ResourceFilter { tenant, ..ResourceFilter::default() };
            if let Some((kind, id)) = read_name(self.text) {
                let page = Page { search: Some(id), after: None, limit: READ };
                let filter = ResourceFilter { kind: Some(kind), ..filter };
                found.extend(self.store.list_resources(filter, &page).await?);
            }
            for one in self.store.list_resources(filter, &self.page()).await? {
                if !found.iter().any(|known| known.kind == one.kind && known.id == one.id) {
                    found.push(one);
                }
            }
        }
        Ok(found)
    }

    async fn servers_of(&self, tenant: &TenantSlug) -> Result<BTreeSet<ServerSlug>, StoreError> {
        let servers = self.store.list_servers(Some(tenant), &Page::ALL).await?;
        Ok(servers.into_iter().map(|server| server.slug).collect())
    }

    /// The best of them; none where there are none.
    fn group(&self, kind: Kind, mut hits: Vec<Hit>) -> Option<Group> {
        hits.sort_by_key(|hit| distance(hit, self.text));
        let more = hits.len() > self.most;
        let all = if more { all(kind, &hits, self.query, self.text) } else { None };
        hits.truncate(self.most);
        (!hits.is_empty()).then_some(Group { kind, hits, more, all })
    }
}

/// The list of all of them. That of resources is searched by ids alone: where some are of the type that was named, it is
/// narrowed to that type.
fn all(kind: Kind, hits: &[Hit], query: &SearchQuery, text: &str) -> Option<String> {
    let named = read_name(text).filter(|(of, _)| hits.iter().any(|hit| hit.detail.as_deref() == Some(*of)));
    match (kind, named) {
        (Kind::Resource, Some((of, id))) => {
            let (of, id, tenant) = (Some(of.to_owned()), Some(id.to_owned()), query.tenant.clone());
            Some(ResourcesQuery { tenant, kind: of, search: id, ..ResourcesQuery::default() }.beyond(None))
        }
        _ => kind.all(query),
    }
}

/// An id as it is stored, of one that was written in another way: in capitals, without hyphens, as a URN.
fn whole_id(text: &str) -> Option<String> {
    uuid::Uuid::try_parse(text).ok().map(|id| id.hyphenated().to_string())
}

/// 0: it is called so. 1: its name begins so. 2: its name holds it. 3: something else of it does.
fn distance(hit: &Hit, text: &str) -> u8 {
    let text = text.to_ascii_lowercase();
    let of = |name: &str| {
        let name = name.to_ascii_lowercase();
        if name == text {
            0
        } else if name.starts_with(&text) {
            1
        } else if name.contains(&text) {
            2
        } else {
            3
        }
    };
    // A subject's id and a tenant's slug stand in the detail.
    hit.detail.as_deref().map_or(3, of).min(of(&hit.name))
}

fn role_holds(role: &Role, text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    [&role.name, &role.description].into_iter().any(|part| part.to_ascii_lowercase().contains(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_known_however_it_is_written() {
        let id = "019ab5c2-79b0-7cc3-98c4-dc0c0c07398f";
        for text in [
            id.to_owned(),
            id.to_uppercase(),
            id.replace('-', ""),
            format!("urn:uuid:{id}"),
            format!("{{{id}}}"),
        ] {
            assert_eq!(whole_id(&text).as_deref(), Some(id), "{text}");
        }
        for text in ["", "refund", "019ab5c2…07398f", "019ab5c2-79b0-7cc3-98c4-dc0c0c07398"] {
            assert_eq!(whole_id(text), None, "{text}");
        }
    }

    fn hit(name: &str, detail: Option<&str>) -> Hit {
        let detail = detail.map(ToOwned::to_owned);
        Hit { href: String::new(), name: name.to_owned(), detail, note: None }
    }

    #[test]
    fn all_resources_of_a_type_that_was_named_are_in_its_list() {
        let led = |text: &str, kind: &str| {
            let query = SearchQuery::new(text, Some("acme".to_owned()));
            all(Kind::Resource, &[hit("c-42", Some(kind))], &query, text)
        };
        let of_type = "/resources?tenant=acme&type=customer&q=c-4";
        assert_eq!(led("customer/c-4", "customer").as_deref(), Some(of_type));
        assert_eq!(led("c-4", "customer").as_deref(), Some("/resources?tenant=acme&q=c-4"));
        // The beginning of an id that holds the sign itself.
        assert_eq!(led("eu/c-4", "customer").as_deref(), Some("/resources?tenant=acme&q=eu%2Fc-4"));
    }

    #[test]
    fn what_is_called_so_comes_first() {
        let mut hits =
            [hit("Notes", None), hit("a crm", None), hit("crm-eu", None), hit("Sales", Some("CRM"))];
        hits.sort_by_key(|hit| distance(hit, "Crm"));
        assert_eq!(hits.map(|hit| hit.name), ["Sales", "crm-eu", "a crm", "Notes"]);
    }

    #[test]
    fn a_role_is_found_by_its_description() {
        let role = Role { description: "Counts the Beans".to_owned(), ..Role::new(None, "finance") };
        assert!(role_holds(&role, "beans") && role_holds(&role, "FIN"));
        assert!(!role_holds(&role, "support"));
    }
}
