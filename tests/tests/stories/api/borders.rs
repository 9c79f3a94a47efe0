//! What a token of one tenant must not learn or take by a way around, and what a request may not ask for.

use crate::api::client::{Client, token};
use pdp::Secret;
use pdp::secret::KeyKind;
use policy::scope::AdminScope;
use serde_json::{Value, json};
use store::administration::NewAdministratorToken;
use tests::administrator::{OWNER, owner};
use tests::world::operator;
use tests::{Backend, World};

const CREDENTIALS: &str = "/api/v1/credentials";

pub(crate) async fn nothing_of_other_tenants_shows_through(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let every = Client::new(replica.address(), &token(&world, "every", AdminScope::ALL, None).await);
    let acme = Client::new(replica.address(), &token(&world, "acme", AdminScope::ALL, Some("acme")).await);

    // Pages of a list hold the tenant's own, and a cursor names nothing else.
    let made = [("a-acme", "acme"), ("b-globex", "globex"), ("c-acme", "acme"), ("d-globex", "globex")];
    for (name, tenant) in made {
        let told = every.with("POST", CREDENTIALS, &json!({"name": name, "tenant": tenant})).await;
        assert_eq!(told.status, 201, "{told:?}");
    }
    let first = acme.get(&format!("{CREDENTIALS}?limit=1")).await.body;
    assert_eq!(first["items"][0]["name"], "a-acme", "{first}");
    let next = first["next"].as_str().expect("there is more");
    let second = acme.get(&format!("{CREDENTIALS}?limit=1&after={next}")).await.body;
    assert_eq!((&second["items"][0]["name"], &second["next"]), (&json!("c-acme"), &Value::Null), "{second}");
    let searched = acme.get(&format!("{CREDENTIALS}?limit=1&q=globex")).await.body;
    assert_eq!(searched, json!({"items": []}));
    let all = every.get(&format!("{CREDENTIALS}?q=globex")).await.body;
    assert_eq!(all["items"].as_array().map(Vec::len), Some(2), "{all}");

    for tenant in ["acme", "globex"] {
        let hook = json!({
            "name": format!("hook-of-{tenant}"), "tenant": tenant, "events": ["requested"],
            "url": format!("https://{tenant}.example/hook"),
        });
        assert_eq!(every.with("POST", "/api/v1/webhooks", &hook).await.status, 201);
    }
    for query in ["", "?limit=1", "?q=hook", "?q=globex"] {
        let listed = acme.get(&format!("/api/v1/webhooks{query}")).await.body;
        assert!(!listed.to_string().contains("globex") && listed["next"].is_null(), "{query} {listed}");
        assert_eq!(listed.to_string().contains("hook-of-acme"), query != "?q=globex", "{query} {listed}");
    }

    // A key reaches for no server of others, which its tenant's policy file would then hold.
    let file = "servers: [{ slug: safe, url: 'https://safe.example/mcp', tenants: [globex] }]";
    let body = Some(("application/yaml", file.as_bytes().to_vec()));
    assert_eq!(every.send("POST", "/api/v1/bundle", &[], body).await.status, 200);
    for server in ["safe", "nothing"] {
        let reach = json!({"name": "reach", "tenant": "acme", "server": server});
        let told = acme.with("POST", CREDENTIALS, &reach).await;
        assert_eq!((told.status, told.code()), (422, "unknown"), "{server} {told:?}");
    }
    assert!(!acme.get("/api/v1/bundle").await.body.to_string().contains("safe.example"));

    // Nor does its policy file hold what every tenant shares and the token is not shown otherwise.
    let shared = json!({"name": "key-of-everybody"});
    assert_eq!(every.with("POST", CREDENTIALS, &shared).await.status, 201);
    let issuer = |name: &str| format!("/api/v1/issuers/https%3A%2F%2F{name}.example");
    for (name, tenants) in [("both", json!(["acme", "globex"])), ("mine", json!(["acme"]))] {
        assert_eq!(every.with("PUT", &issuer(name), &json!({ "tenants": tenants })).await.status, 201);
    }
    let own = acme.get("/api/v1/bundle").await.body.to_string();
    let asked = every.get("/api/v1/bundle?tenant=acme").await.body.to_string();
    for (text, in_own) in
        [("a-acme", true), ("mine.example", true), ("key-of-everybody", false), ("both.example", false)]
    {
        assert_eq!((own.contains(text), asked.contains(text)), (in_own, true), "{text}");
    }
    assert!(!own.contains("b-globex"), "{own}");
    let own = json!({"name": "own", "tenant": "acme", "server": "crm"});
    assert_eq!(acme.with("POST", CREDENTIALS, &own).await.status, 201);

    // An identity counts in every tenant of its issuer: none is given by the way.
    let identities = json!([{"issuer": "https://idp.example", "sub": "victim"}]);
    let memberships = json!([{"tenant": "acme"}]);
    let eve = json!({"id": "eve", "kind": "user", "memberships": memberships, "identities": identities});
    let told = acme.with("POST", "/api/v1/subjects", &eve).await;
    assert_eq!((told.status, told.code()), (403, "tenant_bound"), "{told:?}");
    assert_eq!(every.get("/api/v1/subjects/eve").await.status, 404);
    replica.stop().await;
}

pub(crate) async fn a_request_asks_for_no_more_than_is_bounded_and_there(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let client = Client::new(replica.address(), &token(&world, "ci", AdminScope::ALL, None).await);
    for (field, one) in [
        ("memberships", json!({"tenant": "acme"})),
        ("identities", json!({"issuer": "https://idp.example", "sub": "x"})),
    ] {
        let mut new = json!({"id": "eve", "kind": "user"});
        new[field] = Value::from(vec![one; 101]);
        let told = client.with("POST", "/api/v1/subjects", &new).await;
        assert_eq!((told.status, told.code()), (422, "invalid"), "{told:?}");
        assert_eq!(told.body["errors"][0]["field"], field);
    }

    // RFC 9110, section 13.1.1: `*` asks for something that is there.
    let path = "/api/v1/issuers/https%3A%2F%2Fidp.example";
    let body = || Some(("application/json", br#"{"tenants": ["acme"]}"#.to_vec()));
    let told = client.send("PUT", path, &[("if-match", "*")], body()).await;
    assert_eq!((told.status, told.code()), (412, "stale"), "{told:?}");
    assert_eq!(client.send("PUT", path, &[], body()).await.status, 201);
    assert_eq!(client.send("PUT", path, &[("if-match", "*")], body()).await.status, 200);
    replica.stop().await;
}

pub(crate) async fn whose_an_identity_is_takes_a_scope_of_its_own(backend: Backend) {
    let world = World::demo(backend).await;
    world.apply(
        "issuers: [{ url: 'https://idp.example', name: Work, active: true, tenants: [acme], audiences: [] }]",
    )
    .await;
    let replica = world.replica().await;
    let address = replica.address();
    let without: Vec<AdminScope> =
        AdminScope::ALL.iter().copied().filter(|scope| *scope != AdminScope::Identities).collect();
    let client = Client::new(address, &token(&world, "provisioning", &without, None).await);
    let of_identities = Client::new(address, &token(&world, "who", &[AdminScope::Identities], None).await);
    let identity = |sub: &str| json!({"issuer": "https://idp.example", "sub": sub});
    let mapping = json!({"issuer": "https://idp.example", "sub": "mallory", "subject": "alice"});
    let eve = |identities: Value| json!({"id": "eve", "kind": "user", "identities": identities});

    // Mallory becomes nobody: neither alice, nor somebody new.
    for (path, body) in [
        ("/api/v1/subjects/alice/identities", identity("mallory")),
        ("/api/v1/unmapped/map", mapping.clone()),
        ("/api/v1/subjects", eve(json!([identity("mallory")]))),
    ] {
        let told = client.with("POST", path, &body).await;
        assert_eq!((told.status, told.code()), (403, "scope_missing"), "{path} {told:?}");
    }
    assert_eq!(client.get("/api/v1/subjects/eve").await.status, 404);
    assert_eq!(client.get("/api/v1/subjects/alice").await.body["identities"], json!([]));
    assert_eq!(client.with("POST", "/api/v1/subjects", &eve(json!([]))).await.status, 201);

    // The scope gives identities and nothing else; they are taken away without it.
    let told = of_identities.with("POST", "/api/v1/subjects/alice/identities", &identity("alice")).await;
    assert_eq!(told.status, 201, "{told:?}");
    assert_eq!(of_identities.with("POST", "/api/v1/unmapped/map", &mapping).await.status, 204);
    let joins = json!({"roles": []});
    let told = of_identities.with("PUT", "/api/v1/subjects/eve/memberships/acme", &joins).await;
    assert_eq!((told.status, told.code()), (403, "scope_missing"), "{told:?}");
    for sub in ["alice", "mallory"] {
        let path = format!("/api/v1/subjects/alice/identities?issuer=https%3A%2F%2Fidp.example&sub={sub}");
        assert_eq!(client.send("DELETE", &path, &[], None).await.status, 204, "{sub}");
    }
    replica.stop().await;
}

pub(crate) async fn a_token_is_good_for_a_year_at_most(backend: Backend) {
    const DAY: i64 = 86_400 * 1_000_000;
    let world = World::demo(backend).await;
    owner(&world).await;
    let digest = Secret::from_random(KeyKind::Administrator, &server::random::bytes()).digest();
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    for (micros, taken) in [(0, false), (366 * DAY + 1, false), (366 * DAY, true)] {
        let new = NewAdministratorToken {
            name: "ci",
            account: OWNER,
            digest: &digest,
            tenant: None,
            scopes: &[AdminScope::Identities],
            expires_at: writer.now().saturating_add_micros(micros),
        };
        let told = writer.add_administrator_token(&new).await;
        assert_eq!(told.is_ok(), taken, "{micros}: {told:?}");
    }
}
