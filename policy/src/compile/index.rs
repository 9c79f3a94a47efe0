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
    /// By the tool's name alone, where it is exact and the server is not (`*/delete`).
    names: HashMap<String, Vec<Arc<CompiledRule>>>,
    wild: Vec<Arc<CompiledRule>>,
    general: GeneralIndex,
}

/// Rules of the general form by the type and id they name exactly.
#[derive(Debug, Default)]
struct GeneralIndex {
    kinds: HashMap<String, PerServer>,
    wild: Vec<Arc<CompiledRule>>,
}

impl RuleIndex {
    pub(crate) fn new(rules: &[Arc<CompiledRule>]) -> Self {
        let mut index = Self::default();
        for rule in rules {
            index.general.add(rule);
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
                    (None, Some(name)) => index.names.entry(name.to_owned()).or_default(),
                    (None, None) => &mut index.wild,
                };
                push_once(list, rule);
            }
        }
        index
    }

    /// Every rule whose patterns match, each once, in the order of their ids: the order of writing changes nothing.
    pub(crate) fn matching(&self, server: &str, tool: &str) -> Vec<&CompiledRule> {
        let per_server = self.servers.get(server);
        let exact = per_server.and_then(|s| s.exact.get(tool)).into_iter().flatten();
        let by_name = self.names.get(tool).into_iter().flatten();
        let wild = per_server.map(|s| &s.wild).into_iter().flatten().chain(by_name).chain(&self.wild);
        let matches = |rule: &&Arc<CompiledRule>| rule.rule.tools.iter().any(|p| p.matches(server, tool));
        in_order(exact.chain(wild.filter(matches)).map(Arc::as_ref).collect())
    }

    /// Every rule of the general form that is about this, each once, in the order of their ids.
    pub(crate) fn about(&self, action: &str, kind: &str, id: &str) -> Vec<&CompiledRule> {
        let per_kind = self.general.kinds.get(kind);
        let exact = per_kind.and_then(|k| k.exact.get(id)).into_iter().flatten();
        let wild = per_kind.map(|k| &k.wild).into_iter().flatten().chain(&self.general.wild);
        let matches = |rule: &&Arc<CompiledRule>| {
            rule.rule.resources.iter().any(|p| p.matches(kind, id))
                && rule.rule.actions.iter().any(|p| p.matches(action))
        };
        in_order(exact.chain(wild).filter(matches).map(Arc::as_ref).collect())
    }
}

impl GeneralIndex {
    fn add(&mut self, rule: &Arc<CompiledRule>) {
        for pattern in &rule.rule.resources {
            let list = match (pattern.exact_kind(), pattern.exact_id()) {
                (Some(kind), Some(id)) => {
                    self.kinds.entry(kind.to_owned()).or_default().exact.entry(id.to_owned()).or_default()
                }
                (Some(kind), None) => &mut self.kinds.entry(kind.to_owned()).or_default().wild,
                (None, _) => &mut self.wild,
            };
            push_once(list, rule);
        }
    }
}

/// A rule may name the same thing in several patterns of one list.
fn push_once(list: &mut Vec<Arc<CompiledRule>>, rule: &Arc<CompiledRule>) {
    if !list.last().is_some_and(|last| Arc::ptr_eq(last, rule)) {
        list.push(rule.clone());
    }
}

fn in_order(mut rules: Vec<&CompiledRule>) -> Vec<&CompiledRule> {
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    rules.dedup_by(|a, b| a.id == b.id);
    rules
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::RuleSource;
    use crate::ids::RuleId;
    use serde_json::json;

    #[test]
    fn each_rule_whose_patterns_match_once_and_in_order() {
        let patterns = [
            vec!["crm/refund"],
            vec!["crm/*"],
            vec!["*/refund"],
            vec!["*/*"],
            vec!["c*/refund", "crm/refund", "*/re*"],
            vec!["erp/refund"],
            vec!["erp/*", "crm/ref"],
            vec!["e*/refund"],
            vec!["*/ref"],
        ];
        let rules: Vec<Arc<CompiledRule>> = patterns
            .iter()
            .enumerate()
            .map(|(index, tools)| {
                let rule = json!({"name": "x", "effect": "deny", "tools": tools});
                let rule = serde_json::from_value(rule).expect("a rule");
                let id = RuleId::new(format!("r{index}"));
                Arc::new(CompiledRule::compile_or_break(&RuleSource { id, version: 1, rule }))
            })
            .collect();
        for (server, tool, expected) in [
            ("crm", "refund", &["r0", "r1", "r2", "r3", "r4"][..]),
            ("crm", "other", &["r1", "r3"]),
            ("erp", "refund", &["r2", "r3", "r4", "r5", "r6", "r7"]),
            ("files", "ref", &["r3", "r4", "r8"]),
        ] {
            for turned in 0..rules.len() {
                let mut rules = rules.clone();
                rules.rotate_left(turned);
                let index = RuleIndex::new(&rules);
                let found: Vec<&str> =
                    index.matching(server, tool).into_iter().map(|rule| rule.id.as_str()).collect();
                assert_eq!(found, expected, "{server}/{tool}");
            }
        }
    }

    #[test]
    fn each_rule_of_the_general_form_that_is_about_it() {
        let rules: Vec<Arc<CompiledRule>> = [
            json!({"name": "x", "effect": "deny", "actions": ["read"], "resources": ["record:1"]}),
            json!({"name": "x", "effect": "deny", "actions": ["re*", "write"], "resources": ["record:1", "record:*"]}),
            json!({"name": "x", "effect": "deny", "actions": ["*"], "resources": ["*:1"]}),
            json!({"name": "x", "effect": "deny", "actions": ["*"], "resources": ["other:*"]}),
            json!({"name": "x", "effect": "deny", "tools": ["*/*"]}),
        ]
        .into_iter()
        .enumerate()
        .map(|(index, rule)| {
            let rule = serde_json::from_value(rule).expect("a rule");
            let id = RuleId::new(format!("r{index}"));
            Arc::new(CompiledRule::compile_or_break(&RuleSource { id, version: 1, rule }))
        })
        .collect();
        let index = RuleIndex::new(&rules);
        for (action, kind, id, expected) in [
            ("read", "record", "1", &["r0", "r1", "r2"][..]),
            ("write", "record", "1", &["r1", "r2"]),
            ("write", "record", "2", &["r1"]),
            ("delete", "record", "2", &[]),
            ("x", "other", "1", &["r2", "r3"]),
            ("x", "third", "2", &[]),
        ] {
            let found: Vec<&str> =
                index.about(action, kind, id).into_iter().map(|rule| rule.id.as_str()).collect();
            assert_eq!(found, expected, "{action} {kind}:{id}");
        }
        assert_eq!(index.matching("record", "1").len(), 1);
    }
}
