//! The enforcement endpoint as PEPs meet it.

use tests::on_both_databases;

on_both_databases!(
    the_demo_calls_come_out_as_they_should,
    hostile_requests_are_refused_and_never_allowed,
    a_denied_caller_learns_nothing_of_the_policy,
    who_is_believed,
    tenants_do_not_touch,
);

mod stories {
    use serde_json::{Value, json};
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
}
