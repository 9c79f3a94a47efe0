//! What is kept nowhere in the clear.

use crate::records::helpers::refund;
use serde_json::{Value, json};
use tests::{Backend, World};

pub(crate) async fn secrets_reach_no_table(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    crm.call(world.secret("ALICE_KEY"), "refund", refund(json!(80))).await;
    let told = crm.call("a-wrong-token-that-somebody-mistyped", "refund", refund(json!(80))).await;
    let recorded = world
        .store
        .get_decision(&told.decision_id.expect("an id").as_str().into())
        .await
        .expect("reads")
        .expect("there");
    assert!(!recorded.body.contains("mistyped"));
    let file = world.database.file("countersign.db");
    replica.stop().await;
    world.store.close().await;
    if backend == Backend::Sqlite {
        let bytes = std::fs::read(file).expect("the database file");
        for secret in [world.secret("ALICE_KEY"), world.secret("CRM_PEP_KEY"), "mistyped"] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
        }
    }
}

pub(crate) async fn redacted_arguments_reach_no_table(backend: Backend) {
    let world = World::demo(backend).await;
    world
        .database
        .by_hand("UPDATE tools SET redact = '[\"/customer_id\",\"/amount\"]' WHERE name = 'refund'")
        .await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let mut digests = Vec::new();
    for amount in [80, 70_123, 70_123] {
        let told = crm.call(world.secret("ALICE_KEY"), "refund", refund(json!(amount))).await;
        let id = told.decision_id.expect("an id");
        let recorded = world.store.get_decision(&id.as_str().into()).await.expect("reads").expect("there");
        let arguments: Value =
            serde_json::from_str(recorded.arguments.as_ref().expect("kept")).expect("JSON");
        assert_eq!(arguments["currency"], "EUR");
        assert!(arguments["customer_id"]["$redacted"].is_string(), "{arguments}");
        assert!(!recorded.body.contains("70123"), "{}", recorded.body);
        digests.push(arguments["amount"]["$redacted"].clone());
    }
    assert_ne!(digests[0], digests[1]);
    assert_eq!(digests[1], digests[2], "equal values compare equal");
    replica.stop().await;
}
