//! The variables of conditions, made only when a condition reads them and at most once per call.

use super::EvaluationRequest;
use super::admission::Party;
use crate::compile::{CompiledServer, CompiledTool, PolicySet};
use cel::Value as Cel;
use cel::objects::Key;
use chrono::{DateTime, FixedOffset};
use serde_json::Value;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

/// Lists and maps with more elements make a condition with a macro unknown.
const MOST_ELEMENTS: usize = 1_000;

/// Where conditions get their variables from.
pub(crate) struct Inputs<'a> {
    request: &'a EvaluationRequest<'a>,
    party: &'a Party<'a>,
    set: &'a PolicySet,
    server: &'a CompiledServer,
    tool: &'a CompiledTool,
    arguments: OnceCell<Cel>,
    too_long: OnceCell<bool>,
}

impl<'a> Inputs<'a> {
    pub(super) fn new(
        request: &'a EvaluationRequest<'a>,
        party: &'a Party<'a>,
        set: &'a PolicySet,
        server: &'a CompiledServer,
        tool: &'a CompiledTool,
    ) -> Self {
        Self { request, party, set, server, tool, arguments: OnceCell::new(), too_long: OnceCell::new() }
    }

    pub(crate) fn has_arguments(&self) -> bool {
        self.request.call.arguments.known().is_some()
    }

    pub(crate) fn is_too_long_for_macros(&self) -> bool {
        *self.too_long.get_or_init(|| {
            self.request.call.arguments.known().is_some_and(too_long)
                || self.request.call.context.values().any(too_long)
                || self.party.subject.attributes.values().any(too_long)
        })
    }

    /// One of `compile::condition::VARIABLES`. What this version has no notion of is null, as in a call
    /// without it.
    pub(crate) fn variable(&self, name: &str) -> Cel {
        match name {
            "args" => self
                .arguments
                .get_or_init(|| self.request.call.arguments.known().map_or(Cel::Null, to_cel))
                .clone(),
            "subject" => self.subject(),
            "action" => map([("name", text(&self.request.call.action))]),
            "resource" => self.resource(),
            "tenant" => {
                map([("slug", text(self.set.tenant.slug.as_str())), ("name", text(&self.set.tenant.name))])
            }
            "context" => {
                map_of(self.request.call.context.iter().map(|(key, value)| (key.clone(), to_cel(value))))
            }
            "bound" => map([]),
            "now" => now(self.request.facts.now.micros()),
            _ => Cel::Null,
        }
    }

    fn subject(&self) -> Cel {
        let subject = self.party.subject;
        let roles = self.party.membership.roles.iter().map(|grant| text(&grant.name)).collect();
        let attributes = subject.attributes.iter().map(|(key, value)| (key.clone(), to_cel(value)));
        // What we know ourselves lies over the attributes.
        map_of(attributes.chain([
            ("id".to_owned(), text(subject.id.as_str())),
            ("kind".to_owned(), text(subject.kind.as_str())),
            ("roles".to_owned(), Cel::List(Arc::new(roles))),
        ]))
    }

    fn resource(&self) -> Cel {
        map([
            ("type", text(&self.request.call.resource.kind)),
            ("id", text(&self.tool.source.name)),
            ("server", text(self.server.slug.as_str())),
            ("risk", text(self.tool.source.risk.as_str())),
            ("sensitivity", text(self.tool.source.sensitivity.as_str())),
            ("tenant", text(self.set.tenant.slug.as_str())),
        ])
    }
}

fn too_long(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.len() > MOST_ELEMENTS || items.iter().any(too_long),
        Value::Object(map) => map.len() > MOST_ELEMENTS || map.values().any(too_long),
        _ => false,
    }
}

fn text(text: &str) -> Cel {
    Cel::String(Arc::new(text.to_owned()))
}

fn map<const N: usize>(entries: [(&str, Cel); N]) -> Cel {
    map_of(entries.into_iter().map(|(key, value)| (key.to_owned(), value)))
}

fn map_of(entries: impl Iterator<Item = (String, Cel)>) -> Cel {
    let map: HashMap<Key, Cel> = entries.map(|(key, value)| (Key::String(Arc::new(key)), value)).collect();
    Cel::Map(cel::objects::Map { map: Arc::new(map) })
}

/// JSON integers are `int` (`uint` only above the largest `int`), all other numbers `double`.
fn to_cel(value: &Value) -> Cel {
    match value {
        Value::Null => Cel::Null,
        Value::Bool(value) => Cel::Bool(*value),
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(int), _, _) => Cel::Int(int),
            (None, Some(uint), _) => Cel::UInt(uint),
            (None, None, Some(double)) => Cel::Float(double),
            (None, None, None) => Cel::Null,
        },
        Value::String(value) => text(value),
        Value::Array(items) => Cel::List(Arc::new(items.iter().map(to_cel).collect())),
        Value::Object(entries) => map_of(entries.iter().map(|(key, value)| (key.clone(), to_cel(value)))),
    }
}

fn now(micros: i64) -> Cel {
    match DateTime::from_timestamp_micros(micros) {
        Some(moment) => Cel::Timestamp(DateTime::<FixedOffset>::from(moment)),
        None => Cel::Null,
    }
}
