//! The strict subset: which keywords may stand where, and what must stand beside them.

use super::{ParameterError, escape};
use crate::compile::schema_walk::{self, Bounds};
use crate::labels::Effect;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

const BOUNDS: Bounds = Bounds { bytes: 32 * 1024, depth: 32, nodes: 2_000 };

/// Formats that are asserted; any other is refused.
const FORMATS: &[&str] = &[
    "date",
    "date-time",
    "time",
    "duration",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "uri",
    "uuid",
    "json-pointer",
];

const TYPES: &[&str] = &["null", "boolean", "object", "array", "number", "integer", "string"];

/// What a keyword needs beside it, so that it bounds anything at all.
#[derive(Clone, Copy, PartialEq)]
enum Needs {
    Nothing,
    Number,
    Text,
    Array,
    Object,
}

/// Every keyword of the subset.
const KEYWORDS: &[(&str, Needs)] = &[
    ("type", Needs::Nothing),
    ("enum", Needs::Nothing),
    ("const", Needs::Nothing),
    ("allOf", Needs::Nothing),
    ("anyOf", Needs::Nothing),
    ("oneOf", Needs::Nothing),
    ("not", Needs::Nothing),
    ("$ref", Needs::Nothing),
    ("$defs", Needs::Nothing),
    ("title", Needs::Nothing),
    ("description", Needs::Nothing),
    ("minimum", Needs::Number),
    ("maximum", Needs::Number),
    ("exclusiveMinimum", Needs::Number),
    ("exclusiveMaximum", Needs::Number),
    ("multipleOf", Needs::Number),
    ("minLength", Needs::Text),
    ("maxLength", Needs::Text),
    ("pattern", Needs::Text),
    ("format", Needs::Text),
    ("items", Needs::Array),
    ("prefixItems", Needs::Array),
    ("minItems", Needs::Array),
    ("maxItems", Needs::Array),
    ("uniqueItems", Needs::Array),
    ("contains", Needs::Array),
    ("properties", Needs::Object),
    ("required", Needs::Object),
    ("additionalProperties", Needs::Object),
    ("minProperties", Needs::Object),
    ("maxProperties", Needs::Object),
    ("x-optional", Needs::Object),
];

pub(super) fn check(source: &Value, effect: Effect) -> Result<(), ParameterError> {
    let fail = |problem: String| ParameterError { path: String::new(), problem };
    schema_walk::check(source, BOUNDS).map_err(|error| fail(error.to_string()))?;
    let Some(root) = source.as_object() else {
        return Err(fail("must be an object whose `properties` name the arguments".to_owned()));
    };
    if !asserts(root) {
        return Err(fail("say nothing; leave them out where any arguments are fine".to_owned()));
    }
    let checker = Checker { effect, root: source };
    // The arguments are always an object, so the root needs no `type` beside its keywords.
    checker.schema(source, "", &Place { is_object: true, negated: false, given: BTreeSet::new() })
}

/// Where in the parameters a schema stands.
#[derive(Clone)]
struct Place {
    /// The value here is surely an object (the arguments themselves).
    is_object: bool,
    /// Below a `not`.
    negated: bool,
    /// Names that an enclosing schema of the same value already requires or calls optional.
    given: BTreeSet<String>,
}

struct Checker<'a> {
    effect: Effect,
    root: &'a Value,
}

/// Whether the schema refuses anything at all.
fn asserts(map: &Map<String, Value>) -> bool {
    map.iter().any(|(key, value)| match key.as_str() {
        "title" | "description" | "$defs" | "x-optional" | "type" => false,
        "required" => value.as_array().is_none_or(|names| !names.is_empty()),
        "properties" => value
            .as_object()
            .is_none_or(|named| named.values().any(|s| s.as_object().is_none_or(|s| !s.is_empty()))),
        "additionalProperties" => *value != Value::Bool(true),
        _ => true,
    })
}

/// What looks into a value: below `not` in an allow rule, another type (or nothing) there would pass.
const LOOKING_INSIDE: &[&str] = &[
    "properties",
    "required",
    "additionalProperties",
    "minProperties",
    "maxProperties",
    "items",
    "prefixItems",
    "contains",
    "$ref",
];

/// Keywords with which something added to a call makes a restricting rule stop biting.
const DODGED_BY_ADDING: &[(&str, &str)] = &[
    ("oneOf", "in a rule that restricts, meeting two branches would be a way out; use `anyOf`"),
    ("additionalProperties", "in a rule that restricts, an added argument would be a way out"),
    ("maxProperties", "in a rule that restricts, an added argument would be a way out"),
    ("maxItems", "in a rule that restricts, an added element would be a way out"),
    ("uniqueItems", "in a rule that restricts, a repeated element would be a way out"),
];

impl Checker<'_> {
    fn schema(&self, schema: &Value, path: &str, place: &Place) -> Result<(), ParameterError> {
        let fail = |at: &str, problem: String| Err(ParameterError { path: at.to_owned(), problem });
        let Some(map) = schema.as_object() else {
            return fail(path, "must be a schema object".to_owned());
        };
        let types = types_of(map, path)?;
        for (keyword, value) in map {
            let at = format!("{path}/{}", escape(keyword));
            let Some((_, needs)) = KEYWORDS.iter().find(|(known, _)| known == keyword) else {
                return fail(&at, unknown_keyword(keyword, path));
            };
            let satisfied = match needs {
                Needs::Nothing => true,
                Needs::Number => only(&types, &["number", "integer"]),
                Needs::Text => only(&types, &["string"]),
                Needs::Array => only(&types, &["array"]),
                Needs::Object => place.is_object || only(&types, &["object"]),
            };
            if !satisfied {
                let beside = match needs {
                    Needs::Number => "`type: number` or `type: integer`",
                    Needs::Text => "`type: string`",
                    Needs::Array => "`type: array`",
                    Needs::Object | Needs::Nothing => "`type: object`",
                };
                return fail(&at, format!("bounds nothing without {beside} beside it"));
            }
            if self.effect != Effect::Allow
                && let Some((_, why)) = DODGED_BY_ADDING.iter().find(|(dodged, _)| dodged == keyword)
            {
                return fail(&at, (*why).to_owned());
            }
            if keyword == "not" && self.effect == Effect::Allow && types.is_empty() {
                return fail(
                    &at,
                    "needs `type` beside it: a value of another type, or none, would pass".to_owned(),
                );
            }
            if place.negated && self.effect == Effect::Allow && LOOKING_INSIDE.contains(&keyword.as_str()) {
                return fail(
                    &at,
                    "may not stand below `not` in an allow rule; put `not` on the argument itself".to_owned(),
                );
            }
            self.value(keyword, value, &at)?;
        }
        self.children(map, path, place)
    }

    /// The form of a keyword's own value.
    fn value(&self, keyword: &str, value: &Value, at: &str) -> Result<(), ParameterError> {
        let fail = |problem: &str| Err(ParameterError { path: at.to_owned(), problem: problem.to_owned() });
        match keyword {
            "enum" if value.as_array().is_none_or(Vec::is_empty) => {
                fail("must be a list of at least one value")
            }
            "enum" if value.as_array().is_some_and(|values| values.len() > 1_000) => {
                fail("holds more than 1,000 values")
            }
            "title" | "description" if !value.is_string() => fail("must be text"),
            "format" if !value.as_str().is_some_and(|name| FORMATS.contains(&name)) => Err(ParameterError {
                path: at.to_owned(),
                problem: format!("is not one of the formats that are checked: {}", FORMATS.join(", ")),
            }),
            "required" | "x-optional" if names(value).is_none() => fail("must be a list of names"),
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf"
                if !value.is_number() =>
            {
                fail("must be a number")
            }
            "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties"
                if !value.is_u64() =>
            {
                fail("must be a whole number, 0 or more")
            }
            "uniqueItems" if !value.is_boolean() => fail("must be true or false"),
            "pattern" => match value.as_str() {
                None => fail("must be text"),
                Some(pattern) => match regex::Regex::new(pattern) {
                    Ok(_) => Ok(()),
                    Err(_) => fail(
                        "is not a regular expression that runs in linear time (no look-around, no back-references)",
                    ),
                },
            },
            _ => Ok(()),
        }
    }

    fn children(&self, map: &Map<String, Value>, path: &str, place: &Place) -> Result<(), ParameterError> {
        let inner = Place { is_object: false, negated: place.negated, given: BTreeSet::new() };
        let mut given = place.given.clone();
        for key in ["required", "x-optional"] {
            given.extend(map.get(key).and_then(names).into_iter().flatten());
        }
        if let Some(properties) = map.get("properties") {
            let Some(properties) = properties.as_object() else {
                return Err(ParameterError {
                    path: format!("{path}/properties"),
                    problem: "must name the arguments, each with a schema".to_owned(),
                });
            };
            for (name, schema) in properties {
                let at = format!("{path}/properties/{}", escape(name));
                let constrained = schema.as_object().is_none_or(|schema| !schema.is_empty());
                if self.effect == Effect::Allow && !place.negated && constrained && !given.contains(name) {
                    return Err(ParameterError {
                        path: at,
                        problem: format!(
                            "`{name}` is bounded but may be left out; add it to `required`, or to `x-optional` if the call is fine without it"
                        ),
                    });
                }
                self.schema(schema, &at, &inner)?;
            }
        }
        for key in ["items", "additionalProperties"] {
            match map.get(key) {
                None | Some(Value::Bool(_)) => {}
                Some(schema) => self.schema(schema, &format!("{path}/{key}"), &inner)?,
            }
        }
        if let Some(schema) = map.get("contains") {
            self.schema(schema, &format!("{path}/contains"), &inner)?;
        }
        for (index, schema) in list(map, "prefixItems", path)?.iter().enumerate() {
            self.schema(schema, &format!("{path}/prefixItems/{index}"), &inner)?;
        }
        let same_value = Place { is_object: place.is_object, negated: place.negated, given };
        for key in ["allOf", "anyOf", "oneOf"] {
            for (index, schema) in list(map, key, path)?.iter().enumerate() {
                self.schema(schema, &format!("{path}/{key}/{index}"), &same_value)?;
            }
        }
        if let Some(schema) = map.get("not") {
            if place.negated && self.effect != Effect::Allow {
                return Err(self.negation(&format!("{path}/not")));
            }
            self.schema(schema, &format!("{path}/not"), &Place { negated: true, ..same_value.clone() })?;
        }
        if let Some(defs) = map.get("$defs") {
            if !path.is_empty() {
                return Err(ParameterError {
                    path: format!("{path}/$defs"),
                    problem: "stands at the top only".to_owned(),
                });
            }
            for (name, schema) in defs.as_object().into_iter().flatten() {
                self.schema(schema, &format!("/$defs/{}", escape(name)), &inner)?;
            }
        }
        if let Some(target) = map.get("$ref") {
            let name = target.as_str().and_then(|target| target.strip_prefix("#/$defs/"));
            let named = name.filter(|name| !name.contains('/'));
            let Some(definition) = named.and_then(|name| self.root.pointer(&format!("/$defs/{name}"))) else {
                return Err(ParameterError {
                    path: format!("{path}/$ref"),
                    problem: "must be `#/$defs/name`".to_owned(),
                });
            };
            // Held to the rules of the place that refers to it; cycles were ruled out before.
            self.schema(definition, &format!("{path}/$ref"), &same_value)?;
        }
        Ok(())
    }

    /// Under two negations a value of another type would be a way around the rule.
    fn negation(&self, at: &str) -> ParameterError {
        ParameterError {
            path: at.to_owned(),
            problem: "stands below another `not`; a rule that restricts must say it without double negation"
                .to_owned(),
        }
    }
}

fn types_of<'a>(map: &'a Map<String, Value>, path: &str) -> Result<Vec<&'a str>, ParameterError> {
    let fail = || ParameterError {
        path: format!("{path}/type"),
        problem: format!("must be one or several of {}", TYPES.join(", ")),
    };
    let types: Vec<&str> = match map.get("type") {
        None => return Ok(Vec::new()),
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) if !several.is_empty() => {
            several.iter().map(Value::as_str).collect::<Option<_>>().ok_or_else(fail)?
        }
        Some(_) => return Err(fail()),
    };
    if types.iter().all(|name| TYPES.contains(name)) { Ok(types) } else { Err(fail()) }
}

/// Whether only values of these types (or null) pass.
fn only(types: &[&str], wanted: &[&str]) -> bool {
    types.iter().any(|name| wanted.contains(name))
        && types.iter().all(|name| wanted.contains(name) || *name == "null")
}

fn names(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|name| name.as_str().map(str::to_owned)).collect()
}

fn list<'a>(map: &'a Map<String, Value>, key: &str, path: &str) -> Result<&'a [Value], ParameterError> {
    match map.get(key) {
        None => Ok(&[]),
        Some(Value::Array(items)) if !items.is_empty() => Ok(items),
        Some(_) => Err(ParameterError {
            path: format!("{path}/{key}"),
            problem: "must be a list of at least one schema".to_owned(),
        }),
    }
}

fn unknown_keyword(keyword: &str, path: &str) -> String {
    let shown: String = keyword.chars().take(60).collect();
    let near = KEYWORDS.iter().map(|(known, _)| *known).find(|known| is_near(known, keyword));
    match near {
        Some(near) => format!("`{shown}` is not a keyword; did you mean `{near}`?"),
        None if path.is_empty() => {
            format!("`{shown}` is not a keyword; names of arguments stand in `properties`")
        }
        None => format!("`{shown}` is not a keyword of this subset of JSON Schema"),
    }
}

/// One letter added, dropped, changed or written in the other case.
fn is_near(known: &str, given: &str) -> bool {
    if known.eq_ignore_ascii_case(given) {
        return true;
    }
    let (a, b): (Vec<char>, Vec<char>) = (known.chars().collect(), given.chars().collect());
    if a.len().abs_diff(b.len()) > 1 {
        return false;
    }
    let front = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let back = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    a.len() > 3 && front + back + 1 >= a.len().max(b.len())
}
