//! What a call is about, as rules see it: a tool of a server, or any other resource that has a type and an id.

use super::words::short;
use crate::call::{Call, ResourceRef};
use crate::compile::{CompiledRule, CompiledServer, CompiledTool, PolicySet};
use crate::decision::Truth;
use crate::facts::{AssertedProperties, Facts, ResourceFacts};
use crate::rule::Rule;
use serde_json::{Map, Value};
use std::fmt;
use std::sync::LazyLock;

/// The arguments of what has none by nature.
static NONE: LazyLock<Value> = LazyLock::new(|| Value::Object(Map::new()));

#[derive(Debug, Clone, Copy)]
pub(crate) enum Thing<'a> {
    Tool {
        server: &'a CompiledServer,
        tool: &'a CompiledTool,
    },
    Resource {
        named: &'a ResourceRef,
        /// None: it is not registered, so nothing but what the asking side says is known of it.
        facts: Option<&'a ResourceFacts>,
        /// Set where a tool's declared mapping asks about it.
        mapped: Option<Mapped<'a>>,
    },
}

/// An evaluation that a declared mapping asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mapped<'a> {
    /// The tool that is called.
    pub(super) server: &'a CompiledServer,
    pub(super) tool: &'a CompiledTool,
    /// What the mapping says of action and resource: it lies under what is registered.
    pub(super) properties: &'a AssertedProperties,
}

impl<'a> Thing<'a> {
    /// Every rule whose "what" holds, in the order of their ids.
    pub(super) fn rules(self, set: &'a PolicySet, call: &Call) -> Vec<&'a CompiledRule> {
        match self {
            Self::Tool { server, tool } => set.rules.matching(server.slug.as_str(), &tool.source.name),
            Self::Resource { named, .. } => set.rules.about(&call.action, &named.kind, &named.id),
        }
    }

    pub(super) fn arguments(self, call: &'a Call) -> Option<&'a Value> {
        match self {
            Self::Tool { .. } => call.arguments.known(),
            Self::Resource { .. } => Some(&NONE),
        }
    }

    /// Whether it has the labels that the rule asks for. Of what is not registered they are not known.
    pub(super) fn label(self, rule: &Rule) -> Truth {
        let sensitivity = match self {
            Self::Tool { tool, .. } => {
                let risk = rule.risk_at_least.is_none_or(|least| tool.source.risk >= least);
                if !risk {
                    return Truth::False;
                }
                Some(tool.source.sensitivity)
            }
            Self::Resource { facts, .. } => facts.map(|facts| facts.sensitivity),
        };
        match sensitivity {
            _ if rule.sensitivity.is_empty() => Truth::True,
            Some(sensitivity) => rule.sensitivity.contains(&sensitivity).into(),
            None => Truth::Unknown,
        }
    }

    /// What is said of action and resource beside what is registered, and whether it lies over that.
    pub(super) fn said(self, facts: &'a Facts) -> (&'a AssertedProperties, bool) {
        match self {
            Self::Resource { mapped: Some(mapped), .. } => (mapped.properties, false),
            Self::Resource { mapped: None, .. } | Self::Tool { .. } => (&facts.asserted, true),
        }
    }

    /// The tool that is called, where one is.
    pub(super) fn called(self) -> Option<(&'a CompiledServer, &'a CompiledTool)> {
        match self {
            Self::Tool { server, tool } => Some((server, tool)),
            Self::Resource { mapped, .. } => mapped.map(|mapped| (mapped.server, mapped.tool)),
        }
    }

    /// Its labels, for the reviewer.
    pub(super) fn labels(self) -> String {
        match self {
            Self::Tool { tool, .. } => {
                format!(
                    "the tool had other labels; it is of {} risk and {}",
                    tool.source.risk, tool.source.sensitivity
                )
            }
            Self::Resource { facts: Some(facts), .. } => {
                format!("the resource were of another sensitivity; it is {}", facts.sensitivity)
            }
            Self::Resource { facts: None, .. } => {
                "the resource were registered with a sensitivity".to_owned()
            }
        }
    }

    /// Whether the value at this place of the arguments must not be repeated.
    pub(super) fn redacts(self, pointer: &str) -> bool {
        match self {
            Self::Tool { tool, .. } => tool.redacts(pointer),
            Self::Resource { .. } => false,
        }
    }
}

impl fmt::Display for Thing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tool { server, tool } => write!(f, "{}/{}", server.slug, tool.source.name),
            // The id comes from the arguments, and those may be redacted.
            Self::Resource { named, mapped: Some(mapped), .. } if mapped.tool.redacts_anything() => {
                f.write_str(&short(&named.kind))
            }
            Self::Resource { named, .. } => write!(f, "{}:{}", short(&named.kind), short(&named.id)),
        }
    }
}
