//! The variables of conditions, made only when a condition reads them and at most once per call.

use super::admission::{Parties, Party};
use super::values::{map, map_of, moment, text, to_cel};
use super::{EvaluationRequest, Open, Thing, bound, task};
use crate::compile::PolicySet;
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
    thing: Thing<'a>,
    open: Open,
    /// None: they were not sent, or are left open.
    sent: Option<&'a Value>,
    arguments: OnceCell<Cel>,
    token: OnceCell<Cel>,
    bound: OnceCell<Cel>,
    arguments_too_long: OnceCell<bool>,
    too_long: OnceCell<bool>,
}

impl<'a> Inputs<'a> {
    pub(super) fn new(
        request: &'a EvaluationRequest<'a>,
        parties: &'a Parties<'a>,
        set: &'a PolicySet,
        thing: Thing<'a>,
        open: Open,
    ) -> Self {
        let sent = thing.arguments(request.call).filter(|_| !open.holds("args"));
        Self {
            request,
            parties,
            set,
            thing,
            open,
            sent,
            arguments: OnceCell::new(),
            token: OnceCell::new(),
            bound: OnceCell::new(),
            arguments_too_long: OnceCell::new(),
            too_long: OnceCell::new(),
        }
    }

    pub(super) fn arguments(&self) -> Option<&'a Value> {
        self.sent
    }

    pub(crate) fn has_arguments(&self) -> bool {
        self.sent.is_some()
    }

    /// Whether this variable is left open, so that nothing that reads it is judged.
    pub(crate) fn is_open(&self, variable: &str) -> bool {
        self.open.holds(variable)
    }

    /// `of_arguments`: whether the condition reads them.
    pub(crate) fn is_too_long_for_macros(&self, of_arguments: bool) -> bool {
        let arguments = || *self.arguments_too_long.get_or_init(|| self.sent.is_some_and(too_long));
        (of_arguments && arguments()) || self.rest_is_too_long()
    }

    fn rest_is_too_long(&self) -> bool {
        *self.too_long.get_or_init(|| {
            let (asserted, _) = self.thing.said(self.request.facts);
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
            has_too_many_roles(&self.parties.subject)
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
            "args" => self.arguments.get_or_init(|| self.sent.map_or(Cel::Null, to_cel)).clone(),
            "subject" => party(&self.parties.subject),
            "actor" => self.parties.actor.as_ref().map_or(Cel::Null, party),
            "action" => over(
                &self.thing.said(self.request.facts).0.action,
                [("name", text(&self.request.call.action))],
            ),
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
        match self.thing {
            Thing::Tool { tool, .. } => bound::variable(self.request.facts, tool, self.request.call),
            Thing::Resource { .. } => map([]),
        }
    }

    fn resource(&self) -> Cel {
        let (said, lies_over) = self.thing.said(self.request.facts);
        let asserted = &said.resource;
        match self.thing {
            Thing::Tool { server, tool } => over(
                asserted,
                [
                    ("type", text(&self.request.call.resource.kind)),
                    ("id", text(&tool.source.name)),
                    ("server", text(server.slug.as_str())),
                    ("risk", text(tool.source.risk.as_str())),
                    ("sensitivity", text(tool.source.sensitivity.as_str())),
                    ("read_only", Cel::Bool(tool.source.read_only)),
                    ("tenant", text(self.set.tenant.slug.as_str())),
                ],
            ),
            Thing::Resource { named, facts: Some(facts), .. } => {
                let (under, above) =
                    if lies_over { (&facts.attributes, asserted) } else { (asserted, &facts.attributes) };
                let mut attributes = under.clone();
                attributes.extend(above.clone());
                over(
                    &attributes,
                    [
                        ("type", text(&named.kind)),
                        ("id", text(&named.id)),
                        ("sensitivity", text(facts.sensitivity.as_str())),
                        ("tenant", text(facts.tenant.as_str())),
                    ],
                )
            }
            Thing::Resource { named, facts: None, .. } => {
                over(asserted, [("type", text(&named.kind)), ("id", text(&named.id))])
            }
        }
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
