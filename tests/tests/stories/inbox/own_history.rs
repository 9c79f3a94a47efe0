//! Approvers narrow what they answered, as owners narrow everything, and learn of nothing else by it.

use crate::inbox::helpers::{HOUR, asked, cookie, cookie_within, decide, demo_with_frank};
use crate::inbox::history::{
    LIST, LOOKING, MINUTE, NOTES, bot_asks, carol_asks, history, listed, rule_of, took,
};
use crate::inbox::html::{cells, rows, text};
use policy::{ApprovalId, RuleId};
use serde_json::json;
use store::accounts::AccountRole;
use tests::Backend;

const GRACE: &str =
    "subjects: [{ id: grace, kind: user, memberships: [{ tenant: acme, roles: [finance] }] }]";

pub(crate) async fn an_approver_narrows_what_they_answered(backend: Backend) {
    let world = demo_with_frank(backend).await;
    for bundle in [NOTES, LOOKING, GRACE] {
        world.apply(bundle).await;
    }
    let replica = world.replica().await;
    let frank = cookie(&world, 1, AccountRole::Approver, Some("frank")).await;
    let grace = cookie(&world, 2, AccountRole::Approver, Some("grace")).await;
    let denied = carol_asks(&world, &replica, "c-1").await;
    let approved = carol_asks(&world, &replica, "c-2").await;
    let graces = carol_asks(&world, &replica, "c-3").await;
    let waits = carol_asks(&world, &replica, "c-4").await;
    let looked = asked(&world, &replica, "CAROL_KEY", "get_customer", json!({"customer_id": "c-5"})).await;
    let note = bot_asks(&world, &replica, "hello").await;
    for (who, id, verdict) in [
        (&frank, &denied, "deny"),
        (&frank, &approved, "approve"),
        (&frank, &note, "approve"),
        (&grace, &graces, "deny"),
        (&grace, &looked, "approve"),
    ] {
        decide(&replica, who, id, verdict).await;
    }
    for (id, after) in [(&denied, 26 * HOUR), (&approved, 4 * MINUTE), (&note, 2 * HOUR)] {
        took(&world, id, after).await;
    }

    let all: [(&str, &ApprovalId); 6] = [
        ("denied", &denied),
        ("approved", &approved),
        ("graces", &graces),
        ("waits", &waits),
        ("looked", &looked),
        ("note", &note),
    ];
    let (refunds, notes) = (rule_of(&world, &denied).await, rule_of(&world, &note).await);
    let looks = rule_of(&world, &looked).await;
    let of_rule = |rule: &RuleId, more: &str| format!("&rule={rule}{more}");
    for (filters, expected) in [
        (String::new(), &["denied", "approved", "note"][..]),
        ("&tenant=acme".to_owned(), &["denied", "approved", "note"][..]),
        ("&state=denied".to_owned(), &["denied"][..]),
        ("&state=approved".to_owned(), &["approved", "note"][..]),
        // The page begins behind this one.
        (format!("&state=approved&after={note}"), &["approved"][..]),
        ("&subject=carol".to_owned(), &["denied", "approved"][..]),
        ("&subject=refund-bot".to_owned(), &["note"][..]),
        (of_rule(&notes, ""), &["note"][..]),
        (of_rule(&refunds, "&state=approved&subject=carol&tenant=acme"), &["approved"][..]),
        // What others answered, or nobody did, is none of it, however it is asked for.
        (of_rule(&looks, ""), &[][..]),
        ("&state=pending".to_owned(), &[][..]),
        ("&tenant=globex".to_owned(), &[][..]),
        ("&subject=%25".to_owned(), &[][..]),
        ("&rule=%25".to_owned(), &[][..]),
    ] {
        let page = history(&replica, &frank, &filters).await;
        assert_eq!(listed(&page, &all), expected, "{filters}");
        assert!(page.contains("What you answered."), "{filters}: {page}");
        assert!(!page.contains("class=\"rates\"") && !page.contains("candidate"), "{filters}: {page}");
        if expected.is_empty() {
            assert!(page.contains("No request fits all of the filters above."), "{filters}: {page}");
        }
    }
    let page = history(&replica, &frank, "&state=denied").await;
    let rows = rows(&page, LIST);
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    let cells = cells(row);
    assert_eq!(&cells[4..6], ["frank", "1 day"], "{page}");
    assert!(text(&page).contains("Outcome Denied"), "{page}");

    // The rules to choose from are those of what they answered, whatever is chosen.
    let offers = |page: &str, rule: &RuleId| page.contains(&format!("value=\"{rule}\""));
    assert!(offers(&page, &refunds) && offers(&page, &notes) && !offers(&page, &looks), "{page}");
    assert!(page.contains("ask for notes") && !page.contains("look twice"), "{page}");

    // Where the role counts elsewhere, what was answered here is not seen.
    let elsewhere = cookie_within(&world, 3, AccountRole::Approver, Some("frank"), "globex").await;
    for filters in ["", "&tenant=acme", "&state=denied"] {
        let page = history(&replica, &elsewhere, filters).await;
        assert_eq!(listed(&page, &all), Vec::<&str>::new(), "{filters}");
        assert!(!offers(&page, &refunds) && !offers(&page, &notes), "{filters}: {page}");
    }
    replica.stop().await;
}
