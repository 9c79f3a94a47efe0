//! What is kept of a request while it waits, and of a use whose answer may be lost.

use crate::approvals::helpers::{
    BY_FINANCE, account, add_note, approvals, approve, ask_for_notes, by, decide, note, read, waiting, world,
};
use crate::approvals::keyed::Keyed;
use pdp::address_guard::{AddressGuard, AllowedAddress};
use pdp::approvals::ApprovalError;
use pdp::signing::Signing;
use pdp::tokens::Tokens;
use pdp::vault::Vault;
use pdp::{Pdp, Question, Secret, SubjectClaim};
use policy::arguments::Arguments;
use policy::facts::AssertedProperties;
use policy::labels::{ApprovalState, Verdict};
use policy::{ApprovalId, Call, DecisionId, Reason, ResourceRef, SubjectId};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Duration;
use store::administration::SecretPlace;
use store::chain::AuditKey;
use store::recorder::Recorder;
use tests::world::operator;
use tests::{Backend, Pep, World};

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

pub(crate) async fn redacted_arguments_are_dropped_however_a_request_ends(backend: Backend) {
    const SECRET: &str = "the card ends in 4711";
    let world = world(backend, BY_FINANCE).await;
    world.database.by_hand("UPDATE tools SET redact = '[\"/text\"]' WHERE name = 'add_note'").await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let fay = account(&world, "fay", Some("fay")).await;
    let bot = SubjectId::from("refund-bot");
    for end in [ApprovalState::Denied, ApprovalState::Cancelled, ApprovalState::Expired] {
        let text = format!("{SECRET}, {end}");
        assert_eq!(add_note(&world, &crm, &text).await.reason(), "approval_required", "{end}");
        let request = waiting(&world).await;
        let place = SecretPlace::arguments(request.id.as_str());
        assert!(world.store.get_secret(&place).await.expect("reads").is_some(), "{end}");
        match end {
            ApprovalState::Denied => {
                decide(&world, &fay, &request.id, Verdict::Deny).await.expect("is denied");
            }
            ApprovalState::Cancelled => {
                approvals(&world).cancel(&bot, operator(), &request.id).await.expect("is taken back");
            }
            _ => {
                world.database.by_hand("UPDATE approvals SET expires_at = 1 WHERE state = 'pending'").await;
                approvals(&world).expire().await.expect("ends");
            }
        }
        assert_eq!(read(&world, &request.id).await.state, end);
        assert!(world.store.get_secret(&place).await.expect("reads").is_none(), "{end}");
        let shown = approvals(&world).show(&request.id).await.expect("shows").expect("is there");
        assert_eq!(shown.arguments, None, "{end}");
        assert!(!shown.approval.arguments.contains(SECRET), "{}", shown.approval.arguments);
    }
    replica.stop().await;
}

pub(crate) async fn arguments_that_no_tool_declares_are_sealed(backend: Backend) {
    let mut world = world(backend, BY_FINANCE).await;
    world.set_secret("ALL_KEY", &"k".repeat(40));
    let records = "
credentials: [{ name: all, tenant: acme, trust: assert_subject, secret_env: ALL_KEY }]
rules: [{ name: records, tenant: acme, effect: allow, actions: [read], resources: ['record:*'], approval: { approvers: [finance] } }]
";
    world.apply(records).await;
    let replica = world.replica().await;
    let all = Pep::new(replica.address(), world.secret("ALL_KEY"));
    let fay = account(&world, "fay", Some("fay")).await;
    let read = |properties: Value| {
        json!({
            "subject": {"type": "user", "id": "alice"},
            "action": {"name": "read"},
            "resource": {"type": "record", "id": "r-1", "properties": properties},
        })
    };
    let with = read(json!({"arguments": {"card": "4711"}}));
    assert_eq!(all.ask(&with).await.reason(), "approval_required");
    let request = waiting(&world).await;
    assert!(request.sealed && !request.arguments.contains("4711"), "{}", request.arguments);
    let shown = approvals(&world).show(&request.id).await.expect("shows").expect("is there");
    assert_eq!(shown.arguments.as_deref(), Some(r#"{"card":"4711"}"#));
    approve(&world, &fay, &request.id).await;
    assert!(all.ask(&with).await.allowed());
    // Where there are none, there is nothing to be sealed.
    assert_eq!(all.ask(&read(json!({}))).await.reason(), "approval_required");
    assert!(!waiting(&world).await.sealed);
    replica.stop().await;
}

/// Waits until it is noted that the answer left.
pub(crate) async fn delivered(world: &World, id: &ApprovalId) -> DecisionId {
    let noted = async {
        loop {
            let calls = world.store.list_approval_calls(id).await.expect("lists");
            if let Some(call) = calls.iter().find(|call| call.delivered_at.is_some()) {
                return call.decision.clone();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), noted).await.expect("is noted")
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
    // An answer that leaves late leaves no note of it.
    let now = world.store.now().await.expect("a clock");
    assert!(!world.store.note_delivery(&decision, now).await.expect("is looked at"));
    assert!(add_note(&world, &crm, "hello").await.allowed());
    assert_eq!(read(&world, &request.id).await.state, ApprovalState::Used);
    assert_eq!(add_note(&world, &crm, "hello").await.reason(), "approval_required");

    // Nobody gets past what was denied since then by giving an older use back.
    let anew = waiting(&world).await;
    decide(&world, &fay, &anew.id, Verdict::Deny).await.expect("is denied");
    let second = delivered(&world, &request.id).await;
    world.database.by_hand("UPDATE approval_calls SET delivered_at = NULL").await;
    let told = approvals(&world).reissue(&by(&fay), &request.id, &second).await;
    assert!(matches!(told, Err(ApprovalError::NothingToReissue)), "{told:?}");
    assert_eq!(add_note(&world, &crm, "hello").await.reason(), "approval_denied");
    let over = "UPDATE approvals SET expires_at = 1, look_until = 1 WHERE state = 'denied'";
    world.database.by_hand(over).await;
    let back = approvals(&world).reissue(&by(&fay), &request.id, &second).await.expect("is given back");
    assert_eq!(back.state, ApprovalState::Approved);
    // Nor does one that was taken back come to life.
    let bot = SubjectId::from("refund-bot");
    approvals(&world).cancel(&bot, operator(), &request.id).await.expect("is taken back");
    world.database.by_hand("UPDATE approval_calls SET reissued_at = NULL").await;
    let told = approvals(&world).reissue(&by(&fay), &request.id, &second).await;
    assert!(matches!(told, Err(ApprovalError::NothingToReissue)), "{told:?}");
    replica.stop().await;
}

pub(crate) async fn one_of_two_gives_no_use_back(backend: Backend) {
    let world = world(backend, "{ approvers: [finance], quorum: 2 }").await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let fay = account(&world, "fay", Some("fay")).await;
    let finn = account(&world, "finn", Some("finn")).await;
    add_note(&world, &crm, "hello").await;
    let request = waiting(&world).await;
    approve(&world, &fay, &request.id).await;
    approve(&world, &finn, &request.id).await;
    assert!(add_note(&world, &crm, "hello").await.allowed());
    let decision = delivered(&world, &request.id).await;
    world.database.by_hand("UPDATE approval_calls SET delivered_at = NULL").await;
    for account in [&fay, &finn] {
        let told = approvals(&world).reissue(&by(account), &request.id, &decision).await;
        assert!(matches!(told, Err(ApprovalError::NotAlone)), "{told:?}");
    }
    assert_eq!(read(&world, &request.id).await.used, 1);
    // The call asks both of them anew.
    assert_eq!(add_note(&world, &crm, "hello").await.reason(), "approval_required");
    assert_ne!(waiting(&world).await.id, request.id);
    // It goes by what is asked now.
    ask_for_notes(&world, BY_FINANCE).await;
    let bot = SubjectId::from("refund-bot");
    let anew = waiting(&world).await;
    approvals(&world).cancel(&bot, operator(), &anew.id).await.expect("is taken back");
    let back = approvals(&world).reissue(&by(&fay), &request.id, &decision).await.expect("is given back");
    assert_eq!((back.state, back.used), (ApprovalState::Approved, 0));
    replica.stop().await;
}

/// At the same moment the caller asks again with its key, and the approver gives the use back.
pub(crate) async fn a_use_is_told_again_or_given_back_and_never_both(backend: Backend) {
    let world = world(backend, BY_FINANCE).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let fay = account(&world, "fay", Some("fay")).await;
    for round in 0..20 {
        let (text, key) = (format!("note {round}"), format!("key-{round}"));
        assert_eq!(add_note(&world, &crm, &text).await.reason(), "approval_required");
        let request = waiting(&world).await.id;
        approve(&world, &fay, &request).await;
        let keyed = Keyed::new(&world, replica.address(), &text);
        let used = keyed.call(&key).await.expect("passes");
        let decision = delivered(&world, &request).await;
        assert_eq!(decision.as_str(), used);
        world.database.by_hand("UPDATE approval_calls SET delivered_at = NULL").await;
        let (desk, by_fay) = (approvals(&world), by(&fay));
        let (again, given) = tokio::join!(keyed.call(&key), desk.reissue(&by_fay, &request, &decision));
        match given {
            Ok(_) => assert_ne!(again.as_ref(), Ok(&used), "told again and given back"),
            Err(ApprovalError::NothingToReissue) => assert_eq!(again.as_ref(), Ok(&used)),
            Err(other) => panic!("{other:?}"),
        }
        let calls = world.store.list_approval_calls(&request).await.expect("lists");
        let standing = calls.iter().filter(|call| call.reissued_at.is_none()).count();
        assert!(standing <= 1, "{calls:?}");
        assert_eq!(usize::try_from(read(&world, &request).await.used), Ok(standing));
    }
    replica.stop().await;
}

fn question(world: &World, text: &str, key: Option<&str>) -> Question {
    Question {
        call: Call {
            action: "tools/call".to_owned(),
            resource: ResourceRef { kind: "tool".to_owned(), id: "add_note".to_owned() },
            arguments: Arguments::from_value(note(text)),
            context: Map::new(),
            tenant: None,
        },
        subject: SubjectClaim { kind: "user".to_owned(), id: "self".to_owned(), properties: Map::new() },
        properties: AssertedProperties::default(),
        access_token: Some(Secret::new(world.secret("REFUND_BOT_KEY"))),
        request_id: "story".to_owned(),
        proof: None,
        idempotency_key: key.map(Secret::new),
        files: true,
        approval: None,
    }
}

pub(crate) async fn a_lost_answer_is_given_again_to_the_same_key(backend: Backend) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let world = world(backend, BY_FINANCE).await;
    let fay = account(&world, "fay", Some("fay")).await;
    let key = AuditKey::from_secret(&[7; 32]);
    let clock = server::clock::system();
    let started = Recorder::start(&world.store, key.clone(), "story".to_owned(), "0", clock).await;
    let (recorder, _task) = started.expect("starts");
    let tokens = Tokens::new(AddressGuard::new(&[AllowedAddress::Loopback])).expect("a client");
    let signing = Signing::new(world.store.clone(), Vault::closed(), "http://127.0.0.1:1");
    let pdp = Pdp::new(world.store.clone(), recorder.clone(), key, Arc::new(tokens), Arc::new(signing));
    let pep = Secret::new(world.secret("CRM_PEP_KEY"));
    let ask = async |text: &str, key: Option<&str>| {
        let answer = pdp.enforce(&pep, &question(&world, text, key)).await.expect("an answer");
        (answer.decision.reason, answer.id)
    };
    assert_eq!(ask("hello", Some("k-1")).await.0, Reason::ApprovalRequired);
    let request = waiting(&world).await;
    approve(&world, &fay, &request.id).await;
    let (reason, used) = ask("hello", Some("k-1")).await;
    assert_eq!(reason, Reason::Allowed);
    for _ in 0..3 {
        assert_eq!(ask("hello", Some("k-1")).await, (Reason::Allowed, used.clone()));
    }
    assert_eq!(read(&world, &request.id).await.used, 1);
    // Where the use is given back at this very moment, the note that the answer leaves finds nothing. Nor is anything told
    // where it cannot be written.
    for (sqlite, postgres) in
        [("RAISE(IGNORE)", "RETURN NULL"), ("RAISE(ABORT, 'no note')", "RAISE EXCEPTION 'no note'")]
    {
        let (gone, back) = match backend {
            Backend::Sqlite => (
                format!("CREATE TRIGGER gone BEFORE UPDATE ON approval_calls BEGIN SELECT {sqlite}; END"),
                "DROP TRIGGER gone",
            ),
            Backend::Postgres => (
                format!(
                    "CREATE FUNCTION gone() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {postgres}; END$$; \
                     CREATE TRIGGER gone BEFORE UPDATE ON approval_calls FOR EACH ROW EXECUTE FUNCTION gone()"
                ),
                "DROP FUNCTION gone CASCADE",
            ),
        };
        world.database.by_hand(&gone).await;
        assert_eq!(ask("hello", Some("k-1")).await, (Reason::PolicyUnavailable, None), "{gone}");
        world.database.by_hand(back).await;
        assert_eq!(ask("hello", Some("k-1")).await, (Reason::Allowed, used.clone()));
    }
    // Nor where what was recorded cannot be read.
    world.database.by_hand("ALTER TABLE decisions RENAME TO decisions_away").await;
    assert_eq!(ask("hello", Some("k-1")).await, (Reason::PolicyUnavailable, None));
    world.database.by_hand("ALTER TABLE decisions_away RENAME TO decisions").await;
    assert_eq!(ask("hello", Some("k-1")).await, (Reason::Allowed, used.clone()));
    assert_eq!(read(&world, &request.id).await.used, 1);
    // Another key, another call, or none: that is not the same.
    assert_eq!(ask("hello", Some("k-2")).await.0, Reason::ApprovalRequired);
    assert_eq!(ask("hello", None).await.0, Reason::ApprovalPending);
    assert_eq!(ask("other", Some("k-1")).await.0, Reason::ApprovalRequired);
    assert_eq!(ask("hello", Some("k-1")).await.0, Reason::Allowed);
    // Live policy stands above it, and it is soon over.
    let deny = "rules: [{ name: no notes, tenant: acme, effect: deny, tools: [crm/add_note] }]";
    world.apply(deny).await;
    assert_eq!(ask("hello", Some("k-1")).await.0, Reason::DeniedByRule);
    world.apply(&deny.replace("effect: deny", "effect: deny, status: disabled")).await;
    world.database.by_hand("UPDATE approval_calls SET at = at - 60000000").await;
    assert_eq!(ask("hello", Some("k-1")).await.0, Reason::ApprovalPending);
    recorder.stop().await;
    pdp.stop().await;
}
