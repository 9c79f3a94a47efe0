//! Whether enough can approve what a rule asks about is told where the rule is.

use crate::inbox::html::{seen, text};
use crate::reach::house::{House, of};
use policy::{Reach, TenantSlug};
use store::accounts::AccountRole;
use store::administration::Page;
use tests::Backend;

const TOO_FEW: &str = "Too few can approve: no member holds fiance";

pub(crate) async fn too_few_approvers_are_told_at_their_rule(backend: Backend) {
    let house = House::open(backend).await;
    let rule = "rules: [{ name: asks nobody, tenant: acme, effect: allow, tools: [crm/export_customers], \
                approval: { approvers: [fiance] } }]";
    house.world.apply(rule).await;
    let acme = TenantSlug::from("acme");
    let rules = house.world.store.list_rules(Some(&acme), &Page::ALL).await.expect("lists");
    let rule = rules.into_iter().find(|stored| stored.rule.name == "asks nobody").expect("is listed").id;
    let pages = ["/rules".to_owned(), format!("/rules/{rule}")];
    let owner = house.browser(AccountRole::Owner, of(&["acme"])).await;
    let auditor = house.browser(AccountRole::Auditor, Reach::Everything).await;
    // A role of the same name that somebody holds elsewhere is no help.
    let nimbus = "roles: [{ name: fiance, tenant: nimbus }]\n\
        subjects: [{ id: ned, kind: user, memberships: [{ tenant: nimbus, roles: [fiance] }] }]";
    let ours = "roles: [{ name: fiance, tenant: acme }]\n\
        subjects: [{ id: ann, kind: user, memberships: [{ tenant: acme, roles: [fiance] }] }]";
    for (bundle, told) in [(nimbus, true), (ours, false)] {
        house.world.apply(bundle).await;
        for cookie in [&owner, &auditor] {
            for page in &pages {
                let answer = house.get(cookie, page).await;
                assert_eq!(answer.status, 200, "{page}");
                let shown = text(&seen(&answer.text));
                assert!(answer.text.contains("asks nobody"), "{page}: {shown}");
                assert_eq!(shown.contains(TOO_FEW), told, "{page}: {shown}");
            }
        }
    }
    house.stop().await;
}
