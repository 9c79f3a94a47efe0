//! How often a call goes to the database: once to read the live state and once to be recorded, whoever calls and however
//! much there is of rules and subjects. Counted where statements arrive.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use tests::pep::call_body;
use tests::statements::Counted;
use tests::world::TaskTerms;
use tests::{Backend, Pep, on_both_databases};

on_both_databases!(a_call_reads_the_live_state_in_one_statement);

/// More than there is of anything that the server does by itself meanwhile.
const CALLS: usize = 50;
/// The first calls compile the policy, learn what a tool binds and whether it asks for approval, and note when keys were
/// last used.
const FIRST: usize = 5;
/// So many more at the end.
const RULES: usize = 200;
const SUBJECTS: usize = 500;

/// The whole live state.
const STATE: &str = "state";
/// Whether what was read of it before still stands.
const STAMP: &str = "stamp";
const RECORD: &str = "record";
/// What takes a call of a task.
const TAKE: &str = "take";

/// What the statement is for; itself where it is none of these.
fn kind(statement: &str) -> &str {
    if statement.contains("\"global_revision\"") {
        STATE
    } else if statement.contains("\"live_stamp\"") {
        STAMP
    } else if statement.starts_with("INSERT INTO \"decisions\"") {
        RECORD
    } else if statement.starts_with("UPDATE \"tasks\"") {
        TAKE
    } else {
        statement
    }
}

/// How often statements of each kind come with one call.
async fn each(counted: &Counted, crm: &Pep, body: &Value, reason: &str) -> BTreeMap<String, usize> {
    for _ in 0..FIRST {
        crm.ask(body).await;
    }
    let calls = async {
        for _ in 0..CALLS {
            let told = crm.ask(body).await;
            assert_eq!(told.reason(), reason, "{told:?}");
        }
    };
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for statement in counted.during(calls).await {
        *counts.entry(kind(&statement).to_owned()).or_default() += 1;
    }
    let of = |kind: &str| counts.get(kind).copied().unwrap_or_default();
    assert_eq!(of(STATE) + of(STAMP), CALLS, "reads of the live state: {counts:#?}");
    assert_eq!(of(RECORD), CALLS, "records: {counts:#?}");
    // What the server does by itself now and then is no call's.
    counts.retain(|_, count| *count >= CALLS);
    counts.values_mut().for_each(|count| *count /= CALLS);
    counts
}

fn once(kinds: &[&str]) -> BTreeMap<String, usize> {
    kinds.iter().map(|kind| ((*kind).to_owned(), 1)).collect()
}

/// One subject, and one rule.
fn policy() -> Value {
    let tool = |name: &str, bindings: Value| {
        let schema = json!({"type": "object", "required": ["customer_id", "amount"],
            "properties": {"customer_id": {"type": "string"}, "amount": {"type": "number"}}});
        json!({"name": name, "input_schema": schema, "bindings": bindings})
    };
    json!({
        "tenants": [{"slug": "acme"}],
        "roles": [{"name": "support-agent"}, {"name": "finance", "tenant": "acme"}],
        "subjects": [{"id": "alice", "kind": "user",
            "memberships": [{"tenant": "acme", "roles": ["support-agent"]}],
            "api_keys": [{"name": "laptop", "secret_env": "ALICE_KEY"}]}],
        "servers": [{"slug": "crm", "url": "http://127.0.0.1:9000/mcp", "tenants": ["acme"], "tools": [
            tool("refund", json!([])),
            tool("ship", json!([{"pointer": "/customer_id", "type": "customer"}])),
            tool("wipe", json!([])),
        ]}],
        "resources": [{"type": "customer", "id": "c-42", "tenant": "acme"}],
        "rules": [{"name": "support", "tenant": "acme", "effect": "allow", "roles": ["support-agent"],
            "tools": ["crm/*"]}],
        "credentials": [{"name": "crm-pep", "server": "crm", "trust": "verify_token", "responses": "explained",
            "secret_env": "CRM_PEP_KEY"}],
    })
}

/// Calls of one tool wait for somebody.
fn approval() -> Value {
    json!({"rules": [{"name": "ask", "tenant": "acme", "effect": "require_approval", "tools": ["crm/wipe"],
        "approval": {"approvers": ["finance"], "quorum": 1, "expires_in": "1h", "uses": 1}}]})
}

/// More members, and more rules that are looked at with each call.
fn many() -> Value {
    let rule = |nth: usize| {
        let parameters =
            json!({"properties": {"amount": {"type": "number", "maximum": nth}}, "required": ["amount"]});
        json!({"name": format!("up to {nth}"), "tenant": "acme", "effect": "allow", "roles": ["support-agent"],
            "tools": ["crm/*"], "parameters": parameters})
    };
    let subject = |nth: usize| {
        json!({"id": format!("user-{nth}"), "kind": "user",
            "memberships": [{"tenant": "acme", "roles": ["support-agent"]}]})
    };
    let rules: Vec<Value> = (0..RULES).map(rule).collect();
    let subjects: Vec<Value> = (0..SUBJECTS).map(subject).collect();
    json!({"rules": rules, "subjects": subjects})
}

mod stories {
    use super::*;

    pub(super) async fn a_call_reads_the_live_state_in_one_statement(backend: Backend) {
        let counted = Counted::empty(backend).await;
        let world = &counted.world;
        world.apply(&policy().to_string()).await;
        let task = world.open_task("alice", TaskTerms::default()).await;
        let replica = counted.replica().await;
        let crm = world.crm(&replica);
        let call = |tool: &str| {
            call_body(world.secret("ALICE_KEY"), tool, json!({"customer_id": "c-42", "amount": 80}))
        };
        let mut under_a_task = call("refund");
        under_a_task["context"]["task"] = json!(task);
        // A task's call is taken and recorded in one transaction, of whose ends the driver of SQLite does not tell.
        let (plain, bound, taking): (&[&str], &[&str], &[&str]) = match backend {
            Backend::Sqlite => (&[STAMP, RECORD], &[STATE, RECORD], &[STATE, TAKE, RECORD]),
            Backend::Postgres => {
                (&[STATE, RECORD], &[STATE, RECORD], &[STATE, "BEGIN", TAKE, RECORD, "COMMIT"])
            }
        };
        let worlds = [
            ("one rule and one subject", None),
            ("an approval rule besides", Some(approval())),
            ("many rules and subjects", Some(many())),
        ];
        for (size, more) in worlds {
            if let Some(more) = more {
                world.apply(&more.to_string()).await;
            }
            let seen = each(&counted, &crm, &call("refund"), "allowed").await;
            assert_eq!(seen, once(plain), "a plain call, {size}");
            let seen = each(&counted, &crm, &call("ship"), "allowed").await;
            assert_eq!(seen, once(bound), "a call that names a resource, {size}");
            let seen = each(&counted, &crm, &under_a_task, "allowed").await;
            assert_eq!(seen, once(taking), "a call under a task, {size}");
        }
        // One that waits for somebody is read with what was filed of it; what is handed out about that comes on top.
        each(&counted, &crm, &call("wipe"), "approval_pending").await;
        replica.stop().await;
    }
}
