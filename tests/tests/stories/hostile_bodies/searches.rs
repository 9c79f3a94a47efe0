//! Searches that are made to hurt.

use crate::hostile_bodies::JSON;
use serde_json::{Value, json};
use tests::{Backend, Pep, World};

const KEY: &str = "credentials: [{ name: seeker, tenant: acme, trust: assert_subject, search: own, secret_env: SEEKER_KEY }]";

fn good() -> Value {
    json!({"subject": {"type": "user", "id": "alice"}, "action": {"name": "tools/call"},
        "resource": {"type": "tool", "id": "crm/refund"}})
}

pub(super) async fn hostile_searches_are_refused_and_leave_no_record(backend: Backend) {
    let mut world = World::demo(backend).await;
    world.set_secret("SEEKER_KEY", &"seeker-".repeat(8));
    world.apply(KEY).await;
    let replica = world.replica().await;
    let pep = Pep::new(replica.address(), world.secret("SEEKER_KEY"));
    let send = async |what: &str, body: String| {
        pep.send(&format!("/access/v1/search/{what}"), JSON, body.into_bytes()).await
    };
    let all = ["subject", "resource", "action"];
    let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    for body in [
        String::new(),
        "[]".to_owned(),
        "\"text\"".to_owned(),
        "{".to_owned(),
        "{\"subject\":{\"type\":\"user\",\"type\":\"agent\"}}".to_owned(),
        format!("{{\"context\":{deep}}}"),
        "{\"subject\":{\"type\":\"us\\u0000er\"}}".to_owned(),
        "{}".to_owned(),
    ] {
        for what in all {
            let told = send(what, body.clone()).await;
            assert_eq!(told.status, 400, "{what} {body}: {told:?}");
            assert!(told.body.is_string(), "{told:?}");
        }
    }
    let places = [
        ("/subject", json!("alice")),
        ("/subject", json!(null)),
        ("/subject/type", json!(5)),
        ("/subject/type", json!("")),
        ("/resource", json!([])),
        ("/resource/type", json!({"a": 1})),
        ("/resource/type", json!("a\u{1b}b")),
        ("/resource/type", json!("x".repeat(201))),
        ("/context", json!("x")),
        ("/context", json!({"tenant": 5})),
        ("/context", json!({"long": "x".repeat(20_000)})),
        ("/page", json!("x")),
        ("/page", json!({"limit": 0})),
        ("/page", json!({"limit": 1e300})),
        ("/page", json!({"token": "not-one-of-ours"})),
        ("/page", json!({"token": ["x"]})),
    ];
    for (place, value) in places {
        for what in all {
            let mut body = good();
            let (of, name) = place.rsplit_once('/').expect("a place");
            let of = body.pointer_mut(of).expect("there");
            of[name] = value.clone();
            let told = send(what, body.to_string()).await;
            assert_eq!(told.status, 400, "{what} {place} {value}: {told:?}");
        }
    }
    let mut large = good();
    large["resource"]["properties"] = json!({"arguments": {"note": "x".repeat(9_000)}});
    assert_eq!(send("subject", large.to_string()).await.status, 400, "arguments are held against everybody");
    // What is merely unknown, or far too much, finds what there is and harms nobody.
    for (place, value) in [
        ("/subject/type", json!("robot'); --")),
        ("/subject/id", json!("%' OR 1=1")),
        ("/resource/id", json!("crm/*")),
        ("/resource/type", json!("*")),
        ("/action", json!({"name": "*"})),
        ("/page", json!({"limit": 18_446_744_073_709_551_615_u64})),
    ] {
        for what in all {
            let mut body = good();
            let (of, name) = place.rsplit_once('/').expect("a place");
            let of = body.pointer_mut(of).expect("there");
            of[name] = value.clone();
            let told = send(what, body.to_string()).await;
            assert_eq!(told.status, 200, "{what} {place} {value}: {told:?}");
        }
    }
    let recorded = world.store.list_decisions(&Default::default(), &Default::default()).await.expect("lists");
    assert!(recorded.rows.is_empty());
    replica.stop().await;
}
