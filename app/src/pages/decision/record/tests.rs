//! A record as `pdp` writes it, one with members missing, and one that is none.

use super::*;
use crate::pages::decision::view::Arguments;
use policy::{DecisionId, Outcome};
use serde_json::json;
use store::decisions::DecisionRow;

fn recorded(body: String) -> RecordedDecision {
    RecordedDecision {
        row: DecisionRow {
            id: DecisionId::from("019ab5c2-79b0-7cc3-98c4-dc0c0c07398f"),
            at: Timestamp::parse("2026-11-23T10:14:32Z").expect("a moment"),
            tenant: Some("acme".to_owned()),
            subject: Some("alice".to_owned()),
            credential: Some("key-id".to_owned()),
            server: Some("crm".to_owned()),
            tool: Some("refund".to_owned()),
            action: "tools/call".to_owned(),
            outcome: Outcome::Deny,
            reason: "parameters_out_of_scope".to_owned(),
            actor: None,
        },
        body,
        arguments: Some(r#"{"amount":700}"#.to_owned()),
        had_arguments: true,
        chain: "main".to_owned(),
        seq: 7,
        hash: "00".repeat(32).try_into().expect("a hash"),
    }
}

fn body() -> Value {
    json!({
        "v": 1,
        "request_id": "r-1",
        "call": { "action": "tools/call", "resource": { "type": "tool", "id": "refund" } },
        "facts": {
            "now": "2026-11-23T10:14:32Z",
            "global_revision": 3,
            "credential": {
                "id": "key-id", "name": "crm-pep", "tenant": null, "server": "crm",
                "trust": "verify_token", "arguments": "required", "responses": "explained"
            },
            "identity": {
                "how": "api_key", "key": "k",
                "subject": { "id": "alice", "kind": "user", "name": "Alice Ng", "active": true, "attributes": {} }
            },
            "memberships": [
                {
                    "tenant": "acme", "tenant_revision": 2, "until": null,
                    "roles": [{ "name": "support-agent", "global": false }]
                },
                { "tenant": "globex", "tenant_revision": 1, "until": "2026-01-01T00:00:00Z", "roles": [] }
            ]
        },
        "decision": {
            "outcome": "deny", "reason": "parameters_out_of_scope", "caller_text": "no",
            "reviewer_text": "`small refunds` would allow if /amount <= 100; it was 700",
            "tenant": "acme", "revision": { "global": 3, "tenant": 2 },
            "rules": [],
            "nearest": [{
                "rule": "r1", "name": "small refunds", "part": "parameters", "text": "t", "explain": true,
                "parameters": [{ "path": "/amount", "keyword": "maximum", "bound": 100, "value": 700 }]
            }]
        },
        "tool": { "definition_hash": "9f0c", "risk": "high", "sensitivity": "internal", "read_only": false }
    })
}

fn now() -> Timestamp {
    Timestamp::parse("2026-11-23T10:14:44Z").expect("a moment")
}

#[test]
fn a_record_reads_whole() {
    let view = describe(recorded(body().to_string()), now());
    assert!(view.unreadable.is_empty(), "{:?}", view.unreadable);
    assert_eq!(view.verdict, Verdict::Denied);
    assert_eq!(view.at.words, "12 s ago");
    assert_eq!(view.revision.as_deref(), Some("3.2"));
    let why = view.why.expect("why");
    assert_eq!(why.nearest[0].parameters[0].bound, "at most 100");
    assert_eq!(why.nearest[0].parameters[0].was, "was 700");
    let Arguments::Known(table) = view.arguments else { panic!("known") };
    assert_eq!(table.rows[0].bounds[0].1, "small refunds");
    let who = view.who.expect("who");
    assert_eq!(who.subject.expect("a subject").name, "Alice Ng");
    assert_eq!((who.how.as_str(), who.token), ("by an own API key", None));
    let states: Vec<&str> = who.memberships.iter().map(|held| held.state.as_str()).collect();
    assert_eq!(states, ["counted for this call", "had expired"]);
    assert_eq!(view.record.credential.as_deref(), Some("crm-pep"));
    assert_eq!(view.tool_facts.expect("a tool").risk, Some(Risk::High));
}

#[test]
fn a_token_is_told_with_what_is_weaker_about_it() {
    let mut body = body();
    let subject = body["facts"]["identity"]["subject"].take();
    body["facts"]["identity"] = json!({
        "how": "token",
        "subject": subject,
        "token": {
            "issuer": "https://idp.example", "sub": "a-17", "jti": "t-1", "expires_at": "2026-11-23T10:19:32Z",
            "audiences": ["https://crm.example/mcp"], "scopes": ["crm:read", "crm:refund"],
            "weaker": ["`typ` is not required", "`jti` is not required"],
            "claims": { "sub": "a-17" }, "tenants": ["acme"]
        }
    });
    body["facts"]["memberships"][1]["until"] = json!(null);
    let view = describe(recorded(body.to_string()), now());
    assert!(view.unreadable.is_empty(), "{:?}", view.unreadable);
    let who = view.who.expect("who");
    assert_eq!(who.how, "by an access token that was verified");
    let token = who.token.expect("a token");
    assert_eq!((token.issuer.as_str(), token.sub.as_str()), ("https://idp.example", "a-17"));
    assert_eq!((token.jti.as_deref(), token.expires.as_str()), (Some("t-1"), "2026-11-23 10:19:32 UTC"));
    assert_eq!(token.scopes.as_deref(), Some("crm:read, crm:refund"));
    assert_eq!(token.weaker.as_deref(), Some("`typ` is not required; `jti` is not required"));
    let states: Vec<&str> = who.memberships.iter().map(|held| held.state.as_str()).collect();
    assert_eq!(states, ["counted for this call", "the token's issuer does not count in this tenant"]);
}

#[test]
fn who_acted_is_told_and_where_each_role_comes_from() {
    let mut body = body();
    body["facts"]["memberships"][0]["roles"] = json!([
        { "name": "support-agent", "global": true },
        { "name": "clerk", "global": false, "origin": { "mapped": { "issuer": "i", "claim": "groups" } } },
        { "name": "helper", "global": true, "origin": { "mapped": { "issuer": "i", "claim": "groups" } } }
    ]);
    body["facts"]["actor"] = json!({
        "how": "token", "claim": "act.sub", "sub": "bot-1",
        "subject": { "id": "bot", "kind": "agent", "name": "Bot", "active": true, "attributes": {} },
        "memberships": [{
            "tenant": "acme", "tenant_revision": 2, "until": null, "roles": [{ "name": "bots", "global": false }]
        }],
        "chain": ["planner", "clock"]
    });
    let view = describe(recorded(body.to_string()), now());
    assert!(view.unreadable.is_empty(), "{:?}", view.unreadable);
    let who = view.who.expect("who");
    assert_eq!(
        who.memberships[0].roles,
        [
            "support-agent (of every tenant)",
            "clerk (from the claim groups)",
            "helper (of every tenant, from the claim groups)"
        ]
    );
    let actor = who.actor.expect("somebody acted");
    assert_eq!(actor.subject.expect("is known").id, "bot");
    assert_eq!(actor.how, "the verified token names it, `bot-1` in act.sub");
    assert_eq!((actor.roles.as_deref(), actor.chain.as_deref()), (Some("bots"), Some("planner, clock")));
    body["facts"]["actor"] = json!({ "how": "unknown_identity", "issuer": "i", "sub": "s" });
    let actor = describe(recorded(body.to_string()), now()).who.and_then(|who| who.actor).expect("is told");
    assert_eq!((actor.subject, actor.how.as_str()), (None, "not at all: nobody is `s` of `i`"));
}

#[test]
fn a_token_that_was_not_taken_is_told_with_why() {
    for (identity, how) in [
        (
            json!({
                "how": "token_refused", "reason": "token_expired", "why": "the token expired at noon",
                "issuer": "https://idp.example"
            }),
            "not at all: token of `https://idp.example`: the token expired at noon",
        ),
        (
            json!({ "how": "token_refused", "reason": "token_invalid", "why": "no issuer `x` is registered" }),
            "not at all: no issuer `x` is registered",
        ),
        (
            json!({ "how": "unknown_identity", "issuer": "https://idp.example", "sub": "b\u{202e}99" }),
            "not at all: nobody is `b\u{fffd}99` of `https://idp.example`",
        ),
    ] {
        let mut body = body();
        body["facts"]["identity"] = identity;
        let who = describe(recorded(body.to_string()), now()).who.expect("who");
        assert_eq!((who.how.as_str(), who.subject, who.token), (how, None, None));
    }
}

#[test]
fn what_became_of_a_key_is_told_beside_its_subject() {
    let mut body = body();
    let mut subject = body["facts"]["identity"]["subject"].clone();
    subject["id"] = json!("zed");
    body["facts"]["identity"] =
        json!({ "how": "lapsed", "reason": "token_expired", "why": "it has expired", "subject": subject });
    let who = describe(recorded(body.to_string()), now()).who.expect("who");
    assert_eq!(who.how, "by a key or a token that counts no longer: it has expired");
    assert_eq!(who.subject.expect("is known").id, "zed");
}

#[test]
fn a_resource_leads_to_the_decisions_that_name_it_unless_it_is_redacted() {
    let mut body = body();
    body["facts"]["bound"] = json!([
        { "at": "/customer_id", "type": "customer", "id": "c/42" },
        { "at": "/other_id", "type": "customer", "id": "$redacted:9f0c" },
        { "at": "", "type": "Record", "id": "r-1" }
    ]);
    let touched = describe(recorded(body.to_string()), now()).touched;
    assert_eq!(touched[0].text, "/customer_id: customer c/42, not registered");
    let names: Vec<Option<&str>> = touched.iter().map(|line| line.name.as_deref()).collect();
    assert_eq!(names, [Some("customer/c/42"), None, None]);
}

#[test]
fn members_may_be_absent() {
    let view = describe(recorded("{}".to_owned()), now());
    assert!(view.unreadable.is_empty());
    assert_eq!(view.why, None);
    assert_eq!(view.record.credential.as_deref(), Some("key-id"));
}

#[test]
fn what_is_not_understood_is_named() {
    let mut body = body();
    body["facts"] = json!({ "now": "yesterday" });
    let view = describe(recorded(body.to_string()), now());
    assert_eq!(view.unreadable, ["`facts`"]);
    assert!(view.why.is_some());

    let view = describe(recorded("not JSON".to_owned()), now());
    assert_eq!(view.unreadable, ["the whole record"]);
    assert_eq!(view.raw.as_deref(), Some("not JSON"));
}

/// The record of a read of `record:r-1`, asked about by a key of no server.
fn of_a_record() -> (RecordedDecision, Value) {
    let mut body = body();
    body["call"] = json!({
        "action": "read", "resource": { "type": "record", "id": "r-1" }, "subject": { "type": "user", "id": "alice" }
    });
    body["facts"]["credential"]["server"] = json!(null);
    body["facts"]["asserted"] = json!({ "action": { "soft": true }, "resource": { "state": "open" } });
    let mut recorded = recorded(String::new());
    recorded.row.action = "read".to_owned();
    (recorded.row.server, recorded.row.tool) = (None, None);
    recorded.arguments = None;
    (recorded, body)
}

#[test]
fn what_is_no_tool_call_is_tried_again_as_it_was_asked_about() {
    let (recorded, body) = of_a_record();
    let recorded = RecordedDecision { body: body.to_string(), ..recorded };
    assert!(describe(recorded.clone(), now()).tries_again);
    let query = again::query(&recorded);
    assert_eq!((query.subject.as_deref(), query.tenant.as_deref()), (Some("alice"), Some("acme")));
    assert_eq!(query.tool, None);
    let other = query.other.expect("another action");
    let said = [&other.action, &other.kind, &other.id].map(|said| said.as_deref().unwrap_or_default());
    assert_eq!(said, ["read", "record", "r-1"]);
    let json = |text: &Option<String>| serde_json::from_str::<Value>(text.as_deref()?).ok();
    assert_eq!(json(&other.properties), Some(json!({ "state": "open" })));
    assert_eq!(json(&other.action_properties), Some(json!({ "soft": true })));
}

#[test]
fn what_would_be_another_question_is_not_tried_again() {
    let tries = |change: fn(&mut RecordedDecision, &mut Value)| {
        let (mut recorded, mut body) = of_a_record();
        change(&mut recorded, &mut body);
        describe(RecordedDecision { body: body.to_string(), ..recorded }, now()).tries_again
    };
    assert!(tries(|_, _| {}));
    assert!(!tries(|recorded, _| recorded.row.subject = None), "nobody knows who called");
    assert!(!tries(|_, body| body["facts"]["credential"]["server"] = json!("crm")), "a server's own key");
    assert!(!tries(|_, body| body["call"]["resource"]["type"] = json!("prompt")), "no rule is about it");
    assert!(!tries(|_, body| body["call"] = json!(null)), "nobody knows what was called");
    assert!(describe(recorded(body().to_string()), now()).tries_again, "a tool's call");
}
