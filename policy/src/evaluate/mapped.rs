//! What a tool's declared mapping asks beside the tool call itself. The call is decided by its own rules first; each
//! evaluation of an accepted mapping is one more decision, by the rules of the general form, and the strictest stands. So
//! a mapping can only ever take away: its author is the server, and no server moves its tool out of reach of a rule.

use super::admission::Parties;
use super::delegation::{strictness, take_over};
use super::thing::Mapped;
use super::words::short;
use super::{EvaluationRequest, NamedResource, Thing, rules};
use crate::arguments::Arguments;
use crate::call::Call;
use crate::compile::{
    CompiledServer, CompiledTool, DeclaredMapping, MAPPING_MEMBER, MappedCall, MappedRequest, MappingInputs,
    MappingProblem, PolicySet, ToolMapping,
};
use crate::decision::{Decision, MappedOutcome};
use crate::facts::Facts;
use crate::ids::TenantSlug;
use crate::reason::Reason;
use serde_json::{Map, Value};
use std::sync::LazyLock;

/// The claims of a caller who has no token.
static NO_CLAIMS: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);

fn inputs<'a>(tool: &'a CompiledTool, facts: &'a Facts, arguments: &'a Value) -> MappingInputs<'a> {
    let claims = facts.identity.token().map_or(&*NO_CLAIMS, |token| &token.claims);
    MappingInputs::new(&tool.source.name, arguments, Some(claims))
}

/// Where a resource stands that the mapping names: never a JSON Pointer, so that it is no place in the arguments.
fn place(number: usize) -> String {
    format!("{MAPPING_MEMBER}/{number}")
}

/// The resources that an accepted mapping names. Empty where that cannot be told, which is a reason to deny.
pub(super) fn named(tool: &CompiledTool, facts: &Facts, call: &Call) -> Vec<NamedResource> {
    let (ToolMapping::Accepted(mapping), Some(arguments)) = (tool.mapping(), call.arguments.known()) else {
        return Vec::new();
    };
    let inputs = inputs(tool, facts, arguments);
    if inputs.is_too_large() {
        return Vec::new();
    }
    let resources = mapping.requests().iter().enumerate();
    resources
        .filter_map(|(number, one)| {
            Some(NamedResource { at: place(number), resource: one.resource(&inputs).ok()? })
        })
        .collect()
}

/// The mapping that counts for the tool.
///
/// # Errors
/// The denial where one was accepted and what stands there cannot be used.
fn accepted(tool: &CompiledTool) -> Result<Option<&DeclaredMapping>, Decision> {
    match tool.mapping() {
        ToolMapping::None | ToolMapping::Aside => Ok(None),
        ToolMapping::Accepted(mapping) => Ok(Some(mapping)),
        ToolMapping::Stale => Err(Decision::deny(
            Reason::ToolDefinitionChanged,
            "the tool's mapping was accepted with another definition than the reviewed one",
        )),
        ToolMapping::Broken(why) => Err(Decision::deny(
            Reason::EvaluationFailed,
            format!("the tool's mapping was accepted and cannot be used: {why}"),
        )),
    }
}

/// What the mapping asks of every call of the tool, each as words that follow "if".
///
/// # Errors
/// The denial where it cannot be used.
pub(super) fn needed(tool: &CompiledTool) -> Result<Vec<String>, Decision> {
    let mapping = accepted(tool)?;
    Ok(mapping
        .map(|mapping| mapping.requests().iter().map(MappedRequest::words).collect())
        .unwrap_or_default())
}

/// What the mapping asks for this call. Ids are not repeated: they may be redacted.
///
/// # Errors
/// The denial where an accepted mapping cannot be used on the call, or names another tenant's resource.
pub(super) fn calls(
    request: &EvaluationRequest<'_>,
    tool: &CompiledTool,
    tenant: &TenantSlug,
) -> Result<Vec<MappedCall>, Decision> {
    let Some(mapping) = accepted(tool)? else { return Ok(Vec::new()) };
    let Some(arguments) = request.call.arguments.known() else {
        return Err(Decision::deny(
            Reason::ArgumentsMissing,
            "the tool's mapping is resolved from the arguments, and they were not sent",
        ));
    };
    let inputs = inputs(tool, request.facts, arguments);
    if inputs.is_too_large() {
        let mut decision = Decision::deny(
            Reason::ArgumentsTooLarge,
            "the arguments hold more than 1,000 values, and a mapping is not resolved on so many",
        );
        "The arguments hold more than 1,000 values.".clone_into(&mut decision.caller_text);
        return Err(decision);
    }
    let calls = mapping.resolve(&inputs).map_err(|problem| unresolved(&problem))?;
    for call in &calls {
        let read = request.facts.bound.iter();
        let mut read = read.filter(|fact| fact.kind == call.resource.kind && fact.id == call.resource.id);
        let Some(fact) = read.next() else {
            // Facts that were not read never decide.
            return Err(Decision::deny(
                Reason::PolicyUnavailable,
                format!("the resource of type {} that the mapping names was not read", call.resource.kind),
            ));
        };
        if fact.resource.as_ref().is_some_and(|resource| resource.tenant != *tenant) {
            return Err(Decision::deny(
                Reason::ResourceTenantMismatch,
                format!(
                    "the tool's mapping names a resource of type {} of another tenant than `{tenant}`",
                    call.resource.kind
                ),
            ));
        }
    }
    Ok(calls)
}

fn unresolved(problem: &MappingProblem) -> Decision {
    Decision::deny(
        Reason::ConditionError,
        format!("the tool's mapping comes to nothing at `{}`: {}", short(&problem.at), problem.why),
    )
}

/// What the record says of a mapping that is not used.
pub(super) fn note(tool: &CompiledTool) -> Option<String> {
    matches!(tool.mapping(), ToolMapping::Aside).then(|| {
        format!("the tool declares a mapping (`{MAPPING_MEMBER}`) that nobody accepted; it is not used")
    })
}

/// What the call's own decision becomes with these beside it.
pub(super) fn decide(
    own: Decision,
    set: &PolicySet,
    request: &EvaluationRequest<'_>,
    parties: &Parties<'_>,
    (server, tool): (&CompiledServer, &CompiledTool),
    calls: &[MappedCall],
) -> Decision {
    let mut stands = own;
    let mut outcomes = Vec::with_capacity(calls.len());
    for mapped in calls {
        let call = asked(request.call, mapped);
        let read = request.facts.bound.iter();
        let mut read = read.filter(|fact| fact.kind == call.resource.kind && fact.id == call.resource.id);
        let thing = Thing::Resource {
            named: &call.resource,
            facts: read.next().and_then(|fact| fact.resource.as_ref()),
            mapped: Some(Mapped { server, tool, properties: &mapped.properties }),
        };
        let one = EvaluationRequest { facts: request.facts, call: &call, approved: request.approved };
        let mut decision = rules::decide(set, &one, parties, thing);
        let redacts = tool.redacts_anything();
        let action = (mapped.names_action || !redacts).then(|| mapped.action.clone());
        let what =
            action.as_deref().map_or_else(|| "an action".to_owned(), |name| format!("`{}`", short(name)));
        decision.reviewer_text = format!("for {what} on `{thing}`: {}", decision.reviewer_text);
        outcomes.push(MappedOutcome {
            action,
            kind: mapped.resource.kind.clone(),
            id: (!redacts).then(|| mapped.resource.id.clone()),
            outcome: decision.outcome,
            reason: decision.reason,
            text: decision.reviewer_text.clone(),
        });
        stands = stricter(stands, decision);
    }
    stands.evaluations = outcomes;
    stands
}

/// The evaluation as a call of its own. What the enforcing side sent lies over what the mapping says.
fn asked(call: &Call, mapped: &MappedCall) -> Call {
    let mut context = mapped.context.clone();
    context.extend(call.context.clone());
    Call {
        action: mapped.action.clone(),
        resource: mapped.resource.clone(),
        arguments: Arguments::NotSent,
        context,
        tenant: call.tenant.clone(),
    }
}

/// The stricter of two decisions that both have to pass, the first where they are alike; what applied in either applied.
fn stricter(first: Decision, second: Decision) -> Decision {
    let (mut stands, other) =
        if strictness(&second) > strictness(&first) { (second, first) } else { (first, second) };
    if stands.is_allow() && other.is_allow() {
        stands.break_glass = stands.break_glass.or(other.break_glass);
    }
    take_over(&mut stands, other.rules, other.shadow);
    stands
}
