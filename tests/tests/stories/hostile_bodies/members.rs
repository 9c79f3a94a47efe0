//! Members of a question, each of every wrong type; and items of a batch.

use crate::hostile_bodies::{BATCH, JSON, good};
use serde_json::{Value, json};
use tests::{Backend, World};

pub(super) async fn every_member_of_every_wrong_type() {
    let world = World::demo(Backend::Sqlite).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let good = good(&world);
    let with = |pointer: &str, value: Option<Value>| {
        let mut body = good.clone();
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        let parent = body.pointer_mut(parent).and_then(Value::as_object_mut).expect("an object");
        match value {
            Some(value) => parent.insert(name.to_owned(), value),
            None => parent.remove(name),
        };
        body
    };
    let scalars = || vec![json!(null), json!(true), json!(0), json!(1.5), json!([]), json!([{}])];
    let refused = async |pointer: &str, value: Option<Value>| {
        let shown = format!("{pointer} {value:?}");
        let told = crm.ask(&with(pointer, value)).await;
        assert_eq!((told.status, told.body.is_string()), (400, true), "{shown}: {told:?}");
    };
    for pointer in ["/subject", "/action", "/resource"] {
        for value in scalars().into_iter().chain([json!("x"), json!({}), json!({"x": 1})]) {
            refused(pointer, Some(value)).await;
        }
        refused(pointer, None).await;
    }
    for pointer in ["/subject/type", "/subject/id", "/action/name", "/resource/type", "/resource/id"] {
        for value in
            scalars().into_iter().chain([json!(""), json!({}), json!("a\u{7}b"), json!("x".repeat(3_000))])
        {
            refused(pointer, Some(value)).await;
        }
        refused(pointer, None).await;
    }
    for pointer in ["/context", "/subject/properties", "/action/properties", "/resource/properties"] {
        for value in scalars().into_iter().chain([json!("x")]).filter(|value| !value.is_null()) {
            refused(pointer, Some(value)).await;
        }
        // Left out and null are the same.
        for value in [None, Some(json!(null)), Some(json!({}))] {
            assert_eq!(crm.ask(&with(pointer, value)).await.status, 200, "{pointer}");
        }
    }
    for pointer in ["/context/tenant", "/context/access_token"] {
        for value in [json!(true), json!(5), json!([]), json!({})] {
            refused(pointer, Some(value)).await;
        }
    }
    refused("/context/arguments", Some(json!({"customer_id": "c-43"}))).await;
    refused("/context/note", Some(json!("x".repeat(20_000)))).await;
    for unknown in ["/x", "/subject/x", "/action/x", "/resource/x", "/context/x", "/resource/properties/x"] {
        for value in scalars().into_iter().chain([json!({"decision": false})]) {
            assert!(crm.ask(&with(unknown, Some(value.clone()))).await.allowed(), "{unknown} {value}");
        }
    }
    replica.stop().await;
}

pub(super) async fn a_batch_of_odd_items(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let mut base = good(&world);
    let fine = base["resource"].clone();
    base.as_object_mut().expect("an object").remove("resource");
    let ask = async |more: Value| {
        let mut body = base.clone();
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        crm.send(BATCH, JSON, body.to_string().into_bytes()).await
    };
    let decisions = |body: &Value| -> Vec<bool> {
        let items = body["evaluations"].as_array().expect("a list");
        items.iter().map(|item| item["decision"].as_bool().expect("a decision")).collect()
    };
    for bad in [
        json!({"evaluations": {}}),
        json!({"evaluations": "x"}),
        json!({"evaluations": 1}),
        json!({"evaluations": vec![json!({"resource": fine}); 101]}),
        json!({"evaluations": [{"resource": fine}], "subject": "alice"}),
        json!({"evaluations": [{"resource": fine}], "context": []}),
        json!({"evaluations": [{"resource": fine}], "options": []}),
        json!({"evaluations": [{"resource": fine}], "options": {"evaluations_semantic": "all"}}),
        json!({"evaluations": [{"resource": fine}], "options": {"evaluations_semantic": ["execute_all"]}}),
        // Without items it is a single question, and its resource is missing.
        json!({"evaluations": []}),
        json!({"evaluations": null}),
        json!({}),
    ] {
        let told = ask(bad.clone()).await;
        assert_eq!((told.status, told.body.is_string()), (400, true), "{bad}: {told:?}");
    }
    let odd = json!([
        {"resource": fine},
        null, 5, "x", [], {},
        {"resource": {"type": "tool"}},
        {"resource": fine, "action": {"name": ""}},
        {"resource": fine, "context": {}},
        {"resource": fine, "x": 1},
    ]);
    let told = ask(json!({"evaluations": odd, "options": {"x": 1, "evaluations_semantic": null}})).await;
    assert_eq!(told.status, 200);
    let expected = [true, false, false, false, false, false, false, false, false, true];
    assert_eq!(decisions(&told.body), expected, "{}", told.body);
    for item in 1..=7 {
        let error = &told.body["evaluations"][item]["context"]["error"];
        assert_eq!((&error["status"], error["message"].is_string()), (&json!(400), true), "{item}");
    }
    assert_eq!(told.body["evaluations"][8]["context"]["reason"], "token_missing");
    assert!(told.body.get("decision").is_none() && told.decision_id.is_none());
    // An item's error is a denial to whoever stops at one.
    for (semantic, items, expected) in [
        ("deny_on_first_deny", json!([5, {"resource": fine}]), &[false][..]),
        ("permit_on_first_permit", json!([5, {"resource": fine}, {"resource": fine}]), &[false, true]),
        ("execute_all", json!([5, {"resource": fine}]), &[false, true]),
    ] {
        let body = json!({"evaluations": items, "options": {"evaluations_semantic": semantic}});
        let told = ask(body.clone()).await;
        assert_eq!(decisions(&told.body), expected, "{semantic}");
        assert_eq!(ask(body).await.body, told.body, "the same batch, the same body");
    }
    let told = ask(json!({"evaluations": vec![json!({"resource": fine}); 100]})).await;
    assert_eq!(decisions(&told.body), vec![true; 100]);
    replica.stop().await;
}
