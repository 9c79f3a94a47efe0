//! Which tokens an issuer is asked about, and what comes of its answers.

use crate::opaque::issuer::{Issuer, TOKEN, reason, written};
use serde_json::{Value, json};
use tests::{Backend, World};

pub(crate) async fn an_opaque_token_counts_for_as_long_as_its_issuer_says_so(backend: Backend) {
    let world = World::demo(backend).await;
    let issuer = Issuer::start().await;
    let (one, two) = (world.replica().await, world.replica().await);
    let (here, there) = (world.crm(&one), world.crm(&two));
    issuer.says(TOKEN, issuer.good());
    assert_eq!(reason(&here, TOKEN).await, "token_invalid", "nobody knows the issuer");
    assert!(issuer.asked().is_empty());
    world.apply(&issuer.registered()).await;
    for pep in [&here, &there] {
        // The first has to wait for the policy, and looks at everything else again meanwhile.
        assert_eq!(reason(pep, TOKEN).await, "allowed");
        assert_eq!(reason(pep, TOKEN).await, "allowed");
    }
    assert_eq!(issuer.asked().len(), 4, "once for each call: nothing is remembered, and nothing asked twice");
    world.apply("tenants: [{slug: acme, name: Acme with another policy}]").await;
    for pep in [&here, &there] {
        assert_eq!(reason(pep, TOKEN).await, "allowed");
    }
    assert_eq!(issuer.asked().len(), 6);

    let but = |member: &str, value: Value| {
        let mut answer = issuer.good();
        answer[member] = value;
        answer
    };
    for (answer, wanted) in [
        (json!({"active": false}), "token_invalid"),
        (but("active", json!("true")), "token_invalid"),
        (but("iss", json!("https://other.example")), "token_invalid"),
        (but("sub", json!("b-99")), "unknown_subject"),
        (but("sub", json!("alice")), "unknown_subject"),
        (but("aud", json!("https://elsewhere.example/mcp")), "token_wrong_audience"),
        (but("exp", json!(1)), "token_expired"),
        (but("cnf", json!({"x5t#S256": "x"})), "token_invalid"),
        (but("act", json!({"sub": "bot"})), "unknown_actor"),
        (but("act", json!({"sub": 5})), "token_invalid"),
        (issuer.good(), "allowed"),
    ] {
        issuer.says(TOKEN, answer.clone());
        for pep in [&there, &here] {
            assert_eq!(reason(pep, TOKEN).await, wanted, "{answer}");
        }
    }

    for (taken, wanted) in [
        (json!({"subjects": [{"id": "ivy", "memberships": []}]}).to_string(), "no_membership"),
        (json!({"subjects": [{"id": "ivy", "active": false}]}).to_string(), "subject_disabled"),
        (json!({"subjects": [{"id": "ivy", "identities": []}]}).to_string(), "unknown_subject"),
        (issuer.setting("active", json!(false)), "token_invalid"),
        (issuer.setting("tenants", json!([])), "no_membership"),
        (issuer.setting("introspection", json!("none")), "token_invalid"),
    ] {
        world.apply(&issuer.registered()).await;
        assert_eq!(reason(&here, TOKEN).await, "allowed", "before {taken}");
        world.apply(&taken).await;
        assert_eq!(reason(&there, TOKEN).await, wanted, "{taken}");
    }
    one.stop().await;
    two.stop().await;
}

pub(crate) async fn a_key_of_ours_is_sent_to_nobody(backend: Backend) {
    let world = World::demo(backend).await;
    let issuer = Issuer::start().await;
    world.apply(&issuer.registered()).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    for (token, wanted) in [
        (world.secret("ALICE_KEY"), "allowed"),
        (world.secret("CRM_PEP_KEY"), "token_invalid"),
        ("csa_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "token_invalid"),
        ("cse_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "token_invalid"),
        ("cst_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "token_invalid"),
        ("csa_", "token_invalid"),
        ("two words", "token_invalid"),
        // A JWT that names no issuer is no opaque token.
        ("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhLTE3In0.", "token_invalid"),
    ] {
        assert_eq!(reason(&crm, token).await, wanted, "{token}");
    }
    assert!(issuer.asked().is_empty(), "{:?}", issuer.asked());
    assert_eq!(reason(&crm, "of-somebody").await, "token_invalid");
    assert_eq!(issuer.asked(), ["of-somebody"]);
    replica.stop().await;
}

pub(crate) async fn which_issuer_is_asked_must_be_clear(backend: Backend) {
    let world = World::demo(backend).await;
    let (issuer, other) = (Issuer::start().await, Issuer::start().await);
    issuer.says(TOKEN, issuer.good());
    world.apply(&issuer.registered()).await;
    world.apply(&other.registered().replace("\"ivy\"", "\"ira\"")).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    assert_eq!(reason(&crm, TOKEN).await, "token_invalid");
    assert!(issuer.asked().is_empty() && other.asked().is_empty(), "a token goes to its own issuer alone");
    // Clear by the tenant of the enforcement key, or by being the only one that is active.
    world.apply(&other.setting("tenants", json!(["globex"]))).await;
    assert_eq!(reason(&crm, TOKEN).await, "token_invalid", "the key is bound to no tenant");
    world.apply("credentials: [{name: crm-pep, tenant: acme}]").await;
    assert_eq!(reason(&crm, TOKEN).await, "allowed");
    world.apply(&other.setting("tenants", json!(["acme"]))).await;
    assert_eq!(reason(&crm, TOKEN).await, "token_invalid");
    world.apply(&other.setting("active", json!(false))).await;
    assert_eq!(reason(&crm, TOKEN).await, "allowed");
    assert!(other.asked().is_empty());
    replica.stop().await;
}

pub(crate) async fn a_token_that_names_its_issuer_is_asked_about_as_well(backend: Backend) {
    let world = World::demo(backend).await;
    let issuer = Issuer::start().await;
    world.apply(&issuer.registered()).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    // Nobody signed it, and it claims to be somebody else's: what the issuer says counts alone.
    let part = |text: String| {
        let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
        base64::Engine::encode(&engine, text)
    };
    let claims = json!({"iss": issuer.url, "sub": "b-99"}).to_string();
    let token = format!("{}.{}.", part(json!({"alg": "none"}).to_string()), part(claims));
    assert_eq!(reason(&crm, &token).await, "token_invalid");
    assert_eq!(issuer.asked().len(), 1);
    issuer.says(&token, issuer.good());
    assert_eq!(reason(&crm, &token).await, "allowed");
    assert_eq!(issuer.asked().len(), 2, "this one had to wait for the policy as well");
    world.apply(&issuer.setting("introspection", json!("none"))).await;
    assert_eq!(reason(&crm, &token).await, "token_invalid");
    replica.stop().await;
}

pub(crate) async fn the_secret_is_kept_and_never_shown(backend: Backend) {
    let world = World::demo(backend).await;
    let issuer = Issuer::start().await;
    issuer.says(TOKEN, issuer.good());
    world.apply(&issuer.registered()).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    assert_eq!(reason(&crm, TOKEN).await, "allowed");
    let secret = world.secret("IDP_SECRET");
    let encoded =
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, format!("countersign:{secret}"));
    assert_eq!(issuer.authorization(), format!("Basic {encoded}"));
    let exported = pdp::bundle::export(&world.store, None, "1").await.expect("exports");
    assert!(exported.contains("client_id: countersign"), "{exported}");
    for text in [exported.clone(), written(&world).await] {
        assert!(!text.contains(secret), "{text}");
    }
    // Applied again, it changes nothing; and the secret stays.
    let known = world.store.list_secrets().await.expect("lists");
    world.apply(&exported).await;
    world.apply(&issuer.registered()).await;
    assert_eq!(world.store.list_secrets().await.expect("lists"), known);
    assert_eq!(reason(&crm, TOKEN).await, "allowed");

    // A ciphertext that was moved or changed is no secret any more.
    for broken in [
        "UPDATE vault_secrets SET sealed = wrapped",
        "UPDATE vault_secrets SET owner = 'https://evil.example'",
    ] {
        world.database.by_hand(broken).await;
        assert_eq!(reason(&crm, TOKEN).await, "policy_unavailable", "{broken}");
        world.database.by_hand("DELETE FROM vault_secrets").await;
        world.apply(&issuer.registered()).await;
        assert_eq!(reason(&crm, TOKEN).await, "allowed");
    }
    // Where the issuer is asked elsewhere, the secret does not go there by itself.
    let elsewhere = json!({"endpoint": "https://evil.example/introspect", "client_id": "countersign",
        "client_secret_env": "IDP_SECRET"});
    world.apply(&issuer.setting("introspection", elsewhere)).await;
    world.apply(&issuer.setting("introspection", json!("none"))).await;
    assert!(world.store.list_secrets().await.expect("lists").is_empty());
    replica.stop().await;
}
