//! Who decides, how many of them, and how far they may go.

use crate::approvals::helpers::{
    BY_FINANCE, account, add_note, approvals, approve, ballot, by, decide, note, read, waiting, world,
};
use pdp::approvals::ApprovalError;
use policy::approval::Ineligible;
use policy::labels::{ApprovalState, Verdict};
use policy::{Reach, SubjectId, TenantSlug};
use store::accounts::AccountRole;
use store::approvals::NewSubstitute;
use tests::world::operator;
use tests::{Backend, World};

async fn refused(world: &World, account: &str, request: &policy::ApprovalId) -> Ineligible {
    for verdict in [Verdict::Approve, Verdict::Deny] {
        match decide(world, account, request, verdict).await {
            Err(ApprovalError::Ineligible(why)) if verdict == Verdict::Deny => return why,
            Err(ApprovalError::Ineligible(_)) => {}
            other => panic!("{other:?}"),
        }
    }
    unreachable!("both verdicts were tried")
}

pub(crate) async fn who_may_decide_and_who_may_not(backend: Backend) {
    let terms = "{ approvers: [finance], exclude_roles: [temp], exclude_subjects: [finn] }";
    let world = world(backend, terms).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    add_note(&world, &crm, "hello").await;
    let request = waiting(&world).await;
    for (login, person, expected) in [
        ("nobody", None, Ineligible::NoPerson),
        ("olga", Some("olga"), Ineligible::Owner),
        ("olga-too", Some("olga"), Ineligible::Owner),
        ("tess", Some("tess"), Ineligible::Excluded),
        ("finn", Some("finn"), Ineligible::Excluded),
        ("nat", Some("nat"), Ineligible::NotAsked),
        ("dave", Some("dave"), Ineligible::NotAMember),
    ] {
        let account = account(&world, login, person).await;
        assert_eq!(refused(&world, &account, &request.id).await, expected, "{login}");
        let judged = approvals(&world).may_decide(&account, &request.id).await.expect("reads");
        assert_eq!(judged.err(), Some(expected), "{login}");
    }
    // Whom the rule asks, at an account that is for something else.
    for (login, role) in [("fay-writes", AccountRole::PolicyAuthor), ("fay-audits", AccountRole::Auditor)] {
        let (account, now) = (account(&world, login, Some("fay")).await, server::clock::system()());
        world.store.set_account_role(&account, role, &operator(), now).await.expect("has the role");
        assert_eq!(refused(&world, &account, &request.id).await, Ineligible::Role, "{role}");
    }
    // And at an account that is of another tenant; of this one it may.
    let made = account(&world, "fay-elsewhere", Some("fay")).await;
    for (tenant, expected) in [("globex", Some(Ineligible::NotAsked)), ("acme", None)] {
        let (reach, now) = (Reach::of([TenantSlug::from(tenant)]), server::clock::system()());
        let granted =
            world.store.set_account_grant(&made, AccountRole::Approver, &reach, &operator(), now).await;
        granted.expect("has the reach");
        let judged = approvals(&world).may_decide(&made, &request.id).await.expect("reads");
        assert_eq!(judged.err(), expected, "{tenant}");
        let waiting = approvals(&world).inbox_count(&made).await.expect("counts");
        assert_eq!(waiting, i64::from(expected.is_none()), "{tenant}");
    }
    // An agent is no person, whoever links it.
    let made = account(&world, "bot", None).await;
    let (bot, now) = (SubjectId::from("refund-bot"), server::clock::system()());
    assert!(world.store.set_account_subject(&made, Some(&bot), &operator(), now).await.is_err());
    assert_eq!(read(&world, &request.id).await.state, ApprovalState::Pending);

    // Who asks for itself: carol is of finance, and no account of hers approves it.
    let refund = serde_json::json!({"customer_id": "c-42", "amount": 900, "currency": "EUR"});
    let told = crm.call(world.secret("CAROL_KEY"), "refund", refund.clone()).await;
    assert_eq!(told.reason(), "approval_required");
    let own = crate::approvals::helpers::pending(&world).await.remove(0);
    assert_eq!(own.subject.as_str(), "carol");
    for login in ["carol", "carol-too"] {
        let carol = account(&world, login, Some("carol")).await;
        assert_eq!(refused(&world, &carol, &own.id).await, Ineligible::Requester);
    }
    // The other rule excludes finn, this one does not.
    let finn = world.store.account_by_login("finn").await.expect("reads").expect("is there");
    approve(&world, &finn.id, &own.id).await;
    assert!(crm.call(world.secret("CAROL_KEY"), "refund", refund).await.allowed());
    replica.stop().await;
}

pub(crate) async fn a_quorum_is_of_persons(backend: Backend) {
    let world = world(backend, "{ approvers: [finance], approver_subjects: [nat], quorum: 2 }").await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let [fay, fay_too] =
        [account(&world, "fay", Some("fay")).await, account(&world, "fay-too", Some("fay")).await];
    let nat = account(&world, "nat", Some("nat")).await;
    add_note(&world, &crm, "hello").await;
    let request = waiting(&world).await;
    assert_eq!(approve(&world, &fay, &request.id).await.state, ApprovalState::Pending);
    for account in [&fay, &fay_too] {
        let told = decide(&world, account, &request.id, Verdict::Approve).await;
        assert!(matches!(told, Err(ApprovalError::Voted)), "{told:?}");
    }
    assert_eq!(add_note(&world, &crm, "hello").await.reason(), "approval_pending");
    let shown = approvals(&world).show(&request.id).await.expect("shows").expect("is there");
    assert_eq!(shown.requirements[0].approved_by, [SubjectId::from("fay")]);
    assert!(!shown.requirements[0].met);
    assert_eq!(approve(&world, &nat, &request.id).await.state, ApprovalState::Approved);
    assert!(add_note(&world, &crm, "hello").await.allowed());

    // One who denies is enough.
    add_note(&world, &crm, "other").await;
    let request = waiting(&world).await;
    approve(&world, &fay, &request.id).await;
    decide(&world, &nat, &request.id, Verdict::Deny).await.expect("is denied");
    assert_eq!(add_note(&world, &crm, "other").await.reason(), "approval_denied");
    replica.stop().await;
}

pub(crate) async fn a_substitute_answers_while_somebody_is_away(backend: Backend) {
    let world = world(backend, BY_FINANCE).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let nat = account(&world, "nat", Some("nat")).await;
    add_note(&world, &crm, "hello").await;
    let request = waiting(&world).await;
    assert_eq!(refused(&world, &nat, &request.id).await, Ineligible::NotAsked);
    assert!(approvals(&world).inbox(&nat, 10).await.expect("lists").is_empty());

    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    let now = writer.now();
    let [fay, person] = [SubjectId::from("fay"), SubjectId::from("nat")];
    let new = NewSubstitute {
        person: &fay,
        substitute: &person,
        starts_at: now.saturating_add_micros(-1),
        ends_at: now.saturating_add_micros(3_600_000_000),
    };
    for bad in [
        NewSubstitute { substitute: &fay, ..new },
        NewSubstitute { substitute: &SubjectId::from("refund-bot"), ..new },
        NewSubstitute { ends_at: now, ..new },
        NewSubstitute { ends_at: now.saturating_add_micros(91 * 86_400_000_000), ..new },
    ] {
        assert!(writer.put_substitute(&bad).await.is_err(), "{bad:?}");
    }
    let named = writer.put_substitute(&new).await.expect("is named");
    writer.commit().await.expect("commits");
    // No more than she could herself: she has no account, then one of another tenant, one of this one that is off, and one.
    assert_eq!(refused(&world, &nat, &request.id).await, Ineligible::NotAsked);
    let hers = account(&world, "fay", Some("fay")).await;
    let (by, approver) = (operator(), AccountRole::Approver);
    for (tenant, active, asked) in
        [("globex", true, false), ("acme", false, false), ("globex", true, false), ("acme", true, true)]
    {
        let reach = Reach::of([TenantSlug::from(tenant)]);
        world.store.set_account_grant(&hers, approver, &reach, &by, now).await.expect("has the reach");
        world.store.set_account_active(&hers, active, &by, now).await.expect("is switched");
        let judged = approvals(&world).may_decide(&nat, &request.id).await.expect("reads");
        assert_eq!(judged.err(), (!asked).then_some(Ineligible::NotAsked), "{tenant} {active}");
        let waiting = approvals(&world).inbox_count(&nat).await.expect("counts");
        assert_eq!(waiting, i64::from(asked), "{tenant} {active}");
    }
    assert_eq!(approvals(&world).inbox(&nat, 10).await.expect("lists").len(), 1);
    let may = approvals(&world).may_decide(&nat, &request.id).await.expect("reads").expect("may");
    assert_eq!((may.person, may.in_place_of), (person.clone(), Some(fay)));
    approve(&world, &nat, &request.id).await;
    // What was answered in that time stays answered.
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    writer.end_substitute(&named.id).await.expect("ends");
    writer.commit().await.expect("commits");
    assert!(add_note(&world, &crm, "hello").await.allowed());
    add_note(&world, &crm, "later").await;
    assert_eq!(refused(&world, &nat, &waiting(&world).await.id).await, Ineligible::NotAsked);
    replica.stop().await;
}

pub(crate) async fn another_role_is_asked_after_a_time(backend: Backend) {
    let world = world(backend, "{ approvers: [finance], escalate_to: head, escalate_after: 10m }").await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let hal = account(&world, "hal", Some("hal")).await;
    add_note(&world, &crm, "hello").await;
    let request = waiting(&world).await;
    assert_eq!(refused(&world, &hal, &request.id).await, Ineligible::NotAsked);
    assert_eq!(approvals(&world).inbox_count(&hal).await.expect("counts"), 0);
    world.database.by_hand("UPDATE approvals SET filed_at = filed_at - 600000000").await;
    world.database.by_hand("UPDATE approval_asks SET since = since - 600000000").await;
    assert_eq!(approvals(&world).inbox_count(&hal).await.expect("counts"), 1);
    approve(&world, &hal, &request.id).await;
    assert!(add_note(&world, &crm, "hello").await.allowed());
    replica.stop().await;
}

pub(crate) async fn an_approver_narrows_and_never_widens(backend: Backend) {
    let world = world(backend, "{ approvers: [finance], uses: 5, expires_in: 1h }").await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let fay = account(&world, "fay", Some("fay")).await;
    let bot = world.secret("REFUND_BOT_KEY");
    add_note(&world, &crm, "hello").await;
    let request = waiting(&world).await;
    let may = approvals(&world).may_decide(&fay, &request.id).await.expect("reads").expect("may");
    assert_eq!(may.most_uses, 5);
    let plain = ballot(&world, &request.id, Verdict::Approve).await;
    let later = may.latest.saturating_add_micros(60_000_000);
    for wider in [
        pdp::approvals::Vote { uses: Some(6), ..plain.clone() },
        pdp::approvals::Vote { uses: Some(0), ..plain.clone() },
        pdp::approvals::Vote { valid_until: Some(later), ..plain.clone() },
        pdp::approvals::Vote { valid_until: Some(request.filed_at), ..plain.clone() },
    ] {
        let told = approvals(&world).vote(&by(&fay), &request.id, &wider).await;
        assert!(matches!(told, Err(ApprovalError::Wider { .. })), "{told:?}");
    }
    let until = request.filed_at.saturating_add_micros(600_000_000);
    let narrow = pdp::approvals::Vote { uses: Some(2), valid_until: Some(until), ..plain };
    let approved = approvals(&world).vote(&by(&fay), &request.id, &narrow).await.expect("is approved");
    assert_eq!((approved.uses, approved.valid_until), (2, Some(until)));
    for _ in 0..2 {
        assert!(crm.call(bot, "add_note", note("hello")).await.allowed());
    }
    assert_eq!(add_note(&world, &crm, "hello").await.reason(), "approval_required");
    replica.stop().await;
}
