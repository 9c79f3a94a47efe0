//! Tasks and resources are found by the jump box, and calls by what they named, as far as the reach goes.

use crate::reach::house::{House, key_of, of};
use policy::Reach;
use serde_json::json;
use store::accounts::AccountRole;
use tests::Backend;

const BOUND: &str = "
servers: [{ slug: crm, tools: [{ name: refund, bindings: [{ pointer: /customer_id, type: customer }] }] }]
";

pub(crate) async fn tasks_and_resources_are_found_by_who_may_see_them(backend: Backend) {
    let house = House::open(backend).await;
    let task = house.theirs.task.clone();
    let (page, key) = (format!("/tasks/{task}"), key_of("customer", "theirs-1"));
    let resource = format!("/resources/{key}");
    for (role, reach, seen) in [
        (AccountRole::Owner, Reach::Everything, true),
        (AccountRole::Auditor, of(&["nimbus"]), true),
        (AccountRole::PolicyAuthor, of(&["acme", "nimbus"]), true),
        (AccountRole::Owner, of(&["acme"]), false),
        (AccountRole::Auditor, of(&["globex"]), false),
        // Sees neither, wherever it is.
        (AccountRole::Approver, Reach::Everything, false),
    ] {
        let cookie = house.browser(role, reach.clone()).await;
        for (text, place) in [
            (task.clone(), &page),
            (task.to_uppercase(), &page),
            ("theirs-1".to_owned(), &resource),
            ("thei".to_owned(), &resource),
            ("customer%2Ftheirs-".to_owned(), &resource),
            ("customer%3Atheirs-1".to_owned(), &resource),
            ("theirs-1&tenant=nimbus".to_owned(), &resource),
        ] {
            let answer = house.get(&cookie, &format!("/_fn/search?q={text}")).await;
            assert_eq!(answer.status, 200, "{role} of {reach}: {text}");
            assert_eq!(
                answer.text.contains(place.as_str()),
                seen,
                "{role} of {reach}: {text} {}",
                answer.text
            );
        }
        // Not by another type, not by what stands within an id, and not where it is not.
        for text in ["falcon%2Ftheirs-1", "heirs-1", "theirs-1&tenant=acme", "THEIRS-1"] {
            let answer = house.get(&cookie, &format!("/_fn/search?q={text}")).await;
            assert!(!answer.text.contains(&key), "{role} of {reach}: {text} {}", answer.text);
        }
    }
    // The whole id of a task leads straight to it.
    let cookie = house.browser(AccountRole::Owner, Reach::Everything).await;
    assert_eq!(house.get(&cookie, &format!("/search?q={task}")).await.location, page);
    let listed = house.get(&cookie, "/search?q=theirs-").await.text;
    assert!(listed.contains(&resource), "{listed}");
    house.stop().await;
}

pub(crate) async fn calls_are_found_by_what_they_named_in_their_own_tenant(backend: Backend) {
    let house = House::open(backend).await;
    house.world.apply(BOUND).await;
    let crm = house.crm();
    let call = async |customer: &str| {
        let arguments = json!({"customer_id": customer, "amount": 80, "currency": "EUR"});
        let told = crm.call(house.world.secret("ALICE_KEY"), "refund", arguments).await;
        (told.reason().to_owned(), told.decision_id.expect("an id"))
    };
    let (reason, own) = call("ours-1").await;
    assert_eq!(reason, "allowed");
    let (reason, foreign) = call("theirs-1").await;
    assert_eq!(reason, "resource_tenant_mismatch");
    for (reach, seen) in [
        (Reach::Everything, true),
        (of(&["acme"]), true),
        (of(&["acme", "nimbus"]), true),
        // Neither the calls of others, nor that one of them named what is theirs.
        (of(&["nimbus"]), false),
    ] {
        let cookie = house.browser(AccountRole::Auditor, reach.clone()).await;
        for (resource, id) in [("customer%2Fours-1", &own), ("customer%3Atheirs-1", &foreign)] {
            for path in [
                format!("/decisions?resource={resource}"),
                format!("/decisions?resource={resource}&tenant=acme"),
                format!("/_fn/decisions?query[resource]={resource}"),
            ] {
                let answer = house.get(&cookie, &path).await;
                assert_eq!(
                    (answer.status, answer.text.contains(id.as_str())),
                    (200, seen),
                    "{reach}: {path}"
                );
            }
        }
        let other = house.get(&cookie, "/_fn/decisions?query[resource]=customer%2Fours-2").await;
        assert!(!other.text.contains(&own) && !other.text.contains(&foreign), "{}", other.text);
    }
    let cookie = house.browser(AccountRole::Auditor, of(&["acme"])).await;
    // What is no resource narrows to nothing that could be shown: it is an error, not the whole list.
    for text in ["ours-1", "tool%2Frefund", "customer%2F", "%2Fours-1"] {
        let answer = house.get(&cookie, &format!("/_fn/decisions?query[resource]={text}")).await;
        assert_eq!(answer.status, 400, "{text} {}", answer.text);
    }
    // From the call to the others that named the same: of what is another's as well, which is no more than the call said.
    for (id, link) in [(&own, "customer%2Fours-1"), (&foreign, "customer%2Ftheirs-1")] {
        let page = house.get(&cookie, &format!("/decisions/{id}")).await;
        assert!(page.text.contains(&format!("href=\"/decisions?resource={link}\"")), "{}", page.text);
    }
    let page = house.get(&cookie, &format!("/resources/{}", key_of("customer", "ours-1"))).await;
    assert!(page.text.contains("href=\"/decisions?resource=customer%2Fours-1\""), "{}", page.text);
    house.stop().await;
}
