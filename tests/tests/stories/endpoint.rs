//! The enforcement endpoint as PEPs meet it.

use tests::on_both_databases;

on_both_databases!(
    the_demo_calls_come_out_as_they_should,
    hostile_requests_are_refused_and_never_allowed,
    a_denied_caller_learns_nothing_of_the_policy,
    who_is_believed,
    what_is_said_of_action_and_resource,
    tenants_do_not_touch,
    every_code_that_the_page_names,
);

mod stories {
    use serde_json::{Value, json};
    use std::collections::BTreeSet;
    use tests::pep::call_body;
    use tests::{Backend, Pep, World};

    pub(super) async fn the_demo_calls_come_out_as_they_should(backend: Backend) {
        let world = World::demo(backend).await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        let refund = |amount: Value| json!({"customer_id": "c-42", "amount": amount, "currency": "EUR"});
        for (who, tool, arguments, reason) in [
            ("ALICE_KEY", "refund", refund(json!(80)), "allowed"),
            ("ALICE_KEY", "refund", refund(json!(100.0)), "allowed"),
            ("ALICE_KEY", "refund", refund(json!(100.01)), "parameters_out_of_scope"),
            ("ALICE_KEY", "refund", refund(json!("80")), "arguments_invalid"),
            ("ALICE_KEY", "refund", refund(json!(0)), "arguments_invalid"),
            ("BOB_KEY", "get_customer", json!({"customer_id": "c-42"}), "allowed"),
            ("BOB_KEY", "refund", refund(json!(80)), "no_matching_rule"),
            ("CAROL_KEY", "refund", refund(json!(900)), "approval_required"),
            ("DAVE_KEY", "get_customer", json!({"customer_id": "c-42"}), "unknown_server"),
            ("REFUND_BOT_KEY", "refund", refund(json!(80)), "allowed"),
            ("ALICE_KEY", "delete_customer", json!({"customer_id": "c-42"}), "denied_by_rule"),
            ("ALICE_KEY", "export_customers", json!({"format": "csv"}), "no_matching_rule"),
            ("ALICE_KEY", "no_such_tool", json!({}), "unknown_tool"),
        ] {
            let told = crm.call(world.secret(who), tool, arguments.clone()).await;
            assert_eq!(told.reason(), reason, "{who} {tool} {arguments}: {told:?}");
            assert!(told.decision_id.is_some());
        }
        let told = crm.call(world.secret("ALICE_KEY"), "refund", refund(json!(700))).await;
        assert_eq!(told.text(), "The call would be allowed if /amount <= 100; it was 700.");
        replica.stop().await;
    }

    pub(super) async fn hostile_requests_are_refused_and_never_allowed(backend: Backend) {
        let world = World::demo(backend).await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        let good =
            call_body(world.secret("ALICE_KEY"), "get_customer", json!({"customer_id": "c-42"})).to_string();
        let path = "/access/v1/evaluation";
        assert!(crm.send(path, "application/json; charset=utf-8", good.clone().into_bytes()).await.allowed());
        let twice = good.replacen('{', "{\"action\":{\"name\":\"x\"},", 1);
        let nul = good.replace("c-42", "c-42\\u0000");
        let surrogate = good.replace("c-42", "\\ud800");
        let inexact = good.replace("\"c-42\"", "100.00000000000000001");
        let deep = good.replace("\"c-42\"", &format!("{}1{}", "[".repeat(100), "]".repeat(100)));
        let huge = good.replace("c-42", &"x".repeat(1_100_000));
        for (content_type, body, status) in [
            ("application/json", "".to_owned(), 400),
            ("application/json", "{".to_owned(), 400),
            ("application/json", "[]".to_owned(), 400),
            ("application/json", "null".to_owned(), 400),
            ("application/json", format!("[{good}]"), 400),
            ("application/json", "[".repeat(500_000), 400),
            ("application/json", twice, 400),
            ("application/json", nul, 400),
            ("application/json", surrogate, 400),
            ("application/json", inexact, 400),
            ("application/json", deep, 400),
            ("application/json", huge, 413),
            ("application/json", good.replace("\"user\"", "5"), 400),
            ("application/json", good.replace("tools/call", ""), 400),
            ("text/plain", good.clone(), 400),
            ("application/x-www-form-urlencoded", good.clone(), 400),
            ("", good.clone(), 400),
        ] {
            let told = crm.send(path, content_type, body.clone().into_bytes()).await;
            assert_eq!(told.status, status, "{content_type} {} {told:?}", &body[..body.len().min(120)]);
            assert!(told.body.is_string(), "{told:?}");
        }
        let invalid_utf8 = crm.send(path, "application/json", b"{\"subject\":\"\xff\"}".to_vec()).await;
        assert_eq!(invalid_utf8.status, 400);
        for key in ["", "nonsense", world.secret("ALICE_KEY")] {
            let told = Pep::new(replica.address(), key)
                .send(path, "application/json", good.clone().into_bytes())
                .await;
            assert_eq!(told.status, 401, "{key:?}");
        }
        replica.stop().await;
    }

    pub(super) async fn a_denied_caller_learns_nothing_of_the_policy(backend: Backend) {
        let world = World::demo(backend).await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        let told = crm
            .call(
                world.secret("BOB_KEY"),
                "refund",
                json!({"customer_id": "c-1", "amount": 1, "currency": "EUR"}),
            )
            .await;
        let text = told.body.to_string();
        for hidden in ["small refunds", "finance", "support-agent", "acme"] {
            assert!(!text.contains(hidden), "{text}");
        }
        world.apply("credentials: [{name: crm-pep, responses: minimal}]").await;
        let told = crm
            .call(
                world.secret("BOB_KEY"),
                "refund",
                json!({"customer_id": "c-1", "amount": 1, "currency": "EUR"}),
            )
            .await;
        assert_eq!(told.body, json!({"decision": false}));
        replica.stop().await;
    }

    pub(super) async fn who_is_believed(backend: Backend) {
        let world = World::demo(backend).await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        let ask = |id: &str, token: Option<&str>| {
            let mut body = call_body("", "get_customer", json!({"customer_id": "c-42"}));
            body["subject"]["id"] = json!(id);
            match token {
                Some(token) => body["context"]["access_token"] = json!(token),
                None => body["context"] = json!({}),
            }
            body
        };
        let alice = world.secret("ALICE_KEY");
        // The key of an enforcement point is no key of a caller.
        let pep = world.secret("CRM_PEP_KEY");
        for (id, token, reason) in [
            ("self", Some(alice), "allowed"),
            ("alice", Some(alice), "allowed"),
            ("bob", Some(alice), "token_invalid"),
            ("alice", Some("wrong"), "token_invalid"),
            ("alice", Some(""), "token_invalid"),
            ("alice", Some(pep), "token_invalid"),
            ("alice", None, "token_missing"),
            ("self", None, "token_missing"),
        ] {
            assert_eq!(crm.ask(&ask(id, token)).await.reason(), reason, "{id} {token:?}");
        }
        world.apply("credentials: [{name: crm-pep, trust: assert_subject}]").await;
        for (id, token, reason) in [
            ("alice", None, "allowed"),
            ("mallory", None, "unknown_subject"),
            ("self", None, "unknown_subject"),
            // The token counts for nothing here, whoever's it is.
            ("dave", Some(alice), "unknown_server"),
            ("alice", Some("wrong"), "allowed"),
        ] {
            assert_eq!(crm.ask(&ask(id, token)).await.reason(), reason, "asserted {id} {token:?}");
        }
        replica.stop().await;
    }

    pub(super) async fn tenants_do_not_touch(backend: Backend) {
        let world = World::demo(backend).await;
        world.apply("subjects: [{id: bob, api_keys: []}, {id: erin, memberships: [{tenant: acme, roles: [support-agent]}, {tenant: globex, roles: []}], api_keys: [{name: k, secret_env: BOB_KEY}]}]").await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        let ask = |tenant: Value| {
            let mut body = call_body(
                world.secret("BOB_KEY"),
                "refund",
                json!({"customer_id": "c-42", "amount": 1, "currency": "EUR"}),
            );
            body["context"]["tenant"] = tenant;
            body
        };
        for (tenant, reason) in [
            (json!(null), "tenant_required"),
            (json!("acme"), "allowed"),
            (json!("globex"), "unknown_server"),
            (json!("initech"), "no_membership"),
            (json!("ACME"), "no_membership"),
        ] {
            assert_eq!(crm.ask(&ask(tenant.clone())).await.reason(), reason, "{tenant}");
        }
        world.apply("credentials: [{name: crm-pep, tenant: globex}]").await;
        assert_eq!(crm.ask(&ask(json!("acme"))).await.reason(), "tenant_mismatch");
        // A rule of one tenant never counts in another.
        world.apply("servers: [{slug: crm, tenants: [acme, globex]}]").await;
        assert_eq!(crm.ask(&ask(json!(null))).await.reason(), "no_matching_rule");
        world.apply("rules: [{name: all here, tenant: acme, effect: allow, tools: ['crm/*']}]").await;
        assert_eq!(crm.ask(&ask(json!(null))).await.reason(), "no_matching_rule");
        replica.stop().await;
    }

    pub(super) async fn what_is_said_of_action_and_resource(backend: Backend) {
        let world = World::demo(backend).await;
        world
            .apply(
                "rules: [{name: eu, tenant: acme, effect: allow, tools: [crm/export_customers], \
                 when: \"resource.region == 'eu' && action.soft && subject.level > 3\"}]",
            )
            .await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        let ask = |subject: Value, action: Value, resource: Value| {
            let mut body = call_body("", "export_customers", json!({"format": "csv"}));
            body["subject"] = json!({"type": "user", "id": "alice", "properties": subject});
            body["action"]["properties"] = action;
            let properties = body["resource"]["properties"].as_object_mut().expect("an object");
            properties.extend(resource.as_object().expect("an object").clone());
            body
        };
        let (level, soft, eu) = (json!({"level": 5}), json!({"soft": true}), json!({"region": "eu"}));
        let large = json!({"note": "x".repeat(20_000)});
        world.apply("credentials: [{name: crm-pep, trust: assert_attributes}]").await;
        for (subject, action, resource, reason) in [
            (&level, &soft, &eu, "allowed"),
            (&level, &soft, &json!({"region": "us"}), "no_matching_rule"),
            (&level, &json!({"soft": false}), &eu, "no_matching_rule"),
            (&level, &json!(null), &eu, "condition_error"),
            (&level, &soft, &json!({}), "condition_error"),
            (&json!({}), &soft, &eu, "condition_error"),
        ] {
            let body = ask(subject.clone(), action.clone(), resource.clone());
            assert_eq!(crm.ask(&body).await.reason(), reason, "{body}");
        }
        let told = crm.ask(&ask(level.clone(), soft.clone(), eu.clone())).await;
        let id = told.decision_id.expect("an id");
        let recorded = world.store.get_decision(&id.as_str().into()).await.expect("reads").expect("there");
        let record: Value = serde_json::from_str(&recorded.body).expect("JSON");
        assert_eq!(record["facts"]["asserted"], json!({"action": soft, "resource": eu}));
        // What would be a fact is bounded; what is ignored may be as large as it likes.
        for body in [
            ask(large.clone(), soft.clone(), eu.clone()),
            ask(level.clone(), large.clone(), eu.clone()),
            ask(level.clone(), soft.clone(), large.clone()),
        ] {
            let told = crm.ask(&body).await;
            assert_eq!((told.status, told.body.is_string()), (400, true), "{told:?}");
            let batch = json!({"evaluations": [body, ask(level.clone(), soft.clone(), eu.clone())]});
            let batch = batch.to_string().into_bytes();
            let told = crm.send("/access/v1/evaluations", "application/json", batch).await;
            assert_eq!(told.body["evaluations"][0]["context"]["error"]["status"], 400, "{told:?}");
            assert_eq!(told.body["evaluations"][1], json!({"decision": true}), "{told:?}");
        }
        world.apply("credentials: [{name: crm-pep, trust: assert_subject}]").await;
        for body in [ask(level, soft, eu), ask(large.clone(), large.clone(), large)] {
            assert_eq!(crm.ask(&body).await.reason(), "condition_error");
        }
        replica.stop().await;
    }

    /// The reason codes of a part of the page, from its tables.
    fn codes(part: &str) -> BTreeSet<String> {
        let row = |line: &str| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned());
        part.lines().filter_map(row).collect()
    }

    pub(super) async fn every_code_that_the_page_names(backend: Backend) {
        let world = World::demo(backend).await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        let mut seen = BTreeSet::new();
        let mut expect = async |body: Value, code: &str| {
            assert_eq!(crm.ask(&body).await.reason(), code, "{body}");
            seen.insert(code.to_owned());
        };
        let of = |who: &str, tool: &str, arguments: Value| call_body(world.secret(who), tool, arguments);
        let refund = |amount: i64| json!({"customer_id": "c-42", "amount": amount, "currency": "EUR"});
        let customer = || json!({"customer_id": "c-42"});
        let with = |pointer: &str, value: Value| {
            let mut body = of("ALICE_KEY", "refund", refund(80));
            *body.pointer_mut(pointer).expect("is there") = value;
            body
        };

        expect(of("ALICE_KEY", "refund", refund(80)), "allowed").await;
        expect(with("/context", json!({})), "token_missing").await;
        expect(with("/context/access_token", json!("wrong")), "token_invalid").await;
        expect(with("/action/name", json!("tools/delete")), "unknown_method").await;
        expect(with("/resource/type", json!("mcp_server")), "unknown_method").await;
        expect(with("/resource", json!({"type": "tool", "id": "none"})), "unknown_tool").await;
        expect(with("/resource/properties", json!({})), "arguments_missing").await;
        expect(with("/resource/properties/arguments", json!([1])), "arguments_invalid").await;
        let large = json!({"reason": "x".repeat(300_000)});
        expect(with("/resource/properties/arguments", large), "arguments_too_large").await;
        expect(of("ALICE_KEY", "refund", refund(700)), "parameters_out_of_scope").await;
        expect(of("ALICE_KEY", "export_customers", json!({"format": "csv"})), "no_matching_rule").await;
        expect(of("ALICE_KEY", "delete_customer", customer()), "denied_by_rule").await;
        expect(of("CAROL_KEY", "refund", refund(900)), "approval_required").await;
        expect(of("DAVE_KEY", "get_customer", customer()), "unknown_server").await;

        world
            .apply("rules: [{name: level, tenant: acme, effect: allow, tools: [crm/export_customers], when: 'subject.level > 3'}]")
            .await;
        expect(of("ALICE_KEY", "export_customers", json!({"format": "csv"})), "condition_error").await;
        world.database.by_hand("UPDATE tools SET review = 'new' WHERE name = 'refund'").await;
        expect(of("ALICE_KEY", "refund", refund(80)), "tool_not_reviewed").await;
        world.database.by_hand("UPDATE tools SET review = 'changed' WHERE name = 'refund'").await;
        expect(of("ALICE_KEY", "refund", refund(80)), "tool_definition_changed").await;
        world
            .apply(
                "subjects: [\
                 {id: dave, memberships: [{tenant: acme, roles: []}, {tenant: globex, roles: []}]}, \
                 {id: bob, api_keys: [{name: laptop, secret_env: BOB_KEY, expires_at: 2020-01-01T00:00:00Z}]}, \
                 {id: carol, active: false}, \
                 {id: refund-bot, memberships: []}]",
            )
            .await;
        expect(of("DAVE_KEY", "get_customer", customer()), "tenant_required").await;
        expect(of("BOB_KEY", "get_customer", customer()), "token_expired").await;
        expect(of("CAROL_KEY", "get_customer", customer()), "subject_disabled").await;
        expect(of("REFUND_BOT_KEY", "get_customer", customer()), "no_membership").await;
        world.apply("credentials: [{name: crm-pep, tenant: acme}]").await;
        let token = world.secret("ALICE_KEY");
        let elsewhere = json!({"access_token": token, "tenant": "globex"});
        expect(with("/context", elsewhere), "tenant_mismatch").await;
        world.apply("credentials: [{name: crm-pep, trust: assert_subject}]").await;
        expect(with("/subject/id", json!("mallory")), "unknown_subject").await;
        world.apply("credentials: [{name: crm-pep, trust: verify_token}]").await;
        world.apply("servers: [{slug: crm, enabled: false}]").await;
        expect(of("ALICE_KEY", "get_customer", customer()), "server_disabled").await;
        world.apply("tenants: [{slug: acme, active: false}]").await;
        expect(of("ALICE_KEY", "get_customer", customer()), "tenant_suspended").await;
        replica.stop().await;

        // These have tests of their own: a panic, databases that cannot be read or written to, tokens of issuers,
        // resources, stop switches, tasks, actors and scopes.
        seen.extend(["evaluation_failed", "policy_unavailable", "audit_unavailable"].map(str::to_owned));
        seen.extend(["token_revoked", "token_wrong_audience"].map(str::to_owned));
        seen.extend(["resource_unknown", "resource_tenant_mismatch", "kill_switch"].map(str::to_owned));
        seen.extend(["task_required", "task_inactive", "task_out_of_scope"].map(str::to_owned));
        seen.extend(["task_budget_spent", "unknown_actor", "actor_disabled"].map(str::to_owned));
        seen.insert("token_scope_insufficient".to_owned());
        seen.extend(["approval_pending", "approval_denied", "approval_expired"].map(str::to_owned));
        seen.extend(["approval_used", "approval_unverifiable", "out_of_scope"].map(str::to_owned));
        let page = include_str!("../../../docs/endpoint.md");
        let (_, tables) = page.split_once("## Reason codes").expect("the heading");
        let (used, unused) =
            tables.split_once("### Codes without a use in this version").expect("the heading");
        assert_eq!(codes(used), seen);
        let all: BTreeSet<String> =
            policy::Reason::ALL.iter().map(|reason| reason.code().to_owned()).collect();
        assert_eq!(codes(unused), &all - &seen);
    }
}
