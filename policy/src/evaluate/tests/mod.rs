//! Decisions as tables that read like documentation, and the properties that hold whatever the rules are.

mod asked;
mod bound;
mod could;
mod delegation;
mod emergency;
mod general;
mod mapped;
mod order;
mod properties;
mod roles;
mod rules;
mod scopes;
mod tasks;
mod tokens;

use super::{EvaluationRequest, evaluate};
use crate::arguments::Arguments;
use crate::call::{Call, ResourceRef};
use crate::compile::{CompiledTool, PolicySet, RuleSource, ServerSource, TenantState, ToolSource};
use crate::decision::Decision;
use crate::facts::{
    AssertedProperties, CredentialFacts, Facts, Identity, MembershipFacts, Revision, RoleGrant, RoleOrigin,
    SubjectFacts,
};
use crate::ids::{RuleId, ServerSlug, SubjectId, TenantSlug, ToolId};
use crate::labels::{
    ArgumentsMode, Responses, ReviewState, Risk, Search, Sensitivity, SubjectKind, TaskNeed, Trust,
};
use crate::rule::Rule;
use crate::timestamp::Timestamp;
use serde_json::{Map, Value, json};
use std::sync::Arc;

const REVISION: Revision = Revision { global: 7, tenant: 3 };

/// One tenant `acme` with server `crm`, its tools, a caller `alice`, and any rules.
struct World {
    facts: Facts,
    call: Call,
    tenant_active: bool,
    server_enabled: bool,
    check_arguments: bool,
    tool: ToolSource,
    rules: Vec<Rule>,
    approved: Vec<RuleId>,
}

fn rule(value: Value) -> Rule {
    serde_json::from_value(value).expect("a rule")
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("a moment")
}

impl World {
    fn new(rules: Vec<Value>) -> Self {
        let subject = SubjectFacts {
            id: SubjectId::from("alice"),
            kind: SubjectKind::User,
            name: "Alice Ng".into(),
            active: true,
            attributes: Map::new(),
        };
        Self {
            facts: Facts {
                now: at("2026-11-23T12:00:00Z"),
                global_revision: REVISION.global,
                credential: CredentialFacts {
                    id: "c1".into(),
                    name: "crm-pep".into(),
                    tenant: None,
                    server: Some(ServerSlug::from("crm")),
                    trust: Trust::VerifyToken,
                    arguments: ArgumentsMode::Required,
                    responses: Responses::Explained,
                    search: Search::Nothing,
                },
                identity: Identity::ApiKey { key: "laptop".into(), subject },
                memberships: vec![membership("acme", &["support-agent"])],
                asserted: AssertedProperties::default(),
                bound: Vec::new(),
                actor: None,
                task: None,
            },
            call: Call {
                action: "tools/call".into(),
                resource: ResourceRef { kind: "tool".into(), id: "refund".into() },
                arguments: Arguments::Known(json!({"amount": 80, "currency": "EUR"})),
                context: Map::new(),
                tenant: None,
            },
            tenant_active: true,
            server_enabled: true,
            check_arguments: true,
            tool: ToolSource {
                id: ToolId::from("t1"),
                name: "refund".into(),
                review: ReviewState::Reviewed,
                risk: Risk::High,
                sensitivity: Sensitivity::Confidential,
                read_only: false,
                definition_hash: None,
                redact: Vec::new(),
                input_schema: Some(
                    json!({"type": "object", "properties": {"amount": {"type": "number"}, "currency": {"type": "string"}, "note": {}}}),
                ),
                check_schema: true,
                bindings: Vec::new(),
                scopes: Vec::new(),
                task: TaskNeed::Optional,
                mapping: None,
            },
            rules: rules.into_iter().map(rule).collect(),
            approved: Vec::new(),
        }
    }

    fn arguments(mut self, arguments: Value) -> Self {
        self.call.arguments = Arguments::from_value(arguments);
        self
    }

    fn subject(&mut self) -> &mut SubjectFacts {
        match &mut self.facts.identity {
            Identity::ApiKey { subject, .. }
            | Identity::Token { subject, .. }
            | Identity::Asserted { subject } => subject,
            other => panic!("no subject in {other:?}"),
        }
    }

    fn set(&self) -> PolicySet {
        let sources: Vec<RuleSource> = self
            .rules
            .iter()
            .enumerate()
            .map(|(index, rule)| RuleSource {
                id: RuleId::new(format!("r{index}")),
                version: 1,
                rule: rule.clone(),
            })
            .collect();
        let server = ServerSource {
            slug: ServerSlug::from("crm"),
            enabled: self.server_enabled,
            audiences: vec!["https://crm.example/mcp".into()],
            check_arguments: self.check_arguments,
            tools: vec![Arc::new(CompiledTool::compile(self.tool.clone()))],
        };
        let tenant =
            TenantState { slug: TenantSlug::from("acme"), name: "Acme".into(), active: self.tenant_active };
        PolicySet::new(REVISION, tenant, vec![server], PolicySet::compile_rules(&sources))
    }

    fn decide(&self) -> Decision {
        let request = EvaluationRequest { facts: &self.facts, call: &self.call, approved: &self.approved };
        evaluate(Some(&self.set()), &request)
    }
}

fn membership(tenant: &str, roles: &[&str]) -> MembershipFacts {
    MembershipFacts {
        tenant: TenantSlug::from(tenant),
        tenant_revision: REVISION.tenant,
        roles: roles
            .iter()
            .map(|role| RoleGrant { name: (*role).into(), global: false, origin: RoleOrigin::Assigned })
            .collect(),
        until: None,
    }
}

fn allow_refund() -> Value {
    json!({"name": "refunds", "effect": "allow", "roles": ["support-agent"], "tools": ["crm/refund"]})
}

fn small_refunds() -> Value {
    json!({"name": "small refunds", "effect": "allow", "roles": ["support-agent"], "tools": ["crm/refund"],
        "parameters": {"properties": {"amount": {"type": "number", "maximum": 100}}, "required": ["amount"]}})
}
