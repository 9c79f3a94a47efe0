//! Step 6: describe. Everything that evaluation saw, without credentials, so that the decision can be
//! explained and evaluated again.

use crate::enforce::{Decided, Question};
use policy::arguments::canonical;
use policy::call::Target;
use policy::compile::CompiledTool;
use policy::facts::Facts;
use policy::{Decision, DecisionId, ResourceRef};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use store::chain::AuditKey;
use store::recorder::NewRecord;

/// The JSON body of a decision record, as the console reads it back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordBody {
    /// The version of this shape.
    pub v: u32,
    pub request_id: String,
    pub call: RecordedCall,
    pub facts: Facts,
    pub decision: Decision,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<RecordedTool>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordedCall {
    pub action: String,
    pub resource: ResourceRef,
    /// The subject as the PEP named it; whom it was recognised as stands in the facts.
    pub subject: ResourceRef,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub context: Map<String, Value>,
}

/// The tool as it stood when it was decided on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordedTool {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition_hash: Option<String>,
    pub risk: policy::Risk,
    pub sensitivity: policy::Sensitivity,
    pub read_only: bool,
}

/// A redacted value stands as this object, so that equal ones compare equal.
const REDACTED: &str = "$redacted";

pub(crate) fn describe(id: &DecisionId, question: &Question, decided: &Decided, key: &AuditKey) -> NewRecord {
    let facts = &decided.gathered.facts;
    let call = &question.call;
    let target = call.target(facts.credential.server.as_ref());
    let (server, tool) = match &target {
        Target::Tool { server, name } => (Some(server.to_string()), Some(name.clone())),
        Target::Server { id } => {
            let known = decided.set.as_deref().and_then(|set| set.server_by_audience(id));
            (Some(known.map_or_else(|| id.clone(), |server| server.slug.to_string())), None)
        }
        Target::UnknownMethod | Target::Unnamed => {
            (facts.credential.server.as_ref().map(ToString::to_string), None)
        }
    };
    let known = decided.set.as_deref().and_then(|set| match &target {
        Target::Tool { server, name } => set.server(server.as_str())?.tool(name),
        _ => None,
    });
    let body = RecordBody {
        v: 1,
        request_id: question.request_id.clone(),
        call: RecordedCall {
            action: call.action.clone(),
            resource: call.resource.clone(),
            subject: ResourceRef { kind: question.subject.kind.clone(), id: question.subject.id.clone() },
            context: call.context.clone(),
        },
        facts: of_this_tenant(facts, &decided.decision),
        decision: decided.decision.clone(),
        tool: known.map(|tool| RecordedTool {
            definition_hash: tool.source.definition_hash.clone(),
            risk: tool.source.risk,
            sensitivity: tool.source.sensitivity,
            read_only: tool.source.read_only,
        }),
    };
    NewRecord {
        id: id.clone(),
        at: facts.now,
        tenant: decided.decision.tenant.as_ref().map(ToString::to_string),
        subject: facts.identity.subject().map(|subject| subject.id.to_string()),
        credential: Some(facts.credential.id.to_string()),
        server,
        tool,
        action: call.action.clone(),
        outcome: decided.decision.outcome,
        reason: decided.decision.reason,
        // Plain data of our own: writing it cannot fail; if it did, an empty body would still be chained.
        body: serde_json::to_string(&body).unwrap_or_default(),
        arguments: call.arguments.known().map(|arguments| redacted(arguments, known, key)),
        used_credential_key: decided.gathered.credential_key.clone(),
        used_api_key: decided.gathered.api_key.clone(),
    }
}

/// The facts as they are recorded: a record of one tenant says nothing of the caller's other memberships.
fn of_this_tenant(facts: &Facts, decision: &Decision) -> Facts {
    let mut facts = facts.clone();
    if let Some(tenant) = &decision.tenant {
        facts.memberships.retain(|membership| membership.tenant == *tenant);
    }
    facts
}

/// The arguments as they are recorded. Of a tool that is not known, nothing is known of what to redact: then
/// every value is.
fn redacted(arguments: &Value, tool: Option<&CompiledTool>, key: &AuditKey) -> String {
    let mut copy = arguments.clone();
    let hide = &mut |value: &mut Value| redact(value, key);
    match tool {
        Some(tool) => tool.hide_redacted(&mut copy, hide),
        None => copy.as_object_mut().into_iter().flat_map(Map::values_mut).for_each(hide),
    }
    canonical(&copy)
}

fn redact(value: &mut Value, key: &AuditKey) {
    let digest = key.keyed_digest(canonical(value).as_bytes());
    *value = json!({ REDACTED: digest });
}
