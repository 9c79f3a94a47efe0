//! How often a call goes to the database: once to read the live state and once to be recorded, whoever calls and however
//! much there is of rules and subjects. Counted where statements arrive.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use tests::pep::call_body;
use tests::signer::{ISSUER, Signer};
use tests::statements::Counted;
use tests::world::TaskTerms;
use tests::{Backend, Pep, World, on_both_databases};

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

/// Calls of one kind.
struct Calls {
    what: &'static str,
    /// Sent in turn.
    bodies: Vec<Value>,
    /// What reaches the database with each of them.
    statements: &'static [&'static str],
}

impl Calls {
    fn reads(&self) -> usize {
        self.statements.iter().filter(|kind| [STATE, STAMP].contains(*kind)).count()
    }

    fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for kind in self.statements {
            *counts.entry((*kind).to_owned()).or_default() += 1;
        }
        counts
    }
}

/// How often statements of each kind come with one call, of which there are so many reads.
async fn each(
    counted: &Counted,
    crm: &Pep,
    bodies: &[Value],
    reason: &str,
    reads: usize,
) -> BTreeMap<String, usize> {
    let mut bodies = bodies.iter().cycle();
    for body in bodies.by_ref().take(FIRST) {
        crm.ask(body).await;
    }
    let calls = async {
        for body in bodies.take(CALLS) {
            let told = crm.ask(body).await;
            assert_eq!(told.reason(), reason, "{told:?}");
        }
    };
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for statement in counted.during(calls).await {
        *counts.entry(kind(&statement).to_owned()).or_default() += 1;
    }
    let of = |kind: &str| counts.get(kind).copied().unwrap_or_default();
    assert_eq!(of(STATE) + of(STAMP), reads * CALLS, "reads of the live state: {counts:#?}");
    assert_eq!(of(RECORD), CALLS, "records: {counts:#?}");
    // What the server does by itself now and then is no call's.
    counts.retain(|_, count| *count >= CALLS);
    counts.values_mut().for_each(|count| *count /= CALLS);
    counts
}

/// With the arguments that every tool here takes.
fn call(token: &str, tool: &str) -> Value {
    call_body(token, tool, json!({"customer_id": "c-42", "amount": 80}))
}

/// Calls that are allowed. `round`: tokens that are to be new are others than those of another round.
fn allowed(world: &World, backend: Backend, task: &str, round: &str) -> Vec<Calls> {
    // On SQLite a stamp says whether what was read before still stands; what changes with calls, or was not asked before,
    // is read. A task's call is taken and recorded in one transaction, of whose ends the driver of SQLite does not tell.
    // An id within a token is known only after the token was read.
    let [again, anew, taking, twice]: [&[&str]; 4] = match backend {
        Backend::Sqlite => {
            [&[STAMP, RECORD], &[STATE, RECORD], &[STATE, TAKE, RECORD], &[STAMP, STATE, RECORD]]
        }
        Backend::Postgres => [
            &[STATE, RECORD],
            &[STATE, RECORD],
            &[STATE, "BEGIN", TAKE, RECORD, "COMMIT"],
            &[STATE, STATE, RECORD],
        ],
    };
    let signer = Signer::default();
    let token = |jti: &str, more: &Value| signer.token_of(ISSUER, "a-17", jti, more);
    let key = world.secret("ALICE_KEY");
    let ivys = token("t-1", &json!({}));
    let through = token("t-2", &json!({"act": {"sub": "bot-1", "act": {"sub": "planner"}}}));
    let of_hers = token("t-3", &json!({"customer": "c-42"}));
    let new = |nth: usize| call(&token(&format!("{round}, {nth}"), &json!({})), "refund");
    let mut under_a_task = call(key, "refund");
    under_a_task["context"]["task"] = json!(task);
    let kinds = [
        ("a plain call", call(key, "refund"), again),
        ("a call that names a resource", call(key, "ship"), anew),
        ("a call under a task", under_a_task, taking),
        ("a call with an issuer's token", call(&ivys, "refund"), again),
        ("a call through an agent", call(&through, "refund"), again),
        ("a call of a tool that asks for a scope", call(&ivys, "sign"), again),
        ("a call with a mapping", call(key, "copy"), anew),
        ("a call with a mapping, by a token", call(&ivys, "copy"), anew),
        ("a call with a mapping that looks into the token", call(&of_hers, "look"), twice),
    ];
    let mut calls: Vec<Calls> = kinds
        .into_iter()
        .map(|(what, body, statements)| Calls { what, bodies: vec![body], statements })
        .collect();
    let bodies = (0..FIRST + CALLS).map(new).collect();
    calls.push(Calls { what: "a new token with each call", bodies, statements: anew });
    calls
}

/// Few subjects, and few rules.
fn policy() -> Value {
    let schema = json!({"type": "object", "required": ["customer_id", "amount"],
        "properties": {"customer_id": {"type": "string"}, "amount": {"type": "number"}}});
    let tool =
        |name: &str, bindings: Value| json!({"name": name, "input_schema": schema, "bindings": bindings});
    let mapped = |name: &str, id: &str| {
        let mut schema = schema.clone();
        schema["x-authzen-mapping"] =
            json!({"evaluation": {"action": {"name": "read"}, "resource": {"type": "customer", "id": id}}});
        json!({"name": name, "input_schema": schema, "mapping": "accepted"})
    };
    let support = json!([{"tenant": "acme", "roles": ["support-agent"]}]);
    let known = |sub: &str| json!([{"issuer": ISSUER, "sub": sub}]);
    json!({
        "tenants": [{"slug": "acme"}],
        "roles": [{"name": "support-agent"}, {"name": "finance", "tenant": "acme"}],
        "issuers": [Signer::default().issuer(ISSUER)],
        "subjects": [
            {"id": "alice", "kind": "user", "memberships": support,
                "api_keys": [{"name": "laptop", "secret_env": "ALICE_KEY"}]},
            {"id": "ivy", "kind": "user", "memberships": support, "identities": known("a-17")},
            {"id": "bot", "kind": "agent", "memberships": support, "identities": known("bot-1")},
        ],
        "servers": [{"slug": "crm", "url": "http://127.0.0.1:9000/mcp", "tenants": ["acme"], "tools": [
            tool("refund", json!([])),
            tool("ship", json!([{"pointer": "/customer_id", "type": "customer"}])),
            tool("wipe", json!([])),
            {"name": "sign", "input_schema": schema, "scopes": ["crm:refund"]},
            mapped("copy", "$params.arguments.customer_id"),
            mapped("look", "$token.customer"),
        ]}],
        "resources": [{"type": "customer", "id": "c-42", "tenant": "acme"}],
        "rules": [
            {"name": "support", "tenant": "acme", "effect": "allow", "roles": ["support-agent"],
                "tools": ["crm/*"]},
            {"name": "reading", "tenant": "acme", "effect": "allow", "roles": ["support-agent"],
                "actions": ["read"], "resources": ["customer:*"]},
        ],
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
        let worlds = [
            ("few rules and subjects", None),
            ("an approval rule besides", Some(approval())),
            ("many rules and subjects", Some(many())),
        ];
        for (size, more) in worlds {
            if let Some(more) = more {
                world.apply(&more.to_string()).await;
            }
            for calls in allowed(world, backend, &task, size) {
                let seen = each(&counted, &crm, &calls.bodies, "allowed", calls.reads()).await;
                assert_eq!(seen, calls.counts(), "{}, {size}", calls.what);
            }
        }
        // One that waits for somebody is read with what was filed of it; what is handed out about that comes on top.
        each(&counted, &crm, &[call(world.secret("ALICE_KEY"), "wipe")], "approval_pending", 1).await;
        replica.stop().await;
    }
}
