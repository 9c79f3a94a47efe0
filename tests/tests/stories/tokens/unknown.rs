//! Identities that belong to nobody: noted for an administrator, or registered where the issuer says so.

use crate::tokens::issuer::{
    CRM, Signer, URL, and, claims, issuer, now, reason, registered, unmapped, with, writer,
};
use policy::{SubjectId, Timestamp};
use serde_json::json;
use store::UnmappedState;
use store::administration::{Identity, Page, Subject};
use store::changes::{ChangeFilter, ChangePosition};
use tests::pep::call_body;
use tests::{Backend, World};

/// Who is registered with this `sub`.
async fn known_as(world: &World, sub: &str) -> Vec<Subject> {
    let identity = Identity { issuer: URL.to_owned(), sub: sub.to_owned() };
    let mut subjects = world.store.list_subjects(None, &Page::ALL).await.expect("lists");
    subjects.retain(|subject| subject.identities.contains(&identity));
    subjects
}

pub(crate) async fn an_identity_that_is_nobodys_is_noted_beside_the_answer(backend: Backend) {
    let world = World::demo(backend).await;
    world.apply(&registered()).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let signer = Signer::new();
    let stranger = signer.token(&with("sub", json!("b-99")));
    assert_eq!(reason(&crm, &stranger).await, "unknown_subject");
    let mut body = call_body(&stranger, "export_customers", json!({"format": "csv"}));
    body["context"]["tenant"] = json!("acme");
    assert_eq!(crm.ask(&body).await.reason(), "unknown_subject");
    // What is not verified could be anybody's invention.
    assert_eq!(reason(&crm, &Signer::forger().token(&with("sub", json!("c-1")))).await, "token_invalid");
    let expired = and(with("sub", json!("d-1")), "exp", json!(now() / 1_000_000 - 1));
    assert_eq!(reason(&crm, &signer.token(&expired)).await, "token_expired");
    assert_eq!(reason(&crm, &signer.token(&claims())).await, "allowed");
    // What waits to be noted is written before the server ends.
    replica.stop().await;
    let seen = unmapped(&world, UnmappedState::Seen).await;
    let [caller] = seen.as_slice() else { panic!("{seen:?}") };
    assert_eq!((caller.issuer.as_str(), caller.sub.as_str(), caller.attempts), (URL, "b-99", 2));
    let tried = (caller.tenant.as_deref(), caller.server.as_deref(), caller.tool.as_deref());
    assert_eq!(tried, (Some("acme"), Some("crm"), Some("export_customers")));

    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let mut mapping = writer(&world).await;
    mapping.map_identity(URL, "b-99", &SubjectId::from("alice")).await.expect("is mapped");
    assert!(mapping.block_identity(URL, "e-5").await.expect("is blocked"));
    mapping.commit().await.expect("commits");
    assert_eq!(reason(&crm, &stranger).await, "allowed");
    assert_eq!(reason(&crm, &signer.token(&with("sub", json!("e-5")))).await, "unknown_subject");
    replica.stop().await;
    assert!(unmapped(&world, UnmappedState::Seen).await.is_empty());
    let blocked = unmapped(&world, UnmappedState::Blocked).await;
    assert_eq!(blocked.iter().map(|caller| caller.attempts).collect::<Vec<_>>(), [1]);
}

pub(crate) async fn an_unknown_identity_is_registered_without_any_role(backend: Backend) {
    let world = World::demo(backend).await;
    world.apply(&registered()).await;
    world.apply(&issuer("unknown_subjects", &json!("provision"))).await;
    let mut blocking = writer(&world).await;
    assert!(blocking.block_identity(URL, "e-5").await.expect("is blocked"));
    blocking.commit().await.expect("commits");
    let (one, two) = (world.replica().await, world.replica().await);
    let (here, there) = (world.crm(&one), world.crm(&two));
    let signer = Signer::new();

    // Two calls at once on two replicas make one subject.
    let newcomer = signer.token(&with("sub", json!("n-1")));
    let (first, second) = tokio::join!(reason(&here, &newcomer), reason(&there, &newcomer));
    assert_eq!((first.as_str(), second.as_str()), ("no_membership", "no_membership"));
    let known = known_as(&world, "n-1").await;
    let [subject] = known.as_slice() else { panic!("{known:?}") };
    assert!(subject.active && subject.id.as_str() != "n-1", "{subject:?}");
    assert!(world.store.list_memberships(&subject.id).await.expect("lists").is_empty());
    let filter = ChangeFilter { object: Some(subject.id.as_str()), ..ChangeFilter::default() };
    let changes = world.store.list_changes(&filter, ChangePosition::Newest, 10).await.expect("lists");
    let made: Vec<(&str, &str)> =
        changes.iter().map(|change| (change.actor.as_str(), change.via.as_str())).collect();
    assert_eq!(made, [("issuer https://idp.example", "api")]);
    let member = json!([{"tenant": "acme", "roles": ["support-agent"]}]);
    world.apply(&json!({"subjects": [{"id": subject.id, "memberships": member}]}).to_string()).await;
    assert_eq!(reason(&there, &newcomer).await, "allowed");

    // Nobody becomes known who is blocked, or whose token is not good, was revoked, or is for nothing that the issuer
    // lists.
    assert_eq!(reason(&here, &signer.token(&with("sub", json!("e-5")))).await, "unknown_subject");
    assert_eq!(reason(&here, &Signer::forger().token(&with("sub", json!("f-6")))).await, "token_invalid");
    let mut revoking = writer(&world).await;
    let until = Timestamp::parse("2100-01-01T00:00:00Z").expect("a moment");
    revoking.revoke_token(URL, "t-9", until).await.expect("revoked");
    revoking.commit().await.expect("commits");
    let revoked = signer.token(&and(with("sub", json!("g-7")), "jti", json!("t-9")));
    assert_eq!(reason(&here, &revoked).await, "token_revoked");
    world.apply(&issuer("audiences", &json!([CRM]))).await;
    let elsewhere = signer.token(&and(with("sub", json!("h-8")), "aud", json!("https://elsewhere.example")));
    assert_eq!(reason(&here, &elsewhere).await, "unknown_subject");
    for sub in ["e-5", "f-6", "g-7", "h-8"] {
        assert!(known_as(&world, sub).await.is_empty(), "{sub}");
    }
    // Nor anybody where the issuer does not say so.
    world.apply(&issuer("unknown_subjects", &json!("deny"))).await;
    assert_eq!(reason(&here, &signer.token(&with("sub", json!("n-2")))).await, "unknown_subject");
    assert!(known_as(&world, "n-2").await.is_empty());
    one.stop().await;
    two.stop().await;
}
