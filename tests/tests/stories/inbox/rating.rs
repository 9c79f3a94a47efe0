//! How often each rule's requests are approved is for whoever reads rules, within their tenants, and for nobody else.

use crate::inbox::helpers::{cookie, cookie_within, decide, demo_with_frank, get, look};
use crate::inbox::history::{NOTES, advice, bars, bot_asks, carol_asks, rule_of};
use store::accounts::AccountRole;
use tests::Backend;

const RATES: &str = "/rules/rates";

pub(crate) async fn rates_are_for_whoever_reads_rules(backend: Backend) {
    let world = demo_with_frank(backend).await;
    world.apply(NOTES).await;
    let replica = world.replica().await;
    let frank = cookie(&world, 1, AccountRole::Approver, Some("frank")).await;
    let refund = carol_asks(&world, &replica, "c-1").await;
    decide(&replica, &frank, &refund, "approve").await;
    let mut notes = None;
    for number in 1..=10 {
        let note = bot_asks(&world, &replica, &format!("note {number}")).await;
        decide(&replica, &frank, &note, "deny").await;
        notes = Some(rule_of(&world, &note).await);
    }
    let notes = notes.expect("was asked");
    let told = "ask for notes was denied all 10 times that somebody answered: it is a candidate to deny.";

    let readers = [AccountRole::Owner, AccountRole::PolicyAuthor, AccountRole::Auditor];
    for (number, role) in (10_u128..).step_by(10).zip(readers) {
        let everywhere = cookie(&world, number, role, None).await;
        let within = cookie_within(&world, number + 1, role, None, "acme").await;
        for cookie in [&everywhere, &within] {
            for path in [RATES.to_owned(), format!("{RATES}?tenant=acme")] {
                let page = look(&replica, cookie, &path).await;
                let expected = ["ask for notes 0 of 10 approved", "refunds by finance 1 of 1 approved"];
                assert_eq!(bars(&page), expected, "{role}: {path}");
                assert_eq!(advice(&page), [(told.to_owned(), format!("/rules/{notes}"))], "{role}: {path}");
                // Single requests are for those who answer requests.
                assert_eq!(page.contains("/approvals?view=history"), role == AccountRole::Owner, "{role}");
                assert!(!page.contains(refund.as_str()), "{role}: {page}");
            }
            let rules = look(&replica, cookie, "/rules").await;
            assert!(rules.contains(&format!("href=\"{RATES}\"")), "{role}: {rules}");
            let nothing = look(&replica, cookie, &format!("{RATES}?tenant=globex")).await;
            assert!(nothing.contains("Nothing was decided yet"), "{role}: {nothing}");
        }
        // Nothing of it where the role counts in another tenant alone.
        let elsewhere = cookie_within(&world, number + 2, role, None, "globex").await;
        for path in [RATES.to_owned(), format!("{RATES}?tenant=acme")] {
            let page = look(&replica, &elsewhere, &path).await;
            assert!(
                page.contains("Nothing was decided yet") && !page.contains("ask for notes"),
                "{role}: {page}"
            );
        }
    }

    // Who may not read rules sees none of it.
    let within = cookie_within(&world, 2, AccountRole::Approver, Some("frank"), "acme").await;
    for cookie in [&frank, &within] {
        let shut = get(&replica, cookie, RATES).await;
        assert_eq!(shut.status(), 403);
        let page = shut.text().await.expect("text");
        assert!(!page.contains("ask for notes") && !page.contains(notes.as_str()), "{page}");
    }
    assert_eq!(get(&replica, "countersign=none", RATES).await.status(), 303);
    replica.stop().await;
}
