//! What the expressions of a mapping see: `params` of the call, and the claims of the caller's verified token.

use crate::compile::is_large;
use crate::evaluate::values::{map, map_of, text, to_cel};
use cel::Value as Cel;
use serde_json::{Map, Value};
use std::cell::OnceCell;

/// Lists with more elements are not gone through by a macro.
const MOST_ELEMENTS: usize = 1_000;

/// The inputs of one call, made into values of expressions only where one reads them.
#[derive(Debug)]
pub struct MappingInputs<'a> {
    tool: &'a str,
    arguments: &'a Value,
    /// None: not known, so that nothing that reads them resolves.
    claims: Option<&'a Map<String, Value>>,
    params: OnceCell<Cel>,
    token: OnceCell<Cel>,
}

impl<'a> MappingInputs<'a> {
    /// `arguments`: a JSON object. `claims`: those of the verified token, empty where the caller has none.
    pub fn new(tool: &'a str, arguments: &'a Value, claims: Option<&'a Map<String, Value>>) -> Self {
        Self { tool, arguments, claims, params: OnceCell::new(), token: OnceCell::new() }
    }

    /// Whether the arguments hold more values than a mapping is resolved on.
    pub fn is_too_large(&self) -> bool {
        is_large(self.arguments)
    }

    pub(super) fn knows_token(&self) -> bool {
        self.claims.is_some()
    }

    /// Whether a macro may not go through what is here.
    pub(super) fn is_too_long_for_macros(&self) -> bool {
        let long =
            |claims: &Map<String, Value>| claims.len() > MOST_ELEMENTS || claims.values().any(too_long);
        too_long(self.arguments) || self.claims.is_some_and(long)
    }

    pub(super) fn variable(&self, name: &str) -> Cel {
        match name {
            "params" => self.params.get_or_init(|| self.params()).clone(),
            "token" => self.token.get_or_init(|| self.claims.map_or(Cel::Null, claims)).clone(),
            _ => Cel::Null,
        }
    }

    fn params(&self) -> Cel {
        map([("name", text(self.tool)), ("arguments", to_cel(self.arguments))])
    }
}

fn claims(claims: &Map<String, Value>) -> Cel {
    map_of(claims.iter().map(|(name, value)| (name.clone(), to_cel(value))))
}

fn too_long(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.len() > MOST_ELEMENTS || items.iter().any(too_long),
        Value::Object(members) => members.len() > MOST_ELEMENTS || members.values().any(too_long),
        _ => false,
    }
}
