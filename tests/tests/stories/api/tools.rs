//! Tools over the API: a person's word is for what that person saw, and it binds the next call on every replica.

use crate::api::client::{Client, Told, token};
use pdp::catalog::definition_hash;
use pdp::discovery::{Discovered, DiscoveredTool, refresh};
use policy::ServerSlug;
use policy::scope::AdminScope;
use serde_json::{Value, json};
use store::administration::Page;
use tests::world::operator;
use tests::{Backend, Pep, World};

const TOOLS: &str = "/api/v1/servers/crm/tools";

/// The server lists its tools, and describes `refund` so.
async fn listed(world: &World, refund: &str) {
    let slug = ServerSlug::from("crm");
    let server = world.store.get_server(&slug).await.expect("reads").expect("is there");
    let known = world.store.list_tools(Some(&slug), &Page::ALL).await.expect("lists");
    let tools = known.into_iter().map(|tool| {
        let mut definition = tool.definition.expect("given by the policy file");
        if tool.name == "refund" {
            definition["description"] = json!(refund);
        }
        DiscoveredTool { name: tool.name, hash: definition_hash(&definition), definition }
    });
    let discovered = Discovered {
        url: server.url,
        server_name: "crm".to_owned(),
        server_version: "1".to_owned(),
        protocol_version: "2025-11-25".to_owned(),
        tools: tools.collect(),
    };
    refresh(&world.store, operator(), &slug, &discovered).await.expect("refreshes");
}

/// What becomes of a refund that a rule allows; the same wherever it is asked for.
async fn refund(world: &World, peps: &[Pep; 2]) -> String {
    let mut reasons = Vec::new();
    for pep in peps {
        let arguments = json!({"customer_id": "c-42", "amount": 80, "currency": "EUR"});
        reasons.push(pep.call(world.secret("ALICE_KEY"), "refund", arguments).await.reason().to_owned());
    }
    assert_eq!(reasons[0], reasons[1]);
    reasons.remove(0)
}

/// The address of the tool, as the list gives it.
async fn path_of(client: &Client, name: &str) -> String {
    let found = client.get(&format!("{TOOLS}?q={name}")).await.body;
    assert_eq!(found["items"].as_array().map(Vec::len), Some(1), "{found}");
    format!("/api/v1/tools/{}", found["items"][0]["id"].as_str().expect("an id"))
}

fn review(seen: &Value) -> Value {
    json!({
        "seen": seen, "risk": "critical", "sensitivity": "regulated", "read_only": false, "redact": ["/customer_id"],
    })
}

fn with(object: &Value, member: &str, value: Value) -> Value {
    let mut object = object.clone();
    object[member] = value;
    object
}

fn refused(told: &Told, status: u16, field: &str) {
    assert_eq!((told.status, told.code()), (status, if status == 400 { "malformed" } else { "invalid" }));
    if !field.is_empty() {
        assert_eq!(told.body["errors"][0]["field"], field, "{told:?}");
    }
}

pub(crate) async fn a_tool_is_reviewed_over_the_api_as_it_was_seen(backend: Backend) {
    let world = World::demo(backend).await;
    let (one, two) = (world.replica().await, world.replica().await);
    let peps = [world.crm(&one), world.crm(&two)];
    let client = Client::new(one.address(), &token(&world, "ci", AdminScope::ALL, None).await);
    let path = path_of(&client, "refund").await;
    let reviews = format!("{path}/review");
    let original = client.get(&path).await.body;
    assert_eq!(
        (&original["review"], &original["definition"]["name"]),
        (&json!("reviewed"), &json!("refund"))
    );
    assert!(original["offered_hash"].is_null(), "its server was never asked: {original}");
    // What never was listed is reviewed as it stands in the policy file.
    assert_eq!(client.with("POST", &reviews, &review(&json!("0"))).await.code(), "changed");
    let told = client.with("POST", &reviews, &review(&original["definition_hash"])).await;
    assert_eq!((told.status, &told.body["definition"]), (200, &original["definition"]), "{told:?}");
    assert_eq!(refund(&world, &peps).await, "allowed");

    listed(&world, "Send money to anyone.").await;
    assert_eq!(refund(&world, &peps).await, "tool_definition_changed");
    let looked_at = client.get(&path).await.body;
    assert_eq!(looked_at["review"], "changed");
    assert_eq!(looked_at["offered"]["description"], "Send money to anyone.");
    assert_eq!(looked_at["definition"], original["definition"]);
    // The server changes it again while somebody looks at it: nobody vouches for what they did not see.
    listed(&world, "Send all the money.").await;
    for seen in [&looked_at["offered_hash"], &looked_at["definition_hash"], &json!("")] {
        let told = client.with("POST", &reviews, &review(seen)).await;
        assert_eq!((told.status, told.code()), (409, "changed"), "{seen}");
    }
    let now = client.get(&path).await.body;
    let sound = review(&now["offered_hash"]);
    for (member, value, status, field) in [
        ("risk", json!("huge"), 400, ""),
        ("read_only", Value::Null, 400, ""),
        ("redact", Value::Null, 400, ""),
        ("seen", Value::Null, 400, ""),
        ("scopes", json!([]), 400, ""),
        ("redact", json!(["customer_id"]), 422, "redact"),
        ("redact", json!(vec!["/a"; 101]), 422, "redact"),
        ("mapping", json!("accepted"), 422, "mapping"),
    ] {
        refused(&client.with("POST", &reviews, &with(&sound, member, value)).await, status, field);
    }
    assert_eq!(client.get(&path).await.body, now, "nothing of it was taken");
    assert_eq!(refund(&world, &peps).await, "tool_definition_changed");

    let told = client.with("POST", &reviews, &sound).await;
    assert_eq!((told.status, &told.body["review"]), (200, &json!("reviewed")), "{told:?}");
    assert_eq!(told.body["definition"], now["offered"]);
    assert_eq!((&told.body["risk"], &told.body["redact"]), (&json!("critical"), &json!(["/customer_id"])));
    assert_eq!(told.body["reviewed_by"], "ada@example.org (token ci)");
    assert_eq!(client.get(&path).await.body, told.body);
    assert_eq!(refund(&world, &peps).await, "allowed");

    let id = now["id"].as_str().expect("an id");
    let changes = client.get(&format!("/api/v1/changes?kind=tool&object={id}&via=api")).await.body;
    assert_eq!(changes["items"].as_array().map(Vec::len), Some(2), "{changes}");
    let last = &changes["items"][0];
    assert_eq!(
        (&last["before"]["review"], &last["after"]["review"]),
        (&json!("changed"), &json!("reviewed"))
    );
    assert_eq!(last["actor"], "ada@example.org (token ci)");
    one.stop().await;
    two.stop().await;
}

pub(crate) async fn what_a_tool_asks_for_binds_the_next_call(backend: Backend) {
    let world = World::demo(backend).await;
    let (one, two) = (world.replica().await, world.replica().await);
    let peps = [world.crm(&one), world.crm(&two)];
    let client = Client::new(one.address(), &token(&world, "ci", AdminScope::ALL, None).await);
    let path = path_of(&client, "refund").await;
    let before = client.get(&path).await.body;
    let binding = json!({"pointer": "/customer_id", "type": "customer"});
    for (asked, taken_back, reason) in [
        (json!({"scopes": ["crm:refund"]}), json!({"scopes": []}), "token_scope_insufficient"),
        (json!({"task": "required"}), json!({"task": "optional"}), "task_required"),
        (json!({"bindings": [binding]}), json!({"bindings": []}), "resource_unknown"),
    ] {
        assert_eq!(refund(&world, &peps).await, "allowed", "before {asked}");
        let told = client.with("PATCH", &path, &asked).await;
        assert_eq!(told.status, 200, "{told:?}");
        assert_eq!(refund(&world, &peps).await, reason, "{asked}");
        let told = client.with("PATCH", &path, &taken_back).await;
        assert_eq!((told.status, &told.body), (200, &before), "it is as it was");
    }
    assert_eq!(refund(&world, &peps).await, "allowed");
    for (change, status, field) in [
        (json!({"scopes": ["a b"]}), 422, "scopes"),
        (json!({"scopes": ["a\u{0}"]}), 400, ""),
        (json!({"bindings": [{"pointer": "customer_id", "type": "customer"}]}), 422, "bindings"),
        (json!({"bindings": [{"pointer": "/id", "type": "tool"}]}), 422, "bindings"),
        (json!({"bindings": [{"pointer": "/id"}]}), 400, ""),
        (json!({"task": "maybe"}), 400, ""),
        // What a person found is said by a review alone.
        (json!({"risk": "low"}), 400, ""),
        (json!({"review": "reviewed"}), 400, ""),
    ] {
        refused(&client.with("PATCH", &path, &change).await, status, field);
    }
    assert_eq!(client.get(&path).await.body, before, "nothing of it was taken");
    one.stop().await;
    two.stop().await;
}

pub(crate) async fn tools_are_seen_where_their_server_is_used(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let every = Client::new(replica.address(), &token(&world, "ci", AdminScope::ALL, None).await);
    let first = every.get(&format!("{TOOLS}?limit=4")).await.body;
    let next = first["next"].as_str().expect("there are more");
    let second = every.get(&format!("{TOOLS}?limit=4&after={next}")).await.body;
    let items = [&first, &second].map(|page| page["items"].as_array().expect("a list").clone()).concat();
    let names: Vec<&str> = items.iter().filter_map(|tool| tool["name"].as_str()).collect();
    let all =
        ["add_note", "delete_customer", "export_customers", "get_customer", "refund", "search_customers"];
    assert_eq!((names.as_slice(), &second["next"]), (all.as_slice(), &Value::Null));
    assert!(items.iter().all(|tool| tool["definition"].is_null() && tool["definition_hash"].is_string()));

    let path = path_of(&every, "refund").await;
    assert!(every.get(&path).await.body["reviewed_by"].is_string());
    let acme = Client::new(replica.address(), &token(&world, "acme", AdminScope::ALL, Some("acme")).await);
    for told in [acme.get(&path).await, acme.get(&format!("{TOOLS}?q=refund")).await] {
        assert_eq!(told.status, 200, "{told:?}");
        assert!(!told.body.to_string().contains("reviewed_by"), "{told:?}");
    }
    let seen = every.get(&path).await.body["definition_hash"].clone();
    for (method, path, body) in
        [("PATCH", path.clone(), json!({"scopes": []})), ("POST", format!("{path}/review"), review(&seen))]
    {
        let told = acme.with(method, &path, &body).await;
        assert_eq!((told.status, told.code()), (403, "tenant_bound"), "{method} {path}");
    }
    // A server of others is not there, and its tools are not.
    let globex =
        Client::new(replica.address(), &token(&world, "globex", AdminScope::ALL, Some("globex")).await);
    for path in [TOOLS, path.as_str(), "/api/v1/servers/nothing/tools", "/api/v1/tools/nothing"] {
        let told = globex.get(path).await;
        assert_eq!((told.status, told.code()), (404, "not_found"), "{path}");
    }
    let theirs = globex.get(&path).await.body["detail"].clone();
    assert_eq!(globex.get("/api/v1/tools/nothing").await.body["detail"], theirs, "it tells no difference");
    replica.stop().await;
}
