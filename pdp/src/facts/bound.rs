//! What a call's read takes along besides its caller: the registered resources that its arguments name, and what was
//! asked of it for approval.
//!
//! Which arguments name any, the compiled policy says, and which policy counts is known only after the read. So each
//! call asks for what the bindings and the mapping named that its key and tool had last time; what counts is then held
//! against the policy that was found. Only where something was not asked for, the state is read once more. Approvals
//! likewise: they are read for what needed one of late. A wrong guess costs a round and never a wrong answer.

use crate::policies::lock;
use lru::LruCache;
use policy::call::Target;
use policy::compile::{CompiledTool, Naming, PolicySet};
use policy::evaluate::resources_of;
use policy::facts::{BoundFact, Facts};
use policy::{Call, ResourceRef};
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use store::LiveResource;

const MOST: NonZeroUsize = NonZeroUsize::new(16_384).unwrap();

/// After so many calls in a row that needed no approval, what once needed one is no longer taken to.
const IN_VAIN: u8 = 64;

/// By the digest of the enforcement key and the tool as it is named under it.
#[derive(Debug)]
pub(crate) struct Guesses {
    /// What names resources.
    names: Mutex<LruCache<String, Naming>>,
    /// What needed an approval, and how many calls were asked about since it last did.
    asks: Mutex<LruCache<String, u8>>,
}

impl Default for Guesses {
    fn default() -> Self {
        Self { names: Mutex::new(LruCache::new(MOST)), asks: Mutex::new(LruCache::new(MOST)) }
    }
}

/// No digest holds a line feed.
fn key(credential: &str, call: &Call) -> String {
    format!("{credential}\n{}", call.resource.id)
}

impl Guesses {
    /// What to ask for, before anything is known of the caller.
    pub(crate) fn guess(&self, credential: &str, call: &Call) -> Vec<ResourceRef> {
        if call.target(None) == Target::Resource {
            return vec![call.resource.clone()];
        }
        let Some(arguments) = call.arguments.known() else { return Vec::new() };
        let naming = lock(&self.names).get(&key(credential, call)).cloned();
        let Some(naming) = naming else { return Vec::new() };
        // A library evaluates what the tool's server wrote; a panic in it is no guess.
        let guessed = catch_unwind(AssertUnwindSafe(|| naming.resources(arguments))).unwrap_or_default();
        each_once(guessed.into_iter())
    }

    /// Whether approvals are to be read along.
    pub(crate) fn asks(&self, credential: &str, call: &Call) -> bool {
        let mut asks = lock(&self.asks);
        if asks.is_empty() {
            return false;
        }
        let key = key(credential, call);
        let Some(since) = asks.get_mut(&key) else { return false };
        *since += 1;
        if *since <= IN_VAIN {
            return true;
        }
        asks.pop(&key);
        false
    }

    /// Remembers that this needs an approval.
    pub(crate) fn learn_asks(&self, credential: &str, call: &Call) {
        lock(&self.asks).put(key(credential, call), 0);
    }

    /// Remembers what the tool binds, and what its mapping names, now.
    pub(crate) fn learn(&self, credential: &str, call: &Call, tool: Option<&CompiledTool>) {
        let key = key(credential, call);
        match tool.and_then(CompiledTool::naming) {
            Some(naming) => {
                lock(&self.names).put(key, naming);
            }
            None => {
                lock(&self.names).pop(&key);
            }
        }
    }
}

/// In their order.
fn each_once(resources: impl Iterator<Item = ResourceRef>) -> Vec<ResourceRef> {
    let mut once: Vec<ResourceRef> = Vec::new();
    for resource in resources {
        if !once.contains(&resource) {
            once.push(resource);
        }
    }
    once
}

/// What was asked for, with what is registered of it. Where it is named in the arguments, [`settle`] says.
pub(crate) fn read(asked: &[ResourceRef], mut found: Vec<LiveResource>) -> Vec<BoundFact> {
    let mut facts = Vec::with_capacity(asked.len());
    for resource in asked {
        let place = found.iter().position(|one| one.resource == *resource);
        facts.push(BoundFact {
            at: String::new(),
            kind: resource.kind.clone(),
            id: resource.id.clone(),
            resource: place.map(|place| found.swap_remove(place).facts),
        });
    }
    facts
}

/// Brings the facts to exactly what the arguments name by the policy that was found, each at its place.
///
/// # Errors
/// What has to be read, where something was not. The facts are incomplete then, and decide nothing.
pub(crate) fn settle(facts: &mut Facts, set: &PolicySet, call: &Call) -> Result<(), Vec<ResourceRef>> {
    // A panic names nothing, and then what is decided denies.
    let named = catch_unwind(AssertUnwindSafe(|| resources_of(set, facts, call))).unwrap_or_default();
    let read = std::mem::take(&mut facts.bound);
    let mut bound = Vec::with_capacity(named.len());
    for one in &named {
        let same = |fact: &&BoundFact| fact.id == one.resource.id && fact.kind == one.resource.kind;
        match read.iter().find(same) {
            Some(fact) => bound.push(BoundFact { at: one.at.clone(), ..fact.clone() }),
            None => return Err(each_once(named.iter().map(|one| one.resource.clone()))),
        }
    }
    facts.bound = bound;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::arguments::Arguments;
    use policy::facts::ResourceFacts;
    use policy::{Sensitivity, TenantSlug};
    use serde_json::{Map, json};

    fn resource(id: &str) -> ResourceRef {
        ResourceRef { kind: "customer".into(), id: id.into() }
    }

    #[test]
    fn what_is_not_found_is_a_fact_as_well() {
        let facts = ResourceFacts {
            tenant: TenantSlug::from("acme"),
            sensitivity: Sensitivity::Internal,
            attributes: Map::new(),
        };
        let found = vec![LiveResource { resource: resource("b"), facts: facts.clone() }];
        let read = read(&[resource("a"), resource("b")], found);
        assert_eq!(read.iter().map(|fact| fact.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!((read[0].resource.as_ref(), read[1].resource.as_ref()), (None, Some(&facts)));
    }

    #[test]
    fn what_needs_no_approval_any_more_is_forgotten() {
        let call = |id: &str| Call {
            action: "tools/call".to_owned(),
            resource: ResourceRef { kind: "tool".to_owned(), id: id.to_owned() },
            arguments: Arguments::from_value(json!({})),
            context: Map::new(),
            tenant: None,
        };
        let (refund, note) = (call("refund"), call("add_note"));
        let guesses = Guesses::default();
        assert!(!guesses.asks("key", &refund));
        guesses.learn_asks("key", &refund);
        guesses.learn_asks("key", &note);
        for round in 0..IN_VAIN {
            assert!(guesses.asks("key", &refund) && guesses.asks("key", &note), "{round}");
            guesses.learn_asks("key", &note);
        }
        assert!(!guesses.asks("key", &refund) && guesses.asks("key", &note));
        assert!(!guesses.asks("another", &note));
        guesses.learn_asks("key", &refund);
        assert!(guesses.asks("key", &refund));
    }

    #[test]
    fn nothing_is_asked_for_twice() {
        let asked = each_once(["a", "b", "a"].into_iter().map(resource));
        assert_eq!(asked, [resource("a"), resource("b")]);
    }
}
