//! What a call names decides, at the moment of the call.

use crate::resources::helpers::{put, refund, resource, world};
use pdp::{Preview, Previewer, RecordBody};
use policy::arguments::Arguments;
use policy::facts::AssertedProperties;
use policy::{Call, Reason, ResourceRef, Sensitivity};
use serde_json::{Map, json};
use tests::Backend;

pub(crate) async fn what_an_argument_names_decides(backend: Backend) {
    let world = world(backend).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let alice = world.secret("ALICE_KEY");
    for _ in 0..2 {
        for (customer, reason) in [
            (json!("c-42"), "allowed"),
            (json!("g-1"), "resource_tenant_mismatch"),
            (json!("c-99"), "resource_unknown"),
            (json!(""), "resource_unknown"),
            (json!("C-42"), "resource_unknown"),
            (json!("c-42 "), "resource_unknown"),
        ] {
            let told = crm.call(alice, "refund", refund(customer.clone())).await;
            assert_eq!(told.reason(), reason, "{customer}");
        }
        for (ids, reason) in [
            (json!(["c-42"]), "allowed"),
            (json!(["c-42", "c-42"]), "allowed"),
            (json!(["c-42", "c-43"]), "no_matching_rule"),
            (json!(["c-42", "g-1"]), "resource_tenant_mismatch"),
            (json!(["c-42", "c-99"]), "resource_unknown"),
            (json!([]), "arguments_missing"),
            (json!(vec!["c-42"; 100]), "allowed"),
            (json!(vec!["c-42"; 101]), "arguments_invalid"),
            (json!((0..100).map(|n| format!("x-{n}")).collect::<Vec<_>>()), "resource_unknown"),
        ] {
            let told = crm.call(alice, "merge", json!({"ids": ids})).await;
            assert_eq!(told.reason(), reason, "{ids}");
        }
    }
    replica.stop().await;
}

pub(crate) async fn a_resource_is_live_and_a_binding_too(backend: Backend) {
    let world = world(backend).await;
    let (one, two) = (world.replica().await, world.replica().await);
    let crm = world.crm(&one);
    let alice = world.secret("ALICE_KEY");
    let both = async |customer: &str, reason: &str, what: &str| {
        for replica in [&one, &two] {
            let told = crm.at(replica.address()).call(alice, "refund", refund(json!(customer))).await;
            assert_eq!(told.reason(), reason, "{what}");
        }
    };
    for _ in 0..3 {
        both("c-42", "allowed", "registered").await;
        put(&world, &[resource("customer", "c-42", "globex")]).await;
        both("c-42", "resource_tenant_mismatch", "moved away").await;
        world.database.by_hand("DELETE FROM resources WHERE id = 'c-42'").await;
        both("c-42", "resource_unknown", "deleted by hand").await;
        put(&world, &[resource("customer", "c-42", "acme")]).await;
    }
    world.database.by_hand("UPDATE tools SET bindings = '[]' WHERE name = 'refund'").await;
    both("c-99", "allowed", "no longer bound").await;
    let order =
        r#"UPDATE tools SET bindings = '[{"pointer":"/customer_id","type":"order"}]' WHERE name = 'refund'"#;
    world.database.by_hand(order).await;
    both("c-42", "resource_unknown", "bound to another type").await;
    put(&world, &[resource("order", "c-42", "acme")]).await;
    both("c-42", "allowed", "registered with that type").await;
    // What was written by hand and is no binding forbids the tool's calls.
    let broken =
        r#"UPDATE tools SET bindings = '[{"pointer":"customer_id","type":"order"}]' WHERE name = 'refund'"#;
    world.database.by_hand(broken).await;
    both("c-42", "evaluation_failed", "no pointer").await;
    one.stop().await;
    two.stop().await;
}

pub(crate) async fn hostile_ids_are_unknown_and_nothing_else(backend: Backend) {
    let world = world(backend).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let alice = world.secret("ALICE_KEY");
    let long = "x".repeat(100_000);
    for id in [
        "c-42' OR '1'='1",
        "c-42\"],[\"customer\",\"g-1",
        "%",
        "*",
        "../c-42",
        "c-42\u{7f}",
        "\u{202e}24-c",
        "\\u0000",
        "?",
        "$1",
        long.as_str(),
    ] {
        let told = crm.call(alice, "refund", refund(json!(id))).await;
        let shown: String = id.chars().take(40).collect();
        assert_eq!(told.reason(), "resource_unknown", "{shown}");
        assert!(!told.body.to_string().contains("globex"), "{shown}");
    }
    // Ids that hold what is special elsewhere can be registered all the same.
    for id in ["a/b", "c-42' OR '1'='1", "ü\u{202e}", "[\"x\"]", "{}"] {
        put(&world, &[resource("customer", id, "acme")]).await;
        assert!(crm.call(alice, "refund", refund(json!(id))).await.allowed(), "{id}");
    }
    replica.stop().await;
}

pub(crate) async fn a_preview_sees_what_a_call_sees(backend: Backend) {
    let world = world(backend).await;
    let previewer = Previewer::new(world.store.clone());
    for (customer, reason) in [
        ("c-42", Reason::Allowed),
        ("g-1", Reason::ResourceTenantMismatch),
        ("c-99", Reason::ResourceUnknown),
    ] {
        let preview = Preview {
            subject: "alice".into(),
            server: Some("crm".into()),
            call: Call {
                action: "tools/call".into(),
                resource: ResourceRef { kind: "tool".into(), id: "refund".into() },
                arguments: Arguments::from_value(refund(json!(customer))),
                context: Map::new(),
                tenant: None,
            },
            properties: AssertedProperties::default(),
        };
        let decision = previewer.preview(&preview).await.expect("decides");
        assert_eq!(decision.reason, reason, "{customer}: {}", decision.reviewer_text);
    }
}

pub(crate) async fn a_record_says_what_was_touched_and_nothing_of_other_tenants(backend: Backend) {
    let world = world(backend).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let alice = world.secret("ALICE_KEY");
    let mut bodies = Vec::new();
    for customer in ["c-42", "g-1"] {
        let told = crm.call(alice, "refund", refund(json!(customer))).await;
        let id = told.decision_id.expect("recorded");
        let record = world.store.get_decision(&id.as_str().into()).await.expect("reads").expect("is there");
        bodies.push(record.body);
    }
    let body: RecordBody = serde_json::from_str(&bodies[0]).expect("reads");
    let fact = body.facts.bound.first().expect("a resource");
    assert_eq!((fact.at.as_str(), fact.id.as_str()), ("/customer_id", "c-42"));
    let found = fact.resource.as_ref().expect("registered");
    assert_eq!((found.tenant.as_str(), found.sensitivity), ("acme", Sensitivity::Confidential));
    assert!(!bodies[1].contains("globex") && !bodies[1].contains("secret-region"), "{}", bodies[1]);
    replica.stop().await;
}
