//! A rule that was given to another tenant has no say in what waits in the one that it was of.

use crate::inbox::changed_rule::{NAME, stored};
use crate::inbox::clicking::Frank;
use crate::inbox::helpers::{
    cookie, cookie_within, decide, demo_with_frank, filed, get, page, refund, state,
};
use crate::inbox::html::text;
use policy::labels::ApprovalState;
use policy::{ApprovalId, Rule, RuleId, SubjectId, TenantSlug};
use store::accounts::AccountRole;
use store::administration::StoredRule;
use tests::world::operator;
use tests::{Backend, World};

/// Makes the rule be so, of whichever tenant.
async fn change(world: &World, id: &RuleId, rule: &Rule) {
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    writer.change_rule(id, None, rule).await.expect("is changed");
    writer.commit().await.expect("commits");
}

/// The rule as globex has it: one of its own people decides by it, who is a member of acme as well.
fn given_away(rule: &Rule) -> Rule {
    let mut terms = rule.approval.clone().expect("asks");
    terms.approvers = Vec::new();
    terms.approver_subjects = vec![SubjectId::from("bob")];
    Rule { tenant: Some(TenantSlug::from("globex")), approval: Some(terms), ..rule.clone() }
}

pub(crate) async fn a_rule_that_became_another_tenants_has_no_say(backend: Backend) {
    let world = demo_with_frank(backend).await;
    let replica = world.replica().await;
    let frank = cookie(&world, 1, AccountRole::Approver, Some("frank")).await;
    let bob = cookie_within(&world, 2, AccountRole::Approver, Some("bob"), "acme").await;
    let owner = cookie(&world, 3, AccountRole::Owner, None).await;
    let StoredRule { id, rule: original, .. } = stored(&world, NAME).await;
    let request = filed(&world, &replica).await;
    let at = |id: &ApprovalId| format!("/approvals/{id}");

    // Meanwhile it is given away, and names somebody else.
    let clerk = Frank { world: &world, replica: &replica, cookie: &frank, request: &request };
    let before = clerk.seen().await;
    change(&world, &id, &given_away(&original)).await;
    assert_eq!(
        get(&replica, &bob, &at(&request)).await.status(),
        404,
        "another tenant's rule asks nobody here"
    );
    for cookie in [&frank, &owner] {
        let shown = text(&page(&replica, cookie, &request).await);
        assert!(shown.contains("it is enforced no more") && !shown.contains("bob"), "{shown}");
    }
    clerk.is_refused(&before).await;

    // What it asked for when the call was made counts, and grants nothing by itself: live policy allows the call no more.
    decide(&replica, &frank, &request, "approve").await;
    assert_eq!(state(&world, &request).await, ApprovalState::Approved);
    let call = async || world.crm(&replica).call(world.secret("CAROL_KEY"), "refund", refund("c-42")).await;
    let denied = call().await;
    assert!(!denied.allowed() && !denied.reason().starts_with("approval"), "{denied:?}");

    // Given back, it counts as it is now, and the approval with it.
    change(&world, &id, &original).await;
    let passed = call().await;
    assert!(passed.allowed(), "{passed:?}");
    replica.stop().await;
}
