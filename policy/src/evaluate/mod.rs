//! The decision. Pure, synchronous and total: no clock, no I/O, no `Result`; what cannot be known is a
//! denial with a reason. The checks stand in the order that `docs/concepts.md` lists, and the first that fails is the
//! reason.

mod admission;
mod asked;
mod audience;
mod bound;
mod could;
mod delegation;
mod emergency;
mod inputs;
mod mapped;
mod nearest;
mod open;
mod rules;
mod scope_words;
mod scopes;
mod task;
mod thing;
pub(crate) mod values;
mod words;

use crate::arguments::Arguments;
use crate::call::{Call, ResourceRef, Target};
use crate::compile::{CompiledServer, CompiledTool, PolicySet};
use crate::decision::{Decision, Outcome};
use crate::facts::{Facts, Revision};
use crate::ids::RuleId;
use crate::labels::{ArgumentsMode, ReviewState};
use crate::reason::Reason;
use admission::{Parties, Party};

pub use admission::tenant_of;
pub use asked::{claims_of, context_of, mapped_of, requirements};
pub use bound::{NamedResource, called_tool, named_resources, resources_of};
pub use could::{Clause, Could, Side, Verdict, could};
pub(crate) use inputs::Inputs;
pub use open::Open;
pub use task::spends;
pub(crate) use thing::Thing;

/// All that a decision rests on, but for the compiled policy.
#[derive(Debug, Clone, Copy)]
pub struct EvaluationRequest<'a> {
    pub facts: &'a Facts,
    pub call: &'a Call,
    /// Rules whose approval requirement is met by live approvals of exactly this call.
    pub approved: &'a [RuleId],
}

/// Decides one call. `set` is the policy of [`tenant_of`]'s tenant; None where there is no such tenant.
pub fn evaluate(set: Option<&PolicySet>, request: &EvaluationRequest<'_>) -> Decision {
    let parties = match admission::admit(request.facts, request.call) {
        Ok(parties) => parties,
        Err(decision) => return decision,
    };
    let membership = parties.subject.membership;
    let revision = Revision { global: request.facts.global_revision, tenant: membership.tenant_revision };
    let mut decision = match of_one_moment(set, &parties.subject, revision) {
        Ok(set) => within_tenant(set, request, &parties),
        Err(decision) => decision,
    };
    decision.tenant = Some(membership.tenant.clone());
    decision.revision = revision;
    decision
}

/// Facts and rules of different moments never decide together.
fn of_one_moment<'a>(
    set: Option<&'a PolicySet>,
    party: &Party<'_>,
    revision: Revision,
) -> Result<&'a PolicySet, Decision> {
    let fits = |set: &&PolicySet| set.tenant.slug == party.membership.tenant && set.revision == revision;
    set.filter(fits).ok_or_else(|| {
        Decision::deny(
            Reason::PolicyUnavailable,
            format!(
                "the compiled policy is not that of tenant `{}` at revision {revision}",
                party.membership.tenant
            ),
        )
    })
}

fn within_tenant(set: &PolicySet, request: &EvaluationRequest<'_>, parties: &Parties<'_>) -> Decision {
    match reach(set, request, parties, Open::NOTHING) {
        Ok(thing @ Thing::Tool { server, tool }) => call_tool(set, request, parties, server, tool, thing),
        Ok(thing @ Thing::Resource { .. }) => rules::decide(set, request, parties, thing),
        Err(settled) => settled,
    }
}

/// What the call is about, as far as everything before its arguments and the rules lets it come. What is left `open` is
/// not checked.
///
/// # Errors
/// The decision, where that is settled before: a denial, or the allow of what is open to every member.
fn reach<'a>(
    set: &'a PolicySet,
    request: &EvaluationRequest<'a>,
    parties: &Parties<'_>,
    open: Open,
) -> Result<Thing<'a>, Decision> {
    if !set.tenant.active {
        let why = format!("tenant `{}` is suspended", set.tenant.slug);
        return Err(Decision::deny(Reason::TenantSuspended, why));
    }
    let target = request.call.target(request.facts.credential.server.as_ref());
    if let Some(decision) = emergency::stopped(set, request.facts, parties, &target) {
        return Err(decision);
    }
    match target {
        Target::Tool { server, name } => {
            let (server, tool) = callable(set, request.facts, server.as_str(), &name)?;
            covers(request, parties, Some((server, tool)), open)?;
            Ok(Thing::Tool { server, tool })
        }
        Target::Server { id } => Err(server_method(set, request, parties, &id)),
        Target::Resource => {
            let thing = resource(set, request.facts, &request.call.resource)?;
            covers(request, parties, None, open)?;
            Ok(thing)
        }
        Target::UnknownMethod => Err(without_server(set, request.facts, || {
            Decision::deny(
                Reason::UnknownMethod,
                format!(
                    "`{}` on `{}` is not a call this version decides on",
                    words::short(&request.call.action),
                    words::short(&request.call.resource.kind)
                ),
            )
        })),
        Target::Unnamed => Err(without_server(set, request.facts, || {
            Decision::deny(
                Reason::UnknownTool,
                "the enforcement key is bound to no server, so a tool is named `server/tool`; no server was named",
            )
        })),
    }
}

/// Whether the call's task and the caller's token are good for it, as far as they are not left open. `tool`: the one that
/// is called.
fn covers(
    request: &EvaluationRequest<'_>,
    parties: &Parties<'_>,
    tool: Option<(&CompiledServer, &CompiledTool)>,
    open: Open,
) -> Result<(), Decision> {
    if !open.holds("task") {
        task::check(request, &parties.subject.membership.tenant, tool)?;
    }
    match tool {
        Some((_, tool)) if !open.holds("token") => scopes::check(request.facts, tool),
        _ => Ok(()),
    }
}

/// A resource that is no part of a server. One that is registered must be the caller's tenant's; of any other, the
/// rules decide alone.
fn resource<'a>(set: &PolicySet, facts: &'a Facts, named: &'a ResourceRef) -> Result<Thing<'a>, Decision> {
    audience::check(facts, None)?;
    let read = facts.bound.iter().find(|fact| fact.kind == named.kind && fact.id == named.id);
    let Some(read) = read else {
        // Facts that were not read never decide.
        return Err(Decision::deny(Reason::PolicyUnavailable, "the resource of the call was not read"));
    };
    match &read.resource {
        Some(resource) if resource.tenant != set.tenant.slug => Err(Decision::deny(
            Reason::ResourceTenantMismatch,
            format!(
                "the resource of type {} is of another tenant than `{}`",
                words::short(&named.kind),
                set.tenant.slug
            ),
        )),
        registered => Ok(Thing::Resource { named, facts: registered.as_ref(), mapped: None }),
    }
}

/// The server and the tool that a call names, and whether the caller's token is for that server.
fn callable<'a>(
    set: &'a PolicySet,
    facts: &Facts,
    slug: &str,
    name: &str,
) -> Result<(&'a CompiledServer, &'a CompiledTool), Decision> {
    let server = usable_server(set, slug)?;
    audience::check(facts, Some(server))?;
    Ok((server, usable_tool(server, name)?))
}

/// A call that names no server is decided by `decide`, if the caller's token may be for it.
fn without_server(set: &PolicySet, facts: &Facts, decide: impl FnOnce() -> Decision) -> Decision {
    let bound = facts.credential.server.as_ref().and_then(|slug| set.server(slug.as_str()));
    match audience::check(facts, bound) {
        Ok(()) => decide(),
        Err(decision) => decision,
    }
}

/// Methods about a server as a whole: their results are filtered, at worst empty, so a member of a tenant
/// that may use the server may ask.
fn server_method(
    set: &PolicySet,
    request: &EvaluationRequest<'_>,
    parties: &Parties<'_>,
    id: &str,
) -> Decision {
    let Some(server) = set.server_by_audience(id) else {
        return no_server(set, id);
    };
    if request.facts.credential.server.as_ref().is_some_and(|bound| *bound != server.slug) {
        return Decision::deny(
            Reason::UnknownServer,
            format!("the enforcement key is bound to another server than `{}`", server.slug),
        );
    }
    if !server.enabled {
        return disabled(server);
    }
    if let Err(decision) = audience::check(request.facts, Some(server)) {
        return decision;
    }
    if let Err(decision) = task::check(request, &parties.subject.membership.tenant, None) {
        return decision;
    }
    let who = match &parties.actor {
        Some(actor) => {
            format!("`{}` is one, and so is `{}`, who acts", parties.subject.subject.id, actor.subject.id)
        }
        None => format!("`{}` is one", parties.subject.subject.id),
    };
    Decision {
        outcome: Outcome::Allow,
        reviewer_text: format!(
            "`{}` is open to every active member of a tenant that may use `{}`; {who}",
            request.call.action, server.slug
        ),
        ..Decision::deny(Reason::Allowed, "")
    }
}

fn no_server(set: &PolicySet, id: &str) -> Decision {
    Decision::deny(
        Reason::UnknownServer,
        format!(
            "tenant `{}` may not use a server `{}`, or none is registered",
            set.tenant.slug,
            words::short(id)
        ),
    )
}

fn disabled(server: &CompiledServer) -> Decision {
    Decision::deny(Reason::ServerDisabled, format!("server `{}` is disabled", server.slug))
}

fn usable_server<'a>(set: &'a PolicySet, slug: &str) -> Result<&'a CompiledServer, Decision> {
    let server = set.server(slug).ok_or_else(|| no_server(set, slug))?;
    if server.enabled { Ok(server) } else { Err(disabled(server)) }
}

fn usable_tool<'a>(server: &'a CompiledServer, name: &str) -> Result<&'a CompiledTool, Decision> {
    let shown = format!("`{}/{}`", server.slug, words::short(name));
    let tool = server
        .tool(name)
        .ok_or_else(|| Decision::deny(Reason::UnknownTool, format!("tool {shown} is not in the catalog")))?;
    match tool.source.review {
        ReviewState::Reviewed => Ok(tool),
        ReviewState::New => Err(Decision::deny(
            Reason::ToolNotReviewed,
            format!("tool {shown} was discovered but never reviewed"),
        )),
        ReviewState::Changed => Err(Decision::deny(
            Reason::ToolDefinitionChanged,
            format!("the definition of tool {shown} is no longer the reviewed one"),
        )),
        ReviewState::Gone => {
            Err(Decision::deny(Reason::UnknownTool, format!("the server no longer offers tool {shown}")))
        }
    }
}

fn call_tool(
    set: &PolicySet,
    request: &EvaluationRequest<'_>,
    parties: &Parties<'_>,
    server: &CompiledServer,
    tool: &CompiledTool,
    thing: Thing<'_>,
) -> Decision {
    let mut notes = Vec::new();
    if let Err(decision) = check_arguments(request, server, tool, &mut notes) {
        return decision;
    }
    let tenant = &set.tenant.slug;
    let calls = match bound::check(request, tool, tenant).and_then(|()| mapped::calls(request, tool, tenant))
    {
        Ok(calls) => calls,
        Err(mut decision) => {
            decision.notes = notes;
            return decision;
        }
    };
    notes.extend(mapped::note(tool));
    let own = rules::decide(set, request, parties, thing);
    let mut decision = mapped::decide(own, set, request, parties, (server, tool), &calls);
    decision.notes = notes;
    decision
}

fn check_arguments(
    request: &EvaluationRequest<'_>,
    server: &CompiledServer,
    tool: &CompiledTool,
    notes: &mut Vec<String>,
) -> Result<(), Decision> {
    use crate::compile::ArgumentCheck;
    let arguments = match &request.call.arguments {
        Arguments::Known(arguments) => arguments,
        Arguments::TooLarge => {
            return Err(Decision::deny(
                Reason::ArgumentsTooLarge,
                "the arguments are beyond 256 KiB or 64 levels",
            ));
        }
        Arguments::NotAnObject => {
            return Err(Decision::deny(Reason::ArgumentsInvalid, "the arguments are not a JSON object"));
        }
        Arguments::NotSent => {
            return match request.facts.credential.arguments {
                ArgumentsMode::Required => {
                    Err(Decision::deny(Reason::ArgumentsMissing, "the call's arguments were not sent"))
                }
                ArgumentsMode::ByName => {
                    notes.push("the arguments were not sent; the enforcement key may ask by name".to_owned());
                    Ok(())
                }
            };
        }
    };
    if !server.check_arguments {
        notes.push(format!("server `{}` is set to skip the check against input schemas", server.slug));
        return Ok(());
    }
    match &tool.check {
        ArgumentCheck::Schema(schema) => {
            let problems = schema.problems(arguments);
            if problems.is_empty() {
                return Ok(());
            }
            let list = problems.join("; ");
            let mut decision = Decision::deny(
                Reason::ArgumentsInvalid,
                format!("the arguments do not fit the input schema: {list}"),
            );
            decision.caller_text = format!("The arguments do not fit the tool's input schema: {list}.");
            Err(decision)
        }
        ArgumentCheck::Unknown => {
            notes.push("the tool has no input schema to hold the arguments against".to_owned());
            Ok(())
        }
        ArgumentCheck::SwitchedOff => {
            notes.push("checking against the input schema is switched off for this tool".to_owned());
            Ok(())
        }
        ArgumentCheck::NotUsable(error) => Err(Decision::deny(
            Reason::ArgumentsInvalid,
            format!("the tool's input schema is not usable: {error}"),
        )),
    }
}

#[cfg(test)]
mod tests;
