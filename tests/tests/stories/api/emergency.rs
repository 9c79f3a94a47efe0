//! Stops and break-glass over the API: the next call, the second person, and the borders of tenants.

use crate::api::client::{Client, now, token};
use pdp::Secret;
use pdp::secret::KeyKind;
use policy::SubjectId;
use policy::scope::AdminScope;
use serde_json::{Value, json};
use store::accounts::{AccountRole, NewAccount};
use store::administration::NewAdministratorToken;
use tests::world::operator;
use tests::{Backend, World};

const STOPS: &str = "/api/v1/emergency/stops";
const GRANTS: &str = "/api/v1/emergency/break-glass";

fn refund(amount: u32) -> Value {
    json!({"customer_id": "c-42", "amount": amount, "currency": "EUR"})
}

/// A token of another owner, who is made; by the name that stands before the login's `@`.
async fn of_another(world: &World, name: &str) -> String {
    let login = format!("{name}@example.org");
    let new = NewAccount {
        login: login.clone(),
        name: name.to_owned(),
        password_hash: None,
        role: AccountRole::Owner,
        reach: policy::Reach::Everything,
    };
    world.store.create_account(&new, &operator(), now()).await.expect("made");
    let secret = Secret::from_random(KeyKind::Administrator, &server::random::bytes());
    let digest = secret.digest();
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    let new = NewAdministratorToken {
        name,
        account: &login,
        digest: &digest,
        tenant: None,
        scopes: AdminScope::ALL,
        expires_at: writer.now().saturating_add_micros(3_600_000_000),
    };
    writer.add_administrator_token(&new).await.expect("is taken");
    writer.commit().await.expect("commits");
    secret.expose().to_owned()
}

pub(crate) async fn a_stop_over_the_api_denies_the_next_call_on_two_replicas(backend: Backend) {
    let world = World::demo(backend).await;
    let (one, two) = (world.replica().await, world.replica().await);
    let (here, there) = (world.crm(&one), world.crm(&two));
    let client = Client::new(one.address(), &token(&world, "ci", AdminScope::ALL, None).await);
    for terms in [
        json!({"scope": "everything", "reason": "drill"}),
        json!({"scope": "tenant", "tenant": "acme", "reason": "drill"}),
        json!({"scope": "subject", "target": "alice", "reason": "drill"}),
        json!({"scope": "server", "target": "crm", "tenant": "acme", "reason": "drill"}),
        json!({"scope": "tool", "target": "crm/refund", "reason": "drill"}),
    ] {
        let made = client.with("POST", STOPS, &terms).await;
        assert_eq!(made.status, 201, "{made:?}");
        let path = made.header("location").to_owned();
        let again = client.with("POST", STOPS, &terms).await;
        assert_eq!((again.status, &again.body["id"]), (200, &made.body["id"]), "the same stop stands once");
        for pep in [&there, &here] {
            let told = pep.call(world.secret("ALICE_KEY"), "refund", refund(80)).await;
            assert_eq!(told.reason(), "kill_switch", "{terms}");
        }
        assert_eq!(client.get(&path).await.body["active"], true);
        let lifted = client.send("POST", &format!("{path}/lift"), &[], None).await;
        assert_eq!((lifted.status, &lifted.body["active"]), (200, &json!(false)), "{lifted:?}");
        for pep in [&there, &here] {
            assert!(pep.call(world.secret("ALICE_KEY"), "refund", refund(80)).await.allowed(), "{terms}");
        }
    }
    let listed = client.get(STOPS).await.body;
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(5), "lifted ones are kept: {listed}");
    for (terms, status, code) in [
        (json!({"scope": "everything", "reason": " "}), 422, "invalid"),
        (json!({"scope": "everything", "target": "crm", "reason": "x"}), 422, "invalid"),
        (json!({"scope": "subject", "target": "nobody", "reason": "x"}), 404, "not_found"),
        (json!({"scope": "agent", "target": "alice", "reason": "x"}), 422, "invalid"),
        (json!({"scope": "tool", "target": "crm/nothing", "reason": "x"}), 422, "unknown"),
        (json!({"scope": "galaxy", "reason": "x"}), 400, "malformed"),
    ] {
        let told = client.with("POST", STOPS, &terms).await;
        assert_eq!((told.status, told.code()), (status, code), "{terms}");
    }
    let changes = client.get("/api/v1/changes?kind=stop_switch").await.body;
    assert_eq!(changes["items"].as_array().map(Vec::len), Some(10), "thrown and lifted: {changes}");
    one.stop().await;
    two.stop().await;
}

pub(crate) async fn break_glass_over_the_api_takes_a_second_owner(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let ada = Client::new(replica.address(), &token(&world, "ada", AdminScope::ALL, None).await);
    let second = Client::new(replica.address(), &token(&world, "ada two", AdminScope::ALL, None).await);
    let grace = Client::new(replica.address(), &of_another(&world, "grace").await);
    // No rule allows it: nobody may export.
    let call = async || {
        let told = crm.call(world.secret("ALICE_KEY"), "export_customers", json!({"format": "csv"})).await;
        told.reason().to_owned()
    };
    let before = call().await;
    assert_ne!(before, "allowed");
    let terms = json!({"tenant": "acme", "subject": "alice", "tools": "crm/export_customers", "reason": "outage", "minutes": 5});
    let made = ada.with("POST", GRANTS, &terms).await;
    assert_eq!((made.status, &made.body["needs_second"]), (201, &json!(true)), "{made:?}");
    let path = made.header("location").to_owned();
    assert_eq!(call().await, before, "asked for, and no more");
    // Persons are counted, not tokens; nor accounts, where it is told whose they are.
    let spare = Client::new(replica.address(), &of_another(&world, "spare").await);
    let carol = SubjectId::from("carol");
    for login in ["ada@example.org", "spare@example.org"] {
        let account = world.store.account_by_login(login).await.expect("reads").expect("is there");
        world.store.set_account_subject(&account.id, Some(&carol), &operator(), now()).await.expect("named");
    }
    for own in [&ada, &second, &spare] {
        let told = own.send("POST", &format!("{path}/confirm"), &[], None).await;
        assert_eq!((told.status, told.code()), (409, "second_person"), "{told:?}");
    }
    assert_eq!(call().await, before);
    let told = grace.send("POST", &format!("{path}/confirm"), &[], None).await;
    assert_eq!(
        (told.status, &told.body["confirmed_by"]),
        (200, &json!("grace@example.org (token grace)")),
        "{told:?}"
    );
    assert_eq!(call().await, "allowed");
    let told = grace.send("POST", &format!("{path}/confirm"), &[], None).await;
    assert_eq!((told.status, told.code()), (409, "over"), "confirmed already");
    assert_eq!(ada.send("POST", &format!("{path}/end"), &[], None).await.status, 200);
    assert_eq!(call().await, before);
    for (member, value, field) in [
        ("minutes", json!(16), "minutes"),
        ("reason", json!(""), "reason"),
        ("tools", json!("crm*"), "tools"),
    ] {
        let mut bad = terms.clone();
        bad[member] = value;
        let told = ada.with("POST", GRANTS, &bad).await;
        assert_eq!((told.status, told.code()), (422, "invalid"), "{bad}");
        assert_eq!(told.body["errors"][0]["field"], field, "{bad}");
    }
    assert_eq!(ada.get(GRANTS).await.body["items"].as_array().map(Vec::len), Some(1));
    replica.stop().await;
}

pub(crate) async fn emergencies_stay_within_a_tokens_tenant(backend: Backend) {
    let world = World::demo(backend).await;
    let file = "servers: [{ slug: safe, url: 'https://safe.example/mcp', tenants: [globex] }]";
    world.apply(file).await;
    let replica = world.replica().await;
    let every = Client::new(replica.address(), &token(&world, "every", AdminScope::ALL, None).await);
    let acme = Client::new(replica.address(), &token(&world, "acme", AdminScope::ALL, Some("acme")).await);
    for terms in [
        json!({"scope": "everything", "reason": "x"}),
        json!({"scope": "tenant", "tenant": "globex", "reason": "x"}),
        json!({"scope": "subject", "target": "alice", "reason": "x"}),
        json!({"scope": "tool", "target": "crm/refund", "tenant": "globex", "reason": "x"}),
    ] {
        let told = acme.with("POST", STOPS, &terms).await;
        assert_eq!((told.status, told.code()), (403, "tenant_bound"), "{terms}");
    }
    // What is of others cannot be found out by stopping it: it is as if there were none.
    for (scope, target, missing) in
        [("subject", "dave", "nobody"), ("server", "safe", "nothing"), ("tool", "safe/x", "nothing/x")]
    {
        let with = |target: &str| json!({"scope": scope, "target": target, "tenant": "acme", "reason": "x"});
        let (told, none) =
            (acme.with("POST", STOPS, &with(target)).await, acme.with("POST", STOPS, &with(missing)).await);
        assert_eq!((told.status, told.code()), (404, "not_found"), "{scope}");
        assert_eq!(told.body["detail"], none.body["detail"], "{scope}");
    }
    let foreign = every
        .with("POST", STOPS, &json!({"scope": "tenant", "tenant": "globex", "reason": "secret-reason"}))
        .await;
    let all = every.with("POST", STOPS, &json!({"scope": "everything", "reason": "drill"})).await;
    let own = acme
        .with(
            "POST",
            STOPS,
            &json!({"scope": "tool", "target": "crm/refund", "tenant": "acme", "reason": "x"}),
        )
        .await;
    assert_eq!((foreign.status, all.status, own.status), (201, 201, 201));
    let (foreign, all, own) = (foreign.header("location"), all.header("location"), own.header("location"));
    assert_eq!(acme.get(foreign).await.code(), "not_found");
    assert_eq!(acme.send("POST", &format!("{foreign}/lift"), &[], None).await.code(), "not_found");
    assert_eq!(acme.get(all).await.status, 200, "what stops everything, stops it too");
    assert_eq!(acme.send("POST", &format!("{all}/lift"), &[], None).await.code(), "tenant_bound");
    let listed = acme.get(STOPS).await.body;
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(2), "{listed}");
    assert!(!listed.to_string().contains("secret-reason"), "{listed}");
    assert_eq!(acme.send("POST", &format!("{own}/lift"), &[], None).await.status, 200);

    let grant = |tenant: &str, subject: &str, tools: &str| json!({"tenant": tenant, "subject": subject, "tools": tools, "reason": "x", "minutes": 1});
    assert_eq!(acme.with("POST", GRANTS, &grant("globex", "dave", "crm/*")).await.code(), "tenant_bound");
    assert_eq!(acme.with("POST", GRANTS, &grant("acme", "dave", "crm/*")).await.code(), "not_found");
    assert_eq!(acme.with("POST", GRANTS, &grant("acme", "alice", "safe/*")).await.code(), "not_found");
    let foreign = every.with("POST", GRANTS, &grant("globex", "dave", "safe/*")).await;
    assert_eq!(foreign.status, 201, "{foreign:?}");
    let path = foreign.header("location");
    assert_eq!(acme.get(path).await.code(), "not_found");
    for verb in ["confirm", "end"] {
        let told = acme.send("POST", &format!("{path}/{verb}"), &[], None).await;
        assert_eq!(told.code(), "not_found", "{verb}");
    }
    assert_eq!(acme.get(GRANTS).await.body, json!({"items": []}));
    replica.stop().await;
}
