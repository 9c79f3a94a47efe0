//! Which rules could match a tool, without looking at those that could not.

use super::rule::CompiledRule;
use std::collections::HashMap;
use std::sync::Arc;

#[derive(Debug, Default)]
struct PerServer {
    exact: HashMap<String, Vec<Arc<CompiledRule>>>,
    wild: Vec<Arc<CompiledRule>>,
}

/// Rules by the server and tool they name exactly; those with `*` wait in lists of their own.
#[derive(Debug, Default)]
pub(crate) struct RuleIndex {
    servers: HashMap<String, PerServer>,
    wild: Vec<Arc<CompiledRule>>,
}

impl RuleIndex {
    pub(crate) fn new(rules: &[Arc<CompiledRule>]) -> Self {
        let mut index = Self::default();
        for rule in rules {
            for pattern in &rule.rule.tools {
                let list = match (pattern.exact_server(), pattern.exact_name()) {
                    (Some(server), Some(name)) => index
                        .servers
                        .entry(server.to_owned())
                        .or_default()
                        .exact
                        .entry(name.to_owned())
                        .or_default(),
                    (Some(server), None) => &mut index.servers.entry(server.to_owned()).or_default().wild,
                    (None, _) => &mut index.wild,
                };
                // A rule may name the same tool in several patterns of one list.
                if !list.last().is_some_and(|last| Arc::ptr_eq(last, rule)) {
                    list.push(rule.clone());
                }
            }
        }
        index
    }

    /// Every rule whose patterns match, each once, in the order of their ids: the order of writing changes nothing.
    pub(crate) fn matching(&self, server: &str, tool: &str) -> Vec<&CompiledRule> {
        let per_server = self.servers.get(server);
        let exact = per_server.and_then(|s| s.exact.get(tool)).into_iter().flatten();
        let wild = per_server.map(|s| &s.wild).into_iter().flatten().chain(&self.wild);
        let matches = |rule: &&Arc<CompiledRule>| rule.rule.tools.iter().any(|p| p.matches(server, tool));
        let mut rules: Vec<&CompiledRule> = exact.chain(wild.filter(matches)).map(Arc::as_ref).collect();
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        rules.dedup_by(|a, b| a.id == b.id);
        rules
    }
}
