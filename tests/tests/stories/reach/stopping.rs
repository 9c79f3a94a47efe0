//! What an owner of one tenant stops, lifts and ends there.

use crate::reach::house::{House, of};
use policy::labels::StopScope;
use policy::{SubjectId, TenantSlug};
use serde_json::json;
use store::accounts::AccountRole;
use store::administration::{NewBreakGlass, NewStop};
use tests::Backend;
use tests::world::operator;

async fn looks(house: &House) -> String {
    let alice = house.world.secret("ALICE_KEY");
    let told = house.crm().call(alice, "get_customer", json!({ "customer_id": "c-42" })).await;
    told.reason().to_owned()
}

pub(crate) async fn an_owner_of_a_tenant_stops_it_and_its_members(backend: Backend) {
    let house = House::open(backend).await;
    let cookie = house.browser(AccountRole::Owner, of(&["acme"])).await;
    let stops = async || house.world.store.list_active_stops(10).await.expect("lists");
    // `both` is somebody elsewhere as well, where nothing is stopped by it.
    for (scope, target, of_alice) in [
        ("tenant", "", true),
        ("subject", "alice", true),
        ("agent", "refund-bot", false),
        ("subject", "both", false),
    ] {
        assert_eq!(looks(&house).await, "allowed");
        let place = format!("/emergency?ask=throw&scope={scope}&target={target}&in=acme");
        let page = house.get(&cookie, &place).await;
        assert!(
            page.status == 200 && page.text.contains("It takes effect on the next call"),
            "{}",
            page.text
        );
        let fields = [("scope", scope), ("target", target), ("tenant", "acme"), ("reason", "it runs wild")];
        let answer = house.post(&cookie, "/_fn/emergency-stop", &fields).await;
        assert!(answer.location.contains("done=stopped"), "{scope} {target}: {answer:?}");
        let stop = stops().await.into_iter().find(|stop| stop.reason == "it runs wild").expect("a stop");
        assert_eq!(
            (stop.target.as_str(), stop.tenant.as_ref().map(TenantSlug::as_str)),
            (target, Some("acme"))
        );
        let reason = if of_alice { "kill_switch" } else { "allowed" };
        assert_eq!(looks(&house).await, reason, "{scope} {target}");
        // The page and the bar above every page offer to lift it.
        let lift = format!("of={}", stop.id);
        for path in ["/emergency", "/_fn/frame"] {
            let shown = house.get(&cookie, path).await;
            assert!(shown.text.contains("ask=lift") && shown.text.contains(&lift), "{path}: {}", shown.text);
        }
        let answer = house.post(&cookie, "/_fn/emergency-lift", &[("id", stop.id.as_str())]).await;
        assert!(answer.location.contains("done=stop-lifted"), "{scope} {target}: {answer:?}");
    }
    assert_eq!(looks(&house).await, "allowed");
    for role in [AccountRole::PolicyAuthor, AccountRole::Approver, AccountRole::Auditor] {
        let other = house.browser(role, of(&["acme"])).await;
        assert_eq!(house.get(&other, "/emergency").await.status, 403, "{role}");
        let fields = [("scope", "tenant"), ("tenant", "acme"), ("reason", "mine")];
        assert_eq!(house.call(&other, "/_fn/emergency-stop", &fields).await.status, 403, "{role}");
    }
    house.stop().await;
}

pub(crate) async fn what_the_house_stopped_is_not_lifted_from_within(backend: Backend) {
    let house = House::open(backend).await;
    let cookie = house.browser(AccountRole::Owner, of(&["acme"])).await;
    let store = &house.world.store;
    let mut writer = store.write(operator()).await.expect("a unit of work");
    let new = |scope, target, reason| NewStop { scope, target, tenant: None, reason };
    let tool =
        writer.stop(&new(StopScope::Tool, "crm/refund", "a tool runs wild")).await.expect("is stopped");
    let all = writer.stop(&new(StopScope::Everything, "", "all runs wild")).await.expect("is stopped");
    writer.commit().await.expect("commits");
    // That everything is stopped, everybody sees.
    let page = house.get(&cookie, "/emergency").await;
    assert!(page.text.contains("all runs wild") && !page.text.contains("a tool runs wild"), "{}", page.text);
    assert!(!page.text.contains("ask=lift"), "{}", page.text);
    for stop in [&tool, &all] {
        let page = house.get(&cookie, &format!("/emergency?ask=lift&of={}", stop.id)).await;
        assert!(page.text.contains("There is no such thing"), "{}", page.text);
        let before = house.last_change().await;
        let answer = house.post(&cookie, "/_fn/emergency-lift", &[("id", stop.id.as_str())]).await;
        assert!(answer.location.contains("draft="), "{answer:?}");
        assert_eq!(house.last_change().await, before);
        assert!(store.get_stop(&stop.id).await.expect("reads").expect("is there").is_active());
    }
    // What is for those who reach everything is not offered.
    for (query, offered) in [
        ("", "ask=break-glass"),
        ("", "everything%0A"),
        ("?ask=stop", "value=\"everything\""),
        ("?ask=stop", "value=\"tool\""),
        ("?ask=stop", "In every tenant"),
        ("?ask=break-glass", "name=\"minutes\""),
    ] {
        let page = house.get(&cookie, &format!("/emergency{query}")).await;
        assert!(page.status == 200 && !page.text.contains(offered), "{query} {offered}: {}", page.text);
    }
    house.stop().await;
}

pub(crate) async fn an_owner_of_a_tenant_ends_break_glass_and_confirms_none(backend: Backend) {
    let house = House::open(backend).await;
    let cookie = house.browser(AccountRole::Owner, of(&["acme"])).await;
    let store = &house.world.store;
    let glass = NewBreakGlass {
        tenant: &TenantSlug::from("acme"),
        subject: &SubjectId::from("alice"),
        tools: "crm/refund",
        reason: "it burns",
        minutes: 5,
    };
    let mut writer = store.write(operator()).await.expect("a unit of work");
    let grant = writer.ask_break_glass(&glass, None).await.expect("is asked").id;
    writer.commit().await.expect("commits");
    let page = house.get(&cookie, "/emergency").await;
    assert!(page.text.contains("it burns") && page.text.contains("ask=end"), "{}", page.text);
    assert!(!page.text.contains("ask=confirm"), "{}", page.text);
    let page = house.get(&cookie, &format!("/emergency?ask=confirm&of={grant}")).await;
    assert!(page.text.contains("This concerns more than your tenants"), "{}", page.text);
    let id = [("id", grant.as_str())];
    assert_eq!(house.call(&cookie, "/emergency/confirm", &id).await.status, 403);
    let read = async || store.get_break_glass(&grant).await.expect("reads").expect("is there");
    assert_eq!((read().await.confirmed_at, read().await.ended_at), (None, None));
    let answer = house.post(&cookie, "/_fn/break-glass-end", &id).await;
    assert!(answer.location.contains("done=break-glass-ended"), "{answer:?}");
    assert!(read().await.ended_at.is_some());
    house.stop().await;
}
