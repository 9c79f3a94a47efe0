//! What a request's page holds the call against: what the same caller did, and nobody else.

use crate::inbox::helpers::{cookie, demo_with_frank, get, newest};
use policy::SubjectId;
use serde_json::json;
use store::accounts::AccountRole;
use tests::pep::{Told, call_body};
use tests::{Backend, Pep};

const ASK: &str = "rules: [{ name: ask for notes, tenant: acme, effect: require_approval, tools: [crm/add_note], approval: { approvers: [finance] } }]";

/// A note of Alice's: her own, or of this agent acting for her.
async fn note(crm: &Pep, agent: Option<&str>, text: &str) -> Told {
    let mut body = call_body("", "add_note", json!({"customer_id": "c-42", "text": text}));
    body["subject"]["id"] = json!("alice");
    body["context"] = agent.map_or_else(|| json!({}), |agent| json!({ "agent": agent }));
    crm.ask(&body).await
}

pub(crate) async fn a_call_is_held_against_calls_of_the_same_caller_alone(backend: Backend) {
    let world = demo_with_frank(backend).await;
    world.apply("credentials: [{ name: crm-pep, trust: assert_subject }]").await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    // An owner reads the record as well, so that the calls of today are links.
    let frank = cookie(&world, 1, AccountRole::Owner, Some("frank")).await;
    let own = note(&crm, None, "hers").await;
    let agents = note(&crm, Some("refund-bot"), "the agent's").await;
    assert!(own.allowed() && agents.allowed(), "{} {}", own.body, agents.body);
    let own = own.decision_id.expect("an id");
    let agents = agents.decision_id.expect("an id");
    world.apply(ASK).await;
    for (agent, text, shown, hidden) in
        [(None, "hers", &own, &agents), (Some("refund-bot"), "the agent's", &agents, &own)]
    {
        assert_eq!(note(&crm, agent, text).await.reason(), "approval_required", "{agent:?}");
        let request = newest(&world).await;
        assert_eq!(request.actor.as_ref().map(SubjectId::as_str), agent);
        let page = get(&replica, &frank, &format!("/approvals/{}", request.id)).await;
        assert_eq!(page.status(), 200);
        let html = page.text().await.expect("text");
        // The other's call is the only one that differs.
        assert!(html.contains("Nothing differs from this caller"), "{agent:?} {html}");
        assert!(html.contains(&format!("/decisions/{shown}")), "{agent:?} {html}");
        assert!(!html.contains(hidden.as_str()), "{agent:?} {html}");
    }
    replica.stop().await;
}
