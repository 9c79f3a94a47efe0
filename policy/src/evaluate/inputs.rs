//! The variables of conditions, made only when a condition reads them and at most once per call.

use super::admission::{Parties, Party};
use super::values::{map, map_of, moment, text, to_cel};
use super::{EvaluationRequest, bound, task};
use crate::compile::{CompiledServer, CompiledTool, PolicySet};
use crate::labels::Effect;
use cel::Value as Cel;
use serde_json::{Map, Value};
use std::cell::OnceCell;
use std::sync::Arc;

/// Lists and maps with more elements make a condition with a macro unknown.
const MOST_ELEMENTS: usize = 1_000;

/// Where conditions get their variables from.
pub(crate) struct Inputs<'a> {
    request: &'a EvaluationRequest<'a>,
    parties: &'a Parties<'a>,
    set: &'a PolicySet,
    server: &'a CompiledServer,
    tool: &'a CompiledTool,
    arguments: OnceCell<Cel>,
    token: OnceCell<Cel>,
    bound: OnceCell<Cel>,
    too_long: OnceCell<bool>,
}

impl<'a> Inputs<'a> {
    pub(super) fn new(
        request: &'a EvaluationRequest<'a>,
        parties: &'a Parties<'a>,
        set: &'a PolicySet,
        server: &'a CompiledServer,
        tool: &'a CompiledTool,
    ) -> Self {
        Self {
            request,
            parties,
            set,
            server,
            tool,
            arguments: OnceCell::new(),
            token: OnceCell::new(),
            bound: OnceCell::new(),
            too_long: OnceCell::new(),
        }
    }

    pub(crate) fn has_arguments(&self) -> bool {
        self.request.call.arguments.known().is_some()
    }

    pub(crate) fn is_too_long_for_macros(&self) -> bool {
        *self.too_long.get_or_init(|| {
            let asserted = &self.request.facts.asserted;
            let maps = [
                &self.request.call.context,
                &self.parties.subject.subject.attributes,
                &asserted.action,
                &asserted.resource,
            ];
            let claims = self.request.facts.identity.token().map(|token| &token.claims);
            let bound = self.request.facts.bound.iter().filter_map(|fact| fact.resource.as_ref());
            let actor = self.parties.actor.as_ref();
            let has_too_many_roles = |party: &Party<'_>| party.membership.roles.len() > MOST_ELEMENTS;
            self.request.call.arguments.known().is_some_and(too_long)
                || has_too_many_roles(&self.parties.subject)
                || actor.is_some_and(has_too_many_roles)
                || actor.is_some_and(|actor| too_long_map(&actor.subject.attributes))
                || maps.into_iter().chain(claims).any(too_long_map)
                || bound.map(|resource| &resource.attributes).any(too_long_map)
        })
    }

    /// One of `compile::condition::VARIABLES`, as a rule of this effect sees it. What this version has no notion of is
    /// null, as in a call without it.
    pub(crate) fn variable(&self, name: &str, effect: Effect) -> Cel {
        match name {
            "args" => self
                .arguments
                .get_or_init(|| self.request.call.arguments.known().map_or(Cel::Null, to_cel))
                .clone(),
            "subject" => party(&self.parties.subject),
            "actor" => self.parties.actor.as_ref().map_or(Cel::Null, party),
            "action" => {
                over(&self.request.facts.asserted.action, [("name", text(&self.request.call.action))])
            }
            "resource" => self.resource(),
            "tenant" => {
                map([("slug", text(self.set.tenant.slug.as_str())), ("name", text(&self.set.tenant.name))])
            }
            "token" => self.token.get_or_init(|| self.claims()).clone(),
            "context" => over(&self.request.call.context, []),
            "bound" => self.bound.get_or_init(|| self.resources()).clone(),
            "task" => task::variable(self.request.facts, effect),
            "now" => moment(self.request.facts.now.micros()),
            _ => Cel::Null,
        }
    }

    /// The claims of the caller's token; null for a caller without one, so that a condition on them is unknown.
    fn claims(&self) -> Cel {
        self.request.facts.identity.token().map_or(Cel::Null, |token| over(&token.claims, []))
    }

    /// The registered resources that the arguments name.
    fn resources(&self) -> Cel {
        bound::variable(self.request.facts, self.tool, self.request.call)
    }

    fn resource(&self) -> Cel {
        over(
            &self.request.facts.asserted.resource,
            [
                ("type", text(&self.request.call.resource.kind)),
                ("id", text(&self.tool.source.name)),
                ("server", text(self.server.slug.as_str())),
                ("risk", text(self.tool.source.risk.as_str())),
                ("sensitivity", text(self.tool.source.sensitivity.as_str())),
                ("read_only", Cel::Bool(self.tool.source.read_only)),
                ("tenant", text(self.set.tenant.slug.as_str())),
            ],
        )
    }
}

/// The subject, or who acts for it.
fn party(party: &Party<'_>) -> Cel {
    let subject = party.subject;
    let roles = party.membership.roles.iter().map(|grant| text(&grant.name)).collect();
    over(
        &subject.attributes,
        [
            ("id", text(subject.id.as_str())),
            ("kind", text(subject.kind.as_str())),
            ("roles", Cel::List(Arc::new(roles))),
        ],
    )
}

/// Attributes, and over them what we know ourselves.
fn over<const N: usize>(attributes: &Map<String, Value>, own: [(&str, Cel); N]) -> Cel {
    let attributes = attributes.iter().map(|(key, value)| (key.clone(), to_cel(value)));
    map_of(attributes.chain(own.into_iter().map(|(key, value)| (key.to_owned(), value))))
}

fn too_long(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.len() > MOST_ELEMENTS || items.iter().any(too_long),
        Value::Object(map) => too_long_map(map),
        _ => false,
    }
}

fn too_long_map(map: &Map<String, Value>) -> bool {
    map.len() > MOST_ELEMENTS || map.values().any(too_long)
}
