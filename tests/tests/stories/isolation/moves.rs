//! What members of `a`, their agents and the enforcement points of `a` ask, whatever the others have.

use crate::isolation::side::{Asked, Known, Side};
use serde_json::{Value, json};
use tests::pep::call_body;

/// How many moves there are.
pub(crate) const MOVES: usize = 120;

/// The same moves in the same order in every world; only ids differ.
pub(crate) fn all(side: &Side, known: &Known) -> Vec<Asked> {
    let mut moves = calls(side);
    moves.extend(by_tokens(side));
    moves.extend(copies(side));
    moves.extend(under_tasks(side, known));
    moves.extend(vouched(side));
    moves.extend(searches(side));
    moves.extend(odd(side));
    moves
}

fn refund(customer: &str, amount: i64) -> Value {
    json!({"customer_id": customer, "amount": amount})
}

/// 3 members and one of others, times 7 calls, and 5 through a key of every tenant.
fn calls(side: &Side) -> Vec<Asked> {
    let mut moves = Vec::new();
    for who in ["ADA", "BOT", "BOTH", "BEN"] {
        for (tool, arguments) in [
            ("refund", refund("c-1", 50)),
            ("refund", refund("c-1", 500)),
            ("refund", refund("c-2", 5)),
            // Another tenant's.
            ("refund", refund("t-1", 50)),
            ("refund", refund("nobody's", 50)),
            ("show", json!({})),
            ("odd", json!({})),
        ] {
            let name = format!("{who} calls {tool} with {arguments}");
            moves.push(side.pep(&name, "A_PEP", call_body(&side.secret(who), tool, arguments)));
        }
    }
    for (who, tenant) in [("BOTH", "a"), ("ADA", "a"), ("ADA", "b"), ("ADA", "c"), ("ADA", "nowhere")] {
        moves.push(free(side, who, tenant));
    }
    moves
}

/// Through a key of every tenant: the call says in which.
fn free(side: &Side, who: &str, tenant: &str) -> Asked {
    let mut body = call_body(&side.secret(who), "refund", refund("c-1", 50));
    body["context"]["tenant"] = json!(tenant);
    side.pep(&format!("{who} calls in {tenant}"), "FREE", body)
}

/// 10 tokens of issuers times 3 calls, and 3 through a key of every tenant.
fn by_tokens(side: &Side) -> Vec<Asked> {
    let mut moves = Vec::new();
    for who in [
        "ADA_TOKEN",
        "BOTH_TOKEN",
        "BOT_TOKEN",
        "ADA_BY_BOT",
        "BOTH_BY_BOT",
        "ADA_BY_BEA",
        // Active or not, as the others have it.
        "ADA_BY_BEN",
        "BEN_TOKEN",
        "ADA_BY_NOBODY",
        "BOTH_ELSEWHERE",
    ] {
        for (tool, arguments) in
            [("refund", refund("c-1", 50)), ("refund", refund("t-1", 50)), ("show", json!({}))]
        {
            let name = format!("{who} calls {tool} with {arguments}");
            moves.push(side.pep(&name, "A_PEP", call_body(&side.secret(who), tool, arguments)));
        }
    }
    for (who, tenant) in [("BOTH_TOKEN", "a"), ("ADA_TOKEN", "b"), ("BOTH_ELSEWHERE", "a")] {
        moves.push(free(side, who, tenant));
    }
    moves
}

/// 3 callers times 4 calls of a tool whose mapping was accepted.
fn copies(side: &Side) -> Vec<Asked> {
    let mut moves = Vec::new();
    for who in ["ADA", "BOTH", "ADA_BY_BOT"] {
        // The second is another tenant's, the third nobody's.
        for (from, to) in [("r-1", "r-1"), ("r-1", "r-2"), ("r-2", "r-1"), ("r-1", "r-3")] {
            let arguments = json!({"from": from, "to": to});
            let body = call_body(&side.secret(who), "copy", arguments);
            moves.push(side.pep(&format!("{who} copies {from} to {to}"), "A_PEP", body));
        }
    }
    moves
}

/// 3.
fn under_tasks(side: &Side, known: &Known) -> Vec<Asked> {
    [("its own", known.task.as_str()), ("another tenant's", known.their_task.as_str()), ("no", "none")]
        .map(|(whose, task)| {
            let mut body = call_body(&side.secret("BOT"), "refund", refund("c-1", 5));
            body["context"]["task"] = json!(task);
            side.pep(&format!("the agent calls under {whose} task"), "A_PEP", body)
        })
        .into()
}

fn evaluation(subject: &str, action: &str, resource: &Value) -> Value {
    json!({"subject": {"type": "user", "id": subject}, "action": {"name": action}, "resource": resource})
}

/// 6 subjects times 3, 5 who act, 3 servers.
fn vouched(side: &Side) -> Vec<Asked> {
    let mut moves = Vec::new();
    let record = |id: &str| json!({"type": "record", "id": id});
    let tool = |id: &str| json!({"type": "tool", "id": id, "properties": {"arguments": refund("c-1", 50)}});
    for who in ["ada", "bot", "both", "ben", "their-0", "nobody"] {
        for (action, resource) in
            [("write", record("r-1")), ("read", record("r-2")), ("tools/call", tool("shop/refund"))]
        {
            let name = format!("{who} is vouched for: {action} {resource}");
            moves.push(side.pep(&name, "A_VOUCH", evaluation(who, action, &resource)));
        }
    }
    for agent in ["bot", "both", "ben", "their-0", "nobody"] {
        let mut body = evaluation("ada", "tools/call", &tool("shop/refund"));
        body["context"] = json!({"agent": agent});
        moves.push(side.pep(&format!("{agent} acts for ada"), "A_VOUCH", body));
    }
    for (action, resource) in [
        ("tools/call", json!({"type": "tool", "id": "theirs/show", "properties": {"arguments": {}}})),
        ("tools/list", json!({"type": "mcp_server", "id": "theirs"})),
        ("tools/list", json!({"type": "mcp_server", "id": "shop"})),
    ] {
        let name = format!("ada on {resource}");
        moves.push(side.pep(&name, "A_VOUCH", evaluation("ada", action, &resource)));
    }
    moves
}

/// 10.
fn searches(side: &Side) -> Vec<Asked> {
    let any = |kind: &str| json!({ "type": kind });
    let record = |id: &str| json!({"type": "record", "id": id});
    let tool = json!({"type": "tool", "id": "shop/refund"});
    let mut agents = evaluation("", "tools/call", &tool);
    agents["subject"] = json!({"type": "agent"});
    let mut moves = Vec::new();
    for (what, body) in [
        ("subject", evaluation("", "read", &record("r-1"))),
        ("subject", evaluation("", "read", &record("r-2"))),
        ("subject", evaluation("", "tools/call", &tool)),
        ("subject", agents),
        ("resource", evaluation("both", "read", &any("record"))),
        ("resource", evaluation("ada", "tools/call", &any("tool"))),
        ("resource", evaluation("ben", "read", &any("vault"))),
        ("action", json!({"subject": {"type": "user", "id": "both"}, "resource": record("r-1")})),
        ("action", json!({"subject": {"type": "user", "id": "both"}, "resource": record("r-2")})),
    ] {
        let path = format!("/access/v1/search/{what}");
        moves.push(side.post(&format!("search {what} {body}"), &path, "A_VOUCH", body));
    }
    let body = evaluation("both", "tools/call", &any("tool"));
    moves.push(side.post("search of one server", "/access/v1/search/resource", "A_SEARCH", body));
    moves
}

/// 3: several at once, and what is no question.
fn odd(side: &Side) -> Vec<Asked> {
    let record = |id: &str| json!({"resource": {"type": "record", "id": id}});
    let batch = json!({"subject": {"type": "user", "id": "both"}, "action": {"name": "read"},
        "evaluations": [record("r-1"), record("r-2"), record("r-3"), 5]});
    let wrong = json!({"subject": "ben", "resource": {"type": "record", "id": "r-2"}});
    let mut other = call_body(&side.secret("ADA"), "refund", refund("c-1", 50));
    other["context"]["tenant"] = json!("b");
    vec![
        side.post("a batch", "/access/v1/evaluations", "A_VOUCH", batch),
        side.pep("no question", "A_VOUCH", wrong),
        side.pep("another tenant than the key's", "A_PEP", other),
    ]
}
