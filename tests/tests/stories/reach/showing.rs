//! Nothing that another tenant named comes back, whatever is asked for, with their ids in every parameter.

use crate::reach::house::{House, MARKER, encode, of};
use crate::reach::walking::{NARROWED, NARROWED_PAGES, concrete, endpoint};
use policy::{Reach, Rule, RuleId, TenantSlug};
use reqwest::Method;
use server::console::functions;
use store::accounts::AccountRole;
use tests::Backend;
use tests::world::operator;

/// Names under which functions are asked for an id.
const OF_FUNCTIONS: &[&str] = &[
    "id",
    "than",
    "server",
    "tool",
    "q",
    "query[tenant]",
    "query[subject]",
    "query[rule]",
    "query[of]",
    "query[object]",
    "query[older_than]",
    "beginning[tenant]",
];

/// The same of pages. The tenant and what pages go on from would leave nothing of the others, so each is alone as well.
const OF_PAGES: &[&str] =
    &["tenant", "subject", "agent", "for", "tool", "rule", "of", "told", "object", "older_than", "after"];

fn named(names: &[&str], id: &str) -> String {
    names.iter().map(|name| format!("{name}={}", encode(id))).collect::<Vec<_>>().join("&")
}

/// What answered with the marker, of all that one browser asks.
async fn ask(house: &House, cookie: &str) -> Vec<String> {
    let mut addresses = Vec::new();
    let narrowed = functions().into_iter().filter(|(path, _)| NARROWED.contains(&endpoint(path)));
    let readable: Vec<&str> =
        narrowed.filter(|(_, method)| *method == Method::GET).map(|(path, _)| path).collect();
    assert!(readable.len() > 5, "{readable:?}");
    for path in readable {
        // A part of the marker: what is asked for is told back.
        let mut queries = vec![String::new(), "q=estre".to_owned(), "q=estre&tenant=nimbus".to_owned()];
        queries.push("query[history]=true".to_owned());
        for id in house.theirs.all() {
            queries.push(named(OF_FUNCTIONS, id));
            queries.push(named(&["id"], id));
            queries.push(named(&["query[tenant]"], id));
        }
        addresses.extend(queries.into_iter().map(|query| format!("{path}?{query}")));
    }
    for page in NARROWED_PAGES {
        addresses.extend(house.theirs.all().map(|id| concrete(page, &encode(id))));
        let path = concrete(page, "both");
        let mut queries: Vec<String> = house.theirs.all().map(|id| named(OF_PAGES, id)).to_vec();
        queries.extend(OF_PAGES.iter().map(|name| named(&[*name], "nimbus")));
        for query in
            ["", "q=estre", "view=history", "ask=new&tenant=nimbus", "ask=member&of=nimbus", "ask=join"]
        {
            queries.push(query.to_owned());
        }
        addresses.extend(queries.into_iter().map(|query| format!("{path}?{query}")));
    }
    for query in ["", "?tenant=nimbus", "?tenant=nimbus&subject=zed", "?tenant=nimbus&tool=nest/look"] {
        addresses.push(format!("/access/export.csv{query}"));
    }
    let theirs = &house.theirs;
    let (stop, grant) = (theirs.stop.as_str(), theirs.grant.as_str());
    for query in ["", "subject=zed&tenant=nimbus", "subject=both&tenant=nimbus", "subject=both"] {
        addresses.push(format!("/try?{query}&tool=nest/look"));
    }
    addresses.push(format!("/try?from={}", theirs.decision));
    for query in ["q=theirs", "type=falcon", "type=customer", "tenant=nimbus&ask=new", "ask=import"] {
        addresses.push(format!("/resources?{query}"));
    }
    for ask in ["edit", "delete"] {
        addresses.push(format!("/resources/{}?ask={ask}", theirs.resource));
    }
    for (ask, of) in [
        ("stop", ""),
        ("break-glass", ""),
        ("lift", stop),
        ("confirm", grant),
        ("end", grant),
        ("throw", "tenant%0A%0Animbus"),
        ("throw", "subject%0Azed%0Animbus"),
        ("throw", "subject%0Azed%0Aacme"),
        ("throw", "subject%0Azed"),
        ("throw", "server%0Anest%0Animbus"),
        ("throw", "tool%0Anest/look%0Aacme"),
    ] {
        addresses.push(format!("/emergency?ask={ask}&of={of}"));
    }
    addresses.push("/emergency?before=ffffffff-0000-7000-8000-000000000000".to_owned());
    addresses.sort_unstable();
    addresses.dedup();
    let mut told = Vec::new();
    for address in addresses {
        if house.get(cookie, &address).await.text.contains(MARKER) {
            told.push(address);
        }
    }
    told
}

pub(crate) async fn nothing_of_another_tenant_is_shown(backend: Backend) {
    let house = House::open(backend).await;
    for role in AccountRole::ALL {
        let cookie = house.browser(*role, of(&["acme"])).await;
        assert_eq!(ask(&house, &cookie).await, Vec::<String>::new(), "{role}");
    }
    // There was something to be seen: by those who may.
    for reach in [Reach::Everything, of(&["nimbus"]), of(&["acme", "nimbus"])] {
        let cookie = house.browser(AccountRole::Owner, reach.clone()).await;
        for (path, text) in [
            ("/rules", "Kestrel rule"),
            ("/roles", "Kestrel role"),
            ("/subjects", "Zed Kestrel"),
            ("/subjects/zed", "Zed Kestrel"),
            ("/subjects/both", "Kestrel role"),
            ("/tasks", "errand"),
            ("/_fn/decisions", "Kestrel-tool"),
            ("/_fn/overview", "Kestrel-tool"),
            ("/changes?tenant=nimbus", "Kestrel role"),
            ("/access?tenant=nimbus", "Kestrel role"),
            ("/access/export.csv?tenant=nimbus", "Kestrel role"),
            ("/search?q=estre", "Zed Kestrel"),
            ("/_fn/search?q=estre", "Zed Kestrel"),
            ("/_fn/frame", "Kestrel Works"),
            ("/_fn/frame", "Kestrel runs wild"),
            ("/resources", "Kestrel customer"),
            ("/resources?type=falcon", "theirs-2"),
            ("/try?subject=zed&tool=nest/look", "Kestrel runs wild"),
            ("/emergency", "Kestrel runs wild"),
            ("/emergency", "Kestrel burns"),
            ("/emergency", "Kestrel ran wild"),
            ("/emergency", "Kestrel burned"),
            ("/emergency?ask=throw&of=subject%0Azed%0Animbus", "Zed Kestrel"),
        ] {
            let answer = house.get(&cookie, path).await;
            assert!(answer.status == 200 && answer.text.contains(text), "{reach}: {path} {}", answer.status);
        }
        let decision = format!("/decisions/{}", house.theirs.decision);
        let seen = house.get(&cookie, &decision).await.status;
        // Whose call it was is known only where its tenant was.
        assert!(matches!(seen, 200 | 404), "{reach}: {seen}");
        let task = format!("/tasks/{}", house.theirs.task);
        assert_eq!(house.get(&cookie, &task).await.status, 200, "{reach}");
    }
    let acme = house.browser(AccountRole::Owner, of(&["acme"])).await;
    for path in ["/rules/", "/roles/", "/decisions/", "/changes/", "/tasks/", "/subjects/", "/resources/"] {
        for id in house.theirs.all() {
            let page = format!("{path}{}", encode(id));
            assert_eq!(house.get(&acme, &page).await.status, 404, "{page}");
        }
    }
    house.stop().await;
}

pub(crate) async fn what_moved_between_tenants_is_neithers_to_read(backend: Backend) {
    let house = House::open(backend).await;
    let store = &house.world.store;
    let id = RuleId::new(house.theirs.rule.as_str());
    let known = store.get_rule(&id).await.expect("answers").expect("a rule");
    let moved = Rule { tenant: Some(TenantSlug::from("acme")), ..known.rule };
    let mut writer = store.write(operator()).await.expect("a unit of work");
    writer.change_rule(&id, None, &moved).await.expect("is moved");
    let change = writer.commit().await.expect("commits").changes.remove(0);
    assert_eq!((change.kind.as_str(), change.tenant), ("rule", None));
    let page = format!("/changes/{}", change.id);
    for slug in ["acme", "nimbus"] {
        let cookie = house.browser(AccountRole::Auditor, of(&[slug])).await;
        assert_eq!(house.get(&cookie, &page).await.status, 404, "{slug}");
        assert!(!house.get(&cookie, "/changes").await.text.contains(&change.id), "{slug}");
    }
    let everywhere = house.browser(AccountRole::Auditor, Reach::Everything).await;
    assert_eq!(house.get(&everywhere, &page).await.status, 200);
    house.stop().await;
}
