//! How long a session lasts, who does not get one, and what is written down about accounts.

use crate::edge::house::{House, LOGIN, MINUTE, PASSWORD};
use server::console::create_recovery_link;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use store::changes::{ChangeFilter, ChangePosition};
use store::{Action, Change, Via};
use tests::Backend;
use tests::database::wait_for_locks;

const NEW: &str = "four copper whales hum";

/// What open pages ask again and again.
const POLLED: [&str; 3] =
    ["/_fn/decisions-newer?than=0", "/_fn/server-discovery?slug=crm", "/_fn/evidence-verification"];

pub(crate) async fn what_pages_ask_by_themselves_does_not_keep_a_session(backend: Backend) {
    let house = House::open(backend).await;
    let session = house.settle().await;
    let cookie = [("cookie", session.as_str())];
    // Somebody looks at a page now and then.
    for _ in 0..3 {
        house.pass(50 * MINUTE);
        assert!(house.is_open(&session).await);
    }
    // Nobody does, but a page that was left open asks on.
    for asked in [10, 20, 30, 40, 50] {
        house.pass(10 * MINUTE);
        for path in POLLED {
            let answer = house.get(path, &cookie).await;
            assert_eq!(answer.status, 200, "{path} after {asked} minutes: {}", answer.text);
        }
    }
    house.pass(10 * MINUTE);
    for path in POLLED {
        assert_eq!(house.get(path, &cookie).await.code(), "sign_in_required", "{path}");
    }
    assert!(!house.is_open(&session).await);
    house.stop().await;
}

/// The changes of accounts, the oldest first.
async fn changes(house: &House) -> Vec<Change> {
    let filter = ChangeFilter { kind: Some("account"), ..ChangeFilter::default() };
    let mut found = house.store().list_changes(&filter, ChangePosition::Newest, 100).await.expect("reads");
    found.reverse();
    found
}

pub(crate) async fn events_of_accounts_are_changes(backend: Backend) {
    let house = House::open(backend).await;
    let session = house.settle().await;
    let cookie = [("cookie", session.as_str()), ("x-request-id", "request-1")];
    house.sign_in(PASSWORD, &[]).await;
    house.sign_in(PASSWORD, &[]).await;
    assert_eq!(house.post("/_fn/end-other-sessions", &[], &cookie).await.status, 200);
    assert_eq!(house.post("/_fn/end-other-sessions", &[], &cookie).await.status, 200, "there is none left");
    let fields = [("current", PASSWORD), ("password", NEW), ("password_again", NEW)];
    assert_eq!(house.post("/account/password", &fields, &cookie).await.status, 303);
    let link = create_recovery_link(house.store(), &house.origin(), LOGIN, false, house.now())
        .await
        .expect("a link");
    let fields = [("code", link.as_str()), ("password", PASSWORD), ("password_again", PASSWORD)];
    assert_eq!(house.post("/recover", &fields, &[]).await.status, 303);
    assert!(!house.is_open(&session).await);

    let found = changes(&house).await;
    let events: Vec<_> = found
        .iter()
        .map(|change| change.after.as_ref().expect("after")["event"].as_str().expect("a word").to_owned())
        .collect();
    assert_eq!(
        events,
        ["made at set-up", "signed out everywhere else", "password changed", "recovered by a link"]
    );
    for change in &found {
        assert_eq!((change.actor.as_str(), change.via), (LOGIN, Via::Console));
        assert_eq!((change.object.as_str(), change.at), (LOGIN, house.now()));
        assert!(change.request_id.is_some());
        let text = format!("{:?}{:?}", change.before, change.after);
        for secret in ["argon2", PASSWORD, NEW, "digest"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    let [made, left, changed, recovered] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((made.action, &made.before), (Action::Create, &None));
    assert_eq!(made.after.as_ref().expect("after")["role"], "owner");
    assert_eq!(left.after.as_ref().expect("after")["ended_sessions"], 2);
    assert_eq!(left.request_id.as_deref(), Some("request-1"));
    let version =
        |value: &Option<serde_json::Value>| value.as_ref().expect("there")["password_version"].clone();
    assert_eq!((version(&changed.before), version(&changed.after)), (1.into(), 2.into()));
    assert_eq!((version(&recovered.before), version(&recovered.after)), (2.into(), 3.into()));
    house.stop().await;
}

pub(crate) async fn a_sign_in_under_way_does_not_survive_a_new_password() {
    let house = House::open(Backend::Postgres).await;
    house.settle().await;
    let mut hand = PgConnection::connect(&house.world.database.url).await.expect("the database answers");
    let new_password = format!("UPDATE accounts SET password_version = 7 WHERE login = '{LOGIN}'");
    for (end, status) in [("ROLLBACK", 303), ("COMMIT", 403)] {
        // Somebody is about to change the password: it is read as it was, checked and found right.
        sqlx::raw_sql("BEGIN").execute(&mut hand).await.expect("begins");
        sqlx::raw_sql(AssertSqlSafe(new_password.clone())).execute(&mut hand).await.expect("changes");
        let sign_in = house.sign_in(PASSWORD, &[]);
        let change = async {
            wait_for_locks(&mut hand, 1).await;
            sqlx::raw_sql(end).execute(&mut hand).await.expect("ends");
        };
        let (answer, ()) = tokio::join!(sign_in, change);
        assert_eq!(answer.status, status, "{end}: {}", answer.text);
        assert_eq!(answer.cookie("countersign").is_some(), status == 303);
    }
    let account = house.store().account_by_login(LOGIN).await.expect("reads").expect("is there");
    let sessions = house.store().list_sessions(&account.id, house.now()).await.expect("reads");
    assert_eq!(sessions.len(), 2, "of set-up, and of the change that was not made");
    house.stop().await;
}

pub(crate) async fn whose_an_account_is_takes_a_fresh_proof(backend: Backend) {
    let house = House::open(backend).await;
    let session = house.settle().await;
    let cookie = [("cookie", session.as_str()), ("accept", "text/html")];
    let ada = house.store().account_by_login(LOGIN).await.expect("reads").expect("is there");
    let id = ("id", ada.id.as_str());
    let invitation = [("login", "eve@example.org"), ("name", ""), ("role", "owner"), ("reach", "everything")];
    let (reset, save) = ([id], [id, ("role", "owner"), ("reach", "everything"), ("subject", "carol")]);
    let link = [id, ("issuer", "https://idp.example"), ("sub", "eve")];
    let provider = [
        ("new", "true"),
        ("id", "eve"),
        ("name", "Eve's own"),
        ("issuer", "https://idp.example"),
        ("client_id", "console"),
        ("groups_claim", "groups"),
        ("groups", "everybody -> owner"),
    ];
    let token = [("name", "of eve"), ("scopes[]", "emergency:write")];
    let forms = [
        ("/accounts/invite", &invitation[..], "/settings/accounts?ask=new&"),
        ("/accounts/reset", &reset[..], "/settings/accounts?ask=rotate&"),
        ("/_fn/account-save", &save[..], "/settings/accounts?ask=edit&"),
        ("/_fn/account-link", &link[..], "/settings/accounts?ask=map&"),
        ("/_fn/sign-in-provider-save", &provider[..], "/settings/sign-in?ask=new&"),
        ("/keys/administrator", &token[..], "/settings/tokens?ask=new&"),
    ];
    house.pass(6 * MINUTE);
    // Whoever finds the browser open becomes neither a second owner nor this one.
    for (path, fields, leads_to) in forms {
        let answer = house.post(path, fields, &cookie).await;
        let place = answer.header("location");
        assert!(place.starts_with(leads_to), "{path}: {answer:?}");
        let page = house.get(place, &cookie).await.text;
        assert!(page.contains("action=\"/account/prove\"") && !page.contains("/recover#"), "{path}: {page}");
    }
    let wrong = [("password", "a guess that is wrong"), ("back", "/settings/accounts?ask=new")];
    assert_eq!(house.post("/account/prove", &wrong, &cookie).await.status, 403);
    assert!(
        house.post("/accounts/invite", &invitation, &cookie).await.header("location").contains("ask=new")
    );
    assert_eq!(house.store().account_by_login("eve@example.org").await.expect("reads"), None);
    assert!(house.store().list_sign_in_providers().await.expect("reads").is_empty());
    assert_eq!(house.store().account(&ada.id).await.expect("reads").expect("is there").subject, None);

    // The password does, leads back to a page of ours alone, and counts for what follows.
    for (back, leads_to) in [
        ("/settings/accounts?ask=new", "/settings/accounts?ask=new"),
        ("//evil.example/x", "/account"),
        ("https://evil.example/x", "/account"),
    ] {
        let proof = [("password", PASSWORD), ("back", back)];
        let answer = house.post("/account/prove", &proof, &cookie).await;
        assert_eq!((answer.status, answer.header("location")), (303, leads_to), "{back}");
    }
    for (path, fields) in [("/accounts/invite", &invitation[..]), ("/accounts/reset", &reset[..])] {
        let answer = house.post(path, fields, &cookie).await;
        assert!(answer.status == 200 && answer.text.contains("/recover#"), "{path}: {answer:?}");
    }
    let saved = house.post("/_fn/account-save", &save, &cookie).await;
    assert!(saved.header("location").contains("done=account-saved"), "{saved:?}");
    house.stop().await;
}
