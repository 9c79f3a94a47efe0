//! Accounts over the API: what a token hands out, and what no token reaches.

use crate::api::client::{Client, OWNER, Told, now, owner, token};
use policy::scope::AdminScope;
use policy::{Reach, SubjectId};
use serde_json::{Value, json};
use store::accounts::{AccountError, AccountRole, NewAccount};
use store::{Actor, Via};
use tests::world::operator;
use tests::{Backend, World};

const ACCOUNTS: &str = "/api/v1/accounts";

/// The secret of the link that was handed out.
fn secret_of(told: &Told) -> String {
    let link = told.body["link"].as_str().unwrap_or_else(|| panic!("no link: {told:?}"));
    let (page, secret) = link.split_once('#').expect("a secret in the fragment");
    assert!(page.ends_with("/recover"), "{page}");
    secret.to_owned()
}

async fn account(world: &World, login: &str, role: AccountRole) -> String {
    let new = NewAccount {
        login: login.to_owned(),
        name: login.to_owned(),
        password_hash: None,
        role,
        reach: Reach::Everything,
    };
    world.store.create_account(&new, &operator(), now()).await.expect("made").id
}

pub(crate) async fn accounts_below_owner_are_invited_and_switched_over_the_api(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let client = Client::new(replica.address(), &token(&world, "ci", AdminScope::ALL, None).await);
    let invitation = json!({"login": "Ann@Example.org", "role": "auditor"});
    let told = client.with("POST", ACCOUNTS, &invitation).await;
    assert_eq!((told.status, &told.body["account"]["login"]), (201, &json!("ann@example.org")), "{told:?}");
    assert_eq!(told.body["account"]["has_password"], false);
    assert_eq!(told.body["account"].get("tenants"), None, "it counts in all of them");
    let bound = json!({"login": "bo@example.org", "role": "auditor", "tenants": ["acme"]});
    let told_bound = client.with("POST", ACCOUNTS, &bound).await;
    assert_eq!(
        (told_bound.status, &told_bound.body["account"]["tenants"]),
        (201, &json!(["acme"])),
        "{told_bound:?}"
    );
    for tenants in [json!([]), json!(["nowhere"])] {
        let bad = json!({"login": "cy@example.org", "role": "auditor", "tenants": tenants});
        assert_eq!(client.with("POST", ACCOUNTS, &bad).await.status, 422, "{tenants}");
    }
    let (path, first) = (told.header("location").to_owned(), secret_of(&told));
    let seen = client.get(&path).await;
    assert_eq!((seen.status, &seen.body), (200, &told.body["account"]));
    let told = client.with("POST", ACCOUNTS, &invitation).await;
    assert_eq!((told.status, told.code()), (409, "taken"));
    for login in ["", "a\tb"] {
        let told = client.with("POST", ACCOUNTS, &json!({"login": login, "role": "auditor"})).await;
        assert_eq!((told.status, told.code()), (422, "invalid"), "{login:?}");
    }

    let role = json!({"role": "policy_author"});
    let told = client.with("PUT", &format!("{path}/role"), &role).await;
    assert_eq!((told.status, &told.body["role"]), (200, &json!("policy_author")), "{told:?}");
    let reset = format!("{path}/reset");
    let told = client.send("POST", &reset, &[], None).await;
    let second = secret_of(&told);
    assert_ne!(first, second);
    for (active, status) in [(false, 409), (true, 200)] {
        let told = client.with("PATCH", &path, &json!({"active": active})).await;
        assert_eq!((told.status, &told.body["active"]), (200, &json!(active)), "{told:?}");
        let told = client.send("POST", &reset, &[], None).await;
        assert_eq!(told.status, status, "{told:?}");
    }

    // What was done is written down with the token, and no link is anywhere.
    let changes = client.get("/api/v1/changes?kind=account").await.body;
    let by_token = |change: &&Value| change["actor"] == "ada@example.org (token ci)";
    let count = changes["items"].as_array().expect("a list").iter().filter(by_token).count();
    assert_eq!(count, 7, "{changes}");
    let listed = client.get(ACCOUNTS).await.body.to_string();
    for text in [changes.to_string(), listed] {
        assert!(!text.contains(&first) && !text.contains(&second), "{text}");
    }

    // Pages, by login.
    let page = client.get(&format!("{ACCOUNTS}?limit=1")).await.body;
    assert_eq!(page["items"][0]["login"], OWNER, "{page}");
    let next = page["next"].as_str().expect("there is more");
    let page = client.get(&format!("{ACCOUNTS}?limit=2&after={next}")).await.body;
    assert_eq!((&page["items"][0]["login"], &page["next"]), (&json!("ann@example.org"), &Value::Null));
    replica.stop().await;
}

pub(crate) async fn no_token_makes_or_touches_an_owner(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let client = Client::new(replica.address(), &token(&world, "ci", AdminScope::ALL, None).await);
    let own = owner(&world).await;
    let other = account(&world, "olga", AccountRole::Owner).await;
    let off = account(&world, "otto", AccountRole::Owner).await;
    world.store.set_account_active(&off, false, &operator(), now()).await.expect("off");
    let auditor = account(&world, "aura", AccountRole::Auditor).await;
    let before = world.store.accounts().await.expect("reads");

    let mut tries = vec![
        ("POST", ACCOUNTS.to_owned(), json!({"login": "eve", "role": "owner"})),
        ("PUT", format!("{ACCOUNTS}/{auditor}/role"), json!({"role": "owner"})),
    ];
    for id in [&own, &other, &off] {
        tries.push(("PATCH", format!("{ACCOUNTS}/{id}"), json!({"active": false})));
        tries.push(("PATCH", format!("{ACCOUNTS}/{id}"), json!({"active": true})));
        tries.push(("PUT", format!("{ACCOUNTS}/{id}/role"), json!({"role": "auditor"})));
        tries.push(("POST", format!("{ACCOUNTS}/{id}/reset"), json!({})));
    }
    for (method, path, body) in tries {
        let told = client.with(method, &path, &body).await;
        assert_eq!((told.status, told.code()), (403, "owners_only"), "{method} {path} {body}");
    }

    // The store refuses it as well, of the account as it is held: whatever it was when the token asked.
    let by = Actor { name: "ada".to_owned(), via: Via::Api, request_id: None };
    let (store, at) = (&world.store, now());
    let refused = [
        store.set_account_role(&auditor, AccountRole::Owner, &by, at).await,
        store.set_account_role(&other, AccountRole::Auditor, &by, at).await,
        store.set_account_active(&other, false, &by, at).await,
        store.set_account_active(&off, true, &by, at).await,
        store.reset_account(&other, &[7; 32], false, &by, at, at.saturating_add_micros(1)).await.map(drop),
    ];
    for (n, told) in refused.into_iter().enumerate() {
        assert!(matches!(told, Err(AccountError::OwnersOnly)), "{n}: {told:?}");
    }

    // Nor does it become a person: not the one behind an account, and nobody who answers requests for approval.
    let approver = account(&world, "abel", AccountRole::Approver).await;
    let person = account(&world, "alma", AccountRole::Auditor).await;
    let alice = SubjectId::from("alice");
    world.store.set_account_subject(&person, Some(&alice), &operator(), now()).await.expect("linked");
    for id in [&approver, &person] {
        let told = client.with("POST", &format!("{ACCOUNTS}/{id}/reset"), &json!({})).await;
        assert_eq!((told.status, told.code()), (403, "persons_only"), "{told:?}");
    }
    let mut after = world.store.accounts().await.expect("reads");
    after.retain(|account| account.id != approver && account.id != person);
    assert_eq!(after, before, "nothing was changed");

    // Accounts are of no tenant.
    let acme = Client::new(replica.address(), &token(&world, "acme", AdminScope::ALL, Some("acme")).await);
    for (method, path, body) in [
        ("GET", ACCOUNTS.to_owned(), json!({})),
        ("GET", format!("{ACCOUNTS}/{auditor}"), json!({})),
        ("GET", format!("{ACCOUNTS}/nothing"), json!({})),
        ("POST", ACCOUNTS.to_owned(), json!({"login": "eve", "role": "auditor"})),
        ("PATCH", format!("{ACCOUNTS}/{auditor}"), json!({"active": false})),
        ("PUT", format!("{ACCOUNTS}/{auditor}/role"), json!({"role": "approver"})),
        ("POST", format!("{ACCOUNTS}/{auditor}/reset"), json!({})),
    ] {
        let told = acme.with(method, &path, &body).await;
        assert_eq!((told.status, told.code()), (403, "tenant_bound"), "{method} {path}");
    }
    replica.stop().await;
}

pub(crate) async fn a_token_names_the_substitute_of_its_own_account_alone(backend: Backend) {
    const SUBSTITUTES: &str = "/api/v1/substitutes";
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let client = Client::new(replica.address(), &token(&world, "ci", AdminScope::ALL, None).await);
    let until = now().saturating_add_micros(86_400_000_000).to_string();
    let naming = |who: &str| json!({"substitute": who, "ends_at": until});
    let told = client.with("POST", SUBSTITUTES, &naming("bob")).await;
    assert_eq!((told.status, told.code()), (409, "no_person"), "{told:?}");

    let own = owner(&world).await;
    let alice = SubjectId::from("alice");
    world.store.set_account_subject(&own, Some(&alice), &operator(), now()).await.expect("linked");
    // Oneself, a member of another tenant alone, an agent, nobody, and what can be none.
    for who in ["alice", "dave", "refund-bot", "nobody", "a\tb", ""] {
        let told = client.with("POST", SUBSTITUTES, &naming(who)).await;
        assert_eq!((told.status, told.code()), (422, "invalid"), "{who:?}");
    }
    for ends_at in ["2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"] {
        let told = client.with("POST", SUBSTITUTES, &json!({"substitute": "bob", "ends_at": ends_at})).await;
        assert_eq!((told.status, told.code()), (422, "invalid"), "{ends_at}");
    }
    assert_eq!(client.get(SUBSTITUTES).await.body, json!({"items": []}));

    let told = client.with("POST", SUBSTITUTES, &naming("bob")).await;
    assert_eq!((told.status, &told.body["person"]), (201, &json!("alice")), "{told:?}");
    let path = told.header("location").to_owned();
    assert_eq!(client.get(&path).await.body, told.body);
    assert_eq!(client.get(SUBSTITUTES).await.body["items"], json!([told.body]));

    // The account stands for somebody else now: what was named is not its own any more.
    let carol = SubjectId::from("carol");
    world.store.set_account_subject(&own, Some(&carol), &operator(), now()).await.expect("linked");
    let end = format!("{path}/end");
    let refused = client.send("POST", &end, &[], None).await;
    assert_eq!((refused.status, refused.code()), (403, "not_yours"), "{refused:?}");
    assert_eq!(client.get(&path).await.body, told.body, "it goes on");
    world.store.set_account_subject(&own, Some(&alice), &operator(), now()).await.expect("linked");
    let ended = client.send("POST", &end, &[], None).await;
    assert!(ended.status == 200 && ended.body["ended_at"].is_string(), "{ended:?}");

    let acme = Client::new(replica.address(), &token(&world, "acme", AdminScope::ALL, Some("acme")).await);
    for (method, path) in [("GET", SUBSTITUTES), ("GET", path.as_str()), ("POST", end.as_str())] {
        let told = acme.send(method, path, &[], None).await;
        assert_eq!((told.status, told.code()), (403, "tenant_bound"), "{method} {path}");
    }
    let told = acme.with("POST", SUBSTITUTES, &naming("bob")).await;
    assert_eq!(told.code(), "tenant_bound");
    replica.stop().await;
}
