//! What a call's arguments name: every bound resource must be of the caller's tenant. Runs after the arguments are
//! known to be good and before any rule; it can deny and does nothing else.

use super::EvaluationRequest;
use super::mapped;
use super::values::{map_of, text, to_cel};
use super::words::short;
use crate::binding::{self, MAX_NAMED, Named, NamingProblem};
use crate::call::{Call, ResourceRef, Target};
use crate::compile::{CompiledTool, PolicySet};
use crate::decision::Decision;
use crate::facts::{BoundFact, Facts};
use crate::ids::TenantSlug;
use crate::labels::OnUnknown;
use crate::reason::Reason;
use cel::Value as Cel;
use std::sync::Arc;

/// A resource that has to be read for a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedResource {
    /// A JSON Pointer without `*`.
    pub at: String,
    pub resource: ResourceRef,
}

/// The tool that a call names, where there is such a tool.
pub fn called_tool<'a>(set: &'a PolicySet, facts: &Facts, call: &Call) -> Option<&'a CompiledTool> {
    match call.target(facts.credential.server.as_ref()) {
        Target::Tool { server, name } => set.server(server.as_str())?.tool(&name),
        _ => None,
    }
}

/// Every resource that the arguments name, to be put into [`Facts::bound`]. Empty where none is, and where that alone
/// is a reason to deny.
pub fn named_resources(tool: &CompiledTool, call: &Call) -> Vec<NamedResource> {
    let (Ok(bindings), Some(arguments)) = (tool.bindings(), call.arguments.known()) else {
        return Vec::new();
    };
    let named = binding::named(bindings, arguments).unwrap_or_default();
    named.into_iter().map(NamedResource::from).collect()
}

/// Every resource that has to be read for a decision on the call: what the arguments of a tool name, by its bindings and
/// by its declared mapping, and what the call itself is about where it is about no server.
pub fn resources_of(set: &PolicySet, facts: &Facts, call: &Call) -> Vec<NamedResource> {
    if call.target(facts.credential.server.as_ref()) == Target::Resource {
        return vec![NamedResource { at: String::new(), resource: call.resource.clone() }];
    }
    let Some(tool) = called_tool(set, facts, call) else { return Vec::new() };
    let mut named = named_resources(tool, call);
    named.extend(mapped::named(tool, facts, call));
    named
}

impl From<Named<'_>> for NamedResource {
    fn from(named: Named<'_>) -> Self {
        Self { at: named.at, resource: ResourceRef { kind: named.kind.to_owned(), id: named.id.to_owned() } }
    }
}

fn read<'a>(facts: &'a Facts, named: &Named<'_>) -> Option<&'a BoundFact> {
    facts.bound.iter().find(|fact| fact.id == named.id && fact.kind == named.kind)
}

/// Whether the call may touch what its arguments name. Ids are not repeated: they may be redacted.
pub(super) fn check(
    request: &EvaluationRequest<'_>,
    tool: &CompiledTool,
    tenant: &TenantSlug,
) -> Result<(), Decision> {
    let bindings = match tool.bindings() {
        Ok(bindings) if bindings.is_empty() => return Ok(()),
        Ok(bindings) => bindings,
        Err(why) => {
            return Err(Decision::deny(
                Reason::EvaluationFailed,
                format!("a stored binding of the tool cannot be used: {why}"),
            ));
        }
    };
    let Some(arguments) = request.call.arguments.known() else {
        return Err(Decision::deny(
            Reason::ArgumentsMissing,
            "the tool's arguments name resources, and they were not sent",
        ));
    };
    let named = binding::named(bindings, arguments).map_err(problem)?;
    let mut unknown = None;
    for one in &named {
        let Some(fact) = read(request.facts, one) else {
            // Facts that were not read never decide.
            return Err(Decision::deny(
                Reason::PolicyUnavailable,
                format!("the resource of type {} that {} names was not read", one.kind, short(&one.at)),
            ));
        };
        match &fact.resource {
            Some(resource) if resource.tenant != *tenant => {
                return Err(Decision::deny(
                    Reason::ResourceTenantMismatch,
                    format!(
                        "{} names a resource of type {} of another tenant than `{tenant}`",
                        short(&one.at),
                        one.kind
                    ),
                ));
            }
            Some(_) => {}
            None => {
                let allowed = bindings
                    .get(one.binding)
                    .is_some_and(|bound| bound.binding().unknown == OnUnknown::Allow);
                if !allowed && unknown.is_none() {
                    unknown = Some(Decision::deny(
                        Reason::ResourceUnknown,
                        format!(
                            "{} names a resource of type {} that is not registered",
                            short(&one.at),
                            one.kind
                        ),
                    ));
                }
            }
        }
    }
    unknown.map_or(Ok(()), Err)
}

fn problem(problem: NamingProblem) -> Decision {
    match problem {
        NamingProblem::Missing(at) => Decision::deny(
            Reason::ArgumentsMissing,
            format!("{} names a resource by the tool's binding, and is not there", short(&at)),
        ),
        NamingProblem::NoText(at) => Decision::deny(
            Reason::ArgumentsInvalid,
            format!("{} is not of the shape by which it names a resource", short(&at)),
        ),
        NamingProblem::TooMany => Decision::deny(
            Reason::ArgumentsInvalid,
            format!("the arguments name more than {MAX_NAMED} resources"),
        ),
    }
}

/// The variable `bound`: by pointer, the resource that the argument names, or the list of them where the pointer has a
/// `*`. What is not registered is not there (null in a list), so that a condition on it is unknown.
pub(super) fn variable(facts: &Facts, tool: &CompiledTool, call: &Call) -> Cel {
    let (Ok(bindings), Some(arguments)) = (tool.bindings(), call.arguments.known()) else {
        return map_of(std::iter::empty());
    };
    let named = binding::named(bindings, arguments).unwrap_or_default();
    map_of(bindings.iter().enumerate().filter_map(|(index, bound)| {
        let mut values = named.iter().filter(|one| one.binding == index).map(|one| value(facts, one));
        let value = if bound.is_list() {
            let values: Vec<Cel> = values.map(|value| value.unwrap_or(Cel::Null)).collect();
            Cel::List(Arc::new(values))
        } else {
            values.next().flatten()?
        };
        Some((bound.binding().pointer.clone(), value))
    }))
}

/// Its attributes, and over them what we know ourselves.
fn value(facts: &Facts, named: &Named<'_>) -> Option<Cel> {
    let fact = read(facts, named)?;
    let resource = fact.resource.as_ref()?;
    let own = [
        ("type", text(&fact.kind)),
        ("id", text(&fact.id)),
        ("tenant", text(resource.tenant.as_str())),
        ("sensitivity", text(resource.sensitivity.as_str())),
    ];
    let attributes = resource.attributes.iter().map(|(key, value)| (key.clone(), to_cel(value)));
    Some(map_of(attributes.chain(own.into_iter().map(|(key, value)| (key.to_owned(), value)))))
}
