//! From a recorded decision to the call that it was about, so that it can be tried again.

use super::query::{OtherAction, TryQuery};
use crate::pages::rule::example;
use pdp::RecordBody;
use policy::call::TOOLS_CALL;
use policy::facts::ActorIdentity;
use policy::general::is_reserved;
use serde_json::{Map, Value};
use store::decisions::RecordedDecision;

/// As much of the call as is known.
pub(crate) fn query(recorded: &RecordedDecision) -> TryQuery {
    let row = &recorded.row;
    let body: Option<RecordBody> = serde_json::from_str(&recorded.body).ok();
    let parties = TryQuery {
        subject: row.subject.clone(),
        agent: row.actor.clone().or_else(|| body.as_ref().and_then(named_agent)),
        tenant: row.tenant.clone(),
        ..TryQuery::default()
    };
    match (&row.server, &row.tool) {
        (Some(server), Some(tool)) if row.action == TOOLS_CALL => TryQuery {
            tool: Some(format!("{server}/{tool}")),
            arguments: recorded.arguments.as_deref().map(example::readable).filter(|text| !text.is_empty()),
            ..parties
        },
        _ => TryQuery { other: body.as_ref().and_then(other), ..parties },
    }
}

/// Whether who called what is known well enough.
pub(crate) fn is_known(recorded: &RecordedDecision) -> bool {
    recorded.row.subject.is_some() && query(recorded).is_asked()
}

/// Where nobody knew who acts: as the asking side named it.
fn named_agent(body: &RecordBody) -> Option<String> {
    let acting = body.facts.actor.as_deref()?;
    let is_unknown = matches!(acting.identity, ActorIdentity::Unknown { .. });
    let named = body.call.context.get("agent").and_then(Value::as_str).filter(|_| is_unknown);
    named.filter(|id| !id.trim().is_empty()).map(str::to_owned)
}

/// What was done to what, where that is decided by rules of the general form.
fn other(body: &RecordBody) -> Option<OtherAction> {
    let (call, facts) = (&body.call, &body.facts);
    // A key that is bound to a server was told that it asks about nothing else, and is tried as no other key.
    if facts.credential.server.is_some() || is_reserved(&call.resource.kind) {
        return None;
    }
    Some(OtherAction {
        action: Some(call.action.clone()),
        kind: Some(call.resource.kind.clone()),
        id: Some(call.resource.id.clone()),
        properties: written(&facts.asserted.resource),
        action_properties: written(&facts.asserted.action),
    })
}

fn written(properties: &Map<String, Value>) -> Option<String> {
    (!properties.is_empty()).then(|| serde_json::to_string_pretty(properties).unwrap_or_default())
}
