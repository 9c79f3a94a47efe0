//! An approval meets what live policy asks for, and nothing else: whatever was taken away since, denies.

use crate::approvals::helpers::{
    BY_FINANCE, account, add_note, approvals, approve, ask_for_notes, ballot, by, read, waiting, world,
};
use pdp::approvals::ApprovalError;
use policy::labels::{ApprovalState, Verdict};
use policy::{Reach, SubjectId, TenantSlug};
use store::accounts::AccountRole;
use store::approvals::ApprovalEventKind;
use tests::world::operator;
use tests::{Backend, World};

/// Everything else as it was; the approval still there, and not used.
async fn denied_for(world: &World, crm: &tests::Pep, change: &str, back: &str, reason: &str) {
    world.database.by_hand(change).await;
    assert_eq!(add_note(world, crm, "hello").await.reason(), reason, "{change}");
    world.database.by_hand(back).await;
}

pub(crate) async fn an_approval_is_never_stronger_than_live_policy(backend: Backend) {
    let world = world(backend, BY_FINANCE).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let fay = account(&world, "fay", Some("fay")).await;
    add_note(&world, &crm, "hello").await;
    let request = waiting(&world).await;
    approve(&world, &fay, &request.id).await;
    let steps = [
        (
            "UPDATE subjects SET active = 0 WHERE id = 'refund-bot'",
            "UPDATE subjects SET active = 1 WHERE id = 'refund-bot'",
            "subject_disabled",
        ),
        (
            "UPDATE memberships SET until = 1 WHERE subject = 'refund-bot'",
            "UPDATE memberships SET until = NULL WHERE subject = 'refund-bot'",
            "no_membership",
        ),
        (
            "UPDATE tools SET review = 'changed' WHERE name = 'add_note'",
            "UPDATE tools SET review = 'reviewed' WHERE name = 'add_note'",
            "tool_definition_changed",
        ),
        ("UPDATE servers SET enabled = 0", "UPDATE servers SET enabled = 1", "server_disabled"),
    ];
    for (change, back, reason) in steps {
        denied_for(&world, &crm, change, back, reason).await;
    }
    // No longer of the role, though still of the tenant.
    let roles = |roles: &str| {
        format!("subjects: [{{ id: refund-bot, memberships: [{{ tenant: acme, roles: [{roles}] }}] }}]")
    };
    world.apply(&roles("")).await;
    assert_eq!(add_note(&world, &crm, "hello").await.reason(), "no_matching_rule");
    world.apply(&roles("support-agent")).await;
    let grant = |status: &str| {
        format!(
            "rules: [{{ name: notes by support, tenant: acme, effect: allow, status: {status}, roles: [support-agent], tools: [crm/add_note] }}]"
        )
    };
    world.apply(&grant("disabled")).await;
    assert_eq!(add_note(&world, &crm, "hello").await.reason(), "no_matching_rule");
    world.apply(&grant("enforced")).await;
    let deny = |status: &str| {
        format!(
            "rules: [{{ name: no notes, tenant: acme, effect: deny, status: {status}, tools: [crm/add_note] }}]"
        )
    };
    world.apply(&deny("enforced")).await;
    assert_eq!(add_note(&world, &crm, "hello").await.reason(), "denied_by_rule");
    world.apply(&deny("disabled")).await;
    assert_eq!(read(&world, &request.id).await.state, ApprovalState::Approved);
    assert!(add_note(&world, &crm, "hello").await.allowed());
    replica.stop().await;
}

pub(crate) async fn votes_of_those_who_may_no_longer_do_not_count(backend: Backend) {
    let world = world(backend, BY_FINANCE).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let fay = account(&world, "fay", Some("fay")).await;
    let now = server::clock::system();
    for round in 0..8 {
        let text = format!("round {round}");
        add_note(&world, &crm, &text).await;
        let request = waiting(&world).await;
        approve(&world, &fay, &request.id).await;
        let person = SubjectId::from("fay");
        match round {
            0 => world.apply("subjects: [{ id: fay, kind: user, active: false }]").await,
            1 => {
                world
                    .apply("subjects: [{ id: fay, kind: user, memberships: [{ tenant: acme, roles: [] }] }]")
                    .await;
            }
            2 => {
                world.store.set_account_subject(&fay, None, &operator(), now()).await.expect("is unlinked");
            }
            3 => role(&world, &fay, AccountRole::Auditor).await,
            4 => role(&world, &fay, AccountRole::PolicyAuthor).await,
            // Her provider tells of it no longer.
            5 => {
                world
                    .database
                    .by_hand("UPDATE accounts SET role_source = 'lapsed' WHERE login = 'fay'")
                    .await;
            }
            6 => reach(&world, &fay, Reach::of([TenantSlug::from("globex")])).await,
            _ => ask_for_notes(&world, "{ approvers: [finance], quorum: 2 }").await,
        }
        assert_eq!(add_note(&world, &crm, &text).await.reason(), "approval_required", "{round}");
        // It is asked for anew; the old answer is no answer to what is asked now.
        let anew = waiting(&world).await;
        assert_ne!(anew.id, request.id);
        let ended = read(&world, &request.id).await;
        assert_eq!(ended.state, ApprovalState::Expired);
        assert!(ended.reason.is_some_and(|why| why.contains("asked anew")));
        // And it is told, as whatever else ends one is.
        let events = world.store.list_events_of_approval(&request.id).await.expect("lists");
        let kinds: Vec<ApprovalEventKind> = events.iter().map(|event| event.kind).collect();
        let expected =
            [ApprovalEventKind::Requested, ApprovalEventKind::Approved, ApprovalEventKind::Expired];
        assert_eq!(kinds, expected, "{round}");
        match round {
            0 => world.apply("subjects: [{ id: fay, kind: user, active: true }]").await,
            1 => world
                .apply(
                    "subjects: [{ id: fay, kind: user, memberships: [{ tenant: acme, roles: [finance] }] }]",
                )
                .await,
            2 => {
                let linked = world.store.set_account_subject(&fay, Some(&person), &operator(), now()).await;
                linked.expect("is linked");
            }
            3..=5 => role(&world, &fay, AccountRole::Approver).await,
            6 => reach(&world, &fay, Reach::of([TenantSlug::from("acme")])).await,
            _ => {}
        }
        let bot = SubjectId::from("refund-bot");
        approvals(&world).cancel(&bot, operator(), &anew.id).await.expect("is taken back");
    }
    replica.stop().await;
}

async fn role(world: &World, account: &str, role: AccountRole) {
    let now = server::clock::system()();
    world.store.set_account_role(account, role, &operator(), now).await.expect("has the role");
}

async fn reach(world: &World, account: &str, reach: Reach) {
    let now = server::clock::system()();
    let granted =
        world.store.set_account_grant(account, AccountRole::Approver, &reach, &operator(), now).await;
    granted.expect("has the reach");
}

pub(crate) async fn what_moved_since_it_was_shown_refuses_the_vote(backend: Backend) {
    let world = world(backend, BY_FINANCE).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let fay = account(&world, "fay", Some("fay")).await;
    add_note(&world, &crm, "hello").await;
    let request = waiting(&world).await;

    let shown = ballot(&world, &request.id, Verdict::Approve).await;
    ask_for_notes(&world, "{ approvers: [finance], uses: 5 }").await;
    let told = approvals(&world).vote(&by(&fay), &request.id, &shown).await;
    let Err(ApprovalError::Changed(moved)) = told else { panic!("{told:?}") };
    assert_eq!((moved.tool, moved.arguments, moved.rules), (false, false, true));
    assert_eq!(
        (moved.which[0].name.as_str(), moved.which[0].filed, moved.which[0].now),
        ("ask for notes", 1, Some(2))
    );

    let shown = ballot(&world, &request.id, Verdict::Approve).await;
    world.database.by_hand("UPDATE tools SET offered_hash = 'another' WHERE name = 'add_note'").await;
    let told = approvals(&world).vote(&by(&fay), &request.id, &shown).await;
    let Err(ApprovalError::Changed(moved)) = told else { panic!("{told:?}") };
    assert_eq!((moved.tool, moved.arguments, moved.rules), (true, false, false));

    let shown = ballot(&world, &request.id, Verdict::Approve).await;
    world.database.by_hand("UPDATE tools SET risk = 'critical' WHERE name = 'add_note'").await;
    let told = approvals(&world).vote(&by(&fay), &request.id, &shown).await;
    assert!(matches!(&told, Err(ApprovalError::Changed(moved)) if moved.tool), "{told:?}");

    assert_eq!(read(&world, &request.id).await.state, ApprovalState::Pending);
    assert!(world.store.list_approval_votes(&request.id).await.expect("lists").is_empty());
    approve(&world, &fay, &request.id).await;
    replica.stop().await;
}
