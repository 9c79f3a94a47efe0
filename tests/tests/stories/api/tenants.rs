//! Tenants and roles over the API: a tenant that is suspended denies the next call, and a token of one tenant stays in it.

use crate::api::client::{Client, token};
use policy::scope::AdminScope;
use serde_json::{Value, json};
use tests::{Backend, World};

const TENANTS: &str = "/api/v1/tenants";
const INITECH: &str = "/api/v1/tenants/initech";
const ROLES: &str = "/api/v1/roles";

pub(crate) async fn tenants_are_made_suspended_and_deleted_over_the_api(backend: Backend) {
    let world = World::demo(backend).await;
    let (one, two) = (world.replica().await, world.replica().await);
    let client = Client::new(one.address(), &token(&world, "ci", AdminScope::ALL, None).await);
    for (new, status, code) in [
        (json!({"slug": "Initech"}), 422, "invalid"),
        (json!({"slug": "new"}), 422, "invalid"),
        (json!({"slug": ""}), 422, "invalid"),
        (json!({"slug": "initech", "name": "x".repeat(201)}), 422, "invalid"),
        (json!({"slug": "initech", "name": "a\u{7}"}), 422, "invalid"),
        (json!({"slug": "initech\u{0}"}), 400, "malformed"),
        (json!({"slug": "initech", "active": false}), 400, "malformed"),
        (json!({"slug": "acme"}), 409, "taken"),
    ] {
        let told = client.with("POST", TENANTS, &new).await;
        assert_eq!((told.status, told.code()), (status, code), "{new}");
    }
    assert_eq!(client.get(INITECH).await.code(), "not_found");
    let told = client.with("POST", TENANTS, &json!({"slug": "initech"})).await;
    assert_eq!((told.status, told.header("location")), (201, INITECH), "{told:?}");
    assert_eq!((&told.body["name"], &told.body["active"]), (&json!("initech"), &json!(true)));
    let told = client.with("PATCH", INITECH, &json!({"name": "Initech Inc"})).await;
    assert_eq!((&told.body["name"], &told.body["active"]), (&json!("Initech Inc"), &json!(true)));
    assert_eq!(client.get(INITECH).await.body, told.body);
    assert_eq!(client.with("PATCH", INITECH, &json!({"slug": "other"})).await.code(), "malformed");
    assert_eq!(client.with("PATCH", "/api/v1/tenants/nothing", &json!({})).await.code(), "not_found");

    // The next call on every replica.
    let peps = [world.crm(&one), world.crm(&two)];
    let refund = async || {
        let mut reasons = Vec::new();
        for pep in &peps {
            let arguments = json!({"customer_id": "c-42", "amount": 80, "currency": "EUR"});
            reasons.push(pep.call(world.secret("ALICE_KEY"), "refund", arguments).await.reason().to_owned());
        }
        reasons
    };
    for (active, reason) in [(false, "tenant_suspended"), (true, "allowed")] {
        let told = client.with("PATCH", "/api/v1/tenants/acme", &json!({"active": active})).await;
        assert_eq!((told.status, &told.body["active"]), (200, &json!(active)), "{told:?}");
        assert_eq!(refund().await, [reason, reason]);
    }

    let secrets = async || world.store.list_secrets().await.expect("reads").len();
    let before = secrets().await;
    let hook = json!({
        "name": "hook-of-initech", "tenant": "initech", "events": ["requested"], "url": "https://initech.example/hook",
    });
    assert_eq!(client.with("POST", "/api/v1/webhooks", &hook).await.status, 201);
    assert!(secrets().await > before);
    let key = json!({"name": "key-of-initech", "tenant": "initech"});
    let key = client.with("POST", "/api/v1/credentials", &key).await.header("location").to_owned();
    let told = client.send("DELETE", INITECH, &[], None).await;
    assert_eq!((told.status, told.code()), (409, "in_use"), "{told:?}");
    let own = Client::new(one.address(), &token(&world, "own", AdminScope::ALL, Some("initech")).await);
    for (method, path, body) in [
        ("POST", TENANTS, json!({"slug": "hooli"})),
        ("PATCH", INITECH, json!({"name": "x"})),
        ("PATCH", "/api/v1/tenants/acme", json!({"active": false})),
        ("DELETE", INITECH, json!({})),
    ] {
        let told = own.with(method, path, &body).await;
        assert_eq!((told.status, told.code()), (403, "tenant_bound"), "{method} {path}");
    }
    assert_eq!(client.send("DELETE", &key, &[], None).await.status, 204);
    assert_eq!(client.send("DELETE", INITECH, &[], None).await.status, 204);
    assert_eq!(client.get(INITECH).await.code(), "not_found");
    assert_eq!(secrets().await, before, "those of its webhook go with it");
    let gone = client.get("/api/v1/changes?kind=webhook").await.body["items"][0].clone();
    assert_eq!((&gone["action"], &gone["before"]["name"]), (&json!("delete"), &json!("hook-of-initech")));
    assert_eq!(own.get(TENANTS).await.status, 401, "the tenant's tokens go with it");
    let changes = client.get("/api/v1/changes?kind=tenant&object=initech&via=api").await.body;
    let items = changes["items"].as_array().expect("a list");
    let actions: Vec<&str> = items.iter().filter_map(|change| change["action"].as_str()).collect();
    assert_eq!(actions, ["delete", "update", "create"]);
    assert_eq!(items[1]["before"]["name"], "initech");
    assert!(items.iter().all(|change| change["actor"] == "ada@example.org (token ci)"), "{changes}");
    one.stop().await;
    two.stop().await;
}

/// The names that a list holds.
fn names(listed: &Value) -> Vec<&str> {
    let items = listed["items"].as_array().expect("a list");
    items.iter().filter_map(|role| role["name"].as_str()).collect()
}

pub(crate) async fn roles_are_kept_over_the_api_within_a_tokens_tenant(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let every = Client::new(replica.address(), &token(&world, "ci", AdminScope::ALL, None).await);
    let acme = Client::new(replica.address(), &token(&world, "acme", AdminScope::ALL, Some("acme")).await);
    let made = every.with("POST", ROLES, &json!({"name": "agent", "tenant": "globex"})).await;
    assert_eq!(made.status, 201, "{made:?}");
    let theirs = made.header("location").to_owned();
    let described = json!({"name": "agent", "tenant": "acme", "description": " Answers customers. "});
    let made = acme.with("POST", ROLES, &described).await;
    assert_eq!((made.status, &made.body["description"]), (201, &json!("Answers customers.")), "{made:?}");
    let ours = made.header("location").to_owned();
    assert_eq!(acme.get(&ours).await.body, made.body);

    // Pages, by name; of others' nothing shows.
    assert_eq!(
        names(&every.get(ROLES).await.body),
        ["agent", "agent", "auditor", "finance", "support-agent"]
    );
    assert_eq!(names(&acme.get(ROLES).await.body), ["agent", "auditor", "finance", "support-agent"]);
    assert_eq!(names(&every.get(&format!("{ROLES}?tenant=globex")).await.body), ["agent", "support-agent"]);
    assert_eq!(names(&every.get(&format!("{ROLES}?q=CUSTOMERS")).await.body), ["agent"]);
    let (mut after, mut paged) = (String::new(), Vec::new());
    loop {
        let page = every.get(&format!("{ROLES}?limit=2{after}")).await.body;
        paged.extend(names(&page).into_iter().map(str::to_owned));
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(paged, ["agent", "agent", "auditor", "finance", "support-agent"]);

    let shared = every.get(&format!("{ROLES}?q=support")).await.body["items"][0].clone();
    let shared = format!("{ROLES}/{}", shared["id"].as_str().expect("an id"));
    assert_eq!(acme.get(&shared).await.status, 200);
    let (theirs, shared, ours) = (theirs.as_str(), shared.as_str(), ours.as_str());
    for (method, path, body, status, code) in [
        ("GET", theirs, json!({}), 404, "not_found"),
        ("PATCH", theirs, json!({"description": "x"}), 404, "not_found"),
        ("DELETE", theirs, json!({}), 404, "not_found"),
        ("PATCH", shared, json!({"description": "x"}), 403, "tenant_bound"),
        ("DELETE", shared, json!({}), 403, "tenant_bound"),
        ("POST", ROLES, json!({"name": "everybody"}), 403, "tenant_bound"),
        ("POST", ROLES, json!({"name": "x", "tenant": "globex"}), 403, "tenant_bound"),
        ("GET", "/api/v1/roles?tenant=globex", json!({}), 403, "tenant_bound"),
        ("POST", ROLES, described.clone(), 409, "taken"),
        ("POST", ROLES, json!({"name": "support-agent", "tenant": "acme"}), 409, "taken"),
        ("POST", ROLES, json!({"name": "", "tenant": "acme"}), 422, "invalid"),
        ("POST", ROLES, json!({"name": "a\nb", "tenant": "acme"}), 422, "invalid"),
        ("PATCH", ours, json!({"description": "x".repeat(1_001)}), 422, "invalid"),
        ("PATCH", ours, json!({"name": "other"}), 400, "malformed"),
    ] {
        let told = acme.with(method, path, &body).await;
        assert_eq!((told.status, told.code()), (status, code), "{method} {path} {body}");
    }
    for (tenant, status, code) in [("nobody", 422, "unknown"), ("Acme", 422, "invalid")] {
        let told = every.with("POST", ROLES, &json!({"name": "x", "tenant": tenant})).await;
        assert_eq!((told.status, told.code()), (status, code), "{tenant}");
    }
    let told = every.with("POST", ROLES, &json!({"name": "agent"})).await;
    assert_eq!((told.status, told.code()), (409, "taken"), "a name means one thing in a tenant");

    // One that is held, or that a rule names, stays.
    let alice = "/api/v1/subjects/alice/memberships/acme";
    let held = json!({"roles": ["support-agent", "agent"]});
    assert_eq!(acme.with("PUT", alice, &held).await.status, 200);
    let told = acme.with("DELETE", ours, &json!({})).await;
    assert_eq!((told.status, told.code()), (409, "in_use"), "{told:?}");
    assert_eq!(acme.with("PUT", alice, &json!({"roles": ["support-agent"]})).await.status, 200);
    let rule = json!({"name": "stop", "tenant": "acme", "effect": "deny", "tools": ["crm/refund"], "roles": ["agent"]});
    let told = acme.with("POST", "/api/v1/rules?allow_unmatched=true", &rule).await;
    assert_eq!(told.status, 201, "{told:?}");
    let rule = told.header("location").to_owned();
    let told = acme.with("DELETE", ours, &json!({})).await;
    assert_eq!((told.status, &told.body["detail"]), (409, &json!("the role is named by 1 rule")), "{told:?}");
    assert_eq!(acme.send("DELETE", &rule, &[], None).await.status, 204);
    // Nor does one go that claims stand for: conditions ask for it that no list shows.
    let issuer = "/api/v1/issuers/https%3A%2F%2Fidp.example";
    let mapping = json!({"claim": "groups", "value": "staff", "role": "agent", "tenant": "acme"});
    for (mappings, status) in [(json!([mapping]), 201), (json!([]), 200)] {
        let terms = json!({"tenants": ["acme"], "role_mappings": mappings});
        let told = every.with("PUT", issuer, &terms).await;
        assert_eq!(told.status, status, "{told:?}");
        if status == 201 {
            let told = acme.with("DELETE", ours, &json!({})).await;
            let why = json!("the role is mapped by 1 issuer");
            assert_eq!((told.status, &told.body["detail"]), (409, &why), "{told:?}");
        }
    }
    let told = acme.with("PATCH", ours, &json!({"description": "Gone soon."})).await;
    assert_eq!((told.status, &told.body["description"]), (200, &json!("Gone soon.")), "{told:?}");
    assert_eq!(acme.send("DELETE", ours, &[], None).await.status, 204);
    assert_eq!(acme.get(ours).await.code(), "not_found");
    assert_eq!(every.get(theirs).await.status, 200, "the other tenant's stays");

    let changes = acme.get("/api/v1/changes?kind=role").await.body;
    let items = changes["items"].as_array().expect("a list");
    let by_token: Vec<&str> = items
        .iter()
        .filter(|change| change["actor"] == "ada@example.org (token acme)")
        .filter_map(|change| change["action"].as_str())
        .collect();
    assert_eq!(by_token, ["delete", "update", "create"]);
    assert!(!changes.to_string().contains("globex"), "{changes}");
    replica.stop().await;
}
