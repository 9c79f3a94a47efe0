//! The pages of agents and of whom they act for, and how far they tell of other tenants.

use crate::for_whom::{HEAD, call, open, own};
use crate::reach::house::{MARKER, of};
use serde_json::{Value, json};
use store::accounts::AccountRole;
use tests::Backend;

pub(crate) async fn an_agent_of_other_tenants_alone_reads_like_nobodys(backend: Backend) {
    let (house, _, everywhere) = open(backend).await;
    let acme = house.browser(AccountRole::Owner, of(&["acme"])).await;
    for address in [
        "/access?tenant=acme&subject=ada&agent={}",
        "/access?tenant=acme&tool=shop%2Fshow&agent={}",
        "/access?tenant=acme&agent={}",
        "/access/export.csv?tenant=acme&subject=ada&agent={}",
        "/access?tenant=nimbus&subject=zed&agent={}",
        "/access/export.csv?tenant=nimbus&subject=zed&agent={}",
        "/subjects/bot?for={}",
        "/subjects/bot?for={}&tenant=nimbus",
        "/try?subject=ada&agent={}&tool=shop%2Fshow",
        "/try?subject=both&tenant=acme&agent={}&tool=shop%2Fshow",
        "/try?subject=zed&agent={}&tool=nest%2Flook",
    ] {
        let ask = async |cookie: &str, id: &str| own(&house.get(cookie, &address.replace("{}", id)).await);
        let (theirs, nobodys) = (ask(&acme, "zfarz").await, ask(&acme, "znobz").await);
        assert_eq!(theirs.replace("zfarz", "znobz"), nobodys, "{address}");
        assert!(!theirs.contains(MARKER), "{address}: {theirs}");
        if address.contains("nimbus&subject") {
            let seen = ask(&everywhere, "zfarz").await;
            assert!(seen.contains("nest/look"), "{address}: who may see it, does: {seen}");
        }
    }
    // Of an agent of both tenants the other one is not told.
    for address in ["/subjects/duo", "/subjects/duo?for=both&tenant=nimbus", "/subjects/both"] {
        let within = own(&house.get(&acme, address).await);
        assert!(within.contains("Access in acme"), "{address}: {within}");
        assert!(!within.contains("nimbus") && !within.contains(MARKER), "{address}: {within}");
        let whole = own(&house.get(&everywhere, address).await);
        assert!(whole.contains("Access in nimbus"), "{address}: {whole}");
    }
    // Nor of what a person has elsewhere.
    assert!(!own(&house.get(&acme, "/subjects/ada").await).contains("zoutz"));
    assert!(own(&house.get(&everywhere, "/subjects/ada").await).contains("zoutz"));
    // And from the other side.
    let nimbus = house.browser(AccountRole::Owner, of(&["nimbus"])).await;
    assert_eq!(house.get(&nimbus, "/subjects/bot").await.status, 404);
    let asked = "tenant=acme&subject=ada&agent=bot";
    assert!(!own(&house.get(&nimbus, &format!("/access?{asked}")).await).contains("sellers"));
    let file = house.get(&nimbus, &format!("/access/export.csv?{asked}")).await;
    assert_eq!(file.text.lines().collect::<Vec<_>>(), [HEAD]);
    house.stop().await;
}

pub(crate) async fn an_agents_page_tells_what_it_may_do_for_whom(backend: Backend) {
    let (house, pep, cookie) = open(backend).await;
    let page = async |path: &str| own(&house.get(&cookie, path).await);
    // The owner comes first, and is the one that is looked at.
    let owned = page("/subjects/bot").await;
    for text in [
        "May do for",
        "its owner",
        "/subjects/bot?for=ada",
        "Access in acme: bot for ada",
        "4 tools without approval and 1 tool with approval, of 11 in acme",
        "shop/refund",
        "shop/pay",
    ] {
        assert!(owned.contains(text), "{text}: {owned}");
    }
    assert!(!owned.contains("shop/tidy"), "what is denied is not listed: {owned}");
    // Anybody else by choice.
    let chosen = page("/subjects/bot?for=bea").await;
    assert!(chosen.contains("3 tools without approval and 0 tools with approval, of 11 in acme"), "{chosen}");
    let nobody = page("/subjects/bot?for=znobz").await;
    assert!(nobody.contains("Nothing: no member of its tenants has this id."), "{nobody}");
    // Who has acted for nobody yet says so, and nothing is looked at.
    let fresh = page("/subjects/mute").await;
    assert!(fresh.contains("No one that you may see: no owner"), "{fresh}");
    assert!(!fresh.contains("without approval and"), "{fresh}");
    assert!(pep.ask(&call("bea", "mute", "show", 1)).await.allowed());
    let acted = page("/subjects/mute").await;
    assert!(acted.contains("it acted for them lately"), "{acted}");
    assert!(acted.contains("/subjects/mute?for=bea"), "{acted}");
    assert!(acted.contains("3 tools without approval and 0 tools with approval"), "{acted}");
    // What acts for nobody has no such part.
    for path in ["/subjects/cron", "/subjects/ada"] {
        let other = page(path).await;
        assert!(!other.contains("May do for"), "{path}: {other}");
    }
    // Where there are many, the first are listed and the others counted.
    let tools: Vec<Value> = (10..25).map(|number| json!({"name": format!("t{number}")})).collect();
    let rule = json!({"name": "many", "tenant": "acme", "effect": "allow", "tools": ["many/*"]});
    let server =
        json!({"slug": "many", "url": "http://127.0.0.1:9011/mcp", "tenants": ["acme"], "tools": tools});
    house.world.apply(&json!({"servers": [server], "rules": [rule]}).to_string()).await;
    let many = page("/subjects/bot").await;
    assert!(many.contains("19 tools without approval and 1 tool with approval, of 26 in acme"), "{many}");
    assert!(many.contains("9 more tools without approval"), "{many}");
    house.stop().await;
}

pub(crate) async fn who_acts_for_somebody_stands_on_their_page(backend: Backend) {
    let (house, pep, cookie) = open(backend).await;
    let page = async |path: &str| own(&house.get(&cookie, path).await);
    assert!(!page("/subjects/bea").await.contains("Agents that act for it"));
    let owner = page("/subjects/ada").await;
    for text in ["Agents that act for it", "owned by it", "/subjects/bot?for=ada", "no tenant in common"] {
        assert!(owner.contains(text), "{text}: {owner}");
    }
    assert!(pep.ask(&call("bea", "bot", "show", 1)).await.allowed());
    let acted = page("/subjects/bea").await;
    for text in ["acted for it lately", "/subjects/bot?for=bea", "Access in acme: bot for bea"] {
        assert!(acted.contains(text), "{text}: {acted}");
    }
    let agent = page("/subjects/bot").await;
    let (first, second) = (agent.find("/subjects/bot?for=ada"), agent.find("/subjects/bot?for=bea"));
    assert!(first.is_some() && first < second, "the owner first: {first:?} {second:?}");
    house.stop().await;
}
