//! The record over the API: its chains, their checkpoints, and whether all is as it was written.

use crate::api::client::{Client, token};
use crate::notify::world::until;
use policy::scope::AdminScope;
use serde_json::{Value, json};
use store::audit::read_anchors;
use tests::{Backend, World};

const EVIDENCE: &str = "/api/v1/evidence";
const VERIFY: &str = "/api/v1/evidence/verify";

/// What came of a verification that is started now.
async fn verified(client: &Client) -> Value {
    let told = client.send("POST", VERIFY, &[], None).await;
    assert_eq!((told.status, told.header("location")), (202, EVIDENCE), "{told:?}");
    assert_eq!(told.body["by"], "ada@example.org (token ci)");
    until("the verification has ended", async || {
        let last = client.get(EVIDENCE).await.body["verification"].clone();
        (last["state"] != "running").then_some(last)
    })
    .await
}

pub(crate) async fn the_record_is_verified_over_the_api(backend: Backend) {
    let world = World::demo(backend).await;
    let (one, two) = (world.replica().await, world.replica().await);
    let client = Client::new(one.address(), &token(&world, "ci", AdminScope::ALL, None).await);
    assert_eq!(client.get(EVIDENCE).await.body, json!({}), "nothing was decided or verified yet");
    for replica in [&one, &two] {
        let arguments = json!({"customer_id": "c-42", "amount": 80, "currency": "EUR"});
        assert!(world.crm(replica).call(world.secret("ALICE_KEY"), "refund", arguments).await.allowed());
    }
    // A clean stop signs where its chain ends.
    two.stop().await;

    let sound = verified(&client).await;
    assert_eq!((&sound["state"], &sound["records"]), (&json!("sound"), &json!(2)), "{sound}");
    assert_eq!((&sound["chains"], &sound["findings"]), (&json!(2), &json!([])));
    assert!(sound["ended_at"].is_string(), "{sound}");
    assert!(client.get(EVIDENCE).await.body["oldest_record"].is_string());

    let first = client.get("/api/v1/evidence/chains?limit=1").await.body;
    let next = first["next"].as_str().expect("there is another");
    let second = client.get(&format!("/api/v1/evidence/chains?limit=1&after={next}")).await.body;
    // The newest first: it was stopped, the other runs.
    let (stopped, running) = (&first["items"][0], &second["items"][0]);
    assert!(stopped["ended_at"].is_string() && running["ended_at"].is_null(), "{stopped} {running}");
    assert!(second["next"].is_null(), "{second}");
    assert_eq!((&stopped["head_seq"], &running["head_seq"]), (&json!(1), &json!(1)));
    assert_eq!(running["head_hash"].as_str().map(str::len), Some(64));

    let told = client.get("/api/v1/evidence/checkpoints").await;
    assert_eq!((told.status, told.header("content-type")), (200, "application/jsonl"), "{told:?}");
    assert_eq!(told.header("cache-control"), "no-store");
    let lines = match told.body {
        Value::String(lines) => lines,
        line => line.to_string(),
    };
    let anchors = read_anchors(&lines).expect("exported checkpoints");
    let of_it = stopped["id"].as_str().expect("an id");
    assert!(anchors.iter().any(|anchor| anchor.checkpoint.contains(of_it)), "{lines}");

    world.database.by_hand("UPDATE decisions SET outcome = 'deny' WHERE seq = 1").await;
    let unsound = verified(&client).await;
    assert_eq!((&unsound["state"], &unsound["found"]), (&json!("unsound"), &json!(2)), "{unsound}");
    let finding = &unsound["findings"][0];
    assert_eq!((&finding["finding"], &finding["seq"]), (&json!("altered"), &json!(1)), "{finding}");
    assert!(finding["decision"].is_string() && finding["text"].is_string(), "{finding}");

    let acme = Client::new(one.address(), &token(&world, "acme", AdminScope::ALL, Some("acme")).await);
    for (method, path) in [
        ("GET", EVIDENCE),
        ("POST", VERIFY),
        ("GET", "/api/v1/evidence/chains"),
        ("GET", "/api/v1/evidence/checkpoints"),
    ] {
        let told = acme.send(method, path, &[], None).await;
        assert_eq!((told.status, told.code()), (403, "tenant_bound"), "{method} {path}");
    }
    one.stop().await;
}
