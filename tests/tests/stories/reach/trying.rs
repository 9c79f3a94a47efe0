//! A call that is tried from within some tenants: what others have and do is as if it were not there.

use crate::reach::house::{House, MARKER, form, of};
use policy::Reach;
use serde_json::{Value, json};
use store::accounts::AccountRole;
use tests::Backend;

/// The arguments of one of the demo's tools name resources; those that the file does not name are gone.
const BINDING: &str = "
servers:
  - slug: crm
    tools: [{ name: get_customer }, { name: refund, bindings: [{ pointer: /customer_id, type: customer }] }]
";

/// The page's own part: the answer, what was typed, and what can be chosen.
async fn tried(house: &House, cookie: &str, call: &[(&str, &str)]) -> String {
    let answer = house.get(cookie, &format!("/try?{}", form(call))).await;
    assert_eq!(answer.status, 200, "{call:?}");
    let (_, own) = answer.text.split_once("<main").expect("a main part");
    own.split_once("</main>").expect("an end").0.to_owned()
}

/// What is asked twice: of something that only others have, and of something that nobody has.
struct Twins {
    call: Vec<(&'static str, String)>,
    theirs: String,
    nobodys: &'static str,
    /// What both are told.
    reason: &'static str,
    /// Whether whoever reaches everything tells them apart.
    differ: bool,
}

fn twins(house: &House) -> Vec<Twins> {
    let call = |pairs: &[(&'static str, &str)]| {
        pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect::<Vec<_>>()
    };
    let of = |pairs: &[(&'static str, &str)], theirs: &str, nobodys, reason, differ| Twins {
        call: call(pairs),
        theirs: theirs.to_owned(),
        nobodys,
        reason,
        differ,
    };
    let refund = r#"{"customer_id":"theirs-1","amount":5,"currency":"EUR"}"#;
    let tool = ("tool", "crm/refund");
    let (read, customer, none) = (("action", "read"), ("type", "customer"), "no_matching_rule");
    vec![
        of(&[("subject", "zed"), tool], "zed", "nobody", "unknown_subject", true),
        of(&[("subject", "dave"), tool], "dave", "nobody", "unknown_subject", true),
        of(&[("subject", "zed"), ("tenant", "acme"), tool], "zed", "nobody", "unknown_subject", true),
        of(&[("subject", "zed"), ("tenant", "nimbus"), tool], "zed", "nobody", "unknown_subject", true),
        of(&[("subject", "alice"), ("agent", "zed"), tool], "zed", "nobody", "unknown_actor", true),
        of(
            &[("subject", "alice"), ("agent", "zed"), ("tenant", "acme"), tool],
            "zed",
            "nobody",
            "unknown_actor",
            true,
        ),
        of(&[("subject", "zed"), ("agent", "refund-bot"), tool], "zed", "nobody", "unknown_subject", true),
        of(&[("subject", "alice"), ("tenant", "nimbus"), tool], "nimbus", "nowhere", "no_membership", true),
        of(&[("subject", "both"), ("tenant", "nimbus"), tool], "nimbus", "nowhere", "no_membership", true),
        of(&[("subject", "alice"), ("tool", "nest/look")], "nest", "gone", "unknown_server", false),
        of(
            &[("subject", "alice"), tool, ("arguments", refund)],
            "theirs-1",
            "theirs-9",
            "resource_unknown",
            true,
        ),
        of(&[("subject", "alice"), read, customer, ("id", "theirs-1")], "theirs-1", "theirs-9", none, true),
        of(&[("subject", "zed"), read, customer, ("id", "ours-1")], "zed", "nobody", "unknown_subject", true),
        of(
            &[("subject", "alice"), ("tenant", "nimbus"), read, customer, ("id", "ours-1")],
            "nimbus",
            "nowhere",
            "no_membership",
            true,
        ),
        of(&[("from", house.theirs.decision.as_str())], &house.theirs.decision, "none", "", true),
    ]
}

pub(crate) async fn a_trial_knows_nothing_of_other_tenants(backend: Backend) {
    let house = House::open(backend).await;
    house.world.apply(BINDING).await;
    let everywhere = house.browser(AccountRole::Owner, Reach::Everything).await;
    for role in [AccountRole::Owner, AccountRole::PolicyAuthor, AccountRole::Auditor] {
        let acme = house.browser(role, of(&["acme"])).await;
        for Twins { call, theirs, nobodys, reason, differ } in twins(&house) {
            let one: Vec<(&str, &str)> = call.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let replaced: Vec<String> =
                call.iter().map(|(_, value)| value.replace(&theirs, nobodys)).collect();
            let other: Vec<(&str, &str)> =
                call.iter().zip(&replaced).map(|((name, _), value)| (*name, value.as_str())).collect();
            let plain = |text: String| text.replace(&theirs, nobodys);
            let (here, there) = (tried(&house, &acme, &one).await, tried(&house, &acme, &other).await);
            assert!(there.contains(reason), "{role} {other:?}: {there}");
            assert!(!here.contains(MARKER) && !there.contains(&format!("\"{theirs}")), "{role} {one:?}");
            assert_eq!(plain(here), plain(there), "{role} {one:?}");
            let all = (tried(&house, &everywhere, &one).await, tried(&house, &everywhere, &other).await);
            assert_eq!(plain(all.0) != plain(all.1), differ, "{one:?}");
        }
        // Of somebody who is elsewhere as well, the reader's tenant alone counts.
        let call =
            [("subject", "both"), ("tool", "crm/get_customer"), ("arguments", r#"{"customer_id":"c-1"}"#)];
        let told = tried(&house, &acme, &call).await;
        assert!(told.contains("reading for every member") && !told.contains("tenant_required"), "{told}");
        assert!(tried(&house, &everywhere, &call).await.contains("tenant_required"));
    }
    let approver = house.browser(AccountRole::Approver, of(&["acme"])).await;
    assert_eq!(house.get(&approver, "/try?subject=alice&tool=crm/refund").await.status, 403);
    // Who reaches several of them is asked which.
    let two = house.browser(AccountRole::Auditor, of(&["acme", "nimbus"])).await;
    let told = tried(&house, &two, &[("subject", "both"), ("tool", "crm/refund")]).await;
    assert!(told.contains("tenant_required"), "{told}");
    house.stop().await;
}

/// A rule as it is written, which would let the demo's customers be exported.
pub(crate) fn draft(tenant: &str) -> Value {
    json!({
        "name": "mine", "effect": "allow", "status": "enforced", "tenant": tenant, "roles": [], "subjects": [],
        "kinds": [], "tools": ["crm/export_customers"], "risk_at_least": null, "sensitivity": [],
        "parameters": "", "when": "", "from": "", "until": "", "approvers": [], "quorum": "1",
        "expires_in": "1h", "uses": "1", "explain": true,
    })
}

pub(crate) async fn a_draft_is_tried_in_the_own_tenants_alone(backend: Backend) {
    let house = House::open(backend).await;
    let try_it = async |cookie: &str, tenant: &str, id: &str, subject: &str| {
        let call = json!({
            "subject": subject, "tool": "crm/export_customers", "arguments": "{\"format\":\"csv\"}",
        });
        let asked = json!({ "draft": draft(tenant), "id": id, "call": call });
        house.json(cookie, "/_fn/rule-try", &asked).await
    };
    let acme = house.browser(AccountRole::PolicyAuthor, of(&["acme"])).await;
    for (tenant, id, subject, reason) in [
        ("acme", "", "alice", "allowed"),
        ("", "", "alice", "allowed"),
        // What is written for others, counts for nobody here; nor is any of theirs taken out.
        ("nimbus", "", "alice", "no_matching_rule"),
        ("acme", house.theirs.rule.as_str(), "alice", "allowed"),
        ("acme", "", "zed", "unknown_subject"),
        ("nimbus", house.theirs.rule.as_str(), "zed", "unknown_subject"),
        ("acme", "", "nobody", "unknown_subject"),
    ] {
        let answer = try_it(&acme, tenant, id, subject).await;
        assert_eq!(answer.status, 200, "{tenant} {id} {subject}: {}", answer.text);
        assert!(answer.text.contains(&format!("\"{reason}\"")), "{tenant} {id} {subject}: {}", answer.text);
        assert!(!answer.text.contains(MARKER), "{}", answer.text);
    }
    let auditor = house.browser(AccountRole::Auditor, of(&["acme"])).await;
    assert_eq!(try_it(&auditor, "acme", "", "alice").await.status, 403);
    house.stop().await;
}
