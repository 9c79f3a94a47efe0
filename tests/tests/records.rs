//! Every decision is recorded before it is answered; what cannot be recorded or read is denied.

use tests::on_both_databases;

on_both_databases!(
    a_decision_is_in_the_record_when_its_answer_arrives,
    what_cannot_be_recorded_is_denied,
    what_cannot_be_read_is_denied,
    one_bad_record_does_not_stop_the_others,
    secrets_reach_no_table,
    redacted_arguments_reach_no_table,
);

mod stories {
    use serde_json::{Value, json};
    use store::decisions::DecisionFilter;
    use tests::pep::call_body;
    use tests::{Backend, World};

    fn refund(amount: Value) -> Value {
        json!({"customer_id": "c-42", "amount": amount, "currency": "EUR"})
    }

    pub(super) async fn a_decision_is_in_the_record_when_its_answer_arrives(backend: Backend) {
        let world = World::demo(backend).await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        for (amount, outcome, reason) in
            [(json!(80), "allow", "allowed"), (json!(700), "deny", "parameters_out_of_scope")]
        {
            let told = crm.call(world.secret("ALICE_KEY"), "refund", refund(amount.clone())).await;
            let id = told.decision_id.expect("an id");
            let recorded =
                world.store.get_decision(&id.as_str().into()).await.expect("reads").expect("is there");
            let body: Value = serde_json::from_str(&recorded.body).expect("JSON");
            assert_eq!(body["decision"]["outcome"], outcome);
            assert_eq!(body["decision"]["reason"], reason);
            assert_eq!(body["facts"]["identity"]["subject"]["id"], "alice");
            assert_eq!(body["facts"]["memberships"][0]["roles"][0]["name"], "support-agent");
            assert_eq!(body["request_id"], told.request_id.expect("an id"));
            let arguments: Value = serde_json::from_str(&recorded.arguments.expect("kept")).expect("JSON");
            assert_eq!(arguments["amount"], amount);
        }
        replica.stop().await;
    }

    pub(super) async fn what_cannot_be_recorded_is_denied(backend: Backend) {
        let world = World::demo(backend).await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        assert!(crm.call(world.secret("ALICE_KEY"), "refund", refund(json!(80))).await.allowed());
        world.database.by_hand("ALTER TABLE decisions RENAME TO decisions_away").await;
        let told = crm.call(world.secret("ALICE_KEY"), "refund", refund(json!(80))).await;
        assert_eq!(told.reason(), "audit_unavailable");
        world.database.by_hand("ALTER TABLE decisions_away RENAME TO decisions").await;
        replica.ready().await;
        assert!(crm.call(world.secret("ALICE_KEY"), "refund", refund(json!(80))).await.allowed());
        replica.stop().await;
    }

    pub(super) async fn what_cannot_be_read_is_denied(backend: Backend) {
        let world = World::demo(backend).await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        let ask = async || crm.call(world.secret("ALICE_KEY"), "refund", refund(json!(80))).await;
        assert!(ask().await.allowed());
        for table in ["memberships", "subjects", "credentials", "revisions"] {
            world.database.by_hand(&format!("ALTER TABLE {table} RENAME TO {table}_away")).await;
            assert_eq!(ask().await.reason(), "policy_unavailable", "{table}");
            world.database.by_hand(&format!("ALTER TABLE {table}_away RENAME TO {table}")).await;
            assert!(ask().await.allowed(), "{table} is back");
        }
        // A stored word that nobody knows is an error, never a default.
        world
            .database
            .by_hand("UPDATE rules SET definition = '{\"name\":1}' WHERE name = 'small refunds'")
            .await;
        assert_eq!(ask().await.reason(), "policy_unavailable");
        replica.stop().await;
    }

    pub(super) async fn one_bad_record_does_not_stop_the_others(backend: Backend) {
        let world = World::demo(backend).await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        // Long and odd names in every place that is recorded, beside good calls, all at once.
        let mut asked = tokio::task::JoinSet::new();
        for n in 0..40 {
            let (crm, alice) = (crm.clone(), world.secret("ALICE_KEY").to_owned());
            asked.spawn(async move {
                if n % 2 == 0 {
                    (true, crm.call(&alice, "refund", refund(json!(80))).await)
                } else {
                    let mut body =
                        call_body(&alice, &"\u{202e}ü".repeat(400), json!({"x": "y".repeat(50_000)}));
                    body["context"]["note"] = json!("z".repeat(15_000));
                    (false, crm.ask(&body).await)
                }
            });
        }
        while let Some(done) = asked.join_next().await {
            let (good, told) = done.expect("no panic");
            assert_eq!(told.allowed(), good, "{told:?}");
        }
        let page = store::decisions::Page { limit: 100, ..Default::default() };
        let listed = world.store.list_decisions(&DecisionFilter::default(), &page).await.expect("lists");
        assert_eq!(listed.rows.len(), 40);
        replica.stop().await;
    }

    pub(super) async fn secrets_reach_no_table(backend: Backend) {
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

    pub(super) async fn redacted_arguments_reach_no_table(backend: Backend) {
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
            let recorded =
                world.store.get_decision(&id.as_str().into()).await.expect("reads").expect("there");
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
}
