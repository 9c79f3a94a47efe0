//! Several evaluations in one request, and the metadata document.

use tests::on_both_databases;

on_both_databases!(the_three_semantics, a_batch_tells_nothing_to_a_stranger, metadata_names_the_endpoints);

mod stories {
    use serde_json::{Value, json};
    use tests::{Backend, Pep, World};

    const PATH: &str = "/access/v1/evaluations";

    fn batch(token: &str, semantic: &str, amounts: &[i64]) -> Vec<u8> {
        let items: Vec<Value> = amounts
            .iter()
            .map(|amount| {
                let arguments = json!({"customer_id": "c-42", "amount": amount, "currency": "EUR"});
                json!({"resource": {"type": "tool", "id": "refund", "properties": {"arguments": arguments}}})
            })
            .collect();
        json!({
            "subject": {"type": "user", "id": "self"},
            "action": {"name": "tools/call"},
            "context": {"access_token": token},
            "evaluations": items,
            "options": {"evaluations_semantic": semantic},
        })
        .to_string()
        .into_bytes()
    }

    fn decisions(body: &Value) -> Vec<bool> {
        let items = body["evaluations"].as_array().expect("a list");
        items.iter().map(|item| item["decision"].as_bool().expect("a decision")).collect()
    }

    pub(super) async fn the_three_semantics(backend: Backend) {
        let world = World::demo(backend).await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        let alice = world.secret("ALICE_KEY");
        for (semantic, amounts, expected) in [
            ("execute_all", &[80, 700, 90][..], &[true, false, true][..]),
            ("deny_on_first_deny", &[80, 700, 90], &[true, false]),
            ("permit_on_first_permit", &[700, 80, 90], &[false, true]),
        ] {
            let told = crm.send(PATH, "application/json", batch(alice, semantic, amounts)).await;
            assert_eq!((told.status, decisions(&told.body)), (200, expected.to_vec()), "{semantic}");
            assert!(told.body.get("decision").is_none());
            let again = crm.send(PATH, "application/json", batch(alice, semantic, amounts)).await;
            assert_eq!(told.body, again.body, "the same batch has the same body");
        }
        let mut mixed: Value = serde_json::from_slice(&batch(alice, "execute_all", &[80, 80])).expect("JSON");
        mixed["evaluations"][0] = json!({"resource": {"type": "tool"}});
        let told = crm.send(PATH, "application/json", mixed.to_string().into_bytes()).await;
        assert_eq!(decisions(&told.body), [false, true]);
        assert_eq!(told.body["evaluations"][0]["context"]["error"]["status"], 400);
        let unknown = crm.send(PATH, "application/json", batch(alice, "some", &[80])).await;
        assert_eq!(unknown.status, 400);
        let recorded =
            world.store.list_decisions(&Default::default(), &Default::default()).await.expect("lists");
        assert_eq!(recorded.rows.len(), 2 * (3 + 2 + 2) + 1, "each item that was evaluated is recorded");
        replica.stop().await;
    }

    pub(super) async fn a_batch_tells_nothing_to_a_stranger(backend: Backend) {
        let world = World::demo(backend).await;
        let replica = world.replica().await;
        let stranger = Pep::new(replica.address(), "nobody-knows-this-key");
        let good = batch(world.secret("ALICE_KEY"), "execute_all", &[80]);
        assert_eq!(stranger.send(PATH, "application/json", good).await.status, 401);
        let bad = json!({"evaluations": [{"subject": 5}]}).to_string().into_bytes();
        assert_eq!(stranger.send(PATH, "application/json", bad).await.status, 401);
        replica.stop().await;
    }

    pub(super) async fn metadata_names_the_endpoints(backend: Backend) {
        let world = World::empty(backend).await;
        let replica = world.replica().await;
        let base = format!("http://{}", replica.address());
        let answer = reqwest::Client::new()
            .get(format!("{base}/.well-known/authzen-configuration"))
            .header("host", "evil.example")
            .send()
            .await
            .expect("an answer");
        let document: Value = serde_json::from_str(&answer.text().await.expect("a body")).expect("JSON");
        assert_eq!(document["policy_decision_point"], base);
        assert_eq!(document["access_evaluations_endpoint"], format!("{base}{PATH}"));
        replica.stop().await;
    }
}
