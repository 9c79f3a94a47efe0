//! What a search for resources or actions has to look at. Nothing that an evaluation could allow is missing, but what a
//! rule names by a pattern alone and nobody registered: there is no end of those.

use policy::Call;
use policy::call::{SERVER_METHODS, TOOLS_CALL};
use policy::compile::PolicySet;
use policy::facts::Facts;
use policy::general::{ActionPattern, is_reserved};
use std::collections::BTreeSet;
use store::administration::{Page, ResourceFilter};
use store::{Store, StoreError};

/// Some of the candidates, in the order of their ids.
pub(super) struct Part {
    pub(super) ids: Vec<String>,
    /// Whether there are more behind the last of them.
    pub(super) more: bool,
}

pub(super) struct Candidates<'a> {
    pub(super) store: &'a Store,
    pub(super) set: &'a PolicySet,
    pub(super) facts: &'a Facts,
    pub(super) call: &'a Call,
}

impl Candidates<'_> {
    /// Actions on a resource of the type of the call's.
    pub(super) fn actions(&self, after: Option<&str>, limit: usize) -> Part {
        let actions: BTreeSet<&str> = match self.call.resource.kind.as_str() {
            "tool" => [TOOLS_CALL].into(),
            "mcp_server" => SERVER_METHODS.iter().copied().collect(),
            kind if is_reserved(kind) || self.facts.credential.server.is_some() => BTreeSet::new(),
            // Whatever those rules are about: another one may allow the same action by a pattern.
            _ => {
                let rules = self.set.rules().map(|compiled| &compiled.rule);
                rules.flat_map(|rule| &rule.actions).filter_map(ActionPattern::exact).collect()
            }
        };
        cut(actions.into_iter(), after, limit)
    }

    /// Resources of the type of the call's.
    pub(super) async fn resources(&self, after: Option<&str>, limit: usize) -> Result<Part, StoreError> {
        let bound = self.facts.credential.server.as_ref();
        let servers =
            || self.set.servers().filter(move |server| bound.is_none_or(|bound| *bound == server.slug));
        match self.call.resource.kind.as_str() {
            "tool" => {
                let ids: BTreeSet<String> = servers()
                    .flat_map(|server| server.tools().map(move |tool| (server, &tool.source.name)))
                    .map(|(server, name)| match bound {
                        // A key of one server names a tool by its name alone.
                        Some(_) => name.clone(),
                        None => format!("{}/{name}", server.slug),
                    })
                    .collect();
                Ok(cut(ids.iter().map(String::as_str), after, limit))
            }
            "mcp_server" => {
                let ids: BTreeSet<&str> = servers().map(|server| server.slug.as_str()).collect();
                Ok(cut(ids.into_iter(), after, limit))
            }
            kind if is_reserved(kind) || bound.is_some() => Ok(Part { ids: Vec::new(), more: false }),
            kind => self.business(kind, after, limit).await,
        }
    }

    /// Registered resources of the tenant, and ids that rules name literally.
    async fn business(&self, kind: &str, after: Option<&str>, limit: usize) -> Result<Part, StoreError> {
        let tenant = Some(&self.set.tenant.slug);
        let filter = ResourceFilter { tenant, kind: Some(kind), ..ResourceFilter::default() };
        let cursor = after.map(|after| format!("{kind}\n{after}"));
        let most = u64::try_from(limit).unwrap_or(u64::MAX);
        let page = Page { search: None, after: cursor.as_deref(), limit: most };
        let registered = self.store.list_resources(filter, &page).await?;
        let more = registered.len() >= limit;
        let last = registered.last().filter(|_| more).map(|resource| resource.id.clone());
        let mut ids: BTreeSet<String> = registered.into_iter().map(|resource| resource.id).collect();
        // No further than the registered ones were read, so that none is passed over.
        let within = |id: &&str| {
            after.is_none_or(|after| *id > after) && last.as_deref().is_none_or(|last| *id <= last)
        };
        ids.extend(self.literal(kind).filter(within).map(str::to_owned));
        Ok(Part { ids: ids.into_iter().collect(), more })
    }

    fn literal(&self, kind: &str) -> impl Iterator<Item = &str> {
        let patterns = self.set.rules().flat_map(|compiled| &compiled.rule.resources);
        patterns.filter_map(move |pattern| pattern.exact_id().filter(|id| pattern.matches(kind, id)))
    }
}

/// Some of a whole list that is in order.
fn cut<'a>(all: impl Iterator<Item = &'a str>, after: Option<&str>, limit: usize) -> Part {
    let mut rest = all.filter(|id| after.is_none_or(|after| *id > after));
    let ids: Vec<String> = rest.by_ref().take(limit).map(str::to_owned).collect();
    Part { ids, more: rest.next().is_some() }
}
