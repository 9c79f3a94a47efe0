//! Webhooks, mail and sign-in providers over the API: secrets go in and never come back, and nothing makes an owner.

use crate::api::client::{Client, now, owner, token};
use policy::TenantSlug;
use policy::labels::NoticeKind;
use policy::scope::AdminScope;
use serde_json::{Value, json};
use store::accounts::AccountRole;
use store::administration::{GroupRole, NewWebhook, ProviderSettings, SignInProvider};
use tests::world::operator;
use tests::{Backend, World};

const WEBHOOKS: &str = "/api/v1/webhooks";
const MAIL: &str = "/api/v1/mail";
const PROVIDER: &str = "/api/v1/sign-in-providers/work";

pub(crate) async fn webhooks_are_kept_over_the_api_and_their_secrets_shown_once(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let client = Client::new(replica.address(), &token(&world, "ci", AdminScope::ALL, None).await);
    let hook =
        json!({"name": "chat", "url": "https://hooks.example/T0/in-the-path", "events": ["requested"]});
    let told = client.with("POST", WEBHOOKS, &hook).await;
    assert_eq!((told.status, &told.body["webhook"]["address"]), (201, &json!("https://hooks.example/…")));
    let path = told.header("location").to_owned();
    let first = told.body["secret"].as_str().expect("a secret").to_owned();
    assert!(!told.body.to_string().contains("in-the-path"), "{told:?}");
    assert_eq!(client.get(&path).await.body, told.body["webhook"]);

    // Left out, the address stays; and whether it is switched on.
    let settings =
        json!({"name": "chat", "events": ["expired", "decided"], "tenant": "acme", "active": false});
    let told = client.with("PUT", &path, &settings).await;
    assert_eq!((told.status, &told.body["events"]), (200, &json!(["decided", "expired"])), "{told:?}");
    assert_eq!((&told.body["tenant"], &told.body["active"]), (&json!("acme"), &json!(false)));
    let told = client.with("PUT", &path, &json!({"name": "chat", "events": ["expired"]})).await;
    assert_eq!(
        (&told.body["address"], &told.body["active"]),
        (&json!("https://hooks.example/…"), &json!(false))
    );

    for (url, events) in [
        ("top-secret", json!(["requested"])),
        ("ftp://top-secret/", json!(["requested"])),
        ("https://a:top-secret@hooks.example/", json!(["requested"])),
        ("https://hooks.example/top-secret", json!([])),
    ] {
        let told = client.with("POST", WEBHOOKS, &json!({"name": "x", "url": url, "events": events})).await;
        assert_eq!((told.status, told.code()), (422, "invalid"), "{url}");
        assert!(!told.body.to_string().contains("top-secret"), "{told:?}");
    }
    let told = client.with("POST", WEBHOOKS, &hook).await;
    assert_eq!((told.status, told.code()), (409, "taken"));

    let post = async |act: &str| client.send("POST", &format!("{path}/{act}"), &[], None).await;
    assert_eq!(post("finish").await.code(), "one_secret");
    let second = post("rotate").await;
    let secret = second.body["secret"].as_str().expect("a secret").to_owned();
    assert_ne!(secret, first);
    assert_eq!(post("rotate").await.code(), "too_many_secrets");
    assert_eq!(post("finish").await.status, 200);
    assert_eq!(post("test").await.status, 204);
    let (listed, changes) = (client.get(WEBHOOKS).await.body, client.get("/api/v1/changes").await.body);
    for text in [listed.to_string(), changes.to_string()] {
        assert!(!text.contains(&first) && !text.contains(&secret), "{text}");
    }
    assert!(!listed.to_string().contains("in-the-path"), "{listed}");

    // A token of one tenant sees that tenant's, and changes none.
    let (acme, globex) = (TenantSlug::from("acme"), TenantSlug::from("globex"));
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    let url = "https://hooks.example/x";
    let events = [NoticeKind::Requested];
    let new = |name, tenant| NewWebhook { name, url, events: &events, tenant: Some(tenant) };
    let ours = writer.add_webhook(&new("ours", &acme)).await.expect("is taken");
    let theirs = writer.add_webhook(&new("theirs", &globex)).await.expect("is taken");
    writer.commit().await.expect("commits");
    let bound = Client::new(replica.address(), &token(&world, "acme", AdminScope::ALL, Some("acme")).await);
    let listed = bound.get(WEBHOOKS).await.body;
    assert_eq!(
        (listed["items"].as_array().map(Vec::len), &listed["items"][0]["id"]),
        (Some(1), &json!(ours.id))
    );
    for id in [theirs.id.as_str(), path.rsplit('/').next().unwrap_or_default(), "nothing"] {
        assert_eq!(bound.get(&format!("{WEBHOOKS}/{id}")).await.code(), "not_found", "{id}");
    }
    let own = format!("{WEBHOOKS}/{}", ours.id);
    for (method, path, body) in [
        ("POST", WEBHOOKS.to_owned(), hook.clone()),
        ("PUT", own.clone(), settings.clone()),
        ("DELETE", own.clone(), json!({})),
        ("POST", format!("{own}/rotate"), json!({})),
        ("POST", format!("{own}/finish"), json!({})),
        ("POST", format!("{own}/test"), json!({})),
    ] {
        let told = bound.with(method, &path, &body).await;
        assert_eq!((told.status, told.code()), (403, "tenant_bound"), "{method} {path}");
    }
    assert_eq!(client.send("DELETE", &path, &[], None).await.status, 204);
    assert_eq!(client.get(&path).await.code(), "not_found");
    replica.stop().await;
}

pub(crate) async fn mail_is_set_over_the_api_and_its_password_never_shown(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let client = Client::new(replica.address(), &token(&world, "ci", AdminScope::ALL, None).await);
    assert_eq!(client.get(MAIL).await.code(), "not_found");
    let terms = |more: Value| {
        let mut terms = json!({
            "host": "mail.example", "port": 587, "security": "starttls", "login": "c", "sender": "c@example.org",
        });
        for (key, value) in more.as_object().into_iter().flatten() {
            terms[key] = value.clone();
        }
        terms
    };
    for more in [
        json!({}),
        json!({"login": null, "password": "top-secret"}),
        json!({"security": "none", "password": "top-secret"}),
        json!({"sender": "nobody", "password": "top-secret"}),
        json!({"port": 0, "password": "top-secret"}),
    ] {
        let told = client.with("PUT", MAIL, &terms(more.clone())).await;
        assert_eq!((told.status, told.code()), (422, "invalid"), "{more}");
        assert!(!told.body.to_string().contains("top-secret"), "{told:?}");
        assert_eq!(client.get(MAIL).await.status, 404, "nothing was changed by {more}");
    }
    let set = client.with("PUT", MAIL, &terms(json!({"password": "top-secret"}))).await;
    assert_eq!((set.status, &set.body["host"]), (200, &json!("mail.example")), "{set:?}");
    assert_eq!(client.get(MAIL).await.body, set.body);
    assert_eq!(client.with("PUT", MAIL, &terms(json!({"sender": "d@example.org"}))).await.status, 200);
    // The password is not shown to another server.
    let told = client.with("PUT", MAIL, &terms(json!({"host": "evil.example"}))).await;
    assert_eq!((told.status, told.code()), (422, "invalid"));
    let (kept, changes) = (client.get(MAIL).await.body, client.get("/api/v1/changes").await.body);
    assert_eq!((&kept["host"], &kept["sender"]), (&json!("mail.example"), &json!("d@example.org")));
    assert!(!kept.to_string().contains("top-secret") && !changes.to_string().contains("top-secret"));

    let acme = Client::new(replica.address(), &token(&world, "acme", AdminScope::ALL, Some("acme")).await);
    for (method, body) in [("GET", json!({})), ("PUT", terms(json!({}))), ("DELETE", json!({}))] {
        assert_eq!(acme.with(method, MAIL, &body).await.code(), "tenant_bound", "{method}");
    }
    assert_eq!(client.send("DELETE", MAIL, &[], None).await.status, 204);
    assert_eq!(client.send("DELETE", MAIL, &[], None).await.code(), "not_found");
    replica.stop().await;
}

pub(crate) async fn sign_in_providers_over_the_api_make_no_owners(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let client = Client::new(replica.address(), &token(&world, "ci", AdminScope::ALL, None).await);
    let terms = |role: &str| {
        json!({
            "name": "Work", "issuer": "https://idp.example", "client_id": "console", "client_secret": "top-secret",
            "groups": [{"group": "staff", "role": role}],
        })
    };
    let told = client.with("PUT", PROVIDER, &terms("owner")).await;
    assert_eq!((told.status, told.code()), (403, "owners_only"), "{told:?}");
    assert_eq!(client.get(PROVIDER).await.code(), "not_found");
    let told = client.with("PUT", PROVIDER, &terms("auditor")).await;
    assert_eq!((told.status, &told.body["scopes"]), (201, &json!(["profile"])), "{told:?}");
    assert_eq!(client.get(PROVIDER).await.body, told.body);
    assert!(!told.body.to_string().contains("top-secret"), "{told:?}");
    let mut moved = terms("auditor");
    moved["issuer"] = json!("https://evil.example");
    assert_eq!(client.with("PUT", PROVIDER, &moved).await.status, 422, "its secret goes to nobody else");
    let told = client.with("PATCH", PROVIDER, &json!({"active": false})).await;
    assert_eq!((told.status, &told.body["active"]), (200, &json!(false)), "{told:?}");
    let told = client.with("PUT", PROVIDER, &terms("approver")).await;
    assert_eq!((told.status, &told.body["active"]), (200, &json!(false)), "it stays off: {told:?}");
    // While an owner signs in by it, a token does not open it again.
    let (own, identity) = (owner(&world).await, ("https://idp.example", "ada"));
    world.store.link_account_identity(&own, identity, &operator(), now()).await.expect("is linked");
    let told = client.with("PATCH", PROVIDER, &json!({"active": true})).await;
    assert_eq!((told.status, told.code()), (403, "owners_only"), "{told:?}");
    assert_eq!(client.get(PROVIDER).await.body["active"], false, "what is refused is undone");
    assert!(world.store.unlink_account_identity(identity, &operator(), now()).await.expect("is unlinked"));
    let told = client.with("PATCH", PROVIDER, &json!({"active": true})).await;
    assert_eq!((told.status, &told.body["active"]), (200, &json!(true)), "{told:?}");
    // Nor does it add one where an owner is known by the issuer already.
    assert_eq!(client.send("DELETE", PROVIDER, &[], None).await.status, 204);
    world.store.link_account_identity(&own, identity, &operator(), now()).await.expect("is linked");
    assert_eq!(client.with("PUT", PROVIDER, &terms("approver")).await.code(), "owners_only");
    assert_eq!(client.get(PROVIDER).await.code(), "not_found");
    assert!(world.store.unlink_account_identity(identity, &operator(), now()).await.expect("is unlinked"));
    assert_eq!(client.with("PUT", PROVIDER, &terms("approver")).await.status, 201);

    // One that the console let make owners: it is taken away, and nothing else.
    let owners = SignInProvider {
        id: "owners".to_owned(),
        name: "Owners".to_owned(),
        issuer: "https://owners.example".to_owned(),
        client_id: "console".to_owned(),
        active: true,
        settings: ProviderSettings {
            groups: vec![GroupRole { group: "admins".to_owned(), role: AccountRole::Owner, tenant: None }],
            ..ProviderSettings::default()
        },
    };
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    writer.put_sign_in_provider(&owners).await.expect("is taken");
    writer.commit().await.expect("commits");
    let path = "/api/v1/sign-in-providers/owners";
    let mut claim = terms("auditor");
    claim["issuer"] = json!("https://owners.example");
    claim["groups_claim"] = json!("department");
    assert_eq!(client.with("PUT", path, &claim).await.code(), "owners_only");
    assert_eq!(client.with("PATCH", path, &json!({"active": false})).await.status, 200);
    assert_eq!(client.with("PATCH", path, &json!({"active": true})).await.code(), "owners_only");
    let changes = client.get("/api/v1/changes").await.body.to_string();
    assert!(changes.contains("ada@example.org (token ci)") && !changes.contains("top-secret"), "{changes}");

    let acme = Client::new(replica.address(), &token(&world, "acme", AdminScope::ALL, Some("acme")).await);
    for (method, path, body) in [
        ("GET", "/api/v1/sign-in-providers", json!({})),
        ("GET", path, json!({})),
        ("PUT", path, terms("auditor")),
        ("PATCH", path, json!({"active": false})),
        ("DELETE", path, json!({})),
    ] {
        assert_eq!(acme.with(method, path, &body).await.code(), "tenant_bound", "{method} {path}");
    }
    for path in [path, PROVIDER] {
        assert_eq!(client.send("DELETE", path, &[], None).await.status, 204);
        assert_eq!(client.get(path).await.code(), "not_found");
    }
    replica.stop().await;
}
