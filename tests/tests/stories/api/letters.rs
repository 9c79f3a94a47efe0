//! Messages that were given up, and letters that are tried, over the API.

use crate::api::client::{Client, OWNER, now, owner, token};
use crate::notify::receiver::{Mood, Receiver};
use crate::notify::smtp::MailServer;
use crate::notify::world::{ask, dead, delivered, webhook, world};
use policy::scope::AdminScope;
use serde_json::{Value, json};
use store::accounts::{AccountRole, NewAccount};
use tests::world::operator;
use tests::{Backend, World};

const LETTERS: &str = "/api/v1/dead-letters";

pub(crate) async fn a_message_that_was_given_up_is_sent_again_over_the_api(backend: Backend) {
    let world = world(backend).await;
    let mut receiver = Receiver::start(Mood::Status(410)).await;
    let (hook, secret) = webhook(&world, &receiver.url).await;
    let replica = world.replica().await;
    let client = Client::new(replica.address(), &token(&world, "ci", AdminScope::ALL, None).await);
    assert_eq!(client.get(LETTERS).await.body, json!({"items": []}));
    ask(&world, &world.crm(&replica), 200).await;
    let first = receiver.next().await;
    dead(&world).await;

    let listed = client.get(LETTERS).await.body;
    let letter = &listed["items"][0];
    assert_eq!((listed["items"].as_array().map(Vec::len), &listed["next"]), (Some(1), &Value::Null));
    assert_eq!((&letter["kind"], &letter["to"]), (&json!("requested"), &json!(hook.name)), "{letter}");
    assert_eq!((&letter["webhook"], &letter["attempts"]), (&json!(hook.id), &json!(1)));
    assert!(letter["account"].is_null() && letter["error"].is_string(), "{letter}");
    let again = format!("{LETTERS}/{}/resend", letter["id"].as_str().expect("an id"));

    // They are of all tenants together.
    let acme = Client::new(replica.address(), &token(&world, "acme", AdminScope::ALL, Some("acme")).await);
    for (method, path) in [("GET", LETTERS), ("POST", again.as_str())] {
        let told = acme.send(method, path, &[], None).await;
        assert_eq!((told.status, told.code()), (403, "tenant_bound"), "{method} {path}");
    }
    receiver.nothing_more();

    receiver.set(Mood::Status(200));
    assert_eq!(client.send("POST", &again, &[], None).await.status, 204);
    let second = receiver.next().await;
    assert_eq!((&second.id, &second.body), (&first.id, &first.body));
    assert!(second.verifies(&secret), "{second:?}");
    delivered(&world, &hook).await;
    assert_eq!(client.get(LETTERS).await.body, json!({"items": []}));
    for path in [again.as_str(), "/api/v1/dead-letters/nothing/resend", "/api/v1/dead-letters/a%00b/resend"] {
        let told = client.send("POST", path, &[], None).await;
        assert_eq!((told.status, told.code()), (404, "not_found"), "{path}");
    }
    let changes = client.get("/api/v1/changes?kind=delivery").await.body;
    assert_eq!(changes["items"].as_array().map(Vec::len), Some(1), "{changes}");
    let change = &changes["items"][0];
    assert_eq!((&change["before"]["state"], &change["after"]["state"]), (&json!("dead"), &json!("waiting")));
    assert_eq!(change["actor"], "ada@example.org (token ci)");
    replica.stop().await;
    receiver.nothing_more();
}

pub(crate) async fn a_letter_is_tried_over_the_api(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let client = Client::new(replica.address(), &token(&world, "ci", AdminScope::ALL, None).await);
    let own = owner(&world).await;
    let test = "/api/v1/mail/test";
    let told = client.with("POST", test, &json!({"account": own})).await;
    assert_eq!((told.status, told.code()), (404, "not_found"), "no mail is sent: {told:?}");
    let mut server = MailServer::start(0).await;
    let mail =
        json!({"host": "127.0.0.1", "port": server.port, "security": "none", "sender": "c@example.org"});
    assert_eq!(client.with("PUT", "/api/v1/mail", &mail).await.status, 200);
    for (account, status, code) in [
        (json!("nobody"), 422, "unknown"),
        (json!(""), 422, "invalid"),
        (json!("a\nb"), 422, "invalid"),
        (Value::Null, 400, "malformed"),
    ] {
        let told = client.with("POST", test, &json!({"account": account})).await;
        assert_eq!((told.status, told.code()), (status, code), "{account}");
    }
    let acme = Client::new(replica.address(), &token(&world, "acme", AdminScope::ALL, Some("acme")).await);
    assert_eq!(acme.with("POST", test, &json!({"account": own})).await.code(), "tenant_bound");
    assert_eq!(world.store.count_waiting_deliveries().await.expect("counts"), 0);
    assert_eq!(client.with("POST", test, &json!({"account": own})).await.status, 204);
    let letter = server.next().await;
    assert_eq!((&letter["to"], &letter["from"]), (&json!([OWNER]), &json!("c@example.org")), "{letter}");

    // Nobody's mailbox is filled, and each letter is on record.
    for _ in 1..10 {
        assert_eq!(client.with("POST", test, &json!({"account": own})).await.status, 204);
    }
    for _ in 1..10 {
        server.next().await;
    }
    for _ in 0..2 {
        let told = client.with("POST", test, &json!({"account": own})).await;
        assert_eq!((told.status, told.code()), (429, "too_many_tests"), "{told:?}");
        let seconds: i64 = told.header("retry-after").parse().expect("seconds");
        assert!((1..=1_800).contains(&seconds), "{seconds}");
    }
    let changes = client.get("/api/v1/changes?kind=delivery").await.body;
    let items = changes["items"].as_array().expect("a list");
    assert_eq!(items.len(), 10, "{changes}");
    assert_eq!((&items[0]["after"]["kind"], &items[0]["after"]["account"]), (&json!("test"), &json!(own)));
    assert_eq!(items[0]["actor"], "ada@example.org (token ci)");
    // Others may still be tried.
    let new = NewAccount {
        login: "bob@example.org".to_owned(),
        name: "Bob".to_owned(),
        password_hash: None,
        role: AccountRole::Auditor,
        reach: policy::Reach::Everything,
    };
    let bob = world.store.create_account(&new, &operator(), now()).await.expect("is made").id;
    assert_eq!(client.with("POST", test, &json!({"account": bob})).await.status, 204);
    assert_eq!(server.next().await["to"], json!(["bob@example.org"]));
    replica.stop().await;
    server.nothing_more();
}
