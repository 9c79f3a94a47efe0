//! Who gets in, and how far.

use crate::api::client::{Client, now, owner, token};
use policy::scope::AdminScope;
use serde_json::{Value, json};
use server::api::endpoints;
use std::collections::BTreeSet;
use tests::world::operator;
use tests::{Backend, World};

/// The path with something that does not exist in its segments.
fn concrete(path: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') { "nothing" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

pub(crate) async fn every_route_asks_for_its_one_scope(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let stranger = Client::new(replica.address(), "");
    let document = stranger.get("/api/openapi.json").await;
    assert_eq!(document.status, 200);
    for scope in AdminScope::ALL {
        let token = token(&world, scope.as_str(), &[*scope], None).await;
        let client = Client::new(replica.address(), &token);
        for endpoint in endpoints() {
            let told = client.with(endpoint.method, &concrete(endpoint.path), &json!({})).await;
            if *scope == endpoint.scope {
                assert!(!matches!(told.status, 401 | 403 | 405 | 500..), "{scope} {endpoint:?} {told:?}");
            } else {
                assert_eq!((told.status, told.code()), (403, "scope_missing"), "{scope} {endpoint:?}");
            }
        }
    }
    // The document lists the routes that are served, and no other.
    let described: BTreeSet<&str> =
        document.body["paths"].as_object().expect("paths").keys().map(String::as_str).collect();
    assert_eq!(described, endpoints().iter().map(|endpoint| endpoint.path).collect::<BTreeSet<_>>());
    for path in endpoints().iter().map(|endpoint| endpoint.path).collect::<BTreeSet<_>>() {
        let methods: BTreeSet<String> = document.body["paths"][path]
            .as_object()
            .expect("described")
            .keys()
            .map(|method| method.to_uppercase())
            .collect();
        let told = stranger.send("OPTIONS", &concrete(path), &[], None).await;
        assert_eq!((told.status, told.code()), (405, "method_not_allowed"), "{path}");
        let allowed: BTreeSet<String> =
            told.header("allow").split(',').filter(|method| *method != "HEAD").map(str::to_owned).collect();
        assert_eq!(allowed, methods, "{path}");
        assert!(told.headers.keys().all(|name| !name.as_str().starts_with("access-control")), "{path}");
    }
    replica.stop().await;
}

pub(crate) async fn a_token_is_dead_with_its_account_its_expiry_and_its_revocation(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let tenants = "/api/v1/tenants";
    let token = token(&world, "ci", &[AdminScope::Read], None).await;
    let client = Client::new(replica.address(), &token);
    assert_eq!(client.get(tenants).await.status, 200);
    let second = crate::api::client::token(&world, "other", &[AdminScope::Read], None).await;

    let account = owner(&world).await;
    let (by, at) = (operator(), now());
    for (off, on) in [
        ("UPDATE accounts SET active = 0", "UPDATE accounts SET active = 1"),
        ("UPDATE accounts SET role = 'auditor'", "UPDATE accounts SET role = 'owner'"),
        (
            "UPDATE administrator_tokens SET expires_at = 1",
            "UPDATE administrator_tokens SET expires_at = 99999999999999999",
        ),
    ] {
        world.database.by_hand(off).await;
        let told = client.get(tenants).await;
        assert_eq!((told.status, told.code()), (401, "unauthorized"), "{off}");
        assert!(told.header("www-authenticate").starts_with("Bearer"), "{told:?}");
        world.database.by_hand(on).await;
        assert_eq!(client.get(tenants).await.status, 200, "{on}");
    }
    let last = world.store.set_account_active(&account, false, &by, at).await;
    assert!(last.is_err(), "the last owner stays");

    let stored =
        world.store.list_administrator_tokens(&store::administration::Page::ALL).await.expect("lists");
    assert_eq!(stored.len(), 2);
    assert!(stored[0].last_used_at.is_some() && stored[1].last_used_at.is_none());
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    assert!(writer.delete_administrator_token(&stored[0].id).await.expect("deletes"));
    writer.commit().await.expect("commits");
    assert_eq!(client.get(tenants).await.status, 401);
    assert_eq!(Client::new(replica.address(), &second).get(tenants).await.status, 200);

    // Other keys, and a session's cookie, are no tokens; too many of them are slowed down.
    let enforcement = world.secret("CRM_PEP_KEY").to_owned();
    let mut statuses = BTreeSet::new();
    for _ in 0..50 {
        let told = Client::new(replica.address(), &enforcement).get(tenants).await;
        statuses.insert(told.status);
    }
    assert!(statuses.contains(&401) && statuses.contains(&429), "{statuses:?}");
    let cookie = [("cookie", "countersign=x")];
    let told = Client::new(replica.address(), "").send("GET", tenants, &cookie, None).await;
    assert!(matches!(told.status, 401 | 429), "{told:?}");
    assert_eq!(Client::new(replica.address(), &second).get(tenants).await.status, 200, "a good one still is");
    replica.stop().await;
}

pub(crate) async fn a_token_of_one_tenant_stays_in_it(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let client = Client::new(replica.address(), &token(&world, "acme", AdminScope::ALL, Some("acme")).await);
    let slugs = client.get("/api/v1/tenants").await.body;
    assert_eq!(slugs["items"].as_array().map(Vec::len), Some(1), "{slugs}");
    // `dave` is a member of globex alone.
    assert_eq!(client.get("/api/v1/subjects/alice").await.status, 200);
    for (method, path, body) in [
        ("GET", "/api/v1/subjects/dave", None),
        ("PATCH", "/api/v1/subjects/dave", Some(json!({"active": false}))),
        ("DELETE", "/api/v1/subjects/dave", None),
        ("PUT", "/api/v1/subjects/dave/memberships/acme", Some(json!({"roles": []}))),
        ("POST", "/api/v1/revocations/subjects", Some(json!({"subject": "dave"}))),
        ("GET", "/api/v1/tenants/globex", None),
        ("GET", "/api/v1/servers/nothing/tools", None),
        ("GET", "/api/v1/tools/nothing", None),
        ("GET", "/api/v1/roles/nothing", None),
    ] {
        let told = send(&client, method, path, body).await;
        assert_eq!((told.status, told.code()), (404, "not_found"), "{method} {path}");
    }
    let rule = json!({"name": "stop", "effect": "deny", "tools": ["*/*"]});
    let elsewhere = json!({"name": "stop", "tenant": "globex", "effect": "deny", "tools": ["*/*"]});
    for (method, path, body) in [
        ("PUT", "/api/v1/subjects/alice/memberships/globex", Some(json!({"roles": []}))),
        ("POST", "/api/v1/subjects", Some(json!({"id": "eve", "kind": "user"}))),
        ("PATCH", "/api/v1/servers/crm", Some(json!({"enabled": false}))),
        ("DELETE", "/api/v1/servers/crm", None),
        ("POST", "/api/v1/servers/crm/discover", None),
        ("PATCH", "/api/v1/tools/nothing", Some(json!({}))),
        ("PATCH", "/api/v1/tenants/acme", Some(json!({"active": false}))),
        ("DELETE", "/api/v1/tenants/acme", None),
        ("POST", "/api/v1/roles", Some(json!({"name": "everybody"}))),
        ("POST", "/api/v1/dead-letters/nothing/resend", None),
        ("POST", "/api/v1/mail/test", Some(json!({"account": "nothing"}))),
        ("POST", "/api/v1/evidence/verify", None),
        ("POST", "/api/v1/rules", Some(rule)),
        ("POST", "/api/v1/rules", Some(elsewhere)),
        ("POST", "/api/v1/credentials", Some(json!({"name": "x"}))),
        ("GET", "/api/v1/issuers", None),
        ("GET", "/api/v1/unmapped", None),
        ("GET", "/api/v1/mail", None),
        ("GET", "/api/v1/dead-letters", None),
        ("GET", "/api/v1/evidence", None),
        ("GET", "/api/v1/evidence/chains", None),
        ("GET", "/api/v1/evidence/checkpoints", None),
        ("GET", "/api/v1/roles?tenant=globex", None),
        ("GET", "/api/v1/accounts", None),
        ("GET", "/api/v1/sign-in-providers", None),
        ("GET", "/api/v1/substitutes", None),
        ("GET", "/api/v1/subjects?tenant=globex", None),
        ("GET", "/api/v1/bundle?tenant=globex", None),
    ] {
        let told = send(&client, method, path, body).await;
        assert_eq!((told.status, told.code()), (403, "tenant_bound"), "{method} {path}");
    }
    let exported = client.get("/api/v1/bundle").await.body.to_string();
    assert!(!exported.contains("globex"), "{exported}");
    let eve = json!({"id": "eve", "kind": "user", "memberships": [{"tenant": "acme"}]});
    assert_eq!(client.with("POST", "/api/v1/subjects", &eve).await.status, 201);
    replica.stop().await;
}

async fn send(client: &Client, method: &str, path: &str, body: Option<Value>) -> crate::api::client::Told {
    match body {
        Some(body) => client.with(method, path, &body).await,
        None => client.send(method, path, &[], None).await,
    }
}

pub(crate) async fn hostile_requests_are_problems(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let client = Client::new(replica.address(), &token(&world, "ci", AdminScope::ALL, None).await);
    let large = format!(r#"{{"id": "{}"}}"#, "x".repeat(2 * 1024 * 1024));
    let deep = "[".repeat(5_000);
    for (content_type, body, status) in [
        ("application/json", "", 400),
        ("application/json", "[]", 400),
        ("application/json", "{", 400),
        ("application/json", deep.as_str(), 400),
        ("application/json", r#"{"id": "eve", "id": "eva", "kind": "user"}"#, 400),
        ("application/json", r#"{"id": "eve", "kind": "user", "admin": true}"#, 400),
        ("application/json", r#"{"id": "eve", "kind": "king"}"#, 400),
        ("application/json", r#"{"id": "a\u0000b", "kind": "user"}"#, 400),
        ("application/json", r#"{"id": "self", "kind": "user"}"#, 422),
        ("application/json", r#"{"id": "a\nb", "kind": "user"}"#, 422),
        ("application/json", r#"{"id": "alice", "kind": "user"}"#, 409),
        ("application/json", r#"{"id": "eve", "kind": "user", "memberships": [{"tenant": "x"}]}"#, 422),
        ("application/json", large.as_str(), 413),
        ("text/plain", r#"{"id": "eve", "kind": "user"}"#, 415),
        ("application/x-www-form-urlencoded", "id=eve&kind=user", 415),
    ] {
        let body = body.as_bytes().to_vec();
        let told = client.send("POST", "/api/v1/subjects", &[], Some((content_type, body))).await;
        assert_eq!(told.status, status, "{told:?}");
        told.code();
    }
    for (path, status) in [
        ("/api", 404),
        ("/api/v2/subjects", 404),
        ("/api/v1/subjects/a%00b", 404),
        ("/api/v1/subjects/%ff", 400),
        ("/api/v1/issuers/a%00b", 404),
        ("/api/v1/subjects?limit=0", 400),
        ("/api/v1/subjects?limit=201", 400),
        ("/api/v1/subjects?after=%00", 400),
        ("/api/v1/subjects?q=%00", 422),
        ("/api/v1/subjects?unknown=1", 400),
        ("/api/v1/decisions?reason=because", 400),
        ("/api/v1/decisions?from=yesterday", 400),
        ("/api/v1/decisions?tool=%00", 422),
        ("/api/v1/changes?via=door", 400),
    ] {
        let told = client.get(path).await;
        assert_eq!(told.status, status, "{path} {told:?}");
        told.code();
        assert_eq!(told.header("cache-control"), "no-store");
    }

    // Pages: each once, in order, and none after the last.
    let (mut after, mut seen) = (String::new(), Vec::new());
    loop {
        let told = client.get(&format!("/api/v1/subjects?limit=2{after}")).await;
        let items = told.body["items"].as_array().expect("a list").clone();
        seen.extend(items.iter().map(|item| item["id"].as_str().unwrap_or_default().to_owned()));
        let Some(next) = told.body["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    let mut sorted = seen.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(seen, sorted);
    assert!(seen.len() > 3, "{seen:?}");
    replica.stop().await;
}
