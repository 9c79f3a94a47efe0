//! Step 6: describe. Everything that evaluation saw, without credentials, so that the decision can be
//! explained and evaluated again.

mod bound;

use crate::enforce::{Decided, Question};
use policy::arguments::canonical;
use policy::call::Target;
use policy::compile::CompiledTool;
use policy::evaluate::spends;
use policy::facts::{Facts, Identity};
use policy::{Decision, DecisionId, ResourceRef};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
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

/// [`RecordBody`] as it is written, without a copy of what it holds.
#[derive(Debug, Serialize)]
struct Body<'a> {
    v: u32,
    request_id: &'a str,
    call: BodyCall<'a>,
    facts: Cow<'a, Facts>,
    decision: &'a Decision,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool: Option<RecordedTool>,
}

/// [`RecordedCall`] as it is written.
#[derive(Debug, Serialize)]
struct BodyCall<'a> {
    action: &'a str,
    resource: &'a ResourceRef,
    subject: BodyRef<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<&'a Map<String, Value>>,
}

/// [`ResourceRef`] as it is written.
#[derive(Debug, Serialize)]
struct BodyRef<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    id: &'a str,
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
        Target::Resource | Target::UnknownMethod | Target::Unnamed => {
            (facts.credential.server.as_ref().map(ToString::to_string), None)
        }
    };
    let known = decided.set.as_deref().and_then(|set| match &target {
        Target::Tool { server, name } => set.server(server.as_str())?.tool(name),
        _ => None,
    });
    let body = Body {
        v: 1,
        request_id: &question.request_id,
        call: BodyCall {
            action: &call.action,
            resource: &call.resource,
            subject: BodyRef { kind: &question.subject.kind, id: &question.subject.id },
            context: (!call.context.is_empty()).then_some(&call.context),
        },
        facts: bound::hide(
            of_this_tenant(facts, &decided.decision),
            decided.decision.tenant.as_ref(),
            known,
            key,
        ),
        decision: &decided.decision,
        tool: known.map(|tool| RecordedTool {
            definition_hash: tool.source.definition_hash.clone(),
            risk: tool.source.risk,
            sensitivity: tool.source.sensitivity,
            read_only: tool.source.read_only,
        }),
    };
    // One of another tenant has no place in this one's timelines.
    let task = facts.task.as_ref().filter(|task| decided.decision.tenant.as_ref() == Some(&task.tenant));
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
        actor: facts.actor.as_ref().and_then(|actor| actor.subject()).map(|subject| subject.id.to_string()),
        task: task.map(|task| task.id.to_string()),
        touched: bound::touched(facts, known),
        spends: spends(facts, call, &decided.decision).is_some(),
        approval: decided.step.clone(),
    }
}

/// The facts as they are recorded: a record of one tenant says nothing of the other memberships of the caller and of who
/// acts for it, nor of the other tenants of its token's issuer, nor of a task in another tenant.
fn of_this_tenant<'a>(facts: &'a Facts, decision: &Decision) -> Cow<'a, Facts> {
    let Some(tenant) = &decision.tenant else { return Cow::Borrowed(facts) };
    let tenants = facts.identity.token().map(|token| token.tenants.as_slice()).unwrap_or_default();
    let acting = facts.actor.as_ref().map(|actor| actor.memberships.as_slice()).unwrap_or_default();
    let memberships = facts.memberships.iter().chain(acting).map(|membership| &membership.tenant);
    let task = facts.task.iter().map(|task| &task.tenant);
    if memberships.chain(tenants).chain(task).all(|named| named == tenant) {
        return Cow::Borrowed(facts);
    }
    let mut facts = facts.clone();
    facts.memberships.retain(|membership| membership.tenant == *tenant);
    if let Some(actor) = &mut facts.actor {
        actor.memberships.retain(|membership| membership.tenant == *tenant);
    }
    if let Identity::Token { token, .. } = &mut facts.identity {
        token.tenants.retain(|named| named == tenant);
    }
    if facts.task.as_ref().is_some_and(|task| task.tenant != *tenant) {
        facts.task = None;
    }
    Cow::Owned(facts)
}

/// The arguments as they are recorded. Of a tool that is not known, nothing is known of what to redact: then
/// every value is.
pub(crate) fn redacted(arguments: &Value, tool: Option<&CompiledTool>, key: &AuditKey) -> String {
    if tool.is_some_and(|tool| !tool.redacts_anything()) {
        return canonical(arguments);
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enforce::SubjectClaim;
    use crate::facts::Gathered;
    use policy::arguments::Arguments;
    use policy::facts::{
        AssertedProperties, CredentialFacts, MembershipFacts, Revision, SubjectFacts, TokenFacts,
    };
    use policy::labels::{ArgumentsMode, OpenedBy, Responses, Search, TaskState, Trust};
    use policy::task::TaskFacts;
    use policy::{Call, Reason, SubjectKind, TenantSlug, Timestamp};

    fn object(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(map) => map,
            other => panic!("no object: {other}"),
        }
    }

    fn membership(tenant: &str) -> MembershipFacts {
        MembershipFacts {
            tenant: TenantSlug::from(tenant),
            tenant_revision: 3,
            roles: Vec::new(),
            until: Some(Timestamp::from_micros(5)),
        }
    }

    pub(super) fn asked() -> (Question, Decided) {
        let question = Question {
            call: Call {
                action: "tools/call".into(),
                resource: ResourceRef { kind: "tool".into(), id: "refund".into() },
                arguments: Arguments::Known(json!({"amount": 80})),
                context: object(json!({"ip": "192.0.2.1"})),
                tenant: None,
            },
            subject: SubjectClaim { kind: "user".into(), id: "self".into(), properties: Map::new() },
            properties: AssertedProperties::default(),
            access_token: None,
            request_id: "r1".into(),
            proof: None,
            approval: None,
            idempotency_key: None,
            files: true,
        };
        let facts = Facts {
            now: Timestamp::from_micros(1),
            global_revision: 7,
            credential: CredentialFacts {
                id: "c".into(),
                name: "pep".into(),
                tenant: None,
                server: Some("crm".into()),
                trust: Trust::AssertAttributes,
                arguments: ArgumentsMode::Required,
                responses: Responses::Explained,
                search: Search::Nothing,
            },
            identity: Identity::Asserted {
                subject: SubjectFacts {
                    id: "alice".into(),
                    kind: SubjectKind::User,
                    name: "Alice".into(),
                    active: true,
                    attributes: object(json!({"level": 3})),
                },
            },
            memberships: vec![membership("acme"), membership("globex")],
            asserted: AssertedProperties { action: Map::new(), resource: object(json!({"region": "eu"})) },
            bound: Vec::new(),
            actor: None,
            task: None,
        };
        let mut decision = Decision::deny(Reason::NoMatchingRule, "why");
        decision.tenant = Some(TenantSlug::from("acme"));
        decision.revision = Revision { global: 7, tenant: 3 };
        let gathered = Gathered { facts, credential_key: None, api_key: None, approvals: Vec::new() };
        (question, Decided { gathered, decision, set: None, step: None, again: None })
    }

    #[test]
    fn what_is_written_is_read_back_as_it_was_seen() {
        let (question, mut decided) = asked();
        let key = AuditKey::from_secret(&[7; 32]);
        let written = |decided: &Decided| -> RecordBody {
            let record = describe(&DecisionId::from("d"), &question, decided, &key);
            serde_json::from_str(&record.body).expect("reads back")
        };
        let body = written(&decided);
        assert_eq!((body.v, body.request_id.as_str()), (1, "r1"));
        assert_eq!(body.call.action, "tools/call");
        assert_eq!(body.call.resource, question.call.resource);
        assert_eq!(body.call.subject, ResourceRef { kind: "user".into(), id: "self".into() });
        assert_eq!(body.call.context, question.call.context);
        assert_eq!(body.decision, decided.decision);
        // Of the caller's other tenants nothing is said.
        let mut seen = decided.gathered.facts.clone();
        seen.memberships.truncate(1);
        assert_eq!(body.facts, seen);
        assert_eq!(body.facts.asserted.resource["region"], "eu");
        decided.gathered.facts.memberships.truncate(1);
        assert_eq!(written(&decided).facts, seen);
        // Nothing is known of a tool that is in no catalog, so none of its arguments is kept in the clear.
        let record = describe(&DecisionId::from("d"), &question, &decided, &key);
        assert!(record.arguments.is_some_and(|arguments| arguments.contains(REDACTED)));
    }

    #[test]
    fn a_task_is_recorded_in_its_own_tenant_alone() {
        let (question, mut decided) = asked();
        let key = AuditKey::from_secret(&[7; 32]);
        let task = TaskFacts {
            id: "t-1".into(),
            tenant: "acme".into(),
            subject: "alice".into(),
            actor: None,
            purpose: "refund order 17".into(),
            tools: Vec::new(),
            budget: 1,
            used: 0,
            state: TaskState::Active,
            opened_by: OpenedBy::Agent,
            expires_at: Timestamp::from_micros(9),
        };
        for (tenant, told) in [("acme", true), ("globex", false)] {
            decided.gathered.facts.task = Some(TaskFacts { tenant: tenant.into(), ..task.clone() });
            let record = describe(&DecisionId::from("d"), &question, &decided, &key);
            assert_eq!((record.task.is_some(), record.spends), (told, false), "{tenant}");
            let body: RecordBody = serde_json::from_str(&record.body).expect("reads back");
            assert_eq!(body.facts.task.is_some(), told, "{tenant}");
        }
    }

    #[test]
    fn a_token_is_recorded_by_its_facts_and_without_its_issuers_other_tenants() {
        let (question, mut decided) = asked();
        let key = AuditKey::from_secret(&[7; 32]);
        let subject = decided.gathered.facts.identity.subject().expect("is known").clone();
        let token = TokenFacts {
            issuer: "https://idp.example".into(),
            sub: "a-17".into(),
            jti: Some("t-1".into()),
            issued_at: None,
            expires_at: Timestamp::from_micros(9),
            audiences: vec!["https://crm.example/mcp".into()],
            listed: None,
            scopes: vec!["crm:refund".into()],
            weaker: vec!["`typ` is not required".into()],
            claims: object(json!({"sub": "a-17", "acr": "gold"})),
            tenants: vec!["acme".into(), "globex".into()],
        };
        decided.gathered.facts.identity = Identity::Token { token: Box::new(token.clone()), subject };
        decided.gathered.facts.memberships.truncate(1);
        let written = |decided: &Decided| -> RecordBody {
            let record = describe(&DecisionId::from("d"), &question, decided, &key);
            serde_json::from_str(&record.body).expect("reads back")
        };
        let recorded = written(&decided).facts;
        let of_acme = TokenFacts { tenants: vec!["acme".into()], ..token.clone() };
        assert_eq!(recorded.identity.token(), Some(&of_acme));
        // A denial that is no tenant's says all.
        decided.decision.tenant = None;
        assert_eq!(written(&decided).facts.identity.token(), Some(&token));
    }
}
