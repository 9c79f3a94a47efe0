//! Random rules, each of parts.

use proptest::prelude::*;
use proptest::sample::select;

/// Parts of a rule, each an object of some of its members.
pub(crate) type Parts = Vec<&'static str>;

const WHO: &[&str] = &[
    "{}",
    "{}",
    "{}",
    r#"{"roles": ["editor"]}"#,
    r#"{"roles": ["reader"]}"#,
    r#"{"roles": ["editor", "auditor"]}"#,
    r#"{"roles": ["reader"], "subjects": ["bot"]}"#,
    r#"{"subjects": ["ben", "imp"]}"#,
    r#"{"kinds": ["agent"]}"#,
    r#"{"roles": ["editor"], "kinds": ["user", "service"]}"#,
];

const OF_TOOLS: &[&str] = &[
    r#"{"tools": ["crm/*"]}"#,
    r#"{"tools": ["crm/refund", "other/show"]}"#,
    r#"{"tools": ["*/show"]}"#,
    r#"{"tools": ["crm/move", "crm/later"]}"#,
    r#"{"tools": ["*/*"]}"#,
    r#"{"tools": ["other/*"]}"#,
];

const TOOLS_NARROWED: &[&str] = &[
    "{}",
    "{}",
    "{}",
    "{}",
    r#"{"parameters": {"properties": {"amount": {"type": "number", "maximum": 10}}, "required": ["amount"]}}"#,
    r#"{"parameters": {"properties": {"amount": {"type": "number", "minimum": 40}}, "required": ["amount"]}}"#,
    r#"{"parameters": {"properties": {"note": {"type": "string"}}, "required": ["note"]}}"#,
    r#"{"when": "args.amount < 10"}"#,
    r#"{"when": "bound['/customer_id'].region == 'eu'"}"#,
    r#"{"when": "context.channel == 'web'"}"#,
    r#"{"when": "ip_in(context.ip, '10.0.0.0/8')"}"#,
    r#"{"when": "subject.level > 3"}"#,
    r#"{"when": "task != null"}"#,
    r#"{"when": "task == null || task.purpose == 'orders'"}"#,
    r#"{"when": "actor == null"}"#,
    r#"{"when": "actor != null && actor.kind == 'agent'"}"#,
    r#"{"risk_at_least": "high"}"#,
    r#"{"sensitivity": ["confidential", "regulated"]}"#,
    r#"{"valid": {"until": "2020-01-01T00:00:00Z"}}"#,
    r#"{"valid": {"from": "2020-01-01T00:00:00Z"}}"#,
];

const OF_RESOURCES: &[&str] = &[
    r#"{"actions": ["read"], "resources": ["record:*"]}"#,
    r#"{"actions": ["write", "delete"], "resources": ["record:*"]}"#,
    r#"{"actions": ["read"], "resources": ["customer:*"]}"#,
    r#"{"actions": ["*"], "resources": ["record:r1", "record:r9"]}"#,
    r#"{"actions": ["re*"], "resources": ["rec*:r*"]}"#,
    r#"{"actions": ["*"], "resources": ["*:*"]}"#,
    r#"{"actions": ["write"], "resources": ["record:r2", "cust*:c-9"]}"#,
];

const RESOURCES_NARROWED: &[&str] = &[
    "{}",
    "{}",
    "{}",
    "{}",
    r#"{"when": "resource.status == 'active'"}"#,
    r#"{"when": "resource.region == 'eu'"}"#,
    r#"{"when": "subject.level > 3"}"#,
    r#"{"when": "actor == null"}"#,
    r#"{"when": "task == null"}"#,
    r#"{"when": "context.channel == 'web'"}"#,
    r#"{"when": "ip_in(context.ip, '10.0.0.0/8')"}"#,
    r#"{"sensitivity": ["internal"]}"#,
    r#"{"valid": {"until": "2020-01-01T00:00:00Z"}}"#,
];

pub(crate) fn rule() -> impl Strategy<Value = Parts> {
    let effect = prop_oneof![
        6 => Just(r#"{"effect": "allow"}"#),
        1 => Just(r#"{"effect": "allow", "approval": {"approvers": ["editor"]}}"#),
        1 => Just(r#"{"effect": "allow", "approval": {"approver_subjects": ["ann"]}}"#),
        1 => Just(r#"{"effect": "require_approval", "approval": {"approver_subjects": ["ben"]}}"#),
        3 => Just(r#"{"effect": "deny"}"#),
    ];
    let what = prop_oneof![
        (select(OF_TOOLS), select(TOOLS_NARROWED)),
        (select(OF_RESOURCES), select(RESOURCES_NARROWED)),
    ];
    let status = prop_oneof![
        8 => Just("{}"),
        1 => Just(r#"{"status": "shadow"}"#),
        1 => Just(r#"{"status": "disabled"}"#),
    ];
    let tenant = prop_oneof![
        6 => Just(r#"{"tenant": "acme"}"#),
        2 => Just("{}"),
        2 => Just(r#"{"tenant": "globex"}"#),
    ];
    (effect, select(WHO), what, status, tenant).prop_map(|(effect, who, (what, narrowed), status, tenant)| {
        vec![effect, who, what, narrowed, status, tenant]
    })
}
