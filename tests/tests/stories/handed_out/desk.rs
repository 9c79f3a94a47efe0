//! The same at the console and over the API.

use crate::api::client::{Client, token};
use crate::edge::house::{Answer, House};
use policy::SubjectId;
use policy::scope::AdminScope;
use serde_json::{Value, json};
use store::accounts::{Account, NewPasskey};
use tests::Backend;
use tests::world::operator;

const ACCOUNTS: &str = "/api/v1/accounts";
const LOGIN: &str = "eve@example.org";
const PASSWORD: &str = "four copper whales hum";

/// Chooses a password by the link; the session.
async fn choose(house: &House, link: &str) -> String {
    let fields = [("code", link), ("password", PASSWORD), ("password_again", PASSWORD)];
    let answer = house.post("/recover", &fields, &[]).await;
    answer.cookie("countersign").unwrap_or_else(|| panic!("no session: {answer:?}"))
}

async fn eve(house: &House) -> Account {
    house.store().account_by_login(LOGIN).await.expect("reads").expect("is there")
}

async fn save(house: &House, owner: &str, id: &str, subject: &str) -> Answer {
    let fields = [("id", id), ("role", "auditor"), ("reach", "everything"), ("subject", subject)];
    house.post("/_fn/account-save", &fields, &[("cookie", owner), ("accept", "text/html")]).await
}

pub(crate) async fn whoever_holds_the_token_becomes_nobody(backend: Backend) {
    let house = House::open(backend).await;
    let owner = house.settle().await;
    let cookie = [("cookie", owner.as_str()), ("accept", "text/html")];
    let client = Client::new(house.address(), &token(&house.world, "ci", AdminScope::ALL, None).await);
    let told = client.with("POST", ACCOUNTS, &json!({"login": LOGIN, "role": "auditor"})).await;
    assert_eq!(
        (told.status, &told.body["account"]["handed_out_by"]),
        (201, &json!("ada@example.org (token ci)"))
    );
    // They use the link themselves, and wait.
    let theirs = choose(&house, told.body["link"].as_str().expect("a link")).await;
    let id = eve(&house).await.id;
    assert!(house.is_open(&theirs).await);

    // The owner is told before anything is given, and where nothing is given nothing ends.
    let warning = "A token handed out the link to this account";
    for ask in ["edit", "map"] {
        let page = house.get(&format!("/settings/accounts?ask={ask}&of={id}"), &cookie).await.text;
        assert!(page.contains(warning) && page.contains("ada@example.org (token ci)"), "{ask}: {page}");
    }
    assert!(house.get("/settings/accounts", &cookie).await.text.contains("link by a token"));
    let saved = save(&house, &owner, &id, "").await;
    assert!(saved.header("location").contains("done=account-saved"), "{saved:?}");
    assert!(house.is_open(&theirs).await);

    let saved = save(&house, &owner, &id, "alice").await;
    assert!(saved.header("location").contains("done=account-withdrawn"), "{saved:?}");
    assert!(!house.is_open(&theirs).await);
    let form = [("login", LOGIN), ("password", PASSWORD)];
    assert_eq!(house.post("/sign-in", &form, &[]).await.status, 403);
    let alice = eve(&house).await;
    assert_eq!((alice.subject, alice.password_hash), (Some(SubjectId::from("alice")), None));
    let told = client.with("POST", &format!("{ACCOUNTS}/{id}/reset"), &json!({})).await;
    assert_eq!((told.status, told.code()), (403, "persons_only"));

    // She comes in by a link of the owner's, and is who they are meant to be.
    let page = house.post("/accounts/reset", &[("id", id.as_str())], &cookie).await;
    let (_, link) = page.text.split_once("/recover#").unwrap_or_else(|| panic!("no link: {page:?}"));
    let hers = choose(&house, link.split('"').next().expect("an end")).await;
    assert!(house.is_open(&hers).await);
    let shown = client.get(&format!("{ACCOUNTS}/{id}")).await.body;
    assert_eq!((&shown["subject"], shown.get("handed_out_by")), (&json!("alice"), None), "{shown}");
    let page = house.get(&format!("/settings/accounts?ask=edit&of={id}"), &cookie).await.text;
    assert!(!page.contains(warning), "{page}");
    let changes = client.get("/api/v1/changes?kind=account").await.body;
    let events: Vec<&Value> =
        changes["items"].as_array().expect("a list").iter().map(|change| &change["after"]["event"]).collect();
    assert!(events.contains(&&json!("way in that a token handed out taken away")), "{changes}");
    house.stop().await;
}

pub(crate) async fn a_token_takes_no_demand_for_a_passkey_away(backend: Backend) {
    let house = House::open(backend).await;
    house.settle().await;
    let client = Client::new(house.address(), &token(&house.world, "ci", AdminScope::ALL, None).await);
    let told = client.with("POST", ACCOUNTS, &json!({"login": LOGIN, "role": "auditor"})).await;
    choose(&house, told.body["link"].as_str().expect("a link")).await;
    let (id, store, now) = (eve(&house).await.id, house.store(), house.now());
    let passkey = NewPasskey { name: "blue", credential_id: b"blue", credential: "{}", session: None };
    let kept = async || store.list_passkeys(&id).await.expect("reads").len();
    let reset = async |query: &str| {
        let path = format!("{ACCOUNTS}/{id}/reset{query}");
        client.send("POST", &path, &[], None).await
    };

    // Where none is demanded, using the link removes them unless it is asked to leave them.
    for (query, left) in [("?keep_passkeys=true", 1), ("?keep_passkeys=false", 0), ("", 0)] {
        if kept().await == 0 {
            store.add_passkey(&id, &passkey, &operator(), now).await.expect("is added");
        }
        let told = reset(query).await;
        choose(&house, told.body["link"].as_str().expect("a link")).await;
        assert_eq!(kept().await, left, "{query}");
    }
    assert_eq!(reset("?keep=true").await.status, 400, "what is not understood is refused");

    store.add_passkey(&id, &passkey, &operator(), now).await.expect("is added");
    store.set_passkey_required(&id, true, None, &operator(), now).await.expect("is demanded");
    for query in ["", "?keep_passkeys=false"] {
        let told = reset(query).await;
        assert_eq!((told.status, told.code()), (403, "passkey_demanded"), "{told:?}");
    }
    assert!(reset("?keep_passkeys=true").await.body["link"].is_string());
    assert!(eve(&house).await.passkey_required && kept().await == 1);
    house.stop().await;
}
