//! What is kept of a request while it waits, and of a use whose answer may be lost.

use crate::helpers::{BY_FINANCE, account, add_note, approvals, approve, by, read, waiting, world};
use pdp::approvals::ApprovalError;
use policy::DecisionId;
use policy::labels::ApprovalState;
use std::time::Duration;
use store::administration::SecretPlace;
use tests::{Backend, World};

pub(crate) async fn redacted_arguments_are_sealed_while_they_wait(backend: Backend) {
    const SECRET: &str = "the card ends in 4711";
    let world = world(backend, BY_FINANCE).await;
    world.database.by_hand("UPDATE tools SET redact = '[\"/text\"]' WHERE name = 'add_note'").await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let fay = account(&world, "fay", Some("fay")).await;
    assert_eq!(add_note(&world, &crm, SECRET).await.reason(), "approval_required");
    let request = waiting(&world).await;
    assert!(request.sealed && !request.arguments.contains(SECRET), "{}", request.arguments);
    let place = SecretPlace::arguments(request.id.as_str());
    assert!(world.store.get_secret(&place).await.expect("reads").is_some());
    let shown = approvals(&world).show(&request.id).await.expect("shows").expect("is there");
    assert!(shown.arguments.is_some_and(|arguments| arguments.contains(SECRET)));

    approve(&world, &fay, &request.id).await;
    assert!(world.store.get_secret(&place).await.expect("reads").is_none());
    let shown = approvals(&world).show(&request.id).await.expect("shows").expect("is there");
    assert_eq!(shown.arguments, None);
    assert!(add_note(&world, &crm, SECRET).await.allowed());
    replica.stop().await;
}

/// Waits until it is noted that the answer left.
async fn delivered(world: &World, id: &policy::ApprovalId) -> DecisionId {
    let noted = async {
        loop {
            let calls = world.store.list_approval_calls(id).await.expect("lists");
            if let Some(call) = calls.iter().find(|call| call.delivered_at.is_some()) {
                return call.decision.clone();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), noted).await.expect("is noted")
}

pub(crate) async fn a_use_whose_answer_was_lost_is_given_back(backend: Backend) {
    let world = world(backend, BY_FINANCE).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let fay = account(&world, "fay", Some("fay")).await;
    let nat = account(&world, "nat", Some("nat")).await;
    add_note(&world, &crm, "hello").await;
    let request = waiting(&world).await;
    approve(&world, &fay, &request.id).await;
    assert!(add_note(&world, &crm, "hello").await.allowed());
    let decision = delivered(&world, &request.id).await;
    let told = approvals(&world).reissue(&by(&fay), &request.id, &decision).await;
    assert!(matches!(told, Err(ApprovalError::NothingToReissue)), "{told:?}");

    // As it would stand had the process ended before the answer left.
    world.database.by_hand("UPDATE approval_calls SET delivered_at = NULL").await;
    let told = approvals(&world).reissue(&by(&nat), &request.id, &decision).await;
    assert!(matches!(told, Err(ApprovalError::Ineligible(_))), "{told:?}");
    let back = approvals(&world).reissue(&by(&fay), &request.id, &decision).await.expect("is given back");
    assert_eq!((back.state, back.used), (ApprovalState::Approved, 0));
    let told = approvals(&world).reissue(&by(&fay), &request.id, &decision).await;
    assert!(matches!(told, Err(ApprovalError::NothingToReissue)), "{told:?}");
    assert!(add_note(&world, &crm, "hello").await.allowed());
    assert_eq!(read(&world, &request.id).await.state, ApprovalState::Used);
    assert_eq!(add_note(&world, &crm, "hello").await.reason(), "approval_required");
    replica.stop().await;
}
