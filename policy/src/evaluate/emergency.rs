//! What people did in an emergency: stop switches, which go before everything that a call is about, and break-glass
//! grants, which go before nothing that denies.

use super::Thing;
use super::admission::{Parties, Party};
use crate::call::Target;
use crate::compile::{BreakGlass, PolicySet, StopSwitch};
use crate::decision::{BreakGlassUse, Decision, Outcome};
use crate::facts::Facts;
use crate::labels::StopScope;
use crate::reason::Reason;
use crate::text::shown;
use crate::timestamp::Timestamp;

/// The longest reason in a sentence.
const REASON: usize = 300;

/// The denial by a stop switch, where one stops this call.
pub(super) fn stopped(
    set: &PolicySet,
    facts: &Facts,
    parties: &Parties<'_>,
    target: &Target,
) -> Option<Decision> {
    let emergency = &set.emergency;
    let on = |party: &Party<'_>| emergency.subject(party.subject.id.as_str());
    let switch = emergency
        .whole()
        .or_else(|| on(&parties.subject))
        .or_else(|| parties.actor.as_ref().and_then(on))
        .or_else(|| of_target(set, facts, target))?;
    Some(Decision::deny(Reason::KillSwitch, stopped_by(switch)))
}

/// A switch on the server or the tool that is called. Of a server that the tenant may not use nothing is told, not even
/// that it is stopped: the call is denied by the check of the server.
fn of_target<'a>(set: &'a PolicySet, facts: &Facts, target: &Target) -> Option<&'a StopSwitch> {
    let emergency = &set.emergency;
    let bound = || facts.credential.server.as_ref().and_then(|slug| set.server(slug.as_str()));
    match target {
        Target::Tool { server, name } => {
            let slug = set.server(server.as_str())?.slug.as_str();
            emergency.server(slug).or_else(|| emergency.tool(slug, name))
        }
        Target::Server { id } => emergency.server(set.server_by_audience(id)?.slug.as_str()),
        Target::Resource | Target::UnknownMethod | Target::Unnamed => {
            emergency.server(bound()?.slug.as_str())
        }
    }
}

fn stopped_by(switch: &StopSwitch) -> String {
    let what = match switch.scope {
        StopScope::Everything => "everything".to_owned(),
        StopScope::Tenant => "this tenant".to_owned(),
        scope => format!("{scope} `{}`", shown(&switch.target, REASON)),
    };
    format!(
        "{what} is stopped since {} by `{}`: {}",
        switch.at,
        shown(&switch.by, 80),
        shown(&switch.reason, REASON)
    )
}

/// The allow by a break-glass grant, where one holds now for exactly this subject and tool.
pub(super) fn allowed(
    set: &PolicySet,
    now: Timestamp,
    party: &Party<'_>,
    thing: Thing<'_>,
) -> Option<Decision> {
    // What a mapping asks beside the call itself is part of the call.
    let (server, tool) = thing.called()?;
    let grant = set.emergency.grant(&party.subject.id, server.slug.as_str(), &tool.source.name, now)?;
    Some(Decision {
        outcome: Outcome::Allow,
        break_glass: Some(used(grant)),
        ..Decision::deny(Reason::Allowed, allowed_by(grant))
    })
}

fn used(grant: &BreakGlass) -> BreakGlassUse {
    BreakGlassUse {
        id: grant.id.clone(),
        reason: grant.reason.clone(),
        asked_by: grant.asked_by.clone(),
        confirmed_by: grant.confirmed_by.clone(),
        until: grant.until,
    }
}

fn allowed_by(grant: &BreakGlass) -> String {
    format!(
        "no rule allows it; break-glass does until {}, asked by `{}`, confirmed by `{}`: {}",
        grant.until,
        shown(&grant.asked_by, 80),
        shown(&grant.confirmed_by, 80),
        shown(&grant.reason, REASON)
    )
}
