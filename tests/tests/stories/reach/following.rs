//! An open inbox of somebody of some tenants is told of these alone, and names nobody of others.

use crate::reach::house::{House, now, of};
use policy::{Reach, SubjectId};
use reqwest::Response;
use serde_json::{Value, json};
use std::time::Duration;
use store::accounts::AccountRole;
use store::approvals::NewSubstitute;
use tests::Backend;
use tests::world::operator;

/// What is waited for comes within a second or two; this only ends a story that fails.
const PATIENCE: Duration = Duration::from_secs(50);

const HOUR: i64 = 60 * 60 * 1_000_000;

/// Reads on until so many events were told.
async fn hear(stream: &mut Response, heard: &mut String, events: usize) {
    let reading = async {
        while heard.matches("\ndata: ").count() < events {
            let chunk = stream.chunk().await.expect("goes on").expect("has not ended");
            heard.push_str(std::str::from_utf8(&chunk).expect("text"));
        }
    };
    tokio::time::timeout(PATIENCE, reading).await.expect("is told in time");
}

/// Under what marker the last event was told.
fn marker(heard: &str) -> &str {
    let (_, last) = heard.rsplit_once("\nid: ").expect("an event");
    last.lines().next().unwrap_or_default()
}

/// Something that waits for an answer in acme.
async fn file(house: &House) {
    let refund = json!({ "customer_id": "c-42", "amount": 900, "currency": "EUR" });
    let told = house.crm().call(house.world.secret("CAROL_KEY"), "refund", refund).await;
    assert_eq!(told.reason(), "approval_required");
}

pub(crate) async fn an_inbox_is_told_of_its_own_tenants_alone(backend: Backend) {
    let house = House::open(backend).await;
    let everywhere = house.browser(AccountRole::Owner, Reach::Everything).await;
    let acme = house.browser(AccountRole::Owner, of(&["acme"])).await;
    let globex = house.browser(AccountRole::Owner, of(&["globex"])).await;
    let mut streams = Vec::new();
    for cookie in [&everywhere, &acme, &globex] {
        let mut stream = house.listen(cookie).await;
        let mut heard = String::new();
        // First what stands.
        hear(&mut stream, &mut heard, 1).await;
        streams.push((stream, heard));
    }
    let [(all, all_heard), (one, one_heard), (other, other_heard)] = streams.as_mut_slice() else {
        panic!("three streams")
    };
    file(&house).await;
    hear(all, all_heard, 2).await;
    hear(one, one_heard, 2).await;

    // Something happens in the other tenant, and then in the first again.
    let elsewhere = "INSERT INTO approval_events (id, at, approval, tenant, kind)
        SELECT substr(id, 1, 35) || '!', at, approval, 'globex', 'voted' FROM approval_events";
    house.world.database.by_hand(elsewhere).await;
    hear(all, all_heard, 3).await;
    hear(other, other_heard, 2).await;
    let back = "INSERT INTO approval_events (id, at, approval, tenant, kind)
        SELECT substr(id, 1, 35) || '~', at, approval, 'acme', 'voted' FROM approval_events WHERE tenant = 'globex'";
    house.world.database.by_hand(back).await;
    hear(all, all_heard, 4).await;
    hear(one, one_heard, 3).await;

    // A stream that begins now tells what stands under the very marker that was told last: each heard of its own tenant so
    // often, and of nothing else, which would have come before the last or be told now.
    for (cookie, heard) in [(&acme, &*one_heard), (&globex, &*other_heard)] {
        let (mut stream, mut stands) = (house.listen(cookie).await, String::new());
        hear(&mut stream, &mut stands, 1).await;
        assert_eq!(marker(&stands), marker(heard), "{heard}");
    }

    // What a page begins with tells nothing of others either.
    let of_all = house.get(&everywhere, "/_fn/approvals").await.text;
    assert!(!of_all.contains("\"marker\":\"\"") && of_all.contains("\"marker\":\""), "{of_all}");
    for cookie in [&acme, &globex] {
        let page = house.get(cookie, "/_fn/approvals").await.text;
        assert!(page.contains("\"marker\":\"\""), "{page}");
    }
    house.stop().await;
}

pub(crate) async fn an_inbox_that_reaches_otherwise_than_before_is_told_nothing(backend: Backend) {
    let house = House::open(backend).await;
    let (account, cookie) = house.account(AccountRole::Owner, of(&["acme", "globex"])).await;
    let mut stream = house.listen(&cookie).await;
    hear(&mut stream, &mut String::new(), 1).await;
    // As where a tenant goes: sessions stay.
    let lost = format!("DELETE FROM account_tenants WHERE tenant = 'globex' AND account = '{account}'");
    house.world.database.by_hand(&lost).await;
    file(&house).await;
    let rest = tokio::time::timeout(PATIENCE, async { stream.text().await.expect("ends") });
    let rest = rest.await.expect("the stream ends");
    assert!(!rest.contains("data:"), "{rest}");
    // The browser comes back, and is told of what is left.
    let mut again = house.listen(&cookie).await;
    hear(&mut again, &mut String::new(), 1).await;
    house.stop().await;
}

pub(crate) async fn an_inbox_names_nobody_of_other_tenants(backend: Backend) {
    let house = House::open(backend).await;
    let store = &house.world.store;
    let both = SubjectId::from("both");
    let mut writer = store.write(operator()).await.expect("a unit of work");
    for away in ["alice", "zed"] {
        let (starts_at, ends_at) = (writer.now(), writer.now().saturating_add_micros(HOUR));
        let person = SubjectId::from(away);
        let new = NewSubstitute { person: &person, substitute: &both, starts_at, ends_at };
        writer.put_substitute(&new).await.expect("is named");
    }
    writer.commit().await.expect("commits");
    for (reach, names) in [
        (of(&["acme"]), &["alice"][..]),
        (of(&["nimbus"]), &["Zed Kestrel"]),
        (of(&["globex"]), &[]),
        (Reach::Everything, &["Zed Kestrel", "alice"]),
    ] {
        let (account, cookie) = house.account(AccountRole::Approver, reach.clone()).await;
        store.set_account_subject(&account, Some(&both), &operator(), now()).await.expect("is linked");
        let text = house.get(&cookie, "/_fn/approvals").await.text;
        let inbox: Value = serde_json::from_str(&text).expect("JSON");
        let covers = inbox["inbox"]["covers"].as_array().unwrap_or_else(|| panic!("{reach}: {text}"));
        let mut named: Vec<&str> = covers.iter().filter_map(|line| line["name"].as_str()).collect();
        named.sort_unstable();
        assert_eq!(named, names, "{reach}");
    }
    house.stop().await;
}
