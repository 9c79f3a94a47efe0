//! What one evaluation costs: a typical rule set, many rules of other tools, and the worst that is accepted.
#![allow(clippy::expect_used, missing_docs, reason = "a benchmark")]

use criterion::{Criterion, criterion_group, criterion_main};
use policy::arguments::Arguments;
use policy::call::{Call, ResourceRef};
use policy::compile::{CompiledTool, PolicySet, RuleSource, ServerSource, TenantState, ToolSource};
use policy::evaluate::{EvaluationRequest, evaluate};
use policy::facts::{
    AssertedProperties, CredentialFacts, Facts, Identity, MembershipFacts, Revision, RoleGrant, RoleOrigin,
    SubjectFacts,
};
use policy::labels::{
    ArgumentsMode, Responses, ReviewState, Risk, Search, Sensitivity, SubjectKind, TaskNeed, Trust,
};
use policy::{RuleId, ServerSlug, SubjectId, TenantSlug, Timestamp, ToolId};
use serde_json::{Map, Value, json};
use std::hint::black_box;
use std::sync::Arc;

const REVISION: Revision = Revision { global: 1, tenant: 1 };

fn facts() -> Facts {
    Facts {
        now: Timestamp::parse("2026-11-23T12:00:00Z").expect("a moment"),
        global_revision: 1,
        credential: CredentialFacts {
            id: "c".into(),
            name: "pep".into(),
            tenant: None,
            server: Some(ServerSlug::from("crm")),
            trust: Trust::VerifyToken,
            arguments: ArgumentsMode::Required,
            responses: Responses::Explained,
            search: Search::Nothing,
        },
        identity: Identity::ApiKey {
            key: "k".into(),
            subject: SubjectFacts {
                id: SubjectId::from("alice"),
                kind: SubjectKind::User,
                name: "Alice".into(),
                active: true,
                attributes: Map::new(),
            },
        },
        memberships: vec![MembershipFacts {
            tenant: TenantSlug::from("acme"),
            tenant_revision: 1,
            roles: vec![RoleGrant { name: "support".into(), global: false, origin: RoleOrigin::Assigned }],
            until: None,
        }],
        asserted: AssertedProperties::default(),
        bound: Vec::new(),
        actor: None,
        task: None,
    }
}

fn call(arguments: Value) -> Call {
    Call {
        action: "tools/call".into(),
        resource: ResourceRef { kind: "tool".into(), id: "refund".into() },
        arguments: Arguments::from_value(arguments),
        context: Map::new(),
        tenant: None,
    }
}

fn set(rules: &[Value], schema: Value) -> PolicySet {
    let sources: Vec<RuleSource> = rules
        .iter()
        .enumerate()
        .map(|(index, rule)| RuleSource {
            id: RuleId::new(format!("r{index}")),
            version: 1,
            rule: serde_json::from_value(rule.clone()).expect("a rule"),
        })
        .collect();
    let rules = PolicySet::compile_rules(&sources);
    assert!(rules.iter().all(|rule| rule.broken().is_none()), "a rule does not compile");
    let tool = ToolSource {
        id: ToolId::from("t"),
        name: "refund".into(),
        review: ReviewState::Reviewed,
        risk: Risk::High,
        sensitivity: Sensitivity::Internal,
        read_only: false,
        definition_hash: None,
        redact: Vec::new(),
        input_schema: Some(schema),
        check_schema: true,
        bindings: Vec::new(),
        scopes: Vec::new(),
        task: TaskNeed::Optional,
        mapping: None,
    };
    let server = ServerSource {
        slug: ServerSlug::from("crm"),
        enabled: true,
        audiences: Vec::new(),
        check_arguments: true,
        tools: vec![Arc::new(CompiledTool::compile(tool))],
    };
    let tenant = TenantState { slug: TenantSlug::from("acme"), name: "Acme".into(), active: true };
    PolicySet::new(REVISION, tenant, vec![server], rules)
}

fn refund_schema() -> Value {
    json!({"type": "object", "properties": {"amount": {"type": "number"}, "currency": {"type": "string"}, "note": {}}})
}

/// Four rules about the tool: a bound, a condition, a restriction, another role.
fn typical() -> Vec<Value> {
    let bound = json!({"properties": {"amount": {"type": "number", "maximum": 100}, "currency": {"enum": ["EUR", "USD"]}}, "required": ["amount", "currency"]});
    let large =
        json!({"properties": {"amount": {"type": "number", "minimum": 10000}}, "required": ["amount"]});
    vec![
        json!({"name": "small", "effect": "allow", "roles": ["support"], "tools": ["crm/refund"], "parameters": bound}),
        json!({"name": "euro", "effect": "allow", "roles": ["support"], "tools": ["crm/*"], "when": "args.currency == 'EUR' && args.amount < 50"}),
        json!({"name": "large", "effect": "deny", "tools": ["*/*"], "parameters": large}),
        json!({"name": "finance", "effect": "allow", "roles": ["finance"], "tools": ["crm/refund"]}),
    ]
}

fn with_others(count: usize) -> Vec<Value> {
    let others = (0..count).map(|index| {
        json!({"name": format!("other {index}"), "effect": "allow", "roles": ["support"], "tools": [format!("crm/tool-{index}")]})
    });
    typical().into_iter().chain(others).collect()
}

fn benches(criterion: &mut Criterion) {
    let facts = facts();
    let refund = call(json!({"amount": 80, "currency": "EUR"}));
    let mut typical_cost = criterion.benchmark_group("typical");
    for others in [10, 1_000, 10_000] {
        let set = set(&with_others(others), refund_schema());
        let request = EvaluationRequest { facts: &facts, call: &refund, approved: &[] };
        assert!(evaluate(Some(&set), &request).is_allow());
        typical_cost.bench_function(format!("{others} rules of other tools"), |bencher| {
            bencher.iter(|| evaluate(Some(black_box(&set)), black_box(&request)));
        });
    }
    typical_cost.finish();

    let mut worst = criterion.benchmark_group("worst");
    worst.sample_size(20);
    let many: Vec<i64> = (0..1_000).collect();
    let filter = json!({"name": "filter", "effect": "allow", "tools": ["crm/refund"], "when": "args.note.filter(x, x >= 0).size() == 1000"});
    let exists = json!({"name": "exists", "effect": "deny", "tools": ["crm/refund"], "when": "args.note.exists(x, x == -1)"});
    let items = json!({"name": "items", "effect": "allow", "tools": ["crm/refund"], "parameters":
        {"properties": {"note": {"type": "array", "items": {"type": "integer", "minimum": 0}}}, "required": ["note"]}});
    let branches: Vec<Value> =
        (0..40).map(|n| json!({"type": "array", "contains": {"const": format!("no {n}")}})).collect();
    let any_of = json!({"name": "anyOf", "effect": "allow", "tools": ["crm/refund"], "parameters":
        {"properties": {"note": {"anyOf": branches}}, "required": ["note"]}});
    for (name, rules, arguments) in [
        ("a macro over 1,000 elements", vec![filter], json!({"note": many})),
        ("a restricting macro over 1,000 elements", vec![exists], json!({"note": many})),
        ("items over 100,000 elements", vec![items], json!({"note": vec![1; 100_000]})),
        ("anyOf of 40 over 100,000 elements", vec![any_of], json!({"note": vec![1; 100_000]})),
        (
            "one string of 250 KiB",
            typical(),
            json!({"amount": 80, "currency": "EUR", "note": "x".repeat(250_000)}),
        ),
    ] {
        let set = set(&rules, refund_schema());
        let call = call(arguments);
        let request = EvaluationRequest { facts: &facts, call: &call, approved: &[] };
        worst.bench_function(name, |bencher| {
            bencher.iter(|| evaluate(Some(black_box(&set)), black_box(&request)));
        });
    }
    worst.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
