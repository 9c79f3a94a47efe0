//! What the form of a request's page does, and when it does nothing.

use crate::inbox::changed::{put, tool};
use crate::inbox::helpers::{
    HOUR, answer, asked, cookie, cookie_since, demo_with_frank, filed, get, look, newest, now, page, refund,
    seen, send, state,
};
use crate::inbox::html::text;
use policy::Risk;
use policy::labels::ApprovalState;
use serde_json::json;
use store::accounts::AccountRole;
use store::administration::Tool;
use tests::pep::call_body;
use tests::{Backend, World};

const LONGER: &str = "rules:
  - name: refunds by finance
    tenant: acme
    effect: allow
    status: enforced
    roles: [finance]
    tools: [crm/refund]
    parameters:
      properties:
        amount: { type: number, exclusiveMinimum: 0, maximum: 5000 }
        currency: { enum: [EUR, USD] }
      required: [amount, currency]
    approval: { approvers: [finance], quorum: 1, expires_in: 2h, uses: 1 }
";

pub(crate) async fn an_answer_counts_for_what_was_seen(backend: Backend) {
    let world = demo_with_frank(backend).await;
    let replica = world.replica().await;
    let frank = cookie(&world, 1, AccountRole::Approver, Some("frank")).await;
    let id = filed(&world, &replica).await;
    let first = seen(&replica, &frank, &id).await;

    // The rule changes behind the page's back: the click decides nothing, and the page says why.
    world.apply(LONGER).await;
    let leads_to = answer(&replica, &frank, &id, &[("answer", "approve"), ("seen", &first)]).await;
    assert!(leads_to.starts_with(&format!("/approvals/{id}?changed=v2.")), "{leads_to}");
    assert_eq!(state(&world, &id).await, ApprovalState::Pending);
    let html = get(&replica, &frank, &leads_to).await.text().await.expect("text");
    assert!(html.contains("Something changed since you looked"), "{html}");
    assert!(html.contains("A rule that asks was changed") && !html.contains("Also bound"), "{html}");

    // A denial needs a reason; whoever asks, and whoever is nobody's, has no say.
    let now_seen = seen(&replica, &frank, &id).await;
    assert_ne!(now_seen, first);
    let unsaid = answer(&replica, &frank, &id, &[("answer", "deny"), ("seen", &now_seen)]).await;
    assert!(unsaid.contains("draft="), "{unsaid}");
    for (number, person) in [(2, Some("carol")), (3, None)] {
        let other = cookie(&world, number, AccountRole::Approver, person).await;
        assert_eq!(get(&replica, &other, &format!("/approvals/{id}")).await.status(), 404, "{person:?}");
        // And no answer of the form says that there is one: neither at once, nor by asking for a password.
        let since = now().saturating_add_micros(-HOUR / 6);
        let stale = cookie_since(&world, number + 10, AccountRole::Approver, person, since).await;
        for cookie in [&other, &stale] {
            for there in [id.as_str(), "0190f3c2-7d3a-7c11-a4bb-5f6f0c1d2e3f"] {
                let approves = [("answer", "approve"), ("seen", now_seen.as_str())];
                let gives_back = [("answer", "reissue"), ("decision", "0190")];
                for fields in [&approves, &gives_back] {
                    let told = send(&replica, cookie, there, fields).await;
                    assert_eq!(told.status(), 404, "{person:?} {fields:?}");
                }
            }
        }
    }
    assert_eq!(state(&world, &id).await, ApprovalState::Pending);

    let leads_to = answer(&replica, &frank, &id, &[("answer", "approve"), ("seen", &now_seen)]).await;
    assert_eq!(leads_to, "/approvals?done=request-approved");
    assert_eq!(state(&world, &id).await, ApprovalState::Approved);
    let again = answer(&replica, &frank, &id, &[("answer", "approve"), ("seen", &now_seen)]).await;
    assert!(again.contains("draft="), "{again}");

    let crm = world.crm(&replica);
    let call = async |customer: &str| {
        let told = crm.call(world.secret("CAROL_KEY"), "refund", refund(customer)).await;
        told.reason().to_owned()
    };
    assert_eq!(call("c-43").await, "approval_required");
    assert_eq!(call("c-42").await, "allowed");
    assert_eq!(call("c-42").await, "approval_required");
    replica.stop().await;
}

pub(crate) async fn what_else_is_bound_is_shown(backend: Backend) {
    let world = demo_with_frank(backend).await;
    world.apply("credentials: [{name: crm-pep, trust: assert_attributes}]").await;
    let replica = world.replica().await;
    let frank = cookie(&world, 1, AccountRole::Approver, Some("frank")).await;
    let mut body = call_body("", "refund", refund("c-42"));
    body["subject"]["id"] = json!("carol");
    body["action"]["properties"] = json!({"urgency": "now"});
    assert_eq!(world.crm(&replica).ask(&body).await.reason(), "approval_required");
    let id = newest(&world).await.id;
    let html = get(&replica, &frank, &format!("/approvals/{id}")).await.text().await.expect("text");
    assert!(html.contains("Also bound") && html.contains("/action/properties/urgency"), "{html}");
    replica.stop().await;
}

pub(crate) async fn what_is_of_high_risk_wants_a_fresh_proof(backend: Backend) {
    let world = demo_with_frank(backend).await;
    let replica = world.replica().await;
    let long_ago = now().saturating_add_micros(-HOUR / 6);
    let frank = cookie_since(&world, 1, AccountRole::Approver, Some("frank"), long_ago).await;
    let id = filed(&world, &replica).await;
    let page = get(&replica, &frank, &format!("/approvals/{id}")).await.text().await.expect("text");
    assert!(page.contains("name=\"password\""), "{page}");
    let bound = seen(&replica, &frank, &id).await;
    for verdict in ["approve", "deny"] {
        let fields = [("answer", verdict), ("reason", "x"), ("seen", &bound)];
        let leads_to = answer(&replica, &frank, &id, &fields).await;
        let html = get(&replica, &frank, &leads_to).await.text().await.expect("text");
        assert!(html.contains("Nothing was done. Give your password"), "{html}");
    }
    assert_eq!(state(&world, &id).await, ApprovalState::Pending);
    // Signed in a moment ago, the same person is not asked.
    let fresh = cookie(&world, 2, AccountRole::Approver, Some("frank")).await;
    let leads_to = answer(&replica, &fresh, &id, &[("answer", "approve"), ("seen", &bound)]).await;
    assert_eq!(leads_to, "/approvals?done=request-approved");
    replica.stop().await;
}

/// What people say of the tool from now on.
async fn label(world: &World, risk: Risk) {
    put(world, &Tool { risk, ..tool(world).await }).await;
}

pub(crate) async fn what_became_of_high_risk_wants_one_as_well(backend: Backend) {
    const FIELD: &str = "name=\"password\"";
    let world = demo_with_frank(backend).await;
    label(&world, Risk::Low).await;
    let replica = world.replica().await;
    let long_ago = now().saturating_add_micros(-HOUR / 6);
    let frank = cookie_since(&world, 1, AccountRole::Approver, Some("frank"), long_ago).await;
    let id = filed(&world, &replica).await;
    let shown = page(&replica, &frank, &id).await;
    assert!(text(&shown).contains("Low risk") && !shown.contains("when filed"), "{shown}");
    assert!(!shown.contains(FIELD), "{shown}");
    let first = seen(&replica, &frank, &id).await;

    // While it waits, the tool is found to be grave: who looked before is told, and who looks now is asked.
    label(&world, Risk::Critical).await;
    let leads_to = answer(&replica, &frank, &id, &[("answer", "approve"), ("seen", &first)]).await;
    assert!(leads_to.starts_with(&format!("/approvals/{id}?changed=v2.")), "{leads_to}");
    let told = look(&replica, &frank, &leads_to).await;
    assert!(told.contains("Something changed since you looked") && told.contains(FIELD), "{told}");
    let shown = page(&replica, &frank, &id).await;
    assert!(text(&shown).contains("Critical risk (was low when filed)"), "{shown}");
    assert!(shown.contains(FIELD), "{shown}");
    let bound = seen(&replica, &frank, &id).await;
    for verdict in ["approve", "deny"] {
        let fields = [("answer", verdict), ("reason", "x"), ("seen", &bound)];
        let leads_to = answer(&replica, &frank, &id, &fields).await;
        let told = look(&replica, &frank, &leads_to).await;
        assert!(told.contains("Nothing was done. Give your password"), "{told}");
    }
    assert_eq!(state(&world, &id).await, ApprovalState::Pending);

    // With what it was filed counts as well, whatever the label says by now.
    let grave = asked(&world, &replica, "CAROL_KEY", "refund", refund("c-43")).await;
    label(&world, Risk::Low).await;
    let shown = page(&replica, &frank, &grave).await;
    assert!(text(&shown).contains("Low risk (was critical when filed)"), "{shown}");
    assert!(shown.contains(FIELD), "{shown}");
    let bound = seen(&replica, &frank, &grave).await;
    let leads_to = answer(&replica, &frank, &grave, &[("answer", "approve"), ("seen", &bound)]).await;
    assert!(leads_to.contains("draft="), "{leads_to}");
    assert_eq!(state(&world, &grave).await, ApprovalState::Pending);
    let leads_to = answer(&replica, &frank, &id, &[("answer", "approve"), ("seen", &first)]).await;
    assert_eq!(leads_to, "/approvals?done=request-approved");
    replica.stop().await;
}
