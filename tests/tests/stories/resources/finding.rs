//! The calls that named a resource are found by it, in the tenant whose calls they are, as long as they are on record.

use crate::api::client::{Client, token};
use crate::resources::helpers::{refund, world};
use policy::scope::AdminScope;
use policy::{DecisionId, Outcome, ResourceRef, Timestamp};
use serde_json::{Value, json};
use store::audit;
use store::decisions::{DecisionFilter, Page};
use tests::record::{audit_key, is_sound};
use tests::{Backend, Pep, World};

/// The decision's id.
async fn called(crm: &Pep, key: &str, tool: &str, arguments: Value, reason: &str) -> String {
    let told = crm.call(key, tool, arguments).await;
    assert_eq!(told.reason(), reason, "{told:?}");
    told.decision_id.expect("an id")
}

/// A call about a thing that is no tool, by a program that vouches for whom it calls.
async fn evaluated(vouching: &Pep, kind: &str, id: &str) -> String {
    let body = json!({"subject": {"type": "user", "id": "alice"}, "action": {"name": "read"},
        "resource": {"type": kind, "id": id}});
    vouching.ask(&body).await.decision_id.expect("an id")
}

fn named(id: &str) -> DecisionFilter {
    let resource = ResourceRef { kind: "customer".to_owned(), id: id.to_owned() };
    DecisionFilter { resource: Some(resource), ..DecisionFilter::default() }
}

fn of(tenants: &[&str], id: &str) -> DecisionFilter {
    let tenants = tenants.iter().map(|slug| (*slug).to_owned()).collect();
    DecisionFilter { tenants: Some(tenants), ..named(id) }
}

async fn found(world: &World, filter: &DecisionFilter) -> Vec<String> {
    let listed = world.store.list_decisions(filter, &Page::default()).await.expect("lists");
    listed.rows.into_iter().map(|row| row.id.to_string()).collect()
}

pub(crate) async fn calls_are_found_by_what_they_named(backend: Backend) {
    let mut world = world(backend).await;
    world.set_secret("VOUCHING_KEY", &format!("vouching-{}", "v".repeat(40)));
    world.apply("credentials: [{ name: vouching, tenant: acme, trust: assert_subject, secret_env: VOUCHING_KEY }]").await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let vouching = Pep::new(replica.address(), world.secret("VOUCHING_KEY"));
    let alice = world.secret("ALICE_KEY");
    let one = called(&crm, alice, "refund", refund(json!("c-42")), "allowed").await;
    let ids = json!({"ids": ["c-43", "c-42", "c-42"]});
    let two = called(&crm, alice, "merge", ids, "no_matching_rule").await;
    let foreign = called(&crm, alice, "refund", refund(json!("g-1")), "resource_tenant_mismatch").await;
    let unknown = called(&crm, alice, "refund", refund(json!("c-99")), "resource_unknown").await;
    let about = evaluated(&vouching, "customer", "c-42").await;
    // In each place where it can be named, once, the newest first.
    assert_eq!(found(&world, &named("c-42")).await, [about.as_str(), two.as_str(), one.as_str()]);
    assert_eq!(found(&world, &named("c-43")).await, [two.as_str()]);
    assert_eq!(found(&world, &named("c-99")).await, [unknown.as_str()]);
    assert!(found(&world, &named("c-4")).await.is_empty(), "by the whole id");
    // Whose the call is counts, and not whose the resource is.
    assert_eq!(found(&world, &of(&["acme"], "g-1")).await, [foreign.as_str()]);
    assert_eq!(found(&world, &of(&["acme", "globex"], "g-1")).await, [foreign.as_str()]);
    for tenants in [&["globex"][..], &[]] {
        assert!(found(&world, &of(tenants, "g-1")).await.is_empty(), "{tenants:?}");
    }
    // With other filters, and page by page.
    let allowed = DecisionFilter { outcome: Some(Outcome::Allow), ..of(&["acme"], "c-42") };
    assert_eq!(found(&world, &allowed).await, [one.as_str()]);
    let oldest = DecisionId::from(one.as_str());
    assert_eq!(world.store.count_newer(&named("c-42"), &oldest, 10).await.expect("counts"), 2);
    // Where the argument is redacted, nothing is kept by which the call would be found.
    let redact = "UPDATE tools SET redact = '[\"/customer_id\"]' WHERE name = 'refund'";
    world.database.by_hand(redact).await;
    called(&crm, alice, "refund", refund(json!("c-42")), "allowed").await;
    assert_eq!(found(&world, &named("c-42")).await.len(), 3);
    replica.stop().await;

    // It is beside the chain, and goes with the record.
    is_sound(&world).await;
    let end = Timestamp::parse("2099-01-01T00:00:00Z").expect("a moment");
    let pruned = audit::prune(&world.store, &audit_key(&world), end, "story", end).await.expect("prunes");
    assert_eq!(pruned.records, 6);
    // Fails where anything is left.
    world.database.by_hand("CREATE TABLE nothing_left (count INTEGER CHECK (count = 0))").await;
    world.database.by_hand("INSERT INTO nothing_left SELECT count(*) FROM decision_resources").await;
}

pub(crate) async fn calls_are_found_over_the_api_by_what_they_named(backend: Backend) {
    let world = world(backend).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let alice = world.secret("ALICE_KEY");
    let own = called(&crm, alice, "refund", refund(json!("c-42")), "allowed").await;
    let foreign = called(&crm, alice, "refund", refund(json!("g-1")), "resource_tenant_mismatch").await;
    let everywhere = Client::new(replica.address(), &token(&world, "all", AdminScope::ALL, None).await);
    let globex = token(&world, "globex", AdminScope::ALL, Some("globex")).await;
    let globex = Client::new(replica.address(), &globex);
    let path = |id: &str| format!("/api/v1/decisions?resource_type=customer&resource_id={id}");
    for (client, id, expected) in
        [(&everywhere, "c-42", Some(&own)), (&everywhere, "g-1", Some(&foreign)), (&globex, "g-1", None)]
    {
        let told = client.get(&path(id)).await;
        let items = told.body["items"].as_array().expect("a list");
        let ids: Vec<&str> = items.iter().filter_map(|item| item["id"].as_str()).collect();
        assert_eq!(ids, expected.map(String::as_str).into_iter().collect::<Vec<_>>(), "{id}: {told:?}");
    }
    for (path, status) in [
        ("/api/v1/decisions?resource_type=customer".to_owned(), 400),
        ("/api/v1/decisions?resource_id=c-42".to_owned(), 400),
        (path("%00"), 422),
    ] {
        let told = everywhere.get(&path).await;
        assert_eq!(told.status, status, "{path} {told:?}");
        told.code();
    }
    replica.stop().await;
}
