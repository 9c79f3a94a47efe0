//! What a search tells beside whom it found, who may ask, and how far a key reaches.

use crate::search::asking::{self, JSON};
use serde_json::{Value, json};
use tests::{Backend, Pep, World};

const POLICY: &str = "
tenants: [{ slug: acme }, { slug: globex }]
roles: [{ name: editor }, { name: reader }]
subjects:
  - { id: s0, kind: user, memberships: [{ tenant: acme, roles: [editor] }] }
  - { id: s1, kind: user, memberships: [{ tenant: acme, roles: [reader] }, { tenant: globex, roles: [editor] }] }
  - { id: s2, kind: agent, memberships: [{ tenant: acme, roles: [editor, reader] }] }
  - { id: s3, kind: user, memberships: [{ tenant: acme, roles: [editor], until: '2020-01-01T00:00:00Z' }] }
  - { id: s4, kind: user, active: false, memberships: [{ tenant: acme, roles: [editor] }] }
  - { id: s5, kind: user, memberships: [{ tenant: globex, roles: [editor] }] }
  - { id: s6, kind: service, memberships: [{ tenant: acme }] }
servers:
  - slug: crm
    url: http://127.0.0.1:9000/mcp
    tenants: [acme]
    tools: [{ name: refund }, { name: show }, { name: later, review: new }]
  - { slug: other, url: 'http://127.0.0.1:9001/mcp', tenants: [acme], tools: [{ name: show }] }
  - { slug: foreign, url: 'http://127.0.0.1:9002/mcp', tenants: [globex], tools: [{ name: show }] }
resources:
  - { type: record, id: r1, tenant: acme, attributes: { status: active } }
  - { type: record, id: r2, tenant: acme, attributes: { status: archived } }
  - { type: record, id: r3, tenant: globex, attributes: { status: active } }
credentials:
  - { name: all, tenant: acme, trust: assert_subject, search: own, secret_env: ALL_KEY }
  - { name: crm, tenant: acme, server: crm, trust: assert_subject, search: own, secret_env: CRM_KEY }
  - { name: none, tenant: acme, trust: assert_subject, secret_env: NONE_KEY }
  - { name: free, trust: assert_subject, search: own, secret_env: FREE_KEY }
";

const RULES: &[&str] = &[
    r#"{"effect": "allow", "actions": ["read"], "resources": ["record:*"]}"#,
    r#"{"effect": "allow", "roles": ["reader"], "tools": ["crm/*"]}"#,
    r#"{"effect": "allow", "roles": ["editor"], "tools": ["*/refund", "other/show"], "parameters":
        {"properties": {"amount": {"type": "number", "maximum": 10}}, "required": ["amount"]}}"#,
    r#"{"effect": "require_approval", "kinds": ["agent"], "tools": ["crm/refund"],
        "approval": {"approvers": ["editor"]}}"#,
];

async fn world(backend: Backend) -> World {
    let mut world = World::empty(backend).await;
    for name in ["ALL_KEY", "CRM_KEY", "NONE_KEY", "FREE_KEY"] {
        world.set_secret(name, &format!("{name}-{}", "x".repeat(40)));
    }
    world.apply(POLICY).await;
    world
}

/// Exactly these rules are in force.
async fn enforce(world: &World, enforced: &[usize]) {
    let rules: Vec<Value> = RULES
        .iter()
        .enumerate()
        .map(|(index, text)| {
            let mut rule: Value = serde_json::from_str(text).expect("a rule");
            rule["name"] = json!(format!("rule {index}"));
            rule["status"] = json!(if enforced.contains(&index) { "enforced" } else { "disabled" });
            rule
        })
        .collect();
    world.apply(&json!({ "rules": rules }).to_string()).await;
}

fn subject(id: &str) -> Value {
    json!({"type": "user", "id": id})
}

/// Everything that is found, in pages of two.
async fn search(pep: &Pep, what: &str, body: &Value) -> Vec<Value> {
    asking::search(pep, what, body, 2).await
}

async fn ids(pep: &Pep, what: &str, body: &Value) -> Vec<String> {
    search(pep, what, body).await.iter().map(|one| asking::name(one).to_owned()).collect()
}

fn evaluation(who: &str, action: &str, resource: &Value) -> Value {
    json!({"subject": subject(who), "action": {"name": action}, "resource": resource})
}

pub(crate) async fn a_tool_call_without_arguments_tells_under_which_conditions(backend: Backend) {
    let world = world(backend).await;
    let replica = world.replica().await;
    let pep = Pep::new(replica.address(), world.secret("ALL_KEY"));
    enforce(&world, &[1, 2, 3]).await;
    let mut body = evaluation("", "tools/call", &json!({"type": "tool", "id": "crm/refund"}));
    let with = |access: &str, conditions: Value| json!({"access": access, "conditions": conditions});
    for (kind, expected) in [
        (
            "user",
            json!([
                {"type": "user", "id": "s0", "properties": with("with_conditions", json!(["if /amount <= 10"]))},
                {"type": "user", "id": "s1", "properties": with("always", json!([]))},
            ]),
        ),
        (
            "agent",
            json!([
                {"type": "agent", "id": "s2",
                    "properties": with("after_approval", json!(["if /amount <= 10"]))},
            ]),
        ),
        ("service", json!([])),
    ] {
        body["subject"] = json!({ "type": kind });
        assert_eq!(json!(search(&pep, "subject", &body).await), expected, "{kind}");
    }
    let can = evaluation("s0", "tools/call", &json!({"type": "tool"}));
    assert_eq!(ids(&pep, "resource", &can).await, ["crm/refund", "other/show"]);
    let can = evaluation("s0", "tools/list", &json!({"type": "mcp_server"}));
    assert_eq!(ids(&pep, "resource", &can).await, ["crm", "other"]);
    replica.stop().await;
}

pub(crate) async fn who_may_search_and_what_is_left_behind(backend: Backend) {
    let world = world(backend).await;
    let replica = world.replica().await;
    enforce(&world, &[0]).await;
    let body = evaluation("s0", "read", &json!({"type": "record", "id": "r1"}));
    let ask = async |key: &str, what: &str, body: &Value| {
        let pep = Pep::new(replica.address(), key);
        pep.send(&format!("/access/v1/search/{what}"), JSON, body.to_string().into_bytes()).await
    };
    for what in ["subject", "resource", "action"] {
        let refused = ask(world.secret("NONE_KEY"), what, &body).await;
        assert_eq!(refused.status, 403, "{refused:?}");
        assert!(refused.body.as_str().is_some_and(|text| text.contains("may not search")), "{refused:?}");
        assert_eq!(ask("a-key-that-nobody-knows", what, &body).await.status, 401);
        let found = ask(world.secret("ALL_KEY"), what, &body).await;
        assert_eq!(found.status, 200, "{found:?}");
        assert!(found.decision_id.is_none());
        assert!(!found.body["results"].as_array().expect("a list").is_empty(), "{what}: {found:?}");
    }
    // A key of every tenant names one.
    let free = world.secret("FREE_KEY");
    assert_eq!(ask(free, "subject", &body).await.status, 400);
    let mut named = body.clone();
    for (tenant, expected) in [("acme", vec!["s0", "s1"]), ("globex", vec![]), ("nowhere", vec![])] {
        named["context"] = json!({ "tenant": tenant });
        let told = ask(free, "subject", &named).await;
        let found: Vec<&str> = told.body["results"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|one| one["id"].as_str().expect("an id"))
            .collect();
        assert_eq!(found, expected, "{tenant}: the record is acme's");
    }
    named["context"] = json!({"tenant": "globex"});
    let other = ask(world.secret("ALL_KEY"), "subject", &named).await;
    assert_eq!(other.body["results"], json!([]), "the key's tenant is another one");
    let recorded = world.store.list_decisions(&Default::default(), &Default::default()).await.expect("lists");
    assert!(recorded.rows.is_empty(), "a search is never recorded");
    replica.stop().await;
}

pub(crate) async fn a_key_of_one_server_sees_nothing_else(backend: Backend) {
    let world = world(backend).await;
    let replica = world.replica().await;
    enforce(&world, &[0, 1, 2]).await;
    let pep = Pep::new(replica.address(), world.secret("CRM_KEY"));
    for (kind, action, expected) in [
        ("tool", "tools/call", vec!["refund", "show"]),
        ("mcp_server", "tools/list", vec!["crm"]),
        ("record", "read", vec![]),
        ("prompt", "prompts/get", vec![]),
    ] {
        let body = evaluation("s2", action, &json!({ "type": kind }));
        assert_eq!(ids(&pep, "resource", &body).await, expected, "{kind}");
    }
    let on = json!({"subject": subject("s2"), "resource": {"type": "tool", "id": "refund"}});
    assert_eq!(ids(&pep, "action", &on).await, ["tools/call"]);
    // Nothing else is gone through for it, however many actions rules name.
    let rule = |name: &str, from: usize| {
        let actions: Vec<String> = (from..from + 600).map(|number| format!("act-{number}")).collect();
        json!({"name": name, "effect": "allow", "actions": actions, "resources": ["record:*"]})
    };
    world.apply(&json!({"rules": [rule("some", 0), rule("more", 600)]}).to_string()).await;
    let on = json!({"subject": subject("s0"), "resource": {"type": "record", "id": "r1"}});
    let told = pep.send("/access/v1/search/action", JSON, on.to_string().into_bytes()).await;
    assert_eq!(told.body, json!({"page": {"count": 0, "next_token": ""}, "results": []}));
    let all = Pep::new(replica.address(), world.secret("ALL_KEY"));
    assert_eq!(asking::search(&all, "action", &on, 1_000).await.len(), 1_201);
    replica.stop().await;
}
