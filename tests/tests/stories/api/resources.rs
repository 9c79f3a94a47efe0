//! Registered resources over the API: each by itself, and many by file.

use crate::api::client::{Client, token};
use crate::api::imports::{IMPORTS, finished, send};
use policy::scope::AdminScope;
use serde_json::json;
use tests::{Backend, World};

const C42: &str = "/api/v1/resources/customer/c-42";
const BOUND: &str = "
servers:
  - slug: crm
    tools:
      - { name: refund, bindings: [{ pointer: /customer_id, type: customer }] }
";

pub(crate) async fn a_resource_that_is_put_or_removed_binds_the_next_call(backend: Backend) {
    let world = World::demo(backend).await;
    world.apply(BOUND).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let client = Client::new(replica.address(), &token(&world, "ci", AdminScope::ALL, None).await);
    let reason = async || {
        let arguments = json!({"customer_id": "c-42", "amount": 80, "currency": "EUR"});
        crm.call(world.secret("ALICE_KEY"), "refund", arguments).await.reason().to_owned()
    };
    assert_eq!(reason().await, "resource_unknown");
    let told = client.with("PUT", C42, &json!({})).await;
    assert_eq!((told.status, told.code()), (422, "invalid"), "whose it is must be said: {told:?}");
    let terms = json!({"tenant": "acme", "sensitivity": "regulated", "attributes": {"region": "eu"}});
    let told = client.with("PUT", C42, &terms).await;
    assert_eq!((told.status, told.header("location")), (201, C42), "{told:?}");
    assert_eq!(reason().await, "allowed");
    let told = client.with("PUT", C42, &json!({"sensitivity": "public"})).await;
    assert_eq!((told.status, told.header("location")), (200, ""), "{told:?}");
    assert_eq!(
        told.body,
        json!({"type": "customer", "id": "c-42", "tenant": "acme", "sensitivity": "public", "attributes": {}})
    );
    assert_eq!(client.get(C42).await.body, told.body);
    // Moved by a token of every tenant, and back.
    assert_eq!(client.with("PUT", C42, &json!({"tenant": "globex"})).await.status, 200);
    assert_eq!(reason().await, "resource_tenant_mismatch");
    assert_eq!(client.with("PUT", C42, &json!({"tenant": "acme"})).await.status, 200);
    assert_eq!(client.send("DELETE", C42, &[], None).await.status, 204);
    assert_eq!(reason().await, "resource_unknown");
    assert_eq!(client.send("DELETE", C42, &[], None).await.code(), "not_found");

    // What stands in a path is decoded once, and what cannot be registered is told.
    let odd = "/api/v1/resources/customer/a%2Fb%20%25";
    let told = client.with("PUT", odd, &json!({"tenant": "acme"})).await;
    assert_eq!((told.status, &told.body["id"]), (201, &json!("a/b %")), "{told:?}");
    assert_eq!(client.get(told.header("location")).await.status, 200);
    for (path, field) in [
        ("/api/v1/resources/tool/x", "type"),
        ("/api/v1/resources/Customer/x", "type"),
        ("/api/v1/resources/customer/a%0Ab", "id"),
    ] {
        let told = client.with("PUT", path, &json!({"tenant": "acme"})).await;
        assert_eq!((told.status, told.code()), (422, "invalid"), "{path}");
        assert_eq!(told.body["errors"][0]["field"], field, "{path}");
        assert_eq!(client.get(path).await.status, 404, "{path}");
    }
    let large = json!({"tenant": "acme", "attributes": {"x": "y".repeat(20_000)}});
    assert_eq!(client.with("PUT", C42, &large).await.code(), "invalid");
    let listed = client.get("/api/v1/resources?type=customer&q=a%2F").await.body;
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "{listed}");
    replica.stop().await;
}

pub(crate) async fn a_file_is_brought_in_over_the_api(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let client = Client::new(replica.address(), &token(&world, "ci", AdminScope::ALL, None).await);
    let mut lines: String = (0..1_500)
        .map(|n| format!("{}\n", json!({"type": "order", "id": format!("o-{n}"), "tenant": "acme"})))
        .collect();
    lines.push_str("{\"type\": \"order\"}\n{\"type\": \"order\", \"id\": \"x\", \"tenant\": \"nowhere\"}\n");
    let told = send(&client, "", "application/x-ndjson", &lines).await;
    let import = finished(&client, &told).await;
    assert_eq!(
        (&import["state"], &import["created"], &import["refused"]),
        (&json!("finished"), &json!(1_500), &json!(2))
    );
    assert_eq!(import["problems"][0]["line"], 1_501, "{import}");
    let again = finished(&client, &send(&client, "", "application/x-ndjson", &lines).await).await;
    assert_eq!((&again["created"], &again["unchanged"]), (&json!(0), &json!(1_500)), "{again}");

    let csv = "type,id,attributes.state\norder,o-1,open\n";
    let import = finished(&client, &send(&client, "?tenant=acme", "text/csv", csv).await).await;
    assert_eq!((&import["changed"], &import["tenant"]), (&json!(1), &json!("acme")), "{import}");
    assert_eq!(client.get("/api/v1/resources/order/o-1").await.body["attributes"], json!({"state": "open"}));
    for (query, media_type, text, status) in [
        ("", "application/json", "{}", 415),
        ("", "text/csv", "kind,name\nx,y\n", 400),
        ("?tenant=nowhere", "text/csv", csv, 404),
        ("?tenant=%00", "text/csv", csv, 404),
        ("?move=true", "text/csv", csv, 400),
    ] {
        let told = send(&client, query, media_type, text).await;
        assert_eq!(told.status, status, "{query} {media_type}: {told:?}");
        told.code();
    }
    assert_eq!(client.get("/api/v1/resource-imports/nothing").await.code(), "not_found");
    replica.stop().await;
}

pub(crate) async fn resources_of_other_tenants_are_not_there(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let every = Client::new(replica.address(), &token(&world, "every", AdminScope::ALL, None).await);
    let acme = Client::new(replica.address(), &token(&world, "acme", AdminScope::ALL, Some("acme")).await);
    let foreign = "/api/v1/resources/customer/g-1";
    let terms = json!({"tenant": "globex", "attributes": {"region": "secret-region"}});
    assert_eq!(every.with("PUT", foreign, &terms).await.status, 201);
    // Left out, it is the token's own tenant.
    let told = acme.with("PUT", C42, &json!({})).await;
    assert_eq!((told.status, &told.body["tenant"]), (201, &json!("acme")), "{told:?}");

    for method in ["GET", "DELETE"] {
        assert_eq!(acme.send(method, foreign, &[], None).await.code(), "not_found", "{method}");
    }
    let told = acme.with("PUT", foreign, &json!({"tenant": "globex"})).await;
    assert_eq!((told.status, told.code()), (403, "tenant_bound"));
    let told = acme.with("PUT", C42, &json!({"tenant": "globex"})).await;
    assert_eq!((told.status, told.code()), (403, "tenant_bound"));
    let told = acme.with("PUT", foreign, &json!({})).await;
    assert_eq!((told.status, told.code()), (409, "taken"), "an id is one of a kind over all tenants");
    assert!(!told.body.to_string().contains("globex"), "{told:?}");
    let listed = acme.get("/api/v1/resources").await.body.to_string();
    assert!(listed.contains("c-42") && !listed.contains("g-1"), "{listed}");
    assert_eq!(acme.get("/api/v1/resources?tenant=globex").await.code(), "tenant_bound");

    let csv = "type,id,tenant\ncustomer,g-1,globex\ncustomer,g-1,acme\n";
    let import = finished(&acme, &send(&acme, "", "text/csv", csv).await).await;
    assert_eq!((&import["refused"], &import["changed"]), (&json!(2), &json!(0)), "{import}");
    assert_eq!(send(&acme, "?tenant=globex", "text/csv", csv).await.code(), "tenant_bound");
    let shared = send(&every, "", "text/csv", "type,id,tenant\norder,x,globex\n").await;
    let path = shared.header("location").to_owned();
    finished(&every, &shared).await;
    assert_eq!(acme.get(&path).await.code(), "not_found", "a file of others");
    let (own, all) = (acme.get(IMPORTS).await.body, every.get(IMPORTS).await.body);
    assert_eq!(own["items"], json!([import]), "{own}");
    assert_eq!(all["items"].as_array().map(Vec::len), Some(2), "{all}");
    let first = every.get(&format!("{IMPORTS}?limit=1")).await.body;
    let next = first["next"].as_str().expect("there is more");
    let second = every.get(&format!("{IMPORTS}?limit=1&after={next}")).await.body;
    assert_eq!((&first["items"][0], &second["items"]), (&all["items"][0], &json!([import])), "newest first");
    assert_eq!(every.get(foreign).await.body["attributes"], json!({"region": "secret-region"}), "as it was");
    replica.stop().await;
}
