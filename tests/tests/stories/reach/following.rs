//! An open inbox of somebody of some tenants is told of these alone.

use crate::reach::house::{House, of};
use policy::Reach;
use reqwest::Response;
use serde_json::json;
use std::time::Duration;
use store::accounts::AccountRole;
use tests::Backend;

/// What is waited for comes within a second or two; this only ends a story that fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// Reads on until so many events were told.
async fn hear(stream: &mut Response, heard: &mut String, events: usize) {
    let reading = async {
        while heard.matches("\ndata: ").count() < events {
            let chunk = stream.chunk().await.expect("goes on").expect("has not ended");
            heard.push_str(std::str::from_utf8(&chunk).expect("text"));
        }
    };
    tokio::time::timeout(PATIENCE, reading).await.expect("is told in time");
    assert_eq!(heard.matches("\ndata: ").count(), events, "{heard}");
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
    let refund = json!({ "customer_id": "c-42", "amount": 900, "currency": "EUR" });
    let told = house.crm().call(house.world.secret("CAROL_KEY"), "refund", refund).await;
    assert_eq!(told.reason(), "approval_required");
    hear(all, all_heard, 2).await;
    hear(one, one_heard, 2).await;

    // Something happens in the other tenant: had it been told of the first, that would stand before it.
    let elsewhere = "INSERT INTO approval_events (id, at, approval, tenant, kind)
        SELECT substr(id, 1, 35) || '!', at, approval, 'globex', 'voted' FROM approval_events";
    house.world.database.by_hand(elsewhere).await;
    hear(all, all_heard, 3).await;
    hear(other, other_heard, 2).await;

    // And the first again.
    let back = "INSERT INTO approval_events (id, at, approval, tenant, kind)
        SELECT substr(id, 1, 35) || '~', at, approval, 'acme', 'voted' FROM approval_events WHERE tenant = 'globex'";
    house.world.database.by_hand(back).await;
    hear(all, all_heard, 4).await;
    hear(one, one_heard, 3).await;
    assert_eq!(other_heard.matches("\ndata: ").count(), 2);

    // What a page begins with tells nothing of others either.
    let of_all = house.get(&everywhere, "/_fn/approvals").await.text;
    assert!(!of_all.contains("\"marker\":\"\"") && of_all.contains("\"marker\":\""), "{of_all}");
    for cookie in [&acme, &globex] {
        let page = house.get(cookie, "/_fn/approvals").await.text;
        assert!(page.contains("\"marker\":\"\""), "{page}");
    }
    house.stop().await;
}
