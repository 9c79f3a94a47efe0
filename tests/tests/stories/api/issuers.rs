//! Issuers that are asked about tokens, over the API: the client's secret goes in and never comes back, and none is asked
//! without.

use crate::api::client::{Client, token};
use crate::opaque::issuer::{Issuer, TOKEN, reason, written};
use policy::scope::AdminScope;
use serde_json::{Value, json};
use store::administration::SecretPlace;
use tests::{Backend, World};

/// What no answer and no change may show.
const SECRET: &str = "S3cretOfTheClient";

fn with_secret(mut settings: Value, secret: Value) -> Value {
    settings["client_secret"] = secret;
    settings
}

pub(crate) async fn a_client_secret_goes_in_over_the_api_and_never_comes_back(backend: Backend) {
    let world = World::demo(backend).await;
    let issuer = Issuer::start().await;
    issuer.says(TOKEN, issuer.good());
    world.apply(&issuer.registered()).await;
    let (one, two) = (world.replica().await, world.replica().await);
    let (here, there) = (world.crm(&one), world.crm(&two));
    let token = token(&world, "ci", AdminScope::ALL, None).await;
    let client = Client::new(one.address(), &token);
    let path = format!("/api/v1/issuers/{}", issuer.url.replace(':', "%3A").replace('/', "%2F"));
    // Of the policy file, only whom its tokens stand for is left.
    assert_eq!(client.send("DELETE", &path, &[], None).await.status, 204);
    let place = SecretPlace::client_secret(&issuer.url);
    let kept = async || world.store.get_secret(&place).await.expect("reads").map(|stored| stored.secret);
    assert!(kept().await.is_none());

    let bare = json!({"tenants": ["acme"], "clock_skew": 0});
    let asked = |at: &str| {
        let mut settings = bare.clone();
        settings["introspection"] =
            json!({"endpoint": format!("{}/{at}", issuer.url), "client_id": "countersign"});
        settings
    };
    for settings in [
        asked("introspect"),
        with_secret(asked("introspect"), json!(null)),
        with_secret(asked("introspect"), json!("")),
        with_secret(asked("introspect"), json!(SECRET.repeat(1_000))),
        with_secret(bare.clone(), json!(SECRET)),
    ] {
        let told = client.with("PUT", &path, &settings).await;
        assert_eq!((told.status, told.code()), (422, "invalid"), "{settings}");
        assert_eq!(told.body["errors"][0]["field"], "client_secret", "{told:?}");
        assert!(!told.body.to_string().contains(SECRET), "{told:?}");
        assert_eq!(client.get(&path).await.code(), "not_found", "nothing was stored by {settings}");
        assert!(kept().await.is_none(), "{settings}");
    }
    let told = client.with("PUT", &path, &with_secret(asked("introspect"), json!([SECRET]))).await;
    assert_eq!((told.status, told.code()), (400, "malformed"));
    assert!(!told.body.to_string().contains(SECRET), "{told:?}");

    // Where the vault has lost its key, nothing is kept, and nothing registered.
    let (key, away) = (world.database.file("vault.key"), world.database.file("away.key"));
    std::fs::rename(&key, &away).expect("moved");
    let three = world.replica().await;
    let without = Client::new(three.address(), &token);
    let told = without.with("PUT", &path, &with_secret(asked("introspect"), json!(SECRET))).await;
    assert_eq!((told.status, told.code()), (409, "not_kept"), "{told:?}");
    assert!(!told.body.to_string().contains(SECRET), "{told:?}");
    assert_eq!(client.get(&path).await.code(), "not_found");
    assert!(!key.exists(), "no other key is made in its place");
    three.stop().await;
    std::fs::rename(&away, &key).expect("moved");
    assert_eq!(reason(&there, TOKEN).await, "token_invalid");
    assert!(issuer.asked().is_empty(), "{:?}", issuer.asked());

    let told = client.with("PUT", &path, &with_secret(asked("introspect"), json!(SECRET))).await;
    assert_eq!((told.status, told.header("location")), (201, path.as_str()), "{told:?}");
    assert_eq!(told.body["issuer"]["introspection"]["client_id"], "countersign", "{told:?}");
    let registered = client.get(&path).await.body;
    assert_eq!(registered, told.body);
    let sealed = kept().await.expect("is kept");
    assert!(!sealed.sealed.contains(SECRET) && !sealed.wrapped.contains(SECRET));
    for pep in [&there, &here] {
        assert_eq!(reason(pep, TOKEN).await, "allowed");
    }
    let engine = base64::engine::general_purpose::STANDARD;
    let shown = base64::Engine::encode(&engine, format!("countersign:{SECRET}"));
    assert_eq!(issuer.authorization(), format!("Basic {shown}"));

    // Left out, it stays where the issuer is asked where it was, and goes nowhere else.
    let told = client.with("PUT", &path, &asked("introspect")).await;
    assert_eq!((told.status, &told.body), (200, &registered), "{told:?}");
    let told = client.with("PUT", &path, &asked("elsewhere")).await;
    assert_eq!((told.status, told.code()), (422, "invalid"), "{told:?}");
    assert_eq!(told.body["errors"][0]["field"], "client_secret", "{told:?}");
    assert_eq!(client.get(&path).await.body, registered, "what is refused is undone");
    assert_eq!(kept().await.as_ref(), Some(&sealed));
    assert_eq!(reason(&there, TOKEN).await, "allowed");
    // Given anew, it does; and one that is no longer used is not kept.
    let told = client.with("PUT", &path, &with_secret(asked("elsewhere"), json!(SECRET))).await;
    assert_eq!((told.status, told.header("etag")), (200, "\"2\""), "{told:?}");
    assert!(kept().await.is_some());
    assert_eq!(client.with("PUT", &path, &bare).await.status, 200);
    assert!(kept().await.is_none());
    assert_eq!(reason(&there, TOKEN).await, "token_invalid");

    let (listed, changes) =
        (client.get("/api/v1/issuers").await.body, client.get("/api/v1/changes?via=api").await.body);
    assert!(changes.to_string().contains("client_secret"), "that it was given is written down: {changes}");
    for text in [listed.to_string(), changes.to_string(), registered.to_string(), written(&world).await] {
        assert!(!text.contains(SECRET), "{text}");
    }
    let document = client.get("/api/openapi.json").await.body;
    let settings = &document["components"]["schemas"]["IssuerSettings"];
    assert_eq!(settings["properties"]["client_secret"]["writeOnly"], true, "{settings}");
    one.stop().await;
    two.stop().await;
}
