//! Whatever JSON comes: no fault of the server, and no allow without the question that is allowed.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Value, json};
use tests::pep::{Told, call_body};
use tests::{Backend, World};

/// Words that mean something here, so that some of what is made comes close to a question.
const WORDS: &[&str] = &[
    "subject",
    "action",
    "resource",
    "context",
    "type",
    "id",
    "name",
    "properties",
    "arguments",
    "tenant",
    "evaluations",
    "options",
    "access_token",
    "tools/call",
    "tools/list",
    "tool",
    "mcp_server",
    "crm",
    "get_customer",
    "refund",
    "customer_id",
    "self",
    "alice",
    "bob",
    "acme",
    "globex",
    "user",
    "c-42",
];

/// Places of a good question that are replaced or taken away.
const PLACES: &[&str] = &[
    "/subject",
    "/subject/type",
    "/subject/id",
    "/subject/properties",
    "/action",
    "/action/name",
    "/action/properties",
    "/resource",
    "/resource/type",
    "/resource/id",
    "/resource/properties",
    "/resource/properties/arguments",
    "/resource/properties/arguments/customer_id",
    "/context",
    "/context/access_token",
    "/context/tenant",
    "/context/arguments",
    "/evaluations",
    "/x",
];

fn word() -> impl Strategy<Value = String> {
    prop_oneof![4 => prop::sample::select(WORDS).prop_map(str::to_owned), 1 => "[a-z\\PC]{0,6}"]
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(word(), inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Whether this is, in all that matters, the question that is allowed.
fn is_the_good_question(body: &Value, token: &str) -> bool {
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str);
    let arguments = body.pointer("/resource/properties/arguments").and_then(Value::as_object);
    text("/subject/type").is_some_and(|kind| !kind.is_empty())
        && text("/subject/id").is_some_and(|id| id == "self" || id == "alice")
        && text("/action/name") == Some("tools/call")
        && text("/resource/type") == Some("tool")
        && text("/resource/id") == Some("get_customer")
        && text("/context/access_token") == Some(token)
        && body.pointer("/context/tenant").is_none_or(|tenant| tenant.is_null() || tenant == "acme")
        && arguments.is_some_and(|map| map.len() == 1 && map.get("customer_id").is_some_and(Value::is_string))
}

fn without_fault(told: &Told, body: &Value) -> Result<(), TestCaseError> {
    prop_assert!(told.status == 200 || told.status == 400, "{} for {body}: {told:?}", told.status);
    prop_assert!(told.status == 200 || told.body.is_string(), "{told:?}");
    Ok(())
}

pub(super) fn random_json_is_never_allowed_and_never_a_server_error() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let world = runtime.block_on(World::demo(Backend::Sqlite));
    let replica = runtime.block_on(world.replica());
    let crm = world.crm(&replica);
    let token = world.secret("ALICE_KEY");
    let runner = || TestRunner::new(Config { cases: 300, failure_persistence: None, ..Config::default() });

    let send = |path: &str, body: &Value| {
        let text = body.to_string().into_bytes();
        runtime.block_on(crm.send(path, "application/json", text))
    };
    runner()
        .run(&any_json(), |body| {
            for path in ["/access/v1/evaluation", "/access/v1/evaluations"] {
                let told = send(path, &body);
                without_fault(&told, &body)?;
                prop_assert!(!told.body.to_string().contains("\"decision\":true"), "{body}: {told:?}");
            }
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));

    let good = call_body(token, "get_customer", json!({"customer_id": "c-42"}));
    let places = (prop::sample::select(PLACES), prop::option::of(any_json()));
    runner()
        .run(&places, |(place, value)| {
            let mut body = good.clone();
            let (parent, name) = place.rsplit_once('/').expect("a pointer");
            if let Some(parent) = body.pointer_mut(parent).and_then(Value::as_object_mut) {
                match value {
                    Some(value) => parent.insert(name.to_owned(), value),
                    None => parent.remove(name),
                };
            }
            let told = send("/access/v1/evaluation", &body);
            without_fault(&told, &body)?;
            prop_assert!(!told.allowed() || is_the_good_question(&body, token), "{body}: {told:?}");
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
    runtime.block_on(replica.stop());
}
