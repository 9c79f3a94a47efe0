//! Servers over the API: which there are, what they list, and that a failure changes nothing.

use crate::api::client::{Client, token};
use crate::discovery::hostile::{older, result, serve, tool};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use policy::scope::AdminScope;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tests::{Backend, World};
use tokio::net::TcpListener;

const SERVERS: &str = "/api/v1/servers";
const FILES: &str = "/api/v1/servers/files";
const DISCOVER: &str = "/api/v1/servers/files/discover";

/// A server that lists what stands here.
async fn listing(names: &Arc<Mutex<Vec<&'static str>>>) -> String {
    let names = Arc::clone(names);
    serve(move |message| {
        let tools: Vec<Value> = names.lock().expect("not poisoned").iter().map(|name| tool(name)).collect();
        older(message, |_| result(message, &json!({ "tools": tools })))
    })
    .await
}

pub(crate) async fn servers_are_registered_discovered_and_deleted_over_the_api(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let client = Client::new(replica.address(), &token(&world, "ci", AdminScope::ALL, None).await);
    let names = Arc::new(Mutex::new(vec!["read", "write"]));
    let url = listing(&names).await;
    let new =
        json!({"slug": "files", "url": url, "tenants": ["acme"], "audiences": ["https://files.example"]});
    for (member, value, status, code) in [
        ("slug", json!("Files"), 422, "invalid"),
        ("slug", json!("new"), 422, "invalid"),
        ("slug", json!("crm"), 409, "taken"),
        ("url", json!("files"), 422, "invalid"),
        ("url", json!("ftp://files.example/"), 422, "invalid"),
        ("url", json!("https://a:b@files.example/"), 422, "invalid"),
        ("url", Value::Null, 400, "malformed"),
        ("name", json!("x".repeat(201)), 422, "invalid"),
        ("name", json!("a\u{7}"), 422, "invalid"),
        ("tenants", json!(["nobody"]), 422, "unknown"),
        ("tenants", json!(["Acme"]), 422, "invalid"),
        ("tenants", json!(["a\u{0}"]), 400, "malformed"),
        ("audiences", json!(["a\n"]), 422, "invalid"),
        ("audiences", json!(vec!["a"; 21]), 422, "invalid"),
        ("enabled", json!(true), 400, "malformed"),
    ] {
        let mut wrong = new.clone();
        wrong[member] = value;
        let told = client.with("POST", SERVERS, &wrong).await;
        assert_eq!((told.status, told.code()), (status, code), "{wrong}");
        if code == "invalid" {
            assert_eq!(told.body["errors"][0]["field"], member, "{told:?}");
        }
    }
    assert_eq!(client.get(FILES).await.code(), "not_found");

    let told = client.with("POST", SERVERS, &new).await;
    assert_eq!((told.status, told.header("location")), (201, FILES), "{told:?}");
    assert_eq!((&told.body["name"], &told.body["check_arguments"]), (&json!("files"), &json!(true)));
    assert_eq!(client.get(FILES).await.body, told.body);
    assert_eq!(client.with("POST", SERVERS, &new).await.code(), "taken");

    let told = client.send("POST", DISCOVER, &[], None).await;
    assert_eq!((told.status, &told.body["new"]), (200, &json!(["read", "write"])), "{told:?}");
    assert_eq!(
        (&told.body["server"], &told.body["protocol_version"]),
        (&json!("fake"), &json!("2025-11-25"))
    );
    let listed = client.get(&format!("{FILES}/tools")).await.body;
    assert!(
        listed["items"].as_array().expect("a list").iter().all(|tool| tool["review"] == "new"),
        "{listed}"
    );
    *names.lock().expect("not poisoned") = vec!["read", "move"];
    let told = client.send("POST", DISCOVER, &[], None).await;
    assert_eq!((&told.body["new"], &told.body["gone"]), (&json!(["move"]), &json!(["write"])), "{told:?}");
    assert_eq!(told.body["unchanged"], json!(["read"]));

    // What is left out stays; who may use it is said each time.
    assert_eq!(client.with("PUT", FILES, &json!({"url": url})).await.code(), "malformed");
    let told = client.with("PUT", FILES, &json!({"url": url, "tenants": [], "name": "Files"})).await;
    assert_eq!((told.status, &told.body["tenants"]), (200, &json!([])), "{told:?}");
    assert_eq!((&told.body["name"], &told.body["audiences"]), (&json!("Files"), &new["audiences"]));
    let off = json!({"url": url, "tenants": ["globex"], "check_arguments": false, "audiences": []});
    let told = client.with("PUT", FILES, &off).await;
    assert_eq!((&told.body["name"], &told.body["check_arguments"]), (&json!("Files"), &json!(false)));
    assert_eq!(told.body["enabled"], true);
    let told = client.with("PUT", "/api/v1/servers/nothing", &off).await;
    assert_eq!((told.status, told.code()), (404, "not_found"));

    // Which tenants use a server binds the next call.
    let crm = client.get("/api/v1/servers/crm").await.body;
    let pep = world.crm(&replica);
    let refund = async || {
        let arguments = json!({"customer_id": "c-42", "amount": 80, "currency": "EUR"});
        pep.call(world.secret("ALICE_KEY"), "refund", arguments).await.allowed()
    };
    for (tenants, allowed) in [(json!(["globex"]), false), (json!(["acme"]), true)] {
        let settings = json!({"url": crm["url"], "tenants": tenants});
        assert_eq!(client.with("PUT", "/api/v1/servers/crm", &settings).await.status, 200);
        assert_eq!(refund().await, allowed, "{tenants}");
    }
    assert_eq!(client.get("/api/v1/servers/crm").await.body, crm);

    let told = client.send("DELETE", "/api/v1/servers/crm", &[], None).await;
    assert_eq!((told.status, told.code()), (409, "in_use"), "an enforcement key is bound to it");
    let acme = Client::new(replica.address(), &token(&world, "acme", AdminScope::ALL, Some("acme")).await);
    for (method, path, body) in [
        ("POST", SERVERS, new.clone()),
        ("PUT", "/api/v1/servers/crm", json!({"url": "https://evil.example", "tenants": ["acme"]})),
        ("DELETE", "/api/v1/servers/crm", json!({})),
        ("POST", "/api/v1/servers/crm/discover", json!({})),
    ] {
        let told = acme.with(method, path, &body).await;
        assert_eq!((told.status, told.code()), (403, "tenant_bound"), "{method} {path}");
    }
    assert_eq!(client.send("DELETE", FILES, &[], None).await.status, 204);
    for path in [FILES.to_owned(), format!("{FILES}/tools")] {
        assert_eq!(client.get(&path).await.code(), "not_found", "{path}");
    }
    let changes = client.get("/api/v1/changes?kind=server&object=files&via=api").await.body;
    let items = changes["items"].as_array().expect("a list");
    let actions: Vec<&str> = items.iter().filter_map(|change| change["action"].as_str()).collect();
    assert_eq!(actions, ["delete", "update", "update", "create"]);
    assert!(items.iter().all(|change| change["actor"] == "ada@example.org (token ci)"), "{changes}");
    replica.stop().await;
}

pub(crate) async fn a_server_that_does_not_answer_is_told_and_changes_nothing(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let client = Client::new(replica.address(), &token(&world, "ci", AdminScope::ALL, None).await);
    let url = listing(&Arc::new(Mutex::new(vec!["read"]))).await;
    let new = json!({"slug": "files", "url": url, "tenants": ["acme"]});
    assert_eq!(client.with("POST", SERVERS, &new).await.status, 201);
    assert_eq!(client.send("POST", DISCOVER, &[], None).await.status, 200);
    let known = client.get(&format!("{FILES}/tools")).await.body;

    let closed = format!("http://127.0.0.1:{}/mcp", tests::process::free_port());
    let page = serve(|_| (StatusCode::NOT_FOUND, "no such page").into_response()).await;
    for (url, status, code) in [
        (closed.as_str(), 502, "not_discovered"),
        (page.as_str(), 502, "not_discovered"),
        // Nobody reaches into the operator's network from here.
        ("http://10.0.0.1/mcp", 422, "invalid"),
        ("http://169.254.169.254/latest/meta-data", 422, "invalid"),
    ] {
        let moved = client.with("PUT", FILES, &json!({"url": url, "tenants": ["acme"]})).await;
        assert_eq!(moved.status, 200, "{moved:?}");
        let told = client.send("POST", DISCOVER, &[], None).await;
        assert_eq!((told.status, told.code()), (status, code), "{url} {told:?}");
        if status == 422 {
            assert_eq!(told.body["errors"][0]["field"], "url", "{told:?}");
        }
        assert_eq!(client.get(&format!("{FILES}/tools")).await.body, known, "{url}");
    }

    // While one asks, nobody asks beside it.
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/mcp", silent.local_addr().expect("an address"));
    let moved = client.with("PUT", FILES, &json!({"url": url, "tenants": ["acme"]})).await;
    assert_eq!(moved.status, 200, "{moved:?}");
    let other = client.clone();
    let first = tokio::spawn(async move { other.send("POST", DISCOVER, &[], None).await });
    let (socket, _) = silent.accept().await.expect("it is asked");
    let told = client.send("POST", DISCOVER, &[], None).await;
    assert_eq!((told.status, told.code()), (409, "running"));
    drop((socket, silent));
    let told = first.await.expect("it ends");
    assert_eq!((told.status, told.code()), (502, "not_discovered"));
    assert_eq!(client.get(&format!("{FILES}/tools")).await.body, known);

    let told = client.send("POST", "/api/v1/servers/nothing/discover", &[], None).await;
    assert_eq!((told.status, told.code()), (404, "not_found"));
    replica.stop().await;
}
